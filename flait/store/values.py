"""What the store hands out beside core's own types. Shapes alone: rows.py makes them from rows."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from flait.core.flights import Flight, Phase, ScheduledFlight
from flait.core.inbound import Inbound
from flait.core.messages import UNTOLD, Message, MessageKind, MessageStatus
from flait.core.subscriptions import Role, Subscription, User

UNTAKEN = timedelta(minutes=5)  # a look that has been due for so long is not taken


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedFlight:
    """A flight somebody follows, as last known, and when to ask again. Counts say how the asking went.

    `previous` is the flight as of the look before the last: what both show is sure. None: there was no such look.
    """

    id: int
    fa_flight_id: str
    flight: Flight
    previous: Flight | None = field(default=None, compare=False)
    polls: int = 0  # answers that showed the flight
    misses: int = 0  # empty answers in a row
    failures: int = 0  # faults in a row
    next_poll_at: datetime | None = None
    last_polled_at: datetime | None = None
    closed_at: datetime | None = None
    claimed_by: str | None = None
    created_at: datetime | None = field(default=None, compare=False)

    @property
    def seen_at(self) -> datetime | None:
        """When AeroAPI last showed it: at a poll, or before the first one when somebody asked for it."""
        return self.last_polled_at or self.created_at

    def is_unanswered(self, now: datetime) -> bool:
        """Whether a look was due since, and brought no word: it came to nothing, or nobody took it."""
        missed = self.next_poll_at is not None and now - self.next_poll_at >= UNTAKEN
        return self.closed_at is None and (self.failures > 0 or self.misses > 0 or missed)


class WatchReason(Struct, frozen=True, kw_only=True):
    """Why a flight is watched: a subscription follows it, or the flight `for_flight_id` waits for it."""

    flight_id: int
    reason: str
    subscription_id: int | None = None
    for_flight_id: int | None = None


class FlightView(Struct, frozen=True, kw_only=True):
    """A tracked flight and how many people follow it."""

    tracked: TrackedFlight
    subscribers: int


class Subscriber(Struct, frozen=True, kw_only=True):
    """A subscription and its person."""

    subscription: Subscription
    user: User


class PlannedFlight(Struct, frozen=True, kw_only=True):
    """A saved flight's place in the timetable: as it was saved, as it was last `seen`, and when to look again.

    `leaves_at` is when it leaves by that. `misses` are looks in a row that did not show it, `failures` faults in a row.
    `days` are those by which the next look was planned; None: it is to be planned. Saved by an earlier Flait, it has no
    `plan` before a look.
    """

    subscription_id: int
    number: str
    leaves_at: datetime
    plan: ScheduledFlight | None = None
    seen: ScheduledFlight | None = None
    misses: int = 0
    failures: int = 0
    days: str | None = None
    looked_at: datetime
    next_check_at: datetime | None = None
    next_word_at: datetime | None = None


class SubscriptionView(Struct, frozen=True, kw_only=True):
    """A subscription with its person and, once pinned, its flight."""

    subscription: Subscription
    user: User
    fa_flight_id: str | None
    flight: Flight | None


class LoggedFacts(Struct, frozen=True, kw_only=True):
    """What Flait itself made of one answer: kept for the flight log when FlightAware's text is gone."""

    phase: Phase
    departs_at: datetime | None = None
    departure_late: timedelta = timedelta()
    arrives_at: datetime | None = None
    arrival_late: timedelta = timedelta()
    terminal_origin: str | None = None
    gate_origin: str | None = None
    terminal_destination: str | None = None
    gate_destination: str | None = None
    baggage_claim: str | None = None
    diverted_to: str | None = None


class Sighting(Struct, frozen=True, kw_only=True):
    """A poll that changed something."""

    flight_id: int
    poll: int
    seen_at: datetime
    facts: LoggedFacts


class MessageView(Struct, frozen=True, kw_only=True):
    """A text with its person's name and its flight's ident, where they still exist.

    `number` is what people call the flight, or the one asked for while it is not pinned.
    """

    message: Message
    user: str | None
    flight: str | None
    number: str | None
    ended_at: datetime | None  # when it ended without reaching Twilio


class Doubt(Struct, frozen=True, kw_only=True):
    """A text that may have been sent, and how often Twilio's record was read without finding it."""

    message: Message
    looks: int
    looked_at: datetime | None


class Report(Struct, frozen=True, kw_only=True):
    """What Twilio said about one text, in its own word for the status."""

    sid: str
    status: str
    error_code: int | None
    received_at: datetime


