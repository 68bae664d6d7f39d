"""Standard input, output and error as a process may find them: closed, full, in an encoding of few letters."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flait import __version__
from tests.doors.command_line import ROOT, CommandLine

FLAIT = f"{sys.executable} -W error -m flait"
NO_ROOM = "error: standard output cannot be written: No space left on device; write it elsewhere, or make room there\n"
CLOSED = "error: standard output cannot be written: Bad file descriptor; write it elsewhere, or make room there\n"
LISTS = ("user list", "status", "paths", "help settings", "user show 李小龍", "--help", "--version")


@pytest.fixture
def flait(flait: CommandLine) -> CommandLine:
    flait("user", "add", "李小龍", "+15555550181")
    flait("user", "add", "Zed", "+15555550182")
    return flait


def shell(flait: CommandLine, line: str, **env: str) -> tuple[int, str, str]:
    """What a shell's line leaves: code, output, errors."""
    done = subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {line}"],
        cwd=ROOT, env=flait.env | env, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", LISTS)
def test_output_that_cannot_be_written_is_one_line(flait: CommandLine, line: str, unbuffered: str) -> None:
    assert shell(flait, f"{FLAIT} {line} >/dev/full", PYTHONUNBUFFERED=unbuffered) == (1, "", NO_ROOM)


@pytest.mark.parametrize("line", LISTS)
def test_so_is_output_that_is_closed(flait: CommandLine, line: str) -> None:
    assert shell(flait, f"{FLAIT} {line} >&-") == (1, "", CLOSED)


def test_for_a_script_it_is_an_object(flait: CommandLine) -> None:
    code, _, err = shell(flait, f"{FLAIT} user list --json >&-")
    assert (code, json.loads(err)["error"]["hint"]) == (1, "write it elsewhere, or make room there")


@pytest.mark.parametrize("line", LISTS)
def test_a_reader_who_has_read_enough_is_no_error(flait: CommandLine, line: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    words = [sys.executable, "-W", "error", "-m", "flait", *line.split()]
    done = subprocess.run(
        words, cwd=ROOT, env=flait.env, stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_letters_that_an_encoding_does_not_have_are_escapes_and_the_table_is_whole(
    flait: CommandLine, env: dict[str, str]
) -> None:
    code, out, err = shell(flait, f"{FLAIT} user list", **env, PYTHONCOERCECLOCALE="0")
    names = [row.split("\t")[0] for row in out.splitlines()]
    assert (code, names, err) == (0, ["name", r"\u674e\u5c0f\u9f8d", "Zed"], "")


def test_an_argument_in_utf_8_is_understood_in_a_locale_without_it(flait: CommandLine) -> None:
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert shell(flait, f"{FLAIT} user show 李小龍 --json", **env)[0] == 0
    assert shell(flait, f"{FLAIT} user show $'\\xe9'", **env)[2] == (
        "error: an argument is not UTF-8 text; write it in UTF-8\n"
    )


def test_the_version_is_told_beside_other_options_too(flait: CommandLine) -> None:
    assert flait("--quiet", "--version").out == flait("--version").out == f"flait {__version__}\n"


def test_what_is_done_stays_done_where_nothing_can_be_said(flait: CommandLine) -> None:
    assert shell(flait, f"{FLAIT} user add Ann +15555550183 <&- >&- 2>&-")[0] == 0
    assert shell(flait, f"{FLAIT} user remove Ann <&- 2>&-")[0] == 2
    assert "Ann" in shell(flait, f"{FLAIT} user list")[1]
