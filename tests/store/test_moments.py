"""Moments as rows: planned, claimed once, brought over from an older database."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from flait.core.values import replace
from flait.store import Store
from tests.core.flights_for_tests import F12, NOON, hours, late
from tests.flows.world import World
from tests.store.releases import fifth_release_that_waits
from tests.store.samples import HOUR, MINUTE, NOW, active, flight, user

CHANGED = replace(late(hours(2)), gate_origin="B4")
ENDS = NOON + hours(1)


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[World]:
    """A database of the release before moments, in the middle of a day, opened by this one."""
    path = tmp_path / "flait.db"
    fifth_release_that_waits(path, told=F12, seen=CHANGED, at=NOON, looks=NOON + hours(2), muted=ENDS)
    with Store.open(path) as store:
        world = World(path=path, store=store)
        world.clock.moment = ENDS
        yield world


def test_what_waits_in_an_older_database_is_told_on(upgraded: World) -> None:
    assert (upgraded.moment(), upgraded.flight().previous, upgraded.due()) == (ENDS, None, NOON + hours(2))

    assert upgraded.remind() == []
    assert "delay_first: waits for a second poll to agree" in upgraded.steps("moment")[-1].detail
    assert upgraded.remind() == []

    assert upgraded.next_poll(CHANGED) == ["delay_first"]
    assert upgraded.flight().previous == CHANGED


def test_a_moment_is_claimed_once(store: Store) -> None:
    ann = store.add_user(user())
    tracked = store.track(flight(), next_poll_at=NOW + HOUR, now=NOW)
    followed, _ = store.add_subscription(active(ann.id, tracked))
    store.set_moment(followed.id, NOW)

    assert store.due_moment(NOW - timedelta(milliseconds=1)) is None
    assert store.due_moment(NOW) == followed.id
    claimed = store.claim_moment(followed.id, NOW)
    assert claimed
    assert (claimed.subscription, claimed.user.phone) == (followed, ann.phone)
    assert store.claim_moment(followed.id, NOW) is None
    assert store.due_moment(NOW) is None


def test_a_moment_waits_for_a_look_that_is_due_or_under_way(store: Store) -> None:
    ann = store.add_user(user())
    tracked = store.track(flight(), next_poll_at=NOW + HOUR, now=NOW)
    followed, _ = store.add_subscription(active(ann.id, tracked))
    store.set_moment(followed.id, NOW)

    assert store.due_moment(NOW + HOUR) is None
    store.claim_due_flights(NOW + HOUR, "boot", 1)
    assert store.due_moment(NOW + HOUR) is None
    store.postpone_poll(tracked.id, claimed_by="boot", next_poll_at=NOW + 2 * HOUR, failures=1, misses=0)
    assert store.due_moment(NOW + HOUR) == followed.id


def test_a_moment_is_only_brought_forward_and_ends_with_its_flight(store: Store) -> None:
    ann = store.add_user(user())
    tracked = store.track(flight(), next_poll_at=NOW + HOUR, now=NOW)
    followed, _ = store.add_subscription(active(ann.id, tracked))
    store.set_moment(followed.id, NOW + 30 * MINUTE)
    store.hasten_moments(ann.id, NOW + 40 * MINUTE)
    assert store.due_moment(NOW + 29 * MINUTE) is None
    assert store.due_moment(NOW + 30 * MINUTE) == followed.id
    store.hasten_moments(ann.id, NOW, subscription_id=followed.id)
    assert store.due_moment(NOW) == followed.id
    store.close_flight(tracked.id, NOW)
    assert store.due_moment(NOW) is None


def test_what_two_looks_showed_is_known(store: Store) -> None:
    ann = store.add_user(user())
    tracked = store.track(flight(), next_poll_at=NOW, now=NOW)
    store.add_subscription(active(ann.id, tracked))
    for number, gate in enumerate(("A1", "A2")):
        (claimed,) = store.claim_due_flights(NOW + number * MINUTE, "boot", 1)
        seen = flight(gate_origin=gate)
        store.save_poll(
            claimed.id, claimed_by="boot", flight=seen, seen_at=NOW, raw=None, changed=True,
            polls=number + 1, next_poll_at=NOW + (number + 1) * MINUTE,
        )  # fmt: skip
    there = store.tracked(tracked.id)
    assert there
    assert there.previous
    assert (there.previous.gate_origin, there.flight.gate_origin) == ("A1", "A2")
