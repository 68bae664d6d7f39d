"""AeroAPI over real sockets: what is asked, what is booked, and every way of failing told apart."""

import gzip
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from flait.adapters.aeroapi import AeroAPI
from flait.core.idents import parse_ident
from flait.core.prices import PRICES
from flait.errors import BudgetExhausted, FlightSourceError, RateLimited, Refused
from tests.adapters.aeroapi_bodies import flights, record, row, scheduled
from tests.adapters.provider import Provider, answer, drips, hang, nobody, reset

KEY = "canary-Kx7pQ2wZ9"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
IDENT = parse_ident("ZZ123")
FLIGHT_ID = "ZZZ123-1700000000-schedule-0001"


class FixedClock:
    def now(self) -> datetime:
        return NOW

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


class RecordingMeter:
    def __init__(self, *waits: float | Exception) -> None:
        self.charged: list[str] = []
        self.refunded: list[str] = []
        self.pauses: list[float] = []
        self._waits = list(waits)

    def charge(self, operation: str) -> float:
        wait = self._waits.pop(0) if self._waits else 0.0
        if isinstance(wait, Exception):
            raise wait
        self.charged.append(operation)
        return wait

    def refund(self, operation: str) -> None:
        self.refunded.append(operation)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def meter() -> RecordingMeter:
    return RecordingMeter()


def talker(url: str, meter: RecordingMeter, **changed: Any) -> AeroAPI:
    settings: dict[str, Any] = {"key": lambda _: KEY, "wait": lambda _: False, "deadline": timedelta(seconds=5)}
    return AeroAPI(base_url=f"{url}/aeroapi", meter=meter, clock=FixedClock(), **(settings | changed))


def answering(provider: Provider, meter: RecordingMeter, *steps: Any, **changed: Any) -> AeroAPI:
    provider.then(*steps)
    return talker(provider.url, meter, **changed)


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
        "start": "2026-02-19T12:01:00Z",
        "end": "2026-03-03T11:59:00Z",
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
    later, same = row(scheduled_out="2026-04-03T01:30:00Z"), row(ident="YYY9", actual_ident="ZZZ123", actual_ident_iata="ZZ123")
    api = answering(provider, meter, answer(200, scheduled(later, row(), same, row(ident_iata="ZZ123A", ident="ZZZ123A"))))
    found = api.schedules(IDENT, date(2026, 4, 1), date(2026, 5, 30))
    assert [flight.departure_date for flight in found] == [date(2026, 4, 1), date(2026, 4, 2)]
    assert provider.asked[0].path == "/aeroapi/schedules/2026-04-01/2026-04-22"
    assert provider.asked[0].query == {"airline": "ZZ", "flight_number": "123", "max_pages": "1"}
    assert meter.charged == ["schedules"]


def test_no_days_of_schedule_cost_nothing(provider: Provider, meter: RecordingMeter) -> None:
    assert talker(provider.url, meter).schedules(IDENT, date(2026, 4, 2), date(2026, 4, 2)) == ()
    assert provider.asked == []


def test_an_empty_list_and_404_are_no_flights_and_billed(provider: Provider, meter: RecordingMeter) -> None:
    api = answering(provider, meter, answer(200, flights()), answer(404, {"title": "Not found"}))
    assert api.flight(FLIGHT_ID).flights == ()
    assert api.flight(FLIGHT_ID).flights == ()
    assert (meter.charged, meter.refunded) == (["flights", "flights"], [])


BAD_KEY = {"title": "Invalid API key", "reason": "INVALID_API_KEY", "detail": "Provided API key is not valid"}
TIER = {"title": "Invalid API key", "detail": "Alerts and Historical data are only available on Standard and Premium tiers."}

REFUSALS = [
    (answer(400, {"detail": "start is\x1b[2J bad"}), FlightSourceError, r"HTTP 400: start is\[2J bad"),
    (answer(401, BAD_KEY), Refused, "refuses the AeroAPI key"),
    (answer(403, b"no"), Refused, "refuses the AeroAPI key"),
    (answer(401, TIER), Refused, "Standard and Premium accounts only"),
    (answer(429, {"reason": "RATE_LIMIT_ERROR"}), RateLimited, "asked too often"),
]
FAULTS = [
    (answer(302, b"", {"Location": "http://127.0.0.1:1/"}), "points elsewhere"),
    (answer(418, b""), "does not know .HTTP 418"),
    (answer(500, b"<html>"), "out of order .HTTP 500"),
    (answer(503, b""), "out of order .HTTP 503"),
    (answer(200, b"<html>"), "cannot be read"),
    (answer(200, b"[" * 3000), "cannot be read"),
    (answer(200, b"x" * 5000), "more than a sensible answer"),
    (answer(200, gzip.compress(b"0" * 100_000), {"Content-Encoding": "gzip"}), "compressed"),
    (answer(200, flights(record()))[:-9], "broke off"),
    (b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps(flights()).encode()[:-9], "cannot be read"),
    (b"SSH-2.0-OpenSSH\r\n\r\n", "broke off"),
    (b"", "broke off"),
    (reset, "broke off"),
]


