"""`flait secrets …`: in by pipe or unseen typing, never out again; and what the providers say of them."""

import json
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from flait.sandbox.run import Sandbox
from flait.store import Store
from flait.system.lock import sole
from tests.doors.command_line import CommandLine

KEY = "flightaware-api-key"
TOKEN = "twilio-auth-token"
VALUE = "invented-0123456789"
BACKEND = "tests.keyring_for_tests.FileKeyring"


def kept(flait: CommandLine) -> dict[str, str]:
    """What the keyring holds."""
    file = flait.home / "keyring.json"
    return json.loads(file.read_text() or "{}") if file.exists() else {}


def test_a_secret_is_stored_from_standard_input(flait: CommandLine) -> None:
    done = flait("secrets", "set", KEY, piped=f"{VALUE}\n".encode())

    assert (done.code, done.out, done.err) == (0, "", f"{KEY} is stored in {BACKEND}.\n")
    assert kept(flait) == {f"flait/{KEY}": VALUE}


def test_a_secret_is_typed_unseen_on_a_terminal(flait: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _prompt: VALUE)

    done = flait("secrets", "set", TOKEN, typed="never read this way")
    assert done.code == 0
    assert VALUE not in done.out + done.err
    assert kept(flait) == {f"flait/{TOKEN}": VALUE}


def test_the_list_names_secrets_and_never_shows_them(flait: CommandLine) -> None:
    flait("secrets", "set", KEY, piped=VALUE.encode())

    done, as_json = flait("secrets", "list"), flait("secrets", "list", "--json")

    assert done.table[:2] == [[KEY, "stored", BACKEND], [TOKEN, "missing", BACKEND]]
    assert as_json.json["secrets"][0] == {"name": KEY, "stored": True, "backend": BACKEND}
    assert [each["stored"] for each in as_json.json["secrets"]] == [True, False, False]
    assert VALUE not in done.out + done.err + as_json.out + as_json.err


def test_without_a_keyring_the_list_says_why_once(flait: CommandLine) -> None:
    flait.env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

    done = flait("secrets", "list")

    assert [row[1] for row in done.table] == ["unknown"] * 3
    assert done.err.count("\n") == 1
    assert done.err.startswith("warning: there is no usable keyring; ")
    assert "there is no usable keyring" in flait("secrets", "set", KEY, piped=VALUE.encode()).refused(5)


@pytest.mark.parametrize("piped", [b"", b"\n", b"two\nlines\n", b"x" * 9000, "pässword".encode(), b"\xff\xfe"])
def test_what_is_no_secret_is_refused_unstored_and_unrepeated(flait: CommandLine, piped: bytes) -> None:
    said = flait("secrets", "set", KEY, piped=piped).refused(2)

    assert said.startswith(f"that is no {KEY}: it ")
    assert len(said) < 200
    assert kept(flait) == {}


@pytest.mark.parametrize("command", ["set", "delete"])
def test_an_unknown_name_is_refused_with_the_names_there_are(flait: CommandLine, command: str) -> None:
    said = flait("secrets", command, "api-key", piped=VALUE.encode()).refused(2)

    assert said == (
        "'api-key' is not a secret of Flait's; "
        "it is one of flightaware-api-key, twilio-auth-token, twilio-api-key-secret"
    )


def test_deleting_wants_a_yes(flait: CommandLine) -> None:
    flait("secrets", "set", KEY, piped=VALUE.encode())

    assert flait("secrets", "delete", KEY).refused(2).endswith("add --yes")
    assert flait("secrets", "delete", KEY, typed="n\n").code == 1
    assert kept(flait) != {}
    assert flait("secrets", "delete", KEY, "--yes").code == 0
    assert kept(flait) == {}


def test_deleting_what_is_not_there_is_not_found(flait: CommandLine) -> None:
    assert "is not stored" in flait("secrets", "delete", KEY, "--yes").refused(7)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(api_key=VALUE, auth_token=VALUE) as sandbox:
        yield sandbox


@pytest.fixture
def with_accounts(flait: CommandLine, sandbox: Sandbox) -> CommandLine:
    """Both providers set, and both secrets stored."""
    sandbox.reset()
    flait.env |= {
        "FLAIT_FLIGHTAWARE_BASE_URL": sandbox.flightaware_base_url,
        "FLAIT_TWILIO_BASE_URL": sandbox.twilio_base_url,
        "FLAIT_TWILIO_ACCOUNT_SID": f"AC{'0' * 32}",
        "FLAIT_TWILIO_FROM_NUMBER": "+15555550199",
    }
    for name in (KEY, TOKEN):
        flait("secrets", "set", name, piped=VALUE.encode())
    return flait


