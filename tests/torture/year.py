"""Tries to make the database grow for ever: a year of days on the real flows, for several times to keep things.

Every day flights are followed by new and old people, polled, told about, received, talked about and forgotten. Once as
much is forgotten as comes in, the file must stay as it is; and what it holds must follow what is to be kept.
"""

import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

from flait.core.flights import Flight, Times
from flait.core.inbound import Inbound
from flait.core.messages import MessageStatus
from flait.core.receipts import Receipt
from flait.core.values import replace
from flait.flows import answer, backup, intake, receipts, track, upkeep
from flait.flows.telling import AlertRules
from flait.store import Store
from tests.core.flights_for_tests import F12, NOON, at_gate, hours, late, left_gate, minutes, took_off, touched_down
from tests.flows.answering import answer_next
from tests.flows.world import PHONES, FixedClock, World
from tests.torture.score import Score, Size
from tests.torture.tally import HalfState, Lost, Tally

DAY: Final = timedelta(days=1)
KEEP: Final = (10, 30, 60)  # days
GROWTH: Final = 1.1
BACKUPS: Final = 3
FOR_EVER: Final = {  # the proof of who could be texted when, and by which texts: two rows for each change of mind
    "consent_changes",
    "consent_texts",
}
A_MONTH: Final = {
    "usage": 1,
    "sms_totals": len(PHONES) + 1,
}  # rows that stay of what a month cost: by operation, by person

B4: Final = replace(F12, gate_origin="B4")
STORM: Final = late(minutes(45), B4)
LANDED: Final = touched_down(STORM)
COURSE: Final = (  # hours from the moment it was asked for, and what AeroAPI shows then
    (0.5, B4),
    (1.0, STORM),
    (1.1, STORM),
    (3.0, left_gate(STORM)),
    (4.0, took_off(STORM)),
    (8.2, LANDED),
    (8.5, at_gate(STORM)),
    (9.6, at_gate(STORM)),
)


def run(folder: Path, size: Size) -> Score:
    """The years, one after the other; the cut is one of a few weeks, with people's texts forgotten sooner."""
    tally, days, stretch = Tally(), size.of(cut=75, full=365), size.of(cut=31, full=100)
    words = timedelta(days=size.of(cut=8, full=90))
    held: dict[int, float] = {}
    shared = Path("/dev/shm")  # a private folder is made in it, where there is one
    for keep in KEEP if size is Size.FULL else (4,):
        place = tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else folder)
        with place as home, patch.object(upkeep, "KEEP_WORDS", words):
            held[keep] = Year(Path(home), keep=keep).lived(days, tally, stretch=stretch)
    if len(held) > 1:
        with tally.trial("what is held against what is kept"):
            _is_linear(held)
    return tally.score("year")


def _is_linear(held: dict[int, float]) -> None:
    """Bytes in use: what lies between the shortest and the longest is where a straight line has it."""
    (short, least), (between, seen), (long, most) = sorted(held.items())
    line = least + (most - least) * (between - short) / (long - short)
    if not 0.85 * line < seen < 1.15 * line:
        raise HalfState(f"{held}: {between} days should hold about {line:.0f} bytes")
    if not most > least:
        raise HalfState(f"{held}: what is kept longer takes no more")


def _is_flat(last: list[dict[str, int]], before: list[dict[str, int]], *, months: int) -> None:
    """No table has more rows than in the stretch before, save those that are for ever."""
    for name in last[0].keys() - FOR_EVER:
        most, earlier = (max(night[name] for night in nights) for nights in (last, before))
        if most > GROWTH * earlier + A_MONTH.get(name, 0) * months + 2:
            raise HalfState(f"{name} grew from {earlier} to {most} rows")


@dataclass(frozen=True, slots=True)
class Night:
    """The file at the end of a day, in bytes."""

    size: int
    used: int


