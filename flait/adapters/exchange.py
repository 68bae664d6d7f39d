"""One HTTP exchange inside a total deadline and a size cap; the only module that knows httpx.

It knows no provider: what a status means is its caller's. It never retries, follows a redirect, inflates a body,
keeps a connection for later, or reads proxies and .netrc. No error of its carries the request, and with it the key.
"""

import logging
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any

from flait import __version__

if TYPE_CHECKING:
    import httpx

CONNECT = 5.0  # seconds, real: who has not taken the call by then is not there
MOST_CONNECTIONS = 32  # more than the daemon has threads: nobody waits for a place
SHORTEST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(hours=1)


Witness = Callable[[datetime], object]
"""Who wants to know what time it is outside."""


class Fault(StrEnum):
    """Why there is no answer, as the rest of a sentence that begins with a name."""

    UNREACHED = "could not be reached"  # no connection was made: the request certainly never arrived
    TOO_SLOW = "did not answer in time"
    BROKEN = "broke off before the end of its answer"
    TOO_LARGE = "sent more than a sensible answer"
    COMPRESSED = "compressed its answer unasked"  # inflating it could fill the memory


class ExchangeFailed(Exception):
    """No whole answer. `why` is the operating system's word on a connection that could not be made."""

    def __init__(self, fault: Fault, why: str = "") -> None:
        super().__init__(f"{fault} ({why})" if why else str(fault))
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A whole answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")


class KeyHeader:
    """Puts a secret header on a request, and shows it to nobody."""

    __slots__ = ("_name", "_secret")

    def __init__(self, name: str, secret: str) -> None:
        self._name = name
        self._secret = secret

    def __call__(self, request: "httpx.Request") -> "httpx.Request":
        request.headers[self._name] = self._secret
        return request

    def __repr__(self) -> str:
        return f"KeyHeader({self._name!r}, hidden)"


class Exchange:
    """Sends requests, from any thread, each over a connection of its own: a stale one breaks in the middle."""

    def __init__(self, *, deadline: timedelta, most_bytes: int, witness: Witness | None = None) -> None:
        """`deadline` is real time, from the first packet to the last byte. `witness` is told each answer's Date."""
        self._witness = witness
        self._deadline = deadline.total_seconds()
        self._most_bytes = most_bytes
        self._lock = Lock()
        self._made: httpx.Client | None = None

    def send(
        self,
        method: str,
        url: str,
        *,
        auth: KeyHeader | tuple[str, str],
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        within: float | None = None,
    ) -> Response:
        """The answer, whatever its status. `within` seconds shorten the deadline. Raises ExchangeFailed."""
        import httpx

        seconds = min(self._deadline, within or self._deadline)
        timeout = httpx.Timeout(seconds, connect=min(CONNECT, seconds))
        with _cut_after(seconds) as cut:
            try:
                request = self._client().build_request(
                    method,
                    url,
                    headers=headers,
                    params=params,
                    data=form,
                    json=json,
                    timeout=timeout,
                    extensions={"trace": cut},
                )
                return self._answer(request, auth, cut)
            except (httpx.HTTPError, httpx.InvalidURL) as problem:
                failed = _failed(problem, cut)
        # Outside the except: httpx's exception holds the request, and the request the key.
        raise failed

    def _answer(self, request: "httpx.Request", auth: KeyHeader | tuple[str, str], cut: "_Cut") -> Response:
        response = self._client().send(request, auth=auth, stream=True)
        with closing(response):
            body = self._body(response)
        if cut.made:  # a body that ends with its connection looks whole when cut
            raise ExchangeFailed(Fault.TOO_SLOW)
        self._tell_time(response.headers.get("date", ""))
        return Response(status=response.status_code, headers=dict(response.headers), body=body)

    def _tell_time(self, date: str) -> None:
        if self._witness is not None:
            with suppress(ValueError, OverflowError):
                self._witness(_aware(parsedate_to_datetime(date)))

    def _body(self, response: "httpx.Response") -> bytes:
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise ExchangeFailed(Fault.COMPRESSED)
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > self._most_bytes:
                raise ExchangeFailed(Fault.TOO_LARGE)
        return bytes(body)

    def _client(self) -> "httpx.Client":
        with self._lock:
            if self._made is None:
                self._made = _new_client()
            return self._made


def _new_client() -> "httpx.Client":
    import httpx

    for name in ("httpx", "httpcore"):  # they log whole URLs, and with them telephone numbers
        logging.getLogger(name).setLevel(logging.WARNING)
    return httpx.Client(
        headers={"Accept-Encoding": "identity", "Connection": "close", "User-Agent": f"flait/{__version__}"},
        limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=False,
    )


def _failed(problem: Exception, cut: "_Cut") -> ExchangeFailed:
    import httpx

    unreached = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
    if isinstance(problem, (*unreached, httpx.InvalidURL)):
        return ExchangeFailed(Fault.UNREACHED, str(problem) if isinstance(problem, httpx.ConnectError) else "")
    if cut.made or isinstance(problem, httpx.TimeoutException):
        return ExchangeFailed(Fault.TOO_SLOW)
    return ExchangeFailed(Fault.BROKEN)


class _Cut:
    """Shuts a connection down from outside; httpx tells it, as a trace, which connection that is."""

    def __init__(self) -> None:
        self.made = False
        self._socket: socket.socket | None = None

    def __call__(self, event: str, told: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = told["return_value"].get_extra_info("socket")
            if self.made:
                self.shut()

    def shut(self) -> None:
        self.made = True
        if self._socket is not None:
            with suppress(OSError):  # closed by now
                # Not SSLSocket's own shutdown, which pulls TLS from under the thread that is reading.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@contextmanager
def _cut_after(seconds: float) -> Iterator[_Cut]:
    # httpx times single reads: a server that drips a byte a second would hold it for ever.
    cut = _Cut()
    timer = Timer(seconds, cut.shut)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()


def retry_after(reply: Response, now: datetime) -> timedelta | None:
    """Retry-After, in seconds or as an HTTP date, between 1 s and 1 h; None where it says nothing."""
    text = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        pause = timedelta(seconds=int(text))
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        pause = _aware(moment) - now
    return min(max(pause, SHORTEST_PAUSE), LONGEST_PAUSE)


def _aware(moment: datetime) -> datetime:
    """HTTP dates are GMT, also where they say `-0000`."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
