"""AeroAPI's JSON becomes Flights and ScheduledFlights: cleaned, clamped, and never trusted.

Whatever the bytes are, the only error is FlightSourceError. One bad record never costs its neighbours.
An answer that cannot be read at all is an error: nobody may conclude "no such flight" from it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

import msgspec

from flait.adapters.airports import country, zone_name
from flait.core.flights import Airport, Flight, ScheduledFlight, Times, grouped
from flait.core.idents import Ident
from flait.core.labels import short_label
from flait.core.prices import MICRODOLLARS
from flait.errors import FlightSourceError
from flait.system.shapes import known

LONGEST_TEXT = 64  # characters: a gate, a city; more is no fact but a fault
LONGEST_ID = 100  # an id cut short would be another flight's, so a longer one is none
LONGEST_DETAIL = 200
MOST_CODESHARES = 50
FURTHEST = timedelta(days=7)  # no event of a flight is further from most of its others
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

# These stand in every text, and lead it: whatever else AeroAPI sends there is no number and no place.
NUMBER: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{2,11}")  # also a registration, for who flies under it
CODE: Final = re.compile(r"[A-Z0-9?-]{2,10}|L -?[\d.]{1,9} -?[\d.]{1,10}", re.ASCII)  # a point on the map, at times
IATA: Final = re.compile(r"[A-Z0-9]{3}")

UNREADABLE = "AeroAPI's answer cannot be read"
AGAIN = "Flait tries again"

# Gates and belts are numbers to people, and may become so in JSON.
Label = str | Annotated[int, msgspec.Meta(ge=0, le=9999)] | None
T = TypeVar("T")
R = TypeVar("R")


class AirportRecord(msgspec.Struct):
    """An airport inside a flight."""

    code: str | None = None
    code_icao: str | None = None
    code_iata: str | None = None
    code_lid: str | None = None
    city: str | None = None
    timezone: str | None = None


class FlightRecord(msgspec.Struct):
    """A record of /flights: what Flait uses of it, and everything may be missing."""

    fa_flight_id: str | None = None
    ident: str | None = None
    ident_icao: str | None = None
    ident_iata: str | None = None
    codeshares: list[str | None] | None = None
    codeshares_iata: list[str | None] | None = None
    type: str | None = None
    position_only: bool | None = None
    cancelled: bool | None = None
    diverted: bool | None = None
    origin: AirportRecord | None = None
    destination: AirportRecord | None = None
    registration: str | None = None
    aircraft_type: str | None = None
    inbound_fa_flight_id: str | None = None
    gate_origin: Label = None
    gate_destination: Label = None
    terminal_origin: Label = None
    terminal_destination: Label = None
    baggage_claim: Label = None
    scheduled_out: str | None = None
    estimated_out: str | None = None
    actual_out: str | None = None
    scheduled_off: str | None = None
    estimated_off: str | None = None
    actual_off: str | None = None
    scheduled_on: str | None = None
    estimated_on: str | None = None
    actual_on: str | None = None
    scheduled_in: str | None = None
    estimated_in: str | None = None
    actual_in: str | None = None


class ScheduleRecord(msgspec.Struct):
    """A row of /schedules. `actual_ident` is the operating flight's where the row is a codeshare's."""

    ident: str | None = None
    ident_icao: str | None = None
    ident_iata: str | None = None
    actual_ident: str | None = None
    actual_ident_icao: str | None = None
    actual_ident_iata: str | None = None
    origin: str | None = None
    origin_icao: str | None = None
    origin_iata: str | None = None
    destination: str | None = None
    destination_icao: str | None = None
    destination_iata: str | None = None
    scheduled_out: str | None = None
    scheduled_in: str | None = None


class Links(msgspec.Struct):
    """Where the next page is."""

    next: str | None = None


class FlightsBody(msgspec.Struct):
    """The answer of /flights; the records are decoded one by one, so that one alone can be bad."""

    flights: list[msgspec.Raw]


class SchedulesBody(msgspec.Struct):
    """The answer of /schedules."""

    scheduled: list[msgspec.Raw]


class PageBody(msgspec.Struct):
    """What every answer has: null, not {}, where there is no further page."""

    links: Links | None = None


class ErrorBody(msgspec.Struct):
    """The answer of an error."""

    title: str | None = None
    detail: str | None = None
    reason: str | None = None


class UsageBody(msgspec.Struct):
    """The answer of /account/usage: dollars since a moment, before any discount."""

    total_cost: Annotated[float, msgspec.Meta(ge=0, le=1e6)]


def total_cost(body: bytes) -> int:
    """What an account's usage comes to, in micro-dollars. Raises FlightSourceError."""
    return round(_decoded(body, UsageBody).total_cost * MICRODOLLARS)


