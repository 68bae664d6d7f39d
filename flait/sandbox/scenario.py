"""Which flights there are on any day, and what AeroAPI would know of them at a given moment.

Three recorded days lie around the storm day, moved there by whole days with their local clock times; every other day
flies the storm day's timetable to plan. Everything follows from the moment asked about: no state, no clock.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from flait.core.values import replace
from flait.sandbox.announcements import KNOWN_AHEAD, Announcement, Plan, announcements, diversion_leg, plan
from flait.sandbox.chance import Chance
from flait.sandbox.inbound import REACHES_BACK, Before, before, flight_after, took_it_there
from flait.sandbox.records import BLANK, Record, airport_object, stamp
from flait.sandbox.timetable import RECORDED_STORM_DAY, Recorded, local_moment, recorded_flights

NEW_YORK = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
NEAR_THE_RECORD = timedelta(days=5)  # a clock this near to the recorded storm means that one


def storm_day_for(now: datetime) -> date:
    """The recorded day when `now` is near it, else today in New York."""
    today = now.astimezone(NEW_YORK).date()
    return RECORDED_STORM_DAY if abs(today - RECORDED_STORM_DAY) <= NEAR_THE_RECORD else today


def flight_id(ident: str, scheduled_out: datetime) -> str:
    """An fa_flight_id of the usual shape: UAL15-1362585300-schedule-0042."""
    known = int((scheduled_out - KNOWN_AHEAD).timestamp())
    number = Chance(f"{ident}/{known}").number("fa_flight_id", 0, 9999)
    return f"{ident}-{known}-schedule-{number:04d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One record of a flight, and how it becomes what it will be."""

    first: Record
    told: tuple[Announcement, ...]

    def at(self, now: datetime) -> Record | None:
        """The record as it stands at `now`; None before anything is known. Delays and status do not follow yet."""
        if not self.told or self.told[0].at > now:
            return None
        record = dict(self.first)
        for announcement in self.told:
            if announcement.at > now:
                break
            record.update(announcement.facts)
        return record


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One flight on one day: its record, and the diversion's when there is one."""

    flight: Recorded
    scheduled_out: datetime
    scheduled_in: datetime
    fa_flight_id: str
    tellings: tuple[Telling, ...]

    def records(self, now: datetime) -> Iterator[Record]:
        """What AeroAPI knows of it at `now`: nothing, one record, or a diverted pair with one id."""
        for telling in self.tellings:
            if record := telling.at(now):
                yield record


