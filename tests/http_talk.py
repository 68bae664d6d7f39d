"""Raw HTTP from the other end: whatever bytes a test likes, and slow clients by the hundred."""

import select
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

PATIENCE = 20.0  # seconds: what anything may take at most on a machine that has much else to do
LOOK_EVERY = 0.01


def request(
    method: str = "GET", target: str = "/", *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """A plain, whole request."""
    length = {"Content-Length": str(len(body))} if body or method == "POST" else {}
    fields = {"Host": "localhost"} | length | dict(headers or {})
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def connected(port: int, source: str = "127.0.0.1") -> socket.socket:
    """A connection; `source` is the loopback address it comes from."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE, source_address=(source, 0))


def rest(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    received = b""
    with suppress(ConnectionError):
        while part := connection.recv(65536):
            received += part
    return received


def exchange(port: int, sent: bytes, *, finished: bool = False) -> bytes:
    """Send these bytes; all that is answered. `finished` says that no more will come."""
    with connected(port) as connection:
        with suppress(ConnectionError):
            connection.sendall(sent)
            if finished:
                connection.shutdown(socket.SHUT_WR)
        return rest(connection)


def status(answer: bytes) -> int:
    """The status of an answer; 0 when there is none."""
    return int(answer.split(b" ", 2)[1]) if answer else 0


def body(answer: bytes) -> bytes:
    """What follows the head."""
    return answer.partition(b"\r\n\r\n")[2]


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Until it holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        select.select([], [], [], LOOK_EVERY)


class Crowd:
    """Connections that begin a request and never end it."""

    def __init__(self, port: int, many: int, *, beginning: bytes = b"POST / HTTP/1.1\r\n", source: str = "127.0.0.1"):
        self._stack = ExitStack()
        self._connections = []
        for _ in range(many):
            connection = self._stack.enter_context(connected(port, source))
            with suppress(ConnectionError):
                connection.sendall(beginning)
            self._connections.append(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """They all leave."""
        self._stack.close()

    @property
    def held(self) -> int:
        """How many of them the other side still holds open."""
        ready, _, _ = select.select(self._connections, [], [], 0)
        return len(self._connections) - len(ready)  # what is ready was closed, or told that it is too slow
