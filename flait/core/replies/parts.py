"""What stands in a texted sentence besides words: flights, dates, spans, times of day, phone numbers, list numbers.

Reads words into values, each at the first reading that fits, and never decides what the sentence wants.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import TypeVar

from msgspec import Struct

from flait.core.dates import MONTHS, WEEKDAYS, parse_date
from flait.core.idents import Ident, parse_ident
from flait.core.replies.kinds import MINE, BareHour, ListNumber, Subject
from flait.core.replies.words import (
    AFTER_PLACE,
    AIRLINES_TOO,
    ENDINGS,
    GREETINGS,
    INTERJECTIONS,
    MINE_PHRASES,
    MINE_WORDS,
    NUMBERS,
    OPENINGS,
    WORDS_NOT_AIRLINES,
)
from flait.errors import InvalidDate, InvalidIdent


class Dated(Struct, frozen=True):
    """A date that core.dates reads."""

    text: str


@dataclass(frozen=True, slots=True)
class Phone:
    """What looks like a phone number, as typed."""

    text: str = field(repr=False)


class DayTime(Struct, frozen=True):
    """A time of a day that core.dates reads: `until tomorrow 7am`."""

    date: str
    at: time | BareHour


Part = Ident | ListNumber | Dated | Phone | timedelta | time | BareHour | DayTime | str
_Found = tuple[Part, int] | None  # the value, and how many words it took
_VALUES = (Dated, Phone, timedelta, time, BareHour, DayTime)
_V = TypeVar("_V")


class Sentence(Struct, frozen=True, kw_only=True):
    """Words and values in the order they were said."""

    parts: tuple[Part, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The words alone."""
        return self.every(str)

    def every(self, kind: type[_V]) -> tuple[_V, ...]:
        """The values of one kind."""
        return tuple(part for part in self.parts if isinstance(part, kind))

    def only(self, kind: type[_V]) -> _V | None:
        """The value of one kind, when there is exactly one."""
        found = self.every(kind)
        return found[0] if len(found) == 1 else None

    @property
    def subject(self) -> Subject | None:
        """The one flight it is about: a number, a place on the list, or their own; None when it names none."""
        return self.only(Ident) or self.only(ListNumber) or (MINE if self.is_mine else None)

    @property
    def date(self) -> str | None:
        """The one date said, as text for core.dates."""
        date = self.only(Dated)
        return date.text if date else None

    @property
    def is_mine(self) -> bool:
        """Whether it speaks of `it` or `my flight`."""
        words = self.words
        pairs = (words[at : at + 2] for at in range(len(words)))
        return any(word in MINE_WORDS for word in words) or any(pair in MINE_PHRASES for pair in pairs)

    def fits(self, words: Collection[str], *kinds: type) -> bool:
        """Whether it names one flight at most, has no words but these, and one value at most of these kinds."""
        counts = Counter(map(type, self.parts))
        return (
            counts[Ident] + counts[ListNumber] <= 1
            and all(counts[kind] <= (kind in kinds) for kind in _VALUES)
            and all(word in words for word in self.words)
        )


def sentence(words: tuple[str, ...]) -> Sentence:
    """Read the values out of the words."""
    return Sentence(parts=tuple(_merged(_parts(words))))


def stripped(words: tuple[str, ...]) -> tuple[str, ...]:
    """Without the courtesies before and after; the last word always stays."""
    start, end = 0, len(words)
    while start < end - 1 and (ending := _ending(words[max(start, end - 3) : end])):
        end -= ending
    while start < end - 1 and (opening := _opening(words[start : min(start + 5, end)])):
        start += opening
    return words[start:end]


def _opening(words: tuple[str, ...]) -> int:
    """How many words of courtesy it begins with; `ok 123` is a flight, not an okay."""
    for size in (4, 3, 2):
        if len(words) > size and words[:size] in OPENINGS:
            return size
    return int((words[0] in GREETINGS or words[0] in INTERJECTIONS) and not ident_at(words, 0))


def _ending(words: tuple[str, ...]) -> int:
    return next((size for size in (2, 1) if len(words) > size and words[-size:] in ENDINGS), 0)


def ident_at(words: tuple[str, ...], at: int) -> tuple[Ident, int] | None:
    """The flight number written in one or two words from `at` on, and how many it takes."""
    one = _ident(words[at])
    if one:
        return one, 1
    if at + 1 == len(words) or not _may_be_airline(words[at], words[at + 1]) or _begins_a_date(words, at + 1):
        return None
    two = _ident(f"{words[at]} {words[at + 1]}")
    return (two, 2) if two else None


