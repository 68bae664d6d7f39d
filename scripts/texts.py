"""Print the texts of a day's flights, person by person, beside what AeroAPI had: to be read in a row. `make texts`.

The day is the sandbox's storm day, and nothing is sent. `python scripts/texts.py UA1545 9E3306` prints those flights,
`--flights 40` so many of every kind, `--role meeter` what that role reads.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import Any, Final

from flait.adapters.aeroapi.records import parse_flights
from flait.core.dates import parse_date
from flait.core.flights import ScheduledFlight
from flait.core.idents import Ident, parse_ident
from flait.core.inbound import Inbound
from flait.core.messages import Message
from flait.core.receipts import Receipt
from flait.core.subscriptions import Role
from flait.core.wanted import Wanted
from flait.flows import deliver, subscribe, track
from flait.flows.ports import Accepted, Answer, Inbox, Sent
from flait.flows.telling import AlertRules
from flait.sandbox.cast import storm_flights
from flait.sandbox.records import Record, best, leaves_at
from flait.sandbox.timetable import RECORDED_STORM_DAY, Airport, airports
from flait.sandbox.world import World
from flait.store import Store

BOOT: Final = "texts"
HOURS: Final = timedelta(hours=1)
# so long before it is to leave they ask for it
ASK: Final = {Role.TRAVELER: 20 * HOURS, Role.MEETER: 5 * HOURS, Role.WATCHER: 2 * HOURS}
PHONES: Final = {role: f"+1555555010{number}" for number, role in enumerate(ASK)}
PLAIN: Final = (
    "cancelled", "diverted", "gate_origin", "terminal_origin", "gate_destination", "terminal_destination",
    "baggage_claim",
)  # fmt: skip
WIDTH: Final = 110


@dataclass
class Still:
    """A clock that stands until it is set."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment

    def real_seconds(self, span: timedelta) -> float:
        return span.total_seconds()


@dataclass
class Sandbox:
    """AeroAPI as the sandbox knows it, without a network."""

    world: World
    clock: Still

    def flight(self, fa_flight_id: str) -> Answer:
        day = timedelta(days=11)
        return self._answer(fa_flight_id, "fa_flight_id", self.clock.now() - day, self.clock.now() + day)

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "Sandbox":  # noqa: ARG002
        return self

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:  # noqa: ARG002  # what is over is not read here
        return self._answer(str(ident), "designator", start, end)

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:  # noqa: ARG002 - the port's
        return ()

    def spent(self, *_: object) -> int | None:
        """This account tells none."""
        return None

    def route(self, *_: object) -> Sequence[ScheduledFlight]:
        return ()

    def records(self, fa_flight_id: str) -> list[Record]:
        """What is known of that flight now."""
        day, now = timedelta(days=11), self.clock.now()
        return self.world.flights(fa_flight_id, "fa_flight_id", now=now, start=now - day, end=now + day)

    def _answer(self, name: str, kind: str, start: datetime, end: datetime) -> Answer:
        records = self.world.flights(name, kind, now=self.clock.now(), start=start, end=end)
        raw = json.dumps({"flights": records, "links": None, "num_pages": 1})
        return Answer(flights=tuple(parse_flights(raw.encode())), raw=raw)


@dataclass
class Phones:
    """Twilio that takes every text."""

    texts: list[tuple[datetime, Message]] = field(default_factory=list)

    def send(self, message: Message, *, now: datetime) -> Accepted:
        self.texts.append((now, message))
        return Accepted(sid=f"SM{len(self.texts):032x}")

    def sent_to(self, to: str, *, since: datetime) -> Sequence[Sent]:  # noqa: ARG002 - the port's
        return ()

    def status_of(self, sid: str) -> Receipt:
        raise NotImplementedError

    def text(self, sid: str) -> Inbound | None:  # noqa: ARG002 - the port's
        return None

    def received(self, since: datetime, cursor: str | None = None) -> Inbox:  # noqa: ARG002 - the port's
        return Inbox(texts=())


@dataclass(frozen=True)
class Flown:
    """A flight of that day, and why it was chosen."""

    kind: str
    number: str
    fa_flight_id: str
    leaves: datetime
    origin: Airport
    destination: Airport


def main(argv: Sequence[str]) -> None:
    """Print what is asked for."""
    logging.getLogger("flait").setLevel(logging.CRITICAL)
    asked = _parser().parse_args(argv)
    roles = [Role(asked.role)] if asked.role else list(ASK)
    flights = list(_named(asked.numbers)) or _cast(asked.flights, asked.seed)
    texts = 0
    with TemporaryDirectory() as folder:
        for number, flight in enumerate(flights):
            heard, truth = _followed(flight, roles, Path(folder) / f"{number}.db")
            print("\n".join(_printed(flight, heard, truth)), flush=True)
            texts += sum(map(len, heard.values()))
    print(f"{texts} texts about {len(flights)} flights")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="texts", description=__doc__)
    parser.add_argument("numbers", nargs="*", help="flights by number; a choice of every kind where none is named")
    parser.add_argument("--flights", type=int, default=10, help="so many of that choice")
    parser.add_argument("--seed", type=int, default=0, help="another number chooses others")
    parser.add_argument("--role", choices=[role.value for role in Role], help="of this role alone")
    return parser


def _cast(count: int, seed: int) -> list[Flown]:
    return [
        Flown(one.kind, one.ident_iata, one.fa_flight_id, one.scheduled_out, one.origin, one.destination)
        for one in storm_flights(count, seed, storm_day=RECORDED_STORM_DAY)
    ]


