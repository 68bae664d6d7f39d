from datetime import date

import pytest

from flait.core.flights import (
    Airport,
    Flight,
    Phase,
    ScheduledFlight,
    Times,
    answers,
    cancelled,
    grouped,
    joined,
    landed,
    phase,
    progress,
    same_leg,
)
from flait.core.idents import parse_ident
from flait.core.values import replace
from tests.core.flights_for_tests import (
    EWR,
    F12,
    IN,
    OFF,
    ON,
    OUT,
    PIT,
    SFO,
    at_gate,
    diverted,
    late,
    left_gate,
    minutes,
    planned,
    rescheduled,
    took_off,
    touched_down,
    utc,
)

AUCKLAND = Airport(code="NZAA", code_iata="AKL", timezone="Pacific/Auckland")
HONOLULU = Airport(code="PHNL", code_iata="HNL", timezone="Pacific/Honolulu")
APIA = Airport(code="NSFA", code_iata="APW", timezone="Pacific/Apia")
PAGO_PAGO = Airport(code="NSTU", code_iata="PPG", timezone="Pacific/Pago_Pago")


@pytest.mark.parametrize(
    ("origin", "scheduled_out", "expected"),
    [
        (SFO, "2025-11-25 22:10", date(2025, 11, 25)),
        (SFO, "2025-11-26 07:55", date(2025, 11, 25)),  # 23:55 in San Francisco
        (SFO, "2025-11-26 08:05", date(2025, 11, 26)),
        (HONOLULU, "2025-11-26 09:30", date(2025, 11, 25)),
        (AUCKLAND, "2025-11-25 11:30", date(2025, 11, 26)),  # half past midnight, already summer time
        (APIA, "2025-11-25 12:00", date(2025, 11, 26)),  # the two sides of the date line, an hour's flight apart
        (PAGO_PAGO, "2025-11-25 12:00", date(2025, 11, 25)),
        (SFO, "2025-11-02 07:30", date(2025, 11, 2)),  # 00:30 on the night the clocks go back
        (Airport(code="ZZZZ"), "2025-11-25 23:59", date(2025, 11, 25)),
    ],
)
def test_the_date_of_departure_is_the_origins_own(origin: Airport, scheduled_out: str, expected: date) -> None:
    moment = utc(scheduled_out)

    assert planned(origin=origin, out=Times(scheduled=moment)).departure_date == expected
    row = ScheduledFlight(ident="UA1234", origin=origin, destination=EWR, scheduled_out=moment)
    assert row.departure_date == expected


def test_a_delay_past_midnight_does_not_move_the_date() -> None:
    assert late(minutes(14 * 60)).departure_date == date(2025, 11, 25)


def test_without_gate_times_the_runways_count() -> None:
    flight = planned(out=Times(), in_=Times())

    assert (flight.departure.best, flight.arrival.best) == (OFF, ON)
    assert flight.departure_date == date(2025, 11, 25)


def test_a_flight_without_times_has_no_date() -> None:
    with pytest.raises(ValueError, match="has no departure time"):
        _ = planned(out=Times(), off=Times()).departure_date


@pytest.mark.parametrize(
    ("times", "best", "lateness"),
    [
        (Times(), None, 0),
        (Times(scheduled=OUT), OUT, 0),
        (Times(scheduled=OUT, estimated=OUT + minutes(9)), OUT + minutes(9), 9),
        (Times(scheduled=OUT, estimated=OUT + minutes(9), actual=OUT - minutes(3)), OUT - minutes(3), -3),
        (Times(estimated=OUT), OUT, 0),
    ],
)
def test_the_best_time_is_actual_then_estimated_then_scheduled(times: Times, best: object, lateness: float) -> None:
    assert times.best == best
    assert times.late == minutes(lateness)


FALSE_LANDING = replace(took_off(), on=Times(scheduled=ON, actual=OFF))  # "result unknown": on equals off
NO_GATE_TIMES = planned(out=Times(), in_=Times())


@pytest.mark.parametrize(
    ("flight", "expected"),
    [
        (F12, Phase.SCHEDULED),
        (late(minutes(90)), Phase.SCHEDULED),
        (left_gate(), Phase.OUT),
        (took_off(), Phase.OFF),
        (replace(F12, off=Times(scheduled=OFF, actual=OFF)), Phase.OFF),  # out is reported late or never
        (touched_down(), Phase.ON),
        (replace(F12, on=Times(scheduled=ON, actual=ON)), Phase.ON),
        (FALSE_LANDING, Phase.OFF),
        (at_gate(), Phase.IN),
        (replace(F12, in_=Times(scheduled=IN, actual=IN)), Phase.IN),
        (replace(F12, cancelled=True), Phase.CANCELLED),
        (replace(left_gate(), cancelled=True), Phase.CANCELLED),
        (replace(took_off(), cancelled=True), Phase.OFF),  # the flag also means "no longer tracked"
        (replace(at_gate(), cancelled=True), Phase.IN),
        (diverted(None), Phase.DIVERTED),
        (diverted(PIT), Phase.DIVERTED),
        (touched_down(diverted(PIT)), Phase.ON),
        (replace(at_gate(), diverted=True), Phase.IN),
    ],
)
def test_the_phase_follows_actual_times_and_flags(flight: Flight, expected: Phase) -> None:
    assert phase(flight) is expected


