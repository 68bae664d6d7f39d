"""The last word is true: what was held is told before the end, and what was believed and is not so is taken back."""

from datetime import datetime

import pytest

from flait.core.flights import Flight, Times
from flait.core.subscriptions import Role, SubscriptionState
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    NOON,
    OFF,
    ON,
    OUT,
    PIT,
    arriving,
    at_gate,
    hours,
    late,
    leaving,
    left_gate,
    minutes,
    planned,
    took_off,
    touched_down,
)
from tests.flows.life import bodies, only, play, steps
from tests.flows.world import World

TRAVELER, MEETER, WATCHER = Role
CANCELLED = replace(F12, cancelled=True)
HOP = replace(
    F12, on=Times(scheduled=OUT + minutes(52)), off=Times(scheduled=OUT + minutes(8)),
    in_=Times(scheduled=OUT + minutes(60)),
)  # fmt: skip


# --- the end does not come before the news ------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("after_arrival", [-20, 15, 40, 69])
def test_a_late_flight_cancelled_after_its_scheduled_arrival_is_told(
    world: World, role: Role, after_arrival: int
) -> None:
    """An hour's flight, 2 h 10 late: it was to land at 15:10, and at 15:25 it is cancelled."""
    world.follow(HOP, role=role)
    delayed = late(minutes(130), HOP)
    gone = OUT + minutes(60 + after_arrival)
    texts = play(world, steps((NOON, [delayed]), (gone, [replace(delayed, cancelled=True)])))

    told = [text for text in texts if text.kind == "cancelled"]
    assert len(told) == 1
    assert told[0].created_at - gone <= minutes(20)
    assert "is CANCELLED" in bodies(texts)[-1]


@pytest.mark.parametrize("at", [NOON + minutes(20), OUT + minutes(90), OUT + minutes(200)])
def test_a_flag_that_one_look_alone_showed_ends_no_watch(world: World, at: datetime) -> None:
    world.follow(HOP, role=MEETER)
    delayed = late(minutes(220), HOP)
    flown = at_gate(delayed)
    shown = {"flag": False}

    def life(now: datetime) -> list[Flight]:
        if now >= at and not shown["flag"]:
            shown["flag"] = True
            return [replace(delayed, cancelled=True)]
        return [flown if now >= OUT + minutes(300) else delayed]

    texts = play(world, life)

    assert shown["flag"]
    assert "cancelled" not in [text.kind for text in texts]
    assert texts[-1].kind == "arrived"


def test_what_is_held_keeps_a_watch_open_until_it_is_told(world: World) -> None:
    """Four texts within the hour; another belt, known at the gate, is the fifth."""
    world.follow(F12, role=MEETER)
    world.clock.moment = ON - minutes(2)
    gates = [replace(F12, gate_destination=f"C{number}", baggage_claim="5") for number in range(6)]
    story = [(ON, touched_down(gates[0]))]
    story += [(ON + minutes(3 * number), at_gate(gates[number], ON + minutes(2))) for number in range(1, 5)]
    story += [(ON + minutes(15), at_gate(replace(gates[4], baggage_claim="6"), ON + minutes(2)))]
    for at, flight in story:
        world.clock.moment = at
        world.store.hasten(1, at)
        world.poll(flight)
        world.deliver()
    assert "belt 6" not in world.texts[-1].body

    texts = play(world, steps((ON, [story[-1][1]])))

    assert "belt 6" in bodies(texts)[-1]
    assert world.subscription().state is SubscriptionState.ENDED


# --- what cannot be is not believed ---------------------------------------------------------------------------------


def test_a_take_off_in_the_future_is_not_told_and_the_cancellation_after_it_is(world: World) -> None:
    """At 12:10 one answer has it in the air at 13:45; 25 minutes later it is cancelled."""
    world.follow(F12, role=MEETER)
    lie = only("off", NOON + minutes(95), F12)
    world.clock.moment = world.due()
    assert world.poll(lie) == []
    assert world.steps("poll")[-1].detail.endswith("not believed: off")
    gone = world.clock.now() + minutes(25)

    texts = play(world, steps((NOON, [lie]), (world.clock.now() + minutes(1), [F12]), (gone, [CANCELLED])), until=IN)

    assert [text.kind for text in texts] == ["cancelled"]
    assert texts[0].created_at - gone <= minutes(20)


