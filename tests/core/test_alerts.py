from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from flait.core.alerts import Decision, decide
from flait.core.changes import ChangeKind
from flait.core.flights import Flight
from flait.core.holds import (
    CAPS,
    CONFIRM_BIG,
    CONFIRM_SMALL,
    COOLDOWN,
    P0_KINDS,
    SOONER_THAN_TOLD,
    TURNS,
    PastText,
    Reach,
)
from flait.core.priorities import RULES, Priority
from flait.core.subscriptions import Role
from flait.core.told import Told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    NOON,
    OFF,
    ON,
    OUT,
    PIT,
    Listener,
    arriving,
    at_gate,
    diverted,
    hours,
    knowing,
    late,
    leaving,
    minutes,
    planned,
    rescheduled,
    took_off,
    touched_down,
)

K = ChangeKind
TRAVELER, MEETER, WATCHER = Role
CANCELLED = replace(F12, cancelled=True)
C3 = replace(F12, gate_origin="C3")
C91 = replace(F12, gate_destination="C91", terminal_destination="C")
B7 = replace(F12, gate_origin="B7")


def decided(
    known: Flight,
    after: Flight,
    *,
    before: Flight | None = None,
    role: Role = TRAVELER,
    now: datetime = NOON,
    past: Sequence[PastText] = (),
) -> Decision:
    """What somebody who knows all of `known` is to be told; two polls agree unless `before` says otherwise."""
    return decide(knowing(known), past, role=role, before=before or after, after=after, now=now)


def told_kinds(decision: Decision) -> list[ChangeKind]:
    return [change.kind for change in decision.alert.changes] if decision.alert else []


def held_kinds(decision: Decision) -> list[ChangeKind]:
    return [kind for kind, _ in decision.held]


GOES, WAITS, MINDS, EVERYBODY = {TRAVELER}, {MEETER}, {TRAVELER, MEETER}, set(Role)


@pytest.mark.parametrize(
    ("known", "after", "hears"),
    [
        (F12, CANCELLED, EVERYBODY),
        (CANCELLED, F12, EVERYBODY),
        (took_off(), diverted(None), EVERYBODY),
        (F12, took_off(), {MEETER, WATCHER}),  # the traveller sits in it
        (took_off(), touched_down(), {MEETER, WATCHER}),
        (took_off(), touched_down(C91), {MEETER, WATCHER}),
        (took_off(), touched_down(replace(C91, baggage_claim="6")), EVERYBODY),  # the traveller hears of a belt
        (took_off(C91), touched_down(C91), {MEETER, WATCHER}),
        (took_off(), at_gate(), {MEETER, WATCHER}),
        (took_off(), touched_down(diverted(PIT)), EVERYBODY),
        (touched_down(), at_gate(), set()),  # it is down, and that was told
        (touched_down(), at_gate(C91), WAITS),  # only those at the exit need the gate as well
        (touched_down(C91), at_gate(C91), set()),
        (F12, late(minutes(45)), MINDS),
        (F12, late(minutes(59)), MINDS),
        (F12, late(minutes(60)), EVERYBODY),  # an hour is worth a watcher's while
        (late(minutes(60)), late(minutes(119)), MINDS),
        (late(minutes(60)), late(minutes(120)), EVERYBODY),
        (took_off(), took_off(arriving(minutes(29))), WAITS),
        (took_off(), took_off(arriving(minutes(30))), {MEETER, WATCHER}),  # whoever is on board hears nothing of it
        (F12, leaving(minutes(45)), GOES),
        (F12, arriving(minutes(45)), WAITS),
        (F12, leaving(minutes(-15)), GOES),
        (F12, rescheduled(minutes(60)), EVERYBODY),
        (late(minutes(45)), late(minutes(90)), MINDS),
        (late(minutes(90)), late(minutes(45)), MINDS),
        (late(minutes(45)), F12, MINDS),
        (F12, C3, GOES),
        (planned(), F12, GOES),
        (F12, replace(F12, terminal_origin="1"), GOES),
        (planned(), planned(terminal_origin="3"), GOES),
        (at_gate(), at_gate(replace(F12, baggage_claim="6")), GOES),
        (at_gate(replace(F12, baggage_claim="4")), at_gate(replace(F12, baggage_claim="6")), MINDS),
    ],
)
def test_who_hears_of_what(known: Flight, after: Flight, hears: set[Role]) -> None:
    now = after.in_.actual or after.on.actual or after.off.actual or NOON

    assert {role for role in Role if decided(known, after, role=role, now=now).alert} == hears


