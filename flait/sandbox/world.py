"""What AeroAPI would know at a given moment: the scenario, with what has been said by hand on top."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from flait.sandbox.announcements import KNOWN_AHEAD
from flait.sandbox.handmade import HandMade
from flait.sandbox.records import Record, leaves_at, with_consequences
from flait.sandbox.scenario import Departure, Scenario
from flait.sandbox.timetable import Recorded

NEWS_AFTER = timedelta(days=2)  # for so long after it was to leave, a flight may have news


class World:
    """All that the AeroAPI server answers from."""

    def __init__(self, storm_day: date, daily: Sequence[Recorded] = ()) -> None:
        self.scenario = Scenario(storm_day, daily)
        self.by_hand = HandMade(self.scenario)

    def flights(
        self, ident: str, ident_type: str | None, *, now: datetime, start: datetime, end: datetime
    ) -> list[Record]:
        """The records known at `now` that answer to `ident` and leave in [start, end), newest first.

        Without a type AeroAPI guesses: a registration wins, then an id, then a flight number.
        """
        kinds = [ident_type] if ident_type else ["registration", "fa_flight_id", "designator"]
        for kind in kinds:
            found = list(self._known(ident, kind, now=now, start=start, end=end))
            if found:
                return sorted(found, key=leaves_at, reverse=True)
        return []

    def moments(self, ident: str, start: datetime, end: datetime) -> Iterator[datetime]:
        """When the record says something new about flights of this number, in (start, end]."""
        for departure in self.scenario.flying_as(ident, start - NEWS_AFTER, end + KNOWN_AHEAD):
            for telling in departure.tellings:
                yield from (announcement.at for announcement in telling.told if start < announcement.at <= end)

    def _known(self, ident: str, kind: str, *, now: datetime, start: datetime, end: datetime) -> Iterator[Record]:
        raw = [list(departure.records(now)) for departure in self._departures(ident, kind, start, end)]
        made = (record for record in self.by_hand.made() if _answers_to(record, ident, kind))
        raw += [[record] for record in made if leaves_at(record) - KNOWN_AHEAD <= now]
        for records in raw:
            for record in self._as_changed(records):
                if start <= leaves_at(record) < end:
                    yield with_consequences(record, now)

    def _departures(self, ident: str, kind: str, start: datetime, end: datetime) -> Iterator[Departure]:
        if kind == "designator":
            yield from self.scenario.flying_as(ident, start, end)
        elif kind == "registration":
            yield from self.scenario.flown_by(ident, start, end)
        elif departure := self.scenario.with_id(ident):
            yield departure

    def _as_changed(self, records: list[Record]) -> Iterator[Record]:
        """A flight's records after the changes made by hand, which may hide it or add a diversion."""
        changed = [self.by_hand.changed(record, leg) for leg, record in enumerate(records)]
        if not changed or changed[0] is None:
            return
        yield from (record for record in changed if record)
        if len(changed) == 1 and (leg := self.by_hand.diversion(changed[0])):
            yield leg


def _answers_to(record: Record, ident: str, kind: str) -> bool:
    if kind != "designator":
        return bool(record[kind] == ident)
    names = (record["ident"], record["ident_icao"], record["ident_iata"])
    return ident in names or ident in record["codeshares"] or ident in record["codeshares_iata"]
