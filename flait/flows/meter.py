"""AeroAPI's money and pace, booked in the database before a call is made, for every process that shares it.

Each call books one result set and takes a place in one queue, in one transaction: the budget cannot be overspent by
two processes at once, and a crash costs at most what was about to be spent anyway.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flait.clock import Clock
from flait.core.prices import MICRODOLLARS, PRICES
from flait.errors import BudgetExhausted, RateLimited
from flait.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """One call per `spacing` on average, `burst` at once; who would wait longer than `longest` is sent away."""

    spacing: timedelta
    burst: int
    longest: timedelta = timedelta(seconds=60)


PACES: Mapping[str, Pace] = {
    # FlightAware's limit      kept below it: 3 at once and one every 9 s is 9 in any minute
    "personal": Pace(spacing=timedelta(seconds=9), burst=3),  # 10 result sets a minute
    "standard": Pace(spacing=timedelta(seconds=0.25), burst=1),  # 5 a second
    "premium": Pace(spacing=timedelta(seconds=1 / 80), burst=15),  # 100 a second
}


SPENT: Final = "the AeroAPI budget"  # how the reason begins for which a look or a wish waits


def _covers(store: Store, budget_usd: float, price: int, month: str) -> bool:
    """Whether the month's money (0: without a limit) is enough for one call more."""
    return not budget_usd or store.spent(month) + price <= round(budget_usd * MICRODOLLARS)


def resume(store: Store, clock: Clock, budget_usd: float) -> int:
    """Once there is money again (the budget was raised, the month is over): what waits for it is due now.

    How many looks and wishes that were. Money for the dearest call, so that nobody is sent away again at once.
    """
    now = clock.now()
    if not _covers(store, budget_usd, max(PRICES.values()), f"{now:%Y-%m}"):
        return 0
    return store.resume(now, outcome=BudgetExhausted.code, reason=SPENT)


class StoreMeter:
    """The Meter of flows.ports, kept in the database. `stores` gives the calling thread's own Store."""

    def __init__(
        self, stores: Callable[[], Store], clock: Clock, *, pace: Pace, monthly_budget_usd: Callable[[], float]
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._pace = pace
        self._budget = monthly_budget_usd  # asked each time: it may be raised meanwhile

    def charge(self, operation: str, about: str = "") -> float:
        """Book one result set and take a place in the queue; the real seconds until its turn.

        What is free is never refused for money: an alert that is no longer wanted must be deleted before it costs more.
        """
        store, now, price, pace = self._stores(), self._clock.now(), PRICES[operation], self._pace
        month = f"{now:%Y-%m}"
        with store.transaction():
            if price and not _covers(store, self._budget(), price, month):
                raise BudgetExhausted(
                    f"{SPENT} of ${self._budget():.2f} for {month} is spent",
                    "raise it with `flait config set flightaware.monthly_budget_usd`, or wait for the next month",
                )
            wait = store.take_turn(
                now.timestamp(),
                spacing_s=pace.spacing.total_seconds(),
                burst=pace.burst,
                longest_wait_s=pace.longest.total_seconds(),
            )
            if wait is None:
                raise RateLimited(
                    "too many AeroAPI look-ups are waiting already", "Flait tries again", retry_after=pace.longest
                )
            store.book(month, operation, flight=about, result_sets=1, micro_usd=price, now=now)
        return self._clock.real_seconds(timedelta(seconds=wait))

    def refund(self, operation: str, about: str = "") -> None:
        """Take one booking back: FlightAware does not bill it."""
        now = self._clock.now()
        self._stores().book(
            f"{now:%Y-%m}", operation, flight=about, result_sets=-1, micro_usd=-PRICES[operation], now=now
        )

    def pause(self, seconds: float) -> None:
        """Nobody's turn comes for that long, in the clock's time."""
        self._stores().push_turn(self._clock.now().timestamp() + seconds)
