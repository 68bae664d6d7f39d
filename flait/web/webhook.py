"""DOOR: HTTP coming in. Receipts and replies from Twilio, calls from FlightAware, two health questions; nothing else.

A request is checked, one transaction is made, and the answer goes out; nobody is called from here. What a person
asked for is answered by the daemon afterwards. Without a valid signature nothing changes.
"""

import asyncio
import ipaddress
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flait.app import App
from flait.clock import Clock
from flait.core.inbound import Unproven, UnprovenReceipt, UnprovenText
from flait.errors import ConfigError, Forged, Malformed, StoreError
from flait.flows import intake, push, receipts, unproven
from flait.system.paths import write_private
from flait.web.listener import USUAL, Limits, Listener, Request, Response

log = logging.getLogger("flait.web.webhook")

WORKERS = 2  # SQLite has one writer; a second keeps reading while it waits
SAID_AFTER = timedelta(minutes=1)  # what is refused is counted, and said so often at most
STALE = timedelta(minutes=5)  # without a heartbeat for that long the daemon does not do its work
STALE_SECONDS = 5.0  # real; a fast clock must not make a beat stale before the next can come
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # what listens everywhere is reached here

SILENCE = Response(
    status=200, body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml; charset=utf-8"
)
"""TwiML that says nothing: answers go through the outbox. Anything but XML would be texted to the person."""
NOTED = Response(status=200)
NOT_FOUND = Response(status=404, body=b"not found\n")
FORBIDDEN = Response(status=403, body=b"forbidden\n")
BAD = Response(status=400, body=b"bad request\n")
BUSY = Response(status=503, body=b"busy\n")
ELSEWHERE = Response(status=421, body=b"misdirected\n")

Route = Callable[[Request], Response]


