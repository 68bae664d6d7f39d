"""Tries to have what Twilio reports of a text end in the wrong state, be lost, or be acted upon twice.

Each history is a text of its own and a handful of reports about it, as Twilio might make them: several times, in any
order, before its own answer was stored, after a time-out, about two copies; amid reports that concern nobody here. It
is posted to the real routes, sometimes from both their threads at once, and once more sorted and without repeats. Both
must come out as a pure model says, with one line in the journal for each report, one look-up at most for a text that
was lost, and one end of consent at most for a number.
"""

import logging
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

from flait.adapters.twilio.statuses import TWILIO_STATUSES
from flait.core.messages import UNTOLD, Message, MessageStatus
from flait.core.receipts import Receipt
from flait.core.subscriptions import User
from flait.core.values import replace
from flait.flows import receipts
from flait.store import Store
from tests.adapters import twilio_posts
from tests.adapters.twilio_posts import Post, signed, status_fields
from tests.doors.webhook_talk import Site
from tests.end_to_end.rig import AUTH_TOKEN
from tests.flows.test_intake import phone_of
from tests.store.samples import HOUR, NOW, active, flight, message
from tests.torture.door import Door, door_of, site_below
from tests.torture.score import Score, Size

S = MessageStatus
REMARKS: Final = 8
FURTHER: Final = (  # the model's own table, and not the product's: each state is further than those before it
    S.SENDING, S.IN_DOUBT, S.QUEUED, S.ACCEPTED, S.SENT, S.CANCELED, S.FAILED, S.UNDELIVERED, S.DELIVERED, S.READ,
)  # fmt: skip
CODES: Final[Mapping[str, Sequence[int]]] = {
    "failed": (30008, 21610, 30006, 30007, 30034),
    "undelivered": (30003, 30005, 30008, 21610),
}
RETOLD: Final = frozenset({30003, 30005, 30008, 0})  # the others would only fail again
OPTED_OUT: Final = 21610
OWN: Final = ("stored", "in doubt", "put back", "sent again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One report: whose sid (0, or 1 for a second copy), Twilio's word, and the code that comes with it."""

    copy: int
    word: str
    code: int = 0

    @property
    def status(self) -> MessageStatus:
        return TWILIO_STATUSES[self.word]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happens to one text. `own` is what Flait itself does about it, after so many of the reports."""

    told: Sequence[Told]
    own: str
    own_after: int
    together: bool = False  # both threads at once

    def plain(self) -> "History":
        """Sorted, and each once."""
        unique = sorted(set(self.told), key=lambda told: (told.copy, FURTHER.index(told.status), told.word))
        return replace(self, told=unique, own_after=0, together=False)


class Watched(Store):
    """Counts for each flight how often its next poll was brought forward."""

    hastened: Counter[int]
    counting: Lock

    def hasten(self, flight_id: int, now: datetime) -> None:
        with self.counting:
            self.hastened[flight_id] += 1
        super().hasten(flight_id, now)


class WatchedSite(Site):
    """Whose threads all work on such a store."""

    def __init__(self, folder: Path, credentials: Path | None = None, token: str = AUTH_TOKEN, /) -> None:
        super().__init__(folder, credentials, token)
        self.hastened: Counter[int] = Counter()
        self._counting = Lock()

    def store(self) -> Store:
        store: Watched | None = getattr(self._mine, "store", None)
        if store is None:
            store = self._mine.store = Watched.open(self.paths.database)
            store._conn.execute("PRAGMA synchronous = OFF")  # no power is cut here
            store.hastened, store.counting = self.hastened, self._counting
        return store


@dataclass
class Trial:
    """One text, and what is wrong with what became of it."""

    history: History
    number: int
    text: Message
    sids: tuple[str, str]
    lost: list[str] = field(default_factory=list)
    dup: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def run(folder: Path, size: Size) -> Score:
    """Every history twice: as it came, and sorted."""
    logging.getLogger("flait").addHandler(logging.NullHandler())  # every failure is wanted here
    score = Score(campaign="receipts")
    site = site_below(folder, WatchedSite)
    with door_of(site) as door:
        for seed in range(size.of(cut=60, full=750)):
            history = _history(random.Random(seed))
            for number, copy in ((2 * seed, history), (2 * seed + 1, history.plain())):
                score += _counted(_tried(site, door, copy, number), seed)
    return replace(score, remarks=score.remarks[:REMARKS])


def _counted(trial: Trial, seed: int) -> Score:
    problems = [*trial.lost, *trial.dup, *trial.wrong]
    remark = f"history {seed} {'sorted' if trial.number % 2 else 'as it came'}: {'; '.join(problems)}; {trial.history}"
    return Score(
        campaign="receipts",
        expected=1,
        ok=not problems,
        lost=len(trial.lost),
        dup=len(trial.dup),
        unexpected=len(trial.wrong),
        remarks=(remark,) if problems else (),
    )


def _history(chance: random.Random) -> History:
    own = chance.choice(OWN)
    told: list[Told] = []
    for copy in range(2 if own == "sent again" else 1):
        for word in chance.sample(sorted(TWILIO_STATUSES), chance.randint(1, 6)):
            one = Told(copy=copy, word=word, code=chance.choice(CODES.get(word, (0,))))
            told += [one] * chance.choice([1, 1, 2, 3])
    chance.shuffle(told)
    together = chance.random() < 0.3
    own_after = chance.choice([0, chance.randint(0, len(told))])
    return History(told=told, own=own, own_after=own_after, together=together)


# --- one text -------------------------------------------------------------------------------------------------------


def _tried(site: WatchedSite, door: Door, history: History, number: int) -> Trial:
    trial = _made(site, history, number)
    chance = random.Random(number)
    _tell(site, door, trial, history.told[: history.own_after], chance)
    _own(site.store(), trial)
    _tell(site, door, trial, history.told[history.own_after :], chance)
    _judge(site, trial)
    return trial


def _tell(site: WatchedSite, door: Door, trial: Trial, told: Sequence[Told], chance: random.Random) -> None:
    if trial.history.together:
        _post(door, trial, told)
    else:
        for one in told:
            _one(site, door, trial, one, chance)


def _made(site: WatchedSite, history: History, number: int) -> Trial:
    """A text on its way to somebody who follows a flight."""
    store = site.store()
    person = store.add_user(User(name=f"P{number}", phone=phone_of(number), created_at=NOW))
    watched = store.track(flight(1000 + number), next_poll_at=NOW + HOUR, now=NOW)
    subscription, _ = store.add_subscription(active(person.id, watched))
    about = {"subscription_id": subscription.id, "flight_id": watched.id, "to": person.phone}
    store.enqueue(message(person.id, f"text {number}", **about))
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed
    if history.own == "sent again":
        store.mark_in_doubt(claimed.id, attempt=1)
        store.mark_requeued(claimed.id, attempt=1, not_before=NOW)
        claimed = store.claim_due_message(NOW, "boot")
        assert claimed
    return Trial(history=history, number=number, text=claimed, sids=(f"SM{number:032x}", f"MM{number:032x}"))


def _own(store: Store, trial: Trial) -> None:
    """What the sender stores of its call."""
    text, sid = trial.text, trial.sids[trial.history.own == "sent again"]
    match trial.history.own:
        case "in doubt":
            store.mark_in_doubt(text.id, attempt=text.attempts, error="no answer")
        case "put back":
            store.mark_requeued(text.id, attempt=text.attempts, not_before=NOW + HOUR)
        case _:
            store.mark_accepted(text.id, attempt=text.attempts, sid=sid, now=NOW)


def _one(site: WatchedSite, door: Door, trial: Trial, told: Told, chance: random.Random) -> None:
    """One report, called in or asked for, and perhaps one that concerns nobody here; no state may go back."""
    before = _status(site, trial)
    asked_for = chance.random() < 0.1 and told.word == told.status.value and _stored(site, trial, told)
    if asked_for:  # as by the daemon, which knows a text by its sid
        receipt = Receipt(sid=trial.sids[told.copy], status=told.status, error_code=told.code or None)
        receipts.take(site.store(), receipt, told.word, site.clock.now())
    else:
        _post(door, trial, [told])
    after = _status(site, trial)
    if FURTHER.index(after) < FURTHER.index(before):
        trial.wrong.append(f"went back from {before} to {after}")
    if chance.random() < 0.3:
        _post_what_concerns_nobody(site, door, trial, told, chance)


def _status(site: WatchedSite, trial: Trial) -> MessageStatus:
    text = site.store().message(trial.text.id)
    assert text
    return text.status


def _stored(site: WatchedSite, trial: Trial, told: Told) -> bool:
    return site.store().message_by_sid(trial.sids[told.copy]) is not None


def _post(door: Door, trial: Trial, told: Sequence[Told]) -> None:
    given = door.post(*(_callback(trial, one) for one in told))
    if set(given) - {200}:
        trial.wrong.append(f"answered with {given}")


def _callback(trial: Trial, told: Told, *, query: str = "", **changes: str | None) -> Post:
    attempt = told.copy + 1 if trial.history.own == "sent again" else 1
    code = {"ErrorCode": str(told.code)} if told.code else {}
    sid = trial.sids[told.copy]
    fields = status_fields(told.word, **{"MessageSid": sid, "SmsSid": sid, "To": trial.text.to} | code | changes)
    return signed(f"/twilio/status?{query or f'm={trial.text.id}&a={attempt}'}", fields, token=AUTH_TOKEN)


def _post_what_concerns_nobody(site: WatchedSite, door: Door, trial: Trial, told: Told, chance: random.Random) -> None:
    """Another account's, another token's, an unknown text's, one for an attempt that was never made."""
    unknown = f"SM{chance.getrandbits(64) | 1 << 100:032x}"
    other: Sequence[tuple[Post, int]] = (
        (_callback(trial, told, AccountSid=f"AC{'f' * 32}"), 403),
        (replace(_callback(trial, told), signature=twilio_posts.text().signature), 403),
        (_callback(trial, told, query=f"m={10**6 + trial.number}&a=1", MessageSid=unknown), 200),
        (_callback(trial, told, query=f"m={trial.text.id}&a=3", MessageSid=unknown), 200),
        (_callback(trial, told, query="m=&a=", MessageSid=unknown), 200),
    )
    post, expected = chance.choice(other)
    before = _everything_about(site, trial)
    if door.post(post) != [expected] or _everything_about(site, trial) != before:
        trial.wrong.append(f"{post!r} was not what concerns nobody")


def _everything_about(site: WatchedSite, trial: Trial) -> object:
    rows = site.store()._rows
    return (
        rows("SELECT * FROM messages WHERE id = :id", id=trial.text.id),
        rows("SELECT count(*) FROM receipts"),
        rows("SELECT count(*) FROM journal"),
        rows("SELECT count(*) FROM opt_outs"),
        site.hastened.total(),
    )


# --- the model ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a text must stand when all has been said, and what must have been done about it."""

    status: MessageStatus
    code: int | None
    delivered: bool
    read: bool
    opted_out: bool
    hastens: tuple[int, int]  # so often at least and at most


def _end(history: History, copy: int) -> End:
    """`copy` is whose sid the row has; of another one, a failure says nothing about it."""
    counting = [told for told in history.told if told.copy == copy or told.status not in UNTOLD]
    last = max(counting, key=lambda told: FURTHER.index(told.status))
    own = S.ACCEPTED if history.own in ("stored", "sent again") else S.SENDING
    status = max(last.status, own, key=FURTHER.index)
    ends = [told for told in counting if told.status in UNTOLD]
    retold = [told.code in RETOLD for told in ends]
    return End(
        status=status,
        code=last.code or None if status in UNTOLD else None,
        delivered=any(told.status in (S.DELIVERED, S.READ) for told in counting),
        read=any(told.status is S.READ for told in counting),
        opted_out=any(told.code == OPTED_OUT for told in history.told),
        hastens=(int(status in UNTOLD and all(retold)), int(any(retold))),
    )


def _judge(site: WatchedSite, trial: Trial) -> None:
    store = site.store()
    text = store.message(trial.text.id)
    assert text
    if text.sid not in trial.sids:
        trial.lost.append(f"no report was believed: {text.status}")
        return
    end = _end(trial.history, trial.sids.index(text.sid))
    if FURTHER.index(text.status) < FURTHER.index(end.status):
        trial.lost.append(f"{text.status} instead of {end.status}")
    is_ended = store._rows("SELECT ended_at FROM messages WHERE id = :id", id=text.id)[0]["ended_at"] is not None
    stands = (text.status, text.error_code, text.delivered_at is not None, text.read_at is not None, is_ended)
    if stands != (end.status, end.code, end.delivered, end.read, end.status in UNTOLD) or text.sent_at is None:
        trial.wrong.append(f"{stands} instead of {end}")
    _judge_record(store, trial)
    _judge_effects(store, trial, end, site.hastened[text.flight_id or 0])


def _judge_record(store: Store, trial: Trial) -> None:
    """Every report is kept once, and told once in the journal."""
    said = {(trial.sids[told.copy], told.word, told.code or None) for told in trial.history.told}
    kept = Counter((report.sid, report.status, report.error_code) for report in store.reports(trial.text.id))
    steps = Counter(step.outcome for step in store.steps(message_id=trial.text.id) if step.step == "receipt")
    if kept.total() > len(said) or steps.total() > len(said):
        trial.dup.append(f"kept {kept}, told {steps}")
    elif set(kept) != said or steps != Counter(word for _, word, _ in said):
        trial.lost.append(f"kept {kept}, told {steps}")


def _judge_effects(store: Store, trial: Trial, end: End, hastened: int) -> None:
    least, most = end.hastens
    changes = len(store.consent_changes(trial.text.to))
    if hastened > most or changes > end.opted_out:
        trial.dup.append(f"{hastened} look-ups and {changes} ends of consent")
    if hastened < least or changes < end.opted_out or store.is_opted_out(trial.text.to) is not end.opted_out:
        trial.lost.append(f"{hastened} look-ups and {changes} ends of consent")
