"""Keyrings that the operator chose, as they are installed from the package index, in real processes."""

import os
import pty
import stat
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.rig import API_KEY, PATIENCE, SECRETS, World

KEY = "flightaware-api-key"
PLAIN = "keyrings.alt.file.PlaintextKeyring"
CHAIN = "keyring.backends.chainer.ChainerBackend"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One where no keyring is chosen yet, and no bus can be found."""
    with World(tmp_path) as made:
        made.keep_no_secrets()
        made.env["XDG_RUNTIME_DIR"] = str(tmp_path)
        yield made


def choose(world: World, how: str, backend: str) -> None:
    """In one of the two ways that keyring knows."""
    if how == "variable":
        world.env["PYTHON_KEYRING_BACKEND"] = backend
    else:
        file = world.home.parent / ".config" / "python_keyring" / "keyringrc.cfg"
        file.parent.mkdir(parents=True)
        file.write_text(f"[backend]\ndefault-keyring={backend}\n")


@pytest.mark.parametrize("how", ["variable", "file"])
def test_a_plaintext_keyring_is_refused_until_it_is_allowed(world: World, how: str) -> None:
    choose(world, how, PLAIN)

    refused = world.piped(API_KEY, "secrets", "set", KEY)
    assert (refused.code, refused.err.count("\n")) == (5, 1)
    assert refused.err.startswith(f"error: the keyring backend {PLAIN} stores plain text; ")
    assert not list(world.home.parent.rglob("keyring_pass.cfg"))

    for name, secret in SECRETS.items():
        world.piped(secret, "--allow-insecure-keyring", "secrets", "set", name).done()
    assert world.flait("secrets", "test").code == 5
    world.flait("--allow-insecure-keyring", "secrets", "test").done()
    world.flait("config", "set", "secrets.allow_insecure", "true").done()
    world.flait("secrets", "test").done()
    [kept] = world.home.parent.rglob("keyring_pass.cfg")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


@pytest.mark.parametrize("flag", [[], ["--allow-insecure-keyring"]])
def test_one_that_is_only_installed_is_never_used(world: World, flag: list[str]) -> None:
    refused = world.piped(API_KEY, *flag, "secrets", "set", KEY)

    assert refused.code == 5
    assert refused.err.startswith("error: there is no usable keyring; ")


@pytest.mark.parametrize("backend", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"])
def test_one_that_keeps_nothing_is_none(world: World, backend: str) -> None:
    choose(world, "variable", backend)

    refused = world.piped(API_KEY, "--allow-insecure-keyring", "secrets", "set", KEY)

    assert refused.code == 5
    assert refused.err.startswith("error: there is no usable keyring; ")


def test_a_chain_is_no_way_around(world: World) -> None:
    choose(world, "file", CHAIN)

    refused = world.piped(API_KEY, "secrets", "set", KEY)

    assert refused.code == 5
    assert "stores plain text" in refused.err


def test_one_that_wants_a_password_gets_none_where_there_is_no_terminal(world: World) -> None:
    choose(world, "variable", "tests.keyring_that_prompts.PromptingKeyring")
    process = world._started(["setsid", sys.executable, "-W", "ignore", "-m", "flait", "secrets", "test", "--json"], {})

    ran = world.finished(process)

    assert ran.code == 5
    assert "failed with EOFError" in ran.out


TAKE_THE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


def test_one_that_wants_a_password_is_given_up_on_a_terminal_which_stays_as_it_was(world: World) -> None:
    choose(world, "variable", "tests.keyring_that_prompts.PromptingKeyring")
    terminal, inside = pty.openpty()
    before = termios.tcgetattr(inside)
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_THE_TERMINAL, sys.executable, "-m", "flait", "secrets", "test"],
        env=world.env,
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
    )

    assert process.wait(PATIENCE) == 5
    said = os.read(terminal, 65536)
    assert b"password of the keyring: " in said
    assert b"did not answer within 5 s" in b" ".join(said.split())
    assert termios.tcgetattr(inside) == before
    for end in (terminal, inside):
        os.close(end)
