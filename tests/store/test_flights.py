"""Tracked flights: a row is the schedule, a claim says who is asking."""

from datetime import timedelta

import pytest

from flait.core.flights import Airport, Phase, Times
from flait.core.subscriptions import SubscriptionState
from flait.core.values import replace
from flait.store import Store, TrackedFlight
from tests.store.samples import DAY, HOUR, MINUTE, NOW, flight, follower, pending, tracked

LATE = flight(out=Times(scheduled=NOW + 6 * HOUR, estimated=NOW + 7 * HOUR), gate_origin="B4", terminal_origin="3")


def claim(store: Store, boot: str = "boot", limit: int = 10) -> list[TrackedFlight]:
    return store.claim_due_flights(NOW, boot, limit)


def save(store: Store, claimed: TrackedFlight, **changes: object) -> bool:
    options = {"flight": LATE, "raw": "{}", "changed": True, "polls": claimed.polls + 1, "next_poll_at": NOW + HOUR}
    return store.save_poll(claimed.id, claimed_by="boot", seen_at=NOW, **options | changes)  # type: ignore[arg-type]  # a table of options


def test_a_flight_is_read_back_as_it_was_tracked(store: Store) -> None:
    first = store.track(LATE, next_poll_at=NOW + HOUR, now=NOW)
    assert first == TrackedFlight(id=first.id, fa_flight_id=LATE.fa_flight_id, flight=LATE, next_poll_at=NOW + HOUR)
    assert store.tracked(first.id) == store.tracked_by_fa_flight_id(LATE.fa_flight_id) == first
    assert store.tracked(99) is store.tracked_by_fa_flight_id("other") is None


def test_a_flight_is_tracked_once(store: Store) -> None:
    first = tracked(store)
    assert store.track(LATE, next_poll_at=NOW + DAY, now=NOW) == first


def test_a_closed_flight_may_be_tracked_anew(store: Store) -> None:
    first = tracked(store)
    store.close_flight(first.id, NOW)
    assert tracked(store).id > first.id


@pytest.mark.parametrize("number", ["UAL123", "UA123", "DLH9123"])
def test_an_open_flight_is_found_by_any_of_its_numbers(store: Store, number: str) -> None:
    first = tracked(store)
    tracked(store, 7)
    assert store.find_open({number, "XX1"}) == store.find_open([number], first.flight.departure_date) == [first]


def test_a_closed_flight_or_one_of_another_day_is_not_found(store: Store) -> None:
    first = tracked(store)
    assert store.find_open({"UA123"}, first.flight.departure_date + DAY) == store.find_open({"BA1"}) == []
    store.close_flight(first.id, NOW)
    assert store.find_open({"UA123"}) == []


def test_the_longest_due_come_first_and_what_is_not_due_does_not(store: Store) -> None:
    for minutes in (1, 3, 2, 0, -1):
        store.track(flight(10 + minutes), next_poll_at=NOW - minutes * MINUTE, now=NOW)
    assert [claimed.flight.ident for claimed in claim(store, limit=3)] == ["UAL13", "UAL12", "UAL11"]
    assert [claimed.flight.ident for claimed in claim(store, limit=3)] == ["UAL10"]
    assert claim(store) == []


def test_a_poll_is_saved_whole_and_the_claim_given_back(store: Store) -> None:
    tracked(store)
    [claimed] = claim(store)
    assert claimed.claimed_by == "boot"
    assert save(store, claimed)
    assert store.tracked(claimed.id) == replace(
        claimed, flight=LATE, polls=1, next_poll_at=NOW + HOUR, last_polled_at=NOW, claimed_by=None
    )
    assert store._rows("SELECT flight_id, body FROM raw_answers") == [{"flight_id": claimed.id, "body": "{}"}]


def test_the_flight_log_keeps_what_flait_made_of_it(store: Store) -> None:
    tracked(store)
    save(store, claim(store)[0], flight=replace(LATE, diverted=True, diverted_to=Airport(code="KBOS")))
    [sighting] = store.sightings(1)
    assert (sighting.flight_id, sighting.poll, sighting.seen_at) == (1, 1, NOW)
    assert sighting.facts.phase is Phase.DIVERTED
    assert sighting.facts.departs_at == NOW + 7 * HOUR
    assert sighting.facts.departure_late == timedelta(hours=1)
    assert (sighting.facts.gate_origin, sighting.facts.diverted_to) == ("B4", "KBOS")


def test_a_poll_that_changed_nothing_leaves_no_line_and_no_raw_text(store: Store) -> None:
    tracked(store)
    assert save(store, claim(store)[0], changed=False, raw=None)
    assert store.sightings(1) == []
    assert store._rows("SELECT * FROM raw_answers") == []


