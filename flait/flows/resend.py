"""What the operator decides about one text: told again, or given up.

No copy of old words is sent. What is still news of an alert is decided anew, in words of then; a confirmation is worded
as the flight stands; what only repeats a wish's state goes again while that is so. A text that is in doubt may have
arrived: its news is told again only when the operator accepts that it may come twice. A text has one copy under way at
most, however often one asks.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from msgspec import Struct, field

from flait.core.compose import copied
from flait.core.messages import CopiedAs, Message, MessageKind, MessageStatus
from flait.core.subscriptions import SubscriptionState
from flait.core.texts.wording import Text
from flait.core.values import replace
from flait.errors import NotFound, UserError
from flait.flows import afresh
from flait.flows.standing import Least
from flait.store import Step, Store, TrackedFlight

USEFUL: Final = timedelta(minutes=30)  # somebody waits for it now
K = MessageKind
NEVER_ARRIVED: Final = frozenset({MessageStatus.FAILED, MessageStatus.EXPIRED, MessageStatus.UNDELIVERED})

_REFUSED: Final[Mapping[MessageStatus, str]] = {
    MessageStatus.QUEUED: "is in line already",
    MessageStatus.SENDING: "is being sent",
    MessageStatus.ACCEPTED: "is with Twilio",
    MessageStatus.SENT: "is on its way to the phone",
    MessageStatus.DELIVERED: "has arrived",
    MessageStatus.READ: "has been read",
    MessageStatus.CANCELED: "was given up",
    MessageStatus.SUPPRESSED: "was kept back: the number has texted STOP",
}


class Retried(Struct, frozen=True, kw_only=True):
    """What follows: a text in line, in words of now; or, of an alert, the facts that are told anew, as they stand."""

    queued: Message | None = None
    news: Mapping[str, str | bool] = field(default_factory=dict)


def why_twice(store: Store, message_id: int) -> str:
    """Why the person may get this text's news twice when it is told again; '' when they cannot.

    Raises NotFound for no such text, and UserError for one that is not to be told again at all.
    """
    message = _resendable(store, message_id)
    return f"msg:{message.id} may have arrived, nobody knows" if message.status is MessageStatus.IN_DOUBT else ""


def resend(
    store: Store, message_id: int, *, now: datetime, accept_twice: bool = False, least: Least | None = None
) -> Retried:
    """Have the text's news told again. Raises NotFound, or UserError with the reason: nothing is stored then."""
    with store.transaction():
        message = _resendable(store, message_id)
        twice = why_twice(store, message_id)
        if twice and not accept_twice:
            raise UserError(f"{twice}: told again, it may come twice", "add --yes to have it told all the same")
        if message.kind in afresh.NO_NEWS:
            return Retried(queued=_queued_again(store, message, _words(store, message, now, least), now))
        return Retried(news=_decided_anew(store, message, now))


def drop(store: Store, message_id: int, *, now: datetime) -> Message:
    """Give a text up that waits or is in doubt: it is not sent, or not once more; the text as it was.

    One in doubt may have arrived, so what it told counts as said. What one that waited was to tell does not: if it
    still holds, the next look at the flight says so. Raises NotFound, or UserError for a text that is not ours to stop.
    """
    with store.transaction():
        message = store.message(message_id)
        if message is None:
            raise NotFound(f"there is no text {message_id}", "`flait messages` lists them")
        in_doubt = message.status is MessageStatus.IN_DOUBT
        if not store.cancel_message(message.id, told=in_doubt, error="given up by the operator", now=now):
            ended = _REFUSED.get(message.status, "has ended already")
            raise UserError(f"msg:{message.id} {ended}", "only a text that waits or is in doubt can be given up")
        store.record_text(message, at=now, step="drop", outcome="canceled", detail=f"was {message.status}")
        return message


def _resendable(store: Store, message_id: int) -> Message:
    message = store.message(message_id)
    if message is None:
        raise NotFound(f"there is no text {message_id}", "`flait messages` lists them")
    person = store.user(message.user_id)
    if person is None:
        raise UserError(f"the person of msg:{message.id} was removed", "nobody is texted who is not known")
    if person.opted_out_at:
        raise UserError(f"msg:{message.id} {_REFUSED[MessageStatus.SUPPRESSED]}", "only START from there undoes it")
    if message.status not in NEVER_ARRIVED | {MessageStatus.IN_DOUBT}:
        raise UserError(f"msg:{message.id} {_REFUSED[message.status]}", "only a text that did not arrive is sent again")
    _refuse_second_copy(message, _copies(store, message))
    return message


