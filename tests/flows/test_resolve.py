"""Which flight is meant: never the first of several, never another day's, never another airline's."""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from flait.core.findings import Found, Several
from flait.core.flights import Airport, Flight, ScheduledFlight, Times
from flait.core.subscriptions import Role
from flait.core.texts.refusals import refused
from flait.core.values import replace
from flait.core.wanted import local_time
from flait.errors import AmbiguousFlight, InvalidDate, NoSuchFlight, TooLate
from flait.flows.find import find
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
    left_gate,
    minutes,
    planned,
    rescheduled,
    took_off,
    utc,
)
from tests.flows.world import FakeFlightSource, timetabled, wanted

DAY = timedelta(days=1)
AKL = Airport(code="NZAA", code_iata="AKL", city="Auckland", timezone="Pacific/Auckland")
HNL = Airport(code="PHNL", code_iata="HNL", city="Honolulu", timezone="Pacific/Honolulu")


@pytest.fixture
def source() -> FakeFlightSource:
    return FakeFlightSource()


def on(days: int, flight: Flight = F12, **fields: object) -> Flight:
    """The same number so many days later."""
    return replace(rescheduled(days * DAY, flight), **{"fa_flight_id": f"UAL1234-{days}", **fields})  # type: ignore[arg-type]  # Flight's own fields


def leaving_from(origin: Airport, at: datetime) -> Flight:
    """UA1234 of that origin at that moment."""
    other = f"UAL1234-{origin.code}-{at:%d%H%M}"
    return planned(fa_flight_id=other, origin=origin, out=Times(scheduled=at), off=Times(), on=Times(), in_=Times())


def found(
    source: FakeFlightSource,
    board: Sequence[Flight] = (),
    on: str = "",
    *,
    ident: str = "UA1234",
    role: Role = Role.TRAVELER,
    now: datetime = NOON,
    asked_at: datetime | None = None,
    **leg: Any,
) -> Flight | ScheduledFlight:
    source.board = board
    asked = wanted(ident, on, role=role, asked_at=asked_at or now, **leg)
    _, finding = find(source, asked, now=now)
    if isinstance(finding, Found):
        return finding.leg
    raise refused(finding, asked)


# --- the next departure -----------------------------------------------------------------------------------------


def test_without_a_date_the_next_departure_is_meant(source: FakeFlightSource) -> None:
    board = [on(1), F12, on(-1, at_gate())]
    assert found(source, board) == F12


def test_one_that_has_left_the_gate_is_still_the_next(source: FakeFlightSource) -> None:
    assert found(source, [left_gate(), on(1)], now=OUT + minutes(5)) == left_gate()


def test_one_in_the_air_is_too_late_for_a_traveler(source: FakeFlightSource) -> None:
    assert found(source, [took_off(), on(1)], now=OUT + hours(1)) == on(1)


def test_a_meeter_may_mean_the_one_in_the_air(source: FakeFlightSource) -> None:
    assert found(source, [took_off()], role=Role.MEETER, now=OUT + hours(1)) == took_off()


def test_a_meeter_with_one_in_the_air_and_one_to_come_is_asked(source: FakeFlightSource) -> None:
    with pytest.raises(AmbiguousFlight, match=r"2025-11-25 SFO-EWR.*2025-11-26 SFO-EWR.*--date"):
        found(source, [took_off(), on(1)], role=Role.MEETER, now=OUT + hours(1))


def test_a_diverted_flight_is_in_the_air_too(source: FakeFlightSource) -> None:
    with pytest.raises(AmbiguousFlight):
        found(source, [diverted(), on(1)], role=Role.WATCHER, now=OUT + hours(1))


def test_yesterdays_flight_still_at_the_gate_and_todays_are_two(source: FakeFlightSource) -> None:
    late = on(-1, out=Times(scheduled=OUT - DAY, estimated=OUT - hours(1)))
    with pytest.raises(AmbiguousFlight, match="2025-11-24"):
        found(source, [late, F12])


