"""Who is at work on a database is known from the lock beside it, whatever became of the database."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flait.errors import ConfigError, Locked
from flait.system.lock import Holder, daemon_of, holder, lock_of, sole, take

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "flait.db"


def test_who_holds_it_says_who_it_is_and_nobody_does_afterwards(database: Path) -> None:
    assert holder(database) is None
    with sole(database, since=NOW, run_dir=database.parent / "run"):
        assert holder(database) == Holder(pid=os.getpid(), since=NOW, run_dir=database.parent / "run")
        assert daemon_of(database) == holder(database)
    assert holder(database) is None


def test_the_second_one_is_refused_and_hears_who_is_first(database: Path) -> None:
    with sole(database), pytest.raises(Locked, match=f"another daemon is running .* pid {os.getpid()}"), sole(database):
        pass
    with (
        sole(database, "`flait tick`"),
        pytest.raises(Locked, match=r"`flait tick` \(pid .* is at work"),
        sole(database),
    ):
        pass


def test_a_tick_or_a_restore_is_no_daemon(database: Path) -> None:
    with sole(database, "`flait tick`"):
        assert daemon_of(database) is None
        assert holder(database) is not None


def test_looking_empties_nothing_and_keeps_nobody_out(database: Path) -> None:
    with sole(database, since=NOW):
        before = lock_of(database).read_bytes()
        assert [holder(database) for _ in range(3)] == [holder(database)] * 3
        assert lock_of(database).read_bytes() == before


def test_an_earlier_flaits_daemon_holds_it_without_a_word(database: Path) -> None:
    handle = take(lock_of(database), patience=0)
    assert handle is not None
    for content in (b"", b"{", b"[]", b'{"what": 1}'):
        lock_of(database).write_bytes(content)
        assert holder(database) == Holder()
    os.close(handle)


def test_what_a_longer_word_left_is_not_read_as_part_of_a_shorter_one(database: Path) -> None:
    with sole(database, since=NOW, run_dir=Path("/a" * 300)):
        pass
    with sole(database):
        assert holder(database) == Holder(pid=os.getpid())


HOLDS = """
import sys
from pathlib import Path
from flait.system.lock import sole
with sole(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_kernel_frees_it_when_its_holder_is_killed(database: Path) -> None:
    command = [sys.executable, "-c", HOLDS, str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        found = holder(database)
        assert found
        assert found.pid == other.pid
        other.kill()
    with sole(database):
        assert daemon_of(database)


def test_a_lock_that_somebody_deletes_is_taken_anew(database: Path) -> None:
    with sole(database, since=NOW) as held:
        lock_of(database).unlink()
        assert holder(database) is None
        assert held.is_kept()
        assert holder(database) == Holder(pid=os.getpid(), since=NOW)


def test_a_lock_that_another_has_taken_meanwhile_is_lost(database: Path) -> None:
    with sole(database) as held:
        lock_of(database).unlink()
        with sole(database, "another"):
            assert not held.is_kept()


def test_a_lock_whose_folder_is_gone_is_lost_and_no_folder_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    with sole(folder / "flait.db") as held:
        folder.rename(tmp_path / "elsewhere")
        assert not held.is_kept()
    assert not folder.exists()


def test_a_link_in_the_place_of_the_lock_is_not_followed(database: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("kept")
    lock_of(database).symlink_to(precious)
    with pytest.raises(ConfigError, match="is a link"), sole(database):
        pass
    assert holder(database) is None
    assert precious.read_text() == "kept"


def test_a_file_system_without_locks_is_refused_with_that_reason(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_handle: int, _how: int) -> None:
        raise OSError(37, "No locks available")

    lock_of(database).touch()
    monkeypatch.setattr("fcntl.flock", none)
    with pytest.raises(ConfigError, match=r"knows no locks \(No locks available\); keep"), sole(database):
        pass
    with pytest.raises(ConfigError, match="knows no locks"):
        holder(database)
