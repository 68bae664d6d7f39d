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
from flait.core.dates import parse_date
from flait.core.flights import Flight, ScheduledFlight, same_leg
from flait.core.formats import Reader
from flait.core.idents import parse_ident
from flait.core.messages import UNTOLD, Channel, Message
from flait.core.subscriptions import LIVE, Subscription, SubscriptionState, User, next_resolution
from flait.core.whatsapp import agreed, with_consent
from flait.core.wording import Text, failed_text
from flait.errors import (
    BudgetExhausted,
    ConfigError,
    FlaitError,
    FlightSourceError,
    InvalidDate,
    NotFound,
    Refused,
    UserError,
)
from flait.flows.ports import FlightSource
from flait.flows.resolve import AEROAPI, FIRST_LIVE_LOOK, Wanted, resolve
from flait.store import Step, Store, TrackedFlight

CONFIRMATION_USEFUL = timedelta(hours=6)
NOT_LIVE_YET = timedelta(hours=3)  # a scheduled flight that has no id yet: look again
BUDGET_PAUSE = timedelta(hours=1)
LEASE = timedelta(minutes=8)  # a crash during a resolution costs this much; a day of crashes, less than 200 of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is to be texted: a known user, or a phone that becomes one. `consent` says how they agreed.

    Without a `channel` it is the one they have; SMS for somebody new.
    """

    phone: str
    name: str | None = None
    channel: Channel | None = None
    consent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """What became of it. `already` when it was there before; `flight` once pinned, `scheduled` when days ahead."""

    subscription: Subscription
    user: User
    flight: Flight | None = None
    scheduled: ScheduledFlight | None = None
    already: bool = False


def subscribe(store: Store, source: FlightSource, clock: Clock, *, person: Person, wanted: Wanted) -> Subscribed:
    """Follow a flight for a person. Raises what `resolve` raises for bad input, storing nothing.

    An AeroAPI fault is no refusal: the wish is stored as `pending` with its reason and next attempt.
    """
    _refuse_opted_out(store.user_by_phone(person.phone))
    found: Flight | ScheduledFlight | FlightSourceError
    try:
        found = resolve(source, wanted, now=clock.now())
    except Refused:
        raise
    except FlightSourceError as fault:
        found = fault
    now = clock.now()
    with store.transaction():
        _note_answer(store, found, now)
        user = _user(store, person, wanted, now)
        fresh = Subscription(
            user_id=user.id,
            ident=str(wanted.ident),
            wish=wanted.wish.text if wanted.wish else "",
            origin=wanted.origin,
            role=wanted.role,
            channel=person.channel or user.channel,
            asked_at=wanted.asked_at,
            attempts=1,
        )
        if isinstance(found, FlightSourceError):
            return _wait(store, fresh, user, reason=found.message, now=now)
        return _keep(store, _waiting(store, fresh, found) or fresh, user, found, now)


def activate_next(store: Store, source: FlightSource, clock: Clock) -> bool:
    """Carry one pending subscription on, if one is due. True: there may be more."""
    subscription = store.claim_pending(clock.now(), LEASE)
    if subscription is None:
        return False
    outcome: Flight | ScheduledFlight | FlaitError
    try:
        outcome = resolve(source, _wanted(subscription), now=clock.now())
    except (BudgetExhausted, ConfigError, FlightSourceError, NotFound, UserError) as problem:
        outcome = problem
    now = clock.now()
    with store.transaction():
        _note_answer(store, outcome, now)
        there = store.subscription(subscription.id)
        if there and there.state is SubscriptionState.PENDING:  # else it was settled by hand meanwhile
            _carry_on(store, there, outcome, now)
    return True


def unsubscribe(store: Store, subscription: Subscription, *, now: datetime) -> None:
    """End one subscription at the person's wish; the flight is no longer polled when nobody else follows it."""
    with store.transaction():
        there = store.subscription(subscription.id)  # as it stands now: the daemon may have carried it on
        if there is None or there.state not in LIVE:
            return
        canceled = replace(there, state=SubscriptionState.CANCELED, reason="unsubscribed", next_attempt_at=None)
        store.save_subscription(canceled)
        _journal(store, canceled, now, step="unsubscribe", outcome="canceled", detail="")
        if there.flight_id is not None and not store.live_subscribers(there.flight_id):
            store.close_flight(there.flight_id, now)


# --- inside the one transaction ---------------------------------------------------------------------------------


