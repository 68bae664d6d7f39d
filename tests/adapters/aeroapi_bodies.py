"""Answers in AeroAPI's shape, made here to show one fact each."""

from typing import Any


def airport(code: str, iata: str | None, zone: str | None, city: str = "Somewhere") -> dict[str, Any]:
    return {"code": code, "code_icao": code, "code_iata": iata, "code_lid": None, "timezone": zone, "city": city}


CHICAGO = airport("KORD", "ORD", "America/Chicago", "Chicago")
BOSTON = airport("KBOS", "BOS", "America/New_York", "Boston")
ALBANY = airport("KALB", "ALB", "America/New_York", "Albany")


def record(**changed: Any) -> dict[str, Any]:
    """A flight on time, from Chicago in the evening (UTC is a day further) to Boston."""
    return {
        "ident": "ZZZ123",
        "ident_icao": "ZZZ123",
        "ident_iata": "ZZ123",
        "fa_flight_id": "ZZZ123-1700000000-schedule-0001",
        "codeshares": ["YYY9123"],
        "codeshares_iata": ["YY9123"],
        "type": "Airline",
        "position_only": False,
        "cancelled": False,
        "diverted": False,
        "origin": CHICAGO,
        "destination": BOSTON,
        "scheduled_out": "2026-03-02T01:30:00Z",
        "estimated_out": "2026-03-02T01:30:00Z",
        "actual_out": None,
        "scheduled_off": "2026-03-02T01:45:00Z",
        "estimated_off": "2026-03-02T01:45:00Z",
        "actual_off": None,
        "scheduled_on": "2026-03-02T03:45:00Z",
        "estimated_on": "2026-03-02T03:45:00Z",
        "actual_on": None,
        "scheduled_in": "2026-03-02T03:55:00Z",
        "estimated_in": "2026-03-02T03:55:00Z",
        "actual_in": None,
        "gate_origin": "B12",
        "terminal_origin": "1",
        "gate_destination": None,
        "terminal_destination": None,
        "baggage_claim": None,
        "status": "Scheduled",
        "aircraft_type": "B738 ",
        "progress_percent": 0,
        **changed,
    }


def flights(*records: Any, following: str | None = None) -> dict[str, Any]:
    return {"flights": list(records), "links": {"next": following} if following else None, "num_pages": 1}


def row(**changed: Any) -> dict[str, Any]:
    """A row of /schedules: flat codes, no zones."""
    return {
        "ident": "ZZZ123",
        "ident_icao": "ZZZ123",
        "ident_iata": "ZZ123",
        "actual_ident": None,
        "origin": "KORD",
        "origin_icao": "KORD",
        "origin_iata": "ORD",
        "destination": "KBOS",
        "destination_icao": "KBOS",
        "destination_iata": "BOS",
        "scheduled_out": "2026-04-02T01:30:00Z",
        "scheduled_in": "2026-04-02T03:55:00Z",
        "fa_flight_id": None,
        **changed,
    }


def scheduled(*rows: Any, following: str | None = None) -> dict[str, Any]:
    return {"scheduled": list(rows), "links": {"next": following} if following else None, "num_pages": 1}