def test_a_record_in_which_every_time_is_a_lie_is_no_flight(source: FakeFlightSource) -> None:
    future = Times(scheduled=None, actual=NOON + DAY)
    empty = on(1, out=future, off=Times(), on=Times(), in_=Times())
    assert found(source, [empty, F12], "2025-11-25") == F12
    with pytest.raises(NoSuchFlight):
        found(source, [empty])


def test_one_never_reported_gone_is_not_waited_for(source: FakeFlightSource) -> None:
    assert found(source, [on(-1), F12]) == F12


def test_no_departure_within_two_days_is_no_such_flight(source: FakeFlightSource) -> None:
    with pytest.raises(NoSuchFlight, match="UA1234 leaving within two days"):
        found(source, [at_gate(on(-1))])


def test_the_next_departure_is_looked_for_from_yesterday_to_the_end_of_live_data(source: FakeFlightSource) -> None:
    found(source, [F12])
    assert source.calls == [("departures", "UA1234", NOON - DAY, NOON + 2 * DAY)]


# --- a date -----------------------------------------------------------------------------------------------------


def test_a_date_picks_its_flight_wherever_it_stands_in_the_answer(source: FakeFlightSource) -> None:
    board = [on(-1), F12, on(1)]
    assert found(source, board, "tomorrow") == on(1)
    assert found(source, board[::-1], "2025-11-25") == F12


def test_an_evening_west_of_utc_belongs_to_its_own_day(source: FakeFlightSource) -> None:
    late_evening = leaving_from(SFO, utc("2025-11-26 07:30"))  # 23:30 PST on the 25th
    tomorrow = leaving_from(SFO, utc("2025-11-27 07:30"))
    assert found(source, [late_evening, tomorrow], "2025-11-25") == late_evening
    assert found(source, [late_evening, tomorrow], "26 nov") == tomorrow


def test_tomorrow_is_the_departure_airports_tomorrow_across_the_date_line(source: FakeFlightSource) -> None:
    now = utc("2025-11-25 12:00")  # 01:00 on the 26th in Auckland, 02:00 on the 25th in Honolulu
    auckland = leaving_from(AKL, utc("2025-11-26 18:00"))  # 07:00 on the 27th
    honolulu = leaving_from(HNL, utc("2025-11-26 22:00"))  # 12:00 on the 26th
    assert found(source, [auckland], "tomorrow", now=now) == auckland
    assert found(source, [honolulu], "tomorrow", now=now) == honolulu


def test_every_place_on_earth_is_inside_the_window_asked_for(source: FakeFlightSource) -> None:
    found(source, [F12], "2025-11-25")
    (name, ident, start, end), *others = source.calls
    assert (name, ident, others) == ("departures", "UA1234", [])
    assert start == utc("2025-11-24 10:00")  # the 25th begins at UTC+14
    assert end == utc("2025-11-26 12:00")  # and ends at UTC-12


def test_words_count_from_the_day_they_were_written(source: FakeFlightSource) -> None:
    board = [F12, on(1), on(2)]
    assert found(source, board, "tomorrow", asked_at=NOON - DAY) == F12
    assert found(source, board, "wed", asked_at=NOON - 3 * DAY) == on(1)


@pytest.mark.parametrize("impossible", ["31 feb", "2025-02-30", "2025-11-20", "2027-01-01"])
def test_a_day_that_cannot_be_meant_is_refused_before_any_call(source: FakeFlightSource, impossible: str) -> None:
    with pytest.raises(InvalidDate):
        found(source, [F12], impossible)
    assert source.calls == []


def test_a_flight_that_has_landed_is_refused(source: FakeFlightSource) -> None:
    with pytest.raises(InvalidDate, match="has already landed"):
        found(source, [at_gate()], "today", now=OUT + hours(6))


def test_a_flight_in_the_air_can_be_followed_by_its_date(source: FakeFlightSource) -> None:
    assert found(source, [took_off()], "2025-11-25", now=OUT + hours(1)) == took_off()