def _note_answer(store: Store, outcome: Flight | ScheduledFlight | FlaitError, now: datetime) -> None:
    """How AeroAPI answered, for `flait status`. Bad input may have been refused before anybody was asked."""
    if isinstance(outcome, BudgetExhausted | ConfigError | FlightSourceError):
        store.note_error(AEROAPI, outcome.message, now)
    elif not isinstance(outcome, UserError):
        store.note_success(AEROAPI, now)


def _carry_on(
    store: Store, subscription: Subscription, outcome: Flight | ScheduledFlight | FlaitError, now: datetime
) -> None:
    user = store.user(subscription.user_id)
    assert user is not None  # a subscription goes with its person
    if isinstance(outcome, NotFound | UserError):
        _not_found(store, subscription, user, outcome, now)
    elif isinstance(outcome, FlaitError):
        _postpone(store, subscription, outcome, now)
    else:
        _keep(store, subscription, user, outcome, now)


def _keep(
    store: Store, subscription: Subscription, user: User, found: Flight | ScheduledFlight, now: datetime
) -> Subscribed:
    if isinstance(found, ScheduledFlight):
        return _save_scheduled(store, subscription, user, found, now)
    return _activate(store, subscription, user, found, now)


def _activate(store: Store, subscription: Subscription, user: User, flight: Flight, now: datetime) -> Subscribed:
    tracked = _tracked(store, flight, now)
    active = replace(
        subscription,
        departure_date=flight.departure_date,
        origin=flight.origin.short,
        state=SubscriptionState.ACTIVE,
        reason="",
        flight_id=tracked.id,
        next_attempt_at=None,
    )
    saved, new = _saved(store, active)
    if new:
        reader = Reader(ident=saved.ident, now=now, clock=user.clock)
        text = tracked_text(flight, reader, role=saved.role, first=_greeting(store, user))
        _confirm(store, saved, user, kind="tracked", text=text, now=now)
        _journal(store, saved, now, step="subscribe", outcome="active", detail=f"pinned {flight.fa_flight_id}")
    return Subscribed(subscription=saved, user=user, flight=flight, already=not new)


def _tracked(store: Store, flight: Flight, now: datetime) -> TrackedFlight:
    """The row that watches this leg, whatever id AeroAPI has for it today, or a new one: nobody is told twice."""
    numbers = {flight.ident, flight.ident_icao or flight.ident, flight.number}
    for there in store.find_open(numbers, flight.departure_date):
        if same_leg(there.flight, flight) and there.flight.departure.scheduled == flight.departure.scheduled:
            return there
    next_poll = polling.next_poll_at(flight, now, jitter=polling.jitter(flight.fa_flight_id)) or now
    return store.track(flight, next_poll_at=next_poll, now=now)


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
    date_or_wish = str(other.departure_date or other.wish)
    known = (other.state, other.ident, date_or_wish, other.origin)
    return known == (subscription.state, subscription.ident, str(subscription.departure_date), subscription.origin)


def _save_scheduled(
    store: Store, subscription: Subscription, user: User, scheduled: ScheduledFlight, now: datetime
) -> Subscribed:
    """Days ahead: the flight exists; it is pinned when AeroAPI gives it an id."""
    look = max(scheduled.scheduled_out - FIRST_LIVE_LOOK, now + NOT_LIVE_YET)
    waiting = replace(
        subscription,
        departure_date=scheduled.departure_date,
        origin=scheduled.origin.short,
        reason="waits for live data, 2 days before departure",
        next_attempt_at=look,
    )
    saved, new = _saved(store, waiting)
    if new and subscription.departure_date is None:
        text = pending_text(scheduled, saved.ident, first=_greeting(store, user))
        _confirm(store, saved, user, kind="pending", text=text, now=now)
        _journal(store, saved, now, step="subscribe", outcome="pending", detail=saved.reason)
    return Subscribed(subscription=saved, user=user, scheduled=scheduled, already=not new)


def _wait(store: Store, subscription: Subscription, user: User, *, reason: str, now: datetime) -> Subscribed:
    """AeroAPI did not answer: keep the wish; the daemon carries it on."""
    there = _waiting(store, subscription)
    if there:
        return Subscribed(subscription=there, user=user, already=True)
    saved, new = store.add_subscription(
        replace(subscription, reason=reason, next_attempt_at=next_resolution(subscription.attempts, now))
    )
    if new:
        _journal(store, saved, now, step="subscribe", outcome="pending", detail=reason)
    return Subscribed(subscription=saved, user=user, already=not new)


