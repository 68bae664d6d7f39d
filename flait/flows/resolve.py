"""Which flight is meant: a number, a date as written and perhaps route and time become one leg, or a refusal.

Asks AeroAPI as little as it can, never takes the first of several, and stores nothing. What is meant is fixed by the
moment it was asked for, however much later AeroAPI answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from flait.core.flights import Flight, Phase, ScheduledFlight, Times, answers, cancelled, progress
from flait.core.idents import may_be_registration
from flait.core.observations import possible
from flait.core.subscriptions import Role
from flait.core.texts.formats import day
from flait.errors import InvalidDate, NoSuchFlight
from flait.flows.ports import FlightSource
from flait.flows.wanted import (
    AHEAD,
    BEHIND,
    Gone,
    Leg,
    SeveralFlights,
    Wanted,
    legs_of,
    possible_days,
    row,
    rows_of,
)

__all__ = ["AEROAPI", "AHEAD", "BEHIND", "FIRST_LIVE_LOOK", "LIVE", "Found", "Wanted", "find", "is_ahead", "resolve"]

AEROAPI = "flightaware"  # in the record of who answered
LIVE = timedelta(days=2)  # AeroAPI knows flights by id from two days before departure
MARGIN = timedelta(minutes=5)  # the adapter stays inside AeroAPI's window by that much
FIRST_LIVE_LOOK = timedelta(hours=47)  # ids appear 47.7 to 48 hours before scheduled_out
LATE_STILL_HERE = timedelta(hours=24)  # yesterday's flight may not have left yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The leg that is meant. `beside`: the ids of other flights of that number which AeroAPI shows as living."""

    leg: Leg
    beside: frozenset[str] = frozenset()


def resolve(source: FlightSource, wanted: Wanted, *, now: datetime) -> Leg:
    """The one leg that is meant: live within two days of departure, else as scheduled. Raises as `find`."""
    return find(source, wanted, now=now).leg


def find(source: FlightSource, wanted: Wanted, *, now: datetime) -> Found:
    """The one leg that is meant, and what else AeroAPI showed.

    Raises NoSuchFlight, SeveralFlights (listing the choices), InvalidDate, Gone, and what the source raises.
    """
    if wanted.wish is None:
        return _next_departure(source, wanted, now)
    days = possible_days(wanted)
    start = _midnight(days[0]) - AHEAD
    end = _midnight(days[-1] + timedelta(days=1)) + BEHIND
    shown: list[Flight] = []
    known: list[Flight] = []
    if start < now + LIVE - MARGIN:
        shown = _live(source, wanted, start, end, now)
        known = [flight for flight in shown if wanted.is_from_there(flight)]
        dated = legs_of(flight for flight in known if wanted.is_of_that_day(flight))
        right = wanted.chosen(dated)
        if right:
            return _found(_only(right, wanted), known, wanted, now)
    if end > now + LIVE - MARGIN:
        return Found(leg=_scheduled(source, wanted, days))
    _refuse_other_ends(known, wanted)
    raise NoSuchFlight(
        f"AeroAPI knows no {wanted.ident} leaving {_where(wanted)}{_when(wanted, days)}",
        _check(wanted, "check number and date", known, shown),
    )


def _next_departure(source: FlightSource, wanted: Wanted, now: datetime) -> Found:
    """The next one to leave after it was asked for. Asks for a date where "next" could be two things."""
    asked = min(wanted.asked_at, now)
    shown = _live(source, wanted, asked - LATE_STILL_HERE, asked + LIVE, now)
    found = [flight for flight in shown if wanted.is_from_there(flight)]
    legs = wanted.chosen(legs_of(found))
    stood = [(leg, _as_of(leg[0], asked)) for leg in legs]
    ahead = [leg for leg, then in stood if is_ahead(then, Role.TRAVELER, asked)]
    in_the_air = [leg for leg, then in stood if progress(then) is Phase.OFF]
    if wanted.role is not Role.TRAVELER and in_the_air:  # it may well be the one they wait for
        ahead = in_the_air + ahead
        if len(ahead) > 1:
            raise SeveralFlights([leg[0] for leg in ahead], wanted.ident)
    if not ahead:
        raise NoSuchFlight(
            f"AeroAPI knows no {wanted.ident} leaving {_where(wanted)}within two days",
            _check(
                wanted,
                "check the number, or give its day with --date",
                *([flight for flight in flights if is_ahead(flight, wanted.role, asked)] for flights in (found, shown)),
            ),
        )
    first = ahead[0][0]
    same_day = [leg for leg in ahead if leg[0].departure_date == first.departure_date]
    if first.departure_date < asked.astimezone(first.origin.zone).date() and len(ahead) > len(same_day):
        raise SeveralFlights([leg[0] for leg in ahead], wanted.ident)
    return _found(_only(same_day, wanted), found, wanted, now)


def is_ahead(flight: Flight, role: Role, now: datetime) -> bool:
    """Whether somebody may wait for it: not gone, and not hours past its time without a report; or in the air."""
    reached, best = progress(flight), flight.departure.best
    if reached is Phase.OFF:
        return role is not Role.TRAVELER
    return reached in (Phase.SCHEDULED, Phase.OUT) and best is not None and now - best <= _LONG_GONE


_LONG_GONE = timedelta(hours=6)  # never reported as departed, but past its time: not one to wait for


