"""Breaks what Flait leans on, one thing at a time, beside a real daemon: is it told with its cause, and does it heal?

Each outage must show in `flait status` (exit code not 0, and the cause among the problems) within two intervals between
looks, and be gone by itself when it is over: nobody restarts anything, save what was killed. Time runs 300 times as
fast.
"""

import json
import re
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any, Final

from flait.core.messages import Message, MessageKind
from flait.sandbox.run import Sandbox
from flait.store import Store
from flait.store.engine import sqlite3
from tests.end_to_end.rig import ANA, API_KEY, AUTH_TOKEN, SECRETS, World, at
from tests.torture.score import Score, Size

FAST: Final = 300.0  # times real time
REAL: Final = timedelta(seconds=25)  # what no clock makes faster: a call's deadline of 15 s, and processes that start
WITHIN: Final = 2 * timedelta(minutes=15) + REAL * FAST  # two intervals between a flight's looks
IDENT: Final = "UA8401"
CERTAIN: Final = frozenset({"429", "401"})  # after these a text was certainly not sent
LEAVES, ARRIVES = "2013-03-10T06:00:00Z", "2013-03-10T11:00:00Z"  # far: it is looked at when we say so
HUNG: Final = """
import sys, threading
from pathlib import Path
import flait.daemon as daemon
from flait.__main__ import main

daemon.LONGEST_STEP = 1.5  # seconds, real
once, settle = Path(sys.argv.pop(1)), daemon.Daemon.settle
def hang(self):
    if once.exists():
        once.unlink()
        threading.Event().wait()
    return settle(self)
daemon.Daemon.settle = hang
main()
"""
"""A daemon whose `settle` never comes back once `once` is there: the same program in everything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What is broken and mended again, and how `flait status` has to name it: the problem, and a word of its cause.

    Without `what` any problem may have the cause; with `nag` there is something to do for it again and again.
    """

    name: str
    what: str
    cause: str
    nag: bool = False
    strike: Callable[["Patient"], object]
    heal: Callable[["Patient"], object]


class Patient:
    """A world with a daemon in it, and one flight that Ana follows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.daemon: Popen[str] | None = None
        self.texts = 0
        world.flight(IDENT, scheduled_out=LEAVES, scheduled_in=ARRIVES)
        world.flait("subscribe", IDENT, ANA).done()
        world.clock.put(at("15:10"), FAST)

    def start(self) -> None:
        """A daemon, up and well."""
        self.daemon = self.world.daemon()

    def store(self) -> Store:
        return Store.open(self.world.database, create=False)

    def look(self) -> None:
        """The flight's next look-up is due now."""
        with self.store() as store:
            store.hasten(1, self.world.clock.now())

    def say(self) -> None:
        """One more text is to go out."""
        self.texts += 1
        now = self.world.clock.now()
        with self.store() as store:
            store.enqueue(
                Message(
                    user_id=1, to=ANA, kind=MessageKind.OTHER, body=f"Note {self.texts} for you.", dedup_key=f"note:{self.texts}",
                    created_at=now, not_before=now, expires_at=now + timedelta(days=2),
                )
            )  # fmt: skip

    def status(self) -> tuple[int, Mapping[str, Any]]:
        """What `flait status --json` says."""
        ran = self.world.flait("status", "--json")
        return ran.code, json.loads(ran.out) if ran.out else {}

    def shows(self, outage: Outage) -> bool:
        if outage.nag:
            self.look()
        code, state = self.status()
        told = [each["cause"] for each in state.get("problems", ()) if outage.what in ("", each["what"])]
        return code != 0 and any(re.search(outage.cause, cause) for cause in told)

    def give_up(self) -> None:
        """What went wrong once must not go wrong in every outage after it: the operator drops what is in doubt."""
        for row in self.world.rows("SELECT id FROM messages WHERE status = 'in_doubt'"):
            self.world.flait("messages", "drop", f"msg:{row['id']}", "--yes")

    def is_well(self) -> bool:
        """Nothing is the matter, and no text is left that the next outage would meet for this one."""
        code, state = self.status()
        return code == 0 and not state["queue"]["queued"] and not state["queue"]["sending"]


