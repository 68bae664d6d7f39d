"""A text is sent again only when it cannot come twice, or when somebody accepts that it may."""

import pytest

from flait.core.messages import UNTOLD, Message, MessageStatus
from flait.errors import NotFound, UserError
from flait.flows import resend
from flait.store import Store
from tests.store.samples import HOUR, MINUTE, NOW, follower, message

S = MessageStatus


def stored(store: Store, key: str, status: MessageStatus = S.FAILED, *, about_a_flight: bool = True) -> Message:
    """A text to somebody who follows flight 123, as it ended."""
    user = store.user_by_name("Ann 0") or follower(store)[0]
    subscription = store.live_for(user.id)[0].id if about_a_flight else None
    text = store.enqueue(message(user.id, key, status=status, subscription_id=subscription))
    assert text is not None
    return text


def in_doubt(store: Store) -> Message:
    """The next text in line, after a call whose answer was lost."""
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed is not None
    store.mark_in_doubt(claimed.id, attempt=claimed.attempts)
    return claimed


def test_what_may_come_twice_is_refused_unless_accepted_and_nothing_is_stored(store: Store) -> None:
    text = stored(store, "a", S.QUEUED)
    in_doubt(store)

    with pytest.raises(UserError, match="may have arrived, nobody knows"):
        resend.resend(store, text.id, now=NOW)
    assert len(store.messages()) == 1
    assert store.steps(message_id=text.id) == []


def test_a_later_text_that_failed_too_has_said_nothing(store: Store) -> None:
    text = stored(store, "a")
    stored(store, "b", S.UNDELIVERED)

    assert resend.why_twice(store, text.id) == ""


def test_a_later_text_about_another_thing_has_not_said_the_like(store: Store) -> None:
    text = stored(store, "a", about_a_flight=False)
    stored(store, "b", S.QUEUED, about_a_flight=False)

    assert resend.why_twice(store, text.id) == ""


def test_an_earlier_text_has_not_said_it_since(store: Store) -> None:
    stored(store, "a", S.QUEUED)
    text = stored(store, "b")

    assert resend.why_twice(store, text.id) == ""


def test_a_copy_in_doubt_is_sent_again_by_who_accepts_it(store: Store) -> None:
    text = stored(store, "a")
    copy = resend.resend(store, text.id, now=NOW)
    in_doubt(store)

    again = resend.resend(store, copy.id, now=NOW, accept_twice=True)

    assert again.dedup_key == "retry:1:2"
    assert [view.message.status for view in store.messages()] == [S.QUEUED, S.CANCELED, S.FAILED]


def test_a_copy_too_old_to_be_found_still_prevents_another(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    text = stored(store, "a")
    resend.resend(store, text.id, now=NOW)
    monkeypatch.setattr(resend, "LATEST", 0)

    with pytest.raises(UserError, match="msg:1 was sent again before"):
        resend.resend(store, text.id, now=NOW)
    assert len(store.messages()) == 2


def test_a_copy_goes_out_although_the_original_is_long_past(store: Store) -> None:
    text = stored(store, "a", S.EXPIRED)
    copy = resend.resend(store, text.id, now=NOW + 5 * HOUR)

    claimed = store.claim_due_message(NOW + 5 * HOUR + MINUTE, "boot")
    assert claimed is not None
    assert (claimed.id, claimed.body) == (copy.id, text.body)


def test_both_the_text_and_its_copy_remember_it(store: Store) -> None:
    text = stored(store, "a")
    copy = resend.resend(store, text.id, now=NOW)

    steps = [(step.message_id, step.step, step.detail) for step in store.steps(subscription_id=text.subscription_id)]
    assert steps == [
        (text.id, "retry", f"was failed, queued again as msg:{copy.id}"),
        (copy.id, "retry", f"the copy of msg:{text.id}"),
    ]


def test_no_such_text_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        resend.resend(store, 7, now=NOW)


def test_a_dropped_text_in_doubt_counts_as_said_and_is_not_sent_once_more(store: Store) -> None:
    text = stored(store, "a", S.QUEUED)
    in_doubt(store)

    resend.drop(store, text.id, now=NOW)

    dropped = store.message(text.id)
    assert dropped is not None
    assert (dropped.status, dict(dropped.tells)) == (S.CANCELED, dict(text.tells))
    assert dropped.status not in UNTOLD
    assert store.in_doubt(NOW + HOUR) == []


def test_what_a_dropped_text_that_waited_was_to_tell_is_still_to_be_told(store: Store) -> None:
    text = stored(store, "a", S.QUEUED)

    resend.drop(store, text.id, now=NOW)

    dropped = store.message(text.id)
    assert dropped is not None
    assert (dropped.status, dict(dropped.tells)) == (S.CANCELED, {})
    assert store.claim_due_message(NOW, "boot") is None


@pytest.mark.parametrize("status", [S.SENDING, S.FAILED, S.EXPIRED, S.CANCELED])
def test_a_text_that_is_not_ours_to_stop_is_not_dropped(store: Store, status: S) -> None:
    text = stored(store, "a", S.QUEUED if status is S.SENDING else status)
    if status is S.SENDING:
        store.claim_due_message(NOW, "boot")

    with pytest.raises(UserError, match=r"only a text that waits or is in doubt can be given up"):
        resend.drop(store, text.id, now=NOW)

    assert store.steps(message_id=text.id) == []


def test_what_a_failed_copy_of_a_text_in_doubt_told_is_still_to_be_told(store: Store) -> None:
    """The copy says it anew: nothing of the one given up for it counts."""
    text = stored(store, "a", S.QUEUED)
    in_doubt(store)

    copy = resend.resend(store, text.id, now=NOW, accept_twice=True)

    given_up = store.message(text.id)
    assert given_up is not None
    assert (dict(given_up.tells), dict(copy.tells)) == ({}, dict(text.tells))
