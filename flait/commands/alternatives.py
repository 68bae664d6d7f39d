"""`flait alternatives`: what else leaves for where a flight goes, until the end of tomorrow."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.output import print_json, print_table, reads, say, stamp
from flait.commands.subscribing import At, Date, From, Ident, To
from flait.commands.tables import Column

if TYPE_CHECKING:
    from datetime import datetime

    from flait.core.alternatives import Pair
    from flait.core.flights import Airport, ScheduledFlight
    from flait.core.wanted import Leg, Wanted
    from flait.flows.ports import FlightSource

FURTHEST_EAST = timedelta(hours=14)  # no calendar is further ahead of UTC's
COLUMNS = (
    Column(name="flight"),
    Column(name="origin", rank=2),
    Column(name="destination", rank=2),
    Column(name="departs"),
    Column(name="arrives", rank=1),
)


def add_to(root: typer.Typer) -> None:
    """Register the command."""
    root.command()(alternatives)


def alternatives(
    ident: Ident,
    date: Date = None,
    origin: From = None,
    destination: To = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Other flights between the same two airports, from an hour from now to the end of tomorrow."""
    from flait.commands.asking import patience
    from flait.core.alternatives import others, pair_of
    from flait.errors import NotFound
    from flait.flows.alternatives import departures

    app, wanted = session.app(), _wanted(ident, date, origin, destination, at)
    with patience(once=True) as asking:
        leg = _followed(wanted) or _found(wanted, asking.source())
        pair = pair_of(leg)
        if pair is None:
            raise NotFound(f"where {wanted.ident} goes is not known yet", "ask the airline")
        _refuse_what_is_far(leg, pair)
        rows = departures(app.store(), asking.source, pair, app.clock)
    there_from = _there_from(leg)
    found = others(rows, pair, app.clock.now(), known=[leg, *_known(pair)], there_from=there_from)
    if as_json:
        print_json({"alternatives": [_fields(row) for row in found]})
        return
    print_table(COLUMNS, [_row(row) for row in found])
    _say_what_is_not_known(pair, found, there_from)


def _refuse_a_far_day(wanted: "Wanted") -> None:
    """The same of a day that was typed, where it is later than tomorrow everywhere: no look finds otherwise."""
    from contextlib import suppress

    from flait.errors import InvalidDate, NotFound

    now = session.app().clock.now()
    with suppress(InvalidDate):  # a day that is past somewhere: for AeroAPI to say
        if wanted.wish and wanted.wish.on(now.date()) > (now + FURTHEST_EAST).date() + timedelta(days=1):
            raise NotFound(
                f"other flights are shown until the end of tomorrow, not of {wanted.wish.text}",
                "ask again on the day before, or ask the airline",
            )


def _refuse_what_is_far(leg: "Leg", pair: "Pair") -> None:
    """No look is spent on days that are not that of the flight. In the place of a cancelled one any day will do."""
    from flait.core.flights import Flight, cancelled
    from flait.core.texts.formats import day
    from flait.errors import NotFound

    of_any_day = isinstance(leg, Flight) and cancelled(leg)
    if not of_any_day and leg.departure_date >= pair.over_on(session.app().clock.now()):
        raise NotFound(
            f"{leg.number} leaves {day(leg.departure_date)}, and other flights are shown until the end of tomorrow",
            "ask again on the day before, or ask the airline",
        )


def _wanted(ident: str, date: str | None, origin: str | None, destination: str | None, at: str | None) -> "Wanted":
    from flait.commands.typed import TypedLeg
    from flait.core.subscriptions import Role

    return TypedLeg.typed(origin, destination, at).wanted(ident, date, Role.WATCHER)  # one in the air is meant too


def _followed(wanted: "Wanted") -> "Leg | None":
    """The flight meant, where it is followed: then nobody is asked. Raises AmbiguousFlight."""
    from flait.core.alternatives import foremost, is_one_way
    from flait.core.findings import Several
    from flait.core.texts.refusals import refused

    there = [row.flight for row in session.app().store().find_open({str(wanted.ident)})]
    right = [[flight] for flight in there if wanted.is_from_there(flight) and wanted.is_of_that_day(flight)]
    flights = [leg[0] for leg in wanted.chosen(right)]
    if flights and not is_one_way(flights):
        raise refused(Several(legs=flights), wanted)
    return flights[foremost(flights, (), session.app().clock.now()) or 0] if flights else None


def _found(wanted: "Wanted", source: "FlightSource") -> "Leg":
    """The flight meant, as `flait subscribe` finds it."""
    from flait.core.alternatives import leg_meant
    from flait.core.findings import Found
    from flait.core.texts.refusals import refused
    from flait.flows.find import find

    _refuse_a_far_day(wanted)
    _, finding = find(source, wanted, now=session.app().clock.now())
    leg = leg_meant(finding)
    if leg is None:
        assert not isinstance(finding, Found)  # which names its leg
        raise refused(finding, wanted)
    return leg


def _known(pair: "Pair") -> "list[Leg]":
    """What somebody follows from there, and what is known to be cancelled."""
    from flait.core.flights import cancelled

    views = session.app().store().watched_from(pair.origin)
    return [view.tracked.flight for view in views if view.subscribers or cancelled(view.tracked.flight)]


def _there_from(leg: "Leg") -> "datetime | None":
    """From when on somebody who follows it can leave there, where another flight brings all of them; None: now."""
    from flait.core.flights import Flight
    from flait.flows.trips import there_from

    app = session.app()
    tracked = app.store().tracked_by_fa_flight_id(leg.fa_flight_id) if isinstance(leg, Flight) else None
    people = app.store().live_subscribers(tracked.id) if tracked else []
    least = app.settings.trips.least
    ready = [there_from(app.store(), one.user.id, one.subscription.id, least) for one in people]
    known = [at for at in ready if at]
    return min(known) if known and len(known) == len(ready) else None


def _say_what_is_not_known(pair: "Pair", found: "list[ScheduledFlight]", ready: "datetime | None") -> None:
    from flait.core.texts.alternatives import SEATS, none_text
    from flait.core.texts.formats import Reader

    say(SEATS if found else none_text(pair, Reader(ident="", now=session.app().clock.now()), ready))


def _fields(row: "ScheduledFlight") -> dict[str, Any]:
    return {
        "ident": row.number,
        "origin": row.origin.short,
        "destination": row.destination.short if row.destination else None,
        "scheduled_out": row.scheduled_out,
        "scheduled_in": row.scheduled_in,
    }


def _row(row: "ScheduledFlight") -> tuple[object, ...]:
    there = row.destination
    arrives = _at(row.scheduled_in, there) if row.scheduled_in and there else ""
    return row.number, row.origin.short, there.short if there else "", _at(row.scheduled_out, row.origin), arrives


def _at(moment: "datetime", airport: "Airport") -> str:
    """On the airport's clocks for people."""
    from flait.core.texts.formats import Reader

    return reads(Reader(ident="", now=session.app().clock.now()).at(moment, airport), stamp(moment))
