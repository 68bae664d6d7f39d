from datetime import datetime

import pytest
from hypothesis import given

from flait.core.changes import NEAR, Change, ChangeKind, Ear, End, changes, step, unreported
from flait.core.flights import Flight, Times
from flait.core.told import NONE, Told, tells, told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    CLE,
    F12,
    NOON,
    OUT,
    PIT,
    arriving,
    at_gate,
    diverted,
    hours,
    knowing,
    late,
    leaving,
    left_gate,
    minutes,
    planned,
    rescheduled,
    took_off,
    touched_down,
)
from tests.core.random_flights_for_tests import FLIGHTS

K = ChangeKind
FAR = OUT - hours(30)
NEARBY = OUT - hours(2)


def kinds(before: Flight, after: Flight, *, end: End = End.DEPARTURE, hours_before: float = 6) -> list[ChangeKind]:
    """What differs for somebody who was told all of `before`, so long before departure."""
    return [change.kind for change in changes(knowing(before), after, ear=Ear(end=end), now=OUT - hours(hours_before))]


def test_a_leaving_that_this_look_left_out_again_is_no_earlier_departure() -> None:
    gone = left_gate(at=OUT - minutes(44))
    assert kinds(F12, gone) == [K.EARLIER]
    assert kinds(F12, replace(gone, blank=(("out.actual", OUT),))) == []


@pytest.mark.parametrize(
    ("late_minutes", "until_hours", "expected_minutes"),
    [
        (0, 6, 15), (15, 6, 15), (59, 6, 15), (60, 6, 30), (179, 6, 30), (180, 6, 60), (1440, 6, 60),
        (-30, 6, 15), (0, 3, 10), (45, 3, 10), (200, 2, 10), (200, 3.01, 60), (0, -1, 10),
    ],
)  # fmt: skip
def test_how_far_a_time_must_move(late_minutes: float, until_hours: float, expected_minutes: float) -> None:
    assert step(minutes(late_minutes), hours(until_hours)) == minutes(expected_minutes)


@pytest.mark.parametrize(
    ("told_late", "now_late", "hours_before", "expected"),
    [
        # the first delay, at fifteen minutes
        (0, 14, 6, None), (0, 15, 6, K.DELAY_FIRST), (0, 15, 30, K.DELAY_FIRST), (0, 14, 2, None),
        (0, 15, 2, K.DELAY_FIRST), (0, 240, 6, K.DELAY_FIRST),
        (6, 15, 6, None), (5, 15, 6, K.DELAY_FIRST), (14, 23, 6, None), (14, 24, 6, K.DELAY_FIRST),
        # the next: 15 below an hour, 30 below three, 60 above, 10 near departure
        (15, 29, 6, None), (15, 30, 6, K.DELAY_MORE), (44, 58, 6, None), (44, 59, 6, K.DELAY_MORE),
        (45, 60, 6, None), (45, 74, 6, None), (45, 75, 6, K.DELAY_MORE),
        (120, 149, 6, None), (120, 150, 6, K.DELAY_MORE), (130, 180, 6, None), (120, 180, 6, K.DELAY_MORE),
        (200, 259, 6, None), (200, 260, 6, K.DELAY_MORE),
        (45, 54, 2, None), (45, 55, 2, K.DELAY_MORE), (45, 74, 3, K.DELAY_MORE),
        # less
        (45, 36, 6, None), (45, 35, 6, K.DELAY_LESS), (110, 20, 6, K.DELAY_LESS), (45, 35, 30, None),
        (45, 30, 30, K.DELAY_LESS), (20, 10, 6, K.DELAY_LESS), (20, 11, 6, None),
        # back on time, once, below ten
        (15, 10, 6, None), (15, 9, 6, K.ON_TIME), (45, 0, 6, K.ON_TIME), (45, -9, 6, K.ON_TIME), (45, 9, 30, K.ON_TIME),
        (9, 0, 6, None), (0, 9, 6, None), (0, -9, 6, None), (9, -9, 6, K.EARLIER),
        # told late below the first delay, yet sooner by ten: whoever goes by the old time misses it
        (14, 0, 6, K.ON_TIME), (10, 0, 6, K.ON_TIME), (14, 5, 6, None), (14, 0, 30, None), (14, -10, 6, K.EARLIER),
        # earlier
        (0, -10, 6, K.EARLIER), (0, -9, 2, None), (0, -10, 24, K.EARLIER), (0, -10, 24.1, None), (0, -10, 30, None), (0, -15, 30, K.EARLIER), (45, -10, 6, K.EARLIER),
        (-10, -19, 6, None), (-10, -20, 6, K.EARLIER), (-20, 0, 6, K.ON_TIME), (-10, 0, 6, K.ON_TIME), (-10, -1, 6, None), (-20, -12, 6, None),
    ],
)  # fmt: skip
def test_a_moved_departure(told_late: int, now_late: int, hours_before: float, expected: ChangeKind | None) -> None:
    before, after = leaving(minutes(told_late)), leaving(minutes(now_late))
    now = OUT + minutes(now_late) - hours(hours_before)

    found = changes(knowing(before), after, ear=Ear(), now=now)

    assert [change.kind for change in found] == ([expected] if expected else [])


