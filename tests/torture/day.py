"""A simulated day of the daemon, in one process: a real database, the real AeroAPI client and its meter.

Its clock jumps to whatever is due next: a poll, a text in line, somebody's text, a call from outside. What AeroAPI,
Twilio and the people do is a Script; what it cost is counted where money is counted, at the wire and in the outbox.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flait.adapters.aeroapi.client import AeroAPI
from flait.adapters.exchange import Response
from flait.core.alerts import decide
from flait.core.dates import parse_date
from flait.core.idents import parse_ident
from flait.core.inbound import Inbound
from flait.core.messages import Message, MessageStatus
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role
from flait.core.told import told
from flait.core.wanted import Wanted
from flait.errors import FlaitError, FlightSourceError, InDoubt, StoreError
from flait.flows import answer, deliver, intake, push, receipts, remind, subscribe, track
from flait.flows.meter import PACES, StoreMeter
from flait.flows.ports import AccountAlert, AlertWish, Sent
from flait.flows.telling import AlertRules
from flait.store import Store, TrackedFlight
from tests.adapters.aeroapi_bodies import flights, record
from tests.end_to_end.rig import SECRETS
from tests.flows.answering import answer_next
from tests.flows.mortal import Killed
from tests.flows.world import PHONES, FakeGateway, FixedClock

LEAVES = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)  # the flight of aeroapi_bodies: 19:30 in Chicago
STARTS = LEAVES - timedelta(hours=2)
ANA, BEN, EVA = PHONES[:3]
ROLES = {ANA: Role.TRAVELER, BEN: Role.MEETER, EVA: Role.WATCHER}
NUMBER = "ZZ123"
SOON = timedelta(seconds=2)  # nothing that is due is tried again sooner: the daemon's shortest tick

Body = Sequence[dict[str, Any]]
Wire = Callable[[int, datetime, str], Response]
Event = tuple[timedelta, Callable[["Day"], object]]


def ok(records: Body) -> Response:
    """An answer of AeroAPI with these records."""
    return Response(status=200, headers={}, body=json.dumps(flights(*records)).encode())


def no_room(*_: object, **__: object) -> bool:
    """The disk is full in the middle of a poll."""
    raise StoreError("the disk is full", "make room")


@dataclass
class FakeExchange:
    """Where the real client of AeroAPI would send: `wire` answers the so-many-th call at that moment, or raises."""

    clock: FixedClock
    wire: Wire
    calls: list[tuple[datetime, str]] = field(default_factory=list)

    def send(self, method: str, url: str, **_: Any) -> Response:
        number = len(self.calls)
        self.calls.append((self.clock.now(), url))
        return self.wire(number, self.clock.now(), url)


@dataclass
class Desk:
    """FlightAware's desk for alerts: takes every order, or fails for ever."""

    fault: FlightSourceError | None = None
    calls: int = 0

    def create(self, wish: AlertWish) -> str:
        self._called()
        return str(self.calls)

    def listed(self) -> Sequence[AccountAlert]:
        self._called()
        return []

    def delete(self, alert_id: str) -> None:
        self._called()

    def _called(self) -> None:
        self.calls += 1
        if self.fault:
            raise self.fault


class Twilio(FakeGateway):
    """Twilio that can fail for ever; it counts how often it was asked for its list and for a text's end."""

    def __init__(self) -> None:
        super().__init__()
        self.fault: FlaitError | None = None
        self.keeps = False  # with a fault: whether it has the text all the same
        self.refused = 0
        self.listings = 0
        self.asked = 0
        self.end: Receipt | None = None  # what becomes of every text, when asked

    def send(self, message: Message, *, now: datetime) -> Any:
        if self.fault:
            self.refused += not isinstance(self.fault, InDoubt)
            self.fails(self.fault, arrives=self.keeps)
        return super().send(message, now=now)

    def sent_to(self, to: str, *, since: datetime) -> Sequence[Sent]:
        self.listings += 1
        return super().sent_to(to, since=since)

    def status_of(self, sid: str) -> Receipt:
        self.asked += 1
        return self.end or super().status_of(sid)


@dataclass(kw_only=True)
class Script:
    """What goes wrong that day. `events` happen at those spans after the start, soonest first."""

    wire: Wire
    fault: FlaitError | None = None
    keeps: bool = False
    listing_fault: FlaitError | None = None
    events: Callable[[], Iterator[Event]] = lambda: iter(())
    receipt: tuple[MessageStatus, int] | None = None  # how Twilio reports the end of each text at once
    full: bool = False  # a disk that takes small writes, but no poll
    push: bool = False
    desk_fault: FlightSourceError | None = None
    followers: Sequence[str] = (ANA, BEN, EVA)
    budget_usd: float = 0.0  # none: a cap that only the budget keeps is no cap


