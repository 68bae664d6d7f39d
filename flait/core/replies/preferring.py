"""How a person says how they want to be told: QUIET 22-7, LESS, TZ London, 12H, LEAVE-BY 2h30."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

from flait.core.replies.kinds import Prefer, Preference
from flait.core.replies.parts import sentence
from flait.core.replies.words import AROUND_LATER

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
_OFF = frozenset({"off", "no", "none", "never", "end", "ends", "over"})
_AT = r"([0-9]{1,2})(?:[:.h]?([0-5][0-9]))?\s?(am|pm|a|p|h)?"
_HOURS = re.compile(
    rf"(?:hours? )?(?:from |between )?{_AT}(?:\s?(?:-|to|until|till|and)\s?|\s){_AT}(?: every (?:day|night))?"
)
_LONGEST = 14  # hours: longer than that `10-7` is of ten in the evening


def preference(words: tuple[str, ...]) -> Prefer | None:
    """What they want to be otherwise, or ask about; None where it is something else."""
    first, *rest = words
    if first in _LONE:
        fits = len(words) == 1 or sentence(tuple(rest)).fits(AROUND_LATER)
        return Prefer(what=_LONE[first][0], value=_LONE[first][1]) if fits else None
    if words[:2] == ("leave", "by") or first in ("leaveby", "leave-by"):
        return _leave_by(tuple(rest[1:] if first == "leave" else rest))
    what = _VALUED.get(first)
    if what is None:
        return None
    said = " ".join(word for word in rest if word not in ("is", "set", "my"))
    return Prefer(what=what, value=_READ[what](said) if said else "")


def _leave_by(rest: tuple[str, ...]) -> Prefer | None:
    if rest[:1] != () and rest[0] in _OFF:
        return Prefer(what=P.LEAVE, value="off")
    span = sentence(rest).only(timedelta) if rest else timedelta()
    minutes = round(span / timedelta(minutes=1)) if span is not None else 0
    return Prefer(what=P.LEAVE, value=None if rest and not minutes else f"{minutes}m" if minutes else "")


def _quiet(said: str) -> str | None:
    if said.removeprefix("hours ") in _OFF:
        return "off"
    found = _HOURS.fullmatch(said)
    if not found:
        return "" if said in ("hours", "hour") else None
    start, end = _clock(*found.group(1, 2, 3)), _clock(*found.group(4, 5, 6))
    if start is None or end is None:
        return None
    if not found[3] and start < 12 * 60 and (end - start) % (24 * 60) > _LONGEST * 60:
        start += 12 * 60
    return None if start == end else f"{_written(start)}-{_written(end)}"


def _clock(hour: str, minute: str | None, half: str | None) -> int | None:
    """Minutes after midnight."""
    hours = int(hour)
    if half in ("am", "pm", "a", "p"):
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half.startswith("p") else 0)
    minutes = hours * 60 + int(minute or 0)
    return minutes % (24 * 60) if hours <= 24 else None


def _written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _level(said: str) -> str | None:
    return _LEVELS.get(said.removesuffix(" only"))


_READ: Mapping[Preference, Callable[[str], str | None]] = {
    P.QUIET: _quiet,
    P.LEVEL: _level,
    P.TIMEZONE: lambda said: said,
}
