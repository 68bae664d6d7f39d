"""The days of the soak: a clock that steps from one due moment to the next, and Flait's flows called as its daemon does.

People ask for flights, stop, start again, ask how things stand; every few hours something goes wrong. What is to come
stands in a heap, what is due stands in Flait's own database.
"""

import gc
import heapq
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from flait.core.inbound import Inbound
from flait.core.messages import MessageStatus
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role
from flait.errors import FlaitError, UserError
from flait.flows import answer, backup, deliver, intake, receipts, remind, subscribe, track, upkeep
from flait.flows.telling import AlertRules
from tests.flows.answering import answer_next
from tests.flows.mortal import Killed, Mortal
from tests.flows.world import FixedClock, wanted
from tests.torture.soak_legs import Leg, Span, leg
from tests.torture.soak_providers import Mood, Source, Taken, Twilio

S = MessageStatus
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
KEEP = 3 * DAY  # Flait's retention here: the database must be as big on the last day as it was soon after that
JUDGED = 20 * HOUR  # after the planned departure: by then everything about a flight has come to its end
POOL, AT_ONCE = 250, 8
ROLES = (*[Role.TRAVELER] * 6, *[Role.MEETER] * 3, Role.WATCHER)
ANSWERS = answer.AnswerRules(contact="ben@example.com")

_DUE = """
SELECT (SELECT min(next_poll_at) FROM flights WHERE next_poll_at IS NOT NULL AND claimed_by IS NULL),
    (SELECT min(next_moment_at) FROM subscriptions WHERE state = 'active'),
    (SELECT min(next_attempt_at) FROM subscriptions WHERE state = 'pending'),
    (SELECT min(not_before) FROM messages WHERE status = 'queued' AND sid IS NULL),
    EXISTS (SELECT 1 FROM messages WHERE status = 'in_doubt')
"""
_SEEN = "SELECT fa_flight_id FROM flights WHERE last_polled_at = ?"
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Due:
    """When the daemon's next ticks would find something."""

    poll: datetime | None
    moment: datetime | None
    pending: datetime | None
    text: datetime | None
    doubt: bool


@dataclass(kw_only=True)
class Follow:
    """One person's wish to hear of one flight."""

    phone: str
    role: Role
    subscription_id: int | None = None
    unsubscribed_at: datetime | None = None


