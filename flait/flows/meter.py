"""AeroAPI's money and pace, booked in the database before a call is made, for every process that shares it.

Each call books one result set and takes a place in one queue, in one transaction: the budget cannot be overspent by
two processes at once, and a crash costs at most what was about to be spent anyway.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from flait.clock import Clock
from flait.core.prices import MICRODOLLARS, PRICES
from flait.core.shares import Spent, divided, share
from flait.core.subscriptions import AddedBy
from flait.errors import BudgetExhausted, RateLimited, ShareSpent
from flait.store import Store


class Pace(Struct, frozen=True, kw_only=True):
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
SHARE_SPENT: Final = "this month's share of the AeroAPI budget"  # and for the money of one person


def affords(store: Store, budget_usd: float, price: int, month: str) -> bool:
    """Whether the month's money (0: without a limit) is enough for one call more."""
    return not budget_usd or store.spent(month) + price <= round(budget_usd * MICRODOLLARS)


def resume(store: Store, clock: Clock, budget_usd: float) -> int:
    """Once there is money again (the budget was raised, the month is over): what waits for it is due now.

    How many looks and wishes that were. Money for the dearest call, so that nobody is sent away again at once.
    """
    now = clock.now()
    if not affords(store, budget_usd, max(PRICES.values()), f"{now:%Y-%m}"):
        return 0
    return store.resume(now, outcome=BudgetExhausted.code, reason=SPENT)


def resume_shares(store: Store, clock: Clock) -> int:
    """Once shares may have grown: what waits for somebody's share is due now; how many looks and wishes that were.

    A share that is still too small costs no question.
    """
    return store.resume(clock.now(), outcome=ShareSpent.code, reason=SHARE_SPENT)


class StoreMeter:
    """The Meter of flows.ports, kept in the database. `stores` gives the calling thread's own Store.

    `per_person_usd` is what the look-ups for one person may cost a month; 0 is a part of the budget for each whom the
    operator did not add himself, and no limit for the others. Both are asked each time: they may be raised meanwhile.
    """

    def __init__(
        self,
        stores: Callable[[], Store],
        clock: Clock,
        *,
        pace: Pace,
        monthly_budget_usd: Callable[[], float],
        per_person_usd: Callable[[], float] = float,
    ) -> None:
        self._stores = stores
        self._clock = clock
        self._pace = pace
        self._budget = monthly_budget_usd
        self._per_person = per_person_usd

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "BilledMeter":
        """The same source, with its calls billed to these people, and booked for that flight where one is named."""
        billed = BilledMeter(self, phones, to_the_end=to_the_end, about=about)
        if to_the_end:
            self.able(phones, f"{self._clock.now():%Y-%m}", PRICES["flights"])
        return billed

    def charge(self, operation: str, about: str = "") -> float:
        """Book one result set and take a place in the queue; the real seconds until its turn.

        What is free is never refused for money: an alert that is no longer wanted must be deleted before it costs more.
        """
        return self.charge_to((), operation, about)[0]

    def charge_to(
        self, phones: Sequence[str], operation: str, about: str, *, strict: bool = True
    ) -> tuple[float, Mapping[str, int]]:
        """The same on these people's account, and what each was billed. Not `strict`: whatever they have left."""
        store, now, price, pace = self._stores(), self._clock.now(), PRICES[operation], self._pace
        month = f"{now:%Y-%m}"
        with store.transaction():
            if price and not affords(store, self._budget(), price, month):
                raise BudgetExhausted(
                    f"{SPENT} of ${self._budget():.2f} for {month} is spent",
                    "raise it with `flait config set flightaware.monthly_budget_usd …`, or wait for the next month",
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
            billed = divided(price, self.able(phones, month, price) if strict else phones)
            store.book(month, operation, flight=about, result_sets=1, micro_usd=price, now=now)
            for phone, part in billed.items():
                store.bill(month, phone, part)
        return self._clock.real_seconds(timedelta(seconds=wait)), billed

    def covers(self, operation: str, phone: str) -> bool:
        """Whether there is money for such a call on that person's account; nothing is booked."""
        month, price = f"{self._clock.now():%Y-%m}", PRICES[operation]
        left = self._left(phone, month)
        return affords(self._stores(), self._budget(), price, month) and (left is None or left >= price)

    def refund(self, operation: str, about: str = "", billed: Mapping[str, int] | None = None) -> None:
        """Take one booking back: FlightAware does not bill it."""
        now, store = self._clock.now(), self._stores()
        month = f"{now:%Y-%m}"
        with store.transaction():
            store.book(month, operation, flight=about, result_sets=-1, micro_usd=-PRICES[operation], now=now)
            for phone, part in (billed or {}).items():
                store.bill(month, phone, -part)

    def pause(self, seconds: float) -> None:
        """Nobody's turn comes for that long, in the clock's time."""
        self._stores().push_turn(self._clock.now().timestamp() + seconds)

    def able(self, phones: Sequence[str], month: str, price: int) -> Sequence[str]:
        """Who of them can pay their part of that. Raises ShareSpent when nobody is left."""
        able, left = phones, {phone: self._left(phone, month) for phone in phones}
        while able:
            part = -(-price // len(able))
            rich = [phone for phone in able if (rest := left[phone]) is None or part <= rest]
            if len(rich) == len(able):
                return able
            able = rich
        if phones and price:
            raise ShareSpent(
                f"{SHARE_SPENT} is spent ({month})",
                "raise it with `flait config set budget.per_person …`, or wait for the next month",
            )
        return phones

    def _left(self, phone: str, month: str) -> int | None:
        limit = self.limit_of(phone, month)
        return None if limit is None else limit - self._stores().share_spent(month, phone)

    def limit_of(self, phone: str, month: str) -> int | None:
        """The micro-dollars that person may have spent by the end of the month; None: no limit of their own."""
        store = self._stores()
        user = store.user_by_phone(phone)
        guest = user is None or user.added_by is not AddedBy.OPERATOR
        spent = Spent(all=store.spent(month), own=store.share_spent(month, phone), guests=store.guests_spent(month))
        budget, per_person = (round(usd() * MICRODOLLARS) for usd in (self._budget, self._per_person))
        return share(spent, budget=budget, per_person=per_person, guest=guest)


class BilledMeter:
    """The same meter for one question, on the account of those it is asked for. Not for several threads at once."""

    def __init__(self, meter: StoreMeter, phones: Sequence[str], *, to_the_end: bool, about: str = "") -> None:
        self._meter = meter
        self._about = about
        self._phones = phones
        self._strict = not to_the_end
        self._bills: list[Mapping[str, int]] = []

    def charge(self, operation: str, about: str = "") -> float:
        """As Meter. Raises ShareSpent too."""
        wait, billed = self._meter.charge_to(self._phones, operation, self._about or about, strict=self._strict)
        self._bills.append(billed)
        return wait

    def refund(self, operation: str, about: str = "") -> None:
        """As Meter; only the call made last is ever given back."""
        self._meter.refund(operation, self._about or about, self._bills.pop() if self._bills else None)

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "BilledMeter":
        """Somebody else's account, in the place of this one."""
        return self._meter.billed_to(phones, to_the_end=to_the_end, about=about)

    def pause(self, seconds: float) -> None:
        """As Meter."""
        self._meter.pause(seconds)
