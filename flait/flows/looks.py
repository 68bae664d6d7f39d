"""Looks at a flight out of its turn: how many are too many, counted in the journal, whoever asks for them.

A look that is not granted now is put off, never dropped: the plan's own looks go on all the while.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from flait.core.polling import Cause, allowed_at, unhurried
from flait.errors import FlightSourceError
from flait.store import Store

POLL: Final = "poll"  # the journal's word for a look
SEEN: Final = "seen"
MISSING: Final = "missing"
ASKED: Final = (SEEN, MISSING, FlightSourceError.code)  # looks that AeroAPI was, or may have been, paid for
COUNTED: Final = timedelta(days=1)


def next_look(store: Store, flight_id: int, at: datetime, now: datetime) -> datetime:
    """Inside the transaction of a look taken `now`: the next, planned for `at`, or later where there were many."""
    return unhurried(at, [*_looks(store, flight_id, now), now], now)


def hasten(store: Store, flight_id: int, now: datetime) -> None:
    """Make the next look due now, or as soon as there may be one; the only thing news from outside can do."""
    store.hasten(flight_id, allowed_at(Cause.CALLED, _looks(store, flight_id, now), now))


def may_be_asked(store: Store, flight_id: int, now: datetime) -> bool:
    """Whether a person's question is worth a look of its own now."""
    return allowed_at(Cause.ASKED, _looks(store, flight_id, now), now) <= now


def _looks(store: Store, flight_id: int, now: datetime) -> Sequence[datetime]:
    return store.looks(flight_id, since=now - COUNTED, until=now, outcomes=ASKED)
