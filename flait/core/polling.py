"""When to ask AeroAPI next: a table of how close the next event is, and how often that is worth half a cent.

Under 40 look-ups for a three-hour flight, 20 cents. Whatever the data does, OUT_OF_TURN keeps them below 200 a day.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from flait.core.flights import Flight, Phase, cancelled, elsewhere, progress
from flait.core.observations import is_overtaken, lands_by
from flait.core.pauses import Pauses

H = timedelta(hours=1)
M = timedelta(minutes=1)

BEFORE_DEPARTURE: Sequence[tuple[timedelta, timedelta]] = (
    # longer than this until it leaves → so often
    (24 * H, 10 * H),
    (6 * H, 3 * H),
    (3 * H, 30 * M),
    (2 * H, 20 * M),
    (-5 * H, 15 * M),  # and on while it is late
    (timedelta.min, H),  # nobody tells AeroAPI any more
)
IN_THE_AIR: Sequence[tuple[timedelta, timedelta]] = (
    # longer than this until it lands → so often
    (45 * M, 45 * M),
    (-2 * H, 15 * M),
    (timedelta.min, H),
)
JUST_LANDED = 3 * M  # after the estimate of touchdown: a look then says "landed" while it still is news
TAXIING_OUT = 10 * M
TAXIING_IN = 10 * M
AT_THE_GATE = 15 * M  # baggage belts are published late
JUST_OFF = 12 * M  # an estimate of landing from before take-off is renewed within minutes
RENEWED = 45 * M  # after take-off, at the latest; what contradicts it then stays as it is
CANCELLED: Sequence[tuple[timedelta, timedelta]] = (
    # longer than this until it would leave, by its best time → so often: cancellations are withdrawn at times
    (12 * H, 3 * H),
    (4 * H, H),
    (3 * H, 30 * M),
    (-2 * H, 15 * M),
    (timedelta.min, H),
)
NO_ONWARD = 6 * H  # after it came down elsewhere: nothing flies on
ELSEWHERE = 20 * M  # it came down at another airport: its next leg is looked for
CONFIRMS = M  # between the two looks that must agree that it is over

ON_AGAIN = 3 * H  # past the times of a cancelled flight: so late it may still be put on again
LINGERS = 45 * M  # after `in`: gate and belt still change
NEVER_IN = 60 * M  # some airports never report `in`: landed this long is arrived
GIVE_UP = 24 * H  # after the last expected event nothing will come any more

BACKOFF = Pauses(timedelta(seconds=30), 15 * M)
MISSES_BEFORE_SEARCH = 3  # empty answers by id before asking by number again: ids get replaced


class Cause(StrEnum):
    """Why a flight is looked at before its turn by the plan above."""

    ASKED = "asked"  # somebody texted STATUS
    CALLED = "called"  # FlightAware called, or a text did not arrive
    UNSETTLED = "unsettled"  # news to be confirmed, a fault, a miss, an event that is always just ahead


OUT_OF_TURN: Mapping[Cause, Sequence[tuple[timedelta, int]]] = {
    # only while fewer looks than that, for any cause, were taken at the flight within the last hour, and the last day
    Cause.ASKED: ((H, 10), (24 * H, 60)),
    Cause.CALLED: ((H, 12), (24 * H, 80)),
    Cause.UNSETTLED: ((H, 15), (24 * H, 120)),  # the last to give way: what is told depends on it
}
IN_TURN = 15 * M  # a look after a longer time than that costs no extra


def next_poll_at(flight: Flight, now: datetime, *, jitter: float = 0.0) -> datetime | None:
    """When to look again; None when nothing is left to learn.

    `jitter` in [0, 1) lengthens the interval by up to a tenth, so that polls spread and none is added; it is passed
    in, not drawn.
    """
    if finished(flight, now):
        return None
    until, plan = _plan(flight, now)
    limit, every = next(row for row in plan if until > row[0])
    wait = every * (1 + jitter / 10)
    if plan is IN_THE_AIR and timedelta() < until < wait:
        wait = until + JUST_LANDED
    # Never sleep past the border to a busier stretch.
    return now + (min(wait, max(until - limit, M)) if limit > timedelta() else wait)


def finished(flight: Flight, now: datetime) -> bool:
    """Whether nothing more can be learned about it, by the best times known of it."""
    down = flight.in_.actual or flight.on.actual
    if elsewhere(flight) and down:
        return now - down >= NO_ONWARD + LINGERS
    if flight.in_.actual:
        return now - flight.in_.actual >= LINGERS
    reached = progress(flight)
    if reached is Phase.ON and flight.on.actual:
        return now - flight.on.actual >= NEVER_IN + LINGERS
    return since_last_event(flight, now) >= (ON_AGAIN if cancelled(flight) else GIVE_UP)


def since_last_event(flight: Flight, now: datetime) -> timedelta:
    """How long the last that is expected of it is past, by the best times known; nothing where none is."""
    return now - max((moment for moment in (flight.arrival.best, flight.departure.best) if moment), default=now)


def _plan(flight: Flight, now: datetime) -> tuple[timedelta, Sequence[tuple[timedelta, timedelta]]]:
    reached = progress(flight)
    if cancelled(flight):
        return _until(flight.departure.best, now), CANCELLED
    if elsewhere(flight):
        return timedelta(), _always(ELSEWHERE)
    if reached is Phase.SCHEDULED:
        return _until_it_may_leave(flight, now), BEFORE_DEPARTURE
    if reached is Phase.OUT:
        return timedelta(), _always(TAXIING_OUT)
    if reached is Phase.OFF:
        if flight.off.actual and now - flight.off.actual <= (RENEWED if is_overtaken(flight) else JUST_OFF):
            return timedelta(), _always(JUST_OFF)
        # Not `best`: a touchdown that is recorded and yet not over is a false one.
        planned = flight.on.estimated or flight.on.scheduled or flight.arrival.best
        is_past = is_overtaken(flight) and planned is not None and planned <= now
        return _until(lands_by(flight) if is_past else planned, now), IN_THE_AIR
    return timedelta(), _always(TAXIING_IN if reached is Phase.ON else AT_THE_GATE)


def _until_it_may_leave(flight: Flight, now: datetime) -> timedelta:
    """By its schedule while that is ahead, for a delay may be taken back; by its best time afterwards."""
    planned, best = flight.departure.scheduled, flight.departure.best
    if planned and best and now < planned < best:
        return planned - now
    return _until(best, now)


def _always(every: timedelta) -> Sequence[tuple[timedelta, timedelta]]:
    return ((timedelta.min, every),)


def _until(moment: datetime | None, now: datetime) -> timedelta:
    return moment - now if moment else timedelta()


def after_failure(failures: int, now: datetime) -> datetime:
    """When to try again after `failures` faults in a row: 30 s, 1, 2, 4, 8, then every 15 minutes."""
    return now + BACKOFF.after(failures)


def allowed_at(cause: Cause, looks: Sequence[datetime], now: datetime) -> datetime:
    """When the next look out of turn may be, after `looks` of the last day, oldest first; `now` when it may be now."""
    at = now
    for span, most in OUT_OF_TURN[cause]:
        recent = [look for look in looks if now - span < look <= now]
        if len(recent) >= most:
            at = max(at, recent[-most] + span)
    return at


def unhurried(at: datetime, looks: Sequence[datetime], now: datetime) -> datetime:
    """The next look as planned for `at`, or later where there were many: then a quarter of an hour apart."""
    return max(at, min(allowed_at(Cause.UNSETTLED, looks, now), now + IN_TURN))


def jitter(key: str) -> float:
    """A number in [0, 1) that is the same for the same key: flights that leave together are asked apart."""
    return sum(ord(char) * (index + 7) for index, char in enumerate(key)) % 997 / 997
