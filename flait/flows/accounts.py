"""On whose account a look-up goes, and what people are told once their share of the month is used up.

Whom the operator added himself pays for nothing that is not asked by text, and nor does whoever follows with them.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from flait.core.compose import compose
from flait.core.forecast import ends
from flait.core.messages import MessageKind
from flait.core.structure import plain
from flait.core.subscriptions import AddedBy, User
from flait.core.texts.answers import share_over_text
from flait.core.texts.wording import Text
from flait.store import Store, Subscriber


def of_flight(store: Store, flight_id: int) -> Sequence[str]:
    """Who pays for the looks at a flight, in equal parts: whoever follows it, or a flight that waits for it.

    Nobody, where one of the operator's own is among them.
    """
    return payers(store.concerned(flight_id))


def payers(concerned: Iterable[Subscriber]) -> Sequence[str]:
    """The same, of those for whom it is looked at."""
    people = [subscriber.user for subscriber in concerned if not subscriber.user.opted_out_at]
    return () if any(map(is_own, people)) else list(dict.fromkeys(user.phone for user in people))


def of_wish(store: Store, user_id: int) -> Sequence[str]:
    """Who pays for looking a pending flight up."""
    user = store.user(user_id)
    return () if user is None or is_own(user) else (user.phone,)


def is_own(user: User) -> bool:
    """Whether the operator added them himself."""
    return user.added_by is AddedBy.OPERATOR


def until(now: datetime) -> date:
    """The first day of the next month, which is UTC's."""
    return ends(now).date()


def tell_followers(store: Store, flight_id: int, now: datetime) -> None:
    """Inside a transaction: everybody for whom a flight was looked at that is looked at no more."""
    for subscriber in store.concerned(flight_id):
        tell(store, subscriber.user, now)


def tell(store: Store, user: User, now: datetime) -> None:
    """Inside a transaction: once a month, that their flights are not looked at any more."""
    if user.opted_out_at:
        return
    store.enqueue(
        compose(
            MessageKind.SHARE,
            Text(structure=plain(share_over_text(until(now)))),
            user,
            dedup_key=f"{MessageKind.SHARE}:{user.id}:{now:%Y-%m}",
            now=now,
            until=ends(now),
        )
    )
