"""Twilio's words for where a text is, and ours."""

from collections.abc import Mapping

from flait.core.messages import MessageStatus

S = MessageStatus

TWILIO_STATUSES: Mapping[str, MessageStatus] = {
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
"""Everything before `sent` is in Twilio's hands and no further."""
