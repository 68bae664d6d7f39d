"""What is said of a flight as a whole: cancelled, diverted, on its way, landed."""

from collections.abc import Sequence
from datetime import timedelta

from flait.core.alerts import Alert
from flait.core.changes import Change
from flait.core.flights import Flight, Phase, is_on_ground, progress
from flait.core.flights import cancelled as is_cancelled
from flait.core.observations import is_overtaken
from flait.core.standing import notable
from flait.core.structure import Phrase
from flait.core.subscriptions import Role
from flait.core.texts import connections
from flait.core.texts.formats import Piece, Reader, clock_time, day, lead, span, zone_label
from flait.core.texts.next_steps import how_on, instead, looked_for, other_flights
from flait.core.texts.places import at_gate, places_in
from flait.core.texts.standing import ARRIVAL, View, Words, stand
from flait.core.texts.wording import (
    arrives,
    arrives_verb,
    capital,
    day_known,
    landed_at,
    place_and_time,
    route,
    town,
)
from flait.core.told import further, reached_at
from flait.core.values import replace

NO_LONGER_THERE = ("-arrival", "-gate_destination", "-terminal_destination", "-baggage_claim")  # of the other airport
_NEW_LEG = ("-gate_origin", "-terminal_origin", *NO_LONGER_THERE, "-diverted_to", "-boards", "-returned", "-ends")


# What changes the day


