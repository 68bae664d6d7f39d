"""Every writing command is killed in its system calls, and meets a failing and a full disk: all of it is done, or nothing.

A fault is named by the command, the system call, which call of that name, and what happens to it. Whatever happened,
the database is sound, what the command says is true, and the same command afterwards succeeds.
"""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from flait.core.messages import LOOK_AGAIN
from flait.core.values import replace
from flait.store.engine import sqlite3
from tests.end_to_end.rig import ANA, BEN, CLEO, DAN, Ran, World
from tests.torture.kills import HALVES
from tests.torture.score import Score, Size

SEED: Final = 20130308
FLIGHT, OTHER, AHEAD = "UA8601", "UA8602", "UA8603"
COMMANDS: Final = {
    "subscribe somebody new": ["subscribe", FLIGHT, CLEO, "--name", "Cleo"],
    "subscribe somebody known": ["subscribe", OTHER, ANA],
    "subscribe for days ahead": ["subscribe", AHEAD, ANA, "--date", "2013-03-15"],
    "unsubscribe": ["unsubscribe", FLIGHT, ANA],
    "user add": ["user", "add", "Dan", DAN],
    "user remove": ["user", "remove", "Ben", "--yes"],
    "user set": ["user", "set", "Ana", "timezone", "Europe/Berlin"],
    "messages retry": ["messages", "retry", "1"],
    "backup create": ["backup", "create"],
    "config set": ["config", "set", "alerts.delay_minutes", "30"],
    "tick": ["tick"],
}
TICK: Final = "tick"
WRITES: Final = ("pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink", "rename")
FLUSHES: Final = frozenset({"fdatasync", "fsync"})
KILL, FULL_DISK, BROKEN_DISK = "signal=KILL", "error=ENOSPC", "error=EIO"
BLOCKS: Final = (0, 4, 16, 64)  # of 512 bytes, that any file may be long at most
LEFT_OUT: Final = frozenset({"usage", "pace", "providers", "daemon", "sqlite_sequence", "readings"})
OF_A_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
PEOPLE_OF_TICKS: Final = "+155555502"  # somebody new for each, so that no text is taken for another's


Call = tuple[str, int]  # a system call's name, and which one of that name


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one command."""

    command: str
    syscall: str  # "" for a limit on every file's length
    call: int  # the how-many-th, or the limit in blocks
    what: str = ""
    lasting: bool = False  # to every later call of that name too

    def wrapped(self) -> list[str]:
        """What stands before the command line."""
        if not self.syscall:
            return ["sh", "-c", f'ulimit -f {self.call} && exec "$0" "$@"']
        when = f"{self.call}+" if self.lasting else f"{self.call}"
        inject = f"inject={self.syscall}:{self.what}:when={when}"
        return ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={self.syscall}", "-e", inject]


@cache
def strace_works() -> bool:
    """Whether it is there, and may trace and inject here."""
    if shutil.which("strace") is None:
        return False
    traced = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "inject=fdatasync:error=EIO", sys.executable, "-c", ""]
    return subprocess.run(traced, capture_output=True, check=False).returncode == 0


class Lab:
    """A world in which Ana and Ben follow a flight, put back before every fault."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self._template = folder / "template"
        self._calls = folder / "calls"
        self._ticks = 0
        self._whole: dict[str, tuple[object, list[Call]]] = {}
        self._populate()

    def _populate(self) -> None:
        for ident in (FLIGHT, OTHER):
            self.world.flight(ident, scheduled_out="18:00", scheduled_in="20:00")
        self.world.flight(AHEAD, scheduled_out="2013-03-15T18:00:00Z", scheduled_in="2013-03-15T20:00:00Z")
        self.world.flait("subscribe", FLIGHT, ANA, "--name", "Ana").done()
        self.world.flait("tick").done()
        self.world.flait("subscribe", FLIGHT, BEN, "--name", "Ben").done()
        self.world.change("UPDATE messages SET status = 'failed', ended_at = sent_at WHERE id = 1")
        shutil.rmtree(self.world.home / "backups")  # the tick's own, or one more would not show
        shutil.copytree(self.world.home, self._template)
        self.before = self.state()

    def put_back(self) -> None:
        """Everything as it was; beside it, somebody new who waits for a text, when it is for a tick."""
        shutil.rmtree(self.world.home)
        shutil.copytree(self._template, self.world.home)

    def run(self, words: Sequence[str], wrapped: Sequence[str] = ()) -> Ran:
        """One command, with something around it."""
        command = [*wrapped, sys.executable, "-m", "flait", *words]
        return self.world.finished(self.world._started(command, {"PYTHONDONTWRITEBYTECODE": "1"}))

    def state(self) -> object:
        """Everything that commands change, without moments."""
        config = self.world.home / "config.toml"
        # A copy that Flait makes before it removes something is no part of what was asked for.
        asked_for = [file for file in self.world.home.glob("backups/*.db") if "-before-" not in file.name]
        backups = len([file for file in asked_for if sound(file) == "ok"])
        rows = {name: [_timeless(row) for row in rows] for name, rows in self._contents().items()}
        return (config.read_text() if config.exists() else "", backups > 0, rows)

    def _contents(self) -> dict[str, list[dict[str, Any]]]:
        return {name: rows for name, rows in self.world.contents(but=list(LEFT_OUT)).items() if name != "journal"}

    def whole(self, command: str) -> tuple[object, list[Call]]:
        """What the command leaves when nothing happens to it, and the system calls that write."""
        if command not in self._whole:
            self.put_back()
            counted = ["strace", "-f", "-qq", "-o", str(self._calls), "-e", f"trace={','.join(WRITES)}"]
            self.run(COMMANDS[command], counted if strace_works() else ()).done()
            self._whole[command] = (self.state(), self._counted())
        return self._whole[command]

    def _counted(self) -> list[Call]:
        """Not those that write the answer: who cannot have that is to be told so, whatever was done."""
        if not self._calls.exists():
            return []
        made: Counter[str] = Counter()
        calls = []
        for name, first in re.findall(r"^\d+ +(\w+)\((\w*)", self._calls.read_text(errors="replace"), re.MULTILINE):
            made[name] += 1
            if (name, first) != ("write", "1"):
                calls.append((name, made[name]))
        return calls

    def next_person(self) -> str:
        """Somebody whom nobody has texted yet follows the flight, for a tick to text."""
        self._ticks += 1
        phone = f"{PEOPLE_OF_TICKS}{self._ticks:02}"
        self.run(["subscribe", FLIGHT, phone]).done()
        return phone


