"""A flight that another waits for is watched like any other; and a text about one flight may tell of another."""

from datetime import timedelta

import pytest

from flait.core.subscriptions import SubscriptionState
from flait.core.told import listed_tells, tells
from flait.core.values import replace
from flait.flows import accounts, subscribe
from flait.store import TrackedFlight, WatchReason
from tests.core.flights_for_tests import F12, IN, OUT, at_gate, hours, inbound_flight, minutes, took_off
from tests.flows.world import PHONES, World

PLANE = inbound_flight(fa_flight_id="UAL77-1764-schedule-0001", ident="UAL77", ident_icao="UAL77", ident_iata="UA77")
DOWN = at_gate(PLANE)


@pytest.fixture
def plane(world: World) -> TrackedFlight:
    """UA77, which nobody follows: it brings the plane for UA1234, which somebody does."""
    followed = world.follow(F12)
    plane = world.store.track(PLANE, next_poll_at=world.clock.now(), now=world.clock.now())
    world.store.await_flight(plane.id, for_flight_id=followed.id, reason="plane")
    return plane


def look(world: World, *board: object) -> TrackedFlight:
    """A look at the plane now; as it is afterwards."""
    world.store._change("UPDATE flights SET next_poll_at = :at WHERE id = 1", at=world.clock.now() + timedelta(days=2))
    world.store.hasten(2, world.clock.now())
    assert world.poll(*board) == []  # type: ignore[arg-type]  # flights
    return world.flight(2)


def test_a_flight_that_another_waits_for_is_seen_and_planned(world: World, plane: TrackedFlight) -> None:
    assert world.store.watch_reasons(plane.id) == [WatchReason(flight_id=plane.id, reason="plane", for_flight_id=1)]
    seen = look(world, took_off(PLANE))
    assert seen.flight.off.actual == PLANE.off.scheduled
    assert seen.next_poll_at
    assert seen.next_poll_at - world.clock.now() <= hours(1.5)
    assert seen.closed_at is None


def test_a_look_at_it_that_shows_something_is_a_moment_for_what_waits(world: World, plane: TrackedFlight) -> None:
    look(world, PLANE)
    world.remind()
    assert world.moment() is None
    world.clock.advance(minutes(2))
    look(world, took_off(PLANE))
    assert world.moment() == world.clock.now()
    assert world.remind() == []


def test_it_is_closed_when_it_has_landed(world: World, plane: TrackedFlight) -> None:
    world.clock.moment = IN + hours(2)
    look(world, DOWN)
    world.clock.advance(minutes(2))
    assert look(world, DOWN).closed_at
    assert world.subscription().state is SubscriptionState.ACTIVE


def test_it_ends_with_the_last_flight_that_waits_for_it(world: World, plane: TrackedFlight) -> None:
    subscribe.unsubscribe(world.store, world.subscription(), now=world.clock.now())
    assert world.flight(1).closed_at
    assert (world.flight(2).closed_at, world.flight(2).next_poll_at) == (world.clock.now(), None)


def test_whoever_follows_it_too_keeps_it(world: World, plane: TrackedFlight) -> None:
    world.source.board = [PLANE]
    world.subscribe(1, "UA77")
    subscribe.unsubscribe(world.store, world.subscription(), now=world.clock.now())
    assert world.flight(2).closed_at is None
    subscribe.unsubscribe(world.store, world.subscription(2), now=world.clock.now())
    assert world.flight(2).closed_at


def test_who_unsubscribes_from_it_leaves_it_to_what_waits(world: World, plane: TrackedFlight) -> None:
    world.source.board = [PLANE]
    world.subscribe(1, "UA77")
    subscribe.unsubscribe(world.store, world.subscription(2), now=world.clock.now())
    assert world.flight(2).closed_at is None


def test_another_plane_now_and_the_next_look_closes_it(world: World, plane: TrackedFlight) -> None:
    world.store.await_no_more(plane.id, for_flight_id=1)
    assert look(world, PLANE).closed_at


def test_its_looks_are_on_the_account_of_who_follows_what_waits(world: World, plane: TrackedFlight) -> None:
    assert accounts.of_flight(world.store, plane.id) == accounts.of_flight(world.store, 1) == ()
    world.store._change("UPDATE users SET added_by = 'invitation'")
    assert accounts.of_flight(world.store, plane.id) == [PHONES[0]]


def test_what_a_text_about_one_flight_tells_of_another_is_known_there(world: World) -> None:
    gated = replace(F12, gate_origin="B4")
    world.follow(F12)
    world.source.board = [PLANE]
    world.subscribe(0, "UA77")
    world.deliver()
    world.clock.moment = OUT - hours(1.9)
    text = world.texts[-1]
    assert text.subscription_id == 2
    beside = {"phase": "scheduled"} | listed_tells([(1, tells(gated, ["gate_origin"]))])
    world.store._change(
        "UPDATE messages SET tells = json_patch(tells, json(:beside)) WHERE id = :id",
        id=text.id,
        beside=str(beside).replace("'", '"'),
    )

    rows = world.store.told_rows([1, 2])
    assert [row.kind for row in rows[1]] == ["tracked", "other"]
    assert [row.kind for row in rows[2]] == ["tracked"]
    world.store._change("UPDATE flights SET next_poll_at = :at WHERE id = 2", at=OUT)
    world.store.hasten(1, world.clock.now())
    assert world.poll(gated) == []
