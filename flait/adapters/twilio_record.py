"""Twilio's own record of texts, row by row: ours that went out, what became of one, and what people texted.

Reads what Twilio gives and checks it; a row that is not what it should be raises, and is never left out as nothing.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from flait.core.messages import MessageStatus
from flait.core.receipts import TWILIO_STATUSES, Inbound, Receipt
from flait.flows.ports import Sent

if TYPE_CHECKING:
    from flait.adapters.twilio_client import Conversation

PAGE_SIZE = 50
MOST_INBOUND_PAGES = 20  # a thousand texts since the last look: more is no household's
WHATSAPP = "whatsapp:"
SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}", re.ASCII)
PERSON = re.compile(r"(whatsapp:)?\+[1-9][0-9]{6,14}", re.ASCII)

Row = Mapping[str, Any]


def checked_sid(sid: object) -> str:
    """A message's sid. Raises ValueError."""
    if not isinstance(sid, str) or not SID.fullmatch(sid):
        raise ValueError("not a message's sid")
    return sid


def pages(twilio: "Conversation", *, most: int, **filters: str) -> Iterator[list[Row]]:
    """The record's pages, newest first, `most` of them at most."""
    # No DateSent filter: it is null until a text is sent, and would hide the very one in doubt.
    page = twilio.client.messages.page(**filters, page_size=PAGE_SIZE)
    yield twilio.rows("messages")
    for _ in range(most - 1):
        page = page.next_page()
        if page is None:
            return
        yield twilio.rows("messages")


def sent(row: Row) -> Sent:
    """A text of ours. Raises KeyError, TypeError or ValueError when the row is no such thing."""
    return Sent(
        sid=checked_sid(row["sid"]),
        to=str(row["to"]).removeprefix(WHATSAPP),
        body=str(row["body"] or ""),
        created_at=_created_at(row),
    )


def fetched(twilio: "Conversation", sid: str) -> Receipt:
    """What became of one text. Raises as `sent` does."""
    text = twilio.client.messages(sid).fetch()
    if checked_sid(text.sid) != sid:
        raise ValueError("another text")
    code = text.error_code
    return Receipt(
        sid=sid, status=MessageStatus(TWILIO_STATUSES[text.status]), error_code=None if code is None else int(code)
    )


def received_since(twilio: "Conversation", since: datetime, **filters: str) -> list[Row]:
    """The rows of texts that came in since then, newest first. Raises as `sent` does."""
    found: list[Row] = []
    for rows in pages(twilio, most=MOST_INBOUND_PAGES, **filters):
        young = [row for row in rows if _created_at(row) >= since]
        found += [row for row in young if row["direction"] == "inbound" and row["status"] != "receiving"]
        if not young:
            break
    return found


def inbound(row: Row) -> Inbound | None:
    """A person's text; None from a short code or a name, which nobody here has. Raises as `sent` does."""
    sender = str(row["from"])
    if not PERSON.fullmatch(sender):
        return None
    return Inbound(
        sid=checked_sid(row["sid"]),
        sender=sender.removeprefix(WHATSAPP),
        to=str(row["to"]).removeprefix(WHATSAPP),
        whatsapp=sender.startswith(WHATSAPP),
        body=str(row["body"] or "").encode(errors="replace").decode(),  # half an emoji is no text that can be kept
        sent_at=_created_at(row),
    )


def _created_at(row: Row) -> datetime:
    created = parsedate_to_datetime(row["date_created"])
    return created.astimezone(UTC) if created.tzinfo else created.replace(tzinfo=UTC)
