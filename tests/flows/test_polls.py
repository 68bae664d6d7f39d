"""Polls themselves: whose turn, when again after a fault, and what a crash or a second daemon leaves behind."""

from datetime import datetime, time, timedelta

import pytest

from flait.core.flights import Flight
from flait.core.subscriptions import SubscriptionState
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlaitError, FlightSourceError, MissingCredential, RateLimited, Refused
from flait.flows import looks, subscribe, track
from flait.flows.telling import AlertRules
from flait.store import Store
from tests.core.flights_for_tests import F12, NOON, OUT, at_gate, hours, late, minutes
from tests.flows.mortal import Killed
from tests.flows.world import PHONES, World

B4 = replace(F12, gate_origin="B4")
ANEW = replace(B4, fa_flight_id="UAL1234-anew")
OUTAGE = FlightSourceError("AeroAPI did not answer", "Flait tries again")


def waited(world: World) -> timedelta:
    """From now to the next poll."""
    return world.due() - world.clock.now()


# --- when again -------------------------------------------------------------------------------------------------


def test_nothing_is_asked_before_it_is_due(world: World) -> None:
    world.follow(F12)
    asked = len(world.source.calls)
    assert world.poll(B4) == []
    assert len(world.source.calls) == asked


@pytest.mark.parametrize(
    ("fault", "again_after"),
    [
        (OUTAGE, timedelta(seconds=30)),
        (RateLimited("AeroAPI asks for a pause", retry_after=timedelta(seconds=61)), timedelta(seconds=61)),
        (Refused("AeroAPI refuses the key"), minutes(5)),
        (MissingCredential("no key is stored"), minutes(5)),
    ],
)
def test_each_fault_has_its_own_patience(world: World, fault: FlaitError, again_after: timedelta) -> None:
    world.follow(F12)
    world.source.fault = fault
    world.next_poll(B4)
    assert waited(world) == pytest.approx(again_after, abs=timedelta(milliseconds=1))
    assert world.flight().failures == 1
    assert world.steps("poll")[-1].outcome == fault.code
    assert world.store.providers()["flightaware"].last_error == fault.message


def test_a_spent_budget_is_looked_at_hourly_and_when_the_last_word_grows_old(world: World) -> None:
    world.follow(F12)
    world.next_poll(F12)
    seen_at = world.clock.now()
    world.source.fault = BudgetExhausted("the AeroAPI budget is spent")
    world.next_poll()
    assert world.due() == pytest.approx(seen_at + minutes(45), abs=timedelta(milliseconds=1))
    world.next_poll()
    assert waited(world) == pytest.approx(hours(1), abs=timedelta(milliseconds=1))


def test_a_long_outage_is_asked_about_ever_less_often(world: World) -> None:
    world.follow(F12)
    world.source.fault = OUTAGE
    waits = []
    for _ in range(8):
        world.next_poll(B4)
        waits.append(round(waited(world).total_seconds()))
    sooner = waits.pop(5)  # when the last word is 45 min old
    assert sooner <= 900
    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_an_answer_ends_the_outage(world: World) -> None:
    world.follow(F12)
    world.source.fault = OUTAGE
    world.next_poll(F12)
    world.next_poll(F12)
    world.source.fault = None
    world.next_poll(F12)
    assert world.flight().failures == 0
    assert world.store.providers()["flightaware"].last_success_at == world.flight().last_polled_at


def test_hastening_makes_the_next_poll_due_now(world: World) -> None:
    world.follow(F12)
    world.clock.advance(minutes(1))
    looks.hasten(world.store, world.flight().id, world.clock.now())
    assert world.poll(B4) == ["gate_change"]


def test_hastening_a_closed_flight_is_nothing(world: World) -> None:
    world.follow(F12)
    subscribe.unsubscribe(world.store, world.subscription(), now=NOON)
    looks.hasten(world.store, world.flight().id, NOON)
    assert world.poll(B4) == []


def test_a_fault_of_our_own_sets_the_flight_aside(world: World) -> None:
    world.follow(F12)
    world.clock.moment = world.due()
    (claimed,) = track.claim_due(world.store, world.clock, world.boot, 10)
    track.set_aside(world.store, claimed, now=world.clock.now())
    assert waited(world) == hours(1)
    assert world.flight().failures == 1
    assert world.steps("poll")[-1].outcome == "fault"


# --- gone from the answer ---------------------------------------------------------------------------------------


def test_after_three_misses_it_is_asked_for_by_number_and_its_new_id_adopted(world: World) -> None:
    world.follow(F12)
    assert [world.next_poll(ANEW) for _ in range(3)] == [[], [], []]
    assert world.flight().misses == 3
    asked = len(world.source.calls)
    assert world.next_poll(ANEW) == ["gate_change"]
    (call,) = world.source.calls[asked:]
    assert call[:2] == ("departures", "UAL1234")
    assert (world.flight().fa_flight_id, world.flight().misses) == ("UAL1234-anew", 0)
    assert world.flight().flight.fa_flight_id == "UAL1234-anew"


def test_an_outage_between_misses_does_not_start_the_count_again(world: World) -> None:
    world.follow(F12)
    world.next_poll()
    world.source.fault = OUTAGE
    world.next_poll()
    world.source.fault = None
    assert (world.flight().misses, world.flight().failures) == (1, 1)
    world.next_poll()
    assert (world.flight().misses, world.flight().failures) == (2, 0)


def test_a_new_id_alone_is_no_news(world: World) -> None:
    world.follow(F12)
    same = replace(F12, fa_flight_id="UAL1234-anew")
    assert [world.next_poll(same) for _ in range(5)] == [[]] * 5
    assert world.source.calls[-1] == ("flight", "UAL1234-anew")
    assert world.kinds == ["tracked"]


