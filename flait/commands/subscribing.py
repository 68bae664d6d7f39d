"""`flait subscribe`, `unsubscribe` and `subscriptions`: who follows what."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.output import print_json, print_table, safe, say

if TYPE_CHECKING:
    from flait.core.subscriptions import Role, Subscription
    from flait.flows.resolve import Wanted
    from flait.flows.subscribe import Person, Subscribed
    from flait.store import Store, SubscriptionView

SAVED_NOT_FINISHED = 3

Ident = Annotated[str, typer.Argument(help="The flight number, like UA123 or BAW12.")]
Who = Annotated[str, typer.Argument(help="A phone number with country code, or the name of somebody known.")]
Date = Annotated[
    str | None,
    typer.Option("--date", help="The day it leaves there: 2026-11-25, 25 nov, fri, today, tomorrow."),
]


def add_to(root: typer.Typer) -> None:
    """Register the commands."""
    root.command()(subscribe)
    root.command()(unsubscribe)
    root.command()(subscriptions)


def subscribe(
    ident: Ident,
    who: Who,
    date: Date = None,
    role: Annotated[
        str | None, typer.Option("--as", help="traveler (default), meeter or watcher: what is worth a text.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="What to call a person who is new.")] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="sms or whatsapp; without it the person's usual channel.")
    ] = None,
    origin: Annotated[
        str | None, typer.Option("--from", help="The airport it leaves from, where one number has several legs.")
    ] = None,
) -> int:
    """Text somebody what changes on a flight, from now on. `flait subscribe UA123 +15555550100`"""
    from flait.flows.subscribe import subscribe as follow

    app = session.app()
    store = app.store()
    person = _person(store, who, name, channel)
    wanted = _wanted(store, person, ident, date=date, role=role, origin=origin)
    done = follow(store, app.source(attempts=3), app.clock, person=person, wanted=wanted)
    say(_outcome(done))
    waits_for_an_answer = done.flight is None and done.subscription.departure_date is None
    return SAVED_NOT_FINISHED if waits_for_an_answer else 0


def unsubscribe(ident: Ident, who: Who, date: Date = None) -> None:
    """Stop texting somebody about a flight."""
    from flait.commands.who import known
    from flait.core.idents import parse_ident
    from flait.errors import NotFound
    from flait.flows.subscribe import unsubscribe as stop

    app = session.app()
    store = app.store()
    user = known(store, who)
    number = str(parse_ident(ident))
    found = _on(store.live_for(user.id, number), date)
    if not found:
        raise NotFound(
            f"{user.name} does not follow {number}" + (f" on {date}" if date else ""), "see `flait subscriptions`"
        )
    _refuse_several(found, number)
    stop(store, found[0], now=app.clock.now())
    say(f"{safe(user.name)} gets no more texts about {_described(found[0])}.")


def subscriptions(
    user: Annotated[str | None, typer.Option("--user", help="Only this person's: a phone or a name.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Ended, failed and canceled ones too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Who follows which flight, and where each subscription stands."""
    from flait.commands.who import known

    store = session.app().store()
    views = store.subscription_views(known(store, user).id if user else None, include_ended=everything)
    if as_json:
        print_json({"subscriptions": [_as_json(view) for view in views]})
        return
    print_table(
        ("id", "flight", "date", "route", "who", "role", "state", "reason"),
        [_row(view) for view in views],
        empty="Nobody follows a flight yet. Try `flait subscribe UA123 +15555550100`.",
    )


def _as_json(view: "SubscriptionView") -> dict[str, Any]:
    subscription, user = view.subscription, view.user
    return {
        "id": subscription.id,
        "ident": subscription.ident,
        "departure_date": subscription.departure_date,
        "role": subscription.role,
        "state": subscription.state,
        "reason": subscription.reason,
        "fa_flight_id": view.fa_flight_id,
        "user": {"id": user.id, "name": user.name, "phone": user.phone},
    }


