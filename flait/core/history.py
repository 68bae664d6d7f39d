"""How a flight number has flown lately: facts of our own, derived from what AeroAPI showed of flights that are over.

On time is an arrival less than 15 minutes late; a flight that was cancelled, or came down elsewhere, was not. What was
never reported is none of either. Flights count with those of the same leg alone: from the same airport to the same.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from flait.core.flights import Flight, Times, cancelled, elsewhere, is_on_ground

ON_TIME_BELOW = timedelta(minutes=15)
LAST = 10  # so many flights of one leg are counted
LEAST_KNOWN = 4  # fewer say nothing, and stand in no text
OLD = timedelta(days=1)  # what was asked for longer ago is asked for again


class Flown(Struct, frozen=True, kw_only=True):
    """One flight that is over. Without an arrival it was cancelled, or came down elsewhere.

    `planned_at` is the scheduled departure, by which it is known again; `date` is its day where it left.
    """

    ident: str
    origin: str
    destination: str
    planned_at: datetime
    date: date
    departure_late_min: int | None = None
    arrival_late_min: int | None = None
    cancelled: bool = False

    @property
    def on_time(self) -> bool:
        """Whether it arrived, and less than 15 minutes late."""
        late = self.arrival_late_min
        return not self.cancelled and late is not None and timedelta(minutes=late) < ON_TIME_BELOW

    @property
    def leg(self) -> tuple[str, str]:
        """From where to where."""
        return self.origin, self.destination


class Punctuality(Struct, frozen=True, kw_only=True):
    """On time so often `of` the last flights that are known."""

    on_time: int
    of: int

    @property
    def words(self) -> str:
        """`on time 8 of last 10`."""
        return f"on time {self.on_time} of last {self.of}"

    @property
    def is_telling(self) -> bool:
        """Whether it is enough to stand in a text."""
        return self.of >= LEAST_KNOWN


def flown(flight: Flight, now: datetime) -> Flown | None:
    """What is kept of a flight that is over; None: it is not, or how it ended was not reported."""
    planned = flight.out.scheduled or flight.off.scheduled
    if planned is None or planned >= now or flight.destination is None:
        return None
    is_off, arrived = cancelled(flight), _late(flight.in_, flight.on)
    is_down = is_on_ground(flight)
    if not is_off and not (is_down and (arrived is not None or elsewhere(flight))):
        return None
    return Flown(
        ident=flight.ident,
        origin=flight.origin.short,
        destination=flight.destination.short,
        planned_at=planned,
        date=flight.departure_date,
        departure_late_min=None if is_off else _late(flight.out, flight.off),
        arrival_late_min=None if is_off or flight.diverted else arrived,
        cancelled=is_off,
    )


def _late(*events: Times) -> int | None:
    """Minutes late by the first of these that has happened, the gate's before the runway's."""
    late = (times.actual - times.scheduled for times in events if times.actual and times.scheduled)
    return next((round(one / timedelta(minutes=1)) for one in late), None)


def punctuality(flights: Iterable[Flown]) -> Punctuality:
    """Of flights of one leg: how many of the last were on time."""
    last = sorted(flights, key=lambda one: one.planned_at, reverse=True)[:LAST]
    return Punctuality(on_time=sum(one.on_time for one in last), of=len(last))


def by_leg(flights: Sequence[Flown]) -> dict[tuple[str, str], Punctuality]:
    """The same for each leg, in the order in which they stand."""
    legs = dict.fromkeys(one.leg for one in flights)
    return {leg: punctuality(one for one in flights if one.leg == leg) for leg in legs}
