"""Connections: which flights make a pair, how sure the second is, and what is told of it."""

from datetime import datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.alerts import Decision, decide
from flait.core.changes import ChangeKind
from flait.core.flights import Flight
from flait.core.preferences import QuietHours, Wishes
from flait.core.priorities import Priority
from flait.core.subscriptions import Role
from flait.core.taxiing import there_at
from flait.core.texts.alerts import alert_text
from flait.core.texts.formats import Reader
from flait.core.told import Told, tells, told
from flait.core.trips import (
    Chance,
    Feed,
    Leg,
    Onward,
    chance,
    connections,
    known_chance,
    least_time,
    onward_legs,
    onward_of,
)
from flait.core.values import replace
from tests.core.flights_for_tests import (
    EWR,
    F12,
    FRA,
    IN,
    OUT,
    SFO,
    at_gate,
    diverted,
    hours,
    knowing,
    late,
    minutes,
    onward_flight,
    rescheduled,
    took_off,
    touched_down,
)

K = ChangeKind
CONNECTIONS = (K.CONN_MISSED, K.CONN_TIGHT, K.CONN_OK)

FIRST = Leg(id=1, ident="UA1234", flight=F12)
LATER = Leg(id=2, ident="LH403", flight=onward_flight(minutes(88)))
NEEDED = minutes(60)


def decided(
    first: Flight, then: Flight, known: Told | None = None, *, before: Flight | None = None, ahead: float = 2
) -> Decision:
    onward = Onward(leg=replace(LATER, flight=then, previous=then), needed=NEEDED)
    return decide(
        known or knowing(F12),
        (),
        role=Role.TRAVELER,
        before=before or first,
        after=first,
        now=OUT - hours(ahead),
        onward=onward,
    )


def kinds(decision: Decision) -> list[ChangeKind]:
    return [change.kind for change in decision.alert.changes] if decision.alert else []


def said(decision: Decision, now_ahead: float = 2) -> str:
    assert decision.alert
    return alert_text(decision.alert, Reader(ident="UA1234", now=OUT - hours(now_ahead))).body


# --- which make a pair ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "pairs"),
    [
        (onward_flight(minutes(88)), True),
        (onward_flight(timedelta()), True),
        (onward_flight(hours(18)), True),
        (onward_flight(hours(18) + minutes(1)), False),
        (onward_flight(-minutes(1)), False),
        (onward_flight(minutes(88), origin=SFO), False),
    ],
)
def test_a_pair_meets_at_one_airport_within_eighteen_hours(then: Flight, *, pairs: bool) -> None:
    assert bool(onward_legs(FIRST, [FIRST, replace(LATER, flight=then)])) is pairs


def test_only_the_next_departure_counts_and_every_pair_of_a_journey() -> None:
    evening = Leg(id=3, ident="UA9", flight=onward_flight(hours(4)))
    home = onward_flight(hours(12), origin=FRA, destination=SFO, fa_flight_id="X")
    home_leg = Leg(id=4, ident="LH9", flight=home)
    found = [(one.first.id, one.then.id) for one in connections([FIRST, evening, LATER, home_leg], {})]
    assert found == [(1, 2), (3, 4), (2, 4)]


@pytest.mark.parametrize("first", [replace(F12, cancelled=True), replace(F12, destination=None)])
def test_what_does_not_come_connects_to_nothing(first: Flight) -> None:
    assert not list(connections([replace(FIRST, flight=first), LATER], {}))


def test_a_pair_stays_one_whatever_the_airline_makes_of_its_schedules() -> None:
    moved = Leg(id=2, ident="LH403", flight=onward_flight(-minutes(20)), leaves=IN + minutes(88))
    assert onward_legs(FIRST, [FIRST, moved]) == [moved]
    late_leg = replace(FIRST, flight=rescheduled(hours(2)), arrives=IN)
    assert onward_legs(late_leg, [late_leg, LATER]) == [LATER]


EVENING = Leg(id=3, ident="UA9", flight=onward_flight(hours(4), fa_flight_id="UAL9-1", ident="UAL9", ident_iata="UA9"))


@pytest.mark.parametrize(
    ("then", "told", "goes_on_with"),
    [
        (onward_flight(minutes(88)), None, 2),
        (onward_flight(minutes(5)), None, 2),  # that they miss it is told first
        (onward_flight(minutes(5)), "2 missed", 3),
        (onward_flight(minutes(88)), "2 missed", 2),  # it is taken back
        (replace(onward_flight(minutes(88)), cancelled=True), None, 3),
        (onward_flight(minutes(5)), "2 missed,3 missed", 3),
    ],
)
def test_what_they_were_told_to_miss_and_what_is_cancelled_give_way_to_the_next(
    then: Flight, told: str | None, goes_on_with: int
) -> None:
    first = replace(FIRST, told=Told(connection=told))
    onward = onward_of(first, [first, replace(LATER, flight=then), EVENING], {})
    assert onward
    assert onward.leg.id == goes_on_with


