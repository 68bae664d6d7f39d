"""DOOR: HTTP coming in. Receipts and replies from Twilio, AeroAPI's pushes, and two health questions; nothing else.

A request is checked, one transaction is made, and the answer goes out; nothing is called from here. What a person
asked for is answered by the daemon afterwards. Without a valid signature nothing changes.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flait.app import App
from flait.errors import ConfigError, Forged, Malformed, StoreError
from flait.flows import intake, receipts
from flait.listener import Listener, Request, Response
from flait.paths import write_private

log = logging.getLogger("flait.webhook")

WORKERS = 2  # SQLite has one writer; a second keeps reading while it waits
FORGERIES_LOGGED = timedelta(minutes=1)
STALE = timedelta(minutes=5)  # without a heartbeat for that long we are not ready

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

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]", "::1"})


class Webhook:
    """The routes of contract and docs, over a Listener. `woken` is called when something came in."""

    def __init__(self, app: App, *, woken: Callable[[], None]) -> None:
        self._app = app
        self._woken = woken
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="webhook")
        self._forged = 0
        self._said_at = app.clock.now() - FORGERIES_LOGGED
        host, port = app.settings.webhook.address
        self._listener = Listener(self.handle, host, port)
        self._routes: Mapping[tuple[str, str], Callable[[Request], Response]] = {
            ("POST", "/twilio/message"): self._message,
            ("POST", "/twilio/status"): self._status,
            ("GET", "/healthz"): self._healthz,
            ("GET", "/readyz"): self._readyz,
        }

    def start(self) -> None:
        """Bind, and write the bound address to run/webhook.json. Raises ConfigError when it cannot be bound."""
        try:
            self._listener.start()
        except OSError as problem:
            listen = self._app.settings.webhook.listen
            raise ConfigError(
                f"webhook.listen {listen} cannot be bound: {problem.strerror}", "choose another, or port 0 for any"
            ) from problem
        self._forms = self._app.forms(self.url)
        write_private(
            self._app.paths.run_dir / "webhook.json", json.dumps({"url": self.url, "port": self._listener.port})
        )
        log.info("listening on %s", self.url)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self._listener.host}:{self._listener.port}"

    def stop(self) -> None:
        """Stop listening, and take the address away."""
        self._listener.stop()
        self._workers.shutdown(wait=True)
        (self._app.paths.run_dir / "webhook.json").unlink(missing_ok=True)

    async def handle(self, request: Request) -> Response:
        """Answer one request; the work is done in a worker thread, with its own connection to the database."""
        if not self._for_us(request.headers.get("host", "")):
            return ELSEWHERE
        route = self._routes.get((request.method, request.path)) or self._push_route(request)
        if route is None:
            return NOT_FOUND
        return await asyncio.get_running_loop().run_in_executor(self._workers, self._answered, route, request)

    def _answered(self, route: Callable[[Request], Response], request: Request) -> Response:
        try:
            return route(request)
        except StoreError as fault:
            log.warning("a request was put off: %s", fault)
            return BUSY
        except ConfigError as fault:  # no token can be read: nothing can be checked, so nothing is accepted
            log.error("%s", fault)  # noqa: TRY400  # one sentence is the whole story
            return FORBIDDEN

    def _for_us(self, host: str) -> bool:
        """The Host names this listener, or the public address it stands behind: no other name leads here."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        public = urlsplit(self._app.settings.webhook.public_url).hostname
        return name.lower() in _LOOPBACK | {self._listener.host, public}

    def _message(self, request: Request) -> Response:
        try:
            inbound = self._forms.inbound(request.target, request.body, request.headers)
        except Malformed:
            return BAD
        except Forged as why:
            return self._refuse(str(why))
        owner = self._app.settings.twilio.keyword_owner
        intake.take_in(self._app.store(), inbound, now=self._app.clock.now(), keyword_owner=owner)
        self._woken()
        return SILENCE

    def _status(self, request: Request) -> Response:
        query = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
        try:
            receipt, word = self._forms.receipt(request.target, query, request.body, request.headers)
        except Malformed:
            return BAD
        except Forged as why:
            return self._refuse(str(why))
        receipts.take(self._app.store(), receipt, word, self._app.clock.now())
        return NOTED

    def _refuse(self, why: str) -> Response:
        """403, counted; said once a minute at most."""
        self._forged += 1
        now = self._app.clock.now()
        if now - self._said_at >= FORGERIES_LOGGED:
            log.warning("%d requests refused (%s): not signed by this account", self._forged, why)
            self._forged, self._said_at = 0, now
        return FORBIDDEN

    def _push_route(self, request: Request) -> Callable[[Request], Response] | None:
        """AeroAPI's pushes come with push alerts; until then their path is like any other."""
        return None

    def _healthz(self, _: Request) -> Response:
        return _json(200, {"status": "ok"})

    def _readyz(self, _: Request) -> Response:
        """Whether the daemon does its work: the database takes writes, and the ticks tick."""
        store, now = self._app.store(), self._app.clock.now()
        heart = store.heartbeat()
        with store.transaction():
            writable = True
        ticking = heart is not None and now - heart.last_tick_at < STALE
        ready = writable and ticking
        return _json(200 if ready else 503, {"ready": ready, "database": writable, "ticking": ticking})


def _json(status: int, fields: Mapping[str, Any]) -> Response:
    return Response(
        status=status, body=(json.dumps(fields) + "\n").encode(), content_type="application/json; charset=utf-8"
    )
