"""Rows and values: the one place where either becomes the other. Never touches the database."""

from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, TypeVar

import msgspec

from flait.core.flights import Flight, phase
from flait.core.messages import Message
from flait.core.preferences import Preferences
from flait.core.structure import Structure
from flait.core.subscriptions import Address, Subscription, User
from flait.core.trips import Leg
from flait.core.values import fields
from flait.errors import NotOurs
from flait.store.values import LoggedFacts, Subscriber, TrackedFlight
from flait.system.shapes import known

Row = dict[str, Any]
Value = TypeVar("Value")

_encode = msgspec.json.Encoder().encode


def plain(value: object) -> object:
    """A value as SQLite keeps it. Raises ValueError for a naive datetime: nobody knows which moment that is."""
    if value is None or type(value) in (str, int, float):
        return value
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def as_json(value: object) -> str:
    """A value as JSON text; dataclasses, moments, dates and durations included."""
    return _encode(value).decode()


def read(kind: type[Value], row: Row) -> Value:
    """A row as a value of core or of this module; columns that it does not know are left out. Raises NotOurs."""
    return _converted(kind, row)


def _converted(kind: type[Value], columns: Row) -> Value:
    try:
        return msgspec.convert(columns, known(kind))
    except msgspec.ValidationError as problem:
        raise _unreadable(kind, problem) from problem


def _unreadable(kind: type, problem: Exception) -> NotOurs:
    return NotOurs(
        f"a stored {kind.__name__} cannot be read ({problem})",
        "stop the daemon, then restore a backup: flait backup restore FILE",
    )


def read_json(kind: type[Value], text: str) -> Value:
    """JSON text as a value; what it lacks takes its default, what it has too much is left out. Raises NotOurs."""
    try:
        return msgspec.json.decode(text, type=known(kind))
    except msgspec.DecodeError as problem:
        raise _unreadable(kind, problem) from problem


def read_flight(row: Row) -> TrackedFlight:
    """A row of `flights`."""
    previous = read_json(Flight, row["previous"]) if row["previous"] else None
    return _converted(TrackedFlight, {**row, "flight": read_json(Flight, row["latest"]), "previous": previous})


def read_message(row: Row) -> Message:
    """A row of `messages`; the user_id of a person since removed reads 0."""
    parts = read_json(Structure, row["structure"]) if row["structure"] else None
    tells = read_json(dict, row["tells"])
    return _converted(Message, {**row, "user_id": row["user_id"] or 0, "tells": tells, "structure": parts})


def read_user(row: Row) -> User:
    """A row of the view `people`; addresses in the order in which they were agreed to."""
    addresses = read_json(tuple[Address, ...], row["addresses"])
    preferences = read_json(Preferences, row["preferences"])
    return _converted(User, {**row, "addresses": addresses, "preferences": preferences})


def read_subscriber(row: Row) -> Subscriber:
    """A row of the view `subscribers`: a subscription's columns, and its person's named `user_…`."""
    person = {name: row[column] for name, column in _PERSON}
    return Subscriber(subscription=read(Subscription, row), user=read_user(person))


def read_leg(row: Row) -> Leg:
    """What somebody travels on: a subscription's id and number, its flight, and that as of the look before."""
    previous = read_json(Flight, row["previous"]) if row["previous"] else None
    return Leg(id=row["id"], ident=row["ident"], flight=read_json(Flight, row["latest"]), previous=previous)


_PERSON = tuple((field.name, f"user_{field.name}") for field in fields(User))
"""The columns of `subscribers` that are the person's."""


def facts(flight: Flight) -> LoggedFacts:
    """What the flight log keeps of a flight."""
    return LoggedFacts(
        phase=phase(flight),
        departs_at=flight.departure.best,
        departure_late=flight.departure.late,
        arrives_at=flight.arrival.best,
        arrival_late=flight.arrival.late,
        terminal_origin=flight.terminal_origin,
        gate_origin=flight.gate_origin,
        terminal_destination=flight.terminal_destination,
        gate_destination=flight.gate_destination,
        baggage_claim=flight.baggage_claim,
        diverted_to=flight.diverted_to.code if flight.diverted_to else None,
    )
