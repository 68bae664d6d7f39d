"""Who wants to hear of which flight, in what role, and the states a subscription passes through."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from flait.core.messages import Channel
from flait.core.pauses import Pauses


class Role(StrEnum):
    """Why a person follows a flight: it decides what is worth a text."""

    TRAVELER = "traveler"
    MEETER = "meeter"
    WATCHER = "watcher"


class ClockFace(StrEnum):
    """How a person reads the time."""

    H24 = "24h"
    H12 = "12h"


class AddedBy(StrEnum):
    """How a person came here: by the operator's hand, or by accepting somebody's invitation."""

    OPERATOR = "operator"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person with a telephone. `phone` is E.164 as dialled; `consent` says how and when they agreed to be texted.

    `muted_until`: what is not urgent waits until then.
    """

    id: int = 0
    name: str
    phone: str
    timezone: str | None = None
    channel: Channel = Channel.SMS
    role: Role = Role.TRAVELER
    clock: ClockFace = ClockFace.H24
    consent: str = ""
    created_at: datetime
    opted_out_at: datetime | None = None
    muted_until: datetime | None = None
    added_by: AddedBy = AddedBy.OPERATOR

    @property
    def called(self) -> str:
        """What they are called; '' for whom only the number is known."""
        return self.name if self.name != self.phone else ""


class SubscriptionState(StrEnum):
    """Where a subscription stands."""

    PENDING = "pending"  # saved; the flight is not yet pinned
    ACTIVE = "active"
    ENDED = "ended"
    CANCELED = "canceled"  # by the person
    FAILED = "failed"


S = SubscriptionState
TRANSITIONS: dict[SubscriptionState, frozenset[SubscriptionState]] = {
    S.PENDING: frozenset({S.PENDING, S.ACTIVE, S.CANCELED, S.FAILED}),
    S.ACTIVE: frozenset({S.ENDED, S.CANCELED}),
    S.ENDED: frozenset(),
    S.CANCELED: frozenset(),
    S.FAILED: frozenset(),
}

LIVE = frozenset({S.PENDING, S.ACTIVE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One person following one flight.

    `ident` is what they typed, tidied; `wish` the date as written ('' = the next departure) on the calendar of
    `asked_at`; `departure_date` is known once the leg is; `origin` and `destination` are the IATA codes asked for
    or found, `leaves_at` the scheduled time of departure at the origin, `HH:MM`.
    `muted_until`: what is not urgent about this flight waits until then.
    """

    id: int = 0
    user_id: int
    ident: str
    wish: str = ""
    departure_date: date | None = None
    origin: str | None = None
    destination: str | None = None
    leaves_at: str | None = None
    role: Role = Role.TRAVELER
    channel: Channel = Channel.SMS
    state: SubscriptionState = SubscriptionState.PENDING
    reason: str = ""
    flight_id: int | None = None
    asked_at: datetime
    next_attempt_at: datetime | None = None
    attempts: int = 0
    muted_until: datetime | None = None


RETRIES = Pauses(timedelta(minutes=1), timedelta(hours=1))


def next_resolution(attempts: int, now: datetime) -> datetime:
    """When to look a pending flight up again after a fault outside: 1, 2, 4 … 60 minutes."""
    return now + RETRIES.after(attempts)
