"""What people text to us, taken in once and for all; and the two wishes that hold at once, STOP and START.

Nothing is answered here, and nobody is called: what is left unanswered waits for the daemon. Whoever answers on SMS,
Twilio or Flait, a STOP is honoured before anything else, for the number and all that it follows.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from flait.clock import Clock
from flait.core.inbound import Inbound
from flait.core.replies.order import undoes
from flait.core.replies.understanding import Help, Join, Reply, Start, Stop, understand
from flait.core.values import replace
from flait.errors import SendError
from flait.flows.deliver import TWILIO, withhold
from flait.flows.ports import Gateway
from flait.store import ConsentKind, Step, Store

log = logging.getLogger("flait.intake")

BY_TWILIO: Final = "twilio"  # who owns the keywords, and the word for what Twilio has answered itself
NO_ANSWER: Final = "opted out"  # the word for what nobody may answer
TAKEN_BACK: Final = "taken back"  # the word for a STOP that is heard of after the START that came after it
OVERTAKEN: Final = "overtaken"  # the word for what is heard of after the later word that undoes it
RECORD: Final = "twilio inbound"  # what `fetch` remembers its place in
OVERLAP: Final = timedelta(minutes=10)  # Twilio promises no read-after-write: each look begins that much earlier
LONGEST_RECEIVING: Final = timedelta(days=1)  # what Twilio has not received by then it never will
LONGEST_READING: Final = timedelta(hours=1)  # a reading that has not come to its end by then begins anew

_TYPES: Final[Mapping[str, Stop | Start | Help]] = {  # Twilio's reading with Advanced Opt-Out, whatever the words were
    "STOP": Stop(exact=True),
    "START": Start(exact=True),
    "HELP": Help(exact=True),
}
_CHANGES: Final[Mapping[type[Reply], ConsentKind]] = {
    Stop: ConsentKind.OPT_OUT,
    Start: ConsentKind.OPT_IN,
    Join: ConsentKind.JOIN,
}
"""What decides who may be texted."""


class Fetched(Struct, frozen=True, kw_only=True):
    """How many texts were new, and whether there are more to be read at once."""

    new: int = 0
    more: bool = False


class _Reading(Struct, frozen=True, kw_only=True):
    """One reading of Twilio's list: when it began, how far back it goes, and where it goes on.

    `until` is up to where everything that was listed could be read.
    """

    began: datetime
    since: datetime
    until: datetime
    cursor: str | None = None


def take_in(store: Store, inbound: Inbound, *, now: datetime, keyword_owner: str, late: bool = False) -> bool:
    """Keep one text and do at once what it says about texts. False: it was taken in before, and nothing changes.

    `keyword_owner` is `twilio` where Twilio answers STOP, START and HELP on SMS, else `flait`. A STOP does nothing when
    Twilio's record has shown a later START: both moments are Twilio's, whatever our clock; within one second it holds.
    `late`: the person's later word was heard before, and leaves nothing to be done about this one.
    """
    said = meaning(inbound)
    at = min(inbound.sent_at or now, now)
    with store.transaction():
        if not store.add_inbound(inbound, now, decides=_CHANGES.get(type(said))):
            return False
        if inbound.whatsapp:
            store.note_window(inbound.person, at, address=inbound.sender)
        if isinstance(said, Stop) and inbound.sent_at and store.said_start_after(inbound.person, inbound.sent_at):
            answered = TAKEN_BACK
        else:
            changed = _obey(store, inbound, said, at=at, now=now)
            answered = _answered(store, inbound, said, changed=changed, keyword_owner=keyword_owner)
        answered = answered or (OVERTAKEN if late else "")
        if answered:
            store.mark_answered(inbound.sid, now, answered)
        return True


def fetch(store: Store, gateway: Gateway, clock: Clock, *, keyword_owner: str) -> Fetched:
    """Read what people texted from Twilio's record, where Twilio cannot call us.

    The first time it reads back to when the first person was added, and no further. The place up to which everything
    was read moves when a reading has come to its end, and not before: a fault at Twilio is noted, and the same stretch
    is read the next time; a stretch of many texts is read in several goes.
    """
    now = clock.now()
    reading = _reading(store, now)
    try:
        inbox = gateway.received(reading.since, reading.cursor)
    except SendError as fault:
        store.note_error(TWILIO, fault.message, now)
        return Fetched()
    for text in inbox.texts:  # of a START that was called in, only now the moment is known
        if text.sent_at:
            store.note_said_at(text.sid, text.sent_at)
    late = _overtaken(store, inbox.texts)
    new = sum(take_in(store, text, now=now, keyword_owner=keyword_owner, late=text.sid in late) for text in inbox.texts)
    if inbox.unfinished and now - inbox.unfinished < LONGEST_RECEIVING:
        reading = replace(reading, until=min(reading.until, inbox.unfinished))
    with store.transaction():
        if inbox.cursor is None:
            store.note_read(RECORD, reading.until)
        else:
            store.note_half_read(RECORD, reading.since, _kept(reading, inbox.cursor))
        store.note_success(TWILIO, now)
    return Fetched(new=new, more=inbox.cursor is not None)


def _overtaken(store: Store, texts: Sequence[Inbound]) -> set[str]:
    """The sids of those that are new, though a later word of the same person's was heard, and undoes them.

    Twilio's record lists them in the order in which they were said, within one second too.
    """
    heard: dict[str, list[Reply]] = {}
    late = set()
    for text in reversed(texts):
        if store.heard(text.sid):
            heard.setdefault(text.person, []).append(meaning(text))
        elif text.person in heard and any(undoes(later, meaning(text)) for later in heard[text.person]):
            late.add(text.sid)
    return late


def _reading(store: Store, now: datetime) -> _Reading:
    """The one that is under way, or a new one."""
    kept = store.half_read(RECORD)
    if kept:
        began, since = datetime.fromisoformat(kept["began"]), datetime.fromisoformat(kept["since"])
        if timedelta() <= now - began <= LONGEST_READING:
            until = datetime.fromisoformat(kept["until"])
            return _Reading(began=began, since=since, until=until, cursor=kept["cursor"])
    beginning = store.first_user_at() or now
    read_until = min(store.read_until(RECORD) or beginning, now)  # a clock that was ahead must not hide anything
    return _Reading(began=now, since=max(read_until - OVERLAP, beginning), until=now)


def _kept(reading: _Reading, cursor: str) -> str:
    moments = {name: getattr(reading, name).isoformat() for name in ("began", "since", "until")}
    return json.dumps(moments | {"cursor": cursor})


def meaning(inbound: Inbound) -> Reply:
    """What a text asks for, in Twilio's own reading where it has one."""
    return _TYPES.get((inbound.opt_out_type or "").upper()) or understand(inbound.body)


