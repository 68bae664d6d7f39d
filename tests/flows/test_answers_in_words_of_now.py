"""An answer leaves as it was written while it is so; else what was asked is answered again, in words of now."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from flait.core.flights import Flight
from flait.core.messages import Message, MessageStatus
from flait.core.trips import Chance
from flait.core.values import replace
from flait.flows import planes
from tests.core.flights_for_tests import F12, OUT, hours, inbound_flight, late, minutes, onward_flight, with_plane
from tests.flows.talk import Talk
from tests.flows.world import World

UA1234, LH403, PLANE = with_plane(F12), onward_flight(minutes(88)), inbound_flight(minutes(90))
QUESTIONS = ("CONNECT", "STATUS UA1234", "PLANE UA1234", "GATE UA1234", "WHEN UA1234", "STATUS LH403")
LATER = (late(minutes(40), replace(UA1234, gate_origin="C3")), LH403, inbound_flight(minutes(150)))


@pytest.fixture
def asking(world: World, talk: Talk) -> Talk:
    """Ana travels on two flights that connect, and the plane of the first is late; all of it was looked at."""
    world.clock.moment = OUT - hours(4)
    for flight, ident in ((UA1234, "UA1234"), (LH403, "LH403")):
        world.source.board = [flight]
        world.subscribe(0, ident)
    world.deliver()
    for _ in range(3):
        look(world, (UA1234, LH403, PLANE))
    world.deliver()
    assert world.kinds == ["tracked", "tracked", "inbound_late"]
    return talk


def look(world: World, board: Sequence[Flight]) -> None:
    """Everything is looked at."""
    world.clock.advance(timedelta(seconds=20))
    world.source.board = board
    for number in (1, 2, 3):
        world.store.hasten(number, world.clock.now())
    world.poll(*board)
    while planes.find_next(world.store, world.source, world.clock):
        pass
    world.remind()


def asks(world: World, talk: Talk, body: str) -> list[Message]:
    """The answer waits, for Twilio takes nothing yet."""
    talk.send(body)
    return talk.answer()


@pytest.mark.parametrize("asked", QUESTIONS)
def test_a_look_that_showed_nothing_new_ends_no_answer(world: World, asking: Talk, asked: str) -> None:
    written = asks(world, asking, asked)
    look(world, (UA1234, LH403, PLANE))
    world.deliver()
    stored = [world.store.message(text.id) for text in written]
    assert [text.status for text in stored if text] == [MessageStatus.ACCEPTED]
    assert world.texts[-1].id == written[-1].id


@pytest.mark.parametrize(
    ("asked", "again"),
    [
        ("CONNECT", "UA1234 CONNECTION TIGHT at EWR, 48m to LH403"),
        ("STATUS UA1234", "UA1234 SFO-EWR 40m late"),
        ("PLANE UA1234", "UA1234 plane is late: UA555 DEN-SFO arrives 15:40 PST"),
        ("GATE UA1234", "UA1234 at SFO: gate C3, was F12"),
        (
            "WHEN UA1234",
            "UA1234 SFO-EWR 40m late: dep 14:50 PST, was 14:10; arr 23:11 EST, was 22:31. Its plane is late",
        ),
    ],
)
def test_what_is_so_no_more_is_asked_again_and_not_another_question(
    world: World, asking: Talk, asked: str, again: str
) -> None:
    [written] = asks(world, asking, asked)
    look(world, LATER)
    world.deliver()
    [first, *then] = [text for text in world.texts if text.id >= written.id and text.kind == "reply"]
    assert first.status is MessageStatus.EXPIRED
    assert [text.body[: len(again)] for text in then] == [again]


def test_a_connection_that_is_none_any_more_is_said_to_be_none(world: World, asking: Talk) -> None:
    asks(world, asking, "CONNECT")
    look(world, (late(minutes(40), UA1234), replace(LH403, cancelled=True), PLANE))
    world.deliver()
    replies = [text.body for text in world.texts if text.kind == "reply" and text.status is MessageStatus.ACCEPTED]
    assert replies == ["UA1234 connects with no flight that you follow any more. Reply LIST for what you follow."]


def test_connect_and_status_within_a_minute_are_both_answered(world: World, asking: Talk) -> None:
    world.clock.advance(minutes(4))
    asking.send("CONNECT")
    asking.send("STATUS UA1234")
    asking.answer()
    world.deliver()
    said = [text for text in world.texts if text.kind == "reply"]
    assert [text.status for text in said] == [MessageStatus.ACCEPTED] * 2
    assert [text.body.split(":")[0] for text in said] == [
        f"UA1234 connection {Chance.OK.upper()} at EWR, 1h28 to LH403",
        "UA1234 SFO-EWR on time",
    ]
