"""What one person may have of the month's look-ups: a part of what the others leave, and never all of it together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.shares import Spent, divided, share

FIVE = 5_000_000
LOOK = 5_000
PHONES = ["+15555550100", "+15555550101", "+15555550102"]


def of_guest(
    *, of_all: int = 0, own: int = 0, guests: int | None = None, budget: int = FIVE, per_person: int = 0
) -> int:
    spent = Spent(all=of_all, own=own, guests=own if guests is None else guests)
    limit = share(spent, budget=budget, per_person=per_person, guest=True)
    assert limit is not None
    return limit


def test_a_guest_has_a_third_of_what_the_others_leave() -> None:
    assert of_guest() == 1_666_666
    assert of_guest(of_all=2_000_000) == 1_000_000
    assert of_guest(of_all=FIVE) == 0


def test_what_a_guest_has_spent_does_not_make_their_own_share_smaller() -> None:
    assert of_guest(of_all=1_500_000, own=1_500_000) == 1_666_666


def test_all_guests_together_leave_the_operator_a_quarter() -> None:
    assert of_guest(of_all=3_600_000, guests=3_600_000) == 150_000
    assert of_guest(of_all=3_700_000, own=100_000, guests=3_700_000) == 150_000
    assert of_guest(of_all=3_900_000, guests=3_900_000) == 0


def test_whom_the_operator_added_has_no_limit_but_the_one_he_sets() -> None:
    spent = Spent(all=4_000_000, own=4_000_000, guests=0)
    assert share(spent, budget=FIVE, per_person=0, guest=False) is None
    assert share(spent, budget=FIVE, per_person=300_000, guest=False) == 300_000


def test_a_set_share_holds_whatever_is_left() -> None:
    assert of_guest(of_all=FIVE, per_person=2_000_000) == 2_000_000


def test_of_no_limit_there_are_no_parts() -> None:
    assert share(Spent(all=9, own=9, guests=9), budget=0, per_person=0, guest=True) is None


@given(
    st.lists(st.tuples(st.integers(min_value=0, max_value=8), st.sampled_from([LOOK, 4 * LOOK])), max_size=400),
    st.integers(min_value=LOOK, max_value=FIVE),
)
def test_whoever_asks_in_whatever_order_a_quarter_is_left(asked: list[tuple[int, int]], budget: int) -> None:
    """Number 0 is the operator's own person; the others are guests."""
    had = [0] * 9
    for who, price in asked:
        spent = Spent(all=sum(had), own=had[who], guests=sum(had[1:]))
        limit = share(spent, budget=budget, per_person=0, guest=who > 0)
        allowed = limit is None or had[who] + price <= limit
        if allowed and sum(had) + price <= budget:
            had[who] += price
    assert sum(had[1:]) <= budget * 3 // 4
    assert all(one <= budget // 3 for one in had[1:])


@pytest.mark.parametrize(("price", "parts"), [(5_000, [1667, 1667, 1666]), (6_000, [2000, 2000, 2000]), (2, [1, 1, 0])])
def test_what_people_pay_together_is_divided_to_the_last(price: int, parts: list[int]) -> None:
    assert list(divided(price, PHONES).values()) == parts


def test_what_is_free_and_what_nobody_pays_is_not_divided() -> None:
    assert divided(0, PHONES) == {}
    assert divided(LOOK, []) == {}
