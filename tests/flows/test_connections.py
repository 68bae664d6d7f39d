"""Connections on the real store: whichever of the two flights moves, their traveler hears of it once."""

from datetime import timedelta

import pytest

from flait.core.flights import Flight, ScheduledFlight, Times
from flait.core.subscriptions import Role
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    OFF,
    ON,
    OUT,
    hours,
    late,
    minutes,
    onward_flight,
    rescheduled,
    took_off,
    touched_down,
)
from tests.flows.talk import Talk
from tests.flows.world import REMINDING, World

LH403 = onward_flight(minutes(88))


def follow_both(world: World, role: Role = Role.TRAVELER) -> None:
    for flight, ident in ((F12, "UA1234"), (LH403, "LH403")):
        world.source.board = [flight]
        world.subscribe(0, ident, role=role)
    world.deliver()


def look(world: World, *flights: Flight) -> list[str]:
    """Everything is looked at now, and moments decide; the kinds of the texts that follow."""
    there = len(world.texts)
    for number in range(1, len(flights) + 1):
        world.store.hasten(number, world.clock.now())
    world.poll(*flights)
    world.remind()
    world.deliver()
    world.clock.advance(minutes(2))
    return [text.kind for text in world.texts[there:]]


def test_a_late_first_flight_puts_the_second_at_risk_in_one_text(world: World) -> None:
    follow_both(world)
    assert look(world, late(minutes(45)), LH403) == []
    assert look(world, late(minutes(45)), LH403) == ["conn_tight"]
    assert "43m to LH403" in world.texts[-1].body
    assert look(world, late(minutes(45)), LH403) == []


def test_a_second_flight_that_leaves_later_makes_it_well_again(world: World) -> None:
    follow_both(world)
    for _ in range(2):
        look(world, late(minutes(45)), LH403)
    world.clock.advance(minutes(30))
    later = replace(LH403, out=replace(LH403.out, estimated=IN + hours(3)), off=Times())
    kinds = [*look(world, late(minutes(45)), later), *look(world, late(minutes(45)), later)]
    kinds += look(world, late(minutes(45)), later)
    assert kinds == ["conn_ok"]  # one text: it says how the second moves
    [well] = [text for text in world.texts if text.kind == "conn_ok"]
    assert well.subscription_id == 1
    assert "connection OK at EWR" in well.body
    assert "LH403 dep 23:59 Tue->01:31 EST Wed." in well.body


def test_it_is_missed_when_the_second_leaves_before_the_first_is_there(world: World) -> None:
    follow_both(world)
    delayed = late(minutes(110))
    for _ in range(2):
        look(world, delayed, LH403)
    assert "conn_missed" in world.kinds
    world.clock.moment = IN + minutes(90)
    flying = took_off(delayed, OFF + minutes(110))
    gone = replace(LH403, out=replace(LH403.out, actual=IN + minutes(88)))
    for _ in range(3):
        look(world, flying, gone)
    assert world.kinds.count("conn_missed") == 1


def test_the_landing_text_carries_the_next_flight_and_its_gate_is_no_news_then(world: World) -> None:
    follow_both(world)
    world.clock.moment = ON + minutes(2)
    bare = replace(LH403, gate_origin="B70")
    down = touched_down(took_off(F12, OFF), ON)
    world.store.hasten(2, world.clock.now())
    world.poll(bare)
    look(world, down, bare)
    texts = [text for text in world.texts if text.kind == "landed"]
    assert [("Next: LH403 dep 23:59 EST, gate B70, Terminal B." in text.body) for text in texts] == [True]


def test_who_meets_or_watches_has_no_connection(world: World) -> None:
    follow_both(world, Role.MEETER)
    for _ in range(3):
        look(world, late(minutes(45)), LH403)
    assert "conn_tight" not in world.kinds


def test_somebody_else_s_flights_connect_with_nothing(world: World) -> None:
    world.source.board = [F12]
    world.subscribe(0, "UA1234")
    world.source.board = [LH403]
    world.subscribe(1, "LH403")
    world.deliver()
    for _ in range(3):
        look(world, late(minutes(45)), LH403)
    assert "conn_tight" not in world.kinds


def test_a_cancelled_second_flight_says_so_itself_and_the_pair_is_none_any_more(world: World) -> None:
    follow_both(world)
    for _ in range(3):
        look(world, late(minutes(45)), replace(LH403, cancelled=True))
    assert "conn_tight" not in world.kinds
    assert "cancelled" in world.kinds


def test_connect_says_how_sure_it_is_and_counts_as_told(world: World) -> None:
    follow_both(world)
    talk = Talk(world)
    [body] = talk.says("CONNECT")
    assert body == (
        "UA1234 connection OK at EWR, 1h28 to LH403: arr 22:31 EST, LH403 dep 23:59 EST. Checked just now."
        " LH403 from gate B61, Terminal B."
    )
    for _ in range(2):
        look(world, late(minutes(45)), LH403)
    assert talk.says("connection?")[0].startswith("UA1234 CONNECTION AT RISK at EWR, 43m to LH403:")


