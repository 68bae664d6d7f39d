"""AeroAPI's wire, as a client sees it."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from flait.clock import clock_from
from flait.errors import ConfigError
from flait.sandbox.records import BLANK, stamp
from flait.sandbox.run import Sandbox
from tests.sandbox.conftest import NOON, StandingClock

DAY = timedelta(days=1)


def flights(client: httpx.Client, ident: str, **params: str) -> list[dict[str, Any]]:
    answer = client.get(f"/flights/{ident}", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["flights"]
    return found


def test_a_flight_has_every_key_of_the_real_one(aeroapi: httpx.Client) -> None:
    answer = aeroapi.get("/flights/UAL15", params={"ident_type": "designator"})
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert (answer.json()["links"], answer.json()["num_pages"]) == (None, 1)
    record = answer.json()["flights"][0]
    assert list(record) == list(BLANK)
    assert record["ident_iata"] == "UA15"
    assert record["aircraft_type"].endswith(" ")
    assert record["origin"]["timezone"] == "America/New_York"


def test_the_newest_flight_comes_first(aeroapi: httpx.Client) -> None:
    leaving = [flight["scheduled_out"] for flight in flights(aeroapi, "UA15", ident_type="designator")]
    assert len(leaving) > 10
    assert leaving == sorted(leaving, reverse=True)


@pytest.mark.parametrize("ident", ["EV4357", "ASQ4357", "UA4357", "UAL4357", "LH7357"])
def test_every_name_leads_to_the_operating_flight(aeroapi: httpx.Client, ident: str) -> None:
    found = flights(aeroapi, ident, ident_type="designator")
    assert {flight["ident"] for flight in found if flight["operator_iata"] == "EV"} == {"ASQ4357"}
    assert "UA4357" in found[0]["codeshares_iata"]


def test_an_id_leads_to_one_flight(aeroapi: httpx.Client) -> None:
    wanted = flights(aeroapi, "UA15")[3]
    assert flights(aeroapi, wanted["fa_flight_id"], ident_type="fa_flight_id") == [wanted]


def test_a_registration_leads_to_its_flights(aeroapi: httpx.Client) -> None:
    tail = flights(aeroapi, "UA15")[3]["registration"]
    found = flights(aeroapi, tail, ident_type="registration")
    assert {flight["registration"] for flight in found} == {tail}


def test_what_nobody_knows_is_an_empty_list(aeroapi: httpx.Client) -> None:
    answer = aeroapi.get("/flights/ZZ9999", params={"ident_type": "designator"})
    assert (answer.status_code, answer.json()) == (200, {"flights": [], "links": None, "num_pages": 1})


def test_the_start_is_inclusive_and_the_end_exclusive(aeroapi: httpx.Client) -> None:
    (one,) = (flight for flight in flights(aeroapi, "UA15") if flight["scheduled_out"].startswith("2013-03-07"))
    out = one["scheduled_out"]
    after = stamp(datetime.fromisoformat(out) + timedelta(seconds=1))
    assert flights(aeroapi, "UA15", start=out, end=after) == [one]
    assert flights(aeroapi, "UA15", start="2013-03-07", end=out) == []


@pytest.mark.parametrize(
    "params",
    [
        {"start": stamp(NOON - 10 * DAY - timedelta(minutes=1))},
        {"end": stamp(NOON + 2 * DAY + timedelta(minutes=1))},
        {"start": stamp(NOON), "end": stamp(NOON - DAY)},
        {"start": "2013-03-08T12:00:00+00:00"},
        {"start": "2013-02-31"},
        {"max_pages": "0"},
        {"cursor": "nonsense"},
        {"ident_type": "name"},
    ],
)
def test_a_question_against_the_rules_is_a_400(aeroapi: httpx.Client, params: dict[str, str]) -> None:
    answer = aeroapi.get("/flights/UA15", params=params)
    assert answer.status_code == 400
    assert list(answer.json()) == ["title", "reason", "detail", "status"]
    assert answer.json()["reason"] == "INVALID_ARGUMENT"


def test_the_window_holds_up_to_its_edges(aeroapi: httpx.Client) -> None:
    minute = timedelta(minutes=1)
    assert flights(aeroapi, "UA15", start=stamp(NOON - 10 * DAY + minute), end=stamp(NOON + 2 * DAY - minute))


def test_pages_follow_each_other_to_the_end(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    sandbox.put_flights([{"ident": "XX1", "scheduled_out": stamp(NOON - timedelta(hours=hour))} for hour in range(40)])
    seen, target = [], "/flights/XX1?ident_type=designator"
    for _ in range(3):
        page = aeroapi.get(target).json()
        seen.append([flight["scheduled_out"] for flight in page["flights"]])
        target = page["links"]["next"] if page["links"] else ""
    assert [len(page) for page in seen] == [15, 15, 10]
    assert target == ""
    everything = list(itertools.chain(*seen))
    assert everything == sorted(everything, reverse=True)


def test_several_pages_in_one_answer_are_counted(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    sandbox.put_flights([{"ident": "XX1", "scheduled_out": stamp(NOON - timedelta(hours=hour))} for hour in range(40)])
    page = aeroapi.get("/flights/XX1", params={"max_pages": "2"}).json()
    assert (len(page["flights"]), page["num_pages"]) == (30, 2)
    assert page["links"]["next"].startswith("/flights/XX1?cursor=")
    assert sandbox.ledger()[-1]["result_sets"] == 2


def test_schedules_know_the_number_under_which_it_is_sold(aeroapi: httpx.Client) -> None:
    answer = aeroapi.get("/schedules/2013-06-01/2013-06-03", params={"airline": "UA", "flight_number": 4357}).json()
    assert [row["scheduled_out"] for row in answer["scheduled"]] == ["2013-06-01T20:00:00Z", "2013-06-02T20:00:00Z"]
    row = answer["scheduled"][0]
    assert (row["ident"], row["actual_ident_iata"]) == ("UAL4357", "EV4357")
    assert (row["origin_iata"], row["destination_icao"]) == ("EWR", "KMSY")
    assert row["fa_flight_id"] is None


def test_rows_of_a_schedule_count_seats_in_whole_numbers(aeroapi: httpx.Client) -> None:
    target = "/schedules/2013-06-01/2013-06-03"
    rows = aeroapi.get(target, params={"airline": "UA", "flight_number": 4357}).json()["scheduled"]

    assert rows
    assert all(isinstance(row[f"seats_cabin_{cabin}"], int) for row in rows for cabin in ("business", "coach", "first"))


def test_schedules_name_the_flight_once_it_is_known(aeroapi: httpx.Client) -> None:
    params = {"airline": "UAL", "flight_number": "15", "origin": "EWR", "include_codeshares": "false"}
    (row,) = aeroapi.get("/schedules/2013-03-09/2013-03-10", params=params).json()["scheduled"]
    (flight,) = flights(aeroapi, row["fa_flight_id"], ident_type="fa_flight_id")
    assert (row["scheduled_out"], row["scheduled_in"]) == (flight["scheduled_out"], flight["scheduled_in"])


@pytest.mark.parametrize(("origin", "destination"), [("JFK", "LAX"), ("KJFK", "KLAX"), ("JFK", "KLAX")])
def test_schedules_of_a_pair_of_airports_are_its_departures_within_the_span(
    aeroapi: httpx.Client, origin: str, destination: str
) -> None:
    params = {"origin": origin, "destination": destination, "include_codeshares": "false"}
    page = aeroapi.get("/schedules/2013-03-08T18:00:00Z/2013-03-10T05:00:00Z", params=params).json()
    rows, leaving = page["scheduled"], [row["scheduled_out"] for row in page["scheduled"]]

    assert {(row["origin_iata"], row["destination_iata"], row["actual_ident"]) for row in rows} == {
        ("JFK", "LAX", None)
    }
    assert leaving == sorted(leaving)
    assert leaving[0] >= "2013-03-08T18:00:00Z"
    assert (len(rows), page["num_pages"]) == (15, 1)
    assert page["links"]["next"].startswith("/schedules/2013-03-08T18:00:00Z/")


def test_codeshares_repeat_the_flight_that_is_flown(aeroapi: httpx.Client) -> None:
    params = {"origin": "EWR", "destination": "MSY", "airline": "UA"}
    rows = aeroapi.get("/schedules/2013-06-01/2013-06-02", params=params).json()["scheduled"]
    flown = aeroapi.get("/schedules/2013-06-01/2013-06-02", params=params | {"include_codeshares": "false"}).json()
    sold = {row["actual_ident"] for row in rows if row["actual_ident"]}
    assert sold
    assert all(row["actual_ident"] is None for row in flown["scheduled"])
    assert not sold & {row["ident"] for row in flown["scheduled"]}


def test_no_airport_is_both_ends_of_a_pair(aeroapi: httpx.Client) -> None:
    params = {"origin": "LAX", "destination": "JFK"}  # only flights from New York are recorded
    assert aeroapi.get("/schedules/2013-03-08/2013-03-09", params=params).json()["scheduled"] == []


def test_a_row_of_the_schedule_can_be_moved_rerouted_and_taken_out_by_hand(
    sandbox: Sandbox, aeroapi: httpx.Client
) -> None:
    def rows() -> list[dict[str, Any]]:
        params = {"airline": "UAL", "flight_number": "15", "origin": "EWR", "include_codeshares": "false"}
        found: list[dict[str, Any]] = aeroapi.get("/schedules/2013-06-01/2013-06-03", params=params).json()["scheduled"]
        return found

    first, second = rows()
    leaves = first["scheduled_out"]
    moved = leaves.replace(leaves[11:13], f"{int(leaves[11:13]) - 2:02}", 1)
    (known,) = sandbox.put_flights([{"ident": "UAL15", "scheduled_out": leaves}])

    sandbox.put_flights([{"fa_flight_id": known, "scheduled_out": moved, "destination": "PIT"}])
    assert [(row["scheduled_out"], row["destination_iata"]) for row in rows()] == [
        (moved, "PIT"),
        (second["scheduled_out"], second["destination_iata"]),
    ]
    sandbox.put_flights([{"fa_flight_id": known, "vanish": True}])
    assert rows() == [second]


@pytest.mark.parametrize(
    "span", ["2013-03-09/2013-04-01", "2014-04-01/2014-04-02", "2013-03-09/2013-03-09", "soon/later"]
)
def test_schedules_have_their_limits(aeroapi: httpx.Client, span: str) -> None:
    assert aeroapi.get(f"/schedules/{span}").status_code == 400


def test_usage_is_free_and_adds_up(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    flights(aeroapi, "UA15")
    flights(aeroapi, "ZZ1")  # nothing found costs as well
    aeroapi.get("/schedules/2013-03-09/2013-03-10", params={"airline": "HA"})
    usage = aeroapi.get("/account/usage").json()
    assert (usage["total_calls"], usage["total_pages"], usage["total_cost"]) == (3, 3, pytest.approx(0.03))
    assert sandbox.ledger()[-1]["result_sets"] == 0


def test_what_it_does_not_have_is_a_404(aeroapi: httpx.Client) -> None:
    answer = aeroapi.get("/airports/EWR")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


@pytest.mark.parametrize("headers", [{}, {"x-apikey": "wrong"}])
def test_a_wrong_key_is_refused(clock: StandingClock, headers: dict[str, str]) -> None:
    with Sandbox(clock=clock, api_key="right") as sandbox:
        url = f"{sandbox.flightaware_base_url}/flights/UA15"
        answer = httpx.get(url, headers=headers, verify=False, trust_env=False)
        assert httpx.get(url, headers={"x-apikey": "right"}, verify=False, trust_env=False).status_code == 200
    assert answer.status_code == 401
    assert answer.json() == {
        "title": "Invalid API key",
        "reason": "INVALID_API_KEY",
        "detail": "Provided API key is not valid",
        "status": 401,
    }


def test_a_tier_is_limited_in_virtual_time(clock: StandingClock) -> None:
    with (
        Sandbox(clock=clock, tier="personal") as sandbox,
        httpx.Client(
            base_url=sandbox.flightaware_base_url, headers={"x-apikey": "any"}, verify=False, trust_env=False
        ) as client,
    ):
        statuses = [client.get("/flights/UA15").status_code for _ in range(11)]
        clock.advance(minutes=1)
        afterwards = client.get("/flights/UA15").status_code
    assert statuses == [200] * 10 + [429]
    assert afterwards == 200


def test_more_pages_than_the_tier_has_left_are_refused(clock: StandingClock) -> None:
    with Sandbox(clock=clock, tier="personal") as sandbox:
        answer = httpx.get(
            f"{sandbox.flightaware_base_url}/flights/UA15?max_pages=11",
            headers={"x-apikey": "any"}, verify=False, trust_env=False,
        )  # fmt: skip
    assert (answer.status_code, answer.json()["reason"]) == (429, "RATE_LIMIT_ERROR")


def test_an_unknown_tier_is_a_setting_to_mend(clock: StandingClock) -> None:
    with pytest.raises(ConfigError, match="personal"):
        Sandbox(clock=clock, tier="gold")


def test_the_sandbox_runs_on_the_shared_virtual_clock() -> None:
    with Sandbox(clock=clock_from("2013-03-08T17:00:00Z,1700000000,0.000001")) as sandbox:
        assert str(sandbox.storm_day) == "2013-03-08"
