"""A subscription's way in: everything at once or nothing at all, and once however often somebody asks."""

from datetime import time, timedelta
from typing import Any

import pytest

from flait.core.flights import Flight
from flait.core.messages import MessageStatus
from flait.core.subscriptions import Role, SubscriptionState
from flait.core.told import told
from flait.core.values import replace
from flait.errors import (
    AmbiguousFlight,
    BudgetExhausted,
    FlaitError,
    FlightSourceError,
    InvalidDate,
    MissingCredential,
    NoSuchFlight,
    NotUnderstood,
    RateLimited,
    Refused,
    UserError,
)
from flait.flows import subscribe
from flait.flows.ports import AEROAPI
from tests.core.flights_for_tests import (
    EWR,
    F12,
    NOON,
    OUT,
    PIT,
    SFO,
    at_gate,
    hours,
    knowing,
    late,
    minutes,
    planned,
    rescheduled,
    took_off,
)
from tests.flows.world import PHONES, World, timetabled, wanted

S = SubscriptionState
DAY = timedelta(days=1)
OUTAGES = [
    FlightSourceError("AeroAPI did not answer in 15 s", "Flait tries again"),
    RateLimited("AeroAPI asks for a pause", retry_after=minutes(1)),
]


# --- everything at once -----------------------------------------------------------------------------------------


def test_a_subscription_comes_with_all_that_belongs_to_it(world: World) -> None:
    world.source.board = [F12]
    done = world.subscribe()
    assert (done.already, done.flight) == (False, F12)
    assert done.subscription == world.subscription()
    assert (done.subscription.state, done.subscription.departure_date) == (S.ACTIVE, F12.departure_date)
    assert done.subscription.origin == "SFO"
    assert world.store.user_by_phone(PHONES[0]) == done.user
    assert world.flight().flight == F12
    assert NOON < world.due() <= OUT
    assert [step.outcome for step in world.steps("subscribe")] == ["active"]


def test_the_confirmation_tells_what_it_says(world: World) -> None:
    world.source.board = [late(minutes(40))]
    world.subscribe()
    (text,) = world.texts
    assert (text.kind, text.to, text.status) == ("tracked", PHONES[0], MessageStatus.QUEUED)
    assert told([text.tells]) == knowing(late(minutes(40)))
    assert "UA1234 SFO-EWR" in text.body


def test_the_wish_is_kept_as_it_was_written(world: World) -> None:
    world.source.board = [F12]
    subscription = world.subscribe(on="tue", role=Role.MEETER).subscription
    assert (subscription.ident, subscription.wish, subscription.role) == ("UA1234", "tue", Role.MEETER)


def test_a_known_person_keeps_their_name(world: World) -> None:
    world.source.board = [F12]
    ann = subscribe.Person(phone=PHONES[0], name="Ann")
    subscribe.subscribe(world.store, world.source, world.clock, person=ann, wanted=wanted())
    assert world.subscribe(ident="UAL1234").user.name == "Ann"
    assert [user.name for user in world.store.users()] == ["Ann"]


def test_a_nameless_person_is_called_by_their_number(world: World) -> None:
    world.source.board = [F12]
    assert world.subscribe().user.name == PHONES[0]


# --- or nothing at all ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "board", "refusal"),
    [
        ("31 feb", [F12], InvalidDate),
        ("2025-11-20", [F12], InvalidDate),
        ("today", [at_gate(rescheduled(hours(-8)))], InvalidDate),
        ("today", [], NoSuchFlight),
        ("2025-12-02", [], NoSuchFlight),
        ("", [planned(ident="GEC1234", ident_icao="GEC1234", ident_iata="LH1234")], NoSuchFlight),
        ("", [F12, planned(fa_flight_id="UAL1234-2", origin=EWR, destination=SFO)], AmbiguousFlight),
    ],
)
def test_refused_input_stores_nothing_at_all(
    world: World, on: str, board: list[Flight], refusal: type[FlaitError]
) -> None:
    world.source.board = board
    before = world.dump()
    with pytest.raises(refusal):
        world.subscribe(on=on)
    assert world.dump() == before


@pytest.mark.parametrize(
    "fault",
    [
        Refused("AeroAPI refuses the key"),
        BudgetExhausted("the AeroAPI budget is spent"),
        MissingCredential("no key is stored"),
    ],
)
def test_what_only_the_operator_can_mend_stores_nothing(world: World, fault: FlaitError) -> None:
    world.source.fault = fault
    before = world.dump()
    with pytest.raises(type(fault)):
        world.subscribe()
    assert world.dump() == before


