"""STATUS, its parts, and LIST: fresh where it can be, honest about its age, and no news afterwards."""

from datetime import timedelta

import pytest

from flait.core.flights import Flight
from flait.core.messages import MessageStatus
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role
from flait.core.texts import answers as texts
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlightSourceError
from flait.flows import receipts
from tests.core.flights_for_tests import (
    F12,
    IN,
    OFF,
    ON,
    OUT,
    at_gate,
    diverted,
    hours,
    late,
    left_gate,
    minutes,
    took_off,
    touched_down,
)
from tests.flows.talk import TOMORROW, Talk, moved
from tests.flows.world import PHONES, World, refused, timetabled

FRESH = "UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3. Checked just now."
B4 = replace(F12, gate_origin="B4")
INBOUND = replace(F12, gate_destination="C91", terminal_destination="C", baggage_claim="6")


@pytest.mark.parametrize("said", ["status", "s", "UA1234", "where is my plane", "status 1", "Status UA1234 today?"])
def test_a_flight_is_asked_about_in_many_ways(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12)
    world.clock.advance(minutes(10))
    assert talk.says(said) == [FRESH]


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("gate?", "UA1234 at SFO: gate F12, Terminal 3. Dep 14:10 PST. Checked just now."),
        ("bags", "UA1234 bags at EWR: no belt known yet. Arr 22:31 EST. Checked just now."),
        ("when do we leave?", "UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. Checked just now."),
    ],
)
def test_one_fact_is_answered_with_that_fact(world: World, talk: Talk, said: str, answered: str) -> None:
    talk.tracks(F12)
    world.clock.advance(minutes(10))
    assert talk.says(said) == [answered]


# --- fresh --------------------------------------------------------------------------------------------------------


