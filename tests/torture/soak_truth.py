"""What may be told of a flight of the soak after it was seen so, fact by fact, and when people wait for word of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flait.core.flights import Flight
from tests.torture.soak_legs import Seen

NEAR = timedelta(hours=3)  # before it leaves: a gate is owed from then on, and that there is no word
LASTS = timedelta(minutes=15)  # so long left out, a gate is no longer shown


def facts_of(flight: Flight) -> Mapping[str, tuple[object, ...]]:
    """What may be told of each fact of a flight that was seen so; '' is that there is none."""
    phase = next((name for name in ("in_", "on", "off", "out") if getattr(flight, name).actual), "scheduled")
    belt = flight.baggage_claim or ""
    return {
        "cancelled": (True,) if flight.cancelled else (False, ""),
        "scheduled_out": (_iso(flight.departure.scheduled),),
        "scheduled_in": (_iso(flight.arrival.scheduled),),
        "departure": (_iso(flight.departure.best),),
        "arrival": (_iso(flight.arrival.best), *(("",) if flight.diverted else ())),  # none where it was to go
        "baggage_claim": (belt, "") if flight.diverted else (belt,),  # none where it was to go
        "diverted_to": (flight.diverted_to.code if flight.diverted_to else "",),
        "phase": (phase.strip("_"),),
        "ends": (True,) if flight.diverted and flight.on.actual else ("",),
    }


def gates_of(looks: Sequence[Seen]) -> tuple[object, ...]:
    """What may be told of the gate after these: while it is left out the one before, and after a while that it is gone."""
    clear = next((nth for nth, seen in enumerate(reversed(looks)) if not seen.blank), len(looks))
    shown = (looks[-clear - 1].truth.gate_origin or "",) if clear < len(looks) else ()
    long = clear > 0 and looks[-1].at - looks[-clear].at >= LASTS
    return (*shown, *([""] if long else []))


def is_awaited(flight: Flight, at: datetime) -> bool:
    """Whether people wait for word of it: it has not landed, and leaves within hours, or has left."""
    leaves = flight.departure.best
    return flight.on.actual is None and leaves is not None and leaves - at <= NEAR


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
