"""How a followed flight stands, when its follower asks: the whole of it, one fact of it, or a line of the list.

What an answer states counts as told: it is no news afterwards. How old it is is always said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flait.core.flights import Flight, Phase, cancelled, progress
from flait.core.formats import SEGMENT, Piece, Reader, clock_time, day, fitted, fold, span
from flait.core.messages import units
from flait.core.reply_kinds import Fact
from flait.core.subscriptions import ClockFace
from flait.core.told import tells
from flait.core.wording import Text, arrives, capital, departs, gate, label, landed_at, lateness, route, short

_LEAVING = ("scheduled_out", "departure", "scheduled_in", "arrival")
_LANDING = ("phase", "scheduled_in", "arrival")
_GATE = ("gate_origin", "terminal_origin")
_GATE_IN = ("gate_destination", "terminal_destination")
_BELT = ("baggage_claim",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How old what is known is; `stale` when newer facts were asked for in vain."""

    age: timedelta
    stale: bool = False

    @property
    def text(self) -> str:
        """`Seen 2m ago.`"""
        when = "just now" if self.age < timedelta(minutes=1) else f"{span(self.age)} ago"
        return f"Seen {when}; no newer data now." if self.stale else f"Seen {when}."


def status_text(flight: Flight, reader: Reader, seen: Seen, *, fact: Fact = Fact.ALL, others: int = 0) -> Text:
    """The flight as it stands, or the one fact asked for. `others` is how many more the person follows."""
    answer = _ANSWERS[Fact.ALL if cancelled(flight) else fact]
    name = label(flight, reader.ident)
    lead, *more = answer(flight, reader)
    body, facts = fitted(
        [
            Piece(f"{name} {lead.text}", 0, lead.facts),
            *more,
            Piece(seen.text),
            Piece(f"LIST shows {others} more." if others else "", 4),
        ]
    )
    return Text(body=body, tells=tells(flight, facts))


def _all(flight: Flight, reader: Reader) -> Sequence[Piece]:
    return [_state(flight, reader), *_places(flight)]


def _when(flight: Flight, reader: Reader) -> Sequence[Piece]:
    return [_state(flight, reader)]


def _state(flight: Flight, reader: Reader) -> Piece:
    if cancelled(flight):
        return Piece(f"{route(flight)} {day(flight.departure_date)} is CANCELLED.", 0, ("cancelled",))
    state = _STATES[progress(flight)](flight, reader)
    diverted = ("diverted_to",) if flight.diverted else ()
    return Piece(f"{route(flight)}: {_diverted(flight)}{state.text}.", 0, (*state.facts, *diverted))


def _diverted(flight: Flight) -> str:
    if not flight.diverted:
        return ""
    return f"DIVERTED to {flight.diverted_to.short}, " if flight.diverted_to else "DIVERTED, new airport not known, "


def _scheduled(flight: Flight, reader: Reader) -> Piece:
    times = (f"{departs(flight, reader)}{lateness(flight.departure)}", arrives(flight, reader))
    return Piece(", ".join(time for time in times if time), 0, _LEAVING)


def _out(flight: Flight, reader: Reader) -> Piece:
    left = f"left the gate {reader.at(flight.out.actual, flight.origin)}" if flight.out.actual else "left the gate"
    return Piece(", ".join(part for part in (left, arrives(flight, reader)) if part), 0, ("phase", *_LEAVING))


def _off(flight: Flight, reader: Reader) -> Piece:
    off = None if flight.diverted else flight.off.actual  # where it lands now matters more, and both do not always fit
    since = f" since {reader.at(off, flight.origin)}" if off else ""
    lands, where = flight.on.best or flight.arrival.best, flight.lands_at
    about = f", lands {where.short} about {reader.at(lands, where)}{lateness(flight.on)}" if lands and where else ""
    return Piece(f"in the air{since}{about}", 0, _LANDING)


def _on(flight: Flight, reader: Reader) -> Piece:
    return Piece(f"landed {landed_at(flight, reader)}{lateness(flight.on)}", 0, _LANDING)


def _in(flight: Flight, reader: Reader) -> Piece:
    return Piece(f"arrived, landed {landed_at(flight, reader)}{lateness(flight.on)}", 0, _LANDING)


_STATES: Mapping[Phase, Callable[[Flight, Reader], Piece]] = {
    Phase.SCHEDULED: _scheduled,
    Phase.OUT: _out,
    Phase.OFF: _off,
    Phase.ON: _on,
    Phase.IN: _in,
}


def _places(flight: Flight) -> list[Piece]:
    if cancelled(flight):
        return []
    if _is_here(flight):
        where = gate(flight)
        return [Piece(f"{capital(where)}." if where else "No gate yet.", 1 if where else 3, _GATE)]
    where = _gate_in(flight)
    belt = f"Bags: belt {short(flight.baggage_claim)}." if flight.baggage_claim else ""
    return [Piece(f"{capital(where)}." if where else "", 1, _GATE_IN), Piece(belt, 2, _BELT)]


