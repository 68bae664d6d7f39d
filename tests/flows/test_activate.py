"""From pending to active: tried again with patience, confirmed once, and given up with a word to the person."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flait.core.flights import Flight
from flait.core.messages import MessageStatus
from flait.core.subscriptions import ClockFace, Role, Subscription, SubscriptionState
from flait.core.values import replace
from flait.errors import (
    BudgetExhausted,
    FlaitError,
    FlightSourceError,
    MissingCredential,
    NotUnderstood,
    RateLimited,
    Refused,
)
from flait.flows import subscribe
from flait.flows.ports import AEROAPI
from flait.flows.wishes import ZoneOf, nowhere
from tests.core.flights_for_tests import (
    F12,
    IN,
    NOON,
    OFF,
    OUT,
    PIT,
    at_gate,
    hours,
    late,
    minutes,
    planned,
    rescheduled,
    took_off,
    utc,
)
from tests.flows.talk import Talk
from tests.flows.world import PHONES, World, timetabled

S = SubscriptionState
DAY = timedelta(days=1)
OUTAGE = FlightSourceError("AeroAPI did not answer in 15 s")
NEXT_WEEK = rescheduled(7 * DAY, replace(F12, fa_flight_id="UAL1234-next-week"))


@pytest.fixture
def waiting(world: World) -> Subscription:
    """Somebody asked during an outage."""
    world.source.fault = OUTAGE
    return world.subscribe(on="2025-11-25").subscription


@pytest.fixture
def scheduled(world: World) -> Subscription:
    """Somebody asked a week ahead."""
    world.source.timetable = [timetabled()]
    subscription = world.subscribe(on="2025-12-02").subscription
    world.deliver()
    return subscription


def recovers(world: World, *board: Flight) -> None:
    world.source.fault, world.source.board = None, board


def attempt(world: World, zone_of: ZoneOf = nowhere) -> Subscription:
    """The next attempt, when it is due; the subscription after it."""
    due = world.subscription().next_attempt_at
    assert due
    world.clock.moment = max(world.clock.moment, due)
    assert subscribe.activate_next(world.store, world.source, world.clock, zone_of)
    return world.subscription()


def test_nothing_is_tried_before_its_time(world: World, waiting: Subscription) -> None:
    assert not world.activate()
    assert len(world.source.calls) == 1


def test_after_the_outage_it_becomes_active_and_is_confirmed(world: World, waiting: Subscription) -> None:
    recovers(world, F12)
    active = attempt(world)
    assert (active.state, active.reason, active.next_attempt_at) == (S.ACTIVE, "", None)
    assert world.flight(active.flight_id or 0).flight == F12
    assert world.kinds == ["tracked"]
    assert not world.store.providers()[AEROAPI].failing
    assert not world.activate()


def test_the_longer_the_outage_the_longer_the_wait(world: World, waiting: Subscription) -> None:
    waits = []
    for _ in range(9):
        after = attempt(world)
        assert after.next_attempt_at
        waits.append((after.next_attempt_at - world.clock.now()) // minutes(1))
    assert waits == [2, 4, 8, 15, 15, 15, 15, 15, 15]
    assert world.subscription().attempts == 10
    assert world.texts == []


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (BudgetExhausted("the AeroAPI budget is spent"), hours(1)),
        (Refused("AeroAPI refuses the key"), minutes(2)),
        (MissingCredential("no key is stored"), minutes(2)),
    ],
)
def test_a_fault_for_the_operator_is_noted_and_waited_out(
    world: World, waiting: Subscription, fault: FlaitError, wait: timedelta
) -> None:
    world.source.fault = fault
    after = attempt(world)
    assert (after.state, after.reason) == (S.PENDING, fault.message)
    assert after.next_attempt_at == world.clock.now() + wait
    assert world.steps("resolve")[-1].outcome == "postponed"
    assert world.store.providers()[AEROAPI].last_error == fault.message


@pytest.mark.parametrize(
    ("board", "why"),
    [
        ([], "AeroAPI knows no UA1234"),
        ([at_gate(rescheduled(hours(-8)))], "has already landed"),
        ([F12, planned(fa_flight_id="UAL1234-2", origin=F12.destination)], "more than one flight"),
        ([planned(ident="GEC1234", ident_icao="GEC1234", ident_iata="LH1234")], "another airline's"),
    ],
)
def test_a_wish_that_cannot_be_met_fails_and_the_person_hears_why(
    world: World, waiting: Subscription, board: list[Flight], why: str
) -> None:
    recovers(world, *board)
    failed = attempt(world)
    assert failed.state is S.FAILED
    assert why in failed.reason
    (text,) = world.texts
    assert (text.kind, text.to, text.status) == ("failed", PHONES[0], MessageStatus.QUEUED)
    assert text.body.startswith("UA1234 Tue 25 Nov is NOT tracked:")
    assert not world.activate()


def test_one_whose_flight_is_followed_already_is_dropped_quietly(world: World, waiting: Subscription) -> None:
    recovers(world, F12)
    world.subscribe(on="tue")
    dropped = attempt(world)
    assert (dropped.state, dropped.reason) == (S.CANCELED, "the same as subscription 2")
    assert world.kinds == ["tracked"]
    assert [view.subscription.id for view in world.store.subscription_views()] == [2]


def test_one_that_turns_out_to_wait_for_the_same_day_is_dropped_quietly(world: World) -> None:
    world.source.fault = OUTAGE
    world.subscribe(on="2025-12-02")
    world.source.fault, world.source.timetable = None, [timetabled()]
    world.subscribe(ident="UA99", on="2025-12-02")  # another one that waits
    world.subscribe(on="2 dec")
    dropped = attempt(world)
    assert (dropped.state, dropped.reason) == (S.CANCELED, "the same as subscription 3")


def test_what_was_settled_meanwhile_is_left_alone(world: World, waiting: Subscription) -> None:
    """Unsubscribed while AeroAPI was being asked."""
    recovers(world, F12)
    world.source.meanwhile = lambda: subscribe.unsubscribe(world.store, waiting, now=NOON)
    world.clock.advance(minutes(1))
    assert world.activate()
    assert world.subscription().state is S.CANCELED
    assert (world.texts, world.store.flight_views()) == ([], [])


def test_a_person_removed_meanwhile_is_not_missed(world: World, waiting: Subscription) -> None:
    recovers(world, F12)
    world.source.meanwhile = lambda: world.store.remove_user(waiting.user_id)
    world.clock.advance(minutes(1))
    assert world.activate()
    assert (world.texts, world.store.flight_views()) == ([], [])


# --- days ahead -------------------------------------------------------------------------------------------------


def test_a_scheduled_flight_is_looked_for_when_live_data_begin(world: World, scheduled: Subscription) -> None:
    recovers(world, NEXT_WEEK)
    asked = len(world.source.calls)
    world.clock.moment = timetabled().scheduled_out - hours(48)
    assert not world.activate()
    assert len(world.source.calls) == asked
    active = attempt(world)
    assert active.state is S.ACTIVE
    assert timetabled().scheduled_out - world.clock.now() == hours(47)
    assert world.kinds == ["pending", "tracked"]


def test_not_live_yet_keeps_waiting_and_says_nothing_more(world: World, scheduled: Subscription) -> None:
    first = attempt(world)
    second = attempt(world)
    assert (first.state, second.state) == (S.PENDING, S.PENDING)
    assert world.kinds == ["pending"]
    assert len(world.steps("subscribe")) == 1


def test_a_schedule_that_vanished_keeps_waiting_until_after_its_day(world: World, scheduled: Subscription) -> None:
    world.source.timetable = []
    while attempt(world).state is S.PENDING:
        assert world.kinds[:1] == ["pending"]
    assert world.clock.now() == utc("2025-12-03 12:00")  # the 2nd of December is over everywhere
    assert world.kinds == ["pending", "missing", "failed"]
    assert "UA1234 Tue 2 Dec is NOT tracked" in world.texts[-1].body


def test_a_day_before_it_leaves_the_person_hears_once_that_it_is_not_shown(
    world: World, scheduled: Subscription
) -> None:
    world.source.timetable = []
    while len(world.kinds) < 2:
        attempt(world, zone_of)
    assert timedelta(hours=21) < timetabled().scheduled_out - world.clock.now() <= timedelta(hours=24)
    assert world.texts[-1].body == (
        "UA1234 Tue 2 Dec is not tracked yet: AeroAPI knows no UA1234 leaving SFO for EWR on Tue 2 Dec. "
        "Ask the airline; we keep looking."
    )
    recovers(world, NEXT_WEEK)
    assert attempt(world).state is S.ACTIVE
    assert world.kinds == ["pending", "missing", "tracked"]


def test_a_flight_that_moved_in_the_schedule_is_looked_for_later(world: World, scheduled: Subscription) -> None:
    moved = timetabled(scheduled_out=timetabled().scheduled_out + hours(6))
    world.source.timetable = [moved]
    assert attempt(world).next_attempt_at == max(moved.scheduled_out - hours(47), world.clock.now() + hours(3))


# --- whoever dies meanwhile -------------------------------------------------------------------------------------


def test_an_attempt_that_was_cut_short_is_made_again(world: World, waiting: Subscription) -> None:
    world.source.fault = KeyboardInterrupt()
    world.clock.advance(minutes(1))
    with pytest.raises(KeyboardInterrupt):
        world.activate()
    recovers(world, F12)
    assert not world.activate()  # somebody may still be at it
    world.clock.advance(subscribe.LEASE)
    assert world.activate()
    assert world.subscription().state is S.ACTIVE
    assert world.kinds == ["tracked"]


# --- what was meant is fixed when it is asked for -----------------------------------------------------------------

TOMORROWS = rescheduled(DAY, replace(F12, fa_flight_id="UAL1234-tomorrow"))
LEFT = "UA1234 of Tue 25 Nov left at 14:25 PST"


def asked_for(world: World, on: str = "", **rest: Any) -> Subscription:
    """Somebody asks during an outage, two hours before departure."""
    world.source.fault = OUTAGE
    return world.subscribe(on=on, **rest).subscription


def answered(world: World, at: datetime, *board: Flight, zone_of: ZoneOf = nowhere) -> Subscription:
    """AeroAPI is back at that moment; the subscription after the next attempt."""
    world.clock.moment = at
    recovers(world, *board)
    assert subscribe.activate_next(world.store, world.source, world.clock, zone_of)
    return world.subscription()


def test_the_next_departure_is_the_one_after_it_was_asked_for(world: World) -> None:
    asked_for(world)
    after = answered(world, OFF + minutes(40), took_off(), TOMORROWS)
    assert (after.state, after.reason) == (S.FAILED, LEFT)
    assert world.store.flight_views() == []
    (text,) = world.texts
    assert text.kind == "failed"
    assert text.body == f"{LEFT} while we could not ask: not tracked. Reply TRACK UA1234 for the next."


def test_that_it_is_gone_is_told_on_the_clock_of_who_reads_it(world: World) -> None:
    asked_for(world)
    (user,) = world.store.users()
    world.store.save_user(replace(user, clock=ClockFace.H12))
    answered(world, OFF + minutes(40), took_off(), TOMORROWS)
    assert world.texts[0].body.startswith("UA1234 of Tue 25 Nov left at 2:25pm PST while we could not ask:")


@pytest.mark.parametrize("role", [Role.MEETER, Role.WATCHER])
def test_who_waits_for_it_follows_it_in_the_air(world: World, role: Role) -> None:
    asked_for(world, role=role)
    after = answered(world, OFF + minutes(40), took_off(), TOMORROWS)
    assert (after.state, after.departure_date) == (S.ACTIVE, F12.departure_date)
    assert world.flight().flight == took_off()
    assert "in the air" in world.texts[0].body


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("on", ["", "today", "2025-11-25"])
def test_one_that_landed_meanwhile_is_over_for_everybody(world: World, role: Role, on: str) -> None:
    asked_for(world, on, role=role)
    after = answered(world, IN + minutes(10), at_gate(), TOMORROWS)
    assert (after.state, after.flight_id) == (S.FAILED, None)
    assert world.texts[0].body == (
        "UA1234 of Tue 25 Nov landed at 22:23 EST while we could not ask: not tracked. Reply TRACK UA1234 for the next."
    )


@pytest.mark.parametrize("on", ["today", "2025-11-25"])
def test_a_day_that_was_named_is_followed_as_long_as_it_is_flown(world: World, on: str) -> None:
    asked_for(world, on)
    after = answered(world, OFF + minutes(40), took_off(), TOMORROWS)
    assert (after.state, after.departure_date) == (S.ACTIVE, F12.departure_date)


def test_one_still_at_the_gate_long_after_its_time_is_still_the_next(world: World) -> None:
    asked_for(world)
    waits = late(hours(9))
    after = answered(world, OUT + hours(8), waits, TOMORROWS)
    assert (after.state, world.flight().flight) == (S.ACTIVE, waits)


def test_a_cancelled_one_was_the_next_all_the_same(world: World) -> None:
    asked_for(world)
    answered(world, OUT + hours(1), replace(F12, cancelled=True), TOMORROWS)
    assert world.flight().flight.cancelled
    assert "CANCELLED" in world.texts[0].body


def test_tomorrow_is_the_day_after_it_was_asked_for(world: World) -> None:
    asked_for(world, "tomorrow")
    after = answered(
        world, NOON + DAY + minutes(5), TOMORROWS, rescheduled(2 * DAY, replace(F12, fa_flight_id="later"))
    )
    assert (after.state, after.departure_date) == (S.ACTIVE, TOMORROWS.departure_date)


def test_what_a_text_asked_for_in_an_outage_does_not_drift_either(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("untrack UA1234")
    world.source.fault = OUTAGE
    assert talk.says("track UA1234")[0].startswith("UA1234 saved.")
    world.clock.moment = OFF + minutes(40)
    recovers(world, took_off(), TOMORROWS)
    assert world.activate()
    assert world.subscription(2).state is S.FAILED
    assert world.texts[-1].body.startswith(f"{LEFT} while we could not ask: not tracked.")


# --- for ever -----------------------------------------------------------------------------------------------------

REFUSAL = NotUnderstood("AeroAPI does not understand the question (HTTP 400: bad ident)")
PACIFIC = ZoneInfo("America/Los_Angeles")


def zone_of(airport: str) -> ZoneInfo | None:
    return {"SFO": PACIFIC, "AKL": ZoneInfo("Pacific/Auckland")}.get(airport)


def until_it_ends(world: World, fault: FlaitError, zone_of: ZoneOf = nowhere) -> Subscription:
    """AeroAPI goes on like that; every attempt is made when it is due."""
    world.source.fault = fault
    while (there := world.subscription()).state is S.PENDING:
        assert there.next_attempt_at
        world.clock.moment = max(world.clock.moment, there.next_attempt_at)
        assert subscribe.activate_next(world.store, world.source, world.clock, zone_of)
    assert not subscribe.activate_next(world.store, world.source, world.clock, zone_of)
    return there


def test_a_question_that_aeroapi_refuses_ends_the_wish_at_once(world: World, waiting: Subscription) -> None:
    after = until_it_ends(world, REFUSAL)
    assert world.clock.now() == NOON + minutes(1)
    assert (after.state, after.reason) == (S.FAILED, REFUSAL.message)
    assert [text.body for text in world.texts] == [
        "FlightAware does not understand UA1234: not tracked. Check number and date."
    ]
    assert not world.store.providers()[AEROAPI].failing


def test_a_refused_question_about_a_flight_days_ahead_ends_it_too(world: World, scheduled: Subscription) -> None:
    assert until_it_ends(world, REFUSAL).state is S.FAILED
    assert world.kinds == ["pending", "failed"]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (OUTAGE, "FlightAware did not answer"),
        (RateLimited("AeroAPI asks for a pause", retry_after=minutes(1)), "FlightAware did not answer"),
        (BudgetExhausted("the AeroAPI budget is spent"), "no look-ups were left this month"),
        (Refused("AeroAPI refuses the key"), "FlightAware refused our account"),
        (MissingCredential("no key is stored"), "FlightAware refused our account"),
    ],
)
@pytest.mark.parametrize("on", ["2025-11-25", "tue"])
def test_a_fault_that_does_not_pass_ends_with_the_day(world: World, fault: FlaitError, why: str, on: str) -> None:
    asked_for(world, on, origin="SFO")
    after = until_it_ends(world, fault, zone_of)
    assert world.clock.now() == utc("2025-11-26 08:00")  # midnight in San Francisco
    assert (after.state, after.reason) == (S.FAILED, f"given up, its day is over: {fault.message}")
    (text,) = world.texts
    assert text.body == f"UA1234 Tue 25 Nov is NOT tracked: {why} until that day was over. Please check it."
    assert world.steps("resolve")[-1].outcome == "failed"


def test_a_day_nobody_knows_the_place_of_is_over_when_it_is_over_everywhere(world: World) -> None:
    asked_for(world, "2025-11-25")
    until_it_ends(world, OUTAGE, zone_of)
    assert world.clock.now() == utc("2025-11-26 12:00")


def test_a_word_for_a_day_counts_on_the_calendar_of_the_place(world: World) -> None:
    asked_for(world, "tomorrow", origin="AKL")  # where it is 09:10 on the 26th
    until_it_ends(world, OUTAGE, zone_of)
    assert world.clock.now() == utc("2025-11-27 11:00")
    assert world.texts[0].body.startswith("UA1234 Thu 27 Nov is NOT tracked:")


def test_a_word_for_a_day_of_an_unknown_place_is_said_with_the_day_it_was_written_on(world: World) -> None:
    asked_for(world, "tomorrow")
    until_it_ends(world, OUTAGE)
    assert world.clock.now() == utc("2025-11-28 12:00")
    assert world.texts[0].body.startswith("UA1234 tomorrow (asked Tue 25 Nov) is NOT tracked:")


def test_the_next_departure_is_looked_for_for_two_days(world: World) -> None:
    asked_for(world)
    after = until_it_ends(world, OUTAGE)
    assert world.clock.now() == NOON + 2 * DAY
    assert after.reason == f"given up, two days have passed: {OUTAGE.message}"
    assert world.texts[0].body == "UA1234 is NOT tracked: FlightAware did not answer for two days. Please check it."
    assert len(world.source.calls) < 200


def test_a_flight_days_ahead_that_nobody_can_look_up_ends_with_its_day(world: World, scheduled: Subscription) -> None:
    until_it_ends(world, OUTAGE, zone_of)
    assert world.clock.now() == utc("2025-12-03 08:00")
    assert world.texts[-1].body.startswith("UA1234 Tue 2 Dec is NOT tracked: FlightAware did not answer")


def test_a_fault_of_our_own_does_not_ask_for_ever_either(world: World, waiting: Subscription) -> None:
    world.source.fault = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        attempt(world)
    assert world.subscription().reason == "an unexpected ZeroDivisionError, which the log shows"
    assert world.subscription().next_attempt_at == world.clock.now() + minutes(2)
    world.clock.moment = utc("2025-11-26 12:00")
    with pytest.raises(ZeroDivisionError):
        world.activate()
    assert world.subscription().state is S.FAILED
    assert world.kinds == ["failed"]


def test_a_wish_that_is_several_flights_says_how_to_choose(world: World, waiting: Subscription) -> None:
    recovers(world, F12, planned(fa_flight_id="UAL1234-2", destination=PIT))
    assert attempt(world).state is S.FAILED
    assert world.texts[0].body == (
        "UA1234 Tue 25 Nov is NOT tracked: it is more than one flight. Reply TRACK UA1234 25 nov to choose."
    )


# --- the leg that was found days ahead is the one that is followed -------------------------------------------------


TO_PITTSBURGH = rescheduled(hours(5), replace(NEXT_WEEK, fa_flight_id="UAL1234-pit", destination=PIT))


def test_of_two_routes_of_the_day_the_one_that_was_found_is_followed(world: World, scheduled: Subscription) -> None:
    recovers(world, NEXT_WEEK, TO_PITTSBURGH)
    active = attempt(world)
    assert (active.state, active.destination, active.leaves_at) == (S.ACTIVE, "EWR", "14:10")
    assert world.flight().flight == NEXT_WEEK


def test_another_route_is_not_followed_when_the_one_that_was_found_vanishes(
    world: World, scheduled: Subscription
) -> None:
    recovers(world, TO_PITTSBURGH)
    world.source.timetable = []
    while (last := attempt(world)).state is S.PENDING:
        pass
    assert (last.state, last.reason) == (S.FAILED, "UA1234 of Tue 2 Dec goes to PIT, not EWR")
    assert world.kinds == ["pending", "missing", "failed"]
    assert "goes to PIT, not EWR" in world.texts[-1].body
    assert world.store.flight_views() == []


@pytest.mark.parametrize("by", [minutes(-90), minutes(20), hours(6), hours(9)])
def test_a_flight_that_was_re_timed_before_it_went_live_stays_itself(
    world: World, scheduled: Subscription, by: timedelta
) -> None:
    moved = rescheduled(by, NEXT_WEEK)
    recovers(world, moved)
    active = attempt(world)
    if active.state is S.PENDING:
        active = attempt(world)
    assert (active.state, world.flight().flight) == (S.ACTIVE, moved)


def test_of_two_times_of_a_route_the_one_nearest_to_what_was_found_is_followed(world: World) -> None:
    world.source.timetable = [timetabled(), timetabled(scheduled_out=timetabled().scheduled_out - hours(5))]
    world.subscribe(on="2025-12-02", leaves_at=time(14, 10))
    recovers(
        world, rescheduled(minutes(25), NEXT_WEEK), rescheduled(-hours(5), replace(NEXT_WEEK, fa_flight_id="early"))
    )
    assert attempt(world).state is S.ACTIVE
    assert world.flight().flight == rescheduled(minutes(25), NEXT_WEEK)


def test_two_routes_of_one_day_are_two_subscriptions(world: World) -> None:
    world.source.timetable = [timetabled(), timetabled(destination=PIT)]
    for code in ("EWR", "PIT", "EWR"):
        world.subscribe(on="2025-12-02", destination=code)
    kept = [view.subscription for view in world.store.subscription_views()]
    assert [(one.destination, one.leaves_at) for one in kept] == [("EWR", "14:10"), ("PIT", "14:10")]
    assert world.kinds == ["pending", "pending"]
