"""AeroAPI over real sockets: what is asked, what is booked, and what comes of it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from flait.core.flights import Airport
from flait.core.prices import PRICES
from flait.errors import BudgetExhausted, FlightSourceError, Refused
from tests.adapters.aeroapi_bodies import flights, record, row, scheduled
from tests.adapters.aeroapi_talk import BAD_KEY, FLIGHT_ID, IDENT, KEY, NOW, TIER, RecordingMeter, answering, talker
from tests.adapters.provider import Provider, answer


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def meter() -> RecordingMeter:
    return RecordingMeter()


def test_a_flight_is_asked_by_its_id(provider: Provider, meter: RecordingMeter) -> None:
    body = flights(record())
    found = answering(provider, meter, answer(200, body)).flight(FLIGHT_ID)
    assert [flight.fa_flight_id for flight in found.flights] == [FLIGHT_ID]
    assert json.loads(found.raw) == body
    (asked,) = provider.asked
    assert (asked.method, asked.path) == ("GET", f"/aeroapi/flights/{FLIGHT_ID}")
    assert asked.query == {"ident_type": "fa_flight_id", "max_pages": "1"}
    assert asked.headers["x-apikey"] == KEY
    assert asked.headers["accept-encoding"] == "identity"
    assert (meter.charged, meter.refunded) == (["flights"], [])


def test_an_id_is_quoted_into_the_path(provider: Provider, meter: RecordingMeter) -> None:
    answering(provider, meter, answer(200, flights())).flight("A/../b?c=d")
    assert provider.asked[0].target.startswith("/aeroapi/flights/A%2F..%2Fb%3Fc%3Dd?")


@pytest.mark.parametrize("odd", ["", ".", "..", "A\r\nx: y", "A\x00", "A\u202e"])
def test_an_id_that_is_none_is_not_asked(provider: Provider, meter: RecordingMeter, odd: str) -> None:
    with pytest.raises(FlightSourceError):
        talker(provider.url, meter).flight(odd)
    assert (provider.asked, meter.charged) == ([], [])


def test_departures_are_clamped_to_the_window_of_live_data(provider: Provider, meter: RecordingMeter) -> None:
    api = answering(provider, meter, answer(200, flights(record())))
    found = api.departures(IDENT, NOW - timedelta(days=30), NOW + timedelta(days=30))
    assert len(found.flights) == 1
    assert provider.asked[0].path == "/aeroapi/flights/ZZ123"
    assert provider.asked[0].query == {
        "start": "2026-02-19T13:00:00Z",
        "end": "2026-03-03T11:55:00Z",
        "ident_type": "designator",
        "max_pages": "1",
    }


@pytest.mark.parametrize("days", [-30, 5])
def test_departures_outside_the_window_cost_nothing(provider: Provider, meter: RecordingMeter, days: int) -> None:
    start = NOW + timedelta(days=days)
    assert talker(provider.url, meter).departures(IDENT, start, start + timedelta(days=1)).flights == ()
    assert (provider.asked, meter.charged) == ([], [])


def test_pages_are_followed_from_the_base_and_each_is_booked(provider: Provider, meter: RecordingMeter) -> None:
    second = record(fa_flight_id="ZZZ123-2", scheduled_out="2026-03-01T01:30:00Z")
    link = "/flights/ZZ123?cursor=ab%2Bc"
    api = answering(provider, meter, answer(200, flights(record(), following=link)), answer(200, flights(second)))
    found = api.departures(IDENT, NOW, NOW + timedelta(days=1))
    assert [flight.fa_flight_id for flight in found.flights] == ["ZZZ123-2", FLIGHT_ID]
    assert provider.asked[1].target == f"/aeroapi{link}"
    assert meter.charged == ["flights", "flights"]


def test_a_diversion_over_two_pages_is_still_one_flight(provider: Provider, meter: RecordingMeter) -> None:
    leg = record(destination={"code": "KALB"})
    pages = [answer(200, flights(leg, following="/x")), answer(200, flights(record(diverted=True)))]
    (flight,) = answering(provider, meter, *pages).departures(IDENT, NOW, NOW + timedelta(days=1)).flights
    assert flight.diverted_to is not None
    assert flight.diverted_to.code == "KALB"


def test_pages_without_end_are_cut_after_four(provider: Provider, meter: RecordingMeter) -> None:
    endless = answer(200, flights(record(), following="/again"))
    answering(provider, meter, *[endless] * 9).departures(IDENT, NOW, NOW + timedelta(days=1))
    assert len(provider.asked) == len(meter.charged) == 4


def test_an_absolute_link_is_followed_on_the_same_server_only(provider: Provider, meter: RecordingMeter) -> None:
    with Provider() as elsewhere:
        provider.then(answer(200, flights(following=f"{provider.url}/aeroapi/two")))
        provider.then(answer(200, flights(following=f"{elsewhere.url}/aeroapi/three")))
        with pytest.raises(FlightSourceError, match="another server"):
            talker(provider.url, meter).departures(IDENT, NOW, NOW + timedelta(days=1))
        assert [asked.path for asked in provider.asked] == ["/aeroapi/flights/ZZ123", "/aeroapi/two"]
        assert elsewhere.asked == []


def test_schedules_are_asked_by_airline_and_number(provider: Provider, meter: RecordingMeter) -> None:
    later, same = (
        row(scheduled_out="2026-04-03T01:30:00Z"),
        row(ident="YYY9", actual_ident="ZZZ123", actual_ident_iata="ZZ123"),
    )
    api = answering(
        provider, meter, answer(200, scheduled(later, row(), same, row(ident_iata="ZZ123A", ident="ZZZ123A")))
    )
    found = api.schedules(IDENT, date(2026, 4, 1), date(2026, 5, 30))
    assert [flight.departure_date for flight in found] == [date(2026, 4, 1), date(2026, 4, 2)]
    assert provider.asked[0].path == "/aeroapi/schedules/2026-04-01/2026-04-22"
    assert provider.asked[0].query == {"airline": "ZZ", "flight_number": "123", "max_pages": "1"}
    assert meter.charged == ["schedules"]


def test_no_days_of_schedule_cost_nothing(provider: Provider, meter: RecordingMeter) -> None:
    assert talker(provider.url, meter).schedules(IDENT, date(2026, 4, 2), date(2026, 4, 2)) == ()
    assert provider.asked == []


ORD, BOS = Airport(code="KORD", code_iata="ORD"), Airport(code="KBOS", code_iata="BOS")


def test_a_pair_of_airports_is_one_result_set_however_many_pages_there_are(
    provider: Provider, meter: RecordingMeter
) -> None:
    later = row(ident="YYY9", ident_iata=None, scheduled_out="2026-03-02T03:30:00Z")
    codeshare = row(ident="XXX7", ident_iata="XX7", actual_ident="ZZZ123", actual_ident_iata="ZZ123")
    nowhere = row(origin=None, origin_icao=None, origin_iata=None)
    api = answering(provider, meter, answer(200, scheduled(later, codeshare, nowhere, following="/schedules?cursor=x")))

    found = api.route(ORD, BOS, NOW, NOW + timedelta(days=1, hours=20))

    assert [(flight.number, flight.ident) for flight in found] == [("YYY9", "YYY9"), ("ZZ123", "ZZZ123")]
    [asked] = provider.asked
    assert asked.path == "/aeroapi/schedules/2026-03-01T12:00:00Z/2026-03-03T08:00:00Z"
    assert asked.query == {
        "origin": "KORD", "destination": "KBOS", "include_codeshares": "false", "max_pages": "1",
    }  # fmt: skip
    assert (meter.charged, meter.about) == (["schedules"], ["ORD/BOS"])


def test_a_pair_that_nobody_flies_has_no_departures(provider: Provider, meter: RecordingMeter) -> None:
    api = answering(provider, meter, answer(200, scheduled()), answer(404, {"title": "Not found"}))
    assert [list(api.route(ORD, BOS, NOW, NOW + timedelta(days=1))) for _ in range(2)] == [[], []]


def test_an_empty_list_and_404_are_no_flights_and_billed(provider: Provider, meter: RecordingMeter) -> None:
    api = answering(provider, meter, answer(200, flights()), answer(404, {"title": "Not found"}))
    assert api.flight(FLIGHT_ID).flights == ()
    assert api.flight(FLIGHT_ID).flights == ()
    assert (meter.charged, meter.refunded) == (["flights", "flights"], [])


def rotating(*keys: str) -> tuple[Callable[[bool], str], list[bool]]:
    asked: list[bool] = []

    def key(fresh: bool) -> str:
        asked.append(fresh)
        return keys[-1] if fresh else keys[0]

    return key, asked


def test_a_rotated_key_is_taken_up_after_a_401(provider: Provider, meter: RecordingMeter) -> None:
    key, _ = rotating("old-key", "new-key")
    found = answering(provider, meter, answer(401, BAD_KEY), answer(200, flights(record())), key=key).flight(FLIGHT_ID)
    assert len(found.flights) == 1
    assert [asked.headers["x-apikey"] for asked in provider.asked] == ["old-key", "new-key"]
    assert (meter.charged, meter.refunded) == (["flights", "flights"], ["flights"])


def test_a_key_that_did_not_change_is_not_tried_twice(provider: Provider, meter: RecordingMeter) -> None:
    key, asked = rotating("same-key")
    with pytest.raises(Refused, match="flait secrets set flightaware-api-key"):
        answering(provider, meter, answer(401, BAD_KEY), key=key, attempts=3).flight(FLIGHT_ID)
    assert (asked, len(provider.asked)) == ([False, True], 1)


@pytest.mark.parametrize("key", ["", "  ", "two\nlines", "schlüssel", "nul\x00"])
def test_a_key_that_is_none_is_not_sent(provider: Provider, meter: RecordingMeter, key: str) -> None:
    with pytest.raises(Refused, match="is not a key") as caught:
        talker(provider.url, meter, key=lambda _: key).flight(FLIGHT_ID)
    assert key.strip() == "" or key not in str(caught.value)
    assert (provider.asked, meter.charged) == ([], [])


def test_it_waits_for_the_meters_turn(provider: Provider) -> None:
    waits: list[float] = []
    answering(provider, RecordingMeter(6.5), answer(200, flights()), wait=waits.append).flight(FLIGHT_ID)
    assert waits == [6.5]


def test_a_stop_while_waiting_asks_nothing_and_gives_the_money_back(provider: Provider) -> None:
    meter = RecordingMeter(6.5)
    with pytest.raises(FlightSourceError, match="stopping"):
        talker(provider.url, meter, wait=lambda _: True).flight(FLIGHT_ID)
    assert provider.asked == []
    assert meter.charged == meter.refunded == ["flights"]


def test_without_budget_nothing_is_asked(provider: Provider) -> None:
    with pytest.raises(BudgetExhausted):
        talker(provider.url, RecordingMeter(BudgetExhausted("spent"))).flight(FLIGHT_ID)
    assert provider.asked == []


def test_checking_a_key_is_free_where_the_account_tells_its_usage(provider: Provider, meter: RecordingMeter) -> None:
    assert answering(provider, meter, answer(200, {"total_calls": 3})).check()
    assert provider.asked[0].path == "/aeroapi/account/usage"
    assert sum(PRICES[operation] for operation in meter.charged) == 0


@pytest.mark.parametrize("usage", [answer(404, b""), answer(401, TIER)])
def test_checking_a_key_falls_back_to_one_flight(provider: Provider, meter: RecordingMeter, usage: bytes) -> None:
    assert answering(provider, meter, usage, answer(200, flights())).check()
    assert meter.charged == ["usage", "flights"]


def test_checking_a_bad_key_raises(provider: Provider, meter: RecordingMeter) -> None:
    with pytest.raises(Refused):
        answering(provider, meter, answer(404, b""), answer(401, BAD_KEY)).check()


def test_every_operation_has_a_price() -> None:
    assert set(PRICES) >= {"flights", "schedules", "usage"}


def test_sixteen_threads_share_it(provider: Provider, meter: RecordingMeter) -> None:
    api = answering(provider, meter, *[answer(200, flights(record()))] * 64)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: api.flight(FLIGHT_ID), range(64)))
    assert all(len(answered.flights) == 1 for answered in found)


def test_importing_the_adapters_does_not_load_their_vendors() -> None:
    code = "import sys, flait.adapters.aeroapi, flait.adapters.twilio; print({'httpx', 'twilio', 'airportsdata'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"


# --- the days before --------------------------------------------------------------------------------------------


def of_day(days: int) -> dict[str, Any]:
    """The flight that leaves so many days from now, in AeroAPI's words."""
    leaves = NOW + timedelta(days=days, hours=1)
    return record(fa_flight_id=f"ZZZ123-{days}", scheduled_out=f"{leaves:%Y-%m-%dT%H:%M:%SZ}")


