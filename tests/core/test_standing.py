"""How a flight stands, at the borders between one state and the next."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.flights import Flight, Phase, Times, phase
from flait.core.standing import DOWN, ELSEWHERE, State, notable, standing
from flait.core.values import replace
from tests.core.flights_for_tests import (
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
    late,
    leaving,
    left_gate,
    minutes,
    took_off,
    touched_down,
)
from tests.core.random_flights_for_tests import FLIGHTS

NEARLY = timedelta(seconds=-1)
BACK = replace(late(minutes(150)), returned=OUT)


@pytest.mark.parametrize(
    ("flight", "now", "state"),
    [
        (F12, NOON, State.ON_TIME),
        (late(minutes(10) + NEARLY), NOON, State.ON_TIME),
        (late(minutes(10)), NOON, State.LATE),
        (leaving(minutes(-10)), NOON, State.EARLY),
        (F12, OUT + NEARLY, State.ON_TIME),
        (F12, OUT, State.DUE),
        (leaving(minutes(-10)), OUT - minutes(10), State.DUE),
        (late(minutes(45)), OUT + minutes(45), State.LATE),
        (F12, OUT + minutes(30) + NEARLY, State.DUE),
        (F12, OUT + minutes(30), State.OVERDUE),
        (late(minutes(45)), OUT + minutes(75), State.OVERDUE),
        (F12, OUT + hours(30), State.OVERDUE),
        (BACK, OUT + minutes(20), State.RETURNED),
        (BACK, OUT + hours(9), State.RETURNED),
        (left_gate(BACK, OUT + hours(3)), OUT + hours(3), State.LEFT),
        (left_gate(), OUT + minutes(60) + NEARLY, State.LEFT),
        (left_gate(), OUT + minutes(60), State.TAXIING),
        (took_off(), OFF, State.FLYING),
        (took_off(), IN + minutes(30) + NEARLY, State.FLYING),
        (took_off(), IN + minutes(30), State.OVERDUE_LANDING),
        (took_off(arriving(hours(1))), IN + minutes(30), State.FLYING),
        (touched_down(), IN + hours(2), State.LANDED),
        (at_gate(), IN, State.ARRIVED),
        (replace(F12, cancelled=True), OUT + hours(9), State.CANCELLED),
        (replace(left_gate(), cancelled=True), OUT, State.CANCELLED),
        (replace(took_off(), cancelled=True), OFF, State.FLYING),
        (diverted(), OFF, State.DIVERTED),
        (diverted(None), IN + hours(5), State.DIVERTED),
        (touched_down(diverted()), IN + hours(1), State.LANDED_ELSEWHERE),
        (touched_down(diverted(None)), IN + hours(1), State.LANDED_ELSEWHERE),
        (at_gate(diverted()), IN + hours(1), State.ARRIVED_ELSEWHERE),
    ],
)  # fmt: skip
def test_a_flight_stands_in_one_state(flight: Flight, now: datetime, state: State) -> None:
    assert standing(flight, now).state is state


@pytest.mark.parametrize(
    ("flight", "at", "where", "by"),
    [
        (late(minutes(45)), OUT + minutes(45), SFO, minutes(45)),
        (late(minutes(9)), OUT + minutes(9), SFO, timedelta()),
        (took_off(arriving(minutes(20))), IN + minutes(20), EWR, minutes(20)),
        (touched_down(), ON, EWR, timedelta()),
        (at_gate(late(minutes(45))), IN + minutes(45), EWR, minutes(45)),
        (touched_down(diverted()), diverted().on.best, PIT, timedelta()),
        (diverted(None), IN, None, timedelta()),
    ],
)
def test_it_has_its_moment_its_place_and_its_lateness(
    flight: Flight, at: datetime, where: object, by: timedelta
) -> None:
    stands = standing(flight, NOON)

    assert (stands.at, stands.where, stands.late) == (at, where, by)


@pytest.mark.parametrize(("by", "expected"), [(9.9, 0), (10, 10), (-10, -10), (-9.9, 0), (45, 45)])
def test_less_than_ten_minutes_is_on_time(by: float, expected: float) -> None:
    assert notable(Times(scheduled=OUT, estimated=OUT + minutes(by))) == minutes(expected)


@given(FLIGHTS, st.integers(-10 * 60, 40 * 60).map(lambda offset: OUT + minutes(offset)))
def test_no_flight_is_down_that_is_not_and_none_here_that_is_elsewhere(flight: Flight, now: datetime) -> None:
    state, reached = standing(flight, now).state, phase(flight)

    assert (state in DOWN) is (reached in (Phase.ON, Phase.IN))
    assert (state in ELSEWHERE) is (state in DOWN and flight.diverted)
    assert (state is State.CANCELLED) is (reached is Phase.CANCELLED)
    if state in (State.ON_TIME, State.EARLY) and flight.departure.best:
        assert now < flight.departure.best
