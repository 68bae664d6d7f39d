"""Virtual clocks: the one that runs by itself, and the one that somebody conducts and others follow."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flait.clock import Conductor, FollowedClock, ScaledClock, clock_from, is_virtual
from flait.errors import ConfigError

START = datetime(2013, 3, 8, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
A_YEAR_A_SECOND = 31_536_000.0
STILL = 1e-9


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "clock"


def test_a_clock_that_is_conducted_stands_until_it_is_let_go(file: Path) -> None:
    Conductor(file, START, A_YEAR_A_SECOND)
    follower = clock_from(str(file))

    assert is_virtual(follower)
    assert [follower.now() for _ in range(3)] == [START] * 3
    assert follower.real_seconds(timedelta(days=365)) == pytest.approx(1.0)


def test_it_runs_no_further_than_it_is_let(file: Path) -> None:
    conductor, follower = Conductor(file, START, A_YEAR_A_SECOND), FollowedClock(file)
    for hours in (1, 2, 5):
        conductor.let_run_to(START + hours * HOUR)
        while follower.now() < START + hours * HOUR:  # it takes no time
            pass
        assert follower.now() == START + hours * HOUR


def test_where_it_still_runs_only_its_limit_is_moved_on(file: Path) -> None:
    conductor, follower = Conductor(file, START, STILL), FollowedClock(file)
    conductor.let_run_to(START + HOUR)
    before = follower.now()
    conductor.let_run_to(START + 2 * HOUR)

    assert START <= before <= follower.now() < START + HOUR


def test_a_limit_is_never_taken_back(file: Path) -> None:
    conductor, follower = Conductor(file, START, A_YEAR_A_SECOND), FollowedClock(file)
    conductor.let_run_to(START + HOUR)
    while follower.now() < START + HOUR:
        pass
    conductor.let_run_to(START)

    assert follower.now() == START + HOUR


def test_nobody_ever_sees_it_go_back(file: Path) -> None:
    conductor, over = Conductor(file, START, 100_000.0), threading.Event()
    seen: list[list[datetime]] = [[], []]

    def follow(moments: list[datetime]) -> None:
        follower = FollowedClock(file)
        while not over.is_set():
            moments.append(follower.now())

    followers = [threading.Thread(target=follow, args=(moments,)) for moments in seen]
    for thread in followers:
        thread.start()
    limit = START
    while limit < START + 300 * HOUR:
        limit = ScaledClock.now(FollowedClock(file)) + HOUR
        conductor.let_run_to(limit)
    over.set()
    for thread in followers:
        thread.join()

    assert all(moments == sorted(moments) for moments in seen)
    assert min(map(len, seen)) > 1


def test_a_file_that_is_no_clock_is_refused_and_one_that_goes_later_is_remembered(file: Path) -> None:
    for content in ("", "soon", "2013-03-08T06:00:00+00:00,0,1,never"):
        file.write_text(content)
        with pytest.raises(ConfigError, match="FLAIT_CLOCK is not a clock"):
            clock_from(str(file))
    file.unlink()
    with pytest.raises(ConfigError, match="names a file that cannot be read"):
        clock_from(str(file))

    Conductor(file, START, STILL)
    follower = clock_from(str(file))
    file.unlink()
    assert follower.now() == START
