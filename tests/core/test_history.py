"""How a number has flown: what counts as on time, and what of a flight is kept at all."""

from datetime import timedelta

import pytest

from flait.core.flights import Flight, Times
from flait.core.history import Flown, Punctuality, by_leg, flown, punctuality
from flait.core.values import replace
from tests.core.flights_for_tests import F12, IN, NOON, OUT, at_gate, diverted, hours, minutes, took_off, touched_down

LATER = NOON + timedelta(days=2)
DAY = timedelta(days=1)


def arrived(late: int) -> Flight:
    """At the gate so many minutes late, off it ten minutes late."""
    down = at_gate()
    left, came = OUT + minutes(10), IN + minutes(late)
    return replace(down, out=Times(scheduled=OUT, actual=left), in_=Times(scheduled=IN, actual=came))


def one(late: int | None = 0, *, days: int = 0, cancelled: bool = False, origin: str = "SFO") -> Flown:
    planned = OUT - days * DAY
    return Flown(
        ident="UAL1234", origin=origin, destination="EWR", planned_at=planned, date=planned.date(),
        arrival_late_min=late, cancelled=cancelled,
    )  # fmt: skip


@pytest.mark.parametrize(("late", "on_time"), [(-20, True), (0, True), (14, True), (15, False), (90, False)])
def test_on_time_is_an_arrival_less_than_a_quarter_of_an_hour_late(late: int, *, on_time: bool) -> None:
    kept = flown(arrived(late), LATER)
    assert kept is not None
    assert (kept.arrival_late_min, kept.departure_late_min, kept.on_time) == (late, 10, on_time)


def test_a_flight_of_which_only_the_runway_is_known_counts_by_it() -> None:
    down = touched_down()
    kept = flown(replace(down, in_=Times()), LATER)
    assert kept is not None
    assert down.on.actual
    assert down.on.scheduled
    assert kept.arrival_late_min == round((down.on.actual - down.on.scheduled) / minutes(1))


def test_a_cancelled_flight_was_not_on_time() -> None:
    kept = flown(replace(F12, cancelled=True), LATER)
    assert kept is not None
    assert (kept.cancelled, kept.arrival_late_min, kept.on_time) == (True, None, False)


def test_a_flight_that_is_still_to_leave_is_not_over_though_it_is_cancelled() -> None:
    assert flown(replace(F12, cancelled=True), NOON) is None


@pytest.mark.parametrize("flight", [F12, took_off(), diverted()], ids=["planned", "in the air", "diverted"])
def test_what_is_not_over_or_was_never_reported_is_not_kept(flight: Flight) -> None:
    assert flown(flight, LATER) is None


def test_a_flight_that_came_down_elsewhere_was_not_on_time() -> None:
    there = diverted()
    down = replace(there, on=Times(actual=OUT + hours(4)), in_=Times(actual=OUT + hours(5)))
    kept = flown(down, LATER)
    assert kept is not None
    assert (kept.destination, kept.arrival_late_min, kept.on_time) == ("EWR", None, False)


def test_only_the_last_ten_count() -> None:
    late_long_ago = [one(90, days=days) for days in range(10, 20)]
    assert punctuality([*(one(days=days) for days in range(10)), *late_long_ago]) == Punctuality(on_time=10, of=10)


def test_flights_of_another_leg_do_not_count() -> None:
    flights = [one(), one(60, days=1), one(60, origin="DEN")]
    assert by_leg(flights) == {
        ("SFO", "EWR"): Punctuality(on_time=1, of=2),
        ("DEN", "EWR"): Punctuality(on_time=0, of=1),
    }


@pytest.mark.parametrize(("known", "told"), [(3, False), (4, True)])
def test_fewer_than_four_stand_in_no_text(known: int, *, told: bool) -> None:
    assert Punctuality(on_time=0, of=known).is_telling is told
