"""What FlightAware counts of a month, beside what Flait counted at that moment. Released: never edited again."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database


def m016_reckonings(db: "Database") -> None:
    """A row for each month that was asked about; both are micro-dollars, `theirs` NULL where the account tells none."""
    db.executescript(_RECKONINGS)


_RECKONINGS: Final = """
CREATE TABLE reckonings (
    month TEXT NOT NULL PRIMARY KEY CHECK (month GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]'),
    theirs INTEGER CHECK (theirs >= 0),
    ours INTEGER NOT NULL CHECK (ours >= 0),
    asked_at TEXT NOT NULL CHECK (length(asked_at) = 24)
) STRICT, WITHOUT ROWID;
"""
