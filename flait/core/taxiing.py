"""When who sits in a flight is at the gate there, as best known. Pure.

Some airports never report the gate, and an estimate of it may be from before the touchdown.
"""

from datetime import datetime, timedelta

from flait.core.flights import Flight, landed

TAXI = timedelta(minutes=10)  # from touchdown to the gate, where the schedule does not say
LONGEST_TAXI = timedelta(minutes=30)  # what a schedule says beyond that is none


def there_at(flight: Flight) -> datetime | None:
    """When it is at the gate, as best known: never before touchdown, and a usual taxi after it where none is told."""
    down, expected = touchdown(flight), flight.in_.estimated
    if down is None or flight.in_.actual:
        return flight.arrival.best
    return expected if expected and expected > down else down + _taxi(flight)


def touchdown(flight: Flight) -> datetime | None:
    """When it came down, if it has."""
    return flight.on.actual if landed(flight) else None


def _taxi(flight: Flight) -> timedelta:
    on, gate = flight.on.scheduled, flight.in_.scheduled
    usual = gate - on if on and gate else TAXI
    return usual if timedelta() < usual <= LONGEST_TAXI else TAXI
