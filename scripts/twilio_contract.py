"""Hold Flait's Twilio adapter against Twilio's own OpenAPI document, mocked by Prism. Needs node and npm.

    .venv/bin/python scripts/twilio_contract.py

Not part of the tests: they need nothing but Python. The document comes with the npm package @twilio-alpha/mcp.
Prism checks every parameter, identifier and header that we send against it, and answers with its examples. It keeps
no state: every text gets the same sid, and lists hold examples; behaviour is the sandbox's matter.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flait.adapters.twilio.gateway import TwilioGateway
from flait.clock import SystemClock
from flait.core.messages import Message, MessageKind
from flait.errors import FlaitError

PACKAGES = ("@stoplight/prism-cli@5", "@twilio-alpha/mcp@0.7.0")
DOCUMENT = "node_modules/@twilio-alpha/mcp/twilio-oai/spec/json/twilio_api_v2010.json"
ACCOUNT = "AC" + "a" * 32  # whose texts the examples are
SID = "SMb7c0a2ce80504485a6f653a7110836f5"  # the text that the examples are about
UP_WITHIN = 60.0  # seconds: the document has 1.9 MB
NOW = datetime.now(UTC)


def main() -> int:
    """Run every call; 0 when Twilio's document allows them all."""
    if not shutil.which("npm"):
        print("npm is not installed: nothing was checked")
        return 1
    with tempfile.TemporaryDirectory(prefix="flait-contract-") as folder, _prism(Path(folder)) as url:
        failed = [name for name, call in _calls(url).items() if not _holds(name, call)]
    print(f"{len(failed)} of the calls are not as Twilio's document says" if failed else "every call is as documented")
    return 1 if failed else 0


def _calls(url: str) -> dict[str, Callable[[], object]]:
    by_number = _gateway(url, from_number="+15555550199")
    by_service = _gateway(url, messaging_service_sid="MG" + "0" * 32)
    return {
        "a text from a number": lambda: by_number.send(_message(), now=NOW),
        "a text through a messaging service": lambda: by_service.send(_message(), now=NOW),
        "what became of a text": lambda: by_number.status_of(SID),
        "our texts to a number": lambda: by_number.sent_to("+15555550100", since=NOW - timedelta(days=3650)),
        "texts to us": lambda: by_number.received(NOW - timedelta(days=1)),
        "one text to us": lambda: by_number.text(SID),
        "the account": by_number.check,
    }


def _gateway(url: str, *, from_number: str | None = None, messaging_service_sid: str | None = None) -> TwilioGateway:
    return TwilioGateway(
        base_url=url,
        account_sid=ACCOUNT,
        token=lambda _fresh: "any-token",
        clock=SystemClock(),
        status_callback=lambda message: f"https://flait.example.com/twilio/status?m={message.id}&a=1#rc=5&rp=all",
        from_number=from_number,
        messaging_service_sid=messaging_service_sid,
    )


def _message() -> Message:
    return Message(
        id=7,
        user_id=1,
        to="+15555550100",
        kind=MessageKind.DELAY_FIRST,
        body="UA123 SFO-EWR delayed 45m: dep 14:10->14:55 PST.",
        dedup_key="contract",
        created_at=NOW,
        not_before=NOW,
        expires_at=NOW + timedelta(minutes=30),
    )


def _holds(name: str, call: Callable[[], object]) -> bool:
    try:
        print(f"ok      {name}: {call()!r}"[:150])
    except FlaitError as problem:
        print(f"FAILED  {name}: {problem}")
        return False
    return True


@contextmanager
def _prism(folder: Path) -> Iterator[str]:
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", *PACKAGES], cwd=folder, check=True)
    port = _free_port()
    command = ["node_modules/.bin/prism", "mock", DOCUMENT, "--port", str(port)]
    with (folder / "prism.log").open("wb") as log:
        prism = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_until_up(port, prism, folder / "prism.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        prism.terminate()
        prism.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_up(port: int, prism: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + UP_WITHIN
    while prism.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.2)
    raise SystemExit(log.read_text(errors="replace")[-2000:])


if __name__ == "__main__":
    sys.exit(main())
