"""Looks out of their turn: however they are wished for, a flight has a bounded number of them, and none is lost."""

from datetime import datetime, timedelta

import pytest

from flait.core.flights import Flight
from flait.core.polling import OUT_OF_TURN, Cause
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlightSourceError, RateLimited
from flait.flows import looks, track
from tests.core.flights_for_tests import F12, OUT, hours, late, leaving, minutes
from tests.flows.talk import Talk
from tests.flows.world import World

B4 = replace(F12, gate_origin="B4")
AN_HOUR, A_DAY = (most for _, most in OUT_OF_TURN[Cause.UNSETTLED])
CALLED = OUT_OF_TURN[Cause.CALLED][0][1]


def asked(world: World) -> int:
    return len(world.source.calls)


def polled_for(world: World, span: timedelta, *boards: list[Flight]) -> list[datetime]:
    """What is shown in turn, poll by poll, for so long; when it was looked at."""
    ends, at, turn = world.clock.now() + span, [], 0
    while world.due() < ends:
        world.next_poll(*boards[turn % len(boards)])
        at.append(world.clock.now())
        turn += 1
    return at


def test_data_that_is_never_confirmed_is_looked_at_a_bounded_number_of_times(world: World) -> None:
    world.follow(F12)
    at = polled_for(world, hours(24), [leaving(minutes(-40))], [late(hours(1))])
    assert A_DAY < len(at) < 200
    assert max(sum(look - hours(1) < other <= look for other in at) for look in at) <= AN_HOUR + 4
    assert world.kinds == ["tracked"]


def test_a_daemon_that_dies_over_every_look_and_starts_again_does_not_spend_more(world: World) -> None:
    world.follow(F12)
    ends, begun = world.clock.now() + hours(24), 0
    while world.clock.now() < ends:
        begun += len(track.claim_due(world.store, world.clock, world.boot, 10))
        world.restart()
        world.clock.advance(minutes(1))
    assert A_DAY / 2 < begun < 200
    assert world.flight().closed_at is None


def test_a_look_that_died_is_taken_again_at_once_and_then_ever_later(world: World) -> None:
    world.follow(F12)
    waits = []
    for _ in range(4):
        world.clock.moment = max(world.clock.now(), world.due())
        assert track.claim_due(world.store, world.clock, world.boot, 10)
        world.restart()
        waits.append(world.due() - world.clock.now())
    assert waits == [timedelta(), minutes(0.5), minutes(1), minutes(2)]
    died = [step for step in world.store.steps(flight_id=1) if step.outcome == looks.CUT_SHORT]
    assert sorted(step.attempt or 0 for step in died) == [1, 2, 3, 4]
    assert world.flight().failures == 4
    assert world.next_poll(F12) == []
    assert world.flight().failures == 0


def test_what_is_true_after_all_that_is_still_told(world: World) -> None:
    world.follow(F12)
    polled_for(world, hours(12), [leaving(minutes(-40))], [late(hours(1))])
    assert [world.next_poll(late(hours(1))) for _ in range(2)].count(["delay_first"]) == 1


def test_misses_between_sightings_are_looks_too(world: World) -> None:
    world.follow(F12)
    at = polled_for(world, hours(3), [late(hours(1))], [], [F12], [])
    assert max(sum(look - hours(1) < other <= look for other in at) for look in at) <= AN_HOUR + 4


@pytest.mark.parametrize(
    ("fault", "counts"),
    [
        (FlightSourceError("AeroAPI did not answer"), True),
        (RateLimited("AeroAPI asks for a pause", retry_after=timedelta(seconds=61)), False),
        (BudgetExhausted("the budget is spent"), False),
    ],
)
def test_looks_that_were_not_made_do_not_count(world: World, fault: Exception, counts: bool) -> None:
    world.follow(F12)
    world.source.fault = fault
    world.next_poll(F12)
    found = world.store.looks(1, since=OUT - hours(9), until=OUT, outcomes=looks.ASKED)
    assert bool(found) is counts


def test_news_from_outside_hastens_a_look_until_there_were_many(world: World) -> None:
    world.follow(F12)
    for _ in range(CALLED):
        looks.hasten(world.store, 1, world.clock.now())
        world.poll(F12)
        world.clock.advance(minutes(1))
    before = asked(world)
    looks.hasten(world.store, 1, world.clock.now())
    world.poll(B4)
    assert asked(world) == before
    assert world.due() - world.clock.now() <= minutes(15)
    assert world.next_poll(B4) == ["gate_change"]


def test_a_question_is_worth_a_look_until_there_were_many(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    for _ in range(10):
        looks.hasten(world.store, 1, world.clock.now())
        world.poll(F12)
        world.clock.advance(minutes(1))
    world.clock.advance(minutes(3))
    before = asked(world)
    assert talk.says("status") == [
        "UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3. Checked 4 min ago; no newer data now."
    ]
    assert asked(world) == before
    world.clock.advance(minutes(47))
    assert "Checked just now" in talk.says("status")[0]
