"""What is said of a flight's plane: where it is, and what Flait makes of it, apart from what the airline says."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flait.core import planes
from flait.core.alerts import Alert
from flait.core.changes import Change
from flait.core.flights import Airport, Flight, cancelled
from flait.core.planes import Plane
from flait.core.standing import notable
from flait.core.structure import Phrase
from flait.core.texts.formats import Piece, Reader, about, fitted, lead, span, zone_label
from flait.core.texts.places import at_gate
from flait.core.texts.standing import DEPARTURE
from flait.core.texts.status import Freshness
from flait.core.texts.wording import Text, capital, departs, label, place_and_time, route
from flait.core.told import FACTS, PLANE, tells

A_WHILE = timedelta(minutes=5)  # seen longer ago, an answer says so
OLD = timedelta(minutes=30)  # and the short form of it


def late(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`plane is late: UA555 DEN-SFO lands 14:05 PST (1h10 late). Airline still says 14:10. Expect 14:50 or later.`

    Also that it will be in time after all.
    """
    flight, plane = alert.flight, _plane(alert)
    if planes.expected(flight, plane) is None:
        where = Phrase(_where(plane, reader, lateness=False))
        news = "plane" if _is_overdue(plane, reader) else "plane will be in time"
        return [lead(news, where, facts=(PLANE,)), _dep(flight, reader, 0)]
    late = lead("plane is late", Phrase(_where(plane, reader)), facts=(PLANE,))
    old = f"Plane seen {span(_age(plane, reader))} ago." if _age(plane, reader) >= OLD else ""
    return [late, *_inferred(flight, plane, reader, 0), Piece(old, 1)]


