"""`flait alternatives`: other flights between the two airports of a flight, followed or not."""

from datetime import timedelta
from typing import Any

import pytest

from flait.app import App
from flait.core.flights import Airport, ScheduledFlight, Times
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlightSourceError
from flait.store import Store
from tests.doors.command_line import CommandLine
from tests.flows.world import FakeFlightSource
from tests.store.samples import DAY, HOUR, NOW, active, flight, user

SEATS = "Seats unknown: ask the airline.\n"
SFO, JFK = flight().origin, flight().destination
BOS = Airport(code="KBOS", code_iata="BOS", timezone="America/New_York")


def flies(number: int, after: timedelta, **fields: Any) -> ScheduledFlight:
    """United's flight from San Francisco so long after NOW, 04:00 on Friday 8 March 2013 there."""
    row = ScheduledFlight(
        ident=f"UAL{number}", ident_iata=f"UA{number}", origin=SFO, destination=JFK, scheduled_out=NOW + after,
        scheduled_in=NOW + after + 6 * HOUR,
    )  # fmt: skip
    return replace(row, **fields)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> FakeFlightSource:
    fake = FakeFlightSource()
    fake.timetable = [flies(123, 6 * HOUR), flies(9, 30 * HOUR), flies(7, 3 * HOUR), flies(8, HOUR / 2)]
    monkeypatch.setattr(App, "source", lambda _self, **_options: fake)
    return fake


def follow(store: Store, number: int = 123, **fields: Any) -> None:
    """Somebody follows that flight."""
    person = store.users()[0] if store.users() else store.add_user(user())
    tracked = store.track(flight(number, **fields), next_poll_at=NOW, now=NOW)
    store.add_subscription(active(person.id, tracked, ident=f"UA{number}"))


