"""A world for the flows: a real database in a real file, a clock that only tests move, an AeroAPI and a Twilio in memory.

It starts two hours before UA1234 leaves San Francisco; what the world shows is what tests put on its board.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from flait.core.dates import parse_date
from flait.core.flights import Airport, Flight, ScheduledFlight, grouped
from flait.core.idents import Ident, parse_ident
from flait.core.inbound import Inbound
from flait.core.messages import Message, MessageStatus
from flait.core.milestones import MILESTONES
from flait.core.preferences import OFF, Defaults
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role, Subscription
from flait.core.values import replace
from flait.core.wanted import Wanted
from flait.errors import FlaitError, InDoubt, NotSent, Rejected
from flait.flows import deliver, remind, subscribe, track
from flait.flows.ports import Accepted, Answer, Inbox, Sent
from flait.flows.telling import AlertRules
from flait.store import Step, Store, TrackedFlight
from flait.store.rows import read
from tests.core.flights_for_tests import EWR, NOON, SFO, hours

FIRST_BOOT = "boot 1"
REMINDING = AlertRules()
RULES = AlertRules(defaults=Defaults(leads=dict.fromkeys(MILESTONES, OFF)))
"""Without reminders: for what news alone does; tests of reminders say REMINDING."""
PHONES = tuple(f"+155555501{number:02}" for number in range(10))


class FixedClock:
    """Stands still until a test moves it; a second of it is a second."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()

    def advance(self, span: timedelta) -> None:
        self.moment += span


class FakeFlightSource:
    """AeroAPI: answers with what stands on its board whatever number is asked for, or raises; every call is noted.

    `meanwhile` is what happens elsewhere while it is being asked.
    """

    def __init__(self) -> None:
        self.board: Sequence[Flight] = ()
        self.timetable: Sequence[ScheduledFlight] = ()
        self.fault: BaseException | None = None
        self.meanwhile: Callable[[], object] = lambda: None
        self.calls: list[tuple[Any, ...]] = []
        self.counted: int | None = None

    def flight(self, fa_flight_id: str) -> Answer:
        self._called("flight", fa_flight_id)
        return _answer([record for record in self.board if record.fa_flight_id == fa_flight_id])

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "FakeFlightSource":
        return self

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:
        self._called("departures", str(ident), start, end)
        answer = _answer([record for record in self.board if start <= _leaves(record) < end])
        before = [record for record in self.board if start - timedelta(days=10) <= _leaves(record) < start]
        return replace(answer, past=tuple(grouped(before))) if past else answer

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        self._called("schedules", str(ident), start, end)
        return [row for row in self.timetable if start <= row.scheduled_out.date() < end]

    def spent(self, since: datetime) -> int | None:
        return self.counted

    def route(self, origin: Airport, destination: Airport, start: datetime, end: datetime) -> Sequence[ScheduledFlight]:
        self._called("route", origin.short, destination.short, start, end)
        ends = (origin.code, destination.code)
        pair = [row for row in self.timetable if row.destination and (row.origin.code, row.destination.code) == ends]
        return [row for row in pair if start <= row.scheduled_out < end]

    def _called(self, *call: object) -> None:
        self.calls.append(call)
        self.meanwhile()
        if self.fault:
            raise self.fault


def _answer(records: Sequence[Flight]) -> Answer:
    return Answer(flights=tuple(grouped(records)), raw=f'{{"flights": {len(records)}}}')


def _leaves(record: Flight) -> datetime:
    moment = record.departure.scheduled or record.departure.best
    assert moment is not None
    return moment


def _sent_at(text: Inbound) -> datetime:
    assert text.sent_at
    return text.sent_at


class FakeGateway:
    """Twilio: takes every text, unless a plan says otherwise.

    `posts` is what it was handed, `arrivals` what it took of that, `record` what it says it has; `unlisted` are sids
    that its listing does not show yet; `inbox` is what people texted, shown `page` texts at a time.
    """

    def __init__(self) -> None:
        self.record: list[Sent] = []
        self.posts: list[Message] = []
        self.arrivals: list[Message] = []
        self.unlisted: set[str] = set()
        self.inbox: list[Inbound] = []
        self.page = 1000
        self.receiving: datetime | None = None
        self.listing_fault: FlaitError | None = None
        self._plans: deque[tuple[BaseException, bool]] = deque()

    def fails(self, *faults: BaseException, arrives: bool = False) -> None:
        """The next posts end like that; `arrives` says whether Twilio has the text all the same."""
        self._plans.extend((fault, arrives) for fault in faults)

    def status_of(self, sid: str) -> Receipt:
        if sid not in {sent.sid for sent in self.record}:
            raise refused()
        return Receipt(sid=sid, status=MessageStatus.ACCEPTED)

    def text(self, sid: str) -> Inbound | None:
        if self.listing_fault:
            raise self.listing_fault
        found = next((text for text in self.inbox if text.sid == sid), None)
        if found is None:
            raise refused()
        return found

    def received(self, since: datetime, cursor: str | None = None) -> Inbox:
        """A page at a time, the newest first; the cursor is how many were shown."""
        young = sorted((text for text in self.inbox if text.sent_at and text.sent_at >= since), key=_sent_at)
        shown = int(cursor or 0)
        more = len(young) > shown + self.page
        page = young[max(len(young) - shown - self.page, 0) : len(young) - shown]
        cursor = str(shown + self.page) if more else None
        return Inbox(texts=page, cursor=cursor, unfinished=None if more else self.receiving)

    def recovers(self) -> None:
        """Whatever was planned, the next posts are taken."""
        self._plans.clear()

    def send(self, message: Message, *, now: datetime) -> Accepted:
        self.posts.append(message)
        fault, arrives = self._plans.popleft() if self._plans else (None, True)
        if arrives:
            self.arrivals.append(message)
            self.record.append(Sent(sid=f"SM{len(self.record)}", to=message.to, body=message.body, created_at=now))
        if fault:
            raise fault
        return Accepted(sid=self.record[-1].sid)

    def sent_to(self, to: str, *, since: datetime) -> Sequence[Sent]:
        if self.listing_fault:
            raise self.listing_fault
        return [
            sent for sent in self.record if sent.to == to and sent.created_at >= since and sent.sid not in self.unlisted
        ]


