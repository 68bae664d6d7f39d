"""What was measured becomes a table for the terminal and for docs/benchmarks.md. It measures nothing itself."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flait.store.connection import sqlite3
from flait.store.opening import JOURNAL

DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
REPLAY = "## The replay"  # from here on it is written by `make replay`
COLUMNS = ("measure", "figure", "reference", "ratio", "goal", "met?")

HEAD = """\
# Benchmarks

Written by `make bench`, from "The replay" on by `make replay`; every reference was measured in the same run, on the
same machine. The ratios say more than the figures: they hold on another machine too.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: a figure against a reference. `met` None: no goal is set; `how` is for those who read the table."""

    measure: str
    figure: str
    reference: str
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None
    how: str

    def cells(self) -> tuple[str, ...]:
        """The row's texts, in the order of COLUMNS."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        return (self.measure, self.figure, self.reference, ratio, self.goal, met)


def printed(line: Line) -> str:
    """One row on a terminal."""
    measure, figure, reference, ratio, goal, met = line.cells()
    against = f"against {reference}" + (f", ratio {ratio}" if ratio else "")
    verdict = f"goal {goal}: {met.strip('*')}" if goal else "no goal"
    return f"  {measure}: {figure} {against}; {verdict}"


def write(lines: Sequence[Line]) -> None:
    """Rewrite the document, up to the part of `make replay`."""
    rows = [COLUMNS, tuple("---" for _ in COLUMNS), *(line.cells() for line in lines)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    how = "\n".join(f"- **{line.measure}**: {line.how}" for line in lines)
    _, replay, figures = DOCUMENT.read_text().partition(f"\n{REPLAY}\n")
    text = f"{HEAD}\n{_setting()}\n\n{table}\n\n## How each is measured\n\n{how}\n"
    DOCUMENT.write_text(text + replay + figures)


def _setting() -> str:
    facts = {
        "Date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Machine": f"{os.cpu_count()} cores, {_processor()}; load average {os.getloadavg()[0]:.1f} at the end",
        "Python": f"{platform.python_implementation()} {platform.python_version()}, {platform.system()}",
        "SQLite": f"{sqlite3.sqlite_version} ({sqlite3.__name__}), journal mode {JOURNAL}, synchronous FULL",
    }
    return "\n".join(f"- {name}: {text}" for name, text in facts.items())


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
