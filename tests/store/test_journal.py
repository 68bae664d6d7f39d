"""Alerts and the time-line."""

from typing import Any

import pytest

from flait.store import Step, Store
from tests.store.samples import HOUR, MINUTE, NOW, follower, message, tracked


def alert(store: Store, **changes: Any) -> bool:
    options: dict[str, Any] = {
        "subscription_id": 1,
        "flight_id": 1,
        "poll": 3,
        "kinds": ["delay", "gate"],
    }
    return store.add_alert(why={"was": None, "is": NOW}, at=NOW, **options | changes)


def test_a_text_has_one_decision_and_one_look_may_bring_several_texts(store: Store) -> None:
    person, subscription = follower(store)
    one, other = (store.enqueue(message(person.id, key, subscription_id=subscription.id)) for key in "ab")
    assert one
    assert other
    assert alert(store, message_id=one.id)
    assert not alert(store, message_id=one.id, kinds=["gate"])
    assert alert(store, message_id=other.id)
    [first, _] = store._rows("SELECT poll, kinds, why FROM alerts ORDER BY id")
    assert first == {"poll": 3, "kinds": '["delay","gate"]', "why": '{"was":null,"is":"2013-03-08T12:00:00Z"}'}


@pytest.fixture
def timeline(store: Store) -> Store:
    """A followed flight with a text, another flight, and a line about each, the latest written first."""
    person, subscription = follower(store)
    tracked(store, 7)
    text = store.enqueue(message(person.id, "key", subscription_id=subscription.id))
    assert text is not None
    store.record(
        Step(at=NOW + 3 * MINUTE, step="other", outcome="seen", flight_id=2),
        Step(at=NOW + 2 * MINUTE, step="send", outcome="accepted", message_id=text.id, attempt=1, duration_ms=120),
        Step(at=NOW + MINUTE, step="poll", outcome="changed", detail="gate B4", flight_id=1),
        Step(at=NOW, step="subscribe", outcome="active", subscription_id=subscription.id, flight_id=1),
    )
    return store


def steps(store: Store, **subject: Any) -> list[str]:
    return [step.step for step in store.steps(**subject)]


def test_a_line_is_read_back_as_it_was_written(timeline: Store) -> None:
    [step] = timeline.steps(message_id=1)
    assert step == Step(at=NOW + 2 * MINUTE, step="send", outcome="accepted", message_id=1, attempt=1, duration_ms=120)


def test_a_subscription_brings_its_texts(timeline: Store) -> None:
    assert steps(timeline, subscription_id=1) == ["subscribe", "send"]


def test_a_flight_brings_its_subscriptions_and_texts(timeline: Store) -> None:
    assert steps(timeline, flight_id=1) == ["subscribe", "poll", "send"]
    assert steps(timeline, flight_id=2) == ["other"]


def test_looks_are_those_of_the_flight_in_the_stretch_with_that_outcome(store: Store) -> None:
    tracked(store, 7)
    tracked(store, 8)
    lines = [(1, 0, "seen"), (1, 1, "seen"), (1, 2, "missing"), (1, 2, "budget"), (1, 3, "seen"), (2, 2, "seen")]
    for flight_id, minute, outcome in reversed(lines):
        store.record(Step(at=NOW + minute * MINUTE, step="poll", outcome=outcome, flight_id=flight_id))
    store.record(Step(at=NOW + 2 * MINUTE, step="push", outcome="seen", flight_id=1))

    found = store.looks(1, since=NOW, until=NOW + 2 * MINUTE, outcomes={"seen", "missing"})

    assert found == [NOW + MINUTE, NOW + 2 * MINUTE]


@pytest.mark.parametrize("number", ["UA123", "UAL123", "DLH9123"])
def test_a_number_brings_every_flight_that_had_it(timeline: Store, number: str) -> None:
    timeline.close_flight(1, NOW + HOUR)
    assert steps(timeline, number=number) == ["subscribe", "poll", "send"]


def test_no_subject_is_no_lines(timeline: Store) -> None:
    assert timeline.steps() == timeline.steps(number="BA1") == timeline.steps(flight_id=9) == []
