"""The rows of /schedules: the timetable of every day up to a year ahead, and the flights made by hand.

A row knows codes and times only: no zones, no gates, no status.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flait.sandbox.announcements import KNOWN_AHEAD
from flait.sandbox.records import Record, leaves_at, stamp
from flait.sandbox.scenario import flight_id
from flait.sandbox.timetable import Airport, Designator, Recorded, split_designator
from flait.sandbox.world import World

REGIONAL = ("9E", "EV", "MQ", "OO", "YV")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a question asks for; None means any. Airlines and airports by either code."""

    airline: str | None = None
    number: int | None = None
    origin: str | None = None
    destination: str | None = None
    codeshares: bool = True
    regional: bool = True

    def may_take(self, flight: Recorded) -> bool:
        """Whether any row of the flight could be wanted: cheap, so that weeks of timetable can be asked for."""
        numbers = {flight.number, *(int(split_designator(share.icao)[1]) for share in flight.codeshares)}
        return (
            (self.number is None or self.number in numbers)
            and (self.regional or flight.carrier.iata not in REGIONAL)
            and _is_at(self.origin, flight.origin.iata, flight.origin.icao)
            and _is_at(self.destination, flight.destination.iata, flight.destination.icao)
        )

    def takes(self, row: Record) -> bool:
        """Whether this very row is wanted."""
        names = [split_designator(name) for name in (row["ident_icao"], row["ident_iata"]) if name]
        return (
            (self.airline is None or self.airline in [airline for airline, _ in names])
            and (self.number is None or str(self.number) in [number for _, number in names])
            and _is_at(self.origin, row["origin_iata"], row["origin_icao"])
            and _is_at(self.destination, row["destination_iata"], row["destination_icao"])
        )


def schedule_rows(world: World, wanted: Wanted, *, now: datetime, start: datetime, end: datetime) -> list[Record]:
    """The rows wanted that leave in [start, end), earliest first."""
    rows = [*_recorded(world, wanted, now, start, end), *_made(world, now, start, end)]
    return sorted((row for row in rows if wanted.takes(row)), key=lambda row: (row["scheduled_out"], row["ident"]))


def _recorded(world: World, wanted: Wanted, now: datetime, start: datetime, end: datetime) -> Iterator[Record]:
    for out, flight in world.scenario.timetable(start, end):
        said = world.by_hand.changed({"ident": flight.ident, "fa_flight_id": flight_id(flight.ident, out)}, 0)
        if said is not None and wanted.may_take(flight):
            for row in _recorded_rows(flight, out, now, codeshares=wanted.codeshares):
                yield {**row, **_said_of_plan(said)}


def _said_of_plan(said: Record) -> Record:
    """What was said by hand of times and ends, as a row has it."""
    times = {name: said[name] for name in ("scheduled_out", "scheduled_in") if name in said}
    return times | {key: value for end in ("origin", "destination") if end in said for key, value in _end(said, end)}


def _end(record: Record, end: str) -> list[tuple[str, Any]]:
    codes = ("code", "code_icao", "code_iata", "code_lid")
    return [(f"{end}{code.removeprefix('code')}", (record[end] or {}).get(code)) for code in codes]


def _made(world: World, now: datetime, start: datetime, end: datetime) -> Iterator[Record]:
    for record in world.by_hand.made():
        changed = world.by_hand.changed(record, 0)
        if changed and start <= leaves_at(changed) < end:
            yield _made_row(changed, now)


def _is_at(wanted: str | None, iata: str | None, icao: str | None) -> bool:
    return wanted is None or wanted in (iata, icao)


def _recorded_rows(flight: Recorded, out: datetime, now: datetime, *, codeshares: bool) -> Iterator[Record]:
    own = Designator(flight.ident, flight.ident_iata)
    for name in (own, *flight.codeshares) if codeshares else (own,):
        yield {
            **_named(name, None if name is own else own),
            **_ends(flight.origin, "origin"),
            **_ends(flight.destination, "destination"),
            **_schedule(stamp(out), stamp(out + flight.block), flight.aircraft),
            "fa_flight_id": flight_id(flight.ident, out) if out - KNOWN_AHEAD <= now else None,
        }


def _made_row(record: Record, now: datetime) -> Record:
    known = leaves_at(record) - KNOWN_AHEAD <= now
    ends = dict([*_end(record, "origin"), *_end(record, "destination")])
    return {
        **_named(Designator(record["ident"], record["ident_iata"]), None),
        **ends,
        **_schedule(record["scheduled_out"], record["scheduled_in"], record["aircraft_type"]),
        "fa_flight_id": record["fa_flight_id"] if known else None,
    }


def _named(name: Designator, actual: Designator | None) -> Record:
    return {
        "ident": name.icao, "ident_icao": name.icao, "ident_iata": name.iata,
        "actual_ident": actual and actual.icao, "actual_ident_icao": actual and actual.icao,
        "actual_ident_iata": actual and actual.iata,
    }  # fmt: skip


def _ends(airport: Airport, end: str) -> Record:
    lid = airport.iata if airport.icao.startswith("K") else None
    return {end: airport.icao, f"{end}_icao": airport.icao, f"{end}_iata": airport.iata, f"{end}_lid": lid}


def _schedule(out: str, due: str, aircraft: str) -> dict[str, Any]:
    return {
        "aircraft_type": aircraft.strip(), "scheduled_out": out, "scheduled_in": due, "meal_service": "",
        "seats_cabin_business": 0, "seats_cabin_coach": 150, "seats_cabin_first": 0,  # integers, by AeroAPI's document
    }  # fmt: skip
