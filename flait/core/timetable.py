"""A saved flight before AeroAPI has it live: when its timetable is looked at, and what of that is news. Pure.

A timetable knows airports and times alone. What somebody was told of it is compared, never what was seen before.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from flait.core.changes import STEP_NEAR, Change, ChangeKind, End
from flait.core.flights import RETIMED, Airport, Flight, ScheduledFlight, Times
from flait.core.told import NONE, Told, presumed
from flait.core.values import replace

MISSES = 2  # looks in a row that do not show it, before that is told
BETWEEN_MISSES = timedelta(hours=6)  # at least, from the first to the second
LIVE = timedelta(days=2)  # from here on it has an id, and is looked for by that
COUNTS_EARLY = timedelta(days=3)  # at most: so long before its day a look may serve for it
SPAN = timedelta(days=19)  # of departures that one question answers: it reaches three weeks, a day at each end


class News(StrEnum):
    """What a timetable can say that is new to somebody."""

    GONE = "gone"
    BACK = "back"
    ROUTE = "route"
    TIMES = "times"


def check_days(setting: str) -> tuple[int, ...]:
    """`30,14,7,3` as numbers, the farthest first; nothing for ''."""
    return tuple(sorted((int(part) for part in setting.split(",") if part.strip()), reverse=True))


def next_check(leaves_at: datetime, days: Sequence[int], looked_at: datetime, now: datetime) -> datetime | None:
    """When to look next. A look serves for a day that follows it soon: within half the way from the day before.

    Days that are past are past.
    """
    for place, each in enumerate(days):
        at = leaves_at - timedelta(days=each)
        early = timedelta(days=(days[place - 1] - each) / 2) if place else COUNTS_EARLY
        if at > now and at - looked_at >= min(early, COUNTS_EARLY):
            return at
    return None


def found(known: ScheduledFlight, rows: Iterable[ScheduledFlight]) -> ScheduledFlight | None:
    """The flight as the timetable has it now: on its route, else with one end of it; None where it does not stand.

    A number is flown again on another day. On its own day it may have moved by hours; over midnight by RETIMED.
    """
    near = [row for row in rows if _is_near(row, known)]
    for fits in (_same_route, _same_start, _same_end):
        legs = [row for row in near if fits(row, known)]
        if legs:
            return min(legs, key=lambda row: (_apart(row, known), row.scheduled_out))
    return None


def _is_near(row: ScheduledFlight, known: ScheduledFlight) -> bool:
    return row.departure_date == known.departure_date or _apart(row, known) <= RETIMED


def _apart(row: ScheduledFlight, known: ScheduledFlight) -> timedelta:
    return abs(row.scheduled_out - known.scheduled_out)


def _same_route(row: ScheduledFlight, known: ScheduledFlight) -> bool:
    return _same_start(row, known) and _same_end(row, known)


def _same_start(row: ScheduledFlight, known: ScheduledFlight) -> bool:
    return row.origin.code == known.origin.code


def _same_end(row: ScheduledFlight, known: ScheduledFlight) -> bool:
    return _code(row.destination) == _code(known.destination)


def _code(airport: Airport | None) -> str:
    return airport.code if airport else ""


def as_flight(row: ScheduledFlight) -> Flight:
    """The same as a flight of which nothing but its schedule is known."""
    return Flight(
        fa_flight_id="",
        ident=row.ident,
        origin=row.origin,
        destination=row.destination,
        out=Times(scheduled=row.scheduled_out),
        in_=Times(scheduled=row.scheduled_in),
    )


def believed(told: Told, plan: ScheduledFlight) -> Told:
    """What somebody knows of it: what they were told, and by their ticket the rest."""
    known = presumed(told, as_flight(plan))
    return replace(
        known,
        origin=known.origin or plan.origin.short,
        destination=known.destination or (plan.destination.short if plan.destination else None),
    )


def news(known: Told, seen: ScheduledFlight, misses: int) -> News | None:
    """What is to be told of it as last `seen`; `misses` are the looks in a row since then that did not show it."""
    if misses:
        return News.GONE if misses >= MISSES and not known.unlisted else None
    if known.unlisted:
        return News.BACK
    destination = seen.destination.short if seen.destination else known.destination
    if (seen.origin.short, destination) != (known.origin, known.destination):
        return News.ROUTE
    return News.TIMES if any(abs(by) >= STEP_NEAR for by in _moved(known, seen).values()) else None


def moved(known: Told, seen: ScheduledFlight) -> Change:
    """How far it moved: at the departure where that did, for a text about that one says both; else at the arrival."""
    by = _moved(known, seen)
    end = End.DEPARTURE if abs(by[End.DEPARTURE]) >= STEP_NEAR else End.ARRIVAL
    facts = ("scheduled_out", "scheduled_in", "departure", "arrival")
    return Change(kind=ChangeKind.SCHEDULE_CHANGE, facts=facts, end=end, moved=by[end])


def _moved(known: Told, seen: ScheduledFlight) -> dict[End, timedelta]:
    leaves = seen.scheduled_out - (known.departure or seen.scheduled_out)
    lands = timedelta()
    can_be = seen.destination and seen.scheduled_in and seen.scheduled_in > seen.scheduled_out
    if can_be and seen.scheduled_in and known.arrival:  # else nobody can say it on the clocks there
        lands = seen.scheduled_in - known.arrival
    return {End.DEPARTURE: leaves, End.ARRIVAL: lands}


def tells_of(row: ScheduledFlight, *, arrival: bool = True) -> dict[str, str | bool]:
    """What a text tells that says route and times as they stand there."""
    said: dict[str, str | bool] = {"origin": row.origin.short, "unlisted": NONE}
    said |= dict.fromkeys(("scheduled_out", "departure"), row.scheduled_out.isoformat())
    if row.destination:
        said["destination"] = row.destination.short
    if row.scheduled_in and arrival:
        said |= dict.fromkeys(("scheduled_in", "arrival"), row.scheduled_in.isoformat())
    return said
