"""Many processes on one database at once: nobody is told that it is busy, and nothing is stored twice."""

import json
from concurrent.futures import ThreadPoolExecutor

from tests.end_to_end.rig import ANA, Ran, World, at

FAST = 600.0  # times real time
TOMORROW = "2013-03-09T18:00:00Z"
MANY = 8


def test_eight_subscribes_of_the_same_pair_make_one_subscription_and_one_confirmation(world: World) -> None:
    world.flight("UA8401", scheduled_out="16:30", scheduled_in="19:00")

    ran = world.all_at_once([("subscribe", "UA8401", ANA)] * MANY)

    assert [(each.code, each.out) for each in ran] == [(0, "")] * MANY
    assert sorted("already follows" in each.err for each in ran) == [False] + [True] * (MANY - 1)
    world.flait("tick").done()
    assert len(json.loads(world.flait("subscriptions", "--json").done().out)["subscriptions"]) == 1
    assert len(world.texts()) == 1


def test_commands_that_write_beside_a_busy_daemon_all_succeed(world: World) -> None:
    for number in range(6):
        world.flight(f"UA841{number}", scheduled_out="18:30", scheduled_in="23:00")
    for hand in range(3):
        world.flight(f"UA842{hand}", scheduled_out=TOMORROW)
    for ran in world.all_at_once([("subscribe", f"UA841{number}", ANA) for number in range(6)]):
        ran.done()
    world.clock.put(at("15:10"), FAST)
    daemon = world.daemon()

    with ThreadPoolExecutor(3) as hands:
        ran_beside = [each for part in hands.map(lambda hand: _write(world, hand), range(3)) for each in part]

    assert [each.err for each in ran_beside if each.code] == []
    assert daemon.poll() is None
    assert world.terminate(daemon).code == 0
    assert "busy" not in world.log
    assert "Traceback" not in world.log


def _write(world: World, hand: int) -> list[Ran]:
    """One person's commands, one after the other."""
    phone = f"+1555555011{hand}"
    commands = [
        ("user", "add", f"Hand {hand}", phone),
        ("subscribe", f"UA842{hand}", phone),
        ("user", "set", phone, "role", "watcher"),
        ("unsubscribe", f"UA842{hand}", phone),
    ]
    return [world.flait(*words) for words in commands]
