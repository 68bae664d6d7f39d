"""`flait daemon …` as a person, a script or a supervisor uses it; and what the daemon leaves for others to read."""

import json
import os
import resource
import signal
import socket
import sys
from datetime import datetime
from pathlib import Path

import psutil
import pytest

from flait.core.pauses import BUDGET_PAUSE
from flait.core.silences import NO_WORD
from flait.running.pulse import word
from tests.end_to_end.rig import AHEAD, ANA, API_KEY, AUTH_TOKEN, BEN, SECRETS, World, at

FAST = 600.0  # times real time


def test_the_daemon_starts_answers_restarts_and_stops(world: World) -> None:
    assert world.flait("daemon", "stop").code == 4
    assert world.flait("daemon", "status").code == 4

    assert world.flait("daemon", "start", "--wait", "30").code == 0
    first = _daemon(world)
    for second in (("daemon", "start"), ("daemon", "run"), ("tick",)):
        refused = world.flait(*second)
        assert (refused.code, refused.err.count("\n")) == (9, 1)
        assert refused.err.startswith("error: ")
    assert world.flait("daemon", "restart", "--wait", "30").code == 0

    assert _daemon(world) != first
    assert "daemon started" in world.flait("daemon", "logs", "-n", "500").done().out
    assert world.flait("daemon", "stop").code == 0
    assert (world.flait("daemon", "stop").code, world.flait("daemon", "status").code) == (4, 4)


def _daemon(world: World) -> int:
    """The pid that both statuses agree on."""
    short = json.loads(world.flait("daemon", "status", "--json").done().out)["daemon"]
    status = json.loads(world.flait("status", "--json").done().out)
    assert status["daemon"]["running"]
    assert status["daemon"]["pid"] == short["pid"]
    assert status["queue"] == {"queued": 0, "sending": 0, "in_doubt": 0, "failed": 0}
    return int(short["pid"])


def test_a_daemon_without_an_account_says_what_it_wants_and_one_cause_once(world: World) -> None:
    for name in ("FLAIT_TWILIO_ACCOUNT_SID", "FLAIT_TWILIO_FROM_NUMBER"):
        del world.env[name]
    world.keep_secret("flightaware-api-key", None)
    unset = "twilio.account_sid is not set; run `flait config set twilio.account_sid …`"
    world.flight("UA8501", scheduled_out="16:30", scheduled_in="19:00")

    ticked, started = world.flait("tick").done(), world.flait("daemon", "start", "--wait", "30").done()
    world.wait_for(lambda: {"deliver-0", "deliver-1", "fetch"} <= _troubled(world), "the daemon to say what it wants")
    status, daemon = world.flait("status").out, world.flait("daemon", "status").done()

    assert ticked.err == f"warning: {unset}\n"
    assert started.err.splitlines()[1:] == [
        f"warning: no text can be sent: {unset}",
        (
            "warning: no flight can be looked up: flightaware-api-key is not stored; "
            "run `flait secrets set flightaware-api-key`"
        ),
    ]
    problems = [line for line in status.splitlines() if line.startswith("problem\t")]
    assert [unset in line for line in problems] == [True]
    assert daemon.err.count(unset) == 1
    assert world.flait("daemon", "stop").code == 0


def _troubled(world: World) -> set[str]:
    said = word(world.home / "run")
    return {trouble.what for trouble in said.troubles} if said else set()


def test_a_daemon_that_cannot_start_says_why_with_its_exit_code(world: World) -> None:
    world.home.mkdir(mode=0o700)
    (world.home / "config.toml").write_text('[alerts]\ndelay_minutes = "soon"\n')

    refused = world.flait("daemon", "start")

    assert refused.code == 5
    assert refused.err.startswith("error: alerts.delay_minutes in ")


def test_a_raised_budget_and_other_settings_are_taken_up_by_the_running_daemon(world: World) -> None:
    world.flait("config", "set", "flightaware.monthly_budget_usd", "0.005").done()  # one look-up
    world.flight("UA8501", scheduled_out="21:00", scheduled_in="23:30")
    world.flait("--yes", "subscribe", "UA8501", ANA).done()
    world.clock.put(at("15:12"), FAST)
    world.daemon()
    world.flight("UA8501", cancelled=True)
    world.wait_for(lambda: "budget of $0.01 for 2013-03 is spent" in world.log, "the money to be spent")
    spent_at = datetime.fromisoformat(next(line for line in world.log.splitlines() if "is spent" in line).split()[0])

    world.flait("config", "set", "flightaware.monthly_budget_usd", "50").done()
    world.flait("config", "set", "webhook.listen", "127.0.0.1:9").done()

    world.wait_for_text(ANA, "UA8501 JFK-LAX Fri 8 Mar 16:00 EST is CANCELLED")
    state = json.loads(world.flait("status", "--json").out)
    assert state["budget"]["limit_usd"] == 50.0
    # On a machine so slow it had its turn by itself: after the pause, or when its last word would be too old.
    waited = world.clock.now() > min(spent_at + BUDGET_PAUSE, at("15:12") + NO_WORD)
    assert waited or "there is a budget again: 1 that waited for it are due" in world.log


