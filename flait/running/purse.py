"""DOOR: the daemon's ticks about money: what waits for it, who hears of it, and whether FlightAware counts the same."""

import logging
from collections.abc import Callable

from flait.app import App
from flait.flows import meter, notices, reckoning
from flait.flows.ports import FlightSource

log = logging.getLogger("flait.daemon")


class Purse:
    """Of one run. `source` is asked for where it is needed."""

    def __init__(self, app: App, source: Callable[[], FlightSource]) -> None:
        self._app = app
        self._source = source
        self._spent = 0  # percent of the month's look-ups, as last noticed

    def step(self) -> bool:
        """Make due what waited for money, if there is some again; say how far it is spent."""
        app, budget = self._app, self._app.settings.flightaware.monthly_budget_usd
        if resumed := meter.resume(app.store(), app.clock, budget):
            log.info("there is a budget again: %d that waited for it are due", resumed)
        spent = notices.tell(app.store(), app.clock, budget_usd=budget, phone=app.settings.operator.phone)
        if spent > self._spent:
            log.warning("%d %% of the month's look-ups are spent", spent)
        self._spent = spent
        return False

    def reckon(self) -> bool:
        """Ask FlightAware what it counts, once a day."""
        reckoning.step(self._app.store(), self._source(), self._app.clock)
        return False
