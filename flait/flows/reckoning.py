"""Once a day FlightAware is asked what it counts of the month: a key that others use too shows, before the bill does.

It is asked for nothing, and tells nothing that is newer than ten minutes. An account that has no such page is asked
once a day too, and nothing follows from it.
"""

import logging
from datetime import UTC, datetime, time, timedelta
from typing import Final

from msgspec import Struct

from flait.clock import Clock
from flait.errors import BudgetExhausted, ConfigError, FlightSourceError
from flait.flows.ports import FlightSource
from flait.store import Reckoning, Store

log = logging.getLogger("flait.reckoning")

EVERY: Final = timedelta(days=1)
PERCENT: Final = 5  # by which the two may differ
LITTLE: Final = 50_000  # micro-dollars: less is no difference, ten looks


class Difference(Struct, frozen=True, kw_only=True):
    """What FlightAware counts, and what Flait had counted by then, in micro-dollars."""

    theirs: int
    ours: int
    asked_at: datetime


def step(store: Store, source: FlightSource, clock: Clock) -> None:
    """Ask, if it is time. A fault waits for the next time, which is in an hour."""
    now = clock.now()
    month = f"{now:%Y-%m}"
    last = store.reckoning(month)
    if last and now - last.asked_at < EVERY:
        return
    try:
        theirs = source.spent(datetime.combine(now.date().replace(day=1), time(), UTC))
    except (BudgetExhausted, ConfigError, FlightSourceError) as fault:
        log.info("FlightAware does not tell what it counts: %s", fault)
        return
    store.reckon(Reckoning(month=month, theirs=theirs, ours=store.spent(month), asked_at=now))


def difference(store: Store, now: datetime) -> Difference | None:
    """Where the two counts of this month are too far apart; None: they agree, or are not known."""
    last = store.reckoning(f"{now:%Y-%m}")
    if last is None or last.theirs is None:
        return None
    apart = abs(last.theirs - last.ours)
    if apart <= LITTLE or apart * 100 <= PERCENT * last.ours:
        return None
    return Difference(theirs=last.theirs, ours=last.ours, asked_at=last.asked_at)
