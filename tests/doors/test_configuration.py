"""`flait config …` and `flait paths`: which value holds, where it comes from, how it is changed."""

import os

import pytest

from flait.settings.table import FAMILIES, TABLE
from flait.system.lock import lock_of, take
from tests.doors.command_line import CommandLine

TEMPLATE = f"HX{'0' * 32}"


def test_every_setting_is_shown_with_its_value(flait: CommandLine) -> None:
    done = flait("config", "show")

    assert list(done.facts) == [key for key in TABLE if key not in FAMILIES]
    assert (done.facts["alerts.delay_minutes"], done.facts["webhook.enabled"]) == ("15", "true")


def test_settings_as_json_keep_their_types(flait: CommandLine) -> None:
    shown = flait("config", "show", "--json").json

    assert list(shown) == ["settings"]
    assert shown["settings"]["flightaware.monthly_budget_usd"] == 5.0
    assert shown["settings"]["webhook.enabled"] is True


def test_origins_say_where_each_value_comes_from(flait: CommandLine) -> None:
    flait("config", "set", "alerts.delay_minutes", "20")
    flait.env["FLAIT_ALERTS_LEAVE_HOURS"] = "4"

    rows = {key: rest for key, *rest in flait("--allow-insecure-keyring", "config", "show", "--origin").table}
    origins = flait("config", "show", "--origin", "--json").json["origins"]

    assert rows["alerts.delay_minutes"] == ["20", "config.toml:2"]
    assert rows["alerts.leave_hours"] == ["4", "environment FLAIT_ALERTS_LEAVE_HOURS"]
    assert rows["secrets.allow_insecure"] == ["true", "flag"]
    assert (origins["alerts.delay_minutes"], origins["quiet.default"]) == ("config.toml:2", "default")


def test_one_value_is_printed_plainly(flait: CommandLine) -> None:
    assert flait("config", "get", "alerts.delay_minutes").out == "15\n"
    assert flait("config", "get", "webhook.enabled").out == "true\n"
    assert flait("config", "get", "quiet.default").out == "\n"
    assert flait("config", "get", "alerts.delay_minutes", "--json").json == {"key": "alerts.delay_minutes", "value": 15}


def test_a_template_is_read_whether_set_or_not(flait: CommandLine) -> None:
    assert flait("config", "get", "twilio.whatsapp_templates.delay").out == "\n"
    flait("config", "set", "twilio.whatsapp_templates.delay", TEMPLATE)

    assert flait("config", "get", "twilio.whatsapp_templates.delay").out == f"{TEMPLATE}\n"
    assert flait("config", "show").facts["twilio.whatsapp_templates.delay"] == TEMPLATE


def test_a_setting_is_written_and_comments_stay(flait: CommandLine) -> None:
    file = flait.home / "config.toml"
    file.write_text("# ours\n[alerts]\ndelay_minutes = 20  # not 15\n")

    done = flait("config", "set", "alerts.delay_minutes", "30")

    assert (done.code, done.out) == (0, "")
    assert done.err == f"alerts.delay_minutes is 30 in {file}.\n"
    assert file.read_text() == "# ours\n[alerts]\ndelay_minutes = 30  # not 15\n"


def test_a_setting_that_the_environment_overrides_is_written_with_a_warning(flait: CommandLine) -> None:
    flait.env["FLAIT_ALERTS_DELAY_MINUTES"] = "45"

    assert "FLAIT_ALERTS_DELAY_MINUTES is set, and wins" in flait("config", "set", "alerts.delay_minutes", "30").err
    assert flait("config", "get", "alerts.delay_minutes").out == "45\n"


def test_a_setting_is_not_written_beside_a_mistake_that_keeps_it_from_holding(flait: CommandLine) -> None:
    file = flait.home / "config.toml"
    file.write_text("[alerts]\ndelay_minuts = 20\n")

    said = flait("config", "set", "alerts.delay_minutes", "25").refused(5)

    mistake = f"there is no setting alerts.delay_minuts in {file}, line 2; did you mean alerts.delay_minutes?"
    assert said == f"nothing was written: {mistake}"
    assert file.read_text() == "[alerts]\ndelay_minuts = 20\n"
    assert mistake in flait("secrets", "set", "flightaware-api-key").refused(5)


