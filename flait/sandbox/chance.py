"""Chance that always falls the same way: each draw is a hash of who asks and what for.

There is no generator and no order of draws, so a new question never changes an old answer.
"""

from datetime import timedelta
from hashlib import blake2b


class Chance:
    """The draws of one flight, known by its key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def fraction(self, question: str) -> float:
        """A number from 0 up to, not including, 1."""
        digest = blake2b(f"{self._key}/{question}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) / 2**64

    def happens(self, question: str, likelihood: float) -> bool:
        """True in `likelihood` of all cases."""
        return self.fraction(question) < likelihood

    def number(self, question: str, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.fraction(question) * (high - low + 1))

    def minutes(self, question: str, low: int, high: int) -> timedelta:
        """Whole minutes, both ends included."""
        return timedelta(minutes=self.number(question, low, high))

    def seconds(self, question: str, low: int, high: int) -> timedelta:
        """Whole seconds, both ends included."""
        return timedelta(seconds=self.number(question, low, high))
