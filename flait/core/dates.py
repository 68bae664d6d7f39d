"""The dates people write: ISO, `today`, `yesterday`, `fri`, `in 3 days`, `25 nov`, `fri 25 nov`, `the 25th`.

Pure, and never a guess.

A wish becomes a date only on a calendar: the departure airport's own. Slashes are refused: 01/02 is two dates.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

from msgspec import Struct

from flait.core.idents import shown
from flait.errors import InvalidDate

FARTHEST = timedelta(days=365)  # AeroAPI's schedules end there
A_SLIP = timedelta(days=30)  # a day without a year that is past for no longer was written by mistake
WEEK = timedelta(days=7)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
HINT = "write 2026-11-25, 25 nov, fri, today or tomorrow"

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_DAY_MONTH = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)? ?([a-z]{3,9})(?: ([0-9]{4}))?", re.ASCII)
_MONTH_DAY = re.compile(r"([a-z]{3,9}) ([0-9]{1,2})(?:st|nd|rd|th)?(?: ([0-9]{4}))?", re.ASCII)
_DAY_OF_MONTH = re.compile(r"(?:the )?([0-9]{1,2})(?:st|nd|rd|th)", re.ASCII)
_NAMED_DAY = re.compile(r"([a-z]{3,9}) (.*[0-9].*)", re.ASCII)
_IN_DAYS = re.compile(r"in ([0-9]{1,3}) days?", re.ASCII)


class DateWish(Struct, frozen=True):
    """A date as it was written, checked; `on(today)` says which day that is on a calendar where today is `today`."""

    text: str
    _day: Callable[[date], date]

    def on(self, today: date, *, back: int = 0) -> date:
        """The day meant; it may be so many days `back`.

        Raises InvalidDate for a day that does not exist, is past, or is over a year ahead.
        """
        try:
            day = self._day(today)
        except (ValueError, OverflowError):
            raise InvalidDate(f"there is no day {shown(self.text)}", HINT) from None
        if day < today - timedelta(days=back):
            raise InvalidDate(f"{written(day)} is past", "write a date from today on")
        if day - today > FARTHEST:
            raise InvalidDate(f"{written(day)} is more than a year ahead", "schedules reach one year")
        return day

    def names(self, day: date, today: date) -> bool:
        """Whether it may be what somebody calls that day, be it past: what comes again is the one before or after."""
        calendars = (today, today - WEEK) if _comes_again(self.text) else (today,)
        return any(self._is(day, calendar) for calendar in calendars)

    def _is(self, day: date, today: date) -> bool:
        try:
            return self._day(today) == day
        except (ValueError, OverflowError, InvalidDate):
            return False


def written(on: date) -> str:
    """`25 Nov 2026`."""
    return f"{on.day} {MONTHS[on.month - 1].capitalize()} {on.year}"


def parse_date(text: str) -> DateWish:
    """Read a date as people write them. Raises InvalidDate when it is none."""
    tidy = " ".join(text.lower().replace(",", " ").split()) if len(text) <= 32 and text.isascii() else ""
    for read in (_word, _iso, _in_days, _weekday, _day_and_month, _day_of_month, _named_day):
        day = read(tidy)
        if day is not None:
            return DateWish(tidy, day)
    raise InvalidDate(f"{shown(text)} is not a date", HINT)


_WORDS = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1, "day after tomorrow": 2}


def _word(text: str) -> Callable[[date], date] | None:
    days = _WORDS.get(text)
    return None if days is None else lambda today: today + timedelta(days=days)


def _iso(text: str) -> Callable[[date], date] | None:
    found = _ISO.fullmatch(text)
    return (lambda _today: date(int(found[1]), int(found[2]), int(found[3]))) if found else None


def _in_days(text: str) -> Callable[[date], date] | None:
    found = _IN_DAYS.fullmatch(text)
    return (lambda today: today + timedelta(days=int(found[1]))) if found else None


def _weekday(text: str) -> Callable[[date], date] | None:
    """The next such day, today included; `next fri` is the one after today."""
    later = text.startswith("next ")
    name = text.removeprefix("next ")
    index = next((i for i, day in enumerate(WEEKDAYS) if _abbreviates(name, day, _FULL_DAYS[i])), None)
    if index is None:
        return None
    first = 1 if later else 0
    return lambda today: today + timedelta(days=first + (index - today.weekday() - first) % 7)


def _comes_again(text: str) -> bool:
    """`fri`, `the 25th` and `fri the 25th`, but not `next fri`."""
    is_weekday = not text.startswith("next ") and _weekday(text) is not None
    is_day_of_month = _DAY_OF_MONTH.fullmatch(text.partition(" ")[2] or text) and not _day_and_month(text)
    return is_weekday or bool(is_day_of_month)


def _day_and_month(text: str) -> Callable[[date], date] | None:
    found = _DAY_MONTH.fullmatch(text)
    if found:
        day, name, year = found[1], found[2], found[3]
    else:
        found = _MONTH_DAY.fullmatch(text)
        if not found:
            return None
        day, name, year = found[2], found[1], found[3]
    month = next((i for i, short in enumerate(MONTHS, 1) if _abbreviates(name, short, _FULL_MONTHS[i - 1])), None)
    if month is None:
        return None
    return lambda today: _nearest(today, month=month, day=int(day), year=int(year) if year else None)


def _day_of_month(text: str) -> Callable[[date], date] | None:
    """`the 28th`: the next such day, today included."""
    found = _DAY_OF_MONTH.fullmatch(text)
    return (lambda today: _next_of_month(today, int(found[1]))) if found else None


def _next_of_month(today: date, day: int) -> date:
    if not 1 <= day <= 31:
        raise ValueError(day)
    on = today
    while on.day != day:
        on += timedelta(days=1)
    return on


def _named_day(text: str) -> Callable[[date], date] | None:
    """`fri 28 nov`: a date with its weekday, which has to be right."""
    found = _NAMED_DAY.fullmatch(text)
    index = next((i for i, day in enumerate(WEEKDAYS) if found and _abbreviates(found[1], day, _FULL_DAYS[i])), None)
    if found is None or index is None:
        return None
    dated = next((read for reader in (_iso, _day_and_month, _day_of_month) if (read := reader(found[2]))), None)
    return None if dated is None else lambda today: _that_is(dated(today), index)


def _that_is(on: date, weekday: int) -> date:
    if on.weekday() != weekday:
        names = (_FULL_DAYS[each].capitalize() for each in (on.weekday(), weekday))
        raise InvalidDate(f"{written(on)} is a {', not a '.join(names)}", HINT)
    return on


def _nearest(today: date, *, month: int, day: int, year: int | None) -> date:
    """Without a year: the next such day, or the last where that is past by no more than a slip."""
    if year is not None:
        return date(year, month, day)
    years = (y for y in range(today.year - 1, today.year + 9) if (month, day) != (2, 29) or _is_leap(y))
    return next(on for y in years if today - (on := date(y, month, day)) <= A_SLIP)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


_FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


def _abbreviates(name: str, short: str, full: str) -> bool:
    return name.startswith(short) and full.startswith(name)
