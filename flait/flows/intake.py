"""What people text to us, taken in once and for all; and the two wishes that hold at once, STOP and START.

Nothing is answered here, and nobody is called: what is left unanswered waits for the daemon. Whoever answers on SMS,
Twilio or Flait, a STOP is honoured before anything else, for the number and all that it follows.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from flait.clock import Clock
from flait.core.receipts import Inbound
from flait.core.replies import Help, Reply, Start, Stop, understand
from flait.errors import SendError
from flait.flows.deliver import TWILIO, withhold
from flait.flows.ports import Gateway
from flait.store import Step, Store

log = logging.getLogger("flait.intake")

BY_TWILIO: Final = "twilio"  # who owns the keywords, and the word for what Twilio has answered itself
OPTED_OUT: Final = "opted out"  # the word for what nobody may answer
TAKEN_BACK: Final = "taken back"  # the word for a STOP that is heard of after the START that came after it
RECORD: Final = "twilio inbound"  # what `fetch` remembers its place in
OVERLAP: Final = timedelta(minutes=10)  # Twilio promises no read-after-write: each look begins that much earlier

_TYPES: Final[Mapping[str, Stop | Start | Help]] = {  # Twilio's reading with Advanced Opt-Out, whatever the words were
    "STOP": Stop(exact=True),
    "START": Start(exact=True),
    "HELP": Help(exact=True),
}


def take_in(store: Store, inbound: Inbound, *, now: datetime, keyword_owner: str, taken_back: bool = False) -> bool:
    """Keep one text and do at once what it says about texts. False: it was taken in before, and nothing changes.

    `keyword_owner` is `twilio` where Twilio answers STOP, START and HELP on SMS, else `flait`. `taken_back`: it is a
    STOP, and the number is known to have said START later.
    """
    meaning = _meaning(inbound)
    at = min(inbound.sent_at or now, now)
    with store.transaction():
        if not store.add_inbound(inbound, now):
            return False
        if inbound.whatsapp:
            store.note_window(inbound.person, at, address=inbound.sender)
        if taken_back:
            answered = TAKEN_BACK
        else:
            changed = _obey(store, inbound, meaning, at=at, now=now)
            answered = _answered(store, inbound, meaning, changed=changed, keyword_owner=keyword_owner)
        if answered:
            store.mark_answered(inbound.sid, now, answered)
        return True


def fetch(store: Store, gateway: Gateway, clock: Clock, *, keyword_owner: str) -> int:
    """Read what people texted from Twilio's record, where Twilio cannot call us; how many texts were new.

    The first time it reads back to when the first person was added, and no further. A fault at Twilio is noted, and
    the same stretch is read the next time.
    """
    now = clock.now()
    beginning = store.first_user_at() or now
    read_until = min(store.read_until(RECORD) or beginning, now)  # a clock that was ahead must not hide anything
    try:
        texts = gateway.received(max(read_until - OVERLAP, beginning))
    except SendError as fault:
        store.note_error(TWILIO, fault.message, now)
        return 0
    new = 0
    for text in texts:
        taken_back = _is_taken_back(store, text, texts)
        new += take_in(store, text, now=now, keyword_owner=keyword_owner, taken_back=taken_back)
    with store.transaction():
        store.note_read(RECORD, now)
        store.note_success(TWILIO, now)
    return new


def _meaning(inbound: Inbound) -> Reply:
    return _TYPES.get((inbound.opt_out_type or "").upper()) or understand(inbound.body)


def _is_taken_back(store: Store, stop: Inbound, texts: Sequence[Inbound]) -> bool:
    """A STOP that was missed, though the START after it was called in: both moments are Twilio's, whatever our clock.

    Within one second the STOP holds.
    """
    return isinstance(_meaning(stop), Stop) and any(
        text.person == stop.person and _is_later(text, stop) and isinstance(_meaning(text), Start)
        for text in texts
        if store.heard(text.sid)
    )


def _is_later(text: Inbound, other: Inbound) -> bool:
    return text.sent_at is not None and other.sent_at is not None and text.sent_at > other.sent_at


def _obey(store: Store, inbound: Inbound, meaning: Reply, *, at: datetime, now: datetime) -> bool:
    """STOP and START, inside the transaction; whether the number may be texted now is otherwise than before."""
    how = f"texted {'WhatsApp' if inbound.whatsapp else 'SMS'} {inbound.sid}"
    if isinstance(meaning, Stop):
        changed = sum(store.opt_out(number, at, how=how, sid=inbound.sid) for number in inbound.numbers) > 0
        for number in inbound.numbers:
            store.end_talk(number)
        withhold(store, now)
    elif isinstance(meaning, Start):
        just_now = inbound.sent_at is None
        changed = sum(store.opt_in(number, at, how=how, just_now=just_now) for number in inbound.numbers) > 0
    else:
        return False
    if changed:
        _journal(store, inbound, "stop" if isinstance(meaning, Stop) else "start", now)
    return changed


def _answered(store: Store, inbound: Inbound, meaning: Reply, *, changed: bool, keyword_owner: str) -> str:
    """Why nobody of ours answers, in a word; empty: the daemon does."""
    keyword = isinstance(meaning, Stop | Start | Help) and meaning.exact
    by_twilio = bool(inbound.opt_out_type) or (keyword and keyword_owner == BY_TWILIO and not inbound.whatsapp)
    if isinstance(meaning, Start) and changed and store.user_by_phone(inbound.person):
        return ""  # beside Twilio's own words: how the flights stand that were missed meanwhile
    if by_twilio:
        return BY_TWILIO
    if store.is_opted_out(inbound.person) and not (isinstance(meaning, Stop) and changed):
        return OPTED_OUT
    return ""


def _journal(store: Store, inbound: Inbound, outcome: str, now: datetime) -> None:
    people = [user for number in inbound.numbers if (user := store.user_by_phone(number))]
    for subscription in (one for user in people for one in store.live_for(user.id)):
        store.record(Step(at=now, subscription_id=subscription.id, step="inbound", outcome=outcome, detail=inbound.sid))
    log.info("a number texted %s", outcome.upper())
