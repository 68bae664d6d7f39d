"""The stormy day as it was: a cut of `make replay`, and its judge is no judge of straw."""

from pathlib import Path

from tests.torture import replay
from tests.torture.replay import WORST, broken, replayed


def test_the_stormy_day_is_told_well_to_everybody(tmp_path: Path) -> None:
    figures = replayed(tmp_path, 40)

    assert figures.flights == 40
    assert figures.faults == {}
    assert max(max(texts) for texts in figures.texts.values()) <= WORST
    assert all(figures.texts[role] for role in replay.ROLES)
    assert min(len(figures.cancelled), len(figures.delayed)) > 3


def test_too_many_texts_are_seen() -> None:
    figures = replay.Figures(flights=1)
    figures.on_time["traveler"] = [5, 5, 4]
    figures.texts["meeter"] = [13]
    assert [line.split(" brings ")[0] for line in broken(figures)] == [
        "an on-time flight",
        "the worst flight brought 13 texts, more than 12",
    ]