def test_the_flights_of_a_followed_one_cost_one_look_and_none_the_second_time(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    follow(store)

    first, again = flait("alternatives", "UA123", "--json"), flait("alternatives", "ua 123", "--json")

    expected = {
        "alternatives": [
            {
                "ident": "UA7", "origin": "SFO", "destination": "JFK", "scheduled_out": "2013-03-08T15:00:00Z",
                "scheduled_in": "2013-03-08T21:00:00Z",
            },
            {
                "ident": "UA9", "origin": "SFO", "destination": "JFK", "scheduled_out": "2013-03-09T18:00:00Z",
                "scheduled_in": "2013-03-10T00:00:00Z",
            },
        ]
    }  # fmt: skip
    assert (first.code, first.json, first.err) == (0, expected, "")
    assert again.json == expected
    assert [call[0] for call in source.calls] == ["route"]


def test_people_read_local_times_and_what_is_not_known(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    follow(store)
    ran = flait("alternatives", "UA123", on_terminal=True)
    assert "UA7" in ran.out
    assert "07:00 PST" in ran.out
    assert "16:00 EST" in ran.out
    assert "10:00 PST Sat" in ran.out
    assert ran.err == SEATS


def test_a_pipe_has_moments_in_utc(flait: CommandLine, store: Store, source: FakeFlightSource) -> None:
    follow(store)
    source.timetable = [flies(7, 3 * HOUR), flies(9, 4 * HOUR, scheduled_in=None)]
    assert flait("alternatives", "UA123").table == [
        ["UA7", "SFO", "JFK", "2013-03-08T15:00:00Z", "2013-03-08T21:00:00Z"],
        ["UA9", "SFO", "JFK", "2013-03-08T16:00:00Z", ""],
    ]


def test_what_is_followed_and_what_is_cancelled_is_left_out(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    follow(store)
    follow(store, 7, out=Times(scheduled=NOW + 3 * HOUR))
    seen = flight(9, out=Times(scheduled=NOW + 30 * HOUR))
    store.track(replace(seen, cancelled=True), next_poll_at=NOW, now=NOW)
    source.timetable = [*source.timetable, flies(11, 5 * HOUR)]

    assert [row[0] for row in flait("alternatives", "UA123").table] == ["UA11"]


def test_where_there_is_none_a_line_says_so(flait: CommandLine, store: Store, source: FakeFlightSource) -> None:
    follow(store)
    source.timetable = [flies(123, 6 * HOUR)]
    ran = flait("alternatives", "UA123")
    assert (ran.code, ran.table) == (0, [])
    assert ran.err == "FlightAware's schedule shows no other flight SFO-JFK before Sun 10 Mar. Ask the airline.\n"
    assert flait("alternatives", "UA123", "--json").json == {"alternatives": []}


def test_one_that_nobody_follows_is_found_as_for_a_subscription(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    source.board = [flight()]
    ran = flait("alternatives", "UA123", "--date", "today", "--json")
    assert [row["ident"] for row in ran.json["alternatives"]] == ["UA7", "UA9"]
    assert [call[0] for call in source.calls] == ["departures", "route"]
    assert (store.subscription_views(), store.flight_views()) == ([], [])


def test_of_two_days_the_one_that_is_meant_can_be_said(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    follow(store)
    follow(store, 123, fa_flight_id="UAL123-next", out=Times(scheduled=NOW + DAY), destination=BOS)

    said = flait("alternatives", "UA123").refused(2)
    assert said.startswith("UA123 is more than one flight: 2013-03-08 SFO-JFK 10:00 PST; 2013-03-09 SFO-BOS 04:00 PST")
    assert source.calls == []
    assert flait("alternatives", "UA123", "--date", "tomorrow", "--json").json == {"alternatives": []}
    assert [call[1:3] for call in source.calls] == [("SFO", "BOS")]
    assert flait("alternatives", "UA123", "--to", "jfk", "--json").code == 0


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("UA999",), 7, "AeroAPI knows no UA999 leaving within two days; "),
        (("UA",), 2, "'UA' is not a flight number; "),
        (("UA123", "--date", "25/11"), 2, "'25/11' is not a date; "),
    ],
)
def test_what_names_no_flight_is_refused(
    flait: CommandLine, source: FakeFlightSource, argv: tuple[str, ...], code: int, said: str
) -> None:
    assert flait("alternatives", *argv).refused(code).startswith(said)


def test_a_flight_whose_destination_is_not_known_has_none(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    follow(store, destination=None)
    assert flait("alternatives", "UA123").refused(7) == "where UA123 goes is not known yet; ask the airline"
    assert source.calls == []


def test_no_look_is_spent_on_days_that_are_not_that_of_the_flight(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    follow(store, out=Times(scheduled=NOW + 2 * DAY))
    assert flait("alternatives", "UA123").refused(7) == (
        "UA123 leaves Sun 10 Mar, and other flights are shown until the end of tomorrow; "
        "ask again on the day before, or ask the airline"
    )
    assert source.calls == []


def test_a_day_that_is_not_looked_at_costs_no_look(flait: CommandLine, store: Store, source: FakeFlightSource) -> None:
    """It is the 8th there; on the 10th it is tomorrow nowhere yet."""
    source.board = [flight()]
    assert flait("alternatives", "UA123", "--date", "2013-03-11").refused(7).startswith("other flights are shown until")
    assert source.calls == []


def test_in_the_place_of_a_cancelled_flight_of_any_day_others_are_shown(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    follow(store, out=Times(scheduled=NOW + 2 * DAY), cancelled=True)
    assert flait("alternatives", "UA123").code == 0
    assert [call[0] for call in source.calls] == ["route"]


@pytest.mark.parametrize(
    ("fault", "code"), [(BudgetExhausted("the money is spent", "raise it"), 8), (FlightSourceError("no answer"), 1)]
)
def test_a_look_that_cannot_be_had_has_its_exit_code_and_keeps_nothing(
    flait: CommandLine, store: Store, source: FakeFlightSource, fault: Exception, code: int
) -> None:
    follow(store)
    source.fault = fault
    assert flait("alternatives", "UA123").code == code
    assert store._rows("SELECT * FROM routes") == []
