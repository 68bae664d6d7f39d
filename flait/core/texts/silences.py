"""What is said when there is no word: since when, what was last known, and what one look alone has shown."""

from collections.abc import Callable, Mapping, Sequence

from flait.core.alerts import Alert
from flait.core.changes import MOVES, Change, ChangeKind, End, unreported
from flait.core.flights import Phase, progress
from flait.core.flights import cancelled as is_cancelled
from flait.core.holds import PLANES
from flait.core.texts import connections, events, planes, times
from flait.core.texts.formats import Piece, Reader, lead
from flait.core.texts.next_steps import LOOK_UP
from flait.core.texts.places import at_gate
from flait.core.texts.standing import ARRIVAL, DEPARTURE
from flait.core.texts.wording import arrives, departs, place_and_time, route, town
from flait.core.told import GIVEN_UP, NOT_LEFT, ONCE, reached_at
from flait.core.trips import Chance, chance_of

K = ChangeKind
BESIDES = frozenset({K.CONN_MISSED, K.CONN_TIGHT, K.CONN_OK, *PLANES})
"""What is in doubt beside the flight: its own times and state are sure, and said."""
ELSEWHERE = frozenset({K.DIVERTED, K.UNDIVERTED, K.REROUTED, K.ONWARD})


def stale(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`No word on {} since 12:40 PST.`, where it leaves, with what was last known; or what is not reported.

    `{}` stands for the flight's name, which does not lead these sentences.
    """
    if alert.since is None:
        return _unreported(alert, reader)
    words, facts = _last_word(alert, reader)
    since = reader.at(alert.since, alert.flight.origin)
    return [
        lead(f"No word on {{}} since {since}", facts=("stale",)),
        *_seen_once(alert, reader),
        Piece(f"Last: {words}." if words else "", 1, facts),
        Piece("No more live data this month." if alert.spent else "", 2),
        Piece(f"{LOOK_UP}.", 2),
        Piece("" if alert.spent else "We keep trying.", 3),
    ]


def _unreported(alert: Alert, reader: Reader) -> Sequence[Piece]:
    flight = alert.flight
    missing = unreported(flight, reader.now)
    if missing in ("", GIVEN_UP):
        words = f"No report that {{}} has {_AWAITED[progress(flight)]}, and we stop watching it now"
        return [lead(words, facts=("stale",)), *_seen_once(alert, reader), Piece("Ask the airline.", 1)]
    if missing == NOT_LEFT:
        words = f"No report that {{}} has left {flight.origin.short}: {departs(flight, reader)} was the last word"
        return [lead(words, facts=("stale", *DEPARTURE)), Piece(f"{LOOK_UP}.", 1)]
    arrival = arrives(flight, reader)
    words = f"No report that {{}} has landed{f': {arrival} was the last word' if arrival else ''}"
    return [lead(words, facts=("stale", *(ARRIVAL if arrival else ()))), Piece(f"{LOOK_UP}.", 1)]


_AWAITED = {Phase.SCHEDULED: "left", Phase.OUT: "taken off", Phase.OFF: "landed"}


def _last_word(alert: Alert, reader: Reader) -> tuple[str, tuple[str, ...]]:
    """What was last known; nothing where one look alone said otherwise than they were told."""
    if any(change.kind not in BESIDES for change in alert.once):
        return "", ()
    if alert.told.cancelled or is_cancelled(alert.flight):
        return ("CANCELLED", ("cancelled",)) if alert.told.cancelled and is_cancelled(alert.flight) else ("", ())
    words = events.stands(alert, reader)
    return words.rest, words.facts


def fresh(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`Fresh word on {}: left the gate 16:10 PST, not taken off yet.`: how it stands; `{}` is the flight's name."""
    return [events.stands(alert, reader).behind("Fresh word on {}", facts=("stale",)), at_gate(alert, change, rank=1)]


# What one look alone has shown


def _seen_once(alert: Alert, reader: Reader) -> list[Piece]:
    """`Seen once, not confirmed: dep 10:00->13:00 PST.`: what the flight is in first, then what hangs on that.

    It tells that it was said, and none of it as a fact: it is news when a second look agrees.
    """
    elsewhere = any(change.kind in ELSEWHERE for change in alert.once)  # then a move is of another place than was told
    once = [change for change in alert.once if not (elsewhere and change.end is End.ARRIVAL)]
    by_weight = sorted(once, key=lambda change: change.kind in BESIDES)
    said = [(change.kind, ONCE_WORDS[change.kind](alert, change, reader)) for change in by_weight]
    beginnings = ("Seen once, not confirmed", *("Nor confirmed" for _ in said[1:]))
    return [
        Piece(
            f"{beginning}: {words}.", 0 if rank == 0 else 1, (f"{ONCE}.{kind}", *(("plane",) if kind in PLANES else ()))
        )
        for rank, (beginning, (kind, words)) in enumerate(zip(beginnings, said, strict=False))
    ]


def _moved(alert: Alert, change: Change, reader: Reader) -> str:
    return times.moved_time(alert, change, reader).text


def _diverted(alert: Alert, _: Change, __: Reader) -> str:
    there = alert.flight.diverted_to
    return f"DIVERTED to {town(there)}" if there else "DIVERTED, where to is not known"


def _undiverted(alert: Alert, change: Change, reader: Reader) -> str:
    return events.undiverted(alert, change, reader)[0].text.rstrip(".").replace(": ", ", ", 1)


def _rerouted(alert: Alert, _: Change, __: Reader) -> str:
    there = alert.flight.destination
    return f"it goes to {town(there) if there else 'another airport'}, not {alert.told.destination}"


def _onward(alert: Alert, _: Change, reader: Reader) -> str:
    return f"it goes on {route(alert.flight)}, {departs(alert.flight, reader)}"


def _reinstated(alert: Alert, _: Change, reader: Reader) -> str:
    return f"ON AGAIN, not cancelled, {departs(alert.flight, reader)}"


def _returned(alert: Alert, _: Change, reader: Reader) -> str:
    return f"back at the gate at {alert.flight.origin.short}, {departs(alert.flight, reader)}"


def _down(alert: Alert, _: Change, reader: Reader) -> str:
    state = "at the gate" if progress(alert.flight) is Phase.IN else "landed"
    return f"{state} {place_and_time(alert.flight.lands_at, reached_at(alert.flight), reader)}"


def _as_led(alert: Alert, change: Change, reader: Reader) -> str:
    return f"it {events.corrected(alert, change, reader)[0].text.rstrip('.')}"


def _connection(alert: Alert, change: Change, reader: Reader) -> str:
    return _as_a_part(connections.besides(alert, change, reader))


def _plane(alert: Alert, change: Change, reader: Reader) -> str:
    return _as_a_part(planes.besides(alert, change, reader))


def _as_a_part(piece: Piece) -> str:
    return f"{piece.text[:1].lower()}{piece.text[1:].rstrip('.')}"


ONCE_WORDS: Mapping[ChangeKind, Callable[[Alert, Change, Reader], str]] = {
    K.CANCELLED: lambda _, __, ___: "CANCELLED",
    K.REINSTATED: _reinstated,
    K.ONWARD: _onward,
    K.DIVERTED: _diverted,
    K.UNDIVERTED: _undiverted,
    K.REROUTED: _rerouted,
    K.RETURNED: _returned,
    K.CORRECTED: _as_led,
    **dict.fromkeys((K.LANDED, K.ARRIVED), _down),
    **dict.fromkeys(sorted(MOVES), _moved),
    **dict.fromkeys((K.CONN_MISSED, K.CONN_TIGHT, K.CONN_OK), _connection),
    **dict.fromkeys(sorted(PLANES), _plane),
}
"""All that waits for a second look (core/holds.py), in a few words."""


def not_so(alert: Alert) -> list[Piece]:
    """`It is not cancelled.`: what was said to be seen once and is not so, where no other words say it."""
    flight, once = alert.flight, set((alert.told.once or "").split())
    if not once or any(change.kind is K.STALE for change in alert.changes):
        return []
    cancelled, then = is_cancelled(flight), alert.onward
    well = then is not None and chance_of(flight, then) is Chance.OK
    there = flight.destination.short if flight.destination else ""
    words = (
        ("It is not cancelled.", K.CANCELLED in once and not (cancelled or alert.told.cancelled)),
        ("It is not diverted.", K.DIVERTED in once and not (cancelled or flight.diverted or alert.told.diverted_to)),
        (f"It goes to {there}.", K.REROUTED in once and not cancelled and there == alert.told.destination),
        ("The connection is OK.", bool({K.CONN_MISSED, K.CONN_TIGHT} & once) and well),
    )
    return [Piece(text, 1) for text, holds in words if holds]
