"""Which changes become a text, for whom, and when. The noise rules are tables; every one of them is here.

Nothing is sent twice because nothing is compared with the last poll: a change that is held (unconfirmed, cooling
down, over the cap) is simply still a change at the next look, against what the person was last told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from flait.core.changes import (
    DELAY,
    GATES,
    LATER,
    MOVES,
    NEAR,
    PHASES,
    SOONER,
    Change,
    ChangeKind,
    End,
    changes,
)
from flait.core.flights import Flight, Phase
from flait.core.subscriptions import Role
from flait.core.told import Told, presumed

K = ChangeKind


class Priority(IntEnum):
    """P0 changes what the person does now; P3 is nice to know."""

    P0 = 0
    P1 = 1
    P2 = 2
    P3 = 3


ALL = frozenset(Role)
GOES = frozenset({Role.TRAVELER})
MEETS = frozenset({Role.MEETER})
MINDS_TIMES = GOES | MEETS

RULES: Mapping[ChangeKind, tuple[Priority, frozenset[Role], timedelta]] = {
    # kind              priority      who hears it         useful for: later it is worse than none
    K.CANCELLED:       (Priority.P0, ALL,                  timedelta(hours=6)),
    K.REINSTATED:      (Priority.P0, ALL,                  timedelta(hours=3)),
    K.DIVERTED:        (Priority.P0, ALL,                  timedelta(hours=3)),
    K.ARRIVED:         (Priority.P2, ALL,                  timedelta(hours=1)),
    K.LANDED:          (Priority.P2, ALL,                  timedelta(hours=1)),
    K.DEPARTED:        (Priority.P2, ALL - GOES,           timedelta(hours=2)),
    K.EARLIER:         (Priority.P0, MINDS_TIMES,          timedelta(hours=1)),
    K.SCHEDULE_CHANGE: (Priority.P1, MINDS_TIMES,          timedelta(hours=6)),
    K.DELAY_FIRST:     (Priority.P1, MINDS_TIMES,          timedelta(hours=1)),
    K.DELAY_MORE:      (Priority.P1, MINDS_TIMES,          timedelta(hours=1)),
    K.DELAY_LESS:      (Priority.P1, MINDS_TIMES,          timedelta(hours=1)),
    K.ON_TIME:         (Priority.P1, MINDS_TIMES,          timedelta(hours=1)),
    K.GATE_CHANGE:     (Priority.P1, GOES,                 timedelta(minutes=30)),
    K.TERMINAL_CHANGE: (Priority.P1, GOES,                 timedelta(minutes=30)),
    K.GATE_FIRST:      (Priority.P2, GOES,                 timedelta(minutes=30)),
    K.TERMINAL_FIRST:  (Priority.P2, GOES,                 timedelta(minutes=30)),
    K.BELT:            (Priority.P3, MINDS_TIMES,          timedelta(minutes=45)),
}  # fmt: skip

FOLLOWS = {Role.TRAVELER: End.DEPARTURE, Role.MEETER: End.ARRIVAL, Role.WATCHER: End.DEPARTURE}

CRITICAL_GATE = timedelta(minutes=90)  # a gate change this near to departure is P0
BIG_MOVE = timedelta(minutes=30)
CONFIRM_BIG = timedelta(seconds=60)  # cancel, divert, a big move: read a second time before anyone is told
CONFIRM_SMALL = timedelta(minutes=5)  # many small moves are temporary: let them settle
CONFIRMED_KINDS = MOVES | {K.CANCELLED, K.REINSTATED, K.DIVERTED}

COOLDOWN = (  # after a text about one of these, the next about them waits; P0 does not
    (GATES, timedelta(minutes=10)),
    (MOVES, timedelta(minutes=15)),
)
FLAPPING = timedelta(minutes=30)  # a gate told before, given up and back within this is still changing
CAPS = (
    # texts within that span about one flight to one person → no further one that is not P0
    (timedelta(hours=1), 4),  # P0 counted too
    (timedelta(days=1), 12),  # P0 not counted: gates that flap must not hide a delay for a day
)
URGENT = frozenset({K.CANCELLED, K.REINSTATED, K.DIVERTED, K.EARLIER, K.GATE_CHANGE, K.TERMINAL_CHANGE})  # can be P0
TURNS = (
    # P0 that keeps turning round: after so many texts about these within a day the next waits for the first of RESTS
    # since the last, after twice as many for the second …
    (frozenset({K.CANCELLED, K.REINSTATED}), 3),
    (frozenset({K.DIVERTED}), 3),
    (frozenset({K.EARLIER}), 3),
    (GATES, 4),
    (URGENT, 6),
)
RESTS = (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))
TURNS_WITHIN = timedelta(days=1)
STALE_PHASE = timedelta(hours=2)  # took off or landed longer ago than this is no news


@dataclass(frozen=True, slots=True, kw_only=True)
class PastText:
    """A text this person had about this flight: when, its kind, and the gate it told, if any.

    One that never arrived has not `told` anything, and yet was sent: it counts towards the caps. `urgent`: it was P0.
    """

    at: datetime
    kind: str
    gate_origin: str | None = None
    told: bool = True
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What one poll means for one person: one text, led by the first change."""

    flight: Flight
    told: Told
    changes: tuple[Change, ...]
    role: Role
    priority: Priority
    expires_at: datetime
    gate_flaps: bool = False


