"""Tracked flights: a row is the schedule. `next_poll_at` says when to ask, a claim says who is asking.

A claim carries the daemon's boot id, so that what a dead daemon held is known to be free. Every result of a poll is
fenced by its claim: one that comes after the claim was taken away changes nothing.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from flait.core.flights import Flight, phase
from flait.store.connection import Connection, writing
from flait.store.rows import Row, as_json, facts, read, read_flight, read_json
from flait.store.values import FlightView, LoggedFacts, Sighting, TrackedFlight

_TRACK: Final = """
INSERT INTO flights (fa_flight_id, ident, ident_icao, origin, departure_date, phase, latest, next_poll_at, created_at)
VALUES (:fa_flight_id, :ident, :ident_icao, :origin, :departure_date, :phase, :latest, :next_poll_at, :now)
ON CONFLICT (fa_flight_id) WHERE closed_at IS NULL DO NOTHING
RETURNING *
"""
_NUMBERS: Final = """
INSERT INTO flight_numbers (number, flight_id) SELECT value, :flight_id FROM json_each(:numbers) WHERE true
ON CONFLICT DO NOTHING
"""
_OPEN_BY_ID: Final = "SELECT * FROM flights WHERE fa_flight_id = :fa_flight_id AND closed_at IS NULL"
_OPEN_BY_NUMBER: Final = """
SELECT * FROM flights
WHERE id IN (SELECT flight_id FROM flight_numbers WHERE number IN (SELECT value FROM json_each(:numbers)))
    AND closed_at IS NULL AND (:departure_date IS NULL OR departure_date = :departure_date)
ORDER BY departure_date, id
"""
_CLAIM: Final = """
UPDATE flights SET claimed_by = :claimed_by, claimed_at = :now
WHERE id IN (
    SELECT id FROM flights WHERE next_poll_at IS NOT NULL AND next_poll_at <= :now AND claimed_by IS NULL
    ORDER BY next_poll_at LIMIT :limit
)
RETURNING *
"""
_CLAIM_ONE: Final = """
UPDATE flights SET claimed_by = :claimed_by, claimed_at = :now, next_poll_at = min(coalesce(next_poll_at, :now), :now)
WHERE id = :id AND closed_at IS NULL AND claimed_by IS NULL
RETURNING *
"""
_SAVE: Final = """
UPDATE flights SET ident = :ident, ident_icao = :ident_icao, origin = :origin, departure_date = :departure_date,
    phase = :phase, previous = latest, latest = :latest, polls = :polls, misses = 0, failures = 0,
    next_poll_at = :next_poll_at, last_polled_at = :seen_at, claimed_by = NULL, claimed_at = NULL
WHERE id = :id AND claimed_by IS :claimed_by
"""
_SIGHTING: Final = """
INSERT INTO sightings (flight_id, poll, seen_at, facts) VALUES (:flight_id, :poll, :seen_at, :facts)
"""
_RAW: Final = "INSERT INTO raw_answers (flight_id, at, body) VALUES (:flight_id, :at, :body)"
_POSTPONE: Final = """
UPDATE flights SET next_poll_at = :next_poll_at, failures = :failures, misses = :misses,
    claimed_by = NULL, claimed_at = NULL
WHERE id = :id AND claimed_by = :claimed_by
"""
_CLAIMED: Final = "SELECT * FROM flights WHERE claimed_by IS NOT NULL AND claimed_by <> :except_by"
_CLOSE: Final = """
UPDATE flights SET closed_at = :now, next_poll_at = NULL, claimed_by = NULL, claimed_at = NULL
WHERE id = :id AND closed_at IS NULL
"""
_END_SUBSCRIPTIONS: Final = """
UPDATE subscriptions SET state = 'ended', next_attempt_at = NULL, next_moment_at = NULL
WHERE flight_id = :id AND state = 'active'
"""
# What was watched for its sake alone: a flight that is closed waits for nothing.
_CLOSE_AWAITED: Final = """
UPDATE flights SET closed_at = :now, next_poll_at = NULL, claimed_by = NULL, claimed_at = NULL
WHERE closed_at IS NULL AND id IN (SELECT flight_id FROM flight_waits WHERE for_flight_id = :id)
    AND NOT EXISTS (SELECT 1 FROM subscriptions s WHERE s.flight_id = flights.id AND s.state = 'active')
    AND NOT EXISTS (
        SELECT 1 FROM flight_waits w JOIN flights f ON f.id = w.for_flight_id
        WHERE w.flight_id = flights.id AND f.closed_at IS NULL)
