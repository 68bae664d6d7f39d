from datetime import timedelta

import pytest

from flait.core.subscriptions import LIVE, TRANSITIONS, Role, Subscription, SubscriptionState, next_resolution
from tests.core.flights_for_tests import NOON

S = SubscriptionState


@pytest.mark.parametrize(("attempts", "expected"), [(0, 1), (1, 1), (2, 2), (3, 4), (4, 8), (5, 15), (99_999, 15)])
def test_a_pending_flight_is_looked_up_again_ever_more_rarely_up_to_four_times_an_hour(
    attempts: int, expected: int
) -> None:
    assert next_resolution(attempts, NOON) == NOON + timedelta(minutes=expected)


def test_every_state_has_its_ways_out_written_down() -> None:
    assert set(TRANSITIONS) == set(S)


@pytest.mark.parametrize("state", [S.ENDED, S.CANCELED, S.FAILED])
def test_what_is_over_stays_over(state: SubscriptionState) -> None:
    assert state not in LIVE
    assert TRANSITIONS[state] == frozenset()


def test_what_lives_can_be_canceled_and_never_goes_back_to_pending() -> None:
    assert all(S.CANCELED in TRANSITIONS[state] for state in LIVE)
    assert S.PENDING not in TRANSITIONS[S.ACTIVE]


def test_a_subscription_starts_as_a_travellers_pending_wish() -> None:
    subscription = Subscription(user_id=1, ident="UA1234", asked_at=NOON)

    assert (subscription.state, subscription.role, subscription.wish) == (S.PENDING, Role.TRAVELER, "")
