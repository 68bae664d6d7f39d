"""The journey goes on: after a diversion to the next leg, told and followed, or until it is clear that there is none."""

from typing import Any

import pytest

from flait.core.flights import Airport, Flight, Times
from flait.core.messages import MessageKind
from flait.core.subscriptions import Role, SubscriptionState
from flait.core.values import replace
from tests.core.flights_for_tests import (
    EWR,
    F12,
    IN,
    NOON,
    OFF,
    ON,
    PIT,
    SFO,
    at_gate,
    hours,
    left_gate,
    minutes,
    planned,
    took_off,
    touched_down,
)
from tests.flows.life import Life, Shown, bodies, play, steps
from tests.flows.world import World

TRAVELER, MEETER, WATCHER = Role
ORD = Airport(code="KORD", code_iata="ORD", city="Chicago", timezone="America/Chicago")
DOWN = OFF + hours(4)  # 20:25 in Chicago


def diverted_to(there: Airport, stage: str) -> list[Flight]:
    """The two records of a flight that comes down there at DOWN, as far as it has come."""
    on = {"flying": Times(estimated=DOWN)}.get(stage, Times(estimated=DOWN, actual=DOWN))
    in_ = {"in": Times(actual=DOWN + minutes(8))}.get(stage, Times())
    leg = replace(took_off(), destination=there, on=on, in_=in_, gate_destination=None)
    return [replace(took_off(), diverted=True), leg]


def onward(there: Airport, leaves: int, **changes: Any) -> Flight:
    """The next leg, from there to Newark, so many minutes after it came down; under another id."""
    out = DOWN + minutes(leaves)
    leg = planned(
        fa_flight_id="UAL1234-onward", origin=there, destination=EWR,
        out=Times(scheduled=out), off=Times(scheduled=out + minutes(15)),
        on=Times(scheduled=out + minutes(105)), in_=Times(scheduled=out + minutes(115)),
    )  # fmt: skip
    return replace(leg, **changes)


def life_of(there: Airport, *after: tuple[int, Shown]) -> Life:
    """Took off, turned to there, came down; and what is shown so many minutes after that."""
    return steps(
        (NOON, [F12]),
        (OFF, [took_off()]),
        (OFF + hours(2), diverted_to(there, "flying")),
        (DOWN, diverted_to(there, "on")),
        (DOWN + minutes(8), diverted_to(there, "in")),
        *((DOWN + minutes(count), shown) for count, shown in after),
    )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("shows_both", [False, True])
def test_diverted_refuelled_and_flown_on_it_is_followed_to_where_it_was_to_go(
    world: World, role: Role, shows_both: bool
) -> None:
    world.follow(F12, 0, role=role)
    leg = onward(ORD, 80)
    old = diverted_to(ORD, "in") if shows_both else []
    texts = play(
        world,
        life_of(
            ORD,
            (30, [*old, leg]),
            (95, [*old, took_off(leg)]),
            (185, [*old, touched_down(replace(leg, gate_destination="C91", baggage_claim="6"))]),
            (195, [*old, at_gate(replace(leg, gate_destination="C91", baggage_claim="6"))]),
        ),
    )

    kinds = [text.kind for text in texts]
    assert kinds[kinds.index(MessageKind.DIVERTED) :][:2] != ["diverted", "diverted"]
    (goes_on,) = (text for text in texts if text.kind == "onward")
    assert goes_on.body.startswith("UA1234 goes on ORD-EWR: dep 21:45 CST, arr 00:40 EST Wed.")
    assert goes_on.created_at - (DOWN + minutes(30)) <= minutes(25)
    assert "landed EWR 00:30 EST" in bodies(texts)[-1]
    assert "ends" not in kinds
    assert world.flight().flight.fa_flight_id == "UAL1234-onward"
    assert world.subscription().state is SubscriptionState.ENDED


def test_back_where_it_left_and_away_again_under_another_id_it_is_followed(world: World) -> None:
    world.follow(F12, 0, role=MEETER)
    leg = onward(SFO, 90, on=Times(scheduled=DOWN + minutes(400)), in_=Times(scheduled=DOWN + minutes(410)))
    texts = play(
        world,
        life_of(SFO, (40, [leg]), (105, [took_off(leg)]), (400, [touched_down(leg)]), (410, [at_gate(leg)])),
    )

    kinds = [text.kind for text in texts]
    assert kinds[:2] == ["departed", "diverted"]
    assert kinds[-3:] == ["onward", "departed", "landed"]
    assert bodies(texts)[-3].startswith("UA1234 goes on SFO-EWR: dep 19:55 PST, arr 04:15 EST Wed.")
    assert "landed EWR 04:05 EST" in bodies(texts)[-1]


