"""Flait broken as it once was: the judge of dialogues sees each false answer, and none where Flait is whole."""

import logging
from pathlib import Path

import pytest

from tests.torture.broken_answers import BROKEN
from tests.torture.dialogues import dialogues

FROM = {  # where the first that shows it was found; it may have to be looked for further on
    "an option stands for a row": 343,
    "an hour that comes twice comes once": 159,
    "a flight is not named by a day that is past": 153,
    "all are unmuted where one is not": 30,
    "all are muted until then, and one for longer": 29,
    "a text answers what was asked after it": 22,
    "one of two departures is not followed again": 20,
    "an invitation is to a row": 18,
    "one is unmuted where all are muted": 14,
    "UNTRACK and UNDO lose a mute": 4,
    "UNDO mutes again what was unmuted": 2,
    "the list has the hour of the day after": 2,
}
FURTHER = 300


pytestmark = pytest.mark.timeout(600)  # seconds of work in one test, and perhaps a machine that does much else


@pytest.mark.parametrize("name", BROKEN)
def test_the_judge_of_dialogues_sees_what_is_broken(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "flait")
    first = FROM.get(name, 0)
    with BROKEN[name]():
        assert any(wrongs for _, wrongs in dialogues(tmp_path, range(first, first + FURTHER)))
    assert [wrongs for _, wrongs in dialogues(tmp_path, [first])] == [[]]
