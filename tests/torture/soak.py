"""Tries to make Flait lose, repeat or invent a text in the long run: 30 days of flights with trouble every few hours.

200 flights a day and 5 people each, in two processes with half of the flights each and a database of their own: one
goes over the end of summer time on both sides of the Atlantic, the other over the end of the year. The clock steps
from one due moment to the next; Flait's flows are called as its daemon calls them, on a real file. What everybody
must have been told is worked out from the flights' script alone (soak_model.py). Memory, descriptors and the
database must be as big at the end as they were after five days.
"""

import multiprocessing
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial, reduce
from operator import add
from pathlib import Path

from tests.torture.quiet import quiet
from tests.torture.score import Score, Size
from tests.torture.soak_days import Days
from tests.torture.soak_model import Verdict, judge, judge_replies, problems_of

NAME = "soak"
MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """What one process goes through."""

    seed: int
    begins: datetime
    days: int
    flights: int  # a day


AUTUMN = datetime(2026, 10, 14, tzinfo=UTC)  # Europe's clocks change on the 25th, America's on 1 November
WINTER = datetime(2026, 12, 11, tzinfo=UTC)
FULL = (Half(seed=1, begins=AUTUMN, days=30, flights=100), Half(seed=2, begins=WINTER, days=30, flights=100))
CUT = Half(seed=17, begins=datetime(2026, 10, 31, tzinfo=UTC), days=2, flights=25)


def run(folder: Path, size: Size) -> Score:
    """All of it, or a day with a few flights."""
    if size is Size.CUT:
        return soak(folder, CUT)
    with ProcessPoolExecutor(len(FULL), mp_context=multiprocessing.get_context("spawn")) as pool:
        halves: Sequence[Score] = list(pool.map(soak, [folder / str(half.seed) for half in FULL], FULL))
    return reduce(add, halves)


def soak(folder: Path, half: Half) -> Score:
    """One process's part. Its database is in memory where the system has a place for that; its backups stay."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else folder) as fast:
        score = _soak(Path(fast), half)
        shutil.copytree(Path(fast), folder / "left", dirs_exist_ok=True)
    return score


def _soak(folder: Path, half: Half) -> Score:
    verdict = Verdict()

    days = Days(
        folder=folder,
        seed=half.seed,
        begins=half.begins,
        days=half.days,
        numbers=range(1000, 1000 + half.flights),
        judge=partial(judge, verdict),
        judge_replies=partial(judge_replies, verdict),
    )
    with quiet():
        days.run()
    for problem in problems_of(days):
        verdict.wrong(problem)
    return Score(
        campaign=NAME,
        expected=verdict.expected,
        ok=verdict.ok,
        lost=verdict.lost,
        dup=verdict.dup,
        unexpected=verdict.unexpected,
        in_doubt=verdict.in_doubt,
        resolved=verdict.resolved,
        remarks=(*verdict.remarks, *_figures(days, verdict)),
    )


def _figures(days: Days, verdict: Verdict) -> Sequence[str]:
    first, last = days.samples[min(5, len(days.samples) - 1)], days.samples[-1]
    sizes = " ".join(f"{sample.size / 1e6:.0f}" for sample in days.samples)
    owed = ", ".join(f"{fact} {times}" for fact, times in sorted(verdict.owed.items()))
    return (
        f"seed {days.seed}: {days.polls} polls, {verdict.texts} texts, {days.restarts} restarts, {days.kills} kills",
        f"seed {days.seed}: owed {owed}",
        f"seed {days.seed}: memory {first.rss / 1e6:.1f} to {last.rss / 1e6:.1f} MB, {last.fds} descriptors, MB a day: {sizes}",
    )
