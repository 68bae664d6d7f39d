"""Texts of one second are answered in the order in which they were said."""

import itertools
from datetime import timedelta

import pytest

from flait.core.inbound import Inbound
from flait.core.values import replace
from flait.flows import intake
from tests.core.flights_for_tests import NOON, minutes, planned
from tests.flows.talk import Talk, live
from tests.flows.test_intake import fetch, take, text
from tests.flows.world import PHONES, World

SIDS = list(itertools.permutations(["SM1", "SM2", "SM3"], 2))
SECOND = timedelta(seconds=1)


@pytest.fixture
def talk(world: World) -> Talk:
    world.follow(planned())
    return Talk(world)


def is_muted(world: World) -> bool:
    until = world.store.users()[0].muted_until
    return until is not None and until > world.clock.now()


def said(body: str, sid: str, **changes: object) -> Inbound:
    return replace(text(body), sid=sid, **changes)  # type: ignore[arg-type]  # as the test needs


@pytest.mark.parametrize("sids", SIDS)
@pytest.mark.parametrize("words", [("MUTE", "UNMUTE"), ("UNMUTE", "MUTE")])
def test_called_in_it_is_the_order_in_which_they_came(
    world: World, talk: Talk, sids: tuple[str, str], words: tuple[str, str]
) -> None:
    for body, sid in zip(words, sids, strict=True):
        take(world, said(body, sid))
    talk.answer()
    assert is_muted(world) is (words[-1] == "MUTE")


@pytest.mark.parametrize("sids", SIDS)
@pytest.mark.parametrize("words", [("MUTE", "UNMUTE"), ("UNMUTE", "MUTE")])
def test_read_from_the_list_it_is_the_order_of_the_list(
    world: World, talk: Talk, sids: tuple[str, str], words: tuple[str, str]
) -> None:
    world.gateway.inbox += [said(body, sid, sent_at=NOON) for body, sid in zip(words, sids, strict=True)]
    fetch(world)
    talk.answer()
    assert is_muted(world) is (words[-1] == "MUTE")


@pytest.mark.parametrize("later_by", [timedelta(), SECOND, minutes(5)])
def test_what_was_missed_does_not_undo_the_word_that_came_after_it(
    world: World, talk: Talk, later_by: timedelta
) -> None:
    first, second = said("MUTE 8h", "SM9", sent_at=NOON), said("UNMUTE", "SM1", sent_at=NOON + later_by)
    world.clock.advance(minutes(10))
    take(world, replace(second, sent_at=None))
    talk.answer()
    world.gateway.inbox += [first, second]
    assert fetch(world) == 1
    assert talk.answer() == []
    assert not is_muted(world)
    heard = world.store.heard("SM9")
    assert heard
    assert heard.answer == intake.OVERTAKEN


def test_what_was_missed_and_nothing_undid_is_done(world: World, talk: Talk) -> None:
    world.clock.advance(minutes(10))
    take(world, said("STATUS", "SM1"))
    talk.answer()
    world.gateway.inbox += [said("UNTRACK UA1234", "SM9", sent_at=NOON)]
    fetch(world)
    talk.answer()
    assert not live(world)


def test_the_later_word_of_somebody_else_undoes_nothing(world: World, talk: Talk) -> None:
    world.clock.advance(minutes(10))
    later = said("UNMUTE", "SM1", sent_at=NOON + SECOND, sender=PHONES[1])
    take(world, replace(later, sent_at=None))
    world.gateway.inbox += [said("MUTE 8h", "SM9", sent_at=NOON), later]
    fetch(world)
    talk.answer()
    assert is_muted(world)
