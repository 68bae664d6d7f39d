"""`flait messages test`: one text to see whether texts arrive, watched until something is known of it."""

import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from flait.commands import session
from flait.commands.options import Who, seconds
from flait.commands.output import safe, say
from flait.core.messages import MessageStatus as S
from flait.errors import SendError

if TYPE_CHECKING:
    from flait.core.messages import Message
    from flait.store import Store

SAVED_NOT_FINISHED = 3
WATCHED = 30.0  # seconds, real
LOOK_EVERY = 0.2  # seconds, real
UNDER_WAY = frozenset({S.QUEUED, S.SENDING})
WITH_TWILIO = frozenset({S.ACCEPTED, S.SENT})
ARRIVED = frozenset({S.DELIVERED, S.READ})

_SAID: Mapping[S, str] = {
    S.QUEUED: "It is still in line",
    S.SENDING: "It is being handed to Twilio",
    S.IN_DOUBT: "Nobody knows yet whether Twilio took it; its record is being read",
    S.ACCEPTED: "It is with Twilio, and whether it arrives is known within minutes",
    S.SENT: "It is on its way to the phone, and whether it arrives is known within minutes",
    S.DELIVERED: "It has arrived",
    S.READ: "It has arrived, and was read",
}


def send_test(
    who: Who,
    wait: Annotated[
        float, typer.Option("--wait", help="Seconds to watch what becomes of it.", parser=seconds, metavar="SECONDS")
    ] = WATCHED,
) -> int:
    """Send somebody one text that says it is a test, and watch what becomes of it. `flait messages test Ann`

    Exit codes: 0 Twilio has taken it, or it has arrived; 3 it still waits; 1 it was refused or lost, with the reason.
    """
    from flait.commands.carrying import Carrier, carrier, sends
    from flait.commands.who import known, refuse_own
    from flait.flows.trying import queue_test

    app = session.app()
    store = app.store()
    user = known(store, who)
    refuse_own(user.phone)
    message = queue_test(store, user, now=app.clock.now())
    say(f"msg:{message.id} to {safe(user.name)} {sends()}.")
    if carrier() is Carrier.NOBODY:
        return SAVED_NOT_FINISHED
    return _told(_watched(store, message, wait))


def _watched(store: "Store", message: "Message", wait: float) -> "Message":
    """What became of it. Once Twilio has the text, it waits a little longer for the receipt."""
    until, pause, taken = time.monotonic() + wait, threading.Event(), False
    while message.status in UNDER_WAY | WITH_TWILIO and time.monotonic() < until:
        if message.status in WITH_TWILIO and not taken:
            say("Twilio has taken it.")
            taken = True
        pause.wait(LOOK_EVERY)
        message = store.message(message.id) or message
    return message


def _told(message: "Message") -> int:
    look = f"`flait messages show {message.id}`"
    if message.status not in _SAID:
        why = f": {message.error}" if message.error else ""
        raise SendError(
            f"msg:{message.id} came to nothing ({message.status}){why}", "`flait help no-text` says what helps"
        )
    say(f"{_SAID[message.status]}: {look}." if message.status not in ARRIVED else f"{_SAID[message.status]}.")
    return 0 if message.status in WITH_TWILIO | ARRIVED else SAVED_NOT_FINISHED
