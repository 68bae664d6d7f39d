"""The demo: two people, real flights of 8 March 2013, the real command line and daemon, and a sandbox in between.

Everything it shows is read from the sandbox's ledger and the demo's own database; nothing is printed by rote. It
lives in a temporary folder and touches neither the user's data nor their keyring.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flait.app import App
from flait.clock import clock_from
from flait.commands.output import console, safe
from flait.core.flights import phase
from flait.core.formats import clock_time
from flait.core.messages import MessageStatus
from flait.core.wording import route
from flait.errors import FlaitError
from flait.sandbox.run import Sandbox, StormFlight, storm_flights
from flait.store import FlightView

NEW_YORK = 5  # hours behind UTC, that day
STARTS = datetime(2013, 3, 8, 6, 0, tzinfo=UTC)  # 01:00 in New York
LASTS = timedelta(hours=20)
REAL_SECONDS = 42.0
LOOK_EVERY = 0.1  # seconds, real
PEOPLE = {"Ana": ("+15555550100", "traveler"), "Ben": ("+15555550101", "meeter")}
CAST = {"diverted": 1, "gate change": 2, "delayed": 2, "cancelled": 1, "on time": 1}
BEN_MEETS = ("diverted", "delayed", "on time")
DIALOGUE = (
    # the time in New York they pick up the phone, who, and what they text
    ("07:30", "Ana", "LIST"),
    ("09:40", "Ana", "where is {delayed}?"),
    ("10:20", "Ben", "track {cancelled} today"),
    ("11:30", "Ana", "MUTE 2h"),
    ("12:10", "Ana", "UNMUTE"),
    ("15:30", "Ben", "untrack {cancelled}"),
    ("17:20", "Ben", "STOP"),
)
ACCOUNT = "AC" + "0" * 32
SENDER = "+15555550199"


@dataclass
class Stage:
    """The demo's world: a sandbox, a home in a temporary folder, and the environment of its processes."""

    sandbox: Sandbox
    env: Mapping[str, str]
    flights: Sequence[StormFlight]
    shown: int = 0
    said: int = 0
    app: App = field(init=False)

    def __post_init__(self) -> None:
        self.app = App(self.env)

    def flait(self, *words: str) -> str:
        """Run one command as a person would; what it said. Raises FlaitError with its words when it failed."""
        command = [sys.executable, "-m", "flait", *words]
        done = subprocess.run(command, env=dict(self.env), capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise FlaitError(f"`flait {' '.join(words)}` failed in the demo", done.stderr.strip())
        return (done.stdout + done.stderr).strip()

    def connect_phones(self) -> None:
        """Let what people text reach the daemon's own listener."""
        bound = json.loads((self.app.paths.run_dir / "webhook.json").read_text())
        self.sandbox.set_inbound_url(f"{bound['url']}/twilio/message")


def play(*, fast: bool) -> int:
    """Run the demo; 0 when nothing was lost and nothing doubled."""
    screen = console()
    with _stage(REAL_SECONDS / 2 if fast else REAL_SECONDS) as stage:
        screen.print(
            f"[bold]Flait[/bold]: {stage.sandbox.storm_day:%-d %B %Y}, snow over New York, "
            f"{len(stage.flights)} real flights, {LASTS // timedelta(hours=1)} hours in under a minute.\n",
            soft_wrap=True,
        )
        for line in _subscribe_everybody(stage):
            screen.print(safe(line), style="dim", soft_wrap=True)
        screen.print(safe(stage.flait("daemon", "start")) + "\n", style="dim", soft_wrap=True)
        stage.connect_phones()
        try:
            _watch(stage, screen)
        finally:
            stage.flait("daemon", "stop")
        _show_texts(stage, screen)
        return _summarise(stage, screen)


@contextmanager
def _stage(real_seconds: float) -> Iterator[Stage]:
    rate = LASTS.total_seconds() / real_seconds
    virtual = f"{STARTS.isoformat()},{time.time()},{rate}"  # noqa: TID251  # the anchor of the virtual clock is real
    with tempfile.TemporaryDirectory(prefix="flait-demo-") as folder, Sandbox(clock=clock_from(virtual)) as sandbox:
        home, credentials = Path(folder, "home"), Path(folder, "credentials")
        for private in (home, credentials):
            private.mkdir(mode=0o700)
        for name in ("flightaware-api-key", "twilio-auth-token"):
            (credentials / name).write_text(secrets.token_hex(16))
        yield Stage(sandbox=sandbox, env=_environment(sandbox, home, credentials, virtual), flights=_cast(sandbox))


def _environment(sandbox: Sandbox, home: Path, credentials: Path, virtual: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("FLAIT_")}
    return own | {
        "FLAIT_HOME": str(home),
        "FLAIT_CLOCK": virtual,
        "FLAIT_FLIGHTAWARE_BASE_URL": sandbox.flightaware_base_url,
        "FLAIT_FLIGHTAWARE_TIER": "standard",
        "FLAIT_TWILIO_BASE_URL": sandbox.twilio_base_url,
        "FLAIT_WEBHOOK_LISTEN": "127.0.0.1:0",
        "FLAIT_TWILIO_ACCOUNT_SID": ACCOUNT,
        "FLAIT_TWILIO_FROM_NUMBER": SENDER,
        "CREDENTIALS_DIRECTORY": str(credentials),
    }


def _cast(sandbox: Sandbox) -> list[StormFlight]:
    """The day's most telling flights, in order of departure."""
    wanted, chosen = Counter(CAST), []
    for flight in storm_flights(24, storm_day=sandbox.storm_day):
        if wanted[flight.kind] > 0 and flight.scheduled_in < STARTS + LASTS - timedelta(hours=3):
            wanted[flight.kind] -= 1
            chosen.append(flight)
    return chosen


def _subscribe_everybody(stage: Stage) -> Iterator[str]:
    """`flait user add` and `flait subscribe` for both at once, as real processes."""
    for name, (phone, role) in PEOPLE.items():
        yield stage.flait("user", "add", name, phone, "--role", role)
    with ThreadPoolExecutor(len(PEOPLE)) as hands:
        follows = {
            "Ana": [flight.ident_iata for flight in stage.flights],
            "Ben": [flight.ident_iata for flight in stage.flights if flight.kind in BEN_MEETS],
        }
        for lines in hands.map(lambda name: [stage.flait("subscribe", ident, name) for ident in follows[name]], PEOPLE):
            yield from lines


def _watch(stage: Stage, screen: Any) -> None:
    """Texts as they arrive, above a live board; until nothing is left to watch or the day is over."""
    from rich.live import Live

    pause, store = threading.Event(), stage.app.store()
    live = Live(console=screen, refresh_per_second=4, transient=True) if screen.is_terminal else None
    with live or _nothing():
        while stage.app.clock.now() < STARTS + LASTS:
            views = store.flight_views()
            if live:
                live.update(_board(stage, views))
            _talk(stage, screen)
            _show_texts(stage, screen)
            if not views and not store.queue_counts()[MessageStatus.QUEUED]:
                return
            pause.wait(LOOK_EVERY)


def _talk(stage: Stage, screen: Any) -> None:
    """People text Flait when their time has come."""
    from rich.text import Text

    numbers = {flight.kind.replace(" ", "_"): flight.ident_iata for flight in reversed(stage.flights)}
    for at, name, words in DIALOGUE[stage.said :]:
        hour, minute = map(int, at.split(":"))
        if stage.app.clock.now() < STARTS.replace(hour=hour + NEW_YORK, minute=minute):
            return
        body = words.format(**numbers)
        stage.said += 1
        stage.sandbox.reply(PEOPLE[name][0], body)
        moment = f"{stage.app.clock.now():%H:%M}Z "
        screen.print(Text.assemble((moment, "cyan"), (f"{name:<4}", "bold"), (f"> {body}", "green")), soft_wrap=True)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _show_texts(stage: Stage, screen: Any) -> None:
    from rich.text import Text

    texts = stage.sandbox.texts()
    names = {phone: name for name, (phone, _) in PEOPLE.items()}
    for text in texts[stage.shown :]:
        at, by = str(text["at"])[11:16], "(Twilio) " if text["from_twilio"] else ""
        line = Text.assemble(
            (f"{at}Z ", "cyan"), (f"{names[text['to']]:<4}", "bold"), by + safe(str(text["body"]).replace("\n", " / "))
        )
        screen.print(line, soft_wrap=True)
    stage.shown = len(texts)


def _board(stage: Stage, views: Sequence[FlightView]) -> Any:
    from rich.table import Table

    board = Table(title=f"{stage.app.clock.now():%H:%M}Z  {len(stage.flights) - len(views)} done", expand=False)
    for column in ("flight", "route", "leaves", "gate", "phase", "next look"):
        board.add_column(column)
    for view in views:
        flight, tracked = view.tracked.flight, view.tracked
        leaves = clock_time(flight.departure.best, flight.origin.zone) if flight.departure.best else ""
        after = f"{tracked.next_poll_at:%H:%M}Z" if tracked.next_poll_at else ""
        board.add_row(flight.number, route(flight), leaves, flight.gate_origin or "", phase(flight), after)
    return board


def _summarise(stage: Stage, screen: Any) -> int:
    """What it cost and whether every text that was decided arrived exactly once, by the sandbox's own record."""
    texts = [text for text in stage.sandbox.texts() if not text["from_twilio"]]
    ledger = stage.sandbox.ledger()
    usage = json.loads(stage.flait("usage", "--json"))
    lost, doubled = _compared(stage, texts)
    looked_up = sum(int(entry.get("result_sets") or 0) for entry in ledger)
    segments = sum(int(text["num_segments"]) for text in texts)
    screen.print(
        f"\n[bold]{len(stage.flights)} flights[/bold], {looked_up} result sets, ${usage['aeroapi']['usd']:.2f} of "
        f"look-ups; {len(texts)} texts, {segments} segments; [bold]lost {lost}, duplicated {doubled}[/bold].",
        soft_wrap=True,
    )
    if looked_up != usage["aeroapi"]["result_sets"]:
        screen.print(f"The sandbox counted {looked_up} result sets, Flait {usage['aeroapi']['result_sets']}.")
    return 1 if lost or doubled else 0


def _compared(stage: Stage, texts: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Texts decided and never received, and texts received more often than decided."""
    decided = Counter((view.message.to, view.message.body) for view in stage.app.store().messages(limit=10_000))
    received = Counter((text["to"], text["body"]) for text in texts)
    return (decided - received).total(), (received - decided).total()
