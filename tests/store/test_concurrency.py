"""Several threads and processes on one database: nobody is turned away, nothing is lost, nothing is given twice."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlite_utils.utils import OperationalError

from flait.store import Store
from flait.store.connection import sqlite3
from tests.store.samples import NOW, finished, flight, message, started, user

MONTH = "2013-03"


def sound(path: Path) -> bool:
    with Store.open(path) as store:
        return store._rows("PRAGMA integrity_check") == [{"integrity_check": "ok"}] and not store._rows(
            "PRAGMA foreign_key_check"
        )


def test_four_processes_write_and_nothing_is_lost(path: Path) -> None:
    processes = [started("count", path, "100") for _ in range(4)]
    for process in processes:
        finished(process)
    with Store.open(path) as store:
        assert store.usage_rows(MONTH)[0].result_sets == 400
    assert sound(path)


def test_four_threads_write_and_nothing_is_lost(path: Path) -> None:
    def work(_: int) -> None:
        with Store.open(path) as store:
            for _ in range(100):
                with store.transaction():
                    before = store.spent(MONTH)
                    store.book(MONTH, "flight", result_sets=1, micro_usd=1, now=NOW)
                    assert store.spent(MONTH) == before + 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    with Store.open(path) as store:
        assert store.spent(MONTH) == 400


def test_a_database_is_made_by_several_threads_at_once(tmp_path: Path) -> None:
    def work(number: int) -> None:
        with Store.open(tmp_path / f"{number % 5}.db") as store:
            store.note_success(str(number), NOW)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(20)))
    for number in range(5):
        with Store.open(tmp_path / f"{number}.db") as store:
            assert len(store.providers()) == 4


def test_no_text_is_given_to_two_senders(path: Path) -> None:
    with Store.open(path) as store, store.transaction():
        ann = store.add_user(user())
        for number in range(60):
            store.enqueue(message(ann.id, f"key {number}", to=f"+155555501{number % 20:02}"))
    processes = [started("claim_texts", path, boot) for boot in ("one", "two", "three")]
    keys = "".join(finished(process) for process in processes).splitlines()
    assert sorted(keys) == sorted(f"key {number}" for number in range(60))


def test_no_flight_is_given_to_two_daemons(path: Path) -> None:
    with Store.open(path) as store, store.transaction():
        ids = [store.track(flight(number), next_poll_at=NOW, now=NOW).id for number in range(1, 61)]
    processes = [started("claim_flights", path, boot) for boot in ("one", "two", "three")]
    claimed = "".join(finished(process) for process in processes).split()
    assert sorted(map(int, claimed)) == ids


@pytest.mark.parametrize("lines", [1, 7, 40])
def test_what_was_acknowledged_survives_a_killed_writer(path: Path, lines: int) -> None:
    with Store.open(path) as store:
        store.add_user(user())
    writer = started("write_for_ever", path)
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline().strip() for _ in range(lines)]
    writer.send_signal(signal.SIGKILL)
    acknowledged += writer.communicate()[0].split("\n")[:-1]
    with Store.open(path) as store:
        keys = {row["dedup_key"] for row in store._rows("SELECT dedup_key FROM messages")}
        assert set(acknowledged) <= keys
        assert store.spent(MONTH) == len(keys)  # both halves of every transaction, or neither
    assert sound(path)


def test_a_writer_killed_halfway_leaves_nothing_and_holds_nobody_up(path: Path) -> None:
    with Store.open(path) as store:
        ann = store.add_user(user())
        writer = started("stop_halfway", path)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "half\n"
        writer.kill()
        writer.communicate()
        assert store.messages() == []
        assert store.enqueue(message(ann.id, "half")) is not None
    assert sound(path)


def test_a_reader_sees_whole_transactions_only(path: Path) -> None:
    with Store.open(path) as store:
        store.add_user(user())
    writer = started("write_for_ever", path)
    assert writer.stdout is not None
    writer.stdout.readline()
    whole = "SELECT (SELECT count(*) FROM messages) - (SELECT sum(micro_usd) FROM usage) AS torn"
    try:
        with Store.open(path, create=False) as store:
            assert {store._rows(whole)[0]["torn"] for _ in range(200)} == {0}
    finally:
        writer.kill()
        writer.communicate()


def test_the_engine_is_the_one_sqlite_utils_uses() -> None:
    """Two SQLite libraries in one process would break each other's locks."""
    assert sqlite3.OperationalError is OperationalError
