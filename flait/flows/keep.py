"""A finding is made true, inside the one transaction: person, subscription, tracked flight, confirmation, journal.

The same for every door. Nothing is asked here, and nothing of a refusal is stored.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from flait.core import polling
from flait.core.findings import Found
from flait.core.flights import Flight, ScheduledFlight, same_leg
from flait.core.messages import Channel, MessageKind
from flait.core.observations import merged
from flait.core.subscriptions import AddedBy, Subscription, SubscriptionState, User, agreeing, next_resolution
from flait.core.texts.confirmations import Greeting, pending_text, tracked_text
from flait.core.texts.formats import Reader
from flait.core.values import replace
from flait.core.wanted import Wanted, scheduled
from flait.errors import FlightSourceError, UserError
from flait.flows import wishes
from flait.flows.history import worth_telling
from flait.flows.looks import hasten
from flait.flows.saved import told_when_saved
from flait.flows.waiting import asked_for, of_that_leg, waiting
from flait.flows.wishes import NOT_LIVE_YET
from flait.store import Store, TrackedFlight

FIRST_LIVE_LOOK = timedelta(hours=47)  # ids appear 47.7 to 48 hours before scheduled_out


class Person(Struct, frozen=True, kw_only=True):
    """Who is to be texted: a known user, or a phone that becomes one. How they agreed is `consent`, when `agreed_at`.

    Without a `channel` it is the one they have; SMS for somebody new. Whom the operator names is his own
    from then on.
    """

    phone: str
    name: str | None = None
    channel: Channel | None = None
    consent: str = ""
    agreed_at: datetime | None = None
    added_by: AddedBy = AddedBy.OPERATOR


class Subscribed(Struct, frozen=True, kw_only=True):
    """What became of it. `already` when it was there before; `flight` once pinned, `scheduled` when days ahead."""

    subscription: Subscription
    user: User
    flight: Flight | None = None
    scheduled: ScheduledFlight | None = None
    already: bool = False


def keep(
    store: Store,
    found: Found | FlightSourceError,
    *,
    person: Person,
    wanted: Wanted,
    now: datetime,
    contact: str = "",
) -> Subscribed:
    """Inside a transaction: follow what was `found` for a person. Raises UserError: that number has said STOP.

    AeroAPI's fault is no refusal: the wish is stored as `pending` with its reason and next attempt. `contact` is who
    runs Flait, for the first text to a number.
    """
    user = _user(store, person, wanted, now)
    fresh = _fresh(wanted, user, person.channel or user.channel)
    if isinstance(found, FlightSourceError):
        return _wait(store, fresh, user, reason=found.message, now=now)
    return pin(store, waiting(store, fresh, found.leg) or fresh, user, found, now=now, contact=contact)


def _fresh(wanted: Wanted, user: User, channel: Channel) -> Subscription:
    return Subscription(
        user_id=user.id,
        ident=str(wanted.ident),
        wish=wanted.wish.text if wanted.wish else "",
        origin=wanted.origin,
        destination=wanted.destination,
        leaves_at=f"{wanted.leaves_at:%H:%M}" if wanted.leaves_at else None,
        role=wanted.role,
        channel=channel,
        asked_at=wanted.asked_at,
        attempts=1,
    )


def pin(
    store: Store, subscription: Subscription, user: User, found: Found, *, now: datetime, contact: str
) -> Subscribed:
    """Inside a transaction: the wish becomes that leg. Days ahead it waits for an id; else it is tracked."""
    leg, first = found.leg, wishes.greeting(store, user, contact)
    if isinstance(leg, ScheduledFlight):
        return _save_scheduled(store, subscription, user, leg, first=first, now=now)
    tracked = _tracked(store, leg, found.beside, now)
    return _activate(store, subscription, user, leg, tracked=tracked, first=first, now=now)


def _activate(
    store: Store,
    subscription: Subscription,
    user: User,
    flight: Flight,
    *,
    tracked: TrackedFlight,
    first: Greeting | None,
    now: datetime,
) -> Subscribed:
    active = replace(
        of_that_leg(subscription, flight),
        state=SubscriptionState.ACTIVE,
        reason="",
        flight_id=tracked.id,
        next_attempt_at=None,
    )
    saved, new = _saved(store, active)
    if tracked.failures:  # its looks were put off, perhaps for those who follow it already
        hasten(store, tracked.id, now)
    if new:
        reader = Reader(ident=saved.ident, now=now, clock=user.clock)
        text = tracked_text(
            flight,
            reader,
            role=saved.role,
            first=first,
            hears_progress=user.preferences.hears_progress,
            record=worth_telling(store, flight),
            told=told_when_saved(store, saved.id, flight),
        )
        wishes.confirm(store, saved, user, kind=MessageKind.TRACKED, text=text, now=now)
        wishes.note(store, saved, now, step="subscribe", outcome="active", detail=f"pinned {flight.fa_flight_id}")
        store.set_moment(saved.id, now)  # what is due by the clock alone is planned there
    return Subscribed(subscription=saved, user=user, flight=flight, already=not new)


def _tracked(store: Store, flight: Flight, beside: frozenset[str], now: datetime) -> TrackedFlight:
    """The row that watches this leg, whatever id AeroAPI has for it today, or a new one: nobody is told twice.

    A row whose own id AeroAPI still shows `beside` it, at another time, watches another flight.
    """
    flight = replace(flight, beside=tuple(sorted(beside)))
    numbers = {flight.ident, flight.ident_icao or flight.ident, flight.number}
    rows = [there for there in store.find_open(numbers) if same_leg(there.flight, flight)]
    for there in sorted(rows, key=lambda row: row.fa_flight_id != flight.fa_flight_id):
        if there.fa_flight_id not in beside or scheduled(there.flight) == scheduled(flight):
            return _seen_too(store, there, flight, now)
    by_id = store.tracked_by_fa_flight_id(flight.fa_flight_id)  # its route or time may be another by now
    if by_id:
        return _seen_too(store, by_id, flight, now)
    next_poll = polling.next_poll_at(flight, now, jitter=polling.jitter(flight.fa_flight_id)) or now
    return store.track(flight, next_poll_at=next_poll, now=now)


def _seen_too(store: Store, there: TrackedFlight, flight: Flight, now: datetime) -> TrackedFlight:
    """A look for somebody new is a look at what others follow: what it showed is kept, and one in a minute tells it."""
    if there.claimed_by or there.fa_flight_id != flight.fa_flight_id:
        return there  # a look is under way; or it is found by its new id when it is looked for
    after = merged(there.flight, flight, now)
    store.save_poll(
        there.id,
        claimed_by=None,
        flight=after,
        seen_at=now,
        raw=None,
        changed=after != there.flight,
        polls=there.polls + 1,
        next_poll_at=there.next_poll_at,
    )
    if after != there.flight:
        hasten(store, there.id, now + polling.CONFIRMS)
    return replace(there, flight=after)


def _saved(store: Store, subscription: Subscription) -> tuple[Subscription, bool]:
    """Stored once: the database decides. A pending one that turns out to be another of this person's is dropped."""
    if not subscription.id:
        return store.add_subscription(subscription)
    if store.save_subscription(subscription):
        return subscription, True
    there = next(
        other
        for other in store.live_for(subscription.user_id)
        if other.id != subscription.id and _same(other, subscription)
    )
    dropped = replace(subscription, state=SubscriptionState.CANCELED, flight_id=None, next_attempt_at=None)
    store.save_subscription(replace(dropped, reason=f"the same as subscription {there.id}"))
    return there, False


