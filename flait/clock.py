"""The only reader of the machine's time. Everything else is handed `now`, or a Clock.

`FLAIT_CLOCK=<virtual ISO start>,<real unix anchor>,<rate>` gives every process with the same value the same
virtual clock: virtual now = start + (real now - anchor) x rate. Time-outs of real sockets stay real.
"""

import time
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Protocol

from flait.errors import ConfigError

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no machine's clock can rightly stand before that
SHORTEST_TICK = 0.2  # seconds, real: a faster clock must not turn the daemon's ticks into a busy loop


class Clock(Protocol):
    """What tells the time, and how long a stretch of it takes in real seconds."""

    def now(self) -> datetime:
        """The moment, aware, UTC."""

    def real_seconds(self, span: timedelta) -> float:
        """How many real seconds `span` takes on this clock."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The machine's time, UTC."""
        return datetime.now(UTC)

    def real_seconds(self, span: timedelta) -> float:
        """A real clock takes as long as it takes."""
        return span.total_seconds()


class ScaledClock:
    """A virtual clock: `start` was at unix time `anchor`, and it runs `rate` times as fast."""

    def __init__(self, start: datetime, anchor: float, rate: float) -> None:
        self._start = start
        self._anchor = anchor
        self._rate = rate

    def now(self) -> datetime:
        """The virtual moment, UTC."""
        return self._start + timedelta(seconds=(time.time() - self._anchor) * self._rate)

    def real_seconds(self, span: timedelta) -> float:
        """Virtual time divided by the rate."""
        return span.total_seconds() / self._rate


def is_virtual(clock: Clock) -> bool:
    """Whether it is FLAIT_CLOCK's: nobody outside shares it, and it may stand in any year."""
    return isinstance(clock, ScaledClock)


def believable(clock: Clock) -> bool:
    """Whether it can be that time: the machine's own clock never stands before this Flait was written."""
    return not isinstance(clock, SystemClock) or clock.now() >= RELEASED


def clock_from(value: str) -> Clock:
    """The clock that a FLAIT_CLOCK value names; empty is the system clock. Raises ConfigError."""
    if not value:
        return SystemClock()
    try:
        start, anchor, rate = value.split(",")
        clock = ScaledClock(_moment(start), float(anchor), _positive(float(rate)))
        clock.now()
    except (ValueError, OverflowError) as problem:
        raise ConfigError(
            f"FLAIT_CLOCK is not a clock: {value[:80]!r}",
            "write <ISO start>,<unix anchor>,<rate>, like 2013-03-08T05:00:00Z,1700000000,600",
        ) from problem
    return clock


def wait(clock: Clock, span: timedelta, stopping: Event | None = None) -> bool:
    """Wait `span` of the clock's time, or until `stopping` is set. True when it was set."""
    seconds = max(0.0, clock.real_seconds(span))
    return (stopping or Event()).wait(seconds)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _positive(rate: float) -> float:
    if not 0 < rate < float("inf"):
        raise ValueError(rate)
    return rate
