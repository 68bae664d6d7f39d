"""`flait board`: the tracked departures as an airport would show them. It reads the database and asks nobody."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import console, print_json, print_table, safe

if TYPE_CHECKING:
    from rich.table import Table

    from flait.core.flights import Flight
    from flait.store import FlightView

REDRAW_EVERY = 1.0  # seconds, real: for eyes
COLUMNS = ("departs", "flight", "to", "gate", "arrives", "remark")
EMPTY = "No departures. Try `flait subscribe UA123 +15555550100`."
STYLES: Mapping[str, str] = {  # by how the flight stands
    "cancelled": "bold red",
    "diverted": "bold red",
    "landed elsewhere": "bold red",
    "at a gate elsewhere": "bold red",
    "late": "yellow",
    "due": "yellow",
    "no report": "yellow",
    "back at the gate": "yellow",
    "taxiing": "yellow",
    "landing overdue": "yellow",
    "on time": "green",
    "early": "green",
    "at the gate": "dim",
}


def add_to(root: typer.Typer) -> None:
    """Register the command."""
    root.command()(board)


def board(
    once: Annotated[bool, typer.Option("--once", help="Print it once, and leave.")] = False, as_json: AsJson = False
) -> None:
    """A live departures board of the tracked flights; Ctrl-C leaves it. One snapshot when piped."""
    if as_json:
        _print_snapshot()
    elif once or not sys.stdout.isatty():
        print_table(COLUMNS, [_row(view.tracked.flight, _now()) for view in _departures()], empty=EMPTY)
    else:
        _show_live()


def _print_snapshot() -> None:
    from flait.commands import flight_lines

    now = _now()
    print_json({"at": now, "flights": [flight_lines.fields(view, now) for view in _departures()]})


def _now() -> datetime:
    return session.app().clock.now()


def _departures() -> "list[FlightView]":
    """The flights still tracked, the next to leave first."""
    never = datetime.max.replace(tzinfo=UTC)
    views = session.app().store().flight_views()
    return sorted(views, key=lambda view: view.tracked.flight.departure.best or never)


def _show_live() -> None:
    from threading import Event

    from rich.live import Live

    pause = Event()
    with Live(_drawn(), console=console(), screen=True, auto_refresh=False) as live:
        while not pause.wait(REDRAW_EVERY):
            live.update(_drawn(), refresh=True)


def _drawn() -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from flait.core.standing import standing

    now = _now()
    table = Table(*COLUMNS, box=SIMPLE_HEAD, title=f"Departures {now:%H:%M} UTC", caption=_caption(), expand=True)
    for view in _departures():
        flight = view.tracked.flight
        *cells, said = (safe(cell) for cell in _row(flight, now))
        table.add_row(*map(Text, cells), Text(said, STYLES.get(standing(flight, now).state, "")))
    return table


def _caption() -> str:
    from flait.lock import daemon_of

    running = daemon_of(session.app().paths.database)
    return "Ctrl-C leaves" if running else "no daemon is running: nothing here changes until `flait daemon start`"


def _row(flight: "Flight", now: datetime) -> tuple[Any, ...]:
    from flait.commands import flight_lines
    from flait.core.formats import Reader

    best, reader = flight.departure.best, Reader(ident=flight.ident, now=now)
    return (
        reader.at(best, flight.origin) if best else "",
        flight.number,
        f"{flight.destination.city or ''} {flight.destination.short}".strip() if flight.destination else "",
        flight_lines.gate(flight.terminal_origin, flight.gate_origin),
        flight_lines.arrives(flight, now),
        flight_lines.remark(flight, now),
    )
