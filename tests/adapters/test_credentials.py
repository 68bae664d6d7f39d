"""Secrets come from systemd or a keyring that encrypts, are seen when they change, and never show."""

import json
import os
import socket
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from threading import Event

import keyring.backend
import keyring.core
import pytest
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked, NoKeyringError

from flait.adapters.secrets import names, systemd
from flait.adapters.secrets.credentials import Credentials, Secret, SecretName
from flait.errors import ConfigError, MissingCredential, NotFound, UserError
from flait.system import redaction

ROOT = Path(__file__).parents[2]
KEY = SecretName.FLIGHTAWARE_API_KEY
TOKEN = SecretName.TWILIO_AUTH_TOKEN


class Ring(keyring.backend.KeyringBackend):
    """A keyring in memory, so that a test may break it."""

    priority = 9
    shared: dict[str, str] | None = None

    def __init__(self) -> None:
        self.contents = {} if self.shared is None else self.shared
        self.fault: BaseException | None = None
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        assert (service, type(username)) == ("flait", str)
        self.asked += 1
        if self.fault:
            raise self.fault
        return self.contents.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        assert (service, type(username)) == ("flait", str)
        if self.fault:
            raise self.fault
        self.contents[username] = password

    def delete_password(self, service: str, username: str) -> None:
        assert (service, type(username)) == ("flait", str)
        del self.contents[username]


class PlaintextRing(Ring):
    """Plain text by its name."""


class HeirOfPlaintextRing(PlaintextRing):
    """Plain text by its parent."""


PlaintextRing.__name__ = "PlaintextKeyring"


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    """A keyring that the operator chose."""
    return choose(Ring(), monkeypatch)


@pytest.fixture(autouse=True)
def session_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches a real keyring, and what Flait sets in the environment is taken back."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")


def choose(backend: Ring, monkeypatch: pytest.MonkeyPatch) -> Ring:
    """As PYTHON_KEYRING_BACKEND does."""
    monkeypatch.setattr(keyring.core, "load_env", lambda: backend)
    return backend


def installed(monkeypatch: pytest.MonkeyPatch, *classes: type[keyring.backend.KeyringBackend]) -> None:
    """The machine's backends, with none chosen."""
    monkeypatch.setattr(keyring.core, "load_env", lambda: None)
    monkeypatch.setattr(keyring.core, "load_config", lambda: None)
    monkeypatch.setattr(keyring.backend.KeyringBackend, "get_viable_backends", lambda: iter(classes))


def like(module: str, name: str = "Keyring", priority: float = 5) -> type[Ring]:
    """A backend as if from another package; what is stored is its class's, as one real store has many clients."""
    return type(name, (Ring,), {"__module__": module, "priority": priority, "shared": {}})


def opened(allow_insecure: bool = False, remembered_for: float = 60, patience: float = 5, **env: str) -> Credentials:
    """Credentials with their limits in seconds."""
    return Credentials(
        env,
        allow_insecure=allow_insecure,
        remembered_for=timedelta(seconds=remembered_for),
        patience=timedelta(seconds=patience),
    )


def refusal(secrets: Credentials, name: SecretName = KEY) -> MissingCredential:
    """What `get` says when it refuses."""
    with pytest.raises(MissingCredential) as caught:
        secrets.get(name, fresh=True)
    assert f"flait secrets set {name}" in caught.value.hint
    return caught.value


# Reading, storing, deleting


def test_a_stored_secret_is_read_again(ring: Ring) -> None:
    opened().set(KEY, "canary-1\n")

    assert opened().get(KEY) == Secret("canary-1")
    assert ring.contents == {"flightaware-api-key": "canary-1"}


def test_a_missing_secret_names_the_command_that_stores_it(ring: Ring) -> None:
    assert str(refusal(opened())) == (
        "the secret flightaware-api-key is not stored; run `flait secrets set flightaware-api-key`"
    )


