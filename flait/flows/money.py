"""What following costs, before it is followed: the plan's looks, beside what the month has left.

Reads the store alone. It is an estimate, and nothing is booked by it: `meter` refuses what the month cannot pay.
"""

from datetime import UTC, datetime, time

from flait.core import forecast
from flait.core.findings import Found
from flait.core.flights import Flight, ScheduledFlight, same_leg
from flait.core.forecast import NOTHING, Cost, Forecast
from flait.core.prices import MICRODOLLARS
from flait.core.subscriptions import Role, Subscription, SubscriptionState
from flait.core.wanted import Wanted
from flait.store import Store


def cost_of(store: Store, found: Found | Exception, wanted: Wanted, *, budget_usd: float, now: datetime) -> Cost:
    """Of following what was found, or what was asked for where AeroAPI did not answer."""
    month = forecast.ends(now)
    return Cost(
        budget=round(budget_usd * MICRODOLLARS),
        spent=store.spent(f"{now:%Y-%m}"),
        ahead=of_all(store, now, until=month),
        own=_of(store, found, wanted, now, until=None),
        now=_of(store, found, wanted, now, until=month),
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


def _of(store: Store, found: Found | Exception, wanted: Wanted, now: datetime, *, until: datetime | None) -> Forecast:
    travels = wanted.role is Role.TRAVELER
    if not isinstance(found, Found):
        return forecast.of_day(None, travels=travels, until=until)
    if isinstance(found.leg, ScheduledFlight):
        return forecast.of_day(found.leg.scheduled_out, travels=travels, until=until)
    whole, there = forecast.of_flight(found.leg, now, travels=travels, until=until), _watched(store, found.leg)
    if there is None:
        return whole
    has_travelers = any(_travels(one.subscription) for one in store.live_subscribers(there))
    return Forecast(planes=0 if has_travelers else whole.planes)  # it is looked at already


def _watched(store: Store, flight: Flight) -> int | None:
    numbers = {flight.ident, flight.ident_icao or flight.ident, flight.number}
    there = (row for row in store.find_open(numbers) if same_leg(row.flight, flight))
    return next((row.id for row in there if store.watch_reasons(row.id)), None)


def _travels(subscription: Subscription) -> bool:
    return subscription.role is Role.TRAVELER


def _leaves(subscription: Subscription) -> datetime | None:
    day = subscription.departure_date
    return datetime.combine(day, time(12), UTC) if day else None
