"""`flait backup …` and `flait prune`, as people run them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from flait.app import App
from flait.core.values import replace
from flait.daemon import Daemon
from flait.store import Step, Store
from flait.system.lock import sole
from tests.doors.command_line import CommandLine
from tests.store.releases import first_release, tables
from tests.store.samples import NOW, PHONE, follower, user

OLD = NOW - timedelta(days=100)


@pytest.fixture
def peopled(flait: CommandLine) -> CommandLine:
    """A home where somebody is known."""
    with Store.open(flait.database) as store:
        follower(store)
    return flait


def created(flait: CommandLine, *argv: str | Path) -> Path:
    ran = flait("backup", "create", *map(str, argv))
    assert ran.code == 0, ran
    return Path(ran.out.rstrip("\n"))


def names_of_people(flait: CommandLine) -> list[str]:
    return [row["name"] for row in flait("user", "list", "--json").json["users"]]


def test_create_prints_where_the_backup_is(peopled: CommandLine) -> None:
    path = created(peopled)
    assert path == peopled.home / "backups" / "flait-20130308-120000Z.db"
    assert path.is_file()


def test_create_takes_a_name_and_never_overwrites(peopled: CommandLine, tmp_path: Path) -> None:
    mine = created(peopled, tmp_path / "mine.db")
    assert mine == tmp_path / "mine.db"
    assert "exists already" in peopled("backup", "create", str(mine)).refused(2)
    assert "does not exist" in peopled("backup", "create", str(tmp_path / "nowhere" / "x.db")).refused(2)


def test_list_shows_each_and_whether_it_is_whole(peopled: CommandLine) -> None:
    path = created(peopled)
    (path.parent / "spoilt.db").write_bytes(b"rubbish" * 100)
    rows = {row["name"]: row for row in peopled("backup", "list", "--json").json["backups"]}
    assert rows[path.name] == {
        "name": path.name,
        "path": str(path),
        "at": "2013-03-08T12:00:00Z",
        "size": path.stat().st_size,
        "kind": "manual",
        "ok": True,
        "problem": None,
    }
    assert (rows["spoilt.db"]["ok"], "not a database" in rows["spoilt.db"]["problem"]) == (False, True)
    assert len(peopled("backup", "list").table) == 2


def test_list_makes_nothing_where_there_is_nothing(flait: CommandLine) -> None:
    assert flait("backup", "list", "--json").json == {"backups": []}
    assert list(flait.home.iterdir()) == []


def test_restore_asks_and_a_no_changes_nothing(peopled: CommandLine) -> None:
    path = created(peopled)
    ran = peopled("backup", "restore", path.name, typed="n\n")
    assert (ran.code, "not confirmed" in ran.err) == (1, True)
    assert not list(peopled.home.glob("*before-restore*"))


def test_restore_without_a_terminal_wants_yes(peopled: CommandLine) -> None:
    path = created(peopled)
    assert "--yes" in peopled("backup", "restore", str(path)).refused(2)


@pytest.mark.parametrize("said", [("--yes", None), ("", "y\n")])
def test_restore_puts_it_back_and_tells_the_way_back(peopled: CommandLine, said: tuple[str, str | None]) -> None:
    path = created(peopled)
    with Store.open(peopled.database) as store:
        store.add_user(user(7))
    switch, typed = said
    ran = peopled("backup", "restore", path.name, *filter(None, [switch]), typed=typed)
    assert (ran.code, ran.out) == (0, "")
    assert names_of_people(peopled) == ["Ann 0"]
    [aside] = peopled.home.glob("*before-restore*")
    assert f"flait backup restore {aside}" in ran.err
    assert peopled("backup", "restore", str(aside), "-y").code == 0
    assert names_of_people(peopled) == ["Ann 0", "Ann 7"]


def test_restore_tells_of_the_stops_it_kept(peopled: CommandLine) -> None:
    path = created(peopled)
    with Store.open(peopled.database) as store:
        store.opt_out(PHONE, NOW, how="texted STOP")
    ran = peopled("backup", "restore", str(path), "--yes")
    assert "1 numbers said STOP" in ran.err
    assert PHONE not in ran.err


def test_restore_says_when_the_stops_are_lost(peopled: CommandLine) -> None:
    path = created(peopled)
    peopled.database.write_bytes(b"rubbish" * 1000)
    ran = peopled("backup", "restore", str(path), "--yes")
    assert (ran.code, "21610" in ran.err, "could not be read" in ran.err) == (0, True, True)
    assert names_of_people(peopled) == ["Ann 0"]


def test_restore_is_refused_while_a_daemon_runs(peopled: CommandLine) -> None:
    path = created(peopled)
    with sole(peopled.database):
        assert "stop it first" in peopled("backup", "restore", str(path), "--yes").refused(9)


def test_restore_of_what_is_no_backup_changes_no_byte(peopled: CommandLine) -> None:
    rubbish = peopled.home / "rubbish.db"
    rubbish.write_bytes(b"rubbish" * 1000)
    before = {path.name: path.read_bytes() for path in peopled.home.iterdir()}
    peopled("backup", "restore", str(rubbish), "--yes").refused(5)
    peopled("backup", "restore", "nowhere.db", "--yes").refused(7)
    assert {path.name: path.read_bytes() for path in peopled.home.iterdir()} == before


@pytest.mark.parametrize("words", [("backup", "create"), ("-y", "backup", "restore")])
@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("{folder}", "{folder} is a folder; name a "),
        ("", "no file is named; see `flait backup "),
        (" ", "no file is named; see `flait backup "),
        ("x" * 300, "cannot be looked at: File name too long; see `flait backup "),
        ("{folder}/flait.db/x", "cannot be looked at: Not a directory; see `flait backup "),
    ],
)
def test_what_is_no_file_is_bad_input_and_called_what_it_is(
    peopled: CommandLine, words: tuple[str, ...], named: str, why: str
) -> None:
    before = peopled.database.read_bytes()
    folder = str(peopled.home)
    assert why.format(folder=folder) in peopled(*words, named.format(folder=folder)).refused(2)
    assert peopled.database.read_bytes() == before
    assert not (peopled.home / "backups").exists()


def test_a_device_is_no_backup(peopled: CommandLine) -> None:
    assert "/dev/null is no file; name a backup" in peopled("-y", "backup", "restore", "/dev/null").refused(2)


def test_restore_on_a_new_machine(peopled: CommandLine, tmp_path: Path) -> None:
    path = created(peopled, tmp_path / "carried.db")
    elsewhere = CommandLine(tmp_path / "elsewhere")
    ran = elsewhere("backup", "restore", str(path), "--yes")
    assert (ran.code, "There was no database before" in ran.err) == (0, True)
    assert names_of_people(elsewhere) == ["Ann 0"]


def test_prune_counts_first_and_then_removes(peopled: CommandLine) -> None:
    with Store.open(peopled.database) as store:
        store.record(*(Step(at=OLD, step="tick", outcome="nothing") for _ in range(3)))
    none = dict.fromkeys(
        ("raw_answers", "sightings", "journal", "messages", "subscriptions", "flights", "receipts", "flown", "inbound"),
        0,
    )
    for _ in range(2):
        assert peopled("prune", "--dry-run", "--json").json == {"dry_run": True, "removed": none | {"journal": 3}}
    assert peopled("prune").facts["journal"] == "3"
    assert peopled("prune", "--json").json == {"dry_run": False, "removed": none}


def aged(flait: CommandLine) -> None:
    """There is something to prune."""
    with Store.open(flait.database) as store:
        store.record(Step(at=OLD, step="tick", outcome="nothing", detail="long ago"))


def backups(flait: CommandLine) -> list[str]:
    return [f"{row['kind']} {row['ok']}" for row in flait("backup", "list", "--json").json["backups"]]


def test_prune_backs_up_first_and_tells_the_way_back(peopled: CommandLine) -> None:
    aged(peopled)
    before = steps(peopled)
    pruned = peopled("prune")
    [name] = [path.name for path in (peopled.home / "backups").iterdir()]
    assert f"flait backup restore {name}" in pruned.err
    assert name.startswith("flait-before-prune-")
    assert ("long ago" in before, "long ago" in steps(peopled)) == (True, False)
    assert peopled("backup", "restore", name, "--yes").code == 0
    assert "long ago" in steps(peopled)


def steps(flait: CommandLine) -> list[str]:
    with Store.open(flait.database) as store:
        return [row["detail"] for row in store._rows("SELECT detail FROM journal")]


def test_prune_asks_at_a_terminal_and_a_no_changes_nothing(peopled: CommandLine) -> None:
    aged(peopled)
    before = peopled.database.read_bytes()
    assert "not confirmed" in peopled("prune", typed="n\n").err
    assert (peopled.database.read_bytes(), backups(peopled)) == (before, [])
    assert peopled("prune", typed="y\n").facts["journal"] == "1"


def test_prune_is_refused_by_a_clock_that_nobody_can_mean(peopled: CommandLine) -> None:
    aged(peopled)
    before = backups(peopled)
    with Store.open(peopled.database) as store:
        store.beat(boot="b", pid=1, started_at=NOW, now=NOW + timedelta(days=3))

    refused = peopled("prune", "--yes").refused(1)

    assert refused == "nothing is removed: the clock is 3 days behind the last sign of life; set the clock right first"
    assert backups(peopled) == before


def test_prune_makes_no_backup_where_nothing_goes(peopled: CommandLine) -> None:
    assert peopled("prune").code == peopled("prune", "--dry-run").code == 0
    aged(peopled)
    peopled("prune", "--dry-run")
    assert backups(peopled) == []


@pytest.mark.parametrize("command", [("prune",), ("user", "remove", "Ann 0")])
def test_without_its_backup_nothing_is_removed(peopled: CommandLine, command: tuple[str, ...]) -> None:
    aged(peopled)
    (peopled.home / "backups").write_text("a file in the way")
    assert peopled(*command, "--yes").code == 5
    assert names_of_people(peopled) == ["Ann 0"]
    assert "long ago" in steps(peopled)


def test_a_person_removed_by_mistake_can_be_had_back(peopled: CommandLine) -> None:
    removed = peopled("user", "remove", "Ann 0", "--yes")
    [name] = [path.name for path in (peopled.home / "backups").iterdir()]
    assert name.startswith("flait-before-removal-")
    assert f"flait backup restore {name}" in removed.err
    assert backups(peopled) == ["safety True"]
    assert peopled("backup", "restore", name, "--yes").code == 0
    assert names_of_people(peopled) == ["Ann 0"]


def test_an_emptied_database_of_which_there_are_backups_is_not_begun_anew(peopled: CommandLine) -> None:
    path = created(peopled)
    peopled.database.write_bytes(b"")
    for words in (("user", "list"), ("user", "add", "Zoe", PHONE), ("daemon", "start"), ("tick",)):
        assert f"run `flait backup restore {path.name}`" in peopled(*words).refused(5)
    assert peopled.database.read_bytes() == b""
    assert peopled("backup", "restore", path.name, "--yes").code == 0
    assert names_of_people(peopled) == ["Ann 0"]


def test_a_database_that_is_gone_is_not_begun_anew_beside_its_backups(peopled: CommandLine) -> None:
    path = created(peopled)
    peopled.database.unlink()
    for words in (("status",), ("user", "add", "Zoe", PHONE), ("daemon", "start"), ("tick",), ("backup", "create")):
        assert f"run `flait backup restore {path.name}`" in peopled(*words).refused(5)
    assert not peopled.database.exists()
    assert peopled("backup", "restore", path.name, "--yes").code == 0
    assert names_of_people(peopled) == ["Ann 0"]


def test_a_database_that_is_gone_under_a_daemon_is_not_begun_anew(peopled: CommandLine) -> None:
    peopled.database.unlink()
    with sole(peopled.database):
        for words in (("status",), ("user", "list"), ("user", "add", "Zoe", PHONE), ("daemon", "restart")):
            assert "had it open; run `flait daemon stop`" in peopled(*words).refused(5)
    assert not peopled.database.exists()
    assert peopled("user", "add", "Zoe", PHONE).code == 0


@pytest.fixture
def outdated(peopled: CommandLine, tmp_path: Path) -> CommandLine:
    """The same, as the first release left it."""
    peopled.database.unlink()
    first_release(peopled.database)
    return peopled


def test_the_first_command_after_an_upgrade_backs_up_and_then_migrates(outdated: CommandLine) -> None:
    assert names_of_people(outdated) == ["Ann"]
    [path] = (outdated.home / "backups").iterdir()
    assert path.name.startswith("flait-before-migration-")
    assert "inbound" not in tables(path)
    assert "inbound" in tables(outdated.database)
    assert names_of_people(outdated) == ["Ann"]
    assert backups(outdated) == ["safety True"]


def test_a_row_that_cannot_be_read_is_told_like_any_damage(peopled: CommandLine) -> None:
    with Store.open(peopled.database) as store:
        store._change("UPDATE users SET created_at = 'twenty-four letters long'")
    before = peopled.database.read_bytes()
    assert "backup restore" in peopled("user", "list").refused(5)
    assert peopled.database.read_bytes() == before


def test_without_its_backup_nothing_is_migrated(outdated: CommandLine) -> None:
    (outdated.home / "backups").write_text("a file in the way")
    before = outdated.database.read_bytes()
    outdated("user", "list").refused(5)
    assert outdated.database.read_bytes() == before
    (outdated.home / "backups").unlink()
    assert names_of_people(outdated) == ["Ann"]


def test_several_commands_at_once_after_an_upgrade_make_one_backup(outdated: CommandLine) -> None:
    with ThreadPoolExecutor(3) as pool:
        ran = list(pool.map(lambda _: outdated.in_a_process("user", "list"), range(3)))
    assert [each.code for each in ran] == [0, 0, 0]
    assert len(list((outdated.home / "backups").iterdir())) == 1


def test_the_daemon_backs_up_once_a_day(peopled: CommandLine) -> None:
    daemon = Daemon(App(peopled.env), threading.Event())
    tick = next(tick for tick in daemon.ticks() if tick.name == "backup")
    for _ in range(3):
        daemon.run(tick)
    assert [row[2] for row in peopled("backup", "list").table] == ["daily"]


def test_a_backup_that_fails_does_not_stop_the_daemon(peopled: CommandLine) -> None:
    (peopled.home / "backups").write_text("a file in the way")
    daemon = Daemon(App(peopled.env), threading.Event())
    tick = next(tick for tick in daemon.ticks() if tick.name == "backup")
    daemon.run(replace(tick))
    assert (peopled.home / "backups").read_text() == "a file in the way"
