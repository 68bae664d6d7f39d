"""What of one look is believed, and what several looks together take back.

AeroAPI leaves fields blank, shows times that cannot be, and forgets what it said. A blank is no news at first; a time
that is impossible is no observation; what stays blank, or is overtaken, no longer holds. Pure: only a Flight remembers.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from flait.core.flights import Airport, Flight, Phase, Times, progress
from flait.core.values import fields, replace

CLOCKS_DIFFER = timedelta(minutes=2)  # so far in the future an actual time is a clock's difference, not a lie
OUT_OF_ORDER = timedelta(minutes=15)  # so much airlines' own reports of one flight disagree
LEAVES_EARLY = timedelta(hours=2)  # no flight leaves longer than this before its schedule
LEFT_UNSEEN = timedelta(minutes=30)  # a flight that nobody reported leaving left no earlier before its best time
LEAST_FLYING, LEAST_SHARE = timedelta(minutes=10), 0.4  # of its scheduled flying time, unless it came down elsewhere
FASTEST, FASTER_BY = 0.85, timedelta(minutes=5)  # of the scheduled flying time; who is said to beat that did not
RETURNED_LATER = timedelta(minutes=15)  # an estimate of leaving so much after the leaving: it is not gone
RETURNED_UNSEEN = timedelta(minutes=45)  # so long nobody took off: the same, though no look saw the estimate move

AT_ONCE, LASTING = timedelta(), timedelta(minutes=15)
TAKEN_BACK: Mapping[str, timedelta] = {
    # fact → blank in two looks that lie so far apart, it no longer holds. What is not here never does.
    **{f"{event}.actual": AT_ONCE for event in ("out", "off", "on", "in_")},
    **{f"{event}.estimated": LASTING for event in ("out", "off", "on", "in_")},
    "gate_origin": LASTING,
    "terminal_origin": LASTING,
    "gate_destination": LASTING,
    "terminal_destination": LASTING,
    "baggage_claim": LASTING,
}

_EVENTS = ("out", "off", "on", "in_")
_PARTS = ("scheduled", "estimated", "actual")
_OWN = ("cancelled", "diverted", "codeshares", "origin", "blank", "returned", "via", "beside")  # not filled from before
_KEPT = (
    *(field.name for field in fields(Flight) if field.name not in (*_EVENTS, *_OWN)),
    *(f"{event}.{part}" for event in _EVENTS for part in _PARTS),
)
_ARRIVAL = ("diverted_to", "on", "in_", "gate_destination", "terminal_destination", "baggage_claim")
_AT_ARRIVAL = tuple(name for name in _KEPT if name.partition(".")[0] in _ARRIVAL)


def possible(flight: Flight, now: datetime | None) -> Flight:
    """The flight without the actual times that cannot be true; `now` None: the clock is in doubt, and not asked."""
    lies = impossible(flight, now)
    return _with(flight, dict.fromkeys((f"{event}.actual" for event in lies), None)) if lies else flight


def impossible(flight: Flight, now: datetime | None) -> tuple[str, ...]:
    """The events (out, off, on, in_) whose actual time cannot be true: in the future, out of order, or too soon."""
    return tuple(_impossible(flight, now))


def _impossible(flight: Flight, now: datetime | None) -> Iterator[str]:
    left: datetime | None = None
    landed: datetime | None = None
    for event in _EVENTS:
        at: datetime | None = getattr(flight, event).actual
        if at is None:
            continue
        if event in ("out", "off"):
            earliest = left - OUT_OF_ORDER if left else _earliest(flight)
        else:
            earliest = landed - OUT_OF_ORDER if landed else _earliest_landing(flight, left)
        if (now and at > now + CLOCKS_DIFFER) or (earliest and at < earliest):
            yield event
        elif event in ("out", "off"):
            left = at
        else:
            landed = at


def _earliest(flight: Flight) -> datetime | None:
    planned = flight.departure.scheduled
    return planned - LEAVES_EARLY if planned else None


def _earliest_landing(flight: Flight, left: datetime | None) -> datetime | None:
    """After the least time of flying; a flight whose departure is not known left half an hour early at most."""
    known = [times.estimated or times.scheduled for times in (flight.out, flight.off)]
    expected = max((moment for moment in known if moment), default=None)
    off = left or (expected - LEFT_UNSEEN if expected else None)
    return off + least_flying(flight) if off else None


def least_flying(flight: Flight) -> timedelta:
    """The shortest time in the air that can be true of it."""
    flying = scheduled_flying(flight)
    if flight.diverted or flying is None:
        return LEAST_FLYING
    return max(LEAST_FLYING, flying * LEAST_SHARE)


def scheduled_flying(flight: Flight) -> timedelta | None:
    """From leaving to arriving as scheduled, on the runways where both are known; None where it makes no sense."""
    for start, end in ((flight.off, flight.on), (flight.out, flight.in_)):
        if start.scheduled and end.scheduled and end.scheduled > start.scheduled:
            return end.scheduled - start.scheduled
    return None


def is_overtaken(flight: Flight) -> bool:
    """Whether its time of landing contradicts its leaving, done or expected: it is from before, and no news."""
    left = flight.off.actual or flight.departure.best
    lands, flying = flight.on.best or flight.arrival.best, scheduled_flying(flight)
    if left is None or lands is None or flying is None or flight.diverted or flight.on.actual or flight.in_.actual:
        return False
    return lands < left + flying * FASTEST - FASTER_BY


def lands_by(flight: Flight) -> datetime | None:
    """When it is expected to be there. A time that contradicts its leaving is replaced by its scheduled time of flying.

    It is waited for, and never told.
    """
    left, flying = flight.off.actual or flight.departure.best, scheduled_flying(flight)
    return left + flying if left and flying and is_overtaken(flight) else flight.arrival.best


def merged(before: Flight | None, after: Flight, now: datetime | None) -> Flight:
    """What is known after a look that showed `after`: blanks filled, lies left out, what was taken back forgotten."""
    after = possible(after if before is None else _named(before, after), now)
    if before is not None and before.beside:
        after = replace(after, beside=tuple(sorted({*before.beside, *after.beside})))
    if before is None or len(after.via) > len(before.via) or _leaves_anew(before, after):
        return after  # the next leg, or the same from the start: nothing of the last one holds
    after = _diverted_from(before, after)
    if after.diverted and after.diverted_to is None and before.diverted_to:  # the second leg's record is missing
        after = _with(after, {fact: _value(before, fact) for fact in _AT_ARRIVAL})
    after = _gone_again(before, replace(after, via=before.via, returned=before.returned), now)
    filled, blank = _filled(before, after, now)
    return possible(_with(after, {**filled, "blank": blank}), now)  # what two looks said may not go together


def _diverted_from(before: Flight, after: Flight) -> Flight:
    """A diversion in one record alone: its destination is the new airport, and the old one is that of before."""
    planned, there = before.destination, after.destination
    is_one_record = after.diverted and after.diverted_to is None
    if not is_one_record or planned is None or there is None or planned.code == there.code:
        return after
    return replace(after, destination=planned, diverted_to=there)


def _named(before: Flight, after: Flight) -> Flight:
    """The flight with the names and zones of airports that this look left out. A shorter name means the same place."""
    known = {airport.code: airport for airport in (before.origin, before.destination, before.diverted_to) if airport}
    return replace(
        after,
        origin=_whole(after.origin, known),
        destination=after.destination and _whole(after.destination, known),
        diverted_to=after.diverted_to and _whole(after.diverted_to, known),
    )


def _whole(airport: Airport, known: Mapping[str, Airport]) -> Airport:
    there = known.get(airport.code, airport)
    zone = airport.timezone if airport.timezone != Airport(code="").timezone else there.timezone
    iata, city = airport.code_iata or there.code_iata, airport.city or there.city
    return replace(airport, code_iata=iata, city=city, timezone=zone)


def _leaves_anew(before: Flight, after: Flight) -> bool:
    """Whether it is scheduled later than it took off: it came back, and leaves once more."""
    left, planned = before.off.actual, after.departure.scheduled
    another = before.fa_flight_id != after.fa_flight_id
    return another and left is not None and planned is not None and planned - left >= RETURNED_LATER


def _gone_again(before: Flight, after: Flight, now: datetime | None) -> Flight:
    """Without a leaving that came to nothing: it stands, the estimate moved on, and nobody took off."""
    left, again = after.out.actual or before.out.actual, after.out.estimated
    if left is None or after.off.actual is not None or before.off.actual is not None:
        return after
    if after.returned and left <= after.returned:
        estimate = again or before.out.estimated
        in_vain = estimate is None or _later(estimate, left)  # the estimate is back: so is the leaving
        return _with(after, {"out.actual": None} if in_vain else {"returned": None})
    moved = before.out.actual == after.out.actual and before.out.estimated != again
    unseen = now is not None and after.out.actual is not None and now - left >= RETURNED_UNSEEN
    ahead = again is not None and (now is None or again > now)
    if _later(again, left) and ahead and (moved or unseen):
        return _with(after, {"out.actual": None, "returned": left})
    return after


def _later(estimate: datetime | None, left: datetime | None) -> bool:
    return estimate is not None and left is not None and estimate - left >= RETURNED_LATER


def _filled(
    before: Flight, after: Flight, now: datetime | None
) -> tuple[dict[str, object], tuple[tuple[str, datetime], ...]]:
    """The facts that `after` left blank and that still hold, and since when each has been blank."""
    missing = dict(before.blank)
    filled: dict[str, object] = {}
    blank: list[tuple[str, datetime]] = []
    for fact in _kept(before, after):
        known = _value(before, fact)
        if known is None or _value(after, fact) is not None or _in_vain(fact, after, known):
            continue
        rests = None if fact.endswith(".estimated") and _is_all_we_have(after, now) else TAKEN_BACK.get(fact)
        since = missing.get(fact, now)
        if rests is not None and since is not None and now is not None:
            if fact in missing and now - since >= rests:
                continue
            blank.append((fact, since))
        filled[fact] = known
    return filled, tuple(blank)


def _is_all_we_have(flight: Flight, now: datetime | None) -> bool:
    """Whether an estimate is better than the schedule, even an old one: the schedule is past, or it has left."""
    planned = flight.departure.scheduled
    return progress(flight) is not Phase.SCHEDULED or planned is None or now is None or planned <= now


def _in_vain(fact: str, after: Flight, known: object) -> bool:
    return fact == "out.actual" and after.returned == known


def _kept(before: Flight, after: Flight) -> Iterator[str]:
    """The facts of which a blank may be filled from before."""
    on_again = before.cancelled and not after.cancelled  # an estimate from before the cancellation says nothing now
    other_place = after.diverted_to != before.diverted_to  # what is known of one airport says nothing of another
    for fact in _KEPT:
        if not (on_again and fact.endswith(".estimated")) and not (other_place and fact in _AT_ARRIVAL):
            yield fact


def _value(flight: Flight, fact: str) -> object:
    event, _, part = fact.partition(".")
    value = getattr(flight, event)
    return getattr(value, part) if part else value


def _with(flight: Flight, values: Mapping[str, object]) -> Flight:
    """The flight with those facts; `out.actual` names a part of an event."""
    changed: dict[str, Any] = {}
    for fact, value in values.items():
        event, _, part = fact.partition(".")
        if part:
            times: Times = changed.get(event, getattr(flight, event))
            changed[event] = replace(times, **{part: cast("datetime | None", value)})
        else:
            changed[event] = value
    return replace(flight, **changed)
