"""DOOR: time passing. A metronome ticks; what is due stands in the database; nothing is scheduled anywhere else.

APScheduler only ticks (poll, deliver, answer, activate, settle, receipts, fetch, confirm, beat, backup, upkeep). One
daemon per database: a lock held for life, freed by the kernel whatever kills us.
"""

import logging
import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

from flait.answerers import Answerers
from flait.app import App
from flait.clock import SHORTEST_TICK, believable, is_virtual
from flait.core.receipts import Unproven
from flait.errors import AboveTier, ConfigError, FlaitError
from flait.flows import answer, backup, deliver, intake, push, receipts, subscribe, timekeeping, unproven, upkeep
from flait.flows.ports import FlightSource, Gateway
from flait.lock import sole
from flait.metronome import Watchdog, stacks
from flait.pollers import Pollers
from flait.pulse import Pulse, Trouble

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

    from flait.webhook import Webhook

log = logging.getLogger("flait.daemon")

SENDERS = 2  # Twilio queues faster than it sends; order per person is the database's matter
STOP_WITHIN = 10.0  # seconds, real: for what is in flight when asked to stop
NOT_CALLED = timedelta(seconds=30)  # without a webhook, people's texts are read from Twilio's list this often
CALLED_BACK = timedelta(hours=1)  # with one, now and then all the same: a call that failed is not repeated
WATCH_EVERY = 1.0  # seconds, real: how often the clock is compared with itself
LONGEST_STEP = 900.0  # seconds, real: more than ten questions to FlightAware, the most for one text, at 75 s each
LONGEST_SILENCE = 300.0  # seconds, real: the slowest clock's ticks still begin something more often
ANY_YEAR = frozenset({"beat", "listen"})  # what is done whatever the clock says


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A thing to do every so often, in the clock's time. It is called again at once while it returns True."""

    name: str
    every: timedelta
    do: Callable[[], bool]
    on_text: bool = False  # also at once when a person's text has come in


