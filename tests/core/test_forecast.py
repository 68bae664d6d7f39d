"""What following costs if all goes to plan: the looks of the plan itself, and those at its plane."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core import forecast, polling
from flait.core.forecast import Cost, Forecast
from flait.core.values import replace
from tests.core.flights_for_tests import F12, OUT, hours, minutes

LEAVES = F12.departure.best or OUT


@given(st.integers(min_value=1, max_value=47))
def test_it_counts_the_looks_that_the_plan_takes_when_all_happens_as_planned(before: int) -> None:
    at, looks = LEAVES - hours(before), 0
    now = at
    while after := polling.next_poll_at(forecast.as_planned(F12, at), at):
        at, looks = after, looks + 1
    assert forecast.of_flight(F12, now, travels=False) == Forecast(looks=looks)


def test_who_travels_on_it_adds_the_looks_at_its_plane_until_it_leaves() -> None:
    before, after = (forecast.of_flight(F12, LEAVES + off, travels=True).planes for off in (-hours(6), minutes(30)))
    assert (before, after) == (forecast.AT_ITS_PLANES, 0)


def test_a_cancelled_flight_has_no_plane() -> None:
    assert forecast.of_flight(replace(F12, cancelled=True), LEAVES - hours(6), travels=True).planes == 0


def test_what_comes_after_the_end_of_the_month_costs_nothing_in_it() -> None:
    now = LEAVES - hours(40)
    whole = forecast.of_flight(F12, now, travels=True)
    cut = forecast.of_flight(F12, now, travels=True, until=LEAVES - hours(10))
    assert 0 < cut.looks < whole.looks
    assert cut.planes == 0
    assert forecast.of_day(LEAVES, travels=True, until=LEAVES) == Forecast()


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        (datetime(2026, 11, 28, 23, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
    ],
)
def test_a_month_ends_by_utc(now: datetime, ends: datetime) -> None:
    assert forecast.ends(now) == ends


@pytest.mark.parametrize(
    ("budget", "spent", "ahead", "now", "too_much"),
    [
        # micro-dollars; looks of half a cent
        (1_000_000, 0, 100, 100, False),
        (1_000_000, 5_000, 100, 100, True),
        (1_000_000, 999_000, 0, 0, False),  # it costs nothing more
        (0, 9_000_000, 1_000, 100, False),  # no limit
    ],
)
def test_a_month_does_not_last_where_all_together_is_more_than_its_budget(
    budget: int, spent: int, ahead: int, now: int, too_much: bool
) -> None:
    one = Forecast(looks=now)
    cost = Cost(budget=budget, spent=spent, ahead=Forecast(looks=ahead), own=one, now=one)
    assert cost.is_too_much is too_much
