"""Confirmations: which flight of which day, as it stands, for who reads it; and that they tell what they say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.flights import Airport, Flight, Phase, ScheduledFlight, Times
from flait.core.messages import is_gsm_7, segments
from flait.core.subscriptions import ClockFace, Role
from flait.core.texts.confirmations import FOOTER, Greeting, pending_text, tracked_text
from flait.core.texts.formats import Reader
from flait.core.told import told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    EWR,
    F12,
    IN,
    NOON,
    OUT,
    PIT,
    SFO,
    arriving,
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
LATER = Reader(ident="UA1234", now=IN)
INBOUND = replace(F12, gate_destination="C91", terminal_destination="C")
NAME = "UA1234 SFO-EWR Tue 25 Nov"


@pytest.mark.parametrize(
    ("flight", "body"),
    [
        (planned(), f"Tracking {NAME}, dep 14:10 PST, arr 22:31 EST. Gate later."),
        (INBOUND, f"Tracking {NAME}, dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3."),
        (planned(terminal_origin="B"), f"Tracking {NAME}, dep 14:10 PST, arr 22:31 EST. Terminal B, gate later."),
        (late(minutes(45)), f"Tracking {NAME}, 45m late: dep 14:55 PST, arr 23:16 EST. Gate F12, Terminal 3."),
        (leaving(minutes(9)), f"Tracking {NAME}, dep 14:19 PST, arr 22:31 EST. Gate F12, Terminal 3."),
        (leaving(minutes(25)), f"Tracking {NAME}, dep 14:35 PST, arr 22:31 EST, on time. Gate F12, Terminal 3."),
        (arriving(minutes(25)), f"Tracking {NAME}, dep 14:10 PST, arr 22:56 EST (25m late). Gate F12, Terminal 3."),
        (leaving(minutes(-20)), f"Tracking {NAME}, leaves 20m early: dep 13:50 PST, arr 22:31 EST, on time. Gate F12, Terminal 3."),
        (late(hours(12)), f"Tracking {NAME}, 12h late: dep 02:10 PST Wed, arr 10:31 EST Wed. Gate F12, Terminal 3."),
        (left_gate(at=NOON), f"Tracking {NAME}, left the gate 12:10 PST, not taken off yet, arr 22:31 EST. Gate F12, Terminal 3."),
        (took_off(INBOUND), f"Tracking {NAME}, in the air since 14:25 PST, arrives EWR about 22:31 EST, on time. Gate C91, Terminal C."),
        (took_off(planned(destination=None)), "Tracking UA1234 SFO Tue 25 Nov, in the air since 14:25 PST."),
        (diverted(PIT), f"DIVERTED to Pittsburgh (PIT): {NAME}, in the air, arrives about 23:05 EST. We look for its flight on to EWR."),
        (diverted(None), f"DIVERTED, new airport not known yet: {NAME}, in the air. We look for its flight on to EWR."),
        (touched_down(diverted(PIT)), f"DIVERTED: {NAME}, landed Pittsburgh (PIT) 23:05 EST, not EWR. We look for its flight on to EWR."),
        (touched_down(), f"Tracking {NAME}, landed EWR 22:23 EST, at the gate about 22:31 EST."),
        (at_gate(), f"Tracking {NAME}, at the gate EWR 22:31 EST."),
        (replace(F12, cancelled=True), f"CANCELLED: {NAME}. Ask the airline to rebook you. We tell you if it is on again."),
        (planned(in_=Times(), on=Times()), f"Tracking {NAME}, dep 14:10 PST. Gate later."),
    ],
)  # fmt: skip
def test_a_traveller_reads_which_flight_of_which_day_as_it_stands(flight: Flight, body: str) -> None:
    assert tracked_text(flight, READER).body == body


@pytest.mark.parametrize(
    ("flight", "body"),
    [
        (F12, f"Tracking {NAME}, dep 14:10 PST, arr 22:31 EST. We text when it takes off and lands."),
        (INBOUND, f"Tracking {NAME}, dep 14:10 PST, arr 22:31 EST. At EWR: gate C91, Terminal C. We text when it takes off and lands."),
        (arriving(minutes(25)), f"Tracking {NAME}, 25m late: dep 14:10 PST, arr 22:56 EST. We text when it takes off and lands."),
        (leaving(minutes(25)), f"Tracking {NAME}, dep 14:35 PST, arr 22:31 EST. We text when it takes off and lands."),
        (took_off(INBOUND), f"Tracking {NAME}, in the air since 14:25 PST, arrives EWR about 22:31 EST, on time. Gate C91, Terminal C. We text when it lands."),
        (replace(F12, cancelled=True), f"CANCELLED: {NAME}. Ask your traveler for the new flight. We tell you if it is on again."),
        (touched_down(diverted(SFO)), f"DIVERTED: {NAME}, back at San Francisco (SFO) 20:05 PST, not EWR. We look for its flight on to EWR."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", [Role.MEETER, Role.WATCHER])
def test_who_waits_for_it_reads_where_it_arrives(flight: Flight, body: str, role: Role) -> None:
    assert tracked_text(flight, READER, role=role).body == body


def test_it_is_never_said_to_leave_at_a_time_that_is_past() -> None:
    due = tracked_text(F12, Reader(ident="UA1234", now=OUT)).body
    overdue = tracked_text(F12, Reader(ident="UA1234", now=OUT + minutes(30))).body

    assert "dep 14:10 PST, no report yet that it left, arr 22:31 EST." in due
    assert f"{NAME}, was to leave 14:10 PST and arrive 22:31 EST, no report that it left." in overdue


# --- what it tells ----------------------------------------------------------------------------------------------


def test_it_tells_what_it_says() -> None:
    traveler = told([tracked_text(replace(INBOUND, baggage_claim="6"), READER).tells])
    meeter = told([tracked_text(replace(INBOUND, baggage_claim="6"), READER, role=Role.MEETER).tells])

    assert (traveler.departure, traveler.arrival, traveler.scheduled_out) == (OUT, IN, OUT)
    assert (traveler.gate_origin, traveler.gate_destination, traveler.baggage_claim) == ("F12", None, None)
    assert (meeter.gate_origin, meeter.gate_destination, meeter.baggage_claim) == (None, "C91", "6")


def test_an_event_that_happened_tells_no_other_time_than_it_names() -> None:
    off, down = (tracked_text(flight, LATER).tells for flight in (took_off(), touched_down()))

    assert (off["phase"], "departure" in off) == (Phase.OFF, False)
    assert (down["phase"], "arrival" in down) == (Phase.ON, False)


def test_a_cancelled_flight_tells_no_times() -> None:
    text = tracked_text(replace(F12, cancelled=True), READER)

    assert text.tells == {"cancelled": True, "destination": "EWR"}


def test_what_has_no_room_is_not_told() -> None:
    long = replace(F12, ident="ABC1234D", ident_icao=None, ident_iata=None)
    text = tracked_text(late(hours(33), long), Reader(ident="XYZ9876Q", now=NOON), first=Greeting(name="Ana"))

    assert "F12" not in text.body
    assert "gate_origin" not in text.tells


# --- the first text to a number ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"), [("李小龍", "Flait flight alerts: "), ("Łukasz", "Flait flight alerts for Lukasz: ")]
)
def test_a_name_that_no_text_can_write_is_left_out(name: str, said: str) -> None:
    body = tracked_text(F12, READER, first=Greeting(name=name, contact="李小龍")).body
    assert body.startswith(said)
    assert "?" not in body


def test_the_first_text_says_who_writes_for_whom_and_how_to_end_it() -> None:
    body = tracked_text(F12, READER, first=Greeting(name="Ana")).body

    assert body == f"Flait flight alerts for Ana: {NAME}, dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3. {FOOTER}"


def test_it_names_who_set_it_up_where_there_is_room() -> None:
    body = tracked_text(planned(), READER, first=Greeting(name="Ana", contact="ben@example.com")).body

    assert body.endswith(f"Gate later. Set up by ben@example.com. {FOOTER}")


def test_what_changes_the_day_leads_even_the_first_text() -> None:
    cancelled = tracked_text(replace(F12, cancelled=True), READER, first=Greeting(name="Ana")).body
    away = tracked_text(diverted(PIT), READER, first=Greeting()).body

    assert cancelled == (f"CANCELLED: {NAME}. Ask the airline to rebook you. Flait flight alerts for Ana. {FOOTER}")
    assert away.startswith("DIVERTED to Pittsburgh (PIT): UA1234")
    assert away.endswith(f"Flait flight alerts. {FOOTER}")


@given(st.text(max_size=40), st.text(max_size=60), st.sampled_from(Role))
def test_no_name_pushes_out_times_or_the_way_to_end_it(name: str, contact: str, role: Role) -> None:
    body = tracked_text(late(hours(12)), READER, role=role, first=Greeting(name=name, contact=contact)).body

    assert body.endswith(FOOTER)
    assert "dep 02:10 PST Wed, arr 10:31 EST Wed." in body
    assert is_gsm_7(body)
    assert segments(body) == 1


# --- names and days ---------------------------------------------------------------------------------------------


def test_the_confirmation_of_a_codeshare_names_the_flight_on_the_board() -> None:
    body = tracked_text(F12, Reader(ident="LH9051", now=NOON)).body

    assert body == "Tracking LH9051 SFO-EWR Tue 25 Nov = UA1234, dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3."


def test_the_date_confirmed_is_the_origins() -> None:
    evening = planned(out=Times(scheduled=utc("2025-11-26 07:55")))

    assert "Tue 25 Nov, dep 23:55 PST. Gate later." in tracked_text(evening, READER).body


def test_the_day_is_said_once_however_far_it_is_ahead() -> None:
    reader = Reader(ident="UA1234", now=NOON - hours(40), clock=ClockFace.H12)

    assert "Tue 25 Nov, dep 2:10pm PST, arr 10:31pm EST." in tracked_text(F12, reader).body
    assert "Tue 25 Nov, 3h late: dep 5:10pm PST, arr 1:31am EST Wed." in tracked_text(late(hours(3)), reader).body


def test_the_longest_confirmation_keeps_date_and_both_times() -> None:
    far = Airport(code="NZCI", timezone="Pacific/Chatham")
    flight = replace(late(hours(33)), ident="ABC1234D", ident_icao=None, ident_iata=None, origin=far, destination=far)

    body = tracked_text(flight, Reader(ident="XYZ9876Q", now=NOON, clock=ClockFace.H12)).body

    assert body.startswith(
        "Tracking XYZ9876Q NZCI-NZCI Wed 26 Nov = ABC1234D, 33h late: dep 8:55pm UTC+13:45 Thu, arr 2:16am UTC+13:45 Fri."
    )


# --- saved days ahead -------------------------------------------------------------------------------------------

ROW = ScheduledFlight(ident="UAL1234", origin=SFO, destination=EWR, scheduled_out=OUT, scheduled_in=IN)
SAVED = f"{NAME} saved: dep 14:10 PST, arr 22:31 EST."


def test_a_flight_saved_days_ahead() -> None:
    text = pending_text(ROW, "UA1234")

    assert text.body == f"{SAVED} Live tracking starts 2 days before; we text you then."
    assert text.tells == {
        "origin": "SFO", "destination": "EWR", "unlisted": "",
        "scheduled_out": OUT.isoformat(), "departure": OUT.isoformat(),
        "scheduled_in": IN.isoformat(), "arrival": IN.isoformat(),
    }  # fmt: skip


def test_a_saved_flight_whose_arrival_is_not_known_tells_none() -> None:
    text = pending_text(replace(ROW, scheduled_in=None), "UA1234", clock=ClockFace.H12)

    assert "saved: dep 2:10pm PST. Live" in text.body
    assert "arrival" not in text.tells


def test_the_first_text_may_be_about_a_saved_flight() -> None:
    assert pending_text(ROW, "UA1234", first=Greeting(name="Ana")).body == (
        f"Flait flight alerts for Ana: {SAVED} We text you 2 days before. {FOOTER}"
    )


FIRST = st.none() | st.builds(Greeting, name=st.text(max_size=40), contact=st.text(max_size=60))


@given(FLIGHTS, st.text(min_size=1, max_size=12), st.sampled_from(ClockFace), st.sampled_from(Role), FIRST)
def test_every_confirmation_is_one_cheap_segment(
    flight: Flight, typed: str, clock: ClockFace, role: Role, first: Greeting | None
) -> None:
    texts = [pending_text(ROW, typed, first=first)]
    if flight.departure.best:
        texts.append(tracked_text(flight, Reader(ident=typed, now=NOON, clock=clock), role=role, first=first))

    assert all(is_gsm_7(text.body) and segments(text.body) == 1 for text in texts)
