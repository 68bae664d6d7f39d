"""Counting trials: each ends well, or is counted once by what was wrong with it."""

import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.torture.score import Score

REMARKS: Final = 5  # the first few that went wrong: the rest is seldom news


class Lost(AssertionError):
    """Said to be done, and not there."""


class HalfState(AssertionError):
    """Neither what was before, nor what comes after."""


class Tally:
    """The counts of one campaign."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._remarks: list[str] = []

    @contextmanager
    def trial(self, what: str) -> Iterator[None]:
        """One trial; `what` says how to have the very same again."""
        self._counts["expected"] += 1
        try:
            yield
        except Lost as wrong:
            self._wrong("lost", what, wrong)
        except HalfState as wrong:
            self._wrong("halfstates", what, wrong)
        except Exception as wrong:  # noqa: BLE001 - whatever it is, it is what is looked for
            self._wrong("unexpected", what, wrong)
        else:
            self._counts["ok"] += 1

    def _wrong(self, count: str, what: str, wrong: Exception) -> None:
        self._counts[count] += 1
        if len(self._remarks) < REMARKS:
            told = str(wrong) if isinstance(wrong, Lost | HalfState) else traceback.format_exc(limit=-4)
            self._remarks.append(f"{what}: {told}")

    def remark(self, text: str) -> None:
        """Something to be said all the same, like what was left out."""
        self._remarks.append(text)

    def score(self, campaign: str) -> Score:
        """What came out."""
        return Score(campaign=campaign, remarks=tuple(self._remarks), **self._counts)