def test_every_kind_has_its_rule() -> None:
    assert set(RULES) == set(ChangeKind)
    assert all(hearers and useful_for > timedelta() for _, hearers, useful_for in RULES.values())


@pytest.mark.parametrize(
    ("known", "after", "look_again"),
    [
        (F12, leaving(minutes(20)), CONFIRM_SMALL),
        (F12, leaving(minutes(29)), CONFIRM_SMALL),
        (F12, leaving(minutes(30)), CONFIRM_BIG),
        (F12, leaving(minutes(-12)), CONFIRM_SMALL),
        (F12, rescheduled(minutes(20)), CONFIRM_SMALL),
        (F12, rescheduled(minutes(-60)), CONFIRM_BIG),
        (leaving(minutes(50)), leaving(minutes(20)), CONFIRM_BIG),
        (F12, CANCELLED, CONFIRM_BIG),
        (CANCELLED, F12, CONFIRM_BIG),
        (took_off(), diverted(None), CONFIRM_BIG),
        (took_off(), diverted(PIT), CONFIRM_BIG),
        (diverted(PIT), took_off(), CONFIRM_BIG),
        (F12, replace(F12, destination=PIT), CONFIRM_BIG),
    ],
)
def test_one_poll_alone_is_read_again_before_anyone_is_told(
    known: Flight, after: Flight, look_again: timedelta
) -> None:
    once = decided(known, after, before=known)
    twice = decided(known, after)

    assert (once.alert, once.look_again) == (None, look_again)
    assert twice.alert is not None
    assert twice.look_again is None


def test_big_means_a_minute_and_small_five() -> None:
    assert (timedelta(seconds=60), timedelta(minutes=5)) == (CONFIRM_BIG, CONFIRM_SMALL)


@pytest.mark.parametrize("flash", [leaving(minutes(20)), late(minutes(200)), CANCELLED, leaving(minutes(-20))])
def test_what_the_next_poll_takes_back_was_never_said(flash: Flight) -> None:
    as_planned = late(minutes(0))
    ana = Listener().subscribed(as_planned, NOON)

    ana.polled(flash, NOON + minutes(1))
    ana.polled(as_planned, NOON + minutes(2))
    ana.polled(as_planned, NOON + minutes(3))

    assert ana.alerts == []


def test_two_polls_agree_on_the_direction_and_the_newest_time_is_told() -> None:
    ana = Listener().subscribed(F12, NOON)
    ana.polled(leaving(minutes(40)), NOON + minutes(1))

    heard = ana.polled(leaving(minutes(55)), NOON + minutes(2))

    assert heard
    assert "dep 14:10->15:05 PST" in heard.body


def test_a_delay_cut_short_confirms_that_it_is_gone() -> None:
    less = decided(late(minutes(50)), leaving(minutes(20)), before=F12)
    assert told_kinds(less) == [K.DELAY_LESS]
    assert told_kinds(decided(late(minutes(50)), F12, before=leaving(minutes(20)))) == [K.ON_TIME]


@pytest.mark.parametrize(("delay", "heard"), [(minutes(15), True), (minutes(30), False)])
def test_the_first_delay_is_told_from_what_was_set(delay: timedelta, heard: bool) -> None:
    flight = leaving(minutes(20))
    decision = decide(knowing(F12), (), role=TRAVELER, before=flight, after=flight, now=NOON, delay=delay)
    assert bool(decision.alert) is heard


def test_the_second_look_is_judged_by_what_was_set_too() -> None:
    sooner = decide(
        knowing(F12), (), role=TRAVELER, before=leaving(minutes(12)), after=leaving(minutes(20)), now=NOON,
        delay=minutes(10),
    )  # fmt: skip
    assert told_kinds(sooner) == [K.DELAY_FIRST]


def test_later_does_not_confirm_earlier() -> None:
    assert decided(F12, leaving(minutes(-20)), before=leaving(minutes(20))).alert is None


