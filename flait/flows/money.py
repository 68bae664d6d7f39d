"""What following costs, before it is followed: the plan's looks, beside what the month has left.

Reads the store alone. It is an estimate, and nothing is booked by it: `meter` refuses what the month cannot pay.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from flait.core import forecast
from flait.core.findings import Found
from flait.core.flights import Flight, same_leg
from flait.core.forecast import NOTHING, Cost, Forecast
from flait.core.prices import MICRODOLLARS
from flait.core.subscriptions import Role, Subscription, SubscriptionState
from flait.core.wanted import Leg, Wanted
from flait.store import Store, Subscriber


def cost_of(store: Store, found: Found | Exception, wanted: Wanted, *, budget_usd: float, now: datetime) -> Cost:
    """Of following what was found, or what was asked for where AeroAPI did not answer."""
    month, leg = forecast.ends(now), found.leg if isinstance(found, Found) else None
    there = _watched(store, leg) if isinstance(leg, Flight) else None
    whole, in_month = (_of(leg, there, wanted, now, until=until) for until in (None, month))
    decides = budget_usd and in_month.micro
    return Cost(
        budget=round(budget_usd * MICRODOLLARS),
        spent=store.spent(f"{now:%Y-%m}"),
        ahead=of_all(store, now, until=month) if decides else NOTHING,
        own=whole,
        now=in_month,
    )


def of_all(store: Store, now: datetime, *, until: datetime) -> Forecast:
    """Of everything that is followed, as far as it is before `until`."""
    views = store.subscription_views()
    people = {view.fa_flight_id: False for view in views if view.flight}
    people |= {view.fa_flight_id: True for view in views if view.flight and _travels(view.subscription)}
    flights = {view.fa_flight_id: view.flight for view in views if view.flight}
    seen = (forecast.of_flight(one, now, travels=people[name], until=until) for name, one in flights.items())
    waiting = {
        (one.ident, one.departure_date): one
        for one in (view.subscription for view in views)
        if one.state is SubscriptionState.PENDING
    }
    ahead = (forecast.of_day(_leaves(one), travels=_travels(one), until=until) for one in waiting.values())
    return sum([*seen, *ahead], NOTHING)


def _of(
    leg: Leg | None, there: Sequence[Subscriber] | None, wanted: Wanted, now: datetime, *, until: datetime | None
) -> Forecast:
    """`there` follow it already; None: it is not looked at yet."""
    travels = wanted.role is Role.TRAVELER
    if not isinstance(leg, Flight):
        return forecast.of_day(leg.scheduled_out if leg else None, travels=travels, until=until)
    whole = forecast.of_flight(leg, now, travels=travels, until=until)
    if there is None:
        return whole
    has_travelers = any(_travels(one.subscription) for one in there)
    return Forecast(planes=0 if has_travelers else whole.planes)


def _watched(store: Store, flight: Flight) -> Sequence[Subscriber] | None:
    numbers = {flight.ident, flight.ident_icao or flight.ident, flight.number}
    rows = (row.id for row in store.find_open(numbers) if same_leg(row.flight, flight))
    there = next((row for row in rows if store.watch_reasons(row)), None)
    return None if there is None else store.live_subscribers(there)


def _travels(subscription: Subscription) -> bool:
    return subscription.role is Role.TRAVELER


def _leaves(subscription: Subscription) -> datetime | None:
    day = subscription.departure_date
    return datetime.combine(day, time(12), UTC) if day else None