def _named(numbers: Sequence[str]) -> Iterator[Flown]:
    """Each of these on the storm day."""
    scenario = World(RECORDED_STORM_DAY).scenario
    start = datetime.combine(RECORDED_STORM_DAY, time(), UTC) + 5 * HOURS
    for number in numbers:
        for one in scenario.flying_as(number, start, start + 24 * HOURS):
            flight = one.flight
            yield Flown("asked for", number, one.fa_flight_id, one.scheduled_out, flight.origin, flight.destination)


# --- what happens ---------------------------------------------------------------------------------------------------

Heard = dict[Role, list[tuple[datetime, str]]]
Truth = list[tuple[datetime, str]]


def _followed(flight: Flown, roles: Sequence[Role], path: Path) -> tuple[Heard, Truth]:
    """The flight's day, with somebody of each role: what they read, and what AeroAPI had when."""
    clock, phones = Still(flight.leaves - max(ASK.values())), Phones()
    source, store = Sandbox(World(RECORDED_STORM_DAY), clock), Store.open(path)
    store._conn.execute("PRAGMA synchronous = OFF")
    waiting = sorted(roles, key=lambda role: -ASK[role])
    try:
        while (at := _next(store, flight, waiting)) is not None:
            clock.moment = max(clock.moment, at)
            if waiting and clock.now() >= flight.leaves - ASK[waiting[0]]:
                _ask(store, source, clock, flight, waiting.pop(0))
            for tracked in track.claim_due(store, clock, BOOT, 8):
                track.poll(store, source, clock, tracked, boot=BOOT, rules=AlertRules(keep_raw=False))
            while deliver.send_next(store, phones, clock, BOOT).more:
                pass
    finally:
        store.close()
    heard: Heard = {role: [] for role in roles}
    for sent_at, message in phones.texts:
        heard[next(role for role in roles if PHONES[role] == message.to)].append((sent_at, message.body))
    return heard, list(_truth(flight, source))


def _next(store: Store, flight: Flown, waiting: Sequence[Role]) -> datetime | None:
    due = store._rows("SELECT min(next_poll_at) AS at FROM flights WHERE next_poll_at IS NOT NULL")[0]["at"]
    found = [datetime.fromisoformat(due)] if due else []
    return min([*found, *(flight.leaves - ASK[role] for role in waiting)], default=None)


def _ask(store: Store, source: Sandbox, clock: Still, flight: Flown, role: Role) -> None:
    on = flight.leaves.astimezone(flight.origin.zone).date()
    wanted = Wanted(
        ident=parse_ident(flight.number),
        wish=parse_date(on.isoformat()),
        origin=flight.origin.iata,
        role=role,
        asked_at=clock.now(),
    )
    person = subscribe.Person(phone=PHONES[role], name=role.value, consent="asked for it")
    subscribe.subscribe(store, source, clock, person=person, wanted=wanted)


# --- what was so ----------------------------------------------------------------------------------------------------


def _truth(flight: Flown, source: Sandbox) -> Iterator[tuple[datetime, str]]:
    """Every minute at which AeroAPI had something new, from the first question on."""
    before: dict[str, str] = {}
    for minute in range(-60 * 20, 60 * 36):
        source.clock.moment = flight.leaves + timedelta(minutes=minute)
        facts = _facts(flight, source.records(flight.fa_flight_id))
        news = [f"{name} {value or 'blank'}" for name, value in facts.items() if value != before.get(name, "")]
        if news:
            yield source.clock.moment, ", ".join(news)
        before = facts


def _facts(flight: Flown, records: Sequence[Record]) -> dict[str, str]:
    """What a person could want to know of these records, times as the airport's clocks show them."""
    facts: dict[str, str] = {}
    for record in sorted(records, key=lambda one: (not one["diverted"], leaves_at(one))):
        there = airports().get(record["destination"]["code_iata"] or "", flight.destination)
        ends = {"out": flight.origin, "off": flight.origin, "on": there, "in": there}
        mark = "" if there == flight.destination else f"{there.iata} "
        for event, airport in ends.items():
            at, kind = best(record, event), "actual" if record[f"actual_{event}"] else "expected"
            facts[f"{mark}{event}"] = f"{kind} {at.astimezone(airport.zone):%H:%M}" if at else ""
        facts |= {f"{mark}{name}": _shown(record[name]) for name in PLAIN}
    return facts


def _shown(value: Any) -> str:
    return "yes" if value is True else str(value or "")


# --- on paper -------------------------------------------------------------------------------------------------------


def _printed(flight: Flown, heard: Heard, truth: Truth) -> Iterator[str]:
    route = f"{flight.number} {flight.origin.iata}-{flight.destination.iata}"
    leaves = flight.leaves.astimezone(flight.origin.zone)
    yield f"\n{'=' * WIDTH}\n{route}, to leave {leaves:%a %d %b %H:%M} ({flight.kind}); times of {flight.origin.iata}"
    for role, texts in heard.items():
        yield f"\n  --- {role.value} ---"
        asked_at = flight.leaves - ASK[role]
        known = [(at, 0, what) for at, what in truth if at <= asked_at][-1:]
        later = [(at, 0, what) for at, what in truth if at > asked_at]
        for at, kind, what in sorted([*known, *later, *((at, 1, body) for at, body in texts)]):
            yield from _line(at.astimezone(flight.origin.zone), what, is_text=bool(kind))


def _line(at: datetime, what: str, *, is_text: bool) -> Iterator[str]:
    """A text stands to the left, what AeroAPI had to the right."""
    head = f"  {at:%a %H:%M}  " + ("" if is_text else " " * 24 + "| ")
    first, *others = wrap(what, WIDTH - len(head)) or [""]
    yield head + first
    yield from (" " * (len(head) - (0 if is_text else 2)) + ("" if is_text else "| ") + line for line in others)


if __name__ == "__main__":
    main(sys.argv[1:])
