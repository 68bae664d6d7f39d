"""The day as it becomes known: nothing early, nothing taken back, always the same."""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from flait.sandbox.announcements import delay_steps
from flait.sandbox.cast import KINDS, storm_flights
from flait.sandbox.chance import Chance
from flait.sandbox.records import EVENTS, Record, best, moment
from flait.sandbox.scenario import DAY, Departure, Scenario, storm_day_for
from flait.sandbox.timetable import RECORDED_STORM_DAY, airports, designator, recorded_flights
from flait.sandbox.world import World

MORNING = datetime(2013, 3, 8, 5, tzinfo=UTC)  # midnight in New York
HOURS = timedelta(hours=1)


def storm(scenario: Scenario | None = None, midnight: datetime = MORNING) -> Iterator[Departure]:
    scenario = scenario or Scenario(RECORDED_STORM_DAY)
    for out, flight in scenario.timetable(midnight, midnight + DAY):
        yield from scenario.flying_as(flight.ident, out, out + timedelta(seconds=1))


def told(departure: Departure) -> Iterator[tuple[datetime, str, object]]:
    for telling in departure.tellings:
        for announcement in telling.told:
            for field, value in announcement.facts.items():
                yield announcement.at, field, value


def test_the_record_is_whole() -> None:
    by_day = defaultdict(list)
    for flight in recorded_flights():
        by_day[flight.day].append(flight)
    assert [len(by_day[day]) for day in sorted(by_day)] == [980, 979, 765]
    assert sum(flight.cancelled for flight in recorded_flights()) == 287
    assert sum(flight.diverted for flight in recorded_flights()) == 6


def test_no_marketing_number_belongs_to_two_flights_of_a_day() -> None:
    names = [
        (flight.day, name)
        for flight in recorded_flights()
        for name in (flight.ident, flight.ident_iata, *(share.icao for share in flight.codeshares))
    ]
    assert len(names) == len(set(names))


def test_an_overnight_flight_across_zones_arrives_when_the_record_says() -> None:
    # B6 727 on the 7th: out 23:59 in New York, eight minutes late; in at 05:08 in Puerto Rico, an hour ahead.
    scenario = Scenario(RECORDED_STORM_DAY)
    out = datetime(2013, 3, 8, 4, 59, tzinfo=UTC)
    (departure,) = scenario.flying_as("JBU727", out, out + timedelta(seconds=1))
    (record,) = departure.records(out + 12 * HOURS)
    assert record["actual_out"] == "2013-03-08T05:07:00Z"
    assert record["actual_in"] == "2013-03-08T09:08:00Z"


def test_nothing_is_known_before_48_hours_ahead_and_then_something_is() -> None:
    for departure in storm():
        known = departure.scheduled_out - 48 * HOURS
        assert list(departure.records(known - timedelta(seconds=1))) == []
        assert len(list(departure.records(known))) == 1


def test_no_actual_time_is_told_before_it_happened_nor_ever_changed() -> None:
    for departure in storm():
        for telling in departure.tellings:
            fields = [field for announcement in telling.told for field in announcement.facts]
            assert all(fields.count(f"actual_{event}") <= 1 for event in EVENTS)
        for at, field, value in told(departure):
            if field.startswith("actual_"):
                assert at >= moment(str(value)), (departure.fa_flight_id, field)


def test_what_happened_happened_in_order() -> None:
    for departure in storm():
        record = final(departure)
        times = [moment(record[f"actual_{event}"]) for event in EVENTS if record[f"actual_{event}"]]
        assert times == sorted(times)


def final(departure: Departure) -> Record:
    return list(departure.records(departure.scheduled_out + 30 * HOURS))[-1]


def test_a_flight_ends_as_the_record_says() -> None:
    for departure in storm():
        flight, record = departure.flight, final(departure)
        if flight.cancelled:
            assert record["cancelled"]
            assert record["actual_out"] is None
        elif not flight.diverted:
            assert flight.out_late is not None
            assert flight.in_late is not None
            assert moment(record["actual_out"]) == departure.scheduled_out + flight.out_late
            assert moment(record["actual_in"]) == departure.scheduled_in + flight.in_late


def test_cancellations_are_told_one_to_eight_hours_ahead() -> None:
    leads = [
        departure.scheduled_out - at
        for departure in storm()
        for at, field, _ in told(departure)
        if field == "cancelled"
    ]
    assert len(leads) > 150
    assert min(leads) >= 1 * HOURS
    assert max(leads) <= 8 * HOURS


def test_a_delay_is_told_before_the_estimate_it_corrects_has_passed() -> None:
    late = [departure for departure in storm() if (departure.flight.out_late or timedelta()) >= 2 * HOURS]
    assert len(late) > 100
    for departure in late:
        words = [(at, moment(str(value))) for at, field, value in told(departure) if field == "estimated_out"]
        assert 3 <= len(words) <= 6, departure.fa_flight_id  # the schedule, two steps or more; a diversion repeats one
        assert all(later < expected for (_, expected), (later, _) in pairwise(words))


