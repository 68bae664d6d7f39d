"""What is wrong with one text: whether it was so at the last look, and whether its words go with what was said before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from tests.torture.lives_belief import Belief, tells_and_words
from tests.torture.lives_reader import BOARDS_BEFORE, Said, clock
from tests.torture.lives_truth import EVENTS, LABELS, View, contradicts, floor
from tests.torture.lives_world import HOUR, MINUTE

Wrong = tuple[str, str, str]
"""A kind, as it is counted; what it is about; and how it is wrong, in words."""

ENDS: Final = ("dep", "arr")
NOTABLE: Final = 10  # minutes: less is not late
ROUNDED: Final = 8 * MINUTE  # to five minutes; and it may be a few minutes on its way
EARLIER: Final = 8  # looks back: what was so then is old news, and else never was


class Heard(Protocol):
    """A text as it reached somebody: see lives_play."""

    @property
    def at(self) -> datetime: ...
    @property
    def body(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def tells(self) -> Mapping[str, Any]: ...
    @property
    def written_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A text, what it says, what was so at the last look before it, the looks before, and what was believed."""

    text: Heard
    said: Said
    view: View
    views: Sequence[View]
    belief: Belief


def wrongs(moment: Moment) -> Iterator[Wrong]:
    """Everything that is wrong with it."""
    said = moment.said
    if said.unread:
        yield "unread", " ".join(said.unread.split()[:3]), "these words nobody knows"
    for problem in said.problems:
        yield "false", "a time", problem
    for fact, difference in tells_and_words(moment.text.tells, said, moment.belief):
        yield "uncounted", fact, difference
    yield from _facts(moment)
    yield from _once(moment)
    yield from _phase(moment)
    yield from _times(moment)
    yield from _olds(moment)
    yield from _advice(moment)
    for fact, at in said.left:
        best = said.facts.get(fact) or moment.belief.get(fact)
        if best is None or abs(at - best) > ROUNDED:
            yield "false", "how long", f"counts down to {shown(at)}, and it is {shown(best)}"
    for where, late in said.lates:
        yield from _lateness(moment, where, late)


def _facts(moment: Moment) -> Iterator[Wrong]:
    for fact in ("cancelled", "diverted_to", "to", *ENDS, *LABELS):
        told = moment.said.facts.get(fact)
        unknown = told == "" and fact in ENDS
        if fact in moment.said.facts and not unknown and not stands(told, moment.view.may[fact]):
            yield _false(moment, fact, told)


def _once(moment: Moment) -> Iterator[Wrong]:
    """What is said to be seen once was, by the last look."""
    for fact, value in moment.said.facts.get("once", {}).items():
        if fact in moment.view.may and not stands(value, moment.view.may[fact]):
            yield _false(moment, fact, value)


def _false(moment: Moment, fact: str, value: Any) -> Wrong:
    """It is not so; it may have been, and is old news then."""
    earlier = any(stands(value, view.may.get(fact, frozenset())) for view in moment.views[-EARLIER:])
    now = ", ".join(sorted(shown(one) for one in moment.view.may.get(fact, ())))
    kind = "overtaken" if earlier and fact != "phase" else "false"
    return kind, fact, f"says {shown(value)}, where {now or 'nothing'} is so"


def _phase(moment: Moment) -> Iterator[Wrong]:
    said, view = moment.said, moment.view
    phase, may = said.facts.get("phase"), view.may["phase"]
    if phase and phase not in may and not (phase == "on" and "in" in may):
        yield _false(moment, "phase", phase)
    for event in EVENTS:
        at, act = said.facts.get(f"at_{event}"), _actual(view, event)
        lately = {floor(_actual(one, event)) for one in moment.views[-2:]} if view.leg.returned else set()
        if at and floor(at) not in {floor(act), *lately}:
            yield "false", f"time of {event}", f"says {shown(at)}, where {shown(act)} is so"


def _actual(view: View, event: str) -> datetime | None:
    if event == "out" and view.leg.returned:  # nobody can know that yet
        return view.leg.act_out
    return view.acts.get(event) or (view.acts.get("in") if event == "on" else None)