Held = tuple[tuple[ChangeKind, str], ...]
"""Changes that are true and not told, each with why it waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The alert, if one is due now; and when at the latest to look at the flight again because of what was held.

    `held` is for the journal.
    """

    alert: Alert | None
    look_again: timedelta | None
    held: Held = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hold:
    why: str
    look_again: timedelta | None = None


def decide(
    told: Told,
    past: Sequence[PastText],
    *,
    role: Role,
    before: Flight,
    after: Flight,
    now: datetime,
    delay: timedelta = DELAY,
    muted: bool = False,
) -> Decision:
    """What to tell one person after a poll: `before` is the flight as of the poll before, `after` as of this one.

    While something big is read a second time, a minute's wait, lesser news waits with it: one text, not two.
    To who is `muted` only P0 is told; the rest stays untold, and so is news when the mute is over, if still true.
    """
    end, told = FOLLOWS[role], presumed(told, before)
    past = [text for text in past if text.at <= now]  # others were written by a clock that was ahead
    news = [change for change in changes(told, after, end=end, now=now, delay=delay) if _concerns(change, role, told)]
    seen_twice = changes(told, before, end=end, now=now, delay=delay) if news else ()  # most polls show none
    due: list[Change] = []
    holds: list[tuple[ChangeKind, _Hold]] = []
    for change in news:
        hold = _muted(change, after, now, muted=muted) or _held(change, past, seen_twice, flight=after, now=now)
        if hold:
            holds.append((change.kind, hold))
        else:
            due.append(change)
    if any(hold.look_again == CONFIRM_BIG for _, hold in holds):
        due = [change for change in due if priority(change, after, now) is Priority.P0]
    look_again = min((hold.look_again for _, hold in holds if hold.look_again), default=None)
    return Decision(
        alert=_alert(due, told, past, flight=after, role=role, now=now) if due else None,
        look_again=look_again,
        held=tuple((kind, hold.why) for kind, hold in holds),
    )


def _concerns(change: Change, role: Role, told: Told) -> bool:
    """Whether this role hears of it; those who do not wait at the exit need no second "it is there"."""
    if change.kind is K.ARRIVED and role is not Role.MEETER and told.phase is Phase.ON:
        return False
    return role in RULES[change.kind][1]


def _alert(
    due: Sequence[Change], told: Told, past: Sequence[PastText], *, flight: Flight, role: Role, now: datetime
) -> Alert:
    return Alert(
        flight=flight,
        told=told,
        changes=tuple(due),
        role=role,
        priority=min(priority(change, flight, now) for change in due),
        expires_at=now + max(RULES[change.kind][2] for change in due),
        gate_flaps=_flaps(flight, past, now),
    )


def priority(change: Change, flight: Flight, now: datetime) -> Priority:
    """The table's priority; a gate change near departure is P0."""
    leaves = flight.departure.best
    if change.kind in (K.GATE_CHANGE, K.TERMINAL_CHANGE) and leaves and leaves - now <= CRITICAL_GATE:
        return Priority.P0
    return RULES[change.kind][0]


def _muted(change: Change, flight: Flight, now: datetime, *, muted: bool) -> _Hold | None:
    """No look is hastened for what is not told anyway."""
    if muted and priority(change, flight, now) is not Priority.P0:
        return _Hold(why="muted")
    return None


