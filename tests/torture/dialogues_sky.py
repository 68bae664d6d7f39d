"""The flights that random dialogues are about: a few numbers on a few days, and what AeroAPI shows of them when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from flait.core.flights import Airport, Flight, ScheduledFlight, Times, answers
from flait.core.idents import Ident
from flait.errors import FlightSourceError
from flait.flows.ports import Answer
from tests.flows.world import FixedClock

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

SFO = Airport(code="KSFO", code_iata="SFO", timezone="America/Los_Angeles")
EWR = Airport(code="KEWR", code_iata="EWR", timezone="America/New_York")
DAL = Airport(code="KDAL", code_iata="DAL", timezone="America/Chicago")
HOU = Airport(code="KHOU", code_iata="HOU", timezone="America/Chicago")
ZONES: Final = {airport.short: airport.zone for airport in (SFO, EWR, DAL, HOU)}


@dataclass(frozen=True, slots=True)
class Line:
    """A flight that is flown every day: its number, its way, when it leaves there, and how long it takes."""

    number: str
    icao: str
    origin: Airport
    destination: Airport
    at: time
    takes: timedelta


LINES: Final = (
    Line("UA1234", "UAL1234", SFO, EWR, time(14, 10), 5 * HOUR),
    Line("UA88", "UAL88", SFO, EWR, time(23, 55), 5 * HOUR),
    Line("LH90", "DLH90", EWR, SFO, time(0, 40), 6 * HOUR),
    Line("WN123", "SWA123", DAL, HOU, time(9, 5), HOUR),
    Line("WN123", "SWA123", DAL, HOU, time(13, 30), HOUR),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """One of them on one day, and what befalls it: how late it is, and from when that, or its end, is known."""

    line: Line
    on: date
    late: timedelta
    known: datetime
    cancelled: bool

    @property
    def leaves(self) -> datetime:
        """By its schedule."""
        return datetime.combine(self.on, self.line.at, self.line.origin.zone).astimezone(UTC)

    def shown(self, now: datetime) -> Flight:
        """As AeroAPI has it then."""
        moments = {"out": self.leaves, "off": self.leaves + 15 * MINUTE}
        moments["on"] = moments["off"] + self.line.takes
        moments["in_"] = moments["on"] + 8 * MINUTE
        gone = self.cancelled and now >= self.known
        events: dict[str, Any] = {name: self._times(at, now, gone=gone) for name, at in moments.items()}
        return Flight(
            fa_flight_id=f"{self.line.icao}-{self.on}-{self.line.at:%H%M}", ident=self.line.icao,
            ident_icao=self.line.icao, ident_iata=self.line.number, origin=self.line.origin,
            destination=self.line.destination, cancelled=gone, **events,
        )  # fmt: skip

    def _times(self, planned: datetime, now: datetime, *, gone: bool) -> Times:
        best = planned + self.late
        estimated = best if self.late and now >= self.known and not self.cancelled else None
        happened = best if now >= best and not gone and not self.cancelled else None
        return Times(scheduled=planned, estimated=estimated, actual=happened)


class Sky:
    """AeroAPI over that many days; `down` are the stretches in which it does not answer."""

    def __init__(self, rng: Random, clock: FixedClock, first: date, days: int) -> None:
        self._clock = clock
        self.plans = [_plan(rng, line, first + ahead * DAY) for ahead in range(days) for line in LINES]
        start = clock.now()
        self.down = [
            (at, at + rng.uniform(0.2, 3) * HOUR)
            for at in (start + rng.uniform(0, days) * DAY for _ in range(rng.choice((0, 0, 1, 3))))
        ]

    def flight(self, fa_flight_id: str) -> Answer:
        return self._answer(lambda flight: flight.fa_flight_id == fa_flight_id)

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "Sky":
        return self

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:
        until = min(end, self._clock.now() + 2 * DAY)
        return self._answer(lambda flight: answers(flight, ident) and start <= _leaves(flight) < until)

    def spent(self, since: datetime) -> int | None:
        return None

    def route(self, origin: Airport, destination: Airport, start: datetime, end: datetime) -> Sequence[ScheduledFlight]:
        self._fails()
        return []

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        self._fails()
        return [
            ScheduledFlight(
                ident=plan.line.icao, origin=plan.line.origin, destination=plan.line.destination,
                scheduled_out=plan.leaves, scheduled_in=plan.leaves + plan.line.takes,
            )
            for plan in self.plans
            if str(ident) == plan.line.number and start <= plan.leaves.date() < end
        ]  # fmt: skip

    def _answer(self, wanted: Any) -> Answer:
        self._fails()
        now = self._clock.now()
        return Answer(flights=tuple(flight for plan in self.plans if wanted(flight := plan.shown(now))), raw="{}")

    def _fails(self) -> None:
        if any(since <= self._clock.now() < until for since, until in self.down):
            raise FlightSourceError("AeroAPI did not answer")


def _plan(rng: Random, line: Line, on: date) -> Plan:
    """Of two departures of a day none is cancelled: Flait takes the other for the one that was, moved by hours."""
    late = rng.choice((0, 0, 0, 0, 0, 25, 45, 90, 300)) * MINUTE
    leaves = datetime.combine(on, line.at, line.origin.zone).astimezone(UTC)
    cancelled = rng.random() < 0.07 and [each.number for each in LINES].count(line.number) == 1
    return Plan(line, on, late, leaves - rng.uniform(0.5, 5) * HOUR, cancelled=cancelled)


def _leaves(flight: Flight) -> datetime:
    assert flight.out.scheduled
    return flight.out.scheduled
