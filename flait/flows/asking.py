"""What AeroAPI is asked about a tracked flight, and which record of its answer is that flight, or its next leg."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from flait.core import polling
from flait.core.flights import Flight, cancelled, elsewhere, same_leg
from flait.core.idents import parse_ident
from flait.core.values import replace
from flait.core.wanted import AHEAD, BEHIND
from flait.errors import InvalidIdent
from flait.flows.ports import FlightSource
from flait.store import TrackedFlight

_EARLY = timedelta(minutes=10)  # a leg that is said to leave before the one before it has landed


def ask(source: FlightSource, tracked: TrackedFlight) -> tuple[Flight | None, str]:
    """The pinned leg as AeroAPI has it now, or None when the answer does not contain it."""
    pinned = tracked.flight
    if tracked.misses >= polling.MISSES_BEFORE_SEARCH or cancelled(pinned) or elsewhere(pinned):
        return _search(source, tracked)
    answer = source.flight(tracked.fa_flight_id)
    found = next((flight for flight in answer.flights if _is_pinned(flight, pinned)), None)
    return found, answer.raw


def _search(source: FlightSource, tracked: TrackedFlight) -> tuple[Flight | None, str]:
    """Asked by number: ids get replaced, a flight that came down elsewhere goes on under another, and a cancellation
    is read again that way before anyone is told.
    """
    pinned = tracked.flight
    try:
        ident = parse_ident(pinned.ident_icao or pinned.ident)
    except InvalidIdent:  # an ad hoc ident, like a registration: only its id finds it
        answer = source.flight(tracked.fa_flight_id)
    else:
        midnight = datetime.combine(pinned.departure_date, time(), UTC)
        days = timedelta(days=2 if elsewhere(pinned) else 1)
        answer = source.departures(ident, midnight - AHEAD, midnight + days + BEHIND)
    onward = next((flight for flight in answer.flights if _goes_on(pinned, flight)), None)
    if onward:
        via = pinned.diverted_to.short if pinned.diverted_to else pinned.origin.short
        return replace(onward, via=(*pinned.via, via)), answer.raw
    legs = [flight for flight in answer.flights if _is_ours(flight, pinned)]
    found = min(legs, key=lambda flight: _likeness(flight, pinned), default=None)
    return found and _apart(found, pinned, answer.flights), answer.raw


def _apart(found: Flight, pinned: Flight, shown: Iterable[Flight]) -> Flight:
    """The flight with the ids of others that fly beside it at another time. None of them is ever taken for it."""
    if found.fa_flight_id != pinned.fa_flight_id or cancelled(found):
        return found
    others = {one.fa_flight_id for one in shown if not cancelled(one) and not _is_pinned(one, pinned)}
    return replace(found, beside=tuple(sorted(others)))


def _likeness(flight: Flight, pinned: Flight) -> tuple[bool, timedelta, bool]:
    """How well a record fits the leg: not cancelled, then the nearest to its schedule, then the id it was known by."""
    scheduled, known = flight.departure.scheduled, pinned.departure.scheduled
    apart = abs(scheduled - known) if scheduled and known else timedelta.max
    return flight.cancelled, apart, flight.fa_flight_id != pinned.fa_flight_id


def _is_ours(flight: Flight, pinned: Flight) -> bool:
    """Whether it is the leg, under whatever id, also when id and destination changed at once.

    What was seen flying beside it is another flight of that number.
    """
    if flight.fa_flight_id in pinned.beside:
        return False
    here = flight.origin.code == pinned.origin.code and flight.ident == pinned.ident
    leaves, left = flight.departure.scheduled, pinned.departure.scheduled
    rerouted = here and leaves is not None and leaves == left
    return same_leg(flight, pinned) or _is_pinned(flight, pinned) or rerouted


def _is_pinned(flight: Flight, pinned: Flight) -> bool:
    return flight.fa_flight_id == pinned.fa_flight_id and flight.origin.code == pinned.origin.code


def _goes_on(pinned: Flight, flight: Flight) -> bool:
    """Whether that is the next leg of a journey that came down elsewhere: from there, after it landed, to where it
    was to go.
    """
    down, leaves = pinned.on.actual or pinned.in_.actual, flight.departure.best
    if not elsewhere(pinned) or not pinned.diverted_to or not pinned.destination or not down or not leaves:
        return False
    there = flight.destination is not None and flight.destination.code == pinned.destination.code
    again = flight.fa_flight_id != pinned.fa_flight_id or flight.origin.code != pinned.origin.code
    flies = not cancelled(flight) and not (flight.diverted and elsewhere(flight))
    return there and again and flies and flight.origin.code == pinned.diverted_to.code and leaves > down - _EARLY
