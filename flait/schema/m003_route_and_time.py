"""Route and time of what is followed. Released: never edited again."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m003_route_and_time(db: "Database") -> None:
    """One number may fly several routes and times of a day: where a subscription goes, and when it is to leave."""
    db.executescript(_ROUTE_AND_TIME)


# `leaves_at` is the scheduled time on the origin's clocks, as typed or found: it outlives a new date and a new id.
# The same words of another day, in UTC, are another wish: `tomorrow`, and the next departure, count from when they were
# written.
# The view `subscribers` takes every column of subscriptions as they are when it is read.
_ROUTE_AND_TIME = """
ALTER TABLE subscriptions ADD COLUMN destination TEXT CHECK (destination <> '');
ALTER TABLE subscriptions ADD COLUMN leaves_at TEXT CHECK (leaves_at GLOB '[0-2][0-9]:[0-5][0-9]');
UPDATE subscriptions SET destination = (
    SELECT coalesce(json_extract(latest, '$.destination.code_iata'), json_extract(latest, '$.destination.code'))
    FROM flights WHERE flights.id = flight_id AND json_valid(latest)
) WHERE flight_id IS NOT NULL;
DROP INDEX subscriptions_pending;
CREATE UNIQUE INDEX subscriptions_pending ON subscriptions (
    user_id, ident, coalesce(departure_date, wish), coalesce(origin, ''), coalesce(destination, ''),
    coalesce(leaves_at, ''), CASE WHEN departure_date IS NULL THEN substr(asked_at, 1, 10) ELSE '' END
) WHERE state = 'pending';
"""
