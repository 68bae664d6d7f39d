"""What leaves from one airport for another: as AeroAPI told it last, and what is watched from there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from flait.core.flights import Airport, ScheduledFlight
from flait.store.connection import Connection, writing
from flait.store.rows import as_json, read_flight, read_json
from flait.store.values import FlightView

_KEEP: Final = """
INSERT INTO routes (origin, destination, asked_at, departures) VALUES (:origin, :destination, :asked_at, :departures)
ON CONFLICT (origin, destination) DO UPDATE SET asked_at = :asked_at, departures = :departures
"""
_KEPT: Final = """
SELECT departures FROM routes
WHERE origin = :origin AND destination = :destination AND asked_at > :since AND asked_at <= :now
"""
_WATCHED: Final = """
SELECT f.*, (SELECT count(*) FROM subscriptions s WHERE s.flight_id = f.id AND s.state = 'active') AS subscribers
FROM flights f WHERE f.closed_at IS NULL AND f.origin = :origin
"""


class Routes(Connection):
    """Pairs of airports."""

    @writing
    def keep_route(
        self, origin: Airport, destination: Airport, departures: Sequence[ScheduledFlight], *, asked_at: datetime
    ) -> None:
        """What AeroAPI told of the pair, in the place of what it told before."""
        ends = {"origin": origin.code, "destination": destination.code}
        self._change(_KEEP, **ends, asked_at=asked_at, departures=as_json(list(departures)))

    def kept_route(
        self, origin: Airport, destination: Airport, *, since: datetime, now: datetime
    ) -> Sequence[ScheduledFlight] | None:
        """What it told of the pair after that moment; None: it was not asked since."""
        row = self._row(_KEPT, origin=origin.code, destination=destination.code, since=since, now=now)
        return None if row is None else read_json(list[ScheduledFlight], row["departures"])

    def watched_from(self, origin: Airport) -> list[FlightView]:
        """The flights that are watched from that airport."""
        rows = self._rows(_WATCHED, origin=origin.code)
        return [FlightView(tracked=read_flight(row), subscribers=row["subscribers"]) for row in rows]
