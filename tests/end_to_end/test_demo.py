"""`flait demo`, as a newcomer runs it first of all: nothing is lost, on a slow machine too."""

import os
import subprocess
import sys

import pytest

from tests.end_to_end.rig import ROOT


@pytest.mark.timeout(600)  # it waits for the daemon, however slow that is
def test_the_demo_loses_and_doubles_nothing() -> None:
    env = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "flait", "demo", "--fast"]

    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done
    assert "9 flights, " in done.stdout
    assert "lost 0, duplicated 0." in done.stdout
    for told in ("DIVERTED", "is CANCELLED", "GATE CHANGE", "All flights muted until", "unsubscribed"):
        assert told in done.stdout
