"""AeroAPI's push alerts: the ones there are, and the questions about them. It delivers nothing itself."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any

from flait.core.values import replace
from flait.sandbox.alert_events import OTHER_EVENTS, REQUIRED_EVENTS
from flait.sandbox.exchange import Answer, Request, json_answer
from flait.sandbox.records import Record, leaves_at, stamp
from flait.sandbox.timetable import airports, designator

CONTENT_TYPE = "application/json; charset=UTF-8"
MOST_ALIKE = 50  # enabled alerts for the same ident, origin and destination
MAX_WEEKLY = 1000


class BadAlert(Exception):
    """AeroAPI refuses it; the message is the `detail`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. `start` and `end` are days in the departure airport's zone, both included."""

    id: int
    ident: str
    asked_ident: str
    origin: str | None
    destination: str | None
    aircraft_type: str | None
    start: date | None
    end: date | None
    events: Mapping[str, bool]
    target_url: str | None
    max_weekly: int
    eta: int
    created_at: datetime
    changed_at: datetime

    @property
    def likeness(self) -> tuple[str | None, ...]:
        """What makes two alerts the same to AeroAPI."""
        return self.ident, self.origin, self.destination

    def is_about(self, record: Record) -> bool:
        """Whether the flight is one of those watched; its destination may have changed since."""
        zone = airports()[record["origin"]["code_iata"]].zone
        day = leaves_at(record).astimezone(zone).date()
        return (
            (self.start or day) <= day <= (self.end or day)
            and (self.aircraft_type or record["aircraft_type"].strip()) == record["aircraft_type"].strip()
            and self.origin in (None, record["origin"]["code"], record["origin"]["code_iata"])
            and (self.destination is None or self.destination in _codes(record["destination"]) or record["diverted"])
        )

    def is_enabled(self, now: datetime) -> bool:
        """Until the end of its last day, anywhere on earth."""
        return self.end is None or (now.date() - self.end).days <= 1

    def shown(self, now: datetime) -> dict[str, Any]:
        """The alert as AeroAPI lists it."""
        own = designator(self.ident)
        asked = {} if self.asked_ident == self.ident else {"user_ident": self.asked_ident}
        return {
            "id": self.id, "description": f"{self.ident} alert", "ident": self.ident, "ident_icao": own.icao,
            "ident_iata": own.iata, **asked, **_end("origin", self.origin), **_end("destination", self.destination),
            "aircraft_type": self.aircraft_type, "created": stamp(self.created_at), "changed": stamp(self.changed_at),
            "start": self.start and self.start.isoformat(), "end": self.end and self.end.isoformat(),
            "max_weekly": self.max_weekly, "eta": self.eta, "events": dict(self.events),
            "target_url": self.target_url, "enabled": self.is_enabled(now),
        }  # fmt: skip


class Alerts:
    """The account's alerts and its default address."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """There are none."""
        self.endpoint: str | None = None
        self._alerts: dict[int, Alert] = {}
        self._ids = count(10_000_001)

    def all(self) -> list[Alert]:
        """Every one, oldest first."""
        return list(self._alerts.values())

    def answer(self, request: Request, path: list[str]) -> Answer | None:
        """AeroAPI's answer to a question about alerts; None when there is no such question. Raises BadAlert."""
        match (request.method, path):
            case ("GET", ["endpoint"]):
                return _json({"url": self.endpoint})
            case ("PUT", ["endpoint"]):
                self.endpoint = _url(_object(request), "url")
                return Answer(status=204, body=b"", content_type=CONTENT_TYPE)
            case ("GET", []):
                listed = [alert.shown(request.at) for alert in self.all()]
                return _json({"links": None, "num_pages": 1, "alerts": listed})
            case ("POST", []):
                return self._create(request)
            case (method, [number]) if number.isdigit() and int(number) in self._alerts:
                return self._one(request, method, self._alerts[int(number)])
        return None

    def _create(self, request: Request) -> Answer:
        alert = self._kept(request, None)
        location = ("Location", f"/alerts/{alert.id}")
        return Answer(status=201, body=b"", content_type=CONTENT_TYPE, headers=(location,))

    def _one(self, request: Request, method: str, alert: Alert) -> Answer | None:
        if method == "GET":
            return _json(alert.shown(request.at))
        if method == "PUT":
            self._kept(request, alert)
        elif method == "DELETE":
            del self._alerts[alert.id]
        else:
            return None
        return Answer(status=204, body=b"", content_type=CONTENT_TYPE)

    def _kept(self, request: Request, old: Alert | None) -> Alert:
        wish = _object(request)
        alert = _alert(wish, request.at)
        if not alert.target_url and not self.endpoint:
            raise BadAlert("No alerts endpoint is set, and the alert has no target_url")
        alike = [other for other in self.all() if other.likeness == alert.likeness and other.is_enabled(request.at)]
        if old is None and len(alike) >= MOST_ALIKE:
            raise BadAlert(f"More than {MOST_ALIKE} alerts for the same ident, origin and destination")
        made = old.created_at if old else request.at
        alert = replace(alert, id=old.id if old else next(self._ids), created_at=made)
        self._alerts[alert.id] = alert
        return alert


