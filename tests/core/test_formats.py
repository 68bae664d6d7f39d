from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.flights import Airport
from flait.core.messages import is_gsm_7, segments
from flait.core.structure import one_line
from flait.core.subscriptions import ClockFace
from flait.core.texts.formats import SEGMENT, Piece, Reader, clock_time, day, fitted, fold, span, spelled, zone_label
from tests.core.flights_for_tests import EWR, NOON, OUT, SFO, hours, minutes, utc

WINTER, SUMMER = utc("2025-11-25 12:00"), utc("2026-07-01 12:00")


@pytest.mark.parametrize(
    ("zone", "moment", "expected"),
    [
        ("Asia/Singapore", WINTER, "UTC+8"),
        ("Asia/Dubai", WINTER, "UTC+4"),
        ("America/Sao_Paulo", WINTER, "UTC-3"),
        ("Asia/Shanghai", WINTER, "UTC+8"),  # Python says CST, as it does of Chicago
        ("America/Chicago", WINTER, "CST"),
        ("America/Chicago", SUMMER, "CDT"),
        ("America/Havana", WINTER, "UTC-5"),  # CST too, and an hour away from Chicago's
        ("Asia/Kolkata", WINTER, "IST"),
        ("Asia/Jerusalem", WINTER, "UTC+2"),  # IST too
        ("Europe/Dublin", SUMMER, "UTC+1"),  # and IST again
        ("Europe/Dublin", WINTER, "GMT"),
        ("Europe/London", WINTER, "GMT"),
        ("Europe/London", SUMMER, "BST"),
        ("Asia/Dhaka", WINTER, "UTC+6"),
        ("Europe/Berlin", SUMMER, "CEST"),
        ("America/New_York", WINTER, "EST"),
        ("America/Los_Angeles", SUMMER, "PDT"),
        ("Asia/Manila", WINTER, "UTC+8"),  # PST, and an ocean away from Los Angeles'
        ("America/St_Johns", WINTER, "NST"),
        ("Asia/Kathmandu", WINTER, "UTC+5:45"),
        ("Australia/Sydney", WINTER, "AEDT"),
        ("Pacific/Auckland", SUMMER, "NZST"),
        ("Pacific/Chatham", SUMMER, "UTC+12:45"),
        ("Pacific/Marquesas", WINTER, "UTC-9:30"),
        ("Pacific/Honolulu", WINTER, "HST"),
        ("Africa/Johannesburg", WINTER, "SAST"),
        ("Europe/Istanbul", WINTER, "UTC+3"),
        ("UTC", WINTER, "UTC"),
    ],
)
def test_a_zone_has_its_letters_where_they_mean_one_thing_and_else_its_offset(
    zone: str, moment: datetime, expected: str
) -> None:
    assert zone_label(moment, ZoneInfo(zone)) == expected


@pytest.mark.parametrize(
    ("hour", "minute", "h24", "h12"),
    [
        (0, 0, "00:00", "12:00am"),
        (0, 5, "00:05", "12:05am"),
        (9, 30, "09:30", "9:30am"),
        (12, 0, "12:00", "12:00pm"),
        (13, 1, "13:01", "1:01pm"),
        (23, 59, "23:59", "11:59pm"),
    ],
)
def test_the_two_clock_faces(hour: int, minute: int, h24: str, h12: str) -> None:
    moment = WINTER.replace(hour=hour, minute=minute)

    assert clock_time(moment, ZoneInfo("UTC")) == h24
    assert clock_time(moment, ZoneInfo("UTC"), ClockFace.H12) == h12


@pytest.mark.parametrize(
    ("length", "expected"),
    [(0, "0m"), (45, "45m"), (-45, "45m"), (59, "59m"), (60, "1h"), (61, "1h01"), (110, "1h50"), (145, "2h25"), (600, "10h"), (1600, "26h40")],
)  # fmt: skip
def test_spans(length: float, expected: str) -> None:
    assert span(minutes(length)) == expected


def test_a_span_is_rounded_to_the_minute() -> None:
    assert span(timedelta(minutes=59, seconds=40)) == "1h"
    assert span(timedelta(minutes=12, seconds=20)) == "12m"


def test_a_day_is_english_whatever_the_machine_speaks() -> None:
    assert [day(date(2025, 11, 25)), day(date(2026, 6, 1))] == ["Tue 25 Nov", "Mon 1 Jun"]


