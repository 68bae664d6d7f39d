"""Nobody else on the machine reads what a process of Flait holds, and no traceback goes around redaction."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.doors.command_line import CommandLine

ROOT = Path(__file__).parents[1]
NOBODY = 65534
ONLY_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")

SECRET = "canary-hardening-5d1e"
STATE = """
import ctypes, os, resource
def state():
    umask = os.umask(0); os.umask(umask)
    return ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), umask
before = state()
"""


def ran(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A script in a process of its own."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*words, sys.executable, "-c", script], env=env, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def flait(tmp_path: Path) -> CommandLine:
    (tmp_path / "home").mkdir(mode=0o700)
    flait = CommandLine(tmp_path / "home")
    flait.env |= {
        "PYTHON_KEYRING_BACKEND": "tests.keyring_that_tells.TellingKeyring",
        "FLAIT_TEST_TOLD": str(tmp_path / "told.json"),
    }
    return flait


# The process


def test_the_keys_of_tls_connections_are_not_written_to_a_file(flait: CommandLine, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    script = "import ssl; from flait.system import hardening; hardening.begin(); print(ssl.create_default_context())"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "SSLKEYLOGFILE": str(keys)}
    subprocess.run([sys.executable, "-c", script], env=env, check=True, capture_output=True)

    assert not keys.exists()


@ONLY_LINUX
@pytest.mark.parametrize("words", [("secrets", "list"), ("secrets", "set", "flightaware-api-key"), ("tick",)])
def test_a_process_that_asks_for_a_secret_is_shut_to_others_by_then(flait: CommandLine, words: Sequence[str]) -> None:
    flait.env |= {"FLAIT_TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "FLAIT_TWILIO_FROM_NUMBER": "+15555550199"}

    assert flait.in_a_process(*words, piped=SECRET).code == 0

    told = json.loads(Path(flait.env["FLAIT_TEST_TOLD"]).read_text())
    assert told == {"dumpable": 0, "core": [0, 0], "umask": 0o077}


@ONLY_LINUX
def test_importing_changes_nothing_and_a_program_that_uses_flait_stays_as_it_is() -> None:
    done = ran(STATE + "from flait.system import hardening; hardening.conceal(); print(state() == before, before[0])")

    assert done.stdout.split() == ["True", "1"]


@ONLY_LINUX
def test_a_command_that_only_reads_loads_no_ctypes(flait: CommandLine) -> None:
    flait("subscriptions")  # makes the database, which takes more
    script = "import sys; from flait.cli import run; from flait.system import hardening; hardening.begin();"
    script += "run(['subscriptions']); print('ctypes' in sys.modules, 'logging' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", script], env=flait.env, capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.splitlines()[-1] == "False False"


@pytest.fixture
def same_user() -> list[str]:
    """What to put before a command so that it runs as an ordinary user; nothing where the tests do."""
    prefix = []
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root reads everything, and setpriv, to be somebody else, is not installed")
        prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    if ran("import flait.system.hardening", *prefix).returncode:
        pytest.skip("an ordinary user cannot read this checkout or its Python")
    return prefix


@ONLY_LINUX
def test_not_even_the_same_user_reads_its_memory_or_environment(same_user: list[str]) -> None:
    wait = "print('ready', flush=True); sys.stdin.read()"
    for script, readable in (
        (f"import sys; {wait}", True),
        (f"import sys; from flait.system import hardening; hardening.begin(); hardening.conceal(); {wait}", False),
    ):
        process = subprocess.Popen(
            [*same_user, sys.executable, "-c", script],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        for name in ("environ", "maps"):
            look = [*same_user, "cat", f"/proc/{process.pid}/{name}"]
            seen = subprocess.run(look, capture_output=True, check=False)
            assert (seen.returncode == 0) is readable, (name, seen.stderr)
        process.communicate()


# Tracebacks


@pytest.mark.parametrize(
    "script",
    [
        "raise ValueError(f'{secret} for +15555550100')",
        "import threading; t = threading.Thread(target=int, args=(f'{secret} for +15555550100',)); t.start(); t.join()",
        "X = type('X', (), {'__del__': lambda self: int(f'{secret} for +15555550100')}); X()",
        "import logging; hardening.conceal(); logging.getLogger('x').warning('%s for +15555550100', secret)",
    ],
    ids=["uncaught", "in a thread", "while collecting", "logged where no log is kept"],
)
def test_what_python_prints_by_itself_is_redacted(script: str) -> None:
    known = f"from flait.system import hardening; from flait.system.redaction import seen; secret = '{SECRET}'"

    done = ran(f"{known}; seen.remember(secret); hardening.begin()\n{script}")

    assert "[secret] for +15…00" in done.stderr
    assert SECRET not in done.stderr
    assert "5555550100" not in done.stderr.replace(script, "")


def test_a_line_that_cannot_be_logged_is_told_without_what_it_says() -> None:
    folder = tempfile.mkdtemp()
    script = f"""
import logging, pathlib, sys
from flait.clock import clock_from
from flait.system.logs import logging_to
with logging_to(pathlib.Path({folder!r}), clock_from(""), verbose=0, terminal=False):
    handler = logging.getLogger().handlers[0]
    handler.stream.close()
    handler.stream = open("/dev/full", "w", buffering=1)
    logging.getLogger("flait.track").warning("%s for %s", "{SECRET}", "+15555550100")
    logging.getLogger("flait.track").warning("%d", "{SECRET}")
    handler.stream = open("/dev/null", "w")
"""
    done = ran(script)
    shutil.rmtree(folder)

    said = done.stderr.splitlines()
    assert len(said) == 2, said
    assert said[0].endswith("could not be logged: No space left on device")
    assert said[1].endswith("could not be logged: TypeError")
    assert SECRET not in done.stderr