def test_a_list_has_what_they_miss_and_what_they_go_on_with() -> None:
    legs = [FIRST, replace(LATER, flight=onward_flight(minutes(5))), EVENING]
    assert [(one.then.id, one.chance) for one in connections(legs, {})] == [(2, Chance.MISSED), (3, Chance.OK)]


def test_what_was_told_of_one_connection_stands_beside_what_is_told_of_another() -> None:
    heard = told([{"connection": "2 tight"}, {"connection": "2 missed"}, {"connection": "3 tight"}])
    assert (known_chance(heard, 2), known_chance(heard, 3)) == (Chance.MISSED, Chance.TIGHT)


@pytest.mark.parametrize(
    ("origin", "destination", "onward", "least"),
    [
        ("US", "US", "US", 45),
        ("US", "US", "DE", 75),
        ("FR", "US", "US", 75),
        ("FR", "US", "DE", 60),
        (None, "US", "US", 60),
    ],
)
def test_the_least_time_goes_by_the_borders_crossed(
    origin: str | None, destination: str, onward: str, least: int
) -> None:
    first = replace(F12, origin=replace(SFO, country=origin), destination=replace(EWR, country=destination))
    then = onward_flight(hours(2), destination=replace(FRA, country=onward))
    assert least_time(first, then, {}) == minutes(least)
    assert least_time(first, then, {"EWR": minutes(90)}) == minutes(90)


def test_a_diversion_breaks_the_pair() -> None:
    assert not list(connections([replace(FIRST, flight=diverted()), LATER], {}))


# --- how sure it is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "expected"),
    [(200, Chance.OK), (80, Chance.OK), (79, Chance.TIGHT), (45, Chance.TIGHT), (44, Chance.AT_RISK),
     (15, Chance.AT_RISK), (14, Chance.MISSED), (-30, Chance.MISSED)],
)  # fmt: skip
def test_how_sure_it_is_goes_by_the_minutes_left(left: int, expected: Chance) -> None:
    assert chance(F12, onward_flight(minutes(left)), NEEDED) is expected


def test_who_is_down_has_not_missed_what_has_not_left() -> None:
    assert chance(touched_down(F12), onward_flight(minutes(5)), NEEDED) is Chance.AT_RISK


@pytest.mark.parametrize(
    ("down", "gate", "left", "expected"),
    [
        # minutes after the scheduled arrival: touchdown, at the gate, the second left
        (None, None, 14, Chance.MISSED),  # still flying
        (None, None, 25, None),  # or down long ago, and not reported
        (30, None, 25, Chance.MISSED),
        (52, 60, 30, Chance.MISSED),
        (22, 30, 29, Chance.MISSED),
        (-8, 0, 25, Chance.OK),
        (-8, None, 75, Chance.OK),  # the gate is never reported
        (17, None, 50, Chance.OK),
        (10, None, 25, None),  # perhaps they were there in time
        (-8, 0, 10, None),
    ],
)
def test_who_was_there_in_time_has_not_missed_what_left_and_in_doubt_nobody_says_so(
    down: int | None, gate: int | None, left: int, expected: Chance | None
) -> None:
    first = took_off(F12)
    first = touched_down(F12, IN + minutes(down)) if down is not None else first
    first = replace(first, in_=replace(first.in_, actual=IN + minutes(gate))) if gate is not None else first
    then = onward_flight(minutes(80))
    gone = replace(then, out=replace(then.out, actual=IN + minutes(left)))
    for known in (None, Chance.TIGHT, Chance.MISSED):
        assert chance(first, gone, NEEDED, known) is (expected or known or Chance.AT_RISK)
    news = {Chance.MISSED: [K.CONN_MISSED]}.get(expected or Chance.OK, [])
    assert [kind for kind in kinds(decided(first, gone)) if kind in CONNECTIONS] == news


