"""One of each: one daemon for a database, one poll of a flight at a time, one sender for a text, and no write lost.

Four daemons start at once, and one stays. Then, with the lock that says so left out, four runs of the daemon work on
one database all the same; and four processes write beside a running daemon and the command line.
"""

import re
import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, Final

from flait.core.flights import Flight
from flait.core.values import replace
from flait.daemon import Daemon
from flait.flows import subscribe
from flait.flows.ports import Answer
from tests.core.flights_for_tests import F12
from tests.end_to_end.rig import ANA, ROOT, World, at
from tests.flows.world import PHONES, wanted
from tests.torture.kills import heard, news, restless
from tests.torture.rig import Disk, MortalApp, MortalSource, Points, begun, child, ended, in_memory
from tests.torture.score import Score, Size

AT_ONCE: Final = 4
WRITES: Final = 300  # for each of them
FAST: Final = 60.0  # times real time
BUSY: Final = ("busy", "locked")
MOST_TURNS: Final = 8000
A_MOMENT: Final = 0.002  # seconds, real: what is left may be in another's hands
ANSWER_TAKES: Final = 0.02  # seconds, real: long enough for another daemon to ask about the same flight


def run(folder: Path, size: Size) -> Score:
    """Daemons at once, senders at once, writers at once."""
    folder.mkdir(exist_ok=True)
    score, rounds = Score(campaign="one"), size.of(cut=1, full=25)
    with World(folder) as world:
        for _ in range(rounds):
            score += one_stays(world)
        score += all_write(world, writes=size.of(cut=60, full=WRITES), people=size.of(cut=2, full=16))
    for _ in range(rounds):
        with in_memory(folder) as memory:
            score += none_twice(Disk(memory))
    said = (f"{rounds} times {AT_ONCE} daemons at once; {AT_ONCE} writers of many writes each",)
    return replace(score, remarks=(*said, *score.remarks[:8]))


def scored(expected: int, ok: int, *wrong: str, dup: int = 0, lost: int = 0) -> Score:
    """So much of it went well; what did not."""
    return Score(campaign="one", expected=expected, ok=ok, dup=dup, lost=lost, unexpected=len(wrong), remarks=wrong[:4])


# --- one daemon -------------------------------------------------------------------------------------------------


def one_stays(world: World) -> Score:
    """Four at once: one stays, three leave with 9 and a line. Killed, it is followed by the next one without a wait."""
    daemons = [world.spawn("daemon", "run", "--quiet") for _ in range(AT_ONCE)]
    world.wait_for(lambda: sum(daemon.poll() is not None for daemon in daemons) >= AT_ONCE - 1, "three to leave")
    staying = [daemon for daemon in daemons if daemon.poll() is None]
    left = [world.finished(daemon) for daemon in daemons if daemon not in staying]
    wrong = [f"left so: {ran}" for ran in left if ran.code != 9 or ran.err.count("\n") != 1]
    wrong += [] if len(staying) == 1 else [f"{len(staying)} stay"]
    for daemon in staying:
        world.wait_for(partial(world._beats, daemon.pid), "its first beat")
        world.kill(daemon)
    following = world.daemon()
    wrong += [] if following.poll() is None else [f"the next one does not start: {world.finished(following)}"]
    if not wrong:
        world.kill(following)
    return scored(AT_ONCE + 1, AT_ONCE + 1 - len(wrong), *wrong)


# --- no write lost ----------------------------------------------------------------------------------------------


def all_write(world: World, *, writes: int, people: int) -> Score:
    """Four processes read and write in turn, beside commands, and beside a daemon that polls and sends."""
    world.flight("UA8701", scheduled_out="16:30", scheduled_in="19:00")
    world.flait("subscribe", "UA8701", ANA).done()
    world.clock.put(at("15:10"), FAST)
    daemon = world.daemon()
    count = [sys.executable, "-m", "tests.store.worker", "count", str(world.database), str(writes)]
    writers = [world._started(count, {"PYTHONPATH": str(ROOT)}) for _ in range(AT_ONCE)]
    added = [("user", "add", f"Person {number}", f"+155555503{number:02}") for number in range(people)]
    ran = [outcome for group in _by(added, AT_ONCE) for outcome in world.all_at_once(group)]
    ran += [world.finished(writer) for writer in writers]
    world.wait_for(lambda: world.texts(ANA), "the text that was due meanwhile")
    ran.append(world.terminate(daemon))
    stored = world.rows(
        "SELECT total(result_sets) AS n FROM usage WHERE month = '2013-03' AND flight = '' AND operation <> 'usage'"
    )[0]["n"]
    there = world.rows("SELECT count(*) AS n FROM users WHERE name LIKE 'Person %'")[0]["n"]
    told_busy = [word for word in BUSY if word in world.log.lower()]
    wrong = [f"ended so: {outcome}" for outcome in ran if outcome.code != 0]
    wrong += [f"the daemon's log says {word}" for word in told_busy]
    expected = AT_ONCE * writes + people
    lost = expected - int(stored) - there
    return scored(expected, expected - lost, *wrong, lost=max(lost, 0))


