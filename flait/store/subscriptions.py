"""Who follows what. UNIQUE indexes decide who came first; core's table decides which change of state is legal."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from flait.core.flights import Flight
from flait.core.messages import Channel
from flait.core.subscriptions import TRANSITIONS, Subscription, SubscriptionState
from flait.core.trips import Leg
from flait.core.values import fields
from flait.store.connection import Connection, Taken, writing
from flait.store.rows import Row, as_json, read, read_json, read_leg, read_subscriber
from flait.store.values import Subscriber, SubscriptionView

_ADD: Final = """
INSERT INTO subscriptions (user_id, ident, wish, departure_date, origin, destination, leaves_at, role, channel, state,
    reason, flight_id, asked_at, next_attempt_at, attempts)
VALUES (:user_id, :ident, :wish, :departure_date, :origin, :destination, :leaves_at, :role, :channel, :state, :reason,
    :flight_id, :asked_at, :next_attempt_at, :attempts)
ON CONFLICT DO NOTHING
RETURNING *
"""
_SAME_ACTIVE: Final = """
SELECT * FROM subscriptions WHERE state = 'active' AND user_id = :user_id AND flight_id = :flight_id
"""
_SAME_PENDING: Final = """
SELECT * FROM subscriptions WHERE state = 'pending' AND user_id = :user_id AND ident = :ident
    AND coalesce(departure_date, wish) = coalesce(:departure_date, :wish)
    AND coalesce(origin, '') = coalesce(:origin, '') AND coalesce(destination, '') = coalesce(:destination, '')
    AND coalesce(leaves_at, '') = coalesce(:leaves_at, '')
    AND (departure_date IS NOT NULL OR substr(asked_at, 1, 10) = substr(:asked_at, 1, 10))
"""
_SAVE: Final = """
UPDATE subscriptions SET ident = :ident, wish = :wish, departure_date = :departure_date, origin = :origin,
    destination = :destination, leaves_at = :leaves_at, role = :role, channel = :channel, state = :state,
    reason = :reason, flight_id = :flight_id, next_attempt_at = :next_attempt_at, attempts = :attempts
WHERE id = :id
"""
_CLAIM: Final = """
UPDATE subscriptions SET next_attempt_at = :leased_until
WHERE id = (
    SELECT id FROM subscriptions INDEXED BY subscriptions_due
    WHERE state = 'pending' AND next_attempt_at <= :now ORDER BY next_attempt_at LIMIT 1
)
RETURNING *
"""
# While a look at its flight is due or under way a moment waits: what that shows is newer.
_DUE_MOMENT: Final = """
SELECT s.id FROM subscriptions s INDEXED BY subscriptions_moment JOIN flights f ON f.id = s.flight_id
WHERE s.state = 'active' AND s.next_moment_at <= :now AND f.closed_at IS NULL AND f.claimed_by IS NULL
    AND (f.next_poll_at IS NULL OR f.next_poll_at > :now)
ORDER BY s.next_moment_at LIMIT 1
"""
_CLAIM_MOMENT: Final = """
UPDATE subscriptions SET next_moment_at = NULL WHERE id = :id AND state = 'active' AND next_moment_at <= :now
RETURNING id
"""
_SET_MOMENT: Final = """
UPDATE subscriptions SET next_moment_at = :at WHERE id = :id AND state = 'active' AND next_moment_at IS NOT :at
"""
_HASTEN_MOMENTS: Final = """
UPDATE subscriptions SET next_moment_at = min(coalesce(next_moment_at, :at), :at)
WHERE user_id = :user_id AND state = 'active' AND (:id IS NULL OR id = :id)
"""
_LEGS: Final = """
SELECT s.id, s.ident, f.latest, f.previous FROM subscriptions s JOIN flights f ON f.id = s.flight_id
WHERE s.user_id = :user_id AND s.state = 'active' AND s.role = 'traveler' AND EXISTS (
    SELECT 1 FROM subscriptions o
    WHERE o.user_id = :user_id AND o.state IN ('pending', 'active') AND o.role = 'traveler' AND o.id <> s.id)
