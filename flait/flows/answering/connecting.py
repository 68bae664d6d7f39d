"""CONNECT: how sure the next flight of the trip is, as last seen."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from flait.core.replies.kinds import Connect
from flait.core.texts.connections import connection_text
from flait.core.texts.status import Freshness
from flait.core.trips import Connection, connections
from flait.flows.answering.desk import Act, AnswerText, Desk
from flait.flows.trips import all_legs

NO_CONNECTION: Final = "No two flights that you travel on connect. Reply LIST for what you follow."
BY_TIMETABLE: Final = "By the timetable."
MOST: Final = 3  # texts in one answer


def connect(desk: Desk, _: Connect) -> Act:
    """Each connection of the person's, the next first; no look is taken for it."""
    return lambda: [*_answers(desk)] or [AnswerText(body=NO_CONNECTION)]


def _answers(desk: Desk) -> Iterator[AnswerText]:
    pairs = connections(all_legs(desk.store, desk.user.id), desk.rules.polls.least)
    for pair in sorted(pairs, key=lambda pair: pair.first.flight.arrival.best or desk.now)[:MOST]:
        text = connection_text(pair, desk.reader(pair.first.ident), _seen(desk, pair))
        yield AnswerText(
            body=text.body,
            structure=text.structure,
            tells=text.tells,
            subscription_id=pair.first.id,
            flight_id=_flight_id(desk, pair.first.id),
        )


def _flight_id(desk: Desk, subscription_id: int) -> int | None:
    subscription = desk.store.subscription(subscription_id)
    return subscription.flight_id if subscription else None


def _seen(desk: Desk, pair: Connection) -> str:
    """How long ago the older of the two was seen; of what is only saved, that it is the timetable's."""
    flights = [_flight_id(desk, leg.id) for leg in (pair.first, pair.then)]
    if None in flights:
        return BY_TIMETABLE
    rows = [desk.store.tracked(flight_id or 0) for flight_id in flights]
    seen = [row.seen_at for row in rows if row and row.seen_at]
    return Freshness(age=max(desk.now - min(seen, default=desk.now), timedelta())).text
