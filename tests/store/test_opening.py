"""Whose file is it, is it whole, is it up to date? Whatever the answer, a refused file keeps every byte."""

import errno
import os
import resource
import signal
import sqlite3 as python_sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database, Migrations

from flait.core.values import replace
from flait.errors import ConfigError, StoreError
from flait.schema import APPLICATION_ID, steps
from flait.store import Store, opening
from flait.store.connection import fault, sqlite3
from flait.store.filesystem import shares_memory
from flait.store.opening import JOURNAL, wal_safe
from tests.store.releases import (
    BEA,
    BEA_ON_WHATSAPP,
    CAIO,
    CAIO_ON_WHATSAPP,
    first_release,
    fourth_release,
    second_release,
    tables,
)
from tests.store.samples import HOUR, NOW, finished, follower, started, user
from tests.torture.commands import strace_works

MARKS = {"_sqlite_migrations", "sqlite_sequence"}


def pragma(store: Store, name: str) -> Any:
    return store._conn.execute(f"PRAGMA {name}").fetchone()[0]


def assert_refused(path: Path, sentence: str, *, create: bool = True) -> None:
    """Opening fails with that sentence, and neither the file nor its folder changes."""
    before = snapshot(path)
    with pytest.raises(StoreError, match=sentence) as caught:
        Store.open(path, create=create)
    assert caught.value.hint
    assert snapshot(path) == before


def snapshot(path: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in path.parent.iterdir() if entry.is_file()}


PIPED: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}


def test_a_new_database_is_made_for_its_owner_only(path: Path) -> None:
    old = os.umask(0o000)
    try:
        Store.open(path).close()
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_strict_umask_does_not_lock_the_owner_out(path: Path) -> None:
    old = os.umask(0o777)
    try:
        Store.open(path).close()
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_files_beside_it_are_as_private(store: Store, path: Path) -> None:
    store.add_user(user())
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()} == {0o600}


def test_the_connection_is_safe_and_durable(path: Path) -> None:
    expected = {"foreign_keys": 1, "synchronous": 2, "trusted_schema": 0, "temp_store": 2, "journal_mode": JOURNAL}
    expected |= {"mmap_size": 0, "busy_timeout": 30_000, "application_id": APPLICATION_ID}
    with Store.open(path) as store:
        assert {name: pragma(store, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
    ],
)
def test_the_write_ahead_log_is_used_where_it_is_sound(version: tuple[int, ...], safe: bool) -> None:
    assert wal_safe(version) is safe


def test_a_database_keeps_what_was_put_into_it(path: Path) -> None:
    with Store.open(path) as store:
        follower(store)
    with Store.open(path) as store:
        assert [view.user.name for view in store.subscription_views()] == ["Ann 0"]


def test_a_name_full_of_signs_is_only_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a ?mode=memory&x=%41#é.db"
    Store.open(path).close()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_relative_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Store.open(Path("flait.db")).close()
    assert (tmp_path / "flait.db").is_file()


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"folder .*nowhere does not exist"):
        Store.open(tmp_path / "nowhere" / "flait.db")
    assert list(tmp_path.iterdir()) == []


def test_a_reader_does_not_make_a_database(path: Path) -> None:
    assert_refused(path, "there is no database", create=False)


def test_a_reader_does_not_fill_an_empty_file(path: Path) -> None:
    path.touch()
    assert_refused(path, "there is no database", create=False)


def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch()
    Store.open(path).close()
    with Store.open(path, create=False) as store:
        assert store.users() == []


def test_an_emptied_file_keeps_its_log(path: Path) -> None:
    with Store.open(path) as store:
        follower(store)
        log = path.with_name("flait.db-wal")
        content = log.read_bytes()
    path.write_bytes(b"")
    log.write_bytes(content)
    assert_refused(path, "is empty, and its log is not")


def test_a_folder_is_refused(path: Path) -> None:
    path.mkdir()
    assert_refused(path, "is not a file")


