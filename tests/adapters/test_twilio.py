"""Twilio over real sockets: what is sent, and whether a text was certainly not sent, refused, or is in doubt."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from flait.core.messages import Channel
from flait.core.twilio_errors import ERRORS, ErrorKind
from flait.errors import InDoubt, NotSent, Rejected, SendError
from tests.adapters.provider import Provider, answer, nobody, patience
from tests.adapters.twilio_talk import (
    CREATED,
    FROM,
    IN_DOUBT,
    MESSAGES,
    NOW,
    PHONE,
    SID,
    TOKEN,
    answering,
    basic,
    message,
    refused,
    talker,
)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


def test_a_text_is_handed_over_once(provider: Provider) -> None:
    accepted = answering(provider, CREATED).send(message(), now=NOW)
    assert accepted.sid == SID
    (asked,) = provider.asked
    assert (asked.method, asked.path) == ("POST", MESSAGES)
    assert asked.form == {
        "To": PHONE,
        "From": FROM,
        "Body": "ZZ123 leaves 45 min late",
        "ValidityPeriod": "1800",
        "SmartEncoded": "true",
    }
    assert asked.headers["authorization"].startswith("Basic ")
    assert asked.headers["connection"] == "close"


@pytest.mark.parametrize(("useful", "seconds"), [(-5, 60), (59, 60), (61, 61), (36_000, 36_000), (99_999, 36_000)])
def test_the_validity_is_the_texts_useful_life_within_twilios_limits(
    provider: Provider, useful: int, seconds: int
) -> None:
    answering(provider, CREATED).send(message(expires_at=NOW + timedelta(seconds=useful)), now=NOW)
    assert provider.asked[0].form["ValidityPeriod"] == str(seconds)


def test_a_messaging_service_sends_instead_of_a_number(provider: Provider) -> None:
    answering(provider, CREATED, messaging_service_sid="MG" + "1" * 32).send(message(), now=NOW)
    assert provider.asked[0].form["MessagingServiceSid"] == "MG" + "1" * 32
    assert "From" not in provider.asked[0].form


def test_the_status_callback_is_asked_for_each_text(provider: Provider) -> None:
    gateway = answering(
        provider, CREATED, status_callback=lambda text: f"https://flait.example/twilio/status?m={text.id}"
    )
    gateway.send(message(id=7), now=NOW)
    assert provider.asked[0].form["StatusCallback"] == "https://flait.example/twilio/status?m=7"


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("own", [{}, {"messaging_service_sid": "MG" + "1" * 32}, {"whatsapp_from": "+5215555550199"}])
def test_no_text_goes_to_the_number_it_comes_from(provider: Provider, own: dict[str, str], channel: Channel) -> None:
    to = "+525555550199" if "whatsapp_from" in own else FROM
    with pytest.raises(Rejected) as refusal:
        answering(provider, CREATED, **own).send(message(to=to, channel=channel), now=NOW)
    assert refusal.value.error_code == 21266
    assert provider.asked == []


def test_whatsapp_has_its_own_addresses(provider: Provider) -> None:
    answering(provider, CREATED, whatsapp_from="+15555550155").send(message(channel=Channel.WHATSAPP), now=NOW)
    assert provider.asked[0].form["To"] == f"whatsapp:{PHONE}"
    assert provider.asked[0].form["From"] == "whatsapp:+15555550155"


@pytest.mark.parametrize("channel", list(Channel))
def test_without_a_sender_nothing_is_sent(provider: Provider, channel: Channel) -> None:
    with pytest.raises(NotSent, match="no sender is set") as caught:
        talker(provider.url, from_number=None).send(message(channel=channel), now=NOW)
    assert caught.value.account
    assert provider.asked == []


def test_an_api_key_sends_for_the_account(provider: Provider) -> None:
    never: Callable[[bool], str] = lambda _: pytest.fail("the token was asked for")  # noqa: E731
    gateway = answering(
        provider, CREATED, token=never, api_key_sid="SK" + "2" * 32, api_key_secret=lambda _: "key-secret"
    )
    gateway.send(message(), now=NOW)
    assert provider.asked[0].path == MESSAGES
    assert basic(provider.asked[0].headers) == ("SK" + "2" * 32, "key-secret")


def test_environment_variables_of_the_sdk_change_nothing(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("HTTP_PROXY", nobody())
    answering(provider, CREATED).send(message(), now=NOW)
    assert len(provider.asked) == 1


NOT_SENT: list[tuple[bytes, bool, int | None]] = [
    (refused(429, 20429), False, 20429),
    (refused(429), False, None),
    (refused(400, 21611), False, 21611),
    (refused(400, 14107), False, 14107),
    (refused(401, 20003), True, 20003),
    (refused(401), True, None),
    (refused(403, 20008), True, 20008),
    (refused(403), True, None),
    (refused(404, 20404), True, 20404),
    (refused(400, 21606), True, 21606),
    (refused(400, 21705), True, 21705),
]
REJECTED: list[tuple[bytes, int | None]] = [
    (refused(400, 21211), 21211),
    (refused(400, 21408), 21408),
    (refused(400, 21608), 21608),
    (refused(400, 21610), 21610),
    (refused(400, 21612), 21612),
    (refused(400, 21617), 21617),
    (refused(400, 63016), 63016),
    (refused(400, 30003), 30003),
    (refused(400, 29999), 29999),
    (refused(400), None),
    (refused(418), None),
    (answer(400, b"<html>"), None),
    (answer(400, {"code": "twenty", "message": None}), None),
    (answer(400, {"type": "t", "title": "x", "status": 400, "code": 21211}), 21211),
]


@pytest.mark.parametrize(("step", "account", "code"), NOT_SENT)
def test_what_was_certainly_not_sent(provider: Provider, step: bytes, account: bool, code: int | None) -> None:
    with pytest.raises(NotSent) as caught:
        answering(provider, step).send(message(), now=NOW)
    assert (caught.value.account, caught.value.error_code) == (account, code)
    assert len(provider.asked) == 1


@pytest.mark.parametrize(("step", "code"), REJECTED)
def test_what_is_refused_for_good(provider: Provider, step: bytes, code: int | None) -> None:
    with pytest.raises(Rejected) as caught:
        answering(provider, step).send(message(), now=NOW)
    assert (caught.value.error_code, caught.value.opted_out) == (code, code == 21610)
    assert len(provider.asked) == 1


@pytest.mark.parametrize("step", IN_DOUBT)
def test_what_may_have_been_sent_is_in_doubt_and_never_tried_again(provider: Provider, step: Any) -> None:
    with pytest.raises(InDoubt):
        answering(provider, step, CREATED, deadline=patience(step)).send(message(), now=NOW)
    assert len(provider.asked) == 1


def test_a_connection_that_was_never_made_sent_nothing() -> None:
    with pytest.raises(NotSent, match="could not be reached") as caught:
        talker(nobody()).send(message(), now=NOW)
    assert not caught.value.account


def test_tls_to_a_plain_server_sent_nothing(provider: Provider) -> None:
    with pytest.raises(NotSent):
        talker(provider.url.replace("http:", "https:")).send(message(), now=NOW)
    assert provider.asked == []


@pytest.mark.parametrize(
    ("said", "pause"), [("7", 7), ("0", 1), ("99999", 3600), ("Sun, 01 Mar 2026 12:02:00 GMT", 120), ("soon", None)]
)
def test_retry_after_is_passed_on_within_reason(provider: Provider, said: str, pause: int | None) -> None:
    with pytest.raises(NotSent) as caught:
        answering(provider, refused(429, 20429, Retry_After=said)).send(message(), now=NOW)
    assert caught.value.retry_after == (None if pause is None else timedelta(seconds=pause))


@pytest.mark.parametrize("first", [refused(401, 20003), refused(403)])
def test_a_rotated_token_is_taken_up_after_a_refusal(provider: Provider, first: bytes) -> None:
    gateway = answering(provider, first, CREATED, token=lambda fresh: "new" if fresh else "old")
    assert gateway.send(message(), now=NOW).sid == SID
    assert [basic(asked.headers)[1] for asked in provider.asked] == ["old", "new"]


def test_a_fresh_token_that_is_refused_too_is_the_accounts_fault(provider: Provider) -> None:
    gateway = answering(
        provider, refused(401, 20003), refused(401, 20003), token=lambda fresh: "new" if fresh else "old"
    )
    with pytest.raises(NotSent) as caught:
        gateway.send(message(), now=NOW)
    assert caught.value.account
    assert len(provider.asked) == 2


def test_an_empty_token_sends_nothing(provider: Provider) -> None:
    with pytest.raises(NotSent):
        talker(provider.url, token=lambda _: " ").send(message(), now=NOW)
    assert provider.asked == []


def test_sixteen_threads_get_their_own_answers(provider: Provider) -> None:
    sids = [f"SM{number:032x}" for number in range(48)]
    gateway = answering(provider, *[answer(201, {"sid": sid}) for sid in sids])
    with ThreadPoolExecutor(16) as pool:
        accepted = list(pool.map(lambda _: gateway.send(message(), now=NOW).sid, sids))
    assert sorted(accepted) == sids


def test_every_code_has_words_of_its_own() -> None:
    assert all(known.words and not known.words.endswith(".") for known in ERRORS.values())
    assert {known.kind for known in ERRORS.values()} == set(ErrorKind)


ALL = [*(step for step, *_ in NOT_SENT), *(step for step, _ in REJECTED), *IN_DOUBT]


@pytest.mark.parametrize("step", ALL)
def test_neither_token_nor_number_is_in_an_error_or_a_log(
    provider: Provider, caplog: pytest.LogCaptureFixture, step: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    gateway = answering(provider, step, step, step, deadline=patience(step))
    errors = []
    for ask in (lambda: gateway.send(message(), now=NOW), lambda: gateway.sent_to(PHONE, since=NOW), gateway.check):
        with pytest.raises(SendError) as caught:
            ask()
        errors += ["".join(traceback.format_exception(caught.value)), repr(caught.value), repr(vars(caught.value))]
        assert caught.value.__cause__ is caught.value.__context__ is None
    shown = json.dumps(errors) + repr(gateway) + caplog.text
    assert not [secret for secret in (TOKEN, PHONE, PHONE.strip("+"), FROM) if secret in shown]
