"""How a campaign went, in the words that systems for messages are judged by (Jepsen's total-queue has most of them)."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Self

from flait.core.values import fields, replace


class Size(Enum):
    """How much of a campaign is run."""

    CUT = auto()  # a few seconds of it: part of `make test`
    FULL = auto()  # `make torture`

    def of(self, *, cut: int, full: int) -> int:
        """So many rounds."""
        return cut if self is Size.CUT else full


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One campaign's counts. `expected` is whatever had to end well (texts, commands, trials), `ok` what did."""

    campaign: str
    expected: int = 0
    ok: int = 0
    lost: int = 0  # said to be done, and not there; or nobody will ever hear of it
    dup: int = 0  # twice
    unexpected: int = 0  # anything else that must not be: an exception, a false alert, a missing cause
    in_doubt: int = 0  # texts that were in doubt at some moment
    resolved: int = 0  # … of which came to an end by themselves
    forged_accepted: int = 0
    leaks: int = 0
    halfstates: int = 0
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()  # what went wrong first; and what was left out, and why

    @property
    def clean(self) -> bool:
        """Whether every promise was kept."""
        wrong = self.lost + self.dup + self.unexpected + self.forged_accepted + self.leaks + self.halfstates
        return wrong == 0 and self.ok == self.expected > 0 and self.resolved == self.in_doubt

    def __add__(self, other: Self) -> Self:
        """Both together, under this one's name."""
        kept = ("campaign", "seconds", "remarks")
        sums = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name not in kept
        }
        return replace(self, seconds=self.seconds + other.seconds, remarks=self.remarks + other.remarks, **sums)

    def line(self) -> str:
        """The line that `make torture` prints."""
        return (
            f"{self.campaign:<10} expected={self.expected} ok={self.ok} lost={self.lost} dup={self.dup} "
            f"unexpected={self.unexpected} in_doubt={self.in_doubt} (resolved {self.resolved}) "
            f"forged_accepted={self.forged_accepted} leaks={self.leaks} halfstates={self.halfstates} "
            f"{self.seconds:.1f} s"
        )
