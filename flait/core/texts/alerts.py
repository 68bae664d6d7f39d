"""What every alert says: a lead sentence by kind, and short sentences for whatever else the same poll showed.

A text tells what its words say and nothing else. A fact named with `-` before it is told to be no more.
"""

from collections.abc import Callable, Mapping, Sequence

from flait.core import planes as plane_facts
from flait.core import trips
from flait.core.alerts import Alert
from flait.core.changes import MOVES, SOONER, Change, ChangeKind, unreported
from flait.core.holds import PLANES
from flait.core.structure import Structure
from flait.core.subscriptions import Role
from flait.core.texts import connections, events, places, planes, reminders, silences, times
from flait.core.texts.formats import Piece, Reader, about, fitted
from flait.core.texts.wording import Text, capital, label, place_and_time, short
from flait.core.told import CONNECTION, FACTS, GIVEN_UP, NONE, ONCE, PLANE, REMINDERS, Tells, tells
from flait.core.values import replace

K = ChangeKind


def alert_text(alert: Alert, reader: Reader) -> Text:
    """One text for everything one poll showed: led by the first change, the others as short sentences behind it."""
    first, *others = alert.changes
    lead, *pieces = LEADS[first.kind](alert, first, reader)
    stated = {fact for piece in (lead, *pieces) if piece.text and piece.rank < 2 for fact in piece.facts}
    news: list[Piece] = []
    for change in others:
        tail = TAILS[change.kind](alert, change, reader)
        there = _saying(pieces, tail)
        if there is not None:  # in the same words: they tell this too
            pieces[there] = replace(pieces[there], facts=(*pieces[there].facts, *tail.facts))
        elif not set(tail.facts) <= stated:  # what was said is not said again
            news.append(tail)
        stated |= set(tail.facts)
    said = {fact for piece in news if piece.text for fact in piece.facts}
    kept = [piece for piece in pieces if not (piece.facts and set(piece.facts) <= said)]
    name = label(alert.flight, reader.ident)
    head = about(lead, name)
    news = [*_late_plane(alert, [head, *kept, *news], reader), *news]
    advice = _advice(alert, first, [head, *kept, *news], reader)
    near = next((index for index, piece in enumerate(kept) if piece.rank > 1), len(kept))
    seen = f"As of {reader.at(alert.as_of, alert.flight.origin)}." if alert.as_of else ""
    behind = first.kind in CONNECTING  # else it would be read of the next flight
    middle = [*kept[:near], *news, *advice] if behind else [*advice, *kept[:near], *news]
    middle = [*silences.not_so(alert), *middle]
    text = _fitted([head, *middle, Piece(seen), *kept[near:]], advice)
    return Text(structure=text, tells=_tells(alert, text.facts, reader))


def _fitted(pieces: Sequence[Piece], advice: Sequence[Piece]) -> Structure:
    """The text of these. When it boards is said beside the departure: where that has no room, both are told next."""
    text = fitted(pieces)
    if not advice or "departure" in text.facts:
        return text
    return fitted([piece for piece in pieces if piece not in advice and "departure" not in piece.facts])


def _saying(pieces: Sequence[Piece], tail: Piece) -> int | None:
    """Which of the pieces has the words of the tail; none that says them of one look alone."""
    words = tail.text.rstrip(".").lower()
    sure = ((number, piece) for number, piece in enumerate(pieces) if not _is_of_one_look(piece))
    return next((number for number, piece in sure if words and words in piece.text.lower()), None)


def _is_of_one_look(piece: Piece) -> bool:
    return any(fact.startswith(f"{ONCE}.") for fact in piece.facts)


def _tells(alert: Alert, facts: Sequence[str], reader: Reader) -> dict[str, str | bool]:
    """What the words said: facts of the flight, what is no more, and since when there was no word."""
    told: dict[str, str | bool] = {fact[1:]: NONE for fact in facts if fact.startswith("-")}
    told |= tells(alert.flight, [fact for fact in facts if fact in FACTS])
    told |= dict.fromkeys(set(REMINDERS) & set(facts), True)
    told |= _told_of_next(alert, facts)
    told |= {PLANE: plane_facts.fact(alert.flight, alert.plane)} if PLANE in facts else {}
    missing = unreported(alert.flight, reader.now)
    if K.STALE in {change.kind for change in alert.changes} and "stale" in facts:
        told["stale"] = alert.since.isoformat() if alert.since else missing or GIVEN_UP
        told |= _seen_once(alert, facts)
    elif alert.told.stale and alert.told.stale != missing:
        told |= {"stale": NONE} | ({ONCE: NONE} if alert.told.once else {})  # who is told news knows of word again
    return told


