"""An empty home, the command line that lives there, and its database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flait.store import Store
from flait.system import redaction
from tests.doors.command_line import CommandLine


@pytest.fixture
def flait(tmp_path: Path) -> CommandLine:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return CommandLine(home)


@pytest.fixture
def store(flait: CommandLine) -> Iterator[Store]:
    with Store.open(flait.database) as store:
        yield store


@pytest.fixture(autouse=True)
def nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of the command line knows the secrets that it read itself, and no other test's."""
    monkeypatch.setattr(redaction, "seen", redaction.Redactor())
