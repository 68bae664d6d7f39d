"""Random flights before: a plane that is late, makes up for it, is swapped or never comes, for a flight that hardly moves.

`python -m tests.torture.planes [--lives N] [--first SEED]` plays some and says what was wrong.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from flait.core.values import replace
from tests.torture.lives import Verdict, scored, verdict
from tests.torture.lives_planes import with_plane
from tests.torture.lives_play import Played, staged
from tests.torture.lives_world import HOUR, MINUTE, PLACES, ZONES, Follower, Leg, Life, Page, shifted
from tests.torture.score import Score, Size
from tests.torture.seeds import by_seeds

CUT, FULL = 30, 2_500
KNOWN_BEFORE: Final = 47 * HOUR


def run(folder: Path, size: Size) -> Score:
    """That many flights with a plane; their traveler never keeps a word of it that is not so."""
    return by_seeds("planes", judged, folder, range(size.of(cut=CUT, full=FULL)), size)


def judged(folder: Path, seeds: Sequence[int]) -> Score:
    """Some of them."""
    return scored("planes", played(folder, seeds))


def played(folder: Path, seeds: Sequence[int]) -> Iterator[tuple[Played, Verdict]]:
    """Each played, and what was wrong with it."""
    with staged(folder, "planes") as stage:
        for seed in seeds:
            one = stage.play(life(seed))
            yield one, list(verdict(one))


def life(seed: int) -> Life:
    """A flight that leaves as it is scheduled, or a little later; one traveler, long before."""
    rng = Random(f"planes {seed}")
    origin, destination = rng.sample(sorted(PLACES), 2)
    leaves = datetime(2026, 3, rng.randint(3, 27), rng.randint(0, 23), rng.randrange(0, 60, 5), tzinfo=UTC)
    takes = rng.randint(90, 360) * MINUTE
    leg = Leg(
        id=f"UAL{seed}-ours", origin=origin, destination=destination,
        sched_out=leaves, sched_off=leaves + 15 * MINUTE,
        sched_on=leaves + takes - 8 * MINUTE, sched_in=leaves + takes,
    )  # fmt: skip
    pages = [Page(leaves - KNOWN_BEFORE, (leg,))]
    late = rng.choice((0, 0, 0, 25, 60, 100)) * MINUTE
    if late:
        leg = shifted(leg, late)
        said_at = leaves - rng.uniform(0.5, 3.5) * HOUR
        pages.append(Page(said_at, (leg,)))
        if rng.random() < 0.4 and said_at < leaves - 1.5 * HOUR:  # and taken back
            late = 0 * MINUTE
            leg = shifted(leg, late)
            pages.append(Page(leaves - rng.uniform(0.6, 1.4) * HOUR, (leg,)))
    pages += _flown(leg, leaves + late)
    number = f"UA{seed % 4999 + 1}"
    drawn = Life(
        seed=seed,
        number=number,
        ident=f"UAL{number[2:]}",
        pages=tuple(pages),
        followers=(Follower("traveler", leaves - rng.randint(9, 46) * HOUR),),
        ends=pages[-1].at + 30 * HOUR,
        day=leaves.astimezone(ZONES[origin]).date(),
    )
    found = with_plane(replace(drawn, seed=seed))
    return found if found.planes else with_plane(replace(drawn, seed=seed + 10_000_000))


def _flown(leg: Leg, out: datetime) -> Iterator[Page]:
    late = out - leg.leaves
    events = (
        ("out", out),
        ("off", leg.sched_off + late),
        ("on", leg.sched_on + late),
        ("in", (leg.sched_in or leg.sched_on) + late),
    )
    for event, at in events:
        leg = replace(leg, **{f"act_{event}": at})  # type: ignore[arg-type]  # the four actual times
        yield Page(at + timedelta(seconds=60), (leg,))


def main(argv: Sequence[str]) -> int:
    """Play what is asked for; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.planes")
    parser.add_argument("--lives", type=int, default=500, help="so many")
    parser.add_argument("--first", type=int, default=0, help="from this seed on")
    asked = parser.parse_args(argv)
    bad = 0
    with TemporaryDirectory() as folder:
        for one, faults in played(Path(folder), range(asked.first, asked.first + asked.lives)):
            bad += bool(faults)
            for _, fault in faults:
                print(f"{one.life.seed}: {fault}")
    print(f"{bad} of {asked.lives} were wrong")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