class Daemon:
    """The work of one run: every tick is a method; each does one thing at a time and says whether there is more."""

    def __init__(self, app: App, stopping: threading.Event) -> None:
        self._app = app
        self._stopping = stopping
        self._silent_until: datetime | None = None
        self._troubles: dict[str, Trouble] = {}
        self._pulse: Pulse | None = None
        self._time = timekeeping.Timekeeper(app.clock, app.witness)
        self.watchdog = Watchdog(longest=LONGEST_STEP, silent=LONGEST_SILENCE)
        self._pollers = Pollers(app, lambda: self._source, self.watchdog)
        self._answerers = Answerers(app, lambda: self._source, self.watchdog, stopping)
        self._webhook: Webhook | None = None
        self._to_look_up = unproven.ToLookUp()
        self._above_tier = False  # FlightAware has refused push alerts to this account
        self.wake: Callable[[], None] = lambda: None  # the metronome's to set: makes the ticks `on_text` due
        self.boot = secrets.token_hex(8)
        self.started_at = app.clock.now()

    @cached_property
    def _source(self) -> FlightSource:
        return self._app.source(wait=self._stopping.wait)

    @cached_property
    def _gateway(self) -> Gateway:
        return self._app.gateway()

    @cached_property
    def _office(self) -> push.Office:
        return self._app.office(self._stopping.wait)

    def ticks(self) -> list[Tick]:
        """What is done, and how often."""
        return [
            Tick(name="beat", every=timedelta(seconds=30), do=self.beat),
            Tick(name="poll", every=timedelta(seconds=5), do=self.poll),
            *(Tick(name=f"deliver-{number}", every=timedelta(seconds=2), do=self.deliver) for number in range(SENDERS)),
            Tick(name="answer", every=timedelta(seconds=2), do=self.answer, on_text=True),
            Tick(name="settle", every=timedelta(seconds=15), do=self.settle),
            Tick(name="receipts", every=timedelta(seconds=60), do=self.receipts),
            Tick(name="fetch", every=CALLED_BACK if self._app.is_called_back else NOT_CALLED, do=self.fetch),
            Tick(name="activate", every=timedelta(seconds=30), do=self.activate),
            Tick(name="backup", every=timedelta(hours=1), do=self.backup),
            Tick(name="upkeep", every=timedelta(hours=1), do=self.upkeep),
            *(self._listening() if self._listens else []),
            *([Tick(name="push", every=timedelta(minutes=1), do=self.push)] if self._pushes() else []),
        ]

    def _listening(self) -> list[Tick]:
        return [
            Tick(name="listen", every=timedelta(minutes=1), do=self.listen),
            Tick(name="confirm", every=timedelta(seconds=2), do=self.confirm, on_text=True),
        ]

    def recover(self) -> None:
        """Take over from whatever ran before: what it left half done is in doubt, or due."""
        deliver.recover(self._app.store(), self._app.clock, self.boot)

    def beat(self) -> bool:
        """Say that we are alive: in the database, and beside it what troubles us."""
        store, clock = self._app.store(), self._app.clock
        now = clock.now()  # read once: set back between two readings, nobody would see it
        self._time.check(store, now)
        store.beat(boot=self.boot, pid=os.getpid(), started_at=self.started_at, now=now)
        self._troubled("keyring", self._app.credentials.trouble)
        self._troubled("polls", self._pollers.trouble)
        self._troubled("answers", self._answerers.trouble)
        self._troubled("clock", "" if believable(clock) else "the clock stands before this Flait was written")
        self._say()
        return False

    def speak(self) -> None:
        """From now on say in run/daemon.json how we are. Raises ConfigError."""
        self._pulse = Pulse(self._app.paths.run_dir)

    def _say(self) -> None:
        if self._pulse:
            self._pulse.say(self._app.clock.now(), list(self._troubles.values()))

    def _troubled(self, what: str, cause: str) -> bool:
        """Note what does not work, or with no cause that it works; whether that is news."""
        known = self._troubles.get(what)
        if (known.cause if known else "") == cause:
            return False
        if cause:
            since = known.since if known else self._app.clock.now()
            self._troubles = self._troubles | {what: Trouble(what=what, cause=cause, since=since)}
        else:
            self._troubles = {name: trouble for name, trouble in self._troubles.items() if name != what}
        return True

    @property
    def _listens(self) -> bool:
        return self._app.settings.webhook.enabled

    def listen(self) -> bool:
        """Have the listener run; what stands in its way (no token yet) is noted for `flait status`, and tried again."""
        from flait.webhook import Webhook

        if self._webhook or not self._listens or self._stopping.is_set():
            return False
        store, clock = self._app.store(), self._app.clock
        webhook = Webhook(self._app, woken=lambda: self.wake(), unsure=self._unsure)
        try:
            webhook.start()
        except ConfigError as fault:
            store.note_error("webhook", str(fault), clock.now())
            raise
        self._webhook = webhook
        store.note_success("webhook", clock.now())
        return False

    def _unsure(self, what: Unproven) -> None:
        self._to_look_up.add(what, self._app.clock.now())
        self.wake()

    def stop_listening(self) -> None:
        """Let the requests being answered end, and take no more."""
        if self._webhook:
            self._webhook.stop()

    def poll(self) -> bool:
        """Begin the polls that are due."""
        return not self._stopping.is_set() and self._pollers.begin(self.boot)

    def poll_all(self) -> bool:
        """Poll everything due, a poolful at a time, waiting for each: for `tick`."""
        self.poll()
        return self._pollers.finish()

    def drain(self) -> None:
        """Wait for the polls and the answers under way."""
        self._pollers.finish()
        self._answerers.finish()

    def deliver(self) -> bool:
        """Send one text. Silent for a while after Twilio refused the account or asked for a pause."""
        now = self._app.clock.now()
        if self._stopping.is_set() or (self._silent_until and now < self._silent_until):
            return False
        store, clock, whatsapp = self._app.store(), self._app.clock, self._app.whatsapp
        progress = deliver.send_next(store, self._gateway, clock, self.boot, whatsapp=whatsapp)
        if progress.pause:  # two senders share it: the other's success does not end it
            self._silent_until = self._app.clock.now() + progress.pause
        return progress.more

    def settle(self) -> bool:
        """Look one text in doubt up in Twilio's record."""
        store, clock = self._app.store(), self._app.clock
        deliver.doubt_forgotten(store, clock)
        return bool(store.in_doubt(clock.now())) and deliver.settle_next(store, self._gateway, clock)

    def receipts(self) -> bool:
        """Ask Twilio what became of one text."""
        store, clock = self._app.store(), self._app.clock
        whatsapp = self._app.whatsapp
        return receipts.waiting(store, clock) and receipts.ask_about_unfinished(
            store, self._gateway, clock, whatsapp=whatsapp
        )

    def fetch(self) -> bool:
        """Read what people texted from Twilio's record, where Twilio cannot call us."""
        owner = self._app.settings.twilio.keyword_owner
        return intake.fetch(self._app.store(), self._gateway, self._app.clock, keyword_owner=owner).more

    def confirm(self) -> bool:
        """Look one thing up at Twilio that was called in and is not proven."""
        app = self._app
        owner, whatsapp = app.settings.twilio.keyword_owner, app.whatsapp
        more = unproven.look_up_next(
            app.store(), self._gateway, app.clock, self._to_look_up, keyword_owner=owner, whatsapp=whatsapp
        )
        if more:
            self.wake()  # whoever answers, for it may have been a text
        return more

    def answer(self) -> bool:
        """Answer one text that a person sent, or hand it to those who look things up for it."""
        if self._stopping.is_set():
            return False
        store, clock, looks = self._app.store(), self._app.clock, self._answerers.looks
        more = answer.answer_next(store, clock, boot=self.boot, looks=looks, rules=self._app.answer_rules)
        self._answerers.begin()
        return more

    def answer_all(self) -> bool:
        """Answer everything that waits: for `tick`."""
        return self.answer() or self._answerers.finish()

    def _pushes(self) -> bool:
        """Whether push alerts are to be looked after: they are wanted, or some are left from when they were."""
        store, problem = self._app.store(), self._app.push_problem
        if problem:
            log.warning("push alerts are off: %s", problem)
            store.note_error(push.PUSH, problem, self._app.clock.now())
        return (self._app.settings.flightaware.push and not problem) or not push.is_idle(store)

    def push(self) -> bool:
        """Look after one push alert at FlightAware; after it refused them to this account, never again in this run."""
        store, clock = self._app.store(), self._app.clock
        if self._above_tier or self._stopping.is_set():
            return False
        try:
            return push.step(store, self._office, clock)
        except AboveTier as refusal:
            self._above_tier = True
            store.note_error(push.PUSH, refusal.message, clock.now())
            log.warning("push alerts are off until the daemon starts again: %s", refusal)
            return False

    def activate(self) -> bool:
        """Carry one pending subscription on; none may fail because a wrong clock says that its day is over."""
        if not is_virtual(self._app.clock) and timekeeping.is_in_doubt(self._app.store(), self._app.clock):
            return False
        return subscribe.activate_next(self._app.store(), self._source, self._app.clock, self._app.zone_of)

    def backup(self) -> bool:
        """Back up the database once a day."""
        keep = self._app.settings.backup.keep_daily
        backup.daily(self._app.store(), self._app.clock, self._app.paths.backups_dir, keep=keep)
        return False

    def upkeep(self) -> bool:
        """Prune what is kept no longer."""
        retention = self._app.settings.retention
        upkeep.prune(
            self._app.store(),
            self._app.clock,
            keep=timedelta(days=retention.flight_data_days),
            keep_raw=timedelta(hours=retention.raw_hours),
        )
        return False

    def run(self, tick: Tick) -> None:
        """One beat of the metronome: until there is no more to do. A fault is said once, and once when it is over."""
        if tick.name not in ANY_YEAR and not believable(self._app.clock):
            return
        try:
            while self._step(tick) and not self._stopping.is_set():
                pass
        except FlaitError as fault:
            if self._troubled(tick.name, str(fault)):
                log.error("%s: %s", tick.name, fault)  # noqa: TRY400  # one sentence is the whole story
        except Exception as problem:
            log.exception("%s failed", tick.name)
            self._troubled(tick.name, f"an unexpected {type(problem).__name__}; `flait daemon logs` shows it")
        else:
            if not self._troubled(tick.name, ""):
                return
            log.info("%s works again", tick.name)
        self._say()

    def _step(self, tick: Tick) -> bool:
        with self.watchdog.watching(tick.name):
            return tick.do()


