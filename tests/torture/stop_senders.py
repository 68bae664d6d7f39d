"""The senders of the races with STOP: the product's own, as threads or in another process, and what they were seen do.

`python -m tests.torture.stop_senders` is the other process: for each path it reads it opens that database, says so,
and sends when told to.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event, Lock, Thread, local
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec

from flait.core.messages import Message
from flait.errors import Rejected
from flait.flows import deliver
from flait.flows.ports import Accepted, Sent
from flait.store import Store
from tests.flows.mortal import Killed
from tests.flows.world import FakeGateway, World

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 20.0  # seconds, real
ROUNDS: Final = 8  # more than there are texts in a race

stamp = time.monotonic_ns  # one clock for all processes of a machine


class Span(NamedTuple):
    """Something was certainly not done before, and certainly was after."""

    began: int
    done: int


class Post(NamedTuple):
    """A text handed to Twilio: when it was claimed, and when the post began."""

    claimed: Span
    began: int
    message: Message


class Twilio(FakeGateway):
    """Refuses numbers that are `blocked`; tells `reached` where a post is. For any number of threads."""

    def __init__(self) -> None:
        super().__init__()
        self.blocked: set[str] = set()
        self.reached: Callable[[str], object] = lambda _: None
        self.began: list[tuple[int, Message]] = []
        self.refusal = local()  # when this thread was last told 21610
        self._lock = Lock()

    def send(self, message: Message, *, now: datetime) -> Accepted:
        self.reached("posting")
        began = stamp()
        self.began.append((began, message))
        if message.to in self.blocked:
            self.refusal.began = began
            self.posts.append(message)
            self.reached("refused")
            raise Rejected("The person texted STOP", error_code=21610, opted_out=True)
        try:
            with self._lock:
                return super().send(message, now=now)
        finally:
            self.reached("posted")


class Seen(Store):
    """Notes when each claim was made."""

    claims: list[tuple[Span, Message]]
    reached: Callable[[str], object]

    def claim_due_message(self, now: datetime, claimed_by: str) -> Message | None:
        self.reached("claiming")
        began = stamp()
        claimed = super().claim_due_message(now, claimed_by)
        if claimed:
            self.claims.append((Span(began, stamp()), claimed))
            self.reached("claimed")
        return claimed


@contextmanager
def seen(path: Path, claims: list[tuple[Span, Message]], reached: Callable[[str], object]) -> Iterator[Seen]:
    """Such a store, on a connection of its own."""
    with Seen.open(path) as store:
        store._conn.execute("PRAGMA synchronous = OFF")  # no power is cut here
        store.claims, store.reached = claims, reached
        yield store


def opened(path: Path) -> Store:
    """The product's own."""
    store = Store.open(path)
    store._conn.execute("PRAGMA synchronous = OFF")
    return store


@dataclass
class Ledger:
    """What was claimed, posted and said in one race, and when."""

    claims: list[tuple[Span, Message]] = field(default_factory=list)
    acts: list[tuple[int, int, str]] = field(default_factory=list)  # not before, stored after, stop or start
    began: list[tuple[int, Message]] = field(default_factory=list)

    def begin(self, twilio: Twilio) -> None:
        """From here on it counts."""
        twilio.began = self.began

    @property
    def posts(self) -> list[Post]:
        """Every post with the claim that it came from."""
        claims = {(message.id, message.attempts): span for span, message in self.claims}
        return [Post(claims[message.id, message.attempts], at, message) for at, message in self.began]

    def was_stopped(self, claimed: Span) -> bool:
        """Whether a STOP was stored before the claim began, and no START can have come between."""
        stops = [(began, done) for began, done, kind in self.acts if kind == "stop" and done < claimed.began]
        if not stops:
            return False
        latest = max(stops)[0]
        return not any(kind == "start" and done > latest and began < claimed.done for began, done, kind in self.acts)

    def send_one(self, world: World) -> bool:
        """The daemon's own step, seen."""
        with seen(world.path, self.claims, lambda _: None) as store:
            return self.send(store, world)

    def send(self, store: Store, world: World) -> bool:
        """One text; a refusal for STOP counts as said once it is stored."""
        assert isinstance(world.gateway, Twilio)
        refusal = world.gateway.refusal
        refusal.began = 0
        more = deliver.send_next(store, world.gateway, world.clock, world.boot).more
        if refusal.began:
            self.acts.append((refusal.began, stamp(), "stop"))
        return more


