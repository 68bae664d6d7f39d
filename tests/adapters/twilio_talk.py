"""What the tests of Twilio talk with: a fixed clock, a gateway, a text, and answers in Twilio's shape."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flait.adapters.twilio.gateway import TwilioGateway
from flait.core.messages import Message
from tests.adapters.provider import Provider, answer, drips, hang, reset

ACCOUNT = "AC" + "0" * 32
TOKEN = "canary-token-8Hq3"
PHONE = "+15555550100"
FROM = "+15555550199"
SID = "SM" + "a1" * 16
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
CREATED = answer(201, {"sid": SID, "status": "queued", "error_code": None})


class FixedClock:
    def now(self) -> datetime:
        return NOW

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


def message(**changed: Any) -> Message:
    fields: dict[str, Any] = {
        "user_id": 1,
        "to": PHONE,
        "kind": "delay",
        "body": "ZZ123 leaves 45 min late",
        "dedup_key": "d1",
        "created_at": NOW,
        "not_before": NOW,
        "expires_at": NOW + timedelta(minutes=30),
    }
    return Message(**(fields | changed))


def talker(url: str, **changed: Any) -> TwilioGateway:
    settings: dict[str, Any] = {
        "account_sid": ACCOUNT,
        "token": lambda _: TOKEN,
        "from_number": FROM,
        "clock": FixedClock(),
        "deadline": timedelta(seconds=5),
    }
    return TwilioGateway(base_url=url, **(settings | changed))


def answering(provider: Provider, *steps: Any, **changed: Any) -> TwilioGateway:
    provider.then(*steps)
    return talker(provider.url, **changed)


def refused(status: int, code: int | None = None, **headers: str) -> bytes:
    body = {"status": status, "code": code, "message": f"about {PHONE}"} if code else {"oops": True}
    return answer(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def basic(headers: Mapping[str, str]) -> tuple[str, str]:
    name, _, secret = b64decode(headers["authorization"].removeprefix("Basic ")).decode().partition(":")
    return name, secret


IN_DOUBT: list[Any] = [
    hang,
    reset,
    b"",
    drips(CREATED[:40]),
    drips(b" ", head=b"HTTP/1.1 201 Created\r\n\r\n" + CREATED.partition(b"\r\n\r\n")[2]),
    CREATED[:-9],
    refused(500, 20500),
    refused(503, 20503),
    refused(503, 21211),
    answer(502, b"<html>"),
    answer(302, b"", {"Location": "http://127.0.0.1:1/"}),
    answer(201, b"<html>"),
    answer(201, b""),
    answer(201, {}),
    answer(201, []),
    answer(201, "x"),
    answer(201, b"[" * 3000),
    answer(201, {"sid": "SM123"}),
    answer(201, {"sid": "CA" + "a1" * 16}),
    answer(201, {"sid": 5}),
    answer(201, {"sid": SID, "date_created": [1]}),
    answer(201, b"x" * 300_000),
    answer(201, b"x", {"Content-Encoding": "gzip"}),
]
