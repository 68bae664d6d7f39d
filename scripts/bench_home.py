"""What the measures stand on: a folder for Flait with people and flights in it, and the provider's process.

Everything is made in a folder on a real disk, and nothing outlives its `with`.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flait.adapters.secrets.credentials import SecretName
from flait.app import App
from flait.core.idents import parse_ident
from flait.core.subscriptions import Role
from flait.core.wanted import Wanted
from flait.flows.meter import Pace
from flait.flows.subscribe import Person, subscribe
from flait.sandbox.records import stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from flait.flows.ports import FlightSource

ROOT = Path(__file__).parents[1]
DISK = "/var/tmp"  # /tmp is memory on many systems, where a commit costs nothing
PEOPLE = 100
START = datetime(2026, 3, 8, 12, tzinfo=UTC)
UNLIMITED = Pace(spacing=timedelta(), burst=1)


class SteppingClock:
    """Stands still until it is moved on."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Where it stands."""
        return self.moment

    def real_seconds(self, span: timedelta) -> float:
        """Nothing waits on this clock."""
        return span.total_seconds()


class BenchApp(App):
    """The product's wiring with a clock of ours, and no waiting for AeroAPI's rate limit."""

    @cached_property
    def clock(self) -> SteppingClock:
        """Moved on by the measure."""
        return SteppingClock(START)

    def source(
        self, *, attempts: int = 1, pace: Pace | None = None, wait: "Callable[[float], object] | None" = None
    ) -> "FlightSource":
        """AeroAPI, metered and not paced."""
        return super().source(attempts=attempts, pace=pace or UNLIMITED, wait=wait)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A place for Flait, and the environment that points there."""

    folder: Path

    @property
    def database(self) -> Path:
        """The file."""
        return self.folder / "flait.db"

    def env(self, *, provider: str = "", **more: str) -> Mapping[str, str]:
        """A whole environment: `provider` is asked for flights and given texts, with made-up secrets and no budget."""
        mine = {name: text for name, text in os.environ.items() if not name.startswith("FLAIT_")}
        return mine | {
            "FLAIT_HOME": str(self.folder),
            "CREDENTIALS_DIRECTORY": str(self.folder / "credentials"),
            "FLAIT_FLIGHTAWARE_BASE_URL": provider,
            "FLAIT_FLIGHTAWARE_TIER": "premium",
            "FLAIT_FLIGHTAWARE_MONTHLY_BUDGET_USD": "0",
            "FLAIT_TWILIO_BASE_URL": provider,
            "FLAIT_TWILIO_ACCOUNT_SID": f"AC{0:032x}",
            "FLAIT_TWILIO_FROM_NUMBER": "+15555550199",
            "FLAIT_WEBHOOK_LISTEN": "127.0.0.1:0",
            **more,
        }


@contextmanager
def home() -> Iterator[Home]:
    """A new place for Flait."""
    with tempfile.TemporaryDirectory(prefix="flait-bench-", dir=DISK) as name:
        folder = Path(name)
        (folder / "credentials").mkdir(mode=0o700)
        for secret in SecretName:
            (folder / "credentials" / secret).write_text("not-a-secret")
        yield Home(folder=folder)


@contextmanager
def provider(departs: datetime, *options: str) -> Iterator[str]:
    """The address of a provider whose flights all leave at `departs`; bench_provider has the options."""
    command = [sys.executable, "-m", "scripts.bench_provider", stamp(departs), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def follow(app: App, flights: int) -> None:
    """Subscribe people to that many flights, as `flait subscribe` does; every answer shows them on time."""
    store, source = app.store(), app.source()
    for number in range(1, flights + 1):
        person = Person(phone=f"+155555501{number % PEOPLE:02}", consent="made up for a measure")
        wanted = Wanted(
            ident=parse_ident(f"BEN{number}"), wish=None, origin=None, role=Role.TRAVELER, asked_at=app.clock.now()
        )
        subscribe(store, source, app.clock, person=person, wanted=wanted)
