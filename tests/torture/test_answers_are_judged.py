"""Flait broken as it once was: the judge of dialogues sees each false answer, and none where Flait is whole."""

import logging
from pathlib import Path

import pytest

from tests.torture.broken_answers import BROKEN
from tests.torture.dialogues import dialogues

FROM = {  # where the first that shows it was found; it may have to be looked for further on
    "an option stands for a row": 340,
    "an hour that comes twice comes once": 153,
    "a flight is not named by a day that is past": 55,
    "one of two departures is not followed again": 20,
    "all are unmuted where one is not": 17,
    "all are muted until then, and one for longer": 12,
    "a text answers what was asked after it": 5,
}
FURTHER = 300


@pytest.mark.parametrize("name", BROKEN)
def test_the_judge_of_dialogues_sees_what_is_broken(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "flait")
    first = FROM.get(name, 0)
    with BROKEN[name]():
        assert any(wrongs for _, wrongs in dialogues(tmp_path, range(first, first + FURTHER)))
    assert [wrongs for _, wrongs in dialogues(tmp_path, [first])] == [[]]