@pytest.mark.parametrize(
    ("event", "at"),
    [
        ("out", NOON + hours(1)),
        ("off", NOON + hours(1)),
        ("on", NOON + hours(1)),
        ("in_", NOON + hours(1)),
        ("on", NOON + minutes(14)),  # an hour and three quarters before it leaves
        ("in_", NOON + minutes(14)),
        ("out", OUT - hours(3)),
        ("off", OUT - hours(5)),
    ],
)
@pytest.mark.parametrize("looks", [1, 3])
def test_an_actual_time_that_cannot_be_tells_nobody_anything(
    world: World, event: str, at: datetime, looks: int
) -> None:
    world.follow(F12, 0, role=MEETER)
    lie = only(event, at, F12)
    for _ in range(looks):
        world.clock.advance(minutes(15))
        world.store.hasten(1, world.clock.now())
        assert world.poll(lie) == []
        assert event in world.steps("poll")[-1].detail
    assert world.next_poll(F12) == []
    assert world.flight().flight == F12


@pytest.mark.parametrize("believed", [took_off(), touched_down(), at_gate()])
def test_what_was_believed_and_two_looks_leave_blank_is_taken_back(world: World, believed: Flight) -> None:
    at = (believed.in_.actual or believed.on.actual or believed.off.actual or OFF) + minutes(5)
    world.follow(F12, 0, role=MEETER)
    world.clock.moment = at
    world.poll(believed)
    world.deliver()
    known = late(at - OUT + minutes(60))

    first, second, third = (world.next_poll(known) for _ in range(3))

    assert (first, [*second, *third]) == ([], ["withdrawn"])
    assert world.texts[-1].body.startswith("UA1234 has NOT taken off after all: dep ")
    assert world.texts[-1].created_at - at <= minutes(50)


def test_a_landing_that_is_withdrawn_is_taken_back_in_the_air(world: World) -> None:
    world.follow(took_off(), 0, role=MEETER)
    world.clock.moment = ON + minutes(3)
    assert world.poll(touched_down()) == ["landed"]
    world.deliver()
    flying = took_off(arriving(minutes(40)))
    told = [*world.next_poll(flying), *world.next_poll(flying), *world.next_poll(flying)]
    assert told[0] == "withdrawn"
    assert (
        "has NOT landed after all: in the air since 14:25 PST, arrives EWR about 23:11 EST (40m late)."
        in world.texts[-1].body
    )


# --- whatever was told is taken back ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("to", [PIT, None])
def test_a_diversion_withdrawn_in_the_air_is_said(world: World, role: Role, to: object) -> None:
    world.follow(F12, 0, role=role)
    turns, back = OFF + hours(2), OFF + hours(3)
    other = replace(took_off(), destination=PIT, on=Times(estimated=ON + minutes(40)), in_=Times())
    away = [replace(took_off(), diverted=True), *([other] if to else [])]
    life = steps((NOON, [F12]), (OFF, [took_off()]), (turns, away), (back, [took_off()]), (ON, [touched_down()]))
    texts = play(world, life, until=ON)

    assert [text.kind for text in texts][-2:] == ["diverted", "undiverted"]
    assert bodies(texts)[-1] == "UA1234 NO LONGER DIVERTED: arrives EWR about 22:31 EST."
    assert texts[-1].created_at - back <= minutes(50)


@pytest.mark.parametrize("standing", [False, True], ids=["gone", "standing"])
def test_a_return_to_the_gate_is_said_with_the_new_time(world: World, standing: bool) -> None:
    """It left the gate at 14:12 and came back; AeroAPI forgets the leaving, or leaves it standing, and moves on."""
    world.follow(F12, 0)
    world.subscribe(1, role=MEETER)
    world.deliver()
    left, back = OUT + minutes(2), OUT + minutes(20)
    later = late(minutes(150), replace(F12, gate_origin="C12"))
    life = steps(
        (NOON, [F12]),
        (left, [left_gate(F12, left)]),
        (back, [left_gate(later, left) if standing else later]),
        (OUT + minutes(155), [took_off(later, OFF + minutes(150))]),
    )
    texts = play(world, life, until=OUT + minutes(140))

    returned = next(text for text in texts if text.created_at >= back and text.to.endswith("00"))
    words = "returned to the gate at SFO: dep 16:40 PST" if standing else "delayed 2h30: dep 14:10->16:40 PST"
    assert words in returned.body  # of a leaving that is gone nobody was told, and it may never have been
    assert returned.created_at - back <= minutes(20)
    assert not [body for body in bodies(texts, 0) if "14:10 PST" in body and body > returned.body]
    assert "16:40 PST" in bodies(texts, 0)[-1]
    assert [text.kind for text in texts if text.to.endswith("01")] == ["returned" if standing else "delay_first"]


def test_a_gate_told_after_a_return_says_the_new_time(world: World) -> None:
    world.follow(F12, 0)
    left, back = OUT + minutes(2), OUT + minutes(20)
    later = late(minutes(150), planned())
    life = steps(
        (NOON, [planned()]),
        (left, [left_gate(planned(), left)]),
        (back, [left_gate(later, left)]),
        (OUT + minutes(60), [left_gate(replace(later, gate_origin="C12"), left)]),
    )
    texts = play(world, life, until=OUT + minutes(120))
    gates = [body for body in bodies(texts) if "C12" in body]
    assert gates
    assert all("16:40 PST" in body for body in gates)


