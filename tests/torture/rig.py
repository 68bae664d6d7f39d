"""Flait in processes that die where they are told to: forked, killed by a real SIGKILL, and followed by the next one.

A process counts the points at which it could die: before and after every commit that changes something, before and
after every call to the outside. The providers it talks to keep what they did in a ledger that outlives it.
"""

import importlib
import json
import logging
import os
import shutil
import signal
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import Any, Final
from uuid import uuid4

from flait.app import App
from flait.core.flights import Flight, ScheduledFlight
from flait.core.idents import Ident
from flait.core.inbound import Inbound
from flait.core.messages import Message, MessageStatus
from flait.core.receipts import Receipt
from flait.errors import FlightSourceError, Rejected
from flait.flows.ports import Accepted, Answer, FlightSource, Gateway, Inbox, Sent
from flait.running import answerers, pollers
from flait.store import Store
from flait.store.connection import place_of
from flait.store.engine import sqlite3
from tests.core.flights_for_tests import NOON
from tests.end_to_end.rig import ACCOUNT_SID, SENDER
from tests.flows.world import FakeFlightSource, FixedClock

LONGEST_LIFE: Final = 60  # seconds, real: a child that lives longer hangs, and the kernel ends it
MEMORY: Final = Path("/dev/shm")
LISTED_AFTER: Final = timedelta(seconds=45)  # Twilio promises no read-after-write: its list lags behind what it took


class Ledger:
    """What happened, a line each, in a file that is only ever added to: a line written is there whoever dies next."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def note(self, did: str, **more: Any) -> None:
        """One more line, in one write."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, json.dumps({"did": did, **more}).encode() + b"\n")
        finally:
            os.close(descriptor)

    def lines(self, *did: str) -> list[dict[str, Any]]:
        """The lines about these, oldest first; all of them, if none is named."""
        if not self.path.exists():
            return []
        lines = [json.loads(line) for line in self.path.read_bytes().splitlines()]
        return [line for line in lines if not did or line["did"] in did]


def moment_of(ledger: Ledger) -> datetime:
    """What time it is in the story."""
    moments = [line["moment"] for line in ledger.lines("clock")]
    return datetime.fromisoformat(moments[-1]) if moments else NOON


class Points:
    """The moments at which this process may die, counted from 1; it dies at the one asked for, with 0 at none."""

    def __init__(self, ledger: Ledger, dies_at: int = 0) -> None:
        self.names: list[str] = []
        self.doing = "start"
        self._ledger = ledger
        self._dies_at = dies_at
        self._lock = Lock()

    def reached(self, name: str) -> None:
        """Here it may die."""
        with self._lock:
            self.names.append(f"{self.doing}, {name}")
            if len(self.names) == self._dies_at:
                self._ledger.note("killed", point=self.names[-1])
                os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def around(self, what: str) -> Iterator[None]:
        """Before and after it."""
        self.reached(f"before {what}")
        yield
        self.reached(f"after {what}")

    def watch_commits(self) -> None:
        """From now on every connection of this process has its commits counted, those that change nothing left out."""
        points = self

        class Watched(sqlite3.Connection):
            began_with = 0

            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                if sql.startswith("BEGIN"):
                    self.began_with = self.total_changes
                if sql != "COMMIT" or self.total_changes == self.began_with:
                    return super().execute(sql, *values)
                with points.around("a commit"):
                    return super().execute(sql, *values)

        setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Watched))  # noqa: B010  # in a child: ends with it


class MortalSource(FakeFlightSource):
    """AeroAPI; whoever asks may die before or after."""

    def __init__(self, points: Points) -> None:
        super().__init__()
        self._points = points
        self.outage = False

    def _called(self, *call: object) -> None:
        self._points.reached(f"before {call[0]}")
        if self.outage:
            raise FlightSourceError("AeroAPI did not answer")

    def flight(self, fa_flight_id: str) -> Answer:
        answer = super().flight(fa_flight_id)
        self._points.reached("after flight")
        return answer

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:
        answer = super().departures(ident, start, end, past=past)
        self._points.reached("after departures")
        return answer

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        rows = super().schedules(ident, start, end)
        self._points.reached("after schedules")
        return rows


class MortalGateway:
    """Twilio, whose record is the ledger: a text is `taken` before anybody hears of it."""

    def __init__(self, ledger: Ledger, points: Points) -> None:
        self._ledger = ledger
        self._points = points

    def send(self, message: Message, *, now: datetime) -> Accepted:
        self._ledger.note("posted", id=message.id)
        with self._points.around("a post"):
            sid = f"SM{uuid4().hex}"
            fields = {"id": message.id, "sid": sid, "to": message.to, "kind": message.kind, "body": message.body}
            self._ledger.note("taken", at=now.isoformat(), **fields)
        return Accepted(sid=sid)

    def sent_to(self, to: str, *, since: datetime) -> Sequence[Sent]:
        with self._points.around("a listing"):
            texts = [_sent(line) for line in self._ledger.lines("taken") if line["to"] == to]
        listed_until = moment_of(self._ledger) - LISTED_AFTER
        return [text for text in texts if since <= text.created_at <= listed_until]

    def status_of(self, sid: str) -> Receipt:
        with self._points.around("a status"):
            known = any(line["sid"] == sid for line in self._ledger.lines("taken"))
        if not known:
            raise Rejected("Twilio knows no such text")
        return Receipt(sid=sid, status=MessageStatus.DELIVERED)

    def text(self, sid: str) -> Inbound | None:
        raise Rejected("Twilio knows no such text")

    def received(self, since: datetime, cursor: str | None = None) -> Inbox:
        with self._points.around("reading what came in"):
            texts = [_said(line) for line in self._ledger.lines("said")]
        return Inbox(texts=[text for text in texts if text.sent_at and text.sent_at >= since])


