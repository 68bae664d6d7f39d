"""Money and pace of AeroAPI calls: counters for each month, and one queue for every process on this database."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from flait.store.connection import Connection, writing
from flait.store.rows import read
from flait.store.values import Reckoning, UsageRow

_BOOK: Final = """
INSERT INTO usage (month, operation, flight, result_sets, micro_usd, booked_at)
VALUES (:month, :operation, :flight, :result_sets, :micro_usd, :now)
ON CONFLICT (month, operation, flight) DO UPDATE SET booked_at = :now,
    result_sets = result_sets + excluded.result_sets, micro_usd = micro_usd + excluded.micro_usd
"""
_SPENT: Final = "SELECT coalesce(sum(micro_usd), 0) AS spent FROM usage WHERE month = :month"
_ROWS: Final = """
SELECT operation, nullif(flight, '') AS flight, result_sets, micro_usd FROM usage WHERE month = :month
ORDER BY operation, flight
"""
_RECKON: Final = """
INSERT INTO reckonings (month, theirs, ours, asked_at) VALUES (:month, :theirs, :ours, :asked_at)
ON CONFLICT (month) DO UPDATE SET theirs = :theirs, ours = :ours, asked_at = :asked_at
"""
_RECKONING: Final = "SELECT * FROM reckonings WHERE month = :month"
_SET_PACE: Final = """
INSERT INTO pace (id, arrival, paused_until, taken_at) VALUES (1, :arrival, :paused_until, :taken_at)
ON CONFLICT (id) DO UPDATE SET arrival = :arrival, paused_until = :paused_until, taken_at = :taken_at
"""


class _Pace(Struct, frozen=True, kw_only=True):
    """All in virtual unix seconds. `arrival` is GCRA's theoretical arrival time of the next call."""

    arrival: float = 0.0
    paused_until: float = 0.0
    taken_at: float = 0.0


class Usage(Connection):
    """What asking costs."""

    @writing
    def book(
        self, month: str, operation: str, *, flight: str | None = None, result_sets: int, micro_usd: int, now: datetime
    ) -> None:
        """Add to the counters of a month, `YYYY-MM`; a refund is negative. `flight` is a label for people."""
        values = {"result_sets": result_sets, "micro_usd": micro_usd, "now": now}
        self._change(_BOOK, month=month, operation=operation, flight=flight or "", **values)

    def spent(self, month: str) -> int:
        """Millionths of a dollar booked in that month."""
        row = self._row(_SPENT, month=month)
        assert row is not None
        spent: int = row["spent"]
        return spent

    def usage_rows(self, month: str) -> list[UsageRow]:
        """The counters of a month."""
        return [read(UsageRow, row) for row in self._rows(_ROWS, month=month)]

    def reckoning(self, month: str) -> Reckoning | None:
        """How it stood when FlightAware was last asked about that month."""
        row = self._row(_RECKONING, month=month)
        return None if row is None else read(Reckoning, row)

    @writing
    def reckon(self, found: Reckoning) -> None:
        """Keep what it told."""
        self._change(_RECKON, month=found.month, theirs=found.theirs, ours=found.ours, asked_at=found.asked_at)

    @writing
    def take_turn(self, now_s: float, *, spacing_s: float, burst: int, longest_wait_s: float) -> float | None:
        """A place in the queue: the seconds to wait for it, or None and no place when they are more than the longest.

        One call every `spacing_s`, `burst` of them at once after a quiet time (the generic cell rate algorithm).
        """
        pace = self._pace(now_s, longest_wait_s)
        start = max(now_s, pace.paused_until)
        turn = max(start, pace.arrival - (burst - 1) * spacing_s)
        if turn - now_s > longest_wait_s:
            return None
        arrival = max(pace.arrival, start) + spacing_s
        self._change(_SET_PACE, arrival=arrival, paused_until=pace.paused_until, taken_at=now_s)
        return turn - now_s

    @writing
    def push_turn(self, until_s: float) -> None:
        """No turn by anyone before then: AeroAPI asked for a pause. A longer pause stands."""
        pace = self._stored_pace()
        paused_until = max(pace.paused_until, until_s)
        self._change(_SET_PACE, arrival=pace.arrival, paused_until=paused_until, taken_at=pace.taken_at)

    def _pace(self, now_s: float, longest_wait_s: float) -> _Pace:
        """The queue as it stands. After the clock was set back, what was left to wait is still left, and no more."""
        pace = self._stored_pace()
        back = pace.taken_at - now_s
        if back <= longest_wait_s:
            return pace
        return _Pace(arrival=pace.arrival - back, paused_until=pace.paused_until - back, taken_at=now_s)

    def _stored_pace(self) -> _Pace:
        row = self._row("SELECT arrival, paused_until, taken_at FROM pace WHERE id = 1")
        return _Pace() if row is None else read(_Pace, row)
