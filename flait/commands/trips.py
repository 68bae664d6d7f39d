"""`flait trips`: which flights of one person connect, and how sure it is that they catch the second."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import print_json, print_table, worded
from flait.commands.tables import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flait.core.subscriptions import User
    from flait.core.trips import Connection

COLUMNS = (
    Column(name="who", breaks=True),
    Column(name="date", rank=4),
    Column(name="from"),
    Column(name="to"),
    Column(name="airport", rank=2),
    Column(name="minutes", rank=1),
    Column(name="least", rank=3),
    Column(name="state"),
)

OneUser = Annotated[str | None, typer.Option("--user", help="Only this person's, by number or name.")]


def add_to(root: typer.Typer) -> None:
    """Register the command."""
    root.command()(trips)


def trips(user: OneUser = None, as_json: AsJson = False) -> None:
    """Connections between the flights that one person travels on, as last seen."""
    from flait.commands.who import known

    store = session.app().store()
    people = [known(store, user)] if user else store.users()
    found = [(person, pair) for person in people for pair in _pairs(person)]
    if as_json:
        print_json({"trips": [_fields(person, pair) for person, pair in found]})
        return
    rows = [_row(person, pair) for person, pair in found]
    print_table(COLUMNS, rows, empty="No two flights of one traveler connect.")


def _pairs(person: "User") -> "Iterator[Connection]":
    from flait.core.trips import connections
    from flait.flows.trips import all_legs

    app = session.app()
    return connections(all_legs(app.store(), person.id), app.settings.trips.least)


def _fields(person: "User", pair: "Connection") -> dict[str, Any]:
    return {
        "user": {"id": person.id, "name": person.name, "phone": person.phone},
        "from": {"id": pair.first.id, "ident": pair.first.ident, "date": pair.first.flight.departure_date},
        "to": {"id": pair.then.id, "ident": pair.then.ident, "date": pair.then.flight.departure_date},
        "airport": pair.airport,
        "minutes": pair.minutes,
        "least": pair.least,
        "state": pair.chance,
    }


def _row(person: "User", pair: "Connection") -> tuple[object, ...]:
    state = pair.chance.replace("_", " ")
    on = worded(pair.first.flight.departure_date)
    return person.name, on, pair.first.ident, pair.then.ident, pair.airport, pair.minutes, pair.least, state