def reader(now: datetime = NOON, clock: ClockFace = ClockFace.H24) -> Reader:
    return Reader(ident="UA1234", now=now, clock=clock)


LATE_NIGHT = utc("2025-11-26 04:50")  # Tuesday 23:50 in Newark


@pytest.mark.parametrize(
    ("moment", "airport", "now", "expected"),
    [
        (OUT, SFO, NOON, "14:10 PST"),
        (OUT, SFO, NOON - hours(24), "14:10 PST Tue"),
        (LATE_NIGHT, EWR, NOON, "23:50 EST"),
        (LATE_NIGHT + minutes(31), EWR, NOON, "00:21 EST Wed"),
        (LATE_NIGHT + minutes(31), EWR, LATE_NIGHT + minutes(15), "00:21 EST"),  # it is Wednesday there by now
        (LATE_NIGHT, EWR, LATE_NIGHT + minutes(20), "23:50 EST Tue"),
        (utc("2025-11-26 03:00"), Airport(code="WSSS", timezone="Asia/Singapore"), NOON, "11:00 UTC+8"),
        (utc("2025-11-25 23:30"), Airport(code="ZZZZ"), NOON, "23:30 UTC"),
    ],
)
def test_a_time_has_its_weekday_when_that_is_not_today_there(
    moment: datetime, airport: Airport, now: datetime, expected: str
) -> None:
    assert reader(now).at(moment, airport) == expected


@pytest.mark.parametrize(
    ("was", "moment", "expected"),
    [
        (OUT, OUT + minutes(45), "14:10->14:55 PST"),
        (OUT, OUT, "14:10 PST"),
        (OUT + timedelta(seconds=12), OUT + timedelta(seconds=50), "14:10 PST"),  # the runway's times have seconds
        (None, OUT, "14:10 PST"),
        (utc("2025-11-26 07:50"), utc("2025-11-26 08:21"), "23:50 Tue->00:21 PST Wed"),
        (OUT, OUT + hours(24), "14:10 Tue->14:10 PST Wed"),
    ],
)
def test_an_old_time_stands_before_the_new_one(was: datetime | None, moment: datetime, expected: str) -> None:
    assert reader().at(moment, SFO, was=was) == expected


MIDNIGHT = utc("2025-11-26 08:00")  # Wednesday begins in San Francisco


@pytest.mark.parametrize("now", [MIDNIGHT - hours(1), MIDNIGHT + minutes(5), MIDNIGHT - hours(30)])
@pytest.mark.parametrize(
    ("was", "moment", "arrow", "behind"),
    [(-10, 40, "23:50 Tue->00:40 PST Wed", "00:40 PST Wed, was 23:50 Tue"),
     (40, -10, "00:40 Wed->23:50 PST Tue", "23:50 PST Tue, was 00:40 Wed")],
)  # fmt: skip
def test_two_times_of_two_days_both_have_their_day(
    was: float, moment: float, arrow: str, behind: str, now: datetime
) -> None:
    new, old = MIDNIGHT + minutes(moment), MIDNIGHT + minutes(was)

    assert reader(now).at(new, SFO, was=old) == arrow
    assert reader(now).at_was(new, SFO, was=old) == behind


def test_a_time_beside_another_has_what_differs() -> None:
    assert reader().beside(OUT, SFO, OUT - minutes(35)) == "13:35"
    assert reader().beside(MIDNIGHT + minutes(10), SFO, MIDNIGHT - minutes(25)) == "23:35 Tue"


@pytest.mark.parametrize(
    ("leaves", "before", "expected"),
    [("09:20", 35, "01:45 PDT"), ("08:55", 35, "01:20 PDT"), ("09:50", 35, "01:15 PST"), ("10:40", 35, "02:05"),
     ("07:50", 35, "00:15")],
)  # fmt: skip
def test_on_the_night_the_clocks_go_back_advice_says_which_hour(leaves: str, before: float, expected: str) -> None:
    moment = utc(f"2026-11-01 {leaves}")

    assert reader(moment).beside(moment, SFO, moment - minutes(before), strict=True) == expected


def test_twelve_hour_readers_get_both_times_so() -> None:
    assert reader(clock=ClockFace.H12).at(OUT + minutes(45), SFO, was=OUT) == "2:10pm->2:55pm PST"


