"""Why a daemon did not come up, as `flait daemon start` says it."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flait.commands.running import _last_word


@contextmanager
def full_disk() -> Iterator[None]:
    """No file gets longer, as on a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path / "daemon.out"


@pytest.mark.parametrize("before", ["", "error: the di"])
def test_what_a_daemon_could_not_say_on_a_full_disk_is_said_for_it(output: Path, before: str) -> None:
    output.write_text(before)
    with full_disk():
        problem = _last_word(output)

    assert (problem.code, problem.exit_code) == ("database", 1)
    assert str(problem) == f"the disk of {output} is full; free some space, then try again"
    assert output.read_text() == before


def test_what_a_daemon_said_last_is_why_it_ended(output: Path) -> None:
    output.write_text("warning: first\nerror: the database is damaged; restore a backup\n")

    assert str(_last_word(output)) == "the database is damaged; restore a backup"
    assert output.read_text().endswith("restore a backup\n")


def test_a_daemon_that_said_nothing_can_be_seen_by_hand(output: Path) -> None:
    assert str(_last_word(output)) == (
        "the daemon ended at once and said nothing; `flait daemon run` shows what it does"
    )
