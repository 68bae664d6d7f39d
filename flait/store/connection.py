"""One connection and its transactions: every statement of the store passes through here, and every fault.

Never knows a table. A connection belongs to the thread that opened it.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Concatenate, Final, ParamSpec, TypeVar

# pysqlite3 where it is installed, whose errors are classes of its own.
from flait.errors import Busy, Gone, NotOurs, StoreError
from flait.store import mark
from flait.store.engine import sqlite3
from flait.store.rows import Row, plain

__all__ = ["Connection", "Taken", "fault", "writing", "sqlite3", "RESTORE"]

RESTORE: Final = "stop the daemon, then restore a backup: flait backup restore FILE"

# SQLite's primary result codes: what a person reads, and what they can do about it. {} is the file.
_FAULTS: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_BUSY: ("the database {} is busy", "another command is writing to it; try again"),
    sqlite3.SQLITE_LOCKED: ("the database {} is busy", "another command is writing to it; try again"),
    sqlite3.SQLITE_FULL: ("the disk of {} is full", "free some space, then try again"),
    sqlite3.SQLITE_IOERR: ("the disk of {} failed, or is full", "check its free space and its health, then try again"),
    sqlite3.SQLITE_READONLY: ("{} cannot be written", "check who owns the file and its folder"),
    sqlite3.SQLITE_PERM: ("{} may not be opened", "check who owns the file and its folder"),
    sqlite3.SQLITE_CANTOPEN: ("{} cannot be opened", "check that it is a file and that you may write to its folder"),
    sqlite3.SQLITE_NOTADB: ("{} is not a database", "name another file, or move this one away"),
    sqlite3.SQLITE_CORRUPT: ("the database {} is damaged", RESTORE),
    sqlite3.SQLITE_TOOBIG: ("something is too long for the database {}", "shorten it"),
}


_KINDS: Final[dict[int, type[StoreError]]] = {
    sqlite3.SQLITE_BUSY: Busy,
    sqlite3.SQLITE_LOCKED: Busy,
    sqlite3.SQLITE_NOTADB: NotOurs,
    sqlite3.SQLITE_CORRUPT: NotOurs,
}

BUSY_SECONDS: Final = 30.0  # SQLite's queue is unfair: four writers at once have been seen to wait 2.5 s

# Threads of one process queue here, not in SQLite's busy handler, which sleeps between tries: eight pollers then
# write three times as fast. Other processes still meet in SQLite.
_lines: Final[dict[Path, Lock]] = {}
_line_forming: Final = Lock()


class Taken(StoreError):
    """A UNIQUE constraint says no: the row is already there. Callers turn it into an answer."""


def fault(problem: sqlite3.Error, path: Path) -> StoreError:
    """SQLite's error as a sentence. What was being written was rolled back."""
    if str(problem).startswith("UNIQUE"):  # pysqlite3 has no codes for the kinds of constraints
        return Taken(f"{path} has that already ({problem})", "report this")
    code = code_of(problem)
    if code not in _FAULTS:
        return StoreError(f"the database {path} refused a change ({problem})", "report this")
    return _KINDS.get(code, StoreError)(*_sentences(code, path))


_BY_WORDS: Final[dict[str, int]] = {  # what comes without a code, from a backup for instance
    "database or disk is full": sqlite3.SQLITE_FULL,
    "disk I/O error": sqlite3.SQLITE_IOERR,
    "database is locked": sqlite3.SQLITE_BUSY,
    "unable to open database file": sqlite3.SQLITE_CANTOPEN,
    "attempt to write a readonly database": sqlite3.SQLITE_READONLY,
    "database disk image is malformed": sqlite3.SQLITE_CORRUPT,
    "file is not a database": sqlite3.SQLITE_NOTADB,
}


def code_of(problem: sqlite3.Error) -> int:
    """SQLite's primary result code; pysqlite3 has no other. 0: none."""
    code = getattr(problem, "sqlite_errorcode", None) or _BY_WORDS.get(str(problem), 0)
    return int(code) & 0xFF


def _sentences(code: int, path: Path) -> tuple[str, str]:
    sentence, hint = _FAULTS[code]
    return sentence.replace("{}", str(path)), hint