"""
_LEGS_BESIDE: Final = """
SELECT s.id, s.ident, f.latest, f.previous FROM subscriptions s JOIN flights f ON f.id = s.flight_id
WHERE s.user_id = :user_id AND s.state = 'active' AND s.role = 'traveler' AND (s.id = :id
    OR f.latest ->> '$.origin.code' = :arrives_at OR f.latest ->> '$.destination.code' = :leaves_from)
"""
_HASTEN_TRIPS: Final = """
UPDATE subscriptions SET next_moment_at = min(coalesce(next_moment_at, :at), :at)
WHERE state = 'active' AND role = 'traveler' AND flight_id <> :flight_id AND user_id IN (
    SELECT user_id FROM subscriptions WHERE flight_id = :flight_id AND state = 'active' AND role = 'traveler')
AND EXISTS (SELECT 1 FROM flights f WHERE f.id = subscriptions.flight_id AND (
    f.latest ->> '$.origin.code' IN (SELECT value FROM json_each(:arrives_at))
    OR f.latest ->> '$.destination.code' IN (SELECT value FROM json_each(:leaves_from))))
"""
_MOVE: Final = """
UPDATE subscriptions SET channel = :channel WHERE user_id = :user_id AND state IN ('pending', 'active')
"""
_LIVE_SUBSCRIBERS: Final = """
SELECT * FROM subscribers WHERE flight_id = :flight_id AND state = 'active' ORDER BY id
"""
_VIEW: Final = """
SELECT s.*, f.fa_flight_id, f.latest FROM subscribers s LEFT JOIN flights f ON f.id = s.flight_id
"""
_LIVE_FOR: Final = """
SELECT * FROM subscriptions WHERE user_id = :user_id AND state IN ('pending', 'active') ORDER BY id
"""
_LIVE_FOR_IDENT: Final = """
SELECT s.* FROM subscriptions s WHERE s.user_id = :user_id AND s.state IN ('pending', 'active')
    AND (s.ident = :ident OR EXISTS (
        SELECT 1 FROM flight_numbers n WHERE n.number = :ident AND n.flight_id = s.flight_id))
