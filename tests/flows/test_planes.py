"""The plane of a followed flight on the real store: found, watched while it matters, told of, let go."""

from datetime import datetime

import pytest

from flait.core.flights import Flight, Times
from flait.core.subscriptions import Role
from flait.core.texts.formats import Reader
from flait.core.texts.planes import plane_text
from flait.core.texts.status import Freshness
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlightSourceError
from flait.flows import planes, subscribe
from flait.flows.telling import AlertRules
from tests.core.flights_for_tests import (
    DEN,
    F12,
    LAX,
    OUT,
    hours,
    inbound_flight,
    late,
    left_gate,
    minutes,
    took_off,
    touched_down,
    with_plane,
)
from tests.flows.talk import Talk
from tests.flows.world import PHONES, REMINDING, RULES, World

UA1234 = with_plane(F12)
FIVE_BEFORE = OUT - hours(5)


def follow(world: World, role: Role = Role.TRAVELER, at: datetime = FIVE_BEFORE) -> None:
    world.clock.moment = at
    world.source.board = [UA1234]
    world.subscribe(0, "UA1234", role=role)
    world.deliver()
    world.store.hasten(1, world.clock.now())
    world.poll(UA1234)


def look(world: World, *flights: Flight) -> list[str]:
    """The followed flight is looked at, planes are found, whatever is due is looked at; the kinds of texts that follow."""
    there = len(world.texts)
    world.store.hasten(1, world.clock.now())
    turn(world, *flights)
    return [text.kind for text in world.texts[there:]]


def turn(world: World, *flights: Flight, rules: AlertRules = RULES) -> None:
    world.source.board = flights
    for _ in range(3):
        world.poll(*flights, rules=rules)
        while planes.find_next(world.store, world.source, world.clock):
            pass
        world.remind(rules)
    world.deliver()


def run_until(world: World, end: datetime, *flights: Flight, rules: AlertRules = RULES) -> None:
    """Minute by minute, whatever is due."""
    while world.clock.now() < end:
        world.clock.advance(minutes(1))
        turn(world, *flights, rules=rules)


def asked(world: World, fa_flight_id: str) -> int:
    return world.source.calls.count(("flight", fa_flight_id))


def open_rows(world: World) -> list[str]:
    return [view.tracked.fa_flight_id for view in world.store.flight_views()]


DELAYED = inbound_flight(minutes(90))
FEEDER = Flight(
    fa_flight_id="UAL77-1", ident="UAL77", ident_icao="UAL77", ident_iata="UA77", origin=LAX, destination=DEN,
    out=Times(scheduled=OUT - hours(7)), off=Times(scheduled=OUT - hours(6.8)),
    on=Times(scheduled=OUT - hours(5.1), estimated=OUT - hours(3.1)),
    in_=Times(scheduled=OUT - hours(5), estimated=OUT - hours(3)), inbound_fa_flight_id="UAL3-1",
)  # fmt: skip


def test_a_late_plane_is_told_before_the_airline_says_so_and_once(world: World) -> None:
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(60), UA1234, DELAYED)
    assert world.kinds == ["tracked", "inbound_late"]
    assert "Airline still says 14:10. Expect 15:15 or later." in world.texts[-1].body


def test_it_takes_two_looks_at_the_plane(world: World) -> None:
    follow(world)
    turn(world, UA1234, DELAYED)
    assert asked(world, DELAYED.fa_flight_id) == 1
    assert world.kinds == ["tracked"]
    world.clock.advance(minutes(6))
    turn(world, UA1234, DELAYED)
    assert asked(world, DELAYED.fa_flight_id) == 2
    assert world.kinds == ["tracked", "inbound_late"]


def test_nobody_looks_at_the_plane_before_five_hours_before(world: World) -> None:
    follow(world, at=OUT - hours(20))
    turn(world, UA1234, inbound_flight())
    assert open_rows(world) == [UA1234.fa_flight_id]
    world.clock.moment = FIVE_BEFORE
    turn(world, UA1234, inbound_flight())
    assert open_rows(world) == [UA1234.fa_flight_id, inbound_flight().fa_flight_id]


def test_the_plane_of_a_flight_that_nobody_travels_on_is_not_looked_at(world: World) -> None:
    follow(world, Role.MEETER)
    look(world, UA1234, DELAYED)
    assert asked(world, DELAYED.fa_flight_id) == 0


def test_a_plane_that_is_on_time_costs_four_looks_at_most(world: World) -> None:
    follow(world)
    there = inbound_flight()
    for at, seen in (
        (OUT - hours(4), there),
        (OUT - hours(3.7), left_gate(there)),
        (OUT - minutes(68), took_off(there)),
        (OUT - minutes(1), touched_down(there)),
    ):
        run_until(world, at, UA1234, seen)
    assert asked(world, there.fa_flight_id) <= 4
    assert open_rows(world) == [UA1234.fa_flight_id]
    assert "inbound_here" not in world.kinds


