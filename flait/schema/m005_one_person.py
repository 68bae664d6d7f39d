"""One person for every spelling of a number, and counts that nothing resets. Released: never edited again."""

from typing import TYPE_CHECKING, Any, Final

from flait.core.numbers import dialled
from flait.schema.m001_initial import VIEWS

if TYPE_CHECKING:
    from sqlite_utils import Database


def m005_one_person(db: "Database") -> None:
    """Who somebody is, whatever spelling of their number a channel uses; what they said, asked for and cost."""
    db.executescript("DROP VIEW subscribers; DROP VIEW people;")
    for script in (_PEOPLE, _WORDS, _COUNTS, _VIEWS):
        db.executescript(script)
    for phone in [row[0] for row in db.execute(_PHONES).fetchall()]:
        if dialled(phone) != phone:
            _unite(db, phone, dialled(phone))


# Whom the operator did not add himself has accepted an invitation: that is how the consent of such people begins.
_PEOPLE = """
ALTER TABLE users ADD COLUMN added_by TEXT NOT NULL DEFAULT 'operator' CHECK (added_by IN ('operator', 'invitation'));
UPDATE users SET added_by = 'invitation' WHERE consent LIKE 'JOIN by text%' OR consent LIKE 'whatsapp: JOIN by text%';

ALTER TABLE whatsapp_windows ADD COLUMN address TEXT CHECK (address LIKE '+%');
"""

# `came` is the order in which texts were taken in; Twilio's own moments are whole seconds.
# What decided consent is known by its sid for good: a signed request can be sent again after years. `said_at` is
# Twilio's moment, where its record told it.
# A reading of somebody else's record that stopped half way goes on from its `cursor`.
_WORDS = """
ALTER TABLE inbound ADD COLUMN came INTEGER NOT NULL DEFAULT 0;
DROP INDEX inbound_unanswered;
CREATE INDEX inbound_unanswered ON inbound (received_at, came, sid) WHERE answered_at IS NULL;
CREATE INDEX inbound_came ON inbound (came);

CREATE TABLE consent_texts (
    sid TEXT PRIMARY KEY CHECK (sid <> ''),
    phone TEXT NOT NULL CHECK (phone LIKE '+%'),
    change TEXT NOT NULL CHECK (change IN ('opt_out', 'opt_in', 'join')),
    said_at TEXT CHECK (length(said_at) = 24)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_texts_phone ON consent_texts (phone, said_at);
INSERT OR IGNORE INTO consent_texts (sid, phone, change) SELECT sid, phone, 'opt_out' FROM opt_outs WHERE sid <> '';
INSERT OR IGNORE INTO consent_texts (sid, phone, change)
    SELECT replace(replace(how, 'texted SMS ', ''), 'texted WhatsApp ', ''), phone, change FROM consent_changes
    WHERE how LIKE 'texted SMS _%' OR how LIKE 'texted WhatsApp _%';
INSERT OR IGNORE INTO consent_texts (sid, phone, change)
    SELECT sid, sender, CASE answer WHEN 'join' THEN 'join' WHEN 'start' THEN 'opt_in' ELSE 'opt_out' END FROM inbound
    WHERE answer IN ('twilio', 'stop', 'taken back', 'start', 'join');

ALTER TABLE readings ADD COLUMN cursor TEXT CHECK (cursor GLOB '{*}');
"""

# Both outlive people, their flights and their texts, and go by age alone: nobody can set them back.
_COUNTS = """
CREATE TABLE askings (
    id INTEGER PRIMARY KEY,
    asker TEXT NOT NULL CHECK (asker LIKE '+%'),
    phone TEXT NOT NULL CHECK (phone LIKE '+%'),
    at TEXT NOT NULL CHECK (length(at) = 24)
) STRICT;
CREATE INDEX askings_asker ON askings (asker, at);
CREATE INDEX askings_phone ON askings (phone, at);
CREATE INDEX askings_at ON askings (at);
INSERT INTO askings (asker, phone, at)
    SELECT u.phone, i.phone, i.created_at FROM invitations i JOIN users u ON u.id = i.inviter_id;

CREATE TABLE shares (
    month TEXT NOT NULL CHECK (month LIKE '____-__'),
    phone TEXT NOT NULL CHECK (phone LIKE '+%'),
    micro_usd INTEGER NOT NULL,
    PRIMARY KEY (month, phone)
) STRICT, WITHOUT ROWID;
"""

_VIEWS = VIEWS.replace("u.created_at,", "u.created_at, u.muted_until, u.added_by,").replace(
    "p.created_at AS user_created_at,",
    "p.created_at AS user_created_at, p.muted_until AS user_muted_until, p.added_by AS user_added_by,",
)

# --- one number in the place of another -------------------------------------------------------------------------

