"""FlightAware's own count is asked for once a day; where it is far from Flait's, that is known."""

from datetime import datetime, timedelta

import pytest

from flait.core.prices import MICRODOLLARS
from flait.errors import FlightSourceError
from flait.flows import reckoning
from tests.core.flights_for_tests import NOON, hours
from tests.flows.world import World

MONTH = f"{NOON:%Y-%m}"


def reckon(world: World) -> None:
    reckoning.step(world.store, world.source, world.clock)


def counted(world: World, theirs: float | None, ours: float) -> None:
    """Dollars, by FlightAware and by Flait."""
    world.store.book(MONTH, "flights", result_sets=1, micro_usd=round(ours * MICRODOLLARS), now=NOON)
    world.source.counted = None if theirs is None else round(theirs * MICRODOLLARS)


@pytest.mark.parametrize(
    ("theirs", "ours", "differ"),
    [
        (2.0, 2.0, False),
        (2.1, 2.0, False),  # 5 %
        (2.11, 2.0, True),
        (1.85, 2.0, True),  # less, too
        (0.06, 0.01, False),  # little
        (0.07, 0.01, True),
        (1.0, 0.0, True),
        (None, 2.0, False),
    ],
)
def test_they_differ_by_more_than_five_percent_and_more_than_a_little(
    world: World, theirs: float | None, ours: float, *, differ: bool
) -> None:
    counted(world, theirs, ours)
    reckon(world)
    assert (reckoning.difference(world.store, world.clock.now()) is not None) is differ


def test_it_is_asked_once_a_day_and_for_the_month(world: World) -> None:
    asked: list[datetime] = []
    world.source.spent = asked.append  # type: ignore[method-assign, assignment]  # what it is asked for
    for _ in range(3):
        reckon(world)
        world.clock.advance(hours(11))
    assert [at.isoformat() for at in asked] == ["2025-11-01T00:00:00+00:00"]
    world.clock.advance(hours(2))
    reckon(world)
    assert len(asked) == 2


def test_a_fault_is_asked_again_and_forgets_nothing(world: World) -> None:
    counted(world, 3.0, 2.0)
    reckon(world)
    world.clock.advance(timedelta(days=1))

    def down(_: object) -> int:
        raise FlightSourceError("AeroAPI did not answer")

    world.source.spent = down  # type: ignore[method-assign, assignment]  # it is down
    reckon(world)
    found = reckoning.difference(world.store, world.clock.now())
    assert found
    assert (found.theirs, found.ours, found.asked_at) == (3 * MICRODOLLARS, 2 * MICRODOLLARS, NOON)


def test_another_month_begins_anew(world: World) -> None:
    counted(world, 3.0, 2.0)
    reckon(world)
    world.clock.advance(timedelta(days=20))
    assert reckoning.difference(world.store, world.clock.now()) is None
