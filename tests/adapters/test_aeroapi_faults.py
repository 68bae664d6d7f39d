"""AeroAPI over real sockets: every way of failing told apart, booked rightly, and silent about the key."""

import gzip
import json
import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from flait.errors import BudgetExhausted, FlightSourceError, NotUnderstood, RateLimited, Refused
from tests.adapters.aeroapi_bodies import flights, record
from tests.adapters.aeroapi_talk import BAD_KEY, FLIGHT_ID, KEY, TIER, RecordingMeter, answering, talker
from tests.adapters.provider import Provider, answer, drips, hang, nobody, patience, reset


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def meter() -> RecordingMeter:
    return RecordingMeter()


REFUSALS = [
    (answer(400, {"detail": "start is\x1b[2J bad"}), NotUnderstood, r"HTTP 400: start is\[2J bad"),
    (answer(422, b""), NotUnderstood, "does not understand the question .HTTP 422"),
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
def test_a_refusal_is_told_by_its_kind_and_not_billed(
    provider: Provider, meter: RecordingMeter, step: bytes, kind: type[FlightSourceError], words: str
) -> None:
    with pytest.raises(FlightSourceError, match=words) as caught:
        answering(provider, meter, step).flight(FLIGHT_ID)
    assert type(caught.value) is kind
    assert meter.charged == meter.refunded == ["flights"]


@pytest.mark.parametrize(("step", "words"), FAULTS)
def test_a_fault_is_told_in_a_sentence_and_counted_as_billed(
    provider: Provider, meter: RecordingMeter, step: Any, words: str
) -> None:
    with pytest.raises(FlightSourceError, match=words) as caught:
        answering(provider, meter, step, most_bytes=4000).flight(FLIGHT_ID)
    assert type(caught.value) is FlightSourceError
    assert caught.value.hint == "Flait tries again"
    assert (meter.charged, meter.refunded) == (["flights"], [])


def test_a_call_that_never_arrived_is_not_billed(meter: RecordingMeter) -> None:
    with pytest.raises(FlightSourceError, match=r"could not be reached .*refused"):
        talker(nobody(), meter).flight(FLIGHT_ID)
    assert meter.charged == meter.refunded == ["flights"]


def test_tls_to_a_plain_server_never_arrived(provider: Provider, meter: RecordingMeter) -> None:
    with pytest.raises(FlightSourceError, match="could not be reached"):
        talker(provider.url.replace("http:", "https:"), meter).flight(FLIGHT_ID)
    assert meter.refunded == ["flights"]


HEADERS = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    "step", [hang, drips(HEADERS), drips(b"{", head=HEADERS), drips(b"{", head=b"HTTP/1.1 200 OK\r\n\r\n")]
)
def test_a_slow_answer_is_cut_at_the_deadline(provider: Provider, meter: RecordingMeter, step: Any) -> None:
    api = answering(provider, meter, step, deadline=patience(step))
    with pytest.raises(FlightSourceError, match="did not answer in time"):
        api.flight(FLIGHT_ID)
    assert (meter.charged, meter.refunded) == (["flights"], [])


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        ("1", 61),
        ("90", 90),
        ("999999", 3600),
        ("Sun, 01 Mar 2026 12:02:00 GMT", 120),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 61),
        ("soon", 61),
        ("-5", 61),
    ],
)
def test_429_pauses_everybody_for_a_minute_or_as_long_as_it_says(
    provider: Provider, meter: RecordingMeter, said: str, pause: int
) -> None:
    with pytest.raises(RateLimited) as caught:
        answering(provider, meter, answer(429, b"", {"Retry-After": said}), attempts=3).flight(FLIGHT_ID)
    assert caught.value.retry_after == timedelta(seconds=pause)
    assert meter.pauses == [pause]
    assert len(provider.asked) == 1


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


ALL = [step for step, *_ in (*REFUSALS, *FAULTS)]


@pytest.mark.parametrize("step", [*ALL, hang, answer(400, {"detail": f"you sent {KEY}"}), answer(401, {"detail": KEY})])
def test_the_key_is_in_no_error_and_no_log(
    provider: Provider, meter: RecordingMeter, caplog: pytest.LogCaptureFixture, step: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    api = answering(provider, meter, step, deadline=patience(step))
    with pytest.raises(FlightSourceError) as caught:
        api.flight(FLIGHT_ID)
    shown = (
        "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value)) + repr(api)
    )
    assert KEY not in shown + caplog.text
    assert chain_without(KEY, caught.value)


def chain_without(secret: str, error: BaseException | None) -> bool:
    """Whether nothing that the error hangs on, printed or not, says the secret."""
    while error is not None:
        if secret in f"{error!r}{error.args}{vars(error)}" or hasattr(error, "request"):
            return False
        error = error.__cause__ or error.__context__
    return True