_NUMBER_AND_SUFFIX = re.compile(r"[0-9]{1,4}[a-z]?")
_DAY_GLUED = re.compile(r"([a-z]{3})([0-9]{1,2})")


def _ident(text: str) -> Ident | None:
    glued = _DAY_GLUED.fullmatch(text)
    if glued and glued[1] in (*MONTHS, *WEEKDAYS):
        return None
    try:
        return parse_ident(text)
    except InvalidIdent:
        return None


def _begins_a_date(words: tuple[str, ...], at: int) -> bool:
    """`from LAS 27 nov`: the airport and the day, not airline LAS's flight 27."""
    found = _plain_date(words, at)
    return found is not None and found[1] > 1


def _may_be_airline(code: str, number: str) -> bool:
    if code in WORDS_NOT_AIRLINES or not _NUMBER_AND_SUFFIX.fullmatch(number):
        return False
    return code not in AIRLINES_TOO or sum(map(str.isdigit, number)) >= 3  # `it 24h` is no flight


def _parts(words: tuple[str, ...]) -> Iterator[Part]:
    at = 0
    while at < len(words):
        part, used = next(filter(None, (read(words, at) for read in _READERS)), (words[at], 1))
        yield part
        at += used


def _merged(parts: Iterator[Part]) -> Iterator[Part]:
    """`1 hour 30 minutes` is one span."""
    before: timedelta | None = None
    for part in parts:
        if isinstance(part, timedelta):
            before = part + (before or timedelta())
            continue
        if before is not None:
            yield before
        before = None
        yield part
    if before is not None:
        yield before


# Dates

_DAY_OPENERS = frozenset({"yesterday", "today", "tonight", "tomorrow", "day", "in", "next"})
_LONGEST_DATE = 5  # words: tue 25th of november 2026
_DATE_PHRASES = {
    ("in", "a", "week"): "in 7 days",
    ("in", "one", "week"): "in 7 days",
    ("day", "after"): "day after tomorrow",
}


def _date(words: tuple[str, ...], at: int) -> _Found:
    if not (words[at] in _DAY_OPENERS or words[at][0].isdigit() or words[at][:3] in (*MONTHS, *WEEKDAYS)):
        return None
    return _plain_date(words, at)


def _plain_date(words: tuple[str, ...], at: int) -> tuple[Dated, int] | None:
    for size in range(min(_LONGEST_DATE, len(words) - at), 0, -1):
        try:
            return Dated(parse_date(_date_text(words[at : at + size])).text), size
        except InvalidDate:
            continue
    return None


def _date_text(words: tuple[str, ...]) -> str:
    if words in _DATE_PHRASES:
        return _DATE_PHRASES[words]
    text = " ".join(str(NUMBERS.get(word, word)) for word in words if word != "of")
    return _DAY_GLUED.sub(r"\1 \2", text) if len(words) == 1 else text


# Spans and times of day

_UNITS = {
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), timedelta(hours=1)),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), timedelta(minutes=1)),
    **dict.fromkeys(("d", "day", "days"), timedelta(days=1)),
    **dict.fromkeys(("week", "weeks"), timedelta(days=7)),
}
_AMOUNT = re.compile(r"([0-9]{1,3}(?:\.[0-9])?)([a-z]*)")
_HOURS_MINUTES = re.compile(r"([0-9]{1,2})h([0-5][0-9])m?(?:in|ins)?")
_SPAN_PHRASES = {
    ("half", "an", "hour"): timedelta(minutes=30),
    ("an", "hour"): timedelta(hours=1),
    ("half", "hour"): timedelta(minutes=30),
    ("a", "day"): timedelta(days=1),
    ("a", "week"): timedelta(days=7),
}


def _span(words: tuple[str, ...], at: int) -> _Found:
    for size in (3, 2):
        if words[at : at + size] in _SPAN_PHRASES:
            return _SPAN_PHRASES[words[at : at + size]], size
    both = _HOURS_MINUTES.fullmatch(words[at])
    if both:
        return timedelta(hours=int(both[1]), minutes=int(both[2])), 1
    amount = _AMOUNT.fullmatch(str(NUMBERS.get(words[at], words[at])))
    unit, used = (amount[2], 1) if amount and amount[2] else ("".join(words[at + 1 : at + 2]), 2)
    return (float(amount[1]) * _UNITS[unit], used) if amount and unit in _UNITS else None


_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.h]([0-5][0-9]))?(h|am|pm|a|p)?")
_FOUR_DIGITS = re.compile(r"([0-9]{2})([0-5][0-9])()")
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}


