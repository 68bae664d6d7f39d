"""Copies of the whole database: made while others write, proved before they count, and put back in its place.

A copy appears under its name only when it is whole, on disk, and holds the rows of the very snapshot it was taken
from. Nothing that stands here is ever overwritten: what is replaced is set aside.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from flait.errors import Busy, NotFound, NotOurs, StoreError
from flait.store import mark
from flait.store.connection import Connection, fault, sqlite3
from flait.store.opening import FileState, standing
from flait.system.paths import BESIDE, MARK, state_of

DRAFT: Final = ".partial"  # how the name of an unfinished copy ends
QUIET_WITHIN: Final = 5.0  # seconds: other commands that still read or write
NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})  # FAT, and some over a network
_ANOTHER: Final = "restore a backup that is whole: `flait backup list` shows them"

# A query that counts the rows of every table there is.
_COUNTING: Final = """
SELECT group_concat('SELECT ' || quote(name) || ', count(*) FROM "' || replace(name, '"', '""') || '"', ' UNION ALL ')
FROM sqlite_schema WHERE type = 'table'
"""


class Backups(Connection):
    """Copies of all there is."""

    def back_up(self, target: Path) -> int:
        """A proved copy of all that is committed, 0600; how many rows it holds. Not inside a transaction.

        Others go on writing. Raises StoreError: the name is taken, the disk is full, the database is damaged; then
        there is no copy, and no other backup was touched.
        """
        with draft(target) as copy:
            rows = _copied(self._conn, copy, self.path)
            _publish_new(copy, target)
        return rows


def back_up_file(database: Path, target: Path) -> int:
    """The same of a database that nobody has open. Raises StoreError; NotOurs: it cannot be copied whole."""
    with _faults(database), closing(connected(database, untouched(database))) as conn, draft(target) as copy:
        rows = _copied(conn, copy, database)
        _publish_new(copy, target)
    return rows


def verified(backup: Path) -> int:
    """How many rows a backup holds. Only reads. Raises NotFound; NotOurs: foreign, newer, empty or damaged."""
    if not backup.exists():
        raise NotFound(f"there is no file {backup}", "`flait backup list` shows the backups")
    with _faults(backup), closing(connected(backup, _still(backup))) as conn:
        return sum(_proved(conn, backup).values())


@contextmanager
def copy_to_restore(backup: Path, database: Path) -> Iterator[Path]:
    """A proved copy of a backup beside the database it is to replace, gone afterwards unless put in place."""
    with draft(database) as copy:
        with _faults(backup), closing(connected(backup, _still(backup))) as conn:
            _copied(conn, copy, backup)
        yield copy


def put_in_place(copy: Path, database: Path, aside: Path) -> None:
    """The copy becomes the database, in one step; what was there keeps its bytes under the name `aside`.

    Raises Busy while another command has the database open, StoreError; nothing was changed then.
    """
    if database.exists():
        _quieten(database)
    try:
        _set_aside(database, aside)
    except OSError as problem:
        raise _unwritable(aside, problem) from problem
    publish(copy, database)


def _quieten(database: Path) -> None:
    """Nobody else has it open, and nothing of it stands in files beside it.

    Whoever had it open while it is replaced would write beside its new namesake, and damage that. What Flait would not
    open (damaged, emptied, another's) stays byte for byte as it is.
    """
    try:
        with closing(connected(database, untouched(database))) as conn:
            if not _is_ours(conn, database) or not is_whole(conn):
                return
        with closing(connected(database, "mode=rw")) as conn:
            conn.execute("PRAGMA journal_mode = DELETE")
            conn.execute("BEGIN EXCLUSIVE")
            conn.execute("COMMIT")
    except sqlite3.DatabaseError as problem:
        found = fault(problem, database)
        if isinstance(found, Busy):
            raise found from problem


def _is_ours(conn: sqlite3.Connection, database: Path) -> bool:
    try:
        return standing(conn, database) is not FileState.NEW
    except NotOurs:
        return False


def _set_aside(database: Path, aside: Path) -> None:
    """Second names first: at no moment is there no database. Where there are none, our lock keeps others from one."""
    beside = [suffix for suffix in BESIDE if state_of(Path(f"{database}{suffix}"))]
    for suffix in (*(("",) if state_of(database) else ()), *beside):
        if not _linked(Path(f"{database}{suffix}"), Path(f"{aside}{suffix}")):
            Path(f"{database}{suffix}").rename(f"{aside}{suffix}")
    for suffix in beside:  # SQLite would take an old log for the new file's
        with suppress(FileNotFoundError):  # it was renamed
            Path(f"{database}{suffix}").unlink()
    mark.forget(database)


@contextmanager
def draft(target: Path) -> Iterator[Path]:
    """An empty file beside `target`, 0600, that goes again; those that dead processes left there go first."""
    copy = target.with_name(f".{target.name}.{os.urandom(4).hex()}{DRAFT}")
    try:
        sweep(target.parent)
        handle = os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise _unwritable(target, problem) from problem
    try:
        os.fchmod(handle, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX)  # freed by the kernel whatever kills us: then it may be swept
        yield copy
    finally:
        with suppress(OSError):  # what stays is swept by the next one
            _remove(copy)
        os.close(handle)


def sweep(folder: Path) -> None:
    """Take drafts away that dead processes left there."""
    for left in folder.glob(f".*{DRAFT}"):
        with suppress(OSError), left.open("rb") as file:  # held by another, or another's
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(left)


def _remove(copy: Path) -> None:
    for suffix in ("", *BESIDE, MARK):
        Path(f"{copy}{suffix}").unlink(missing_ok=True)


def publish(copy: Path, target: Path) -> None:
    """A finished copy gets its name, safe from a power cut. Raises StoreError."""
    mark.forget(copy)  # a draft's: once that name is gone, nobody would sweep it
    try:
        _flush(copy)
        copy.replace(target)
        _flush(target.parent)
    except OSError as problem:
        raise _unwritable(target, problem) from problem


def _publish_new(copy: Path, target: Path) -> None:
    """The same, where nothing may stand yet. Raises StoreError: something does, or the folder cannot be written."""
    try:
        _flush(copy)
        if _linked(copy, target):
            _flush(target.parent)
            return
    except FileExistsError as problem:
        raise StoreError(f"{target} exists already", "name another file: a backup is never overwritten") from problem
    except OSError as problem:
        raise _unwritable(target, problem) from problem
    publish(copy, target)


def _linked(file: Path, name: Path) -> bool:
    """Give a file a second name, where nothing stands yet; False: the file system knows no second names."""
    try:
        os.link(file, name)
    except OSError as problem:
        if problem.errno in NO_LINKS:
            return False
        raise
    return True


def _flush(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unwritable(place: Path, problem: OSError) -> StoreError:
    return StoreError(f"{place} cannot be written ({problem.strerror})", "check its folder and free space")


def _copied(conn: sqlite3.Connection, copy: Path, named: Path) -> int:
    """Copy what `conn` sees now, and prove it; how many rows it holds. `named` is the file that faults speak of."""
    try:
        counts = _snapshot(conn, copy)
        with closing(connected(copy, _still(copy))) as proof:
            found = _proved(proof, named)
    except sqlite3.DatabaseError as problem:
        raise fault(problem, named) from problem
    if found != counts:
        raise StoreError(f"the copy of {named} does not hold the same rows", "try again, and report this")
    return sum(counts.values())


def _snapshot(conn: sqlite3.Connection, copy: Path) -> dict[str, int]:
    """How many rows each table has; counted and copied in one view of the database, whoever writes meanwhile."""
    with closing(connected(copy, "mode=rw")) as target:
        for setting in ("journal_mode = OFF", "synchronous = OFF"):  # nothing but a draft is lost
            target.execute(f"PRAGMA {setting}")
        conn.execute("BEGIN")
        try:
            counts = _counts(conn)
            conn.backup(target)
        finally:
            conn.rollback()
        target.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    return counts


def _proved(conn: sqlite3.Connection, named: Path) -> dict[str, int]:
    """The rows of each table. Raises NotOurs: not this Flait's, empty, or damaged."""
    if standing(conn, named) is FileState.NEW:
        raise NotOurs(f"{named} holds nothing", _ANOTHER)
    if not is_whole(conn) or conn.execute("PRAGMA foreign_key_check").fetchone():
        raise NotOurs(f"the database {named} is damaged", _ANOTHER)
    return _counts(conn)


def is_whole(conn: sqlite3.Connection) -> bool:
    """What SQLite's own check says. Raises sqlite3.DatabaseError."""
    return [tuple(row) for row in conn.execute("PRAGMA integrity_check(1)")] == [("ok",)]


def _counts(conn: sqlite3.Connection) -> dict[str, int]:
    counting: str | None = conn.execute(_COUNTING).fetchone()[0]
    return {row[0]: row[1] for row in conn.execute(counting)} if counting else {}


def connected(path: Path, how: str) -> sqlite3.Connection:
    """A plain connection, nothing migrated; `how` is SQLite's query, like `mode=ro`. Raises sqlite3.DatabaseError."""
    conn = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, timeout=QUIET_WITHIN)
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA trusted_schema = OFF")
    return conn


def untouched(database: Path) -> str:
    """How to read a database that may be damaged: a connection that may write would throw away a log it cannot use.

    Only a change that was cut short must be undone before anything can be read.
    """
    return "mode=rw" if Path(f"{database}-journal").exists() else "mode=ro"


def _still(path: Path) -> str:
    """How to read a file that nobody writes: not a byte beside it is made, unless a log stands there already."""
    beside = any(Path(f"{path}{suffix}").exists() for suffix in BESIDE)
    return "mode=ro" if beside else "mode=ro&immutable=1"


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Whatever SQLite cannot make of that file, it is not one to go by."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        found = fault(problem, path)
        raise found if isinstance(found, Busy | NotOurs) else NotOurs(found.message, _ANOTHER) from problem
