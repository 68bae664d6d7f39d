"""The flight before: where the plane of a recorded flight comes from, and how late.

The record has departures from New York alone. Where the same tail left New York earlier that day, the leg back is
modelled from where that flight took it; otherwise the plane comes from where the flight itself goes. What leaves before
eight in the morning stood there overnight. Most of the flights that left late did so because of their plane.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from flait.core.values import replace
from flait.sandbox.chance import Chance
from flait.sandbox.timetable import Airport, Recorded

MINUTE = timedelta(minutes=1)
NUMBERS_FROM = 4000  # added to the number of the flight that it brings the plane for: no recorded flight has such
OVERNIGHT = time(8)
TURN_ROUND = 40 * MINUTE  # of a plane that everybody waits for
LATE = 20 * MINUTE
USUAL_TAXI = 25 * MINUTE
REACHES_BACK = timedelta(hours=24)  # so long before its flight one leaves at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The flight before another, when it is to leave, and the recorded flight that took the plane there, if any."""

    flight: Recorded
    scheduled_out: datetime
    earlier: Recorded | None


def before(flight: Recorded, scheduled_out: datetime, earlier: Recorded | None, chance: Chance) -> Before | None:
    """What brings the plane of `flight`, which leaves then; `earlier` flew it away before. None: it stood there."""
    if flight.out < OVERNIGHT or flight.tail is None:
        return None
    due = scheduled_out - chance.minutes("planned turn-round", 55, 85)
    here, block = flight.destination, flight.block
    if earlier:
        here, block = earlier.destination, earlier.block
    leaves = due - block
    in_late = _lateness(flight, due - scheduled_out, chance)
    leg = replace(
        flight,
        day=leaves.astimezone(here.zone).date(),
        number=flight.number + NUMBERS_FROM,
        origin=here,
        destination=flight.origin,
        out=_clock(leaves, here),
        block=block,
        out_late=max(in_late - chance.minutes("made up on the way", -5, 5), -5 * MINUTE),
        in_late=in_late,
        air=max(block - USUAL_TAXI, 20 * MINUTE),
        miles=earlier.miles if earlier else flight.miles,
    )
    return Before(flight=leg, scheduled_out=leaves, earlier=earlier)


def took_it_there(flight: Recorded, others: list[Recorded]) -> Recorded | None:
    """The last of the day's `others` with its plane that flew that away in time to come back."""
    in_time = [one for one in others if _minutes(flight.out) - _minutes(one.out) >= _there_and_back(one)]
    return max(in_time, key=lambda one: one.out, default=None)


def _there_and_back(one: Recorded) -> int:
    return round((2 * one.block + 3 * TURN_ROUND) / MINUTE)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _clock(moment: datetime, airport: Airport) -> time:
    return moment.astimezone(airport.zone).time().replace(second=0, microsecond=0)


def _lateness(flight: Recorded, early: timedelta, chance: Chance) -> timedelta:
    """How late it is: as late as makes its flight late, where that is why. It is due `early`, which is negative."""
    usual = chance.minutes("plane", -12, 8)
    late = flight.out_late
    if late is None or late < LATE or not chance.happens("the plane is why", 0.6):
        return usual
    return max(late - TURN_ROUND - early, usual)


def flight_after(ident: str) -> str | None:
    """The flight for which the plane comes as `ident`: UAL4015 is before UAL15; None: that is no such flight."""
    letters, digits = ident.rstrip("0123456789"), ident[len(ident.rstrip("0123456789")) :]
    number = int(digits or 0) - NUMBERS_FROM
    return f"{letters}{number}" if number > 0 else None
