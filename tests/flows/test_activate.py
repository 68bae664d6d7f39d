"""From pending to active: tried again with patience, confirmed once, and given up with a word to the person."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flait.core.flights import Flight
from flait.core.messages import MessageStatus
from flait.core.subscriptions import Subscription, SubscriptionState
from flait.errors import BudgetExhausted, FlaitError, FlightSourceError, MissingCredential, Refused
from flait.flows import subscribe
from flait.flows.resolve import AEROAPI
from tests.core.flights_for_tests import F12, NOON, at_gate, hours, minutes, planned, rescheduled
from tests.flows.world import PHONES, World, timetabled

S = SubscriptionState
DAY = timedelta(days=1)
OUTAGE = FlightSourceError("AeroAPI did not answer in 15 s")
NEXT_WEEK = rescheduled(7 * DAY, replace(F12, fa_flight_id="UAL1234-next-week"))


@pytest.fixture
def waiting(world: World) -> Subscription:
    """Somebody asked during an outage."""
    world.source.fault = OUTAGE
    return world.subscribe(on="2025-11-25").subscription


@pytest.fixture
def scheduled(world: World) -> Subscription:
    """Somebody asked a week ahead."""
    world.source.timetable = [timetabled()]
    subscription = world.subscribe(on="2025-12-02").subscription
    world.deliver()
    return subscription


def recovers(world: World, *board: Flight) -> None:
    world.source.fault, world.source.board = None, board


def attempt(world: World) -> Subscription:
    """The next attempt, when it is due; the subscription after it."""
    due = world.subscription().next_attempt_at
    assert due
    world.clock.moment = max(world.clock.moment, due)
    assert world.activate()
    return world.subscription()


def test_nothing_is_tried_before_its_time(world: World, waiting: Subscription) -> None:
    assert not world.activate()
    assert len(world.source.calls) == 1


def test_after_the_outage_it_becomes_active_and_is_confirmed(world: World, waiting: Subscription) -> None:
    recovers(world, F12)
    active = attempt(world)
    assert (active.state, active.reason, active.next_attempt_at) == (S.ACTIVE, "", None)
    assert world.flight(active.flight_id or 0).flight == F12
    assert world.kinds == ["tracked"]
    assert not world.store.providers()[AEROAPI].failing
    assert not world.activate()


def test_the_longer_the_outage_the_longer_the_wait(world: World, waiting: Subscription) -> None:
    waits = []
    for _ in range(9):
        after = attempt(world)
        assert after.next_attempt_at
        waits.append((after.next_attempt_at - world.clock.now()) // minutes(1))
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60]
    assert world.subscription().attempts == 10
    assert world.texts == []


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (BudgetExhausted("the AeroAPI budget is spent"), hours(1)),
        (Refused("AeroAPI refuses the key"), minutes(2)),
        (MissingCredential("no key is stored"), minutes(2)),
    ],
)
def test_a_fault_for_the_operator_is_noted_and_waited_out(
    world: World, waiting: Subscription, fault: FlaitError, wait: timedelta
) -> None:
    world.source.fault = fault
    after = attempt(world)
    assert (after.state, after.reason) == (S.PENDING, fault.message)
    assert after.next_attempt_at == world.clock.now() + wait
    assert world.steps("resolve")[-1].outcome == "postponed"
    assert world.store.providers()[AEROAPI].last_error == fault.message


@pytest.mark.parametrize(
    ("board", "why"),
    [
        ([], "AeroAPI knows no UA1234"),
        ([at_gate()], "has already landed"),
        ([F12, planned(fa_flight_id="UAL1234-2", origin=F12.destination)], "more than one flight"),
        ([planned(ident="GEC1234", ident_icao="GEC1234", ident_iata="LH1234")], "another airline's"),
    ],
)
def test_a_wish_that_cannot_be_met_fails_and_the_person_hears_why(
    world: World, waiting: Subscription, board: list[Flight], why: str
) -> None:
    recovers(world, *board)
    failed = attempt(world)
    assert failed.state is S.FAILED
    assert why in failed.reason
    (text,) = world.texts
    assert (text.kind, text.to, text.status) == ("failed", PHONES[0], MessageStatus.QUEUED)
    assert text.body.startswith("UA1234 2025-11-25 is NOT tracked:")
    assert not world.activate()


def test_one_whose_flight_is_followed_already_is_dropped_quietly(world: World, waiting: Subscription) -> None:
    recovers(world, F12)
    world.subscribe(on="tue")
    dropped = attempt(world)
    assert (dropped.state, dropped.reason) == (S.CANCELED, "the same as subscription 2")
    assert world.kinds == ["tracked"]
    assert [view.subscription.id for view in world.store.subscription_views()] == [2]


def test_one_that_turns_out_to_wait_for_the_same_day_is_dropped_quietly(world: World) -> None:
    world.source.fault = OUTAGE
    world.subscribe(on="2025-12-02")
    world.source.fault, world.source.timetable = None, [timetabled()]
    world.subscribe(ident="UA99", on="2025-12-02")  # another one that waits
    world.subscribe(on="2 dec")
    dropped = attempt(world)
    assert (dropped.state, dropped.reason) == (S.CANCELED, "the same as subscription 3")


def test_what_was_settled_meanwhile_is_left_alone(world: World, waiting: Subscription) -> None:
    """Unsubscribed while AeroAPI was being asked."""
    recovers(world, F12)
    world.source.meanwhile = lambda: subscribe.unsubscribe(world.store, waiting, now=NOON)
    world.clock.advance(minutes(1))
    assert world.activate()
    assert world.subscription().state is S.CANCELED
    assert (world.texts, world.store.flight_views()) == ([], [])


def test_a_person_removed_meanwhile_is_not_missed(world: World, waiting: Subscription) -> None:
    recovers(world, F12)
    world.source.meanwhile = lambda: world.store.remove_user(waiting.user_id)
    world.clock.advance(minutes(1))
    assert world.activate()
    assert (world.texts, world.store.flight_views()) == ([], [])


# --- days ahead -------------------------------------------------------------------------------------------------


def test_a_scheduled_flight_is_looked_for_when_live_data_begin(world: World, scheduled: Subscription) -> None:
    recovers(world, NEXT_WEEK)
    asked = len(world.source.calls)
    world.clock.moment = timetabled().scheduled_out - hours(48)
    assert not world.activate()
    assert len(world.source.calls) == asked
    active = attempt(world)
    assert active.state is S.ACTIVE
    assert timetabled().scheduled_out - world.clock.now() == hours(47)
    assert world.kinds == ["pending", "tracked"]


def test_not_live_yet_keeps_waiting_and_says_nothing_more(world: World, scheduled: Subscription) -> None:
    first = attempt(world)
    second = attempt(world)
    assert (first.state, second.state) == (S.PENDING, S.PENDING)
    assert world.kinds == ["pending"]
    assert len(world.steps("subscribe")) == 1


def test_a_schedule_that_vanished_keeps_waiting_until_after_its_day(world: World, scheduled: Subscription) -> None:
    world.source.timetable = []
    while attempt(world).state is S.PENDING:
        assert world.kinds == ["pending"]
    assert world.clock.now().date().isoformat() == "2025-12-04"
    assert world.kinds == ["pending", "failed"]
    assert "UA1234 2025-12-02 is NOT tracked" in world.texts[-1].body


def test_a_flight_that_moved_in_the_schedule_is_looked_for_later(world: World, scheduled: Subscription) -> None:
    moved = timetabled(scheduled_out=timetabled().scheduled_out + hours(6))
    world.source.timetable = [moved]
    assert attempt(world).next_attempt_at == max(moved.scheduled_out - hours(47), world.clock.now() + hours(3))


# --- whoever dies meanwhile -------------------------------------------------------------------------------------


def test_an_attempt_that_was_cut_short_is_made_again(world: World, waiting: Subscription) -> None:
    world.source.fault = KeyboardInterrupt()
    world.clock.advance(minutes(1))
    with pytest.raises(KeyboardInterrupt):
        world.activate()
    recovers(world, F12)
    assert not world.activate()  # somebody may still be at it
    world.clock.advance(subscribe.LEASE)
    assert world.activate()
    assert world.subscription().state is S.ACTIVE
    assert world.kinds == ["tracked"]
