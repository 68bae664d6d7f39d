"""How each person wants to be told. Released: never edited again."""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite_utils import Database


def m010_preferences(db: "Database") -> None:
    """What a person has set, as JSON; and a moment for what is followed already: reminders are planned there."""
    db.executescript("DROP VIEW subscribers; DROP VIEW people;")
    db.executescript(_PREFERENCES)
    db.executescript(_VIEWS)


_PREFERENCES: Final = """
ALTER TABLE users ADD COLUMN preferences TEXT NOT NULL DEFAULT '{}' CHECK (preferences GLOB '{*}');
UPDATE subscriptions SET next_moment_at = asked_at WHERE state = 'active' AND next_moment_at IS NULL;
"""

_VIEWS: Final = """
CREATE VIEW people AS
    SELECT u.id, u.name, u.name_key, u.phone, u.timezone, u.channel, u.role, u.clock, u.created_at, u.muted_until,
        u.added_by, u.preferences, o.at AS opted_out_at,
        (SELECT json_group_array(json_object(
            'channel', t.channel, 'value', t.value, 'consent', t.consent, 'agreed_at', t.agreed_at))
        FROM (SELECT * FROM addresses a WHERE a.user_id = u.id ORDER BY a.id) t) AS addresses
    FROM users u LEFT JOIN opt_outs o ON o.phone = u.phone;

CREATE VIEW subscribers AS
    SELECT s.*, p.name AS user_name, p.phone AS user_phone, p.timezone AS user_timezone, p.channel AS user_channel,
        p.role AS user_role, p.clock AS user_clock, p.created_at AS user_created_at,
        p.muted_until AS user_muted_until, p.added_by AS user_added_by, p.preferences AS user_preferences,
        p.opted_out_at AS user_opted_out_at, p.addresses AS user_addresses
    FROM subscriptions s JOIN people p ON p.id = s.user_id;
"""
