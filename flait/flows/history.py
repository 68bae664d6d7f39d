"""How a number has flown: kept from whatever look shows it, and asked for only where somebody wants to read it.

`note` and its like run inside a transaction; `looked_up` asks AeroAPI outside any.
"""

from collections.abc import Iterable
from datetime import datetime

from flait.clock import Clock
from flait.core.findings import Shown
from flait.core.flights import Flight, answers
from flait.core.history import OLD, Flown, Punctuality, flown, punctuality
from flait.core.idents import Ident, parse_ident
from flait.core.observations import possible
from flait.errors import NoSuchFlight
from flait.flows.ports import AEROAPI, FlightSource
from flait.store import Store


def note(store: Store, flights: Iterable[Flight], now: datetime) -> None:
    """Inside a transaction: keep what of these is over."""
    store.keep_flown([over for flight in flights if (over := flown(flight, now))])


def note_shown(store: Store, ident: Ident, seen: Shown, now: datetime) -> None:
    """Inside a transaction: the look that found a flight by its number has shown its last days too."""
    shown = [flight for flight in (*seen.past, *seen.flights) if answers(flight, ident)]
    note(store, shown, now)
    for flight in {flight.ident: flight for flight in shown}.values():
        numbers = (str(ident), flight.ident, flight.ident_icao, flight.ident_iata)
        store.note_flown_asked([number for number in numbers if number], flight.ident, now)


def of_flight(store: Store, flight: Flight) -> Punctuality | None:
    """How that leg was flown before under its number; None: nothing is known of it."""
    leg = (flight.origin.short, flight.destination.short if flight.destination else "")
    planned = flight.departure.scheduled
    before = [one for one in store.flown(flight.ident) if one.leg == leg and one.planned_at != planned]
    return punctuality(before) if before else None


def worth_telling(store: Store, flight: Flight) -> Punctuality | None:
    """The same, where it is enough to stand in a text."""
    known = of_flight(store, flight)
    return known if known and known.is_telling else None


def looked_up(store: Store, source: FlightSource, clock: Clock, number: str) -> list[Flown]:
    """What is stored of that number, asked for first where that is nothing, or a day old.

    Raises InvalidIdent, NoSuchFlight, and what the source raises.
    """
    ident, now = parse_ident(number), clock.now()
    asked_at = store.flown_asked_at(str(ident))
    if asked_at is None or not now - OLD < asked_at <= now:
        _ask(store, source, ident, clock)
    return store.flown(str(ident))


def _ask(store: Store, source: FlightSource, ident: Ident, clock: Clock) -> None:
    now = clock.now()
    answer = source.departures(ident, now, now + OLD, past=True)
    shown = Shown(
        flights=[possible(one, now) for one in answer.flights], past=[possible(one, now) for one in answer.past]
    )
    if not any(answers(flight, ident) for flight in (*shown.flights, *shown.past)):
        raise NoSuchFlight(f"FlightAware knows no {ident} of the last ten days", "check the number")
    with store.transaction():
        store.note_success(AEROAPI, now)
        note_shown(store, ident, shown, now)