class Year:
    """One database, and the days that pass over it."""

    def __init__(self, folder: Path, *, keep: int) -> None:
        self.keep = keep
        self.backups = folder / "backups"
        store = Store.open(folder / "flait.db")
        store._conn.execute("PRAGMA synchronous = OFF")
        self.world = World(path=folder / "flait.db", store=store, clock=FixedClock(NOON))
        self.asked = 0
        self.world.source.meanwhile = self._booked

    def lived(self, days: int, tally: Tally, *, stretch: int) -> float:
        """So many days; how many bytes are in use at the end of them, on average of the last stretch."""
        nights: list[Night] = []
        rows: list[dict[str, int]] = []
        for day in range(days):
            with tally.trial(f"keep {self.keep} days, day {day}"):
                nights.append(self._day(day))
                rows.append(self._rows())
        sizes = [night.size for night in nights]
        with tally.trial(f"keep {self.keep} days, the last {stretch} against those before"):
            last, before = max(sizes[-stretch:]), max(sizes[-2 * stretch : -stretch])
            if last > GROWTH * before:
                raise HalfState(f"it grew from {before} to {last} bytes")
        with tally.trial(f"keep {self.keep} days, the rows of every table"):
            _is_flat(rows[-stretch:], rows[-2 * stretch : -stretch], months=2 * stretch // 28)
        with tally.trial(f"keep {self.keep} days, the end"):
            self._sound()
        self.world.store.close()
        free = 1 - sum(night.used for night in nights[-stretch:]) / sum(sizes[-stretch:])
        tally.remark(f"{self.keep} days kept: {sizes[-1]} bytes, {free:.0%} of them free pages")
        return sum(night.used for night in nights[-stretch:]) / stretch

    def _booked(self) -> None:
        self.asked += 1
        month, now = f"{self.world.clock.now():%Y-%m}", self.world.clock.now()
        label = self.world.source.calls[-1][1]
        self.world.store.book(month, "flight", flight=label, result_sets=1, micro_usd=5_000, now=now)

    def _day(self, day: int) -> Night:
        world, noon = self.world, NOON + day * DAY
        world.clock.moment = noon
        world.source.board = [_shifted(F12, day)]
        for number in (day % 10, (day + 3) % 10):
            world.subscribe(number)
        self._texts("STATUS", day, PHONES[day % 10])
        self._texts("hello", day, f"+1555555{1000 + day:04}")
        for after, shown in COURSE:
            world.clock.moment = noon + hours(after)
            world.source.board = [_shifted(shown, day)]
            for tracked in track.claim_due(world.store, world.clock, world.boot, 10):
                rules = AlertRules()
                track.poll(world.store, world.source, world.clock, tracked, boot=world.boot, rules=rules)
            world.remind()
            self._posted()
        if day % 7 == 0:
            self._changes_of_mind(day)
        world.clock.moment = noon + hours(12)
        self._tidied(day)
        return self._night()

    def _texts(self, body: str, day: int, sender: str, which: str = "") -> None:
        now = self.world.clock.now()
        text = Inbound(sid=f"IN{body}{which}{day}", sender=sender, to=PHONES[9], body=body, whatsapp=False, sent_at=now)
        intake.take_in(self.world.store, text, now=now, keyword_owner="twilio")

    def _changes_of_mind(self, day: int) -> None:
        for body in ("STOP", "START"):
            self.world.clock.advance(minutes(1))
            self._texts(body, day, PHONES[day % 10])

    def _posted(self) -> None:
        """What waits is answered and sent, and arrives."""
        world, before = self.world, len(self.world.gateway.record)
        while answer_next(world.store, world.source, world.clock, boot=world.boot, rules=answer.AnswerRules()):
            pass
        world.deliver()
        for sent in world.gateway.record[before:]:
            for word in (MessageStatus.SENT, MessageStatus.DELIVERED):
                receipts.take(world.store, Receipt(sid=sent.sid, status=word), word.value, world.clock.now())

    def _tidied(self, day: int) -> None:
        world = self.world
        upkeep.prune(world.store, world.clock, keep=self.keep * DAY, keep_raw=DAY)
        if day % 30 == 0:
            backup.daily(world.store, world.clock, self.backups, keep=BACKUPS)
            if len(backup.found(self.backups)) > BACKUPS:
                raise HalfState("there are more backups than are to be kept")
        open_texts = world.store.queue_counts()
        if any(open_texts.values()):
            raise Lost(f"texts that nobody sent: {open_texts}")
        if world.store.subscription_views():
            raise HalfState("a flight that is over is still followed")

    def _night(self) -> Night:
        conn = self.world.store._conn
        free, page = (conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("freelist_count", "page_size"))
        size = self.world.store.size()
        return Night(size=size, used=size - free * page)

    def _rows(self) -> dict[str, int]:
        conn = self.world.store._conn
        names = [row[0] for row in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: conn.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}

    def _sound(self) -> None:
        conn = self.world.store._conn
        if [tuple(row) for row in conn.execute("PRAGMA integrity_check")] != [("ok",)]:
            raise HalfState("the database is damaged")
        if conn.execute("PRAGMA foreign_key_check").fetchone():
            raise HalfState("rows refer to nothing")
        booked = conn.execute("SELECT sum(result_sets) FROM usage").fetchone()[0]
        if booked != self.asked:
            raise Lost(f"{self.asked} look-ups were made, {booked} are booked")
        counted = conn.execute(_ALL_TEXTS).fetchone()[0]
        if counted != len(self.world.gateway.record):
            raise Lost(f"{len(self.world.gateway.record)} texts were sent, {counted} are counted")


_ALL_TEXTS: Final = """
SELECT (SELECT count(*) FROM messages WHERE sid IS NOT NULL) + (SELECT coalesce(sum(messages), 0) FROM sms_totals)
"""


def _shifted(flight: Flight, day: int) -> Flight:
    """The same flight, so many days later."""

    def moved(times: Times) -> Times:
        return Times(scheduled=_plus(times.scheduled), estimated=_plus(times.estimated), actual=_plus(times.actual))

    def _plus(moment: datetime | None) -> datetime | None:
        return moment + day * DAY if moment else None

    return replace(
        flight,
        fa_flight_id=f"UAL1234-{1763900000 + 86400 * day}-schedule-0001",
        out=moved(flight.out),
        off=moved(flight.off),
        on=moved(flight.on),
        in_=moved(flight.in_),
    )
