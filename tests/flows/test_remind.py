"""Moments: what waits for time is told when its time has come, once, from what was last seen, and buys no look."""

from datetime import datetime, timedelta

import pytest

from flait.core.subscriptions import Role, SubscriptionState
from flait.core.values import replace
from flait.errors import FlightSourceError
from flait.flows.remind import OLD, OWN_FAULT_PAUSE, TOO_OLD
from flait.flows.track import HELD_AT_MOST
from tests.core.flights_for_tests import (
    F12,
    IN,
    NOON,
    OFF,
    ON,
    OUT,
    at_gate,
    hours,
    late,
    minutes,
    took_off,
    touched_down,
)
from tests.flows.mortal import Killed, Mortal
from tests.flows.talk import Talk
from tests.flows.world import PHONES, World

B4, C3 = replace(F12, gate_origin="B4"), replace(F12, gate_origin="C3")
DOWN = at_gate(touched_down(took_off(F12, OFF), ON), IN)


def muted(world: World, until: datetime, number: int = 0) -> None:
    """Person `number` texted MUTE."""
    user = world.store.user_by_phone(PHONES[number])
    assert user
    world.store.mute_user(user.id, until)


def held_by_a_mute(world: World, until: datetime) -> None:
    """A delay that two looks agree on, and that nobody is told before then."""
    world.follow(F12)
    muted(world, until)
    assert world.next_poll(late(hours(2))) == world.next_poll(late(hours(2))) == []
    assert world.moment() == until


def test_the_end_of_a_mute_is_a_moment_and_buys_no_look(world: World) -> None:
    ends = NOON + hours(1)
    held_by_a_mute(world, ends)
    looks, due = len(world.source.calls), world.due()
    assert due > ends - minutes(30)

    world.clock.moment = ends - timedelta(milliseconds=1)
    assert world.remind() == []
    world.store._change("UPDATE flights SET next_poll_at = :at", at=ends + minutes(10))
    world.clock.moment = ends
    assert world.remind() == ["delay_first"]

    assert (len(world.source.calls), world.due()) == (looks, ends + minutes(10))
    assert world.moment() is None
    assert world.steps("moment")[-1].detail == "told delay_first"
    assert world.next_poll(late(hours(2))) == []


def test_looks_at_the_flight_of_who_is_muted_come_as_if_nothing_waited(world: World) -> None:
    world.follow(F12)
    world.poll(late(hours(2)))
    muted(world, NOON + hours(5))
    times = []
    for _ in range(4):
        world.next_poll(late(hours(2)))
        times.append(world.due() - world.clock.now())
    assert min(times[1:]) >= minutes(15)


def test_a_cool_down_ends_by_a_moment_and_buys_no_look(world: World) -> None:
    world.follow(F12)
    world.clock.moment = OUT - minutes(118)
    world.store.hasten(1, world.clock.now())
    assert world.poll(B4) == ["gate_change"]
    told_at, planned = world.clock.now(), world.due()
    world.clock.advance(minutes(2))
    world.store.hasten(1, world.clock.now())
    assert world.poll(C3) == []

    assert world.due() >= planned - minutes(2)
    assert world.moment() == told_at + minutes(10)
    looks = len(world.source.calls)
    world.clock.moment = told_at + minutes(10)
    assert world.remind() == ["gate_change"]
    assert len(world.source.calls) == looks
    assert "B4->C3" in world.texts[-1].body


def test_a_cap_ends_by_a_moment_and_buys_no_look(world: World) -> None:
    world.follow(F12)
    first = OUT - minutes(170)
    for number, gate in enumerate(("B1", "B2", "B3", "B4")):
        world.clock.moment = first + number * minutes(11)
        world.store.hasten(1, world.clock.now())
        assert world.poll(replace(F12, gate_origin=gate)) == ["gate_change"]
    world.clock.advance(minutes(11))
    world.store.hasten(1, world.clock.now())
    assert world.poll(replace(F12, gate_origin="B5")) == []

    assert world.moment() == first + hours(1)
    looks, planned = len(world.source.calls), world.due()
    assert planned > world.clock.now() + minutes(2)
    world.store._change("UPDATE flights SET next_poll_at = :at", at=first + hours(2))
    world.clock.moment = first + hours(1)
    assert world.remind() == ["gate_change"]
    assert len(world.source.calls) == looks
    assert "B4->B5" in world.texts[-1].body


def test_a_moment_is_no_second_look(world: World) -> None:
    world.follow(F12)
    muted(world, NOON + minutes(30))
    world.clock.moment = NOON + minutes(20)
    world.store.hasten(1, world.clock.now())
    world.poll(late(hours(2)))
    world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(1))

    world.clock.moment = NOON + minutes(30)
    assert world.remind() == []
    assert "waits for a second poll" in world.steps("moment")[-1].detail
    assert world.due() == NOON + hours(1)
    world.clock.moment = NOON + hours(1)
    assert world.poll(late(hours(2))) == ["delay_first"]


def test_who_was_confirmed_cancelled_by_one_look_hears_of_no_flight_before_the_next(world: World) -> None:
    """Others were told that it is in the air; their watch waits for a second look before it believes otherwise."""
    world.follow(F12)
    world.clock.moment = OFF + minutes(5)
    world.store.hasten(1, world.clock.now())
    world.poll(took_off(F12, OFF))
    world.clock.advance(minutes(5))

    world.follow(replace(F12, cancelled=True), 1)
    assert "CANCELLED" in world.texts[-1].body
    assert world.remind() == []

    world.clock.advance(minutes(1))
    assert world.poll(replace(F12, cancelled=True)) == []
    world.clock.advance(minutes(1))
    assert "cancelled" in world.poll(replace(F12, cancelled=True))