class Webhook:
    """The routes, over a Listener. From a thread of ours `woken` is called when a person's text came in, and `unsure`
    with what is to be looked up at Twilio before it is believed.
    """

    def __init__(
        self,
        app: App,
        *,
        woken: Callable[[], None],
        unsure: Callable[[Unproven], None] = lambda _: None,
        limits: Limits = USUAL,
    ) -> None:
        self._app = app
        self._woken = woken
        self._unsure = unsure
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="webhook")
        self._in_order = ThreadPoolExecutor(1, thread_name_prefix="webhook-texts")  # what people say has an order
        self._tally = _Tally(app.clock)
        self._callbacks = push.Callbacks()
        self._address_file = app.paths.run_dir / "webhook.json"
        self._host, port = app.settings.webhook.address
        self._listener = Listener(self._answer, self._host, port, limits)
        self._routes: Mapping[tuple[str, str], Route] = {
            ("POST", "/twilio/message"): self._message,
            ("POST", "/twilio/status"): self._status,
            ("POST", push.PATH): self._alert,
            ("GET", "/readyz"): self._readyz,
        }

    def start(self) -> None:
        """Bind, serve, and write the address to run/webhook.json; once.

        Raises ConfigError when it cannot be bound, or when Twilio's signatures could not be checked.
        """
        self._forms = self._app.forms()
        listen = self._app.settings.webhook.listen
        try:
            self._listener.start()
        except OSError as problem:
            raise ConfigError(
                f"webhook.listen {listen} cannot be bound: {problem.strerror}", "choose another, or port 0 for any"
            ) from problem
        try:
            write_private(self._address_file, json.dumps({"url": self.url, "port": self._listener.port}) + "\n")
        except ConfigError:
            self._listener.stop()
            raise
        log.info("listening on %s", self.url)

    @property
    def url(self) -> str:
        """Where it is reached from this machine."""
        host = EVERYWHERE.get(self._host, self._host)
        return f"http://[{host}]:{self._listener.port}" if ":" in host else f"http://{host}:{self._listener.port}"

    def stop(self) -> None:
        """Take the address away and stop listening; requests being answered are given their time."""
        self._address_file.unlink(missing_ok=True)
        self._listener.stop()
        for workers in (self._workers, self._in_order):
            workers.shutdown(wait=False, cancel_futures=True)
        self._tally.say()

    async def _answer(self, request: Request) -> Response:
        """The work is done in a worker thread, with its own connection to the database; being alive is no work."""
        if not self._is_for_us(request.headers.get("host", "")):
            return self._refused(ELSEWHERE, "for another host (a proxy must pass the Host on)")
        if (request.method, request.path) == ("GET", "/healthz"):
            return _json(200, {"status": "ok"})
        path = push.PATH if request.path.startswith(push.PATH) else request.path  # what follows is the token
        route = self._routes.get((request.method, path))
        if route is None:
            return NOT_FOUND
        workers = self._in_order if route == self._message else self._workers
        try:
            return await asyncio.get_running_loop().run_in_executor(workers, route, request)
        except Malformed as problem:
            return self._refused(BAD, str(problem))
        except Forged as problem:
            return self._refused(FORBIDDEN, str(problem))
        except ConfigError as problem:  # nothing can be checked, so nothing is accepted
            return self._refused(FORBIDDEN, str(problem))
        except StoreError as problem:
            return self._refused(BUSY, str(problem))

    def _is_for_us(self, host: str) -> bool:
        """The Host is this listener's name or the public one. An address is fine: rebinding needs a name."""
        name = re.sub(r":[0-9]*$", "", host).strip("[]").lower()
        public = urlsplit(self._app.settings.webhook.public_url).hostname
        return name in {"localhost", self._host.lower(), public} or _is_address(name)

    def _called(self, request: Request) -> str:
        """The URL that Twilio called, and signed. Neither Host nor what proxies add has a say in it."""
        return (self._app.settings.webhook.public_url or self.url) + request.target

    def _message(self, request: Request) -> Response:
        now = self._app.clock.now()
        inbound = self._forms.inbound(self._called(request), request.body, request.headers, now=now)
        owner = self._app.settings.twilio.keyword_owner
        if isinstance(inbound, UnprovenText):
            self._doubt(inbound, now)
        elif inbound and intake.take_in(self._app.store(), inbound, now=now, keyword_owner=owner):
            self._woken()
        return SILENCE

    def _doubt(self, what: Unproven, now: datetime) -> None:
        owner = self._app.settings.twilio.keyword_owner
        if unproven.obey(self._app.store(), what, now=now, keyword_owner=owner):
            self._woken()
        else:
            self._unsure(what)

    def _status(self, request: Request) -> Response:
        now = self._app.clock.now()
        report = self._forms.receipt(self._called(request), request.body, request.headers, now=now)
        if isinstance(report, UnprovenReceipt):
            self._doubt(report, now)
        else:
            receipts.take(self._app.store(), *report, now, whatsapp=self._app.whatsapp)
        return NOTED

    def _alert(self, request: Request) -> Response:
        """FlightAware signs nothing: the token in the address is all that counts, and the body is not even read."""
        token = request.path.removeprefix(push.PATH)
        known = self._callbacks.take(self._app.store(), token, self._app.clock.now())
        return NOTED if known else NOT_FOUND

    def _readyz(self, _: Request) -> Response:
        """Whether the daemon does its work: the database can be written, and the ticks tick."""
        store, clock = self._app.store(), self._app.clock
        with store.transaction():
            heart = store.heartbeat()
        silent = clock.real_seconds(clock.now() - heart.last_tick_at) if heart else float("inf")
        ticking = silent < max(STALE_SECONDS, clock.real_seconds(STALE))
        return _json(200 if ticking else 503, {"ready": ticking, "database": True, "ticking": ticking})

    def _refused(self, response: Response, why: str) -> Response:
        self._tally.count(why)
        return response


class _Tally:
    """What was refused and why, said once a minute at most. For one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._say_at = clock.now()

    def count(self, why: str) -> None:
        """One more; said now unless something was said within the last minute."""
        self._counts[why] += 1
        if self._clock.now() >= self._say_at:
            self.say()

    def say(self) -> None:
        """Log what has been counted since the last time, if anything."""
        if self._counts:
            log.warning("requests refused: %s", ", ".join(f"{many} {why}" for why, many in self._counts.items()))
        self._counts.clear()
        self._say_at = self._clock.now() + SAID_AFTER


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _json(status: int, fields: Mapping[str, Any]) -> Response:
    return Response(
        status=status, body=(json.dumps(fields) + "\n").encode(), content_type="application/json; charset=utf-8"
    )
