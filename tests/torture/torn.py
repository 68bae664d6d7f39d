"""What a power cut leaves of SQLite's files, made from recorded moments of a real writer.

What was flushed is there. Behind it anything may be: the tail cut off anywhere, sectors missing or rubbish, bits
turned. Opened again, every acknowledged commit must be there, and at most whole later ones with it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final
from unittest.mock import patch

from flait.store import Store, opening
from tests.store.samples import NOW, follower, message
from tests.torture.tally import HalfState, Lost, Tally

SECTOR: Final = 512
COMMITS: Final = 60
FRAME: Final = 24  # bytes before each page in the log
FULL: Final = 2  # PRAGMA synchronous
MAGIC: Final = bytes.fromhex("d9d505f920a163d7")  # how each part of a rollback journal begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The files as they were: `acked` commits done, and `log` flushed up to `synced`."""

    acked: int
    db: bytes
    log: bytes
    synced: int


def write(store: Store, number: int, rng: Random, *, most: int = 3000) -> None:
    """One commit: a text and its line in the ledger, together or not at all."""
    with store.transaction():
        store.enqueue(message(1, f"key {number}", body="x" * rng.randint(1, most)))
        store.book("2013-03", "flight", flight=f"{number:04}", result_sets=1, micro_usd=1, now=NOW)


def check(path: Path, least: int, most: int) -> None:
    """Open it as Flait does: whole, and with a number of commits between these two, none of them in part."""
    with Store.open(path, create=False) as store:
        conn = store._conn
        if [tuple(row) for row in conn.execute("PRAGMA integrity_check")] != [("ok",)]:
            raise HalfState("the database is damaged")
        if conn.execute("PRAGMA foreign_key_check").fetchone():
            raise HalfState("rows refer to nothing")
        texts = [row[0] for row in conn.execute("SELECT dedup_key FROM messages ORDER BY id")]
        booked = [row[0] for row in conn.execute("SELECT flight FROM usage ORDER BY flight")]
    there = len(texts)
    if texts != [f"key {number}" for number in range(1, there + 1)] or len(booked) != there:
        raise HalfState(f"{there} texts, {len(booked)} bookings")
    if not least <= there <= most:
        raise Lost(f"{there} commits are there, {least} to {most} were acknowledged")


# The write-ahead log


def logged(folder: Path, rng: Random) -> list[Moment]:
    """The files after each commit; the log starts anew now and then."""
    path, moments = folder / "flait.db", []
    with patch.object(opening, "JOURNAL", "wal"), Store.open(path) as store:
        follower(store)
        store._conn.execute("PRAGMA wal_autocheckpoint = 25")
        for number in range(1, COMMITS + 1):
            write(store, number, rng)
            log = Path(f"{path}-wal").read_bytes()
            synced = end_of(log) if flushes(store) else 0
            moments.append(Moment(acked=number, db=path.read_bytes(), log=log, synced=synced))
    return moments


def flushes(store: Store) -> bool:
    """Whether a commit waits for the disk: no copy of the files would show it."""
    return bool(store._conn.execute("PRAGMA synchronous").fetchone()[0] >= FULL)


def end_of(log: bytes) -> int:
    """Where the last frame of this round of the log ends; what follows is left from an earlier one."""
    size, salts, end = int.from_bytes(log[8:12], "big"), log[16:24], 32
    while log[end + 8 : end + 16] == salts:
        end += FRAME + size
    return end


def torn_logs(moments: Sequence[Moment], rng: Random) -> Iterator[tuple[str, bytes, bytes, int, int]]:
    """For ever: what it is, the database, its log, and how many commits must and may be there."""
    while True:
        at = rng.randrange(len(moments) - 1)
        now, later = moments[at], moments[min(at + rng.randint(1, 3), len(moments) - 1)]
        if now.log[16:24] == later.log[16:24]:
            tail = torn(later.log[now.synced : end_of(later.log)], rng)
            yield f"tail after {now.acked}", now.db, now.log[: now.synced] + tail, now.acked, later.acked
        elif moments[at + 1].log[16:24] != now.log[16:24]:  # all of it is in the database: the log begins again
            first = moments[at + 1]
            log = torn(first.log[: end_of(first.log)], rng)
            yield f"new log after {now.acked}", now.db, log + now.log[len(log) :], now.acked, first.acked
        if now.db != moments[at + 1].db:  # the log is being copied into the database: any page of it may be either
            done = moments[at + 1]
            yield f"copying {done.acked}", mixed(now.db, done.db, rng), done.log, done.acked, done.acked