def test_somebody_who_said_stop_is_refused_before_any_call(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.store.set_opt_out(PHONES[0], NOON)
    before, asked = world.dump(), len(world.source.calls)
    with pytest.raises(UserError, match="that number has texted STOP"):
        world.subscribe()
    assert (world.dump(), len(world.source.calls)) == (before, asked)


def test_a_stop_of_somebody_unknown_is_heard_all_the_same(world: World) -> None:
    world.source.board = [F12]
    world.store.set_opt_out(PHONES[0], NOON)
    with pytest.raises(UserError, match="that number has texted STOP"):
        world.subscribe()
    assert world.texts == []
    assert world.store.users() == []


# --- and once ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ident", "on"), [("UA1234", ""), ("UAL1234", "today"), ("LH7654", "2025-11-25")])
def test_asking_twice_is_asking_once(world: World, ident: str, on: str) -> None:
    world.source.board = [replace(F12, codeshares=("LH7654",))]
    first = world.subscribe()
    again = world.subscribe(ident=ident, on=on)
    assert again.already
    assert again.subscription == first.subscription
    assert world.kinds == ["tracked"]


def test_asking_for_a_scheduled_flight_twice_is_asking_once(world: World) -> None:
    world.source.timetable = [timetabled()]
    first = world.subscribe(on="2025-12-02")
    again = world.subscribe(on="2 dec")
    assert (first.already, again.already) == (False, True)
    assert world.kinds == ["pending"]


def test_two_people_on_one_flight_are_one_tracked_flight(world: World) -> None:
    world.follow(F12, 0, 1)
    assert [view.subscribers for view in world.store.flight_views()] == [2]
    assert [text.to for text in world.texts] == [PHONES[0], PHONES[1]]


def test_two_numbers_of_one_flight_are_one_tracked_flight(world: World) -> None:
    world.source.board = [replace(F12, codeshares=("LH7654",))]
    world.subscribe(0)
    world.subscribe(1, ident="LH7654")
    assert [view.subscribers for view in world.store.flight_views()] == [2]
    assert "LH7654" in world.texts[1].body


def test_a_leg_that_got_another_id_is_still_the_one_that_is_followed(world: World) -> None:
    world.follow(F12, 0)
    world.source.board = [replace(F12, fa_flight_id="UAL1234-anew")]
    assert world.subscribe(0).already
    assert not world.subscribe(1).already
    assert [view.subscribers for view in world.store.flight_views()] == [2]


def test_a_second_follower_leaves_the_schedule_alone(world: World) -> None:
    tracked = world.follow(F12, 0)
    world.clock.advance(minutes(5))
    world.subscribe(1)
    assert world.flight().next_poll_at == tracked.next_poll_at
    assert world.flight().last_polled_at == world.clock.now()


def test_what_a_look_for_somebody_new_shows_is_told_to_the_others_a_minute_later(world: World) -> None:
    world.follow(F12, 0)
    world.clock.advance(minutes(5))
    world.source.board = [late(minutes(120))]
    world.subscribe(1)
    assert world.flight().next_poll_at == world.clock.now() + minutes(1)
    assert world.next_poll(late(minutes(120))) == ["delay_first"]
    assert [text.to for text in world.texts] == [PHONES[0], PHONES[1], PHONES[0]]


def test_after_unsubscribing_one_may_ask_again(world: World) -> None:
    world.follow(F12)
    subscribe.unsubscribe(world.store, world.subscription(), now=NOON)
    assert not world.subscribe().already
    assert world.kinds == ["tracked", "tracked"]


# --- days ahead -------------------------------------------------------------------------------------------------


def test_a_flight_days_ahead_waits_for_live_data(world: World) -> None:
    world.source.timetable = [timetabled()]
    done = world.subscribe(on="2025-12-02")
    assert done.scheduled == timetabled()
    saved = world.subscription()
    assert (saved.state, str(saved.departure_date), saved.origin) == (S.PENDING, "2025-12-02", "SFO")
    assert saved.next_attempt_at == timetabled().scheduled_out - hours(47)
    assert world.store.flight_views() == []
    assert "saved" in world.texts[0].body


# --- AeroAPI is out ---------------------------------------------------------------------------------------------


def test_a_flight_that_was_saved_is_followed_once_when_it_is_asked_for_again_live(world: World) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")
    world.clock.advance(DAY * 6)
    leaves = timetabled().scheduled_out - OUT
    world.source.board = [rescheduled(leaves)]
    done = world.subscribe(on="2025-12-02")
    assert (done.already, done.subscription.id) == (False, 1)
    assert world.kinds == ["pending", "tracked"]
    assert [one.state for one in world.store.live_for(1)] == [S.ACTIVE]
    assert not world.activate()


@pytest.mark.parametrize("fault", OUTAGES)
def test_an_outage_keeps_the_wish_with_its_reason_and_nothing_else(world: World, fault: FlaitError) -> None:
    world.source.fault = fault
    done = world.subscribe(on="tomorrow")
    assert (done.flight, done.scheduled, done.already) == (None, None, False)
    saved = world.subscription()
    assert (saved.state, saved.reason, saved.wish) == (S.PENDING, fault.message, "tomorrow")
    assert saved.next_attempt_at == NOON + minutes(1)
    assert world.texts == []
    assert world.store.flight_views() == []
    assert [step.outcome for step in world.steps("subscribe")] == ["pending"]
    aeroapi = world.store.providers()[AEROAPI]
    assert (aeroapi.failing, aeroapi.last_error) == (True, fault.message)
    assert world.store.is_anything_awaited()


def test_the_same_wish_in_the_same_outage_is_one(world: World) -> None:
    world.source.fault = OUTAGES[0]
    assert not world.subscribe(on="today").already
    world.clock.advance(minutes(1))
    assert world.subscribe(on="today").already
    assert len(world.store.subscription_views()) == 1


@pytest.mark.parametrize("on", ["", "today", "2025-11-25"])
def test_the_same_wish_after_the_outage_is_the_one_that_waited(world: World, on: str) -> None:
    world.source.fault = OUTAGES[0]
    world.subscribe(on=on)
    world.source.fault, world.source.board = None, [F12]
    world.clock.advance(minutes(5))
    assert not world.subscribe(on=on).already
    assert [view.subscription.state for view in world.store.subscription_views(include_ended=True)] == [S.ACTIVE]
    assert world.kinds == ["tracked"]


def test_the_same_wish_after_the_outage_may_be_days_ahead(world: World) -> None:
    world.source.fault = OUTAGES[0]
    world.subscribe(on="2025-12-02")
    world.source.fault, world.source.timetable = None, [timetabled()]
    assert world.subscribe(on="2025-12-02").scheduled == timetabled()
    assert len(world.store.subscription_views()) == 1
    assert world.kinds == ["pending"]


def test_the_same_word_of_another_day_is_another_wish(world: World) -> None:
    next_day = replace(F12, fa_flight_id="UAL1234-next", out=replace(F12.out, scheduled=OUT + DAY))
    world.source.fault = OUTAGES[0]
    world.subscribe(on="today")
    world.clock.advance(DAY)
    world.source.fault, world.source.board = None, [next_day]
    world.subscribe(on="today")
    yesterdays, todays = world.subscription(1), world.subscription(2)
    assert (yesterdays.state, yesterdays.flight_id) == (S.PENDING, None)
    assert (todays.state, todays.departure_date) == (S.ACTIVE, next_day.departure_date)


def test_the_next_departure_of_another_day_is_another_wish(world: World) -> None:
    world.source.fault = OUTAGES[0]
    world.subscribe()
    world.clock.advance(hours(14))
    world.subscribe()
    assert [view.subscription.state for view in world.store.subscription_views()] == [S.PENDING, S.PENDING]
    next_day = replace(F12, fa_flight_id="UAL1234-next", out=replace(F12.out, scheduled=OUT + DAY))
    world.source.fault, world.source.board = None, [took_off(), next_day]
    world.clock.advance(minutes(5))
    while world.activate():
        pass
    assert [world.subscription(number).state for number in (1, 2)] == [S.FAILED, S.ACTIVE]
    assert world.subscription(2).departure_date == next_day.departure_date


def test_who_asks_again_after_it_left_follows_the_next_and_hears_of_the_first(world: World) -> None:
    world.source.fault = OUTAGES[0]
    world.subscribe()
    world.clock.advance(hours(4))
    next_day = replace(F12, fa_flight_id="UAL1234-next", out=replace(F12.out, scheduled=OUT + DAY))
    world.source.fault, world.source.board = None, [took_off(), next_day]
    assert world.subscribe().flight == next_day
    assert world.activate()
    assert [world.subscription(number).state for number in (1, 2)] == [S.FAILED, S.ACTIVE]
    assert world.kinds == ["tracked", "failed"]


@pytest.mark.parametrize("other", [{"destination": "EWR"}, {"leaves_at": time(14, 10)}, {"origin": "SFO"}])
def test_another_leg_in_the_same_outage_is_another_wish(world: World, other: dict[str, Any]) -> None:
    world.source.fault = OUTAGES[0]
    world.subscribe(on="today")
    assert not world.subscribe(on="today", **other).already
    assert world.subscribe(on="today", **other).already
    kept = world.subscription(2)
    assert (kept.origin, kept.destination, kept.leaves_at) == (
        other.get("origin"),
        other.get("destination"),
        "14:10" if "leaves_at" in other else None,
    )


def test_a_question_that_aeroapi_refuses_stores_nothing(world: World) -> None:
    world.source.fault = NotUnderstood("AeroAPI does not understand the question (HTTP 400)")
    before = world.dump()
    with pytest.raises(NotUnderstood):
        world.subscribe()
    assert world.dump() == before


# --- one number, several legs -----------------------------------------------------------------------------------

PITTSBURGH = replace(F12, fa_flight_id="UAL1234-pit", destination=PIT)


def test_two_routes_of_a_day_are_two_tracked_flights(world: World) -> None:
    world.source.board = [F12, PITTSBURGH]
    first, second = world.subscribe(destination="EWR"), world.subscribe(destination="PIT")
    assert (first.already, second.already) == (False, False)
    assert [view.tracked.flight for view in world.store.flight_views()] == [F12, PITTSBURGH]
    assert [world.subscription(number).destination for number in (1, 2)] == ["EWR", "PIT"]
    assert world.subscribe(destination="PIT").already


def test_a_leg_found_keeps_route_and_scheduled_time(world: World) -> None:
    world.source.board = [late(minutes(40))]
    world.subscribe()
    kept = world.subscription()
    assert (kept.origin, kept.destination, kept.leaves_at) == ("SFO", "EWR", "14:10")


@pytest.mark.parametrize("by", [minutes(-90), minutes(35), hours(6)])
def test_a_leg_that_was_re_timed_under_another_id_is_still_the_one_that_is_followed(
    world: World, by: timedelta
) -> None:
    world.follow(F12, 0)
    world.source.board = [rescheduled(by, replace(F12, fa_flight_id="UAL1234-anew"))]
    assert world.subscribe(0).already
    assert not world.subscribe(1).already
    assert [view.subscribers for view in world.store.flight_views()] == [2]


def test_a_leg_moved_over_midnight_under_another_id_is_still_the_one_that_is_followed(world: World) -> None:
    world.follow(rescheduled(hours(9)), 0)  # 23:10
    world.source.board = [rescheduled(hours(10), replace(F12, fa_flight_id="UAL1234-anew"))]
    assert world.subscribe(0).already


def test_two_departures_of_one_route_that_both_live_are_two_tracked_flights(world: World) -> None:
    second = rescheduled(hours(3), replace(F12, fa_flight_id="UAL1234-second"))
    world.source.board = [F12, second]
    world.subscribe(leaves_at=time(14, 10))
    assert not world.subscribe(leaves_at=time(17, 10)).already
    assert [view.tracked.flight for view in world.store.flight_views()] == [F12, second]


# --- and out again ----------------------------------------------------------------------------------------------


def test_the_last_one_to_leave_closes_the_flight(world: World) -> None:
    world.follow(F12, 0, 1)
    subscribe.unsubscribe(world.store, world.subscription(1), now=NOON)
    assert world.flight().closed_at is None
    subscribe.unsubscribe(world.store, world.subscription(2), now=NOON)
    assert world.flight().closed_at == NOON
    assert [step.subscription_id for step in world.steps("unsubscribe")] == [1, 2]
    assert world.poll(late(hours(2))) == []


def test_a_pending_wish_can_be_withdrawn(world: World) -> None:
    world.source.fault = OUTAGES[0]
    waiting = world.subscribe().subscription
    subscribe.unsubscribe(world.store, waiting, now=NOON)
    world.clock.advance(DAY)
    assert world.subscription().state is S.CANCELED
    assert not world.activate()


def test_leaving_counts_for_the_subscription_as_it_stands_now(world: World) -> None:
    world.source.fault = OUTAGES[0]
    waiting = world.subscribe().subscription
    world.source.fault, world.source.board = None, [F12]
    world.clock.advance(minutes(1))
    world.activate()
    subscribe.unsubscribe(world.store, waiting, now=world.clock.now())
    assert world.flight().closed_at == world.clock.now()


def test_leaving_twice_is_leaving_once(world: World) -> None:
    world.follow(F12)
    active = world.subscription()
    subscribe.unsubscribe(world.store, active, now=NOON)
    left = world.dump()
    subscribe.unsubscribe(world.store, active, now=NOON)
    assert world.dump() == left