@pytest.mark.parametrize("content", [b"just text\n" * 100, b"x", b"\0" * 4096, os.urandom(8192)])
def test_a_file_that_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert_refused(path, "is not a database")


def test_a_name_no_file_system_takes_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / ("x" * 300), "cannot be opened")


def test_a_link_to_nowhere_is_refused(path: Path) -> None:
    path.symlink_to("nowhere")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(path)
    assert not path.exists()


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_another_programs_database_is_refused(path: Path, journal: str) -> None:
    with closing(python_sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA journal_mode = {journal}")
        other.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)")
    assert_refused(path, "another program's database")


def test_an_empty_database_marked_by_another_program_is_refused(path: Path) -> None:
    with closing(python_sqlite3.connect(path)) as other:
        other.execute("PRAGMA application_id = 42")
    assert_refused(path, "another program's database")


def test_a_newer_database_is_refused(path: Path) -> None:
    with Store.open(path) as store:
        store._change("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('flait', 'm999_future')")
    assert_refused(path, "written by a newer Flait")


def test_a_damaged_schema_is_refused(path: Path) -> None:
    Store.open(path).close()
    content = bytearray(path.read_bytes())
    content[100:400] = b"\xff" * 300
    path.write_bytes(content)
    assert_refused(path, "is damaged")


def test_damage_found_later_is_a_sentence(path: Path) -> None:
    with Store.open(path) as store:
        store.add_user(user())
        page = store._rows("SELECT rootpage FROM sqlite_schema WHERE name = 'users'")[0]["rootpage"]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    with Store.open(path) as store, pytest.raises(StoreError, match="is damaged"):
        store.users()


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every account can reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Permissions mean nothing to root: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def assert_not_opened(path: Path) -> None:
    with unprivileged(), pytest.raises(StoreError, match="cannot be"):
        Store.open(path)


def test_a_file_that_may_not_be_written_is_refused(public: Path) -> None:
    path = public / "flait.db"
    Store.open(path).close()
    path.chmod(0o444)
    public.chmod(0o777)
    before = path.read_bytes()
    assert_not_opened(path)
    assert path.read_bytes() == before


def test_a_folder_that_may_not_be_written_is_refused(public: Path) -> None:
    path = public / "flait.db"
    Store.open(path).close()
    path.chmod(0o666)
    public.chmod(0o555)
    assert_not_opened(path)
    public.chmod(0o755)
    assert [entry.name for entry in public.iterdir()] == ["flait.db"]


def test_a_folder_that_may_not_be_entered_is_refused(public: Path) -> None:
    Store.open(public / "flait.db").close()
    public.chmod(0o000)
    assert_not_opened(public / "flait.db")
    public.chmod(0o755)


@pytest.mark.skipif(JOURNAL != "wal", reason="there is no log beside it")
def test_whoever_reads_a_new_one_meanwhile_takes_none_of_its_files_away(path: Path) -> None:
    """A reader of another process, that closes it while nobody else has the log open, takes the log away."""
    made = opening.opened(path, create=True)
    reads = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM daemon').fetchall(); "
    with subprocess.Popen([sys.executable, "-c", reads + "print(); input()", path], **PIPED) as reader:
        assert reader.stdout
        reader.stdout.readline()
        store = Store(made, path)
        reader.communicate("\n")
    store.refuse_elsewhere()
    store.close()


def test_several_processes_may_make_it_at_once(tmp_path: Path) -> None:
    for attempt in range(3):
        processes = [started("open_it", tmp_path / f"{attempt}.db") for _ in range(3)]
        assert [finished(process) for process in processes] == ["opened\n"] * 3


