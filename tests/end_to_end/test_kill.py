"""kill -9 at any moment: after the next start every text has gone out exactly once, by Twilio's own ledger."""

from random import Random

import pytest

from tests.end_to_end.rig import AHEAD, ANA, BEN, CLEO, DAN, World, at, struck

FAST = 600.0  # times real time
PEOPLE = (ANA, BEN)
IDENTS = ("UA8201", "UA8202", "UA8203")
KILLS = 4
CONFIRMS = ("Tracking", "flight alerts:", "We tell you if it is on again")
ALL = 2 * len(PEOPLE) * len(IDENTS)  # a confirmation and a cancellation each


@pytest.mark.parametrize("seed", [1, 2])
def test_a_daemon_killed_again_and_again_sends_every_text_exactly_once(world: World, seed: int) -> None:
    for ident in IDENTS:
        world.flight(ident, scheduled_out="16:30", scheduled_in="19:00")
    for ran in world.all_at_once([("subscribe", ident, to) for ident in IDENTS for to in PEOPLE]):
        ran.done()
    for ident in IDENTS:
        world.flight(ident, cancelled=True)
    world.clock.put(at("15:10"), FAST)

    with struck(world, _moments(Random(seed))):
        for _ in range(KILLS):
            assert world.finished(world.spawn("daemon", "run", "--quiet")).code == -9
    world.daemon()
    world.wait_for(lambda: _all_know(world), "all to know")

    for to in PEOPLE:
        assert len(world.texts(to)) == len(set(world.texts(to)))
        # A daemon that takes long to start, 45 minutes by its clock, says that there is no word, and then reminds.
        news = [body for body in world.texts(to) if "No word" not in body]
        for ident in IDENTS:  # a confirmation that did not leave before the cancellation says it itself
            told = [body for body in news if ident in body]
            assert sum("is CANCELLED" in body for body in told) <= 1, told
            assert sum(any(words in body for words in CONFIRMS) for body in told) <= 1, told


def _all_know(world: World) -> bool:
    """Whether nothing is under way, and everybody's last word about every flight is that it is cancelled."""
    last = {(to, ident): body for to in PEOPLE for ident in IDENTS for body in world.texts(to) if ident in body}
    is_still = not {"queued", "sending", "in_doubt"} & world.statuses().keys()
    return is_still and len(last) == len(PEOPLE) * len(IDENTS) and all("CANCELLED" in body for body in last.values())


def _moments(random: Random) -> list[tuple[int, str]]:
    """At which request, counted over all daemons, and whether before or after it is acted on."""
    return [(request, random.choice(["before", "after"])) for request in random.sample(range(1, ALL + 1), KILLS)]


def test_a_daemon_killed_while_twilio_hangs_finds_out_what_twilio_has(world: World) -> None:
    world.flight("UA8201", **AHEAD)
    _subscribe(world, "UA8201", ANA, BEN)
    world.sandbox.post_fault("twilio", "hang", times=1, match=ANA)  # it never gets the text
    world.sandbox.post_fault("twilio", "drip", times=1, match=BEN)  # it has the text, and never says so
    world.clock.put(at("15:10"), FAST)

    daemon = world.daemon()
    world.wait_for(lambda: len(world.requests("twilio", "POST")) == 2, "both texts under way")
    world.kill(daemon)
    assert world.statuses() == {"sending": 2}
    world.daemon()
    world.wait_for(lambda: world.statuses() == {"accepted": 2}, "both texts settled")

    assert (len(world.texts(ANA)), len(world.texts(BEN))) == (1, 1)
    posted = [request["form"]["To"] for request in world.requests("twilio", "POST")]
    assert sorted(posted) == [ANA, ANA, BEN]


def test_what_twilio_answers_badly_is_settled_from_its_record_and_never_sent_twice(world: World) -> None:
    world.flight("UA8201", **AHEAD)
    has_it = dict(zip(("reset_after", "cut", "garbage"), (ANA, BEN, CLEO), strict=True))
    has_it_not = dict(zip(("reset_before", "500"), (DAN, "+15555550104"), strict=True))
    _subscribe(world, "UA8201", *has_it.values(), *has_it_not.values())
    for fault, to in (has_it | has_it_not).items():
        world.sandbox.post_fault("twilio", fault, times=1, match=to)
    world.clock.put(at("15:10"), FAST)

    world.daemon()
    world.wait_for(lambda: world.statuses() == {"accepted": 5}, "all texts settled")

    assert [len(world.texts(to)) for to in (*has_it.values(), *has_it_not.values())] == [1] * 5
    posted = [request["form"]["To"] for request in world.requests("twilio", "POST")]
    assert sorted(posted) == sorted([*has_it.values(), *has_it_not.values(), *has_it_not.values()])


def test_a_daemon_killed_while_aeroapi_hangs_polls_that_flight_again(world: World) -> None:
    world.flight("UA8201", **AHEAD)
    _subscribe(world, "UA8201", ANA)
    world.flight("UA8201", cancelled=True)
    world.sandbox.post_fault("aeroapi", "hang", times=1)
    world.clock.put(at("15:10"), FAST)

    daemon = world.daemon()
    world.wait_for(lambda: world.requests("aeroapi", fault="hang"), "a poll that hangs")
    world.wait_for(lambda: len(world.texts()) == 1, "the confirmation, all the same")
    world.kill(daemon)
    world.daemon()
    world.wait_for_text(ANA, "UA8201 JFK-LAX Fri 8 Mar 15:30 EST is CANCELLED")

    assert len(world.texts()) == 2


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_subscribe_killed_while_it_asks_leaves_nothing_and_works_again(world: World, moment: str) -> None:
    world.flight("UA8201", scheduled_out="16:30", scheduled_in="19:00")
    with struck(world, [(1, moment)]):
        assert world.flait("subscribe", "UA8201", ANA).code == -9

    left = world.contents(but=("usage", "pace"))
    assert not any(left[table] for table in ("users", "subscriptions", "flights", "messages"))
    assert world.flait("subscribe", "UA8201", ANA).code == 0
    assert len(world.rows("SELECT 1 FROM subscriptions")) == 1


def _subscribe(world: World, ident: str, *people: str) -> None:
    for ran in world.all_at_once([("subscribe", ident, to) for to in people]):
        ran.done()
