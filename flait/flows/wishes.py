"""A wish that is not met yet: what it means, until when it is tried again, and how its end is told.

No wish is asked about for ever: what AeroAPI refuses for good ends it at once, what passes ends it with its day.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from flait.core.compose import compose
from flait.core.dates import parse_date
from flait.core.findings import GoesElsewhere, NoneThere, OtherAirline, Over, Refusal, Several
from flait.core.idents import parse_ident
from flait.core.messages import UNTOLD, MessageKind
from flait.core.pauses import BUDGET_PAUSE
from flait.core.subscriptions import Subscription, SubscriptionState, User, next_resolution
from flait.core.texts.confirmations import Greeting
from flait.core.texts.formats import day
from flait.core.texts.refusals import over, refused
from flait.core.texts.wishes import missing_text, not_understood_text, several_text, too_late_text
from flait.core.texts.wording import Text, failed_text
from flait.core.values import replace
from flait.core.wanted import BEHIND, Wanted, possible_days
from flait.errors import (
    BudgetExhausted,
    ConfigError,
    FlaitError,
    InvalidDate,
    NotUnderstood,
    Refused,
    UserError,
)
from flait.store import Step, Store

ZoneOf = Callable[[str], ZoneInfo | None]
"""The zone of an airport by its code; None: not known."""

USEFUL = timedelta(hours=6)  # a confirmation: after that it is worded anew while the flight is ahead (afresh.py)
SAD_NEWS = timedelta(days=2)  # that nothing will come: whoever does not hear of it waits in vain
NOT_LIVE_YET = timedelta(hours=3)  # a scheduled flight that has no id yet: look again
SHOWN_BY_THEN = timedelta(hours=24)  # before departure; AeroAPI gives ids two days before
NOT_THERE = (NoneThere, OtherAirline, GoesElsewhere)  # AeroAPI may show it later
NEXT_WITHIN = timedelta(hours=48)  # the next departure is looked for that far ahead


def nowhere(_: str) -> ZoneInfo | None:
    """No airport's zone is known."""
    return None


def wanted_of(subscription: Subscription) -> Wanted:
    """What a subscription stands for; what is known of its leg was found in a schedule."""
    on, leaves_at = subscription.departure_date, subscription.leaves_at
    wish = on.isoformat() if on else subscription.wish
    return Wanted(
        ident=parse_ident(subscription.ident),
        wish=parse_date(wish) if wish else None,
        origin=subscription.origin,
        destination=subscription.destination,
        leaves_at=time.fromisoformat(leaves_at) if leaves_at else None,
        found=on is not None,
        role=subscription.role,
        asked_at=subscription.asked_at,
    )


def over_at(subscription: Subscription, zone_of: ZoneOf = nowhere) -> datetime:
    """When trying again has no more sense: its day is over where it leaves, or, where that is not known, everywhere."""
    wanted = wanted_of(subscription)
    if wanted.wish is None:
        return wanted.asked_at + NEXT_WITHIN
    zone = _zone(wanted, zone_of)
    last = _days(wanted, zone_of)[-1]
    return _midnight_after(last, zone) if zone else _midnight_after(last, UTC) + BEHIND


def _zone(wanted: Wanted, zone_of: ZoneOf) -> ZoneInfo | None:
    return zone_of(wanted.origin) if wanted.origin else None


def _days(wanted: Wanted, zone_of: ZoneOf) -> list[date]:
    """The day that is meant, on the calendar where it leaves; where that is not known, all it can be."""
    zone = _zone(wanted, zone_of)
    try:
        on = wanted.day_on(wanted.asked_at.astimezone(zone).date()) if zone else None
    except InvalidDate:
        on = None
    return [on] if on else possible_days(wanted)


def _leaves(subscription: Subscription, zone_of: ZoneOf) -> datetime:
    """When a flight that was found in the schedule leaves; by UTC where its place is not known."""
    wanted = wanted_of(subscription)
    on, zone = _days(wanted, zone_of)[0], _zone(wanted, zone_of)
    return datetime.combine(on, wanted.leaves_at or time(), zone or UTC)


def _midnight_after(on: date, zone: tzinfo) -> datetime:
    return datetime.combine(on + timedelta(days=1), time(), zone).astimezone(UTC)


