"""Who was invited by whom to follow a flight too. What has expired is never handed out."""

from datetime import datetime
from typing import Final

from flait.store.connection import Connection, writing
from flait.store.rows import read
from flait.store.values import Invitation, InvitationState

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
_INVITATION: Final = tuple(name for name in Invitation.__struct_fields__ if name not in ("id", "state"))


class Invitations(Connection):
    """What waits to be accepted."""

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
    def decline_invitations(self, phone: str) -> None:
        """Whoever invited that number: it does not want to."""
        self._change(_DECLINE, phone=phone)
