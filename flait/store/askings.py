"""Who asked which numbers by SHARE, and when: counts that neither STOP, START nor anybody's removal sets back."""

from datetime import datetime
from typing import Final

from flait.store.connection import Connection, writing

_ASKED: Final = "INSERT INTO askings (asker, phone, at) VALUES (:asker, :phone, :at)"
_BY: Final = "SELECT count(*) AS n FROM askings WHERE asker = :asker AND at > :since"
_OF: Final = "SELECT 1 FROM askings WHERE phone = :phone AND at > :since LIMIT 1"


class Askings(Connection):
    """Questions to numbers that have not agreed to anything."""

    @writing
    def note_asked(self, asker: str, phone: str, at: datetime) -> None:
        """That number is asked in the name of that person."""
        self._change(_ASKED, asker=asker, phone=phone, at=at)

    def asked_by(self, asker: str, *, since: datetime) -> int:
        """How many numbers that person has had asked after that moment."""
        row = self._row(_BY, asker=asker, since=since)
        assert row is not None
        count: int = row["n"]
        return count

    def was_asked(self, phone: str, *, since: datetime) -> bool:
        """Whether that number was asked after that moment, in whosever name."""
        return self._row(_OF, phone=phone, since=since) is not None
