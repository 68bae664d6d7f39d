"""One daemon, or one `tick`, per database: a lock beside it, held for life, and freed by the kernel if that ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from flait.errors import Locked


def lock_of(database: Path) -> FileLock:
    """The lock beside a database: held by its one daemon, or by a `tick`."""
    return FileLock(database.with_suffix(".lock"), mode=0o600)


def is_running(database: Path) -> bool:
    """Whether a daemon holds the database's lock right now."""
    if not database.with_suffix(".lock").exists():
        return False
    try:
        with lock_of(database).acquire(timeout=0):
            return False
    except Timeout:
        return True


@contextmanager
def sole(database: Path) -> Iterator[None]:
    """Be the one daemon of this database. Raises Locked. A moment's patience outlasts somebody's look at the lock."""
    lock = lock_of(database)
    try:
        lock.acquire(timeout=0.5, poll_interval=0.05)
    except Timeout:
        raise Locked(
            "another daemon is running on this database", "see `flait daemon status`; stop it with `flait daemon stop`"
        ) from None
    try:
        yield
    finally:
        lock.release()
