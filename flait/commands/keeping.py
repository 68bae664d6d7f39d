"""`flait backup …` and `flait prune`: what is kept, for how long, and how to have it back."""

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flait.commands import session
from flait.commands.options import AsJson
from flait.commands.options import file as file_named
from flait.commands.output import confirm, print_json, print_table, say
from flait.commands.tables import Column, columns
from flait.errors import FlaitError

if TYPE_CHECKING:
    from flait.flows.backup import Backup, Before, Restored
    from flait.flows.upkeep import Forgotten

COLUMNS = (
    Column(name="name"),
    Column(name="at", rank=1, breaks=True),
    Column(name="kind", rank=2),
    Column(name="bytes", rank=3),
    Column(name="ok", under=True),
)

File = Annotated[Path, typer.Argument(help="A backup, or a database that a restore set aside.", parser=file_named)]


def add_to(root: typer.Typer) -> None:
    """Register the commands."""
    backup = typer.Typer(help="Copies of the database: make, list, put one back.", no_args_is_help=True)
    backup.command("create")(create)
    backup.command("list")(list_all)
    backup.command("restore")(restore)
    root.add_typer(backup, name="backup")
    root.command()(prune)


def create(
    file: Annotated[
        Path | None,
        typer.Argument(help="Where to; a name with the time in it without.", parser=file_named),
    ] = None,
) -> None:
    """Back up the database while everything runs, and prove the copy. Prints its path."""
    from flait.flows import backup

    app = session.app()
    if file is None:
        made = backup.create_in(app.store(), app.clock, app.paths.backups_dir)
    else:
        made = backup.create(app.store(), app.clock, file.absolute())
    print(made.path)
    say(f"Backed up and checked, {made.size} bytes. It holds telephone numbers and texts, and no secret.")


def list_all(as_json: AsJson = False) -> None:
    """The backups, newest first; each is checked."""
    from flait.flows.backup import found, problem_of

    backups = [(made, problem_of(made.path)) for made in found(session.app().paths.backups_dir)]
    if as_json:
        print_json({"backups": [_fields(made, problem) for made, problem in backups]})
        return
    rows = [(made.path.name, made.at, made.kind, made.size, problem or "yes") for made, problem in backups]
    print_table(COLUMNS, rows, empty="There is no backup yet. `flait backup create` makes one; the daemon, one a day.")


def _fields(made: "Backup", problem: str) -> dict[str, Any]:
    return {
        "name": made.path.name,
        "path": str(made.path),
        "at": made.at,
        "size": made.size,
        "kind": made.kind.value,
        "ok": not problem,
        "problem": problem or None,
    }


def restore(
    file: File,
    resume: Annotated[
        bool, typer.Option("--resume", help="Let texts that waited, and certainly were not sent, still go out.")
    ] = False,
) -> None:
    """Put a backup in the database's place; every STOP since then still holds. Wants the daemon stopped."""
    from flait.errors import Locked
    from flait.flows import backup
    from flait.system.lock import daemon_of, sole
    from flait.system.paths import make_private

    app = session.app()
    if daemon_of(app.paths.database):
        raise Locked("the daemon is running", "stop it first: `flait daemon stop`")
    chosen = _chosen(file)
    rows = backup.check(chosen, app.paths.database)
    confirm(f"Put {chosen} ({rows} rows) in the place of {app.paths.database}?")
    make_private(app.paths.data_dir)
    with sole(app.paths.database, "`flait backup restore`"):
        done = backup.restore(
            app.paths.database,
            chosen,
            app.clock,
            folder=app.paths.backups_dir,
            keep=app.settings.backup.keep_daily,
            resume=resume,
        )
    _tell(done)


def _chosen(file: Path) -> Path:
    """A bare name is looked for among the backups too."""
    among = session.app().paths.backups_dir / file
    return among if file.name == os.fspath(file) and not file.exists() and among.exists() else file.absolute()


def _tell(done: "Restored") -> None:
    merged = done.merged
    say(f"Restored, {done.rows} rows.")
    if merged.opted_out or merged.opted_in:
        say(f"Taken over from before: {merged.opted_out} numbers said STOP since, {merged.opted_in} said START.")
    if merged.settled or merged.waiting or merged.expired or merged.in_doubt:
        say(
            f"Of the texts that waited then: {merged.settled} were sent or given up since, {merged.expired} are not "
            f"sent any more, {merged.in_doubt} are in doubt, {merged.waiting} still go out."
        )
    if not done.whole:
        before = "The database from before could not be read whole" if done.aside else "There was no database before"
        say(
            f"{before}: who said STOP since the backup may be known to Twilio alone, which refuses texts to them "
            "(error 21610)."
        )
    if done.aside:
        say(f"What was there is kept. The way back: flait backup restore {done.aside}")
    if done.kept:
        say(f"A backup of it: {done.kept}")


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False, as_json: AsJson = False
) -> None:
    """Remove now what the daemon would remove within the hour: what is older than `retention.…` says, and over.

    Backs up first when there is anything to remove. Asks at a terminal; elsewhere (cron) it has been asked for.
    """
    gone = _forget(dry_run=True)
    if not dry_run and gone.rows + gone.raw_answers:
        gone = _pruned(gone)
    counts = _counts(gone)
    if as_json:
        print_json({"dry_run": dry_run, "removed": counts})
    else:
        print_table((*columns("what"), Column(name="would go" if dry_run else "gone")), counts.items())


def _pruned(would_go: "Forgotten") -> "Forgotten":
    from flait.flows.backup import Before
    from flait.flows.timekeeping import why_not_to_forget

    app = session.app()
    doubt = why_not_to_forget(app.store(), app.clock, by_hand=True)
    if doubt:
        raise FlaitError(f"nothing is removed: {doubt}", "set the clock right first")
    if sys.stdin.isatty():  # from cron it has always gone ahead, and what goes can be had back
        confirm(f"Remove {would_go.rows} old rows and {would_go.raw_answers} of AeroAPI's raw answers?")
    made = backed_up(Before.PRUNE)
    gone = _forget(dry_run=False)
    tell_the_way_back(made)
    return gone


def _forget(*, dry_run: bool) -> "Forgotten":
    from flait.flows.upkeep import forget

    app = session.app()
    retention = app.settings.retention
    keep, keep_raw = timedelta(days=retention.flight_data_days), timedelta(hours=retention.raw_hours)
    return forget(app.store(), app.clock, keep=keep, keep_raw=keep_raw, dry_run=dry_run)


def backed_up(before: "Before") -> "Backup":
    """The copy without which nothing is removed. Raises ConfigError, StoreError."""
    from flait.flows.backup import safety_copy

    app = session.app()
    keep = app.settings.backup.keep_daily
    return safety_copy(app.store(), app.clock, app.paths.backups_dir, before=before, keep=keep)


def tell_the_way_back(made: "Backup") -> None:
    """How what was removed can be had again; until then that copy still holds it."""
    say(f"What went is still in a backup. The way back, the daemon stopped: flait backup restore {made.path.name}")


def _counts(gone: "Forgotten") -> dict[str, int]:
    from msgspec.structs import asdict

    return {"raw_answers": gone.raw_answers, **asdict(gone.log), "inbound": gone.texts_from_people}
