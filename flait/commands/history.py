"""`flait history`: how a flight number has flown lately, from what is stored, or what FlightAware says now."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import print_json, print_table, say, worded
from flait.commands.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flait.core.history import Flown

COLUMNS = (
    Column(name="date"),
    Column(name="from"),
    Column(name="to"),
    Column(name="left", rank=1),
    Column(name="arrived"),
)
Number = Annotated[str, typer.Argument(metavar="IDENT", help="The flight number, like UA123 or BAW12.")]


def add_to(root: typer.Typer) -> None:
    """Register the command."""
    root.command()(history)


def history(ident: Number, as_json: AsJson = False) -> None:
    """How a flight number has flown lately: minutes late at both ends, newest first. `flait history UA123`"""
    from flait.commands.asking import patience
    from flait.core.history import by_leg, punctuality
    from flait.core.idents import parse_ident
    from flait.flows.history import looked_up

    app = session.app()
    with patience(once=True) as asking:
        flights = looked_up(app.store(), asking.source(), app.clock, ident)
    if as_json:
        known = punctuality(flights)
        fields = {"ident": str(parse_ident(ident)), "flights": [_fields(one) for one in flights]}
        print_json({**fields, "on_time": known.on_time, "of": known.of})
        return
    print_table(COLUMNS, [_row(one) for one in flights])
    if not flights:
        say(_why_nothing(ident))
    for (origin, destination), known in by_leg(flights).items():
        say(f"{origin}-{destination}: {known.words}.")


def _why_nothing(ident: str) -> str:
    """Which look showed nothing, and when the next one is due."""
    from flait.core.history import OLD
    from flait.core.idents import parse_ident

    asked_at = session.app().store().flown_asked_at(str(parse_ident(ident)))
    assert asked_at is not None  # else it was asked now, or refused
    return (
        f"No flight of {parse_ident(ident)} that is over is known: FlightAware showed none when it was asked, "
        f"{worded(asked_at)}. It is not asked again before {worded(asked_at + OLD)}."
    )


def _fields(one: "Flown") -> dict[str, Any]:
    return {
        "date": one.date,
        "origin": one.origin,
        "destination": one.destination,
        "departure_late_min": one.departure_late_min,
        "arrival_late_min": one.arrival_late_min,
        "cancelled": one.cancelled,
    }


def _row(one: "Flown") -> "Sequence[object]":
    ended = "cancelled" if one.cancelled else "elsewhere" if one.arrival_late_min is None else ""
    return one.date, one.origin, one.destination, _late(one.departure_late_min), ended or _late(one.arrival_late_min)


def _late(minutes: int | None) -> str:
    """`12 min late`, `on time`, `3 min early`; nothing where it is not known."""
    if minutes is None:
        return ""
    if minutes == 0:
        return "on time"
    return f"{abs(minutes)} min {'late' if minutes > 0 else 'early'}"