def test_a_setting_that_waits_for_a_restart_is_named_and_a_mistake_stops_nothing(world: World) -> None:
    del world.env["FLAIT_FLIGHTAWARE_TIER"]
    world.clock.put(at("15:12"), FAST)
    world.daemon()
    world.flait("config", "set", "flightaware.tier", "premium").done()
    world.wait_for(lambda: _waiting(world) == ["flightaware.tier"], "the change to be seen")
    assert "flightaware.tier: changed, and wait for `flait daemon restart`" in world.flait("status").out

    (world.home / "config.toml").write_text("[alerts]\ndelay_minutes = 0\n")
    world.wait_for(lambda: "settings: alerts.delay_minutes in" in world.log, "the mistake to be said")
    assert "alerts.delay_minutes in" in world.flait("daemon", "status").done().err


def _waiting(world: World) -> list[str]:
    waiting: list[str] = json.loads(world.flait("status", "--json").out)["settings"]["waiting"]
    return waiting


def test_who_follows_the_log_goes_on_when_a_full_one_gets_another_name(world: World) -> None:
    log = world.home / "log" / "flait.log"
    log.parent.mkdir(mode=0o700, parents=True)
    log.write_text("one\n")
    reader = world.spawn("daemon", "logs", "-f")
    assert reader.stdout
    assert reader.stdout.readline() == "one\n"

    log.rename(log.with_name("flait.log.1"))
    log.write_text("two\n")

    assert reader.stdout.readline() == "two\n"
    reader.terminate()


def test_a_restart_that_could_not_start_again_stops_nothing(world: World) -> None:
    assert world.flait("daemon", "start", "--wait", "30").code == 0
    pid = _daemon(world)
    (world.home / "config.toml").write_text('[alerts]\ndelay_minutes = "soon"\n')

    refused = world.flait("daemon", "restart")

    assert refused.code == 5
    assert "alerts.delay_minutes" in refused.err
    (world.home / "config.toml").unlink()
    world.wait_for(lambda: world.flait("status").code == 0, "the daemon to see that the mistake is gone")
    assert _daemon(world) == pid
    assert world.flait("daemon", "restart", "--wait", "30").code == 0
    assert world.flait("daemon", "stop").code == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1"], ids=["taken", "foreign"])
