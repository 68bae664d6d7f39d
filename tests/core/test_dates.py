from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.dates import A_SLIP, FARTHEST, MONTHS, WEEKDAYS, parse_date
from flait.errors import InvalidDate

TUESDAY = date(2025, 11, 25)
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2090, 12, 31))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2025-11-25", "2025-11-25"),
        ("2026-11-25", "2026-11-25"),
        ("today", "2025-11-25"),
        (" TODAY ", "2025-11-25"),
        ("tonight", "2025-11-25"),
        ("tomorrow", "2025-11-26"),
        ("day after  tomorrow", "2025-11-27"),
        ("in 0 days", "2025-11-25"),
        ("in 1 day", "2025-11-26"),
        ("in 3 days", "2025-11-28"),
        ("in 365 days", "2026-11-25"),
        ("tue", "2025-11-25"),
        ("Tuesday", "2025-11-25"),
        ("next tue", "2025-12-02"),
        ("wed", "2025-11-26"),
        ("next wed", "2025-11-26"),
        ("mon", "2025-12-01"),
        ("thurs", "2025-11-27"),
        ("25 nov", "2025-11-25"),
        ("25nov", "2025-11-25"),
        ("1st dec", "2025-12-01"),
        ("2nd december", "2025-12-02"),
        ("nov 30", "2025-11-30"),
        ("nov 30th 2025", "2025-11-30"),
        ("3 jan", "2026-01-03"),
        ("3 jan 2026", "2026-01-03"),
        ("1 may", "2026-05-01"),
        ("28 may", "2026-05-28"),
        ("25 oct", "2026-10-25"),
        ("march 9", "2026-03-09"),
        ("tue 25 nov", "2025-11-25"),
        ("Tue, 25 Nov", "2025-11-25"),
        ("tue 25 nov 2025", "2025-11-25"),
        ("sunday nov 30", "2025-11-30"),
        ("tue 2025-11-25", "2025-11-25"),
        ("25th", "2025-11-25"),
        ("the 26th", "2025-11-26"),
        ("1st", "2025-12-01"),
        ("31st", "2025-12-31"),
        ("mon the 1st", "2025-12-01"),
    ],
)
def test_the_dates_people_write(written: str, expected: str) -> None:
    assert parse_date(written).on(TUESDAY) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    "written",
    [
        "", "yester day", "11/25", "fri 25", "fri soon", "25th 26th", "25/11/2025", "2025/11/25", "25.11.", "25-11-2025", "25 11", "soon", "next",
        "next today", "next next fri", "f", "in days", "in -1 days", "in 1000 days", "in 3 weeks", "25 no", "25 novx",
        "2025-11", "20251125", "\uff12\uff10\uff12\uff15-11-25", "fri\x00", "weds", "✈", "today" * 2000, "25 nov 26", "2025-1-2",
    ],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_a_hint(written: str) -> None:
    with pytest.raises(InvalidDate, match=r"is not a date; write 2026-11-25, 25 nov, fri, today or tomorrow"):
        parse_date(written)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("2026-02-31", "there is no day"),
        ("31 feb", "there is no day"),
        ("feb 30 2026", "there is no day"),
        ("31 nov", "there is no day"),
        ("0 dec", "there is no day"),
        ("2026-13-01", "there is no day"),
        ("0000-01-01", "there is no day"),
        ("29 feb 2026", "there is no day"),
        ("2025-11-24", "is past"),
        ("24 nov", "is past"),
        ("26 oct", "is past"),
        ("yesterday", "is past"),
        ("25 nov 2024", "is past"),
        ("2026-11-26", "more than a year ahead"),
        ("in 366 days", "more than a year ahead"),
        ("25 dec 2026", "more than a year ahead"),
        ("29 feb", "more than a year ahead"),
        ("yesterday", "24 Nov 2025 is past"),
        ("mon 25 nov", "25 Nov 2025 is a Tuesday, not a Monday"),
        ("0th", "there is no day"),
        ("32nd", "there is no day"),
    ],
)
def test_a_date_that_cannot_be_flown_is_refused(written: str, why: str) -> None:
    wish = parse_date(written)

    with pytest.raises(InvalidDate, match=why):
        wish.on(TUESDAY)


@pytest.mark.parametrize(
    ("today", "written", "expected"),
    [
        (date(2027, 12, 1), "29 feb", date(2028, 2, 29)),
        (date(2028, 2, 29), "29 feb", date(2028, 2, 29)),
        (date(2028, 2, 29), "in 365 days", date(2029, 2, 28)),
        (date(2028, 2, 28), "tomorrow", date(2028, 2, 29)),
        (date(2025, 12, 31), "tomorrow", date(2026, 1, 1)),
        (date(2025, 12, 31), "1 jan", date(2026, 1, 1)),
        (date(2025, 12, 31), "fri", date(2026, 1, 2)),
    ],
)
def test_borders_of_months_years_and_leap_days(today: date, written: str, expected: date) -> None:
    assert parse_date(written).on(today) == expected


