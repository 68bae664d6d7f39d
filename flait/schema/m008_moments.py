"""What is due without a look, and whose flights wait for whose. Released: never edited again."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m008_moments(db: "Database") -> None:
    """When news that waits for time is decided anew, the look by which it is known what is sure, and who waits."""
    for script in (_MOMENTS, _WATCHING):
        db.executescript(script)


# Of an older database no look but the last is known: until the next one nothing is told that two must agree on. Its
# looks that were hastened for what waits stay as they are, and plan the moments; what waits for the end of a mute alone
# has its moment at once.
_MOMENTS = """
ALTER TABLE flights ADD COLUMN previous TEXT CHECK (previous GLOB '{*}');
ALTER TABLE subscriptions ADD COLUMN next_moment_at TEXT CHECK (length(next_moment_at) = 24);
CREATE INDEX subscriptions_moment ON subscriptions (next_moment_at)
    WHERE state = 'active' AND next_moment_at IS NOT NULL;
UPDATE subscriptions SET next_moment_at = nullif(max(
    coalesce(muted_until, ''), coalesce((SELECT u.muted_until FROM users u WHERE u.id = user_id), '')), '')
WHERE state = 'active';
"""

# A flight is watched for as long as there is a reason: its followers, or a flight that is watched and waits for it.
_WATCHING = """
CREATE TABLE flight_waits (
    flight_id INTEGER NOT NULL REFERENCES flights ON DELETE CASCADE,
    for_flight_id INTEGER NOT NULL REFERENCES flights ON DELETE CASCADE,
    reason TEXT NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (flight_id, for_flight_id, reason),
    CHECK (flight_id <> for_flight_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX flight_waits_for ON flight_waits (for_flight_id);

CREATE VIEW watch_reasons AS
    SELECT s.flight_id, 'followed' AS reason, s.id AS subscription_id, NULL AS for_flight_id
    FROM subscriptions s WHERE s.state = 'active'
    UNION ALL
    SELECT w.flight_id, w.reason, NULL, w.for_flight_id
    FROM flight_waits w JOIN flights f ON f.id = w.for_flight_id WHERE f.closed_at IS NULL;
"""
