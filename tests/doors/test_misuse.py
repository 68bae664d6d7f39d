"""A command line that cannot be read: one line that says what is wrong, then what to do."""

import pytest

from tests.doors.command_line import CommandLine


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("statsu", "there is no command 'statsu'; did you mean 'status'? `flait --help` lists the commands"),
        ("user lst", "there is no command 'lst'; did you mean 'list' or 'set'? See `flait user --help`"),
        ("nonsense", "there is no command 'nonsense'; `flait --help` lists the commands"),
        ("--nonsense", "there is no option --nonsense; `flait --help` lists the commands"),
        ("flights --jsn", "there is no option --jsn; did you mean --json? See `flait flights --help`"),
        ("board --onc", "there is no option --onc; did you mean --json or --once? See `flait board --help`"),
        ("messages --status", "--status wants a value; see `flait messages --help`"),
        ("flights a b", "too many words: a b; quote what has blanks; see `flait flights --help`"),
        ("subscribe UA1", "an argument is missing: who; see `flait subscribe --help`"),
        ("daemon start --wait x", "'x' is no number of seconds, 0 to 86400; see `flait daemon start --help`"),
        ("daemon start --wait -3", "'-3' is no number of seconds, 0 to 86400; see `flait daemon start --help`"),
        ("daemon restart --wait inf", "'inf' is no number of seconds, 0 to 86400; see `flait daemon restart --help`"),
        ("messages test Ann --wait nan", "'nan' is no number of seconds, 0 to 86400; see `flait messages test --help`"),
        ("daemon logs -n x", "'x' is no number; --lines takes one; see `flait daemon logs --help`"),
        ("daemon logs -n -3", "--lines -3 is too little; 0 is the least; see `flait daemon logs --help`"),
        ("sandbox --port 65536", "--port cannot be 65536; 0 to 65535 can; see `flait sandbox --help`"),
        ("sandbox --port -1", "--port cannot be -1; 0 to 65535 can; see `flait sandbox --help`"),
        ("messages --limit 0", "--limit cannot be 0; 1 to 1000000 can; see `flait messages --help`"),
        (
            "messages show x",
            "'x' is no number of a text, like 40 or msg:40; see `flait messages show --help`",
        ),
    ],
)
def test_what_is_wrong_and_what_to_do(flait: CommandLine, line: str, told: str) -> None:
    assert flait(*line.split()).refused(2) == told


@pytest.mark.parametrize("line", ["--json {}", "{} --json", "-v --json {} --no-color"])
@pytest.mark.parametrize("command", ["status", "config show", "user list", "subscriptions"])
def test_json_is_asked_for_anywhere_on_the_line(flait: CommandLine, line: str, command: str) -> None:
    flait("user", "add", "Ann", "+15555550100")
    assert flait(*line.format(command).split()).json


def test_json_of_a_command_that_has_none_is_refused_in_json_wherever_it_stands(flait: CommandLine) -> None:
    for words in (("--json", "daemon", "stop"), ("daemon", "stop", "--json")):
        done = flait(*words)
        assert (done.code, done.out) == (2, "")
        assert '"message": "there is no option --json"' in done.err


def test_a_word_behind_two_dashes_is_no_switch(flait: CommandLine) -> None:
    assert flait("user", "add", "--", "--json", "+15555550100").code == 0
    assert flait("user", "list", "--json").json["users"][0]["name"] == "--json"