def test_secrets_that_both_providers_take_are_ok(with_accounts: CommandLine) -> None:
    done = with_accounts("secrets", "test")

    assert (done.code, done.table) == (0, [["flightaware", "ok", ""], ["twilio", "ok", ""]])


def test_the_test_of_secrets_as_json(with_accounts: CommandLine) -> None:
    with_accounts("secrets", "delete", TOKEN, "-y")

    done = with_accounts("secrets", "test", "--json")

    assert done.code == 5
    assert done.json["providers"]["flightaware"] == {"ok": True, "error": None, "hint": None}
    assert done.json["providers"]["twilio"] == {
        "ok": False, "error": f"the secret {TOKEN} is not stored", "hint": f"run `flait secrets set {TOKEN}`",
    }  # fmt: skip


def test_what_the_providers_answered_is_known_to_status(with_accounts: CommandLine) -> None:
    with_accounts("secrets", "set", KEY, piped=b"another-0123456789")
    with_accounts("secrets", "test")

    facts = with_accounts("status").facts
    assert facts["flightaware"].startswith("failed at 2013-03-08T12:00:00Z: FlightAware refuses the AeroAPI key")
    assert facts["twilio"] == "answered at 2013-03-08T12:00:00Z"


def test_a_provider_that_could_not_be_asked_for_want_of_a_secret_is_not_noted(flait: CommandLine) -> None:
    flait("secrets", "test")
    assert flait("status").facts["twilio"] == "not asked yet"


@pytest.mark.parametrize(("with_daemon", "told"), [(False, "failed at "), (True, "not asked yet")])
def test_for_want_of_a_keyring_it_is_where_no_daemon_has_one_of_its_own(
    flait: CommandLine, store: Store, with_daemon: bool, told: str
) -> None:
    flait.env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    with sole(flait.database) if with_daemon else nullcontext():
        done = flait("secrets", "test")
        facts = flait("status").facts

    assert done.code == 5
    assert done.table[1][2].startswith(
        "twilio.account_sid is not set, and there is no usable keyring; run `flait config"
    )
    for provider in ("flightaware", "twilio"):
        assert facts[provider].startswith(told)
        assert with_daemon or "there is no usable keyring" in facts[provider]


@pytest.mark.parametrize("name", [KEY, TOKEN])
def test_a_refused_secret_leaves_with_6(with_accounts: CommandLine, name: str) -> None:
    with_accounts("secrets", "set", name, piped=b"another-0123456789")

    done = with_accounts("secrets", "test")
    assert done.code == 6
    assert [row[1] for row in done.table] == (["failed", "ok"] if name == KEY else ["ok", "failed"])
    assert "another" not in done.out + done.err


def test_a_provider_that_cannot_be_asked_leaves_with_1(with_accounts: CommandLine, sandbox: Sandbox) -> None:
    sandbox.post_fault("twilio", "reset_before")

    assert with_accounts("secrets", "test").code == 1
    sandbox.clear_faults()


def test_a_missing_setting_leaves_with_5(flait: CommandLine) -> None:
    done = flait("secrets", "test")

    assert done.code == 5
    assert "twilio.account_sid is not set" in done.table[1][2]


def test_the_value_never_stands_in_a_process_list_or_its_output(flait: CommandLine) -> None:
    done = flait.in_a_process("secrets", "set", KEY, piped=VALUE + "\n")

    assert (done.code, done.out) == (0, "")
    assert VALUE not in done.err
    assert kept(flait) == {f"flait/{KEY}": VALUE}


@pytest.mark.parametrize(
    "words",
    [
        ("set", KEY, VALUE), ("set", VALUE), ("delete", VALUE, "--yes"), (VALUE,), ("set", KEY, f"--{VALUE}"),
        ("set", KEY, "--value", VALUE), ("test", VALUE, "--json"),
    ],
)  # fmt: skip
def test_a_value_that_is_written_as_an_argument_is_not_repeated(flait: CommandLine, words: tuple[str, ...]) -> None:
    done = flait("-vv", "secrets", *words)

    assert done.code == 2
    assert VALUE not in done.out + done.err
