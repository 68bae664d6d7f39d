"""What becomes of a text that is accepted: its stages by age, and the error it ends with."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from flait.sandbox.receipts import Receipts
from flait.sandbox.twilio_messages import WHATSAPP, Stages, Texts

WINDOW = timedelta(hours=24)  # in which free words may follow what a person wrote on WhatsApp
OUTSIDE_THE_WINDOW = 63016
UNSUBSCRIBED = 21610
UNKNOWN = 30008

_AT = timedelta(seconds=1)
BEGINS: Stages = ((0 * _AT, "queued"),)
BEGINS_IN_A_SERVICE: Stages = ((0 * _AT, "accepted"), (1 * _AT, "queued"))
ENDS: Mapping[str, Stages] = {
    "delivered": ((2 * _AT, "sent"), (6 * _AT, "delivered")),
    "undelivered": ((2 * _AT, "sent"), (6 * _AT, "undelivered")),
    "failed": ((2 * _AT, "failed"),),
    "sent_only": ((2 * _AT, "sent"),),
    "read": ((2 * _AT, "sent"), (6 * _AT, "delivered"), (20 * _AT, "read")),
}


def fate(
    form: Mapping[str, str], asked: Receipts, texts: Texts, *, unsubscribed: bool, now: datetime
) -> tuple[Stages, int | None]:
    """The stages of the text in the form, and its error code.

    What Twilio would refuse after accepting it fails, whatever was asked for; an SMS is never `read`.
    """
    begins = BEGINS_IN_A_SERVICE if form.get("MessagingServiceSid") else BEGINS
    if unsubscribed:
        return begins + ENDS["failed"], UNSUBSCRIBED
    if _is_outside_the_window(form, texts, now):
        return begins + ENDS["failed"], OUTSIDE_THE_WINDOW
    outcome = asked.outcome
    if outcome == "read" and not form["To"].startswith(WHATSAPP):
        outcome = "delivered"
    fails = outcome in ("failed", "undelivered")
    return begins + ENDS[outcome], (asked.error_code or UNKNOWN) if fails else None


def _is_outside_the_window(form: Mapping[str, str], texts: Texts, now: datetime) -> bool:
    person = form["To"]
    if not person.startswith(WHATSAPP) or form.get("ContentSid"):
        return False
    return not texts.has_written(person, form.get("From", ""), now - WINDOW)
