"""What following costs is said before anything is stored, and asked about where the month may not last."""

import pytest

from flait.app import App
from flait.core.flights import Times
from flait.core.values import replace
from flait.errors import FlightSourceError
from flait.store import Store
from tests.doors.command_line import CommandLine
from tests.flows.world import FakeFlightSource
from tests.store.samples import HOUR, NOW, flight

FLIES = flight(in_=Times(scheduled=NOW + 12 * HOUR))  # out six hours from now
ANN, BEN = "+15555550100", "+15555550101"
BUDGET = "FLAIT_FLIGHTAWARE_MONTHLY_BUDGET_USD"


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> FakeFlightSource:
    fake = FakeFlightSource()
    fake.board = [FLIES]
    monkeypatch.setattr(App, "source", lambda _self, **_options: fake)
    return fake


def nothing_is_stored(store: Store) -> bool:
    return (store.users(), store.subscription_views(), store.flight_views()) == ([], [], [])


def test_the_cost_of_a_flight_is_said_beside_what_the_month_has_left(
    flait: CommandLine, source: FakeFlightSource
) -> None:
    ran = flait("subscribe", "UA123", ANN)
    assert ran.err.splitlines()[1] == "About 38 look-ups, $0.19; $5.00 of $5.00 are left this month."


def test_without_a_budget_nothing_is_said_of_what_is_left(flait: CommandLine, source: FakeFlightSource) -> None:
    flait.env[BUDGET] = "0"
    assert flait("subscribe", "UA123", ANN).err.splitlines()[1] == "About 38 look-ups, $0.19."


def test_a_dry_run_says_the_same_and_stores_nothing(flait: CommandLine, store: Store, source: FakeFlightSource) -> None:
    ran = flait("subscribe", "UA123", ANN, "--dry-run")
    assert ran.code == 0
    assert ran.err == (
        "UA123 SFO-JFK of Fri 8 Mar, leaves 10:00 PST. About 38 look-ups, $0.19; $5.00 of $5.00 are left this month. "
        "Nothing is stored.\n"
    )
    assert nothing_is_stored(store)


def test_a_dry_run_while_aeroapi_is_down_says_what_would_wait(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    source.fault = FlightSourceError("AeroAPI did not answer")
    ran = flait("subscribe", "UA123", ANN, "--dry-run")
    assert ran.err.startswith("UA123 would wait for AeroAPI: AeroAPI did not answer. About 44 look-ups, $0.22;")
    assert nothing_is_stored(store)


def test_a_flight_that_is_looked_at_already_costs_no_more(flait: CommandLine, source: FakeFlightSource) -> None:
    flait("subscribe", "UA123", ANN)
    again = flait("subscribe", "UA123", BEN).err.splitlines()
    assert again[1] == "It is looked at already, and costs no more; $5.00 of $5.00 are left this month."


def test_a_traveler_beside_a_watcher_adds_the_looks_at_the_plane(flait: CommandLine, source: FakeFlightSource) -> None:
    watched = flait("subscribe", "UA123", ANN, "--as", "watcher").err.splitlines()
    assert watched[1].startswith("About 34 look-ups, $0.17;")
    assert flait("subscribe", "UA123", BEN).err.splitlines()[1].startswith("About 4 look-ups, $0.02;")


def test_what_the_month_may_not_last_for_wants_a_yes(
    flait: CommandLine, store: Store, source: FakeFlightSource
) -> None:
    """Nobody is there to be asked: nothing is stored, and the exit code is that of a spent budget."""
    flait.env[BUDGET] = "0.30"
    assert flait("subscribe", "UA123", ANN).code == 0
    source.board = [replace(FLIES, fa_flight_id="UAL124-x", ident="UAL124", ident_icao="UAL124", ident_iata="UA124")]

    assert flait("subscribe", "UA124", BEN).refused(8) == (
        "the month's look-ups may not last: $0.19 of $0.30 are spent or needed for what is followed, and this takes "
        "about $0.19; raise flightaware.monthly_budget_usd, or follow it all the same with --yes"
    )
    assert [view.subscription.ident for view in store.subscription_views()] == ["UA123"]
    assert flait("--yes", "subscribe", "UA124", BEN).code == 0
    assert len(store.subscription_views()) == 2
