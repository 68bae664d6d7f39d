"""Tries to have a text sent after STOP: senders and the end of consent race, again and again, from every side.

In each race a number has texts in line while one or two senders of the product work them off, as threads or as another
process; meanwhile the number says STOP in one of the ways there are, at a chosen point of the sending or at any.
Afterwards the daemon is started again, an older backup restored, the person removed and added again, START said.
What Twilio was handed, and when, is compared with when each STOP was stored: whatever was claimed after it is a broken
promise. A START must bring texts back, the new ones only.
"""

import logging
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any, Final

from flait.core.messages import LOOK_AGAIN, Message, MessageStatus
from flait.core.receipts import Receipt
from flait.core.subscriptions import User
from flait.core.values import replace
from flait.flows import backup, intake, receipts
from flait.store import Store
from tests.core.flights_for_tests import NOON, hours, minutes
from tests.flows.mortal import Killed
from tests.flows.test_at_random import empty_database
from tests.flows.test_intake import ANN, BOB, queue, text
from tests.flows.world import World, in_doubt, not_sent
from tests.torture.score import Score, Size
from tests.torture.stop_senders import Cue, Ledger, Process, Twilio, opened, sent_by_threads, stamp

S = MessageStatus
REMARKS: Final = 8
OLD: Final = ("first", "second", "third")  # Ann's texts in line when the race begins
AFTERWARDS: Final = ("meanwhile", "after")  # … and those that are written when it has been said
ENDS: Final = frozenset({S.ACCEPTED, S.FAILED, S.UNDELIVERED, S.SUPPRESSED, S.EXPIRED})
WORDS: Final = ("STOP", "stop", "Unsubscribe", " QUIT ", "opt out", "STOPALL", "Stop texting me")


@dataclass
class Race:
    """One race: a database, a Twilio, who says what, and what was seen of it."""

    folder: Path
    seed: int
    way: str
    after: str
    world: World
    twilio: Twilio
    chance: random.Random
    ledger: Ledger = field(default_factory=Ledger)
    problems: list[str] = field(default_factory=list)
    lost: int = 0
    dup: int = 0

    @property
    def ends_open(self) -> bool:
        """Whether the number's last word, as far as the race went, was that it wants texts."""
        return self.way in ENDS_OPEN

    def says(self, store: Store, kind: str, act: Callable[[Store], object]) -> None:
        """One change of consent, and when it was certainly not stored yet, and certainly was."""
        began = stamp()
        act(store)
        self.ledger.acts.append((began, stamp(), kind))

    def broken(self, what: str) -> None:
        self.problems.append(what)


# --- the ways to say STOP -------------------------------------------------------------------------------------------


def _take(race: Race, body: str, **fields: Any) -> Callable[[Store], object]:
    inbound = text(body, **fields)
    return lambda store: intake.take_in(store, inbound, now=race.world.clock.now(), keyword_owner=_owner(race))


def _owner(race: Race) -> str:
    return "twilio" if race.seed % 2 else "flait"


def _fetch(race: Race) -> Callable[[Store], object]:
    return lambda store: intake.fetch(store, race.twilio, race.world.clock, keyword_owner=_owner(race))


def _called(race: Race, store: Store) -> None:
    race.says(store, "stop", _take(race, race.chance.choice(WORDS)))


def _on_whatsapp(race: Race, store: Store) -> None:
    race.says(store, "stop", _take(race, "STOP", whatsapp=True))


def _in_other_words(race: Race, store: Store) -> None:
    race.says(store, "stop", _take(race, "basta", opt_out_type="STOP"))


def _fetched(race: Race, store: Store) -> None:
    race.twilio.inbox.append(text("STOP", sent_at=race.world.clock.now()))
    race.says(store, "stop", _fetch(race))


