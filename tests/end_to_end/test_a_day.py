"""A day as people live it: they subscribe, their flights change, and each reads what is meant for them, once."""

import pytest

from tests.end_to_end.rig import ANA, BEN, CLEO, DAN, World, at
from tests.end_to_end.story import Telling, expected, subscribe_everybody

EVERYBODY = [ANA, BEN, CLEO, DAN]
FAST = 120.0  # times real time: half an hour, as long as some texts are of use, is 15 s, also on a busy machine
TELLS = 240.0  # seconds, real: the story is two hours long
ALMOST_STILL = 0.001  # however slow the machine, a command takes no time


@pytest.mark.timeout(2 * TELLS)
def test_everybody_reads_their_own_story_from_the_daemon_once_and_in_order(world: World) -> None:
    subscribe_everybody(world)
    world.clock.put(at("15:10"), FAST)
    world.flait("daemon", "start").done()

    world.wait_for(Telling(world).go_on, "the whole story", patience=TELLS)
    world.wait_for_polls(2)

    assert {to: world.texts(to) for to in world.numbers()} == {to: expected(to) for to in EVERYBODY}
    assert world.flait("daemon", "stop").code == 0
    assert world.flait("daemon", "stop").code == 4


def test_cron_alone_tells_the_same_story_to_the_minute(world: World) -> None:
    subscribe_everybody(world)
    story = Telling(world)
    for moment in CRON:
        world.clock.put(at(moment), ALMOST_STILL)
        story.go_on()
        world.flait("tick").done()

    assert {to: world.texts(to) for to in world.numbers()} == {to: expected(to) for to in EVERYBODY}
    assert {to: _minutes(world, to) for to in EVERYBODY} == READ_AT
    assert world.statuses() == {"accepted": 16}


CRON = [f"{hour}:{minute:02}" for hour in (15, 16, 17) for minute in range(0, 60, 10)][2:14]
READ_AT = {
    ANA: ["15:20", "15:50", "16:20", "16:50"],
    BEN: ["15:20", "15:40", "16:00", "16:30"],
    CLEO: ["15:20", "15:30", "16:00", "16:20", "16:40"],
    DAN: ["15:20", "15:30", "16:00"],
}


def _minutes(world: World, to: str) -> list[str]:
    return [text["at"][11:16] for text in world.sandbox.texts() if text["to"] == to]