def run(folder: Path, size: Size) -> Score:
    """One outage after the other, ward by ward; of the usual ones a few in a cut."""
    score = Score(campaign="outages")
    for number, (make, outages) in enumerate(_WARDS.items() if size is Size.FULL else [(_usual, USUAL[::15])]):
        with make(folder / f"ward{number}") as patient:
            for outage in outages:
                score += _went_through(patient, outage)
            if size is Size.FULL and make is _usual:
                score += _begins_anew(patient)
    return score


def _went_through(patient: Patient, outage: Outage) -> Score:
    """Struck, shown, healed, well again: or what was missing."""
    before = patient.world.clock.now()
    try:
        outage.strike(patient)
        patient.world.wait_for(lambda: patient.shows(outage), f"{outage.name} in the status")
        shown = patient.world.clock.now() - before
        outage.heal(patient)
        patient.world.wait_for(patient.is_well, f"recovery from {outage.name}")
    except (AssertionError, OSError) as problem:
        with suppress(Exception):
            outage.heal(patient)
        patient.give_up()
        said = f"{outage.name}: {problem}; {patient.status()[1].get('problems')}"
        return Score(campaign="", expected=1, unexpected=1, remarks=(said,))
    remark = f"{outage.name}: shown after {shown.total_seconds():.0f} s"
    return Score(campaign="", expected=1, ok=int(shown < WITHIN), unexpected=int(shown >= WITHIN), remarks=(remark,))


# --- wards: worlds that differ in how Flait is set up -----------------------------------------------------------------


@contextmanager
def _usual(folder: Path) -> Iterator[Patient]:
    """Both providers reachable, nobody calls us."""
    with _world(folder) as world:
        patient = Patient(world)
        patient.start()
        yield patient


@contextmanager
def _unreachable(folder: Path) -> Iterator[Patient]:
    """Nobody listens where the providers should be, until somebody does."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        with _world(folder) as world:
            patient = Patient(world)
            world.env |= {
                "FLAIT_TWILIO_BASE_URL": f"http://127.0.0.1:{port}",
                "FLAIT_FLIGHTAWARE_BASE_URL": f"http://127.0.0.1:{port}/aeroapi",
            }
            patient.start()
            closed.close()
            yield _Elsewhere(patient, port)


class _Elsewhere(Patient):
    """A patient whose providers are at a port where nobody listens yet."""

    def __init__(self, patient: Patient, port: int) -> None:
        self.__dict__ |= patient.__dict__
        self._port = port
        self._there: Sandbox | None = None

    def come_up(self) -> None:
        if self._there is None:
            self._there = Sandbox(clock=self.world.clock, port=self._port, api_key=API_KEY, auth_token=AUTH_TOKEN)
            self._there.put_flights([{"ident": IDENT, "scheduled_out": LEAVES, "scheduled_in": ARRIVES}])

    def go_away(self) -> None:
        if self._there is not None:
            self._there.close()
            self._there = None
        self.say()


@contextmanager
def _called_back(folder: Path) -> Iterator[Patient]:
    """Twilio calls us; the daemon starts while somebody else has the listener's port."""
    with _world(folder) as world:
        world.be_called_back()
        yield Patient(world)


def _world(folder: Path) -> World:
    folder.mkdir(parents=True)
    return World(folder, rate=FAST)


# --- strikes ----------------------------------------------------------------------------------------------------------


def _aeroapi(fault: str, cause: str) -> Outage:
    def strike(patient: Patient) -> None:
        patient.world.sandbox.post_fault("aeroapi", fault)
        patient.look()

    return Outage(name=f"AeroAPI {fault}", what="flightaware", cause=cause, strike=strike, heal=_faults_over)


