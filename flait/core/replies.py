"""What a reply by text means. Pure, deterministic, and never raises: what it cannot read is Unknown.

A wish to get no more texts wins over everything but a flight named with it: in doubt it is honoured. The words that
Twilio itself acts upon mean what Twilio makes of them, and are no commands of Flait's. Nothing is answered here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from flait.core import reply_words as table
from flait.core.idents import Ident
from flait.core.reply_parts import (
    MINE,
    Dated,
    ListNumber,
    Part,
    Phone,
    Sentence,
    Subject,
    sentence,
)
from flait.core.subscriptions import Role

MOST_FLIGHTS = 9  # in one reply, tracked or chosen: more is no reply to anything Flait asks
LONGEST_MUTE = timedelta(days=30)


class Fact(StrEnum):
    """How much of a flight's status is asked for."""

    ALL = "all"
    GATE = "gate"
    BAGS = "bags"
    WHEN = "when"


class Later(StrEnum):
    """Commands of a later version, recognised so that they are not misread as something else."""

    QUIET = "quiet"
    LESS = "less"
    MORE = "more"
    LEVEL = "level"
    ALT = "alt"
    WHY = "why"
    PLANE = "plane"
    CONNECT = "connect"
    H12 = "12h"
    H24 = "24h"
    TZ = "tz"
    LANG = "lang"
    BUDGET = "budget"
    PAUSE = "pause"
    RESUME = "resume"
    WHO = "who"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """No more texts at all. `exact`: Twilio acts upon it too, and answers it where it owns the keywords."""

    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Texts again. `exact` as for Stop: only then has Twilio lifted its own block."""

    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """What can be said. `exact`: the words Twilio answers itself."""

    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How a flight stands. Without a subject: the one that matters now. `date` is text for core.dates."""

    subject: Subject | None
    fact: Fact
    date: str | None = None


@dataclass(frozen=True, slots=True)
class ListFlights:
    """Every flight followed, numbered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackWish:
    """One flight to follow: `date` is text for core.dates, `origin` an airport's IATA code."""

    ident: Ident
    date: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Follow these flights; none when no flight was named."""

    wishes: tuple[TrackWish, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Untrack:
    """Stop following one flight. `explained`: it was said with STOP, so say how all texts are stopped."""

    subject: Subject
    explained: bool = False
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back the last removal or mute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Fewer texts for a while: of one flight or all, for a span or until a local time of day (one of them at most)."""

    subject: Subject | None
    span: timedelta | None = None
    until: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmute:
    """The end of a mute."""

    subject: Subject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Ask somebody to follow a flight. `phone` is as typed, unchecked; it stays out of reprs."""

    subject: Subject | None
    phone: str = field(repr=False)
    role: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Accept an invitation."""

    subject: Subject | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Stop following a flight somebody shared."""

    subject: Subject | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The answer to a numbered question: these numbers, or both."""

    numbers: tuple[int, ...]
    both: bool = False


@dataclass(frozen=True, slots=True)
class Ok:
    """Yes to a single pending question; without one, no more than Thanks."""


@dataclass(frozen=True, slots=True)
class Thanks:
    """A courtesy or a reaction. Never answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """A command that comes with a later version."""

    word: Later


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing that Flait understands."""


Reply = (
    Stop | Start | Help | Status | ListFlights | Track | Untrack | Undo | Mute | Unmute | Share | Join | Leave
    | Choice | Ok | Thanks | NotYet | Unknown
)  # fmt: skip


def understand(body: str) -> Reply:
    """What the person means. Takes any text, reads its first 1600 characters, in time linear in them."""
    word = body.strip().lower()
    if word in _EXACT:  # all of them ASCII: Twilio knows no other spelling
        return _EXACT[word]
    text = table.folded(body)
    clauses = table.clauses_of(text)
    if table.is_tapback(text):
        return Thanks()
    return _meaning(clauses) if clauses else _wordless(text)


