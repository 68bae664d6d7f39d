"""Money and pace of AeroAPI calls: booked before a call, a hard stop, and one queue for everybody."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flait.clock import Clock, ScaledClock
from flait.core.prices import PRICES
from flait.errors import BudgetExhausted, RateLimited
from flait.flows.meter import PACES, Pace, StoreMeter
from flait.store import Store, UsageRow
from tests.core.flights_for_tests import NOON, minutes
from tests.flows.world import World

MONTH = "2025-11"
SECOND = timedelta(seconds=1)
AT_ONCE = Pace(spacing=timedelta(), burst=1)
LOOK_UP = PRICES["flights"] / 1_000_000  # dollars


def meter(world: World, *, usd: float = 0, pace: Pace = AT_ONCE, clock: Clock | None = None) -> StoreMeter:
    return StoreMeter(lambda: world.store, clock or world.clock, pace=pace, monthly_budget_usd=lambda: usd)


# --- money ------------------------------------------------------------------------------------------------------


def test_a_call_is_booked_before_it_is_made(world: World) -> None:
    meter(world, usd=5).charge("flights", "UAL1234-1")
    assert world.store.usage_rows(MONTH) == [
        UsageRow(operation="flights", flight="UAL1234-1", result_sets=1, micro_usd=5_000)
    ]


def test_each_operation_has_its_price(world: World) -> None:
    purse = meter(world, usd=5)
    purse.charge("flights")
    purse.charge("schedules")
    purse.charge("usage")
    assert world.store.spent(MONTH) == 25_000


@pytest.mark.parametrize(("usd", "calls"), [(0.05, 10), (0.049999, 9), (0.004999, 0), (0.005, 1)])
def test_the_budget_is_a_hard_stop_to_the_millionth_of_a_dollar(world: World, usd: float, calls: int) -> None:
    purse = meter(world, usd=usd)
    for _ in range(calls):
        purse.charge("flights")
    with pytest.raises(BudgetExhausted, match=f"for {MONTH} is spent"):
        purse.charge("flights")
    assert world.store.spent(MONTH) == calls * 5_000


def test_what_does_not_fit_the_budget_takes_no_place_in_the_queue(world: World) -> None:
    before = world.dump()
    with pytest.raises(BudgetExhausted):
        meter(world, usd=0.001, pace=PACES["personal"]).charge("flights")
    assert world.dump() == before


def test_a_cheaper_call_may_still_fit(world: World) -> None:
    purse = meter(world, usd=0.024)
    purse.charge("flights")
    with pytest.raises(BudgetExhausted):
        purse.charge("schedules")
    purse.charge("flights")


def test_without_a_budget_there_is_no_end(world: World) -> None:
    purse = meter(world, usd=0)
    for _ in range(50):
        purse.charge("schedules")
    assert world.store.spent(MONTH) == 1_000_000


def test_a_call_that_is_not_billed_is_given_back(world: World) -> None:
    purse = meter(world, usd=LOOK_UP)
    purse.charge("flights", "UA1234")
    purse.refund("flights", "UA1234")
    assert world.store.spent(MONTH) == 0
    purse.charge("flights", "UA1234")
    assert world.store.spent(MONTH) == 5_000


def test_a_new_month_has_its_own_money(world: World) -> None:
    purse = meter(world, usd=LOOK_UP)
    world.clock.moment = datetime(2025, 11, 30, 23, 59, 59, tzinfo=UTC)
    purse.charge("flights")
    with pytest.raises(BudgetExhausted):
        purse.charge("flights")
    world.clock.advance(SECOND)
    purse.charge("flights")
    assert (world.store.spent("2025-11"), world.store.spent("2025-12")) == (5_000, 5_000)


def test_two_processes_cannot_overspend_together(world: World) -> None:
    paid: list[int] = []
    together = Barrier(2)

    def spend() -> None:
        with Store.open(world.path) as store:
            purse = StoreMeter(lambda: store, world.clock, pace=AT_ONCE, monthly_budget_usd=lambda: 11 * LOOK_UP)
            together.wait()
            paid.append(sum(_paid(purse) for _ in range(20)))

    threads = [Thread(target=spend) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(paid) == 11
    assert world.store.spent(MONTH) == 55_000


def _paid(purse: StoreMeter) -> bool:
    try:
        purse.charge("flights")
    except BudgetExhausted:
        return False
    return True


# --- pace -------------------------------------------------------------------------------------------------------


def test_the_first_few_go_at_once_and_the_next_wait_their_turn(world: World) -> None:
    queue = meter(world, pace=PACES["personal"])
    assert [queue.charge("flights") for _ in range(5)] == [0, 0, 0, 9, 18]


def test_quiet_time_earns_no_more_than_a_burst(world: World) -> None:
    queue = meter(world, pace=PACES["personal"])
    queue.charge("flights")
    world.clock.advance(minutes(60))
    assert [queue.charge("flights") for _ in range(4)] == [0, 0, 0, 9]


def test_who_would_wait_too_long_is_sent_away_and_pays_nothing(world: World) -> None:
    queue = meter(world, pace=PACES["personal"])
    waits = [queue.charge("flights") for _ in range(9)]
    assert waits[-1] <= 60
    before = world.dump()
    with pytest.raises(RateLimited) as sent_away:
        queue.charge("flights")
    assert sent_away.value.retry_after == minutes(1)
    assert world.dump() == before


def test_a_pause_holds_everybody(world: World) -> None:
    meter(world, pace=PACES["personal"]).pause(50)
    with Store.open(world.path) as other:
        queue = StoreMeter(lambda: other, world.clock, pace=PACES["personal"], monthly_budget_usd=lambda: 0)
        assert queue.charge("flights") == 50
    world.clock.advance(50 * SECOND)
    assert meter(world, pace=PACES["personal"]).charge("flights") == 0


def test_a_pause_longer_than_anyone_waits_sends_everybody_away(world: World) -> None:
    queue = meter(world, pace=PACES["personal"])
    queue.pause(61)
    with pytest.raises(RateLimited):
        queue.charge("flights")


def test_on_a_fast_clock_a_turn_comes_sooner_in_real_seconds(world: World) -> None:
    stopped = ScaledClockAt(NOON, rate=600)
    queue = meter(world, pace=PACES["personal"], clock=stopped)
    assert [queue.charge("flights") for _ in range(5)] == pytest.approx([0, 0, 0, 9 / 600, 18 / 600])


class ScaledClockAt(ScaledClock):
    """A fast clock, stopped."""

    def __init__(self, moment: datetime, rate: float) -> None:
        super().__init__(moment, 0.0, rate)
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def within_limit(calls: list[datetime], most: int, within: timedelta) -> bool:
    return all(sum(first <= call < first + within for call in calls) <= most for first in calls)


@pytest.mark.parametrize(
    ("tier", "most", "within"), [("personal", 10, 60 * SECOND), ("standard", 5, SECOND), ("premium", 100, SECOND)]
)
def test_a_crowd_that_comes_at_once_keeps_to_flightawares_limit(
    world: World, tier: str, most: int, within: timedelta
) -> None:
    queue = meter(world, pace=PACES[tier])
    calls = [call for _ in range(3 * most) for call in _turn(world, queue)]
    assert len(calls) >= most - 1
    assert within_limit(calls, most, within)


@settings(
    max_examples=60, derandomize=True, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(gaps=st.lists(st.floats(0, 30) | st.just(0.0), max_size=30), pause=st.floats(0, 70))
def test_however_they_come_there_are_never_more_than_ten_in_a_minute(
    world: World, gaps: list[float], pause: float
) -> None:
    world.clock.advance(timedelta(days=1))  # the queue of the example before is over
    queue = meter(world, pace=PACES["personal"])
    calls: list[datetime] = []
    for index, gap in enumerate(gaps):
        world.clock.advance(gap * SECOND)
        if index == len(gaps) // 2:
            queue.pause(pause)
        calls += _turn(world, queue)
    assert within_limit(calls, 10, minutes(1))


def _turn(world: World, queue: StoreMeter) -> list[datetime]:
    try:
        return [world.clock.now() + timedelta(seconds=queue.charge("usage"))]
    except RateLimited:
        return []
