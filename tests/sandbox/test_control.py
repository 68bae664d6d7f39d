"""Driving the sandbox: flights by hand, the ledger, reset."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from flait.errors import UserError
from flait.sandbox.run import Sandbox
from tests.sandbox.conftest import StandingClock

NEW = {"ident": "UA7777", "origin": "SFO", "destination": "LHR", "scheduled_out": "2013-03-09T02:00:00Z"}
TEXT = {"To": "+15555550100", "From": "+15555550111", "Body": "hello"}


def shown(client: httpx.Client, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/flights/{name}").json()["flights"]
    return found


def test_a_new_flight_is_complete(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    (made,) = sandbox.put_flights([NEW])
    (flight,) = shown(aeroapi, "UA7777")
    assert flight["fa_flight_id"] == made
    assert (flight["ident"], flight["ident_iata"], flight["operator_icao"]) == ("UAL7777", "UA7777", "UAL")
    assert flight["destination"]["timezone"] == "Europe/London"
    assert flight["estimated_in"] == flight["scheduled_in"] == "2013-03-09T04:20:00Z"
    assert (flight["status"], flight["departure_delay"], flight["progress_percent"]) == ("Scheduled", 0, 0)
    assert shown(aeroapi, made) == [flight]


def test_a_new_flight_is_known_48_hours_ahead(sandbox: Sandbox, aeroapi: httpx.Client, clock: StandingClock) -> None:
    sandbox.put_flights([NEW | {"scheduled_out": "2013-03-10T18:00:00Z"}])
    before = shown(aeroapi, "UA7777")
    clock.advance(hours=1, minutes=1)  # the window ends two days ahead, exclusive
    assert (len(before), len(shown(aeroapi, "UA7777"))) == (0, 1)


def test_a_flight_is_driven_by_its_number(sandbox: Sandbox, aeroapi: httpx.Client, by_hand: httpx.Client) -> None:
    made = sandbox.put_flights([NEW])
    change = {"ident": "UA7777", "estimated_out": "2013-03-09T03:00:00Z", "gate_origin": "G9"}
    assert by_hand.post("/flights", json=[change]).json() == {"fa_flight_ids": made}
    (flight,) = shown(aeroapi, "UA7777")
    assert (flight["departure_delay"], flight["status"]) == (3600, "Scheduled / Delayed")
    assert (flight["gate_origin"], flight["arrival_delay"]) == ("G9", 0)


def test_a_flight_of_the_record_is_changed_by_its_id_only(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    first, second, *_ = shown(aeroapi, "UA15")
    sandbox.put_flights([{"fa_flight_id": first["fa_flight_id"], "cancelled": True}])
    changed, same, *_ = shown(aeroapi, "UA15")
    assert (changed["cancelled"], changed["status"]) == (True, "Cancelled")
    assert same == second


def test_a_known_number_alone_means_all_its_flights(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    assert sandbox.put_flights([{"ident": "UA15", "gate_origin": "Z1"}]) == []
    assert {flight["gate_origin"] for flight in shown(aeroapi, "UAL15")} == {"Z1"}


def test_one_number_can_have_several_legs(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    sandbox.put_flights([NEW, NEW | {"origin": "LHR", "destination": "FRA", "scheduled_out": "2013-03-09T14:00:00Z"}])
    sandbox.put_flights([NEW | {"gate_origin": "A1"}])  # the same number and time: the first leg
    assert [(flight["origin"]["code_iata"], flight["gate_origin"]) for flight in shown(aeroapi, "UA7777")] == [
        ("LHR", None),
        ("SFO", "A1"),
    ]


def test_a_flight_vanishes_and_comes_back(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    (made,) = sandbox.put_flights([NEW])
    sandbox.put_flights([{"fa_flight_id": made, "vanish": True}])
    gone = shown(aeroapi, "UA7777"), shown(aeroapi, made)
    sandbox.put_flights([{"fa_flight_id": made, "vanish": False}])
    assert (gone, len(shown(aeroapi, made))) == (([], []), 1)


def test_a_diverted_pair_is_made_and_its_second_record_driven(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    (made,) = sandbox.put_flights([NEW | {"diverted_to": "DUB"}])
    sandbox.put_flights([{"fa_flight_id": made, "leg": 1, "actual_on": "2013-03-09T05:00:00Z"}])
    pair = {flight["destination"]["code_iata"]: flight for flight in shown(aeroapi, made)}
    assert (pair["LHR"]["diverted"], pair["LHR"]["actual_on"], pair["LHR"]["status"]) == (True, None, "Diverted")
    assert (pair["DUB"]["diverted"], pair["DUB"]["scheduled_out"]) == (False, None)
    assert pair["DUB"]["status"] == "Landed / Taxiing"


def test_a_flight_made_by_hand_is_in_the_schedules(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    sandbox.put_flights([NEW | {"scheduled_out": "2013-07-01T12:00:00Z"}])
    (row,) = aeroapi.get("/schedules/2013-07-01/2013-07-02?airline=UA&flight_number=7777").json()["scheduled"]
    assert (row["origin_iata"], row["destination_icao"], row["fa_flight_id"]) == ("SFO", "EGLL", None)


def test_what_is_said_by_hand_wins_over_what_follows(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    sandbox.put_flights([NEW | {"status": "result unknown", "codeshares_iata": ["NH7001"]}])
    assert shown(aeroapi, "NH7001")[0]["status"] == "result unknown"


@pytest.mark.parametrize(
    "flight",
    [
        {"gate_origin": "A1"},
        {"ident": "UA7777"},
        NEW | {"gate": "A1"},
        NEW | {"origin": "XXX"},
        NEW | {"scheduled_out": "noon"},
    ],
)
def test_a_description_that_makes_no_sense_is_refused(sandbox: Sandbox, flight: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        sandbox.put_flights([flight])


@pytest.mark.parametrize("content", [b"{", b"{}", b'["UA15"]'])
def test_a_refusal_says_why(by_hand: httpx.Client, content: bytes) -> None:
    answer = by_hand.post("/flights", content=content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_input")


def test_the_ledger_tells_of_both_parties(sandbox: Sandbox, aeroapi: httpx.Client, twilio: httpx.Client) -> None:
    aeroapi.get("/flights/UA15", params={"ident_type": "designator"})
    twilio.post("/Messages.json", data=TEXT)
    flight, text = sandbox.ledger()
    assert (flight["party"], flight["query"], flight["status"]) == ("aeroapi", {"ident_type": "designator"}, 200)
    assert (flight["at"], flight["result_sets"]) == ("2013-03-08T17:00:00Z", 1)
    assert (text["party"], text["form"], text["status"]) == ("twilio", TEXT, 201)


def test_no_secret_gets_into_the_ledger(clock: StandingClock, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    with Sandbox(clock=clock, ledger=file) as sandbox:
        httpx.get(
            f"{sandbox.flightaware_base_url}/flights/UA15", headers={"x-apikey": "hush"}, verify=False, trust_env=False
        )
        httpx.get(f"{sandbox.url}/2010-04-01/Accounts.json", auth=("AC", "hush"), verify=False, trust_env=False)
        assert "hush" not in str(sandbox.ledger())
    assert "hush" not in file.read_text()


def test_the_ledger_file_is_written_at_once_and_survives(clock: StandingClock, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    for _ in range(2):
        with Sandbox(clock=clock, ledger=file) as sandbox:
            httpx.get(f"{sandbox.flightaware_base_url}/flights/UA15", verify=False, trust_env=False)
            lines = [json.loads(line) for line in file.read_text().splitlines()]
            assert lines[-1] == sandbox.ledger()[-1]
    assert [line["status"] for line in lines] == [401, 401]
    assert file.stat().st_mode & 0o777 == 0o600


def test_texts_are_shown_oldest_first(by_hand: httpx.Client, twilio: httpx.Client) -> None:
    for body in ("one", "two"):
        twilio.post("/Messages.json", data=TEXT | {"Body": body})
    first, second = by_hand.get("/texts").json()
    assert (first["body"], second["body"]) == ("one", "two")
    assert (first["to"], first["num_segments"], first["at"]) == (TEXT["To"], 1, "2013-03-08T17:00:00Z")


def test_reset_forgets_everything(
    sandbox: Sandbox, by_hand: httpx.Client, aeroapi: httpx.Client, twilio: httpx.Client
) -> None:
    twilio.post("/Messages.json", data=TEXT)
    sandbox.put_flights([NEW])
    by_hand.post("/faults", json={"party": "aeroapi", "fault": "500"})
    by_hand.post("/reset")
    assert (sandbox.texts(), sandbox.ledger(), shown(aeroapi, "UA7777")) == ([], [], [])


def test_faults_are_cleared_over_http(by_hand: httpx.Client, aeroapi: httpx.Client) -> None:
    by_hand.post("/faults", json={"party": "aeroapi", "fault": "500"})
    by_hand.delete("/faults")
    assert aeroapi.get("/flights/UA15").status_code == 200


def test_there_is_nothing_else_to_drive(by_hand: httpx.Client) -> None:
    assert by_hand.get("/weather").status_code == 404
