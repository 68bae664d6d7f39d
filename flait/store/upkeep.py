"""Forgetting in time, in small bites, so that nobody else waits long. Never people, live
subscriptions and what they were told (or they would be told again), or texts that are still to go out or in doubt.
"""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import datetime
from typing import Final

from flait.store.messages import Totals
from flait.store.rows import Pruned

BITE: Final = 500  # rows deleted in one transaction

_RAW: Final = "DELETE FROM raw_answers WHERE id IN (SELECT id FROM raw_answers WHERE at < :before LIMIT :bite)"
_SIGHTINGS: Final = """
DELETE FROM sightings WHERE id IN (SELECT id FROM sightings WHERE seen_at < :before LIMIT :bite)
"""
_JOURNAL: Final = "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE at < :before LIMIT :bite)"
_RECEIPTS: Final = "DELETE FROM receipts WHERE id IN (SELECT id FROM receipts WHERE received_at < :before LIMIT :bite)"
_INBOUND: Final = "DELETE FROM inbound WHERE sid IN (SELECT sid FROM inbound WHERE received_at < :before LIMIT :bite)"
_DIALOGUES: Final = "DELETE FROM dialogues WHERE expires_at < :now"
_INVITATIONS: Final = "DELETE FROM invitations WHERE expires_at < :before"
_WINDOWS: Final = "DELETE FROM whatsapp_windows WHERE last_inbound_at < :before"
_PUSH_ALERTS: Final = "DELETE FROM push_alerts WHERE state = 'ended' AND changed_at < :before"
_MESSAGES: Final = """
SELECT m.id FROM messages m
WHERE m.status NOT IN ('queued', 'held', 'sending', 'in_doubt') AND m.created_at < :before
    AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.id = m.subscription_id AND s.state IN ('pending', 'active'))
LIMIT :bite
"""
_SUBSCRIPTIONS: Final = """
DELETE FROM subscriptions WHERE id IN (
    SELECT s.id FROM subscriptions s LEFT JOIN flights f ON f.id = s.flight_id
    WHERE s.state NOT IN ('pending', 'active') AND s.asked_at < :before AND (f.id IS NULL OR f.closed_at < :before)
    LIMIT :bite
)
"""
_FLIGHTS: Final = """
DELETE FROM flights WHERE id IN (
    SELECT f.id FROM flights f
    WHERE f.closed_at < :before
        AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.flight_id = f.id AND s.state IN ('pending', 'active'))
    LIMIT :bite
)
"""


class _DryRun(Exception):
    """Rolls it all back."""


class Upkeep(Totals):
    """Forgetting in time."""

    def prune_raw(self, before: datetime) -> int:
        """Delete FlightAware's own text older than that; how many answers went."""
        return self._prune(_RAW, before)

    def prune(self, before: datetime, *, dry_run: bool = False) -> Pruned:
        """Delete what is older than that and done with. A dry run counts the same, and changes nothing."""
        pruned = Pruned()
        with suppress(_DryRun), self.transaction() if dry_run else nullcontext():
            pruned = Pruned(
                sightings=self._prune(_SIGHTINGS, before),
                journal=self._prune(_JOURNAL, before),
                messages=self._in_bites(lambda: self._forget_messages(_MESSAGES, before=before, bite=BITE)),
                subscriptions=self._prune(_SUBSCRIPTIONS, before),
                flights=self._prune(_FLIGHTS, before),
                receipts=self._prune(_RECEIPTS, before),
            )
            if dry_run:
                raise _DryRun
        return pruned

    def prune_words(self, before: datetime, now: datetime) -> int:
        """Delete what people texted before then, and talk that is over; how many of their texts went.

        A text that is forgotten would be taken for a new one when it came again.
        """
        gone = self._prune(_INBOUND, before)
        with self.transaction():
            self._change(_DIALOGUES, now=now)
            for sql in (_INVITATIONS, _WINDOWS, _PUSH_ALERTS):
                self._change(sql, before=before)
        return gone

    def _prune(self, sql: str, before: datetime) -> int:
        return self._in_bites(lambda: self._change(sql, before=before, bite=BITE))

    def _in_bites(self, bite: Callable[[], int]) -> int:
        total, gone = 0, BITE
        while gone == BITE:
            with self.transaction():
                gone = bite()
            total += gone
        return total

    def size(self) -> int:
        """Bytes of the database, its log not counted."""
        row = self._row("SELECT page_count * page_size AS size FROM pragma_page_count, pragma_page_size")
        assert row is not None
        size: int = row["size"]
        return size
