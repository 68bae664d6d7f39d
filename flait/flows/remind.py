"""A moment's way to alerts in the outbox: what waits for time is decided anew when its time has come.

Nobody is asked: it is decided by the same rules as after a look, from what was last seen, and is no surer and no
fresher than that. One transaction has the claim, the decision, the text and the next moment: whatever dies in it
decides nothing, and nothing is told twice.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from flait.clock import Clock
from flait.core import polling
from flait.core.alerts import Decision
from flait.core.flights import cancelled
from flait.core.messages import MessageKind
from flait.core.silences import is_awaited
from flait.core.values import replace
from flait.errors import StoreError
from flait.flows import history, track
from flait.flows.telling import AlertRules, decided, knows, moment_after, tell
from flait.flows.why import note_waits
from flait.store import Step, Store, Subscriber, TellRow, TrackedFlight

log = logging.getLogger("flait.remind")

MOMENT: Final = "moment"  # the journal's word for it: it is no look
OLD: Final = timedelta(minutes=90)  # seen longer ago, news that people act on is worded as of then
TOO_OLD: Final = timedelta(hours=6)  # and is none to go by any more: the next look decides
OWN_FAULT_PAUSE: Final = timedelta(hours=1)


def remind_next(store: Store, clock: Clock, rules: AlertRules) -> bool:
    """Decide one moment that has come. True: there may be more. After a fault of our own that one waits an hour."""
    now = clock.now()
    subscription_id = store.due_moment(now)
    if subscription_id is None:
        return False
    try:
        with store.transaction():
            person = store.claim_moment(subscription_id, now)
            if person:
                _remind(store, person, track.as_sure(store, clock, rules), now)
    except StoreError:  # nothing was decided: it is due as before
        raise
    except Exception:
        with store.transaction():
            store.set_moment(subscription_id, now + OWN_FAULT_PAUSE)
        raise
    return True


def _remind(store: Store, person: Subscriber, rules: AlertRules, now: datetime) -> None:
    tracked = store.tracked(person.subscription.flight_id or 0)
    if tracked is None:
        return
    decision = _decision(store, tracked, person, rules, now)
    note_waits(store, person.subscription.id, decision, now)
    told = [tell(store, tracked, person, decision.alert, held=decision.held, now=now)] if decision.alert else []
    left_out = now + polling.CONFIRMS if told else None  # what had no room is told next, where no look comes
    over = polling.finished(tracked.flight, now)
    at = moment_after(decision, told[0] if told else None, now)
    store.set_moment(person.subscription.id, at or (left_out if over else None))
    closed = over and _close(store, tracked, rules, now)
    detail = track.detail(told, [decision], closed=closed)
    log.info("%s moment of sub:%d: %s", tracked.flight.number, person.subscription.id, detail)
    store.record(
        Step(
            at=now,
            flight_id=tracked.id,
            subscription_id=person.subscription.id,
            step=MOMENT,
            outcome="decided",
            detail=detail,
        )
    )


def _decision(store: Store, tracked: TrackedFlight, person: Subscriber, rules: AlertRules, now: datetime) -> Decision:
    """What to tell by the last sighting. Nothing where that is too old to go by."""
    nothing, seen_at = Decision(alert=None, look_again=None), tracked.seen_at or now
    age = now - seen_at
    rows = store.told_rows([person.subscription.id])[person.subscription.id]
    is_acted_on = is_awaited(tracked.flight, now, knows(rows), person.subscription.role)
    if (is_acted_on and age >= TOO_OLD) or _said_silent(rows, since=seen_at) or _is_unsettled(tracked, rows):
        return nothing
    decision = next((decision for _, decision in _all(store, tracked, [person], rules, now)), nothing)
    if decision.alert and (is_acted_on or decision.alert.is_reminder) and age > OLD:
        return replace(decision, alert=replace(decision.alert, as_of=seen_at))
    return decision


def _said_silent(rows: Sequence[TellRow], *, since: datetime) -> bool:
    """Whether they were told, after the last sighting, that there is no word: nothing says otherwise before a look."""
    return any(row.is_said and row.tells.get("stale") and row.at > since for row in rows)


def _is_unsettled(tracked: TrackedFlight, rows: Sequence[TellRow]) -> bool:
    """Whether the look for their confirmation alone showed it cancelled, in the air as it is by all others: the next
    one settles it.
    """
    seen_at = tracked.seen_at
    confirmed = [row for row in rows if row.kind is MessageKind.TRACKED and row.is_said and row.tells.get("cancelled")]
    return bool(confirmed and seen_at and confirmed[-1].at >= seen_at and not cancelled(tracked.flight))


def _all(
    store: Store, tracked: TrackedFlight, people: Sequence[Subscriber], rules: AlertRules, now: datetime
) -> list[tuple[Subscriber, Decision]]:
    seen_at = tracked.seen_at or now
    return decided(
        store, people, before=tracked.previous, after=tracked.flight, rules=rules, now=now, seen_at=min(seen_at, now)
    )


def _close(store: Store, tracked: TrackedFlight, rules: AlertRules, now: datetime) -> bool:
    """A flight that is over, and was kept open for what waited alone, is closed with the last of it."""
    if tracked.previous is None or not rules.may_end:
        return False
    decisions = [decision for _, decision in _all(store, tracked, store.live_subscribers(tracked.id), rules, now)]
    if track.next_poll(tracked.previous, tracked.flight, decisions, now, may_end=True) is not None:
        return False
    history.note(store, [tracked.flight], now)
    return store.close_flight(tracked.id, now)
