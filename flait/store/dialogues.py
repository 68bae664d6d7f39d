"""Talk that takes more than one text: questions that wait for an answer, invitations, WhatsApp's open windows.

All of it ends by itself: what has expired is never handed out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flait.store.connection import Connection, writing
from flait.store.rows import as_json, read, read_json
from flait.store.values import Invitation, InvitationState

_PUT: Final = """
INSERT INTO dialogues (phone, kind, state, expires_at) VALUES (:phone, :kind, :state, :expires_at)
ON CONFLICT (phone, kind) DO UPDATE SET state = :state, expires_at = :expires_at
"""
_GET: Final = "SELECT state FROM dialogues WHERE phone = :phone AND kind = :kind AND expires_at > :now"
# An invitation that nobody took up in time makes room for the next one.
_INVITE: Final = """
INSERT INTO invitations (inviter_id, phone, subscription_id, flight_id, role, state, created_at, expires_at)
VALUES (:inviter_id, :phone, :subscription_id, :flight_id, :role, 'open', :created_at, :expires_at)
ON CONFLICT (phone, subscription_id) WHERE state = 'open' DO UPDATE SET
    inviter_id = :inviter_id, flight_id = :flight_id, role = :role, created_at = :created_at, expires_at = :expires_at
    WHERE expires_at <= :created_at
RETURNING *
"""
_OPEN: Final = """
SELECT * FROM invitations WHERE phone = :phone AND state = 'open' AND expires_at > :now
ORDER BY created_at DESC, id DESC
"""
_SETTLE: Final = """
UPDATE invitations SET state = :state WHERE id = :id AND state = 'open' AND expires_at > :now
"""
_DECLINE: Final = "UPDATE invitations SET state = 'declined' WHERE phone = :phone AND state = 'open'"
_WINDOW: Final = """
INSERT INTO whatsapp_windows (phone, last_inbound_at, address) VALUES (:phone, :at, :address)
ON CONFLICT (phone) DO UPDATE SET last_inbound_at = max(last_inbound_at, :at),
    address = iif(:at >= last_inbound_at, :address, address)
"""


class Dialogues(Connection):
    """What is being talked about."""

    @writing
    def put_dialogue(self, phone: str, kind: str, state: Mapping[str, Any], expires_at: datetime) -> None:
        """What was asked of that number and waits for an answer; one of each kind, the latest."""
        self._change(_PUT, phone=phone, kind=kind, state=as_json(dict(state)), expires_at=expires_at)

    def dialogue(self, phone: str, kind: str, now: datetime) -> dict[str, Any] | None:
        """What is open with that number, as it was put; None: nothing, or too long ago."""
        row = self._row(_GET, phone=phone, kind=kind, now=now)
        return None if row is None else read_json(dict, row["state"])

    @writing
    def end_talk(self, phone: str) -> None:
        """Nothing is open with that number any more; invitations to it are declined."""
        self._change("DELETE FROM dialogues WHERE phone = :phone", phone=phone)
        self._change(_DECLINE, phone=phone)

    @writing
    def invite(self, invitation: Invitation) -> Invitation | None:
        """Keep an invitation; None: that number has one to the same subscription that is still open."""
        row = self._row(_INVITE, **{name: getattr(invitation, name) for name in _INVITATION})
        return None if row is None else read(Invitation, row)

    def open_invitations(self, phone: str, now: datetime) -> list[Invitation]:
        """What that number may still accept, newest first."""
        return [read(Invitation, row) for row in self._rows(_OPEN, phone=phone, now=now)]

    @writing
    def settle_invitation(self, invitation_id: int, state: InvitationState, now: datetime) -> bool:
        """Accepted, or not. False: it was settled before, or has expired."""
        return self._change(_SETTLE, id=invitation_id, state=state, now=now) > 0

    @writing
    def note_window(self, phone: str, at: datetime, *, address: str | None = None) -> None:
        """A text came from that number over WhatsApp: for 24 hours it may be written to freely.

        `address` is the spelling of the number that WhatsApp used.
        """
        self._change(_WINDOW, phone=phone, at=at, address=address or phone)

    def window(self, phone: str) -> datetime | None:
        """When that number last wrote over WhatsApp; None: never, or long ago."""
        row = self._row("SELECT last_inbound_at FROM whatsapp_windows WHERE phone = :phone", phone=phone)
        return None if row is None else datetime.fromisoformat(row["last_inbound_at"])

    def whatsapp_address(self, phone: str) -> str:
        """The spelling of that number by which WhatsApp knows it: as its person last wrote; else as it is dialled."""
        row = self._row("SELECT address FROM whatsapp_windows WHERE phone = :phone", phone=phone)
        return phone if row is None else row["address"] or phone


_INVITATION: Final = tuple(name for name in Invitation.__slots__ if name not in ("id", "state"))
