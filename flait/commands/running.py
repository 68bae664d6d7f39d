"""`flait daemon …` and `flait tick`: time passing."""

from typing import TYPE_CHECKING, Annotated, BinaryIO, TextIO

import typer

from flait.commands import session
from flait.commands.options import seconds
from flait.commands.output import print_json, safe, say, worded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import Popen

    from flait.app import App
    from flait.errors import FlaitError

STARTS_WITHIN = 10.0  # seconds, real
STOPS_WITHIN = 16.0  # seconds, real; the daemon promises 15
LOOK_EVERY = 0.05  # seconds, real
TAIL = 50  # lines that `logs` shows


def add_to(root: typer.Typer) -> None:
    """Register the commands."""
    daemon = typer.Typer(help="The watcher in the background: start, stop, look at it.", no_args_is_help=True)
    for command in (start, stop, restart, status, run, logs):
        daemon.command()(command)
    root.add_typer(daemon, name="daemon")
    root.command()(tick)


Wait = Annotated[
    float, typer.Option("--wait", help="Seconds to wait until it is up.", parser=seconds, metavar="SECONDS")
]


def start(wait: Wait = STARTS_WITHIN) -> None:
    """Start the daemon in the background and come back when it is up."""
    import subprocess
    import sys

    from flait.commands.carrying import missing
    from flait.errors import Locked
    from flait.system.lock import DAEMON, holder, refusal

    app = _ready()
    other = holder(app.paths.database)
    if other and other.what != DAEMON:
        raise refusal(other)
    if other:
        raise Locked("the daemon is already running", "see `flait daemon status`, or `flait daemon restart`")
    words = [word for word in session.current.argv if word in ("-v", "-vv", "--verbose", "--allow-insecure-keyring")]
    with _output_file() as output:
        child = subprocess.Popen(
            [sys.executable, "-m", "flait", *words, "daemon", "run", "--quiet"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**app.env},
        )
    if _until_up(child, wait):
        say(f"The daemon is running, pid {child.pid}. `flait daemon logs -f` follows it.")
    wanted = list(missing(app))
    for what in [*wanted, *(each for each in _deaf(app, child.pid) if not any(each in told for told in wanted))]:
        say(f"warning: {safe(what)}")


def _deaf(app: "App", pid: int) -> "Iterator[str]":
    """Why the daemon that was started does not listen, as it says itself; nothing where it does, or need not."""
    from flait.running.pulse import word

    said = word(app.paths.run_dir)
    if said and said.pid == pid:
        yield from (trouble.cause for trouble in said.troubles if trouble.what == "listen")


def _ready() -> "App":
    """What a daemon needs before it can start, every file that it opens among it. Raises what it would leave with."""
    import os

    from flait.running import pulse
    from flait.system import logs
    from flait.system.lock import lock_of
    from flait.system.paths import close_to_others, make_private, open_private

    app = session.app()
    _ = app.settings, app.clock
    app.store()
    close_to_others(app.paths)
    for folder in (app.paths.log_dir, app.paths.run_dir):
        make_private(folder)
    files = (app.paths.log_dir / logs.FILE, app.paths.run_dir / pulse.FILE, lock_of(app.paths.database), _output_path())
    for file in files:
        os.close(open_private(file, os.O_RDWR))
    return app


def _output_file() -> BinaryIO:
    import os

    from flait.system.paths import make_private, open_private

    file = _output_path()
    make_private(file.parent)
    return os.fdopen(open_private(file, os.O_WRONLY | os.O_TRUNC), "wb")


def _output_path() -> "Path":
    return session.app().paths.log_dir / "daemon.out"


def _until_up(child: "Popen[bytes]", wait: float) -> bool:
    """Whether it is up in time. Raises FlaitError: it has ended, and this is what it said."""
    import threading
    import time

    store, pause = session.app().store(), threading.Event()
    deadline = time.monotonic() + wait
    while child.poll() is None:
        heart = store.heartbeat()
        if heart and heart.pid == child.pid:
            return True
        if time.monotonic() >= deadline:
            say(f"The daemon was started, pid {child.pid}, and is not up after {wait:g} s; see `flait daemon logs`.")
            return False
        pause.wait(LOOK_EVERY)
    problem = _last_word(_output_path())
    problem.exit_code = child.returncode or 1
    raise problem


def _last_word(output: "Path") -> "FlaitError":
    """Why a daemon ended that did not come up: what it said last. On a full disk it could say nothing."""
    from flait.errors import FlaitError, StoreError

    if not _takes_more(output):
        return StoreError(f"the disk of {output} is full", "free some space, then try again")
    said = output.read_text(errors="replace").strip().splitlines()
    if said:
        return FlaitError(said[-1].removeprefix("error: "))
    return FlaitError("the daemon ended at once and said nothing", "`flait daemon run` shows what it does")


def _takes_more(file: "Path") -> bool:
    """Whether another page fits behind what the file holds."""
    import errno
    import mmap
    import os

    from flait.system.paths import open_private

    handle = open_private(file, os.O_WRONLY | os.O_APPEND)
    size = os.fstat(handle).st_size
    try:
        taken = os.write(handle, bytes(mmap.PAGESIZE))
        os.fsync(handle)
        os.ftruncate(handle, size)
    except OSError as problem:
        return problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    finally:
        os.close(handle)
    return taken == mmap.PAGESIZE