def test_a_day_up_to_a_month_past_is_a_slip_and_not_next_year() -> None:
    wish = parse_date("25 dec")

    with pytest.raises(InvalidDate, match="25 Dec 2025 is past"):
        wish.on(date(2026, 1, 24))

    assert wish.on(date(2026, 1, 25)) == date(2026, 12, 25)


@given(today=DAYS, day=DAYS)
def test_no_day_without_a_year_is_refused_that_is_further_past_than_a_slip(today: date, day: date) -> None:
    wish = parse_date(f"{day.day} {MONTHS[day.month - 1]}")
    if (day.month, day.day) != (2, 29):
        assert today - A_SLIP <= wish.on(today, back=A_SLIP.days) <= today + FARTHEST


@pytest.mark.parametrize(
    ("written", "back", "expected"),
    [
        ("yesterday", 1, "2025-11-24"), ("24 nov", 1, "2025-11-24"), ("2025-11-24", 1, "2025-11-24"),
        ("mon 24 nov", 1, "2025-11-24"), ("23 nov", 1, None),
    ],
)  # fmt: skip
def test_a_day_before_today_is_taken_where_it_may_be(written: str, back: int, expected: str | None) -> None:
    wish = parse_date(written)
    if expected:
        assert wish.on(TUESDAY, back=back) == date.fromisoformat(expected)
    else:
        with pytest.raises(InvalidDate, match="is past"):
            wish.on(TUESDAY, back=back)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("yesterday", {-1}), ("today", {0}), ("tomorrow", {1}), ("mon", {-1, 6}), ("tue", {-7, 0}), ("wed", {-6, 1}),
        ("next tue", {7}), ("24 nov", {-1}), ("2025-11-23", {-2}), ("25 nov 2025", {0}), ("31 feb", set()),
        ("the 24th", {-1}), ("26th", {1}), ("mon the 24th", {-1}), ("wed the 24th", set()), ("mon 24 nov", {-1}),
    ],
)  # fmt: skip
def test_a_flight_that_is_followed_is_named_by_days_past_too(written: str, named: set[int]) -> None:
    days = range(-20, 21)
    wish = parse_date(written)
    assert {ahead for ahead in days if wish.names(TUESDAY + timedelta(days=ahead), TUESDAY)} == named


def test_the_last_day_of_the_year_is_a_day_ago_on_the_first() -> None:
    assert parse_date("31 dec").names(date(2025, 12, 31), date(2026, 1, 1))


@given(today=DAYS, index=st.integers(0, 6))
def test_a_weekday_is_the_nearest_one_from_today_on(today: date, index: int) -> None:
    day = parse_date(WEEKDAYS[index]).on(today)

    assert day.weekday() == index
    assert timedelta() <= day - today < timedelta(days=7)


@given(today=DAYS, index=st.integers(0, 6))
def test_next_weekday_is_never_today(today: date, index: int) -> None:
    day = parse_date(f"next {WEEKDAYS[index]}").on(today)

    assert day.weekday() == index
    assert timedelta(days=1) <= day - today <= timedelta(days=7)


@pytest.mark.parametrize("today", [date(2026, 3, 7), date(2026, 10, 24), date(2026, 10, 31)])
def test_a_change_of_the_clocks_does_not_bend_a_date(today: date) -> None:
    assert parse_date("tomorrow").on(today) == today + timedelta(days=1)
    assert parse_date("in 3 days").on(today) == today + timedelta(days=3)


WRITTEN = st.one_of(
    st.sampled_from(["today", "tonight", "tomorrow", *WEEKDAYS, *(f"next {day}" for day in WEEKDAYS)]),
    st.integers(0, 999).map(lambda days: f"in {days} days"),
    st.builds(lambda day, month: f"{day} {month}", st.integers(0, 40), st.sampled_from(MONTHS)),
    st.builds(lambda month, day, year: f"{month} {day} {year}", st.sampled_from(MONTHS), st.integers(0, 40), st.integers(2024, 2091)),
    st.dates(min_value=date(2023, 1, 1), max_value=date(2092, 1, 1)).map(date.isoformat),
    st.text(),
)  # fmt: skip


@given(today=DAYS, written=WRITTEN)
def test_a_date_is_refused_or_within_a_year_from_today(today: date, written: str) -> None:
    try:
        day = parse_date(written).on(today)
    except InvalidDate:
        return
    assert today <= day <= today + FARTHEST


@given(today=DAYS, day=DAYS)
def test_day_and_month_mean_that_day_and_month(today: date, day: date) -> None:
    try:
        found = parse_date(f"{day.day} {MONTHS[day.month - 1]}").on(today)
    except InvalidDate:
        return
    assert (found.day, found.month) == (day.day, day.month)
