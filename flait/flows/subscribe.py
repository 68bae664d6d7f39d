"""A subscription's way in, and from pending to active: find, then keep. One durable workflow, the same for every door.

AeroAPI is asked outside any transaction; then one transaction makes everything true. Refused input stores nothing; a
fault outside stores the wish as `pending`, and `activate_next` carries it on.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from flait.clock import Clock
from flait.core.findings import Finding, Found, Shown
from flait.core.subscriptions import LIVE, Subscription, SubscriptionState
from flait.core.texts.refusals import refused
from flait.core.values import replace
from flait.core.wanted import Wanted
from flait.errors import (
    BudgetExhausted,
    ConfigError,
    FlaitError,
    FlightSourceError,
    NotUnderstood,
    Refused,
    ShareSpent,
    UserError,
)
from flait.flows import accounts, history, wishes
from flait.flows.find import find
from flait.flows.keep import Person, Subscribed, keep, pin, refuse_opted_out
from flait.flows.ports import AEROAPI, FlightSource
from flait.flows.wishes import ZoneOf, nowhere, wanted_of
from flait.store import Store

__all__ = [
    "Person",
    "Sought",
    "Subscribed",
    "activate_next",
    "note_answer",
    "seek",
    "settle",
    "subscribe",
    "unsubscribe",
]

LEASE = timedelta(minutes=8)  # a crash during a resolution costs this much; a day of crashes, less than 200 of them


class Sought(Struct, frozen=True, kw_only=True):
    """What AeroAPI showed, and the leg that is meant; its fault, where it did not answer."""

    found: Found | FlightSourceError
    seen: Shown


def subscribe(
    store: Store, source: FlightSource, clock: Clock, *, person: Person, wanted: Wanted, contact: str = ""
) -> Subscribed:
    """Follow a flight for a person, as `keep` does. Raises what is wrong with bad input, storing nothing."""
    sought = seek(store, source, clock, person=person, wanted=wanted)
    return settle(store, clock, sought, person=person, wanted=wanted, contact=contact)


def seek(store: Store, source: FlightSource, clock: Clock, *, person: Person, wanted: Wanted) -> Sought:
    """Ask which flight is meant, and store nothing. Raises what is wrong with bad input."""
    refuse_opted_out(store.user_by_phone(person.phone))
    found: Finding | FlightSourceError
    seen = Shown()
    try:
        seen, found = find(source, wanted, now=clock.now())
    except (Refused, NotUnderstood):
        raise
    except FlightSourceError as fault:
        found = fault
    if not isinstance(found, Found | FlightSourceError):
        raise refused(found, wanted)
    return Sought(found=found, seen=seen)


def settle(
    store: Store, clock: Clock, sought: Sought, *, person: Person, wanted: Wanted, contact: str = ""
) -> Subscribed:
    """Follow what was found, in one transaction."""
    now = clock.now()
    with store.transaction():
        _note_found(store, wanted, sought.found, sought.seen, now)
        return keep(store, sought.found, person=person, wanted=wanted, now=now, contact=contact)


def activate_next(
    store: Store, source: FlightSource, clock: Clock, zone_of: ZoneOf = nowhere, contact: str = ""
) -> bool:
    """Carry one pending subscription on, if one is due.

    True: there may be more. `zone_of` tells where its day may be over.
    """
    subscription = store.claim_pending(clock.now(), LEASE)
    if subscription is None:
        return False
    outcome: Finding | FlaitError
    ours: Exception | None = None
    wanted, seen = wanted_of(subscription), Shown()
    try:
        account = source.billed_to(accounts.of_wish(store, subscription.user_id))
        seen, outcome = find(account, wanted, now=clock.now())
    except (BudgetExhausted, ConfigError, FlightSourceError, UserError) as problem:
        outcome = problem
    except FlaitError:
        raise
    except Exception as problem:  # noqa: BLE001  # raised again below: a fault of our own passes too, but no wish is asked about for ever
        ours, outcome = problem, FlaitError(f"an unexpected {type(problem).__name__}, which the log shows")
    now = clock.now()
    with store.transaction():
        if ours is None:
            _note_found(store, wanted, outcome, seen, now)
        there = store.subscription(subscription.id)
        if there and there.state is SubscriptionState.PENDING:  # else it was settled by hand meanwhile
            _carry_on(store, there, outcome, zone_of, now, contact=contact)
    if ours is not None:
        raise ours
    return True


def unsubscribe(store: Store, subscription: Subscription, *, now: datetime) -> None:
    """End one subscription at the person's wish; the flight is no longer polled when there is no other reason."""
    with store.transaction():
        there = store.subscription(subscription.id)  # as it stands now: the daemon may have carried it on
        if there is None or there.state not in LIVE:
            return
        canceled = replace(there, state=SubscriptionState.CANCELED, reason="unsubscribed", next_attempt_at=None)
        store.save_subscription(canceled)
        wishes.note(store, canceled, now, step="unsubscribe", outcome="canceled", detail="")
        if there.flight_id is not None and not store.watch_reasons(there.flight_id):
            store.close_flight(there.flight_id, now)


# --- inside the one transaction ---------------------------------------------------------------------------------


def note_answer(store: Store, outcome: Finding | FlaitError, now: datetime) -> None:
    """How AeroAPI answered, for `flait status`. Bad input may have been refused before anybody was asked."""
    if isinstance(outcome, ShareSpent):
        return  # nobody was asked, and others still can be
    if isinstance(outcome, NotUnderstood) or not isinstance(outcome, FlaitError):
        store.note_success(AEROAPI, now)  # it answers, though perhaps the question was wrong
    elif isinstance(outcome, BudgetExhausted | ConfigError | FlightSourceError):
        store.note_error(AEROAPI, outcome.message, now)


def _note_found(store: Store, wanted: Wanted, outcome: Finding | FlaitError, seen: Shown, now: datetime) -> None:
    note_answer(store, outcome, now)
    history.note_shown(store, wanted.ident, seen, now)


def _carry_on(
    store: Store,
    subscription: Subscription,
    outcome: Finding | FlaitError,
    zone_of: ZoneOf,
    now: datetime,
    *,
    contact: str,
) -> None:
    user = store.user(subscription.user_id)
    assert user is not None  # a subscription goes with its person
    if isinstance(outcome, ShareSpent):
        accounts.tell(store, user, now)
    if isinstance(outcome, Found):
        pin(store, subscription, user, outcome, now=now, contact=contact)
    else:
        wishes.not_met(store, subscription, user, outcome, zone_of=zone_of, now=now)