def test_status_says_how_sure_the_next_flight_is(world: World) -> None:
    follow_both(world)
    [body] = Talk(world).says("STATUS UA1234")
    assert "LH403 at EWR: 1h28, OK." in body


def test_connect_tells_who_waits_for_a_second_look_what_is_known_and_no_alert_repeats_it(world: World) -> None:
    follow_both(world)
    look(world, late(minutes(45)), LH403)
    talk = Talk(world)
    assert talk.says("CONNECT")[0].startswith("UA1234 CONNECTION AT RISK")
    assert "conn_tight" not in look(world, late(minutes(45)), LH403)


def test_nobody_is_told_to_leave_for_where_another_flight_brings_them(world: World) -> None:
    follow_both(world)
    world.clock.moment = IN + minutes(88) - hours(3)
    look(world, took_off(F12, OFF), LH403)
    world.store.hasten_moments(1, world.clock.now())
    world.remind(REMINDING)
    assert [text.kind for text in world.texts if text.subscription_id == 2] == ["tracked"]


# --- what the airline moves -------------------------------------------------------------------------------------------


def test_a_second_flight_that_its_airline_moves_sooner_puts_the_connection_at_risk_in_one_text(world: World) -> None:
    follow_both(world)
    world.clock.moment = OUT - hours(12)
    sooner = rescheduled(-minutes(60), LH403)
    kinds = [kind for _ in range(3) for kind in look(world, F12, sooner)]
    assert kinds == ["conn_tight"]
    assert world.texts[-1].body.startswith(
        "UA1234 CONNECTION AT RISK at EWR, 28m to LH403: arr 22:31 EST, LH403 dep 23:59->22:59 EST."
    )


def test_a_second_flight_that_its_airline_moves_before_the_first_is_missed(world: World) -> None:
    follow_both(world)
    kinds = [kind for _ in range(3) for kind in look(world, F12, rescheduled(-minutes(100), LH403))]
    assert kinds == ["conn_missed"]


def test_a_first_flight_that_its_airline_moves_later_is_told_with_the_connection(world: World) -> None:
    follow_both(world)
    kinds = [kind for _ in range(3) for kind in look(world, rescheduled(minutes(60), F12), LH403)]
    assert kinds == ["conn_tight"]
    assert "Dep 14:10->15:10 PST" in world.texts[-1].body


def test_what_the_timetable_moved_while_it_was_saved_is_told_when_it_is_live(world: World) -> None:
    world.clock.moment = OUT - timedelta(days=20)
    world.source.timetable = [as_planned(F12), as_planned(LH403)]
    for flight, ident in ((F12, "UA1234"), (LH403, "LH403")):
        world.source.timetable = [as_planned(flight)]
        world.subscribe(0, ident, flight.departure_date.isoformat())
    world.deliver()
    assert (
        Talk(world)
        .says("CONNECT")[0]
        .startswith(
            "UA1234 connection OK at EWR, 1h28 to LH403: arr 22:31 EST Tue, LH403 dep 23:59 EST Tue. By the timetable."
        )
    )
    sooner = rescheduled(-minutes(60), LH403)
    world.clock.moment = OUT - hours(40)
    for flight in (F12, sooner):
        world.source.board = [flight]
        world.activate()
    world.deliver()
    assert "conn_tight" in [kind for _ in range(3) for kind in look(world, F12, sooner)]


def as_planned(flight: Flight) -> ScheduledFlight:
    """Its row of the timetable."""
    assert flight.out.scheduled
    return ScheduledFlight(
        ident=flight.ident, ident_iata=flight.ident_iata, origin=flight.origin, destination=flight.destination,
        scheduled_out=flight.out.scheduled, scheduled_in=flight.in_.scheduled,
    )  # fmt: skip


# --- at the airport between -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reported_at", [None, minutes(75), minutes(110)])
def test_nobody_missed_a_flight_that_left_long_after_they_landed_whenever_the_gate_is_reported(
    world: World, reported_at: timedelta | None
) -> None:
    follow_both(world)
    world.clock.moment = ON + minutes(2)
    down = touched_down(took_off(F12, OFF), ON)
    look(world, down, LH403)
    world.clock.moment = IN + minutes(89)
    gone = replace(LH403, out=replace(LH403.out, actual=IN + minutes(88)))
    at_gate_late = replace(down, in_=replace(down.in_, actual=IN if reported_at else None))
    for _ in range(3):
        look(world, at_gate_late, gone)
    world.clock.advance(minutes(10))
    look(world, at_gate_late, gone)
    assert not {"conn_missed", "conn_tight", "conn_ok"} & set(world.kinds)
    assert Talk(world).says("CONNECT") == ["No two flights that you travel on connect. Reply LIST for what you follow."]