def _sent(line: dict[str, Any]) -> Sent:
    return Sent(sid=line["sid"], to=line["to"], body=line["body"], created_at=datetime.fromisoformat(line["at"]))


def _said(line: dict[str, Any]) -> Inbound:
    at = datetime.fromisoformat(line["at"])
    return Inbound(sid=line["sid"], sender=line["sender"], to=SENDER, body=line["body"], sent_at=at)


class MortalApp(App):
    """Flait's wiring on such providers, and on a clock that only the story moves. One for each process."""

    def __init__(self, home: Path, ledger: Ledger, points: Points) -> None:
        super().__init__(environment(home))
        self.ledger = ledger
        self.points = points
        self.aero = MortalSource(points)
        self.twilio = MortalGateway(ledger, points)

    @cached_property
    def clock(self) -> FixedClock:
        return FixedClock(moment_of(self.ledger))

    def until(self, moment: datetime) -> None:
        """Time passes, for whoever comes next too; it never goes back."""
        self.clock.moment = max(self.clock.moment, moment)
        self.ledger.note("clock", moment=self.clock.moment.isoformat())

    def source(self, **_: Any) -> FlightSource:
        return self.aero

    def gateway(self) -> Gateway:
        return self.twilio

    def show(self, *board: Flight, timetable: Sequence[ScheduledFlight] = (), outage: bool = False) -> None:
        """What AeroAPI answers with from now on."""
        self.aero.board, self.aero.timetable, self.aero.outage = board, timetable, outage


def environment(home: Path) -> dict[str, str]:
    """A whole environment, without any secret: nobody asks these providers who they are."""
    return {
        "FLAIT_HOME": str(home),
        "FLAIT_TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "FLAIT_TWILIO_FROM_NUMBER": SENDER,
        "FLAIT_TWILIO_KEYWORD_OWNER": "flait",
    }


for name in ("flait.settings", "sqlite_utils", "tomllib"):  # what every child would import for itself
    importlib.import_module(name)


def child(work: Callable[[], object], ledger: Ledger) -> int:
    """Do it in a process of its own, and wait; its exit code, negative for a signal."""
    return ended(begun(work, ledger))


def ended(pid: int) -> int:
    """Wait for such a process; its exit code, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def begun(work: Callable[[], object], ledger: Ledger) -> int:
    """Do it in a process of its own; its id. What it raises stands in the ledger."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads: they hold nothing of ours
        pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(LONGEST_LIFE)
        _listen_for_faults(ledger)
        pollers.POLLERS = answerers.ANSWERERS = 1  # the same points in the same order, every time
        work()
        code = 0
    except BaseException:  # noqa: BLE001  # whatever it is, it must not run on as a second test runner
        ledger.note("raised", what=traceback.format_exc(limit=-4))
    finally:
        os._exit(code)


class _Faults(logging.Handler):
    def __init__(self, ledger: Ledger) -> None:
        super().__init__(logging.ERROR)
        self._ledger = ledger

    def emit(self, record: logging.LogRecord) -> None:
        trouble = "".join(traceback.format_exception(*record.exc_info)[-3:]) if record.exc_info else ""
        self._ledger.note("raised", what=f"{record.getMessage()} {trouble}")


def _listen_for_faults(ledger: Ledger) -> None:
    """What the daemon logs as an error is a fault of ours: the providers here have none."""
    root = logging.getLogger()
    root.handlers = [_Faults(ledger)]
    logging.getLogger("flait").propagate = True


@contextmanager
def in_memory(folder: Path) -> Iterator[Path]:
    """A folder on a file system without a disk where there is one, else below `folder`; gone afterwards."""
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else folder) as name:
        yield Path(name)


def alone(path: Path) -> Store:
    """A database that nobody else opens, and that no crash need survive: many lives, one after the other, fast."""
    store = Store.open(path)
    for setting in ("synchronous = OFF", "journal_mode = MEMORY", "locking_mode = EXCLUSIVE"):
        store._conn.execute(f"PRAGMA {setting}")
    store.place = place_of(path, ("",))  # with the log its files went
    return store


def emptied(store: Store) -> Sequence[str]:
    """The tables that are empty to begin with: what a life leaves there goes before the next."""
    named = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    names = [row["name"] for row in store._rows(named) if not row["name"].startswith(("sqlite_", "_sqlite"))]
    return [name for name in names if not store._rows(f'SELECT 1 FROM "{name}" LIMIT 1')]


class Disk:
    """All that a process leaves behind: its home, and the ledger of the world around it."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.ledger = Ledger(folder / "ledger")
        self.database = self.home / "flait.db"

    def kept(self) -> dict[str, bytes]:
        """The database with its journals, and the ledger, as they are now."""
        files = [*self.home.glob("flait.db*"), self.ledger.path]
        return {file.name: file.read_bytes() for file in files if file.exists()}

    def put_back(self, kept: dict[str, bytes]) -> None:
        """As they were then; nothing else is left."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o700)
        self.ledger.path.unlink(missing_ok=True)
        for name, content in kept.items():
            file = self.ledger.path if name == self.ledger.path.name else self.home / name
            file.write_bytes(content)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Read the database."""
        with closing(sqlite3.connect(self.database, timeout=LONGEST_LIFE)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]


def damage(disk: Disk) -> list[str]:
    """What SQLite itself finds wrong with the file."""
    found = [row["integrity_check"] for row in disk.rows("PRAGMA integrity_check")]
    orphans = disk.rows("PRAGMA foreign_key_check")
    return [line for line in found if line != "ok"] + [f"an orphan in {row['table']}" for row in orphans]


def later(app: MortalApp, span: timedelta) -> None:
    """Time passes."""
    app.until(app.clock.now() + span)
