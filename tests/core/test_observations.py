"""What a look may be believed, and what looks together take back. The look before was at NOON, two hours before it leaves."""

from dataclasses import fields, replace
from typing import Any

from hypothesis import assume, given

from flait.core.flights import Flight, Times
from flait.core.observations import merged
from tests.core.flights_for_tests import (
    F12,
    NOON,
    late,
    minutes,
    planned,
)
from tests.core.random_flights_for_tests import FLIGHTS

# --- blanks and news ------------------------------------------------------------------------------------------------


def test_the_first_sighting_stands_as_it_is() -> None:
    assert merged(None, F12, NOON) == F12


def test_one_null_forgets_no_gate_and_no_time() -> None:
    known = late(minutes(40), planned(gate_origin="F12", terminal_origin="3", baggage_claim="6", registration="N37502"))

    seen = merged(known, planned(out=Times(), in_=Times()), NOON)

    assert replace(seen, blank=()) == known


def test_a_new_value_replaces_the_old_one() -> None:
    assert merged(F12, planned(gate_origin="C3", terminal_origin="1"), NOON).gate_origin == "C3"
    assert merged(late(minutes(40)), late(minutes(10)), NOON) == late(minutes(10))


def test_a_withdrawn_cancellation_is_withdrawn() -> None:
    assert not merged(replace(F12, cancelled=True), F12, NOON).cancelled


def _facts(flight: Flight) -> dict[str, Any]:
    """Every field, the three moments of each event apart."""
    facts: dict[str, Any] = {}
    for field in fields(flight):
        value = getattr(flight, field.name)
        if isinstance(value, Times):
            facts |= {f"{field.name}.{part.name}": getattr(value, part.name) for part in fields(value)}
        else:
            facts[field.name] = value
    return facts


@given(before=FLIGHTS, after=FLIGHTS)
def test_merging_keeps_every_known_fact_and_takes_every_new_one_that_can_be(before: Flight, after: Flight) -> None:
    seen = merged(before, after, None)
    assume(not seen.returned and not before.cancelled)
    old, new = _facts(before), _facts(after)

    for name, value in _facts(seen).items():
        together = old[name] if new[name] is None else new[name]
        doubted = (old[name], None) if name.endswith(".actual") else ()  # what cannot be true is as if blank
        assert value == together or value in doubted


@given(before=FLIGHTS, after=FLIGHTS)
def test_merging_twice_changes_nothing_more(before: Flight, after: Flight) -> None:
    once = merged(before, after, None)

    assert merged(once, after, None) == once
