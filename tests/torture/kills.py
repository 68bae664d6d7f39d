"""SIGKILL at every point of a story, then again while the next process recovers: every text is taken exactly once.

The story is told once without a death, which says what everybody is to hear and at how many points one may die. Then it
is told again for each of them: a process dies there, the next one recovers (and dies too, in a compound trial), and
another one carries on to the end.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event
from typing import Any, Final

from flait.core.idents import parse_ident
from flait.core.inbound import Inbound
from flait.core.messages import LOOK_AGAIN
from flait.core.values import replace
from flait.core.wanted import Wanted
from flait.daemon import Daemon
from flait.flows import intake, subscribe
from tests.core.flights_for_tests import F12, NOON, at_gate, hours, late, minutes, took_off
from tests.end_to_end.rig import ANA, BEN, CLEO, DAN, SENDER
from tests.flows.world import timetabled, wanted
from tests.torture.rig import Disk, MortalApp, Points, child, damage, in_memory, later
from tests.torture.score import Score, Size

SEED: Final = 20130308
MOST_ROUNDS: Final = 20  # of quiet minutes until everything has come to an end
B4 = replace(F12, gate_origin="B4")
DELAYED = late(minutes(50), B4)


# --- the story --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something happens outside at a moment, with AeroAPI showing a board; then Flait works until it has no more."""

    name: str
    at: timedelta  # after NOON
    do: Callable[[MortalApp], object] = lambda _: None
    show: Callable[[MortalApp], object] = lambda app: app.show(F12)


def asks(phone: str, **wish: Any) -> Callable[[MortalApp], object]:
    """A person is subscribed at the command line; whoever saw that command die runs it again."""

    def ask(app: MortalApp) -> object:
        who = subscribe.Person(phone=phone, consent="asked for it")
        wish_now: Wanted = wanted(asked_at=app.clock.now(), **wish)
        return subscribe.subscribe(app.store(), app.aero, app.clock, person=who, wanted=wish_now)

    return ask


def stops_following(phone: str) -> Callable[[MortalApp], object]:
    """A subscription is ended at the command line."""

    def stop(app: MortalApp) -> None:
        user = app.store().user_by_phone(phone)
        for subscription in app.store().live_for(user.id, str(parse_ident("UA1234"))) if user else ():
            subscribe.unsubscribe(app.store(), subscription, now=app.clock.now())

    return stop


def texts(sid: str, phone: str, body: str, *, called: bool) -> Callable[[MortalApp], object]:
    """A person texts. Twilio calls, and calls again when nobody answered; or it is only there to be read."""

    def say(app: MortalApp) -> None:
        said = app.ledger.lines("said")
        at = next((datetime.fromisoformat(line["at"]) for line in said if line["sid"] == sid), app.clock.now())
        if not any(line["sid"] == sid for line in said):
            app.ledger.note("said", sid=sid, sender=phone, body=body, at=at.isoformat())
        if called:
            text = Inbound(sid=sid, sender=phone, to=SENDER, body=body)
            intake.take_in(app.store(), text, now=app.clock.now(), keyword_owner="flait")

    return say


def news(app: MortalApp) -> None:
    """FlightAware calls: every flight is looked up now."""
    for view in app.store().flight_views():
        app.store().hasten(view.tracked.id, app.clock.now())


def sid(number: int) -> str:
    """Of a text that comes in."""
    return f"SM{0xF000 + number:032x}"


STORY: Final = (
    Act(name="Ana subscribes", at=minutes(0), do=asks(ANA)),
    Act(name="Ben subscribes", at=minutes(10), do=asks(BEN)),
    Act(
        name="Cleo subscribes for next week",
        at=minutes(20),
        do=asks(CLEO, on="2025-12-02"),
        show=lambda app: app.show(timetable=[timetabled()]),
    ),
    Act(name="Dan subscribes in an outage", at=minutes(30), do=asks(DAN), show=lambda app: app.show(outage=True)),
    Act(name="the outage is over", at=minutes(40)),
    Act(name="the gate changes", at=minutes(50), do=news, show=lambda app: app.show(B4)),
    Act(
        name="Ana texts STATUS",
        at=minutes(60),
        do=texts(sid(1), ANA, "STATUS", called=True),
        show=lambda app: app.show(B4),
    ),
    Act(
        name="Ben texts STOP",
        at=minutes(70),
        do=texts(sid(2), BEN, "please stop texting me", called=False),
        show=lambda app: app.show(B4),
    ),
    Act(
        name="Cleo texts TRACK",
        at=minutes(80),
        do=texts(sid(3), CLEO, "TRACK UA1234", called=True),
        show=lambda app: app.show(B4),
    ),
    Act(name="it is late", at=minutes(90), do=news, show=lambda app: app.show(DELAYED)),
    Act(name="it is still late", at=minutes(100), do=news, show=lambda app: app.show(DELAYED)),
    Act(name="Dan is unsubscribed", at=minutes(110), do=stops_following(DAN), show=lambda app: app.show(DELAYED)),
    Act(name="it takes off", at=hours(3.2), do=news, show=lambda app: app.show(took_off(DELAYED))),
    Act(name="it is at the gate", at=hours(8.4), do=news, show=lambda app: app.show(at_gate(DELAYED))),
)


