"""FlightAware's push alerts, looked after one at a time for as long as a daemon or a pass runs."""

import logging
import threading
from functools import cached_property

from flait.app import App
from flait.core.values import replace
from flait.errors import AboveTier
from flait.flows import push

log = logging.getLogger("flait.daemon")


class Pusher:
    """Orders and deletes alerts; a pass that does not last only deletes."""

    def __init__(self, app: App, stopping: threading.Event, *, lasting: bool) -> None:
        self._app = app
        self._stopping = stopping
        self._lasting = lasting
        self._above_tier = False

    @cached_property
    def _office(self) -> push.Office:
        office = self._app.office(self._stopping.wait)
        return office if self._lasting else replace(office, wanted=False)

    def is_needed(self) -> bool:
        """Whether push alerts are to be looked after: they are wanted, or some are left from when they were."""
        store, problem = self._app.store(), self._app.push_problem
        if not self._lasting:
            return not push.is_idle(store)
        if problem:
            log.warning("push alerts are off: %s", problem)
            store.note_error(push.PUSH, problem, self._app.clock.now())
        return (self._app.settings.flightaware.push and not problem) or not push.is_idle(store)

    def step(self) -> bool:
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
