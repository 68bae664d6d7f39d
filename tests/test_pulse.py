"""The daemon's word on itself: told in place, also on a full disk, and never half."""

import resource
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flait.running.pulse import FILE, ROOM, Pulse, Trouble, by_cause, word

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FULL = Trouble(what="beat", cause="the disk is full", since=NOW)


def test_what_is_said_is_read_again(tmp_path: Path) -> None:
    Pulse(tmp_path).say(NOW, [FULL])
    said = word(tmp_path)
    assert said
    assert (said.at, said.troubles) == (NOW, (FULL,))


def test_a_daemon_that_has_just_started_has_said_nothing(tmp_path: Path) -> None:
    Pulse(tmp_path).say(NOW, [FULL])
    Pulse(tmp_path)
    assert word(tmp_path) is None


def test_it_is_said_in_place_where_no_file_may_grow(tmp_path: Path) -> None:
    pulse = Pulse(tmp_path)
    place = (tmp_path / FILE).stat()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        pulse.say(NOW, [FULL])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    after = (tmp_path / FILE).stat()
    assert word(tmp_path) is not None
    assert (after.st_ino, after.st_size, after.st_mode & 0o777) == (place.st_ino, ROOM, 0o600)


def test_however_much_is_the_matter_it_fits(tmp_path: Path) -> None:
    pulse = Pulse(tmp_path)
    pulse.say(NOW, [Trouble(what=f"tick {number}", cause="x" * 10_000, since=NOW) for number in range(100)])
    said = word(tmp_path)
    assert said
    assert 0 < len(said.troubles) < 100
    assert (tmp_path / FILE).stat().st_size == ROOM


def test_what_has_one_cause_is_one_line_for_people() -> None:
    troubles = [
        Trouble(what=what, cause="it is not set", since=NOW - number * timedelta(hours=1))
        for number, what in enumerate(("listen", "deliver-0", "deliver-1", "fetch"))
    ]
    assert by_cause([*troubles, FULL]) == [
        ("listening for calls, sending texts, reading replies", "it is not set", NOW - timedelta(hours=3)),
        ("signs of life", "the disk is full", NOW),
    ]


def test_a_daemon_that_ends_takes_its_word_back(tmp_path: Path) -> None:
    pulse = Pulse(tmp_path)
    pulse.say(NOW, [FULL])
    pulse.say_nothing()
    assert word(tmp_path) is None


def test_a_file_that_is_no_word_is_none(tmp_path: Path) -> None:
    for content in ("", "{", "[]", '{"pid": 1}'):
        (tmp_path / FILE).write_text(content)
        assert word(tmp_path) is None
