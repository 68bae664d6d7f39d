"""Backups: one a day, one before whatever cannot be undone, others when asked for; a restore after which a STOP holds.

Decides names, kinds and when the next one is due; what is copied and merged is the store's business. Never deletes a
backup that somebody asked for, nor a database.
"""

import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from os import stat_result
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final

from msgspec import Struct

from flait.clock import Clock
from flait.errors import NotOurs, StoreError, UserError
from flait.store import (
    Salvaged,
    Step,
    Store,
    TakenOver,
    back_up_file,
    copy_to_restore,
    put_in_place,
    salvaged,
    sweep,
    verified,
)
from flait.system.paths import is_same, make_private, state_of

EVERY: Final = timedelta(hours=24)
_STAMP: Final = "%Y%m%d-%H%M%SZ"
log = logging.getLogger("flait.backup")


class BackupKind(StrEnum):
    """Who asked for a backup; only Flait's own are deleted when there are enough."""

    DAILY = "daily"
    SAFETY = "safety"
    MANUAL = "manual"


class Before(StrEnum):
    """Steps that only the safety copy made before them can undo; a word of that copy's name.

    Each keeps copies of its own: a `prune` every hour must not push out what was there before an upgrade.
    """

    MIGRATION = "migration"
    RESTORE = "restore"
    REMOVAL = "removal"
    PRUNE = "prune"
    LOSS = "loss"  # of the database itself: made by a daemon that still has it open


_NAME: Final = re.compile(
    rf"flait-((?P<daily>daily)-|before-(?P<before>{'|'.join(Before)})-)?(?P<at>\d{{8}}-\d{{6}}Z)(-\d+)?\.db", re.ASCII
)


class Backup(Struct, frozen=True, kw_only=True):
    """A backup that is there. `at` is when it was made, by the clock that its name was taken from."""

    path: Path
    at: datetime
    size: int  # bytes
    kind: BackupKind
    before: str = ""  # of a safety copy: before what


class Restored(Struct, frozen=True, kw_only=True):
    """What a restore did. `aside` and `kept` are what was there before: the file itself, and a backup of it."""

    rows: int
    aside: Path | None
    kept: Path | None
    whole: bool  # everything that must outlive a restore could be read
    merged: TakenOver


def create(store: Store, clock: Clock, target: Path, *, kind: BackupKind = BackupKind.MANUAL) -> Backup:
    """Back up to a file that is not there yet, and note it in the journal. Raises UserError, StoreError."""
    state = state_of(target)
    if state and S_ISDIR(state.st_mode):
        raise UserError(f"{target} is a folder", f"name a file in it, like {target / 'flait.db'}")
    if state:
        raise UserError(f"{target} exists already", "name a file that does not: a backup is never overwritten")
    if not target.parent.is_dir():
        raise UserError(f"the folder {target.parent} does not exist", "make it, or name another file")
    now = clock.now()
    rows = store.back_up(target)
    state = state_of(target)
    made = Backup(path=target, at=now, size=state.st_size if state else 0, kind=kind)
    log.info("backed up to %s: %d rows, proved", target.name, rows)
    try:
        store.record(Step(at=now, step="backup", outcome=kind.value, detail=f"{target.name}: {rows} rows"))
    except StoreError as fault:  # the backup stands all the same
        log.warning("the backup is made, and the journal does not say so: %s", fault)
    return made


def create_in(store: Store, clock: Clock, folder: Path) -> Backup:
    """Back up under a name with the time in it. Raises ConfigError, StoreError."""
    return create(store, clock, _free(make_private(folder), "flait-", clock.now()))


def daily(store: Store, clock: Clock, folder: Path, *, keep: int) -> Backup | None:
    """Back up when the last automatic one is a day old, then let the oldest of them go; None: not due yet.

    One dated in the future, from a clock that was wrong, puts nothing off.
    """
    now = clock.now()
    sweep(folder)
    earlier = [backup for backup in found(folder) if backup.kind is BackupKind.DAILY]
    if any(now - EVERY < backup.at <= now for backup in earlier):
        return None
    made = create(store, clock, _free(make_private(folder), "flait-daily-", now), kind=BackupKind.DAILY)
    _let_go(earlier, keep=keep)
    return made


