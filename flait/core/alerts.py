"""Which changes become a text, for whom, and when. What makes them wait is in holds.py.

Nothing is sent twice because nothing is compared with the last poll: a change that is held (unconfirmed, cooling
down, over the cap) is simply still a change at the next look, against what the person was last told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from flait.core.changes import (
    DELAY,
    STEP_NEAR,
    Change,
    ChangeKind,
    Ear,
    End,
    changes,
)
from flait.core.flights import Flight, Phase, progress
from flait.core.holds import BIG_MOVE, CONFIRM_BIG, SOONER_THAN_TOLD, Hold, PastText, flaps, hold_of
from flait.core.subscriptions import Role
from flait.core.told import Told, further, presumed

K = ChangeKind


class Priority(IntEnum):
    """P0 changes what the person does now; P3 is nice to know."""

    P0 = 0
    P1 = 1
    P2 = 2
    P3 = 3


ALL = frozenset(Role)
GOES = frozenset({Role.TRAVELER})
MINDS_BAGS = GOES | {Role.MEETER}

RULES: Mapping[ChangeKind, tuple[Priority, frozenset[Role], timedelta]] = {
    # kind              priority      who hears it         useful for: later it is worse than none
    K.CANCELLED:       (Priority.P0, ALL,                  timedelta(hours=6)),
    K.REINSTATED:      (Priority.P0, ALL,                  timedelta(hours=3)),
    K.ONWARD:          (Priority.P1, ALL,                  timedelta(hours=3)),
    K.DIVERTED:        (Priority.P0, ALL,                  timedelta(hours=3)),
    K.UNDIVERTED:      (Priority.P0, ALL,                  timedelta(hours=3)),
    K.REROUTED:        (Priority.P0, ALL,                  timedelta(hours=6)),
    K.ENDS:            (Priority.P1, ALL,                  timedelta(hours=6)),
    K.WITHDRAWN:       (Priority.P1, ALL,                  timedelta(hours=2)),
    K.ARRIVED:         (Priority.P2, ALL,                  timedelta(hours=1)),
    K.LANDED:          (Priority.P2, ALL,                  timedelta(hours=1)),
    K.DEPARTED:        (Priority.P2, ALL - GOES,           timedelta(hours=2)),
    K.RETURNED:        (Priority.P1, ALL,                  timedelta(hours=1)),
    K.EARLIER:         (Priority.P0, ALL,                  timedelta(hours=1)),
    K.SCHEDULE_CHANGE: (Priority.P1, ALL,                  timedelta(hours=6)),
    K.DELAY_FIRST:     (Priority.P1, ALL,                  timedelta(hours=1)),
    K.DELAY_MORE:      (Priority.P1, ALL,                  timedelta(hours=1)),
    K.DELAY_LESS:      (Priority.P1, ALL,                  timedelta(hours=1)),
    K.ON_TIME:         (Priority.P1, ALL,                  timedelta(hours=1)),
    K.GATE_CHANGE:     (Priority.P1, GOES,                 timedelta(minutes=30)),
    K.TERMINAL_CHANGE: (Priority.P1, GOES,                 timedelta(minutes=30)),
    K.GATE_FIRST:      (Priority.P2, GOES,                 timedelta(minutes=30)),
    K.TERMINAL_FIRST:  (Priority.P2, GOES,                 timedelta(minutes=30)),
    K.ARRIVAL_GATE:    (Priority.P2, ALL,                  timedelta(minutes=45)),
    K.BELT:            (Priority.P3, MINDS_BAGS,           timedelta(minutes=45)),
    K.CORRECTED:       (Priority.P2, ALL,                  timedelta(hours=2)),
    K.TAXIING:         (Priority.P2, ALL - GOES,           timedelta(hours=1)),
    K.STALE:           (Priority.P1, ALL,                  timedelta(hours=2)),
    K.FRESH:           (Priority.P1, ALL,                  timedelta(hours=1)),
}  # fmt: skip

EARS: Mapping[Role, tuple[tuple[End, timedelta], tuple[End, timedelta]]] = {
    # role       on the ground: the end, no move below   in the air
    Role.TRAVELER: ((End.DEPARTURE, timedelta()),         (End.DEPARTURE, timedelta())),
    Role.MEETER:   ((End.ARRIVAL, timedelta()),           (End.ARRIVAL, timedelta())),
    Role.WATCHER:  ((End.DEPARTURE, timedelta(hours=1)),  (End.ARRIVAL, timedelta(minutes=30))),
}  # fmt: skip

CRITICAL_GATE = timedelta(minutes=90)  # a gate change this near to departure is P0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What one poll means for one person: one text, led by the first change. `since`: no word since that moment.

    `as_of`: it was seen then, and is said as of then.
    """

    flight: Flight
    told: Told
    changes: tuple[Change, ...]
    role: Role
    priority: Priority
    expires_at: datetime
    gate_flaps: bool = False
    since: datetime | None = None
    as_of: datetime | None = None


Held = tuple[tuple[ChangeKind, str], ...]
"""Changes that are true and not told, each with why it waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The alert, if one is due now; and when at the latest to look at the flight again because of what was held.

    `moment` is when what waits for time alone is to be decided anew, without a look. `held` is for the journal.
    """

    alert: Alert | None
    look_again: timedelta | None
    moment: datetime | None = None
    held: Held = ()