_PHONES: Final = """
SELECT phone FROM users UNION SELECT phone FROM opt_outs UNION SELECT phone FROM consent_changes
UNION SELECT sender FROM inbound UNION SELECT "to" FROM messages UNION SELECT phone FROM dialogues
UNION SELECT phone FROM invitations UNION SELECT phone FROM whatsapp_windows UNION SELECT phone FROM consent_texts
UNION SELECT asker FROM askings UNION SELECT phone FROM askings
"""


def _unite(db: "Database", old: str, new: str) -> None:
    """What is known under one spelling is known under the other from now on."""
    both: dict[str, Any] = {"old": old, "new": new}
    _unite_people(db, both)
    for sql in (*_CONSENT, *_TALK, *_PLAIN):
        db.execute(sql, both)


# Whoever said STOP under either spelling is left alone, unless START was said later, under whichever.
_CONSENT: Final = (
    """
    DELETE FROM opt_outs WHERE phone IN (:old, :new) AND EXISTS (
        SELECT 1 FROM consent_changes c
        WHERE c.phone IN (:old, :new) AND c.change = 'opt_in' AND c.at > opt_outs.at)
    """,
    "INSERT OR IGNORE INTO opt_outs (phone, at, sid) SELECT :new, at, sid FROM opt_outs WHERE phone = :old",
    "DELETE FROM opt_outs WHERE phone = :old",
)
_TALK: Final = (
    "UPDATE OR IGNORE dialogues SET phone = :new WHERE phone = :old",
    "DELETE FROM dialogues WHERE phone = :old",
    "UPDATE OR IGNORE invitations SET phone = :new WHERE phone = :old",
    "UPDATE invitations SET phone = :new, state = 'declined' WHERE phone = :old",
    """
    INSERT INTO whatsapp_windows (phone, last_inbound_at, address)
    SELECT :new, last_inbound_at, phone FROM whatsapp_windows WHERE phone = :old
    ON CONFLICT (phone) DO UPDATE SET last_inbound_at = excluded.last_inbound_at, address = excluded.address
        WHERE excluded.last_inbound_at > last_inbound_at
    """,
    "DELETE FROM whatsapp_windows WHERE phone = :old",
)
_PLAIN: Final = (
    "UPDATE consent_changes SET phone = :new WHERE phone = :old",
    "UPDATE consent_texts SET phone = :new WHERE phone = :old",
    "UPDATE inbound SET sender = :new WHERE sender = :old",
    'UPDATE messages SET "to" = :new WHERE "to" = :old',
    "UPDATE askings SET asker = :new WHERE asker = :old",
    "UPDATE askings SET phone = :new WHERE phone = :old",
)


def _unite_people(db: "Database", both: dict[str, Any]) -> None:
    """A person under the old spelling gets the new one; two are one from now on, and follow what either did."""
    gone, there = (
        db.execute("SELECT id, name, name_key FROM users WHERE phone = ?", [both[which]]).fetchone()
        for which in ("old", "new")
    )
    if gone is None:
        return
    if there is None:
        db.execute(_RENAME, {"gone": gone[0]} | both)
        return
    for sql in _MERGE:
        db.execute(sql, {"gone": gone[0], "there": there[0]})
    if there[1] == both["new"] and gone[1] != both["old"]:  # one has a name, the other is called by the number
        db.execute("UPDATE users SET name = ?, name_key = ? WHERE id = ?", [gone[1], gone[2], there[0]])


_RENAME: Final = """
UPDATE users SET phone = :new, name = iif(name = :old, :new, name), name_key = iif(name_key = :old, :new, name_key)
WHERE id = :gone
"""
_MERGE: Final = (
    "UPDATE OR IGNORE subscriptions SET user_id = :there WHERE user_id = :gone",
    """
    UPDATE subscriptions SET user_id = :there, state = 'canceled', reason = 'the same under another spelling',
        next_attempt_at = NULL WHERE user_id = :gone
    """,
    "UPDATE messages SET user_id = :there WHERE user_id = :gone",
    "UPDATE invitations SET inviter_id = :there WHERE inviter_id = :gone",
    """
    INSERT INTO sms_totals (month, user_id, messages, segments)
    SELECT month, :there, messages, segments FROM sms_totals WHERE user_id = :gone
    ON CONFLICT (month, user_id) DO UPDATE SET
        messages = messages + excluded.messages, segments = segments + excluded.segments
    """,
    "DELETE FROM sms_totals WHERE user_id = :gone",
    """
    UPDATE users SET added_by = 'operator'
    WHERE id = :there AND 'operator' IN (SELECT added_by FROM users WHERE id = :gone)
    """,
    """
    UPDATE users SET consent = consent || '; ' || (SELECT consent FROM users WHERE id = :gone)
    WHERE id = :there AND (SELECT consent FROM users WHERE id = :gone) NOT IN ('', consent)
    """,
    "DELETE FROM users WHERE id = :gone",
)
