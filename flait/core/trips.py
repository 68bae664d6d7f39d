"""Connections: two flights of one traveler that meet at an airport, and how sure it is that they catch the second.

A flight goes on with the next that leaves there, up to 18 hours after it is to arrive; one that is missed or cancelled
gives way to the next after it. A diversion breaks a pair. Pure; told by core/alerts.py, whose rules hold here too: a
worse state takes two looks, unless it has happened.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from flait.core.changes import Change, ChangeKind
from flait.core.flights import Flight, cancelled, is_on_ground, left_at
from flait.core.observations import lands_by
from flait.core.taxiing import there_at, touchdown
from flait.core.told import Told, connections_told
from flait.core.values import replace

K = ChangeKind
M = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=18)  # between two flights of one journey
SOON = timedelta(hours=6)  # within that the landing text carries the next flight
MISSED_BELOW = 15 * M  # so little is left, and the first is not down yet
LEFT = "left"  # the second has
HYSTERESIS = 10 * M  # a better state must be so much better
LEAST: Mapping[int, timedelta] = {
    # how many of the two flights cross a border → the usual least time between them
    0: 45 * M,
    1: 75 * M,
    2: 60 * M,
}
UNKNOWN_LEAST = 60 * M  # where a country is not known


class Chance(StrEnum):
    """How sure a connection is; the order of declaration is from good to bad."""

    OK = "ok"
    TIGHT = "tight"
    AT_RISK = "at_risk"
    MISSED = "missed"


BEGINS: Mapping[Chance, timedelta] = {
    # the minutes left, less the least time → from here on it is so
    Chance.OK: 20 * M,
    Chance.TIGHT: -15 * M,
}
_WORSE = tuple(Chance)


NOTHING = Told()


class Leg(Struct, frozen=True, kw_only=True):
    """A flight that a traveler follows: their subscription's id, the number as booked, and the last two looks at it.

    `told` is what they know of it. `leaves` and `arrives` are by the schedule that they heard of first: their booking.
    """

    id: int
    ident: str
    flight: Flight
    previous: Flight | None = None
    told: Told = NOTHING
    leaves: datetime | None = None
    arrives: datetime | None = None

    @property
    def booked_to_leave(self) -> datetime | None:
        """When it leaves by their booking; where that is not known, by today's schedule."""
        return self.leaves or self.flight.departure.scheduled

    @property
    def booked_to_arrive(self) -> datetime | None:
        """The same of its arrival."""
        return self.arrives or _planned_in(self.flight)


class Connection(Struct, frozen=True, kw_only=True):
    """A pair as it stands. `minutes` is what is left between arrival and departure, None where a time is not known."""

    first: Leg
    then: Leg
    airport: str
    minutes: int | None
    least: int
    chance: Chance


class Onward(Struct, frozen=True, kw_only=True):
    """What a traveler goes on with after a flight: that leg, and the least time between the two.

    `arrives` is when the first was booked to be there, `known` what they were told of it.
    """

    leg: Leg
    needed: timedelta
    arrives: datetime | None = None
    known: Chance | None = None

    def is_given_up(self, first: Flight) -> bool:
        """Whether they were told that they miss it, and it is so."""
        return self.known is Chance.MISSED is chance(first, self.leg.flight, self.needed, self.known)


class Feed(Struct, frozen=True, kw_only=True):
    """What brings a traveler to where a flight leaves: the flight before, that one, and the least time between them."""

    first: Leg
    then: Leg
    needed: timedelta

    @property
    def comes(self) -> bool:
        """Whether it flies."""
        return not cancelled(self.first.flight)

    @property
    def is_under_way(self) -> bool:
        """Whether it brings them, and they are not there yet."""
        return self.comes and not is_on_ground(self.first.flight)

    @property
    def is_told_missed(self) -> bool:
        """Whether they were told that they miss it, and nothing else since."""
        return known_chance(self.first.told, self.then.id) is Chance.MISSED

    @property
    def ready_at(self) -> datetime | None:
        """From when on they can leave there again; None: not known, or it goes elsewhere."""
        arrives = there_at(self.first.flight) if self.comes and not self.first.flight.diverted else None
        return arrives + self.needed if arrives else None

    @property
    def tells_of_it(self) -> bool:
        """Whether the text about the connection is due as well, by two looks, and says when the second leaves."""
        first, before = self.first.flight, self.first.previous or self.first.flight
        onward = Onward(leg=self.then, needed=self.needed, arrives=self.first.arrives)
        now = of_connection(self.first.told, first, onward)
        return bool(now and seen_before(self.first.told, before, first, onward))


# Which make a pair