def test_a_file_that_others_take_away_between_two_looks_is_looked_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one who closes a database takes its log away."""
    Store.open(path).close()
    log, plain = Path(f"{path}-wal"), Path.stat
    log.touch()

    def stat(file: Path, **how: bool) -> os.stat_result:
        found = plain(file, **how)
        if file == log:
            log.unlink()
        return found

    monkeypatch.setattr(Path, "stat", stat)
    opening._check_place(path)
    assert not log.exists()


def test_several_processes_may_open_and_close_it_at_once(path: Path) -> None:
    processes = [started("open_often", path, "100") for _ in range(3)]
    assert [finished(process) for process in processes] == [""] * 3


def without_maps(path: Path) -> list[str]:
    """SQLite cannot map the index of this database's log, as on a file system over a network."""
    inject = "inject=mmap:error=ENODEV"
    return ["strace", "-f", "-qq", "-o", os.devnull, "-P", f"{path}-shm", "-e", "trace=mmap", "-e", inject]


@pytest.mark.skipif(not strace_works(), reason="strace cannot be used here")
@pytest.mark.parametrize("brought_here", [False, True])
def test_where_processes_share_no_memory_the_rollback_journal_is_used(path: Path, brought_here: bool) -> None:
    if brought_here:
        with Store.open(path) as store:
            store.add_user(user())
            log = path.with_name("flait.db-wal")
            content, logged = path.read_bytes(), log.read_bytes()
        path.write_bytes(content)
        log.write_bytes(logged)

    for _ in range(2):
        process = started("without_shared_memory", path, under=without_maps(path))
        assert finished(process) == f"{{'journal_mode': 'delete'}} {int(brought_here)}\n"


@pytest.mark.skipif(not strace_works(), reason="strace cannot be used here")
def test_a_disk_that_fails_is_not_taken_for_one_that_shares_no_memory(path: Path) -> None:
    Store.open(path).close()
    assert "failed, or is full" in finished(started("open_it", path, under=without_maps(path)))


def test_a_full_disk_is_not_taken_for_one_that_shares_no_memory(tmp_path: Path) -> None:
    limit, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        for size in (0, 512):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
            assert shares_memory(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    assert list(tmp_path.iterdir()) == []


def test_what_sqlite_says_without_a_code_is_a_sentence_too(path: Path) -> None:
    said = fault(sqlite3.OperationalError("database or disk is full"), path)
    assert str(said) == f"the disk of {path} is full; free some space, then try again"


def test_a_file_system_without_locks_is_told_from_a_busy_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "JOURNAL", "delete")
    Store.open(path).close()

    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr("fcntl.lockf", none)
        with pytest.raises(ConfigError, match=r"knows no locks \(No locks available\); keep Flait's data on a disk of"):
            Store.open(path)
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_opening_an_up_to_date_database_waits_for_no_writer(store: Store, path: Path) -> None:
    with store.transaction():
        store.add_user(user())
        with Store.open(path, create=False) as reader:
            assert reader.users() == []


# What a later release will do: migrations that come after the ones there are.


def released(monkeypatch: pytest.MonkeyPatch, *more: Any) -> None:
    migrations = Migrations("flait")
    names = []
    for migration in (*steps(), *more):
        migrations()(migration)
        names.append(migration.__name__)
    monkeypatch.setattr(opening, "migrations", lambda: migrations)
    monkeypatch.setattr(opening, "NAMES", frozenset(names))


def m901_pets(db: Database) -> None:
    db.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users) STRICT")


def m902_orphan(db: Database) -> None:
    db.execute("INSERT INTO pets (user_id) VALUES (99)")


def m902_mistake(db: Database) -> None:
    db.execute("CREATE TABLE toys (id INTEGER PRIMARY KEY) STRICT")
    db.execute("CREATE TABLE pets (id INTEGER PRIMARY KEY) STRICT")


