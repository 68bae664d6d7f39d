"""Campaigns that play what a seed says: the seeds in parts, beside each other where there are many."""

import multiprocessing
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from flait.core.values import replace
from tests.torture.score import Score, Size

PROCESSES: Final = 2
CHUNK: Final = 250
MOST_REMARKS: Final = 20


def by_seeds(
    campaign: str, judge: Callable[[Path, Sequence[int]], Score], folder: Path, seeds: range, size: Size
) -> Score:
    """What `judge` says of all those seeds together."""
    chunks = [(folder, seeds[at : at + CHUNK]) for at in range(0, len(seeds), CHUNK)]
    if size is Size.CUT:
        scores = [judge(*chunk) for chunk in chunks]
    else:
        with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
            scores = pool.starmap(judge, chunks)
    total = sum(scores, Score(campaign=campaign))
    return replace(total, remarks=total.remarks[:MOST_REMARKS])
