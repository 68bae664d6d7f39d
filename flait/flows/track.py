"""A due poll's way to alerts in the outbox.

Claim, ask, and then one transaction: sighting, what each subscriber is told, their texts, the next poll, the journal.
A crash anywhere costs one look-up and decides nothing twice.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from flait.clock import Clock
from flait.core import polling
from flait.core.alerts import Decision
from flait.core.changes import ChangeKind
from flait.core.flights import Flight, cancelled, elsewhere
from flait.core.holds import CONFIRM_BIG
from flait.core.messages import Message
from flait.core.observations import impossible, merged
from flait.core.pauses import BUDGET_PAUSE
from flait.core.reasons import Look
from flait.core.silences import NO_WORD
from flait.core.values import replace
from flait.errors import BudgetExhausted, ConfigError, FlightSourceError, RateLimited, Refused, ShareSpent
from flait.flows import accounts, history, planes, timekeeping, trips
from flait.flows.asking import ask
from flait.flows.looks import MISSING, POLL, SEEN, cut_short, next_look, put_off
from flait.flows.ports import AEROAPI, FlightSource
from flait.flows.telling import (
    AlertRules,
    confirm_afresh,
    decided,
    moment_after,
    tell,
    tell_last_seen,
    tell_silence,
)
from flait.flows.why import last_look, note_waits
from flait.store import Step, Store, Subscriber, TrackedFlight

log = logging.getLogger("flait.track")

REFUSED_PAUSE = timedelta(minutes=5)  # a refused key is probed gently until the operator mends it
OWN_FAULT_PAUSE = timedelta(hours=1)
NOBODY_LISTENS = timedelta(hours=3)
HELD_LOOK = timedelta(hours=1)  # what waits for another look keeps a flight open that is over
HELD_AT_MOST = timedelta(hours=24)  # what waits for a moment needs none: it closes the flight itself
OVER_PERHAPS = timedelta(minutes=15)  # over by a clock that is in doubt: looked at again when it may be believed


def claim_due(store: Store, clock: Clock, boot: str, limit: int) -> list[TrackedFlight]:
    """Up to `limit` flights that are due, claimed for this run of the daemon: nobody else polls them."""
    return store.claim_due_flights(clock.now(), boot, limit)


def poll(
    store: Store, source: FlightSource, clock: Clock, tracked: TrackedFlight, *, boot: str, rules: AlertRules
) -> list[Message]:
    """Ask about one claimed flight and act on the answer; the texts that follow. Faults only postpone it."""
    asked_at = clock.now()
    try:
        flight, raw = ask(source, tracked)
    except (BudgetExhausted, ConfigError, FlightSourceError) as fault:
        _postpone(store, tracked, fault, now=clock.now(), rules=as_sure(store, clock, rules))
        return []
    now, rules = clock.now(), as_sure(store, clock, rules)
    with store.transaction():
        store.note_success(AEROAPI, now)
        if flight is None:
            _missed(store, tracked, boot=boot, now=now, rules=rules)
            return []
        return see(store, tracked, flight, raw, boot=boot, rules=rules, now=now, took=now - asked_at)


def as_sure(store: Store, clock: Clock, rules: AlertRules) -> AlertRules:
    """The rules, as sure as the clock is; the Date of the answer that has just come counts."""
    in_doubt = abs(rules.skew()) > timekeeping.SKEW or timekeeping.is_in_doubt(store, clock)
    return replace(rules, may_end=False) if in_doubt else rules


def see(
    store: Store,
    tracked: TrackedFlight,
    flight: Flight,
    raw: str,
    *,
    boot: str,
    rules: AlertRules,
    now: datetime,
    took: timedelta = timedelta(),
) -> list[Message]:
    """Inside one transaction: what was seen, whom it is told, when to look again. Nothing when the claim was lost."""
    believed = now if rules.may_end else None  # a clock in doubt makes no report impossible
    before, after = tracked.flight, merged(tracked.flight, flight, believed)
    subscribers = store.live_subscribers(tracked.id)
    news = decided(store, subscribers, before=before, after=after, rules=rules, now=now)
    decisions = [decision for _, decision in news]
    planned = _planned(store, tracked, after, decisions, now=now, rules=rules)
    saved = store.save_poll(
        tracked.id,
        claimed_by=boot,
        flight=after,
        seen_at=now,
        raw=raw if rules.keep_raw else None,
        changed=after != before,
        next_poll_at=planned,
        polls=tracked.polls + 1,
    )
    if not saved:
        log.warning("%s is no longer ours to poll: this answer is dropped", tracked.flight.number)
        return []
    _close_or_readopt(store, tracked, after, planned, now)
    messages = _told(store, tracked, news, [*last_look(tracked), (now, after)], now)
    _plan_moments(store, subscribers, news, messages, now)
    confirm_afresh(store, replace(tracked, flight=after), _left_out(subscribers, news), rules, now)
    said = detail(messages, decisions, changed=after != before, closed=planned is None)
    lies = "".join(f", not believed: {event}" for event in impossible(flight, believed))
    _note(store, tracked, said + lies, now, took)
    return messages


def _left_out(subscribers: Iterable[Subscriber], decided: Iterable[tuple[Subscriber, Decision]]) -> list[Subscriber]:
    """Whom nothing can be told: they have had no confirmation, or said STOP."""
    told = {subscriber.subscription.id for subscriber, _ in decided}
    return [subscriber for subscriber in subscribers if subscriber.subscription.id not in told]


def _told(
    store: Store,
    tracked: TrackedFlight,
    decided: Sequence[tuple[Subscriber, Decision]],
    looks: Sequence[Look],
    now: datetime,
) -> list[Message]:
    for subscriber, decision in decided:
        note_waits(store, subscriber.subscription.id, decision, now)
    return [
        tell(store, tracked, subscriber, decision.alert, held=decision.held, looks=looks, now=now)
        for subscriber, decision in decided
        if decision.alert
    ]


def _plan_moments(
    store: Store,
    subscribers: Iterable[Subscriber],
    decided: Iterable[tuple[Subscriber, Decision]],
    messages: Iterable[Message],
    now: datetime,
) -> None:
    """Write for each person the moment at which waiting news is decided anew (remind.py), or none."""
    told = {message.subscription_id: message for message in messages}
    moments = {
        one.subscription.id: moment_after(decision, told.get(one.subscription.id), now) for one, decision in decided
    }
    for subscriber in subscribers:
        store.set_moment(subscriber.subscription.id, moments.get(subscriber.subscription.id))


def _close_or_readopt(
    store: Store, tracked: TrackedFlight, after: Flight, next_poll: datetime | None, now: datetime
) -> None:
    """Nothing left to learn; or AeroAPI calls the same leg by a new id."""
    if next_poll is None:
        store.close_flight(tracked.id, now)
        history.note(store, [after], now)
    elif after.fa_flight_id != tracked.fa_flight_id:
        store.readopt(tracked.id, after.fa_flight_id)
    planes.follow(store, tracked, after, now)
    store.hasten_waiting(tracked.id, now)
    trips.hasten(store, tracked, after, now)


def _note(store: Store, tracked: TrackedFlight, detail: str, now: datetime, took: timedelta) -> None:
    """One decision, one line: in the log and in the journal."""
    log.info("%s poll %d: %s", tracked.flight.number, tracked.polls + 1, detail)
    store.record(
        Step(at=now, flight_id=tracked.id, step=POLL, outcome=SEEN, detail=detail, duration_ms=_milliseconds(took))
    )


def set_aside(store: Store, tracked: TrackedFlight, *, now: datetime) -> None:
    """After a fault of our own: that flight waits, so that it cannot take every turn."""
    with store.transaction():
        put_off(store, tracked, now + OWN_FAULT_PAUSE)
        store.record(Step(at=now, flight_id=tracked.id, step=POLL, outcome="fault", detail="see log/flait.log"))


def give_back(store: Store, clock: Clock, tracked: TrackedFlight) -> None:
    """A flight whose poll this run could not store is nobody's again, and due."""
    with store.transaction():
        cut_short(store, tracked, clock.now())


