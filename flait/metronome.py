"""APScheduler as a metronome: a trigger and a guard that keep ticking through jumps of the clock and suspends.

Measured on APScheduler 3.11: after a forward jump its interval trigger builds every missed run in a list (a year at
one second: 43 s and 1.7 GB); after a backward jump it is silent for as long as the jump. Neither happens with these.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.triggers.base import BaseTrigger

TOLERANCE = 2.0  # seconds the wall clock may drift against the monotonic one between two looks


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no types
    """Fires every `seconds`; whatever was missed is one run."""

    __slots__ = ("step",)

    def __init__(self, seconds: float) -> None:
        self.step = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next beat after `now`."""
        if previous_fire_time is None:
            return now
        planned: datetime = previous_fire_time + self.step
        return planned if planned > now else now + self.step


def wake(scheduler: Any, names: Sequence[str]) -> None:
    """Make these jobs due now, from any thread."""
    for name in names:
        scheduler.modify_job(name, next_run_time=datetime.now(UTC))  # noqa: TID251  # APScheduler's own clock, not Flait's


class ClockGuard:
    """Notices that the wall clock jumped, and makes every job due at once. `check` it from the main thread."""

    def __init__(self, scheduler: Any) -> None:
        self._scheduler = scheduler
        self._offset = self._now_offset()

    def check(self) -> float:
        """How far the clock jumped since the last check, in seconds; jobs are woken when it did."""
        offset = self._now_offset()
        jump = offset - self._offset
        if abs(jump) > TOLERANCE:
            self._offset = offset
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))  # noqa: TID251  # APScheduler's own clock, not Flait's
        return jump

    @staticmethod
    def _now_offset() -> float:
        steady = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # counts through a suspend, on Linux
        return time.time() - time.clock_gettime(steady)  # noqa: TID251  # the two clocks are what is compared
