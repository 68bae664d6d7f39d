"""Which flight number a command means."""

from contextlib import suppress

from flait.core.idents import Ident, parse_ident, shown
from flait.errors import InvalidDate, InvalidIdent


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
