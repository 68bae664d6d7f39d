"""What is said of gates, terminals and belts: a first one, another one, or none any more."""

from collections.abc import Sequence

from flait.core.alerts import Alert
from flait.core.changes import Change, End
from flait.core.flights import Flight, Phase, is_on_ground, progress
from flait.core.standing import NO_REPORT
from flait.core.subscriptions import Role
from flait.core.texts.formats import Piece, Reader, lead
from flait.core.texts.wording import capital, departs, gate, short
from flait.core.told import boards

_GATE_IN = ("gate_destination", "terminal_destination")
_BELT = ("baggage_claim",)


def boarding(flight: Flight, reader: Reader) -> str:
    """`13:35`, when it boards by Flait's estimate, for a text with `dep`; '' when that is past, or it has left."""
    when = boards(flight)
    if not when or when <= reader.now or progress(flight) is not Phase.SCHEDULED:
        return ""
    leaves = flight.departure.best or when
    return reader.beside(leaves, flight.origin, when, strict=True)


def at_gate(alert: Alert, change: Change, rank: int = 1) -> Piece:
    """Where it leaves from, for who goes there; as a change when another gate was told before."""
    flight = alert.flight
    here = alert.role is Role.TRAVELER and progress(flight) is Phase.SCHEDULED
    if not here or change.end is End.ARRIVAL or not gate(flight):
        return Piece("")
    if flight.gate_origin and alert.told.gate_origin and alert.told.gate_origin != flight.gate_origin:
        return gate_moved(alert, rank)
    if flight.terminal_origin and alert.told.terminal_origin and _new_terminal(alert):
        return terminal_moved(alert, rank)
    is_told = alert.told.gate_origin == flight.gate_origin and alert.told.terminal_origin == flight.terminal_origin
    return Piece(f"{capital(gate(flight))}.", max(rank, 2) if rank and is_told else rank, _known(flight))


def _known(flight: Flight) -> tuple[str, ...]:
    return tuple(name for name in ("gate_origin", "terminal_origin") if getattr(flight, name))


def gate_moved(alert: Alert, rank: int = 1) -> Piece:
    """`GATE CHANGE F12->C3, Terminal 1.`; or that the gate is gone."""
    if not alert.flight.gate_origin:
        return _no_longer(alert, rank)
    terminal = _new_terminal(alert)
    gates = f"{short(alert.told.gate_origin)}->{short(alert.flight.gate_origin)}"
    facts = ("gate_origin", "terminal_origin") if terminal else ("gate_origin",)
    return Piece(f"GATE CHANGE {gates}{f', Terminal {terminal}' if terminal else ''}.", rank, facts)


def terminal_moved(alert: Alert, rank: int = 1) -> Piece:
    """`TERMINAL CHANGE 3->1.`; or that the terminal is gone."""
    if not alert.flight.terminal_origin:
        return _no_longer(alert, rank)
    terminals = f"{short(alert.told.terminal_origin)}->{short(alert.flight.terminal_origin)}"
    return Piece(f"TERMINAL CHANGE {terminals}.", rank, ("terminal_origin",))


def place(alert: Alert, rank: int = 1) -> Piece:
    """`Gate F12, Terminal 3.`"""
    return Piece(f"{capital(gate(alert.flight))}.", rank, _known(alert.flight))


def _no_longer(alert: Alert, rank: int) -> Piece:
    """`Gate C12 is no longer shown.`"""
    words, facts = _gone(alert, "gate_origin", "terminal_origin")
    return Piece(capital(words), rank, facts)


def _gone(alert: Alert, gate_name: str, terminal_name: str) -> tuple[str, tuple[str, ...]]:
    """`gate C12, Terminal 1 are no longer shown.`, what of the two was told and is no more; '' where nothing is."""
    told, flight = alert.told, alert.flight
    named = (("gate", gate_name), ("Terminal", terminal_name))
    gone = [(f"{word} {short(getattr(told, name))}", f"-{name}") for word, name in named
            if getattr(told, name) and not getattr(flight, name)]  # fmt: skip
    if not gone:
        return "", ()
    verb = "are" if len(gone) > 1 else "is"
    return f"{', '.join(word for word, _ in gone)} {verb} no longer shown.", tuple(fact for _, fact in gone)


def _new_terminal(alert: Alert) -> str:
    """The terminal of departure, if it is another than was told."""
    return short(alert.flight.terminal_origin) if alert.flight.terminal_origin != alert.told.terminal_origin else ""


def _leaves(alert: Alert, reader: Reader) -> Piece:
    """The tail of gate texts: when it leaves, and when it boards."""
    when, at = boarding(alert.flight, reader), alert.flight.departure.best
    if at and reader.now - at >= NO_REPORT and progress(alert.flight) is Phase.SCHEDULED:
        return Piece("")  # nobody says when instead
    leaves = capital(departs(alert.flight, reader))
    facts = ("departure", "scheduled_out")
    if when:
        return Piece(f"{leaves}, boards about {when}.", 1, (*facts, "boards"))
    return Piece(f"{leaves}.", 1, facts)


def _lead(piece: Piece) -> Piece:
    """The words that follow the number at the beginning."""
    words = piece.text[:1].lower() + piece.text[1:] if piece.text.startswith("Gate") else piece.text
    return lead(words.removesuffix("."), facts=piece.facts)