def test_estimates_of_a_delay_grow_and_end_near_the_truth() -> None:
    for minutes in range(6, 480):
        late = timedelta(minutes=minutes)
        steps = delay_steps(late, Chance(f"flight {minutes}"))
        amounts = [said for _, said in steps]
        assert amounts == sorted(set(amounts))
        assert abs(amounts[-1] - late) <= timedelta(minutes=3)
        assert [at for at, _ in steps] == sorted(at for at, _ in steps)


def test_a_diverted_flight_becomes_two_records_with_one_id() -> None:
    (departure,) = [departure for departure in storm() if departure.flight.diverted]
    planned, leg = departure.records(departure.scheduled_out + 6 * HOURS)
    assert planned["fa_flight_id"] == leg["fa_flight_id"]
    assert (planned["diverted"], leg["diverted"]) == (True, False)
    assert planned["destination"]["code_iata"] == "BOS"
    assert planned["actual_on"] is None
    assert leg["destination"]["code_iata"] == airports()["BOS"].alternate
    assert leg["scheduled_out"] is None
    assert moment(leg["actual_in"]) > moment(leg["actual_on"]) > moment(leg["actual_off"])


def test_the_same_moment_is_told_the_same_way_by_another_process() -> None:
    program = (
        "import hashlib, json\nfrom datetime import UTC, datetime, timedelta\n"
        "from flait.sandbox.scenario import Scenario\n"
        "scenario, now = Scenario(datetime(2013, 3, 8).date()), datetime(2013, 3, 8, 21, tzinfo=UTC)\n"
        "records = [list(departure.records(now)) for out, flight in scenario.timetable(now, now + timedelta(hours=4))\n"
        "           for departure in scenario.flying_as(flight.ident, out, out + timedelta(seconds=1))]\n"
        "print(hashlib.sha256(json.dumps(records).encode()).hexdigest(), len(records))\n"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(answers) == 1


def test_a_moved_storm_keeps_its_local_clocks_and_its_story() -> None:
    moved = date(2026, 7, 14)  # summer time, where the record has winter
    midnight = datetime(2026, 7, 14, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    there = {departure.flight.ident: departure for departure in storm(Scenario(moved), midnight)}
    here = {departure.flight.ident: departure for departure in storm()}
    assert set(there) == set(here)
    for ident, departure in here.items():
        zone = departure.flight.origin.zone
        assert there[ident].scheduled_out.astimezone(zone).time() == departure.scheduled_out.astimezone(zone).time()
        assert [a.at - there[ident].scheduled_out for a in there[ident].tellings[0].told] == [
            a.at - departure.scheduled_out for a in departure.tellings[0].told
        ]


def test_other_days_fly_to_plan() -> None:
    later = MORNING + 5 * DAY
    for departure in storm(midnight=later):
        record = final(departure)
        assert not record["cancelled"]
        assert record["actual_out"] == record["scheduled_out"]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2013, 3, 8, 12, tzinfo=UTC), date(2013, 3, 8)),
        (datetime(2013, 3, 13, 12, tzinfo=UTC), date(2013, 3, 8)),
        (datetime(2013, 3, 14, 12, tzinfo=UTC), date(2013, 3, 14)),
        (datetime(2026, 7, 14, 2, tzinfo=UTC), date(2026, 7, 13)),  # still the 13th in New York
    ],
)
def test_the_storm_is_near_the_record_or_today_in_new_york(now: datetime, day: date) -> None:
    assert storm_day_for(now) == day


def test_delays_progress_and_status_follow_from_the_times() -> None:
    world, statuses = World(RECORDED_STORM_DAY), set()
    for departure in [departure for departure in storm() if departure.flight.carrier.iata == "UA"][::4]:
        for hour in range(-4, 16, 2):
            now = departure.scheduled_out + hour * HOURS
            found = world.flights(
                departure.fa_flight_id, "fa_flight_id", now=now, start=now - 10 * DAY, end=now + 2 * DAY
            )
            for record in found:
                statuses.add(record["status"])
                out = best(record, "out")
                assert out is not None
                assert record["departure_delay"] == (out - departure.scheduled_out).total_seconds()
                assert 0 <= record["progress_percent"] <= 100
    assert {"Scheduled", "Scheduled / Delayed", "En Route / Delayed", "Cancelled", "Arrived / Gate Arrival"} <= statuses


def test_a_designator_is_read_in_both_forms() -> None:
    assert designator("UA15") == designator("UAL15")
    assert designator("9E3314").icao == "FLG3314"
    assert designator("XY1").iata is None


def test_the_cast_has_every_kind_and_is_always_the_same() -> None:
    cast = storm_flights(10, 3, storm_day=RECORDED_STORM_DAY)
    assert {flight.kind for flight in cast} == set(KINDS)
    assert cast == storm_flights(10, 3, storm_day=RECORDED_STORM_DAY)
    assert [flight.scheduled_out for flight in cast] == sorted(flight.scheduled_out for flight in cast)
