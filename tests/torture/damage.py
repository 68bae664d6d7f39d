"""Bytes of the database are changed behind Flait's back: a command says so in one line, or it does no harm.

A file that is refused keeps every byte, nothing is made anew in its place, and the way out that is named leads out.
"""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec

from flait.errors import StoreError
from flait.store import Store
from tests.doors.command_line import CommandLine
from tests.store.samples import NOW, PHONE, follower, message
from tests.store.test_upkeep import everything
from tests.torture import dying
from tests.torture.tally import HalfState, Lost, Tally

READS: Final = (
    ("user", "list", "--json"),
    ("subscriptions", "--all", "--json"),
    ("messages", "--json"),
    ("flights", "--all", "--json"),
    ("status", "--json"),
    ("usage", "--json"),
    ("trace", "UA123", "--json"),
)
WRITES: Final = (
    ("user", "add", "Zoe", "+15555550177"),
    ("user", "remove", "Ann 0", "--yes"),
    ("unsubscribe", "UA123", "Ann 1"),
    ("prune", "--yes"),
    ("backup", "create"),
)
ENDS: Final = {0, 1, 4, 5, 7}  # 4: no daemon runs, as it should be; 7: what was asked for is not there


def _bit(content: bytearray, rng: Random) -> None:
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _bytes(content: bytearray, rng: Random) -> None:
    start = rng.randrange(len(content))
    content[start : start + rng.randint(1, 64)] = rng.randbytes(min(64, len(content) - start))


def _header(content: bytearray, rng: Random) -> None:
    content[rng.randrange(100)] = rng.randrange(256)


def _page(content: bytearray, rng: Random) -> None:
    start = rng.randrange(len(content) // 4096) * 4096
    content[start : start + 4096] = rng.choice([bytes(4096), rng.randbytes(4096)])


def _pages(content: bytearray, rng: Random) -> None:
    one, other = (rng.randrange(len(content) // 4096) * 4096 for _ in range(2))
    content[one : one + 4096], content[other : other + 4096] = content[other : other + 4096], content[one : one + 4096]


def _cut(content: bytearray, rng: Random) -> None:
    del content[rng.randrange(1, len(content)) :]


def _more(content: bytearray, rng: Random) -> None:
    content.extend(rng.randbytes(rng.randint(1, 9000)))


def _emptied(content: bytearray, rng: Random) -> None:
    content.clear()


DAMAGES: Final[tuple[Callable[[bytearray, Random], None], ...]] = (
    _bit, _bytes, _header, _page, _pages, _cut, _more, _emptied,
)  # fmt: skip


def run(folder: Path, tally: Tally, *, trials: int) -> None:
    """So many damages."""
    rng = Random(5)
    template = folder / "template"
    template.mkdir(mode=0o700)
    _fill(CommandLine(template))
    for trial in range(trials):
        spoil = DAMAGES[trial % len(DAMAGES)]
        with tally.trial(f"damage {trial}, {spoil.__name__}"):
            home = folder / "home"
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(template, home)
            _one(CommandLine(home), spoil, rng)


def _fill(flait: CommandLine) -> None:
    with Store.open(flait.database) as store:
        everything(store)
        follower(store, 1)
        store.opt_out(PHONE, NOW, how="texted STOP")
        for number in range(60):
            store.enqueue(message(2, f"key {number}", body="x" * 300))
            store.book("2013-03", "flight", flight=f"UA{number}", result_sets=1, micro_usd=1, now=NOW)
    assert flait("backup", "create").code == 0


def _one(flait: CommandLine, spoil: Callable[[bytearray, Random], None], rng: Random) -> None:
    content = bytearray(flait.database.read_bytes())
    spoil(content, rng)
    spoilt = bytes(content)
    flait.database.write_bytes(spoilt)
    refused = _is_refused(flait.database)
    asked = (*rng.sample(READS, 2), rng.choice(WRITES))
    for ran in _ran(flait, asked):
        _in_a_line(ran, refused=refused)
    if refused and flait.database.read_bytes() != spoilt:
        raise Lost("bytes of a refused file")
    [backup] = (flait.home / "backups").glob("flait-2*.db") if asked[-1] != ("backup", "create") else [_first(flait)]
    [ran] = _ran(flait, [("backup", "restore", backup.name, "--yes")])
    assert ran["code"] == 0, ran
    with Store.open(flait.database, create=False) as store:
        if [person.name for person in store.users()] != ["Ann 0", "Ann 1"] or not store.is_opted_out(PHONE):
            raise Lost("what was in the backup")
    if refused and spoilt not in [path.read_bytes() for path in flait.home.glob("*before-restore*")]:
        raise Lost("the bytes set aside")


def _first(flait: CommandLine) -> Path:
    return min((flait.home / "backups").glob("flait-2*.db"), key=lambda path: len(path.name))


def _is_refused(database: Path) -> bool:
    """Whether it is not opened at all. Asked of a copy: what can be opened may be changed."""
    copy = database.with_name("copy.db")
    shutil.copy(database, copy)

    def open_it() -> None:
        if not copy.stat().st_size:
            raise StoreError("emptied")
        Store.open(copy, create=False).close()

    code = dying.in_a_process(open_it)
    assert code in (0, dying.REFUSED), f"opening it left with {code}"
    for path in database.parent.glob("copy.db*"):
        path.unlink()
    return code != 0


def _ran(flait: CommandLine, commands: Any) -> list[Mapping[str, Any]]:
    """How each ended, run in a process of its own: SQLite itself must not fall over either."""
    told = flait.home.with_name("told.json")

    def act() -> None:
        ended = [flait(*argv) for argv in commands]
        told.write_bytes(msgspec.json.encode([{"code": ran.code, "out": ran.out, "err": ran.err} for ran in ended]))

    code = dying.in_a_process(act)
    assert code == 0, f"the process left with {code}"
    ended: list[Mapping[str, Any]] = msgspec.json.decode(told.read_bytes(), type=list[dict[str, Any]])
    return ended


def _in_a_line(ran: Mapping[str, Any], *, refused: bool) -> None:
    assert ran["code"] in ENDS, ran
    assert "unexpected" not in ran["err"], ran
    if refused and ran["code"] != 5:
        raise HalfState(f"a file that is no database was not refused: {ran}")
    if ran["code"] == 5:
        assert ran["err"].count("\n") == 1, ran
        assert ran["out"] == "", ran
