"""Which flight is meant: never the first of several, never another day's, never another airline's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from flait.core.flights import Airport, Flight, ScheduledFlight, Times
from flait.core.subscriptions import Role
from flait.errors import AmbiguousFlight, InvalidDate, NoSuchFlight
from flait.flows.resolve import resolve
from tests.core.flights_for_tests import (
    F12,
    NOON,
    OUT,
    PIT,
    SFO,
    at_gate,
    diverted,
    hours,
    left_gate,
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
    origin: str | None = None,
    role: Role = Role.TRAVELER,
    now: datetime = NOON,
    asked_at: datetime | None = None,
) -> Flight | ScheduledFlight:
    source.board = board
    return resolve(source, wanted(ident, on, origin=origin, role=role, asked_at=asked_at or now), now=now)


# --- the next departure -----------------------------------------------------------------------------------------


def test_without_a_date_the_next_departure_is_meant(source: FakeFlightSource) -> None:
    board = [on(1), F12, on(-1, at_gate())]
    assert found(source, board) == F12


def test_one_that_has_left_the_gate_is_still_the_next(source: FakeFlightSource) -> None:
    assert found(source, [left_gate(), on(1)]) == left_gate()


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
    with pytest.raises(NoSuchFlight, match="scheduled on Tue 2 Dec"):
        found(source, on="2025-12-02")


def test_several_scheduled_legs_are_listed_and_the_airport_settles_it(source: FakeFlightSource) -> None:
    second = timetabled(origin=PIT)
    source.timetable = [timetabled(), second]
    with pytest.raises(AmbiguousFlight, match=r"2025-12-02 SFO-EWR 14:10 PST; 2025-12-02 PIT-EWR.*--from"):
        found(source, on="2025-12-02")
    assert found(source, on="2025-12-02", origin="PIT") == second


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
