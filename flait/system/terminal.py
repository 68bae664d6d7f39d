"""The person's terminal, left as it was found."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_as_it_was() -> Iterator[None]:
    """Leave the terminal as it was before the block: what is typed shows, or not. Without a terminal it does nothing.

    For a wait that may ask for a password without showing it, and may be given up meanwhile.
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    import termios

    before = termios.tcgetattr(terminal)
    try:
        yield
    finally:
        if termios.tcgetattr(terminal) != before:  # only then: in the background, setting it would stop the process
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
        os.close(terminal)
