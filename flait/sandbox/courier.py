"""HTTP going out: one POST as Twilio or AeroAPI makes it, tried again as its sender's rules say, and written down.

It knows no message and no flight. Time-outs are real seconds, for the sockets are real.
"""

import base64
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from time import monotonic
from urllib.parse import parse_qs, unquote, urlsplit

from flait.clock import Clock
from flait.sandbox.ledger import Ledger
from flait.sandbox.signing import target

BETWEEN_TRIES = 0.2  # seconds, real
LARGEST_ANSWER = 64 * 1024  # bytes: TwiML may not be larger


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How long a POST may take and when it is tried again. Seconds, real.

    `on` holds what a failed try may be called: ct (no connection), rt (no answer), 4xx, 5xx.
    """

    count: int = 0
    on: frozenset[str] = frozenset()
    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0


def twilio_retries(url: str) -> Retries:
    """What the URL's fragment asks for (`#rc=5&rp=all`); else once more when the connection fails."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).fragment).items()}
    policies = asked.get("rp", "ct").split(",")
    count = asked.get("rc", "1")
    return Retries(
        count=min(int(count), 5) if count.isdigit() else 1,
        on=frozenset(("ct", "rt", "4xx", "5xx") if "all" in policies else policies),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back; `failure` names a try that failed, in the words of Retries."""

    status: int | None = None
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One POST. `path` and `form` are what the ledger may know of it; `fault` says what is odd about it."""

    party: str
    url: str = field(repr=False)  # it may carry secrets
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    path: str
    form: Mapping[str, str] = field(repr=False)
    retries: Retries = Retries()
    fault: str | None = None


class Courier:
    """Takes letters out."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._stopping = threading.Event()
        self._open: set[HTTPConnection] = set()

    def stop(self) -> None:
        """End what is under way."""
        self._stopping.set()
        for connection in list(self._open):
            _end(connection)

    def take(self, letter: Letter, judge: Callable[[Response], str | None] = lambda _: None) -> Response:
        """Deliver a letter now, with its retries; write it down as one, with what `judge` finds odd in the answer."""
        until = monotonic() + letter.retries.total
        response = self._tried(letter, until)
        for _ in range(letter.retries.count):
            out_of_time = monotonic() + BETWEEN_TRIES >= until
            if response.failure not in letter.retries.on or out_of_time or self._stopping.wait(BETWEEN_TRIES):
                break
            response = self._tried(letter, until)
        self._ledger.add_callback(
            letter.party,
            letter.path,
            letter.form,
            at=self._clock.now(),
            status=response.status,
            fault=letter.fault or judge(response),
        )
        return response

    def _tried(self, letter: Letter, until: float) -> Response:
        connection = _connection(letter.url, min(letter.retries.connect, until - monotonic()))
        self._open.add(connection)
        try:
            return _asked(connection, letter, until)
        finally:
            self._open.discard(connection)
            connection.close()


def _connection(url: str, seconds: float) -> HTTPConnection:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=max(0.1, seconds))


def _asked(connection: HTTPConnection, letter: Letter, until: float) -> Response:
    try:
        connection.connect()
    except OSError:
        return Response(failure="ct")
    try:
        connection.sock.settimeout(max(0.1, min(letter.retries.read, until - monotonic())))
        connection.request("POST", target(letter.url), body=letter.body, headers=_headers(letter))
        answer = connection.getresponse()
        return Response(
            status=answer.status,
            content_type=answer.headers.get_content_type() if answer.headers["Content-Type"] else "",
            body=answer.read(LARGEST_ANSWER + 1),
            failure=f"{answer.status // 100}xx" if answer.status >= 400 else "",
        )
    except (OSError, HTTPException):
        return Response(failure="rt")


def _headers(letter: Letter) -> dict[str, str]:
    """With the user and the password that stand in the URL."""
    parts = urlsplit(letter.url)
    if parts.username is None:
        return dict(letter.headers)
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return {**letter.headers, "Authorization": f"Basic {base64.b64encode(user).decode()}"}


def _end(connection: HTTPConnection) -> None:
    with suppress(OSError, AttributeError):  # it may not be connected, or no longer
        connection.sock.shutdown(2)
