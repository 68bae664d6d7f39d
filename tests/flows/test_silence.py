"""Silence is said, once, to those who act on every word; and once that it is over."""

import pytest

from flait.core.messages import MessageKind
from flait.core.subscriptions import Role
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlightSourceError, Refused
from tests.core.flights_for_tests import (
    F12,
    NOON,
    OFF,
    ON,
    OUT,
    arriving,
    hours,
    late,
    left_gate,
    minutes,
    took_off,
    touched_down,
)
from tests.flows.life import Shown, bodies, play, steps
from tests.flows.world import World

TRAVELER, MEETER, WATCHER = Role
NO_WORD: list[Shown] = [
    BudgetExhausted("the AeroAPI budget is spent"),
    Refused("AeroAPI refuses the key"),
    FlightSourceError("AeroAPI did not answer"),
    [],
]


@pytest.mark.parametrize("lost", NO_WORD, ids=["budget", "key", "down", "lost"])
@pytest.mark.parametrize("role", Role)
def test_before_departure_people_are_told_once_that_there_is_no_word(world: World, role: Role, lost: Shown) -> None:
    """From 12:40 on; the last word is of a quarter past twelve or later."""
    world.follow(F12, 0, role=role)
    texts = play(world, steps((NOON, [F12]), (NOON + minutes(30), lost)), until=OUT + hours(1))

    assert [text.kind for text in texts] == ["stale"]
    seen_at = world.flight().last_polled_at
    assert seen_at
    assert texts[0].body.startswith(f"No word on UA1234 since 12:{seen_at.minute:02} PST. Last: dep 14:10 PST")
    assert minutes(45) <= texts[0].created_at - seen_at <= minutes(61)


@pytest.mark.parametrize("lost", NO_WORD, ids=["budget", "key", "down", "lost"])
def test_it_is_told_once_that_there_is_word_again(world: World, lost: Shown) -> None:
    world.follow(F12, 0)
    life = steps((NOON, [F12]), (NOON + minutes(10), lost), (OUT - minutes(15), [F12]))
    texts = play(world, life, until=OUT + minutes(60))

    assert [text.kind for text in texts] == ["stale", "fresh"]
    assert "Fresh word on UA1234: dep 14:10 PST" in texts[1].body


def test_news_says_that_there_is_word_again(world: World) -> None:
    world.follow(F12, 0)
    delayed = late(minutes(60))
    life = steps((NOON, [F12]), (NOON + minutes(10), NO_WORD[2]), (OUT - minutes(15), [delayed]))
    texts = play(world, life, until=OUT + minutes(30))

    assert [text.kind for text in texts] == ["stale", "delay_first"]


def test_who_follows_it_and_is_never_shown_it_again_is_told(world: World) -> None:
    """The confirmation is the last word."""
    world.follow(F12, 0)
    texts = play(world, steps((NOON, NO_WORD[2])), until=OUT)
    assert [text.kind for text in texts] == ["stale"]
    assert "since 12:10 PST" in texts[0].body


def test_a_long_time_before_departure_nobody_is_told(world: World) -> None:
    world.clock.moment = NOON - hours(10)
    world.follow(F12, 0)
    texts = play(world, steps((NOON - hours(10), NO_WORD[2])), until=OUT - hours(3.1))
    assert texts == []


@pytest.mark.parametrize("role", Role)
def test_in_the_air_silence_is_told_too(world: World, role: Role) -> None:
    world.follow(F12, 0, role=role)
    life = steps((NOON, [F12]), (OFF, [took_off()]), (OFF + hours(2), NO_WORD[2]), (ON, [touched_down()]))
    texts = play(world, life)
    kinds = [text.kind for text in texts]
    assert kinds.count(MessageKind.STALE) == 1
    assert kinds[-1] in ("landed", "fresh")
    assert "landed EWR 22:23 EST" in texts[-1].body


def test_an_hour_on_the_taxiway_is_told_to_whom_does_not_sit_in_it(world: World) -> None:
    world.follow(F12, 0)
    world.subscribe(1, role=MEETER)
    world.subscribe(2, role=WATCHER)
    world.deliver()
    left = OUT - minutes(4)
    life = steps((NOON, [F12]), (left, [left_gate(F12, left)]), (OUT + minutes(80), [took_off(left_gate(F12, left), OUT + minutes(80))]))  # fmt: skip
    texts = play(world, life, until=OUT + minutes(75))
    assert bodies(texts, 0) == []
    for number in (1, 2):
        assert bodies(texts, number) == ["UA1234 left the gate SFO 14:06 PST, not taken off yet."]
        (text,) = (text for text in texts if text.to.endswith(f"0{number}"))
        assert minutes(60) <= text.created_at - left <= minutes(71)


@pytest.mark.parametrize("role", Role)
def test_a_flight_that_nobody_reports_leaving_is_told_of(world: World, role: Role) -> None:
    world.follow(F12, 0, role=role)
    texts = play(world, steps((NOON, [F12])), until=OUT + hours(10))
    assert [text.kind for text in texts] == ["stale"]
    assert texts[0].body.startswith("No report that UA1234 has left SFO: dep 14:10 PST was the last word.")
    assert hours(2) <= texts[0].created_at - OUT <= hours(2.3)


