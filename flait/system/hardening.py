"""What a process of Flait does so that nobody else on the machine reads what it holds.

`begin` is cheap and done before anything else: new files are private, no core dump, and no traceback leaves but
through redaction. `conceal` is done before a secret is read. Importing this changes nothing: a program that uses
Flait as a library keeps its own ways.
"""

import os
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

PRIVATE = 0o077  # the umask
PR_SET_DUMPABLE = 4  # prctl(2)

_begun = False


def begin() -> None:
    """Umask 077, no core dumps, no TLS keys in a file, tracebacks redacted: for a process that is Flait's own.

    Inherited by its children.
    """
    global _begun  # noqa: PLW0603  # one process, one state of it
    import resource

    _begun = True
    os.umask(PRIVATE)
    os.environ.pop("SSLKEYLOGFILE", None)  # Python would write there what opens every connection, API keys and all
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.excepthook = _uncaught
    sys.unraisablehook = _unraisable
    threading.excepthook = _uncaught_in_thread


def conceal() -> None:
    """Make this process, if it has begun as Flait's own, unreadable for others of the same user. Linux only.

    Memory and environment can then be read by root alone, and a piped core dump, which no limit stops, is not made
    either. Not done at the start: loading ctypes costs as much as a whole command that only reads the database.
    """
    if not _begun:
        return
    import logging

    from flait.system.redaction import RedactingFormatter

    if logging.lastResort:  # warnings of libraries, where no log is kept
        logging.lastResort.setFormatter(RedactingFormatter())
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _uncaught(_: type[BaseException], problem: BaseException, __: TracebackType | None) -> None:
    _tell(problem, "")


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        _tell(args.exc_value, f"Exception in thread {args.thread.name if args.thread else 'of nobody'}:\n")


def _unraisable(args: "UnraisableHookArgs") -> None:
    if args.exc_value is not None:
        _tell(args.exc_value, f"{args.err_msg or 'Exception ignored in'}: {args.object!r}\n")


def _tell(problem: BaseException, heading: str) -> None:
    """Print what Python itself would, redacted. Where that fails too, print nothing."""
    import traceback

    from flait.system.redaction import seen
    from flait.system.starving import starved

    try:
        told = f"{starved(problem)}\n" if starved(problem) else "".join(traceback.format_exception(problem))
        sys.stderr.write(seen.redact(heading + told))
        sys.stderr.flush()
    except Exception:  # noqa: BLE001, S110  # as its docstring says
        pass
