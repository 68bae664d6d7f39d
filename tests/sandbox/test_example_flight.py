"""The README's flight in the sandbox: it flies as the others do, every day."""

from datetime import date, timedelta

import httpx
import pytest

from flait.sandbox.run import Sandbox, example_flight
from tests.sandbox.conftest import StandingClock

DAYS = [0, 1, 2, 3, 8, 40]


def flights(sandbox: Sandbox, path: str, **query: str | int) -> list[dict[str, object]]:
    address = f"{sandbox.flightaware_base_url}/{path}"
    answer = httpx.get(address, params=query, headers={"x-apikey": "k"}, verify=False, trust_env=False)
    answer.raise_for_status()
    found: list[dict[str, object]] = next(value for name, value in answer.json().items() if name != "links")
    return [row for row in found if row["ident_iata"] == "UA123"]


@pytest.mark.parametrize("days", DAYS)
def test_it_is_in_the_timetable_of_every_day(clock: StandingClock, days: int) -> None:
    day = date(2013, 3, 8) + timedelta(days=days)
    with Sandbox(clock=clock, daily=[example_flight(clock.now())]) as sandbox:
        (row,) = flights(sandbox, f"schedules/{day}/{day + timedelta(days=1)}", airline="UA", flight_number=123)
    out = f"{day}T21:00:00Z" if days < 2 else f"{day}T20:00:00Z"  # summer time begins on the 10th
    assert (row["scheduled_out"], row["origin_iata"], row["destination_iata"]) == (out, "JFK", "LAX")


@pytest.mark.parametrize("days", DAYS)
def test_it_leaves_and_lands_to_plan(clock: StandingClock, days: int) -> None:
    with Sandbox(clock=clock, daily=[example_flight(clock.now())]) as sandbox:
        clock.advance(days=days, hours=7)
        (flying,) = [row for row in flights(sandbox, "flights/UAL123") if row["actual_off"] and not row["actual_on"]]
        clock.advance(hours=6)
        landed = {row["fa_flight_id"]: row for row in flights(sandbox, "flights/UAL123")}[flying["fa_flight_id"]]
    assert (landed["actual_out"], landed["actual_in"]) == (landed["scheduled_out"], landed["scheduled_in"])
    assert landed["status"] == "Arrived / Gate Arrival"
