"""How flight numbers have flown: our own facts alone, never AeroAPI's text. Forgotten with the flight log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from flait.core.history import Flown
from flait.store.connection import Connection, writing
from flait.store.rows import read

_KEEP: Final = """
INSERT INTO flown (ident, origin, destination, planned_at, date, departure_late_min, arrival_late_min, cancelled)
VALUES (:ident, :origin, :destination, :planned_at, :date, :departure_late_min, :arrival_late_min, :cancelled)
ON CONFLICT (ident, origin, destination, planned_at) DO UPDATE SET departure_late_min = excluded.departure_late_min,
    arrival_late_min = excluded.arrival_late_min, cancelled = excluded.cancelled
"""
_ASKED: Final = """
INSERT INTO flown_numbers (number, ident, asked_at) VALUES (:number, :ident, :at)
ON CONFLICT (number, ident) DO UPDATE SET asked_at = max(asked_at, excluded.asked_at)
"""
_ASKED_AT: Final = "SELECT max(asked_at) AS at FROM flown_numbers WHERE number = :number"
_FLOWN: Final = """
SELECT * FROM flown
WHERE ident = :number OR ident IN (SELECT ident FROM flown_numbers WHERE number = :number)
ORDER BY planned_at DESC, id LIMIT :limit
"""
_FIELDS: Final = Flown.__struct_fields__


class History(Connection):
    """How flight numbers have flown."""

    @writing
    def keep_flown(self, flights: Iterable[Flown]) -> None:
        """Keep these; what is known of a flight already is as it is known now."""
        for flight in flights:
            self._change(_KEEP, **{name: getattr(flight, name) for name in _FIELDS})

    @writing
    def note_flown_asked(self, numbers: Iterable[str], ident: str, at: datetime) -> None:
        """AeroAPI was asked, and shows the flights `ident` under each of these numbers."""
        for number in dict.fromkeys(numbers):
            self._change(_ASKED, number=number, ident=ident, at=at)

    def flown_asked_at(self, number: str) -> datetime | None:
        """When AeroAPI was last asked about that number, and knew it."""
        row = self._row(_ASKED_AT, number=number)
        return datetime.fromisoformat(row["at"]) if row and row["at"] else None

    def flown(self, number: str, limit: int = 100) -> list[Flown]:
        """The flights under that number that are over, the latest first."""
        rows = self._rows(_FLOWN, number=number, limit=limit)
        return [read(Flown, {**row, "cancelled": bool(row["cancelled"])}) for row in rows]
