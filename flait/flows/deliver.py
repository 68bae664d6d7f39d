"""The outbox's way to Twilio. Claimed and committed before the call, posted once, and never guessed about.

A text is accepted, certainly not sent (tried again), refused, or in doubt. One in doubt is settled from Twilio's own
record: found there, its SID is adopted; absent from two readings a minute apart, it is sent once more. Before anything
leaves, the first time or again, its words must still hold (afresh.py): else what is news of them is decided anew.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from flait.clock import Clock
from flait.core.messages import LOOK_AGAIN, MOST_SENDS, TOO_LATE, Message, MessageStatus, next_attempt
from flait.core.pauses import Pauses
from flait.core.twilio_errors import OPTED_OUT
from flait.core.whatsapp import NO_WHATSAPP, Setup, is_whatsapp_error
from flait.errors import ConfigError, InDoubt, NotSent, Rejected, SendError
from flait.flows import afresh
from flait.flows import whatsapp as by_whatsapp
from flait.flows.looks import cut_short
from flait.flows.ports import Gateway, Sent
from flait.flows.standing import Least
from flait.store import Doubt, Store

log = logging.getLogger("flait.deliver")

ACCOUNT_PAUSE = timedelta(minutes=5)  # a refused account is probed with one text, not hammered with all
CLOCKS_DIFFER = timedelta(hours=24)  # between this machine and Twilio's record: some keep local time for UTC
RESTS = Pauses(LOOK_AGAIN, timedelta(days=1))  # between readings of Twilio's record for one text that it does not have
LONGEST_CALL = 120.0  # seconds, real: six times what the gateway gives a call
LONGEST_SILENCE = timedelta(hours=1)  # no pause that is asked for is longer
SILENCE = "twilio silence"  # what is remembered as read until then: nothing is sent before
TWILIO = "twilio"


class Progress(Struct, frozen=True, kw_only=True):
    """Whether there may be more to do, and how long sending as a whole must pause."""

    more: bool
    pause: timedelta | None = None


def is_silent(store: Store, now: datetime) -> bool:
    """Whether every process leaves Twilio alone for now: it refused the account, or asked for a pause."""
    until = store.read_until(SILENCE)
    return until is not None and now < until <= now + LONGEST_SILENCE  # a clock that was ahead must not silence anybody


def be_silent(store: Store, until: datetime) -> None:
    """Leave Twilio alone until then."""
    store.note_read(SILENCE, until)


def recover(store: Store, clock: Clock, boot: str) -> None:
    """What a dead daemon left behind: texts it was sending are in doubt, flights it had claimed are due."""
    now = clock.now()
    with store.transaction():
        for message in store.doubt_orphans(except_by=boot):
            _record(store, message, now, "in_doubt", "the daemon ended while it was being sent")
        for tracked in store.claimed_flights(except_by=boot):
            cut_short(store, tracked, now)


def doubt_forgotten(store: Store, clock: Clock) -> None:
    """Texts whose end could not be stored, on a full disk say: in doubt, so that they hold nobody's others up."""
    now = clock.now()
    real = clock.real_seconds(timedelta(seconds=1))
    with store.transaction():
        for message in store.doubt_forgotten(now - timedelta(seconds=LONGEST_CALL / real)):
            _record(store, message, now, "in_doubt", "its end could not be stored")


def send_next(
    store: Store,
    gateway: Gateway,
    clock: Clock,
    boot: str,
    *,
    whatsapp: Setup = NO_WHATSAPP,
    least: Least | None = None,
) -> Progress:
    """Send the next text that is due, if any; at most one call to Twilio. `least` is for answers about connections."""
    now = clock.now()
    _give_up_late_ones(store, now)
    message = store.claim_due_message(now, boot)
    if message is None:
        return Progress(more=False)
    if not _holds(store, message, now, least):
        return Progress(more=True)
    return _send(store, gateway, clock, message, whatsapp)


def _holds(store: Store, message: Message, now: datetime, least: Least | None) -> bool:
    """Whether the claimed text may leave in the words it was written in; else it has ended, and its news goes on."""
    with store.transaction():
        why = afresh.why_not(store, message, now)
        if why:
            afresh.tell_afresh(store, message, now, why=why, least=least)
    return not why


