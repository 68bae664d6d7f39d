"""All of it or nothing, nobody in between, and every fault of SQLite as a sentence."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from flait.errors import Busy, StoreError
from flait.store import Store
from flait.store.connection import sqlite3
from tests.store.samples import DAY, NOW, finished, message, started, tracked, user


def spend(store: Store, micro_usd: int = 1) -> None:
    store.book("2013-03", "flight", result_sets=1, micro_usd=micro_usd, now=NOW)


def spend_and_fail(store: Store, problem: type[BaseException]) -> None:
    with store.transaction():
        spend(store)
        raise problem


def spend_and_lose(store: Store, times: int) -> None:
    """SQLite itself rolls back when the disk fails: after the first time, that is what happens here."""
    with store.transaction():
        spend(store)
        store._conn.execute("ROLLBACK")
        for _ in range(times - 1):
            spend(store)


@pytest.fixture
def other(store: Store, path: Path) -> Iterator[Store]:
    """A second connection, which does not wait for the first."""
    with Store.open(path) as other:
        other._conn.execute("PRAGMA busy_timeout = 0")
        other.patience = 0
        yield other


def test_a_transaction_is_seen_when_it_is_whole(store: Store, other: Store) -> None:
    with store.transaction():
        spend(store)
        spend(store)
    assert other.spent("2013-03") == 2


@pytest.mark.parametrize("problem", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_whatever_is_raised_inside_undoes_it(store: Store, problem: type[BaseException]) -> None:
    with pytest.raises(problem):
        spend_and_fail(store, problem)
    assert store.spent("2013-03") == 0
    spend(store)
    assert store.spent("2013-03") == 1


def test_an_inner_one_is_undone_alone(store: Store) -> None:
    with store.transaction():
        spend(store, 10)
        with pytest.raises(LookupError):
            spend_and_fail(store, LookupError)
        spend(store, 100)
    assert store.spent("2013-03") == 110


def test_an_outer_one_takes_the_inner_ones_with_it(store: Store) -> None:
    def outer() -> None:
        with store.transaction():
            with store.transaction():
                spend(store)
            raise LookupError

    with pytest.raises(LookupError):
        outer()
    assert store.spent("2013-03") == 0


def spend_and_write_to_nobody(store: Store) -> None:
    with store.transaction():
        spend(store)
        with pytest.raises(StoreError):
            store.enqueue(message(99, "nobody's"))


def test_a_write_that_fails_inside_cannot_be_passed_over(store: Store) -> None:
    with pytest.raises(StoreError, match="rolled back"):
        spend_and_write_to_nobody(store)
    assert store.spent("2013-03") == 0
    spend(store)
    assert store.spent("2013-03") == 1


def test_a_write_that_fails_in_an_inner_one_leaves_the_rest_standing(store: Store) -> None:
    with store.transaction():
        spend(store, 10)
        with pytest.raises(StoreError, match="rolled back"):
            spend_and_write_to_nobody(store)
        spend(store, 100)
    assert store.spent("2013-03") == 110


def test_the_first_to_begin_writes_and_the_second_is_told(store: Store, other: Store) -> None:
    with store.transaction():
        with pytest.raises(StoreError, match="is busy") as caught, other.transaction():
            pass
        assert "try again" in caught.value.hint
        with pytest.raises(StoreError, match="is busy"):
            spend(other)
    spend(other)


def test_a_transaction_is_begun_for_writing_at_once(store: Store, other: Store) -> None:
    with store.transaction(), pytest.raises(StoreError, match="is busy"), other.transaction():
        other.users()


def test_what_is_read_in_one_moment_stands_together(store: Store, other: Store) -> None:
    with store.one_moment():
        assert store.spent("2013-03") == 0
        with suppress(Busy):  # without a write-ahead log, writers wait for readers
            spend(other)
        assert store.spent("2013-03") == 0
    assert store.spent("2013-03") == other.spent("2013-03")


def test_nothing_is_written_in_one_moment(store: Store) -> None:
    with pytest.raises(StoreError), store.one_moment():
        spend(store)
    spend(store)
    assert store.spent("2013-03") == 1


def test_an_error_names_file_and_remedy_and_has_its_cause(store: Store, path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        store.enqueue(message(99, "nobody's"))
    assert str(path) in caught.value.message
    assert isinstance(caught.value.__cause__, sqlite3.IntegrityError)
    assert "+1555" not in str(caught.value)


def test_what_a_rule_of_the_tables_forbids_is_a_sentence(store: Store) -> None:
    tracked(store)
    with pytest.raises(StoreError, match="refused a change") as caught:
        store._change("UPDATE flights SET latest = 'no braces'")
    assert "{*}" in caught.value.message


def test_a_full_disk_is_a_sentence_and_nothing_is_stored(store: Store) -> None:
    store.add_user(user())
    pages = store._rows("PRAGMA page_count")[0]["page_count"]
    store._conn.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match=r"disk of .* is full"):
        store.enqueue(message(1, "long", body="x" * 100_000))
    assert store.messages() == []
    store._conn.execute("PRAGMA max_page_count = 1000000")
    store.enqueue(message(1, "long", body="x" * 100_000))


def test_a_disk_that_takes_no_more_keeps_what_it_acknowledged(store: Store, path: Path) -> None:
    store.add_user(user())
    sentence, counts = finished(started("fill_the_disk", path)).splitlines()
    acknowledged, there = counts.split()
    assert "failed, or is full" in sentence
    assert int(there) == int(acknowledged) > 0
    assert store._rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}]


def test_nothing_is_stored_after_the_transaction_was_lost(store: Store) -> None:
    with pytest.raises(StoreError, match="was rolled back"):
        spend_and_lose(store, 2)
    assert store.spent("2013-03") == 0


def test_a_lost_transaction_is_never_acknowledged(store: Store) -> None:
    with pytest.raises(StoreError, match="was rolled back"):
        spend_and_lose(store, 1)


def test_a_connection_belongs_to_its_thread(store: Store) -> None:
    caught: list[BaseException] = []

    def intrude() -> None:
        try:
            store.users()
        except sqlite3.ProgrammingError as problem:
            caught.append(problem)

    thread = Thread(target=intrude)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_a_moment_without_a_zone_is_no_moment(store: Store) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        store.expire_messages(NOW.replace(tzinfo=None))


def test_moments_are_stored_so_that_they_compare_as_text(store: Store) -> None:
    moments = [NOW.replace(microsecond=999_999), NOW, NOW - 1000 * DAY, NOW + DAY]
    for number, moment in enumerate(moments):
        store.set_opt_out(f"+1555555019{number}", moment)
    rows = [row["at"] for row in store._rows("SELECT at FROM opt_outs ORDER BY at")]
    assert rows == [
        "2010-06-12T12:00:00.000Z",
        "2013-03-08T12:00:00.000Z",
        "2013-03-08T12:00:00.999Z",
        "2013-03-09T12:00:00.000Z",
    ]


def test_a_row_that_cannot_be_read_is_a_sentence(store: Store) -> None:
    store.add_user(user())
    store._change("UPDATE users SET created_at = '2013-99-08T12:00:00.000Z'")
    with pytest.raises(StoreError, match="stored User cannot be read"):
        store.users()
