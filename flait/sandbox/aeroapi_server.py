"""AeroAPI v4's questions and answers: flights, schedules, alerts, account usage. Anything else is its 404.

The shapes are those of real answers. The wording of `detail` in errors is ours where none is known.
"""

import base64
import binascii
import json
import math
import re
import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from flait.errors import ConfigError
from flait.sandbox.alerts import BadAlert
from flait.sandbox.exchange import Answer, Request, json_answer
from flait.sandbox.records import moment
from flait.sandbox.schedules import Wanted, schedule_rows
from flait.sandbox.watch import Watch
from flait.sandbox.world import World

PREFIX = "/aeroapi"
CONTENT_TYPE = "application/json; charset=UTF-8"
PAGE = 15  # records in a result set
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?")  # +00:00 is refused by the real one too
FLIGHTS_WINDOW = (timedelta(days=-10), timedelta(days=2))
FLIGHTS_DEFAULT = (timedelta(days=-11), timedelta(days=2))
SCHEDULES_WINDOW = (timedelta(days=-92), timedelta(days=366))
SCHEDULES_SPAN = timedelta(weeks=3)
IDENT_TYPES = ("designator", "registration", "fa_flight_id")
PRICES = {"flights": 0.005, "schedules": 0.02, "alerts": 0.02}  # dollars per result set, or per push

# Result sets, and the time in which so many may be asked for.
TIERS = {
    "personal": (10, timedelta(minutes=1)),
    "standard": (5, timedelta(seconds=1)),
    "premium": (100, timedelta(seconds=1)),
}


def error(status: int, title: str, reason: str, detail: str) -> Answer:
    """An error as AeroAPI words it."""
    content = {"title": title, "reason": reason, "detail": detail, "status": status}
    return json_answer(status, content, content_type=CONTENT_TYPE)


TIER = error(
    401, "Invalid API key", "INVALID_API_KEY",
    "Alerts and Historical data are only available on Standard and Premium tiers.",
)  # fmt: skip
NOT_JSON = b"<html><body><h1>503 Service Unavailable</h1></body></html>"
FAULTS: Mapping[str, Answer] = {
    "401": error(401, "Invalid API key", "INVALID_API_KEY", "Provided API key is not valid"),
    "429": error(429, "Too many requests", "RATE_LIMIT_ERROR", "Rate limit exceeded"),
    "500": error(500, "Internal error", "INTERNAL_ERROR", "Something went wrong"),
    "503": Answer(status=503, body=NOT_JSON, content_type="text/html"),
}


class BadArgument(Exception):
    """The question breaks one of AeroAPI's rules; the message is the `detail`."""


class Quota:
    """A tier's rate limit, in virtual time."""

    def __init__(self, limit: int, span: timedelta) -> None:
        self._limit = limit
        self._span = span
        self._spent: deque[tuple[datetime, int]] = deque()

    def allows(self, result_sets: int, now: datetime) -> bool:
        """Whether so many more fit into what is left."""
        while self._spent and self._spent[0][0] <= now - self._span:
            self._spent.popleft()
        return sum(count for _, count in self._spent) + result_sets <= self._limit

    def spend(self, result_sets: int, now: datetime) -> None:
        """Take them from what is left."""
        self._spent.append((now, result_sets))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A question about flights: from which record on, how many result sets."""

    offset: int
    max_pages: int
    asked: Mapping[str, str]  # what the cursor must carry on

    def cut(self, path: str, name: str, records: list[Any]) -> Answer:
        """The answer with these records' part, and the link to the rest."""
        part = records[self.offset : self.offset + PAGE * self.max_pages]
        pages = max(1, math.ceil(len(part) / PAGE))
        end = self.offset + len(part)
        more = {"next": f"{path}?cursor={_cursor(end, self.asked)}"} if end < len(records) else None
        content = {name: part, "links": more, "num_pages": pages}
        return json_answer(200, content, content_type=CONTENT_TYPE, result_sets=pages)