@pytest.mark.parametrize(
    ("known", "after", "expected", "useful"),
    [
        (F12, CANCELLED, Priority.P0, hours(6)),
        (F12, leaving(minutes(-20)), Priority.P0, hours(1)),
        (F12, leaving(minutes(45)), Priority.P1, hours(1)),
        (planned(), F12, Priority.P2, minutes(30)),
        (planned(), late(minutes(45)), Priority.P1, hours(1)),  # together with the gate: the greater of both
        (at_gate(), at_gate(replace(F12, baggage_claim="6")), Priority.P3, minutes(45)),
        (leaving(hours(3)), F12, Priority.P0, hours(1)),  # whoever acts on what was told misses it
        (leaving(minutes(60)), leaving(minutes(50)), Priority.P0, hours(1)),
        (F12, rescheduled(minutes(-20)), Priority.P0, hours(6)),
    ],
)
def test_how_urgent_and_how_long_of_use(known: Flight, after: Flight, expected: Priority, useful: timedelta) -> None:
    alert = decided(known, after).alert

    assert alert
    assert (alert.priority, alert.expires_at) == (expected, NOON + useful)


def test_everything_one_poll_shows_is_one_text() -> None:
    decision = decided(planned(), replace(late(minutes(45)), gate_origin="C3"))

    assert told_kinds(decision) == [K.DELAY_FIRST, K.GATE_FIRST]


def test_lesser_news_waits_the_minute_in_which_something_big_is_confirmed() -> None:
    after = late(minutes(45), planned(gate_origin="F12"))

    once = decided(planned(), after, before=planned(gate_origin="F12"))
    twice = decided(planned(), after)

    assert (told_kinds(once), held_kinds(once), once.look_again) == ([], [K.DELAY_FIRST], CONFIRM_BIG)
    assert told_kinds(twice) == [K.DELAY_FIRST, K.GATE_FIRST]


def test_critical_news_too_waits_the_minute_after_which_its_other_words_are_sure() -> None:
    after = replace(late(minutes(45)), gate_origin="C3")

    decision = decided(F12, after, before=F12, now=OUT - minutes(30))

    assert told_kinds(decision) == []
    assert decision.look_again == CONFIRM_BIG
    assert told_kinds(decided(F12, after, before=after, now=OUT - minutes(29))) == [K.DELAY_FIRST, K.GATE_CHANGE]


def test_a_small_move_does_not_hold_back_a_gate() -> None:
    after = leaving(minutes(20), C3)

    decision = decided(F12, after, before=F12, now=OUT - hours(2))

    assert told_kinds(decision) == [K.GATE_CHANGE]
    assert decision.look_again == CONFIRM_SMALL


def past(kind: ChangeKind, minutes_ago: float, gate: str | None = None) -> PastText:
    return PastText(at=NOON - minutes(minutes_ago), kind=kind.value, gate_origin=gate)


@pytest.mark.parametrize(
    ("known", "after", "before_it", "waits"),
    [
        (F12, C3, past(K.GATE_CHANGE, 9), minutes(1)),
        (F12, C3, past(K.GATE_FIRST, 4), minutes(6)),
        (F12, C3, past(K.GATE_CHANGE, 10), None),
        (F12, C3, past(K.DELAY_FIRST, 1), None),  # another matter
        (late(minutes(45)), late(minutes(90)), past(K.DELAY_FIRST, 14), minutes(1)),
        (late(minutes(45)), late(minutes(90)), past(K.DELAY_FIRST, 15), None),
        (late(minutes(45)), late(minutes(20)), past(K.DELAY_FIRST, 5), None),  # sooner than told is critical
        (late(minutes(45)), leaving(minutes(-15)), past(K.DELAY_FIRST, 5), None),  # earlier is critical
        (late(minutes(45)), CANCELLED, past(K.DELAY_FIRST, 1), None),
        (late(minutes(45)), took_off(late(minutes(45))), past(K.DELAY_FIRST, 1), None),
    ],
)
def test_after_a_text_the_next_about_the_same_matter_waits(
    known: Flight, after: Flight, before_it: PastText, waits: timedelta | None
) -> None:
    role = WATCHER if after.off.actual else TRAVELER
    decision = decided(known, after, past=[before_it], role=role)

    assert (decision.alert is None) is (waits is not None)
    assert decision.look_again is None
    assert decision.moment == (waits and NOON + waits)


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        ([past(K.GATE_CHANGE, 50), past(K.DELAY_MORE, 40), past(K.LANDED, 30)], True),
        ([past(K.GATE_CHANGE, 50), past(K.DELAY_MORE, 40), past(K.LANDED, 30), past(K.BELT, 29)], False),
        ([past(K.GATE_CHANGE, 60), past(K.DELAY_MORE, 40), past(K.LANDED, 30), past(K.BELT, 29)], True),
        ([past(K.DELAY_MORE, 65 + 80 * index) for index in range(11)], True),
        ([past(K.DELAY_MORE, 65 + 80 * index) for index in range(12)], False),
        ([past(K.DELAY_MORE, 24 * 60 + index) for index in range(12)], True),
        ([replace(past(K.BELT, 5), kind="tracked")] * 4, True),  # an answer to a person is no alert
    ],
)
def test_four_texts_an_hour_and_twelve_a_day(texts: list[PastText], told: bool) -> None:
    decision = decided(F12, leaving(minutes(45)), past=texts)

    assert bool(decision.alert) is told
    assert bool(decision.held) is not told


