"""AeroAPI and Twilio at their least: a process that gives prepared answers as fast as it can, and checks nothing.

    python -m scripts.bench_provider 2026-03-09T08:00:00Z      prints its port; every flight leaves at that moment

A third of a flight's answers differ from the one before; half of the flights also have something to text about.
`--news none`: no answer ever differs; `--news all`: every flight has a gate. `--pause 0.05`: texts are taken
after so many seconds. What texts were asked for is kept: `GET /ledger` tells when, in the machine's steady seconds, for
whom, and the body.
"""

import argparse
import asyncio
import json
import re
from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl

from flait.sandbox.records import BLANK, EVENTS, airport_object, moment, stamp
from flait.sandbox.timetable import airports

FLIGHT = re.compile(rb"GET /flights/BEN([0-9]+)[-?]")
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
END = b"\r\n\r\n"
NUMBER = "%NUMBER%"  # stands for a flight's number in a prepared answer
MINUTES = dict(zip(EVENTS, (0, 15, 165, 175), strict=True))  # after the departure


@cache
def _prepared(departs: datetime, late: timedelta, gate: str | None) -> bytes:
    record: dict[str, Any] = {
        **BLANK,
        "ident": f"BEN{NUMBER}",
        "ident_icao": f"BEN{NUMBER}",
        "ident_iata": f"ZB{NUMBER}",
        "fa_flight_id": f"BEN{NUMBER}-1700000000-schedule-0001",
        "codeshares": [f"NCH{NUMBER}"],
        "codeshares_iata": [f"ZN{NUMBER}"],
        "origin": airport_object(airports()["SFO"]),
        "destination": airport_object(airports()["JFK"]),
        "gate_origin": gate,
        "status": "Scheduled",
        **{f"scheduled_{event}": stamp(departs + timedelta(minutes=after)) for event, after in MINUTES.items()},
        **{f"estimated_{event}": stamp(departs + timedelta(minutes=after) + late) for event, after in MINUTES.items()},
    }
    return json.dumps({"flights": [record], "links": None, "num_pages": 1}).encode()


class Answers:
    """What is said to the n-th question about a flight, and to a text."""

    def __init__(self, departs: datetime, *, news: str = "some", pause: float = 0.0) -> None:
        self._departs = departs
        self._news = news
        self._pause = pause
        self._asked: Counter[int] = Counter()
        self._texts = count(1)
        self._ledger: list[tuple[float, str, str]] = []

    def to(self, request: bytes) -> tuple[bytes, float]:
        """The whole HTTP answer, and after how many seconds; anything unknown is a text for Twilio to take."""
        about = FLIGHT.match(request)
        if about:
            number = int(about[1])
            self._asked[number] += 1
            return _http(200, self._flight(number, self._asked[number])), 0.0
        if request.startswith(b"GET /ledger "):
            return _http(200, json.dumps(self._ledger).encode()), 0.0
        if request.startswith(b"POST "):
            form = dict(parse_qsl(request.partition(END)[2].decode()))
            self._ledger.append((monotonic(), form.get("To", ""), form.get("Body", "")))
        return _http(201, json.dumps({"sid": f"SM{next(self._texts):032x}", "status": "queued"}).encode()), self._pause

    def _flight(self, number: int, time: int) -> bytes:
        if self._news != "some":
            gate = "B22" if self._news == "all" else None
            return _prepared(self._departs, timedelta(), gate).replace(NUMBER.encode(), b"%d" % number)
        wavers = timedelta(minutes=time // 3 % 2 * 5)
        late = timedelta(minutes=40) if number % 4 == 1 and time > 1 else wavers
        gate = "B22" if number % 4 == 0 and time > 2 else None
        return _prepared(self._departs, late, gate).replace(NUMBER.encode(), b"%d" % number)


def _http(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Line(asyncio.Protocol):
    """One connection, for as many requests as its other end likes."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request once it is whole."""
        self._unread += data
        while (whole := _length(self._unread)) and len(self._unread) >= whole:
            request, self._unread = self._unread[:whole], self._unread[whole:]
            answer, pause = self._answers.to(request)
            if pause:
                asyncio.get_running_loop().call_later(pause, self._answer, request, answer)
            else:
                self._answer(request, answer)

    def _answer(self, request: bytes, answer: bytes) -> None:
        assert self._transport is not None
        self._transport.write(answer)
        if CLOSES.search(request):
            self._transport.close()


def _length(unread: bytes) -> int:
    """How long the first request is with its body; 0 while its head is not whole."""
    head, end, _ = unread.partition(END)
    body = LENGTH.search(head)
    return len(head) + len(END) + (int(body[1]) if body else 0) if end else 0


async def serve(answers: Answers) -> None:
    """Answer until killed."""
    server = await asyncio.get_running_loop().create_server(lambda: Line(answers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Read what is asked for, and serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("departs", type=moment)
    parser.add_argument("--news", choices=("some", "none", "all"), default="some")
    parser.add_argument("--pause", type=float, default=0.0)
    asked = parser.parse_args()
    asyncio.run(serve(Answers(asked.departs, news=asked.news, pause=asked.pause)))


if __name__ == "__main__":
    main()
