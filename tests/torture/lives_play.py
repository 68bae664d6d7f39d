"""Plays one life after another through the real store and flows, at the plan's own pace: the clock jumps to what is due.

What comes of it is plain data: when AeroAPI was looked at and what it showed, and the texts that reached each person.
Only this module of the campaign knows Flait.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flait.adapters.aeroapi.records import parse_flights, schedule_rows
from flait.core.dates import parse_date
from flait.core.flights import Airport, Flight, ScheduledFlight
from flait.core.idents import Ident, parse_ident
from flait.core.inbound import Inbound
from flait.core.messages import Message, MessageStatus
from flait.core.preferences import Level, Preferences
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role, User
from flait.core.values import replace
from flait.core.wanted import Wanted
from flait.errors import BudgetExhausted, FlightSourceError, InDoubt, NotSent, Refused, Rejected, UserError
from flait.flows import deliver, planes, receipts, remind, subscribe, track
from flait.flows.ports import Accepted, Answer, Inbox, Sent
from flait.flows.telling import AlertRules
from flait.store import Store, TrackedFlight
from tests.flows.world import PHONES, FixedClock
from tests.torture.lives_world import ZONES, Follower, Glitch, Leg, Life, Other, Trouble, body, timetable
from tests.torture.quiet import quiet
from tests.torture.rig import alone, emptied, in_memory

BOOT: Final = "boot 1"
RULES: Final = AlertRules(keep_raw=False)
OTHER_LEG: Final = "they follow the other leg, the only one there was"
ALMOST_AT_ONCE: Final = timedelta(milliseconds=1)
SOON: Final = timedelta(seconds=2)
REPORTED: Final = timedelta(seconds=20)
OFF: Final = 30003  # the phone is off, or out of reach
MOST_STEPS: Final = 3000  # of one life; more is a loop
KNOWN_BEFORE: Final = timedelta(hours=48)
PLANES: Final = "XPL90"  # how the numbers of the flights before begin
ROLES: Final = {role.value: role for role in Role}


@dataclass(frozen=True, slots=True)
class Look:
    """AeroAPI was asked: `shown` are the legs in its answer; none, or `fault`, where it showed nothing.

    `asked`: it was for somebody who begins to follow the flight, and none of the plan's looks; `used` unless they were
    refused.
    """

    at: datetime
    shown: tuple[Leg, ...]
    fault: str = ""
    asked: bool = False
    used: bool = True


@dataclass(frozen=True, slots=True)
class Heard:
    """A text as it reached somebody, and what the database says that it tells."""

    at: datetime
    body: str
    kind: str
    tells: dict[str, Any]
    written_at: datetime


@dataclass(kw_only=True)
class Heart:
    """One person's side of a life that was played: `refused` says why their wish was, if it was.

    `besides` are the texts about the other flights that they travel on.
    """

    who: Follower
    texts: list[Heard] = field(default_factory=list)
    besides: list[Heard] = field(default_factory=list)
    lost: list[datetime] = field(default_factory=list)
    followed_from: datetime | None = None
    refused: str = ""


@dataclass(kw_only=True)
class Played:
    """What came of a life. `closed_at` is when the watch ended by itself."""

    life: Life
    looks: list[Look] = field(default_factory=list)
    plane_looks: list[Look] = field(default_factory=list)
    other_looks: dict[str, list[Look]] = field(default_factory=dict)  # by number
    hearts: list[Heart] = field(default_factory=list)
    closed_at: datetime | None = None
    trouble: str = ""
    journal: list[str] = field(default_factory=list)


@lru_cache(maxsize=256)
def _parsed(number: str, ident: str, legs: tuple[Leg, ...]) -> tuple[tuple[Flight, ...], str]:
    raw = body(number, ident, legs)
    return tuple(parse_flights(raw)), raw.decode()


class Published:
    """AeroAPI, as this life has it."""

    def __init__(self, life: Life, clock: FixedClock, played: Played) -> None:
        self._life, self._clock, self.looks, self._plane_looks = life, clock, played.looks, played.plane_looks
        self._other_looks = played.other_looks
        self._glitches: list[Glitch] = list(life.glitches)
        self._darkness = list(life.darkness)
        self.troubles = list(life.aeroapi)
        self.asked = False

    def flight(self, fa_flight_id: str) -> Answer:
        if fa_flight_id in self._life.planes:
            return self._plane(fa_flight_id)
        other = next((one for one in self._life.others if one.pages[0].legs[0].id == fa_flight_id), None)
        return self._besides(other) if other else self._answer(lambda leg: leg.id == fa_flight_id)

    def _besides(self, other: Other) -> Answer:
        """What there is of it: it never flies twice."""
        now = self._clock.now()
        for one in self.troubles:
            if one.holds(now):
                raise FAULTS[one.kind]
        legs = other.legs(now)
        self._other_looks.setdefault(other.number, []).append(Look(now, legs))
        flights, raw = _parsed(other.number, other.ident, legs)
        return Answer(flights=flights, raw=raw)

    def _plane(self, fa_flight_id: str) -> Answer:
        now = self._clock.now()
        for one in self.troubles:
            if one.holds(now):
                raise FAULTS[one.kind]
        leg = self._life.plane(fa_flight_id, now)
        self._plane_looks.append(Look(now, (leg,) if leg else ()))
        flights, raw = _parsed(f"{PLANES}{fa_flight_id[-1]}", f"{PLANES}{fa_flight_id[-1]}", (leg,) if leg else ())
        return Answer(flights=flights, raw=raw)

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "Published":
        return self

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:
        names = ((other, parse_ident(name)) for other in self._life.others for name in (other.number, other.ident))
        other = next((other for other, name in names if name == ident), None)
        plane = next((one for one in self._life.planes if parse_ident(f"{PLANES}{one[-1]}") == ident), None)
        if plane:
            return self._plane(plane)
        return self._besides(other) if other else self._answer(lambda leg: start <= leg.leaves < end)

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        self._fails()
        leg = self._life.pages[0].legs[0]
        rows = schedule_rows(timetable(self._life.number, self._life.ident, leg), ident)
        return [row for row in rows if start <= row.scheduled_out.date() < end]

    def spent(self, since: datetime) -> int | None:
        return None

    def route(self, origin: Airport, destination: Airport, start: datetime, end: datetime) -> Sequence[ScheduledFlight]:
        self._fails()
        return []

    def _fails(self) -> None:
        now = self._clock.now()
        for one in self.troubles:
            if one.holds(now):
                self.looks.append(Look(now, (), one.kind, self.asked))
                raise FAULTS[one.kind]

    def _answer(self, wanted: Any) -> Answer:
        self._fails()
        now = self._clock.now()
        legs = tuple(leg for leg in self._life.legs(now) if wanted(leg))
        if self._glitches and self._glitches[0].at <= now and any(leg.of == "ours" for leg in legs):
            odd = self._glitches.pop(0).changes
            legs = tuple(replace(leg, **odd) if leg.of == "ours" else leg for leg in legs)
        self.looks.append(Look(now, legs, asked=self.asked))
        if self._darkness and now >= self._darkness[0].since and legs and not self.asked:
            dark = self._darkness.pop(0)
            self.troubles.append(Trouble(now + ALMOST_AT_ONCE, now + (dark.until - dark.since), dark.kind))
        flights, raw = _parsed(self._life.number, self._life.ident, legs)
        return Answer(flights=flights, raw=raw)


FAULTS: Final = {
    "down": FlightSourceError("AeroAPI did not answer"),
    "refused": Refused("AeroAPI refused the key"),
    "budget": BudgetExhausted("the budget is spent"),
}


class Phones:
    """Twilio, as this life has it: what arrives is noted with its moment."""

    def __init__(self, life: Life, clock: FixedClock) -> None:
        self._life, self._clock = life, clock
        self.arrived: list[tuple[datetime, Message]] = []
        self.reports: list[tuple[datetime, str]] = []  # when it is known what became of a text, by its sid
        self.there: set[str] = set()
        self.lost: list[tuple[datetime, str]] = []
        self._record: list[Sent] = []

    def send(self, message: Message, *, now: datetime) -> Accepted:
        kind = next((one.kind for one in self._life.twilio if one.holds(now)), "")
        if kind in ("unreached", "account"):
            raise NotSent("Twilio cannot be reached", account=kind == "account")
        if kind == "lost, not taken":
            self.lost.append((now, message.to))
        else:
            sid = f"SM{len(self._record):032x}"
            if kind == "undelivered":
                self.lost.append((now, message.to))
            else:
                self.arrived.append((now, message))
                self.there.add(sid)
            if any(one.kind == "undelivered" for one in self._life.twilio):
                self.reports.append((now + REPORTED, sid))
            self._record.append(Sent(sid=sid, to=message.to, body=message.body, created_at=now))
        if kind and kind != "undelivered":
            raise InDoubt("Twilio did not answer")
        return Accepted(sid=self._record[-1].sid)

    def sent_to(self, to: str, *, since: datetime) -> Sequence[Sent]:
        if any(one.holds(self._clock.now()) for one in self._life.twilio):
            raise NotSent("Twilio cannot be reached")
        return [sent for sent in self._record if sent.to == to and sent.created_at >= since]

    def status_of(self, sid: str) -> Receipt:
        if sid not in {sent.sid for sent in self._record}:
            raise Rejected("Twilio knows no such text")
        return Receipt(sid=sid, status=MessageStatus.ACCEPTED)

    def text(self, sid: str) -> Inbound | None:
        raise Rejected("Twilio knows no such text")

    def received(self, since: datetime, cursor: str | None = None) -> Inbox:
        return Inbox(texts=())


class Stage:
    """One database for many lives; each begins with it empty."""

    def __init__(self, path: Path) -> None:
        self.store = alone(path)
        self._tables = emptied(self.store)

    def close(self) -> None:
        """Leave nothing open."""
        self.store.close()

    def play(self, life: Life, *, journal: bool = False) -> Played:
        """From the first question to the end of the watch."""
        self._clear()
        played = Played(life=life, hearts=[Heart(who=who) for who in life.followers])
        play = _Play(self.store, life, played)
        try:
            play.run()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the life's verdict says it
            played.trouble = f"{type(fault).__name__}: {fault}"
        play.heard()
        played.life = replace(life, aeroapi=tuple(play.source.troubles))
        if journal:
            played.journal = [_line(row) for row in self.store._rows("SELECT * FROM journal ORDER BY id")]
        return played

    def _clear(self) -> None:
        conn = self.store._conn
        conn.execute("PRAGMA foreign_keys = OFF")
        with self.store.transaction():
            for name in (*self._tables, "sqlite_sequence"):
                conn.execute(f'DELETE FROM "{name}"')
        conn.execute("PRAGMA foreign_keys = ON")


@contextmanager
def staged(folder: Path, name: str) -> Iterator[Stage]:
    """A stage in memory, as long as it is needed, and nothing logged meanwhile."""
    with quiet(), in_memory(folder) as memory:
        stage = Stage(memory / f"{name}.db")
        try:
            yield stage
        finally:
            stage.close()


def _line(row: dict[str, Any]) -> str:
    return f"{row['at']} {row['step']} {row['outcome']} {row['detail'] or ''}"


class _Play:
    def __init__(self, store: Store, life: Life, played: Played) -> None:
        self.store, self.life, self.played = store, life, played
        self.clock = FixedClock(min(at for at, _, _ in self._events()))
        self.source = Published(life, self.clock, played)
        self.phones = Phones(life, self.clock)
        self.silent_until = self.clock.now()
        self.text_at = self.clock.now()  # not before: a text may wait for an older one
        self.settle_at = self.clock.now()
        self.events = sorted(self._events(), key=lambda event: event[0])

    def _events(self) -> Iterator[tuple[datetime, int, datetime | Other | None]]:
        """When somebody asks (for the other flight, or None), and when a mute of theirs begins, until when."""
        yield from ((other.asked_at, 0, other) for other in self.life.others)
        for number, who in enumerate(self.life.followers):
            yield who.asked_at, number, None
            yield from ((since, number, until) for since, until in who.mutes)

    def run(self) -> None:
        for _ in range(MOST_STEPS):
            at, what = self._next()
            if at is None or at > self.life.ends:
                return
            self.clock.moment = max(self.clock.moment, at)
            what()
            if what != self._deliver:
                self._deliver()
        self.played.trouble = "it never ends"

    def _next(self) -> tuple[datetime | None, Any]:
        [due] = self.store._rows(_DUE)
        found = [(datetime.fromisoformat(due[name]), self._parts[name]) for name in _ORDER if due[name]]
        if due["doubt"]:
            found.append((self.settle_at, self._settle))
        if self.events:
            found.append((self.events[0][0], self._happen))
        if self.phones.reports:
            found.append((self.phones.reports[0][0], self._report))
        found = [
            (max(at, self.silent_until, self.text_at) if what == self._deliver else at, what) for at, what in found
        ]
        return min(found, key=lambda one: one[0], default=(None, None))

    @property
    def _parts(self) -> dict[str, Any]:
        parts = {"poll": self._poll, "moment": self._remind, "text": self._deliver, "wish": self._activate}
        return parts | {"plane": self._find_planes}

    def _happen(self) -> None:
        _, number, until = self.events.pop(0)
        if isinstance(until, Other):
            self._subscribe(number, until)
        elif until:
            user = self.store.user_by_phone(PHONES[number])
            if user:
                self.store.mute_user(user.id, until)
        else:
            self._subscribe(number, None)

    def _wish(self, heart: Heart, other: Other | None) -> Wanted:
        leg = (other or self.life).pages[0].legs[0]
        day = leg.leaves.astimezone(ZONES[leg.origin]).date() if other else self.life.day
        return Wanted(
            ident=parse_ident((other or self.life).number),
            wish=parse_date(day.isoformat()),
            origin=leg.origin,
            destination=leg.destination if self.life.seed % 2 else None,
            role=ROLES[heart.who.role],
            asked_at=self.clock.now(),
        )

    def _subscribe(self, number: int, other: Other | None) -> None:
        heart = self.played.hearts[number]
        wish = self._wish(heart, other)
        person = subscribe.Person(phone=PHONES[number], consent="asked for it")
        self.source.asked, before = True, len(self.source.looks)
        try:
            asked = subscribe.subscribe(self.store, self.source, self.clock, person=person, wanted=wish)
            heart.followed_from = self.clock.now()
            self._prefers(asked.user, heart.who)
            if asked.flight and asked.flight.fa_flight_id.endswith("-o"):
                heart.refused = OTHER_LEG
        except (UserError, Refused, BudgetExhausted) as refusal:
            heart.refused = str(refusal)
        except Exception as refusal:
            if "NotFound" not in {kind.__name__ for kind in type(refusal).__mro__}:
                raise
            heart.refused = str(refusal)
        finally:
            self.source.asked = False
            if heart.refused:
                self.source.looks[before:] = [replace(look, used=False) for look in self.source.looks[before:]]

    def _prefers(self, user: User, who: Follower) -> None:
        level = Level.IMPORTANT if who.little else Level.ALL
        wants = Preferences(level=level, quiet=who.quiet)
        self.store.save_user(replace(user, timezone=who.zone or None, preferences=wants))
        self.store.hasten_moments(user.id, self.clock.now())

    def _report(self) -> None:
        _, sid = self.phones.reports.pop(0)
        status = MessageStatus.DELIVERED if sid in self.phones.there else MessageStatus.UNDELIVERED
        receipt = Receipt(sid=sid, status=status, error_code=None if sid in self.phones.there else OFF)
        receipts.take(self.store, receipt, status.value, self.clock.now())

    def _poll(self) -> None:
        for tracked in track.claim_due(self.store, self.clock, BOOT, 8):
            track.poll(self.store, self.source, self.clock, tracked, boot=BOOT, rules=RULES)
            there = self.store.tracked(tracked.id)
            if there and there.closed_at and self._is_ours(there):
                self.played.closed_at = there.closed_at

    def _is_ours(self, tracked: TrackedFlight) -> bool:
        ids = {other.pages[0].legs[0].id for other in self.life.others}
        return tracked.fa_flight_id not in {*self.life.planes, *ids}

    def _find_planes(self) -> None:
        while planes.find_next(self.store, self.source, self.clock):
            pass

    def _remind(self) -> None:
        while remind.remind_next(self.store, self.clock, RULES):
            pass
        self._poll()  # a moment waits for a look that is due
        for tracked in (view.tracked for view in self.store.flight_views(include_closed=True)):
            if self._is_ours(tracked):
                self.played.closed_at = tracked.closed_at or self.played.closed_at

    def _deliver(self) -> None:
        if self.clock.now() < self.silent_until or not self.store._rows(_WAITS):
            return
        progress = deliver.send_next(self.store, self.phones, self.clock, BOOT)
        while progress.more:
            progress = deliver.send_next(self.store, self.phones, self.clock, BOOT)
        self.text_at = self.clock.now() + SOON
        if progress.pause:
            self.silent_until = self.clock.now() + progress.pause

    def _settle(self) -> None:
        while deliver.settle_next(self.store, self.phones, self.clock):
            pass
        self.settle_at = self.clock.now() + timedelta(seconds=15)

    def _activate(self) -> None:
        self.source.asked = True
        while subscribe.activate_next(self.store, self.source, self.clock):
            pass
        self.source.asked = False

    def heard(self) -> None:
        """Each person's texts, with what the database says of them."""
        besides = {other.number for other in self.life.others}
        apart = {
            row["id"] for row in self.store._rows("SELECT id, ident FROM subscriptions") if row["ident"] in besides
        }
        rows = {row["id"]: row for row in self.store._rows("SELECT id, tells, created_at FROM messages")}
        for at, number in self.phones.lost:
            self.played.hearts[PHONES.index(number)].lost.append(at)
        for at, message in self.phones.arrived:
            row = rows[message.id]
            written = datetime.fromisoformat(row["created_at"])
            text = Heard(at, message.body, message.kind, json.loads(row["tells"]), written)
            heart = self.played.hearts[PHONES.index(message.to)]
            (heart.besides if message.subscription_id in apart else heart.texts).append(text)


_ORDER: Final = ("wish", "plane", "poll", "moment", "text")
_DUE: Final = """
SELECT (SELECT min(next_poll_at) FROM flights WHERE next_poll_at IS NOT NULL) AS poll,
    (SELECT min(next_moment_at) FROM subscriptions WHERE state = 'active') AS moment,
    (SELECT min(min(not_before, expires_at)) FROM messages WHERE status = 'queued') AS text,
    (SELECT min(next_attempt_at) FROM subscriptions WHERE state = 'pending') AS wish,
    (SELECT min(next_attempt_at) FROM planes) AS plane,
    (SELECT count(*) FROM messages WHERE status = 'in_doubt') AS doubt
"""
_WAITS: Final = "SELECT 1 FROM messages WHERE status = 'queued' LIMIT 1"