def test_another_day_is_never_taken_instead(source: FakeFlightSource) -> None:
    with pytest.raises(NoSuchFlight, match=r"on Tue 25 Nov; .*leaves on 2025-11-24 SFO-EWR"):
        found(source, [on(-1)], "2025-11-25", now=utc("2025-11-25 08:00"))


def test_a_word_that_is_no_flights_day_is_said_back_as_it_was_written(source: FakeFlightSource) -> None:
    with pytest.raises(NoSuchFlight, match="knows no UA1234 leaving today;"):
        found(source, [on(1)], "today", now=utc("2025-11-25 08:00"))  # still the 24th in Honolulu


# --- several legs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["", "2025-11-25"])
def test_several_legs_of_one_day_are_listed_and_none_is_taken(source: FakeFlightSource, day: str) -> None:
    board = [leaving_from(SFO, OUT), leaving_from(PIT, OUT + hours(1))]
    with pytest.raises(
        AmbiguousFlight, match=r"UA1234 is more than one flight: .*SFO-EWR 14:10 PST; .*PIT-EWR.*--from"
    ):
        found(source, board, day)


@pytest.mark.parametrize("code", ["PIT", "KPIT"])
def test_the_airport_of_departure_settles_it(source: FakeFlightSource, code: str) -> None:
    board = [leaving_from(SFO, OUT), leaving_from(PIT, OUT + hours(1))]
    assert found(source, board, "2025-11-25", origin=code) == board[1]
    assert found(source, board, origin=code) == board[1]


def test_an_airport_it_does_not_leave_from_is_no_such_flight(source: FakeFlightSource) -> None:
    with pytest.raises(NoSuchFlight, match="leaving CLE within"):
        found(source, [F12], origin="CLE")


@pytest.mark.parametrize("day", ["", "2025-11-25"])
def test_of_a_cancelled_and_reissued_leg_the_living_one_is_meant(source: FakeFlightSource, day: str) -> None:
    gone, again = replace(F12, cancelled=True), rescheduled(hours(1), replace(F12, fa_flight_id="UAL1234-again"))
    assert found(source, [gone, again], day) == again
    assert found(source, [again, gone], day) == again


def test_two_records_of_one_leg_are_one(source: FakeFlightSource) -> None:
    assert found(source, [F12, replace(F12, fa_flight_id="UAL1234-twin")], "2025-11-25") == F12


def test_two_departures_of_one_day_from_one_airport_are_two(source: FakeFlightSource) -> None:
    board = [leaving_from(SFO, OUT - hours(1)), leaving_from(SFO, OUT)]
    with pytest.raises(AmbiguousFlight):
        found(source, board, "2025-11-25")


# --- several routes and times -----------------------------------------------------------------------------------


def going_to(to: Airport | None, at: datetime = OUT, **fields: Any) -> Flight:
    """UA1234 from San Francisco to there at that moment."""
    other = f"UAL1234-{to.code if to else ''}-{at:%d%H%M}"
    named = {"fa_flight_id": other, "destination": to, "out": Times(scheduled=at)} | fields
    return planned(off=Times(), on=Times(), in_=Times(), **named)


TO_EWR, TO_PIT = going_to(EWR), going_to(PIT, OUT + hours(5))


@pytest.mark.parametrize("day", ["", "today", "2025-11-25"])
def test_two_routes_from_one_airport_are_two_flights_and_each_can_be_chosen(source: FakeFlightSource, day: str) -> None:
    listed = r"2025-11-25 SFO-EWR 14:10 PST; 2025-11-25 SFO-PIT 19:10 PST; say which with --to, like --to EWR$"
    with pytest.raises(AmbiguousFlight, match=listed):
        found(source, [TO_EWR, TO_PIT], day)
    assert found(source, [TO_EWR, TO_PIT], day, destination="EWR") == TO_EWR
    assert found(source, [TO_EWR, TO_PIT], day, destination="KPIT") == TO_PIT
    assert found(source, [TO_EWR, TO_PIT], day, leaves_at=time(19, 10)) == TO_PIT


