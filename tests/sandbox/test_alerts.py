"""AeroAPI's push alerts: kept as AeroAPI keeps them, and pushed as virtual time passes."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from flait.sandbox.run import Sandbox, storm_flights
from tests.sandbox.conftest import NOON, StandingClock
from tests.sandbox.receiver import Receiver, Trial, nobody

ALL = ("arrival", "cancelled", "departure", "diverted", "filed", "out", "off", "on", "in")
FLIGHT = {"ident": "UA7777", "origin": "SFO", "destination": "LHR", "scheduled_out": "2013-03-08T20:00:00Z"}


def wish(url: str | None, *events: str, **more: Any) -> dict[str, Any]:
    """An alert for UA7777 with these events."""
    events = events or ALL
    asked = {"ident": "UA7777", "events": {name: name in events for name in ALL}, "target_url": url}
    return {name: value for name, value in (asked | more).items() if value is not None}


def pushed(receiver: Receiver) -> list[tuple[str, dict[str, Any]]]:
    """The codes and the flights of what came."""
    contents = [json.loads(call.body) for call in receiver.calls]
    return [(content["event_code"], content["flight"]) for content in contents]


def codes(receiver: Receiver) -> list[str]:
    return [code for code, _ in pushed(receiver)]


@pytest.fixture
def flight(trial: Trial) -> str:
    return trial.sandbox.put_flights([FLIGHT])[0]


def change(trial: Trial, flight: str, **fields: Any) -> None:
    trial.sandbox.put_flights([{"fa_flight_id": flight, **fields}])
    assert trial.sandbox.settled()


def test_an_alert_is_made_listed_changed_and_deleted(aeroapi: httpx.Client) -> None:
    made = aeroapi.post("/alerts", json=wish("http://127.0.0.1:1/a", "out", end="2013-03-09"))
    location = made.headers["Location"]
    (listed,) = aeroapi.get("/alerts").json()["alerts"]
    changed = aeroapi.put(location, json=wish("http://127.0.0.1:1/b", "in"))
    one = aeroapi.get(location).json()
    deleted = aeroapi.delete(location)
    assert (made.status_code, made.content, location) == (201, b"", f"/alerts/{listed['id']}")
    assert (listed["ident"], listed["user_ident"], listed["end"]) == ("UAL7777", "UA7777", "2013-03-09")
    assert (listed["target_url"], listed["enabled"]) == ("http://127.0.0.1:1/a", True)
    assert (changed.status_code, one["target_url"]) == (204, "http://127.0.0.1:1/b")
    assert [name for name, wanted in one["events"].items() if wanted] == ["in"]
    assert (deleted.status_code, aeroapi.get(location).status_code, aeroapi.get("/alerts").json()["alerts"]) == (
        204,
        404,
        [],
    )


def test_the_endpoint_is_set_once_for_the_account(aeroapi: httpx.Client) -> None:
    before = aeroapi.post("/alerts", json=wish(None))
    put = aeroapi.put("/alerts/endpoint", json={"url": "http://127.0.0.1:1/all"})
    assert (before.status_code, put.status_code, put.content) == (400, 204, b"")
    assert aeroapi.get("/alerts/endpoint").json() == {"url": "http://127.0.0.1:1/all"}
    assert aeroapi.post("/alerts", json=wish(None)).status_code == 201


@pytest.mark.parametrize(
    "content",
    [
        {"events": {"out": True}},
        {"events": dict.fromkeys((*ALL, "teatime"), True)},
        {"events": dict.fromkeys(ALL, "yes")},
        {"ident": ""},
        {"start": "2013-03-07"},
        {"start": "2013-03-09", "end": "2013-03-08"},
        {"end": "soon"},
        {"target_url": "ftp://x"},
    ],
)
def test_an_alert_that_aeroapi_refuses(aeroapi: httpx.Client, content: dict[str, Any]) -> None:
    answer = aeroapi.post("/alerts", json=wish("http://127.0.0.1:1/a") | content)
    assert (answer.status_code, answer.json()["reason"]) == (400, "INVALID_ARGUMENT")


def test_the_eleven_events_of_newer_versions_are_taken(aeroapi: httpx.Client) -> None:
    events = dict.fromkeys((*ALL, "hold_start", "hold_end"), True)
    assert aeroapi.post("/alerts", json=wish("http://127.0.0.1:1/a") | {"events": events}).status_code == 201


def test_the_fifty_first_alike_is_refused(aeroapi: httpx.Client) -> None:
    answers = [aeroapi.post("/alerts", json=wish("http://127.0.0.1:1/a")).status_code for _ in range(51)]
    other = aeroapi.post("/alerts", json=wish("http://127.0.0.1:1/a", origin="KSFO"))
    assert (answers, other.status_code) == ([201] * 50 + [400], 201)


@pytest.mark.parametrize(("tier", "status"), [("personal", 401), ("standard", 200), (None, 200)])
def test_a_personal_account_has_no_alerts(clock: StandingClock, tier: str | None, status: int) -> None:
    with Sandbox(clock=clock, tier=tier) as sandbox:
        url = f"{sandbox.flightaware_base_url}/alerts"
        answer = httpx.get(url, headers={"x-apikey": "k"}, verify=False, trust_env=False)
    assert answer.status_code == status
    assert status == 200 or "Standard and Premium" in answer.json()["detail"]


def test_what_happens_to_a_flight_is_pushed_once_each(trial: Trial, aeroapi: httpx.Client, flight: str) -> None:
    aeroapi.post("/alerts", json=wish(f"{trial.receiver.url}/flightaware/alert/hush"))
    change(trial, flight, gate_origin="B1")  # the first gate is no change
    change(trial, flight, gate_origin="B2")
    change(trial, flight, gate_origin="B2", estimated_out="2013-03-08T20:30:00Z")  # half an hour is not worth a push
    change(trial, flight, estimated_out="2013-03-08T21:30:01Z")
    change(trial, flight, actual_out="2013-03-08T21:31:00Z")
    change(trial, flight, actual_off="2013-03-08T21:50:00Z")
    change(trial, flight, actual_on="2013-03-08T23:50:00Z", actual_in="2013-03-08T23:55:00Z")
    assert codes(trial.receiver) == ["change", "change", "out", "off", "on", "in"]


def test_a_push_is_worded_as_aeroapi_words_it(trial: Trial, aeroapi: httpx.Client, flight: str) -> None:
    aeroapi.post("/alerts", json=wish(f"{trial.receiver.url}/flightaware/alert/hush"))
    change(trial, flight, gate_origin="B1")
    change(trial, flight, actual_out="2013-03-08T20:01:00Z")
    (call,) = trial.receiver.calls
    content = json.loads(call.body)
    assert (call.path, call.headers["user-agent"]) == ("/flightaware/alert/hush", "AeroAPI/4.0")
    assert content.keys() == {"long_description", "short_description", "summary", "event_code", "alert_id", "flight"}
    told = content["flight"]
    assert (told["fa_flight_id"], told["origin"], told["origin_iata"], told["gate_origin"]) == (
        flight,
        "KSFO",
        "SFO",
        "B1",
    )
    assert (told["actual_out"], told["actual_off"], told["aircraft_type"]) == ("2013-03-08T20:01:00Z", None, "B738")
    assert not {"status", "operator", "codeshares"} & told.keys()


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (("departure",), ["departure", "change"]),
        (("off",), ["off"]),
        (("off", "departure"), ["off", "change"]),
        (("cancelled",), ["cancelled", "uncancelled"]),
        (("diverted",), ["diverted"]),
        (("in",), []),
    ],
)
def test_only_what_is_wanted_is_pushed(
    trial: Trial, aeroapi: httpx.Client, flight: str, events: tuple[str, ...], expected: list[str]
) -> None:
    change(trial, flight, gate_origin="B1")
    aeroapi.post("/alerts", json=wish(trial.receiver.url, *events))
    for fields in ({"cancelled": True}, {"cancelled": False}, {"actual_off": "2013-03-08T20:10:00Z"}):
        change(trial, flight, **fields)
    change(trial, flight, gate_origin="B2", diverted_to="DUB")
    assert codes(trial.receiver) == expected


def test_what_was_so_before_the_alert_is_no_news(trial: Trial, aeroapi: httpx.Client, flight: str) -> None:
    change(trial, flight, actual_out="2013-03-08T20:01:00Z")
    aeroapi.post("/alerts", json=wish(trial.receiver.url))
    trial.pass_time(hours=3)
    assert trial.receiver.calls == []


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ({}, 1),
        ({"start": "2013-03-08", "end": "2013-03-08"}, 1),
        ({"start": "2013-03-09"}, 0),
        ({"origin": "SFO", "destination": "EGLL"}, 1),
        ({"origin": "JFK"}, 0),
        ({"aircraft_type": "A320"}, 0),
    ],
)
def test_only_the_flight_described_is_watched(
    trial: Trial, aeroapi: httpx.Client, flight: str, more: dict[str, Any], count: int
) -> None:
    assert aeroapi.post("/alerts", json=wish(trial.receiver.url, **more)).status_code == 201
    change(trial, flight, cancelled=True)
    assert len(trial.receiver.calls) == count


def test_the_storm_is_pushed_as_it_comes(trial: Trial, aeroapi: httpx.Client) -> None:
    watched = next(one for one in storm_flights(24, storm_day=NOON.date()) if one.kind == "diverted")
    trial.clock.advance(hours=-10)
    aeroapi.post("/alerts", json=wish(trial.receiver.url) | {"ident": watched.ident, "end": "2013-03-08"})
    trial.pass_time(days=1)
    told = [(code, flight) for code, flight in pushed(trial.receiver) if flight["fa_flight_id"] == watched.fa_flight_id]
    assert [code for code, _ in told if code != "change"] == ["out", "off", "diverted", "on", "in"]
    assert [bool(flight["actual_on"]) for code, flight in told if code != "change"] == [False, False, False, True, True]


def test_a_jump_of_the_clock_and_small_steps_push_the_same(trial: Trial, aeroapi: httpx.Client) -> None:
    ident = storm_flights(1, storm_day=NOON.date())[0].ident
    told = []
    for steps in (1, 24):
        trial.sandbox.reset()
        trial.receiver.calls.clear()
        trial.clock.advance(seconds=(NOON - timedelta(hours=12) - trial.clock.now()).total_seconds())
        aeroapi.post("/alerts", json=wish(trial.receiver.url) | {"ident": ident})
        for _ in range(steps):
            trial.pass_time(minutes=48 * 60 / steps)
        told.append(codes(trial.receiver))
    assert told[0] == told[1]
    assert len(told[0]) > 3


def test_a_push_can_say_no_more_than_which_flight(
    trial: Trial, aeroapi: httpx.Client, by_hand: httpx.Client, flight: str
) -> None:
    by_hand.post("/alerts", json={"minimal": True})
    aeroapi.post("/alerts", json=wish(trial.receiver.url))
    change(trial, flight, cancelled=True)
    assert pushed(trial.receiver) == [("cancelled", {"fa_flight_id": flight, "error": "flight data unavailable"})]


def test_a_push_is_billed_and_never_tried_again(trial: Trial, aeroapi: httpx.Client, flight: str) -> None:
    aeroapi.post("/alerts", json=wish(trial.receiver.url))
    aeroapi.post("/alerts", json=wish(f"{nobody()}/flightaware/alert/hush"))
    trial.receiver.answers = [(500, "", b"")]
    change(trial, flight, cancelled=True)
    usage = aeroapi.get("/account/usage").json()
    assert (len(trial.receiver.calls), [entry["status"] for entry in trial.callbacks()].count(None)) == (1, 1)
    assert usage["resource_details"] == [{"resource": "alerts", "calls": 2, "pages": 2, "cost": 0.04}]
    assert usage["total_cost"] == 0.04


def test_the_ledger_tells_of_pushes_without_the_token(trial: Trial, aeroapi: httpx.Client, flight: str) -> None:
    aeroapi.post("/alerts", json=wish(f"{trial.receiver.url}/flightaware/alert/hush?key=hush"))
    change(trial, flight, cancelled=True)
    (entry,) = trial.callbacks()
    assert (entry["party"], entry["path"], entry["status"]) == ("aeroapi-callback", "/flightaware/alert/…", 200)
    assert (entry["form"]["event_code"], entry["form"]["fa_flight_id"]) == ("cancelled", flight)
    assert "hush" not in str(trial.sandbox.ledger())


def test_an_alert_that_is_deleted_or_over_pushes_nothing(trial: Trial, aeroapi: httpx.Client, flight: str) -> None:
    made = aeroapi.post("/alerts", json=wish(trial.receiver.url))
    aeroapi.post("/alerts", json=wish(trial.receiver.url, end="2013-03-08"))
    aeroapi.delete(made.headers["Location"])
    trial.pass_time(days=3)
    change(trial, flight, cancelled=True)
    assert trial.receiver.calls == []
    assert [alert["enabled"] for alert in aeroapi.get("/alerts").json()["alerts"]] == [False]