def _called_and_fetched(race: Race, store: Store) -> None:
    stop = text("STOP", sent_at=race.world.clock.now())
    race.twilio.inbox.append(stop)
    called = replace(stop, sent_at=None)
    other = Thread(target=_elsewhere, args=(race, _fetch(race)))
    other.start()
    race.says(store, "stop", lambda store: intake.take_in(store, called, now=NOON, keyword_owner=_owner(race)))
    other.join()


def _elsewhere(race: Race, act: Callable[[Store], object]) -> None:
    """The same by another thread of the daemon."""
    with opened(race.world.path) as store:
        race.says(store, "stop", act)


def _twice(race: Race, store: Store) -> None:
    other = Thread(target=_elsewhere, args=(race, _take(race, "STOP")))
    other.start()
    race.says(store, "stop", _take(race, "stop"))
    other.join()


def _known_to_twilio_alone(race: Race, _: Store) -> None:
    race.twilio.blocked.add(ANN)


def _reported(race: Race, store: Store) -> None:
    refused = Receipt(sid="SM0", status=race.chance.choice([S.FAILED, S.UNDELIVERED]), error_code=21610)
    race.says(store, "stop", lambda store: receipts.take(store, refused, refused.status.value, NOON))


def _back_and_forth(race: Race, store: Store) -> None:
    for number in range(2):
        race.says(store, "stop", _take(race, "STOP"))
        race.world.clock.advance(timedelta(milliseconds=number))
        race.says(store, "start", _take(race, "START"))
    race.says(store, "stop", _take(race, "STOP"))


def _taken_back(race: Race, store: Store) -> None:
    race.says(store, "stop", _take(race, "STOP"))
    race.says(store, "start", _take(race, "START"))


def _refused_meanwhile(race: Race, store: Store) -> None:
    """START is heard while the refusal of a text is on its way; the STOP before it never was."""
    race.twilio.blocked.clear()
    race.world.clock.advance(timedelta(milliseconds=1))
    race.says(store, "start", _take(race, "START"))


def _heard_late(race: Race, store: Store) -> None:
    """START was called in; the STOP before it was missed, and is found in Twilio's record afterwards."""
    sent_at = race.world.clock.now()
    stop, start = text("STOP", sent_at=sent_at - minutes(2)), text("START", sent_at=sent_at - minutes(1))
    race.twilio.inbox += [stop, start]
    called = replace(start, sent_at=None)
    race.says(store, "start", lambda store: intake.take_in(store, called, now=sent_at, keyword_owner=_owner(race)))
    race.says(store, "start", _fetch(race))


def _by_a_wrong_clock(race: Race, store: Store) -> None:
    """The clock is put back between STOP and START."""
    race.says(store, "stop", _take(race, "STOP"))
    race.world.clock.advance(-hours(1))
    race.says(store, "start", _take(race, "START"))
    race.world.clock.advance(hours(1))


WAYS: Final[dict[str, Callable[[Race, Store], None]]] = {
    "called in": _called,
    "on WhatsApp": _on_whatsapp,
    "in other words": _in_other_words,
    "fetched": _fetched,
    "called in and fetched": _called_and_fetched,
    "twice": _twice,
    "refused by Twilio": _known_to_twilio_alone,
    "reported by Twilio": _reported,
    "back and forth": _back_and_forth,
    "taken back": _taken_back,
    "taken back while refused": _refused_meanwhile,
    "taken back, and heard of late": _heard_late,
    "taken back by a wrong clock": _by_a_wrong_clock,
}
ENDS_OPEN: Final = frozenset(way for way in WAYS if way.startswith("taken back"))
NEVER_HEARD: Final = ("refused by Twilio", "taken back while refused")  # Twilio alone knows of the STOP at first
POINTS: Final = ("", "", "claiming", "claimed", "posting", "posted", "stored")  # empty: at any moment
AFTERS: Final = ("goes on", "started again", "restored", "removed")


# --- one race -------------------------------------------------------------------------------------------------------


