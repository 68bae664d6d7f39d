"""What a reply by text means. Pure, deterministic, and never raises: what it cannot read is Unknown.

A wish to get no more texts wins over everything but a flight named with it: in doubt it is honoured. The words that
Twilio itself acts upon mean what Twilio makes of them, and are no commands of Flait's. Nothing is answered here.
"""

import re
from collections.abc import Callable, Collection
from datetime import time, timedelta
from typing import Any

from flait.core.idents import Ident, Misnamed, misnamed
from flait.core.replies import words as table
from flait.core.replies.ending import ending
from flait.core.replies.kinds import (
    MINE,
    Alternatives,
    BareHour,
    Choice,
    Connect,
    Fact,
    Help,
    Join,
    Later,
    Leave,
    ListFlights,
    ListNumber,
    Mine,
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
    Subject,
    Thanks,
    Track,
    TrackWish,
    Undo,
    Unknown,
    Unmute,
    Untrack,
    UntrackSeveral,
    WhoIsThis,
    Why,
)
from flait.core.replies.lasting import LONGEST_MUTE, lasting, zoned
from flait.core.replies.legs import LegWords, leg_in
from flait.core.replies.nights import nightly, with_an_end
from flait.core.replies.parts import Dated, DayTime, Part, Phone, Sentence, sentence, stripped
from flait.core.replies.preferring import preference, unsigned
from flait.core.replies.questions import alternatives, connect, plane, why
from flait.core.replies.several import MOST_FLIGHTS, are_of_a_list, choice, statuses, untracked, untracked_all
from flait.core.replies.stops import says_stop_unspaced
from flait.core.subscriptions import Role

__all__ = [
    "MINE", "Alternatives", "BareHour", "Choice", "Connect", "Fact", "Help", "Join", "Later", "Leave", "ListFlights",
    "ListNumber", "Mine", "Mute", "NotAFlight", "NotYet", "Ok", "Pick", "Prefer", "Reply", "Share", "Start", "Status",
    "StatusOfSeveral", "Stop", "Subject", "Thanks", "Track", "TrackWish", "Undo", "Unknown", "Unmute", "Untrack",
    "UntrackSeveral", "WhoIsThis", "Why", "understand",
]  # fmt: skip


def understand(body: str) -> Reply:
    """What the person means. Takes any text, reads its first 1600 characters, in time linear in them."""
    word = body.strip().lower()
    if word in _EXACT:  # all of them ASCII: Twilio knows no other spelling
        return _EXACT[word]
    text = table.folded(body)
    clauses = table.clauses_of(text)
    if table.is_tapback(text):
        return Thanks()
    if "?" not in text and says_stop_unspaced(text):
        return Stop(exact=False)
    reply = _meaning(clauses, asked=text if "?" in text else "") if clauses else _wordless(text)
    reply = unsigned(reply, text)
    return (_hyphened(text) or _half_read(clauses) or reply) if reply == Unknown() else reply


def _half_read(clauses: list[tuple[str, ...]]) -> Reply | None:
    """A command that is no word of everyday talk, and something that it does not take."""
    verb = stripped(clauses[0])[0] if clauses else ""
    return Unknown(command=_COMMANDS_ALONE[verb]) if verb in _COMMANDS_ALONE else None


_COMMANDS_ALONE = {
    **dict.fromkeys(("mute", "snooze"), "mute"),
    **dict.fromkeys(("untrack", "unfollow", "unwatch"), "untrack"),
}
_EXACT: dict[str, Reply] = {
    **dict.fromkeys(table.TWILIO_STOPS, Stop(exact=True)),
    **dict.fromkeys(table.TWILIO_STARTS, Start(exact=True)),
    **dict.fromkeys(table.TWILIO_HELPS, Help(exact=True)),
}


def _wordless(text: str) -> Reply:
    if table.has_picture(text):
        return Thanks()
    return Help(exact=False) if "?" in text else Unknown()


