"""What 10,000 subscriptions of a thousand people on a thousand flights cost: ticks, polls, claims, commands, memory.

The database is on a disk. Its first subscriptions are made as `flait subscribe` makes them, the others copied from
those with SQL, each with the text that confirmed it.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from statistics import median
from time import perf_counter

import psutil

from flait.app import App
from flait.clock import SystemClock
from flait.daemon import Daemon
from flait.running.pollers import POLLERS
from flait.sandbox.records import stamp
from flait.store.connection import sqlite3
from scripts.bench_burst import daemon, queue
from scripts.bench_home import PEOPLE, START, BenchApp, Home, SteppingClock, follow, home, provider
from scripts.bench_report import Line

FLIGHTS, FOLLOWERS = 1_000, 10
QUICK_FLIGHTS = 100
DEPARTS = START + timedelta(hours=20)
NEAR = timedelta(hours=19, minutes=20)  # after the start: by then every reminder is due, and a gate is news at once
TIMES = 50  # of what is quick
RUNS = 5  # of a command
COMMITS = 200
QUEUED = (10, 10_000)
SETTLES = 6.0  # seconds, real, until a daemon that was just started has nothing to do
IDLE = 12.0  # seconds, real
PATIENCE = 120.0  # seconds, real, for texts to everybody
LOOK_EVERY = 0.2  # seconds, real
MOST_TICK, MOST_COMMAND = 2.0, 2.0  # seconds
MOST_CLAIM = 3.0  # times
MOST_MB, MOST_CPU = 150, 1.0  # megabytes, percent
WAITING = "import threading\nwait = threading.Event().wait\nwhile True: wait(0.1)"
NOTHING = (sys.executable, "-c", "pass")
FLAIT = str(Path(sys.executable).with_name("flait"))

# Person p of the first hundred becomes person p + 100 k with the same flights.
MORE_PEOPLE = """
INSERT INTO users (name, name_key, phone, timezone, channel, role, clock, created_at)
SELECT name || ' ' || :k, name_key || iif(name_key = '', '', ' ' || :k), printf('+1555555%04d', 1000 * :k + id),
    timezone, channel, role, clock, created_at
FROM users WHERE id <= :people ORDER BY id
"""
MORE_SUBSCRIPTIONS = """
INSERT INTO subscriptions (user_id, ident, wish, departure_date, origin, role, channel, state, reason, flight_id,
    asked_at, attempts)
SELECT user_id + :people * :k, ident, wish, departure_date, origin, role, channel, state, reason, flight_id, asked_at,
    attempts
FROM subscriptions WHERE id <= :flights ORDER BY id
"""
MORE_TEXTS = """
INSERT INTO messages (user_id, "to", channel, kind, body, segments, dedup_key, subscription_id, flight_id, tells,
    status, attempts, created_at, not_before, expires_at)
SELECT m.user_id + :people * :k, u.phone, m.channel, m.kind, m.body, m.segments, m.dedup_key || ' ' || :k,
    m.subscription_id + :flights * :k, m.flight_id, m.tells, m.status, m.attempts, m.created_at, m.not_before,
    m.expires_at
FROM messages m JOIN users u ON u.id = m.user_id + :people * :k WHERE m.subscription_id <= :flights ORDER BY m.id
"""
ALL_DELIVERED = """
UPDATE messages SET status = 'delivered', attempts = 1, sid = 'SM' || id, sent_at = created_at,
    delivered_at = created_at WHERE status = 'queued'
"""
ALL_DUE = "UPDATE flights SET next_poll_at = :at"
SOME_DUE = "UPDATE flights SET next_poll_at = :at WHERE id <= :many"
WRITTEN = "SELECT count(*) FROM messages WHERE dedup_key LIKE 'alert:%'"
POLLED = "SELECT total(polls) FROM flights"
MOMENTS = "SELECT count(*) FROM subscriptions WHERE next_moment_at <= :at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The moments that were due at a daemon's start; its share of a core with nothing to do; its way to texts."""

    moments: int
    moments_seconds: float
    cpu: float
    bare: float  # the same of an interpreter that does nothing but wake ten times a second
    seconds: float
    texts: int
    mb: float