@dataclass(kw_only=True)
class Asked:
    """A text from a person: whether it came straight to the webhook, and when Flait had it."""

    inbound: Inbound
    at: datetime
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The process and the database at the end of a day."""

    rss: int  # bytes
    fds: int
    size: int  # bytes of the database


@dataclass(kw_only=True)
class Days:
    """One run: its own database, its own flights, people and troubles, all from its seed."""

    folder: Path
    seed: int
    begins: datetime
    days: int
    numbers: range
    judge: Callable[["Days", Leg, list[Follow]], None]
    judge_replies: Callable[["Days", datetime, datetime], None]
    legs: list[tuple[Leg, list[Follow]]] = field(default_factory=list)
    rough: list[Span] = field(default_factory=list)  # when texts could not go out, or nobody was there to send them
    blind: list[Span] = field(default_factory=list)  # when AeroAPI answered nothing
    stops: dict[str, list[tuple[datetime, datetime | None]]] = field(default_factory=dict)
    texts: dict[int | None, list[Taken]] = field(default_factory=dict)  # by subscription
    samples: list[Sample] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    restarts: int = 0
    kills: int = 0
    polls: int = 0

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.clock = FixedClock(self.begins)
        self.source = Source(self.clock.now)
        self.twilio = Twilio(now=self.clock.now, took=self._took)
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._boot = 0
        self._silent_until = self.begins
        self._fate = "prompt"
        self._blind_since: datetime | None = None
        self._replies_judged = self.begins
        self._unanswered = False
        self._open()
        deliver.recover(self.store, self.clock, self.boot)

    @property
    def boot(self) -> str:
        return f"boot {self._boot}"

    def _open(self) -> None:
        self.store = Mortal.open(self.folder / "flait.db")
        self.store._conn.execute("PRAGMA synchronous = OFF")  # nobody cuts the power here

    # What comes

    def run(self) -> None:
        """All the days, and two more for the last texts to end."""
        for day in range(self.days):
            self._at(self.begins + day * DAY, partial(self._plan, day + 1))
        over = self.begins + (self.days + 2) * DAY
        while (moment := self._next()) < over:
            self.clock.moment = max(moment, self.clock.moment)
            while self._coming and self._coming[0][0] <= self.clock.moment:
                self._survive(heapq.heappop(self._coming)[2])
            while not self._survive(self._work):
                pass
        self._judge_replies(self.clock.now())
        self.store.close()

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        heapq.heappush(self._coming, (moment, next(self._order), act))

    def _in(self, span: timedelta, act: Callable[[], None]) -> None:
        self._at(self.clock.now() + span, act)

    def _next(self) -> datetime:
        now, due = self.clock.now(), self._due()
        looks = [due.poll, due.moment, due.pending, due.text and max(due.text, self._silent_until)]
        looks += [now + 15 * SECOND] if due.doubt else []
        soonest = min((look for look in looks if look), default=NEVER)
        ahead = max(soonest, now + 2 * SECOND)
        return min(ahead, self._coming[0][0]) if self._coming else ahead

    def _due(self) -> "_Due":
        *moments, doubt = self.store._conn.execute(_DUE).fetchone()
        poll, moment, pending, text = (datetime.fromisoformat(at) if at else None for at in moments)
        return _Due(poll, moment, pending, text, doubt=bool(doubt))

    def _survive(self, act: Callable[[], object]) -> bool:
        """Do it; whoever is killed over it is followed by the next daemon. False: killed."""
        try:
            act()
        except Killed:
            self.kills += 1
            self.source.shown.clear()  # it was not stored
            self.restart()
            return False
        return True

    def restart(self) -> None:
        """The daemon is gone, and the next one takes over on a new connection."""
        if self.twilio.mood in (Mood.KILLS_AFTER, Mood.KILLS_BEFORE):
            self.twilio.mood = Mood.WELL
        self.store.close()
        self._open()
        self._boot += 1
        self.restarts += 1
        self._silent_until = self.clock.now()
        self._unanswered = True
        deliver.recover(self.store, self.clock, self.boot)
        self._note_all_heard()

    # What the daemon does

    def _work(self) -> None:
        """Everything that is due now."""
        store, clock = self.store, self.clock
        due = self._due()
        while due.poll and due.poll <= clock.now() and (claimed := track.claim_due(store, clock, self.boot, AT_ONCE)):
            for tracked in claimed:
                with self._watched():
                    track.poll(store, self.source, clock, tracked, boot=self.boot, rules=AlertRules())
        more = bool(due.moment and due.moment <= clock.now())
        while more:
            with self._watched():
                more = remind.remind_next(store, clock, AlertRules())
        more = bool(due.pending)
        while more:
            with self._watched():
                more = subscribe.activate_next(store, self.source, clock)
        while self._unanswered:
            with self._watched():
                self._unanswered = answer_next(store, self.source, clock, boot=self.boot, rules=ANSWERS)
        self._deliver()
        while due.doubt and store.in_doubt(clock.now()) and deliver.settle_next(store, self.twilio, clock):
            self._deliver()

    def _watched(self) -> "_Watch":
        return _Watch(self)

    def _deliver(self) -> None:
        now, text = self.clock.now(), self._due().text
        if now < self._silent_until or text is None or text > now:
            return
        while (progress := deliver.send_next(self.store, self.twilio, self.clock, self.boot)).more:
            pass
        if progress.pause:
            self._silent_until = self.clock.now() + progress.pause

    # People

    def _plan(self, day: int) -> None:
        """Everything that comes about the flights of that day, and the troubles of the day before it."""
        for number in self.numbers:
            made = leg(self.seed, self.begins, day, number)
            follows = [
                Follow(phone=f"+1555555{person:04}", role=self.dice.choice(ROLES))
                for person in self.dice.sample(range(POOL), 5)
            ]
            self.source.add(made)
            self.legs.append((made, follows))
            for follow in follows:
                ahead = self.dice.randint(100, 280) if self.dice.random() < 0.9 else self.dice.randint(280, 1300)
                self._at(made.leaves - ahead * MINUTE, partial(self._subscribe, made, follow))
                if self.dice.random() < 0.03:
                    self._at(made.leaves + self.dice.randint(-90, 60) * MINUTE, partial(self._unsubscribe, follow))
            self._at(made.leaves + JUDGED, partial(self._judge, made, follows))
        self._at(self.clock.now() + DAY - MINUTE, self._end_of_day)
        for hour in range(24):
            self._at(self.clock.now() + hour * HOUR + 30 * MINUTE, self._hourly)
        for slot in range(6):
            at = self.clock.now() + slot * 4 * HOUR + self.dice.randint(5, 60) * MINUTE
            self._at(at, self._trouble)
        for _ in range(max(2, len(self.numbers) // 12)):
            self._in(self.dice.randint(0, 1439) * MINUTE, self._somebody_stops)
        for _ in range(max(3, len(self.numbers) // 8)):
            self._in(self.dice.randint(0, 1439) * MINUTE, self._somebody_asks)

    def _subscribe(self, made: Leg, follow: Follow, tries: int = 0) -> None:
        wish = wanted(made.iata, made.planned.departure_date.isoformat(), role=follow.role, asked_at=self.clock.now())
        person = subscribe.Person(phone=follow.phone, consent="asked for it")
        try:
            with self._watched():
                done = subscribe.subscribe(self.store, self.source, self.clock, person=person, wanted=wish)
        except UserError:  # after a STOP
            return
        except FlaitError:  # AeroAPI does not know it just now: they ask again
            if tries < 3:
                self._in(20 * MINUTE, partial(self._subscribe, made, follow, tries + 1))
            return
        except Killed:
            self._in(5 * SECOND, partial(self._subscribe, made, follow, tries))
            raise
        follow.subscription_id = done.subscription.id

    def _unsubscribe(self, follow: Follow) -> None:
        there = self.store.subscription(follow.subscription_id) if follow.subscription_id else None
        if there is None:
            return
        try:
            subscribe.unsubscribe(self.store, there, now=self.clock.now())
        except Killed:
            self._in(5 * SECOND, partial(self._unsubscribe, follow))
            raise
        follow.unsubscribed_at = self.clock.now()

    def _somebody_stops(self) -> None:
        for _, follow in self._about_to_hear():
            self._text(follow.phone, self.dice.choice(("STOP", "stop", "please stop texting me")))
            self._in(self.dice.randint(90, 2000) * MINUTE, partial(self._text, follow.phone, "START"))

    def _somebody_asks(self) -> None:
        for made, follow in self._about_to_hear():
            self._text(follow.phone, self.dice.choice(("STATUS", f"status {made.iata}", "LIST")))

    def _about_to_hear(self) -> Sequence[tuple[Leg, Follow]]:
        """Somebody who has a flight that leaves soon, if there is one."""
        now = self.clock.now()
        soon = [(made, follows) for made, follows in self.legs if -HOUR < made.leaves - now < 3 * HOUR]
        return [(made, self.dice.choice(follows)) for made, follows in self.dice.sample(soon, min(1, len(soon)))]

    def _text(self, phone: str, body: str) -> None:
        inbound = Inbound(
            sid=f"SI{len(self.twilio.inbox)}-{self.dice.getrandbits(48):012x}",
            sender=phone,
            to="+15555550199",
            body=body,
            sent_at=self.clock.now(),
        )
        self.twilio.inbox.append(inbound)
        asked = Asked(inbound=inbound, at=self.clock.now())
        self.asked.append(asked)
        if self.dice.random() < 0.7:  # else the call did not get through: it is found in Twilio's record
            self._take_in(asked)
        if self.dice.random() < 0.3:
            self._in(20 * SECOND, partial(self._take_in, asked))

    def _take_in(self, asked: Asked) -> None:
        intake.take_in(self.store, asked.inbound, now=self.clock.now(), keyword_owner="flait")
        self._note_heard(asked)

    def _note_all_heard(self) -> None:
        """What the database has, however the call ended that brought it there."""
        for asked in self.asked:
            if self.store.heard(asked.inbound.sid):
                self._note_heard(asked)

    def _note_heard(self, asked: Asked) -> None:
        """From here on a STOP holds, save one that is heard of after the START that took it back."""
        if asked.heard_at is not None:
            return
        if self._was_taken_back(asked):
            asked.heard_at = self.clock.now()
            return
        asked.heard_at = now = self.clock.now()
        self._unanswered = True
        phone, stops = asked.inbound.sender, self.stops.setdefault(asked.inbound.sender, [])
        if "stop" in asked.inbound.body.lower() and phone not in self.twilio.stopped:
            self.twilio.stopped[phone] = asked.inbound.sid
            stops.append((now, None))
        elif asked.inbound.body == "START" and phone in self.twilio.stopped:
            del self.twilio.stopped[phone]
            stops[-1] = (stops[-1][0], now)

    def _was_taken_back(self, asked: Asked) -> bool:
        return "stop" in asked.inbound.body.lower() and any(
            other.inbound.sender == asked.inbound.sender and other.inbound.body == "START" and other.at > asked.at
            for other in self.asked
            if other.heard_at is not None
        )

    # What passes, and what goes wrong

    def _hourly(self) -> None:
        now = self.clock.now()
        before = self.store.read_until(intake.RECORD)
        intake.fetch(self.store, self.twilio, self.clock, keyword_owner="flait")
        if self.store.read_until(intake.RECORD) != before:
            self._note_all_heard()
        if now.hour % 6 == 0:
            upkeep.prune(self.store, self.clock, keep=KEEP, keep_raw=DAY)
        backup.daily(self.store, self.clock, self.folder / "backups", keep=2)

    def _trouble(self) -> None:
        kind, span = self.dice.choice(TROUBLES)
        lasts = self.dice.randint(*span) * MINUTE
        if kind == "restart":
            self.restart()
        elif kind == "kill":
            self.store.dies_before(self.dice.randint(1, 40))
        elif kind == "suspend":
            self.rough.append((self.clock.now(), self.clock.now() + lasts))
            self.clock.advance(lasts)
            self._in(timedelta(), self.restart)
        elif isinstance(kind, Mood):
            self.rough.append((self.clock.now(), self.clock.now() + lasts))
            self.twilio.becomes(kind)
            self._in(lasts, self._calm)
        elif kind in ("down", "busy"):
            setattr(self.source, kind, True)
            self._blind_since = self._blind_since or self.clock.now()
            self._in(lasts, self._calm)
        else:
            self._fate = kind
            self._in(lasts, self._calm)

    def _calm(self) -> None:
        self.twilio.mood, self._fate = Mood.WELL, "prompt"
        self.source.down = self.source.busy = False
        if self._blind_since:
            self.blind.append((self._blind_since, self.clock.now()))
            self._blind_since = None

    def _took(self, taken: Taken) -> None:
        """A text is at Twilio: what becomes of it, and when Flait hears of that."""
        self.texts.setdefault(taken.message.subscription_id, []).append(taken)
        if self.dice.random() < 0.015:
            taken.fate = S.UNDELIVERED
        taken.status = taken.fate
        chance, after = self.dice.random(), self.dice.randint(3, 40) * SECOND
        if self._fate == "lost" or chance < 0.02:
            for later in (2.1, 16, 61, 721):
                self._in(later * MINUTE, self._ask)
            return
        if chance > 0.8:
            self._in(2 * SECOND, partial(self._report, taken, S.SENT))
        late = self._fate == "late" and taken.fate is S.DELIVERED
        self._in(after + (2 * HOUR if late else timedelta()), partial(self._report, taken, taken.fate))
        if self._fate == "twice":
            self._in(after + MINUTE, partial(self._report, taken, taken.fate))

    def _report(self, taken: Taken, status: MessageStatus) -> None:
        receipt = Receipt(
            sid=taken.sid,
            status=status,
            message_id=taken.message.id,
            attempt=taken.message.attempts,
            error_code=30003 if status is S.UNDELIVERED else None,
        )
        try:
            receipts.take(self.store, receipt, status.value, self.clock.now())
        except Killed:
            self._in(2.5 * MINUTE, self._ask)
            raise

    def _ask(self) -> None:
        while receipts.waiting(self.store, self.clock) and receipts.ask_about_unfinished(
            self.store, self.twilio, self.clock
        ):
            pass

    def _judge(self, made: Leg, follows: list[Follow]) -> None:
        self.judge(self, made, follows)
        self.legs.remove((made, follows))
        self.source.forget(made)
        for follow in follows:
            if follow.subscription_id in self.texts and follow.subscription_id is not None:
                del self.texts[follow.subscription_id]

    def _judge_replies(self, until: datetime) -> None:
        self.judge_replies(self, self._replies_judged, until)
        self._replies_judged = until

    def _end_of_day(self) -> None:
        cut = self.clock.now() - 60 * HOUR
        self._judge_replies(self.clock.now() - 30 * HOUR)
        self.twilio.forget(cut - 2 * DAY)
        self.asked = [asked for asked in self.asked if asked.at > cut]
        self.rough = [span for span in self.rough if span[1] > cut]
        self.blind = [span for span in self.blind if span[1] > cut]
        self.texts[None] = [taken for taken in self.texts.get(None, []) if taken.at > cut]
        gc.collect()
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
        self.samples.append(
            Sample(rss=resident, fds=len(list(Path("/proc/self/fd").iterdir())), size=self.store.size())
        )

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows as they are; looking at them kills nobody."""
        return [dict(row) for row in self.store._conn.execute(sql, values)]


