"""The command line under test: in this process, which is quick, or in one of its own, as people run it."""

import io
import json
import os
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from flait import cli
from tests.store.samples import NOW

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout, without its schema_version."""
        assert self.out.count("\n") == 1, self.out
        content: dict[str, Any] = json.loads(self.out)
        assert content.pop("schema_version") == 1
        return content

    @property
    def table(self) -> list[list[str]]:
        """The tab-separated lines below the heading."""
        return [line.split("\t") for line in self.out.splitlines()[1:]]

    @property
    def facts(self) -> dict[str, str]:
        """A table of two columns, by the first."""
        return {row[0]: row[1] for row in self.table}

    def refused(self, code: int) -> str:
        """The one line of an error; nothing is on stdout."""
        assert (self.code, self.out, self.err.count("\n")) == (code, "", 1), self
        assert self.err.startswith("error: ")
        return self.err.removeprefix("error: ").rstrip("\n")


class Screen(io.StringIO):
    """A terminal's screen or keyboard."""

    def isatty(self) -> bool:
        return True


class CommandLine:
    """`flait`, with a home of its own and a clock that stands at NOW."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env = {
            "PATH": os.environ["PATH"],
            "FLAIT_HOME": str(home),
            "FLAIT_CLOCK": f"{NOW.isoformat()},{time.time()},1e-9",
            "PYTHON_KEYRING_BACKEND": "tests.keyring_for_tests.FileKeyring",
            "FLAIT_TEST_KEYRING": str(home / "keyring.json"),
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "160",
        }

    @property
    def database(self) -> Path:
        return self.home / "flait.db"

    def __call__(
        self, *argv: str | int, typed: str | None = None, piped: bytes = b"", on_terminal: bool = False
    ) -> Ran:
        """Run it in this process. `typed` is a person at a keyboard; otherwise stdin is the pipe `piped`."""
        keys = io.TextIOWrapper(io.BytesIO(piped)) if typed is None else Screen(typed)
        out, err = Screen() if on_terminal else io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, self.env, clear=True),
            patch.object(sys, "stdin", keys),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = cli.run([str(word) for word in argv])
        return Ran(code, out.getvalue(), err.getvalue())

    def in_a_process(self, *argv: str | int, piped: str = "") -> Ran:
        """Run it as people do."""
        words = [sys.executable, "-W", "error", "-m", "flait", *map(str, argv)]
        done = subprocess.run(
            words, cwd=ROOT, env=self.env, input=piped, capture_output=True, text=True, timeout=60, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)