def _meaning(clauses: list[tuple[str, ...]], *, asked: str) -> Reply:
    words = tuple(word for clause in clauses for word in clause)
    bare = stripped(words)
    said = sentence(bare)
    reply = (
        _silence(with_an_end(clauses))
        or ending(clauses, said, asked=asked)
        or _help(said)
        or _courtesy(words)
        or _who(said)
        or preference(bare)
        or _later(bare)
    )
    reply = reply or _read(said) or _read(sentence(_with_airline(bare))) or _misnamed(said)
    is_nightly = bare[0] in _MUTES and "until" not in bare
    if is_nightly and not reply and are_of_a_list(bare[1:]):
        return Unknown(command="mute")  # flights by their numbers, and no hours
    return reply or (_silence(bare[1:]) if is_nightly else None) or Unknown()


def _silence(rest: tuple[str, ...] | None) -> Reply | None:
    """No texts for a while, or at some hours of each day: what was said besides the plea for silence."""
    if not rest:
        return None
    muted = _mute(sentence(rest))
    return muted if isinstance(muted, Mute) and (muted.span or muted.until) else nightly(rest)


def _read(said: Sentence) -> Reply | None:
    return next((found for read in _READERS if (found := read(said))), None)


def _with_airline(words: tuple[str, ...]) -> tuple[str, ...]:
    """`track ON 23`: a word that is an airline's code too is one where nothing else makes sense."""
    at = int(words[0] in _COMMANDS)
    code, number = (*words[at : at + 2], "", "")[:2]
    known = code in (table.AIRLINES_TOO if at else table.LONE_AIRLINES) and number.isascii() and number.isdigit()
    return (*words[:at], code + number, *words[at + 2 :]) if known else words


# Courtesies


def _courtesy(words: tuple[str, ...]) -> Reply | None:
    if not all(word in table.COURTESIES for word in words):
        return None
    if any(word in table.AGREEING for word in words):
        return Ok()
    return Thanks() if any(word in table.THANKING for word in words) else None


# Commands: a verb and what may stand after it


def _start(said: Sentence) -> Reply | None:
    words = said.words
    starts = words == ("yes",) or words in table.START_PHRASES
    if not starts and words[:1] != () and words[0] in table.STARTS and said.fits(table.AFTER_START):
        starts = said.subject in (None, MINE)
    return Start(exact=False) if starts else None


def _command(said: Sentence) -> Reply | None:
    verb = said.parts[0]
    read = _COMMANDS.get(verb) if isinstance(verb, str) else None
    return read(Sentence(parts=said.parts[1:])) if read else None


def _track(after: Sentence) -> Reply | None:
    if after.every(Ident):
        wishes = _wishes(after)
        return Track(wishes=wishes) if wishes else None
    unnamed = not after.every(ListNumber) and after.fits(table.AROUND_TRACK | table.MINE_FILLERS)
    return Track(wishes=()) if unnamed else None


def _bare(said: Sentence) -> Reply | None:
    """`UA123 tomorrow` is a wish to follow it; the number alone asks for its status."""
    wishes = _wishes(said)
    said_more = any(wish.date or wish.origin or wish.destination or wish.at for wish in wishes)
    return Track(wishes=wishes) if said_more else None


