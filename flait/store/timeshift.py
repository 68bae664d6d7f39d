"""After the clock was set back: what was planned by the clock that ran ahead is planned from now.

Only moments that this machine wrote by the clock that ran ahead are touched; what AeroAPI says of a flight, what a
person wished for, and when something ends of itself are not.
"""

from datetime import datetime
from typing import Final

from flait.store.connection import Connection, writing

_REWIND: Final = (
    # A look planned by a clock that was ahead would come late by as much.
    """UPDATE flights SET next_poll_at = :now
    WHERE closed_at IS NULL AND next_poll_at > :now AND coalesce(last_polled_at, created_at) > :now""",
    """UPDATE subscriptions SET next_attempt_at = :now
    WHERE state = 'pending' AND next_attempt_at > :now AND asked_at > :now""",
    "UPDATE planes SET next_attempt_at = :now WHERE next_attempt_at > :now AND attempts > 0",
    """UPDATE timetable SET next_check_at = :now WHERE next_check_at > :now AND looked_at > :now""",
    # A moment that comes too early says nothing, and is planned anew.
    "UPDATE subscriptions SET next_moment_at = :now WHERE state = 'active' AND next_moment_at > :now",
    "UPDATE timetable SET next_word_at = :now WHERE next_word_at > :now",
    """UPDATE messages SET not_before = :now
    WHERE status = 'queued' AND not_before > :now AND max(created_at, coalesce(started_at, '')) > :now""",
    # After the ones above, which go by it. A rest between two texts must not last for as long as the clock was ahead.
    "UPDATE messages SET created_at = :now WHERE created_at > :now",
    # Twilio's record is read a while after the last time; that a text was sent is asked about a while after that.
    "UPDATE messages SET looked_at = :now WHERE status = 'in_doubt' AND looked_at > :now",
    "UPDATE messages SET started_at = :now WHERE status IN ('sending', 'in_doubt') AND started_at > :now",
    "UPDATE messages SET sent_at = :now WHERE status IN ('accepted', 'sent') AND sent_at > :now",
    # A START undoes no later STOP: one that seems to lie ahead would stand against every START until then.
    "UPDATE opt_outs SET at = :now WHERE at > :now",
    "UPDATE whatsapp_windows SET last_inbound_at = :now WHERE last_inbound_at > :now",
)


class Timeshift(Connection):
    """The clock was set back."""

    @writing
    def rewind(self, now: datetime) -> int:
        """Bring what waits for the wrong clock's moments back to now; how many rows that were."""
        return sum(self._change(sql, now=now) for sql in _REWIND)