class Day:
    """One day by that script."""

    def __init__(self, path: Path, script: Script) -> None:
        self.script = script
        self.clock = FixedClock(STARTS)
        self.store = Store.open(path)
        self.store._conn.execute("PRAGMA synchronous = OFF")  # nobody cuts the power here
        self.exchange = FakeExchange(self.clock, lambda *_: ok([record()]))
        self.twilio = Twilio()
        self.desk = Desk(fault=script.desk_fault)
        self.callbacks = push.Callbacks()
        self.boot = "boot 1"
        self.meter = StoreMeter(
            lambda: self.store, self.clock, pace=PACES["personal"], monthly_budget_usd=lambda: script.budget_usd
        )
        self.source = AeroAPI(
            base_url="https://aeroapi.example",
            key=lambda _: SECRETS["flightaware-api-key"],
            meter=self.meter,
            clock=self.clock,
            wait=lambda seconds: self.clock.advance(timedelta(seconds=seconds)),
        )
        self.source._exchange = self.exchange  # type: ignore[assignment]  # the wire is all that is not real
        self.silent_until = STARTS
        self._sids = itertools.count()
        self._rests: dict[str, datetime] = {}
        self._events = script.events()
        self._event = next(self._events, None)
        self._reported = 0

    def follow(self) -> None:
        """Everybody has had the confirmation when the day begins."""
        for phone in self.script.followers:
            subscribe.subscribe(
                self.store,
                self.source,
                self.clock,
                person=subscribe.Person(phone=phone, consent="asked for it"),
                wanted=Wanted(
                    ident=parse_ident(NUMBER),
                    wish=parse_date("2026-03-01"),
                    origin=None,
                    role=ROLES.get(phone, Role.TRAVELER),
                    asked_at=self.clock.now(),
                ),
            )
        self._deliver()
        self.twilio.posts.clear()
        self.exchange.calls.clear()
        self.store._conn.execute("DELETE FROM usage")
        self.exchange.wire = self.script.wire
        self.twilio.fault, self.twilio.keeps = self.script.fault, self.script.keeps
        self.twilio.listing_fault = self.script.listing_fault
        if self.script.full:
            self.store.save_poll = no_room  # type: ignore[method-assign]  # this store's alone

    def run(self, span: timedelta = timedelta(hours=24)) -> None:
        """Do what is due, in order, until that span is over."""
        ends = self.clock.now() + span
        parts: dict[str, tuple[Callable[[], datetime | None], Callable[[], object]]] = {
            "event": (self._event_at, self._happen),
            "poll": (self._poll_at, self._poll),
            "moment": (self._moment_at, self._remind),
            "deliver": (self._deliver_at, self._deliver),
            "settle": (self._settle_at, self._settle),
            "receipts": (self._receipts_at, self._ask),
            "activate": (self._activate_at, self._activate),
            "push": (lambda: STARTS if self.script.push else None, self._push),
        }
        every = {
            "deliver": timedelta(seconds=20),
            "settle": timedelta(seconds=15),
            "receipts": timedelta(minutes=1),
            "push": timedelta(minutes=1),
        }
        while True:
            due = {
                name: max(at, self._rests.get(name, at))
                for name, (when, _) in parts.items()
                if (at := when()) is not None
            }
            name = min(due, key=lambda part: due[part], default=None)
            if name is None or due[name] >= ends:
                self.clock.moment = max(ends, self.clock.moment)
                return
            self.clock.moment = max(self.clock.moment, due[name])
            parts[name][1]()
            self._rests[name] = self.clock.now() + (timedelta() if name == "event" else every.get(name, SOON))

    # What is done

    def _happen(self) -> None:
        assert self._event
        self._event[1](self)
        self._event = next(self._events, None)

    def _poll(self) -> None:
        rules = AlertRules(keep_raw=False)
        for tracked in track.claim_due(self.store, self.clock, self.boot, 8):
            try:
                track.poll(self.store, self.source, self.clock, tracked, boot=self.boot, rules=rules)
            except StoreError:
                track.give_back(self.store, self.clock, tracked)
            except Killed:
                self.boot = f"boot {int(self.boot.split()[1]) + 1}"
                deliver.recover(self.store, self.clock, self.boot)

    def _remind(self) -> None:
        with suppress(Killed, StoreError):
            remind.remind_next(self.store, self.clock, AlertRules())

    def _deliver(self) -> None:
        more = True
        while more:
            progress = deliver.send_next(self.store, self.twilio, self.clock, self.boot)
            more = progress.more
            if progress.pause:
                self.silent_until = self.clock.now() + progress.pause
        if self.script.receipt:
            self._report(*self.script.receipt)

    def _report(self, status: MessageStatus, code: int) -> None:
        new, self._reported = self.twilio.record[self._reported :], len(self.twilio.record)
        for sent in new:
            receipts.take(
                self.store, Receipt(sid=sent.sid, status=status, error_code=code), status.value, self.clock.now()
            )

    def _settle(self) -> None:
        while self.store.in_doubt(self.clock.now()) and deliver.settle_next(self.store, self.twilio, self.clock):
            pass

    def _ask(self) -> None:
        while receipts.waiting(self.store, self.clock) and receipts.ask_about_unfinished(
            self.store, self.twilio, self.clock
        ):
            pass

    def _activate(self) -> None:
        while subscribe.activate_next(self.store, self.source, self.clock):
            pass

    def _push(self) -> None:
        tokens = (f"{number:043}" for number in itertools.count(1))
        office = push.Office(desk=self.desk, public_url="https://flait.example", token=lambda: next(tokens))
        while push.step(self.store, office, self.clock):
            pass

    def says(self, body: str, phone: str = ANA) -> None:
        """A person texts, and is answered at once."""
        inbound = Inbound(sid=f"SM{next(self._sids):032}", sender=phone, to="+15555550199", body=body)
        intake.take_in(self.store, inbound, now=self.clock.now(), keyword_owner="flait")
        rules = answer.AnswerRules(contact="ben@example.com", polls=AlertRules(keep_raw=False))
        while answer_next(self.store, self.source, self.clock, boot=self.boot, rules=rules):
            pass

    def called(self) -> None:
        """FlightAware calls about the flight."""
        for alert in self.store.push_alerts(push.LIVE):
            self.callbacks.take(self.store, alert.token, self.clock.now())

    # What is due

    def _event_at(self) -> datetime | None:
        return STARTS + self._event[0] if self._event else None

    def _poll_at(self) -> datetime | None:
        return self._first("SELECT min(next_poll_at) AS at FROM flights WHERE next_poll_at IS NOT NULL")

    def _moment_at(self) -> datetime | None:
        return self._first("SELECT min(next_moment_at) AS at FROM subscriptions WHERE state = 'active'")

    def _deliver_at(self) -> datetime | None:
        at = self._first("SELECT min(min(not_before, expires_at)) AS at FROM messages WHERE status = 'queued'")
        return max(at, self.silent_until) if at else None

    def _settle_at(self) -> datetime | None:
        return self.clock.now() if self.store.in_doubt(self.clock.now()) else None

    def _receipts_at(self) -> datetime | None:
        return self.clock.now() if receipts.waiting(self.store, self.clock) else None

    def _activate_at(self) -> datetime | None:
        return self._first("SELECT min(next_attempt_at) AS at FROM subscriptions WHERE state = 'pending'")

    def _first(self, sql: str) -> datetime | None:
        at = self.store._rows(sql)[0]["at"]
        return datetime.fromisoformat(at) if at else None

    # What it came to

    @property
    def flight(self) -> TrackedFlight:
        """The one that everybody follows."""
        tracked = self.store.tracked(1)
        assert tracked
        return tracked

    def result_sets(self) -> int:
        """What is paid for at AeroAPI, calls of theirs left out."""
        return sum(row.result_sets for row in self.store.usage_rows("2026-03") if row.operation != push.BILLED)

    def unaware(self) -> list[str]:
        """What people who follow the flight have not been told of how it stands: `traveler: gate_change`."""
        flight, found = self.flight.flight, []
        for subscriber in self.store.live_subscribers(1):
            subscription = subscriber.subscription
            rows = self.store.told_rows([subscription.id])[subscription.id]
            known = told(row.tells for row in rows if row.is_said)
            decision = decide(known, [], role=subscription.role, before=flight, after=flight, now=self.clock.now())
            if decision.alert:
                kinds = ", ".join(change.kind for change in decision.alert.changes)
                found.append(f"{subscription.role}: {kinds}")
        return found

    def close(self) -> None:
        """Leave nothing open."""
        self.store.close()

    def texts(self) -> "Counter[str]":
        """Texts of that day, per person: about the flight unasked, and answers. What expired unsent reached nobody."""
        written = [view.message for view in self.store.messages(limit=100_000)]
        return Counter(
            f"{'answers' if text.kind == 'reply' else 'alerts'} {text.to}"
            for text in written
            if text.kind not in ("tracked", "pending") and text.status is not MessageStatus.EXPIRED
        )

    def most(self, what: str) -> int:
        """The most of these that one person got."""
        return max((count for name, count in self.texts().items() if name.startswith(what)), default=0)
