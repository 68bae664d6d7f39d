"""The providers go away and come back: what people asked for is kept, and what they are told arrives once, in order."""

import json
import socket
import sys
from pathlib import Path

import pytest

from flait.sandbox.run import Sandbox
from tests.end_to_end.rig import AHEAD, ANA, AUTH_TOKEN, BEN, World, at

FAST = 600.0  # times real time
OPEN = "SELECT 1 FROM messages WHERE status IN ('queued', 'sending', 'in_doubt')"


def test_a_wish_made_while_aeroapi_is_down_is_kept_and_carried_on_by_the_daemon(world: World) -> None:
    world.flight("UA8301", **AHEAD)
    world.sandbox.post_fault("aeroapi", "reset_before")

    saved = world.flait("subscribe", "UA8301", ANA)

    assert (saved.code, saved.out) == (3, "")
    assert saved.err.startswith("Saved, not finished: UA8301")
    assert _states(world) == [("UA8301", "pending")]
    world.sandbox.clear_faults()
    world.clock.put(at("15:12"), FAST)
    world.daemon()
    world.wait_for_text(ANA, "Flait flight alerts: UA8301 JFK-LAX Fri 8 Mar")
    assert _states(world) == [("UA8301", "active")]
    assert len(world.texts()) == 1


def test_while_twilio_cannot_be_reached_texts_wait_and_then_go_out_once_in_order(tmp_path: Path) -> None:
    with socket.socket() as closed:  # bound, and nobody listens: every call is refused
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with World(tmp_path, FLAIT_TWILIO_BASE_URL=f"http://127.0.0.1:{port}") as world:
            for ident in ("UA8301", "UA8302"):
                world.flight(ident, **AHEAD)
                for who in (ANA, BEN):
                    world.flait("subscribe", ident, who).done()
            world.flight("UA8302", cancelled=True)
            world.clock.put(at("15:10"), FAST)
            world.daemon()
            world.wait_for(lambda: world.rows("SELECT 1 FROM flights WHERE phase = 'cancelled'"), "the cancellation")
            world.wait_for(lambda: world.rows("SELECT 1 FROM messages WHERE attempts > 2"), "a third try")

            closed.close()
            with Sandbox(clock=world.clock, port=port, auth_token=AUTH_TOKEN) as twilio:
                world.wait_for(lambda: len(twilio.texts()) >= 4 and not world.rows(OPEN), "all that is news at Twilio")
                told = [(text["to"], text["body"]) for text in twilio.texts()]

    for who in (ANA, BEN):
        assert sum(to == who and "UA8301" in body for to, body in told) == 1
        cancelled = [body for to, body in told if to == who and "UA8302" in body]
        assert "CANCELLED" in cancelled[-1]
        assert len(cancelled) == len(set(cancelled))


def test_twilio_out_of_order_with_503_ends_in_one_text_each(world: World) -> None:
    world.flight("UA8301", **AHEAD)
    for who in (ANA, BEN):
        world.flait("subscribe", "UA8301", who).done()
    world.sandbox.post_fault("twilio", "503")
    world.clock.put(at("15:10"), FAST)
    world.daemon()
    world.wait_for(lambda: world.statuses() == {"in_doubt": 2}, "doubt about both texts")
    world.wait_for(lambda: len(world.requests("twilio", "GET")) > 2, "questions for Twilio's record")
    assert world.flait("status").code == 1

    world.sandbox.clear_faults()
    world.wait_for(lambda: world.statuses() == {"accepted": 2}, "both texts settled")

    assert (len(world.texts(ANA)), len(world.texts(BEN))) == (1, 1)


def test_either_provider_may_ask_for_a_pause(world: World) -> None:
    world.flight("UA8301", **AHEAD)
    world.sandbox.post_fault("aeroapi", "429", times=2)
    world.sandbox.post_fault("twilio", "429", times=2, match=ANA, retry_after=90)

    assert world.flait("subscribe", "UA8301", ANA).code == 3
    world.clock.put(at("15:12"), FAST)
    world.daemon()
    world.wait_for(lambda: world.statuses() == {"accepted": 1}, "the confirmation")

    assert _states(world) == [("UA8301", "active")]
    assert len(world.requests("twilio", "POST", "429")) == 2
    assert len(world.texts()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device there")
def test_what_was_done_is_no_failure_because_nobody_can_be_told(world: World) -> None:
    to_a_full_disk = ["sh", "-c", 'exec "$0" "$@" 2>/dev/full', sys.executable, "-m", "flait"]

    ran = world.finished(world._started([*to_a_full_disk, "user", "add", "Ana", ANA], {}))

    assert ran.code == 0
    assert [row["name"] for row in world.rows("SELECT name FROM users")] == ["Ana"]
    assert world.finished(world._started([*to_a_full_disk, "user", "remove", "Ben", "--yes"], {})).code == 7


def _states(world: World) -> list[tuple[str, str]]:
    listed = json.loads(world.flait("subscriptions", "--json").done().out)
    return [(row["ident"], row["state"]) for row in listed["subscriptions"]]