_EXACT: dict[str, Reply] = {
    **dict.fromkeys(table.TWILIO_STOPS, Stop(exact=True)),
    **dict.fromkeys(table.TWILIO_STARTS, Start(exact=True)),
    **dict.fromkeys(table.TWILIO_HELPS, Help(exact=True)),
}


def _wordless(text: str) -> Reply:
    if text.strip() == table.STOP_SIGN:
        return Stop(exact=False)
    if table.has_picture(text):
        return Thanks()
    return Help(exact=False) if "?" in text else Unknown()


def _meaning(clauses: list[tuple[str, ...]]) -> Reply:
    words = tuple(word for clause in clauses for word in clause)
    bare = stripped(words)
    said = sentence(bare)
    reply = _stop(clauses, said) or _courtesy(words) or _later(bare)
    return reply or next(filter(None, (read(said) for read in _READERS)), Unknown())


# No more texts, of all flights or of one


def _stop(clauses: list[tuple[str, ...]], said: Sentence) -> Reply | None:
    heard = [said.words, *(sentence(stripped(clause)).words for clause in clauses)]
    if not any(table.wants_no_texts(words) or table.spells_stop(words) for words in heard):
        return None
    if said.every(Ident):
        return _untrack_with_stop(said)
    if said.every(ListNumber) and _is_numbered_stop(said):
        return _untrack_with_stop(said)
    if said.is_mine and any(word in table.TRACKING for word in said.words):
        return Untrack(subject=MINE, explained=True)
    return Stop(exact=False)


def _untrack_with_stop(said: Sentence) -> Reply:
    """One flight is untracked; of several named at once, Flait does not guess."""
    named = (*said.every(Ident), *said.every(ListNumber))
    if len(said.every(Ident)) > 1 or (len(named) > 1 and not said.every(Ident)):
        return Unknown()
    return Untrack(subject=named[0], explained=True, date=_date(said))


def _is_numbered_stop(said: Sentence) -> bool:
    """`stop 2`, `stop texts for flight 2`; not `stop sending me 2 a day`."""
    first = said.parts[0]
    return first in table.STOPS and all(word in table.STOP_NUMBERED or word in table.STOPS for word in said.words)


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
    return Track(wishes=wishes) if any(wish.date or wish.origin for wish in wishes) else None


def _wishes(said: Sentence) -> tuple[TrackWish, ...]:
    """A wish for each flight number, with what stands behind it; none when any of it is not understood."""
    starts = [at for at, part in enumerate(said.parts) if isinstance(part, Ident)]
    bounds = [0, *starts[1:], len(said.parts)]
    wishes = [_wish(said.parts[start:end]) for start, end in zip(bounds, bounds[1:], strict=False)]
    understood = tuple(wish for wish in wishes if wish)
    return understood if len(understood) == len(wishes) <= MOST_FLIGHTS else ()


_ROUTE = re.compile(r"(?:(?:(?:from|ex) )?([a-z]{3}) (?:to )?([a-z]{3})|(?:from|ex) ([a-z]{3})|to ([a-z]{3}))?")


def _wish(parts: tuple[Part, ...]) -> TrackWish | None:
    group = Sentence(parts=parts)
    ident, dates = group.only(Ident), group.every(Dated)
    words = [word for word in group.words if word not in table.AROUND_TRACK]
    route = _ROUTE.fullmatch(" ".join(words))
    if not ident or not route or len(dates) > 1 or len(parts) > 1 + len(dates) + len(group.words):
        return None
    if any(code in table.WORDS_NOT_AIRLINES for code in route.groups()):
        return None
    return TrackWish(ident=ident, date=_date(group), origin=(route[1] or route[3] or "").upper() or None)


def _untrack(after: Sentence) -> Reply | None:
    if not after.fits(table.AROUND_UNTRACK, Dated):
        return None
    return Untrack(subject=after.subject or MINE, date=_date(after))


def _mute(after: Sentence) -> Reply | None:
    span, until = after.only(timedelta), after.only(time)
    if not after.fits(table.AROUND_MUTE, timedelta, time) or (span is not None and until is not None):
        return None
    if span is not None and not timedelta() < span <= LONGEST_MUTE:
        return None
    return Mute(subject=after.subject, span=span, until=until)


