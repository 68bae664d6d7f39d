"""What a person texted gets its effect and its answer, in one transaction, once.

Claimed and understood; then the gates that keep loops, strangers and floods quiet; then what has to be asked outside;
then effect, words and the mark `answered` together. A death anywhere leaves the text to the next run of the daemon.
What asks nobody never waits for what does: see answering/looks.py.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct

from flait.clock import Clock
from flait.core.compose import compose
from flait.core.messages import ANSWERS, Channel, MessageKind
from flait.core.replies.understanding import (
    Alternatives,
    Choice,
    Connect,
    Help,
    Join,
    Leave,
    ListFlights,
    Mute,
    NotAFlight,
    NotYet,
    Ok,
    Pick,
    Prefer,
    Reply,
    Share,
    Start,
    Status,
    StatusOfSeveral,
    Stop,
    Thanks,
    Track,
    Undo,
    Unknown,
    Unmute,
    Untrack,
    UntrackSeveral,
    WhoIsThis,
    Why,
    understand,
)
from flait.core.structure import plain
from flait.core.subscriptions import AddedBy, User
from flait.core.texts import answers as texts
from flait.core.texts.wording import Text
from flait.core.values import replace
from flait.errors import StoreError
from flait.flows.answering.alternatives import alternatives
from flait.flows.answering.connecting import connect
from flait.flows.answering.desk import Act, AnswerRules, AnswerText, Desk, say
from flait.flows.answering.explaining import why
from flait.flows.answering.leaving import as_answer, choose, is_answer, leave, undo, untrack, untrack_several
from flait.flows.answering.looks import Looks, MustLook, Nobody, Waiting
from flait.flows.answering.meant import current, following, place_of
from flait.flows.answering.muting import mute, unmute
from flait.flows.answering.picking import picked
from flait.flows.answering.preferring import prefer
from flait.flows.answering.sharing import join, share
from flait.flows.answering.status import list_flights, start, status, status_of_several
from flait.flows.answering.tracking import track
from flait.flows.intake import NO_ANSWER
from flait.flows.ports import FlightSource
from flait.phones import costly
from flait.store import Heard, Step, Store

__all__ = ["Looks", "AnswerRules", "answer_looked", "answer_next"]

log = logging.getLogger("flait.answer")

USEFUL = timedelta(minutes=15)  # an answer that comes later than that confuses
SAID = "said"  # the dialogue that remembers the last body

MOST_REPLIES, REPLIES_WITHIN = 10, timedelta(minutes=5)  # two machines that answer each other stop here
MOST_UNKNOWN = ((timedelta(minutes=10), 2), (timedelta(days=1), 10))  # then nothing is said to them
STRANGERS_WITHIN = timedelta(days=1)
MOST_STRANGERS = 50  # within that, all numbers together: each answer is paid for
REPEATED_WITHIN = timedelta(seconds=10)

MOST_CONFIRMED = 3  # STOPs of one number in a day

FAULT, UNKNOWN, STOP, STRANGER = "fault", "unknown", "stop", "stranger"

COMMANDS: Mapping[type[Reply], tuple[str, Callable[[Desk, Any], Act]]] = {
    # what was meant → its word in the record, and what is done about it
    Status: ("status", status),
    StatusOfSeveral: ("status", status_of_several),
    ListFlights: ("list", list_flights),
    Connect: ("connect", connect),
    Why: ("why", why),
    Alternatives: ("alternatives", alternatives),
    Track: ("track", track),
    Untrack: ("untrack", untrack),
    UntrackSeveral: ("untrack", untrack_several),
    Undo: ("undo", undo),
    Mute: ("mute", mute),
    Unmute: ("unmute", unmute),
    Share: ("share", share),
    Join: ("join", join),
    Leave: ("leave", leave),
    Prefer: ("prefer", prefer),
    Choice: ("choice", choose),
    Ok: ("choice", choose),
    Start: ("start", start),
    Help: ("help", lambda desk, _: say(texts.help_text(desk.rules.contact))),
    WhoIsThis: ("who", lambda desk, _: say(_who(desk))),
    NotAFlight: ("misnamed", lambda _, reply: say(texts.not_a_flight_text(reply.text, reply.what))),
    NotYet: ("not yet", lambda desk, reply: say(texts.not_yet_text(reply.word, desk.rules.contact))),
    Unknown: (UNKNOWN, lambda _, reply: say(texts.UNKNOWN_OF.get(reply.command, texts.UNKNOWN))),
}
COUNTED: Final = frozenset(word for word, _ in COMMANDS.values())


def _who(desk: Desk) -> str:
    return texts.who_text(desk.user.called, desk.rules.contact, len(following(desk)))


class Limit(Struct, frozen=True):
    """At most so many commands of these words are taken within that span; its end is told to the `step`."""

    name: str  # the word in the record for the text that says so
    of: str  # what there are so many of, for people
    words: frozenset[str]
    most: int
    within: timedelta
    step: timedelta


LIMITS: Final = (
    Limit("limit", "msgs per hour", COUNTED, 20, timedelta(hours=1), timedelta(minutes=5)),
    Limit("limit of the day", "msgs per day", COUNTED, 100, timedelta(days=1), timedelta(hours=1)),
    # each is four flights looked up, and a flight that is days ahead costs as much as four polls
    Limit("limit of TRACK", "TRACK msgs per day", frozenset({"track"}), 10, timedelta(days=1), timedelta(hours=1)),
    Limit("limit of ALT", "ALT msgs per day", frozenset({"alternatives"}), 10, timedelta(days=1), timedelta(hours=1)),
)


def answer_next(store: Store, clock: Clock, *, boot: str, looks: Looks, rules: AnswerRules | None = None) -> bool:
    """Answer the text that has waited longest, if any. True: there may be more.

    Nobody outside is asked: what takes that, or must come after it, is put into `looks`. Only for who holds the
    daemon's lock, and one at a time. Raises StoreError, and then nothing was done.
    """
    heard = store.claim_inbound(clock.now(), boot, but=looks.sids())
    if heard is None:
        return False
    desk = Desk(
        store=store,
        source=Nobody(),
        clock=clock,
        boot=boot,
        rules=rules or AnswerRules(),
        user=store.user_by_phone(heard.inbound.sender) or _stranger(heard),
        heard=heard,
    )
    reply = _meaning(desk)
    if looks.must_wait(desk.phone, reply) or not _answered_at_once(desk, reply):
        store.give_back_inbound(heard.inbound.sid)
        looks.add(Waiting(desk=desk, reply=reply))
    return True


def _answered_at_once(desk: Desk, reply: Reply) -> bool:
    try:
        _answer(desk, reply)
    except MustLook:
        return False
    return True


def answer_looked(store: Store, source: FlightSource, *, looks: Looks) -> bool:
    """Answer one text that waits for a look, if there is one. True: there may be more.

    Any number of threads may call it. AeroAPI's faults become words; raises StoreError, and then nothing was done.
    """
    waiting = looks.take()
    if waiting is None:
        return False
    try:
        heard = store.claim_inbound_text(waiting.sid, waiting.desk.now, waiting.desk.boot)
        if heard:
            user = store.user_by_phone(heard.inbound.sender) or _stranger(heard)
            desk = replace(waiting.desk, store=store, source=source, user=user, heard=heard)
            _answer(desk, waiting.reply)
    finally:
        looks.done(waiting)
    return True


def _stranger(heard: Heard) -> User:
    sender = heard.inbound.sender
    channel = Channel.WHATSAPP if heard.inbound.whatsapp else Channel.SMS
    return User(name=sender, phone=sender, channel=channel, created_at=heard.received_at, added_by=AddedBy.INVITATION)


def _answer(desk: Desk, reply: Reply) -> None:
    """A fault of our own is owned up to."""
    try:
        _answer_or_not(desk, reply)
    except (StoreError, MustLook):
        raise
    except Exception:
        log.exception("a text could not be answered")
        _store(desk, FAULT, say(texts.FAULT))


def _answer_or_not(desk: Desk, reply: Reply) -> None:
    if isinstance(reply, Stop):
        _confirm_stop(desk)
        return
    silence = _silence(desk, reply)
    if silence:
        _store(desk, silence, _nothing)
    elif not desk.user.id and not _is_invited(desk, reply):
        _answer_stranger(desk, reply)
    else:
        _command(desk, reply)


def _command(desk: Desk, reply: Reply) -> None:
    word, answer = COMMANDS[type(reply)]
    limit = next((limit for limit in LIMITS if word in limit.words and _is_over(desk, limit, desk.now)), None)
    if limit:
        _limit(desk, limit)
    else:
        _store(desk, word, answer(desk, reply))


def _meaning(desk: Desk) -> Reply:
    """What was meant, here and now: digits and OK mean something only where something was asked."""
    if desk.heard.inbound.opt_out_type:  # Twilio's own reading; its STOP and HELP are answered before
        return Start(exact=True)
    reply = understand(desk.heard.inbound.body)
    if isinstance(reply, Pick):
        reply = picked(desk, reply)
    if isinstance(reply, UntrackSeveral):
        reply = as_answer(desk, reply)
    if isinstance(reply, Choice) and not is_answer(desk, reply):
        return Unknown()
    if isinstance(reply, Ok) and not is_answer(desk, reply):
        return Thanks()
    return reply


# Who hears nothing


def _silence(desk: Desk, reply: Reply) -> str:
    """Why there is no answer, in a word; empty: there is one. The rules are tried in order."""
    rules: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("own", lambda: desk.phone in desk.rules.own),
        ("costly", lambda: not desk.user.id and bool(costly(desk.phone, desk.rules.allow))),
        ("thanks", lambda: isinstance(reply, Thanks)),
        (NO_ANSWER, lambda: desk.store.is_opted_out(desk.phone)),
        ("repeated", lambda: _is_repeated(desk)),
        ("too fast", lambda: _is_too_fast(desk)),
        (UNKNOWN, lambda: isinstance(reply, Unknown) and _is_lost_on_them(desk)),
    )
    return next((word for word, holds in rules if holds()), "")


def _is_repeated(desk: Desk) -> bool:
    """The same words within seconds: sent twice by a phone or a hasty thumb."""
    last = desk.store.dialogue(desk.phone, SAID, desk.heard.received_at)
    if last is None or last["body"] != desk.heard.inbound.body:
        return False
    return desk.heard.received_at - datetime.fromisoformat(str(last["at"])) < REPEATED_WITHIN


def _is_too_fast(desk: Desk) -> bool:
    if not desk.user.id:
        return False
    latest = [view.message for view in desk.store.messages(user_id=desk.user.id, limit=4 * MOST_REPLIES)]
    recent = [text for text in latest if text.kind in ANSWERS and desk.now - text.created_at < REPLIES_WITHIN]
    return len(recent) >= MOST_REPLIES


def _is_lost_on_them(desk: Desk) -> bool:
    """Most likely a machine, or not meant for us."""
    return any(_count(desk, UNKNOWN, within) >= most for within, most in MOST_UNKNOWN)


def _count(desk: Desk, word: str, within: timedelta) -> int:
    return desk.store.inbound_count(desk.phone, since=desk.now - within, answer=word)


def _is_invited(desk: Desk, reply: Reply) -> bool:
    return isinstance(reply, Join) and bool(desk.store.open_invitations(desk.phone, desk.written))


def _answer_stranger(desk: Desk, reply: Reply) -> None:
    """Once a day, and nothing about who uses this number.

    So many in a day, all together; who was invited, and the words the law wants answered, do not wait for others.
    """
    if _count(desk, STRANGER, STRANGERS_WITHIN):
        _store(desk, "stranger again", _nothing)
        return
    invited = desk.store.open_invitations(desk.phone, desk.written)
    is_due = invited or isinstance(reply, Start | Help)
    if not is_due and desk.store.answered_count(STRANGER, since=desk.now - STRANGERS_WITHIN) >= MOST_STRANGERS:
        _store(desk, "too many strangers", _nothing)
        return
    _store(desk, STRANGER, say(texts.INVITED if invited else texts.STRANGER))


def _is_over(desk: Desk, limit: Limit, at: datetime) -> bool:
    """Whether a command at that moment would be one too many."""
    since = at - limit.within
    return sum(desk.store.inbound_count(desk.phone, since=since, answer=word) for word in limit.words) >= limit.most


def _limit(desk: Desk, limit: Limit) -> None:
    """Said once, then silence until it eases."""
    if _count(desk, limit.name, limit.within):
        _store(desk, "limited", _nothing)
        return
    again = desk.now
    while _is_over(desk, limit, again):
        again += limit.step
    views = following(desk)
    place = place_of(desk, current(views, desk.now) if views and not desk.user.timezone else None)
    _store(desk, limit.name, say(texts.limit_text(f"{limit.most} {limit.of}", again, place, desk.reader())))


# The one transaction


def _store(desk: Desk, word: str, act: Act) -> None:
    """Mark, effect and words together. A text that was answered meanwhile keeps its first answer."""
    heard, now = desk.heard, desk.now
    with desk.store.transaction():
        if desk.store.is_opted_out(desk.phone):  # perhaps only since we looked
            word, act = NO_ANSWER, _nothing
        if not desk.store.mark_answered(heard.inbound.sid, now, word):
            return
        said = {"body": heard.inbound.body, "at": heard.received_at.isoformat()}
        desk.store.put_dialogue(desk.phone, SAID, said, now + REPEATED_WITHIN)
        lines = act()
        for number, line in enumerate(lines, 1):
            _enqueue(desk, line, line.kind, number=number, word=word)
    log.info("a text was answered: %s, %d texts", word, len(lines))


def _nothing() -> Sequence[AnswerText]:
    return ()


def _confirm_stop(desk: Desk) -> None:
    """The one text after STOP: to those whose words Twilio does not understand, or does not answer.

    Whoever says STOP and START by turns, or from a number that costs a lot or is our own, is obeyed all the same, and
    not answered.
    """
    often = _count(desk, STOP, timedelta(days=1)) >= MOST_CONFIRMED
    quiet = often or desk.phone in desk.rules.own or (not desk.user.id and bool(costly(desk.phone, desk.rules.allow)))
    with desk.store.transaction():
        if not quiet and desk.store.is_opted_out(desk.phone):
            _enqueue(desk, AnswerText(body=texts.STOPPED), MessageKind.STOP_CONFIRMED, number=1, word=STOP)
        desk.store.mark_answered(desk.heard.inbound.sid, desk.now, STOP)


def _enqueue(desk: Desk, line: AnswerText, kind: MessageKind, *, number: int, word: str) -> None:
    now, user = desk.now, desk.store.user_by_phone(desk.phone)
    message = compose(
        MessageKind.STRANGER if user is None and kind in ANSWERS else kind,
        Text(structure=line.structure or plain(line.body), tells=line.tells),
        user or replace(desk.user, id=0),
        channel=desk.channel,
        dedup_key=f"reply:{desk.heard.inbound.sid}" + (f":{number}" if number > 1 else ""),
        answers=desk.heard.inbound.sid,
        subscription_id=line.subscription_id,
        flight_id=line.flight_id,
        now=now,
        until=now + USEFUL,
    )
    stored = desk.store.enqueue(message)
    if stored:
        desk.store.record(
            Step(
                at=now,
                step="answer",
                outcome=word,
                message_id=stored.id,
                subscription_id=line.subscription_id,
                flight_id=line.flight_id,
            )
        )
