"""How long to wait before trying again: one rule for every party, and the pauses that several share."""

from datetime import timedelta
from typing import Final

from msgspec import Struct

MOST_DOUBLINGS: Final = 12


class Pauses(Struct, frozen=True):
    """`first` after one failure, twice that after two, and so on, `longest` at most."""

    first: timedelta
    longest: timedelta

    def after(self, failures: int) -> timedelta:
        """The pause after so many failures in a row; after none it is as after one."""
        return min(self.first * (1 << min(max(failures, 1) - 1, MOST_DOUBLINGS)), self.longest)


BUDGET_PAUSE: Final = timedelta(hours=1)  # the month's money is spent: look whether that changed
