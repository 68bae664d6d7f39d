"""A copy counts only when it is whole and proved; whatever happens, what was there before is still there."""

import os
import signal
import sqlite3 as python_sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from flait.errors import Busy, NotFound, NotOurs, StoreError
from flait.store import Store, back_up_file, copy_to_restore, put_in_place, salvaged, verified
from flait.store.backup import DRAFT
from tests.store.samples import NOW, PHONE, ROOT, finished, follower, message, started
from tests.store.test_upkeep import contents, everything


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "flait.db"


def test_a_backup_holds_every_row_of_every_table(store: Store, target: Path) -> None:
    everything(store)
    store.opt_out(PHONE, NOW, how="texted STOP")
    rows = store.back_up(target)
    assert rows == sum(len(table) for table in contents(store).values()) == verified(target)
    with Store.open(target) as copy:
        assert contents(copy) == contents(store)


def test_a_backup_is_one_private_file(store: Store, target: Path) -> None:
    old = os.umask(0)
    try:
        store.back_up(target)
    finally:
        os.umask(old)
    assert names(target.parent) == {target.name}
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_looking_at_a_backup_changes_nothing(store: Store, target: Path) -> None:
    store.back_up(target)
    before = target.read_bytes()
    verified(target)
    assert (target.read_bytes(), names(target.parent)) == (before, {target.name})


def test_others_write_on_while_it_is_made(store: Store, path: Path, target: Path) -> None:
    follower(store)
    writing, enough = threading.Event(), threading.Event()

    def write() -> None:
        with Store.open(path) as writer:
            number = 0
            while not enough.is_set():
                number += 1
                with writer.transaction():  # a text and its line in the ledger: together, or not at all
                    writer.enqueue(message(1, f"key {number}"))
                    writer.book("2013-03", "flight", flight=str(number), result_sets=1, micro_usd=1, now=NOW)
                writing.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert writing.wait(30)
        for number in range(8):
            store.back_up(target.with_name(f"{number}.db"))
    finally:
        enough.set()
        thread.join()
    for number in range(8):
        with Store.open(target.with_name(f"{number}.db")) as copy:
            held = contents(copy)
            assert len(held["messages"]) == len(held["usage"]) > 0


