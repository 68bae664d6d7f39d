"""What is said of a connection: how long is left between two flights, with the times and gates of both."""

from collections.abc import Sequence
from datetime import timedelta

from flait.core.alerts import Alert
from flait.core.changes import Change
from flait.core.flights import Flight
from flait.core.structure import Phrase
from flait.core.texts.formats import Piece, Reader, about, fitted, lead, span
from flait.core.texts.next_steps import instead, other_flights
from flait.core.texts.places import places_in
from flait.core.texts.standing import ARRIVAL
from flait.core.texts.status import Freshness
from flait.core.texts.wording import Text, arrives, gate, label, place_and_time
from flait.core.told import CONNECTION, FACTS, listed_tells, tells
from flait.core.trips import Chance, Connection, Leg, Onward, chance_of, fact, is_one_plane

M = timedelta(minutes=1)
ONE_PLANE = "It flies on with the same plane."
_WORDS = {Chance.OK: "OK", Chance.TIGHT: "TIGHT", Chance.AT_RISK: "AT RISK", Chance.MISSED: "MISSED"}
_TITLES = {state: f"{'connection' if state is Chance.OK else 'CONNECTION'} {word}" for state, word in _WORDS.items()}


def stands(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`CONNECTION TIGHT at EWR, 43m to LH403: arr 23:16 EST, LH403 dep 23:59 EST. LH403 from gate B61, Terminal B.`"""
    then = _onward(alert)
    leg, left = then.leg, _left(alert, then.leg)
    title = _TITLES[chance_of(alert.flight, then)]
    news = f"{title} at {leg.flight.origin.short}, {f'{left} to ' if left else ''}{_name(leg)}"
    return [
        lead(news, *_times(alert.flight, leg, reader), facts=(CONNECTION,)),
        Piece(ONE_PLANE if is_one_plane(alert.flight, leg.flight) else "", 1),
        _from_gate(leg, 2),
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
        Piece(other_flights(alert.role, offered=alert.offers), 3),
    ]


def besides(alert: Alert, _: Change, __: Reader) -> Piece:
    """`Connection to LH403 is OK, 1h28.`: beside other news."""
    then = _onward(alert)
    leg, left, word = then.leg, _left(alert, then.leg), _WORDS[chance_of(alert.flight, then)]
    return Piece(f"Connection to {_name(leg)} is {word}{f', {left}' if left else ''}.", 1, (CONNECTION,))


def connection_text(pair: Connection, reader: Reader, seen: Freshness) -> Text:
    """`UA1234 connection OK at EWR, 1h28 to LH403: arr 22:31 EST, LH403 dep 23:59 EST. … Checked 4 min ago.`"""
    flight, then = pair.first.flight, pair.then
    left = _minutes_of(pair)
    news = f"{_TITLES[pair.chance]} at {pair.airport}, {f'{left} to ' if left else ''}{_name(then)}"
    said = lead(news, *_times(flight, then, reader), facts=(CONNECTION,))
    head = about(said, label(flight, pair.first.ident))
    same = Piece(ONE_PLANE if is_one_plane(flight, then.flight) else "", 1)
    text = fitted([head, same, Piece(seen.text, 1), _from_gate(then, 2)])
    told = tells(flight, [fact for fact in text.facts if fact in FACTS])
    next_facts = tells(then.flight, [fact.partition(".")[2] for fact in text.facts if "." in fact])
    told |= listed_tells([(then.id, next_facts)]) | {CONNECTION: fact(then, pair.chance)}
    return Text(structure=text, tells=told)


def unconnected_text(ident: str) -> Text:
    """What answers CONNECT where a flight connected when it was asked, and does not any more."""
    said = lead(f"{ident} connects with no flight that you follow any more")
    return Text(structure=fitted([said, Piece("Reply LIST for what you follow.", 1)]), tells={})


def in_status(pair: Connection) -> Piece:
    """`LH403 at EWR: 43m, AT RISK.`: beside how the first flight stands."""
    left = _minutes_of(pair)
    words = f"{_name(pair.then)} at {pair.airport}: {f'{left}, ' if left else ''}{_WORDS[pair.chance]}."
    return Piece(words, 2, (CONNECTION,))


def _minutes_of(pair: Connection) -> str:
    """`43m`; nothing where it would leave first."""
    return span(pair.minutes * M) if pair.minutes is not None and pair.minutes > 0 else ""


def onward(alert: Alert, reader: Reader, rank: int) -> list[Piece]:
    """`Next: LH403 dep 23:59 EST, gate B61, Terminal B.`, for who has landed and goes on within hours."""
    if not alert.goes_on:
        return []
    leg = _onward(alert).leg
    where = gate(leg.flight)
    words = f"Next: {_dep(leg, reader).text}{f', {where}' if where else ''}."
    return [Piece(words, rank, (*_dep(leg, reader).facts, *_gate_facts(leg)))]


def in_doubt(alert: Alert) -> list[Piece]:
    """`Ask about LH403 too.`, where a diversion breaks the connection."""
    return [Piece(f"Ask about {_name(alert.onward.leg)} too.", 2)] if alert.onward else []


def _onward(alert: Alert) -> Onward:
    assert alert.onward
    return alert.onward


def _name(leg: Leg) -> str:
    return label(leg.flight, leg.ident)


def _left(alert: Alert, leg: Leg) -> str:
    """`43m`; nothing where it would leave first."""
    arrives_at, leaves = alert.flight.arrival.best, leg.flight.departure.best
    return span(leaves - arrives_at) if arrives_at and leaves and leaves - arrives_at >= M else ""


def _times(flight: Flight, leg: Leg, reader: Reader) -> list[Phrase]:
    arrival = arrives(flight, reader)
    return [Phrase(arrival, ARRIVAL if arrival else ()), _dep(leg, reader)]


def _dep(leg: Leg, reader: Reader) -> Phrase:
    """`LH403 dep 23:59 EST`; `LH403 left 23:59 EST`."""
    flight = leg.flight
    left = flight.departure.actual or flight.off.actual
    if left:
        return Phrase(f"{_name(leg)} left {reader.at(left, flight.origin)}", (f"{leg.id}.phase", f"{leg.id}.phase_at"))
    best = flight.departure.best
    when = f"dep {reader.at(best, flight.origin)}" if best else f"from {place_and_time(flight.origin, None, reader)}"
    return Phrase(f"{_name(leg)} {when}", (f"{leg.id}.departure", f"{leg.id}.scheduled_out") if best else ())


def _from_gate(leg: Leg, rank: int) -> Piece:
    where = gate(leg.flight)
    return Piece(f"{_name(leg)} from {where}." if where else "", rank, _gate_facts(leg))


def _gate_facts(leg: Leg) -> tuple[str, ...]:
    return tuple(f"{leg.id}.{name}" for name in ("gate_origin", "terminal_origin") if getattr(leg.flight, name))
