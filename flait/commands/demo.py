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
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from flait.app import App
from flait.clock import Clock, Conductor, clock_from
from flait.commands.flight_lines import remark
from flait.commands.output import console, laid, safe, screen_width
from flait.commands.tables import Column
from flait.core.messages import MessageStatus
from flait.core.texts.formats import clock_time
from flait.core.texts.wording import route
from flait.errors import FlaitError
from flait.sandbox.run import Sandbox, StormFlight, missed_connection, storm_flights
from flait.store import FlightView
from flait.system.lock import daemon_of
from flait.system.logs import FILE as LOG

NEW_YORK = 5  # hours behind UTC, that day
STARTS = datetime(2013, 3, 8, 6, 0, tzinfo=UTC)  # 01:00 in New York
LASTS = timedelta(hours=20)
LONGEST = LASTS + timedelta(hours=6)  # for what is still under way then
GIVEN_UP = (MessageStatus.EXPIRED, MessageStatus.SUPPRESSED)
UNDER_WAY = (MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.IN_DOUBT)
REAL_SECONDS = 42.0  # where nobody has to be waited for
BOARD = (
    Column(name="flight"),
    Column(name="route", rank=2),
    Column(name="leaves", rank=1),
    Column(name="gate", rank=3),
    Column(name="stands", breaks=True),
    Column(name="next look", rank=4),
)
LOOK_EVERY = 0.1  # seconds, real
STEP = 0.25  # seconds, real: so far the clock runs ahead of a look, unless something is late
LATE = 0.4  # seconds, real: what has been due for as long is waited for
CREEP = timedelta(seconds=5)  # each look, while something is: the pace of look-ups wants the time to pass
GIVE_UP = 180.0  # seconds, real, of nothing but waiting
PATIENCE = "180"  # seconds, real: for the daemon to be up
PEOPLE = {"Ana": ("+15555550100", "traveler"), "Ben": ("+15555550101", "meeter")}
CAST = {"diverted": 1, "gate change": 2, "delayed": 2, "cancelled": 1, "on time": 1}
BEN_MEETS = ("diverted", "delayed", "on time")
BEN_SLEEPS = "22:00-07:30"
DIALOGUE = (
    # the time in New York they pick up the phone, who, and what they text
    ("07:30", "Ana", "LIST"),
    ("09:40", "Ana", "where is {delayed}?"),
    ("10:00", "Ana", "PLANE {connects}"),
    ("10:20", "Ben", "track {cancelled} today"),
    ("11:30", "Ana", "MUTE 2h"),
    ("12:10", "Ana", "UNMUTE"),
    ("15:30", "Ben", "untrack {cancelled}"),
    ("15:40", "Ana", "ALT {connects}"),
    ("15:50", "Ana", "WHY"),
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
    conductor: Conductor
    shown: int = 0
    said: list[str] = field(default_factory=list)  # the sids of what people texted
    waiting_since: float | None = None  # real, monotonic
    app: App = field(init=False)

    def __post_init__(self) -> None:
        self.app = App(self.env)

    def flait(self, *words: str) -> str:
        """Run one command as a person would; what it said. Raises FlaitError with its words when it failed."""
        command = [sys.executable, "-m", "flait", *words]
        done = subprocess.run(command, env=dict(self.env), capture_output=True, text=True, timeout=GIVE_UP, check=False)
        if done.returncode:
            raise FlaitError(f"`flait {' '.join(words)}` failed in the demo", done.stderr.strip())
        return (done.stdout + done.stderr).strip()

    def go_on(self) -> None:
        """Let the clock run on; only creep while something that is due has not been done. Raises FlaitError."""
        clock = self.app.clock
        now = clock.now()
        if self._is_waited_for(now):
            self._be_patient()
            self.conductor.let_run_to(now + CREEP)
        else:
            self.waiting_since = None
            self.conductor.let_run_to(now + _virtual(clock, STEP))

    def _is_waited_for(self, now: datetime) -> bool:
        """Whether a look or a text is late, or somebody waits for an answer."""
        store, late = self.app.store(), now - _virtual(self.app.clock, LATE)
        soon = now + _virtual(self.app.clock, 2 * STEP)
        heard = [store.heard(sid) for sid in self.said]
        looks = [view.tracked.next_poll_at for view in store.flight_views()]
        texts = [view.message for view in store.messages(status=MessageStatus.QUEUED)]
        return (
            not all(one and one.answered_at for one in heard)
            or any(at and at < late for at in looks)
            or any(max(text.not_before, text.created_at) < late for text in texts)
            or any(text.not_before <= now and text.expires_at < soon for text in texts)  # an answer, above all
            or store.queue_counts()[MessageStatus.SENDING] > 0
        )

    def _be_patient(self) -> None:
        self.waiting_since = self.waiting_since or monotonic()
        if monotonic() - self.waiting_since > GIVE_UP or daemon_of(self.app.paths.database) is None:
            raise FlaitError("the daemon of the demo does not get on", f"its log said: {self._log()}")

    def _log(self) -> str:
        lines = (self.app.paths.log_dir / LOG).read_text(encoding="utf-8").splitlines()
        return lines[-1] if lines else "nothing"

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
            f"{len(stage.flights)} real flights, {LASTS // timedelta(hours=1)} hours in about a minute.\n",
            soft_wrap=True,
        )
        screen.print(safe(stage.flait("daemon", "start", "--wait", PATIENCE)), style="dim", soft_wrap=True)
        try:
            for line in _subscribe_everybody(stage):
                screen.print(safe(line), style="dim", soft_wrap=True)
            screen.print()
            stage.connect_phones()
            _watch(stage, screen)
        finally:
            stage.flait("daemon", "stop")
        _show_texts(stage, screen)
        return _summarise(stage, screen)


