"""Looks at a flight out of its turn: how many are too many, counted in the journal, whoever asks for them.

A look that is not granted now is put off, never dropped: the plan's own looks go on all the while. One that died, or
that could not be stored, counts too: it may have been paid for.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from flait.core.polling import Cause, after_failure, allowed_at, unhurried
from flait.errors import FlightSourceError
from flait.store import Step, Store, TrackedFlight

POLL: Final = "poll"  # the journal's word for a look
SEEN: Final = "seen"
MISSING: Final = "missing"
CUT_SHORT: Final = "cut short"
ASKED: Final = (SEEN, MISSING, CUT_SHORT, FlightSourceError.code)  # looks that AeroAPI was, or may have been, paid for
COUNTED: Final = timedelta(days=1)


def next_look(store: Store, flight_id: int, at: datetime, now: datetime) -> datetime:
    """Inside the transaction of a look taken `now`: the next, planned for `at`, or later where there were many."""
    return unhurried(at, [*_looks(store, flight_id, now), now], now)


def cut_short(store: Store, tracked: TrackedFlight, now: datetime) -> None:
    """Inside a transaction: a claimed look was never stored. It is due at once; after the second in a row, later."""
    at = after_failure(tracked.failures, now) if tracked.failures else now
    put_off(store, tracked, next_look(store, tracked.id, at, now))
    store.record(Step(at=now, flight_id=tracked.id, step=POLL, outcome=CUT_SHORT, attempt=tracked.failures + 1))


def put_off(store: Store, tracked: TrackedFlight, at: datetime) -> None:
    """Inside a transaction: a claimed look came to nothing, one more in a row, and the next is `at`."""
    store.postpone_poll(
        tracked.id,
        claimed_by=tracked.claimed_by or "",
        next_poll_at=at,
        failures=tracked.failures + 1,
        misses=tracked.misses,
    )


def hasten(store: Store, flight_id: int, now: datetime) -> None:
    """Make the next look due now, or as soon as there may be one; the only thing news from outside can do."""
    store.hasten(flight_id, allowed_at(Cause.CALLED, _looks(store, flight_id, now), now))


def may_be_asked(store: Store, flight_id: int, now: datetime) -> bool:
    """Whether a person's question is worth a look of its own now."""
    return allowed_at(Cause.ASKED, _looks(store, flight_id, now), now) <= now


def _looks(store: Store, flight_id: int, now: datetime) -> Sequence[datetime]:
    return store.looks(flight_id, since=now - COUNTED, until=now, outcomes=ASKED)