def parse_flights(body: bytes) -> list[Flight]:
    """An answer of /flights as flights, one per fa_flight_id, earliest first. Raises FlightSourceError only."""
    return grouped(flight_records(body))


def flight_records(body: bytes) -> list[Flight]:
    """The records of one page, the legs of a diversion still apart. Raises FlightSourceError."""
    return _each(_decoded(body, FlightsBody).flights, FlightRecord, _flight)


def schedule_rows(body: bytes, ident: Ident) -> list[ScheduledFlight]:
    """The rows of one page of /schedules that are the wanted flight's. Raises FlightSourceError."""
    wanted = str(ident)  # /schedules takes the bare number: a suffix letter is told apart here
    return _each(
        _decoded(body, SchedulesBody).scheduled,
        ScheduleRecord,
        lambda row: _scheduled(row) if wanted in _numbers(row) else None,
    )


def route_rows(body: bytes) -> list[ScheduledFlight]:
    """The rows of one page of /schedules, whatever their numbers. Raises FlightSourceError."""
    return _each(_decoded(body, SchedulesBody).scheduled, ScheduleRecord, _scheduled)


def next_page(body: bytes) -> str | None:
    """The link to the next page, or None. Raises FlightSourceError."""
    links = _decoded(body, PageBody).links
    return links.next or None if links else None


def detail(body: bytes) -> str:
    """What an error's body says, in short; '' where it says nothing that can be read."""
    try:
        said = _decoded(body, ErrorBody)
    except FlightSourceError:
        return ""
    return cleaned(said.detail or said.title or said.reason, most=LONGEST_DETAIL) or ""


def cleaned(text: str | int | None, *, most: int = LONGEST_TEXT) -> str | None:
    """Text without control, bidi or escape characters, spaces joined, at most `most` long; None when blank."""
    if text is None:
        return None
    words = " ".join(str(text)[: most * 4].split())
    return "".join(char for char in words if char.isprintable())[:most].strip() or None


