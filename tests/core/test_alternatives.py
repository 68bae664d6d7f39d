"""Other flights between two airports: which count, which flight they are wanted for, and what the answer says."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.alternatives import Pair, foremost, leg_meant, others, pair_of
from flait.core.findings import Finding, Found, NoneThere, OtherAirline, Over, Several
from flait.core.flights import Airport, Flight, ScheduledFlight
from flait.core.messages import is_gsm_7, units
from flait.core.subscriptions import ClockFace
from flait.core.texts.alternatives import MOST, alternatives_text, none_text
from flait.core.texts.formats import SEGMENT, Reader
from flait.core.values import replace
from tests.core.flights_for_tests import EWR, F12, NOON, PIT, SFO, hours, late, left_gate, minutes, planned, utc
from tests.flows.talk import TOMORROW

PAIR = Pair(origin=SFO, destination=EWR)
MIDNIGHT = utc("2025-11-27 08:00")  # in San Francisco, at the end of tomorrow
READER = Reader(ident="", now=NOON)
NADI = Airport(code="NFFN", code_iata="NAN", timezone="Pacific/Chatham")


def leaving_at(
    moment: datetime, ident: str = "UAL2468", iata: str | None = "UA2468", **fields: object
) -> ScheduledFlight:
    row = ScheduledFlight(ident=ident, ident_iata=iata, origin=SFO, destination=EWR, scheduled_out=moment)
    return replace(row, **fields)  # type: ignore[arg-type]  # ScheduledFlight's own fields


LATER = leaving_at(NOON + hours(5))


def named(
    *rows: ScheduledFlight, known: tuple[Flight | ScheduledFlight, ...] = (F12,), now: datetime = NOON
) -> list[str]:
    return [row.number for row in others(rows, PAIR, now, known=known)]


# --- which count --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        (NOON + minutes(59), False),
        (NOON + hours(1), True),
        (MIDNIGHT - minutes(1), True),
        (MIDNIGHT, False),
    ],
)
def test_they_leave_from_an_hour_from_now_to_the_end_of_tomorrow_there(moment: datetime, counts: bool) -> None:
    assert bool(named(leaving_at(moment))) is counts
    start, end = PAIR.span(NOON)
    assert (start <= moment < end) is counts


@pytest.mark.parametrize(
    ("known", "counts"),
    [
        ((F12,), False),
        ((late(hours(9)),), False),  # by its schedule
        ((TOMORROW,), True),  # the same number, a day later
        ((), True),
        ((replace(F12, ident="SKW1", ident_icao="SKW1", ident_iata="OO1", codeshares=("UA1234",)),), False),
        ((leaving_at(NOON + hours(2), "UAL1234", "UA1234"),), False),
    ],
)
def test_a_flight_that_is_known_is_left_out(known: tuple[Flight, ...], counts: bool) -> None:
    assert named(leaving_at(NOON + hours(2), "UAL1234", "UA1234"), known=known) == (["UA1234"] if counts else [])


def test_each_is_named_once_the_earliest_first_by_what_a_person_types() -> None:
    codeshare = replace(LATER)  # the row of a partner's number names the flight that is flown
    unnamed = leaving_at(NOON + hours(4), "JBU916", None)
    private = leaving_at(NOON + hours(3), "N40726", None)
    assert named(LATER, codeshare, unnamed, private) == ["JBU916", "UA2468"]


def test_a_row_that_goes_nowhere_is_none() -> None:
    assert named(replace(LATER, destination=None)) == []


def test_what_was_told_yesterday_does_not_answer_today() -> None:
    just_after_midnight = utc("2025-11-25 08:10")
    assert PAIR.fresh_since(just_after_midnight) == utc("2025-11-25 08:00")
    assert PAIR.fresh_since(NOON) == NOON - minutes(30)


# --- which flight is meant ----------------------------------------------------------------------------------------

SOUTH = planned(destination=PIT)


@pytest.mark.parametrize(
    ("finding", "leg"),
    [
        (Found(leg=F12), F12),
        (Over(flight=F12), F12),
        (Several(legs=(F12, TOMORROW)), F12),
        (Several(legs=(F12, SOUTH)), None),
        (NoneThere(days=(), from_there=(), anywhere=()), None),
        (OtherAirline(number="BA1"), None),
    ],
)
def test_the_flight_meant_may_be_gone_and_is_never_one_of_several_ways(finding: Finding, leg: Flight | None) -> None:
    assert leg_meant(finding) == leg


def test_where_it_goes_has_to_be_known() -> None:
    assert pair_of(F12) == PAIR
    assert pair_of(planned(destination=None)) is None


GONE = left_gate()
CANCELLED = replace(F12, cancelled=True)
CANCELLED_TOMORROW = replace(TOMORROW, cancelled=True)


@pytest.mark.parametrize(
    ("flights", "missed", "place"),
    [
        ([TOMORROW, F12], (), 1),  # the next to leave
        ([F12, CANCELLED_TOMORROW], (), 1),  # the cancelled one first
        ([F12, TOMORROW], (1,), 1),  # or the missed one
        ([CANCELLED_TOMORROW, CANCELLED], (), 1),  # that whose time is nearest
        ([GONE, TOMORROW], (), 1),
        ([GONE, GONE], (), None),  # who asks must say
    ],
)
def test_the_cancelled_or_missed_one_comes_first_else_the_next_to_leave(
    flights: list[Flight], missed: tuple[int, ...], place: int | None
) -> None:
    assert foremost(flights, missed, NOON) == place


# --- the answer ---------------------------------------------------------------------------------------------------


def text(*rows: ScheduledFlight, reader: Reader = READER) -> str:
    return alternatives_text(PAIR, rows, reader)[0]


def test_the_answer_has_up_to_four_of_them_and_says_what_is_not_known() -> None:
    rows = [leaving_at(NOON + hours(count), f"UAL{count}", f"UA{count}") for count in range(3, 9)]
    assert text(*rows) == (
        "SFO-EWR next: 1) UA3 15:10 PST 2) UA4 16:10 3) UA5 17:10 4) UA6 18:10. "
        "Seats unknown: ask the airline. Reply 1, 2, 3 or 4 (10 min)."
    )


def test_a_flight_of_tomorrow_has_its_weekday() -> None:
    rows = (LATER, leaving_at(NOON + hours(18), "ASA292", "AS292"))
    assert text(*rows) == (
        "SFO-EWR next: 1) UA2468 17:10 PST 2) AS292 06:10 Wed. Seats unknown: ask the airline. Reply 1 or 2 (10 min)."
    )
    assert text(rows[1]) == ("SFO-EWR next: 1) AS292 06:10 PST Wed. Seats unknown: ask the airline. Reply 1 (10 min).")


def test_a_zone_that_changes_between_two_of_them_is_said_again() -> None:
    before = datetime.fromisoformat("2025-11-01T20:00:00+00:00")
    rows = [leaving_at(before + hours(2)), leaving_at(before + hours(22), "UAL9", "UA9")]
    assert "1) UA2468 15:00 PDT 2) UA9 10:00 PST Sun." in text(*rows, reader=Reader(ident="", now=before))


def test_where_there_is_none_the_answer_says_how_far_was_looked() -> None:
    assert none_text(PAIR, READER) == (
        "FlightAware's schedule shows no other flight SFO-EWR before Thu 27 Nov. Ask the airline."
    )


@given(
    ahead=st.lists(st.integers(60, 2_800), min_size=1, max_size=15, unique=True),
    clock=st.sampled_from(ClockFace),
    origin=st.sampled_from([SFO, NADI]),
)
def test_the_longest_names_fit_one_segment_and_every_number_is_offered(
    ahead: list[int], clock: ClockFace, origin: Airport
) -> None:
    pair = Pair(origin=origin, destination=replace(EWR, code="KQQQ", code_iata=None))
    rows = [
        leaving_at(NOON + minutes(by), f"XYZ{1000 + place}Q", None, origin=origin)
        for place, by in enumerate(sorted(ahead))
    ]

    body, count = alternatives_text(pair, rows, Reader(ident="", now=NOON, clock=clock))

    assert is_gsm_7(body)
    assert units(body) <= SEGMENT
    assert 1 <= count <= min(MOST, len(rows))
    assert all(f"{place}) {row.number} " in body for place, row in enumerate(rows[:count], 1))
    assert f"{count + 1}) " not in body
    assert count >= min(3, len(rows))


def test_the_day_after_tomorrow_is_that_of_the_origin() -> None:
    late_evening = utc("2025-11-26 06:00")  # 22:00 on Tuesday there
    assert str(PAIR.over_on(late_evening)) == "2025-11-27"
    assert PAIR.span(late_evening)[1] - late_evening == timedelta(hours=26)