def test_a_deleted_secret_is_gone_at_once(ring: Ring) -> None:
    secrets = opened()
    secrets.set(KEY, "canary-1")
    secrets.get(KEY)

    secrets.delete(KEY)

    with pytest.raises(MissingCredential, match="is not stored"):
        secrets.get(KEY)
    with pytest.raises(NotFound):
        secrets.delete(KEY)


@pytest.mark.parametrize("text", ["", "\n", "  ", "a\tb", "two\nlines", "a\x00b", "schlüssel", "x" * 4097])
def test_a_text_that_is_no_secret_is_refused(ring: Ring, text: str) -> None:
    with pytest.raises(UserError, match=r"that is no twilio-auth-token: it (is|holds)"):
        opened().set(TOKEN, text)
    assert ring.contents == {}


def test_a_stored_text_that_is_no_secret_is_told_without_it(ring: Ring) -> None:
    ring.contents[KEY] = "canary\x07"

    assert refusal(opened()).message == (
        "the stored flightaware-api-key holds something else than printable ASCII characters"
    )


def test_what_is_read_or_stored_is_hidden_from_then_on(ring: Ring) -> None:
    ring.contents[TOKEN] = "canary-read-4711"
    opened().get(TOKEN)
    opened().set(KEY, "canary-stored-4711")

    assert redaction.seen.redact("canary-read-4711 canary-stored-4711") == "[secret] [secret]"


# Rotation


def test_a_secret_is_remembered_for_a_while(ring: Ring) -> None:
    secrets = opened()
    ring.contents[KEY] = "old"

    assert {secrets.get(KEY).reveal() for _ in range(3)} == {"old"}
    assert ring.asked == 1


def test_a_rotated_secret_is_seen_when_the_while_is_over(ring: Ring) -> None:
    secrets = opened(remembered_for=0)
    ring.contents[KEY] = "old"
    secrets.get(KEY)

    ring.contents[KEY] = "new"

    assert secrets.get(KEY) == Secret("new")


def test_a_refused_secret_can_be_read_anew_at_once(ring: Ring) -> None:
    secrets = opened()
    ring.contents[KEY] = "old"
    secrets.get(KEY)
    ring.contents[KEY] = "new"

    assert secrets.get(KEY) == Secret("old")
    assert secrets.get(KEY, fresh=True) == Secret("new")
    assert secrets.get(KEY) == Secret("new")


def test_storing_is_seen_at_once_by_the_one_who_stores(ring: Ring) -> None:
    secrets = opened()
    secrets.set(KEY, "old")
    secrets.get(KEY)

    secrets.set(KEY, "new")

    assert secrets.get(KEY) == Secret("new")


def test_a_keyring_that_locks_later_leaves_the_value_in_use_and_says_so_once(
    ring: Ring, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = opened(remembered_for=0)
    ring.contents[KEY] = "old"
    secrets.get(KEY)

    ring.fault = KeyringLocked("canary")
    assert [secrets.get(KEY).reveal() for _ in range(3)] == ["old"] * 3
    assert "is locked" in str(refusal(secrets))
    ring.fault, ring.contents[KEY] = None, "new"
    with caplog.at_level("INFO"):
        assert secrets.get(KEY) == Secret("new")

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "canary" not in caplog.text


def test_a_deleted_secret_does_not_come_back_when_the_keyring_locks(ring: Ring) -> None:
    secrets = opened(remembered_for=0)
    ring.contents[KEY] = "old"
    secrets.get(KEY)
    del ring.contents[KEY]
    refusal(secrets)

    ring.fault = KeyringLocked()

    with pytest.raises(MissingCredential, match="locked"):
        secrets.get(KEY)


# systemd


def test_a_systemd_credential_comes_before_the_keyring(ring: Ring, tmp_path: Path) -> None:
    ring.contents |= {KEY: "from-keyring", TOKEN: "token"}
    (tmp_path / KEY).write_text("from-systemd\n")
    secrets = opened(CREDENTIALS_DIRECTORY=str(tmp_path))

    assert (secrets.get(KEY), secrets.get(TOKEN)) == (Secret("from-systemd"), Secret("token"))


def test_a_systemd_credential_is_read_only(ring: Ring, tmp_path: Path) -> None:
    (tmp_path / KEY).write_text("from-systemd")
    secrets = opened(CREDENTIALS_DIRECTORY=str(tmp_path))

    with pytest.raises(ConfigError, match="systemd credential, which Flait can only read"):
        secrets.set(KEY, "new")
    with pytest.raises(ConfigError, match="change it in the unit"):
        secrets.delete(KEY)
    assert ring.contents == {}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x" * 9000])
def test_a_systemd_credential_that_is_no_secret_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY).write_bytes(content)

    assert refusal(opened(CREDENTIALS_DIRECTORY=str(tmp_path))).message.startswith("the stored flightaware-api-key")


