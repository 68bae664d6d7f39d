"""DOOR: whether the database that a run has open still stands where others meet it.

It keeps a copy of what nobody else can reach any more.
"""

import logging
from collections.abc import Callable
from typing import Final

from flait.app import App
from flait.errors import ConfigError, Gone, StoreError
from flait.flows import backup
from flait.running.pulse import Troubles

log = logging.getLogger("flait.daemon")

SAVE_EVERY: Final = 30  # looks at a lost database: so often saving what is open is tried again


class Whereabouts:
    """It belongs to the thread that opened the database first. `say` tells others what troubles us."""

    def __init__(self, app: App, troubles: Troubles, say: Callable[[], None]) -> None:
        self._app = app
        self._troubles = troubles
        self._say = say
        self._saved = False
        self._looks = 0  # since it is lost
        self.is_lost = False

    def look(self) -> None:
        """Notice that it is lost, or in its place again; save what is open, once there is room for it."""
        try:
            self._app.store().refuse_elsewhere()
        except Gone as fault:
            if not self.is_lost:
                self._lose(fault)
            if not self._saved and self._looks % SAVE_EVERY == 0:
                self._save(fault)
            self._looks += 1
        else:
            if self.is_lost:
                self.is_lost = False
                self._troubled("")
                self._say()
                log.info("the database is in its place again")

    def put_away(self) -> None:
        """Leave everything in the database's own file at the end. A lost one is not touched."""
        store = self._app.store()
        try:
            store.refuse_elsewhere()
            store.checkpoint()
        except StoreError as fault:
            log.warning("what is in the log stays there: %s", fault.message)

    def _lose(self, fault: Gone) -> None:
        """Say it, as the one trouble there is."""
        self.is_lost, self._saved, self._looks = True, False, 0
        self._troubles.clear()
        self._troubled(str(fault))
        self._say()
        log.critical("%s; nothing is asked or sent", fault.message)

    def _save(self, fault: Gone) -> None:
        """Keep a copy of what is open; again later, where there is no room for it now."""
        store, folder = self._app.store(), self._app.paths.backups_dir
        keep = self._app.settings.backup.keep_daily
        try:
            saved = backup.safety_copy(store, self._app.clock, folder, before=backup.Before.LOSS, keep=keep)
        except (ConfigError, StoreError) as problem:
            log.error("what was open cannot be saved: %s", problem)  # noqa: TRY400  # one sentence is the whole story
            return
        self._saved = True
        hint = fault.hint.replace("FILE", saved.path.name)
        self._troubled(f"{fault.message}; {hint}. What was open is saved: {saved.path.name}")
        self._say()

    def _troubled(self, cause: str) -> None:
        self._troubles.note("database", cause, self._app.clock.now())
