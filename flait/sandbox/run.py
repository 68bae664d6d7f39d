"""The sandbox as one thing to start and stop: inside a program or a test, or as `flait sandbox`."""

import json
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from flait.clock import Clock, SystemClock
from flait.errors import ConfigError
from flait.sandbox.aeroapi_server import PREFIX as AEROAPI
from flait.sandbox.cast import StormFlight, storm_flights
from flait.sandbox.scenario import storm_day_for
from flait.sandbox.server import Server
from flait.sandbox.site import Site

__all__ = ["Sandbox", "StormFlight", "serve_forever", "storm_flights"]

POLL = 0.02  # seconds, real: how soon the listener notices that it should stop


class Sandbox:
    """AeroAPI and Twilio on a loopback port, from construction to `close`.

    `storm_day` is the day on which the snow falls; by default the recorded 8 March 2013 when the clock is near it,
    else today in New York. With `api_key` or `auth_token` other keys are refused; without, any will do.
    Raises ConfigError when the port or the ledger file cannot be had.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        port: int = 0,
        storm_day: date | None = None,
        api_key: str | None = None,
        auth_token: str | None = None,
        ledger: Path | None = None,
        tier: str | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.storm_day = storm_day or storm_day_for(self.clock.now())
        try:
            self._site = Site(
                storm_day=self.storm_day, api_key=api_key, auth_token=auth_token, ledger=ledger, tier=tier
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
        """The accepted texts, oldest first: sid, to, from, body, at, num_segments, status, status_callback."""
        now = self.clock.now()
        return [text.summary(now) for text in self._site.twilio.texts.all()]

    def ledger(self) -> list[dict[str, Any]]:
        """Every request so far, as GET /_sandbox/ledger shows them."""
        return self._site.ledger.entries()

    def put_flights(self, flights: Sequence[dict[str, Any]]) -> list[str]:
        """Make flights or change them, as POST /_sandbox/flights does; their ids. Raises UserError."""
        return self._site.world.by_hand.put(flights)

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


def serve_forever(
    *,
    clock: Clock | None = None,
    port: int = 0,
    storm_day: date | None = None,
    api_key: str | None = None,
    auth_token: str | None = None,
    ledger: Path | None = None,
    tier: str | None = None,
) -> None:
    """Run until SIGTERM or SIGINT: the addresses as one JSON line on stdout, what to set on stderr."""
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    with Sandbox(
        clock=clock, port=port, storm_day=storm_day, api_key=api_key, auth_token=auth_token, ledger=ledger, tier=tier
    ) as sandbox:
        _announce(sandbox)
        stopping.wait()


def _announce(sandbox: Sandbox) -> None:
    addresses = {
        "url": sandbox.url,
        "flightaware_base_url": sandbox.flightaware_base_url,
        "twilio_base_url": sandbox.twilio_base_url,
    }
    print(json.dumps(addresses), flush=True)
    print(_what_to_set(sandbox), file=sys.stderr, flush=True)


def _what_to_set(sandbox: Sandbox) -> str:
    return f"""\
AeroAPI and Twilio are pretended at {sandbox.url}; the snow falls on {sandbox.storm_day}. Set:
  flait config set flightaware.base_url {sandbox.flightaware_base_url}
  flait config set twilio.base_url {sandbox.twilio_base_url}
See what was sent:  curl {sandbox.url}/_sandbox/texts
Ctrl-C stops it."""
