"""What happens to the flights of the soak: every flight's truths over time, drawn once from its seed.

AeroAPI shows a truth from its moment on. A flight may be late in steps, early, moved by the airline, cancelled and
perhaps flown after all, diverted; its gate comes and changes; its id is replaced; at times AeroAPI does not know it,
or leaves half of it blank.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import Any

from flait.core.flights import Airport, Flight, Times
from flait.core.values import replace

CITIES = (
    Airport(code="KSFO", code_iata="SFO", city="San Francisco", timezone="America/Los_Angeles"),
    Airport(code="KEWR", code_iata="EWR", city="Newark", timezone="America/New_York"),
    Airport(code="KORD", code_iata="ORD", city="Chicago", timezone="America/Chicago"),
    Airport(code="EGLL", code_iata="LHR", city="London", timezone="Europe/London"),
    Airport(code="EDDF", code_iata="FRA", city="Frankfurt", timezone="Europe/Berlin"),
    Airport(code="LIRF", code_iata="FCO", city="Rome", timezone="Europe/Rome"),
)
ELSEWHERE = Airport(code="KPIT", code_iata="PIT", city="Pittsburgh", timezone="America/New_York")
LATE = (15, 20, 25, 30, 40, 50, 70, 100)  # minutes
EARLY = (-15, -20)
M = timedelta(minutes=1)
KNOWN_BEFORE = timedelta(hours=47)  # AeroAPI gives ids two days ahead

Facts = dict[str, Any]
News = tuple[datetime, Facts]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one poll was shown."""

    at: datetime
    truth: Flight
    blank: bool  # half of it was left out


@dataclass(kw_only=True)
class Leg:
    """One flight of one day: what AeroAPI shows of it from when on, and what Flait has seen of that."""

    name: str  # for remarks
    ident: str
    iata: str
    states: list[tuple[datetime, Flight]]
    hidden: list[Span] = field(default_factory=list)
    blank: list[Span] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    @property
    def planned(self) -> Flight:
        """As it was to be at first."""
        return self.states[0][1]

    @property
    def leaves(self) -> datetime:
        """When it was to leave the gate at first."""
        moment = self.planned.out.scheduled
        assert moment is not None
        return moment

    def truth(self, now: datetime) -> Flight:
        """How things are."""
        return next((flight for at, flight in reversed(self.states) if at <= now), self.planned)

    def shown(self, now: datetime) -> tuple[Flight, bool] | None:
        """What AeroAPI answers, and whether it leaves out half of it; None while it does not know the flight."""
        if now < self.leaves - KNOWN_BEFORE or within(self.hidden, now):
            return None
        flight = self.truth(now)
        if not within(self.blank, now):
            return flight, False
        return replace(flight, gate_origin=None, terminal_origin=None, destination=None, ident_iata=None), True


def within(spans: list[Span], now: datetime) -> bool:
    """Whether the moment is in one of the spans."""
    return any(start <= now < end for start, end in spans)


def leg(seed: int, first_day: datetime, day: int, number: int) -> Leg:
    """The flight with that number on that day, counted from the first."""
    dice = Random(f"{seed} {day} {number}")
    origin, destination = dice.sample(CITIES, 2)
    at = time(dice.randint(5, 20), dice.randrange(0, 60, 5), tzinfo=origin.zone)
    out = datetime.combine((first_day + timedelta(days=day)).date(), at).astimezone(UTC)
    on = out + dice.randrange(75, 200, 5) * M
    planned = Flight(
        fa_flight_id=f"UAL{number}-{day}-schedule-{seed}",
        ident=f"UAL{number}",
        ident_icao=f"UAL{number}",
        ident_iata=f"UA{number}",
        origin=origin,
        destination=destination,
        out=Times(scheduled=out),
        off=Times(scheduled=out + 15 * M),
        on=Times(scheduled=on),
        in_=Times(scheduled=on + 8 * M),
    )
    facts: Facts = {}
    states = [(out - KNOWN_BEFORE, planned)]
    for moment, news in sorted(_story(dice, planned, out), key=lambda event: event[0]):
        facts |= news
        states.append((moment, _with(planned, facts)))
    name = f"UA{number} on day {day} of seed {seed}"
    made = Leg(name=name, ident=f"UAL{number}", iata=f"UA{number}", states=states)
    if dice.random() < 0.12:
        made.hidden.append(_span(dice, out))
    if dice.random() < 0.12:
        made.blank.append(_span(dice, out))
    return made


