"""Which IANA time zone an airport keeps, from airportsdata: for what AeroAPI sends without one."""

import sys
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

UNKNOWN = "UTC"


def zone_name(stated: str | None, *, iata: str | None, icao: str | None) -> str:
    """The stated zone where it exists, else the airport's by IATA, then ICAO code, else UTC."""
    if stated and exists(stated):
        return stated
    known = _zones("IATA").get(iata or "") or _zones("ICAO").get(icao or "")
    return known if known and exists(known) else UNKNOWN


def country(*, iata: str | None, icao: str | None) -> str | None:
    """The country of an airport, as two letters; None where it is not known."""
    return _countries().get(iata or "") or _countries().get(icao or "")


@lru_cache(maxsize=1024)
def exists(name: str) -> bool:
    """Whether this machine knows the zone. Any text may be asked for."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone; not a zone's name; a folder's, or too long a one
        return False
    return True


@cache
def _zones(codes: Literal["IATA", "ICAO"]) -> Mapping[str, str]:
    # Loaded on first need, and only the zones are kept: the whole table takes 30 MB.
    import airportsdata

    return {code: row["tz"] for code, row in airportsdata.load(codes).items() if row["tz"]}


@cache
def _countries() -> Mapping[str, str]:
    """By IATA code, and by ICAO code where there is no other; read line by line, for the whole table takes 30 MB."""
    import csv
    from importlib.resources import files

    found: dict[str, str] = {}
    with files("airportsdata").joinpath("airports.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            code = row["iata"] or (row["icao"] if len(row["icao"]) == 4 and row["icao"].isalpha() else "")
            if code and row["country"]:
                found[sys.intern(code)] = sys.intern(row["country"])
    return found
