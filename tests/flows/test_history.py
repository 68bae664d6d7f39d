"""History costs nothing: the look that finds a flight shows its last days, and what is followed to its end is kept."""

from datetime import timedelta

import pytest

from flait.core.flights import Flight, Times
from flait.core.history import OLD
from flait.core.values import replace
from flait.errors import FlightSourceError, NoSuchFlight
from flait.flows.history import looked_up, of_flight
from tests.core.flights_for_tests import F12, IN, OUT, at_gate, hours, minutes
from tests.flows.talk import Talk
from tests.flows.world import REMINDING, World

DAY = timedelta(days=1)


def flew(days: int, late: int = 0) -> Flight:
    """The same flight so many days ago, come in so many minutes late."""
    out, come, ago = OUT - days * DAY, IN - days * DAY, days * DAY
    return replace(
        at_gate(),
        fa_flight_id=f"UAL1234-{days}",
        out=Times(scheduled=out, actual=out),
        off=Times(scheduled=out + minutes(10), actual=out + minutes(12)),
        on=Times(scheduled=come - minutes(8), actual=come + minutes(late - 8)),
        in_=Times(scheduled=IN - ago, actual=come + minutes(late)),
    )


WEEK = [flew(days, late=30 if days in (2, 5) else 0) for days in range(2, 9)]


def known(world: World) -> tuple[int, int] | None:
    found = of_flight(world.store, F12)
    return (found.on_time, found.of) if found else None


def test_the_look_that_finds_a_flight_brings_its_last_days_for_nothing(world: World) -> None:
    world.source.board = [F12, *WEEK]
    world.subscribe()
    assert [call[0] for call in world.source.calls] == ["departures"]
    assert known(world) == (5, 7)
    assert world.texts[0].body.endswith("Terminal 3. Msg rates may apply. STOP to end.")  # a first text has no room


def test_so_does_one_that_is_asked_for_by_text(world: World) -> None:
    talk = Talk(world)
    talk.tracks(F12)
    talk.says("UNTRACK UA1234")
    world.source.board = [F12, *WEEK]
    [said] = talk.says("TRACK UA1234 today")
    assert known(world) == (5, 7)
    assert said.endswith("Terminal 3. This leg: on time 5 of last 7.")


def test_so_does_one_that_was_saved_through_an_outage(world: World) -> None:
    world.source.fault = FlightSourceError("AeroAPI did not answer", "wait")
    world.subscribe()
    world.source.fault, world.source.board = None, [F12, *WEEK]
    world.clock.advance(minutes(30))
    world.activate()
    assert known(world) == (5, 7)


def test_three_flights_stand_in_no_text(world: World) -> None:
    world.source.board = [F12, *WEEK[:3]]
    world.subscribe()
    assert known(world) == (2, 3)
    assert "This leg" not in world.texts[0].body


def test_check_in_says_how_often_it_was_on_time(world: World) -> None:
    world.clock.moment -= hours(30)
    world.source.board = [F12, *WEEK]
    world.subscribe()
    world.clock.moment += hours(9)
    world.store.hasten(1, world.clock.now())
    world.poll(F12, rules=REMINDING)
    assert world.kinds[-1] == "checkin"
    assert "This leg: on time 5 of last 7." in world.texts[-1].body


def test_what_was_followed_to_its_end_is_kept_too(world: World) -> None:
    world.follow(F12)
    for _ in range(20):
        if world.flight().closed_at:
            break
        world.clock.moment = max(world.due(), IN + hours(3))
        world.poll(at_gate())
    assert world.flight().closed_at
    assert [one.planned_at for one in world.store.flown("UAL1234")] == [OUT]


def test_a_number_is_asked_about_once_a_day(world: World) -> None:
    world.source.board = [F12, *WEEK]
    for _ in range(2):
        assert len(looked_up(world.store, world.source, world.clock, "ua1234")) == 7
    assert len(world.source.calls) == 1
    world.clock.advance(OLD)
    looked_up(world.store, world.source, world.clock, "UAL1234")
    assert len(world.source.calls) == 2


def test_a_codeshare_is_the_flight_that_is_flown(world: World) -> None:
    world.source.board = [replace(flight, codeshares=("LH9051",)) for flight in WEEK]
    assert len(looked_up(world.store, world.source, world.clock, "LH9051")) == 7
    assert len(world.store.flown("LH9051")) == len(world.store.flown("UA1234")) == 7


def test_a_number_that_nobody_knows_is_refused_and_nothing_is_stored(world: World) -> None:
    world.source.board = WEEK
    with pytest.raises(NoSuchFlight):
        looked_up(world.store, world.source, world.clock, "BA1")
    assert world.store.flown("UA1234") == []


def test_it_is_forgotten_with_the_flight_log(world: World) -> None:
    world.source.board = [F12, *WEEK]
    world.subscribe()
    assert world.store.prune(OUT - 5 * DAY).flown == 3
    assert known(world) == (2, 4)
