"""A small, hardened HTTP listener: one request per connection, deadlines on everything, bounded connections.

It knows no route, and calls nobody but its handler. h11 reads the head; what parsers read differently (folded lines,
lone line feeds, lengths said twice, chunks) is refused before. This module owns time and numbers, which no kept
server library here does: none has deadlines for head and body together with a cap on connections at once.

A connection may be new for a moment. After it, it counts: where too many wait without a whole request, the one that
has waited longest is dropped, never the newcomer, so that slow clients keep nobody out, though a proxy or tunnel may
make them all one address. One whose request is whole is being answered, and is not dropped.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import h11

log = logging.getLogger("flait.web.listener")

MOST_BODY = 64 * 1024  # bytes; Twilio's largest form is a few kilobytes
MOST_HEAD = 16 * 1024  # bytes
MOST_UNREAD = 1024 * 1024  # bytes of a refused request that are read away, so that its sender gets to see the answer
BACKLOG = 256  # connections the kernel holds for us
OUT_OF_MEANS = 0.1  # seconds until it is tried again when the process may open no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times are real. `new` is how long a connection may be without counting; `at_all` bounds even those."""

    head: timedelta = timedelta(seconds=5)
    body: timedelta = timedelta(seconds=5)
    answer: timedelta = timedelta(seconds=10)  # Twilio waits for 15 s
    unread: timedelta = timedelta(seconds=1)
    new: timedelta = timedelta(milliseconds=200)  # ten times what a loaded machine needs to send what it connected for
    waiting: int = 64
    waiting_per_peer: int = 16
    answering: int = 64
    at_all: int = 512


USUAL = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One whole request. `target` is the raw target, from its first slash: signatures are over it."""

    method: str
    target: str
    headers: Mapping[str, str]  # by lower-case name; the values of several are joined by commas
    body: bytes = b""

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


class _Refused(Exception):
    """Not a request that a route could answer: `status` says why. Not a FlaitError: no person reads it."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


@dataclass(eq=False)
class _Connection:
    peer: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    counts: bool = False  # no longer new
    whole: bool = False  # its request has arrived

    def drop(self) -> None:
        """Close at once."""
        self.writer.transport.abort()


