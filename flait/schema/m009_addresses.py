"""Where each person can be reached, and what they agreed to, as rows. Released: never edited again."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from sqlite_utils import Database


def m009_addresses(db: "Database") -> None:
    """A row for each way by which a person can be reached; which channels there are is no longer the tables' affair."""
    [(reasons,)] = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'watch_reasons'").fetchall()
    db.executescript("DROP VIEW subscribers; DROP VIEW people; DROP VIEW watch_reasons;")  # they name what is rebuilt
    db.executescript(_ADDRESSES)
    for user_id, phone, channel, consent in db.execute("SELECT id, phone, channel, consent FROM users").fetchall():
        notes = {note.channel: note for note in _notes(consent)}
        for each in dict.fromkeys((*notes, channel)):
            how, agreed_at = notes[each][1:] if each in notes else ("", None)
            db.execute(_ADD, (user_id, each, phone, how, agreed_at))
    db.executescript(_NO_MORE)
    for table in _IN_PLACE:
        _rebuild(db, table)
    db.executescript(_VIEWS)
    db.execute(reasons)


# `consent` is how they agreed to that channel, '' where nobody noted it; `agreed_at` is when.
_ADDRESSES: Final = """
CREATE TABLE addresses (
    id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel <> ''),
    value TEXT NOT NULL CHECK (value <> ''),
    consent TEXT NOT NULL DEFAULT '',
    agreed_at TEXT CHECK (length(agreed_at) = 24),
    UNIQUE (user_id, channel),
    UNIQUE (channel, value)
) STRICT;
"""
_ADD: Final = "INSERT INTO addresses (user_id, channel, value, consent, agreed_at) VALUES (?, ?, ?, ?, ?)"

_NO_MORE: Final = """
UPDATE messages SET status = 'queued' WHERE status = 'held';
ALTER TABLE users DROP COLUMN consent;
"""

# --- consent as it was written so far: `added at the command line, 2026-06-14; whatsapp: JOIN by text, 2026-06-15` ---

_NOTE: Final = re.compile(r"(?:(?P<channel>sms|whatsapp): )?(?P<how>.*?)(?:, (?P<day>\d{4}-\d\d-\d\d))?", re.DOTALL)


class _Note(NamedTuple):
    channel: str
    how: str
    agreed_at: str | None


def _notes(consent: str) -> Iterator[_Note]:
    """What was noted, by channel; a note that names none was made when there was only SMS."""
    for channel in ("sms", "whatsapp"):
        found = [match for match in map(_NOTE.fullmatch, filter(None, consent.split("; "))) if match]
        own = [match for match in found if (match["channel"] or "sms") == channel]
        if own:
            *before, last = own
            earlier = [f"{match['how']}, {match['day']}" if match["day"] else match["how"] for match in before]
            agreed_at = f"{last['day']}T00:00:00.000Z" if last["day"] else None
            yield _Note(channel, "; ".join([*earlier, last["how"]]), agreed_at)


# --- the tables without their lists of channels -----------------------------------------------------------------------

_GONE: Final = (
    (" CHECK (channel IN ('sms', 'whatsapp'))", ""),
    ("""CHECK ("to" LIKE '+%')""", """CHECK ("to" <> '')"""),
    ("status IN ('queued', 'held')", "status = 'queued'"),
    ("'queued', 'held'", "'queued'"),
)
_IN_PLACE: Final = {
    "users": """
INSERT INTO users_new SELECT * FROM users;
DROP TABLE users;
ALTER TABLE users_new RENAME TO users;
""",
    "subscriptions": """
INSERT INTO subscriptions_new SELECT * FROM subscriptions;
DROP TABLE subscriptions;
ALTER TABLE subscriptions_new RENAME TO subscriptions;
""",
    "messages": """
INSERT INTO messages_new SELECT * FROM messages;
DROP TABLE messages;
ALTER TABLE messages_new RENAME TO messages;
""",
}


def _rebuild(db: "Database", table: str) -> None:
    """The same rows under the same ids, and no id given twice; foreign keys are off while migrations run."""
    own = "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL"
    [(made,)] = db.execute(own, (table, "table")).fetchall()
    indexes = [sql for (sql,) in db.execute(own, (table, "index")).fetchall()]
    [last] = db.execute("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)", (table,)).fetchone()
    anew = _without(made, table)
    db.execute(anew)
    db.executescript(_IN_PLACE[table])
    db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
    db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))
    for index in indexes:
        sql = _without(index)
        db.execute(sql)


def _without(sql: str, table: str = "") -> str:
    """The statement without lists of channels; where it makes a table, that is a new one beside it."""
    for gone, instead in ((f"TABLE {table}", f"TABLE {table}_new"), *_GONE) if table else _GONE:
        sql = sql.replace(gone, instead)
    return sql


_VIEWS: Final = """
CREATE VIEW people AS
    SELECT u.id, u.name, u.name_key, u.phone, u.timezone, u.channel, u.role, u.clock, u.created_at, u.muted_until,
        u.added_by, o.at AS opted_out_at,
        (SELECT json_group_array(json_object(
            'channel', t.channel, 'value', t.value, 'consent', t.consent, 'agreed_at', t.agreed_at))
        FROM (SELECT * FROM addresses a WHERE a.user_id = u.id ORDER BY a.id) t) AS addresses
    FROM users u LEFT JOIN opt_outs o ON o.phone = u.phone;

CREATE VIEW subscribers AS
    SELECT s.*, p.name AS user_name, p.phone AS user_phone, p.timezone AS user_timezone, p.channel AS user_channel,
        p.role AS user_role, p.clock AS user_clock, p.created_at AS user_created_at,
        p.muted_until AS user_muted_until, p.added_by AS user_added_by, p.opted_out_at AS user_opted_out_at,
        p.addresses AS user_addresses
    FROM subscriptions s JOIN people p ON p.id = s.user_id;
"""
