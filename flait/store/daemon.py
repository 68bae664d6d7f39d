"""Signs of life: the daemon's, and the outside parties'. `flait status` reads them."""

from datetime import datetime, timedelta
from typing import Final

from flait.store.connection import Connection, writing
from flait.store.rows import read
from flait.store.values import Heartbeat, Provider

_BEAT: Final = """
INSERT INTO daemon (id, boot, pid, started_at, last_tick_at) VALUES (1, :boot, :pid, :started_at, :now)
ON CONFLICT (id) DO UPDATE SET boot = :boot, pid = :pid, started_at = :started_at, last_tick_at = :now
"""
# Whichever comes last is the later one, also where the clock was ahead when the other was noted.
_SUCCESS: Final = """
INSERT INTO providers (name, last_success_at) VALUES (:name, :at)
ON CONFLICT (name) DO UPDATE SET last_success_at = :at, last_error_at = min(last_error_at, :at)
"""
_ERROR: Final = """
INSERT INTO providers (name, last_error, last_error_at) VALUES (:name, :error, :at)
ON CONFLICT (name) DO UPDATE SET last_error = :error, last_error_at = :at,
    last_success_at = min(last_success_at, :before)
"""
A_MOMENT: Final = timedelta(milliseconds=1)


class SignsOfLife(Connection):
    """Who is well."""

    @writing
    def beat(self, *, boot: str, pid: int, started_at: datetime, now: datetime) -> None:
        """The daemon of this boot id is alive."""
        self._change(_BEAT, boot=boot, pid=pid, started_at=started_at, now=now)

    def heartbeat(self) -> Heartbeat | None:
        """The last sign of life of the last daemon; None: there never was one."""
        row = self._row("SELECT boot, pid, started_at, last_tick_at FROM daemon WHERE id = 1")
        return None if row is None else read(Heartbeat, row)

    @writing
    def note_success(self, provider: str, at: datetime) -> None:
        """That party answered."""
        self._change(_SUCCESS, name=provider, at=at)

    @writing
    def note_error(self, provider: str, error: str, at: datetime) -> None:
        """That party did not answer usefully; `error` is a sentence without secrets or numbers."""
        self._change(_ERROR, name=provider, error=error, at=at, before=at - A_MOMENT)

    def providers(self) -> dict[str, Provider]:
        """How each party last answered, by name."""
        return {row["name"]: read(Provider, row) for row in self._rows("SELECT * FROM providers ORDER BY name")}
