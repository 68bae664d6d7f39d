"""The first tables. Released: never edited again."""

from typing import TYPE_CHECKING

from flait.schema import APPLICATION_ID

if TYPE_CHECKING:
    from sqlite_utils import Database


def m001_initial(db: "Database") -> None:
    """People, what they follow, what was seen, what was said, and what it cost."""
    for script in (_MARK, _PEOPLE, _FLIGHTS, _MESSAGES, _FLIGHT_LOG, _COUNTERS, VIEWS):
        db.executescript(script)


_MARK = f"PRAGMA application_id = {APPLICATION_ID};"

# A number that said STOP stays on record when its person is removed: whoever adds it again must not text it.
_PEOPLE = """
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    phone TEXT NOT NULL UNIQUE CHECK (phone LIKE '+%'),
    timezone TEXT,
    channel TEXT NOT NULL CHECK (channel IN ('sms', 'whatsapp')),
    role TEXT NOT NULL CHECK (role IN ('traveler', 'meeter', 'watcher')),
    clock TEXT NOT NULL CHECK (clock IN ('24h', '12h')),
    consent TEXT NOT NULL,
    created_at TEXT NOT NULL CHECK (length(created_at) = 24)
) STRICT;
CREATE UNIQUE INDEX users_name ON users (name_key) WHERE name_key <> '';

CREATE TABLE opt_outs (
    phone TEXT PRIMARY KEY CHECK (phone LIKE '+%'),
    at TEXT NOT NULL CHECK (length(at) = 24)
) STRICT, WITHOUT ROWID;
"""

# AUTOINCREMENT where an id is shown to people or given to Twilio: it must never come to mean another row.
_FLIGHTS = """
CREATE TABLE flights (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    fa_flight_id TEXT NOT NULL,
    ident TEXT NOT NULL,
    ident_icao TEXT,
    origin TEXT NOT NULL,
    departure_date TEXT NOT NULL CHECK (length(departure_date) = 10),
    phase TEXT NOT NULL
        CHECK (phase IN ('scheduled', 'out', 'off', 'on', 'in', 'diverted', 'cancelled')),
    latest TEXT NOT NULL CHECK (latest GLOB '{*}'),
    polls INTEGER NOT NULL DEFAULT 0 CHECK (polls >= 0),
    misses INTEGER NOT NULL DEFAULT 0 CHECK (misses >= 0),
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    next_poll_at TEXT CHECK (length(next_poll_at) = 24),
    last_polled_at TEXT CHECK (length(last_polled_at) = 24),
    claimed_by TEXT,
    claimed_at TEXT CHECK (length(claimed_at) = 24),
    created_at TEXT NOT NULL CHECK (length(created_at) = 24),
    closed_at TEXT CHECK (length(closed_at) = 24),
    CHECK ((claimed_by IS NULL) = (claimed_at IS NULL)),
    CHECK (closed_at IS NULL OR (next_poll_at IS NULL AND claimed_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX flights_open ON flights (fa_flight_id) WHERE closed_at IS NULL;
CREATE INDEX flights_due ON flights (next_poll_at) WHERE next_poll_at IS NOT NULL AND claimed_by IS NULL;
CREATE INDEX flights_claimed ON flights (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX flights_departing_open ON flights (departure_date, id) WHERE closed_at IS NULL;
CREATE INDEX flights_closed ON flights (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE flight_numbers (
    number TEXT NOT NULL,
    flight_id INTEGER NOT NULL REFERENCES flights ON DELETE CASCADE,
    PRIMARY KEY (number, flight_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX flight_numbers_flight ON flight_numbers (flight_id);

CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    ident TEXT NOT NULL CHECK (ident <> ''),
    wish TEXT NOT NULL,
    departure_date TEXT CHECK (length(departure_date) = 10),
    origin TEXT,
    role TEXT NOT NULL CHECK (role IN ('traveler', 'meeter', 'watcher')),
    channel TEXT NOT NULL CHECK (channel IN ('sms', 'whatsapp')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'ended', 'canceled', 'failed')),
    reason TEXT NOT NULL,
    flight_id INTEGER REFERENCES flights ON DELETE SET NULL,
    asked_at TEXT NOT NULL CHECK (length(asked_at) = 24),
    next_attempt_at TEXT CHECK (length(next_attempt_at) = 24),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    CHECK (state <> 'active' OR flight_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX subscriptions_active ON subscriptions (user_id, flight_id) WHERE state = 'active';
CREATE UNIQUE INDEX subscriptions_pending
    ON subscriptions (user_id, ident, coalesce(departure_date, wish), coalesce(origin, '')) WHERE state = 'pending';
CREATE INDEX subscriptions_due ON subscriptions (next_attempt_at) WHERE state = 'pending';
CREATE INDEX subscriptions_flight ON subscriptions (flight_id, state);
CREATE INDEX subscriptions_user ON subscriptions (user_id, state);
CREATE INDEX subscriptions_state ON subscriptions (state);
CREATE INDEX subscriptions_ident ON subscriptions (ident);
CREATE INDEX subscriptions_over ON subscriptions (asked_at) WHERE state NOT IN ('pending', 'active');
"""

