"""What the operator decides about one text: sent again, or given up.

A text that never arrived is sent again as a copy, which the daemon sends. Only what certainly did not arrive is sent
again unasked. What may have arrived, or was said in a later text, is sent only when the person accepts that it may come
twice. A text has one copy under way at most, however often one asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from flait.core.messages import UNTOLD, Message, MessageStatus
from flait.errors import NotFound, UserError
from flait.store import Step, Store

USEFUL: Final = timedelta(minutes=30)  # somebody waits for it now
LATEST: Final = 1000  # of a person's texts are searched for copies: months of them
NEVER_ARRIVED: Final = frozenset({MessageStatus.FAILED, MessageStatus.EXPIRED, MessageStatus.UNDELIVERED})

_REFUSED: Final[Mapping[MessageStatus, str]] = {
    MessageStatus.QUEUED: "is in line already",
    MessageStatus.HELD: "waits for the end of quiet hours",
    MessageStatus.SENDING: "is being sent",
    MessageStatus.ACCEPTED: "is with Twilio",
    MessageStatus.SENT: "is on its way to the phone",
    MessageStatus.DELIVERED: "has arrived",
    MessageStatus.READ: "has been read",
    MessageStatus.CANCELED: "was given up",
    MessageStatus.SUPPRESSED: "was kept back: the number has texted STOP",
}


def why_twice(store: Store, message_id: int) -> str:
    """Why the person may get this text twice when it is sent again; '' when they cannot.

    Raises NotFound for no such text, and UserError for one that is not to be sent again at all.
    """
    message = _resendable(store, message_id)
    if message.status is MessageStatus.IN_DOUBT:
        return f"msg:{message.id} may have arrived, nobody knows"
    later = [text for text in _texts_of(store, message) if _said_since(text, message)]
    return f"msg:{later[0].id} has said the like since" if later else ""


def resend(store: Store, message_id: int, *, now: datetime, accept_twice: bool = False) -> Message:
    """Queue the text again; the copy. Raises NotFound, or UserError with the reason why not: nothing is stored then."""
    with store.transaction():
        message = _resendable(store, message_id)
        twice = why_twice(store, message_id)
        if twice and not accept_twice:
            raise UserError(f"{twice}: sent again, it may come twice", "add --yes to send it all the same")
        copy = store.enqueue(_copy(store, message, now))
        if copy is None:
            raise UserError(f"msg:{message_id} was sent again before", "`flait messages` shows the copy")
        if message.status is MessageStatus.IN_DOUBT:
            _give_up(store, message, copy, now)
        _record(store, message, copy, now)
        return copy


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
    """Of one text and its copies, only the last may be sent again, and only when it did not arrive either."""
    for copy in copies:
        if copy.id > message.id and copy.status not in NEVER_ARRIVED:
            raise UserError(f"msg:{message.id} was sent again as msg:{copy.id}", f"see `flait messages show {copy.id}`")


def _texts_of(store: Store, message: Message) -> list[Message]:
    """The person's latest texts, newest first."""
    return [view.message for view in store.messages(user_id=message.user_id, limit=LATEST)]


def _copies(store: Store, message: Message) -> list[Message]:
    stem = f"retry:{_root(message)}:"
    return [text for text in _texts_of(store, message) if text.dedup_key.startswith(stem)]


def _root(message: Message) -> int:
    """The text that was first: copies of copies are counted as its own."""
    kind, _, rest = message.dedup_key.partition(":")
    return int(rest.partition(":")[0]) if kind == "retry" else message.id


def _said_since(text: Message, message: Message) -> bool:
    """Another text that may have told what this one did not: an alert that failed is decided afresh."""
    about, kind = message.subscription_id, message.kind
    same = about is not None and (text.subscription_id, text.kind) == (about, kind)
    return same and text.id > message.id and text.status not in UNTOLD


def _copy(store: Store, message: Message, now: datetime) -> Message:
    numbers = [int(copy.dedup_key.rpartition(":")[2]) for copy in _copies(store, message)]
    return replace(
        message,
        dedup_key=f"retry:{_root(message)}:{max(numbers, default=0) + 1}",
        status=MessageStatus.QUEUED,
        attempts=0,
        created_at=now,
        not_before=now,
        expires_at=now + USEFUL,
        error=None,
        error_code=None,
    )


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