def run(app: App, *, verbose: int = 0, terminal: bool = True) -> None:
    """Be the daemon until SIGTERM or SIGINT; finishes what is in flight, and leaves within 15 s. Raises Locked."""
    from flait.logs import logging_to

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    app.shut_in()
    with sole(app.paths.database), logging_to(app.paths.log_dir, app.clock, verbose=verbose, terminal=terminal):
        daemon = Daemon(app, stopping)
        daemon.speak()
        daemon.recover()
        daemon.run(Tick(name="listen", every=timedelta(), do=daemon.listen))  # whoever sees a beat finds the address
        daemon.beat()
        log.info("daemon started, pid %d", os.getpid())
        _metronome(daemon, app, stopping)
        log.info("daemon stopped")
        logging.shutdown()
        # A hanging provider must not hold the exit up: its call is lost to us, and recovered at the next start.
        os._exit(0)


def _metronome(daemon: Daemon, app: App, stopping: threading.Event) -> None:
    from apscheduler.schedulers.background import BackgroundScheduler

    from flait.metronome import ClockGuard, Every, wake

    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    )
    ticks = daemon.ticks()
    for tick in ticks:
        seconds = max(SHORTEST_TICK, app.clock.real_seconds(tick.every))
        scheduler.add_job(daemon.run, Every(seconds), args=[tick], id=tick.name)
    scheduler.start()
    daemon.wake = partial(wake, scheduler, [tick.name for tick in ticks if tick.on_text])
    guard = ClockGuard(scheduler)
    while not stopping.wait(WATCH_EVERY):
        guard.check()
        stuck = daemon.watchdog.stuck()
        if stuck:
            _begin_anew(stuck)
    log.info("stopping")
    scheduler.pause()
    # A text being posted, a poll being stored are worth seconds; a hanging provider is not.
    done = threading.Thread(target=_finish, args=(scheduler, daemon), daemon=True)
    done.start()
    done.join(STOP_WITHIN)


