"""Types that msgspec knows whole before any thread uses them.

msgspec learns a type where it is first used, and keeps what it has so far where every thread finds it. A second thread
that comes meanwhile uses the half, and the whole process dies by SIGSEGV: seen with msgspec 0.22 in one of sixty runs
of a script, and three times in a hundred suites on a machine that did much else.
"""

from threading import RLock
from typing import TypeVar

import msgspec

T = TypeVar("T")

_known: set[object] = set()
_learning = RLock()  # one type at a time: they hold each other


def known(shape: type[T]) -> type[T]:
    """The same type, which msgspec knows whole from now on. To be asked for wherever something is read as a type."""
    if shape not in _known:
        with _learning:
            if shape not in _known:
                msgspec.json.Decoder(shape)
                _known.add(shape)
    return shape
