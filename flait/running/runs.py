"""DOOR: one run, from the lock to its end: the daemon's, which lasts, and a `tick`'s, which is one pass.

APScheduler only ticks. One daemon per database: a lock held for life, freed by the kernel whatever kills us.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from flait.app import App
from flait.clock import SHORTEST_TICK
from flait.daemon import Daemon
from flait.running.metronome import stacks
from flait.running.pulse import Trouble
from flait.running.ticks import Tick
from flait.system.lock import HeldLock, sole
from flait.system.starving import starved

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger("flait.daemon")

STOP_WITHIN = 10.0  # seconds, real: for what is in flight when asked to stop
WATCH_EVERY = 1.0  # seconds, real: how often the clock is compared with itself, and the database looked for
FAILED = 1


def run(app: App, *, verbose: int = 0, terminal: bool = True) -> None:
    """Be the daemon until SIGTERM or SIGINT; finishes what is in flight, and leaves within 15 s. Raises Locked."""
    from flait.system.logs import logging_to

    stopping = threading.Event()
    app.shut_in()
    with (
        sole(app.paths.database, since=app.clock.now(), run_dir=app.paths.run_dir) as held,
        logging_to(app.paths.log_dir, app.clock, verbose=verbose, terminal=terminal),
    ):
        daemon = Daemon(app, stopping)
        daemon.speak()
        daemon.recover()
        daemon.run(Tick(name="listen", every=timedelta(), do=daemon.listen))  # whoever sees a beat finds the address
        for number in (signal.SIGTERM, signal.SIGINT):  # until now there was nothing to finish
            signal.signal(number, lambda *_: stopping.set())
        daemon.beat()
        _leave(daemon, partial(_live, daemon, app, stopping, held))


def _leave(daemon: Daemon, life: Callable[[], int]) -> NoReturn:
    """Live, then leave at once, whatever hangs: a call under way is lost to us, and recovered at the next start.

    Also where memory or threads run out: Python itself would wait for each of its threads.
    """
    code = FAILED
    try:
        log.info("daemon started, pid %d", os.getpid())
        code = life()
        daemon.fall_silent()
        log.info("daemon stopped")
    except Exception as problem:
        if not starved(problem):
            log.exception("the daemon fell")
        else:
            log.critical("the daemon ends: %s", starved(problem))
    finally:
        try:
            logging.shutdown()
        finally:
            os._exit(code)


def _live(daemon: Daemon, app: App, stopping: threading.Event, held: HeldLock) -> int:
    """Let it tick until it is to stop; the exit code."""
    from apscheduler.schedulers.background import BackgroundScheduler

    from flait.running.metronome import Every, wake

    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    ticks = daemon.ticks()
    for tick in ticks:
        seconds = max(SHORTEST_TICK, app.clock.real_seconds(tick.every))
        scheduler.add_job(daemon.run, Every(seconds), args=[tick], id=tick.name)
    ending = threading.Event()
    finishing = threading.Thread(target=_finish, args=(ending, scheduler, daemon), daemon=True)
    finishing.start()  # now: when it is needed there may be no memory for another thread
    scheduler.start()
    daemon.wake = partial(wake, scheduler, [tick.name for tick in ticks if tick.on_text])
    code = _watch(daemon, scheduler, stopping, held)
    log.info("stopping")
    scheduler.pause()
    # A text being posted, a poll being stored are worth seconds; a hanging provider is not.
    ending.set()
    finishing.join(STOP_WITHIN)
    daemon.whereabouts.put_away()
    return code


def _watch(daemon: Daemon, scheduler: "BackgroundScheduler", stopping: threading.Event, held: HeldLock) -> int:
    """What no tick can see: that the clock jumped, that a tick hangs, that the database or the lock is not ours."""
    from flait.running.metronome import ClockGuard

    guard = ClockGuard(scheduler)
    while not stopping.wait(WATCH_EVERY):
        guard.check()
        if not held.is_kept():
            log.critical("the lock beside the database is gone or another's: this daemon is nobody's, and leaves")
            stopping.set()
            return FAILED
        daemon.look_around()
        stuck = daemon.watchdog.stuck()
        if stuck:
            _begin_anew(stuck)
    return 0


def _begin_anew(stuck: str) -> None:
    """A thread of ours is dead or hangs: nothing is lost by a crash, so be one, and start again in the same process."""
    log.critical("%s; the daemon begins anew\n%s", stuck, stacks())
    logging.shutdown()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # our own command line


def _finish(ending: threading.Event, scheduler: "BackgroundScheduler", daemon: Daemon) -> None:
    """Once it is to end: requests, ticks and polls under way end by themselves, together within the same patience."""
    ending.wait()
    daemon.stop_listening()
    scheduler.shutdown(wait=True)
    daemon.drain()


def tick(app: App, *, verbose: int = 0) -> Sequence[Trouble]:
    """One pass over everything that is due, then back: for cron. What troubled it. Raises Locked when a daemon runs."""
    from flait.system.logs import logging_to

    app.shut_in()
    with (
        sole(app.paths.database, "`flait tick`", since=app.clock.now()),
        logging_to(app.paths.log_dir, app.clock, verbose=verbose, terminal=verbose > 0),
    ):
        daemon = Daemon(app, threading.Event(), lasting=False)
        daemon.speak()
        daemon.recover()
        for each in daemon.in_one_pass():
            daemon.run(each)
        daemon.beat()
        app.store().refuse_elsewhere()
        return daemon.troubles