@pytest.mark.parametrize("role", Role)
def test_where_nothing_flies_on_it_is_said_that_it_ends_there(world: World, role: Role) -> None:
    world.follow(F12, 0, role=role)
    texts = play(world, life_of(ORD))

    assert [text.kind for text in texts].count(MessageKind.ENDS) == 1
    who = "you get" if role is TRAVELER else "passengers get"
    assert bodies(texts)[-1] == f"UA1234 ends at Chicago (ORD). Ask the airline how {who} to Newark (EWR)."
    assert hours(6) <= texts[-1].created_at - DOWN <= hours(6.5)
    assert world.subscription().state is SubscriptionState.ENDED


def test_a_leg_that_flies_on_after_that_was_said_takes_it_back(world: World) -> None:
    world.follow(F12, 0)
    texts = play(world, life_of(ORD, (385, [onward(ORD, 420)])), until=DOWN + minutes(415))
    assert [text.kind for text in texts][-2:] == ["ends", "onward"]


def test_the_next_leg_is_looked_for_though_the_two_records_have_gone(world: World) -> None:
    world.follow(F12, 0)
    texts = play(world, life_of(ORD, (20, []), (60, [onward(ORD, 120)])), until=DOWN + minutes(110))
    assert [text.kind for text in texts][-1] == "onward"


def test_tomorrows_flight_is_no_next_leg(world: World) -> None:
    """The same number again from San Francisco, a day later: another flight."""
    world.follow(F12, 0)
    tomorrow = replace(
        F12, fa_flight_id="UAL1234-tomorrow",
        out=Times(scheduled=F12.out.scheduled + hours(24) if F12.out.scheduled else None),
        off=Times(scheduled=OFF + hours(24)), on=Times(scheduled=ON + hours(24)), in_=Times(scheduled=IN + hours(24)),
    )  # fmt: skip
    texts = play(world, life_of(ORD, (15, [*diverted_to(ORD, "in"), tomorrow])))
    assert [text.kind for text in texts][-1] == "ends"


def test_the_next_leg_is_told_of_as_any_flight(world: World) -> None:
    world.follow(F12, 0)
    leg = onward(ORD, 120)
    out = DOWN + minutes(120)
    later = replace(leg, out=Times(scheduled=out, estimated=out + minutes(45)), gate_origin="B7")
    texts = play(
        world,
        life_of(ORD, (30, [leg]), (60, [later]), (170, [left_gate(later)])),
        until=DOWN + minutes(170),
    )
    after = [text.body for text in texts if text.created_at > DOWN + minutes(55)]
    assert any("dep 22:25->23:10 CST" in body for body in after), after
    assert any("B7" in body for body in after), after


def test_a_next_leg_that_is_cancelled_is_told(world: World) -> None:
    world.follow(F12, 0)
    leg = onward(ORD, 120)
    texts = play(world, life_of(ORD, (30, [leg]), (60, [replace(leg, cancelled=True)])), until=DOWN + minutes(115))
    assert [text.kind for text in texts][-2:] == ["onward", "cancelled"]


@pytest.mark.parametrize("role", Role)
def test_no_lateness_is_told_of_a_landing_elsewhere(world: World, role: Role) -> None:
    """`landed PWM (1m late)`: late against what?"""
    world.follow(F12, 0, role=role)
    texts = play(world, life_of(PIT), until=DOWN + minutes(30))
    landed = [body for body in bodies(texts) if "anded" in body]
    assert landed
    assert not [body for body in landed if "late" in body or "early" in body]


def test_a_next_leg_that_comes_down_elsewhere_too_is_said_to_end_there(world: World) -> None:
    world.follow(F12, 0)
    leg = onward(ORD, 60)
    down = DOWN + minutes(140)
    flown = replace(took_off(leg), diverted=True)
    there = replace(took_off(leg), destination=PIT, on=Times(estimated=down, actual=down), in_=Times())
    texts = play(world, life_of(ORD, (30, [leg]), (80, [took_off(leg)]), (140, [flown, there])))
    assert [text.kind for text in texts].count(MessageKind.ONWARD) == 1
    assert bodies(texts)[-1].startswith("UA1234 ends at Pittsburgh (PIT).")
