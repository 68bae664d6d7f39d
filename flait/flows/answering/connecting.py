"""CONNECT: how sure the next flight of the trip is, as last seen."""

from collections.abc import Iterator
from typing import Final

from flait.core.replies.kinds import Connect
from flait.core.trips import connections
from flait.flows.answering.desk import Act, AnswerText, Desk
from flait.flows.standing import connection_words, flight_of
from flait.flows.trips import all_legs

NO_CONNECTION: Final = "No two flights that you travel on connect. Reply LIST for what you follow."
MOST: Final = 3  # texts in one answer


def connect(desk: Desk, _: Connect) -> Act:
    """Each connection of the person's, the next first; no look is taken for it."""
    return lambda: [*_answers(desk)] or [AnswerText(body=NO_CONNECTION)]


def _answers(desk: Desk) -> Iterator[AnswerText]:
    pairs = connections(all_legs(desk.store, desk.user.id), desk.rules.polls.least)
    for pair in sorted(pairs, key=lambda pair: pair.first.flight.arrival.best or desk.now)[:MOST]:
        text = connection_words(desk.store, pair, desk.reader(pair.first.ident))
        yield AnswerText(
            body=text.body,
            structure=text.structure,
            tells=text.tells,
            subscription_id=pair.first.id,
            flight_id=flight_of(desk.store, pair.first.id),
        )
