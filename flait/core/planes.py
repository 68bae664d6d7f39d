"""The plane of a flight: where it is on the flight before, and what that means for when it can leave again.

AeroAPI names the flight before. What follows from it is Flait's own inference: it is worded as such, is never written
into the flight's times, and never decides when somebody is told to leave. Pure; told by core/alerts.py.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from flait.core.aircraft import TURNS_ROUND, size_of
from flait.core.changes import Change, ChangeKind
from flait.core.flights import Flight, Phase, cancelled, is_on_ground, progress
from flait.core.observations import is_overtaken
from flait.core.told import PLANE, Told

K = ChangeKind
M = timedelta(minutes=1)
WORTH = 20 * M  # so much later than the airline says, it is told
STEPS = (  # how late it makes its flight → and so much that must move to be told again
    (timedelta(hours=1), 30 * M),
    (timedelta(hours=3), 45 * M),
    (timedelta.max, 60 * M),
)
BEFORE = timedelta(hours=24)  # a flight longer before than that is not the one before
HERE = "here"

MATTERS = timedelta(hours=5)  # from so long before departure on the plane is looked at
SEEN_OFF = 15 * M  # after its time of leaving: a look then says whether it left
OVERDUE = 45 * M  # between looks at a plane that should have left
IN_THE_AIR = 90 * M  # at most between looks on the way
SEEN_DOWN = 5 * M  # after its time of landing
CONFIRMS = 5 * M  # lateness is told when two looks agree
LATELY = 30 * M  # seen no longer ago, it is not looked at again because the airline takes back a delay
LET_GO = 30 * M  # after its time a cancelled flight has let go of its plane, by its own looks
OLD = 150 * M  # seen longer ago, it is nothing to go by; what has landed is
MISSED_AT_MOST = 3  # so often AeroAPI may not know it, then nobody asks any more


class Plane(Struct, frozen=True, kw_only=True):
    """The flight before, as last seen and as of the look before; and the plane of that one, while it has not left."""

    flight: Flight
    previous: Flight | None = None
    seen_at: datetime | None = None
    feeder: "Plane | None" = None

    @property
    def before(self) -> "Plane | None":
        """The same as of the look before; None: it was looked at once, and what that showed may pass.

        A landing has happened. Where its own plane holds it up, the looks at that one count.
        """
        if is_down(self):
            return self
        feeder = self.feeder and self.feeder.before
        if self.previous:
            return Plane(flight=self.previous, feeder=feeder)
        return Plane(flight=self.flight, feeder=feeder) if feeder and held_up(self) else None


def never_comes(inbound: Flight) -> bool:
    """Whether it does not bring the plane: cancelled, or come down elsewhere."""
    return cancelled(inbound) or inbound.diverted


def of_use(plane: Plane | None, now: datetime) -> Plane | None:
    """The plane, where it was seen lately enough to say anything by: looks may fail for hours."""
    if plane is None or is_down(plane) or plane.seen_at is None or now - plane.seen_at <= OLD:
        return plane
    return None


def comes_to(inbound: Flight, flight: Flight) -> bool:
    """Whether that flight can bring the plane of this one. Bad data names flights that cannot."""
    lands, leaves = inbound.arrival.scheduled, flight.departure.scheduled
    there = inbound.destination is not None and inbound.destination.code == flight.origin.code
    other = inbound.fa_flight_id != flight.fa_flight_id
    if not (there and other) or never_comes(inbound) or lands is None or leaves is None:
        return False
    return timedelta() <= leaves - lands <= BEFORE


def ready_at(plane: Plane, flight: Flight) -> datetime | None:
    """When its plane can leave again: the best arrival, later where its own plane is late, and the least turn-round.

    None where that is not known, or where AeroAPI's times contradict each other.
    """
    inbound = plane.flight
    lands = inbound.arrival.best
    if lands is None or not comes_to(inbound, flight) or is_overtaken(inbound):
        return None
    return lands + held_up(plane) + TURNS_ROUND[size_of(flight.aircraft_type or inbound.aircraft_type)]


def held_up(plane: Plane) -> timedelta:
    """How much later than the airline says the flight before will leave, because of its own plane."""
    inbound, leaves = plane.flight, plane.flight.departure.best
    if plane.feeder is None or leaves is None or progress(inbound) is not Phase.SCHEDULED:
        return timedelta()
    ready = ready_at(plane.feeder, inbound)
    return max(ready - leaves, timedelta()) if ready and ready - leaves >= WORTH else timedelta()


def is_down(plane: Plane) -> bool:
    """Whether the plane has landed where it is needed."""
    return is_on_ground(plane.flight)


def expected(flight: Flight, plane: Plane | None) -> datetime | None:
    """When the flight can leave at the soonest, where that is clearly later than the airline says; else None."""
    leaves = flight.departure.best
    if plane is None or leaves is None or not is_ahead(flight):
        return None
    ready = ready_at(plane, flight)
    return ready if ready and ready - leaves >= WORTH else None


def is_ahead(flight: Flight) -> bool:
    """Whether it is still to leave, and its plane of interest."""
    return progress(flight) is Phase.SCHEDULED and not cancelled(flight) and flight.returned is None


class Known(Struct, frozen=True, kw_only=True):
    """What somebody was told of the plane: its flight's number and id, and the inference; None: it is here."""

    number: str
    fa_flight_id: str
    expected: datetime | None


def known(told: Told) -> Known | None:
    """What they were told of the plane, if anything."""
    if not told.plane:
        return None
    number, fa_flight_id, at = told.plane.split(" ")
    return Known(number=number, fa_flight_id=fa_flight_id, expected=None if at == HERE else datetime.fromisoformat(at))


