"""How a followed flight stands, in words of now: for who asks, and in the place of an answer that is no longer so.

By what is stored alone: no look is taken here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flait.core import planes
from flait.core.changes import unreported
from flait.core.flights import Flight, cancelled
from flait.core.messages import Message
from flait.core.planes import Plane
from flait.core.replies.kinds import Connect, Fact, Status
from flait.core.replies.understanding import Reply, understand
from flait.core.subscriptions import Role, Subscription, SubscriptionState
from flait.core.texts import planes as plane_texts
from flait.core.texts.connections import connection_text, in_status, unconnected_text
from flait.core.texts.formats import Piece, Reader
from flait.core.texts.status import Freshness, status_text
from flait.core.texts.wording import Text
from flait.core.told import (
    CONNECTION,
    FACTS,
    GIVEN_UP,
    NONE,
    NOT_LANDED,
    NOT_LEFT,
    PLANE,
    REMINDERS,
    Told,
    tells,
    told_of_each,
)
from flait.core.trips import Connection, connections
from flait.core.trips import fact as connects
from flait.core.values import replace
from flait.flows.telling import knows
from flait.flows.trips import all_legs
from flait.store import Store, TrackedFlight

Least = Mapping[str, timedelta]
"""The least times between two flights that are set for single airports."""
BY_TIMETABLE = "By the timetable."
WHOLE = frozenset({Fact.ALL, Fact.PLANE})  # PLANE of what is told first to be cancelled, or on again
_OF_NO_FLIGHT = frozenset({CONNECTION, PLANE, "stale", *REMINDERS})
_MISSING = (NOT_LEFT, NOT_LANDED, GIVEN_UP)


def heard(store: Store, subscription_id: int) -> Told:
    """What the person of that subscription knows by the texts about it, as alerts count them."""
    return knows(store.told_rows([subscription_id])[subscription_id])


def age_of(store: Store, tracked: TrackedFlight, now: datetime) -> timedelta:
    """Since the last poll, or, before the first one, since the first of its followers asked for it."""
    asked = [subscriber.subscription.asked_at for subscriber in store.live_subscribers(tracked.id)]
    seen_at = tracked.last_polled_at or min(asked, default=now)
    return max(now - seen_at, timedelta())


def asked_for(store: Store, message: Message) -> Reply | None:
    """What its person had texted, where it is an answer."""
    heard_text = store.heard(message.answers) if message.answers else None
    return understand(heard_text.inbound.body) if heard_text else None


def words(
    store: Store,
    subscription: Subscription,
    tracked: TrackedFlight,
    reader: Reader,
    asked: Reply | None,
    *,
    least: Least | None,
) -> Text | None:
    """The answer to what was asked of that flight; to what asks for nothing of it, how it stands.

    None where that cannot be said: without `least` nobody can tell how sure a connection is.
    """
    if isinstance(asked, Connect):
        return _connection_anew(store, subscription, reader, least) if least is not None else None
    fact = asked.fact if isinstance(asked, Status) else Fact.ALL
    seen = Freshness(age=age_of(store, tracked, reader.now))
    return answer(store, subscription, tracked, reader, seen, fact=fact, least=least)


def answer(
    store: Store,
    subscription: Subscription,
    tracked: TrackedFlight,
    reader: Reader,
    seen: Freshness,
    *,
    fact: Fact,
    least: Least | None,
    others: int = 0,
) -> Text:
    """How it stands, or the one fact asked for; where its plane is, once it is told that the flight is on again."""
    flight, known = tracked.flight, heard(store, subscription.id)
    plane = store.plane_of(tracked.id, flight.inbound_fa_flight_id)
    if fact is Fact.PLANE and not cancelled(flight) and not known.cancelled:
        age = reader.now - plane.seen_at if plane and plane.seen_at else seen.age
        return plane_texts.plane_text(flight, plane, reader, Freshness(age=max(age, timedelta())))
    travels = subscription.role is Role.TRAVELER
    pair = connection_of(store, subscription, least) if travels and fact in WHOLE and least is not None else None
    of_plane = _of_plane(flight, plane, reader, fact) if travels else []
    is_late = planes.expected(flight, plane) is not None
    text = status_text(
        flight,
        reader,
        seen,
        role=subscription.role,
        told=known,
        fact=fact,
        others=others,
        beside=of_plane if is_late else (),
        besides=[*([in_status(pair)] if pair else []), *([] if is_late else of_plane)],
    )
    too = {CONNECTION: connects(pair.then, pair.chance) if pair else NONE, PLANE: planes.fact(flight, plane)}
    return replace(text, tells={**text.tells, **{name: too[name] for name in too.keys() & {*text.structure.facts}}})


def _connection_anew(store: Store, subscription: Subscription, reader: Reader, least: Least) -> Text:
    pair = connection_of(store, subscription, least)
    return connection_words(store, pair, reader) if pair else unconnected_text(subscription.ident)


def _of_plane(flight: Flight, plane: Plane | None, reader: Reader, fact: Fact) -> Sequence[Piece]:
    if plane is None or fact is Fact.BAGS:
        return []
    return (plane_texts.in_status if fact in WHOLE else plane_texts.in_short)(flight, plane, reader)


def connection_of(store: Store, subscription: Subscription, least: Least) -> Connection | None:
    """What they go on with after that flight: of those that they miss, and what takes their place, the last."""
    pairs = connections(all_legs(store, subscription.user_id), least)
    return next((pair for pair in reversed([*pairs]) if pair.first.id == subscription.id), None)


def connection_words(store: Store, pair: Connection, reader: Reader) -> Text:
    """How sure it is, as old as the older of its two flights; of what is only saved, by the timetable."""
    flights = [flight_of(store, leg.id) for leg in (pair.first, pair.then)]
    if None in flights:
        return connection_text(pair, reader, BY_TIMETABLE)
    rows = [store.tracked(flight or 0) for flight in flights]
    seen = min((row.seen_at for row in rows if row and row.seen_at), default=reader.now)
    return connection_text(pair, reader, Freshness(age=max(reader.now - seen, timedelta())).text)


def flight_of(store: Store, subscription_id: int) -> int | None:
    """The flight of that subscription."""
    subscription = store.subscription(subscription_id)
    return subscription.flight_id if subscription else None


def is_so(store: Store, message: Message, tracked: TrackedFlight, now: datetime) -> bool:
    """Whether everything that a text says of how its flight stands is so, and nothing graver is."""
    flight, said = tracked.flight, message.tells
    present = tells(flight)
    matters = {"cancelled", "diverted_to"} & {name for name, value in present.items() if value}
    facts = matters | (said.keys() & FACTS.keys()) - _OF_NO_FLIGHT
    return (
        all((present.get(name) or NONE) == (said.get(name) or NONE) for name in facts)
        and (PLANE not in said or said[PLANE] == planes.fact(flight, store.plane_of(tracked.id, _inbound(flight))))
        and ("stale" not in said or said["stale"] == (unreported(flight, now) if said["stale"] in _MISSING else NONE))
        and _is_next_flight_so(store, message, now)
    )


def _inbound(flight: Flight) -> str | None:
    return flight.inbound_fa_flight_id


def _is_next_flight_so(store: Store, message: Message, now: datetime) -> bool:
    """The same of the flight that its person goes on with: it is followed still, and no look showed anything new."""
    number = str(message.tells.get(CONNECTION) or "").partition(" ")[0]
    others = [*told_of_each(message.tells), *([int(number)] if number.isdecimal() else [])]
    rows = [store.subscription(other) for other in others]
    return all(
        row
        and row.state is SubscriptionState.ACTIVE
        and not store.is_changed(row.flight_id or 0, since=message.created_at, now=now)
        for row in rows
    )
