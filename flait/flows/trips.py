"""What one traveler travels on, with what they know of each flight: what goes on from where, and what feeds what.

Reads the store alone; who is told what of it is decided in core/trips.py and core/alerts.py.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from flait.core.changes import ChangeKind
from flait.core.flights import Flight
from flait.core.preferences import Wishes
from flait.core.subscriptions import Role, Subscription, SubscriptionState
from flait.core.timetable import as_flight
from flait.core.told import Told, told
from flait.core.trips import Feed, Leg, feeds_of
from flait.core.values import replace
from flait.store import Store, TellRow, TrackedFlight

Least = Mapping[str, timedelta]
FOR_WHO_BOARDS = frozenset({ChangeKind.CHECKIN, ChangeKind.LEAVE, ChangeKind.BOARDING})


def live_legs(store: Store, user_id: int) -> list[Leg]:
    """The flights that one person travels on and that are watched, with what they were told of each."""
    return _informed(store, store.legs_of(user_id))


def legs_beside(store: Store, subscription: Subscription, flight: Flight) -> list[Leg]:
    """That flight, and those of them from where it arrives or to where it leaves; none where there are no such."""
    legs = store.legs_beside(subscription, flight)
    return _informed(store, legs) if any(leg.id != subscription.id for leg in legs) else []


def hasten(store: Store, tracked: TrackedFlight, after: Flight, now: datetime) -> None:
    """Decide anew what its travelers fly on besides, from and to its airports: as it was, and as it is."""
    looks = (tracked.flight, after)
    leaves_from, arrives_at = (
        {look.origin.code for look in looks},
        {look.destination.code for look in looks if look.destination},
    )
    store.hasten_trips(tracked.id, now, leaves_from=leaves_from, arrives_at=arrives_at)


def all_legs(store: Store, user_id: int) -> list[Leg]:
    """The same with those that are only saved, as the timetable has them."""
    return _informed(store, [*store.legs_of(user_id), *_saved(store, user_id)])


def _saved(store: Store, user_id: int) -> Sequence[Leg]:
    found = []
    for wish in store.live_for(user_id):
        there = store.planned(wish.id) if wish.state is SubscriptionState.PENDING else None
        if wish.role is Role.TRAVELER and there and there.seen and not there.misses:
            found.append(Leg(id=wish.id, ident=wish.ident, flight=replace(as_flight(there.seen), ident=wish.ident)))
    return found


def _informed(store: Store, legs: Sequence[Leg]) -> list[Leg]:
    rows = store.told_rows([leg.id for leg in legs]) if legs else {}
    return [_booked(store, leg, [row for row in rows[leg.id] if row.is_said]) for leg in legs]


def _booked(store: Store, leg: Leg, said: Sequence[TellRow]) -> Leg:
    """What they know of it, and the schedule that they heard of first."""
    leaves, arrives = (_first(said, name) for name in ("scheduled_out", "scheduled_in"))
    planned = store.planned(leg.id) if leaves is None or arrives is None else None
    ticket = planned.plan if planned else None
    return replace(
        leg,
        told=told(row.tells for row in said),
        leaves=leaves or (ticket.scheduled_out if ticket else None),
        arrives=arrives or (ticket.scheduled_in if ticket else None),
    )


def _first(said: Sequence[TellRow], name: str) -> datetime | None:
    return next((datetime.fromisoformat(str(row.tells[name])) for row in said if row.tells.get(name)), None)


def leg_of(subscription: Subscription, legs: Collection[Leg], known: Told, after: Flight, before: Flight | None) -> Leg:
    """That subscription's flight as it was last seen twice; its own where it is followed no more."""
    there = next((leg for leg in legs if leg.id == subscription.id), None)
    own = there or Leg(id=subscription.id, ident=subscription.ident, flight=after)
    return replace(own, flight=after, previous=before, told=known)


def only_what_they_board(wishes: Wishes, feeds: Collection[Feed]) -> Wishes:
    """Nobody is told to leave for an airport to which another flight was to bring them, nor of what they miss."""
    missed = any(feed.is_told_missed for feed in feeds)
    silent = FOR_WHO_BOARDS if missed else frozenset({ChangeKind.LEAVE}) if feeds else frozenset()
    return replace(wishes, off=wishes.off | silent)


def there_from(store: Store, user_id: int, subscription_id: int, least: Least) -> datetime | None:
    """From when on they can leave where that flight leaves: their arrival there, and the least time. None: now."""
    legs = all_legs(store, user_id)
    then = next((leg for leg in legs if leg.id == subscription_id), None)
    ready = [feed.ready_at for feed in feeds_of(then, legs, least)] if then else []
    return min((at for at in ready if at), default=None)