def _refuse_second_copy(message: Message, copies: Iterable[Message]) -> None:
    """Only the last copy of a text may be sent again, and only when it did not arrive either."""
    for copy in copies:
        if copy.id > message.id and copy.status not in NEVER_ARRIVED:
            raise UserError(f"msg:{message.id} was sent again as msg:{copy.id}", f"see `flait messages show {copy.id}`")


# An alert: its news, not its words


def _decided_anew(store: Store, message: Message, now: datetime) -> Mapping[str, str | bool]:
    """The text is ended as one that said nothing, and its flight is decided anew; what of it is still news."""
    tracked = _followed(store, message)
    news = afresh.still_news(store, message, tracked)
    if not news:
        ident = tracked.flight.number
        raise UserError(
            f"nothing that msg:{message.id} said is still news", f"`flait status {ident}` shows how it stands"
        )
    reason = message.error or "told anew by the operator"
    store.give_up(message, status=MessageStatus.EXPIRED, error=reason, now=now)
    afresh.decide_again(store, message, now)
    detail = f"was {message.status}; still news: {', '.join(news)}"
    store.record_text(message, at=now, step="retry", outcome="decided anew", detail=detail)
    return news


def _followed(store: Store, message: Message) -> TrackedFlight:
    subscription = store.subscription(message.subscription_id) if message.subscription_id else None
    tracked = store.tracked(message.flight_id) if message.flight_id else None
    is_live = subscription is not None and subscription.state is SubscriptionState.ACTIVE
    if not is_live or tracked is None or tracked.closed_at:
        raise UserError(f"what msg:{message.id} is about is followed no more", "nothing of it is news")
    return tracked


# Everything else: in words of now


def _words(store: Store, message: Message, now: datetime, least: Least | None) -> Text:
    """What is said in its place. Raises UserError where that would not be true any more, or of no use."""
    if message.kind not in (K.TRACKED, K.PENDING, K.MISSING, K.FAILED):
        why = afresh.why_not(store, message, now) if message.kind is K.REPLY else ""
        if now >= message.expires_at or (why and not afresh.is_about_a_flight(message)):
            over = f"msg:{message.id} was for a moment that is over"
            raise UserError(over, "whoever asked can ask again" if message.kind is K.REPLY else "")
    if afresh.is_about_a_flight(message):
        text = afresh.words_of_now(store, message, now, least=least)
        if text is None:
            raise UserError(f"what msg:{message.id} is about is followed no more", "nothing of it is news")
        return text
    why = afresh.over(store, message)
    if why:
        raise UserError(f"msg:{message.id} is out of date: {why}", "`flait subscriptions --all` shows how it stands")
    return Text(structure=message.parts, tells=message.tells)


def _queued_again(store: Store, message: Message, text: Text, now: datetime) -> Message:
    first, key = _root(message), _next_key(store, message)
    copy = copied(message, CopiedAs.RETRIED, of=first, dedup_key=key, text=text, now=now, until=now + USEFUL)
    queued = store.enqueue(copy)
    if queued is None:
        raise UserError(f"msg:{message.id} was sent again before", "`flait messages` shows the copy")
    if message.status is MessageStatus.IN_DOUBT:
        _give_up(store, message, queued, now)
    _record(store, message, queued, now)
    return queued


def _copies(store: Store, message: Message) -> list[Message]:
    """The texts that are copies of it, or of what it is a copy of, newest first."""
    return [copy for copy in reversed(store.copies(_root(message))) if copy.copied_as is CopiedAs.RETRIED]


def _root(message: Message) -> int:
    """The text that was first: copies of copies are counted as its own."""
    return message.copy_of if message.copy_of and message.copied_as is CopiedAs.RETRIED else message.id


def _next_key(store: Store, message: Message) -> str:
    """The first that is free: the oldest copies may be forgotten."""
    keys = (f"retry:{_root(message)}:{number}" for number in count(len(_copies(store, message)) + 1))
    return next(key for key in keys if store.message_by_key(key) is None)


def _give_up(store: Store, message: Message, copy: Message, now: datetime) -> None:
    """The one in doubt must not be sent by itself any more: Twilio's record would make two of it."""
    store.cancel_message(message.id, told=False, error=f"was in doubt; sent again as msg:{copy.id}", now=now)


def _record(store: Store, message: Message, copy: Message, now: datetime) -> None:
    step = Step(
        at=now,
        message_id=message.id,
        subscription_id=message.subscription_id,
        flight_id=message.flight_id,
        step="retry",
        outcome="queued",
        detail=f"was {message.status}, queued again as msg:{copy.id}",
    )
    store.record(step, replace(step, message_id=copy.id, detail=f"the copy of msg:{message.id}"))
