import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.flights import Airport, Flight, Times
from flait.core.messages import is_gsm_7, segments
from flait.core.texts.wording import capital, failed_text, gate, label, lateness, route, short, town
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    OUT,
    PIT,
    minutes,
    planned,
)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("UA1234", "UA1234"), ("UAL1234", "UAL1234"), ("LH9051", "UA1234 (LH9051)"), ("UA1243", "UA1234 (UA1243)")],
)
def test_a_flight_is_called_as_the_person_booked_it(typed: str, expected: str) -> None:
    assert label(F12, typed) == expected


def test_an_operator_without_a_short_code_is_called_by_its_long_one() -> None:
    assert label(replace(F12, ident="EJA432", ident_icao="EJA432", ident_iata=None), "XX1") == "EJA432 (XX1)"


@pytest.mark.parametrize(
    ("flight", "expected"),
    [
        (F12, "gate F12, Terminal 3"),
        (planned(gate_origin="f12"), "gate F12"),
        (planned(terminal_origin="3"), "Terminal 3"),
        (planned(), ""),
    ],
)
def test_where_it_leaves_from(flight: Flight, expected: str) -> None:
    assert gate(flight) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, ""), ("", ""), ("f12", "F12"), ("Gate 12", "12"), ("International", ""), ("\u7532", "")],
)
def test_a_gate_is_short(value: str | None, expected: str) -> None:
    assert short(value) == expected


@pytest.mark.parametrize(
    ("by", "expected"), [(21, " (21m late)"), (-9, " (9m early)"), (0, ""), (0.4, ""), (-0.4, ""), (75, " (1h15 late)")]
)
def test_lateness_is_said_from_a_minute_on(by: float, expected: str) -> None:
    assert lateness(Times(scheduled=OUT, estimated=OUT + minutes(by))) == expected


def test_a_route_without_an_end_is_its_beginning() -> None:
    assert route(F12) == "SFO-EWR"
    assert route(replace(F12, destination=None)) == "SFO"


def test_a_capital_letter() -> None:
    assert [capital("gate F12"), capital("")] == ["Gate F12", ""]


@pytest.mark.parametrize(
    ("airport", "expected"),
    [
        (PIT, "Pittsburgh (PIT)"),
        (Airport(code="KPWM", code_iata="PWM", city="Portland, ME"), "Portland ME (PWM)"),
        (Airport(code="KPWM", code_iata="PWM", city="Portland, Maine"), "Portland (PWM)"),
        (Airport(code="KDFW", code_iata="DFW", city="Dallas-Fort Worth"), "Dallas-Fort Worth (DFW)"),
        (Airport(code="LEST", code_iata="SCQ", city="Santiago de Compostela"), "Santiago (SCQ)"),
        (Airport(code="EPKK", code_iata="KRK", city="Kraków"), "Krakow (KRK)"),
        (Airport(code="ZBAA", code_iata="PEK", city="北京"), "PEK"),
        (Airport(code="KXYZ", city="Llanfairpwllgwyngyllgogerychwyrndrobwll"), "KXYZ"),
        (Airport(code="KXYZ", city="kxyz"), "KXYZ"),
        (Airport(code="KXYZ"), "KXYZ"),
    ],
)
def test_a_town_is_named_where_a_text_can_carry_its_name(airport: Airport, expected: str) -> None:
    assert town(airport) == expected


@pytest.mark.parametrize(
    ("when", "reason", "body"),
    [
        ("25 nov", "AeroAPI knows no such flight", "UA1234 25 nov is NOT tracked: AeroAPI knows no such flight. Please check it."),
        ("", "it left", "UA1234 is NOT tracked: it left. Please check it."),
        ("25 nov", "x" * 200, "UA1234 25 nov is NOT tracked: Please check it."),
    ],
)  # fmt: skip
def test_a_subscription_that_could_not_be_kept(when: str, reason: str, body: str) -> None:
    assert failed_text("UA1234", when, reason).body == body


@given(typed=st.text(min_size=1, max_size=12), when=st.text(max_size=32))
def test_a_refusal_is_one_cheap_segment(typed: str, when: str) -> None:
    body = failed_text(typed, when, when * 3).body

    assert is_gsm_7(body)
    assert segments(body) == 1
