"""Connections: two flights of one traveler that meet at an airport, and how sure it is that they catch the second.

Every pair counts whose second leaves there next, up to 18 hours after the first is to arrive. A diversion breaks a
pair. Pure; told by core/alerts.py, whose rules hold here too: a worse state takes two looks, unless it has happened.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from flait.core.changes import Change, ChangeKind
from flait.core.flights import Flight, Phase, cancelled, progress
from flait.core.told import Told, further

K = ChangeKind
M = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=18)  # between two flights of one journey
SOON = timedelta(hours=6)  # within that the landing text carries the next flight
MISSED_BELOW = 15 * M  # so little is left, and the first is not down yet
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A flight that a traveler follows: their subscription's id, the number as booked, and the last two looks at it."""

    id: int
    ident: str
    flight: Flight
    previous: Flight | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A pair as it stands. `minutes` is what is left between arrival and departure, None where a time is not known."""

    first: Leg
    then: Leg
    airport: str
    minutes: int | None
    least: int
    chance: Chance


def next_leg(first: Leg, legs: Collection[Leg]) -> Leg | None:
    """What the traveler goes on with: the next to leave from where the first was to arrive; None: nothing."""
    arrives = first.flight.in_.scheduled or first.flight.on.scheduled
    if arrives is None or first.flight.destination is None or cancelled(first.flight):
        return None
    there = first.flight.destination.code
    ahead = [leg for leg in legs if leg.id != first.id and leg.flight.origin.code == there and _waits(leg, arrives)]
    return min(ahead, key=lambda leg: (_planned(leg.flight), leg.id), default=None)


def _waits(leg: Leg, arrives: datetime) -> bool:
    leaves = leg.flight.departure.scheduled
    return leaves is not None and timedelta() <= leaves - arrives <= LONGEST_WAIT


def _planned(flight: Flight) -> datetime:
    planned = flight.departure.scheduled
    assert planned
    return planned


def connections(legs: Collection[Leg], least: Mapping[str, timedelta]) -> Iterator[Connection]:
    """Every pair of one traveler's flights. `least` are times set for single airports, by IATA code."""
    for first in legs:
        then = next_leg(first, legs)
        if then and not cancelled(then.flight) and not first.flight.diverted:
            yield connection(first, then, least)


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


def _between(first: Flight, then: Flight) -> timedelta | None:
    arrives, leaves = first.arrival.best, then.departure.best
    return leaves - arrives if arrives and leaves else None


def chance(first: Flight, then: Flight, needed: timedelta, known: Chance | None = None) -> Chance:
    """How sure it is, by the best times. Better than what is `known` only where it is clearly so."""
    between = _between(first, then)
    if has_left(first, then):
        return Chance.MISSED
    if is_one_plane(first, then):
        return Chance.OK
    if between is None:
        return known or Chance.OK
    if between < MISSED_BELOW + _margin(known, Chance.AT_RISK) and not _is_down(first):
        return Chance.MISSED
    spare = between - needed
    found = (state for state, begins in BEGINS.items() if spare >= begins + _margin(known, state))
    return next(found, Chance.AT_RISK)


def _margin(known: Chance | None, better: Chance) -> timedelta:
    return HYSTERESIS if known and _WORSE.index(better) < _WORSE.index(known) else timedelta()


def has_left(first: Flight, then: Flight) -> bool:
    """Whether the second left before the first was at its gate: that has happened, and is sure."""
    left, at_gate = then.departure.actual or then.off.actual, first.in_.actual
    return left is not None and (at_gate is None or at_gate > left)


def is_one_plane(first: Flight, then: Flight) -> bool:
    """Whether the second is to leave with the plane of the first: it cannot leave before."""
    return then.inbound_fa_flight_id == first.fa_flight_id and not cancelled(then)


def _is_down(flight: Flight) -> bool:
    return further(progress(flight), Phase.OFF)


def change(told: Told, first: Flight, then: Leg, needed: timedelta) -> Change | None:
    """What is news of the connection: another state than they were told, or than the schedules made it."""
    known = known_chance(told, then.id)
    before = known or chance(as_scheduled(first), as_scheduled(then.flight), needed)
    now = chance(first, then.flight, needed, known)
    is_better = _WORSE.index(now) < _WORSE.index(before)
    if now is before or (is_better and known is None):
        return None
    told_as = chance(first, then.flight, needed)  # the margin decides whether it is told, and not what it is called
    kind = {Chance.MISSED: K.CONN_MISSED, Chance.OK: K.CONN_OK}.get(told_as, K.CONN_TIGHT)
    return Change(kind=kind, facts=("connection",))


def known_chance(told: Told, then_id: int) -> Chance | None:
    """What they were told of the connection to that subscription's flight."""
    number, _, state = (told.connection or "").partition(" ")
    return Chance(state) if number == str(then_id) else None


def fact(then: Leg, state: Chance) -> str:
    """The same as it is stored with a text: `12 tight`."""
    return f"{then.id} {state}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """What a traveler goes on with after a flight: that leg, and the least time between the two."""

    leg: Leg
    needed: timedelta


def chance_of(first: Flight, onward: Onward) -> Chance:
    """How sure it is that they catch it, as texts and lists call it."""
    return chance(first, onward.leg.flight, onward.needed)


def of_connection(told: Told, first: Flight, onward: Onward | None) -> tuple[Change, ...]:
    """What is news of the connection, if there is one."""
    if onward is None or cancelled(first) or first.diverted:
        return ()
    found = change(told, first, onward.leg, onward.needed)
    return (found,) if found else ()


def seen_before(told: Told, before: Flight, after: Flight, onward: Onward | None) -> tuple[Change, ...]:
    """The same by the looks before; what has happened needs no second look."""
    if onward is None:
        return ()
    if has_left(after, onward.leg.flight):
        return of_connection(told, after, onward)
    earlier = replace(onward.leg, flight=onward.leg.previous or onward.leg.flight)
    return of_connection(told, before, replace(onward, leg=earlier))


def goes_on_soon(first: Flight, onward: Onward | None) -> bool:
    """Whether the next flight is still to leave, within hours after the first is there."""
    if onward is None or first.diverted or onward.leg.flight.departure.actual:
        return False
    between = _between(first, onward.leg.flight)
    return between is not None and between <= SOON


def as_scheduled(flight: Flight) -> Flight:
    """The flight by its ticket."""
    bare = {name: replace(getattr(flight, name), estimated=None, actual=None) for name in ("out", "off", "on", "in_")}
    return replace(flight, **bare)