class AeroApiServer:
    """Answers as AeroAPI would, from what the world knows at the moment of the question."""

    name = "aeroapi"
    faults = FAULTS

    def __init__(self, world: World, watch: Watch, *, api_key: str | None, tier: str | None) -> None:
        if tier is not None and tier not in TIERS:
            raise ConfigError(f"AeroAPI has no tier {tier!r}", f"choose one of {', '.join(TIERS)}")
        self._world = world
        self._watch = watch
        self._api_key = api_key
        self._tier = tier
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Forget what has been used."""
        self._quota = Quota(*TIERS[self._tier]) if self._tier else None
        self._calls: Counter[str] = Counter()
        self._pages: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        """What AeroAPI says to this request."""
        key = request.headers.get("x-apikey")
        if not key or (self._api_key is not None and key != self._api_key):
            return FAULTS["401"]
        path = [unquote(part) for part in request.path.removeprefix(PREFIX).strip("/").split("/")]
        if request.method == "GET" and path == ["account", "usage"]:
            return self._usage()
        with self._lock:
            if self._quota and not self._quota.allows(_pages_asked(request), request.at):
                return FAULTS["429"]
            answer = self._looked_up(request, path)
            self._count(path[0], answer, request.at)
        return answer

    def empty(self, request: Request) -> Answer:
        """The answer when nothing matches."""
        name = "scheduled" if "/schedules/" in request.path else "flights"
        content: dict[str, Any] = {name: [], "links": None, "num_pages": 1}
        return json_answer(200, content, content_type=CONTENT_TYPE, result_sets=1)

    def _looked_up(self, request: Request, path: list[str]) -> Answer:
        try:
            match (request.method, path):
                case ("GET", ["flights", ident]):
                    return self._flights(request, ident)
                case ("GET", ["schedules", start, end]):
                    return self._schedules(request, start, end)
                case (_, ["alerts" | "history", *rest]):
                    return self._beyond_personal(request, path[0], rest)
        except (BadArgument, BadAlert) as problem:
            return error(400, "Invalid argument", "INVALID_ARGUMENT", str(problem))
        return _unknown(request)

    def _beyond_personal(self, request: Request, name: str, rest: list[str]) -> Answer:
        if self._tier == "personal":
            return TIER
        answer = self._watch.answer(request, rest) if name == "alerts" else None
        return answer or _unknown(request)

    def _flights(self, request: Request, ident: str) -> Answer:
        page = _page(request)
        start, end = _flights_window(page.asked, request.at)
        ident_type = page.asked.get("ident_type")
        if ident_type is not None and ident_type not in IDENT_TYPES:
            raise BadArgument(f"ident_type must be one of {', '.join(IDENT_TYPES)}")
        name = ident if ident_type == "fa_flight_id" or "-" in ident else ident.upper()
        records = self._world.flights(name, ident_type, now=request.at, start=start, end=end)
        return page.cut(request.path.removeprefix(PREFIX), "flights", records)

    def _schedules(self, request: Request, start: str, end: str) -> Answer:
        page = _page(request)
        first, last = _moment(start, "date_start"), _moment(end, "date_end")
        if not first < last <= first + SCHEDULES_SPAN:
            raise BadArgument("date_end must be after date_start, by at most 3 weeks")
        _within(first, last, SCHEDULES_WINDOW, request.at)
        rows = schedule_rows(self._world, _wanted(page.asked), now=request.at, start=first, end=last)
        return page.cut(request.path.removeprefix(PREFIX), "scheduled", rows)

    def _count(self, operation: str, answer: Answer, now: datetime) -> None:
        if self._quota:  # a refused question uses the quota too, though it costs nothing
            self._quota.spend(max(1, answer.result_sets), now)
        if answer.result_sets:
            self._calls[operation] += 1
            self._pages[operation] += answer.result_sets

    def _usage(self) -> Answer:
        pushes = Counter({"alerts": self._watch.pushes} if self._watch.pushes else {})
        calls, pages = self._calls + pushes, self._pages + pushes
        details = [
            {"resource": name, "calls": calls[name], "pages": pages[name], "cost": PRICES[name] * pages[name]}
            for name in calls
        ]
        content = {
            "total_calls": calls.total(), "total_pages": pages.total(),
            "total_cost": sum(PRICES[name] * count for name, count in pages.items()),
            "total_discount_cost": 0, "resource_details": details,
        }  # fmt: skip
        return json_answer(200, content, content_type=CONTENT_TYPE)


def _unknown(request: Request) -> Answer:
    return error(404, "Not found", "NOT_FOUND", f"Undefined URL {request.path}")


def _pages_asked(request: Request) -> int:
    asked = request.query.get("max_pages", "1")
    return int(asked) if asked.isdigit() else 1


def _page(request: Request) -> Page:
    asked = dict(request.query)
    max_pages = asked.pop("max_pages", "1")
    if not max_pages.isdigit() or int(max_pages) < 1:
        raise BadArgument("max_pages must be a positive integer")
    offset = 0
    if cursor := asked.pop("cursor", None):
        offset, asked = _read_cursor(cursor)
    return Page(offset=offset, max_pages=int(max_pages), asked=asked)


def _cursor(offset: int, asked: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([offset, dict(asked)]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[int, dict[str, str]]:
    try:
        offset, asked = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return int(offset), dict(asked)
    except (binascii.Error, ValueError, TypeError) as problem:
        raise BadArgument("cursor is not valid") from problem


def _flights_window(asked: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    default_start, default_end = (now + edge for edge in FLIGHTS_DEFAULT)
    start = _moment(asked["start"], "start") if "start" in asked else default_start
    end = _moment(asked["end"], "end") if "end" in asked else default_end
    _within(start if "start" in asked else now, end, FLIGHTS_WINDOW, now)
    if start >= end:
        raise BadArgument("end must be after start")
    return start, end


def _within(start: datetime, end: datetime, window: tuple[timedelta, timedelta], now: datetime) -> None:
    if start < now + window[0]:
        raise BadArgument(f"start may not be more than {-window[0].days} days in the past")
    if end > now + window[1]:
        raise BadArgument(f"end may not be more than {window[1].days} days in the future")


def _moment(text: str, name: str) -> datetime:
    if not MOMENT.fullmatch(text):
        raise BadArgument(f"{name} must be an ISO 8601 date or a time that ends in Z")
    try:
        return moment(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError as problem:
        raise BadArgument(f"{name} is no date") from problem


def _wanted(asked: Mapping[str, str]) -> Wanted:
    number = asked.get("flight_number")
    if number is not None and not number.isdigit():
        raise BadArgument("flight_number must be an integer")
    return Wanted(
        airline=asked.get("airline"),
        number=int(number) if number else None,
        origin=asked.get("origin"),
        destination=asked.get("destination"),
        codeshares=asked.get("include_codeshares", "true") != "false",
        regional=asked.get("include_regional", "true") != "false",
    )
