"""How long a command takes from the shell: the interpreter's own start is the reference."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from flait.app import App
from flait.clock import SystemClock
from scripts.bench_home import follow, home, provider
from scripts.bench_report import Line

RUNS = 21
SUBSCRIPTIONS = 20
FLAIT = str(Path(sys.executable).with_name("flait"))
NOTHING = (sys.executable, "-c", "pass")

COMMANDS: Sequence[tuple[tuple[str, ...], float]] = (
    # command                  how many times the bare interpreter it may take
    ((FLAIT, "--version"), 5),
    ((FLAIT, "subscriptions"), 12),
)


def measure() -> Iterator[Line]:
    """`flait --version` and `flait subscriptions`, in turns with the bare interpreter."""
    with home() as place, provider(SystemClock().now() + timedelta(hours=20)) as address:
        follow(App(place.env(provider=address)), SUBSCRIPTIONS)
        commands = [NOTHING, *(command for command, _ in COMMANDS)]
        rounds = [[_seconds(command, place.env()) for command in commands] for _ in range(RUNS)]
    bare, *taken = (median(times) for times in zip(*rounds, strict=True))
    for (command, most), seconds in zip(COMMANDS, taken, strict=True):
        yield _line(command[1], seconds, bare, most)


def _seconds(command: Sequence[str], env: Mapping[str, str]) -> float:
    begun = perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - begun


def _line(word: str, seconds: float, bare: float, most: float) -> Line:
    stored = f", with {SUBSCRIPTIONS} of them in the database" if word == "subscriptions" else ""
    return Line(
        measure=f"start-up: `flait {word}`",
        figure=f"{seconds * 1000:.0f} ms",
        reference=f"`python -c pass`: {bare * 1000:.0f} ms",
        ratio=seconds / bare,
        goal=f"≤ {most:g} times",
        met=seconds / bare <= most,
        how=f"the installed script, output piped away{stored}; median of {RUNS} runs, in turns with the reference.",
    )
