"""Standard input, output and error, so that every command can rely on them, however it was started.

A stream that was closed is one that gives nothing or takes nothing, and no file of ours gets its number. What an
encoding does not have is written as an escape. What cannot be written is one error; a reader who left is none.
"""

import io
import os
import sys

from flait.errors import FlaitError

AS_OPENED = ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY))  # output that is closed refuses; errors get lost


class ReaderLeft(Exception):
    """Nobody reads our output any more. No OSError: libraries in between would leave with 1."""


class _Output(io.FileIO):
    """The file behind standard output."""

    def write(self, content: object) -> int:
        """How many bytes were taken. Raises ReaderLeft, or FlaitError with what the system says."""
        try:
            return super().write(content)  # type: ignore[arg-type]  # whatever the buffer above hands over
        except BrokenPipeError:
            raise ReaderLeft from None
        except OSError as problem:
            what = f"standard output cannot be written: {problem.strerror}"
            raise FlaitError(what, "write it elsewhere, or make room there") from problem


def begin() -> None:
    """Once, before anything is read, written or opened."""
    for number, access in AS_OPENED:
        _occupy(number, access)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  # open for as long as we live
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  # as above
    encoding = sys.stdout.encoding if sys.stdout else "utf-8"
    at_once = os.isatty(1) or getattr(sys.stdout, "write_through", False)  # which is what PYTHONUNBUFFERED asks for
    file = io.BufferedWriter(_Output(1, "w", closefd=False))
    sys.stdout = io.TextIOWrapper(file, encoding, errors="backslashreplace", line_buffering=at_once)


def end() -> None:
    """Write what waits for it on standard output; where that cannot be, it was told before, and is forgotten now."""
    try:
        sys.stdout.flush()
    except (ReaderLeft, FlaitError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _occupy(number: int, access: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, access)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
