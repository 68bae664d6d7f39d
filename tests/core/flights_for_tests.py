"""Flights, and people who follow them: UA1234 from San Francisco to Newark on Tuesday 25 November 2025.

It is to leave the gate at 14:10 PST and to be at the gate at 22:31 EST. Every builder changes one thing about it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flait.core.alerts import Alert, Decision, decide
from flait.core.changes import DELAY
from flait.core.flights import Airport, Flight, Times
from flait.core.holds import PastText
from flait.core.observations import merged
from flait.core.planes import Plane
from flait.core.preferences import NO_WISHES, Wishes
from flait.core.priorities import Priority
from flait.core.structure import Structure
from flait.core.subscriptions import ClockFace, Role
from flait.core.texts.alerts import alert_text
from flait.core.texts.confirmations import tracked_text
from flait.core.texts.formats import Reader
from flait.core.texts.wording import Text
from flait.core.told import Tells, Told, tells, told
from flait.core.trips import Leg, Onward
from flait.core.values import replace

SFO = Airport(code="KSFO", code_iata="SFO", city="San Francisco", timezone="America/Los_Angeles")
EWR = Airport(code="KEWR", code_iata="EWR", city="Newark", timezone="America/New_York")
PIT = Airport(code="KPIT", code_iata="PIT", city="Pittsburgh", timezone="America/New_York")
FRA = Airport(code="EDDF", code_iata="FRA", city="Frankfurt", timezone="Europe/Berlin", country="DE")
DEN = Airport(code="KDEN", code_iata="DEN", city="Denver", timezone="America/Denver")
LAX = Airport(code="KLAX", code_iata="LAX", city="Los Angeles", timezone="America/Los_Angeles")
CLE = Airport(code="KCLE", code_iata="CLE", city="Cleveland", timezone="America/New_York")


def utc(text: str) -> datetime:
    """The moment written as `2025-11-25 22:10`, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    """So many hours."""
    return timedelta(hours=count)


OUT, OFF = utc("2025-11-25 22:10"), utc("2025-11-25 22:25")
ON, IN = utc("2025-11-26 03:23"), utc("2025-11-26 03:31")
NOON = OUT - hours(2)  # two hours before departure: 12:10 in San Francisco


def planned(**fields: Any) -> Flight:
    """UA1234 as scheduled, no gate yet, with these fields changed."""
    return replace(_PLANNED, **fields)


_PLANNED = Flight(
    fa_flight_id="UAL1234-1763900000-schedule-0001",
    ident="UAL1234",
    ident_icao="UAL1234",
    ident_iata="UA1234",
    origin=SFO,
    destination=EWR,
    out=Times(scheduled=OUT),
    off=Times(scheduled=OFF),
    on=Times(scheduled=ON),
    in_=Times(scheduled=IN),
)
F12 = planned(gate_origin="F12", terminal_origin="3")
"""The same with its gate of departure."""


def late(by: timedelta, flight: Flight = F12) -> Flight:
    """Estimated to leave and to arrive that much after its schedule."""
    return leaving(by, arriving(by, flight))


def leaving(by: timedelta, flight: Flight = F12) -> Flight:
    """Estimated to leave that much after its schedule; the arrival stands."""
    return replace(flight, out=_estimated(flight.out, by), off=_estimated(flight.off, by))


def arriving(by: timedelta, flight: Flight = F12) -> Flight:
    """Estimated to arrive that much after its schedule; the departure stands."""
    return replace(flight, on=_estimated(flight.on, by), in_=_estimated(flight.in_, by))


def rescheduled(by: timedelta, flight: Flight = F12) -> Flight:
    """Moved by the airline: the schedule itself is another."""
    out, off, on, in_ = (_planned(times, by) for times in (flight.out, flight.off, flight.on, flight.in_))
    return replace(flight, out=out, off=off, on=on, in_=in_)


def _planned(times: Times, by: timedelta) -> Times:
    return Times(scheduled=times.scheduled + by if times.scheduled else None)


def _estimated(times: Times, by: timedelta) -> Times:
    return replace(times, estimated=times.scheduled + by if times.scheduled else None)


def left_gate(flight: Flight = F12, at: datetime | None = None) -> Flight:
    """Out at that moment, by default when best known."""
    return replace(flight, out=replace(flight.out, actual=at or flight.out.best))


def took_off(flight: Flight = F12, at: datetime | None = None) -> Flight:
    """Off at that moment."""
    gone = left_gate(flight)
    return replace(gone, off=replace(gone.off, actual=at or gone.off.best))


def touched_down(flight: Flight = F12, at: datetime | None = None) -> Flight:
    """On the runway at that moment."""
    flown = took_off(flight)
    return replace(flown, on=replace(flown.on, actual=at or flown.on.best))


def at_gate(flight: Flight = F12, at: datetime | None = None) -> Flight:
    """At the gate of arrival at that moment."""
    down = touched_down(flight)
    return replace(down, in_=replace(down.in_, actual=at or down.in_.best))


def hours_ago(by: float, flight: Flight) -> Flight:
    """The same so many hours before: for a flight that is over at NOON."""
    events: dict[str, Any] = {name: _moved(getattr(flight, name), -hours(by)) for name in ("out", "off", "on", "in_")}
    return replace(flight, **events)


def _moved(times: Times, by: timedelta) -> Times:
    parts = {name: at + by if (at := getattr(times, name)) else None for name in ("scheduled", "estimated", "actual")}
    return Times(**parts)


