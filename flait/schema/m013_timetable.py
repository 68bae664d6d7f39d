"""When the timetable of a saved flight is looked at, and how it stood there. Released: never edited again."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database


def m013_timetable(db: "Database") -> None:
    """A row for each flight that is saved days ahead; what is saved already has one, without its times."""
    db.executescript(_TIMETABLE)


# `plan` is how it stood when it was saved, `seen` as it stood there last; `days` are those by which it was planned.
_TIMETABLE: Final = """
CREATE TABLE timetable (
    subscription_id INTEGER NOT NULL PRIMARY KEY REFERENCES subscriptions ON DELETE CASCADE,
    number TEXT NOT NULL CHECK (number <> ''),
    leaves_at TEXT NOT NULL CHECK (length(leaves_at) = 24),
    plan TEXT CHECK (plan GLOB '{*}'),
    seen TEXT CHECK (seen GLOB '{*}'),
    misses INTEGER NOT NULL DEFAULT 0 CHECK (misses >= 0),
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    days TEXT,
    looked_at TEXT NOT NULL CHECK (length(looked_at) = 24),
    next_check_at TEXT CHECK (length(next_check_at) = 24),
    next_word_at TEXT CHECK (length(next_word_at) = 24)
) STRICT, WITHOUT ROWID;
CREATE INDEX timetable_due ON timetable (next_check_at) WHERE next_check_at IS NOT NULL;
CREATE INDEX timetable_words ON timetable (next_word_at) WHERE next_word_at IS NOT NULL;
CREATE INDEX timetable_number ON timetable (number, leaves_at);

INSERT INTO timetable (subscription_id, number, leaves_at, looked_at)
    SELECT id, ident, departure_date || 'T' || coalesce(leaves_at, '12:00') || ':00.000Z', asked_at
    FROM subscriptions WHERE state = 'pending' AND departure_date IS NOT NULL;
"""
