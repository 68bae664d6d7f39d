"""Saved flights are compared with the timetable, days before AeroAPI has them live: one question for all of a number.

AeroAPI is asked outside any transaction; then one transaction for each flight has what was seen, the text, and when to
look again. What waits for time alone, or was lost, is decided anew from what was seen last, and asks nobody.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from flait.clock import Clock
from flait.core.alerts import rests
from flait.core.changes import ChangeKind
from flait.core.flights import ScheduledFlight
from flait.core.holds import Hold, out_of_reach
from flait.core.idents import parse_ident
from flait.core.messages import MessageKind
from flait.core.pauses import BUDGET_PAUSE
from flait.core.preferences import Defaults
from flait.core.priorities import RULES
from flait.core.subscriptions import Subscription, SubscriptionState, next_resolution
from flait.core.texts.formats import Reader
from flait.core.texts.timetable import timetable_text
from flait.core.timetable import (
    BETWEEN_MISSES,
    LIVE,
    MISSES,
    SPAN,
    News,
    as_flight,
    believed,
    check_days,
    found,
    news,
    next_check,
)
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlaitError, NotUnderstood, StoreError
from flait.flows import accounts, wishes
from flait.flows.keep import FIRST_LIVE_LOOK
from flait.flows.ports import AEROAPI, FlightSource
from flait.flows.telling import knows, past_texts, wishes_for
from flait.flows.waiting import of_that_leg
from flait.store import PlannedFlight, Store, Subscriber, TellRow

log = logging.getLogger("flait.timetable")

LEASE = timedelta(minutes=8)  # a crash during a question costs this much
OWN_FAULT_PAUSE = timedelta(hours=1)
PAUSES: Mapping[type[FlaitError], timedelta] = {
    BudgetExhausted: BUDGET_PAUSE,
    NotUnderstood: timedelta(hours=12),  # the same question gets the same answer
}
STEP = "timetable"  # the journal's word for it


def step(store: Store, source: FlightSource, clock: Clock, *, days: str, defaults: Defaults) -> bool:
    """Plan what is planned by other days, tell one thing that waited, or ask about one number. True: there may be more.

    `days` is the setting, like `30,14,7,3`.
    """
    now = clock.now()
    if _replanned(store, days, now):
        return True
    return _word_next(store, defaults, now) or _check_next(store, source, clock, days, defaults)


def _replanned(store: Store, days: str, now: datetime) -> bool:
    with store.transaction():
        others = store.planned_otherwise(days)
        for one in others:
            again = one.next_check_at if one.misses or one.failures else None  # what is under way goes on
            at = next_check(one.leaves_at, check_days(days), one.looked_at, now)
            store.save_planned(replace(one, days=days, next_check_at=(again or at) if days else None))
    return bool(others)


def _word_next(store: Store, defaults: Defaults, now: datetime) -> bool:
    with store.transaction():
        due = store.due_word(now)
        if due is None:
            return False
        store.save_planned(_told(store, replace(due, next_word_at=None), defaults, now))
        return True


def _check_next(store: Store, source: FlightSource, clock: Clock, days: str, defaults: Defaults) -> bool:
    claimed = store.claim_planned(clock.now(), LEASE, SPAN)
    if not claimed:
        return False
    try:
        rows = _asked(store, source, claimed)
    except StoreError:
        raise
    except FlaitError as fault:
        _put_off(store, claimed, fault, clock.now())
        return True
    except Exception:
        _save_all(store, [replace(one, next_check_at=clock.now() + OWN_FAULT_PAUSE) for one in claimed])
        raise
    now = clock.now()
    with store.transaction():
        store.note_success(AEROAPI, now)
        for one in claimed:
            there = store.planned(one.subscription_id)
            if there:
                store.save_planned(_seen(store, replace(there, days=days), rows, defaults, now))
    return True


def _asked(store: Store, source: FlightSource, claimed: Sequence[PlannedFlight]) -> Sequence[ScheduledFlight]:
    """Three weeks at most, from the day before the first."""
    first = claimed[0].leaves_at.astimezone(UTC).date() - timedelta(days=1)
    last = claimed[-1].leaves_at.astimezone(UTC).date() + timedelta(days=2)
    account = source.billed_to(_payers(store, claimed))
    return account.schedules(parse_ident(claimed[0].number), first, last)


def _payers(store: Store, claimed: Sequence[PlannedFlight]) -> Sequence[str]:
    """Who pays, in equal parts: nobody, where one of the operator's own is among them."""
    wishing = [store.subscription(one.subscription_id) for one in claimed]
    people = [user for wish in wishing if wish and (user := store.user(wish.user_id)) and not user.opted_out_at]
    return () if any(map(accounts.is_own, people)) else list(dict.fromkeys(user.phone for user in people))


