"""How the outside parties answered last. `flait status` reads it."""

from datetime import datetime, timedelta
from typing import Final

from flait.store.connection import Connection, writing
from flait.store.rows import read
from flait.store.values import Provider

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


class Providers(Connection):
    """Which of them is well."""

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