def not_met(
    store: Store,
    subscription: Subscription,
    user: User,
    why: Refusal | FlaitError,
    *,
    zone_of: ZoneOf,
    now: datetime,
) -> None:
    """Inside a transaction: it is tried again before its time is over, or fails, and its person is told why."""
    reason = why.message if isinstance(why, FlaitError) else refused(why, wanted_of(subscription)).message
    not_there = isinstance(why, NOT_THERE)
    waits_for_its_id = subscription.departure_date is not None and not_there
    if isinstance(why, Refusal | UserError | NotUnderstood) and not waits_for_its_id:
        text = _refused_text(subscription, user, why, reason, zone_of)
        _fail(store, subscription, user, reason=reason, text=text, now=now)
        return
    over_then = over_at(subscription, zone_of)
    if now < over_then:
        if waits_for_its_id and now >= _leaves(subscription, zone_of) - SHOWN_BY_THEN:
            text = missing_text(subscription.ident, _when(subscription, zone_of), reason)
            confirm(store, subscription, user, kind=MessageKind.MISSING, text=text, now=now, until=over_then)
        at = min(_next_attempt(subscription, why, now), over_then)
        attempts = subscription.attempts + (not not_there)
        _postpone(store, subscription, reason, attempts=attempts, at=at, now=now)
    elif waits_for_its_id:
        text = _refused_text(subscription, user, why, reason, zone_of)
        _fail(store, subscription, user, reason=reason, text=text, now=now)
    else:
        span = "its day is over" if wanted_of(subscription).wish else "two days have passed"
        text = _given_up_text(subscription, why, zone_of)
        _fail(store, subscription, user, reason=f"given up, {span}: {reason}", text=text, now=now)


def _next_attempt(subscription: Subscription, why: Refusal | FlaitError, now: datetime) -> datetime:
    if isinstance(why, NOT_THERE):
        return now + NOT_LIVE_YET
    if isinstance(why, BudgetExhausted):
        return now + BUDGET_PAUSE
    return next_resolution(subscription.attempts + 1, now)


def _postpone(
    store: Store, subscription: Subscription, reason: str, *, attempts: int, at: datetime, now: datetime
) -> None:
    store.save_subscription(replace(subscription, attempts=attempts, reason=reason, next_attempt_at=at))
    note(store, subscription, now, step="resolve", outcome="postponed", detail=reason, attempt=attempts)


def _fail(store: Store, subscription: Subscription, user: User, *, reason: str, text: Text, now: datetime) -> None:
    failed = replace(subscription, state=SubscriptionState.FAILED, reason=reason, next_attempt_at=None)
    store.save_subscription(failed)
    confirm(store, failed, user, kind=MessageKind.FAILED, text=text, now=now, until=now + SAD_NEWS)
    note(store, failed, now, step="resolve", outcome="failed", detail=reason)


def _refused_text(
    subscription: Subscription, user: User, why: Refusal | FlaitError, reason: str, zone_of: ZoneOf
) -> Text:
    ident = subscription.ident
    if isinstance(why, Over) and why.at:
        return too_late_text(ident, over(why, user.clock), unasked=True)
    if isinstance(why, Several):
        days = {leg.departure_date for leg in why.legs}
        return several_text(ident, days.pop() if len(days) == 1 else None)
    if isinstance(why, NotUnderstood):
        return not_understood_text(ident)
    return failed_text(ident, _when(subscription, zone_of), reason)


def _given_up_text(subscription: Subscription, why: Refusal | FlaitError, zone_of: ZoneOf) -> Text:
    """The reason in words for the person who waits; the fault's own words are for who runs Flait."""
    words = "FlightAware did not answer"
    if isinstance(why, BudgetExhausted):
        words = "no look-ups were left this month"
    elif isinstance(why, Refused | ConfigError):
        words = "FlightAware refused our account"
    until = "until that day was over" if wanted_of(subscription).wish else "for two days"
    return failed_text(subscription.ident, _when(subscription, zone_of), f"{words} {until}")


def _when(subscription: Subscription, zone_of: ZoneOf) -> str:
    """The day; a word like `tomorrow` is read on another day than it was written."""
    wanted = wanted_of(subscription)
    if wanted.wish is None:
        return ""
    days = _days(wanted, zone_of)
    return day(days[0]) if len(days) == 1 else f"{subscription.wish} (asked {day(wanted.asked_at.date())})"


def greeting(store: Store, user: User, contact: str = "") -> Greeting | None:
    """What a number reads in the first text that can reach it, and in no other; `contact` is who runs Flait."""
    heard = any(view.message.status not in UNTOLD for view in store.messages(user_id=user.id, limit=20))
    return None if heard else Greeting(name=user.called, contact=contact)


def confirm(
    store: Store,
    subscription: Subscription,
    user: User,
    *,
    kind: MessageKind,
    text: Text,
    now: datetime,
    dedup_key: str | None = None,
    until: datetime | None = None,
) -> None:
    """Inside a transaction: the one text of that kind about a subscription, unless `dedup_key` says otherwise.

    It is of use until then, for as long as it is so (afresh.over).
    """
    store.enqueue(
        compose(
            kind,
            text,
            user,
            channel=subscription.channel,
            dedup_key=dedup_key or f"{kind}:{subscription.id}",
            subscription_id=subscription.id,
            flight_id=subscription.flight_id,
            now=now,
            until=max(now + USEFUL, until or now),
        )
    )


def note(
    store: Store,
    subscription: Subscription,
    now: datetime,
    *,
    step: str,
    outcome: str,
    detail: str,
    attempt: int | None = None,
) -> None:
    """Inside a transaction: a line of the journal."""
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
