"""The only reader of the machine's time. Everything else is handed `now`, or a Clock.

`FLAIT_CLOCK=<virtual ISO start>,<real unix anchor>,<rate>` gives every process with the same value the same
virtual clock: virtual now = start + (real now - anchor) x rate. Time-outs of real sockets stay real.
`FLAIT_CLOCK=/a/file` names a file with such a value and a fourth part, the moment at which the clock stands still until
it is let run on: who conducts it (the demo) waits for whoever is slow.
"""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
    """A virtual clock: `start` was at unix time `anchor`, and it runs `rate` times as fast, up to `limit` if any."""

    def __init__(self, start: datetime, anchor: float, rate: float, limit: datetime | None = None) -> None:
        self._start = start
        self._anchor = anchor
        self._rate = rate
        self._limit = limit

    def now(self) -> datetime:
        """The virtual moment, UTC."""
        moment = self._start + timedelta(seconds=(time.time() - self._anchor) * self._rate)
        return moment if self._limit is None else min(moment, self._limit)

    def real_seconds(self, span: timedelta) -> float:
        """Virtual time divided by the rate."""
        return span.total_seconds() / self._rate


class FollowedClock(ScaledClock):
    """A virtual clock that somebody conducts: each time it is read from a file. Raises ConfigError when it is made."""

    def __init__(self, file: Path) -> None:
        self._file = file
        super().__init__(*_parts(_read(file)))

    def now(self) -> datetime:
        """The virtual moment, UTC."""
        with suppress(ConfigError):  # the last that could be read goes on
            self._start, self._anchor, self._rate, self._limit = _parts(_read(self._file))
        return super().now()


class Conductor:
    """Lets the clock in a file run, from `start` on, which is where it stands until it is let go further.

    It never goes back: where it stands it starts anew, and where it runs only its limit is moved on.
    """

    def __init__(self, file: Path, start: datetime, rate: float) -> None:
        self._file = file
        self._said = (start, time.time(), rate, start)
        self._write()

    def let_run_to(self, limit: datetime) -> None:
        """Let it run up to that moment."""
        start, anchor, rate, stood_at = self._said
        if ScaledClock(start, anchor, rate).now() >= stood_at:
            start, anchor = stood_at, time.time()
        self._said = (start, anchor, rate, max(limit, stood_at))
        self._write()

    def _write(self) -> None:
        start, anchor, rate, limit = self._said
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{start.isoformat()},{anchor!r},{rate!r},{limit.isoformat()}", encoding="ascii")
        draft.replace(self._file)  # who reads it meanwhile reads the one or the other


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
    return FollowedClock(Path(value)) if value.startswith("/") else ScaledClock(*_parts(value))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, ValueError) as problem:
        raise ConfigError(
            f"FLAIT_CLOCK names a file that cannot be read: {file}", "name one with a clock in it"
        ) from problem


def _parts(value: str) -> tuple[datetime, float, float, datetime | None]:
    """Start, anchor, rate and limit as they are written. Raises ConfigError."""
    try:
        start, anchor, rate, *limit = value.split(",", 3)
        parts = _moment(start), float(anchor), _positive(float(rate)), _moment(limit[0]) if limit else None
        ScaledClock(*parts).now()
    except (ValueError, OverflowError) as problem:
        raise ConfigError(
            f"FLAIT_CLOCK is not a clock: {value[:80]!r}",
            "write <ISO start>,<unix anchor>,<rate>, like 2013-03-08T05:00:00Z,1700000000,600",
        ) from problem
    return parts


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
