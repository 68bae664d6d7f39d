"""What is said of a connection: how long is left between two flights, with the times and gates of both."""

from collections.abc import Sequence
from datetime import timedelta

from flait.core.alerts import Alert
from flait.core.changes import STEP_NEAR, Change
from flait.core.flights import Flight, is_on_ground, left_at
from flait.core.structure import Phrase
from flait.core.taxiing import touchdown
from flait.core.texts.formats import Piece, Reader, about, fitted, lead, span
from flait.core.texts.next_steps import instead, other_flights
from flait.core.texts.places import boarding, places_in
from flait.core.texts.standing import ARRIVAL
from flait.core.texts.wording import Text, arrives, gate, label, place_and_time
from flait.core.told import CONNECTION, FACTS, listed_tells, tells
from flait.core.trips import Chance, Connection, Leg, Onward, chance_of, fact, is_one_plane

M = timedelta(minutes=1)
ONE_PLANE = "It flies on with the same plane."
NOT_MISSED = "CONNECTION NOT MISSED after all"
_WORDS = {Chance.OK: "OK", Chance.TIGHT: "TIGHT", Chance.AT_RISK: "AT RISK", Chance.MISSED: "MISSED"}
_TITLES = {state: f"{'connection' if state is Chance.OK else 'CONNECTION'} {word}" for state, word in _WORDS.items()}


