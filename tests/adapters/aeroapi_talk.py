"""What the tests of AeroAPI talk with: a fixed clock, a Meter that writes down what it is told, an AeroAPI."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flait.adapters.aeroapi.client import AeroAPI
from flait.core.idents import parse_ident
from tests.adapters.provider import Provider

KEY = "canary-Kx7pQ2wZ9"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
IDENT = parse_ident("ZZ123")
FLIGHT_ID = "ZZZ123-1700000000-schedule-0001"


BAD_KEY = {"title": "Invalid API key", "reason": "INVALID_API_KEY", "detail": "Provided API key is not valid"}
TIER = {
    "title": "Invalid API key",
    "detail": "Alerts and Historical data are only available on Standard and Premium tiers.",
}


class FixedClock:
    def now(self) -> datetime:
        return NOW

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


class RecordingMeter:
    def __init__(self, *waits: float | Exception) -> None:
        self.charged: list[str] = []
        self.about: list[str] = []
        self.refunded: list[str] = []
        self.pauses: list[float] = []
        self._waits = list(waits)

    def charge(self, operation: str, about: str = "") -> float:
        wait = self._waits.pop(0) if self._waits else 0.0
        if isinstance(wait, Exception):
            raise wait
        self.charged.append(operation)
        self.about.append(about)
        return wait

    def refund(self, operation: str, about: str = "") -> None:
        self.refunded.append(operation)

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "RecordingMeter":
        return self

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


def talker(url: str, meter: RecordingMeter, **changed: Any) -> AeroAPI:
    settings: dict[str, Any] = {"key": lambda _: KEY, "wait": lambda _: False, "deadline": timedelta(seconds=5)}
    return AeroAPI(base_url=f"{url}/aeroapi", meter=meter, clock=FixedClock(), **(settings | changed))


def answering(provider: Provider, meter: RecordingMeter, *steps: Any, **changed: Any) -> AeroAPI:
    provider.then(*steps)
    return talker(provider.url, meter, **changed)
