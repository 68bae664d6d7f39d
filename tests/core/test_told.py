import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.flights import FLOWN, Flight, Phase, Times
from flait.core.told import CONNECTION, FACTS, PLANE, REMINDERS, UNKNOWN_AIRPORT, Told, further, presumed, tells, told
from tests.core.flights_for_tests import (
    EWR,
    F12,
    IN,
    OUT,
    PIT,
    at_gate,
    diverted,
    knowing,
    late,
    minutes,
    planned,
    took_off,
    touched_down,
)
from tests.core.random_flights_for_tests import FLIGHTS


def test_before_the_first_text_nothing_is_known() -> None:
    assert told([]) == Told()


def test_a_text_tells_what_it_states_and_no_more() -> None:
    known = told([tells(late(minutes(20)), ("departure", "gate_origin"))])

    assert known == Told(departure=OUT + minutes(20), gate_origin="F12")


def test_later_texts_overlay_earlier_ones() -> None:
    known = told([tells(F12), tells(late(minutes(45)), ("departure",))])

    assert known.departure == OUT + minutes(45)
    assert known.arrival == IN
    assert known.gate_origin == "F12"


def test_who_was_told_no_time_goes_by_the_schedule() -> None:
    assert presumed(Told(), late(minutes(90))) == Told(scheduled_out=OUT, scheduled_in=IN, departure=OUT, arrival=IN)
    assert presumed(knowing(late(minutes(90))), F12) == knowing(late(minutes(90)))


def test_the_unknown_is_never_told() -> None:
    said = tells(planned(out=Times(), off=Times()))

    assert not {"gate_origin", "departure", "scheduled_out", "diverted_to"} & set(said)
    assert None not in said.values()


def test_a_fact_of_a_later_version_is_skipped() -> None:
    assert told([{"gate_origin": "F12", "belly_colour": "blue"}]) == Told(gate_origin="F12")


@pytest.mark.parametrize(
    ("flight", "expected"),
    [(F12, None), (diverted(None), UNKNOWN_AIRPORT), (diverted(PIT), "KPIT"), (touched_down(diverted(PIT)), "KPIT")],
)
def test_where_it_diverts_to_is_a_fact_even_while_unknown(flight: Flight, expected: str | None) -> None:
    assert knowing(flight).diverted_to == expected


@pytest.mark.parametrize(
    ("flight", "expected"),
    [(F12, Phase.SCHEDULED), (took_off(), Phase.OFF), (diverted(PIT), Phase.OFF), (at_gate(), Phase.IN)],
)
def test_the_phase_told_is_how_far_it_has_flown(flight: Flight, expected: Phase) -> None:
    assert knowing(flight).phase is expected


@given(FLIGHTS)
def test_facts_survive_being_stored(flight: Flight) -> None:
    stored = json.loads(json.dumps(tells(flight)))

    assert told([stored]) == knowing(flight)


@given(st.lists(FLIGHTS, max_size=3))
def test_hearing_the_same_texts_again_adds_nothing(flights: list[Flight]) -> None:
    texts = [tells(flight) for flight in flights]

    assert told(texts + texts[-1:]) == told(texts)


def test_the_confirmation_tells_everything_known() -> None:
    unknown = {
        "gate_destination",
        "terminal_destination",
        "baggage_claim",
        "diverted_to",
        "returned",
        "onward",
        "phase_at",
    }
    assert set(tells(F12)) == set(FACTS) - unknown - {
        "boards",
        "ends",
        "stale",
        "once",
        "origin",
        "unlisted",
        CONNECTION,
        PLANE,
        *REMINDERS,
    }  # said by their own texts only


def test_news_moves_forward_only() -> None:
    for earlier, later in itertools.combinations(FLOWN, 2):
        assert further(later, earlier)
        assert not further(earlier, later)
    assert not further(Phase.OFF, Phase.OFF)


def test_the_airport_is_known_by_its_code() -> None:
    assert diverted(EWR).lands_at == EWR