@pytest.mark.parametrize(
    ("on", "estimated", "gate", "expected"),
    [
        # minutes after the scheduled arrival
        (None, None, None, 0),
        (None, 20, None, 20),
        (9, 0, None, 17),  # the estimate is from before: a taxi of eight minutes, as scheduled
        (9, None, None, 17),
        (9, 14, None, 14),
        (9, 14, 21, 21),
        (-30, None, None, -22),
    ],
)
def test_nobody_is_at_the_gate_before_they_are_down(
    on: int | None, estimated: int | None, gate: int | None, expected: int
) -> None:
    def at(by: int | None) -> datetime | None:
        return None if by is None else IN + minutes(by)

    flight = took_off(F12)
    flight = replace(flight, on=replace(flight.on, actual=at(on)), in_=replace(flight.in_, estimated=at(estimated)))
    flight = replace(flight, in_=replace(flight.in_, actual=at(gate)))
    assert there_at(flight) == IN + minutes(expected)


def test_a_better_state_must_be_clearly_better() -> None:
    assert chance(F12, onward_flight(minutes(85)), NEEDED, Chance.TIGHT) is Chance.TIGHT
    assert chance(F12, onward_flight(minutes(90)), NEEDED, Chance.TIGHT) is Chance.OK
    assert chance(F12, onward_flight(minutes(20)), NEEDED, Chance.MISSED) is Chance.MISSED
    assert chance(F12, onward_flight(minutes(25)), NEEDED, Chance.MISSED) is Chance.AT_RISK


@given(st.lists(st.integers(-60, 200), min_size=1, max_size=30))
def test_times_that_move_to_and_fro_by_a_few_minutes_change_it_once_at_most(jitter: list[int]) -> None:
    base = jitter[0]
    state: Chance | None = None
    states = []
    for step in jitter:
        state = chance(F12, onward_flight(minutes(base + step % 5)), NEEDED, state)
        states.append(state)
    assert sum(one is not other for one, other in pairwise(states)) <= 1


# --- what is told -----------------------------------------------------------------------------------------------------

LH403 = LATER.flight


def test_a_connection_that_gets_tight_leads_one_text_with_its_cause() -> None:
    decision = decided(late(minutes(45)), LH403)
    assert kinds(decision) == [K.CONN_TIGHT, K.DELAY_FIRST]
    assert said(decision) == (
        "UA1234 CONNECTION AT RISK at EWR, 43m to LH403: arr 23:16 EST, LH403 dep 23:59 EST. Dep 14:10->14:55 PST."
        " LH403 from gate B61, Terminal B."
    )


def test_a_worse_state_takes_two_looks() -> None:
    decision = decided(late(minutes(45)), LH403, before=F12)
    assert (kinds(decision), decision.look_again) == ([], minutes(1))


def test_what_the_next_flight_alone_showed_once_waits_for_that_one_and_holds_nothing_else_back() -> None:
    then = onward_flight(minutes(30))
    onward = Onward(leg=Leg(id=2, ident="LH403", flight=then, previous=LH403, leaves=IN + minutes(88)), needed=NEEDED)
    first, now = late(minutes(20)), OUT - hours(2)
    decision = decide(knowing(F12), (), role=Role.TRAVELER, before=first, after=first, now=now, onward=onward)
    assert (kinds(decision), decision.look_again) == ([K.DELAY_FIRST], None)
    assert [kind for kind, _ in decision.held] == [K.CONN_MISSED]


def test_what_was_booked_tight_is_no_news() -> None:
    assert not kinds(decided(F12, onward_flight(minutes(50))))


@pytest.mark.parametrize(
    ("first", "then", "news"),
    [
        (F12, onward_flight(minutes(20)), K.CONN_TIGHT),  # the second was moved an hour sooner by its airline
        (F12, onward_flight(-minutes(10)), K.CONN_MISSED),
        (rescheduled(minutes(40)), onward_flight(minutes(80)), K.CONN_TIGHT),
        (rescheduled(minutes(90)), onward_flight(minutes(80)), K.CONN_MISSED),
        (F12, onward_flight(minutes(80)), None),
        (F12, onward_flight(hours(3)), None),
    ],
)
def test_what_they_booked_is_compared_and_not_what_the_airline_has_made_of_it(
    first: Flight, then: Flight, news: K | None
) -> None:
    leg = replace(LATER, flight=then, previous=then, leaves=IN + minutes(80))
    onward = Onward(leg=leg, needed=NEEDED, arrives=IN)
    now = OUT - hours(20)
    decision = decide(knowing(first), (), role=Role.TRAVELER, before=first, after=first, now=now, onward=onward)
    assert kinds(decision) == ([news] if news else [])


def test_who_is_at_the_gate_is_told_no_more_of_it_but_what_they_were_told_to_miss() -> None:
    first, soon, later = at_gate(F12), onward_flight(minutes(30)), onward_flight(hours(3))
    known = knowing(first)
    assert not kinds(decided(first, soon, known, ahead=-6))
    assert not kinds(decided(first, later, replace(known, connection="2 tight"), ahead=-6))
    back = decided(first, later, replace(known, connection="2 missed"), ahead=-6)
    assert kinds(back) == [K.CONN_OK]
    assert said(back, -6).startswith("UA1234 connection OK at EWR, LH403: arr 22:31 EST, LH403 dep 01:31 EST Wed.")