@pytest.mark.parametrize("role", Role)
def test_a_flight_that_nobody_reports_landing_is_told_of(world: World, role: Role) -> None:
    world.follow(F12, 0, role=role)
    texts = play(world, steps((NOON, [F12]), (OFF, [took_off()])), until=ON + hours(10))
    assert [text.kind for text in texts][-1] == "stale"
    assert texts[-1].body.startswith("No report that UA1234 has landed: arr 22:31 EST")
    assert [text.kind for text in texts].count(MessageKind.STALE) == 1


def test_a_watcher_hears_of_an_hours_delay_before_take_off(world: World) -> None:
    world.follow(F12, 0, role=WATCHER)
    life = steps((NOON, [F12]), (NOON + minutes(20), [late(minutes(55))]), (NOON + minutes(50), [late(minutes(65))]))
    texts = play(world, life, until=OUT)
    assert [text.kind for text in texts] == ["delay_first"]
    assert "dep 14:10->15:15 PST" in texts[0].body


def test_a_landing_three_hours_ago_is_told_to_who_believes_it_in_the_air(world: World) -> None:
    world.follow(F12, 0, role=MEETER)
    life = steps((NOON, [F12]), (OFF, [took_off()]), (OFF + hours(1), NO_WORD[2]), (ON + hours(3), [touched_down()]))
    texts = play(world, life)
    assert "landed EWR 22:23 EST" in bodies(texts)[-1]


# --- take-off ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [MEETER, WATCHER])
def test_a_take_off_two_hours_late_tells_no_landing_from_before_it_and_the_next_look_does(
    world: World, role: Role
) -> None:
    """It took off at 16:23, 1 h 58 late, and AeroAPI's landing is still the scheduled one."""
    world.follow(F12, 0, role=role)
    off = OFF + minutes(118)
    gone = left_gate(late(minutes(110)), OUT + minutes(110))
    stale = took_off(replace(gone, on=F12.on, in_=F12.in_), off)
    truth = took_off(arriving(minutes(115), gone), off)
    before = steps((NOON, [F12]), (NOON + minutes(20), [late(minutes(30))]), (off, [stale]))
    play(world, before, until=off)
    departs_at = world.due()
    texts = play(world, steps((off, [stale]), (departs_at + minutes(2), [truth])), until=off + minutes(60))

    (departed,) = (text for text in texts if text.kind == "departed")
    assert "took off SFO 16:23 PST" in departed.body
    assert "late" not in departed.body.replace("later", "")
    assert not [time for time in ("22:31", "23:01", "22:23") if time in departed.body]
    after = [text for text in texts if text.created_at > departed.created_at]
    assert [text.created_at - departed.created_at <= minutes(15) for text in after] == [True]
    assert "00:26 EST Wed" in after[0].body


def test_lateness_is_against_the_schedule_that_was_told(world: World) -> None:
    """Told dep 14:10 (the gate's), then took off at 14:26: no minute late; landed before its told time: not early."""
    world.follow(F12, 0, role=MEETER)
    off, on = OFF + minutes(1), ON - minutes(4)
    flown = touched_down(took_off(left_gate(), off), on)
    life = steps((NOON, [F12]), (off, [took_off(left_gate(), off)]), (on, [flown]))
    texts = play(world, life, until=ON + minutes(30))
    assert [text.kind for text in texts] == ["departed", "landed"]
    assert not [body for body in bodies(texts) if "late)" in body or "early)" in body]


# --- advice ---------------------------------------------------------------------------------------------------------------


def test_a_delay_renews_the_boarding_that_was_told(world: World) -> None:
    world.follow(replace(F12, gate_origin=None), 0)
    life = steps((NOON, [F12]), (NOON + minutes(35), [late(minutes(45))]))
    gate, delay = play(world, life, until=OUT - minutes(40))
    assert "boards about 13:35." in gate.body
    assert "Boards about 14:20." in delay.body
    assert delay.tells["boards"] == (OUT + minutes(10)).isoformat()


def test_back_on_time_says_when_it_boards_now(world: World) -> None:
    """`Be at the gate by 14:45`, then back on time: boarding is now 13:35."""
    world.clock.moment = NOON - minutes(55)
    world.follow(F12, 0)
    life = steps(
        (NOON - minutes(55), [late(minutes(120))]),
        (NOON - minutes(10), [late(minutes(70))]),
        (NOON + minutes(30), [late(minutes(0))]),
    )
    texts = play(world, life, until=OUT - minutes(40))
    assert "Be at the gate by 14:45." in bodies(texts)[-2]
    assert "Be at the gate by 13:35." in bodies(texts)[-1]


@pytest.mark.parametrize("told_boarding", [False, True])
def test_nothing_is_advised_that_is_past(world: World, told_boarding: bool) -> None:
    """Eight minutes after it was to leave, by what it says now: `Go now` is of no use."""
    world.follow(replace(F12, gate_origin=None) if told_boarding else late(minutes(0)), 0)
    sooner, at = late(minutes(-11)), OUT - minutes(9)
    texts = play(world, steps((NOON, [late(minutes(0))]), (at, [sooner])), until=OUT + minutes(20))
    (earlier,) = (text for text in texts if text.kind == "earlier")
    assert earlier.created_at >= at
    assert "Go now" not in earlier.body
    assert "Be at the gate" not in earlier.body
    assert "oards about" not in earlier.body