def tell(disk: Disk, *, first: int, last: int, boot: str, dies_at: int = 0) -> None:
    """In a child: be the next daemon, and carry the story on from wherever the last one left it."""
    points = Points(disk.ledger, dies_at)
    app = MortalApp(disk.home, disk.ledger, points)
    points.watch_commits()
    points.doing = "opening"
    app.store()
    daemon = Daemon(app, Event())
    daemon.boot = boot
    points.doing = "recovering"
    if disk.ledger.lines("killed"):
        later(app, timedelta(seconds=5))
    daemon.recover()
    daemon.beat()
    for act in STORY[first : last + 1]:
        play(app, daemon, act)
    app.store().close()
    disk.ledger.note("survived", points=points.names)


def play(app: MortalApp, daemon: Daemon, act: Act) -> None:
    """One act, and Flait's work after it; what is over already is left out."""
    app.points.doing = act.name
    app.until(NOON + act.at)
    act.show(app)
    if act.name not in {line["act"] for line in app.ledger.lines("done")}:
        act.do(app)
        app.ledger.note("done", act=act.name)
    if act.name not in {line["act"] for line in app.ledger.lines("calm")}:
        work_until_calm(app, daemon)
        app.ledger.note("calm", act=act.name)


def work_until_calm(app: MortalApp, daemon: Daemon) -> None:
    """What the metronome does, minute by minute, until nothing is under way or due any more."""
    ticks = (daemon.fetch, daemon.answer_all, daemon.activate, daemon.poll_all, daemon.deliver, daemon.settle)
    for _ in range(MOST_ROUNDS):
        for tick in (*ticks, daemon.receipts):
            while tick():
                pass
        if not restless(app):
            return
        later(app, LOOK_AGAIN)
    app.ledger.note("raised", what="it does not come to rest")


UNDER_WAY: Final = """
SELECT 'texts' AS what FROM messages WHERE status IN ('queued', 'sending', 'in_doubt')
UNION ALL SELECT 'unanswered' FROM inbound WHERE answered_at IS NULL
UNION ALL SELECT 'claims' FROM flights WHERE claimed_by IS NOT NULL
UNION ALL SELECT 'polls' FROM flights WHERE next_poll_at <= :now
"""
PUT_OFF: Final = "SELECT 1 FROM flights WHERE failures > 0 AND closed_at IS NULL"  # after two deaths over one look
UNMET: Final = "SELECT 1 FROM subscriptions WHERE state = 'pending' AND departure_date IS NULL"


def restless(app: MortalApp) -> bool:
    """Whether anything is under way or due."""
    unmet = () if app.aero.outage else (*app.store()._rows(UNMET), *app.store()._rows(PUT_OFF))
    return bool(unmet or app.store()._rows(UNDER_WAY, now=app.clock.now()))


# --- what must be, whoever dies where ---------------------------------------------------------------------------

HALVES: Final = {
    # what is never there without the rest of it → rows that are
    "a person without a subscription": "SELECT 1 FROM users u WHERE NOT EXISTS "
    "(SELECT 1 FROM subscriptions s WHERE s.user_id = u.id)",
    "an active subscription that nobody confirmed": "SELECT 1 FROM subscriptions s WHERE s.state = 'active' "
    "AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.subscription_id = s.id)",
    "a subscription that the journal does not know": "SELECT 1 FROM subscriptions s WHERE NOT EXISTS "
    "(SELECT 1 FROM journal j WHERE j.subscription_id = s.id)",
    "a pending subscription that nobody carries on": "SELECT 1 FROM subscriptions "
    "WHERE state = 'pending' AND next_attempt_at IS NULL",
    "an active subscription to a flight that is not polled": "SELECT 1 FROM subscriptions s JOIN flights f "
    "ON f.id = s.flight_id WHERE s.state = 'active' AND f.next_poll_at IS NULL AND f.claimed_by IS NULL",
    "an open flight that nobody follows": "SELECT 1 FROM flights f WHERE f.closed_at IS NULL AND NOT EXISTS "
    "(SELECT 1 FROM subscriptions s WHERE s.flight_id = f.id AND s.state = 'active')",
    "an alert without its text": "SELECT 1 FROM alerts WHERE message_id IS NULL",
    "a text of an alert that was not decided": "SELECT 1 FROM messages m WHERE m.dedup_key LIKE 'alert:%' "
    "AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.message_id = m.id)",
    "an answered text without its answer": "SELECT 1 FROM inbound i WHERE i.answer IN ('status', 'track', 'stop') "
    'AND NOT EXISTS (SELECT 1 FROM messages m WHERE m."to" = i.sender AND m.created_at >= i.answered_at)',
    "a STOP that does not hold": "SELECT 1 FROM inbound i WHERE i.answer = 'stop' "
    "AND i.sender NOT IN (SELECT phone FROM opt_outs)",
}
UNFINISHED: Final = "SELECT id, status FROM messages WHERE status IN ('queued', 'sending', 'in_doubt')"
DOUBTED: Final = "SELECT DISTINCT message_id AS id FROM journal WHERE step = 'send' AND outcome = 'in_doubt'"
LOOKS: Final = "SELECT message_id AS id, at, outcome FROM journal WHERE outcome IN ('looked', 'requeued') ORDER BY id"