class Scenario:
    """All flights, around one storm day. `daily` fly beside the record, every day at that time of day, to plan."""

    def __init__(self, storm_day: date, daily: Sequence[Recorded] = ()) -> None:
        self.storm_day = storm_day
        self._daily = daily
        self._departures: dict[tuple[str, date], Departure] = {}
        self._befores: dict[tuple[str, datetime], Before | None] = {}

    def knows(self, ident: str) -> bool:
        """Whether any day has a flight with this designator."""
        return ident in self._by_designator or flight_after(ident) in self._by_designator

    def flying_as(self, ident: str, start: datetime, end: datetime) -> Iterator[Departure]:
        """Flights with this designator, the ticket's or the operator's, that are to leave in [start, end)."""
        yield from self._between(self._by_designator.get(ident, {}), start, end)
        after = self._by_designator.get(flight_after(ident) or "", {})
        for departure in self._between(after, start, end + REACHES_BACK):
            inbound = self.inbound(departure)
            if inbound and start <= inbound.scheduled_out < end:
                yield inbound

    def inbound(self, departure: Departure) -> Departure | None:
        """The flight before it on the same plane; None where that stood there, or `departure` is one itself."""
        found = self._before(departure.flight, departure.scheduled_out)
        return self._departure_of(found) if found else None

    def flown_by(self, registration: str, start: datetime, end: datetime) -> Iterator[Departure]:
        """Flights of this aircraft that are to leave in [start, end)."""
        for ident in self._by_registration.get(registration, ()):
            for departure in self._between(self._by_designator[ident], start, end):
                if departure.flight.tail == registration:
                    yield departure

    def with_id(self, fa_flight_id: str) -> Departure | None:
        """The flight with this id, known yet or not."""
        ident, _, rest = fa_flight_id.partition("-")
        known, _, _ = rest.partition("-")
        if not known.isdigit() or len(known) > 10 or not self.knows(ident):
            return None
        out = datetime.fromtimestamp(int(known), UTC) + KNOWN_AHEAD
        departures = self.flying_as(ident, out, out + timedelta(seconds=1))
        return next((departure for departure in departures if departure.fa_flight_id == fa_flight_id), None)

    def timetable(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, Recorded]]:
        """Every flight to leave in [start, end), with its scheduled_out, day by day."""
        for day in _days(start, end):
            for flight in self._by_recorded_day[self._recorded_day(day)]:
                out = _scheduled_out(flight, day)
                if start <= out < end:
                    yield out, flight

    def _between(self, flights: dict[date, Recorded], start: datetime, end: datetime) -> Iterator[Departure]:
        for day in _days(start, end):
            flight = flights.get(self._recorded_day(day))
            if flight and start <= _scheduled_out(flight, day) < end:
                yield self._departure(flight, day)

    def _recorded_day(self, day: date) -> date:
        """Whose timetable is flown on `day`."""
        return RECORDED_STORM_DAY + (day - self.storm_day) if self._is_recorded(day) else RECORDED_STORM_DAY

    def _is_recorded(self, day: date) -> bool:
        return abs(day - self.storm_day) <= DAY

    def _departure(self, flight: Recorded, day: date) -> Departure:
        departure = self._departures.get((flight.ident, day))
        if departure is None:
            # The recorded days are told the same wherever they are moved to.
            key = f"{flight.ident}/{flight.day if self._is_recorded(day) else day}"
            as_flown = flight if self._is_recorded(day) else flight.to_plan()
            out = _scheduled_out(flight, day)
            inbound = self._before(as_flown, out)
            departure = _departure(as_flown, out, Chance(key), _id_of(inbound))
            self._departures[flight.ident, day] = departure
        return departure

    def _before(self, flight: Recorded, out: datetime) -> Before | None:
        """What brings its plane; a flight of the record alone has one."""
        if flight_after(flight.ident) in self._by_designator:
            return None
        key = (flight.ident, out)
        if key not in self._befores:
            others = self._by_tail.get((flight.tail, flight.day), [])
            self._befores[key] = before(
                flight, out, took_it_there(flight, others), Chance(f"plane/{flight.ident}/{flight.day}")
            )
        return self._befores[key]

    def _departure_of(self, found: Before) -> Departure:
        """The flight before as a departure; its own plane came with the recorded flight that took it there."""
        flight, out = found.flight, found.scheduled_out
        key = (flight.ident, out.date())
        if key not in self._departures:
            earlier = self._earlier(found)
            self._departures[key] = _departure(flight, out, Chance(f"{flight.ident}/{flight.day}"), earlier)
        return self._departures[key]

    def _earlier(self, found: Before) -> str | None:
        """The id of the flight that took the plane there, on the same day."""
        if found.earlier is None:
            return None
        start = found.scheduled_out - REACHES_BACK
        departures = self._between(self._by_designator[found.earlier.ident], start, found.scheduled_out)
        return max(((one.scheduled_out, one.fa_flight_id) for one in departures), default=(None, None))[1]

    @cached_property
    def _flights(self) -> tuple[Recorded, ...]:
        days = (RECORDED_STORM_DAY + shift * DAY for shift in (-1, 0, 1))
        return (*recorded_flights(), *(replace(flight.to_plan(), day=day) for day in days for flight in self._daily))

    @cached_property
    def _by_designator(self) -> dict[str, dict[date, Recorded]]:
        index: dict[str, dict[date, Recorded]] = defaultdict(dict)
        for flight in self._flights:
            names = [flight.ident, flight.ident_iata]
            names += [name for share in flight.codeshares for name in (share.icao, share.iata) if name]
            for name in names:
                index[name][flight.day] = flight
        return dict(index)

    @cached_property
    def _by_registration(self) -> dict[str, set[str]]:
        index: dict[str, set[str]] = defaultdict(set)
        for flight in self._flights:
            if flight.tail:
                index[flight.tail].add(flight.ident)
        return dict(index)

    @cached_property
    def _by_tail(self) -> dict[tuple[str | None, date], list[Recorded]]:
        index: dict[tuple[str | None, date], list[Recorded]] = defaultdict(list)
        for flight in recorded_flights():
            index[flight.tail, flight.day].append(flight)
        return dict(index)

    @cached_property
    def _by_recorded_day(self) -> dict[date, list[Recorded]]:
        index: dict[date, list[Recorded]] = defaultdict(list)
        for flight in self._flights:
            index[flight.day].append(flight)
        return dict(index)


def _days(start: datetime, end: datetime) -> Iterator[date]:
    """Every local day that may hold a departure in [start, end), wherever it leaves from."""
    for shift in range(-1, (end - start).days + 3):
        yield start.date() + shift * DAY


def _scheduled_out(flight: Recorded, day: date) -> datetime:
    return local_moment(day, flight.out, flight.origin).astimezone(UTC)


def _id_of(found: Before | None) -> str | None:
    return flight_id(found.flight.ident, found.scheduled_out) if found else None


def _departure(flight: Recorded, scheduled_out: datetime, chance: Chance, inbound: str | None) -> Departure:
    planned = plan(flight, scheduled_out, chance)
    fa_flight_id = flight_id(flight.ident, scheduled_out)
    first = _first_record(flight, planned, fa_flight_id)
    told = (announcements(flight, planned, chance, inbound), diversion_leg(flight, planned, chance))
    return Departure(
        flight=flight,
        scheduled_out=scheduled_out,
        scheduled_in=planned.in_,
        fa_flight_id=fa_flight_id,
        tellings=tuple(Telling(first=first, told=facts) for facts in told if facts),
    )


def _first_record(flight: Recorded, planned: Plan, fa_flight_id: str) -> Record:
    return {
        **BLANK,
        "ident": flight.ident, "ident_icao": flight.ident, "ident_iata": flight.ident_iata,
        "fa_flight_id": fa_flight_id, "operator": flight.carrier.icao, "operator_icao": flight.carrier.icao,
        "operator_iata": flight.carrier.iata, "flight_number": str(flight.number),
        "codeshares": [share.icao for share in flight.codeshares],
        "codeshares_iata": [share.iata for share in flight.codeshares],
        "origin": airport_object(flight.origin), "destination": airport_object(flight.destination),
        "filed_ete": round(planned.in_the_air.total_seconds()),
        "scheduled_out": stamp(planned.out), "scheduled_off": stamp(planned.off),
        "scheduled_on": stamp(planned.on), "scheduled_in": stamp(planned.in_),
        "aircraft_type": f"{flight.aircraft} ",  # with the space that AeroAPI puts there
        "route_distance": flight.miles,
        "filed_airspeed": round(flight.miles * 0.869 / (planned.in_the_air / timedelta(hours=1))),  # knots
    }  # fmt: skip