def test_a_long_taxi_is_no_return(world: World) -> None:
    world.follow(F12, 0, role=MEETER)
    left = left_gate()
    texts = play(world, steps((NOON, [F12]), (OUT + minutes(3), [left])), until=OUT + minutes(115))
    assert [text.kind for text in texts] == ["taxiing"]
    assert "returned" not in "".join(bodies(texts))


def test_on_again_with_a_blank_estimate_repeats_no_old_delay(world: World) -> None:
    world.follow(F12, 0)
    blank = F12
    life = steps(
        (NOON, [late(minutes(100))]),
        (NOON + minutes(35), [replace(late(minutes(100)), cancelled=True)]),
        (NOON + minutes(70), [blank]),
    )
    texts = play(world, life, until=OUT + minutes(10))
    (again,) = (text for text in texts if text.kind == "reinstated")
    assert "dep 14:10 PST" in again.body
    assert "15:50" not in again.body


def test_a_gate_that_stays_blank_is_taken_back(world: World) -> None:
    world.follow(F12, 0)
    gone = NOON + minutes(20)
    texts = play(world, steps((NOON, [F12]), (gone, [planned()])), until=OUT - minutes(20))
    assert bodies(texts)[0].startswith("UA1234 gate F12, Terminal 3 are no longer shown.")
    assert len(texts) == 1
    assert minutes(15) <= texts[0].created_at - gone <= minutes(45)


# --- looked at in time --------------------------------------------------------------------------------------------------


def test_a_cancelled_flight_that_is_on_again_near_departure_is_told_in_time(world: World) -> None:
    """On again at 12:26, it leaves at 14:10: two hours were too seldom."""
    world.clock.moment = NOON - hours(3)
    world.follow(F12, 0)
    again = NOON + minutes(16)
    life = steps((NOON - hours(3), [F12]), (NOON - hours(2), [CANCELLED]), (again, [F12]))
    texts = play(world, life, until=OUT)
    assert [text.kind for text in texts][:2] == ["cancelled", "reinstated"]
    assert texts[1].created_at - again <= minutes(20)


# --- urgent by what was told ----------------------------------------------------------------------------------------------


def test_a_delay_that_is_withdrawn_passes_a_mute(world: World) -> None:
    """Told three hours late, texted MUTE; then it leaves on time after all."""
    world.clock.moment = NOON - hours(3)
    world.follow(F12, 0)
    back = NOON + minutes(30)
    life = steps((NOON - hours(3), [late(hours(3))]), (back, [late(minutes(0))]))
    play(world, life, until=NOON - hours(1))
    world.store.mute_user(1, IN)
    texts = play(world, life, until=OUT - minutes(40))
    assert len(texts) == 1
    assert "dep 17:10->14:10 PST" in texts[0].body
    assert "Be at the gate by 13:35." in texts[0].body
    assert texts[0].created_at - back <= minutes(20)


def test_a_delay_that_is_withdrawn_passes_twelve_lesser_texts(world: World) -> None:
    world.clock.moment = NOON - hours(18)
    world.follow(F12, 0)
    for number in range(1, 15):
        moved = leaving(hours(number))
        for _ in range(2):
            world.store.hasten(1, world.clock.now())
            world.poll(moved)
            world.clock.advance(minutes(30))
        world.deliver()
    assert world.kinds.count("delay_more") + world.kinds.count("delay_first") >= 12
    world.clock.moment = OUT - hours(1)
    texts = play(world, steps((NOON, [leaving(minutes(0))])), until=OUT - minutes(35))
    assert "dep 04:10 Wed->14:10 PST Tue" in texts[0].body


def test_a_cancelled_record_with_an_arrival_that_cannot_be_is_not_taken_for_the_flight(world: World) -> None:
    """AeroAPI gives the flight another id; the old record is cancelled, and has an arrival still to come."""
    world.follow(F12, 0, role=MEETER)
    anew = replace(F12, fa_flight_id="UAL1234-anew")
    ghost = replace(only("in_", IN, F12), cancelled=True)
    changed = NOON + minutes(20)
    texts = play(
        world,
        steps(
            (NOON, [F12]), (changed, [anew, ghost]), (OFF, [took_off(anew), ghost]), (ON, [touched_down(anew), ghost])
        ),
    )
    assert [text.kind for text in texts] == ["departed", "landed"]
    assert world.flight().flight.fa_flight_id == "UAL1234-anew"