def test_its_landing_is_told_to_who_expects_to_leave_later(world: World) -> None:
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(20), UA1234, DELAYED)
    world.clock.moment = OUT - minutes(25)
    run_until(world, OUT - minutes(5), UA1234, touched_down(inbound_flight(minutes(43)), OUT - minutes(25)))
    assert world.kinds == ["tracked", "inbound_late", "inbound_here"]
    assert open_rows(world) == [UA1234.fa_flight_id]


def test_its_landing_is_no_news_once_the_airline_says_as_much(world: World) -> None:
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(20), UA1234, DELAYED)
    delayed = late(minutes(70), UA1234)
    run_until(world, FIVE_BEFORE + minutes(60), delayed, DELAYED)
    world.clock.moment = OUT + minutes(25)
    run_until(world, OUT + minutes(60), delayed, touched_down(DELAYED, OUT + minutes(20)))
    assert world.kinds == ["tracked", "inbound_late", "delay_first"]
    assert not any("lane is here" in text.body for text in world.texts)


def test_another_plane_takes_the_place_of_the_first_and_says_so(world: World) -> None:
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(20), UA1234, DELAYED)
    other = inbound_flight(fa_flight_id="UAL812-1", ident="UAL812", ident_iata="UA812", origin=LAX)
    swapped = replace(UA1234, inbound_fa_flight_id="UAL812-1")
    run_until(world, FIVE_BEFORE + minutes(120), swapped, DELAYED, other)
    assert world.kinds == ["tracked", "inbound_late", "inbound_swap"]
    assert "now UA812 LAX-SFO" in world.texts[-1].body
    assert DELAYED.fa_flight_id not in open_rows(world)


def test_the_plane_before_that_is_looked_at_until_the_first_has_left(world: World) -> None:
    first = inbound_flight(inbound_fa_flight_id="UAL77-1")
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(30), UA1234, first, took_off(FEEDER))
    assert world.kinds == ["tracked", "inbound_late"]
    assert "has not left, its own plane is late" in world.texts[-1].body
    assert asked(world, "UAL3-1") == 0  # two back, and no further
    run_until(world, FIVE_BEFORE + minutes(150), UA1234, took_off(late(minutes(20), first)), took_off(FEEDER))
    assert "UAL77-1" not in open_rows(world)


@pytest.mark.parametrize(
    ("flight", "inbound"),
    [
        (replace(F12, inbound_fa_flight_id=F12.fa_flight_id), inbound_flight()),
        (UA1234, replace(inbound_flight(minutes(90)), destination=LAX)),
        (UA1234, replace(inbound_flight(), cancelled=True)),
    ],
    ids=["itself", "goes elsewhere", "cancelled"],
)
def test_a_plane_that_cannot_come_is_no_plane(world: World, flight: Flight, inbound: Flight) -> None:
    world.clock.moment = FIVE_BEFORE
    world.follow(flight)
    run_until(world, FIVE_BEFORE + minutes(30), flight, inbound)
    assert world.kinds == ["tracked"]
    assert open_rows(world) == [flight.fa_flight_id]


def test_two_flights_that_name_each_other_end_with_two_rows(world: World) -> None:
    back = inbound_flight(minutes(90), inbound_fa_flight_id=UA1234.fa_flight_id)
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(30), UA1234, back)
    assert open_rows(world) == [UA1234.fa_flight_id, back.fa_flight_id]


def test_a_plane_that_aeroapi_does_not_know_is_looked_for_three_times(world: World) -> None:
    follow(world)
    run_until(world, OUT - hours(1), UA1234)
    assert asked(world, inbound_flight().fa_flight_id) == 3


@pytest.mark.parametrize("fault", [FlightSourceError("AeroAPI cannot be reached"), BudgetExhausted("spent", "wait")])
def test_a_fault_while_looking_for_it_is_tried_again_and_stops_nothing(world: World, fault: Exception) -> None:
    follow(world)
    world.source.fault = fault
    assert planes.find_next(world.store, world.source, world.clock)
    assert not planes.find_next(world.store, world.source, world.clock)
    world.source.fault = None
    run_until(world, FIVE_BEFORE + hours(1.5), UA1234, DELAYED)
    assert world.kinds[-1] == "inbound_late"


def test_once_the_flight_has_left_nobody_looks_at_its_plane(world: World) -> None:
    follow(world)
    look(world, UA1234, inbound_flight())
    assert len(open_rows(world)) == 2
    look(world, left_gate(UA1234, FIVE_BEFORE + hours(4.5)), inbound_flight())
    world.clock.moment = OUT
    look(world, left_gate(UA1234, OUT), inbound_flight())
    assert open_rows(world) == [UA1234.fa_flight_id]


