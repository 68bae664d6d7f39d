"""The outbox: each text once, in order, never after STOP, never late, never twice blindly."""

from collections.abc import Callable
from typing import Any

import pytest

from flait.core.messages import Message, MessageStatus
from flait.core.structure import Headline, Phrase, Structure
from flait.core.values import replace
from flait.errors import StoreError
from flait.store import Store
from tests.store.samples import DAY, HOUR, MINUTE, NOW, PHONE, follower, message, user

S = MessageStatus
BOB = "+15555550111"


@pytest.fixture
def ann(store: Store) -> int:
    return store.add_user(user()).id


@pytest.fixture
def claimed(store: Store, ann: int) -> Message:
    """A text under way."""
    queue(store, ann, "key")
    return claim(store)


def queue(store: Store, user_id: int, key: str, **changes: object) -> Message:
    queued = store.enqueue(message(user_id, key, **changes))
    assert queued is not None
    return queued


def claim(store: Store, boot: str = "boot") -> Message:
    claimed = store.claim_due_message(NOW, boot)
    assert claimed is not None
    return claimed


def status(store: Store, message_id: int) -> MessageStatus:
    found = store.message(message_id)
    assert found is not None
    return found.status


def test_a_text_is_read_back_as_it_was_queued(store: Store, ann: int) -> None:
    queued = queue(store, ann, "key")
    assert queued == message(ann, "key", id=queued.id)
    assert store.message(queued.id) == queued
    assert store.message(99) is None


def test_a_text_keeps_its_parts(store: Store, ann: int) -> None:
    parts = Structure(
        headline=Headline(flight="UA1234", news="delayed 45m"),
        times=(Phrase("dep 14:55 PST", ("departure",)),),
        sentences=(Phrase("Gate F12.", ("gate_origin",)),),
    )
    queued = queue(store, ann, "key", structure=parts)
    assert queued.structure == parts
    assert store.message(queued.id) == queued


def test_a_key_is_queued_once_whatever_became_of_it(store: Store, claimed: Message) -> None:
    store.mark_accepted(claimed.id, attempt=1, sid="SM1", now=NOW)
    assert store.enqueue(message(claimed.user_id, "key")) is None


def test_a_claim_is_counted_and_nobody_elses(store: Store, claimed: Message) -> None:
    expected = message(claimed.user_id, "key", id=claimed.id, status=S.SENDING, attempts=1, started_at=NOW)
    assert claimed == expected == store.message(claimed.id)
    assert store.claim_due_message(NOW, "other") is None


@pytest.mark.parametrize(
    "changes",
    [{"not_before": NOW + MINUTE}, {"expires_at": NOW}, {"status": S.IN_DOUBT}],
    ids=["too early", "too late", "in doubt"],
)
def test_what_is_not_to_be_sent_now_is_not_claimed(store: Store, ann: int, changes: dict[str, object]) -> None:
    queue(store, ann, "key", **changes)
    assert store.claim_due_message(NOW, "boot") is None


def test_the_oldest_due_comes_first(store: Store, ann: int) -> None:
    for number, minutes in enumerate((2, 3, 1)):
        queue(store, ann, f"key {minutes}", to=f"+1555555012{number}", not_before=NOW - minutes * MINUTE)
    assert [claim(store).dedup_key for _ in range(3)] == ["key 3", "key 2", "key 1"]


def test_a_person_gets_texts_one_after_another(store: Store, ann: int) -> None:
    first = queue(store, ann, "first", not_before=NOW)
    queue(store, ann, "second", not_before=NOW - MINUTE)
    queue(store, ann, "bob's", to=BOB)
    assert claim(store).dedup_key in {"first", "bob's"}
    assert claim(store).dedup_key in {"first", "bob's"}
    assert store.claim_due_message(NOW, "boot") is None
    store.mark_accepted(first.id, attempt=1, sid="SM1", now=NOW)
    assert claim(store).dedup_key == "second"


