"""DOOR: time passing. What is due stands in the database; nothing is scheduled anywhere else.

What is done every so often is a tick; `Daemon.listed` has them. runs.py lets them tick, from the lock to the end.
"""

import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, cast

from flait.app import App
from flait.clock import believable, is_virtual
from flait.core.inbound import Unproven
from flait.errors import ConfigError, FlaitError, Gone
from flait.flows import (
    answer,
    backup,
    deliver,
    intake,
    meter,
    planes,
    receipts,
    remind,
    subscribe,
    timekeeping,
    timetable,
    unproven,
    upkeep,
)
from flait.flows.ports import FlightSource, Gateway, Timed
from flait.running.answerers import Answerers
from flait.running.metronome import Watchdog
from flait.running.pollers import Pollers
from flait.running.pulse import Pulse, Trouble, Troubles, word
from flait.running.purse import Purse
from flait.running.pusher import Pusher
from flait.running.ticks import Tick
from flait.running.whereabouts import Whereabouts
from flait.system.starving import WHY, Hunger

if TYPE_CHECKING:
    from flait.web.webhook import Webhook

log = logging.getLogger("flait.daemon")

SENDERS = 2  # Twilio queues faster than it sends; order per person is the database's matter
NOT_CALLED = timedelta(seconds=30)  # without a webhook, people's texts are read from Twilio's list this often
CALLED_BACK = timedelta(hours=1)  # with one, now and then all the same: a call that failed is not repeated
LONGEST_STEP = 900.0  # seconds, real: more than ten questions to FlightAware, the most for one text, at 75 s each
LONGEST_SILENCE = 300.0  # seconds, real: the slowest clock's ticks still begin something more often
ANY_YEAR = frozenset({"beat", "listen"})  # what is done whatever the clock says


