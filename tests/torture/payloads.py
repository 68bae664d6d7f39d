"""Tries to make AeroAPI's answers say what is not so: hostile, damaged, and simply of another flight.

Each payload goes through the real client, its parser, and a poll's decisions for a traveller, a meeter and a watcher,
seen twice in a row so that no confirmation holds it back; a sample of them goes through whole polls on a database.
"""

import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from flait.adapters.aeroapi import AeroAPI
from flait.adapters.exchange import Reply
from flait.core import polling
from flait.core.alert_texts import alert_text
from flait.core.alerts import CONFIRMED_KINDS, Alert, decide
from flait.core.dates import parse_date
from flait.core.flights import Flight
from flait.core.formats import Reader
from flait.core.idents import parse_ident
from flait.core.messages import is_gsm_7, units
from flait.core.observations import merged
from flait.core.subscriptions import Role
from flait.core.told import tells, told
from flait.errors import FlaitError, FlightSourceError
from flait.flows import subscribe, track
from flait.flows.asking import ask
from flait.flows.resolve import Wanted, resolve
from flait.store import Store, TrackedFlight
from tests.adapters.aeroapi_bodies import record
from tests.end_to_end.rig import SECRETS
from tests.flows.world import PHONES, FixedClock
from tests.torture.mutations import GONE, LEAVES, Payload, json_of, payload
from tests.torture.score import Score, Size

NUMBER: Final = "ZZ123"
NAMED: Final = re.compile(rf"({NUMBER}|[A-Z0-9][A-Z0-9-]+ \({NUMBER}\)) ")  # a codeshare's number is in brackets
LONGEST: Final = 160
NOWS: Final = tuple(LEAVES + timedelta(hours=hours) for hours in (-30, -2, -0.5, 1, 3, 9))
REMARKS: Final = 12


class Wire:
    """Answers every question with one body."""

    body = b""

    def send(self, method: str, url: str, **_: Any) -> Reply:
        return Reply(status=200, headers={}, body=self.body)


class NoMeter:
    """Everything is free, and at once."""

    def charge(self, operation: str, about: str = "") -> float:
        return 0.0

    def refund(self, operation: str, about: str = "") -> None:
        """Nothing was paid."""

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False) -> "NoMeter":
        return self

    def pause(self, seconds: float) -> None:
        """Nobody waits."""


@dataclass
class Rig:
    """The client, and the flight that people follow: as planned, and in the air."""

    wire: Wire
    source: AeroAPI
    clock: FixedClock
    planned: Flight
    gone: Flight

    @classmethod
    def made(cls) -> "Rig":
        wire, clock = Wire(), FixedClock(LEAVES - timedelta(hours=2))
        source = AeroAPI(
            base_url="https://aeroapi.example",
            key=lambda _: SECRETS["flightaware-api-key"],
            meter=NoMeter(),
            clock=clock,
        )
        source._exchange = wire  # type: ignore[assignment]  # the wire is all that is not real
        found = []
        for shown in (record(), record(**GONE)):
            wire.body = json_of(shown)
            [flight] = source.flight(record()["fa_flight_id"]).flights
            found.append(flight)
        return cls(wire=wire, source=source, clock=clock, planned=found[0], gone=found[1])


def run(folder: Path, size: Size) -> Score:
    """So many payloads by number."""
    logging.getLogger("flait").setLevel(logging.CRITICAL)
    rig, wrong = Rig.made(), []
    count, sample = size.of(cut=1000, full=100_000), size.of(cut=20, full=1500)
    for number in range(count):
        wrong += [f"payload {number} ({name})" for name in _tried(rig, number)]
    ok = count - len({line.split(" (")[0] for line in wrong})
    polled = [number for number in range(sample) if _can_be_polled(payload(number))]
    database = list(_polled(rig, folder, polled))
    broken = len({line.split(" (")[0] for line in database})
    return Score(
        campaign="payloads",
        expected=count + len(polled),
        ok=ok + len(polled) - broken,
        unexpected=len(wrong) + len(database),
        remarks=tuple([*wrong, *database][:REMARKS]),
    )


def _tried(rig: Rig, number: int) -> Iterator[str]:
    """What one payload did that must not be."""
    spoilt = payload(number)
    rig.wire.body = spoilt.body
    try:
        yield from _looked(rig, spoilt, NOWS[number % len(NOWS)])
        if number % 4 == 0:
            yield from _resolved(rig, spoilt)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is what this looks for
        yield f"{spoilt.name}): {fault!r}"


def _looked(rig: Rig, spoilt: Payload, now: datetime) -> Iterator[str]:
    """Two looks that both show it."""
    before = rig.gone if spoilt.gone else rig.planned
    rig.clock.moment = now
    try:
        seen, _ = ask(rig.source, tracked(before, spoilt))
    except FlightSourceError:
        if spoilt.kinds:
            yield f"{spoilt.name}): could not be read"
        return
    if seen is None:
        if spoilt.kinds:
            yield f"{spoilt.name}): was not found"
        return
    after = merged(before, seen, now)
    at = polling.next_poll_at(after, now, jitter=polling.jitter(after.fa_flight_id))
    if at is not None and not now < at <= now + timedelta(hours=24):
        yield f"{spoilt.name}): is looked at again {at}"
    for role in Role:
        yield from _heard(spoilt, role, before, after, now)


