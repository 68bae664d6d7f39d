"""A tracked flight as commands show it: the contract's fields for scripts, a few words for people.

Reads and prints nothing. Times for people are the airport's own.
"""

from datetime import datetime
from typing import Any

from flait.core.flights import Airport, Flight, Times, phase
from flait.core.formats import Reader, span
from flait.core.wording import lateness
from flait.store import FlightView


def fields(view: FlightView) -> dict[str, Any]:
    """One entry of `flights`."""
    tracked, flight = view.tracked, view.tracked.flight
    return {
        "fa_flight_id": tracked.fa_flight_id,
        "ident": flight.ident,
        "ident_iata": flight.ident_iata,
        "origin": flight.origin.short,
        "destination": flight.destination.short if flight.destination else None,
        "departure_date": flight.departure_date,
        "phase": phase(flight),
        "out": _times(flight.out),
        "off": _times(flight.off),
        "on": _times(flight.on),
        "in": _times(flight.in_),
        "gate_origin": flight.gate_origin,
        "terminal_origin": flight.terminal_origin,
        "gate_destination": flight.gate_destination,
        "terminal_destination": flight.terminal_destination,
        "baggage_claim": flight.baggage_claim,
        "next_poll_at": tracked.next_poll_at,
        "last_polled_at": tracked.last_polled_at,
        "subscribers": view.subscribers,
    }


def _times(times: Times) -> dict[str, datetime | None]:
    return {"scheduled": times.scheduled, "estimated": times.estimated, "actual": times.actual}


def departs(flight: Flight, now: datetime) -> str:
    """`14:55 PST (45m late)`."""
    return _at(flight, flight.departure, flight.origin, now)


def arrives(flight: Flight, now: datetime) -> str:
    """`23:15 EST (9m early)`, on the clock of where it lands."""
    return _at(flight, flight.arrival, flight.lands_at, now)


def _at(flight: Flight, times: Times, airport: Airport | None, now: datetime) -> str:
    if times.best is None or airport is None:
        return ""
    return Reader(ident=flight.ident, now=now).at(times.best, airport) + lateness(times)


def gate(terminal: str | None, where: str | None) -> str:
    """`T3 F12`."""
    return " ".join(part for part in (f"T{terminal}" if terminal else "", where or "") if part)


def until(moment: datetime | None, now: datetime) -> str:
    """`in 25m`, `now` for what is due, or nothing."""
    if moment is None:
        return ""
    return f"in {span(moment - now)}" if moment > now else "now"
