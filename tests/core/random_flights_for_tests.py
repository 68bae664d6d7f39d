"""Any flight AeroAPI could tell of, blanks and nonsense included: what the core must hold for all of them."""

from hypothesis import strategies as st

from flait.core.flights import Times
from tests.core.flights_for_tests import EWR, OUT, PIT, planned

MOMENTS = st.none() | st.datetimes(min_value=OUT.replace(tzinfo=None)).map(
    lambda moment: moment.replace(tzinfo=OUT.tzinfo)
)
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