def moment(text: str | None) -> datetime | None:
    """An aware UTC moment; None when it is none, or none of this century."""
    try:
        read = datetime.fromisoformat(text.strip()) if text else None
        found = read and (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found and EARLIEST <= found < LATEST else None


def _decoded(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    with suppress(msgspec.MsgspecError, RecursionError, ValueError):  # ValueError: bytes that are no UTF-8
        return msgspec.json.decode(body, type=known(shape))
    raise FlightSourceError(UNREADABLE, AGAIN)


def _each(raws: Sequence[msgspec.Raw], shape: type[R], convert: Callable[[R], T | None]) -> list[T]:
    records = [record for raw in raws if (record := _tried(raw, shape)) is not None]
    if raws and not records:
        raise FlightSourceError(UNREADABLE, AGAIN)
    return [value for record in records if (value := convert(record)) is not None]


def _tried(raw: msgspec.Raw, shape: type[R]) -> R | None:
    try:
        return _decoded(raw, shape)
    except FlightSourceError:
        return None


def _flight(record: FlightRecord) -> Flight | None:
    fa_flight_id = _id(record.fa_flight_id)
    ident_icao, ident_iata = _of(NUMBER, record.ident_icao), _of(NUMBER, record.ident_iata)
    ident = _of(NUMBER, record.ident) or ident_icao or ident_iata
    origin = _airport(record.origin)
    # A position seen without a flight plan, and private flying: neither is a flight somebody has a ticket for.
    unwanted = record.position_only or record.type == "General_Aviation"
    if unwanted or not fa_flight_id or not ident or not origin:
        return None
    flight = Flight(
        fa_flight_id=fa_flight_id,
        ident=ident,
        ident_icao=ident_icao,
        ident_iata=ident_iata,
        codeshares=_codeshares(record),
        origin=origin,
        destination=_airport(record.destination),
        **_times(record),
        cancelled=bool(record.cancelled),
        diverted=bool(record.diverted),
        gate_origin=_label(record.gate_origin),
        terminal_origin=_label(record.terminal_origin),
        gate_destination=_label(record.gate_destination),
        terminal_destination=_label(record.terminal_destination),
        baggage_claim=_label(record.baggage_claim),
        registration=cleaned(record.registration),
        aircraft_type=cleaned(record.aircraft_type),
        inbound_fa_flight_id=_id(record.inbound_fa_flight_id),
    )
    return flight if flight.departure.best else None


def _of(shape: re.Pattern[str], text: str | None) -> str | None:
    tidy = cleaned(text)
    return tidy if tidy and shape.fullmatch(tidy) else None


def _label(text: str | int | None) -> str | None:
    """A gate, a terminal, a belt, as signs have it; what cannot be found by it is none."""
    return short_label(cleaned(text))


def _id(text: str | None) -> str | None:
    tidy = text.strip() if text else ""
    return tidy if 0 < len(tidy) <= LONGEST_ID and tidy.isascii() and tidy.isprintable() else None


def _times(record: FlightRecord) -> dict[str, Any]:
    """The four events, without moments that cannot be this flight's: a year that is wrong is no delay."""
    read = {name: moment(getattr(record, name)) for name in _MOMENTS}
    known = sorted(found for found in read.values() if found)
    kept = {name: found for name, found in read.items() if found and abs(found - known[len(known) // 2]) <= FURTHEST}
    return {field: Times(**{kind: kept.get(f"{kind}_{event}") for kind in _KINDS}) for field, event in _EVENTS.items()}


_KINDS: Final = ("scheduled", "estimated", "actual")
_EVENTS: Final = {"out": "out", "off": "off", "on": "on", "in_": "in"}
_MOMENTS: Final = tuple(f"{kind}_{event}" for event in _EVENTS.values() for kind in _KINDS)


def _codeshares(record: FlightRecord) -> tuple[str, ...]:
    listed: Iterable[str | None] = (*(record.codeshares or ()), *(record.codeshares_iata or ()))
    return tuple(dict.fromkeys(name for text in listed if (name := _of(NUMBER, text))))[:MOST_CODESHARES]


def _airport(record: AirportRecord | None) -> Airport | None:
    if record is None:
        return None
    iata, icao = _of(IATA, record.code_iata), _of(CODE, record.code_icao)
    code = _of(CODE, record.code) or icao or iata or _of(CODE, record.code_lid)
    if code is None:
        return None
    zone = zone_name(cleaned(record.timezone), iata=iata, icao=icao or code)
    land = country(iata=iata, icao=icao or code)
    return Airport(code=code, code_iata=iata, city=cleaned(record.city), timezone=zone, country=land)


def _numbers(row: ScheduleRecord) -> set[str | None]:
    own = (row.ident, row.ident_icao, row.ident_iata)
    return {*own, row.actual_ident, row.actual_ident_icao, row.actual_ident_iata}


def _scheduled(row: ScheduleRecord) -> ScheduledFlight | None:
    ident = _of(NUMBER, row.actual_ident) or _of(NUMBER, row.ident)
    origin = _airport(AirportRecord(code=row.origin, code_icao=row.origin_icao, code_iata=row.origin_iata))
    leaves = moment(row.scheduled_out)
    if not ident or not origin or not leaves:
        return None
    destination = AirportRecord(code=row.destination, code_icao=row.destination_icao, code_iata=row.destination_iata)
    return ScheduledFlight(
        ident=ident,
        origin=origin,
        destination=_airport(destination),
        scheduled_out=leaves,
        scheduled_in=moment(row.scheduled_in),
        ident_iata=_of(NUMBER, row.actual_ident_iata if row.actual_ident else row.ident_iata),
    )
