"""Whether a fault comes from the machine: the process may have no more memory, or no more threads."""

import errno
from datetime import datetime, timedelta

from flait.clock import Clock

WHY = (
    "there is too little memory, or too few threads are allowed; raise `ulimit -v` and `-u`, or MemoryMax and TasksMax"
)
NO_THREAD = "can't start new thread"  # CPython's words; the type says nothing

WELL_FED = timedelta(minutes=10)  # without a lack: then it is over


def starved(problem: BaseException | None) -> str:
    """Why, and what to do, in a sentence; empty: it is something else."""
    if isinstance(problem, MemoryError):
        return WHY
    if isinstance(problem, RuntimeError) and NO_THREAD in str(problem):
        return WHY
    return WHY if isinstance(problem, OSError) and problem.errno == errno.ENOMEM else ""


class Hunger:
    """What a process that lasts has felt of it. Any thread may use it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._felt_at: datetime | None = None

    def felt(self, problem: BaseException) -> bool:
        """Whether the fault is that; then it is noted."""
        if starved(problem):
            self._felt_at = self._clock.now()
        return bool(starved(problem))

    @property
    def cause(self) -> str:
        """Why, in a sentence; empty: there was enough for some time."""
        return WHY if self._felt_at and abs(self._clock.now() - self._felt_at) < WELL_FED else ""