def onward_legs(first: Leg, legs: Collection[Leg]) -> list[Leg]:
    """What leaves from where the first is to arrive, the next first: what they may go on with."""
    there = [leg for leg in legs if _meets(first, leg) and not cancelled(leg.flight)]
    return sorted(there, key=lambda leg: (leg.flight.departure.scheduled or leg.flight.departure.best, leg.id))


def _meets(first: Leg, then: Leg) -> bool:
    """Whether the second leaves from there soon after: by what was booked, by today's schedules, or as it flies now."""
    there, leaves = first.flight.destination, then.flight.departure.scheduled
    if then.id == first.id or there is None or then.flight.origin.code != there.code or leaves is None:
        return False
    times = (
        (first.booked_to_arrive, then.booked_to_leave),
        (_planned_in(first.flight), leaves),
        (there_at(first.flight), leaves),
    )
    return any(arrives and left and timedelta() <= left - arrives <= LONGEST_WAIT for arrives, left in times)


def _planned_in(flight: Flight) -> datetime | None:
    return flight.in_.scheduled or flight.on.scheduled


def connections(legs: Collection[Leg], least: Mapping[str, timedelta]) -> Iterator[Connection]:
    """Every pair of one traveler's flights that is not over; of what is missed too what they go on with instead.

    `least` are times set for single airports, by IATA code.
    """
    for first in legs:
        if cancelled(first.flight) or first.flight.diverted:
            continue
        for then in onward_legs(first, legs):
            pair = connection(first, then, least)
            is_missed = pair.chance is Chance.MISSED
            if is_missed or left_at(then.flight) is None:
                yield pair
            if not is_missed:
                break


def onward_of(first: Leg, legs: Collection[Leg], least: Mapping[str, timedelta]) -> Onward | None:
    """What a text about the first flight says of the next: of the first that they were not told to miss."""
    found = None
    for then in onward_legs(first, legs):
        needed, known = least_time(first.flight, then.flight, least), known_chance(first.told, then.id)
        found = Onward(leg=then, needed=needed, arrives=first.arrives, known=known)
        if not found.is_given_up(first.flight):
            return found
    return found


def feeds_of(then: Leg, legs: Collection[Leg], least: Mapping[str, timedelta]) -> tuple[Feed, ...]:
    """What brings them to where that flight leaves, or was to."""
    firsts = (leg for leg in legs if _meets(leg, then))
    return tuple(Feed(first=leg, then=then, needed=least_time(leg.flight, then.flight, least)) for leg in firsts)


def connection(first: Leg, then: Leg, least: Mapping[str, timedelta]) -> Connection:
    """That pair, as last seen."""
    needed, between = least_time(first.flight, then.flight, least), _between(first.flight, then.flight)
    return Connection(
        first=first,
        then=then,
        airport=then.flight.origin.short,
        minutes=None if between is None else round(between / M),
        least=round(needed / M),
        chance=chance(first.flight, then.flight, needed),
    )


def least_time(first: Flight, then: Flight, least: Mapping[str, timedelta]) -> timedelta:
    """What is needed between the two: as set for the airport, else by how many of them cross a border."""
    own = least.get(then.origin.short)
    if own is not None:
        return own
    abroad = [_crosses(flight) for flight in (first, then)]
    return UNKNOWN_LEAST if None in abroad else LEAST[sum(map(bool, abroad))]


def _crosses(flight: Flight) -> bool | None:
    here, there = flight.origin.country, flight.destination.country if flight.destination else None
    return here != there if here and there else None


# How sure it is


def _between(first: Flight, then: Flight) -> timedelta | None:
    arrives, leaves = there_at(first), then.departure.best
    return leaves - arrives if arrives and leaves else None


def between_words(first: Flight, onward: Onward) -> str | None:
    """`43 min`, `-4 min` or `left`: what a look showed of a connection, as it is noted; None where no time is known."""
    between = _between(first, onward.leg.flight)
    if left_at(onward.leg.flight):
        return LEFT
    return None if between is None else f"{round(between / M)} min"


def chance(first: Flight, then: Flight, needed: timedelta, known: Chance | None = None) -> Chance:
    """How sure it is, by the best times. Better than what is `known` only where it is clearly so."""
    left, between = left_at(then), _between(first, then)
    if left:
        return _as_it_left(first, left, known)
    if is_one_plane(first, then):
        return Chance.OK
    if between is None:
        return known or Chance.OK
    return _of_time(between, needed, known, down=is_on_ground(first))


