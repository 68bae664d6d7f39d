"""A text that says nothing but that it has come: its way is that of every other text, and so is its end."""

from datetime import datetime, timedelta
from typing import Final

from flait.core.compose import compose
from flait.core.messages import Message, MessageKind
from flait.core.structure import plain
from flait.core.subscriptions import User
from flait.core.texts.confirmations import trial_text
from flait.core.texts.wording import Text
from flait.errors import UserError
from flait.store import Store

USEFUL: Final = timedelta(minutes=10)  # somebody looks at a phone meanwhile


def queue_test(store: Store, user: User, *, now: datetime) -> Message:
    """Put it in line, once a minute for a person at most; the text. Raises UserError for who said STOP."""
    key = f"{MessageKind.TEST}:{user.id}:{now:%Y-%m-%dT%H:%M}"
    with store.transaction():
        if store.is_opted_out(user.phone):
            raise UserError(
                f"{user.name} has texted STOP", "only they can undo it, by texting START to the same number"
            )
        queued = store.enqueue(
            compose(
                MessageKind.TEST,
                Text(structure=plain(trial_text(user.called))),
                user,
                dedup_key=key,
                now=now,
                until=now + USEFUL,
            )
        )
        message = queued or store.message_by_key(key)
    assert message is not None  # the one or the other
    return message
