"""A program that Twilio and AeroAPI call: it keeps what it is sent, and answers as told."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import httpx
from twilio.request_validator import RequestValidator

from flait.sandbox.run import Sandbox
from tests.sandbox.conftest import StandingClock

ANA, SENDER, SERVICE = "+15555550100", "+15555550111", f"MG{'0' * 32}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `url` is where the program believes to be called."""

    url: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def is_signed_with(self, token: str) -> bool:
        """Whether Twilio's own validator believes it."""
        signature = self.headers.get("x-twilio-signature", "")
        return bool(RequestValidator(token).validate(self.url + self.path, self.form, signature))


class Receiver(ThreadingHTTPServer):
    """`answers` are given in turn, the last for ever: (status, content type, body)."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.calls: list[Call] = []
        self.answers: list[tuple[int, str, bytes]] = [(200, "text/xml", b"<Response/>")]

    def forms(self) -> list[dict[str, str]]:
        return [call.form for call in self.calls]

    def statuses(self) -> list[str]:
        return [form["MessageStatus"] for form in self.forms()]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.calls.append(Call(url=self.server.url, path=self.path, headers=headers, body=body))
        answers = self.server.answers
        status, kind, content = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Tests look at `calls`."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A sandbox, the program that texts through it and is called by it, and the time between them."""

    sandbox: Sandbox
    twilio: httpx.Client
    receiver: Receiver
    clock: StandingClock

    def send(self, callback: str = "", **changes: str | None) -> str:
        """A text with a status callback; its sid."""
        usual = {"To": ANA, "From": SENDER, "Body": "UA15 leaves late", "StatusCallback": callback}
        form = {name: value for name, value in (usual | changes).items() if value}
        sid: str = self.twilio.post("/Messages.json", data=form).json()["sid"]
        return sid

    def message(self, sid: str) -> dict[str, Any]:
        """How Twilio shows it."""
        found: dict[str, Any] = self.twilio.get(f"/Messages/{sid}.json").json()
        return found

    def pass_time(self, **span: float) -> None:
        """Let virtual time pass, and wait until what was due in it has been done."""
        self.clock.advance(**span)
        assert self.sandbox.settled()

    def callbacks(self) -> list[dict[str, Any]]:
        """What the ledger has of the calls that the sandbox made."""
        return [entry for entry in self.sandbox.ledger() if entry["party"].endswith("-callback")]


def nobody() -> str:
    """The address of a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
