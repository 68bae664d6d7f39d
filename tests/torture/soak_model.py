"""What everybody must have been told, worked out from the script of the flights alone, and how far it was so.

Nothing of flait.core.alerts or changes is asked. The facts are coarse, and a fact is owed once AeroAPI has shown it to
enough polls while texts could go out; what was told before that is no fault, and what was never true is one.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from flait.core.flights import Flight
from flait.core.messages import MessageStatus
from flait.core.subscriptions import Role
from tests.torture.soak_days import MINUTE, Asked, Days, Follow
from tests.torture.soak_legs import Leg, Seen
from tests.torture.soak_providers import Taken

S = MessageStatus
ENDS = frozenset({S.DELIVERED, S.UNDELIVERED, S.FAILED, S.EXPIRED, S.SUPPRESSED})
NOISE = timedelta(minutes=10)  # a time told is not further from the truth than that
NEAR = timedelta(hours=3)  # a gate is owed from then on
ENOUGH, LOOKS = 20 * MINUTE, 3  # so long, and so often, a fact must have been shown before it is owed
SETTLED = 5  # days until the process and the database are as big as they are to be
MOST_GROWN = 5_000_000  # bytes
MOST_AN_HOUR = 4  # texts; more wait by design

_ROWS = """
SELECT id, subscription_id, dedup_key, kind, sid, status, created_at, flight_id FROM messages
WHERE subscription_id IN (SELECT value FROM json_each(?)) ORDER BY id
"""
_DOUBTED = """
SELECT count(DISTINCT message_id) FROM journal WHERE step = 'send' AND outcome = 'in_doubt'
    AND message_id IN (SELECT value FROM json_each(?))