def test_no_cap_holds_back_a_cancellation() -> None:
    many = [past(K.DELAY_MORE, 20 + index) for index in range(20)]

    assert told_kinds(decided(F12, CANCELLED, past=many)) == [K.CANCELLED]


def test_what_was_over_the_cap_is_told_later_with_the_facts_of_then() -> None:
    ana = Listener().subscribed(F12, NOON)
    ana.texts += [replace(ana.texts[0], kind=K.BELT.value, tells={}) for _ in range(CAPS[0][1])]
    ana.polled(late(minutes(45)), NOON + minutes(1))
    assert ana.polled(late(minutes(45)), NOON + minutes(2)) is None

    heard = ana.polled(late(minutes(75)), NOON + minutes(61))

    assert heard
    assert "dep 14:10->15:25 PST" in heard.body


@pytest.mark.parametrize(
    ("after", "happened", "kind"),
    [(took_off(), OFF, K.DEPARTED), (touched_down(), ON, K.LANDED), (at_gate(), IN, K.ARRIVED)],
)
@pytest.mark.parametrize("ago", [hours(0), hours(2.01), hours(5)])
def test_how_far_it_has_come_is_never_too_old_to_tell(
    after: Flight, happened: datetime, kind: ChangeKind, ago: timedelta
) -> None:
    assert told_kinds(decided(F12, after, role=MEETER, now=happened + ago)) == [kind]


def test_states_skipped_between_two_polls_are_one_text() -> None:
    ben = Listener(role=MEETER).subscribed(F12, NOON)

    ben.polled(at_gate(), IN + minutes(1))

    assert [text.kind for text in ben.alerts] == [K.ARRIVED]
    assert ben.polled(at_gate(), IN + minutes(10)) is None


def test_a_diversion_is_told_once_without_and_once_with_its_airport() -> None:
    ben = Listener(role=MEETER).subscribed(took_off(), OFF)
    start = OFF + hours(3)
    for index, shown in enumerate([diverted(None)] * 4 + [diverted(PIT)] * 4 + [diverted(None)] * 2):
        ben.polled(shown, start + minutes(index))

    assert [text.kind for text in ben.alerts] == [K.DIVERTED, K.DIVERTED]
    assert "not known yet" in ben.alerts[0].body
    assert "PIT" in ben.alerts[1].body


def test_a_cancellation_and_its_end_are_each_told_once() -> None:
    ana = Listener().subscribed(F12, NOON)
    for index, shown in enumerate([CANCELLED] * 4 + [late(minutes(60))] * 4):
        ana.polled(shown, NOON + minutes(index))

    assert [text.kind for text in ana.alerts] == [K.CANCELLED, K.REINSTATED]
    assert "15:10 PST" in ana.alerts[1].body


def test_a_flight_that_was_called_cancelled_and_flew_is_on_again_and_in_the_air() -> None:
    ben = Listener(role=MEETER).subscribed(CANCELLED, NOON)
    for index in range(4):
        ben.polled(took_off(), OFF + minutes(index))

    assert [text.kind for text in ben.alerts] == [K.REINSTATED]
    assert "not cancelled: in the air since 14:25 PST" in ben.alerts[0].body


