"""The outbox: texts from queued to Twilio's hands, once each.

A claim is committed before Twilio is called, and its result is fenced by the attempt it belongs to. What a dead
daemon left `sending` may have been sent: it becomes `in_doubt`, and only Twilio's own record settles it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from flait.core.messages import LOOK_AGAIN, TOO_LATE, Channel, Message, MessageKind, MessageStatus, segments
from flait.core.values import fields
from flait.store.connection import Connection, writing
from flait.store.rows import as_json, read, read_message
from flait.store.values import Doubt

_KINDS: Final = {
    kind.value: kind for kind in (MessageKind.STOP_CONFIRMED, MessageKind.STRANGER, MessageKind.INVITATION)
}
"""What may go to a number that nobody here has."""

LOST_FOR: Final = timedelta(days=7)
"""So long a text that was given up as lost is looked for in Twilio's record."""

_ENQUEUE: Final = """
INSERT INTO messages (user_id, "to", channel, kind, body, structure, segments, dedup_key, copy_of, copied_as, answers,
    subscription_id, flight_id, tells, status, attempts, created_at, not_before, expires_at)
VALUES (nullif(:user_id, 0), :to, :channel, :kind, :body, :structure, :segments, :dedup_key, :copy_of, :copied_as,
    :answers, :subscription_id, :flight_id, :tells, :status, :attempts, :created_at, :not_before, :expires_at)
ON CONFLICT (dedup_key) DO NOTHING
RETURNING *
"""
# INDEXED BY where SQLite, knowing nothing of the numbers, would rather sort all that is queued.
# A person's texts go out in the order they were written: an older one that is under way, due or waiting to be tried
# again holds the later ones back. One that was never tried and is for later does not.
# After STOP one text still goes to the number: the answer to the very text that said so, and no copy of it.
_CLAIM: Final = """
UPDATE messages SET status = 'sending', attempts = attempts + 1, started_at = :now, claimed_by = :claimed_by
WHERE id = (
    SELECT m.id FROM messages m INDEXED BY messages_due
    WHERE m.status = 'queued' AND m.sid IS NULL AND m.not_before <= :now AND m.expires_at > :now
        AND (m.user_id IS NOT NULL OR m.kind IN (:stop_confirmed, :stranger, :invitation))
        AND NOT EXISTS (
            SELECT 1 FROM opt_outs o
            WHERE o.phone = m."to" AND NOT (
                m.kind = :stop_confirmed AND m.copy_of IS NULL AND m.answers IS NOT NULL AND m.answers IS o.sid))
        AND NOT EXISTS (
            SELECT 1 FROM messages older
            WHERE older."to" = m."to" AND older.id < m.id AND older.status IN ('queued', 'sending')
                AND (older.status = 'sending'
                    OR (older.expires_at > :now AND (older.not_before <= :now OR older.attempts > 0))))
    ORDER BY m.not_before, m.id LIMIT 1
)
RETURNING *
"""
_SUPPRESS: Final = """
UPDATE messages SET status = 'suppressed', ended_at = :now, error = 'the number said STOP'
WHERE status = 'queued' AND "to" IN (SELECT phone FROM opt_outs)
    AND NOT (kind = :stop_confirmed AND copy_of IS NULL AND EXISTS (
        SELECT 1 FROM opt_outs o WHERE o.phone = messages."to" AND messages.answers = o.sid))
RETURNING *
"""
_EXPIRE: Final = """
UPDATE messages INDEXED BY messages_waiting SET status = 'expired', ended_at = :now, error = :error
WHERE status = 'queued' AND expires_at <= :now
RETURNING *
"""
# Also from `queued`, and from `failed` where Twilio was not known to have it: the proof that it was sent may come after
# it was put back in line, or given up as lost.
_ACCEPT: Final = """
UPDATE messages SET status = 'accepted', sid = :sid, sent_at = :now, ended_at = NULL, error = NULL, error_code = NULL
WHERE id = :id AND attempts = :attempt AND sid IS NULL
    AND (status IN ('sending', 'in_doubt', 'queued') OR (status = 'failed' AND looks > 0))
"""
_REQUEUE: Final = """
UPDATE messages SET status = 'queued', not_before = :not_before, error = :error, error_code = :error_code,
    claimed_by = NULL
WHERE id = :id AND attempts = :attempt AND status IN ('sending', 'in_doubt')
"""
_DOUBT: Final = """
UPDATE messages SET status = 'in_doubt', error = :error, looks = 0, looked_at = NULL
WHERE id = :id AND attempts = :attempt AND status = 'sending'
"""
_FAIL: Final = """
UPDATE messages SET status = :status, ended_at = :now, error_code = :error_code, error = :error
WHERE id = :id AND attempts = :attempt AND status IN ('sending', 'in_doubt')
"""
_CANCEL: Final = """
UPDATE messages SET status = 'canceled', ended_at = :now, error = :error, tells = iif(:told, tells, '{}')
WHERE id = :id AND status IN ('queued', 'in_doubt')
"""
_ORPHANS: Final = """
UPDATE messages SET status = 'in_doubt', error = 'the daemon died while sending', looks = 0, looked_at = NULL
WHERE status = 'sending' AND claimed_by <> :except_by
RETURNING *
"""
_FORGOTTEN: Final = """
UPDATE messages SET status = 'in_doubt', error = 'its end could not be stored', looks = 0, looked_at = NULL
WHERE status = 'sending' AND started_at < :before
RETURNING *
"""
_TO_LOOK_UP: Final = """
SELECT * FROM messages
WHERE (status = 'in_doubt' AND (looked_at IS NULL OR looked_at <= :before))
    OR (status = 'failed' AND sid IS NULL AND looks > 0 AND looked_at <= :before AND ended_at > :lost_since)
ORDER BY status DESC, id
"""
_LOOKED: Final = """
UPDATE messages SET looks = looks + 1, looked_at = :at
WHERE id = :id AND (status = 'in_doubt' OR (status = 'failed' AND sid IS NULL))
"""
_SEND_AS: Final = """
UPDATE messages SET channel = :channel WHERE id = :id AND attempts = :attempt AND status = 'sending'
"""
_REWORD: Final = """
UPDATE messages SET body = :body, segments = :segments WHERE id = :id AND attempts = :attempt AND status = 'sending'
"""
_GIVE_UP: Final = """
UPDATE messages SET status = :status, ended_at = :now, error = :error
WHERE id = :id AND attempts = :attempt
    AND status IN ('queued', 'sending', 'in_doubt', 'failed', 'undelivered')
"""
# What a text's words are worth depends on what was said after it. A canceled one that tells nothing is unsaid.
_SAID_AFTER: Final = """
SELECT * FROM messages WHERE flight_id = :flight_id AND id > :id AND "to" = :to AND tells <> '{}'
    AND status NOT IN ('failed', 'undelivered', 'expired', 'suppressed')
ORDER BY id
"""
_LEFT_AFTER: Final = """
SELECT EXISTS (SELECT 1 FROM messages WHERE user_id = :user_id AND id > :id
    AND status IN ('sending', 'in_doubt', 'accepted', 'sent', 'delivered', 'read')) AS there
"""
_HAD_ONE: Final = """
SELECT EXISTS (SELECT 1 FROM messages WHERE user_id = :user_id AND id <> :id
    AND status IN ('sending', 'accepted', 'sent', 'delivered', 'read')) AS there
"""
_WAITING_ABOUT: Final = """
SELECT * FROM messages WHERE flight_id = :flight_id AND "to" = :to AND id <> :id AND status IN ('queued')
ORDER BY id
"""
_LOST_BEFORE: Final = """
SELECT EXISTS (SELECT 1 FROM messages WHERE flight_id = :flight_id AND id < :id AND id <> :besides AND "to" = :to
    AND tells <> '{}' AND status IN ('failed', 'undelivered', 'expired') AND ended_at > :at) AS there
"""
_BEFORE: Final = """
SELECT * FROM messages WHERE flight_id = :flight_id AND id < :id AND "to" = :to
    AND status NOT IN ('queued', 'expired', 'canceled', 'suppressed')
ORDER BY id DESC LIMIT 1
"""
_CHANGED: Final = """
SELECT EXISTS (SELECT 1 FROM sightings WHERE flight_id = :flight_id AND seen_at > :since AND seen_at <= :now) AS there
"""
_BY_KEY: Final = "SELECT * FROM messages WHERE dedup_key = :dedup_key"
_COPIES: Final = "SELECT * FROM messages WHERE copy_of = :id ORDER BY id"
_LAST_ABOUT: Final = "SELECT coalesce(max(id), 0) AS id FROM messages WHERE subscription_id = :subscription_id"
_TELLS: Final = "UPDATE messages SET tells = :tells WHERE id = :id"


