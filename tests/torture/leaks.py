"""Tries to make Flait let a secret or a telephone number out, while everything it calls and is called by goes wrong.

Real processes with -vv: AeroAPI and Twilio refuse, break off, garble and hang; an HTTP library that tells all it was
given in its exception; a keyring whose exceptions hold the secret; calls that nobody signed; a process that is
aborted and would dump its core. Meanwhile the command line and environment of each are read.

Looked at: what each process said, its command line and environment, and every file that is left (log, daemon.out,
database with its log, backups, run/, a core). `leaks` are secrets in any spelling, anywhere; and telephone numbers
that stand whole in a log or in what a daemon said. `unexpected` are files that others may read, and an act in which
nothing was there to be hidden.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeVar

from flait.system.redaction import HIDDEN
from tests.adapters.twilio_posts import signed, status_fields, text_fields
from tests.end_to_end.rig import ACCOUNT_SID, ANA, AUTH_TOKEN, BEN, SECRETS, World, at
from tests.torture.canaries import contents_of, files_below, leaked_in, numbers_in
from tests.torture.score import Score, Size

T = TypeVar("T")

FAST: Final = 600.0  # times real time
LOOK_EVERY: Final = 0.005  # seconds, real
CARELESS: Final = str(Path(__file__).with_name("careless"))
BLABBING: Final = "tests.keyring_that_blabs.BlabbingKeyring"
ASKED: Final = {  # of AeroAPI; each fault has a flight
    Size.CUT: ("401", "garbage"),
    Size.FULL: (
        "hang", "drip", "401", "500", "503", "redirect", "empty", "garbage", "cut", "reset_before", "reset_after",
        "huge", "429",
    ),
}  # fmt: skip
SLOW: Final = ("hang", "drip")  # as long as the deadline: once is enough, both at a time
SENT: Final = {  # to Twilio; each fault has a number
    Size.CUT: ("401", "garbage"),
    Size.FULL: (
        "401", "429", "500", "21211", "21610", "garbage", "cut", "reset_before", "reset_after", "huge", "hang", "drip"
    ),
}  # fmt: skip
NAMES: Final = {Size.CUT: ("twilio-auth-token",), Size.FULL: tuple(SECRETS)}
BLABBED_AT: Final = ("secrets list", "tick", "secrets test", "subscribe UA8600 +15555550100")
FAILED_AT: Final = ("tick", "subscribe UA8600 +15555550100", "secrets test", "secrets list")
TOLD: Final = {Size.CUT: 2, Size.FULL: 4}  # of both


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """Something that is left; `is_log`: no telephone number may stand there whole."""

    name: str
    content: bytes
    is_log: bool = False


def run(folder: Path, size: Size) -> Score:
    """Let everything go wrong, then look at all that is left."""
    with World(folder) as world, Onlooker(world) as onlooker:
        world.be_called_back()
        _ask(world, ASKED[size])
        _set(world, NAMES[size])
        _blab(world, TOLD[size])
        _send(world, SENT[size])
        _fail_carelessly(world)
        _look_around(world, size)
    said = [*_said(world), *onlooker.seen]
    return judged([*said, *_files(folder)], _hidden(world) + _open_to_others(world.home))


def judged(artefacts: Sequence[Artefact], wrong: Sequence[str]) -> Score:
    """How many are clean; and what else is `wrong`."""
    hits = {artefact.name: _hits(artefact) for artefact in artefacts}
    remarks = [f"{name}: {', '.join(found)}" for name, found in hits.items() if found]
    return Score(
        campaign="leaks",
        expected=len(artefacts),
        ok=sum(not _hits(artefact) for artefact in artefacts),
        leaks=sum(map(len, hits.values())),
        unexpected=len(wrong),
        remarks=(*remarks, *wrong),
    )


def _hits(artefact: Artefact) -> list[str]:
    numbers = numbers_in(artefact.content) if artefact.is_log else 0
    return leaked_in(artefact.content) + (["telephone number"] * numbers)


# What goes wrong


def _ask(world: World, faults: Sequence[str]) -> None:
    """Each command meets a fault of AeroAPI's, as often as it tries."""
    idents = {f"UA86{number:02}": fault for number, fault in enumerate(faults)}
    for ident, fault in idents.items():
        world.flight(ident, scheduled_out="16:30", scheduled_in="19:00")
        world.sandbox.post_fault("aeroapi", fault, match=ident, times=1 if fault in SLOW else None)
    for pair in _pairs(list(idents)):
        world.all_at_once([("-vv", "subscribe", ident, ANA) for ident in pair])
    world.sandbox.clear_faults()
    world.clock.put(at("15:20"), 1)  # a 429 keeps everybody from asking for a minute


