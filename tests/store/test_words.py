"""Consent, mutes, dialogues, invitations, windows and push alerts: small things that must hold exactly."""

import pytest

from flait.core.messages import Message, MessageKind, MessageStatus
from flait.core.subscriptions import Role, SubscriptionState
from flait.core.values import replace
from flait.errors import StoreError
from flait.store import (
    ConsentChange,
    Invitation,
    InvitationState,
    PushState,
    Store,
)
from tests.store.samples import DAY, HOUR, MINUTE, NOW, PHONE, follower, message, tracked, user

S, K = MessageStatus, MessageKind


def queued(store: Store, **changes: object) -> Message:
    text = store.enqueue(replace(message(0, "key"), **changes))  # type: ignore[arg-type]  # Message's own fields
    assert text
    return text


# --- consent --------------------------------------------------------------------------------------------------------


def test_every_change_of_mind_is_kept_even_when_the_person_goes(store: Store) -> None:
    ann = store.add_user(user())
    assert store.opt_out(PHONE, NOW, how="texted SMS SM1", sid="SM1")
    assert store.opt_out(PHONE, NOW + MINUTE, how="again") is False
    assert store.opt_in(PHONE, NOW + HOUR, how="texted SMS SM2")
    assert store.opt_in(PHONE, NOW + HOUR, how="again") is False
    store.remove_user(ann.id)
    assert store.consent_changes(PHONE) == [
        ConsentChange(at=NOW, change="opt_out", how="texted SMS SM1"),
        ConsentChange(at=NOW + HOUR, change="opt_in", how="texted SMS SM2"),
    ]
    assert store.opted_in_since(PHONE, NOW)
    assert not store.opted_in_since(PHONE, NOW + HOUR)


def test_a_start_of_a_person_who_may_be_texted_is_kept_and_a_strangers_is_not(store: Store) -> None:
    assert store.opt_in(PHONE, NOW, how="from a stranger") is False
    store.add_user(user())
    assert store.opt_in(PHONE, NOW, how="texted SMS SM1") is False
    assert store.consent_changes(PHONE) == [ConsentChange(at=NOW, change="opt_in", how="texted SMS SM1")]


def test_an_older_start_undoes_no_newer_stop(store: Store) -> None:
    store.opt_out(PHONE, NOW, how="STOP")
    assert store.opt_in(PHONE, NOW - MINUTE, how="START") is False
    assert store.is_opted_out(PHONE)
    assert store.opt_in(PHONE, NOW - MINUTE, how="START, called in", just_now=True)


@pytest.mark.parametrize(
    ("kind", "answers", "copy_of", "goes"),
    [
        (K.STOP_CONFIRMED, "SM1", None, True),
        (K.STOP_CONFIRMED, "SM2", None, False),  # the answer to another text
        (K.STOP_CONFIRMED, "SM1", 1, False),  # sent again by hand
        (K.REPLY, "SM1", None, False),
        (K.STRANGER, "SM1", None, False),
        (K.DELAY_FIRST, None, None, False),
    ],
)
def test_after_stop_only_the_answer_to_that_very_text_goes(
    store: Store, kind: MessageKind, answers: str | None, copy_of: int | None, goes: bool
) -> None:
    store.add_user(user())
    store.opt_out(PHONE, NOW, how="STOP", sid="SM1")
    text = queued(store, user_id=1, kind=kind, answers=answers, copy_of=copy_of)
    assert [text.id for text in store.suppress_opted_out(NOW)] == ([] if goes else [text.id])
    claimed = store.claim_due_message(NOW, "boot")
    assert (claimed is not None) is goes


def test_an_opt_out_of_unknown_origin_lets_nothing_pass(store: Store) -> None:
    store.opt_out(PHONE, NOW, how="Twilio refused a text")
    queued(store, kind=K.STOP_CONFIRMED, answers="SM1")
    assert store.claim_due_message(NOW, "boot") is None
    assert [text.status for text in store.suppress_opted_out(NOW)] == [S.SUPPRESSED]


@pytest.mark.parametrize("kind", [K.STRANGER, K.INVITATION, K.STOP_CONFIRMED])
def test_a_number_that_nobody_has_may_be_answered_or_asked(store: Store, kind: MessageKind) -> None:
    text = queued(store, kind=kind)
    assert text.user_id == 0
    claimed = store.claim_due_message(NOW, "boot")
    assert claimed
    assert claimed.id == text.id


def test_nothing_else_goes_to_a_number_that_nobody_has(store: Store) -> None:
    queued(store, kind="reply")
    assert store.claim_due_message(NOW, "boot") is None


# --- mutes ----------------------------------------------------------------------------------------------------------


def test_a_mute_is_seen_wherever_the_person_is(store: Store) -> None:
    person, subscription = follower(store)
    store.mute_user(person.id, NOW + HOUR)
    store.mute_subscription(subscription.id, NOW + DAY)
    [live] = store.live_subscribers(1)
    assert (live.user.muted_until, live.subscription.muted_until) == (NOW + HOUR, NOW + DAY)
    assert store.user_by_phone(person.phone) == replace(person, muted_until=NOW + HOUR)
    store.mute_user(person.id, None)
    assert store.users() == [person]


