"""Which plane a flight waits for. Released: never edited again."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database


def m014_planes(db: "Database") -> None:
    """For each flight the one before, by FlightAware's id, and the row under which that is watched."""
    db.executescript(_PLANES)


_PLANES: Final = """
CREATE TABLE planes (
    flight_id INTEGER NOT NULL PRIMARY KEY REFERENCES flights ON DELETE CASCADE,
    fa_flight_id TEXT NOT NULL CHECK (fa_flight_id <> ''),
    inbound_id INTEGER REFERENCES flights ON DELETE SET NULL,
    next_attempt_at TEXT CHECK (length(next_attempt_at) = 24),
    attempts INTEGER NOT NULL DEFAULT 0,
    CHECK (inbound_id IS NULL OR inbound_id <> flight_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX planes_due ON planes (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX planes_inbound ON planes (inbound_id) WHERE inbound_id IS NOT NULL;
"""
