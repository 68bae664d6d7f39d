"""What is said of what is due by the clock alone: check-in, leaving for the airport, boarding, going to meet.

Whatever it says besides is how the flight stands now, and counts as told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flait.core.alerts import Alert
from flait.core.changes import STEP_NEAR, Change
from flait.core.flights import Times
from flait.core.standing import notable
from flait.core.structure import Phrase
from flait.core.texts import places, planes
from flait.core.texts.formats import Piece, Reader, day, lead, span
from flait.core.texts.places import at_gate, places_in
from flait.core.texts.standing import ARRIVAL, DEPARTURE
from flait.core.texts.wording import arrives, arrives_verb, departs, flown_words, route

FIVE = timedelta(minutes=5)


def leave(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`SFO-EWR leaves in 3h: dep 14:10 PST. On time. Gate F12, Terminal 3. Time to go to SFO.`"""
    news = f"leaves in {_left(alert.flight.departure, reader)}"
    return [
        lead(news, _dep(alert, reader), route=route(alert.flight), facts=("leave",)),
        _lateness(alert.flight.departure),
        at_gate(alert, change),
        Piece("" if alert.flight.gate_origin else "No gate yet.", 3),
        Piece(f"Time to go to {alert.flight.origin.short}.", 1),
        *planes.in_reminder(alert, reader, 4),
    ]


def boarding(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`SFO-EWR boards about 13:35: dep 14:10 PST. Gate F12, Terminal 3. On time.`; `boards now` where that is past."""
    said = boards(alert, change, reader)
    return [
        lead(said.text[:1].lower() + said.text[1:-1], _dep(alert, reader), route=route(alert.flight), facts=said.facts),
        at_gate(alert, change, rank=0),
        Piece("" if alert.flight.gate_origin else "Gate not posted yet: check the board.", 1),
        _lateness(alert.flight.departure),
        *planes.in_reminder(alert, reader, 4),
    ]


def meet(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`lands EWR in 45m: arr 22:40 EST. 9m late. Gate C91, Terminal C. Bags: belt 6.`"""
    flight = alert.flight
    there = f" {flight.destination.short}" if flight.destination else ""
    news = f"{arrives_verb(flight, 'arrives')}{there} in {_left(flight.arrival, reader)}"
    arrival = Phrase(arrives(flight, reader, was=_moved(alert.told.arrival, flight.arrival)), ARRIVAL)
    return [
        lead(news, arrival, facts=("meet",)),
        _lateness(flight.arrival),
        *places_in(alert, 1),
    ]


def checkin(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`SFO-EWR Tue 25 Nov: dep 14:10 PST, arr 22:31 EST. Check-in is usually open now. On time. Terminal 3.`"""
    flight, on = alert.flight, alert.flight.departure_date
    arrival = arrives(flight, reader, on=on)
    times = [Phrase(departs(flight, reader, was=_moved(alert.told.departure, flight.departure), on=on), DEPARTURE)]
    times += [Phrase(arrival, ARRIVAL)] if arrival else []
    return [
        lead(day(on), *times, route=route(flight)),
        check_in(0),
        _lateness(flight.departure),
        at_gate(alert, change),
        Piece(flown_words(alert.record), 4),
    ]


def time_to_go(alert: Alert, rank: int) -> Piece:
    """`Time to go to SFO.`"""
    return Piece(f"Time to go to {alert.flight.origin.short}.", rank, ("leave",))


def boards(alert: Alert, _: Change, reader: Reader) -> Piece:
    """`Boards about 13:35.`, for a text with `dep`."""
    when = places.boarding(alert.flight, reader)
    return Piece(f"Boards about {when}.", 1, ("boarding", "boards")) if when else Piece("Boards now.", 1, ("boarding",))


def lands_soon(alert: Alert, _: Change, reader: Reader) -> Piece:
    """`It arrives in 40m.`"""
    verb = arrives_verb(alert.flight, "arrives")
    return Piece(f"It {verb} in {_left(alert.flight.arrival, reader)}.", 1, ("meet",))


def check_in(rank: int) -> Piece:
    """`Check-in is usually open now.`"""
    return Piece("Check-in is usually open now.", rank, ("checkin",))


def _dep(alert: Alert, reader: Reader) -> Phrase:
    flight = alert.flight
    return Phrase(departs(flight, reader, was=_moved(alert.told.departure, flight.departure)), DEPARTURE)


def _moved(known: datetime | None, times: Times) -> datetime | None:
    """What they were told, where that is another time than it is now."""
    return known if known and times.best and abs(times.best - known) >= STEP_NEAR else None


def _left(times: Times, reader: Reader) -> str:
    """`3h`, `45m`: how long until then, to five minutes."""
    left = (times.best or reader.now) - reader.now
    return span(max(round(left / FIVE) * FIVE, FIVE))


def _lateness(times: Times) -> Piece:
    """`On time.`, `45m late.`, `20m early.`"""
    late = notable(times)
    words = f"{span(late)} {'late' if late > timedelta() else 'early'}" if late else "On time"
    return Piece(f"{words}." if times.scheduled else "", 2)