def test_an_older_database_is_brought_up_to_date(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(path) as store:
        follower(store)
    released(monkeypatch, m901_pets)
    with Store.open(path, create=False) as store:
        assert len(store.users()) == 1
        assert pragma(store, "foreign_keys") == 1
    assert "pets" in tables(path)


def test_what_the_first_release_kept_is_all_there_after_the_second(path: Path) -> None:
    first_release(path)
    with Store.open(path) as store:
        [ann] = store.users()
        assert (ann.name, ann.opted_out_at, ann.muted_until) == ("Ann", NOW, None)
        assert [change.change for change in store.consent_changes(ann.phone)] == ["opt_out"]
        assert [view.user.name for view in store.subscription_views()] == ["Ann"]
        assert store.unfinished([NOW]) == store.message(1)


def test_what_the_second_release_kept_is_all_there_after_the_third(path: Path) -> None:
    second_release(path)
    with closing(sqlite3.connect(path)) as conn:
        conn.row_factory = sqlite3.Row
        before = {name: [dict(row) for row in conn.execute(f'SELECT * FROM "{name}"')] for name in tables(path) - MARKS}
    consents = [row.pop("consent") for row in before["users"]]  # rows of their own by now
    with Store.open(path) as store:
        after = {name: store._rows(f'SELECT * FROM "{name}"') for name in before}
        assert [one.consent for one in store.users()] == consents
        waiting, asked = store.subscription(1), store.subscription(2)
        assert waiting
        assert asked
        assert (asked.ident, asked.departure_date, asked.origin, asked.muted_until) == (
            "UA123", date(2013, 3, 8), "SFO", NOW,
        )  # fmt: skip
        assert (asked.destination, asked.leaves_at) == (None, None)
        following = store.subscription(3)
        assert following
        assert (following.state, following.destination, following.leaves_at) == ("active", "JFK", None)
        assert [view.subscription for view in store.subscription_views()] == [waiting, asked, following]
        assert store.claim_pending(NOW, HOUR) == replace(asked, next_attempt_at=NOW + HOUR)
    assert {name: [{column: row[column] for column in old} for row, old in zip(after[name], rows, strict=True)]
            for name, rows in before.items()} == before  # fmt: skip


@pytest.fixture
def fifth(path: Path) -> Iterator[Store]:
    """What the fourth release kept, opened by the fifth."""
    fourth_release(path)
    with Store.open(path) as store:
        yield store


def test_people_of_the_fourth_release_are_known_by_the_number_as_dialled_in_the_fifth(fifth: Store) -> None:
    ann, bea, caio = fifth.users()
    assert (ann.phone, ann.added_by, ann.opted_out_at) == ("+15555550100", "operator", NOW)
    assert (bea.name, bea.phone, bea.added_by) == ("Bea", BEA, "operator")
    assert bea.consent == "added at the command line; whatsapp: JOIN by text, 2013-03-08"
    assert (caio.name, caio.phone, caio.added_by, caio.muted_until) == (CAIO, CAIO, "invitation", NOW)
    assert [(row.user, row.messages, row.segments) for row in fifth.sms_rows("2013-02")] == [("Bea", 6, 7)]


def test_one_person_of_two_spellings_follows_what_either_did_and_nothing_twice(fifth: Store) -> None:
    _, bea, caio = fifth.users()
    assert [view.subscription.id for view in fifth.subscription_views(bea.id)] == [21, 23]
    twice = fifth.subscription(22)
    assert twice
    assert (twice.user_id, twice.state, twice.reason) == (bea.id, "canceled", "the same under another spelling")
    assert [view.subscription.id for view in fifth.subscription_views(caio.id)] == [24]
    assert [one.inviter_id for one in fifth.open_invitations("+15555550101", NOW - HOUR)] == [bea.id, 1]


def test_a_stop_from_one_spelling_counts_for_the_other_unless_start_came_later(fifth: Store) -> None:
    assert fifth.is_opted_out(BEA)
    assert not fifth.is_opted_out(CAIO)
    assert [change.how for change in fifth.consent_changes(BEA)] == ["texted WhatsApp SM2"]
    assert [change.how for change in fifth.consent_changes(CAIO)] == ["texted SMS SM3", "texted SMS SM4"]
    sids = {row["sid"]: row["change"] for row in fifth._rows("SELECT * FROM consent_texts")}
    assert sids == {"SM2": "opt_out", "SM3": "opt_out", "SM4": "opt_in"}


def test_what_waits_under_one_spelling_is_the_persons_and_whatsapp_keeps_its_own(fifth: Store) -> None:
    bea = fifth.user_by_phone(BEA)
    assert bea
    assert [view.message.to for view in fifth.messages(user_id=bea.id)] == [BEA]
    waiting = fifth.claim_inbound(NOW, "boot")
    assert waiting
    assert (waiting.inbound.sid, waiting.inbound.sender) == ("SM5", BEA)
    assert (fifth.wrote_over_whatsapp_at(BEA), fifth.whatsapp_address(BEA)) == (NOW, BEA_ON_WHATSAPP)
    assert (fifth.wrote_over_whatsapp_at(CAIO), fifth.whatsapp_address(CAIO)) == (NOW, CAIO_ON_WHATSAPP)
    asked = [(row["asker"], row["phone"]) for row in fifth._rows("SELECT asker, phone FROM askings ORDER BY id")]
    assert asked == [("+15555550100", "+15555550101"), (BEA, "+15555550101"), (BEA, CAIO)]


def test_what_is_pending_since_an_earlier_release_is_carried_on_with_its_route(path: Path) -> None:
    second_release(path)
    with Store.open(path) as store:
        asked = store.subscription(2)
        assert asked
        assert store.save_subscription(replace(asked, destination="JFK", leaves_at="10:00"))
        assert store.subscription(2) == replace(asked, destination="JFK", leaves_at="10:00")


def test_a_migration_that_fails_leaves_what_was_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path).close()
    before = tables(path)
    released(monkeypatch, m901_pets, m902_mistake)
    with pytest.raises(StoreError, match="table pets already exists"):
        Store.open(path)
    assert tables(path) == before