def stands(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`CONNECTION TIGHT at EWR, 43m to LH403: arr 23:16 EST, LH403 dep 23:59 EST. LH403 from gate B61, Terminal B.`"""
    then = _onward(alert)
    leg = then.leg
    at = leg.flight.origin.short
    news = f"{_TITLES[chance_of(alert.flight, then)]} at {at}, {_to(alert.flight, leg)}"
    gone = left_at(leg.flight) is not None  # they were told that they miss it
    return [
        lead(f"{NOT_MISSED} at {at}" if gone else news, *_times(alert.flight, leg, reader), facts=(CONNECTION,)),
        Piece(ONE_PLANE if is_one_plane(alert.flight, leg.flight) and not gone else "", 1),
        *_moves_along(leg, reader, 1),
        *([] if gone else [_from_gate(leg, 2)]),
        *places_in(alert, 3),
    ]


def missed(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`CONNECTION MISSED at EWR: arr 00:21 EST Wed, LH403 left 23:59 EST. Ask the airline now to rebook you.`"""
    leg = _onward(alert).leg
    return [
        lead(
            f"{_TITLES[Chance.MISSED]} at {leg.flight.origin.short}",
            *_times(alert.flight, leg, reader),
            facts=(CONNECTION,),
        ),
        Piece(instead(alert.role, now=" now"), 1),
        *_moves_along(leg, reader, 2),
        Piece(other_flights(alert.role, offered=alert.offers), 3),
    ]


def besides(alert: Alert, _: Change, __: Reader) -> Piece:
    """`Connection to LH403 is OK, 1h28.`: beside other news."""
    then = _onward(alert)
    leg, left, word = then.leg, _left(alert.flight, then.leg.flight), _WORDS[chance_of(alert.flight, then)]
    if left_at(leg.flight) and word != _WORDS[Chance.MISSED]:
        return Piece(f"Connection to {_name(leg)} is NOT MISSED after all.", 1, (CONNECTION,))
    return Piece(f"Connection to {_name(leg)} is {word}{f', {left}' if left else ''}.", 1, (CONNECTION,))


def connection_text(pair: Connection, reader: Reader, seen: str) -> Text:
    """`UA1234 connection OK at EWR, 1h28 to LH403: arr 22:31 EST, LH403 dep 23:59 EST. ... Checked 4 min ago.`

    `seen` says how old that is.
    """
    flight, then = pair.first.flight, pair.then
    news = f"{_TITLES[pair.chance]} at {pair.airport}, {_to(flight, then)}"
    said = lead(news, *_times(flight, then, reader), facts=(CONNECTION,))
    head = about(said, label(flight, pair.first.ident))
    same = Piece(ONE_PLANE if is_one_plane(flight, then.flight) else "", 1)
    text = fitted([head, same, *_moves_along(then, reader, 1), Piece(seen, 1), _from_gate(then, 2)])
    told = tells(flight, [fact for fact in text.facts if fact in FACTS])
    told |= told_of(then, text.facts) | {CONNECTION: fact(then, pair.chance)}
    return Text(structure=text, tells=told)


def unconnected_text(ident: str) -> Text:
    """What answers CONNECT where a flight connected when it was asked, and does not any more."""
    said = lead(f"{ident} connects with no flight that you follow any more")
    return Text(structure=fitted([said, Piece("Reply LIST for what you follow.", 1)]), tells={})


def in_status(pair: Connection) -> Piece:
    """`LH403 at EWR: 43m, AT RISK.`: beside how the first flight stands."""
    left = _left(pair.first.flight, pair.then.flight)
    words = f"{_name(pair.then)} at {pair.airport}: {f'{left}, ' if left else ''}{_WORDS[pair.chance]}."
    return Piece(words, 2, (CONNECTION,))


def told_of(leg: Leg, facts: Sequence[str]) -> dict[str, str | bool]:
    """What was said of the next flight, under its subscription's number.

    When it leaves is not told where what goes with that had no room: then its own text says all of it.
    """
    said = {fact.partition(".")[2] for fact in facts if fact.startswith(f"{leg.id}.")}
    if not _goes_with_its_move(leg) <= said:
        said -= {"departure", "scheduled_out"}
    return listed_tells([(leg.id, tells(leg.flight, sorted(said)))])


def onward(alert: Alert, reader: Reader, rank: int) -> list[Piece]:
    """`Next: LH403 dep 23:59 EST, gate B61, Terminal B.`, for who has landed and goes on within hours."""
    if not alert.goes_on:
        return []
    leg = _onward(alert).leg
    where = gate(leg.flight)
    words = f"Next: {_dep(leg, reader).text}{f', {where}' if where else ''}."
    return [Piece(words, rank, (*_dep(leg, reader).facts, *_gate_facts(leg)))]


def in_doubt(alert: Alert) -> list[Piece]:
    """`Ask about LH403 too.`, where a diversion or a cancellation breaks the connection."""
    return [Piece(f"Ask about {_name(alert.onward.leg)} too.", 2)] if alert.onward else []


def _onward(alert: Alert) -> Onward:
    assert alert.onward
    return alert.onward


def _name(leg: Leg) -> str:
    return label(leg.flight, leg.ident)


def _to(flight: Flight, leg: Leg) -> str:
    """`43m to LH403`, or the number alone."""
    left = _left(flight, leg.flight)
    return f"{left} to {_name(leg)}" if left else _name(leg)


def _left(flight: Flight, then: Flight) -> str:
    """`43m`; nothing where it would leave first, and to who is there already: it is no time that is left to them."""
    arrives_at, leaves = flight.arrival.best, then.departure.best
    is_known = arrives_at and leaves and not is_on_ground(flight)
    return span(leaves - arrives_at) if is_known and arrives_at and leaves and leaves - arrives_at >= M else ""


def _times(flight: Flight, leg: Leg, reader: Reader) -> list[Phrase]:
    return [_there(flight, reader), _dep(leg, reader)]


def _there(flight: Flight, reader: Reader) -> Phrase:
    """`arr 23:16 EST`; `landed 23:08 EST` of one that is down, and not reported at its gate."""
    down, where = touchdown(flight), flight.lands_at
    if down and where and flight.in_.actual is None:
        return Phrase(f"landed {reader.at(down, where)}", ("phase", "phase_at"))
    arrival = arrives(flight, reader)
    return Phrase(arrival, ARRIVAL if arrival else ())


def _dep(leg: Leg, reader: Reader) -> Phrase:
    """`LH403 dep 23:59 EST`; `LH403 left 23:59 EST`."""
    flight = leg.flight
    left = left_at(flight)
    if left:
        return Phrase(f"{_name(leg)} left {reader.at(left, flight.origin)}", (f"{leg.id}.phase", f"{leg.id}.phase_at"))
    best, was = flight.departure.best, leg.told.departure if has_moved(leg) else None
    when = (
        f"dep {reader.at(best, flight.origin, was=was)}"
        if best
        else f"from {place_and_time(flight.origin, None, reader)}"
    )
    return Phrase(f"{_name(leg)} {when}", (f"{leg.id}.departure", f"{leg.id}.scheduled_out") if best else ())


def has_moved(leg: Leg) -> bool:
    """Whether the next flight leaves another time than they were told, as far as that is news."""
    best, known = leg.flight.departure.best, leg.told.departure
    return best is not None and known is not None and abs(best - known) >= STEP_NEAR and not left_at(leg.flight)


def _goes_with_its_move(leg: Leg) -> set[str]:
    """What a text that moves its departure says with it: another arrival, and when it boards, to who was told that."""
    lands, known = leg.flight.arrival.best, leg.told.arrival
    told = {"arrival"} if lands and known and abs(lands - known) >= STEP_NEAR else set()
    return (told | ({"boards"} if leg.told.boards else set())) if has_moved(leg) else set()


def _moves_along(leg: Leg, reader: Reader, rank: int) -> list[Piece]:
    """`LH403 arr 12:40 CET. LH403 boards about 00:10.`"""
    goes, name = _goes_with_its_move(leg), _name(leg)
    lands, boards = arrives(leg.flight, reader), boarding(leg.flight, reader)
    arrival = f"{name} {lands}." if lands and "arrival" in goes else ""
    boarding_at = f"{name} boards about {boards}." if boards and "boards" in goes else ""
    return [
        Piece(arrival, rank, (f"{leg.id}.arrival", f"{leg.id}.scheduled_in")),
        Piece(boarding_at, rank, (f"{leg.id}.boards",)),
    ]


def _from_gate(leg: Leg, rank: int) -> Piece:
    where = gate(leg.flight)
    return Piece(f"{_name(leg)} from {where}." if where else "", rank, _gate_facts(leg))


def _gate_facts(leg: Leg) -> tuple[str, ...]:
    return tuple(f"{leg.id}.{name}" for name in ("gate_origin", "terminal_origin") if getattr(leg.flight, name))
