"""Fuzz what strangers can reach, with coverage: request heads, signed and unsigned forms, and what people text.

    .venv/bin/python -m pip install atheris
    .venv/bin/python scripts/fuzz_webhook.py -max_total_time=60

Not part of the tests, which fuzz the same functions with Hypothesis: atheris has wheels for few machines. Anything
but the refusals that a route expects is a finding, and so is a form accepted that nobody signed.
"""

import asyncio
import base64
import hashlib
import hmac
import sys
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import atheris

with atheris.instrument_imports():
    from flait.adapters.twilio.forms import TwilioForms
    from flait.core.replies.understanding import understand
    from flait.errors import Forged, Malformed
    from flait.web import listener

TOKEN = "a-token-of-the-fuzzer"
ACCOUNT = "AC" + "0" * 32
URL = "https://flait.example.com/twilio/message"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
FORMS = TwilioForms(account_sid=ACCOUNT, token=lambda: TOKEN)
PREFIX = f"MessageSid=SM{'0' * 32}&AccountSid={ACCOUNT}&From=%2B15555550100&To=%2B15555550199&".encode()


def one_input(data: bytes) -> None:
    """One attack: its first byte says on what."""
    kind, rest = data[:1], data[1:]
    if kind < b"\x40":
        _head(rest)
    elif kind < b"\x80":
        _unsigned(rest)
    elif kind < b"\xc0":
        _signed(PREFIX + rest)
    else:
        understand(rest.decode("utf-8", "replace"))


def _head(data: bytes) -> None:
    async def read() -> None:
        reader = asyncio.StreamReader(limit=listener.MOST_HEAD)
        reader.feed_data(data)
        reader.feed_eof()
        head = await listener._head(reader)
        listener._length(head)
        listener._joined(head)

    with suppress(listener._Refused, asyncio.IncompleteReadError):
        asyncio.run(read())


def _unsigned(body: bytes) -> None:
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    }
    for read in (FORMS.inbound, FORMS.receipt):
        try:
            read(URL, body, headers, now=NOW)
        except (Forged, Malformed):
            continue
        raise AssertionError("a form that nobody signed was accepted")


def _signed(body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": _signature(body)}
    for read in (FORMS.inbound, FORMS.receipt):
        try:
            read(URL, body, headers, now=NOW)
        except (Forged, Malformed):
            continue


def _signature(body: bytes) -> str:
    """As Twilio signs; of what is no form, anything."""
    pairs = sorted(set(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
    text = URL + "".join(name + value for name, value in pairs)
    digest = hmac.new(TOKEN.encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