def _found(leg: Sequence[Flight], known: Sequence[Flight], wanted: Wanted, now: datetime) -> Found:
    own = {record.fa_flight_id for record in leg}
    living = {flight.fa_flight_id for flight in known if not cancelled(flight)}
    return Found(leg=_still_to_come(leg[0], wanted, now), beside=frozenset(living - own))


def _still_to_come(flight: Flight, wanted: Wanted, now: datetime) -> Flight:
    """What was meant, unless it is over. The next departure is no traveler's any more once it is in the air."""
    reached, then = progress(flight), progress(_as_of(flight, wanted.asked_at))
    down = flight.on.actual or flight.in_.actual
    if reached in (Phase.ON, Phase.IN):
        if then not in (Phase.ON, Phase.IN) and down and down <= now:
            raise Gone(f"{_of_day(flight)} landed", down, flight.lands_at)
        raise InvalidDate(f"{_of_day(flight)} has already landed", "give a later --date")
    is_gone = reached is Phase.OFF and then is not Phase.OFF and wanted.wish is None
    if is_gone and wanted.role is Role.TRAVELER and flight.off.actual:
        raise Gone(f"{_of_day(flight)} left", flight.off.actual, flight.origin)
    return flight


def _as_of(flight: Flight, moment: datetime) -> Flight:
    """What had happened of it by then."""
    return replace(
        flight,
        out=_times_as_of(flight.out, moment),
        off=_times_as_of(flight.off, moment),
        on=_times_as_of(flight.on, moment),
        in_=_times_as_of(flight.in_, moment),
    )


def _times_as_of(times: Times, moment: datetime) -> Times:
    return replace(times, actual=None) if times.actual and times.actual > moment else times


def _live(source: FlightSource, wanted: Wanted, start: datetime, end: datetime, now: datetime) -> list[Flight]:
    believed = [possible(flight, now) for flight in source.departures(wanted.ident, start, end).flights]
    flights = [flight for flight in believed if flight.departure.best]  # of the others every time was a lie
    right = [flight for flight in flights if answers(flight, wanted.ident)]
    if flights and not right:
        other = flights[0].number
        raise NoSuchFlight(
            f"AeroAPI answers {wanted.ident} with another airline's flight, {other}",
            f"subscribe to {other} if that is the flight meant",
        )
    return right


def _scheduled(source: FlightSource, wanted: Wanted, days: Sequence[date]) -> ScheduledFlight:
    rows = source.schedules(wanted.ident, days[0] - timedelta(days=1), days[-1] + timedelta(days=2))
    of_that_day = [row for row in rows if wanted.is_of_that_day(row)]
    legs = rows_of(row for row in of_that_day if wanted.is_from_there(row))
    right = [leg[0] for leg in wanted.chosen(legs)]
    if not right:
        _refuse_other_ends([leg[0] for leg in legs], wanted)
        raise NoSuchFlight(
            f"no {wanted.ident} is scheduled to leave {_where(wanted)}{_when(wanted, days)}",
            _check(wanted, "check number and date with the airline", [leg[0] for leg in legs], of_that_day),
        )
    if len(right) > 1:
        raise SeveralFlights(right, wanted.ident)
    return right[0]


def _only(legs: Sequence[Sequence[Flight]], wanted: Wanted) -> Sequence[Flight]:
    if len(legs) > 1:
        raise SeveralFlights([leg[0] for leg in legs], wanted.ident)
    return legs[0]


def _refuse_other_ends(known: Sequence[Leg], wanted: Wanted) -> None:
    """A flight that was found to go there, and goes elsewhere now, is never followed there in silence."""
    legs = [leg for leg in known if leg.destination and wanted.is_of_that_day(leg)]
    ends = dict.fromkeys(leg.destination.short for leg in legs if leg.destination)
    if wanted.found and wanted.destination and ends and wanted.destination not in ends:
        on = day(legs[0].departure_date)
        raise NoSuchFlight(f"{wanted.ident} of {on} goes to {' and '.join(ends)}, not {wanted.destination}")


# --- words ------------------------------------------------------------------------------------------------------


def _where(wanted: Wanted) -> str:
    """`DAL for HOU at 09:05 `: what was said of the leg besides its day."""
    words = [wanted.origin or ""]
    words += [f"for {wanted.destination}" if wanted.destination else ""]
    words += [f"at {wanted.leaves_at:%H:%M}" if wanted.leaves_at and not wanted.found else ""]
    return "".join(f"{word} " for word in words if word)


def _when(wanted: Wanted, days: Sequence[date]) -> str:
    """The date wished for; in the person's own word where that is not the same day all over the world."""
    assert wanted.wish is not None
    return f"on {day(days[0])}" if len(days) == 1 else wanted.wish.text


def _check(wanted: Wanted, otherwise: str, there: Sequence[Leg], anywhere: Sequence[Leg]) -> str:
    """What to do: by what AeroAPI knows of the number from `there`, and from `anywhere`."""
    if anywhere and not there:
        leaves = ", ".join(dict.fromkeys(leg.origin.short for leg in anywhere))
        return f"it leaves from {leaves}: {', '.join(row(flight) for flight in anywhere[:3])}"
    if may_be_registration(wanted.ident):
        otherwise += "; an aircraft's registration is no flight number"
    return otherwise + _others(there)


def _others(flights: Sequence[Leg]) -> str:
    return f" (it leaves on {', '.join(row(flight) for flight in flights[:3])})" if flights else ""


def _of_day(flight: Flight) -> str:
    """`UA123 of Tue 25 Nov`."""
    return f"{flight.number} of {day(flight.departure_date)}"


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)
