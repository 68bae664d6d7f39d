"""A published life: all that AeroAPI answers about one number, from the first word to the last, and who follows it.

It is a script with times and knows nothing of Flait. `body` writes a moment of it down as AeroAPI does.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from flait.core.values import replace
from flait.sandbox.timetable import airports

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)

PLACES: Final[Mapping[str, tuple[str, str, str]]] = {
    # IATA → AeroAPI's code, its town, its zone
    "SFO": ("KSFO", "San Francisco", "America/Los_Angeles"),
    "DEN": ("KDEN", "Denver", "America/Denver"),
    "ORD": ("KORD", "Chicago", "America/Chicago"),
    "DAL": ("KDAL", "Dallas", "America/Chicago"),
    "HOU": ("KHOU", "Houston", "America/Chicago"),
    "AUS": ("KAUS", "Austin", "America/Chicago"),
    "EWR": ("KEWR", "Newark", "America/New_York"),
    "BOS": ("KBOS", "Boston", "America/New_York"),
    "PIT": ("KPIT", "Pittsburgh", "America/New_York"),
    "PWM": ("KPWM", "Portland ME", "America/New_York"),
    "LHR": ("EGLL", "London", "Europe/London"),
    "FRA": ("EDDF", "Frankfurt", "Europe/Berlin"),
    "NRT": ("RJAA", "Tokyo", "Asia/Tokyo"),
    "DXB": ("OMDB", "Dubai", "Asia/Dubai"),
    "HNL": ("PHNL", "Honolulu", "Pacific/Honolulu"),
}
ALL_PLACES: Final = {one.iata: (one.icao, one.city, one.timezone) for one in airports().values()} | dict(PLACES)
"""Those, and where the flights of the recorded day go: see replay."""
ZONES: Final = {iata: ZoneInfo(zone) for iata, (_, _, zone) in ALL_PLACES.items()}
EVENTS: Final = ("out", "off", "on", "in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A flight as published at some moment. `of` says whose it is, which is not published: see Whose.

    Of a diverted one with `diverted_to` the last two events, the gate, terminal and belt of arrival are of there.
    `returned`: it came back to its gate, whatever `act_out` says; not published either.
    """

    id: str
    of: str = "ours"
    origin: str
    destination: str
    sched_out: datetime | None
    sched_off: datetime
    sched_on: datetime
    sched_in: datetime | None
    est_out: datetime | None = None
    est_off: datetime | None = None
    est_on: datetime | None = None
    est_in: datetime | None = None
    act_out: datetime | None = None
    act_off: datetime | None = None
    act_on: datetime | None = None
    act_in: datetime | None = None
    cancelled: bool = False
    diverted: bool = False
    diverted_to: str | None = None
    planned_there: datetime | None = None  # of the diversion's own record: when it is to be there
    gate_o: str | None = None
    term_o: str | None = None
    gate_d: str | None = None
    term_d: str | None = None
    belt: str | None = None
    returned: bool = False
    inbound: str | None = None  # the id of the flight before on the same plane

    @property
    def leaves(self) -> datetime:
        """By its schedule."""
        return self.sched_out or self.sched_off

    @property
    def arrives(self) -> datetime:
        """By its schedule."""
        return self.sched_in or self.sched_on