def test_that_they_miss_it_is_taken_back_when_they_were_there_before_it_left() -> None:
    first, then = at_gate(F12), onward_flight(minutes(60))
    gone = replace(then, out=replace(then.out, actual=IN + minutes(60)))
    decision = decided(first, gone, replace(knowing(first), connection="2 missed"), ahead=-7)
    assert kinds(decision) == [K.CONN_OK]
    assert said(decision, -6.4) == (
        "UA1234 CONNECTION NOT MISSED after all at EWR: arr 22:31 EST, LH403 left 23:31 EST."
    )


def test_who_is_down_reads_when_they_landed_and_no_time_that_is_not_left_to_them() -> None:
    first = touched_down(F12, IN + minutes(9))
    decision = decided(first, onward_flight(minutes(60)), knowing(first), ahead=-5.5)
    assert kinds(decision) == [K.CONN_TIGHT]
    assert said(decision, -5.5) == (
        "UA1234 CONNECTION AT RISK at EWR, LH403: landed 22:40 EST, LH403 dep 23:31 EST."
        " LH403 from gate B61, Terminal B."
    )


def test_a_missed_connection_is_told_once_and_first_of_all() -> None:
    first = decided(late(minutes(110)), LH403)
    assert kinds(first)[0] is K.CONN_MISSED
    assert first.alert
    assert first.alert.priority is Priority.P0
    body = said(first)
    assert body.startswith("UA1234 CONNECTION MISSED at EWR: arr 00:21 EST Wed, LH403 dep 23:59 EST.")
    assert "rebook" in body
    text = alert_text(first.alert, Reader(ident="UA1234", now=OUT - hours(2)))
    assert text.tells["connection"] == "2 missed"
    heard = told([tells(F12), text.tells])
    assert K.CONN_MISSED not in kinds(decided(late(minutes(120)), LH403, heard))


def test_when_it_boards_is_not_said_without_the_departure_that_had_no_room() -> None:
    knew = replace(knowing(F12), boards=OUT - minutes(35))
    assert said(decided(late(hours(10)), LH403, knew)) == (
        "UA1234 CONNECTION MISSED at EWR: arr 08:31 EST Wed, LH403 dep 23:59 EST. Ask the airline now to rebook you."
        " Reply ALT for other flights."
    )


def test_only_who_was_told_otherwise_hears_that_it_is_well_again() -> None:
    assert K.CONN_OK not in kinds(decided(F12, onward_flight(hours(3))))
    worried = replace(knowing(F12), connection="2 at_risk")
    decision = decided(F12, LH403, replace(worried, connection="2 missed"))
    assert kinds(decision) == [K.CONN_OK]  # by the word that `flait trips` has; the margin only lets it be told
    assert said(decision).startswith("UA1234 connection OK at EWR, 1h28 to LH403")
    assert not kinds(decided(F12, LH403, replace(worried, connection="2 tight")))  # not clearly better
    assert kinds(decided(F12, onward_flight(hours(3)), worried)) == [K.CONN_OK]
    assert not kinds(decided(F12, onward_flight(hours(3)), replace(worried, connection="7 tight")))


def test_who_lands_and_goes_on_reads_where_from() -> None:
    landed = touched_down(F12)
    decision = decided(landed, LH403, knowing(took_off(F12)), ahead=-5.5)
    assert kinds(decision) == [K.LANDED]
    assert "Next: LH403 dep 23:59 EST, gate B61, Terminal B." in said(decision, -5.5)
    assert decision.alert
    also = alert_text(decision.alert, Reader(ident="UA1234", now=OUT + hours(5.5))).tells
    assert also["2.gate_origin"] == "B61"
    assert not kinds(decide(knowing(took_off(F12)), (), role=Role.TRAVELER, before=landed, after=landed, now=IN))


def test_a_diversion_says_that_the_next_flight_is_in_doubt() -> None:
    decision = decided(diverted(), LH403, knowing(took_off(F12)), ahead=-2)
    assert "Ask about LH403 too." in said(decision, -2)


def test_a_cancelled_first_flight_says_that_the_next_is_in_doubt() -> None:
    decision = decided(replace(F12, cancelled=True), LH403)
    assert kinds(decision) == [K.CANCELLED]
    assert "Ask about LH403 too." in said(decision)


