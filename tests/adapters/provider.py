"""A provider on 127.0.0.1 that does what its script says, byte by byte, over real sockets.

Each connection takes the next step of the script; a connection without a step is answered 599.
"""

import json
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlsplit

Step = Callable[[socket.socket, Event], None]
TLS = b"\x16"  # what a client begins with that takes this for an https server
DRIP = 0.02  # seconds between two bytes: far below every time-out of a single read


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


def answer(status: int = 200, body: Any = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP answer; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Word\r\n{head}\r\n".encode() + content


def says(raw: bytes) -> Step:
    """Send these bytes and close."""
    return lambda client, _: client.sendall(raw)


def reset(client: socket.socket, _: Event) -> None:
    """Break the connection in the middle, without a word."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang(_: socket.socket, stopping: Event) -> None:
    """Keep the line open and say nothing."""
    stopping.wait()


def drips(raw: bytes, *, head: bytes = b"") -> Step:
    """Send `head` at once, then one byte after another, slowly, and then the last one for ever."""

    def drip(client: socket.socket, stopping: Event) -> None:
        client.sendall(head)
        position = 0
        while not stopping.wait(DRIP):
            client.sendall(raw[position : position + 1])
            position = min(position + 1, len(raw) - 1)

    return drip


def patience(step: bytes | Step) -> timedelta:
    """How long to wait for it: briefly where no answer ever comes, else longer than any machine is busy."""
    return timedelta(seconds=1 if callable(step) and step is not reset else 20)


class Provider:
    """The scripted server; `asked` is what it was asked, in order of arrival."""

    def __init__(self, *steps: bytes | Step) -> None:
        self.asked: list[Asked] = []
        self._steps = [says(step) if isinstance(step, bytes) else step for step in steps]
        self._lock = Lock()
        self._stopping = Event()
        self._threads: list[Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def then(self, *steps: bytes | Step) -> None:
        """Go on with these."""
        self._steps += [says(step) if isinstance(step, bytes) else step for step in steps]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client:
            client.settimeout(5)
            try:
                asked = _read(client)
                with self._lock:
                    self.asked.append(asked)
                    step = self._steps.pop(0) if self._steps else says(answer(599))
                step(client, self._stopping)
            except OSError:
                return  # the other side has gone, which is what some tests are about


def _read(client: socket.socket) -> Asked:
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += _more(client)
        if raw.startswith(TLS):
            raise ConnectionResetError
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += _more(client)
    method, target, _ = first.split(" ")
    return Asked(method=method, target=target, headers=headers, body=body)


def _more(client: socket.socket) -> bytes:
    raw = client.recv(65536)
    if not raw:
        raise ConnectionResetError
    return raw


def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
