"""Secrets as systemd hands them over, to real processes: read-only files in a folder that CREDENTIALS_DIRECTORY names.

No unit is started here: that takes a running systemd. `systemd-creds`, which encrypts and decrypts, does not.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.rig import API_KEY, AUTH_TOKEN, ROOT, SECRETS, World

KEY, TOKEN = SECRETS
SOURCE = "systemd credentials"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
        yield made


def folder_of(world: World) -> Path:
    return Path(world.env["CREDENTIALS_DIRECTORY"])


def hand_over(world: World, **contents: bytes) -> None:
    """As systemd does: files 0400 in a folder 0500."""
    folder = folder_of(world)
    folder.chmod(0o700)
    for name, content in contents.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o400)
    folder.chmod(0o500)


def told(world: World) -> str:
    """What is said of the first secret, in one line, by a command that wants to use it."""
    ran = world.flait("secrets", "test", "--json")
    assert ran.code == 5, ran
    lines = world.flait("secrets", "list").done()
    assert lines.out.splitlines()[1] == f"{KEY}\tunknown\t{SOURCE}"
    assert API_KEY not in ran.out + ran.err + lines.out + lines.err
    return lines.err.splitlines()[0]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_what_systemd_hands_over_is_used_whatever_ends_the_line(world: World, ending: bytes) -> None:
    hand_over(world, **{KEY: API_KEY.encode() + ending, TOKEN: AUTH_TOKEN.encode() + ending})

    world.flait("secrets", "test").done()
    listed = [line.split("\t") for line in world.flait("secrets", "list").done().out.splitlines()]
    assert listed[1:3] == [[name, "stored", SOURCE] for name in SECRETS]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (API_KEY.encode() * 400, "is longer than 4096 characters"),
        (f"{API_KEY}\n{API_KEY}\n".encode(), "holds something else than printable ASCII characters"),
        (b"\xff\xfe\x00", "holds something else than printable ASCII characters"),
    ],
)
def test_what_is_no_secret_is_told_without_it(world: World, content: bytes, said: str) -> None:
    hand_over(world, **{KEY: content})

    assert told(world).startswith(f"warning: the stored {KEY} {said}; ")


def folder(file: Path) -> None:
    file.mkdir()


def pipe(file: Path) -> None:
    os.mkfifo(file)


def link_to_nowhere(file: Path) -> None:
    file.symlink_to("nowhere")


@pytest.mark.parametrize("made", [folder, pipe, link_to_nowhere])
def test_what_is_no_file_is_told_at_once(world: World, made: Callable[[Path], None]) -> None:
    (folder_of(world) / KEY).unlink()
    made(folder_of(world) / KEY)

    assert told(world).startswith(f"warning: the systemd credential {KEY} cannot be read: ")
    assert "; mend the unit's " in told(world)


def test_a_link_is_followed(world: World, tmp_path: Path) -> None:
    (folder_of(world) / KEY).rename(tmp_path / "elsewhere")
    (folder_of(world) / KEY).symlink_to(tmp_path / "elsewhere")

    assert world.flait("secrets", "test").code == 0


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root reads everything")
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_may_not_be_read_is_told(closed: str) -> None:
    prefix = ["setpriv", "--clear-groups", "--reuid=65534", "--regid=65534"] if os.geteuid() == 0 else []
    script = """
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from flait.adapters.secrets.credentials import Credentials, SecretName
with TemporaryDirectory() as name:
    folder = Path(name, "credentials")
    folder.mkdir()
    file = folder / SecretName.FLIGHTAWARE_API_KEY
    file.write_text("canary")
    (file if sys.argv[1] == "file" else folder).chmod(0)
    secrets = Credentials({"CREDENTIALS_DIRECTORY": str(folder)}, allow_insecure=False)
    print(secrets.stored()[0].problem)
    folder.chmod(0o700)
"""
    command = [*prefix, sys.executable, "-c", script, closed]
    done = subprocess.run(
        command, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    if done.returncode and "flait" not in done.stderr:
        pytest.skip("an ordinary user cannot read this checkout or its Python")

    assert done.stdout.startswith(f"the systemd credential {KEY} cannot be read: Permission denied; ")


@pytest.mark.skipif(not shutil.which("systemd-creds"), reason="systemd-creds is not installed here")
def test_what_systemd_creds_encrypts_and_decrypts_is_used(world: World, tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "SYSTEMD_CREDENTIAL_SECRET": str(tmp_path / "credential.secret")}
    for name, value in SECRETS.items():
        encrypted = tmp_path / f"{name}.cred"
        for command in (
            ["encrypt", f"--name={name}", "--with-key=host", "-", str(encrypted)],
            ["decrypt", f"--name={name}", str(encrypted), "-"],
        ):
            done = subprocess.run(
                ["systemd-creds", *command], env=env, input=value.encode(), capture_output=True, check=False
            )
            if done.returncode:
                pytest.skip(f"systemd-creds {command[0]} does not work here: {done.stderr.decode()[:200]}")
        assert value.encode() not in encrypted.read_bytes()
        hand_over(world, **{name: done.stdout})

    world.flait("secrets", "test").done()
