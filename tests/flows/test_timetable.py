"""A flight saved weeks ahead is compared with its timetable; who follows it hears what moved, once."""

from datetime import datetime, timedelta

import pytest

from flait.core.flights import ScheduledFlight
from flait.core.messages import Message, MessageKind, MessageStatus
from flait.core.preferences import NO_DEFAULTS, Preferences
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role, SubscriptionState
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlaitError, FlightSourceError, NotUnderstood
from flait.flows import receipts, timetable
from tests.core.flights_for_tests import F12, IN, NOON, OUT, PIT, hours, minutes, rescheduled
from tests.flows.talk import Talk
from tests.flows.world import PHONES, World, timetabled

DAY = timedelta(days=1)
AHEAD = 40 * DAY
DAYS = "30,14,7,3"
BY_THE_AIRLINE = MessageKind.SCHEDULE_CHANGE
ON = f"{OUT + AHEAD:%Y-%m-%d}"


def row(by: timedelta = timedelta(), **fields: object) -> ScheduledFlight:
    leaves, lands = OUT + AHEAD + by, IN + AHEAD + by
    return timetabled(**{"scheduled_out": leaves, "scheduled_in": lands, **fields})


def save(world: World, number: int = 0, role: Role = Role.TRAVELER) -> None:
    world.source.timetable = [row()]
    world.subscribe(number, on=ON, role=role)
    world.deliver()
    check(world)


def check(world: World, days: str = DAYS) -> int:
    """Everything that is due of timetables; how many questions that took."""
    before = len(world.source.calls)
    while timetable.step(world.store, world.source, world.clock, days=days, defaults=NO_DEFAULTS):
        pass
    return len(world.source.calls) - before


def on_day(world: World, before: float, *rows: ScheduledFlight) -> list[Message]:
    """The texts that a look so many days before departure brings."""
    there = len(world.texts)
    world.clock.moment = OUT + AHEAD - timedelta(days=before)
    world.source.timetable = rows
    check(world)
    world.deliver()
    return world.texts[there:]


def due(world: World, subscription_id: int = 1) -> datetime | None:
    planned = world.store.planned(subscription_id)
    assert planned
    return planned.next_check_at


def test_saved_forty_days_ahead_it_is_looked_at_four_times_and_told_nothing_new(world: World) -> None:
    save(world)
    looked = []
    while at := due(world):
        world.clock.moment = at
        assert check(world) == 1
        looked.append((OUT + AHEAD - at) / DAY)

    assert looked == [30, 14, 7, 3]
    assert world.kinds == [MessageKind.PENDING]


def test_the_confirmation_says_the_times_that_are_compared_later(world: World) -> None:
    save(world)

    assert "saved: dep 14:10 PST, arr 22:31 EST." in world.texts[0].body


def test_what_moved_is_told_once_and_the_wish_goes_with_it(world: World) -> None:
    save(world)

    [text] = on_day(world, 30, row(-minutes(145)))

    assert text.kind is BY_THE_AIRLINE
    assert "2h25 EARLIER: dep 14:10->11:45 PST, arr 20:06 EST. Check connections." in text.body
    assert world.subscription().leaves_at == "11:45"
    assert world.subscription().next_attempt_at == row(-minutes(145)).scheduled_out - hours(47)
    assert on_day(world, 14, row(-minutes(145))) == []


@pytest.mark.parametrize("role", Role)
def test_every_role_hears_it(world: World, role: Role) -> None:
    save(world, role=role)

    assert len(on_day(world, 30, row(minutes(10)))) == 1


def test_less_than_ten_minutes_is_no_news_until_it_adds_up(world: World) -> None:
    save(world)

    assert on_day(world, 30, row(minutes(6))) == []
    assert len(on_day(world, 13.9, row(minutes(12)))) == 1


def test_another_destination_is_told_and_followed_there(world: World) -> None:
    save(world)

    [text] = on_day(world, 30, row(destination=PIT))

    assert text.body.startswith("UA1234 SFO-PIT")
    assert "was SFO-EWR" in text.body
    assert world.subscription().destination == "PIT"


def test_what_vanished_is_told_after_two_looks_hours_apart_and_what_comes_back_is_told(world: World) -> None:
    save(world)

    assert on_day(world, 30) == []
    assert due(world) == world.clock.now() + hours(6)
    [gone] = on_day(world, 29.75)
    assert "not in the airline's timetable any more" in gone.body
    assert on_day(world, 14) == []

    [back] = on_day(world, 7, row(hours(1)))

    assert "is in the airline's timetable again: dep 14:10->15:10 PST" in back.body
    assert world.subscription().state is SubscriptionState.PENDING


def test_one_look_without_it_is_forgotten(world: World) -> None:
    save(world)

    assert [*on_day(world, 30), *on_day(world, 29.75, row()), *on_day(world, 14), *on_day(world, 13.75, row())] == []


