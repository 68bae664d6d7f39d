"""A text is told again only in words of now, and when it cannot come twice, or when somebody accepts that it may."""

from typing import Any

import pytest

from flait.core.messages import UNTOLD, Message, MessageStatus
from flait.core.values import replace
from flait.errors import NotFound, UserError
from flait.flows import resend
from flait.store import Store
from tests.store.samples import HOUR, MINUTE, NOW, PHONE, flight, follower, message, pending, user

S = MessageStatus
DELAYED = "2013-03-08T18:40:00+00:00"
C3 = flight(gate_origin="C3")


def stored(store: Store, key: str, status: MessageStatus = S.FAILED) -> Message:
    """A text to somebody whose wish waits, that it does, as it ended."""
    known = store.user_by_phone(PHONE)
    person = known or store.add_user(user())
    wish = store.live_for(person.id)[0] if known else store.add_subscription(pending(person.id))[0]
    text = store.enqueue(message(person.id, key, kind="pending", tells={}, status=status, subscription_id=wish.id))
    assert text is not None
    return text


def alert(store: Store, key: str = "alert", status: MessageStatus = S.FAILED, **changes: Any) -> Message:
    """A text to somebody who follows flight 123, that it leaves from gate C3, as it ended."""
    known = store.user_by_name("Ann 0")
    person, subscription = (known, store.live_for(known.id)[0]) if known else follower(store)
    about = {"subscription_id": subscription.id, "flight_id": subscription.flight_id, "kind": "gate_change"}
    text = store.enqueue(
        message(person.id, key, **{"tells": {"gate_origin": "C3"}, "status": status, **about, **changes})
    )
    assert text is not None
    return text


def shown(store: Store, **changes: Any) -> None:
    """A look at flight 123 shows it so, and the next is hours away."""
    store.claim_due_flights(NOW, "boot", 1)
    assert store.save_poll(
        1,
        claimed_by="boot",
        flight=replace(C3, **changes),
        seen_at=NOW,
        raw=None,
        changed=True,
        polls=1,
        next_poll_at=NOW + 3 * HOUR,
    )


def due(store: Store) -> bool:
    tracked = store.tracked(1)
    assert tracked is not None
    return tracked.next_poll_at == NOW


def in_doubt(store: Store) -> Message:
    """The next text in line, after a call whose answer was lost."""
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed is not None
    store.mark_in_doubt(claimed.id, attempt=claimed.attempts)
    return claimed


# --- alerts: the news, not the words --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [S.FAILED, S.UNDELIVERED, S.EXPIRED])
def test_what_still_is_news_of_an_alert_is_decided_anew_and_its_words_are_not_sent(
    store: Store, status: MessageStatus
) -> None:
    text = alert(store, status=status)
    shown(store)

    done = resend.resend(store, text.id, now=NOW)

    assert (done.queued, done.news) == (None, {"gate_origin": "C3"})
    assert [view.message.status for view in store.messages()] == [S.EXPIRED]
    assert due(store)
    [step] = store.steps(message_id=text.id)
    assert (step.outcome, step.detail) == ("decided anew", f"was {status}; still news: gate_origin")


def test_news_that_changed_meanwhile_is_told_as_it_stands(store: Store) -> None:
    text = alert(store, tells={"gate_origin": "C3", "departure": DELAYED})
    shown(store, gate_origin="D4")

    assert resend.resend(store, text.id, now=NOW).news == {"gate_origin": "D4"}  # it leaves as on the ticket again


@pytest.mark.parametrize("kind", ["gate_change", "delay_first", "reply"])
def test_what_a_text_of_any_kind_has_said_since_is_no_news(store: Store, kind: str) -> None:
    text = alert(store)
    alert(store, "later", S.QUEUED, kind=kind, tells={"gate_origin": "D4"})
    shown(store, gate_origin="D4")

    with pytest.raises(UserError, match=r"nothing that msg:1 said is still news; `flait status UA123` shows how it"):
        resend.resend(store, text.id, now=NOW)
    assert not due(store)
    assert store.steps(message_id=text.id) == []


def test_a_cancellation_that_was_taken_back_is_no_news(store: Store) -> None:
    text = alert(store, kind="cancelled", tells={"cancelled": True})
    shown(store)

    with pytest.raises(UserError, match="is still news"):
        resend.resend(store, text.id, now=NOW)


def test_a_later_text_that_failed_too_has_said_nothing(store: Store) -> None:
    text = alert(store)
    alert(store, "later", S.UNDELIVERED, tells={"baggage_claim": "4"})
    shown(store)

    assert resend.resend(store, text.id, now=NOW).news == {"gate_origin": "C3"}


def test_the_second_failure_in_a_row_is_told_again_all_the_same(store: Store) -> None:
    """It counts as told, so that nobody is texted for ever; the operator knows better."""
    alert(store)
    text = alert(store, "again")
    shown(store)

    assert resend.resend(store, text.id, now=NOW).news == {"gate_origin": "C3"}
    assert [view.message.status for view in store.messages()] == [S.EXPIRED, S.FAILED]


@pytest.mark.parametrize("over", ["closed", "ended", "forgotten"])
def test_what_is_followed_no_more_is_no_news(store: Store, over: str) -> None:
    text = alert(store)
    shown(store)
    if over == "closed":
        store.close_flight(1, NOW)
    elif over == "ended":
        store._change("UPDATE subscriptions SET state = 'canceled'")
    else:
        store._change("UPDATE messages SET flight_id = NULL")

    with pytest.raises(UserError, match="what msg:1 is about is followed no more"):
        resend.resend(store, text.id, now=NOW)


