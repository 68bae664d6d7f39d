"""AeroAPI is asked which flight is meant: as little as it can be, and outside any transaction. Nothing is stored.

What its answers amount to is decided in core/findings.py.
"""

from datetime import datetime
from typing import Final

from flait.core.findings import Finding, GoesElsewhere, NoneThere, Shown, decided, questions
from flait.core.flights import Flight
from flait.core.observations import possible
from flait.core.values import replace
from flait.core.wanted import Wanted
from flait.flows.ports import Answer, FlightSource

NOTHING: Final = Answer(flights=(), raw="")


def find(source: FlightSource, wanted: Wanted, *, now: datetime) -> tuple[Shown, Finding]:
    """What AeroAPI showed, and which leg is meant: live within two days of departure, else as scheduled.

    Raises InvalidDate, and what the source raises.
    """
    asked, ident = questions(wanted, now), wanted.ident
    answer = source.departures(ident, *asked.live, past=True) if asked.live else NOTHING
    seen = Shown(flights=_believed(answer.flights, now), past=_believed(answer.past, now))
    finding = decided(wanted, seen, now)
    if asked.schedule and isinstance(finding, NoneThere | GoesElsewhere):
        seen = replace(seen, rows=tuple(source.schedules(ident, *asked.schedule)))
        finding = decided(wanted, seen, now)
    return seen, finding


def _believed(flights: tuple[Flight, ...], now: datetime) -> tuple[Flight, ...]:
    """The flights without times that cannot be true. A flight without any true time is left out."""
    believed = [possible(flight, now) for flight in flights]
    return tuple(flight for flight in believed if flight.departure.best)
