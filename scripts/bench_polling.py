"""How many flights a second go the whole way: claimed, asked for over HTTP, decided, committed.

The daemon's own code does it: its pool of threads, the AeroAPI adapter, the meter (which does not hold back here) and
the store on a disk. The reference asks the same server from as many threads, and does nothing with the answers.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter

import httpx

from flait.daemon import Daemon
from flait.running.pollers import POLLERS
from scripts.bench_home import START, BenchApp, follow, home, provider
from scripts.bench_report import Line

FLIGHTS = 300
ROUNDS = 7
ROUND = timedelta(minutes=200)  # longer than any two polls are apart on the day before
DEPARTS = START + timedelta(hours=24)
GETS = 3000
LEAST = 0.15  # of the bare GETs: how many a second depends on the machine
EXPECTED = FLIGHTS * ROUNDS - POLLERS  # a poolful comes before the measure; less than this means faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What the polls came to."""

    polls: int
    seconds: float
    changed: int
    texts: int


def measure() -> Iterator[Line]:
    """Flights a second, against bare GETs a second."""
    with home() as place, provider(DEPARTS) as address:
        polled = _poll(BenchApp(place.env(provider=address)))
        gets = _gets(address)
    rate = polled.polls / polled.seconds
    yield Line(
        measure="throughput: poll, decide, commit",
        figure=f"{rate:.0f} flights/s",
        reference=f"bare httpx: {gets:.0f} GETs/s",
        ratio=rate / gets,
        goal=f"ratio ≥ {LEAST}",
        met=rate / gets >= LEAST and polled.polls == EXPECTED,
        how=f"{polled.polls} of {EXPECTED} polls of {FLIGHTS} flights by the daemon's own pool of {POLLERS} threads "
        "over HTTP to a minimal server in another process, the database on a disk, one subscriber each; "
        f"{polled.changed / polled.polls:.0%} of the answers bring a change and {polled.texts} texts follow. The "
        f"reference is {GETS} GETs to that server by as many threads through one httpx client that keeps its "
        "connections, as Flait on purpose does not.",
    )


def _poll(app: BenchApp) -> Polled:
    store = app.store()
    follow(app, FLIGHTS)
    daemon = Daemon(app, threading.Event())
    app.clock.moment += ROUND
    daemon.poll_all()  # the threads' connections and first statements are not what is measured
    done = _polls_done(app)
    begun = perf_counter()
    for _ in range(ROUNDS):
        while daemon.poll_all():
            pass
        app.clock.moment += ROUND
    seconds = perf_counter() - begun
    views = store.flight_views()
    changed = sum(len(store.sightings(view.tracked.id)) for view in views)
    texts = len(store.messages(limit=FLIGHTS * ROUNDS)) - FLIGHTS  # but for the confirmations
    return Polled(polls=_polls_done(app) - done, seconds=seconds, changed=changed, texts=texts)


def _polls_done(app: BenchApp) -> int:
    return sum(view.tracked.polls for view in app.store().flight_views())


def _gets(address: str) -> float:
    url = f"{address}/flights/BEN1-1700000000-schedule-0001?ident_type=fa_flight_id&max_pages=1"
    with httpx.Client() as client, ThreadPoolExecutor(POLLERS) as pool:
        begun = perf_counter()
        asked = list(pool.map(lambda _: client.get(url).content, range(GETS)))
        return len(asked) / (perf_counter() - begun)
