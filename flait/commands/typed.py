"""Which flight a command means: its number, its day, its route and time, as they were typed."""

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from flait.commands import session
from flait.core.idents import Ident, parse_ident, shown
from flait.errors import InvalidDate, InvalidIdent

if TYPE_CHECKING:
    from datetime import time

    from flait.core.dates import DateWish
    from flait.core.subscriptions import Role, Subscription
    from flait.core.wanted import Wanted

NEXT = "next"  # the day of the next departure, which is what a wish without a day means


def number_from(text: str) -> Ident:
    """The flight number that was typed. Raises InvalidIdent; where the day is in it too, with where that belongs."""
    try:
        return parse_ident(text)
    except InvalidIdent:
        number, day = _parted(text)
        if not day:
            raise
        option = f"--date '{day}'" if " " in day else f"--date {day}"
        raise InvalidIdent(f"{shown(text)} is a flight number and a day", f"write {number} and {option}") from None


def _parted(text: str) -> tuple[str, str]:
    """`UA 123 28 nov` as number and day; two empty texts where it is no such pair."""
    from flait.core.dates import parse_date

    words = text.split()
    for size in (1, 2):
        with suppress(InvalidIdent, InvalidDate):
            return str(parse_ident(" ".join(words[:size]))), parse_date(" ".join(words[size:])).text
    return "", ""


def wished(date: str | None) -> "DateWish | None":
    """The day that was typed; None is the next departure. Raises InvalidDate."""
    from flait.core.dates import parse_date

    return None if date is None or _is_next(date) else parse_date(date)


def _is_next(date: str) -> bool:
    return date.strip().lower() == NEXT


class TypedLeg(Struct, frozen=True):
    """What was typed of route and time, checked."""

    origin: str | None
    destination: str | None
    at: "time | None"

    @classmethod
    def typed(cls, origin: str | None, destination: str | None, at: str | None) -> "TypedLeg":
        return cls(
            _airport(origin, "--from") if origin is not None else None,
            _airport(destination, "--to") if destination is not None else None,
            _time(at) if at is not None else None,
        )

    def wanted(self, ident: str, date: str | None, role: "Role") -> "Wanted":
        """What is asked for with it. Raises InvalidIdent and InvalidDate."""
        from flait.core.wanted import Wanted

        return Wanted(
            ident=number_from(ident),
            wish=wished(date),
            origin=self.origin,
            destination=self.destination,
            leaves_at=self.at,
            role=role,
            asked_at=session.app().clock.now(),
        )

    def fits(self, one: "Subscription") -> bool:
        """Whether it is that one, by what is known of it."""
        at = f"{self.at:%H:%M}" if self.at else None
        typed, known = (self.origin, self.destination, at), (one.origin, one.destination, one.leaves_at)
        return all(said in (None, there) for said, there in zip(typed, known, strict=True))

    @property
    def said(self) -> str:
        words = (self.origin and f" from {self.origin}", self.destination and f" to {self.destination}")
        return "".join(word for word in words if word) + (f" at {self.at:%H:%M}" if self.at else "")


_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def _time(text: str) -> "time":
    from datetime import time

    from flait.core.idents import shown
    from flait.errors import UserError

    found = _CLOCK.fullmatch(text.strip())
    if not found:
        raise UserError(f"{shown(text)} is not a time", "--at takes the scheduled departure there, like 09:05")
    return time(int(found[1]), int(found[2]))


def _airport(text: str, flag: str) -> str:
    from flait.core.idents import shown
    from flait.errors import UserError

    code = text.strip().upper()
    if not (code.isascii() and code.isalnum() and 3 <= len(code) <= 4):
        raise UserError(f"{shown(text)} is not an airport code", f"{flag} takes one like SFO or KSFO")
    return code
