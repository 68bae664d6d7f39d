"""How a flight differs from what one person was told. Thresholds live here; who hears of it is alerts.py's matter.

A blank is no change: `observations.merged` fills it before anything is compared, until it has lasted. Whatever can be
told can be taken back here; docs/alerts.md has the table.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from flait.core.flights import Flight, Phase, cancelled, elsewhere, is_on_ground, progress
from flait.core.labels import short_label
from flait.core.observations import is_overtaken, lands_by
from flait.core.polling import NO_ONWARD, finished
from flait.core.told import FACTS, GIVEN_UP, NONE, NOT_LANDED, NOT_LEFT, UNKNOWN_AIRPORT, Told, further, reached_at


class ChangeKind(StrEnum):
    """What can be news; also the `kind` of the text that says it. Most important first: it leads the text."""

    CANCELLED = "cancelled"
    REINSTATED = "reinstated"
    ONWARD = "onward"  # after a diversion: the next leg on the way
    DIVERTED = "diverted"
    UNDIVERTED = "undiverted"
    REROUTED = "rerouted"  # another destination, by the airline
    ENDS = "ends"  # it came down elsewhere, and nothing flies on
    CONN_MISSED = "conn_missed"  # the next flight of the trip
    WITHDRAWN = "withdrawn"  # it did not take off, or land, after all
    ARRIVED = "arrived"  # at the gate: in
    LANDED = "landed"  # on
    DEPARTED = "departed"  # off
    RETURNED = "returned"  # to the gate
    CONN_TIGHT = "conn_tight"
    EARLIER = "earlier"
    SCHEDULE_CHANGE = "sched_change"
    DELAY_MORE = "delay_more"
    DELAY_FIRST = "delay_first"
    DELAY_LESS = "delay_less"
    ON_TIME = "on_time"
    CONN_OK = "conn_ok"
    INBOUND_LATE = "inbound_late"  # the plane, on its flight before; by Flait's own inference (core/planes.py)
    INBOUND_SWAP = "inbound_swap"  # another plane than the one that was told to be late
    INBOUND_HERE = "inbound_here"  # that plane has landed
    GATE_CHANGE = "gate_change"
    TERMINAL_CHANGE = "terminal_change"
    LEAVE = "leave"  # for the airport; this and the next three are due by the clock alone (core/milestones.py)
    BOARDING = "boarding"
    MEET = "meet"
    CHECKIN = "checkin"
    GATE_FIRST = "gate_first"
    TERMINAL_FIRST = "terminal_first"
    ARRIVAL_GATE = "arrival_gate"
    BELT = "belt"
    CORRECTED = "corrected"  # another moment for what has happened
    TAXIING = "taxiing"
    STALE = "stale"  # no word, or no report of what should have happened
    FRESH = "fresh"  # word again


K = ChangeKind
LATER = frozenset({K.DELAY_FIRST, K.DELAY_MORE})
SOONER = frozenset({K.EARLIER, K.DELAY_LESS, K.ON_TIME})
MOVES = LATER | SOONER | {K.SCHEDULE_CHANGE}
GATES = frozenset({K.GATE_FIRST, K.GATE_CHANGE, K.TERMINAL_FIRST, K.TERMINAL_CHANGE})


class End(StrEnum):
    """Which end of the flight a move is about: travellers leave, meeters wait."""

    DEPARTURE = "departure"
    ARRIVAL = "arrival"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `facts` names what a text about it states; `moved` is how far, for moves of a time.

    `threshold` is what the rule asks for that made it news; nothing where the rule has none.
    """

    kind: ChangeKind
    facts: tuple[str, ...]
    end: End = End.DEPARTURE
    moved: timedelta = timedelta()
    threshold: timedelta = field(default=timedelta(), compare=False)  # why it is news, and not what


NEAR = timedelta(hours=3)  # from here on a gate is worth a text, and ten minutes are
STEP_NEAR = timedelta(minutes=10)
ON_TIME_BELOW = timedelta(minutes=10)
SOON = timedelta(hours=24)  # earlier by ten minutes matters within a day
STEPS = (  # how late it now is → how far it must have moved since it was last told
    (timedelta(hours=1), timedelta(minutes=15)),
    (timedelta(hours=3), timedelta(minutes=30)),
    (timedelta.max, timedelta(minutes=60)),
)
DELAY = timedelta(minutes=15)  # the first delay worth a text, unless configured


