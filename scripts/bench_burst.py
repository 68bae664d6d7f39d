"""How fast a backlog of texts leaves, and in which order, when Twilio takes 50 ms for each.

A real `flait daemon run` on a disk works it off. What Twilio was asked for, and when, is read from the other end.
"""

import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from threading import Event

import httpx

from flait.app import App
from flait.clock import SystemClock
from flait.core.messages import Message, MessageKind
from flait.core.subscriptions import User
from flait.daemon import SENDERS
from scripts.bench_home import START, home, provider
from scripts.bench_report import Line

PEOPLE, EACH = 500, 10
QUICK_PEOPLE = 40
PAUSE = 0.05  # seconds that Twilio takes for a text
LEAST = 20  # texts a second
PATIENCE = 240.0  # seconds, real: 5,000 texts at the goal's rate would take 250
LOOK_EVERY = 1.0  # seconds, real: the whole ledger is read each time
POSTS = 200  # of the reference

NUMBER = re.compile(r"Text (\d+) of")  # the first to a number says before it who writes

Ledger = Sequence[tuple[float, str, str]]  # when, for whom, what


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the other end was asked for."""

    ledger: Ledger

    @property
    def rate(self) -> float:
        """Texts a second, from the first to the last."""
        times = [at for at, _, _ in self.ledger]
        return (len(times) - 1) / (max(times) - min(times)) if len(times) > 1 else 0.0

    @property
    def twice(self) -> int:
        """Texts too many."""
        return sum(many - 1 for many in Counter(map(itemgetter(1, 2), self.ledger)).values())

    @property
    def out_of_order(self) -> int:
        """People who were handed a later text before an earlier one."""
        numbers: dict[str, list[int]] = defaultdict(list)
        for _, to, body in sorted(self.ledger):
            numbers[to] += [int(found[1]) for found in NUMBER.finditer(body)]
        return sum(texts != sorted(texts) for texts in numbers.values())


def measure(*, quick: bool = False) -> Iterator[Line]:
    """Texts a second, against bare POSTs one after the other by as many threads as the daemon sends with."""
    people = QUICK_PEOPLE if quick else PEOPLE
    with home() as place, provider(START, "--pause", str(PAUSE)) as address:
        env = place.env(provider=address)
        queue(App(env), people, EACH)
        with daemon(env):
            seen = _after(people * EACH, address)
    with provider(START, "--pause", str(PAUSE)) as address:
        bare = _posts(address)
    yield _line(seen, people, bare)


def queue(app: App, people: int, each: int) -> None:
    """So many texts in line for each of so many people, everybody's first before anybody's second."""
    store, now = app.store(), SystemClock().now()
    with store.transaction():
        ids = [
            store.add_user(User(name=f"P{number}", phone=_phone(number), created_at=now)).id for number in range(people)
        ]
        for text in range(each):
            for number, user_id in enumerate(ids):
                store.enqueue(
                    Message(
                        user_id=user_id,
                        to=_phone(number),
                        kind=MessageKind.DELAY_FIRST,
                        body=f"Text {text} of {each}",
                        dedup_key=f"{number} {text}",
                        created_at=now,
                        not_before=now,
                        expires_at=now + timedelta(hours=6),
                    )
                )


def _phone(number: int) -> str:
    return f"+1555555{1000 + number:04}"  # none is Flait's own, to which nothing is sent


@contextmanager
def daemon(env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The product's, until it is left."""
    command = [sys.executable, "-m", "flait", "daemon", "run", "--quiet"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def ledger(address: str) -> Ledger:
    """What the other end was asked for so far."""
    return [(at, to, body) for at, to, body in httpx.get(f"{address}/ledger", timeout=10).json()]


def _after(texts: int, address: str) -> Seen:
    ends = time.monotonic() + PATIENCE
    seen = Seen(ledger=ledger(address))
    while len(seen.ledger) < texts and time.monotonic() < ends:
        Event().wait(LOOK_EVERY)
        seen = Seen(ledger=ledger(address))
    return seen


def _posts(address: str) -> float:
    """POSTs a second through one httpx client that keeps its connection, one after the other."""
    form = {"To": "+15555550100", "Body": "Text 1 of 10"}
    with httpx.Client() as client:
        begun = time.monotonic()
        for _ in range(POSTS):
            client.post(f"{address}/Messages.json", data=form)
        return POSTS / (time.monotonic() - begun)


def _line(seen: Seen, people: int, bare: float) -> Line:
    texts = people * EACH
    wrong = {"twice": seen.twice, "people out of order": seen.out_of_order, "not sent": texts - len(seen.ledger)}
    told = "".join(f", {many} {what}" for what, many in wrong.items() if many)
    return Line(
        measure=f"load: a burst of {texts:,} texts",
        figure=f"{seen.rate:.1f} texts/s{told}",
        reference=f"one bare httpx client: {bare:.1f} POSTs/s",
        ratio=seen.rate / bare,
        goal=f"≥ {LEAST} texts/s, each person's in order, none twice",
        met=seen.rate >= LEAST and not any(wrong.values()),
        how=f"{EACH} texts for each of {people} people in line at once; a real daemon with its {SENDERS} senders, the "
        f"database on a disk, and a minimal server in another process that takes each after {PAUSE * 1000:g} ms. "
        "Counted and ordered by what that server saw, from the first text to the last. The reference sends to it one "
        "after the other over one connection that is kept, as Flait on purpose does not.",
    )
