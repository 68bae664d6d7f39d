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