def test_a_setting_that_mends_one_mistake_of_two_is_written_and_the_other_is_told(flait: CommandLine) -> None:
    file = flait.home / "config.toml"
    file.write_text("[alerts]\nleave_hours = 99\ndelay_minutes = 'soon'\n")

    daemon = take(lock_of(flait.database), patience=0)
    assert daemon is not None
    done = flait("config", "set", "alerts.leave_hours", "4")
    os.close(daemon)

    assert done.code == 0
    assert done.err.splitlines() == [
        f"alerts.leave_hours is 4 in {file}.",
        (
            f"warning: no setting holds yet: alerts.delay_minutes in {file}, line 3 must be a whole number from 1 to 1440; "
            "mend it there"
        ),
    ]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("get", "alerts.delay"), "there is no setting alerts.delay; did you mean alerts.delay_minutes?"),
        (("set", "alerts.delay_minutes", "soon"), "alerts.delay_minutes must be a whole number from 1 to 1440"),
        (("set", "alerts.delay_minutes", "0"), "must be a whole number"),
        (("set", "no.such", "1"), "there is no setting no.such"),
        (("set", "flightaware.api_key", "k3y"), "run `flait secrets set flightaware-api-key` instead"),
        (("set", "flightaware.base_url", "http://example.com"), "must be an https:// address"),
    ],
)
def test_what_is_no_setting_or_no_value_is_refused_unwritten(
    flait: CommandLine, words: tuple[str, ...], why: str
) -> None:
    said = flait("config", *words).refused(5)

    assert why in said
    assert "k3y" not in said
    assert not (flait.home / "config.toml").exists()


def test_a_missing_word_is_bad_usage(flait: CommandLine) -> None:
    assert "an argument is missing: value" in flait("config", "set", "alerts.delay_minutes").refused(2)


def test_valid_settings_are_said_to_be_right(flait: CommandLine) -> None:
    file = flait.home / "config.toml"
    without, as_json = flait("config", "validate"), flait("config", "validate", "--json").json
    file.write_text("[alerts]\ndelay_minutes = 20\n")
    done = flait("config", "validate")

    assert (without.code, without.out) == (0, "")
    assert without.err == f"There is no {file} yet. The defaults, and the environment, are right.\n"
    assert as_json["exists"] is False
    assert (done.code, done.out, done.err) == (0, "", f"The settings are right; {file} was read.\n")


@pytest.mark.parametrize("command", ["validate", "show"])
def test_a_mistake_is_told_with_file_and_line(flait: CommandLine, command: str) -> None:
    file = flait.home / "config.toml"
    file.write_text("[alerts]\n\ndelay_minutes = 'soon'\n")

    said = flait("config", command).refused(5)
    assert said.startswith(f"alerts.delay_minutes in {file}, line 3 must be a whole number")


def test_variables_that_are_no_settings_are_warned_of(flait: CommandLine) -> None:
    flait.env |= {"FLAIT_ALERTS_DELAY": "20", "FLAIT_TWILIO_AUTH_TOKEN": "t0ken"}

    done, as_json = flait("config", "validate"), flait("config", "validate", "--json").json

    assert done.code == 0
    assert "warning: FLAIT_ALERTS_DELAY is no setting; did you mean FLAIT_ALERTS_DELAY_MINUTES?\n" in done.err
    assert "a secret is never read from the environment" in done.err
    assert "t0ken" not in done.err
    assert (as_json["valid"], len(as_json["warnings"])) == (True, 2)


def test_paths_are_those_under_flait_home(flait: CommandLine) -> None:
    paths = flait("paths", "--json").json

    assert paths == {
        "config_file": f"{flait.home}/config.toml",
        "data_dir": str(flait.home),
        "database": f"{flait.home}/flait.db",
        "backups_dir": f"{flait.home}/backups",
        "log_dir": f"{flait.home}/log",
        "run_dir": f"{flait.home}/run",
    }
    assert flait("paths").facts == paths


def test_looking_at_settings_and_paths_makes_nothing(flait: CommandLine) -> None:
    for words in (("paths",), ("config", "show"), ("config", "get", "quiet.default"), ("config", "validate")):
        assert flait(*words).code == 0

    assert list(flait.home.iterdir()) == []


def test_it_is_said_what_a_daemon_that_runs_makes_of_a_change(flait: CommandLine) -> None:
    changes = (
        ("backup.keep_daily", "3", "The daemon takes it up within a minute."),
        ("webhook.listen", "127.0.0.1:0", "`flait daemon restart` puts it in force."),
    )
    for key, value, _ in changes:
        assert flait("config", "set", key, value).err.endswith("config.toml.\n")
    daemon = take(lock_of(flait.database), patience=0)
    assert daemon is not None
    for key, value, said in changes:
        assert flait("config", "set", key, value).err.endswith(f"config.toml. {said}\n")
    os.close(daemon)
