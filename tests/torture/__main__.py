"""`python -m tests.torture [CAMPAIGN …]`: all campaigns in full, two at a time, a line each and one for all.

Leaves with 1 when a promise was not kept. What went wrong stands below the line of its campaign, and what the
campaign made is kept for a look.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import reduce
from operator import add
from pathlib import Path

import msgspec

from tests.torture.campaigns import CAMPAIGNS, run
from tests.torture.canaries import leaked_below
from tests.torture.score import Score, Size

AT_ONCE = 2  # cores that are promised to be enough
TOTAL = "total"


def main(argv: Sequence[str]) -> int:
    """Run what is asked for; 0 when every promise was kept."""
    asked = _parser().parse_args(argv)
    if asked.only:
        [name] = asked.campaigns
        print(msgspec.json.encode(run(name, asked.only, Size.FULL)).decode())
        return 0
    folder = Path(tempfile.mkdtemp(prefix="flait-torture-"))
    scores = list(_told(asked.campaigns or list(CAMPAIGNS), folder))
    leaks = leaked_below(folder)
    searched = Score(campaign=TOTAL, leaks=len(leaks), remarks=tuple(leaks))
    total = reduce(add, scores, searched)
    for remark in leaks:
        print(f"  {remark}")
    print(total.line(), flush=True)
    if all(score.clean for score in scores) and not leaks:
        shutil.rmtree(folder)
        return 0
    print(f"a promise was not kept; what was made is in {folder}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("campaigns", nargs="*", choices=[*CAMPAIGNS, []], metavar="CAMPAIGN")
    parser.add_argument(
        "--only", type=Path, metavar="FOLDER", help="run one campaign here, and print its score as JSON"
    )
    return parser


def _told(names: Sequence[str], folder: Path) -> Iterator[Score]:
    """Each campaign in a process of its own, its line printed as soon as it is over."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = [pool.submit(_in_process, name, folder / name) for name in names]
        for done in as_completed(running):
            score = done.result()
            print(score.line(), *score.remarks, sep="\n  ", flush=True)
            yield score


def _in_process(name: str, folder: Path) -> Score:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.torture", name, "--only", str(folder)]
    with (folder / "stderr.txt").open("w") as said:  # what the product logs meanwhile
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=said, text=True, check=False)
    try:
        return msgspec.json.decode(ran.stdout.splitlines()[-1], type=Score)
    except (IndexError, msgspec.DecodeError):
        return Score(campaign=name, expected=1, unexpected=1, remarks=(f"it ended with {ran.returncode}",))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