def _seen_once(alert: Alert, facts: Sequence[str]) -> dict[str, str | bool]:
    """What was said to be seen by one look alone, and before that in the same silence."""
    kinds = [fact.partition(".")[2] for fact in facts if fact.startswith(f"{ONCE}.")]
    known = [kind for kind in (alert.told.once or "").split() if kind not in kinds]
    return {ONCE: " ".join([*known, *kinds])} if kinds else {}


def left_out(alert: Alert, said: Tells) -> bool:
    """Whether something is still news and not for the next look alone: it had no room, or this text had to come first.

    What leads is always said.
    """
    if alert.changes[0].kind in COMES_FIRST:
        return True
    due = {fact for change in alert.changes[1:] for fact in change.facts}
    facts = {*tells(alert.flight, due & FACTS.keys()), *(due & {CONNECTION, PLANE, *REMINDERS})}
    late = "departure" in said and plane_facts.expected(alert.flight, alert.plane) is not None
    return not facts | ({PLANE} if late else set()) <= said.keys()


def _late_plane(alert: Alert, said: Sequence[Piece], reader: Reader) -> list[Piece]:
    """That the plane is late, as they were told, beside a departure or a word to go: else they would go by that."""
    facts = {fact for piece in said if piece.text for fact in piece.facts}
    of_plane = PLANE in facts or PLANES & {change.kind for change in alert.changes}
    return [] if of_plane or not facts & {"departure", "leave", "boarding"} else planes.beside(alert, reader)


def _told_of_next(alert: Alert, facts: Sequence[str]) -> dict[str, str | bool]:
    """How sure the connection is, and what was said of the flight that follows, under its subscription's number."""
    if alert.onward is None:
        return {}
    leg = alert.onward.leg
    told = connections.told_of(leg, facts)
    if CONNECTION in facts:
        told[CONNECTION] = trips.fact(leg, trips.chance_of(alert.flight, alert.onward))
    return told


def _advice(alert: Alert, change: Change, said: Sequence[Piece], reader: Reader) -> list[Piece]:
    """Boarding as it is now, where a text moves the departure of somebody who was told when it boards."""
    facts = {fact for piece in said if piece.text for fact in piece.facts}
    if alert.role is not Role.TRAVELER or "departure" not in facts or {"boards", "boarding"} & facts:
        return []
    if change.kind in PLANES and alert.flight.departure.best == alert.told.departure:  # that has not moved
        return []
    when = places.boarding(alert.flight, reader)
    sooner = change.kind in SOONER and not alert.is_brought
    if when and (alert.told.boards or sooner):
        words = f"Be at the gate by {when}." if sooner else f"Boards about {when}."
        return [Piece(words, 0 if alert.told.boards else 1, ("boards",))]
    leaves = alert.flight.departure.best
    if not alert.told.boards or not leaves or leaves <= reader.now:
        return []
    return [Piece("It boards now." if alert.is_brought else "Board now.", 0, ("-boards",))]


COMES_FIRST = frozenset({K.REINSTATED, K.ONWARD})  # nothing else is compared before that is told
CONNECTING = frozenset({K.CONN_MISSED, K.CONN_TIGHT, K.CONN_OK})
Lead = Callable[[Alert, Change, Reader], Sequence[Piece]]

