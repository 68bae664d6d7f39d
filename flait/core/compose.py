"""How a text is made: for whom, of which kind, about what, of use until when. The one place that builds one. Pure."""

from datetime import datetime

from flait.core.messages import Channel, CopiedAs, Message, MessageKind, MessageStatus
from flait.core.subscriptions import User
from flait.core.texts.wording import Text
from flait.core.values import replace


def compose(
    kind: MessageKind,
    text: Text,
    user: User,
    *,
    dedup_key: str,
    now: datetime,
    until: datetime,
    not_before: datetime | None = None,
    channel: Channel | None = None,
    subscription_id: int | None = None,
    flight_id: int | None = None,
    answers: str | None = None,
) -> Message:
    """A text to that person, written now, of use `until` then; somebody unknown is a User with id 0.

    It leaves by `channel`, else by the person's own; not before that moment, else at once. `answers` is the sid of the
    person's text.
    """
    way = channel or user.channel
    return Message(
        user_id=user.id,
        to=user.reached_at(way),
        channel=way,
        kind=kind,
        body=text.body,
        structure=text.structure,
        tells=text.tells,
        dedup_key=dedup_key,
        answers=answers,
        subscription_id=subscription_id,
        flight_id=flight_id,
        created_at=now,
        not_before=not_before or now,
        expires_at=until,
    )


def copied(
    message: Message,
    as_: CopiedAs,
    *,
    dedup_key: str,
    now: datetime,
    text: Text | None = None,
    until: datetime | None = None,
    of: int | None = None,
) -> Message:
    """Another row for the same person that is not tried yet: a copy of it, or `of` what it copies.

    With a `text` it says that, and is as old as that; else it says the same, and is as old and of use as the first.
    """
    copy = replace(
        message,
        copy_of=of or message.id,
        copied_as=as_,
        dedup_key=dedup_key,
        status=MessageStatus.QUEUED,
        attempts=0,
        not_before=now,
        expires_at=until or message.expires_at,
        error=None,
        error_code=None,
    )
    return replace(copy, body=text.body, structure=text.structure, tells=text.tells, created_at=now) if text else copy