def _span(dice: Random, out: datetime) -> Span:
    start = out + dice.randint(-240, 120) * M
    return start, start + dice.randint(15, 50) * M


def _with(planned: Flight, facts: Facts) -> Flight:
    """The flight with these facts; `late` and `moved` in minutes, what has happened as moments."""
    moved, late = facts.get("moved", 0) * M, facts.get("late")

    def times(name: str) -> Times:
        scheduled = getattr(planned, name).scheduled + moved
        estimated = None if late is None else scheduled + late * M
        return Times(scheduled=scheduled, estimated=estimated, actual=facts.get(name))

    plain = {name: value for name, value in facts.items() if name not in ("moved", "late", "out", "off", "on", "in_")}
    return replace(planned, out=times("out"), off=times("off"), on=times("on"), in_=times("in_"), **plain)


def _story(dice: Random, planned: Flight, out: datetime) -> Iterator[News]:
    late = 0
    for before, late in _lateness(dice):
        yield out - before * M, {"late": late}
    moved = dice.choice((30, 60)) if dice.random() < 0.04 else 0
    if moved:
        yield out - dice.randint(150, 400) * M, {"moved": moved}
    leaves = out + (late + moved) * M
    yield from _gates(dice, leaves)
    if dice.random() < 0.06:
        yield out - dice.randint(10, 60) * M, {"fa_flight_id": f"{planned.fa_flight_id}-again"}
    if dice.random() < 0.06:
        cancelled = out - dice.randint(40, 300) * M
        yield cancelled, {"cancelled": True}
        if dice.random() < 0.7:
            return
        leaves = max(leaves + 90 * M, cancelled + 200 * M)
        late = (leaves - out) // M - moved
        yield cancelled + dice.randint(45, 120) * M, {"cancelled": False, "late": late}
    yield from _flown(dice, planned, leaves, planned.on.scheduled - out if planned.on.scheduled else 90 * M)


def _lateness(dice: Random) -> list[tuple[int, int]]:
    """(Minutes before the planned departure, how late it is to be from then on.)"""
    if dice.random() < 0.07:
        return [(dice.randint(60, 150), dice.choice(EARLY))]
    steps = dice.choice((0, 0, 0, 1, 1, 2, 3))
    return [(before, dice.choice(LATE)) for before in sorted(dice.sample(range(20, 400, 30), steps), reverse=True)]


def _gates(dice: Random, leaves: datetime) -> Iterator[News]:
    if dice.random() < 0.1:
        return
    yield leaves - dice.randint(170, 300) * M, {"gate_origin": f"A{dice.randint(1, 30)}", "terminal_origin": "1"}
    for letter in "BC"[: dice.choice((0, 0, 0, 1, 1, 2))]:
        yield leaves - dice.randint(15, 160) * M, {"gate_origin": f"{letter}{dice.randint(1, 30)}"}


def _flown(dice: Random, planned: Flight, leaves: datetime, takes: timedelta) -> Iterator[News]:
    off, on = leaves + 15 * M, leaves + takes
    in_ = on + 8 * M
    yield leaves + 2 * M, {"out": leaves}
    yield off + 2 * M, {"off": off}
    if dice.random() < 0.04:
        yield off + 30 * M, {"diverted": True, "diverted_to": ELSEWHERE}
    yield on + 1 * M, {"on": on}
    if dice.random() < 0.8:
        yield on + 4 * M, {"baggage_claim": str(dice.randint(1, 20))}
    if dice.random() < 0.95:
        yield in_ + 2 * M, {"in_": in_}
