"""Words are decided when they leave: whether a stored text may still go out, and what is said in its place.

The unit that is tried again is the news, not the words. Words that were overtaken are ended, count as unsaid, and what
still is news is decided anew, in words of then. Sends nothing, asks nobody; everything here is inside a transaction.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from flait.core.compose import copied
from flait.core.flights import Flight, Phase, progress
from flait.core.messages import ANSWERS, IN_PLACE, TOO_LATE, UNTOLD, CopiedAs, Message, MessageKind, MessageStatus
from flait.core.silences import is_awaited
from flait.core.subscriptions import SubscriptionState
from flait.core.texts.confirmations import tracked_text
from flait.core.texts.formats import Reader
from flait.core.texts.wording import Text
from flait.core.told import FACTS, REMINDERS, further, tells
from flait.core.values import replace
from flait.flows import standing
from flait.flows.looks import hasten
from flait.flows.saved import told_when_saved
from flait.flows.standing import Least
from flait.flows.telling import retell
from flait.flows.wishes import USEFUL, greeting
from flait.store import Store, TrackedFlight

log = logging.getLogger("flait.afresh")

S, K = MessageStatus, MessageKind
FRESH: Final = timedelta(minutes=5)  # so long words that were tried in vain are good, if nothing else has come
NO_NEWS: Final = frozenset(
    {K.TRACKED, K.PENDING, K.MISSING, K.FAILED, *ANSWERS, K.TEST, K.STOP_CONFIRMED, K.STRANGER, K.INVITATION}
)
WISHES: Final = {  # what a text says of a wish holds for as long as the wish is so
    K.PENDING: SubscriptionState.PENDING,
    K.MISSING: SubscriptionState.PENDING,
    K.FAILED: SubscriptionState.FAILED,
    K.SCHEDULE_CHANGE: SubscriptionState.PENDING,  # of a flight that is only saved
}
AHEAD: Final = ("departure", "arrival", "boards")  # moments that are advice while they are ahead
SENT_ONCE_MORE: Final = "requeued"  # the journal's word for it
ARRIVED: Final = frozenset({S.DELIVERED, S.READ})
WITH_TWILIO: Final = ARRIVED | {S.ACCEPTED, S.SENT}


def is_news(message: Message) -> bool:
    """Whether it is an alert: what it says is decided by how the flight differs from what its person was told."""
    return message.subscription_id is not None and message.kind not in NO_NEWS


def is_about_a_flight(message: Message) -> bool:
    """Whether what it says can be said anew, from the flight as it stands."""
    said = is_news(message) or bool(message.tells)
    return message.flight_id is not None and message.subscription_id is not None and said


def why_not(store: Store, message: Message, now: datetime) -> str:
    """Why these stored words may not go out, or not again, as they stand; '' when they may."""
    if now >= message.expires_at:
        return TOO_LATE
    first = _first(store, message)
    if first is not None and first.status in ARRIVED:
        return f"msg:{first.id}, in whose place it was to go, has arrived after all"
    if is_about_a_flight(message):
        stands_on_sand = is_news(message) and store.lost_before(message, besides=first.id if first else 0)
        return "a text that it counts on was lost" if stands_on_sand else _overtaken(store, message, now)
    return over(store, message)


def _first(store: Store, message: Message) -> Message | None:
    """The text in whose place this one goes."""
    return store.message(message.copy_of) if message.copy_of and message.copied_as in IN_PLACE else None


def _overtaken(store: Store, message: Message, now: datetime) -> str:
    """The flight went on, or the person was told more of it, since these words were written.

    For an alert, texts that only wait count too: they were decided as if these words were said. A text that says how
    the flight stands goes first, or two such texts would make way for each other for ever.
    """
    later = [text for text in store.said_after(message) if is_news(message) or text.status is not S.QUEUED]
    if later:
        return f"msg:{later[0].id} is about the same flight, and newer"
    passed = next((name for name in AHEAD if is_news(message) and _is_past(message, name, now)), None)
    if passed:
        return f"the {passed} it tells of has passed"
    tracked = store.tracked(message.flight_id or 0)
    if tracked is None or tracked.closed_at:  # nothing newer can be learned: the last word stands for as long as it may
        return ""
    if _is_changed(store, message, tracked, now):
        return "the flight has changed since"
    ages = message.kind in REMINDERS or (message.kind is not K.TRACKED and _was_tried(message))
    if ages and now - message.created_at > FRESH:
        return f"it was written more than {FRESH.seconds // 60} min ago"
    return ""


def _is_changed(store: Store, message: Message, tracked: TrackedFlight, now: datetime) -> bool:
    """An alert was written with its look; what says how a flight stands perhaps a moment before the look it is from."""
    if is_news(message):
        return store.is_changed(tracked.id, since=message.created_at, now=now)
    with_its_look = message.kind is K.TRACKED and tracked.seen_at == message.created_at
    if tracked.seen_at is None or tracked.seen_at < message.created_at or with_its_look:
        return False
    return not standing.is_so(store, message, tracked, now)


def _was_tried(message: Message) -> bool:
    return message.attempts > (1 if message.status is MessageStatus.SENDING else 0)


def _is_past(message: Message, name: str, now: datetime) -> bool:
    """Whether it named a time that was ahead; for who has landed, none is."""
    value = message.tells.get(name) if message.tells.get("phase") not in (Phase.ON, Phase.IN) else None
    return bool(value) and message.created_at < datetime.fromisoformat(str(value)) <= now


def times_sent(store: Store, message: Message) -> int:
    """How often it may have left: attempts that certainly failed do not count."""
    return 1 + sum(step.outcome == SENT_ONCE_MORE for step in store.steps(message_id=message.id))


def over(store: Store, message: Message) -> str:
    """Why a text about no flight as it stands is out of date; '' when it is not.

    It is good for as long as what it says of a wish is so, an answer for as long as nothing was said after it.
    """
    if message.kind is K.REPLY:
        return "another text has gone out since" if store.has_left_after(message) else ""
    wish = store.subscription(message.subscription_id) if message.subscription_id else None
    meant = WISHES.get(message.kind)
    return f"the wish it is about is {wish.state} by now" if wish and meant and wish.state is not meant else ""


def tell_afresh(
    store: Store,
    message: Message,
    now: datetime,
    *,
    why: str,
    status: MessageStatus = MessageStatus.EXPIRED,
    least: Least | None = None,
) -> None:
    """End these words, as `status`: they count as unsaid. What is still news of them is decided anew.

    Other texts that wait for that person about that flight are decided anew too: they were decided as if these were
    said. Without `least` nothing is said anew of how sure a connection is.
    """
    _end(store, message, now, why=why, status=status)
    if is_about_a_flight(message):
        _go_on(store, message, now, lost=status is MessageStatus.FAILED, least=least)
    decide_again(store, message, now)


def _go_on(store: Store, message: Message, now: datetime, *, lost: bool, least: Least | None) -> None:
    if is_news(message) or message.kind is K.TRACKED:
        for other in store.waiting_about(message):
            if is_news(other):
                _end(
                    store, other, now, why=f"decided anew together with msg:{message.id}", status=MessageStatus.EXPIRED
                )
    lost_twice = lost and _was_lost_before(store, message)  # then it is the operator's
    if not is_news(message) and not lost_twice:
        _word_again(store, message, now, least=least)


def _was_lost_before(store: Store, message: Message) -> bool:
    """Whether it says in words of later what was lost before."""
    if not message.copy_of or message.copied_as is not CopiedAs.REWORDED:
        return False
    before = store.message(message.copy_of)
    return before is not None and before.status in (MessageStatus.FAILED, MessageStatus.UNDELIVERED)


def decide_again(store: Store, message: Message, now: datetime) -> None:
    """Have the flight decided anew for the text's person: by a look now, or by the last where no more is taken.

    Of one that is only saved: by how the timetable had it last.
    """
    tracked = store.tracked(message.flight_id or 0)
    if tracked is None:
        store.hasten_word(message.subscription_id or 0, now)
        return
    if tracked.closed_at and message.subscription_id:
        retell(store, tracked, message.subscription_id, now)
    else:
        hasten(store, tracked.id, now)


def _end(store: Store, message: Message, now: datetime, *, why: str, status: MessageStatus) -> None:
    if message.status not in UNTOLD and store.give_up(message, status=status, error=why, now=now):
        store.record_text(message, at=now, step="send", outcome=status.value, detail=why)
        log.warning("text %d (%s) is not sent as it stands: %s", message.id, message.kind, why)


def _word_again(store: Store, message: Message, now: datetime, *, least: Least | None) -> None:
    """A confirmation, or an answer about a flight, in words of now; the latter while the first was of use.

    Who was told nothing yet of a flight that they follow gets the confirmation, however late.
    """
    is_late = now >= message.expires_at
    if is_late and not _is_unheard_of(store, message, now):
        return
    again = replace(message, kind=K.TRACKED) if is_late else message
    text = words_of_now(store, again, now, least=least)
    if text is None:
        return
    expires_at = now + USEFUL if again.kind is K.TRACKED else message.expires_at
    key = f"again:{message.id}"
    queued = store.enqueue(copied(again, CopiedAs.REWORDED, dedup_key=key, text=text, now=now, until=expires_at))
    if queued:
        store.record_text(
            queued, at=now, step="send", outcome="queued", detail=f"says msg:{message.id} in words of now"
        )


def _is_unheard_of(store: Store, message: Message, now: datetime) -> bool:
    """Whether nothing was said of its flight, and it leaves later today or another day.

    Nearer to it, and under way, old facts are worth nothing: the look that is due words it (telling.confirm_afresh).
    """
    tracked = store.tracked(message.flight_id or 0)
    if tracked is None or further(progress(tracked.flight), Phase.SCHEDULED) or is_awaited(tracked.flight, now):
        return False
    rows = store.told_rows([message.subscription_id or 0])[message.subscription_id or 0]
    return not any(row.is_said for row in rows if row.kind not in WISHES)


def words_of_now(store: Store, message: Message, now: datetime, *, least: Least | None = None) -> Text | None:
    """What a confirmation says by now, or the answer to what was asked; None when its flight is followed no more."""
    subscription = store.subscription(message.subscription_id or 0)
    tracked, user = store.tracked(message.flight_id or 0), store.user(message.user_id)
    if not (subscription and tracked and user) or subscription.state is not SubscriptionState.ACTIVE:
        return None
    reader = Reader(ident=subscription.ident, now=now, clock=user.clock)
    if message.kind is K.TRACKED:
        first, hears = greeting(store, user), user.preferences.hears_progress
        told = told_when_saved(store, subscription.id, tracked.flight)
        return tracked_text(
            tracked.flight, reader, role=subscription.role, first=first, hears_progress=hears, told=told
        )
    return standing.words(store, subscription, tracked, reader, standing.asked_for(store, message), least=least)


def still_news(store: Store, message: Message, tracked: TrackedFlight) -> dict[str, str | bool]:
    """The facts of an alert that its person does not know by other texts, as they stand now."""
    rows = store.told_rows([message.subscription_id or 0])[message.subscription_id or 0]
    known = {"cancelled": False, "phase": Phase.SCHEDULED.value} | _ticket(tracked.flight)
    for row in rows:
        known |= row.tells if row.is_said and row.message_id != message.id else {}
    present = tells(tracked.flight, [name for name in FACTS if name in message.tells and name not in BOOKKEEPING])
    return {name: value for name, value in present.items() if known.get(name) != value}


def _ticket(flight: Flight) -> dict[str, str | bool]:
    """What somebody goes by who was told no times."""
    times = {"departure": "scheduled_out", "arrival": "scheduled_in"}
    planned = tells(flight, times.values())
    return {name: planned[of] for name, of in times.items() if of in planned}


BOOKKEEPING: Final = frozenset({"scheduled_out", "scheduled_in"})  # told with a time, and nothing by themselves


def arrived_after_all(store: Store, message: Message, now: datetime, *, before: Collection[str] = ()) -> None:
    """A text that counted as unsaid, or that nobody knew of, is with Twilio or has arrived.

    What was to go in its place is not sent. Where a later text said otherwise, the person may have had this one last:
    what the other said of it counts no more. `before` are the sids of texts known to have gone out after this one all
    the same. Either way what still is news is decided anew.
    """
    why = f"msg:{message.id} has arrived after all"
    for copy in store.copies(message.id):
        if copy.copied_as in IN_PLACE and store.cancel_message(copy.id, told=False, error=why, now=now):
            store.record_text(copy, at=now, step="send", outcome="canceled", detail=f"msg:{message.id} has arrived")
    if not is_about_a_flight(message):
        return
    waiting = [other for other in store.waiting_about(message) if is_news(other)]
    for other in waiting:
        _end(store, other, now, why=f"msg:{message.id} has arrived after all", status=MessageStatus.EXPIRED)
    if _retract(store, message, now, before) or waiting:
        decide_again(store, message, now)


def _retract(store: Store, message: Message, now: datetime, before: Collection[str]) -> bool:
    contradicted = False
    for later in store.said_after(message):
        facts = {name for name, value in later.tells.items() if message.tells.get(name, value) != value}
        if later.sid is None or later.sid in before or not facts:
            continue
        contradicted = True
        store.retract(later, facts)
        detail = f"msg:{message.id} has gone out after it, and says otherwise: {', '.join(sorted(facts))}"
        store.record_text(later, at=now, step="send", outcome="overtaken", detail=detail)
    return contradicted
