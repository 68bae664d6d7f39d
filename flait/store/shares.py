"""What was looked up for one person, month by month: neither STOP, START nor anybody's removal sets it back."""

from typing import Final

from flait.store.connection import Connection, writing

_BILL: Final = """
INSERT INTO shares (month, phone, micro_usd) VALUES (:month, :phone, :micro_usd)
ON CONFLICT (month, phone) DO UPDATE SET micro_usd = micro_usd + excluded.micro_usd
"""
_OWN: Final = "SELECT coalesce(sum(micro_usd), 0) AS spent FROM shares WHERE month = :month AND phone = :phone"
_GUESTS: Final = """
SELECT coalesce(sum(s.micro_usd), 0) AS spent FROM shares s WHERE s.month = :month
    AND NOT EXISTS (SELECT 1 FROM users u WHERE u.phone = s.phone AND u.added_by = 'operator')
"""


class Shares(Connection):
    """Who had how much of the month's look-ups."""

    @writing
    def bill(self, month: str, phone: str, micro_usd: int) -> None:
        """Add to what was looked up for that person in a month, `YYYY-MM`; what is given back is negative."""
        self._change(_BILL, month=month, phone=phone, micro_usd=micro_usd)

    def share_spent(self, month: str, phone: str) -> int:
        """Millionths of a dollar looked up for that person in that month."""
        return self._spent(_OWN, month=month, phone=phone)

    def guests_spent(self, month: str) -> int:
        """Millionths of a dollar looked up in that month for all whom the operator did not add."""
        return self._spent(_GUESTS, month=month)

    def _spent(self, sql: str, **values: str) -> int:
        row = self._row(sql, **values)
        assert row is not None
        spent: int = row["spent"]
        return spent