def test_one_question_serves_everybody_and_all_days_of_three_weeks(world: World) -> None:
    days = [row(each * DAY) for each in (0, 1, 2, 19)]
    world.source.timetable = days
    for number, each in enumerate(days):
        world.subscribe(number % len(PHONES), on=f"{each.scheduled_out:%Y-%m-%d}")
    world.subscribe(1, on=ON)
    world.deliver()
    check(world)
    world.clock.moment = OUT + AHEAD - 30 * DAY
    world.source.timetable = [replace(each, scheduled_out=each.scheduled_out + hours(1)) for each in days]

    assert check(world) == 1
    assert world.kinds.count(BY_THE_AIRLINE) == 5
    assert world.source.calls[-1] == (
        "schedules",
        "UA1234",
        (OUT + AHEAD - DAY).date(),
        (OUT + AHEAD + 21 * DAY).date(),
    )


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        (FlightSourceError("AeroAPI did not answer"), minutes(1)),
        (BudgetExhausted("the AeroAPI budget is spent"), hours(1)),
        (NotUnderstood("no such number"), hours(12)),
    ],
)
def test_a_fault_is_no_look_and_is_asked_again_after_a_pause(world: World, fault: FlaitError, pause: timedelta) -> None:
    save(world)
    world.source.fault = fault

    assert on_day(world, 30, row(hours(2))) == []
    assert due(world) == world.clock.now() + pause
    assert check(world) == 0

    world.source.fault = None
    world.clock.advance(pause)
    assert check(world) == 1
    assert world.kinds[-1] is BY_THE_AIRLINE


def test_an_exception_of_ours_waits_an_hour(world: World) -> None:
    save(world)
    world.source.fault = RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError):
        on_day(world, 30, row())

    assert due(world) == world.clock.now() + hours(1)


def test_who_said_stop_is_told_nothing(world: World) -> None:
    save(world)
    world.store.opt_out(PHONES[0], world.clock.now(), how="STOP by text")

    assert on_day(world, 30, row(hours(2))) == []


def test_a_mute_is_waited_for_and_then_it_is_told_without_a_look(world: World) -> None:
    save(world)
    world.store.mute_subscription(1, OUT + AHEAD - 29 * DAY)

    assert on_day(world, 30, row(hours(2))) == []

    world.clock.moment = OUT + AHEAD - 29 * DAY
    assert check(world) == 0
    assert world.kinds[-1] is BY_THE_AIRLINE


def test_quiet_hours_are_waited_for(world: World) -> None:
    save(world)
    user = world.store.user(1)
    assert user
    world.store.save_user(replace(user, timezone="UTC", preferences=Preferences(quiet="20:00-23:30")))

    assert on_day(world, 30, row(hours(2))) == []
    planned = world.store.planned(1)
    assert planned
    assert planned.next_word_at
    assert f"{planned.next_word_at:%H:%M}" == "23:30"


def test_a_text_that_was_lost_comes_again_without_a_look(world: World) -> None:
    save(world)
    [lost] = on_day(world, 30, row(hours(2)))
    asked = len(world.source.calls)
    receipt = Receipt(sid=lost.sid or "", status=MessageStatus.UNDELIVERED, error_code=30003)
    receipts.take(world.store, receipt, "undelivered", world.clock.now())

    for _ in range(3):
        world.clock.advance(hours(1))
        check(world)

    assert [text.kind for text in world.texts].count(BY_THE_AIRLINE) == 2
    assert world.texts[-1].body == lost.body
    assert len(world.source.calls) == asked


NEAR = replace(rescheduled(AHEAD, F12), fa_flight_id="UAL1234-far")


def pinned(world: World, by: timedelta) -> Message:
    world.clock.moment = max(world.clock.moment, world.subscription().next_attempt_at or NOON)
    world.source.board = [rescheduled(by, NEAR)]
    assert world.activate()
    return world.texts[-1]


def test_the_confirmation_says_what_is_another_than_was_told(world: World) -> None:
    save(world)

    text = pinned(world, hours(2))

    assert text.kind is MessageKind.TRACKED
    assert "dep 16:10 PST, was 14:10" in text.body


@pytest.mark.parametrize("said", ["WHY", "WHY UA1234", "WHY 1"])
def test_why_says_that_the_confirmation_was_the_news(world: World, talk: Talk, said: str) -> None:
    save(world)
    pinned(world, hours(2))
    world.deliver()

    [body] = talk.says(said)
    assert body == (
        "UA1234: the msg that we track it told dep 16:10 PST Sun, was 14:10. "
        "Rule: the airline's timetable says other than you were told. No alert since."
    )


def test_the_confirmation_says_nothing_more_of_what_was_told(world: World) -> None:
    save(world)
    on_day(world, 30, row(hours(2)))

    assert "was" not in pinned(world, hours(2)).body


def test_a_change_that_was_never_told_is_in_the_confirmation(world: World) -> None:
    save(world)
    [text] = on_day(world, 30, row(hours(2)))
    receipt = Receipt(sid=text.sid or "", status=MessageStatus.UNDELIVERED, error_code=30003)
    receipts.take(world.store, receipt, "undelivered", world.clock.now())

    assert "dep 16:10 PST, was 14:10" in pinned(world, hours(2)).body


def test_other_days_hold_from_the_next_step_on(world: World) -> None:
    save(world)
    assert due(world) == OUT + AHEAD - 30 * DAY

    check(world, days="20")
    assert due(world) == OUT + AHEAD - 20 * DAY
    check(world, days="")
    assert due(world) is None
    check(world, days=DAYS)
    assert due(world) == OUT + AHEAD - 30 * DAY


def test_what_is_followed_no_more_is_not_looked_at(world: World) -> None:
    save(world)
    wish = world.subscription()
    world.store.save_subscription(replace(wish, state=SubscriptionState.CANCELED, next_attempt_at=None))
    world.clock.moment = OUT + AHEAD - 30 * DAY

    assert check(world) == 0


def test_a_flight_that_an_earlier_flait_saved_is_learned_by_a_look_and_compared_afterwards(world: World) -> None:
    save(world)
    world.store._conn.execute("UPDATE timetable SET plan = NULL, seen = NULL, days = NULL")

    assert on_day(world, 30, row()) == []
    assert on_day(world, 14, row()) == []
    assert len(on_day(world, 7, row(hours(1)))) == 1
