"""Forgetting in time."""

import pytest

from flait.core.messages import Message, MessageStatus
from flait.core.receipts import Receipt
from flait.core.subscriptions import SubscriptionState
from flait.core.values import replace
from flait.store import Pruned, SmsRow, Step, Store, UsageRow
from flait.store.upkeep import BITE
from tests.store.samples import DAY, HOUR, NOW, flight, follower, message, pending, tracked, user

S = MessageStatus
LATER = NOW + 60 * DAY


def polled(store: Store, flight_id: int) -> None:
    store.hasten(flight_id, NOW)
    store.claim_due_flights(NOW, "boot", 10)
    store.save_poll(
        flight_id,
        claimed_by="boot",
        flight=flight(),
        seen_at=NOW,
        raw="{}",
        changed=True,
        polls=1,
        next_poll_at=NOW + HOUR,
    )


def everything(store: Store) -> Message:
    """A flight that is over, with one of each about it."""
    person, subscription = follower(store)
    polled(store, 1)
    text = store.enqueue(message(person.id, "key", subscription_id=subscription.id, flight_id=1))
    assert text is not None
    store.claim_due_message(NOW, "boot")
    store.mark_accepted(text.id, attempt=1, sid="SM1", now=NOW)
    store.add_alert(subscription_id=1, flight_id=1, poll=1, kinds=[], why={}, message_id=text.id, at=NOW)
    store.record(Step(at=NOW, step="poll", outcome="changed", flight_id=1))
    store.close_flight(1, NOW)
    return text


