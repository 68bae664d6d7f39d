"""Reports on texts: kept as they came, merged the same whatever their order, and never about somebody else's text."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flait.adapters.twilio.statuses import TWILIO_STATUSES
from flait.core.messages import Message, MessageStatus
from flait.core.receipts import Receipt
from flait.store import Report, Store
from tests.store.samples import DAY, HOUR, MINUTE, NOW, message, user

S = MessageStatus
SID = "SM1"
WORDS = sorted(TWILIO_STATUSES.keys() - {"canceled"})  # a text is canceled or failed, never both


def sending(store: Store, key: str = "key") -> Message:
    """A text on its way to Twilio."""
    if store.user(1) is None:
        store.add_user(user())
    store.enqueue(message(1, key))
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed
    return claimed


def report(store: Store, word: str, sid: str = SID, **fields: Any) -> Message | None:
    error = "the phone is off" if fields.get("error_code") else None
    receipt = Receipt(sid=sid, status=MessageStatus(TWILIO_STATUSES[word]), **fields)
    reported = store.save_receipt(receipt, word, now=NOW + MINUTE, error=error)
    return reported.message if reported else None


def stored(store: Store, message_id: int = 1) -> Message:
    found = store.message(message_id)
    assert found
    return found


def test_a_report_before_our_own_commit_settles_the_text(store: Store) -> None:
    text = sending(store)
    reported = report(store, "sent", message_id=text.id, attempt=1)
    assert reported == stored(store)
    assert (reported.status, reported.sid, reported.sent_at) == (S.SENT, SID, NOW + MINUTE)
    assert store.mark_accepted(text.id, attempt=1, sid=SID, now=NOW) is False
    assert stored(store) == reported


@pytest.mark.parametrize("fate", ["sending", "in_doubt", "queued"])
def test_a_text_that_twilio_proves_to_have_is_never_sent_again(store: Store, fate: str) -> None:
    text = sending(store)
    if fate == "in_doubt":
        store.mark_in_doubt(text.id, attempt=1, error="no answer")
    elif fate == "queued":
        store.mark_requeued(text.id, attempt=1, not_before=NOW, error="no answer")
    reported = report(store, "queued", message_id=text.id, attempt=1)
    assert reported
    assert (reported.status, reported.error) == (S.ACCEPTED, None)
    assert store.mark_requeued(text.id, attempt=1, not_before=NOW) is False
    assert store.doubt_orphans(except_by="other") == []
    assert store.claim_due_message(NOW, "other") is None


@pytest.mark.parametrize(
    "fields",
    [
        {"message_id": 99},
        {"message_id": 1, "attempt": 2},  # an attempt that was never made
        {"message_id": 2, "attempt": 1},  # a text that was never tried
        {"message_id": None},
    ],
)
def test_a_report_about_no_text_of_ours_adds_nothing(store: Store, fields: dict[str, Any]) -> None:
    sending(store)
    store.enqueue(message(1, "waiting"))
    before = store._rows("SELECT * FROM messages")
    assert report(store, "delivered", **fields) is None
    assert store._rows("SELECT * FROM messages") == before
    assert store._rows("SELECT * FROM receipts") == []


def test_a_text_is_known_by_its_sid_alone(store: Store) -> None:
    text = sending(store)
    store.mark_accepted(text.id, attempt=1, sid=SID, now=NOW)
    reported = report(store, "delivered")
    assert reported
    assert (reported.id, reported.status, reported.delivered_at) == (text.id, S.DELIVERED, NOW + MINUTE)
    assert reported.sent_at == NOW


def test_whose_sid_it_is_counts_more_than_the_id_in_the_callback(store: Store) -> None:
    """A text in doubt may have been taken for its own copy: one row has the sid, and there it stays."""
    for key in ("first", "copy"):
        text = sending(store, key)
        store.mark_in_doubt(text.id, attempt=1)
    store.mark_accepted(2, attempt=1, sid=SID, now=NOW)
    reported = report(store, "delivered", message_id=1, attempt=1)
    assert reported
    assert (reported.id, stored(store, 1).status) == (2, S.IN_DOUBT)


def test_a_failure_says_why_and_a_delivery_after_all_takes_it_back(store: Store) -> None:
    text = sending(store)
    failed = report(store, "undelivered", message_id=text.id, error_code=30003)
    assert failed
    assert (failed.status, failed.error_code, failed.error) == (S.UNDELIVERED, 30003, "the phone is off")
    assert store.messages()[0].ended_at == NOW + MINUTE
    delivered = report(store, "delivered")
    assert delivered
    assert (delivered.status, delivered.error_code, delivered.error) == (S.DELIVERED, None, None)
    assert store.messages()[0].ended_at is None


def test_of_two_copies_the_failure_of_the_second_does_not_count(store: Store) -> None:
    text = sending(store)
    store.mark_accepted(text.id, attempt=1, sid=SID, now=NOW)
    report(store, "failed", sid="SM2", message_id=text.id, attempt=1)
    assert stored(store).status is S.ACCEPTED
    report(store, "delivered", sid="SM2", message_id=text.id, attempt=1)
    assert (stored(store).status, stored(store).sid) == (S.DELIVERED, SID)


def test_one_that_was_given_up_and_arrived_all_the_same_has_arrived(store: Store) -> None:
    text = sending(store)
    store.mark_requeued(text.id, attempt=1, not_before=NOW)
    store.expire_messages(NOW + HOUR)
    assert report(store, "sent", message_id=text.id, attempt=1) == stored(store)
    assert (stored(store).status, stored(store).sid) == (S.SENT, SID)
    assert store.messages()[0].ended_at is None
    report(store, "delivered")
    assert stored(store).status is S.DELIVERED


def test_what_twilio_refused_has_not_arrived_because_it_says_so_of_another_copy(store: Store) -> None:
    text = sending(store)
    store.mark_accepted(text.id, attempt=1, sid=SID, now=NOW)
    report(store, "failed", error_code=30008)
    report(store, "sent")
    assert stored(store).status is S.FAILED


def test_every_report_is_kept_once_as_it_came(store: Store) -> None:
    text = sending(store)
    for word in ("queued", "sent", "sent", "queued", "failed", "failed"):
        report(store, word, message_id=text.id, error_code=30008 if word == "failed" else None)
    assert [(kept.status, kept.error_code) for kept in store.reports(text.id)] == [
        ("queued", None),
        ("sent", None),
        ("failed", 30008),
    ]
    assert store.reports(text.id)[0] == Report(sid=SID, status="queued", error_code=None, received_at=NOW + MINUTE)
    assert store.remove_user(1)
    assert store._rows("SELECT * FROM receipts") == []


# --- whatever the order ---------------------------------------------------------------------------------------------

CODES = {"failed": 30008, "undelivered": 30003}


def outcome(store: Store, words: Sequence[str], commit_after: int | None) -> dict[str, Any]:
    """The row of a new text after these reports, and our own commit of the 201 after so many of them."""
    text = sending(store, f"key {len(store.messages(limit=100_000))}")
    sid = f"SM{text.id}"
    for at, word in enumerate([*words, None]):
        if at == commit_after:
            store.mark_accepted(text.id, attempt=1, sid=sid, now=NOW + MINUTE)
        if word:
            report(store, word, sid, message_id=text.id, attempt=1, error_code=CODES.get(word))
    [row] = store._rows("SELECT * FROM messages WHERE id = :id AND sid = :sid", id=text.id, sid=sid)
    kept = {(kept.status, kept.error_code) for kept in store.reports(text.id)}
    return {**row, "kept": kept} | dict.fromkeys(("id", "sid", "dedup_key"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=8), data=st.data())
def test_reports_end_in_one_state_whatever_their_order_and_number(
    store: Store, words: list[str], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(words + data.draw(st.lists(st.sampled_from(words), max_size=3))))
    commit_after = data.draw(st.none() | st.integers(0, len(shuffled)))
    assert outcome(store, shuffled, commit_after) == outcome(store, sorted(set(words)), 0)


# --- texts to ask about ---------------------------------------------------------------------------------------------

SPANS = (2 * MINUTE, 15 * MINUTE, HOUR)


def due_at(store: Store, after: timedelta) -> Message | None:
    return store.claim_unfinished([NOW + after - span for span in SPANS])


def test_a_text_is_asked_about_at_its_times_and_then_no_more(store: Store) -> None:
    text = sending(store)
    store.mark_accepted(text.id, attempt=1, sid=SID, now=NOW)
    asked = [minutes for minutes in range(100) if due_at(store, minutes * MINUTE)]
    assert asked == [2, 15, 60]


def test_times_that_were_missed_count_as_one(store: Store) -> None:
    text = sending(store)
    store.mark_accepted(text.id, attempt=1, sid=SID, now=NOW)
    assert due_at(store, 20 * MINUTE)
    assert due_at(store, 30 * MINUTE) is None
    assert due_at(store, 30 * DAY)
    assert due_at(store, 31 * DAY) is None


@pytest.mark.parametrize("word", ["delivered", "read", "failed", "undelivered"])
def test_a_text_whose_end_is_known_is_not_asked_about(store: Store, word: str) -> None:
    text = sending(store)
    store.mark_accepted(text.id, attempt=1, sid=SID, now=NOW)
    report(store, word)
    assert due_at(store, HOUR) is None


def test_looking_whether_there_is_one_changes_nothing(store: Store) -> None:
    text = sending(store)
    store.mark_accepted(text.id, attempt=1, sid=SID, now=NOW)
    befores = [NOW + HOUR - span for span in SPANS]
    assert store.unfinished(befores) == store.unfinished(befores) == stored(store)
