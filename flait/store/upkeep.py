"""Forgetting in time, in small bites, so that nobody else waits long.

Never people and what they said about being texted, live subscriptions and what they were told (or they would be told
again), texts that are still to go out or in doubt, what was spent. A death between two bites leaves less to do.

The file does not shrink: SQLite fills the pages that are free before it asks for more, so that its size follows what is
kept, and stays at the most there ever was. Giving pages back (incremental vacuum) would save nothing: over a year of
flights no more than one page in twenty is free (tests/torture/year.py), and is needed again the next day.
"""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from typing import Final

from flait.store.messages import Totals
from flait.store.values import Pruned

BITE: Final = 500  # rows deleted in one transaction
LATE_ANSWERS: Final = timedelta(days=2)  # so much later a text may still be read that answered in time

_RAW: Final = "DELETE FROM raw_answers WHERE id IN (SELECT id FROM raw_answers WHERE at < :before LIMIT :bite)"
_SIGHTINGS: Final = """
DELETE FROM sightings WHERE id IN (SELECT id FROM sightings WHERE seen_at < :before LIMIT :bite)
"""
_JOURNAL: Final = "DELETE FROM journal WHERE id IN (SELECT id FROM journal WHERE at < :before LIMIT :bite)"
_FLOWN: Final = "DELETE FROM flown WHERE id IN (SELECT id FROM flown WHERE planned_at < :before LIMIT :bite)"
_FLOWN_NUMBERS: Final = """
DELETE FROM flown_numbers
WHERE (number, ident) IN (SELECT number, ident FROM flown_numbers WHERE asked_at < :before LIMIT :bite)
"""
_RECEIPTS: Final = "DELETE FROM receipts WHERE id IN (SELECT id FROM receipts WHERE received_at < :before LIMIT :bite)"
_INBOUND: Final = "DELETE FROM inbound WHERE sid IN (SELECT sid FROM inbound WHERE received_at < :before LIMIT :bite)"
_DIALOGUES: Final = """
DELETE FROM dialogues WHERE (phone, kind) IN (SELECT phone, kind FROM dialogues WHERE expires_at < :before LIMIT :bite)
"""
_INVITATIONS: Final = """
DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE expires_at < :before LIMIT :bite)
"""
_WINDOWS: Final = """
DELETE FROM whatsapp_windows
WHERE phone IN (SELECT phone FROM whatsapp_windows WHERE last_inbound_at < :before LIMIT :bite)
"""
_ASKINGS: Final = "DELETE FROM askings WHERE id IN (SELECT id FROM askings WHERE at < :before LIMIT :bite)"
_SHARES: Final = """
DELETE FROM shares WHERE (month, phone) IN (SELECT month, phone FROM shares WHERE month < :month LIMIT :bite)
"""
_PUSH_ALERTS: Final = """
DELETE FROM push_alerts
WHERE id IN (SELECT id FROM push_alerts WHERE state = 'ended' AND changed_at < :before LIMIT :bite)
"""
_ROUTES: Final = """
DELETE FROM routes WHERE rowid IN (SELECT rowid FROM routes WHERE asked_at < :before LIMIT :bite)
"""
_MESSAGES: Final = """
SELECT m.id FROM messages m
WHERE m.status NOT IN ('queued', 'sending', 'in_doubt') AND m.created_at < :before
    AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.id = m.subscription_id AND s.state IN ('pending', 'active'))
LIMIT :bite
"""
# Ahead of their subscriptions: with these they would go all at once.
_ALERTS: Final = """
DELETE FROM alerts WHERE id IN (
    SELECT a.id FROM subscriptions s CROSS JOIN alerts a ON a.subscription_id = s.id
    LEFT JOIN flights f ON f.id = s.flight_id
    WHERE s.state NOT IN ('pending', 'active') AND s.asked_at < :before AND (f.id IS NULL OR f.closed_at < :before)
    LIMIT :bite
)
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

# Of a month that is over, its total for each operation is enough; the label '' is nobody's flight.
_SUM_UP: Final = """
INSERT INTO usage (month, operation, flight, result_sets, micro_usd, booked_at)
SELECT month, operation, '', sum(result_sets), sum(micro_usd), max(booked_at) FROM (
    SELECT * FROM usage WHERE month < :month AND flight <> '' ORDER BY month, operation, flight LIMIT :bite
) WHERE true GROUP BY month, operation
ON CONFLICT (month, operation, flight) DO UPDATE SET
    result_sets = result_sets + excluded.result_sets, micro_usd = micro_usd + excluded.micro_usd
"""
_SUMMED_UP: Final = """
DELETE FROM usage WHERE (month, operation, flight) IN (
    SELECT month, operation, flight FROM usage WHERE month < :month AND flight <> ''
    ORDER BY month, operation, flight LIMIT :bite
)
"""
# Texts to nobody we know are added up anew at each prune, for NULL equals no NULL: one row for each month is enough.
_ONE_FOR_NOBODY: Final = """
UPDATE sms_totals SET (messages, segments) = (
    SELECT sum(o.messages), sum(o.segments) FROM sms_totals o WHERE o.user_id IS NULL AND o.month = sms_totals.month
)
WHERE id IN (SELECT min(id) FROM sms_totals WHERE user_id IS NULL GROUP BY month HAVING count(*) > 1)
"""
_ADDED_UP: Final = """
DELETE FROM sms_totals
WHERE user_id IS NULL AND id NOT IN (SELECT min(id) FROM sms_totals WHERE user_id IS NULL GROUP BY month)
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
                receipts=self._prune(_RECEIPTS, before),
                messages=self._in_bites(lambda: self._forget_messages(_MESSAGES, before=before, bite=BITE)),
                subscriptions=self._prune_subscriptions(before),
                flights=self._prune(_FLIGHTS, before),
                flown=self._prune(_FLOWN, before),
            )
            self._prune(_FLOWN_NUMBERS, before)
            if dry_run:
                raise _DryRun
        return pruned

    def prune_words(self, before: datetime, now: datetime) -> int:
        """Delete what people texted before then, and talk that is over; how many of their texts went.

        A text that is forgotten would be taken for a new one when it came again.
        """
        from flait.core.alternatives import KEPT

        gone = self._prune(_INBOUND, before)
        self._prune(_DIALOGUES, now - LATE_ANSWERS)
        self._prune(_ROUTES, now - KEPT)
        self._in_bites(lambda: self._change(_SHARES, month=f"{before:%Y-%m}", bite=BITE))
        for sql in (_INVITATIONS, _ASKINGS, _WINDOWS, _PUSH_ALERTS):
            self._prune(sql, before)
        return gone

    def sum_up(self, before: datetime, now: datetime) -> None:
        """What months cost that were over by then is kept as their totals. Never the current month, whatever `before`.

        One row for each month and operation stays for ever: what was spent is not forgotten.
        """
        month = f"{min(before, now):%Y-%m}"
        self._in_bites(lambda: self._summed_up(month))
        with self.transaction():
            self._change(_ONE_FOR_NOBODY)
            self._change(_ADDED_UP)

    def _summed_up(self, month: str) -> int:
        self._change(_SUM_UP, month=month, bite=BITE)
        return self._change(_SUMMED_UP, month=month, bite=BITE)

    def _prune_subscriptions(self, before: datetime) -> int:
        self._prune(_ALERTS, before)
        return self._prune(_SUBSCRIPTIONS, before)

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
