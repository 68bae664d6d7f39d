"""What the sandbox does by itself when its virtual time has come: threads of its own, stopped at once.

Errands of one lane are run one after the other, in the order of their times; lanes do not wait for each other.
"""

import threading
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from flait.clock import Clock

WORKERS = 4
LOOK_ROUND = 0.05  # seconds, real: how soon a clock that jumps is noticed
LAST_WORDS = 2.0  # seconds, real, that a worker is given to stop


@dataclass(frozen=True, slots=True, order=True)
class Errand:
    """Something to do at a virtual moment."""

    at: datetime
    number: int
    lane: str = field(compare=False)
    act: Callable[[], object] = field(compare=False)


class Errands:
    """Those that wait; the threads are started with the first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[Errand] = []
        self._busy: set[str] = set()
        self._numbers = count()
        self._threads: list[threading.Thread] = []
        self._stopped = False

    def add(self, act: Callable[[], object], *, at: datetime, lane: str) -> None:
        """Let `act` be run at `at`, or at once when that is past."""
        with self._changed:
            insort(self._waiting, Errand(at, next(self._numbers), lane, act))
            if not self._threads and not self._stopped:
                self._start()
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget those that wait; what is being done is done."""
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()

    def settled(self, timeout: float) -> bool:
        """Wait until nothing is being done and nothing is due, `timeout` real seconds at most; whether that is so."""
        with self._changed:
            return self._changed.wait_for(self._is_settled, timeout)

    def stop(self) -> None:
        """Start nothing more, and wait a little for what is being done."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(LAST_WORDS)

    def _is_settled(self) -> bool:
        return not self._busy and not (self._waiting and self._waiting[0].at <= self._clock.now())

    def _start(self) -> None:
        self._threads = [
            threading.Thread(target=self._work, name=f"sandbox-errands-{number}", daemon=True)
            for number in range(WORKERS)
        ]
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        while errand := self._next():
            try:
                errand.act()
            finally:
                with self._changed:
                    self._busy.discard(errand.lane)
                    self._changed.notify_all()

    def _next(self) -> Errand | None:
        """The next errand that is due, waited for; None when all is over."""
        with self._changed:
            while not self._stopped:
                place = next((place for place, one in enumerate(self._waiting) if one.lane not in self._busy), None)
                if place is None:
                    self._changed.wait()
                elif (pause := self._pause(self._waiting[place])) > 0:
                    self._changed.wait(pause)
                else:
                    errand = self._waiting.pop(place)
                    self._busy.add(errand.lane)
                    return errand
        return None

    def _pause(self, errand: Errand) -> float:
        return min(LOOK_ROUND, self._clock.real_seconds(errand.at - self._clock.now()))