def _is_here(flight: Flight) -> bool:
    """Still at the airport of departure."""
    return progress(flight) in (Phase.SCHEDULED, Phase.OUT)


def _gate_in(flight: Flight) -> str:
    if flight.diverted and not flight.diverted_to:
        return ""  # what is known is the gate it will not come to
    where, terminal = short(flight.gate_destination), short(flight.terminal_destination)
    parts = (f"gate {where}" if where else "", f"Terminal {terminal}" if terminal else "")
    return ", ".join(part for part in parts if part)


def _gate_fact(flight: Flight, reader: Reader) -> Sequence[Piece]:
    if _is_here(flight):
        where = gate(flight) if flight.gate_origin else f"has no gate yet{_terminal(flight)}"
        return [Piece(f"{where}, {flight.origin.short}, {departs(flight, reader)}.", 0, (*_GATE, *_LEAVING[:2]))]
    airport = flight.lands_at.short if flight.lands_at else "arrival"
    arrival = arrives(flight, reader)
    return [
        Piece(f"at {airport}: {_gate_in(flight) or 'no gate known'}.", 0, _GATE_IN),
        Piece(f"{capital(arrival)}." if arrival else "", 1, ("scheduled_in", "arrival")),
    ]


def _terminal(flight: Flight) -> str:
    return f" (T{short(flight.terminal_origin)})" if flight.terminal_origin else ""


def _bags(flight: Flight, reader: Reader) -> Sequence[Piece]:
    airport = flight.lands_at.short if flight.lands_at else "arrival"
    belt, terminal = short(flight.baggage_claim), short(flight.terminal_destination)
    where = f"belt {belt}" + (f", Terminal {terminal}" if terminal else "") if belt else "no belt known yet"
    arrival = arrives(flight, reader)
    return [
        Piece(f"bags at {airport}: {where}.", 0, _BELT),
        Piece(f"{capital(arrival)}." if arrival and not belt else "", 1, ("scheduled_in", "arrival")),
    ]


_ANSWERS: Mapping[Fact, Callable[[Flight, Reader], Sequence[Piece]]] = {
    Fact.ALL: _all,
    Fact.GATE: _gate_fact,
    Fact.BAGS: _bags,
    Fact.WHEN: _when,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A line of the list: the flight, or, while it is not pinned, what was saved."""

    ident: str
    flight: Flight | None = None
    on: date | None = None
    wish: str = ""
    origin: str | None = None


def list_text(rows: Sequence[Listed], *, now: datetime, clock: ClockFace) -> str:
    """Numbered from 1; as many as fit one segment, and how many more there are."""
    lines = [fold(f"{number} {_line(row, now, clock)}") for number, row in enumerate(rows, 1)]
    for footer in ("Reply STATUS 1, UNTRACK 1 or MUTE 1.", ""):
        if units(_list_of(lines, footer)) <= SEGMENT:
            return _list_of(lines, footer)
    shown = max(count for count in range(len(lines)) if units(_cut(lines, count)) <= SEGMENT)
    return _cut(lines, shown)


def _list_of(lines: Sequence[str], footer: str) -> str:
    return "\n".join([*lines, footer] if footer else lines)


def _cut(lines: Sequence[str], count: int) -> str:
    return _list_of(lines[:count], f"and {len(lines) - count} more: STATUS {count + 1} tells the next.")


def _line(row: Listed, now: datetime, clock: ClockFace) -> str:
    if row.flight is None:
        when = _short_day(row.on, now) if row.on else row.wish or "next"
        return " ".join(part for part in (row.ident, when, row.origin, "saved") if part)
    flight, leaves = row.flight, row.flight.departure.best
    today = now.astimezone(flight.origin.zone)
    at = f"{clock_time(leaves, flight.origin.zone, clock)} " if leaves else ""
    return f"{row.ident} {_short_day(flight.departure_date, today)} {route(flight)} {at}{_in_a_word(flight)}"


def _short_day(on: date, today: datetime) -> str:
    """`Tue25` within a week, `14Jun` beyond."""
    weekday, number, month = day(on).split()
    return f"{weekday}{number}" if abs((on - today.date()).days) < 7 else f"{number}{month}"


def _in_a_word(flight: Flight) -> str:
    reached = progress(flight)
    if cancelled(flight):
        return "CANCELLED"
    if reached in (Phase.ON, Phase.IN):
        return "landed"
    if flight.diverted:
        return "DIVERTED"
    late = flight.departure.late
    if reached is Phase.OFF or abs(late) < timedelta(minutes=5):
        return "in the air" if reached is Phase.OFF else "on time"
    return f"{'+' if late > timedelta() else '-'}{span(late)}"