@dataclass(frozen=True, slots=True)
class Page:
    """What is published from that moment on."""

    at: datetime
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class Glitch:
    """What one look alone is shown: the first one after that moment."""

    at: datetime
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """From then to then something does not work: `kind` says what, in the words of the player."""

    since: datetime
    until: datetime
    kind: str

    def holds(self, at: datetime) -> bool:
        """Whether it does."""
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class Follower:
    """Somebody who asks for the flight at that moment, and is mute for these stretches.

    `quiet` are hours in which they want no texts, by the clocks of `zone`; `little`: they want what matters alone.
    """

    role: str
    asked_at: datetime
    mutes: tuple[tuple[datetime, datetime], ...] = ()
    quiet: str = ""
    zone: str = ""
    little: bool = False

    def muted(self, at: datetime) -> bool:
        """Whether they want to hear only what cannot wait."""
        return any(since <= at < until for since, until in self.mutes) or self.sleeps(at)

    def sleeps(self, at: datetime) -> bool:
        """Whether it is quiet for them."""
        if not self.quiet:
            return False
        start, end = self.quiet.split("-")
        clock = f"{at.astimezone(ZoneInfo(self.zone)):%H:%M}"
        return start <= clock < end if start < end else (clock >= start or clock < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """A flight with a number of its own, that the first of those people travels on too and asks for at that moment."""

    number: str
    ident: str
    pages: tuple[Page, ...]
    asked_at: datetime

    def legs(self, at: datetime) -> tuple[Leg, ...]:
        """What is published of it at that moment."""
        return _shown(self.pages, at)


@dataclass(frozen=True, kw_only=True)
class Life:
    """One life. `story` says in words what befell it.

    A `darkness` begins right after the first look since then, and lasts as long.
    """

    seed: int
    number: str  # as on a ticket: UA1234
    ident: str  # as AeroAPI has it: UAL1234
    pages: tuple[Page, ...]
    followers: tuple[Follower, ...]
    ends: datetime  # nothing is published any more, and whatever was to be told is
    glitches: tuple[Glitch, ...] = ()
    aeroapi: tuple[Trouble, ...] = ()
    twilio: tuple[Trouble, ...] = ()
    story: tuple[str, ...] = ()
    day: date = field(default=date(2026, 1, 1))
    planes: Mapping[str, tuple[Page, ...]] = field(default_factory=dict)  # the flights before, by id
    others: tuple[Other, ...] = ()  # what the first of its people travels on besides
    darkness: tuple[Trouble, ...] = ()

    def legs(self, at: datetime) -> tuple[Leg, ...]:
        """What is published at that moment."""
        return _shown(self.pages, at)

    def plane(self, fa_flight_id: str, at: datetime) -> Leg | None:
        """What is published of that flight before."""
        return next(iter(_shown(self.planes.get(fa_flight_id, ()), at)), None)


def _shown(pages: Sequence[Page], at: datetime) -> tuple[Leg, ...]:
    shown: tuple[Leg, ...] = ()
    for page in pages:
        if page.at > at:
            break
        shown = page.legs
    return shown


# --- as AeroAPI writes it ---------------------------------------------------------------------------------------------


def body(number: str, ident: str, legs: Sequence[Leg]) -> bytes:
    """An answer of /flights."""
    records = [record for leg in legs for record in _records(number, ident, leg)]
    return json.dumps({"flights": records, "links": None, "num_pages": 1}).encode()


def timetable(number: str, ident: str, leg: Leg) -> bytes:
    """An answer of /schedules."""
    row = {
        "ident": ident, "ident_icao": ident, "ident_iata": number, "actual_ident": None,
        "origin": ALL_PLACES[leg.origin][0], "origin_icao": ALL_PLACES[leg.origin][0], "origin_iata": leg.origin,
        "destination": ALL_PLACES[leg.destination][0], "destination_icao": ALL_PLACES[leg.destination][0],
        "destination_iata": leg.destination, "scheduled_out": _z(leg.leaves), "scheduled_in": _z(leg.arrives),
        "fa_flight_id": None,
    }  # fmt: skip
    return json.dumps({"scheduled": [row], "links": None, "num_pages": 1}).encode()


def _records(number: str, ident: str, leg: Leg) -> list[dict[str, Any]]:
    """One record, or the two of a diversion: the flight that was planned, and the one that is flown."""
    whole: dict[str, Any] = {
        "ident": ident, "ident_icao": ident, "ident_iata": number, "fa_flight_id": leg.id, "codeshares": [],
        "codeshares_iata": [], "type": "Airline", "position_only": False, "cancelled": leg.cancelled,
        "diverted": leg.diverted, "origin": _airport(leg.origin), "destination": _airport(leg.destination),
        "gate_origin": leg.gate_o, "terminal_origin": leg.term_o, "gate_destination": leg.gate_d,
        "terminal_destination": leg.term_d, "baggage_claim": leg.belt, "inbound_fa_flight_id": leg.inbound,
        **{f"{kind}_{event}": _z(getattr(leg, f"{short}_{event}")) for event in EVENTS for short, kind in _KINDS},
    }  # fmt: skip
    if not leg.diverted or leg.diverted_to is None:
        return [whole]
    there = {name: None for name in whole if name.endswith(("_on", "_in"))}
    planned = whole | there | {"scheduled_on": _z(leg.sched_on), "scheduled_in": _z(leg.sched_in)}
    planned |= {"gate_destination": None, "terminal_destination": None, "baggage_claim": None}
    at = leg.planned_there or leg.est_in or leg.sched_on
    to = {"destination": _airport(leg.diverted_to), "scheduled_on": _z(at - 8 * MINUTE), "scheduled_in": _z(at)}
    return [planned, whole | to | {"diverted": False}]


_KINDS: Final = (("sched", "scheduled"), ("est", "estimated"), ("act", "actual"))


@lru_cache(maxsize=64)
def _airport(iata: str) -> dict[str, Any]:
    code, city, zone = ALL_PLACES[iata]
    return {"code": code, "code_icao": code, "code_iata": iata, "code_lid": None, "timezone": zone, "city": city}


def _z(moment: datetime | None) -> str | None:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else None


# --- for people -------------------------------------------------------------------------------------------------------


def script(life: Life) -> list[str]:
    """The life in lines: what is published when, each page as what is new in it."""
    lines = [f"life {life.seed}: {life.number}, {'; '.join(life.story) or 'nothing befalls it'}"]
    before: dict[str, Leg] = {}
    for page in life.pages:
        here = {leg.id: leg for leg in page.legs}
        news = [_news(before.get(key), leg) for key, leg in here.items()]
        gone = [f"{key} is gone" for key in before if key not in here]
        lines.append(f"  {page.at:%a %d %H:%M:%S}  {'; '.join(filter(None, [*news, *gone])) or 'the same'}")
        before = here
    for pages in life.planes.values():
        lines += [f"  {page.at:%a %d %H:%M:%S}  plane {_news(None, page.legs[0])}" for page in pages]
    for other in life.others:
        lines.append(f"  {other.asked_at:%a %d %H:%M:%S}  the traveler asks for {other.number} too")
        legs = [page.legs[0] for page in other.pages]
        news = [_news(before, leg) for before, leg in zip([None, *legs], legs, strict=False)]
        lines += [f"  {page.at:%a %d %H:%M:%S}  {said}" for page, said in zip(other.pages, news, strict=True)]
    lines += [f"  {glitch.at:%a %d %H:%M:%S}  one look alone: {_values(glitch.changes)}" for glitch in life.glitches]
    lines += [f"  dark after the look at what is new at {one.since:%a %d %H:%M:%S}" for one in life.darkness]
    for name, troubles in (("AeroAPI", life.aeroapi), ("Twilio", life.twilio)):
        lines += [f"  {one.since:%a %d %H:%M} to {one.until:%a %d %H:%M}  {name}: {one.kind}" for one in troubles]
    for who in life.followers:
        mutes = "".join(f", mute {since:%a %H:%M} to {until:%a %H:%M}" for since, until in who.mutes)
        wants = f", quiet {who.quiet} {who.zone}" if who.quiet else ""
        wants += ", wants little" if who.little else ""
        lines.append(f"  {who.asked_at:%a %d %H:%M:%S}  a {who.role} asks{mutes}{wants}")
    return lines


def _news(before: Leg | None, leg: Leg) -> str:
    names = [name for name in Leg.__slots__ if before is None or getattr(before, name) != getattr(leg, name)]
    values = {name: getattr(leg, name) for name in names if before or getattr(leg, name) not in (None, False)}
    return f"[{leg.of} {leg.id}] {_values(values)}" if values else ""


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in values.items() if name not in ("id", "of"))


def _short(value: Any) -> str:
    return f"{value:%d/%H:%M:%S}" if isinstance(value, datetime) else str(value)


def shifted(leg: Leg, by: timedelta, *, kind: str = "est", events: Sequence[str] = EVENTS) -> Leg:
    """The leg with its estimates (or its schedule) that much after the schedule."""
    planned = {event: getattr(leg, f"sched_{event}") for event in events}
    return replace(leg, **{f"{kind}_{event}": at and at + by for event, at in planned.items()})
