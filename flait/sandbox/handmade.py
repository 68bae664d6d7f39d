"""Flights that someone drives by hand: made from nothing, or changed over what the scenario says.

A description is a partial AeroAPI record. Beside AeroAPI's own fields it may carry `vanish` (true: AeroAPI knows the
flight no more), `diverted_to` (makes a diverted pair) and `leg` (1: it speaks of the diversion's record).
"""

import threading
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from flait.errors import UserError
from flait.sandbox.records import BLANK, CONSEQUENCES, EVENTS, Record, airport_object, moment, stamp
from flait.sandbox.scenario import Scenario, flight_id
from flait.sandbox.timetable import airports, designator, split_designator

CONTROLS = ("vanish", "diverted_to", "leg")
USUAL_ETE = timedelta(hours=2)  # for a flight of which nothing else is known
USUAL_TAXI = timedelta(minutes=10)
FROM, TO = "JFK", "LAX"
AIRPORTS = ("origin", "destination", "diverted_to")
TIMES = tuple(f"{kind}_{event}" for kind in ("scheduled", "estimated", "actual") for event in EVENTS)


class HandMade:
    """What has been said by hand, for one sandbox."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._lock = threading.Lock()
        self._made: dict[str, Record] = {}
        self._by_id: dict[tuple[str, int], Record] = {}
        self._by_ident: dict[str, Record] = {}

    def clear(self) -> None:
        """Forget all of it."""
        with self._lock:
            for said in (self._made, self._by_id, self._by_ident):
                said.clear()

    def put(self, descriptions: Iterable[object]) -> list[str]:
        """Make or change flights; the fa_flight_ids named, made or changed. Raises UserError."""
        checked = [_checked(description) for description in descriptions]
        with self._lock:
            return [fa_flight_id for description in checked for fa_flight_id in self._put(description)]

    def made(self) -> list[Record]:
        """The flights made from nothing, as first described."""
        with self._lock:
            return [dict(record) for record in self._made.values()]

    def changed(self, record: Record, leg: int) -> Record | None:
        """The record as changed by hand; None when it has been made to vanish. Leg 1 is the diversion's."""
        changes = {} if leg else self._by_ident.get(record["ident"], {})
        changes = changes | self._by_id.get((record["fa_flight_id"], leg), {})
        return None if changes.get("vanish") else {**record, **_fields(changes)}

    def diversion(self, record: Record) -> Record | None:
        """The second record of a pair made by hand, given the first as changed; None when there is no such pair."""
        changes = self._by_id.get((record["fa_flight_id"], 1))
        if changes is None or changes.get("vanish"):
            return None
        leg = {
            "diverted": False, "scheduled_out": None, "scheduled_in": None, "estimated_in": None,
            "actual_on": None, "actual_in": None, "gate_destination": None, "baggage_claim": None,
            **dict.fromkeys(CONSEQUENCES),
        }  # fmt: skip
        return {**record, **leg, **_fields(changes)}

    def _put(self, description: Record) -> list[str]:
        targets = self._targets(description)
        for target in targets:
            self._change(target, 1 if description.get("leg") else 0, description)
            if "diverted_to" in description:
                self._divert(target, description["diverted_to"])
        if not targets:
            ident = description["ident"]
            self._by_ident[ident] = self._by_ident.get(ident, {}) | description
        return targets

    def _divert(self, fa_flight_id: str, alternate: Record) -> None:
        self._change(fa_flight_id, 0, {"diverted": True})
        self._change(fa_flight_id, 1, {"destination": alternate})

    def _change(self, fa_flight_id: str, leg: int, changes: Record) -> None:
        # A new dict each time: another thread may be reading the old one.
        self._by_id[fa_flight_id, leg] = self._by_id.get((fa_flight_id, leg), {}) | changes

    def _targets(self, description: Record) -> list[str]:
        """The flights meant; none when it is every flight that the scenario knows by this number."""
        if fa_flight_id := description.get("fa_flight_id"):
            if fa_flight_id not in self._made and self._scenario.with_id(fa_flight_id) is None:
                self._made[fa_flight_id] = _complete(description)
            return [fa_flight_id]
        ident, out = description["ident"], description.get("scheduled_out")
        if named := list(self._named(ident, out)):
            return named
        if out is None and self._scenario.knows(ident):
            return []
        record = _complete(description)
        self._made[record["fa_flight_id"]] = record
        return [record["fa_flight_id"]]

    def _named(self, ident: str, out: str | None) -> Iterator[str]:
        for fa_flight_id, record in self._made.items():
            if record["ident"] == ident and out in (None, record["scheduled_out"]):
                yield fa_flight_id
        if out is not None:
            leaves = moment(out)
            for departure in self._scenario.flying_as(ident, leaves, leaves + timedelta(seconds=1)):
                yield departure.fa_flight_id


