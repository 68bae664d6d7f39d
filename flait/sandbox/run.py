"""The sandbox as one thing to start and stop: inside a program or a test, or as `flait sandbox`."""

import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from flait.clock import Clock, SystemClock
from flait.errors import ConfigError, UserError
from flait.sandbox import control
from flait.sandbox.aeroapi_server import PREFIX as AEROAPI
from flait.sandbox.cast import StormFlight, missed_connection, storm_flights
from flait.sandbox.forgeries import Signed, forgeries, genuine
from flait.sandbox.hand import text_back
from flait.sandbox.replies import reply_from
from flait.sandbox.scenario import storm_day_for
from flait.sandbox.server import Server
from flait.sandbox.site import Site
from flait.sandbox.timetable import Recorded
from flait.sandbox.trial import EXAMPLE, Trial, example_flight
from flait.system.paths import write_private

__all__ = [
    "Sandbox",
    "StormFlight",
    "Trial",
    "example_flight",
    "serve_forever",
    "storm_day_for",
    "missed_connection",
    "storm_flights",
    "text_back",
]

POLL = 0.02  # seconds, real: how soon the listener notices that it should stop


class Sandbox:
    """AeroAPI and Twilio on a loopback port, from construction to `close`.

    `storm_day` is the day on which the snow falls; by default the recorded 8 March 2013 when the clock is near it,
    else today in New York. `daily` flights fly every day beside the recorded ones. With `api_key` or `auth_token` other
    keys are refused; without, any will do, and callbacks are signed with the auth token that came with the account's
    latest request. `inbound_url` is where the numbers' incoming texts are posted to; `keywords` says who answers STOP:
    twilio, advanced or none.
    Raises ConfigError when the port or the ledger file cannot be had.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        storm_day: date | None = None,
        daily: Sequence[Recorded] = (),
        api_key: str | None = None,
        auth_token: str | None = None,
        ledger: Path | None = None,
        tier: str | None = None,
        inbound_url: str | None = None,
        keywords: str = "twilio",
    ) -> None:
        self.clock = clock or SystemClock()
        self.storm_day = storm_day or storm_day_for(self.clock.now())
        try:
            self._site = Site(
                clock=self.clock,
                storm_day=self.storm_day,
                daily=daily,
                api_key=api_key,
                auth_token=auth_token,
                ledger=ledger,
                tier=tier,
                webhooks={"inbound_url": inbound_url, "keywords": keywords},
            )
            self._server = Server(self._site, self.clock, port)
        except OSError as problem:
            raise ConfigError(f"The sandbox cannot start: {problem}", "choose another port or ledger file") from problem
        self.url = self._server.url
        self.flightaware_base_url = self.url + AEROAPI
        self.twilio_base_url = self.url
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL,), name="sandbox", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop at once; connections that are still open are ended."""
        self._server.stop()
        self._thread.join()

    def texts(self) -> list[dict[str, Any]]:
        """The texts that people got, oldest first, as GET /_sandbox/texts shows them.

        Those with `from_twilio` are Twilio's own answers to a keyword; `direction` is outbound-reply for texts that
        the inbound webhook's answer made Twilio send.
        """
        return control.texts(self._site, self.clock.now())

    def ledger(self) -> list[dict[str, Any]]:
        """Every request so far, as GET /_sandbox/ledger shows them."""
        return self._site.ledger.entries()

    def put_flights(self, flights: Sequence[dict[str, Any]]) -> list[str]:
        """Make flights or change them, as POST /_sandbox/flights does; their ids. Raises UserError."""
        return self._site.put_flights(flights)

    def reply(self, from_: str, body: str, **more: Any) -> str:
        """A person texts back, as POST /_sandbox/reply has it; the sid. Raises UserError.

        `more`: to, whatsapp, opt_out_type, media; and forge, replay, resplit for further posts not to be believed.
        """
        return self._site.replies.take(reply_from({"from": from_, "body": body, **more}), self.clock.now())

    def set_inbound_url(self, url: str | None) -> None:
        """Where incoming texts are posted to; None is nowhere. Raises UserError."""
        self._site.replies.set_up({"inbound_url": url})

    def set_keywords(self, kind: str) -> None:
        """Who answers STOP, START and HELP: twilio, advanced or none. Raises UserError."""
        self._site.replies.set_up({"keywords": kind})

    def set_receipts(self, **behaviour: Any) -> None:
        """How receipts behave from now on, as POST /_sandbox/receipts has it; usual where unnamed. Raises UserError."""
        control.set_receipts(self._site, behaviour)

    def set_alerts(self, *, minimal: bool) -> None:
        """Whether AeroAPI's pushes say no more than which flight."""
        control.set_alerts(self._site, {"minimal": minimal})

    def signed(self, url: str, fields: Mapping[str, str], *, account_sid: str | None = None) -> Signed:
        """A form posted to `url` as Twilio would: (path, headers, body). Raises UserError without an auth token."""
        return genuine(self._token(account_sid), url, list(fields.items()))

    def forgeries(self, url: str, fields: Mapping[str, str], *, account_sid: str | None = None) -> Iterator[Signed]:
        """The same in every way that must not be believed. Raises UserError without an auth token."""
        return forgeries(self._token(account_sid), url, list(fields.items()))

    def settled(self, timeout: float = 10.0) -> bool:
        """Wait, `timeout` real seconds at most, until every callback that is due has been made; whether that is so."""
        return self._site.errands.settled(timeout)

    def _token(self, account_sid: str | None) -> str:
        token = self._site.tokens.of(account_sid or self._site.tokens.latest)
        if token is None:
            raise UserError("No auth token is known", "give the sandbox one, or let a text be sent first")
        return token

    def post_fault(
        self, party: str, fault: str, *, times: int | None = None, match: str = "", retry_after: int | None = None
    ) -> None:
        """Let a fault happen to the next `times` requests, or until cleared. Raises UserError."""
        description = {"party": party, "fault": fault, "times": times, "match": match, "retry_after": retry_after}
        self._site.faults.post(description)

    def clear_faults(self) -> None:
        """No fault happens any more."""
        self._site.faults.clear()

    def reset(self) -> None:
        """Forget requests, texts, flights made by hand and faults."""
        self._site.reset()


