"""Who wants to hear of which flight, in what role, and the states a subscription passes through."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from flait.core.messages import Channel
from flait.core.pauses import Pauses
from flait.core.preferences import NO_PREFERENCES, Preferences
from flait.core.values import replace


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


class Address(Struct, frozen=True, kw_only=True):
    """A way by which a person can be reached. `value` is what the channel calls them: E.164 for SMS and WhatsApp.

    `consent` is how they agreed to it, '' where nobody noted it; `agreed_at` is when.
    """

    channel: Channel
    value: str
    consent: str = ""
    agreed_at: datetime | None = None

    @property
    def note(self) -> str:
        """`added at the command line, 2026-06-14`."""
        return f"{self.consent}, {self.agreed_at:%Y-%m-%d}" if self.agreed_at else self.consent


class User(Struct, frozen=True, kw_only=True):
    """A person with a telephone. `phone` is E.164 as dialled: it is by that that they are known, and say STOP.

    `channel` is the one of their `addresses` that texts go to. `muted_until`: what is not urgent waits until then.
    """

    id: int = 0
    name: str
    phone: str
    timezone: str | None = None
    channel: Channel = Channel.SMS
    role: Role = Role.TRAVELER
    clock: ClockFace = ClockFace.H24
    addresses: tuple[Address, ...] = ()
    created_at: datetime
    opted_out_at: datetime | None = None
    muted_until: datetime | None = None
    added_by: AddedBy = AddedBy.OPERATOR
    preferences: Preferences = NO_PREFERENCES

    @property
    def called(self) -> str:
        """What they are called; '' for whom only the number is known."""
        return self.name if self.name != self.phone else ""

    @property
    def consent(self) -> str:
        """What they agreed to: `added at the command line, 2026-06-14; whatsapp: JOIN by text, 2026-06-15`."""
        notes = [(each.channel, each.note) for each in self.addresses if each.consent]
        return "; ".join(
            note if channel is Channel.SMS and not number else f"{channel}: {note}"
            for number, (channel, note) in enumerate(notes)
        )

    def agreed(self, channel: Channel) -> bool:
        """Whether they agreed to be written to by that channel."""
        return any(each.channel is channel and each.consent for each in self.addresses)

    def reached_at(self, channel: Channel) -> str:
        """What that channel calls them; the phone where nothing else is known."""
        return next((each.value for each in self.addresses if each.channel is channel), self.phone)


def agreeing(user: User, channel: Channel, consent: str, at: datetime | None = None) -> User:
    """The person with one more channel agreed to; as they were where they had agreed to it already."""
    if user.agreed(channel) or not consent:
        return user
    others = tuple(each for each in user.addresses if each.channel is not channel)
    agreed = Address(channel=channel, value=user.reached_at(channel), consent=consent, agreed_at=at)
    return replace(user, addresses=(*others, agreed))


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


class Subscription(Struct, frozen=True, kw_only=True):
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


RETRIES = Pauses(timedelta(minutes=1), timedelta(minutes=15))


def next_resolution(attempts: int, now: datetime) -> datetime:
    """When to look a pending flight up again after a fault outside: 1, 2, 4, 8, then every 15 minutes."""
    return now + RETRIES.after(attempts)
