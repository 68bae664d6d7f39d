"""Why a flight is watched: somebody follows it, or another flight that is watched waits for it.

The view `watch_reasons` has every reason; what follows is written by subscriptions.py alone, and read there.
"""

from datetime import datetime
from typing import Final

from flait.store.connection import Connection, writing
from flait.store.rows import read, read_subscriber
from flait.store.values import Subscriber, WatchReason

_AWAIT: Final = """
INSERT INTO flight_waits (flight_id, for_flight_id, reason) VALUES (:flight_id, :for_flight_id, :reason)
ON CONFLICT DO NOTHING
"""
_AWAIT_NO_MORE: Final = """
DELETE FROM flight_waits WHERE flight_id = :flight_id AND for_flight_id = :for_flight_id
"""
_REASONS: Final = """
SELECT * FROM watch_reasons WHERE flight_id = :flight_id
ORDER BY subscription_id IS NULL, subscription_id, for_flight_id
"""
_CONCERNED: Final = """
SELECT * FROM subscribers WHERE +state = 'active' AND flight_id IN (  -- +: by flight; most are active
    SELECT :flight_id UNION ALL SELECT w.for_flight_id FROM flight_waits w JOIN flights f ON f.id = w.for_flight_id
    WHERE w.flight_id = :flight_id AND f.closed_at IS NULL)
ORDER BY id
"""
_HASTEN_WAITING: Final = """
UPDATE subscriptions SET next_moment_at = min(coalesce(next_moment_at, :at), :at)
WHERE state = 'active' AND flight_id IN (
    WITH RECURSIVE waiting (id) AS (
        SELECT for_flight_id FROM flight_waits WHERE flight_id = :flight_id
        UNION SELECT w.for_flight_id FROM waiting JOIN flight_waits w ON w.flight_id = waiting.id)
    SELECT id FROM waiting)
"""


class Watching(Connection):
    """Why flights are watched."""

    @writing
    def await_flight(self, flight_id: int, *, for_flight_id: int, reason: str) -> None:
        """Watch that flight for as long as the other is watched: its plane, or what connects to it."""
        self._change(_AWAIT, flight_id=flight_id, for_flight_id=for_flight_id, reason=reason)

    @writing
    def await_no_more(self, flight_id: int, *, for_flight_id: int) -> None:
        """The other waits for it no more: it is another plane now. Its next look closes it where nobody else does."""
        self._change(_AWAIT_NO_MORE, flight_id=flight_id, for_flight_id=for_flight_id)

    def watch_reasons(self, flight_id: int) -> list[WatchReason]:
        """Why that flight is watched, followers first; none: there is no use in looking at it."""
        return [read(WatchReason, row) for row in self._rows(_REASONS, flight_id=flight_id)]

    def concerned(self, flight_id: int) -> list[Subscriber]:
        """Everybody for whom that flight is looked at: who follow it, and who follow what waits for it."""
        return [read_subscriber(row) for row in self._rows(_CONCERNED, flight_id=flight_id)]

    @writing
    def hasten_waiting(self, flight_id: int, at: datetime) -> None:
        """Decide anew then what waits for that flight, and what waits for that in turn, unless it is due sooner."""
        self._change(_HASTEN_WAITING, flight_id=flight_id, at=at)
