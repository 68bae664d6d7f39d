"""How far a database had come stands beside it: a log that was lost shows, and nothing else is taken for one."""

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from flait.errors import Gone, StoreError
from flait.store import Behind, Store
from flait.store.engine import sqlite3
from flait.store.mark import keep, known, mark_of
from tests.store.releases import first_release
from tests.store.samples import NOW, user


def lose_the_log(path: Path) -> None:
    """Ann is added, and what came into the log is lost: the same file, as it was without it."""
    with Store.open(path) as store:
        store.checkpoint()
        alone = path.read_bytes()
        store.add_user(user())
    path.write_bytes(alone)


def test_a_database_that_has_lost_its_log_is_refused_and_says_how_to_go_on(path: Path) -> None:
    lose_the_log(path)

    with pytest.raises(Behind, match=f"lost its log, and with it the last change; .* delete {mark_of(path)}"):
        Store.open(path)
    assert issubclass(Behind, Gone)

    mark_of(path).unlink()
    with Store.open(path) as opened:
        assert opened.users() == []
        opened.add_user(user())
    Store.open(path).close()


def test_what_was_carried_into_the_file_hangs_on_no_log(path: Path, store: Store, tmp_path: Path) -> None:
    store.add_user(user())
    store.checkpoint()
    alone = tmp_path / "alone.db"
    alone.write_bytes(path.read_bytes())

    with Store.open(alone) as opened:
        assert [found.name for found in opened.users()] == [user().name]


def test_the_tables_of_a_new_database_are_in_its_file_at_once(path: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.db"
    with Store.open(path):
        alone.write_bytes(path.read_bytes())

    with Store.open(alone, create=False) as opened:
        assert opened.users() == []


def test_a_change_that_was_cut_short_is_no_loss(path: Path, store: Store) -> None:
    store.add_user(user())
    with suppress(ZeroDivisionError), store.transaction():
        store.add_user(user(1))
        raise ZeroDivisionError

    with Store.open(path) as opened:
        assert len(opened.users()) == known(path) == 1


def test_what_changes_nothing_is_not_counted(path: Path, store: Store) -> None:
    store.add_user(user())
    with store.transaction():
        store.users()

    assert known(path) == 1


def test_another_file_in_its_place_has_no_mark_yet(path: Path, store: Store) -> None:
    copy = path.with_name("copy.db")
    store.back_up(copy)
    store.add_user(user())
    store.close()
    shutil.copy(copy, path.with_name("new.db"))
    path.with_name("new.db").replace(path)

    with Store.open(path) as opened:
        assert opened.users() == []


def test_a_database_that_begins_is_not_measured_by_the_one_before(path: Path, store: Store) -> None:
    store.add_user(user())
    store.close()
    path.unlink()

    Store.open(path).close()
    assert not mark_of(path).exists()


@pytest.mark.parametrize("content", [b"", b"x", b"1", b"1 2 3", b"\xff" * 100])
def test_a_mark_that_says_nothing_keeps_nobody_out(path: Path, store: Store, content: bytes) -> None:
    store.add_user(user())
    mark_of(path).write_bytes(content)
    with Store.open(path) as opened:
        opened.add_user(user(1))
        assert len(opened.users()) == 2


def test_a_mark_that_cannot_be_written_keeps_nothing_from_being_stored(path: Path, store: Store) -> None:
    mark_of(path).mkdir()
    store.add_user(user())
    with Store.open(path) as opened:
        assert len(opened.users()) == 1


def test_the_count_of_an_older_database_goes_on_where_it_stood(path: Path) -> None:
    """Before it had a row of its own, the count stood in SQLite's header."""
    first_release(path)
    with sqlite3.connect(path) as before:
        before.execute("PRAGMA user_version = 41")
    before.close()
    keep(path, path.stat().st_ino, 42)
    with pytest.raises(Behind, match="lost its log, and with it the last change"):
        Store.open(path)

    keep(path, path.stat().st_ino, 41)
    with Store.open(path) as opened:
        opened.opt_out("+15555550142", NOW, how="STOP")
    assert known(path) == 42


def test_where_the_count_is_damaged_nothing_is_stored_and_the_reason_is_said(path: Path) -> None:
    with Store.open(path) as store:
        store._conn.execute("DELETE FROM changes")
        with pytest.raises(StoreError, match="is damaged"):
            store.add_user(user())
    mark_of(path).unlink(missing_ok=True)
    with Store.open(path) as store:
        assert store.users() == []