def test_a_delay_is_told_to_whom_the_confirmation_never_reached() -> None:
    for role, flight in ((TRAVELER, leaving(minutes(90))), (MEETER, arriving(minutes(90)))):
        decision = decide(Told(), (), role=role, before=flight, after=flight, now=NOON)

        assert decision.alert
        assert K.DELAY_FIRST in {change.kind for change in decision.alert.changes}


def test_the_journal_learns_why_something_waits() -> None:
    assert [why for _, why in decided(F12, late(minutes(45)), before=F12).held] == ["waits for a second poll to agree"]
    (gate_hold,) = decided(planned(), F12, now=OUT - hours(5)).held
    assert gate_hold == (K.GATE_FIRST, "gate news is told from 3 h before departure")
    cooling = decided(F12, C3, past=[past(K.GATE_FIRST, 1)])
    assert [why for _, why in cooling.held] == ["told less than 10 min ago"]
    turning = decided(CANCELLED, F12, past=turned(K.CANCELLED, 9, 2) + turned(K.REINSTATED, 5))
    assert [why for _, why in turning.held] == ["changed 3 times within a day: told once it has rested 15 min"]


def test_cooldowns_are_for_gates_for_moves_for_connections_and_for_a_late_plane() -> None:
    assert [rest for _, rest in COOLDOWN] == [minutes(10), minutes(15), minutes(20), minutes(30)]


# --- P0 that does not stand still ----------------------------------------------------------------------------------


def turned(kind: ChangeKind, *minutes_ago: float) -> list[PastText]:
    return [replace(past(kind, ago), urgent=True) for ago in sorted(minutes_ago, reverse=True)]


@pytest.mark.parametrize(
    ("known", "after", "texts", "waits"),
    [
        (F12, CANCELLED, turned(K.CANCELLED, 5) + turned(K.REINSTATED, 2), None),
        (CANCELLED, F12, turned(K.CANCELLED, 9, 2) + turned(K.REINSTATED, 5), minutes(13)),
        (CANCELLED, F12, turned(K.CANCELLED, 60, 15) + turned(K.REINSTATED, 30), None),
        (F12, CANCELLED, turned(K.CANCELLED, *range(90, 60, -5)), None),  # six, and an hour ago
        (F12, CANCELLED, turned(K.CANCELLED, *range(30, 0, -5)), minutes(25)),
        (F12, CANCELLED, turned(K.CANCELLED, *range(45, 0, -5)), minutes(55)),
        (F12, CANCELLED, turned(K.CANCELLED, *range(100, 0, -5)), minutes(115)),  # two hours are the longest
        (F12, CANCELLED, turned(K.CANCELLED, *range(24 * 60, 25 * 60)), None),  # yesterday's
        (F12, CANCELLED, turned(K.GATE_CHANGE, 9, 6, 3, 1), None),  # another matter
        (F12, CANCELLED, turned(K.GATE_CHANGE, 9, 6, 3, 1) + turned(K.DIVERTED, 8, 5), minutes(14)),  # and six in all
        (F12, leaving(minutes(-15)), turned(K.EARLIER, 9, 6), None),
        (F12, leaving(minutes(-15)), turned(K.EARLIER, 9, 6, 3), minutes(12)),
        (took_off(), diverted(), turned(K.DIVERTED, 9, 6, 3), minutes(12)),
    ],
)
def test_critical_news_that_keeps_turning_round_must_rest_ever_longer(
    known: Flight, after: Flight, texts: list[PastText], waits: timedelta | None
) -> None:
    decision = decided(known, after, past=texts, role=WATCHER if after.off.actual else TRAVELER)

    assert (decision.alert is None) is (waits is not None)
    assert decision.look_again is None
    assert decision.moment == (waits and NOON + waits)


def test_a_fifth_gate_near_departure_must_rest_too() -> None:
    texts = [
        PastText(at=OUT - minutes(60 - index), kind=K.GATE_CHANGE, gate_origin=f"A{index}", urgent=True)
        for index in range(5)
    ]

    four = decided(F12, C3, past=texts[:3], now=OUT - minutes(50))
    five = decided(F12, C3, past=texts[:4], now=OUT - minutes(50))

    assert told_kinds(four) == [K.GATE_CHANGE]
    assert (five.alert, five.look_again, five.moment) == (None, None, OUT - minutes(42))


