"""Any flight AeroAPI could tell of, blanks and nonsense included: what the core must hold for all of them."""

from collections.abc import Collection
from typing import Any

from hypothesis import strategies as st

from flait.core.flights import Flight, Times
from flait.core.values import replace
from tests.core.flights_for_tests import EWR, OUT, PIT, minutes, planned

MOMENTS = st.none() | st.integers(-6 * 60, 15 * 60).map(lambda offset: OUT + minutes(offset))
TIMES = st.builds(Times, scheduled=MOMENTS, estimated=MOMENTS, actual=MOMENTS)
SHORT = st.none() | st.sampled_from(["A1", "B22", "C"])
AIRPORTS = st.none() | st.sampled_from([EWR, PIT])
FLIGHTS = st.builds(
    planned,
    ident_icao=SHORT, ident_iata=SHORT, destination=AIRPORTS, out=TIMES, off=TIMES, on=TIMES, in_=TIMES,
    cancelled=st.booleans(), diverted=st.booleans(),
    gate_origin=SHORT, terminal_origin=SHORT, gate_destination=SHORT, terminal_destination=SHORT,
    baggage_claim=SHORT, registration=SHORT, inbound_fa_flight_id=SHORT,
)  # fmt: skip

_EVENTS = ("out", "off", "on", "in_")
_PARTS = ("scheduled", "estimated", "actual")
_SHORTS = (
    "ident_icao", "ident_iata", "destination", "gate_origin", "terminal_origin", "gate_destination",
    "terminal_destination", "baggage_claim", "registration", "inbound_fa_flight_id",
)  # fmt: skip
NULLABLE = (*_SHORTS, *(f"{event}.{part}" for event in _EVENTS for part in _PARTS))
"""Every fact that AeroAPI may leave blank."""


def blanked(flight: Flight, names: Collection[str]) -> Flight:
    """The flight without those facts, as AeroAPI would send it on a bad day."""
    times = {
        event: replace(getattr(flight, event), **{part: None for part in _PARTS if f"{event}.{part}" in names})
        for event in _EVENTS
    }
    blanks: dict[str, Any] = {name: None for name in _SHORTS if name in names}
    return replace(flight, **blanks, **times)
