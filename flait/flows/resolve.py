"""Which flight is meant: a number, a date as written and perhaps an airport become one leg, or a refusal.

Asks AeroAPI as little as it can, never takes the first of several, and stores nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flait.core.dates import DateWish
from flait.core.flights import Airport, Flight, Phase, ScheduledFlight, answers, cancelled, phase, progress, same_leg
from flait.core.formats import clock_time, day, zone_label
from flait.core.idents import Ident
from flait.core.subscriptions import Role
from flait.errors import AmbiguousFlight, InvalidDate, NoSuchFlight
from flait.flows.ports import FlightSource

AEROAPI = "flightaware"  # in the record of who answered
LIVE = timedelta(days=2)  # AeroAPI knows flights by id from two days before departure
MARGIN = timedelta(minutes=1)  # AeroAPI truncates: stay inside its window
FIRST_LIVE_LOOK = timedelta(hours=47)  # ids appear 47.7 to 48 hours before scheduled_out
BEHIND, AHEAD = timedelta(hours=12), timedelta(hours=14)  # the calendars of the world, seen from UTC
LATE_STILL_HERE = timedelta(hours=24)  # yesterday's flight may not have left yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asked to follow. `wish` None is the next departure; `origin` an airport code, if named.

    Words like `tomorrow` count from `asked_at`, on the departure airport's calendar.
    """

    ident: Ident
    wish: DateWish | None
    origin: str | None
    role: Role
    asked_at: datetime

    def day_at(self, airport: Airport) -> date | None:
        """The date wished for, there; None when none was written. Raises InvalidDate."""
        return self.wish.on(self.asked_at.astimezone(airport.zone).date()) if self.wish else None


def resolve(source: FlightSource, wanted: Wanted, *, now: datetime) -> Flight | ScheduledFlight:
    """The one leg that is meant: live within two days of departure, else as scheduled.

    Raises NoSuchFlight, AmbiguousFlight (listing the choices), InvalidDate, and what the source raises.
    """
    if wanted.wish is None:
        return _next_departure(source, wanted, now)
    days = _possible_days(wanted)
    start = _midnight(days[0]) - AHEAD
    end = _midnight(days[-1] + timedelta(days=1)) + BEHIND
    if start < now + LIVE - MARGIN:
        found = _live(source, wanted, start, end)
        dated = [flight for flight in found if flight.departure_date == _day_at(wanted, flight.origin)]
        if dated:
            return _still_ahead(_only(dated, wanted))
    if end > now + LIVE - MARGIN:
        return _scheduled(source, wanted, days)
    raise NoSuchFlight(
        f"AeroAPI knows no {wanted.ident} leaving {_from(wanted)}{_when(wanted, days)}",
        "check number and date" + _others(found),
    )


def _next_departure(source: FlightSource, wanted: Wanted, now: datetime) -> Flight:
    """The next one to leave. Asks for a date where "next" could be two things."""
    found = _live(source, wanted, now - LATE_STILL_HERE, now + LIVE)
    to_come = [flight for flight in found if progress(flight) in (Phase.SCHEDULED, Phase.OUT)]
    ahead = [flight for flight in to_come if not _long_gone(flight, now)]
    in_the_air = [flight for flight in found if phase(flight) in (Phase.OFF, Phase.DIVERTED)]
    if wanted.role is not Role.TRAVELER and in_the_air:  # it may well be the one they wait for
        ahead = in_the_air + ahead
        if len(ahead) > 1:
            raise AmbiguousFlight(_listing(ahead, wanted), "say which with --date")
    if not ahead:
        raise NoSuchFlight(
            f"AeroAPI knows no {wanted.ident} leaving {_from(wanted)}within two days",
            "check the number, or give its day with --date",
        )
    first = ahead[0]
    same_day = [flight for flight in ahead if flight.departure_date == first.departure_date]
    if first.departure_date < now.astimezone(first.origin.zone).date() and len(ahead) > len(same_day):
        raise AmbiguousFlight(_listing(ahead, wanted), "say which with --date")
    return _only(same_day, wanted)


def _long_gone(flight: Flight, now: datetime) -> bool:
    """Never reported as departed, but hours past its time: not one to wait for."""
    best = flight.departure.best
    return best is None or now - best > timedelta(hours=6)


