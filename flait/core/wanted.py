"""What somebody asked to follow, and the legs that answer it: one number may fly several routes and times of a day.

A wish means the same however much later it is answered: it counts from the moment it was asked for. Nothing here asks.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from msgspec import Struct

from flait.core.dates import DateWish
from flait.core.flights import RETIMED, Airport, Flight, ScheduledFlight, cancelled, same_leg
from flait.core.idents import Ident
from flait.core.subscriptions import Role
from flait.errors import InvalidDate

BEHIND, AHEAD = timedelta(hours=12), timedelta(hours=14)  # the calendars of the world, seen from UTC
ANYWHERE = (-BEHIND, timedelta(), AHEAD)

Leg = Flight | ScheduledFlight
_L = TypeVar("_L", Flight, ScheduledFlight)


class Wanted(Struct, frozen=True, kw_only=True):
    """What somebody asked to follow. `wish` None is the next departure; airports are codes, if named.

    Words like `tomorrow` count from `asked_at`, on the departure airport's calendar. `leaves_at` is the scheduled time
    of departure there; when it was `found` in a schedule and not typed, the leg may have been re-timed since.
    """

    ident: Ident
    wish: DateWish | None
    origin: str | None = None
    destination: str | None = None
    leaves_at: time | None = None
    found: bool = False
    role: Role
    asked_at: datetime

    def day_at(self, airport: Airport) -> date | None:
        """The date wished for, there; None when none was written. Raises InvalidDate."""
        return self.day_on(self.asked_at.astimezone(airport.zone).date())

    def day_on(self, today: date) -> date | None:
        """The same on a calendar. The day before `today` may be named too: its flight may not have left yet."""
        return None if self.wish is None else self.wish.on(today, back=1)

    def is_from_there(self, leg: Leg) -> bool:
        """Whether it leaves the airport that was named, if one was."""
        return self.origin is None or self.origin in (leg.origin.code, leg.origin.code_iata)

    def is_of_that_day(self, leg: Leg) -> bool:
        """Whether it leaves on the day wished for; one that was found earlier may have been moved over midnight."""
        try:
            on = self.day_at(leg.origin)
        except InvalidDate:  # past on this airport's calendar: not this flight
            return False
        if on is None or leg.departure_date == on:
            return True
        return self.found and self.leaves_at is not None and self._moved(leg, on, self.leaves_at) <= RETIMED

    def chosen(self, legs: "Sequence[Sequence[_L]]") -> "list[Sequence[_L]]":
        """The legs that go where and when it was said: to the minute what was typed, the nearest of what was found."""
        right = self._going_there(legs)
        if self.leaves_at is None or (self.found and len(right) < 2):
            return right
        exact = [leg for leg in right if any(local_time(record) == self.leaves_at for record in leg)]
        return exact if exact or not self.found else self._nearest(right, self.leaves_at)

    def _going_there(self, legs: "Sequence[Sequence[_L]]") -> "list[Sequence[_L]]":
        """A leg whose destination AeroAPI does not tell is meant only when none is known to go there."""
        if self.destination is None:
            return list(legs)
        there = [leg for leg in legs if leg[0].destination and self.destination in _codes(leg[0].destination)]
        return there or [leg for leg in legs if leg[0].destination is None]

    def _nearest(self, legs: "list[Sequence[_L]]", leaves_at: time) -> "list[Sequence[_L]]":
        moved = [self._moved(leg[0], self.day_at(leg[0].origin), leaves_at) for leg in legs]
        return [leg for leg, by in zip(legs, moved, strict=True) if by == min(moved) <= RETIMED]

    def _moved(self, leg: Leg, on: date | None, leaves_at: time) -> timedelta:
        planned = datetime.combine(on or leg.departure_date, leaves_at, leg.origin.zone)
        return abs(scheduled(leg) - planned)


def possible_days(wanted: Wanted) -> list[date]:
    """The dates the wish can mean on any calendar of the world; the last refusal when it can mean none."""
    days: set[date] = set()
    refusal: InvalidDate | None = None
    for offset in ANYWHERE:
        try:
            on = wanted.day_on(_date(wanted.asked_at, offset))
        except InvalidDate as problem:
            refusal = problem
        else:
            assert on is not None  # only what has a date is asked about
            days.add(on)
    if not days:
        assert refusal is not None
        raise refusal
    return sorted(days)


def is_the_same_day(wanted: Wanted, now: datetime) -> bool:
    """Whether the date, as it was written, means the same to who reads it now. Raises InvalidDate."""
    return all(_means(wanted, wanted.asked_at, offset) == _means(wanted, now, offset) for offset in ANYWHERE)


def _means(wanted: Wanted, moment: datetime, offset: timedelta) -> date:
    assert wanted.wish is not None
    return wanted.wish.on(_date(moment, offset), back=366)


def _date(moment: datetime, offset: timedelta) -> date:
    return (moment + offset).astimezone(UTC).date()


def legs_of(flights: Iterable[Flight]) -> list[Sequence[Flight]]:
    """The records leg by leg, earliest first. Ids get re-issued: of several records of a leg the living one is first.

    Two living ones at different times are two legs, however near: nobody is put on one of them unasked.
    """
    legs: list[list[Flight]] = []
    for flight in sorted(flights, key=cancelled):
        same = [leg for leg in legs if same_leg(flight, leg[0]) and _replaces(leg[0], flight)]
        if same:
            min(same, key=lambda leg: abs(scheduled(leg[0]) - scheduled(flight))).append(flight)
        else:
            legs.append([flight])
    return sorted(legs, key=lambda leg: scheduled(leg[0]))


def _replaces(leg: Flight, flight: Flight) -> bool:
    return flight.cancelled or leg.departure.scheduled == flight.departure.scheduled


def rows_of(rows: Iterable[ScheduledFlight]) -> list[Sequence[ScheduledFlight]]:
    """The same of a schedule, where a codeshare's row repeats the operating flight's."""
    once = {(row.origin.code, _short(row.destination), row.scheduled_out): row for row in rows}
    return [[row] for row in once.values()]


def scheduled(leg: Leg) -> datetime:
    """When it is to leave by its schedule; where it has none, when it is known to."""
    if isinstance(leg, ScheduledFlight):
        return leg.scheduled_out
    moment = leg.departure.scheduled or leg.departure.best
    assert moment is not None  # AeroAPI's answers hold no flight without a time
    return moment


def local_time(leg: Leg) -> time:
    """The scheduled time of departure on the airport's clocks, to the minute."""
    return scheduled(leg).astimezone(leg.origin.zone).time().replace(second=0, microsecond=0)


def _codes(airport: Airport) -> tuple[str, str | None]:
    return airport.code, airport.code_iata


def _short(airport: Airport | None) -> str | None:
    return airport.short if airport else None