def test_a_systemd_credential_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / KEY).write_text("canary")

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(systemd, "read_regular", forbidden)
    with pytest.raises(MissingCredential, match="cannot be read: Permission denied; mend the unit"):
        opened(CREDENTIALS_DIRECTORY=str(tmp_path)).get(KEY)


# Which keyring counts


def test_a_chosen_backend_is_used_whatever_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FLAIT_TEST_KEYRING", str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.keyring_for_tests.FileKeyring")

    opened().set(KEY, "invented")

    assert opened().get(KEY) == Secret("invented")
    assert json.loads((tmp_path / "keyring.json").read_text()) == {"flait/flightaware-api-key": "invented"}
    assert stat.S_IMODE((tmp_path / "keyring.json").stat().st_mode) == 0o600


def test_a_backend_chosen_in_keyringrc_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("FLAIT_TEST_KEYRING", str(tmp_path / "keyring.json"))
    (tmp_path / "python_keyring").mkdir()
    (tmp_path / "python_keyring/keyringrc.cfg").write_text(
        "[backend]\ndefault-keyring=tests.keyring_for_tests.FileKeyring\n"
    )

    assert opened().stored()[0].backend == "tests.keyring_for_tests.FileKeyring"


@pytest.mark.parametrize(
    "plaintext",
    [
        PlaintextRing,
        HeirOfPlaintextRing,
        like("keyrings.alt.file", name="PlaintextKeyring"),
        like("keyrings.alt.Google", name="DocsKeyring"),
    ],
)
def test_a_chosen_plaintext_backend_needs_permission(plaintext: type[Ring], monkeypatch: pytest.MonkeyPatch) -> None:
    ring = choose(plaintext(), monkeypatch)
    ring.contents[KEY] = "canary"

    said = refusal(opened())

    assert "stores plain text" in said.message
    assert "--allow-insecure-keyring" in said.hint
    assert opened(allow_insecure=True).get(KEY) == Secret("canary")


@pytest.mark.parametrize("name", ["keyring.backends.fail.Keyring", "keyring.backends.null.Keyring"])
@pytest.mark.parametrize("allow_insecure", [False, True])
def test_a_keyring_that_keeps_nothing_is_none(name: str, allow_insecure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)

    said = refusal(opened(allow_insecure))

    assert said.message == "there is no usable keyring"
    for remedy in ("gnome-keyring", "systemd credential", "PYTHON_KEYRING_BACKEND"):
        assert remedy in said.hint
    assert "\n" not in str(said)


@pytest.mark.parametrize(
    "name", ["", "nonsense", "no.such.Backend", "os.path.join", "keyring.backends.Windows.WinVaultKeyring"]
)
def test_a_choice_that_cannot_be_used_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)

    assert "names cannot be used here" in refusal(opened()).message