def test_a_text_to_be_tried_again_holds_the_later_ones_back(store: Store, claimed: Message) -> None:
    queue(store, claimed.user_id, "later")
    store.mark_requeued(claimed.id, attempt=1, not_before=NOW + MINUTE)
    assert store.claim_due_message(NOW, "boot") is None
    assert store.claim_due_message(NOW + MINUTE, "boot") == replace(
        claimed, attempts=2, not_before=NOW + MINUTE, started_at=NOW + MINUTE
    )


def test_a_text_meant_for_later_holds_nobody_back(store: Store, ann: int) -> None:
    queue(store, ann, "reminder", not_before=NOW + MINUTE)
    queue(store, ann, "gate")
    assert claim(store).dedup_key == "gate"


@pytest.mark.parametrize("changes", [{"expires_at": NOW}, {"status": S.IN_DOUBT}, {"status": S.FAILED}])
def test_a_text_that_goes_nowhere_holds_nobody_back(store: Store, ann: int, changes: dict[str, object]) -> None:
    queue(store, ann, "stuck", **changes)
    queue(store, ann, "gate")
    assert claim(store).dedup_key == "gate"


def test_nothing_is_sent_after_stop(store: Store, ann: int) -> None:
    first = queue(store, ann, "first")
    bobs = queue(store, ann, "bob's", to=BOB, not_before=NOW + MINUTE)
    store.set_opt_out(PHONE, NOW)
    assert store.claim_due_message(NOW, "boot") is None
    assert [suppressed.id for suppressed in store.suppress_opted_out(NOW)] == [first.id]
    assert (status(store, first.id), status(store, bobs.id)) == (S.SUPPRESSED, S.QUEUED)


def test_start_lets_texts_through_again(store: Store, ann: int) -> None:
    store.set_opt_out(PHONE, NOW)
    queue(store, ann, "key")
    store.set_opt_out(PHONE, None)
    assert store.suppress_opted_out(NOW) == []
    assert claim(store).dedup_key == "key"


def test_what_is_too_late_expires(store: Store, ann: int, claimed: Message) -> None:
    late = [queue(store, ann, key) for key in ("late", "late too")]
    queue(store, ann, "in time", expires_at=NOW + DAY)
    assert [expired.id for expired in store.expire_messages(NOW + HOUR)] == [one.id for one in late]
    assert status(store, late[0].id) is S.EXPIRED
    assert status(store, claimed.id) is S.SENDING


def test_accepted_means_twilio_has_it(store: Store, claimed: Message) -> None:
    assert store.mark_accepted(claimed.id, attempt=1, sid="SM1", now=NOW)
    accepted = replace(claimed, status=S.ACCEPTED, sid="SM1", sent_at=NOW)
    assert store.message(claimed.id) == store.message_by_sid("SM1") == accepted
    assert store.message_by_sid("SM2") is None
    assert store.sids_known({"SM1", "SM2"}) == {"SM1"}


def test_certainly_not_sent_goes_back_in_line(store: Store, claimed: Message) -> None:
    assert store.mark_requeued(claimed.id, attempt=1, not_before=NOW + MINUTE, error="no route", error_code=20429)
    assert store.message(claimed.id) == replace(
        claimed, status=S.QUEUED, not_before=NOW + MINUTE, error="no route", error_code=20429
    )


def test_a_failure_says_why(store: Store, claimed: Message) -> None:
    assert store.mark_failed(claimed.id, attempt=1, error_code=21211, error="no such number", now=NOW)
    assert store.message(claimed.id) == replace(claimed, status=S.FAILED, error_code=21211, error="no such number")
    assert store.messages()[0].ended_at == NOW


def test_doubt_is_looked_into_a_minute_apart(store: Store, claimed: Message) -> None:
    assert store.mark_in_doubt(claimed.id, attempt=1, error="reset while answering")
    [doubt] = store.in_doubt(NOW)
    assert (doubt.message.id, doubt.looks, doubt.looked_at) == (claimed.id, 0, None)
    store.note_look(claimed.id, NOW)
    assert store.in_doubt(NOW + MINUTE / 2) == []
    [doubt] = store.in_doubt(NOW + MINUTE)
    assert (doubt.looks, doubt.looked_at) == (1, NOW)


