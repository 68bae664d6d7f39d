"""The database goes away under a running daemon: it notices, says so everywhere, does nothing, and nothing is lost."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flait.running.pulse import word
from flait.store import Store
from tests.end_to_end.rig import ANA, BEN, World, at

FAST = 600.0  # times real time
LOG, INDEX = "flait.db-wal", "flait.db-shm"


def deleted(database: Path) -> None:
    database.unlink()


def deleted_with_its_log(database: Path) -> None:
    for name in ("flait.db", LOG, INDEX):
        database.with_name(name).unlink()


def moved(database: Path) -> None:
    database.rename(database.with_name("moved.db"))


def copied_over_by_a_new_file(database: Path) -> None:
    other = database.with_name("other.db")
    Store.open(other).close()
    other.replace(database)


def log_deleted(database: Path) -> None:
    database.with_name(LOG).unlink()


def shared_memory_deleted(database: Path) -> None:
    database.with_name(INDEX).unlink()


WAYS = (deleted, deleted_with_its_log, moved, copied_over_by_a_new_file, log_deleted, shared_memory_deleted)


def trouble(world: World) -> str:
    said = word(world.home / "run")
    return " ".join(each.cause for each in said.troubles if each.what == "database") if said else ""


def saved(world: World) -> str:
    """The copy that the daemon made of what it still had open."""
    world.wait_for(lambda: "is saved: " in trouble(world), "the daemon to say that its database is lost")
    return trouble(world).rpartition(" ")[2]


def following(world: World) -> None:
    world.flight("UA8501", scheduled_out="21:00", scheduled_in="23:30")
    world.flait("subscribe", "UA8501", ANA).done()
    world.clock.put(at("15:12"), FAST)
    world.daemon()
    world.wait_for(lambda: world.statuses() == {"accepted": 1}, "the confirmation to be sent, and stored")


def wait_for_the_cancellation(world: World) -> None:
    world.wait_for(lambda: "is CANCELLED" in world.texts(ANA)[-1], "the cancellation to be told")


@pytest.mark.parametrize("way", WAYS)
def test_a_cancellation_after_the_loss_is_told_once_what_was_saved_is_restored(
    world: World, way: Callable[[Path], None]
) -> None:
    following(world)
    way(world.database)
    name = saved(world)
    asked = len(world.requests("aeroapi"))
    world.flight("UA8501", cancelled=True)

    assert world.flait("status").code in (1, 5)
    status = world.flait("daemon", "status").done()
    assert "running, pid" in status.out
    assert name in status.err
    assert world.flait("daemon", "start").code in (5, 9)
    assert world.flait("daemon", "stop").code == 0
    assert (len(world.texts(ANA)), len(world.requests("aeroapi"))) == (1, asked)
    assert world.flait("--yes", "backup", "restore", name).code == 0

    world.daemon()
    wait_for_the_cancellation(world)
    assert len(world.texts(ANA)) == 2


@pytest.mark.parametrize(
    "words", [("status",), ("subscriptions",), ("subscribe", "UA8501", ANA), ("daemon", "restart")]
)
def test_every_command_says_the_one_thing_that_helps_and_makes_no_new_database(
    world: World, words: tuple[str, ...]
) -> None:
    following(world)
    deleted_with_its_log(world.database)
    name = saved(world)

    refused = world.flait(*words)

    assert (refused.code, refused.out) == (5, "")
    assert f"had it open; run `flait daemon stop`, then `flait backup restore {name}`" in refused.err
    assert not world.database.exists()


COMMANDS = [
    ("status",),
    ("subscriptions",),
    ("user", "list"),
    ("subscribe", "UA8501", BEN),
    ("backup", "create"),
    ("tick",),
    ("daemon", "start"),
    ("daemon", "restart"),
]


def test_a_log_that_was_deleted_is_told_by_every_command_and_nothing_goes_on_without_it(world: World) -> None:
    world.daemon()
    world.flait("user", "add", "Ana", ANA).done()
    log_deleted(world.database)
    name = saved(world)

    for words in COMMANDS:
        refused = world.flait(*words)
        assert (refused.code, refused.out) == (5, ""), words
        assert f"had it open; run `flait daemon stop`, then `flait backup restore {name}`" in refused.err
    assert "running" in world.flait("daemon", "status").done().out
    assert world.flait("daemon", "stop").code == 0

    for words in COMMANDS:
        refused = world.flait(*words)
        assert (refused.code, refused.out) == (5, ""), words
        assert "has lost its log, and with it the last " in refused.err
        assert f"; run `flait backup restore {name}`, or put the log back; to go on" in refused.err
    assert world.flait("--yes", "backup", "restore", name).code == 0
    assert "Ana" in world.flait("user", "list").done().out


def test_a_log_deleted_after_a_kill_is_told_and_one_goes_on_without_it_on_purpose(world: World) -> None:
    daemon = world.daemon()
    world.flait("user", "add", "Ana", ANA).done()
    world.kill(daemon)
    log_deleted(world.database)

    for words in (("status",), ("daemon", "start")):
        refused = world.flait(*words)
        assert (refused.code, refused.out) == (5, ""), words
        assert f"put the log back; to go on with what is left, delete {world.database}-mark" in refused.err
    Path(f"{world.database}-mark").unlink()
    assert "Ana" not in world.flait("user", "list").done().out
    world.daemon()


def test_a_clean_stop_leaves_everything_in_the_database_itself(world: World) -> None:
    daemon = world.daemon()
    world.flait("user", "add", "Ana", ANA).done()
    assert world.terminate(daemon).code == 0
    for name in (LOG, INDEX):
        world.database.with_name(name).unlink(missing_ok=True)

    assert "Ana" in world.flait("user", "list").done().out
    world.daemon()


def test_a_database_that_is_put_back_is_gone_on_with(world: World) -> None:
    following(world)
    aside = world.database.with_name("aside.db")
    world.database.rename(aside)
    saved(world)
    aside.rename(world.database)
    world.wait_for(lambda: not trouble(world), "the daemon to find its database again")

    world.flight("UA8501", cancelled=True)
    wait_for_the_cancellation(world)


def test_a_daemon_whose_folder_is_gone_leaves_and_makes_no_new_one(world: World) -> None:
    daemon = world.daemon()
    elsewhere = world.home.with_name("elsewhere")
    world.home.rename(elsewhere)

    assert world.finished(daemon).code == 1
    assert not world.home.exists()
    assert "this daemon is nobody's" in (elsewhere / "log" / "flait.log").read_text()


def test_a_daemon_whose_lock_is_deleted_is_still_the_only_one(world: World) -> None:
    daemon = world.daemon()
    lock = world.database.with_suffix(".lock")
    lock.unlink()
    world.wait_for(lock.exists, "the lock to be there again")

    assert world.flait("daemon", "run").code == 9
    assert world.flait("daemon", "stop").code == 0
    assert world.finished(daemon).code == 0


def test_an_emptied_database_is_a_loss_like_any_other(world: World) -> None:
    following(world)
    os.truncate(world.database, 0)
    world.wait_for(lambda: "was emptied" in trouble(world), "the daemon to notice")

    assert world.flait("status").code == 5
    assert world.flait("daemon", "stop").code == 0


def test_a_copy_in_place_of_the_database_is_taken_up_after_a_restart(world: World) -> None:
    following(world)
    world.flait("backup", "create", str(world.home / "copy.db")).done()
    shutil.copy(world.home / "copy.db", world.home / "new.db")
    (world.home / "new.db").replace(world.database)
    saved(world)

    told = world.flait("status")
    assert told.code == 1
    assert "run `flait daemon restart`" in told.out
    assert world.flait("daemon", "restart", "--wait", "30").code == 0
    world.flight("UA8501", cancelled=True)
    wait_for_the_cancellation(world)