def halves(disk: Disk) -> list[str]:
    """What is there without the rest of it."""
    if not disk.rows("SELECT 1 FROM sqlite_schema WHERE name = 'inbound'"):
        return []  # it died before the tables were made
    return [what for what, sql in HALVES.items() if disk.rows(sql)]


def sent_too_soon(disk: Disk) -> list[int]:
    """Texts that were sent once more without two readings of Twilio's record, a minute apart."""
    looked: dict[int, datetime] = {}
    wrong = []
    for row in disk.rows(LOOKS):
        at = datetime.fromisoformat(row["at"])
        if row["outcome"] == "looked":
            looked.setdefault(row["id"], at)
        elif row["id"] not in looked or at - looked[row["id"]] < LOOK_AGAIN:
            wrong.append(row["id"])
    return wrong


AGE: Final = re.compile(r"Checked (just now|\d+ min ago).*")  # whoever has to recover first tells of an older look
Heard = Counter[tuple[str, str, str]]


def heard(lines: Sequence[dict[str, Any]]) -> Heard:
    """Who was told what, how often."""
    return Counter((line["to"], line["kind"], AGE.sub("", line["body"])) for line in lines)


@dataclass(slots=True)
class Told:
    """The story up to the end of one act, as it goes when nobody dies: what is there before, and what follows."""

    act: int
    before: dict[str, bytes]
    points: list[str]
    texts: Heard = field(default_factory=Counter)


