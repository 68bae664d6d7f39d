"""`flait flights` and `flait status IDENT`: tracked flights, for people and for scripts."""

from datetime import timedelta
from typing import Any

import pytest

from flait.core.flights import Airport, Times
from flait.store import Store, TrackedFlight
from tests.doors.command_line import CommandLine
from tests.store.samples import HOUR, MINUTE, NOW, flight, follower, tracked

FIELDS = (
    "fa_flight_id ident ident_iata origin destination departure_date phase standing diverted_to out off on in gate_origin terminal_origin "
    "gate_destination terminal_destination baggage_claim next_poll_at last_polled_at subscribers"
)


def seen(store: Store, row: TrackedFlight, **changes: Any) -> None:
    """What a poll a quarter of an hour ago made of the flight."""
    store.claim_due_flights(NOW, "boot", 10)
    store.save_poll(
        row.id,
        claimed_by="boot",
        flight=flight(**changes),
        seen_at=NOW - 15 * MINUTE,
        raw=None,
        changed=True,
        polls=1,
        next_poll_at=NOW + 15 * MINUTE,
    )


def test_flights_are_listed_in_the_airports_own_times(flait: CommandLine, store: Store) -> None:
    follower(store)
    scheduled = NOW + 6 * HOUR
    seen(store, tracked(store), out=Times(scheduled=scheduled, estimated=scheduled + 45 * MINUTE))

    row = "UA123|SFO-JFK|2013-03-08|DELAYED 45m|10:45 PST (45m late)|19:00 EST|in 15m|1"
    assert flait("flights").table == [row.split("|")]


def test_a_flight_as_json_has_the_promised_fields(flait: CommandLine, store: Store) -> None:
    follower(store)
    seen(store, tracked(store), gate_origin="F12", terminal_origin="3")

    (found,) = flait("flights", "--json").json["flights"]

    assert " ".join(found) == FIELDS
    assert (found["ident"], found["ident_iata"], found["origin"], found["destination"]) == (
        "UAL123",
        "UA123",
        "SFO",
        "JFK",
    )
    assert found["out"] == {"scheduled": "2013-03-08T18:00:00Z", "estimated": None, "actual": None}
    assert (found["phase"], found["gate_origin"], found["subscribers"]) == ("scheduled", "F12", 1)
    assert (found["departure_date"], found["last_polled_at"]) == ("2013-03-08", "2013-03-08T11:45:00Z")


def test_closed_flights_are_listed_only_when_asked_for(flait: CommandLine, store: Store) -> None:
    store.close_flight(tracked(store).id, NOW)

    assert flait("flights", "--json").json == {"flights": []}
    (closed,) = flait("flights", "--all", "--json").json["flights"]
    assert (closed["ident"], closed["next_poll_at"]) == ("UAL123", None)


def test_a_flight_without_destination_or_times_is_listed(flait: CommandLine, store: Store) -> None:
    store.track(flight(destination=None, in_=Times()), next_poll_at=NOW, now=NOW)

    assert flait("flights").table == [["UA123", "SFO", "2013-03-08", "ON TIME", "10:00 PST", "", "now", "0"]]
    assert flait("flights", "--json").json["flights"][0]["destination"] is None


def test_on_a_terminal_nothing_tracked_is_said(flait: CommandLine) -> None:
    done = flait("flights", on_terminal=True)

    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("No flight is tracked. Try `flait subscribe")


@pytest.mark.parametrize("number", ["UA123", "ua 0123", "UAL123", "DLH9123"])
def test_one_flight_is_shown_by_any_of_its_numbers(flait: CommandLine, store: Store, number: str) -> None:
    follower(store)
    elsewhere = Airport(code="KBUF", code_iata="BUF", timezone="America/New_York")
    seen(store, tracked(store), diverted=True, diverted_to=elsewhere, gate_origin="F12", terminal_origin="3")

    done = flait("status", number)

    assert done.code == 0
    facts = {what: state for flight, what, state in done.table if flight == "UA123 2013-03-08"}
    assert (facts["phase"], facts["diverted to"], facts["departure gate"]) == ("diverted", "BUF", "F12, Terminal 3")
    assert (facts["followers"], facts["next poll"]) == ("Ann 0", "2013-03-08T12:15:00Z")
    assert flait("status", number, "--json").json == flait("flights", "--json").json


def test_of_flights_that_are_over_the_last_is_shown(flait: CommandLine, store: Store) -> None:
    for day in (2, 1):
        leaves = Times(scheduled=NOW - timedelta(days=day))
        row = store.track(flight(fa_flight_id=f"UAL123-{day}", out=leaves), next_poll_at=NOW, now=NOW)
        store.close_flight(row.id, NOW)

    (found,) = flait("status", "UA123", "--json").json["flights"]
    assert found["departure_date"] == "2013-03-07"
    assert dict(row[1:] for row in flait("status", "UA123").table)["next poll"].startswith("none")


def test_a_flight_that_is_not_tracked_is_not_found(flait: CommandLine, store: Store) -> None:
    tracked(store)

    assert flait("status", "UA124").refused(7).startswith("UA124 is not tracked; ")
    assert "is not a flight number" in flait("status", "first").refused(2)


def test_a_flight_that_is_watched_for_its_plane_says_so_and_is_on_no_board(flait: CommandLine, store: Store) -> None:
    user, followed = follower(store), tracked(store)
    plane = store.track(flight(fa_flight_id="UAL9-1", ident="UAL9", ident_iata="UA9"), next_poll_at=NOW, now=NOW)
    store.await_flight(plane.id, for_flight_id=followed.id, reason="plane")

    followers = {row[0]: row[-1] for row in flait("flights").table}
    assert followers == {"UA123": "1", "UA9": "plane of UA123"}
    assert [one["ident_iata"] for one in flait("board", "--json").json["flights"]] == ["UA123"]
    assert user


def test_one_flight_is_shown_with_its_plane_and_the_connections_of_who_travels_on_it(
    flait: CommandLine, store: Store
) -> None:
    follower(store)
    leaves = NOW + 4 * HOUR
    seen(store, tracked(store), out=Times(scheduled=leaves), inbound_fa_flight_id="UAL9-1")
    there = flight(
        fa_flight_id="UAL9-1",
        ident="UAL9",
        ident_iata="UA9",
        destination=flight().origin,
        out=Times(scheduled=NOW - HOUR),
        in_=Times(scheduled=leaves - HOUR, estimated=leaves + HOUR),
    )
    store.want_plane(1, "UAL9-1", at=NOW)
    plane = store.track(there, next_poll_at=NOW, now=NOW)
    wanted = store.claim_plane(NOW, NOW + HOUR)
    assert wanted
    assert store.found_plane(wanted, plane.id)

    facts = {what: state for _, what, state in flait("status", "UA123").table}
    assert facts["plane"].startswith("Plane UA9, arrives 09:00 PST: expect dep 09:35 PST or later.")
    assert facts["connections"] == ""