def run(folder: Path, size: Size) -> Score:
    """Races in turn of every way; some against a sender in another process."""
    logging.getLogger("flait").addHandler(logging.NullHandler())  # every fault is wanted here
    score = Score(campaign="stop")
    with Process() as process:
        for seed in range(size.of(cut=65, full=780)):
            race = _made(folder / "race", seed)
            _run(race, process)
            score += _counted(race)
            shutil.rmtree(race.folder)
    return replace(score, remarks=score.remarks[:REMARKS])


def _counted(race: Race) -> Score:
    doubts = {step.message_id for step in race.world.steps("send") if step.outcome == "in_doubt"}
    unsettled = [text for text in race.world.texts if text.id in doubts and text.status not in ENDS]
    race.world.store.close()
    remark = f"race {race.seed} ({race.way}, then {race.after}): {'; '.join(race.problems)}"
    other = len(race.problems) - race.lost - race.dup
    return Score(
        campaign="stop",
        expected=1,
        ok=not race.problems,
        lost=race.lost,
        dup=race.dup,
        unexpected=max(other, 0),
        in_doubt=len(doubts),
        resolved=len(doubts) - len(unsettled),
        remarks=(remark,) if race.problems else (),
    )


def _made(folder: Path, seed: int) -> Race:
    """Ann has three texts in line, and one that Twilio took before; Bob has one."""
    folder.mkdir(parents=True)
    path = folder / "flait.db"
    path.write_bytes(empty_database())
    twilio = Twilio()
    world = World(path=path, store=opened(path), gateway=twilio)
    way = tuple(WAYS)[seed % len(WAYS)]
    after = AFTERS[seed // len(WAYS) % len(AFTERS)]
    race = Race(folder=folder, seed=seed, way=way, after=after, world=world, twilio=twilio, chance=random.Random(seed))
    world.store.add_user(User(name="Ann", phone=ANN, created_at=NOON - hours(1)))
    bob = world.store.add_user(User(name="Bob", phone=BOB, created_at=NOON))
    queue(world, "before")
    world.deliver()
    for key in OLD:
        queue(world, key)
    queue(world, "Bob's", user_id=bob.id, to=BOB)
    if way in NEVER_HEARD:
        twilio.blocked.add(ANN)
    return race


def _run(race: Race, process: Process) -> None:
    if race.after == "restored":
        backup.create(race.world.store, race.world.clock, race.folder / "backup.db")
    race.ledger.begin(race.twilio)
    in_process = race.seed % 6 == 5 and race.way not in NEVER_HEARD
    if in_process:
        process.race(race.world.path, race.ledger, race.twilio, lambda: _say(race))
    else:
        _plan(race)
        point = "refused" if race.way == "taken back while refused" else race.chance.choice(POINTS)
        cue = Cue(point=point, waits=race.chance.random() < 0.7, delay=race.chance.random() / 500)
        sent_by_threads(race.world, race.ledger, cue, lambda: _say(race), senders=race.chance.choice([1, 2]))
    _calm_down(race)
    _AFTER[race.after](race)
    _calm_down(race)
    _come_back(race)
    _judge(race)


def _say(race: Race) -> None:
    """And at once something new is written to Ann, as a poll might that was under way."""
    with opened(race.world.path) as store:
        WAYS[race.way](race, store)
        _write_to_ann(race, store, "meanwhile")


def _plan(race: Race) -> None:
    """How the first post of the race ends."""
    outcomes: list[tuple[BaseException, bool] | None] = [
        None,
        None,
        (not_sent(), False),
        (in_doubt(), True),
        (in_doubt(), False),
        (Killed(), True),
        (Killed(), False),
    ]
    outcome = race.chance.choice(outcomes)
    if outcome:
        race.twilio.fails(outcome[0], arrives=outcome[1])


def _calm_down(race: Race) -> None:
    """Another daemon takes over, and has a few quiet minutes."""
    world = race.world
    race.twilio.recovers()
    world.restart()
    for _ in range(5):
        while race.ledger.send_one(world):
            pass
        while world.settle():
            pass
        world.clock.advance(LOOK_AGAIN)


# --- what comes after it --------------------------------------------------------------------------------------------


def _go_on(race: Race) -> None:
    _write_to_ann(race, race.world.store, "after")


def _start_again(race: Race) -> None:
    race.world.store.close()
    race.world.store = opened(race.world.path)
    race.world.restart()
    _write_to_ann(race, race.world.store, "after")


def _restore(race: Race) -> None:
    """The backup is from before the STOP."""
    race.world.store.close()
    backup.restore(
        race.world.path,
        race.folder / "backup.db",
        race.world.clock,
        folder=race.folder / "backups",
        resume=race.seed % 3 > 0,
    )
    race.world.store = opened(race.world.path)
    race.world.restart()
    _write_to_ann(race, race.world.store, "after")


def _remove(race: Race) -> None:
    """And add the number again, as another person."""
    store = race.world.store
    store.remove_user(1)
    store.add_user(User(name="Ann again", phone=ANN, created_at=race.world.clock.now()))
    _write_to_ann(race, race.world.store, "after")


_AFTER: Final = {"goes on": _go_on, "started again": _start_again, "restored": _restore, "removed": _remove}


def _write_to_ann(race: Race, store: Store, key: str) -> None:
    user = store.user_by_phone(ANN)
    assert user
    queue(replace(race.world, store=store), key, user_id=user.id)


def _come_back(race: Race) -> None:
    """START, and something new to say."""
    race.twilio.blocked.clear()
    race.says(race.world.store, "start", _take(race, "START"))
    _write_to_ann(race, race.world.store, "new")
    while race.ledger.send_one(race.world):
        pass


# --- the judge ------------------------------------------------------------------------------------------------------


def _judge(race: Race) -> None:
    posts = [post for post in race.ledger.posts if post.message.to == ANN]
    for post in posts:
        if race.ledger.was_stopped(post.claimed):
            race.broken(f"{post.message.dedup_key} was claimed after STOP, and posted")
    for _, stored, _ in (act for act in race.ledger.acts if act[2] == "stop"):
        under_way = [post for post in posts if post.claimed[0] < stored < post.began]
        if len(under_way) > 1:
            race.broken(f"{len(under_way)} texts were posted after STOP that were claimed before")
    _judge_arrivals(race)
    _judge_ends(race)


def _judge_arrivals(race: Race) -> None:
    """Each text once at most; Bob's and the last one once; what waited at STOP never, whatever came after."""
    arrived = Counter(message.dedup_key for message in race.twilio.arrivals)
    for key in (key for key, times in arrived.items() if times > 1):
        race.dup += 1
        race.broken(f"{key} arrived {arrived[key]} times")
    due = {"Bob's", "new", *(AFTERWARDS if race.ends_open else ())}
    for key in due - arrived.keys():
        race.lost += 1
        race.broken(f"{key} never arrived")
    if not race.ends_open and race.way not in NEVER_HEARD and arrived.keys() & set(AFTERWARDS):
        race.broken("a text arrived that was written after STOP")


def _judge_ends(race: Race) -> None:
    """Nothing waits any more; after a STOP that holds, what never left is suppressed (or expired by a restore)."""
    for message in _unfinished(race):
        race.lost += 1
        race.broken(f"{message.dedup_key} is still {message.status}")
    if race.ends_open:
        return
    handed = {message.dedup_key for message in race.twilio.posts}
    for message in race.world.texts:
        never_left = message.to == ANN and message.dedup_key not in handed
        if never_left and message.status not in (S.SUPPRESSED, S.EXPIRED):
            race.broken(f"{message.dedup_key} never left, and is {message.status}")


def _unfinished(race: Race) -> Iterator[Message]:
    return (message for message in race.world.texts if message.status not in ENDS)
