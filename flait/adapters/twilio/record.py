"""Twilio's own record of texts, row by row: ours that went out, what became of one, and what people texted.

Reads what Twilio gives and checks it; a row that is not what it should be raises, and is never left out as nothing.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from flait.adapters.twilio.statuses import TWILIO_STATUSES
from flait.core.inbound import Inbound
from flait.core.messages import MessageStatus
from flait.core.receipts import Receipt
from flait.flows.ports import Sent

if TYPE_CHECKING:
    from flait.adapters.twilio.client import Conversation

PAGE_SIZE = 50
WHATSAPP = "whatsapp:"
RECEIVING = "receiving"
SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}", re.ASCII)
PERSON = re.compile(r"(whatsapp:)?\+[1-9][0-9]{6,14}", re.ASCII)

Row = Mapping[str, Any]


def checked_sid(sid: object) -> str:
    """A message's sid. Raises ValueError."""
    if not isinstance(sid, str) or not SID.fullmatch(sid):
        raise ValueError("not a message's sid")
    return sid


def page_of(twilio: "Conversation", url: str | None, **filters: str) -> tuple[list[Row], str | None]:
    """The rows of one page of the record, newest first, and where the next page is; by default the first page."""
    # No DateSent filter: it is null until a text is sent, and would hide the very one in doubt.
    messages = twilio.client.messages
    page = messages.get_page(url) if url else messages.page(**filters, page_size=PAGE_SIZE)
    return twilio.rows("messages"), page.next_page_url


def since(
    twilio: "Conversation", moment: datetime, *, most: int, start: str | None = None, **filters: str
) -> tuple[list[Row], int, str | None]:
    """The rows that Twilio created from then on, newest first, from the page `start` on, `most` pages at most.

    How many pages that were comes along; and where the reading goes on, when there are more such rows. Raises as
    `sent` does.
    """
    found: list[Row] = []
    url, last = start, None
    for count in range(1, most + 1):
        rows, url = page_of(twilio, url, **filters)
        if rows and rows == last:
            raise ValueError("the page after this one is this one")
        last = rows
        young = [row for row in rows if _created_at(row) >= moment]
        found += young
        if url is None or not young:
            return found, count, None
    return found, most, url


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


def row_of(twilio: "Conversation", sid: str) -> Row:
    """One text's row. Raises as `sent` does."""
    twilio.client.messages(sid).fetch()
    row = twilio.row()
    if checked_sid(row["sid"]) != sid:
        raise ValueError("another text")
    return row


def has_come_in(row: Row) -> bool:
    """Whether somebody texted it to us, and Twilio has all of it."""
    return bool(row["direction"] == "inbound" and row["status"] != RECEIVING)


def unfinished(rows: Iterable[Row]) -> datetime | None:
    """When the first of those came that Twilio has not all of yet. Raises as `sent` does."""
    coming = [row for row in rows if row["direction"] == "inbound" and row["status"] == RECEIVING]
    return min(map(_created_at, coming), default=None)


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
