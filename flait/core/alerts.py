"""Which changes become a text, for whom, and when. The noise rules are tables; every one of them is here.

Nothing is sent twice because nothing is compared with the last poll: a change that is held (unconfirmed, cooling
down, over the cap) is simply still a change at the next look, against what the person was last told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from flait.core.changes import (
    DELAY,
    GATES,
    LATER,
    MOVES,
    NEAR,
    SOONER,
    STEP_NEAR,
    Change,
    ChangeKind,
    Ear,
    End,
    changes,
)
from flait.core.flights import Flight, Phase, progress
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
BIG_MOVE = timedelta(minutes=30)
CONFIRM_BIG = timedelta(seconds=60)  # cancel, divert, a big move: read a second time before anyone is told
CONFIRM_SMALL = timedelta(minutes=5)  # many small moves are temporary: let them settle
CONFIRMED_KINDS = MOVES | {
    K.CANCELLED, K.REINSTATED, K.DIVERTED, K.UNDIVERTED, K.REROUTED, K.ONWARD, K.RETURNED, K.CORRECTED,
}  # fmt: skip

COOLDOWN = (  # after a text about one of these, the next about them waits; P0 does not
    (GATES, timedelta(minutes=10)),
    (MOVES, timedelta(minutes=15)),
)
FLAPPING = timedelta(minutes=30)  # a gate told before, given up and back within this is still changing
CAPS = (
    # so many texts within that span about one flight to one person → the next that is not P0 so long after the last
    (timedelta(hours=1), 4, timedelta(hours=1)),  # P0 counted too
    (timedelta(days=1), 12, timedelta(hours=2)),  # P0 not counted: gates that flap must not hide a delay
)
RETRIES = (timedelta(), timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1))
"""So long after the last of so many texts in a row that were lost, whatever they said, the next may go: a number that
cannot be texted is not billed at every poll, and news that is true is never given up."""
TURNS_AWAY = frozenset({K.DIVERTED, K.UNDIVERTED, K.REROUTED})
SOONER_THAN_TOLD = SOONER | {K.SCHEDULE_CHANGE}  # of these, those that are P0
URGENT = frozenset({K.CANCELLED, K.REINSTATED, K.GATE_CHANGE, K.TERMINAL_CHANGE}) | TURNS_AWAY | SOONER_THAN_TOLD
TURNS = (
    # P0 that keeps turning round: after so many texts about these within a day the next waits for the first of RESTS
    # since the last, after twice as many for the second …
    (frozenset({K.CANCELLED, K.REINSTATED}), 3),
    (TURNS_AWAY, 3),
    (SOONER_THAN_TOLD, 3),
    (GATES, 4),
    (URGENT, 6),
)
RESTS = (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))
TURNS_WITHIN = timedelta(days=1)


class Reach(StrEnum):
    """How far a text came."""

    UNDER_WAY = "under way"  # or given to Twilio, and nothing is reported
    ARRIVED = "arrived"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastText:
    """A text this person had about this flight: when, its kind, and the gate it told, if any.

    One that was lost has told nothing, and yet was sent: it counts towards the caps. `urgent`: it was P0.
    """

    at: datetime
    kind: str
    gate_origin: str | None = None
    reach: Reach = Reach.UNDER_WAY
    urgent: bool = False

    @property
    def told(self) -> bool:
        """Whether it counts as said."""
        return self.reach is not Reach.LOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What one poll means for one person: one text, led by the first change. `since`: no word since that moment."""

    flight: Flight
    told: Told
    changes: tuple[Change, ...]
    role: Role
    priority: Priority
    expires_at: datetime
    gate_flaps: bool = False
    since: datetime | None = None


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
class _Hold:  # `joins`: it goes with a text that is sent anyway
    why: str
    look_again: timedelta | None = None
    joins: bool = False


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

    While something big is read a second time, a minute's wait, other news waits with it: one text, not two.
    A `muted` person is told only P0; the rest stays untold, and so is news when the mute is over, if still true.
    """
    told, ear = presumed(told, before), ear_of(role, after, delay)
    past = [text for text in past if text.at <= now]  # others were written by a clock that was ahead
    news = [change for change in changes(told, after, ear=ear, now=now) if _concerns(change, role, told, after)]
    seen_twice = changes(told, before, ear=ear, now=now) if news else ()  # most polls show none
    held = [
        _muted(change, after, now, muted=muted) or _held(change, past, seen_twice, flight=after, now=now)
        for change in news
    ]
    lead = [change for change, hold in zip(news, held, strict=True) if hold is None]
    if lead:
        held = [None if hold and hold.joins else hold for hold in held]
    due = [change for change, hold in zip(news, held, strict=True) if hold is None]
    holds = [(change.kind, hold) for change, hold in zip(news, held, strict=True) if hold]
    if any(hold.look_again == CONFIRM_BIG for _, hold in holds):
        due = []  # its words would say what is not sure yet
    look_again = min((hold.look_again for _, hold in holds if hold.look_again), default=None)
    return Decision(
        alert=_alert(due, lead, told, past, flight=after, role=role, now=now) if due else None,
        look_again=look_again,
        held=tuple((kind, hold.why) for kind, hold in holds),
    )


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
        gate_flaps=_flaps(flight, past, now),
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
        out_of_reach(past, now)
        or _too_early(change, flight, now)
        or _unconfirmed(change, seen_twice, flight)
        or _cooling(change, past, flight=flight, now=now)
        or _turning(change, past, flight=flight, now=now)
        or _capped(change, past, flight=flight, now=now)
    )


def out_of_reach(past: Sequence[PastText], now: datetime) -> _Hold | None:
    """The rest after texts that were lost, and none arrived since."""
    lost = 0
    for text in past:
        lost = 0 if text.reach is Reach.ARRIVED else lost + (text.reach is Reach.LOST)
    if not lost:
        return None
    left = RETRIES[min(lost, len(RETRIES)) - 1] - (now - max(text.at for text in past))
    return _Hold(why=f"{lost} texts in a row were lost", look_again=left) if left > timedelta() else None


def _too_early(change: Change, flight: Flight, now: datetime) -> _Hold | None:
    """A gate far ahead of departure joins the next text; it is told by itself from three hours before."""
    leaves = flight.departure.best
    if change.kind in GATES and leaves and leaves - now > NEAR:
        return _Hold(why="gate news is told from 3 h before departure")
    return None


def _unconfirmed(change: Change, seen_twice: Sequence[Change], flight: Flight) -> _Hold | None:
    """Moves, cancellations, diversions and their like are told when two polls in a row agree.

    A landing without a reported take-off is one too.
    """
    out_of_nothing = change.kind in (K.LANDED, K.ARRIVED) and flight.off.actual is None
    if (change.kind not in CONFIRMED_KINDS and not out_of_nothing) or any(_agrees(change, seen) for seen in seen_twice):
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
    return _Hold(why=why, look_again=left, joins=True) if left > timedelta() else None


def _capped(change: Change, past: Sequence[PastText], *, flight: Flight, now: datetime) -> _Hold | None:
    """Over the cap, changes wait for a rest and become one text with the facts of then: that is the summary."""
    if priority(change, flight, now) is Priority.P0:
        return None
    alerts = [text for text in past if text.kind in _ALERT_KINDS]
    lesser = [text for text in alerts if not text.urgent]
    for (span, most, rest), counted in zip(CAPS, (alerts, lesser), strict=True):
        recent = [text.at for text in counted if now - text.at < span]
        if len(recent) >= most and now - max(recent) < rest:
            return _Hold(why=f"{most} texts within {span} already")
    return None


_ALERT_KINDS = frozenset(kind.value for kind in ChangeKind)


def _flaps(flight: Flight, past: Sequence[PastText], now: datetime) -> bool:
    """Back at a gate that was told before and given up for another less than half an hour ago."""
    gates = [(text.gate_origin, text.at) for text in past if text.told and text.gate_origin]
    if not gates or gates[-1][0] == flight.gate_origin or now - gates[-1][1] >= FLAPPING:
        return False
    return flight.gate_origin in {gate for gate, _ in gates[:-1]}