@pytest.mark.parametrize("day", ["", "today"])
def test_a_cancelled_route_is_not_replaced_by_the_other(source: FakeFlightSource, day: str) -> None:
    gone = replace(TO_EWR, cancelled=True)
    with pytest.raises(AmbiguousFlight, match="--to"):
        found(source, [gone, TO_PIT], day)
    assert found(source, [gone, TO_PIT], day, destination="EWR") == gone
    with pytest.raises(NoSuchFlight, match=r"leaving for EWR .*it leaves on 2025-11-25 SFO-PIT 19:10 PST"):
        found(source, [TO_PIT], day, destination="EWR")


def test_of_one_route_twice_a_day_the_time_tells(source: FakeFlightSource) -> None:
    board = [leaving_from(SFO, OUT - hours(5)), leaving_from(SFO, OUT)]
    with pytest.raises(AmbiguousFlight, match=r"09:10 PST; .* 14:10 PST; say which with --at, like --at 09:10$"):
        found(source, board, "today")
    assert found(source, board, "today", leaves_at=time(9, 10)) == board[0]
    assert found(source, board, "today", leaves_at=time(14, 10)) == board[1]
    with pytest.raises(NoSuchFlight, match="leaving at 09:11 today"):
        found(source, board, "today", leaves_at=time(9, 11))


def test_the_time_is_the_scheduled_one_however_late_it_is(source: FakeFlightSource) -> None:
    board = [late(minutes(50), TO_EWR), TO_PIT]
    assert found(source, board, "today", leaves_at=time(14, 10)) == board[0]


def test_a_leg_that_was_re_issued_at_another_time_is_found_by_either(source: FakeFlightSource) -> None:
    gone, again = replace(F12, cancelled=True), rescheduled(hours(1), replace(F12, fa_flight_id="UAL1234-again"))
    for at in (time(14, 10), time(15, 10)):
        assert found(source, [gone, again], "today", leaves_at=at) == again


@pytest.mark.parametrize("day", ["", "today"])
def test_every_listed_choice_can_be_made_by_the_flags_that_are_named(source: FakeFlightSource, day: str) -> None:
    board = [
        TO_EWR,
        going_to(PIT),
        going_to(PIT, OUT + hours(2)),
        leaving_from(PIT, OUT),
        leaving_from(PIT, OUT + hours(1)),
    ]
    with pytest.raises(AmbiguousFlight) as refusal:
        found(source, board, day)
    flags = re.findall("--[a-z]+", refusal.value.hint.partition(",")[0])
    assert flags == ["--to", "--at"]
    _, finding = find(source, wanted("UA1234", day), now=NOON)
    assert isinstance(finding, Several)
    legs = finding.legs
    assert len(legs) == len(board)
    for leg in legs:
        assert leg.destination
        assert found(source, board, day, destination=leg.destination.short, leaves_at=local_time(leg)) == leg


@pytest.mark.parametrize(
    ("board", "flags"),
    [
        ([TO_EWR, leaving_from(PIT, OUT)], "--from, like --from SFO"),
        ([TO_EWR, going_to(PIT)], "--to, like --to EWR"),
        ([TO_EWR, going_to(EWR, OUT + hours(1))], "--at, like --at 14:10"),
        ([TO_EWR, going_to(PIT), leaving_from(PIT, OUT)], "--from and --to, like --from SFO --to EWR"),
        ([TO_EWR, going_to(None, OUT + hours(8))], "--at, like --at 14:10"),
    ],
)
def test_no_more_flags_are_named_than_are_needed(source: FakeFlightSource, board: list[Flight], flags: str) -> None:
    with pytest.raises(AmbiguousFlight) as refusal:
        found(source, board, "today")
    assert refusal.value.hint == f"say which with {flags}"