def test_a_look_that_is_due_goes_before_the_moment(world: World) -> None:
    ends = NOON + hours(1)
    held_by_a_mute(world, ends)
    world.clock.moment = max(ends, world.due())

    assert world.remind() == []
    assert world.poll(late(minutes(0))) == []
    assert world.remind() == []
    assert (world.moment(), world.kinds) == (None, ["tracked"])


@pytest.mark.parametrize(("age", "says"), [(OLD, False), (OLD + minutes(1), True)])
def test_what_was_seen_long_ago_is_said_as_of_then(world: World, age: timedelta, says: bool) -> None:
    held_by_a_mute(world, NOON + hours(5))
    seen = world.flight().seen_at
    assert seen
    muted(world, seen + age)
    world.store.hasten_moments(1, seen + age)
    world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(9))

    world.clock.moment = seen + age
    assert world.remind() == ["delay_first"]
    assert ("As of " in world.texts[-1].body) is says


def test_what_is_too_old_to_go_by_is_left_to_the_next_look(world: World) -> None:
    held_by_a_mute(world, NOON + hours(2))
    seen = world.flight().seen_at
    assert seen
    world.store._change("UPDATE flights SET next_poll_at = :at", at=seen + timedelta(days=1))

    world.clock.moment = seen + TOO_OLD
    assert world.remind() == []
    assert world.moment() is None


def test_who_was_told_that_there_is_no_word_hears_nothing_older(world: World) -> None:
    world.follow(F12)
    world.clock.moment = OUT - minutes(118)
    for gate in (B4, C3):
        world.store.hasten(1, world.clock.now())
        world.poll(gate)
        world.clock.advance(minutes(1))
    assert world.moment()
    world.store.set_moment(1, world.clock.now() + hours(1))
    world.source.fault = FlightSourceError("AeroAPI did not answer")
    while "stale" not in world.kinds:
        world.next_poll()

    world.clock.moment = max(world.clock.now(), world.moment() or NOON)
    world.store._change("UPDATE flights SET next_poll_at = :at", at=world.clock.now() + hours(1))
    assert world.remind() == []


def test_unmute_tells_at_once_what_waited(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute 3h")
    assert world.next_poll(late(hours(2))) == world.next_poll(late(hours(2))) == []
    looks = len(world.source.calls)
    talk.says("unmute")
    assert world.remind() == ["delay_first"]
    assert len(world.source.calls) == looks


@pytest.mark.parametrize("statement", range(1, 14))
def test_killed_between_claim_and_commit_it_is_told_once_all_the_same(world: World, statement: int) -> None:
    held_by_a_mute(world, NOON + hours(1))
    world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(2))
    world.clock.moment = NOON + hours(1)
    with Mortal.open(world.path) as mortal:
        mortal.dies_before(statement)
        there, world.store = world.store, mortal
        try:
            world.remind()
        except Killed:
            world.store = there
            assert world.kinds == ["tracked"]
        mortal.dies_before(0)
        world.store = there
    world.restart()
    world.remind()
    assert world.remind() == []
    assert world.kinds == ["tracked", "delay_first"]


@pytest.mark.parametrize("jump", [timedelta(0), minutes(30), hours(2), -hours(1)])
def test_through_a_restart_and_a_jump_of_the_clock_it_is_told_once(world: World, jump: timedelta) -> None:
    ends = NOON + hours(1)
    held_by_a_mute(world, ends)
    world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(9))
    world.clock.moment = ends + jump
    world.restart()
    if jump < timedelta():
        world.store.rewind(world.clock.now())
    for _ in range(3):
        world.remind()
        world.clock.advance(hours(0.5))
        world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(9))
    assert world.kinds == ["tracked", "delay_first"]


def test_two_may_be_told_between_two_looks(world: World) -> None:
    world.follow(F12, 0)
    muted(world, NOON + minutes(40))
    assert world.next_poll(late(hours(2))) == world.next_poll(late(hours(2))) == []
    world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(9))
    polls = world.flight().polls
    world.clock.moment = NOON + minutes(40)
    assert len(world.remind()) == 1
    told = world.texts[-1].tells
    world.store._change("UPDATE messages SET tells = '{}' WHERE id = :id", id=world.texts[-1].id)
    world.store.set_moment(1, NOON + hours(1))
    world.clock.moment = NOON + hours(1)
    assert len(world.remind()) == 1
    assert (world.texts[-1].tells, world.flight().polls) == (told, polls)


def test_a_flight_that_is_over_is_kept_for_a_moment_and_looked_at_no_more(world: World) -> None:
    world.follow(took_off(F12, OFF), role=Role.MEETER)
    ends = IN + hours(3)
    muted(world, ends)
    world.clock.moment = IN
    while world.flight().next_poll_at and world.due() < IN + hours(2):
        world.next_poll(DOWN)
    looks = len(world.source.calls)
    assert world.due() >= world.clock.now() + HELD_AT_MOST - minutes(1)

    world.clock.moment = ends
    assert world.remind() == ["arrived"]
    while world.moment():
        world.clock.moment = world.moment() or ends
        assert world.remind() == []

    assert len(world.source.calls) == looks
    assert world.flight().closed_at
    assert world.subscription().state is SubscriptionState.ENDED


def test_after_a_fault_of_our_own_that_moment_waits_and_the_others_do_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_by_a_mute(world, NOON + hours(1))
    world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(9))
    world.clock.moment = NOON + hours(1)
    monkeypatch.setattr("flait.flows.remind.decided", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        world.remind()
    monkeypatch.undo()
    assert world.moment() == NOON + hours(1) + OWN_FAULT_PAUSE
    world.clock.moment += OWN_FAULT_PAUSE
    assert world.remind() == ["delay_first"]
