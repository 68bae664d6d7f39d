"""What Twilio says became of a text, and how reports that come twice, late or out of order still end in one state.

Twilio promises no order and signs no time. A report only ever moves a text forward along RANK.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flait.core.messages import MessageStatus
from flait.core.numbers import dialled

S = MessageStatus

RANK: Mapping[MessageStatus, int] = {
    S.QUEUED: 1,
    S.HELD: 1,
    S.SENDING: 1,
    S.IN_DOUBT: 1,
    S.ACCEPTED: 2,
    S.SENT: 3,
    # Ends: the first one stands, but a delivery that is reported after all is the truth, and reading proves it.
    S.EXPIRED: 4,
    S.SUPPRESSED: 4,
    S.CANCELED: 4,
    S.FAILED: 5,
    S.UNDELIVERED: 6,
    S.DELIVERED: 7,
    S.READ: 8,
}
"""How far along each state is. Two reports of one rank change nothing."""

TWILIO_STATUSES: Mapping[str, MessageStatus] = {
    # Twilio's word → where the text is for us: everything before `sent` is in Twilio's hands and no further
    "accepted": S.ACCEPTED,
    "scheduled": S.ACCEPTED,
    "queued": S.ACCEPTED,
    "sending": S.ACCEPTED,
    "sent": S.SENT,
    "delivered": S.DELIVERED,
    "undelivered": S.UNDELIVERED,
    "failed": S.FAILED,
    "canceled": S.CANCELED,
    "read": S.READ,
}


def advance(current: MessageStatus, reported: MessageStatus) -> MessageStatus:
    """The state after a report: the further of the two, whatever order they came in."""
    return reported if RANK[reported] > RANK[current] else current


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One report about one text. `message_id` is ours, from the callback's query; None when only the sid is known."""

    sid: str
    status: MessageStatus
    message_id: int | None = None
    attempt: int | None = None
    error_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A text from a person. `opt_out_type` is Twilio's own reading.

    `sender` and `wa_id` are E.164 without a channel's prefix: whom it is from, and how WhatsApp itself names them where
    that is another number. Both are as the channel spells them; the person is known by the number as dialled.
    """

    sid: str
    sender: str
    to: str
    whatsapp: bool = False
    body: str
    opt_out_type: str | None = None
    sent_at: datetime | None = None
    wa_id: str | None = None

    @property
    def person(self) -> str:
        """The number by which the sender is known."""
        return dialled(self.sender)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number that the sender may be known by, as dialled: what they say of all texts counts for each."""
        return tuple(dict.fromkeys(dialled(number) for number in (self.sender, self.wa_id) if number))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprovenText:
    """A signed form about a person's text, with a field that Flait does not know: it may have been cut up anew.

    Which text it is about can be looked up at Twilio. `seems` is what it says where at least its sender is certain.
    """

    sid: str
    seems: Inbound | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnprovenReceipt:
    """The same about a text of ours; `word` is Twilio's own for the status that it seems to report."""

    seems: Receipt
    word: str

    @property
    def sid(self) -> str:
        """Which text can be looked up at Twilio."""
        return self.seems.sid


Unproven = UnprovenText | UnprovenReceipt
