"""A small, hardened HTTP listener: one request per connection, deadlines on everything, bounded connections.

It knows no route. h11 parses (it came with httpx); this module owns time and numbers, which no kept server library
here does: none has a deadline for headers and bodies and a cap on connections at once. At a cap the connection that
has waited longest without a whole request is dropped, so that slow clients cannot keep anybody out.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import h11

log = logging.getLogger("flait.listener")

HEADER_SECONDS = 5.0
BODY_SECONDS = 5.0
ANSWER_SECONDS = 10.0
MOST_BODY = 64 * 1024  # Twilio's largest form is a few kilobytes
MOST_HEADER = 16 * 1024
MOST_CONNECTIONS = 64
MOST_PER_PEER = 16
CHUNK = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One whole request. `target` is the raw request target, untouched: signatures are over it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    peer: str

    @property
    def path(self) -> str:
        """The target up to its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What is answered; the connection is closed after it."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


Handler = Callable[[Request], Awaitable[Response]]


class BadRequest(Exception):
    """Cannot be answered by a route: `status` says why. Not a FlaitError: no person reads it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(eq=False)
class _Connection:
    peer: str
    writer: asyncio.StreamWriter
    whole: bool = False  # its request has arrived: it is being answered, and is not dropped
    closed: bool = False


@dataclass
class Listener:
    """Serves `handler` on `host`:`port` in a thread of its own; port 0 is any free one. `start` raises OSError."""

    handler: Handler
    host: str
    port: int
    _open: list[_Connection] = field(default_factory=list)
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _stopping: asyncio.Event | None = None
    _emptied: asyncio.Event | None = None

    def start(self) -> None:
        """Bind and serve; back when the port is known. Raises OSError when it cannot be bound."""
        ready: threading.Event = threading.Event()
        failed: list[OSError] = []
        self._thread = threading.Thread(target=self._run, args=(ready, failed), name="listener", daemon=True)
        self._thread.start()
        ready.wait()
        if failed:
            raise failed[0]

    def stop(self) -> None:
        """Stop listening; requests being answered are given a moment."""
        if self._loop and self._stopping:
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread:
            self._thread.join(ANSWER_SECONDS)

    def _run(self, ready: threading.Event, failed: list[OSError]) -> None:
        asyncio.run(self._serve(ready, failed))

    async def _serve(self, ready: threading.Event, failed: list[OSError]) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await asyncio.start_server(self._connected, self.host, self.port, limit=MOST_HEADER, backlog=256)
        except OSError as problem:
            failed.append(problem)
            ready.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stopping.wait()
        server.close()
        for connection in [one for one in self._open if not one.whole]:
            _drop(connection)
        if self._open:
            self._emptied = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), ANSWER_SECONDS)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername") or ("?",)
        connection = _Connection(peer=str(peer[0]), writer=writer)
        self._make_room(connection.peer)
        self._open.append(connection)
        try:
            await self._talk(connection, reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, h11.ProtocolError):
            pass  # the other side left, or was too slow: nothing to say to it
        finally:
            self._open.remove(connection)
            _drop(connection)
            if self._emptied and not self._open:
                self._emptied.set()

    def _make_room(self, peer: str) -> None:
        """Within the caps before one more comes: of those still waited for, the oldest goes."""
        for crowd, most in (
            ([one for one in self._open if one.peer == peer], MOST_PER_PEER),
            (self._open, MOST_CONNECTIONS),
        ):
            live = [one for one in crowd if not one.closed]
            waiting = [one for one in live if not one.whole]
            if len(live) >= most and waiting:
                _drop(waiting[0])

    async def _talk(self, connection: _Connection, reader: asyncio.StreamReader) -> None:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEADER)
        try:
            request = await self._read(http, reader, connection.peer)
            connection.whole = True
            async with asyncio.timeout(ANSWER_SECONDS):
                response = await self.handler(request)
        except BadRequest as problem:
            response = Response(status=problem.status)
        except h11.RemoteProtocolError as problem:
            response = Response(status=problem.error_status_hint)
        await _answer(http, connection.writer, response)

    async def _read(self, http: h11.Connection, reader: asyncio.StreamReader, peer: str) -> Request:
        async with asyncio.timeout(HEADER_SECONDS):
            head = await _event(http, reader)
        if not isinstance(head, h11.Request):
            raise BadRequest(400)
        headers = _headers(head)
        async with asyncio.timeout(BODY_SECONDS):
            body = await _body(http, reader)
        return Request(
            method=head.method.decode("ascii"),
            target=head.target.decode("ascii"),
            headers=headers,
            body=body,
            peer=peer,
        )


async def _event(http: h11.Connection, reader: asyncio.StreamReader) -> Any:
    while True:
        event = http.next_event()
        if event is not h11.NEED_DATA:
            return event
        http.receive_data(await reader.read(CHUNK))


def _headers(head: h11.Request) -> dict[str, str]:
    """Header fields by lower-case name. Twice the same, or a body of unclear length, is refused: no smuggling."""
    headers: dict[str, str] = {}
    for name, value in head.headers:
        key = name.decode("ascii").lower()
        if key in headers:
            raise BadRequest(400)
        headers[key] = value.decode("latin-1")
    if "transfer-encoding" in headers:  # neither Twilio nor FlightAware sends chunks
        raise BadRequest(411)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise BadRequest(400)
    if int(length[:12]) > MOST_BODY or len(length) > 12:
        raise BadRequest(413)
    if head.method == b"POST" and "content-length" not in headers:
        raise BadRequest(411)
    return headers


async def _body(http: h11.Connection, reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while True:
        event = await _event(http, reader)
        if isinstance(event, h11.EndOfMessage):
            return b"".join(parts)
        if not isinstance(event, h11.Data):
            raise BadRequest(400)
        parts.append(bytes(event.data))


async def _answer(http: h11.Connection, writer: asyncio.StreamWriter, response: Response) -> None:
    headers = [
        ("Content-Type", response.content_type),
        ("Content-Length", str(len(response.body))),
        ("Connection", "close"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    events = (
        h11.Response(status_code=response.status, headers=headers),
        h11.Data(data=response.body),
        h11.EndOfMessage(),
    )
    if http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
        return
    writer.write(b"".join(http.send(event) or b"" for event in events))
    async with asyncio.timeout(BODY_SECONDS):
        await writer.drain()


def _drop(connection: _Connection) -> None:
    """Close at once; what is already written still goes out."""
    connection.closed = True
    with suppress(OSError, RuntimeError):
        connection.writer.close()