def sound(file: Path) -> str:
    """`ok`, or what is wrong with a database."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
            return "orphans" if orphans else str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.Error as problem:
        return str(problem)


OF_LOOKS = ("duration_ms", "polls", "previous", "last_polled_at")  # a command that is given again may look again


def _timeless(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: OF_A_MOMENT.sub("T", value) if isinstance(value, str) else value
        for name, value in row.items()
        if name not in OF_LOOKS
    }


def faults(lab: Lab, size: Size, random: Random) -> Iterator[Fault]:
    """Every command is killed, and meets both kinds of disks; which call it is, chance says."""
    chosen = list(COMMANDS) if size is Size.FULL else ["subscribe somebody new", "config set"]
    for command in chosen:
        yield Fault(command=command, syscall="", call=random.choice(BLOCKS))
        if strace_works():
            yield from _injected(command, lab.whole(command)[1], size, random)


def _injected(command: str, points: Sequence[Call], size: Size, random: Random) -> Iterator[Fault]:
    for syscall, call in _spread(points, size.of(cut=1, full=4), random):
        yield Fault(command=command, syscall=syscall, call=call, what=KILL)
    for syscall, call in _spread(points, size.of(cut=0, full=2), random):
        what = random.choice([FULL_DISK, BROKEN_DISK])
        lasting = syscall != "write" and random.random() < 0.5  # no disk makes every write fail, the null device's too
        yield Fault(command=command, syscall=syscall, call=call, what=what, lasting=lasting)


def _spread(points: Sequence[Call], count: int, random: Random) -> list[Call]:
    """Calls of every name before a second of one."""
    by_name = {name: random.choice([point for point in points if point[0] == name]) for name, _ in points}
    first = random.sample(list(by_name.values()), len(by_name))
    rest = random.sample(points, len(points))
    return [*first, *(point for point in rest if point not in first)][:count]


def run(folder: Path, size: Size) -> Score:
    """One fault after another."""
    folder.mkdir(exist_ok=True)
    lab = Lab(folder)
    with lab.world:
        random = Random(SEED)
        tried = [(fault, judged(lab, fault)) for fault in faults(lab, size, random)]
    total = sum((score for _, score in tried), Score(campaign="commands"))
    return replace(total, remarks=(_summary([fault for fault, _ in tried]), *total.remarks[:8]))


def _summary(tried: Sequence[Fault]) -> str:
    kinds = Counter(_KINDS[fault.what] for fault in tried)
    what = ", ".join(f"{many} {kind}" for kind, many in kinds.items())
    commands = len({fault.command for fault in tried})
    return f"{what}, over {commands} commands" + ("" if strace_works() else "; strace cannot be used here")


_KINDS: Final = {
    "": "files that may not grow",
    KILL: "kills inside a system call",
    FULL_DISK: "calls on a full disk",
    BROKEN_DISK: "calls on a failing disk",
}


def judged(lab: Lab, fault: Fault) -> Score:
    """One fault, and what it came to."""
    lab.put_back()
    wrong = _ticked(lab, fault) if fault.command == TICK else _done_or_not(lab, fault)
    files = [lab.world.database, *lab.world.home.glob("backups/*.db")]
    damaged = [f"{file.name} is damaged: {said}" for file in files if (said := sound(file)) != "ok"]
    halves = [what for what, sql in HALVES.items() if lab.world.rows(sql) and what not in ALLOWED]
    unexpected = [*wrong.unexpected, *damaged]
    halves += wrong.half
    everything = [*unexpected, *halves, *wrong.lost, *wrong.dup]
    return Score(
        campaign="commands",
        expected=1,
        ok=int(not everything),
        lost=len(wrong.lost),
        dup=len(wrong.dup),
        unexpected=len(unexpected),
        halfstates=len(halves),
        remarks=tuple(f"{fault}: {what}" for what in everything),
    )


ALLOWED: Final = frozenset({"a person without a subscription"})  # `user add` makes one, `unsubscribe` leaves one


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What was not as promised."""

    unexpected: Sequence[str] = ()
    half: Sequence[str] = ()
    lost: Sequence[str] = ()
    dup: Sequence[str] = ()


