from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flait.core.flights import Flight, Times
from flait.core.polling import (
    IN_TURN,
    OUT_OF_TURN,
    Cause,
    after_failure,
    allowed_at,
    finished,
    jitter,
    next_poll_at,
    unhurried,
)
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    NOON,
    OFF,
    ON,
    OUT,
    PIT,
    arriving,
    at_gate,
    diverted,
    hours,
    late,
    left_gate,
    minutes,
    planned,
    took_off,
    touched_down,
    utc,
)
from tests.core.random_flights_for_tests import FLIGHTS

SECOND = timedelta(seconds=1)
CANCELLED = replace(F12, cancelled=True)
LANDED_ELSEWHERE = utc("2025-11-26 04:05")
FALSE_LANDING = replace(took_off(), on=Times(scheduled=ON, actual=OFF))


@pytest.mark.parametrize(
    ("flight", "now", "wait"),
    [
        # by how long it is to departure
        (F12, OUT - hours(47), hours(10)),
        (F12, OUT - hours(30), hours(6)),  # up to the border to the next stretch, no further
        (F12, OUT - hours(24), hours(3)),
        (F12, OUT - hours(9.5), hours(3)),
        (F12, OUT - hours(7), hours(1)),
        (F12, OUT - hours(6), minutes(30)),
        (F12, OUT - hours(3.25), minutes(15)),
        (F12, OUT - hours(3), minutes(20)),
        (F12, OUT - hours(2), minutes(15)),
        (F12, OUT - minutes(5), minutes(15)),
        (F12, OUT - hours(6) - SECOND, minutes(1)),  # a border a second away is not worth a look-up of its own
        # late: by the estimate; long overdue: hardly
        (late(minutes(120)), OUT, minutes(15)),
        (late(hours(5)), OUT, minutes(30)),
        (F12, OUT + hours(4.9), minutes(15)),
        (F12, OUT + hours(5), hours(1)),
        # out, in the air, down
        (left_gate(), OUT + minutes(5), minutes(10)),
        (took_off(), OFF + minutes(5), minutes(12)),
        (took_off(), OFF + minutes(13), minutes(45)),
        (took_off(), ON - minutes(60), minutes(15)),
        (took_off(), ON - minutes(45), minutes(15)),
        (took_off(), ON + minutes(10), minutes(15)),
        (took_off(), ON + hours(2), hours(1)),
        (took_off(arriving(minutes(60))), ON, minutes(15)),
        (took_off(planned(on=Times())), IN - minutes(45), minutes(15)),
        (FALSE_LANDING, OFF + minutes(13), minutes(45)),
        (diverted(PIT), ON - minutes(30), minutes(27)),
        (touched_down(), ON + minutes(5), minutes(10)),
        (at_gate(), IN + minutes(5), minutes(15)),
        # cancelled: withdrawn at times
        (CANCELLED, OUT - hours(14), hours(2)),  # up to the border
        (CANCELLED, OUT - hours(6), hours(1)),
        (CANCELLED, OUT - hours(3.5), minutes(30)),
        (CANCELLED, OUT - hours(1), minutes(15)),
        (CANCELLED, OUT + hours(1), minutes(15)),
        (replace(late(hours(6)), cancelled=True), OUT, hours(1)),  # by its best time, not by its schedule
        (CANCELLED, OUT + hours(2), hours(1)),
        # the estimate of landing is from before take-off; it came down elsewhere
        (took_off(at=OFF + hours(2)), OFF + hours(2), minutes(12)),
        (touched_down(diverted(PIT)), IN + hours(2), minutes(20)),
    ],
)
def test_how_long_until_the_next_look(flight: Flight, now: datetime, wait: timedelta) -> None:
    assert next_poll_at(flight, now) == now + wait


