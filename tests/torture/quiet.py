"""Flait's log, silent while there are thousands of faults and all are meant."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing below CRITICAL meanwhile; afterwards as before, for whoever reads the log next."""
    log = logging.getLogger("flait")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)
