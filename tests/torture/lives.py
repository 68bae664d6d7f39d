"""Random published lives of flights, each played through the real store and flows, and judged by the words people got.

`python -m tests.torture.lives [--lives N] [--first SEED] [--show KIND]` plays some and says what was wrong, by kind;
`python -m tests.torture.lives --life SEED` prints one: its script, the looks, the texts, the verdict.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.torture.lives_dark import darkened
from tests.torture.lives_flying import life
from tests.torture.lives_oracle import Fault, Judge
from tests.torture.lives_pace import too_seldom
from tests.torture.lives_planes import judged as plane_judged
from tests.torture.lives_planes import with_plane
from tests.torture.lives_play import OTHER_LEG, Heart, Played, staged
from tests.torture.lives_truth import sights
from tests.torture.lives_world import script
from tests.torture.score import Score, Size
from tests.torture.seeds import MOST_REMARKS, by_seeds

CUT, FULL = 40, 8_000
COUNTED: Final = {"lost": "lost", "late": "lost", "twice": "dup"}  # anything else is unexpected


def run(folder: Path, size: Size) -> Score:
    """That many lives; each person who follows one is owed a true last word."""
    return by_seeds("lives", judged, folder, range(size.of(cut=CUT, full=FULL)), size)


def judged(folder: Path, seeds: Sequence[int]) -> Score:
    """Some of them."""
    return scored("lives", lives(folder, seeds))


def scored(campaign: str, found: "Iterable[tuple[Played, Verdict]]") -> Score:
    """What came of these lives, counted."""
    counts: Counter[str] = Counter()
    remarks = []
    for played, faults in found:
        followed = len([heart for heart in played.hearts if heart.texts])
        counts["expected"] += max(followed, 1)
        wrong = {number for number, _ in faults}
        counts["ok"] += max(followed, 1) - len(wrong)
        remarks += [f"life {played.life.seed}: {fault}" for fault in {f.kind + f.about: f for _, f in faults}.values()]
        for number in wrong:
            first = next(fault for one, fault in faults if one == number)
            counts[COUNTED.get(first.kind, "unexpected")] += 1
    return Score(campaign=campaign, remarks=tuple(remarks[:MOST_REMARKS]), **counts)


Verdict = list[tuple[int, Fault]]


def lives(folder: Path, seeds: Sequence[int], *, journal: bool = False) -> Iterator[tuple[Played, Verdict]]:
    """Each life played, and what was wrong: with whom (their number), and what."""
    with staged(folder, f"lives-{os.getpid()}") as stage:
        for seed in seeds:
            played = stage.play(darkened(with_plane(life(seed))), journal=journal)
            yield played, list(verdict(played))


def verdict(played: Played) -> Iterator[tuple[int, Fault]]:
    """What was wrong with a life that was played."""
    if played.trouble:
        yield 0, Fault("unexpected", played.trouble.split(":")[0], played.life.ends, played.trouble)
    seen = list(sights(played.looks))
    if not any(OTHER_LEG in heart.refused for heart in played.hearts):  # else the looks are those at two flights
        yield from ((0, fault) for fault in too_seldom(seen))
    yield from plane_judged(played)
    for number, heart in enumerate(played.hearts):
        if heart.refused:
            continue
        judge = Judge(
            life=played.life, who=heart.who, sights=seen, texts=heart.texts, closed_at=played.closed_at, lost=heart.lost
        )
        yield from ((number, fault) for fault in judge.judged())


# --- for people -------------------------------------------------------------------------------------------------------


def printed(played: Played, faults: Verdict) -> str:
    """One life in words."""
    lines = [*script(played.life), "", "looks:"]
    for look in played.looks:
        shown = ", ".join(f"{leg.of} {leg.id}" for leg in look.shown) or look.fault or "nothing"
        lines.append(f"  {look.at:%a %d %H:%M:%S}  {'asked for: ' if look.asked else ''}{shown}")
    lines += [f"  {look.at:%a %d %H:%M:%S}  the plane" for look in played.plane_looks]
    lines.append(f"  {played.closed_at or 'never'}: the watch ends")
    for number, heart in enumerate(played.hearts):
        lines += ["", f"the {heart.who.role}'s texts:{' ' + heart.refused if heart.refused else ''}", *_texts(heart)]
        lines += [f"  WRONG  {fault}" for one, fault in faults if one == number]
    return "\n".join([*lines, "", *(f"  {line}" for line in played.journal)])


def _texts(heart: Heart) -> Iterator[str]:
    for text in heart.texts:
        written = "" if text.at == text.written_at else f" (written {text.written_at:%H:%M:%S})"
        yield f"  {text.at:%a %d %H:%M:%S}{written}  {text.body}"
        yield f"      tells {', '.join(f'{name} {value}' for name, value in text.tells.items())}"


def main(argv: Sequence[str]) -> int:
    """Play what is asked for; 0 when nothing was wrong."""
    asked = _parser().parse_args(argv)
    with TemporaryDirectory() as folder:
        if asked.life is not None:
            [(played, faults)] = lives(Path(folder), [asked.life], journal=asked.journal)
            print(printed(played, faults))
            return bool(faults)
        return _many(Path(folder), range(asked.first, asked.first + asked.lives), asked.show)


def _many(folder: Path, seeds: Sequence[int], show: str) -> int:
    kinds: Counter[str] = Counter()
    examples: dict[str, str] = {}
    bad = people = 0
    for played, faults in lives(folder, seeds):
        people += len([heart for heart in played.hearts if heart.texts])
        bad += bool(faults)
        for kind in {f"{fault.kind}: {fault.about}" for _, fault in faults}:
            kinds[kind] += 1
        for _, fault in faults:
            examples.setdefault(f"{fault.kind}: {fault.about}", f"life {played.life.seed}: {fault}")
            if show and show in f"{fault.kind}: {fault.about}":
                print(f"life {played.life.seed}: {fault}")
    for kind, count in sorted(kinds.items(), key=lambda one: (-one[1], one[0])):
        print(f"{count:6}  {kind}\n        {examples[kind]}")
    print(f"{bad} of {len(seeds)} lives were wrong; {people} people followed them")
    return bool(bad)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture.lives")
    parser.add_argument("--lives", type=int, default=1000, help="so many")
    parser.add_argument("--first", type=int, default=0, help="from this seed on")
    parser.add_argument("--life", type=int, help="this one alone, in words")
    parser.add_argument("--journal", action="store_true", help="with what Flait noted itself")
    parser.add_argument("--show", default="", help="every fault of this kind")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
