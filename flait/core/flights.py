"""AeroAPI's flight as typed values: its times, its phase, and which leg of a date is meant.

Decides from `actual_*` times and flags only, never from the `status` text, which is localised and loose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from flait.core.idents import Ident
from flait.core.values import replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Airport:
    """An airport as AeroAPI names it. `timezone` is an IANA name that exists; UTC where AeroAPI sends none."""

    code: str
    code_iata: str | None = None
    city: str | None = None
    timezone: str = "UTC"
    country: str | None = field(default=None, compare=False)  # two letters; no news, whatever becomes of it

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the airport's clocks."""
        return ZoneInfo(self.timezone)

    @property
    def short(self) -> str:
        """What a traveller calls it: the IATA code, else AeroAPI's."""
        return self.code_iata or self.code


class Times(Struct, frozen=True, kw_only=True):
    """One event of a flight (out, off, on or in): aware UTC moments, None where AeroAPI has none."""

    scheduled: datetime | None = None
    estimated: datetime | None = None
    actual: datetime | None = None

    @property
    def best(self) -> datetime | None:
        """Actual, else estimated, else scheduled: AeroAPI leaves estimates standing after the event."""
        return self.actual or self.estimated or self.scheduled

    @property
    def late(self) -> timedelta:
        """How much later than scheduled (negative: earlier); nothing where either is unknown."""
        return self.best - self.scheduled if self.best and self.scheduled else timedelta()


UNKNOWN: Final = Times()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """One flight instance: a take-off to a full stop, as last known.

    Times are out (leaves the gate), off (wheels up), on (touchdown), in (at the gate); `in_` because `in` is taken.
    `diverted_to` is the destination of the diversion leg, which AeroAPI sends as a second record with the same
    fa_flight_id; `on` and `in_` are then that leg's.
    `via` are the airports where it came down before this leg, on the way to where it was to go.
    `returned` is the moment it left the gate in vain; `blank` since when AeroAPI leaves out what it once said.
    `beside` are the ids of other flights of its number that were seen living at the same time: never this one's new id.
    """

    fa_flight_id: str
    ident: str
    ident_icao: str | None = None
    ident_iata: str | None = None
    codeshares: tuple[str, ...] = ()
    origin: Airport
    destination: Airport | None = None
    out: Times = UNKNOWN
    off: Times = UNKNOWN
    on: Times = UNKNOWN
    in_: Times = UNKNOWN
    cancelled: bool = False
    diverted: bool = False
    diverted_to: Airport | None = None
    gate_origin: str | None = None
    terminal_origin: str | None = None
    gate_destination: str | None = None
    terminal_destination: str | None = None
    baggage_claim: str | None = None
    registration: str | None = None
    aircraft_type: str | None = None
    inbound_fa_flight_id: str | None = None
    via: tuple[str, ...] = ()
    returned: datetime | None = None
    blank: tuple[tuple[str, datetime], ...] = ()
    beside: tuple[str, ...] = field(default=(), compare=False)  # no fact of its own

    @property
    def number(self) -> str:
        """What a traveller calls it: `UA123`; a registration, for who flies under it."""
        return self.ident_iata or self.ident

    @property
    def departure(self) -> Times:
        """When it leaves, for a passenger: the gate's times, else the runway's."""
        return self.out if self.out.best else self.off

    @property
    def arrival(self) -> Times:
        """When it arrives, for a passenger: the gate's times, else the runway's."""
        return self.in_ if self.in_.best else self.on

    @property
    def departure_date(self) -> date:
        """The date of the scheduled departure on the origin's own calendar (never UTC's)."""
        moment = self.out.scheduled or self.off.scheduled or self.departure.best
        if moment is None:
            raise ValueError(f"{self.fa_flight_id} has no departure time")
        return moment.astimezone(self.origin.zone).date()

    @property
    def lands_at(self) -> Airport | None:
        """Where it comes down: of a diverted flight the new airport, and none until AeroAPI knows it."""
        return self.diverted_to or (None if self.diverted else self.destination)


class ScheduledFlight(Struct, frozen=True, kw_only=True):
    """A row of AeroAPI's /schedules: no id, no live times; beyond two days there is nothing else."""

    ident: str
    origin: Airport
    destination: Airport | None
    scheduled_out: datetime
    scheduled_in: datetime | None = None
    ident_iata: str | None = None

    @property
    def number(self) -> str:
        """What a traveller calls it, as of a Flight."""
        return self.ident_iata or self.ident

    @property
    def departure_date(self) -> date:
        """The date on the origin's own calendar."""
        return self.scheduled_out.astimezone(self.origin.zone).date()