def step(late: timedelta, until: timedelta) -> timedelta:
    """How far a time must have moved to be told again, being `late` already and `until` away."""
    return STEP_NEAR if until <= NEAR else next(size for limit, size in STEPS if late < limit)


LONG_TAXI = timedelta(minutes=60)  # off the gate and not off the ground
OVERDUE = timedelta(hours=2)  # past the best known time, and nothing was reported
DIVERTED_STEP = timedelta(minutes=30)


class Ear(Struct, frozen=True, kw_only=True):
    """What of the times one person follows: which end, from which first lateness on, and no move below `least`."""

    end: End = End.DEPARTURE
    delay: timedelta = DELAY
    least: timedelta = timedelta()


def changes(told: Told, flight: Flight, *, ear: Ear, now: datetime) -> tuple[Change, ...]:
    """Everything in which `flight` differs from what was told, most important first."""
    if cancelled(flight) or told.cancelled:
        found = [*_cancellation(told, flight), *([] if cancelled(flight) else _destination(told, flight))]
        return tuple(found) or tuple(_words(told, flight, now))
    if FACTS["onward"](flight) not in (None, told.onward):
        return (Change(kind=K.ONWARD, facts=_ALL_NEW),)
    found = [
        *_diversion(told, flight),
        *_destination(told, flight),
        *_end(told, flight, now),
        *_progress(told, flight),
        *_correction(told, flight),
        *_on_the_ground(told, flight, now),
        *_move(told, flight, ear=ear, now=now),
        *_gates(told, flight),
        *_arrival_places(told, flight),
        *_words(told, flight, now),
    ]
    return tuple(sorted(found, key=lambda change: ORDER[change.kind]))


ORDER = {kind: place for place, kind in enumerate(ChangeKind)}
_ALL_NEW = ("onward", "destination", "phase", "scheduled_out", "scheduled_in", "departure", "arrival")


def _cancellation(told: Told, flight: Flight) -> Iterator[Change]:
    if told.cancelled == cancelled(flight):
        return
    if told.cancelled:
        yield Change(kind=K.REINSTATED, facts=("cancelled", *_STATES[End.DEPARTURE]))
    else:
        yield Change(kind=K.CANCELLED, facts=("cancelled",))


def _diversion(told: Told, flight: Flight) -> Iterator[Change]:
    """A diversion, its end, and once more when AeroAPI knows the airport it did not know before.

    Also when the flight is at a gate: AeroAPI notices some diversions only after landing.
    """
    to = FACTS["diverted_to"](flight)
    forgot_where = to == UNKNOWN_AIRPORT and bool(told.diverted_to)
    if to and to != told.diverted_to and not forgot_where:
        yield Change(kind=K.DIVERTED, facts=("diverted_to", "arrival"))
    if to is None and told.diverted_to:
        yield Change(kind=K.UNDIVERTED, facts=("diverted_to", "arrival"))


def _destination(told: Told, flight: Flight) -> Iterator[Change]:
    """Another one than was told. The first destination of a diverted flight is no news."""
    there = FACTS["destination"](flight)
    if not flight.diverted and told.destination and there not in (None, told.destination):
        yield Change(kind=K.REROUTED, facts=("destination", "arrival", "scheduled_in"))


def _end(told: Told, flight: Flight, now: datetime) -> Iterator[Change]:
    down = flight.on.actual or flight.in_.actual
    if elsewhere(flight) and down and now - down >= NO_ONWARD and not told.ends:
        yield Change(kind=K.ENDS, facts=("ends",), threshold=NO_ONWARD)


_REACHED = {Phase.OFF: K.DEPARTED, Phase.ON: K.LANDED, Phase.IN: K.ARRIVED}


def _progress(told: Told, flight: Flight) -> Iterator[Change]:
    """The latest phase only: a flight that skipped states between two polls is one piece of news.

    Touchdown taken for the gate is no news: it is down. Everything else that was told and is not so is taken back.
    """
    reached = progress(flight)
    if not _is_left_out(flight) and further(reached, told.phase) and reached in _REACHED:
        yield Change(kind=_REACHED[reached], facts=("phase",))
    came_back = flight.returned and told.phase is Phase.OUT  # that is said by itself
    if further(told.phase, reached) and reached is not Phase.ON and not came_back:
        yield Change(kind=K.WITHDRAWN, facts=("phase",))


