"""The outbox's way to Twilio: each outcome has its own row, and nobody waits for another's trouble without need."""

from datetime import timedelta

import pytest

from flait.core.messages import Message, MessageKind, MessageStatus
from flait.core.subscriptions import User
from flait.core.values import replace
from flait.errors import MissingCredential
from flait.flows import deliver
from tests.core.flights_for_tests import F12, NOON, hours, minutes
from tests.flows.world import PHONES, World, in_doubt, not_sent, refused

S = MessageStatus
SECOND = timedelta(seconds=1)


@pytest.fixture
def people(world: World) -> list[User]:
    """Three people with telephones."""
    names = ("Ann", "Bob", "Cid")
    return [
        world.store.add_user(User(name=name, phone=phone, created_at=NOON))
        for name, phone in zip(names, PHONES, strict=False)
    ]


def queue(world: World, person: User, body: str, **changes: object) -> Message:
    now = world.clock.now()
    message = Message(
        user_id=person.id,
        to=person.phone,
        kind=MessageKind.GATE_CHANGE,
        body=body,
        dedup_key=body,
        created_at=now,
        not_before=now,
        expires_at=now + hours(1),
    )
    queued = world.store.enqueue(replace(message, **changes))  # type: ignore[arg-type]  # Message's own fields
    assert queued
    return queued


def send(world: World) -> deliver.Progress:
    return deliver.send_next(world.store, world.gateway, world.clock, world.boot)


def last(world: World) -> Message:
    return world.texts[-1]


def bodies(world: World) -> list[str]:
    """What Twilio was handed, in order, as it was written: the first to somebody leaves with a greeting."""
    return [message.dedup_key for message in world.gateway.posts]


# --- the four outcomes ------------------------------------------------------------------------------------------


def test_nothing_to_send_is_nothing_to_do(world: World) -> None:
    assert send(world) == deliver.Progress(more=False)