def torn(tail: bytes, rng: Random) -> bytes:
    """What is left of bytes that were not flushed: cut off anywhere, sectors missing, bits turned."""
    left = bytearray(tail[: rng.randint(0, len(tail))])
    for start in range(0, len(left), SECTOR):
        if rng.random() < 0.03:
            end = min(start + SECTOR, len(left))
            left[start:end] = rng.choice([bytes(end - start), rng.randbytes(end - start)])
    for _ in range(rng.choice([0, 1, 3]) if left else 0):
        left[rng.randrange(len(left))] ^= 1 << rng.randrange(8)
    return bytes(left)


def mixed(before: bytes, after: bytes, rng: Random, page: int = 4096) -> bytes:
    """Pages that are being written are there, not there, or half there."""
    result = bytearray(after if rng.random() < 0.5 else before)
    for start in range(0, len(result), page):
        old, new = before[start : start + page], after[start : start + page]
        if len(old) == len(new) and old != new:
            half = rng.randrange(page)
            result[start : start + page] = rng.choice([old, new, new[:half] + old[half:]])
    return bytes(result)


# The rollback journal


def journaled(folder: Path, rng: Random) -> list[tuple[Moment, Moment]]:
    """The files before a commit, and in the middle of it: a small cache makes SQLite write before it has to."""
    path, moments = folder / "flait.db", []
    with patch.object(opening, "JOURNAL", "delete"), Store.open(path) as store:
        follower(store)
        store._conn.execute("PRAGMA cache_size = 3")
        for number in range(1, COMMITS + 1):
            before = Moment(acked=number - 1, db=path.read_bytes(), log=b"", synced=0)
            with store.transaction():
                write(store, number, rng)
                for more in range(rng.randint(0, 12)):
                    store._change(_FILLING, name=f"{more}", body="y" * rng.randint(500, 2000))
                    moments.append((before, halfway(path, before)))
                store._change("DELETE FROM providers")
    return moments


_FILLING: Final = "INSERT INTO providers (name, last_error) VALUES (:name, :body)"


def halfway(path: Path, before: Moment) -> Moment:
    """The files in the middle of a transaction."""
    journal = Path(f"{path}-journal")
    log = journal.read_bytes() if journal.exists() else b""
    return Moment(acked=before.acked, db=path.read_bytes(), log=log, synced=flushed(log))


def flushed(journal: bytes) -> int:
    """Where the part ends that was flushed: a header is given its number of pages only then."""
    end = 0
    while journal[end : end + 8] == MAGIC and (pages := int.from_bytes(journal[end + 8 : end + 12], "big")):
        sector, size = (int.from_bytes(journal[end + at : end + at + 4], "big") for at in (20, 24))
        end += -(-(sector + pages * (size + 8)) // SECTOR) * SECTOR if sector == SECTOR else len(journal)
    return end


def torn_journals(moments: Sequence[tuple[Moment, Moment]], rng: Random) -> Iterator[tuple[str, bytes, bytes, int]]:
    """For ever: what it is, the database, its journal, and how many commits are there."""
    while True:
        at = rng.randrange(len(moments))
        before, now = moments[at]
        if now.db == before.db:  # nothing was written to it yet, nor need the journal have been flushed
            db, head = before.db, now.log[:SECTOR]
            # A sector is written or it is not: a header has no checksum, and needs none.
            log = head + torn(now.log[SECTOR:], rng) if rng.random() < 0.7 else rng.randbytes(len(now.log))
        else:
            db = mixed(before.db, now.db, rng)
            head = now.log[now.synced : now.synced + SECTOR]
            log = now.log[: now.synced] + head + torn(now.log[now.synced + SECTOR :], rng)
            log = log[: rng.choice([len(log), now.synced, now.synced + len(head)])]
        yield f"moment {at}", db, log, before.acked


def run(folder: Path, tally: Tally, *, logs: int, journals: int) -> None:
    """Tear so many of each."""
    rng = Random(11)
    for mode in ("wal", "delete"):
        (folder / mode).mkdir()
    path = folder / "torn.db"
    cases = torn_logs(logged(folder / "wal", rng), rng)
    for trial in range(logs):
        what, db, log, least, most = next(cases)
        with tally.trial(f"torn log, trial {trial}, {what}"):
            put(path, db, log, "-wal")
            check(path, least, most)
    rolled = torn_journals(journaled(folder / "delete", rng), rng)
    for trial in range(journals):
        what, db, log, acked = next(rolled)
        with tally.trial(f"torn journal, trial {trial}, {what}"), patch.object(opening, "JOURNAL", "delete"):
            put(path, db, log, "-journal")
            check(path, acked, acked)


def put(path: Path, db: bytes, log: bytes, beside: str) -> None:
    """These files, and no others."""
    for suffix in ("-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    path.write_bytes(db)
    Path(f"{path}{beside}").write_bytes(log)
