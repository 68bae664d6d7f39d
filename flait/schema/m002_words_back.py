"""What people and Twilio say back. Released: never edited again."""

from typing import TYPE_CHECKING

from flait.schema.m001_initial import VIEWS

if TYPE_CHECKING:
    from sqlite_utils import Database


def m002_words_back(db: "Database") -> None:
    """What Twilio reports of our texts, what people text to us, and what those words set going."""
    db.executescript("DROP VIEW subscribers; DROP VIEW people;")
    for script in (_RECEIPTS, _INBOUND, _WISHES, _TALK, _PUSH_ALERTS, _VIEWS_WITH_MUTED):
        db.executescript(script)


# Twilio signs no time and promises no order, so every report is kept as it came, once for each word about each sid.
# `checks` is how many of the times to ask about an unfinished text have passed.
_RECEIPTS = """
CREATE TABLE receipts (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES messages ON DELETE CASCADE,
    sid TEXT NOT NULL CHECK (sid <> ''),
    status TEXT NOT NULL CHECK (status <> ''),
    error_code INTEGER,
    received_at TEXT NOT NULL CHECK (length(received_at) = 24),
    UNIQUE (sid, status)
) STRICT;
CREATE INDEX receipts_message ON receipts (message_id);
CREATE INDEX receipts_received ON receipts (received_at);

ALTER TABLE messages ADD COLUMN checks INTEGER NOT NULL DEFAULT 0 CHECK (checks >= 0);
CREATE INDEX messages_unfinished ON messages (checks, sent_at) WHERE status IN ('accepted', 'sent');
"""

_INBOUND = """
CREATE TABLE inbound (
    sid TEXT PRIMARY KEY CHECK (sid <> ''),
    sender TEXT NOT NULL CHECK (sender LIKE '+%'),
    "to" TEXT NOT NULL,
    whatsapp INTEGER NOT NULL CHECK (whatsapp IN (0, 1)),
    body TEXT NOT NULL,
    opt_out_type TEXT,
    received_at TEXT NOT NULL CHECK (length(received_at) = 24),
    answered_at TEXT CHECK (length(answered_at) = 24),
    answer TEXT,
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    claimed_by TEXT,
    claimed_at TEXT CHECK (length(claimed_at) = 24),
    CHECK ((claimed_by IS NULL) = (claimed_at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX inbound_unanswered ON inbound (received_at, sid) WHERE answered_at IS NULL;
CREATE INDEX inbound_sender ON inbound (sender, received_at);
CREATE INDEX inbound_received ON inbound (received_at);

CREATE TABLE readings (
    name TEXT PRIMARY KEY,
    until_at TEXT NOT NULL CHECK (length(until_at) = 24)
) STRICT, WITHOUT ROWID;
"""

# An opt-out's sid is the text that said so: only the answer to that very text may still go to the number.
# Changes of consent outlive people and texts: they are the proof of who could be texted when.
_WISHES = """
ALTER TABLE users ADD COLUMN muted_until TEXT CHECK (length(muted_until) = 24);
ALTER TABLE subscriptions ADD COLUMN muted_until TEXT CHECK (length(muted_until) = 24);
ALTER TABLE opt_outs ADD COLUMN sid TEXT CHECK (sid <> '');

CREATE TABLE consent_changes (
    id INTEGER PRIMARY KEY,
    phone TEXT NOT NULL CHECK (phone LIKE '+%'),
    at TEXT NOT NULL CHECK (length(at) = 24),
    change TEXT NOT NULL CHECK (change IN ('opt_out', 'opt_in')),
    how TEXT NOT NULL
) STRICT;
CREATE INDEX consent_changes_phone ON consent_changes (phone, at);
INSERT INTO consent_changes (phone, at, change, how) SELECT phone, at, 'opt_out', 'before this was kept' FROM opt_outs;
"""

_TALK = """
CREATE TABLE dialogues (
    phone TEXT NOT NULL CHECK (phone LIKE '+%'),
    kind TEXT NOT NULL CHECK (kind <> ''),
    state TEXT NOT NULL CHECK (state GLOB '{*}'),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 24),
    PRIMARY KEY (phone, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX dialogues_over ON dialogues (expires_at);

CREATE TABLE invitations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    inviter_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    phone TEXT NOT NULL CHECK (phone LIKE '+%'),
    subscription_id INTEGER NOT NULL REFERENCES subscriptions ON DELETE CASCADE,
    flight_id INTEGER REFERENCES flights ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('traveler', 'meeter', 'watcher')),
    state TEXT NOT NULL CHECK (state IN ('open', 'joined', 'declined')),
    created_at TEXT NOT NULL CHECK (length(created_at) = 24),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 24)
) STRICT;
CREATE UNIQUE INDEX invitations_open ON invitations (phone, subscription_id) WHERE state = 'open';
CREATE INDEX invitations_inviter ON invitations (inviter_id);
CREATE INDEX invitations_subscription ON invitations (subscription_id);
CREATE INDEX invitations_flight ON invitations (flight_id);
CREATE INDEX invitations_over ON invitations (expires_at);

CREATE TABLE whatsapp_windows (
    phone TEXT PRIMARY KEY CHECK (phone LIKE '+%'),
    last_inbound_at TEXT NOT NULL CHECK (length(last_inbound_at) = 24)
) STRICT, WITHOUT ROWID;
CREATE INDEX whatsapp_windows_over ON whatsapp_windows (last_inbound_at);
"""

# An alert at FlightAware is paid for until it is deleted there: its row outlives the flight's.
_PUSH_ALERTS = """
CREATE TABLE push_alerts (
    id INTEGER PRIMARY KEY,
    flight_id INTEGER REFERENCES flights ON DELETE SET NULL,
    token TEXT NOT NULL UNIQUE CHECK (token <> ''),
    alert_id TEXT CHECK (alert_id <> ''),
    state TEXT NOT NULL CHECK (state IN ('wanted', 'active', 'unclear', 'ended')),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at TEXT NOT NULL CHECK (length(created_at) = 24),
    changed_at TEXT NOT NULL CHECK (length(changed_at) = 24),
    CHECK (state <> 'active' OR alert_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX push_alerts_live ON push_alerts (flight_id) WHERE state <> 'ended';
CREATE INDEX push_alerts_flight ON push_alerts (flight_id);
CREATE INDEX push_alerts_state ON push_alerts (state, changed_at);
"""

_VIEWS_WITH_MUTED = VIEWS.replace("u.created_at,", "u.created_at, u.muted_until,").replace(
    "p.created_at AS user_created_at,", "p.created_at AS user_created_at, p.muted_until AS user_muted_until,"
)