def test_an_accepted_text_keeps_its_sid(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    assert send(world).more
    text = last(world)
    assert (text.status, text.sid, text.attempts, text.sent_at) == (S.ACCEPTED, "SM0", 1, NOON)
    assert world.store.providers()["twilio"].last_success_at == NOON
    assert [step.outcome for step in world.steps("send")] == ["accepted"]
    assert not send(world).more


def test_a_text_certainly_not_sent_is_queued_again(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    world.gateway.fails(not_sent(error_code=20500))
    assert send(world) == deliver.Progress(more=True)
    text = last(world)
    assert (text.status, text.not_before, text.error_code) == (S.QUEUED, NOON + 2 * SECOND, 20500)
    assert text.error == "Twilio cannot be reached"
    assert world.store.providers()["twilio"].last_error == "Twilio cannot be reached"


def test_a_refused_text_has_failed_for_good(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    world.gateway.fails(refused(error_code=21211))
    assert send(world).more
    assert (last(world).status, last(world).error_code, last(world).error) == (S.FAILED, 21211, "Twilio refused it")
    assert [(step.outcome, step.detail) for step in world.steps("send")] == [("failed", "Twilio refused it")]
    world.clock.advance(minutes(10))
    assert not send(world).more
    assert len(world.gateway.posts) == 1


def test_a_text_that_may_have_left_is_in_doubt_and_not_tried_again(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    world.gateway.fails(in_doubt())
    assert send(world).more
    assert (last(world).status, last(world).error) == (S.IN_DOUBT, "Twilio did not answer")
    assert world.store.providers()[deliver.TWILIO].last_error == "Twilio did not answer"
    assert [(step.outcome, step.detail) for step in world.steps("send")] == [("in_doubt", "Twilio did not answer")]
    world.clock.advance(minutes(10))
    assert not send(world).more
    assert len(world.gateway.posts) == 1


def test_a_fault_of_our_own_while_sending_leaves_it_in_doubt_and_is_heard_of(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    world.gateway.fails(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        send(world)
    assert last(world).status is S.IN_DOUBT


# --- again, in order --------------------------------------------------------------------------------------------


def test_each_failure_waits_longer_up_to_two_minutes(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    waits = []
    for _ in range(8):
        world.gateway.fails(not_sent())
        send(world)
        waits.append((last(world).not_before - world.clock.now()) // SECOND)
        world.clock.moment = last(world).not_before
    assert waits == [2, 4, 8, 16, 32, 64, 120, 120]
    assert send(world).more
    assert (last(world).status, last(world).attempts) == (S.ACCEPTED, 9)


def test_a_persons_texts_wait_for_their_first_while_others_go_on(world: World, people: list[User]) -> None:
    ann, bob, _ = people
    for person, body in ((ann, "ann 1"), (ann, "ann 2"), (bob, "bob 1"), (bob, "bob 2")):
        queue(world, person, body)
    world.gateway.fails(not_sent())
    world.deliver()
    assert bodies(world) == ["ann 1", "bob 1", "bob 2"]
    world.clock.advance(2 * SECOND)
    world.deliver()
    assert bodies(world)[3:] == ["ann 1", "ann 2"]


def test_a_text_for_later_holds_up_nobody(world: World, people: list[User]) -> None:
    queue(world, people[0], "tomorrow", not_before=NOON + minutes(30))
    queue(world, people[0], "now")
    world.deliver()
    assert bodies(world) == ["now"]
    world.clock.advance(minutes(30))
    world.deliver()
    assert bodies(world) == ["now", "tomorrow"]


# --- everybody waits --------------------------------------------------------------------------------------------


def test_a_refused_account_stops_all_sending_for_a_while(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    world.gateway.fails(not_sent(account=True))
    assert send(world) == deliver.Progress(more=False, pause=deliver.ACCOUNT_PAUSE)
    assert last(world).not_before == NOON + deliver.ACCOUNT_PAUSE


def test_a_pause_that_twilio_asks_for_is_kept(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    world.gateway.fails(not_sent(retry_after=minutes(3)))
    assert send(world) == deliver.Progress(more=False, pause=minutes(3))
    assert last(world).not_before == NOON + minutes(3)


def test_without_a_secret_nothing_has_left(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    world.gateway.fails(MissingCredential("no Twilio token is stored", "store it"))
    assert send(world) == deliver.Progress(more=False, pause=deliver.ACCOUNT_PAUSE)
    assert (last(world).status, last(world).error) == (S.QUEUED, "no Twilio token is stored")


# --- STOP -------------------------------------------------------------------------------------------------------


def test_a_stop_that_only_twilio_heard_ends_all_texts_to_that_number(world: World, people: list[User]) -> None:
    ann, bob, _ = people
    for person, body in ((ann, "ann 1"), (ann, "ann 2"), (bob, "bob 1")):
        queue(world, person, body)
    world.gateway.fails(refused(error_code=21610, opted_out=True))
    world.deliver()
    assert bodies(world) == ["ann 1", "bob 1"]
    assert [text.status for text in world.texts] == [S.SUPPRESSED, S.SUPPRESSED, S.ACCEPTED]
    opted_out = world.store.user(ann.id)
    assert opted_out
    assert opted_out.opted_out_at == NOON


def test_a_stop_after_a_start_is_believed_of_a_text_that_was_written_before_both(
    world: World, people: list[User]
) -> None:
    ann = people[0]
    queue(world, ann, "written in the morning", not_before=NOON + minutes(20))
    world.clock.advance(minutes(10))
    world.store.opt_out(ann.phone, world.clock.now(), how="STOP")
    world.store.opt_in(ann.phone, world.clock.now(), how="START")
    world.clock.advance(minutes(10))
    world.gateway.fails(refused(error_code=21610, opted_out=True))
    send(world)
    assert world.store.is_opted_out(ann.phone)


def test_a_stop_keeps_back_what_is_queued(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    world.store.set_opt_out(people[0].phone, NOON)
    world.deliver()
    assert (last(world).status, world.gateway.posts) == (S.SUPPRESSED, [])
    assert [step.outcome for step in world.steps("send")] == ["suppressed"]


# --- too late ---------------------------------------------------------------------------------------------------


def test_a_text_past_its_useful_life_is_never_sent(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    world.clock.advance(hours(1))
    world.deliver()
    assert (last(world).status, world.gateway.posts) == (S.EXPIRED, [])
    assert [step.outcome for step in world.steps("send")] == ["expired"]


def test_an_expired_text_has_its_flight_looked_at_at_once(world: World) -> None:
    world.follow(F12)
    queue(world, world.store.users()[0], "gate", flight_id=1, expires_at=NOON + minutes(1))
    world.clock.advance(minutes(1))
    world.deliver()
    assert world.due() == world.clock.now()


def test_an_expired_text_of_a_flight_that_is_over_wakes_nothing(world: World) -> None:
    world.follow(F12)
    queue(world, world.store.users()[0], "gate", flight_id=1, expires_at=NOON + minutes(1))
    world.store.close_flight(1, NOON)
    world.clock.advance(minutes(1))
    world.deliver()
    assert world.flight().next_poll_at is None


# --- whatever ran before ----------------------------------------------------------------------------------------


def claimed(world: World, boot: str) -> None:
    assert world.store.claim_due_message(world.clock.now(), boot)


def test_what_a_dead_daemon_was_sending_is_in_doubt(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    claimed(world, world.boot)
    world.restart()
    assert last(world).status is S.IN_DOUBT
    assert [step.outcome for step in world.steps("send")] == ["in_doubt"]


def test_what_this_daemon_is_sending_is_left_alone(world: World, people: list[User]) -> None:
    queue(world, people[0], "one")
    claimed(world, world.boot)
    deliver.recover(world.store, world.clock, world.boot)
    assert last(world).status is S.SENDING


def test_flights_a_dead_daemon_had_claimed_are_due(world: World) -> None:
    world.follow(F12)
    world.clock.moment = world.due()
    world.store.claim_due_flights(world.clock.now(), world.boot, 1)
    world.clock.advance(minutes(5))
    world.restart()
    assert (world.flight().claimed_by, world.due() <= world.clock.now()) == (None, True)
