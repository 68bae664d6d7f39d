"""People and their numbers."""

import pytest

from flait.core.messages import MessageStatus
from flait.core.subscriptions import ClockFace, Role
from flait.core.values import replace
from flait.errors import UserError
from flait.store import SmsRow, Step, Store
from tests.store.samples import DAY, NOW, PHONE, follower, message, user


def test_a_person_is_found_by_id_number_and_name(store: Store) -> None:
    ann = store.add_user(user(name="Ann Lee", timezone="Europe/Oslo", role=Role.MEETER, clock=ClockFace.H12))
    assert ann.id > 0
    assert store.user(ann.id) == store.user_by_phone(ann.phone) == store.user_by_name("ann lee") == ann
    assert store.users() == [ann]


def test_nobody_is_none(store: Store) -> None:
    assert store.user(1) is store.user_by_phone(PHONE) is store.user_by_name("Ann") is None


@pytest.mark.parametrize("spelling", ["josé  NÚÑEZ", "JOSÉ NÚÑEZ", " Jose\u0301 Nu\u0301n\u0303ez "])
def test_a_name_is_the_same_however_it_is_spelt(store: Store, spelling: str) -> None:
    jose = store.add_user(user(name="José Núñez"))
    assert store.user_by_name(spelling) == jose
    with pytest.raises(UserError, match="is called"):
        store.add_user(user(1, name=spelling))


def test_a_number_has_one_person(store: Store) -> None:
    store.add_user(user())
    with pytest.raises(UserError, match="has that phone number already") as caught:
        store.add_user(user(1, phone=user().phone))
    assert "+1555" not in str(caught.value)
    assert len(store.users()) == 1


def test_people_without_a_name_may_be_many(store: Store) -> None:
    store.add_user(user(0, name=""))
    store.add_user(user(1, name=""))
    assert store.user_by_name("") is None


def test_a_change_is_kept(store: Store) -> None:
    ann = store.add_user(user())
    changed = replace(ann, name="Anna", phone="+15555550177", timezone="Asia/Tokyo")
    assert store.save_user(changed) == changed
    assert store.users() == [changed]


def test_a_change_may_not_take_what_is_somebody_elses(store: Store) -> None:
    ann, bob = store.add_user(user(0)), store.add_user(user(1))
    with pytest.raises(UserError, match="phone number"):
        store.save_user(replace(bob, phone=ann.phone))
    with pytest.raises(UserError, match="is called 'ANN 0'"):
        store.save_user(replace(bob, name="ANN 0"))


def test_who_is_gone_cannot_be_changed(store: Store) -> None:
    with pytest.raises(UserError, match="not there any more"):
        store.save_user(user(id=7))


def test_stop_and_start(store: Store) -> None:
    ann = store.add_user(user())
    store.set_opt_out(ann.phone, NOW)
    assert store.users() == [replace(ann, opted_out_at=NOW)]
    store.set_opt_out(ann.phone, None)
    assert store.users() == [ann]


def test_a_change_never_lifts_an_opt_out(store: Store) -> None:
    ann = store.add_user(user())
    store.set_opt_out(ann.phone, NOW)
    assert store.save_user(replace(ann, name="Anna")).opted_out_at == NOW


def test_an_opt_out_outlives_its_person(store: Store) -> None:
    ann = store.add_user(user())
    store.set_opt_out(ann.phone, NOW)
    store.remove_user(ann.id)
    assert store.add_user(user()).opted_out_at == NOW


def test_a_person_may_come_opted_out(store: Store) -> None:
    assert store.add_user(user(opted_out_at=NOW)).opted_out_at == NOW


def test_removing_nobody_is_nothing(store: Store) -> None:
    assert store.remove_user(1) is False


def test_removing_a_person_leaves_no_trace_but_the_cost(store: Store) -> None:
    ann, subscription = follower(store)
    sent, queued = (store.enqueue(message(ann.id, key, subscription_id=subscription.id)) for key in ("sent", "queued"))
    assert sent is not None
    assert queued is not None
    store.claim_due_message(NOW, "boot")
    store.mark_accepted(sent.id, attempt=1, sid="SM1", now=NOW)
    store.add_alert(
        subscription_id=subscription.id, flight_id=1, poll=1, kinds=["delay"], why={}, message_id=sent.id, at=NOW
    )
    store.record(Step(at=NOW, step="alert", outcome="queued", subscription_id=subscription.id, message_id=sent.id))
    assert store.remove_user(ann.id) is True
    for table in ("users", "subscriptions", "messages", "alerts", "journal"):
        assert store._rows(f"SELECT * FROM {table}") == []
    assert store.sms_rows("2013-03") == [SmsRow(user=None, messages=1, segments=1)]
    assert store._rows("PRAGMA foreign_key_check") == []


def test_a_text_under_way_outlives_its_person_and_is_not_sent_again(store: Store) -> None:
    ann = store.add_user(user())
    store.enqueue(message(ann.id, "key"))
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed is not None
    store.remove_user(ann.id)
    assert store.mark_requeued(claimed.id, attempt=1, not_before=NOW)
    assert store.claim_due_message(NOW, "boot") is None
    assert [expired.user_id for expired in store.expire_messages(NOW + DAY)] == [0]
    assert store.messages(status=MessageStatus.EXPIRED)[0].user is None


def test_an_id_never_comes_to_mean_somebody_else(store: Store) -> None:
    first = store.add_user(user())
    store.remove_user(first.id)
    assert store.add_user(user()).id > first.id


def test_costs_of_several_removed_people_are_one_row(store: Store) -> None:
    for number in range(3):
        person = store.add_user(user(number))
        text = store.enqueue(message(person.id, f"key {number}", to=person.phone))
        assert text is not None
        store.claim_due_message(NOW, "boot")
        store.mark_accepted(text.id, attempt=1, sid=f"SM{number}", now=NOW)
    store.remove_user(1)
    store.remove_user(2)
    assert store.sms_rows("2013-03") == [
        SmsRow(user="Ann 2", messages=1, segments=1),
        SmsRow(user=None, messages=2, segments=2),
    ]