def test_an_alert_in_doubt_is_refused_unless_accepted_and_nothing_is_stored(store: Store) -> None:
    text = alert(store, status=S.QUEUED)
    in_doubt(store)
    shown(store)

    with pytest.raises(UserError, match="may have arrived, nobody knows"):
        resend.resend(store, text.id, now=NOW)
    assert (store.steps(message_id=text.id), due(store)) == ([], False)

    assert resend.resend(store, text.id, now=NOW, accept_twice=True).news == {"gate_origin": "C3"}
    ended = store.message(text.id)
    assert ended is not None
    assert (ended.status, ended.status in UNTOLD) == (S.EXPIRED, True)
    assert (store.in_doubt(NOW + HOUR), due(store)) == ([], True)


# --- confirmations and answers: in words of now -----------------------------------------------------------------------


def test_a_confirmation_is_worded_as_the_flight_stands(store: Store) -> None:
    text = alert(store, kind="tracked", status=S.EXPIRED, tells={"gate_origin": "B1"})
    shown(store)

    copy = resend.resend(store, text.id, now=NOW + 5 * HOUR).queued

    assert copy is not None
    assert copy.body.startswith("Flait flight alerts for Ann 0: UA123 SFO-JFK")
    assert "C3" in copy.body
    assert (copy.tells["gate_origin"], copy.created_at, copy.dedup_key) == ("C3", NOW + 5 * HOUR, "retry:1:1")
    claimed = store.claim_due_message(NOW + 5 * HOUR + MINUTE, "boot")
    assert claimed is not None
    assert claimed.id == copy.id


def test_a_confirmation_of_what_is_followed_no_more_is_refused(store: Store) -> None:
    text = alert(store, kind="tracked")
    store._change("UPDATE subscriptions SET state = 'ended'")

    with pytest.raises(UserError, match="what msg:1 is about is followed no more"):
        resend.resend(store, text.id, now=NOW)
    assert len(store.messages()) == 1


def test_the_answer_to_how_a_flight_stands_says_how_it_stands_now(store: Store) -> None:
    text = alert(store, kind="reply", tells={"gate_origin": "B1"})
    shown(store)

    copy = resend.resend(store, text.id, now=NOW + MINUTE).queued

    assert copy is not None
    assert "C3" in copy.body


@pytest.mark.parametrize("over", ["late", "said since"])
def test_an_answer_whose_moment_is_over_is_refused(store: Store, over: str) -> None:
    person = store.add_user(user())
    text = store.enqueue(message(person.id, "reply:SM1", kind="reply", tells={}, status=S.FAILED))
    assert text is not None
    if over == "said since":
        store.enqueue(message(person.id, "reply:SM2", kind="reply"))
        in_doubt(store)

    with pytest.raises(UserError, match="msg:1 was for a moment that is over; whoever asked can ask again"):
        resend.resend(store, text.id, now=NOW + (2 * HOUR if over == "late" else MINUTE))


def test_an_answer_in_its_time_is_sent_again(store: Store) -> None:
    person = store.add_user(user())
    text = store.enqueue(message(person.id, "reply:SM1", kind="reply", tells={}, status=S.FAILED))
    assert text is not None
    copy = resend.resend(store, text.id, now=NOW + MINUTE).queued
    assert copy is not None
    assert copy.body == text.body


def test_a_wish_that_is_met_by_now_is_not_said_to_be_saved(store: Store) -> None:
    text = alert(store, kind="pending", tells={})

    with pytest.raises(UserError, match="msg:1 is out of date: the wish it is about is active by now"):
        resend.resend(store, text.id, now=NOW)


# --- copies -----------------------------------------------------------------------------------------------------------


def queued(store: Store, text: Message, **how: Any) -> Message:
    copy = resend.resend(store, text.id, **{"now": NOW, **how}).queued
    assert copy is not None
    return copy


def test_what_may_come_twice_is_refused_unless_accepted_and_nothing_is_stored(store: Store) -> None:
    text = stored(store, "a", S.QUEUED)
    in_doubt(store)

    with pytest.raises(UserError, match="may have arrived, nobody knows"):
        resend.resend(store, text.id, now=NOW)
    assert len(store.messages()) == 1
    assert store.steps(message_id=text.id) == []


def test_a_copy_in_doubt_is_sent_again_by_who_accepts_it(store: Store) -> None:
    text = stored(store, "a")
    copy = queued(store, text)
    in_doubt(store)

    again = queued(store, copy, accept_twice=True)

    assert again.dedup_key == "retry:1:2"
    assert [view.message.status for view in store.messages()] == [S.QUEUED, S.CANCELED, S.FAILED]


def test_a_copy_under_way_prevents_another(store: Store) -> None:
    text = stored(store, "a")
    queued(store, text)

    with pytest.raises(UserError, match="msg:1 was sent again as msg:2"):
        resend.resend(store, text.id, now=NOW)
    assert len(store.messages()) == 2


def test_a_copy_goes_out_although_the_original_is_long_past(store: Store) -> None:
    text = stored(store, "a", S.EXPIRED)
    copy = queued(store, text, now=NOW + 5 * HOUR)

    claimed = store.claim_due_message(NOW + 5 * HOUR + MINUTE, "boot")
    assert claimed is not None
    assert (claimed.id, claimed.body) == (copy.id, text.body)


def test_both_the_text_and_its_copy_remember_it(store: Store) -> None:
    text = stored(store, "a")
    copy = queued(store, text)

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
    text = alert(store, kind="tracked", status=S.QUEUED)
    in_doubt(store)
    shown(store)

    copy = queued(store, text, accept_twice=True)

    given_up = store.message(text.id)
    assert given_up is not None
    assert (dict(given_up.tells), copy.tells["gate_origin"]) == ({}, "C3")
