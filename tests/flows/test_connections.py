"""Connections on the real store: whichever of the two flights moves, their traveler hears of it once."""

from dataclasses import replace

from flait.core.flights import Flight, Times
from flait.core.subscriptions import Role
from tests.core.flights_for_tests import F12, IN, OFF, ON, hours, late, minutes, onward_flight, took_off, touched_down
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
    assert sorted(kinds) == ["conn_ok", "delay_first"]
    [well] = [text for text in world.texts if text.kind == "conn_ok"]
    assert well.subscription_id == 1
    assert "connection OK at EWR" in well.body


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
    world.store.hasten(1, world.clock.now())
    world.poll(replace(F12, cancelled=True), LH403)
    world.store.hasten_moments(1, world.clock.now())
    world.remind(REMINDING)
    assert "leave" not in [text.kind for text in world.texts if text.subscription_id == 1]