def test_the_days_before_come_with_the_page_and_are_kept_apart(provider: Provider, meter: RecordingMeter) -> None:
    api = answering(provider, meter, answer(200, flights(of_day(0), of_day(-1), of_day(-2))))
    found = api.departures(IDENT, NOW, NOW + timedelta(days=1), past=True)
    assert [one.fa_flight_id for one in found.flights] == ["ZZZ123-0"]
    assert [one.fa_flight_id for one in found.past] == ["ZZZ123--2", "ZZZ123--1"]
    assert provider.asked[0].query["start"] == "2026-02-19T13:00:00Z"
    assert provider.asked[0].query["end"] == "2026-03-02T12:00:00Z"
    assert meter.charged == ["flights"]


def test_no_page_is_paid_for_that_holds_the_days_before_alone(provider: Provider, meter: RecordingMeter) -> None:
    api = answering(provider, meter, answer(200, flights(of_day(0), of_day(-1), following="/more")))
    api.departures(IDENT, NOW, NOW + timedelta(days=1), past=True)
    assert meter.charged == ["flights"]


def test_a_page_full_of_what_was_asked_for_is_followed(provider: Provider, meter: RecordingMeter) -> None:
    pages = [answer(200, flights(of_day(0), following="/more")), answer(200, flights(of_day(-1), following="/x"))]
    found = answering(provider, meter, *pages).departures(IDENT, NOW, NOW + timedelta(days=1), past=True)
    assert (len(found.flights), len(found.past)) == (1, 1)
    assert meter.charged == ["flights", "flights"]
