"""What a look may be believed, and what looks together take back. The look before was at NOON, two hours before it leaves."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given

from flait.core.flights import Flight, Times, joined
from flait.core.observations import impossible, is_overtaken, lands_by, least_flying, merged, possible
from flait.core.values import fields, replace
from tests.core.flights_for_tests import (
    EWR,
    F12,
    IN,
    NOON,
    OFF,
    ON,
    OUT,
    PIT,
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
    assume(seen.destination == (after.destination or before.destination))  # else diverted in one record, see below
    old, new = _facts(before), _facts(after)

    for name, value in _facts(seen).items():
        together = old[name] if new[name] is None else new[name]
        doubted = (old[name], None) if name.endswith(".actual") else ()  # what cannot be true is as if blank
        assert value == together or value in doubted


@given(before=FLIGHTS, after=FLIGHTS)
def test_merging_twice_changes_nothing_more(before: Flight, after: Flight) -> None:
    once = merged(before, after, None)

    assert merged(once, after, None) == once


# --- what cannot be -------------------------------------------------------------------------------------------------


def having(flight: Flight = F12, **actual: datetime) -> Flight:
    """With those actual times."""
    times = {event: replace(getattr(flight, event), actual=at) for event, at in actual.items()}
    return replace(flight, **times)


LONG_AGO = IN + hours(10)
FLYING = ON - OFF  # four hours and 58 minutes, of which two fifths are 1 h 59


@pytest.mark.parametrize(
    ("flight", "now", "lies"),
    [
        (F12, NOON, ()),
        (at_gate(), LONG_AGO, ()),
        # in the future
        (having(out=OUT), OUT - minutes(2), ()),
        (having(out=OUT), OUT - minutes(3), ("out",)),
        (having(off=OFF), OFF - minutes(3), ("off",)),
        (having(on=ON), ON - minutes(3), ("on",)),
        (having(in_=IN), IN - minutes(3), ("in_",)),
        (at_gate(), ON, ("in_",)),
        (at_gate(), OFF, ("on", "in_")),
        # too early to be true
        (having(out=OUT - hours(2)), LONG_AGO, ()),
        (having(out=OUT - hours(2) - minutes(1)), LONG_AGO, ("out",)),
        (having(off=OUT - hours(3)), LONG_AGO, ("off",)),
        # out of order: a quarter of an hour is forgiven
        (having(out=OUT, off=OUT - minutes(15)), LONG_AGO, ()),
        (having(out=OUT, off=OUT - minutes(16)), LONG_AGO, ("off",)),
        (having(off=OFF, on=ON, in_=ON - minutes(15)), LONG_AGO, ()),
        (having(off=OFF, on=ON, in_=ON - minutes(16)), LONG_AGO, ("in_",)),
        # down before it can have flown
        (having(off=OFF, on=OFF), LONG_AGO, ("on",)),
        (having(off=OFF, on=OFF + FLYING * 0.4), LONG_AGO, ()),
        (having(off=OFF, on=OFF + FLYING * 0.4 - minutes(1)), LONG_AGO, ("on",)),
        (having(off=OFF + hours(2), on=ON), LONG_AGO, ()),
        (having(off=OFF + hours(4), on=ON), LONG_AGO, ("on",)),
        (having(off=OFF, in_=OFF + hours(1)), LONG_AGO, ("in_",)),
        (having(off=OFF, on=OFF + hours(1), in_=OFF + hours(1)), LONG_AGO, ("on", "in_")),
        # not known to have left: half an hour early at the most
        (having(on=OFF - minutes(30) + FLYING * 0.4), LONG_AGO, ()),
        (having(on=OFF - minutes(31) + FLYING * 0.4), LONG_AGO, ("on",)),
        (having(on=OUT - hours(1)), LONG_AGO, ("on",)),
        (having(in_=OUT - hours(1)), LONG_AGO, ("in_",)),
        # a lie is no measure for the others
        (having(out=OUT - hours(5), off=OFF), LONG_AGO, ("out",)),
        (having(off=OFF + hours(30), on=ON), IN, ("off",)),
        # it came down elsewhere: ten minutes are enough
        (replace(having(off=OFF, on=OFF + minutes(10)), diverted=True, diverted_to=PIT), LONG_AGO, ()),
        (replace(having(off=OFF, on=OFF + minutes(9)), diverted=True, diverted_to=PIT), LONG_AGO, ("on",)),
    ],
)
def test_an_actual_time_counts_when_it_is_possible(flight: Flight, now: datetime, lies: tuple[str, ...]) -> None:
    assert impossible(flight, now) == lies
    believed = possible(flight, now)
    assert [event for event in ("out", "off", "on", "in_") if getattr(flight, event) != getattr(believed, event)] == [
        *lies
    ]
    assert impossible(believed, now) == ()


def test_a_clock_in_doubt_calls_nothing_future() -> None:
    assert impossible(at_gate(), None) == ()
    assert impossible(having(off=OFF, on=OFF), None) == ("on",)


@pytest.mark.parametrize(
    ("flight", "least"),
    [
        (F12, FLYING * 0.4),
        (planned(off=Times(), on=Times()), (IN - OUT) * 0.4),
        (planned(off=Times(), on=Times(), in_=Times()), minutes(10)),
        (planned(on=Times(scheduled=OFF + minutes(12)), in_=Times()), minutes(10)),
        (diverted(PIT), minutes(10)),
    ],
)
def test_the_least_time_of_flying(flight: Flight, least: timedelta) -> None:
    assert least_flying(flight) == least


def test_an_impossible_time_is_as_if_blank() -> None:
    assert merged(F12, having(on=NOON + hours(1)), NOON) == F12
    assert merged(took_off(), having(took_off(), on=OFF + minutes(5)), OFF + minutes(10)) == took_off()
    known = merged(took_off(), having(F12, on=OFF + minutes(5)), OFF + minutes(10))  # with its take-off left out
    assert (known.off, known.on.actual) == (took_off().off, None)


# --- what is taken back ---------------------------------------------------------------------------------------------


def looked_at(flight: Flight, *looks: tuple[float, Flight], start: datetime = NOON) -> Flight:
    """What is known after these looks, each so many minutes after `start`."""
    for after, shown in looks:
        flight = merged(flight, shown, start + minutes(after))
    return flight


LATE_ON = IN + minutes(30)


@pytest.mark.parametrize("believed", [left_gate(), took_off(), touched_down(), at_gate()])
def test_an_actual_time_that_two_looks_leave_blank_is_taken_back(believed: Flight) -> None:
    once = looked_at(believed, (1, F12), start=LATE_ON)
    twice = looked_at(believed, (1, F12), (2, F12), start=LATE_ON)

    assert replace(once, blank=()) == believed
    assert [times.actual for times in (twice.out, twice.off, twice.on, twice.in_)] == [None] * 4


def test_an_actual_time_that_is_shown_again_was_never_gone() -> None:
    known = looked_at(took_off(), (1, F12), (2, took_off()), (3, F12), start=LATE_ON)

    assert replace(known, blank=()) == took_off()


BELT = replace(F12, gate_destination="C91", terminal_destination="C", baggage_claim="6")
PLACES = ("gate_origin", "terminal_origin", "gate_destination", "terminal_destination", "baggage_claim")


@pytest.mark.parametrize(
    ("minutes_blank", "gone"), [([0], False), ([0, 14], False), ([0, 15], True), ([0, 5, 10, 16], True), ([40], False)]
)
def test_a_place_that_stays_blank_for_a_quarter_of_an_hour_is_taken_back(minutes_blank: list[int], gone: bool) -> None:
    known = looked_at(BELT, *((after, planned()) for after in minutes_blank))

    assert {getattr(known, place) is None for place in PLACES} == {gone}


def test_a_place_that_flaps_with_blanks_is_not_taken_back() -> None:
    known = looked_at(F12, (0, planned()), (10, F12), (20, planned()), (30, F12), (40, planned()))

    assert known.gate_origin == "F12"


def test_an_estimate_that_stays_blank_is_taken_back_while_the_schedule_is_ahead() -> None:
    known = looked_at(late(minutes(45)), (0, F12), (15, F12))

    assert known.departure.best == OUT
    assert known.arrival.best == IN


def test_an_estimate_is_kept_where_the_schedule_is_past() -> None:
    known = looked_at(late(minutes(90)), (0, F12), (15, F12), (30, F12), start=OUT + minutes(20))

    assert known.departure.best == OUT + minutes(90)


def test_on_again_an_estimate_from_before_says_nothing() -> None:
    cancelled = replace(late(minutes(100)), cancelled=True)

    assert merged(cancelled, F12, NOON).departure.best == OUT
    assert merged(cancelled, late(minutes(30)), NOON).departure.best == OUT + minutes(30)


# --- back at the gate -----------------------------------------------------------------------------------------------

LATER = late(minutes(150))


def test_a_leaving_that_is_gone_was_none_whatever_the_estimate() -> None:
    known = looked_at(left_gate(), (10, LATER), (11, LATER), start=OUT)

    assert (known.out.actual, known.returned, known.departure.best) == (None, None, OUT + minutes(150))


def test_a_new_report_of_leaving_is_no_return_whatever_the_estimate() -> None:
    again = left_gate(LATER, OUT + minutes(40))
    known = looked_at(left_gate(), (10, left_gate(LATER, OUT)), (50, again), (51, again), start=OUT)

    assert (known.out.actual, known.returned) == (OUT + minutes(40), OUT)


def test_a_leaving_that_stands_and_an_estimate_that_moves_on_are_a_return() -> None:
    known = looked_at(left_gate(), (10, left_gate(LATER, OUT)), start=OUT)

    assert (known.out.actual, known.returned, known.departure.best) == (None, OUT, OUT + minutes(150))
    assert (
        looked_at(known, (20, left_gate(LATER, OUT)), start=OUT).out.actual is None
    )  # it still stands, and is in vain


def test_a_return_that_one_look_alone_showed_was_none() -> None:
    stands = looked_at(left_gate(), (10, left_gate(LATER, OUT)), (11, left_gate()), start=OUT)
    gone = looked_at(left_gate(late(minutes(0))), (10, LATER), (11, left_gate(late(minutes(0)))), start=OUT)

    assert (stands.out.actual, stands.returned) == (None, OUT)  # the estimate is blank: it holds
    assert (gone.out.actual, gone.returned) == (OUT, None)


def test_away_again_it_is_gone() -> None:
    back = looked_at(left_gate(), (10, left_gate(LATER, OUT)), start=OUT)
    again = OUT + minutes(152)

    known = looked_at(back, (155, left_gate(LATER, again)), start=OUT)

    assert known.out.actual == again
    assert took_off(left_gate(LATER, again)).off.actual


@pytest.mark.parametrize("by", [0, 14])
def test_an_estimate_that_creeps_after_the_leaving_is_no_return(by: int) -> None:
    creeping = left_gate(late(minutes(by)), OUT)

    assert looked_at(left_gate(), (10, creeping), (60, creeping), start=OUT).out.actual == OUT


def test_an_old_estimate_later_than_the_leaving_is_no_return_for_a_while() -> None:
    """Told late, and it left on time: the estimate stands, and says nothing."""
    gone = left_gate(late(minutes(40)), OUT)

    assert looked_at(late(minutes(40)), (5, gone), (30, gone), start=OUT).out.actual == OUT
    assert looked_at(late(minutes(40)), (5, gone), (50, gone), start=OUT).out.actual == OUT  # and then it is past


def test_a_long_taxi_is_no_return() -> None:
    known = looked_at(F12, *((after, left_gate()) for after in range(5, 120, 10)), start=OUT)

    assert (known.out.actual, known.returned) == (OUT, None)


# --- elsewhere ------------------------------------------------------------------------------------------------------

ONE_RECORD = replace(took_off(), diverted=True, destination=PIT)


def test_a_diversion_in_one_record_is_known_by_the_destination_of_before() -> None:
    once = merged(took_off(), ONE_RECORD, FLOWN)
    assert (once.destination, once.diverted_to) == (F12.destination, PIT)
    again = merged(once, ONE_RECORD, FLOWN)
    assert (again.destination, again.diverted_to) == (F12.destination, PIT)
    back = merged(again, took_off(), FLOWN)
    assert (back.diverted, back.destination, back.diverted_to) == (False, F12.destination, None)


def test_a_diversion_whose_new_airport_comes_later_in_the_same_record() -> None:
    unknown = merged(took_off(), replace(took_off(), diverted=True), FLOWN)
    assert (unknown.destination, unknown.diverted_to) == (F12.destination, None)
    assert merged(unknown, ONE_RECORD, FLOWN).diverted_to == PIT


OLD_LEG = replace(took_off(), diverted=True, gate_destination="C91", terminal_destination="C", baggage_claim="6")
NEW_LEG = replace(
    OLD_LEG,
    diverted=False, destination=PIT, gate_destination="B4", terminal_destination=None, baggage_claim=None,
    on=Times(estimated=utc("2025-11-26 04:05")), in_=Times(estimated=utc("2025-11-26 04:15")),
)  # fmt: skip
FLOWN = utc("2025-11-26 05:00")


def test_the_gate_and_times_of_one_airport_are_never_told_of_another() -> None:
    flight = merged(at_gate(OLD_LEG), joined([OLD_LEG, NEW_LEG]), FLOWN)

    assert (flight.gate_destination, flight.terminal_destination, flight.baggage_claim) == ("B4", None, None)
    assert flight.in_ == NEW_LEG.in_


def test_a_diversion_whose_second_record_is_missing_once_is_not_forgotten() -> None:
    known = joined([OLD_LEG, NEW_LEG])

    assert replace(merged(known, joined([OLD_LEG]), FLOWN), blank=()) == known


def test_a_diversion_withdrawn_lands_where_it_was_to_land() -> None:
    flight = merged(joined([OLD_LEG, NEW_LEG]), replace(OLD_LEG, diverted=False), FLOWN)

    assert flight.lands_at == EWR
    assert (flight.gate_destination, flight.in_) == ("C91", OLD_LEG.in_)


def test_later_facts_of_a_diversion_are_merged_as_any_others() -> None:
    known = joined([OLD_LEG, NEW_LEG])
    landed_there = replace(NEW_LEG, on=Times(actual=utc("2025-11-26 04:06")), gate_destination=None)

    flight = merged(known, joined([OLD_LEG, landed_there]), FLOWN)

    assert flight.gate_destination == "B4"
    assert flight.on == Times(estimated=utc("2025-11-26 04:05"), actual=utc("2025-11-26 04:06"))


def test_of_the_next_leg_nothing_of_the_last_one_holds() -> None:
    onward = planned(origin=PIT, via=("PIT",))

    assert merged(at_gate(joined([OLD_LEG, NEW_LEG])), onward, FLOWN) == onward


# --- an estimate from before ----------------------------------------------------------------------------------------

BEATS = OFF + FLYING * 0.85 - minutes(5)


@pytest.mark.parametrize(
    ("flight", "overtaken"),
    [
        (took_off(), False),
        (took_off(at=OFF + hours(2)), True),
        (took_off(arriving(hours(2)), OFF + hours(2)), False),
        (took_off(replace(F12, on=Times(scheduled=ON, estimated=BEATS))), False),
        (took_off(replace(F12, on=Times(scheduled=ON, estimated=BEATS - minutes(1)))), True),
        (touched_down(), False),
        (diverted(PIT), False),
        (F12, False),
        (left_gate(at=OUT + hours(2)), True),
        (left_gate(), False),
        (leaving(hours(2)), True),  # only the departure was given a new time
        (late(hours(2)), False),
    ],
)
def test_a_landing_that_contradicts_the_leaving_is_from_before_it(flight: Flight, overtaken: bool) -> None:
    assert is_overtaken(flight) is overtaken


def test_of_a_landing_that_contradicts_the_leaving_the_scheduled_time_of_flying_is_waited_for() -> None:
    assert lands_by(took_off(at=OFF + hours(2))) == OFF + hours(2) + (ON - OFF)
    assert lands_by(took_off()) == took_off().arrival.best


def test_an_airport_whose_names_are_left_out_is_the_same_airport() -> None:
    assert F12.destination
    bare = replace(F12, destination=replace(F12.destination, code_iata=None, city=None, timezone="UTC"))

    assert merged(F12, bare, NOON).destination == F12.destination
    assert merged(bare, F12, NOON).destination == F12.destination
