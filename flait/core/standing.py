"""How a flight stands at a moment: decided here, once, for the board, the lists, the answers and the confirmations."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from flait.core.changes import LONG_TAXI
from flait.core.flights import Airport, Flight, Phase, Times, cancelled, progress
from flait.core.observations import is_overtaken, lands_by

NOTABLE = timedelta(minutes=10)  # less than that from its schedule is on time
NO_REPORT = timedelta(minutes=30)  # so long past its time, and nothing reported: it is overdue


class State(StrEnum):
    """Where a flight stands, in a word."""

    ON_TIME = "on time"
    LATE = "late"
    EARLY = "early"
    DUE = "due"  # its time has come, and nothing is reported yet
    OVERDUE = "no report"  # its time is past, and nothing is reported
    RETURNED = "back at the gate"  # it left in vain, and is there again
    LEFT = "left the gate"
    TAXIING = "taxiing"  # for long, and not off
    FLYING = "in the air"
    OVERDUE_LANDING = "landing overdue"
    LANDED = "landed"
    ARRIVED = "at the gate"
    CANCELLED = "cancelled"
    DIVERTED = "diverted"  # and not down yet
    LANDED_ELSEWHERE = "landed elsewhere"
    ARRIVED_ELSEWHERE = "at a gate elsewhere"


BY_THE_CLOCK = frozenset({State.ON_TIME, State.DUE, State.OVERDUE, State.OVERDUE_LANDING})
"""What the clock makes of it: nothing that can be said where nobody could look."""
PLANNED = frozenset({State.ON_TIME, State.LATE, State.EARLY})
ELSEWHERE = frozenset({State.LANDED_ELSEWHERE, State.ARRIVED_ELSEWHERE})
DOWN = ELSEWHERE | {State.LANDED, State.ARRIVED}
AT_ORIGIN = frozenset(
    {State.ON_TIME, State.LATE, State.EARLY, State.DUE, State.OVERDUE, State.RETURNED, State.LEFT, State.TAXIING}
    | {State.CANCELLED}
)


class Standing(Struct, frozen=True, kw_only=True):
    """`at` is when the state began or what it waits for: an actual event's moment, else the best known of the next.

    `where` is the airport it is at or comes down at, None while nobody knows. `late` is against the schedule: of the
    departure on the ground, of the arrival after it; nothing under NOTABLE, and for a flight that is off its way.
    `passed`: the moment it waits for has gone by, and nothing is reported.
    """

    state: State
    at: datetime | None = None
    where: Airport | None = None
    late: timedelta = timedelta()
    passed: bool = False


def standing(flight: Flight, now: datetime) -> Standing:
    """How the flight stands now, as last known."""
    reached = progress(flight)
    if cancelled(flight):
        return Standing(state=State.CANCELLED, at=flight.departure.scheduled, where=flight.origin)
    if flight.diverted:
        return _diverted(flight, reached, now)
    if reached is Phase.SCHEDULED:
        return _scheduled(flight, now)
    if reached is Phase.OUT:
        return _out(flight, now)
    return _off(flight, now) if reached is Phase.OFF else _down(flight, reached)


def notable(times: Times) -> timedelta:
    """How much later than scheduled (negative: earlier); nothing where that is under ten minutes."""
    return times.late if abs(times.late) >= NOTABLE else timedelta()


def _scheduled(flight: Flight, now: datetime) -> Standing:
    best, late = flight.departure.best, notable(flight.departure)
    passed = best is not None and now >= best
    if flight.returned:
        state = State.RETURNED
    elif best is None or now - best >= NO_REPORT:
        state = State.OVERDUE
    elif late > timedelta():
        state = State.LATE
    elif passed:
        state = State.DUE
    else:
        state = State.EARLY if late else State.ON_TIME
    return Standing(state=state, at=best, where=flight.origin, late=late, passed=passed)


def _out(flight: Flight, now: datetime) -> Standing:
    left = flight.out.actual
    long = left is not None and now - left >= LONG_TAXI
    state = State.TAXIING if long else State.LEFT
    return Standing(state=state, at=left, where=flight.origin, late=notable(flight.departure))


def _off(flight: Flight, now: datetime) -> Standing:
    lands = lands_by(flight)
    overdue = lands is not None and now - lands >= NO_REPORT
    state = State.OVERDUE_LANDING if overdue else State.FLYING
    passed = lands is not None and now >= lands
    late = timedelta() if is_overtaken(flight) else notable(flight.arrival)
    return Standing(state=state, at=lands, where=flight.destination, late=late, passed=passed)


def _down(flight: Flight, reached: Phase) -> Standing:
    state = State.ARRIVED if reached is Phase.IN else State.LANDED
    at = flight.in_.actual if reached is Phase.IN else flight.on.actual
    return Standing(state=state, at=at, where=flight.destination, late=notable(flight.arrival))


def _diverted(flight: Flight, reached: Phase, now: datetime) -> Standing:
    if reached in (Phase.ON, Phase.IN):
        state = State.ARRIVED_ELSEWHERE if reached is Phase.IN else State.LANDED_ELSEWHERE
        return Standing(
            state=state, at=flight.in_.actual if reached is Phase.IN else flight.on.actual, where=flight.diverted_to
        )
    lands = flight.arrival.best
    return Standing(state=State.DIVERTED, at=lands, where=flight.diverted_to, passed=lands is not None and now >= lands)
