"""`flait flights`: what is tracked, and when it is asked about next."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import print_json, print_table
from flait.commands.tables import Column

if TYPE_CHECKING:
    from flait.store import FlightView, Store

COLUMNS = (
    Column(name="flight"),
    Column(name="route", rank=1),
    Column(name="date"),
    Column(name="stands", breaks=True),
    Column(name="departs", breaks=True),
    Column(name="arrives", rank=1, breaks=True),
    Column(name="next poll", rank=4),
    Column(name="followers", rank=2),
)


def add_to(root: typer.Typer) -> None:
    """Register the command."""
    root.command()(flights)


def flights(
    everything: Annotated[bool, typer.Option("--all", help="Those no longer tracked too.")] = False,
    as_json: AsJson = False,
) -> None:
    """The tracked flights, as last seen."""
    from flait.commands import flight_lines

    app = session.app()
    store, now = app.store(), app.clock.now()
    views = store.flight_views(include_closed=everything)
    if as_json:
        print_json({"flights": [flight_lines.fields(view, now) for view in views]})
        return
    print_table(
        COLUMNS,
        [_row(store, view, now) for view in views],
        empty="No flight is tracked. Try `flait subscribe UA123 +15555550100`.",
    )


def _row(store: "Store", view: "FlightView", now: datetime) -> tuple[object, ...]:
    from flait.commands import flight_lines
    from flait.core.texts.wording import route

    flight = view.tracked.flight
    return (
        flight.number,
        route(flight),
        flight.departure_date,
        flight_lines.remark_of(view, now),
        flight_lines.departs(flight, now),
        flight_lines.arrives(flight, now),
        flight_lines.until(view.tracked.next_poll_at, now),
        view.subscribers or _brings(store, view),
    )


def _brings(store: "Store", view: "FlightView") -> object:
    """`plane of UA1234`, of a flight that is watched for its plane alone."""
    waiting = [store.tracked(reason.for_flight_id or 0) for reason in store.watch_reasons(view.tracked.id)]
    numbers = ", ".join(one.flight.number for one in waiting if one)
    return f"plane of {numbers}" if numbers else view.subscribers
