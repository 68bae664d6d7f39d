"""When people wrote over WhatsApp last, and by which spelling of their number."""

from datetime import datetime
from typing import Final

from flait.store.connection import Connection, writing

_WINDOW: Final = """
INSERT INTO whatsapp_windows (phone, last_inbound_at, address) VALUES (:phone, :at, :address)
ON CONFLICT (phone) DO UPDATE SET last_inbound_at = max(last_inbound_at, :at),
    address = iif(:at >= last_inbound_at, :address, address)
"""


class WhatsAppWindows(Connection):
    """Whom WhatsApp lets us write to freely."""

    @writing
    def note_window(self, phone: str, at: datetime, *, address: str | None = None) -> None:
        """A text came from that number over WhatsApp: for 24 hours it may be written to freely.

        `address` is the spelling of the number that WhatsApp used.
        """
        self._change(_WINDOW, phone=phone, at=at, address=address or phone)

    def wrote_over_whatsapp_at(self, phone: str) -> datetime | None:
        """When that number last wrote over WhatsApp; None: never, or long ago."""
        row = self._row("SELECT last_inbound_at FROM whatsapp_windows WHERE phone = :phone", phone=phone)
        return None if row is None else datetime.fromisoformat(row["last_inbound_at"])

    def whatsapp_address(self, phone: str) -> str:
        """The spelling of that number by which WhatsApp knows it: as its person last wrote; else as it is dialled."""
        row = self._row("SELECT address FROM whatsapp_windows WHERE phone = :phone", phone=phone)
        return phone if row is None else row["address"] or phone
