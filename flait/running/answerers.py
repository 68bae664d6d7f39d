"""DOOR: the daemon's answers that take a look at FlightAware: a bounded pool, so that one slow answer holds up nobody.

One person's texts wait behind each other; what asks nobody is answered beside them (flows/answering/looks.py).
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from flait.app import App
from flait.errors import StoreError
from flait.flows.answer import Looks, answer_looked
from flait.flows.ports import FlightSource
from flait.running.metronome import Watchdog

log = logging.getLogger("flait.daemon")

ANSWERERS = 8  # people who are answered at once; AeroAPI's pace is kept elsewhere


class Answerers:
    """The looks of one run. `source` is asked for by whoever needs it first."""

    def __init__(
        self, app: App, source: Callable[[], FlightSource], watchdog: Watchdog, stopping: threading.Event
    ) -> None:
        self.looks = Looks()
        self.trouble = ""  # why the last answer that failed did so, in a sentence, until another succeeds
        self._app = app
        self._source = source
        self._watchdog = watchdog
        self._stopping = stopping
        self._pool = ThreadPoolExecutor(ANSWERERS, thread_name_prefix="look")
        self._under_way: set[Future[None]] = set()

    def begin(self) -> None:
        """Have somebody answer for everybody who waits and is not being answered, as far as there are hands."""
        self._under_way = {work for work in self._under_way if not work.done()}
        for _ in range(min(self.looks.ready, ANSWERERS - len(self._under_way))):
            self._under_way.add(self._pool.submit(self._work))

    def finish(self) -> bool:
        """Wait for the answers under way; whether there were any."""
        wait(self._under_way)
        return bool(self._under_way)

    def _work(self) -> None:
        """One after the other, whoever is next in turn."""
        while not self._stopping.is_set() and self._one():
            pass

    def _one(self) -> bool:
        try:
            with self._watchdog.watching("an answer"):
                more = answer_looked(self._app.store(), self._source(), looks=self.looks)
        except StoreError as fault:  # nothing was done: again when the claim is void
            log.error("an answer could not be stored: %s", fault)  # noqa: TRY400  # one sentence is the whole story
            self.trouble = f"an answer could not be stored: {fault}"
            return True
        except Exception as problem:
            log.exception("an answer failed")
            self.trouble = f"an answer failed: an unexpected {type(problem).__name__}; `flait daemon logs` shows it"
            return False
        if more:
            self.trouble = ""
        return more
