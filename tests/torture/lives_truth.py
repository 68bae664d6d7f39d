"""What the looks at a published life have shown, fact by fact: read off the script, by the rules of docs/alerts.md.

A `View` is how things stand after a look. `now` is the value of a fact, `may` what a text may say of it, and `unsure`
names the facts that nobody can be sure of yet: blank since the last look, or just taken back.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from tests.torture.lives_reader import label
from tests.torture.lives_world import MINUTE, Leg

AHEAD: Final = 2 * MINUTE  # an actual time that far in the future is possible still
LEAST_FLYING, LEAST_SHARE = 10 * MINUTE, 0.4
LEAVES_EARLY: Final = 120 * MINUTE  # at most, before its schedule
FORGIVEN: Final = 15 * MINUTE  # so far an event may be before the one before it
UNSEEN: Final = 30 * MINUTE  # so much before its time a flight may have left of which no leaving is known
BLANK_FOR: Final = 15 * MINUTE  # and in two looks: then it is withdrawn
SURELY_BLANK: Final = 25 * MINUTE  # and in three: then there is no doubt of it
BACK_AT_THE_GATE: Final = 15 * MINUTE  # an estimate that far after the actual time of leaving
SURELY_BACK: Final = 65 * MINUTE  # since the time of leaving that stands, and nobody has taken off
PHASES: Final = ("scheduled", "out", "off", "on", "in")
LABELS: Final = ("gate_o", "term_o", "gate_d", "term_d", "belt")
ESTIMATES: Final = ("est_out", "est_off", "est_on", "est_in")
AT_ARRIVAL: Final = ("gate_d", "term_d", "belt", "est_on", "est_in")
EVENTS: Final = ("out", "off", "on", "in")
FACTS: Final = ("cancelled", "diverted_to", "to", "phase", "dep", "arr", *LABELS)


class Look(Protocol):
    """See lives_play."""

    @property
    def at(self) -> datetime: ...
    @property
    def shown(self) -> tuple[Leg, ...]: ...
    @property
    def fault(self) -> str: ...
    @property
    def asked(self) -> bool: ...
    @property
    def used(self) -> bool: ...


@dataclass(slots=True)
class View:
    """How things stand after the look at that moment; `acts` are the actual times that are believed."""

    at: datetime
    leg: Leg
    now: dict[str, Any]
    may: dict[str, frozenset[Any]]
    unsure: frozenset[str]
    acts: dict[str, datetime]

    def sure(self, fact: str, before: "View | None") -> bool:
        """Whether two looks agree on it, and nothing is open about it."""
        if before is None or fact in self.unsure or fact in before.unsure:
            return False
        return bool(before.now[fact] == self.now[fact])


@dataclass(slots=True)
class _Memory:
    """A value that may be left blank: kept, until it is blank for long enough."""

    value: Any = None
    since: datetime | None = None
    blanks: int = 0

    def sees(self, value: Any, at: datetime) -> None:
        if value is not None:
            self.value, self.since, self.blanks = value, None, 0
        else:
            self.since, self.blanks = self.since or at, self.blanks + 1

    def withdrawn(self, at: datetime) -> bool:
        return self.blanks >= 2 and self.since is not None and at - self.since >= BLANK_FOR

    def open(self, at: datetime) -> bool:
        """Whether it is neither there nor surely gone."""
        if self.value is None or self.since is None:
            return False
        return self.blanks < 3 or at - self.since < SURELY_BLANK

    def best(self, at: datetime) -> Any:
        return None if self.withdrawn(at) else self.value


@dataclass(slots=True)
class Eye:
    """Folds looks into views."""

    memories: dict[str, _Memory] = field(default_factory=dict)
    acts: dict[str, _Memory] = field(default_factory=dict)
    returned: int = 0
    place: str | None = None
    last: View | None = None
    of: str = "ours"

    def sees(self, at: datetime, shown: Iterable[Leg]) -> View | None:
        """The view after a look; None when it did not show this flight."""
        legs = {leg.of: leg for leg in shown}
        leg = legs.get(self.of) or (legs.get("ghost") if self.of == "ours" else None)
        if leg is None:
            return None
        place = leg.diverted_to if leg.diverted else ""
        if self.place is not None and place != self.place and not (leg.diverted and place is None):
            for name in AT_ARRIVAL:
                self.memories.pop(name, None)
        self.place = place if place is not None else self.place
        for name in (*LABELS, *ESTIMATES):
            value = getattr(leg, name)
            self._memory(name).sees(label(value) if value is not None and name in LABELS else value, at)
        self._believe(leg, at)
        self.returned = self.returned + 1 if leg.returned else 0
        self.last = self._view(leg, at)
        return self.last

    def _memory(self, name: str) -> _Memory:
        return self.memories.setdefault(name, _Memory())

    def _believe(self, leg: Leg, at: datetime) -> None:
        known = self._memory("est_off").value or self._memory("est_out").value
        possible = possible_acts(leg, at, known)
        for event in EVENTS:
            memory = self.acts.setdefault(event, _Memory())
            memory.sees(possible.get(event), at)
            if memory.blanks >= 2:
                memory.value = None

    def _view(self, leg: Leg, at: datetime) -> View:
        acts = {event: memory.value for event, memory in self.acts.items() if memory.value is not None}
        unsure = {event for event, memory in self.acts.items() if memory.value is not None and memory.blanks}
        if self.returned:
            acts.pop("out", None)
        now: dict[str, Any] = {"phase": _phase(acts)}
        now["cancelled"] = leg.cancelled and now["phase"] in ("scheduled", "out")
        now["diverted_to"] = (leg.diverted_to or self.place or "?") if leg.diverted else ""
        now["to"] = leg.destination
        now["dep"], now["arr"] = self._dep(leg, acts, at), self._arr(leg, acts, at)
        now |= {name: self._memory(name).best(at) or "" for name in LABELS}
        doubts = {name for name in LABELS if self._memory(name).open(at)}
        if self._memory(_departs(leg)).open(at):
            doubts.add("dep")
        if self._memory(_arrives(leg)).open(at):
            doubts.add("arr")
        stands = leg.act_out is not None and at - leg.act_out < SURELY_BACK
        if leg.leaves < at and self._memory(_departs(leg)).withdrawn(at) and now["phase"] == "scheduled":
            doubts |= {"dep", "arr"}  # the schedule is past, and nobody says when instead
        flies = now["phase"] in ("out", "off")  # late or not: its schedule says nothing any more
        if (flies or leg.arrives < at) and self._memory(_arrives(leg)).withdrawn(at):
            doubts.add("arr")
        skipped = acts.keys() & {"on", "in"} and "off" not in acts  # down, and nobody saw it leave
        if skipped or unsure or (leg.returned and (self.returned < 4 or stands)):
            doubts |= {"phase", "dep", "arr", "cancelled"}
        if contradicts(leg, acts, self._memory("est_on").best(at) or leg.sched_on, now["dep"]):
            doubts.add("arr")
        may = {name: frozenset({value}) for name, value in now.items()}
        self._leeway(leg, at, acts, may)
        return View(at, leg, now, may, frozenset(doubts), acts)

    def _leeway(self, leg: Leg, at: datetime, acts: dict[str, datetime], may: dict[str, frozenset[Any]]) -> None:
        """What may be said besides: the value that is just blank, the time by the schedule where no other is left."""
        for name in LABELS:
            memory = self._memory(name)
            if memory.blanks:
                may[name] |= {memory.value or "", ""} if memory.blanks > 1 else {memory.value or ""}
        for fact, event in (("dep", _departs(leg)), ("arr", _arrives(leg))):
            memory = self._memory(event)
            if memory.blanks:
                planned = leg.leaves if fact == "dep" else leg.arrives
                may[fact] |= {value for value in (memory.value, planned) if value}
        self._leeway_of_events(leg, at, acts, may)

    def _leeway_of_events(
        self, leg: Leg, at: datetime, acts: dict[str, datetime], may: dict[str, frozenset[Any]]
    ) -> None:
        """What may be said of how far it is while that is open."""
        if acts.keys() & {"on", "in"} and "off" not in acts:
            may["phase"] |= {_phase(acts.keys() - {"on", "in"})}
            may["dep"] |= {value for value in (self._memory("est_out").value, leg.leaves) if value}
        if leg.returned:
            out = self._memory("est_out").value
            may["dep"] |= {value for value in (leg.act_out, out) if value}
            may["phase"] |= {"out", "scheduled"}
        for memory in self.acts.values():
            if memory.blanks and memory.value is not None:
                kept = {name: one.value for name, one in self.acts.items() if one.value is not None and not one.blanks}
                may["phase"] |= {_phase(kept)}
                may["dep"] |= {value for value in (self._dep(leg, kept, at),) if value}
                may["arr"] |= {value for value in (self._arr(leg, kept, at),) if value}

    def _dep(self, leg: Leg, acts: dict[str, datetime], at: datetime) -> datetime | None:
        gate = self._memory("est_out")
        if leg.sched_out or gate.value or acts.get("out"):
            return acts.get("out") or gate.best(at) or leg.sched_out
        return acts.get("off") or self._memory("est_off").best(at) or leg.sched_off

    def _arr(self, leg: Leg, acts: dict[str, datetime], at: datetime) -> datetime | None:
        there = leg.planned_there if leg.diverted_to else None
        gate = self._memory("est_in")
        if leg.sched_in or gate.value or acts.get("in") or there:
            return acts.get("in") or gate.best(at) or there or leg.sched_in
        return acts.get("on") or self._memory("est_on").best(at) or leg.sched_on


@dataclass(frozen=True, slots=True)
class Sight:
    """A look, and what it showed of the flight and of the one that flies on.

    `alone` where only somebody asked: they are told what it `views`, and what is `kept` of it is the others' last word.
    """

    look: Look
    alone: bool
    views: dict[str, View | None]
    kept: dict[str, View | None]


def sights(looks: Iterable[Look]) -> Iterator[Sight]:
    """Every look in order; what a person asked for is kept for those who follow the flight by the same id already."""
    eyes = {of: Eye(of=of) for of in ("ours", "onward")}
    known: dict[str, str] = {}
    for look in looks:
        ids = {leg.of: leg.id for leg in look.shown}
        alone = look.asked and "ours" in known
        views: dict[str, View | None] = {}
        kept: dict[str, View | None] = {}
        for of, eye in eyes.items():
            views[of] = Eye(of=of).sees(look.at, look.shown) if alone else eye.sees(look.at, look.shown)
            kept[of] = views[of]
            if alone:
                kept[of] = eye.sees(look.at, look.shown) if look.used and known.get(of) == ids.get(of, "") else None
        known |= ids if not alone else {}
        yield Sight(look, alone, views, kept)


def possible_acts(leg: Leg, at: datetime, known: datetime | None = None) -> dict[str, datetime]:
    """The actual times of a look that can be, by rule; `known` is the estimate of leaving as it was last seen."""
    found: dict[str, datetime] = {}
    left: datetime | None = None
    for event, act in (("out", leg.act_out), ("off", leg.act_off)):
        earliest = left - FORGIVEN if left else leg.leaves - LEAVES_EARLY
        if act and earliest <= act <= at + AHEAD:
            found[event] = left = act
    flying = leg.sched_on - leg.sched_off
    least = LEAST_FLYING if leg.diverted else max(LEAST_FLYING, LEAST_SHARE * flying)
    events = ((leg.est_out, leg.sched_out), (leg.est_off or known, leg.sched_off))
    planned = max(
        at for at in (estimated or planned for estimated, planned in events) if at
    )  # it cannot have landed before it can have left
    down: datetime | None = None
    for event, act in (("on", leg.act_on), ("in", leg.act_in)):
        earliest = down - FORGIVEN if down else (left or planned - UNSEEN) + least
        if act and earliest <= act <= at + AHEAD:
            found[event] = down = act
    return found


FASTEST, FASTER_BY = 0.85, 5 * MINUTE


def contradicts(leg: Leg, acts: dict[str, datetime], lands: datetime | None, expected: datetime | None = None) -> bool:
    """Whether that time of landing is too soon after its take-off, done or expected: an estimate from before it."""
    off = acts.get("off") or acts.get("out") or expected
    if off is None or lands is None or leg.diverted or "on" in acts or "in" in acts:
        return False
    return lands < off + FASTEST * (leg.sched_on - leg.sched_off) - FASTER_BY


def _phase(acts: Iterable[str]) -> str:
    return max(acts, key=PHASES.index, default="scheduled")


def _departs(leg: Leg) -> str:
    return "est_out" if leg.sched_out else "est_off"


def _arrives(leg: Leg) -> str:
    return "est_in" if leg.sched_in or leg.diverted_to else "est_on"


def steps(late: timedelta, until: timedelta) -> timedelta:
    """How far a time must have moved to be told again, by docs/alerts.md."""
    if until <= timedelta(hours=3):
        return 10 * MINUTE
    if late < timedelta(hours=1):
        return 15 * MINUTE
    return (30 if late < timedelta(hours=3) else 60) * MINUTE


def floor(at: datetime | None) -> datetime | None:
    """To the minute, as words have it."""
    return at.replace(second=0, microsecond=0) if at else None


def ever(views: Sequence[View], fact: str) -> set[Any]:
    """Every value that some look has shown."""
    return {value for view in views for value in view.may[fact]}