class Phase(StrEnum):
    """How far a flight has come; the order of declaration is the order of flying."""

    SCHEDULED = "scheduled"
    OUT = "out"
    OFF = "off"
    ON = "on"
    IN = "in"
    DIVERTED = "diverted"
    CANCELLED = "cancelled"


FLOWN = (Phase.SCHEDULED, Phase.OUT, Phase.OFF, Phase.ON, Phase.IN)  # moves forward only


def landed(flight: Flight) -> bool:
    """Whether it is down. `actual_on` alone lies: "result unknown" flights carry actual_on equal to actual_off."""
    if flight.on.actual is None:
        return False
    return flight.off.actual is None or flight.on.actual > flight.off.actual


def progress(flight: Flight) -> Phase:
    """How far it has come along FLOWN, whatever else happened to it."""
    if flight.in_.actual:
        return Phase.IN
    if landed(flight):
        return Phase.ON
    if flight.off.actual:
        return Phase.OFF
    return Phase.OUT if flight.out.actual else Phase.SCHEDULED


def is_on_ground(flight: Flight) -> bool:
    """Whether it is on the ground where it flew to: landed, or at the gate."""
    return progress(flight) in (Phase.ON, Phase.IN)


def left_at(flight: Flight) -> datetime | None:
    """When it left, if it has: the gate, or else the ground."""
    return flight.departure.actual or flight.off.actual


def cancelled(flight: Flight) -> bool:
    """Cancelled, and not in the air: AeroAPI's flag also means "no longer tracked"."""
    return flight.cancelled and progress(flight) in (Phase.SCHEDULED, Phase.OUT)


def phase(flight: Flight) -> Phase:
    """The phase from actual times and flags. A diversion counts until it has landed somewhere."""
    flown = progress(flight)
    if cancelled(flight):
        return Phase.CANCELLED
    if flight.diverted and flown not in (Phase.ON, Phase.IN):
        return Phase.DIVERTED
    return flown


def elsewhere(flight: Flight) -> bool:
    """Whether it came down at another airport than it was to: the journey is not over."""
    return flight.diverted and is_on_ground(flight)


def joined(records: Sequence[Flight]) -> Flight:
    """The records of one fa_flight_id as one flight: after a diversion AeroAPI sends the old leg and the new."""
    planned = next((record for record in records if record.diverted), records[0])
    leg = next((record for record in records if record is not planned and _elsewhere(record, planned)), None)
    if leg is None or not planned.diverted:
        return planned
    return replace(
        planned,
        diverted_to=leg.destination,
        on=leg.on,
        in_=leg.in_,
        gate_destination=leg.gate_destination,
        terminal_destination=leg.terminal_destination,
        baggage_claim=leg.baggage_claim,
    )


def _elsewhere(leg: Flight, planned: Flight) -> bool:
    if leg.destination is None:
        return False
    return planned.destination is None or leg.destination.code != planned.destination.code


def grouped(records: Iterable[Flight]) -> list[Flight]:
    """One flight per fa_flight_id and origin, earliest departure first (AeroAPI sends the latest first).

    What flies on from elsewhere under the same id is another leg, and no word about this one.
    """
    groups: dict[tuple[str, str], list[Flight]] = {}
    for record in records:
        groups.setdefault((record.fa_flight_id, record.origin.code), []).append(record)
    flights = [joined(group) for group in groups.values()]
    return sorted((flight for flight in flights if flight.departure.best), key=_leaves)


def _leaves(flight: Flight) -> datetime:
    moment = flight.departure.scheduled or flight.departure.best
    assert moment is not None
    return moment


def answers(flight: Flight, ident: Ident) -> bool:
    """Whether AeroAPI's answer is the flight that was asked for, by its own number or a codeshare's.

    AeroAPI may resolve a number to another airline's flight (it guesses shared IATA codes): never follow it there.
    """
    return str(ident) in {flight.ident, flight.ident_icao, flight.ident_iata, *flight.codeshares}


RETIMED = timedelta(hours=6)
"""How far apart two schedules of one leg may be. Airlines re-time within a day of flying; the same number on the same
route is flown again a day later at the soonest, which is out of reach even when both are moved towards each other."""


def same_leg(flight: Flight, other: Flight) -> bool:
    """The same leg under one number, whatever ids AeroAPI has given it: one route, scheduled at most RETIMED apart.

    A destination that is not known fits any.
    """
    numbers = {flight.ident, flight.ident_icao, flight.ident_iata} & {other.ident, other.ident_icao, other.ident_iata}
    ends = {airport.code for airport in (flight.destination, other.destination) if airport}
    one_route = flight.origin.code == other.origin.code and len(ends) < 2
    return bool(numbers - {None}) and one_route and abs(_leaves(flight) - _leaves(other)) <= RETIMED
