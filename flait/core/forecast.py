"""What following a flight costs if it goes to plan: the looks of the plan, summed, in micro-dollars. Pure.

A day that goes otherwise costs more: a delay of hours is looked at all the while. So it is "about", and said so.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final

from msgspec import Struct

from flait.core import polling
from flait.core.flights import Flight, Times, cancelled
from flait.core.prices import PRICES
from flait.core.values import replace

AT_ITS_PLANES: Final = 4  # looks, measured by `make replay`: where somebody travels on it
NOT_SEEN_YET: Final = 40  # looks at a flight of which no more than its day is known
MOST: Final = 200  # looks: whatever a plan says, it ends
TAXIES_OUT: Final = timedelta(minutes=15)
TAXIES_IN: Final = timedelta(minutes=10)
_EVENTS: Final = ("out", "off", "on", "in_")


class Forecast(Struct, frozen=True, kw_only=True):
    """So many looks at flights, and so many at the planes that bring their aircraft."""

    looks: int = 0
    planes: int = 0

    @property
    def micro(self) -> int:
        """What they cost, in micro-dollars."""
        return (self.looks + self.planes) * PRICES["flights"]

    def __add__(self, other: "Forecast") -> "Forecast":
        return Forecast(looks=self.looks + other.looks, planes=self.planes + other.planes)


NOTHING: Final = Forecast()


class Cost(Struct, frozen=True, kw_only=True):
    """What one more flight costs, and how the month stands that pays for it, in micro-dollars.

    `spent` is spent; `ahead` is what all that is followed takes until the month ends, where that decides anything;
    `own` is the flight, and `now` as much of it as falls into this month. A `budget` of 0 is no limit.
    """

    budget: int
    spent: int
    ahead: Forecast
    own: Forecast
    now: Forecast

    @property
    def left(self) -> int:
        """What nobody has spent yet."""
        return max(self.budget - self.spent, 0)

    @property
    def is_too_much(self) -> bool:
        """Whether the month would not last: what is spent, what all others take, and this flight."""
        needs = self.spent + self.ahead.micro + self.now.micro
        return bool(self.budget and self.now.micro) and needs > self.budget


def ends(now: datetime) -> datetime:
    """When the month ends, which is UTC's: FlightAware's bill is."""
    first = (now.astimezone(UTC).date().replace(day=1) + timedelta(days=31)).replace(day=1)
    return datetime.combine(first, time(), UTC)


def of_flight(flight: Flight, now: datetime, *, travels: bool, until: datetime | None = None) -> Forecast:
    """From now on, as far as it is before `until`. `travels`: somebody travels on it; its plane is looked at."""
    looks = sum(1 for at in _looks(flight, now) if until is None or at < until)
    leaves = flight.departure.best
    is_ahead = leaves is not None and now < leaves and (until is None or leaves < until)
    return Forecast(looks=looks, planes=AT_ITS_PLANES if travels and is_ahead and not cancelled(flight) else 0)


def of_day(leaves: datetime | None, *, travels: bool, until: datetime | None = None) -> Forecast:
    """Of a flight that is not seen yet, and leaves about then."""
    if until and leaves and leaves >= until:
        return NOTHING
    return Forecast(looks=NOT_SEEN_YET, planes=AT_ITS_PLANES if travels else 0)


def _looks(flight: Flight, now: datetime) -> Iterator[datetime]:
    at: datetime | None = now
    whole = _with_runways(flight)
    for _ in range(MOST):
        at = polling.next_poll_at(as_planned(whole, at), at) if at else None
        if at is None:
            return
        yield at


def _with_runways(flight: Flight) -> Flight:
    """With the times of the runways, where AeroAPI has those of the gates alone."""
    off, on = flight.off, flight.on
    if off.best is None and flight.out.best:
        off = Times(scheduled=flight.out.best + TAXIES_OUT)
    if on.best is None and flight.in_.best:
        on = Times(scheduled=flight.in_.best - TAXIES_IN)
    return replace(flight, off=off, on=on)


def as_planned(flight: Flight, at: datetime) -> Flight:
    """The flight as it is then, if all that is expected of it happens at its best times."""
    if cancelled(flight):
        return flight
    times = {name: getattr(flight, name) for name in _EVENTS}
    done = {name: replace(one, actual=one.best) for name, one in times.items() if one.best and one.best <= at}
    return replace(flight, **done)
