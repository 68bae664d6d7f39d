"""Sets the clock forward and back by seconds and by years, and puts the machine to sleep: is anything lost, said twice or late?

In process, random sequences against simple rules; and a real daemon under libfaketime, whose wall clock jumps while the
time that passes does not. There every look-up must go on within ten seconds of a jump, whatever its size.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from flait.core.flights import Flight
from flait.core.messages import LOOK_AGAIN, MessageStatus
from flait.core.values import replace
from flait.flows import upkeep
from flait.flows.timekeeping import Timekeeper, Witness, is_in_doubt
from flait.store import Store
from tests.core.flights_for_tests import F12, late, minutes
from tests.end_to_end.rig import ANA
from tests.end_to_end.rig import World as Machine
from tests.flows.world import RULES, World, in_doubt, not_sent
from tests.store.samples import copied_over
from tests.torture.score import Score, Size

HOUR: Final = timedelta(hours=1)
JUMPS: Final = (  # as clocks are set: by hand, by NTP, by a dead battery, by a zone taken for another
    timedelta(seconds=3), minutes(2), minutes(59), HOUR, 8 * HOUR, 14 * HOUR, timedelta(days=2), timedelta(days=90),
    timedelta(days=3653),
)  # fmt: skip
BOARDS: Final = (
    F12,
    late(minutes(50)),
    late(minutes(20)),
    replace(F12, gate_origin="B4"),
    replace(F12, cancelled=True),
)
REAL_JUMPS: Final = ("-1h", "+1h", "-20d", "+400d", "+8h", "-8h")  # never before the release: then nothing is asked
RESUMES_WITHIN: Final = 10.0  # seconds, real
LIBFAKETIME: Final = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")


def run(folder: Path, size: Size) -> Score:
    """Sequences in process, then jumps of a real daemon's clock where libfaketime is installed."""
    score = Score(campaign="clocks")
    Store.open(folder / "empty.db").close()
    for seed in range(size.of(cut=20, full=400)):
        score += _sequence(folder, seed)
    if size is Size.FULL:
        score += _real_daemon(folder / "daemon")
    return score


# --- in process -------------------------------------------------------------------------------------------------------


class _Life:
    """A daemon on a clock that is set wrong and right again; `true` is what time it really is."""

    def __init__(self, folder: Path, random: Random) -> None:
        path = copied_over(folder / "empty.db", folder / "life.db")
        self.store = Store.open(path)
        self.store._conn.execute("PRAGMA synchronous = OFF")
        self.world = World(path=path, store=self.store)
        self.random = random
        self.wrong = timedelta()
        self._take_over()
        self.world.follow(F12, 0, 1)
        self.board: Flight = F12

    def _take_over(self) -> None:
        self.witness = Witness(self.world.clock)
        self.keeper = Timekeeper(self.world.clock, self.witness)

    def pass_by(self, span: timedelta) -> None:
        self.world.clock.advance(span)
        self.beat()

    def rest(self) -> None:
        """A while, or a suspend."""
        self.pass_by(self.random.choice((minutes(1), minutes(15), 8 * HOUR)))

    def beat(self) -> None:
        now = self.world.clock.now()
        self.keeper.check(self.store, now)
        self.store.beat(boot="b", pid=1, started_at=now, now=now)

    def jump(self) -> None:
        span = self.random.choice(JUMPS) * self.random.choice((1, -1))
        self.wrong += span
        self.pass_by(span)

    def put_right(self) -> None:
        span, self.wrong = -self.wrong, timedelta()
        self.pass_by(span)

    def poll(self) -> None:
        if self.random.random() < 0.3:
            self.board = self.random.choice(BOARDS)
        rules = replace(RULES, may_end=not is_in_doubt(self.store, self.world.clock))
        self.world.poll(self.board, rules=rules)

    def hear(self) -> None:
        self.witness.hear(self.world.clock.now() - self.wrong)

    def deliver(self) -> None:
        if self.random.random() < 0.2:
            arrives = self.random.random() < 0.5
            self.world.gateway.fails(in_doubt(), arrives=arrives)
        elif self.random.random() < 0.1:
            self.world.gateway.fails(not_sent())
        self.world.deliver()
        self.world.gateway.recovers()

    def restart(self) -> None:
        self._take_over()
        self.world.restart()
        self.beat()

    def prune(self) -> None:
        upkeep.prune(self.store, self.world.clock, keep=timedelta(days=60), keep_raw=timedelta(days=1))

    def calm_down(self) -> None:
        """The clock is right, somebody outside says so, and nothing goes wrong any more."""
        self.put_right()
        for _ in range(8):
            self.hear()
            self.pass_by(LOOK_AGAIN)
            self.poll()
            self.world.settle()
            self.world.deliver()


