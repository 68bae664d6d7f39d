"""Questions that wait for an answer. They end by themselves: what has expired is never handed out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from flait.store.connection import Connection, writing
from flait.store.rows import as_json, read_json

_PUT: Final = """
INSERT INTO dialogues (phone, kind, state, expires_at) VALUES (:phone, :kind, :state, :expires_at)
ON CONFLICT (phone, kind) DO UPDATE SET state = :state, expires_at = :expires_at
"""
_GET: Final = "SELECT state FROM dialogues WHERE phone = :phone AND kind = :kind AND expires_at > :now"


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
    def end_dialogues(self, phone: str) -> None:
        """Nothing is open with that number any more."""
        self._change("DELETE FROM dialogues WHERE phone = :phone", phone=phone)