class Listener:
    """Serves `handler` on host and port, in a thread of its own; port 0 is any free one."""

    def __init__(self, handler: Handler, host: str, port: int, limits: Limits = USUAL) -> None:
        self._handler = handler
        self._address = (host, port)
        self._limits = limits
        self._open: list[_Connection] = []  # the one that came first is first
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Bind and serve, once. Raises OSError when the address cannot be bound."""
        self._socket = _bound(*self._address)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is bound."""
        port: int = self._socket.getsockname()[1]
        return port

    def stop(self) -> None:
        """Stop listening, once; requests being answered are given their time."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        accepting = asyncio.create_task(self._accept())
        await self._stopping.wait()
        accepting.cancel()
        await asyncio.gather(accepting, return_exceptions=True)
        self._socket.close()
        for connection in self._waiting():
            connection.drop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._limits.answer.total_seconds())

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if len(self._tasks) >= self._limits.at_all:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            try:
                client, address = await loop.sock_accept(self._socket)
            except OSError:  # the other side left already, or the process has no descriptor to spare
                await asyncio.sleep(OUT_OF_MEANS)
                continue
            task = loop.create_task(self._attend(client, str(address[0])))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            await asyncio.sleep(0)  # those already here have their turn

    async def _attend(self, client: socket.socket, peer: str) -> None:
        reader, writer = await _streams(client)
        connection = _Connection(peer=peer, reader=reader, writer=writer)
        self._open.append(connection)
        if self._stopping.is_set():
            connection.drop()
        grown = asyncio.get_running_loop().call_later(self._limits.new.total_seconds(), self._count, connection)
        try:
            await self._talk(connection)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the other side left, or takes no answer: there is nobody to tell
        finally:
            grown.cancel()
            self._open.remove(connection)
            writer.close()

    def _count(self, connection: _Connection) -> None:
        """It is new no longer: within the caps with it, by dropping whoever has waited longest."""
        connection.counts = True
        of_all = [one for one in self._waiting() if one.counts]
        of_peer = [one for one in of_all if one.peer == connection.peer]
        if len(of_peer) > self._limits.waiting_per_peer:
            of_peer[0].drop()
        elif len(of_all) > self._limits.waiting:
            of_all[0].drop()

    def _waiting(self) -> list[_Connection]:
        return [one for one in self._open if not one.whole and not one.writer.transport.is_closing()]

    async def _talk(self, connection: _Connection) -> None:
        try:
            request = await self._read(connection)
        except _Refused as refusal:
            await self._send(connection, Response(status=refusal.status))
            await self._read_away(connection)
            return
        connection.whole = True
        await self._send(connection, await self._answer(request), headless=request.method == "HEAD")

    async def _read(self, connection: _Connection) -> Request:
        limits, reader = self._limits, connection.reader
        try:
            async with asyncio.timeout(limits.head.total_seconds()):
                head = await _head(reader)
            length = _length(head)
            if dict(head.headers).get(b"expect", b"").lower() == b"100-continue":
                connection.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            async with asyncio.timeout(limits.body.total_seconds()):
                body = await reader.readexactly(length)
        except TimeoutError:
            raise _Refused(HTTPStatus.REQUEST_TIMEOUT) from None
        return Request(
            method=head.method.decode("ascii"), target=head.target.decode("ascii"), headers=_joined(head), body=body
        )

    async def _answer(self, request: Request) -> Response:
        if sum(one.whole for one in self._open) > self._limits.answering:
            return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        try:
            async with asyncio.timeout(self._limits.answer.total_seconds()):
                return await self._handler(request)
        except TimeoutError:
            return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception:
            log.exception("a request could not be answered")
            return Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _send(self, connection: _Connection, response: Response, *, headless: bool = False) -> None:
        connection.writer.write(_written(response, headless=headless))
        async with asyncio.timeout(self._limits.answer.total_seconds()):
            await connection.writer.drain()

    async def _read_away(self, connection: _Connection) -> None:
        """Closing on unread bytes would reset the connection, and the answer with it."""
        connection.writer.write_eof()
        async with asyncio.timeout(self._limits.unread.total_seconds()):
            for _ in range(MOST_UNREAD // MOST_HEAD):
                if not await connection.reader.read(MOST_HEAD):
                    return


def _bound(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    bound = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    bound.setblocking(False)
    return bound


async def _streams(client: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=MOST_HEAD)
    protocol = asyncio.StreamReaderProtocol(reader)
    transport, _ = await loop.connect_accepted_socket(lambda: protocol, client)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def _head(reader: asyncio.StreamReader) -> h11.Request:
    """The request line and the header fields, in origin form and with one clear length."""
    lines = [line async for line in _lines(reader)]
    lengths = [line for line in lines if line.lower().startswith(b"content-length")]
    if len(lengths) > 1 or any(b"," in line for line in lengths):  # h11 takes `5, 5` for 5
        raise _Refused(HTTPStatus.BAD_REQUEST)
    if any(line.lower().startswith(b"transfer-encoding") for line in lines):  # neither provider sends chunks
        raise _Refused(HTTPStatus.BAD_REQUEST if lengths else HTTPStatus.LENGTH_REQUIRED)
    http = h11.Connection(h11.SERVER)
    http.receive_data(b"".join(lines))
    try:
        head = http.next_event()
    except h11.RemoteProtocolError:
        raise _Refused(HTTPStatus.BAD_REQUEST) from None
    if not isinstance(head, h11.Request) or not head.target.startswith(b"/") or b"#" in head.target:
        raise _Refused(HTTPStatus.BAD_REQUEST)
    return head


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Up to the empty line, each ended by CR LF, none folded; together no longer than a head may be."""
    left, line = MOST_HEAD, b""
    while line != b"\r\n":
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            line = bytes(MOST_HEAD + 1)
        if len(line) > left:
            is_first = left == MOST_HEAD
            raise _Refused(HTTPStatus.REQUEST_URI_TOO_LONG if is_first else HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if not line.endswith(b"\r\n") or line[:1] in b" \t":
            raise _Refused(HTTPStatus.BAD_REQUEST)
        left -= len(line)
        yield line


def _length(head: h11.Request) -> int:
    """How long the body is. h11 has made sure that it is a number of at most 20 digits."""
    text = dict(head.headers).get(b"content-length")
    if text is None and head.method == b"POST":
        raise _Refused(HTTPStatus.LENGTH_REQUIRED)
    length = int(text or 0)
    if length > MOST_BODY:
        raise _Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return length


def _joined(head: h11.Request) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in head.headers:
        key, text = name.decode("ascii"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _written(response: Response, *, headless: bool) -> bytes:
    head = (
        f"HTTP/1.1 {response.status:d} {HTTPStatus(response.status).phrase}\r\n"
        f"Content-Type: {response.content_type}\r\n"
        f"Content-Length: {len(response.body)}\r\n"
        "Connection: close\r\n"
        "Cache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\n\r\n"
    )
    return head.encode("ascii") + (b"" if headless else response.body)
