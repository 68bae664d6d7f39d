"""What one person has been told of one flight: the only thing a new alert is compared with.

Every text carries the facts it states ("tells"). Folded in order, texts that never arrived left out, they are
what that person knows. Comparing with the last poll instead would text every creeping minute, or none of them.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from flait.core.aircraft import BOARDS_BEFORE, size_of
from flait.core.flights import FLOWN, Flight, Phase, cancelled, elsewhere, progress
from flait.core.values import replace

Tells = Mapping[str, str | bool]

UNKNOWN_AIRPORT = "?"  # told as diverted before AeroAPI knew where to
NONE = ""  # told that there is none: a gate taken back, a diversion that is over, a silence that has ended
NOT_LEFT, NOT_LANDED = "not left", "not landed"  # told that nothing was reported, though it should have been
GIVEN_UP = "given up"  # told that nobody watches it any more, though its end was not reported
CONNECTION = "connection"
PLANE = "plane"
ONCE = "once"
SOONER_BY = timedelta(minutes=10)  # a departure told so much before the last one is another
REMINDERS = ("checkin", "leave", "boarding", "meet")  # facts of what was said, and not of the flight


class Told(Struct, frozen=True, kw_only=True):
    """Facts as this person knows them; None where nothing was said, '' where it was said that there is none.

    `phase_at` is when the phase was said to have begun; `boards` is advice, "boards about"; `returned` the leaving that
    came to nothing; `onward` the leg that follows a diversion; `stale` since when there was no word, NOT_LEFT,
    NOT_LANDED or GIVEN_UP; `once` what one look alone had shown, kinds of changes, as they were told; `ends` that the
    journey ends elsewhere; `connection` how sure the next flights are, by core.trips; `plane` what was said of the
    aircraft, by core.planes; `origin` and `unlisted` are of a timetable: where it leaves, and that it stands there no
    more. The last four: that milestone was told.
    """

    scheduled_out: datetime | None = None
    scheduled_in: datetime | None = None
    departure: datetime | None = None
    arrival: datetime | None = None
    gate_origin: str | None = None
    terminal_origin: str | None = None
    gate_destination: str | None = None
    terminal_destination: str | None = None
    baggage_claim: str | None = None
    cancelled: bool = False
    diverted_to: str | None = None
    phase: Phase = Phase.SCHEDULED
    phase_at: datetime | None = None
    origin: str | None = None
    destination: str | None = None
    unlisted: str | None = None
    boards: datetime | None = None
    returned: datetime | None = None
    onward: str | None = None
    ends: bool = False
    stale: str | None = None
    once: str | None = None
    connection: str | None = None
    plane: str | None = None
    checkin: bool = False
    leave: bool = False
    boarding: bool = False
    meet: bool = False


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _diverted_to(flight: Flight) -> str | None:
    if not flight.diverted:
        return None
    return flight.diverted_to.code if flight.diverted_to else UNKNOWN_AIRPORT


def boards(flight: Flight) -> datetime | None:
    """When it boards, by Flait's own estimate for that kind of aircraft."""
    best = flight.departure.best
    return best - BOARDS_BEFORE[size_of(flight.aircraft_type)] if best else None


def reached_at(flight: Flight) -> datetime | None:
    """When it came as far as it is: the actual moment of its phase, None before it left."""
    on = flight.on.actual or flight.in_.actual
    moments = {Phase.OUT: flight.out.actual, Phase.OFF: flight.off.actual, Phase.ON: on, Phase.IN: flight.in_.actual}
    return moments.get(progress(flight))


FACTS: Mapping[str, Callable[[Flight], str | bool | None]] = {
    "scheduled_out": lambda flight: _moment(flight.departure.scheduled),
    "scheduled_in": lambda flight: _moment(flight.arrival.scheduled),
    "departure": lambda flight: _moment(flight.departure.best),
    "arrival": lambda flight: _moment(flight.arrival.best),
    "gate_origin": lambda flight: flight.gate_origin,
    "terminal_origin": lambda flight: flight.terminal_origin,
    "gate_destination": lambda flight: flight.gate_destination,
    "terminal_destination": lambda flight: flight.terminal_destination,
    "baggage_claim": lambda flight: flight.baggage_claim,
    "cancelled": cancelled,
    "diverted_to": _diverted_to,
    "phase": lambda flight: progress(flight).value,
    "phase_at": lambda flight: _moment(reached_at(flight)),
    "destination": lambda flight: flight.destination.short if flight.destination else None,
    "boards": lambda flight: _moment(boards(flight)),
    "returned": lambda flight: _moment(flight.returned),
    "onward": lambda flight: f"{len(flight.via)} {flight.via[-1]}" if flight.via else None,
    "ends": lambda flight: elsewhere(flight) or None,
    "stale": lambda _: None,  # no fact of the flight, but of our looks at it; nor is the next
    **dict.fromkeys((ONCE, "origin", "unlisted", CONNECTION, PLANE, *REMINDERS), lambda _: None),
}
"""How each fact is read off a flight; None is never told."""

