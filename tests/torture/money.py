"""Tries to make Flait spend: look-ups at AeroAPI, texts, posts to Twilio, for whatever reason and for a whole day.

Each trial is 24 simulated hours in which one thing never stops going wrong, counted against the CAPS below. Where it
is AeroAPI's data that never stands still, the trial goes on after it does: whoever follows the flight must then have
been told how it stands, for what is held back must not be lost.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from flait.adapters.exchange import ExchangeFailed, Fault, Response
from flait.core.messages import MessageStatus
from flait.errors import FlightSourceError, InDoubt, NotSent, Rejected
from flait.store import Store
from tests.adapters.aeroapi_bodies import ALBANY, record, row, scheduled
from tests.flows.mortal import Killed
from tests.store.samples import copied_over
from tests.torture.day import ANA, LEAVES, STARTS, Body, Day, Event, Script, Wire, ok
from tests.torture.quiet import quiet
from tests.torture.score import Score, Size

HOURS: Final = timedelta(hours=1)
MINUTES: Final = timedelta(minutes=1)
SECONDS: Final = timedelta(seconds=1)

CAPS: Final[Mapping[str, int]] = {
    # of one day → the most, whatever goes wrong
    "look-ups of one flight": 200,  # the plan's own, and OUT_OF_TURN of core/polling.py
    "look-ups in an hour": 19,
    "alerts to one person about one flight": 55,  # 12 and one in two hours by CAPS, 31 by TURNS of core/holds.py
    "answers to one person": 150,  # LIMITS of flows/answer.py: 90, 5 to each of 10 TRACK, and the limits themselves
    "texts that Twilio took or may have taken": 280,  # of three people, each twice at most
    "posts that Twilio refused": 3 * 24 * 30,  # a person's first in line, once in two minutes
    "readings of Twilio's list": 24 * 240,  # the tick's
    "calls that cost nothing": 24 * 60,  # 429, a refused key, no connection: once a minute
    "calls about push alerts": 24 * 60,  # the tick's; free
    "cents at AeroAPI": 350,  # 40 flights looked up for TRACK; of one flight 100, and 100 for FlightAware's calls
}
GOES_WRONG: Final = timedelta(hours=24)
THEN_CALM: Final = timedelta(hours=6)  # so long it goes wrong where what was held is to be told afterwards
LONGEST_HOLD: Final = timedelta(hours=20)


def _z(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def late(minutes: float, of: datetime = LEAVES) -> dict[str, Any]:
    """The estimates of a flight that much late."""
    gaps = {"out": 0, "off": 15, "on": 135, "in": 145}
    return {f"estimated_{event}": _z(of + (minutes + gap) * MINUTES) for event, gap in gaps.items()}


def moved(minutes: float) -> dict[str, Any]:
    """The schedule itself is that much later."""
    gaps = {"out": 0, "off": 15, "on": 135, "in": 145}
    times = {event: _z(LEAVES + (minutes + gap) * MINUTES) for event, gap in gaps.items()}
    return {f"{kind}_{event}": at for event, at in times.items() for kind in ("scheduled", "estimated")}


GONE: Final = {"actual_out": _z(LEAVES), "actual_off": _z(LEAVES + 15 * MINUTES)}
BLANK: Final = {name: None for name in record() if name.startswith(("estimated", "gate", "terminal"))}
DIVERTED: Final = [record(diverted=True, **GONE), record(destination=ALBANY, **GONE)]

FLAPS: Final[Mapping[str, Sequence[Body]]] = {
    # what AeroAPI shows in turn
    "gate to and fro": [[record()], [record(gate_origin="C3")]],
    "a gate of many": [[record(gate_origin=gate)] for gate in ("B12", "C3", "D4", "E5", "F6")],
    "terminal": [[record(gate_origin=None, terminal_origin=name)] for name in ("1", "2", "3")],
    "20 minutes": [[record()], [record(**late(20))]],
    "45 minutes": [[record()], [record(**late(45))]],
    "two hours": [[record()], [record(**late(120))]],
    "earlier and later": [[record(**late(-40))], [record(**late(60))]],
    "ever earlier": [[record(**late(-10 * step))] for step in range(1, 12)],
    "cancelled and not": [[record()], [record(cancelled=True)]],
    "diverted and not": [[record(**GONE)], DIVERTED],
    "diverted to many": [
        [record(diverted=True, **GONE), record(destination={**ALBANY, "code": code, "code_iata": code}, **GONE)]
        for code in ("ALB", "BDL", "PVD", "MHT")
    ],
    "blank and full": [[record(**BLANK)], [record(**late(30), gate_origin="C3")]],
    "gone and back": [[record()], []],
    "status back": [[record(**GONE)], [record()]],
    "belt": [[record(**GONE, actual_on=_z(LEAVES + 3 * HOURS), baggage_claim=belt)] for belt in ("1", "2", "3")],
    "schedule": [[record()], [record(**moved(55))]],
    "everything": [
        [record(gate_origin="C3", terminal_origin="2", **late(-40))],
        [record(cancelled=True)],
        [record(gate_origin="D4", terminal_origin="3", **late(120))],
        [record(diverted=True, gate_origin="E5")],
    ],
}
AGREES: Final = (1, 2, 3)  # how many looks in a row show the same: one is never confirmed, two just are


def flapping(shows: Sequence[Body], agrees: int, span: timedelta = GOES_WRONG) -> Wire:
    """AeroAPI that shows these in turn, each for so many looks; and the last of them when the span is over."""

    def wire(number: int, now: datetime, url: str) -> Response:
        return ok(shows[-1] if now >= STARTS + span else shows[number // agrees % len(shows)])

    return wire


def creeping(shows: Sequence[Body], agrees: int, span: timedelta = GOES_WRONG) -> Wire:
    """The same of a flight that is always to leave in an hour."""

    def wire(number: int, now: datetime, url: str) -> Response:
        shown = shows[-1] if now >= STARTS + span else shows[number // agrees % len(shows)]
        return ok([{**one, **late(0, min(now, STARTS + span) + HOURS)} for one in shown])

    return wire


def reissued(number: int, now: datetime, url: str) -> Response:
    """Another id at every look."""
    return ok([record(fa_flight_id=f"ZZZ123-{number}-schedule-0001")])


def at_the_border(number: int, now: datetime, url: str) -> Response:
    """Always half a minute before a stretch in which it is asked about more often."""
    return ok([record(**late(0, now + 3 * HOURS + 30 * SECONDS))])


def about_to_land(number: int, now: datetime, url: str) -> Response:
    """Always a second before touchdown."""
    return ok([record(**GONE, estimated_on=_z(now + 1 * SECONDS), estimated_in=_z(now + 10 * MINUTES))])


def killing(number: int, now: datetime, url: str) -> Response:
    """The daemon dies over every answer, and is started again at once."""
    raise Killed


def answers(status: int, body: bytes = b"{}") -> Wire:
    """AeroAPI that says that, and nothing else."""
    return lambda *_: Response(status=status, headers={}, body=body)


def breaks(fault: Fault) -> Wire:
    """AeroAPI that cannot be talked to."""

    def wire(number: int, now: datetime, url: str) -> Response:
        raise ExchangeFailed(fault)

    return wire


def steady(number: int, now: datetime, url: str) -> Response:
    """A flight that stands as it stands; and a timetable of as many pages as are asked for."""
    if "/schedules/" not in url:
        return ok([record()])
    wanted = parse_qs(urlsplit(url).query)
    ident = wanted["airline"][0] + wanted["flight_number"][0]
    page = scheduled(
        row(ident=ident, ident_iata=ident, scheduled_out="2026-03-21T01:30:00Z"),
        following=f"/schedules/next?airline={wanted['airline'][0]}&flight_number={wanted['flight_number'][0]}",
    )
    return Response(status=200, headers={}, body=json.dumps(page).encode())


def every(span: timedelta, do: Callable[[Day], object]) -> Callable[[], Iterator[Event]]:
    """That, again and again all day."""
    return lambda: ((span * number, do) for number in range(1, int(GOES_WRONG / span)))


def saying(*bodies: str) -> Callable[[Day], object]:
    """The traveller texts these in turn."""
    numbers = itertools.count()

    def say(day: Day) -> None:
        number = next(numbers)
        day.says(bodies[number % len(bodies)].format(number=number), ANA)

    return say


GATES_MOVE: Final = flapping(FLAPS["a gate of many"], 1)  # a text at nearly every look: something to send
ACCOUNT: Final = NotSent("Twilio refuses the account", account=True)
LIMITED: Final = NotSent("Twilio was asked too often", retry_after=timedelta(seconds=1))

CREEPS: Final = ("a gate of many", "cancelled and not", "45 minutes", "gate to and fro")
RESTLESS: Final[Mapping[str, Callable[[timedelta], Wire]]] = {
    # data that never stands still, for a span
    **{
        f"{name}, {agrees} in a row": partial(flapping, shows, agrees)
        for name, shows in FLAPS.items()
        for agrees in AGREES
    },
    **{
        f"creeping, {name}, {agrees} in a row": partial(creeping, FLAPS[name], agrees)
        for name in CREEPS
        for agrees in AGREES
    },
}
TRIALS: Final[Mapping[str, Callable[[], Script]]] = {
    "AeroAPI answers 500": lambda: Script(wire=answers(500)),
    "AeroAPI refuses connections": lambda: Script(wire=breaks(Fault.UNREACHED)),
    "AeroAPI does not answer": lambda: Script(wire=breaks(Fault.TOO_SLOW)),
    "AeroAPI answers garbage": lambda: Script(wire=answers(200, b"<html>")),
    "AeroAPI knows no flight": lambda: Script(wire=answers(200, b'{"flights": []}')),
    "AeroAPI answers 404": lambda: Script(wire=answers(404)),
    "AeroAPI answers 429": lambda: Script(wire=answers(429)),
    "AeroAPI refuses the key": lambda: Script(wire=answers(401)),
    "the daemon dies over every answer": lambda: Script(wire=killing),
    "no answer can be stored": lambda: Script(wire=steady, full=True),
    "ids are re-issued": lambda: Script(wire=reissued),
    "always at the border": lambda: Script(wire=at_the_border),
    "always about to land": lambda: Script(wire=about_to_land),
    "Twilio cannot be reached": lambda: Script(wire=GATES_MOVE, fault=NotSent("Twilio cannot be reached")),
    "Twilio asks for patience": lambda: Script(wire=GATES_MOVE, fault=LIMITED),
    "Twilio refuses the account": lambda: Script(wire=GATES_MOVE, fault=ACCOUNT),
    "Twilio refuses every text": lambda: Script(wire=GATES_MOVE, fault=Rejected("no such number", error_code=21211)),
    "Twilio's answers get lost": lambda: Script(wire=GATES_MOVE, fault=InDoubt("no answer"), keeps=True),
    "Twilio answers 500": lambda: Script(wire=GATES_MOVE, fault=InDoubt("no answer")),
    "Twilio's list is down too": lambda: Script(
        wire=GATES_MOVE, fault=InDoubt("no answer"), listing_fault=NotSent("Twilio cannot be reached")
    ),
    "phones are off": lambda: Script(wire=GATES_MOVE, receipt=(MessageStatus.UNDELIVERED, 30003)),
    "WhatsApp takes no text": lambda: Script(wire=GATES_MOVE, receipt=(MessageStatus.FAILED, 63016)),
    "garbage by text": lambda: Script(wire=steady, events=every(MINUTES, saying("qwfp {number}"))),
    "garbage now and then": lambda: Script(wire=steady, events=every(6 * MINUTES, saying("qwfp {number}"))),
    "the same garbage by text": lambda: Script(wire=steady, events=every(30 * SECONDS, saying("out of office"))),
    "STATUS by text": lambda: Script(wire=steady, events=every(2 * MINUTES, saying("STATUS", "GATE", "WHEN"))),
    "STATUS of flapping data": lambda: Script(wire=GATES_MOVE, events=every(4 * MINUTES, saying("STATUS"))),
    "TRACK by text": lambda: Script(
        wire=steady, events=every(2 * MINUTES, saying("TRACK AA1{number} DL2{number} LH3{number} BA4{number} 20 march"))
    ),
    "TRACK and UNTRACK": lambda: Script(
        wire=steady, events=every(3 * MINUTES, saying("UNTRACK ZZ123", "TRACK ZZ123 1 march"))
    ),
    "FlightAware calls all day": lambda: Script(wire=steady, push=True, events=every(10 * SECONDS, Day.called)),
    "FlightAware's alerts fail": lambda: Script(wire=steady, push=True, desk_fault=FlightSourceError("no alerts")),
}
CUT: Final = frozenset(
    {
        "AeroAPI answers 500",
        "always at the border",
        "no answer can be stored",
        "the daemon dies over every answer",
        "a gate of many, 1 in a row",
        "creeping, a gate of many, 1 in a row",
        "everything, 1 in a row",
        "cancelled and not, 2 in a row",
        "Twilio refuses the account",
        "phones are off",
    }
)


def counted(day: Day) -> dict[str, int]:
    """What that day came to, in the words of CAPS."""
    at = [moment for moment, url in day.exchange.calls if "/ZZZ123" in url]
    rolling = (sum(start <= moment < start + HOURS for moment in at) for start in at)
    free = len(day.exchange.calls) - day.result_sets()
    return {
        "look-ups of one flight": len(at) - free,
        "look-ups in an hour": 0 if free else max(rolling, default=0),
        "alerts to one person about one flight": day.most("alerts"),
        "answers to one person": day.most("answers"),
        "texts that Twilio took or may have taken": len(day.twilio.posts) - day.twilio.refused,
        "posts that Twilio refused": day.twilio.refused,
        "readings of Twilio's list": day.twilio.listings,
        "calls that cost nothing": free,
        "calls about push alerts": day.desk.calls,
        "cents at AeroAPI": day.store.spent("2026-03") // 10_000,
    }


@quiet()
def run(folder: Path, size: Size) -> Score:
    """A day of each trial, or of a few."""
    empty = folder / "empty.db"
    Store.open(empty).close()
    score = Score(campaign="money")
    for name, script in TRIALS.items():
        if size is Size.FULL or name in CUT:
            score += _a_day(name, script(), copied_over(empty, folder / "day.db"))
    for name, wire in RESTLESS.items():
        if size is Size.FULL or name in CUT:
            score += _a_day(name, Script(wire=wire(GOES_WRONG)), copied_over(empty, folder / "day.db"))
            score += _told_at_last(name, Script(wire=wire(THEN_CALM)), copied_over(empty, folder / "day.db"))
    return score


def _a_day(name: str, script: Script, path: Path) -> Score:
    with closing(Day(path, script)) as day:
        day.follow()
        day.run(GOES_WRONG)
        figures = counted(day)
    over = [f"{name}: {count} {what}" for what, count in figures.items() if count > CAPS[what]]
    return Score(
        campaign="money",
        expected=len(figures),
        ok=len(figures) - len(over),
        unexpected=len(over),
        remarks=tuple(over),
    )


def _told_at_last(name: str, script: Script, path: Path) -> Score:
    """Whether everybody knows how the flight stands, once it has stood still for the longest hold."""
    with closing(Day(path, script)) as day:
        day.follow()
        day.run(THEN_CALM + LONGEST_HOLD)
        unaware = day.unaware()
    return Score(
        campaign="money",
        expected=len(script.followers),
        ok=len(script.followers) - len(unaware),
        lost=len(unaware),
        remarks=tuple(f"{name}: never told {news}" for news in unaware),
    )