def _put_off(store: Store, claimed: Sequence[PlannedFlight], fault: FlaitError, now: datetime) -> None:
    """Nothing was seen: no observation. Asked again after longer and longer pauses."""
    pause = next((pause for kind, pause in PAUSES.items() if isinstance(fault, kind)), timedelta())
    with store.transaction():
        if not isinstance(fault, BudgetExhausted):
            store.note_error(AEROAPI, fault.message, now)
        for one in claimed:
            at = max(now + pause, next_resolution(one.failures + 1, now))
            is_ahead = at < one.leaves_at - LIVE
            store.save_planned(replace(one, failures=one.failures + 1, next_check_at=at if is_ahead else None))
    log.warning("the timetable of %s was not seen: %s", claimed[0].number, fault.message)


def _save_all(store: Store, planned: Sequence[PlannedFlight]) -> None:
    with store.transaction():
        for one in planned:
            store.save_planned(one)


# --- inside the one transaction ---------------------------------------------------------------------------------


def _seen(
    store: Store, one: PlannedFlight, rows: Sequence[ScheduledFlight], defaults: Defaults, now: datetime
) -> PlannedFlight:
    """What the answer shows of that flight, when to look again, and what its person is told now."""
    wish = store.subscription(one.subscription_id)
    if wish is None or wish.state is not SubscriptionState.PENDING:
        return replace(one, next_check_at=None, next_word_at=None)
    row = found(one.seen, rows) if one.seen else _first_row(wish, rows)
    leaves_at = row.scheduled_out if row else one.leaves_at
    at = next_check(leaves_at, check_days(one.days or ""), now, now)
    misses = 0 if row or one.seen is None else one.misses + 1
    if misses and misses < MISSES:
        at = min(at or now + BETWEEN_MISSES, now + BETWEEN_MISSES)
    looked = replace(
        one,
        leaves_at=leaves_at,
        plan=one.plan or row,
        seen=row or one.seen,
        misses=misses,
        failures=0,
        looked_at=now,
        next_check_at=at,
        next_word_at=None,
    )
    words = (
        "as it was" if row == one.seen else f"leaves {leaves_at:%Y-%m-%d %H:%M}Z" if row else f"not there ({misses})"
    )
    wishes.note(store, wish, now, step=STEP, outcome="seen" if row else "missing", detail=words)
    return _told(store, looked, defaults, now)


def _first_row(wish: Subscription, rows: Sequence[ScheduledFlight]) -> ScheduledFlight | None:
    """Of what an earlier Flait saved: the row that it was saved from, if it stands there still."""
    return next((row for row in rows if _columns(of_that_leg(wish, row)) == _columns(wish)), None)


def _columns(wish: Subscription) -> tuple[object, ...]:
    return wish.departure_date, wish.origin, wish.destination, wish.leaves_at


def _told(store: Store, one: PlannedFlight, defaults: Defaults, now: datetime) -> PlannedFlight:
    """The same, with its person told what is news to them; or with the moment until which that waits."""
    wish = store.subscription(one.subscription_id)
    user = store.user(wish.user_id) if wish else None
    if wish is None or user is None or wish.state is not SubscriptionState.PENDING or user.opted_out_at:
        return one
    if one.seen is None or one.plan is None or now >= one.leaves_at - LIVE:  # then its confirmation says it
        return one
    rows = store.told_rows([wish.id])[wish.id]
    known = believed(knows(rows), one.plan)
    what = news(known, one.seen, one.misses)
    if what is None:
        return one
    rest = _rest(Subscriber(subscription=wish, user=user), one.seen, rows, defaults, now)
    if rest:
        return replace(one, next_word_at=rest.until)
    if what is News.GONE or _looked_for_as(store, wish, one.seen, now):
        text = timetable_text(
            what, known, one.seen, Reader(ident=wish.ident, now=now, clock=user.clock), role=wish.role
        )
        key = f"timetable:{wish.id}:{store.last_text_about(wish.id)}:{what}"
        until = max(now, one.leaves_at - LIVE)
        kind = MessageKind.SCHEDULE_CHANGE
        wishes.confirm(store, wish, user, kind=kind, text=text, now=now, dedup_key=key, until=until)
        wishes.note(store, wish, now, step=STEP, outcome="told", detail=text.body)
    return one


def _rest(
    person: Subscriber, row: ScheduledFlight, rows: Sequence[TellRow], defaults: Defaults, now: datetime
) -> Hold | None:
    """Why it waits: texts that were lost, a mute, quiet hours."""
    kind, role, flight = ChangeKind.SCHEDULE_CHANGE, person.subscription.role, as_flight(row)
    wanted = wishes_for(person, rows, defaults, reminds=False)
    return out_of_reach(past_texts(rows), now) or rests(
        kind, RULES[kind][0], flight=flight, role=role, wishes=wanted, now=now
    )


def _looked_for_as(store: Store, wish: Subscription, row: ScheduledFlight, now: datetime) -> bool:
    """The wish is that leg from now on. False: its person has another wish for the same."""
    look = max(row.scheduled_out - FIRST_LIVE_LOOK, now)
    return store.save_subscription(replace(of_that_leg(wish, row), next_attempt_at=look))