_MOMENTS = frozenset({"scheduled_out", "scheduled_in", "departure", "arrival", "boards", "returned", "phase_at"})
_OF_A_FLIGHT = tuple(name for name in FACTS if name not in ("boards", "ends"))  # those are advice


def tells(flight: Flight, facts: Iterable[str] = _OF_A_FLIGHT) -> dict[str, str | bool]:
    """Those facts of the flight that are known, in the form they are stored with a text."""
    said = {name: FACTS[name](flight) for name in facts}
    return {name: value for name, value in said.items() if value is not None}


def told(texts: Iterable[Tells]) -> Told:
    """What somebody knows after these texts, oldest first. Facts this Flait has no name for are skipped.

    What was said of the plane is over with a departure sooner than the one beside it, and with a cancellation: whoever
    reads that goes by it.
    """
    known: dict[str, str | bool] = {}
    beside: str | bool | None = None
    for text in texts:
        said = {name: value for name, value in text.items() if name in FACTS}
        if CONNECTION in said and CONNECTION in known:  # each text tells of one: what was said of others stands
            said[CONNECTION] = _joined(str(known[CONNECTION]), str(said[CONNECTION]))
        known |= said
        if text.get(PLANE):
            beside = known.get("departure")
        elif known.get(PLANE) and (text.get("cancelled") or _is_sooner(text.get("departure"), beside)):
            known[PLANE] = NONE
        else:  # a delay that is taken back is another departure, though it is the one they had
            beside = max(str(beside or ""), str(text.get("departure") or ""), key=_seconds) or None
    return Told(**{name: _value(name, value) for name, value in known.items()})  # type: ignore[arg-type]  # names and types are FACTS'


def connections_told(value: str) -> dict[str, str]:
    """`12 missed,15 tight` by the number of the subscription to the next flight."""
    return {number: state for number, _, state in (one.partition(" ") for one in value.split(",")) if state}


def _joined(known: str, said: str) -> str:
    return ",".join(f"{number} {state}" for number, state in (connections_told(known) | connections_told(said)).items())


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() if text else 0.0


def _is_sooner(departure: str | bool | None, beside: str | bool | None) -> bool:
    if not departure or not beside:
        return False
    return datetime.fromisoformat(str(beside)) - datetime.fromisoformat(str(departure)) >= SOONER_BY


def listed_tells(of_each: Iterable[tuple[int, Tells]]) -> dict[str, str | bool]:
    """What one text tells of several subscriptions, each fact under its subscription's id: `12.departure`.

    A text about one of them may carry these beside its own facts, which have no number.
    """
    return {f"{number}.{name}": value for number, tells in of_each for name, value in tells.items()}


def told_of_each(listed: Tells) -> dict[int, dict[str, str | bool]]:
    """The same, apart again; what has no number is of none."""
    of_each: dict[int, dict[str, str | bool]] = {}
    for key, value in listed.items():
        number, dot, name = key.partition(".")
        if dot and number.isdecimal():
            of_each.setdefault(int(number), {})[name] = value
    return of_each


def presumed(told: Told, flight: Flight) -> Told:
    """`told`, with the schedule where no time was ever told: whoever missed the confirmation goes by their ticket."""
    departure, arrival = flight.departure.scheduled, flight.arrival.scheduled
    return replace(
        told,
        scheduled_out=told.scheduled_out or departure,
        departure=told.departure or departure,
        scheduled_in=told.scheduled_in or arrival,
        arrival=told.arrival or arrival,
    )


def _value(name: str, value: str | bool) -> object:
    if name in _MOMENTS:
        return datetime.fromisoformat(str(value)) if value else None
    return Phase(str(value)) if name == "phase" else value


def further(phase: Phase, than: Phase) -> bool:
    """Whether `phase` is later on the way than `than`: news only moves forward."""
    return FLOWN.index(phase) > FLOWN.index(than)