@pytest.mark.parametrize(
    ("flight", "last_look", "why"),
    [
        (at_gate(), IN + minutes(45), "gate and belt change for a while after the arrival"),
        (touched_down(), ON + minutes(105), "some airports never report the gate"),
        (CANCELLED, IN + hours(3), "it may be on again until a while after it would have arrived"),
        (
            replace(late(minutes(130)), cancelled=True),
            IN + hours(3) + minutes(130),
            "by the best times, not the schedule",
        ),
        (at_gate(diverted(PIT)), LANDED_ELSEWHERE + hours(6.75), "it may fly on"),
        (replace(CANCELLED, in_=Times(), on=Times()), OUT + hours(3), "or left, when nobody knows the arrival"),
        (took_off(), IN + hours(24), "lost in the air"),
        (FALSE_LANDING, IN + hours(24), "landed, says the record, and did not"),
        (F12, IN + hours(24), "never left, as far as anybody knows"),
        (late(hours(5)), IN + hours(29), "late"),
    ],
)
def test_when_there_is_nothing_left_to_learn(flight: Flight, last_look: datetime, why: str) -> None:
    assert not finished(flight, last_look - SECOND), why
    assert next_poll_at(flight, last_look - SECOND)
    assert finished(flight, last_look), why
    assert next_poll_at(flight, last_look) is None


BORDERS = (hours(24), hours(6), hours(3), hours(2))


@given(
    until=st.integers(1, 48 * 3600).map(lambda seconds: timedelta(seconds=seconds)),
    by=st.floats(0, 0.999),
)
def test_no_look_is_slept_past_the_border_to_a_busier_stretch(until: timedelta, by: float) -> None:
    wakes = next_poll_at(F12, OUT - until, jitter=by)

    assert wakes
    crossed = [border for border in BORDERS if OUT - until < OUT - border < wakes]
    assert all(wakes - (OUT - border) < minutes(1) for border in crossed)


@given(flight=FLIGHTS, offset=st.integers(-50 * 60, 60 * 60), by=st.floats(0, 0.999))
def test_the_next_look_is_ahead_and_not_too_far(flight: Flight, offset: int, by: float) -> None:
    now = OUT + minutes(offset)
    due = next_poll_at(flight, now, jitter=by)

    assert due is None or now + minutes(1) <= due <= now + hours(11)


@given(by=st.floats(0, 0.999))
def test_jitter_lengthens_a_wait_by_a_tenth_at_most(by: float) -> None:
    due = next_poll_at(F12, OUT - hours(12), jitter=by)

    assert due
    assert hours(3) <= due - (OUT - hours(12)) <= hours(3.3)


def looks(start: datetime, shown: Callable[[datetime], Flight], by: float = 0.0) -> list[datetime]:
    """Every look-up of a flight that shows itself so, from `start` until nothing is left to learn."""
    moments, due = [], next_poll_at(shown(start), start, jitter=by)
    while due:
        moments.append(due)
        due = next_poll_at(shown(due), due, jitter=by)
    return moments


def three_hours(now: datetime) -> Flight:
    """A plain flight of three hours from gate to gate, every event reported four minutes late."""
    on, in_ = OUT + hours(2) + minutes(52), OUT + hours(3)
    flight = planned(on=Times(scheduled=on), in_=Times(scheduled=in_))
    for event, happened in ((left_gate, OUT), (took_off, OFF), (touched_down, on), (at_gate, in_)):
        if now - minutes(4) >= happened:
            flight = event(flight, happened)
    return flight


@given(by=st.floats(0, 0.999))
def test_a_three_hour_flight_costs_forty_look_ups_at_most(by: float) -> None:
    assert 30 <= len(looks(OUT - hours(48), three_hours, by)) <= 40


@pytest.mark.parametrize(
    ("lost", "since", "most"),
    [(F12, OUT, 45), (took_off(), OFF, 45), (FALSE_LANDING, OFF, 45), (touched_down(), ON, 12), (CANCELLED, OUT, 15)],
)
def test_a_flight_nobody_reports_on_any_more_does_not_eat_the_budget(lost: Flight, since: datetime, most: int) -> None:
    assert len(looks(since, lambda _now: lost)) <= most


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 30), (1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (100_000, 900)],
)
def test_faults_in_a_row_space_the_attempts_out_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert after_failure(failures, NOON) == NOON + timedelta(seconds=seconds)


