"""What AeroAPI pushes: which events lie between two states of a flight's records, and how a push is worded.

Not pushed: `filed`, positions, holdings; and an estimate that moves by half an hour or less.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import chain
from typing import Any

from flait.sandbox.records import EVENTS, Record, moment

NOTABLE = timedelta(minutes=30)  # more than this in one go is a change worth a push

REQUIRED_EVENTS = ("arrival", "cancelled", "departure", "diverted", "filed", "out", "off", "on", "in")
OTHER_EVENTS = ("hold_start", "hold_end")

State = Mapping[tuple[str, str], Record]  # by id and destination: a diverted pair shares its id


def state(records: Iterable[Record]) -> State:
    """The records, to be compared with later ones."""
    return {(record["fa_flight_id"], (record["destination"] or {}).get("code") or ""): record for record in records}


def events(before: State, after: State, wanted: Mapping[str, bool]) -> Iterator[tuple[str, Record]]:
    """The event codes pushed to someone with these wishes, each with the record that shows it."""
    for key, record in after.items():
        if earlier := before.get(key):
            codes = chain(_happened(earlier, record, wanted), _flags(earlier, record, wanted))
            yield from ((code, record) for code in (*codes, *_changed(earlier, record, wanted)))
        elif flight := next((old for (name, _), old in before.items() if name == key[0]), None):
            # A diversion's leg is no news of its own, for the flight's `diverted` is; landing there is.
            yield from ((code, record) for code in _happened(flight, record, wanted))


def _happened(before: Record, after: Record, wanted: Mapping[str, bool]) -> Iterator[str]:
    """Out, off, on, in. Where both a moment and its bundle are wanted, one push says it."""
    bundles = {"off": "departure", "on": "arrival"}
    for event in EVENTS:
        if after[f"actual_{event}"] and not before[f"actual_{event}"]:
            code = event if wanted.get(event) else bundles.get(event, event)
            if wanted.get(code):
                yield code


def _flags(before: Record, after: Record, wanted: Mapping[str, bool]) -> Iterator[str]:
    if bool(before["cancelled"]) is not bool(after["cancelled"]) and wanted.get("cancelled"):
        yield "cancelled" if after["cancelled"] else "uncancelled"
    if after["diverted"] and not before["diverted"] and wanted.get("diverted"):
        yield "diverted"


# What else is pushed as `change`, to those who want the bundle.
CHANGES: tuple[tuple[str, Callable[[Record, Record], bool]], ...] = (
    ("departure", lambda before, after: _is_other(before, after, "gate_origin", "terminal_origin")),
    ("arrival", lambda before, after: _is_other(before, after, "gate_destination", "terminal_destination")),
    ("departure", lambda before, after: not after["actual_out"] and _has_moved(before, after, "estimated_out")),
    ("arrival", lambda before, after: bool(after["actual_off"]) and _has_moved(before, after, "estimated_in")),
)


def _changed(before: Record, after: Record, wanted: Mapping[str, bool]) -> Iterator[str]:
    if any(wanted.get(bundle) and differs(before, after) for bundle, differs in CHANGES):
        yield "change"


def _is_other(before: Record, after: Record, *names: str) -> bool:
    return any(before[name] and after[name] and before[name] != after[name] for name in names)


def _has_moved(before: Record, after: Record, name: str) -> bool:
    if not before[name] or not after[name]:
        return False
    return abs(moment(after[name]) - moment(before[name])) > NOTABLE


FLAT = (
    "ident", "ident_icao", "ident_iata", "fa_flight_id", "registration", "atc_ident", "route", "position_only",
    "blocked", "cancelled", "diverted", "route_distance", "filed_ete", "filed_altitude",
    *(f"{kind}_{event}" for event in EVENTS for kind in ("scheduled", "estimated", "actual")),
    "baggage_claim", "gate_origin", "gate_destination", "terminal_origin", "terminal_destination",
)  # fmt: skip


def push(alert_id: int, code: str, record: Record, *, minimal: bool) -> dict[str, Any]:
    """One push as AeroAPI words it; `minimal` is the one that says no more than which flight."""
    words = f"{record['ident']} {code}"
    flight = {"fa_flight_id": record["fa_flight_id"], "error": "flight data unavailable"} if minimal else _flat(record)
    return {
        "long_description": f"{words}, {record['status']}", "short_description": words, "summary": words,
        "event_code": code, "alert_id": alert_id, "flight": flight,
    }  # fmt: skip


def _flat(record: Record) -> dict[str, Any]:
    """A flight as pushes carry it: codes instead of airports, no zone, no status, no operator."""
    ends = {
        f"{end}{code.removeprefix('code')}": (record[end] or {}).get(code)
        for end in ("origin", "destination")
        for code in ("code", "code_icao", "code_iata", "code_lid")
    }
    own = {name: record[name] for name in FLAT}
    return {
        **own,
        **ends,
        "aircraft_type": (record["aircraft_type"] or "").strip() or None,
        "filed_airspeed_kts": record["filed_airspeed"],
    }
