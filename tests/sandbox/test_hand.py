"""`flait sandbox` and `flait sandbox text`: a person at a keyboard plays a phone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flait.errors import NotFound, OutsideError, UserError
from flait.sandbox.hand import text_back
from flait.sandbox.keywords import ANSWERS
from flait.sandbox.run import Sandbox
from tests.sandbox.receiver import ANA, nobody

FLAIT = (sys.executable, "-W", "error", "-m", "flait")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    own = {name: value for name, value in os.environ.items() if not name.startswith("FLAIT_")}
    return own | {"FLAIT_HOME": str(home)}


@pytest.fixture
def running(env: dict[str, str], tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    token = tmp_path / "token"
    token.write_text("secret\n")
    command = [*FLAIT, "sandbox", "--keywords", "advanced", "--auth-token-file", str(token)]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def text(env: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    command = [*FLAIT, "sandbox", "text", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_person_texts_the_sandbox_that_runs_here(env: dict[str, str], running: "subprocess.Popen[str]") -> None:
    assert running.stdout
    url = json.loads(running.stdout.readline())["url"]
    file = Path(env["FLAIT_HOME"], "run", "sandbox.json")
    written, mode = json.loads(file.read_text()), file.stat().st_mode & 0o777
    shown = text(env, ANA, "stop")
    as_json = text(env, ANA, "HELP", "--json", "--whatsapp", "--url", url)
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=20)
    assert (written["url"], mode, running.returncode) == (url, 0o600, 0)
    assert (shown.returncode, shown.stdout) == (0, f"{ANSWERS['STOP']}\n")
    (answer,) = json.loads(as_json.stdout)["texts"]  # another address, which has stopped nothing
    assert (answer["body"], answer["from"]) == (ANSWERS["HELP"], "whatsapp:+15555550199")
    assert not file.exists()


def test_where_no_sandbox_runs_that_is_said(env: dict[str, str]) -> None:
    refused = text(env, ANA, "STOP")
    assert (refused.returncode, refused.stderr.count("\n")) == (NotFound.exit_code, 1)
    assert "no sandbox runs here" in refused.stderr


def test_all_texts_that_come_back_are_shown(sandbox: Sandbox) -> None:
    got = text_back(sandbox.url, {"from": ANA, "body": "HELP"}, wait=10)
    assert [found["body"] for found in got] == [ANSWERS["HELP"]]


def test_a_refusal_and_an_absence_are_told_apart(sandbox: Sandbox) -> None:
    with pytest.raises(UserError, match="no number"):
        text_back(sandbox.url, {"from": "Ana", "body": "x"}, wait=1)
    with pytest.raises(OutsideError):
        text_back(nobody(), {"from": ANA, "body": "x"}, wait=1)
    with pytest.raises(UserError, match="no address"):
        text_back("file:///etc/hosts", {"from": ANA, "body": "x"}, wait=1)