def test_a_start_and_a_restart_warn_of_an_address_where_nobody_can_listen(world: World, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"{host}:{taken.getsockname()[1]}"
        world.env["FLAIT_WEBHOOK_LISTEN"] = address
        for command in ("start", "restart"):
            done = world.flait("daemon", command, "--wait", "30").done()
            assert f"warning: webhook.listen {address} cannot be bound: " in done.err
            assert done.err.count("warning") == 1
    world.env["FLAIT_WEBHOOK_LISTEN"] = "127.0.0.1:0"
    assert "warning" not in world.flait("daemon", "restart", "--wait", "30").done().err
    assert world.flait("daemon", "stop").code == 0


@pytest.mark.parametrize("name", ["log/flait.log", "log/daemon.out", "run/daemon.json", "flait.lock"])
@pytest.mark.parametrize("stands", ["a link", "a folder"])
def test_a_restart_whose_files_cannot_be_opened_stops_nothing(world: World, name: str, stands: str) -> None:
    daemon, file = world.daemon(), world.home / name
    kept = file.with_name("kept")
    if file.exists():
        file.rename(kept)
    file.mkdir() if stands == "a folder" else file.symlink_to(world.home.parent / "elsewhere")

    refused = world.flait("daemon", "restart")

    assert (refused.code, str(file) in refused.err) == (5, True)
    assert daemon.poll() is None or name == "flait.lock"  # whose lock cannot be taken anew is nobody's, and leaves
    assert not (world.home.parent / "elsewhere").exists()


def test_the_daemon_stops_while_both_providers_hang_and_the_next_one_settles_it(world: World) -> None:
    world.flight("UA8501", **AHEAD)
    for who in (ANA, BEN):
        world.flait("subscribe", "UA8501", who).done()
        world.sandbox.post_fault("twilio", "hang", times=1, match=who)
    world.sandbox.post_fault("aeroapi", "hang", times=1)
    world.clock.put(at("15:12"), FAST)
    daemon = world.daemon()
    world.wait_for(lambda: len(world.requests("twilio", fault="hang")) == 2, "texts that hang")
    world.wait_for(lambda: world.requests("aeroapi", fault="hang"), "a poll that hangs")

    daemon.terminate()
    assert world.finished(daemon, within=15).code == 0

    assert world.statuses() == {"sending": 2}
    world.daemon()
    world.wait_for(lambda: not world.statuses().keys() & {"queued", "sending", "in_doubt"}, "both texts settled")
    confirmed = [[body for body in world.texts(who) if body.startswith("Flait")] for who in (ANA, BEN)]
    assert [len(bodies) for bodies in confirmed] == [1, 1]


def test_a_supervisor_ends_it_with_sigterm_or_sigint(world: World) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        daemon = world.daemon()
        daemon.send_signal(number)
        assert world.finished(daemon).code == 0
    assert world.log.count("daemon stopped") == 2


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_a_daemon_without_memory_stops_when_asked_and_waits_for_no_call(world: World) -> None:
    world.flight("UA8501", scheduled_out="16:30", scheduled_in="19:00")
    world.flait("subscribe", "UA8501", ANA).done()
    world.sandbox.post_fault("twilio", "hang", times=1, match=ANA)
    daemon = world.daemon()
    world.wait_for(lambda: world.requests("twilio", fault="hang"), "a text that hangs")
    resource.prlimit(daemon.pid, resource.RLIMIT_AS, (50_000_000, resource.RLIM_INFINITY))  # no stack for a thread

    daemon.terminate()

    assert world.finished(daemon, within=15).code in (0, 1)


def test_files_that_the_daemon_writes_over_are_not_followed_elsewhere(world: World) -> None:
    precious = world.home.parent / "precious"
    precious.write_text("kept")
    for name in ("run/daemon.json", "log/flait.log", "flait.lock"):
        link = world.home / name
        link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(precious)
        refused = world.flait("daemon", "run")
        assert (refused.code, f"{name} is a link" in refused.err) == (5, True)
        link.unlink()
    (world.home / "run" / "webhook.json").symlink_to(precious)
    world.terminate(world.daemon())

    assert precious.read_text() == "kept"


def test_secrets_and_numbers_stay_where_they_belong(world: World) -> None:
    world.flight("UA8501", **AHEAD)
    for who in (ANA, BEN):
        world.flait("-vv", "subscribe", "UA8501", who).done()
    for fault, who in (("21211", ANA), ("garbage", BEN)):
        world.sandbox.post_fault("twilio", fault, times=1, match=who)
    world.sandbox.post_fault("aeroapi", "500", times=1)
    world.sandbox.post_fault("aeroapi", "garbage", times=1)
    world.clock.put(at("15:12"), FAST)
    daemon = world.daemon("-vv")
    started = _process(daemon.pid)
    first = "SELECT status FROM messages WHERE kind = 'tracked'"  # on a slow machine others follow before
    world.wait_for(lambda: {row["status"] for row in world.rows(first)} == {"failed", "accepted"}, "both ends")
    world.wait_for_polls(1)
    world.keep_secret("flightaware-api-key", f"{API_KEY}-old")
    world.flight("UA8502", scheduled_out="16:30")
    refused = world.flait("-vv", "subscribe", "UA8502", ANA)
    world.terminate(daemon)

    assert refused.code == 6
    assert "Traceback" in refused.err
    said = "\n".join([*(ran.out + ran.err for ran in world.ran), *started])
    assert [secret for secret in SECRETS.values() if secret in said] == []
    _assert_nothing_leaked(world)


def _process(pid: int) -> tuple[str, str]:
    """What anybody with the right may read of a process: its command line and environment."""
    process = psutil.Process(pid)
    try:
        return " ".join(process.cmdline()), str(process.environ())
    except psutil.AccessDenied:  # its environment is root's alone to read
        return " ".join(process.cmdline()), ""


def _assert_nothing_leaked(world: World) -> None:
    files = [path for path in world.home.rglob("*") if path.is_file()]
    assert world.database in files
    for path in files:
        content = path.read_bytes()
        assert API_KEY.encode() not in content, path
        assert AUTH_TOKEN.encode() not in content, path
        assert path.stat().st_mode & 0o077 == 0, path
    assert "WARNING" in world.log
    assert ANA[2:] not in world.log
    assert BEN[2:] not in world.log


def test_everything_lies_under_flait_home(world: World) -> None:
    before = _outside(world)
    world.flait("subscriptions").done()
    world.terminate(world.daemon())

    assert _outside(world) == before
    assert {path.name for path in world.home.iterdir()} >= {"flait.db", "log"}
    assert [place for place, _, _ in os.walk(world.home) if Path(place).stat().st_mode & 0o077] == []


def _outside(world: World) -> set[Path]:
    return {path for path in world.home.parent.rglob("*") if world.home not in (path, *path.parents)}
