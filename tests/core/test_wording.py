from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.flights import Airport, Flight, ScheduledFlight, Times
from flait.core.formats import Reader
from flait.core.messages import is_gsm_7, segments
from flait.core.subscriptions import ClockFace
from flait.core.told import tells
from flait.core.wording import (
    capital,
    failed_text,
    gate,
    label,
    lateness,
    pending_text,
    route,
    short,
    tracked_text,
)
from tests.core.flights_for_tests import (
    EWR,
    F12,
    NOON,
    OUT,
    PIT,
    SFO,
    at_gate,
    diverted,
    hours,
    late,
    leaving,
    left_gate,
    minutes,
    planned,
    took_off,
    touched_down,
    utc,
)
from tests.core.random_flights_for_tests import FLIGHTS

READER = Reader(ident="UA1234", now=NOON)
FOOTER = "Msg rates may apply. STOP to end."


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
        (F12, "gate F12 (T3)"),
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
    ("flight", "body"),
    [
        (planned(), f"Tracking UA1234 SFO-EWR Tue 25 Nov, dep 14:10 PST, arr 22:31 EST. Gate later. {FOOTER}"),
        (F12, f"Tracking UA1234 SFO-EWR Tue 25 Nov, dep 14:10 PST, arr 22:31 EST. Gate F12 (T3). {FOOTER}"),
        (planned(terminal_origin="3"), f"Tracking UA1234 SFO-EWR Tue 25 Nov, dep 14:10 PST, arr 22:31 EST. Terminal 3, gate later. {FOOTER}"),
        (late(minutes(45)), f"Tracking UA1234 SFO-EWR Tue 25 Nov, dep 14:55 PST (45m late), arr 23:16 EST. Gate F12 (T3). {FOOTER}"),
        (leaving(minutes(9)), f"Tracking UA1234 SFO-EWR Tue 25 Nov, dep 14:19 PST, arr 22:31 EST. Gate F12 (T3). {FOOTER}"),
        (late(hours(12)), f"Tracking UA1234 SFO-EWR Tue 25 Nov, dep 02:10 PST Wed (12h late), arr 10:31 EST Wed. Gate F12 (T3). {FOOTER}"),
        (left_gate(), f"Tracking UA1234 SFO-EWR Tue 25 Nov, dep 14:10 PST, arr 22:31 EST. Gate F12 (T3). {FOOTER}"),
        (took_off(), f"Tracking UA1234 SFO-EWR Tue 25 Nov: in the air, arr 22:31 EST. {FOOTER}"),
        (took_off(planned(destination=None)), f"Tracking UA1234 SFO Tue 25 Nov: in the air. {FOOTER}"),
        (diverted(PIT), f"Tracking UA1234 SFO-EWR Tue 25 Nov: in the air, DIVERTED to PIT, arr 23:05 EST. {FOOTER}"),
        (diverted(None), f"Tracking UA1234 SFO-EWR Tue 25 Nov: in the air, DIVERTED, new airport not known yet. {FOOTER}"),
        (touched_down(diverted(PIT)), f"Tracking UA1234 SFO-EWR Tue 25 Nov: DIVERTED, landed PIT 23:05 EST. {FOOTER}"),
        (touched_down(), f"Tracking UA1234 SFO-EWR Tue 25 Nov: landed EWR 22:23 EST. {FOOTER}"),
        (at_gate(), f"Tracking UA1234 SFO-EWR Tue 25 Nov: landed EWR 22:23 EST. {FOOTER}"),
        (replace(F12, cancelled=True), f"Tracking UA1234 SFO-EWR Tue 25 Nov: the airline shows it CANCELLED. We tell you if that changes. {FOOTER}"),
        (planned(in_=Times(), on=Times()), f"Tracking UA1234 SFO-EWR Tue 25 Nov, dep 14:10 PST. Gate later. {FOOTER}"),
    ],
)  # fmt: skip
def test_the_confirmation_says_which_flight_of_which_day_as_it_stands(flight: Flight, body: str) -> None:
    text = tracked_text(flight, READER)

    assert text.body == body
    assert text.tells == tells(flight)


def test_the_confirmation_of_a_codeshare_names_the_flight_on_the_board() -> None:
    body = tracked_text(F12, Reader(ident="LH9051", now=NOON)).body

    assert body == f"Tracking LH9051 SFO-EWR Tue 25 Nov = UA1234, dep 14:10 PST, arr 22:31 EST. Gate F12 (T3). {FOOTER}"


def test_the_date_confirmed_is_the_origins() -> None:
    evening = planned(out=Times(scheduled=utc("2025-11-26 07:55")))

    assert "Tue 25 Nov, dep 23:55 PST" in tracked_text(evening, READER).body


ROW = ScheduledFlight(ident="UAL1234", origin=SFO, destination=EWR, scheduled_out=OUT)


def test_a_flight_saved_days_ahead() -> None:
    text = pending_text(ROW, "UA1234")

    assert text.body == (
        f"UA1234 SFO-EWR Tue 25 Nov saved. Live tracking starts 2 days before; you will hear from us then. {FOOTER}"
    )
    assert text.tells == {}


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


@given(
    flight=FLIGHTS, typed=st.text(min_size=1, max_size=12), clock=st.sampled_from(ClockFace), when=st.text(max_size=32)
)
def test_every_answer_to_a_wish_is_one_cheap_segment(flight: Flight, typed: str, clock: ClockFace, when: str) -> None:
    texts = [pending_text(ROW, typed), failed_text(typed, when, when * 3)]
    if flight.departure.best:
        texts.append(tracked_text(flight, Reader(ident=typed, now=NOON, clock=clock)))

    assert all(is_gsm_7(text.body) and segments(text.body) == 1 for text in texts)


def test_the_longest_confirmation_keeps_date_and_both_times() -> None:
    far = Airport(code="NZCI", timezone="Pacific/Chatham")
    flight = replace(late(hours(33)), ident="ABC1234D", ident_icao=None, ident_iata=None, origin=far, destination=far)

    body = tracked_text(flight, Reader(ident="XYZ9876Q", now=NOON, clock=ClockFace.H12)).body

    assert body.startswith(
        "Tracking XYZ9876Q NZCI-NZCI Wed 26 Nov = ABC1234D, dep 8:55pm UTC+13:45 Thu (33h late), arr 2:16am UTC+13:45 Fri."
    )
