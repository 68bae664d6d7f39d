"""One backup a day by itself; and a restore after which nobody is texted who said STOP, and nothing is said twice."""

import errno
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from flait.core.inbound import Inbound
from flait.core.messages import MessageStatus
from flait.errors import Busy, NotOurs, StoreError, UserError
from flait.flows import answer, backup, intake
from flait.flows.backup import BackupKind, Before, Restored
from flait.store import Store
from flait.store import backup as store_backup
from tests.core.flights_for_tests import F12, hours, late, minutes
from tests.flows.answering import answer_next
from tests.flows.world import PHONES, World, in_doubt

DAY = timedelta(days=1)
ANN = PHONES[0]
S = MessageStatus


@dataclass
class Kept:
    """A world and its backups."""

    world: World
    folder: Path

    def create(self) -> Path:
        return backup.create_in(self.world.store, self.world.clock, self.folder).path

    def daily(self, keep: int = 3) -> backup.Backup | None:
        return backup.daily(self.world.store, self.world.clock, self.folder, keep=keep)

    def restore(self, file: Path, *, keep: int | None = None, resume: bool = False) -> Restored:
        """Stop the daemon, restore, start it again."""
        world = self.world
        world.store.close()
        try:
            return backup.restore(world.path, file, world.clock, folder=self.folder, keep=keep, resume=resume)
        finally:
            world.store = Store.open(world.path)
            world.restart()

    def text(self, body: str, sid: str = "SMin1") -> None:
        """Ann texts that."""
        now = self.world.clock.now()
        inbound = Inbound(sid=sid, sender=ANN, to="+15555550199", body=body, whatsapp=False, sent_at=now)
        intake.take_in(self.world.store, inbound, now=now, keyword_owner="twilio")

    def answer(self) -> None:
        rules = answer.AnswerRules()
        world = self.world
        while answer_next(world.store, world.source, world.clock, boot=world.boot, rules=rules):
            pass

    def posted(self) -> int:
        """How many texts have started for Twilio, everything due being sent."""
        self.world.deliver()
        return len(self.world.gateway.posts)

    def spoil(self) -> None:
        """The database becomes rubbish."""
        self.world.store.close()
        self.world.path.write_bytes(b"rubbish " * 1000)


@pytest.fixture
def kept(world: World, tmp_path: Path) -> Kept:
    (tmp_path / "home").mkdir(mode=0o700)
    world.store.close()
    world.path = Path(world.path.rename(tmp_path / "home" / "flait.db"))
    world.store = Store.open(world.path)
    return Kept(world, tmp_path / "home" / "backups")


def kinds(kept: Kept) -> list[BackupKind]:
    return [made.kind for made in backup.found(kept.folder)]


def test_a_backup_is_named_after_its_moment_and_noted(kept: Kept) -> None:
    path = kept.create()
    assert path.name == f"flait-{kept.world.clock.now():%Y%m%d-%H%M%S}Z.db"
    assert [step.outcome for step in kept.world.steps("backup")] == ["manual"]
    assert kept.create().name == path.stem + "-2.db"


def test_a_backup_never_overwrites(kept: Kept) -> None:
    path = kept.create()
    with pytest.raises(UserError, match="exists already"):
        backup.create(kept.world.store, kept.world.clock, path)


def test_one_a_day_is_made_and_the_newest_are_kept(kept: Kept) -> None:
    manual = kept.create()
    made = []
    for _ in range(5 * 24):
        made += [backup_made.path for backup_made in [kept.daily()] if backup_made]
        kept.world.clock.advance(hours(1))
    assert len(made) == 5
    assert {found.path for found in backup.found(kept.folder)} == {manual, *made[-3:]}


