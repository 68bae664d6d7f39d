"""What is due by the clock alone: once, at its time, moved with its flight, silent when there is nothing to remind of."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flait.core.aircraft import Size, size_of
from flait.core.alerts import Decision, decide
from flait.core.changes import ChangeKind
from flait.core.flights import Flight, Times
from flait.core.holds import PastText, Reach
from flait.core.milestones import MILESTONES
from flait.core.preferences import LEADS, OFF, Level, Wishes
from flait.core.subscriptions import Role
from flait.core.texts.alerts import alert_text
from flait.core.texts.formats import Reader
from flait.core.told import Told, boards
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    OUT,
    Listener,
    diverted,
    hours,
    knowing,
    late,
    left_gate,
    minutes,
    planned,
    took_off,
    touched_down,
)

K = ChangeKind
LONG_AGO = OUT - hours(72)
WISHES = Wishes(since=LONG_AGO)
CANCELLED = replace(F12, cancelled=True)
FLYING = took_off(F12)


def decided(
    known: Flight | Told,
    after: Flight,
    now: datetime,
    *,
    before: Flight | None = None,
    role: Role = Role.TRAVELER,
    wishes: Wishes = WISHES,
    seen_at: datetime | None = None,
    past: tuple[PastText, ...] = (),
) -> Decision:
    told = known if isinstance(known, Told) else knowing(known)
    return decide(told, past, role=role, before=before or after, after=after, now=now, wishes=wishes, seen_at=seen_at)


def kinds(decision: Decision) -> list[ChangeKind]:
    return [change.kind for change in decision.alert.changes] if decision.alert else []


DUE = [
    # milestone, role, the flight, when it is due, and the moment from which on it is of no use
    (K.CHECKIN, Role.TRAVELER, F12, OUT - hours(24), OUT - hours(12)),
    (K.LEAVE, Role.TRAVELER, F12, OUT - hours(3), OUT - hours(3) + minutes(45)),
    (K.BOARDING, Role.TRAVELER, F12, OUT - minutes(45), OUT),
    (K.MEET, Role.MEETER, FLYING, IN - minutes(45), IN),
]


@pytest.mark.parametrize(("kind", "role", "flight", "due", "over"), DUE)
def test_each_comes_at_its_time_and_not_after_its_use(
    kind: ChangeKind, role: Role, flight: Flight, due: datetime, over: datetime
) -> None:
    early = decided(flight, flight, due - minutes(1), role=role)
    assert (kinds(early), early.moment) == ([], due)
    assert kinds(decided(flight, flight, due, role=role)) == [kind]
    assert kinds(decided(flight, flight, over - minutes(1), role=role))[:1] == [kind]
    assert kind not in kinds(decided(flight, flight, over, role=role))


@pytest.mark.parametrize(("kind", "role", "flight", "due", "over"), DUE)
def test_nobody_else_hears_of_it_nor_who_does_not_want_to(
    kind: ChangeKind, role: Role, flight: Flight, due: datetime, over: datetime
) -> None:
    for other in set(Role) - {role}:
        assert kind not in kinds(decided(flight, flight, due, role=other))
    off = replace(WISHES, off=frozenset({kind}))
    no_lead = replace(WISHES, leads={**LEADS, kind: OFF})
    for wishes in (off, no_lead, replace(WISHES, level=Level.IMPORTANT), replace(WISHES, since=None)):
        assert not kinds(decided(flight, flight, due, role=role, wishes=wishes))


@pytest.mark.parametrize(("kind", "role", "flight", "due", "over"), DUE)
def test_what_was_due_before_they_followed_it_or_just_after_is_not_said(
    kind: ChangeKind, role: Role, flight: Flight, due: datetime, over: datetime
) -> None:
    for since, heard in ((due, False), (due - minutes(10), False), (due - minutes(11), True)):
        wishes = replace(WISHES, since=since)
        assert (kind in kinds(decided(flight, flight, due, role=role, wishes=wishes))) is heard


@pytest.mark.parametrize(
    ("kind", "flight"),
    [
        (K.LEAVE, CANCELLED),
        (K.LEAVE, left_gate(at=OUT - hours(3))),
        (K.CHECKIN, CANCELLED),
        (K.BOARDING, left_gate(at=OUT - hours(1))),
    ],
)
def test_it_is_silent_when_there_is_nothing_to_be_reminded_of(kind: ChangeKind, flight: Flight) -> None:
    due = next(due for one, _, _, due, _ in DUE if one is kind)
    assert kind not in kinds(decided(flight, flight, due))


@pytest.mark.parametrize("flight", [diverted(), touched_down(at=IN - minutes(50)), CANCELLED])
def test_nobody_goes_to_meet_what_does_not_come(flight: Flight) -> None:
    assert K.MEET not in kinds(decided(flight, flight, IN - minutes(45), role=Role.MEETER))


def test_a_short_hop_is_met_before_it_leaves_and_not_when_nobody_reported_that_it_left() -> None:
    lands, arrives = Times(scheduled=OUT + minutes(36)), Times(scheduled=OUT + minutes(40))
    hop = planned(on=lands, in_=arrives)
    assert kinds(decided(hop, hop, OUT - minutes(5), role=Role.MEETER)) == [K.MEET]
    assert not kinds(decided(hop, hop, OUT + minutes(5), role=Role.MEETER))


def test_it_moves_with_its_flight_and_is_said_once_whatever_moves() -> None:
    delayed = late(minutes(60))
    assert K.LEAVE not in kinds(decided(delayed, delayed, OUT - hours(3)))
    assert kinds(decided(delayed, delayed, OUT - hours(2))) == [K.LEAVE]
    told = replace(knowing(delayed), leave=True)
    later = late(minutes(300))
    assert K.LEAVE not in kinds(decided(replace(told, departure=later.departure.best), later, OUT + hours(2)))


def test_a_delay_that_is_taken_back_brings_who_waited_at_home_the_word_to_leave() -> None:
    """They were told 15:10, and so to leave at 12:10; at 12:05 it is 14:10 again."""
    told = knowing(late(minutes(60)))
    assert kinds(decided(told, late(minutes(0)), OUT - hours(2) - minutes(5))) == [K.ON_TIME, K.LEAVE]
    assert kinds(decided(told, late(minutes(0)), OUT - hours(1))) == [K.ON_TIME]


def test_a_reminder_that_is_due_soon_goes_with_a_text_that_is_sent_anyway() -> None:
    moved = late(minutes(45))
    due = OUT + minutes(45) - hours(3)
    assert kinds(decided(F12, moved, due - minutes(9))) == [K.DELAY_FIRST, K.LEAVE]
    assert kinds(decided(F12, moved, due - minutes(11))) == [K.DELAY_FIRST]


def test_while_something_is_read_a_second_time_it_waits() -> None:
    now = OUT - hours(3)
    unsure = decided(F12, CANCELLED, now, before=F12)
    assert (kinds(unsure), unsure.look_again) == ([], minutes(1))
    small = decided(F12, late(minutes(20)), now + minutes(20), before=F12)
    assert (kinds(small), small.look_again) == ([], minutes(5))
    assert K.LEAVE in dict(small.held)


def test_where_the_second_look_does_not_come_a_reminder_does() -> None:
    """Whoever is not told to leave misses the flight; that a time is unsure is worth ten minutes."""
    now, flight = OUT - hours(3) + minutes(20), late(minutes(20))
    waits = decided(F12, flight, now, before=F12, seen_at=now - minutes(9))
    assert (kinds(waits), waits.moment) == ([], now + minutes(1))
    assert K.LEAVE in kinds(decided(F12, flight, now, before=F12, seen_at=now - minutes(10)))


def test_a_first_gate_goes_with_what_comes_next() -> None:
    told = replace(knowing(planned()), leave=True)
    soon = decided(told, F12, OUT - minutes(70))
    assert (kinds(soon), soon.moment) == ([], OUT - minutes(45))
    assert kinds(decided(told, F12, OUT - minutes(121))) == [K.GATE_FIRST]
    assert kinds(decided(told, F12, OUT - minutes(45))) == [K.BOARDING, K.GATE_FIRST]
    assert kinds(decided(told, F12, OUT - minutes(70), wishes=replace(WISHES, off=frozenset({K.BOARDING})))) == [
        K.GATE_FIRST
    ]


def test_a_mute_holds_a_reminder_and_its_end_lets_it_out_while_it_is_of_use() -> None:
    due = OUT - hours(3)
    muted = replace(WISHES, muted_until=due + minutes(30))
    held = decided(F12, F12, due, wishes=muted)
    assert (kinds(held), held.moment) == ([], due + minutes(30))
    assert kinds(decided(F12, F12, due + minutes(30), wishes=muted)) == [K.LEAVE]
    assert not kinds(decided(F12, F12, due + minutes(46), wishes=muted))


def test_a_number_out_of_reach_is_reminded_after_its_rest() -> None:
    due = OUT - hours(3)
    lost = PastText(at=due - minutes(5), kind="delay_first", reach=Reach.LOST)
    twice = (replace(lost, at=due - minutes(10)), lost)
    held = decided(F12, F12, due, past=twice)
    assert (kinds(held), held.moment) == ([], lost.at + minutes(15))


@pytest.mark.parametrize(
    ("aircraft", "size", "before"),
    [("B738", Size.NARROW, 35), ("A332", Size.WIDE, 45), ("B77W ", Size.WIDE, 45), ("DH8D", Size.TURBOPROP, 25),
     ("AT76", Size.TURBOPROP, 25), ("A320", Size.NARROW, 35), (None, Size.NARROW, 35), ("", Size.NARROW, 35)],
)  # fmt: skip
def test_boarding_begins_by_the_size_of_the_aircraft(aircraft: str | None, size: Size, before: int) -> None:
    assert size_of(aircraft) is size
    assert boards(planned(aircraft_type=aircraft)) == OUT - minutes(before)


# --- at random --------------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.integers(1, 240),  # minutes until the next look or moment
        st.sampled_from([0, 0, 0, 5, 20, 45, 120, -15]),  # how late it is then
        st.booleans(),  # whether somebody looked
    ),
    min_size=20,
    max_size=80,
)


@given(steps=STEPS, role=st.sampled_from(Role), began=st.integers(1, 70))
@settings(max_examples=300, deadline=None)
def test_however_it_goes_each_reminder_is_said_once_at_most_and_never_too_soon_or_too_late(
    steps: list[tuple[int, int, bool]], role: Role, began: int
) -> None:
    now = OUT - hours(began)
    person = Listener(role=role, wishes=Wishes(since=now)).subscribed(F12, now)
    flight = F12
    for wait, lateness, looked in steps:
        now += minutes(wait)
        if now >= OUT + minutes(lateness):
            break
        flight = late(minutes(lateness)) if looked else flight
        person.polled(flight, now)

    said = [(kind, text.at) for text in person.texts for kind in MILESTONES if text.tells.get(kind)]
    assert len({kind for kind, _ in said}) == len(said)
    for kind, at in said:
        rule = MILESTONES[kind]
        dues = [rule.due(late(minutes(lateness)), LEADS.get(kind, timedelta())) for _, lateness, _ in steps]
        known = [due for due in [*dues, rule.due(F12, LEADS.get(kind, timedelta()))] if due]
        assert min(known) - minutes(10) <= at <= max(known) + rule.useful


def test_a_gate_change_that_says_when_it_boards_says_it_once_and_is_the_boarding_text_too() -> None:
    known = replace(knowing(F12), leave=True)
    alert = decided(known, replace(F12, gate_origin="C3"), OUT - minutes(45)).alert
    assert alert
    assert {change.kind for change in alert.changes} == {K.GATE_CHANGE, K.BOARDING}
    text = alert_text(alert, Reader(ident="UA1234", now=OUT - minutes(45)))
    assert text.body.lower().count("boards about 13:35") == 1
    assert text.tells["boarding"] is True
