"""What every text says. Flight first; the new fact, old->new; what to do next; one GSM-7 segment.

Optional pieces are dropped from the least useful up, never a time. What a text does not say it does not tell:
a change that did not fit is still a change at the next look.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flait.core.flights import Airport, Flight, Phase, ScheduledFlight, Times, cancelled, progress
from flait.core.formats import Piece, Reader, day, fitted, span
from flait.core.labels import short_label
from flait.core.told import tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A finished text, and the facts it tells."""

    body: str
    tells: Mapping[str, str | bool] = field(default_factory=dict)


def label(flight: Flight, typed: str) -> str:
    """The number as the person booked it; a codeshare's behind the operating flight's."""
    return typed if typed in (flight.ident, flight.ident_icao, flight.ident_iata) else f"{flight.number} ({typed})"


def route(flight: Flight | ScheduledFlight) -> str:
    """`SFO-EWR`."""
    return f"{flight.origin.short}-{flight.destination.short}" if flight.destination else flight.origin.short


def short(value: str | None) -> str:
    """A gate, terminal or belt as signs have it; nothing for what is none."""
    return short_label(value) or ""


def gate(flight: Flight) -> str:
    """`gate F12`, `gate F12 (T3)`, `Terminal 3`, or nothing."""
    where, terminal = short(flight.gate_origin), short(flight.terminal_origin)
    if where:
        return f"gate {where}" + (f" (T{terminal})" if terminal else "")
    return f"Terminal {terminal}" if terminal else ""


def lateness(times: Times) -> str:
    """` (21m late)`, ` (9m early)`, or nothing when it is on time to the minute."""
    late = round(times.late.total_seconds() / 60)
    return f" ({span(times.late)} {'late' if late > 0 else 'early'})" if late else ""


def departs(flight: Flight, reader: Reader, *, was: datetime | None = None) -> str:
    """`dep 14:10->14:55 PST`."""
    best = flight.departure.best
    return f"dep {reader.at(best, flight.origin, was=was)}" if best else "departure time not known"


def arrives(flight: Flight, reader: Reader, *, was: datetime | None = None) -> str:
    """`arr 22:31 EST`, or nothing where no time is known."""
    best, airport = flight.arrival.best, flight.lands_at
    return f"arr {reader.at(best, airport, was=was)}" if best and airport else ""


def capital(text: str) -> str:
    """The same with a capital first letter."""
    return text[:1].upper() + text[1:]


FOOTER = "Msg rates may apply. STOP to end."


def tracked_text(flight: Flight, reader: Reader) -> Text:
    """The confirmation: which flight of which day, as it stands now.

    It counts as telling everything known, mentioned or not: what was so when the person asked is not news later.
    """
    name = f"{reader.ident} {route(flight)} {day(flight.departure_date)}"
    codeshare = "" if label(flight, reader.ident) == reader.ident else f" = {flight.number}"
    body, _ = fitted(
        [
            Piece(f"Tracking {name}{codeshare}{_state(flight, reader)}."),
            Piece(capital(_place(flight)), rank=2),
            Piece(FOOTER, rank=3),
        ]
    )
    return Text(body=body, tells=tells(flight))


def _state(flight: Flight, reader: Reader) -> str:
    if cancelled(flight):
        return ": the airline shows it CANCELLED. We tell you if that changes"
    reached = progress(flight)
    if reached in (Phase.ON, Phase.IN):
        return f": {'DIVERTED, ' if flight.diverted else ''}landed {landed_at(flight, reader)}"
    arrival = arrives(flight, reader)
    if reached is Phase.OFF:
        return ", ".join(part for part in (": in the air", _diversion(flight), arrival) if part)
    late = lateness(flight.departure) if flight.departure.late >= timedelta(minutes=10) else ""
    return f", {departs(flight, reader)}{late}" + (f", {arrival}" if arrival else "")


def _diversion(flight: Flight) -> str:
    if not flight.diverted:
        return ""
    return f"DIVERTED to {flight.diverted_to.short}" if flight.diverted_to else "DIVERTED, new airport not known yet"


def _place(flight: Flight) -> str:
    if progress(flight) not in (Phase.SCHEDULED, Phase.OUT) or cancelled(flight):
        return ""
    if flight.gate_origin:
        return f"{gate(flight)}."
    return f"{gate(flight)}, gate later." if flight.terminal_origin else "Gate later."


def pending_text(flight: ScheduledFlight, ident: str) -> Text:
    """Saved, days ahead of live data."""
    when = day(flight.departure_date)
    body, _ = fitted(
        [
            Piece(f"{ident} {route(flight)} {when} saved. Live tracking starts 2 days before;"),
            Piece("you will hear from us then."),
            Piece(FOOTER, rank=1),
        ]
    )
    return Text(body=body)


def failed_text(ident: str, when: str, reason: str) -> Text:
    """A saved subscription that could not be kept: what was asked, and why it is not watched."""
    wanted = f"{ident} {when}".strip()
    body, _ = fitted([Piece(f"{wanted} is NOT tracked:"), Piece(f"{reason}.", rank=1), Piece("Please check it.")])
    return Text(body=body)


def landed_at(flight: Flight, reader: Reader) -> str:
    """`EWR 22:38 EST`: where and when it came down."""
    on = flight.on.actual or flight.in_.actual
    return place_and_time(flight.lands_at, on, reader)


def place_and_time(where: Airport | None, at: datetime | None, reader: Reader) -> str:
    """`EWR 22:38 EST`; `at 03:38 UTC` while nobody knows where."""
    if where is None:
        return f"at {reader.at(at, _SOMEWHERE)}" if at else ""
    return f"{where.short} {reader.at(at, where)}" if at else where.short


_SOMEWHERE = Airport(code="?")
