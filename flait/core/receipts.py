"""What Twilio says became of a text, and how reports that come twice, late or out of order still end in one state.

Twilio promises no order and signs no time. A report only ever moves a text forward along RANK.
"""

from collections.abc import Mapping

from msgspec import Struct

from flait.core.messages import MessageStatus

S = MessageStatus

RANK: Mapping[MessageStatus, int] = {
    S.QUEUED: 1,
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


def advance(current: MessageStatus, reported: MessageStatus) -> MessageStatus:
    """The state after a report: the further of the two, whatever order they came in."""
    return reported if RANK[reported] > RANK[current] else current


class Receipt(Struct, frozen=True, kw_only=True):
    """One report about one text. `message_id` is ours, from the callback's query; None when only the sid is known."""

    sid: str
    status: MessageStatus
    message_id: int | None = None
    attempt: int | None = None
    error_code: int | None = None
