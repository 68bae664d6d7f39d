"""Measure Flait, print what came out, and write it down in docs/benchmarks.md. `make bench` runs it.

A goal that is missed is told, and is no error: figures depend on the machine and on what else it does.
Takes three minutes; nothing it starts or makes is left behind.
"""

from collections.abc import Callable, Iterator, Sequence

from scripts import bench_memory, bench_polling, bench_startup, bench_ticks, bench_webhook
from scripts.bench_report import DOCUMENT, Line, printed, write

MEASURES: Sequence[Callable[[], Iterator[Line]]] = (
    bench_startup.measure,
    bench_polling.measure,
    bench_ticks.measure,
    bench_webhook.measure,
    bench_memory.measure,
)


def main() -> None:
    """Measure one thing after the other, so that none disturbs another."""
    lines: list[Line] = []
    for measure in MEASURES:
        for line in measure():
            print(printed(line), flush=True)
            lines.append(line)
    write(lines)
    missed = sum(line.met is False for line in lines)
    print(f"{missed or 'No'} goal{'' if missed == 1 else 's'} missed. Written to {DOCUMENT}.")


if __name__ == "__main__":
    main()