"""
_HASTEN: Final = """
UPDATE flights SET next_poll_at = :now
WHERE id = :id AND closed_at IS NULL AND (next_poll_at IS NULL OR next_poll_at > :now)
"""
_RESUME: Final = """
UPDATE flights SET next_poll_at = :now
WHERE closed_at IS NULL AND claimed_by IS NULL AND failures > 0 AND next_poll_at > :now AND :outcome = (
    SELECT outcome FROM journal WHERE flight_id = flights.id AND step = 'poll' ORDER BY id DESC LIMIT 1)
"""
_RESUME_WISHES: Final = """
UPDATE subscriptions SET next_attempt_at = :now
WHERE state = 'pending' AND next_attempt_at > :now AND substr(reason, 1, length(:reason)) = :reason
"""
_READOPT: Final = """
UPDATE flights SET fa_flight_id = :fa_flight_id, latest = json_set(latest, '$.fa_flight_id', :fa_flight_id)
WHERE id = :id AND closed_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM flights WHERE fa_flight_id = :fa_flight_id AND closed_at IS NULL AND id <> :id)
"""
_OPEN_VIEWS: Final = """
SELECT f.*, (SELECT count(*) FROM subscriptions s WHERE s.flight_id = f.id AND s.state = 'active') AS subscribers
FROM flights f WHERE f.closed_at IS NULL ORDER BY f.departure_date, f.id
"""
_ALL_VIEWS: Final = """
SELECT f.*, (SELECT count(*) FROM subscriptions s WHERE s.flight_id = f.id AND s.state = 'active') AS subscribers
FROM flights f ORDER BY f.departure_date, f.id
"""
_AWAITED: Final = """
SELECT EXISTS (SELECT 1 FROM flights f WHERE f.closed_at IS NULL)
    OR EXISTS (SELECT 1 FROM subscriptions WHERE state = 'pending') AS awaited