def _times(moment: Moment) -> Iterator[Wrong]:
    """No landing that contradicts the take-off, no plan for what is long past."""
    facts, view = moment.said.facts, moment.view
    if facts.get("arr") and contradicts(view.leg, view.acts, facts["arr"]):
        yield "false", "arr too soon", "nobody flies that fast"
    dep, blank = facts.get("dep"), view.leg.est_out is None and view.leg.est_off is None
    plain = {"stale", "no_new_time"} & set(facts)  # it says itself that nobody knows
    if dep and blank and not plain and dep < moment.text.at - HOUR and dep != moment.belief.get("dep"):
        yield "false", "dep is past", "plans for what is long past"


def _olds(moment: Moment) -> Iterator[Wrong]:
    """What an arrow comes from is what they were told, or what stands on their ticket."""
    leg, belief = moment.view.leg, moment.belief
    planned = {"dep": leg.leaves, "arr": leg.arrives}
    places = {"dep": leg.origin, "arr": belief.lands_at(leg.destination)}
    for fact, old in moment.said.olds.items():
        known = belief.get(fact)
        if fact in ENDS:
            known = clock(known or planned[fact], places[fact])
        if known != old:
            yield "false", f"old {fact}", f"says it was {old}, told was {known}"
    late = moment.said.was_late
    lates = {abs(round((at - planned[fact]) / MINUTE)) for fact in ENDS if (at := belief.get(fact))}
    if late is not None and not any(abs(late - one) <= 1 for one in lates):
        yield "false", "was late", f"says {late} min, told were {sorted(lates)}"


def _advice(moment: Moment) -> Iterator[Wrong]:
    """When to be at the gate belongs to the departure that was told, and is ahead."""
    facts, belief, now = moment.said.facts, moment.belief, moment.text.at
    boards, new = facts.get("boards"), facts.get("dep")
    dep = new or belief.get("dep")
    if boards and floor(boards) != floor(dep - BOARDS_BEFORE if dep else None):
        yield "false", "boards", "not 35 min before the departure it goes by"
    if boards and boards <= now - MINUTE:
        yield "false", "boards", "advises what is past"
    told, due = belief.get("boards"), new - BOARDS_BEFORE if new else None
    if told and due and "boards" not in facts and due > now + MINUTE and floor(due) != floor(told):
        yield "overtaken", "boards", f"leaves {shown(told)} standing"


def _lateness(moment: Moment, where: str, late: int) -> Iterator[Wrong]:
    leg, view = moment.view.leg, moment.view
    if where in ("off", "on"):
        if leg.sched_out or leg.sched_in or leg.diverted:
            yield "false", f"late {where}", "no schedule was told for that"
        return
    if where in ("arr", "in") and (leg.diverted or abs(late) < NOTABLE):
        yield "false", f"late {where}", "means nothing here"
    true = sorted(_lates(view, where))
    if not any(abs(late - one) <= 1 for one in true):  # runway times carry seconds
        yield "false", f"late {where}", f"{late} min; so is {true}"


def _lates(view: View, where: str) -> set[int]:
    """How late it is, in minutes: at the end that is meant, or whichever, whichever way."""
    planned = {"dep": view.leg.leaves, "arr": view.leg.arrives}
    if where == "in":
        act = view.acts.get("in")
        return {round((act - planned["arr"]) / MINUTE)} if act else set()
    ends = ("arr",) if where == "arr" else ENDS
    found = {round((at - planned[end]) / MINUTE) for end in ends for one in view.may[end] if (at := floor(one))}
    return found if where == "arr" else found | {-late for late in found}


def stands(value: Any, may: frozenset[Any]) -> bool:
    """Whether that is one of the things that may be said; times to the minute."""
    if isinstance(value, datetime):
        return any(floor(value) == floor(one) for one in may if one)
    return value in may


def shown(value: Any) -> str:
    """For people."""
    return f"{value:%d/%H:%M}Z" if isinstance(value, datetime) else repr(value)


def groups(said: Said) -> Iterator[str]:
    """Which of the groups that rest it is about."""
    if "cancelled" in said.facts:
        yield "cancelled"
    if "diverted_to" in said.facts or "to" in said.facts:
        yield "diverted"
    if "gate_o" in said.facts or "term_o" in said.facts:
        yield "gates"
    if "dep" in said.facts or "moved" in said.facts:
        yield "sooner"
