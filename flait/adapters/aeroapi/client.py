"""Talks to FlightAware's AeroAPI v4: asks, and tells what kind of answer came back.

It decides nothing about flights, keeps nothing, and makes no call that the Meter has not booked. Every failure is a
FlightSourceError with a sentence; "no flights" is only what AeroAPI itself said (an empty list, or 404).
"""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from datetime import UTC, date, datetime, timedelta
from threading import Event
from time import monotonic
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from flait.adapters.aeroapi.records import (
    AGAIN,
    cleaned,
    detail,
    flight_records,
    next_page,
    parse_flights,
    route_rows,
    schedule_rows,
    total_cost,
)
from flait.adapters.exchange import Exchange, ExchangeFailed, Fault, KeyHeader, Response, Witness, retry_after
from flait.clock import Clock
from flait.core.flights import Airport, Flight, ScheduledFlight, grouped
from flait.core.idents import Ident, shown
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlightSourceError, NotUnderstood, RateLimited, Refused
from flait.flows.ports import Answer, Meter

__all__ = ["AeroAPI", "parse_flights"]

DEADLINE = timedelta(seconds=15)
MOST_BYTES = 2 * 1024 * 1024  # a page of 15 flights has 32 kB
# Inside AeroAPI's limits by more than a clock can be wrong before it is in doubt: beyond them it answers 400.
BACK = timedelta(days=10) - timedelta(hours=1)
AHEAD = timedelta(days=2) - timedelta(minutes=5)
LONGEST_SCHEDULE = timedelta(days=21)
MOST_PAGES = 4  # each is billed; no flight number has more legs in the two weeks that can be asked for
PATIENCE = 20.0  # seconds, real: as long as a person at the terminal waits for all the tries together
FIRST_RETRY = 0.5  # seconds, real, doubled each time
SHORTEST_TRY = 1.0  # seconds, real: what a try gets at least
LEAST_PAUSE = timedelta(seconds=61)  # AeroAPI sends no Retry-After, and counts by the minute
WRONG_QUESTION = frozenset({400, 410, 414, 422})  # the same question gets the same answer for ever
UNBILLED = WRONG_QUESTION | {401, 403, 429}  # FlightAware bills no 4xx but 404

SET_KEY = "store the right one with `flait secrets set flightaware-api-key`"
PROBE = Ident(operator="BAW", number="1")  # any flight number will do to try a key

Outcome = Response | ExchangeFailed


class Booking(NamedTuple):
    """What the Meter is told of a call: the priced operation, and the flight it is about."""

    operation: str
    about: str = ""


def usable_key(key: Callable[[bool], str], *, fresh: bool) -> str:
    """The stored key, if it can stand in a header; the error about another one would quote it. Raises Refused."""
    text = key(fresh).strip()
    if not (text and text.isascii() and text.isprintable()):
        raise Refused("the stored AeroAPI key is not a key", SET_KEY)
    return text


