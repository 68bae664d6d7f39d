"""What leaves from one airport for another: asked of AeroAPI outside any transaction, and kept for half an hour."""

from collections.abc import Callable, Sequence

from flait.clock import Clock
from flait.core.alternatives import Pair
from flait.core.flights import ScheduledFlight
from flait.errors import BudgetExhausted, ConfigError, FlightSourceError
from flait.flows.ports import AEROAPI, FlightSource
from flait.flows.subscribe import note_answer
from flait.store import Store


def departures(store: Store, source: Callable[[], FlightSource], pair: Pair, clock: Clock) -> Sequence[ScheduledFlight]:
    """As told within the half hour, else as AeroAPI tells it now. `source` is made only where it is asked.

    Raises what the source raises.
    """
    now = clock.now()
    kept = store.kept_route(pair.origin, pair.destination, since=pair.fresh_since(now), now=now)
    return _asked(store, source(), pair, clock) if kept is None else kept


def _asked(store: Store, source: FlightSource, pair: Pair, clock: Clock) -> Sequence[ScheduledFlight]:
    try:
        rows = source.route(pair.origin, pair.destination, *pair.span(clock.now()))
    except (BudgetExhausted, ConfigError, FlightSourceError) as fault:
        with store.transaction():
            note_answer(store, fault, clock.now())
        raise
    now = clock.now()
    with store.transaction():
        store.note_success(AEROAPI, now)
        store.keep_route(pair.origin, pair.destination, rows, asked_at=now)
    return rows