def measure(*, quick: bool = False) -> Iterator[Line]:
    """Everything with the same database, one thing after the other."""
    flights = QUICK_FLIGHTS if quick else FLIGHTS
    with ExitStack() as stack:
        place = stack.enter_context(home())
        address = stack.enter_context(provider(DEPARTS, "--news", "none"))
        fill(place, address, flights)
        commit = _commits(place)
        app = BenchApp(place.env(provider=address))
        yield from _ticks(app, flights, commit)
        yield _all_due(app, flights, commit)
        yield from _commands(place, flights)
        yield from _daemon(place, flights, commit)
    yield _claims()


def fill(place: Home, address: str, flights: int) -> None:
    """So many flights, each followed by ten people who have had their confirmations."""
    follow(BenchApp(place.env(provider=address)), flights)
    with closing(sqlite3.connect(place.database)) as database, database:
        for k in range(1, FOLLOWERS):
            for more in (MORE_PEOPLE, MORE_SUBSCRIPTIONS, MORE_TEXTS):
                names = {"k": k, "people": PEOPLE, "flights": flights}
                database.execute(more, {name: value for name, value in names.items() if f":{name}" in more})
        database.execute(ALL_DELIVERED)
        assert database.execute("SELECT count(*) FROM subscriptions").fetchone() == (flights * FOLLOWERS,)


def _do(place: Path, sql: str, **values: object) -> int:
    with closing(sqlite3.connect(place, timeout=30)) as database, database:
        found = database.execute(sql, values).fetchone()
        return int(found[0]) if found else 0