def fact(flight: Flight, plane: Plane | None) -> str:
    """The same as it is stored with a text: `UAL555 UAL555-1363-x 2013-03-08T19:50:00+00:00`; empty: nothing holds."""
    at = expected(flight, plane)
    if plane is None or (at is None and not is_down(plane)):
        return ""
    return f"{plane.flight.ident} {plane.flight.fa_flight_id} {at.isoformat() if at else HERE}"


def changes_of(told: Told, flight: Flight, plane: Plane | None) -> tuple[Change, ...]:
    """What is news of the plane: at most one change."""
    kind = _kind(known(told), flight, plane) if is_ahead(flight) else None
    return (Change(kind=kind, facts=(PLANE,)),) if kind else ()


def _kind(was: Known | None, flight: Flight, plane: Plane | None) -> ChangeKind | None:
    now = expected(flight, plane)
    if was is None:
        return K.INBOUND_LATE if now else None
    if was.expected is None:  # it is here, and cannot be late any more
        return None
    if now:
        return K.INBOUND_LATE if abs(now - was.expected) >= _step(now, flight) else None
    return _taken_back(was, was.expected, flight, plane)


def _step(at: datetime, flight: Flight) -> timedelta:
    late = at - (flight.departure.scheduled or at)
    return next(size for limit, size in STEPS if late < limit)


def _taken_back(was: Known, expected_at: datetime, flight: Flight, plane: Plane | None) -> ChangeKind | None:
    """What ends a lateness that was told: another plane, its landing, or that it is late no more.

    Nothing where the airline's own time has come so near to what they were told that a text about a delay says it.
    """
    leaves = flight.departure.best
    if leaves is None or expected_at - leaves < WORTH:  # the airline says as much by now
        return None
    rules = (
        (K.INBOUND_SWAP, is_swapped(was, flight, plane) or (plane is not None and never_comes(plane.flight))),
        (K.INBOUND_HERE, plane is not None and is_down(plane)),
        (K.INBOUND_LATE, plane is not None and ready_at(plane, flight) is not None),
    )
    return next((kind for kind, holds in rules if holds), None)


def is_swapped(was: Known, flight: Flight, plane: Plane | None) -> bool:
    """Whether another plane flies it than they were told of. A new id for the same number is no other plane."""
    renamed = plane is not None and plane.flight.ident == was.number
    return flight.inbound_fa_flight_id != was.fa_flight_id and not renamed


def seen_before(told: Told, before: Flight, after: Flight, plane: Plane | None) -> tuple[Change, ...]:
    """The same by the looks before. A landing has happened, and needs no second look."""
    now = changes_of(told, after, plane)
    if any(change.kind is K.INBOUND_HERE for change in now):
        return now
    if any(change.kind is K.INBOUND_SWAP for change in now) and not (plane and never_comes(plane.flight)):
        return changes_of(told, before, plane)
    return changes_of(told, before, plane and plane.before)


def next_look(before: Flight | None, plane: Plane, flight: Flight, now: datetime) -> datetime | None:
    """When to look at the plane again, for the sake of the flight that waits for it; None: it says nothing more.

    `before` is the plane's flight as of the look before this one.
    """
    inbound, leaves = plane.flight, flight.departure.best
    if leaves is None or is_down(plane):
        return None
    if may_be_on_again(flight, now):
        return leaves + LET_GO
    if not is_ahead(flight):
        return None
    if never_comes(inbound):
        return now + CONFIRMS if before is None or not never_comes(before) else None
    if not comes_to(inbound, flight):
        return None
    if now < leaves - MATTERS:
        return leaves - MATTERS
    if _is_unconfirmed(before, plane, flight):
        return now + CONFIRMS
    return max(_in_turn(inbound, now), now + CONFIRMS)


def may_be_on_again(flight: Flight, now: datetime) -> bool:
    """Whether it is cancelled and was to leave later: its plane is kept, and not looked at."""
    leaves = flight.departure.best
    return cancelled(flight) and leaves is not None and leaves > now


def is_asked_again(before: Flight, after: Flight, plane: Plane | None, now: datetime) -> bool:
    """Whether the flight is on again, or to leave so much sooner that a plane decides that was not seen lately."""
    was, leaves = before.departure.best, after.departure.best
    if plane is None or plane.seen_at is None or was is None or leaves is None or is_down(plane):
        return False
    if cancelled(before) and is_ahead(after):
        return True
    return was - leaves >= WORTH and now - plane.seen_at >= LATELY and now >= leaves - MATTERS


def _is_unconfirmed(before: Flight | None, plane: Plane, flight: Flight) -> bool:
    """Whether that look alone shows it late; or in time, where the one before showed it late."""
    is_late = expected(flight, plane) is not None
    was_late = before is not None and expected(flight, Plane(flight=before, feeder=plane.feeder)) is not None
    return is_late is not was_late


def _in_turn(inbound: Flight, now: datetime) -> datetime:
    """The next event of a plane that is not down, with the time it takes to be reported."""
    lands, leaves = inbound.arrival.best or now, inbound.departure.best or now
    if progress(inbound) is Phase.SCHEDULED or (progress(inbound) is Phase.OUT and leaves + SEEN_OFF > now):
        return leaves + SEEN_OFF if leaves + SEEN_OFF > now else now + OVERDUE
    at = lands + SEEN_DOWN
    return min(at, now + IN_THE_AIR) if at > now else now + SEEN_DOWN