@pytest.mark.parametrize(
    "module",
    [
        "keyring.backends.SecretService",
        "keyring.backends.libsecret",
        "keyring.backends.kwallet",
        "keyring.backends.macOS",
        "keyring.backends.Windows",
        "keyrings.cryptfile.cryptfile",
        "keyring_pass",
    ],
)
def test_without_a_choice_an_encrypting_backend_counts(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(
        monkeypatch, like("keyrings.alt.file", name="PlaintextKeyring", priority=99), like(module), ChainerBackend
    )

    opened().set(KEY, "canary")

    assert opened().stored()[0].backend == f"{module}.Keyring"


@pytest.mark.parametrize("allow_insecure", [False, True])
def test_without_a_choice_nothing_else_counts(allow_insecure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [
        like("keyrings.alt.file", name="PlaintextKeyring"),
        like("keyrings.alt.file", name="EncryptedKeyring"),
        like("keyrings.cryptfile.file", name="PlaintextKeyring"),
        like("keyring.backends.fail"),
        like("tests.keyring_for_tests", name="FileKeyring"),
    ]
    installed(monkeypatch, *others, ChainerBackend)

    assert refusal(opened(allow_insecure)).message == "there is no usable keyring"


def test_without_a_choice_every_encrypting_backend_is_read_and_the_best_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wallet = like("keyring.backends.kwallet", priority=4.9)
    service = like("keyring.backends.SecretService", priority=5)
    installed(monkeypatch, wallet, service)
    wallet().contents[TOKEN] = "from-wallet"

    opened().set(KEY, "canary")

    assert service().contents == {"flightaware-api-key": "canary"}
    assert opened().get(TOKEN) == Secret("from-wallet")
    opened().delete(TOKEN)
    assert wallet().contents == {}


def test_inside_a_chosen_chain_plain_text_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, good = like("keyrings.alt.file", name="PlaintextKeyring", priority=9)(), Ring()
    chain = ChainerBackend()  # type: ignore[no-untyped-call]  # keyring's own
    monkeypatch.setattr(ChainerBackend, "backends", [plain, good])
    monkeypatch.setattr(keyring.core, "load_env", lambda: chain)

    opened().set(KEY, "canary")
    assert (plain.contents, good.contents) == ({}, {"flightaware-api-key": "canary"})

    monkeypatch.setattr(ChainerBackend, "backends", [plain])
    assert "stores plain text" in refusal(opened()).message


def test_a_keyring_that_starts_after_flait_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = opened()
    installed(monkeypatch)
    refusal(secrets)

    late = like("keyring.backends.SecretService")
    installed(monkeypatch, late)
    late().contents[KEY] = "canary"

    assert secrets.get(KEY) == Secret("canary")


# A keyring that does not do its work


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (KeyringLocked("canary"), "is locked"),
        (NoKeyringError("canary"), "there is no usable keyring"),
        (RuntimeError("canary"), "failed with RuntimeError"),
        (SystemExit("canary"), "failed with SystemExit"),
    ],
)
def test_a_fault_of_the_backend_is_told_without_its_words(ring: Ring, fault: BaseException, said: str) -> None:
    ring.fault = fault

    refused = refusal(opened())

    assert said in refused.message
    assert "canary" not in str(refused)
    assert refused.__context__ is None
    with pytest.raises(MissingCredential, match=said):
        opened().set(KEY, "canary")


def test_a_keyring_that_hangs_is_named_and_asked_no_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    prompt = Event()

    class HangingRing(Ring):
        def get_password(self, service: str, username: str) -> str | None:
            self.asked += 1
            prompt.wait(30)
            return super().get_password(service, username)

    ring = choose(HangingRing(), monkeypatch)
    ring.contents[KEY] = "canary"
    secrets = opened(patience=0.5)

    messages = {refusal(secrets).message for _ in range(3)}

    assert len(messages) == 1
    assert "HangingRing did not answer within 0.5 s" in messages.pop()
    assert ring.asked == 1
    prompt.set()


def test_once_the_prompt_is_answered_the_keyring_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    prompt, answered = Event(), Event()

    class PromptingRing(Ring):
        def get_password(self, service: str, username: str) -> str | None:
            prompt.wait(30)
            return super().get_password(service, username)

    ring = choose(PromptingRing(), monkeypatch)
    ring.contents[KEY] = "canary"
    secrets = opened(patience=0.5)
    refusal(secrets)

    last = secrets._keyring._last
    assert last is not None
    last.add_done_callback(lambda _: answered.set())
    secrets._keyring._patience = 30  # a busy machine is no hanging keyring
    prompt.set()

    assert answered.wait(30)
    assert secrets.get(KEY) == Secret("canary")


