"""Which flight is meant: what was asked for, and what AeroAPI showed of it, become one leg, or a reason why not.

Never the first of several. What is meant is fixed by the moment it was asked for, however much later AeroAPI answers.
Who asks is flows/find.py; each door has its own words for a reason.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from msgspec import Struct

from flait.core.flights import Flight, Phase, ScheduledFlight, Times, answers, cancelled, is_on_ground, progress
from flait.core.subscriptions import Role
from flait.core.values import replace
from flait.core.wanted import AHEAD, BEHIND, Leg, Wanted, legs_of, possible_days, rows_of

LIVE = timedelta(days=2)  # AeroAPI knows flights by id from two days before departure
MARGIN = timedelta(minutes=5)  # the adapter stays inside AeroAPI's window by that much
LATE_STILL_HERE = timedelta(hours=24)  # yesterday's flight may not have left yet
LONG_GONE = timedelta(hours=6)  # never reported as departed, but past its time: not one to wait for


class Questions(Struct, frozen=True, kw_only=True):
    """What AeroAPI is to be asked: from when to when (UTC), and which days of the schedule if that shows nothing."""

    live: tuple[datetime, datetime] | None
    schedule: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What AeroAPI showed of a number: live flights, and rows of the schedule; None where that was not asked.

    `past` are flights of the days before that came with the live ones: nothing is decided from them.
    """

    flights: Sequence[Flight] = ()
    past: Sequence[Flight] = field(default=(), compare=False)
    rows: Sequence[ScheduledFlight] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The leg that is meant. `beside`: the ids of other flights of that number which AeroAPI shows as living."""

    leg: Leg
    beside: frozenset[str] = frozenset()


class Several(Struct, frozen=True, kw_only=True):
    """More than one leg is meant, earliest first: whoever asked must say which."""

    legs: Sequence[Leg]


class NoneThere(Struct, frozen=True, kw_only=True):
    """No such flight. It is known to leave `from_there`, or else `anywhere`; `days` is what the date can mean.

    No `days`: the next departure was asked for. `planned`: the schedule was asked too.
    """

    days: Sequence[date]
    from_there: Sequence[Leg]
    anywhere: Sequence[Leg]
    planned: bool = False


class OtherAirline(Struct, frozen=True, kw_only=True):
    """AeroAPI answered with another airline's flight, of that number."""

    number: str


class GoesElsewhere(Struct, frozen=True, kw_only=True):
    """It was found to go somewhere, and goes to other `ends` now: never followed there in silence."""

    on: date
    ends: Sequence[str]


class Over(Struct, frozen=True, kw_only=True):
    """It has landed, or left; `at` that moment, since it was asked for. None: it had landed before."""

    flight: Flight
    at: datetime | None = None

    @property
    def landed(self) -> bool:
        """Else it left."""
        return is_on_ground(self.flight)


Refusal = Several | NoneThere | OtherAirline | GoesElsewhere | Over
"""Why nothing can be followed. Asking again does not help before something else is asked, or AeroAPI knows more."""

Finding = Found | Refusal


def questions(wanted: Wanted, now: datetime) -> Questions:
    """What to ask AeroAPI. Raises InvalidDate: the date can mean no day."""
    if wanted.wish is None:
        asked = min(wanted.asked_at, now)
        return Questions(live=(asked - LATE_STILL_HERE, asked + LIVE))
    days = possible_days(wanted)
    start, end = _midnight(days[0]) - AHEAD, _midnight(days[-1] + timedelta(days=1)) + BEHIND
    horizon = now + LIVE - MARGIN
    planned = (days[0] - timedelta(days=1), days[-1] + timedelta(days=2))
    return Questions(live=(start, end) if start < horizon else None, schedule=planned if end > horizon else None)


def decided(wanted: Wanted, seen: Shown, now: datetime) -> Finding:
    """What that amounts to. Raises InvalidDate as `questions`."""
    right = [flight for flight in seen.flights if answers(flight, wanted.ident)]
    if seen.flights and not right:
        return OtherAirline(number=seen.flights[0].number)
    known = [flight for flight in right if wanted.is_from_there(flight)]
    if wanted.wish is None:
        return _next_departure(wanted, known, right, now)
    meant = wanted.chosen(legs_of(flight for flight in known if wanted.is_of_that_day(flight)))
    if meant:
        return _one_of(meant, known, wanted, now)
    if seen.rows is not None:
        return _scheduled(wanted, seen.rows)
    days = possible_days(wanted)
    return _elsewhere(wanted, known) or NoneThere(days=days, from_there=known, anywhere=right)


def choices(wanted: Wanted, seen: Shown, now: datetime) -> list[Leg]:
    """The legs that what was asked for can mean, each once, earliest first: one may ask which, and take none."""
    known = legs_of(flight for flight in seen.flights if answers(flight, wanted.ident) and _is_meant(flight, wanted))
    live = [leg[0] for leg in wanted.chosen(known) if _can_be_followed(leg[0], wanted, now)]
    if live:
        return [*live]
    rows = rows_of(row for row in seen.rows or () if _is_meant(row, wanted))
    return [leg[0] for leg in wanted.chosen(rows)]


