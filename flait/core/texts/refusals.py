"""Why a wish names no flight that can be followed, in the words of the command line; days and times of such flights."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import combinations
from shlex import quote

from flait.core.findings import GoesElsewhere, NoneThere, OtherAirline, Over, Refusal, Several
from flait.core.flights import Airport
from flait.core.idents import may_be_registration
from flait.core.subscriptions import ClockFace
from flait.core.texts.formats import clock_time, day, zone_label
from flait.core.wanted import Leg, Wanted, is_the_same_day, local_time, possible_days, scheduled
from flait.errors import AmbiguousFlight, InvalidDate, NoSuchFlight, TooLate, UserError


def refused(refusal: Refusal, wanted: Wanted) -> UserError | NoSuchFlight:
    """The error that says so: what is wrong, and what to do."""
    if isinstance(refusal, Several):
        rows = "; ".join(row(leg) for leg in refusal.legs)
        flags = telling_flags([_told_apart(leg) for leg in refusal.legs])
        return AmbiguousFlight(f"{wanted.ident} is more than one flight: {rows}", f"say which with {flags}")
    if isinstance(refusal, OtherAirline):
        other = refusal.number
        words = f"AeroAPI answers {wanted.ident} with another airline's flight, {other}"
        return NoSuchFlight(words, f"subscribe to {other} if that is the flight meant")
    if isinstance(refusal, GoesElsewhere):
        ends = " and ".join(refusal.ends)
        return NoSuchFlight(f"{wanted.ident} of {day(refusal.on)} goes to {ends}, not {wanted.destination}")
    if isinstance(refusal, Over):
        return _too_late(refusal)
    return _none_there(refusal, wanted)


def _too_late(refusal: Over) -> UserError:
    if refusal.at is None:
        return InvalidDate(f"{_of_day(refusal)} has already landed", "give a later --date")
    return TooLate(over(refusal))


def over(refusal: Over, clock: ClockFace = ClockFace.H24) -> str:
    """`UA123 of Tue 25 Nov left at 14:10 PST`, or that it had landed before."""
    if refusal.at is None:
        return f"{_of_day(refusal)} has already landed"
    flight = refusal.flight
    what, where = ("landed", flight.lands_at) if refusal.landed else ("left", flight.origin)
    return f"{_of_day(refusal)} {what} at {clock_at(refusal.at, where, clock)}"


def _of_day(refusal: Over) -> str:
    return f"{refusal.flight.number} of {day(refusal.flight.departure_date)}"


def _none_there(refusal: NoneThere, wanted: Wanted) -> NoSuchFlight:
    ident, where, when = wanted.ident, _where(wanted), _when(wanted, refusal.days)
    if refusal.planned:
        words, otherwise = f"no {ident} is scheduled to leave {where}{when}", "check number and date with the airline"
    elif refusal.days:
        words, otherwise = f"AeroAPI knows no {ident} leaving {where}{when}", "check number and date"
    else:
        words = f"AeroAPI knows no {ident} leaving {where}within two days"
        otherwise = "check the number, or give its day with --date"
    return NoSuchFlight(words, _check(wanted, otherwise, refusal.from_there, refusal.anywhere))


def _where(wanted: Wanted) -> str:
    """`DAL for HOU at 09:05 `: what was said of the leg besides its day."""
    words = [wanted.origin or ""]
    words += [f"for {wanted.destination}" if wanted.destination else ""]
    words += [f"at {wanted.leaves_at:%H:%M}" if wanted.leaves_at and not wanted.found else ""]
    return "".join(f"{word} " for word in words if word)


def _when(wanted: Wanted, days: Sequence[date]) -> str:
    """The date wished for; in the person's own word where that is not the same day all over the world."""
    if wanted.wish is None:
        return ""
    return f"on {day(days[0])}" if len(days) == 1 else wanted.wish.text


def _check(wanted: Wanted, otherwise: str, there: Sequence[Leg], anywhere: Sequence[Leg]) -> str:
    """What to do: by what AeroAPI knows of the number from `there`, and from `anywhere`."""
    if anywhere and not there:
        leaves = ", ".join(dict.fromkeys(leg.origin.short for leg in anywhere))
        return f"it leaves from {leaves}: {', '.join(row(flight) for flight in anywhere[:3])}"
    if may_be_registration(wanted.ident):
        otherwise += "; an aircraft's registration is no flight number"
    return otherwise + (f" (it leaves on {', '.join(row(flight) for flight in there[:3])})" if there else "")


def in_words(wanted: Wanted, now: datetime) -> str:
    """The date as it was written while it means the same to who reads it now, else the day; nothing without one."""
    if wanted.wish is None:
        return ""
    try:
        days = possible_days(wanted)
        if is_the_same_day(wanted, now):
            return wanted.wish.text
    except InvalidDate:
        return wanted.wish.text
    return day(days[0]) if len(days) == 1 else f"{wanted.wish.text} (asked {day(wanted.asked_at.date())})"


def telling_flags(legs: Sequence[tuple[str | None, ...]]) -> str:
    """The fewest flags that are different for each leg, or else for one, with an example as a shell takes it.

    A leg is date, origin, destination, time.
    """
    for flags, values in _flagged(legs):
        if all(map(all, values)) and len(set(values)) == len(values):
            return _like(flags, values[0])
    for flags, values in _flagged(legs):
        alone = next((value for value in values if all(value) and values.count(value) == 1), None)
        if alone:
            return _like(flags, alone)
    return " and ".join(_FLAGS)


def _flagged(legs: Sequence[tuple[str | None, ...]]) -> Iterator[tuple[tuple[int, ...], list[tuple[str | None, ...]]]]:
    """Every choice of flags, the fewest first, and what each leg has for them."""
    for count in range(1, len(_FLAGS) + 1):
        for flags in combinations(range(len(_FLAGS)), count):
            yield flags, [tuple(leg[flag] for flag in flags) for leg in legs]


def _like(flags: tuple[int, ...], values: tuple[str | None, ...]) -> str:
    example = " ".join(f"{_FLAGS[flag]} {quote(value or '')}" for flag, value in zip(flags, values, strict=True))
    return f"{' and '.join(_FLAGS[flag] for flag in flags)}, like {example}"


_FLAGS = ("--date", "--from", "--to", "--at")


def _told_apart(leg: Leg) -> tuple[str | None, ...]:
    to = leg.destination.short if leg.destination else None
    return leg.departure_date.isoformat(), leg.origin.short, to, f"{local_time(leg):%H:%M}"


def row(leg: Leg) -> str:
    """`2025-11-25 SFO-EWR 14:10 PST`, by the schedule: what the flags of `flait subscribe` go by."""
    leaves = scheduled(leg)
    to = f"-{leg.destination.short}" if leg.destination else ""
    return f"{leg.departure_date.isoformat()} {leg.origin.short}{to} {clock_at(leaves, leg.origin)}"


def clock_at(moment: datetime, airport: Airport | None, clock: ClockFace = ClockFace.H24) -> str:
    """`14:10 PST`; in UTC where no airport is known."""
    where = airport or Airport(code="")
    return f"{clock_time(moment, where.zone, clock)} {zone_label(moment, where.zone)}"
