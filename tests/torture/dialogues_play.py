"""Plays one random dialogue after another through the real store and flows, and notes each text with its answers.

People follow, end, mute, undo and ask, at once or hours before they are heard: the daemon slept, or Twilio's call was
missed. What comes of it is plain data: a turn for each text, with what was stored before and after it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from flait.core.flights import Flight
from flait.core.inbound import Inbound
from flait.core.messages import Message
from flait.core.subscriptions import LIVE, SubscriptionState
from flait.errors import FlaitError
from flait.flows import intake, telling, track, upkeep
from flait.flows.answer import AnswerRules, Looks, answer_looked, answer_next
from flait.store import SubscriptionView
from tests.core.flights_for_tests import utc
from tests.flows.world import PHONES, FixedClock, World
from tests.torture.dialogues_sky import DAY, HOUR, LINES, MINUTE, ZONES, Sky
from tests.torture.dialogues_talk import Said, Speaker, scene
from tests.torture.rig import alone, emptied

ANA, BEN = PHONES[0], PHONES[1]
RULES: Final = AnswerRules(zone_of=ZONES.get)
TURNS: Final = 24
STARTS: Final = (  # an ordinary week, the night on which an hour comes twice, the one without it, the turn of the year
    "2025-11-24 16:00", "2025-11-24 16:00", "2025-11-24 16:00", "2025-11-02 06:30", "2026-03-08 03:00",
    "2025-12-31 12:00",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Followed:
    """A flight that somebody follows, as it is stored."""

    id: int
    ident: str
    wish: str
    on: date | None
    origin: str | None
    destination: str | None
    leaves_at: str | None
    asked_at: datetime
    muted_until: datetime | None
    flight: Flight | None


@dataclass(frozen=True, slots=True)
class State:
    """What is stored of one person at a moment. `over` is what they followed to its end."""

    live: tuple[Followed, ...] = ()
    muted_until: datetime | None = None
    over: tuple[Followed, ...] = ()


@dataclass(kw_only=True)
class Turn:
    """One text: what it said and meant, when it was written and when it was read, and what came of it."""

    who: str
    said: Said
    written: datetime
    read: datetime
    word: str = ""
    before: State = State()
    after: State = State()
    others: tuple[Followed, ...] = ()  # what everybody else follows when it is read
    texts: list[Message] = field(default_factory=list)
    missed: bool = False

    @property
    def bodies(self) -> list[str]:
        """What they read."""
        return [text.body for text in self.texts]


@dataclass(kw_only=True)
class Dialogue:
    """What was played. `ended` is when the watch of a flight was over, by the id of its subscription."""

    seed: int
    turns: list[Turn] = field(default_factory=list)
    ended: dict[int, datetime] = field(default_factory=dict)
    sky: Sky
    trouble: str = ""


class Stage:
    """One database for many dialogues; each begins with it empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store = alone(path)
        self._tables = emptied(self._store)

    def close(self) -> None:
        """Leave nothing open."""
        self._store.close()

    def play(self, seed: int) -> Dialogue:
        """From the first flight followed to the last text."""
        self._clear()
        play = _Play(World(path=self._path, store=self._store, clock=FixedClock(utc("2025-01-01 00:00"))), seed)
        try:
            play.run()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the verdict says it
            play.dialogue.trouble = f"{type(fault).__name__}: {fault}"
        return play.dialogue

    def _clear(self) -> None:
        conn = self._store._conn
        conn.execute("PRAGMA foreign_keys = OFF")
        with self._store.transaction():
            for name in (*self._tables, "sqlite_sequence"):
                conn.execute(f'DELETE FROM "{name}"')
        conn.execute("PRAGMA foreign_keys = ON")