def here(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`plane is here: UA555 DEN-SFO landed 13:02 PST. Dep 14:10 PST. Gate F12, Terminal 3.`"""
    where = _where(_plane(alert), reader)
    return [
        lead("plane is here", Phrase(where), facts=(PLANE,)),
        _dep(alert.flight, reader, 0),
        at_gate(alert, change, rank=2),
    ]


def swapped(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`plane changed: now UA812 LAX-SFO lands 12:40 PST. Dep 14:10 PST.`: the one that was late does not fly it."""
    if alert.plane and planes.never_comes(alert.plane.flight):
        news = f"plane was to come with {_named(alert.plane.flight)}"
        return [lead(news, facts=(PLANE,)), _dep(alert.flight, reader, 0)]
    now = f"now {_where(alert.plane, reader)}" if alert.plane else "which one comes is not known yet"
    return [lead("plane changed", Phrase(now), facts=(PLANE,)), _dep(alert.flight, reader, 0)]


def besides(alert: Alert, _: Change, reader: Reader) -> Piece:
    """`Its plane is late: expect 14:50 or later.`, `Its plane is here.`, beside other news."""
    if planes.expected(alert.flight, alert.plane):
        return _late_in_short(alert.flight, _plane(alert), reader)
    if alert.plane and planes.is_down(alert.plane):
        return Piece("Its plane is here.", 1, (PLANE,))
    was = planes.known(alert.told)
    if alert.plane and planes.never_comes(alert.plane.flight):
        return Piece("The plane that was late does not come.", 1, (PLANE,))
    other = was is not None and planes.is_swapped(was, alert.flight, alert.plane)
    if other:
        return Piece("Another plane flies it now.", 1, (PLANE,))
    in_time = "Its plane will be in time."
    return Piece("No report that its plane has landed." if _is_overdue(alert.plane, reader) else in_time, 1, (PLANE,))


def beside(alert: Alert, reader: Reader) -> list[Piece]:
    """The same beside a departure, for who was told that the plane is late: it is so still."""
    was = planes.known(alert.told)
    is_late = was and was.expected and planes.expected(alert.flight, alert.plane)
    return [_late_in_short(alert.flight, _plane(alert), reader)] if is_late else []


def _late_in_short(flight: Flight, plane: Plane, reader: Reader) -> Piece:
    """`Its plane is late: expect 14:50 PST or later.`; of one that was seen a while ago `was late 1h10 ago`."""
    at, age = planes.expected(flight, plane), _age(plane, reader)
    assert at
    state = f"was late {span(age)} ago" if age >= OLD else "is late"
    return Piece(f"Its plane {state}: expect {reader.at(at, flight.origin)} or later.", 1, (PLANE,))


def _age(plane: Plane, reader: Reader) -> timedelta:
    """How long ago it was seen; where its own plane holds it up, the older of the two."""
    seen = [one.seen_at for one in (plane, plane.feeder if planes.held_up(plane) else None) if one and one.seen_at]
    return reader.now - min(seen) if seen else timedelta()


def in_reminder(alert: Alert, reader: Reader, rank: int) -> list[Piece]:
    """`Its plane, UA555, lands 13:02 PST.`; of one that is late what to expect, where its person knows that it is."""
    was, plane = planes.known(alert.told), alert.plane
    if plane is None or not planes.comes_to(plane.flight, alert.flight):
        return []
    if planes.expected(alert.flight, plane):
        return beside(alert, reader)
    if planes.is_down(plane):
        return [Piece("Its plane is here.", rank, (PLANE,) if was else ())]
    seen = f" (seen {span(_age(plane, reader))} ago)" if _age(plane, reader) >= OLD else ""
    return [Piece(f"Its plane, {_lands(plane, reader)}{seen}.", rank)]


def in_status(flight: Flight, plane: Plane, reader: Reader) -> list[Piece]:
    """`Plane UA555, lands 14:05 PST: expect dep 14:50 PST or later.`: beside how the flight stands; else in short."""
    if not planes.is_ahead(flight) or not planes.comes_to(plane.flight, flight):
        return []
    at = planes.expected(flight, plane)
    if planes.is_down(plane) and at is None:
        return [Piece("Plane is here.", 3, (PLANE,))]
    then = f": expect dep {reader.at(at, flight.origin)} or later" if at else ""
    age = reader.now - plane.seen_at if plane.seen_at else timedelta()
    seen = f" (seen {span(age)} ago)" if age >= A_WHILE else ""
    words = f"Plane {_lands(plane, reader)}{then}{seen}."
    if at is None:
        return [Piece(words, 3)] if planes.of_use(plane, reader.now) else []
    return [Piece(words, 2, (PLANE,), shorter=_late_in_short(flight, plane, reader))]


def in_short(flight: Flight, plane: Plane, reader: Reader) -> list[Piece]:
    """That it is late, beside one fact of the flight."""
    return [_late_in_short(flight, plane, reader)] if planes.expected(flight, plane) else []


def plane_text(flight: Flight, plane: Plane | None, reader: Reader, seen: Freshness) -> Text:
    """The answer to PLANE: where it is, what the airline says, and what Flait makes of it."""
    if not planes.is_ahead(flight):
        pieces = [lead("has left, or does not leave: its plane is of no interest any more"), Piece("Reply STATUS.", 2)]
    elif plane and planes.never_comes(plane.flight):
        pieces = [lead(f"plane was to come with {_named(plane.flight)}", facts=()), _dep(flight, reader, 1)]
    elif plane is None or not planes.comes_to(plane.flight, flight):
        tail = f"by {flight.registration}" if flight.registration else "not assigned yet"
        found = "the flight that brings it is not found yet" if plane is None and flight.inbound_fa_flight_id else ""
        pieces = [lead(f"plane: {tail}, {found or 'where it comes from is not known'}"), _dep(flight, reader, 1)]
    elif planes.expected(flight, plane):
        where = Phrase(_where(plane, reader))
        pieces = [lead("plane is late", where, facts=(PLANE,)), *_inferred(flight, plane, reader, 0)]
    else:
        down = planes.is_down(plane)
        where = Phrase(_where(plane, reader))
        pieces = [lead("plane is here" if down else "plane", where, facts=(PLANE,)), _dep(flight, reader, 1)]
    head = about(pieces[0], label(flight, reader.ident))
    said = fitted([head, *pieces[1:], Piece(seen.text, 1)])
    told = tells(flight, [fact for fact in said.facts if fact in FACTS])
    if PLANE in said.facts:
        told |= {PLANE: planes.fact(flight, plane)}
    return Text(structure=said, tells=told)


def _named(inbound: Flight) -> str:
    """`UA555 DEN-SFO, which is CANCELLED`."""
    became = "CANCELLED" if cancelled(inbound) else "DIVERTED"
    return f"{inbound.number} {route(inbound)}, which is {became}: another may come"


def _plane(alert: Alert) -> Plane:
    assert alert.plane
    return alert.plane


def _inferred(flight: Flight, plane: Plane, reader: Reader, rank: int) -> list[Piece]:
    """`Airline still says 14:10. Expect 14:50 or later.`: the airline's word, and Flait's own, behind `_where`."""
    leaves, at, here = flight.departure.best, planes.expected(flight, plane), flight.origin
    assert leaves
    assert at
    named = leaves if planes.held_up(plane) else _moment(plane.flight)
    says = reader.at(leaves, here) if planes.held_up(plane) else _beside(named, leaves, here, reader)
    return [
        Piece(f"Airline still says {says}.", rank, ("departure",)),
        Piece(f"Expect {_beside(named, at, here, reader)} or later.", rank, (PLANE,)),
    ]


def _beside(named: datetime | None, at: datetime, here: Airport, reader: Reader) -> str:
    """`14:10`, `00:10 Wed`: without the zone of what the text has named there already."""
    words, zone = reader.at(at, here), zone_label(at, here.zone)
    return words.replace(f" {zone}", "", 1) if named and zone_label(named, here.zone) == zone else words


def _where(plane: Plane, reader: Reader, *, lateness: bool = True) -> str:
    """`UA555 DEN-SFO lands 14:05 PST (1h10 late)`, `landed 13:02 PST`, `has not left, its own plane is late`."""
    inbound, late_by = plane.flight, notable(plane.flight.arrival)
    name = f"{inbound.number} {route(inbound)}"
    if planes.is_down(plane):
        return f"{name} landed {_at(inbound, reader)}".strip()
    if planes.held_up(plane):
        return f"{name} has not left, its own plane is late"
    how_late = f" ({span(late_by)} late)" if lateness and late_by > timedelta() else ""
    return f"{name} {_arrives(inbound, reader)}{how_late}"


def _lands(plane: Plane, reader: Reader) -> str:
    return f"{plane.flight.number}, {_arrives(plane.flight, reader)}"


def _arrives(inbound: Flight, reader: Reader) -> str:
    """`arrives 14:20 PST`; of a time that is past, and nothing was reported, that."""
    if _is_past(inbound, reader):
        return f"was due {_at(inbound, reader)}, no report that it landed"
    return f"{_verb(inbound)} {_at(inbound, reader)}"


def _is_overdue(plane: Plane | None, reader: Reader) -> bool:
    """Whether it should have landed, and nothing was reported: nobody knows that it is in time."""
    return plane is not None and not planes.is_down(plane) and _is_past(plane.flight, reader)


def _is_past(inbound: Flight, reader: Reader) -> bool:
    at = _moment(inbound)
    return at is not None and at < reader.now


def _verb(inbound: Flight) -> str:
    return "arrives" if inbound.in_.best else "lands"


def _at(inbound: Flight, reader: Reader) -> str:
    at = _moment(inbound)
    where = inbound.lands_at or inbound.origin
    return reader.at(at, where) if at else place_and_time(where, None, reader)


def _moment(inbound: Flight) -> datetime | None:
    """When it landed, else when it arrives."""
    return inbound.on.actual or inbound.in_.actual or inbound.arrival.best


def _dep(flight: Flight, reader: Reader, rank: int) -> Piece:
    return Piece(f"{capital(departs(flight, reader))}.", rank, DEPARTURE)
