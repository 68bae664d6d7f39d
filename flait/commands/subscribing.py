"""`flait subscribe`, `unsubscribe` and `subscriptions`: who follows what."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.output import day, local, print_json, print_table, safe, say
from flait.commands.tables import Column
from flait.commands.typed import NEXT, TypedLeg, number_from, wished

if TYPE_CHECKING:
    from datetime import date

    from flait.core.dates import DateWish
    from flait.core.flights import Flight
    from flait.core.subscriptions import Subscription
    from flait.core.wanted import Wanted
    from flait.flows.subscribe import Person, Sought, Subscribed
    from flait.store import Store, SubscriptionView

COLUMNS = (
    Column(name="id"),
    Column(name="flight"),
    Column(name="date"),
    Column(name="route", rank=1),
    Column(name="who", breaks=True),
    Column(name="role", rank=2),
    Column(name="state"),
    Column(name="reason", under=True),
)
SAVED_NOT_FINISHED = 3

Ident = Annotated[str, typer.Argument(help="The flight number, like UA123 or BAW12.")]
Who = Annotated[str, typer.Argument(help="A phone number with country code, or the name of somebody known.")]
Date = Annotated[
    str | None,
    typer.Option("--date", help="The day it leaves there: 2026-11-25, 25 nov, fri, today, tomorrow, next."),
]
From = Annotated[
    str | None, typer.Option("--from", help="The airport it leaves from, where one number has several legs.")
]
To = Annotated[str | None, typer.Option("--to", help="The airport it goes to, where one number has several routes.")]
At = Annotated[
    str | None, typer.Option("--at", help="The scheduled time of departure, on the clocks there, like 09:05.")
]
As = Annotated[
    str | None,
    typer.Option("--as", help="traveler, meeter or watcher: what is worth a text; without it the person's usual role."),
]
Name = Annotated[str | None, typer.Option("--name", help="What to call a person who is new.")]
Channel = Annotated[
    str | None, typer.Option("--channel", help="sms or whatsapp; without it the person's usual channel.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Look the flight up, say what it would cost, and store nothing.")
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
    role: As = None,
    name: Name = None,
    channel: Channel = None,
    origin: From = None,
    destination: To = None,
    at: At = None,
    dry_run: DryRun = False,
) -> int:
    """Text somebody what changes on a flight, from now on. `flait subscribe UA123 +15555550100`"""
    from flait.commands.asking import patience
    from flait.commands.costs import agree, cost_of, words_of
    from flait.flows.subscribe import seek, settle

    app = session.app()
    store = app.store()
    person = _person(store, who, name, channel)
    leg = TypedLeg.typed(origin, destination, at)
    wanted = _wanted(store, person, ident, date=date, role=role, leg=leg)
    contact = app.settings.operator.contact
    with patience(once=dry_run) as asking:
        sought = seek(store, asking.source(), app.clock, person=person, wanted=wanted)
    cost = cost_of(sought, wanted)
    if dry_run:
        say(f"{_meant(sought, wanted)}. {words_of(cost)} Nothing is stored.")
        return 0
    agree(cost)
    done = settle(store, app.clock, sought, person=person, wanted=wanted, contact=contact)
    say(_outcome(done))
    if not done.already:
        say(words_of(cost))
    _say_the_name(done, name)
    waits_for_an_answer = done.flight is None and done.subscription.departure_date is None
    return SAVED_NOT_FINISHED if waits_for_an_answer else 0


def _say_the_name(done: "Subscribed", name: str | None) -> None:
    """Whoever is known keeps their name."""
    if name is not None and done.user.name != name.strip():
        known, wanted = safe(done.user.name), safe(name.strip())
        say(f"They were known before, as {known}. `flait user set {done.user.phone} name '{wanted}'` renames them.")


def _out_of_reach(done: "Subscribed") -> str:
    """A person whom WhatsApp does not reach and who did not agree to SMS is not told of the flight either."""
    from flait.core.whatsapp import NO_WAY
    from flait.flows.whatsapp import why_no_way

    app = session.app()
    why = why_no_way(app.store(), done.subscription, done.user, app.whatsapp, app.clock.now())
    name = safe(done.user.name)
    return f" Nothing can be sent to {name}: {why}. What helps: a WhatsApp text from {name}; {NO_WAY}." if why else ""


def unsubscribe(
    ident: Ident, who: Who, date: Date = None, origin: From = None, destination: To = None, at: At = None
) -> None:
    """Stop texting somebody about a flight."""
    from flait.commands.who import known
    from flait.errors import NotFound
    from flait.flows.subscribe import unsubscribe as stop

    app = session.app()
    store = app.store()
    user = known(store, who)
    number = str(number_from(ident))
    leg = TypedLeg.typed(origin, destination, at)
    found = [one for one in _on(store.live_for(user.id, number), date) if leg.fits(one)]
    if not found:
        raise NotFound(
            f"{user.name} does not follow {number}{leg.said}" + (f" on {date}" if date else ""),
            "see `flait subscriptions`",
        )
    _refuse_several(found, number)
    stop(store, found[0], now=app.clock.now())
    say(f"{safe(user.name)} gets no more texts about {_described(found[0])}{_route(found[0], ' ')}.")


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
        COLUMNS,
        [_row(view) for view in views],
        empty="Nobody follows a flight yet. Try `flait subscribe UA123 +15555550100`.",
    )


def _as_json(view: "SubscriptionView") -> dict[str, Any]:
    subscription, user = view.subscription, view.user
    return {
        "id": subscription.id,
        "ident": subscription.ident,
        "departure_date": subscription.departure_date,
        "origin": subscription.origin,
        "destination": subscription.destination,
        "leaves_at": subscription.leaves_at,
        "role": subscription.role,
        "state": subscription.state,
        "reason": subscription.reason,
        "fa_flight_id": view.fa_flight_id,
        "user": {"id": user.id, "name": user.name, "phone": user.phone},
    }


def _row(view: "SubscriptionView") -> tuple[object, ...]:
    from flait.core.texts.wording import route

    subscription = view.subscription
    return (
        subscription.id,
        subscription.ident,
        subscription.departure_date or subscription.wish or NEXT,
        route(view.flight) if view.flight else _route(subscription),
        view.user.name,
        subscription.role,
        subscription.state,
        subscription.reason,
    )


def _person(store: "Store", who: str, name: str | None, channel: str | None) -> "Person":
    from flait.commands.people import channel_from, name_from
    from flait.commands.who import phone_from, refuse_own, somebody
    from flait.core.idents import shown
    from flait.errors import InvalidPhone
    from flait.flows.subscribe import Person
    from flait.phones import looks_like_phone

    by = channel_from(channel) if channel is not None else None
    consent, now = "added at the command line", session.app().clock.now()
    user, called = somebody(store, who), name_from(name) if name is not None else None
    if user:
        refuse_own(user.phone)
        return Person(phone=user.phone, channel=by, consent=consent, agreed_at=now)
    if not looks_like_phone(who):
        raise InvalidPhone(
            f"{shown(who)} is neither a known name nor a phone number", "write the number with country code"
        )
    return Person(phone=phone_from(who), name=called, channel=by, consent=consent, agreed_at=now)


def _wanted(
    store: "Store", person: "Person", ident: str, *, date: str | None, role: str | None, leg: "TypedLeg"
) -> "Wanted":
    from flait.commands.people import role_from
    from flait.core.subscriptions import Role as Roles
    from flait.core.values import replace

    user = store.user_by_phone(person.phone)
    wanted = leg.wanted(ident, date, user.role if user else Roles.TRAVELER)
    return replace(wanted, role=role_from(role, "--as takes traveler, meeter or watcher")) if role else wanted


def _outcome(done: "Subscribed") -> str:
    from flait.commands.carrying import carries, sends

    who, what, lost = safe(done.user.name), _described(done.subscription), _out_of_reach(done)
    if done.flight is None and done.scheduled is None:
        again = "Saved before, and not finished yet" if done.already else "Saved, not finished"
        at = f"Next attempt {local(done.subscription.next_attempt_at)}; " if done.subscription.next_attempt_at else ""
        return f"{again}: {what} for {who} is pending: {done.subscription.reason}. {at}{carries()}.{lost}"
    if done.already:
        return f"{who} already follows {what}.{lost}"
    if done.flight is not None:
        from flait.core.texts.wording import route

        follows = f"{who} follows {what} {route(done.flight)}{_stands(done.flight)}.{_flown(done.flight)}"
        return follows + (lost or f" A confirmation text {sends()}.")
    what += _route(done.subscription, " ")
    saved = f"{who} follows {what}. Live tracking starts 2 days before"
    return f"{saved}.{lost}" if lost else f"{saved}, and a text says so then. One that says so now {sends()}."


def _meant(sought: "Sought", wanted: "Wanted") -> str:
    """`UA123 SFO-EWR of Wed 25 Nov, leaves 14:10 PST`; what was typed, where AeroAPI did not answer."""
    from flait.core.findings import Found
    from flait.core.flights import Flight

    if not isinstance(sought.found, Found):
        return f"{wanted.ident} would wait for AeroAPI: {sought.found.message}"
    leg = sought.found.leg
    ends = "-".join(one.short for one in (leg.origin, leg.destination) if one)
    on = f"{leg.number} {ends} of {day(leg.departure_date)}"
    return f"{on}{_stands(leg)}" if isinstance(leg, Flight) else on


def _flown(flight: "Flight") -> str:
    """` This leg: on time 8 of last 10.`, of however many are known."""
    from flait.core.texts.wording import flown_words
    from flait.flows.history import of_flight

    words = flown_words(of_flight(session.app().store(), flight))
    return f" {words}" if words else ""


def _stands(flight: "Flight") -> str:
    """`, leaves 14:10 PST`; of one that does not leave as planned, how it stands: `: CANCELLED`."""
    from flait.commands.flight_lines import remark
    from flait.core.standing import PLANNED, standing
    from flait.core.texts.formats import clock_time, zone_label

    now, leaves, zone = session.app().clock.now(), flight.departure.best, flight.origin.zone
    if leaves is None or standing(flight, now).state not in PLANNED:
        return f": {remark(flight, now)}"
    return f", leaves {clock_time(leaves, zone)} {zone_label(leaves, zone)}"


def _described(subscription: "Subscription") -> str:
    on = subscription.departure_date
    return f"{subscription.ident} of {day(on)}" if on else f"{subscription.ident} {subscription.wish}".strip()


def _route(subscription: "Subscription", before: str = "") -> str:
    """`SFO-EWR`, `SFO`, or nothing, as far as it was asked for or found."""
    ends = [subscription.origin or ("?" if subscription.destination else ""), subscription.destination or ""]
    route = "-".join(end for end in ends if end)
    return f"{before}{route}" if route else ""


def _on(found: "list[Subscription]", date: str | None) -> "list[Subscription]":
    """Those of that day; one that is past may be named too, for its flight may be under way."""
    from flait.core.dates import WEEK

    if date is None:
        return found
    wish = wished(date)
    if wish is None:
        return [one for one in found if not one.departure_date and not one.wish]
    today = session.app().clock.now().date()
    wish.on(today, back=WEEK.days)
    return [one for one in found if one.wish == wish.text or _is_of(one, wish, today)]


def _is_of(one: "Subscription", wish: "DateWish", today: "date") -> bool:
    return one.departure_date is not None and wish.names(one.departure_date, today)


def _refuse_several(found: "list[Subscription]", number: str) -> None:
    from flait.core.texts.refusals import telling_flags
    from flait.errors import AmbiguousFlight

    if len(found) > 1:
        rows = [
            (str(one.departure_date or one.wish or NEXT), one.origin, one.destination, one.leaves_at) for one in found
        ]
        rows.sort(key=lambda row: not row[0][0].isdigit())  # what it may be called by is no other's day, too
        listed = "; ".join(" ".join(value for value in row if value) for row in rows)
        raise AmbiguousFlight(f"{number} is followed more than once: {listed}", f"say which with {telling_flags(rows)}")
