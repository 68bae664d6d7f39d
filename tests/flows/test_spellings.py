"""WhatsApp calls some people by another number than the one that is dialled: each is one person all the same."""

from datetime import timedelta
from pathlib import Path

import pytest

from flait.core.messages import Channel, MessageStatus
from flait.core.subscriptions import User
from flait.core.whatsapp import Setup
from flait.flows import deliver
from flait.flows.whatsapp import prefer
from flait.store import salvaged
from tests.agreements import addresses
from tests.core.flights_for_tests import NOON, planned
from tests.flows.talk import Talk
from tests.flows.test_intake import fetch, queue, take, text
from tests.flows.world import PHONES, World
from tests.store.releases import BEA, CAIO, fourth_release

SPELT = [
    # as it is dialled   as WhatsApp spells it
    ("+525555550100", "+5215555550100"),
    ("+5491155550100", "+541155550100"),
    ("+5511985550100", "+551185550100"),
    ("+2250747550100", "+22547550100"),
    ("+2290107550100", "+22907550100"),
]
OPEN = Setup(sender=True)

spelt = pytest.mark.parametrize(("phone", "address"), SPELT)


def known(world: World, phone: str) -> User:
    return world.store.add_user(User(name="Ana", phone=phone, created_at=NOON, addresses=addresses(phone, "agreed")))


@spelt
def test_a_stop_under_either_spelling_ends_the_texts_to_the_other(world: World, phone: str, address: str) -> None:
    user = known(world, phone)
    queue(world, "waiting", to=phone, user_id=user.id)
    take(world, text("STOP", address, whatsapp=True))
    queue(world, "written afterwards", to=phone, user_id=user.id)
    world.deliver()
    assert world.gateway.posts == []
    assert [message.status for message in world.texts] == [MessageStatus.SUPPRESSED] * 2
    assert world.store.users()[0].opted_out_at == NOON


@spelt
def test_a_start_under_either_spelling_undoes_a_stop_under_the_other(world: World, phone: str, address: str) -> None:
    known(world, phone)
    take(world, text("STOP", phone))
    world.clock.advance(timedelta(seconds=1))
    take(world, text("START", address, whatsapp=True))
    assert not world.store.is_opted_out(phone)


@spelt
def test_a_stop_read_from_the_list_is_the_persons(world: World, phone: str, address: str) -> None:
    known(world, phone)
    world.gateway.inbox.append(text("STOP", address, whatsapp=True, sent_at=NOON))
    fetch(world)
    assert world.store.is_opted_out(phone)


@spelt
def test_a_number_that_said_stop_is_not_added_under_its_other_spelling(world: World, phone: str, address: str) -> None:
    take(world, text("STOP", address, whatsapp=True))
    assert known(world, phone).opted_out_at == NOON


@spelt
def test_what_somebody_asks_is_answered_to_the_number_they_wrote_from(world: World, phone: str, address: str) -> None:
    known(world, phone)
    talk = Talk(world)
    assert talk.says("LIST", address, whatsapp=True) == []  # to that number as dialled, below
    [answer] = world.texts
    assert (answer.to, answer.channel) == (phone, Channel.WHATSAPP)
    assert answer.body.startswith("You follow no flights")
    deliver.send_next(world.store, world.gateway, world.clock, world.boot, whatsapp=OPEN)
    assert [(post.to, post.channel) for post in world.gateway.posts] == [(address, Channel.WHATSAPP)]


def test_whom_whatsapp_names_by_another_number_still_is_stopped_under_each(world: World) -> None:
    known(world, PHONES[1])
    take(world, text("STOP", PHONES[0], whatsapp=True, wa_id=PHONES[1]))
    assert [world.store.is_opted_out(phone) for phone in PHONES[:3]] == [True, True, False]
    take(world, text("START", PHONES[0], whatsapp=True, wa_id=PHONES[1]))
    assert [world.store.is_opted_out(phone) for phone in PHONES[:3]] == [False, False, False]


def test_an_sms_goes_to_the_number_as_dialled_though_whatsapp_spells_it_otherwise(world: World) -> None:
    phone, address = SPELT[0]
    user = known(world, phone)
    take(world, text("STATUS", address, whatsapp=True))
    queue(world, "by SMS", to=phone, user_id=user.id)
    world.deliver()
    assert [post.to for post in world.gateway.posts] == [phone]


def test_an_alert_on_whatsapp_goes_to_the_spelling_the_person_last_wrote_from(world: World) -> None:
    phone, address = SPELT[0]
    user = prefer(world.store, known(world, phone), Channel.WHATSAPP, consent="said so")
    world.clock.advance(timedelta(seconds=1))
    take(world, text("hello", address, whatsapp=True))
    queue(world, "an alert", to=phone, user_id=user.id, channel=Channel.WHATSAPP)
    deliver.send_next(world.store, world.gateway, world.clock, world.boot, whatsapp=OPEN)
    assert [post.to for post in world.gateway.posts] == [address]


def test_whoever_joins_by_one_spelling_follows_under_the_number_as_dialled(world: World) -> None:
    phone, address = SPELT[2]
    talk = Talk(world)
    world.follow(planned())
    talk.says(f"SHARE UA1234 {phone} meet")
    talk.send("JOIN", address, whatsapp=True)
    talk.answer()
    joined = world.store.user_by_phone(phone)
    assert joined
    assert [row.ident for row in world.store.live_for(joined.id)] == ["UA1234"]


def test_whoever_is_asked_under_one_spelling_is_asked_under_both(world: World) -> None:
    phone, address = SPELT[0]
    world.follow(planned())
    assert Talk(world).says(f"SHARE UA1234 {address}")[0].startswith("Asked +5255...0100")
    assert world.store.open_invitations(phone, world.clock.now())


def test_a_stop_under_a_spelling_that_an_earlier_flait_kept_outlives_a_restore(world: World, tmp_path: Path) -> None:
    known(world, BEA)
    fourth_release(tmp_path / "replaced.db")
    world.store.take_over(salvaged(tmp_path / "replaced.db"), NOON, resume=False)
    assert world.store.is_opted_out(BEA)


def test_a_start_under_the_other_spelling_outlives_it_too(world: World, tmp_path: Path) -> None:
    known(world, CAIO)
    fourth_release(tmp_path / "replaced.db")
    world.store.take_over(salvaged(tmp_path / "replaced.db"), NOON, resume=False)
    assert not world.store.is_opted_out(CAIO)
