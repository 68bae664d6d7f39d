"""What somebody is owed after a look: by role, by the thresholds of docs/alerts.md, against what they believe."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tests.torture.lives_belief import Belief
from tests.torture.lives_truth import PHASES, View, floor, steps
from tests.torture.lives_world import HOUR, MINUTE

FIRST_DELAY: Final = 15 * MINUTE
STEP: Final = 10 * MINUTE
GATE_NEWS, GATE_URGENT = 3 * HOUR, 90 * MINUTE
LEAVES, BOARDS, MEETS = 3 * HOUR, 45 * MINUTE, 45 * MINUTE  # so long before it leaves, or comes, a reminder is due
GATE_WAITS: Final = 75 * MINUTE
WATCHER_BEFORE, WATCHER_IN_THE_AIR = 60 * MINUTE, 30 * MINUTE
ON_THE_TAXIWAY: Final = 60 * MINUTE
URGENT: Final = frozenset({"cancelled", "diverted_to", "to", "sooner", "gate_o!"})


@dataclass(frozen=True, slots=True)
class Owed:
    """News that is due: what is true, and what the person thinks."""

    fact: str
    want: Any
    have: Any

    @property
    def urgent(self) -> bool:
        """Whether neither a mute, nor a cap, nor a cool-down holds it."""
        return self.fact in URGENT

    def __str__(self) -> str:
        return f"{self.fact}: {_shown(self.want)} is so, {_shown(self.have)} is what they were told"


def _shown(value: Any) -> str:
    return f"{value:%d/%H:%M}Z" if isinstance(value, datetime) else repr(value)


def owed(role: str, belief: Belief, view: View, before: View | None) -> Iterator[Owed]:
    """What two looks agree on and the person does not know."""
    if view.sure("cancelled", before) and view.now["cancelled"] != belief.get("cancelled", False):
        yield Owed("cancelled", view.now["cancelled"], belief.get("cancelled", False))
    if view.now["cancelled"] or (before and before.now["cancelled"]) or belief.get("cancelled"):
        return
    where = (("diverted_to", ""), *(() if view.now["diverted_to"] else (("to", view.now["to"]),)))
    for fact, otherwise in where:  # where a diverted flight was to go is no news
        if view.sure(fact, before) and view.now[fact] != belief.get(fact, otherwise):
            yield Owed(fact, view.now[fact], belief.get(fact, otherwise))
    yield from _progress(role, belief, view, before)
    if "phase" in view.unsure or (before and "phase" in before.unsure):
        return
    yield from _times(role, belief, view, before)
    if role == "traveler":
        yield from _gates(belief, view, before)
    yield from _belt(role, belief, view, before)


def _progress(role: str, belief: Belief, view: View, before: View | None) -> Iterator[Owed]:
    if not view.sure("phase", before):
        return
    reached, known = view.now["phase"], belief.get("phase", "scheduled")
    rank, told = PHASES.index(reached), PHASES.index(known)
    if told > max(rank, 1) or (told == 1 and rank == 0):
        yield Owed("taken back", reached, known)
    hears = role != "traveler" or (view.now["diverted_to"] and rank >= 3)
    if hears and rank >= 2 and min(rank, 3) > told:
        yield Owed(reached, reached, known)
    out = view.acts.get("out")
    waits = out and reached == "out" and view.at - out >= ON_THE_TAXIWAY
    if role != "traveler" and waits and before and before.now["phase"] == "out" and told < 1:
        yield Owed("taxiing", reached, known)


def _times(role: str, belief: Belief, view: View, before: View | None) -> Iterator[Owed]:
    phase = view.now["phase"]
    if phase == "scheduled" and role != "meeter":
        fact, planned = "dep", view.leg.leaves
    elif (role == "meeter" and phase in ("scheduled", "out", "off") and not view.now["diverted_to"]) or (
        role == "watcher" and phase == "off" and not view.now["diverted_to"]
    ):
        fact, planned = "arr", view.leg.arrives
    else:
        return
    best, known = floor(view.now[fact]), floor(belief.get(fact) or planned)
    if not view.sure(fact, before) or best is None or known is None or best <= view.at:
        return
    moved = best - known
    if role == "watcher":
        if abs(moved) >= (WATCHER_BEFORE if fact == "dep" else WATCHER_IN_THE_AIR):
            yield Owed(f"{fact} of a watcher", best, known)
        return
    late, was_late, until = best - planned, known - planned, best - view.at
    if moved <= -max(STEP, timedelta() if until <= 24 * HOUR else steps(was_late, until)):
        yield Owed("sooner" if role == "traveler" and until <= 24 * HOUR else f"{fact} sooner", best, known)
    step = max(steps(late, until), steps(was_late, until))
    if moved >= step and (late >= FIRST_DELAY or was_late <= -STEP):
        yield Owed(f"{fact} later", best, known)


def _gates(belief: Belief, view: View, before: View | None) -> Iterator[Owed]:
    dep = view.now["dep"]
    if view.now["phase"] != "scheduled" or dep is None or not view.sure("dep", before):
        return
    if dep - view.at > GATE_NEWS or dep <= view.at - HOUR:
        return
    waits = any(timedelta() < dep - before_it - view.at <= GATE_WAITS for before_it in (LEAVES, BOARDS))
    for fact in ("gate_o", "term_o"):
        want, have = view.now[fact], belief.get(fact) or ""
        if waits and not have:
            continue  # a first one goes with the reminder that comes soon
        if view.sure(fact, before) and want != have and not (fact == "term_o" and not want and not view.now["gate_o"]):
            urgent = have and want and dep - view.at <= GATE_URGENT and fact == "gate_o"
            yield Owed("gate_o!" if urgent else fact, want, have)


def _belt(role: str, belief: Belief, view: View, before: View | None) -> Iterator[Owed]:
    down = view.now["phase"] in ("on", "in") and before and before.now["phase"] in ("on", "in")
    if role == "watcher" or not down or view.now["diverted_to"] == "?":
        return
    want, have = view.now["belt"], belief.get("belt") or ""
    if view.sure("belt", before) and want != have and (have or role == "traveler"):
        yield Owed("belt", want, have)


# --- what may hold it back --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Past:
    """A text they had: when, and which of the groups that rest it was about."""

    at: datetime
    groups: frozenset[str]


TURNS: Final = {"cancelled": 3, "diverted": 3, "sooner": 3, "gates": 4}
RESTS: Final = (15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR)
GROUPS: Final = {
    "cancelled": "cancelled",
    "diverted_to": "diverted",
    "to": "diverted",
    "sooner": "sooner",
    "gate_o!": "gates",
}
CALM: Final = 15 * MINUTE
AN_HOUR, A_DAY = (HOUR, 4), (24 * HOUR, 12)


def held(one: Owed, past: Sequence[Past], at: datetime, *, muted: bool) -> bool:
    """Whether a rule of docs/alerts.md holds it at that moment."""
    if not one.urgent:
        hour = sum(at - text.at < AN_HOUR[0] for text in past)
        day = sum(at - text.at < A_DAY[0] for text in past) if _rested_little(past, at) else 0
        calm = any(at - text.at < CALM for text in past)
        return muted or calm or hour >= AN_HOUR[1] or day >= A_DAY[1]
    if any(text.at == at for text in past):
        return True  # it was said that moment what could be; the rest at the next look
    group = GROUPS[one.fact]
    if group == "gates" and any("gates" in text.groups and at - text.at < 10 * MINUTE for text in past):
        return True
    return _rests([text.at for text in past if group in text.groups], TURNS[group], at) or _rests(
        [text.at for text in past if text.groups], 6, at
    )


def _rested_little(past: Sequence[Past], at: datetime) -> bool:
    """Whether the last text is so near that the cap of the day holds the next."""
    return any(at - text.at < 2 * HOUR for text in past)


def _rests(texts: Sequence[datetime], most: int, at: datetime) -> bool:
    recent = [text for text in texts if at - text < 24 * HOUR]
    if len(recent) < most:
        return False
    return at - max(recent) < RESTS[min(len(recent) // most, len(RESTS)) - 1]
