"""Keeps secrets and telephone numbers out of text that people and files get to see: log lines and tracebacks above all.

Knows only what it was told: every secret that was read, in the spellings it takes on its way (quoted, in base64).
Never raises, and never holds a line back.
"""

import base64
import hmac
import json
import logging
import re
import threading
from typing import NoReturn
from urllib.parse import quote, quote_plus

HIDDEN = "[secret]"
LONG_ENOUGH = 8  # a piece of base64 shorter than this would be found in innocent words

# `%2B` is a + in a form or a query. Separators as people and providers write them, never a colon: that is a time.
_INTERNATIONAL = re.compile(r"(\+|%2[Bb])([0-9])(?:[ ().\-]{0,2}[0-9]){6,}")
_NORTH_AMERICAN = re.compile(r"(?<![\w.-])\(?[0-9]{3}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}(?![\w-])")


class Secret:
    """A secret's value, which only `reveal` shows: not repr, not format, not pickle."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value: hand it on, never store or print it."""
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __format__(self, format_spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        """Compare by value, in constant time."""
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other.reveal().encode())

    __hash__ = None  # type: ignore[assignment]  # a hash of the value would be a trace of it

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is never copied or pickled")


def mask_phone(number: str) -> str:
    """`+15555550100` → `+15…00`: two digits on either side, nothing of the middle; all of a number of six digits."""
    digits = re.sub(r"[^0-9]", "", number.replace("%2B", "+").replace("%2b", "+"))
    plus = "+" if number[:1] in {"+", "%"} else ""
    return f"{plus}{digits[:2]}…{digits[-2:]}" if len(digits) > 6 else f"{plus}…"


class Redactor:
    """Hides the secrets it was told of, and every telephone number."""

    def __init__(self) -> None:
        self._spellings: frozenset[str] = frozenset()
        self._secrets: re.Pattern[str] | None = None
        self._lock = threading.Lock()

    def remember(self, secret: str) -> None:
        """Hide `secret` from now on."""
        with self._lock:
            self._spellings |= spellings(secret)
            longest_first = sorted(self._spellings, key=len, reverse=True)
            self._secrets = re.compile("|".join(map(re.escape, longest_first)))

    def redact(self, text: str) -> str:
        """The text without secrets, telephone numbers masked."""
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        return redact_phones(text)


def redact_phones(text: str) -> str:
    """The text with every telephone number masked."""
    text = _INTERNATIONAL.sub(lambda found: mask_phone(found[0]), text)
    return _NORTH_AMERICAN.sub(lambda found: mask_phone(found[0]), text)


def spellings(secret: str) -> frozenset[str]:
    """The forms a secret takes in requests, JSON and reprs; in base64, whatever stands before it."""
    forms = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
    }
    for before in range(3):
        forms |= {form for form in _in_base64(secret, before) if len(form) >= LONG_ENOUGH}
    return frozenset(forms - {""})


def _in_base64(secret: str, before: int) -> set[str]:
    """The characters that the secret alone decides when `before` bytes (modulo 3) precede it."""
    content = b"\0" * before + secret.encode()
    first, last = (before * 8 + 5) // 6, len(content) * 8 // 6
    plain = base64.b64encode(content).decode()[first:last]
    return {plain, plain.replace("+", "-").replace("/", "_")}


seen = Redactor()
"""The process's own: Credentials tells it every secret it reads, and every log line passes through it."""


class RedactingFormatter(logging.Formatter):
    """A formatter whose finished output, tracebacks and stack included, is redacted."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, without secrets and whole numbers."""
        return seen.redact(super().format(record))