TROUBLES: tuple[tuple[Any, tuple[int, int]], ...] = (
    ("restart", (0, 0)),
    ("kill", (0, 0)),
    ("kill", (0, 0)),
    ("suspend", (30, 150)),
    ("down", (20, 120)),
    ("busy", (10, 40)),
    ("lost", (60, 150)),
    ("late", (60, 150)),
    ("twice", (60, 150)),
    (Mood.DOWN, (10, 100)),
    (Mood.BUSY, (10, 30)),
    (Mood.SILENT_TAKES, (10, 20)),
    (Mood.SILENT_LOSES, (10, 20)),
    (Mood.KILLS_AFTER, (30, 30)),
    (Mood.KILLS_BEFORE, (30, 30)),
)


class _Watch:
    """What a look was shown of a flight counts as seen when that has been stored; a search shows other days' too."""

    def __init__(self, days: Days) -> None:
        self._days = days

    def __enter__(self) -> None:
        self._days.source.polling = True

    def __exit__(self, kind: object, *_: object) -> None:
        source, days = self._days.source, self._days
        source.polling = False
        if kind is None and source.shown:
            now = f"{days.clock.now():%Y-%m-%dT%H:%M:%S.%f}"[:23] + "Z"
            stored = [source.leg_of(row["fa_flight_id"]) for row in days.rows(_SEEN, now)]
            for made, seen in source.shown:
                if any(made is leg for leg in stored):
                    made.seen.append(seen)
                    days.polls += 1
        source.shown.clear()