def _send(store: Store, gateway: Gateway, clock: Clock, message: Message, whatsapp: Setup) -> Progress:
    now = clock.now()
    try:
        formed = by_whatsapp.ready(store, message, whatsapp, now)
        if formed is None:
            return Progress(more=True)
        accepted = gateway.send(formed, now=now)
    except NotSent as fault:
        return _requeue(store, message, fault, clock.now(), whatsapp)
    except ConfigError as fault:  # a secret that cannot be read: nothing left this machine
        return _requeue(store, message, NotSent(fault.message, fault.hint, account=True), clock.now(), whatsapp)
    except Rejected as refusal:
        _refuse(store, message, refusal, clock.now(), whatsapp)
    except InDoubt as doubt:
        _doubt(store, message, doubt.message, clock.now())
    except Exception:  # a fault of our own, perhaps after the text had left
        _doubt(store, message, "an unexpected fault while sending", clock.now())
        raise
    else:
        _accepted(store, message, accepted.sid, clock.now(), "accepted")
    return Progress(more=True)


def settle_next(store: Store, gateway: Gateway, clock: Clock, *, least: Least | None = None) -> bool:
    """Look one text in doubt up in Twilio's record, if one is due for it. True: there may be more."""
    now = clock.now()
    doubted = next((doubt for doubt in store.in_doubt(now) if _rested(doubt, now)), None)
    if doubted is None:
        return False
    message, since = doubted.message, (doubted.message.started_at or doubted.message.created_at) - CLOCKS_DIFFER
    try:
        sent = gateway.sent_to(message.to, since=since)
    except SendError as fault:
        store.note_error(TWILIO, fault.message, now)
        return False
    found = _match(store, message, sent, now)
    if found:
        _found(store, message, found, sent, now)
    else:
        _absent(store, message, looks=doubted.looks + 1, now=now, least=least)
    return True


def _rested(doubt: Doubt, now: datetime) -> bool:
    """Read for twice, a minute apart; then ever more seldom, for the proof that comes late."""
    return doubt.looked_at is None or now - doubt.looked_at >= RESTS.after(doubt.looks)


def _match(store: Store, message: Message, sent: Sequence[Sent], now: datetime) -> Sent | None:
    """The text in Twilio's record that is ours and no other row's; smart encoding may have changed its characters."""
    owned = store.sids_known([text.sid for text in sent])
    plain = _plain(message.body)
    ours = [
        text
        for text in sent
        if text.sid not in owned
        and (_plain(text.body).endswith(plain) or by_whatsapp.may_be(store, message, text.body, now))
    ]
    return min(ours, key=lambda text: text.created_at, default=None)


def _plain(body: str) -> str:
    return "".join(char for char in body if char.isascii() and char.isalnum())


def _found(store: Store, message: Message, found: Sent, sent: Sequence[Sent], now: datetime) -> None:
    """Twilio has it. Which texts went out after it, Twilio's own clock tells."""
    later = {text.sid for text in sent if text.created_at >= found.created_at}
    with store.transaction():
        _accepted(store, message, found.sid, now, "found at Twilio")
        afresh.arrived_after_all(store, message, now, before=later)


def _absent(store: Store, message: Message, *, looks: int, now: datetime, least: Least | None) -> None:
    """Twice not there: sent once more while its words hold, else decided anew; or it stays in doubt, and is shown.

    The same words are never sent a third time. News then goes on as after any text that was lost, ever more seldom.
    """
    with store.transaction():
        store.note_look(message.id, at=now)
        if looks < 2 or message.status is not MessageStatus.IN_DOUBT:  # the latter was given up as lost before
            _record(store, message, now, "looked", f"absent from Twilio's record, reading {looks}")
            return
        may_go = afresh.times_sent(store, message) < MOST_SENDS
        is_late, about_a_flight = now >= message.expires_at, afresh.is_about_a_flight(message)
        sent_out = f"it was sent {MOST_SENDS} times" if about_a_flight and not may_go else ""
        why = afresh.why_not(store, message, now) or sent_out
        if why and (about_a_flight or not is_late):
            lost = f"not in Twilio's record, and {why}"
            afresh.tell_afresh(store, message, now, why=lost, status=MessageStatus.FAILED, least=least)
        elif may_go and not is_late:
            store.mark_requeued(
                message.id, attempt=message.attempts, not_before=now, error="not in Twilio's record", error_code=None
            )
            _record(store, message, now, afresh.SENT_ONCE_MORE, "twice absent from Twilio's record: sent once more")
        else:
            _record(store, message, now, "looked", f"absent from Twilio's record, reading {looks}")