def test_a_landing_needs_a_flight_before_it() -> None:
    assert not landed(FALSE_LANDING)
    assert landed(touched_down())
    assert progress(touched_down(NO_GATE_TIMES)) is Phase.ON


def test_a_cancellation_in_the_air_is_none() -> None:
    assert cancelled(replace(F12, cancelled=True))
    assert not cancelled(replace(took_off(), cancelled=True))


OLD_LEG = replace(took_off(), diverted=True, gate_destination="C91", terminal_destination="C", baggage_claim="6")
NEW_LEG = replace(
    OLD_LEG,
    diverted=False, destination=PIT, gate_destination="B4", terminal_destination=None, baggage_claim=None,
    on=Times(estimated=utc("2025-11-26 04:05")), in_=Times(estimated=utc("2025-11-26 04:15")),
)  # fmt: skip


@pytest.mark.parametrize("records", [[OLD_LEG, NEW_LEG], [NEW_LEG, OLD_LEG]])
def test_the_two_records_of_a_diversion_are_one_flight(records: list[Flight]) -> None:
    flight = joined(records)

    assert (flight.destination, flight.diverted_to, flight.lands_at) == (EWR, PIT, PIT)
    assert flight.arrival.best == utc("2025-11-26 04:15")
    assert (flight.gate_destination, flight.terminal_destination, flight.baggage_claim) == ("B4", None, None)


def test_a_diversion_of_one_record_goes_nobody_knows_where() -> None:
    assert joined([OLD_LEG]) == OLD_LEG
    assert joined([OLD_LEG]).lands_at is None
    assert F12.lands_at == EWR


def test_two_records_to_one_airport_are_no_diversion() -> None:
    assert joined([F12, F12]) == F12
    assert joined([replace(OLD_LEG), replace(OLD_LEG, diverted=False)]).diverted_to is None
    assert joined([OLD_LEG, replace(NEW_LEG, destination=None)]).diverted_to is None


def test_flights_come_earliest_first_one_per_id() -> None:
    tomorrow = replace(rescheduled(minutes(24 * 60)), fa_flight_id="UAL1234-tomorrow")
    nowhen = planned(fa_flight_id="UAL1234-nowhen", out=Times(), off=Times())

    flights = grouped([nowhen, tomorrow, NEW_LEG, OLD_LEG])

    assert [flight.fa_flight_id for flight in flights] == [F12.fa_flight_id, "UAL1234-tomorrow"]
    assert flights[0].diverted_to == PIT


def test_a_leg_from_elsewhere_under_the_same_id_is_another_flight() -> None:
    onward = planned(origin=PIT, out=Times(scheduled=IN), gate_origin="Z9")

    for records in ([onward, F12], [F12, onward]):
        assert [(flight.origin.code, flight.gate_origin) for flight in grouped(records)] == [
            ("KSFO", "F12"),
            ("KPIT", "Z9"),
        ]


def test_a_flight_without_a_schedule_is_ordered_by_what_is_known() -> None:
    adhoc = planned(fa_flight_id="first", out=Times(), off=Times(actual=OFF - minutes(60)))

    assert [flight.fa_flight_id for flight in grouped([F12, adhoc])] == ["first", F12.fa_flight_id]


CODESHARE = planned(codeshares=("ANA7007", "NH7007", "LH9051"))


@pytest.mark.parametrize(
    ("typed", "flight", "expected"),
    [
        ("UA1234", CODESHARE, True),
        ("ual1234", CODESHARE, True),
        ("ua-1234", CODESHARE, True),
        ("LH9051", CODESHARE, True),
        ("NH7007", CODESHARE, True),
        ("LH905", CODESHARE, False),
        ("UA123", CODESHARE, False),
        ("UA1234P", CODESHARE, False),
        ("AK10", planned(ident="AXM10", ident_icao="AXM10", ident_iata=None), False),  # two airlines share "AK"
        ("UA1234", planned(ident="N37502", ident_icao=None, ident_iata=None), False),
    ],
)
def test_only_the_flight_asked_for_is_an_answer(typed: str, flight: Flight, expected: bool) -> None:
    assert answers(flight, parse_ident(typed)) is expected


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (planned(fa_flight_id="replaced"), True),
        (rescheduled(minutes(120)), True),
        (planned(ident="UA1234", ident_icao=None), True),
        (planned(origin=PIT), False),
        (rescheduled(minutes(24 * 60)), False),
        (rescheduled(minutes(360)), True),
        (rescheduled(minutes(361)), False),
        (rescheduled(minutes(-361)), False),
        (planned(destination=PIT), False),
        (planned(destination=None), True),
        (planned(destination=PIT, fa_flight_id="replaced", cancelled=True), False),
        (planned(ident="UAL1235", ident_icao="UAL1235", ident_iata="UA1235"), False),
        (planned(ident="UAL1235", ident_icao=None, ident_iata=None), False),
    ],
)
def test_a_replaced_id_is_known_by_number_route_and_time(other: Flight, expected: bool) -> None:
    assert same_leg(F12, other) is expected


def test_a_leg_moved_over_midnight_stays_itself() -> None:
    late = rescheduled(minutes(9 * 60))  # 23:10 in San Francisco

    assert same_leg(late, rescheduled(minutes(10 * 60)))
    assert same_leg(rescheduled(minutes(10 * 60)), late)


def test_an_airport_is_called_by_its_iata_code_where_it_has_one() -> None:
    assert SFO.short == "SFO"
    assert Airport(code="KXYZ").short == "KXYZ"
