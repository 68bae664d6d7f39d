"""Too little memory, or too few threads: one clear line, whoever notices it."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from flait import cli
from flait.app import App
from flait.clock import SystemClock
from flait.daemon import Daemon
from flait.running.ticks import Tick
from flait.system.logs import FILE, logging_to
from flait.system.starving import WELL_FED, WHY, Hunger, starved
from tests.flows.world import FixedClock
from tests.store.samples import NOW

NO_THREAD = RuntimeError("can't start new thread")
STARVED = [MemoryError(), NO_THREAD, OSError(12, "Cannot allocate memory")]


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(App, "clock", FixedClock(NOW))
    return App({"FLAIT_HOME": str(tmp_path)})


@pytest.fixture
def log(app: App) -> Iterator[Path]:
    with logging_to(app.paths.log_dir, SystemClock(), verbose=0, terminal=False):
        yield app.paths.log_dir / FILE


def failing(problem: Exception) -> Tick:
    def fail() -> bool:
        raise problem

    return Tick(name="poll", every=timedelta(), do=fail)


@pytest.mark.parametrize("problem", STARVED)
def test_a_daemon_says_it_in_one_line_until_there_was_enough_for_some_time(
    app: App, log: Path, problem: Exception
) -> None:
    daemon = Daemon(app, Event())
    for _ in range(3):
        daemon.run(failing(problem))
        daemon.beat()
    assert [line.partition("flait.daemon: ")[2] for line in log.read_text().splitlines()] == [f"memory: {WHY}"]
    assert [(trouble.what, trouble.cause) for trouble in daemon.troubles] == [("memory", WHY)]

    app.clock.advance(WELL_FED)  # type: ignore[attr-defined]  # the test's own clock
    daemon.beat()

    assert daemon.troubles == []


def test_where_there_is_no_room_to_tell_it_either_the_next_beat_does(
    app: App, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = Daemon(app, Event())
    with monkeypatch.context() as narrow:
        narrow.setattr(daemon, "_failed", lambda *_: (_ for _ in ()).throw(MemoryError()))
        daemon.run(failing(MemoryError()))
    daemon.beat()
    assert [trouble.what for trouble in daemon.troubles] == ["memory"]


def test_another_fault_keeps_its_traceback(app: App, log: Path) -> None:
    Daemon(app, Event()).run(failing(RuntimeError("a mistake of ours")))
    assert "Traceback" in log.read_text()


def test_libraries_say_it_once_each_and_without_a_traceback(log: Path) -> None:
    for name in ("apscheduler.scheduler", "apscheduler.scheduler", "flait.running.pollers"):
        try:
            raise NO_THREAD
        except RuntimeError:
            logging.getLogger(name).exception("it did not work")
    lines = log.read_text().splitlines()
    assert [line.partition(" ERROR ")[2] for line in lines] == [
        f"apscheduler.scheduler: {WHY}",
        "flait.running.pollers: it did not work",
        "",
    ]
    assert lines[-1] == WHY


def test_a_command_is_told_what_to_raise(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "_invoke", lambda _: (_ for _ in ()).throw(MemoryError()))
    assert cli.run(["status"]) == 1
    assert capsys.readouterr().err == f"error: {WHY}\n"


def test_nothing_else_is_taken_for_it() -> None:
    others = (None, RuntimeError("x"), OSError(28, "No space left on device"), ValueError("memory"))
    assert [starved(problem) for problem in others] == [""] * 4
    assert Hunger(FixedClock(NOW)).cause == ""