def test_gates_that_came_in_texts_about_a_delay_must_rest_too() -> None:
    """Else a gate that changes with each new time would be told without end: 73 texts in a day, by a trial."""
    texts = [
        PastText(at=OUT - minutes(60 - index), kind=K.DELAY_MORE, gate_origin=f"A{index}", urgent=True)
        for index in range(6)
    ]

    few = decided(F12, C3, past=texts[:5], now=OUT - minutes(50))
    many = decided(F12, C3, past=texts, now=OUT - minutes(50))

    assert told_kinds(few) == [K.GATE_CHANGE]
    assert many.alert is None
    assert many.moment == texts[-1].at + minutes(15)


def test_every_kind_that_can_be_critical_has_its_turns() -> None:
    critical = {kind for kind, (level, *_) in RULES.items() if level is Priority.P0} | {
        K.GATE_CHANGE,
        K.TERMINAL_CHANGE,
    }

    assert critical | SOONER_THAN_TOLD == P0_KINDS
    assert {kind for kinds, _ in TURNS[:-1] for kind in kinds} & P0_KINDS == P0_KINDS


def test_critical_texts_do_not_use_up_the_day_of_others() -> None:
    gates = turned(K.GATE_CHANGE, *range(70, 200, 5))
    delays = [past(K.DELAY_MORE, 65 + 80 * index) for index in range(11)]

    assert told_kinds(decided(F12, leaving(minutes(45)), past=[*delays, *gates])) == [K.DELAY_FIRST]


def test_a_text_that_never_arrived_counts_towards_the_caps_and_cools_nothing() -> None:
    lost = [replace(past(K.GATE_CHANGE, ago), reach=Reach.LOST) for ago in (21, 22, 23)]
    there = replace(past(K.BELT, 20), reach=Reach.ARRIVED)

    assert told_kinds(decided(F12, C3, past=[*lost[:2], there], now=NOON)) == [K.GATE_CHANGE]
    assert decided(F12, C3, past=[*lost, there], now=NOON).alert is None


@pytest.mark.parametrize(
    ("reaches", "since", "waits"),
    [
        ((Reach.LOST,), 0, None),
        ((Reach.LOST, Reach.LOST), 14, 1),
        ((Reach.LOST, Reach.LOST), 15, None),
        ((Reach.LOST, Reach.UNDER_WAY, Reach.LOST), 14, 1),
        ((Reach.LOST, Reach.ARRIVED, Reach.LOST), 1, None),
        ((Reach.LOST, Reach.LOST, Reach.ARRIVED), 1, None),
        ((Reach.LOST,) * 3, 29, 1),
        ((Reach.LOST,) * 4, 59, 1),
        ((Reach.LOST,) * 9, 59, 1),
        ((Reach.LOST,) * 9, 60, None),
    ],
)
def test_news_that_was_lost_is_told_again_ever_more_seldom_and_never_given_up(
    reaches: Sequence[Reach], since: int, waits: int | None
) -> None:
    texts = [replace(past(K.BELT, since), reach=reach) for reach in reaches]

    decision = decided(F12, CANCELLED, past=texts, before=CANCELLED, now=NOON)

    assert told_kinds(decision) == ([K.CANCELLED] if waits is None else [])
    assert decision.moment == (None if waits is None else NOON + minutes(waits))


def test_when_it_arrives_is_no_news_while_nobody_knows_where() -> None:
    somewhere = replace(late(minutes(45)), destination=None)
    assert decided(replace(F12, destination=None), somewhere, role=Role.MEETER).alert is None
    assert told_kinds(decided(replace(F12, destination=None), late(minutes(45)), role=Role.MEETER)) == [K.DELAY_FIRST]


def test_a_text_from_the_future_holds_nothing() -> None:
    ahead = [past(K.GATE_CHANGE, -minutes_ahead) for minutes_ahead in range(5, 60, 5)]

    assert told_kinds(decided(F12, C3, past=ahead)) == [K.GATE_CHANGE]
