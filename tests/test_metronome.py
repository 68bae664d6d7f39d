"""The watchdog sees what hangs and what died; a step that takes its time is neither."""

import threading
import time

import pytest

from flait.running.metronome import Watchdog, stacks


class Monotonic:
    """Monotonic time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def monotonic(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    monotonic = Monotonic()
    monkeypatch.setattr(time, "monotonic", monotonic)
    return monotonic


def test_a_step_that_does_not_end_is_named(monotonic: Monotonic) -> None:
    dog = Watchdog(longest=600, silent=300)
    with dog.watching("deliver-0"), dog.watching("poll"):
        monotonic.seconds += 599
        with dog.watching("beat"):
            assert dog.stuck() == ""
        monotonic.seconds += 2
        assert dog.stuck() == "deliver-0, poll did not come to an end within 600 s"
    assert dog.stuck() == ""


def test_a_metronome_that_begins_nothing_any_more_is_noticed(monotonic: Monotonic) -> None:
    dog = Watchdog(longest=600, silent=300)
    monotonic.seconds += 299
    assert dog.stuck() == ""
    monotonic.seconds += 2
    assert dog.stuck() == "nothing was begun for 301 s"
    with dog.watching("beat"):
        pass
    assert dog.stuck() == ""


def test_a_step_that_fails_has_ended(monotonic: Monotonic) -> None:
    dog = Watchdog(longest=600, silent=3000)
    with pytest.raises(OSError, match="disk"), dog.watching("beat"):
        raise OSError("disk")
    monotonic.seconds += 700
    assert dog.stuck() == ""


def test_the_stacks_name_every_thread_and_show_no_values() -> None:
    secret = "canary"
    told = threading.Event()
    thread = threading.Thread(target=told.wait, name="a thread of ours")
    thread.start()
    try:
        text = stacks()
    finally:
        told.set()
        thread.join()
    assert "thread a thread of ours:" in text
    assert f"= {secret!r}" not in text.replace('secret = "canary"', "")
