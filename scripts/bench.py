"""Measure Flait, print what came out, and write it down in docs/benchmarks.md. `make bench` runs it.

A goal that is missed is told, and is no error: figures depend on the machine and on what else it does.
Takes eight minutes; nothing it starts or makes is left behind. `--quick` tries a small part of the load in one minute,
and writes nothing down.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from scripts import (
    bench_burst,
    bench_load,
    bench_memory,
    bench_polling,
    bench_restart,
    bench_startup,
    bench_ticks,
    bench_webhook,
)
from scripts.bench_report import DOCUMENT, Line, printed, write

MEASURES: Sequence[Callable[[], Iterator[Line]]] = (
    bench_startup.measure,
    bench_polling.measure,
    bench_ticks.measure,
    bench_webhook.measure,
    bench_memory.measure,
    bench_load.measure,
    bench_burst.measure,
    bench_restart.measure,
)
QUICK: Sequence[Callable[[], Iterator[Line]]] = tuple(
    partial(load.measure, quick=True) for load in (bench_load, bench_burst, bench_restart)
)


def main(*, quick: bool) -> None:
    """Measure one thing after the other, so that none disturbs another."""
    lines: list[Line] = []
    for measure in QUICK if quick else MEASURES:
        for line in measure():
            print(printed(line), flush=True)
            lines.append(line)
    if not quick:
        write(lines)
    missed = sum(line.met is False for line in lines)
    written = "" if quick else f" Written to {DOCUMENT}."
    print(f"{missed or 'No'} goal{'' if missed == 1 else 's'} missed.{written}")


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:])