def test_what_is_known_for_less_than_three_minutes_is_not_asked_again(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    calls = len(world.source.calls)
    world.clock.advance(minutes(2))
    assert talk.says("status") == [
        "UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3. Checked 2 min ago."
    ]
    assert len(world.source.calls) == calls


def test_an_older_sighting_is_refreshed_by_one_look(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.advance(minutes(4))
    calls = len(world.source.calls)
    talk.says("status")
    talk.says("gate?")
    assert len(world.source.calls) == calls + 1
    assert world.flight().polls == 1
    assert world.due() > world.clock.now()


def test_the_look_is_a_poll_like_any_other_for_those_who_follow_too(world: World, talk: Talk) -> None:
    world.follow(F12, 0, 1)
    world.clock.advance(minutes(4))
    world.source.board = [B4]
    (answer,) = talk.says("status")
    assert "Gate B4" in answer
    assert [text.kind for text in world.texts if text.to == PHONES[1]] == ["tracked", "gate_change"]


def test_what_was_answered_is_no_news_afterwards(world: World, talk: Talk) -> None:
    world.follow(F12, 0, 1)
    world.clock.advance(minutes(4))
    world.source.board = [late(hours(1))]
    (answer,) = talk.says("status")
    assert "1h late: dep 15:10 PST, was 14:10; arr 23:31 EST, was 22:31." in answer
    assert world.next_poll(late(hours(1))) == ["delay_first"]
    assert world.texts[-1].to == PHONES[1]


def test_a_poll_under_way_is_not_doubled(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.advance(hours(1))
    world.store.hasten(1, world.clock.now())
    assert world.store.claim_due_flights(world.clock.now(), world.boot, 1)
    calls = len(world.source.calls)
    (answer,) = talk.says("status")
    assert answer.endswith("No word since 12:10 PST: check the airline's page.")
    assert len(world.source.calls) == calls


@pytest.mark.parametrize("fault", [FlightSourceError("no answer"), BudgetExhausted("spent")])
def test_without_a_new_look_the_answer_says_how_old_it_is(world: World, talk: Talk, fault: Exception) -> None:
    talk.tracks(F12)
    world.clock.advance(minutes(19))
    world.source.fault = fault
    assert talk.says("status") == [
        "UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3. Checked 20 min ago; no newer data now."
    ]
    assert world.due() > world.clock.now()


def test_a_restart_between_look_and_answer_costs_no_second_look(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.advance(minutes(10))
    talk.send("status")
    world.store.claim_inbound(world.clock.now(), world.boot)
    world.next_poll(F12)
    world.restart()
    calls = len(world.source.calls)
    assert [text.body[:6] for text in talk.answer()] == ["UA1234"]
    assert len(world.source.calls) == calls


# --- what is over -----------------------------------------------------------------------------------------------


@pytest.fixture
def over(world: World, talk: Talk) -> Talk:
    """Their flight is at its gate, and the watch has ended."""
    talk.tracks(F12)
    world.clock.moment = IN + minutes(1)
    while world.flight().closed_at is None:
        world.next_poll(at_gate(INBOUND))
    world.deliver()
    return talk


@pytest.mark.parametrize("said", ["STATUS", "UA1234", "UAL1234", "where is my plane", "is it late?"])
def test_what_is_over_is_still_answered_for_a_day(over: Talk, said: str) -> None:
    [answer] = over.says(said)
    assert answer.startswith("UA1234 SFO-EWR: at the gate EWR 22:31 EST")
    assert " Gate C91, Terminal C. Bags: belt 6. Checked " in answer


def test_what_is_over_is_answered_for_its_own_day_alone(over: Talk) -> None:
    [of_today], [of_tomorrow] = over.says("STATUS UA1234 25 nov"), over.says("STATUS UA1234 26 nov")
    assert of_today.startswith("UA1234 SFO-EWR: at the gate EWR 22:31 EST")
    assert of_tomorrow.startswith("You do not follow UA1234.")


def test_the_belt_of_what_is_over_is_still_answered(over: Talk) -> None:
    [answer] = over.says("bags?")
    assert answer.startswith("UA1234 bags at EWR: belt 6, Terminal C.")


@pytest.mark.parametrize(
    ("said", "answered"), [("UA999", "You do not follow UA999."), ("STATUS 1", "There is no number 1")]
)
def test_what_was_never_followed_is_not_answered_beside_it(over: Talk, said: str, answered: str) -> None:
    assert over.says(said)[0].startswith(answered)


def test_after_a_day_it_is_followed_no_more(world: World, over: Talk) -> None:
    world.clock.moment = IN + timedelta(hours=25)
    assert over.says("STATUS") == [texts.NO_FLIGHTS]


def test_what_is_followed_comes_before_what_is_over(world: World, over: Talk) -> None:
    over.tracks(moved(by=timedelta(days=1)))
    assert over.says("STATUS")[0].startswith("UA1234 SFO-EWR on time: dep 14:10 PST")


# --- which --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flight", "answered"),
    [
        (took_off(INBOUND), "in the air since 14:25 PST, arrives EWR about 22:31 EST, on time. Gate C91, Terminal C. Bags: belt 6. Checked"),
        (touched_down(INBOUND), "landed EWR 22:23 EST, at the gate about 22:31 EST. Gate C91, Terminal C. Bags: belt 6. Checked"),
        (at_gate(INBOUND), "at the gate EWR 22:31 EST. Gate C91, Terminal C. Bags: belt 6. Checked"),
        (diverted(), "DIVERTED to Pittsburgh (PIT): in the air, arrives about 23:05 EST. We look for its flight on to EWR. Checked"),
        (diverted(None), "DIVERTED, new airport not known yet: in the air. We look for its flight on to EWR. Checked"),
        (replace(F12, cancelled=True), "Tue 25 Nov is CANCELLED. Ask your traveler for the new flight. Checked"),
    ],
)  # fmt: skip
def test_a_status_says_how_far_it_has_come(world: World, talk: Talk, flight: Flight, answered: str) -> None:
    world.follow(F12, role=Role.MEETER)
    if flight.in_.actual:
        world.clock.moment = IN + minutes(5)
    elif flight.on.actual:
        world.clock.moment = ON + minutes(5)
    elif flight.off.actual:
        world.clock.moment = OFF + minutes(5)
    else:
        world.clock.advance(minutes(5))
    world.source.board = [flight]
    bodies = talk.says("status")
    assert any(answered in body for body in bodies), bodies


def test_the_flight_in_the_air_comes_before_the_next_to_leave(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    world.clock.moment = OFF + minutes(5)
    world.source.board = [took_off(F12), TOMORROW]
    (answer,) = talk.says("status")
    assert "in the air" in answer
    assert answer.endswith("LIST shows 1 more.")


def test_the_next_to_leave_comes_before_the_one_after_it(world: World, talk: Talk) -> None:
    talk.tracks(TOMORROW, F12)
    (answer,) = talk.says("UA1234")
    assert "dep 14:10 PST," in answer


def test_a_day_names_another_flight_of_the_number(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    (answer,) = talk.says("status UA1234 tomorrow")
    assert "dep 14:10 PST Wed" in answer


def test_a_saved_flight_stands_by_its_timetable(world: World, talk: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")
    assert talk.says("status") == [
        "UA1234 SFO-EWR Tue 2 Dec is saved: dep 14:10 PST. By the timetable; live data comes 2 days before departure."
    ]
    world.store._change("UPDATE timetable SET misses = 2")
    [gone] = talk.says("status")
    assert gone.startswith("UA1234 SFO-EWR Tue 2 Dec is saved, and not in the airline's timetable any more. Ask the")


def test_a_wish_that_waits_for_flightaware_says_so(world: World, talk: Talk) -> None:
    world.source.fault = FlightSourceError("no answer")
    world.subscribe(on="tomorrow")
    assert talk.says("status") == [
        "UA1234 tomorrow is saved; FlightAware has not answered yet. You will hear from us when it does."
    ]


def test_a_flight_nobody_asked_for_is_not_looked_up(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    calls = len(world.source.calls)
    assert talk.says("UA999") == ["You do not follow UA999. Reply TRACK UA999 to start, LIST for what you follow."]
    assert len(world.source.calls) == calls


def test_who_follows_nothing_is_told_how_to_begin(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("untrack UA1234")
    assert talk.says("status") == [texts.NO_FLIGHTS]
    assert talk.says("list") == [texts.NO_FLIGHTS]


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_numbers_what_is_followed_by_departure(world: World, talk: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")
    talk.tracks(moved(late(minutes(45)), timedelta(days=1)), late(minutes(45)))
    (body,) = talk.says("list")
    assert body.splitlines() == [
        "1 UA1234 Tue25Nov SFO-EWR 14:55 +45m",
        "2 UA1234 Wed26Nov SFO-EWR 14:10 on time",
        "3 UA1234 Tue2Dec SFO-EWR 14:10 saved",
        "Reply STATUS 1, UNTRACK 1 or MUTE 1.",
    ]


def test_a_number_of_the_list_keeps_its_flight_until_the_next_list(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("list")
    talk.says("untrack 1")
    (second,) = talk.says("status 2")
    assert "dep 14:10 PST Wed" in second
    assert talk.says("status 1") == ["You do not follow UA1234 Tue 25 Nov any more. Reply LIST for what you follow."]
    assert talk.says("status 3") == ["There is no number 3 on your list. Reply LIST."]
    talk.says("list")
    assert "dep 14:10 PST Wed" in talk.says("status 1")[0]


def test_a_digit_after_a_list_asks_for_that_flight(talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("1") == [texts.UNKNOWN]
    talk.says("list")
    (body,) = talk.says("1")
    assert body.startswith("UA1234 SFO-EWR")


def test_a_long_list_is_cut_to_one_text(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    world.source.timetable = [timetabled(scheduled_out=OUT + timedelta(days=ahead)) for ahead in range(5, 15)]
    for ahead in range(5, 15):
        world.subscribe(on=(OUT + timedelta(days=ahead)).date().isoformat())
    (body,) = talk.says("list")
    assert len(body) <= 160
    assert body.splitlines()[-1].startswith("and ")
    assert body.splitlines()[-1].endswith("tells the next.")


def test_news_that_an_answer_leaves_out_is_told_within_minutes(world: World, talk: Talk) -> None:
    world.follow(F12, 0)
    world.clock.advance(minutes(4))
    world.source.board = [B4]
    (answer,) = talk.says("bags?")
    assert "B4" not in answer
    assert world.due() <= world.clock.now() + minutes(5)
    assert world.next_poll(B4) == ["gate_change"]


# --- for whom, and other than was told ----------------------------------------------------------------------------


def test_who_meets_it_is_told_where_it_arrives(world: World, talk: Talk) -> None:
    world.follow(INBOUND, role=Role.MEETER)
    assert talk.says("status") == [
        (
            "UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. At EWR: gate C91, Terminal C. Bags: belt 6. "
            "Checked just now."
        )
    ]
    assert talk.says("which terminal?") == ["UA1234 at EWR: gate C91, Terminal C. Arr 22:31 EST. Checked 1 min ago."]
    assert talk.says("list")[0].startswith("1 UA1234 Tue25Nov SFO-EWR arr 22:31 on time\n")


def test_a_gate_that_is_another_than_was_told_is_marked_in_the_answer(world: World, talk: Talk) -> None:
    world.follow(F12)
    world.clock.advance(minutes(4))
    world.source.board = [B4]
    assert talk.says("gate?") == ["UA1234 at SFO: gate B4, was F12. Terminal 3. Dep 14:10 PST. Checked just now."]
    assert talk.says("gate") == ["UA1234 at SFO: gate B4, Terminal 3. Dep 14:10 PST. Checked just now."]
    assert world.next_poll(B4) == []


def test_what_never_arrived_was_not_told_and_is_no_change(world: World, talk: Talk) -> None:
    world.source.board = [F12]
    world.subscribe()
    for _ in range(2):
        world.gateway.fails(refused())
        world.deliver()
    world.clock.advance(minutes(4))
    world.source.board = [B4]
    assert talk.says("gate?") == ["UA1234 at SFO: gate B4, Terminal 3. Dep 14:10 PST. Checked just now."]


def test_ten_hours_after_its_time_a_status_says_that_nothing_is_known_of_it(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.moment = OUT + hours(10)
    world.source.fault = FlightSourceError("no answer")
    assert talk.says("status") == [
        (
            "UA1234 SFO-EWR: was to leave 14:10 PST Tue and arrive 22:31 EST Tue, no report that it left. "
            "No word since 12:10 PST Tue: check the airline's page."
        )
    ]


def test_off_the_gate_and_not_off_the_ground(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.moment = OUT + minutes(50)
    world.source.board = [left_gate(F12)]
    (body,) = talk.says("status")
    assert body.startswith("UA1234 SFO-EWR: left the gate 14:10 PST, not taken off yet, arr 22:31 EST.")


# --- what a list says is told -------------------------------------------------------------------------------------


def test_a_delay_that_a_list_showed_is_taken_back_also_during_a_mute(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute 8h")
    assert world.next_poll(late(hours(2))) == []
    assert world.next_poll(late(hours(2))) == []
    (answer,) = talk.says("list")
    assert "+2h" in answer
    for _ in range(3):  # a blank estimate is no news at first
        world.next_poll(F12)
    assert world.kinds[-1] == "on_time"


def test_a_cancellation_that_only_a_list_showed_is_taken_back(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.next_poll(replace(F12, cancelled=True))
    (answer,) = talk.says("list")
    assert "CANCELLED" in answer
    world.next_poll(F12)
    world.next_poll(F12)
    assert world.kinds[-1] == "reinstated"


def test_a_list_that_was_lost_told_nothing(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.next_poll(replace(F12, cancelled=True))
    talk.says("list")
    world.deliver()
    lost = Receipt(sid=world.texts[-1].sid or "", status=MessageStatus.UNDELIVERED)
    assert receipts.take(world.store, lost, "undelivered", world.clock.now())
    world.next_poll(F12)
    world.next_poll(F12)
    assert "reinstated" not in world.kinds


# --- what nobody could look at ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flight", "silent_for", "line"),
    [
        (F12, 50, "1 UA1234 Tue25Nov SFO-EWR 14:10, no word since 12:10"),
        (F12, 130, "1 UA1234 Tue25Nov SFO-EWR 14:10, no word since 12:10"),
        (F12, 300, "1 UA1234 Tue25Nov SFO-EWR 14:10, no word since 12:10"),
        (late(minutes(45)), 50, "1 UA1234 Tue25Nov SFO-EWR 14:55 +45m, no word since 12:10"),
        (replace(F12, cancelled=True), 50, "1 UA1234 Tue25Nov SFO-EWR 14:10 CANCELLED, no word since 12:10"),
        (F12, 40, "1 UA1234 Tue25Nov SFO-EWR 14:10 on time"),
    ],
)
def test_a_list_calls_nothing_on_time_that_nobody_could_look_at(
    world: World, talk: Talk, flight: Flight, silent_for: int, line: str
) -> None:
    talk.tracks(flight)
    fail_for(world, silent_for)
    assert talk.says("list")[0].startswith(f"{line}\n")


def fail_for(world: World, span: int) -> None:
    """AeroAPI does not answer for so many minutes, whenever it is asked."""
    world.source.fault = FlightSourceError("AeroAPI did not answer")
    for _ in range(span):
        world.clock.advance(minutes(1))
        world.poll()
    world.deliver()


def test_in_the_air_a_list_says_since_when_by_the_clocks_of_the_arrival(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.moment = ON - hours(2)
    world.store.hasten(1, world.clock.now())
    world.poll(took_off())
    fail_for(world, 180)
    assert talk.says("list")[0].startswith("1 UA1234 Tue25Nov SFO-EWR arr 22:31, no word since 20:23\n")


def test_a_list_by_a_daemon_that_did_not_look_says_so_too(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.advance(minutes(100))
    assert "14:10, no word since 12:10" in talk.says("list")[0]


def test_a_look_that_is_not_due_yet_is_not_missed(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.moment = OUT - hours(9)
    world.store.hasten(1, world.clock.now())
    world.poll(F12)
    world.clock.advance(hours(2))
    assert "14:10 on time" in talk.says("list")[0]


def test_whom_a_list_told_that_there_is_no_word_is_told_when_there_is(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.fault = FlightSourceError("AeroAPI did not answer")
    world.clock.advance(minutes(60))
    talk.says("list")
    world.source.fault = None
    world.poll(F12)
    world.deliver()
    assert world.texts[-1].kind == "fresh"


def test_status_goes_by_the_departure_that_they_were_told(world: World, talk: Talk) -> None:
    """One look alone showed it five hours later; they act on the sooner one."""
    talk.tracks(F12)
    world.store.hasten(1, world.clock.now())
    world.poll(late(hours(5)))
    fail_for(world, 50)
    assert talk.says("status")[0].endswith("No word since 12:10 PST: check the airline's page.")