def _of_time(between: timedelta, needed: timedelta, known: Chance | None = None, *, down: bool = False) -> Chance:
    """By what is left. Who is down has not missed what has not left; told so, it stands until they may be there."""
    if between < MISSED_BELOW + _margin(known, Chance.AT_RISK) and not down:
        return Chance.MISSED
    if between < timedelta() and known is Chance.MISSED:
        return Chance.MISSED
    spare = between - needed
    found = (state for state, begins in BEGINS.items() if spare >= begins + _margin(known, state))
    return next(found, Chance.AT_RISK)


def _margin(known: Chance | None, better: Chance) -> timedelta:
    return HYSTERESIS if known and _WORSE.index(better) < _WORSE.index(known) else timedelta()


def _as_it_left(first: Flight, left: datetime, known: Chance | None) -> Chance:
    """Once the second has left: missed by who was not there yet. Some airports never report who is at the gate.

    Who landed before, with time enough, has not missed it. Between these nobody knows, nor where a landing that was
    expected long before is not reported: it stays what is `known`.
    """
    here, gate = first.in_.actual or touchdown(first), there_at(first) if is_on_ground(first) else lands_by(first)
    was_early = gate is not None and left - gate >= MISSED_BELOW
    if here is None:
        return known or Chance.AT_RISK if was_early else Chance.MISSED
    if here > left:
        return Chance.MISSED
    return Chance.OK if was_early else known or Chance.AT_RISK


def is_one_plane(first: Flight, then: Flight) -> bool:
    """Whether the second is to leave with the plane of the first: it cannot leave before."""
    return then.inbound_fa_flight_id == first.fa_flight_id and not cancelled(then)


def booked(first: Flight, onward: Onward) -> Chance:
    """How sure their booking made it: what they know who were told nothing of it."""
    then = onward.leg
    arrives, leaves = onward.arrives or _planned_in(first), then.booked_to_leave
    if is_one_plane(first, then.flight) or arrives is None or leaves is None:
        return Chance.OK
    return _of_time(leaves - arrives, onward.needed)


def chance_of(first: Flight, onward: Onward) -> Chance:
    """How sure it is that they catch it, as texts and lists call it."""
    return chance(first, onward.leg.flight, onward.needed)


# What is news of it


def change(told: Told, first: Flight, onward: Onward) -> Change | None:
    """What is news of the connection: another state than they were told, or than they booked."""
    then = onward.leg
    known = known_chance(told, then.id)
    before, now = known or booked(first, onward), chance(first, then.flight, onward.needed, known)
    is_better = _WORSE.index(now) < _WORSE.index(before)
    if now is before or (is_better and known is None) or not _matters(now, known, first, then.flight):
        return None
    told_as = chance_of(first, onward)  # the margin decides whether it is told, and not what it is called
    kind = {Chance.MISSED: K.CONN_MISSED, Chance.OK: K.CONN_OK}.get(told_as, K.CONN_TIGHT)
    return Change(kind=kind, facts=("connection",))


def _matters(now: Chance, known: Chance | None, first: Flight, then: Flight) -> bool:
    """Whether anybody can use it: who is at the gate sees how it goes, and so does who sits in the second.

    That it is missed, and that it is not, is told all the same.
    """
    if left_at(then) is None and first.in_.actual is None:
        return True
    return Chance.MISSED in (now, known)


def known_chance(told: Told, then_id: int) -> Chance | None:
    """What they were told of the connection to that subscription's flight."""
    state = connections_told(told.connection or "").get(str(then_id))
    return Chance(state) if state else None


def fact(then: Leg, state: Chance) -> str:
    """The same as it is stored with a text: `12 tight`."""
    return f"{then.id} {state}"


def of_connection(told: Told, first: Flight, onward: Onward | None) -> tuple[Change, ...]:
    """What is news of the connection, if there is one."""
    if onward is None or cancelled(first) or first.diverted:
        return ()
    found = change(told, first, onward)
    return (found,) if found else ()


def seen_before(told: Told, before: Flight, after: Flight, onward: Onward | None) -> tuple[Change, ...]:
    """The same by the looks before; what has happened needs no second look."""
    if onward is None:
        return ()
    if left_at(onward.leg.flight):
        return of_connection(told, after, onward)
    earlier = replace(onward.leg, flight=onward.leg.previous or onward.leg.flight)
    return of_connection(told, before, replace(onward, leg=earlier))


def goes_on_soon(first: Flight, onward: Onward | None) -> bool:
    """Whether the next flight is still to leave, within hours after the first is there."""
    if onward is None or first.diverted or cancelled(first) or onward.leg.flight.departure.actual:
        return False
    if onward.is_given_up(first):
        return False
    between = _between(first, onward.leg.flight)
    return between is not None and between <= SOON