def serve_forever(sandbox: Sandbox, *, trial: Trial | None = None, address_file: Path | None = None) -> None:
    """Run until SIGTERM or SIGINT: the addresses as one JSON line on stdout, what to do with them on stderr.

    Meanwhile `address_file`, and the `trial`'s, hold the URL, for whoever wants to text back. Raises ConfigError when
    one cannot be had.
    """
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    files = [file for file in (address_file, trial and trial.address_file) if file]
    with sandbox, ExitStack() as kept:
        for file in files:
            kept.enter_context(_addressed(sandbox, file))
        _announce(sandbox, trial)
        stopping.wait()


@contextmanager
def _addressed(sandbox: Sandbox, file: Path) -> Iterator[None]:
    content = json.dumps({"url": sandbox.url, "day": f"{sandbox.storm_day}"})
    write_private(file, content)
    try:
        yield
    finally:
        with suppress(OSError):
            if file.read_text(encoding="utf-8") == content:  # another sandbox may have written its own since
                file.unlink()


def _announce(sandbox: Sandbox, trial: Trial | None) -> None:
    addresses = {
        "url": sandbox.url,
        "flightaware_base_url": sandbox.flightaware_base_url,
        "twilio_base_url": sandbox.twilio_base_url,
    }
    print(json.dumps(addresses), flush=True)
    print(_what_to_do(sandbox, trial), file=sys.stderr, flush=True)


def _what_to_do(sandbox: Sandbox, trial: Trial | None) -> str:
    where = f"AeroAPI and Twilio are pretended at {sandbox.url}; the snow falls on {sandbox.storm_day}."
    if trial is None:
        return f"{where} Ctrl-C stops it."
    lines = trial.lines(flightaware=sandbox.flightaware_base_url, twilio=sandbox.twilio_base_url)
    pasted = "\n".join(f"  {line}" for line in lines)
    return f"""\
{where}
Paste these four lines into another terminal: there Flait lives in a home of its own, with secrets that open nothing.
Your own data, settings and keyring stay as they are.

{pasted}

Then, there:        flait daemon start
                    flait subscribe {EXAMPLE} +15555550100 --name Ana
Which flights:      flait sandbox flights
See what was sent:  curl {sandbox.url}/_sandbox/texts
Text back:          flait sandbox text +15555550100 STATUS
Ctrl-C here stops it; `flait daemon stop` there the daemon."""
