"""DOOR: what a daemon does every so often; `Daemon.listed` has them, the database says what is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A thing to do every so often, in the clock's time. It is called again at once while it returns True."""

    name: str
    do: Callable[[], bool]
    every: timedelta = timedelta()
    on_text: bool = False  # also at once when a person's text has come in
    lasting: bool = True  # a daemon does it
    passing: bool = True  # one pass does it
