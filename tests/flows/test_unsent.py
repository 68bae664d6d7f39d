"""Texts whose time went by while nothing could be sent: what a person must know still comes, in words of then."""

from datetime import timedelta

import pytest

from flait.core.messages import MessageStatus
from flait.core.texts.confirmations import FOOTER
from flait.errors import FlightSourceError
from flait.flows.unsaid import unsaid
from tests.core.flights_for_tests import F12, OUT, hours, late, minutes, took_off, touched_down
from tests.flows.talk import TOMORROW, moved
from tests.flows.world import World, not_sent, timetabled

S = MessageStatus
DAY = timedelta(days=1)


def bodies(world: World) -> list[str]:
    """What the phones show, in order."""
    return [text.body for text in world.gateway.arrivals]


def unreachable(world: World, span: timedelta) -> None:
    """Twilio takes nothing for that long, while the daemon runs."""
    until = world.clock.now() + span
    while world.clock.now() < until:
        world.gateway.fails(not_sent())
        world.deliver()
        world.clock.advance(minutes(30))
    world.gateway.recovers()


def saved(world: World) -> None:
    """Somebody new has a flight saved that leaves in a week."""
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")


@pytest.mark.parametrize("daemon_runs", [False, True])
def test_a_confirmation_outlives_an_outage_while_its_flight_is_ahead(world: World, *, daemon_runs: bool) -> None:
    world.source.board = [TOMORROW]
    world.subscribe(on="tomorrow")
    if daemon_runs:
        unreachable(world, hours(7))
    else:
        world.clock.advance(hours(7))
    world.deliver()
    [body] = bodies(world)
    assert body.startswith("Flait flight alerts: UA1234 SFO-EWR Wed 26 Nov, dep 14:10 PST")
    assert body.endswith(FOOTER)
    assert [text.status for text in world.texts] == [S.EXPIRED, S.ACCEPTED]


def test_it_says_how_the_flight_stands_when_it_leaves(world: World) -> None:
    world.source.board = [TOMORROW]
    world.subscribe(on="tomorrow")
    world.clock.advance(hours(7))
    world.poll(late(hours(2), TOMORROW))
    world.deliver()
    assert "2h late: dep 16:10 PST" in bodies(world)[0]


def test_it_comes_after_days_too(world: World) -> None:
    world.source.board = [TOMORROW]
    world.subscribe(on="tomorrow")
    unreachable(world, hours(20))
    world.deliver()
    assert len(bodies(world)) == 1


def test_what_has_landed_by_then_is_not_confirmed(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.clock.moment = OUT + hours(6)
    world.poll(touched_down())
    world.deliver()
    assert "tracked" not in [text.kind for text in world.gateway.arrivals]


def test_one_that_leaves_soon_is_confirmed_by_a_look_and_not_from_old_facts(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.clock.advance(hours(7))
    world.deliver()
    assert bodies(world) == []
    world.poll(took_off(F12, OUT + hours(4)))
    world.deliver()
    assert "in the air" in bodies(world)[0]


def test_that_a_flight_is_saved_is_said_days_later_while_it_is_so(world: World) -> None:
    saved(world)
    unreachable(world, 2 * DAY)
    world.deliver()
    [body] = bodies(world)
    assert "UA1234 SFO-EWR Tue 2 Dec saved: dep 14:10 PST." in body
    assert body.endswith(FOOTER)


def test_once_it_is_tracked_it_is_not_said_that_it_is_saved(world: World) -> None:
    saved(world)
    world.clock.moment = timetabled().scheduled_out - hours(40)
    world.source.board = [moved(F12, 7 * DAY)]
    assert world.activate() is True
    world.deliver()
    assert "saved" not in " ".join(bodies(world))


def test_that_nothing_will_come_is_said_after_a_night_without_twilio(world: World) -> None:
    world.source.fault = FlightSourceError("AeroAPI did not answer in 15 s")
    world.subscribe(on="today")
    world.source.fault = None
    world.clock.advance(hours(1))
    world.activate()
    unreachable(world, hours(14))
    world.deliver()
    assert [text.kind for text in world.gateway.arrivals] == ["failed"]


def test_what_was_never_said_is_the_operators_once_its_flight_is_over(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.clock.moment = OUT + hours(20)
    world.store.close_flight(1, world.clock.now())
    world.deliver()
    assert bodies(world) == []
    assert [view.message.kind for view in unsaid(world.store, world.clock.now())] == ["tracked"]
    assert unsaid(world.store, world.clock.now() + 2 * DAY) == []


def test_while_a_confirmation_is_yet_to_come_nothing_is_owed(world: World) -> None:
    world.source.board = [TOMORROW]
    world.subscribe(on="tomorrow")
    world.clock.advance(hours(7))
    world.deliver()
    assert unsaid(world.store, world.clock.now()) == []
