"""How a person says how they want to be told: QUIET 22-7, LESS, TZ London, 12H, LEAVE-BY 2h30."""

import re
from datetime import timedelta

from flait.core.changes import ChangeKind
from flait.core.preferences import LONGEST_LEAD, SHORTEST_LEAD
from flait.core.replies.kinds import Mute, Prefer, Preference, Reply, Unknown
from flait.core.replies.parts import sentence
from flait.core.replies.quiet import quiet
from flait.core.replies.words import AROUND_LATER, NUMBERS, phrases_of
from flait.core.values import replace

P = Preference
_LONE = {
    # a command without a value → what it sets
    "less": (P.LEVEL, "important"), "fewer": (P.LEVEL, "important"), "more": (P.LEVEL, "all"),
    "12h": (P.CLOCK, "12h"), "12hr": (P.CLOCK, "12h"), "24h": (P.CLOCK, "24h"), "24hr": (P.CLOCK, "24h"),
}  # fmt: skip
_VALUED = {"quiet": P.QUIET, "level": P.LEVEL, "tz": P.TIMEZONE, "timezone": P.TIMEZONE}
_LEVELS = {
    **dict.fromkeys(("important", "less", "low", "few", "fewer", "urgent"), "important"),
    **dict.fromkeys(("all", "everything", "more", "high", "full"), "all"),
}
_NO_REMINDERS = phrases_of(
    "no reminder/reminders", "reminders", "reminders off/no", "dont remind me", "without reminders"
)
_OFF = frozenset({"off", "no", "none", "never", "end", "ends", "over"})


def preference(words: tuple[str, ...]) -> Prefer | None:
    """What they want to be otherwise, or ask about; None where it is something else."""
    first, *rest = words
    if first in _LONE:
        fits = len(words) == 1 or sentence(tuple(rest)).fits(AROUND_LATER)
        return Prefer(what=_LONE[first][0], value=_LONE[first][1]) if fits else None
    if words[:2] == ("leave", "by") or first == "leaveby":
        return Prefer(what=P.LEAVE, value=leave_by(tuple(rest[1:] if first == "leave" else rest)))
    if words in _NO_REMINDERS:
        return Prefer(what=P.LEVEL, value=None)
    what = _VALUED.get(first)
    if what is None:
        return _clock(words)
    said = " ".join(word for word in rest if word not in ("is", "set", "my"))
    if what is P.QUIET:
        return quiet(said)
    return Prefer(what=what, value=_level(said) if what is P.LEVEL and said else said)


def _level(said: str) -> str | None:
    return _LEVELS.get(said.removesuffix(" only"))


# The clock of 12 or 24 hours


_FACES = {
    **dict.fromkeys((("12h",), ("12hr",), ("12hour",), ("12", "h"), ("12", "hr"), ("12", "hour")), "12h"),
    **dict.fromkeys((("24h",), ("24hr",), ("24hour",), ("24", "h"), ("24", "hr"), ("24", "hour")), "24h"),
    **dict.fromkeys((("am", "pm"), ("ampm",), ("am", "or", "pm"), ("am", "and", "pm")), "12h"),
    ("military",): "24h",
}
_FACES_OF_CLOCKS = {("12",): "12h", ("12", "hours"): "12h", ("24",): "24h", ("24", "hours"): "24h"}
_CLOCK = frozenset({"clock", "format"})
_AROUND_CLOCK = _CLOCK | frozenset(
    {"use", "time", "times", "the", "in", "with", "set", "to", "my", "i", "want", "show"}
)


def _clock(words: tuple[str, ...]) -> Prefer | None:
    """`CLOCK 12`, `am/pm`, `24 h`, `use the 12 hour clock`."""
    rest, named = tuple(word for word in words if word not in _AROUND_CLOCK), not _CLOCK.isdisjoint(words)
    face = _FACES.get(rest) or (_FACES_OF_CLOCKS.get(rest) if named else None)
    if words[0] != "clock":
        return Prefer(what=P.CLOCK, value=face) if face else None
    return Prefer(what=P.CLOCK, value=face if rest else "")


# How long before departure


_AROUND_LEAD = frozenset({"is", "set", "my", "me", "to", "about", "before", "departure", "ahead", "early", "and"})
_UNIT = r"(?:h|hrs?|hours?)"
_LEADS = re.compile(
    r"(?P<hm>(?P<h1>[0-5]):(?P<m1>[0-5][0-9]))"  # 2:30; later than that it is a time of day
    r"|(?P<bare>[0-9]{1,4})"
    rf"|(?P<h2>[0-9]{{1,2}}) ?{_UNIT} (?P<m2>[0-5]?[0-9])"  # 2 hours 30
    rf"|(?P<h3>[0-9]{{1,2}}|an?|one|two|three|four) (?:{_UNIT} a half|a half {_UNIT}|1/2 {_UNIT})"
)
_COUNTED = {"a": 1, "an": 1, **NUMBERS}


def leave_by(words: tuple[str, ...]) -> str | None:
    """`150m` of `2h30`, `2:30` or `150`; `off`; '' for nothing, and None for what is no span or may be two."""
    if not words or words[0] in _OFF:
        return "off" if words else ""
    said = tuple(word for word in words if word not in _AROUND_LEAD)
    minutes = _minutes(said) if said else None
    return f"{minutes}m" if minutes else None


def _minutes(said: tuple[str, ...]) -> int | None:
    found = _LEADS.fullmatch(" ".join(said))
    if found is None:
        parts = sentence(said).parts
        span = parts[0] if len(parts) == 1 else None
        return round(span / timedelta(minutes=1)) if isinstance(span, timedelta) else None
    if found["bare"]:
        return _bare(int(found["bare"]))
    hours = found["h1"] or found["h2"] or _COUNTED.get(found["h3"], found["h3"])
    return int(hours) * 60 + int(found["m1"] or found["m2"] or 30)


def _bare(number: int) -> int | None:
    """A number alone: hours where no lead is so few minutes, minutes where none is so many hours; else either."""
    if timedelta(minutes=number) < SHORTEST_LEAD[ChangeKind.LEAVE]:
        return number * 60
    return number if timedelta(hours=number) > LONGEST_LEAD[ChangeKind.LEAVE] else None


_BELOW_NOTHING = re.compile(r"(?<![^\s(])[-\u2212\u2013][0-9]")


def unsigned(reply: Reply, text: str) -> Reply:
    """`LEAVE-BY -2h`, `MUTE -2h`: words are read without a sign, and no span is below nothing. `text` is folded."""
    if not _BELOW_NOTHING.search(text):
        return reply
    if isinstance(reply, Prefer) and reply.what is P.LEAVE:
        return replace(reply, value=None)
    return Unknown() if isinstance(reply, Mute) and reply.span else reply
