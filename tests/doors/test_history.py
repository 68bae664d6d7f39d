"""`flait history`, and what `flait subscribe` says of how a flight has flown."""

from datetime import timedelta

import pytest

from flait.app import App
from flait.core.flights import Flight, Times
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlightSourceError
from tests.doors.command_line import CommandLine
from tests.flows.world import FakeFlightSource
from tests.store.samples import DAY, HOUR, NOW, flight

MINUTE = timedelta(minutes=1)


def flew(days: int, late: int = 0) -> Flight:
    """The flight of so many days ago."""
    out, come = NOW + HOUR - days * DAY, NOW + 3 * HOUR - days * DAY
    return replace(
        flight(),
        fa_flight_id=f"UAL123-{days}",
        out=Times(scheduled=out, actual=out + 5 * MINUTE),
        off=Times(scheduled=out, actual=out + 15 * MINUTE),
        on=Times(scheduled=come, actual=come),
        in_=Times(scheduled=come, actual=come + late * MINUTE),
    )


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> FakeFlightSource:
    fake = FakeFlightSource()
    today = replace(flight(), out=Times(scheduled=NOW + HOUR), in_=Times(scheduled=NOW + 3 * HOUR))
    fake.board = [today, *(flew(days, late=20 if days == 3 else 0) for days in (2, 3, 4))]
    monkeypatch.setattr(App, "source", lambda _self, **_options: fake)
    return fake


def test_the_flights_of_the_last_days_are_told_newest_first(flait: CommandLine, source: FakeFlightSource) -> None:
    said = flait("history", "ua123")

    assert [row[0] for row in said.table] == ["2013-03-06", "2013-03-05", "2013-03-04"]
    assert [row[3:] for row in said.table] == [
        ["5 min late", "on time"],
        ["5 min late", "20 min late"],
        ["5 min late", "on time"],
    ]
    assert "on time 2 of last 3." in said.err
    assert len(source.calls) == 1


def test_history_as_json(flait: CommandLine, source: FakeFlightSource) -> None:
    said = flait("history", "UA123", "--json").json

    assert (said["ident"], said["on_time"], said["of"]) == ("UA123", 2, 3)
    assert said["flights"][1] == {
        "date": "2013-03-05",
        "origin": source.board[0].origin.short,
        "destination": source.board[0].destination.short if source.board[0].destination else None,
        "departure_late_min": 5,
        "arrival_late_min": 20,
        "cancelled": False,
    }


def test_a_number_that_is_unknown_leaves_with_7(flait: CommandLine, source: FakeFlightSource) -> None:
    source.board = []
    assert "no UA999" in flait("history", "UA999").refused(7)


def test_without_budget_it_leaves_with_8(flait: CommandLine, source: FakeFlightSource) -> None:
    source.fault = BudgetExhausted("the month's look-ups are spent", "raise flightaware.monthly_budget_usd")
    flait("history", "UA123").refused(8)


def test_what_is_stored_is_read_without_asking(flait: CommandLine, source: FakeFlightSource) -> None:
    flait("subscribe", "UA123", "+15555550100")
    source.fault = BudgetExhausted("the month's look-ups are spent", "wait")
    assert len(flait("history", "UA123").table) == 3


@pytest.mark.parametrize("on_terminal", [True, False])
def test_where_nothing_is_known_it_says_why(flait: CommandLine, source: FakeFlightSource, on_terminal: bool) -> None:
    source.board = source.board[:1]
    flait("subscribe", "UA123", "+15555550100")
    source.fault = BudgetExhausted("the month's look-ups are spent", "wait")
    said = flait("history", "UA123", on_terminal=on_terminal)
    assert said.code == 0
    assert "No flight of UA123 that is over is known: FlightAware showed none when it was asked" in said.err
    assert "It is not asked again before" in said.err


def test_who_subscribes_is_told_how_it_has_flown(flait: CommandLine, source: FakeFlightSource) -> None:
    assert "This leg: on time 2 of last 3." in flait("subscribe", "UA123", "+15555550100").err
    assert len(source.calls) == 1


def test_nobody_is_promised_that_a_command_which_asks_once_tries_again(
    flait: CommandLine, source: FakeFlightSource
) -> None:
    source.fault = FlightSourceError("AeroAPI cannot be reached", "Flait tries again")
    for words in (("history", "UA77"), ("alternatives", "UA77")):
        done = flait(*words)
        assert (done.code, done.err.strip()) == (1, "error: AeroAPI cannot be reached; try it again later")
