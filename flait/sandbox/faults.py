"""What can go wrong on the way: faults waiting to happen, and what each does to a real connection.

A fault whose answer says 2xx happens after the question was acted on (a text is accepted); the others before it.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flait.core.values import replace
from flait.errors import UserError
from flait.sandbox.exchange import Answer, Request

PARTIES = ("aeroapi", "twilio")


class Wire(Protocol):
    """A connection on which a question waits for its answer; it ends with each of these."""

    def answer(self, answer: Answer) -> None:
        """Send the whole answer; only this leaves the connection open."""

    def hang(self) -> None:
        """Say nothing until the client leaves."""

    def drip(self, answer: Answer) -> None:
        """Send the answer, and then spaces for ever, one byte at a time."""

    def reset(self) -> None:
        """Break the connection off with a RST."""

    def cut(self, answer: Answer) -> None:
        """Promise the whole answer, send half of it, and close."""

    def flood(self, answer: Answer) -> None:
        """Send 50 MB under the answer's status."""


@dataclass(frozen=True, slots=True)
class Trick:
    """What a fault does to the connection, and whether the question is acted on before."""

    acts: bool
    play: Callable[[Wire, Answer], None]
    silent: bool = False  # no status reaches the client


def _garbage(wire: Wire, answer: Answer) -> None:
    wire.answer(replace(answer, body=b"<html><body>Welcome to the airport's WiFi</body></html>"))


TRICKS: Mapping[str, Trick] = {
    "hang": Trick(False, lambda wire, _answer: wire.hang(), silent=True),
    "drip": Trick(True, lambda wire, answer: wire.drip(answer)),
    "reset_before": Trick(False, lambda wire, _answer: wire.reset(), silent=True),
    "reset_after": Trick(True, lambda wire, _answer: wire.reset(), silent=True),
    "cut": Trick(True, lambda wire, answer: wire.cut(answer)),
    "garbage": Trick(True, _garbage),
    "huge": Trick(True, lambda wire, answer: wire.flood(answer)),
}
ANSWERS = ("429", "500", "503", "401", "redirect", "empty")
TWILIO_ONLY = ("21610", "21211")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault waiting to happen, `times` more times; None: until cleared."""

    party: str
    fault: str
    times: int | None
    match: str
    retry_after: int | None

    def meets(self, party: str, request: Request) -> bool:
        """Whether it happens to this request."""
        return party == self.party and (self.match in request.target or self.match in request.form.get("To", ""))


class Faults:
    """Those that wait; the one posted first happens first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def post(self, description: object) -> Fault:
        """Let a fault wait. Raises UserError when there is no such fault."""
        fault = _fault(description)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def take(self, party: str, request: Request) -> Fault | None:
        """The fault that happens to this request, if any; it is then one nearer to its end."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.meets(party, request):
                    self._waiting[place : place + 1] = _left_over(fault)
                    return fault
        return None

    def clear(self) -> None:
        """None waits any more."""
        with self._lock:
            self._waiting.clear()


def _left_over(fault: Fault) -> list[Fault]:
    if fault.times is None:
        return [fault]
    return [replace(fault, times=fault.times - 1)] if fault.times > 1 else []


def _fault(description: object) -> Fault:
    if not isinstance(description, dict):
        raise UserError("A fault is a JSON object", 'like {"party": "twilio", "fault": "hang", "times": 1}')
    party, name = str(description.get("party")), str(description.get("fault"))
    if party not in PARTIES:
        raise UserError(f"There is no party {party!r}", f"choose one of {', '.join(PARTIES)}")
    names = (*TRICKS, *ANSWERS, *(TWILIO_ONLY if party == "twilio" else ()))
    if name not in names:
        raise UserError(f"{party} has no fault {name!r}", f"choose one of {', '.join(names)}")
    return Fault(
        party=party,
        fault=name,
        times=_positive(description, "times"),
        match=str(description.get("match") or ""),
        retry_after=_positive(description, "retry_after"),
    )


def _positive(description: Mapping[str, Any], key: str) -> int | None:
    value = description.get(key)
    if value is None or (isinstance(value, int) and value > 0):
        return value
    raise UserError(f"{key} is {value!r}", "give a whole number above zero, or leave it out")