class Daemon:
    """The work of one run: every tick is a method; each does one thing at a time and says whether there is more."""

    def __init__(self, app: App, stopping: threading.Event, *, lasting: bool = True) -> None:
        """`lasting`: it goes on, and can be called; else it is one pass, after which nobody is there."""
        self._app = app
        self._stopping = stopping
        self._lasting = lasting
        self._troubles = Troubles()
        self.whereabouts = Whereabouts(app, self._troubles, self._say)
        self._waiting: Sequence[str] = ()  # settings that want a restart
        self._pulse: Pulse | None = None
        self._hunger = Hunger(app.clock)
        self._time = timekeeping.Timekeeper(app.clock, app.witness)
        self.watchdog = Watchdog(longest=LONGEST_STEP, silent=LONGEST_SILENCE)
        self._purse = Purse(app, lambda: self._source)
        self._pollers = Pollers(app, lambda: self._source, self.watchdog)
        self._answerers = Answerers(app, lambda: self._source, self.watchdog, stopping)
        self._webhook: Webhook | None = None
        self._to_look_up = unproven.ToLookUp()
        self._pusher = Pusher(app, stopping, lasting=lasting)
        self.wake: Callable[[], None] = lambda: None  # the metronome's to set: makes the ticks `on_text` due
        self.boot = secrets.token_hex(8)
        self.started_at = app.clock.now()

    @cached_property
    def _source(self) -> FlightSource:
        return self._app.source(wait=self._stopping.wait)

    @cached_property
    def _gateway(self) -> Gateway:
        return self._app.gateway()

    def ticks(self) -> list[Tick]:
        """What a daemon does, and how often."""
        return [tick for tick in self.listed() if tick.lasting]

    def in_one_pass(self) -> list[Tick]:
        """What one pass does, once each, in this order; it waits for the polls."""
        return [tick for tick in self.listed() if tick.passing]

    def listed(self) -> list[Tick]:
        """Every tick, in the order of a pass. What the time is, by who answers, comes before whatever ends by it,
        a STOP before what it stops; what asks nobody goes out at once.
        """
        fetched = CALLED_BACK if self._app.is_called_back else NOT_CALLED
        return [
            Tick(name="beat", every=timedelta(seconds=30), do=self.beat),
            Tick(name="time", every=timedelta(minutes=1), do=self.ask_the_time),
            Tick(name="budget", every=timedelta(seconds=30), do=self._purse.step),
            Tick(name="fetch", every=fetched, do=self.fetch),
            Tick(name="beat", do=self.beat, lasting=False),
            Tick(name="answer", every=timedelta(seconds=2), do=self.answer, on_text=True),
            Tick(name="deliver-0", every=timedelta(seconds=2), do=self.deliver),
            Tick(name="looks", do=self.answer_all, lasting=False),
            Tick(name="activate", every=timedelta(seconds=30), do=self.activate),
            Tick(name="timetable", every=timedelta(minutes=1), do=self.compare),
            Tick(name="poll", every=timedelta(seconds=5), do=self.poll if self._lasting else self.poll_all),
            Tick(name="remind", every=timedelta(seconds=5), do=self.remind),
            Tick(name="deliver-0", do=self.deliver, lasting=False),
            Tick(name="settle", every=timedelta(seconds=15), do=self.settle),
            Tick(name="receipts", every=timedelta(seconds=60), do=self.receipts),
            *self._pushes(),
            Tick(name="reckon", every=timedelta(hours=1), do=self._purse.reckon),
            Tick(name="backup", every=timedelta(hours=1), do=self.backup),
            Tick(name="upkeep", every=timedelta(hours=1), do=self.upkeep),
            *(self._for_a_daemon_alone() if self._lasting else []),
        ]

    def _pushes(self) -> Iterator[Tick]:
        if self._pusher.is_needed():
            yield Tick(name="push", every=timedelta(minutes=1), do=self._pusher.step)

    def _for_a_daemon_alone(self) -> Iterator[Tick]:
        for number in range(1, SENDERS):
            yield Tick(name=f"deliver-{number}", every=timedelta(seconds=2), do=self.deliver, passing=False)
        yield Tick(name="settings", every=timedelta(seconds=30), do=self.take_up, passing=False)
        if self._listens:
            yield Tick(name="listen", every=timedelta(minutes=1), do=self.listen, passing=False)
            yield Tick(name="confirm", every=timedelta(seconds=2), do=self.confirm, on_text=True, passing=False)

    def recover(self) -> None:
        """Take over from whatever ran before: what it left half done is in doubt, or due."""
        deliver.recover(self._app.store(), self._app.clock, self.boot)

    def beat(self) -> bool:
        """Say that we are alive: in the database, and beside it what troubles us."""
        if self.whereabouts.is_lost:
            self._say()
            return False
        store, clock = self._app.store(), self._app.clock
        now = clock.now()  # read once: set back between two readings, nobody would see it
        self._time.check(store, now)
        store.beat(boot=self.boot, pid=os.getpid(), started_at=self.started_at, now=now)
        store.checkpoint()  # little hangs on the log then
        self._troubled("keyring", self._app.credentials.trouble)
        self._troubled("polls", self._pollers.trouble)
        self._troubled("answers", self._answerers.trouble)
        self._troubled("memory", self._hunger.cause)
        self._troubled("clock", "" if believable(clock) else "the clock stands before this Flait was written")
        self._say()
        return False

    def ask_the_time(self) -> bool:
        """While the clock is in doubt and nobody outside has spoken since: ask AeroAPI something that costs nothing."""
        store, clock = self._app.store(), self._app.clock
        if timekeeping.is_in_doubt(store, clock) and self._time.waits_for_a_word and not self._stopping.is_set():
            with suppress(FlaitError):  # who asks for flights says why that does not work
                cast("Timed", self._source).check()
            self._time.check(store, clock.now())
        return False

    def take_up(self) -> bool:
        """Let changed settings hold that can change while we run; of the others say that they wait for a restart."""
        held = self._app.settings
        self._waiting = self._app.take_up_settings()
        if self._app.settings != held:
            log.info("changed settings hold from now on")
            meter.resume_shares(self._app.store(), self._app.clock)
        self._say()
        return False

    def speak(self) -> None:
        """Say in run/daemon.json how we are; a pass goes on from what the one before said. Raises ConfigError."""
        said = word(self._app.paths.run_dir)
        if said and not self._lasting:
            done = {tick.name for tick in self.in_one_pass()}
            for each in said.troubles:
                if each.what in done:
                    self._troubles.note(each.what, each.cause, each.since)
        self._pulse = Pulse(self._app.paths.run_dir, lasting=self._lasting)

    @property
    def troubles(self) -> Sequence[Trouble]:
        """What does not work."""
        return self._troubles.told

    def fall_silent(self) -> None:
        """Say nothing more: what troubled us is over."""
        if self._pulse:
            self._pulse.say_nothing()

    def _say(self) -> None:
        if self._pulse:
            now, waiting = self._app.clock.now(), self._waiting
            self._pulse.say(now, self._troubles.told, in_force=self._app.in_force, waiting=waiting)

    def _troubled(self, what: str, cause: str) -> bool:
        """Note what does not work, or with no cause that it works; whether that is news."""
        return self._troubles.note(what, cause, self._app.clock.now())

    def look_around(self) -> None:
        """Whether what is open still stands where others meet it; in between nothing is asked, sent or answered."""
        self.whereabouts.look()

    @property
    def _listens(self) -> bool:
        return self._lasting and self._app.settings.webhook.enabled

    def listen(self) -> bool:
        """Have the listener run; what stands in its way (no token yet) is noted for `flait status`, and tried again."""
        from flait.web.webhook import Webhook

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

    def remind(self) -> bool:
        """Decide one thing that is due without a look."""
        app = self._app
        return not self._stopping.is_set() and remind.remind_next(app.store(), app.clock, app.rules)

    def drain(self) -> None:
        """Wait for the polls and the answers under way."""
        self._pollers.finish()
        self._answerers.finish()

    def deliver(self) -> bool:
        """Send one text. Silent for a while after Twilio refused the account or asked for a pause."""
        store, clock, whatsapp = self._app.store(), self._app.clock, self._app.whatsapp
        if self._stopping.is_set() or deliver.is_silent(store, clock.now()):
            return False
        progress = deliver.send_next(
            store, self._gateway, clock, self.boot, whatsapp=whatsapp, least=self._app.rules.least
        )
        if progress.pause:  # all senders share it: another's success does not end it
            deliver.be_silent(store, clock.now() + progress.pause)
        return progress.more

    def settle(self) -> bool:
        """Look one text in doubt up in Twilio's record."""
        store, clock = self._app.store(), self._app.clock
        deliver.doubt_forgotten(store, clock)
        return bool(store.in_doubt(clock.now())) and deliver.settle_next(
            store, self._gateway, clock, least=self._app.rules.least
        )

    def receipts(self) -> bool:
        """Ask Twilio what became of one text."""
        store, clock, whatsapp = self._app.store(), self._app.clock, self._app.whatsapp
        return receipts.waiting(store, clock) and receipts.ask_about_unfinished(
            store, self._gateway, clock, whatsapp=whatsapp
        )

    def fetch(self) -> bool:
        """Read what people texted from Twilio's record, where Twilio cannot call us."""
        app, owner = self._app, self._app.settings.twilio.keyword_owner
        return intake.fetch(app.store(), self._gateway, app.clock, keyword_owner=owner).more

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

    def activate(self) -> bool:
        """Carry one pending subscription on, unless a wrong clock says that its day is over; find one plane."""
        if self._doubts_the_clock():
            return False
        app, store, clock = self._app, self._app.store(), self._app.clock
        more = subscribe.activate_next(store, self._source, clock, app.zone_of, app.settings.operator.contact)
        return planes.find_next(store, self._source, clock) or more

    def compare(self) -> bool:
        """Compare one saved number with its timetable, or tell what waited of one."""
        app = self._app
        if self._doubts_the_clock() or self._stopping.is_set():
            return False
        days, defaults = app.settings.alerts.schedule_checks, app.settings.defaults
        return timetable.step(app.store(), self._source, app.clock, days=days, defaults=defaults)

    def _doubts_the_clock(self) -> bool:
        return not is_virtual(self._app.clock) and timekeeping.is_in_doubt(self._app.store(), self._app.clock)

    def backup(self) -> bool:
        """Back up the database once a day."""
        keep = self._app.settings.backup.keep_daily
        backup.daily(self._app.store(), self._app.clock, self._app.paths.backups_dir, keep=keep)
        return False

    def upkeep(self) -> bool:
        """Prune what is kept no longer."""
        retention = self._app.settings.retention
        keep, keep_raw = timedelta(days=retention.flight_data_days), timedelta(hours=retention.raw_hours)
        upkeep.prune(self._app.store(), self._app.clock, keep=keep, keep_raw=keep_raw)
        return False

    def run(self, tick: Tick) -> None:
        """One beat of the metronome: until there is no more to do. A fault is said once, and once when it is over."""
        if self._rests(tick):
            return
        try:
            self._run(tick)
        except Exception as problem:
            if not self._hunger.felt(problem):  # no room even to tell it: the next beat that has some does
                raise

    def _run(self, tick: Tick) -> None:
        try:
            while self._step(tick) and not self._stopping.is_set():
                pass
        except Gone:  # `look_around` notices within a second, and says so
            return
        except Exception as problem:  # noqa: BLE001  # one tick's fault must not end the others
            self._failed(tick.name, problem)
        else:
            if not self._troubled(tick.name, ""):
                return
            log.info("%s works again", tick.name)
        self._say()

    def _failed(self, name: str, problem: Exception) -> None:
        if self._hunger.felt(problem):
            name, problem = "memory", FlaitError(WHY)
        expected = isinstance(problem, FlaitError)
        what = str(problem) if expected else f"an unexpected {type(problem).__name__}; `flait daemon logs` shows it"
        if self._troubled(name, what):
            log.error("%s: %s", name, what, exc_info=None if expected else problem)

    def _rests(self, tick: Tick) -> bool:
        return tick.name not in ANY_YEAR and (self.whereabouts.is_lost or not believable(self._app.clock))

    def _step(self, tick: Tick) -> bool:
        with self.watchdog.watching(tick.name):
            return tick.do()
