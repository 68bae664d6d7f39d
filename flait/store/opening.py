"""Opening a database file: whose is it, is it whole, is it up to date? Refuses before a byte is changed.

Nothing is ever re-created, moved or repaired here: a file that cannot be used is the operator's to look at.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from enum import Enum, auto
from pathlib import Path
from threading import Lock
from typing import Final

from flait.errors import Busy, NotOurs, StoreError
from flait.schema import APPLICATION_ID, NAMES, migrations
from flait.store import mark
from flait.store.connection import BUSY_SECONDS, RESTORE, code_of, fault
from flait.store.engine import sqlite3
from flait.system.paths import state_of

A_MOMENT: Final = 1.0  # seconds, real
BUSY_MILLISECONDS: Final = round(BUSY_SECONDS * 1000)
MARK_AT, HEADER = 68, 72  # where the application id stands in a SQLite file, and ends
CACHE: Final = "cache_size = -256"  # KiB of pages kept by each of a daemon's two dozen connections
STATEMENTS: Final = 48  # prepared statements that each of them keeps, at 13 kB: a poll has some thirty
MOST_TURNS: Final = 100  # other processes that may come first while the journal mode is switched

# After a close() by anyone in this process, POSIX drops the process's locks on the file: no connection may be open
# to a file while it is being created.
_creating = Lock()


# sqlite-utils' own record of what it applied; read here without it, for most opens find nothing to do.
_APPLIED: Final = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'flait'"


class FileState(Enum):
    """What a file is to this Flait."""

    NEW = auto()
    OLD = auto()  # an earlier Flait's: to be migrated
    CURRENT = auto()


First = Callable[[Path], object]
"""What is to be done about an earlier Flait's database before it is changed, like a copy of it."""


def opened(path: Path, *, create: bool, first: First | None = None) -> sqlite3.Connection:
    """A connection to Flait's database, migrated, ready. Raises StoreError, with path and remedy, and changes nothing.

    An up-to-date database is only read. Without `create`, a file that holds nothing yet is refused too. An earlier
    Flait's is handed to `first` before it is migrated, and stays as it is when that raises.
    """
    try:
        return _opened(path, create=create, first=first)
    except sqlite3.DatabaseError as problem:
        if not _cured(problem, path):
            raise fault(problem, path) from problem
    try:
        return _opened(path, create=create, first=first)
    except sqlite3.DatabaseError as problem:
        raise fault(problem, path) from problem


def _opened(path: Path, *, create: bool, first: First | None) -> sqlite3.Connection:
    expected = mark.known(path)
    conn = _connected(path, create=create)
    try:
        _prepare(conn, path, create=create, first=first, expected=expected)
    except BaseException:
        conn.close()
        raise
    return conn


def _cured(problem: sqlite3.DatabaseError, path: Path) -> bool:
    """Whether it was the log, which wants memory that processes share, and there is no log any more.

    Such a database was brought here from another file system. Read by one process alone it needs no shared memory.
    """
    if code_of(problem) != sqlite3.SQLITE_IOERR or _can_share(path) or not _is_marked(path):
        return False
    with closing(_connected(path, create=False)) as conn:
        for setting in ("locking_mode = EXCLUSIVE", "journal_mode = DELETE"):
            conn.execute(f"PRAGMA {setting}")
    return True


