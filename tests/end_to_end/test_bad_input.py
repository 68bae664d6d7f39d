"""What a person or an operator gets wrong: one line that says what and what to do, its exit code, nothing changed."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.rig import ANA, API_KEY, BEN, Ran, World

FLIGHT = "UA8601"
ELSEWHERE = "UA8602"  # AeroAPI answers it with a flight of another airline
MONEY = ("usage", "pace")  # what a look-up costs is booked whatever it finds

BAD_INPUT: list[tuple[int, str, list[str]]] = [
    (2, "no number at all", ["subscribe", "UA", ANA]),
    (2, "no airline", ["subscribe", "123", ANA]),
    (2, "five digits", ["subscribe", "UA12345", ANA]),
    (2, "two numbers", ["subscribe", "UA 1 2", ANA]),
    (2, "an aeroplane as an emoji", ["subscribe", "UA✈123", ANA]),
    (2, "emoji digits", ["subscribe", "UA1️⃣2️⃣", ANA]),
    (2, "ten kilobytes", ["subscribe", "UA1" * 3500, ANA]),
    (2, "a control character", ["subscribe", "UA\x01123", ANA]),
    (2, "an escape sequence", ["subscribe", "\x1b]0;x\x07UA123", ANA]),
    (2, "a path", ["subscribe", "../../x", ANA]),
    (2, "a command", ["subscribe", "UA123;rm", ANA]),
    (2, "an empty flight", ["subscribe", "", ANA]),
    (2, "a phone that is too short", ["subscribe", FLIGHT, "+1555"]),
    (2, "a phone that is too long", ["subscribe", FLIGHT, "+155555501000000000"]),
    (2, "letters for a phone", ["subscribe", FLIGHT, "call-me"]),
    (2, "a country that is none", ["subscribe", FLIGHT, "+9995555550100"]),
    (2, "an empty phone", ["subscribe", FLIGHT, ""]),
    (2, "a phone with a control character", ["subscribe", FLIGHT, "+1555\x015550100"]),
    (2, "29 February of a common year", ["subscribe", FLIGHT, ANA, "--date", "2014-02-29"]),
    (2, "31 February", ["subscribe", FLIGHT, ANA, "--date", "2013-02-31"]),
    (2, "a past date", ["subscribe", FLIGHT, ANA, "--date", "2013-03-01"]),
    (2, "more than a year ahead", ["subscribe", FLIGHT, ANA, "--date", "2014-06-01"]),
    (2, "a date that is two", ["subscribe", FLIGHT, ANA, "--date", "01/02"]),
    (2, "a word for a date", ["subscribe", FLIGHT, ANA, "--date", "someday"]),
    (2, "a role that is none", ["subscribe", FLIGHT, BEN, "--as", "pilot"]),
    (2, "a channel that is none", ["subscribe", FLIGHT, BEN, "--channel", "fax"]),
    (2, "an airport that is none", ["subscribe", FLIGHT, BEN, "--from", "J"]),
    (2, "nobody to text", ["subscribe", FLIGHT]),
    (2, "an option that is none", ["subscribe", FLIGHT, ANA, "--loud"]),
    (2, "a command that is none", ["subscrib"]),
    (2, "a name taken for a number", ["user", "add", "555 0100", BEN]),
    (7, "a flight that is unknown", ["subscribe", "UA8699", ANA]),
    (7, "a number of another airline's flight", ["subscribe", ELSEWHERE, ANA]),
    (7, "a day on which it does not fly", ["subscribe", FLIGHT, ANA, "--date", "2013-03-09"]),
    (7, "a stranger's subscriptions", ["subscriptions", "--user", "Nobody"]),
    (7, "a stranger's unsubscribe", ["unsubscribe", FLIGHT, BEN]),
    (7, "a subscription that is none", ["unsubscribe", "UA8699", ANA]),
    (4, "no daemon to stop", ["daemon", "stop"]),
]


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which Ana follows a flight already; the tests of this file leave it as it is."""
    with World(tmp_path_factory.mktemp("world")) as world:
        world.flight(FLIGHT, scheduled_out="18:00", scheduled_in="20:00")
        world.flight(ELSEWHERE, scheduled_out="18:00", scheduled_in="20:00")
        world.flight(ELSEWHERE, ident_icao="SWR8602", ident_iata="LX8602")
        world.flait("subscribe", FLIGHT, ANA, "--name", "Ana").done()
        yield world


def _refused(ran: Ran, code: int) -> str:
    """The one line, without `error: `."""
    assert (ran.code, ran.out) == (code, ""), ran
    assert ran.err.startswith("error: "), ran
    assert ran.err.count("\n") == 1, ran
    assert len(ran.err) < 600, ran
    assert ran.err.rstrip("\n").isprintable(), ran
    return ran.err.removeprefix("error: ")


@pytest.mark.parametrize(("code", "words"), [pytest.param(code, words, id=what) for code, what, words in BAD_INPUT])
def test_bad_input_is_told_in_one_line_and_changes_nothing(lived_in: World, code: int, words: list[str]) -> None:
    before = lived_in.contents(but=MONEY)

    _refused(lived_in.flait(*words), code)

    assert lived_in.contents(but=MONEY) == before


