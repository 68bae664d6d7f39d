"""What a person types becomes an Ident; nothing else in Flait reads flight numbers."""

import re
from dataclasses import dataclass

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
    found = _IDENT.fullmatch(text.strip().upper()) if len(text) <= LONGEST and text.isascii() else None
    number = found["number"].lstrip("0") if found else ""
    if not found or not number:
        raise InvalidIdent(
            f"{shown(text)} is not a flight number", "write the airline's code and 1 to 4 digits, like UA123 or BAW12"
        )
    return Ident(operator=found["operator"], number=number, suffix=found["suffix"])


def shown(text: str) -> str:
    """`text` made safe to print back: quoted, escaped, short."""
    return ascii(text if len(text) <= LONGEST * 2 else text[: LONGEST * 2] + "...")
