"""Tries to have Flait destroy what it keeps: power cuts, deaths at every step, full disks, damaged bytes.

Whatever happens, there is a database: the one from before or the one that comes after, whole; what was acknowledged is
in it; who said STOP is left alone; and a backup that has a name can be restored.
"""

import mmap
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Final
from unittest.mock import patch

from flait.core.inbound import Inbound
from flait.errors import StoreError
from flait.flows import backup, intake, upkeep
from flait.flows.backup import BackupKind
from flait.store import Step, Store, opening, verified
from flait.store import upkeep as store_upkeep
from flait.store.backup import DRAFT
from flait.store.connection import sqlite3
from tests.doors.command_line import CommandLine
from tests.flows.world import FixedClock
from tests.store.releases import as_the_first_release, first_release
from tests.store.samples import NOW, PHONE, follower, message, user
from tests.store.test_upkeep import everything
from tests.torture import damage, dying, torn
from tests.torture.score import Score, Size
from tests.torture.tally import HalfState, Lost, Tally

DAY: Final = timedelta(days=1)
KEEP: Final = 2
OLD: Final = NOW - 100 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something to be cut short: `check` holds wherever that happens, `done` when it was done again to its end."""

    name: str
    prepare: Callable[[Path], None]
    act: Callable[[Path], object]
    check: Callable[[Path], None]
    done: Callable[[Path], None]


def run(folder: Path, size: Size) -> Score:
    """All of it."""
    tally = Tally()
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else folder) as place:
        work = Path(place)
        torn.run(_made(work / "torn"), tally, logs=size.of(cut=40, full=3000), journals=size.of(cut=20, full=1000))
        for case in CASES:
            deaths, full = size.of(cut=5, full=200), size.of(cut=2, full=12)  # no case has 200 points to die at
            _cut_short(case, _made(work / case.name), tally, deaths=deaths, full=full)
        _pages_run_out(_made(work / "pages"), tally, every=size.of(cut=20, full=2))
        _drills(_made(work / "drills"), tally, drills=size.of(cut=5, full=500))
        damage.run(_made(work / "damage"), tally, trials=size.of(cut=8, full=96))
    return tally.score("storage")


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder


# Deaths and full disks


def _cut_short(case: Case, folder: Path, tally: Tally, *, deaths: int, full: int) -> None:
    template = _made(folder / "template")
    case.prepare(template)
    for point in _spread(_steps(case, template, folder), deaths):
        with tally.trial(f"{case.name}, killed at point {point}"):
            home = _fresh(template, folder)
            dying.died_at(partial(case.act, home), point)
            _again(case, home)
    largest = max(path.stat().st_size for path in template.rglob("*.db"))
    for limit in _spread(2 * largest // torn.SECTOR, full):
        with tally.trial(f"{case.name}, no file beyond {limit} sectors"):
            home = _fresh(template, folder)
            dying.refused_with_files_of(partial(case.act, home), limit * torn.SECTOR)
            _again(case, home)


def _steps(case: Case, template: Path, folder: Path) -> int:
    case.act(_fresh(template, folder))  # whatever is imported late is imported now
    home = _fresh(template, folder)
    return dying.steps_of(lambda: case.act(home))


def _again(case: Case, home: Path) -> None:
    case.check(home)
    code = dying.in_a_process(lambda: case.act(home))
    assert code in (0, dying.REFUSED), f"done again, it left with {code}"
    case.check(home)
    case.done(home)
    drafts = [path.name for path in home.rglob(f".*{DRAFT}*")]
    if drafts:
        raise HalfState(f"left over: {drafts}")


def _fresh(template: Path, folder: Path) -> Path:
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(template, home)
    return home


def _spread(total: int, most: int) -> list[int]:
    """From 1 to `total`, at most so many, evenly."""
    return sorted({1 + (total - 1) * number // max(1, most - 1) for number in range(most)}) if total else []


# An upgrade


def _schema(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as conn:
        return [str(row) for row in conn.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")]


def _outdated(home: Path) -> None:
    first_release(home / "flait.db")
    (home / "schema").write_text("\n".join(_schema(home / "flait.db")))


def _upgrade(home: Path) -> None:
    clock = FixedClock(NOW)

    def first(database: Path) -> None:
        backup.before_migration(database, clock, home / "backups", keep=KEEP)

    Store.open(home / "flait.db", first=first).close()


def _as_before(home: Path, path: Path) -> bool:
    return "\n".join(_schema(path)) == (home / "schema").read_text()


def _old_or_new(home: Path) -> None:
    path = home / "flait.db"
    old = _as_before(home, path)
    copies = [made.path for made in backup.found(home / "backups")] if (home / "backups").exists() else []
    for copy in copies:
        verified(copy)
    if old:
        with as_the_first_release(), Store.open(path, create=False) as store:
            assert store._rows("SELECT name, phone FROM users") == [{"name": "Ann", "phone": PHONE}]
            return
    if not any(_as_before(home, copy) for copy in copies):
        raise Lost("it was migrated, and there is no backup of what was there")
    _upgraded(home)


def _upgraded(home: Path) -> None:
    with Store.open(home / "flait.db", create=False) as store:
        _sound(store)
        assert [person.name for person in store.users()] == ["Ann"]
        assert store.is_opted_out(PHONE)
        assert [view.message.sid for view in store.messages()] == ["SM1"]
    if _schema(home / "flait.db") != _of_today():
        raise HalfState("neither the old tables nor the new ones")


@cache
def _of_today() -> list[str]:
    with tempfile.TemporaryDirectory() as place:
        fresh = Path(place) / "fresh.db"
        Store.open(fresh).close()
        return _schema(fresh)


def _sound(store: Store) -> None:
    if [tuple(row) for row in store._conn.execute("PRAGMA integrity_check")] != [("ok",)]:
        raise HalfState("the database is damaged")
    if store._conn.execute("PRAGMA foreign_key_check").fetchone():
        raise HalfState("rows refer to nothing")


def _pages_run_out(folder: Path, tally: Tally, *, every: int) -> None:
    """SQLITE_FULL at each page that an upgrade asks for."""
    template = _made(folder / "template")
    _outdated(template)
    there = (template / "flait.db").stat().st_size // 4096
    for more in range(0, 80, every):
        with tally.trial(f"an upgrade with {more} pages left"):
            home = _fresh(template, folder)
            code = dying.in_a_process(partial(_upgrade, home), first=partial(_limit, there + more))
            assert code in (0, dying.REFUSED)
            _old_or_new(home)
            if (code == 0) == _as_before(home, home / "flait.db"):
                raise HalfState(f"it left with {code}")
            _upgrade(home)
            _upgraded(home)


def _limit(pages: int) -> None:
    connected = opening._connected

    def limited(path: Path, *, create: bool) -> sqlite3.Connection:
        conn = connected(path, create=create)
        conn.execute(f"PRAGMA max_page_count = {pages}")
        return conn

    opening._connected = limited


# A backup a day


def _with_backups(home: Path) -> None:
    with Store.open(home / "flait.db") as store:
        everything(store)
        for days in (2, 1):
            backup.daily(store, FixedClock(NOW - days * DAY), home / "backups", keep=KEEP)


def _daily(home: Path) -> None:
    with Store.open(home / "flait.db") as store:
        backup.daily(store, FixedClock(NOW), home / "backups", keep=KEEP)


def _whole_backups(home: Path) -> None:
    daily = [made for made in backup.found(home / "backups") if made.kind is BackupKind.DAILY]
    for made in daily:
        verified(made.path)
    if len(daily) < KEEP:
        raise Lost(f"{len(daily)} backups are left")
    with Store.open(home / "flait.db", create=False) as store:
        _sound(store)


def _backed_up_today(home: Path) -> None:
    newest = backup.found(home / "backups")[0]
    assert newest.at == NOW, "there is no backup of today"


# A restore


def _with_a_stop(home: Path) -> None:
    """One person at the backup, with a text in line; since then another one, and the first said STOP."""
    with Store.open(home / "flait.db") as store:
        follower(store)
        store.enqueue(message(1, "waits"))
        backup.create(store, FixedClock(NOW - DAY), _made(home / "backups") / "chosen.db")
        store.add_user(user(1))
        stop = Inbound(sid="SMin1", sender=PHONE, to="+15555550199", body="STOP", whatsapp=False, sent_at=NOW)
        intake.take_in(store, stop, now=NOW, keyword_owner="twilio")


def _restore(home: Path) -> None:
    backup.restore(home / "flait.db", home / "backups/chosen.db", FixedClock(NOW), folder=home / "backups", keep=KEEP)


def _one_or_the_other(home: Path) -> None:
    if not (home / "flait.db").exists():
        raise Lost("there is no database")
    verified(home / "backups" / "chosen.db")
    for aside in home.glob("*.before-restore-*Z"):
        verified(aside)
    with Store.open(home / "flait.db", create=False) as store:
        _sound(store)
        names = [person.name for person in store.users()]
        if names not in (["Ann 0"], ["Ann 0", "Ann 1"]):
            raise HalfState(f"{names} are known")
        if not store.is_opted_out(PHONE):
            raise Lost("a STOP")
        if store.claim_due_message(NOW, "boot"):
            raise Lost("a text goes out that must not")


def _restored(home: Path) -> None:
    with Store.open(home / "flait.db", create=False) as store:
        assert [person.name for person in store.users()] == ["Ann 0"]
    if not any(_knows_both(aside) for aside in home.glob("*.before-restore-*Z")):
        raise Lost("what was there before")


def _knows_both(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as conn:
        return bool(conn.execute("SELECT count(*) = 2 FROM users").fetchone()[0])


# Removing


def _with_old_rows(home: Path) -> None:
    with Store.open(home / "flait.db") as store:
        everything(store)
        follower(store, 1)
        store.record(*(Step(at=OLD, step="tick", outcome="nothing", detail=f"old {n}") for n in range(30)))


def _prune(home: Path) -> None:
    with patch.object(store_upkeep, "BITE", 4), Store.open(home / "flait.db") as store:
        upkeep.prune(store, FixedClock(NOW), keep=60 * DAY, keep_raw=DAY)


def _live_rows(home: Path) -> None:
    with Store.open(home / "flait.db", create=False) as store:
        _sound(store)
        if len(store.users()) != 2 or len(store.subscription_views()) != 1:
            raise Lost("people, or what they follow")


def _nothing_old(home: Path) -> None:
    assert _old_rows(home / "flait.db") == 0, "something old is left"


def _old_rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as conn:
        return int(conn.execute("SELECT count(*) FROM journal WHERE detail LIKE 'old%'").fetchone()[0])


def _remove(home: Path) -> None:
    _left_with(CommandLine(home)("user", "remove", "Ann 1", "--yes").code)


def _prune_by_hand(home: Path) -> None:
    _left_with(CommandLine(home)("prune", "--yes").code)


def _left_with(code: int) -> None:
    if code:
        raise StoreError(f"it left with {code}")


def _to_be_had_back(home: Path) -> None:
    """Whoever is not known any more, and what is not in the journal any more, is in a backup."""
    with Store.open(home / "flait.db", create=False) as store:
        _sound(store)
        removed = len(store.users()) < 2
    if not removed and _old_rows(home / "flait.db") == 30:
        return
    copies = [made.path for made in backup.found(home / "backups")] if (home / "backups").exists() else []
    if not any(_old_rows(copy) == 30 and _knows_both(copy) for copy in copies):
        raise Lost("it was removed without a backup")
    for copy in copies:
        verified(copy)


def _removed(home: Path) -> None:
    with Store.open(home / "flait.db") as store:
        assert len(store.users()) == 1


CASES: Final = (
    Case(name="upgrade", prepare=_outdated, act=_upgrade, check=_old_or_new, done=_upgraded),
    Case(name="backup", prepare=_with_backups, act=_daily, check=_whole_backups, done=_backed_up_today),
    Case(name="restore", prepare=_with_a_stop, act=_restore, check=_one_or_the_other, done=_restored),
    Case(name="prune", prepare=_with_old_rows, act=_prune, check=_live_rows, done=_nothing_old),
    Case(name="remove", prepare=_with_old_rows, act=_remove, check=_to_be_had_back, done=_removed),
    Case(name="by hand", prepare=_with_old_rows, act=_prune_by_hand, check=_to_be_had_back, done=_nothing_old),
)


# Restore drills


def _drills(folder: Path, tally: Tally, *, drills: int, a_round: int = 20) -> None:
    """Backups at random moments of a busy writer: each is put in place on an empty machine, opened and counted."""
    for begin in range(0, drills, a_round):
        home = _made(folder / str(begin))
        _drill(home, tally, range(begin, min(begin + a_round, drills)))
        shutil.rmtree(home)


def _drill(home: Path, tally: Tally, numbers: range) -> None:
    path, rng, clock = home / "flait.db", Random(numbers.start), FixedClock(NOW)
    with Store.open(path) as store:
        follower(store)
    acked, (turns, give) = mmap.mmap(-1, 8), os.pipe()
    writer = dying.forked()
    if not writer:
        dying.leave(lambda: _write_on(path, acked, turns, rng))
    try:
        with Store.open(path) as store:
            for number in numbers:
                with tally.trial(f"drill {number}"):
                    os.write(give, bytes(rng.randint(20, 60)))  # what it writes meanwhile, lest it write for ever
                    least = _count(acked)
                    made = backup.create_in(store, clock, home / "backups")
                    most = _count(acked) + 1  # one may be there, and not be counted yet
                    _restore_elsewhere(made.path, _made(home / str(number)), least, most)
    finally:
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        os.close(turns)
        os.close(give)


def _write_on(path: Path, acked: mmap.mmap, turns: int, rng: Random) -> None:
    """One commit for each byte that comes."""
    with Store.open(path) as store:
        number = 0
        while os.read(turns, 1):
            number += 1
            torn.write(store, number, rng, most=400)
            acked[:8] = number.to_bytes(8, "big")


def _count(acked: mmap.mmap) -> int:
    return int.from_bytes(acked[:8], "big")


def _restore_elsewhere(made: Path, home: Path, least: int, most: int) -> None:
    done = backup.restore(home / "flait.db", made, FixedClock(NOW), folder=home / "backups")
    torn.check(home / "flait.db", least, most)
    assert done.rows >= 2 * least
    made.unlink()
