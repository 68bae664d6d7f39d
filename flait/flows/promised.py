"""For which of a person's flights a reminder does not come any more, whatever they set: nobody waits for it in vain."""

from datetime import datetime

from flait.core.changes import ChangeKind
from flait.core.milestones import Missed, missed
from flait.core.subscriptions import SubscriptionState, User
from flait.core.trips import feeds_of
from flait.flows import trips
from flait.flows.telling import AlertRules, knows, wishes_for
from flait.store import Store, Subscriber


def comes_no_more(
    store: Store, user: User, kind: ChangeKind, rules: AlertRules, now: datetime
) -> dict[Missed, list[str]]:
    """The numbers of those flights, by why: it was said, or its time is past."""
    found: dict[Missed, list[str]] = {}
    legs = trips.live_legs(store, user.id)
    for subscription in store.live_for(user.id):
        tracked = store.tracked(subscription.flight_id) if subscription.flight_id else None
        if tracked is None or subscription.state is not SubscriptionState.ACTIVE:
            continue
        person = Subscriber(subscription=subscription, user=user)
        rows = store.told_rows([subscription.id])[subscription.id]
        own = next((leg for leg in legs if leg.id == subscription.id), None)
        feeds = feeds_of(own, legs, rules.least) if own else ()
        wishes = trips.only_what_they_board(wishes_for(person, rows, rules.defaults, reminds=rules.reminds), feeds)
        why = missed(kind, knows(rows), tracked.flight, role=subscription.role, wishes=wishes, now=now)
        if why:
            found.setdefault(why, []).append(subscription.ident)
    return found
