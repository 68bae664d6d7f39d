"""Texts as people look at them, and what they cost. The outbox (outbox.py) moves them along.

A text that is deleted leaves its cost behind: `sms_totals` count what Twilio billed.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flait.core.messages import TOO_LATE, Message, MessageStatus
from flait.core.numbers import masked
from flait.core.told import told_of_each
from flait.store.connection import Connection
from flait.store.rows import as_json, read, read_json, read_message
from flait.store.values import MessageView, SmsRow, TellRow

if TYPE_CHECKING:
    from flait.core.losses import Ended

_KEEP_TOTALS: Final = """
INSERT INTO sms_totals (month, user_id, messages, segments)
SELECT substr(sent_at, 1, 7), user_id, count(*), sum(segments) FROM messages
WHERE sent_at IS NOT NULL AND id IN (SELECT value FROM json_each(:ids)) GROUP BY 1, 2
ON CONFLICT (month, user_id) DO UPDATE SET
    messages = messages + excluded.messages, segments = segments + excluded.segments
"""
_DELETE: Final = "DELETE FROM messages WHERE id IN (SELECT value FROM json_each(:ids))"
_SMS_ROWS: Final = """
SELECT u.name AS user, sum(t.messages) AS messages, sum(t.segments) AS segments FROM (
    SELECT user_id, 1 AS messages, segments FROM messages WHERE sent_at >= :month AND sent_at < :month || '~'
    UNION ALL
    SELECT user_id, messages, segments FROM sms_totals WHERE month = :month
) t LEFT JOIN users u ON u.id = t.user_id
GROUP BY t.user_id ORDER BY t.user_id IS NULL, t.user_id
"""
_VIEW: Final = """
SELECT m.*, u.name AS user, f.ident AS flight,
    coalesce(iif(json_valid(f.latest), f.latest ->> '$.ident_iata', NULL), f.ident, s.ident) AS number
FROM messages m LEFT JOIN users u ON u.id = m.user_id LEFT JOIN flights f ON f.id = m.flight_id
    LEFT JOIN subscriptions s ON s.id = m.subscription_id
"""
_FILTERS: Final = {
    "flight": """(m.flight_id IN (SELECT flight_id FROM flight_numbers WHERE number = :flight)
        OR m.subscription_id IN (SELECT id FROM subscriptions WHERE ident = :flight))""",
    "user_id": "m.user_id = :user_id",
    "status": "m.status = :status",
}
_TOLD: Final = """
SELECT m.id AS message_id, m.created_at AS at, m.kind, m.tells, m.status, m.error_code, m.error, m.subscription_id,
    (SELECT json_extract(a.why, '$.priority') FROM alerts a WHERE a.message_id = m.id) AS priority
FROM messages m WHERE m.subscription_id IN (SELECT value FROM json_each(:ids)) ORDER BY m.id
"""
# What a text about one flight tells of another is no text about that one: it counts towards none of its caps.
_BESIDE: Final = """
SELECT m.id AS message_id, m.created_at AS at, iif(m.subscription_id IS NULL, m.kind, 'other') AS kind, m.tells,
    m.status, m.error_code, m.error FROM messages m
WHERE m.user_id IN (SELECT user_id FROM subscriptions WHERE id IN (SELECT value FROM json_each(:ids)))
    AND m.tells GLOB '*"[0-9]*.[a-z]*":*'
"""
_COUNTS: Final = """
SELECT iif(status = 'undelivered', 'failed', status) AS state, count(*) AS n FROM messages
WHERE status IN ('queued', 'sending', 'in_doubt', 'failed', 'undelivered') GROUP BY state
"""
_ENDED: Final = """
SELECT m."to" AS phone, coalesce(u.name, '') AS name, m.status, m.error_code, m.error,
    coalesce(m.ended_at, m.delivered_at, m.read_at, m.created_at) AS at
FROM messages m LEFT JOIN users u ON u.id = m.user_id
WHERE m.status NOT IN ('queued', 'sending', 'in_doubt') AND m.created_at > :since
    AND m.status IN ('delivered', 'read', 'undelivered', 'failed')
    AND NOT EXISTS (SELECT 1 FROM opt_outs o WHERE o.phone = m."to")
ORDER BY m.id
"""
_NEVER_SAID: Final = """
WHERE m.status = 'expired' AND m.error = :too_late AND m.ended_at > :since AND u.id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM opt_outs o WHERE o.phone = m."to")
    AND NOT EXISTS (
        SELECT 1 FROM messages l WHERE l.user_id = m.user_id AND l.id > m.id AND l.subscription_id IS m.subscription_id
            AND l.status NOT IN ('failed', 'undelivered', 'expired', 'canceled', 'suppressed'))