# Telling what is stored


def test_what_is_stored_is_told_without_a_value(ring: Ring, tmp_path: Path) -> None:
    ring.contents[TOKEN] = "canary"
    (tmp_path / KEY).write_text("canary")

    told = opened(CREDENTIALS_DIRECTORY=str(tmp_path)).stored()

    assert [(entry.name.value, entry.stored) for entry in told] == [
        ("flightaware-api-key", True),
        ("twilio-auth-token", True),
        ("twilio-api-key-secret", False),
    ]
    assert told[0].backend == "systemd credentials"
    assert told[1].backend.endswith(".Ring")
    assert "canary" not in repr(told)


def test_a_keyring_that_cannot_be_used_is_told_beside_what_systemd_holds(ring: Ring, tmp_path: Path) -> None:
    ring.fault = KeyringLocked()
    (tmp_path / KEY).write_text("canary")

    told = opened(CREDENTIALS_DIRECTORY=str(tmp_path)).stored()

    assert [entry.stored for entry in told] == [True, False, False]
    assert "is locked" in told[1].problem


# The session bus under cron


def test_the_users_bus_is_found_where_cron_does_not_name_it(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as bus:
        bus.bind("bus")
        opened(XDG_RUNTIME_DIR=str(tmp_path)).stored()

    assert os.environ["DBUS_SESSION_BUS_ADDRESS"] == f"unix:path={tmp_path}/bus"


@pytest.mark.parametrize("address", ["", "unix:path=/theirs"])
def test_a_named_bus_stays_and_a_missing_one_is_not_invented(
    ring: Ring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)

    opened(XDG_RUNTIME_DIR=str(tmp_path)).stored()

    assert os.environ["DBUS_SESSION_BUS_ADDRESS"] == address


# The whole process


BLABBING = """
import logging, sys
import keyring.backend
from flait.adapters.secrets.credentials import Credentials, SecretName
from flait.system.redaction import RedactingFormatter

class Blabbing(keyring.backend.KeyringBackend):
    priority = 9
    stored = sys.stdin.readline().strip()
    def get_password(self, service, username):
        if username == "flightaware-api-key":
            return self.stored
        raise RuntimeError(f"cannot decrypt {self.stored}")
    def set_password(self, service, username, password):
        raise ValueError(f"cannot store {password!r}")

sys.modules["blabbing"] = sys.modules["__main__"]
handler = logging.StreamHandler()
handler.setFormatter(RedactingFormatter())
logging.basicConfig(level="DEBUG", handlers=[handler])
secrets = Credentials({}, allow_insecure=False)
key = secrets.get(SecretName.FLIGHTAWARE_API_KEY)
print(key, repr(key), secrets.stored())
logging.warning("a careless line: %s", key.reveal())
for attempt in (
    lambda: secrets.get(SecretName.TWILIO_AUTH_TOKEN),
    lambda: secrets.set(SecretName.TWILIO_AUTH_TOKEN, key.reveal() + "-new"),
):
    try:
        attempt()
    except Exception:
        logging.exception("attempt failed")
secrets.get(SecretName.TWILIO_API_KEY_SECRET)
"""


def test_no_secret_leaves_a_process_whose_keyring_blabs() -> None:
    env = {**os.environ, "PYTHON_KEYRING_BACKEND": "blabbing.Blabbing", "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, "-c", BLABBING], input="canary-9d2c71\n", capture_output=True, text=True, env=env, check=False
    )

    assert done.returncode == 1
    assert "the keyring __main__.Blabbing failed with RuntimeError" in done.stderr
    assert "the keyring __main__.Blabbing failed with ValueError" in done.stderr
    assert "a careless line: [secret]" in done.stderr
    assert "canary" not in done.stdout + done.stderr
    assert "***" in done.stdout


def test_importing_credentials_leaves_the_keyring_alone() -> None:
    script = "import sys, flait.adapters.secrets.credentials; print('keyring' in sys.modules, 'asyncio' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]
    assert names.SERVICE == "flait"
