"""The sandbox as a program, and as a thing in a program."""

import json
import signal
import socket
import subprocess
import sys
from datetime import date

import httpx
import pytest

from flait.errors import ConfigError
from flait.sandbox.run import Sandbox
from tests.sandbox.conftest import StandingClock

PROGRAM = "from flait.sandbox.run import Sandbox, serve_forever; serve_forever(Sandbox())"


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_the_program_says_where_it_is_and_stops_when_told(name: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        addresses = json.loads(process.stdout.readline())
        answer = httpx.get(f"{addresses['url']}/_sandbox/texts", verify=False, trust_env=False)
        process.send_signal(name)
        rest, for_people = process.communicate(timeout=10)
    assert (process.returncode, rest, answer.json()) == (0, "", [])
    assert addresses["flightaware_base_url"] == f"{addresses['url']}/aeroapi"
    assert f"AeroAPI and Twilio are pretended at {addresses['url']}" in for_people


def test_two_sandboxes_do_not_meet(clock: StandingClock) -> None:
    with Sandbox(clock=clock) as one, Sandbox(clock=clock) as other:
        one.put_flights([{"ident": "XX1", "scheduled_out": "2013-03-08T20:00:00Z"}])
        answers = [
            httpx.get(
                f"{each.flightaware_base_url}/flights/XX1", headers={"x-apikey": "k"}, verify=False, trust_env=False
            )
            for each in (one, other)
        ]
    assert [len(answer.json()["flights"]) for answer in answers] == [1, 0]


def test_a_taken_port_is_a_setting_to_mend(clock: StandingClock) -> None:
    with Sandbox(clock=clock) as sandbox, pytest.raises(ConfigError, match="choose another port"):
        Sandbox(clock=clock, port=int(sandbox.url.rpartition(":")[2]))


def test_the_storm_day_can_be_chosen(clock: StandingClock) -> None:
    with Sandbox(clock=clock, storm_day=date(2013, 3, 5)) as sandbox:
        assert sandbox.storm_day == date(2013, 3, 5)


def test_a_closed_sandbox_answers_no_more(clock: StandingClock) -> None:
    with Sandbox(clock=clock) as sandbox:
        pass
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url, verify=False, trust_env=False)


def test_a_body_of_unknown_length_is_refused(sandbox: Sandbox) -> None:
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(b"POST /_sandbox/flights HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert b" 413 " in connection.recv(4096)