class AeroAPI:
    """A FlightSource over HTTP, safe to share between threads.

    `key` gives the API key, and with True reads it afresh: a rotated one is taken up without a restart.
    `attempts` above 1 tries outside faults again at once, within about 20 s in all: for a person who is waiting.
    `wait` waits real seconds for the Meter's turn; it answers True when Flait is stopping.
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
        most_bytes: int = MOST_BYTES,
        attempts: int = 1,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._meter = meter
        self._clock = clock
        self._exchange = Exchange(deadline=deadline, most_bytes=most_bytes, witness=witness)
        self._attempts = attempts
        self._wait = wait or Event().wait

    def flight(self, fa_flight_id: str) -> Answer:
        """The flight with that id (at most one; a diversion's legs are joined). Raises as FlightSource says."""
        url = self._url("flights", _path_id(fa_flight_id), ident_type="fa_flight_id", max_pages=1)
        return self._flights(url, about=fa_flight_id, most=1)

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:
        """Flights by number scheduled to leave in [start, end), as far as AeroAPI's window of 12 days reaches.

        AeroAPI sends the latest first: asked from the beginning of its window on, it fills with the days before what
        is left of the page, and no page is asked for that holds nothing of [start, end).
        """
        now = self._clock.now()
        start, end = max(start, now - BACK), min(end, now + AHEAD)
        if start >= end:
            return Answer(flights=(), raw="")
        # `designator`, for AeroAPI would sooner take the number for a registration.
        window = {"start": _z(now - BACK if past else start), "end": _z(end)}
        url = self._url("flights", str(ident), **window, ident_type="designator", max_pages=1)
        answer = self._flights(url, about=str(ident), since=start)
        return _parted(answer, start) if past else answer

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        """Scheduled flights by number from `start` 00Z up to `end` 00Z, three weeks at most, earliest first."""
        end = min(end, start + LONGEST_SCHEDULE)
        if start >= end:
            return ()
        days = (start.isoformat(), end.isoformat())
        url = self._url("schedules", *days, airline=ident.operator, flight_number=int(ident.number), max_pages=1)
        rows = [
            row
            for body in self._pages(Booking("schedules", str(ident)), url, MOST_PAGES)
            for row in schedule_rows(body, ident)
        ]
        # A codeshare's row repeats the operating flight's.
        once = {(row.ident, row.origin.code, row.scheduled_out): row for row in rows}
        return sorted(once.values(), key=lambda row: row.scheduled_out)

    def route(self, origin: Airport, destination: Airport, start: datetime, end: datetime) -> Sequence[ScheduledFlight]:
        """Scheduled departures from the one airport for the other in [start, end), earliest first: one result set."""
        ends = {"origin": origin.code, "destination": destination.code}
        url = self._url("schedules", _z(start), _z(end), **ends, include_codeshares="false", max_pages=1)
        booking = Booking("schedules", f"{origin.short}/{destination.short}")  # an id would have dashes
        rows = [row for body in self._pages(booking, url, 1) for row in route_rows(body)]
        return sorted(rows, key=lambda row: row.scheduled_out)

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "AeroAPI":
        """The same on these people's account, as FlightSource says. Not for several threads at once."""
        billed = copy(self)
        billed._meter = self._meter.billed_to(phones, to_the_end=to_the_end, about=about)  # noqa: SLF001  # a copy of ours
        return billed

    def spent(self, since: datetime) -> int | None:
        """What FlightAware counts since then, in micro-dollars; None: this account has no such page. Free."""
        outcome = self._asked(Booking("usage"), self._url("account", "usage", start=_z(since)))
        if _has_no_such_page(outcome):
            return None
        body = self._body(outcome)
        return None if body is None else total_cost(body)

    def check(self) -> bool:
        """Whether AeroAPI takes the key: True, or the error. Free, unless the account has no /account/usage."""
        outcome = self._asked(Booking("usage"), self._url("account", "usage"))
        if _has_no_such_page(outcome):
            url = self._url("flights", str(PROBE), ident_type="designator", max_pages=1)
            outcome = self._asked(Booking("flights"), url)
        self._body(outcome)
        return True

    def _flights(self, url: str, *, about: str, most: int = MOST_PAGES, since: datetime | None = None) -> Answer:
        """The pages as one answer; with `since` up to the first that has a flight of before then."""
        bodies, records = [], []
        for body in self._pages(Booking("flights", about), url, most):
            page = flight_records(body)
            bodies.append(body)
            records += page
            if since and any(_planned(record) < since for record in page):
                break
        raw = "\n".join(body.decode("utf-8", "replace") for body in bodies)
        return Answer(flights=tuple(grouped(records)), raw=raw)

    def _pages(self, booking: Booking, url: str, most: int) -> Iterator[bytes]:
        for _ in range(most):
            body = self._body(self._asked(booking, url))
            if body is None:
                return
            yield body
            link = next_page(body)
            if link is None:
                return
            url = self._followed(link)

    def _asked(self, booking: Booking, url: str) -> Outcome:
        """One call with its short retries, each of them booked."""
        key = usable_key(self._key, fresh=False)
        self._take_turn(booking, self._meter.charge(*booking))
        ends = monotonic() + PATIENCE
        outcome = self._tried(booking, url, key, ends)
        for attempt in range(self._attempts - 1):
            if not _passing(outcome) or not self._another_turn(booking, FIRST_RETRY * 2**attempt, ends):
                break
            outcome = self._tried(booking, url, key, ends)
        return outcome

    def _tried(self, booking: Booking, url: str, key: str, ends: float) -> Outcome:
        outcome = self._sent(booking, url, key, ends)
        if not isinstance(outcome, Response) or outcome.status != 401:
            return outcome
        fresh = usable_key(self._key, fresh=True)
        if fresh == key:
            return outcome
        self._take_turn(booking, self._meter.charge(*booking))
        return self._sent(booking, url, fresh, ends)

    def _sent(self, booking: Booking, url: str, key: str, ends: float) -> Outcome:
        within = max(SHORTEST_TRY, ends - monotonic())
        outcome: Outcome
        try:
            outcome = _without(key, self._exchange.send("GET", url, auth=KeyHeader("x-apikey", key), within=within))
        except ExchangeFailed as failed:
            outcome = failed
        if _free(outcome):
            self._meter.refund(*booking)
        return outcome

    def _take_turn(self, booking: Booking, seconds: float) -> None:
        if seconds > 0 and self._wait(seconds):
            self._meter.refund(*booking)
            raise FlightSourceError("Flait is stopping, and AeroAPI was not asked", AGAIN)

    def _another_turn(self, booking: Booking, pause: float, ends: float) -> bool:
        """Book one more try and wait for it, if it still fits; otherwise the fault at hand is the answer."""
        try:
            seconds = max(pause, self._meter.charge(*booking))
        except (BudgetExhausted, RateLimited):
            return False
        if monotonic() + seconds >= ends:
            self._meter.refund(*booking)
            return False
        self._take_turn(booking, seconds)
        return True

    def _body(self, outcome: Outcome) -> bytes | None:
        """The answer's body, None for 404; everything else is an error."""
        if isinstance(outcome, ExchangeFailed):
            raise FlightSourceError(f"AeroAPI {outcome}", AGAIN)
        if outcome.status == 429:
            raise self._rate_limited(outcome)
        if outcome.status in (401, 403):
            raise _refused(outcome)
        if outcome.status in WRONG_QUESTION:
            raise NotUnderstood(_words(outcome), "check the flight number and what was asked with it")
        if outcome.status not in (200, 404):
            raise FlightSourceError(_words(outcome), AGAIN)
        return outcome.body if outcome.status == 200 else None

    def _rate_limited(self, reply: Response) -> RateLimited:
        pause = max(LEAST_PAUSE, retry_after(reply, self._clock.now()) or LEAST_PAUSE)
        self._meter.pause(pause.total_seconds())
        return RateLimited("AeroAPI says that it was asked too often (HTTP 429)", AGAIN, retry_after=pause)

    def _url(self, *path: str, **query: str | int) -> str:
        url = f"{self._base_url}/{'/'.join(path)}"
        return f"{url}?{urlencode(query)}" if query else url

    def _followed(self, link: str) -> str:
        """The next page's address: relative to the base, and nowhere else would the key be sent."""
        if "://" not in link.partition("?")[0]:
            return f"{self._base_url}/{link.lstrip('/')}"
        base = urlsplit(self._base_url)
        if not link.startswith(f"{base.scheme}://{base.netloc}/"):
            raise FlightSourceError("AeroAPI's next page is on another server, where Flait does not go", AGAIN)
        return link


def _parted(answer: Answer, start: datetime) -> Answer:
    """What leaves from `start` on, and what left before."""
    flights = tuple(flight for flight in answer.flights if _planned(flight) >= start)
    return replace(answer, flights=flights, past=tuple(one for one in answer.flights if _planned(one) < start))


def _planned(flight: Flight) -> datetime:
    """What AeroAPI's window goes by; what has no schedule belongs to its best time."""
    planned = flight.out.scheduled or flight.off.scheduled or flight.departure.best
    assert planned is not None  # records without any time are dropped
    return planned


def _without(key: str, reply: Response) -> Response:
    # An error may quote what was sent, and its words go into ours.
    return replace(reply, body=reply.body.replace(key.encode(), b"[key]")) if reply.status >= 400 else reply


def _passing(outcome: Outcome) -> bool:
    return isinstance(outcome, ExchangeFailed) or outcome.status >= 500


def _free(outcome: Outcome) -> bool:
    if isinstance(outcome, ExchangeFailed):
        return outcome.fault is Fault.UNREACHED
    return outcome.status in UNBILLED


def _has_no_such_page(outcome: Outcome) -> bool:
    """Whether the account is without what was asked for."""
    return isinstance(outcome, Response) and (outcome.status == 404 or _tier_refusal(outcome))


def _tier_refusal(reply: Response) -> bool:
    # A bad key has the same status and the same title; only the detail differs.
    return reply.status in (401, 403) and "Standard and Premium" in detail(reply.body)


def _refused(reply: Response) -> Refused:
    if _tier_refusal(reply):
        return Refused(
            f"FlightAware allows this call to Standard and Premium accounts only (HTTP {reply.status})",
            "change the account at FlightAware, or leave the setting that needs it off",
        )
    return Refused(f"FlightAware refuses the AeroAPI key (HTTP {reply.status})", SET_KEY)


def _words(reply: Response) -> str:
    if reply.status in WRONG_QUESTION:
        said = detail(reply.body)
        return f"AeroAPI does not understand the question (HTTP {reply.status}{': ' if said else ''}{said})"
    if 300 <= reply.status < 400:
        return f"AeroAPI points elsewhere (HTTP {reply.status}), which flightaware.base_url may mend"
    if reply.status >= 500:
        return f"AeroAPI is out of order (HTTP {reply.status})"
    return f"AeroAPI gave an answer that Flait does not know (HTTP {reply.status})"


def _path_id(fa_flight_id: str) -> str:
    if cleaned(fa_flight_id, most=len(fa_flight_id)) != fa_flight_id or not fa_flight_id.strip("."):
        raise FlightSourceError(f"{shown(fa_flight_id)} is not a flight's id", AGAIN)
    return quote(fa_flight_id, safe="")


def _z(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