def _planned(
    store: Store,
    tracked: TrackedFlight,
    after: Flight,
    decisions: Sequence[Decision],
    *,
    now: datetime,
    rules: AlertRules,
) -> datetime | None:
    reasons = store.watch_reasons(tracked.id)
    if not reasons:
        return None
    if planes.is_followed(reasons):
        waited_for = any(reason.for_flight_id for reason in reasons)
        at = next_poll(tracked.flight, after, decisions, now, may_end=rules.may_end, waited_for=waited_for)
    else:
        at = planes.next_look_at(store, tracked, after, reasons, now)
    return next_look(store, tracked.id, at, now) if at else None


def next_poll(
    before: Flight,
    after: Flight,
    decisions: Sequence[Decision],
    now: datetime,
    *,
    may_end: bool,
    waited_for: bool = False,
) -> datetime | None:
    """When to look again; None when all that can be learned was seen twice, and told.

    `waited_for`: another flight waits for it, whoever follows it.
    """
    planned = polling.next_poll_at(after, now, jitter=polling.jitter(after.fa_flight_id))
    if planned is None:
        planned = _last_looks(before, after, decisions, now, may_end=may_end)
    if planned is None:
        return None
    sooner = [now + decision.look_again for decision in decisions if decision.look_again]
    if any(fact.endswith(".actual") for fact, _ in after.blank):
        sooner.append(now + CONFIRM_BIG)  # taken back by the next look, or not
    if not decisions and not waited_for:  # everybody who follows it said STOP
        return max(planned, now + NOBODY_LISTENS)
    return min([planned, *sooner])


