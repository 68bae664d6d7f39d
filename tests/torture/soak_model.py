"""What everybody must have been told, worked out from the script of the flights alone, and how far it was so.

Nothing of flait.core.alerts or changes is asked. The facts are coarse, and a fact is owed once AeroAPI has shown it to
enough polls while texts could go out; what was told before that is no fault, and what was never true is one. So is a
word that there is no word where there was one; and where AeroAPI was silent for long, that is owed.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from flait.core.flights import Flight
from flait.core.messages import Message, MessageStatus
from flait.core.subscriptions import Role
from flait.store.rows import plain
from tests.torture.soak_days import MINUTE, NEVER, Asked, Days, Follow
from tests.torture.soak_legs import Leg, Seen
from tests.torture.soak_providers import Taken
from tests.torture.soak_truth import NEAR, facts_of, gates_of, is_awaited

S = MessageStatus
FINAL = frozenset({S.DELIVERED, S.UNDELIVERED, S.FAILED, S.EXPIRED, S.SUPPRESSED})
NOISE = timedelta(minutes=10)  # a time told is not further from the truth than that
BIG_MOVE = timedelta(hours=1)  # all that who watches hears of before it leaves
SILENT, SILENT_SURELY = 45 * MINUTE, 65 * MINUTE  # without a word; looks that fail come every quarter of an hour
RESTS = (0 * MINUTE, 15 * MINUTE, 60 * MINUTE, 180 * MINUTE)  # after so many texts in a row that were lost
REPORTED = timedelta(hours=3)  # after it was written, at the latest, how a text ended is known
ENDS = timedelta(hours=6)  # after it came down elsewhere and nothing flew on
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
SELECT id, dedup_key, sid, status, created_at FROM messages WHERE subscription_id IS NULL AND created_at >= ? AND created_at < ?
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
    _accounts(verdict, rows, taken, f"replies before {end:%d %b} of seed {days.seed}", now=days.clock.now())
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


def _accounts(verdict: Verdict, rows: list[dict[str, Any]], texts: list[Taken], about: str, *, now: datetime) -> None:
    """Every text taken is one row's, every row's text was taken, and all have come to an end."""
    by_sid = {row["sid"]: row for row in rows if row["sid"]}
    taken = {text.sid: text for text in texts}
    if len({text.message.id for text in texts}) != len(texts):
        verdict.twice(f"a text taken twice, {about}")
    for sid in by_sid.keys() ^ taken.keys():
        verdict.wrong(f"{sid} is Twilio's or ours alone, {about}")
    for row in rows:
        under_way = datetime.fromisoformat(row["created_at"]) > now - REPORTED
        if row["status"] not in FINAL and not under_way:
            verdict.wrong(f"text {row['id']} is {row['status']} for ever, {about}")
        elif row["status"] in FINAL and row["sid"] in taken and row["status"] != taken[row["sid"]].fate:
            verdict.wrong(f"text {row['id']} is {row['status']}, at Twilio {taken[row['sid']].fate}, {about}")


def set_of(texts: Sequence[Taken]) -> set[str]:
    """Which they are."""
    return {text.sid for text in texts}


class _Judge:
    """One person and one flight."""

    def __init__(self, verdict: Verdict, days: Days, leg: Leg, follow: Follow, rows: list[dict[str, Any]]) -> None:
        self.verdict, self.days, self.leg, self.follow, self.rows = verdict, days, leg, follow, rows
        self.texts = days.texts.get(follow.subscription_id, [])
        self.heard = [text for text in self.texts if text.fate is S.DELIVERED]
        self.missed = [text for text in self.texts if text.fate is not S.DELIVERED]
        self.alerts = [text for text in self.texts if text.message.dedup_key.startswith("alert:")]
        self.silences = [text for text in self.texts if text.message.dedup_key.startswith("stale:")]
        self.who = f"{leg.name}, {follow.role} {follow.phone}"

    def all(self) -> None:
        self.verdict.texts += len(self.texts)
        _accounts(self.verdict, self.rows, self.texts, self.who, now=self.days.clock.now())
        for alert in self.alerts:
            self._is_true(alert)
        for text in self.silences:
            self._is_silence(text)
        self._told_once()
        confirmation = next((row for row in self.rows if row["kind"] == "tracked"), None)
        if confirmation is None:
            self._never_followed()
            return
        self.since = self.begins = datetime.fromisoformat(confirmation["created_at"])
        over = self.leg.seen[-1].at if self.leg.seen else self.begins
        if self._always_reachable(self.begins, over) and self.follow.unsubscribed_at is None:
            taken = [text for text in self.texts if text.message.kind == "tracked"]  # again when one is lost
            self.verdict.owes("confirmation", bool(taken) and not set_of(taken[:-1]) & set_of(self.heard), self.who)
        for started in (start for _, start in self.days.stops.get(self.follow.phone, []) if start):
            self.since = max(self.since, started)
        if self.follow.unsubscribed_at or not self._always_reachable(self.since, over):
            return  # what is owed to them is that nothing forbidden reached them
        facts = (self._cancellation, self._times, self._gate, self._diversion, self._take_off, self._end, self._belt)
        for owed in (*facts, self._journey, self._silence):
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

    def _is_of_a_moment(self, message: Message) -> bool:
        asked = "SELECT 1 FROM journal WHERE step = 'moment' AND subscription_id = ? AND at = ?"
        return bool(self.days.rows(asked, self.follow.subscription_id, plain(message.created_at)))

    def _is_true(self, alert: Taken) -> None:
        """An alert says what the last poll was shown, of the right flight, to somebody who follows it.

        It comes with that poll, or with a moment.
        """
        message = alert.message
        looks = [seen for seen in self.leg.seen if seen.at <= message.created_at]
        is_fresh = bool(looks) and (looks[-1].at == message.created_at or self._is_of_a_moment(message))
        seen = looks[-1] if is_fresh else None
        gone = self.follow.unsubscribed_at
        if seen is None or self.leg.iata not in message.body or (gone and message.created_at > gone):
            self.verdict.wrong(f"{message.kind} from nowhere: {self.who}")
            return
        gates = gates_of(looks) or (self._known("gate_origin", message.created_at),)  # all blank since it was confirmed
        truth = {**facts_of(seen.truth), "gate_origin": gates}
        false = [name for name, value in message.tells.items() if name in truth and value not in truth[name]]
        gate = "" if seen.blank else seen.truth.gate_origin or ""  # a blank shows no gate: the one before is kept
        words = {"cancelled": "CANCELLED", "gate_change": gate, "diverted": "DIVERTED", "ends": "ends at"}
        if false or words.get(message.kind, "") not in message.body:
            self.verdict.wrong(f"{message.kind} tells a false {false}: {self.who}: {message.body}")

    def _is_silence(self, text: Taken) -> None:
        """Nothing had been seen for so long, nor told to a new follower, of a flight that people wait for."""
        at, body = text.message.created_at, text.message.body
        confirmed = [datetime.fromisoformat(row["created_at"]) for row in self.rows if row["kind"] == "tracked"]
        words = [word for word in (*(seen.at for seen in self.leg.seen), *confirmed) if word <= at]
        if not words or at - max(words) < SILENT or not is_awaited(self.leg.truth(max(words)), at):
            self.verdict.wrong(f"there was word at {max(words, default=None)}: {self.who}, {at}: {body}")
        if f"No word on {self.leg.iata} " not in body:
            self.verdict.wrong(f"that there is no word, in other words: {self.who}: {body}")

    def _told_once(self) -> None:
        heard = [text.message for text in self.heard if text.message.dedup_key.startswith(("alert:", "stale:"))]
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
        departed = [message for message in heard if message.kind == "departed"]
        if self.follow.role is Role.TRAVELER and departed and not self._was_left_behind(departed[0].created_at):
            self.verdict.wrong(f"departed for a traveler: {self.who}")

    def _was_left_behind(self, at: datetime) -> bool:
        """Who is on board needs no word that it left; only who was told a later departure is not."""
        before = [text.message.tells for text in self.heard if text.message.created_at < at]
        told = [str(tells["departure"]) for tells in before if tells.get("departure")]
        left = self.leg.truth(at).departure.best
        return bool(told) and left is not None and datetime.fromisoformat(told[-1]) - left >= NOISE

    # What is owed

    def _known(self, fact: str, by: datetime) -> Any:
        told = [(text.at, text.message.tells[fact]) for text in self.heard if fact in text.message.tells]
        listed = f"{self.follow.subscription_id}.{fact}"  # as a list tells it
        replies = [text for text in self.days.texts.get(None, []) if text.fate is S.DELIVERED]
        told += [(text.at, text.message.tells[listed]) for text in replies if listed in text.message.tells]
        before = [(at, value) for at, value in told if at <= by]
        return max(before, key=lambda one: one[0])[1] if before else None

    def _shown(self, value: Callable[[Seen], object], seen: Sequence[Seen]) -> tuple[object, bool]:
        """The value shown last, and whether it was shown for long enough, in a time fit for texts, to be owed."""
        if not seen:
            return None, False
        last = value(seen[-1])
        run = len(seen)
        while run and value(seen[run - 1]) == last:
            run -= 1
        start, end = max(seen[run].at, self.since), seen[-1].at
        for rough, calm in self.days.rough:
            if rough < end and calm > start - 15 * MINUTE:
                start = max(start, calm + 5 * MINUTE)
        for text, rest in self._lost():
            start = max(start, text.at + rest)
        shown = [look.at for look in seen if look.at >= start]
        lately = sum(end - 80 * MINUTE < text.at <= end for text in self.alerts)
        return last, len(shown) >= LOOKS and shown[-1] - shown[0] >= ENOUGH and lately < MOST_AN_HOUR

    def _lost(self) -> Iterator[tuple[Taken, timedelta]]:
        """Each text that never arrived, and how long it takes at most until its news is said again."""
        in_a_row = 0
        for text in self.texts:
            in_a_row = 0 if text in self.heard else in_a_row + 1
            if in_a_row:
                yield text, 4 * MINUTE + RESTS[min(in_a_row, len(RESTS)) - 1]

    def _clear(self, value: Callable[[Flight], bool]) -> list[Seen]:
        return [seen for seen in self.leg.seen if value(seen.truth) and not seen.blank]

    def _cancellation(self) -> None:
        last, owed = self._shown(lambda seen: seen.truth.cancelled, self._clear(lambda _: True))
        if owed:
            told = bool(self._known("cancelled", NEVER))
            self.verdict.owes("cancelled" if last else "flies", told == last, self.who)

    def _times(self) -> None:
        fact, over = ("arrival", "on") if self.follow.role is Role.MEETER else ("departure", "out")
        ahead = self._clear(lambda flight: getattr(flight, over).actual is None and not flight.cancelled)
        if self.leg.seen and (self.leg.seen[-1].truth.cancelled or self.leg.seen[-1].truth.diverted):
            return
        last, owed = self._shown(lambda seen: getattr(seen.truth, fact).best, ahead)
        if not owed or not isinstance(last, datetime):
            return
        told = self._known(fact, ahead[-1].at + MINUTE)
        ticket = getattr(ahead[-1].truth, fact).scheduled  # what they go by whose confirmation was lost on the way
        off = abs((datetime.fromisoformat(told) if told else ticket) - last)
        kept = off < BIG_MOVE if self.follow.role is Role.WATCHER else off <= NOISE
        self.verdict.owes(fact, kept, f"{self.who}: {told} for {last}")

    def _gate(self) -> None:
        """Where it leaves from; and where AeroAPI left that out for long, that it was no longer shown."""
        if self.follow.role is not Role.TRAVELER or self.leg.seen[-1].truth.cancelled:
            return
        ahead = [
            seen
            for seen in self.leg.seen
            if seen.truth.out.actual is None and not seen.truth.cancelled
            if seen.truth.departure.best and seen.truth.departure.best - seen.at <= NEAR
        ]
        blanks = [nth for nth, (seen, then) in enumerate(pairwise(ahead), 1) if seen.blank and not then.blank]
        for nth in {*blanks, len(ahead)}:
            last, owed = self._shown(lambda seen: "" if seen.blank else seen.truth.gate_origin or "", ahead[:nth])
            told = self._known("gate_origin", ahead[nth - 1].at + MINUTE) if owed else None
            if owed and (last or told is not None):
                self.verdict.owes("gate" if last else "no gate", told == last, f"{self.who}: {told} for {last}")

    def _diversion(self) -> None:
        away = self._clear(lambda flight: flight.diverted)
        last, owed = self._shown(lambda seen: seen.truth.diverted_to and seen.truth.diverted_to.code, away)
        if owed:
            told = self._known("diverted_to", away[-1].at + MINUTE)
            self.verdict.owes("diverted", told == last, self.who)

    def _end(self) -> None:
        """Who sits in it sees that it is down: they are owed where their bags are, or where they are."""
        down = self._clear(lambda flight: flight.on.actual is not None)
        on_board = self.follow.role is Role.TRAVELER and bool(down) and not down[0].truth.diverted
        if not on_board and self._in_time(down, lambda flight: flight.on.actual):
            told = self._known("phase", down[-1].at + 30 * MINUTE)
            self.verdict.owes("landed", told in ("on", "in"), self.who)

    def _belt(self) -> None:
        down = self._clear(lambda flight: flight.on.actual is not None)
        last, owed = self._shown(lambda seen: seen.truth.baggage_claim, down)
        if owed and last and self.follow.role is Role.TRAVELER:  # a meeter reads it where a text says it anyway
            told = self._known("baggage_claim", down[-1].at + MINUTE)
            self.verdict.owes("belt", told == last, f"{self.who}: {told} for {last}")

    def _take_off(self) -> None:
        flying = self._clear(lambda flight: flight.off.actual is not None and flight.on.actual is None)
        if self.follow.role is not Role.TRAVELER and self._in_time(flying, lambda flight: flight.off.actual):
            told = any(
                text.message.kind in ("departed", "diverted") or text.message.tells.get("phase") for text in self.heard
            )
            self.verdict.owes("departed", told, self.who)

    def _journey(self) -> None:
        """It came down elsewhere, and nothing flies on from there."""
        down = self._clear(lambda flight: flight.diverted and flight.on.actual is not None)
        over = [seen for seen in down if (on := seen.truth.on.actual) and seen.at - on >= ENDS]
        _, owed = self._shown(lambda _: True, over)
        if owed:
            self.verdict.owes("ends", bool(self._known("ends", NEVER)), self.who)

    def _silence(self) -> None:
        """Where nothing was seen for long, people who wait for word were told; and were told when it was over."""
        for before, after in pairwise(self.leg.seen):
            if self.since <= before.at and self._was_blind(before, after):
                told = any(before.at + SILENT <= text.message.created_at <= after.at for text in self.silences)
                known = bool(self._known("stale", before.at))
                self.verdict.owes("no word", told or known, f"{self.who}: {before.at:%d %H:%M}")
        again = [seen for seen in self.leg.seen if self.silences and seen.at > self.silences[-1].at]
        _, owed = self._shown(lambda _: True, again)
        if owed:
            self.verdict.owes("word again", not self._known("stale", NEVER), self.who)

    def _was_blind(self, before: Seen, after: Seen) -> bool:
        """Whether between those looks others were made in vain, late enough for people who wait to be told.

        At a cancelled flight nobody looks so often.
        """
        due, surely = before.at + SILENT, before.at + SILENT_SURELY
        spans = (*self.days.blind, *self.leg.hidden)
        blind = after.at > surely and any(start < due and end > surely for start, end in spans)
        awake = not any(start < surely and end > before.at for start, end in self.days.rough)
        return blind and awake and not before.truth.cancelled and is_awaited(before.truth, due)

    def _in_time(self, seen: Sequence[Seen], when: Callable[[Flight], datetime | None]) -> bool:
        """Whether it was first shown while it was news, to somebody who could hear of it then."""
        if not seen:
            return False
        first, happened = seen[0].at, when(seen[0].truth)
        late = happened is None or first - happened > timedelta(hours=1)
        rough = any(start < first + 20 * MINUTE and end > first - 5 * MINUTE for start, end in self.days.rough)
        lately = sum(first - 80 * MINUTE < text.at < first for text in self.alerts) >= MOST_AN_HOUR
        return not (late or rough or lately or self.missed or first < self.since)


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
