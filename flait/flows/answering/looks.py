"""Texts whose answers wait for a look at FlightAware: each person's in their order, nobody's before anybody else's.

What needs no look is answered beside them. Nothing of this is stored: what a dead daemon had waiting is found anew.
"""

from collections import deque
from threading import Lock
from typing import NoReturn

from msgspec import Struct

from flait.core.replies.kinds import Reply
from flait.core.replies.order import waits_for
from flait.flows.answering.desk import Desk


class MustLook(Exception):
    """FlightAware would have to be asked. Nothing was done yet."""


class Nobody:
    """A FlightSource for what is answered at once: whoever wants to ask has to wait for their turn."""

    def _must_look(self, *_: object, **__: object) -> NoReturn:
        raise MustLook

    flight = departures = schedules = route = spent = billed_to = _must_look


class Waiting(Struct, frozen=True, kw_only=True):
    """A text that waits, and what it was understood to mean."""

    desk: Desk
    reply: Reply

    @property
    def sid(self) -> str:
        """Which text."""
        return self.desk.heard.inbound.sid


class Looks:
    """What waits, person by person. Any number of threads may use it."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[Waiting]] = {}  # first in turn is who was served longest ago
        self._busy: set[str] = set()
        self._lock = Lock()

    def add(self, waiting: Waiting) -> None:
        """Behind whatever else of that person waits."""
        with self._lock:
            self._lines.setdefault(waiting.desk.phone, deque()).append(waiting)

    def sids(self) -> list[str]:
        """The texts that wait, and those that are being answered."""
        with self._lock:
            return [waiting.sid for line in self._lines.values() for waiting in line]

    def must_wait(self, phone: str, reply: Reply) -> bool:
        """Whether that would be answered out of order, now."""
        with self._lock:
            return any(waits_for(reply, waiting.reply) for waiting in self._lines.get(phone, ()))

    @property
    def ready(self) -> int:
        """How many people wait while no text of theirs is being answered."""
        with self._lock:
            return len(self._lines) - len(self._busy)

    def take(self) -> Waiting | None:
        """The next text of a person of whom no other is being answered. Their others wait until it is `done`."""
        with self._lock:
            phone = next((phone for phone in self._lines if phone not in self._busy), None)
            if phone is None:
                return None
            self._busy.add(phone)
            return self._lines[phone][0]

    def done(self, waiting: Waiting) -> None:
        """It waits no longer; its person is the last in turn."""
        phone = waiting.desk.phone
        with self._lock:
            self._busy.discard(phone)
            line = self._lines.pop(phone)
            line.popleft()
            if line:
                self._lines[phone] = line
