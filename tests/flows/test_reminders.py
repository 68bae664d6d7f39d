"""Reminders on the real store: each once through looks, moments, losses, restarts and jumps of the clock."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from flait.core.changes import ChangeKind
from flait.core.flights import Flight
from flait.core.messages import MessageStatus
from flait.core.preferences import Level, Preferences
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role, User
from flait.core.values import replace
from flait.flows import receipts, remind
from flait.flows.remind import TOO_OLD
from tests.core.flights_for_tests import F12, IN, OFF, OUT, at_gate, hours, late, minutes, planned, took_off
from tests.flows.mortal import Killed, Mortal
from tests.flows.world import PHONES, REMINDING, World

K = ChangeKind
DAY_BEFORE = OUT - hours(40)
STEP = minutes(5)


def prefer(world: World, number: int = 0, *, zone: str | None = None, **preferences: Any) -> None:
    """Person `number` has set that."""
    user = world.store.user_by_phone(PHONES[number])
    assert user
    wanted: User = replace(user, timezone=zone, preferences=replace(Preferences(), **preferences))
    world.store.save_user(wanted)
    world.store.hasten_moments(user.id, world.clock.now())


def lives(world: World, flight: Callable[[datetime], Flight], *, until: datetime) -> None:
    """Time passes in small steps: looks and moments when they are due, and texts leave."""
    while world.clock.now() < until:
        world.clock.advance(STEP)
        shown = flight(world.clock.now())
        world.poll(shown, rules=REMINDING)
        world.remind(REMINDING)
        world.deliver()


def flown(now: datetime) -> Flight:
    """UA1234 of that day, on time."""
    if now < OUT - hours(2):
        return planned()
    flight = took_off(F12, OFF) if now >= OFF else F12
    return at_gate(replace(flight, gate_destination="C91"), IN) if now >= IN else flight


def said(world: World, number: int = 0) -> list[tuple[str, str]]:
    """What they got, and when: `leave`, `-3:00` before departure."""
    return [
        (text.kind, f"{(text.created_at - OUT) / hours(1):+.2f}") for text in world.texts if text.to == PHONES[number]
    ]


def test_a_travelers_day_that_goes_to_plan_is_four_texts_and_the_confirmation(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(planned())
    lives(world, flown, until=IN + hours(2))

    kinds = [kind for kind, _ in said(world)]
    assert kinds == ["tracked", "checkin", "leave", "boarding", "arrived"]
    times = dict(said(world))
    assert (times["checkin"], times["leave"], times["boarding"]) == ("-24.00", "-3.00", "-0.75")


def test_a_meeters_day_is_three_texts_and_the_confirmation(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(planned(), role=Role.MEETER)
    lives(world, flown, until=IN + hours(2))

    assert [kind for kind, _ in said(world)] == ["tracked", "departed", "meet", "arrived"]
    [meet] = [text.created_at for text in world.texts if text.kind == "meet"]
    assert timedelta() <= meet - (IN - minutes(45)) < STEP


def test_a_lead_of_their_own_moves_a_reminder_and_off_ends_it(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(F12)
    prefer(world, leads={K.LEAVE: hours(5), K.CHECKIN: timedelta()})
    lives(world, lambda _: F12, until=OUT - minutes(50))
    assert said(world)[1:] == [("leave", "-5.00")]


def test_who_wants_little_is_reminded_of_nothing(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(F12)
    prefer(world, level=Level.IMPORTANT)
    lives(world, lambda _: F12, until=OUT)
    assert said(world)[1:] == []


def test_in_quiet_hours_check_in_waits_and_leaving_does_not(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(F12)
    prefer(world, zone="America/Los_Angeles", quiet="10:00-16:00")  # it leaves at 14:10
    lives(world, lambda _: F12, until=OUT)
    assert said(world)[1:] == [("checkin", "-22.17"), ("leave", "-3.00"), ("boarding", "-0.75")]


def test_several_changes_in_a_night_are_one_text_in_the_morning_and_what_is_over_is_none(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(F12)
    prefer(world, zone="America/Los_Angeles", quiet="22:00-07:00", leads={K.CHECKIN: timedelta()})

    def moves(now: datetime) -> Flight:
        if now < OUT - hours(12):
            return F12
        return late(minutes(90)) if now < OUT - hours(10) else late(minutes(40))

    lives(world, moves, until=OUT - hours(6.5))
    assert [kind for kind, _ in said(world)] == ["tracked", "delay_first"]
    assert "delayed 40m" in world.texts[-1].body


def test_a_cancelled_flight_reminds_nobody(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(F12)
    lives(world, lambda now: F12 if now < OUT - hours(30) else replace(F12, cancelled=True), until=OUT + hours(1))
    assert [kind for kind, _ in said(world)] == ["tracked", "cancelled"]


def test_a_reminder_that_was_lost_comes_again_while_it_is_of_use_and_one_that_may_have_come_does_not(
    world: World,
) -> None:
    world.clock.moment = OUT - hours(4)
    world.follow(F12)
    lives(world, lambda _: F12, until=OUT - hours(3))
    leave = world.texts[-1]
    assert (leave.kind, leave.status) == ("leave", MessageStatus.ACCEPTED)
    assert leave.sid
    lost = Receipt(sid=leave.sid, status=MessageStatus.UNDELIVERED, error_code=30003)
    receipts.take(world.store, lost, "undelivered", world.clock.now())
    lives(world, lambda _: F12, until=OUT - hours(2))
    assert [kind for kind, _ in said(world)] == ["tracked", "leave", "leave"]
    lives(world, lambda _: F12, until=OUT - hours(1))
    assert world.kinds.count("leave") == 2


def test_a_reminder_that_could_not_leave_for_long_is_worded_anew_or_dropped(world: World) -> None:
    world.clock.moment = OUT - hours(4)
    world.follow(F12)
    while world.clock.now() < OUT - hours(3):
        world.clock.advance(minutes(5))
        world.poll(F12, rules=REMINDING)
        world.remind(REMINDING)
    world.clock.advance(minutes(20))  # nothing was sent meanwhile
    world.deliver()
    assert [text.status for text in world.texts if text.kind == "leave"] == [MessageStatus.EXPIRED]
    world.poll(F12, rules=REMINDING)
    world.deliver()
    again = world.texts[-1]
    assert again.kind == "leave"
    assert "leaves in 2h40" in again.body


@pytest.mark.parametrize("gap", [minutes(20), minutes(44), minutes(50), hours(4)])
def test_a_reminder_whose_time_passed_while_nothing_ran_is_said_if_it_still_helps(world: World, gap: timedelta) -> None:
    world.clock.moment = OUT - hours(3) - minutes(15)
    world.follow(F12)
    world.store._change("UPDATE subscriptions SET asked_at = :at", at=OUT - hours(40))
    world.store._change("UPDATE messages SET created_at = :at", at=OUT - hours(40))
    world.clock.moment = OUT - hours(3) + gap
    world.restart()
    world.poll(F12, rules=REMINDING)
    world.remind(REMINDING)
    late_ = world.kinds.count("leave")
    assert late_ == (1 if gap < minutes(45) else 0)


def test_what_was_seen_long_ago_is_said_as_of_then_and_what_is_too_old_is_not_said(world: World) -> None:
    world.clock.moment = OUT - hours(5)
    world.follow(F12)
    world.store._change("UPDATE flights SET next_poll_at = :at", at=OUT)
    world.clock.moment = OUT - hours(3)
    assert world.remind(REMINDING) == ["leave"]
    assert "As of 09:10 PST." in world.texts[-1].body
    world.clock.moment = OUT - hours(5) + TOO_OLD
    assert world.remind(REMINDING) == []


def test_killed_anywhere_it_is_said_once(world: World) -> None:
    world.clock.moment = OUT - hours(4)
    world.follow(F12)
    world.store._change("UPDATE flights SET next_poll_at = :at", at=OUT)
    world.clock.moment = OUT - hours(3)
    with Mortal.open(world.path) as mortal:
        for statement in range(1, 60):
            mortal.dies_before(statement)
            try:
                while remind.remind_next(mortal, world.clock, REMINDING):
                    pass
            except Killed:
                continue
            break
    assert world.kinds.count("leave") == 1


# --- bad data ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", [minutes(50), minutes(44), minutes(36), minutes(30), minutes(5)])
def test_who_follows_when_every_reminder_is_due_is_reminded_of_nothing(world: World, before: timedelta) -> None:
    world.clock.moment = OUT - before
    world.follow(F12)
    lives(world, flown, until=OFF)

    assert [kind for kind, _ in said(world) if kind in (K.CHECKIN, K.LEAVE)] == []
    assert [kind for kind, _ in said(world)].count(K.BOARDING) <= 1


def test_a_lead_that_is_longer_than_they_have_followed_it_reminds_of_nothing(world: World) -> None:
    world.clock.moment = OUT - hours(4)
    world.follow(F12)
    prefer(world, leads={K.LEAVE: hours(6), K.CHECKIN: hours(40)})
    lives(world, flown, until=OUT - minutes(50))

    assert {kind for kind, _ in said(world)} & {K.CHECKIN, K.LEAVE} == set()


def test_quiet_hours_go_by_the_zone_of_now_where_they_travel_meanwhile(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(F12)
    prefer(world, zone="Asia/Tokyo", quiet="06:00-22:00")  # check-in would be due at 07:10 there
    lives(world, lambda _: F12, until=OUT - hours(24.5))
    prefer(world, zone="America/Los_Angeles", quiet="06:00-10:00")  # and at 14:10 there
    lives(world, lambda _: F12, until=OUT - hours(23))

    assert said(world)[1:] == [("checkin", "-24.00")]


def test_a_flight_that_changes_its_zone_keeps_its_moments(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(F12)

    def elsewhere(now: datetime) -> Flight:
        odd = replace(F12.origin, timezone="Europe/Athens")
        return replace(F12, origin=odd) if now >= OUT - hours(10) else F12

    lives(world, elsewhere, until=OUT - minutes(30))
    assert [kind for kind, _ in said(world) if kind in (K.CHECKIN, K.LEAVE, K.BOARDING)] == [
        K.CHECKIN,
        K.LEAVE,
        K.BOARDING,
    ]


def test_times_that_flap_at_each_look_remind_once(world: World) -> None:
    world.clock.moment = DAY_BEFORE
    world.follow(F12)
    looks = 0

    def flaps(_: datetime) -> Flight:
        nonlocal looks
        looks += 1
        return late(minutes(70)) if looks % 2 else F12

    lives(world, flaps, until=OUT + minutes(60))
    told = [kind for kind, _ in said(world)]
    assert all(told.count(kind) <= 1 for kind in (K.CHECKIN, K.LEAVE, K.BOARDING))
