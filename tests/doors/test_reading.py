"""What holds for every command that reads: it works on a fresh machine, as a table, as TSV and as JSON."""

import pytest

from tests.doors.command_line import CommandLine

READING = {
    "user list": 0,
    "flights": 0,
    "flights --all": 0,
    "board": 0,
    "messages": 0,
    "status": 4,
    "usage": 0,
    "secrets list": 0,
    "config show": 0,
    "paths": 0,
}


@pytest.mark.parametrize("line", READING)
def test_on_a_fresh_machine_it_answers_with_a_heading_and_as_json(flait: CommandLine, line: str) -> None:
    table, as_json = flait(*line.split()), flait(*line.split(), "--json")

    assert (table.code, as_json.code) == (READING[line], READING[line])
    assert "\t" in table.out.splitlines()[0]
    assert as_json.json
    assert as_json.err == ""


@pytest.mark.parametrize("line", [line for line in READING if line != "board"])
def test_on_a_terminal_it_draws_a_table_or_says_that_there_is_nothing(flait: CommandLine, line: str) -> None:
    done = flait(*line.split(), on_terminal=True)

    assert done.code == READING[line]
    assert "\t" not in done.out
    assert done.out or done.err


@pytest.mark.parametrize("line", ["user", "messages", "secrets", "config", "flights", "board", "status", "usage", "trace", "paths"])  # fmt: skip
def test_help_is_there(flait: CommandLine, line: str) -> None:
    done = flait(line, "--help")

    assert (done.code, done.err) == (0, "")
    assert f"Usage: flait {line}" in done.out


def test_as_a_process_it_prints_the_same(flait: CommandLine) -> None:
    assert flait.in_a_process("flights", "--json") == flait("flights", "--json")
    assert flait.in_a_process("messages", "show", "7") == flait("messages", "show", "7")