def _done_or_not(lab: Lab, fault: Fault) -> Wrong:
    """All of it or nothing, as the command said; and done, when it is run again."""
    after, _ = lab.whole(fault.command)
    lab.put_back()
    ran = lab.run(COMMANDS[fault.command], fault.wrapped())
    whole, found = sound(lab.world.database), lab.state()
    again = lab.run(COMMANDS[fault.command])
    at_last = lab.state()
    return Wrong(
        unexpected=[
            *_said_badly(ran),
            *_said_wrongly(fault, ran, done=found == after != lab.before),
            *_not_repaired(again, done=found == after),
            *([] if whole == "ok" else [f"right after it: {whole}"]),
            *([] if at_last == after else [f"in the end it is not done: {again}"]),
        ],
        half=[] if found in (lab.before, after) else [f"half of it is there: {_difference(found, lab.before)}"],
        lost=[f"it said that it was done: {ran}"] if ran.code == 0 and found != after else [],
    )


def _said_badly(ran: Ran) -> list[str]:
    """One line and a documented code, whatever the disk does; whoever is killed says nothing."""
    if ran.code in (-9, 137, 0):
        return []
    one_line = ran.err.startswith("error: ") and ran.err.count("\n") == 1 and "Traceback" not in ran.err
    return [] if one_line and 1 <= ran.code <= 9 else [f"badly said: {ran}"]


def _said_wrongly(fault: Fault, ran: Ran, *, done: bool) -> list[str]:
    """Whoever is told that it was not done does it again.

    What could not be flushed is there, and may not outlast a power cut: it is rightly not called done.
    """
    if fault.syscall in FLUSHES:
        return []
    return [f"it said that it was not done, and it was: {ran}"] if done and 0 < ran.code < 10 else []


def _not_repaired(again: Ran, *, done: bool) -> list[str]:
    """The same command succeeds; or, when it was done before, may say that there is nothing to do."""
    return [] if again.code == 0 or (done and again.code in (2, 7)) else [f"the next one did not succeed: {again}"]


def _difference(found: object, before: object) -> str:
    assert isinstance(found, tuple)
    assert isinstance(before, tuple)
    rows, rows_before = found[2], before[2]
    return f"config and backups {found[:2]}, tables {[name for name in rows if rows[name] != rows_before[name]]}"


def _ticked(lab: Lab, fault: Fault) -> Wrong:
    """Whatever became of one tick, a few more send every text once."""
    who = lab.next_person()
    ran = lab.run(COMMANDS[TICK], fault.wrapped())
    for _ in range(4):
        lab.world.clock.put(lab.world.clock.now() + LOOK_AGAIN + timedelta(seconds=1), 1.0)
        again = lab.run(COMMANDS[TICK])
    texts = lab.world.texts(who)
    unsettled = {place: many for place, many in lab.world.statuses().items() if place not in ("accepted", "failed")}
    return Wrong(
        unexpected=[
            *_said_badly(ran),
            *_not_repaired(again, done=False),
            *([f"unsettled: {unsettled}"] if unsettled else []),
        ],
        lost=[] if texts else [f"{who} never heard: {ran}"],
        dup=[f"{len(texts)} texts"] if len(texts) > 1 else [],
    )