def cannot_be_removed(file: Path, *, missing_ok: bool = False) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def test_a_backup_that_is_made_is_called_made_whatever_cannot_be_tidied_up(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        assert kept.daily(keep=1)
        kept.world.clock.advance(DAY)
    monkeypatch.setattr(Path, "unlink", cannot_be_removed)
    made = kept.daily(keep=1)
    assert made
    assert backup.check(made.path, kept.world.path)
    assert len(kinds(kept)) == 2


def test_a_backup_of_which_the_journal_cannot_tell_is_one_all_the_same(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError("the disk is full", "make room")

    monkeypatch.setattr(kept.world.store, "record", full)
    assert backup.check(kept.create(), kept.world.path)


def test_a_backup_by_hand_puts_off_no_automatic_one(kept: Kept) -> None:
    kept.create()
    assert kept.daily() is not None
    assert kept.daily() is None


def test_a_backup_from_the_future_puts_nothing_off_and_is_not_preferred(kept: Kept) -> None:
    kept.world.clock.advance(365 * DAY)
    kept.daily()
    kept.world.clock.advance(-365 * DAY)
    made = kept.daily(keep=1)
    assert made is not None
    assert [found.path for found in backup.found(kept.folder)] == [made.path]


def test_files_with_other_names_are_listed_and_never_deleted(kept: Kept) -> None:
    mine = kept.create().rename(kept.folder / "flait-daily-99999999-999999Z.db")
    kept.daily(keep=1)
    kept.world.clock.advance(DAY)
    kept.daily(keep=1)
    assert mine.exists()
    assert sorted(kinds(kept)) == [BackupKind.DAILY, BackupKind.MANUAL]


def test_a_restore_brings_every_row_back(kept: Kept) -> None:
    kept.world.follow(F12, 0, 1)
    kept.world.next_poll(late(minutes(45)))
    kept.world.deliver()
    before = kept.world.dump()
    path = kept.create()
    kept.world.store.remove_user(1)
    kept.restore(path)
    after = kept.world.dump()
    own = {"journal", "sqlite_sequence", "flights"}  # the restore's own line; claims that the restart freed
    assert {name: rows for name, rows in after.items() if name not in own} == {
        name: rows for name, rows in before.items() if name not in own
    }
    assert after["flights"] == before["flights"]


def it_gets_late(world: World) -> None:
    """News enough for a text, looked at twice."""
    for late_by in (45, 45, 120, 120):
        world.next_poll(late(minutes(late_by)))
        world.deliver()


def test_a_stop_since_the_backup_outlives_the_restore(kept: Kept) -> None:
    world = kept.world
    world.follow(F12)
    path = kept.create()
    world.clock.advance(minutes(5))
    kept.text("STOP")
    done = kept.restore(path)
    assert done.merged.opted_out == 1
    assert [change.how for change in world.store.consent_changes(ANN)] == ["texted SMS SMin1"]
    before = kept.posted()
    it_gets_late(world)
    assert kept.posted() == before


def test_a_start_after_that_brings_the_texts_back(kept: Kept) -> None:
    world = kept.world
    world.follow(F12)
    path = kept.create()
    kept.text("STOP")
    kept.restore(path)
    world.clock.advance(minutes(1))
    kept.text("START", "SMin2")
    before = kept.posted()
    it_gets_late(world)
    assert kept.posted() > before


def test_a_start_since_the_backup_outlives_the_restore_too(kept: Kept) -> None:
    kept.world.follow(F12)
    kept.text("STOP")
    path = kept.create()
    kept.world.clock.advance(minutes(5))
    kept.text("START", "SMin2")
    assert kept.restore(path).merged.opted_in == 1
    assert not kept.world.store.is_opted_out(ANN)


def test_a_backup_that_knows_a_later_stop_keeps_it(kept: Kept) -> None:
    kept.world.follow(F12)
    older = kept.create()
    kept.world.clock.advance(minutes(5))
    kept.text("STOP")
    newer = kept.create()
    kept.spoil()
    kept.restore(older)
    assert not kept.world.store.is_opted_out(ANN)
    kept.restore(newer)
    assert kept.world.store.is_opted_out(ANN)


def test_a_text_that_was_answered_is_not_answered_again(kept: Kept) -> None:
    kept.world.follow(F12)
    kept.text("STATUS")
    path = kept.create()
    kept.answer()
    said = kept.posted()
    kept.restore(path)
    kept.text("STATUS")
    kept.answer()
    assert kept.posted() == said


def test_a_text_heard_since_the_backup_is_not_heard_again(kept: Kept) -> None:
    kept.world.follow(F12)
    path = kept.create()
    kept.text("STATUS")
    kept.answer()
    said = kept.posted()
    kept.restore(path)
    kept.text("STATUS")
    kept.answer()
    assert kept.posted() == said


def waiting(kept: Kept) -> Path:
    """A backup with one text in line."""
    kept.world.source.board = [F12]
    kept.world.subscribe()
    return kept.create()


@pytest.mark.parametrize("resume", [False, True])
def test_a_text_that_was_sent_since_the_backup_is_not_sent_again(kept: Kept, resume: bool) -> None:
    path = waiting(kept)
    assert kept.posted() == 1
    assert kept.restore(path, resume=resume).merged.settled == 1
    assert kept.posted() == 1
    assert [text.status for text in kept.world.texts] == [S.ACCEPTED]


def test_a_text_that_waits_is_not_sent_after_a_restore(kept: Kept) -> None:
    path = waiting(kept)
    assert kept.restore(path).merged.expired == 1
    assert kept.posted() == 0
    assert [(text.status, text.error) for text in kept.world.texts] == [(S.EXPIRED, "restored from a backup")]


def test_with_resume_it_is_sent_once(kept: Kept) -> None:
    path = waiting(kept)
    assert kept.restore(path, resume=True).merged.waiting == 1
    assert kept.posted() == kept.posted() == 1


def test_with_resume_a_late_one_is_not_sent(kept: Kept) -> None:
    path = waiting(kept)
    kept.world.clock.advance(10 * DAY)
    assert kept.restore(path, resume=True).merged.expired == 1
    assert kept.posted() == 0


@pytest.mark.parametrize("resume", [False, True])
def test_where_nobody_knows_whether_it_was_sent_it_never_comes_twice(kept: Kept, resume: bool) -> None:
    path = waiting(kept)
    assert kept.posted() == 1
    kept.spoil()
    merged = kept.restore(path, resume=resume).merged
    assert (merged.expired, merged.in_doubt) == ((0, 1) if resume else (1, 0))
    for _ in range(4):
        kept.world.settle()
        kept.world.clock.advance(minutes(2))
    assert kept.posted() == 1


def test_a_text_that_was_being_sent_is_in_doubt_until_the_record_tells(kept: Kept) -> None:
    world = kept.world
    world.source.board = [F12]
    world.subscribe()
    world.store.claim_due_message(world.clock.now(), world.boot)
    path = kept.create()
    kept.spoil()
    assert kept.restore(path).merged.in_doubt == 1
    assert [text.status for text in world.texts] == [S.IN_DOUBT]


def test_a_doubt_of_the_old_database_stays_one(kept: Kept) -> None:
    path = waiting(kept)
    kept.world.gateway.fails(in_doubt(), arrives=True)
    kept.world.deliver()
    assert kept.restore(path, resume=True).merged.in_doubt == 1
    kept.world.settle()
    assert [text.status for text in kept.world.texts] == [S.ACCEPTED]


@pytest.mark.parametrize("readable", [True, False])
def test_an_id_never_comes_to_mean_another_text(kept: Kept, readable: bool) -> None:
    kept.world.source.board = [F12]
    path = kept.create()
    kept.world.subscribe(0)
    given_out = kept.world.texts[-1].id
    if not readable:
        kept.spoil()
    kept.restore(path)
    kept.world.subscribe(1)
    assert kept.world.texts[-1].id > given_out


def test_what_was_spent_stays_spent(kept: Kept) -> None:
    path = kept.create()
    month = f"{kept.world.clock.now():%Y-%m}"
    kept.world.store.book(month, "flight", result_sets=3, micro_usd=15_000, now=kept.world.clock.now())
    kept.restore(path)
    assert kept.world.store.spent(month) == 15_000


@pytest.mark.parametrize("summed_up", ["before", "since"])
def test_a_month_that_was_summed_up_on_one_side_is_counted_once(kept: Kept, summed_up: str) -> None:
    store, now = kept.world.store, kept.world.clock.now()
    for flight in ("UA1", "UA2"):
        store.book("2025-01", "flight", flight=flight, result_sets=1, micro_usd=5_000, now=now)
    unsummed = kept.create()
    store.sum_up(now, now)
    summed = kept.create()
    if summed_up == "before":
        kept.restore(unsummed)
    kept.restore({"before": summed, "since": unsummed}[summed_up])
    assert kept.world.store.spent("2025-01") == 10_000


def test_the_way_back_leads_back(kept: Kept) -> None:
    path = kept.create()
    kept.world.follow(F12)
    done = kept.restore(path)
    assert kept.world.store.users() == []
    assert done.whole
    assert done.aside is not None
    assert done.kept is not None
    kept.restore(done.aside)
    assert len(kept.world.store.users()) == 1


def test_an_unreadable_database_is_set_aside_as_it_is(kept: Kept) -> None:
    kept.world.follow(F12)
    path = kept.create()
    kept.spoil()
    before = kept.world.path.read_bytes()
    done = kept.restore(path)
    assert (done.whole, done.kept) == (False, None)
    assert done.aside is not None
    assert done.aside.read_bytes() == before
    assert len(kept.world.store.users()) == 1


def test_a_machine_without_a_database_gets_one(kept: Kept) -> None:
    kept.world.follow(F12)
    path = kept.create()
    kept.world.store.close()
    kept.world.path.unlink()
    done = kept.restore(path)
    assert (done.aside, done.kept, done.whole) == (None, None, False)
    assert len(kept.world.store.users()) == 1


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("content", [b"", b"just text\n" * 100, os.urandom(8192)])
def test_restoring_rubbish_changes_no_byte(kept: Kept, content: bytes) -> None:
    kept.world.follow(F12)
    kept.world.store.close()
    rubbish = kept.world.path.parent / "rubbish.db"
    rubbish.write_bytes(content)
    before = snapshot(kept.world.path.parent)
    with pytest.raises(NotOurs):
        backup.restore(kept.world.path, rubbish, kept.world.clock, folder=kept.folder)
    assert snapshot(kept.world.path.parent) == before


def test_a_restore_of_the_database_itself_is_refused(kept: Kept) -> None:
    with pytest.raises(UserError, match="the database itself"):
        backup.check(kept.world.path, kept.world.path)


def test_a_database_in_use_is_not_replaced(kept: Kept) -> None:
    path = kept.create()
    with kept.world.store.transaction(), pytest.raises(Busy):
        backup.restore(kept.world.path, path, kept.world.clock, folder=kept.folder)
    assert not list(kept.world.path.parent.glob("*before-restore*"))


def old(kept: Kept) -> None:
    """The database is one that an earlier Flait left."""
    kept.world.follow(F12)
    kept.world.store._change("DELETE FROM _sqlite_migrations WHERE name = 'm002_words_back'")


def before_migration(kept: Kept, keep: int = 2) -> None:
    backup.before_migration(kept.world.path, kept.world.clock, kept.folder, keep=keep)


def test_a_copy_before_a_migration_is_one_to_go_back_to_and_the_newest_are_kept(kept: Kept) -> None:
    old(kept)
    mine, daily = kept.create(), kept.daily()
    for _ in range(4):
        before_migration(kept)
        kept.world.clock.advance(minutes(1))
    copies = [made for made in backup.found(kept.folder) if made.kind is BackupKind.SAFETY]
    assert [made.path.name.startswith("flait-before-migration-") for made in copies] == [True, True]
    assert {backup.problem_of(made.path) for made in copies} == {""}
    assert mine.exists()
    assert daily is not None
    assert daily.path.exists()


def test_copies_before_one_thing_push_out_none_of_those_before_another(kept: Kept) -> None:
    old(kept)
    before_migration(kept)
    for _ in range(3):
        backup.safety_copy(kept.world.store, kept.world.clock, kept.folder, before=Before.PRUNE, keep=1)
        kept.world.clock.advance(minutes(1))
    assert sorted(made.before for made in backup.found(kept.folder)) == ["migration", "prune"]


def test_what_cannot_be_copied_is_not_to_be_migrated_and_says_why(kept: Kept) -> None:
    old(kept)
    kept.folder.mkdir(mode=0o700)
    kept.spoil()
    with pytest.raises(NotOurs, match="was not changed: it cannot be backed up"):
        before_migration(kept)
    assert list(kept.folder.iterdir()) == []


def test_of_one_second_the_copy_before_a_loss_is_the_newer_one(kept: Kept) -> None:
    daily = kept.create()
    for name in ("flait-daily-20130308-151003Z.db", "flait-before-loss-20130308-151003Z.db"):
        (kept.folder / name).write_bytes(daily.read_bytes())
    daily.unlink()

    assert [made.before for made in backup.found(kept.folder)] == ["loss", ""]


def test_a_restore_keeps_the_newest_of_what_it_replaced_and_always_what_it_restores(kept: Kept) -> None:
    first = kept.restore(kept.create(), keep=1).kept
    assert first is not None
    kept.world.clock.advance(minutes(1))
    second = kept.restore(first, keep=1).kept
    kept.world.clock.advance(minutes(1))
    third = kept.restore(first, keep=1).kept
    assert (second, third) != (None, None)
    assert {made.path for made in backup.found(kept.folder) if made.kind is BackupKind.SAFETY} == {first, third}


def test_a_backup_that_appears_meanwhile_is_not_overwritten(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "mine.db"
    copied = store_backup._copied

    def slowly(*how: object) -> int:
        target.write_text("somebody else's")
        return copied(*how)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(store_backup, "_copied", slowly)
    with pytest.raises(StoreError, match="exists already"):
        backup.create(kept.world.store, kept.world.clock, target)
    assert target.read_text() == "somebody else's"


def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that knows no second names, like FAT."""

    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)


def test_where_files_have_one_name_only_backups_are_made_and_put_back_all_the_same(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_links(monkeypatch)
    file = kept.create()
    kept.world.follow(F12, 0)
    assert kept.world.store.users()

    done = kept.restore(file)

    assert done.aside
    assert done.aside.is_file()
    assert kept.world.store.users() == []


def test_the_log_of_a_database_that_is_gone_is_set_aside_too(kept: Kept) -> None:
    file = kept.create()
    kept.world.store.close()
    kept.world.path.unlink()
    log = kept.world.path.with_name("flait.db-wal")
    log.write_bytes(b"the last of it")

    done = backup.restore(kept.world.path, file, kept.world.clock, folder=kept.folder)

    assert done.aside is None
    assert [left.read_bytes() for left in log.parent.glob("flait.db.before-restore-*-wal")] == [b"the last of it"]


def test_the_draft_of_a_backup_that_died_goes_though_none_is_due(kept: Kept) -> None:
    made = kept.daily()
    assert made
    os.link(made.path, made.path.with_name(f".{made.path.name}.0123abcd.partial"))

    assert kept.daily() is None
    assert [file.name for file in kept.folder.iterdir()] == [made.path.name]
