"""DOOR: what a daemon does every so often; `Daemon.ticks` lists them, the database says what is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A thing to do every so often, in the clock's time. It is called again at once while it returns True."""

    name: str
    every: timedelta
    do: Callable[[], bool]
    on_text: bool = False  # also at once when a person's text has come in
