"""A mark beside the database: how many changes it had seen, so that a log which was lost shows.

SQLite opens a database whose log was deleted as if nothing had ever been in it. So each change is counted inside, in
a row of its own, and beside it once it is stored. Never ahead of the database: what was cut short is no loss.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from flait.errors import Gone
from flait.store.engine import sqlite3
from flait.system.paths import MARK

COUNT: Final = "UPDATE changes SET count = count + 1 WHERE id = 1 RETURNING count"
_COUNTED: Final = "SELECT count FROM changes WHERE id = 1"
_COUNTED_BEFORE: Final = "PRAGMA user_version"  # where it stood before there was that row
LONGEST: Final = 64  # bytes


class Behind(Gone):
    """The database has lost changes that it had stored."""


def mark_of(database: Path) -> Path:
    """Where the mark of a database is."""
    return Path(f"{database}{MARK}")


def known(database: Path) -> int:
    """How many changes that very file has seen, as far as the mark tells; a copy in its place has no mark yet.

    Ask this before the file: others may go on meanwhile.
    """
    with suppress(OSError, ValueError):  # nobody wrote one
        handle = os.open(mark_of(database), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            file, count = os.read(handle, LONGEST).split()
        finally:
            os.close(handle)
        if int(file) == database.stat().st_ino:
            return int(count)
    return 0


def counted(conn: sqlite3.Connection) -> int:
    """How many changes the open database tells of."""
    found = None
    with suppress(sqlite3.OperationalError):  # it has no such table yet
        found = conn.execute(_COUNTED).fetchone()
    if found is None or not isinstance(found[0], int):  # nor, where bytes are damaged, the row
        found = conn.execute(_COUNTED_BEFORE).fetchone()
    return int(found[0])


def keep(database: Path, file: int, count: int) -> None:
    """That many changes are stored in the file (its inode). Never raises: without a mark all works as well."""
    with suppress(OSError):
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        handle = os.open(f"{database}{MARK}", flags, 0o600)
        try:
            os.pwrite(handle, b"%020d %020d\n" % (file, count), 0)
        finally:
            os.close(handle)


def forget(database: Path) -> None:
    """A database begins: what stood there before is nothing to it."""
    mark = mark_of(database)
    with suppress(OSError):
        mark.unlink()


def refuse_behind(database: Path, found: int, expected: int) -> None:
    """Raise Behind when fewer changes are found than the mark told of."""
    if found < expected:
        changes = f"{expected - found} changes" if expected - found > 1 else "change"
        raise Behind(
            f"the database {database} has lost its log, and with it the last {changes}",
            f"to go on with what is left, delete {mark_of(database)}",
        )