def _until(words: tuple[str, ...], at: int) -> _Found:
    """`until 18:00`, `until tomorrow 7am`, `until 7am tomorrow`."""
    if words[at] != "until":
        return None
    dated = _date(words, at + 1) if at + 1 < len(words) else None
    first = at + 1 + (dated[1] if dated else 0)
    found = _moment(words, first)
    if found is None:
        return None
    moment, end = found
    if dated is None:
        dated = _date(words, end) if end < len(words) else None
        end += dated[1] if dated else 0
    on = dated[0] if dated else None
    return (DayTime(on.text, moment) if isinstance(on, Dated) else moment), end - at


def _moment(words: tuple[str, ...], at: int) -> tuple[time | BareHour, int] | None:
    """A time of day from `at` on, and where it ends. A bare hour before 13 is of either half of the day."""
    first = at + (words[at : at + 1] == ("at",))
    rest = words[first : first + 2]
    split = len(rest) == 2 and rest[1] in ("am", "pm") and rest[0][-1].isdigit()
    size = 2 if split else 1
    moment = clock("".join(rest[:size])) or _bare_hour("".join(rest[:1]))
    return None if moment is None else (moment, first + size)


def _bare_hour(text: str) -> BareHour | None:
    hour = int(text) if _LONE_HOUR.fullmatch(text) else 0
    return BareHour(hour) if 1 <= hour <= 12 else None


_LONE_HOUR = re.compile(r"0?[1-9]|1[0-2]")


def clock(text: str) -> time | None:
    """A time of day as people write it, or None; a bare hour before 13 is none."""
    if text in _NAMED_TIMES:
        return _NAMED_TIMES[text]
    found = _CLOCK.fullmatch(text) or _FOUR_DIGITS.fullmatch(text)
    if not found:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "")[:1]
    if half in ("a", "p"):
        return time(hour % 12 + (12 if half == "p" else 0), minute) if 1 <= hour <= 12 else None
    return time(hour, minute) if hour <= 23 and (found[2] or half or hour >= 13) else None


# Phone numbers, list numbers, names of gates

_NUMERIC = re.compile(r"\+?[0-9]+(?:[-.][0-9]+)*(?:x[0-9]+)?")  # with an extension, as core.numbers leaves it
_LONE_DIGIT = re.compile(r"[2-69]")  # numbers dialled with a lone first digit begin with 1, 7 or 8


def _phone(words: tuple[str, ...], at: int) -> _Found:
    run: list[str] = []
    for place, word in enumerate(words[at : at + 8], at):
        ends = bool(run) and (word[0] == "+" or "x" in run[-1] or _is_day(words, place))
        if not _NUMERIC.fullmatch(word) or ends:
            break
        run.append(word)
    digits = sum(char.isdigit() for char in "".join(run).partition("x")[0])
    return (Phone(" ".join(run)), len(run)) if 7 <= digits <= 15 and not _begins_on_list(run) else None


def _is_day(words: tuple[str, ...], at: int) -> bool:
    """Whether a date follows a phone number: `+15555550101 28 nov`."""
    month = "".join(words[at + 1 : at + 2])[:3]
    return bool(_ISO_DAY.fullmatch(words[at])) or (len(words[at]) <= 2 and month in MONTHS)


_ISO_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


def _begins_on_list(run: list[str]) -> bool:
    """Whether `2 555 555 0101` and `12 5555550101` are a list number and a phone number."""
    first, *others = run
    whole_number_next = len(others) == 1 and len(others[0]) >= 7
    return bool(others) and (bool(_LONE_DIGIT.fullmatch(first)) or (whole_number_next and len(first) <= 2))


_ON_LIST = re.compile(r"0?[1-9]|[1-9][0-9]")


def _number(words: tuple[str, ...], at: int) -> _Found:
    """`2`, `no 2`, `number 2`."""
    said = at + (words[at] in ("no", "nr", "number") and at + 1 < len(words))
    found = _ON_LIST.fullmatch(words[said])
    return (ListNumber(number=int(found[0])), said - at + 1) if found else None


_PLACE_NAME = re.compile(r"[a-z]?[0-9]{1,2}[a-z]?")


def _place(words: tuple[str, ...], at: int) -> _Found:
    """`gate f12` is a gate, not a flight; `gate 2` alone asks for the second flight's."""
    named = words[at] in AFTER_PLACE and at + 1 < len(words) and _PLACE_NAME.fullmatch(words[at + 1])
    return (words[at], 2) if named and not (len(words) == 2 and words[1].isdigit()) else None


_READERS: tuple[Callable[[tuple[str, ...], int], _Found], ...] = (
    _place,
    _date,
    _until,
    _span,
    ident_at,
    _phone,
    _number,
)
