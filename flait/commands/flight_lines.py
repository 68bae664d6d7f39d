"""A tracked flight as commands show it: the contract's fields for scripts, a few words for people.

Reads and prints nothing. Times for people are the airport's own.
"""

from datetime import datetime
from typing import Any

from flait.core.flights import Airport, Flight, Phase, Times, phase
from flait.core.observations import is_overtaken
from flait.core.silences import NOTHING_TOLD, without_word
from flait.core.standing import AT_ORIGIN, BY_THE_CLOCK, State, notable, standing
from flait.core.texts.formats import Reader, span
from flait.core.texts.wording import lateness
from flait.core.told import presumed
from flait.store import FlightView


def fields(view: FlightView, now: datetime) -> dict[str, Any]:
    """One entry of `flights`, as it stands at that moment."""
    tracked, flight = view.tracked, view.tracked.flight
    return {
        "fa_flight_id": tracked.fa_flight_id,
        "ident": flight.ident,
        "ident_iata": flight.ident_iata,
        "origin": flight.origin.short,
        "destination": flight.destination.short if flight.destination else None,
        "departure_date": flight.departure_date,
        "phase": phase(flight),
        "standing": standing(flight, now).state,
        "diverted_to": flight.diverted_to.short if flight.diverted_to else None,
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


def departs(flight: Flight, now: datetime) -> tuple[str, ...]:
    """`14:55 PST` and `(45m late)`."""
    return _at(flight, flight.departure, flight.origin, now)


def arrives(flight: Flight, now: datetime) -> tuple[str, ...]:
    """`23:15 EST` and `(9m early)`, on the clock of where it lands; nothing where its leaving makes that impossible."""
    if is_overtaken(flight):
        return ()
    return _at(flight, flight.arrival, flight.lands_at, now)


def _at(flight: Flight, times: Times, airport: Airport | None, now: datetime) -> tuple[str, ...]:
    if times.best is None or airport is None:
        return ()
    compared = notable(times) and not (flight.diverted and times is flight.arrival)  # elsewhere nothing was scheduled
    at = Reader(ident=flight.ident, now=now).at(times.best, airport)
    return (at, lateness(times).strip()) if compared and lateness(times) else (at,)


PHASES = {
    Phase.SCHEDULED: "not left yet",
    Phase.OUT: "left the gate",
    Phase.OFF: "in the air",
    Phase.ON: "landed",
    Phase.IN: "at the gate",
    Phase.DIVERTED: "diverted",
    Phase.CANCELLED: "cancelled",
}


def remark(flight: Flight, now: datetime) -> str:
    """`ON TIME`, `DELAYED 45m`, `DIVERTED, LANDED BUF`: how it stands, in a departures board's words."""
    stands = standing(flight, now)
    there = f" {stands.where.short}" if stands.where else ""
    waited = span(now - stands.at) if stands.at else ""
    return _REMARKS[stands.state].format(late=span(stands.late), there=there, waited=waited)


def remark_of(view: FlightView, now: datetime) -> str:
    """The same of what is tracked: `NO WORD SINCE 07:02 PST` where it is acted on, and looks came to nothing."""
    flight, since = view.tracked.flight, silent_since(view, now)
    if since is None:
        return remark(flight, now)
    state = standing(flight, now).state
    word = "" if state in BY_THE_CLOCK else remark(flight, now)
    place = flight.origin if state in AT_ORIGIN else flight.lands_at or flight.origin
    silent = f"NO WORD SINCE {Reader(ident=flight.ident, now=now).at(since, place)}"
    return f"{word}, {silent}" if word else silent


def silent_since(view: FlightView, now: datetime) -> datetime | None:
    """Since when nobody knows how it stands, by the time on the ticket too; None where that is known well enough."""
    tracked, flight = view.tracked, view.tracked.flight
    seen_at, ticket = tracked.seen_at or now, presumed(NOTHING_TOLD, flight)
    silent = without_word(flight, now, seen_at=seen_at, unanswered=tracked.is_unanswered(now), told=ticket)
    return seen_at if silent else None


_REMARKS = {
    State.ON_TIME: "ON TIME",
    State.LATE: "DELAYED {late}",
    State.EARLY: "EARLY {late}",
    State.DUE: "DUE",
    State.OVERDUE: "NO REPORT",
    State.RETURNED: "BACK AT THE GATE",
    State.LEFT: "LEFT THE GATE",
    State.TAXIING: "TAXIING {waited}",
    State.FLYING: "IN FLIGHT",
    State.OVERDUE_LANDING: "NO REPORT OF LANDING",
    State.LANDED: "LANDED",
    State.ARRIVED: "ARRIVED",
    State.CANCELLED: "CANCELLED",
    State.DIVERTED: "DIVERTED{there}",
    State.LANDED_ELSEWHERE: "DIVERTED, LANDED{there}",
    State.ARRIVED_ELSEWHERE: "DIVERTED, LANDED{there}",
}


def gate(terminal: str | None, where: str | None) -> str:
    """`F12, Terminal 3`."""
    return ", ".join(part for part in (where or "", f"Terminal {terminal}" if terminal else "") if part)


def until(moment: datetime | None, now: datetime) -> str:
    """`in 25m`, `now` for what is due, or nothing."""
    if moment is None:
        return ""
    return f"in {span(moment - now)}" if moment > now else "now"
