"""A few flights worth watching, chosen by rule from the storm day: for demonstrations."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product

from flait.sandbox.chance import Chance
from flait.sandbox.scenario import DAY, Departure, Scenario
from flait.sandbox.timetable import Airport

LONG_DELAY = timedelta(hours=2)
DAYLIGHT = range(7, 20)  # hours, local: when someone would watch
CONNECTS = timedelta(minutes=70), timedelta(minutes=110)  # between the two by their schedules
MARGIN = timedelta(minutes=20)  # and so much too late in the end


@dataclass(frozen=True, slots=True, kw_only=True)
class StormFlight:
    """A flight and why it is worth watching. `kind` is one of KINDS."""

    kind: str
    ident: str
    ident_iata: str
    fa_flight_id: str
    origin: Airport
    destination: Airport
    scheduled_out: datetime
    scheduled_in: datetime


def _is_delayed(departure: Departure) -> bool:
    """Two hours late or more, and arrived: the delay is told in three steps or four."""
    flight = departure.flight
    return flight.out_late is not None and not flight.diverted and flight.out_late >= LONG_DELAY


def _is_on_time(departure: Departure) -> bool:
    flight = departure.flight
    late = flight.out_late, flight.in_late
    return all(span is not None and abs(span) <= timedelta(minutes=5) for span in late) and _gates(departure) == 1


def _changes_gate(departure: Departure) -> bool:
    return _gates(departure) > 1 and not _is_delayed(departure) and not departure.flight.diverted


def _gates(departure: Departure) -> int:
    return sum("gate_origin" in announcement.facts for announcement in departure.tellings[0].told)


KINDS: Mapping[str, Callable[[Departure], bool]] = {
    "delayed": _is_delayed,
    "cancelled": lambda departure: departure.flight.cancelled,
    "gate change": _changes_gate,
    "diverted": lambda departure: departure.flight.diverted,
    "on time": _is_on_time,
}


def storm_flights(n: int, seed: int = 0, *, storm_day: date) -> list[StormFlight]:
    """`n` flights of the storm day, of each kind in turn while there are any, ordered by departure.

    The same seed always chooses the same flights.
    """
    departures = list(_departures(Scenario(storm_day)))
    order = Chance(f"cast/{seed}")
    departures.sort(key=lambda departure: order.fraction(departure.flight.ident))
    kinds = {kind: [departure for departure in departures if fits(departure)] for kind, fits in KINDS.items()}
    chosen: list[StormFlight] = []
    while len(chosen) < n and any(kinds.values()):
        chosen += [_cast(kind, waiting.pop()) for kind, waiting in kinds.items() if waiting]
    return sorted(chosen[:n], key=lambda flight: flight.scheduled_out)


def missed_connection(*, storm_day: date) -> tuple[StormFlight, StormFlight]:
    """A flight to New York that comes too late, and one from there that leaves on time without its travelers."""
    scenario = Scenario(storm_day)
    departures = sorted(_departures(scenario), key=lambda departure: departure.scheduled_out)
    inbound = [found for departure in departures if (found := scenario.inbound(departure)) and _is_by_day(found)]
    onward = [departure for departure in departures if _is_on_time(departure)]
    first, then = next(pair for pair in product(inbound, onward) if _is_missed(*pair))
    return _cast("late to connect", first), _cast("connects", then)


def _is_missed(first: Departure, then: Departure) -> bool:
    late, left = first.flight.in_late, then.flight.out_late
    if late is None or left is None or first.flight.destination != then.flight.origin:
        return False
    between = then.scheduled_out - first.scheduled_in
    return CONNECTS[0] <= between <= CONNECTS[1] and first.scheduled_in + late > then.scheduled_out + left + MARGIN


def _departures(scenario: Scenario) -> Iterator[Departure]:
    """The storm day's flights in local daylight, when someone would watch."""
    start = datetime.combine(scenario.storm_day, datetime.min.time(), UTC)
    for out, flight in scenario.timetable(start, start + 2 * DAY):
        local = out.astimezone(flight.origin.zone)
        if local.date() == scenario.storm_day and local.hour in DAYLIGHT:
            yield from scenario.flying_as(flight.ident, out, out + timedelta(seconds=1))


def _is_by_day(departure: Departure) -> bool:
    return departure.scheduled_out.astimezone(departure.flight.origin.zone).hour in DAYLIGHT


def _cast(kind: str, departure: Departure) -> StormFlight:
    return StormFlight(
        kind=kind,
        ident=departure.flight.ident,
        ident_iata=departure.flight.ident_iata,
        fa_flight_id=departure.fa_flight_id,
        origin=departure.flight.origin,
        destination=departure.flight.destination,
        scheduled_out=departure.scheduled_out,
        scheduled_in=departure.scheduled_in,
    )