def _live(source: FlightSource, wanted: Wanted, start: datetime, end: datetime) -> list[Flight]:
    flights = source.departures(wanted.ident, start, end).flights
    right = [flight for flight in flights if answers(flight, wanted.ident)]
    if flights and not right:
        other = flights[0].number
        raise NoSuchFlight(
            f"AeroAPI answers {wanted.ident} with another airline's flight, {other}",
            f"subscribe to {other} if that is the flight meant",
        )
    return [flight for flight in right if _from_there(flight.origin, wanted)]


def _scheduled(source: FlightSource, wanted: Wanted, days: Sequence[date]) -> ScheduledFlight:
    rows = source.schedules(wanted.ident, days[0] - timedelta(days=1), days[-1] + timedelta(days=2))
    dated = [
        row for row in rows if _from_there(row.origin, wanted) and row.departure_date == _day_at(wanted, row.origin)
    ]
    legs = {(row.origin.code, row.scheduled_out): row for row in dated}
    if not legs:
        raise NoSuchFlight(
            f"no {wanted.ident} is scheduled {_from(wanted)}{_when(wanted, days)}",
            "check number and date with the airline",
        )
    if len(legs) > 1:
        raise AmbiguousFlight(_listing(list(legs.values()), wanted), "say which with --from")
    return next(iter(legs.values()))


def _possible_days(wanted: Wanted) -> list[date]:
    """The dates the wish can mean on any calendar of the world; the last refusal when it can mean none."""
    assert wanted.wish is not None
    days: set[date] = set()
    refusal: InvalidDate | None = None
    for offset in (-BEHIND, timedelta(), AHEAD):
        try:
            days.add(wanted.wish.on((wanted.asked_at + offset).astimezone(UTC).date()))
        except InvalidDate as problem:
            refusal = problem
    if not days:
        assert refusal is not None
        raise refusal
    return sorted(days)


def _day_at(wanted: Wanted, airport: Airport) -> date | None:
    try:
        return wanted.day_at(airport)
    except InvalidDate:  # past on this airport's calendar: not this flight
        return None


def _only(flights: Sequence[Flight], wanted: Wanted) -> Flight:
    """The one leg. Ids get re-issued: two records of the same leg are one, and the living one counts."""
    legs: list[Flight] = []
    for flight in sorted(flights, key=cancelled):
        if not any(same_leg(flight, leg) and _replaces(leg, flight) for leg in legs):
            legs.append(flight)
    if len(legs) > 1:
        raise AmbiguousFlight(_listing(legs, wanted), "say which with --from")
    return legs[0]


def _replaces(leg: Flight, flight: Flight) -> bool:
    return flight.cancelled or leg.departure.scheduled == flight.departure.scheduled


def _still_ahead(flight: Flight) -> Flight:
    if progress(flight) in (Phase.ON, Phase.IN):
        raise InvalidDate(
            f"{flight.number} of {day(flight.departure_date)} has already landed",
            "give a later --date",
        )
    return flight


def _from_there(airport: Airport, wanted: Wanted) -> bool:
    return wanted.origin is None or wanted.origin in (airport.code, airport.code_iata)


def _from(wanted: Wanted) -> str:
    return f"{wanted.origin} " if wanted.origin else ""


def _when(wanted: Wanted, days: Sequence[date]) -> str:
    """The date wished for; in the person's own word where that is not the same day all over the world."""
    assert wanted.wish is not None
    return f"on {day(days[0])}" if len(days) == 1 else wanted.wish.text


def _listing(flights: Sequence[Flight | ScheduledFlight], wanted: Wanted) -> str:
    rows = "; ".join(_row(flight) for flight in flights)
    return f"{wanted.ident} is more than one flight: {rows}"


def _row(flight: Flight | ScheduledFlight) -> str:
    leaves = flight.scheduled_out if isinstance(flight, ScheduledFlight) else flight.departure.best
    at = f" {clock_time(leaves, flight.origin.zone)} {zone_label(leaves, flight.origin.zone)}" if leaves else ""
    to = f"-{flight.destination.short}" if flight.destination else ""
    return f"{flight.departure_date.isoformat()} {flight.origin.short}{to}{at}"


def _others(flights: Sequence[Flight]) -> str:
    return f" (it leaves on {', '.join(_row(flight) for flight in flights[:3])})" if flights else ""


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)
