"""Other flights: what leaves from one airport for another until the end of tomorrow, and which flight is meant. Pure.

A schedule knows no seats, and nothing of what is cancelled today: what Flait has seen of that itself is left out.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from flait.core.findings import Finding, Found, Over, Several
from flait.core.flights import RETIMED, Airport, Flight, Phase, ScheduledFlight, cancelled, phase
from flait.core.idents import parse_ident
from flait.core.wanted import Leg
from flait.errors import InvalidIdent

SOONEST = timedelta(hours=1)  # nobody gets on a flight that leaves before
KEPT = timedelta(minutes=30)  # what AeroAPI told of a pair answers for so long


class Pair(Struct, frozen=True, kw_only=True):
    """The airports between which others fly."""

    origin: Airport
    destination: Airport

    @property
    def name(self) -> str:
        """`SFO-EWR`."""
        return f"{self.origin.short}-{self.destination.short}"

    def over_on(self, now: datetime) -> date:
        """The first day that is not looked at: the one after tomorrow, on the calendar of the origin."""
        return now.astimezone(self.origin.zone).date() + timedelta(days=2)

    def fresh_since(self, now: datetime) -> datetime:
        """What was told after that moment still answers: half an hour ago, and on the same day."""
        today = datetime.combine(now.astimezone(self.origin.zone).date(), time(), self.origin.zone)
        return max(now - KEPT, today)

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """From an hour from now to the end of tomorrow."""
        return now + SOONEST, datetime.combine(self.over_on(now), time(), self.origin.zone)


def pair_of(leg: Leg) -> Pair | None:
    """Where it goes; None: AeroAPI does not say. Of a diverted flight, where it was to go."""
    return Pair(origin=leg.origin, destination=leg.destination) if leg.destination else None


def leg_meant(finding: Finding) -> Leg | None:
    """The flight in whose place another is wanted: one that has left or landed too; of several on one way the first."""
    match finding:
        case Found(leg=leg):
            return leg
        case Over(flight=flight):
            return flight
        case Several(legs=legs) if is_one_way(legs):
            return legs[0]
    return None


def is_one_way(legs: Collection[Leg]) -> bool:
    """Whether all of them fly between the same two airports."""
    return len({(leg.origin.code, leg.destination.code if leg.destination else None) for leg in legs}) == 1


def others(
    rows: Iterable[ScheduledFlight],
    pair: Pair,
    now: datetime,
    *,
    known: Collection[Leg],
    there_from: datetime | None = None,
) -> list[ScheduledFlight]:
    """The flights of the pair that can be taken, each once, earliest first, without those that are `known`.

    Another flight brings them there: they can leave `there_from` on.
    """
    start, end = pair.span(now)
    start = max(start, there_from or start)
    once = {
        (row.ident, row.scheduled_out): row
        for row in rows
        if start <= row.scheduled_out < end and pair_of(row) and _has_a_number(row) and not _is_any(row, known)
    }
    return sorted(once.values(), key=lambda row: (row.scheduled_out, row.number))


def _has_a_number(row: ScheduledFlight) -> bool:
    """Whether a person can ask for it by its number."""
    try:
        parse_ident(row.number)
    except InvalidIdent:
        return False
    return True


def _is_any(row: ScheduledFlight, known: Iterable[Leg]) -> bool:
    return any(_numbers(row) & _numbers(leg) and abs(_leaves(leg) - row.scheduled_out) <= RETIMED for leg in known)


def _numbers(leg: Leg) -> set[str | None]:
    codeshares = (leg.ident_icao, *leg.codeshares) if isinstance(leg, Flight) else ()
    return {leg.ident, leg.ident_iata, *codeshares} - {None}


def _leaves(leg: Leg) -> datetime:
    if isinstance(leg, ScheduledFlight):
        return leg.scheduled_out
    moment = leg.departure.scheduled or leg.departure.best
    assert moment is not None  # no flight is kept without
    return moment


def foremost(flights: Sequence[Flight], missed: Collection[int], now: datetime) -> int | None:
    """Which of them another flight is wanted for, by its place; `missed` are places of flights that were missed.

    A cancelled or missed one first, that whose time is nearest; else the next to leave. None: who asks must say.
    """
    lost = [at for at, flight in enumerate(flights) if at in missed or cancelled(flight)]
    ahead = [at for at, flight in enumerate(flights) if phase(flight) is Phase.SCHEDULED]
    chosen = min(lost, key=lambda at: abs(_leaves(flights[at]) - now), default=None)
    return min(ahead, key=lambda at: _leaves(flights[at]), default=None) if chosen is None else chosen
