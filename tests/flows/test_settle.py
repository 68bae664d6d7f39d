"""A text in doubt is settled from Twilio's own record, sent once more at most, and else shown as it is: in doubt."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from flait.core.messages import LOOK_AGAIN, Message, MessageKind, MessageStatus
from flait.core.values import replace
from flait.errors import SendError
from flait.flows import deliver
from flait.flows.ports import Sent
from tests.core.flights_for_tests import F12, NOON, hours, minutes
from tests.flows.world import PHONES, World, in_doubt, not_sent

S = MessageStatus
BODY = "Tracking UA1234 SFO-EWR"


@pytest.fixture
def doubted(world: World) -> Message:
    """A confirmation that went out, or did not: Twilio's answer never came."""
    world.source.board = [F12]
    world.subscribe()
    world.gateway.fails(in_doubt())
    world.deliver()
    return world.texts[0]


def text(world: World) -> Message:
    return world.texts[0]


def at_twilio(world: World, sid: str, message: Message, body: str | None = None) -> None:
    """It turns up in Twilio's record."""
    world.gateway.record.append(Sent(sid=sid, to=message.to, body=body or message.body, created_at=NOON))


def look(world: World, wait: timedelta = LOOK_AGAIN) -> bool:
    world.clock.advance(wait)
    return world.settle()


# --- found ------------------------------------------------------------------------------------------------------


def test_found_in_the_record_it_is_accepted_and_never_sent_again(world: World, doubted: Message) -> None:
    at_twilio(world, "SM77", doubted)
    assert world.settle()
    assert (text(world).status, text(world).sid) == (S.ACCEPTED, "SM77")
    assert world.steps("send")[-1].outcome == "found at Twilio"
    world.clock.advance(minutes(5))
    world.deliver()
    assert not world.settle()
    assert len(world.gateway.posts) == 1


@pytest.mark.parametrize(
    "as_twilio_has_it",
    [
        lambda body: "Sent from your Twilio trial account - " + body,
        lambda body: body.replace("-", "–").replace("'", "’"),  # noqa: RUF001  # what smart encoding undoes
        lambda body: body.replace(" ", "\u00a0") + " ",
    ],
)
def test_twilios_spelling_of_the_text_is_still_ours(
    world: World, doubted: Message, as_twilio_has_it: Callable[[str], str]
) -> None:
    at_twilio(world, "SM77", doubted, as_twilio_has_it(doubted.body))
    world.settle()
    assert text(world).sid == "SM77"


def test_the_record_is_read_from_a_little_before_it_was_sent(world: World, doubted: Message) -> None:
    """Twilio's clock is not ours."""
    world.gateway.record.append(
        Sent(sid="SM77", to=doubted.to, body=doubted.body, created_at=NOON - timedelta(seconds=100))
    )
    world.settle()
    assert text(world).status is S.ACCEPTED


@pytest.mark.parametrize("body", ["GATE CHANGE", BODY])
def test_another_text_to_the_same_number_is_not_taken_for_it(world: World, doubted: Message, body: str) -> None:
    at_twilio(world, "SM77", doubted, body)
    world.settle()
    assert text(world).status is S.IN_DOUBT


def test_a_text_that_is_another_rows_is_not_taken_for_it(world: World) -> None:
    world.follow(F12)
    first = text(world)
    world.store.enqueue(_again(first))
    world.gateway.fails(in_doubt())
    world.deliver()
    world.settle()
    assert [message.status for message in world.texts] == [S.ACCEPTED, S.IN_DOUBT]


def _again(message: Message) -> Message:
    return replace(message, dedup_key="the same words again", status=S.QUEUED, attempts=0)


def test_of_two_alike_in_doubt_each_gets_its_own(world: World, doubted: Message) -> None:
    world.store.enqueue(_again(doubted))
    world.gateway.fails(in_doubt())
    world.deliver()
    at_twilio(world, "SM1", doubted)
    assert world.settle()
    assert world.settle()
    assert [(message.status, message.sid) for message in world.texts] == [(S.ACCEPTED, "SM1"), (S.IN_DOUBT, None)]


def test_of_two_alike_the_first_in_doubt_gets_the_first_sent(world: World, doubted: Message) -> None:
    world.store.enqueue(_again(doubted))
    world.gateway.fails(in_doubt())
    world.deliver()
    for sid, seconds in (("SM2", 5), ("SM1", 0)):  # the latest first, as Twilio lists them
        at = NOON + timedelta(seconds=seconds)
        world.gateway.record.append(Sent(sid=sid, to=doubted.to, body=doubted.body, created_at=at))
    world.settle()
    world.settle()
    assert [message.sid for message in world.texts] == ["SM1", "SM2"]


# --- absent -----------------------------------------------------------------------------------------------------


def test_absent_once_proves_nothing(world: World, doubted: Message) -> None:
    assert world.settle()
    assert text(world).status is S.IN_DOUBT
    assert not look(world, LOOK_AGAIN - timedelta(seconds=1))


def test_absent_twice_a_minute_apart_it_is_sent_once_more(world: World, doubted: Message) -> None:
    world.settle()
    assert look(world)
    assert (text(world).status, text(world).attempts) == (S.QUEUED, 1)
    world.deliver()
    assert (text(world).status, text(world).attempts) == (S.ACCEPTED, 2)
    assert [message.id for message in world.gateway.posts] == [doubted.id, doubted.id]