def _wishes(said: Sentence) -> tuple[TrackWish, ...]:
    """A wish for each flight number, with what stands behind it; none when any of it is not understood."""
    starts = [at for at, part in enumerate(said.parts) if isinstance(part, Ident)]
    ends = [*starts[1:], len(said.parts)]
    wishes = [_wish(said.parts[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    understood = tuple(wish for wish in wishes if wish)
    return understood if len(understood) == len(wishes) <= MOST_FLIGHTS else ()


def _wish(parts: tuple[Part, ...]) -> TrackWish | None:
    group = Sentence(parts=parts)
    ident, leg = group.only(Ident), _leg(group, Ident)
    return TrackWish(ident=ident, date=group.date, **_fields(leg)) if ident and leg else None


def _leg(group: Sentence, *besides: type) -> LegWords | None:
    """What is said of route and time, besides one date at most and values of these kinds; None for anything else."""
    others = [part for part in group.parts if not isinstance(part, (str, *besides))]
    words = [word for word in group.words if word not in table.AROUND_LEG]
    return leg_in(words) if all(isinstance(part, Dated) for part in others) and len(others) <= 1 else None


def _fields(leg: LegWords) -> dict[str, Any]:
    return {name: getattr(leg, name) for name in LegWords.__struct_fields__}


def _pick(said: Sentence) -> Reply | None:
    leg = _leg(said)
    picked = Pick(date=said.date, **_fields(leg)) if leg else None
    return picked if picked and picked != Pick() else None


def _untrack(after: Sentence) -> Reply | None:
    return untracked_all(after) or _drop(after)


def _drop(after: Sentence) -> Reply | None:
    if not after.fits(table.AROUND_UNTRACK, Dated):
        return untracked(after)
    counted = untracked(after) if after.date and not after.subject else None  # `drop the 2nd`
    return counted or Untrack(subject=after.subject or MINE, date=after.date)


def _remove(after: Sentence) -> Reply | None:
    """`remove 2` is a flight's end; REMOVE alone is how many lists are left, and so all texts'."""
    return _drop(after) if after.parts else Stop(exact=False)


_MUTES = ("mute", "snooze", "silence")


def _mute(after: Sentence) -> Reply | None:
    span, until, dayed = after.only(timedelta), after.only(time) or after.only(BareHour), after.only(DayTime)
    known = after.fits(table.AROUND_MUTE, timedelta, time, BareHour, DayTime, Dated)
    ends = sum(len(after.every(kind)) for kind in (timedelta, time, BareHour, DayTime))
    if not known or ends > 1 or (after.date and after.subject is None):
        return None
    if span is not None and not timedelta() < span <= LONGEST_MUTE:
        return None
    until, on = (dayed.at, dayed.date) if dayed else (until, None)
    return Mute(subject=after.subject, span=span, until=until, until_on=on, date=after.date)


def _unmute(after: Sentence) -> Reply | None:
    known = after.fits(table.AROUND_MUTE, Dated) and (after.subject or not after.date)
    return Unmute(subject=after.subject, date=after.date) if known else None


_ROLES = {
    **dict.fromkeys(("meet", "meeter", "meeting", "pickup"), Role.MEETER),
    **dict.fromkeys(("watch", "watcher", "watching"), Role.WATCHER),
    **dict.fromkeys(("travel", "traveler", "traveller", "traveling", "travelling"), Role.TRAVELER),
}


def _share(after: Sentence) -> Reply | None:
    phone = after.only(Phone)
    roles = {_ROLES[word] for word in after.words if word in _ROLES}
    if not phone or len(roles) > 1 or not after.fits(table.AROUND_SHARE | _ROLES.keys(), Phone, Dated):
        return None
    return Share(subject=after.subject, phone=phone.text, role=next(iter(roles), None), date=after.date)


def _join(after: Sentence) -> Reply | None:
    return Join(subject=after.subject) if after.fits(table.MINE_FILLERS) else None


def _leave(after: Sentence) -> Reply | None:
    return Leave(subject=after.subject, date=after.date) if after.fits(table.AROUND_UNTRACK, Dated) else None


def _undo(after: Sentence) -> Reply | None:
    return Undo() if all(part in table.AFTER_UNDO for part in after.parts) else None


_COMMANDS: dict[str, Callable[[Sentence], Reply | None]] = {
    **dict.fromkeys(("track", "add", "follow", "watch", "monitor", "subscribe", "start"), _track),
    **dict.fromkeys(("untrack", "unfollow", "unwatch"), _untrack),
    **dict.fromkeys(("drop", "delete"), _drop),
    **dict.fromkeys(_MUTES, lambda after: _mute(after) or zoned(after, _mute) or lasting(after)),
    **dict.fromkeys(("unmute", "unsnooze", "unsilence"), _unmute),
    **dict.fromkeys(("share", "invite"), _share),
    **dict.fromkeys(("undo", "restore"), _undo),
    **dict.fromkeys(("plane", "inbound", "aircraft"), plane),
    "remove": _remove,
    "join": _join,
    "leave": _leave,
}


# Questions and answers: told by their words, in any order


def _help(said: Sentence) -> Reply | None:
    words = said.words
    helps = said.parts[0] in table.HELPS or words in table.HELP_PHRASES
    return Help(exact=False) if helps else None


def _who(said: Sentence) -> Reply | None:
    return WhoIsThis() if said.parts in table.WHO_PHRASES else None


def _list(said: Sentence) -> Reply | None:
    listing = any(word in table.LISTING for word in said.words)
    return ListFlights() if listing and all(part in table.AROUND_LIST for part in said.parts) else None


def _later(words: tuple[str, ...]) -> Reply | None:
    name = table.LATER.get(words[0])
    if name is None:
        return None
    alone = words[0] not in table.LATER_WITH_ANYTHING
    if alone and len(words) > 1 and not sentence(words[1:]).fits(table.AROUND_LATER):
        return None
    return NotYet(word=Later(name))


_FACTS = ((table.GATE_WORDS, Fact.GATE), (table.BAGS_WORDS, Fact.BAGS), (table.WHEN_WORDS, Fact.WHEN))
_ASKED = table.ASKED_WORDS.union(*(words for words, _fact in _FACTS))


def _status(said: Sentence) -> Reply | None:
    asked = any(word in _ASKED for word in said.words)
    if not (asked or _is_about_a_flight(said)) or not said.fits(table.AROUND_STATUS | _ASKED, Dated):
        return None
    if said.every(ListNumber) and not (len(said.parts) == 2 or said.parts[0] in table.STATUS_COMMANDS):
        return None
    return Status(subject=said.subject, fact=_fact(said), date=said.date)


def _statuses(said: Sentence) -> Reply | None:
    return statuses(said, table.AROUND_STATUS | _ASKED, _fact(said))


def _is_about_a_flight(said: Sentence) -> bool:
    """`UA123`, `my flight`, `where is it`, `where is he`: a flight and no more, which is its status asked for."""
    if said.every(Ident):
        return True
    if {*said.words} & table.WHERE and {*said.words} & table.WHOM_OR_WHAT:
        return True
    only_mine = all(word in table.MINE_FILLERS for word in said.words) and len(said.words) > 1
    return said.is_mine and (only_mine or any(word in table.ASKING for word in said.words))


def _fact(said: Sentence) -> Fact:
    facts = {fact for words, fact in _FACTS for word in said.words if word in words}
    return facts.pop() if len(facts) == 1 else Fact.ALL


def _misnamed(said: Sentence) -> Reply | None:
    """`track N40726`: one word that is surely no flight number, where one is expected."""
    words = [word for word in said.words if word not in _around_a_flight()]
    what = misnamed(words[0]) if len(words) == 1 else None
    return NotAFlight(text=words[0].upper(), what=what) if what and what is not Misnamed.LETTERS else None


def _hyphened(text: str) -> Reply | None:
    """`track G-ABCD`, whose parts are words of their own; not `e-mail`, which begins with no nationality's mark."""
    words = [word for word in re.split(r"[\s,.!?;]+", text) if word and word not in _around_a_flight()]
    word = words[0] if len(words) == 1 and "-" in words[0] else ""
    bare = word.replace("-", "")
    what = misnamed(word) if misnamed(bare) or not bare.isalpha() else None
    return NotAFlight(text=word.upper(), what=what) if what else None


def _around_a_flight() -> Collection[str]:
    return table.AROUND_TRACK | table.AROUND_STATUS | _COMMANDS.keys()


_READERS: tuple[Callable[[Sentence], Reply | None], ...] = (
    _start,
    _command,
    alternatives,
    _list,
    connect,
    why,
    choice,
    _bare,
    _status,
    _statuses,
    _pick,
)
