"""What every alert says: a lead sentence by kind, and short sentences for whatever else the same poll showed."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from flait.core.alerts import Alert
from flait.core.changes import MOVES, NEAR, Change, ChangeKind, End
from flait.core.flights import Flight, Phase, progress
from flait.core.formats import Piece, Reader, clock_time, day, fitted, span, zone_label
from flait.core.subscriptions import Role
from flait.core.told import Told, tells
from flait.core.wording import (
    Text,
    arrives,
    capital,
    departs,
    gate,
    label,
    landed_at,
    lateness,
    place_and_time,
    route,
    short,
)

K = ChangeKind
_GATE = ("gate_origin", "terminal_origin")
_GATE_IN = ("gate_destination", "terminal_destination")
_DOWN = ("phase", "scheduled_in", "arrival")


def alert_text(alert: Alert, reader: Reader) -> Text:
    """One text for everything one poll showed: led by the first change, the others as short sentences behind it."""
    first, *others = alert.changes
    lead, *pieces = LEADS[first.kind](alert, first, reader)
    news = [Piece(TAILS[change.kind](alert, change, reader), 1, change.facts) for change in others]
    said = {fact for piece in news for fact in piece.facts}
    kept = [piece for piece in pieces if not (piece.facts and set(piece.facts) <= said)]
    head = Piece(f"{label(alert.flight, reader.ident)} {lead.text}", 0, lead.facts)
    near = next((index for index, piece in enumerate(kept) if piece.rank > 1), len(kept))
    body, facts = fitted([head, *kept[:near], *news, *kept[near:]])
    return Text(body=body, tells=tells(alert.flight, facts))


Lead = Callable[[Alert, Change, Reader], Sequence[Piece]]


def _cancelled(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    leaves = flight.departure.scheduled or flight.departure.best
    at = (
        f" {clock_time(leaves, flight.origin.zone, reader.clock)} {zone_label(leaves, flight.origin.zone)}"
        if leaves
        else ""
    )
    next_step = "Ask the airline now to rebook you." if alert.role is Role.TRAVELER else ""
    return [
        Piece(f"{route(flight)} {day(flight.departure_date)}{at} is CANCELLED.", 0, change.facts),
        Piece(next_step, 1),
    ]


def _reinstated(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    times = ", ".join(time for time in (departs(flight, reader), arrives(flight, reader)) if time)
    next_step = "Check with the airline that your booking stands." if alert.role is Role.TRAVELER else ""
    return [
        Piece(f"{route(flight)} is ON AGAIN, not cancelled: {times}.", 0, change.facts),
        Piece(f"{capital(gate(flight))}." if gate(flight) else "", 2, _GATE),
        Piece(next_step, 1),
    ]


def _diverted(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    planned = flight.destination.short if flight.destination else "its destination"
    if not flight.diverted_to:
        return [
            Piece(f"DIVERTED: not going to {planned} as planned.", 0, ("diverted_to",)),
            Piece("The new airport is not known yet; we tell you when it is.", 2),
        ]
    best = flight.arrival.best
    when = f" about {reader.at(best, flight.diverted_to)}" if best else ""
    if progress(flight) is not Phase.OFF:
        return [Piece(f"DIVERTED to {flight.diverted_to.short}, not {planned}.", 0, change.facts)]
    return [
        Piece(f"DIVERTED: now landing {flight.diverted_to.short}{when}, not {planned}.", 0, change.facts),
        Piece("We keep tracking it.", 1),
    ]


def _departed(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    off = flight.off.actual
    at = f" {reader.at(off, flight.origin)}" if off else ""
    lands = flight.on.best or flight.arrival.best
    where = flight.lands_at
    about = f"Lands {where.short} about {reader.at(lands, where)}" if lands and where else ""
    terminal = f", Terminal {short(flight.terminal_destination)}" if flight.terminal_destination else ""
    return [
        Piece(f"took off {flight.origin.short}{at}{lateness(flight.off)}.", 0, ("phase",)),
        Piece(f"{about}{terminal}." if about else "", 1, ("scheduled_in", "arrival")),
        Piece("Next text when it lands.", 3),
    ]


def _landed(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    place = _gate_in(flight)
    return [
        Piece(f"landed {landed_at(flight, reader)}{lateness(flight.on)}.", 0, _DOWN),
        Piece(f"Taxiing to {place}." if place.startswith("gate") else f"{place}." if place else "", 1, _GATE_IN),
        Piece(_belt(flight), 2, ("baggage_claim",)),
    ]


def _arrived(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    return [
        Piece(f"is at the gate {_arrived_at(flight, reader)}{lateness(flight.in_)}.", 0, _DOWN),
        Piece(f"{capital(_gate_in(flight))}." if _gate_in(flight) else "", 1, _GATE_IN),
        Piece(_belt(flight), 2, ("baggage_claim",)),
    ]


def _arrived_at(flight: Flight, reader: Reader) -> str:
    return place_and_time(flight.lands_at, flight.in_.actual, reader)


def _gate_in(flight: Flight) -> str:
    if flight.diverted and not flight.diverted_to:
        return ""  # what is known is the gate it will not come to
    where, terminal = short(flight.gate_destination), short(flight.terminal_destination)
    parts = (f"gate {where}" if where else "", f"Terminal {terminal}" if terminal else "")
    return ", ".join(part for part in parts if part)


def _belt(flight: Flight) -> str:
    return f"Bags: belt {short(flight.baggage_claim)}." if flight.baggage_claim else ""


# A text about a delay says both ends for a traveller, the arrival alone for those who wait for it.


def _times(alert: Alert, change: Change, reader: Reader) -> str:
    flight, told = alert.flight, alert.told
    if change.end is End.ARRIVAL:
        return arrives(flight, reader, was=told.arrival)
    return departs(flight, reader, was=told.departure)


def _moved(sentence: str, alert: Alert, change: Change, reader: Reader, *, old_arrival: bool) -> list[Piece]:
    """`<sentence>: dep 14:10->14:55 PST, arr 22:31->23:16 EST.` and what it tells."""
    times = [_times(alert, change, reader)]
    if change.end is End.DEPARTURE:
        times.append(arrives(alert.flight, reader, was=alert.told.arrival if old_arrival else None))
    return [Piece(f"{sentence}: {', '.join(time for time in times if time)}.", 0, change.facts)]


def _late(alert: Alert, change: Change) -> str:
    times = alert.flight.arrival if change.end is End.ARRIVAL else alert.flight.departure
    return span(times.late)


def _was_late(told: Told, change: Change) -> str:
    known, planned = (
        (told.arrival, told.scheduled_in) if change.end is End.ARRIVAL else (told.departure, told.scheduled_out)
    )
    return span(known - planned) if known and planned else "earlier"


def _at_gate(alert: Alert, change: Change, rank: int = 1) -> Piece:
    """Where it leaves from; as a change when another gate was told before."""
    if change.end is End.ARRIVAL or not gate(alert.flight):
        return Piece("")
    if alert.told.gate_origin not in (None, alert.flight.gate_origin):
        return Piece(_gate_moved(alert), rank, _GATE)
    return Piece(f"{capital(gate(alert.flight))}.", rank, _GATE)


def _delay_first(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    sentence = f"{route(alert.flight)} delayed {_late(alert, change)}"
    stay = "Airline may recover time, stay near." if change.end is End.DEPARTURE and _soon(alert, reader) else ""
    return [
        *_moved(sentence, alert, change, reader, old_arrival=True),
        _at_gate(alert, change),
        Piece(stay, 3),
    ]


def _delay_more(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    sentence = f"now {_late(alert, change)} late"
    return [
        *_moved(sentence, alert, change, reader, old_arrival=False),
        _at_gate(alert, change),
        Piece(f"Was told {_was_late(alert.told, change)}.", 2),
    ]


def _delay_less(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    sentence = f"delay cut to {_late(alert, change)}"
    be_there = _boarding(alert.flight, reader)
    return [
        *_moved(sentence, alert, change, reader, old_arrival=False),
        _at_gate(alert, change, rank=2),
        Piece(f"Be at the gate by {be_there}." if be_there and change.end is End.DEPARTURE else "", 1),
        Piece(f"Was {_was_late(alert.told, change)}.", 3),
    ]


def _earlier(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    if change.end is End.ARRIVAL:
        return [*_moved("arrives EARLIER", alert, change, reader, old_arrival=True)]
    boards = _boarding(alert.flight, reader)
    return [
        *_moved("leaves EARLIER", alert, change, reader, old_arrival=False),
        _at_gate(alert, change),
        Piece(f"Boards about {boards}." if boards else "", 2),
        Piece(f"Go now if not at {alert.flight.origin.short}." if _soon(alert, reader) else "", 3),
    ]


def _soon(alert: Alert, reader: Reader) -> bool:
    """Whether advice for this moment makes sense: it leaves within hours, not on another day."""
    best = alert.flight.departure.best
    return best is not None and best - reader.now <= NEAR


def _on_time(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    return [
        *_moved("back on time", alert, change, reader, old_arrival=False),
        _at_gate(alert, change),
        Piece("" if change.moved > timedelta() else f"Earlier {_was_late(alert.told, change)} delay is cleared.", 2),
    ]


def _schedule_change(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    way = "LATER" if change.moved > timedelta() else "EARLIER"
    on = day(alert.flight.departure_date)
    return [
        *_moved(f"{on} moved by the airline, {span(change.moved)} {way}", alert, change, reader, old_arrival=False),
        Piece("Check connections." if change.end is End.DEPARTURE else "", 1),
    ]


BOARDS_BEFORE = timedelta(minutes=35)  # usual for a narrow-body; an estimate, and worded as one


def _boarding(flight: Flight, reader: Reader) -> str:
    best = flight.departure.best
    if not best or best - BOARDS_BEFORE <= reader.now:
        return ""
    return clock_time(best - BOARDS_BEFORE, flight.origin.zone, reader.clock)


def _leaves(alert: Alert, reader: Reader) -> Piece:
    """The tail of gate texts: when it leaves, and when it boards."""
    boards = _boarding(alert.flight, reader)
    leaves = capital(departs(alert.flight, reader))
    return Piece(f"{leaves}, boards about {boards}." if boards else f"{leaves}.", 1, ())


def _gate_first(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    terminal = f", Terminal {short(flight.terminal_origin)}" if flight.terminal_origin else ""
    return [
        Piece(f"gate assigned: {short(flight.gate_origin)}{terminal}, {flight.origin.short}.", 0, change.facts),
        _leaves(alert, reader),
    ]


def _gate_change(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    flight, told = alert.flight, alert.told
    new_terminal = _new_terminal(alert)
    moved_terminal = bool(told.terminal_origin and new_terminal)
    old = f"{short(told.terminal_origin)}->" if moved_terminal else ""
    terminal = f" (Terminal {old}{new_terminal})" if new_terminal else ""
    gates = f"{short(told.gate_origin)}->{short(flight.gate_origin)}"
    return [
        Piece(f"GATE CHANGE {gates}{terminal} {flight.origin.short}.", 0, change.facts),
        _leaves(alert, reader),
        Piece("Gate is still changing: check the board." if alert.gate_flaps else "", 2),
        Piece("Terminal change: allow extra time." if moved_terminal else "", 3),
    ]


def _terminal_first(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    return [
        Piece(f"leaves from Terminal {short(flight.terminal_origin)}, {flight.origin.short}.", 0, change.facts),
        _leaves(alert, reader),
    ]


def _terminal_change(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    terminals = f"{short(alert.told.terminal_origin)}->{short(flight.terminal_origin)}"
    return [
        Piece(f"TERMINAL CHANGE {terminals} {flight.origin.short}.", 0, change.facts),
        _leaves(alert, reader),
        Piece("Allow extra time.", 2),
    ]


def _belt_lead(alert: Alert, change: Change, _: Reader) -> Sequence[Piece]:
    flight, told = alert.flight, alert.told
    where = flight.lands_at.short if flight.lands_at else "arrival"
    old = f"{short(told.baggage_claim)}->" if told.baggage_claim else ""
    terminal = f", Terminal {short(flight.terminal_destination)}" if flight.terminal_destination else ""
    return [Piece(f"bags at {where}: belt {old}{short(flight.baggage_claim)}{terminal}.", 0, change.facts)]


LEADS: Mapping[ChangeKind, Lead] = {
    K.CANCELLED: _cancelled,
    K.REINSTATED: _reinstated,
    K.DIVERTED: _diverted,
    K.ARRIVED: _arrived,
    K.LANDED: _landed,
    K.DEPARTED: _departed,
    K.EARLIER: _earlier,
    K.SCHEDULE_CHANGE: _schedule_change,
    K.DELAY_MORE: _delay_more,
    K.DELAY_FIRST: _delay_first,
    K.DELAY_LESS: _delay_less,
    K.ON_TIME: _on_time,
    K.GATE_CHANGE: _gate_change,
    K.TERMINAL_CHANGE: _terminal_change,
    K.GATE_FIRST: _gate_first,
    K.TERMINAL_FIRST: _terminal_first,
    K.BELT: _belt_lead,
}
"""What leads a text, by kind."""


Tail = Callable[[Alert, Change, Reader], str]


def _moved_tail(alert: Alert, change: Change, reader: Reader) -> str:
    return f"Now {_times(alert, change, reader)}."


def _gate_moved(alert: Alert) -> str:
    terminal = _new_terminal(alert)
    gates = f"{short(alert.told.gate_origin)}->{short(alert.flight.gate_origin)}"
    return f"GATE CHANGE {gates} (T{terminal})." if terminal else f"GATE CHANGE {gates}."


def _new_terminal(alert: Alert) -> str:
    """The terminal of departure, if it is another than was told."""
    return short(alert.flight.terminal_origin) if alert.flight.terminal_origin != alert.told.terminal_origin else ""


def _terminal_tail(alert: Alert, _: Change, __: Reader) -> str:
    return f"TERMINAL CHANGE {short(alert.told.terminal_origin)}->{short(alert.flight.terminal_origin)}."


def _place_tail(alert: Alert, _: Change, __: Reader) -> str:
    return f"{capital(gate(alert.flight))}."


TAILS: Mapping[ChangeKind, Tail] = {
    K.ARRIVED: lambda alert, _, reader: f"At the gate {_arrived_at(alert.flight, reader)}.",
    K.LANDED: lambda alert, _, reader: f"Landed {landed_at(alert.flight, reader)}.",
    K.DEPARTED: lambda alert, _, __: f"Took off from {alert.flight.origin.short}.",
    **dict.fromkeys(sorted(MOVES), _moved_tail),
    K.GATE_CHANGE: lambda alert, _, __: _gate_moved(alert),
    K.TERMINAL_CHANGE: _terminal_tail,
    K.GATE_FIRST: _place_tail,
    K.TERMINAL_FIRST: _place_tail,
    K.BELT: lambda alert, _, __: _belt(alert.flight),
}
"""What follows in a text, by kind; cancelled, reinstated and diverted always lead."""
