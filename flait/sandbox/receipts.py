"""What a text's receipts are to be like, and which callbacks follow from that: when, in which order, how often.

It posts nothing. Chance falls by the running number of the text, so that a test sees the same every time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from flait.core.values import fields
from flait.sandbox.chance import Chance
from flait.sandbox.knobs import COUNT, FLAG, SPAN, Rule, one_of, or_nothing, read
from flait.sandbox.twilio_messages import Text

ORDERS = ("normal", "reversed", "shuffled")
OUTCOMES = ("delivered", "undelivered", "failed", "sent_only", "read")
RULES: dict[str, Rule] = {
    "order": one_of(*ORDERS),
    "duplicate": COUNT,
    "delay": SPAN,
    "lose": (SPAN[0], "a number from 0 on: below 1 a likelihood, else every so-manieth"),
    "forge": COUNT,
    "outcome": one_of(*OUTCOMES),
    "error_code": or_nothing(COUNT),
    "before_answer": FLAG,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipts:
    """How receipts behave. Each field can be asked for by name.

    `lose` below 1 is a likelihood, from 1 on it loses every so-manieth callback. `duplicate` and `forge` are so many
    more of each. `outcome` and `error_code` are what becomes of texts accepted from now on.
    """

    order: str = "normal"
    duplicate: int = 0
    delay: float = 0.0  # seconds, virtual
    lose: float = 0.0
    forge: int = 0
    outcome: str = "delivered"
    error_code: int | None = None
    before_answer: bool = False


assert {field.name for field in fields(Receipts)} == set(RULES)


def receipts_from(description: object) -> Receipts:
    """Behaviour as asked for; what is not named is as usual. Raises UserError."""
    return Receipts(**read(description, RULES))


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One callback to come: the status it tells, when it was reached, when it is posted, and what is odd about it."""

    status: str
    reached_at: datetime
    due: datetime
    fault: str | None = None


class Plans:
    """The callbacks of each text, by the behaviour that holds."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """As usual, and counted from the beginning."""
        self.behaviour = Receipts()
        self._texts = count(1)
        self._callbacks = count(1)

    def callbacks(self, text: Text) -> list[Callback]:
        """What Twilio posts about the text, in this order. Its first status is never told: the 201 said it."""
        asked = self.behaviour
        told = [(text.accepted_at + age, status) for age, status in text.stages[1:]]
        ordered = _ordered(told, asked.order, Chance(f"receipts/{next(self._texts)}"))
        return [
            copy
            for moment, (reached_at, status) in zip(_posted_at(told, asked.order), ordered, strict=True)
            for copy in self._copies(status, reached_at, moment + timedelta(seconds=asked.delay))
        ]

    def _copies(self, status: str, reached_at: datetime, due: datetime) -> Iterator[Callback]:
        faults = ["forged"] * self.behaviour.forge
        if not self._is_lost(next(self._callbacks)):
            faults = ["", *["duplicate"] * self.behaviour.duplicate, *faults]
        for fault in faults:
            yield Callback(status=status, reached_at=reached_at, due=due, fault=fault or None)

    def _is_lost(self, number: int) -> bool:
        lose = self.behaviour.lose
        if lose >= 1:
            return number % round(lose) == 0
        return Chance(f"receipt/{number}").happens("lost", lose)


Told = tuple[datetime, str]


def _ordered(told: list[Told], order: str, chance: Chance) -> list[Told]:
    if order == "reversed":
        return told[::-1]
    return sorted(told, key=lambda one: chance.fraction(one[1])) if order == "shuffled" else told


def _posted_at(told: list[Told], order: str) -> Iterable[datetime]:
    """Nothing is told before it happened: out of order, all of it comes with the last."""
    return [moment for moment, _ in told] if order == "normal" else [told[-1][0]] * len(told)