def _begin_anew(stuck: str) -> None:
    """A thread of ours is dead or hangs: nothing is lost by a crash, so be one, and start again in the same process."""
    log.critical("%s; the daemon begins anew\n%s", stuck, stacks())
    logging.shutdown()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # our own command line


def _finish(scheduler: "BackgroundScheduler", daemon: Daemon) -> None:
    """Requests, ticks and polls under way end by themselves, together within the same patience."""
    daemon.stop_listening()
    scheduler.shutdown(wait=True)
    daemon.drain()


def tick(app: App, *, verbose: int = 0) -> None:
    """One pass over everything that is due, then back: for cron. Raises Locked when a daemon runs."""
    from flait.logs import logging_to

    app.shut_in()
    with sole(app.paths.database), logging_to(app.paths.log_dir, app.clock, verbose=verbose, terminal=verbose > 0):
        daemon = Daemon(app, threading.Event())
        daemon.recover()
        daemon.beat()
        heard = (daemon.fetch, daemon.answer, daemon.deliver, daemon.answer_all)  # what asks nobody goes out at once
        steps = (daemon.activate, daemon.poll_all, daemon.deliver, daemon.settle, daemon.receipts)
        for step in (*heard, *steps, daemon.backup, daemon.upkeep):  # a STOP comes before what it stops
            daemon.run(Tick(name=step.__name__, every=timedelta(), do=step))
