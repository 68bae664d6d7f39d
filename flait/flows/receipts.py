"""What Twilio reports of our texts, pushed or asked for: merged, written down, and acted upon where it matters.

A report is taken in one transaction and changes nothing when it comes again. It never sends anything: a text that
did not arrive counts as unsaid, and the next poll of its flight says what still holds. One that arrived after all ends
what was to go in its place.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from flait.clock import Clock
from flait.core.messages import UNTOLD, Message, MessageStatus
from flait.core.receipts import Receipt
from flait.core.twilio_errors import OPTED_OUT, failure_words, is_in_vain
from flait.core.whatsapp import NO_WHATSAPP, Setup
from flait.errors import Rejected, SendError
from flait.flows import afresh
from flait.flows import whatsapp as by_whatsapp
from flait.flows.deliver import TWILIO, opted_out, withhold
from flait.flows.ports import Gateway
from flait.store import Reported, Step, Store

log = logging.getLogger("flait.receipts")

ASK_AFTER: Final = (
    # Twilio's reports get lost: a text whose end is not known is asked about so long after Twilio took it.
    timedelta(minutes=2),
    timedelta(minutes=15),
    timedelta(minutes=30),
    *(timedelta(hours=hour) for hour in range(1, 8)),  # a phone that is off: Twilio gives up within six
    timedelta(hours=12),
    *(timedelta(days=day) for day in range(1, 8)),  # and no more after a week: some carriers never tell
)

UNDER_WAY: Final = afresh.WITH_TWILIO | {MessageStatus.SENDING}
"""A report about one of these is no surprise: it counted as said, and nothing was decided without it."""


def take(store: Store, receipt: Receipt, word: str, now: datetime, *, whatsapp: Setup = NO_WHATSAPP) -> bool:
    """Take one report in; `word` is Twilio's own for the status. False, and nothing stored: no text of ours."""
    failed = receipt.status in UNTOLD
    with store.transaction():
        reported = store.save_receipt(
            receipt, word, now=now, error=failure_words(receipt.error_code) if failed else None
        )
        if reported is None:
            return False
        if reported.news:
            store.note_success(TWILIO, now)
            store.record(_step(reported.message, receipt, word, now))
            _act(store, reported, receipt, now, whatsapp)
        return True


def waiting(store: Store, clock: Clock) -> bool:
    """Whether there is a text to be asked about now."""
    return store.unfinished(_befores(clock.now())) is not None


def ask_about_unfinished(store: Store, gateway: Gateway, clock: Clock, *, whatsapp: Setup = NO_WHATSAPP) -> bool:
    """Ask Twilio what became of one text, if one is due for it; at most one call. True: there may be more."""
    message = store.claim_unfinished(_befores(clock.now()))
    if message is None or message.sid is None:
        return False
    try:
        receipt = gateway.status_of(message.sid)
    except Rejected as refusal:  # deleted there: nothing will be known of it
        store.record(_asked(message, "unknown at Twilio", refusal.message, clock.now()))
    except SendError as fault:
        store.note_error(TWILIO, fault.message, clock.now())
        return False
    else:
        take(store, receipt, receipt.status.value, clock.now(), whatsapp=whatsapp)
    return True


def _befores(now: datetime) -> list[datetime]:
    return [now - span for span in ASK_AFTER]


def _act(store: Store, reported: Reported, receipt: Receipt, now: datetime, whatsapp: Setup) -> None:
    message = reported.message
    if receipt.error_code == OPTED_OUT and receipt.status in UNTOLD:
        opted_out(store, message, now)
        withhold(store, now)
    if message.status in afresh.WITH_TWILIO and reported.was not in UNDER_WAY:
        afresh.arrived_after_all(store, message, now)
    if message.status is reported.was or message.status not in UNTOLD:
        return
    log.warning("text %d (%s) %s: %s", message.id, message.kind, message.status, message.error)
    if reported.was in UNTOLD:  # it counts as unsaid already, and that was acted upon
        return
    if by_whatsapp.in_place_of(store, message, receipt.error_code, whatsapp, now):
        return
    if message.tells and _worth_telling_again(message):
        afresh.decide_again(store, message, now)  # what still holds is told afresh


def _worth_telling_again(message: Message) -> bool:
    """How soon is `holds.AFTER_LOSSES`' matter."""
    return message.subscription_id is not None and not is_in_vain(message.error_code)


def _step(message: Message, receipt: Receipt, word: str, now: datetime) -> Step:
    detail = failure_words(receipt.error_code) if receipt.status in UNTOLD else receipt.sid
    return Step(
        at=now,
        message_id=message.id,
        subscription_id=message.subscription_id,
        flight_id=message.flight_id,
        step="receipt",
        outcome=word,
        detail=detail,
        attempt=receipt.attempt,
    )


def _asked(message: Message, outcome: str, detail: str, now: datetime) -> Step:
    return Step(at=now, message_id=message.id, step="receipt", outcome=outcome, detail=detail)
