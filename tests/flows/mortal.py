"""A store whose process is killed in the middle of things: the same to the database as SIGKILL, and quick."""

from typing import Any

from flait.store import Store


class Killed(BaseException):
    """Nothing after it runs."""


class Mortal(Store):
    """Dies before the so-many-th statement from now, the commit counted; with 0 it lives."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._left = 0

    def dies_before(self, statement: int) -> None:
        self._left = statement

    def _still_inside(self) -> None:
        super()._still_inside()
        if self._left:
            self._left -= 1
            if not self._left:
                raise Killed
