"""DOOR: the daemon's polls, several at once: a bounded pool, so that one slow answer holds up nobody.

A flight stays claimed until its poll has ended, and been stored. Nothing is decided by a poll that was not.
"""

import logging
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime

from flait.app import App
from flait.errors import StoreError
from flait.flows import planes, track
from flait.flows.ports import FlightSource
from flait.running.metronome import Watchdog
from flait.store import TrackedFlight

log = logging.getLogger("flait.daemon")

POLLERS = 8  # polls under way at once; AeroAPI's pace is kept elsewhere
WAIT_AT_MOST = 1.0  # seconds, real: for a free poller, before the daemon looks around again
SOON_AGAIN = 2 * track.OWN_FAULT_PAUSE  # by then a flight whose poll failed has been polled again, if it is watched


class Pollers:
    """The polls of one run. `source` is asked for by whoever needs it first."""

    def __init__(self, app: App, source: Callable[[], FlightSource], watchdog: Watchdog) -> None:
        self._app = app
        self._source = source
        self._watchdog = watchdog
        self._pool = ThreadPoolExecutor(POLLERS, thread_name_prefix="poll")
        self._under_way: set[Future[None]] = set()
        self._unstored: dict[int, TrackedFlight] = {}  # whose poll could not be stored: still claimed
        self._faults: dict[int, tuple[datetime, str]] = {}

    def begin(self, boot: str) -> bool:
        """Hand due flights to free pollers. True: every one is busy, and there may be more due when one is free."""
        store, clock = self._app.store(), self._app.clock
        self._under_way = {poll for poll in self._under_way if not poll.done()}
        for tracked in list(self._unstored.values()):  # a poller may add another meanwhile
            track.give_back(store, clock, tracked)
            del self._unstored[tracked.id]
        free = POLLERS - len(self._under_way)
        for tracked in track.claim_due(store, clock, boot, free) if free else ():
            self._under_way.add(self._pool.submit(self._poll, tracked, boot))
        if len(self._under_way) < POLLERS:
            return False
        wait(self._under_way, timeout=WAIT_AT_MOST, return_when=FIRST_COMPLETED)
        return True

    def finish(self) -> bool:
        """Wait for the polls under way; whether there were any."""
        wait(self._under_way)
        return bool(self._under_way)

    @property
    def trouble(self) -> str:
        """Why the last poll that failed did so, in a sentence; empty: each has been made good since."""
        since = self._app.clock.now() - SOON_AGAIN
        return next((cause for at, cause in reversed(list(self._faults.values())) if at > since), "")

    def _poll(self, tracked: TrackedFlight, boot: str) -> None:
        store, clock, name = self._app.store(), self._app.clock, tracked.flight.number
        try:
            with self._watchdog.watching("a poll"):
                payers, about = planes.account(store, tracked.id)
                source = self._source().billed_to(payers, about=about)
                track.poll(store, source, clock, tracked, boot=boot, rules=self._app.rules)
        except StoreError as fault:  # nothing was decided: again when the database takes it
            log.error("a poll could not be stored: %s", fault)  # noqa: TRY400  # one sentence is the whole story
            self._faults[tracked.id] = clock.now(), f"a poll of {name} could not be stored: {fault}"
            self._unstored[tracked.id] = tracked
        except Exception as problem:
            log.exception("a poll failed; that flight waits an hour")
            cause = f"a poll of {name} failed: an unexpected {type(problem).__name__}; `flait daemon logs` shows it"
            self._faults[tracked.id] = clock.now(), cause
            track.set_aside(store, tracked, now=clock.now())
        else:
            self._faults.pop(tracked.id, None)