@dataclass
class Cue:
    """When the STOP comes: when a sender gets to `point`, or `delay` seconds after all began where there is none.

    `waits`: the sender goes on when it is stored, and not before.
    """

    point: str
    waits: bool
    delay: float
    go: Event = field(default_factory=Event)
    done: Event = field(default_factory=Event)

    def reached(self, point: str) -> None:
        """A sender is there."""
        if point == self.point and not self.go.is_set():
            self.go.set()
            if self.waits:
                self.done.wait(PATIENCE)


def sent_by_threads(world: World, ledger: Ledger, cue: Cue, say: Callable[[], None], *, senders: int) -> None:
    """Let them race: senders until there is no more to send or they are killed, and who says STOP."""
    assert isinstance(world.gateway, Twilio)
    world.gateway.reached = cue.reached
    threads = [Thread(target=_send, args=(world, ledger, cue), daemon=True) for _ in range(senders)]
    speaker = Thread(target=_speak, args=(cue, say), daemon=True)
    for thread in (speaker, *threads):
        thread.start()
    if not cue.point:
        _spin(cue.delay)
        cue.go.set()
    for thread in threads:
        thread.join(PATIENCE)
    cue.go.set()  # where nobody came to the point
    speaker.join(PATIENCE)
    world.gateway.reached = lambda _: None


def _speak(cue: Cue, say: Callable[[], None]) -> None:
    cue.go.wait(PATIENCE)
    try:
        say()
    finally:
        cue.done.set()


def _send(world: World, ledger: Ledger, cue: Cue) -> None:
    with seen(world.path, ledger.claims, cue.reached) as store:
        try:
            for _ in range(ROUNDS):
                ledger.send(store, world)
                cue.reached("stored")
        except Killed:
            pass


def _spin(seconds: float) -> None:
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        pass


# --- another process ------------------------------------------------------------------------------------------------


class Told(msgspec.Struct):
    """What the other process did."""

    claims: list[tuple[Span, Message]]
    began: list[tuple[int, Message]]
    record: list[Sent]


class Process:
    """A sender that shares nothing but the file."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.torture.stop_senders"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def race(self, path: Path, ledger: Ledger, twilio: Twilio, say: Callable[[], None]) -> None:
        """It sends while here somebody says STOP."""
        self._tell(str(path))
        self._heard()
        self._tell("go")
        say()
        told = msgspec.json.decode(self._heard(), type=Told)
        ledger.claims += told.claims
        ledger.began += told.began
        twilio.record += told.record
        twilio.posts += [message for _, message in told.began]
        twilio.arrivals += [message for _, message in told.began]

    def _tell(self, line: str) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):  # that it is gone is found when it should answer
            print(line, file=self._process.stdin)

    def _heard(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sender in another process ended with {self._process.wait(PATIENCE)}")
        return line


def main() -> None:
    """Read a path, send what is there, tell; until the other end is closed."""
    for line in sys.stdin:
        twilio, ledger = Twilio(), Ledger()
        ledger.begin(twilio)
        path = Path(line.strip())
        with seen(path, ledger.claims, lambda _: None) as store:
            world = World(path=path, store=store, gateway=twilio)
            twilio.record = [Sent(sid="SM0", to="", body="", created_at=world.clock.now())]  # as before the race
            print("ready", flush=True)
            sys.stdin.readline()
            for _ in range(ROUNDS):
                ledger.send(store, world)
        told = Told(claims=ledger.claims, began=ledger.began, record=twilio.record[1:])
        print(msgspec.json.encode(told).decode(), flush=True)


if __name__ == "__main__":
    main()