def tracked(flight: Flight, spoilt: Payload) -> TrackedFlight:
    """The flight as it is followed; after three misses, it is asked for by number."""
    return TrackedFlight(
        id=1,
        fa_flight_id=flight.fa_flight_id,
        flight=flight,
        misses=polling.MISSES_BEFORE_SEARCH if spoilt.by_number else 0,
    )


def _heard(spoilt: Payload, role: Role, before: Flight, after: Flight, now: datetime) -> Iterator[str]:
    known = told([tells(before)])
    first = decide(known, [], role=role, before=before, after=after, now=now).alert
    second = decide(known, [], role=role, before=after, after=after, now=now).alert
    for alert in (first, second):
        if alert and spoilt.silent:
            yield f"{spoilt.name}): {role} hears {[change.kind.value for change in alert.changes]}"
        elif alert:
            yield from _ill_worded(spoilt, alert, now)
    shown = (
        before.off.actual == after.off.actual,
        before.out.actual == after.out.actual,
        before.in_.actual == after.in_.actual,
    )
    back = merged(after, before, now)
    third = decide(known, [], role=role, before=after, after=back, now=now).alert
    if third and all(shown) and any(change.kind in CONFIRMED_KINDS for change in third.changes):
        yield f"{spoilt.name}): {role} hears {[change.kind.value for change in third.changes]} of what is over"
    fresh = now - LEAVES < timedelta(hours=3.5)
    if spoilt.kinds and role is Role.WATCHER and fresh:
        kinds = tuple(change.kind.value for change in second.changes) if second else ()
        if kinds != spoilt.kinds:
            yield f"{spoilt.name}): a watcher hears {kinds}, not {spoilt.kinds}"


def _ill_worded(spoilt: Payload, alert: Alert, now: datetime) -> Iterator[str]:
    text = alert_text(alert, Reader(ident=NUMBER, now=now))
    yield from (f"{spoilt.name}): {fault}: {text.body!r}" for fault in faults(text.body))
    if dict(text.tells) != {name: value for name, value in tells(alert.flight).items() if name in text.tells}:
        yield f"{spoilt.name}): tells what is not so: {text.tells}"


def faults(body: str) -> Iterator[str]:
    """What is wrong with a text as a text."""
    if units(body) > LONGEST or not is_gsm_7(body):
        yield f"{units(body)} units"
    if not body.isprintable():
        yield "control characters"
    if not NAMED.match(body):
        yield "of another flight"


def _resolved(rig: Rig, spoilt: Payload) -> Iterator[str]:
    """Asked for by somebody: the leg of that number and that day, or a refusal in words."""
    wanted = Wanted(
        ident=parse_ident(NUMBER), wish=parse_date("2026-03-01"), origin=None, role=Role.WATCHER, asked_at=LEAVES
    )
    rig.clock.moment = LEAVES - timedelta(hours=2)
    try:
        found = resolve(rig.source, wanted, now=rig.clock.now())
    except FlaitError as refusal:
        if not str(refusal).isprintable() or len(str(refusal)) > 1000:
            yield f"{spoilt.name}): is refused in {str(refusal)[:200]!r}"
        return
    if not isinstance(found, Flight) or found.departure_date.isoformat() != "2026-03-01":
        yield f"{spoilt.name}): stands for {found.departure_date}"


# Whole polls


def _can_be_polled(spoilt: Payload) -> bool:
    """Whether it is about a flight that was just subscribed to: not in the air, and known by its id."""
    return not (spoilt.gone or spoilt.by_number)


def _polled(rig: Rig, folder: Path, numbers: Sequence[int]) -> Iterator[str]:
    """Each on a database of its own, in which the flight has just been subscribed to."""
    template = folder / "followed.db"
    rig.wire.body = json_of(record())
    rig.clock.moment = LEAVES - timedelta(hours=2)
    with Store.open(template) as store:
        for phone, role in zip(PHONES, Role, strict=False):
            person = subscribe.Person(phone=phone, consent="asked for it")
            wanted = Wanted(
                ident=parse_ident(NUMBER),
                wish=parse_date("2026-03-01"),
                origin=None,
                role=role,
                asked_at=rig.clock.now(),
            )
            subscribe.subscribe(store, rig.source, rig.clock, person=person, wanted=wanted)
    for number in numbers:
        with Store.open(Path(shutil.copy(template, folder / "polled.db"))) as store:
            store._conn.execute("PRAGMA synchronous = OFF")
            yield from (f"poll of {number} ({fault}" for fault in _poll(rig, store, payload(number)))
    for path in (template, folder / "polled.db"):
        path.unlink()


def _poll(rig: Rig, store: Store, spoilt: Payload) -> Iterator[str]:
    """Three polls that show it, each when it is due."""
    confirmed = len(store.messages(limit=100))
    rig.wire.body = spoilt.body
    for _ in range(3):
        [due] = store._rows("SELECT next_poll_at AS at FROM flights")
        rig.clock.moment = datetime.fromisoformat(due["at"])
        [claimed] = track.claim_due(store, rig.clock, "boot", 1)
        try:
            track.poll(store, rig.source, rig.clock, claimed, boot="boot", rules=track.Rules())
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is what this looks for
            yield f"{spoilt.name}): {fault!r}"
            return
    written = [view.message for view in store.messages(limit=100)]
    alerts = written[: len(written) - confirmed]  # the newest come first
    if spoilt.silent and alerts:
        yield f"{spoilt.name}): {[text.kind for text in alerts]}"
    for text in alerts:
        yield from (f"{spoilt.name}): {fault}: {text.body!r}" for fault in faults(text.body))
