"""The flight before each recorded one: it brings the plane, and often the lateness."""

from datetime import UTC, datetime, timedelta

import pytest

from flait.sandbox.scenario import Departure, Scenario
from flait.sandbox.timetable import RECORDED_STORM_DAY

DAY = timedelta(days=1)
START = datetime(2013, 3, 8, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario(RECORDED_STORM_DAY)


@pytest.fixture(scope="module")
def pairs(scenario: Scenario) -> list[tuple[Departure, Departure]]:
    """Every flight of the day, with the one before it where it has one."""
    every = [
        departure
        for out, flight in scenario.timetable(START, START + DAY)
        for departure in scenario.flying_as(flight.ident, out, out + timedelta(seconds=1))
    ]
    return [(departure, before) for departure in every if (before := scenario.inbound(departure))]


def test_it_ends_where_the_flight_begins_on_the_same_plane_and_in_time_by_the_schedule(
    pairs: list[tuple[Departure, Departure]],
) -> None:
    assert len(pairs) > 500
    for departure, before in pairs:
        assert before.flight.destination == departure.flight.origin
        assert before.flight.tail == departure.flight.tail
        assert timedelta(minutes=50) <= departure.scheduled_out - before.scheduled_in <= timedelta(minutes=90)


def test_no_plane_arrives_after_its_flight_has_left(pairs: list[tuple[Departure, Departure]]) -> None:
    for departure, before in pairs:
        late, brought = departure.flight.out_late, before.flight.in_late
        assert brought is not None
        if late is not None:
            assert before.scheduled_in + brought <= departure.scheduled_out + late


def test_most_late_flights_wait_for_their_plane(pairs: list[tuple[Departure, Departure]]) -> None:
    hour = timedelta(hours=1)
    late = [(flight, before) for flight, before in pairs if (flight.flight.out_late or timedelta()) > hour]
    for_the_plane = [one for one, before in late if before.flight.in_late > timedelta(minutes=20)]  # type: ignore[operator]  # asserted above
    assert 0.4 < len(for_the_plane) / len(late) < 0.8


def test_its_record_is_found_by_id_and_by_number_and_named_by_the_flight(
    scenario: Scenario, pairs: list[tuple[Departure, Departure]]
) -> None:
    for departure, before in pairs[::20]:
        [record, *_] = departure.records(departure.scheduled_out)
        assert record["inbound_fa_flight_id"] == before.fa_flight_id
        assert scenario.with_id(before.fa_flight_id) is before
        ident, leaves = before.flight.ident, before.scheduled_out
        assert list(scenario.flying_as(ident, leaves, leaves + timedelta(seconds=1))) == [before]


def test_the_plane_of_a_plane_is_the_recorded_flight_that_took_it_there(
    scenario: Scenario, pairs: list[tuple[Departure, Departure]]
) -> None:
    named = 0
    for _, before in pairs:
        [record, *_] = before.records(before.scheduled_out)
        if record["inbound_fa_flight_id"]:
            there = scenario.with_id(record["inbound_fa_flight_id"])
            assert there is not None
            assert there.flight.destination == before.flight.origin
            assert there.scheduled_in <= before.scheduled_out
            named += 1
    assert named > 30
