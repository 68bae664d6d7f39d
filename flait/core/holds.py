"""Why news waits: the noise rules, as tables. Each rule gives a hold, or None: it may be told now.

News waits for a look that confirms it, or for a moment: no look is bought for what waits for time alone. Nothing that
is held is lost: it is compared with what the person was told, and so is still a change when it is decided anew.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from flait.core.changes import GATES, LATER, MOVES, NEAR, SOONER, Change, ChangeKind
from flait.core.flights import Flight

K = ChangeKind
BIG_MOVE = timedelta(minutes=30)
CONFIRM_BIG = timedelta(seconds=60)  # cancel, divert, a big move: read a second time before anyone is told
CONFIRM_SMALL = timedelta(minutes=5)  # many small moves are temporary: let them settle
CONFIRMED_KINDS = MOVES | {
    K.CANCELLED, K.REINSTATED, K.DIVERTED, K.UNDIVERTED, K.REROUTED, K.ONWARD, K.RETURNED, K.CORRECTED,
    K.CONN_MISSED, K.CONN_TIGHT, K.CONN_OK,
}  # fmt: skip

CONNECTIONS = frozenset({K.CONN_MISSED, K.CONN_TIGHT})  # both are worse than it was
PLANES = frozenset({K.INBOUND_LATE, K.INBOUND_SWAP, K.INBOUND_HERE})

COOLDOWN = (  # after a text about one of these, the next about them waits; P0 does not
    (GATES, timedelta(minutes=10)),
    (MOVES, timedelta(minutes=15)),
    (CONNECTIONS | {K.CONN_OK}, timedelta(minutes=20)),
    (frozenset({K.INBOUND_LATE}), timedelta(minutes=30)),
)
AGAIN = {K.INBOUND_LATE: MOVES | {K.REINSTATED}}  # after a text about those that rest is over: it stands alone
FLAPPING = timedelta(minutes=30)  # a gate told before, given up and back within this is still changing
CAPS = (
    # so many texts within that span about one flight to one person → the next that is not P0 so long after the last
    (timedelta(hours=1), 4, timedelta(hours=1)),  # P0 counted too
    (timedelta(days=1), 12, timedelta(hours=2)),  # P0 not counted: gates that flap must not hide a delay
)
AFTER_LOSSES = (timedelta(), timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1))
"""So long after the last of so many texts in a row that were lost, whatever they said, the next may go: a number that
cannot be texted is not billed at every poll, and news that is true is never given up."""
TURNS_AWAY = frozenset({K.DIVERTED, K.UNDIVERTED, K.REROUTED})
SOONER_THAN_TOLD = SOONER | {K.SCHEDULE_CHANGE}  # of these, those that are P0
P0_KINDS = (
    frozenset({K.CANCELLED, K.REINSTATED, K.CONN_MISSED, K.GATE_CHANGE, K.TERMINAL_CHANGE})
    | TURNS_AWAY
    | SOONER_THAN_TOLD
)
TURNS = (
    # P0 that keeps turning round: after so many texts about these within a day the next waits for the first of
    # AFTER_TURNS since the last, after twice as many for the second …
    (frozenset({K.CANCELLED, K.REINSTATED}), 3),
    (TURNS_AWAY, 3),
    (SOONER_THAN_TOLD, 3),
    (frozenset({K.CONN_MISSED}), 2),
    (GATES, 4),
    (P0_KINDS, 6),
)
AFTER_TURNS = (timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))
TURNS_WITHIN = timedelta(days=1)


class Reach(StrEnum):
    """How far a text came."""

    UNDER_WAY = "under way"  # or given to Twilio, and nothing is reported
    ARRIVED = "arrived"
    LOST = "lost"


class PastText(Struct, frozen=True, kw_only=True):
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


class Hold(Struct, frozen=True, kw_only=True):
    """Why news waits: for another look within `look_again`, or for time alone, `until` then.

    `joins`: it goes with a text that is sent anyway. `once`: one look alone showed it.
    """

    why: str
    look_again: timedelta | None = None
    until: datetime | None = None
    joins: bool = False
    once: bool = False


def hold_of(
    change: Change,
    past: Sequence[PastText],
    seen_twice: Sequence[Change],
    *,
    flight: Flight,
    now: datetime,
    urgent: bool,
) -> Hold | None:
    """Why this change waits, or None when it is due. The rules are tried in order. `urgent`: it is P0."""
    return (
        out_of_reach(past, now)
        or _too_early(change, flight, now)
        or _unconfirmed(change, seen_twice, flight)
        or _cooling(change, past, now, urgent=urgent and not (change.kind in GATES and flaps(flight, past, now)))
        or (_turning(change, past, now) if urgent else _capped(past, now))
    )


def out_of_reach(past: Sequence[PastText], now: datetime) -> Hold | None:
    """The rest after texts that were lost, and none arrived since."""
    lost = 0
    for text in past:
        lost = 0 if text.reach is Reach.ARRIVED else lost + (text.reach is Reach.LOST)
    if not lost:
        return None
    until = max(text.at for text in past) + AFTER_LOSSES[min(lost, len(AFTER_LOSSES)) - 1]
    return Hold(why=f"{lost} texts in a row were lost", until=until) if until > now else None


def _too_early(change: Change, flight: Flight, now: datetime) -> Hold | None:
    """A gate far ahead of departure joins the next text; it is told by itself from three hours before."""
    leaves = flight.departure.best
    if change.kind in GATES and leaves and leaves - now > NEAR:
        return Hold(why="gate news is told from 3 h before departure")
    return None


def _unconfirmed(change: Change, seen_twice: Sequence[Change], flight: Flight) -> Hold | None:
    """Moves, cancellations, diversions and their like are told when two polls in a row agree.

    A landing without a reported take-off is held too.
    """
    if change.kind in PLANES and not any(agrees(change, seen) for seen in seen_twice):
        return Hold(why="waits for a second look at its plane to agree", once=True)  # which comes by itself
    out_of_nothing = change.kind in (K.LANDED, K.ARRIVED) and flight.off.actual is None
    if (change.kind not in CONFIRMED_KINDS and not out_of_nothing) or any(agrees(change, seen) for seen in seen_twice):
        return None
    big = change.kind not in MOVES or abs(change.moved) >= BIG_MOVE
    return Hold(why="waits for a second poll to agree", look_again=CONFIRM_BIG if big else CONFIRM_SMALL, once=True)


def awaits_next(change: Change, seen_twice: Sequence[Change], of_next: Sequence[Change]) -> Hold | None:
    """A connection that waits for a second look at the next flight alone: no look at the first makes it surer."""
    if change.kind not in CONNECTIONS | {K.CONN_OK} or any(agrees(change, seen) for seen in seen_twice):
        return None
    waits = any(agrees(change, seen) for seen in of_next)
    return Hold(why="waits for a second look at the next flight to agree", once=True) if waits else None


def agrees(change: Change, seen: Change) -> bool:
    """Whether the look before showed the same."""
    same_way = any(change.kind in way and seen.kind in way for way in (LATER, SOONER))
    same_way |= change.kind is K.CONN_TIGHT and seen.kind in CONNECTIONS
    return change.kind == seen.kind or same_way


def _cooling(change: Change, past: Sequence[PastText], now: datetime, *, urgent: bool) -> Hold | None:
    if urgent:
        return None
    for kinds, rest in COOLDOWN:
        last = max((text.at for text in past if text.told and text.kind in kinds), default=None)
        over = any(text.told and last and text.at > last and text.kind in AGAIN.get(change.kind, ()) for text in past)
        if change.kind in kinds and last and now - last < rest and not over:
            return Hold(why=f"told less than {rest.seconds // 60} min ago", until=last + rest)
    return None


def _turning(change: Change, past: Sequence[PastText], now: datetime) -> Hold | None:
    """P0 is never capped, for the last word must be said; but where it does not stand still, it must for a while."""
    waits = [wait for kinds, most in TURNS if change.kind in kinds and (wait := _turned(kinds, most, past, now))]
    return max(waits, key=lambda hold: hold.until or now, default=None)


def _turned(kinds: frozenset[ChangeKind], most: int, past: Sequence[PastText], now: datetime) -> Hold | None:
    # Urgent news may have come in a text about something else, like a gate with a delay.
    about = [text for text in past if text.kind in kinds or (text.urgent and kinds is P0_KINDS)]
    texts = [text.at for text in about if now - text.at < TURNS_WITHIN]
    if len(texts) < most:
        return None
    rest = AFTER_TURNS[min(len(texts) // most, len(AFTER_TURNS)) - 1]
    until = max(texts) + rest
    why = f"changed {len(texts)} times within a day: told once it has rested {rest.total_seconds() / 60:.0f} min"
    return Hold(why=why, until=until, joins=True) if until > now else None


def _capped(past: Sequence[PastText], now: datetime) -> Hold | None:
    """Over the cap, changes wait for a rest and become one text with the facts of then: that is the summary."""
    alerts = [text for text in past if text.kind in _ALERT_KINDS]
    lesser = [text for text in alerts if not text.urgent]
    for (span, most, rest), counted in zip(CAPS, (alerts, lesser), strict=True):
        recent = sorted(text.at for text in counted if now - text.at < span)
        if len(recent) >= most and now - recent[-1] < rest:
            return Hold(why=f"{most} texts within {span} already", until=min(recent[-1] + rest, recent[-most] + span))
    return None


_ALERT_KINDS = frozenset(kind.value for kind in ChangeKind)


def flaps(flight: Flight, past: Sequence[PastText], now: datetime) -> bool:
    """Back at a gate that was told before and given up for another less than half an hour ago."""
    gates = [(text.gate_origin, text.at) for text in past if text.told and text.gate_origin]
    if not gates or gates[-1][0] == flight.gate_origin or now - gates[-1][1] >= FLAPPING:
        return False
    return flight.gate_origin in {gate for gate, _ in gates[:-1]}