def _obey(store: Store, inbound: Inbound, said: Reply, *, at: datetime, now: datetime) -> bool:
    """STOP and START, inside the transaction; whether the number may be texted now is otherwise than before."""
    how = f"texted {'WhatsApp' if inbound.whatsapp else 'SMS'} {inbound.sid}"
    if isinstance(said, Stop):
        changed = sum(store.opt_out(number, at, how=how, sid=inbound.sid) for number in inbound.numbers) > 0
        for number in inbound.numbers:
            store.end_dialogues(number)
            store.decline_invitations(number)
        withhold(store, now)
    elif isinstance(said, Start):
        just_now = inbound.sent_at is None
        changed = sum(store.opt_in(number, at, how=how, just_now=just_now) for number in inbound.numbers) > 0
    else:
        return False
    if changed:
        _journal(store, inbound, "stop" if isinstance(said, Stop) else "start", now)
    return changed


def _answered(store: Store, inbound: Inbound, said: Reply, *, changed: bool, keyword_owner: str) -> str:
    """Why nobody of ours answers, in a word; empty: the daemon does."""
    keyword = isinstance(said, Stop | Start | Help) and said.exact
    by_twilio = bool(inbound.opt_out_type) or (keyword and keyword_owner == BY_TWILIO and not inbound.whatsapp)
    if isinstance(said, Start) and changed and store.user_by_phone(inbound.person):
        return ""  # beside Twilio's own words: how the flights stand that were missed meanwhile
    if by_twilio:
        return BY_TWILIO
    if store.is_opted_out(inbound.person) and not (isinstance(said, Stop) and changed):
        return NO_ANSWER
    return ""


def _journal(store: Store, inbound: Inbound, outcome: str, now: datetime) -> None:
    people = [user for number in inbound.numbers if (user := store.user_by_phone(number))]
    for subscription in (one for user in people for one in store.live_for(user.id)):
        store.record(Step(at=now, subscription_id=subscription.id, step="inbound", outcome=outcome, detail=inbound.sid))
    log.info("a number texted %s", outcome.upper())
