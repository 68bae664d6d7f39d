"""Talks to AeroAPI about push alerts: orders one, lists them all, deletes one. What they are for is its caller's.

Ordering has no idempotency key: an order whose answer is unclear is told as AlertInDoubt and never repeated here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from threading import Event
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from flait.adapters.aeroapi.client import SET_KEY, usable_key
from flait.adapters.aeroapi.records import AGAIN, detail, next_page
from flait.adapters.exchange import Exchange, ExchangeFailed, Fault, KeyHeader, Response, Witness, retry_after
from flait.clock import Clock
from flait.errors import AboveTier, AlertInDoubt, FlightSourceError, RateLimited, Refused
from flait.flows.ports import AccountAlert, AlertWish, Meter
from flait.system.shapes import known

DEADLINE: Final = timedelta(seconds=15)
MOST_BYTES: Final = 4 * 1024 * 1024  # an alert in the list has about 700 bytes
MOST_PAGES: Final = 40
LEAST_PAUSE: Final = timedelta(seconds=61)  # AeroAPI sends no Retry-After, and counts by the minute
OPERATION: Final = "alerts"

EVENTS: Final[Mapping[str, bool]] = {
    # Each delivery is billed like four polls. The two bundles carry take-off and landing, gates, and big delays.
    "departure": True,
    "arrival": True,
    "cancelled": True,
    "diverted": True,
    "in": True,  # at the gate: whoever meets somebody waits for it
    "out": False,  # nobody is told of it
    "off": False,  # in `departure`
    "on": False,  # in `arrival`
    "filed": False,
    "hold_start": False,
    "hold_end": False,
}
"""Which events are delivered. All are named, since nobody says what a missing one means."""


class AeroAPIAlerts:
    """An AlertDesk over HTTP, safe to share between threads.

    `key` gives the API key, and with True reads it afresh. `wait` waits real seconds for the Meter's turn; it answers
    True when Flait is stopping.
    """

    def __init__(
        self,
        *,
        base_url: str,
        key: Callable[[bool], str],
        meter: Meter,
        clock: Clock,
        deadline: timedelta = DEADLINE,
        witness: Witness | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._meter = meter
        self._clock = clock
        self._exchange = Exchange(deadline=deadline, most_bytes=MOST_BYTES, witness=witness)
        self._wait = wait or Event().wait

    def create(self, wish: AlertWish) -> str:
        """Order an alert, once; FlightAware's id. Raises AlertInDoubt, or FlightSourceError when it was not made."""
        try:
            reply = self._asked("POST", "/alerts", json=_order(wish))
        except ExchangeFailed as failed:
            if failed.fault is Fault.UNREACHED:
                raise _unreached(failed) from None
            raise AlertInDoubt(f"AeroAPI {failed}, and may have made the alert", AGAIN) from None
        self._refuse(reply)
        alert_id = re.fullmatch(r"/alerts/([0-9]{1,18})/?", _location(reply))
        if reply.status != 201 or alert_id is None:
            raise AlertInDoubt(f"AeroAPI did not say which alert it made (HTTP {reply.status})", AGAIN)
        return alert_id[1]

    def listed(self) -> Sequence[AccountAlert]:
        """Every alert of the account, whoever made it. Raises FlightSourceError when the list is not whole."""
        alerts: list[AccountAlert] = []
        path = "/alerts"
        for _ in range(MOST_PAGES):
            body = self._read(path)
            alerts += _alerts(body)
            link = next_page(body)
            if link is None:
                return alerts
            path = f"/{link.lstrip('/')}"
        raise FlightSourceError("AeroAPI lists more alerts than Flait reads", AGAIN)

    def delete(self, alert_id: str) -> None:
        """End an alert; one that is not there any more is ended. Raises FlightSourceError; repeating is harmless."""
        try:
            reply = self._asked("DELETE", f"/alerts/{alert_id}")
        except ExchangeFailed as failed:
            raise _unreached(failed) from None
        if reply.status == 404:
            return
        self._refuse(reply)
        if not 200 <= reply.status < 300:
            raise FlightSourceError(_words(reply), AGAIN)

    def _read(self, path: str) -> bytes:
        try:
            reply = self._asked("GET", path)
        except ExchangeFailed as failed:
            raise _unreached(failed) from None
        self._refuse(reply)
        if reply.status != 200:
            raise FlightSourceError(_words(reply), AGAIN)
        return reply.body

    def _asked(self, method: str, path: str, *, json: Mapping[str, Any] | None = None) -> Response:
        """One call in its turn; once more with a key that was rotated, for a 401 changes nothing there."""
        if not path.startswith("/") or "://" in path.partition("?")[0]:
            raise FlightSourceError("AeroAPI's next page is on another server, where Flait does not go", AGAIN)
        key = usable_key(self._key, fresh=False)
        reply = self._sent(method, path, key, json)
        if reply.status != 401:
            return reply
        fresh = usable_key(self._key, fresh=True)
        return reply if fresh == key else self._sent(method, path, fresh, json)

    def _sent(self, method: str, path: str, key: str, json: Mapping[str, Any] | None) -> Response:
        seconds = self._meter.charge(OPERATION)
        if seconds > 0 and self._wait(seconds):
            raise FlightSourceError("Flait is stopping, and AeroAPI was not asked", AGAIN)
        return self._exchange.send(method, f"{self._base_url}{path}", auth=KeyHeader("x-apikey", key), json=json)

    def _refuse(self, reply: Response) -> None:
        """Raise what a 4xx means: nothing was done. A 5xx is the caller's to judge."""
        if reply.status == 429:
            pause = max(LEAST_PAUSE, retry_after(reply, self._clock.now()) or LEAST_PAUSE)
            self._meter.pause(pause.total_seconds())
            raise RateLimited("AeroAPI says that it was asked too often (HTTP 429)", AGAIN, retry_after=pause)
        if reply.status in (401, 403):
            raise _refused(reply)
        if 400 <= reply.status < 500:
            raise FlightSourceError(_words(reply), AGAIN)


