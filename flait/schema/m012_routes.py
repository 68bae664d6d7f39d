"""What leaves from one airport for another, as last told. Released: never edited again."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database


def m012_routes(db: "Database") -> None:
    """A row for each pair of airports that was asked about: a second question within the half hour costs nothing.

    And a way to the flights that are watched from an airport.
    """
    db.executescript(_ROUTES)


_ROUTES: Final = """
CREATE TABLE routes (
    origin TEXT NOT NULL CHECK (origin <> ''),
    destination TEXT NOT NULL CHECK (destination <> ''),
    asked_at TEXT NOT NULL CHECK (length(asked_at) = 24),
    departures TEXT NOT NULL CHECK (departures GLOB '[[]*]'),
    PRIMARY KEY (origin, destination)
) STRICT;
CREATE INDEX routes_by_age ON routes (asked_at);
CREATE INDEX flights_from_open ON flights (origin) WHERE closed_at IS NULL;
"""