def test_who_stops_following_leaves_no_plane_behind(world: World) -> None:

    follow(world)
    look(world, UA1234, inbound_flight())
    subscribe.unsubscribe(world.store, world.subscription(), now=world.clock.now())
    assert open_rows(world) == []


def test_a_plane_that_somebody_follows_too_is_looked_at_for_them(world: World) -> None:
    world.clock.moment = FIVE_BEFORE
    world.source.board = [inbound_flight()]
    world.subscribe(1, "UA555")
    world.source.board = [UA1234]
    world.subscribe(0, "UA1234")
    world.deliver()
    turn(world, UA1234, inbound_flight())
    run_until(world, FIVE_BEFORE + minutes(40), UA1234, DELAYED)
    assert sorted(kind for kind in world.kinds if kind != "tracked") == ["delay_first", "inbound_late"]
    assert len(open_rows(world)) == 2


def test_a_lost_text_about_the_plane_is_news_again(world: World) -> None:
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(10), UA1234, DELAYED)
    [text] = [text for text in world.texts if text.kind == "inbound_late"]
    world.store._change("UPDATE messages SET status = 'undelivered' WHERE id = :id", id=text.id)
    run_until(world, FIVE_BEFORE + minutes(60), UA1234, DELAYED)
    assert world.kinds.count("inbound_late") == 2


def test_the_leave_text_says_where_the_plane_is(world: World) -> None:
    there = took_off(inbound_flight(), OUT - hours(3.75))
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(5), UA1234, inbound_flight())
    world.clock.moment = OUT - hours(3)
    world.source.board = [UA1234, there]
    world.store.hasten(1, world.clock.now())
    world.poll(UA1234, there, rules=REMINDING)
    world.remind(REMINDING)
    [leave] = [text.body for text in world.texts if text.kind == "leave"]
    assert "Its plane, UA555, arrives 13:10 PST (seen 1h59 ago)." in leave


def back_on_time(world: World, at: datetime, **meanwhile: str) -> None:
    """A delay covers the late plane and is taken back at that moment; the plane is as late as before."""
    plane, delayed = inbound_flight(minutes(60)), late(minutes(40), UA1234)
    back = replace(late(minutes(0), UA1234), **meanwhile)  # type: ignore[arg-type]  # words
    run_until(world, at - minutes(40), UA1234, plane, rules=REMINDING)
    for flight, until in ((delayed, at), (back, at + minutes(3))):
        world.store.hasten(1, world.clock.now())
        run_until(world, until, flight, plane, rules=REMINDING)


def test_a_plane_that_is_late_still_is_told_when_the_airline_takes_its_delay_back(world: World) -> None:
    follow(world)
    back_on_time(world, FIVE_BEFORE + minutes(60))
    assert world.kinds == ["tracked", "inbound_late", "delay_first", "on_time"]
    assert world.texts[-1].body == (
        "UA1234 back on time: dep 14:50->14:10 PST, arr 22:31 EST. Be at the gate by 13:35. "
        "Its plane is late: expect 14:45 PST or later. Gate F12, Terminal 3."
    )  # it was looked at once more, and had been seen 56 minutes before


def test_what_had_no_room_is_told_a_minute_later_and_not_at_the_next_look(world: World) -> None:
    follow(world)
    back_on_time(world, OUT - hours(3), gate_origin="C3")
    assert world.kinds == ["tracked", "inbound_late", "delay_first", "on_time", "leave"]
    first, then = world.texts[-2:]
    assert "Its plane is late" in first.body
    assert "Time to go" not in first.body
    assert then.created_at - first.created_at == minutes(1)
    assert "Time to go to SFO. Its plane is late" in then.body


def test_on_again_says_that_it_is_time_to_go_and_what_changed_meanwhile_follows(world: World) -> None:
    world.clock.moment = OUT - hours(9)
    world.follow(F12)
    for at, flight in ((4, replace(F12, cancelled=True)), (2.6, replace(F12, gate_origin="C3"))):
        world.clock.moment = OUT - hours(at)
        for _ in range(2):
            world.clock.advance(minutes(2))
            world.store.hasten(1, world.clock.now())
            world.poll(flight, rules=REMINDING)
            world.deliver()
    assert world.kinds == ["tracked", "cancelled", "reinstated"]
    assert "Time to go to SFO." in world.texts[-1].body
    world.clock.advance(minutes(1))
    assert world.remind(REMINDING) == ["gate_change"]
    world.clock.advance(minutes(1))
    assert world.remind(REMINDING) == []


