"""How soon a daemon that was killed sends again: from its next start to the first text that arrives at Twilio.

Real processes, real sockets, SIGKILL in the middle of a backlog; when a text arrived is read from the other end.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from statistics import median, quantiles
from threading import Event

from flait.app import App
from scripts.bench_burst import PAUSE, daemon, ledger, queue
from scripts.bench_home import START, home, provider
from scripts.bench_report import Line

TRIALS = 40
QUICK_TRIALS = 5
PEOPLE, EACH = 500, 10  # more than all trials can send
PATIENCE = 30.0  # seconds, real
LOOK_EVERY = 0.02  # seconds, real
MOST = 5.0  # seconds
NOTHING = (sys.executable, "-c", "pass")


def measure(*, quick: bool = False) -> Iterator[Line]:
    """The 99th percentile; the bare interpreter's start is the reference."""
    trials = QUICK_TRIALS if quick else TRIALS
    with home() as place, provider(START, "--pause", str(PAUSE)) as address:
        env = place.env(provider=address)
        queue(App(env), PEOPLE, EACH)
        rounds = [(_started(), _resumed(env, address)) for _ in range(trials + 1)][1:]  # nobody was killed before
    bare, resumed = zip(*rounds, strict=True)
    p50, p99 = median(resumed), quantiles(resumed, n=100, method="inclusive")[98]
    yield Line(
        measure="restart: to the first text",
        figure=f"p99 {p99:.2f} s, median {p50:.2f} s",
        reference=f"`python -c pass`: {median(bare) * 1000:.0f} ms",
        ratio=p50 / median(bare),
        goal=f"p99 ≤ {MOST:g} s",
        met=p99 <= MOST,
        how=f"a real daemon with {PEOPLE * EACH:,} texts in line is killed with SIGKILL as soon as one has arrived, "
        f"and started anew: {trials} times, from the start of the process to the first text's arrival; the database "
        "on a disk.",
    )


def _started() -> float:
    begun = time.monotonic()
    subprocess.run(NOTHING, check=True)
    return time.monotonic() - begun


def _resumed(env: Mapping[str, str], address: str) -> float:
    """Seconds from the start of a daemon to its first text; it is killed then."""
    before = len(ledger(address))
    begun = time.monotonic()
    with daemon(env):
        while len(arrived := ledger(address)) <= before:
            if time.monotonic() > begun + PATIENCE:
                return PATIENCE
            Event().wait(LOOK_EVERY)
    return arrived[before][0] - begun