_MESSAGES = """
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER REFERENCES users ON DELETE SET NULL,
    "to" TEXT NOT NULL CHECK ("to" LIKE '+%'),
    channel TEXT NOT NULL CHECK (channel IN ('sms', 'whatsapp')),
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    segments INTEGER NOT NULL CHECK (segments >= 1),
    dedup_key TEXT NOT NULL UNIQUE CHECK (dedup_key <> ''),
    subscription_id INTEGER REFERENCES subscriptions ON DELETE SET NULL,
    flight_id INTEGER REFERENCES flights ON DELETE SET NULL,
    tells TEXT NOT NULL CHECK (tells GLOB '{*}'),
    status TEXT NOT NULL CHECK (status IN ('queued', 'held', 'sending', 'in_doubt', 'accepted', 'sent', 'delivered',
        'read', 'undelivered', 'failed', 'canceled', 'expired', 'suppressed')),
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    created_at TEXT NOT NULL CHECK (length(created_at) = 24),
    not_before TEXT NOT NULL CHECK (length(not_before) = 24),
    expires_at TEXT NOT NULL CHECK (length(expires_at) = 24),
    started_at TEXT CHECK (length(started_at) = 24),
    claimed_by TEXT,
    sid TEXT CHECK (sid <> ''),
    sent_at TEXT CHECK (length(sent_at) = 24),
    delivered_at TEXT CHECK (length(delivered_at) = 24),
    read_at TEXT CHECK (length(read_at) = 24),
    ended_at TEXT CHECK (length(ended_at) = 24),
    error_code INTEGER,
    error TEXT,
    looks INTEGER NOT NULL DEFAULT 0 CHECK (looks >= 0),
    looked_at TEXT CHECK (length(looked_at) = 24),
    CHECK (status <> 'sending' OR (claimed_by IS NOT NULL AND started_at IS NOT NULL)),
    CHECK (sid IS NOT NULL OR status NOT IN ('accepted', 'sent', 'delivered', 'read')),
    CHECK (sid IS NULL OR status NOT IN ('queued', 'held', 'sending', 'in_doubt'))
) STRICT;
CREATE UNIQUE INDEX messages_sid ON messages (sid) WHERE sid IS NOT NULL;
CREATE INDEX messages_due ON messages (not_before) WHERE status = 'queued' AND sid IS NULL;
CREATE INDEX messages_in_line ON messages ("to", id) WHERE status IN ('queued', 'sending');
CREATE INDEX messages_waiting ON messages (expires_at) WHERE status IN ('queued', 'held');
CREATE INDEX messages_subscription ON messages (subscription_id, id);
CREATE INDEX messages_flight ON messages (flight_id, id);
CREATE INDEX messages_user ON messages (user_id, id);
CREATE INDEX messages_status ON messages (status, id);
CREATE INDEX messages_billed ON messages (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX messages_settled ON messages (created_at) WHERE status NOT IN ('queued', 'held', 'sending', 'in_doubt');
"""