def not_sent(**details: Any) -> NotSent:
    return NotSent("Twilio cannot be reached", **details)


def in_doubt() -> InDoubt:
    return InDoubt("Twilio did not answer")


def refused(**details: Any) -> Rejected:
    return Rejected("Twilio refused it", **details)


def wanted(
    ident: str = "UA1234",
    on: str = "",
    *,
    role: Role = Role.TRAVELER,
    asked_at: datetime = NOON,
    **leg: Any,
) -> Wanted:
    """What somebody typed."""
    wish = parse_date(on) if on else None
    return Wanted(ident=parse_ident(ident), wish=wish, role=role, asked_at=asked_at, **leg)


def timetabled(**fields: Any) -> ScheduledFlight:
    """UA1234 of the week after, as /schedules tells it."""
    row = ScheduledFlight(
        ident="UAL1234", origin=SFO, destination=EWR, scheduled_out=NOON + timedelta(days=7) + hours(2)
    )
    return replace(row, **fields)


@dataclass
class World:
    """One database and everything around it, with the verbs of the product."""

    path: Path
    store: Store
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON))
    source: FakeFlightSource = field(default_factory=FakeFlightSource)
    gateway: FakeGateway = field(default_factory=FakeGateway)
    boot: str = FIRST_BOOT

    def subscribe(self, number: int = 0, ident: str = "UA1234", on: str = "", **rest: Any) -> subscribe.Subscribed:
        """Person `number` asks for a flight."""
        person = subscribe.Person(phone=PHONES[number], consent="asked for it")
        wish = wanted(ident, on, asked_at=self.clock.now(), **rest)
        return subscribe.subscribe(self.store, self.source, self.clock, person=person, wanted=wish)

    def follow(self, flight: Flight, *numbers: int, role: Role = Role.TRAVELER) -> TrackedFlight:
        """These people (the first, if none is named) follow that flight, and have had their confirmations."""
        self.source.board = [flight]
        for number in numbers or (0,):
            self.subscribe(number, flight.ident_iata or flight.ident, role=role)
        self.deliver()
        return self.flight()

    def activate(self) -> bool:
        return subscribe.activate_next(self.store, self.source, self.clock)

    def next_poll(self, *board: Flight, rules: AlertRules = RULES) -> list[str]:
        """When the next poll is due, it shows `board`; the kinds of the texts that follow."""
        if self.flight().next_poll_at:
            self.clock.moment = max(self.clock.moment, self.due())
        return self.poll(*board, rules=rules)

    def poll(self, *board: Flight, rules: AlertRules = RULES) -> list[str]:
        """Poll whatever is due now."""
        self.source.board = board
        claimed = track.claim_due(self.store, self.clock, self.boot, 10)
        polled = (
            track.poll(self.store, self.source, self.clock, tracked, boot=self.boot, rules=rules) for tracked in claimed
        )
        return [message.kind for messages in polled for message in messages]

    def remind(self, rules: AlertRules = RULES) -> list[str]:
        """Decide every moment that has come; the kinds of the texts that follow."""
        there = len(self.texts)
        while remind.remind_next(self.store, self.clock, rules):
            pass
        return [text.kind for text in self.texts[there:]]

    def moment(self, subscription_id: int = 1) -> datetime | None:
        """When something about that subscription is due without a look."""
        row = self.store._row("SELECT next_moment_at AS at FROM subscriptions WHERE id = :id", id=subscription_id)
        return datetime.fromisoformat(row["at"]) if row and row["at"] else None

    def deliver(self) -> None:
        """Send until nothing is due."""
        while deliver.send_next(self.store, self.gateway, self.clock, self.boot, least=RULES.least).more:
            pass

    def settle(self) -> bool:
        return deliver.settle_next(self.store, self.gateway, self.clock, least=RULES.least)

    def restart(self) -> None:
        """The daemon died, and the next one takes over."""
        self.boot = f"boot {int(self.boot.split()[1]) + 1}"
        deliver.recover(self.store, self.clock, self.boot)

    def flight(self, flight_id: int = 1) -> TrackedFlight:
        tracked = self.store.tracked(flight_id)
        assert tracked
        return tracked

    def due(self) -> datetime:
        """When the flight is polled next."""
        at = self.flight().next_poll_at
        assert at
        return at

    def subscription(self, subscription_id: int = 1) -> Subscription:
        subscription = self.store.subscription(subscription_id)
        assert subscription
        return subscription

    @property
    def texts(self) -> list[Message]:
        """Every text there ever was, oldest first."""
        return [view.message for view in reversed(self.store.messages(limit=10_000))]

    @property
    def kinds(self) -> list[str]:
        return [text.kind for text in self.texts]

    def steps(self, step: str) -> list[Step]:
        """The journal's lines of that name."""
        rows = self.store._rows("SELECT * FROM journal WHERE step = :step ORDER BY id", step=step)
        return [read(Step, row) for row in rows]

    def dump(self) -> dict[str, list[Any]]:
        """Every row of every table; how many changes there were is none of them."""
        tables = self.store._rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'changes' ORDER BY name"
        )
        return {name: self.store._rows(f'SELECT * FROM "{name}"') for name in (row["name"] for row in tables)}