def test_a_second_doubt_begins_a_new_count(store: Store, claimed: Message) -> None:
    store.mark_in_doubt(claimed.id, attempt=1)
    store.note_look(claimed.id, NOW)
    store.mark_requeued(claimed.id, attempt=1, not_before=NOW)
    store.mark_in_doubt(claim(store).id, attempt=2)
    [doubt] = store.in_doubt(NOW)
    assert (doubt.looks, doubt.message.attempts) == (0, 2)


def test_what_a_dead_daemon_was_sending_is_in_doubt(store: Store, ann: int) -> None:
    queue(store, ann, "dead's")
    queue(store, ann, "alive's", to=BOB)
    dead = claim(store, "dead")
    alive = claim(store, "alive")
    [orphan] = store.doubt_orphans(except_by="alive")
    assert (orphan.id, orphan.status) == (dead.id, S.IN_DOUBT)
    assert status(store, alive.id) is S.SENDING
    assert store.doubt_orphans(except_by="alive") == []


def test_a_result_of_another_attempt_changes_nothing(store: Store, claimed: Message) -> None:
    store.mark_requeued(claimed.id, attempt=1, not_before=NOW)
    again = claim(store)
    assert not store.mark_accepted(again.id, attempt=1, sid="SM1", now=NOW)
    assert not store.mark_requeued(again.id, attempt=1, not_before=NOW)
    assert not store.mark_in_doubt(again.id, attempt=1)
    assert not store.mark_failed(again.id, attempt=1, error_code=None, error=None, now=NOW)
    assert store.message(again.id) == again


def test_what_is_settled_stays_settled(store: Store, claimed: Message) -> None:
    store.mark_accepted(claimed.id, attempt=1, sid="SM1", now=NOW)
    settled = store.message(claimed.id)
    assert not store.mark_accepted(claimed.id, attempt=1, sid="SM2", now=NOW)
    assert not store.mark_requeued(claimed.id, attempt=1, not_before=NOW)
    assert not store.mark_in_doubt(claimed.id, attempt=1)
    assert not store.mark_failed(claimed.id, attempt=1, error_code=None, error=None, now=NOW)
    store.note_look(claimed.id, NOW)
    assert store.message(claimed.id) == settled


def test_proof_that_comes_late_saves_a_second_text(store: Store, claimed: Message) -> None:
    store.mark_in_doubt(claimed.id, attempt=1)
    store.mark_requeued(claimed.id, attempt=1, not_before=NOW)
    assert store.mark_accepted(claimed.id, attempt=1, sid="SM1", now=NOW)
    assert store.claim_due_message(NOW, "boot") is None


def test_a_sid_is_one_texts(store: Store, claimed: Message) -> None:
    store.mark_accepted(claimed.id, attempt=1, sid="SM1", now=NOW)
    second = queue(store, claimed.user_id, "second")
    claim(store)
    with pytest.raises(StoreError):
        store.mark_accepted(second.id, attempt=1, sid="SM1", now=NOW)
    assert status(store, second.id) is S.SENDING


def test_counts_show_what_waits_and_what_went_wrong(store: Store, ann: int) -> None:
    for number, state in enumerate((S.QUEUED, S.QUEUED, S.FAILED, S.IN_DOUBT, S.EXPIRED)):
        queue(store, ann, f"key {number}", status=state)
    assert store.queue_counts() == {S.QUEUED: 2, S.SENDING: 0, S.IN_DOUBT: 1, S.FAILED: 1}


def test_what_was_told_is_listed_for_each_subscription(store: Store) -> None:
    person, subscription = follower(store)
    first = queue(store, person.id, "first", subscription_id=subscription.id, tells={"gate": "B4"})
    second = queue(store, person.id, "second", subscription_id=subscription.id, status=S.FAILED)
    queue(store, person.id, "other")
    told = store.told_rows([subscription.id, 99])
    assert [row.message_id for row in told[subscription.id]] == [first.id, second.id]
    assert told[subscription.id][0].tells == {"gate": "B4"}
    assert told[subscription.id][1].tells == dict(second.tells)
    assert (told[subscription.id][1].status, told[99]) == (S.FAILED, [])


