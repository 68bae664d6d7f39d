"""When there is no word of a flight that people act on: that is told once, and when nobody watches it any more.

What one look alone has shown, and none since, is told with it as that.
"""

from datetime import datetime, timedelta

from flait.core.alerts import Alert, priority
from flait.core.changes import MOVES, Change, ChangeKind, unreported
from flait.core.doubts import NO_DOUBTS, Doubts
from flait.core.flights import Flight, Phase, cancelled, progress
from flait.core.holds import BIG_MOVE
from flait.core.polling import finished
from flait.core.priorities import RULES, Priority
from flait.core.subscriptions import Role
from flait.core.told import GIVEN_UP, Told, presumed

K = ChangeKind
NO_WORD = timedelta(minutes=45)  # so old may the last word be while one is waited for, before that is said
AWAITED = timedelta(hours=3)  # before it leaves: from here on people act on every word
NOTHING_TOLD = Told()
CAN_WAIT = frozenset({K.CORRECTED, K.CONN_OK, K.INBOUND_LATE, K.INBOUND_SWAP, K.INBOUND_HERE})  # seen once, for a look


def is_new(doubts: Doubts, told: Told, flight: Flight, now: datetime) -> bool:
    """Whether one look alone showed what matters, however far ahead the flight is, and they were not told that."""
    matters = any(_is_pressing(change, flight, now) for change in doubts.once)
    return matters and doubts.once[0].kind not in (told.once or "").split()


def _is_pressing(change: Change, flight: Flight, now: datetime) -> bool:
    small = change.kind in MOVES and abs(change.moved) < BIG_MOVE and priority(change, flight, now) > Priority.P0
    return change.kind not in CAN_WAIT and not small


def silence(
    told: Told,
    *,
    role: Role,
    flight: Flight,
    seen_at: datetime,
    now: datetime,
    doubts: Doubts = NO_DOUBTS,
    ends: bool = True,
) -> Alert | None:
    """The one text that there has been no word since `seen_at`, while somebody acts on the last; else None.

    Once more where a look between showed something, and no second came. And the last, where the watch `ends`: that the
    end of the flight was never reported.
    """
    one_look_alone = cancelled(flight) and not told.cancelled
    over = ends and (unreported(flight, now) == GIVEN_UP or (one_look_alone and finished(flight, now)))
    if told.stale == GIVEN_UP or now - seen_at < NO_WORD:
        return None
    is_due = is_new(doubts, told, flight, now) or (not told.stale and is_awaited(flight, now, told, role))
    if not over and not is_due:
        return None
    return Alert(
        flight=flight,
        told=presumed(told, flight),
        changes=(Change(kind=K.STALE, facts=("stale",), threshold=timedelta() if over else NO_WORD), *doubts.beside),
        role=role,
        priority=min([Priority.P1, *(priority(change, flight, now) for change in (*doubts.once, *doubts.beside))]),
        expires_at=now + RULES[K.STALE][2],
        since=None if over else seen_at,
        once=doubts.once,
        onward=doubts.onward,
        plane=doubts.plane,
    )


def is_awaited(flight: Flight, now: datetime, told: Told = NOTHING_TOLD, role: Role = Role.TRAVELER) -> bool:
    """Whether people act on every word of it now: it is about to leave, by what was seen or told, or on its way."""
    reached, leaves = progress(flight), _leaves(flight, told, role)
    if reached in (Phase.ON, Phase.IN):
        return False
    return reached is not Phase.SCHEDULED or (leaves is not None and leaves - now <= AWAITED)


def _leaves(flight: Flight, told: Told, role: Role) -> datetime | None:
    """When it leaves, by what was seen or what they were told, whichever is sooner; meeters are told when it comes."""
    leaves = flight.departure.best
    known, seen = (told.arrival, flight.arrival.best) if role is Role.MEETER else (told.departure, leaves)
    if leaves is None or known is None or seen is None:
        return leaves or told.departure
    return leaves + min(known - seen, timedelta())


def without_word(
    flight: Flight,
    now: datetime,
    *,
    seen_at: datetime,
    unanswered: bool,
    told: Told = NOTHING_TOLD,
    role: Role = Role.TRAVELER,
) -> bool:
    """Whether what is known of it is too old for who acts on it: a look was `unanswered`. No list calls it on time."""
    return unanswered and now - seen_at >= NO_WORD and is_awaited(flight, now, told, role)
