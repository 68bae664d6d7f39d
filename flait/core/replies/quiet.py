"""Quiet hours as people text them: `22-7`, `10pm-7am`, `from 10 to 7`, `midnight to 6`, `22-7 London`.

Which half of the day an hour is of, where that is not said, is decided here; where two ways to read it stay, neither is
taken. The rules, first to last:

- `am`, `pm`, `noon` and `midnight` are what they say.
- An hour above 12, a 0, and `h` show a clock of 24 hours: both are then as written, `7-22` is of the whole day.
- Else an hour may be of either half, and the whole lasts 5 to 12 hours: `10-7am` is 22:00-07:00.
- Of two such readings the one of the night is meant: `10-7` is 22:00-07:00, `12-6` 00:00-06:00, `1-8` 01:00-08:00.
- Where none lasts so long, one that is shorter is meant: `10-11pm` is 22:00-23:00.
- Where two stay (`10-12`, or `4-11`, which has as much of the night both ways), the person is asked.
"""

import re
from collections.abc import Sequence
from itertools import product
from typing import Final

from msgspec import Struct

from flait.core.replies.kinds import Prefer, Preference

DAY: Final = 24 * 60  # minutes
_NOON: Final = DAY // 2
_SHORTEST, _LONGEST = 5 * 60, 12 * 60  # of quiet hours whose halves of the day are not said
_NIGHT: Final = (22 * 60, DAY + 5 * 60)
_TOUCHES, _FAR_MORE = 60, 3  # minutes of the night, and times as many as the other reading

_AT = r"(?:([0-9]{1,2})(?:[:.h]?([0-5][0-9]))?\s?(am|pm|a|p|h|hrs|oclock)?|(noon|midday|midnight))"
_TO = r"(?:\s?(?:-|to|until|and|thru|through)\s?|\s)"
_HOURS = re.compile(
    rf"(?:(?:hours?|every|each|night|at|in|the|during|daily|nightly) )*(?:(?:from|between|after) )?{_AT}{_TO}{_AT}"
    r"(?: (?:every|each|the|in|at|day|days|night|nights|morning|daily|nightly|always|hours))*(?: (?P<zone>[a-z].*))?"
)
_ROUND = re.compile(rf"(?:before|until) {_AT} (?:or|and|nor) (?:after|from|past) {_AT}")
_ROUND_TURNED = re.compile(rf"(?:after|from|past) {_AT} (?:or|and|nor) (?:before|until) {_AT}")
_HALF = re.compile(r"(?<=[0-9]) in the (morning|afternoon|evening)")
_OFF: Final = frozenset({"off", "no", "none", "never", "end", "ends", "over"})


class _Hour(Struct, frozen=True):
    """Minutes after midnight that an hour may be: one, or one in either half. `whole`: it is of a clock of 24 hours."""

    at: tuple[int, ...]
    whole: bool = False


def quiet(said: str) -> Prefer:
    """What was said behind QUIET: hours, OFF, or nothing; without a value where it cannot be read."""
    if said.removeprefix("hours ") in _OFF:
        return _prefer("off")
    return hours_in(said) or _prefer("" if said in ("", "hours", "hour") else None)


def hours_in(said: str) -> Prefer | None:
    """Two hours and nothing else; None where they are none. Without a value: the person is asked which are meant."""
    said = _HALF.sub(lambda half: "am" if half[1] == "morning" else "pm", said)
    found = _HOURS.fullmatch(said) or _ROUND_TURNED.fullmatch(said)
    turned = None if found else _ROUND.fullmatch(said)
    match = found or turned
    if not match:
        return None
    first, second = (_hour(*match.group(*range(at, at + 4))) for at in (1, 5))
    if first is None or second is None:
        return None
    start, end = (second, first) if turned else (first, second)
    meant = _meant(*_of_one_clock(start, end))
    zone = match.groupdict().get("zone") or ""
    if len(meant) == 1:
        return _prefer(_written(*meant[0]), zone=zone)
    return _prefer(None, readings=tuple(_written(*one) for one in meant))


def _prefer(value: str | None, *, zone: str = "", readings: tuple[str, ...] = ()) -> Prefer:
    return Prefer(what=Preference.QUIET, value=value, zone=zone, readings=readings)


def _hour(hour: str | None, minute: str | None, half: str | None, named: str | None) -> _Hour | None:
    if named:
        return _Hour((0 if named == "midnight" else _NOON,))
    hours, half = int(hour or 0), (half or "")[:1]
    if half in ("a", "p"):
        at = hours % 12 * 60 + int(minute or 0) + (_NOON if half == "p" else 0)
        return _Hour((at,)) if 1 <= hours <= 12 else None
    at = hours * 60 + int(minute or 0)
    if not 1 <= hours <= 12 or half == "h":
        return _Hour((at % DAY,), whole=True) if at <= DAY else None
    return _Hour((at % _NOON, at % _NOON + _NOON))


def _of_one_clock(start: _Hour, end: _Hour) -> tuple[_Hour, _Hour]:
    """Where one is of a clock of 24 hours, the other is too: its 12 is noon, its 7 is of the morning."""
    if not (start.whole or end.whole):
        return start, end
    return _as_written(start), _as_written(end)


def _as_written(hour: _Hour) -> _Hour:
    if len(hour.at) == 1:
        return hour
    morning, evening = hour.at
    return _Hour((evening if morning < 60 else morning,), whole=True)


_Reading = tuple[int, int]


def _meant(start: _Hour, end: _Hour) -> Sequence[_Reading]:
    """The one reading that is meant, or those to ask about; none where the hours are one and the same."""
    readings = [pair for pair in product(start.at, end.at) if pair[0] != pair[1]]
    short = [pair for pair in readings if _length(pair) <= _LONGEST]
    likely = [pair for pair in short if _length(pair) >= _SHORTEST]
    for found in (readings, likely, _nightly(likely), [] if likely else short):
        if len(found) == 1:
            return found
    return likely or short


def _nightly(likely: Sequence[_Reading]) -> Sequence[_Reading]:
    """The one of the night: an hour of it or more lies there, and far less of any other."""
    by_night = sorted(likely, key=_at_night, reverse=True)
    shares = [*map(_at_night, by_night), 0, 0]
    return by_night[:1] if shares[0] >= max(_TOUCHES, _FAR_MORE * shares[1]) else []


def _length(pair: _Reading) -> int:
    return (pair[1] - pair[0]) % DAY


def _at_night(pair: _Reading) -> int:
    """How many minutes of it lie between 22:00 and 05:00."""
    start, end = pair[0], pair[0] + _length(pair)
    opens, closes = _NIGHT
    nights = ((opens + shift, closes + shift) for shift in (-DAY, 0, DAY))
    return sum(max(min(end, close) - max(start, opened), 0) for opened, close in nights)


def _written(start: int, end: int) -> str:
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