def _last_looks(
    before: Flight, after: Flight, decisions: Sequence[Decision], now: datetime, *, may_end: bool
) -> datetime | None:
    """A watch ends on what two looks agree on, when nothing is held back any more."""
    if not may_end:
        return now + OVER_PERHAPS
    if not polling.finished(before, now) or (before.via, cancelled(before)) != (after.via, cancelled(after)):
        return now + polling.CONFIRMS
    if any(decision.alert for decision in decisions):  # what had no room in it is told at the next look
        return now + polling.CONFIRMS
    held = [decision for decision in decisions if decision.held]
    if held and not _is_long_over(after, now):
        return now + (HELD_LOOK if any(decision.look_again for decision in held) else HELD_AT_MOST)
    return None


def _is_long_over(flight: Flight, now: datetime) -> bool:
    """Whether it is over for so long that it is not kept open for what is held or untold."""
    return polling.since_last_event(flight, now) >= HELD_AT_MOST + polling.GIVE_UP


def detail(messages: list[Message], decisions: Iterable[Decision], *, closed: bool, changed: bool | None = None) -> str:
    """One decision in words: for the log and `flait trace`."""
    told_kinds = ", ".join(message.kind for message in messages)
    held = sorted({f"{kind}: {why}" for decision in decisions for kind, why in decision.held})
    parts = [] if changed is None else ["changed" if changed else "unchanged"]
    parts += [f"told {told_kinds}"] if told_kinds else []
    parts += [f"held {'; '.join(held)}"] if held else []
    parts += ["closed"] if closed else []
    return ", ".join(parts or ["nothing is news"])


def _milliseconds(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def _missed(store: Store, tracked: TrackedFlight, *, boot: str, now: datetime, rules: AlertRules) -> None:
    """No record, no observation: nothing is compared; ask again, by number after a while. Long silence is told."""
    misses = tracked.misses + 1
    at = next_look(store, tracked.id, polling.after_failure(misses, now), now)
    done = rules.may_end and polling.finished(tracked.flight, now)
    owed = done and _is_owed(store, tracked, rules, now)
    over = (done and not owed) or planes.is_given_up(store, tracked, misses)
    if not store.postpone_poll(tracked.id, claimed_by=boot, next_poll_at=at, failures=0, misses=misses):
        return
    store.record(Step(at=now, flight_id=tracked.id, step=POLL, outcome=MISSING, attempt=misses))
    log.info("%s not in AeroAPI's answer (%d in a row)", tracked.flight.number, misses)
    if owed and elsewhere(tracked.flight):  # where it ended was seen, and is all that will be
        tell_last_seen(store, tracked, store.live_subscribers(tracked.id), rules, now)
    tell_silence(store, tracked, now, rules, over=over)
    if over:
        store.close_flight(tracked.id, now)
        history.note(store, [tracked.flight], now)


def _is_owed(store: Store, tracked: TrackedFlight, rules: AlertRules, now: datetime) -> bool:
    """Whether somebody has not heard what was last seen: its watch goes on for a day."""
    flight = tracked.flight
    if _is_long_over(flight, now):
        return False
    subscribers = store.live_subscribers(tracked.id)
    news = decided(store, subscribers, before=flight, after=flight, rules=rules, now=now)
    return any(set(_kinds(decision)) - {ChangeKind.STALE, ChangeKind.FRESH} for _, decision in news)


def _kinds(decision: Decision) -> Iterable[ChangeKind]:
    yield from (kind for kind, _ in decision.held)
    if decision.alert:
        yield from (change.kind for change in decision.alert.changes)


def _postpone(
    store: Store,
    tracked: TrackedFlight,
    fault: BudgetExhausted | ConfigError | FlightSourceError,
    *,
    now: datetime,
    rules: AlertRules,
) -> None:
    failures = tracked.failures + 1
    with store.transaction():
        at = _before_it_is_old(tracked, _retry_at(fault, failures, now), now)
        put_off(store, tracked, next_look(store, tracked.id, at, now))
        if isinstance(fault, ShareSpent):
            accounts.tell_followers(store, tracked.id, now)
        else:
            store.note_error(AEROAPI, fault.message, now)
        store.record(
            Step(at=now, flight_id=tracked.id, step=POLL, outcome=fault.code, detail=fault.message, attempt=failures)
        )
        tell_silence(store, tracked, now, rules, spent=isinstance(fault, BudgetExhausted))
    if failures == 1:  # said once; the recovery says itself
        log.warning("%s: %s", tracked.flight.number, fault)


def _before_it_is_old(tracked: TrackedFlight, at: datetime, now: datetime) -> datetime:
    """Not after the moment at which the last word is too old not to say so."""
    old = (tracked.seen_at or now) + NO_WORD
    return min(at, old) if old > now else at


def _retry_at(fault: BudgetExhausted | ConfigError | FlightSourceError, failures: int, now: datetime) -> datetime:
    if isinstance(fault, BudgetExhausted):
        return now + BUDGET_PAUSE
    if isinstance(fault, RateLimited):
        return now + fault.retry_after
    if isinstance(fault, Refused | ConfigError):
        return now + REFUSED_PAUSE
    return polling.after_failure(failures, now)