"""
_SIGHTINGS: Final = "SELECT * FROM sightings WHERE flight_id = :flight_id ORDER BY poll"


class Flights(Connection):
    """What is watched."""

    @writing
    def track(self, flight: Flight, *, next_poll_at: datetime, now: datetime) -> TrackedFlight:
        """Start watching. The open row with that fa_flight_id, if there is one, is returned as it stands."""
        row = self._row(
            _TRACK, **_columns(flight), fa_flight_id=flight.fa_flight_id, next_poll_at=next_poll_at, now=now
        )
        if row is None:
            row = self._row(_OPEN_BY_ID, fa_flight_id=flight.fa_flight_id)
            assert row is not None
            return read_flight(row)
        self._note_numbers(row["id"], flight)
        return read_flight(row)

    def tracked(self, flight_id: int) -> TrackedFlight | None:
        """The flight with that id of ours, closed ones included."""
        return _tracked(self._row("SELECT * FROM flights WHERE id = :id", id=flight_id))

    def tracked_by_fa_flight_id(self, fa_flight_id: str) -> TrackedFlight | None:
        """The flight that is watched under that id of FlightAware's."""
        return _tracked(self._row(_OPEN_BY_ID, fa_flight_id=fa_flight_id))

    def find_open(self, numbers: Collection[str], departure_date: date | None = None) -> list[TrackedFlight]:
        """Watched flights that have one of these numbers (their own or a codeshare's), on that date or on any."""
        rows = self._rows(_OPEN_BY_NUMBER, numbers=as_json(list(numbers)), departure_date=departure_date)
        return [read_flight(row) for row in rows]

    @writing
    def claim_due_flights(self, now: datetime, claimed_by: str, limit: int) -> list[TrackedFlight]:
        """Up to `limit` flights whose poll is due, longest due first; nobody else's until saved or released."""
        rows = self._rows(_CLAIM, now=now, claimed_by=claimed_by, limit=limit)
        return [read_flight(row) for row in sorted(rows, key=lambda row: (row["next_poll_at"], row["id"]))]

    @writing
    def claim_flight(self, flight_id: int, now: datetime, claimed_by: str) -> list[TrackedFlight]:
        """That flight, whenever its next poll is due; nothing where somebody has it, or nobody watches it any more."""
        return [read_flight(row) for row in self._rows(_CLAIM_ONE, id=flight_id, now=now, claimed_by=claimed_by)]

    @writing
    def save_poll(
        self,
        flight_id: int,
        *,
        claimed_by: str | None,
        flight: Flight,
        seen_at: datetime,
        raw: str | None,
        changed: bool,
        polls: int,
        next_poll_at: datetime | None,
    ) -> bool:
        """An answer that showed the flight: the merged view, its place in the schedule, and the claim given back.

        `changed` adds a line to the flight log; `raw` is kept apart, for as long as FlightAware allows. `claimed_by`
        None: nobody has it. False, and nothing stored: the claim was lost. Faults and misses start from nothing.
        """
        saved = self._change(
            _SAVE,
            id=flight_id,
            claimed_by=claimed_by,
            polls=polls,
            seen_at=seen_at,
            next_poll_at=next_poll_at,
            **_columns(flight),
        )
        if not saved:
            return False
        self._note_numbers(flight_id, flight)
        if changed:
            self._change(_SIGHTING, flight_id=flight_id, poll=polls, seen_at=seen_at, facts=as_json(facts(flight)))
        if raw is not None:
            self._change(_RAW, flight_id=flight_id, at=seen_at, body=raw)
        return True

    def _note_numbers(self, flight_id: int, flight: Flight) -> None:
        numbers = {flight.ident, flight.ident_icao, flight.ident_iata, *flight.codeshares} - {None}
        self._change(_NUMBERS, flight_id=flight_id, numbers=as_json(numbers))

    @writing
    def postpone_poll(
        self, flight_id: int, *, claimed_by: str, next_poll_at: datetime, failures: int, misses: int
    ) -> bool:
        """A poll that showed nothing: ask again then, and give the claim back. False: the claim was lost."""
        done = self._change(
            _POSTPONE,
            id=flight_id,
            claimed_by=claimed_by,
            next_poll_at=next_poll_at,
            failures=failures,
            misses=misses,
        )
        return done > 0

    def is_anything_awaited(self) -> bool:
        """Whether AeroAPI is asked about anything: a flight that is watched, or a wish that waits for its answer."""
        row = self._row(_AWAITED)
        return bool(row and row["awaited"])

    def claimed_flights(self, *, except_by: str) -> list[TrackedFlight]:
        """What other daemons have claimed: for who holds the daemon's lock, the others are dead."""
        return [read_flight(row) for row in self._rows(_CLAIMED, except_by=except_by)]

    @writing
    def close_flight(self, flight_id: int, now: datetime) -> bool:
        """Nothing left to learn: no more polls, its subscriptions end, and so does what was watched for its sake alone.

        False: it was closed before.
        """
        closed = self._change(_CLOSE, id=flight_id, now=now)
        self._change(_END_SUBSCRIPTIONS, id=flight_id)
        self._change(_CLOSE_AWAITED, id=flight_id, now=now)
        return closed > 0

    @writing
    def hasten(self, flight_id: int, now: datetime) -> None:
        """Make the next poll due now, unless it is already."""
        self._change(_HASTEN, id=flight_id, now=now)

    @writing
    def resume(self, now: datetime, *, outcome: str, reason: str) -> int:
        """Make due now what waits since its last look ended so, and the wishes that wait for that reason; how many."""
        wishes = self._change(_RESUME_WISHES, now=now, reason=reason)
        return wishes + self._change(_RESUME, now=now, outcome=outcome)

    @writing
    def readopt(self, flight_id: int, fa_flight_id: str) -> bool:
        """FlightAware calls the same leg by a new id now. False: another row watches that id, or this one is closed."""
        return self._change(_READOPT, id=flight_id, fa_flight_id=fa_flight_id) > 0

    def flight_views(self, *, include_closed: bool = False) -> list[FlightView]:
        """What `flait flights` lists, by departure date."""
        rows = self._rows(_ALL_VIEWS if include_closed else _OPEN_VIEWS)
        return [FlightView(tracked=read_flight(row), subscribers=row["subscribers"]) for row in rows]

    def sightings(self, flight_id: int) -> list[Sighting]:
        """The flight log: what changed, in order."""
        return [_sighting(row) for row in self._rows(_SIGHTINGS, flight_id=flight_id)]


def _tracked(row: Row | None) -> TrackedFlight | None:
    return None if row is None else read_flight(row)


def _columns(flight: Flight) -> dict[str, object]:
    return {
        "ident": flight.ident,
        "ident_icao": flight.ident_icao,
        "origin": flight.origin.code,
        "departure_date": flight.departure_date,
        "phase": phase(flight),
        "latest": as_json(flight),
    }


def _sighting(row: Row) -> Sighting:
    return read(Sighting, {**row, "facts": read_json(LoggedFacts, row["facts"])})