def test_only_a_mute_mutes(store: Store) -> None:
    person, subscription = follower(store)
    store.mute_subscription(subscription.id, NOW + DAY)
    canceled = replace(subscription, state=SubscriptionState.CANCELED)
    store.save_subscription(canceled)
    store.save_user(replace(person, muted_until=NOW + DAY))
    assert store.subscription(subscription.id) == replace(canceled, muted_until=NOW + DAY)
    assert store.users() == [person]


# --- dialogues and invitations --------------------------------------------------------------------------------------


def test_a_question_waits_for_its_answer_until_it_expires(store: Store) -> None:
    store.put_dialogue(PHONE, "leg", {"legs": ["DEN", "SFO"]}, NOW + MINUTE)
    store.put_dialogue(PHONE, "undo", {"subscription": 1}, NOW + HOUR)
    assert store.dialogue(PHONE, "leg", NOW) == {"legs": ["DEN", "SFO"]}
    assert store.dialogue(PHONE, "leg", NOW + MINUTE) is None
    store.put_dialogue(PHONE, "leg", {}, NOW + HOUR)
    assert store.dialogue(PHONE, "leg", NOW + MINUTE) == {}
    assert store.dialogue(PHONE, "undo", NOW) == {"subscription": 1}


def invitation(store: Store) -> Invitation:
    person, subscription = follower(store)
    return Invitation(
        inviter_id=person.id,
        phone="+15555550111",
        subscription_id=subscription.id,
        flight_id=1,
        role=Role.MEETER,
        created_at=NOW,
        expires_at=NOW + DAY,
    )


def test_an_invitation_is_open_once_and_settled_once(store: Store) -> None:
    asked = store.invite(invitation(store))
    assert asked
    assert store.invite(asked) is None
    assert store.open_invitations(asked.phone, NOW) == [asked]
    assert store.settle_invitation(asked.id, InvitationState.JOINED, NOW)
    assert store.settle_invitation(asked.id, InvitationState.DECLINED, NOW) is False
    assert store.open_invitations(asked.phone, NOW) == []


def test_an_invitation_that_nobody_took_up_makes_room_for_another(store: Store) -> None:
    first = store.invite(invitation(store))
    assert first
    assert store.open_invitations(first.phone, NOW + DAY) == []
    assert store.settle_invitation(first.id, InvitationState.JOINED, NOW + DAY) is False
    again = store.invite(replace(first, created_at=NOW + DAY, expires_at=NOW + 2 * DAY))
    assert again
    assert store.open_invitations(first.phone, NOW + DAY) == [again]


def test_talk_can_be_ended_as_a_whole(store: Store) -> None:
    asked = store.invite(invitation(store))
    assert asked
    store.put_dialogue(asked.phone, "leg", {}, NOW + HOUR)
    store.put_dialogue(PHONE, "leg", {}, NOW + HOUR)
    store.end_dialogues(asked.phone)
    store.decline_invitations(asked.phone)
    assert store.dialogue(asked.phone, "leg", NOW) is None
    assert store.open_invitations(asked.phone, NOW) == []
    assert store.dialogue(PHONE, "leg", NOW) == {}


def test_a_window_is_as_wide_as_the_latest_text_says(store: Store) -> None:
    assert store.wrote_over_whatsapp_at(PHONE) is None
    store.note_window(PHONE, NOW)
    store.note_window(PHONE, NOW - HOUR)
    assert store.wrote_over_whatsapp_at(PHONE) == NOW


# --- push alerts ----------------------------------------------------------------------------------------------------


def test_a_flight_has_one_alert_and_another_when_that_has_ended(store: Store) -> None:
    flight = tracked(store)
    wanted = store.want_push(flight.id, "token", NOW)
    assert wanted
    assert store.want_push(flight.id, "other", NOW) is None
    active = replace(wanted, alert_id="17", state=PushState.ACTIVE, attempts=1)
    store.save_push_alert(active, NOW + MINUTE)
    assert store.push_alert("token") == replace(active, changed_at=NOW + MINUTE)
    assert store.push_alerts({PushState.WANTED, PushState.UNCLEAR}) == []
    store.save_push_alert(replace(active, state=PushState.ENDED), NOW + HOUR)
    assert store.want_push(flight.id, "token", NOW) is None
    assert store.want_push(flight.id, "other", NOW)


def test_an_alert_outlives_its_flight_until_it_is_ended(store: Store) -> None:
    flight = tracked(store)
    wanted = store.want_push(flight.id, "token", NOW)
    assert wanted
    store.close_flight(flight.id, NOW)
    store.prune(NOW + DAY)
    store.prune_words(NOW + DAY, NOW + DAY)
    [left] = store.push_alerts(set(PushState))
    assert left == replace(wanted, flight_id=None)
    store.save_push_alert(replace(left, state=PushState.ENDED), NOW)
    store.prune_words(NOW + DAY, NOW + DAY)
    assert store.push_alerts(set(PushState)) == []


def test_an_active_alert_without_an_id_is_refused(store: Store) -> None:
    wanted = store.want_push(tracked(store).id, "token", NOW)
    assert wanted
    with pytest.raises(StoreError):
        store.save_push_alert(replace(wanted, state=PushState.ACTIVE), NOW)
