"""What the daemon says of itself to others on this machine, in run/daemon.json: that it lives, and what troubles it.

The database may be what fails. So this is a file of its own, which takes its room on the disk once and is overwritten
in place: a full disk cannot keep the daemon from saying that the disk is full.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final

from flait.settings.rules import Value
from flait.system.paths import make_private, open_private

FILE: Final = "daemon.json"
ROOM: Final = 16 * 1024  # bytes
MOST: Final = 20  # troubles told at once: there are fewer kinds of work
LONGEST: Final = 400  # characters of a cause
TRIES: Final = 3  # a reader may meet a writer halfway


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What does not work, why in a sentence, and since when."""

    what: str
    cause: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """The daemon's last word: who it is, when it spoke, and what troubles it."""

    pid: int
    at: datetime
    troubles: tuple[Trouble, ...]
    lasting: bool = True  # a daemon's; else the last pass's of `flait tick`
    in_force: Mapping[str, Value] = field(default_factory=dict)  # settings as it holds them; none: it does not say
    waiting: tuple[str, ...] = ()  # settings that were changed and want a restart


IN_WORDS: Mapping[str, str] = {
    # a tick, or who is asked → what does not work, for people
    "poll": "looking at flights",
    "deliver": "sending texts",
    "answer": "answering texts",
    "settle": "settling doubts",
    "fetch": "reading replies",
    "activate": "carrying wishes on",
    "timetable": "checking timetables",
    "listen": "listening for calls",
    "push": "push alerts",
    "backup": "backups",
    "upkeep": "clearing up",
    "beat": "signs of life",
    "time": "asking for the time",
}


def by_cause(troubles: Iterable[Trouble]) -> Sequence[tuple[str, str, datetime]]:
    """Lines for people: what fails for the same cause stands in one line, with the cause, and since when."""
    names: dict[str, list[str]] = {}
    since: dict[str, datetime] = {}
    for trouble in troubles:
        name = trouble.what.partition("-")[0].replace("_", " ")  # several senders are one to them
        name = IN_WORDS.get(name, name)
        known = names.setdefault(trouble.cause, [])
        known += [] if name in known else [name]
        since[trouble.cause] = min(since.get(trouble.cause, trouble.since), trouble.since)
    return [(", ".join(known), cause, since[cause]) for cause, known in names.items()]


class Troubles:
    """What troubles one daemon, by what it is; for any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, Trouble] = {}

    def note(self, what: str, cause: str, now: datetime) -> bool:
        """That this does not work, or with no cause that it works; whether that is news."""
        with self._lock:
            known = self._known.get(what)
            if (known.cause if known else "") == cause:
                return False
            if cause:
                self._known[what] = Trouble(what=what, cause=cause, since=known.since if known else now)
            else:
                del self._known[what]
            return True

    def clear(self) -> None:
        """Forget them all: one that explains the others is noted next."""
        with self._lock:
            self._known.clear()

    @property
    def told(self) -> Sequence[Trouble]:
        """All of them, the oldest first."""
        with self._lock:
            return list(self._known.values())


class Pulse:
    """The daemon's side; for one thread at a time. Raises ConfigError where there is no room for the file at all."""

    def __init__(self, run_dir: Path, *, lasting: bool = True) -> None:
        """`lasting`: a daemon's; else a pass's, after which nobody is there."""
        self._lasting = lasting
        self._file = open_private(make_private(run_dir) / FILE, os.O_WRONLY)
        self._write({})

    def say(
        self,
        now: datetime,
        troubles: Sequence[Trouble],
        *,
        in_force: Mapping[str, Value] | None = None,
        waiting: Sequence[str] = (),
    ) -> None:
        """Say that we are alive, and what is wrong. Never raises: nobody is left who could be told."""
        told = [asdict(trouble) | {"cause": trouble.cause[:LONGEST]} for trouble in troubles[:MOST]]
        settings = {"in_force": in_force or {}, "waiting": list(waiting)}
        self._write({"pid": os.getpid(), "lasting": self._lasting, "at": now, "troubles": told, **settings})

    def say_nothing(self) -> None:
        """Say that nothing is wrong any more, for nobody runs."""
        self._write({})

    def close(self) -> None:
        """Let the file be."""
        os.close(self._file)

    def _write(self, fields: Mapping[str, Any]) -> None:
        text = json.dumps(fields, default=_plain).encode()
        with suppress(OSError):
            os.pwrite(self._file, text.ljust(ROOM), 0)


def word(run_dir: Path) -> Word | None:
    """What the daemon said last; None: nothing that can be read."""
    for _ in range(TRIES):
        with suppress(OSError, ValueError, KeyError, TypeError):
            fields = json.loads((run_dir / FILE).read_text(encoding="utf-8"))
            troubles = tuple(
                Trouble(what=each["what"], cause=each["cause"], since=_moment(each["since"]))
                for each in fields["troubles"]
            )
            return Word(
                pid=fields["pid"],
                at=_moment(fields["at"]),
                troubles=troubles,
                lasting=fields.get("lasting", True),
                in_force=fields.get("in_force", {}),
                waiting=tuple(fields.get("waiting", ())),
            )
    return None


def _plain(value: object) -> str:
    assert isinstance(value, datetime)
    return value.astimezone(UTC).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
