"""Texts on their way: their states in Twilio's words and ours, what they weigh, when to try again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from flait.core.pauses import Pauses
from flait.core.structure import Structure


class Channel(StrEnum):
    """How a text travels."""

    SMS = "sms"
    WHATSAPP = "whatsapp"


class MessageStatus(StrEnum):
    """Where a text is. Twilio's words, and four of ours: in_doubt, held, expired, suppressed."""

    QUEUED = "queued"  # in our outbox
    HELD = "held"  # quiet hours
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to one person. `tells` are the facts it states, as core.told reads them back.

    `body` is the whole on one line, `structure` the same in its parts; one that an earlier Flait wrote has none.
    `dedup_key` is what makes it once-only: the database refuses a second one.
    `expires_at` ends its useful life: later it is worse than none.
    """

    id: int = 0
    user_id: int
    to: str
    channel: Channel = Channel.SMS
    kind: str
    body: str
    structure: Structure | None = None
    dedup_key: str
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
