"""What each person who follows a flight is to hear of it, and its way to the outbox.

Decided from what was seen and what they were told before; everything here is inside a transaction, and asks nobody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

from flait.core import polling
from flait.core.alerts import Alert, Decision, Held, decide, rests
from flait.core.changes import DELAY, ChangeKind
from flait.core.compose import compose
from flait.core.flights import Flight, is_on_ground
from flait.core.holds import CONFIRM_BIG, PastText, Reach, out_of_reach
from flait.core.messages import TOO_LATE, UNTOLD, Message, MessageKind, MessageStatus
from flait.core.preferences import NO_DEFAULTS, Defaults, Wishes, wishes_of
from flait.core.priorities import Priority
from flait.core.reasons import Look
from flait.core.silences import NO_WORD, is_new, silence
from flait.core.subscriptions import Role, SubscriptionState
from flait.core.texts.alerts import alert_text, left_out
from flait.core.texts.confirmations import tracked_text
from flait.core.texts.formats import Reader
from flait.core.told import Told, told
from flait.core.trips import feeds_of, onward_of
from flait.core.twilio_errors import is_in_vain
from flait.core.values import replace
from flait.flows import planes, trips
from flait.flows.history import worth_telling
from flait.flows.saved import told_when_saved
from flait.flows.why import last_look, note_why
from flait.flows.wishes import confirm, greeting
from flait.store import Store, Subscriber, TellRow, TrackedFlight

ANSWERED = timedelta(minutes=5)
TOLD_LATE = timedelta(hours=24)  # after a watch has ended: so long its last word is tried again
OFFERING = frozenset({ChangeKind.CANCELLED, ChangeKind.CONN_MISSED})  # whoever is told that may want another flight
NEVER_LEFT = frozenset({MessageStatus.EXPIRED, MessageStatus.SUPPRESSED})
_REACH = {
    **dict.fromkeys((MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ), Reach.ARRIVED),
    **dict.fromkeys(UNTOLD, Reach.LOST),
}


class AlertRules(Struct, frozen=True, kw_only=True):
    """What decides who is told, and what is kept. `asker` has just asked, and hears of it by the answer instead.

    `defaults` hold for who set nothing. `least` are times between two flights, set for single airports. Without
    `reminds` nothing is due by the clock alone. `contact` is who runs Flait, for a first text. `may_end` is false while
    the clock is in doubt: no flight is over because of what it says. `skew` is how far the clock is from what the
    latest answer said. `affords` tells whether other flights can be looked up for who has that number.
    """

    delay: timedelta = DELAY
    defaults: Defaults = NO_DEFAULTS
    least: Mapping[str, timedelta] = field(default_factory=dict)
    keep_raw: bool = True
    reminds: bool = True
    asker: int | None = None
    contact: str = ""
    may_end: bool = True
    skew: Callable[[], timedelta] = timedelta
    affords: Callable[[str], bool] = lambda _: False


def decided(
    store: Store,
    subscribers: Sequence[Subscriber],
    *,
    before: Flight | None,
    after: Flight,
    rules: AlertRules,
    now: datetime,
    seen_at: datetime | None = None,
) -> list[tuple[Subscriber, Decision]]:
    """What each person is to hear, by `decide`.

    Those who said STOP are left out, or a text that cannot go out would be written at every poll.
    """
    reachable = _reachable(subscribers)
    texts = store.told_rows([subscriber.subscription.id for subscriber in reachable])
    return [
        (
            subscriber,
            _decide(store, subscriber, rows, before=before, after=after, rules=rules, now=now, seen_at=seen_at),
        )
        for subscriber in reachable
        if not _is_unconfirmed(rows := texts[subscriber.subscription.id], after)
    ]


def _is_unconfirmed(rows: Sequence[TellRow], flight: Flight) -> bool:
    """Whether nothing that was said of it arrived, the confirmation first of all. What is down needs none."""
    first = next((place for place, row in enumerate(rows) if row.kind is MessageKind.TRACKED), 0)
    rows = rows[first:]  # what was said when it was only saved confirms nothing
    lost = any(row.kind is MessageKind.TRACKED and _never_came(row) for row in rows)
    if not lost or any(row.is_said for row in rows) or is_in_vain(rows[-1].error_code):
        return False
    return not is_on_ground(flight)


def _never_came(row: TellRow) -> bool:
    """Whether it was lost on its way, or its time went by before anything could be sent."""
    return row.status is MessageStatus.UNDELIVERED or (row.status is MessageStatus.EXPIRED and row.error == TOO_LATE)


def confirm_afresh(
    store: Store, tracked: TrackedFlight, subscribers: Iterable[Subscriber], rules: AlertRules, now: datetime
) -> None:
    """Inside a look: a confirmation that was lost comes again in words of now, as `AFTER_LOSSES` allows."""
    people = _reachable(subscribers)
    if not people:
        return
    texts = store.told_rows([person.subscription.id for person in people])
    for person in people:
        rows, subscription, user = texts[person.subscription.id], person.subscription, person.user
        if not _is_unconfirmed(rows, tracked.flight) or out_of_reach(past_texts(rows), now):
            continue
        reader = Reader(ident=subscription.ident, now=now, clock=user.clock)
        first = greeting(store, user, rules.contact)
        text = tracked_text(
            tracked.flight,
            reader,
            role=subscription.role,
            first=first,
            hears_progress=user.preferences.hears_progress,
            record=worth_telling(store, tracked.flight),
            told=told_when_saved(store, subscription.id, tracked.flight),
        )
        key = f"{MessageKind.TRACKED}-again:{subscription.id}:{len(rows)}"
        confirm(store, subscription, user, kind=MessageKind.TRACKED, text=text, now=now, dedup_key=key)


def _reachable(subscribers: Iterable[Subscriber]) -> list[Subscriber]:
    return [subscriber for subscriber in subscribers if not subscriber.user.opted_out_at]


def _decide(
    store: Store,
    subscriber: Subscriber,
    rows: list[TellRow],
    *,
    before: Flight | None,
    after: Flight,
    rules: AlertRules,
    now: datetime,
    seen_at: datetime | None,
) -> Decision:
    known, past = knows(rows), past_texts(rows)
    is_traveler = subscriber.subscription.role is Role.TRAVELER
    legs = trips.legs_beside(store, subscriber.subscription, after) if is_traveler else []
    own = trips.leg_of(subscriber.subscription, legs, known, after, before)
    feeds = feeds_of(own, legs, rules.least)
    wishes = wishes_for(subscriber, rows, rules.defaults, reminds=rules.reminds)
    decision = decide(
        known,
        past,
        role=subscriber.subscription.role,
        before=before,
        after=after,
        now=now,
        seen_at=seen_at,
        delay=rules.delay,
        wishes=trips.only_what_they_board(wishes, feeds),
        onward=onward_of(own, legs, rules.least),
        feeds=feeds,
        plane=planes.known(store, subscriber.subscription.flight_id, after, now) if is_traveler else None,
    )
    if decision.alert and OFFERING & {change.kind for change in decision.alert.changes}:
        offers = rules.affords(subscriber.user.phone)
        decision = replace(decision, alert=replace(decision.alert, offers=offers))
    if decision.alert and subscriber.user.id == rules.asker:  # what the answer leaves out is told at the next look
        return replace(decision, alert=None, look_again=min(decision.look_again or ANSWERED, ANSWERED))
    return decision


def knows(rows: Iterable[TellRow]) -> Told:
    """What one person knows by these texts."""
    return told(row.tells for row in rows if row.is_said)


def past_texts(rows: Iterable[TellRow]) -> list[PastText]:
    """When they had them."""
    return [
        PastText(
            at=row.at,
            kind=row.kind,
            gate_origin=_gate(row),
            reach=_REACH.get(row.status, Reach.UNDER_WAY),
            urgent=row.priority == Priority.P0.name,
        )
        for row in rows
        if row.status not in NEVER_LEFT
    ]


def _muted_until(subscriber: Subscriber) -> datetime | None:
    """The end of the later mute: of this flight, or of all."""
    ends = (subscriber.user.muted_until, subscriber.subscription.muted_until)
    return max((until for until in ends if until), default=None)


def wishes_for(subscriber: Subscriber, rows: Iterable[TellRow], defaults: Defaults, *, reminds: bool = True) -> Wishes:
    """How they want to hear of it; milestones after they were last told how it stands."""
    user, asked_at = subscriber.user, subscriber.subscription.asked_at
    confirmed = [row.at for row in rows if row.is_said and row.kind is MessageKind.TRACKED]
    return wishes_of(
        user.preferences,
        defaults,
        zone=user.timezone,
        since=max([asked_at, *confirmed]) if reminds else None,
        muted_until=_muted_until(subscriber),
    )


def _gate(row: TellRow) -> str | None:
    gate = row.tells.get("gate_origin")
    return str(gate) if gate else None


def tell(
    store: Store,
    tracked: TrackedFlight,
    subscriber: Subscriber,
    alert: Alert,
    *,
    held: Held,
    now: datetime,
    looks: Sequence[Look] = (),
    dedup_key: str | None = None,
    not_before: datetime | None = None,
) -> Message:
    """Put one alert in the outbox, once for what it is about or by `dedup_key`, and note why it was told.

    It waits there until `not_before`, in words of then. `looks` decided it, by default the last one.
    """
    polls, subscription = tracked.polls + 1, subscriber.subscription
    if any(change.kind is ChangeKind.CHECKIN for change in alert.changes):
        alert = replace(alert, record=worth_telling(store, alert.flight))
    key = dedup_key or _about(store, subscription.id, alert)
    message = _message(tracked, subscriber, alert, dedup_key=key, now=now, not_before=not_before or now)
    stored = store.enqueue(message)
    if stored:
        note_why(store, stored, alert, subscriber, poll=polls, held=held, looks=looks or last_look(tracked), now=now)
    return stored or message


def moment_after(decision: Decision, message: Message | None, now: datetime) -> datetime | None:
    """When to decide anew without a look: what had no room in the text that was told comes right behind it."""
    crowded = decision.alert and message and left_out(decision.alert, message.tells)
    moments = [decision.moment, now + CONFIRM_BIG if crowded else None]
    return min((moment for moment in moments if moment), default=None)


def _about(store: Store, subscription_id: int, alert: Alert) -> str:
    """What an alert is about: how the flight differs from what its person knew by the last text.

    Whether a look or a moment decides it, the same difference from the same knowledge is told once.
    """
    kinds = "+".join(change.kind for change in alert.changes)
    return f"alert:{subscription_id}:{store.last_text_about(subscription_id)}:{kinds}"


def _message(
    tracked: TrackedFlight,
    subscriber: Subscriber,
    alert: Alert,
    *,
    dedup_key: str,
    now: datetime,
    not_before: datetime,
) -> Message:
    subscription, user = subscriber.subscription, subscriber.user
    return compose(
        MessageKind(alert.changes[0].kind),
        alert_text(alert, Reader(ident=subscription.ident, now=not_before, clock=user.clock)),
        user,
        channel=subscription.channel,
        dedup_key=dedup_key,
        subscription_id=subscription.id,
        flight_id=tracked.id,
        now=now,
        not_before=not_before,
        until=alert.expires_at,
    )


def tell_silence(
    store: Store, tracked: TrackedFlight, now: datetime, rules: AlertRules, *, over: bool = False, spent: bool = False
) -> None:
    """Inside the transaction of a look that showed nothing: who acts on an old word is told once that it is old.

    `spent`: there is no money for more looks this month.
    """
    seen_at = tracked.seen_at
    if seen_at is None or not rules.may_end or now - seen_at < NO_WORD:
        return
    people = [person for person in _reachable(store.live_subscribers(tracked.id)) if person.user.id != rules.asker]
    texts = store.told_rows([person.subscription.id for person in people])
    for person in people:  # who asks reads it in the answer
        rows = texts[person.subscription.id]
        alert = _silence(store, tracked, person, rows, rules=rules, now=now, over=over)
        waits = alert and _waits(alert, wishes_for(person, rows, rules.defaults), now)
        if alert and not waits and not out_of_reach(past_texts(rows), now):
            key = f"stale:{person.subscription.id}:{seen_at.isoformat()}:{len(rows)}"
            tell(store, tracked, person, replace(alert, spent=spent), held=(), now=now, dedup_key=key)


def _silence(
    store: Store,
    tracked: TrackedFlight,
    person: Subscriber,
    rows: list[TellRow],
    *,
    rules: AlertRules,
    now: datetime,
    over: bool,
) -> Alert | None:
    """What that person is told of it. The end is told when the watch ends, save what they never heard."""
    seen_at, known = tracked.seen_at or now, knows(rows)
    before, after = tracked.previous, tracked.flight
    seen = min(seen_at, now)
    doubts = _decide(store, person, rows, before=before, after=after, rules=rules, now=now, seen_at=seen).doubts
    if polling.finished(after, now) and not over and not is_new(doubts, known, after, now):
        return None
    role, heard_at = person.subscription.role, _last_word(rows, seen_at)
    return silence(known, role=role, flight=after, seen_at=heard_at, now=now, doubts=doubts, ends=over)


def _waits(alert: Alert, wishes: Wishes, now: datetime) -> bool:
    """For the end of a mute, or of quiet hours."""
    kind, urgency = alert.changes[0].kind, alert.priority
    return bool(rests(kind, urgency, flight=alert.flight, role=alert.role, wishes=wishes, now=now))


def _last_word(rows: Sequence[TellRow], seen_at: datetime) -> datetime:
    """When they had the last word: a confirmation came from a look of its own."""
    return max([seen_at, *(row.at for row in rows if row.is_said and row.kind is MessageKind.TRACKED)])


def retell(store: Store, tracked: TrackedFlight, subscription_id: int, now: datetime) -> None:
    """What one person still has not heard of a flight that nobody looks at any more."""
    subscription = store.subscription(subscription_id)
    user = store.user(subscription.user_id) if subscription else None
    is_long_over = tracked.closed_at is None or now - tracked.closed_at >= TOLD_LATE
    if subscription and user and subscription.state is SubscriptionState.ENDED and not is_long_over:
        tell_last_seen(store, tracked, [Subscriber(subscription=subscription, user=user)], AlertRules(), now)


def tell_last_seen(
    store: Store, tracked: TrackedFlight, people: Sequence[Subscriber], rules: AlertRules, now: datetime
) -> None:
    """What they still have not heard, by what was last seen: no look brings more.

    Who is out of reach is told after the rest, by a text that waits for its end.
    """
    texts = store.told_rows([person.subscription.id for person in people])
    for person in people:
        rows = texts[person.subscription.id]
        rest = out_of_reach(past_texts(rows), now)
        at, decision = _decided_in_time(store, tracked, person, rules, rest.until if rest and rest.until else now)
        if decision and decision.alert:
            key = f"alert-again:{person.subscription.id}:{len(rows)}"
            tell(store, tracked, person, decision.alert, held=decision.held, now=now, dedup_key=key, not_before=at)


def _decided_in_time(
    store: Store, tracked: TrackedFlight, person: Subscriber, rules: AlertRules, at: datetime
) -> tuple[datetime, Decision | None]:
    """What is told then, or once what makes it wait is over: quiet hours, a mute, a cool-down; within a day."""
    flight, end, rules = tracked.flight, at + TOLD_LATE, replace(rules, reminds=False)
    while True:
        found = decided(store, [person], before=flight, after=flight, rules=rules, now=at)
        decision = found[0][1] if found else None
        later = decision.moment if decision and not decision.alert and decision.held else None
        if later is None or not at < later <= end:
            return at, decision
        at = later
