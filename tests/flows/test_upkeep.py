"""What is forgotten in time, and what never is."""

from datetime import timedelta

from flait.core.messages import MessageStatus
from flait.flows import subscribe, upkeep
from flait.flows.telling import AlertRules
from tests.core.flights_for_tests import F12, NOON, hours, late, minutes
from tests.flows.world import World, in_doubt

DAY = timedelta(days=1)


def prune(world: World, *, keep: timedelta = 30 * DAY, keep_raw: timedelta = DAY) -> int:
    return upkeep.prune(world.store, world.clock, keep=keep, keep_raw=keep_raw)


def rows(world: World, table: str) -> int:
    return len(world.dump()[table])


def over(world: World) -> None:
    """A flight that was followed, seen and let go."""
    world.follow(F12)
    world.next_poll(late(minutes(5)))
    subscribe.unsubscribe(world.store, world.subscription(), now=NOON)


def test_nothing_old_is_nothing_to_do_or_to_tell(world: World) -> None:
    over(world)
    before = world.dump()
    assert prune(world) == 0
    assert world.dump() == before


def test_raw_answers_go_after_a_day_and_nothing_else_with_them(world: World) -> None:
    over(world)
    before = rows(world, "raw_answers"), rows(world, "sightings"), rows(world, "messages")
    world.clock.advance(DAY + hours(1))
    assert prune(world) == 1
    assert (before, rows(world, "raw_answers")) == ((1, 1, 1), 0)
    assert (rows(world, "sightings"), rows(world, "messages")) == (1, 1)
    assert [step.detail for step in world.steps("prune")] == ["1 raw answers, 0 old rows"]


def test_the_flight_log_goes_after_its_time(world: World) -> None:
    over(world)
    world.clock.advance(31 * DAY)
    assert prune(world) > 4
    for table in ("flights", "subscriptions", "messages", "sightings", "raw_answers", "alerts"):
        assert rows(world, table) == 0
    assert [step["step"] for step in world.dump()["journal"]] == ["prune"]
    assert len(world.store.users()) == 1


def test_what_is_live_or_unsettled_stays_however_old(world: World) -> None:
    world.source.board = [F12]
    world.subscribe(0)
    world.gateway.fails(in_doubt())
    world.subscribe(1)
    world.deliver()
    subscribe.unsubscribe(world.store, world.subscription(1), now=NOON)
    world.next_poll(F12, rules=AlertRules(keep_raw=False))
    world.clock.advance(365 * DAY)
    prune(world)
    assert [text.status for text in world.texts] == [MessageStatus.IN_DOUBT, MessageStatus.ACCEPTED]
    assert [view.subscription.id for view in world.store.subscription_views()] == [2]
    assert rows(world, "flights") == 1