LEADS: Mapping[ChangeKind, Lead] = {
    K.CANCELLED: events.cancelled,
    K.REINSTATED: events.reinstated,
    K.CONN_MISSED: connections.missed,
    K.ONWARD: events.onward,
    K.DIVERTED: events.diverted,
    K.UNDIVERTED: events.undiverted,
    K.REROUTED: events.rerouted,
    K.ENDS: events.ends,
    K.WITHDRAWN: events.withdrawn,
    K.ARRIVED: events.arrived,
    K.LANDED: events.landed,
    K.DEPARTED: events.departed,
    K.RETURNED: events.returned,
    K.CONN_TIGHT: connections.stands,
    K.EARLIER: times.earlier,
    K.SCHEDULE_CHANGE: times.schedule_change,
    K.DELAY_MORE: times.delay_more,
    K.DELAY_FIRST: times.delay_first,
    K.DELAY_LESS: times.delay_less,
    K.ON_TIME: times.on_time,
    K.CONN_OK: connections.stands,
    K.INBOUND_LATE: planes.late,
    K.INBOUND_SWAP: planes.swapped,
    K.INBOUND_HERE: planes.here,
    K.GATE_CHANGE: places.gate_change,
    K.TERMINAL_CHANGE: places.terminal_change,
    K.LEAVE: reminders.leave,
    K.BOARDING: reminders.boarding,
    K.MEET: reminders.meet,
    K.CHECKIN: reminders.checkin,
    K.GATE_FIRST: places.gate_first,
    K.TERMINAL_FIRST: places.terminal_first,
    K.ARRIVAL_GATE: places.arrival_gate,
    K.BELT: places.belt,
    K.CORRECTED: events.corrected,
    K.TAXIING: events.taxiing,
    K.STALE: silences.stale,
    K.FRESH: silences.fresh,
}
"""What leads a text, by kind."""


Tail = Callable[[Alert, Change, Reader], Piece]


def _moved(alert: Alert, change: Change, reader: Reader) -> Piece:
    time = times.moved_time(alert, change, reader)
    return Piece(f"{capital(time.text)}.", 1, time.facts)


def _as_led(alert: Alert, change: Change, reader: Reader) -> Piece:
    """What would lead, as a sentence of its own."""
    lead = LEADS[change.kind](alert, change, reader)[0]
    return Piece(f"It {lead.text}", 1, lead.facts)


def _place(alert: Alert, change: Change, reader: Reader) -> Piece:
    lead = LEADS[change.kind](alert, change, reader)[0]
    return Piece(capital(lead.text), 1, lead.facts)


def _belt(alert: Alert, change: Change, reader: Reader) -> Piece:
    claim = alert.flight.baggage_claim
    return Piece(f"Bags: belt {short(claim)}.", 1, ("baggage_claim",)) if claim else _place(alert, change, reader)


def _returned(alert: Alert, _: Change, __: Reader) -> Piece:
    return Piece(f"It returned to the gate at {alert.flight.origin.short}.", 1, ("returned", "phase"))


def _landed(alert: Alert, _: Change, reader: Reader) -> Piece:
    return Piece(f"Landed {events.landed_where(alert, reader)}.", 1, ("phase", "phase_at"))


def _arrived(alert: Alert, _: Change, reader: Reader) -> Piece:
    at = place_and_time(alert.flight.lands_at, alert.flight.in_.actual, reader)
    return Piece(f"At the gate {at}.", 1, ("phase", "phase_at", "arrival"))


TAILS: Mapping[ChangeKind, Tail] = {
    **dict.fromkeys((K.ENDS, K.WITHDRAWN, K.CORRECTED, K.TAXIING), _as_led),
    K.REROUTED: lambda alert, change, reader: replace(_as_led(alert, change, reader), rank=0),
    **dict.fromkeys(sorted(MOVES), _moved),
    **dict.fromkeys((K.CONN_MISSED, K.CONN_TIGHT, K.CONN_OK), connections.besides),
    **dict.fromkeys((K.INBOUND_LATE, K.INBOUND_SWAP, K.INBOUND_HERE), planes.besides),
    K.RETURNED: _returned,
    K.ARRIVED: _arrived,
    K.LANDED: _landed,
    K.DEPARTED: lambda alert, _, __: Piece(f"Took off from {alert.flight.origin.short}.", 1, ("phase",)),
    K.GATE_CHANGE: lambda alert, _, __: places.gate_moved(alert),
    K.TERMINAL_CHANGE: lambda alert, _, __: places.terminal_moved(alert),
    K.LEAVE: lambda alert, _, __: reminders.time_to_go(alert, 1),
    K.BOARDING: reminders.boards,
    K.MEET: reminders.lands_soon,
    K.CHECKIN: lambda _, __, ___: reminders.check_in(1),
    K.GATE_FIRST: lambda alert, _, __: places.place(alert),
    K.TERMINAL_FIRST: lambda alert, _, __: places.place(alert),
    K.ARRIVAL_GATE: _place,
    K.BELT: _belt,
    K.STALE: lambda _, __, ___: Piece(""),  # said when nothing else is
    K.FRESH: lambda _, __, ___: Piece(""),  # the other news says so
}
"""What follows in a text, by kind; cancelled, reinstated, onward and diverted always lead."""