def flown(wanted: Wanted, seen: Shown, now: datetime) -> list[Flight]:
    """When the number does fly, whatever day and route were asked for."""
    return [flight for flight in _of_number(wanted, seen) if is_ahead(flight, wanted.role, now)]


def is_ahead(flight: Flight, role: Role, now: datetime) -> bool:
    """Whether somebody may wait for it: not gone, and not hours past its time without a report; or in the air."""
    reached, best = progress(flight), flight.departure.best
    if reached is Phase.OFF:
        return role is not Role.TRAVELER
    return reached in (Phase.SCHEDULED, Phase.OUT) and best is not None and now - best <= LONG_GONE


def _next_departure(wanted: Wanted, known: Sequence[Flight], anywhere: Sequence[Flight], now: datetime) -> Finding:
    """The next one to leave after it was asked for. Where "next" could be two things, they are two."""
    asked = min(wanted.asked_at, now)
    ahead = _ahead(wanted, known, asked)
    if not ahead:
        there, any_of_them = (
            [flight for flight in flights if is_ahead(flight, wanted.role, asked)] for flights in (known, anywhere)
        )
        return NoneThere(days=(), from_there=there, anywhere=any_of_them)
    first, all_of_them = ahead[0][0], [leg[0] for leg in ahead]
    if progress(_as_of(first, asked)) is Phase.OFF and len(ahead) > 1:
        return Several(legs=all_of_them)
    same_day = [leg for leg in ahead if leg[0].departure_date == first.departure_date]
    if first.departure_date < asked.astimezone(first.origin.zone).date() and len(ahead) > len(same_day):
        return Several(legs=all_of_them)
    return _one_of(same_day, known, wanted, now)


def _ahead(wanted: Wanted, known: Sequence[Flight], asked: datetime) -> list[Sequence[Flight]]:
    """The legs that may be waited for; one in the air comes first, for it may well be the one somebody meets."""
    stood = [(leg, _as_of(leg[0], asked)) for leg in wanted.chosen(legs_of(known))]
    ahead = [leg for leg, then in stood if is_ahead(then, Role.TRAVELER, asked)]
    in_the_air = [leg for leg, then in stood if progress(then) is Phase.OFF]
    return ahead if wanted.role is Role.TRAVELER else in_the_air + ahead


def _one_of(legs: Sequence[Sequence[Flight]], known: Sequence[Flight], wanted: Wanted, now: datetime) -> Finding:
    if len(legs) > 1:
        return Several(legs=[leg[0] for leg in legs])
    (records,) = legs
    over = _over(records[0], wanted, now)
    if over:
        return over
    living = {flight.fa_flight_id for flight in known if not cancelled(flight)}
    return Found(leg=records[0], beside=frozenset(living - {record.fa_flight_id for record in records}))


def _over(flight: Flight, wanted: Wanted, now: datetime) -> Over | None:
    """What was meant may be over. The next departure is no traveler's any more once it is in the air."""
    reached, then = progress(flight), progress(_as_of(flight, wanted.asked_at))
    if reached in (Phase.ON, Phase.IN):
        down = flight.on.actual or flight.in_.actual
        is_news = then not in (Phase.ON, Phase.IN) and down is not None and down <= now
        return Over(flight=flight, at=down if is_news else None)
    is_gone = reached is Phase.OFF and then is not Phase.OFF and wanted.wish is None
    if is_gone and wanted.role is Role.TRAVELER and flight.off.actual:
        return Over(flight=flight, at=flight.off.actual)
    return None


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


def _scheduled(wanted: Wanted, rows: Iterable[ScheduledFlight]) -> Finding:
    of_that_day = [row for row in rows if wanted.is_of_that_day(row)]
    legs = rows_of(row for row in of_that_day if wanted.is_from_there(row))
    right = [leg[0] for leg in wanted.chosen(legs)]
    if len(right) > 1:
        return Several(legs=right)
    if right:
        return Found(leg=right[0])
    there = [leg[0] for leg in legs]
    nowhere = NoneThere(days=possible_days(wanted), from_there=there, anywhere=of_that_day, planned=True)
    return _elsewhere(wanted, there) or nowhere


def _elsewhere(wanted: Wanted, known: Sequence[Leg]) -> GoesElsewhere | None:
    legs = [leg for leg in known if leg.destination and wanted.is_of_that_day(leg)]
    ends = dict.fromkeys(leg.destination.short for leg in legs if leg.destination)
    if wanted.found and wanted.destination and ends and wanted.destination not in ends:
        return GoesElsewhere(on=legs[0].departure_date, ends=tuple(ends))
    return None


def _of_number(wanted: Wanted, seen: Shown) -> list[Flight]:
    return [flight for flight in seen.flights if answers(flight, wanted.ident)]


def _is_meant(leg: Leg, wanted: Wanted) -> bool:
    return wanted.is_from_there(leg) and wanted.is_of_that_day(leg)


def _can_be_followed(flight: Flight, wanted: Wanted, now: datetime) -> bool:
    is_down = is_on_ground(flight)
    return not is_down and (wanted.wish is not None or is_ahead(flight, wanted.role, now))


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)