class _Translated:
    """Around what SQLite does: its errors come out as sentences. Not a generator, for it is around every statement."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A ProgrammingError is a mistake in this program, not a fault of the database.
        if isinstance(problem, sqlite3.DatabaseError) and not isinstance(problem, sqlite3.ProgrammingError):
            raise fault(problem, self._path) from problem


Place = Mapping[str, tuple[int, int]]
"""The files of an open database: the end of each name, and which file that is (device and inode)."""

TOGETHER: Final = {"wal": ("", "-wal", "-shm")}  # by the journal: while one of these is open, each stays the same file


def place_of(path: Path, ends: Iterable[str]) -> Place:
    """Which files stand there now. Raises Gone: none does, or it was emptied."""
    found: dict[str, tuple[int, int]] = {}
    for end in ends:
        with suppress(FileNotFoundError):
            state = os.stat(f"{path}{end}")  # noqa: PTH116  # a third of an idle tick goes into making paths else
            found[end] = (state.st_dev, state.st_ino)
            if not end and not state.st_size:
                raise Gone(f"the database {path} was emptied", RESTORE)
    if "" not in found:
        raise Gone(f"the database {path} is gone: it was moved or deleted", RESTORE)
    return found


class Connection:
    """What every part of the store stands on. Use flait.store.Store."""

    def __init__(self, conn: sqlite3.Connection, path: Path) -> None:
        self.path = path
        conn.execute("SELECT 1 FROM sqlite_schema").fetchone()  # a log that was just switched on: a read opens it
        journal = conn.execute("PRAGMA journal_mode").fetchone()[0]
        self.place = place_of(path, TOGETHER.get(journal, ("",)))
        self.patience = BUSY_SECONDS
        self._conn = conn
        self._inside = False
        self._torn = False  # half of a method was done since the last savepoint
        self._translated = _Translated(path)
        with _line_forming:
            self._in_line = _lines.setdefault(path, Lock())

    def close(self) -> None:
        """Close the file. An open transaction is rolled back."""
        self._conn.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Store everything or nothing, from BEGIN IMMEDIATE to COMMIT; inside another transaction it is a savepoint.

        Raises StoreError when the database stays busy for 30 s, or when a write or the commit fails: nothing is
        stored then. Whatever else is raised inside rolls back too, and passes through. Never call out from inside.
        """
        with self._translated:
            yield from self._nested() if self._inside else self._outermost()

    def refuse_elsewhere(self) -> None:
        """Raise Gone unless the files that are open are those that stand there: others would never see what is written.

        Asked before each transaction, for SQLite itself notices nothing.
        """
        try:
            there = place_of(self.path, self.place)
        except OSError as problem:
            raise Gone(f"the database {self.path} is gone ({problem.strerror})", RESTORE) from problem
        if there[""] != self.place[""]:
            raise Gone(f"another file stands in the place of the database {self.path}", "run `flait daemon restart`")
        if any(there.get(end) != file for end, file in self.place.items()):
            raise Gone(f"a file that belongs to the database {self.path} was deleted or replaced", RESTORE)

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """What is read inside stands together, whatever others write meanwhile. Nothing may be written inside."""
        with self._translated:
            self._conn.execute("BEGIN")
            try:
                yield
            finally:
                self._conn.execute("ROLLBACK")

    def _outermost(self) -> Iterator[None]:
        if not self._in_line.acquire(timeout=self.patience):
            raise Busy(*_sentences(sqlite3.SQLITE_BUSY, self.path))
        try:
            self.refuse_elsewhere()
            self._conn.execute("BEGIN IMMEDIATE")
            self._inside, self._torn = True, False
            before = self._conn.total_changes
            yield
            self._still_inside()
            self._commit(changed=self._conn.total_changes != before)
        except BaseException:
            with suppress(sqlite3.Error):  # the first error is the one to tell
                self._conn.rollback()
            raise
        finally:
            self._inside = False
            self._in_line.release()

    def _commit(self, *, changed: bool) -> None:
        """Count it where something changed: inside with the change, and beside the database once that is stored."""
        if not changed:
            self._conn.execute("COMMIT")
            return
        found = self._conn.execute(mark.COUNT).fetchall()
        if not found:
            raise StoreError(f"the database {self.path} is damaged", RESTORE)
        [(count,)] = found
        self._conn.execute("COMMIT")
        mark.keep(self.path, self.place[""][1], count)

    def checkpoint(self) -> None:
        """Carry what is in the log into the file itself, as far as nobody reads what was before. Not inside another."""
        with self._translated:
            self._conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def _nested(self) -> Iterator[None]:
        self._still_inside()
        self._conn.execute("SAVEPOINT nested")
        try:
            yield
            self._still_inside()
        except BaseException:
            with suppress(sqlite3.Error):
                self._conn.execute("ROLLBACK TO nested")
                self._conn.execute("RELEASE nested")
                self._torn = False
            raise
        self._conn.execute("RELEASE nested")

    def _still_inside(self) -> None:
        """What follows must not be stored without what went before.

        SQLite rolls back by itself when the disk fails; and of a method that raised, half may have been done.
        """
        if self._inside and (self._torn or not self._conn.in_transaction):
            raise StoreError(f"a change to {self.path} was rolled back", "try again")

    def _rows(self, sql: str, **values: object) -> list[Row]:
        """Run one statement and fetch all it gives; `values` are bound by name."""
        with self._translated:
            return [dict(row) for row in self._execute(sql, values)]

    def _row(self, sql: str, **values: object) -> Row | None:
        """The first row, or None."""
        rows = self._rows(sql, **values)
        return rows[0] if rows else None

    def _change(self, sql: str, **values: object) -> int:
        """Run one statement; how many rows it changed."""
        with self._translated:
            return self._execute(sql, values).rowcount

    def _execute(self, sql: str, values: dict[str, object]) -> sqlite3.Cursor:
        self._still_inside()
        return self._conn.execute(sql, {name: plain(value) for name, value in values.items()})


Part = TypeVar("Part", bound=Connection)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def writing(
    method: Callable[Concatenate[Part, Arguments], Result],
) -> Callable[Concatenate[Part, Arguments], Result]:
    """Run a method of the store as one transaction, or as part of the one that is open.

    It has no savepoint there, for the sake of speed: when it raises, that transaction cannot be committed any more.
    """

    @wraps(method)
    def run(self: Part, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if self._inside:
            try:
                return method(self, *args, **kwargs)
            except BaseException:
                self._torn = True
                raise
        with self.transaction():
            return method(self, *args, **kwargs)

    return run
