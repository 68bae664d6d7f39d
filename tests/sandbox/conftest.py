"""A sandbox on a clock that stands still until it is moved, and a client for each of the two parties."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from flait.sandbox.run import Sandbox

if TYPE_CHECKING:
    from tests.sandbox.receiver import Receiver, Trial

TOKEN = "any"  # the password that the `twilio` client gives
NOON = datetime(2013, 3, 8, 17, 0, tzinfo=UTC)  # in New York, with snow
ACCOUNT = f"AC{'0' * 32}"


class StandingClock:
    """A clock for tests: it moves when told."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()

    def advance(self, **span: float) -> None:
        self._now += timedelta(**span)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOON)


@pytest.fixture
def sandbox(clock: StandingClock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def aeroapi(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=sandbox.flightaware_base_url, headers={"x-apikey": "any"}, trust_env=False, verify=False, timeout=10
    ) as client:
        yield client


@pytest.fixture
def twilio(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{sandbox.twilio_base_url}/2010-04-01/Accounts/{ACCOUNT}",
        auth=(ACCOUNT, TOKEN), trust_env=False, verify=False, timeout=10,
    ) as client:  # fmt: skip
        yield client


@pytest.fixture
def by_hand(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox.url}/_sandbox", trust_env=False, verify=False, timeout=10) as client:
        yield client


@pytest.fixture
def receiver() -> Iterator["Receiver"]:
    from tests.sandbox.receiver import receiving

    with receiving() as receiver:
        yield receiver


@pytest.fixture
def trial(sandbox: Sandbox, twilio: httpx.Client, receiver: "Receiver", clock: StandingClock) -> "Trial":
    from tests.sandbox.receiver import Trial

    return Trial(sandbox=sandbox, twilio=twilio, receiver=receiver, clock=clock)