def test_asked_for_by_number_the_window_is_its_own_day_anywhere_on_earth(world: World) -> None:
    world.follow(F12)
    for _ in range(4):
        world.next_poll()
    _, _, start, end = world.source.calls[-1]
    assert start < datetime.fromisoformat("2025-11-25T00:00-08:00")
    assert end > datetime.fromisoformat("2025-11-26T00:00-08:00")
    assert end - start < timedelta(days=3)


@pytest.mark.parametrize("days", [-1, 1])
def test_asked_for_by_number_another_days_flight_is_not_taken(world: World, days: int) -> None:
    world.follow(F12)
    moved = replace(ANEW, out=replace(F12.out, scheduled=OUT + timedelta(days=days)))
    assert [world.next_poll(moved) for _ in range(6)] == [[]] * 6
    assert world.flight().fa_flight_id == F12.fa_flight_id
    assert world.flight().misses == 6


def test_an_ident_that_is_no_number_is_only_asked_for_by_its_id(world: World) -> None:
    adhoc = replace(F12, ident="GABCD", ident_icao=None, codeshares=("UA1234",))
    world.follow(adhoc)
    for _ in range(5):
        world.next_poll()
    assert {call[0] for call in world.source.calls[1:]} == {"flight"}


def test_a_new_id_that_is_watched_already_is_not_taken_from_it(world: World) -> None:
    moved = replace(ANEW, out=replace(F12.out, scheduled=OUT + minutes(5)))
    world.follow(F12, 0)
    world.source.board = [F12, moved]  # as long as both are shown they are two
    world.subscribe(1, leaves_at=time(14, 15))
    for _ in range(12):
        world.clock.moment = min(view.tracked.next_poll_at or OUT for view in world.store.flight_views())
        world.poll(moved)
    assert [view.tracked.fa_flight_id for view in world.store.flight_views()] == [F12.fa_flight_id, "UAL1234-anew"]
    assert [text.kind for text in world.texts if text.to == PHONES[0]] == ["tracked", "gate_change"]
    assert [text.kind for text in world.texts if text.to == PHONES[1]] == ["tracked"]


def test_a_flight_never_seen_again_is_let_go_a_day_after_it(world: World) -> None:
    world.follow(F12)
    while world.flight().next_poll_at:
        world.next_poll()
    assert hours(24) <= world.clock.now() - (F12.arrival.best or OUT) < hours(25)
    assert world.subscription().state is SubscriptionState.ENDED
    assert world.kinds == ["tracked", "stale", "stale"]  # once that there is no word, and once that it is over
    assert world.texts[-1].body.endswith("has left, and we stop watching it now. Ask the airline.")


# --- crashes, and a second daemon -------------------------------------------------------------------------------


class DiesAtTheEnd(Store):
    """Its daemon dies before the journal is written, which is just before the commit."""

    def record(self, *steps: object) -> None:
        raise Killed


def test_a_crash_before_the_commit_decides_nothing_and_the_next_boot_decides_once(world: World) -> None:
    world.follow(F12, 0, 1)
    world.clock.moment = world.due()
    (claimed,) = track.claim_due(world.store, world.clock, world.boot, 10)
    world.source.board = [B4]
    with DiesAtTheEnd.open(world.path) as mortal, pytest.raises(Killed):
        track.poll(mortal, world.source, world.clock, claimed, boot=world.boot, rules=AlertRules())
    assert world.kinds == ["tracked", "tracked"]
    assert world.poll(B4) == []  # still claimed by the dead
    world.restart()
    assert world.poll(B4) == ["gate_change", "gate_change"]
    assert world.next_poll(B4) == []


def test_what_is_claimed_is_nobody_elses(world: World) -> None:
    world.follow(F12)
    world.clock.moment = world.due()
    assert len(track.claim_due(world.store, world.clock, "boot A", 10)) == 1
    assert track.claim_due(world.store, world.clock, "boot B", 10) == []
    assert track.claim_due(world.store, world.clock, "boot A", 10) == []


@pytest.mark.parametrize("then", [[B4], [], [at_gate()]])
def test_an_answer_to_a_daemon_that_lost_its_claim_changes_nothing(world: World, then: list[Flight]) -> None:
    world.follow(F12)
    world.clock.moment = world.due()
    (stale,) = track.claim_due(world.store, world.clock, world.boot, 10)
    world.restart()
    assert world.poll(late(hours(1))) == []  # waits for a second poll
    before = {name: rows for name, rows in world.dump().items() if name != "providers"}
    world.source.board = then
    assert track.poll(world.store, world.source, world.clock, stale, boot="boot 1", rules=AlertRules()) == []
    assert {name: rows for name, rows in world.dump().items() if name != "providers"} == before


def test_an_outage_of_a_daemon_that_lost_its_claim_postpones_nothing(world: World) -> None:
    world.follow(F12)
    world.clock.moment = world.due()
    (stale,) = track.claim_due(world.store, world.clock, world.boot, 10)
    world.restart()
    before = world.flight()
    world.source.fault = OUTAGE
    track.poll(world.store, world.source, world.clock, stale, boot="boot 1", rules=AlertRules())
    assert world.flight() == before


def test_a_limit_leaves_the_rest_for_later(world: World) -> None:
    for number in ("UA1", "UA2", "UA3"):
        world.source.board = [replace(F12, fa_flight_id=number, ident=number, ident_icao=None, ident_iata=number)]
        world.subscribe(0, ident=number)
    world.clock.moment = OUT
    assert [len(track.claim_due(world.store, world.clock, world.boot, 2)) for _ in range(3)] == [2, 1, 0]
