"""gnome-keyring over D-Bus, as on a machine where nobody is logged in: through real processes of Flait's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.gnome_keyring import MISSING, GnomeKeyring
from tests.end_to_end.rig import ANA, API_KEY, AUTH_TOKEN, SECRETS, Ran, World, at

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed, or not to be run here: {', '.join(MISSING)}")

FAST = 240.0  # times real time
KEY, TOKEN = SECRETS
BACKEND = "keyring.backends.SecretService.Keyring"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One that has only the keyring to keep secrets in, and no bus yet."""
    with World(tmp_path) as made:
        made.keep_no_secrets()
        yield made


@pytest.fixture
def keyring(world: World) -> Iterator[GnomeKeyring]:
    """Running, unlocked, and where this world's processes look for it."""
    with GnomeKeyring(world.home.parent) as made:
        world.env |= made.env
        made.start(unlocked=True)
        yield made


def store(world: World, name: str, value: str) -> Ran:
    """`flait secrets set`, by pipe."""
    return world.piped(f"{value}\n", "secrets", "set", name)


def refused(ran: Ran) -> str:
    """The one line of a command that could not have a secret."""
    assert (ran.code, ran.err.count("\n")) == (5, 1), ran
    return ran.err


def test_a_secret_is_stored_used_replaced_and_deleted(world: World, keyring: GnomeKeyring) -> None:
    for name, value in SECRETS.items():
        assert store(world, name, value).done().err == f"{name} is stored in {BACKEND}.\n"
    listed = [line.split("\t") for line in world.flait("secrets", "list").done().out.splitlines()]
    assert listed[1:3] == [[name, "stored", BACKEND] for name in SECRETS]
    world.flait("secrets", "test").done()

    store(world, KEY, f"{API_KEY}-new").done()
    assert world.flait("secrets", "test").code == 6
    store(world, KEY, API_KEY).done()
    world.flait("secrets", "test").done()

    world.flait("secrets", "delete", KEY, "--yes").done()
    assert world.flait("secrets", "delete", KEY, "--yes").code == 7
    assert world.flait("secrets", "test").code == 5


def test_what_is_stored_lies_encrypted_in_its_file(world: World, keyring: GnomeKeyring) -> None:
    store(world, TOKEN, AUTH_TOKEN).done()

    files = [path for path in (world.home.parent / ".local/share/keyrings").iterdir() if path.is_file()]
    assert files
    assert not [path for path in files if AUTH_TOKEN.encode() in path.read_bytes()]


@pytest.mark.parametrize("when", ["while it runs", "since it started"])
def test_a_locked_keyring_is_one_line_and_no_question(world: World, keyring: GnomeKeyring, when: str) -> None:
    store(world, KEY, API_KEY).done()
    if when == "while it runs":
        keyring.lock()
    else:
        keyring.end()
        keyring.start(unlocked=False)

    for ran in (store(world, TOKEN, AUTH_TOKEN), world.flait("secrets", "delete", KEY, "--yes")):
        assert refused(ran).startswith(f"error: the keyring {BACKEND} is locked; unlock it and try again; ")
    asked = world.flait("secrets", "test")
    assert asked.code == 5
    assert "is locked" in asked.out
    assert "is locked" in world.flait("secrets", "list").done().err


def test_a_keyring_that_hangs_is_given_up(world: World, keyring: GnomeKeyring) -> None:
    store(world, KEY, API_KEY).done()
    keyring.stop()

    said = refused(store(world, TOKEN, AUTH_TOKEN))
    keyring.go_on()

    assert said.startswith(f"error: the keyring {BACKEND} did not answer within 5 s; ")
    assert world.flait("secrets", "list").done().out.splitlines()[2] == f"{TOKEN}\tmissing\t{BACKEND}"


@pytest.mark.parametrize("address", [None, "unix:path=/nonexistent/bus"])
def test_without_a_bus_the_remedies_are_named(world: World, address: str | None) -> None:
    world.env["XDG_RUNTIME_DIR"] = str(world.home.parent)
    if address:
        world.env["DBUS_SESSION_BUS_ADDRESS"] = address

    said = refused(store(world, KEY, API_KEY))

    assert said.startswith("error: there is no usable keyring; ")
    for remedy in ("gnome-keyring", "systemd credential", "PYTHON_KEYRING_BACKEND", f"flait secrets set {KEY}"):
        assert remedy in said


def test_under_cron_the_users_bus_is_found(world: World) -> None:
    with GnomeKeyring(world.home.parent, at_runtime_dir=True) as keyring:
        world.env |= keyring.env
        assert "DBUS_SESSION_BUS_ADDRESS" not in world.env
        keyring.start(unlocked=True)
        for name, value in SECRETS.items():
            store(world, name, value).done()

        world.flight("UA8501", scheduled_out="16:30", scheduled_in="19:00")
        world.flait("subscribe", "UA8501", ANA).done()
        world.flait("--quiet", "tick").done()

    assert len(world.texts(ANA)) == 1


def test_a_daemon_takes_up_a_new_secret_and_goes_on_while_the_keyring_is_stopped(
    world: World, keyring: GnomeKeyring
) -> None:
    for name, value in SECRETS.items():
        store(world, name, value).done()
    world.flight("UA8501", scheduled_out="17:00", scheduled_in="23:30")
    world.flait("subscribe", "UA8501", ANA).done()
    store(world, KEY, "canary-of-yesterday").done()
    world.clock.put(at("15:12"), FAST)
    world.daemon()
    world.wait_for(lambda: "refuses the AeroAPI key" in world.log, "the old key to be refused")

    store(world, KEY, API_KEY).done()
    world.wait_for_polls(1)
    keyring.stop()
    world.wait_for(lambda: "the secrets read before stay in use" in world.log, "the keyring to be asked in vain")
    world.wait_for_polls(1)
    assert world.rows("SELECT failures FROM flights") == [{"failures": 0}]
