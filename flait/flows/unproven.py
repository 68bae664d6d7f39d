"""Signed requests with something in them that Flait does not know: believed when Twilio's own record says the same.

Such a form may be genuine or a genuine one cut up anew. A wish to be left alone is obeyed at once; whatever else it
says is read from Twilio by the text's sid, one free call, and taken in as the record has it. Nothing unproven is ever
written down: what a dead daemon had still to look up comes with the next reading of Twilio's list.
"""

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from msgspec import Struct

from flait.clock import Clock
from flait.core.inbound import Unproven, UnprovenReceipt, UnprovenText
from flait.core.messages import UNTOLD
from flait.core.replies.understanding import Stop
from flait.core.twilio_errors import OPTED_OUT
from flait.core.values import replace
from flait.core.whatsapp import NO_WHATSAPP, Setup
from flait.errors import Rejected, SendError
from flait.flows import intake, receipts
from flait.flows.deliver import TWILIO, opted_out, withhold
from flait.flows.ports import Gateway
from flait.store import Store

log = logging.getLogger("flait.unproven")

LOOK_AFTER: Final = tuple(
    timedelta(seconds=seconds) for seconds in (0, 5, 30, 300)
)  # Twilio promises no read-after-write
MOST: Final = 200  # that wait to be looked up; more come with the list


class _Waiting(Struct, frozen=True, kw_only=True):
    unproven: Unproven
    looks: int
    due: datetime


class ToLookUp:
    """What is to be looked up at Twilio, in the order it came, once for each sid. Any number of threads may use it."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, bool], _Waiting] = {}
        self._lock = Lock()

    def add(self, unproven: Unproven, now: datetime) -> None:
        """Look that up, as soon as may be."""
        self._put(_Waiting(unproven=unproven, looks=0, due=now))

    def take(self, now: datetime) -> _Waiting | None:
        """What is due to be looked up, if anything; it waits no longer."""
        with self._lock:
            key = next((key for key, waiting in self._waiting.items() if waiting.due <= now), None)
            return self._waiting.pop(key) if key else None

    def again(self, looked: _Waiting, now: datetime) -> None:
        """Twilio did not say: a few times more, later and later."""
        if looked.looks + 1 < len(LOOK_AFTER):
            due = now + LOOK_AFTER[looked.looks + 1]
            self._put(_Waiting(unproven=looked.unproven, looks=looked.looks + 1, due=due))

    def _put(self, waiting: _Waiting) -> None:
        key = (waiting.unproven.sid, isinstance(waiting.unproven, UnprovenText))
        with self._lock:
            if key in self._waiting or len(self._waiting) < MOST:
                self._waiting.setdefault(key, waiting)


def obey(store: Store, unproven: Unproven, *, now: datetime, keyword_owner: str) -> bool:
    """Do at once what the form says about no more texts. False: it says nothing of the kind, and is to be looked up."""
    if isinstance(unproven, UnprovenText):
        if unproven.seems is None or not isinstance(intake.meaning(unproven.seems), Stop):
            return False
        intake.take_in(store, unproven.seems, now=now, keyword_owner=keyword_owner)
        return True
    with store.transaction():
        message = store.reported(unproven.seems)
        if message and unproven.seems.error_code == OPTED_OUT and unproven.seems.status in UNTOLD:
            opted_out(store, message, now)
            withhold(store, now)
    return False


def look_up_next(
    store: Store,
    gateway: Gateway,
    clock: Clock,
    to_look_up: ToLookUp,
    *,
    keyword_owner: str,
    whatsapp: Setup = NO_WHATSAPP,
) -> bool:
    """Look one of them up, if any is due, and take in what Twilio's record says of it. True: there may be more."""
    looked = to_look_up.take(clock.now())
    if looked is None:
        return False
    try:
        if isinstance(looked.unproven, UnprovenText):
            text = gateway.text(looked.unproven.sid)
            if text:
                intake.take_in(store, text, now=clock.now(), keyword_owner=keyword_owner)
        else:
            _take_receipt(store, gateway, clock, looked.unproven, whatsapp)
    except Rejected:
        log.warning("a signed request is about a text that Twilio's record does not have")
        to_look_up.again(looked, clock.now())
    except SendError as fault:
        store.note_error(TWILIO, fault.message, clock.now())
        to_look_up.again(looked, clock.now())
    return True


def _take_receipt(store: Store, gateway: Gateway, clock: Clock, unproven: UnprovenReceipt, whatsapp: Setup) -> None:
    """What became of the text by now, which may be more than what was reported."""
    seems, said = unproven.seems, gateway.status_of(unproven.sid)
    said = replace(said, message_id=seems.message_id, attempt=seems.attempt)
    receipts.take(store, said, said.status.value, clock.now(), whatsapp=whatsapp)