def test_a_move_says_how_far_and_what_its_text_states() -> None:
    (change,) = changes(knowing(F12), late(minutes(45)), ear=Ear(), now=FAR)

    assert change == Change(
        kind=K.DELAY_FIRST, facts=("scheduled_out", "scheduled_in", "departure", "arrival"), moved=minutes(45)
    )


@pytest.mark.parametrize(
    ("delay", "told_late", "now_late", "expected"),
    [
        (60, 0, 59, []),
        (60, 0, 60, [K.DELAY_FIRST]),
        (5, 0, 9, []),  # never below ten minutes' move
        (5, 0, 10, [K.DELAY_FIRST]),
        (60, 50, 0, [K.ON_TIME]),
        (60, 50, 30, [K.DELAY_LESS]),
    ],
)
def test_the_first_delay_is_a_setting(delay: int, told_late: int, now_late: int, expected: list[ChangeKind]) -> None:
    before, after = leaving(minutes(told_late)), leaving(minutes(now_late))

    found = changes(knowing(before), after, ear=Ear(delay=minutes(delay)), now=OUT - hours(6))

    assert [change.kind for change in found] == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (F12, rescheduled(minutes(9)), []),
        (F12, rescheduled(minutes(10)), [K.SCHEDULE_CHANGE]),
        (F12, rescheduled(minutes(-145)), [K.SCHEDULE_CHANGE]),
        (F12, leaving(minutes(30), rescheduled(minutes(60))), [K.SCHEDULE_CHANGE]),
        (leaving(minutes(60)), rescheduled(minutes(60)), []),  # the airline makes the told delay its plan
        (leaving(minutes(60)), leaving(minutes(-1), rescheduled(minutes(60))), []),
        (leaving(minutes(60)), rescheduled(minutes(90)), [K.SCHEDULE_CHANGE]),
        (rescheduled(minutes(60)), F12, [K.SCHEDULE_CHANGE]),
    ],
)
def test_a_moved_schedule(before: Flight, after: Flight, expected: list[ChangeKind]) -> None:
    assert kinds(before, after) == expected


def test_slow_creeping_is_compared_with_what_was_told_and_not_with_the_poll_before() -> None:
    creeping = [kinds(F12, leaving(minutes(late_by))) for late_by in range(0, 16, 3)]

    assert creeping == [[]] * 5 + [[K.DELAY_FIRST]]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (leaving(minutes(90)), []),  # it makes up for it in the air
        (arriving(minutes(15)), [K.DELAY_FIRST]),
        (arriving(minutes(-10)), [K.EARLIER]),
        (took_off(arriving(minutes(20))), [K.DEPARTED, K.DELAY_FIRST]),
        (touched_down(arriving(minutes(20))), [K.LANDED]),
        (diverted(PIT), [K.DIVERTED, K.DEPARTED]),  # its arrival is told by the diversion
    ],
)
def test_who_waits_follows_the_arrival(after: Flight, expected: list[ChangeKind]) -> None:
    assert kinds(F12, after, end=End.ARRIVAL, hours_before=1) == expected


def test_the_departure_moves_to_no_later_once_it_has_left() -> None:
    assert kinds(F12, left_gate(leaving(minutes(40)))) == []  # who sits in it knows
    assert kinds(F12, took_off(leaving(minutes(40)))) == [K.DEPARTED]


GATELESS = planned(terminal_origin="3")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (GATELESS, F12, [K.GATE_FIRST]),
        (planned(), F12, [K.GATE_FIRST]),
        (planned(), GATELESS, [K.TERMINAL_FIRST]),
        (F12, replace(F12, gate_origin="C3"), [K.GATE_CHANGE]),
        (F12, replace(F12, gate_origin="C3", terminal_origin="1"), [K.GATE_CHANGE]),
        (F12, replace(F12, terminal_origin="1"), [K.TERMINAL_CHANGE]),
        (GATELESS, planned(terminal_origin="1"), [K.TERMINAL_CHANGE]),
        (F12, F12, []),
        (F12, planned(), [K.GATE_CHANGE]),  # taken back: observations fills a blank until it has lasted
        (F12, GATELESS, [K.GATE_CHANGE]),
        (F12, planned(gate_origin="F12"), [K.TERMINAL_CHANGE]),
        (F12, left_gate(replace(F12, gate_origin="C3")), []),  # nobody walks any more
        (F12, took_off(replace(F12, gate_origin="C3")), [K.DEPARTED]),
        (F12, replace(F12, gate_destination="C91", terminal_destination="C"), []),
    ],
)
def test_gate_and_terminal_are_one_walk(before: Flight, after: Flight, expected: list[ChangeKind]) -> None:
    assert kinds(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (F12, left_gate(), []),
        (F12, took_off(), [K.DEPARTED]),
        (took_off(), took_off(), []),
        (took_off(), touched_down(), [K.LANDED]),
        (F12, touched_down(), [K.LANDED]),
        (touched_down(), at_gate(), [K.ARRIVED]),
        (F12, at_gate(), [K.ARRIVED]),  # states skipped between two polls are one piece of news
        (at_gate(), touched_down(), []),
        (took_off(), F12, [K.WITHDRAWN]),  # what was told and is not so is taken back
        (touched_down(), took_off(), [K.WITHDRAWN]),
        (at_gate(), took_off(), [K.WITHDRAWN]),
        (left_gate(), F12, [K.WITHDRAWN]),
    ],
)
def test_only_the_last_phase_is_news_and_one_that_was_not_is_taken_back(
    before: Flight, after: Flight, expected: list[ChangeKind]
) -> None:
    assert kinds(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (F12, replace(F12, baggage_claim="6"), []),  # no belt before it is down
        (took_off(), took_off(replace(F12, baggage_claim="6")), []),
        (touched_down(), touched_down(replace(F12, baggage_claim="6")), [K.BELT]),
        (at_gate(replace(F12, baggage_claim="6")), at_gate(replace(F12, baggage_claim="4")), [K.BELT]),
        (at_gate(replace(F12, baggage_claim="6")), at_gate(), [K.BELT]),  # no longer shown
        (took_off(), at_gate(replace(F12, baggage_claim="6")), [K.ARRIVED, K.BELT]),
    ],
)
def test_belts(before: Flight, after: Flight, expected: list[ChangeKind]) -> None:
    assert kinds(before, after) == expected


