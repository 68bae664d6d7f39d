"""Which value of a setting holds, what is refused and how that is said, and how a file is changed."""

import os
import stat
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flait.core.values import replace
from flait.errors import ConfigError
from flait.settings import (
    AT_START,
    TABLE,
    Settings,
    config_file,
    load,
    origins,
    rules,
    set_value,
    setting_for,
    taken_up,
    unknown_variables,
    unset,
    values,
)
from flait.system.lock import take
from flait.system.paths import Paths, paths_from

HEX = "0123456789abcdef" * 2
COMMENTED = """\
# Ours, at home.
[alerts]  # when
delay_minutes = 20   # not 15

# Nights
[quiet]
default = "22:00-07:00"
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """An empty home."""
    return paths_from({"FLAIT_HOME": str(tmp_path)})


def refusal(paths: Paths, env: Mapping[str, str] | None = None, **flags: rules.Value) -> str:
    """What `load` says when it refuses."""
    with pytest.raises(ConfigError) as caught:
        load(paths, env or {}, {key.replace("__", "."): value for key, value in flags.items()})
    return str(caught.value)


def allows(key: str, text: str) -> bool:
    """Whether a typed text is a value of a setting."""
    try:
        rules.from_text(setting_for(key).rule, text)
    except ValueError:
        return False
    return True


# The table


def test_without_file_and_environment_the_defaults_hold(paths: Paths) -> None:
    loaded = load(paths, {})

    assert loaded == Settings()
    assert loaded.flightaware.base_url == "https://aeroapi.flightaware.com/aeroapi"
    assert (loaded.flightaware.tier, loaded.flightaware.monthly_budget_usd) == ("personal", 5.0)
    assert (loaded.webhook.address, loaded.webhook.public_url) == (("127.0.0.1", 8787), "")
    assert not paths.config_file.exists()


@pytest.mark.parametrize("key", TABLE)
def test_each_row_has_a_sentence_and_a_default_its_own_rule_allows(key: str) -> None:
    row = TABLE[key]

    assert row.meaning.endswith(".")
    assert rules.from_toml(row.rule, row.default) == row.default
    assert row.variable == f"FLAIT_{key.upper().replace('.', '_')}"


def test_settings_are_told_by_key(paths: Paths) -> None:
    told = values(load(paths, {"FLAIT_TWILIO_WHATSAPP_TEMPLATES_GATE": f"HX{HEX}"}))

    assert told.keys() - TABLE.keys() == {"twilio.whatsapp_templates.gate"}
    assert TABLE.keys() - told.keys() == {"twilio.whatsapp_templates.<kind>", "trips.minimum.<airport>"}


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("flightaware.tier", ["personal", "standard", "premium"], ["", "gold", "Personal"]),
        ("flightaware.push", ["true", "no", "1", "Off"], ["", "maybe", "2"]),
        ("flightaware.monthly_budget_usd", ["0", "7.5", " 12 "], ["", "-1", "nan", "inf", "1e999", "five"]),
        ("budget.per_person", ["0", "1.5", " 2 "], ["", "-0.01", "nan", "inf", "a third"]),
        ("twilio.account_sid", ["", f"AC{HEX}"], [f"SK{HEX}", "AC123", f"AC{HEX}0", f"AC{HEX[:-1]}g"]),
        ("twilio.api_key_sid", ["", f"SK{HEX}"], [f"AC{HEX}"]),
        ("twilio.messaging_service_sid", ["", f"MG{HEX}"], [f"AC{HEX}"]),
        ("twilio.whatsapp_templates.gate_change", ["", f"HX{HEX}"], [f"AC{HEX}"]),
        (
            "phone.allow",
            ["", "+8816", "+8816,+1900", "+979"],
            ["8816", "+8816, +1900", "+0", "+", "+8816,", "+1900;+1", "+1", "+8816,+44", "+8"],
        ),
        (
            "twilio.from_number",
            ["", "+15555550100", "123", "12345678", "Flait", "FLAIT 2", "A-b_c+d&e"],
            [
                "15555550100",
                "+05555550100",
                "+1555",
                "+1555555010012345",
                "12",
                "123456789",
                "FlaitAlerts2",
                "Flait!",
                "Fl\N{LATIN SMALL LETTER A WITH DIAERESIS}it",
                "whatsapp:+1",
                "a\nb",
            ],
        ),
        ("twilio.whatsapp_from", ["", "+15555550100"], ["whatsapp:+15555550100"]),
        ("twilio.keyword_owner", ["twilio", "flait"], ["", "me"]),
        ("webhook.listen", ["127.0.0.1:0", "[::1]:8787", "localhost:65535"], ["8787", ":1", "::1:80", "h:65536", "h:"]),
        ("webhook.public_url", ["", "https://a.example", "http://a.example:8080/in"], ["a.example", "ftp://a.example"]),
        ("alerts.delay_minutes", ["1", "1440"], ["0", "1441", "1.5", "ten"]),
        ("alerts.leave_hours", ["1", "24"], ["0", "25"]),
        ("alerts.schedule_checks", ["", "3", "30,14,7,3", "365,3"], ["2", "366", "7,7", "7,", "a", "1.5", "-3"]),
        ("quiet.default", ["", "22:00-07:00", "00:00-23:59"], ["22-7", "24:00-07:00", "22:60-07:00", "07:00-07:00"]),
        ("retention.flight_data_days", ["1", "3650"], ["0", "3651", "-5"]),
        ("retention.raw_hours", ["0", "720"], ["-1", "721"]),
        ("backup.keep_daily", ["1", "365"], ["0", "366"]),
        ("phone.default_region", ["US", "de"], ["", "USA", "1A"]),
        ("operator.contact", ["", "ben@example.com", "B" * 40], ["B" * 41, "Ben\nSTOP", "Ben\x1b[0m"]),
    ],
)
def test_a_rule_allows_and_refuses(key: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not allows(key, text)] == []
    assert [text for text in bad if allows(key, text)] == []


@pytest.mark.parametrize("key", ["flightaware.base_url", "twilio.base_url"])
@pytest.mark.parametrize(
    "url",
    [
        "https://api.example",
        "https://api.example:8443/v4/",
        "http://127.0.0.1:9000",
        "http://127.9.9.9/aeroapi",
        "http://[::1]:9000",
        "http://localhost:1",
    ],
)
def test_keys_go_out_encrypted_or_stay_on_this_machine(key: str, url: str) -> None:
    assert allows(key, url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://2130706433",
        "https://user:canary@api.example",
        "https://api.example@evil.example",
        "https://api.example/?key=1",
        "https://api.example/#top",
        "https://api.example\\@evil.example",
        "https://api.\nexample",
        "https://api.example:99999",
        "https://api.example:port",
        "https://",
        "https:///aeroapi",
        "https://[::1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "api.example",
        "",
    ],
)
def test_a_base_url_that_could_lose_a_key_is_refused(url: str) -> None:
    assert not allows("flightaware.base_url", url)


def test_spellings_are_made_one() -> None:
    assert rules.from_text(setting_for("flightaware.base_url").rule, "https://a.example/v4/ ") == (
        "https://a.example/v4"
    )
    assert rules.from_text(setting_for("phone.default_region").rule, "de") == "DE"


def test_brackets_are_not_part_of_an_ipv6_host(paths: Paths) -> None:
    assert load(paths, {}, {"webhook.listen": "[::1]:80"}).webhook.address == ("::1", 80)


# Which value holds


def test_a_flag_beats_the_environment_beats_the_file_beats_the_default(paths: Paths) -> None:
    paths.config_file.write_text("[alerts]\nleave_hours = 4\ndelay_minutes = 30\n[backup]\nkeep_daily = 3\n")
    env = {"FLAIT_ALERTS_LEAVE_HOURS": "5", "FLAIT_ALERTS_DELAY_MINUTES": "40"}
    flags = {"alerts.leave_hours": 6, "backup.keep_daily": None}

    loaded = load(paths, env, flags)

    assert (loaded.alerts.leave_hours, loaded.alerts.delay_minutes, loaded.backup.keep_daily) == (6, 40, 3)
    origin = origins(paths, env, flags)
    assert origin["alerts.leave_hours"] == "flag"
    assert origin["alerts.delay_minutes"] == "environment FLAIT_ALERTS_DELAY_MINUTES"
    assert origin["backup.keep_daily"] == "config.toml:5"
    assert origin["quiet.default"] == "default"


@pytest.mark.parametrize("text", ["secrets.allow_insecure = true", "secrets = { allow_insecure = true }"])
def test_toml_may_be_written_in_any_of_its_ways(paths: Paths, text: str) -> None:
    paths.config_file.write_text(text)

    assert load(paths, {}).secrets.allow_insecure


def test_templates_are_one_key_for_each_kind(paths: Paths) -> None:
    paths.config_file.write_text(f'[twilio.whatsapp_templates]\ngate = "HX{HEX}"\n')
    delayed = f"HX{HEX[::-1]}"

    loaded = load(paths, {"FLAIT_TWILIO_WHATSAPP_TEMPLATES_DELAY_TIER": delayed})

    assert loaded.twilio.whatsapp_templates == {"gate": f"HX{HEX}", "delay_tier": delayed}


def test_an_empty_variable_clears_a_text_and_leaves_a_number(paths: Paths) -> None:
    paths.config_file.write_text('webhook.public_url = "https://a.example"\nalerts.leave_hours = 4\n')

    loaded = load(paths, {"FLAIT_WEBHOOK_PUBLIC_URL": "", "FLAIT_ALERTS_LEAVE_HOURS": ""})

    assert (loaded.webhook.public_url, loaded.alerts.leave_hours) == ("", 4)


def test_a_whole_number_is_a_number(paths: Paths) -> None:
    paths.config_file.write_text("[flightaware]\nmonthly_budget_usd = 5\n")

    assert isinstance(load(paths, {}).flightaware.monthly_budget_usd, float)


def test_a_file_from_windows_is_read(paths: Paths) -> None:
    paths.config_file.write_bytes(b"\xef\xbb\xbf[alerts]\r\n\r\nleave_hours = 4\r\n")

    assert origins(paths, {})["alerts.leave_hours"] == "config.toml:3"


# What is refused, and how


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            "# hello\n\n[alerts]\ndelay_minutes = 0",
            4,
            "alerts.delay_minutes",
        ),
        ('[alerts]\nleave_hours = "3"', 2, "a whole number from 1 to 24"),
        ("[alerts]\nleave_hours = true", 2, "a whole number"),
        ("[alerts]\nleave_hours = 3.0", 2, "a whole number"),
        ("flightaware.push = 1", 1, "true or false"),
        ("flightaware.monthly_budget_usd = nan", 1, "a number, 0 or more"),
        ("flightaware.monthly_budget_usd = true", 1, "a number, 0 or more"),
        ("\n[quiet]\ndefault = 22:00:00", 3, "HH:MM-HH:MM"),
        ('[alerts]\nx = """\n[quiet]\n"""\n', 2, "alerts.x"),
        ('[twilio]\n\nfrom_number = [\n  "+15555550100",\n]', 3, "phone number"),
        ("[flightaware]\nteir = 'personal'", 2, "did you mean flightaware.tier?"),
        ("[flightware]\ntier = 'personal'", 1, "did you mean flightaware?"),
        ("\n\n[nonsense]", 3, "no setting nonsense"),
        ("[[alerts]]\nleave_hours = 3", 1, "no setting alerts"),
        ("flightaware = 3", 1, "no setting flightaware"),
        ("twilio.whatsapp_templates.'Gate!' = ''", 1, "no setting twilio.whatsapp_templates"),
        ("'flightaware.tier' = 'premium'", 1, "no setting 'flightaware.tier'"),
        ("alerts.delay_minutes.x = 3", 1, "no setting alerts.delay_minutes.x"),
        ("[twilio]\nauth_token = 'canary'", 2, "flait secrets set twilio-auth-token"),
        ("[alerts]\nleave_hours = = 3", 2, "not TOML"),
        ("[alerts]\n[alerts]\n", 2, "not TOML"),
    ],
)
def test_a_fault_in_the_file_is_named_with_its_line(paths: Paths, text: str, line: int, said: str) -> None:
    paths.config_file.write_text(text)

    message = refusal(paths)

    assert said in message
    assert f"line {line}" in message
    assert str(paths.config_file) in message
    assert "canary" not in message


@pytest.mark.parametrize(
    ("key", "meant"),
    [("trips.minimum.lhr", "trips.minimum.LHR"), ("twilio.whatsapp_templates.GATE", "twilio.whatsapp_templates.gate")],
)
def test_a_name_in_the_wrong_case_is_told_the_right_one(paths: Paths, key: str, meant: str) -> None:
    paths.config_file.write_text(f"{key} = 90\n")
    assert f"there is no setting {key} in" in refusal(paths)
    assert f"write it as {meant}" in refusal(paths)
    with pytest.raises(ConfigError, match=meant):
        setting_for(key)


def test_a_fault_in_the_environment_is_named_without_its_value(paths: Paths) -> None:
    message = refusal(paths, {"FLAIT_TWILIO_FROM_NUMBER": "1555550100"})

    assert "twilio.from_number in FLAIT_TWILIO_FROM_NUMBER must be empty, or a phone number" in message
    assert "1555550100;" not in message


def test_a_fault_in_a_flag_is_named(paths: Paths) -> None:
    assert "flightaware.tier in the flag must be one of personal" in refusal(paths, flightaware__tier="gold")
    assert "alerts.leave_hours in the flag must be" in refusal(paths, alerts__leave_hours=99)
    assert "no setting alerts.leave" in refusal(paths, alerts__leave=1)


def test_a_file_that_everyone_may_write_is_refused(paths: Paths) -> None:
    paths.config_file.write_text("")
    paths.config_file.chmod(0o666)

    assert "chmod 600" in refusal(paths)


def test_a_file_that_is_no_text_is_one_clear_error(paths: Paths) -> None:
    paths.config_file.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in refusal(paths)

    paths.config_file.unlink()
    paths.config_file.mkdir()
    assert "cannot be read" in refusal(paths)


def test_strange_variables_are_told_not_refused(paths: Paths) -> None:
    env = {
        "FLAIT_HOME": "/x",
        "FLAIT_CLOCK": "y",
        "FLAIT_WEBHOOK_SERVICE_HOST": "10.0.0.1",
        "FLAIT_FLIGHTAWARE_TEIR": "premium",
        "FLAIT_TWILIO_AUTH_TOKEN": "canary",
        "FLAIT_ALERTS_LEAVE_HOURS": "4",
        "FLAIT_TWILIO_WHATSAPP_TEMPLATES_GATE": "",
    }

    assert load(paths, env).alerts.leave_hours == 4
    told = [str(warning) for warning in unknown_variables(env)]
    assert [message.split()[0] for message in told] == [
        "FLAIT_FLIGHTAWARE_TEIR",
        "FLAIT_TWILIO_AUTH_TOKEN",
        "FLAIT_WEBHOOK_SERVICE_HOST",
    ]
    assert "did you mean FLAIT_FLIGHTAWARE_TIER?" in told[0]
    assert "flait secrets set twilio-auth-token" in told[1]
    assert "canary" not in told[1]


# Changing the file


def test_a_new_file_is_made_private(paths: Paths) -> None:
    assert set_value(paths, "alerts.leave_hours", "4") == 4

    assert paths.config_file.read_text() == "[alerts]\nleave_hours = 4\n"
    assert stat.S_IMODE(paths.config_file.stat().st_mode) == 0o600


def test_comments_and_order_stay(paths: Paths) -> None:
    paths.config_file.write_text(COMMENTED)

    set_value(paths, "alerts.delay_minutes", "25")
    set_value(paths, "alerts.leave_hours", "4")
    set_value(paths, "phone.default_region", "de")

    assert paths.config_file.read_text() == (
        COMMENTED.replace("= 20 ", "= 25 ").replace("not 15\n", "not 15\nleave_hours = 4\n")
        + '\n[phone]\ndefault_region = "DE"\n'
    )


@pytest.mark.parametrize(
    "text",
    [
        "twilio = { keyword_owner = 'flait' }\n",
        "twilio.keyword_owner = 'flait'\n",
        "[twilio]\nkeyword_owner = 'flait'\n\n[twilio.whatsapp_templates]\ngate = ''\n",
        "[twilio]\nkeyword_owner = 'flait'\n[quiet]\n[twilio.whatsapp_templates]\ngate = ''\n# end",
        "[twilio.whatsapp_templates]\n[twilio]\nkeyword_owner = 'flait'",
        "[twilio] # no key yet\n[alerts]\r\nleave_hours = 3\r\n",
        "# only a comment",
    ],
)
def test_a_key_is_added_to_whatever_layout(paths: Paths, text: str) -> None:
    paths.config_file.write_text(text)
    before = values(load(paths, {}))

    set_value(paths, "twilio.whatsapp_from", "+15555550100")
    set_value(paths, "twilio.whatsapp_templates.delay", f"HX{HEX}")

    changed = {"twilio.whatsapp_from": "+15555550100", "twilio.whatsapp_templates.delay": f"HX{HEX}"}
    assert values(load(paths, {})) == before | changed


@pytest.mark.parametrize(
    "take_out", [lambda paths: unset(paths, "quiet.default"), lambda paths: set_value(paths, "quiet.default", "")]
)
def test_what_is_taken_out_is_the_default_again(paths: Paths, take_out) -> None:  # type: ignore[no-untyped-def]  # two lambdas
    paths.config_file.write_text(COMMENTED)

    take_out(paths)

    assert paths.config_file.read_text() == COMMENTED.replace('default = "22:00-07:00"\n', "")
    assert load(paths, {}).quiet.default == ""


def test_taking_out_what_is_not_there_writes_nothing(paths: Paths) -> None:
    unset(paths, "quiet.default")
    unset(paths, "twilio.whatsapp_templates.gate")

    assert not paths.config_file.exists()


@pytest.mark.parametrize(
    ("before", "key", "text", "said"),
    [
        (COMMENTED, "alerts.delay_minutes", "0", "alerts.delay_minutes must be a whole number from 1 to 1440"),
        (COMMENTED, "alerts.delay_minutes", "", "must be a whole number"),
        (COMMENTED, "alerts.delay", "5", "did you mean alerts.delay_minutes?"),
        (COMMENTED, "twilio.auth_token", "canary", "flait secrets set twilio-auth-token"),
        (COMMENTED, "twilio.whatsapp_templates.<kind>", "", "no setting"),
        ("[alerts\n", "alerts.delay_minutes", "5", "not TOML"),
        ("alerts = 3\n", "alerts.delay_minutes", "5", "a value, not a section"),
        ("[alerts]\ndelay_minuts = 20\n", "alerts.delay_minutes", "25", "line 2; did you mean alerts.delay_minutes?"),
        ("[alerts]\ndelay_minuts = 20\n", "quiet.default", "", "nothing was written: there is no setting"),
        ("[alerts]\nleave_hours = 99\n", "alerts.delay_minutes", "25", "alerts.leave_hours in "),
        ("[twilio]\nauth_token = 'canary'\n", "alerts.delay_minutes", "25", "is a secret and is not kept"),
        (
            "[quiet]\ndefualt = 1\n[alerts]\ndelay_minutes = 20\n",
            "alerts.delay_minutes",
            "20",
            "no setting quiet.defualt",
        ),
    ],
)
def test_a_refused_change_leaves_the_file_alone(paths: Paths, before: str, key: str, text: str, said: str) -> None:
    paths.config_file.write_text(before)

    with pytest.raises(ConfigError) as caught:
        set_value(paths, key, text)

    assert said in str(caught.value)
    assert "canary" not in str(caught.value)
    assert paths.config_file.read_text() == before


def test_taking_a_key_out_of_a_file_with_another_mistake_writes_nothing(paths: Paths) -> None:
    paths.config_file.write_text(before := COMMENTED + "[backup]\nkeep_dayly = 3\n")

    with pytest.raises(ConfigError, match="nothing was written: there is no setting"):
        unset(paths, "quiet.default")

    assert paths.config_file.read_text() == before


def test_a_change_that_mends_a_mistake_is_written_though_there_is_another(paths: Paths) -> None:
    paths.config_file.write_text("[alerts]\nleave_hours = 99\ndelay_minutes = 'soon'\n")

    set_value(paths, "alerts.leave_hours", "4")
    set_value(paths, "alerts.delay_minutes", "25")

    assert load(paths, {}).alerts.leave_hours == 4


def test_one_bad_value_does_not_keep_another_from_being_mended(paths: Paths) -> None:
    paths.config_file.write_text("[alerts]\ndelay_minutes = 0\nleave_hours = 99\n")

    set_value(paths, "alerts.delay_minutes", "20")

    assert tomllib.loads(paths.config_file.read_text()) == {"alerts": {"delay_minutes": 20, "leave_hours": 99}}


def test_many_writers_at_once_lose_nothing(paths: Paths) -> None:
    kinds = [f"kind{number}" for number in range(8)]
    writers = [
        threading.Thread(target=set_value, args=(paths, f"twilio.whatsapp_templates.{kind}", f"HX{HEX}"))
        for kind in kinds
    ]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert sorted(load(paths, {}).twilio.whatsapp_templates) == kinds


def test_a_writer_who_never_ends_is_not_waited_for_for_ever(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_file, "PATIENCE_FOR_OTHERS", 0.1)

    other = take(paths.config_file.with_name("config.toml.lock"), patience=0)
    assert other is not None
    with os.fdopen(other), pytest.raises(ConfigError, match="being changed by another process"):
        set_value(paths, "alerts.leave_hours", "4")


def test_a_link_stays_a_link(paths: Paths) -> None:
    elsewhere = paths.config_file.with_name("dotfiles.toml")
    elsewhere.write_text(COMMENTED)
    paths.config_file.symlink_to(elsewhere)

    set_value(paths, "alerts.leave_hours", "4")

    assert paths.config_file.is_symlink()
    assert "leave_hours = 4" in elsewhere.read_text()


def test_an_edit_that_would_change_anything_else_is_not_written(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    paths.config_file.write_text(COMMENTED)
    monkeypatch.setattr(config_file, "_append", lambda table, *_: table.clear())

    with pytest.raises(ConfigError, match=r"cannot be edited safely; write alerts.leave_hours into it by hand"):
        set_value(paths, "alerts.leave_hours", "4")
    assert paths.config_file.read_text() == COMMENTED


TYPED = {
    "flightaware.tier": st.sampled_from(["personal", "standard", "premium"]),
    "flightaware.push": st.booleans(),
    "flightaware.monthly_budget_usd": st.floats(min_value=0, allow_infinity=False),
    "twilio.from_number": st.from_regex(rules.E164, fullmatch=True),
    "twilio.whatsapp_templates.gate": st.just(f"HX{HEX}"),
    "quiet.default": st.sampled_from(["22:00-07:00", "00:00-06:30"]),
    "alerts.delay_minutes": st.integers(1, 1440),
    "retention.raw_hours": st.integers(0, 720),
}
CHANGES = st.lists(
    st.sampled_from(sorted(TYPED)).flatmap(lambda key: st.tuples(st.just(key), st.none() | TYPED[key])), max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_any_order_of_changes_leaves_exactly_what_was_asked_and_every_comment(
    paths: Paths, changes: list[tuple[str, rules.Value | None]]
) -> None:
    paths.config_file.write_text(COMMENTED)
    expected = values(load(paths, {}))

    for key, value in changes:
        if value is None:
            unset(paths, key)
            expected.pop(key, None)
            expected |= {key: TABLE[key].default} if key in TABLE else {}
        else:
            expected[key] = set_value(paths, key, str(value))
            assert expected[key] == value

    assert values(load(paths, {})) == expected
    written = paths.config_file.read_text()
    assert [word for word in ("# Ours, at home.", "# when", "# Nights") if word not in written] == []


# While a daemon runs


def test_what_may_change_holds_at_once_and_the_rest_waits() -> None:
    held = Settings()
    webhook = replace(held.webhook, listen="127.0.0.1:9999")
    flightaware = replace(held.flightaware, tier="premium", monthly_budget_usd=50.0)
    fresh = replace(held, alerts=replace(held.alerts, delay_minutes=30), flightaware=flightaware, webhook=webhook)

    now, waiting = taken_up(held, fresh)

    assert (now.alerts.delay_minutes, now.flightaware.monthly_budget_usd) == (30, 50.0)
    assert (now.flightaware.tier, now.webhook) == ("personal", held.webhook)
    assert waiting == ["flightaware.tier", "webhook.listen"]
    assert taken_up(now, held) == (held, [])


def test_every_setting_that_waits_for_a_restart_is_one() -> None:
    assert set(AT_START) <= set(TABLE)


# Cost


def test_importing_settings_stays_light() -> None:
    heavy = [
        "tomlkit",
        "tomllib",
        "platformdirs",
        "keyring",
        "rich",
        "typer",
        "asyncio",
        "flait.system.lock",
        "logging",
        "difflib",
    ]
    script = f"import sys, flait.settings; print([name for name in {heavy!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_file_of_a_size_that_nobody_writes_is_refused(paths: Paths) -> None:
    paths.config_file.write_text("# so long\n" * 200_000)

    with pytest.raises(ConfigError, match=r"config\.toml is larger than 1000 kB"):
        load(paths, {})


@pytest.mark.parametrize("made", [os.mkfifo, os.mkdir])
def test_what_is_no_file_in_the_place_of_the_settings_is_refused_at_once(
    paths: Paths, made: Callable[[Path], None]
) -> None:
    made(paths.config_file)

    with pytest.raises(ConfigError, match=r"config\.toml cannot be read: it is not a file"):
        load(paths, {})
