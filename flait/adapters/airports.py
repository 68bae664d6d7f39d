"""Which IANA time zone an airport keeps, and which country it lies in, from airportsdata: AeroAPI may send neither."""

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from flait.core.zones import folded

UNKNOWN = "UTC"
LEAST_OF_A_NAME = 5  # letters by which a city may be meant that is called something more, like Frankfurt am Main


def zone_name(stated: str | None, *, iata: str | None, icao: str | None) -> str:
    """The stated zone where it exists, else the airport's by IATA, then ICAO code, else UTC."""
    if stated and exists(stated):
        return stated
    known = _known("tz", iata, icao)
    return known if known and exists(known) else UNKNOWN


def country(*, iata: str | None, icao: str | None) -> str | None:
    """The country of an airport, as two letters; None where it is not known."""
    return _known("country", iata, icao)


@lru_cache(maxsize=64)
def zones_in(city: str) -> tuple[str, ...]:
    """The zones of the airports with an IATA code that lie in a city, in English; of a city by how its name begins
    where all that begin so have one. Nothing is kept: it is read line by line.
    """
    city = _city(city)
    named = _of_cities(lambda name: name == city)
    is_long = len(city) >= LEAST_OF_A_NAME
    begins = _of_cities(lambda name: name.startswith(f"{city} ")) if is_long and not named else ()
    return named or (begins if len(begins) == 1 else ())


def _city(name: str) -> str:
    """A city's name, a saint as `st`: spellings of one city are one."""
    return " ".join("st" if word == "saint" else word for word in folded(name).split())


def _of_cities(wanted: Callable[[str], bool]) -> tuple[str, ...]:
    zones = {row["tz"]: None for row in _rows() if row["iata"] and wanted(_city(row["city"]))}
    return tuple(zone for zone in zones if exists(zone))


@lru_cache(maxsize=1024)
def exists(name: str) -> bool:
    """Whether this machine knows the zone. Any text may be asked for."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone; not a zone's name; a folder's, or too long a one
        return False
    return True


def _known(what: Literal["tz", "country"], iata: str | None, icao: str | None) -> str | None:
    return _column(what, "iata").get(iata or "") or _column(what, "icao").get(icao or "")


@cache
def _column(what: Literal["tz", "country"], by: Literal["iata", "icao"]) -> Mapping[str, str]:
    """That column of the table, by code; loaded on first need, and line by line, for the whole table takes 30 MB."""
    return {row[by]: sys.intern(row[what]) for row in _rows() if row[by] and row[what]}


def _rows() -> Iterator[Mapping[str, str]]:
    """The table, line by line."""
    import csv
    from importlib.resources import files

    with files("airportsdata").joinpath("airports.csv").open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines)