def decide(
    told: Told,
    past: Sequence[PastText],
    *,
    role: Role,
    before: Flight | None,
    after: Flight,
    now: datetime,
    seen_at: datetime | None = None,
    delay: timedelta = DELAY,
    muted_until: datetime | None = None,
) -> Decision:
    """What to tell one person: `before` is the flight as of the look before, `after` as of the last one.

    Without `seen_at` that look was just now. With it this is a moment, and what differs is what differed when it was
    seen: nothing becomes surer, or fresher, while nobody looks. Without `before` nothing is sure that takes two looks.

    While something big is read a second time, a minute's wait, other news waits with it: one text, not two.
    While a mute holds only P0 is told; the rest stays untold, and so is news when the mute is over, if still true.
    """
    told, ear, seen = presumed(told, before or after), ear_of(role, after, delay), seen_at or now
    past = [text for text in past if text.at <= now]  # others were written by a clock that was ahead
    news = [change for change in changes(told, after, ear=ear, now=seen) if _concerns(change, role, told, after)]
    news = [change for change in news if not seen_at or change.kind is not K.STALE]  # a look alone says that
    seen_twice = changes(told, before, ear=ear, now=seen) if news and before else ()  # most polls show none
    held = [
        _muted(muted_until, now, urgent=urgent)
        or hold_of(change, past, seen_twice, flight=after, now=now, urgent=urgent)
        for change, urgent in ((change, priority(change, after, now) is Priority.P0) for change in news)
    ]
    lead = [change for change, hold in zip(news, held, strict=True) if hold is None]
    due, holds = _settled(news, held)
    return Decision(
        alert=_alert(due, lead, told, past, flight=after, role=role, now=now) if due else None,
        look_again=min((hold.look_again for _, hold in holds if hold.look_again), default=None),
        moment=min((hold.until for _, hold in holds if hold.until), default=None),
        held=tuple((kind, hold.why) for kind, hold in holds),
    )


def _settled(news: Sequence[Change], held: Sequence[Hold | None]) -> tuple[list[Change], list[tuple[ChangeKind, Hold]]]:
    """What is told now, and what waits and why; nothing is told whose words would say what is not sure yet."""
    if None in held:
        held = [None if hold and hold.joins else hold for hold in held]
    due = [change for change, hold in zip(news, held, strict=True) if hold is None]
    holds = [(change.kind, hold) for change, hold in zip(news, held, strict=True) if hold]
    return ([] if any(hold.look_again == CONFIRM_BIG for _, hold in holds) else due), holds


def ear_of(role: Role, flight: Flight, delay: timedelta = DELAY) -> Ear:
    """What of the flight's times this role follows now."""
    end, least = EARS[role][further(progress(flight), Phase.OUT)]
    return Ear(end=end, delay=max(delay, least), least=least)


def _concerns(change: Change, role: Role, told: Told, flight: Flight) -> bool:
    """Whether this role hears of it."""
    if change.kind is K.ARRIVAL_GATE and role is Role.TRAVELER:
        return further(progress(flight), Phase.OFF)
    if change.kind in (K.LANDED, K.ARRIVED):
        return _is_more_than_they_see(change, role, told, flight)
    if change.kind is K.DEPARTED and _is_left_behind(told, flight):
        return True
    return role in RULES[change.kind][1]


def _is_left_behind(told: Told, flight: Flight) -> bool:
    """Whether who goes by our last word is not on board: it left sooner than they were told."""
    left = flight.departure.actual or flight.off.actual
    return left is not None and told.departure is not None and told.departure - left >= STEP_NEAR


def _is_more_than_they_see(change: Change, role: Role, told: Told, flight: Flight) -> bool:
    """Who is on board knows that it is down, and who was told needs no second "it is there": a place must be new."""
    where = (flight.gate_destination, flight.terminal_destination, flight.baggage_claim)
    known = (told.gate_destination, told.terminal_destination, told.baggage_claim)
    new_place = any(place and place != said for place, said in zip(where, known, strict=True))
    if change.kind is K.ARRIVED and told.phase is Phase.ON:
        return role is Role.MEETER and new_place
    return role is not Role.TRAVELER or new_place or flight.diverted or bool(told.stale)


def _alert(
    due: Sequence[Change],
    lead: Sequence[Change],
    told: Told,
    past: Sequence[PastText],
    *,
    flight: Flight,
    role: Role,
    now: datetime,
) -> Alert:
    """`lead` is why it is told now; what else is due goes with that, and makes it no more urgent."""
    return Alert(
        flight=flight,
        told=told,
        changes=tuple(due),
        role=role,
        priority=min(priority(change, flight, now) for change in lead),
        expires_at=now + max(RULES[change.kind][2] for change in due),
        gate_flaps=flaps(flight, past, now),
    )


def priority(change: Change, flight: Flight, now: datetime) -> Priority:
    """The table's priority; P0 is also a gate change near departure, and whatever happens sooner than was told: who
    acts on our last text misses the flight, or lets somebody wait.
    """
    leaves = flight.departure.best
    if change.kind in SOONER_THAN_TOLD and change.moved <= -(STEP_NEAR if change.end is End.DEPARTURE else BIG_MOVE):
        return Priority.P0
    if change.kind in (K.GATE_CHANGE, K.TERMINAL_CHANGE) and leaves and leaves - now <= CRITICAL_GATE:
        return Priority.P0
    return RULES[change.kind][0]


def _muted(until: datetime | None, now: datetime, *, urgent: bool) -> Hold | None:
    return Hold(why="muted", until=until) if until and now < until and not urgent else None