class _Play:
    def __init__(self, world: World, seed: int) -> None:
        self.rng = rng = Random(seed)
        self.world = world
        world.clock.moment = utc(rng.choice(STARTS)) + rng.uniform(0, 6) * HOUR
        self.sky = Sky(rng, world.clock, world.clock.now().date() - DAY, 6)
        world.source = self.sky  # type: ignore[assignment]  # as much of AeroAPI as is asked for
        self.dialogue = Dialogue(seed=seed, sky=self.sky)
        self.speakers = {phone: Speaker(rng, phone) for phone in (ANA, BEN)}
        self.heard: dict[str, Turn] = {}
        self._fetched = False

    def run(self) -> None:
        """Two people, who follow something already, and text for a while."""
        for number in (0, 0, 0, 1):
            line, ahead = self.rng.choice(LINES), self.rng.randrange(4)
            on = (self.now + ahead * DAY).astimezone(line.origin.zone).date()
            try:
                self.world.subscribe(number, line.number, on.isoformat())
            except FlaitError:  # two of that number on that day, or gone already: they ask for it themselves
                self.world.subscribe(number, "UA1234", "in 2 days")
        self.world.deliver()
        while len(self.dialogue.turns) < TURNS:
            self.rng.choices((self.promptly, self.asleep, self.missed, self.scene), (8, 2, 1, 2))[0]()

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    # --- ways to be heard --------------------------------------------------------------------------------------------

    def promptly(self) -> None:
        """One text, heard at once; the flights are looked at meanwhile."""
        self.watch_for(self.gap())
        self.take(self.say(self.someone()))
        self.answer()

    def scene(self) -> None:
        """Texts that go together, one soon after the other."""
        who = self.someone()
        for whose, way in scene(self.rng, self.state(who).live):
            self.watch_for(self.rng.uniform(2.1, 3.2) * MINUTE)
            speaker = whose or who
            said = way(self.speakers[speaker], self.now, self.state(speaker).live)
            if said:
                self.take(Turn(who=speaker, said=said, written=self.now, read=self.now))
                self.answer()

    def asleep(self) -> None:
        """The daemon is down while they text; it reads them all when it is up again."""
        who = self.someone()
        self.watch_for(self.gap())
        written = []
        for _ in range(self.rng.randint(1, 3)):
            self.world.clock.advance(self.rng.uniform(3, 40) * MINUTE)
            written.append(self.say(who))
        self.world.clock.advance(self.rng.choice((5 * MINUTE, HOUR, 8 * HOUR, 20 * HOUR)))
        self.world.restart()
        if self.rng.random() < 0.5:
            upkeep.prune(self.world.store, self.world.clock, keep=60 * DAY, keep_raw=DAY)
        if self.rng.random() < 0.5:
            self.look()
        for turn in written:
            self.take(turn)
        self.answer()

    def missed(self) -> None:
        """Twilio's call is missed; later ones come in, and that text is found on the list."""
        who = self.someone()
        self.watch_for(self.gap())
        late = self.say(who)
        late.missed = True
        for _ in range(self.rng.randint(1, 2)):
            self.watch_for(self.rng.uniform(3, 9) * MINUTE)
            self.take(self.say(who))
            self.answer()
        self.watch_for(self.rng.uniform(5, 50) * MINUTE)
        self.fetch(late)
        self.answer()

    def gap(self) -> timedelta:
        few, some, many = (
            self.rng.uniform(3, 9) * MINUTE,
            self.rng.uniform(10, 60) * MINUTE,
            self.rng.uniform(1, 9) * HOUR,
        )
        return self.rng.choices((few, some, many), (6, 3, 1))[0]

    def someone(self) -> str:
        return self.rng.choices((ANA, BEN), (4, 1))[0]

    def say(self, who: str) -> Turn:
        """They write, now."""
        said = self.speakers[who].speak(self.now, self.state(who).live)
        return Turn(who=who, said=said, written=self.now, read=self.now)

    def take(self, turn: Turn) -> None:
        """It comes in, by Twilio's call or with its list: then the list says when it was written."""
        self._take(turn, listed=turn.written != self.now)

    def _take(self, turn: Turn, *, listed: bool) -> None:
        text = self._inbound(turn)
        if not listed:
            text = Inbound(sid=text.sid, sender=text.sender, to=text.to, body=text.body)
        intake.take_in(self.world.store, text, now=self.now, keyword_owner="flait")
        turn.read = self.now

    def fetch(self, late: Turn) -> None:
        """Twilio's list has all of them."""
        self._inbound(late)
        listed = sorted(self.heard.items(), key=lambda one: one[1].written)
        self.world.gateway.inbox = [
            Inbound(sid=sid, sender=turn.who, to=PHONES[9], body=turn.said.body, sent_at=turn.written)
            for sid, turn in listed
        ]
        late.read = self.now
        intake.fetch(self.world.store, self.world.gateway, self.world.clock, keyword_owner="flait")
        self.note(next(sid for sid, turn in listed if turn is late))

    def _inbound(self, turn: Turn) -> Inbound:
        sid = f"SM{len(self.heard):032}"
        self.heard[sid] = turn
        return Inbound(sid=sid, sender=turn.who, to=PHONES[9], body=turn.said.body, sent_at=turn.written)

    # --- Flait -------------------------------------------------------------------------------------------------------

    def answer(self) -> None:
        """All that waits: one by one, or, while FlightAware hangs, what needs no look before what does."""
        looks = Looks()
        hangs = self.rng.random() < 0.5
        while self.step(lambda: self.at_once(looks)) or looks.ready:
            if not hangs or not self.waiting() - set(looks.sids()):
                self.step(lambda: answer_looked(self.world.store, self.sky, looks=looks))
        self.world.deliver()
        self.note_ends()

    def at_once(self, looks: Looks) -> bool:
        return answer_next(self.world.store, self.world.clock, boot=self.world.boot, looks=looks, rules=RULES)

    def step(self, does: Callable[[], bool]) -> bool:
        """One text is answered, or put off; what was stored of its person before and after."""
        waiting, seen = self.waiting(), len(self.world.texts)
        before = {who: self.state(who) for who in self.speakers}
        done = does()
        for sid in waiting - self.waiting():
            turn = self.heard[sid]
            turn.before, turn.after = before[turn.who], self.state(turn.who)
            turn.others = tuple(one for who, state in before.items() if who != turn.who for one in state.live)
            turn.texts = [text for text in self.world.texts[seen:] if text.to == turn.who and text.kind in ANSWERS]
            self.note(sid)
            self.speakers[turn.who].reads(turn.bodies, self.now)
        return done

    def waiting(self) -> set[str]:
        return {row["sid"] for row in self.world.store._rows("SELECT sid FROM inbound WHERE answered_at IS NULL")}

    def note(self, sid: str) -> None:
        turn, heard = self.heard[sid], self.world.store.heard(sid)
        turn.word = (heard and heard.answer) or turn.word
        if turn.word and turn not in self.dialogue.turns:
            self.dialogue.turns.append(turn)

    def watch_for(self, span: timedelta) -> None:
        """Time passes, and what is due is looked at."""
        until = self.now + span
        while (due := self._next_look()) and due < until:
            self.world.clock.moment = max(self.now, due)
            self.look()
        self.world.clock.moment = until
        self.look()

    def _next_look(self) -> datetime | None:
        row = self.world.store._row(NEXT)
        return datetime.fromisoformat(row["at"]) if row and row["at"] else None

    def look(self) -> None:
        store, clock = self.world.store, self.world.clock
        for tracked in track.claim_due(store, clock, self.world.boot, 10):
            track.poll(store, self.sky, clock, tracked, boot=self.world.boot, rules=telling.AlertRules())
        self.world.remind(telling.AlertRules())
        while self.world.activate():
            pass
        self.world.deliver()
        self.note_ends()

    def note_ends(self) -> None:
        for row in self.world.store._rows(ENDED):
            self.dialogue.ended.setdefault(row["id"], datetime.fromisoformat(row["closed_at"]))

    def state(self, who: str) -> State:
        user = self.world.store.user_by_phone(who)
        if user is None:
            return State()
        views = self.world.store.subscription_views(user.id, include_ended=True)
        live, over = (
            tuple(_followed(view) for view in views if view.subscription.state in states)
            for states in (LIVE, {SubscriptionState.ENDED})
        )
        return State(live, user.muted_until, over)


ANSWERS: Final = ("reply", "tracked", "pending")
NEXT: Final = """
SELECT min(at) AS at FROM (
    SELECT min(next_poll_at) AS at FROM flights WHERE claimed_by IS NULL
    UNION ALL SELECT min(next_moment_at) FROM subscriptions WHERE state = 'active')
"""
ENDED: Final = """
SELECT s.id, f.closed_at FROM subscriptions s JOIN flights f ON f.id = s.flight_id WHERE s.state = 'ended'
"""


def _followed(view: SubscriptionView) -> Followed:
    one: Any = view.subscription
    kept = ("id", "ident", "wish", "origin", "destination", "leaves_at", "asked_at", "muted_until")
    return Followed(on=one.departure_date, flight=view.flight, **{name: getattr(one, name) for name in kept})