def _accepted(store: Store, message: Message, sid: str, now: datetime, outcome: str) -> None:
    with store.transaction():
        store.mark_accepted(message.id, attempt=message.attempts, sid=sid, now=now)
        store.note_success(TWILIO, now)
        _record(store, message, now, outcome, sid)
    log.info("text %d (%s) accepted by Twilio", message.id, message.kind)


def _doubt(store: Store, message: Message, why: str, now: datetime) -> None:
    with store.transaction():
        store.mark_in_doubt(message.id, attempt=message.attempts, error=why)
        store.note_error(TWILIO, why, now)
        _record(store, message, now, "in_doubt", why)
    log.warning("text %d is in doubt: %s", message.id, why)


def _requeue(store: Store, message: Message, fault: NotSent, now: datetime, setup: Setup) -> Progress:
    """Certainly not sent: again later, in order. An account's fault or a rate limit makes everyone's texts wait."""
    if by_whatsapp.has_another_way(store, message, fault.error_code, setup, now):
        _fail_and_follow(store, message, fault, setup, now)
        return Progress(more=True)
    whatsapp_alone = is_whatsapp_error(fault.error_code)  # nobody's SMS waits for that
    pause = ACCOUNT_PAUSE if fault.account and not whatsapp_alone else fault.retry_after
    at = next_attempt(message.attempts, now, pause)
    with store.transaction():
        store.mark_requeued(
            message.id, attempt=message.attempts, not_before=at, error=fault.message, error_code=fault.error_code
        )
        store.note_error(TWILIO, fault.message, now)
        _record(store, message, now, "not sent", fault.message)
    log.warning("text %d not sent: %s", message.id, fault.message)
    return Progress(more=pause is None, pause=None if whatsapp_alone else pause)


def _fail_and_follow(store: Store, message: Message, fault: NotSent, setup: Setup, now: datetime) -> None:
    """WhatsApp as a whole does not work, or not now: its news goes another way instead of waiting for it."""
    with store.transaction():
        store.mark_failed(
            message.id, attempt=message.attempts, error_code=fault.error_code, error=fault.message, now=now
        )
        store.note_error(TWILIO, fault.message, now)
        _record(store, message, now, MessageStatus.FAILED.value, fault.message)
        _follow(store, message, fault.error_code, setup, now)
    log.warning("text %d failed: %s", message.id, fault.message)


def _follow(store: Store, message: Message, error_code: int | None, setup: Setup, now: datetime) -> None:
    row = store.message(message.id)
    if row:
        by_whatsapp.in_place_of(store, row, error_code, setup, now)


def _refuse(store: Store, message: Message, refusal: Rejected, now: datetime, setup: Setup) -> None:
    status = MessageStatus.SUPPRESSED if refusal.opted_out else MessageStatus.FAILED
    with store.transaction():
        store.mark_failed(
            message.id,
            attempt=message.attempts,
            status=status,
            error_code=refusal.error_code,
            error=refusal.message,
            now=now,
        )
        if refusal.opted_out:
            opted_out(store, message, now)
        _record(store, message, now, status.value, refusal.message)
        _follow(store, message, refusal.error_code, setup, now)
    log.warning("text %d %s: %s", message.id, status.value, refusal.message)


def opted_out(store: Store, message: Message, now: datetime) -> None:
    """Inside a transaction: what Twilio says of a text may be the only trace of a STOP that never reached us.

    A STOP that was taken back since the text was claimed is an old trace, and stops nothing.
    """
    if not store.opted_in_since(message.to, message.started_at or message.created_at):
        store.opt_out(message.to, now, how=f"Twilio refused a text (error {OPTED_OUT})")


def _give_up_late_ones(store: Store, now: datetime) -> None:
    """Texts past their useful life, and those to people who said STOP. What they would have told counts as untold."""
    with store.transaction():
        for message in store.expire_messages(now):
            _record(store, message, now, "expired", TOO_LATE)
            log.warning("text %d (%s) expired unsent", message.id, message.kind)
            afresh.tell_afresh(store, message, now, why=TOO_LATE)
        withhold(store, now)


def withhold(store: Store, now: datetime) -> None:
    """Inside a transaction: take out of line what goes to numbers that said STOP."""
    for message in store.suppress_opted_out(now):
        _record(store, message, now, "suppressed", "the person texted STOP")


def _record(store: Store, message: Message, now: datetime, outcome: str, detail: str) -> None:
    store.record_text(message, at=now, step="send", outcome=outcome, detail=detail)
