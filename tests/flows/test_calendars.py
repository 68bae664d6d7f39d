"""Nights on which the clocks change, midnight and the date line: the same texts once each, in the hours people read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from flait.core.flights import Airport, Flight, Times
from flait.core.subscriptions import Role
from flait.core.values import replace
from tests.core.flights_for_tests import at_gate, hours, late, minutes, planned, took_off, touched_down, utc
from tests.flows.world import World

SFO = Airport(code="KSFO", code_iata="SFO", timezone="America/Los_Angeles")
LAX = Airport(code="KLAX", code_iata="LAX", timezone="America/Los_Angeles")
LHR = Airport(code="EGLL", code_iata="LHR", timezone="Europe/London")
EDI = Airport(code="EGPH", code_iata="EDI", timezone="Europe/London")
AKL = Airport(code="NZAA", code_iata="AKL", timezone="Pacific/Auckland")
HNL = Airport(code="PHNL", code_iata="HNL", timezone="Pacific/Honolulu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A flight at an awkward hour: its way, its hours, and how they are written: as planned, 45 minutes late, and down."""

    origin: Airport
    destination: Airport
    leaves: datetime
    lasts: timedelta
    planned: str
    late: str
    lands: str


NIGHTS = {
    "spring in America": Night(
        origin=SFO, destination=LAX, leaves=utc("2026-03-08 09:30"), lasts=minutes(70),
        planned="dep 01:30 PST, arr 03:40 PDT",
        late="dep 01:30 PST->03:15 PDT, arr 03:40->04:25 PDT", lands="04:17 PDT",
    ),
    "autumn in America": Night(
        origin=SFO, destination=LAX, leaves=utc("2026-11-01 08:40"), lasts=minutes(70),
        planned="dep 01:40 PDT, arr 01:50 PST",
        late="dep 01:40 PDT->01:25 PST, arr 01:50->02:35 PST", lands="02:27 PST",
    ),
    "spring in Europe": Night(
        origin=LHR, destination=EDI, leaves=utc("2026-03-29 00:50"), lasts=minutes(60),
        planned="dep 00:50 GMT, arr 02:50 BST",
        late="dep 00:50 GMT->02:35 BST Sun, arr 02:50->03:35 BST Sun", lands="03:27 BST",
    ),
    "autumn in Europe": Night(
        origin=LHR, destination=SFO, leaves=utc("2026-10-25 00:30"), lasts=hours(11),
        planned="dep 01:30 BST, arr 04:30 PDT",
        late="dep 01:30 BST->01:15 GMT, arr 04:30->05:15 PDT Sun", lands="05:07 PDT",
    ),
    "midnight": Night(
        origin=SFO, destination=LAX, leaves=utc("2025-11-26 07:40"), lasts=minutes(70),
        planned="dep 23:40 PST, arr 00:50 PST Wed",
        late="dep 23:40 Tue->00:25 PST Wed, arr 00:50->01:35 PST Wed", lands="01:27 PST",
    ),
    "the date line": Night(
        origin=AKL, destination=HNL, leaves=utc("2025-11-25 10:00"), lasts=hours(9),
        planned="dep 23:00 NZDT, arr 09:00 HST",
        late="dep 23:00->23:45 NZDT, arr 09:00->09:45 HST Tue", lands="09:37 HST",
    ),
}  # fmt: skip


def flight(night: Night) -> Flight:
    lands = night.leaves + night.lasts
    return planned(
        origin=night.origin, destination=night.destination, gate_origin="F12", out=Times(scheduled=night.leaves),
        off=Times(scheduled=night.leaves + minutes(10)), on=Times(scheduled=lands - minutes(8)),
        in_=Times(scheduled=lands),
    )  # fmt: skip


def shown(night: Night, now: datetime) -> Flight:
    """What AeroAPI has of it then: known to be late from 100 minutes before it was to leave."""
    if now < night.leaves - minutes(100):
        return flight(night)
    delayed = late(minutes(45), flight(night))
    for event, happened in ((at_gate, delayed.in_), (touched_down, delayed.on), (took_off, delayed.off)):
        if happened.estimated and now >= happened.estimated:
            return event(delayed if event is took_off else replace(delayed, gate_destination="C91", baggage_claim="6"))
    return delayed


HEARS = {
    Role.TRAVELER: ["tracked", "delay_first", "landed"],
    Role.MEETER: ["tracked", "delay_first", "departed", "landed"],
}


@pytest.mark.parametrize("name", NIGHTS)
@pytest.mark.parametrize("role", HEARS)
def test_a_flight_over_it_is_told_like_any_other(world: World, name: str, role: Role) -> None:
    night = NIGHTS[name]
    world.clock.moment = night.leaves - hours(8)
    world.follow(flight(night), role=role)
    looks = [world.clock.now()]
    while world.flight().next_poll_at:
        assert timedelta() < world.due() - looks[-1] <= hours(3)
        world.clock.moment = world.due()
        looks.append(world.clock.now())
        world.poll(shown(night, world.clock.now()))
        world.deliver()

    assert len(looks) < 50
    assert world.kinds == HEARS[role]
    tracked, delayed, *_ = bodies = [text.body for text in world.texts]
    assert f"{night.planned}." in tracked
    heard = night.late if role is Role.TRAVELER else night.late[night.late.index("arr ") :]
    assert f" delayed 45m: {heard}." in delayed
    assert f" {night.lands}. Taxiing to gate C91." in bodies[-1]