class Outbox(Connection):
    """What is to be said."""

    @writing
    def enqueue(self, message: Message) -> Message | None:
        """Put a text in line, or None: its dedup_key is there already. A user_id of 0 is nobody's."""
        row = self._row(_ENQUEUE, **_columns(message))
        return None if row is None else read_message(row)

    @writing
    def claim_due_message(self, now: datetime, claimed_by: str) -> Message | None:
        """The text to send next, marked `sending`, its attempt counted; nobody else is given it.

        Never one to a number that said STOP (save the one answer to that), never a late one, never one for a person
        since removed, never before the number's earlier ones.
        """
        row = self._row(_CLAIM, now=now, claimed_by=claimed_by, **_KINDS)
        return None if row is None else read_message(row)

    @writing
    def suppress_opted_out(self, now: datetime) -> list[Message]:
        """Take out of line what goes to numbers that said STOP."""
        return self._moved(_SUPPRESS, now=now, stop_confirmed=MessageKind.STOP_CONFIRMED)

    @writing
    def expire_messages(self, now: datetime) -> list[Message]:
        """Take out of line what is too late to be of use."""
        return self._moved(_EXPIRE, now=now, error=TOO_LATE)

    def _moved(self, sql: str, **values: object) -> list[Message]:
        return sorted((read_message(row) for row in self._rows(sql, **values)), key=lambda message: message.id)

    @writing
    def send_as(self, message_id: int, *, attempt: int, channel: Channel) -> bool:
        """It leaves by another channel than it was written for. False: another attempt, or settled before."""
        return self._change(_SEND_AS, id=message_id, attempt=attempt, channel=channel) > 0

    @writing
    def reword(self, message_id: int, *, attempt: int, body: str) -> bool:
        """It leaves in other words than it was written in. False: another attempt, or settled before."""
        return self._change(_REWORD, id=message_id, attempt=attempt, body=body, segments=segments(body)) > 0

    @writing
    def mark_accepted(self, message_id: int, *, attempt: int, sid: str, now: datetime) -> bool:
        """Twilio has it: it counts as sent and billed. False: another attempt, or settled before."""
        return self._change(_ACCEPT, id=message_id, attempt=attempt, sid=sid, now=now) > 0

    @writing
    def mark_requeued(
        self,
        message_id: int,
        *,
        attempt: int,
        not_before: datetime,
        error: str | None = None,
        error_code: int | None = None,
    ) -> bool:
        """Certainly not sent: back in line, not before then. False: another attempt, or settled before."""
        values = {"not_before": not_before, "error": error, "error_code": error_code}
        return self._change(_REQUEUE, id=message_id, attempt=attempt, **values) > 0

    @writing
    def mark_in_doubt(self, message_id: int, *, attempt: int, error: str | None = None) -> bool:
        """It may have been sent. False: another attempt, or settled before."""
        return self._change(_DOUBT, id=message_id, attempt=attempt, error=error) > 0

    @writing
    def mark_failed(
        self,
        message_id: int,
        *,
        attempt: int,
        status: MessageStatus = MessageStatus.FAILED,
        error_code: int | None,
        error: str | None,
        now: datetime,
    ) -> bool:
        """Refused for good, or given up: `status` says as what. False: another attempt, or settled before."""
        values = {"status": status, "error_code": error_code, "error": error, "now": now}
        return self._change(_FAIL, id=message_id, attempt=attempt, **values) > 0

    @writing
    def cancel_message(self, message_id: int, *, told: bool, error: str, now: datetime) -> bool:
        """Given up by a person; unless `told`, what it was to say counts as unsaid. False: it is not ours to stop."""
        return self._change(_CANCEL, id=message_id, told=told, error=error, now=now) > 0

    @writing
    def doubt_orphans(self, *, except_by: str) -> list[Message]:
        """Put in doubt what other daemons were sending. Only the holder of the daemon's lock may call it."""
        return self._moved(_ORPHANS, except_by=except_by)

    @writing
    def doubt_forgotten(self, before: datetime) -> list[Message]:
        """Put in doubt what has been sending since before then: no call takes so long, so its end was not stored."""
        return self._moved(_FORGOTTEN, before=before)

    def in_doubt(self, now: datetime) -> list[Doubt]:
        """Texts in doubt to be looked up now: not read for in Twilio's record yet, or not for a minute.

        After them those that were given up as lost within a week: the proof that one was sent may come late.
        """
        rows = self._rows(_TO_LOOK_UP, before=now - LOOK_AGAIN, lost_since=now - LOST_FOR)
        return [read(Doubt, {**row, "message": read_message(row)}) for row in rows]

    @writing
    def note_look(self, message_id: int, at: datetime) -> None:
        """Twilio's record was read, and does not have it."""
        self._change(_LOOKED, id=message_id, at=at)

    @writing
    def give_up(self, message: Message, *, status: MessageStatus, error: str, now: datetime) -> bool:
        """These words are not sent, or not again: what they told counts as unsaid by `status`.

        False: another attempt, or it has arrived.
        """
        values = {"status": status, "error": error, "now": now}
        return self._change(_GIVE_UP, id=message.id, attempt=message.attempts, **values) > 0

    def said_after(self, message: Message) -> list[Message]:
        """Later texts to the same number about the same flight that count as said: sent, or to be sent."""
        rows = self._rows(_SAID_AFTER, flight_id=message.flight_id, id=message.id, to=message.to)
        return [read_message(row) for row in rows]

    def lost_before(self, message: Message, *, besides: int) -> bool:
        """Whether an older text to the same number about the same flight was lost after this one was written."""
        here = {"flight_id": message.flight_id, "id": message.id, "to": message.to, "besides": besides}
        row = self._row(_LOST_BEFORE, at=message.created_at, **here)
        return bool(row and row["there"])

    def waiting_about(self, message: Message) -> list[Message]:
        """What else waits to be said to the same number about the same flight."""
        rows = self._rows(_WAITING_ABOUT, flight_id=message.flight_id, to=message.to, id=message.id)
        return [read_message(row) for row in rows]

    def has_left_after(self, message: Message) -> bool:
        """Whether any later text to the same person has gone out, or may have."""
        row = self._row(_LEFT_AFTER, user_id=message.user_id, id=message.id)
        return bool(row and row["there"])

    def has_had_a_text(self, message: Message) -> bool:
        """Whether any other text to the same person is with Twilio, or has arrived. One in doubt may not be."""
        row = self._row(_HAD_ONE, user_id=message.user_id, id=message.id)
        return bool(row and row["there"])

    def sent_before(self, message: Message) -> Message | None:
        """The last text to the same number about the same flight that was tried before this one was written."""
        row = self._row(_BEFORE, flight_id=message.flight_id, id=message.id, to=message.to)
        return None if row is None else read_message(row)

    def is_changed(self, flight_id: int, *, since: datetime, now: datetime) -> bool:
        """Whether a look between the two moments showed anything new of the flight."""
        row = self._row(_CHANGED, flight_id=flight_id, since=since, now=now)
        return bool(row and row["there"])

    def message_by_key(self, dedup_key: str) -> Message | None:
        """The text with that dedup_key."""
        row = self._row(_BY_KEY, dedup_key=dedup_key)
        return None if row is None else read_message(row)

    def copies(self, message_id: int) -> list[Message]:
        """The texts that say again what that one said, oldest first."""
        return [read_message(row) for row in self._rows(_COPIES, id=message_id)]

    def last_text_about(self, subscription_id: int) -> int:
        """The id of the last text that was written about that subscription, whatever became of it; 0: there is none."""
        row = self._row(_LAST_ABOUT, subscription_id=subscription_id)
        return row["id"] if row else 0

    @writing
    def retract(self, message: Message, facts: Collection[str]) -> None:
        """What the text told of these facts counts no more: one that came after it said otherwise."""
        left = {name: value for name, value in message.tells.items() if name not in facts}
        self._change(_TELLS, id=message.id, tells=as_json(left))


_KEPT: Final = tuple(
    field.name
    for field in fields(Message)
    if field.name not in ("id", "tells", "structure", "started_at", "sid", "sent_at", "delivered_at", "read_at")
)


def _columns(message: Message) -> dict[str, object]:
    columns = {name: getattr(message, name) for name in _KEPT}
    structure = as_json(message.structure) if message.structure else None
    return columns | {"segments": message.segments, "tells": as_json(dict(message.tells)), "structure": structure}