@pytest.mark.parametrize(("step", "kind", "words"), REFUSALS)
def test_a_refusal_is_told_by_its_kind_and_not_billed(provider: Provider, meter: RecordingMeter, step: bytes, kind: type[FlightSourceError], words: str) -> None:
    with pytest.raises(FlightSourceError, match=words) as caught:
        answering(provider, meter, step).flight(FLIGHT_ID)
    assert type(caught.value) is kind
    assert meter.charged == meter.refunded == ["flights"]


@pytest.mark.parametrize(("step", "words"), FAULTS)
def test_a_fault_is_told_in_a_sentence_and_counted_as_billed(provider: Provider, meter: RecordingMeter, step: Any, words: str) -> None:
    with pytest.raises(FlightSourceError, match=words) as caught:
        answering(provider, meter, step, most_bytes=4000).flight(FLIGHT_ID)
    assert type(caught.value) is FlightSourceError
    assert caught.value.hint == "Flait tries again"
    assert (meter.charged, meter.refunded) == (["flights"], [])


def test_a_call_that_never_arrived_is_not_billed(meter: RecordingMeter) -> None:
    with pytest.raises(FlightSourceError, match="could not be reached .*refused"):
        talker(nobody(), meter).flight(FLIGHT_ID)
    assert meter.charged == meter.refunded == ["flights"]


def test_tls_to_a_plain_server_never_arrived(provider: Provider, meter: RecordingMeter) -> None:
    with pytest.raises(FlightSourceError, match="could not be reached"):
        talker(provider.url.replace("http:", "https:"), meter).flight(FLIGHT_ID)
    assert meter.refunded == ["flights"]


HEADERS = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize("step", [hang, drips(HEADERS), drips(b'{"flights": []}'), drips(b"HTTP/1.1 200 OK\r\n\r\n{")])
def test_a_slow_answer_is_cut_at_the_deadline(provider: Provider, meter: RecordingMeter, step: Any) -> None:
    api = answering(provider, meter, step, deadline=timedelta(seconds=0.3))
    with pytest.raises(FlightSourceError, match="did not answer in time"):
        api.flight(FLIGHT_ID)
    assert (meter.charged, meter.refunded) == (["flights"], [])


@pytest.mark.parametrize(
    ("said", "pause"),
    [("1", 61), ("90", 90), ("999999", 3600), ("Sun, 01 Mar 2026 12:02:00 GMT", 120), ("Sun, 01 Mar 2026 11:00:00 GMT", 61), ("soon", 61), ("-5", 61)],
)
def test_429_pauses_everybody_for_a_minute_or_as_long_as_it_says(provider: Provider, meter: RecordingMeter, said: str, pause: int) -> None:
    with pytest.raises(RateLimited) as caught:
        answering(provider, meter, answer(429, b"", {"Retry-After": said}), attempts=3).flight(FLIGHT_ID)
    assert caught.value.retry_after == timedelta(seconds=pause)
    assert meter.pauses == [pause]
    assert len(provider.asked) == 1


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


def test_short_retries_are_for_outside_faults_and_each_is_booked(provider: Provider, meter: RecordingMeter) -> None:
    waits: list[float] = []
    steps = (reset, answer(503), answer(200, flights(record())))
    found = answering(provider, meter, *steps, attempts=3, wait=waits.append).flight(FLIGHT_ID)
    assert len(found.flights) == 1
    assert (meter.charged, waits) == (["flights"] * 3, [0.5, 1.0])


def test_one_attempt_is_one_call(provider: Provider, meter: RecordingMeter) -> None:
    with pytest.raises(FlightSourceError, match="503"):
        answering(provider, meter, answer(503), answer(200, flights())).flight(FLIGHT_ID)
    assert len(provider.asked) == 1


@pytest.mark.parametrize("second", [30.0, BudgetExhausted("spent"), RateLimited("queue", retry_after=timedelta(60))])
def test_a_retry_that_does_not_fit_leaves_the_first_fault(provider: Provider, second: float | Exception) -> None:
    meter = RecordingMeter(0.0, second)
    with pytest.raises(FlightSourceError, match="503"):
        answering(provider, meter, answer(503), attempts=3).flight(FLIGHT_ID)
    assert len(provider.asked) == 1
    assert len(meter.charged) - len(meter.refunded) == 1


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


ALL = [step for step, *_ in (*REFUSALS, *FAULTS)]


@pytest.mark.parametrize("step", [*ALL, hang, answer(400, {"detail": f"you sent {KEY}"}), answer(401, {"detail": KEY})])
def test_the_key_is_in_no_error_and_no_log(provider: Provider, meter: RecordingMeter, caplog: pytest.LogCaptureFixture, step: Any) -> None:
    caplog.set_level(logging.DEBUG)
    api = answering(provider, meter, step, deadline=timedelta(seconds=0.3))
    with pytest.raises(FlightSourceError) as caught:
        api.flight(FLIGHT_ID)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value)) + repr(api)
    assert KEY not in shown + caplog.text
    assert chain_without(KEY, caught.value)


def chain_without(secret: str, error: BaseException | None) -> bool:
    """Whether nothing that the error hangs on, printed or not, says the secret."""
    while error is not None:
        if secret in f"{error!r}{error.args}{vars(error)}" or hasattr(error, "request"):
            return False
        error = error.__cause__ or error.__context__
    return True
