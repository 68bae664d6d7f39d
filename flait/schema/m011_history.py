"""How flight numbers have flown. Released: never edited again."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database


def m011_history(db: "Database") -> None:
    """Facts of our own about flights that are over, and when a number was last asked about, by whatever number."""
    db.executescript(_HISTORY)


_HISTORY: Final = """
CREATE TABLE flown (
    id INTEGER PRIMARY KEY,
    ident TEXT NOT NULL,
    origin TEXT NOT NULL,
    destination TEXT NOT NULL,
    planned_at TEXT NOT NULL CHECK (length(planned_at) = 24),
    date TEXT NOT NULL CHECK (length(date) = 10),
    departure_late_min INTEGER,
    arrival_late_min INTEGER,
    cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
    UNIQUE (ident, origin, destination, planned_at)
) STRICT;
CREATE INDEX flown_planned ON flown (planned_at);

CREATE TABLE flown_numbers (
    number TEXT NOT NULL,
    ident TEXT NOT NULL,
    asked_at TEXT NOT NULL CHECK (length(asked_at) = 24),
    PRIMARY KEY (number, ident)
) STRICT, WITHOUT ROWID;
CREATE INDEX flown_numbers_asked ON flown_numbers (asked_at);
"""