ORDER BY s.id
"""


class Subscriptions(Connection):
    """Who follows what."""

    @writing
    def add_subscription(self, subscription: Subscription) -> tuple[Subscription, bool]:
        """The new one and True, or the live one that asks for the same and False."""
        columns = _columns(subscription)
        added = self._row(_ADD, **columns)
        if added is not None:
            return read(Subscription, added), True
        same = _SAME_ACTIVE if subscription.state is SubscriptionState.ACTIVE else _SAME_PENDING
        there = self._row(same, **columns)
        assert there is not None
        return read(Subscription, there), False

    def subscription(self, subscription_id: int) -> Subscription | None:
        """The subscription with that id."""
        row = self._row("SELECT * FROM subscriptions WHERE id = :id", id=subscription_id)
        return None if row is None else read(Subscription, row)

    @writing
    def save_subscription(self, subscription: Subscription) -> bool:
        """Change its row. False, and nothing changed: the person has another live one for the same flight.

        Raises ValueError when its state may not follow the stored one, or when it is gone.
        """
        stored = self.subscription(subscription.id)
        if stored is None or subscription.state not in TRANSITIONS[stored.state]:
            was = stored.state if stored else "gone"
            raise ValueError(f"subscription {subscription.id} is {was}: it cannot become {subscription.state}")
        try:
            return self._change(_SAVE, id=subscription.id, **_columns(subscription)) > 0
        except Taken:
            return False

    def subscription_views(self, user_id: int | None = None, *, include_ended: bool = False) -> list[SubscriptionView]:
        """What `flait subscriptions` lists: live ones, or all; everybody's, or one person's."""
        conditions = [] if include_ended else ["s.state IN ('pending', 'active')"]
        if user_id is not None:
            conditions.append("s.user_id = :user_id")
        where = ["WHERE", " AND ".join(conditions)] if conditions else []
        rows = self._rows(" ".join([_VIEW, *where, "ORDER BY s.id"]), user_id=user_id)
        return [_view(row) for row in rows]

    def live_subscribers(self, flight_id: int) -> list[Subscriber]:
        """Everybody who follows that flight now, those who said STOP included."""
        return [read_subscriber(row) for row in self._rows(_LIVE_SUBSCRIBERS, flight_id=flight_id)]

    @writing
    def claim_pending(self, now: datetime, lease: timedelta) -> Subscription | None:
        """The pending one that has waited longest past its time; nobody else is given it before now + lease."""
        row = self._row(_CLAIM, now=now, leased_until=now + lease)
        return None if row is None else read(Subscription, row)

    def due_moment(self, now: datetime) -> int | None:
        """The subscription about which something has been due longest without a look; None: about none."""
        row = self._row(_DUE_MOMENT, now=now)
        return None if row is None else row["id"]

    @writing
    def claim_moment(self, subscription_id: int, now: datetime) -> Subscriber | None:
        """That subscription and its person, and no moment any more; None: somebody else was faster."""
        if self._row(_CLAIM_MOMENT, id=subscription_id, now=now) is None:
            return None
        row = self._row("SELECT * FROM subscribers WHERE id = :id", id=subscription_id)
        return None if row is None else read_subscriber(row)

    @writing
    def set_moment(self, subscription_id: int, at: datetime | None) -> None:
        """When something about it is decided anew from what was last seen; None: nothing waits for time."""
        self._change(_SET_MOMENT, id=subscription_id, at=at)

    @writing
    def hasten_moments(self, user_id: int, at: datetime, *, subscription_id: int | None = None) -> None:
        """Decide anew then what one person follows, or one subscription of theirs, unless it is due sooner."""
        self._change(_HASTEN_MOMENTS, user_id=user_id, at=at, id=subscription_id)

    @writing
    def mute_subscription(self, subscription_id: int, until: datetime | None) -> None:
        """What is not urgent about this flight waits until then; None: it does not wait. Nothing else changes it."""
        self._change("UPDATE subscriptions SET muted_until = :until WHERE id = :id", id=subscription_id, until=until)

    @writing
    def move_subscriptions(self, user_id: int, channel: Channel) -> int:
        """Tell what one person follows by that channel from now on; the number of subscriptions."""
        return self._change(_MOVE, user_id=user_id, channel=channel)

    def legs_of(self, user_id: int) -> list[Leg]:
        """What one person travels on now, with the last two looks at each; nothing where that is one flight alone."""
        return [read_leg(row) for row in self._rows(_LEGS, user_id=user_id)]

    def legs_beside(self, subscription: Subscription, flight: Flight) -> list[Leg]:
        """The same of those that arrive where that flight leaves, or leave where it arrives; and of itself."""
        ends = {
            "leaves_from": flight.origin.code,
            "arrives_at": flight.destination.code if flight.destination else None,
        }
        return [
            read_leg(row) for row in self._rows(_LEGS_BESIDE, user_id=subscription.user_id, id=subscription.id, **ends)
        ]

    @writing
    def hasten_trips(
        self, flight_id: int, at: datetime, *, leaves_from: Collection[str], arrives_at: Collection[str]
    ) -> None:
        """Decide anew then what its travelers follow besides, from and to its airports (codes as AeroAPI has them),
        unless it is due sooner: they may connect.
        """
        ports = {"leaves_from": as_json(sorted(leaves_from)), "arrives_at": as_json(sorted(arrives_at))}
        self._change(_HASTEN_TRIPS, flight_id=flight_id, at=at, **ports)

    def live_for(self, user_id: int, ident: str | None = None) -> list[Subscription]:
        """One person's live subscriptions; with `ident`, those of the flight that has this number."""
        sql = _LIVE_FOR if ident is None else _LIVE_FOR_IDENT
        return [read(Subscription, row) for row in self._rows(sql, user_id=user_id, ident=ident)]


_KEPT: Final = tuple(field.name for field in fields(Subscription) if field.name not in ("id", "muted_until"))


def _columns(subscription: Subscription) -> dict[str, object]:
    return {name: getattr(subscription, name) for name in _KEPT}


def _view(row: Row) -> SubscriptionView:
    subscriber = read_subscriber(row)
    return SubscriptionView(
        subscription=subscriber.subscription,
        user=subscriber.user,
        fa_flight_id=row["fa_flight_id"],
        flight=read_json(Flight, row["latest"]) if row["latest"] else None,
    )
