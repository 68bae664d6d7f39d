"""How a flight differs from what one person was told. Thresholds live here; who hears of it is alerts.py's matter.

A null is never a change, and neither is a vanished record: `merged` fills blanks before anything is compared.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flait.core.flights import Flight, Phase, cancelled, progress
from flait.core.told import FACTS, Told, further


class ChangeKind(StrEnum):
    """What can be news; also the `kind` of the text that says it. Most important first: it leads the text."""

    CANCELLED = "cancelled"
    REINSTATED = "reinstated"
    DIVERTED = "diverted"
    ARRIVED = "arrived"  # at the gate: in
    LANDED = "landed"  # on
    DEPARTED = "departed"  # off
    EARLIER = "earlier"
    SCHEDULE_CHANGE = "sched_change"
    DELAY_MORE = "delay_more"
    DELAY_FIRST = "delay_first"
    DELAY_LESS = "delay_less"
    ON_TIME = "on_time"
    GATE_CHANGE = "gate_change"
    TERMINAL_CHANGE = "terminal_change"
    GATE_FIRST = "gate_first"
    TERMINAL_FIRST = "terminal_first"
    BELT = "belt"


K = ChangeKind
LATER = frozenset({K.DELAY_FIRST, K.DELAY_MORE})
SOONER = frozenset({K.EARLIER, K.DELAY_LESS, K.ON_TIME})
MOVES = LATER | SOONER | {K.SCHEDULE_CHANGE}
GATES = frozenset({K.GATE_FIRST, K.GATE_CHANGE, K.TERMINAL_FIRST, K.TERMINAL_CHANGE})
PHASES = frozenset({K.DEPARTED, K.LANDED, K.ARRIVED})


class End(StrEnum):
    """Which end of the flight a move is about: travellers leave, meeters wait."""

    DEPARTURE = "departure"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `facts` names what a text about it states; `moved` is how far, for moves of a time."""

    kind: ChangeKind
    facts: tuple[str, ...]
    end: End = End.DEPARTURE
    moved: timedelta = timedelta()


NEAR = timedelta(hours=3)  # from here on a gate is worth a text, and ten minutes are
STEP_NEAR = timedelta(minutes=10)
ON_TIME_BELOW = timedelta(minutes=10)
URGENT = timedelta(hours=24)  # earlier by ten minutes matters within a day
STEPS = (  # how late it now is → how far it must have moved since it was last told
    (timedelta(hours=1), timedelta(minutes=15)),
    (timedelta(hours=3), timedelta(minutes=30)),
    (timedelta.max, timedelta(minutes=60)),
)
DELAY = timedelta(minutes=15)  # the first delay worth a text, unless configured


def step(late: timedelta, until: timedelta) -> timedelta:
    """How far a time must have moved to be told again, being `late` already and `until` away."""
    return STEP_NEAR if until <= NEAR else next(size for limit, size in STEPS if late < limit)


def changes(told: Told, flight: Flight, *, end: End, now: datetime, delay: timedelta = DELAY) -> tuple[Change, ...]:
    """Everything in which `flight` differs from what was told, most important first.

    `end` is the end whose times this person follows; `delay` the first lateness worth a text.
    """
    if cancelled(flight) or told.cancelled:
        return tuple(_cancellation(told, flight))
    found = [
        *_diversion(told, flight),
        *_progress(told, flight),
        *_move(told, flight, end=end, now=now, delay=delay),
        *_gates(told, flight),
        *_belt(told, flight),
    ]
    return tuple(sorted(found, key=lambda change: list(ChangeKind).index(change.kind)))


def _cancellation(told: Told, flight: Flight) -> Iterator[Change]:
    if told.cancelled == cancelled(flight):
        return
    if told.cancelled:
        yield Change(kind=K.REINSTATED, facts=("cancelled", *_STATES[End.DEPARTURE]))
    else:
        yield Change(kind=K.CANCELLED, facts=("cancelled",))


def _diversion(told: Told, flight: Flight) -> Iterator[Change]:
    """A diversion, and once more when AeroAPI knows the airport it did not know before.

    Also when the flight is at a gate: AeroAPI notices some diversions only after landing.
    """
    if FACTS["diverted_to"](flight) not in (None, told.diverted_to):
        yield Change(kind=K.DIVERTED, facts=("diverted_to", "arrival"))


