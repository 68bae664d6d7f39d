"""Each fault is a real thing on a real socket."""

import socket
import struct
from collections.abc import Iterator

import httpx
import pytest

from flait.errors import UserError
from flait.sandbox.run import Sandbox
from tests.sandbox.conftest import ACCOUNT

TEXT = {"To": "+15555550100", "From": "+15555550111", "Body": "hello"}
PATH = "/aeroapi/flights/UA15"


@pytest.fixture
def raw(sandbox: Sandbox) -> Iterator[socket.socket]:
    """A bare connection on which AeroAPI has been asked for UA15."""
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2])), timeout=10) as connection:
        yield connection


def ask(connection: socket.socket) -> None:
    connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: sandbox\r\nx-apikey: any\r\n\r\n".encode())


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_an_error_comes_as_often_as_asked(sandbox: Sandbox, aeroapi: httpx.Client, status: int) -> None:
    sandbox.post_fault("aeroapi", str(status), times=2)
    assert [aeroapi.get("/flights/UA15").status_code for _ in range(3)] == [status, status, 200]


def test_a_pause_is_named_when_wanted(sandbox: Sandbox, twilio: httpx.Client) -> None:
    sandbox.post_fault("twilio", "429", times=1, retry_after=7)
    answer = twilio.post("/Messages.json", data=TEXT)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, 20429, "7")


@pytest.mark.parametrize("code", [21610, 21211])
def test_twilio_refuses_a_recipient(sandbox: Sandbox, twilio: httpx.Client, code: int) -> None:
    sandbox.post_fault("twilio", str(code), match="+15555550100")
    refused, accepted = (
        twilio.post("/Messages.json", data=TEXT | {"To": to}) for to in ("+15555550100", "+15555550122")
    )
    assert (refused.status_code, refused.json()["code"], accepted.status_code) == (400, code, 201)
    assert len(sandbox.texts()) == 1


def test_a_fault_meets_only_what_it_matches(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    sandbox.post_fault("aeroapi", "500", match="/flights/UA15")
    assert aeroapi.get("/flights/UA1545").status_code == 500  # a substring, as said
    assert aeroapi.get("/flights/DL1047").status_code == 200


def test_a_fault_lasts_until_cleared(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    sandbox.post_fault("aeroapi", "503")
    first = [aeroapi.get("/flights/UA15") for _ in range(3)]
    sandbox.clear_faults()
    assert [answer.status_code for answer in first] == [503] * 3
    assert not first[0].headers["content-type"].startswith("application/json")
    assert aeroapi.get("/flights/UA15").status_code == 200


def test_hang_says_nothing_and_does_nothing(sandbox: Sandbox, twilio: httpx.Client) -> None:
    sandbox.post_fault("twilio", "hang", times=1)
    with pytest.raises(httpx.ReadTimeout):
        twilio.post("/Messages.json", data=TEXT, timeout=0.2)
    assert sandbox.texts() == []
    assert (sandbox.ledger()[-1]["status"], sandbox.ledger()[-1]["fault"]) == (None, "hang")


def test_drip_comes_one_byte_at_a_time_and_does_not_end(sandbox: Sandbox, raw: socket.socket) -> None:
    sandbox.post_fault("aeroapi", "drip", times=1)
    ask(raw)
    assert [len(raw.recv(4096)) for _ in range(5)] == [1] * 5


@pytest.mark.parametrize(("fault", "accepted"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_is_a_rst_before_or_after_acting(
    sandbox: Sandbox, twilio: httpx.Client, fault: str, accepted: int
) -> None:
    sandbox.post_fault("twilio", fault, times=1)
    with pytest.raises(httpx.ReadError):
        twilio.post("/Messages.json", data=TEXT)
    assert len(sandbox.texts()) == accepted
    assert twilio.post("/Messages.json", data=TEXT).status_code == 201


def test_the_system_calls_it_a_reset(sandbox: Sandbox, raw: socket.socket) -> None:
    sandbox.post_fault("aeroapi", "reset_before", times=1)
    ask(raw)
    with pytest.raises(ConnectionResetError):
        raw.recv(1)


def test_cut_promises_more_than_it_sends(sandbox: Sandbox, twilio: httpx.Client) -> None:
    sandbox.post_fault("twilio", "cut", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="complete"):
        twilio.post("/Messages.json", data=TEXT)
    assert len(sandbox.texts()) == 1


def test_garbage_is_a_201_without_json(sandbox: Sandbox, twilio: httpx.Client) -> None:
    sandbox.post_fault("twilio", "garbage", times=1)
    answer = twilio.post("/Messages.json", data=TEXT)
    assert answer.status_code == 201
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert len(sandbox.texts()) == 1


def test_huge_promises_50_megabytes_and_sends_them(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    sandbox.post_fault("aeroapi", "huge", times=1)
    with aeroapi.stream("GET", "/flights/UA15") as answer:
        assert answer.headers["content-length"] == "50000000"
        assert sum(len(block) for block in answer.iter_raw()) == 50_000_000


def test_redirect_leads_to_another_name_where_nobody_lives(sandbox: Sandbox, aeroapi: httpx.Client) -> None:
    sandbox.post_fault("aeroapi", "redirect", times=1)
    answer = aeroapi.get("/flights/UA15")
    assert answer.status_code == 302
    assert answer.headers["location"] == sandbox.url.replace("127.0.0.1", "localhost") + "/elsewhere"


@pytest.mark.parametrize(
    ("path", "content"),
    [("/flights/UA15", {"flights": []}), ("/schedules/2013-03-09/2013-03-10", {"scheduled": []})],
)
def test_empty_finds_nothing(sandbox: Sandbox, aeroapi: httpx.Client, path: str, content: dict[str, object]) -> None:
    sandbox.post_fault("aeroapi", "empty", times=1)
    answer = aeroapi.get(path)
    assert (answer.status_code, answer.json()) == (200, {**content, "links": None, "num_pages": 1})


def test_empty_hides_an_accepted_text_from_the_list(sandbox: Sandbox, twilio: httpx.Client) -> None:
    twilio.post("/Messages.json", data=TEXT)
    sandbox.post_fault("twilio", "empty", times=1, match="PageSize")
    hidden, shown = (twilio.get("/Messages.json", params={"PageSize": 20}).json()["messages"] for _ in range(2))
    assert (len(hidden), len(shown)) == (0, 1)


@pytest.mark.parametrize(
    ("party", "fault", "times"),
    [("nobody", "500", 1), ("twilio", "rain", 1), ("aeroapi", "21610", 1), ("twilio", "hang", 0)],
)
def test_a_fault_that_does_not_exist_is_refused(sandbox: Sandbox, party: str, fault: str, times: int) -> None:
    with pytest.raises(UserError):
        sandbox.post_fault(party, fault, times=times)


def test_a_sandbox_with_hanging_connections_still_closes(sandbox: Sandbox, raw: socket.socket) -> None:
    sandbox.post_fault("aeroapi", "hang")
    ask(raw)
    raw.settimeout(0.1)
    with pytest.raises(TimeoutError):
        raw.recv(1)
    sandbox.close()
    raw.settimeout(10)
    assert raw.recv(1) == b""


def test_a_client_that_leaves_rudely_is_no_trouble(sandbox: Sandbox, raw: socket.socket, aeroapi: httpx.Client) -> None:
    ask(raw)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.close()
    assert aeroapi.get("/flights/UA15").status_code == 200
    assert ACCOUNT not in str(sandbox.ledger())