CANCELLED = replace(F12, cancelled=True)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (F12, CANCELLED, [K.CANCELLED]),
        (F12, replace(late(minutes(90)), cancelled=True, gate_origin="C3"), [K.CANCELLED]),  # and nothing else
        (CANCELLED, CANCELLED, []),
        (CANCELLED, replace(late(minutes(90)), cancelled=True), []),
        (CANCELLED, F12, [K.REINSTATED]),
        (CANCELLED, replace(late(minutes(90)), gate_origin="C3"), [K.REINSTATED]),
        (CANCELLED, took_off(), [K.REINSTATED]),
        (took_off(), replace(took_off(), cancelled=True), []),  # in the air the flag means "no longer tracked"
    ],
)
def test_a_cancellation_silences_everything_else(before: Flight, after: Flight, expected: list[ChangeKind]) -> None:
    assert kinds(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (took_off(), diverted(None), [K.DIVERTED]),
        (took_off(), diverted(PIT), [K.DIVERTED]),
        (diverted(None), diverted(None), []),
        (diverted(None), diverted(PIT), [K.DIVERTED]),
        (diverted(PIT), diverted(None), []),  # where to is forgotten: no news
        (diverted(PIT), diverted(PIT), []),
        (diverted(PIT), diverted(CLE), [K.DIVERTED]),
        (diverted(PIT), took_off(), [K.UNDIVERTED]),
        (diverted(None), took_off(), [K.UNDIVERTED]),
        (diverted(PIT), touched_down(diverted(PIT)), [K.LANDED]),
        (took_off(), touched_down(diverted(PIT)), [K.DIVERTED, K.LANDED]),
        (touched_down(), at_gate(diverted(PIT)), [K.DIVERTED, K.ARRIVED]),
        (at_gate(), at_gate(diverted(PIT)), [K.DIVERTED]),  # noticed only after it was at a gate
    ],
)
def test_a_diversion_is_told_when_seen_and_when_its_airport_is(
    before: Flight, after: Flight, expected: list[ChangeKind]
) -> None:
    assert kinds(before, after) == expected


def test_the_most_important_comes_first() -> None:
    after = replace(late(minutes(45)), gate_origin="C3")

    assert kinds(planned(), after) == [K.DELAY_FIRST, K.GATE_FIRST]
    assert kinds(took_off(), touched_down(replace(diverted(PIT), baggage_claim="6"))) == [K.DIVERTED, K.LANDED, K.BELT]


def test_what_was_never_told_cannot_have_moved() -> None:
    assert changes(Told(), late(minutes(90), planned()), ear=Ear(), now=FAR) == ()
    assert kinds(F12, replace(F12, out=Times(), off=Times())) == []


def said(flight: Flight, change: Change, now: datetime) -> dict[str, str | bool]:
    """What a text about the change tells when nothing of it is left out: each of its facts, or that there is none."""
    facts = dict.fromkeys(change.facts, NONE) | tells(flight, change.facts)
    return facts | ({"stale": unreported(flight, now)} if "stale" in change.facts else {})


@given(before=FLIGHTS, after=FLIGHTS)
def test_nothing_is_news_to_whom_it_was_told(before: Flight, after: Flight) -> None:
    for end in End:
        for now in (FAR, NEARBY, NOON, OUT + NEAR):
            found = changes(knowing(before), after, ear=Ear(end=end), now=now)
            heard = told([tells(before), *(said(after, change, now) for change in found)])
            again = {change.kind for change in changes(heard, after, ear=Ear(end=end), now=now)}
            assert not again & {change.kind for change in found}