def _set(world: World, names: Sequence[str]) -> None:
    """Secrets come in: kept, refused as no secret, and told by a keyring that cannot keep them."""
    elsewhere = {"CREDENTIALS_DIRECTORY": ""}
    for name in names:
        line = f"{SECRETS[name]}\n"
        command = ("-vv", "secrets", "set", name)
        assert world.piped(line, *command, **_blabbing(world)).code == 5
        assert world.piped(line * 2, *command, **elsewhere).code == 2
        assert world.piped(line, *command, **elsewhere).code == 0


def _blab(world: World, most: int) -> None:
    """A keyring tells the secret in its exceptions; an HTTP library, all it was given."""
    told = [(words, _blabbing(world)) for words in BLABBED_AT[:most]]
    told += [(words, _careless(world)) for words in FAILED_AT[:most]]
    for pair in _pairs(told):
        for process in [world.spawn("-vv", *words.split(), **env) for words, env in pair]:
            world.finished(process)


def _send(world: World, faults: Sequence[str]) -> None:
    """A daemon's texts and polls meet faults, strangers call it, and at last it is aborted."""
    numbers = {f"+155555501{number:02}": fault for number, fault in enumerate(faults, start=10)}
    world.flight("UA8701", scheduled_out="17:00", scheduled_in="19:00")
    for pair in _pairs(list(numbers)):
        for ran in world.all_at_once([("-vv", "subscribe", "UA8701", to) for to in pair]):
            ran.done()
    for to, fault in numbers.items():
        world.sandbox.post_fault("twilio", fault, times=1, match=to)
    world.sandbox.post_fault("aeroapi", "garbage", times=1)
    world.clock.put(at("15:40"), FAST)
    daemon = _daemon_that_would_dump_core(world)
    _call(world)
    for fault in faults:
        world.wait_for(lambda fault=fault: world.requests("twilio", fault=fault), f"{fault} of Twilio's")  # type: ignore[misc]  # bound now
    world.wait_for(lambda: world.requests("aeroapi", fault="garbage"), "a poll that fails")
    if "hang" in faults:
        world.wait_for(lambda: "did not answer in time" in world.log, "the end of what hangs")
    daemon.send_signal(signal.SIGABRT)
    world.finished(daemon)


def _daemon_that_would_dump_core(world: World) -> subprocess.Popen[str]:
    """In the foreground, telling everything there is to tell."""
    command = ["sh", "-c", 'ulimit -c unlimited; exec "$0" "$@"', sys.executable, "-m", "flait", "-vv", "daemon", "run"]
    process = world._started(command, {"PYTHONFAULTHANDLER": "1", "PYTHONASYNCIODEBUG": "1", "PYTHONDEVMODE": "1"})
    world.wait_for(lambda: process.poll() is not None or world._beats(process.pid), "the daemon's first beat")
    return process


def _call(world: World, *, answer: int = 200) -> None:
    """Twilio calls, and strangers do; the one who knows the token is answered so."""
    text = text_fields("STATUS", AccountSid=ACCOUNT_SID, From=BEN)
    report = status_fields(AccountSid=ACCOUNT_SID, To=BEN)
    for path, fields in (("/twilio/message", text), ("/twilio/status?m=1&a=1", report)):
        forged = signed(path, fields, base=world.public_url, token="canary-of-a-stranger")
        assert world.post(forged.target, forged.headers, forged.body) == 403
        assert world.post(forged.target, {**forged.headers, "x-twilio-signature": ""}, forged.body) == 403
        assert world.post(forged.target, forged.headers, forged.body + b"&%ff%fe") in (400, 403)
    real = signed("/twilio/message", text, base=world.public_url, token=AUTH_TOKEN)
    assert world.post(real.target, real.headers, real.body) == answer