def test_a_result_that_comes_after_the_claim_was_lost_changes_nothing(store: Store) -> None:
    tracked(store)
    [claimed] = claim(store)
    store.postpone_poll(claimed.id, claimed_by="boot", next_poll_at=NOW, failures=1, misses=0)
    before = store._rows("SELECT * FROM flights")
    assert not save(store, claimed)
    assert not store.postpone_poll(claimed.id, claimed_by="boot", next_poll_at=NOW + HOUR, failures=1, misses=0)
    assert store._rows("SELECT * FROM flights") == before
    assert store.sightings(claimed.id) == []
    assert store._rows("SELECT * FROM raw_answers") == []


def test_a_poll_that_showed_nothing_is_counted_and_tried_again(store: Store) -> None:
    tracked(store)
    [claimed] = claim(store)
    assert store.postpone_poll(claimed.id, claimed_by="boot", next_poll_at=NOW + MINUTE, failures=2, misses=1)
    assert store.tracked(claimed.id) == replace(
        claimed, failures=2, misses=1, next_poll_at=NOW + MINUTE, claimed_by=None
    )


def test_an_answer_ends_a_row_of_faults(store: Store) -> None:
    tracked(store)
    store.postpone_poll(claim(store)[0].id, claimed_by="boot", next_poll_at=NOW, failures=2, misses=3)
    save(store, claim(store)[0])
    again = store.tracked(1)
    assert again is not None
    assert (again.failures, again.misses) == (0, 0)


def test_what_a_dead_daemon_had_claimed_is_known(store: Store) -> None:
    tracked(store, 1)
    tracked(store, 2)
    dead = claim(store, "dead", limit=1)
    claim(store, "alive", limit=1)
    assert store.claimed_flights(except_by="alive") == dead


def test_a_closed_flight_is_never_due_and_its_subscriptions_end(store: Store) -> None:
    _, subscription = follower(store)
    assert store.close_flight(1, NOW)
    assert not store.close_flight(1, NOW + HOUR)
    assert claim(store) == []
    closed = store.tracked(1)
    assert closed is not None
    assert (closed.closed_at, closed.next_poll_at) == (NOW, None)
    assert store.subscription(subscription.id) == replace(subscription, state=SubscriptionState.ENDED)


def test_closing_a_flight_leaves_pending_ones_alone(store: Store) -> None:
    person, _ = follower(store)
    waiting, _ = store.add_subscription(pending(person.id, flight_id=1))
    store.close_flight(1, NOW)
    assert store.subscription(waiting.id) == waiting


def test_a_claim_on_a_flight_that_was_closed_meanwhile_is_lost(store: Store) -> None:
    tracked(store)
    [claimed] = claim(store)
    store.close_flight(claimed.id, NOW)
    assert not save(store, claimed)


def test_a_flight_is_hastened_never_slowed(store: Store) -> None:
    later = store.track(flight(1), next_poll_at=NOW + HOUR, now=NOW)
    store.hasten(later.id, NOW)
    store.hasten(later.id, NOW + MINUTE)
    assert store.tracked(later.id) == replace(later, next_poll_at=NOW)


def test_a_closed_flight_is_not_hastened(store: Store) -> None:
    store.close_flight(tracked(store).id, NOW)
    store.hasten(1, NOW)
    assert claim(store) == []


def test_a_new_id_is_adopted(store: Store) -> None:
    first = tracked(store)
    assert store.readopt(first.id, "UAL123-2")
    expected = replace(first, fa_flight_id="UAL123-2", flight=replace(first.flight, fa_flight_id="UAL123-2"))
    assert store.tracked_by_fa_flight_id("UAL123-2") == expected


def test_an_id_that_is_watched_already_is_not_adopted(store: Store) -> None:
    first, second = tracked(store, 1), tracked(store, 2)
    assert not store.readopt(first.id, second.fa_flight_id)
    assert store.tracked(first.id) == first
    store.close_flight(second.id, NOW)
    assert store.readopt(first.id, second.fa_flight_id)


def test_the_list_counts_who_follows(store: Store) -> None:
    follower(store, 0)
    follower(store, 1)
    store.close_flight(tracked(store, 2).id, NOW)
    assert [(view.tracked.id, view.subscribers) for view in store.flight_views()] == [(1, 2)]
    assert [view.subscribers for view in store.flight_views(include_closed=True)] == [2, 0]


def test_a_row_of_an_older_flait_is_read_and_one_of_a_newer_too(store: Store) -> None:
    first = tracked(store)
    store._change("UPDATE flights SET latest = json_remove(json_set(latest, '$.wifi', 1), '$.codeshares', '$.on')")
    assert store.tracked(first.id) == replace(first, flight=replace(first.flight, codeshares=()))


def test_numbers_learnt_later_are_found_too(store: Store) -> None:
    tracked(store)
    save(store, claim(store)[0], flight=flight(codeshares=("ANA7",)))
    assert [found.id for found in store.find_open({"ANA7"})] == [1]