def _is_left_out(flight: Flight) -> bool:
    """Whether this look left out an event that the last one showed: it may be taken back, and is no news yet."""
    return any(fact.endswith(".actual") for fact, _ in flight.blank)


def _correction(told: Told, flight: Flight) -> Iterator[Change]:
    """Another moment for what was told; also a landing after the moment at which it was told to be at the gate."""
    reached, at, said = progress(flight), reached_at(flight), told.phase_at
    if at is None or said is None:
        return
    one_way = FACTS["diverted_to"](flight) == (told.diverted_to or None)
    moved = reached is told.phase and one_way and abs(at - said) >= STEP_NEAR
    if moved or ((told.phase, reached) == (Phase.IN, Phase.ON) and at > said):
        yield Change(kind=K.CORRECTED, facts=("phase_at",), threshold=STEP_NEAR if moved else timedelta())


def _on_the_ground(told: Told, flight: Flight, now: datetime) -> Iterator[Change]:
    """Back at the gate; or off it for long, and nowhere."""
    reached, left = progress(flight), flight.out.actual
    if reached is Phase.SCHEDULED and FACTS["returned"](flight) not in (None, _iso(told.returned)):
        yield Change(kind=K.RETURNED, facts=("returned", "phase", *_STATES[End.DEPARTURE]))
    if reached is Phase.OUT and told.phase is Phase.SCHEDULED and left and now - left >= LONG_TAXI:
        yield Change(kind=K.TAXIING, facts=("phase",), threshold=LONG_TAXI)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _move(told: Told, flight: Flight, *, ear: Ear, now: datetime) -> Iterator[Change]:
    if ear.end is End.DEPARTURE:
        known, planned, times, over = told.departure, told.scheduled_out, flight.departure, Phase.OFF
    else:
        known, planned, times, over = told.arrival, told.scheduled_in, flight.arrival, Phase.ON
    if known is None or planned is None or times.best is None or times.scheduled is None:
        return
    if not further(over, progress(flight)):
        return
    moved = times.best - known
    if ear.end is End.ARRIVAL and flight.diverted:
        yield from _diverted_move(told, flight, moved)
    elif abs(moved) >= ear.least and not _is_idle(flight, ear.end, moved):
        rescheduled = abs(times.scheduled - planned) >= STEP_NEAR
        late = times.late
        until = times.best - now
        found = _move_kind(moved, known - planned, late, rescheduled=rescheduled, until=until, delay=ear.delay)
        kind, threshold = found or (None, ear.least)
        if kind is None and ear.least:  # whoever hears of big moves alone hears of each
            kind = K.DELAY_MORE if moved > timedelta() else K.DELAY_LESS if late >= ON_TIME_BELOW else K.EARLIER
        if kind:
            facts, threshold = _STATES[ear.end], max(threshold, ear.least)
            yield Change(kind=kind, facts=facts, end=ear.end, moved=moved, threshold=threshold)


def _diverted_move(told: Told, flight: Flight, moved: timedelta) -> Iterator[Change]:
    """A diverted flight has no delay. It has a time at which it lands where people were told."""
    if told.diverted_to == FACTS["diverted_to"](flight) and flight.diverted_to and abs(moved) >= DIVERTED_STEP:
        kind = K.DELAY_MORE if moved > timedelta() else K.DELAY_LESS
        yield Change(kind=kind, facts=("arrival",), end=End.ARRIVAL, moved=moved, threshold=DIVERTED_STEP)


def _is_idle(flight: Flight, end: End, moved: timedelta) -> bool:
    """Whether nobody is helped by it: it has left; or the time is not sure, of before the take-off, or of nowhere."""
    if end is End.DEPARTURE:
        return progress(flight) is Phase.OUT and (moved > timedelta() or _is_left_out(flight))
    return is_overtaken(flight) or flight.lands_at is None


_STATES = {
    End.DEPARTURE: ("scheduled_out", "scheduled_in", "departure", "arrival"),
    End.ARRIVAL: ("scheduled_in", "arrival"),
}