# --- what is told of the second flight --------------------------------------------------------------------------------

SOONER = replace(LH403, out=replace(LH403.out, estimated=IN + minutes(40)))


def of_second(first: Flight, now: datetime, seen_at: datetime | None = None, known: Told | None = None) -> Decision:
    """What is told of LH403 itself, which leaves sooner, to who comes with the first."""
    leg = Leg(id=1, ident="UA1234", flight=first, previous=first, told=known or knowing(first))
    feed = Feed(first=leg, then=replace(LATER, flight=SOONER, previous=SOONER), needed=NEEDED)
    return decide(
        knowing(LH403), (), role=Role.TRAVELER, before=SOONER, after=SOONER, now=now, seen_at=seen_at, feeds=[feed]
    )


def test_how_the_second_moves_waits_a_minute_for_the_connection_and_no_longer() -> None:
    now = IN - hours(1)
    held = of_second(took_off(F12), now)
    assert (kinds(held), held.moment) == ([], now + minutes(1))
    assert kinds(of_second(took_off(F12), now + minutes(1), seen_at=now)) == [K.EARLIER]
    assert kinds(of_second(took_off(F12), now, known=replace(knowing(F12), connection="2 at_risk"))) == [K.EARLIER]


def test_who_is_on_the_way_is_not_told_to_go() -> None:
    now = IN - hours(1)
    alert = of_second(took_off(F12), now + minutes(1), seen_at=now).alert
    assert alert
    body = alert_text(alert, Reader(ident="LH403", now=now)).body
    assert body.startswith("LH403 leaves EARLIER: dep 23:59->23:11 EST")
    assert "Be at the gate" not in body
    assert "Go now" not in body
    there = of_second(at_gate(F12), IN + minutes(2)).alert
    assert there
    assert "Go now if not at EWR." in alert_text(there, Reader(ident="LH403", now=IN + minutes(2))).body


def test_a_text_about_the_connection_says_all_that_moves_of_the_second_flight() -> None:
    moved = replace(late(minutes(60), LH403), gate_origin=None, terminal_origin=None)
    leg = replace(LATER, flight=moved, previous=moved, told=replace(knowing(LH403), boards=IN + minutes(53)))
    heard = replace(knowing(F12), connection="2 at_risk")
    onward = Onward(leg=leg, needed=NEEDED)
    decision = decide(heard, (), role=Role.TRAVELER, before=F12, after=F12, now=OUT - hours(2), onward=onward)
    assert decision.alert
    text = alert_text(decision.alert, Reader(ident="UA1234", now=OUT - hours(2)))
    assert text.body == (
        "UA1234 connection OK at EWR, 2h28 to LH403: arr 22:31 EST, LH403 dep 23:59 Tue->00:59 EST Wed."
        " LH403 arr 14:11 CET Wed. LH403 boards about 00:24."
    )
    assert {"2.departure", "2.arrival", "2.boards"} <= set(text.tells)


def test_in_quiet_hours_an_alarm_is_taken_back_as_it_came() -> None:
    night = Wishes(quiet=QuietHours(time(0), time(23, 59)), zone=SFO.zone)
    worried = replace(knowing(F12), connection="2 missed")
    then = onward_flight(hours(3))
    onward = Onward(leg=replace(LATER, flight=then, previous=then), needed=NEEDED)
    now = OUT - hours(2)
    decision = decide(worried, (), role=Role.TRAVELER, before=F12, after=F12, now=now, wishes=night, onward=onward)
    assert kinds(decision) == [K.CONN_OK]


def test_a_second_flight_with_the_plane_of_the_first_is_never_missed_before_it_has_left() -> None:
    first = late(minutes(200))
    then = replace(onward_flight(minutes(88)), inbound_fa_flight_id=first.fa_flight_id)
    assert chance(first, then, NEEDED) is Chance.OK
    assert kinds(decided(first, then)) == [K.DELAY_FIRST]
    gone = replace(then, out=replace(then.out, actual=IN + minutes(90)))
    assert chance(took_off(first), gone, NEEDED) is Chance.MISSED
    told_tight = replace(knowing(F12), connection="2 tight")
    decision = decided(first, then, told_tight)
    assert K.CONN_OK in kinds(decision)


def test_a_connection_on_one_plane_says_so() -> None:
    then = replace(onward_flight(minutes(88)), inbound_fa_flight_id=F12.fa_flight_id)
    alert = decided(F12, then, replace(knowing(F12), connection="2 tight")).alert
    assert alert
    assert "It flies on with the same plane." in alert_text(alert, Reader(ident="UA1234", now=OUT - hours(2))).body
