"""`flait sandbox` and `flait help`: trying things by hand, and reading how."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flait.commands import helping
from flait.system.lock import daemon_of
from tests.doors.command_line import ROOT, CommandLine

README = (ROOT / "README.md").read_text(encoding="utf-8")


class Pasted:
    """A terminal into which what the sandbox printed was pasted."""

    def __init__(self, folder: Path) -> None:
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        self.sandbox = subprocess.Popen(
            [sys.executable, "-m", "flait", "sandbox"],
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.sandbox.stdout
        assert self.sandbox.stderr
        self.addresses = json.loads(self.sandbox.stdout.readline())
        self.said = "".join(iter(self.sandbox.stderr.readline, self._last()))
        for line in re.findall(r"^ +export (.+)$", self.said, flags=re.MULTILINE):
            self.env |= dict(word.split("=", 1) for word in shlex.split(line))

    @staticmethod
    def _last() -> str:
        return "Ctrl-C here stops it; `flait daemon stop` there the daemon.\n"

    def flait(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flait", *words]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def pasted(tmp_path: Path) -> Iterator[Pasted]:
    terminal = Pasted(tmp_path)
    yield terminal
    terminal.flait("daemon", "stop")
    terminal.sandbox.terminate()
    terminal.sandbox.communicate(timeout=30)


def test_what_the_sandbox_prints_is_all_it_takes_and_the_readmes_first_example_works(
    pasted: Pasted, tmp_path: Path
) -> None:
    example = next(line.split()[1:] for line in README.splitlines() if line.startswith("    flait subscribe "))
    assert example == ["subscribe", "UA123", "+15555550100", "--name", "Ana"]

    assert pasted.flait("secrets", "test").returncode == 0
    started, subscribed = pasted.flait("daemon", "start", "--wait", "60"), pasted.flait(*example)
    asked = (pasted.flait("sandbox", "text", "+15555550100", "STATUS") for _ in range(5))  # a busy machine answers late
    answer = next((each for each in asked if each.stdout), None)

    assert (started.returncode, "warning" in started.stderr) == (0, False)
    assert subscribed.returncode == 0
    assert "Ana follows UA123 of" in subscribed.stderr
    assert answer
    assert "UA123 JFK-LAX" in answer.stdout
    assert daemon_of(Path(pasted.env["FLAIT_HOME"], "flait.db"))
    assert not (tmp_path / ".config").exists()
    assert not (tmp_path / ".local" / "share" / "flait" / "flait.db").exists()


def test_the_flights_of_the_sandbox_are_listed_with_what_happens_to_them(flait: CommandLine) -> None:
    listed = flait("sandbox", "flights", "--day", "2013-03-08")
    as_json = flait("sandbox", "flights", "--day", "2013-03-08", "--json").json

    assert listed.code == 0
    assert ["DL781", "LGA-ATL", "Fri 8 Mar 12:59 EST", "cancelled"] in listed.table
    assert "The snow falls on 2013-03-08" in listed.err
    assert {flight["kind"] for flight in as_json["flights"]} == {
        "delayed", "cancelled", "diverted", "gate change", "on time",
    }  # fmt: skip
    assert (as_json["day"], as_json["flights"][0].keys()) == (
        "2013-03-08",
        {"ident", "ident_iata", "origin", "destination", "scheduled_out", "scheduled_in", "kind"},
    )


def test_only_flights_that_are_still_to_leave_are_offered(flait: CommandLine) -> None:
    late = flait("sandbox", "flights", "--day", "2013-03-07")
    assert (late.code, late.table) == (0, [])
    assert late.err.startswith("40 more have left.")


# Help


@pytest.mark.parametrize("page", sorted(page.stem for page in (ROOT / "docs").glob("*.md")))
def test_every_page_can_be_read(flait: CommandLine, page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")

    assert flait("help", page).out == text
    assert [page, text.partition("\n")[0].lstrip("# ")] in flait("help").table


@pytest.mark.parametrize("typed", [("OPERATING",), ("operating.md",), ("docs/operating.md",), ("operating#backups",)])
def test_a_page_is_found_as_it_is_named_elsewhere(flait: CommandLine, typed: tuple[str, ...]) -> None:
    assert flait("help", *typed).out.startswith("# Operating")


def test_what_is_said_of_a_command_is_shown_alone(flait: CommandLine) -> None:
    start, group = flait("help", "daemon", "start").out, flait("help", "flait", "backup").out

    assert start.startswith("### `flait daemon start`")
    assert "### `flait daemon stop`" not in start
    assert [line for line in group.splitlines() if line.startswith("### ")] == [
        "### `flait backup create [FILE]`", "### `flait backup list`", "### `flait backup restore FILE`",
    ]  # fmt: skip


def test_a_command_in_quotes_is_one_in_words(flait: CommandLine) -> None:
    assert flait("help", "daemon start").out == flait("help", "daemon", "start").out != ""
    assert flait("help", "flait user  add").out == flait("help", "user", "add").out != ""


@pytest.mark.parametrize("name", ["README", "CHANGELOG", "readme.md"])
def test_the_pages_beside_the_documentation_are_read_too(flait: CommandLine, name: str) -> None:
    file = (ROOT / name.removesuffix(".md").upper()).with_suffix(".md")
    assert flait("help", name).out == file.read_text(encoding="utf-8")
    assert name.removesuffix(".md").lower() in [row[0] for row in flait("help").table]


@pytest.mark.parametrize(
    ("typed", "meant"), [("statsu", "status"), ("operatin", "operating"), ("daemon strat", "daemon start")]
)
def test_what_may_have_been_meant_is_said_and_is_a_page(flait: CommandLine, typed: str, meant: str) -> None:
    assert f"; did you mean `flait help {meant}`? `flait help`" in flait("help", typed).refused(7)
    assert flait("help", *meant.split()).code == 0


def test_a_decision_is_found_by_its_number(flait: CommandLine) -> None:
    assert flait("help", "7").out.startswith("# 7. Where secrets live")


@pytest.mark.parametrize("typed", ["nosuch", "999", "", "../pyproject"])
def test_what_is_no_page_is_refused(flait: CommandLine, typed: str) -> None:
    assert flait("help", typed).refused(7).endswith("`flait help` lists the pages")


def test_installed_the_pages_are_those_in_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "flait" / "commands").mkdir(parents=True)
    (tmp_path / "flait" / "docs").mkdir()
    (tmp_path / "flait" / "docs" / "operating.md").write_text("# Installed\n")
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(helping, "__file__", str(tmp_path / "flait" / "commands" / "helping.py"))

    assert {name: helping._title(page) for name, page in helping._pages().items()} == {"operating": "Installed"}