@contextmanager
def _stage(real_seconds: float) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="flait-demo-") as folder:
        home, credentials, clock = Path(folder, "home"), Path(folder, "credentials"), Path(folder, "clock")
        for private in (home, credentials):
            private.mkdir(mode=0o700)
        keys = {name: secrets.token_hex(16) for name in ("flightaware-api-key", "twilio-auth-token")}
        for name, key in keys.items():
            (credentials / name).write_text(key)
        conductor = Conductor(clock, STARTS, LASTS.total_seconds() / real_seconds)
        with Sandbox(clock=clock_from(str(clock)), auth_token=keys["twilio-auth-token"]) as sandbox:
            env = _environment(sandbox, home, credentials, str(clock))
            yield Stage(sandbox=sandbox, env=env, flights=_cast(sandbox), conductor=conductor)


def _virtual(clock: Clock, seconds: float) -> timedelta:
    """How much of the clock's time passes in so many real seconds."""
    return timedelta(seconds=seconds / clock.real_seconds(timedelta(seconds=1)))


def _environment(sandbox: Sandbox, home: Path, credentials: Path, clock: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("FLAIT_")}
    return own | {
        "FLAIT_HOME": str(home),
        "FLAIT_CLOCK": clock,
        "FLAIT_FLIGHTAWARE_BASE_URL": sandbox.flightaware_base_url,
        "FLAIT_FLIGHTAWARE_TIER": "standard",
        "FLAIT_TWILIO_BASE_URL": sandbox.twilio_base_url,
        "FLAIT_WEBHOOK_LISTEN": "127.0.0.1:0",
        "FLAIT_TWILIO_ACCOUNT_SID": ACCOUNT,
        "FLAIT_TWILIO_FROM_NUMBER": SENDER,
        "CREDENTIALS_DIRECTORY": str(credentials),
    }


def _cast(sandbox: Sandbox) -> list[StormFlight]:
    """The day's most telling flights, in order of departure, a connection that is missed among them."""
    wanted, chosen = Counter(CAST), [*missed_connection(storm_day=sandbox.storm_day)]
    for flight in storm_flights(24, storm_day=sandbox.storm_day):
        if wanted[flight.kind] > 0 and flight.scheduled_in < STARTS + LASTS - timedelta(hours=3):
            wanted[flight.kind] -= 1
            chosen.append(flight)
    return sorted(chosen, key=lambda flight: flight.scheduled_out)


def _subscribe_everybody(stage: Stage) -> Iterator[str]:
    """`flait user add` and `flait subscribe` for both at once, as real processes."""
    for name, (phone, role) in PEOPLE.items():
        yield stage.flait("user", "add", name, phone, "--role", role)
    yield stage.flait("user", "set", "Ben", "timezone", "America/New_York")
    yield stage.flait("user", "set", "Ben", "quiet", BEN_SLEEPS)
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
        while stage.app.clock.now() < STARTS + LONGEST:
            views = [view for view in store.flight_views() if view.subscribers]  # the others are planes of theirs
            queue = store.queue_counts()
            if live:
                live.update(_board(stage, views))
            _talk(stage, screen)
            _show_texts(stage, screen)
            if not views and not any(queue[state] for state in UNDER_WAY):
                return
            stage.go_on()
            pause.wait(LOOK_EVERY)


def _talk(stage: Stage, screen: Any) -> None:
    """People text Flait when their time has come."""
    from rich.text import Text

    numbers = {flight.kind.replace(" ", "_"): flight.ident_iata for flight in reversed(stage.flights)}
    for at, name, words in DIALOGUE[len(stage.said) :]:
        hour, minute = map(int, at.split(":"))
        if stage.app.clock.now() < STARTS.replace(hour=hour + NEW_YORK, minute=minute):
            return
        body = words.format(**numbers)
        stage.said.append(stage.sandbox.reply(PEOPLE[name][0], body))
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
    from rich.console import Group
    from rich.text import Text

    now = stage.app.clock.now()
    title = Text(f"{now:%H:%M}Z  {len(stage.flights) - len(views)} done", style="italic")
    return Group(title, laid(BOARD, [_board_row(view, now) for view in views], screen_width()))


def _board_row(view: FlightView, now: datetime) -> tuple[object, ...]:
    flight, tracked = view.tracked.flight, view.tracked
    leaves = clock_time(flight.departure.best, flight.origin.zone) if flight.departure.best else ""
    after = f"{tracked.next_poll_at:%H:%M}Z" if tracked.next_poll_at else ""
    return flight.number, route(flight), leaves, flight.gate_origin, remark(flight, now), after


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
    """Texts decided and never received, and texts received more often than decided.

    One that was given up unsent is not lost: its words held no longer, and what was news of them was decided anew; or
    the person said STOP.
    """
    kept = [view.message for view in stage.app.store().messages(limit=10_000)]
    decided = Counter((message.to, message.body) for message in kept if message.status not in GIVEN_UP)
    received = Counter((text["to"], text["body"]) for text in texts)
    return (decided - received).total(), (received - decided).total()