@given(st.text())
def test_jitter_is_a_fraction_and_always_the_same(key: str) -> None:
    assert 0 <= jitter(key) < 1
    assert jitter(key) == jitter(key)


def test_flights_that_leave_together_are_asked_apart() -> None:
    drawn = {jitter(f"UAL{number}-1763900000-schedule-0001") for number in range(100, 200)}

    assert len(drawn) > 50


@pytest.mark.parametrize("before", [5, 10, 14])
def test_near_touchdown_the_next_look_is_just_after_it(before: int) -> None:
    flight = took_off()

    assert next_poll_at(flight, ON - minutes(before)) == ON + minutes(3)


# --- out of turn --------------------------------------------------------------------------------------------------


def taken_at(*minutes_ago: float) -> list[datetime]:
    return [NOON - minutes(ago) for ago in sorted(minutes_ago, reverse=True)]


@pytest.mark.parametrize(
    ("cause", "taken", "waits"),
    [
        (Cause.ASKED, [], minutes(0)),
        (Cause.ASKED, range(9), minutes(0)),
        (Cause.ASKED, range(1, 11), minutes(50)),  # the tenth from now is an hour old then
        (Cause.CALLED, range(1, 11), minutes(0)),
        (Cause.CALLED, range(1, 13), minutes(48)),
        (Cause.UNSETTLED, range(1, 13), minutes(0)),
        (Cause.UNSETTLED, range(0, 45, 3), minutes(18)),
        (Cause.UNSETTLED, [60] * 15, minutes(0)),
        (Cause.ASKED, range(70, 130), minutes(24 * 60 - 129)),  # sixty in a day
        (Cause.UNSETTLED, range(61, 180), minutes(0)),
        (Cause.UNSETTLED, range(61, 181), minutes(24 * 60 - 180)),
    ],
)
def test_looks_out_of_turn_wait_until_there_were_few_enough(
    cause: Cause, taken: Iterable[float], waits: timedelta
) -> None:
    assert allowed_at(cause, taken_at(*taken), NOON) - NOON == waits


def test_what_is_told_gives_way_last() -> None:
    for asked, called, unsettled in zip(*(OUT_OF_TURN[cause] for cause in Cause), strict=True):
        assert asked < called < unsettled


def test_looks_by_a_clock_that_was_ahead_do_not_count() -> None:
    assert allowed_at(Cause.ASKED, taken_at(*range(-30, -1)), NOON) == NOON


@pytest.mark.parametrize(
    ("planned_in", "taken", "expected"),
    [
        (minutes(1), range(14), minutes(1)),
        (minutes(1), range(15), IN_TURN),
        (minutes(1), [*range(14), 58], minutes(2)),  # sooner where there may be one sooner
        (minutes(30), range(15), minutes(30)),
    ],
)
def test_after_many_looks_the_next_is_in_turn(
    planned_in: timedelta, taken: Iterable[float], expected: timedelta
) -> None:
    assert unhurried(NOON + planned_in, taken_at(*taken), NOON) - NOON == expected


@given(gaps=st.lists(st.integers(1, 30), min_size=1, max_size=8))
@settings(max_examples=20)
def test_whatever_is_wished_for_a_day_has_less_than_two_hundred_looks(gaps: list[int]) -> None:
    taken: list[datetime] = []
    now = NOON
    for index in range(250):
        taken.append(now)
        now = unhurried(now + minutes(gaps[index % len(gaps)]), taken, now)

    for index, look in enumerate(taken):
        assert index + 1 - bisect_right(taken, look - hours(24)) < 200
        assert index + 1 - bisect_right(taken, look - hours(1)) <= 19
