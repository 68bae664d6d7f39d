"""What every text says. Flight first; the new fact, old->new; what to do next; one GSM-7 segment.

Optional pieces are dropped from the least useful up, never a time. What a text does not say it does not tell:
a change that did not fit is still a change at the next look.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime

from msgspec import Struct, field

from flait.core.flights import Airport, Flight, ScheduledFlight, Times
from flait.core.history import Punctuality
from flait.core.labels import short_label
from flait.core.messages import units
from flait.core.observations import is_overtaken
from flait.core.structure import Structure, one_line
from flait.core.texts.formats import SEGMENT, Piece, Reader, about, fitted, fold, lead, span


class Text(Struct, frozen=True, kw_only=True):
    """A finished text in its parts, and the facts it tells."""

    structure: Structure
    tells: Mapping[str, str | bool] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """The whole of it on one line."""
        return one_line(self.structure)


def label(flight: Flight, typed: str) -> str:
    """The number as the person booked it; a codeshare's behind the operating flight's."""
    return typed if typed in (flight.ident, flight.ident_icao, flight.ident_iata) else f"{flight.number} ({typed})"


def flown_words(record: Punctuality | None) -> str:
    """`This leg: on time 8 of last 10.`"""
    return f"This leg: {record.words}." if record else ""


def route(flight: Flight | ScheduledFlight) -> str:
    """`SFO-EWR`."""
    return f"{flight.origin.short}-{flight.destination.short}" if flight.destination else flight.origin.short


def short(value: str | None) -> str:
    """A gate, terminal or belt as signs have it; nothing for what is none."""
    return short_label(value) or ""


def gate(flight: Flight) -> str:
    """`gate F12`, `gate F12, Terminal 3`, `Terminal 3`, or nothing."""
    where, terminal = short(flight.gate_origin), short(flight.terminal_origin)
    return ", ".join(
        part for part in (f"gate {where}" if where else "", f"Terminal {terminal}" if terminal else "") if part
    )


LONGEST_TOWN = 18  # characters


def town(airport: Airport) -> str:
    """`Portland ME (PWM)`, `Pittsburgh (PIT)`; the code alone where the town has no name that a text can carry."""
    city, _, region = (part.strip() for part in fold(airport.city or "").partition(","))
    words = city.split()
    while len(words) > 1 and (len(" ".join(words)) > LONGEST_TOWN or words[-1].islower()):  # not `Santiago de`
        words.pop()
    name = " ".join(words)
    if not name or "?" in name or len(name) > LONGEST_TOWN or name.upper() in (airport.code, airport.code_iata):
        return airport.short
    state = f" {region}" if re.fullmatch("[A-Z]{2}", region) else ""
    return f"{name}{state} ({airport.short})"


def lateness(times: Times) -> str:
    """` (21m late)`, ` (9m early)`, or nothing when it is on time to the minute."""
    late = round(times.late.total_seconds() / 60)
    return f" ({span(times.late)} {'late' if late > 0 else 'early'})" if late else ""


def departs(flight: Flight, reader: Reader, *, was: datetime | None = None, on: date | None = None) -> str:
    """`dep 14:10->14:55 PST`; `on` is a day that the sentence names already."""
    best = flight.departure.best
    if best is None:
        return "departure time not known"
    return f"{departs_verb(flight)} {reader.at(best, flight.origin, was=was, on=on)}"


def arrives(flight: Flight, reader: Reader, *, was: datetime | None = None, on: date | None = None) -> str:
    """`arr 22:31 EST`, or nothing where no time is known, or one that cannot be; `on` is a day the sentence names."""
    there = _there(flight, reader, was=was, on=on)
    return f"{arrives_verb(flight)} {there}" if there else ""


def _there(flight: Flight, reader: Reader, *, was: datetime | None, on: date | None) -> str:
    best, airport = flight.arrival.best, flight.lands_at
    if best is None or airport is None or is_overtaken(flight):
        return ""
    return reader.at(best, airport, was=was, on=on)


def was_to_leave(flight: Flight, reader: Reader, *, on: date | None = None) -> str:
    """`was to leave 14:10 PST and arrive 22:31 EST`: a plan that is past, with the arrival where `arrives` has one."""
    best, there = flight.departure.best, _there(flight, reader, was=None, on=on)
    leaves = f" {reader.at(best, flight.origin, on=on)}" if best else ""
    return f"was to leave{leaves}" + (f" and {to_arrive(flight)} {there}" if there else "")


def departs_verb(flight: Flight) -> str:
    """`dep` of a gate time; `takes off` where only the runway's are known."""
    return "dep" if flight.out.best or not flight.off.best else "takes off"


def arrives_verb(flight: Flight, of_the_gate: str = "arr") -> str:
    """`arr`, or another word `of_the_gate`; `lands` where only the runway's times are known."""
    return "lands" if flight.on.best and not flight.in_.best else of_the_gate


def to_arrive(flight: Flight) -> str:
    """`arrive`, `land`: what it was to do."""
    return arrives_verb(flight, "arrives").removesuffix("s")


def day_known(flight: Flight, known: datetime | None) -> date:
    """The day by which somebody knows it who was told that schedule, though it may have moved since; of the origin."""
    return known.astimezone(flight.origin.zone).date() if known else flight.departure_date


def capital(text: str) -> str:
    """The same with a capital first letter."""
    return text[:1].upper() + text[1:]


def failed_text(ident: str, when: str, reason: str) -> Text:
    """A saved subscription that could not be kept: what was asked, and why it is not watched."""
    not_tracked, check = f"{when} is NOT tracked:".strip(), "Please check it."
    told = [about(lead(f"{not_tracked} {reason}"), ident), Piece(check)]
    if units(f"{told[0].text} {check}") > SEGMENT:
        told = [about(lead(f"{not_tracked} {check[:-1]}"), ident)]
    return Text(structure=fitted(told))


def landed_at(flight: Flight, reader: Reader) -> str:
    """`EWR 22:38 EST`: where and when it came down; the place alone where only the time at the gate is known."""
    return place_and_time(flight.lands_at, flight.on.actual, reader)


def place_and_time(where: Airport | None, at: datetime | None, reader: Reader) -> str:
    """`EWR 22:38 EST`; `03:38 UTC, airport not known yet`."""
    if where is None:
        return f"{reader.at(at, _SOMEWHERE)}, {NOT_KNOWN_WHERE}" if at else NOT_KNOWN_WHERE
    return f"{where.short} {reader.at(at, where)}" if at else where.short


NOT_KNOWN_WHERE = "airport not known yet"
_SOMEWHERE = Airport(code="?")
