"""A process of its own for what is to be killed in the middle, or to meet a full disk. Real deaths: SIGKILL.

A step is a call into SQLite or the operating system, made by Flait or by what it stands on; each is a point to die at,
just before it.
"""

import os
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

from flait.errors import FlaitError

Act = Callable[[], object]

REFUSED: Final = 3  # it ended with an error of ours
BROKEN: Final = 70  # … with one that is not
_STEPS: Final = {"execute", "backup", "commit", "rollback", "connect", "open", "close", "fsync", "link", "replace"} | {
    "rename", "unlink", "fchmod", "flock", "mkdir",
}  # fmt: skip
_ACTORS: Final = ("flait.", "sqlite_utils.", "pathlib", "pysqlite3")


def steps_of(act: Act) -> int:
    """How many points to die at there are. Does it."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1

    sys.setprofile(_profile(step))
    try:
        act()
    finally:
        sys.setprofile(None)
    return count


def died_at(act: Act, point: int) -> bool:
    """Do it in a process that is killed at that point. False: it was done before it came to that."""
    left = point

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    code = in_a_process(act, first=lambda: sys.setprofile(_profile(step)))
    if code not in (0, -signal.SIGKILL):
        raise AssertionError(f"it left with {code} instead of being killed")
    return code != 0


def _profile(step: Callable[[], None]) -> Callable[[FrameType, str, Any], None]:
    def seen(frame: FrameType, event: str, called: Any) -> None:
        is_step = event == "c_call" and called.__name__ in _STEPS
        if is_step and str(frame.f_globals.get("__name__")).startswith(_ACTORS):
            step()

    return seen


def refused_with_files_of(act: Act, size: int) -> bool:
    """Do it where no file may grow beyond `size` bytes, the portable full disk. False: it was done all the same."""

    def first() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    code = in_a_process(act, first=first)
    if code not in (0, REFUSED):
        raise AssertionError(f"it left with {code} on a full disk")
    return code != 0


def in_a_process(act: Act, *, first: Act = lambda: None) -> int:
    """How a child that does it leaves: 0, REFUSED, BROKEN or minus the signal. It shares no connection with us."""
    child = forked()
    if not child:
        leave(act, first)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def forked() -> int:
    """Fork: 0 in the child, which must leave by `leave`."""
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # other threads are idle, and the child waits for none
        return os.fork()


def leave(act: Act, first: Act = lambda: None) -> None:
    """The child's whole life."""
    code = BROKEN
    try:
        first()
        act()
        code = 0
    except FlaitError:
        code = REFUSED
    except BaseException:  # noqa: BLE001 - nothing of it may go on in the parent's code
        traceback.print_exc()
    finally:
        os._exit(code)
