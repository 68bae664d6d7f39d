"""The record: flights of 7, 8 and 9 March 2013, airports and carriers, as the files in data/ give them.

It only reads them. Which of it happens on which day is the scenario's business.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from flait.core.values import replace

RECORDED_STORM_DAY = date(2013, 3, 8)

# A punctual flight's taxi times together, for the days that are flown to plan.
USUAL_TAXI = timedelta(minutes=25)

# Whose tickets a regional carrier's seats are sold on, and which overseas carrier sells them too.
SELLERS = {"9E": "DL", "MQ": "AA", "OO": "UA", "YV": "US"}
OVERSEAS_PARTNERS = {"AA": "BA", "DL": "KL", "UA": "LH"}
PARTNER_NUMBERS_FROM = 3000  # added to the operating number, so that no two flights share a partner's number


@dataclass(frozen=True, slots=True, kw_only=True)
class Airport:
    """An airport; `alternate` is the IATA code of a likely place to divert to."""

    iata: str
    icao: str
    name: str
    city: str
    timezone: str
    alternate: str

    @property
    def zone(self) -> ZoneInfo:
        """Its clocks."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """An airline by both its codes."""

    iata: str
    icao: str
    name: str


@dataclass(frozen=True, slots=True)
class Designator:
    """One flight number in both ways of writing it: UAL15, UA15. `iata` may be unknown."""

    icao: str
    iata: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One flight of the record: local clock time of departure, everything else elapsed.

    No `out_late`: cancelled. No `in_late`: it left, and never came to its destination's gate as planned.
    """

    day: date
    carrier: Carrier
    number: int
    tail: str | None
    aircraft: str
    origin: Airport
    destination: Airport
    out: time
    block: timedelta
    out_late: timedelta | None
    in_late: timedelta | None
    air: timedelta | None
    miles: int

    @property
    def ident(self) -> str:
        """AeroAPI's name for it: UAL15."""
        return f"{self.carrier.icao}{self.number}"

    @property
    def ident_iata(self) -> str:
        """The name on the ticket of the airline that flies it: UA15."""
        return f"{self.carrier.iata}{self.number}"

    @property
    def cancelled(self) -> bool:
        """It never left."""
        return self.out_late is None

    @property
    def diverted(self) -> bool:
        """It left, and the record has no arrival."""
        return self.out_late is not None and self.in_late is None

    @property
    def codeshares(self) -> tuple[Designator, ...]:
        """The numbers under which others sell its seats."""
        seller = self._seller()
        own = () if seller == self.carrier.iata else (_designator(seller, self.number),)
        partner = OVERSEAS_PARTNERS.get(seller)
        return (*own, _designator(partner, self.number + PARTNER_NUMBERS_FROM)) if partner else own

    def _seller(self) -> str:
        if self.carrier.iata == "EV":  # flew for United from Newark, for Delta from the other two
            return "UA" if self.origin.iata == "EWR" else "DL"
        return SELLERS.get(self.carrier.iata, self.carrier.iata)

    def to_plan(self) -> "Recorded":
        """The same flight on a day when nothing happens."""
        return replace(self, out_late=timedelta(), in_late=timedelta(), air=self.block - USUAL_TAXI)


@cache
def airports() -> Mapping[str, Airport]:
    """By IATA code."""
    return {row["iata"]: Airport(**row) for row in _rows("airports.csv")}


@cache
def carriers() -> Mapping[str, Carrier]:
    """By IATA code."""
    return {row["iata"]: Carrier(**row) for row in _rows("carriers.csv")}


@cache
def recorded_flights() -> tuple[Recorded, ...]:
    """Every flight of the three days, in order of day and departure."""
    return tuple(_recorded(row) for row in _rows("2013-03-08.csv"))


@cache
def _carriers_by_icao() -> Mapping[str, Carrier]:
    return {carrier.icao: carrier for carrier in carriers().values()}


def designator(ident: str) -> Designator:
    """Both ways of writing `ident`, where the airline is known; else `ident` as it stands."""
    if known := _carriers_by_icao().get(ident[:3]):  # before IATA: AAL15 is not flight L15 of AA
        return Designator(ident, known.iata + ident[3:])
    if known := carriers().get(ident[:2]):
        return Designator(known.icao + ident[2:], ident)
    return Designator(ident, None)


def split_designator(ident: str) -> tuple[str, str]:
    """The airline's code and the number: UAL15 is UAL and 15. The airline is empty where nothing looks like one."""
    match = re.fullmatch(r"([A-Z]{3}|[A-Z][A-Z0-9]|[0-9][A-Z])(\d{1,4}[A-Z]?)", ident)
    return (match[1], match[2]) if match else ("", ident)


def _designator(carrier: str, number: int) -> Designator:
    return Designator(f"{carriers()[carrier].icao}{number}", f"{carrier}{number}")


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (files("flait.sandbox") / "data" / name).open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _recorded(row: dict[str, str]) -> Recorded:
    return Recorded(
        day=RECORDED_STORM_DAY.replace(day=int(row["day"])),
        carrier=carriers()[row["carrier"]],
        number=int(row["number"]),
        tail=row["tail"] or None,
        aircraft=row["aircraft"],
        origin=airports()[row["origin"]],
        destination=airports()[row["destination"]],
        out=time(int(row["out"][:2]), int(row["out"][2:])),
        block=timedelta(minutes=int(row["block"])),
        out_late=_minutes(row["out_late"]),
        in_late=_minutes(row["in_late"]),
        air=_minutes(row["air"]),
        miles=int(row["miles"]),
    )


def _minutes(text: str) -> timedelta | None:
    return timedelta(minutes=int(text)) if text else None


def local_moment(day: date, clock: time, airport: Airport) -> datetime:
    """`clock` on `day` as the airport's clocks show it (aware, in its zone)."""
    return datetime.combine(day, clock, airport.zone)
