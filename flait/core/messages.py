"""Texts on their way: their states in Twilio's words and ours, what they weigh, when to try again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct, field

from flait.core.pauses import Pauses
from flait.core.structure import Structure, plain


class Channel(StrEnum):
    """How a text travels."""

    SMS = "sms"
    WHATSAPP = "whatsapp"


class MessageStatus(StrEnum):
    """Where a text is. Twilio's words, and three of ours: in_doubt, expired, suppressed."""

    QUEUED = "queued"  # in our outbox
    SENDING = "sending"  # claimed: a call to Twilio may be under way
    IN_DOUBT = "in_doubt"  # may have been sent; Twilio's own record decides
    ACCEPTED = "accepted"  # Twilio has it
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"  # given up by the operator
    EXPIRED = "expired"  # too late to be of use
    SUPPRESSED = "suppressed"  # the person said STOP


class MessageKind(StrEnum):
    """Every kind of text: what is news, in the words of `ChangeKind`; what else Flait says; what it answers."""

    CANCELLED = "cancelled"
    REINSTATED = "reinstated"
    ONWARD = "onward"
    DIVERTED = "diverted"
    UNDIVERTED = "undiverted"
    REROUTED = "rerouted"
    ENDS = "ends"
    CONN_MISSED = "conn_missed"
    WITHDRAWN = "withdrawn"
    ARRIVED = "arrived"
    LANDED = "landed"
    DEPARTED = "departed"
    RETURNED = "returned"
    CONN_TIGHT = "conn_tight"
    EARLIER = "earlier"
    SCHEDULE_CHANGE = "sched_change"
    DELAY_MORE = "delay_more"
    DELAY_FIRST = "delay_first"
    DELAY_LESS = "delay_less"
    ON_TIME = "on_time"
    CONN_OK = "conn_ok"
    INBOUND_LATE = "inbound_late"
    INBOUND_SWAP = "inbound_swap"
    INBOUND_HERE = "inbound_here"
    GATE_CHANGE = "gate_change"
    TERMINAL_CHANGE = "terminal_change"
    LEAVE = "leave"
    BOARDING = "boarding"
    MEET = "meet"
    CHECKIN = "checkin"
    GATE_FIRST = "gate_first"
    TERMINAL_FIRST = "terminal_first"
    ARRIVAL_GATE = "arrival_gate"
    BELT = "belt"
    CORRECTED = "corrected"
    TAXIING = "taxiing"
    STALE = "stale"
    FRESH = "fresh"

    TRACKED = "tracked"  # confirms what is followed
    PENDING = "pending"  # confirms what is saved
    MISSING = "missing"  # a saved flight has not shown up
    FAILED = "failed"  # a saved wish is not met
    SHARE = "share"  # the person's part of the month's look-ups is used up
    NOTICE = "notice"  # to the operator: how far the month's look-ups are spent
    TEST = "test"  # says only that it has come
    INVITATION = "invitation"  # asks a number, in somebody's name

    REPLY = "reply"  # the answer to a person's text
    ALTERNATIVES = "alternatives"  # the answer to ALT
    STRANGER = "stranger"  # the answer to a number that nobody here has
    STOP_CONFIRMED = "stop_confirmed"  # the one text that may go to a number after STOP

    OTHER = "other"  # an earlier Flait's, whose word for it is none any more


ANSWERS: Final = frozenset({MessageKind.REPLY, MessageKind.ALTERNATIVES})
"""What people who are known here are answered."""


class CopiedAs(StrEnum):
    """How a text says again what another said: in whose place, or after it."""

    SMS = "sms"  # in place of a WhatsApp text
    TEMPLATE = "template"  # in place of a WhatsApp text that was refused as free text
    REWORDED = "reworded"  # in words of later
    RETRIED = "retried"  # for the operator


IN_PLACE: Final = frozenset({CopiedAs.SMS, CopiedAs.TEMPLATE})
"""Copies that are void once the first has arrived after all."""


TOO_LATE = "too late to be of use"
"""Why a text expired whose time went by while it could not be sent: nothing newer had taken its place."""

UNTOLD = frozenset(
    {
        MessageStatus.UNDELIVERED,
        MessageStatus.FAILED,
        MessageStatus.EXPIRED,
        MessageStatus.SUPPRESSED,
    }
)
"""Ended without reaching the person: what such a text said counts as never said. One that was given up while in doubt
(`canceled`) may have arrived: what it still tells was said. Twilio itself cancels only texts that were scheduled."""


class Message(Struct, frozen=True, kw_only=True):
    """One text to one person. `tells` are the facts it states, as core.told reads them back.

    `body` is the whole on one line, `structure` the same in its parts; one that an earlier Flait wrote has none.
    `dedup_key` is what makes it once-only: the database refuses a second one.
    `copy_of` is the id of the text that it says again, `copied_as` how; of one that was RETRIED, the first of all.
    `answers` is the sid of the person's text that it answers, or that the text it copies answered.
    `expires_at` ends its useful life: later it is worse than none.
    """

    id: int = 0
    user_id: int
    to: str
    channel: Channel = Channel.SMS
    kind: MessageKind
    body: str
    structure: Structure | None = None
    dedup_key: str
    copy_of: int | None = None
    copied_as: CopiedAs | None = None
    answers: str | None = None
    subscription_id: int | None = None
    flight_id: int | None = None
    tells: Mapping[str, str | bool] = field(default_factory=dict)
    status: MessageStatus = MessageStatus.QUEUED
    attempts: int = 0
    created_at: datetime
    not_before: datetime
    expires_at: datetime
    started_at: datetime | None = None
    sid: str | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    error_code: int | None = None
    error: str | None = None

    @property
    def parts(self) -> Structure:
        """Its structure; of a text that has none, its words as one part."""
        return self.structure or plain(self.body)

    @property
    def segments(self) -> int:
        """What the operator pays for."""
        return segments(self.body)


RETRIES = Pauses(timedelta(seconds=2), timedelta(minutes=2))


def next_attempt(attempts: int, now: datetime, retry_after: timedelta | None = None) -> datetime:
    """When to try a text again that was certainly not sent: 2 s, 4 s, 8 s … 2 min; longer when Twilio says so."""
    return now + max(RETRIES.after(attempts), retry_after or timedelta())


LOOK_AGAIN = timedelta(seconds=60)
"""Between two readings of Twilio's list before absence counts: it promises no read-after-write."""

MOST_SENDS = 2  # a text in doubt that Twilio twice does not know is sent once more, never twice

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_EXTENSION = frozenset("\f^{}\\[~]|€")  # two septets each
_CHEAP = GSM_7 | GSM_7_EXTENSION


def units(body: str) -> int:
    """Septets in GSM-7, else UTF-16 code units: what a segment counts."""
    if is_gsm_7(body):
        return len(body) + sum(map(body.count, GSM_7_EXTENSION))
    return _utf_16_units(body)


def _utf_16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_gsm_7(body: str) -> bool:
    """Whether the text fits the cheap alphabet; one character outside it more than doubles the price."""
    return _CHEAP.issuperset(body)


def segments(body: str) -> int:
    """How many segments Twilio bills: 160 or 153 septets in GSM-7, 70 or 67 units in UCS-2."""
    gsm = is_gsm_7(body)
    single, each = (160, 153) if gsm else (70, 67)
    if units(body) <= single:
        return 1
    count, room = 1, each
    for char in body:
        weight = units(char) if gsm else _utf_16_units(char)
        if weight > room:  # a character is never split over two segments
            count, room = count + 1, each
        room -= weight
    return count