def _twilio(fault: str, cause: str) -> Outage:
    """Every text meets it; or one does, where that leaves doubt, and then Twilio's record cannot be read either.

    A text in doubt is sent once more and never a third time: two such faults would leave it to the operator, rightly.
    """

    def strike(patient: Patient) -> None:
        if fault in CERTAIN:
            patient.world.sandbox.post_fault("twilio", fault)
        else:
            patient.world.sandbox.post_fault("twilio", fault, times=1, match=ANA)
            patient.world.sandbox.post_fault("twilio", "503", match="Messages.json?")
        patient.say()

    return Outage(name=f"Twilio {fault}", what="twilio", cause=cause, strike=strike, heal=_faults_over)


def _faults_over(patient: Patient) -> None:
    patient.world.sandbox.clear_faults()


def _secret(name: str, secret: str, *, gone: bool) -> Outage:
    def strike(patient: Patient) -> None:
        patient.world.keep_secret(name, None if gone else f"{secret}-old")
        patient.look()
        patient.say()

    cause = f"{name} is not stored" if gone else "refuse|Authenticate|HTTP 401"
    return Outage(
        name=f"{name} {'missing' if gone else 'rotated away'}",
        what="",
        cause=cause,
        nag=True,
        strike=strike,
        heal=lambda patient: patient.world.keep_secret(name, secret),
    )


def _kill(patient: Patient) -> None:
    assert patient.daemon
    patient.world.kill(patient.daemon)


def _signal(number: signal.Signals) -> Callable[[Patient], None]:
    def send(patient: Patient) -> None:
        assert patient.daemon
        patient.daemon.send_signal(number)

    return send


def _room(bytes_: int) -> Callable[[Patient], None]:
    """How long the running daemon may make a file: as if the disk were full."""

    def limit(patient: Patient) -> None:
        assert patient.daemon
        resource.prlimit(patient.daemon.pid, resource.RLIMIT_FSIZE, (bytes_, resource.RLIM_INFINITY))
        patient.look()
        patient.say()

    return limit


_locks: dict[int, Any] = {}


def _lock_database(patient: Patient) -> None:
    """Another program writes, and does not come to an end."""
    connection = sqlite3.connect(patient.world.database, isolation_level=None, timeout=60)
    connection.execute("BEGIN IMMEDIATE")
    _locks[id(patient)] = connection


def _unlock_database(patient: Patient) -> None:
    with closing(_locks.pop(id(patient))) as connection:
        connection.execute("ROLLBACK")


def _spend(times: int) -> Callable[[Patient], None]:
    def book(patient: Patient) -> None:
        now = patient.world.clock.now()
        with patient.store() as store:
            store.book(f"{now:%Y-%m}", "flights", result_sets=times, micro_usd=times * 5_000, now=now)

    return book


def _block_backups(patient: Patient) -> None:
    """The folder cannot be had, and one is due."""
    folder = patient.world.home / "backups"
    folder.rename(folder.with_name("backups-before"))
    folder.write_text("not a folder")


def _unblock_backups(patient: Patient) -> None:
    folder = patient.world.home / "backups"
    folder.unlink()
    folder.with_name("backups-before").rename(folder)


def _take_port(patient: Patient) -> None:
    """The listener's address is somebody else's when the daemon starts."""
    host, _, port = patient.world.env["FLAIT_WEBHOOK_LISTEN"].rpartition(":")
    other = socket.socket()
    other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with suppress(OSError):
        patient.world._port.close()
    other.bind((host, int(port)))
    other.listen()
    _locks[id(patient)] = other
    patient.start()


def _give_port_back(patient: Patient) -> None:
    _locks.pop(id(patient)).close()


def _lose_token(patient: Patient) -> None:
    """No auth token when the daemon starts: no signature could be checked."""
    assert patient.daemon
    patient.world.kill(patient.daemon)
    patient.world.keep_secret("twilio-auth-token", None)
    patient.start()


def _break_keyring(patient: Patient) -> None:
    """The secrets are asked of a keyring that answers with an exception."""
    Path(patient.world.env["FLAIT_TEST_KEYRING"]).write_text("not JSON")
    for name in SECRETS:
        patient.world.keep_secret(name, None)


def _mend_keyring(patient: Patient) -> None:
    Path(patient.world.env["FLAIT_TEST_KEYRING"]).unlink()
    for name, secret in SECRETS.items():
        patient.world.keep_secret(name, secret)