def _same(other: Subscription, subscription: Subscription) -> bool:
    """What the database takes for the same: an active one by its flight, a pending one by what it waits for."""
    if subscription.state is SubscriptionState.ACTIVE:
        return other.flight_id == subscription.flight_id
    return other.state is subscription.state and asked_for(other) == asked_for(subscription)


def _save_scheduled(
    store: Store,
    subscription: Subscription,
    user: User,
    row: ScheduledFlight,
    *,
    first: Greeting | None,
    now: datetime,
) -> Subscribed:
    """Days ahead: the flight exists; it is pinned when AeroAPI gives it an id."""
    look = max(row.scheduled_out - FIRST_LIVE_LOOK, now + NOT_LIVE_YET)
    ahead = replace(
        of_that_leg(subscription, row),
        reason="waits for live data, 2 days before departure",
        next_attempt_at=look,
    )
    saved, new = _saved(store, ahead)
    if new:
        store.plan_flight(saved.id, saved.ident, row, now)
    if new and subscription.departure_date is None:
        text = pending_text(row, saved.ident, first=first, clock=user.clock)
        wishes.confirm(store, saved, user, kind=MessageKind.PENDING, text=text, now=now, until=wishes.over_at(saved))
        wishes.note(store, saved, now, step="subscribe", outcome="pending", detail=saved.reason)
    return Subscribed(subscription=saved, user=user, scheduled=row, already=not new)


def _wait(store: Store, subscription: Subscription, user: User, *, reason: str, now: datetime) -> Subscribed:
    """AeroAPI did not answer: keep the wish; the daemon carries it on."""
    there = waiting(store, subscription)
    if there:
        return Subscribed(subscription=there, user=user, already=True)
    saved, new = store.add_subscription(
        replace(subscription, reason=reason, next_attempt_at=next_resolution(subscription.attempts, now))
    )
    if new:
        wishes.note(store, saved, now, step="subscribe", outcome="pending", detail=reason)
    return Subscribed(subscription=saved, user=user, already=not new)


def _user(store: Store, person: Person, wanted: Wanted, now: datetime) -> User:
    user = store.user_by_phone(person.phone)
    refuse_opted_out(user)
    if user:
        return _agreed(store, user, person)
    channel = person.channel or Channel.SMS
    somebody = User(
        name=person.name or person.phone,
        phone=person.phone,
        channel=channel,
        role=wanted.role,
        created_at=now,
        added_by=person.added_by,
    )
    added = store.add_user(agreeing(somebody, channel, person.consent, person.agreed_at))
    refuse_opted_out(added)  # a number's STOP outlives the person it belonged to
    return added


def _agreed(store: Store, user: User, person: Person) -> User:
    """Somebody known: that they agreed to a channel that is new to them, and are the operator's own from now on."""
    if person.added_by is AddedBy.OPERATOR:
        user = store.adopt(user)
    known = user if person.channel is None else agreeing(user, person.channel, person.consent, person.agreed_at)
    return user if known is user else store.save_user(known)


def refuse_opted_out(user: User | None) -> None:
    """Raise UserError for somebody who has said STOP."""
    if user and user.opted_out_at:
        who = user.called or "that number"
        raise UserError(f"{who} has texted STOP", "only they can undo it, by texting START to the same number")
