"""What a text is, and what it says again or answers. Released: never edited again."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database


def m007_identity(db: "Database") -> None:
    """What a text copies and answers becomes columns; so far it was to be read out of its dedup_key."""
    for script in (_COLUMNS, _COPIES, _ANSWERS, _KINDS):
        db.executescript(script)
    while db.execute(_ANSWERED_BY_COPIES).rowcount > 0:  # copies of copies, a step each time
        pass


# Neither refers to a row: ids and sids are given once, and name what they named when it is forgotten.
_COLUMNS: Final = """
ALTER TABLE messages ADD COLUMN copy_of INTEGER;
ALTER TABLE messages ADD COLUMN copied_as TEXT CHECK (copied_as IN ('sms', 'template', 'reworded', 'retried'));
ALTER TABLE messages ADD COLUMN answers TEXT CHECK (answers <> '');
CREATE INDEX messages_copies ON messages (copy_of) WHERE copy_of IS NOT NULL;
"""

# CAST reads the digits that it begins with: `retry:7:2` is the second copy of 7.
_COPIES: Final = """
UPDATE messages SET copied_as = 'sms', copy_of = CAST(substr(dedup_key, 9) AS INTEGER)
WHERE dedup_key GLOB 'sms-for:[0-9]*';
UPDATE messages SET copied_as = 'template', copy_of = CAST(substr(dedup_key, 14) AS INTEGER)
WHERE dedup_key GLOB 'template-for:[0-9]*';
UPDATE messages SET copied_as = 'reworded', copy_of = CAST(substr(dedup_key, 7) AS INTEGER)
WHERE dedup_key GLOB 'again:[0-9]*';
UPDATE messages SET copied_as = 'retried', copy_of = CAST(substr(dedup_key, 7) AS INTEGER)
WHERE dedup_key GLOB 'retry:[0-9]*';
"""

# `reply:SM1` is the first text that answers SM1, `reply:SM1:2` the second.
_ANSWERS: Final = """
UPDATE messages SET answers = substr(dedup_key, 7, instr(substr(dedup_key, 7) || ':', ':') - 1)
WHERE dedup_key GLOB 'reply:[^:]*';
"""
_ANSWERED_BY_COPIES: Final = """
UPDATE messages SET answers = (SELECT m.answers FROM messages m WHERE m.id = messages.copy_of)
WHERE answers IS NULL AND copy_of IN (SELECT id FROM messages WHERE answers IS NOT NULL)
"""

# Flait has had other words for what it told, like `departure`: they say by now no more than that it was told.
_KINDS: Final = """
UPDATE messages SET kind = 'other' WHERE kind NOT IN (
    'cancelled', 'reinstated', 'onward', 'diverted', 'undiverted', 'rerouted', 'ends', 'withdrawn', 'arrived',
    'landed', 'departed', 'returned', 'earlier', 'sched_change', 'delay_more', 'delay_first', 'delay_less', 'on_time',
    'gate_change', 'terminal_change', 'gate_first', 'terminal_first', 'arrival_gate', 'belt', 'corrected', 'taxiing',
    'stale', 'fresh', 'tracked', 'pending', 'missing', 'failed', 'share', 'test', 'invitation', 'reply', 'stranger',
    'stop_confirmed');
"""
