"""What people text to us, and what may be such a text or a report but is not proved. Values alone.

Texts are kept as they came; `flows/intake.py` acts upon them once.
"""

from datetime import datetime

from msgspec import Struct

from flait.core.numbers import dialled
from flait.core.receipts import Receipt


class Inbound(Struct, frozen=True, kw_only=True):
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


class UnprovenText(Struct, frozen=True, kw_only=True):
    """A signed form about a person's text, with a field that Flait does not know: it may have been cut up anew.

    Which text it is about can be looked up at Twilio. `seems` is what it says where at least its sender is certain.
    """

    sid: str
    seems: Inbound | None


class UnprovenReceipt(Struct, frozen=True, kw_only=True):
    """The same about a text of ours; `word` is Twilio's own for the status that it seems to report."""

    seems: Receipt
    word: str

    @property
    def sid(self) -> str:
        """Which text can be looked up at Twilio."""
        return self.seems.sid


Unproven = UnprovenText | UnprovenReceipt
