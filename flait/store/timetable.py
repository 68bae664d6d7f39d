"""Saved flights and their timetable: a row is the schedule here too. `next_check_at` says when to ask.

What waits for time alone is decided at `next_word_at`, and asks nobody.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from flait.core.flights import ScheduledFlight
from flait.store.connection import Connection, writing
from flait.store.rows import Row, as_json, read, read_json
from flait.store.values import PlannedFlight

_PLAN: Final = """
INSERT INTO timetable (subscription_id, number, leaves_at, plan, seen, looked_at)
VALUES (:subscription_id, :number, :leaves_at, :row, :row, :now)
ON CONFLICT (subscription_id) DO UPDATE SET leaves_at = :leaves_at, seen = :row, plan = coalesce(plan, :row),
    misses = 0, failures = 0, days = NULL, looked_at = :now
"""
_DUE: Final = """
SELECT * FROM timetable INDEXED BY timetable_due WHERE next_check_at <= :now
    AND subscription_id IN (SELECT id FROM subscriptions WHERE state = 'pending')
ORDER BY next_check_at, subscription_id LIMIT 1
"""
# One question answers them all, whether due or not.
_CLAIM: Final = """
UPDATE timetable SET next_check_at = :leased_until
WHERE number = :number AND leaves_at >= :first AND leaves_at <= :last AND next_check_at IS NOT NULL
    AND subscription_id IN (SELECT id FROM subscriptions WHERE state = 'pending')
RETURNING *
"""
_DUE_WORD: Final = """
SELECT * FROM timetable INDEXED BY timetable_words WHERE next_word_at <= :now
    AND subscription_id IN (SELECT id FROM subscriptions WHERE state = 'pending')
ORDER BY next_word_at, subscription_id LIMIT 1
"""
_PLANNED_OTHERWISE: Final = """
SELECT * FROM timetable WHERE days IS NOT :days
    AND subscription_id IN (SELECT id FROM subscriptions WHERE state = 'pending') LIMIT 100
"""
_SAVE: Final = """
UPDATE timetable SET leaves_at = :leaves_at, plan = :plan, seen = :seen, misses = :misses, failures = :failures,
    days = :days, looked_at = :looked_at, next_check_at = :next_check_at, next_word_at = :next_word_at
WHERE subscription_id = :subscription_id
"""
_HASTEN: Final = "UPDATE timetable SET next_word_at = :at WHERE subscription_id = :subscription_id"


class Timetable(Connection):
    """When the timetable of saved flights is looked at."""

    @writing
    def plan_flight(self, subscription_id: int, number: str, row: ScheduledFlight, now: datetime) -> None:
        """It was found in the timetable so; a flight known there keeps how it stood at first."""
        self._change(
            _PLAN,
            subscription_id=subscription_id,
            number=number,
            leaves_at=row.scheduled_out,
            row=as_json(row),
            now=now,
        )

    def planned(self, subscription_id: int) -> PlannedFlight | None:
        """How that saved flight stood in the timetable; None for what was never saved from one."""
        row = self._row("SELECT * FROM timetable WHERE subscription_id = :id", id=subscription_id)
        return None if row is None else _planned(row)

    def planned_otherwise(self, days: str) -> Sequence[PlannedFlight]:
        """Some of the saved flights whose next look was planned by other days than these, or by none."""
        return [_planned(row) for row in self._rows(_PLANNED_OTHERWISE, days=days)]

    @writing
    def claim_planned(self, now: datetime, lease: timedelta, span: timedelta) -> Sequence[PlannedFlight]:
        """What has been due longest, and whatever has its number and leaves within `span` after it.

        Nobody else is given them before now + lease.
        """
        first = self._row(_DUE, now=now)
        if first is None:
            return []
        due = _planned(first)
        rows = self._rows(
            _CLAIM,
            number=due.number,
            first=due.leaves_at,
            last=due.leaves_at + span,
            leased_until=now + lease,
        )
        return sorted((_planned(row) for row in rows), key=lambda one: (one.leaves_at, one.subscription_id))

    def due_word(self, now: datetime) -> PlannedFlight | None:
        """The saved flight about which something has been due longest without a look."""
        row = self._row(_DUE_WORD, now=now)
        return None if row is None else _planned(row)

    @writing
    def save_planned(self, planned: PlannedFlight) -> None:
        """How it stands there now, and when it is looked at next."""
        columns = {name: getattr(planned, name) for name in PlannedFlight.__struct_fields__}
        rows = {name: as_json(row) if (row := columns[name]) else None for name in ("plan", "seen")}
        self._change(_SAVE, **{name: columns[name] for name in columns if name not in ("number", *rows)}, **rows)

    @writing
    def hasten_word(self, subscription_id: int, at: datetime) -> None:
        """Decide anew then what is told of that saved flight; nothing for what was never saved from a timetable."""
        self._change(_HASTEN, subscription_id=subscription_id, at=at)


def _planned(row: Row) -> PlannedFlight:
    read_rows = {name: read_json(ScheduledFlight, row[name]) if row[name] else None for name in ("plan", "seen")}
    return read(PlannedFlight, {**row, **read_rows})