def test_with_json_an_error_is_one_object_on_stderr(lived_in: World) -> None:
    ran = lived_in.flait("subscriptions", "--user", "Nobody", "--json")

    assert (ran.code, ran.out) == (7, "")
    error = json.loads(ran.err)["error"]
    assert sorted(error) == ["code", "hint", "message"]
    assert error["code"] == "not_found"


def test_a_missing_key_names_the_command_that_stores_it(lived_in: World) -> None:
    before = lived_in.contents()
    lived_in.keep_secret("flightaware-api-key", None)
    try:
        told = _refused(lived_in.flait("subscribe", FLIGHT, BEN), 5)
    finally:
        lived_in.keep_secret("flightaware-api-key", API_KEY)
    assert "flait secrets set flightaware-api-key" in told
    assert lived_in.contents() == before


def test_a_wrong_key_is_the_providers_refusal(lived_in: World) -> None:
    before = lived_in.contents(but=MONEY)
    lived_in.keep_secret("flightaware-api-key", "not-the-key")
    try:
        told = _refused(lived_in.flait("subscribe", FLIGHT, BEN), 6)
    finally:
        lived_in.keep_secret("flightaware-api-key", API_KEY)
    assert "flait secrets set flightaware-api-key" in told
    assert "not-the-key" not in told
    assert lived_in.contents(but=MONEY) == before


def test_a_spent_budget_stops_before_aeroapi_is_asked(lived_in: World) -> None:
    before, asked = lived_in.contents(), len(lived_in.requests("aeroapi"))

    ran = lived_in.flait("subscribe", FLIGHT, BEN, FLAIT_FLIGHTAWARE_MONTHLY_BUDGET_USD="0.004")

    assert "flightaware.monthly_budget_usd" in _refused(ran, 8)
    assert (lived_in.contents(), len(lived_in.requests("aeroapi"))) == (before, asked)


@pytest.mark.parametrize("value", ["soon", "2013-03-08T15:00:00Z,0", "2013-03-08T15:00:00Z,0,-1", "2013-03-08,x,1"])
def test_a_broken_clock_is_told(lived_in: World, value: str) -> None:
    assert "FLAIT_CLOCK" in _refused(lived_in.flait("subscribe", FLIGHT, BEN, FLAIT_CLOCK=value), 5)


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ('[alerts]\n# late\ndelay_minutes = "soon"\n', "alerts.delay_minutes", "line 3"),
        ("[alerts]\ndelay_minuets = 5\n", "alerts.delay_minuets", "line 2"),
        ("[retention]\nflight_data_days = 0\n", "retention.flight_data_days", "line 2"),
        ("[alerts\n", "config.toml", "line 1"),
    ],
)
def test_a_broken_config_names_key_file_and_line(lived_in: World, text: str, key: str, line: str) -> None:
    before = lived_in.contents()
    file = lived_in.home / "config.toml"
    file.write_text(text)
    try:
        told = _refused(lived_in.flait("subscribe", FLIGHT, BEN), 5)
    finally:
        file.unlink()
    assert key in told
    assert str(file) in told
    assert line in told
    assert lived_in.contents() == before


def test_a_provider_address_that_would_leak_the_key_is_refused(lived_in: World) -> None:
    ran = lived_in.flait("subscribe", FLIGHT, BEN, FLAIT_FLIGHTAWARE_BASE_URL="http://aeroapi.example/aeroapi")
    assert "flightaware.base_url" in _refused(ran, 5)


def test_a_text_file_in_the_place_of_the_database_is_left_alone(world: World) -> None:
    world.home.mkdir(mode=0o700)
    world.database.write_text("my diary\n" * 1000)

    told = _refused(world.flait("subscribe", FLIGHT, ANA), 5)

    assert str(world.database) in told
    assert world.database.read_text() == "my diary\n" * 1000


def test_a_database_of_a_newer_flait_is_left_alone(world: World) -> None:
    world.flait("subscriptions").done()
    world.change("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('flait', 'm999_later', '')")
    before = world.contents()

    told = _refused(world.flait("subscribe", FLIGHT, ANA), 5)

    assert "newer Flait" in told
    assert world.contents() == before


def test_a_home_that_cannot_be_made_is_told(world: World, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    told = _refused(world.flait("subscribe", FLIGHT, ANA, FLAIT_HOME=str(in_the_way / "home")), 5)
    assert str(in_the_way) in told


def test_a_read_only_home_is_told(lived_in: World) -> None:
    before = lived_in.contents()
    lived_in.home.chmod(0o500)
    try:
        if os.access(lived_in.home, os.W_OK):
            pytest.skip("this user may write everywhere, as root does")
        told = _refused(lived_in.flait("subscribe", FLIGHT, BEN), 5)
    finally:
        lived_in.home.chmod(0o700)
    assert str(lived_in.home) in told
    assert lived_in.contents() == before


@pytest.mark.skipif(sys.platform == "win32", reason="no ulimit there")
def test_a_full_disk_is_told_and_what_was_stored_stays(lived_in: World) -> None:
    before = lived_in.contents()

    told = _refused(lived_in.finished(lived_in.spawn_on_full_disk("subscribe", FLIGHT, BEN)), 1)

    assert str(lived_in.database) in told
    assert lived_in.contents() == before
