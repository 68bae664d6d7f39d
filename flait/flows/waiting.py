"""Whether somebody waits for that flight already: the same wish in other words, or the flight that was saved."""

from datetime import timedelta

from flait.core.flights import Flight
from flait.core.subscriptions import Subscription, SubscriptionState
from flait.core.values import replace
from flait.core.wanted import Leg, local_time, possible_days, scheduled
from flait.errors import InvalidDate
from flait.flows.wishes import wanted_of
from flait.store import Store

NEXT_SAME = timedelta(hours=24)  # a daily flight's next departure is no farther from the moment it was asked for


def waiting(store: Store, wanted: Subscription, found: Leg | None = None) -> Subscription | None:
    """The same wish of the same person, still waiting for AeroAPI to answer; `found` is what it has to mean.

    A flight that was saved from the schedule counts, once it is found live.
    """
    for there in store.live_for(wanted.user_id, wanted.ident):
        if isinstance(found, Flight) and _is_saved(there, found):
            return there
        unanswered = there.state is SubscriptionState.PENDING and there.departure_date is None
        if not unanswered or asked_for(there) != asked_for(wanted):
            continue
        if _means(there, found) if found else _of_one_day(there, wanted):
            return there
    return None


def _is_saved(there: Subscription, found: Flight) -> bool:
    if there.state is not SubscriptionState.PENDING or there.departure_date is None:
        return False
    leg = of_that_leg(there, found)
    return (there.departure_date, there.origin, there.destination, there.leaves_at) == (
        leg.departure_date, leg.origin, leg.destination, leg.leaves_at,
    )  # fmt: skip


def _of_one_day(there: Subscription, wanted: Subscription) -> bool:
    """Whether the same words mean the same: `tomorrow` and the next departure do when they were written on one day."""
    if there.asked_at.date() == wanted.asked_at.date() or not wanted.wish:
        return there.asked_at.date() == wanted.asked_at.date()
    days = possible_days(wanted_of(there))
    return len(days) == 1 and days == possible_days(wanted_of(wanted))


def _means(there: Subscription, found: Leg) -> bool:
    """Whether the flight is the one wished for: yesterday's `tomorrow` is not today's, nor is its next departure."""
    if not there.wish:
        return scheduled(found) - there.asked_at <= NEXT_SAME
    try:
        return wanted_of(there).day_at(found.origin) == found.departure_date
    except InvalidDate:
        return False


def asked_for(one: Subscription) -> tuple[object, ...]:
    """The wish itself: number, day or words for it, route and time."""
    return one.ident, str(one.departure_date or one.wish), one.origin, one.destination, one.leaves_at


def of_that_leg(subscription: Subscription, leg: Leg) -> Subscription:
    """The same with what is known of it now: route, date and scheduled time."""
    return replace(
        subscription,
        departure_date=leg.departure_date,
        origin=leg.origin.short,
        destination=leg.destination.short if leg.destination else subscription.destination,
        leaves_at=f"{local_time(leg):%H:%M}",
    )
