"""Everything a reply by text can mean: a closed union of small values. What to do about one is decided elsewhere."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import Enum, StrEnum
from typing import Final

from msgspec import Struct

from flait.core.idents import Ident, Misnamed
from flait.core.subscriptions import Role


class ListNumber(Struct, frozen=True, kw_only=True):
    """A flight by its number on the list last sent, 1 to 99."""

    number: int


class Mine(Enum):
    """The one flight that is the person's own: `it`, `my flight`."""

    MINE = "mine"


MINE: Final = Mine.MINE
Subject = Ident | ListNumber | Mine


class Fact(StrEnum):
    """How much of a flight's status is asked for."""

    ALL = "all"
    GATE = "gate"
    BAGS = "bags"
    WHEN = "when"
    PLANE = "plane"


class Later(StrEnum):
    """Commands of a later version, recognised so that they are not misread as something else."""

    LANG = "lang"
    BUDGET = "budget"
    PAUSE = "pause"
    RESUME = "resume"
    WHO = "who"


class Stop(Struct, frozen=True, kw_only=True):
    """No more texts at all. `exact`: Twilio acts upon it too, and answers it where it owns the keywords."""

    exact: bool


class Start(Struct, frozen=True, kw_only=True):
    """Texts again. `exact` as for Stop: only then has Twilio lifted its own block."""

    exact: bool


class Help(Struct, frozen=True, kw_only=True):
    """What can be said. `exact`: the words Twilio answers itself."""

    exact: bool


class Status(Struct, frozen=True, kw_only=True):
    """How a flight stands. Without a subject: the one that matters now. `date` is text for core.dates."""

    subject: Subject | None
    fact: Fact
    date: str | None = None


class StatusOfSeveral(Struct, frozen=True, kw_only=True):
    """How each of these flights stands."""

    subjects: tuple[Ident | ListNumber, ...]
    fact: Fact


class Connect(Struct, frozen=True):
    """How sure the next flight of the trip is."""


class Why(Struct, frozen=True, kw_only=True):
    """Why the last alert was told: of that flight, or without a subject of any."""

    subject: Subject | None


class Alternatives(Struct, frozen=True, kw_only=True):
    """Which other flights there are. Without a subject: for the one that is cancelled or missed, else the next."""

    subject: Subject | None
    date: str | None = None


class ListFlights(Struct, frozen=True):
    """Every flight followed, numbered."""


class TrackWish(Struct, frozen=True, kw_only=True):
    """One flight to follow: `date` is text for core.dates, `origin`, `destination` and `either` are IATA codes.

    `either` is an airport at one of its ends; `at` the time it leaves there.
    """

    ident: Ident
    date: str | None = None
    origin: str | None = None
    destination: str | None = None
    either: str | None = None
    at: time | None = None


class Track(Struct, frozen=True, kw_only=True):
    """Follow these flights; none when no flight was named. `typed` is what was said of one without its number."""

    wishes: tuple[TrackWish, ...]
    typed: str = ""


class Untrack(Struct, frozen=True, kw_only=True):
    """Stop following one flight. `explained`: it was said with STOP, so say how all texts are stopped."""

    subject: Subject
    explained: bool = False
    date: str | None = None


class UntrackSeveral(Struct, frozen=True, kw_only=True):
    """Stop following these flights; without any all of them, or `both` where there are two. `explained` as above."""

    subjects: tuple[Ident | ListNumber, ...] = ()
    both: bool = False
    explained: bool = False


class Undo(Struct, frozen=True):
    """Take back the last removal or mute."""


class BareHour(Struct, frozen=True):
    """`6`, of the morning or of the evening: 1 to 12."""

    hour: int

    def __str__(self) -> str:
        return f"{self.hour % 12:02}:00 or {self.hour % 12 + 12}:00"


class Mute(Struct, frozen=True, kw_only=True):
    """Fewer texts for a while: of one flight or all, for a span or until a local time of day (one of them at most).

    `until_on` is the day of that time, `date` that of the flight, both text for core.dates. `zone` is one that was said
    with the time, as typed.
    """

    subject: Subject | None
    span: timedelta | None = None
    until: time | BareHour | None = None
    until_on: str | None = None
    date: str | None = None
    zone: str = ""


class Unmute(Struct, frozen=True, kw_only=True):
    """The end of a mute. `date` is the flight's, as for Mute."""

    subject: Subject | None
    date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Ask somebody to follow a flight. `phone` is as typed, unchecked; it stays out of reprs. `date` as for Mute."""

    subject: Subject | None
    phone: str = field(repr=False)
    role: Role | None = None
    date: str | None = None


class Join(Struct, frozen=True, kw_only=True):
    """Accept an invitation."""

    subject: Subject | None = None


class Leave(Struct, frozen=True, kw_only=True):
    """Stop following a flight somebody shared. `date` is its day, as for Mute."""

    subject: Subject | None
    date: str | None = None


class Choice(Struct, frozen=True, kw_only=True):
    """The answer to a numbered question: these numbers, or both."""

    numbers: tuple[int, ...]
    both: bool = False


class Pick(Struct, frozen=True, kw_only=True):
    """The answer to a question about flights in words of its own, as in TrackWish: `tomorrow`, `SFO-EWR 28 nov`."""

    date: str | None = None
    origin: str | None = None
    destination: str | None = None
    either: str | None = None
    at: time | None = None


class NotAFlight(Struct, frozen=True, kw_only=True):
    """A word in the place of a flight number that is surely something else."""

    text: str
    what: Misnamed


class Ok(Struct, frozen=True):
    """Yes to a single pending question; without one, no more than Thanks."""


class WhoIsThis(Struct, frozen=True):
    """Who writes these texts, and why."""


class Thanks(Struct, frozen=True):
    """A courtesy or a reaction. Never answered."""


class Preference(StrEnum):
    """What a person can set about their texts by text."""

    QUIET = "quiet"
    LEVEL = "level"
    TIMEZONE = "timezone"
    CLOCK = "clock"
    LEAVE = "leave"


class Prefer(Struct, frozen=True, kw_only=True):
    """A preference set to `value`, as `flait user set` takes it; '' asks how it is, None is what cannot be read.

    A time zone is as typed: `london`, `america new york`; `zone` is one that was said with something else.
    `readings` are what a value may mean that can be read in several ways.
    """

    what: Preference
    value: str | None
    zone: str = ""
    readings: tuple[str, ...] = ()


class NotYet(Struct, frozen=True, kw_only=True):
    """A command that comes with a later version."""

    word: Later


class Unknown(Struct, frozen=True, kw_only=True):
    """Nothing that Flait understands. With a `command` (`mute`, `untrack`): that, and something it does not take."""

    command: str = ""


Reply = (
    Stop | Start | Help | Status | StatusOfSeveral | Connect | Why | ListFlights | Track | Untrack | UntrackSeveral
    | Undo | Mute | Unmute | Share | Join | Leave | Alternatives | Prefer | Choice | Pick | NotAFlight | Ok | WhoIsThis
    | Thanks | NotYet | Unknown
)  # fmt: skip
