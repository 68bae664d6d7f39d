"""AeroAPI's push alerts over a real socket: what is sent, and which answer means what."""

import json
from datetime import date
from typing import Any

import pytest

from flait.adapters.aeroapi.alerts import EVENTS, AeroAPIAlerts
from flait.errors import AboveTier, AlertInDoubt, FlightSourceError, RateLimited, Refused
from flait.flows.ports import AccountAlert, AlertWish
from tests.adapters.aeroapi_talk import BAD_KEY, KEY, TIER, FixedClock, RecordingMeter
from tests.adapters.provider import Provider, answer, hang, nobody, patience, reset

TARGET = "https://flait.example/flightaware/alert/secret-token"
WISH = AlertWish(ident="UAL1234", origin="KSFO", destination="KEWR", day=date(2025, 11, 25), target_url=TARGET)
MADE = answer(201, b"", {"Location": "/alerts/10000001"})


def desk(url: str, meter: RecordingMeter | None = None, **changed: Any) -> AeroAPIAlerts:
    settings: dict[str, Any] = {"key": lambda _: KEY, "wait": lambda _: False}
    return AeroAPIAlerts(
        base_url=f"{url}/aeroapi", meter=meter or RecordingMeter(), clock=FixedClock(), **(settings | changed)
    )


def listing(*alerts: dict[str, Any], after: str | None = None) -> bytes:
    return answer(200, {"links": {"next": after} if after else None, "num_pages": 1, "alerts": list(alerts)})


# --- ordering ---------------------------------------------------------------------------------------------------


def test_an_order_names_one_flight_of_one_day_and_every_event() -> None:
    meter = RecordingMeter()
    with Provider(MADE) as provider:
        assert desk(provider.url, meter).create(WISH) == "10000001"
    (asked,) = provider.asked
    assert (asked.method, asked.target) == ("POST", "/aeroapi/alerts")
    assert (asked.headers["x-apikey"], asked.headers["content-type"]) == (KEY, "application/json")
    assert json.loads(asked.body) == {
        "ident": "UAL1234",
        "origin": "KSFO",
        "destination": "KEWR",
        "start": "2025-11-25",
        "end": "2025-11-25",
        "events": dict(EVENTS),
        "target_url": TARGET,
    }
    assert len(EVENTS) == 11
    assert meter.charged == ["alerts"]


@pytest.mark.parametrize("location", ["https://elsewhere.example/aeroapi/alerts/7", "/aeroapi/alerts/7/", "/alerts/7"])
def test_the_alert_s_number_is_read_from_its_location(location: str) -> None:
    with Provider(answer(201, b"", {"Location": location})) as provider:
        assert desk(provider.url).create(WISH) == "7"


@pytest.mark.parametrize(
    "step",
    [
        hang,
        reset,
        b"",
        MADE[:20],
        answer(500, b"oops"),
        answer(502, b"<html>"),
        answer(302, b"", {"Location": "/alerts/1"}),
        answer(201, b""),
        answer(201, b"", {"Location": "/alerts/x"}),
        answer(200, {"alerts": []}),
    ],
)
def test_an_order_whose_answer_is_unclear_is_in_doubt_and_not_repeated(step: Any) -> None:
    with Provider(step, MADE) as provider, pytest.raises(AlertInDoubt):
        desk(provider.url, deadline=patience(step)).create(WISH)
    assert len(provider.asked) == 1


@pytest.mark.parametrize("status", [400, 404, 422])
def test_an_order_that_is_refused_was_not_made(status: int) -> None:
    said = {"detail": f"start cannot be before current day, for {TARGET}"}
    with Provider(answer(status, said)) as provider, pytest.raises(FlightSourceError) as refusal:
        desk(provider.url).create(WISH)
    assert not isinstance(refusal.value, AlertInDoubt | Refused)
    assert "start cannot be before current day" in str(refusal.value)
    assert "secret-token" not in str(refusal.value)


def test_an_order_that_reached_nobody_was_not_made() -> None:
    with pytest.raises(FlightSourceError) as fault:
        desk(nobody()).create(WISH)
    assert not isinstance(fault.value, AlertInDoubt)


def test_an_account_without_alerts_is_told_from_a_bad_key() -> None:
    with Provider(answer(401, TIER), answer(401, BAD_KEY)) as provider:
        with pytest.raises(AboveTier):
            desk(provider.url).create(WISH)
        with pytest.raises(Refused) as refusal:
            desk(provider.url).create(WISH)
    assert not isinstance(refusal.value, AboveTier)
    assert KEY not in str(refusal.value)


def test_a_rotated_key_is_taken_up() -> None:
    keys = {False: "old", True: KEY}
    with Provider(answer(401, BAD_KEY), MADE) as provider:
        assert desk(provider.url, key=lambda fresh: keys[fresh]).create(WISH) == "10000001"
    assert [asked.headers["x-apikey"] for asked in provider.asked] == ["old", KEY]


def test_asked_too_often_everybody_pauses() -> None:
    meter = RecordingMeter()
    with Provider(answer(429, {"reason": "RATE_LIMIT_ERROR"})) as provider, pytest.raises(RateLimited):
        desk(provider.url, meter).create(WISH)
    assert meter.pauses == [61.0]


def test_while_stopping_nothing_is_asked() -> None:
    with Provider() as provider, pytest.raises(FlightSourceError):
        desk(provider.url, RecordingMeter(1.0), wait=lambda _: True).create(WISH)
    assert provider.asked == []


# --- listing ----------------------------------------------------------------------------------------------------


def test_the_list_is_read_to_its_end_and_alerts_that_call_nobody_are_left_out() -> None:
    first = listing(
        {"id": 1, "target_url": TARGET, "events": {}}, {"id": 2, "target_url": None}, after="/alerts?cursor=x"
    )
    with Provider(first, listing({"id": 3, "target_url": "https://other.example/"})) as provider:
        alerts = desk(provider.url).listed()
    assert alerts == [
        AccountAlert(alert_id="1", target_url=TARGET),
        AccountAlert(alert_id="3", target_url="https://other.example/"),
    ]
    assert [asked.target for asked in provider.asked] == ["/aeroapi/alerts", "/aeroapi/alerts?cursor=x"]


@pytest.mark.parametrize(
    "step",
    [
        reset,
        answer(200, b"<html>"),
        answer(200, {}),
        answer(200, {"alerts": [{"target_url": TARGET}]}),
        answer(404, {}),
        answer(500, {}),
        listing(after="https://elsewhere.example/alerts?cursor=x"),
    ],
)
def test_a_list_that_is_not_whole_is_no_list(step: Any) -> None:
    with Provider(step) as provider, pytest.raises(FlightSourceError):
        desk(provider.url).listed()
    assert len(provider.asked) == 1


# --- ending -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [204, 404])
def test_an_alert_that_is_gone_is_ended(status: int) -> None:
    with Provider(answer(status)) as provider:
        desk(provider.url).delete("7")
    assert [(asked.method, asked.target) for asked in provider.asked] == [("DELETE", "/aeroapi/alerts/7")]


@pytest.mark.parametrize("step", [reset, answer(500), answer(400, {}), answer(401, BAD_KEY), answer(302)])
def test_an_alert_that_may_still_be_there_is_not_ended(step: Any) -> None:
    with Provider(step) as provider, pytest.raises(FlightSourceError):
        desk(provider.url).delete("7")


def test_what_holds_the_token_does_not_show_it() -> None:
    assert "secret-token" not in repr(WISH)
    assert "secret-token" not in repr(AccountAlert(alert_id="1", target_url=TARGET))
