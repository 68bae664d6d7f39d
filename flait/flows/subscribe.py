"""A subscription's way in, and from pending to active. One durable workflow, the same for every door.

AeroAPI is asked outside any transaction; then one transaction makes everything true: person, subscription, tracked
flight with its next poll, first sighting, confirmation, journal. Refused input stores nothing; a fault outside
stores the wish as `pending`, and `activate_next` carries it on.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flait.clock import Clock
from flait.core import polling
from flait.core.confirmations import Greeting, pending_text, tracked_text
from flait.core.flights import Flight, ScheduledFlight, same_leg
from flait.core.formats import Reader
from flait.core.messages import Channel
from flait.core.observations import merged
from flait.core.subscriptions import LIVE, AddedBy, Subscription, SubscriptionState, User, next_resolution
from flait.core.whatsapp import agreed, with_consent
from flait.errors import (
    BudgetExhausted,
    ConfigError,
    FlaitError,
    FlightSourceError,
    NotFound,
    NotUnderstood,
    Refused,
    ShareSpent,
    UserError,
)
from flait.flows import accounts, wishes
from flait.flows.looks import hasten
from flait.flows.ports import FlightSource
from flait.flows.resolve import AEROAPI, FIRST_LIVE_LOOK, Found, find
from flait.flows.waiting import asked_for, of_that_leg, waiting
from flait.flows.wanted import Wanted, scheduled
from flait.flows.wishes import NOT_LIVE_YET, ZoneOf, nowhere, wanted_of
from flait.store import Store, TrackedFlight

LEASE = timedelta(minutes=8)  # a crash during a resolution costs this much; a day of crashes, less than 200 of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is to be texted: a known user, or a phone that becomes one. `consent` says how they agreed.

    Without a `channel` it is the one they have; SMS for somebody new. Whom the operator names is his own
    from then on.
    """

    phone: str
    name: str | None = None
    channel: Channel | None = None
    consent: str = ""
    added_by: AddedBy = AddedBy.OPERATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """What became of it. `already` when it was there before; `flight` once pinned, `scheduled` when days ahead."""

    subscription: Subscription
    user: User
    flight: Flight | None = None
    scheduled: ScheduledFlight | None = None
    already: bool = False


def subscribe(
    store: Store,
    source: FlightSource,
    clock: Clock,
    *,
    person: Person,
    wanted: Wanted,
    beside: frozenset[str] = frozenset(),
    contact: str = "",
) -> Subscribed:
    """Follow a flight for a person. Raises what `resolve` raises for bad input, storing nothing.

    `beside` are ids that are known to be other flights of that number.
    An AeroAPI fault is no refusal: the wish is stored as `pending` with its reason and next attempt. `contact` is who
    runs Flait, for the first text to a number.
    """
    _refuse_opted_out(store.user_by_phone(person.phone))
    found: Found | FlightSourceError
    try:
        found = find(source, wanted, now=clock.now())
        found = replace(found, beside=found.beside | beside)
    except (Refused, NotUnderstood):
        raise
    except FlightSourceError as fault:
        found = fault
    now = clock.now()
    with store.transaction():
        _note_answer(store, found, now)
        user = _user(store, person, wanted, now)
        fresh = _fresh(wanted, user, person.channel or user.channel)
        if isinstance(found, FlightSourceError):
            return _wait(store, fresh, user, reason=found.message, now=now)
        return _keep(store, waiting(store, fresh, found.leg) or fresh, user, found, now, contact=contact)


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


def activate_next(
    store: Store, source: FlightSource, clock: Clock, zone_of: ZoneOf = nowhere, contact: str = ""
) -> bool:
    """Carry one pending subscription on, if one is due. True: there may be more. By `zone_of` its day may be over."""
    subscription = store.claim_pending(clock.now(), LEASE)
    if subscription is None:
        return False
    outcome: Found | FlaitError
    ours: Exception | None = None
    try:
        account = source.billed_to(accounts.of_wish(store, subscription.user_id))
        outcome = find(account, wanted_of(subscription), now=clock.now())
    except (BudgetExhausted, ConfigError, FlightSourceError, NotFound, UserError) as problem:
        outcome = problem
    except FlaitError:
        raise
    except Exception as problem:  # noqa: BLE001  # raised again below: a fault of our own passes too, but no wish is asked about for ever
        ours, outcome = problem, FlaitError(f"an unexpected {type(problem).__name__}, which the log shows")
    now = clock.now()
    with store.transaction():
        if ours is None:
            _note_answer(store, outcome, now)
        there = store.subscription(subscription.id)
        if there and there.state is SubscriptionState.PENDING:  # else it was settled by hand meanwhile
            _carry_on(store, there, outcome, zone_of, now, contact=contact)
    if ours is not None:
        raise ours
    return True


