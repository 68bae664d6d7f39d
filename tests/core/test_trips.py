"""Connections: which flights make a pair, how sure the second is, and what is told of it."""

from dataclasses import replace
from datetime import time, timedelta
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
from flait.core.texts.alerts import alert_text
from flait.core.texts.formats import Reader
from flait.core.told import Told, tells, told
from flait.core.trips import Chance, Leg, Onward, chance, connections, least_time, next_leg
from tests.core.flights_for_tests import (
    EWR,
    F12,
    FRA,
    IN,
    OUT,
    SFO,
    arriving,
    at_gate,
    diverted,
    hours,
    knowing,
    late,
    minutes,
    onward_flight,
    took_off,
    touched_down,
)

K = ChangeKind


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
    assert bool(next_leg(FIRST, [FIRST, replace(LATER, flight=then)])) is pairs


def test_only_the_next_departure_counts_and_every_pair_of_a_journey() -> None:
    evening = Leg(id=3, ident="UA9", flight=onward_flight(hours(4)))
    home = onward_flight(hours(12), origin=FRA, destination=SFO, fa_flight_id="X")
    home_leg = Leg(id=4, ident="LH9", flight=home)
    found = [(one.first.id, one.then.id) for one in connections([FIRST, evening, LATER, home_leg], {})]
    assert found == [(1, 2), (3, 4), (2, 4)]


@pytest.mark.parametrize("first", [replace(F12, cancelled=True), replace(F12, destination=None)])
def test_what_does_not_come_connects_to_nothing(first: Flight) -> None:
    assert next_leg(replace(FIRST, flight=first), [LATER]) is None


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


def test_it_is_missed_when_it_left_before_they_were_at_the_gate_and_not_afterwards() -> None:
    then = onward_flight(minutes(30))
    gone = replace(then, out=replace(then.out, actual=IN + minutes(25)))
    assert chance(touched_down(arriving(minutes(60))), gone, NEEDED) is Chance.MISSED
    assert chance(at_gate(F12), gone, NEEDED) is not Chance.MISSED


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


def test_what_was_booked_tight_is_no_news() -> None:
    assert not kinds(decided(F12, onward_flight(minutes(50))))


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