def _sequence(folder: Path, seed: int) -> Score:
    random = Random(seed)
    life = _Life(folder, random)
    try:
        acts: list[Callable[[], object]] = [life.jump, life.put_right, life.poll, life.poll, life.deliver, life.hear, life.restart, life.prune,
                life.world.settle, life.rest]  # fmt: skip
        for _ in range(random.randint(10, 40)):
            random.choice(acts)()
        life.calm_down()
        wrong = list(_broken_rules(life))
    finally:
        life.store.close()
    dup = sum("twice" in each for each in wrong)
    lost = sum("lost" in each for each in wrong)
    remarks = tuple(f"seed {seed}: {each}" for each in wrong[:2])
    return Score(
        campaign="", expected=1, ok=not wrong, dup=dup, lost=lost, unexpected=len(wrong) - dup - lost, remarks=remarks
    )


def _broken_rules(life: _Life) -> Iterator[str]:
    world = life.world
    again = Counter(step.message_id for step in world.steps("send") if step.outcome == "requeued")
    for message, times in Counter(message.id for message in world.gateway.arrivals).items():
        if times > 1 + again[message]:
            yield f"msg:{message} arrived twice"
    if world.flight().closed_at is None:
        late_by = (world.flight().next_poll_at or world.clock.now()) - world.clock.now()
        if late_by > 24 * HOUR:
            yield f"looks are lost for {late_by}"
    stuck = [text.id for text in world.texts if text.status in (MessageStatus.SENDING, MessageStatus.QUEUED)]
    if stuck:
        yield f"texts {stuck} are lost in the queue"
    if len(life.store.users()) != 2 or len(life.store.subscription_views(include_ended=True)) != 2:
        yield "people or subscriptions were lost"
    if life.wrong == timedelta() and is_in_doubt(life.store, world.clock):
        yield "the clock is right, and still in doubt"


# --- a real daemon ----------------------------------------------------------------------------------------------------


def _real_daemon(folder: Path) -> Score:
    library = next((path for path in LIBFAKETIME if Path(path).exists()), None)
    if library is None:
        return Score(campaign="", remarks=("libfaketime is not installed: no real daemon's clock was set",))
    folder.mkdir()
    faked = folder / "now"
    faked.write_text("+0")
    with Machine(folder, FLAIT_CLOCK="") as machine:
        machine.clock.put(datetime.now(UTC), 1.0)
        leaves = datetime.now(UTC) + timedelta(hours=3)
        machine.flight("UA8402", scheduled_out=f"{leaves:%Y-%m-%dT%H:%M:%SZ}", scheduled_in=_in_hours(leaves, 3))
        machine.flait("subscribe", "UA8402", ANA, FLAIT_CLOCK="").done()
        env = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(faked), "FAKETIME_NO_CACHE": "1",
               "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "FLAIT_CLOCK": ""}  # fmt: skip
        machine.spawn("daemon", "run", "--quiet", **env)
        machine.wait_for(lambda: machine.texts(ANA), "the confirmation")
        scores = [_jumped(machine, faked, jump) for jump in REAL_JUMPS]
        total = sum(scores[1:], scores[0])
        if len(machine.texts(ANA)) != 1:
            total += Score(campaign="", dup=len(machine.texts(ANA)) - 1, remarks=(f"texts: {machine.texts(ANA)}",))
        return total


def _in_hours(moment: datetime, hours: int) -> str:
    return f"{moment + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def _jumped(machine: Machine, faked: Path, jump: str) -> Score:
    """The clock is set; the next look-up must come while the flight is still followed."""
    before, since = _looks(machine), os.times().elapsed
    faked.write_text(jump)
    try:
        machine.wait_for(lambda: _looks(machine) > before, f"a look-up after the clock was set to {jump}")
    except AssertionError as problem:
        return Score(campaign="", expected=1, lost=1, remarks=(str(problem), machine.log[-1500:]))
    took = os.times().elapsed - since
    with suppress(AssertionError):
        machine.wait_for(lambda: not machine.rows("SELECT 1 FROM flights WHERE claimed_by IS NOT NULL"), "its end")
    closed = machine.rows("SELECT 1 FROM flights WHERE closed_at IS NOT NULL")
    wrong = closed or took > RESUMES_WITHIN
    remark = f"clock set to {jump}: looked up after {took:.1f} s{', and ended' if closed else ''}"
    return Score(campaign="", expected=1, ok=not wrong, unexpected=bool(wrong), remarks=(remark,))


def _looks(machine: Machine) -> int:
    return len(machine.requests("aeroapi", "GET"))