def unsubscribe(store: Store, subscription: Subscription, *, now: datetime) -> None:
    """End one subscription at the person's wish; the flight is no longer polled when nobody else follows it."""
    with store.transaction():
        there = store.subscription(subscription.id)  # as it stands now: the daemon may have carried it on
        if there is None or there.state not in LIVE:
            return
        canceled = replace(there, state=SubscriptionState.CANCELED, reason="unsubscribed", next_attempt_at=None)
        store.save_subscription(canceled)
        wishes.note(store, canceled, now, step="unsubscribe", outcome="canceled", detail="")
        if there.flight_id is not None and not store.live_subscribers(there.flight_id):
            store.close_flight(there.flight_id, now)


# --- inside the one transaction ---------------------------------------------------------------------------------


def _note_answer(store: Store, outcome: Found | FlaitError, now: datetime) -> None:
    """How AeroAPI answered, for `flait status`. Bad input may have been refused before anybody was asked."""
    if isinstance(outcome, NotUnderstood):
        store.note_success(AEROAPI, now)  # it answers; this question was wrong
    elif isinstance(outcome, ShareSpent):
        return  # nobody was asked, and others still can be
    elif isinstance(outcome, BudgetExhausted | ConfigError | FlightSourceError):
        store.note_error(AEROAPI, outcome.message, now)
    elif not isinstance(outcome, UserError):
        store.note_success(AEROAPI, now)


def _carry_on(
    store: Store,
    subscription: Subscription,
    outcome: Found | FlaitError,
    zone_of: ZoneOf,
    now: datetime,
    *,
    contact: str,
) -> None:
    user = store.user(subscription.user_id)
    assert user is not None  # a subscription goes with its person
    if isinstance(outcome, ShareSpent):
        accounts.tell(store, user, now)
    if isinstance(outcome, FlaitError):
        wishes.not_met(store, subscription, user, outcome, zone_of=zone_of, now=now)
    else:
        _keep(store, subscription, user, outcome, now, contact=contact)


def _keep(
    store: Store, subscription: Subscription, user: User, found: Found, now: datetime, *, contact: str
) -> Subscribed:
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
        text = tracked_text(flight, reader, role=saved.role, first=first)
        wishes.confirm(store, saved, user, kind="tracked", text=text, now=now)
        wishes.note(store, saved, now, step="subscribe", outcome="active", detail=f"pinned {flight.fa_flight_id}")
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
    if new and subscription.departure_date is None:
        text = pending_text(row, saved.ident, first=first)
        wishes.confirm(store, saved, user, kind="pending", text=text, now=now, until=wishes.over_at(saved))
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
    _refuse_opted_out(user)
    if user:
        return _agreed(store, user, person)
    channel = person.channel or Channel.SMS
    added = store.add_user(
        User(
            name=person.name or person.phone,
            phone=person.phone,
            channel=channel,
            role=wanted.role,
            consent=person.consent if channel is Channel.SMS else with_consent("", channel, person.consent),
            created_at=now,
            added_by=person.added_by,
        )
    )
    _refuse_opted_out(added)  # a number's STOP outlives the person it belonged to
    return added


def _agreed(store: Store, user: User, person: Person) -> User:
    """Somebody known: that they agreed to a channel that is new to them, and are the operator's own from now on."""
    if person.added_by is AddedBy.OPERATOR:
        user = store.adopt(user)
    if person.channel is None or agreed(user.consent, person.channel) or not person.consent:
        return user
    return store.save_user(replace(user, consent=with_consent(user.consent, person.channel, person.consent)))


def _refuse_opted_out(user: User | None) -> None:
    if user and user.opted_out_at:
        who = user.called or "that number"
        raise UserError(f"{who} has texted STOP", "only they can undo it, by texting START to the same number")