def _waiting(store: Store, wanted: Subscription, found: Flight | ScheduledFlight | None = None) -> Subscription | None:
    """The same wish of the same person, still waiting for AeroAPI to answer; `found` is what it has to mean."""
    for there in store.live_for(wanted.user_id, wanted.ident):
        same = there.wish == wanted.wish and there.origin == wanted.origin and there.departure_date is None
        if there.state is SubscriptionState.PENDING and same and (found is None or _means(there, found)):
            return there
    return None


def _means(there: Subscription, found: Flight | ScheduledFlight) -> bool:
    """Whether the flight is of the day wished for: yesterday's `tomorrow` is not today's."""
    try:
        return _wanted(there).day_at(found.origin) in (None, found.departure_date)
    except InvalidDate:
        return False


def _postpone(store: Store, subscription: Subscription, fault: FlaitError, now: datetime) -> None:
    attempts = subscription.attempts + 1
    at = now + BUDGET_PAUSE if isinstance(fault, BudgetExhausted) else next_resolution(attempts, now)
    store.save_subscription(replace(subscription, attempts=attempts, reason=fault.message, next_attempt_at=at))
    _journal(store, subscription, now, step="resolve", outcome="postponed", detail=fault.message, attempt=attempts)


def _not_found(store: Store, subscription: Subscription, user: User, refusal: FlaitError, now: datetime) -> None:
    """A flight from the schedule may get its id late; any other wish that cannot be met fails, and is said so."""
    on = subscription.departure_date
    if on and isinstance(refusal, NotFound) and now.date() <= on + timedelta(days=1):
        at = now + NOT_LIVE_YET
        store.save_subscription(replace(subscription, reason=refusal.message, next_attempt_at=at))
        _journal(store, subscription, now, step="resolve", outcome="postponed", detail=refusal.message)
        return
    failed = replace(subscription, state=SubscriptionState.FAILED, reason=refusal.message, next_attempt_at=None)
    store.save_subscription(failed)
    text = failed_text(subscription.ident, on.isoformat() if on else subscription.wish, refusal.message)
    _confirm(store, failed, user, kind="failed", text=text, now=now)
    _journal(store, failed, now, step="resolve", outcome="failed", detail=refusal.message)


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
        )
    )
    _refuse_opted_out(added)  # a number's STOP outlives the person it belonged to
    return added


def _agreed(store: Store, user: User, person: Person) -> User:
    """Somebody known, and that they agreed to a channel that is new to them."""
    if person.channel is None or agreed(user.consent, person.channel) or not person.consent:
        return user
    return store.save_user(replace(user, consent=with_consent(user.consent, person.channel, person.consent)))


def _refuse_opted_out(user: User | None) -> None:
    if user and user.opted_out_at:
        who = "that number" if user.name == user.phone else user.name
        raise UserError(f"{who} has texted STOP", "only they can undo it, by texting START to the same number")


def _confirm(store: Store, subscription: Subscription, user: User, *, kind: str, text: Text, now: datetime) -> None:
    store.enqueue(
        Message(
            user_id=user.id,
            to=user.phone,
            channel=subscription.channel,
            kind=kind,
            body=text.body,
            tells=text.tells,
            dedup_key=f"{kind}:{subscription.id}",
            subscription_id=subscription.id,
            flight_id=subscription.flight_id,
            created_at=now,
            not_before=now,
            expires_at=now + CONFIRMATION_USEFUL,
        )
    )


def _greeting(store: Store, user: User) -> Greeting | None:
    """What a number reads in the first text that can reach it, and in no other."""
    heard = any(view.message.status not in UNTOLD for view in store.messages(user_id=user.id, limit=20))
    return None if heard else Greeting(name=user.name if user.name != user.phone else "")


def _journal(
    store: Store,
    subscription: Subscription,
    now: datetime,
    *,
    step: str,
    outcome: str,
    detail: str,
    attempt: int | None = None,
) -> None:
    store.record(
        Step(
            at=now,
            subscription_id=subscription.id,
            flight_id=subscription.flight_id,
            step=step,
            outcome=outcome,
            detail=detail,
            attempt=attempt,
        )
    )


def _wanted(subscription: Subscription) -> Wanted:
    wish = subscription.departure_date.isoformat() if subscription.departure_date else subscription.wish
    return Wanted(
        ident=parse_ident(subscription.ident),
        wish=parse_date(wish) if wish else None,
        origin=subscription.origin,
        role=subscription.role,
        asked_at=subscription.asked_at,
    )