class Reported(Struct, frozen=True, kw_only=True):
    """A text as a report left it, and where it was before; no `news` when that report had come already."""

    message: Message
    was: MessageStatus
    news: bool


class Heard(Struct, frozen=True, kw_only=True):
    """A text from a person: when it came, how often its answer was begun, and in a word what the answer was."""

    inbound: Inbound
    received_at: datetime
    tries: int = 0
    answered_at: datetime | None = None
    answer: str | None = None


class ConsentChange(Struct, frozen=True, kw_only=True):
    """A number was opted out or in: when, and how we know."""

    at: datetime
    change: str
    how: str


class ConsentKind(StrEnum):
    """What a text decided about whom may be texted."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    JOIN = "join"


class InvitationState(StrEnum):
    """Where an invitation stands."""

    OPEN = "open"
    JOINED = "joined"
    DECLINED = "declined"


class Invitation(Struct, frozen=True, kw_only=True):
    """One person asks a number to follow a flight too: nothing is sent there before it says JOIN."""

    id: int = 0
    inviter_id: int
    phone: str
    subscription_id: int
    flight_id: int | None = None
    role: Role = Role.WATCHER
    state: InvitationState = InvitationState.OPEN
    created_at: datetime
    expires_at: datetime


class PushState(StrEnum):
    """Where an alert at FlightAware stands."""

    WANTED = "wanted"  # to be created there
    ACTIVE = "active"
    UNCLEAR = "unclear"  # may have been created: FlightAware's own list decides
    ENDED = "ended"  # deleted there, or never made


class PushAlert(Struct, frozen=True, kw_only=True):
    """An alert at FlightAware for one flight; `alert_id` is theirs, `token` what their call must show."""

    id: int
    flight_id: int | None
    token: str
    alert_id: str | None = None
    state: PushState = PushState.WANTED
    attempts: int = 0
    created_at: datetime
    changed_at: datetime


class TellRow(Struct, frozen=True, kw_only=True):
    """What one text states, whatever became of it. `priority` is an alert's name for it, like `P0`."""

    message_id: int
    at: datetime
    kind: MessageKind
    tells: dict[str, str | bool]
    status: MessageStatus
    error_code: int | None = None
    error: str | None = None
    priority: str | None = None

    @property
    def is_said(self) -> bool:
        """Whether it counts as said: what expired, was withheld or failed told nothing."""
        return self.status not in UNTOLD


class Step(Struct, frozen=True, kw_only=True):
    """One line of the journal: what was done about which subjects, and how it went."""

    at: datetime
    step: str
    outcome: str
    detail: str = ""
    subscription_id: int | None = None
    flight_id: int | None = None
    message_id: int | None = None
    attempt: int | None = None
    duration_ms: int | None = None


class WantedPlane(Struct, frozen=True, kw_only=True):
    """The flight before that one, by FlightAware's id; `inbound_id` is our own for it, once it was found."""

    flight_id: int
    fa_flight_id: str
    inbound_id: int | None = None
    attempts: int = 0


class UsageRow(Struct, frozen=True, kw_only=True):
    """AeroAPI's result sets and price for one operation and flight within a month; `flight` None is no flight's."""

    operation: str
    flight: str | None
    result_sets: int
    micro_usd: int


class Reckoning(Struct, frozen=True, kw_only=True):
    """What FlightAware counted of a month when it was asked, and Flait by then: micro-dollars. None: it tells none."""

    month: str
    theirs: int | None
    ours: int
    asked_at: datetime


class SmsRow(Struct, frozen=True, kw_only=True):
    """Texts and segments of one person within a month; `user` None is everybody since removed."""

    user: str | None
    messages: int
    segments: int


class Heartbeat(Struct, frozen=True, kw_only=True):
    """Which daemon ran last, and when it was last alive."""

    boot: str
    pid: int
    started_at: datetime
    last_tick_at: datetime


class Provider(Struct, frozen=True, kw_only=True):
    """How an outside party last answered."""

    name: str
    last_success_at: datetime | None = None
    last_error: str | None = None
    last_error_at: datetime | None = None

    @property
    def failing(self) -> bool:
        """Whether its last answer was an error."""
        failed, succeeded = self.last_error_at, self.last_success_at
        return failed is not None and (succeeded is None or failed > succeeded)


class Pruned(Struct, frozen=True, kw_only=True):
    """How many rows of each kind went."""

    sightings: int = 0
    journal: int = 0
    messages: int = 0
    subscriptions: int = 0
    flights: int = 0
    receipts: int = 0  # of texts that stay
    flown: int = 0