# --- another flight instead -------------------------------------------------------------------------------------------

UA9 = onward_flight(hours(4), fa_flight_id="UAL9-1", ident="UAL9", ident_icao="UAL9", ident_iata="UA9")


def rebooked(world: World) -> None:
    """They were told that they miss LH403, and follow UA9."""
    follow_both(world)
    for _ in range(2):
        look(world, late(minutes(110)), LH403)
    assert "conn_missed" in world.kinds
    world.source.board = [UA9]
    world.subscribe(0, "UA9")
    world.deliver()


def test_who_misses_a_flight_goes_on_with_the_next_that_they_follow_from_there(world: World) -> None:
    rebooked(world)
    both = Talk(world).says("CONNECT")
    assert [body.split(":")[0] for body in both] == [
        "UA1234 CONNECTION MISSED at EWR, LH403",
        "UA1234 connection OK at EWR, 2h10 to UA9",
    ]
    world.clock.advance(minutes(30))
    kinds = [kind for _ in range(3) for kind in look(world, late(minutes(200)), LH403, UA9)]
    assert kinds == ["conn_tight"]
    assert "CONNECTION AT RISK at EWR, 40m to UA9" in world.texts[-1].body
    assert "conn_missed" not in [kind for _ in range(3) for kind in look(world, late(minutes(200)), LH403, UA9)]


def test_the_landing_text_names_what_they_go_on_with_and_not_what_they_miss(world: World) -> None:
    rebooked(world)
    world.clock.moment = ON + minutes(112)
    down = touched_down(took_off(late(minutes(110)), OFF + minutes(110)), ON + minutes(110))
    kinds = look(world, down, LH403, UA9)
    [landed] = [text.body for text in world.texts if text.kind == "landed"]
    assert "landed" in kinds
    assert "Next: UA9 dep 02:31 EST" in landed


def test_nobody_is_reminded_of_what_they_miss_nor_told_to_leave_for_what_they_are_brought_to(world: World) -> None:
    rebooked(world)
    for at in (IN + minutes(88) - minutes(44), IN + hours(1), IN + hours(4) - minutes(44)):
        world.clock.moment = at
        look(world, took_off(late(minutes(110)), OFF + minutes(110)), LH403, UA9)
        for number in (1, 2, 3):
            world.store.hasten_moments(number, world.clock.now())
        world.remind(REMINDING)
    told = [(text.subscription_id, text.kind) for text in world.texts if text.kind in ("leave", "boarding")]
    assert told == [(3, "boarding")]


def test_the_landing_text_names_no_flight_that_they_were_told_to_miss(world: World) -> None:
    follow_both(world)
    for _ in range(2):
        look(world, late(minutes(110)), LH403)
    world.clock.moment = ON + minutes(112)
    down = touched_down(took_off(late(minutes(110)), OFF + minutes(110)), ON + minutes(110))
    look(world, replace(down, gate_destination="C91"), LH403)
    assert "Next:" not in " ".join(text.body for text in world.texts)


def test_nobody_is_told_to_leave_for_an_airport_to_which_a_cancelled_flight_was_to_bring_them(world: World) -> None:
    follow_both(world)
    world.clock.moment = IN + minutes(88) - minutes(179)
    look(world, replace(F12, cancelled=True), LH403)
    world.store.hasten_moments(1, world.clock.now())
    world.remind(REMINDING)
    assert "leave" not in [text.kind for text in world.texts if text.subscription_id == 2]


def test_a_miss_that_is_over_is_taken_back_and_its_reminders_come(world: World) -> None:
    rebooked(world)
    world.clock.advance(minutes(30))
    kinds = [kind for _ in range(3) for kind in look(world, late(minutes(10)), LH403, UA9)]
    assert kinds == ["conn_tight"]
    world.clock.moment = IN + minutes(88) - minutes(44)
    look(world, took_off(late(minutes(10)), OFF + minutes(10)), LH403, UA9)
    world.store.hasten_moments(1, world.clock.now())
    world.remind(REMINDING)
    assert (2, "boarding") in [(text.subscription_id, text.kind) for text in world.texts]


def test_other_flights_for_a_missed_one_leave_when_its_traveler_can_be_there(world: World) -> None:
    follow_both(world)
    for _ in range(2):
        look(world, late(minutes(110)), LH403)
    rows = [replace(as_planned(LH403), ident=f"DLH{at}", ident_iata=f"LH{at}", scheduled_out=IN + minutes(110 + at))
            for at in (10, 59, 60, 300)]  # fmt: skip
    world.source.timetable = [as_planned(LH403), *rows]
    [body] = Talk(world).says("ALT")
    assert "1) LH60 01:21 EST Wed 2) LH300" in body