def _row(view: "SubscriptionView") -> tuple[object, ...]:
    from flait.core.wording import route

    subscription = view.subscription
    return (
        subscription.id,
        subscription.ident,
        subscription.departure_date or subscription.wish or "next",
        route(view.flight) if view.flight else subscription.origin,
        view.user.name,
        subscription.role,
        subscription.state,
        subscription.reason,
    )


def _person(store: "Store", who: str, name: str | None, channel: str | None) -> "Person":
    from flait.commands.people import channel_from, name_from
    from flait.commands.who import phone_from, somebody
    from flait.core.idents import shown
    from flait.errors import InvalidPhone
    from flait.flows.subscribe import Person
    from flait.phones import looks_like_phone

    by = channel_from(channel) if channel is not None else None
    consent = f"added at the command line, {session.app().clock.now():%Y-%m-%d}"
    user = somebody(store, who)
    if user:
        return Person(phone=user.phone, channel=by, consent=consent)
    if not looks_like_phone(who):
        raise InvalidPhone(
            f"{shown(who)} is neither a known name nor a phone number", "write the number with country code"
        )
    called = name_from(name) if name is not None else None
    return Person(phone=phone_from(who), name=called, channel=by, consent=consent)


def _wanted(
    store: "Store", person: "Person", ident: str, *, date: str | None, role: str | None, origin: str | None
) -> "Wanted":
    from flait.core.dates import parse_date
    from flait.core.idents import parse_ident
    from flait.core.subscriptions import Role as Roles
    from flait.flows.resolve import Wanted

    user = store.user_by_phone(person.phone)
    usual = user.role if user else Roles.TRAVELER
    return Wanted(
        ident=parse_ident(ident),
        wish=parse_date(date) if date is not None else None,
        origin=_airport(origin) if origin is not None else None,
        role=_role(role) if role else usual,
        asked_at=session.app().clock.now(),
    )


def _role(text: str) -> "Role":
    from flait.core.idents import shown
    from flait.core.subscriptions import Role
    from flait.errors import UserError

    try:
        return Role(text.lower())
    except ValueError:
        raise UserError(f"{shown(text)} is not a role", "--as takes traveler, meeter or watcher") from None


def _airport(text: str) -> str:
    from flait.core.idents import shown
    from flait.errors import UserError

    code = text.strip().upper()
    if not (code.isascii() and code.isalnum() and 3 <= len(code) <= 4):
        raise UserError(f"{shown(text)} is not an airport code", "--from takes one like SFO or KSFO")
    return code


def _outcome(done: "Subscribed") -> str:
    who, what = safe(done.user.name), _described(done.subscription)
    if done.already:
        return f"{who} already follows {what}."
    if done.flight is not None:
        from flait.core.formats import clock_time, zone_label
        from flait.core.wording import route

        leaves, zone = done.flight.departure.best, done.flight.origin.zone
        at = f", leaves {clock_time(leaves, zone)} {zone_label(leaves, zone)}" if leaves else ""
        return f"{who} follows {what} {route(done.flight)}{at}. A confirmation text is on its way."
    if done.scheduled is not None:
        return f"{who} follows {what}. Live tracking starts 2 days before; a text says so now, and again then."
    return (
        f"Saved, not finished: {what} for {who} is pending: {done.subscription.reason}. "
        f"Next attempt {done.subscription.next_attempt_at:%H:%M} UTC; the daemon carries it on."
    )


def _described(subscription: "Subscription") -> str:
    on = subscription.departure_date
    return f"{subscription.ident} of {on.isoformat()}" if on else f"{subscription.ident} {subscription.wish}".strip()


def _on(found: "list[Subscription]", date: str | None) -> "list[Subscription]":
    from flait.core.dates import parse_date

    if date is None:
        return found
    wish = parse_date(date)
    today = session.app().clock.now().date()
    return [one for one in found if one.departure_date == wish.on(today) or one.wish == wish.text]


def _refuse_several(found: "list[Subscription]", number: str) -> None:
    from flait.errors import AmbiguousFlight

    if len(found) > 1:
        dates = ", ".join(str(one.departure_date or one.wish or "next") for one in found)
        raise AmbiguousFlight(f"{number} is followed on several days: {dates}", "say which with --date")
