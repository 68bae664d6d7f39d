"""What a person types becomes an Ident; nothing else in Flait reads flight numbers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flait.errors import InvalidIdent

LONGEST = 16  # characters worth looking at: the longest spelling is like BAW-1234A, with blanks around it

# ICAO designators are three letters, IATA ones two characters with at least one letter; ICAO is tried first,
# for "BAW12" is never "BA" flight "W12". One space or hyphen may stand between airline and number.
_IDENT = re.compile(
    r"(?P<operator>[A-Z]{3}|[A-Z][A-Z0-9]|[0-9][A-Z])[ -]?(?P<number>[0-9]{1,4})(?P<suffix>[A-Z]?)", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ident:
    """An airline's designator (IATA or ICAO), a number without leading zeros, and a suffix letter or ''."""

    operator: str
    number: str
    suffix: str = ""

    def __str__(self) -> str:
        return f"{self.operator}{self.number}{self.suffix}"


def parse_ident(text: str) -> Ident:
    """Read `UA123`, `ua 0123`, `UA-123`, `9W12`, `U2 1234` or `BAW12A`. Raises InvalidIdent.

    Whether the airline exists is for AeroAPI to say: no table of airlines is shipped as truth.
    """
    other = misnamed(text)
    found = _IDENT.fullmatch(text.strip().upper()) if len(text) <= LONGEST and text.isascii() and not other else None
    number = found["number"].lstrip("0") if found else ""
    if other:
        raise InvalidIdent(f"{shown(text)} is {other}, not a flight number", "write the one on the booking, like UA123")
    if not found or not number:
        raise InvalidIdent(
            f"{shown(text)} is not a flight number", "write the airline's code and 1 to 4 digits, like UA123 or BAW12"
        )
    return Ident(operator=found["operator"], number=number, suffix=found["suffix"])


class Misnamed(StrEnum):
    """What people take for a flight number, in words."""

    CALLSIGN = "a callsign, as pilots use by radio"
    REGISTRATION = "an aircraft's registration"


_MISNAMED: Mapping[Misnamed, re.Pattern[str]] = {
    # three letters, and up to four signs of which the first is a digit
    Misnamed.CALLSIGN: re.compile(r"[A-Z]{3}[0-9][A-Z0-9]{1,3}", re.ASCII),
    # the United States' N and up to five signs; others' with their hyphen: G-ABCD, VT-ANP, 9V-SKA, B-2345
    Misnamed.REGISTRATION: re.compile(r"N[1-9][A-Z0-9]{1,4}|[A-Z0-9]{1,2}-[A-Z]{3,4}|[A-Z]-[0-9]{4,5}", re.ASCII),
}
_PADDED = re.compile(r"N[1-9]0[0-9]{3}", re.ASCII)  # N40726: nobody writes airline N4's flight 726 so


def misnamed(text: str) -> Misnamed | None:
    """What it is, where it is surely no flight number."""
    name = text.strip().upper() if len(text) <= LONGEST else ""
    if _IDENT.fullmatch(name) and not _PADDED.fullmatch(name):
        return None
    return next((kind for kind, shape in _MISNAMED.items() if shape.fullmatch(name)), None)


def may_be_registration(ident: Ident) -> bool:
    """Whether what was typed may have been a registration of the United States, too: `N4726`."""
    return re.fullmatch(r"N[1-9]", ident.operator) is not None


def shown(text: str) -> str:
    """`text` made safe to print back: quoted, escaped, short."""
    return ascii(text if len(text) <= LONGEST * 2 else text[: LONGEST * 2] + "...")
