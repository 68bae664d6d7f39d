"""FlightAware hangs: whoever asks for what needs no look is answered meanwhile, and so is whoever asks about another."""

from collections.abc import Sequence

import pytest

from tests.end_to_end.rig import ANA, BEN, CLEO, World, at

TALK = 40.0  # times real time
NO_FLIGHTS = "You follow no flights now. Reply TRACK UA123 tomorrow to start, or HELP."
ASKS = 3  # texts of Ana's, two flights each: they hang for 90 s, which is longer than any answer may take

both_ways = pytest.mark.parametrize("way", ["called back", "fetched"])


def goes(world: World, way: str) -> None:
    if way == "called back":
        world.be_called_back()
    for number in range(8701, 8709):
        world.flight(f"UA{number}", scheduled_out="18:00", scheduled_in="23:00")
    for name, phone in (("Ana", ANA), ("Ben", BEN), ("Cleo", CLEO)):
        world.flait("user", "add", name, phone).done()
    world.flait("subscribe", "UA8708", "Ben").done()
    world.sandbox.set_keywords("none")
    world.env["FLAIT_TWILIO_KEYWORD_OWNER"] = "flait"
    world.clock.put(at("15:10"), TALK)


def hangs(world: World, match: str) -> Sequence[str]:
    """FlightAware does not answer any more; Ana asks it, text after text."""
    world.sandbox.post_fault("aeroapi", "hang", match=match)
    sids = [world.sandbox.reply(ANA, f"TRACK UA{8701 + 2 * n} and UA{8702 + 2 * n}") for n in range(ASKS)]
    world.wait_for(lambda: world.requests("aeroapi", fault="hang"), "a question that hangs")
    return sids


@both_ways
def test_what_needs_no_look_is_answered_while_flightaware_hangs(world: World, way: str) -> None:
    goes(world, way)
    daemon = world.daemon()
    asked = hangs(world, "")

    world.say(ANA, "LIST")
    world.say(ANA, "MUTE")
    for number, body in enumerate(("LIST", "MUTE 2h", "HELP", "UNTRACK UA8708", "STOP"), 2):
        world.say(BEN, body)
        world.wait_for(lambda number=number: len(world.told(BEN)) == number, f"the answer to {body}")  # type: ignore[misc]  # bound now
    world.wait_for(lambda: len(world.told(ANA)) == 2, "two answers to Ana")

    assert not world.is_answered(asked[-1])
    assert world.told(ANA)[0] == NO_FLIGHTS
    assert [body[:12] for body in world.told(BEN)[1:]] == [
        "1 UA8708 Fri", "All flights ", "Flait: STATU", "Stopped UA87", "You get no m",
    ]  # fmt: skip
    world.kill(daemon)


def test_a_pass_for_cron_sends_what_needs_no_look_before_it_looks(world: World) -> None:
    goes(world, "fetched")
    world.sandbox.post_fault("aeroapi", "hang")
    asked = world.sandbox.reply(ANA, "TRACK UA8701 and UA8702")
    world.sandbox.reply(BEN, "LIST")
    tick = world.spawn("tick")

    world.wait_for(lambda: len(world.told(BEN)) == 2, "a confirmation and a list to Ben")

    assert tick.poll() is None
    assert not world.is_answered(asked)
    world.kill(tick)


@both_ways
def test_one_person_s_looks_wait_behind_each_other_and_before_nobody_else_s(world: World, way: str) -> None:
    goes(world, way)
    world.daemon()
    asked = hangs(world, "UA8701")  # and the others are looked up behind it

    world.say(CLEO, "TRACK UA8707 today")
    world.wait_for_text(CLEO, "Flait flight alerts for Cleo: UA8707")

    assert not any(world.is_answered(sid) for sid in asked)
    world.sandbox.clear_faults()
    world.wait_for(lambda: all(world.is_answered(sid) for sid in asked), "every look of Ana's")
    answered = world.rows("SELECT sid FROM inbound WHERE sender = ? ORDER BY answered_at, sid", ANA)
    assert [row["sid"] for row in answered] == list(asked)
    followed = world.rows("SELECT ident FROM subscriptions ORDER BY id")
    assert sorted(row["ident"] for row in followed) == ["UA8701", *(f"UA{number}" for number in range(8702, 8709))]
