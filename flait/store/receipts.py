"""What Twilio reported of our texts: every report kept as it came, each text moved forward by it.

Which of two states is further is core's table; here it is made true in one transaction, whoever else writes.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from flait.core.messages import UNTOLD, Message, MessageStatus
from flait.core.receipts import Receipt, advance
from flait.store.connection import Connection, writing
from flait.store.rows import as_json, plain, read, read_message
from flait.store.values import Report, Reported

_BY_SID: Final = "SELECT * FROM messages WHERE sid = :sid"
_BY_ID: Final = "SELECT * FROM messages WHERE id = :id AND attempts >= :attempt"
_KEEP: Final = """
INSERT INTO receipts (message_id, sid, status, error_code, received_at)
VALUES (:message_id, :sid, :status, :error_code, :now)
ON CONFLICT (sid, status) DO NOTHING
"""
# A report proves that Twilio has the text, whatever we made of it: sid and state in one go, as the table demands.
_MERGE: Final = """
UPDATE messages SET status = :status, sid = coalesce(sid, :sid), sent_at = coalesce(sent_at, :now),
    delivered_at = coalesce(delivered_at, :delivered_at), read_at = coalesce(read_at, :read_at)
WHERE id = :id
"""
_SETTLE: Final = "UPDATE messages SET ended_at = :ended_at, error_code = :error_code, error = :error WHERE id = :id"
# `befores` is a list of moments: a text that was asked about k times is due when it was sent before the k-th of them.
_UNFINISHED: Final = """
SELECT m.* FROM json_each(:befores) CROSS JOIN messages m INDEXED BY messages_unfinished
    ON m.checks = json_each.key AND m.sent_at <= json_each.value
WHERE m.status IN ('accepted', 'sent') LIMIT 1
"""
_CLAIM_CHECK: Final = """
UPDATE messages SET checks = (SELECT count(*) FROM json_each(:befores) WHERE value >= messages.sent_at) WHERE id = :id
"""
_REPORTS: Final = "SELECT * FROM receipts WHERE message_id = :message_id ORDER BY id"


class Receipts(Connection):
    """What became of what was said."""

    @writing
    def save_receipt(self, receipt: Receipt, word: str, *, now: datetime, error: str | None = None) -> Reported | None:
        """Keep one report, `word` being Twilio's, and move its text forward; None, and nothing stored: no text of ours.

        The text is the one that has the sid, else the one whose id came with the callback, if that was ever sent.
        `error` says in words what a failure's code means.
        """
        message = self.reported(receipt)
        if message is None:
            return None
        report = {"sid": receipt.sid, "status": word, "error_code": receipt.error_code}
        if not self._change(_KEEP, message_id=message.id, now=now, **report):
            return Reported(message=message, was=message.status, news=False)
        return Reported(message=self._merged(message, receipt, error=error, now=now), was=message.status, news=True)

    def reported(self, receipt: Receipt) -> Message | None:
        """The text of ours that a report is about."""
        row = self._row(_BY_SID, sid=receipt.sid)
        if row is None and receipt.message_id is not None:
            # One that was never tried cannot be reported on: its id is from a database that was since restored.
            row = self._row(_BY_ID, id=receipt.message_id, attempt=max(receipt.attempt or 1, 1))
        return None if row is None else read_message(row)

    def _merged(self, message: Message, receipt: Receipt, *, error: str | None, now: datetime) -> Message:
        second_copy = message.sid is not None and message.sid != receipt.sid
        if second_copy and receipt.status in UNTOLD:  # it says nothing about the first
            return message
        given_up = message.sid is None and message.status in _GIVEN_UP  # and Twilio has it all the same
        status = advance(MessageStatus.IN_DOUBT if given_up else message.status, receipt.status)
        self._change(
            _MERGE,
            id=message.id,
            status=status,
            sid=receipt.sid,
            now=now,
            delivered_at=now if status in _ARRIVED else None,
            read_at=now if status is MessageStatus.READ else None,
        )
        if status is not message.status:
            ended = {"ended_at": now, "error_code": receipt.error_code, "error": error} if status in UNTOLD else _WELL
            self._change(_SETTLE, id=message.id, **ended)
        row = self._row("SELECT * FROM messages WHERE id = :id", id=message.id)
        assert row is not None
        return read_message(row)

    def reports(self, message_id: int) -> list[Report]:
        """Everything Twilio said about that text, in the order it came."""
        return [read(Report, row) for row in self._rows(_REPORTS, message_id=message_id)]

    def unfinished(self, befores: Sequence[datetime]) -> Message | None:
        """A text that Twilio has, whose end is not known, and that is due to be asked about.

        One that was asked about k times is due when it was sent before the k-th moment of `befores`, the latest first.
        """
        row = self._row(_UNFINISHED, befores=as_json([plain(before) for before in befores]))
        return None if row is None else read_message(row)

    @writing
    def claim_unfinished(self, befores: Sequence[datetime]) -> Message | None:
        """The same, counted as asked: nobody else is given it before its next time. Missed times count as one."""
        message = self.unfinished(befores)
        if message is not None:
            self._change(_CLAIM_CHECK, id=message.id, befores=as_json([plain(before) for before in befores]))
        return message


_GIVEN_UP: Final = frozenset({MessageStatus.FAILED, MessageStatus.EXPIRED})
_ARRIVED: Final = frozenset({MessageStatus.DELIVERED, MessageStatus.READ})
_WELL: Final = {"ended_at": None, "error_code": None, "error": None}