def _fields(changes: Record) -> Record:
    return {key: value for key, value in changes.items() if key not in CONTROLS}


def _checked(description: object) -> Record:
    """The description with its airports spelled out and its number as the operator writes it, or UserError."""
    if not isinstance(description, dict) or not (description.get("fa_flight_id") or description.get("ident")):
        raise UserError("A flight made by hand needs a name", "give fa_flight_id or ident")
    unknown = set(description) - set(BLANK) - set(CONTROLS)
    if unknown:
        raise UserError(f"AeroAPI has no field {', '.join(sorted(unknown))}", "write the names as AeroAPI does")
    return {key: _spelled(key, value) for key, value in description.items()}


def _spelled(key: str, value: Any) -> Any:
    if key in AIRPORTS and isinstance(value, str):
        return _airport(value)
    if key in TIMES and value is not None:
        _check_time(key, value)
    return designator(value).icao if key == "ident" else value


def _airport(code: str) -> Record:
    if code not in airports():
        raise UserError(f"The sandbox has no airport {code}", "give one of data/airports.csv, or a whole airport")
    return airport_object(airports()[code])


def _check_time(key: str, value: Any) -> None:
    try:
        moment(value)
    except (TypeError, ValueError) as problem:
        raise UserError(f"{key} is not a time: {value!r}", "write it like 2013-03-08T14:05:00Z") from problem


def _complete(description: Record) -> Record:
    """A whole scheduled flight from what is given."""
    if not description.get("scheduled_out") or not description.get("ident"):
        raise UserError("A new flight needs ident and scheduled_out", "add both, or name a flight that exists")
    name = designator(description["ident"])
    operator, number = split_designator(name.icao)
    return {
        **BLANK,
        "ident_icao": name.icao, "ident_iata": name.iata,
        "fa_flight_id": flight_id(name.icao, moment(description["scheduled_out"])),
        "operator": operator, "operator_icao": operator, "flight_number": number,
        "operator_iata": split_designator(name.iata)[0] if name.iata else None,
        "origin": _airport(FROM), "destination": _airport(TO), "aircraft_type": "B738 ", "registration": "N12345",
        **_usual_times(description),
        **_fields(description),
    }  # fmt: skip


def _usual_times(description: Record) -> Record:
    """The eight scheduled and estimated times of a flight on time, built on those that are given."""
    out = moment(description["scheduled_out"])
    flown = timedelta(seconds=description["filed_ete"]) if description.get("filed_ete") else USUAL_ETE
    due = description.get("scheduled_in")
    arrives = moment(due) if due else out + flown + 2 * USUAL_TAXI
    usual = {"out": out, "off": out + USUAL_TAXI, "on": arrives - USUAL_TAXI, "in": arrives}
    scheduled = {event: description.get(f"scheduled_{event}") or stamp(time) for event, time in usual.items()}
    times = {f"{kind}_{event}": time for kind in ("scheduled", "estimated") for event, time in scheduled.items()}
    on, off = moment(times["scheduled_on"]), moment(times["scheduled_off"])
    return {**times, "filed_ete": round((on - off).total_seconds())}