_REACHED = {Phase.OFF: K.DEPARTED, Phase.ON: K.LANDED, Phase.IN: K.ARRIVED}


def _progress(told: Told, flight: Flight) -> Iterator[Change]:
    """The latest phase only: a flight that skipped states between two polls is one piece of news."""
    reached = progress(flight)
    if further(reached, told.phase) and reached in _REACHED:
        yield Change(kind=_REACHED[reached], facts=("phase", "arrival"))


def _move(told: Told, flight: Flight, *, end: End, now: datetime, delay: timedelta) -> Iterator[Change]:
    if end is End.DEPARTURE:
        known, planned, times, over = told.departure, told.scheduled_out, flight.departure, Phase.OFF
    else:
        known, planned, times, over = told.arrival, told.scheduled_in, flight.arrival, Phase.ON
    is_over = not further(over, progress(flight)) or (end is End.ARRIVAL and flight.diverted)
    if known is None or planned is None or times.best is None or times.scheduled is None or is_over:
        return
    moved = times.best - known
    rescheduled = abs(times.scheduled - planned) >= STEP_NEAR
    kind = _move_kind(moved, known - planned, times.late, rescheduled=rescheduled, until=times.best - now, delay=delay)
    if kind:
        yield Change(kind=kind, facts=_STATES[end], end=end, moved=moved)


_STATES = {
    End.DEPARTURE: ("scheduled_out", "scheduled_in", "departure", "arrival"),
    End.ARRIVAL: ("scheduled_in", "arrival"),
}


def _move_kind(
    moved: timedelta, was_late: timedelta, late: timedelta, *, rescheduled: bool, until: timedelta, delay: timedelta
) -> ChangeKind | None:
    """Which news a moved time is: the rows are tried in order, the first that holds is it.

    A lateness that was told and is cut is news even below `delay`: whoever goes by it misses the flight. A schedule
    moved to the very time that was told as a delay is no news, and above all not "back on time".
    """
    sooner = moved <= -(STEP_NEAR if until <= URGENT else step(was_late, until))
    back = moved >= STEP_NEAR and was_late <= -STEP_NEAR  # told to come earlier, and that is over
    cut = sooner and was_late >= ON_TIME_BELOW
    rules: tuple[tuple[ChangeKind, Callable[[], bool]], ...] = (
        (K.SCHEDULE_CHANGE, lambda: rescheduled and abs(moved) >= STEP_NEAR),
        (K.DELAY_FIRST, lambda: was_late < delay <= late and moved >= STEP_NEAR),
        (K.DELAY_MORE, lambda: was_late >= delay and moved >= step(late, until)),
        (K.EARLIER, lambda: sooner and late <= -STEP_NEAR),
        (K.ON_TIME, lambda: max(late, was_late + moved) < ON_TIME_BELOW and (was_late >= delay or cut or back)),
        (K.DELAY_LESS, lambda: cut),
    )
    return next((kind for kind, holds in rules if holds()), None)


def _gates(told: Told, flight: Flight) -> Iterator[Change]:
    """Gate and terminal of departure, as one piece of news: they are one walk."""
    if further(progress(flight), Phase.OUT):
        return
    gate = _differs(told.gate_origin, flight.gate_origin)
    terminal = _differs(told.terminal_origin, flight.terminal_origin)
    facts = ("gate_origin", "terminal_origin")
    if gate:
        yield Change(kind=K.GATE_CHANGE if told.gate_origin else K.GATE_FIRST, facts=facts)
    elif terminal:
        yield Change(kind=K.TERMINAL_CHANGE if told.terminal_origin else K.TERMINAL_FIRST, facts=facts)


def _belt(told: Told, flight: Flight) -> Iterator[Change]:
    down = further(progress(flight), Phase.OFF)
    if down and _differs(told.baggage_claim, flight.baggage_claim):
        yield Change(kind=K.BELT, facts=("baggage_claim", "terminal_destination"))


def _differs(known: str | None, value: str | None) -> bool:
    return value is not None and value != known