def test_a_lost_row_is_noticed(store: Store, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    follower(store)
    monkeypatch.setattr("flait.store.backup._proved", lambda *_: {"users": 0})
    with pytest.raises(StoreError, match="does not hold the same rows"):
        store.back_up(target)
    assert names(target.parent) == set()


KILLED = """
import os, signal, sys
from pathlib import Path
from flait.store import Store, backup
setattr(backup, sys.argv[3], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
Store.open(Path(sys.argv[1])).back_up(Path(sys.argv[2]))
"""


def killed(script: str, *arguments: str | Path) -> None:
    """Run a script that kills itself."""
    done = subprocess.run([sys.executable, "-c", script, *map(str, arguments)], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("at", ["_snapshot", "_proved", "_flush"])
def test_a_death_halfway_leaves_the_earlier_backups_and_its_remains_go_next_time(
    store: Store, path: Path, target: Path, at: str
) -> None:
    follower(store)
    store.back_up(target)
    before = target.read_bytes()
    killed(KILLED, path, target.with_name("next.db"), at)
    assert target.read_bytes() == before
    assert any(name.endswith(DRAFT) for name in names(target.parent))
    store.back_up(target.with_name("next.db"))
    assert names(target.parent) == {target.name, "next.db"}


def test_a_draft_that_somebody_works_on_is_let_be(store: Store, target: Path) -> None:
    with copy_to_restore(_backed_up(store, target), target) as copy:
        store.back_up(target.with_name("next.db"))
        assert copy.exists()
    assert names(target.parent) == {target.name, "next.db"}


def _backed_up(store: Store, target: Path) -> Path:
    store.back_up(target)
    return target


def test_a_full_disk_leaves_the_earlier_backups(store: Store, path: Path, target: Path) -> None:
    for number in range(300):
        store.enqueue(message(_person(store), f"key {number}", body="x" * 1500))
    script = """
import resource, signal, sys
from pathlib import Path
from flait.errors import StoreError
from flait.store import Store
store = Store.open(Path(sys.argv[1]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    store.back_up(Path(sys.argv[2]))
except StoreError as problem:
    print(problem)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, path, target], cwd=ROOT, timeout=60, check=True, capture_output=True, text=True
    )
    assert "full" in done.stdout
    assert names(target.parent) == set()


def _person(store: Store) -> int:
    return store.users()[0].id if store.users() else follower(store)[0].id


def damaged(store: Store, path: Path) -> None:
    """The people's page is overwritten."""
    page = store._rows("SELECT rootpage FROM sqlite_schema WHERE name = 'users'")[0]["rootpage"]
    store.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


def test_a_damaged_database_gives_no_backup(store: Store, path: Path, target: Path) -> None:
    follower(store)
    damaged(store, path)
    with pytest.raises(NotOurs, match="damaged"):
        back_up_file(path, target)
    assert names(target.parent) == set()


@pytest.mark.parametrize("content", [b"", b"x", b"just text\n" * 100, b"\0" * 4096, os.urandom(8192)])
def test_what_is_no_backup_is_refused(target: Path, content: bytes) -> None:
    target.write_bytes(content)
    with pytest.raises(NotOurs):
        verified(target)
    assert target.read_bytes() == content


def test_another_programs_database_is_no_backup(target: Path) -> None:
    with closing(python_sqlite3.connect(target)) as other:
        other.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)")
    with pytest.raises(NotOurs, match="another program"):
        verified(target)


def test_a_newer_flaits_backup_is_refused(store: Store, target: Path) -> None:
    store._change("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('flait', 'm999_future')")
    store.close()
    with pytest.raises(NotOurs, match="newer Flait"):
        verified(store.path)


def test_a_backup_that_is_not_there_is_not_found(target: Path) -> None:
    with pytest.raises(NotFound):
        verified(target)


def test_a_flipped_page_anywhere_is_noticed_or_harmless(store: Store, target: Path) -> None:
    everything(store)
    rows = store.back_up(target)
    content = target.read_bytes()
    with closing(python_sqlite3.connect(target)) as other:
        [free] = other.execute("PRAGMA freelist_count").fetchone()
    refused = 0
    for page in range(1, len(content) // 4096):
        spoilt = bytearray(content)
        spoilt[page * 4096 : page * 4096 + 4096] = b"\xff" * 4096
        target.write_bytes(spoilt)
        try:
            assert verified(target) == rows
        except NotOurs:
            refused += 1
    assert refused >= len(content) // 4096 - 1 - free  # each page that holds something


def test_what_is_replaced_is_set_aside_with_its_bytes(store: Store, path: Path, target: Path) -> None:
    follower(store)
    store.back_up(target)
    store.close()
    before, aside = path.read_bytes()[100:], path.with_name("aside")
    with copy_to_restore(target, path) as copy:
        put_in_place(copy, path, aside)
    assert aside.read_bytes()[100:] == before
    assert names(path.parent) == {path.name, "aside", "backups"}


def test_a_database_that_somebody_has_open_is_not_replaced(store: Store, path: Path, target: Path) -> None:
    store.back_up(target)
    with store.transaction():
        before = path.read_bytes()
        with pytest.raises(Busy), copy_to_restore(target, path) as copy:
            put_in_place(copy, path, path.with_name("aside"))
    assert path.read_bytes() == before
    assert not path.with_name("aside").exists()


def test_a_log_left_beside_a_damaged_file_goes_aside_with_it(store: Store, path: Path, target: Path) -> None:
    follower(store)
    store.back_up(target)
    store.close()
    path.write_bytes(b"rubbish" * 1000)
    path.with_name("flait.db-wal").write_bytes(b"log")
    with copy_to_restore(target, path) as copy:
        put_in_place(copy, path, path.with_name("aside"))
    assert path.with_name("aside-wal").read_bytes() == b"log"
    with Store.open(path, create=False) as restored:
        assert len(restored.users()) == 1


@pytest.mark.parametrize("how", ["emptied", "foreign"])
def test_what_flait_would_not_open_goes_aside_byte_for_byte(store: Store, path: Path, target: Path, how: str) -> None:
    store.back_up(target)
    store._conn.execute(f"PRAGMA application_id = {42 if how == 'foreign' else 0x464C4149}")
    store.close()
    if how == "emptied":
        path.write_bytes(b"")
    before = path.read_bytes()
    with copy_to_restore(target, path) as copy:
        put_in_place(copy, path, path.with_name("aside"))
    assert path.with_name("aside").read_bytes() == before


DIES_BETWEEN = """
import os, signal, sys
from pathlib import Path
from flait.store import backup
backup.publish = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with backup.draft(Path(sys.argv[1])) as copy:
    backup.put_in_place(copy, Path(sys.argv[1]), Path(sys.argv[2]))
"""


def test_a_death_while_replacing_leaves_the_database_where_it_was(store: Store, path: Path) -> None:
    follower(store)
    store.close()
    killed(DIES_BETWEEN, path, path.with_name("aside"))
    with Store.open(path, create=False) as still:
        assert len(still.users()) == 1


def test_commands_find_the_restored_database(store: Store, path: Path, target: Path) -> None:
    follower(store)
    store.back_up(target)
    store.close()
    with copy_to_restore(target, path) as copy:
        put_in_place(copy, path, path.with_name("aside"))
    assert finished(started("open_it", path)) == "opened\n"


def test_the_stops_of_a_damaged_database_are_read_as_far_as_they_go(store: Store, path: Path) -> None:
    follower(store)
    store.opt_out(PHONE, NOW, how="texted STOP")
    damaged(store, path)
    old = salvaged(path)
    assert [row["phone"] for row in old.rows("opt_outs")] == [PHONE]
    assert not old.whole


@pytest.mark.parametrize("content", [b"", b"just text\n" * 100])
def test_nothing_is_read_of_what_is_no_database(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert not salvaged(path).whole
