"""What follows from the kind of aircraft: when it boards, and how soon it can fly again.

By the ICAO designators that AeroAPI sends (Doc 8643).
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

M = timedelta(minutes=1)


class Size(StrEnum):
    """How big an aircraft is, for the people who board it."""

    TURBOPROP = "turboprop"
    NARROW = "narrow-body"
    WIDE = "wide-body"


_BEGIN: Mapping[Size, tuple[str, ...]] = {
    # designators that begin so; every other is a narrow-body, and so is what is not known
    Size.TURBOPROP: (
        "AT4", "AT7", "DH8", "SF34", "SB20", "JS", "E120", "E110", "B190", "C208", "DHC", "DH7", "F50", "D228", "D328",
        "SW4", "PC12", "L410", "BN2", "BE9", "BE2", "BE3", "AN24", "SH3",
    ),
    Size.WIDE: (
        "A30", "A310", "A33", "A34", "A35", "A38", "B74", "B76", "B77", "B78", "MD11", "DC10", "L101", "IL86", "IL96",
    ),
}  # fmt: skip
BOARDS_BEFORE: Mapping[Size, timedelta] = {
    # usual between the beginning of boarding and leaving the gate; an estimate, and worded as one
    Size.TURBOPROP: 25 * M,
    Size.NARROW: 35 * M,
    Size.WIDE: 45 * M,
}

TURNS_ROUND: Mapping[Size, timedelta] = {
    # the least between arriving at the gate and leaving it again
    Size.TURBOPROP: 25 * M,
    Size.NARROW: 35 * M,
    Size.WIDE: 60 * M,
}


def size_of(aircraft_type: str | None) -> Size:
    """The size of that type: `B738`, `A332`, `DH8D`."""
    designator = (aircraft_type or "").strip().upper()
    return next((size for size, begins in _BEGIN.items() if designator.startswith(begins)), Size.NARROW)
