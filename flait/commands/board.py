"""`flait board`: the tracked departures as an airport would show them. It reads the database and asks nobody."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import Style, console, laid, print_json, print_table, screen_width, worded
from flait.commands.tables import Column

if TYPE_CHECKING:
    from rich.console import Group

    from flait.store import FlightView

REDRAW_EVERY = 1.0  # seconds, real: for eyes
COLUMNS = (
    Column(name="departs"),
    Column(name="flight"),
    Column(name="to"),
    Column(name="city", rank=3, breaks=True),
    Column(name="terminal", rank=4),
    Column(name="gate", rank=1),
    Column(name="arrives", rank=2, breaks=True),
    Column(name="remark", breaks=True),
)
REMARK = len(COLUMNS) - 1
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
        now, views = _now(), _views()
        print_table(COLUMNS, [_row(view, now) for view in views], empty=EMPTY, style=_style(views, now))
    else:
        _show_live()


def _print_snapshot() -> None:
    from flait.commands import flight_lines

    now = _now()
    print_json({"at": now, "flights": [flight_lines.fields(view, now) for view in _views()]})


def _now() -> datetime:
    return session.app().clock.now()


def _views() -> "list[FlightView]":
    """The flights still tracked, the next to leave first; none that is watched for its plane alone."""
    never, store = datetime.max.replace(tzinfo=UTC), session.app().store()
    views = [view for view in store.flight_views() if view.subscribers or not store.watch_reasons(view.tracked.id)]
    return sorted(views, key=lambda view: view.tracked.flight.departure.best or never)


def _style(views: "Sequence[FlightView]", now: datetime) -> Style:
    """A remark looks as the flight stands; what nobody knows looks like what is late."""
    from flait.commands import flight_lines
    from flait.core.standing import BY_THE_CLOCK, standing

    def style(row: int, column: int) -> str:
        state = standing(views[row].tracked.flight, now).state
        unknown = state in BY_THE_CLOCK and flight_lines.silent_since(views[row], now)
        return (STYLES["late"] if unknown else STYLES.get(state, "")) if column == REMARK else ""

    return style


def _show_live() -> None:
    from threading import Event

    from rich.live import Live

    pause = Event()
    with Live(_drawn(), console=console(), screen=True, auto_refresh=False) as live:
        while not pause.wait(REDRAW_EVERY):
            live.update(_drawn(), refresh=True)


def _drawn() -> "Group":
    from rich.console import Group
    from rich.text import Text

    now, views = _now(), _views()
    rows = [_row(view, now) for view in views]
    table = laid(COLUMNS, rows, screen_width(), _style(views, now)) if rows else Text(EMPTY)
    title = Text(f"Departures {worded(now)}", style="italic")
    return Group(title, Text(), table, Text(_caption(), style="dim italic"))


def _caption() -> str:
    from flait.system.lock import daemon_of

    running = daemon_of(session.app().paths.database)
    return "Ctrl-C leaves" if running else "no daemon is running: nothing here changes until `flait daemon start`"


def _row(view: "FlightView", now: datetime) -> tuple[Any, ...]:
    from flait.commands import flight_lines

    flight = view.tracked.flight
    to, gate, terminal = flight.destination, flight.gate_origin, flight.terminal_origin
    return (
        next(iter(flight_lines.departs(flight, now)), ""),
        flight.number,
        to.short if to else "",
        to.city if to else "",
        terminal,
        gate,
        flight_lines.arrives(flight, now),
        flight_lines.remark_of(view, now),
    )
