"""What a person types becomes an Ident; nothing else in Flait reads flight numbers."""

import re
from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from flait.errors import InvalidIdent

LONGEST = 16  # characters worth looking at: the longest spelling is like BAW-1234A, with blanks around it

# ICAO designators are three letters, IATA ones two characters with at least one letter; ICAO is tried first,
# for "BAW12" is never "BA" flight "W12". One space or hyphen may stand between airline and number.
_IDENT = re.compile(
    r"(?P<operator>[A-Z]{3}|[A-Z][A-Z0-9]|[0-9][A-Z])[ -]?(?P<number>[0-9]{1,4})(?P<suffix>[A-Z]?)", re.ASCII
)


class Ident(Struct, frozen=True, kw_only=True):
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
    booking = "write the one on the booking, like UA123"
    if other is Misnamed.LETTERS:
        raise InvalidIdent(f"{shown(text)} is not a flight number, but {other}", booking)
    if other:
        raise InvalidIdent(f"{shown(text)} is {other}, not a flight number", booking)
    if not found or not number:
        raise InvalidIdent(
            f"{shown(text)} is not a flight number", "write the airline's code and 1 to 4 digits, like UA123 or BAW12"
        )
    return Ident(operator=found["operator"], number=number, suffix=found["suffix"])


class Misnamed(StrEnum):
    """What people take for a flight number, in words."""

    CALLSIGN = "a callsign, as pilots use by radio"
    REGISTRATION = "an aircraft's registration"
    LETTERS = "perhaps an aircraft's registration"  # or a word: GABCD, GREAT


# Nationality marks (ICAO Annex 7, supplement), by what stands behind them.
_MARKS_BEFORE_FOUR_LETTERS = "D F G I M"
_MARKS_BEFORE_THREE_LETTERS = """
    3A 3B 3C 3D 3X 4K 4L 4O 4R 4X 5A 5B 5H 5N 5R 5T 5U 5V 5W 5X 5Y 6O 6V 6Y 7O 7P 7Q 7T 8P 8Q 8R 9A 9G 9H 9J 9K 9L 9M
    9N 9Q 9U 9V 9Y A2 A3 A5 A6 A7 AP B C2 C3 C5 C6 C9 CC CF CG CN CP CS CU CX D2 D4 D6 DQ E3 E5 E7 EC EI EL EP ER ES
    ET EW EY EZ H4 HA HB HC HH HR HS HV HZ J2 J3 J5 J6 J7 J8 JY LN LV LX LY LZ MT OD OE OH OK OM OO OY P2 P4 PH PJ PK
    PP PR PS PT PU PZ S2 S5 S7 S9 SE SP ST SU SX T2 T3 T7 TC TF TG TI TJ TL TN TR TS TT TU TY TZ UR V2 V3 V4 V5 V6 V7
    V8 VH VP VQ VT XA XB XC XT XU XY YA YI YJ YK YL YN YR YS YU Z3 ZA ZK ZP ZS ZT ZU
"""
_REGISTRATIONS = (
    r"N-?[1-9][A-Z0-9]{1,4}",  # the United States
    r"[A-Z0-9]{1,2}-[A-Z]{3,4}",  # most: G-ABCD, VT-ANP, 9V-SKA
    r"(A4O|A9C|9XR)-?[A-Z]{2}",  # Oman, Bahrain, Rwanda
    r"B-[0-9]{3,4}[A-Z0-9]|B-[0-9]{2}[A-Z]{2}",  # China, Taiwan
    r"(E[KXY]|RA|U[KNR])-?[0-9]{5}",  # Armenia, Kyrgyzstan, Tajikistan, Russia, Uzbekistan, Ukraine
    r"EW-?[0-9]{3}[A-Z]{2}",  # Belarus
    r"HP-?[0-9]{4}[A-Z]{3}",  # Panama
    r"JA-?[0-9]{2}[A-Z]{2}",  # Japan
    r"RP-C[0-9]{3,4}|VN-A[0-9]{3}|UP-[A-Z][0-9]{4}|OB-[0-9]{4}-[A-Z]",  # Philippines, Vietnam, Kazakhstan, Peru
)


def _one_of(marks: str) -> str:
    return "|".join(marks.split())


_MISNAMED: Mapping[Misnamed, re.Pattern[str]] = {
    # three letters, and up to four signs of which the first is a digit
    Misnamed.CALLSIGN: re.compile(r"[A-Z]{3}[0-9][A-Z0-9]{1,3}", re.ASCII),
    Misnamed.REGISTRATION: re.compile("|".join(_REGISTRATIONS), re.ASCII),
    Misnamed.LETTERS: re.compile(
        rf"({_one_of(_MARKS_BEFORE_FOUR_LETTERS)})[A-Z]{{4}}|({_one_of(_MARKS_BEFORE_THREE_LETTERS)})[A-Z]{{3}}",
        re.ASCII,
    ),
}
# What may be a flight as well: N4 726, JA 8089, HL 7534, B2 345
_EITHER = re.compile(
    r"N[1-9][0-9]+[A-Z]?|JA[0-9]{3}[A-Z0-9]|H[KLP][0-9]{4}|OB[0-9]{4}|YV[0-9]{4}|B[0-9]{1,3}[A-Z]|B[0-9]{4,5}", re.ASCII
)
_PADDED = re.compile(r"N[1-9]0[0-9]{3}", re.ASCII)  # N40726: nobody writes airline N4's flight 726 so


def misnamed(text: str) -> Misnamed | None:
    """What the text is when it is surely no flight number."""
    name = text.strip().upper() if len(text) <= LONGEST else ""
    if _IDENT.fullmatch(name) and not _PADDED.fullmatch(name):
        return None
    return next((kind for kind, shape in _MISNAMED.items() if shape.fullmatch(name)), None)


def may_be_registration(ident: Ident) -> bool:
    """Whether what was typed may have been a registration, too: `N4726`, `JA8089`."""
    return _EITHER.fullmatch(str(ident)) is not None


def shown(text: str) -> str:
    """`text` made safe to print back: quoted, short; letters of any script as they are, what is not seen escaped."""
    return repr(text if len(text) <= LONGEST * 2 else text[: LONGEST * 2] + "...")
