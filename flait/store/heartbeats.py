"""The daemon's signs of life. `flait status` reads them."""

from datetime import datetime
from typing import Final

from flait.store.connection import Connection, writing
from flait.store.rows import read
from flait.store.values import Heartbeat

_BEAT: Final = """
INSERT INTO daemon (id, boot, pid, started_at, last_tick_at) VALUES (1, :boot, :pid, :started_at, :now)
ON CONFLICT (id) DO UPDATE SET boot = :boot, pid = :pid, started_at = :started_at, last_tick_at = :now
"""


class Heartbeats(Connection):
    """Whether a daemon runs."""

    @writing
    def beat(self, *, boot: str, pid: int, started_at: datetime, now: datetime) -> None:
        """The daemon of this boot id is alive."""
        self._change(_BEAT, boot=boot, pid=pid, started_at=started_at, now=now)

    def heartbeat(self) -> Heartbeat | None:
        """The last sign of life of the last daemon; None: there never was one."""
        row = self._row("SELECT boot, pid, started_at, last_tick_at FROM daemon WHERE id = 1")
        return None if row is None else read(Heartbeat, row)
