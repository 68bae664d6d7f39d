"""Random dialogues through the real store and flows; every answer is held against what is stored and what was meant.

`python -m tests.torture.dialogues [--dialogues N] [--first SEED]` plays some and says what was wrong, by kind;
`python -m tests.torture.dialogues --dialogue SEED` prints one: who wrote what when, the answers, the verdict.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.torture.dialogues_judge import Wrong, judged
from tests.torture.dialogues_play import Dialogue, Stage
from tests.torture.quiet import quiet
from tests.torture.rig import in_memory
from tests.torture.score import Score, Size
from tests.torture.seeds import MOST_REMARKS, by_seeds

CUT, FULL = 16, 2_000


def run(folder: Path, size: Size) -> Score:
    """That many dialogues; each text in them is owed a true answer, and what it asks for."""
    return by_seeds("dialogues", _chunk, folder, range(size.of(cut=CUT, full=FULL)), size)


def _chunk(folder: Path, seeds: Sequence[int]) -> Score:
    expected, remarks = 0, []
    with quiet():
        for dialogue, wrongs in dialogues(folder, seeds):
            expected += len(dialogue.turns)
            remarks += [f"dialogue {dialogue.seed}: {wrong.kind}: {wrong.what}" for wrong in wrongs]
    wrong = len(remarks)
    return Score(
        campaign="dialogues",
        expected=expected,
        ok=max(expected - wrong, 0),
        unexpected=wrong,
        remarks=tuple(remarks[:MOST_REMARKS]),
    )


def dialogues(folder: Path, seeds: Sequence[int]) -> Iterator[tuple[Dialogue, list[Wrong]]]:
    """Each played, and what was wrong with it."""
    with in_memory(folder) as memory:
        stage = Stage(memory / f"dialogues-{os.getpid()}.db")
        try:
            for seed in seeds:
                played = stage.play(seed)
                yield played, list(judged(played))
        finally:
            stage.close()


# --- for people -------------------------------------------------------------------------------------------------------


def printed(dialogue: Dialogue, wrongs: Sequence[Wrong]) -> str:
    """One dialogue in words."""
    lines = []
    for turn in dialogue.turns:
        late = f", read {turn.read:%a %d %H:%M}" if turn.read != turn.written else ""
        lines.append(f"{turn.written:%a %d %H:%M}{late}  {turn.who[-4:]}: {turn.said.body}  [{turn.word}]")
        lines += [f"    {body!r}" for body in turn.bodies]
    return "\n".join([*lines, "", *(f"WRONG  {wrong.kind}: {wrong.what}" for wrong in wrongs)])


def main(argv: Sequence[str]) -> int:
    """Play what is asked for; 0 when nothing was wrong."""
    asked = _parser().parse_args(argv)
    with TemporaryDirectory() as folder, quiet():
        if asked.dialogue is not None:
            [(played, wrongs)] = dialogues(Path(folder), [asked.dialogue])
            print(printed(played, wrongs))
            return bool(wrongs)
        return _many(Path(folder), range(asked.first, asked.first + asked.dialogues))


def _many(folder: Path, seeds: Sequence[int]) -> int:
    kinds: Counter[str] = Counter()
    examples: dict[str, str] = {}
    texts = 0
    for played, wrongs in dialogues(folder, seeds):
        texts += len(played.turns)
        for wrong in wrongs:
            kinds[wrong.kind] += 1
            examples.setdefault(wrong.kind, f"dialogue {played.seed}: {wrong.what}")
    for kind, count in kinds.most_common():
        print(f"{count:6}  {kind}\n        {examples[kind]}")
    print(f"{kinds.total()} of {texts} texts in {len(seeds)} dialogues were answered wrongly")
    return bool(kinds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture.dialogues")
    parser.add_argument("--dialogues", type=int, default=200, help="so many")
    parser.add_argument("--first", type=int, default=0, help="from this seed on")
    parser.add_argument("--dialogue", type=int, help="this one alone, in words")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
