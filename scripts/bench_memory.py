"""How much memory the daemon holds: idle, and after very many polls.

A real `flait daemon run` under an accelerated clock, looked at from outside. Only its shortest tick is made shorter:
at the product's own five a second, ten thousand polls would take four minutes.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil

from flait.app import App
from flait.clock import SHORTEST_TICK
from flait.sandbox.records import stamp
from flait.store.connection import sqlite3
from scripts.bench_home import START, follow, home, provider
from scripts.bench_report import Line

TICK = 0.03  # seconds, real
DAEMON = f"""
import sys
import flait.running.runs
flait.running.runs.SHORTEST_TICK = {TICK}
from flait.cli import run
sys.exit(run(["daemon", "run", "--quiet"]))
"""
COUNTS = "SELECT coalesce(sum(polls), 0), (SELECT count(sid) FROM messages) FROM flights"
BARE = "import sys; sys.stdin.read()"

RATE = 400  # virtual seconds in a real one: a flight that leaves soon is asked about every 2.25 s
FLIGHTS = 500
DEPARTS = START + timedelta(hours=4)
WARM, MANY = 2_000, 10_000  # polls
IDLE = 4.0  # seconds, real: some hundred ticks that find nothing
PATIENCE = 150.0  # seconds, real, for all the polls
LOOK_EVERY = 0.2  # seconds, real
MOST_MB, MOST_GROWTH_MB = 90, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Resident memory after so many polls and texts taken by Twilio."""

    polls: int
    texts: int
    mb: float


def measure() -> Iterator[Line]:
    """Idle, after ten thousand polls, and what lies between two thousand and ten thousand."""
    with home() as place, provider(DEPARTS) as address:
        clock = f"{stamp(START)},{time.time()},{RATE}"
        env = place.env(provider=address, FLAIT_CLOCK=clock)
        App(env).store().close()  # made before the daemon is there, so that its count can be read
        with _daemon(env) as daemon:
            _pause(IDLE)
            idle = _seen(daemon, place.database)
            follow(App(env), FLIGHTS)
            warm = _after(WARM, daemon, place.database)
            many = _after(MANY, daemon, place.database)
    yield from _lines(idle, warm, many)


@contextmanager
def _daemon(env: Mapping[str, str]) -> Iterator[psutil.Process]:
    command = [sys.executable, "-c", DAEMON]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield psutil.Process(process.pid)
            process.terminate()
            process.wait(20)
        finally:
            process.kill()


def _after(polls: int, daemon: psutil.Process, database: Path) -> Seen:
    """What is seen once so many polls are done, or when patience ends."""
    ends = time.monotonic() + PATIENCE * polls / MANY
    seen = _seen(daemon, database)
    while seen.polls < polls and time.monotonic() < ends:
        _pause(LOOK_EVERY)
        seen = _seen(daemon, database)
    return seen


def _seen(daemon: psutil.Process, database: Path) -> Seen:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        polls, texts = connection.execute(COUNTS).fetchone()
    return Seen(polls=polls, texts=texts, mb=daemon.memory_info().rss / 1e6)


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def _bare_mb() -> float:
    with subprocess.Popen([sys.executable, "-c", BARE], stdin=subprocess.PIPE) as process:
        _pause(0.5)  # it is up, and waits for its input
        return float(psutil.Process(process.pid).memory_info().rss / 1e6)


def _lines(idle: Seen, warm: Seen, many: Seen) -> Iterator[Line]:
    bare = _bare_mb()
    reached = many.polls >= MANY
    for name, seen, how in (
        ("daemon: memory, idle", idle, f"{IDLE:g} s after its start, with nothing to watch"),
        (f"daemon: memory, {many.polls:,} polls", many, f"{FLIGHTS} flights watched and {many.texts} texts sent"),
    ):
        yield Line(
            measure=name,
            figure=f"{seen.mb:.0f} MB",
            reference=f"bare interpreter: {bare:.0f} MB",
            ratio=seen.mb / bare,
            goal=f"≤ {MOST_MB} MB",
            met=seen.mb <= MOST_MB,
            how=f"resident, seen from outside: {how}. A real `flait daemon run` with a clock {RATE} times as fast, and "
            f"its shortest tick {TICK * 1000:g} ms where the product has {SHORTEST_TICK * 1000:g}.",
        )
    growth = many.mb - warm.mb
    yield Line(
        measure=f"daemon: growth, polls {warm.polls:,} to {many.polls:,}",
        figure=f"{growth:+.1f} MB",
        reference=f"{warm.mb:.0f} MB",
        ratio=many.mb / warm.mb,
        goal=f"≤ {MOST_GROWTH_MB} MB from {WARM:,} to {MANY:,}",
        met=growth <= MOST_GROWTH_MB and reached,
        how="the same daemon" + ("." if reached else f"; only so many polls were done in {PATIENCE:.0f} s."),
    )
