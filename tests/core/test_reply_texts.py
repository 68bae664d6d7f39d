"""Every answer is one GSM-7 segment, whatever people, airlines and AeroAPI write; and says what it should."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.flights import Airport, Flight, Phase, ScheduledFlight, Times
from flait.core.messages import is_gsm_7, segments
from flait.core.numbers import masked
from flait.core.replies.kinds import Fact, Later
from flait.core.subscriptions import ClockFace, Role
from flait.core.texts import answers as texts
from flait.core.texts import preferring
from flait.core.texts.formats import Reader
from flait.core.texts.muting import Muting
from flait.core.texts.status import Freshness, ListLine, list_text, status_text
from flait.core.texts.wording import Text
from flait.core.timetable import tells_of
from flait.core.told import Told, tells, told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    CLE,
    EWR,
    F12,
    IN,
    NOON,
    OFF,
    ON,
    OUT,
    PIT,
    SFO,
    arriving,
    at_gate,
    diverted,
    hours,
    knowing,
    late,
    leaving,
    left_gate,
    minutes,
    planned,
    rescheduled,
    took_off,
    touched_down,
)

KIEV = Airport(code="UKBB", code_iata="KBP", city="Kyiv", timezone="Asia/Kathmandu")  # the longest zone: UTC+5:45
LONG = "BAW1234A"
READER = Reader(ident=LONG, now=NOON - timedelta(days=3), clock=ClockFace.H12)
CONTACT = "Łukasz Żółć <lukasz.zolc@example.com> 42"
NAME = "Ärchibald Œuvre 🙂 O'Really the Third of Somewhere"
WIDE = replace(
    late(hours(23.75)), origin=KIEV, destination=KIEV, ident="DAL9999Z", ident_iata="DL9999Z",
    gate_origin="CONCOURSE-99", terminal_origin="INTERNATIONAL", gate_destination="CONCOURSE-99",
    terminal_destination="INTERNATIONAL", baggage_claim="CAROUSEL-99",
)  # fmt: skip

PLANNED = ScheduledFlight(
    ident="UAL1234", ident_iata="UA1234", origin=SFO, destination=EWR, scheduled_out=OUT, scheduled_in=IN
)

NAMED = f"{LONG} KBP-KBP 14:10 Wed 26 Nov"
MUTING = Muting(place=KIEV, reader=READER)

WORST: dict[str, Callable[[], str]] = {
    "unknown": lambda: texts.UNKNOWN,
    "unknown of mute": lambda: texts.UNKNOWN_OF["mute"],
    "unknown of untrack": lambda: texts.UNKNOWN_OF["untrack"],
    "mute too long": lambda: texts.MUTE_TOO_LONG,
    "untrack all": lambda: texts.untrack_all_text([NAMED] * 3),
    "untrack all of many": lambda: texts.untrack_all_text([NAMED] * 12),
    "Flait's number": lambda: texts.FLAITS_NUMBER,
    **{f"how {what}": partial(preferring.HOW.__getitem__, what) for what in preferring.HOW},
    **{f"level {level}": partial(preferring.LEVELS.__getitem__, level) for level in preferring.LEVELS},
    "which hours": lambda: preferring.which_hours(["10:30-12:30", "22:30-00:30"] * 2),
    "which zone": lambda: preferring.which_zone("x" * 99, ["America/Argentina/ComodRivadavia"] * 9),
    "no zone": lambda: preferring.which_zone("\u20ac" * 99, []),
    "zone": lambda: preferring.zone("America/Argentina/ComodRivadavia", NOON, ClockFace.H12, waits=False),
    "stranger": lambda: texts.STRANGER,
    "invited": lambda: texts.INVITED,
    "stopped": lambda: texts.STOPPED,
    "no flights": lambda: texts.NO_FLIGHTS,
    "which flight": lambda: texts.WHICH_FLIGHT,
    "nothing to undo": lambda: texts.NOTHING_TO_UNDO,
    "unmuted": lambda: texts.UNMUTED,
    "no invitation": lambda: texts.NO_INVITATION,
    "own number": lambda: texts.OWN_NUMBER,
    "extension": lambda: texts.EXTENSION,
    "not a phone": lambda: texts.NOT_A_PHONE,
    "fault": lambda: texts.FAULT,
    "help": lambda: texts.help_text(CONTACT),
    "who": lambda: texts.who_text(NAME, CONTACT, 99),
    "limit": lambda: texts.limit_text("20 msgs per hour", OUT, KIEV, READER),
    "not followed": lambda: texts.not_followed_text(LONG),
    "not listed": lambda: texts.not_listed_text(99),
    "stop unknown": lambda: texts.stop_unknown_text(LONG),
    "which": lambda: texts.which_text([f"{LONG} Wed 26 Nov"] * 5)[0],
    "which of many": lambda: texts.which_text([f"{LONG} KBP-KBP 14:10 Wed 26 Nov"] * 12)[0],
    "choose": lambda: texts.choose_text(5),
    "already": lambda: texts.already_text(LONG),
    "saved": lambda: texts.saved_text(LONG, "day after tomorrow"),
    "unknown flight": lambda: texts.unknown_flight_text(LONG, "day after tomorrow", [WIDE] * 3, READER),
    "other airline": lambda: texts.other_airline_text(LONG, LONG),
    "bad date": lambda: texts.bad_date_text(LONG, "2026-11-25 is more than a year ahead", READER),
    "name a day": lambda: texts.name_a_day_text(LONG, [WIDE], READER),
    "too many wishes": lambda: texts.too_many_wishes_text(4),
    "too much": lambda: texts.too_much_text("UAL1234A", CONTACT),
    "no budget": lambda: texts.no_budget_text(CONTACT),
    "share spent": lambda: texts.share_spent_text(date(2026, 12, 30), CONTACT),
    "budget": lambda: texts.budget_text(80, spent=123_456_000_000, expected=123_456_000_000, budget_usd=123456, until=date(2026, 12, 30)),
    "budget spent": lambda: texts.budget_text(100, spent=1, expected=1, budget_usd=123456, until=date(2026, 12, 30)),
    "share over": lambda: texts.share_over_text(date(2026, 12, 30)),
    "no account": lambda: texts.no_account_text(CONTACT),
    "two days": lambda: texts.options_text(LONG, [WIDE, replace(WIDE, out=Times(scheduled=OUT + hours(96)))], READER),
    "legs": lambda: texts.options_text(LONG, [WIDE, replace(WIDE, destination=SFO), replace(WIDE, destination=EWR)], READER),
    "four": lambda: texts.options_text(
        LONG, [replace(WIDE, destination=EWR, out=Times(scheduled=OUT + hours(24 * day))) for day in range(4)], READER
    ),
    "routes": lambda: texts.options_text(
        LONG,
        [replace(WIDE, destination=to, out=Times(scheduled=OUT + hours(n))) for n, to in enumerate((EWR, SFO, PIT, CLE))],
        READER,
    ),
    "pending": lambda: texts.pending_status_text(LONG, OUT.date(), "", "KBP"),
    "waiting": lambda: texts.pending_status_text(LONG, None, "day after tomorrow", None),
    "untracked": lambda: texts.untracked_text([f"{LONG} KBP-KBP 14:10 Wed 26 Nov"] * 5, 12),
    "explained": lambda: texts.explained_text([f"{LONG} KBP-KBP 14:10 Wed 26 Nov"] * 2, 12),
    "muted": lambda: MUTING.muted(NAMED, OUT, roles=list(Role)),
    "muted by who goes": lambda: MUTING.muted(NAMED, OUT, roles={Role.TRAVELER}),
    "muted, one for longer": lambda: MUTING.muted(texts.ALL_FLIGHTS, OUT, [(NAMED, OUT + hours(1))], roles=list(Role)),
    "muted, some for longer": lambda: MUTING.muted(texts.ALL_FLIGHTS, OUT, [(NAMED, OUT + hours(1))] * 12, roles=list(Role)),
    "unmuted one": lambda: MUTING.unmuted(NAMED),
    "unmuted but one": lambda: MUTING.unmuted(texts.ALL_FLIGHTS, [(NAMED, OUT)]),
    "unmuted but some": lambda: MUTING.unmuted(texts.ALL_FLIGHTS, [(NAMED, OUT)] * 12),
    "still muted": lambda: MUTING.still_muted(LONG, OUT),
    "mute over": lambda: MUTING.over(OUT),
    "followed since": lambda: texts.FOLLOWED_SINCE,
    "not that day": lambda: texts.not_that_day_text(LONG, "Wed 26 Nov", [NAMED] * 3),
    "gone": lambda: texts.gone_text(NAMED),
    "over": lambda: texts.over_text(NAMED),
    "invitation": lambda: texts.invitation_text(NAME, LONG, "KBP-KBP Wed 26 Nov", "+15555550134"),
    "asked": lambda: texts.invited_text("+491711234567890", LONG, Role.TRAVELER),
    "cannot invite": lambda: texts.cannot_invite_text("+491711234567890"),
    "too many invitations": lambda: texts.too_many_invitations_text(3),
    "invitation over": lambda: texts.invitation_over_text(LONG),
    **{f"not yet {word}": partial(texts.not_yet_text, word, CONTACT) for word in Later},
}  # fmt: skip


@pytest.mark.parametrize("name", WORST)
def test_an_answer_is_one_segment_at_its_longest(name: str) -> None:
    body = WORST[name]()
    assert is_gsm_7(body), body
    assert segments(body) == 1, (len(body), body)


@pytest.mark.parametrize(
    "name",
    [
        "two days",
        "legs",
        "routes",
        "four",
        "muted",
        "still muted",
        "limit",
        "invitation",
        "help",
        "untracked",
        "which",
        "which of many",
        "explained",
        "muted, one for longer",
        "muted, some for longer",
        "unmuted but some",
        "not that day",
    ],
)
def test_what_matters_is_never_cut_off(name: str) -> None:
    assert WORST[name]().endswith((".", "?"))


# --- how a flight stands ------------------------------------------------------------------------------------------

STAGES: tuple[Callable[[Flight], Flight], ...] = (
    lambda flight: flight, left_gate, took_off, touched_down, at_gate, lambda flight: diverted(KIEV, flight),
    lambda flight: diverted(None, flight), lambda flight: replace(flight, cancelled=True),
)  # fmt: skip


@pytest.mark.parametrize("fact", Fact)
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("flight", [WIDE, F12])
def test_a_status_is_one_segment_and_says_its_age(
    flight: Flight, stage: Callable[[Flight], Flight], fact: Fact
) -> None:
    seen = Freshness(age=hours(23.9), stale=True)
    body = status_text(stage(flight), READER, seen, fact=fact, others=12).body
    assert segments(body) == 1
    assert is_gsm_7(body)
    assert "Checked 23h54 ago; no newer data now." in body or "No word since " in body


def reader(ident: str = "UA1234", **fields: Any) -> Reader:
    return Reader(**{"ident": ident, "now": NOON, **fields})


def status(flight: Flight, fact: Fact = Fact.ALL, *, now: datetime = NOON, age: int = 2, **rest: Any) -> str:
    return status_text(flight, reader(now=now), Freshness(age=minutes(age)), fact=fact, **rest).body.removesuffix(
        CHECKED
    )


CHECKED = " Checked 2 min ago."
INBOUND = replace(F12, gate_destination="C91", terminal_destination="C", baggage_claim="6")
MEETER, WATCHER = Role.MEETER, Role.WATCHER


@pytest.mark.parametrize(
    ("flight", "fact", "said"),
    [
        (F12, Fact.ALL, "UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3."),
        (leaving(minutes(9)), Fact.WHEN, "UA1234 SFO-EWR on time: dep 14:19 PST, arr 22:31 EST."),
        (late(minutes(45)), Fact.ALL, "UA1234 SFO-EWR 45m late: dep 14:55 PST, arr 23:16 EST. Gate F12, Terminal 3."),
        (leaving(minutes(25)), Fact.WHEN, "UA1234 SFO-EWR: dep 14:35 PST, arr 22:31 EST, on time."),
        (arriving(minutes(25)), Fact.WHEN, "UA1234 SFO-EWR: dep 14:10 PST, arr 22:56 EST (25m late)."),
        (leaving(minutes(-20)), Fact.WHEN, "UA1234 SFO-EWR leaves 20m early: dep 13:50 PST, arr 22:31 EST, on time."),
        (replace(F12, gate_origin=None), Fact.ALL, "UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. Terminal 3, gate later."),
        (left_gate(at=NOON), Fact.ALL, "UA1234 SFO-EWR: left the gate 12:10 PST, not taken off yet, arr 22:31 EST. Gate F12, Terminal 3."),
        (took_off(INBOUND), Fact.ALL, "UA1234 SFO-EWR: in the air since 14:25 PST, arrives EWR about 22:31 EST, on time. Gate C91, Terminal C. Bags: belt 6."),
        (took_off(late(minutes(20))), Fact.WHEN, "UA1234 SFO-EWR: in the air since 14:45 PST, arrives EWR about 22:51 EST (20m late)."),
        (at_gate(late(minutes(20), INBOUND)), Fact.WHEN, "UA1234 SFO-EWR: at the gate EWR 22:51 EST (20m late)."),
        (replace(F12, gate_origin=None), Fact.GATE, "UA1234 at SFO: Terminal 3, no gate yet. Dep 14:10 PST."),
        (took_off(INBOUND), Fact.GATE, "UA1234 at EWR: gate C91, Terminal C. In the air since 14:25 PST, arrives EWR about 22:31 EST, on time."),
        (took_off(), Fact.BAGS, "UA1234 bags at EWR: no belt known yet. In the air since 14:25 PST, arrives EWR about 22:31 EST, on time."),
        (F12, Fact.BAGS, "UA1234 bags at EWR: no belt known yet. Arr 22:31 EST."),
        (diverted(), Fact.GATE, "UA1234 at Pittsburgh (PIT), DIVERTED: no gate known. Arr 23:05 EST."),
        (diverted(None), Fact.GATE, "UA1234 is DIVERTED, new airport not known yet: no gate known."),
        (diverted(None), Fact.BAGS, "UA1234 is DIVERTED, new airport not known yet: no belt known yet."),
        (at_gate(diverted()), Fact.ALL, "UA1234 SFO-EWR DIVERTED: at the gate Pittsburgh (PIT) 23:05 EST, not EWR. We look for its flight on to EWR."),
        (touched_down(diverted(SFO)), Fact.ALL, "UA1234 SFO-EWR DIVERTED: back at San Francisco (SFO) 20:05 PST, not EWR. We look for its flight on to EWR."),
        (at_gate(INBOUND), Fact.BAGS, "UA1234 bags at EWR: belt 6, Terminal C."),
        (replace(F12, cancelled=True), Fact.BAGS, "UA1234 SFO-EWR Tue 25 Nov is CANCELLED. Ask the airline to rebook you."),
    ],
)  # fmt: skip
def test_a_status_says(flight: Flight, fact: Fact, said: str) -> None:
    assert status(flight, fact) == said


@pytest.mark.parametrize(
    ("flight", "fact", "said"),
    [
        (INBOUND, Fact.ALL, "UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. At EWR: gate C91, Terminal C. Bags: belt 6."),
        (arriving(minutes(25)), Fact.WHEN, "UA1234 SFO-EWR 25m late: dep 14:10 PST, arr 22:56 EST."),
        (leaving(minutes(25)), Fact.WHEN, "UA1234 SFO-EWR on time: dep 14:35 PST, arr 22:31 EST."),
        (INBOUND, Fact.GATE, "UA1234 at EWR: gate C91, Terminal C. Arr 22:31 EST."),
        (F12, Fact.GATE, "UA1234 at EWR: no gate known. Arr 22:31 EST."),
        (replace(F12, cancelled=True), Fact.ALL, "UA1234 SFO-EWR Tue 25 Nov is CANCELLED. Ask your traveler for the new flight."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", [MEETER, WATCHER])
def test_who_waits_for_it_is_told_of_where_it_arrives(flight: Flight, fact: Fact, said: str, role: Role) -> None:
    assert status(flight, fact, role=role) == said


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (OUT, "dep 14:10 PST, no report yet that it left, arr 22:31 EST."),
        (OUT + minutes(29), "dep 14:10 PST, no report yet that it left, arr 22:31 EST."),
        (OUT + minutes(30), "was to leave 14:10 PST and arrive 22:31 EST, no report that it left."),
        (OUT + hours(10), "was to leave 14:10 PST Tue and arrive 22:31 EST Tue, no report that it left."),
    ],
)
def test_after_its_time_a_status_says_that_nothing_is_reported(now: datetime, said: str) -> None:
    assert status(F12, Fact.WHEN, now=now) == f"UA1234 SFO-EWR: {said}"
    assert "no report" in status(F12, Fact.GATE, now=now)
    assert "on time" not in status(F12, now=now)
    assert "on time" not in status(F12, now=now, role=MEETER)


def test_a_long_taxi_is_said() -> None:
    said = status(left_gate(), Fact.WHEN, now=OUT + minutes(64))
    assert said == "UA1234 SFO-EWR: left the gate 14:10 PST (1h04 ago), not taken off yet, arr 22:31 EST."


def test_what_should_have_landed_is_not_said_to_be_about_to() -> None:
    said = status(took_off(), Fact.WHEN, now=IN + minutes(1))
    assert said == (
        "UA1234 SFO-EWR: in the air since 14:25 PST, was to arrive EWR 22:31 EST, no report that it landed."
    )


def test_what_should_have_landed_elsewhere_is_not_said_to_be_about_to() -> None:
    text = status_text(diverted(), reader(now=IN + hours(3)), Freshness(age=minutes(0)))

    assert text.body == (
        "UA1234 SFO-EWR DIVERTED to Pittsburgh (PIT): in the air, was to arrive 23:05 EST Tue, no report that it landed. "
        "Checked just now."
    )
    assert text.tells["stale"] == "not landed"


LEFT_LATE = left_gate(at=OUT + hours(2))
TOOK_OFF_LATE = took_off(F12, OFF + hours(2))


@pytest.mark.parametrize(
    ("flight", "now", "said"),
    [
        (LEFT_LATE, OUT + hours(2), "left the gate 16:10 PST, not taken off yet."),
        (left_gate(), OUT + hours(2), "left the gate 14:10 PST (2h ago), not taken off yet."),
        (TOOK_OFF_LATE, OFF + hours(2.2), "in the air since 16:25 PST, no new landing time yet."),
        (TOOK_OFF_LATE, OFF + hours(3), "in the air since 16:25 PST, no new landing time yet."),
        (TOOK_OFF_LATE, IN + hours(2), "in the air since 16:25 PST, no report that it landed."),
    ],
)
def test_no_landing_time_is_said_that_contradicts_the_leaving(flight: Flight, now: datetime, said: str) -> None:
    text = status_text(flight, reader(now=now), Freshness(age=minutes(0)), fact=Fact.WHEN)

    assert text.body == f"UA1234 SFO-EWR: {said} Checked just now."
    assert "arrival" not in text.tells


# --- other than was told ------------------------------------------------------------------------------------------

KNOWN = knowing(INBOUND)
ABOUT = "UA1234 SFO-EWR"


@pytest.mark.parametrize(
    ("flight", "known", "fact", "said"),
    [
        (replace(F12, gate_origin="C21"), KNOWN, Fact.GATE, "UA1234 at SFO: gate C21, was F12. Terminal 3. Dep 14:10 PST."),
        (replace(F12, gate_origin="C21"), KNOWN, Fact.ALL, f"{ABOUT} on time: dep 14:10 PST, arr 22:31 EST. Gate C21, was F12. Terminal 3."),
        (replace(F12, gate_origin="C21", terminal_origin="1"), KNOWN, Fact.GATE, "UA1234 at SFO: gate C21, was F12. Terminal 1, was 3. Dep 14:10 PST."),
        (replace(F12, gate_origin=None), KNOWN, Fact.GATE, "UA1234 at SFO: gate F12 is no longer shown: check the board. Terminal 3. Dep 14:10 PST."),
        (late(minutes(45)), KNOWN, Fact.WHEN, f"{ABOUT} 45m late: dep 14:55 PST, was 14:10; arr 23:16 EST, was 22:31."),
        (leaving(hours(12)), KNOWN, Fact.WHEN, f"{ABOUT}: dep 02:10 PST Wed, was 14:10 Tue."),
        (F12, knowing(late(minutes(45))), Fact.WHEN, f"{ABOUT} leaves EARLIER: dep 14:10 PST, was 14:55; arr 22:31 EST, was 23:16."),
        (late(minutes(20)), knowing(late(hours(2))), Fact.WHEN, f"{ABOUT} leaves EARLIER: dep 14:30 PST, was 16:10; arr 22:51 EST Tue, was 00:31 Wed."),
        (took_off(late(minutes(20))), KNOWN, Fact.WHEN, f"{ABOUT}: in the air since 14:45 PST; arrives EWR about 22:51 EST, was 22:31 (20m late)."),
        (replace(F12, cancelled=True), KNOWN, Fact.GATE, f"{ABOUT} Tue 25 Nov is CANCELLED. Ask the airline to rebook you."),
        (F12, knowing(replace(F12, cancelled=True)), Fact.WHEN, f"{ABOUT} is ON AGAIN, not cancelled: dep 14:10 PST, arr 22:31 EST."),
        (took_off(), knowing(diverted()), Fact.WHEN, f"{ABOUT} NO LONGER DIVERTED: in the air since 14:25 PST, arrives EWR about 22:31 EST, on time."),
        (F12, knowing(took_off()), Fact.WHEN, f"{ABOUT} has NOT taken off after all: dep 14:10 PST, arr 22:31 EST."),
        (took_off(), knowing(touched_down()), Fact.WHEN, f"{ABOUT} has NOT landed after all: in the air since 14:25 PST, arrives EWR about 22:31 EST, on time."),
        (diverted(), KNOWN, Fact.WHEN, f"{ABOUT} DIVERTED to Pittsburgh (PIT): in the air, arrives about 23:05 EST."),
        (at_gate(replace(INBOUND, baggage_claim="4")), KNOWN, Fact.BAGS, "UA1234 bags at EWR: belt 4, was 6, Terminal C."),
        (replace(F12, gate_origin="12"), replace(KNOWN, gate_origin="GATE 12"), Fact.GATE, "UA1234 at SFO: gate 12, Terminal 3. Dep 14:10 PST."),
    ],
)  # fmt: skip
def test_an_answer_that_differs_from_what_was_told_says_so(flight: Flight, known: Told, fact: Fact, said: str) -> None:
    assert status(flight, fact, told=known) == said


def test_what_was_told_and_still_holds_is_not_marked() -> None:
    assert status(F12, told=KNOWN) == status(F12)


def after(flight: Flight, known: Told, **rest: Any) -> Told:
    text = status_text(flight, reader(), Freshness(age=minutes(0)), told=known, **rest)
    return told([text.tells])


def test_what_is_taken_back_is_told_to_be_no_longer_so() -> None:
    gone = status_text(planned(), reader(), Freshness(age=minutes(0)), told=KNOWN).tells
    back = status_text(took_off(), reader(), Freshness(age=minutes(0)), told=knowing(diverted())).tells

    assert (gone["gate_origin"], gone["terminal_origin"]) == ("", "")
    assert back["diverted_to"] == ""
    assert after(F12, knowing(replace(F12, cancelled=True))).cancelled is False


BACK = replace(late(minutes(150)), returned=OUT)
TO_PIT = replace(INBOUND, destination=PIT, gate_destination=None, terminal_destination="A", baggage_claim=None)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("now", "said"),
    [
        (OUT + minutes(20), "returned to the gate, 2h30 late: dep 16:40 PST, arr 01:01 EST Wed."),
        (OUT + minutes(155), "returned to the gate, 2h30 late: dep 16:40 PST, no new time yet, arr 01:01 EST Wed."),
        (OUT + hours(4), "returned to the gate, 2h30 late: was to leave 16:40 PST and arrive 01:01 EST Wed, no new time yet."),
    ],
)  # fmt: skip
def test_a_return_to_the_gate_is_answered_and_counts_as_told(now: datetime, said: str, role: Role) -> None:
    text = status_text(BACK, reader(now=now), Freshness(age=minutes(0)), role=role, fact=Fact.WHEN)

    assert text.body == f"{ABOUT} {said} Checked just now."
    assert (text.tells["returned"], text.tells["phase"]) == (OUT.isoformat(), "scheduled")


@pytest.mark.parametrize(
    ("role", "told", "now", "said"),
    [
        (Role.TRAVELER, Told(), IN + hours(1), "We look for its flight on to EWR."),
        (Role.TRAVELER, Told(ends=True), IN + hours(1), "Ask the airline how you get to Newark (EWR)."),
        (Role.MEETER, Told(), IN + hours(8), "Ask the airline how passengers get to Newark (EWR)."),
    ],
)
def test_who_came_down_elsewhere_is_told_what_comes_next(role: Role, told: Told, now: datetime, said: str) -> None:
    text = status_text(at_gate(diverted()), reader(now=now), Freshness(age=minutes(0)), role=role, told=told)

    assert f"not EWR. {said}" in text.body


def test_a_return_to_the_gate_stays_said_beside_what_is_taken_back() -> None:
    text = status_text(
        BACK, reader(now=OUT + hours(1)), Freshness(age=minutes(0)), told=replace(KNOWN, phase=Phase.OFF)
    )

    assert text.body.startswith(f"{ABOUT} has NOT taken off after all: returned to the gate, 2h30 late, dep 16:40 PST")


def test_a_diversion_stays_said_beside_what_is_taken_back() -> None:
    text = status_text(diverted(), reader(), Freshness(age=minutes(0)), told=Told(cancelled=True), fact=Fact.WHEN)

    assert text.body.startswith(
        f"{ABOUT} is ON AGAIN, not cancelled: DIVERTED to Pittsburgh (PIT), in the air, arrives about 23:05 EST."
    )
    assert (text.tells["cancelled"], text.tells["diverted_to"]) == (False, "KPIT")


@pytest.mark.parametrize(
    ("fact", "role", "said"),
    [
        (Fact.ALL, Role.TRAVELER, "UA1234 SFO-PIT now goes to Pittsburgh (PIT), not EWR: dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3."),
        (Fact.ALL, Role.MEETER, "UA1234 SFO-PIT now goes to Pittsburgh (PIT), not EWR: dep 14:10 PST, arr 22:31 EST. At PIT: Terminal A."),
        (Fact.GATE, Role.MEETER, "UA1234 now goes to Pittsburgh (PIT), not EWR: Terminal A, no gate known. Arr 22:31 EST."),
        (Fact.BAGS, Role.MEETER, "UA1234 now goes to Pittsburgh (PIT), not EWR: no belt known yet. Arr 22:31 EST."),
    ],
)  # fmt: skip
def test_another_destination_is_answered_and_counts_as_told(fact: Fact, role: Role, said: str) -> None:
    text = status_text(TO_PIT, reader(), Freshness(age=minutes(0)), told=KNOWN, fact=fact, role=role)

    assert text.body.partition(" Checked")[0] == said
    known = told([tells(INBOUND), text.tells])
    assert (known.destination, known.gate_destination, known.baggage_claim) == ("PIT", "", "")


def test_what_was_told_of_the_airport_it_does_not_go_to_is_told_no_more() -> None:
    away = told([tells(INBOUND), status_text(diverted(), reader(), Freshness(age=minutes(0)), told=KNOWN).tells])
    back = status_text(took_off(), reader(), Freshness(age=minutes(0)), told=replace(away, gate_destination="B2")).tells

    assert (away.diverted_to, away.gate_destination, away.terminal_destination) == ("KPIT", "", "")
    assert (back["diverted_to"], back["gate_destination"]) == ("", "")


def test_an_answer_names_a_cancelled_flight_by_the_day_that_was_told() -> None:
    moved = replace(rescheduled(hours(10)), cancelled=True)

    assert status(moved, told=KNOWN).startswith(f"{ABOUT} Tue 25 Nov is CANCELLED.")
    assert status(moved).startswith(f"{ABOUT} Wed 26 Nov is CANCELLED.")


@pytest.mark.parametrize(
    ("flight", "fact", "said"),
    [
        (F12, Fact.WHEN, f"{ABOUT} on time: takes off 14:25 PST, lands 22:23 EST."),
        (took_off(), Fact.WHEN, f"{ABOUT}: in the air since 14:25 PST, lands EWR about 22:23 EST, on time."),
        (diverted(), Fact.WHEN, f"{ABOUT} DIVERTED to Pittsburgh (PIT): in the air, lands about 23:05 EST."),
    ],
)
def test_the_times_of_the_runway_are_answered_as_those(flight: Flight, fact: Fact, said: str) -> None:
    assert status(replace(flight, out=Times(), in_=Times()), fact) == said


# --- silence ------------------------------------------------------------------------------------------------------


def silent(flight: Flight, *, now: datetime, age: float, role: Role = Role.TRAVELER) -> Text:
    return status_text(flight, reader(now=now), Freshness(age=minutes(age), stale=True), role=role)


def test_an_old_word_near_departure_is_said_to_be_the_last() -> None:
    text = silent(F12, now=OUT - hours(1), age=90)

    assert text.body == (
        f"{ABOUT}: dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3. No word since 11:40 PST: check the airline's page."
    )
    assert text.tells["stale"] == (OUT - hours(2.5)).isoformat()


def test_in_the_air_it_is_said_by_the_clock_where_it_lands() -> None:
    body = silent(took_off(), now=OFF + hours(2), age=60, role=MEETER).body

    assert body.endswith("No word since 18:25 EST: check the airline's page.")


@pytest.mark.parametrize(("ahead", "age"), [(1, 44), (3.1, 300)])
def test_a_word_that_is_not_old_or_not_awaited_has_only_its_age(ahead: float, age: float) -> None:
    text = silent(F12, now=OUT - hours(ahead), age=age)

    assert "Checked " in text.body
    assert "stale" not in text.tells


@pytest.mark.parametrize(
    ("flight", "now", "word"),
    [
        (F12, OUT + hours(2), "not left"),
        (took_off(), IN + hours(2), "not landed"),
        (F12, OUT + minutes(119), None),
        (F12, NOON, None),
    ],
)
def test_a_long_want_of_a_report_counts_as_told(flight: Flight, now: datetime, word: str | None) -> None:
    assert status_text(flight, reader(now=now), Freshness(age=minutes(0))).tells.get("stale") == word


def test_a_codeshare_is_called_by_both_numbers() -> None:
    text = status_text(F12, reader("LH9051"), Freshness(age=minutes(0)))
    assert text.body.startswith("UA1234 (LH9051) SFO-EWR")


def test_a_status_tells_what_it_states_and_no_more() -> None:
    whole = told([status_text(late(hours(1)), reader(), Freshness(age=minutes(0))).tells])
    gate = told([status_text(late(hours(1)), reader(), Freshness(age=minutes(0)), fact=Fact.GATE).tells])
    assert (whole.departure, whole.gate_origin, whole.phase) == (OUT + hours(1), "F12", Phase.SCHEDULED)
    assert (gate.departure, gate.arrival, gate.gate_origin) == (OUT + hours(1), None, "F12")


def test_in_the_air_the_time_said_is_the_time_told() -> None:
    flying = took_off(replace(late(minutes(20)), on=Times(scheduled=ON, estimated=ON + minutes(13))))
    text = status_text(flying, reader(), Freshness(age=minutes(0)))

    assert "arrives EWR about 22:51 EST" in text.body
    assert told([text.tells]).arrival == IN + minutes(20)


def test_a_status_mentions_what_else_is_followed() -> None:
    assert status(F12, others=2).endswith("Checked 2 min ago. LIST shows 2 more.")


@pytest.mark.parametrize(
    ("age", "said"),
    [(0.9, "just now"), (1, "1 min ago"), (59, "59 min ago"), (60, "1h ago"), (125, "2h05 ago")],
)
def test_the_age_is_said_in_plain_words(age: float, said: str) -> None:
    assert Freshness(age=minutes(age)).text == f"Checked {said}."


# --- the list -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flight", "now", "traveler", "meeter"),
    [
        (F12, NOON, "14:10 on time", "arr 22:31 on time"),
        (late(minutes(-20)), NOON, "13:50 -20m", "arr 22:11 -20m"),
        (arriving(minutes(45)), NOON, "14:10 on time", "arr 23:16 +45m"),
        (late(hours(2)), NOON, "16:10 +2h", "arr 00:31 Wed +2h"),
        (F12, OUT + minutes(5), "14:10 due, no report yet", "arr 22:31 due, no report yet"),
        (F12, OUT + minutes(30), "14:10 no report that it left", "arr 22:31 no report that it left"),
        (BACK, OUT + hours(1), "16:40 back at the gate", "arr 01:01 Wed back at the gate"),
        (left_gate(), OUT + minutes(5), "14:10 left the gate", "arr 22:31 left the gate"),
        (left_gate(), OUT + hours(1), "14:10 left the gate, not off yet", "arr 22:31 left the gate, not off yet"),
        (took_off(), OFF + hours(1), "arr 22:31 in the air", "arr 22:31 in the air"),
        (took_off(), IN + hours(1), "arr 22:31 no report that it landed", "arr 22:31 no report that it landed"),
        (touched_down(), IN, "landed 22:23", "landed 22:23"),
        (at_gate(), IN, "at the gate", "at the gate"),
        (diverted(), IN, "DIVERTED PIT", "DIVERTED PIT"),
        (diverted(None), IN, "DIVERTED", "DIVERTED"),
        (touched_down(diverted()), IN, "DIVERTED, landed PIT", "DIVERTED, landed PIT"),
        (at_gate(diverted()), IN, "DIVERTED, landed PIT", "DIVERTED, landed PIT"),
        (replace(F12, cancelled=True), NOON, "14:10 CANCELLED", "14:10 CANCELLED"),
    ],
)  # fmt: skip
def test_a_line_of_the_list_says_how_it_stands(flight: Flight, now: datetime, traveler: str, meeter: str) -> None:
    for role, said in ((Role.TRAVELER, traveler), (Role.MEETER, meeter), (Role.WATCHER, meeter)):
        row = ListLine(ident="UA1234", flight=flight, role=role)
        line = list_text([row], now=now, clock=ClockFace.H24)[0].splitlines()[0]
        assert line.startswith("1 UA1234 Tue25Nov SFO-EWR ") or now >= IN
        assert line.endswith(f" SFO-EWR {said}")


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (ListLine(ident="BA286", on=(OUT + timedelta(days=30)).date(), origin="SFO"), "1 BA286 Thu25Dec SFO saved"),
        (ListLine(ident="BA286", on=OUT.date(), origin="SFO", destination="LHR"), "1 BA286 Tue25Nov SFO-LHR saved"),
        (ListLine(ident="UA1234", on=OUT.date(), planned=PLANNED), "1 UA1234 Tue25Nov SFO-EWR 14:10 saved"),
        (
            ListLine(ident="UA1234", on=OUT.date(), planned=PLANNED, role=Role.MEETER),
            "1 UA1234 Tue25Nov SFO-EWR arr 22:31 saved",
        ),
        (
            ListLine(ident="UA1234", on=(OUT - timedelta(days=1)).date(), planned=PLANNED),
            "1 UA1234 Mon24Nov SFO-EWR 14:10 Tue saved",
        ),
        (
            ListLine(ident="UA1234", on=OUT.date(), planned=PLANNED, is_listed=False),
            "1 UA1234 Tue25Nov SFO-EWR not in timetable",
        ),
        (ListLine(ident="BA286", wish="tomorrow"), "1 BA286 tomorrow saved"),
        (ListLine(ident="BA286"), "1 BA286 next saved"),
    ],
)
def test_a_line_of_the_list_says_what_is_saved(row: ListLine, line: str) -> None:
    assert list_text([row], now=NOON, clock=ClockFace.H24)[0].splitlines()[0] == line


def test_a_line_of_what_is_saved_tells_the_times_that_it_states() -> None:
    row = ListLine(ident="UA1234", on=OUT.date(), planned=PLANNED)
    assert list_text([row], now=NOON, clock=ClockFace.H24)[1] == [tells_of(PLANNED, arrival=False)]
    gone = replace(row, is_listed=False)
    assert list_text([gone], now=NOON, clock=ClockFace.H24)[1] == [{"unlisted": "gone"}]


def test_a_list_without_room_says_what_is_saved_without_its_timetable() -> None:
    row = ListLine(ident="UA1234", on=OUT.date(), origin="SFO", destination="EWR", planned=PLANNED)
    lines, told = list_text([row] * 5, now=NOON, clock=ClockFace.H24)
    assert lines.splitlines()[:5] == [f"{number} UA1234 Tue25Nov SFO saved" for number in range(1, 6)]
    assert told == [{}] * 5


@given(st.integers(min_value=1, max_value=40))
def test_a_list_is_one_segment_however_long(count: int) -> None:
    body, told = list_text([ListLine(ident=LONG, flight=WIDE)] * count, now=NOON, clock=ClockFace.H12)
    assert segments(body) == 1
    assert body.startswith(f"1 {LONG}")
    assert len(told) == len([line for line in body.splitlines() if LONG in line])


# --- other people's words -----------------------------------------------------------------------------------------


@given(st.text(max_size=200))
def test_nobodys_name_or_address_breaks_a_text(written: str) -> None:
    for body in (texts.invitation_text(written, LONG, "SFO-EWR", "+15555550134"), texts.help_text(written[:40])):
        assert segments(body) == 1
        assert is_gsm_7(body)


def test_who_has_a_name_that_no_text_can_write_is_spoken_of_without_it() -> None:
    assert texts.invitation_text("李小龍", LONG, "SFO-EWR", "+15555550134").startswith("+1555...0134 invites you")
    assert texts.who_text("李小龍", "李小龍", 1) == (
        "This is Flait, automatic flight alerts. You follow 1 flight. HELP shows what you can text, STOP ends all."
    )
    assert "?" not in texts.help_text("李小龍")


@pytest.mark.parametrize(
    ("phone", "shown"), [("+15555550134", "+1555...0134"), ("+4915123456", "+49...56"), ("+3721234", "+37...34")]
)
def test_a_number_is_shown_as_no_more_than_who_knows_it_needs(phone: str, shown: str) -> None:
    assert masked(phone) == shown


@pytest.mark.parametrize(
    ("age", "words"),
    [(minutes(0), "Checked just now."), (minutes(2), "Checked 2 min ago; no newer data now.")],
)
def test_what_was_seen_just_now_is_not_said_to_be_old(age: timedelta, words: str) -> None:
    assert Freshness(age=age, stale=True).text == words
