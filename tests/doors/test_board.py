"""`flait board`: a departures board, live on a terminal and one snapshot everywhere else."""

import os
import pty
import signal
import subprocess
import sys
from datetime import datetime, timedelta

import pytest

from flait.commands.board import STYLES
from flait.commands.flight_lines import arrives, remark, remark_of
from flait.core.flights import Airport, Flight, Times
from flait.core.standing import State
from flait.core.values import replace
from flait.store import FlightView, Store, TrackedFlight
from tests.doors.command_line import ROOT, CommandLine
from tests.store.samples import HOUR, MINUTE, NOW, flight, tracked

LEAVES = NOW + 6 * HOUR
# Tests that run in the background ignore Ctrl-C, and what they start would, too.
HEARING_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from flait.__main__ import main
main()
"""


def times(late: timedelta = timedelta(), *, over: bool = False) -> Times:
    return Times(scheduled=LEAVES, estimated=LEAVES + late, actual=LEAVES + late if over else None)


ON_TIME = flight(out=times())
OUT = replace(ON_TIME, out=times(over=True))
OFF = replace(OUT, off=Times(actual=LEAVES + 10 * MINUTE))
DOWN = replace(OFF, on=Times(actual=LEAVES + 5 * HOUR))


def test_an_arrival_that_its_leaving_makes_impossible_is_not_shown() -> None:
    """AeroAPI estimates it anew only once the flight has left."""
    delayed = replace(ON_TIME, out=times(4 * HOUR))
    lands = {by: replace(delayed, in_=Times(scheduled=NOW + 12 * HOUR, estimated=NOW + by * HOUR)) for by in (8, 16)}
    assert arrives(lands[8], NOW) == ()
    assert arrives(lands[16], NOW)[1:] == ("(4h late)",)


BUF = Airport(code="KBUF", code_iata="BUF")
AWAY = replace(OFF, diverted=True, diverted_to=BUF)


@pytest.mark.parametrize(
    ("seen", "now", "words"),
    [
        (ON_TIME, NOW, "ON TIME"),
        (replace(ON_TIME, out=times(9 * MINUTE)), NOW, "ON TIME"),
        (replace(ON_TIME, out=times(45 * MINUTE)), NOW, "DELAYED 45m"),
        (replace(ON_TIME, out=times(-10 * MINUTE)), NOW, "EARLY 10m"),
        (ON_TIME, LEAVES, "DUE"),
        (ON_TIME, LEAVES + 30 * MINUTE, "NO REPORT"),
        (replace(ON_TIME, cancelled=True), NOW, "CANCELLED"),
        (OUT, LEAVES + MINUTE, "LEFT THE GATE"),
        (OUT, LEAVES + 64 * MINUTE, "TAXIING 1h04"),
        (OFF, LEAVES + HOUR, "IN FLIGHT"),
        (replace(OFF, in_=Times(scheduled=LEAVES + 6 * HOUR)), LEAVES + 7 * HOUR, "NO REPORT OF LANDING"),
        (replace(OFF, diverted=True), LEAVES + HOUR, "DIVERTED"),
        (AWAY, LEAVES + HOUR, "DIVERTED BUF"),
        (replace(AWAY, on=DOWN.on), LEAVES + 6 * HOUR, "DIVERTED, LANDED BUF"),
        (replace(AWAY, on=DOWN.on, in_=Times(actual=LEAVES + 6 * HOUR)), LEAVES + 6 * HOUR, "DIVERTED, LANDED BUF"),
        (DOWN, LEAVES + 6 * HOUR, "LANDED"),
        (replace(DOWN, in_=Times(actual=LEAVES + 6 * HOUR)), LEAVES + 6 * HOUR, "ARRIVED"),
    ],
)
def test_a_remark_says_how_a_flight_stands(seen: Flight, now: datetime, words: str) -> None:
    assert remark(seen, now) == words


def test_every_style_of_the_board_is_of_a_way_to_stand() -> None:
    assert STYLES.keys() <= set(State)


def test_piped_the_board_is_one_snapshot_the_next_departure_first(flait: CommandLine, store: Store) -> None:
    store.track(flight(7, out=Times(scheduled=LEAVES + HOUR), gate_origin="B2"), next_poll_at=NOW, now=NOW)
    tracked(store)

    done = flait("board")

    assert done.code == 0
    assert done.table == [
        ["10:00 PST", "UA123", "JFK", "New York", "", "", "19:00 EST", "ON TIME"],
        ["11:00 PST", "UA7", "JFK", "New York", "", "B2", "19:00 EST", "ON TIME"],
    ]


def test_the_board_as_json_is_the_flights_and_the_moment(flait: CommandLine, store: Store) -> None:
    tracked(store)

    shown = flait("board", "--json").json
    assert shown.pop("at") == "2013-03-08T12:00:00Z"
    assert shown == flait("flights", "--json").json


def test_once_on_a_terminal_prints_a_table_and_leaves(flait: CommandLine, store: Store) -> None:
    tracked(store)

    done = flait("board", "--once", on_terminal=True)
    assert (done.code, done.err) == (0, "")
    assert "UA123" in done.out
    assert flait("board", "--once").out.startswith("departs\tflight\t")


def test_on_a_terminal_the_board_stays_until_ctrl_c(flait: CommandLine, store: Store) -> None:
    tracked(store)
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", HEARING_CTRL_C, "--no-color", "board"],
        cwd=ROOT,
        env={**flait.env, "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        said = ""
        while "UA123" not in said or "no daemon is running" not in said:
            said += os.read(ours, 65536).decode(errors="replace")
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=30) == 130
    finally:
        child.kill()
        child.wait()
        os.close(ours)


@pytest.mark.parametrize(
    ("seen", "at", "words"),
    [
        (ON_TIME, LEAVES - 2 * HOUR, "NO WORD SINCE 04:00 PST"),
        (ON_TIME, LEAVES + HOUR, "NO WORD SINCE 04:00 PST"),
        (replace(ON_TIME, out=times(45 * MINUTE)), LEAVES - HOUR, "DELAYED 45m, NO WORD SINCE 04:00 PST"),
        (replace(ON_TIME, cancelled=True), LEAVES - HOUR, "CANCELLED, NO WORD SINCE 04:00 PST"),
        (replace(ON_TIME, out=times(5 * HOUR)), LEAVES - HOUR, "DELAYED 5h, NO WORD SINCE 04:00 PST"),
        (ON_TIME, LEAVES - 4 * HOUR, "ON TIME"),
    ],
)
def test_what_nobody_could_look_at_is_not_called_on_time(seen: Flight, at: datetime, words: str) -> None:
    known = TrackedFlight(id=1, fa_flight_id="x", flight=seen, failures=2, created_at=NOW)
    assert remark_of(FlightView(tracked=known, subscribers=1), at) == words


@pytest.mark.parametrize("command", ["board", "flights", "status ZZ100"])
def test_board_flights_and_status_say_since_when(flait: CommandLine, store: Store, command: str) -> None:
    """Nobody has looked since noon, and it was to leave an hour ago."""
    there = store.track(flight(7, out=Times(scheduled=NOW - HOUR)), next_poll_at=NOW - HOUR, now=NOW - 2 * HOUR)
    done = flait(*command.replace("ZZ100", there.flight.number).split())
    assert "NO WORD SINCE" in done.out
    assert "NO REPORT" not in done.out
