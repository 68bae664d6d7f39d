"""One flight in AeroAPI's words: every key of a /flights record, and the values that follow from others.

It decides nothing about what happened; it only writes it down as AeroAPI would.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flait.sandbox.timetable import Airport

Record = dict[str, Any]  # JSON: strings, numbers, booleans, null, and the two airport objects

LATE = timedelta(minutes=15)  # from here on the status text says Delayed
EVENTS = ("out", "off", "on", "in")
CONSEQUENCES = ("departure_delay", "arrival_delay", "progress_percent", "status")

# In the order in which the real answers carry them.
BLANK: Mapping[str, Any] = {
    "ident": None, "ident_icao": None, "ident_iata": None, "actual_runway_off": None, "actual_runway_on": None,
    "fa_flight_id": None, "operator": None, "operator_icao": None, "operator_iata": None, "flight_number": None,
    "registration": None, "atc_ident": None, "inbound_fa_flight_id": None, "codeshares": [], "codeshares_iata": [],
    "blocked": False, "diverted": False, "cancelled": False, "position_only": False,
    "origin": None, "destination": None, "departure_delay": None, "arrival_delay": None, "filed_ete": None,
    "foresight_predictions_available": False,
    "scheduled_out": None, "estimated_out": None, "actual_out": None,
    "scheduled_off": None, "estimated_off": None, "actual_off": None,
    "scheduled_on": None, "estimated_on": None, "actual_on": None,
    "scheduled_in": None, "estimated_in": None, "actual_in": None,
    "progress_percent": None, "status": None, "aircraft_type": None, "route_distance": None,
    "filed_airspeed": None, "filed_altitude": None, "route": None, "baggage_claim": None,
    "seats_cabin_business": None, "seats_cabin_coach": None, "seats_cabin_first": None,
    "gate_origin": None, "gate_destination": None, "terminal_origin": None, "terminal_destination": None,
    "type": "Airline",
}  # fmt: skip


def stamp(moment: datetime) -> str:
    """A moment as AeroAPI writes it: 2013-03-08T14:05:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """The moment that AeroAPI's `text` names. Raises ValueError."""
    return datetime.fromisoformat(text).astimezone(UTC)


def airport_object(airport: Airport) -> Record:
    """An airport as it stands inside a flight."""
    return {
        "code": airport.icao,
        "code_icao": airport.icao,
        "code_iata": airport.iata,
        "code_lid": airport.iata if airport.icao.startswith("K") else None,
        "timezone": airport.timezone,
        "name": airport.name,
        "city": airport.city,
        "airport_info_url": f"/airports/{airport.icao}",
    }


def best(record: Record, event: str) -> datetime | None:
    """When the event was, else is expected, else was planned."""
    text = record[f"actual_{event}"] or record[f"estimated_{event}"] or record[f"scheduled_{event}"]
    return moment(text) if text else None


def leaves_at(record: Record) -> datetime:
    """What AeroAPI orders and filters by: scheduled_out, else scheduled_off."""
    return moment(record["scheduled_out"] or record["scheduled_off"])


def with_consequences(record: Record, now: datetime) -> Record:
    """The record with delays, progress and status that follow from the rest, save where they are given already."""
    given = {key: record[key] for key in CONSEQUENCES if record[key] is not None}
    record["departure_delay"] = _delay(record, "out") if record["scheduled_out"] else _delay(record, "off")
    record["arrival_delay"] = _delay(record, "in") if record["scheduled_in"] else _delay(record, "on")
    record["progress_percent"] = _progress(record, now)
    record["status"] = _status(record)
    record.update(given)
    return record


def _delay(record: Record, event: str) -> int | None:
    """Seconds late, negative when early: (actual, else estimated) less scheduled."""
    latest = record[f"actual_{event}"] or record[f"estimated_{event}"]
    scheduled = record[f"scheduled_{event}"]
    return round((moment(latest) - moment(scheduled)).total_seconds()) if latest and scheduled else None


def _progress(record: Record, now: datetime) -> int:
    if record["cancelled"] or record["diverted"] or record["actual_on"]:
        return 100
    off, on = record["actual_off"], best(record, "on")
    if not off or not on:
        return 0
    flown = (now - moment(off)) / max(on - moment(off), timedelta(minutes=1))
    return max(0, min(99, round(100 * flown)))


def _status(record: Record) -> str:
    """AeroAPI's words for people: free text, and sometimes loose."""
    ends = (("cancelled", "Cancelled"), ("diverted", "Diverted"), ("actual_on", "Landed / Taxiing"))
    arriving_late = _is_late(record["arrival_delay"])
    if record["actual_in"] and not record["cancelled"] and not record["diverted"]:
        return "Arrived / Delayed" if arriving_late else "Arrived / Gate Arrival"
    for fact, words in ends:
        if record[fact]:
            return words
    if record["actual_off"]:
        return "En Route / Delayed" if arriving_late else "En Route / On Time"
    leaving_late = _is_late(record["departure_delay"])
    if record["actual_out"]:
        return "Taxiing / Delayed" if leaving_late else "Taxiing / Left Gate"
    return "Scheduled / Delayed" if leaving_late else "Scheduled"


def _is_late(delay: int | None) -> bool:
    return delay is not None and delay >= LATE.total_seconds()