"""
_REPLIES = """
SELECT id, dedup_key, sid, status FROM messages WHERE subscription_id IS NULL AND created_at >= ? AND created_at < ?
"""
_ANSWERS = "SELECT count(*) AS n FROM messages WHERE dedup_key = ? AND sid IS NOT NULL"


@dataclass(kw_only=True)
class Verdict:
    """The counts so far, and the first things that were wrong."""

    expected: int = 0
    ok: int = 0
    lost: int = 0
    dup: int = 0
    unexpected: int = 0
    in_doubt: int = 0
    resolved: int = 0
    texts: int = 0
    owed: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def owes(self, fact: str, kept: bool, about: str) -> None:
        """One more thing that had to be so."""
        self.expected += 1
        self.owed[fact] = self.owed.get(fact, 0) + 1
        if kept:
            self.ok += 1
        else:
            self.lost += 1
            self.remark(f"{fact}: {about}")

    def twice(self, about: str) -> None:
        self.dup += 1
        self.remark(f"twice: {about}")

    def wrong(self, about: str) -> None:
        self.unexpected += 1
        self.remark(about)

    def remark(self, remark: str) -> None:
        if len(self.remarks) < 12:
            self.remarks.append(remark)


def judge(verdict: Verdict, days: Days, leg: Leg, follows: Sequence[Follow]) -> None:
    """One flight, long over: its rows, and what each of its followers heard."""
    ids = json.dumps([follow.subscription_id for follow in follows if follow.subscription_id])
    rows = days.rows(_ROWS, ids)
    [doubted] = days.rows(_DOUBTED, json.dumps([row["id"] for row in rows]))
    verdict.in_doubt += doubted["count(DISTINCT message_id)"]
    verdict.resolved += doubted["count(DISTINCT message_id)"] - sum(row["status"] == S.IN_DOUBT for row in rows)
    for follow in follows:
        if follow.subscription_id is not None:
            own = [row for row in rows if row["subscription_id"] == follow.subscription_id]
            _Judge(verdict, days, leg, follow, own).all()
    [still] = days.rows(
        "SELECT count(*) AS n FROM flights WHERE closed_at IS NULL AND id IN (SELECT flight_id FROM subscriptions"
        " WHERE id IN (SELECT value FROM json_each(?)))",
        ids,
    )
    if still["n"]:
        verdict.wrong(f"still polled: {leg.name}")


def judge_replies(verdict: Verdict, days: Days, start: datetime, end: datetime) -> None:
    """Texts that are about no subscription, and whether each question had its one answer."""
    rows = days.rows(_REPLIES, *(f"{moment:%Y-%m-%dT%H:%M:%S}.000Z" for moment in (start, end)))
    taken = [text for text in days.texts.get(None, []) if start <= text.message.created_at < end]
    _accounts(verdict, rows, taken, f"replies before {end:%d %b} of seed {days.seed}")
    for asked in days.asked:
        if start <= asked.at < end and _must_be_answered(days, asked):
            [answers] = days.rows(_ANSWERS, f"reply:{asked.inbound.sid}")
            verdict.owes("answer", answers["n"] == 1, f"{asked.inbound.body} of {asked.inbound.sender}")


def _must_be_answered(days: Days, asked: Asked) -> bool:
    """Whether it came when Flait could answer in time, from somebody who had not said STOP."""
    if asked.heard_at != asked.at or asked.inbound.body == "START" or "stop" in asked.inbound.body.lower():
        return False
    at, phone = asked.at, asked.inbound.sender
    stops = days.stops.get(phone, [])
    stopped = any(stop <= at + 15 * MINUTE and (start is None or start >= at) for stop, start in stops)
    rough = any(begin < at + 16 * MINUTE and over > at - MINUTE for begin, over in days.rough)
    return not stopped and not rough


def _accounts(verdict: Verdict, rows: list[dict[str, Any]], texts: list[Taken], about: str) -> None:
    """Every text taken is one row's, every row's text was taken, and all have come to an end."""
    by_sid = {row["sid"]: row for row in rows if row["sid"]}
    taken = {text.sid: text for text in texts}
    if len({text.message.id for text in texts}) != len(texts):
        verdict.twice(f"a text taken twice, {about}")
    for sid in by_sid.keys() ^ taken.keys():
        verdict.wrong(f"{sid} is Twilio's or ours alone, {about}")
    for row in rows:
        if row["status"] not in ENDS:
            verdict.wrong(f"text {row['id']} is {row['status']} for ever, {about}")
        elif row["sid"] in taken and row["status"] != taken[row["sid"]].fate:
            verdict.wrong(f"text {row['id']} is {row['status']}, at Twilio {taken[row['sid']].fate}, {about}")


class _Judge:
    """One person and one flight."""

    def __init__(self, verdict: Verdict, days: Days, leg: Leg, follow: Follow, rows: list[dict[str, Any]]) -> None:
        self.verdict, self.days, self.leg, self.follow, self.rows = verdict, days, leg, follow, rows
        self.texts = days.texts.get(follow.subscription_id, [])
        self.heard = [text for text in self.texts if text.fate is S.DELIVERED]
        self.missed = [text for text in self.texts if text.fate is not S.DELIVERED]
        self.alerts = [text for text in self.texts if text.message.dedup_key.startswith("alert:")]
        self.who = f"{leg.name}, {follow.role} {follow.phone}"

    def all(self) -> None:
        self.verdict.texts += len(self.texts)
        _accounts(self.verdict, self.rows, self.texts, self.who)
        for alert in self.alerts:
            self._is_true(alert)
        self._told_once()
        confirmation = next((row for row in self.rows if row["kind"] == "tracked"), None)
        if confirmation is None:
            self._never_followed()
            return
        self.since = self.begins = datetime.fromisoformat(confirmation["created_at"])
        over = self.leg.seen[-1].at if self.leg.seen else self.begins
        if self._always_reachable(self.begins, over) and self.follow.unsubscribed_at is None:
            taken = [text for text in self.texts if text.message.kind == "tracked"]
            self.verdict.owes("confirmation", len(taken) == 1, self.who)
        for started in (start for _, start in self.days.stops.get(self.follow.phone, []) if start):
            self.since = max(self.since, started)
        if self.follow.unsubscribed_at or not self._always_reachable(self.since, over) or len(self.missed) > 1:
            return  # what is owed to them is that nothing forbidden reached them
        for owed in (self._cancellation, self._times, self._gate, self._diversion, self._end, self._take_off):
            owed()

    def _never_followed(self) -> None:
        [there] = self.days.rows("SELECT state FROM subscriptions WHERE id = ?", self.follow.subscription_id)
        if there["state"] == "active" or (there["state"] == "ended" and not self._stopped_ever()):
            self.verdict.owes("confirmation", False, self.who)

    def _stopped_ever(self) -> bool:
        return bool(self.days.stops.get(self.follow.phone))

    def _always_reachable(self, start: datetime, end: datetime) -> bool:
        stops = self.days.stops.get(self.follow.phone, [])
        return not any(stopped < end and (started is None or started > start) for stopped, started in stops)

    # Nothing false, nothing twice

    def _is_true(self, alert: Taken) -> None:
        """An alert says what the poll that made it was shown, of the right flight, to somebody who follows it."""
        message = alert.message
        seen = next((seen for seen in self.leg.seen if seen.at == message.created_at), None)
        gone = self.follow.unsubscribed_at
        if seen is None or self.leg.iata not in message.body or (gone and message.created_at > gone):
            self.verdict.wrong(f"{message.kind} from nowhere: {self.who}")
            return
        truth = {
            "cancelled": seen.truth.cancelled,
            "departure": _iso(seen.truth.departure.best),
            "arrival": _iso(seen.truth.arrival.best),
            "gate_origin": seen.truth.gate_origin,
            "baggage_claim": seen.truth.baggage_claim,
        }
        false = [
            name
            for name, value in message.tells.items()
            if name in truth and value != truth[name] and not (seen.blank and name == "gate_origin")
        ]
        gate = "" if seen.blank else seen.truth.gate_origin or ""  # a blank shows no gate: the one before is kept
        words = {"cancelled": "CANCELLED", "gate_change": gate, "diverted": "DIVERTED"}
        if false or words.get(message.kind, "") not in message.body:
            self.verdict.wrong(f"{message.kind} tells a false {false}: {self.who}: {message.body}")

    def _told_once(self) -> None:
        heard = [text.message for text in self.heard if text.message.dedup_key.startswith("alert:")]
        for kind in ("landed", "arrived", "departed"):
            if sum(message.kind == kind for message in heard) > 1:
                self.verdict.twice(f"{kind}: {self.who}")
        if self.follow.role is not Role.MEETER and {"landed", "arrived"} <= {message.kind for message in heard}:
            self.verdict.twice(f"landed and arrived: {self.who}")
        for before, after in pairwise(heard):
            if (before.kind, before.tells) == (after.kind, after.tells):
                self.verdict.twice(f"{after.kind}: {self.who}")
        if self.follow.role is not Role.TRAVELER and any("gate" in message.kind for message in heard):
            self.verdict.wrong(f"a gate for a {self.follow.role}: {self.who}")
        if self.follow.role is Role.TRAVELER and any(message.kind == "departed" for message in heard):
            self.verdict.wrong(f"departed for a traveler: {self.who}")

    # What is owed

    def _known(self, fact: str, by: datetime) -> Any:
        told = [text.message.tells[fact] for text in self.heard if fact in text.message.tells and text.at <= by]
        return told[-1] if told else None

    def _shown(self, value: Callable[[Flight], object], seen: Sequence[Seen]) -> tuple[object, bool]:
        """The value shown last, and whether it was shown for long enough, in a time fit for texts, to be owed."""
        if not seen:
            return None, False
        last = value(seen[-1].truth)
        run = len(seen)
        while run and value(seen[run - 1].truth) == last:
            run -= 1
        start, end = max(seen[run].at, self.since), seen[-1].at
        for rough, calm in self.days.rough:
            if rough < end and calm > start - 15 * MINUTE:
                start = max(start, calm + 5 * MINUTE)
        for text in self.missed:
            start = max(start, text.at + 4 * MINUTE)
        shown = [look.at for look in seen if look.at >= start]
        lately = sum(end - 80 * MINUTE < text.at <= end for text in self.alerts)
        return last, len(shown) >= LOOKS and shown[-1] - shown[0] >= ENOUGH and lately < MOST_AN_HOUR

    def _clear(self, value: Callable[[Flight], bool]) -> list[Seen]:
        return [seen for seen in self.leg.seen if value(seen.truth) and not seen.blank]

    def _cancellation(self) -> None:
        last, owed = self._shown(lambda flight: flight.cancelled, self._clear(lambda _: True))
        if owed:
            told = bool(self._known("cancelled", datetime.max.replace(tzinfo=self.since.tzinfo)))
            self.verdict.owes("cancelled" if last else "flies", told == last, self.who)

    def _times(self) -> None:
        if self.follow.role is Role.WATCHER:
            return
        fact, over = ("departure", "off") if self.follow.role is Role.TRAVELER else ("arrival", "on")
        ahead = self._clear(lambda flight: getattr(flight, over).actual is None and not flight.cancelled)
        if self.leg.seen and (self.leg.seen[-1].truth.cancelled or self.leg.seen[-1].truth.diverted):
            return
        last, owed = self._shown(lambda flight: getattr(flight, fact).best, ahead)
        if not owed or not isinstance(last, datetime):
            return
        told = self._known(fact, ahead[-1].at + MINUTE)
        ticket = getattr(ahead[-1].truth, fact).scheduled  # what they go by whose confirmation was lost on the way
        kept = abs((datetime.fromisoformat(told) if told else ticket) - last) <= NOISE
        self.verdict.owes(fact, kept, f"{self.who}: {told} for {last}")

    def _gate(self) -> None:
        if self.follow.role is not Role.TRAVELER or self.leg.seen[-1].truth.cancelled:
            return
        ahead = [
            seen
            for seen in self._clear(lambda flight: flight.off.actual is None and not flight.cancelled)
            if seen.truth.departure.best and seen.truth.departure.best - seen.at <= NEAR
        ]
        last, owed = self._shown(lambda flight: flight.gate_origin, ahead)
        if owed and last is not None:
            told = self._known("gate_origin", ahead[-1].at + MINUTE)
            self.verdict.owes("gate", told == last, f"{self.who}: {told} for {last}")

    def _diversion(self) -> None:
        away = self._clear(lambda flight: flight.diverted)
        last, owed = self._shown(lambda flight: flight.diverted_to and flight.diverted_to.code, away)
        if owed:
            told = self._known("diverted_to", away[-1].at + MINUTE)
            self.verdict.owes("diverted", told == last, self.who)

    def _end(self) -> None:
        down = self._clear(lambda flight: flight.on.actual is not None)
        if down and self._in_time(down, down[0].truth.on.actual):
            told = self._known("phase", down[-1].at + 30 * MINUTE)
            self.verdict.owes("landed", told in ("on", "in"), self.who)

    def _take_off(self) -> None:
        flying = self._clear(lambda flight: flight.off.actual is not None and flight.on.actual is None)
        if self.follow.role is not Role.TRAVELER and flying and self._in_time(flying, flying[0].truth.off.actual):
            told = any(
                text.message.kind in ("departed", "diverted") or text.message.tells.get("phase") for text in self.heard
            )
            self.verdict.owes("departed", told, self.who)

    def _in_time(self, seen: Sequence[Seen], happened: datetime | None) -> bool:
        """Whether it was first shown while it was news, to somebody who could hear of it then."""
        first = seen[0].at
        late = happened is None or first - happened > timedelta(hours=1)
        rough = any(start < first + 20 * MINUTE and end > first - 5 * MINUTE for start, end in self.days.rough)
        lately = sum(first - 80 * MINUTE < text.at < first for text in self.alerts) >= MOST_AN_HOUR
        return not (late or rough or lately or self.missed or first < self.since)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def problems_of(days: Days) -> Iterator[str]:
    """What is wrong with a whole run: posts after a STOP, memory, descriptors."""
    for message in days.twilio.after_stop:
        yield f"posted after a STOP: {message.kind} to {message.to}, seed {days.seed}"
    early, late = days.samples[SETTLED : SETTLED + 5], days.samples[SETTLED:][-5:]
    if not late:
        return
    grown = max(sample.rss for sample in late) - max(sample.rss for sample in early)  # SQLite's cache comes and goes
    if grown > MOST_GROWN:
        yield f"memory grew by {grown / 1e6:.1f} MB, seed {days.seed}"
    if len({sample.fds for sample in days.samples}) > 1:
        yield f"descriptors: {sorted({sample.fds for sample in days.samples})}, seed {days.seed}"
