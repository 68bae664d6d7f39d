"""docs/replies.md agrees with the program: every example is what Flait answers, and every command has one."""

import re
from pathlib import Path

import pytest

from flait.core.replies.understanding import Ok, understand
from flait.flows.answer import COMMANDS
from flait.store import Store
from tests.core.flights_for_tests import F12, NOON, hours, minutes
from tests.flows.talk import TOMORROW, Talk, flies
from tests.flows.world import World

PAGE = (Path(__file__).parent.parent / "docs" / "replies.md").read_text(encoding="utf-8")
ROWS = [
    (re.findall(r"`([^`]+)`", row[1]), row[2].strip()) for row in re.finditer(r"^\| (`.+`) \| (.+) \|$", PAGE, re.MULTILINE)
]  # fmt: skip


@pytest.mark.parametrize(("said", "answered"), ROWS, ids=[", ".join(said) for said, _ in ROWS])
def test_the_example_of_a_command_is_what_flait_answers(tmp_path: Path, said: list[str], answered: str) -> None:
    with Store.open(tmp_path / "flait.db") as store:
        talk = Talk(World(path=tmp_path / "flait.db", store=store), pause=minutes(0))
        talk.tracks(F12)
        talk.world.source.board = [F12, TOMORROW]
        talk.world.source.timetable = [flies("2468", hours(3)), flies("1580", hours(5)), flies("9", hours(20))]
        talk.world.clock.moment = NOON + minutes(10)
        bodies = [talk.says(body) for body in said][-1]

    assert [body.replace("\n", " / ") for body in bodies] == (
        [] if answered == "*nothing*" else answered.split(" *and* ")
    )


def test_every_command_has_its_example() -> None:
    meant = {type(understand(said)) for bodies, _ in ROWS for said in bodies}

    assert COMMANDS.keys() - {Ok} <= meant
