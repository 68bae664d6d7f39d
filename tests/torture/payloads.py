"""Tries to make AeroAPI's answers say what is not so: hostile, damaged, and simply of another flight.

Each payload goes through the real client, its parser, and a poll's decisions for a traveller, a meeter and a watcher,
seen twice in a row so that no confirmation holds it back; a sample of them goes through whole polls on a database.

Nothing of it is news, save where docs/alerts.md says so: an actual time that two looks leave out is taken back, a gate
or a terminal that is left out for a quarter of an hour, and two hours after its time that there is no report.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from flait.adapters.aeroapi.client import AeroAPI
from flait.adapters.exchange import Response
from flait.core import polling
from flait.core.alerts import decide
from flait.core.dates import parse_date
from flait.core.findings import Found
from flait.core.flights import Flight
from flait.core.idents import parse_ident
from flait.core.messages import is_gsm_7, units
from flait.core.observations import merged
from flait.core.subscriptions import Role
from flait.core.texts.alerts import alert_text
from flait.core.texts.formats import Reader
from flait.core.texts.refusals import refused
from flait.core.texts.wording import Text
from flait.core.told import Tells, tells, told
from flait.core.wanted import Wanted
from flait.errors import FlaitError, FlightSourceError
from flait.flows import subscribe, track
from flait.flows.asking import ask
from flait.flows.find import find
from flait.flows.telling import AlertRules
from flait.store import Store, TrackedFlight
from tests.adapters.aeroapi_bodies import record
from tests.end_to_end.rig import SECRETS
from tests.flows.world import PHONES, FixedClock
from tests.store.samples import copied_over
from tests.torture.mutations import GONE, LEAVES, PLACES, Payload, json_of, payload
from tests.torture.quiet import quiet
from tests.torture.score import Score, Size

NUMBER: Final = "ZZ123"
NAMED: Final = re.compile(  # a codeshare's number is in brackets
    rf"(No report that |No word on |Fresh word on )?({NUMBER}|[A-Z0-9][A-Z0-9-]+ \({NUMBER}\))[ :]"
)
LONGEST: Final = 160
NOWS: Final = tuple(LEAVES + timedelta(hours=hours) for hours in (-30, -2, -0.5, 1, 3, 9))
IN_THE_AIR: Final = NOWS[3:]
ARRIVES: Final = LEAVES + timedelta(hours=2, minutes=25)
OVERDUE: Final = timedelta(hours=2)
AGAIN: Final = timedelta(minutes=1)  # between the two looks
TWICE: Final = frozenset({  # what is told when two looks show it
    "cancelled", "reinstated", "diverted", "undiverted", "rerouted", "returned", "onward", "earlier", "sched_change",
    "delay_more", "delay_first", "delay_less", "on_time",
})  # fmt: skip
REMARKS: Final = 12


class Wire:
    """Answers every question with one body."""

    body = b""

    def send(self, method: str, url: str, **_: Any) -> Response:
        return Response(status=200, headers={}, body=self.body)


class NoMeter:
    """Everything is free, and at once."""

    def charge(self, operation: str, about: str = "") -> float:
        return 0.0

    def refund(self, operation: str, about: str = "") -> None:
        """Nothing was paid."""

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "NoMeter":
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


@quiet()
def run(folder: Path, size: Size) -> Score:
    """So many payloads by number."""
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
        nows = IN_THE_AIR if spoilt.gone else NOWS
        yield from _looked(rig, spoilt, nows[number % len(nows)])
        if number % 4 == 0:
            yield from _resolved(rig, spoilt)
    except Exception as fault:  # noqa: BLE001 - whatever it is, it is what this looks for
        yield f"{spoilt.name}): {fault!r}"


def _looked(rig: Rig, spoilt: Payload, now: datetime) -> Iterator[str]:
    """Two looks that both show it, a minute apart."""
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
    once = merged(before, seen, now)
    twice = merged(once, seen, now + AGAIN)
    at = polling.next_poll_at(once, now, jitter=polling.jitter(once.fa_flight_id))
    if at is not None and not now < at <= now + timedelta(hours=24):
        yield f"{spoilt.name}): is looked at again {at}"
    for role in Role:
        yield from _heard(spoilt, role, (before, once, twice), now)


def tracked(flight: Flight, spoilt: Payload) -> TrackedFlight:
    """The flight as it is followed; after three misses, it is asked for by number."""
    return TrackedFlight(
        id=1,
        fa_flight_id=flight.fa_flight_id,
        flight=flight,
        misses=polling.MISSES_BEFORE_SEARCH if spoilt.by_number else 0,
    )


def _heard(spoilt: Payload, role: Role, looks: Sequence[Flight], now: datetime) -> Iterator[str]:
    """What is wrong with what somebody hears of it who knows how the flight was before."""
    known: list[Tells] = [tells(looks[0])]
    heard: set[str] = set()
    for nth, (before, after) in enumerate(pairwise(looks)):
        at = now + nth * AGAIN
        alert = decide(told(known), [], role=role, before=before, after=after, now=at).alert
        if alert:
            kinds = {change.kind.value for change in alert.changes}
            if nth == 0 and (early := kinds - {"stale"} if spoilt.silent else kinds & TWICE):
                yield f"{spoilt.name}): {role} hears {sorted(early)} at first sight"
            heard |= kinds
            text = alert_text(alert, Reader(ident=NUMBER, now=at))
            known.append(text.tells)
            yield from (f"{spoilt.name}): {fault}: {text.body!r}" for fault in _ill_worded(text, alert.flight))
    due = _due(spoilt, now)
    if spoilt.silent and heard != due:
        yield f"{spoilt.name}): {role} hears {sorted(heard)}, not {sorted(due)}"
    if spoilt.kinds and role is Role.WATCHER and heard != due:
        yield f"{spoilt.name}): a watcher hears {sorted(heard)}, not {sorted(due)}"
    yield from _heard_of_one_look(spoilt, role, looks, now)


def _due(spoilt: Payload, now: datetime) -> set[str]:
    """The kinds of what two looks at it must lead to; the payload is no news, or `kinds` are."""
    if "cancelled" in spoilt.kinds:
        return {"cancelled"}
    if "landed" in spoilt.kinds and now >= spoilt.since:
        return {"landed"}
    overdue = now >= (ARRIVES if spoilt.gone else LEAVES) + OVERDUE
    due = {*spoilt.kinds} if now >= spoilt.since else set()
    due |= {"stale"} if overdue else set()
    if spoilt.gone and "actual_off" in spoilt.blank:
        due |= {"withdrawn"}
        if "actual_out" not in spoilt.blank:
            due |= {"fresh"} if overdue else set()  # it is on its way to the runway, and that it has left is reported
        elif now >= LEAVES + OVERDUE:
            due |= {"stale"}
    return due


def _heard_of_one_look(spoilt: Payload, role: Role, looks: Sequence[Flight], now: datetime) -> Iterator[str]:
    """The next look shows the flight as it was: nobody hears of what needs two looks."""
    before, once, _ = looks
    back = merged(once, before, now + AGAIN)
    alert = decide(told([tells(before)]), [], role=role, before=once, after=back, now=now + AGAIN).alert
    kinds = {change.kind.value for change in alert.changes} & TWICE if alert else set()
    kinds -= {"returned"}  # one look shows that it left long ago and is to leave, the next that it stands: two agree
    if kinds:
        yield f"{spoilt.name}): {role} hears {sorted(kinds)} of what one look showed"


def _ill_worded(text: Text, flight: Flight) -> Iterator[str]:
    """What is wrong with a text that says how the flight is."""
    yield from faults(text.body)
    elsewhere = any(words in text.body for words in ("DIVERTED", "now goes to", "goes on"))
    for fact, value in text.tells.items():
        now = tells(flight, [fact]).get(fact)
        taken_back = value == "" and (not now or elsewhere)  # of the other airport nothing was told
        if value != now and not taken_back and fact != "stale":
            yield f"{fact} is {now}, and it tells {value}"
        if value and fact in PLACES and str(value) not in text.body:
            yield f"it does not say {fact} {value}"


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
        _, finding = find(rig.source, wanted, now=rig.clock.now())
        if not isinstance(finding, Found):
            raise refused(finding, wanted)
    except FlaitError as refusal:
        if not str(refusal).isprintable() or len(str(refusal)) > 1000:
            yield f"{spoilt.name}): is refused in {str(refusal)[:200]!r}"
        return
    found = finding.leg
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
        with Store.open(copied_over(template, folder / "polled.db")) as store:
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
            track.poll(store, rig.source, rig.clock, claimed, boot="boot", rules=AlertRules())
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is what this looks for
            yield f"{spoilt.name}): {fault!r}"
            return
    written = [view.message for view in store.messages(limit=100)]
    alerts = written[: len(written) - confirmed]  # the newest come first
    kinds = [text.kind for text in alerts]
    if spoilt.silent and kinds != _taken_back(spoilt):
        yield f"{spoilt.name}): {kinds}, not {_taken_back(spoilt)}"
    for text in alerts:
        yield from (f"{spoilt.name}): {fault}: {text.body!r}" for fault in faults(text.body))


def _taken_back(spoilt: Payload) -> list[str]:
    """What the traveller must hear of a place that is left out three times."""
    if "gate_origin" in spoilt.blank:
        return ["gate_change"]
    return ["terminal_change"] if "terminal_origin" in spoilt.blank else []