def gate_first(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`gate assigned: F12, Terminal 3, SFO.`"""
    flight = alert.flight
    terminal = f", Terminal {short(flight.terminal_origin)}" if flight.terminal_origin else ""
    words = f"gate assigned: {short(flight.gate_origin)}{terminal}, {flight.origin.short}"
    return [lead(words, facts=_known(flight)), _leaves(alert, reader)]


def gate_change(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`GATE CHANGE F12->C3 (Terminal 3->1) SFO.`"""
    flight, told = alert.flight, alert.told
    if not flight.gate_origin:
        return [_lead(_no_longer(alert, 0)), Piece("Check the board.", 1), _leaves(alert, reader)]
    new_terminal = _new_terminal(alert)
    moved_terminal = bool(told.terminal_origin and new_terminal)
    old = f"{short(told.terminal_origin)}->" if moved_terminal else ""
    terminal = f" (Terminal {old}{new_terminal})" if new_terminal else ""
    gates = f"{short(told.gate_origin)}->{short(flight.gate_origin)}"
    facts = ("gate_origin", "terminal_origin") if new_terminal else ("gate_origin",)
    return [
        lead(f"GATE CHANGE {gates}{terminal} {flight.origin.short}", facts=facts),
        _leaves(alert, reader),
        Piece("Gate is still changing: check the board." if alert.gate_flaps else "", 2),
        Piece("Terminal change: allow extra time." if moved_terminal else "", 3),
    ]


def terminal_first(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`leaves from Terminal 3, SFO.`"""
    flight = alert.flight
    words = f"leaves from Terminal {short(flight.terminal_origin)}, {flight.origin.short}"
    return [lead(words, facts=("terminal_origin",)), _leaves(alert, reader)]


def terminal_change(alert: Alert, _: Change, reader: Reader) -> Sequence[Piece]:
    """`TERMINAL CHANGE 3->1 SFO.`"""
    flight = alert.flight
    if not flight.terminal_origin:
        return [_lead(_no_longer(alert, 0)), Piece("Check the board.", 1), _leaves(alert, reader)]
    terminals = f"{short(alert.told.terminal_origin)}->{short(flight.terminal_origin)}"
    return [
        lead(f"TERMINAL CHANGE {terminals} {flight.origin.short}", facts=("terminal_origin",)),
        _leaves(alert, reader),
        Piece("Allow extra time.", 2),
    ]


def places_in(alert: Alert, rank: int) -> list[Piece]:
    """Gate, terminal and belt of arrival, for who is there; of a flight that goes elsewhere only when it is known."""
    flight = alert.flight
    on_board = alert.role is Role.TRAVELER and progress(flight) is Phase.OFF
    if on_board or (flight.diverted and not flight.diverted_to):
        return []
    where, terminal = short(flight.gate_destination), short(flight.terminal_destination)
    parts = (f"gate {where}" if where else "", f"Terminal {terminal}" if terminal else "")
    words = ", ".join(part for part in parts if part)
    facts = tuple(name for name, value in zip(_GATE_IN, (where, terminal), strict=True) if value)
    belt = short(flight.baggage_claim) if is_on_ground(flight) else ""
    return [
        Piece(f"{capital(words)}." if words else "", rank, facts),
        Piece(f"Bags: belt {belt}." if belt else "", rank + 1, _BELT),
    ]


def arrival_gate(alert: Alert, _: Change, __: Reader) -> Sequence[Piece]:
    """`arrives at gate C91->C95, Terminal C.`; or what is no longer shown."""
    flight, told = alert.flight, alert.told
    parts, facts = [], []
    for word, name in (("gate", "gate_destination"), ("Terminal", "terminal_destination")):
        was, value = getattr(told, name), getattr(flight, name)
        if value and was != value:
            parts.append(f"{word} {f'{short(was)}->' if was else ''}{short(value)}")
            facts.append(name)
    gone, no_more = _gone(alert, *_GATE_IN)
    now = f"{', '.join(parts)}." if parts else ""
    at = flight.lands_at.short if flight.lands_at else "arrival"
    words = " ".join(part for part in (now, capital(gone) if now else gone) if part)
    return [lead(f"at {at}: {words.removesuffix('.')}", facts=(*facts, *no_more))]


def belt(alert: Alert, _: Change, __: Reader) -> Sequence[Piece]:
    """`bags at EWR: belt 6->4, Terminal C.`"""
    flight, told = alert.flight, alert.told
    where = flight.lands_at.short if flight.lands_at else "arrival"
    if not flight.baggage_claim:
        gone = f"bags at {where}: belt {short(told.baggage_claim)} is no longer shown"
        return [lead(gone, facts=("-baggage_claim",))]
    old = f"{short(told.baggage_claim)}->" if told.baggage_claim else ""
    terminal = f", Terminal {short(flight.terminal_destination)}" if flight.terminal_destination else ""
    facts = ("baggage_claim", "terminal_destination") if terminal else ("baggage_claim",)
    return [lead(f"bags at {where}: belt {old}{short(flight.baggage_claim)}{terminal}", facts=facts)]
