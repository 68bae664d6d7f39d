"""AeroAPI asked once, outside any transaction, and its answers repeated inside one: the flows for the command line
then do for a text what they do there, without a call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flait.core.flights import Flight, Phase, ScheduledFlight, answers, progress
from flait.core.idents import Ident
from flait.errors import FlightSourceError
from flait.flows.ports import Answer, FlightSource
from flait.flows.resolve import is_ahead
from flait.flows.wanted import Leg, Wanted, legs_of, rows_of


@dataclass(slots=True)
class Asked:
    """A FlightSource that remembers. Without a `source` it repeats what it knows, and asks nobody."""

    source: FlightSource | None
    live: Answer | None = None
    planned: Sequence[ScheduledFlight] | None = None
    fault: FlightSourceError | None = None

    def flight(self, fa_flight_id: str) -> Answer:
        """Not asked by id: that is the polls' way."""
        raise FlightSourceError(f"{fa_flight_id} was not asked about")

    def departures(self, ident: Ident, start: datetime, end: datetime) -> Answer:
        """As FlightSource."""
        if self.live is None:
            source = self._open()
            try:
                self.live = source.departures(ident, start, end)
            except FlightSourceError as fault:
                self.fault = fault
                raise
        return self.live

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        """As FlightSource."""
        if self.planned is None:
            source = self._open()
            try:
                self.planned = source.schedules(ident, start, end)
            except FlightSourceError as fault:
                self.fault = fault
                raise
        return self.planned

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False) -> "Asked":  # noqa: ARG002  # the port's
        """What is known costs nobody anything."""
        return self

    def _open(self) -> FlightSource:
        if self.source is None:
            raise self.fault or FlightSourceError("FlightAware was not asked about that")
        return self.source

    def repeated(self) -> "Asked":
        """The same answers, and no more questions."""
        return Asked(source=None, live=self.live, planned=self.planned, fault=self.fault)


def known(flight: Flight) -> Asked:
    """What we know of a flight, as an answer: nobody need be asked about one that is watched."""
    return Asked(source=None, live=Answer(flights=(flight,), raw=""), planned=())


@dataclass(frozen=True, slots=True)
class Standing:
    """A clock that stands: what was asked at a moment is taken as of that moment."""

    at: datetime

    def now(self) -> datetime:
        """That moment."""
        return self.at

    def real_seconds(self, span: timedelta) -> float:
        """Nobody waits by it."""
        return span.total_seconds()


def legs(asked: Asked, wanted: Wanted, now: datetime) -> list[Leg]:
    """The legs that what was asked for can mean, each once, earliest first."""
    flights = asked.live.flights if asked.live else ()
    known = legs_of(flight for flight in flights if answers(flight, wanted.ident) and _is_meant(flight, wanted))
    live = [leg[0] for leg in wanted.chosen(known) if _can_be_followed(leg[0], wanted, now)]
    if live:
        return [*live]
    rows = rows_of(row for row in asked.planned or () if _is_meant(row, wanted))
    return [leg[0] for leg in wanted.chosen(rows)]


def near(asked: Asked, wanted: Wanted, now: datetime) -> list[Flight]:
    """When the number does fly, whatever day and route were asked for."""
    flights = asked.live.flights if asked.live else ()
    return [flight for flight in flights if answers(flight, wanted.ident) and is_ahead(flight, wanted.role, now)]


def other_airline(asked: Asked, wanted: Wanted) -> str | None:
    """The number of another airline's flight that AeroAPI answered with, if it did that."""
    flights = asked.live.flights if asked.live else ()
    if not flights or any(answers(flight, wanted.ident) for flight in flights):
        return None
    return flights[0].number


def _is_meant(leg: Leg, wanted: Wanted) -> bool:
    return wanted.is_from_there(leg) and wanted.is_of_that_day(leg)


def _can_be_followed(flight: Flight, wanted: Wanted, now: datetime) -> bool:
    is_down = progress(flight) in (Phase.ON, Phase.IN)
    return not is_down and (wanted.wish is not None or is_ahead(flight, wanted.role, now))
