"""When there is no word of a flight that people act on: that is told once, and when nobody watches it any more."""

from datetime import datetime, timedelta

from flait.core.alerts import Alert
from flait.core.changes import Change, ChangeKind, unreported
from flait.core.flights import Flight, Phase, cancelled, progress
from flait.core.polling import finished
from flait.core.priorities import RULES, Priority
from flait.core.subscriptions import Role
from flait.core.told import GIVEN_UP, Told, presumed

K = ChangeKind
NO_WORD = timedelta(minutes=45)  # so old may the last word be while one is waited for, before that is said
AWAITED = timedelta(hours=3)  # before it leaves: from here on people act on every word


def silence(told: Told, *, role: Role, flight: Flight, seen_at: datetime, now: datetime) -> Alert | None:
    """The one text that there has been no word since `seen_at`, while somebody acts on the last; else None.

    And the last, that its end was never reported.
    """
    one_look_alone = cancelled(flight) and not told.cancelled
    over = unreported(flight, now) == GIVEN_UP or (one_look_alone and finished(flight, now))
    if told.stale == GIVEN_UP or now - seen_at < NO_WORD:
        return None
    if not over and (told.stale or not is_awaited(flight, now)):
        return None
    return Alert(
        flight=flight,
        told=presumed(told, flight),
        changes=(Change(kind=K.STALE, facts=("stale",), threshold=timedelta() if over else NO_WORD),),
        role=role,
        priority=Priority.P1,
        expires_at=now + RULES[K.STALE][2],
        since=None if over else seen_at,
    )


def is_awaited(flight: Flight, now: datetime) -> bool:
    """Whether people act on every word of it now: it is about to leave, or on its way."""
    reached, leaves = progress(flight), flight.departure.best
    if reached in (Phase.ON, Phase.IN):
        return False
    return reached is not Phase.SCHEDULED or (leaves is not None and leaves - now <= AWAITED)
