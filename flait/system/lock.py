"""One daemon, one `tick` or one restore per database: a lock beside it, which the kernel frees however that ends.

The lock says who holds it: what it is, its process id, since when, and where its run-time files are. So who runs is
known where the database itself is what fails.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flait.errors import ConfigError, Locked
from flait.system.paths import open_private

DAEMON: Final = "the daemon"
A_LOOK: Final = 0.5  # seconds, real: outlasts somebody's look at the lock
PAUSE: Final = 0.05  # seconds, real
LONGEST: Final = 16 * 1024  # bytes of what a lock says


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock. An earlier Flait's daemon says nothing of itself: all is None but `what`."""

    what: str = DAEMON
    pid: int | None = None
    since: datetime | None = None
    run_dir: Path | None = None

    @property
    def named(self) -> str:
        """`the daemon (pid 12)`."""
        return f"{self.what} (pid {self.pid})" if self.pid else self.what


class HeldLock:
    """A lock while it is held."""

    def __init__(self, file: Path, handle: int, says: Holder) -> None:
        self._file = file
        self._handle = handle
        self._says = says
        self._say()

    def is_kept(self) -> bool:
        """Whether others still meet this lock; it is taken anew where somebody deleted the file. False: no longer."""
        if _is_at(self._file, self._handle):
            return True
        with suppress(ConfigError):  # its folder is gone too
            handle = take(self._file, patience=0)
            if handle is not None:
                os.close(self._handle)
                self._handle = handle
                self._say()
                return True
        return False

    def release(self) -> None:
        """Let others have it."""
        os.close(self._handle)

    def _say(self) -> None:
        fields = {"what": self._says.what, "pid": self._says.pid, "run_dir": str(self._says.run_dir or "")}
        fields["since"] = self._says.since.isoformat() if self._says.since else ""
        with suppress(OSError):  # on a full disk nobody knows who it is; the lock holds all the same
            os.pwrite(self._handle, json.dumps(fields).encode().ljust(os.fstat(self._handle).st_size), 0)


def take(file: Path, *, patience: float) -> int | None:
    """A descriptor that holds the file's lock until it is closed; None: another does, for all of `patience` (real s).

    Raises ConfigError: the file cannot be Flait's own, or its file system knows no locks.
    """
    until = time.monotonic() + patience
    while True:
        handle = open_private(file, os.O_RDWR)
        try:
            if _locked(handle, file) and _is_at(file, handle):  # else it was deleted meanwhile
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() >= until:
            return None
        threading.Event().wait(PAUSE)


def _locked(handle: int, file: Path) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as problem:
        raise no_locks(file.parent, problem) from problem
    return True


def no_locks(folder: Path, problem: OSError) -> ConfigError:
    """Why nothing can be kept on this file system."""
    return ConfigError(
        f"the file system of {folder} knows no locks ({problem.strerror})",
        "keep Flait's data on a disk of this machine: set FLAIT_HOME",
    )


def _is_at(file: Path, handle: int) -> bool:
    """Whether the open file is the one that stands there; where that cannot be seen, it is not."""
    try:
        return os.path.samestat(file.stat(), os.fstat(handle))
    except OSError:
        return False


def lock_of(database: Path) -> Path:
    """Where the lock of a database is."""
    return database.with_suffix(".lock")


def holder(database: Path) -> Holder | None:
    """Who is at work on this database right now; None: nobody. Lookers do not get in each other's way."""
    try:
        handle = os.open(lock_of(database), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _said(os.read(handle, LONGEST))
    except OSError as problem:
        raise no_locks(database.parent, problem) from problem
    finally:
        os.close(handle)
    return None


def _said(content: bytes) -> Holder:
    with suppress(ValueError, KeyError, TypeError):
        fields: dict[str, Any] = json.loads(content)
        return Holder(
            what=fields["what"],
            pid=fields["pid"],
            since=datetime.fromisoformat(fields["since"]) if fields["since"] else None,
            run_dir=Path(fields["run_dir"]) if fields["run_dir"] else None,
        )
    return Holder()


@contextmanager
def sole(
    database: Path, what: str = DAEMON, *, since: datetime | None = None, run_dir: Path | None = None
) -> Iterator[HeldLock]:
    """Be the only one at work on this database. Raises Locked, which says who is, and ConfigError."""
    file = lock_of(database)
    handle = take(file, patience=A_LOOK)
    if handle is None:
        raise refusal(holder(database) or Holder())
    held = HeldLock(file, handle, Holder(what=what, pid=os.getpid(), since=since, run_dir=run_dir))
    try:
        yield held
    finally:
        held.release()


def daemon_of(database: Path) -> Holder | None:
    """The daemon that runs on this database; None: none does. A `tick` or a restore at work is none."""
    other = holder(database)
    return other if other and other.what == DAEMON else None


def refusal(other: Holder) -> Locked:
    """What is said to who comes second."""
    if other.what != DAEMON:
        return Locked(f"{other.named} is at work on this database", "try again when it is done")
    hint = "see `flait daemon status`; stop it with `flait daemon stop`"
    return Locked(f"another daemon is running on this database{f', pid {other.pid}' if other.pid else ''}", hint)
