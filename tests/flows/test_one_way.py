"""SMS from a sender that is a name: nothing in them asks for an answer, and nobody is asked who could not agree."""

from flait.core.messages import Channel, MessageStatus
from flait.core.subscriptions import User
from flait.core.values import replace
from flait.core.whatsapp import Setup
from flait.flows import deliver
from tests.agreements import addresses
from tests.core.flights_for_tests import NOON, planned
from tests.flows.talk import RULES, Talk
from tests.flows.test_intake import queue
from tests.flows.world import PHONES, World, in_doubt

NAME = Setup(one_way=True, contact="Ben")
GREETING = "Flait: UA1 saved. Msg rates may apply. STOP to end."
REWORDED = "Flait: UA1 saved. Msg rates may apply. No replies here; to end, ask Ben."


def send(world: World, setup: Setup = NAME) -> None:
    deliver.send_next(world.store, world.gateway, world.clock, world.boot, whatsapp=setup)


def greet(world: World, channel: Channel = Channel.SMS) -> None:
    world.store.add_user(User(name="Ann", phone=PHONES[0], created_at=NOON, addresses=addresses(PHONES[0], "agreed")))
    queue(world, "greeting", kind="pending", body=GREETING, channel=channel)


def test_what_leaves_is_what_is_stored_and_asks_for_no_answer(world: World) -> None:
    greet(world)
    send(world)
    [post], [stored] = world.gateway.posts, world.texts
    assert (post.body, stored.body, stored.segments) == (REWORDED, REWORDED, 1)


def test_a_reworded_text_in_doubt_is_found_in_twilios_record(world: World) -> None:
    greet(world)
    world.gateway.fails(in_doubt(), arrives=True)
    send(world)
    world.settle()
    assert [text.status for text in world.texts] == [MessageStatus.ACCEPTED]


def test_an_sms_in_place_of_whatsapp_is_reworded_too(world: World) -> None:
    greet(world, Channel.WHATSAPP)
    send(world)
    assert [(post.channel, post.body) for post in world.gateway.posts] == [(Channel.SMS, REWORDED)]


def test_a_sender_that_takes_replies_says_what_it_said(world: World) -> None:
    greet(world)
    send(world, Setup(contact="Ben"))
    assert world.gateway.posts[0].body == GREETING


def test_no_other_flights_are_offered_where_nobody_can_reply(world: World) -> None:
    tracked = world.follow(planned())
    told = "UA1234 is CANCELLED. Ask the airline now to rebook you."
    queue(world, "news", kind="cancelled", body=f"{told} Reply ALT for other flights.", flight_id=tracked.id)
    send(world)
    assert world.gateway.posts[-1].body == told


def test_nobody_is_asked_to_join_who_could_not_answer(world: World) -> None:
    world.follow(planned())
    talk = Talk(world, rules=replace(RULES, whatsapp=NAME))
    assert talk.says(f"SHARE UA1234 {PHONES[1]}", whatsapp=True) == [
        "Nobody new can be asked by text: the sender here takes no replies."
    ]
    assert [text.to for text in world.texts if text.kind == "invitation"] == []
