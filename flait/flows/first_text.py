"""The first SMS that leaves for a number says who writes, for whom, and how to end it, whatever it was written as.

The text that was written to say so may have been lost, or have waited too long; what goes out in its stead says it.
Over WhatsApp the sender's profile says who writes, and a template is the operator's own text. Whoever wrote to us
knows whom they wrote to: an answer is not greeted, but for the confirmation of a flight.
"""

from datetime import datetime
from typing import Final

from flait.core.messages import Message, MessageKind
from flait.core.subscriptions import AddedBy
from flait.core.texts.confirmations import Greeting, greeted, says_who_writes
from flait.core.values import replace
from flait.flows.afresh import times_sent
from flait.store import Store

K = MessageKind
OF_THEIR_OWN: Final = frozenset({K.REPLY, K.TEST, K.STOP_CONFIRMED, K.STRANGER, K.INVITATION})  # they need no greeting


def with_greeting(store: Store, message: Message, now: datetime) -> Message:
    """The claimed text as it leaves: greeted where nothing has left for its person; what it says is stored so."""
    if message.kind in OF_THEIR_OWN or says_who_writes(message.body) or store.has_had_a_text(message):
        return message
    user = store.user(message.user_id)
    if times_sent(store, message) > 1:  # the words of the attempt before may be in Twilio's record
        return message
    if user is None or user.added_by is AddedBy.INVITATION:  # the invitation said it
        return message
    body = greeted(message.body, Greeting(name=user.called))
    with store.transaction():
        store.reword(message.id, attempt=message.attempts, body=body)
        store.record_text(message, at=now, step="greet", outcome="reworded", detail="the first text to that number")
    return replace(message, body=body)
