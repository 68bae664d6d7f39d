"""The listener inside the daemon: it comes and goes with it, waits for what it lacks, and shows in `flait status`."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from flait.running.metronome import Every, wake
from tests.adapters.twilio_posts import signed as signed_post
from tests.adapters.twilio_posts import status_fields, text_fields
from tests.end_to_end.rig import ACCOUNT_SID, ANA, AUTH_TOKEN, World
from tests.http_talk import PATIENCE, exchange, request, status

FAST = 600.0  # a minute, which is how often the listener is looked after, in a tenth of a second


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, rate=FAST) as made:
        yield made


def webhook(world: World) -> dict[str, Any]:
    """What `flait status` says of it."""
    state: dict[str, Any] = json.loads(world.flait("status", "--json").out)["webhook"]
    return state


def post(url: str, path: str, fields: list[tuple[str, str]]) -> int:
    made = signed_post(path, fields, base=url, token=AUTH_TOKEN)
    headers = {"Content-Type": made.content_type, "X-Twilio-Signature": made.signature}
    return status(exchange(int(url.rpartition(":")[2]), request("POST", path, body=made.body, headers=headers)))


def test_whoever_sees_the_daemon_up_finds_the_listener(world: World) -> None:
    daemon = world.daemon()
    address = json.loads((world.home / "run" / "webhook.json").read_text())

    assert webhook(world) == {
        "mode": "no-tunnel", "listening": True, "public_url": "", "url": address["url"], "problem": None,
    }  # fmt: skip
    assert post(address["url"], "/twilio/message", text_fields("STOP", AccountSid=ACCOUNT_SID, From=ANA)) == 200
    assert post(address["url"], "/twilio/status?m=1&a=1", status_fields(AccountSid=ACCOUNT_SID)) == 200
    assert world.rows("SELECT phone FROM opt_outs") == [{"phone": ANA}]

    assert world.terminate(daemon).code == 0
    assert not (world.home / "run" / "webhook.json").exists()
    assert not webhook(world)["listening"]


def test_a_text_wakes_what_answers_it() -> None:
    ran = threading.Semaphore(0)
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(ran.release, Every(3600), id="answer")
    scheduler.start()
    try:
        assert ran.acquire(timeout=PATIENCE)
        wake(scheduler, ["answer"])

        assert ran.acquire(timeout=PATIENCE)
    finally:
        scheduler.shutdown()


def test_a_listener_without_its_token_waits_for_it_and_says_so(world: World) -> None:
    world.keep_secret("twilio-auth-token", None)
    world.daemon()
    state = webhook(world)

    assert not state["listening"]
    assert "twilio-auth-token" in state["problem"]
    assert "does not listen: " in world.flait("status").out
    assert world.log.count("ERROR flait.daemon: listen:") == 1

    world.keep_secret("twilio-auth-token", AUTH_TOKEN)
    world.wait_for((world.home / "run" / "webhook.json").exists, "the listener")
    assert webhook(world)["listening"]


def test_a_daemon_whose_port_is_taken_works_on_and_status_fails_where_twilio_calls(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        world.env["FLAIT_WEBHOOK_LISTEN"] = f"127.0.0.1:{taken.getsockname()[1]}"
        world.env["FLAIT_WEBHOOK_PUBLIC_URL"] = "https://flait.example"
        world.daemon()
        ran = world.flait("status", "--json")

    assert ran.code == 1
    assert "cannot be bound" in json.loads(ran.out)["webhook"]["problem"]
    world.wait_for((world.home / "run" / "webhook.json").exists, "the listener, with the port free again")


def test_a_listener_that_is_switched_off_does_not_listen(world: World) -> None:
    world.env["FLAIT_WEBHOOK_ENABLED"] = "false"
    world.daemon()

    assert webhook(world) == {"mode": "no-tunnel", "listening": False, "public_url": "", "url": None, "problem": None}
    assert "listen" not in world.log


def test_an_address_left_by_a_killed_daemon_is_not_believed(world: World) -> None:
    daemon = world.daemon()
    world.kill(daemon)

    assert (world.home / "run" / "webhook.json").exists()
    assert not webhook(world)["listening"]


def test_no_secret_and_no_number_reaches_the_log(world: World) -> None:
    daemon = world.daemon()
    url = webhook(world)["url"]
    post(url, "/twilio/message", text_fields("STOP everything", AccountSid=ACCOUNT_SID, From=ANA))
    post(url, "/twilio/message", text_fields("STOP", AccountSid="AC" + "1" * 32))
    world.terminate(daemon)

    assert "requests refused: 1 of another account" in world.log
    assert not [word for word in (ANA[1:], AUTH_TOKEN, "everything") if word in world.log]
