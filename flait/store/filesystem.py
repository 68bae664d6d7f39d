"""What the file system under a database can do: locks, and memory that processes share. Tried out, not guessed by name.

Every file of this is a draft that has no name, or loses it at once; the database itself is not touched.
"""

import errno
import fcntl
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from flait.system.lock import no_locks

_NOT_KNOWN: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL})


def shares_memory(folder: Path) -> bool:
    """Whether a write-ahead log can be used: its index is memory that several processes map."""
    with _draft(folder) as handle:
        if handle is None:
            return True  # nobody can tell; SQLite will
        try:
            if os.write(handle, bytes(mmap.PAGESIZE)) < mmap.PAGESIZE:  # memory without room ends the process
                return True
            with mmap.mmap(handle, mmap.PAGESIZE) as shared:  # MAP_SHARED is what it does by itself
                shared[0] = 1
        except OSError as problem:
            return problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.ENOMEM)
    return True


def refuse_without_locks(folder: Path) -> None:
    """Raise ConfigError where no file can be locked: SQLite takes that for a lock which another one has, and waits."""
    with _draft(folder) as handle:
        if handle is None:
            return
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno in _NOT_KNOWN:
                raise no_locks(folder, problem) from problem


@contextmanager
def _draft(folder: Path) -> Iterator[int | None]:
    """A file of that file system, or None where none can be made, on a full disk say."""
    handle, draft = None, folder / f".flait-{os.urandom(4).hex()}"
    with suppress(OSError):
        handle = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        draft.unlink()
    try:
        yield handle
    finally:
        if handle is not None:
            os.close(handle)