def test_a_plane_that_was_seen_long_ago_is_nothing_to_go_by(world: World) -> None:
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(20), UA1234, DELAYED)
    assert world.kinds[-1] == "inbound_late"
    world.clock.advance(hours(3))  # nobody could look at it
    assert planes.known(world.store, 1, UA1234, world.clock.now()) is None
    world.store.hasten(1, world.clock.now())
    world.store._change("UPDATE flights SET next_poll_at = NULL WHERE id = 2")
    world.poll(UA1234, rules=REMINDING)
    world.remind(REMINDING)
    assert not any("lane" in text.body for text in world.texts if text.kind == "leave")


LATE = "Its plane is late: expect 15:15 PST or later."


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        (
            "STATUS",
            f"UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. {LATE} Gate F12, Terminal 3. Checked just now.",
        ),
        ("WHEN", f"UA1234 SFO-EWR on time: dep 14:10 PST, arr 22:31 EST. {LATE} Checked just now."),
        ("GATE", f"UA1234 at SFO: gate F12, Terminal 3. {LATE} Dep 14:10 PST. Checked just now."),
        ("LIST", "1 UA1234 Tue25Nov SFO-EWR 14:10 on time, plane late: 15:15\nReply STATUS 1, UNTRACK 1 or MUTE 1."),
    ],
)
def test_every_answer_with_the_departure_says_that_its_plane_is_late(world: World, asked: str, answered: str) -> None:
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(20), UA1234, DELAYED)
    world.source.board = [UA1234, DELAYED]
    assert Talk(world).says(asked) == [answered]


def test_a_meeter_reads_nothing_of_the_plane(world: World) -> None:
    follow(world)
    world.subscribe(1, "UA1234", role=Role.MEETER)
    run_until(world, FIVE_BEFORE + minutes(20), UA1234, DELAYED)
    talk = Talk(world)
    for question in ("STATUS", "WHEN", "LIST"):
        assert "lane" not in talk.says(question, PHONES[1])[0]


def test_plane_of_a_flight_that_is_on_again_says_so_first_and_where_the_plane_was(world: World) -> None:
    follow(world)
    run_until(world, FIVE_BEFORE + minutes(20), UA1234, DELAYED)
    cancelled = replace(UA1234, cancelled=True)
    for _ in range(2):
        world.clock.advance(minutes(2))
        look(world, cancelled, DELAYED)
    assert world.kinds[-1] == "cancelled"
    looks = asked(world, DELAYED.fa_flight_id)
    run_until(world, FIVE_BEFORE + minutes(60), cancelled, DELAYED)
    assert asked(world, DELAYED.fa_flight_id) - looks <= 1
    world.source.board = [UA1234, DELAYED]
    world.store.hasten(1, world.clock.now())
    world.poll(UA1234)
    talk = Talk(world)
    [said] = talk.says("PLANE")
    assert said.startswith(
        "UA1234 SFO-EWR is ON AGAIN, not cancelled: dep 14:10 PST, arr 22:31 EST. Its plane was late "
    )
    run_until(world, FIVE_BEFORE + minutes(70), UA1234, DELAYED)
    assert talk.says("PLANE")[0].startswith("UA1234 plane is late: UA555 DEN-SFO")


def test_plane_says_that_it_is_cancelled_and_not_that_nothing_is_known(world: World) -> None:
    follow(world)
    turn(world, UA1234, inbound_flight())
    world.store.hasten(2, world.clock.now())
    turn(world, UA1234, replace(inbound_flight(), cancelled=True))
    there = planes.known(world.store, 1, UA1234, world.clock.now())
    text = plane_text(UA1234, there, Reader(ident="UA1234", now=world.clock.now()), Freshness(age=minutes(0)))
    assert text.body == (
        "UA1234 plane was to come with UA555 DEN-SFO, which is CANCELLED: another may come. Dep 14:10 PST. "
        "Checked just now."
    )


def test_looks_at_planes_are_booked_for_the_flight_that_waits(world: World) -> None:
    follow(world)
    turn(world, UA1234, inbound_flight(inbound_fa_flight_id="UAL77-1"), FEEDER)
    turn(world, UA1234, inbound_flight(inbound_fa_flight_id="UAL77-1"), FEEDER)
    rows = {view.tracked.fa_flight_id: view.tracked.id for view in world.store.flight_views()}
    assert len(rows) == 3
    assert planes.booked_for(world.store, rows[UA1234.fa_flight_id]) == ""
    for plane in (inbound_flight().fa_flight_id, "UAL77-1"):
        assert planes.booked_for(world.store, rows[plane]) == UA1234.fa_flight_id


def test_a_flight_that_is_said_to_be_its_own_plane_has_none(world: World) -> None:
    itself = replace(F12, inbound_fa_flight_id=F12.fa_flight_id)
    world.clock.moment = FIVE_BEFORE
    world.source.board = [itself]
    world.subscribe(0, "UA1234")
    look(world, itself)

    assert world.store.wanted_plane(1) is None
    assert len(world.store.flight_views()) == 1