def _begins_anew(patient: Patient) -> Score:
    """A thread of the daemon's hangs for ever: the daemon says so, and starts again in the same process."""
    world, once = patient.world, patient.world.home.parent / "hang-once"
    _kill(patient)
    once.touch()
    daemon = world._started([sys.executable, "-c", HUNG, str(once), "daemon", "run", "--quiet"], {})
    try:
        world.wait_for(lambda: "did not come to an end" in world.log, "the watchdog")
        world.wait_for(lambda: world.log.count(f"daemon started, pid {daemon.pid}") == 2, "a new beginning")
        patient.say()
        world.wait_for(lambda: f"Note {patient.texts} for you." in world.texts(ANA), "a text after it")
        world.wait_for(patient.is_well, "recovery from a thread that hangs")
    except AssertionError as problem:
        return Score(campaign="", expected=1, unexpected=1, remarks=(f"hanging thread: {problem}",))
    return Score(campaign="", expected=1, ok=1)


ANSWERS: Final = "garbage", "cut", "reset_before", "reset_after", "huge", "redirect", "500", "503"
AEROAPI: Final = tuple(_aeroapi(fault, "AeroAPI|FlightAware") for fault in (*ANSWERS, "429", "401", "hang", "drip"))
TWILIO: Final = (
    *(_twilio(fault, "Twilio") for fault in (*ANSWERS, "429", "401", "empty")),
    _twilio("hang", "did not answer in time|cannot be read"),
    _twilio("drip", "did not answer in time|cannot be read"),
)
USUAL: Final = (
    *AEROAPI,
    *TWILIO,
    _secret("flightaware-api-key", API_KEY, gone=True),
    _secret("flightaware-api-key", API_KEY, gone=False),
    _secret("twilio-auth-token", AUTH_TOKEN, gone=True),
    _secret("twilio-auth-token", AUTH_TOKEN, gone=False),
    Outage(
        name="keyring failing", what="keyring", cause="stay in use", nag=True, strike=_break_keyring,
        heal=_mend_keyring,
    ),
    Outage(name="budget spent", what="budget", cause="budget of", strike=_spend(1000), heal=_spend(-1000)),
    Outage(name="backups folder", what="backup", cause="backups", strike=_block_backups, heal=_unblock_backups),
    Outage(
        name="disk full", what="beat", cause="is full|rolled back", strike=_room(8192),
        heal=_room(resource.RLIM_INFINITY),
    ),
    Outage(
        name="database locked", what="daemon", cause="no sign of life", strike=_lock_database, heal=_unlock_database
    ),
    Outage(
        name="daemon stopped", what="daemon", cause="no sign of life", strike=_signal(signal.SIGSTOP),
        heal=_signal(signal.SIGCONT),
    ),
    Outage(name="daemon killed", what="daemon", cause="does not run", strike=_kill, heal=Patient.start),
)  # fmt: skip
UNREACHABLE: Final = (
    Outage(name="AeroAPI gone", what="flightaware", cause="could not be reached", strike=Patient.look,
           heal=lambda patient: patient.come_up()),  # type: ignore[attr-defined]  # an _Elsewhere
    Outage(name="both gone", what="twilio", cause="could not be reached",
           strike=lambda patient: patient.go_away(),  # type: ignore[attr-defined]  # an _Elsewhere
           heal=lambda patient: patient.come_up()),  # type: ignore[attr-defined]  # an _Elsewhere
)  # fmt: skip
CALLED_BACK: Final = (
    Outage(name="port taken", what="webhook", cause="cannot be bound", strike=_take_port, heal=_give_port_back),
    Outage(
        name="no token", what="webhook", cause="twilio-auth-token is not stored", strike=_lose_token,
        heal=lambda patient: patient.world.keep_secret("twilio-auth-token", AUTH_TOKEN),
    ),
)  # fmt: skip

_WARDS: Final[Mapping[Callable[[Path], Any], tuple[Outage, ...]]] = {
    _usual: USUAL,
    _unreachable: UNREACHABLE,
    _called_back: CALLED_BACK,
}