def test_a_migration_that_leaves_orphans_is_undone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path).close()
    released(monkeypatch, m901_pets, m902_orphan)
    with pytest.raises(StoreError, match="refer to nothing"):
        Store.open(path)
    released(monkeypatch, m901_pets)
    with Store.open(path) as store:
        assert store._rows("SELECT * FROM pets") == []


def test_an_older_flait_refuses_what_a_newer_one_migrated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released(monkeypatch, m901_pets)
    Store.open(path).close()
    released(monkeypatch)
    assert_refused(path, "written by a newer Flait")


def counted(path: Path) -> int:
    """What a reader sees of it, the people counted."""
    with closing(sqlite3.connect(path)) as conn:
        return int(conn.execute("SELECT count(*) FROM users").fetchone()[0])


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_what_is_to_be_done_first_sees_what_is_migrated_and_nobody_else_writes(
    path: Path, monkeypatch: pytest.MonkeyPatch, journal: str
) -> None:
    monkeypatch.setattr(opening, "JOURNAL", journal)
    with Store.open(path) as store:
        follower(store)
    released(monkeypatch, m901_pets)
    seen = []

    def first(database: Path) -> None:
        with closing(sqlite3.connect(database, timeout=0)) as other, pytest.raises(sqlite3.OperationalError):
            other.execute("DELETE FROM users")
        seen.append((database, counted(database), "pets" in tables(database)))

    Store.open(path, first=first).close()
    assert seen == [(path, 1, False)]
    assert "pets" in tables(path)


def test_a_database_stays_as_it_is_when_what_comes_first_fails(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store.open(path).close()
    released(monkeypatch, m901_pets)
    before = snapshot(path)

    def first(_: Path) -> None:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        Store.open(path, first=first)
    assert snapshot(path) == before


def test_nothing_comes_first_where_nothing_is_old(path: Path) -> None:
    seen: list[Path] = []
    for _ in range(2):
        Store.open(path, first=seen.append).close()
    assert seen == []
