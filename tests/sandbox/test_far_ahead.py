"""A flight saved weeks ahead, over real sockets: the sandbox's timetable moves, and its person is told."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flait.adapters.aeroapi.client import AeroAPI
from flait.core.dates import parse_date
from flait.core.idents import parse_ident
from flait.core.preferences import NO_DEFAULTS
from flait.core.subscriptions import Role
from flait.core.wanted import Wanted
from flait.flows import subscribe, timetable
from flait.flows.meter import PACES, StoreMeter
from flait.sandbox.run import Sandbox
from flait.store import Store
from tests.sandbox.conftest import StandingClock

DAY = date(2013, 4, 20)


class Saved:
    """Ana follows UA15 of a day six weeks ahead."""

    def __init__(self, store: Store, sandbox: Sandbox, clock: StandingClock) -> None:
        self.store, self.clock = store, clock
        meter = StoreMeter(lambda: store, clock, pace=PACES["premium"], monthly_budget_usd=lambda: 5.0)
        self.source = AeroAPI(
            base_url=sandbox.flightaware_base_url,
            key=lambda _: "any",
            meter=meter,
            clock=clock,
            wait=lambda _: False,
        )
        wanted = Wanted(
            ident=parse_ident("UA15"),
            wish=parse_date(DAY.isoformat()),
            origin="EWR",
            role=Role.TRAVELER,
            asked_at=clock.now(),
        )
        person = subscribe.Person(phone="+15555550100", consent="asked for it")
        self.done = subscribe.subscribe(store, self.source, clock, person=person, wanted=wanted)
        self.check()

    def check(self) -> None:
        while timetable.step(self.store, self.source, self.clock, days="30,14,7,3", defaults=NO_DEFAULTS):
            pass

    def on_day(self, before: int) -> None:
        planned = self.store.planned(self.done.subscription.id)
        assert planned
        ahead = planned.leaves_at - timedelta(days=before) - self.clock.now()
        self.clock.advance(seconds=ahead.total_seconds())
        self.check()

    @property
    def bodies(self) -> list[str]:
        return [view.message.body for view in reversed(self.store.messages(limit=20))]


@pytest.fixture
def saved(tmp_path: Path, sandbox: Sandbox, clock: StandingClock) -> Iterator[Saved]:
    with Store.open(tmp_path / "flait.db") as store:
        yield Saved(store, sandbox, clock)


def row(aeroapi: httpx.Client) -> dict[str, Any]:
    params = {"airline": "UAL", "flight_number": "15", "origin": "EWR", "include_codeshares": "false"}
    (found,) = aeroapi.get(f"/schedules/{DAY}/{DAY + timedelta(days=1)}", params=params).json()["scheduled"]
    told: dict[str, Any] = found
    return told


def test_what_the_timetable_moves_far_ahead_is_told_once_and_each_look_is_one_page(
    saved: Saved, sandbox: Sandbox, aeroapi: httpx.Client
) -> None:
    leaves = row(aeroapi)["scheduled_out"]
    (known,) = sandbox.put_flights([{"ident": "UAL15", "scheduled_out": leaves}])
    month = f"{saved.clock.now():%Y-%m}"
    spent = saved.store.spent(month)

    saved.on_day(30)
    assert len(saved.bodies) == 1
    assert saved.store.spent(month) == spent + 20_000

    earlier = leaves.replace(leaves[11:13], f"{int(leaves[11:13]) - 2:02}", 1)
    sandbox.put_flights([{"fa_flight_id": known, "scheduled_out": earlier}])
    saved.on_day(14)
    saved.on_day(7)
    assert ["2h EARLIER" in body for body in saved.bodies] == [False, True]


def test_what_is_taken_out_far_ahead_is_told_after_two_looks(
    saved: Saved, sandbox: Sandbox, aeroapi: httpx.Client
) -> None:
    (known,) = sandbox.put_flights([{"ident": "UAL15", "scheduled_out": row(aeroapi)["scheduled_out"]}])
    sandbox.put_flights([{"fa_flight_id": known, "vanish": True}])

    saved.on_day(30)
    assert len(saved.bodies) == 1
    saved.clock.advance(hours=6)
    saved.check()
    assert "not in the airline's timetable any more" in saved.bodies[-1]

    sandbox.put_flights([{"fa_flight_id": known, "vanish": False}])
    saved.on_day(14)
    assert "in the airline's timetable again" in saved.bodies[-1]