def stop() -> None:
    """Stop the daemon; it finishes what is in flight and leaves within 15 seconds."""
    _stop()
    say("The daemon has stopped.")


def _stop() -> None:
    import os
    import signal
    import threading
    import time

    from flait.errors import DaemonNotRunning, FlaitError
    from flait.system.lock import daemon_of

    database = session.app().paths.database
    daemon = daemon_of(database)
    if daemon is None:
        raise DaemonNotRunning("no daemon is running on this database", "start it with `flait daemon start`")
    pid = daemon.pid or _pid_in_the_database()
    if not _is_flait(pid):
        raise FlaitError(f"the daemon, pid {pid}, is no process here", "stop it where it runs: in its container, say")
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:  # it has just ended, or is in another container
        pass
    except PermissionError as problem:
        raise FlaitError(f"the daemon, pid {pid}, is another user's", "stop it as that user") from problem
    deadline, pause = time.monotonic() + STOPS_WITHIN, threading.Event()
    while daemon_of(database):
        if time.monotonic() >= deadline:
            raise FlaitError(f"the daemon, pid {pid}, has not stopped yet", "see `flait daemon logs`")
        pause.wait(LOOK_EVERY)


def _is_flait(pid: int) -> bool:
    """False: the number is another program's, for it was given out in another container. Where nobody tells: True."""
    from pathlib import Path

    try:
        return b"flait" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except OSError:
        return True


def _pid_in_the_database() -> int:
    """An earlier Flait's daemon does not say in its lock who it is."""
    from flait.errors import FlaitError

    heart = session.app().store().heartbeat()
    if heart is None:
        raise FlaitError(
            "a daemon runs, and does not say which process it is", "look for `flait daemon run`, and end it"
        )
    return heart.pid


def restart(wait: Wait = STARTS_WITHIN) -> None:
    """Stop the daemon if it runs, and start it. Where it could not start again, it says why and stops nothing."""
    from flait.errors import DaemonNotRunning

    _ready()
    try:
        _stop()
    except DaemonNotRunning:
        say("No daemon was running.")
    start(wait)


def status(as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> int:
    """Whether the daemon runs, and when it last ticked. Exit code 4 when it does not run.

    Known from its lock and its own word: the database may be what fails.
    """
    from flait.errors import DaemonNotRunning
    from flait.running.pulse import by_cause, word
    from flait.system.lock import daemon_of

    app = session.app()
    daemon = daemon_of(app.paths.database)
    said = word(daemon.run_dir or app.paths.run_dir) if daemon else None
    last = said.at if said else None
    if as_json:
        fields = {"pid": daemon.pid if daemon else None, "started_at": daemon.since if daemon else None}
        print_json({"daemon": {"running": daemon is not None, **fields, "last_tick_at": last}})
    elif daemon:
        since = f", since {worded(daemon.since)}" if daemon.since else ""
        print(f"running, pid {daemon.pid}{since}" + (f", last tick {worded(last)}" if last else ""))
        for what, cause, _ in by_cause(said.troubles if said else ()):
            say(f"{what}: {safe(cause)}")
    else:
        print("not running")
    return 0 if daemon else DaemonNotRunning.exit_code


def run() -> None:
    """Run in the foreground until stopped: for systemd, Docker, or a look at what it does."""
    from flait.running.runs import run as run_daemon

    app = session.app()
    _ = app.settings  # a bad one is told now, with its line, not tick by tick in the log
    run_daemon(app, verbose=session.current.verbose, terminal=not session.current.quiet)


def logs(
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as lines are written.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", help="How many of the last lines.", min=0)] = TAIL,
) -> None:
    """Show the daemon's log."""
    import threading

    from flait.errors import NotFound
    from flait.system.logs import FILE

    file = session.app().paths.log_dir / FILE
    try:
        log: TextIO = file.open(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise NotFound("there is no log yet", "start the daemon with `flait daemon start`") from None
    print("".join(log.readlines()[-lines:] if lines else []), end="", flush=True)
    while follow:
        new = log.read()
        print(new, end="", flush=True)
        if not new:
            threading.Event().wait(LOOK_EVERY * 4)
            log = _the_newest(log, file)
    log.close()


def _the_newest(log: TextIO, file: "Path") -> TextIO:
    """A log that is full gets another name, and a new one its own; of the old one nothing is left unread."""
    import os

    from flait.system.paths import state_of

    now = state_of(file)
    if now is None or os.path.samestat(now, os.fstat(log.fileno())):
        return log
    print(log.read(), end="", flush=True)
    log.close()
    return file.open(encoding="utf-8", errors="replace")


def tick() -> None:
    """One pass over everything that is due, then back: for cron, instead of a daemon. It says what went wrong."""
    from flait.running.pulse import by_cause
    from flait.running.runs import tick as one_pass

    app = session.app()
    _ = app.settings
    for _, cause, _ in by_cause(one_pass(app, verbose=session.current.verbose)):
        say(f"warning: {safe(cause)}")
