"""The operator is told once a month each how far the look-ups are spent, and nobody else."""

import pytest

from flait.core.subscriptions import AddedBy
from flait.flows import notices
from flait.store import Store
from tests.core.flights_for_tests import F12, NOON
from tests.flows.world import PHONES, World

OPERATOR = "+15555550177"
MONTH = f"{NOON:%Y-%m}"


def spend(store: Store, looks: int) -> None:
    store.book(MONTH, "flights", flight="x", result_sets=looks, micro_usd=looks * 5_000, now=NOON)


def said(world: World) -> list[tuple[str, str]]:
    """To whom, and what."""
    texts = [view.message for view in world.store.messages(limit=50) if view.message.kind == "notice"]
    return [(text.to, text.body) for text in reversed(texts)]


def tell(world: World, *, budget: float = 5.0, phone: str = OPERATOR) -> int:
    return notices.tell(world.store, world.clock, budget_usd=budget, phone=phone)


def test_at_half_and_at_four_fifths_what_the_month_comes_to_is_said_and_at_the_end_that_it_is_over(
    world: World,
) -> None:
    for looks in (499, 1, 299, 1, 199, 1):
        spend(world.store, looks)
        tell(world)
        tell(world)
    assert said(world) == [
        (OPERATOR, ("Flait: 50 % of this month's AeroAPI budget is spent, $2.50 of $5.00. What is followed brings it to "
         "about $2.50 by Mon 1 Dec.")),
        (OPERATOR, ("Flait: 80 % of this month's AeroAPI budget is spent, $4.00 of $5.00. What is followed brings it to "
         "about $4.00 by Mon 1 Dec.")),
        (OPERATOR, ("Flait: this month's AeroAPI budget of $5.00 is spent. Nothing is looked at before Mon 1 Dec. "
         "flightaware.monthly_budget_usd raises it.")),
    ]  # fmt: skip


def test_what_is_followed_counts_towards_the_end_of_the_month(world: World) -> None:
    world.follow(F12)
    spend(world.store, 500)
    tell(world)
    [(_, body)] = said(world)
    assert "brings it to about $2.6" in body


@pytest.mark.parametrize(("looks", "step"), [(0, 0), (499, 0), (500, 50), (799, 50), (800, 80), (999, 80), (1000, 100)])
def test_a_step_is_reached_at_its_very_look(world: World, looks: int, step: int) -> None:
    spend(world.store, looks)
    assert notices.reached(world.store, NOON, 5.0) == step


def test_several_steps_at_once_are_said_as_the_highest(world: World) -> None:
    spend(world.store, 850)
    assert tell(world) == 80
    assert [body[:16] for _, body in said(world)] == ["Flait: 80 % of t"]


def test_without_a_number_or_a_budget_nobody_is_texted(world: World) -> None:
    spend(world.store, 900)
    assert tell(world, phone="") == 80
    assert tell(world, budget=0) == 0
    assert said(world) == []


def test_a_raised_budget_begins_no_step_anew_that_was_said(world: World) -> None:
    spend(world.store, 800)
    tell(world)
    tell(world, budget=8.0)
    tell(world, budget=5.0)
    assert [body[7:11] for _, body in said(world)] == ["80 %", "50 %"]


def test_an_operator_who_is_known_is_texted_as_they_are(world: World) -> None:
    world.follow(F12)
    spend(world.store, 500)
    tell(world, phone=PHONES[0])
    assert [to for to, _ in said(world)] == [PHONES[0]]
    user = world.store.user_by_phone(PHONES[0])
    assert user
    assert user.added_by is AddedBy.OPERATOR


def test_it_goes_out_to_a_number_that_nobody_here_has(world: World) -> None:
    spend(world.store, 500)
    tell(world)
    world.deliver()
    assert [text.to for text in world.texts] == [OPERATOR]
