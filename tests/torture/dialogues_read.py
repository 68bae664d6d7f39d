"""How the judge of random dialogues reads: words for days, names of flights, times as they are written. Knows no Flait
but how a flight is stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tests.torture.dialogues_play import Followed, State, Turn
from tests.torture.dialogues_sky import MINUTE, ZONES
from tests.torture.dialogues_talk import MONTHS, WEEKDAYS

DAY: Final = timedelta(days=1)
OPEN: Final = timedelta(minutes=10)
APART: Final = timedelta(minutes=2)  # two clocks, at most
WORLD: Final = tuple(timedelta(hours=hours) for hours in (-12, 0, 14))
RELATIVE: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}


def days_called(word: str, today: date) -> set[date]:
    """Every day that somebody can mean by it who follows a flight of then: around today, past ones too."""
    if word in RELATIVE:
        return {today + RELATIVE[word] * DAY}
    around = {today + ahead * DAY for ahead in range(-7, 300)}
    if word in WEEKDAYS:
        return {on for on in around if -7 <= (on - today).days <= 6 and WEEKDAYS[on.weekday()] == word}
    return {on for on in around if word in (on.isoformat(), f"{on.day} {MONTHS[on.month - 1]}")}


def is_of_day(one: Followed, word: str, written: datetime) -> bool:
    """Whether that is its day, as of then: where it leaves; where that is not known, anywhere."""
    if one.on:
        return one.on in days_called(word, written.astimezone(ZONES[one.origin or ""]).date())
    for offset in WORLD:
        asked = _date(one.asked_at, offset)
        wished = days_called(one.wish, asked) if one.wish else {asked, asked + DAY}
        if wished & days_called(word, _date(written, offset)):
            return True
    return False


def _date(moment: datetime, offset: timedelta) -> date:
    return (moment + offset).astimezone(UTC).date()


def same(one: Followed, other: Followed) -> bool:
    """The same flight, whichever row."""
    if one.id == other.id:
        return True
    if one.ident != other.ident:
        return False
    legs = [(str(each.on or each.wish), each.leaves_at, each.destination) for each in (one, other)]
    if one.on is None or other.on is None:
        return (one.asked_at, one.wish) == (other.asked_at, other.wish) or (legs[0] == legs[1] and one.on != other.on)
    return legs[0] == legs[1]


def in_words(on: date) -> str:
    """`Tue 25 Nov`."""
    return f"{WEEKDAYS[on.weekday()].capitalize()} {on.day} {MONTHS[on.month - 1].capitalize()}"


def is_called(one: Followed, name: str) -> bool:
    """Whether that is a name of it."""
    if not name.startswith(one.ident):
        return False
    rest = name.removeprefix(one.ident).strip()
    if one.on is None:
        return rest == "" or rest.startswith(one.wish or "next")
    route, day = f"{one.origin}-{one.destination}", in_words(one.on)
    return rest in ("", day, f"{route} {day}", f"{route} {one.leaves_at} {day}", f"{one.origin} {day}")


def called(live: Sequence[Followed], name: str) -> list[Followed]:
    """Those with that name."""
    return [one for one in live if is_called(one, name)]


def places(state: State, one: Followed | None = None) -> set[ZoneInfo]:
    """By whose clocks a person can be told the time: where it leaves; for all, where any of theirs does."""
    known = [ZONES[each.origin] for each in ([one] if one else state.live) if each.origin]
    return set(known) or {ZoneInfo("UTC")}


def as_told(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """`14:10 PST`, `00:40 PST Wed`: with the weekday where that is not today."""
    local = moment.astimezone(zone)
    weekday = "" if local.date() == now.astimezone(zone).date() else f" {WEEKDAYS[local.weekday()].capitalize()}"
    return f"{local:%H:%M} {local.tzname()}{weekday}"


def next_time(clock: str, zone: ZoneInfo, after: datetime) -> datetime:
    """When clocks there next show that, minute by minute; in an hour that is left out, as long after its beginning."""
    moment = after.replace(second=0, microsecond=0)
    while True:
        before, moment = moment.astimezone(zone).replace(tzinfo=None), moment + MINUTE
        now = moment.astimezone(zone).replace(tzinfo=None)
        if f"{now:%H:%M}" == clock:
            return moment
        if now - before > MINUTE:
            wanted = datetime.combine(now.date(), time.fromisoformat(clock))
            if before < wanted < now:
                return moment + (wanted - before - MINUTE)


def later(until: datetime | None, now: datetime) -> datetime | None:
    """The end of a mute that holds then."""
    return until if until and until > now else None


def names(live: Sequence[Followed]) -> str:
    """For people."""
    return " and ".join(f"{one.ident} {one.on or one.wish} {one.leaves_at or ''}".strip() for one in live) or "nothing"


@dataclass
class Memory:
    """What one person has read and done: their list, their question, and what can be undone."""

    listed: list[tuple[datetime, list[Followed]]] = field(default_factory=list)
    cut: bool = False
    asked: list["Asked"] = field(default_factory=list)
    undoable: list["Asked"] = field(default_factory=list)
    shared: list[tuple[datetime, Followed]] = field(default_factory=list)

    def list_at(self, written: datetime) -> list[Followed] | None:
        """The list that they had when they wrote."""
        return next((rows for at, rows in reversed(self.listed) if at <= written < at + timedelta(days=1)), None)

    def question_at(self, written: datetime) -> "Asked | None":
        """The question that was open then."""
        return _open(self.asked, written)

    def undo_at(self, written: datetime) -> "Asked | None":
        """What UNDO takes back."""
        return _open(self.undoable, written)


@dataclass
class Asked:
    """What was put to somebody: in a turn of theirs, in these words, and whether it was answered since."""

    at: datetime
    turn: Turn
    body: str = ""
    options: list[Followed] = field(default_factory=list)
    answered: bool = False


def _open(asked: Sequence[Asked], written: datetime) -> Asked | None:
    last = next((one for one in reversed(asked) if one.at <= written), None)
    return last if last and not last.answered and written < last.at + OPEN else None
