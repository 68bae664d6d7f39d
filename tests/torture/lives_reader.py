"""Somebody who reads a text: how times, spans and places are written, and what a text may say."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.torture.lives_world import ALL_PLACES, ZONES

BOARDS_BEFORE: Final = timedelta(minutes=35)
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

ZONE: Final = rf"UTC(?:[+-]\d+(?::\d\d)?)?|(?!(?:{'|'.join(ALL_PLACES)})\b)[A-Z]{{3,4}}"
DATE: Final = rf"(?:{'|'.join(DAYS)}) \d{{1,2}} (?:{'|'.join(MONTHS)})"
AT: Final = rf"(?P<NAME>\d\d:\d\d)(?: (?P<NAME_zone>{ZONE})\b)?(?: (?P<NAME_day>{'|'.join(DAYS)})\b)?"
WEEKDAY: Final = rf"(?:{'|'.join(DAYS)})"
OLD: Final = rf"(?:(?P<old>\d\d:\d\d)(?: (?:UTC[+\d:-]*|[A-Z]{{3,4}}))?(?: {WEEKDAY})?->)?"
TOWN: Final = r"(?:[A-Z][A-Za-z .'-]{1,20} \()?([A-Z]{3})\)?"  # Portland ME (PWM), or PWM
PLACE: Final = TOWN.replace("([A-Z]{3})", "(?P<place>[A-Z]{3})")
LABEL: Final = r"(?:GATE |BELT )?[A-Z0-9]{1,8}"
SPAN: Final = r"(?:\d+h\d\d|\d+h|\d+m)"
LATE: Final = rf"(?: \((?P<late>{SPAN}) (?P<way>late|early)\))?"
TERM: Final = r"(?:, Terminal (?P<term>[A-Z0-9]{1,8}))?"


def time_(name: str) -> str:
    """The pattern of a time, its zone and its weekday, as groups of that name."""
    return AT.replace("NAME", name)


@dataclass(slots=True)
class Said:
    """The facts of one text: names are the oracle's. A time is a moment; '' is: told that there is none.

    `olds` are the old values of an arrow as written, `lates` what it says of lateness: where, and how many minutes;
    `left` are the moments that it counts down to.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    olds: dict[str, str] = field(default_factory=dict)
    lates: list[tuple[str, int]] = field(default_factory=list)
    left: list[tuple[str, datetime]] = field(default_factory=list)
    was_late: int | None = None
    unread: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it, when, and what they hold already: where it leaves from and comes down."""

    role: str
    number: str
    now: datetime
    origin: str
    lands_at: str
    on: date | None = None  # a day that the text names: its times are of that day


def label(text: str | None) -> str:
    """A gate, terminal or belt without the word for the field itself."""
    return re.sub(r"^(?:GATE|TERMINAL|BELT|CAROUSEL|STAND) ", "", (text or "").upper())


def minutes(span: str) -> int:
    """`1h50` in minutes."""
    hours, _, rest = span.partition("h") if "h" in span else ("0", "", span.rstrip("m"))
    return int(hours) * 60 + int(rest or 0)


def clock(at: datetime, place: str) -> str:
    """`14:10`, as the clocks of that airport show it."""
    return f"{at.astimezone(ZONES[place]):%H:%M}"


def zone_label(at: datetime, zone: ZoneInfo) -> str:
    """What its zone is called there: the letters where they are known everywhere, else UTC+9."""
    local = at.astimezone(zone)
    name = local.tzname() or ""
    if name.isalpha() and zone.key.startswith(("America/", "Europe/", "Pacific/Honolulu", "Asia/Tokyo")):
        return name
    hours, rest = divmod(int((local.utcoffset() or timedelta()).total_seconds() // 60), 60)
    return f"UTC{hours:+}" + (f":{rest:02}" if rest else "")


def named_day(body: str, now: datetime) -> date | None:
    """The day of a confirmation: `Tue 25 Nov`."""
    match = re.search(
        rf"^(?:(?:Flait|Tracking|CANCELLED|DIVERTED).*? |[A-Z0-9]+(?: \([A-Z0-9]+\))? (?={DATE} moved)|[A-Z0-9]+(?: \([A-Z0-9]+\))? [A-Z]{{3}}-[A-Z]{{3}} (?={DATE}: (?:dep|takes off)))({DATE})",
        body,
    )
    if match is None:
        return None
    weekday, day, month = match[1].split()
    days = (now.date() + timedelta(days=offset) for offset in range(-5, 20))
    found = (on for on in days if (on.day, on.month) == (int(day), MONTHS.index(month) + 1))
    return next((on for on in found if DAYS[on.weekday()] == weekday), None)


def moment(
    text: str, zone_name: str | None, day: str | None, place: str, *, now: datetime, on: date | None = None
) -> datetime | None:
    """The moment that those words mean to somebody who reads them `now`; None when there is none such."""
    zone = ZONES[place]
    today = on or now.astimezone(zone).date()
    hour, minute = int(text[:2]), int(text[3:])
    found = []
    for offset in range(-5, 7):
        there = today + timedelta(days=offset)
        if offset != 0 if day is None else DAYS[there.weekday()] != day:
            continue
        for fold in (0, 1):
            at = datetime(there.year, there.month, there.day, hour, minute, tzinfo=zone, fold=fold)
            if zone_name is None or zone_label(at, zone) == zone_name:
                found.append(at.astimezone(UTC))  # an hour that comes twice equals nothing elsewhere
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=zone)
    return min(found, key=lambda at: abs(at - noon), default=None)