def test_a_destination_nobody_tells_is_taken_only_where_no_other_is_known_to_go_there(source: FakeFlightSource) -> None:
    unknown = going_to(None, OUT + hours(8))
    assert found(source, [unknown], "today", destination="EWR") == unknown
    assert found(source, [unknown, TO_EWR], "today", destination="EWR") == TO_EWR
    assert found(source, [unknown, TO_PIT], "today", destination="EWR") == unknown


def test_yesterdays_flight_that_has_not_left_can_be_named_by_its_date(source: FakeFlightSource) -> None:
    board = [on(-1, out=Times(scheduled=OUT - DAY, estimated=OUT - hours(1))), F12]
    with pytest.raises(AmbiguousFlight, match=r"say which with --date, like --date 2025-11-24$"):
        found(source, board)
    assert found(source, board, "2025-11-24") == board[0]
    assert found(source, board, "24 nov") == board[0]


def test_yesterdays_flight_that_landed_cannot(source: FakeFlightSource) -> None:
    with pytest.raises(InvalidDate, match="UA1234 of Mon 24 Nov has already landed"):
        found(source, [at_gate(on(-1)), F12], "2025-11-24")
    with pytest.raises(InvalidDate, match="23 Nov 2025 is past"):
        found(source, [F12], "2025-11-23")


@pytest.mark.parametrize("day", ["yesterday", "mon 24 nov"])
def test_yesterdays_flight_that_is_under_way_is_found_by_that_word(source: FakeFlightSource, day: str) -> None:
    gone = on(-1, out=Times(scheduled=OUT - DAY, estimated=OUT - hours(1)))
    assert found(source, [gone, F12], day) == gone


@pytest.mark.parametrize("day", ["", "today", "2025-11-25"])
def test_where_it_does_not_leave_from_is_told_by_where_it_does(source: FakeFlightSource, day: str) -> None:
    hint = r"leaving EWRR .*; it leaves from SFO: 2025-11-25 SFO-EWR 14:10 PST"
    with pytest.raises(NoSuchFlight, match=hint):
        found(source, [F12], day, origin="EWRR")


def test_a_number_that_may_be_a_registration_is_said_to_be(source: FakeFlightSource) -> None:
    with pytest.raises(NoSuchFlight, match="an aircraft's registration is no flight number"):
        found(source, [], ident="N4726")


# --- what is meant does not change while nobody answers ---------------------------------------------------------


def test_the_next_departure_is_the_next_after_it_was_asked_for(source: FakeFlightSource) -> None:
    gone, later = took_off(), on(1)
    with pytest.raises(TooLate, match="UA1234 of Tue 25 Nov left at 14:25 PST"):
        found(source, [gone, later], now=OUT + hours(20), asked_at=OUT)
    assert found(source, [gone, later], now=OUT + hours(1), asked_at=OUT + hours(1)) == later
    assert source.calls[0] == ("departures", "UA1234", OUT - DAY, OUT + 2 * DAY)


def test_one_that_landed_since_is_too_late_for_everybody(source: FakeFlightSource) -> None:
    for role in Role:
        with pytest.raises(TooLate, match="landed at 22:23 EST"):
            found(source, [at_gate(), on(1)], role=role, now=OUT + hours(8), asked_at=OUT)


def test_a_meeter_is_asked_by_what_was_in_the_air_when_they_asked(source: FakeFlightSource) -> None:
    assert found(source, [took_off(), on(1)], role=Role.MEETER, now=OUT + hours(1), asked_at=OUT) == took_off()


# --- whose flight -----------------------------------------------------------------------------------------------


def test_another_airlines_flight_is_refused_and_named(source: FakeFlightSource) -> None:
    other = planned(ident="GEC1234", ident_icao="GEC1234", ident_iata="LH1234")
    with pytest.raises(NoSuchFlight, match="another airline's flight, LH1234"):
        found(source, [other])