def contents(store: Store) -> dict[str, list[dict[str, object]]]:
    tables = [row["name"] for row in store._rows("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {table: store._rows(f"SELECT * FROM {table}") for table in tables}


def test_what_is_old_and_over_goes_and_its_cost_stays(store: Store) -> None:
    everything(store)
    assert store.prune(LATER) == Pruned(sightings=1, journal=1, messages=1, subscriptions=1, flights=1)
    for table in ("sightings", "journal", "messages", "subscriptions", "flights", "alerts", "flight_numbers"):
        assert store._rows(f"SELECT * FROM {table}") == []
    assert len(store.users()) == 1
    assert store.sms_rows("2013-03") == [SmsRow(user="Ann 0", messages=1, segments=1)]
    assert store.prune(LATER) == Pruned()


def test_costs_add_up_when_texts_go_at_several_times(store: Store) -> None:
    everything(store)
    store.prune(LATER)
    text = store.enqueue(message(1, "second"))
    assert text is not None
    store.claim_due_message(NOW, "boot")
    store.mark_accepted(text.id, attempt=1, sid="SM2", now=NOW)
    store.prune(LATER)
    assert store.sms_rows("2013-03") == [SmsRow(user="Ann 0", messages=2, segments=2)]


def test_a_dry_run_counts_and_changes_nothing(store: Store) -> None:
    everything(store)
    before = contents(store)
    assert store.prune(LATER, dry_run=True) == Pruned(sightings=1, journal=1, messages=1, subscriptions=1, flights=1)
    assert contents(store) == before


def test_what_is_young_stays(store: Store) -> None:
    everything(store)
    assert store.prune(NOW) == Pruned()
    assert store.prune_raw(NOW) == 0


def test_a_live_subscription_keeps_its_flight_and_what_it_was_told(store: Store) -> None:
    person, subscription = follower(store)
    told = store.enqueue(message(person.id, "told", subscription_id=subscription.id, status=S.FAILED))
    waiting, _ = store.add_subscription(pending(person.id))
    assert store.prune(LATER) == Pruned()
    assert store.subscription(waiting.id) == waiting
    assert told is not None
    assert [row.message_id for row in store.told_rows([subscription.id])[subscription.id]] == [told.id]


def test_a_closed_flight_that_somebody_waits_for_stays(store: Store) -> None:
    person, _ = follower(store)
    store.add_subscription(pending(person.id, flight_id=1))
    store.close_flight(1, NOW)
    assert store.prune(LATER).flights == 0


def test_a_subscription_stays_as_long_as_its_flight_is_open(store: Store) -> None:
    _, subscription = follower(store)
    store.save_subscription(replace(subscription, state=SubscriptionState.CANCELED))
    assert store.prune(LATER).subscriptions == 0
    store.close_flight(1, NOW)
    assert store.prune(LATER).subscriptions == 1


@pytest.mark.parametrize("state", S)
def test_texts_that_wait_or_are_in_doubt_stay(store: Store, state: S) -> None:
    ann = store.add_user(user())
    text = store.enqueue(message(ann.id, "key", status=S.FAILED))
    assert text is not None
    store._change(
        "UPDATE messages SET status = :state, sid = :sid, claimed_by = 'boot', started_at = created_at",
        state=state,
        sid="SM1" if state in {S.ACCEPTED, S.SENT, S.DELIVERED, S.READ} else None,
    )
    waits = state in {S.QUEUED, S.SENDING, S.IN_DOUBT}
    assert store.prune(LATER).messages == (0 if waits else 1)


def test_old_reports_go_even_where_their_text_stays(store: Store) -> None:
    person, subscription = follower(store)
    text = store.enqueue(message(person.id, "told", subscription_id=subscription.id))
    assert text is not None
    store.claim_due_message(NOW, "boot")
    for word, at in (("sent", NOW), ("delivered", NOW + DAY)):
        store.save_receipt(Receipt(sid="SM1", status=S(word), message_id=text.id), word, now=at)
    assert store.prune(NOW + DAY) == Pruned(receipts=1)
    assert [report.status for report in store.reports(text.id)] == ["delivered"]


def test_raw_answers_go_by_themselves(store: Store) -> None:
    tracked(store)
    polled(store, 1)
    assert store.prune_raw(NOW + DAY) == 1
    assert store._rows("SELECT * FROM raw_answers") == []
    assert len(store.sightings(1)) == 1


def test_much_is_forgotten_in_small_bites(store: Store) -> None:
    with store.transaction():
        store.record(*(Step(at=NOW, step="tick", outcome="nothing") for _ in range(2 * BITE + 1)))
    commits: list[str] = []
    store._conn.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)
    assert store.prune(LATER).journal == 2 * BITE + 1
    store._conn.set_trace_callback(None)
    assert len(commits) >= 3


def test_the_size_grows_with_what_is_kept(store: Store) -> None:
    before = store.size()
    ann = store.add_user(user())
    store.enqueue(message(ann.id, "key", body="x" * 100_000))
    assert store.size() > before + 90_000


def spend(store: Store, month: str, flight: str | None, micro_usd: int = 5) -> None:
    store.book(month, "flight", flight=flight, result_sets=1, micro_usd=micro_usd, now=NOW)


def test_a_month_that_is_over_keeps_its_total_and_not_each_flight(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flait.store.upkeep.BITE", 2)
    for number in range(5):
        spend(store, "2013-01", f"UA{number}")
    spend(store, "2013-01", None)
    spend(store, "2013-02", "UA1")
    spend(store, "2013-03", "UA1")
    for _ in range(2):
        store.sum_up(NOW - 10 * DAY, NOW)
        assert store.usage_rows("2013-01") == [UsageRow(operation="flight", flight=None, result_sets=6, micro_usd=30)]
        assert [row.flight for row in store.usage_rows("2013-02")] == ["UA1"]
    store.sum_up(LATER, NOW)
    assert [row.flight for row in store.usage_rows("2013-02")] == [None]
    assert [row.flight for row in store.usage_rows("2013-03")] == ["UA1"]


def test_what_texts_to_nobody_cost_is_kept_in_one_row_a_month(store: Store) -> None:
    for number in range(4):
        text = store.enqueue(message(0, f"key {number}", kind="stranger"))
        assert text is not None
        store.claim_due_message(NOW, "boot")
        store.mark_accepted(text.id, attempt=1, sid=f"SM{number}", now=NOW)
        store.prune(LATER)
    assert len(store._rows("SELECT * FROM sms_totals")) == 4
    for _ in range(2):
        store.sum_up(NOW, NOW)
        assert store.sms_rows("2013-03") == [SmsRow(user=None, messages=4, segments=4)]
        assert len(store._rows("SELECT * FROM sms_totals")) == 1


def test_alerts_go_before_their_subscription_so_that_no_bite_is_large(store: Store) -> None:
    person, subscription = follower(store)
    for poll in range(3):
        text = store.enqueue(message(person.id, f"key {poll}", subscription_id=subscription.id))
        assert text is not None
        store.add_alert(subscription_id=1, flight_id=1, poll=poll, kinds=[], why={}, message_id=text.id, at=NOW)
    store.prune(LATER)
    assert len(store._rows("SELECT * FROM alerts")) == 3
    store.save_subscription(replace(subscription, state=SubscriptionState.ENDED))
    store.close_flight(1, NOW)
    deleted: list[str] = []
    store._conn.set_trace_callback(lambda sql: deleted.append(sql.split()[2]) if "DELETE FROM" in sql else None)
    store.prune(LATER)
    store._conn.set_trace_callback(None)
    assert deleted.index("alerts") < deleted.index("subscriptions")
    assert store._rows("SELECT * FROM alerts") == []
