"""Where log lines go: log/flait.log, rotated, and the terminal. Secrets and phone numbers are masked in every line."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO

from flait.clock import Clock
from flait.system.paths import make_private, open_private
from flait.system.redaction import RedactingFormatter
from flait.system.starving import starved

FILE = "flait.log"
MOST_BYTES = 1_000_000  # a quiet month of five flights a day
KEPT = 5

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

_NOISY = ("apscheduler", "httpx", "httpcore", "twilio", "keyring", "secretstorage")
"""Their INFO lines carry URLs with numbers in them, or say every tick."""


class LineFormatter(RedactingFormatter):
    """`2013-03-08T14:05:00Z INFO flait.track: …`, in Flait's own time."""

    def __init__(self, clock: Clock) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._clock = clock

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002  # logging's own name and shape
        """The clock's time, UTC, to the second."""
        return f"{self._clock.now():%Y-%m-%dT%H:%M:%SZ}"

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  # logging's own name
        """Where it happened; of too little memory nothing but that: any line may be the one that wants more."""
        return starved(ei[1]) or super().formatException(ei)


class _Once(logging.Filter):
    """Too little memory is said once by each library, which tries again every few seconds; and in a line."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is news; every handler is told the same."""
        known = vars(record)
        if "is_news" not in known:
            known["is_news"] = self._is_news(record)
        return bool(known["is_news"])

    def _is_news(self, record: logging.LogRecord) -> bool:
        why = starved(record.exc_info[1]) if record.exc_info else ""
        if not why:
            return True
        record.exc_text = None  # another handler may have written it out
        if record.name.startswith("flait."):
            return True
        record.msg, record.args, record.exc_info = why, (), None
        news = record.name not in self._said
        self._said.add(record.name)
        return news


class _Discreet(logging.Handler):
    """A handler that says of a line it could not write only that: the usual way prints its arguments, unmasked."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's own name
        """One line on stderr; nothing where that fails too."""
        problem = sys.exception()
        why = (problem.strerror if isinstance(problem, OSError) else "") or type(problem).__name__
        with suppress(Exception):
            sys.stderr.write(f"a line of {record.name} at {record.lineno} could not be logged: {why}\n")


class TerminalHandler(_Discreet, logging.StreamHandler[TextIO]):
    """Lines for whoever watches."""


class PrivateFileHandler(_Discreet, RotatingFileHandler):
    """A rotating log that nobody else may read."""

    def _open(self):  # type: ignore[no-untyped-def]  # the base class's private type
        descriptor = open_private(Path(self.baseFilename), os.O_WRONLY | os.O_APPEND)
        return os.fdopen(descriptor, self.mode, encoding="utf-8")


@contextmanager
def logging_to(folder: Path, clock: Clock, *, verbose: int, terminal: bool) -> Iterator[None]:
    """Log to `folder`/flait.log, and to stderr when a person or a supervisor is watching."""
    make_private(folder)
    handlers: list[logging.Handler] = [
        PrivateFileHandler(folder / FILE, maxBytes=MOST_BYTES, backupCount=KEPT, encoding="utf-8")
    ]
    if terminal:
        handlers.append(TerminalHandler(sys.stderr))
    root, once = logging.getLogger(), _Once()
    for handler in handlers:
        handler.setFormatter(LineFormatter(clock))
        handler.addFilter(once)
        root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbose > 1 else logging.INFO)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING if name != "apscheduler" else logging.ERROR)
    try:
        yield
    finally:
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
