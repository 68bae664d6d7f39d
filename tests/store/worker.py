"""What other processes do to a database while a test looks on: `worker.py TASK PATH [ARGUMENT]`."""

import errno
import mmap
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from flait.errors import FlaitError
from flait.store import Store
from tests.store.samples import NOW, message


def open_it(path: Path, _: str) -> None:
    """Open, say how it went, close."""
    try:
        Store.open(path).close()
    except FlaitError as problem:
        print(problem)
    else:
        print("opened")


def open_often(path: Path, times: str) -> None:
    """Open and close it so many times; what went wrong is said."""
    for _ in range(int(times)):
        try:
            Store.open(path).close()
        except FlaitError as problem:
            print(problem)


def without_shared_memory(path: Path, _: str) -> None:
    """Open it where no process can map what another one does, as over sshfs: strace sees to the index of the log."""

    def refused(*_: object) -> None:
        raise OSError(errno.ENODEV, "No such device")

    with mock.patch.object(mmap, "mmap", refused), Store.open(path) as store:
        print(store._row("PRAGMA journal_mode"), len(store.users()))


def count(path: Path, times: str) -> None:
    """Read a counter and write it one higher, so many times, each in a transaction."""
    with Store.open(path) as store:
        for _ in range(int(times)):
            with store.transaction():
                assert store.spent("2013-03") >= 0
                store.book("2013-03", "flight", result_sets=1, micro_usd=5_000, now=NOW)


def write_for_ever(path: Path, _: str) -> None:
    """Queue texts, and print each one's key once it is stored."""
    with Store.open(path) as store:
        number = 0
        while True:
            number += 1
            with store.transaction():
                store.enqueue(message(1, f"key {number}"))
                store.book("2013-03", "flight", result_sets=1, micro_usd=1, now=NOW)
            print(f"key {number}", flush=True)


def stop_halfway(path: Path, _: str) -> None:
    """Begin a transaction, write, and wait inside it."""
    with Store.open(path) as store, store.transaction():
        store.enqueue(message(1, "half"))
        print("half", flush=True)
        sys.stdin.read()


def claim_texts(path: Path, boot: str) -> None:
    """Claim every text there is, and print each one's key."""
    with Store.open(path) as store:
        while claimed := store.claim_due_message(NOW, boot):
            print(claimed.dedup_key)
            store.mark_accepted(claimed.id, attempt=claimed.attempts, sid=f"SM{claimed.id}", now=NOW)


def claim_flights(path: Path, boot: str) -> None:
    """Claim every flight that is due, and print each one's id."""
    with Store.open(path) as store:
        while claimed := store.claim_due_flights(NOW, boot, 3):
            print(*(flight.id for flight in claimed), sep="\n")


def fill_the_disk(path: Path, _: str) -> None:
    """Write until files may not grow any more, say how it ended, and how many texts are there after that."""
    with Store.open(path) as store:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        stored = 0
        try:
            while stored < 10_000:
                store.enqueue(message(1, f"key {stored}", body="x" * 1000))
                stored += 1
        except FlaitError as problem:
            print(problem)
        print(stored, len(store.messages(limit=20_000)))


TASKS: dict[str, Callable[[Path, str], None]] = {
    task.__name__: task
    for task in (
        open_it,
        open_often,
        without_shared_memory,
        count,
        write_for_ever,
        stop_halfway,
        claim_texts,
        claim_flights,
        fill_the_disk,
    )
}

if __name__ == "__main__":
    TASKS[sys.argv[1]](Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "")