def wal_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite's write-ahead log is sound.

    3.7.0 to 3.51.2 can corrupt the file when two connections write and reset the log at once
    (https://sqlite.org/wal.html#walresetbug), fixed in 3.51.3 and, backported, in 3.50.7 and 3.44.6.
    """
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


JOURNAL: Final = "wal" if wal_safe(sqlite3.sqlite_version_info) else "delete"


def _can_share(path: Path) -> bool:
    from flait.store.filesystem import shares_memory

    return shares_memory(path.parent)


def _is_marked(path: Path) -> bool:
    """Whether the file says that it is Flait's, read without SQLite, which cannot."""
    with path.open("rb") as file:
        return file.read(HEADER)[MARK_AT:] == APPLICATION_ID.to_bytes(4, "big")


def _connected(path: Path, *, create: bool) -> sqlite3.Connection:
    _check_place(path)
    with _creating:
        if not path.exists():
            if not create:
                raise _missing(path)
            _create(path)
        try:
            conn = sqlite3.connect(
                path.absolute().as_uri() + "?mode=rw",  # a file that vanished meanwhile is not made anew
                uri=True,
                isolation_level=None,
                timeout=A_MOMENT,
                cached_statements=STATEMENTS,
            )
        except sqlite3.DatabaseError as problem:
            raise fault(problem, path) from problem
        conn.row_factory = sqlite3.Row
        return conn


def _check_place(path: Path) -> None:
    """Each file is looked at once: others may make it or take it away at any moment.

    The log is looked at first: another process may just be making the database, and no log comes before its file.
    """
    folder = path.parent
    try:
        log, found = state_of(Path(f"{path}-wal")), state_of(path)
        if not folder.is_dir():
            raise StoreError(f"the folder {folder} does not exist", "make it, or name another file")
    except OSError as problem:
        raise StoreError(f"{path} cannot be opened ({problem.strerror})", "name another file") from problem
    if found and not stat.S_ISREG(found.st_mode):
        raise StoreError(f"{path} is not a file", "name another file")
    if found and found.st_size == 1:  # SQLite would take it for an empty one, and write over it
        raise NotOurs(f"{path} is not a database", "name another file, or move this one away")
    if log and log.st_size and found and not found.st_size:  # SQLite would throw the log away too
        raise NotOurs(f"{path} is empty, and its log is not", RESTORE)
    # SQLite would open a file read-only that it may not write, and need to make others beside it.
    if not os.access(folder, os.W_OK) or (found and not _may_write(path)):
        raise StoreError(f"{path} cannot be written", "check who owns the file and its folder")


def _may_write(path: Path) -> bool:
    return os.access(path, os.W_OK) or state_of(path) is None


def _missing(path: Path) -> StoreError:
    return StoreError(f"there is no database {path}", "any command that adds something makes one")


def _create(path: Path) -> None:
    """An empty file that only its owner may read, whatever the umask: it holds telephone numbers."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:  # another process came first
        return
    except OSError as problem:
        raise StoreError(f"{path} cannot be made ({problem.strerror})", "check its folder and free space") from problem
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _prepare(conn: sqlite3.Connection, path: Path, *, create: bool, first: First | None, expected: int) -> None:
    found = _first_look(conn, path)
    if found is FileState.NEW and not create:
        raise _missing(path)
    if found is FileState.NEW:
        mark.forget(path)
    else:
        mark.refuse_behind(path, mark.counted(conn), expected)
    for setting in ("synchronous = FULL", "trusted_schema = OFF", "mmap_size = 0", "temp_store = MEMORY", CACHE):
        conn.execute(f"PRAGMA {setting}")
    if found is not FileState.CURRENT:
        _migrate(conn, path, first)
    _set_journal(conn, path)
    conn.execute("PRAGMA foreign_keys = ON")


def _first_look(conn: sqlite3.Connection, path: Path) -> FileState:
    """Wait for a moment at first only: a file system without locks looks like a lock that somebody holds."""
    try:
        return standing(conn, path)
    except sqlite3.DatabaseError as problem:
        if code_of(problem) != sqlite3.SQLITE_BUSY:
            raise
        from flait.store.filesystem import refuse_without_locks

        refuse_without_locks(path.parent)
    finally:
        conn.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
    return standing(conn, path)


def standing(conn: sqlite3.Connection, path: Path) -> FileState:
    """What the file is to this Flait; nothing is written. Raises NotOurs: another program's, or a newer Flait's."""
    with _block(conn, "BEGIN"):  # one view of the file: another process may be making it
        return _seen(conn, path)


def _seen(conn: sqlite3.Connection, path: Path) -> FileState:
    owner = conn.execute("PRAGMA application_id").fetchone()[0]
    empty = conn.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if owner == 0 and empty:
        return FileState.NEW
    if owner != APPLICATION_ID:
        raise NotOurs(f"{path} is another program's database", "name another file")
    applied = {row[0] for row in conn.execute(_APPLIED)}
    if applied - NAMES:
        raise NotOurs(f"{path} was written by a newer Flait", "upgrade this one, or name another file")
    return FileState.CURRENT if applied == NAMES else FileState.OLD


@contextmanager
def _block(conn: sqlite3.Connection, begin: str) -> Iterator[None]:
    conn.execute(begin)
    try:
        yield
        conn.execute("COMMIT")
    except BaseException:
        conn.rollback()
        raise


def _migrate(conn: sqlite3.Connection, path: Path, first: First | None) -> None:
    """All that is missing in one transaction: what opens afterwards is as this Flait knows it, or as it was before.

    Several processes may come at once: the first to have the write lock does it, `first` included, for a reader sees
    there exactly what is about to be migrated; the others find nothing left to do.
    """
    from sqlite_utils import Database

    db, steps = Database(conn, strict=True, execute_plugins=False), migrations()
    conn.execute("PRAGMA foreign_keys = OFF")  # tables may be rebuilt; it cannot be switched inside a transaction
    with _block(conn, "BEGIN IMMEDIATE"):
        found = _seen(conn, path)
        if found is FileState.OLD and first:
            first(path)
        if found is not FileState.CURRENT:
            steps.apply(db)
            if conn.execute("PRAGMA foreign_key_check").fetchone():
                raise StoreError(f"{path} has rows that refer to nothing; it was not migrated", RESTORE)


def _set_journal(conn: sqlite3.Connection, path: Path) -> None:
    """Switch the journal when it is not the right one. The switch does not wait for other writers; a write does."""
    for _ in range(MOST_TURNS):
        if conn.execute("PRAGMA journal_mode").fetchone()[0] == JOURNAL:
            return
        if JOURNAL == "wal" and not _can_share(path):
            return  # the rollback journal stays, which is sound
        try:
            conn.execute(f"PRAGMA journal_mode = {JOURNAL}")
        except sqlite3.OperationalError as problem:
            if code_of(problem) != sqlite3.SQLITE_BUSY:
                raise
        else:
            return
        with _block(conn, "BEGIN IMMEDIATE"):
            pass
    raise Busy(f"the database {path} is busy", "try again when less is going on")
