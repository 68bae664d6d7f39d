"""When a saved flight's timetable is looked at, and what of it is news: by what its person was told."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.changes import End
from flait.core.flights import Airport, ScheduledFlight
from flait.core.messages import is_gsm_7, segments
from flait.core.subscriptions import ClockFace, Role
from flait.core.texts.formats import Reader
from flait.core.texts.timetable import timetable_text
from flait.core.timetable import News, believed, check_days, found, moved, news, next_check
from flait.core.told import Told, told
from flait.core.values import replace
from tests.core.flights_for_tests import EWR, IN, NOON, OUT, PIT, SFO, hours, minutes

DAY = timedelta(days=1)
OAK = Airport(code="KOAK", code_iata="OAK", timezone="America/Los_Angeles")
ROW = ScheduledFlight(ident="UAL1234", origin=SFO, destination=EWR, scheduled_out=OUT, scheduled_in=IN)
LEAVES = OUT + 60 * DAY
READER = Reader(ident="UA1234", now=NOON - 20 * DAY)
DAYS = (30, 14, 7, 3)


def by(span: timedelta, **fields: object) -> ScheduledFlight:
    shifted = replace(ROW, scheduled_out=OUT + span, scheduled_in=IN + span)
    return replace(shifted, **fields)  # type: ignore[arg-type]  # fields of a row


def known(**fields: object) -> Told:
    return believed(Told(**fields), ROW)  # type: ignore[arg-type]  # facts


# --- when ---------------------------------------------------------------------------------------------------------


def test_the_setting_is_read_farthest_first_and_nothing_is_never() -> None:
    assert (check_days("30,14,7,3"), check_days("3, 30"), check_days("")) == (DAYS, (30, 3), ())


@pytest.mark.parametrize(
    ("saved", "next_day"),
    [(60, 30), (31, 14), (29, 14), (20, 14), (15, 7), (13, 7), (8, 3), (6, 3), (2.5, None)],
)
def test_a_look_serves_for_the_day_that_follows_it_soon(saved: float, next_day: int | None) -> None:
    now = LEAVES - timedelta(days=saved)

    expected = LEAVES - timedelta(days=next_day) if next_day else None
    assert next_check(LEAVES, DAYS, now, now) == expected


@given(st.floats(min_value=0, max_value=90), st.sets(st.integers(3, 60), max_size=6))
def test_looks_go_forward_and_end(before: float, chosen: set[int]) -> None:
    days, now, looks = tuple(sorted(chosen, reverse=True)), LEAVES - timedelta(days=before), 0
    while at := next_check(LEAVES, days, now, now):
        assert now < at <= LEAVES - timedelta(days=3)
        now, looks = at, looks + 1
    assert looks <= len(days)


# --- which row ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([ROW], ROW),
        ([by(DAY)], None),
        ([by(-DAY), by(hours(2)), by(DAY)], by(hours(2))),
        ([by(-hours(12))], by(-hours(12))),
        ([by(hours(6))], by(hours(6))),
        ([by(hours(20))], None),
        ([by(timedelta(), destination=PIT)], by(timedelta(), destination=PIT)),
        ([by(timedelta(), destination=PIT), by(hours(3))], by(hours(3))),
        ([by(timedelta(), origin=OAK)], by(timedelta(), origin=OAK)),
        ([by(timedelta(), origin=PIT, destination=OAK)], None),
        ([], None),
    ],
)
def test_the_row_of_a_saved_flight(rows: list[ScheduledFlight], expected: ScheduledFlight | None) -> None:
    assert found(ROW, rows) == expected


# --- what is news ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told_before", "seen", "misses", "expected"),
    [
        (known(), ROW, 0, None),
        (known(), by(minutes(9)), 0, None),
        (known(), by(minutes(10)), 0, News.TIMES),
        (known(), by(-minutes(10)), 0, News.TIMES),
        (known(), by(timedelta(), scheduled_in=IN + minutes(10)), 0, News.TIMES),
        (known(), by(timedelta(), scheduled_in=None), 0, None),
        (known(departure=OUT + hours(1), arrival=IN + hours(1)), by(hours(1)), 0, None),
        (known(departure=OUT + hours(1), arrival=IN + hours(1)), ROW, 0, News.TIMES),
        (known(), by(timedelta(), destination=PIT), 0, News.ROUTE),
        (known(), by(timedelta(), origin=OAK), 0, News.ROUTE),
        (known(destination="PIT"), by(timedelta(), destination=PIT), 0, None),
        (known(), ROW, 1, None),
        (known(), ROW, 2, News.GONE),
        (known(unlisted="gone"), ROW, 3, None),
        (known(unlisted="gone"), ROW, 0, News.BACK),
        (known(unlisted=""), ROW, 0, None),
    ],
)
def test_what_a_timetable_says_that_is_new(
    told_before: Told, seen: ScheduledFlight, misses: int, expected: News | None
) -> None:
    assert news(told_before, seen, misses) is expected


def test_a_move_is_about_the_departure_where_that_moved_and_else_about_the_arrival() -> None:
    arrival_alone = by(timedelta(), scheduled_in=IN + minutes(20))

    assert moved(known(), by(hours(1))).end is End.DEPARTURE
    assert moved(known(), arrival_alone).end is End.ARRIVAL


SHIFTS = st.integers(-360, 360).map(minutes)


@given(SHIFTS, SHIFTS, st.sampled_from(Role))
def test_a_move_that_was_told_is_no_news_any_more(out: timedelta, lands: timedelta, role: Role) -> None:
    seen = replace(ROW, scheduled_out=OUT + out, scheduled_in=IN + lands)
    what = news(known(), seen, 0)

    if what:
        text = timetable_text(what, known(), seen, READER, role=role)
        assert news(believed(told([text.tells]), ROW), seen, 0) is None


# --- in words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "seen", "body"),
    [
        (
            News.TIMES,
            by(-minutes(145)),
            (
                "UA1234 Tue 25 Nov moved by the airline, 2h25 EARLIER: dep 14:10->11:45 PST, arr 20:06 EST. "
                "Check connections."
            ),
        ),
        (
            News.TIMES,
            by(hours(1)),
            "UA1234 Tue 25 Nov moved by the airline, 1h LATER: dep 14:10->15:10 PST, arr 23:31 EST. Check connections.",
        ),
        (
            News.ROUTE,
            by(hours(1), destination=PIT),
            (
                "UA1234 SFO-PIT Tue 25 Nov changed by the airline, was SFO-EWR: dep 14:10->15:10 PST, arr 23:31 EST. "
                "Check connections."
            ),
        ),
        (
            News.GONE,
            ROW,
            "UA1234 SFO-EWR Tue 25 Nov is not in the airline's timetable any more. Ask the airline; we keep looking.",
        ),
        (
            News.BACK,
            by(hours(1)),
            (
                "UA1234 SFO-EWR Tue 25 Nov is in the airline's timetable again: dep 14:10->15:10 PST, "
                "arr 22:31->23:31 EST. Check connections."
            ),
        ),
    ],
)
def test_what_people_read(what: News, seen: ScheduledFlight, body: str) -> None:
    assert timetable_text(what, known(), seen, READER, role=Role.TRAVELER).body == body


AIRPORTS = st.sampled_from([SFO, EWR, PIT, OAK, Airport(code="NZCI", timezone="Pacific/Chatham")])
MOMENTS = st.integers(-3000, 3000).map(minutes)
ROWS = st.builds(
    lambda origin, destination, out, block: ScheduledFlight(
        ident="ABC1234D",
        origin=origin,
        destination=destination,
        scheduled_out=OUT + out,
        scheduled_in=None if block is None else OUT + out + minutes(block),
    ),
    AIRPORTS,
    st.none() | AIRPORTS,
    MOMENTS,
    st.none() | st.integers(30, 1200),
)


@given(ROWS, ROWS, st.integers(0, 3), st.sampled_from(Role), st.sampled_from(ClockFace))
def test_whatever_is_told_is_one_cheap_segment_and_told_once(
    plan: ScheduledFlight, seen: ScheduledFlight, misses: int, role: Role, clock: ClockFace
) -> None:
    before = believed(Told(), plan)
    what = news(before, seen, misses)
    if what is None:
        return
    text = timetable_text(what, before, seen, Reader(ident="XYZ9876Q", now=OUT - 20 * DAY, clock=clock), role=role)

    assert is_gsm_7(text.body)
    assert segments(text.body) == 1
    assert news(believed(told([text.tells]), plan), seen, misses) is None


def test_what_is_back_and_elsewhere_is_told_with_its_route() -> None:
    text = timetable_text(News.BACK, known(unlisted="gone"), by(hours(1), destination=PIT), READER, role=Role.WATCHER)

    assert text.body.startswith("UA1234 SFO-PIT Tue 25 Nov is in the airline's timetable again: dep 14:10->15:10 PST")
    assert "22:31" not in text.body
