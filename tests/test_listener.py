"""The listener over real sockets: what it takes, what it refuses, and that slow clients keep nobody out."""

import asyncio
import logging
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flait.core.values import replace
from flait.web.listener import MOST_BODY, MOST_HEAD, MOST_UNREAD, Limits, Listener, Request, Response
from tests.http_talk import Crowd, body, connected, exchange, request, rest, status, wait_for

SOON = timedelta(milliseconds=200)
NEVER = timedelta(minutes=5)
PATIENT = Limits(head=NEVER, body=NEVER, answer=NEVER, unread=NEVER, new=timedelta(milliseconds=20))
HASTY = Limits(head=SOON, body=SOON, answer=SOON)

Start = Callable[..., Listener]


class Answers:
    """A handler that remembers, and that a test can hold up at `/held`."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.released = threading.Event()

    async def __call__(self, asked: Request) -> Response:
        self.seen.append(asked)
        if asked.path == "/broken":
            raise RuntimeError("a mistake")
        if asked.path == "/held":
            await asyncio.to_thread(self.released.wait)
        return Response(status=200, body=asked.body[::-1] or b"here")


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def start(answers: Answers) -> Iterator[Start]:
    with ExitStack() as stack:

        def started(limits: Limits = PATIENT, handler: Answers = answers) -> Listener:
            listener = Listener(handler, "127.0.0.1", 0, limits)
            listener.start()
            stack.callback(listener.stop)
            stack.callback(answers.released.set)
            return listener

        yield started


def test_a_whole_request_is_answered_and_the_connection_closed(start: Start, answers: Answers) -> None:
    answer = exchange(start().port, request("POST", "/a%20b?m=%2B1&m=", body=b"abc", headers={"X-Thing": "1"}))

    assert status(answer) == 200
    assert body(answer) == b"cba"
    assert b"\r\nConnection: close\r\n" in answer
    asked = answers.seen[0]
    assert (asked.method, asked.target, asked.path, asked.body) == ("POST", "/a%20b?m=%2B1&m=", "/a%20b", b"abc")
    assert asked.headers["x-thing"] == "1"


def test_a_request_in_pieces_is_as_good_as_one_in_one(start: Start, answers: Answers) -> None:
    with connected(start().port) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request("POST", body=b"abc"):
            connection.sendall(bytes([byte]))

        assert body(rest(connection)) == b"cba"


def test_of_two_requests_on_one_connection_only_the_first_is_seen(start: Start, answers: Answers) -> None:
    answer = exchange(start().port, request("POST", "/first", body=b"abc") + request("GET", "/second"))

    assert answer.count(b"HTTP/1.1 ") == 1
    assert [asked.path for asked in answers.seen] == ["/first"]


def test_of_a_header_given_twice_both_values_are_passed_on(start: Start, answers: Answers) -> None:
    exchange(start().port, b"GET / HTTP/1.1\r\nHost: a\r\nVia: 1\r\nVIA: 2\r\n\r\n")

    assert answers.seen[0].headers["via"] == "1, 2"


def test_a_head_alone_gets_no_body(start: Start) -> None:
    answer = exchange(start().port, request("HEAD"))

    assert status(answer) == 200
    assert b"Content-Length: 4\r\n" in answer
    assert body(answer) == b""


def test_who_asks_before_sending_is_told_to_go_on(start: Start) -> None:
    head, content = request("POST", body=b"abc", headers={"Expect": "100-continue"}).split(b"abc")[0], b"abc"
    with connected(start().port) as connection:
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(content)

        assert body(rest(connection)) == b"cba"


@pytest.mark.parametrize("size", [0, 1, MOST_BODY])
def test_a_body_may_be_as_long_as_allowed(start: Start, answers: Answers, size: int) -> None:
    assert status(exchange(start().port, request("POST", body=b"x" * size))) == 200
    assert len(answers.seen[0].body) == size


@pytest.mark.parametrize("size", [MOST_BODY + 1, MOST_UNREAD - MOST_BODY])
def test_who_sends_too_much_gets_to_see_why_it_is_refused(start: Start, answers: Answers, size: int) -> None:
    with connected(start().port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # nothing to hide a reset in
        connection.sendall(request("POST", body=b"x" * size))
        connection.shutdown(socket.SHUT_WR)

        assert status(rest(connection)) == 413
    assert not answers.seen


def test_who_sends_without_end_is_cut_off(start: Start) -> None:
    def send_on() -> None:
        while True:
            connection.sendall(request("POST", body=b"x" * (2 * MOST_BODY)))

    with connected(start().port) as connection, pytest.raises(ConnectionError):
        send_on()


def head(*lines: str, first: str = "POST / HTTP/1.1", host: str = "Host: a", end: str = "\r\n") -> bytes:
    return end.join([first, *([host] if host else []), *lines, "", ""]).encode("latin-1") + b"abcde"


REFUSED = {
    "no length": (head(), 411),
    "chunked": (head("Transfer-Encoding: chunked"), 411),
    "chunked, with a tab": (head("Transfer-Encoding:\tchunked"), 411),
    "chunked, hidden from some": (head("Transfer-Encoding : chunked"), 411),
    "chunked, in other letters": (head("TRANSFER-ENCODING: Chunked"), 411),
    "another coding": (head("Transfer-Encoding: gzip"), 411),
    "two codings": (head("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), 411),
    "length and chunked": (head("Content-Length: 5", "Transfer-Encoding: chunked"), 400),
    "chunked and length": (head("Transfer-Encoding: xchunked", "Content-Length: 5"), 400),
    "the length twice": (head("Content-Length: 5", "Content-Length: 5"), 400),
    "two lengths": (head("Content-Length: 5", "Content-Length: 50"), 400),
    "two lengths in a list": (head("Content-Length: 5, 5"), 400),
    "a length below nothing": (head("Content-Length: -5"), 400),
    "a length with a plus": (head("Content-Length: +5"), 400),
    "a length in hexadecimal": (head("Content-Length: 0x5"), 400),
    "a length in other digits": (head("Content-Length: \xb2"), 400),
    "an empty length": (head("Content-Length:"), 400),
    "a length hidden from some": (head("Content-Length : 5"), 400),
    "a length without end": (head("Content-Length: " + "9" * 40), 400),
    "a long body": (head(f"Content-Length: {MOST_BODY + 1}"), 413),
    "a very long body": (head("Content-Length: 99999999999999999999"), 413),
    "line feeds alone": (head("Content-Length: 5", end="\n"), 400),
    "one line feed alone": (head("Content-Length: 5\nX: 1"), 400),
    "a carriage return alone": (head("Content-Length: 5", "X: 1\rTransfer-Encoding: chunked"), 400),
    "a folded line": (head("Content-Length: 5", "X: 1", " 2"), 400),
    "a folded length": (head("Content-Length:", "\t5"), 400),
    "a line of blanks": (head("Content-Length: 5", " "), 400),
    "no colon": (head("Content-Length: 5", "X"), 400),
    "a name with a blank": (head("Content-Length: 5", "X Y: 1"), 400),
    "an empty name": (head("Content-Length: 5", ": 1"), 400),
    "a zero byte": (head("Content-Length: 5", "X: \0"), 400),
    "no host": (head("Content-Length: 5", host=""), 400),
    "two hosts": (head("Content-Length: 5", "Host: b"), 400),
    "a whole URL": (head("Content-Length: 5", first="POST http://a/ HTTP/1.1"), 400),
    "a host as target": (head(first="CONNECT a:80 HTTP/1.1"), 400),
    "a star as target": (head(first="OPTIONS * HTTP/1.1"), 400),
    "no slash": (head(first="GET twilio/message HTTP/1.1"), 400),
    "a fragment": (head(first="GET /#x HTTP/1.1"), 400),
    "no target": (head(first="GET HTTP/1.1"), 400),
    "two blanks": (head(first="GET  / HTTP/1.1"), 400),
    "a blank in the target": (head(first="GET /a b HTTP/1.1"), 400),
    "a target that is not ASCII": (head(first="GET /\xe9 HTTP/1.1"), 400),
    "a control character in the target": (head(first="GET /\x01 HTTP/1.1"), 400),
    "no version": (head(first="GET /"), 400),
    "a strange version": (head(first="GET / HTTP/1.10"), 400),
    "another protocol": (head(first="GET / ICY/1.1"), 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "an empty line first": (b"\r\n" + request(), 400),
    "nonsense": (b"\x00\xff\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n", 400),
    "a long target": (head(first="GET /" + "a" * MOST_HEAD + " HTTP/1.1"), 414),
    "a target without end": (b"GET /" + b"a" * (4 * MOST_HEAD), 414),
    "a long header": (head("X: " + "a" * MOST_HEAD), 431),
    "many headers": (head(*(f"X{number}: 1" for number in range(MOST_HEAD // 6))), 431),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "refusal"), REFUSED.values(), ids=REFUSED.keys())
def test_what_two_parsers_could_read_differently_is_refused(
    start: Start, answers: Answers, sent: bytes, refusal: int
) -> None:
    answer = exchange(start().port, sent)

    assert (status(answer), answers.seen) == (refusal, [])
    assert answer.count(b"HTTP/1.1 ") == 1


def test_who_leaves_in_the_middle_is_not_answered(start: Start, answers: Answers) -> None:
    port = start().port
    for sent in (b"", b"POST", request("POST", body=b"abc")[:-1]):
        assert exchange(port, sent, finished=True) == b""

    assert not answers.seen


@pytest.mark.parametrize("sent", [b"", b"GET / HT", request("POST", body=b"abc")[:-1]], ids=["silent", "head", "body"])
def test_who_does_not_go_on_is_told_that_time_is_up(start: Start, sent: bytes) -> None:
    assert status(exchange(start(HASTY).port, sent)) == 408


def test_a_byte_now_and_then_does_not_stretch_the_time(start: Start) -> None:
    port = start(HASTY).port
    with connected(port) as connection:
        connection.settimeout(0.01)
        for byte in head("X: " + "a" * MOST_HEAD)[:MOST_HEAD]:
            try:
                connection.sendall(bytes([byte]))
                assert status(connection.recv(100)) == 408
            except TimeoutError:
                continue
            break
        else:
            pytest.fail("it was read to its end")


def test_slow_clients_of_one_address_keep_nobody_out(start: Start) -> None:
    port = start().port
    with Crowd(port, 300) as crowd:
        assert [status(exchange(port, request())) for _ in range(50)] == [200] * 50
        wait_for(lambda: crowd.held <= 16, "all but sixteen to be dropped")

        assert [status(exchange(port, request("POST", body=b"x"))) for _ in range(50)] == [200] * 50
        assert crowd.held > 0


def test_it_makes_no_difference_where_they_are_slow(start: Start) -> None:
    port = start().port
    with Crowd(port, 100, beginning=request("POST", body=b"abc")[:-1]) as crowd:
        wait_for(lambda: crowd.held <= 16, "all but sixteen to be dropped")
        assert status(exchange(port, request())) == 200


def test_one_address_drops_only_its_own(start: Start) -> None:
    port = start().port
    with Crowd(port, 3, source="127.0.0.2") as few, Crowd(port, 100, source="127.0.0.3") as many:
        wait_for(lambda: many.held <= 16, "the many to be dropped")

        assert few.held == 3


def test_many_addresses_together_hold_no_more_than_allowed(start: Start) -> None:
    port = start().port
    with ExitStack() as stack:
        crowds = [stack.enter_context(Crowd(port, 15, source=f"127.0.1.{number}")) for number in range(1, 10)]
        wait_for(lambda: sum(crowd.held for crowd in crowds) <= 64, "all but 64 to be dropped")

        assert status(exchange(port, request())) == 200
        assert [crowd.held for crowd in crowds][-1] == 15  # those that came first go


def test_one_that_is_being_answered_is_never_dropped(start: Start, answers: Answers) -> None:
    port = start().port
    with connected(port) as held:
        held.sendall(request(target="/held"))
        wait_for(lambda: answers.seen, "the request to be whole")
        with Crowd(port, 100) as crowd:
            wait_for(lambda: crowd.held <= 16, "the crowd to be dropped")
            answers.released.set()

            assert status(rest(held)) == 200


def test_the_newcomer_is_not_the_one_that_is_dropped(start: Start) -> None:
    listener = start()
    with Crowd(listener.port, 100) as crowd, connected(listener.port) as newcomer:
        sent = request("POST", body=b"abc")
        newcomer.sendall(sent[:-1])
        wait_for(lambda: crowd.held <= 15, "sixteen to be left, with the newcomer")
        assert listener._open[-1].counts
        newcomer.sendall(sent[-1:])

        assert body(rest(newcomer)) == b"cba"


def test_new_ones_beyond_all_bounds_wait_until_others_have_gone(start: Start) -> None:
    listener = start(replace(PATIENT, new=NEVER, at_all=20))
    with Crowd(listener.port, 20) as crowd, connected(listener.port) as late:
        late.sendall(request())
        wait_for(lambda: len(listener._open) == 20, "all places to be taken")
        assert crowd.held == 20
        assert select.select([late], [], [], 0.1)[0] == []
        crowd.close()

        assert status(rest(late)) == 200


def test_a_handler_that_takes_too_long_is_busy(start: Start) -> None:
    assert status(exchange(start(HASTY).port, request(target="/held"))) == 503


def test_more_than_can_be_answered_at_once_are_turned_away(start: Start, answers: Answers) -> None:
    port = start(replace(PATIENT, answering=2)).port
    with connected(port) as first, connected(port) as second:
        for connection in (first, second):
            connection.sendall(request(target="/held"))
        wait_for(lambda: len(answers.seen) == 2, "both to be whole")

        assert status(exchange(port, request())) == 503
        answers.released.set()
        assert [status(rest(connection)) for connection in (first, second)] == [200, 200]


def test_a_mistake_of_ours_is_logged_and_hidden(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "flait.web.listener"):
        answer = exchange(start().port, request(target="/broken"))

    assert (status(answer), body(answer)) == (500, b"")
    assert "a request could not be answered" in caplog.text


def test_stopping_lets_what_is_being_answered_end_and_takes_no_more(start: Start, answers: Answers) -> None:
    listener = Listener(answers, "127.0.0.1", 0, PATIENT)
    listener.start()
    port = listener.port
    with connected(port) as held, connected(port) as slow:
        held.sendall(request(target="/held"))
        wait_for(lambda: answers.seen, "the request to be whole")
        stopping = threading.Thread(target=listener.stop)
        stopping.start()
        assert rest(slow) == b""
        answers.released.set()

        assert status(rest(held)) == 200
        stopping.join()
    with pytest.raises(ConnectionRefusedError):
        connected(port)


def test_an_address_that_is_taken_is_an_error(start: Start, answers: Answers) -> None:
    with pytest.raises(OSError, match="in use"):
        Listener(answers, "127.0.0.1", start().port).start()


def test_it_listens_on_ipv6_too(answers: Answers) -> None:
    listener = Listener(answers, "::1", 0)
    try:
        listener.start()
    except OSError:
        pytest.skip("this machine has no IPv6")
    try:
        with socket.create_connection(("::1", listener.port)) as connection:
            connection.sendall(request())
            assert status(rest(connection)) == 200
    finally:
        listener.stop()


@pytest.fixture(scope="module")
def open_to_all() -> Iterator[int]:
    listener = Listener(Answers(), "127.0.0.1", 0, PATIENT)
    listener.start()
    yield listener.port
    assert status(exchange(listener.port, request())) == 200
    listener.stop()
    assert not listener._open


PIECES = st.sampled_from([
    b"GET ", b"POST ", b"/", b"/twilio/status?m=1", b" HTTP/1.1", b" HTTP/1.0", b"\r\n", b"\n", b"\r", b"Host: a",
    b"Content-Length: ", b"5", b"-1", b"Transfer-Encoding: chunked", b"0\r\n\r\n", b" ", b"\t", b":", b"\0", b"\xff",
    b"Expect: 100-continue", b"Upgrade: h2c", b"Connection: upgrade, keep-alive", b"%", b"abcde", b"\r\n\r\n",
])  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.one_of(st.lists(PIECES, max_size=25).map(b"".join), st.binary(max_size=200)))
@example(sent=request("POST", body=b"abc"))
def test_whatever_is_sent_is_answered_once_or_not_at_all(open_to_all: int, sent: bytes) -> None:
    answer = exchange(open_to_all, sent, finished=True).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")

    assert status(answer) in {0, 200, 400, 411, 413}
    assert answer.count(b"HTTP/1.1 ") <= 1


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_request_with_a_byte_changed_is_answered_once_or_not_at_all(open_to_all: int, data: st.DataObject) -> None:
    sent = bytearray(request("POST", "/twilio/message?a=1", body=b"Body=STOP&From=%2B15555550100"))
    sent[data.draw(st.integers(0, len(sent) - 1))] = data.draw(st.integers(0, 255))
    answer = exchange(open_to_all, bytes(sent), finished=True)

    assert status(answer) in {0, 200, 400, 411, 413}
    assert answer.count(b"HTTP/1.1 ") <= 1
