"""How a flight stands, in words: the same for a confirmation and for an answer, and chosen by who reads it.

A traveller is told where it leaves from, and once it is in the air where it arrives; who meets or watches it, where it
arrives. What is another than they were told says so: `gate C21, was C25`.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from msgspec import Struct

from flait.core.flights import Flight, Phase
from flait.core.observations import is_overtaken
from flait.core.standing import AT_ORIGIN, DOWN, ELSEWHERE, NO_REPORT, Standing, State, notable, standing
from flait.core.structure import SILENT, Phrase, listed
from flait.core.subscriptions import Role
from flait.core.texts.formats import Piece, Reader, lead, span
from flait.core.texts.wording import (
    arrives,
    arrives_verb,
    capital,
    departs_verb,
    landed_at,
    place_and_time,
    to_arrive,
    town,
    was_to_leave,
)
from flait.core.told import UNKNOWN_AIRPORT, Told, further, tells
from flait.core.values import replace

DEPARTURE = ("scheduled_out", "departure")
ARRIVAL = ("scheduled_in", "arrival")
_AT_ARRIVAL = ("gate_destination", "terminal_destination", "baggage_claim")
NOTHING_TOLD = Told()
ON_TIME = "on time"
NO = "-"  # before the name of a fact: that it is no longer so


class View(Struct, frozen=True, kw_only=True):
    """A flight before one reader: what it is to them, and what they were told before. `on`: a day said already.

    `unsure`: there has been no word for so long that nobody knows whether it is on time.
    """

    flight: Flight
    reader: Reader
    role: Role = Role.TRAVELER
    told: Told = NOTHING_TOLD
    on: date | None = None
    unsure: bool = False

    @property
    def stands(self) -> Standing:
        """How it stands now."""
        return standing(self.flight, self.reader.now)

    @property
    def known(self) -> Told:
        """What they were told, without what was said of another airport than it goes to now."""
        flight, said = self.flight, self.told.diverted_to or None
        goes_to = (flight.diverted_to.code if flight.diverted_to else UNKNOWN_AIRPORT) if flight.diverted else None
        if said == goes_to and not self.rerouted:
            return self.told
        return replace(self.told, arrival=None, gate_destination=None, terminal_destination=None, baggage_claim=None)

    @property
    def rerouted(self) -> str:
        """`now goes to Pittsburgh (PIT), not EWR`, where they were told of another destination; else nothing."""
        there, told = self.flight.destination, self.told.destination
        if self.flight.diverted or not told or there is None or there.short == told:
            return ""
        return f"now goes to {town(there)}, not {told}"

    @property
    def left_behind(self) -> tuple[str, ...]:
        """What was told of another airport than it goes to now, as facts that are no longer so."""
        known = self.known
        return tuple(f"{NO}{name}" for name in _AT_ARRIVAL if getattr(self.told, name) and not getattr(known, name))

    @property
    def is_here(self) -> bool:
        """Whether the reader goes by the airport of departure."""
        return self.role is Role.TRAVELER and self.stands.state in AT_ORIGIN


class Words(Struct, frozen=True, kw_only=True):
    """How it stands: `title` in a word or two (`45m late`), its `state` (`in the air`), its times.

    A title that tells something (`of_title`) cannot be left out: `beginning` is the state with it.
    """

    title: str = ""
    of_title: tuple[str, ...] = ()
    state: Phrase = SILENT
    times: tuple[Phrase, ...] = ()
    is_titled: bool = False  # its state is a title, and no part of the list of times

    @property
    def rest(self) -> str:
        """All but the title: `left the gate 14:10 PST, not taken off yet, arr 22:31 EST`."""
        times, state = [time.text for time in self.times], self.state.text
        if self.is_titled and times:
            return f"{state}, {listed(times)}"
        return listed([state, *times] if state else times)

    @property
    def facts(self) -> tuple[str, ...]:
        """What all but the title tells."""
        return (*self.state.facts, *(fact for time in self.times for fact in time.facts))

    @property
    def tells(self) -> tuple[str, ...]:
        """What title and rest tell."""
        return (*self.of_title, *self.facts)

    @property
    def beginning(self) -> Phrase:
        """`DIVERTED to Pittsburgh (PIT), in the air`: what cannot be left out before the times."""
        parts = (self.title if self.of_title else "", self.state.text)
        return Phrase(", ".join(part for part in parts if part), (*self.of_title, *self.state.facts))

    @property
    def whole(self) -> "Words":
        """The same with a title that tells something as part of the state."""
        return Words(state=self.beginning, times=self.times, is_titled=bool(self.of_title and not self.state.text))

    def behind(self, news: str, mark: str = ":", *, route: str = "", facts: tuple[str, ...] = ()) -> Piece:
        """State and times behind the news: `<news>: in the air, arrives about 23:05 EST.`; facts that the news tells.

        Without news the state is said beside the times.
        """
        state = self.state
        if not news or not state.text:
            return lead(news, state, *self.times, facts=facts, route=route, joint=mark)
        joint = ";" if "; " in self.rest and not self.is_titled else ","
        told = (*facts, *state.facts)
        return lead(f"{news}{mark} {state.text}", *self.times, facts=told, route=route, joint=joint)


def stand(view: View) -> Words:
    """How the flight stands, for this reader. What was told and is no longer so leads."""
    words = _WORDS[view.stands.state](view)
    taken_back = _taken_back(view)
    if taken_back is None:
        return words
    title, of_title = taken_back
    return replace(words.whole, title=title, of_title=of_title)


def _taken_back(view: View) -> tuple[str, tuple[str, ...]] | None:
    told, flight, state = view.told, view.flight, view.stands.state
    if state is State.CANCELLED:
        return None
    if told.cancelled:
        return "is ON AGAIN, not cancelled", ("cancelled",)
    if told.diverted_to and not flight.diverted:
        return "NO LONGER DIVERTED", (f"{NO}diverted_to", *view.left_behind)
    if view.rerouted:
        return view.rerouted, ("destination", *view.left_behind)
    if state in AT_ORIGIN and further(told.phase, Phase.OUT):
        return "has NOT taken off after all", ("phase",)
    if state in (State.FLYING, State.OVERDUE_LANDING) and further(told.phase, Phase.OFF):
        return "has NOT landed after all", ("phase",)
    return None


# --- before it leaves -------------------------------------------------------------------------------------------


def _cancelled(_: View) -> Words:
    return Words(title="is CANCELLED", of_title=("cancelled",))


def _scheduled(view: View) -> Words:
    stands, flight = view.stands, view.flight
    arrival = _arrival(view)
    late = notable(flight.arrival)
    mark = ""
    if arrival and view.role is Role.TRAVELER and flight.arrival.scheduled and bool(late) != bool(stands.late):
        mark = f" ({_late(late)})" if late else ", on time"  # the ends differ: each says its own
    return Words(title=_punctuality(view), times=_times(Phrase(_leaving(view), DEPARTURE), _arriving(arrival, mark)))


def _punctuality(view: View) -> str:
    """`on time`, `45m late`: by the end the reader goes by; nothing where the two ends differ."""
    flight, stands = view.flight, view.stands
    leaves, arrives = stands.late, notable(flight.arrival)
    if view.role is not Role.TRAVELER and flight.arrival.scheduled:
        return _late(arrives) if arrives else "" if stands.passed else ON_TIME
    told, best = view.told.departure, flight.departure.best
    if told and best and told - best >= EARLIER:
        return "leaves EARLIER"
    if leaves < timedelta():
        return f"leaves {_late(leaves)}"
    if leaves:
        return _late(leaves) if arrives or not flight.arrival.scheduled else ""
    return ON_TIME if stands.state is State.ON_TIME and not arrives else ""


EARLIER = timedelta(minutes=10)  # than told: whoever goes by our last word misses it


def _late(late: timedelta) -> str:
    return f"{span(late)} {'late' if late > timedelta() else 'early'}"


def _overdue(view: View) -> Words:
    flight, reader = view.flight, view.reader
    word = "no new time yet" if flight.returned else "no report that it left"
    plan = f"{was_to_leave(flight, reader, on=view.on)}, {word}"
    return Words(state=Phrase(plan, (*DEPARTURE, *_if(arrives(flight, reader), ARRIVAL))))


def _returned(view: View) -> Words:
    """Back at the gate: by its new time, or that there is none yet."""
    leaves, now, late = view.flight.departure.best, view.reader.now, view.stands.late
    words = _overdue(view) if leaves is None or now - leaves >= NO_REPORT else _scheduled(view)
    title = f"returned to the gate, {_late(late)}" if late > timedelta() else "returned to the gate"
    return replace(words, title=title, of_title=("returned", "phase"))


def _out(view: View) -> Words:
    stands, flight = view.stands, view.flight
    at = f" {view.reader.at(stands.at, flight.origin, on=view.on)}" if stands.at else ""
    ago = f" ({span(view.reader.now - stands.at)} ago)" if stands.at and stands.state is State.TAXIING else ""
    at_the_soonest = replace(flight, out=replace(flight.out, actual=view.reader.now))  # it takes off now
    arrival = "" if is_overtaken(at_the_soonest) else _arrival(view)
    left = Phrase(f"left the gate{at}{ago}, not taken off yet", ("phase", "phase_at", *DEPARTURE))
    return Words(state=left, times=_times(_arriving(arrival)))


def _leaving(view: View) -> str:
    """`dep 14:55 PST, was 14:10`; and when that moment is past, that nothing is reported yet."""
    best, airport = view.flight.departure.best, view.flight.origin
    if best is None:
        return "departure time not known"
    nothing_yet = "no new time yet" if view.flight.returned else "no report yet that it left"
    waiting = f", {nothing_yet}" if best <= view.reader.now and not view.flight.off.actual else ""
    at = view.reader.at_was(best, airport, was=view.told.departure, on=view.on)
    return f"{departs_verb(view.flight)} {at}{waiting}"


def _arrival(view: View, verb: str = "") -> str:
    """`arr 23:16 EST, was 22:31`, or nothing where no time is known."""
    best, airport = view.flight.arrival.best, view.flight.lands_at
    if best is None or airport is None or is_overtaken(view.flight):
        return ""
    at = view.reader.at_was(best, airport, was=view.known.arrival, on=view.on)
    return f"{verb or arrives_verb(view.flight)} {at}"


def _arriving(arrival: str, mark: str = "") -> Phrase:
    return Phrase(f"{arrival}{mark}" if arrival else "", ARRIVAL)


def _times(*said: Phrase) -> tuple[Phrase, ...]:
    return tuple(time for time in said if time.text)


def _if(said: object, facts: tuple[str, ...]) -> tuple[str, ...]:
    return facts if said else ()


# --- in the air, and down ---------------------------------------------------------------------------------------


def _flying(view: View) -> Words:
    flight, stands = view.flight, view.stands
    since = f" since {view.reader.at(flight.off.actual, flight.origin, on=view.on)}" if flight.off.actual else ""
    there = flight.lands_at.short if flight.lands_at else ""
    facts = ("phase", *_if(since, ("phase_at",)))
    if stands.passed:
        arrival = _arrival(view, f"was to {to_arrive(flight)} {there}")
        said = [part for part in (f"in the air{since}", arrival, "no report that it landed") if part]
        return Words(state=Phrase(listed(said), (*facts, *_if(arrival, ARRIVAL))))
    if is_overtaken(flight):
        return Words(state=Phrase(f"in the air{since}, no new landing time yet", facts))
    arrival = _arrival(view, f"{arrives_verb(flight, 'arrives')} {there} about")
    mark = _against_schedule(view)
    return Words(state=Phrase(f"in the air{since}", facts), times=_times(_arriving(arrival, mark)))


def _against_schedule(view: View) -> str:
    late = view.stands.late
    if not view.flight.arrival.scheduled:
        return ""
    return f" ({_late(late)})" if late else ", on time"


def _landed(view: View) -> Words:
    flight = view.flight
    gate = ""
    if flight.in_.best and flight.in_.best > view.reader.now:
        gate = _arrival(view, "at the gate about") + (f" ({_late(view.stands.late)})" if view.stands.late else "")
    state = Phrase(f"landed {landed_at(flight, view.reader)}", ("phase", "phase_at"))
    return Words(state=state, times=_times(_arriving(gate)))


def _arrived(view: View) -> Words:
    late = f" ({_late(view.stands.late)})" if view.stands.late else ""
    at = place_and_time(view.flight.lands_at, view.flight.in_.actual, view.reader)
    return Words(state=Phrase(f"at the gate {at}{late}", ("phase", "phase_at", *ARRIVAL)))


# --- off its way ------------------------------------------------------------------------------------------------


NOWHERE_YET = "DIVERTED, new airport not known yet"


def _diverted(view: View) -> Words:
    flight = view.flight
    away = ("diverted_to", *view.left_behind)
    if flight.diverted_to is None:
        return replace(_on_its_way(view), title=NOWHERE_YET, of_title=away)
    title = f"DIVERTED to {town(flight.diverted_to)}"
    if not view.stands.passed:
        arrival = _arrival(view, f"{arrives_verb(flight, 'arrives')} about")
        return replace(_on_its_way(view, _arriving(arrival)), title=title, of_title=away)
    arrival = _arrival(view, f"was to {to_arrive(flight)}") + ", no report that it landed"
    on_its_way = _on_its_way(view, _arriving(arrival))
    return Words(title=title, of_title=away, state=Phrase(on_its_way.rest, on_its_way.facts))


def _on_its_way(view: View, *there: Phrase) -> Words:
    """In the air, or when it leaves; then its arrival."""
    if not view.flight.off.actual and not further(view.told.phase, Phase.OFF):
        return Words(times=_times(Phrase(_leaving(view), ("phase",)), *there))
    after_all = "NOT landed after all, " if further(view.told.phase, Phase.OFF) else ""
    return Words(state=Phrase(f"{after_all}in the air", ("phase",)), times=_times(*there))


def _elsewhere(view: View) -> Words:
    flight, reader = view.flight, view.reader
    there, planned = flight.diverted_to, flight.destination.short if flight.destination else ""
    at_gate = view.stands.state is State.ARRIVED_ELSEWHERE
    facts = ("phase", *_if(there, ("phase_at",)), *_if(at_gate and there, ARRIVAL))
    if there is None:
        landed = f"landed {landed_at(flight, reader)}"
    else:
        back = "back at" if there.code == flight.origin.code else "at the gate" if at_gate else "landed"
        at = f" {reader.at(view.stands.at, there)}" if view.stands.at else ""
        landed = f"{back} {town(there)}{at}" + (f", not {planned}" if planned else "")
    return Words(title="DIVERTED", of_title=("diverted_to", *view.left_behind), state=Phrase(landed, facts))


_WORDS: Mapping[State, Callable[[View], Words]] = {
    State.CANCELLED: _cancelled,
    **dict.fromkeys((State.ON_TIME, State.LATE, State.EARLY, State.DUE), _scheduled),
    State.OVERDUE: _overdue,
    State.RETURNED: _returned,
    **dict.fromkeys((State.LEFT, State.TAXIING), _out),
    **dict.fromkeys((State.FLYING, State.OVERDUE_LANDING), _flying),
    State.LANDED: _landed,
    State.ARRIVED: _arrived,
    State.DIVERTED: _diverted,
    **dict.fromkeys(sorted(ELSEWHERE), _elsewhere),
}


# --- the one time that matters --------------------------------------------------------------------------------------


def next_time(view: View, *, leaving: bool) -> Piece:
    """When it leaves, or when it arrives: the shortest that is true of it, for a text about something else."""
    state = view.stands.state
    if state in _SAID_WHOLE:
        words = stand(view)
        return Piece(f"{capital(words.rest)}.", 1, words.facts)
    text, facts = (_leaving(view), DEPARTURE) if leaving else (_arrival(view), ARRIVAL)
    return Piece(f"{capital(text)}." if text else "", 1, facts)


_SAID_WHOLE = frozenset({State.OVERDUE, State.LEFT, State.TAXIING, State.FLYING, State.OVERDUE_LANDING}) | DOWN


# --- what that tells --------------------------------------------------------------------------------------------


def told_by(flight: Flight, facts: Iterable[str]) -> dict[str, str | bool]:
    """What the words said tell, in the form it is stored with a text."""
    gone = {fact.removeprefix(NO): "" for fact in facts if fact.startswith(NO)}
    return gone | tells(flight, [fact for fact in facts if not fact.startswith(NO)])