def test_sent_twice_and_never_at_twilio_it_is_lost_and_said_once_more_in_words_of_then(
    world: World, doubted: Message
) -> None:
    world.settle()
    look(world)
    world.gateway.fails(*[in_doubt()] * 40)
    for _ in range(40):
        world.deliver()
        look(world, minutes(3))
    assert (text(world).status, text(world).attempts) == (S.FAILED, 2)
    assert len(world.gateway.posts) == 4
    assert len({post.id for post in world.gateway.posts}) == 2


def test_an_answer_about_no_flight_that_was_sent_twice_stays_in_doubt(world: World) -> None:
    world.source.board = [F12]
    person = world.subscribe().user
    world.deliver()
    answer = Message(
        user_id=person.id, to=PHONES[0], kind=MessageKind.REPLY, body="Flait: reply HELP.", dedup_key="answer:1",
        created_at=NOON, not_before=NOON, expires_at=NOON + hours(6),
    )  # fmt: skip
    assert world.store.enqueue(answer)
    world.gateway.fails(*[in_doubt()] * 2)
    for _ in range(4):
        world.deliver()
        look(world, minutes(3))
    assert (world.texts[-1].kind, world.texts[-1].status) == ("reply", S.IN_DOUBT)
    assert len([post for post in world.gateway.posts if post.kind == "reply"]) == 2


def test_however_late_the_proof_it_counts(world: World, doubted: Message) -> None:
    world.settle()
    look(world)
    world.gateway.fails(in_doubt())
    world.deliver()
    for _ in range(5):
        look(world, hours(1))
    at_twilio(world, "SM77", text(world))
    world.gateway.record[-1] = Sent(sid="SM77", to=doubted.to, body=doubted.body, created_at=NOON + minutes(1))
    look(world, timedelta(days=1))
    assert (text(world).status, text(world).sid) == (S.ACCEPTED, "SM77")


def test_tries_that_certainly_failed_do_not_use_up_the_one_more(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.gateway.fails(not_sent(), not_sent(), in_doubt())
    for _ in range(3):
        world.deliver()
        world.clock.advance(minutes(1))
    assert (text(world).status, text(world).attempts) == (S.IN_DOUBT, 3)
    world.settle()
    look(world)
    world.deliver()
    assert (text(world).status, text(world).attempts) == (S.ACCEPTED, 4)


def test_no_longer_useful_it_is_not_sent_again_and_counts_as_unsaid(world: World, doubted: Message) -> None:
    world.settle()
    look(world, doubted.expires_at - NOON)
    world.deliver()
    assert (text(world).status, text(world).error) == (S.FAILED, "not in Twilio's record, and too late to be of use")
    assert len(world.gateway.posts) == 1
    assert world.due() <= world.clock.now()


def test_one_that_stays_in_doubt_is_asked_about_ever_less_often(world: World, doubted: Message) -> None:
    world.clock.advance(hours(7))  # no use any more
    looks = 0
    for _ in range(60 * 24):
        looks += world.settle()
        world.clock.advance(minutes(1))
    assert 8 <= looks <= 16
    assert look(world, timedelta(days=1))


# --- the record cannot be read ----------------------------------------------------------------------------------


def test_a_record_that_cannot_be_read_changes_nothing(world: World, doubted: Message) -> None:
    world.gateway.listing_fault = SendError("Twilio's record cannot be read")
    before = world.dump()["messages"]
    for _ in range(3):
        assert not look(world)
    assert world.dump()["messages"] == before
    assert world.store.providers()["twilio"].last_error == "Twilio's record cannot be read"


def test_after_that_two_readings_are_still_needed(world: World, doubted: Message) -> None:
    world.gateway.listing_fault = SendError("Twilio's record cannot be read")
    look(world)
    world.gateway.listing_fault = None
    look(world)
    assert text(world).status is S.IN_DOUBT
    look(world)
    assert text(world).status is S.QUEUED


def test_the_proof_that_comes_after_it_was_put_back_in_line_still_counts(world: World, doubted: Message) -> None:
    """A receipt with our message's id, say."""
    world.settle()
    look(world)
    assert world.store.mark_accepted(doubted.id, attempt=1, sid="SM77", now=world.clock.now())
    world.deliver()
    assert len(world.gateway.posts) == 1


def test_what_a_crash_left_in_doubt_is_settled_the_same_way(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.gateway.fails(KeyboardInterrupt(), arrives=True)
    with pytest.raises(KeyboardInterrupt):
        deliver.send_next(world.store, world.gateway, world.clock, world.boot)
    assert text(world).status is S.SENDING
    world.restart()
    world.settle()
    assert text(world).status is S.ACCEPTED
    assert len(world.gateway.posts) == 1


def test_a_text_whose_end_could_not_be_stored_is_in_doubt_and_holds_nobody_up(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.store.claim_due_message(world.clock.now(), "boot")  # handed over; then the disk was full
    world.clock.advance(timedelta(seconds=119))
    deliver.doubt_forgotten(world.store, world.clock)
    assert text(world).status is S.SENDING
    world.clock.advance(timedelta(seconds=2))
    deliver.doubt_forgotten(world.store, world.clock)
    assert text(world).status is S.IN_DOUBT
    assert world.steps("send")[-1].detail == "its end could not be stored"