def _held(
    change: Change, past: Sequence[PastText], seen_twice: Sequence[Change], *, flight: Flight, now: datetime
) -> _Hold | None:
    """Why this change waits, or None when it is due. The rules are tried in order."""
    return (
        _too_early(change, flight, now)
        or _too_old(change, flight, now)
        or _unconfirmed(change, seen_twice)
        or _cooling(change, past, flight=flight, now=now)
        or _turning(change, past, flight=flight, now=now)
        or _capped(change, past, flight=flight, now=now)
    )


def _too_early(change: Change, flight: Flight, now: datetime) -> _Hold | None:
    """A gate far ahead of departure joins the next text; it is told by itself from three hours before."""
    leaves = flight.departure.best
    if change.kind in GATES and leaves and leaves - now > NEAR:
        return _Hold(why="gate news is told from 3 h before departure")
    return None


def _too_old(change: Change, flight: Flight, now: datetime) -> _Hold | None:
    at = {K.DEPARTED: flight.off.actual, K.LANDED: flight.on.actual, K.ARRIVED: flight.in_.actual}.get(change.kind)
    if change.kind in PHASES and at and now - at > STALE_PHASE:
        return _Hold(why="too long ago to be news")
    return None


def _unconfirmed(change: Change, seen_twice: Sequence[Change]) -> _Hold | None:
    """Moves, cancellations and diversions are told when two polls in a row agree."""
    if change.kind not in CONFIRMED_KINDS or any(_agrees(change, seen) for seen in seen_twice):
        return None
    big = change.kind not in MOVES or abs(change.moved) >= BIG_MOVE
    return _Hold(why="waits for a second poll to agree", look_again=CONFIRM_BIG if big else CONFIRM_SMALL)


def _agrees(change: Change, seen: Change) -> bool:
    same_way = any(change.kind in way and seen.kind in way for way in (LATER, SOONER))
    return change.kind == seen.kind or same_way


def _cooling(change: Change, past: Sequence[PastText], *, flight: Flight, now: datetime) -> _Hold | None:
    flaps = change.kind in GATES and _flaps(flight, past, now)
    if priority(change, flight, now) is Priority.P0 and not flaps:
        return None
    for kinds, rest in COOLDOWN:
        last = max((text.at for text in past if text.told and text.kind in kinds), default=None)
        if change.kind in kinds and last and now - last < rest:
            return _Hold(why=f"told less than {rest.seconds // 60} min ago", look_again=rest - (now - last))
    return None


def _turning(change: Change, past: Sequence[PastText], *, flight: Flight, now: datetime) -> _Hold | None:
    """P0 is never capped, for the last word must be said; but where it does not stand still, it must for a while."""
    if priority(change, flight, now) is not Priority.P0:
        return None
    waits = [wait for kinds, most in TURNS if change.kind in kinds and (wait := _turned(kinds, most, past, now))]
    return max(waits, key=lambda hold: hold.look_again or timedelta(), default=None)


def _turned(kinds: frozenset[ChangeKind], most: int, past: Sequence[PastText], now: datetime) -> _Hold | None:
    texts = [text.at for text in past if text.kind in kinds and now - text.at < TURNS_WITHIN]
    if len(texts) < most:
        return None
    rest = RESTS[min(len(texts) // most, len(RESTS)) - 1]
    left = rest - (now - max(texts))
    why = f"changed {len(texts)} times within a day: told once it has rested {rest.total_seconds() / 60:.0f} min"
    return _Hold(why=why, look_again=left) if left > timedelta() else None


def _capped(change: Change, past: Sequence[PastText], *, flight: Flight, now: datetime) -> _Hold | None:
    """Over the cap, changes wait and become one text with the facts of then: that is the summary."""
    if priority(change, flight, now) is Priority.P0:
        return None
    alerts = [text for text in past if text.kind in _ALERT_KINDS]
    lesser = [text for text in alerts if not text.urgent]
    for (span, most), counted in zip(CAPS, (alerts, lesser), strict=True):
        if sum(1 for text in counted if now - text.at < span) >= most:
            return _Hold(why=f"{most} texts within {span} already")
    return None


_ALERT_KINDS = frozenset(kind.value for kind in ChangeKind)


def _flaps(flight: Flight, past: Sequence[PastText], now: datetime) -> bool:
    """Back at a gate that was told before and given up for another less than half an hour ago."""
    gates = [(text.gate_origin, text.at) for text in past if text.told and text.gate_origin]
    if not gates or gates[-1][0] == flight.gate_origin or now - gates[-1][1] >= FLAPPING:
        return False
    return flight.gate_origin in {gate for gate, _ in gates[:-1]}