def test_a_codeshare_is_the_operating_flight(source: FakeFlightSource) -> None:
    operated = planned(codeshares=("DLH7654", "LH7654"))
    assert found(source, [operated], ident="LH7654") == operated


def test_an_icao_number_is_as_good(source: FakeFlightSource) -> None:
    assert found(source, [F12], ident="UAL1234") == F12


# --- days ahead -------------------------------------------------------------------------------------------------


def test_beyond_two_days_the_schedule_knows(source: FakeFlightSource) -> None:
    source.timetable = [timetabled()]
    assert found(source, on="2025-12-02") == timetabled()
    assert source.calls == [("schedules", "UA1234", date(2025, 12, 1), date(2025, 12, 4))]


def test_a_scheduled_evening_west_of_utc_belongs_to_its_own_day(source: FakeFlightSource) -> None:
    evening = timetabled(scheduled_out=utc("2025-12-03 07:30"))  # 23:30 PST on the 2nd
    source.timetable = [evening]
    assert found(source, on="2025-12-02") == evening
    with pytest.raises(NoSuchFlight):
        found(source, on="2025-12-03")


def test_what_is_not_scheduled_is_no_such_flight(source: FakeFlightSource) -> None:
    source.timetable = [timetabled(scheduled_out=OUT + 8 * DAY)]
    with pytest.raises(NoSuchFlight, match="scheduled to leave on Tue 2 Dec"):
        found(source, on="2025-12-02")


def test_several_scheduled_legs_are_listed_and_the_airport_settles_it(source: FakeFlightSource) -> None:
    second = timetabled(origin=PIT)
    source.timetable = [timetabled(), second]
    with pytest.raises(AmbiguousFlight, match=r"2025-12-02 SFO-EWR 14:10 PST; 2025-12-02 PIT-EWR.*--from"):
        found(source, on="2025-12-02")
    assert found(source, on="2025-12-02", origin="PIT") == second


def test_two_scheduled_routes_are_two_even_at_the_same_minute(source: FakeFlightSource) -> None:
    source.timetable = [timetabled(), timetabled(destination=PIT)]
    with pytest.raises(AmbiguousFlight, match=r"2025-12-02 SFO-EWR 14:10 PST; 2025-12-02 SFO-PIT 14:10 PST; .*--to"):
        found(source, on="2025-12-02")
    assert found(source, on="2025-12-02", destination="PIT") == source.timetable[1]
    with pytest.raises(
        NoSuchFlight, match=r"scheduled to leave for CLE on Tue 2 Dec; .*it leaves on 2025-12-02 SFO-EWR 14:10 PST"
    ):
        found(source, on="2025-12-02", destination="CLE")


def test_of_two_scheduled_times_the_one_that_was_typed_is_meant(source: FakeFlightSource) -> None:
    source.timetable = [timetabled(), timetabled(scheduled_out=timetabled().scheduled_out + hours(3))]
    with pytest.raises(AmbiguousFlight, match="say which with --at"):
        found(source, on="2025-12-02")
    assert found(source, on="2025-12-02", leaves_at=time(17, 10)) == source.timetable[1]


def test_rows_of_one_scheduled_leg_are_one(source: FakeFlightSource) -> None:
    source.timetable = [timetabled(), timetabled(ident="LH7654")]
    assert found(source, on="2025-12-02") in source.timetable


def test_near_the_end_of_live_data_both_are_asked(source: FakeFlightSource) -> None:
    in_two_days = timetabled(scheduled_out=OUT + 2 * DAY)
    source.timetable = [in_two_days]
    assert found(source, on="2025-11-27") == in_two_days
    assert [call[0] for call in source.calls] == ["departures", "schedules"]


def test_a_flight_known_live_is_not_looked_up_in_the_schedule(source: FakeFlightSource) -> None:
    assert found(source, [on(1)], "2025-11-26") == on(1)
    assert [call[0] for call in source.calls] == ["departures"]
