"""The sockets: HTTP/1.1 on one loopback port, and every way in which a connection can go wrong."""

import os
import socket
import struct
import sys
from contextlib import suppress
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flait.clock import Clock
from flait.sandbox import control
from flait.sandbox.exchange import Answer, Request
from flait.sandbox.site import Output, Site

LOOPBACK = "127.0.0.1"
LARGEST_BODY = 4_000_000  # bytes: a day of flights made by hand fits
FLOOD = 50_000_000  # bytes
BETWEEN_DRIPS = 0.05  # seconds, real
LOOK_ROUND = 0.1  # seconds, real: how often a hanging connection sees whether it is still needed


class Server(ThreadingHTTPServer):
    """One thread per connection; `stop` ends all of them."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, site: Site, clock: Clock, port: int) -> None:
        self.site = site
        self.clock = clock
        self.stopping = Event()
        self._connections: set[socket.socket] = set()
        super().__init__((LOOPBACK, port), Handler)
        self.url = f"http://{LOOPBACK}:{self.server_address[1]}"
        site.open_at(self.url)

    def stop(self) -> None:
        """Stop listening, and end what is still open."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.site.close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection while it lasts."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves early is no error here; anything else is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, sends replies. It is also the `Wire` on which faults are played."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """The ledger remembers; the terminal stays quiet."""

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            return
        if request.path.startswith(control.PREFIX):
            Output(control.control(self.server.site, request)).send(self)
        else:
            self.server.site.reply(request).send(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class looks for these names

    def _read(self) -> Request | None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdigit() or int(length) > LARGEST_BODY or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self.answer(Answer(status=413, body=b"send one body of known, reasonable length\n"))
            return None
        body = self.rfile.read(int(length))
        url = urlsplit(self.path)
        is_form = self.headers.get_content_type() == "application/x-www-form-urlencoded"
        return Request(
            method=self.command,
            path=url.path,
            target=self.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            form=dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True)) if is_form else {},
            at=self.server.clock.now(),
        )

    def answer(self, answer: Answer) -> None:
        """Send the whole answer; the connection stays open unless the client wanted it closed."""
        self.connection.sendall(self._head(answer, len(answer.body)) + answer.body)

    def hang(self) -> None:
        """Say nothing until the client leaves."""
        self.close_connection = True
        self.connection.settimeout(LOOK_ROUND)
        while not self.server.stopping.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(4096):
                    return

    def drip(self, answer: Answer) -> None:
        """One byte at a time: the answer, then spaces, until the client leaves."""
        self.close_connection = True
        content = self._head(answer, FLOOD) + answer.body
        sent = 0
        while not self.server.stopping.wait(BETWEEN_DRIPS):
            self.connection.sendall(content[sent : sent + 1] or b" ")
            sent += 1

    def reset(self) -> None:
        """Close without lingering, which makes the system send a RST."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())  # close() alone would wait for the reader and writer made from it

    def cut(self, answer: Answer) -> None:
        """Promise the whole answer, send half of its body, and close."""
        self.close_connection = True
        self.connection.sendall(self._head(answer, len(answer.body)) + answer.body[: len(answer.body) // 2])

    def flood(self, answer: Answer) -> None:
        """Send far more than anyone should read."""
        self.close_connection = True
        self.connection.sendall(self._head(answer, FLOOD))
        block = b" " * 50_000
        for _ in range(FLOOD // len(block)):
            self.connection.sendall(block)

    def _head(self, answer: Answer, length: int) -> bytes:
        lines = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            f"Date: {format_datetime(self.server.clock.now(), usegmt=True)}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {length}",
            *(f"{name}: {value}" for name, value in answer.headers),
            *(("Connection: close",) if self.close_connection else ()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")
