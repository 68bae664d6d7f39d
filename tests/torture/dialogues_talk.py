"""What people of random dialogues write, and what they mean by it: words and intention come from one hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from tests.torture.dialogues_sky import LINES, ZONES

DAY: Final = timedelta(days=1)
HOME: Final = ZoneInfo("America/Los_Angeles")
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
TRACKS_A_DAY: Final = 9  # the tenth is the last that is answered
SHARED_WITH: Final = "+15555550101"  # Ben


class Followed(Protocol):
    """See dialogues_play."""

    @property
    def ident(self) -> str: ...
    @property
    def on(self) -> date | None: ...
    @property
    def origin(self) -> str | None: ...
    @property
    def leaves_at(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Said:
    """A text: its words; what is to be done; with which flight (a number, a place on the list, `it`), of which day.

    `until` and `span` are of a mute, `numbers` of an answer to a question.
    """

    body: str
    do: str
    ident: str = ""
    place: int = 0
    it: bool = False
    day: str = ""
    until: str = ""
    span: timedelta | None = None
    numbers: tuple[int, ...] = ()


@dataclass
class Speaker:
    """One person. They answer questions that they were asked, and text whatever comes to mind."""

    rng: Random
    phone: str
    asked: int = 0  # how many options the last question had
    listed: int = 0
    tracks: list[datetime] = field(default_factory=list)

    def reads(self, bodies: Sequence[str], now: datetime) -> None:
        """What they were answered: whether that was a question, or a list."""
        for body in bodies:
            if "Reply 1" in body and not body.startswith("1 "):
                self.asked = max(body.count(") "), 2)
            if body.startswith("1 "):
                self.listed = len([line for line in body.splitlines() if line[0].isdigit()])

    def speak(self, now: datetime, live: Sequence[Followed]) -> Said:
        """The next text."""
        if self.asked and self.rng.random() < 0.7:
            return self._answers()
        while True:
            [do] = self.rng.choices(list(_WAYS), [weight for weight, _ in _WAYS.values()])
            said = _WAYS[do][1](self, now, live)
            if said:
                return said

    def _answers(self) -> Said:
        most, self.asked = self.asked, 0
        number = self.rng.randint(1, most)
        if most == 2 and self.rng.random() < 0.25:
            return Said("both", "choose", numbers=(1, 2))
        return Said(str(number), "choose", numbers=(number,))

    # --- which flight -------------------------------------------------------------------------------------------------

    def names(self, live: Sequence[Followed], now: datetime) -> tuple[str, dict[str, object]]:
        """Words for one of the flights they follow, or another, and what they mean."""
        rng, one = self.rng, self.rng.choice(live) if live else None
        way = rng.random()
        if way < 0.3 and self.listed:
            place = rng.randint(1, self.listed + (rng.random() < 0.1))
            return str(place), {"place": place}
        if way < 0.4 or one is None:
            return ("it", {"it": True}) if rng.random() < 0.6 else ((line := rng.choice(LINES).number), {"ident": line})
        if way < 0.6:
            return one.ident, {"ident": one.ident}
        zone = ZONES.get(one.origin or "", HOME)
        on = one.on or now.astimezone(zone).date()
        if rng.random() < 0.15:
            on += rng.choice((-1, 1)) * DAY
        day = self.calls(on, now.astimezone(zone).date())
        subject = "it" if rng.random() < 0.15 else one.ident
        return f"{subject} {day}", {"day": day, **({"it": True} if subject == "it" else {"ident": subject})}

    def calls(self, on: date, today: date, *, ahead: bool = False) -> str:
        """One of the ways to write that day."""
        ways = [f"{on.day} {MONTHS[on.month - 1]}", on.isoformat()]
        relative = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get((on - today).days)
        if relative and not (ahead and relative == "yesterday"):
            ways += [relative] * 3
        if (0 if ahead else -6) <= (on - today).days <= 6:
            ways.append(WEEKDAYS[on.weekday()])
        return self.rng.choice(ways)

    # --- what to do ----------------------------------------------------------------------------------------------------

    def tracks_one(self, now: datetime, live: Sequence[Followed]) -> Said | None:
        self.tracks = [at for at in self.tracks if now - at < DAY]
        if len(self.tracks) >= TRACKS_A_DAY or len(live) > 7:
            return None
        self.tracks.append(now)
        line = self.rng.choice(LINES)
        today = now.astimezone(line.origin.zone).date()
        if self.rng.random() < 0.2:
            return Said(f"TRACK {line.number}", "track", ident=line.number)
        day = self.calls(today + self.rng.randrange(4) * DAY, today, ahead=True)
        return Said(f"TRACK {line.number} {day}", "track", ident=line.number, day=day)

    def about(self, verb: str, do: str) -> "Way":
        def say(_: "Speaker", now: datetime, live: Sequence[Followed]) -> Said:
            words, means = self.names(live, now)
            return Said(f"{verb} {words}", do, **means)  # type: ignore[arg-type]  # fields of Said

        return say

    def mutes(self, now: datetime, live: Sequence[Followed]) -> Said:
        rng = self.rng
        words, means = "", dict[str, object]()
        if rng.random() < 0.5:
            words, means = self.names(live, now)
        if means.pop("day", None):  # MUTE takes no day
            words = words.split()[0]
        head = f"MUTE {words}".strip()
        way = rng.random()
        if way < 0.2:
            return Said(head, "mute", span=timedelta(hours=2), **means)  # type: ignore[arg-type]  # fields of Said
        if way < 0.6:
            hours = rng.choice((1, 3, 8, 24))
            return Said(f"{head} {hours}h", "mute", span=timedelta(hours=hours), **means)  # type: ignore[arg-type]  # the same
        until = f"{rng.choice((1, 2, rng.randrange(24))):02}:{rng.choice((0, 15, 30, 45)):02}"
        return Said(f"{head} until {until}", "mute", until=until, **means)  # type: ignore[arg-type]  # the same


Way = Callable[[Speaker, datetime, Sequence[Followed]], Said | None]


def _about(verb: str, do: str) -> Way:
    return lambda speaker, now, live: speaker.about(verb, do)(speaker, now, live)


def _unmute(speaker: Speaker, now: datetime, live: Sequence[Followed]) -> Said:
    if speaker.rng.random() < 0.5 or not live:
        return Said("UNMUTE", "unmute")
    one = speaker.rng.choice(live)
    return Said(f"UNMUTE {one.ident}", "unmute", ident=one.ident)


def _stop(speaker: Speaker, _: datetime, live: Sequence[Followed]) -> Said | None:
    """With a flight, or it would end everything."""
    one = speaker.rng.choice(live) if live else None
    return Said(f"STOP {one.ident}", "untrack", ident=one.ident) if one else None


def _share(speaker: Speaker, _: datetime, live: Sequence[Followed]) -> Said | None:
    if not live or speaker.phone == SHARED_WITH:
        return None
    one = speaker.rng.choice(live)
    return Said(f"SHARE {one.ident} {SHARED_WITH}", "share", ident=one.ident)


def _join(speaker: Speaker, _: datetime, __: Sequence[Followed]) -> Said | None:
    return Said("JOIN", "join") if speaker.phone == SHARED_WITH else None


def _named(verb: str, do: str, one: Followed, **means: object) -> Way:
    """With its number and its day, as written in full."""
    body = verb.format(f"{one.ident} {one.on}" if "{0}" in verb else one.ident)
    day = str(one.on) if "{0}" in verb else ""
    return lambda *_: Said(body, do, ident=one.ident, day=day, **means)  # type: ignore[arg-type]  # fields of Said


def scene(rng: Random, live: Sequence[Followed]) -> list[tuple[str, Way]]:
    """Texts that go together, each by who says it ('' is whoever begins): what UNDO brings back is as it was."""
    dated = sorted((one for one in live if one.on), key=_leaves)
    if not dated:
        return []
    at = rng.randrange(len(dated))  # its place on a list, and in a question
    one, eight = dated[at], timedelta(hours=8)
    ended: list[tuple[str, Way]] = [("", _named("UNTRACK {0}", "untrack", one)), ("", _undo)]
    quiet = ("", _named("MUTE {} 8h", "mute", one, span=eight))
    listed = ("", lambda *_: Said(f"STATUS {at + 1}", "status", place=at + 1))
    chosen = ("", lambda *_: Said(f"{at + 1}", "choose", numbers=(at + 1,)))
    first = ("", lambda *_: Said("1", "choose", numbers=(1,)))
    tomorrow = ("", lambda *_: Said("TRACK WN123 tomorrow", "track", ident="WN123", day="tomorrow"))
    both = ("", lambda *_: Said("both", "choose", numbers=(1, 2)))
    any_of_them = ("", lambda *_: Said("UNTRACK WN123 tomorrow", "untrack", ident="WN123", day="tomorrow"))
    scenes: list[list[tuple[str, Way]]] = [
        [("", _WAYS["list"][1]), *ended, listed],
        [("", _WAYS["untrack any"][1]), *ended, chosen],
        [("", _named("SHARE {} " + SHARED_WITH, "share", one)), *ended, (SHARED_WITH, _WAYS["join"][1])],
        [quiet, *ended],
        [quiet, ("", lambda *_: Said("MUTE 2h", "mute", span=timedelta(hours=2))), ("", rng.choice((_undo, _unmute)))],
        [quiet, ("", _named("UNMUTE {}", "unmute", one)), ("", _undo)],
        [tomorrow, both, any_of_them, first, ("", _undo)],
    ]
    return rng.choice(scenes)


def _leaves(one: Followed) -> tuple[date, str]:
    return one.on or date.max, one.leaves_at or ""


def _undo(*_: object) -> Said:
    return Said("UNDO", "undo")


_WAYS: Final[dict[str, tuple[float, Way]]] = {  # how often, and the words
    "list": (4, lambda *_: Said("LIST", "list")),
    "status": (2, _about("STATUS", "status")),
    "how it is": (1, lambda *_: Said("STATUS", "status")),
    "track": (5, Speaker.tracks_one),
    "untrack": (6, _about("UNTRACK", "untrack")),
    "stop": (1, _stop),
    "untrack any": (1, lambda *_: Said("UNTRACK", "untrack", it=True)),
    "leave": (1, lambda *_: Said("LEAVE", "untrack", it=True)),
    "undo": (5, _undo),
    "mute": (6, Speaker.mutes),
    "unmute": (2, _unmute),
    "digit": (0.5, lambda speaker, *_: Said(str(n := speaker.rng.randint(1, 3)), "choose", numbers=(n,))),
    "share": (1, _share),
    "join": (4, _join),
    "help": (0.3, lambda *_: Said("?", "help")),
}
