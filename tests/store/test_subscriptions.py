"""Who follows what."""

from typing import Any

import pytest

from flait.core.subscriptions import TRANSITIONS, SubscriptionState
from flait.core.values import replace
from flait.errors import StoreError
from flait.store import Store
from tests.store.samples import HOUR, MINUTE, NOW, active, flight, follower, pending, tracked, user

S = SubscriptionState


@pytest.fixture
def ann(store: Store) -> int:
    return store.add_user(user()).id


def test_a_subscription_is_read_back_as_it_was_added(store: Store, ann: int) -> None:
    route = {"origin": "SFO", "destination": "JFK", "leaves_at": "10:00"}
    added, new = store.add_subscription(pending(ann, reason="too early", **route))
    assert new
    assert added == pending(ann, id=added.id, reason="too early", **route)
    assert store.subscription(added.id) == added
    assert store.subscription(99) is None


def test_following_twice_is_following_once(store: Store) -> None:
    person, first = follower(store)
    again, new = store.add_subscription(active(person.id, tracked(store), ident="UAL123"))
    assert (again, new) == (first, False)


def test_asking_twice_is_asking_once(store: Store, ann: int) -> None:
    first, _ = store.add_subscription(pending(ann))
    again, new = store.add_subscription(pending(ann, asked_at=NOW + HOUR))
    assert (again, new) == (first, False)


@pytest.mark.parametrize(
    "other",
    [
        {"ident": "UA124"},
        {"wish": "sat"},
        {"origin": "SFO"},
        {"destination": "JFK"},
        {"leaves_at": "10:00"},
        {"asked_at": NOW + 12 * HOUR},
    ],
)
def test_asking_for_another_flight_is_another_subscription(store: Store, ann: int, other: dict[str, Any]) -> None:
    store.add_subscription(pending(ann))
    added, new = store.add_subscription(pending(ann, **other))
    assert new
    assert store.add_subscription(pending(ann, **other)) == (added, False)


@pytest.mark.parametrize("other", [{"destination": "JFK"}, {"leaves_at": "10:00"}])
def test_one_number_of_one_day_may_be_followed_on_each_of_its_legs(
    store: Store, ann: int, other: dict[str, str]
) -> None:
    friday = flight().departure_date
    store.add_subscription(pending(ann, departure_date=friday, destination="HOU", leaves_at="09:05"))
    assert store.add_subscription(
        pending(ann, departure_date=friday, **{"destination": "HOU", "leaves_at": "09:05", **other})
    )[1]


def test_a_time_of_departure_is_one(store: Store, ann: int) -> None:
    with pytest.raises(StoreError):
        store.add_subscription(pending(ann, leaves_at="9:05"))


def test_the_date_counts_once_it_is_known(store: Store, ann: int) -> None:
    friday = flight().departure_date
    store.add_subscription(pending(ann, wish="fri", departure_date=friday))
    assert not store.add_subscription(pending(ann, wish="today", departure_date=friday))[1]


def test_what_is_over_may_begin_again(store: Store) -> None:
    person, first = follower(store)
    store.save_subscription(replace(first, state=S.CANCELED))
    again, new = store.add_subscription(active(person.id, tracked(store)))
    assert new
    assert again.id != first.id


def test_nobody_follows_without_a_flight(store: Store, ann: int) -> None:
    with pytest.raises(StoreError):
        store.add_subscription(pending(ann, state=S.ACTIVE))


@pytest.mark.parametrize("old", S)
@pytest.mark.parametrize("new", S)
def test_a_state_follows_only_where_core_allows(store: Store, ann: int, old: S, new: S) -> None:
    followed = tracked(store)
    subscription, _ = store.add_subscription(pending(ann, state=old, flight_id=followed.id))
    wanted = replace(subscription, state=new, reason="because")
    if new in TRANSITIONS[old]:
        assert store.save_subscription(wanted)
        assert store.subscription(subscription.id) == wanted
    else:
        with pytest.raises(ValueError, match=f"is {old}: it cannot become {new}"):
            store.save_subscription(wanted)
        assert store.subscription(subscription.id) == subscription


def test_what_is_gone_cannot_be_changed(store: Store, ann: int) -> None:
    with pytest.raises(ValueError, match="is gone"):
        store.save_subscription(pending(ann, id=5))


def test_becoming_what_is_there_already_changes_nothing(store: Store) -> None:
    person, _ = follower(store)
    waiting, _ = store.add_subscription(pending(person.id))
    assert not store.save_subscription(replace(waiting, state=S.ACTIVE, flight_id=tracked(store).id))
    assert store.subscription(waiting.id) == waiting


def test_the_list_shows_people_and_flights(store: Store) -> None:
    person, subscription = follower(store)
    waiting, _ = store.add_subscription(pending(person.id, ident="BA1"))
    first, second = store.subscription_views()
    assert (first.subscription, first.user, first.flight) == (subscription, person, flight())
    assert first.fa_flight_id == flight().fa_flight_id
    assert (second.subscription, second.fa_flight_id, second.flight) == (waiting, None, None)


def test_the_list_is_of_live_ones_unless_all_are_wanted(store: Store) -> None:
    person, subscription = follower(store)
    store.save_subscription(replace(subscription, state=S.CANCELED))
    assert store.subscription_views() == store.subscription_views(person.id) == []
    assert [view.subscription.state for view in store.subscription_views(include_ended=True)] == [S.CANCELED]
    assert store.subscription_views(person.id + 1, include_ended=True) == []


def test_live_subscribers_are_the_active_ones(store: Store) -> None:
    person, subscription = follower(store, 0)
    _, gone = follower(store, 1)
    store.save_subscription(replace(gone, state=S.CANCELED))
    store.set_opt_out(person.phone, NOW)
    [subscriber] = store.live_subscribers(tracked(store).id)
    assert subscriber.subscription == subscription
    assert subscriber.user == replace(person, opted_out_at=NOW)


def test_a_pending_one_is_given_to_one_caller_at_a_time(store: Store, ann: int) -> None:
    store.add_subscription(pending(ann))
    claimed = store.claim_pending(NOW, 2 * MINUTE)
    assert claimed is not None
    assert claimed.next_attempt_at == NOW + 2 * MINUTE
    assert store.claim_pending(NOW + MINUTE, 2 * MINUTE) is None
    assert store.claim_pending(NOW + 2 * MINUTE, 2 * MINUTE) is not None


def test_the_pending_one_that_waited_longest_comes_first(store: Store, ann: int) -> None:
    for hours, ident in ((2, "UA2"), (3, "UA3"), (1, "UA1"), (-1, "UA9")):
        store.add_subscription(pending(ann, ident=ident, next_attempt_at=NOW - hours * HOUR))
    claimed = [store.claim_pending(NOW, HOUR) for _ in range(4)]
    assert [one.ident if one else None for one in claimed] == ["UA3", "UA2", "UA1", None]


def test_one_persons_live_ones_by_any_number_of_the_flight(store: Store) -> None:
    person, subscription = follower(store)
    waiting, _ = store.add_subscription(pending(person.id, ident="BA1"))
    assert store.live_for(person.id) == [subscription, waiting]
    for number in ("UA123", "UAL123", "DLH9123"):
        assert store.live_for(person.id, number) == [subscription]
    assert store.live_for(person.id, "BA1") == [waiting]
    assert store.live_for(person.id, "BA2") == store.live_for(person.id + 1) == []
