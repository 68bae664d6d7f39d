"""The stormy day as it was: a cut of `make replay`, and its judge is no judge of straw."""

from pathlib import Path

import pytest

from scripts import bench_report
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


def test_the_replay_and_the_benchmarks_write_one_page_and_each_its_own_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("# Benchmarks\n\nwhat was measured\n")
    monkeypatch.setattr(replay, "DOCUMENT", document)
    monkeypatch.setattr(bench_report, "DOCUMENT", document)

    replay.write(["some looks"], ["too many"])
    replay.write(["few looks"], [])
    bench_report.write([bench_report.Line(measure="speed", figure="1", reference="2", how="by a clock")])

    text = document.read_text()
    assert text.startswith("# Benchmarks\n\nWritten by `make bench`")
    assert text.index("| speed |") < text.index("## The replay") < text.index("few looks")
    assert "some looks" not in text
    assert "what was measured" not in text
