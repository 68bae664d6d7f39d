"""APScheduler as a metronome: a trigger, a guard and a watchdog that keep it ticking through jumps and suspends.

Measured on APScheduler 3.11: after a forward jump its interval trigger builds every missed run in a list (a year at
one second: 43 s and 1.7 GB); after a backward jump it is silent for as long as the jump. Neither happens with these.
"""

import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Lock
from threading import enumerate as enumerate_threads
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


class Watchdog:
    """Notices that something begun does not come to an end, or that nothing is begun any more.

    Any thread may use it. It goes by real, monotonic seconds: every call outside has its own, shorter deadline, so this
    is a fault of ours.
    """

    def __init__(self, *, longest: float, silent: float) -> None:
        """A step may take `longest` seconds; `silent` may pass without anything being begun."""
        self._longest = longest
        self._silent = silent
        self._lock = Lock()
        self._under_way: dict[object, tuple[str, float]] = {}
        self._last_begun = time.monotonic()

    @contextmanager
    def watching(self, name: str) -> Iterator[None]:
        """Watch what is done inside."""
        token = object()
        with self._lock:
            self._last_begun = time.monotonic()
            self._under_way[token] = (name, self._last_begun)
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[token]

    def stuck(self) -> str:
        """What is stuck, in a sentence; empty: nothing."""
        now = time.monotonic()
        with self._lock:
            names = sorted({name for name, began in self._under_way.values() if now - began > self._longest})
            silent = now - self._last_begun
        if names:
            return f"{', '.join(names)} did not come to an end within {self._longest:g} s"
        return f"nothing was begun for {silent:.0f} s" if silent > self._silent else ""


def stacks() -> str:
    """Where every thread stands, without what it holds."""
    names = {thread.ident: thread.name for thread in enumerate_threads()}
    return "\n".join(
        f"thread {names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"
        for ident, frame in sys._current_frames().items()  # noqa: SLF001  # its documented use: debugging deadlocks
    )


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