def _order(wish: AlertWish) -> dict[str, Any]:
    """The body of an order: one flight of one day, both ends of the range included."""
    day = wish.day.isoformat()
    order = {
        "ident": wish.ident,
        "origin": wish.origin,
        "start": day,
        "end": day,
        "events": dict(EVENTS),
        "target_url": wish.target_url,
    }
    return order | ({"destination": wish.destination} if wish.destination else {})


def _location(reply: Response) -> str:
    """The path of Location from `/alerts` on; AeroAPI gives it relative to its base."""
    path = urlsplit(reply.headers.get("location", "")).path
    return path[path.find("/alerts") :] if "/alerts" in path else ""


class _Alert(msgspec.Struct):
    id: int
    target_url: str | None = None


class _Page(msgspec.Struct):
    alerts: list[_Alert]


def _alerts(body: bytes) -> list[AccountAlert]:
    """Those that call somebody; an alert without a target of its own is another program's or a person's."""
    try:
        page = msgspec.json.decode(body, type=known(_Page))
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise FlightSourceError("AeroAPI's list of alerts cannot be read", AGAIN) from problem
    return [
        AccountAlert(alert_id=str(alert.id), target_url=alert.target_url) for alert in page.alerts if alert.target_url
    ]


def _unreached(failed: ExchangeFailed) -> FlightSourceError:
    return FlightSourceError(f"AeroAPI {failed}", AGAIN)


def _refused(reply: Response) -> Refused:
    # A bad key has the same status and the same title; only the detail differs.
    if "Standard and Premium" in detail(reply.body):
        return AboveTier(
            f"FlightAware has push alerts for Standard and Premium accounts only (HTTP {reply.status})",
            "change the account at FlightAware, or set flightaware.push to false",
        )
    return Refused(f"FlightAware refuses the AeroAPI key (HTTP {reply.status})", SET_KEY)


def _words(reply: Response) -> str:
    """What FlightAware says, without what we sent: its words may quote the address that holds our token."""
    if 400 <= reply.status < 500:
        said = re.sub(r"https?://\S+", "[address]", detail(reply.body))
        return f"AeroAPI does not take the alert (HTTP {reply.status}{': ' if said else ''}{said})"
    return f"AeroAPI is out of order (HTTP {reply.status})"