def diverted(to: Airport | None = PIT, flight: Flight = F12) -> Flight:
    """In the air and on its way to another airport, where it is to land at 23:05 EST."""
    flown = replace(took_off(flight), diverted=True, diverted_to=to)
    if to is None:
        return flown
    lands = utc("2025-11-26 04:05")
    return replace(flown, on=Times(scheduled=ON, estimated=lands), in_=Times(scheduled=IN, estimated=lands))


def onward_flight(after: timedelta, **fields: Any) -> Flight:
    """LH403 from Newark to Frankfurt, so long after UA1234 is to arrive."""
    leaves = IN + after
    flight = Flight(
        fa_flight_id="DLH403-1763900000-schedule-0001",
        ident="DLH403",
        ident_icao="DLH403",
        ident_iata="LH403",
        origin=replace(EWR, country="US"),
        destination=FRA,
        out=Times(scheduled=leaves),
        off=Times(scheduled=leaves + minutes(15)),
        on=Times(scheduled=leaves + hours(7)),
        in_=Times(scheduled=leaves + hours(7.2)),
        gate_origin="B61",
        terminal_origin="B",
    )
    return replace(flight, **fields)


def onward(after: timedelta = timedelta(minutes=88), needed: timedelta = timedelta(hours=1)) -> Onward:
    """It is what somebody goes on with, by subscription 2."""
    flight = onward_flight(after)
    return Onward(leg=Leg(id=2, ident="LH403", flight=flight, previous=flight), needed=needed)


def inbound_flight(by: timedelta = timedelta(), **fields: Any) -> Flight:
    """UA555 from Denver, which brings the plane of UA1234: to be at the gate of San Francisco an hour before it leaves.

    Estimated that much after its schedule.
    """
    flight = Flight(
        fa_flight_id="UAL555-1763890000-schedule-0002",
        ident="UAL555",
        ident_icao="UAL555",
        ident_iata="UA555",
        origin=DEN,
        destination=SFO,
        out=Times(scheduled=OUT - hours(4)),
        off=Times(scheduled=OUT - hours(4) + minutes(15)),
        on=Times(scheduled=OUT - minutes(68)),
        in_=Times(scheduled=OUT - hours(1)),
        aircraft_type="B738",
    )
    return replace(late(by, flight) if by else flight, **fields)


def plane(by: timedelta = timedelta(), flight: Flight | None = None) -> Plane:
    """That plane, after two looks that agree."""
    there = flight or inbound_flight(by)
    return Plane(flight=there, previous=there, seen_at=NOON)


def with_plane(flight: Flight) -> Flight:
    """The flight, with UA555 as the one before."""
    return replace(flight, inbound_fa_flight_id=inbound_flight().fa_flight_id)


def knowing(flight: Flight) -> Told:
    """What somebody knows who was told everything about the flight."""
    return told([tells(flight)])


@dataclass(kw_only=True)
class Heard:
    """A text somebody got: when, what about, and what it told."""

    at: datetime
    kind: str
    body: str
    tells: Tells
    priority: Priority = Priority.P1
    text: Text | None = None


@dataclass(kw_only=True)
class Listener:
    """One person following one flight, whose every text arrives at once."""

    role: Role = Role.TRAVELER
    typed: str = "UA1234"
    clock: ClockFace = ClockFace.H24
    delay: timedelta = DELAY
    wishes: Wishes = NO_WISHES
    onward: Onward | None = None
    plane: Plane | None = None
    seen: Flight = field(default_factory=planned)
    texts: list[Heard] = field(default_factory=list)
    decision: Decision = field(default_factory=lambda: Decision(alert=None, look_again=None))

    def subscribed(self, flight: Flight, now: datetime) -> "Listener":
        """The same person after the confirmation."""
        self.seen = flight
        self._note("tracked", tracked_text(flight, self._reader(now), role=self.role), now, Priority.P2)
        return self

    def knowing_all(self, flight: Flight, now: datetime) -> "Listener":
        """The same person after a text that told everything known of it."""
        self.seen = flight
        self._note("tracked", Text(structure=Structure(), tells=tells(flight)), now, Priority.P2)
        return self

    def polled(self, flight: Flight, now: datetime) -> Heard | None:
        """What they hear after a poll that showed `flight`, blanks and all."""
        before, self.seen = self.seen, merged(self.seen, flight, now)
        self.decision = decide(
            told([text.tells for text in self.texts]),
            [_past(text) for text in self.texts],
            role=self.role,
            before=before,
            after=self.seen,
            now=now,
            delay=self.delay,
            wishes=self.wishes,
            onward=self.onward,
            plane=self.plane,
        )
        return self._hear(self.decision.alert, now)

    @property
    def alerts(self) -> Sequence[Heard]:
        """Every text but the confirmation."""
        return [text for text in self.texts if text.kind != "tracked"]

    def _hear(self, alert: Alert | None, now: datetime) -> Heard | None:
        if alert is None:
            return None
        return self._note(alert.changes[0].kind, alert_text(alert, self._reader(now)), now, alert.priority)

    def _note(self, kind: str, text: Text, now: datetime, priority: Priority) -> Heard:
        heard = Heard(at=now, kind=kind, body=text.body, tells=text.tells, priority=priority, text=text)
        self.texts.append(heard)
        return heard

    def _reader(self, now: datetime) -> Reader:
        return Reader(ident=self.typed, now=now, clock=self.clock)


def _past(text: Heard) -> PastText:
    urgent = text.priority is Priority.P0
    return PastText(at=text.at, kind=text.kind, gate_origin=_gate(text.tells), urgent=urgent)


def _gate(said: Tells) -> str | None:
    gate = said.get("gate_origin")
    return str(gate) if gate else None
