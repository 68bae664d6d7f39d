"""AeroAPI asked for somebody who waits at the terminal: what takes long is said, and whose turn it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from threading import Event, Timer
from typing import TYPE_CHECKING, Final

from flait.commands import session
from flait.commands.output import say

if TYPE_CHECKING:
    from flait.flows.ports import FlightSource

AGAIN: Final = "Flait tries again"  # the hint of a fault that a daemon gets over by itself
A_MOMENT = 3.0  # seconds, real; no pause between two tries is as long
ATTEMPTS: Final = 3
NO_ANSWER: Final = "AeroAPI has not answered yet: Flait waits, or tries again, for half a minute at most."
ITS_TURN: Final = "Flait waits for its turn to ask AeroAPI, {} s: other look-ups come first."


class Patience:
    """Says once what is waited for: our own turn, or AeroAPI."""

    def __init__(self) -> None:
        self._told = False
        self._timer = self._started()

    def source(self) -> "FlightSource":
        """AeroAPI; a fault that passes is tried again at once."""
        return session.app().source(attempts=ATTEMPTS, wait=self.turn)

    def turn(self, seconds: float) -> bool:
        """Wait until it is our turn. Nobody is asked meanwhile, so nobody is late with an answer."""
        self.end()
        if seconds >= A_MOMENT and not self._told:
            self._told = True
            say(ITS_TURN.format(ceil(seconds)))
        Event().wait(seconds)
        self._timer = self._started()
        return False

    def end(self) -> None:
        """Nothing is waited for any more."""
        self._timer.cancel()

    def _started(self) -> Timer:
        timer = Timer(A_MOMENT, say, [NO_ANSWER])
        timer.daemon = True
        timer.start()
        return timer


@contextmanager
def patience(*, once: bool = False) -> Iterator[Patience]:
    """Who waits longer than a moment is told what for; and, where nothing comes of it later, that nobody tries again.

    `once`: the command asks, and leaves nothing behind.
    """
    from flait.errors import FlightSourceError

    asking = Patience()
    try:
        yield asking
    except FlightSourceError as fault:
        if once and fault.hint == AGAIN:
            fault.hint = "try it again later"
        raise
    finally:
        asking.end()