def _unmute(after: Sentence) -> Reply | None:
    return Unmute(subject=after.subject) if after.fits(table.AROUND_MUTE) else None


_ROLES = {
    **dict.fromkeys(("meet", "meeter", "meeting", "pickup"), Role.MEETER),
    **dict.fromkeys(("watch", "watcher", "watching"), Role.WATCHER),
    **dict.fromkeys(("travel", "traveler", "traveller", "traveling", "travelling"), Role.TRAVELER),
}


def _share(after: Sentence) -> Reply | None:
    phone = after.only(Phone)
    roles = {_ROLES[word] for word in after.words if word in _ROLES}
    if not phone or len(roles) > 1 or not after.fits(table.AROUND_SHARE | _ROLES.keys(), Phone):
        return None
    return Share(subject=after.subject, phone=phone.text, role=next(iter(roles), None))


def _join(after: Sentence) -> Reply | None:
    return Join(subject=after.subject) if after.fits(table.MINE_FILLERS) else None


def _leave(after: Sentence) -> Reply | None:
    return Leave(subject=after.subject) if after.fits(table.MINE_FILLERS) else None


def _undo(after: Sentence) -> Reply | None:
    return Undo() if all(part in table.AFTER_UNDO for part in after.parts) else None


_COMMANDS: dict[str, Callable[[Sentence], Reply | None]] = {
    **dict.fromkeys(("track", "add", "follow", "watch", "monitor", "subscribe", "start"), _track),
    **dict.fromkeys(("untrack", "remove", "drop", "delete", "unfollow", "unwatch"), _untrack),
    **dict.fromkeys(("mute", "snooze", "silence"), _mute),
    **dict.fromkeys(("unmute", "unsnooze", "unsilence"), _unmute),
    **dict.fromkeys(("share", "invite"), _share),
    **dict.fromkeys(("undo", "restore"), _undo),
    "join": _join,
    "leave": _leave,
}


# Questions and answers: told by their words, in any order


def _help(said: Sentence) -> Reply | None:
    words = said.words
    helps = said.parts[0] in table.HELPS or words in table.HELP_PHRASES
    return Help(exact=False) if helps else None


def _list(said: Sentence) -> Reply | None:
    listing = any(word in table.LISTING for word in said.words)
    return ListFlights() if listing and all(part in table.AROUND_LIST for part in said.parts) else None


def _choice(said: Sentence) -> Reply | None:
    words = [word for word in said.words if word not in table.AROUND_CHOICE]
    if len(said.words) + len(said.every(ListNumber)) < len(said.parts) or not all(w in table.COUNTED for w in words):
        return None
    numbers = tuple(dict.fromkeys(filter(None, map(_counted, said.parts))))
    if "both" in said.words and not numbers:
        return Choice(numbers=(), both=True)
    return Choice(numbers=numbers) if 1 <= len(numbers) <= MOST_FLIGHTS else None


def _counted(part: Part) -> int | None:
    if isinstance(part, ListNumber):
        return part.number
    return table.COUNTED.get(part) if isinstance(part, str) else None


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
    return Status(subject=said.subject, fact=_fact(said), date=_date(said))


def _is_about_a_flight(said: Sentence) -> bool:
    """`UA123`, `my flight`, `where is it`: a flight and no more, which is its status asked for."""
    if said.every(Ident):
        return True
    only_mine = all(word in table.MINE_FILLERS for word in said.words) and len(said.words) > 1
    return said.is_mine and (only_mine or any(word in table.ASKING for word in said.words))


def _fact(said: Sentence) -> Fact:
    facts = {fact for words, fact in _FACTS for word in said.words if word in words}
    return facts.pop() if len(facts) == 1 else Fact.ALL


def _date(said: Sentence) -> str | None:
    date = said.only(Dated)
    return date.text if date else None


_READERS: tuple[Callable[[Sentence], Reply | None], ...] = (
    _start, _help, _command, _list, _choice, _bare, _status
)  # fmt: skip
