"""Which plane a flight waits for: the flight before on the same aircraft, as AeroAPI names it."""

from datetime import datetime
from typing import Final

from flait.core.flights import Flight
from flait.core.planes import Plane
from flait.store.connection import Connection, writing
from flait.store.rows import Row, read, read_json
from flait.store.values import WantedPlane

_WANT: Final = """
INSERT INTO planes (flight_id, fa_flight_id, next_attempt_at) VALUES (:flight_id, :fa_flight_id, :at)
ON CONFLICT (flight_id) DO UPDATE SET
    inbound_id = CASE WHEN fa_flight_id = excluded.fa_flight_id THEN inbound_id END,
    attempts = CASE WHEN fa_flight_id = excluded.fa_flight_id THEN attempts ELSE 0 END,
    next_attempt_at = CASE
        WHEN fa_flight_id <> excluded.fa_flight_id OR (inbound_id IS NULL AND attempts = 0)
        THEN excluded.next_attempt_at ELSE next_attempt_at END,
    fa_flight_id = excluded.fa_flight_id
"""
_DUE: Final = "SELECT 1 FROM planes WHERE next_attempt_at <= :now LIMIT 1"
_CLAIM: Final = """
UPDATE planes SET next_attempt_at = :leased_until, attempts = attempts + 1
WHERE flight_id = (SELECT flight_id FROM planes WHERE next_attempt_at <= :now ORDER BY next_attempt_at LIMIT 1)
RETURNING *
"""
_PUT_OFF: Final = """
UPDATE planes SET next_attempt_at = :at WHERE flight_id = :flight_id AND fa_flight_id = :fa_flight_id
"""
_FOUND: Final = """
UPDATE planes SET inbound_id = :inbound_id, next_attempt_at = NULL
WHERE flight_id = :flight_id AND fa_flight_id = :fa_flight_id
"""
_PLANE: Final = """
SELECT f.id, f.latest, f.previous, coalesce(f.last_polled_at, f.created_at) AS seen_at
FROM planes p JOIN flights f ON f.id = p.inbound_id
WHERE p.flight_id = :flight_id AND (:fa_flight_id IS NULL OR p.fa_flight_id = :fa_flight_id)
"""


class Planes(Connection):
    """The flights before."""

    @writing
    def want_plane(self, flight_id: int, fa_flight_id: str, *, at: datetime) -> None:
        """That flight's plane comes under that id: look for it then. What is known of it, or was tried, stands."""
        self._change(_WANT, flight_id=flight_id, fa_flight_id=fa_flight_id, at=at)

    @writing
    def want_no_plane(self, flight_id: int) -> None:
        """Its plane is of no interest any more."""
        self._change("DELETE FROM planes WHERE flight_id = :flight_id", flight_id=flight_id)

    def wanted_plane(self, flight_id: int) -> WantedPlane | None:
        """Which plane that flight waits for."""
        row = self._row("SELECT * FROM planes WHERE flight_id = :flight_id", flight_id=flight_id)
        return read(WantedPlane, row) if row else None

    def is_plane_due(self, now: datetime) -> bool:
        """Whether one is to be looked for now."""
        return self._row(_DUE, now=now) is not None

    @writing
    def claim_plane(self, now: datetime, leased_until: datetime) -> WantedPlane | None:
        """The one that is due for longest; nobody else's until the lease is over."""
        row = self._row(_CLAIM, now=now, leased_until=leased_until)
        return read(WantedPlane, row) if row else None

    @writing
    def put_off_plane(self, wanted: WantedPlane, at: datetime | None) -> None:
        """It was not found: look for it again then; None: never."""
        self._change(_PUT_OFF, flight_id=wanted.flight_id, fa_flight_id=wanted.fa_flight_id, at=at)

    @writing
    def found_plane(self, wanted: WantedPlane, inbound_id: int) -> bool:
        """It is the flight in that row. False: that flight waits for another plane now."""
        found = {"flight_id": wanted.flight_id, "fa_flight_id": wanted.fa_flight_id, "inbound_id": inbound_id}
        return self._change(_FOUND, **found) > 0

    def plane_of(self, flight_id: int, fa_flight_id: str | None) -> Plane | None:
        """The plane of that flight as last seen, where it is still the one that AeroAPI names; two flights back."""
        row = fa_flight_id and self._row(_PLANE, flight_id=flight_id, fa_flight_id=fa_flight_id)
        if not row:
            return None
        feeder = self._row(_PLANE, flight_id=row["id"], fa_flight_id=None)
        return _plane(row, _plane(feeder) if feeder else None)


def _plane(row: Row, feeder: Plane | None = None) -> Plane:
    previous = read_json(Flight, row["previous"]) if row["previous"] else None
    seen_at = datetime.fromisoformat(row["seen_at"])
    return Plane(flight=read_json(Flight, row["latest"]), previous=previous, seen_at=seen_at, feeder=feeder)
