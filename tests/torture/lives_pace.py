"""Whether AeroAPI was looked at as often as docs/architecture.md says: a table of its own, and what each look showed."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from tests.torture.lives_oracle import Fault
from tests.torture.lives_truth import Sight, View, contradicts
from tests.torture.lives_world import HOUR, MINUTE

BEFORE: Final = ((24 * HOUR, 10 * HOUR), (6 * HOUR, 3 * HOUR), (3 * HOUR, 30 * MINUTE), (2 * HOUR, 20 * MINUTE))
LATE, VERY_LATE, VERY_LATE_FROM = 15 * MINUTE, HOUR, 3 * HOUR
FLYING, LANDING, LANDING_FROM = 45 * MINUTE, 19 * MINUTE, 45 * MINUTE  # the last look comes 3 min after the estimate
TAXIING, AT_THE_GATE, JUST_OFF = 10 * MINUTE, 15 * MINUTE, 12 * MINUTE
CANCELLED: Final = ((12 * HOUR, 3 * HOUR), (4 * HOUR, HOUR), (3 * HOUR, 30 * MINUTE), (-2 * HOUR, 15 * MINUTE))
ELSEWHERE: Final = HOUR  # landed where it was not to, and may fly on
OVER: Final = {"on": 105 * MINUTE, "in": 45 * MINUTE}  # so long ago: over, and kept open for what is held
FAULTS: Final = {"down": 15 * MINUTE, "refused": 5 * MINUTE, "budget": HOUR}
MISSED: Final = 15 * MINUTE
HURRIED: Final = 15 * MINUTE  # where there were many looks, the next may be so late
SLACK: Final = 2 * MINUTE


def too_seldom(sights: Sequence[Sight]) -> Iterator[Fault]:
    """Every look that came later after the one before than the plan says."""
    before: Sight | None = None
    for sight in sights:
        at, seen = sight.look.at, any(sight.views.values())
        if sight.look.asked and (before is not None or not seen):
            continue
        if before is not None and at - before.look.at > (most := _most(before)) + SLACK:
            what = f"nobody looked from {before.look.at:%d %H:%M:%S} to {at:%H:%M:%S}; {most} is the plan"
            yield Fault("late", "look", at, what)
        if seen or before is not None:
            before = sight


def _most(sight: Sight) -> timedelta:
    """How long after that look the next may be, tenth and all."""
    if sight.look.fault:
        return FAULTS[sight.look.fault] * 1.1
    return max([MISSED, HURRIED, *(_planned(view) for view in sight.views.values() if view)]) * 1.1


def _planned(view: View) -> timedelta:
    """The longest that any of the phases it may be in allows."""
    return max(_in_phase(phase, view) for phase in view.may["phase"])


def _in_phase(phase: str, view: View) -> timedelta:
    if phase == "scheduled":
        pace = cancelled if view.leg.cancelled else before_departure
        moments = (*view.may["dep"], view.leg.leaves)  # by the schedule too: a delay may be taken back
        return max((pace(at - view.at) for at in moments if at), default=VERY_LATE)
    if phase == "out" and view.leg.cancelled:
        return HOUR
    if view.now["diverted_to"] and phase in ("on", "in"):
        return ELSEWHERE
    if phase in OVER and view.at - view.acts.get(phase, view.at) >= OVER[phase]:
        return VERY_LATE
    if phase == "off":
        return _in_the_air(view)
    return AT_THE_GATE if phase == "in" else TAXIING


def before_departure(until: timedelta) -> timedelta:
    """By how long it is until it leaves; never past the border to a busier stretch."""
    for limit, every in BEFORE:
        if until > limit:
            return min(every, max(until - limit, MINUTE))
    return LATE if until > -VERY_LATE_FROM else VERY_LATE


def cancelled(until: timedelta) -> timedelta:
    """By how long it would be until it leaves."""
    return next((every for limit, every in CANCELLED if until > limit), HOUR)


def _in_the_air(view: View) -> timedelta:
    if contradicts(view.leg, view.acts, view.leg.est_on or view.leg.sched_on):
        return VERY_LATE  # that time says nothing; the next look is by the scheduled time of flying
    until = max((at - view.at for at in (*view.may["arr"], view.leg.est_on) if at), default=timedelta())
    if until > LANDING_FROM:
        return FLYING
    return LANDING if until > LANDING - 2 * HOUR else VERY_LATE
