"""Backups: one a day by itself, others when asked for, and a restore after which a STOP still holds.

Decides names, kinds and when the next one is due; what is copied and merged is the store's business. Never deletes a
backup that somebody asked for, nor a database.
"""

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from flait.clock import Clock
from flait.errors import NotOurs, StoreError, UserError
from flait.paths import make_private
from flait.store import (
    Salvaged,
    Step,
    Store,
    TakenOver,
    back_up_file,
    copy_to_restore,
    put_in_place,
    salvaged,
    verified,
)

EVERY: Final = timedelta(hours=24)
_STAMP: Final = "%Y%m%d-%H%M%SZ"
_NAME: Final = re.compile(r"flait-(?P<daily>daily-)?(?P<at>\d{8}-\d{6}Z)(-\d+)?\.db", re.ASCII)

log = logging.getLogger("flait.backup")


class Kind(StrEnum):
    """Who asked for a backup; only Flait's own are deleted when there are enough."""

    DAILY = "daily"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that is there. `at` is when it was made, by the clock that its name was taken from."""

    path: Path
    at: datetime
    size: int  # bytes
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did. `aside` and `kept` are what was there before: the file itself, and a backup of it."""

    rows: int
    aside: Path | None
    kept: Path | None
    whole: bool  # everything that must outlive a restore could be read
    merged: TakenOver


def create(store: Store, clock: Clock, target: Path, *, kind: Kind = Kind.MANUAL) -> Backup:
    """Back up to a file that is not there yet, and note it in the journal. Raises UserError, StoreError."""
    if target.exists():
        raise UserError(f"{target} exists already", "name a file that does not: a backup is never overwritten")
    if not target.parent.is_dir():
        raise UserError(f"the folder {target.parent} does not exist", "make it, or name another file")
    now = clock.now()
    rows = store.back_up(target)
    made = Backup(path=target, at=now, size=target.stat().st_size, kind=kind)
    store.record(Step(at=now, step="backup", outcome=kind.value, detail=f"{target.name}: {rows} rows"))
    log.info("backed up to %s: %d rows, proved", target.name, rows)
    return made


def create_in(store: Store, clock: Clock, folder: Path) -> Backup:
    """Back up under a name with the time in it. Raises ConfigError, StoreError."""
    return create(store, clock, _free(make_private(folder), "flait-", clock.now()))


def daily(store: Store, clock: Clock, folder: Path, *, keep: int) -> Backup | None:
    """Back up when the last automatic one is a day old, then let the oldest of them go; None: not due yet.

    One dated in the future, from a clock that was wrong, puts nothing off.
    """
    now = clock.now()
    earlier = [backup for backup in found(folder) if backup.kind is Kind.DAILY]
    if any(now - EVERY < backup.at <= now for backup in earlier):
        return None
    made = create(store, clock, _free(make_private(folder), "flait-daily-", now), kind=Kind.DAILY)
    for backup in earlier[keep - 1 :]:
        backup.path.unlink(missing_ok=True)
    return made


def found(folder: Path) -> list[Backup]:
    """The backups in a folder, newest first."""
    files = [path for path in folder.glob("*.db") if path.is_file() and not path.name.startswith(".")]
    return sorted((_found(path) for path in files), key=lambda backup: (backup.at, backup.path.name), reverse=True)


def _found(path: Path) -> Backup:
    state, name = path.stat(), _NAME.fullmatch(path.name)
    at = _moment(name["at"]) if name else None
    return Backup(
        path=path,
        at=at or datetime.fromtimestamp(state.st_mtime, UTC),
        size=state.st_size,
        kind=Kind.DAILY if at and name and name["daily"] else Kind.MANUAL,
    )


def _moment(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:  # digits that are no date
        return None


def problem_of(backup: Path) -> str:
    """Why this backup cannot be restored; empty: it can. Only reads."""
    try:
        verified(backup)
    except StoreError as problem:
        return problem.message
    return ""


def check(backup: Path, database: Path) -> int:
    """How many rows a restore would bring. Changes nothing. Raises NotFound, UserError, and NotOurs for a bad file."""
    if backup.exists() and database.exists() and backup.samefile(database):
        raise UserError(f"{backup} is the database itself", "name a backup; `flait backup list` shows them")
    return verified(backup)


def restore(database: Path, backup: Path, clock: Clock, *, folder: Path, resume: bool = False) -> Restored:
    """Put a backup in the database's place; whoever calls holds the daemon's lock, and has no connection open.

    The present database is backed up if that can be done, and in any case set aside under another name. What must
    outlive it (STOPs first) is merged before the backup takes its place. Raises StoreError: nothing was changed then.
    """
    now = clock.now()
    check(backup, database)
    kept = _kept(database, make_private(folder), now)
    old = salvaged(database) if database.exists() else Salvaged()
    aside = _free(database.parent, f"{database.name}.before-restore-", now, suffix="")
    with copy_to_restore(backup, database) as copy:
        merged = _made_ready(copy, old, backup, now, resume=resume)
        rows = verified(copy)
        there = database.exists()
        put_in_place(copy, database, aside)
    log.warning("restored %s: %d rows", backup.name, rows)
    return Restored(rows=rows, aside=aside if there else None, kept=kept, whole=old.whole, merged=merged)


def _kept(database: Path, folder: Path, now: datetime) -> Path | None:
    """A backup of what is about to be replaced; None: nothing is there, or nothing that can be copied whole."""
    if not database.exists():
        return None
    target = _free(folder, "flait-", now)
    try:
        back_up_file(database, target)
    except NotOurs as problem:
        log.warning("the present database cannot be backed up: %s", problem.message)
        return None
    return target


def _made_ready(copy: Path, old: Salvaged, backup: Path, now: datetime, *, resume: bool) -> TakenOver:
    """Bring the copy up to date, and make it know what it must: in one transaction, before anybody sees it."""
    with Store.open(copy, create=False) as store, store.transaction():
        merged = store.take_over(old, now, resume=resume)
        store.record(Step(at=now, step="restore", outcome="done", detail=backup.name))
    return merged


def _free(folder: Path, prefix: str, at: datetime, *, suffix: str = ".db") -> Path:
    """A name that nothing has yet."""
    stem, number = f"{prefix}{at:{_STAMP}}", 1
    path = folder / f"{stem}{suffix}"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}{suffix}"
    return path