def cancelled(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`SFO-EWR Tue 25 Nov 14:10 PST is CANCELLED.`, by the day and time its person knows, and what to do next."""
    flight = alert.flight
    leaves = alert.told.scheduled_out or flight.departure.scheduled or flight.departure.best
    zone = flight.origin.zone
    clock = f"{clock_time(leaves, zone, reader.clock)} {zone_label(leaves, zone)}" if leaves else ""
    at = f"{day(day_known(flight, alert.told.scheduled_out))} {clock} " if clock else ""
    return [
        lead(f"{at}is CANCELLED", facts=change.facts, route=route(flight)),
        Piece(instead(alert.role, now=" now"), 1),
        *connections.in_doubt(alert),
        Piece(other_flights(alert.role, offered=alert.offers), 3),
    ]


def reinstated(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`SFO-EWR is ON AGAIN, not cancelled: dep 14:10 PST, arr 22:31 EST.`: how it stands, and what to do next."""
    flight = alert.flight
    goes, on_board = alert.role is Role.TRAVELER, further(progress(flight), Phase.OUT)
    next_step = "Check with the airline that your booking stands." if goes else "Ask your traveler if they fly on it."
    return [
        stands(alert, reader).behind("is ON AGAIN, not cancelled", route=route(flight), facts=("cancelled",)),
        at_gate(alert, change, rank=2),
        Piece("" if on_board else next_step, 0 if goes else 1),
    ]


def stands(alert: Alert, reader: Reader) -> Words:
    """How it stands now, as an answer words it to somebody who was told nothing before.

    `dep 14:55 PST, arr 23:16 EST`; of a diverted flight with its new airport before that.
    """
    words = stand(View(flight=alert.flight, reader=reader, role=alert.role))
    return Words(state=Phrase("still CANCELLED", words.tells)) if is_cancelled(alert.flight) else words.whole


def landed_where(alert: Alert, reader: Reader) -> str:
    """`EWR 22:38 EST`; `Pittsburgh (PIT) 23:05 EST` where it was not to go."""
    flight = alert.flight
    if flight.diverted_to:
        at = f" {reader.at(flight.on.actual, flight.diverted_to)}" if flight.on.actual else ""
        return f"{town(flight.diverted_to)}{at}"
    return landed_at(flight, reader)


def diverted(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`DIVERTED to Pittsburgh (PIT), not EWR: arrives about 23:05 EST.`; landed there; or not known where to yet.

    Tells that gate, terminal and belt of the planned airport hold no more.
    """
    flight = alert.flight
    planned = flight.destination.short if flight.destination else "its destination"
    down = is_on_ground(flight)
    if not flight.diverted_to:
        return [
            lead(f"DIVERTED: not going to {planned} as planned", facts=("diverted_to", *NO_LONGER_THERE)),
            Piece("We tell you where." if down else "The new airport is not known yet; we tell you when it is.", 2),
            *connections.in_doubt(alert),
        ]
    if down:
        words = f"DIVERTED: landed {landed_where(alert, reader)}, not {planned}"
        told = lead(words, facts=("diverted_to", *_down(alert), *NO_LONGER_THERE))
        return [told, Piece(looked_for(flight), 2), *connections.in_doubt(alert)]
    best = flight.arrival.best
    when = f"{arrives_verb(flight, 'arrives')} about {reader.at(best, flight.diverted_to)}" if best else ""
    news = f"DIVERTED to {town(flight.diverted_to)}, not {planned}"
    told = lead(news, Phrase(when), facts=(*change.facts, *NO_LONGER_THERE))
    return [told, Piece(looked_for(flight), 2), *connections.in_doubt(alert)]


def _down(alert: Alert) -> tuple[str, ...]:
    """What `landed` tells; that it is at the gate is said by itself."""
    return ("phase", "phase_at") if progress(alert.flight) is Phase.ON else ()


def undiverted(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`NO LONGER DIVERTED: arrives EWR about 22:31 EST.`; no time that contradicts the take-off."""
    flight = alert.flight
    if progress(flight) is Phase.IN:
        at = place_and_time(flight.lands_at, flight.in_.actual, reader)
        told = ("-diverted_to", "phase", "phase_at", "arrival")
        return [lead(f"NO LONGER DIVERTED: at the gate {at}", facts=told)]
    if progress(flight) is Phase.ON:
        landed = f"NO LONGER DIVERTED: landed {landed_where(alert, reader)}"
        return [lead(landed, facts=("-diverted_to", *_down(alert)))]
    best, where = flight.arrival.best, flight.destination
    if not best or not where or is_overtaken(flight):
        there = f"It goes to {where.short} as planned." if where else ""
        return [lead("NO LONGER DIVERTED", facts=("-diverted_to", *NO_LONGER_THERE)), Piece(there)]
    words = f"NO LONGER DIVERTED: {arrives_verb(flight, 'arrives')} {where.short} about {reader.at(best, where)}"
    return [lead(words, facts=("-diverted_to", *ARRIVAL, *NO_LONGER_THERE))]


def rerouted(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`now goes to Pittsburgh (PIT), not EWR.`, with the time there by its own clocks."""
    flight, there, goes = alert.flight, alert.flight.destination, alert.role is Role.TRAVELER
    arrival = arrives(flight, reader)
    to = town(there) if there else "another airport"
    return [
        lead(f"now goes to {to}, not {alert.told.destination}", facts=("destination", *NO_LONGER_THERE)),
        Piece(f"{capital(arrival)}." if arrival else "", 1, ARRIVAL),
        Piece(f"Ask {'the airline what that means for you' if goes else 'your traveler where to meet'}.", 2),
    ]


def onward(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`goes on PIT-EWR: dep 00:10 EST Wed, arr 05:31 EST Wed.`: the leg after a diversion, as it stands."""
    told = ("onward", "destination", "phase", *_NEW_LEG)
    return [
        stands(alert, reader).behind(f"goes on {route(alert.flight)}", facts=told),
        Piece("Ask the airline whether you fly on with it." if alert.role is Role.TRAVELER else "", 3),
    ]


def ends(alert: Alert, _: Change, __: Reader) -> Sequence[Piece]:
    """`ends at Pittsburgh (PIT).`: nothing flies on from where it came down; the towns of both airports are named."""
    flight = alert.flight
    at = town(flight.diverted_to) if flight.diverted_to else "another airport"
    return [lead(f"ends at {at}", facts=("ends",)), Piece(how_on(flight, alert.role), 1)]


# How far it has come


def withdrawn(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`has NOT taken off after all: dep 14:55 PST, arr 23:16 EST.`: what is not so, and how it stands."""
    reached, told = progress(alert.flight), alert.told.phase
    what = "left the gate" if told is Phase.OUT else "landed" if reached is Phase.OFF else "taken off"
    news = f"has NOT {what} after all"
    return [stands(alert, reader).behind(news, facts=("phase",)), at_gate(alert, change)]


def departed(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`took off SFO 14:31 PST.`, the runway's time; then the arrival by the clocks there, late from ten minutes on."""
    flight = alert.flight
    took_off = f"took off {place_and_time(flight.origin, flight.off.actual, reader)}"
    pieces = [lead(took_off, facts=("phase", "phase_at"))]
    lands, where = flight.arrival.best, flight.lands_at
    if is_overtaken(flight) or (lands and lands <= reader.now):
        pieces.append(Piece("No new landing time yet.", 1))
    elif lands and where:
        there = f"{capital(arrives_verb(flight, 'arrives'))} {where.short} about {reader.at(lands, where)}"
        pieces.append(Piece(f"{there}{_late_there(alert)}.", 1, ARRIVAL))
    return [*pieces, *places_in(alert, 2)]


def _late_there(alert: Alert) -> str:
    """` (21m late)` at the arrival: nothing below ten minutes, and nothing where it was not to go."""
    late = notable(alert.flight.arrival)
    if not late or alert.flight.diverted:
        return ""
    return f" ({span(late)} {'late' if late > timedelta() else 'early'})"


def landed(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`landed EWR 22:23 EST.`, the runway's time, and where it taxis to.

    It is said to be late only where no time at the gate is known, for people were told that of the runway then.
    """
    late = "" if alert.flight.in_.best else _late_there(alert)
    pieces = places_in(alert, 1)
    taxiing = [replace(piece, text=f"Taxiing to {piece.text[:1].lower()}{piece.text[1:]}")
               if piece.text.startswith("Gate") else piece for piece in pieces]  # fmt: skip
    not_there = _not_as_planned(alert.flight)
    return [
        lead(f"landed {landed_where(alert, reader)}{late}{not_there}", facts=("phase", "phase_at", *_place(alert))),
        *connections.onward(alert, reader, 1),
        *taxiing,
        Piece(looked_for(alert.flight) if not_there else "", 2),
    ]


def arrived(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`is at the gate EWR 22:31 EST.`, late against the gate's schedule from ten minutes on; where, and the belt."""
    flight, there, at = alert.flight, alert.flight.diverted_to, alert.flight.in_.actual
    where = f"{town(there)} {reader.at(at, there)}" if there and at else place_and_time(flight.lands_at, at, reader)
    words = f"is at the gate {where}{_late_there(alert)}{_not_as_planned(flight)}"
    return [
        lead(words, facts=("phase", "phase_at", "arrival", *_place(alert))),
        *connections.onward(alert, reader, 1),
        *places_in(alert, 1),
        Piece(looked_for(flight) if there else "", 2),
    ]


def _place(alert: Alert) -> tuple[str, ...]:
    """That it was diverted, where the words name another place than it was to go to."""
    return ("diverted_to",) if alert.flight.diverted_to else ()


def _not_as_planned(flight: Flight) -> str:
    """`, not EWR`, of a flight that came down elsewhere."""
    if not flight.diverted_to:
        return ""
    return f", not {flight.destination.short if flight.destination else 'as planned'}"


def returned(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`returned to the gate at SFO: dep 16:40 PST, arr 01:01 EST Wed.`; its new times, or that there are none yet."""
    words = stand(View(flight=alert.flight, reader=reader, role=alert.role))
    news = f"returned to the gate at {alert.flight.origin.short}"
    return [words.behind(news, facts=("returned", "phase", *words.of_title)), at_gate(alert, change)]


def taxiing(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`left the gate SFO 14:10 PST, not taken off yet.`"""
    left = place_and_time(alert.flight.origin, alert.flight.out.actual, reader)
    return [lead(f"left the gate {left}, not taken off yet", facts=("phase", "phase_at"))]


_HAPPENED = {Phase.OUT: "left the gate", Phase.OFF: "took off", Phase.ON: "landed", Phase.IN: "is at the gate"}


def corrected(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`took off SFO 15:05 PST, not 14:27.`: another moment of what was told."""
    flight, reached = alert.flight, progress(alert.flight)
    where = flight.origin if reached in (Phase.OUT, Phase.OFF) else flight.lands_at
    zone = where.zone if where else flight.origin.zone
    was = f", not {clock_time(alert.told.phase_at, zone, reader.clock)}" if alert.told.phase_at and where else ""
    words = f"{_HAPPENED[reached]} {place_and_time(where, reached_at(flight), reader)}{was}"
    return [lead(words, facts=("phase", "phase_at", *(("arrival",) if reached is Phase.IN else ())))]