def _move_kind(
    moved: timedelta, was_late: timedelta, late: timedelta, *, rescheduled: bool, until: timedelta, delay: timedelta
) -> tuple[ChangeKind, timedelta] | None:
    """Which news a moved time is, and what its rule asks for: the rows are tried in order, the first that holds is it.

    A lateness that was told and is cut is news even below `delay`: whoever goes by it misses the flight. A schedule
    moved to the very time that was told as a delay is no news, and above all not "back on time".
    """
    less, more = STEP_NEAR if until <= SOON else step(was_late, until), step(late, until)
    sooner = moved <= -less
    back = moved >= STEP_NEAR and was_late <= -STEP_NEAR  # told to come earlier, and that is over
    cut = sooner and was_late >= ON_TIME_BELOW
    on_time = max(late, was_late + moved) < ON_TIME_BELOW
    rules: tuple[tuple[ChangeKind, timedelta, Callable[[], bool]], ...] = (
        (K.SCHEDULE_CHANGE, STEP_NEAR, lambda: rescheduled and abs(moved) >= STEP_NEAR),
        (K.DELAY_FIRST, delay, lambda: moved >= STEP_NEAR and was_late < delay <= late),
        (K.DELAY_FIRST, ON_TIME_BELOW, lambda: moved >= STEP_NEAR and back and late >= ON_TIME_BELOW),
        (K.DELAY_MORE, more, lambda: was_late >= delay and moved >= more),
        (K.EARLIER, less, lambda: sooner and (late <= -STEP_NEAR or was_late < ON_TIME_BELOW)),
        (K.ON_TIME, ON_TIME_BELOW, lambda: on_time and (was_late >= delay or cut or back)),
        (K.DELAY_LESS, less, lambda: cut),
    )
    return next(((kind, threshold) for kind, threshold, holds in rules if holds()), None)


def _gates(told: Told, flight: Flight) -> Iterator[Change]:
    """Gate and terminal of departure, as one piece of news: they are one walk. Gates are no news once it has left."""
    if progress(flight) is not Phase.SCHEDULED:
        return
    gate = _differs(told.gate_origin, flight.gate_origin)
    terminal = _differs(told.terminal_origin, flight.terminal_origin)
    if gate:
        kind = K.GATE_CHANGE if told.gate_origin else K.GATE_FIRST
        yield Change(kind=kind, facts=("gate_origin", "terminal_origin"))
    elif terminal:
        kind = K.TERMINAL_CHANGE if told.terminal_origin else K.TERMINAL_FIRST
        yield Change(kind=kind, facts=("terminal_origin",))


def _arrival_places(told: Told, flight: Flight) -> Iterator[Change]:
    """The belt, once it is down; gate and terminal of arrival, where others were told before."""
    down = is_on_ground(flight)
    known_place = flight.diverted_to is not None or not flight.diverted
    if down and known_place and _differs(told.baggage_claim, flight.baggage_claim):
        yield Change(kind=K.BELT, facts=("baggage_claim", "terminal_destination"))
    gate = told.gate_destination and _differs(told.gate_destination, flight.gate_destination)
    terminal = told.terminal_destination and _differs(told.terminal_destination, flight.terminal_destination)
    if (gate or terminal) and known_place:
        yield Change(kind=K.ARRIVAL_GATE, facts=("gate_destination", "terminal_destination"))


def _differs(known: str | None, value: str | None) -> bool:
    """Another one, a first one, or none any more; words of the field, as an older Flait told them, make no other."""
    return (short_label(value) or NONE) != (short_label(known) or NONE)


def _words(told: Told, flight: Flight, now: datetime) -> Iterator[Change]:
    """Nothing was reported of what should have happened long ago; or there is word again."""
    missing = unreported(flight, now)
    if missing and told.stale != missing:
        yield Change(kind=K.STALE, facts=("stale",), threshold=timedelta() if missing == GIVEN_UP else OVERDUE)
    elif told.stale and not missing:
        yield Change(kind=K.FRESH, facts=("stale", *_STATES[End.DEPARTURE]))


def unreported(flight: Flight, now: datetime) -> str:
    """What should have been reported two hours ago and was not: NOT_LEFT, NOT_LANDED, or ''. GIVEN_UP after a day.

    That it left the gate is a report of leaving.
    """
    reached = progress(flight)
    if cancelled(flight) or further(reached, Phase.OFF):
        return NONE
    if finished(flight, now):
        return GIVEN_UP
    if reached is Phase.SCHEDULED:
        expected, word = flight.departure.best, NOT_LEFT
    elif reached is Phase.OFF:
        expected, word = lands_by(flight), NOT_LANDED
    else:
        return NONE
    return word if expected and now - expected >= OVERDUE else NONE
