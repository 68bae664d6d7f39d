"""How a person wants to be told: quiet hours on any clock, spans, and what is turned off."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.alerts import Decision, decide
from flait.core.changes import ChangeKind
from flait.core.flights import Flight
from flait.core.preferences import (
    LEADS,
    NO_DEFAULTS,
    OFF,
    Defaults,
    Level,
    Preferences,
    QuietHours,
    Wishes,
    lead_from,
    parse_quiet,
    parse_span,
    spelled_span,
    wishes_of,
)
from flait.core.priorities import OPTIONAL, RULES, Priority
from flait.core.subscriptions import Role
from flait.core.texts.confirmations import tracked_text
from flait.core.texts.formats import Reader
from flait.core.told import Told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    OUT,
    at_gate,
    hours,
    knowing,
    late,
    minutes,
    planned,
    took_off,
    touched_down,
    utc,
)

K = ChangeKind
CANCELLED = replace(F12, cancelled=True)
FLYING = took_off(F12)
NIGHT = QuietHours(time(22), time(7))
PACIFIC, PARIS = ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("hours_", "zone", "now", "until"),
    [
        (NIGHT, PARIS, "2025-11-25 20:59", None),
        (NIGHT, PARIS, "2025-11-25 21:00", "2025-11-26 06:00"),
        (NIGHT, PARIS, "2025-11-26 05:59", "2025-11-26 06:00"),
        (NIGHT, PARIS, "2025-11-26 06:00", None),
        (QuietHours(time(13), time(15)), PARIS, "2025-11-25 13:00", "2025-11-25 14:00"),
        (QuietHours(time(13), time(15)), PARIS, "2025-11-25 11:59", None),
        (NIGHT, PACIFIC, "2025-11-02 06:00", "2025-11-02 15:00"),  # the night in which clocks go back is longer
        (NIGHT, PACIFIC, "2025-03-09 07:00", "2025-03-09 14:00"),  # and the other shorter
        (QuietHours(time(22), time(1, 30)), PACIFIC, "2025-11-02 08:10", "2025-11-02 08:30"),  # 01:30 comes twice:
        (QuietHours(time(22), time(1, 30)), PACIFIC, "2025-11-02 08:45", None),  # quiet by the clock,
        (QuietHours(time(22), time(1, 30)), PACIFIC, "2025-11-02 09:10", "2025-11-02 09:30"),  # both times
        (QuietHours(time(22), time(2, 30)), PACIFIC, "2025-03-09 09:30", "2025-03-09 10:30"),  # 02:30 does not come
    ],
)
def test_quiet_hours_end_by_the_persons_own_clock(
    hours_: QuietHours, zone: ZoneInfo, now: str, until: str | None
) -> None:
    assert hours_.until(utc(now), zone) == (utc(until) if until else None)


@given(
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(["America/Los_Angeles", "Europe/Paris", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
    now=st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  # made aware by the strategy
)
def test_quiet_hours_always_end_and_within_a_day_or_so(start: time, end: time, zone: str, now: datetime) -> None:
    start, end = start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    hours_ = QuietHours(start, end)
    until = hours_.until(now, ZoneInfo(zone)) if start != end else None
    if until:
        assert timedelta() < until - now <= hours(26)
        assert hours_.until(until, ZoneInfo(zone)) is None or until.astimezone(ZoneInfo(zone)).time() != end


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("22:00-07:00", NIGHT),
        ("off", None),
        ("", None),
        ("22-7", None),
        ("22:00-22:00", None),
        ("25:00-07:00", None),
        ("22:00", None),
        ("a-b", None),
        ("22:00-07:00-08:00", None),
    ],
)
def test_quiet_hours_as_they_are_typed(text: str, meant: QuietHours | None) -> None:
    assert parse_quiet(text) == meant


@pytest.mark.parametrize(
    ("text", "span"),
    [("2h30", 150), ("2h", 120), ("45m", 45), ("90", 90), ("1:15", 75), ("2H 30M", 150), ("0h", None), ("", None),
     ("soon", None), ("-5m", None), ("2h30h", None), ("1:75", None), ("2h60", None)],
)  # fmt: skip
def test_spans_as_they_are_typed(text: str, span: int | None) -> None:
    assert parse_span(text) == (minutes(span) if span else None)


@given(st.integers(1, 48 * 60))
def test_a_span_is_read_as_it_is_written(span: int) -> None:
    assert parse_span(spelled_span(minutes(span))) == minutes(span)


@pytest.mark.parametrize(
    ("kind", "text", "lead"),
    [(K.LEAVE, "off", OFF), (K.LEAVE, "4m", None), (K.LEAVE, "25h", None), (K.MEET, "12h", hours(12)),
     (K.CHECKIN, "48h", hours(48)), (K.CHECKIN, "49h", None), (K.CHECKIN, "12h", None)],
)  # fmt: skip
def test_a_lead_is_within_its_bounds(kind: ChangeKind, text: str, lead: timedelta | None) -> None:
    assert lead_from(kind, text) == lead


def test_what_a_person_did_not_set_is_the_operators_default() -> None:
    defaults = Defaults(quiet="22:00-07:00", leads={K.LEAVE: hours(4)})
    own = Preferences(quiet="off", leads={K.MEET: OFF})
    nothing = wishes_of(Preferences(), defaults, zone="Europe/Paris", since=OUT, muted_until=None)
    something = wishes_of(own, defaults, zone="Europe/Paris", since=OUT, muted_until=None)

    assert (nothing.quiet, nothing.leads) == (NIGHT, {**LEADS, K.LEAVE: hours(4)})
    assert (something.quiet, something.leads) == (None, {**LEADS, K.LEAVE: hours(4), K.MEET: OFF})
    assert wishes_of(Preferences(), NO_DEFAULTS, zone=None, since=OUT, muted_until=None).quiet_until(OUT) is None


# --- what is decided by them ------------------------------------------------------------------------------------------


def decided(known: Flight | Told, after: Flight, wishes: Wishes, now: datetime, role: Role = Role.TRAVELER) -> Decision:
    told = known if isinstance(known, Told) else knowing(known)
    return decide(told, (), role=role, before=after, after=after, now=now, wishes=wishes)


def told_kinds(decision: Decision) -> list[ChangeKind]:
    return [change.kind for change in decision.alert.changes] if decision.alert else []


QUIET = Wishes(quiet=QuietHours(time(0), time(23, 59)), zone=PACIFIC)
ENDS = utc("2025-11-26 07:59")


@pytest.mark.parametrize(
    ("known", "after", "ahead", "role", "comes"),
    [
        (F12, CANCELLED, 24, Role.TRAVELER, True),
        (F12, late(minutes(45)), 5.2, Role.TRAVELER, True),
        (F12, late(minutes(45)), 8, Role.TRAVELER, False),
        (planned(), F12, 2, Role.TRAVELER, False),  # P2, however near
        (FLYING, replace(FLYING, on=late(minutes(60)).on, in_=late(minutes(60)).in_), -2, Role.MEETER, True),
    ],
)
def test_what_comes_in_quiet_hours(known: Flight, after: Flight, ahead: float, role: Role, *, comes: bool) -> None:
    decision = decided(known, after, QUIET, OUT - hours(ahead), role)

    assert bool(decision.alert) is comes
    if not comes:
        assert decision.moment is not None
        assert {why for _, why in decision.held} == {"quiet hours"}
        assert told_kinds(decided(known, after, Wishes(), OUT - hours(ahead), role))


def test_what_waits_in_quiet_hours_goes_with_what_comes_all_the_same() -> None:
    """Or an older word would follow a newer one in the morning."""
    decision = decided(planned(), replace(late(minutes(45)), gate_origin="F12"), QUIET, OUT - hours(2))
    assert told_kinds(decision) == [K.DELAY_FIRST, K.GATE_FIRST]


def test_without_a_time_zone_it_is_never_quiet() -> None:
    assert told_kinds(decided(planned(), F12, replace(QUIET, zone=None), OUT - hours(2))) == [K.GATE_FIRST]


LITTLE = Wishes(level=Level.IMPORTANT)


def test_somebody_who_wants_little_hears_what_is_p0_and_p1_and_no_more() -> None:
    assert told_kinds(decided(F12, late(minutes(45)), LITTLE, OUT - hours(2))) == [K.DELAY_FIRST]
    assert not told_kinds(decided(planned(), F12, LITTLE, OUT - hours(2)))
    assert not told_kinds(decided(F12, FLYING, LITTLE, OUT + hours(1), Role.MEETER))


@pytest.mark.parametrize("wishes", [LITTLE, Wishes(off=frozenset(OPTIONAL))])
def test_what_they_were_told_is_taken_back_whatever_they_turned_off(wishes: Wishes) -> None:
    belt = touched_down(replace(F12, baggage_claim="6"))
    other = touched_down(replace(F12, baggage_claim="4"))
    assert told_kinds(decided(belt, other, wishes, IN - minutes(1))) == [K.BELT]
    assert told_kinds(decided(replace(FLYING, gate_destination="C91"), replace(FLYING, gate_destination="C95"), wishes,
                              OUT + hours(3), Role.MEETER)) == [K.ARRIVAL_GATE]  # fmt: skip
    silent = replace(knowing(F12), stale="not landed")
    assert told_kinds(decided(silent, at_gate(), wishes, IN + minutes(5), Role.MEETER))


@pytest.mark.parametrize(
    ("preferences", "promised"),
    [(Preferences(), True), (Preferences(level=Level.IMPORTANT), False), (Preferences(off=(K.LANDED,)), False)],
)
def test_nobody_is_promised_a_text_that_will_not_come(preferences: Preferences, *, promised: bool) -> None:
    reader = Reader(ident="UA1234", now=OUT - hours(2))
    text = tracked_text(F12, reader, role=Role.MEETER, hears_progress=preferences.hears_progress)
    assert ("We text when" in text.body) is promised


def test_what_may_be_turned_off_is_what_nobody_must_know() -> None:
    assert all(RULES[kind][0] > Priority.P1 for kind in OPTIONAL)
    assert not {K.CORRECTED, K.ARRIVAL_GATE} & OPTIONAL


def test_a_kind_that_is_off_leaves_the_others_in_the_text() -> None:
    there = at_gate(replace(F12, baggage_claim="6", gate_destination="C91"))
    known = took_off(F12)
    assert told_kinds(decided(known, there, Wishes(), IN + minutes(1))) == [K.ARRIVED, K.BELT]
    off = Wishes(off=frozenset({K.BELT}))
    assert told_kinds(decided(known, there, off, IN + minutes(1))) == [K.ARRIVED]