# raw_answers stand apart so that FlightAware's own text can go after a day and nothing else with it.
_FLIGHT_LOG = """
CREATE TABLE sightings (
    id INTEGER PRIMARY KEY,
    flight_id INTEGER NOT NULL REFERENCES flights ON DELETE CASCADE,
    poll INTEGER NOT NULL CHECK (poll >= 0),
    seen_at TEXT NOT NULL CHECK (length(seen_at) = 24),
    facts TEXT NOT NULL CHECK (facts GLOB '{*}'),
    UNIQUE (flight_id, poll)
) STRICT;
CREATE INDEX sightings_seen ON sightings (seen_at);

CREATE TABLE raw_answers (
    id INTEGER PRIMARY KEY,
    flight_id INTEGER NOT NULL REFERENCES flights ON DELETE CASCADE,
    at TEXT NOT NULL CHECK (length(at) = 24),
    body TEXT NOT NULL
) STRICT;
CREATE INDEX raw_answers_flight ON raw_answers (flight_id);
CREATE INDEX raw_answers_at ON raw_answers (at);

CREATE TABLE alerts (
    id INTEGER PRIMARY KEY,
    subscription_id INTEGER NOT NULL REFERENCES subscriptions ON DELETE CASCADE,
    flight_id INTEGER NOT NULL REFERENCES flights ON DELETE CASCADE,
    poll INTEGER NOT NULL CHECK (poll >= 0),
    kinds TEXT NOT NULL CHECK (kinds GLOB '[[]*]'),
    why TEXT NOT NULL CHECK (why GLOB '{*}'),
    message_id INTEGER REFERENCES messages ON DELETE SET NULL,
    at TEXT NOT NULL CHECK (length(at) = 24),
    UNIQUE (subscription_id, poll)
) STRICT;
CREATE INDEX alerts_flight ON alerts (flight_id);
CREATE INDEX alerts_message ON alerts (message_id);

CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL CHECK (length(at) = 24),
    subscription_id INTEGER REFERENCES subscriptions ON DELETE CASCADE,
    flight_id INTEGER REFERENCES flights ON DELETE CASCADE,
    message_id INTEGER REFERENCES messages ON DELETE CASCADE,
    step TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL,
    attempt INTEGER,
    duration_ms INTEGER
) STRICT;
CREATE INDEX journal_at ON journal (at);
CREATE INDEX journal_subscription ON journal (subscription_id) WHERE subscription_id IS NOT NULL;
CREATE INDEX journal_flight ON journal (flight_id) WHERE flight_id IS NOT NULL;
CREATE INDEX journal_message ON journal (message_id) WHERE message_id IS NOT NULL;
"""

# sms_totals keep what texts cost when the texts themselves are pruned, or their person is removed (user_id NULL).
_COUNTERS = """
CREATE TABLE usage (
    month TEXT NOT NULL CHECK (month LIKE '____-__'),
    operation TEXT NOT NULL,
    flight TEXT NOT NULL,
    result_sets INTEGER NOT NULL,
    micro_usd INTEGER NOT NULL,
    booked_at TEXT NOT NULL CHECK (length(booked_at) = 24),
    PRIMARY KEY (month, operation, flight)
) STRICT, WITHOUT ROWID;

CREATE TABLE sms_totals (
    id INTEGER PRIMARY KEY,
    month TEXT NOT NULL CHECK (month LIKE '____-__'),
    user_id INTEGER REFERENCES users ON DELETE SET NULL,
    messages INTEGER NOT NULL,
    segments INTEGER NOT NULL,
    UNIQUE (month, user_id)
) STRICT;
CREATE INDEX sms_totals_user ON sms_totals (user_id);

CREATE TABLE pace (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    arrival REAL NOT NULL,
    paused_until REAL NOT NULL,
    taken_at REAL NOT NULL
) STRICT;

CREATE TABLE daemon (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    boot TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at TEXT NOT NULL CHECK (length(started_at) = 24),
    last_tick_at TEXT NOT NULL CHECK (length(last_tick_at) = 24)
) STRICT;

CREATE TABLE providers (
    name TEXT PRIMARY KEY,
    last_success_at TEXT CHECK (length(last_success_at) = 24),
    last_error TEXT,
    last_error_at TEXT CHECK (length(last_error_at) = 24)
) STRICT, WITHOUT ROWID;
"""

VIEWS = """
CREATE VIEW people AS
    SELECT u.id, u.name, u.name_key, u.phone, u.timezone, u.channel, u.role, u.clock, u.consent, u.created_at,
        o.at AS opted_out_at
    FROM users u LEFT JOIN opt_outs o ON o.phone = u.phone;

CREATE VIEW subscribers AS
    SELECT s.*, p.name AS user_name, p.phone AS user_phone, p.timezone AS user_timezone, p.channel AS user_channel,
        p.role AS user_role, p.clock AS user_clock, p.consent AS user_consent, p.created_at AS user_created_at,
        p.opted_out_at AS user_opted_out_at
    FROM subscriptions s JOIN people p ON p.id = s.user_id;
"""
