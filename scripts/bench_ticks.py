"""What one tick of the daemon costs when very many flights are watched, against when few are.

The work is claiming: all else follows from what was claimed. Both databases are asked in turns.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from statistics import median
from time import perf_counter

from flait.flows import deliver, subscribe, track
from flait.flows.ports import FlightSource, Gateway
from flait.store import Store
from flait.store.connection import sqlite3
from scripts.bench_home import START, BenchApp, Home, follow, home, provider
from scripts.bench_report import Line

SIZES = (100, 100_000)
DUE = 10
TIMES = 200
MOST = 1.5  # times the cost with few flights
BOOT = "bench"
LATER = timedelta(hours=6)

# The first flight and its subscription again and again, polls spread over a day that has not come.
MORE_FLIGHTS = """
INSERT INTO flights (fa_flight_id, ident, ident_icao, origin, departure_date, phase, latest, next_poll_at, created_at)
WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < :flights)
SELECT 'BEN' || n || '-1700000000-schedule-0001', 'BEN' || n, 'BEN' || n, origin, departure_date, phase, latest,
    strftime('%Y-%m-%dT%H:%M:%fZ', next_poll_at, '+' || (n % 86400) || ' seconds'), created_at
FROM numbers, flights WHERE id = 1
"""
MORE_NUMBERS = "INSERT INTO flight_numbers (number, flight_id) SELECT ident, id FROM flights WHERE id > 1"
MORE_SUBSCRIPTIONS = """
INSERT INTO subscriptions (user_id, ident, wish, departure_date, origin, role, channel, state, reason, flight_id,
    asked_at, attempts)
SELECT s.user_id, f.ident, s.wish, s.departure_date, s.origin, s.role, s.channel, s.state, s.reason, f.id,
    s.asked_at, s.attempts
FROM flights f, subscriptions s WHERE s.id = 1 AND f.id > 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One thing a tick does, and how to make it the same again afterwards."""

    name: str
    do: Callable[[BenchApp], None]
    again: Callable[[Store], object]
    how: str


def measure() -> Iterator[Line]:
    """The claim of due flights, then a whole tick that finds nothing."""
    with ExitStack() as stack:
        address = stack.enter_context(provider(START + timedelta(hours=20)))
        apps = [_watching(stack.enter_context(home()), address, flights) for flights in SIZES]
        for kind in KINDS:
            few, many = _milliseconds(kind, apps)
            yield _line(kind, few, many)


def _watching(place: Home, address: str, flights: int) -> BenchApp:
    """Wiring over a database with so many flights watched, the confirmation out and ten polls due."""
    app = BenchApp(place.env(provider=address))
    follow(app, 1)
    while deliver.send_next(app.store(), app.gateway(), app.clock, BOOT).more:
        pass
    with sqlite3.connect(place.database) as database:
        for more in (MORE_FLIGHTS, MORE_NUMBERS, MORE_SUBSCRIPTIONS):
            database.execute(more, {"flights": flights} if more is MORE_FLIGHTS else {})
    database.close()
    for flight_id in range(1, DUE + 1):
        app.store().hasten(flight_id, START)
    return app


def _claim(app: BenchApp) -> None:
    claimed = track.claim_due(app.store(), app.clock, BOOT, DUE)
    assert len(claimed) == DUE


def _release(store: Store) -> None:
    for tracked in store.claimed_flights(except_by="nobody"):
        store.postpone_poll(tracked.id, claimed_by=BOOT, next_poll_at=START, failures=0, misses=0)


def _find_nothing(app: BenchApp) -> None:
    store, clock, (source, gateway) = app.store(), app.clock, _providers(app)
    claimed = track.claim_due(store, clock, BOOT, DUE)
    more = deliver.send_next(store, gateway, clock, BOOT).more or subscribe.activate_next(store, source, clock)
    assert not claimed
    assert not more


@cache
def _providers(app: BenchApp) -> tuple[FlightSource, Gateway]:
    """Made once, as the daemon does; with nothing due, neither is asked."""
    return app.source(), app.gateway()


def _nothing_due(store: Store) -> None:
    for tracked in store.claim_due_flights(START, BOOT, DUE):
        store.postpone_poll(tracked.id, claimed_by=BOOT, next_poll_at=START + LATER, failures=0, misses=0)


KINDS = (
    Kind(
        name=f"tick: claim {DUE} due flights",
        do=_claim,
        again=_release,
        how="the daemon's claim, one transaction from BEGIN to the commit on the disk.",
    ),
    Kind(
        name="tick: nothing is due",
        do=_find_nothing,
        again=_nothing_due,
        how="claim flights, take late texts out of line, claim a text, claim a pending subscription: none is there.",
    ),
)


def _milliseconds(kind: Kind, apps: Sequence[BenchApp]) -> list[float]:
    for app in apps:
        kind.again(app.store())
    rounds = [[_taken(kind, app) for app in apps] for _ in range(TIMES)]
    return [median(times) * 1000 for times in zip(*rounds, strict=True)]


def _taken(kind: Kind, app: BenchApp) -> float:
    begun = perf_counter()
    kind.do(app)
    taken = perf_counter() - begun
    kind.again(app.store())
    return taken


def _line(kind: Kind, few: float, many: float) -> Line:
    return Line(
        measure=kind.name,
        figure=f"{many:.2f} ms of {SIZES[1]:,} flights watched",
        reference=f"{few:.2f} ms of {SIZES[0]}",
        ratio=many / few,
        goal=f"≤ {MOST} times",
        met=many / few <= MOST,
        how=f"{kind.how} Median of {TIMES}, the two databases in turns.",
    )