def _by(words: Sequence[Sequence[str]], many: int) -> list[Sequence[Sequence[str]]]:
    return [words[first : first + many] for first in range(0, len(words), many)]


# --- one sender, one poll ---------------------------------------------------------------------------------------

FLIGHTS: Final = 4
PEOPLE: Final = PHONES[:5]


def board(gate: str) -> list[Flight]:
    """Four flights that leave from this gate."""
    return [
        replace(F12, fa_flight_id=f"UAL{number}-1", ident=f"UAL{number}", ident_icao=f"UAL{number}",
                ident_iata=f"UA{number}", gate_origin=gate)
        for number in range(1, FLIGHTS + 1)
    ]  # fmt: skip


def none_twice(disk: Disk) -> Score:
    """Four runs of the daemon on one database, with nothing between them but the claims of rows."""
    disk.put_back({})
    codes = [child(lambda: everybody_subscribes(disk), disk.ledger)]
    lives = [begun(lambda boot=boot: works(disk, boot), disk.ledger) for boot in "abcd"]  # type: ignore[misc]  # bound now
    codes += [ended(life) for life in lives]
    ledger = disk.ledger
    texts, each = heard(ledger.lines("taken")), FLIGHTS * len(PEOPLE)
    said = confirmed(ledger.lines("taken")), at_the_right_gate(ledger.lines("taken"))
    expected, ok = 2 * each, sum(min(len(one), each) for one in said)  # one that waited may come again in words of then
    twice = [f"twice: {key[2]!r}" for key, times in texts.items() if times > 1]
    posted = Counter(line["id"] for line in ledger.lines("posted"))
    wrong = [f"text {number} was posted {times} times" for number, times in posted.items() if times > 1]
    wrong += [f"ended with {code}" for code in codes if code]
    wrong += [str(line["what"]) for line in ledger.lines("raised")]
    wrong += [f"{flight} was polled by two at once" for flight in polled_by_two(disk)]
    return scored(expected, ok, *wrong, *twice, dup=len(twice), lost=expected - ok)


Followed = tuple[str, str]  # a phone and a flight's number


def confirmed(taken: Sequence[dict[str, Any]]) -> set[Followed]:
    """Who was told that they follow what: once, be it in words of later."""
    return {followed(line) for line in taken if line["kind"] == "tracked"}


def at_the_right_gate(taken: Sequence[dict[str, Any]]) -> set[Followed]:
    """Who knows the gate by their last text: of its own, or of the confirmation where that had not left before."""
    last = {followed(line): line["body"] for line in taken}
    return {who for who, body in last.items() if "B4" in body}


def followed(line: dict[str, Any]) -> Followed:
    number = re.search(r"UA[1-9]", line["body"])
    assert number
    return line["to"], number[0]


def everybody_subscribes(disk: Disk) -> None:
    """Five people follow four flights each; then every flight is due, at another gate."""
    app = MortalApp(disk.home, disk.ledger, Points(disk.ledger))
    for flight in board("F12"):
        app.show(flight)
        for phone in PEOPLE:
            who = subscribe.Person(phone=phone, consent="asked for it")
            wish = wanted(flight.ident_iata or "", asked_at=app.clock.now())
            subscribe.subscribe(app.store(), app.aero, app.clock, person=who, wanted=wish)
    news(app)
    app.store().close()


def works(disk: Disk, boot: str) -> None:
    """Be one of several daemons until nothing is left to do: one that has not asked for the lock."""
    app = MortalApp(disk.home, disk.ledger, Points(disk.ledger))
    app.aero = NotedSource(app)
    app.show(*board("B4"))
    daemon = Daemon(app, Event())
    daemon.boot = boot
    for _ in range(MOST_TURNS):
        daemon.poll_all()
        daemon.deliver()
        if not restless(app):
            return
        Event().wait(A_MOMENT)
    disk.ledger.note("raised", what="there is always more to do")


class NotedSource(MortalSource):
    """AeroAPI that takes its time, and notes when it is asked and when it has answered."""

    def __init__(self, app: MortalApp) -> None:
        super().__init__(app.points)
        self._ledger = app.ledger

    def flight(self, fa_flight_id: str) -> Answer:
        self._ledger.note("asked", flight=fa_flight_id)
        try:
            Event().wait(ANSWER_TAKES)
            return super().flight(fa_flight_id)
        finally:
            self._ledger.note("answered", flight=fa_flight_id)


def polled_by_two(disk: Disk) -> list[str]:
    """Flights that somebody asked about while somebody else was still waiting for the answer."""
    under_way: Counter[str] = Counter()
    found = []
    for line in disk.ledger.lines("asked", "answered"):
        under_way[line["flight"]] += 1 if line["did"] == "asked" else -1
        found += [line["flight"]] if under_way[line["flight"]] > 1 else []
    return found
