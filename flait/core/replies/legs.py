"""Which leg a sentence speaks of: its route and time, as `from LAS`, `SFO-EWR`, `to AUS`, `SFO` or `at 14:10`.

Every word given has to be understood, or none is. Airports are IATA codes; whether they exist is for AeroAPI to say.
"""

import re
from collections.abc import Sequence
from datetime import time

from msgspec import Struct

from flait.core.replies.parts import clock
from flait.core.replies.words import WORDS_NOT_AIRLINES

_ROUTE = re.compile(
    r"(?:(?:(?:from|ex|leaving|departing) )?(?P<origin>[a-z]{3}) (?:to )?(?P<destination>[a-z]{3})"
    r"|(?:from|ex|leaving|departing) (?P<only_origin>[a-z]{3})|to (?P<only_destination>[a-z]{3})"
    r"|(?:at )?(?P<either>[a-z]{3}))?"
)
_TIME = re.compile(r"[0-9]{1,2}[:.h][0-5][0-9](?:am|pm|a|p)?|[0-9]{1,2}(?:am|pm)")


class LegWords(Struct, frozen=True, kw_only=True):
    """What was said of one. `either` is an airport at one of its ends; `at` the time it leaves, on the clocks there."""

    origin: str | None = None
    destination: str | None = None
    either: str | None = None
    at: time | None = None


def leg_in(words: Sequence[str]) -> LegWords | None:
    """The leg that these words describe, an empty one for no words; None when any of them is something else."""
    times = [word for word in words if _TIME.fullmatch(word)]
    at = clock(times[0]) if len(times) == 1 else None
    if len(times) > 1 or (times and at is None):
        return None
    rest = [word for word in words if word not in times and not (times and word == "at")]
    route = _ROUTE.fullmatch(" ".join(rest))
    if not route or any(code in WORDS_NOT_AIRLINES for code in route.groups()):
        return None
    found = {name: code.upper() for name, code in route.groupdict().items() if code}
    return LegWords(
        origin=found.get("origin") or found.get("only_origin"),
        destination=found.get("destination") or found.get("only_destination"),
        either=found.get("either"),
        at=at,
    )