def _alert(wish: Mapping[str, Any], now: datetime) -> Alert:
    ident = wish.get("ident")
    if not isinstance(ident, str) or not ident:
        # AeroAPI takes an origin or a destination alone too; the sandbox follows flight numbers only.
        raise BadAlert("ident is required")
    start, end = _day(wish, "start"), _day(wish, "end")
    if start and start < now.date():
        raise BadAlert("start cannot be before current day")
    if start and end and end < start:
        raise BadAlert("end must not be before start")
    return Alert(
        id=0,
        ident=designator(ident.upper()).icao,
        asked_ident=ident,
        origin=wish.get("origin"),
        destination=wish.get("destination"),
        aircraft_type=wish.get("aircraft_type"),
        start=start,
        end=end,
        events=_events(wish.get("events")),
        target_url=_url(wish, "target_url") if wish.get("target_url") else None,
        max_weekly=wish.get("max_weekly") or MAX_WEEKLY,
        eta=wish.get("eta") or 0,
        created_at=now,
        changed_at=now,
    )


def _events(wish: object) -> Mapping[str, bool]:
    """All required ones must be there. Raises BadAlert."""
    if not isinstance(wish, dict) or not all(isinstance(wanted, bool) for wanted in wish.values()):
        raise BadAlert("events must be an object of booleans")
    missing = [name for name in REQUIRED_EVENTS if name not in wish]
    unknown = [name for name in wish if name not in (*REQUIRED_EVENTS, *OTHER_EVENTS)]
    if missing or unknown:
        raise BadAlert(f"events: {'missing' if missing else 'unknown'} {', '.join(missing or unknown)}")
    return wish


def _object(request: Request) -> Mapping[str, Any]:
    try:
        content = json.loads(request.body)
    except ValueError as problem:
        raise BadAlert("The body is not JSON") from problem
    if not isinstance(content, dict):
        raise BadAlert("The body is not an object")
    return content


def _url(wish: Mapping[str, Any], name: str) -> str:
    url = wish.get(name)
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise BadAlert(f"{name} is not a web address")
    return url


def _day(wish: Mapping[str, Any], name: str) -> date | None:
    try:
        return date.fromisoformat(wish[name]) if wish.get(name) else None
    except (TypeError, ValueError) as problem:
        raise BadAlert(f"{name} is not a date") from problem


def _codes(airport: Record | None) -> tuple[str | None, ...]:
    return (airport["code"], airport["code_iata"]) if airport else ()


def _end(end: str, code: str | None) -> dict[str, Any]:
    known = next((airport for airport in airports().values() if code in (airport.iata, airport.icao)), None)
    icao, iata = (known.icao, known.iata) if known else (code, None)
    return {end: code, f"{end}_icao": icao, f"{end}_iata": iata}


def _json(content: Any) -> Answer:
    return json_answer(200, content, content_type=CONTENT_TYPE)