def _commits(place: Home) -> float:
    """Seconds that a bare commit takes there."""
    with closing(sqlite3.connect(place.folder / "bare.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE numbers (n)")
        one = partial(database.execute, "INSERT INTO numbers VALUES (1)")
        return median(_seconds(one) for _ in range(COMMITS))


# --- ticks ----------------------------------------------------------------------------------------------------------


def _ticks(app: BenchApp, flights: int, commit: float) -> Iterator[Line]:
    """All of the daemon's ticks that come every few seconds, with nothing due and with a poolful."""
    work = Daemon(app, threading.Event())
    later, now = stamped(app, timedelta(days=1)), stamped(app)
    _do(app.paths.database, ALL_DUE, at=later)
    every = (work.beat, work.poll_all, work.deliver, work.answer, work.settle, work.receipts, work.activate)
    nothing = median(_seconds(partial(_each, app, every)) for _ in range(TIMES))
    poolful = []
    for _ in range(TIMES):
        _do(app.paths.database, SOME_DUE, at=now, many=POLLERS)
        poolful.append(_seconds(work.poll_all))
    names = ", ".join(tick.__name__.removesuffix("_all") for tick in every)
    yield _tick_line("nothing due", nothing, flights, commit, f"{names}, one after the other.")
    yield _tick_line(
        f"{POLLERS} flights due", median(poolful), flights, commit, "claimed, asked for over HTTP, decided for ten "
        "subscribers each, committed; nothing is new."
    )  # fmt: skip


def stamped(app: App, ahead: timedelta = timedelta()) -> str:
    """A moment as the database has it."""
    return f"{app.clock.now() + ahead:%Y-%m-%dT%H:%M:%S.000Z}"


def _each(app: BenchApp, ticks: Sequence[Callable[[], object]]) -> None:
    app.clock.moment += timedelta(seconds=1)  # SQLite writes no page that stays as it was
    for tick in ticks:
        tick()


def _seconds(act: Callable[[], object]) -> float:
    begun = perf_counter()
    act()
    return perf_counter() - begun


def _tick_line(what: str, seconds: float, flights: int, commit: float, how: str) -> Line:
    return Line(
        measure=f"load: a tick, {what}",
        figure=f"{seconds * 1000:.1f} ms of {flights * FOLLOWERS:,} subscriptions",
        reference=f"a bare commit: {commit * 1000:.2f} ms",
        ratio=seconds / commit,
        goal=f"< {MOST_TICK:g} s",
        met=seconds < MOST_TICK,
        how=f"{how} Median of {TIMES}; {flights:,} flights, ten subscribers each. The reference is one row into an "
        "empty table of another database on that disk.",
    )


def _all_due(app: BenchApp, flights: int, commit: float) -> Line:
    """Every flight at once, and no news."""
    work = Daemon(app, threading.Event())
    _do(app.paths.database, ALL_DUE, at=stamped(app))
    before = _do(app.paths.database, POLLED)
    seconds = _seconds(partial(_until_done, work))
    polled = _do(app.paths.database, POLLED) - before
    return Line(
        measure="load: every flight due, no news",
        figure=f"{seconds:.1f} s for {polled:,} flights",
        reference=f"as many bare commits: {polled * commit:.1f} s",
        ratio=seconds / (polled * commit),
        how=f"all {flights:,} of them polled by the daemon's pool of {POLLERS} threads from a minimal AeroAPI in "
        "another process that answers at once, and decided for ten subscribers each.",
    )


def _until_done(work: Daemon) -> None:
    while work.poll_all():
        pass


# --- commands -------------------------------------------------------------------------------------------------------


def _commands(place: Home, flights: int) -> Iterator[Line]:
    for words in (("status",), ("subscriptions", "--json"), ("flights",)):
        command = (FLAIT, *words)
        rounds = [(_run(NOTHING, place.env()), _run(command, place.env())) for _ in range(RUNS)]
        bare, taken = (median(times) for times in zip(*rounds, strict=True))
        name = " ".join(words)
        yield Line(
            measure=f"load: `flait {name}`",
            figure=f"{taken * 1000:.0f} ms of {flights * FOLLOWERS:,} subscriptions",
            reference=f"`python -c pass`: {bare * 1000:.0f} ms",
            ratio=taken / bare,
            goal=f"< {MOST_COMMAND:g} s",
            met=taken < MOST_COMMAND,
            how=f"the installed script, output piped away; median of {RUNS} runs, in turns with the reference.",
        )


def _run(command: Sequence[str], env: Mapping[str, str]) -> float:
    quiet = partial(subprocess.run, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return _seconds(partial(quiet, command))


# --- a real daemon --------------------------------------------------------------------------------------------------


def _daemon(place: Home, flights: int, commit: float) -> Iterator[Line]:
    """Idle for a while; then every flight is late, and everybody is told."""
    texts = flights * FOLLOWERS
    with provider(DEPARTS, "--news", "all") as address:
        env = place.env(provider=address, FLAIT_CLOCK=f"{stamp(START + NEAR)},{time.time()},1")
        seen = _seen(env, place, texts)
    bare = _bare_mb()
    yield Line(
        measure="load: every moment due",
        figure=f"{seen.moments_seconds:.0f} s for {seen.moments:,} moments",
        reference=f"as many bare commits: {seen.moments * commit:.0f} s",
        ratio=seen.moments_seconds / (seen.moments * commit) if seen.moments else None,
        how="from the start of a daemon that was away when they came: each decided anew, from what was last seen.",
    )
    yield Line(
        measure="load: idle daemon",
        figure=f"{seen.cpu:.2f} % of a core",
        reference=f"a bare interpreter that wakes ten times a second: {seen.bare:.2f} %",
        goal=f"< {MOST_CPU:g} %",
        met=seen.cpu < MOST_CPU,
        how=f"a real `flait daemon run` with {texts:,} subscriptions and nothing due, for {IDLE:g} s.",
    )
    yield Line(
        measure="load: news for everybody",
        figure=f"{seen.seconds:.0f} s for {seen.texts:,} texts written",
        reference=f"as many bare commits: {seen.texts * commit:.0f} s",
        ratio=seen.seconds / (seen.texts * commit) if seen.texts else None,
        how=f"every flight is due and has a gate: from then until that daemon has written a text for each of {texts:,} "
        "subscriptions; it sends at the same time, to a server that takes each at once.",
    )
    yield Line(
        measure="load: memory",
        figure=f"{seen.mb:.0f} MB",
        reference=f"bare interpreter: {bare:.0f} MB",
        ratio=seen.mb / bare,
        goal=f"< {MOST_MB} MB",
        met=seen.mb < MOST_MB and seen.texts >= texts,
        how="the most that daemon was seen to hold meanwhile, resident, from outside.",
    )


def _seen(env: Mapping[str, str], place: Home, texts: int) -> Seen:
    _do(place.database, ALL_DUE, at=stamped(App(env), timedelta(days=1)))
    with daemon(env) as process:
        looked_at = psutil.Process(process.pid)
        due, begun = partial(_do, place.database, MOMENTS, at=stamped(App(env))), perf_counter()
        moments = due()
        while due() and perf_counter() - begun < PATIENCE:
            threading.Event().wait(LOOK_EVERY)
        waited = perf_counter() - begun
        cpu, bare = _idle(looked_at)
        _do(place.database, ALL_DUE, at=stamped(App(env)))
        begun, most, written = perf_counter(), 0.0, 0
        while written < texts and perf_counter() - begun < PATIENCE:
            threading.Event().wait(LOOK_EVERY)
            most = max(most, looked_at.memory_info().rss / 1e6)
            written = _do(place.database, WRITTEN)
        return Seen(
            moments=moments,
            moments_seconds=waited,
            cpu=cpu,
            bare=bare,
            seconds=perf_counter() - begun,
            texts=written,
            mb=most,
        )


def _idle(process: psutil.Process) -> tuple[float, float]:
    """Percent of a core that it and a bare interpreter need, side by side."""
    with subprocess.Popen([sys.executable, "-c", WAITING]) as waiting:
        both = (process, psutil.Process(waiting.pid))
        threading.Event().wait(SETTLES)
        before, begun = [_cpu(one) for one in both], perf_counter()
        threading.Event().wait(IDLE)
        spent = [_cpu(one) - earlier for one, earlier in zip(both, before, strict=True)]
        seconds = perf_counter() - begun
        waiting.kill()
    cpu, bare = (100 * one / seconds for one in spent)
    return cpu, bare


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _bare_mb() -> float:
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as process:
        threading.Event().wait(0.5)  # it is up, and waits for its input
        return float(psutil.Process(process.pid).memory_info().rss / 1e6)


# --- the claim ------------------------------------------------------------------------------------------------------


class NowApp(BenchApp):
    """With a clock that stands at the moment at which it was made."""

    @cached_property
    def clock(self) -> SteppingClock:
        """Where texts that were queued just now are due."""
        return SteppingClock(SystemClock().now() + timedelta(seconds=1))


def _claims() -> Line:
    """What a sender does before each text, with few and with many in line."""
    with ExitStack() as stack:
        apps = [NowApp(stack.enter_context(home()).env()) for _ in QUEUED]
        for app, many in zip(apps, QUEUED, strict=True):
            queue(app, many // 10, 10)
        rounds = [[_claim(app) for app in apps] for _ in range(TIMES)]
        few, most = (median(times) for times in zip(*rounds, strict=True))
    return Line(
        measure="load: claim a text",
        figure=f"{most * 1000:.2f} ms of {QUEUED[1]:,} in line",
        reference=f"{few * 1000:.2f} ms of {QUEUED[0]}",
        ratio=most / few,
        goal=f"≤ {MOST_CLAIM:g} times",
        met=most / few <= MOST_CLAIM,
        how="late texts and those after STOP out of line, then the claim: two transactions on a disk, put back "
        f"afterwards. Median of {TIMES}, the two databases in turns.",
    )


def _claim(app: BenchApp) -> float:
    store, now = app.store(), app.clock.now()
    begun = perf_counter()
    with store.transaction():
        store.expire_messages(now)
        store.suppress_opted_out(now)
    claimed = store.claim_due_message(now, "bench")
    taken = perf_counter() - begun
    assert claimed
    store.mark_requeued(claimed.id, attempt=claimed.attempts, not_before=claimed.not_before)
    return taken
