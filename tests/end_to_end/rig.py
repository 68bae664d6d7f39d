"""A world for end-to-end tests: a home, two pretended providers on real sockets, and Flait as real processes.

Time is virtual: everybody shares one clock, which a test may put on and speed up between two acts. Nothing here
sleeps for a fixed time: a test waits for what it expects, with a deadline far beyond what a slow machine needs.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import psutil

from flait.clock import ScaledClock
from flait.sandbox.exchange import Request
from flait.sandbox.run import Sandbox
from flait.sandbox.site import Output
from flait.store.engine import sqlite3
from flait.system.lock import daemon_of

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds, real: what anything may take at most on a machine that has much else to do
LOOK_EVERY = 0.01

API_KEY = "canary-aeroapi-3f9c2e71"
AUTH_TOKEN = "canary-twilio-8d40b6aa"
SECRETS = {"flightaware-api-key": API_KEY, "twilio-auth-token": AUTH_TOKEN}
ACCOUNT_SID = "AC" + "0" * 32
SENDER = "+15555550199"

AHEAD: Mapping[str, object] = {"scheduled_out": "20:30", "scheduled_in": "23:00"}
"""Times of a flight of which nothing is said by itself however long a slow machine takes: it is not waited for yet."""

ANA, BEN, CLEO, DAN = "+15555550100", "+15555550101", "+15555550102", "+15555550103"


def at(text: str) -> datetime:
    """`15:10` on the day of these tests, 8 March 2013, UTC."""
    return datetime.fromisoformat(f"2013-03-08T{text}:00+00:00")


class WorldClock:
    """The clock that everybody in a world shares; `put` sets it and its pace, for processes started from then on."""

    def __init__(self, start: datetime, rate: float) -> None:
        self._clock = ScaledClock(start, time.time(), rate)
        self.put(start, rate)

    def put(self, start: datetime, rate: float) -> None:
        """It is `start` now, and time runs `rate` times as fast.

        It is never set back: where what came before took longer than that, it is later.
        """
        start, anchor = max(start, self.now()), time.time()
        self.value = f"{start.astimezone(UTC).isoformat()},{anchor!r},{rate}"
        self._clock = ScaledClock(start, anchor, rate)

    def now(self) -> datetime:
        """The moment, UTC."""
        return self._clock.now()

    def real_seconds(self, span: timedelta) -> float:
        """Real seconds."""
        return self._clock.real_seconds(span)


STILL_WAITS: Final = (
    "AeroAPI has not answered yet",
    "Flait waits for its turn",
)  # what a command on a busy machine says before all else


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    def done(self) -> Self:
        """The same, having left with exit code 0."""
        assert self.code == 0, self
        return self


class World:
    """Everything that one test has to itself; leave it and nothing of it runs any more."""

    def __init__(self, folder: Path, *, start: str = "15:10", rate: float = 1.0, **settings: str) -> None:
        """`settings` are further variables, like FLAIT_FLIGHTAWARE_MONTHLY_BUDGET_USD."""
        self.home = folder / "home"
        self.clock = WorldClock(at(start), rate)
        self.sandbox = Sandbox(clock=self.clock, api_key=API_KEY, auth_token=AUTH_TOKEN)
        self.env = self._env(folder) | settings
        self.processes: list[subprocess.Popen[str]] = []
        self.ran: list[Ran] = []
        self.public_url = ""
        self._port = socket.socket()
        for name, secret in SECRETS.items():
            self.keep_secret(name, secret)

    def _env(self, folder: Path) -> dict[str, str]:
        """A whole environment: nothing of the machine's own settings, keyring or time zone gets in."""
        credentials = folder / "credentials"
        credentials.mkdir(mode=0o700)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "TZ": "Pacific/Chatham",  # 13:45 ahead of UTC: what depends on the machine's zone shows
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "tests.keyring_for_tests.FileKeyring",
            "FLAIT_TEST_KEYRING": str(folder / "keyring.json"),
            "CREDENTIALS_DIRECTORY": str(credentials),
            "FLAIT_HOME": str(self.home),
            "FLAIT_FLIGHTAWARE_BASE_URL": self.sandbox.flightaware_base_url,
            "FLAIT_FLIGHTAWARE_TIER": "premium",
            "FLAIT_TWILIO_BASE_URL": self.sandbox.twilio_base_url,
            "FLAIT_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "FLAIT_TWILIO_FROM_NUMBER": SENDER,
            "FLAIT_WEBHOOK_LISTEN": "127.0.0.1:0",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_processes()
        self.sandbox.close()
        self._port.close()

    def _end_processes(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()
        with suppress(sqlite3.Error, psutil.Error):
            for row in self.rows("SELECT pid FROM daemon"):
                self._end_daemon(psutil.Process(row["pid"]))

    def _end_daemon(self, process: psutil.Process) -> None:
        """One that `flait daemon start` left: only if it is this world's, which holds its lock."""
        if daemon_of(self.database) and "flait" in process.cmdline():
            process.kill()
            with suppress(psutil.TimeoutExpired):  # a zombie is its new parent's to bury
                process.wait(PATIENCE)

    def be_called_back(self) -> None:
        """Twilio and FlightAware reach the listener of daemons started from now on; else Flait fetches what is said."""
        self._port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # bound here, it is given to nobody else
        self._port.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{self._port.getsockname()[1]}"
        self.public_url = f"http://{address}"
        self.env |= {"FLAIT_WEBHOOK_LISTEN": address, "FLAIT_WEBHOOK_PUBLIC_URL": self.public_url}
        self.sandbox.set_inbound_url(f"{self.public_url}/twilio/message")

    # --- Flait ----------------------------------------------------------------------------------------------------

    def flait(self, *words: str, **env: str) -> Ran:
        """Run `flait WORDS` to its end; `env` adds variables for this once."""
        return self.finished(self.spawn(*words, **env))

    def piped(self, text: str, *words: str, **env: str) -> Ran:
        """Run `flait WORDS` to its end, `text` on its standard input."""
        process = self._started([sys.executable, "-m", "flait", *words], env, stdin=subprocess.PIPE)
        return self.finished(process, text=text)

    def spawn(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start `flait WORDS`, and do not wait."""
        return self._started([sys.executable, "-m", "flait", *words], env)

    def spawn_on_full_disk(self, *words: str) -> subprocess.Popen[str]:
        """Start `flait WORDS` in a process that may not make any file longer, whatever user it is."""
        limited = ["sh", "-c", 'ulimit -f 0 && exec "$0" "$@"', sys.executable, "-m", "flait", *words]
        return self._started(limited, {"PYTHONDONTWRITEBYTECODE": "1"})

    def _started(
        self, command: Sequence[str], env: Mapping[str, str], stdin: int = subprocess.DEVNULL
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            env={**self.env, "FLAIT_CLOCK": self.clock.value, **env},
            cwd=self.home.parent,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def finished(self, process: subprocess.Popen[str], within: float = PATIENCE, text: str | None = None) -> Ran:
        """Wait for a process; what it did. `within` is for promises, in real seconds; `text` is what it reads."""
        out, err = process.communicate(text, timeout=within)
        self.processes.remove(process)
        said = "".join(line for line in err.splitlines(keepends=True) if not line.startswith(STILL_WAITS))
        ran = Ran(code=process.returncode, out=out, err=said)
        self.ran.append(ran)
        return ran

    def all_at_once(self, commands: Sequence[Sequence[str]]) -> list[Ran]:
        """Run several commands side by side."""
        return [self.finished(process) for process in [self.spawn(*words) for words in commands]]

    def daemon(self, *words: str) -> subprocess.Popen[str]:
        """A daemon in the foreground of a process of ours, up and running."""
        process = self.spawn(*words, "daemon", "run", "--quiet")
        self.wait_for(lambda: process.poll() is not None or self._beats(process.pid), "the daemon's first beat")
        assert process.poll() is None, f"the daemon left: {self.finished(process)}"
        return process

    def _beats(self, pid: int) -> bool:
        with suppress(sqlite3.OperationalError):  # not made yet, or not to its end
            return bool(self.rows("SELECT 1 FROM daemon WHERE pid = ?", pid))
        return False

    def kill(self, process: subprocess.Popen[str]) -> None:
        """What no process can see coming."""
        process.send_signal(signal.SIGKILL)
        assert self.finished(process).code == -signal.SIGKILL

    def terminate(self, process: subprocess.Popen[str]) -> Ran:
        """SIGTERM, and wait."""
        process.send_signal(signal.SIGTERM)
        return self.finished(process)

    # --- the world around it --------------------------------------------------------------------------------------

    def keep_no_secrets(self) -> None:
        """Take away both places where this world keeps them: a keyring that a test brings is the only one."""
        for name in ("PYTHON_KEYRING_BACKEND", "CREDENTIALS_DIRECTORY"):
            del self.env[name]

    def keep_secret(self, name: str, secret: str | None) -> None:
        """Hand a secret over as systemd does, or take it away."""
        file = Path(self.env["CREDENTIALS_DIRECTORY"], name)
        file.unlink(missing_ok=True)
        if secret is not None:
            file.touch(mode=0o600)
            file.write_text(secret)

    def flight(self, ident: str, **fields: object) -> None:
        """Make a flight, JFK-LAX unless told otherwise, or change what AeroAPI says of it. Times are `18:00`."""
        record = {
            key: f"{at(value):%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, str) and _CLOCK_TIME.fullmatch(value) else value
            for key, value in fields.items()
        }
        self.sandbox.put_flights([{"ident": ident, **record}])

    def texts(self, to: str | None = None) -> list[str]:
        """The bodies that Twilio has accepted, oldest first; those to one number, if given."""
        return [text["body"] for text in self.sandbox.texts() if to in (None, text["to"])]

    def told(self, to: str) -> list[str]:
        """What Flait itself has told a number, oldest first: Twilio answers keywords too."""
        return [text["body"] for text in self.sandbox.texts() if text["to"] == to and not text["from_twilio"]]

    def is_answered(self, sid: str) -> bool:
        """Whether nothing more is to be done about a person's text."""
        return bool(self.rows("SELECT 1 FROM inbound WHERE sid = ? AND answered_at IS NOT NULL", sid))

    def say(self, who: str, body: str, **more: object) -> None:
        """A person texts Flait; wait until it has done what is to be done about it."""
        sid = self.sandbox.reply(who, body, **more)
        self.wait_for(lambda: self.is_answered(sid), f"{body!r} of {who} to be answered")

    def post(self, target: str, headers: Mapping[str, str], body: bytes) -> int:
        """Somebody posts this to the daemon's listener; the status."""
        with closing(HTTPConnection(urlsplit(self.public_url).netloc, timeout=PATIENCE)) as connection:
            connection.request("POST", target, body=body, headers=dict(headers))
            return connection.getresponse().status

    def numbers(self) -> list[str]:
        """Whom Twilio has texted."""
        return sorted({text["to"] for text in self.sandbox.texts()})

    def wait_for_text(self, to: str, beginning: str) -> None:
        """Until somebody has had a text that begins so."""
        self.wait_for(lambda: any(body.startswith(beginning) for body in self.texts(to)), f"{beginning!r} to {to}")

    def requests(self, party: str, method: str = "", fault: str | None = None) -> list[dict[str, Any]]:
        """What a party was asked; `fault`: only what met that fault."""
        return [
            entry
            for entry in self.sandbox.ledger()
            if entry["party"] == party and method in ("", entry["method"]) and fault in (None, entry["fault"])
        ]

    def wait_for(self, condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
        """Until it holds; a test fails that has waited for so many seconds."""
        deadline = time.monotonic() + patience
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {patience:g} s in vain for {what}")
            threading.Event().wait(LOOK_EVERY)

    # --- what is stored -------------------------------------------------------------------------------------------

    @property
    def database(self) -> Path:
        """The one file."""
        return self.home / "flait.db"

    @property
    def log(self) -> str:
        """The daemon's log."""
        file = self.home / "log" / "flait.log"
        return file.read_text() if file.exists() else ""

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Read the database."""
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]

    def change(self, sql: str) -> None:
        """Write into the database, behind Flait's back."""
        with closing(sqlite3.connect(self.database, timeout=PATIENCE)) as connection, connection:
            connection.execute(sql)

    def statuses(self) -> dict[str, int]:
        """How many texts of the outbox are where; `accepted` is whatever Twilio has taken, delivered or not yet."""
        found = self.rows(
            """SELECT iif(sid IS NOT NULL AND status NOT IN ('failed', 'undelivered'), 'accepted', status) AS place,
            count(*) AS texts FROM messages GROUP BY place"""
        )
        return {row["place"]: row["texts"] for row in found}

    def contents(self, *, but: Sequence[str] = ()) -> dict[str, list[dict[str, Any]]]:
        """Every row of every table, save those named and the count of changes."""
        tables = [
            row["name"]
            for row in self.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'changes'")
        ]
        return {name: self.rows(f'SELECT * FROM "{name}"') for name in tables if name not in but}

    def wait_for_polls(self, more: int) -> None:
        """Until flights have been looked up so many times more, all together."""
        before = self._polls()
        self.wait_for(lambda: self._polls() >= before + more, f"{more} more look-ups")

    def _polls(self) -> int:
        polls: int = self.rows("SELECT total(polls) AS polls FROM flights")[0]["polls"]
        return polls

    def story(self) -> str:
        """What happened, for who reads of a failed test."""
        texts = "\n".join(f"{text['at']} {text['to']} {text['body']}" for text in self.sandbox.texts())
        return f"--- texts\n{texts}\n--- commands\n{self.ran}\n--- log\n{self.log[-6000:]}"


_CLOCK_TIME = re.compile(r"\d\d:\d\d")


@contextmanager
def struck(world: World, strikes: Sequence[tuple[int, str]]) -> Iterator[None]:
    """Kill the process started last while its request is under way, once for each of `strikes`, in order.

    A strike says from which request on, counted from 1, and whether `before` or `after` it is acted on. No process is
    struck twice, and no text `before` twice: Flait sends a text in doubt once more, and never a third time.
    """
    site = world.sandbox._site
    plain, strike = site.reply, _Strikes(world, strikes)

    def reply(request: Request) -> Output:
        moment = strike.at(request)
        if moment == "before":
            world.processes[-1].kill()
            raise ConnectionResetError
        answer = plain(request)
        if moment:
            world.processes[-1].kill()
        return answer

    site.reply = reply  # type: ignore[method-assign]  # between the sockets and the parties, where nothing else is
    try:
        yield
    finally:
        site.reply = plain  # type: ignore[method-assign]


class _Strikes:
    """Which request is struck, and how."""

    def __init__(self, world: World, strikes: Sequence[tuple[int, str]]) -> None:
        self._world = world
        self._waiting = sorted(strikes)
        self._lock = threading.Lock()
        self._requests = 0
        self._victims: set[int] = set()
        self._never_arrived: set[bytes] = set()

    def at(self, request: Request) -> str:
        """`before`, `after`, or nothing."""
        with self._lock:
            self._requests += 1
            victim = self._world.processes[-1].pid
            if not self._waiting or self._requests < self._waiting[0][0] or victim in self._victims:
                return ""
            moment = self._waiting.pop(0)[1]
            self._victims.add(victim)
            if request.body and request.body in self._never_arrived:
                return "after"
            if moment == "before":
                self._never_arrived.add(request.body)
            return moment
