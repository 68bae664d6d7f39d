"""One decision for each text. Released: never edited again."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


def m004_alert_of_text(db: "Database") -> None:
    """Of one look a person may be told twice: what was lost on its way is told again, though nobody looks any more."""
    db.executescript(_ALERTS)


_ALERTS = """
CREATE TABLE alerts_new (
    id INTEGER PRIMARY KEY,
    subscription_id INTEGER NOT NULL REFERENCES subscriptions ON DELETE CASCADE,
    flight_id INTEGER NOT NULL REFERENCES flights ON DELETE CASCADE,
    poll INTEGER NOT NULL CHECK (poll >= 0),
    kinds TEXT NOT NULL CHECK (kinds GLOB '[[]*]'),
    why TEXT NOT NULL CHECK (why GLOB '{*}'),
    message_id INTEGER UNIQUE REFERENCES messages ON DELETE SET NULL,
    at TEXT NOT NULL CHECK (length(at) = 24)
) STRICT;
INSERT INTO alerts_new SELECT id, subscription_id, flight_id, poll, kinds, why, message_id, at FROM alerts;
DROP TABLE alerts;
ALTER TABLE alerts_new RENAME TO alerts;
CREATE INDEX alerts_subscription ON alerts (subscription_id);
CREATE INDEX alerts_flight ON alerts (flight_id);
"""