def _fail_carelessly(world: World) -> None:
    """A daemon in the background whose own work fails, with everything in the exception."""
    world.clock.put(at("16:40"), FAST)
    world.flait("-vv", "daemon", "start", "--wait", "30", **_careless(world)).done()
    _call(world, answer=500)
    world.wait_for(lambda: "RuntimeError: http" in world.log and "RuntimeError: (" in world.log, "both to fail")
    world.flait("-vv", "daemon", "stop").done()


def _look_around(world: World, size: Size) -> None:
    """What people look at afterwards."""
    looks = ["backup create", "daemon logs -n 5000"]
    more = [
        "status --json",
        "config show",
        "secrets list --json",
        "messages --json",
        "trace 1",
        "usage",
        "paths",
        "user list",
        "flights",
        "board",
    ]
    for pair in _pairs(looks if size is Size.CUT else looks + more):
        world.all_at_once([("-vv", *words.split()) for words in pair])


def _blabbing(world: World) -> dict[str, str]:
    told = {"FLAIT_TEST_BLAB": world.env["CREDENTIALS_DIRECTORY"]}
    return {"CREDENTIALS_DIRECTORY": "", "PYTHON_KEYRING_BACKEND": BLABBING, **told}


def _careless(world: World) -> dict[str, str]:
    return {"PYTHONPATH": f"{CARELESS}:{world.env['PYTHONPATH']}"}


def _pairs(of: Sequence[T]) -> Iterator[Sequence[T]]:
    """Two cores."""
    return (of[first : first + 2] for first in range(0, len(of), 2))


# What is left


class Onlooker:
    """Reads the command line and environment of every process of a world's, from outside, while it runs."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="onlooker", daemon=True)
        self._read: dict[tuple[int, str], bytes] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def seen(self) -> list[Artefact]:
        """What was read, each process once."""
        return [Artefact(name=f"{what} of {pid}", content=content) for (pid, what), content in self._read.items()]

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            for process in list(self._world.processes):
                self._look_at(process.pid)

    def _look_at(self, pid: int) -> None:
        with suppress(OSError):  # it has gone
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                self._look_at(int(child))
            if b"flait" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                for what in ("cmdline", "environ"):
                    self._read[pid, what] = Path(f"/proc/{pid}/{what}").read_bytes()


def _said(world: World) -> Iterator[Artefact]:
    """What every process said; a daemon in the foreground logs to its standard error."""
    for number, ran in enumerate(world.ran):
        yield Artefact(name=f"stdout {number}", content=ran.out.encode())
        is_log = ran.code == -signal.SIGABRT or "Traceback" in ran.err
        yield Artefact(name=f"stderr {number}", content=ran.err.encode(), is_log=is_log)


def _files(folder: Path) -> Iterator[Artefact]:
    for path in files_below(folder):
        yield Artefact(name=str(path.relative_to(folder)), content=contents_of(path), is_log="log" in path.parts)


def _hidden(world: World) -> list[str]:
    """A search that finds nothing proves nothing where there was nothing: each place had something to hide."""
    aloud = "".join(ran.err for ran in world.ran if "Traceback" in ran.err)
    places = {"the log": (world.log, (HIDDEN, "…")), "a command's traceback": (aloud, (HIDDEN,))}
    return [
        f"{place} had nothing to hide"
        for place, (text, blanks) in places.items()
        if not all(blank in text for blank in blanks)
    ]


def _open_to_others(home: Path) -> list[str]:
    return [f"{path} is open to others" for path in (home, *home.rglob("*")) if path.stat().st_mode & 0o077]