def told_alive(disk: Disk) -> list[Told]:
    """Tell the story once, act by act. Raises RuntimeError when that alone does not go well."""
    disk.put_back({})
    acts: list[Told] = []
    for number in range(len(STORY)):
        before = disk.kept()
        code = child(lambda number=number: tell(disk, first=number, last=number, boot=f"boot {number}"), disk.ledger)  # type: ignore[misc]  # bound now
        survived = disk.ledger.lines("survived")
        if code or disk.ledger.lines("raised") or not survived:
            raise RuntimeError(f"act {STORY[number].name} ended with {code}: {disk.ledger.lines('raised')}")
        texts_so_far = heard(disk.ledger.lines("taken"))
        acts.append(Told(act=number, before=before, points=survived[-1]["points"], texts=texts_so_far))
    return acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Die at point `k` of an act; when `j` is not 0, again at the j-th point of what follows."""

    act: int
    k: int
    j: int = 0


class Sweep:
    """Trials on one disk, and what they came to."""

    def __init__(self, disk: Disk, acts: Sequence[Told]) -> None:
        self._disk = disk
        self._acts = acts
        self.died_at: set[tuple[int, int]] = set()
        self.kills = self.trials = 0

    def run(self, trial: Trial, *, to_the_end: bool) -> Score:
        """One trial; its counts."""
        told = self._acts[trial.act]
        last = len(self._acts) - 1 if to_the_end else trial.act
        self._disk.put_back(told.before)
        wrong: list[str] = []
        for number, dies_at in enumerate((trial.k, trial.j) if trial.j else (trial.k,), 1):
            code = self._life(trial, last, number, dies_at)
            if code == -9:
                wrong += [f"half: {what}" for what in halves(self._disk)]
                if number == 1:
                    self.died_at.add((trial.act, trial.k))
        if code:  # whoever lived to the end needs nobody after it
            code = self._life(trial, last, 3, 0)
        self.trials += 1
        return self._judged(trial, code, wrong, expected=self._acts[last].texts)

    def _life(self, trial: Trial, last: int, number: int, dies_at: int) -> int:
        boot = f"life {number}"
        disk = self._disk
        return child(lambda: tell(disk, first=trial.act, last=last, boot=boot, dies_at=dies_at), disk.ledger)

    def _judged(self, trial: Trial, code: int, wrong: list[str], *, expected: Heard) -> Score:
        ledger = self._disk.ledger
        texts = heard(ledger.lines("taken"))
        twice = {key for key, times in texts.items() if times > expected[key] > 0}
        lost = {key for key, times in expected.items() if texts[key] < times}
        died = [line["point"] for line in ledger.lines("killed")]
        self.kills += len(died)
        unfinished = {row["id"] for row in self._disk.rows(UNFINISHED)}
        doubted = {row["id"] for row in self._disk.rows(DOUBTED)}
        halved = wrong + [f"half: {what}" for what in halves(self._disk)]
        unexpected = [
            *(f"ended with {code}" for _ in range(code != 0)),
            *(line["what"] for line in ledger.lines("raised")),
            *damage(self._disk),
            *(f"text {number} went again too soon" for number in sent_too_soon(self._disk)),
            *(f"text {number} has no end" for number in unfinished - doubted),
            *(f"nobody was to hear {key[2]!r}" for key in texts if not expected[key]),
        ]
        everything = [*halved, *unexpected]
        everything += [f"twice: {key[2]!r}" for key in twice] + [f"lost: {key[2]!r}" for key in lost]
        return Score(
            campaign="kills",
            expected=expected.total(),
            ok=sum(min(times, texts[key]) for key, times in expected.items() if key not in twice),
            lost=len(lost),
            dup=len(twice),
            unexpected=len(unexpected),
            halfstates=len(halved),
            in_doubt=len(doubted),
            resolved=len(doubted - unfinished),
            remarks=tuple(f"{trial} died at {died}: {what}" for what in everything[:2]),
        )


# --- the campaign -----------------------------------------------------------------------------------------------

MOST_REMARKS: Final = 8


def singles(acts: Sequence[Told]) -> list[Trial]:
    """A death at every point there is."""
    return [Trial(act=told.act, k=k) for told in acts for k in range(1, len(told.points) + 1)]


def around_posts(acts: Sequence[Told]) -> list[Trial]:
    """A death before and after every post."""
    return [trial for trial in singles(acts) if acts[trial.act].points[trial.k - 1].endswith("a post")]


def compounds(acts: Sequence[Told], random: Random, count: int) -> Iterator[Trial]:
    """Two deaths; the first at every point in turn, the second somewhere in what follows, often early in it."""
    every = singles(acts)
    random.shuffle(every)
    for number in range(count):
        trial = every[number % len(every)]
        left = len(acts[trial.act].points) - trial.k + 8
        yield replace(trial, j=random.randint(1, min(left, random.choice([8, left]))))


def run(folder: Path, size: Size) -> Score:
    """Every point once and then pairs of them, in memory; some again on the real disk."""
    random = Random(SEED)
    with in_memory(folder) as memory:
        disk = Disk(memory)
        acts = told_alive(disk)
        every = singles(acts)
        asked = every if size is Size.FULL else some_of(every, acts, random)
        twice = list(compounds(acts, random, size.of(cut=10, full=max(250, 1000 - len(asked)))))
        swept, total = swept_all(Sweep(disk, acts), [*asked, *twice], size)
    on_disk = random.sample([*every, *compounds(acts, random, len(every))], size.of(cut=2, full=200))
    real, on_real = swept_all(Sweep(Disk(folder), acts), on_disk, size)
    points = f"points {len(swept.died_at & {(trial.act, trial.k) for trial in every})}/{len(every)}"
    said = (
        f"{points}: before and after every commit and every call to the outside, in {len(acts)} acts",
        f"{swept.trials} trials in memory with {swept.kills} kills, {real.trials} on the disk with {real.kills}",
    )
    whole = total + on_real
    return replace(whole, remarks=(*said, *whole.remarks[:MOST_REMARKS]))


def some_of(every: Sequence[Trial], acts: Sequence[Told], random: Random) -> list[Trial]:
    """Around every post, where a text may be lost or go twice; and a few of the others."""
    posts = around_posts(acts)
    others = [trial for trial in every if trial not in posts]
    return [*random.sample(posts, min(12, len(posts))), *random.sample(others, 8)]


def swept_all(sweep: Sweep, trials: Sequence[Trial], size: Size) -> tuple[Sweep, Score]:
    """All these trials, every fourth told to the very end of the story."""
    total = Score(campaign="kills")
    for number, trial in enumerate(trials):
        total += sweep.run(trial, to_the_end=number % 4 == 0)
    return sweep, total
