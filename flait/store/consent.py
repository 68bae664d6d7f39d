"""Who may be texted: opt-outs belong to numbers, not to people, and every change of mind is kept as proof."""

from datetime import datetime
from typing import Final

from flait.store.connection import Connection, writing
from flait.store.rows import read
from flait.store.values import ConsentChange

_OPT_OUT: Final = """
INSERT INTO opt_outs (phone, at, sid) VALUES (:phone, :at, :sid) ON CONFLICT (phone) DO NOTHING
"""
_OPT_IN: Final = """
DELETE FROM opt_outs WHERE phone = :phone AND (at <= :at OR :just_now)  -- an older START undoes no newer STOP
"""
_CHANGED: Final = """
INSERT INTO consent_changes (phone, at, change, how) VALUES (:phone, :at, :change, :how)
"""
_STILL_IN: Final = """
INSERT INTO consent_changes (phone, at, change, how) SELECT phone, :at, 'opt_in', :how FROM people
WHERE phone = :phone AND opted_out_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM consent_changes WHERE phone = :phone AND at >= :at AND change = 'opt_in')
"""
_CHANGES: Final = "SELECT * FROM consent_changes WHERE phone = :phone ORDER BY at, id"
_OPTED_IN: Final = """
SELECT 1 FROM consent_changes WHERE phone = :phone AND at > :since AND change = 'opt_in' LIMIT 1
"""


class Consent(Connection):
    """Who may be told."""

    @writing
    def opt_out(self, phone: str, at: datetime, *, how: str, sid: str | None = None) -> bool:
        """No more texts to that number, save the one answer to the text `sid` that said so. False: so it was before."""
        if not self._change(_OPT_OUT, phone=phone, at=at, sid=sid):
            return False
        self._change(_CHANGED, phone=phone, at=at, change="opt_out", how=how)
        return True

    @writing
    def opt_in(self, phone: str, at: datetime, *, how: str, just_now: bool = False) -> bool:
        """The number may be texted again. False: it always might, or it said STOP later than that.

        `just_now`: nothing it said can be later, whatever the clock showed at the time. Where a person of ours might
        always be texted it is kept all the same: what is heard of an earlier STOP afterwards is void.
        """
        if not self._change(_OPT_IN, phone=phone, at=at, just_now=just_now):
            self._change(_STILL_IN, phone=phone, at=at, how=how)
            return False
        self._change(_CHANGED, phone=phone, at=at, change="opt_in", how=how)
        return True

    def is_opted_out(self, phone: str) -> bool:
        """Whether the number may not be texted."""
        return self._row("SELECT 1 FROM opt_outs WHERE phone = :phone", phone=phone) is not None

    def opted_in_since(self, phone: str, since: datetime) -> bool:
        """Whether the number was opted in again after that moment: what it said before is void."""
        return self._row(_OPTED_IN, phone=phone, since=since) is not None

    def consent_changes(self, phone: str) -> list[ConsentChange]:
        """Every opt-out and opt-in of that number, in order; how it first agreed stands in User.consent."""
        return [read(ConsentChange, row) for row in self._rows(_CHANGES, phone=phone)]