ORDER BY m.id
"""
_SIDS: Final = "SELECT sid FROM messages WHERE sid IN (SELECT value FROM json_each(:sids))"


class Totals(Connection):
    """Texts are forgotten, their cost is not."""

    def _forget_messages(self, which: str, **values: object) -> int:
        """Delete the texts whose ids the query `which` gives, and count what they cost."""
        ids = as_json([row["id"] for row in self._rows(which, **values)])
        self._change(_KEEP_TOTALS, ids=ids)
        return self._change(_DELETE, ids=ids)

    def sms_rows(self, month: str) -> list[SmsRow]:
        """Texts that Twilio took in that month, `YYYY-MM` in UTC, for each person; those since removed come last."""
        return [read(SmsRow, row) for row in self._rows(_SMS_ROWS, month=month)]


class Messages(Connection):
    """What was said."""

    def message(self, message_id: int) -> Message | None:
        """The text with that id."""
        row = self._row("SELECT * FROM messages WHERE id = :id", id=message_id)
        return None if row is None else read_message(row)

    def message_by_sid(self, sid: str) -> Message | None:
        """The text that Twilio knows by that sid."""
        row = self._row("SELECT * FROM messages WHERE sid = :sid", sid=sid)
        return None if row is None else read_message(row)

    def sids_known(self, sids: Collection[str]) -> set[str]:
        """Which of these sids are texts of ours already."""
        return {row["sid"] for row in self._rows(_SIDS, sids=as_json(list(sids)))}

    def messages(
        self,
        *,
        flight: str | None = None,
        user_id: int | None = None,
        status: MessageStatus | None = None,
        limit: int = 100,
    ) -> list[MessageView]:
        """The latest texts, newest first; `flight` is any number of the flight, or the one subscribed to."""
        values: dict[str, Any] = {"flight": flight, "user_id": user_id, "status": status}
        conditions = [sql for name, sql in _FILTERS.items() if values[name] is not None]
        where = ["WHERE", " AND ".join(conditions)] if conditions else []
        rows = self._rows(" ".join([_VIEW, *where, "ORDER BY m.id DESC LIMIT :limit"]), limit=limit, **values)
        return [read(MessageView, {**row, "message": read_message(row)}) for row in rows]

    def never_said(self, since: datetime) -> list[MessageView]:
        """Texts whose time went by unsent after that moment, where nothing later on the subject went or is to go."""
        rows = self._rows(f"{_VIEW} {_NEVER_SAID}", since=since, too_late=TOO_LATE)
        return [read(MessageView, {**row, "message": read_message(row)}) for row in rows]

    def told_rows(self, subscription_ids: Collection[int]) -> dict[int, list[TellRow]]:
        """What each of these subscriptions was told, oldest first, whatever became of the texts.

        A list of several flights tells of each, and a text about one may tell of others too (`listed_tells`).
        """
        told: dict[int, list[TellRow]] = {subscription_id: [] for subscription_id in subscription_ids}
        ids = as_json(list(subscription_ids))
        for row in self._rows(_TOLD, ids=ids):
            told[row["subscription_id"]].append(read(TellRow, {**row, "tells": read_json(dict, row["tells"])}))
        for row in self._rows(_BESIDE, ids=ids):
            for subscription_id, tells in told_of_each(read_json(dict, row["tells"])).items():
                if subscription_id in told:
                    told[subscription_id].append(read(TellRow, {**row, "tells": tells}))
        return {subscription_id: sorted(rows, key=lambda row: row.message_id) for subscription_id, rows in told.items()}

    def queue_counts(self) -> dict[MessageStatus, int]:
        """How many texts wait, are under way, in doubt, or failed: refused, or lost on their way."""
        counts = dict.fromkeys(_COUNTED, 0)
        return counts | {MessageStatus(row["state"]): row["n"] for row in self._rows(_COUNTS)}

    def ended_texts(self, since: datetime) -> "list[Ended]":
        """How the texts ended that were written after that moment, in that order; to who said STOP none count."""
        from flait.core.losses import Ended

        return [
            Ended(
                phone=row["phone"],
                name=row["name"] if row["name"] not in ("", row["phone"]) else masked(row["phone"]),
                at=datetime.fromisoformat(row["at"]),
                arrived=row["status"] in _ARRIVED,
                error_code=row["error_code"],
                error=row["error"],
            )
            for row in self._rows(_ENDED, since=since)
        ]


S = MessageStatus
_ARRIVED: Final = frozenset({S.DELIVERED.value, S.READ.value})
_COUNTED: Final = (S.QUEUED, S.SENDING, S.IN_DOUBT, S.FAILED)