def safety_copy(store: Store, clock: Clock, folder: Path, *, before: Before, keep: int) -> Backup:
    """Back up before that; then let the oldest that were made before the like go.

    Raises ConfigError, StoreError: there is no copy, and what was to follow must not.
    """
    earlier = _made_before(before, folder)
    target = _free(make_private(folder), _prefix(before), clock.now())
    made = create(store, clock, target, kind=BackupKind.SAFETY)
    _let_go(earlier, keep=keep)
    return made


def before_migration(database: Path, clock: Clock, folder: Path, *, keep: int) -> None:
    """The same of an earlier Flait's database, which cannot be opened as a Store yet."""
    earlier = _made_before(Before.MIGRATION, folder)
    target = _free(make_private(folder), _prefix(Before.MIGRATION), clock.now())
    try:
        rows = back_up_file(database, target)
    except StoreError as problem:
        what = f"{database} is an earlier Flait's, and was not changed: it cannot be backed up ({problem.message})"
        raise type(problem)(what, problem.hint) from problem
    _let_go(earlier, keep=keep)
    log.info("backed up to %s before the database is brought up to date: %d rows, proved", target.name, rows)


def _made_before(what: Before, folder: Path) -> list[Backup]:
    return [backup for backup in found(folder) if backup.before == what]


def _prefix(before: Before) -> str:
    return f"flait-before-{before}-"


def _let_go(earlier: Sequence[Backup], *, keep: int) -> None:
    """Delete all but the newest; one less than `keep` stays, for another has just been made."""
    for backup in earlier[keep - 1 :]:
        try:
            backup.path.unlink(missing_ok=True)
        except OSError as problem:  # the new one is what counts
            log.warning("the old backup %s cannot be removed: %s", backup.path.name, problem.strerror)


def found(folder: Path) -> list[Backup]:
    """The backups in a folder, newest first; of one second, the copy before a loss or a change is the newer one."""
    files = [(path, state_of(path)) for path in folder.glob("*.db") if not path.name.startswith(".")]
    there = [_found(path, state) for path, state in files if state and S_ISREG(state.st_mode)]
    return sorted(
        there, key=lambda backup: (backup.at, backup.kind is BackupKind.SAFETY, backup.path.name), reverse=True
    )


def _found(path: Path, state: stat_result) -> Backup:
    name = _NAME.fullmatch(path.name)
    at = _moment(name["at"]) if name else None
    daily, before = (name["daily"], name["before"] or "") if name and at else (None, "")
    return Backup(
        path=path,
        at=at or datetime.fromtimestamp(state.st_mtime, UTC),
        size=state.st_size,
        kind=BackupKind.DAILY if daily else BackupKind.SAFETY if before else BackupKind.MANUAL,
        before=before,
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
    state = state_of(backup)
    if state and not S_ISREG(state.st_mode):
        what = "a folder" if S_ISDIR(state.st_mode) else "no file"
        raise UserError(f"{backup} is {what}", "name a backup; `flait backup list` shows them")
    if is_same(backup, database):
        raise UserError(f"{backup} is the database itself", "name a backup; `flait backup list` shows them")
    return verified(backup)


def restore(
    database: Path, backup: Path, clock: Clock, *, folder: Path, keep: int | None = None, resume: bool = False
) -> Restored:
    """Put a backup in the database's place; whoever calls holds the daemon's lock, and has no connection open.

    The present database is backed up if that can be done, and in any case set aside under another name. What must
    outlive it (STOPs first) is merged before the backup takes its place. Raises StoreError: nothing was changed then.
    `keep` is how many of the copies made before restores stay; the backup that is restored always does.
    """
    now = clock.now()
    check(backup, database)
    earlier = [made for made in _made_before(Before.RESTORE, folder) if not is_same(made.path, backup)]
    kept = _kept(database, make_private(folder), now)
    old = salvaged(database) if database.exists() else Salvaged()
    aside = _free(database.parent, f"{database.name}.before-restore-", now, suffix="")
    with copy_to_restore(backup, database) as copy:
        merged = _made_ready(copy, old, backup, now, resume=resume)
        rows = verified(copy)
        there = database.exists()
        put_in_place(copy, database, aside)
    if kept and keep:
        _let_go(earlier, keep=keep)
    log.info("restored %s: %d rows", backup.name, rows)
    return Restored(rows=rows, aside=aside if there else None, kept=kept, whole=old.whole, merged=merged)


def _kept(database: Path, folder: Path, now: datetime) -> Path | None:
    """A backup of what is about to be replaced; None: nothing is there, or nothing that can be copied whole."""
    if not database.exists():
        return None
    target = _free(folder, _prefix(Before.RESTORE), now)
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