def test_texts_are_listed_newest_first_by_flight_person_and_status(store: Store) -> None:
    person, subscription = follower(store)
    confirmation = queue(store, person.id, "confirmation", subscription_id=subscription.id)
    delay = queue(store, person.id, "delay", flight_id=1, status=S.FAILED)
    other = queue(store, store.add_user(user(5)).id, "other", to=BOB)
    views = store.messages()
    assert [view.message for view in views] == [other, delay, confirmation]
    assert [(view.user, view.flight) for view in views] == [("Ann 5", None), ("Ann 0", "UAL123"), ("Ann 0", None)]
    assert [view.message for view in store.messages(flight="UA123")] == [delay, confirmation]
    assert [view.message for view in store.messages(flight="DLH9123", status=S.FAILED)] == [delay]
    assert [view.message for view in store.messages(user_id=person.id, limit=1)] == [delay]
    assert store.messages(flight="BA1") == []


# --- what was said around a text --------------------------------------------------------------------------------------


@pytest.fixture
def about(store: Store) -> Callable[..., Message]:
    """Texts to somebody who follows flight 123, as they stand."""
    person, subscription = follower(store)

    def text(key: str, state: MessageStatus = S.QUEUED, **changes: Any) -> Message:
        about = {"subscription_id": subscription.id, "flight_id": subscription.flight_id}
        stored = store.enqueue(message(person.id, key, status=state, **{**about, **changes}))
        assert stored is not None
        return stored

    return text


def test_what_was_said_after_a_text_is_about_the_same_flight_to_the_same_number(
    store: Store, about: Callable[..., Message]
) -> None:
    about("before")
    text = about("text")
    later = [about("queued"), about("queued too"), about("in doubt", S.IN_DOUBT)]
    about("failed", S.FAILED)
    about("expired", S.EXPIRED)
    about("tells nothing", tells={})
    about("another flight", flight_id=None)
    about("another number", to="+15555550177")
    assert [each.dedup_key for each in store.said_after(text)] == [each.dedup_key for each in later]


def test_what_waits_about_a_flight_is_older_or_newer_and_not_the_text_itself(
    store: Store, about: Callable[..., Message]
) -> None:
    about("before")
    text = about("text")
    about("failed", S.FAILED)
    about("after")
    assert [each.dedup_key for each in store.waiting_about(text)] == ["before", "after"]


def test_a_text_given_up_is_told_by_its_attempt(store: Store, about: Callable[..., Message]) -> None:
    text = about("text")
    stale = replace(text, attempts=7)
    assert not store.give_up(stale, status=S.EXPIRED, error="old", now=NOW)
    assert store.give_up(text, status=S.EXPIRED, error="old", now=NOW)
    assert status(store, text.id) is S.EXPIRED
    assert not store.give_up(text, status=S.FAILED, error="older", now=NOW)


def test_a_text_given_up_as_lost_is_found_again_and_any_other_failure_is_not(
    store: Store, about: Callable[..., Message]
) -> None:
    for key in ("lost", "refused"):
        about(key)
    lost = claim(store)
    store.mark_in_doubt(lost.id, attempt=1)
    refused = claim(store)
    store.note_look(lost.id, NOW)
    store.give_up(lost, status=S.FAILED, error="not in the record", now=NOW)
    store.mark_failed(refused.id, attempt=1, error_code=21211, error="refused", now=NOW)
    assert [doubt.message.id for doubt in store.in_doubt(NOW + HOUR)] == [lost.id]
    assert store.mark_accepted(lost.id, attempt=1, sid="SM1", now=NOW)
    assert not store.mark_accepted(refused.id, attempt=1, sid="SM2", now=NOW)
    assert store.in_doubt(NOW + HOUR) == []


def test_a_text_tells_no_more_what_one_after_it_has_said_otherwise(store: Store, about: Callable[..., Message]) -> None:
    text = about("text")
    store.retract(text, {"departure", "gate_origin"})
    stored = store.message(text.id)
    assert stored
    assert stored.tells == {"late": True}
