"""Killed before every single statement in turn: what is left is what was before, or all of what comes after."""

from collections.abc import Callable, Iterator

import pytest

from flait.core.messages import LOOK_AGAIN, MessageStatus
from flait.core.subscriptions import SubscriptionState
from flait.core.values import replace
from flait.errors import FlightSourceError
from flait.flows import subscribe
from tests.core.flights_for_tests import F12, NOON, minutes
from tests.flows.mortal import Killed, Mortal
from tests.flows.world import World, timetabled

B4 = replace(F12, gate_origin="B4")
S = MessageStatus


@pytest.fixture
def mortal(world: World) -> Iterator[Mortal]:
    """The world's store, now one that can die."""
    with Mortal.open(world.path) as mortal:
        mortal._conn.execute("PRAGMA synchronous = OFF")
        world.store = mortal
        yield mortal


def deaths(mortal: Mortal, act: Callable[[], object]) -> Iterator[int]:
    """Kill `act` before its first statement, its second, and so on, until it survives; yields after each death."""
    statement = 1
    while True:
        mortal.dies_before(statement)
        try:
            act()
        except Killed:
            yield statement
        else:
            mortal.dies_before(0)
            assert statement > 5  # it did get into the transaction
            return
        statement += 1


def test_a_killed_subscribe_leaves_nothing(world: World, mortal: Mortal) -> None:
    world.source.board = [F12]
    before = world.dump()
    for _ in deaths(mortal, world.subscribe):
        assert world.dump() == before
    assert world.subscription().state is SubscriptionState.ACTIVE
    assert world.kinds == ["tracked"]
    assert world.due() > NOON


def test_a_killed_subscribe_for_days_ahead_leaves_nothing(world: World, mortal: Mortal) -> None:
    world.source.timetable = [timetabled()]
    before = world.dump()
    for _ in deaths(mortal, lambda: world.subscribe(on="2025-12-02")):
        assert world.dump() == before
    assert world.kinds == ["pending"]


def test_a_killed_subscribe_in_an_outage_leaves_nothing(world: World, mortal: Mortal) -> None:
    world.source.fault = FlightSourceError("AeroAPI did not answer")
    before = world.dump()
    for _ in deaths(mortal, world.subscribe):
        assert world.dump() == before
    assert world.subscription().state is SubscriptionState.PENDING


def test_a_killed_activation_leaves_the_wish_to_be_tried_again(world: World, mortal: Mortal) -> None:
    world.source.fault = FlightSourceError("AeroAPI did not answer")
    world.subscribe()
    world.source.fault, world.source.board = None, [F12]
    world.clock.advance(minutes(1))
    for _ in deaths(mortal, world.activate):
        assert world.subscription().state is SubscriptionState.PENDING
        assert (world.texts, world.store.flight_views()) == ([], [])
        world.clock.advance(subscribe.LEASE)
    assert world.subscription().state is SubscriptionState.ACTIVE
    assert world.kinds == ["tracked"]


def test_a_killed_unsubscribe_leaves_everything(world: World, mortal: Mortal) -> None:
    world.follow(F12)
    before = world.dump()
    for _ in deaths(mortal, lambda: subscribe.unsubscribe(mortal, world.subscription(), now=NOON)):
        assert world.dump() == before
    assert (world.subscription().state, world.flight().closed_at) == (SubscriptionState.CANCELED, NOON)


def test_a_killed_poll_decides_nothing_and_the_next_boot_decides_once(world: World, mortal: Mortal) -> None:
    world.follow(F12, 0, 1)
    polls = world.flight().polls
    for _ in deaths(mortal, lambda: world.next_poll(B4)):
        assert world.kinds == ["tracked", "tracked"]
        assert (world.flight().flight, world.flight().polls) == (F12, polls)
        world.restart()
    assert world.kinds == ["tracked", "tracked", "gate_change", "gate_change"]
    assert "gate_change" not in world.next_poll(B4)


@pytest.mark.parametrize("statements", range(1, 30))
def test_a_killed_delivery_sends_once_all_the_same(world: World, mortal: Mortal, statements: int) -> None:
    world.source.board = [F12]
    world.subscribe()
    mortal.dies_before(statements)
    with pytest.raises(Killed):
        deliver_for_ever(world)
    world.restart()
    calm_down(world)
    assert [text.status for text in world.texts] == [S.ACCEPTED]
    assert len(world.gateway.arrivals) == 1


def deliver_for_ever(world: World) -> None:
    while True:
        world.deliver()


def calm_down(world: World) -> None:
    """A few quiet minutes: the new daemon settles what is in doubt, and sends what is left."""
    for _ in range(4):
        world.settle()
        world.deliver()
        world.clock.advance(LOOK_AGAIN)


@pytest.mark.parametrize("arrived", [True, False])
def test_killed_again_while_it_recovers_it_sends_once_all_the_same(world: World, mortal: Mortal, arrived: bool) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.gateway.fails(Killed(), arrives=arrived)
    with pytest.raises(Killed):
        world.deliver()
    for _ in deaths(mortal, lambda: recover_and_settle(world)):
        assert len(world.gateway.arrivals) <= 1
    assert [text.status for text in world.texts] == [S.ACCEPTED]
    assert len(world.gateway.arrivals) == 1


def recover_and_settle(world: World) -> None:
    world.restart()
    calm_down(world)