def test_on_the_night_the_clocks_change_the_label_says_which_half_past_one() -> None:
    first, second = utc("2026-11-01 08:30"), utc("2026-11-01 09:30")

    assert reader(first).at(first, SFO) == "01:30 PDT"
    assert reader(first).at(second, SFO) == "01:30 PST"
    assert reader(first).at(second, SFO, was=first) == "01:30 PDT->01:30 PST"


def test_the_hour_that_spring_skips_is_never_written() -> None:
    before = utc("2026-03-08 09:59")

    assert [reader(before).at(before + minutes(step), SFO) for step in (0, 1)] == ["01:59 PST", "03:00 PDT"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("F12", "F12"),
        ("Zürich", "Zürich"),
        ("São Tomé", "Sao Tomé"),
        ("\u0141\u00f3d\u017a", "Lodz"),
        ("Ç1", "Ç1"),
        ("ç1", "c1"),
        ("A\u0301B", "AB"),
        ("\uff26\uff11\uff12", "F12"),
        ("10\u00a0pm", "10 pm"),
        ("\u53a6\u95e8", "??"),
        ("`\x00", "??"),
        ("", ""),
    ],
)
def test_what_the_cheap_alphabet_lacks_is_written_as_near_as_it_can(text: str, expected: str) -> None:
    assert fold(text) == expected


@given(st.text())
def test_folding_always_ends_in_the_cheap_alphabet_and_changes_nothing_twice(text: str) -> None:
    folded = fold(text)

    assert is_gsm_7(folded)
    assert fold(folded) == folded
    assert not is_gsm_7(text) or folded == text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ana", "Ana"),
        ("Zoë Brontë", "Zoe Bronte"),
        ("Łukasz", "Lukasz"),
        ("Đorđe", "Dorde"),
        ("Ana ❤", "Ana"),
        ("Ana\u00a0  Bo", "Ana Bo"),
        ("Who?", "Who?"),
        ("李小龍", ""),
        ("Bruce 李", ""),
        ("Ольга", ""),
        ("आना", ""),
        ("❤", ""),
        ("", ""),
    ],
)
def test_a_name_is_written_whole_or_not_at_all(name: str, expected: str) -> None:
    assert spelled(name) == expected


def whole(pieces: Sequence[Piece]) -> tuple[str, tuple[str, ...]]:
    """The words of what is fitted, and the facts."""
    said = fitted(pieces)
    return one_line(said), said.facts


def test_pieces_are_joined_in_order_and_their_facts_collected() -> None:
    body, facts = whole([Piece("a.", 0, ("x", "y")), Piece(""), Piece("b.", 2, ("y", "z"))])

    assert (body, facts) == ("a. b.", ("x", "y", "z"))


def test_the_least_useful_goes_first_and_takes_its_facts_along() -> None:
    pieces = [Piece("a" * 80, 0, ("lead",)), Piece("b" * 40, 1, ("one",)), Piece("c" * 40, 3, ("three",)), Piece("d" * 30, 2, ("two",))]  # fmt: skip

    body, facts = whole(pieces)

    assert body == f"{'a' * 80} {'b' * 40} {'d' * 30}"
    assert facts == ("lead", "one", "two")


def test_a_segment_is_filled_to_its_last_character_and_never_beyond() -> None:
    full, and_more = Piece("a" * 80), [Piece("b" * 79, 1), Piece("b" * 80, 1)]

    assert [len(whole([full, more])[0]) for more in and_more] == [160, 80]
    assert [len(whole([Piece("a" * length)])[0]) for length in (159, 160, 161, 500)] == [159, 160, 160, 160]


def test_among_equals_the_last_goes_first() -> None:
    body, facts = whole([Piece("a" * 80, 0), Piece("b" * 60, 1, ("news",)), Piece("c" * 60, 1, ("hint",))])

    assert (body[-1], facts) == ("b", ("news",))


@given(st.lists(st.builds(Piece, st.text(max_size=90), st.integers(0, 3)), max_size=8))
def test_whatever_is_fitted_is_one_cheap_segment(pieces: list[Piece]) -> None:
    body, _ = whole(pieces)

    assert is_gsm_7(body)
    assert segments(body) == 1
    assert len(body) <= SEGMENT
