"""Push alerts: one for each followed flight, ordered once, ended in time; and calls that can only hasten a poll."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from flait.core.prices import PRICES
from flait.core.values import replace
from flait.errors import AboveTier, AlertInDoubt, FlaitError, FlightSourceError
from flait.flows import push, subscribe
from flait.flows.ports import AccountAlert, AlertWish
from flait.store import PushAlert, PushState, Store
from tests.core.flights_for_tests import F12, NOON, hours, minutes, planned
from tests.flows.world import World

S = PushState
OURS = "https://flait.example/flightaware/alert/"
A_TOKEN = "t" * 43
SECOND = timedelta(seconds=1)
TWO_MINUTES = minutes(2)


@dataclass
class FakeDesk:
    """FlightAware's desk: makes what is ordered, unless a fault is planned; `made` tells whether it did all the same."""

    alerts: dict[str, str] = field(default_factory=dict)  # id → target_url
    orders: list[AlertWish] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    faults: list[tuple[FlaitError, bool]] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def fails(self, fault: FlaitError, *, made: bool = False) -> None:
        """The next call ends like that."""
        self.faults.append((fault, made))

    def create(self, wish: AlertWish) -> str:
        fault, made = self._called("create")
        self.orders.append(wish)
        alert_id = str(next(self._ids))
        if made:
            self.alerts[alert_id] = wish.target_url
        if fault:
            raise fault
        return alert_id

    def listed(self) -> Sequence[AccountAlert]:
        fault, _ = self._called("list")
        if fault:
            raise fault
        return [AccountAlert(alert_id=alert_id, target_url=url) for alert_id, url in self.alerts.items()]

    def delete(self, alert_id: str) -> None:
        fault, made = self._called("delete")
        if made:
            self.alerts.pop(alert_id, None)
        if fault:
            raise fault

    def _called(self, name: str) -> tuple[FlaitError | None, bool]:
        self.calls.append(name)
        return self.faults.pop(0) if self.faults else (None, True)


@dataclass
class Pushing:
    """A world with a desk."""

    world: World
    desk: FakeDesk = field(default_factory=FakeDesk)
    wanted: bool = True
    _tokens: "count[int]" = field(default_factory=lambda: count(1))

    def tick(self) -> None:
        """What the daemon does once a minute."""
        office = push.Office(
            desk=self.desk,
            public_url="https://flait.example/",
            token=lambda: f"{next(self._tokens):043}",
            wanted=self.wanted,
        )
        while push.step(self.world.store, office, self.world.clock):
            pass

    def later(self, span: timedelta = TWO_MINUTES) -> None:
        self.world.clock.advance(span)
        self.tick()

    @property
    def rows(self) -> list[PushAlert]:
        return sorted(self.world.store.push_alerts(list(S)), key=lambda row: row.id)

    @property
    def states(self) -> list[PushState]:
        return [row.state for row in self.rows]


def unfollow(world: World) -> None:
    subscribe.unsubscribe(world.store, world.subscription(), now=world.clock.now())


@pytest.fixture
def pushing(world: World) -> Pushing:
    """Somebody follows UA1234, and alerts are wanted."""
    world.follow(F12)
    world.store.note_read(push.SWEEP, NOON)
    return Pushing(world)


# --- ordering ---------------------------------------------------------------------------------------------------


def test_a_followed_flight_has_one_alert_of_its_own_day(pushing: Pushing) -> None:
    pushing.tick()
    pushing.later()
    (order,) = pushing.desk.orders
    assert (order.ident, order.origin, order.destination) == ("UAL1234", "KSFO", "KEWR")
    assert order.day == F12.departure_date
    assert order.target_url == f"{OURS}{pushing.rows[0].token}"
    assert [(row.state, row.alert_id) for row in pushing.rows] == [(S.ACTIVE, "1")]
    assert [step.outcome for step in pushing.world.steps("push")] == ["wanted", "unclear", "active"]


def test_two_who_follow_one_flight_share_its_alert(pushing: Pushing) -> None:
    pushing.world.follow(F12, 1)
    pushing.tick()
    assert pushing.desk.calls == ["create"]


def test_with_alerts_off_and_none_left_nothing_is_asked(pushing: Pushing) -> None:
    pushing.wanted = False
    pushing.world.store.note_read(push.SWEEP, NOON)
    before = pushing.world.dump()
    pushing.tick()
    assert (pushing.desk.calls, pushing.world.dump()) == ([], before)
    assert push.is_idle(pushing.world.store)


def test_a_flight_whose_day_is_over_in_utc_does_with_polls(pushing: Pushing) -> None:
    pushing.later(hours(24))
    assert pushing.desk.orders == []
    assert pushing.rows == []


def test_an_order_that_was_not_made_is_made_later(pushing: Pushing) -> None:
    pushing.desk.fails(FlightSourceError("AeroAPI could not be reached"))
    pushing.desk.fails(FlightSourceError("AeroAPI could not be reached"))
    pushing.tick()
    assert pushing.states == [S.WANTED]
    pushing.later(30 * SECOND)
    assert pushing.desk.calls == ["create"]
    pushing.later()
    pushing.later()
    assert pushing.states == [S.ACTIVE]
    assert pushing.desk.calls == ["create"] * 3
    assert pushing.world.store.providers()["push"].last_error == "AeroAPI could not be reached"


def test_an_order_that_is_always_refused_is_given_up(pushing: Pushing) -> None:
    for _ in range(20):
        pushing.desk.fails(FlightSourceError("AeroAPI does not take the alert"))
    for _ in range(12):
        pushing.later(minutes(61))
    assert len(pushing.desk.orders) <= push.MOST_ATTEMPTS
    assert pushing.states == [S.ENDED]


@pytest.mark.parametrize("made", [True, False])
def test_an_unclear_order_is_looked_up_before_it_is_repeated(pushing: Pushing, made: bool) -> None:
    pushing.desk.fails(AlertInDoubt("AeroAPI did not answer in time"), made=made)
    pushing.tick()
    assert pushing.states == [S.UNCLEAR]
    pushing.later()
    pushing.later(minutes(5))
    assert pushing.desk.calls == (["create", "list"] if made else ["create", "list", "create"])
    assert list(pushing.desk.alerts.values()) == [f"{OURS}{pushing.rows[0].token}"]
    assert pushing.states == [S.ACTIVE]


def test_a_crash_while_ordering_leaves_it_unclear(pushing: Pushing) -> None:
    pushing.desk.fails(KeyboardInterrupt(), made=True)  # type: ignore[arg-type]  # the end of the process
    with pytest.raises(KeyboardInterrupt):
        pushing.tick()
    assert pushing.states == [S.UNCLEAR]
    pushing.later()
    assert pushing.states == [S.ACTIVE]
    assert len(pushing.desk.alerts) == 1


def test_a_list_that_cannot_be_read_settles_nothing(pushing: Pushing) -> None:
    pushing.desk.fails(AlertInDoubt("unclear"), made=True)
    pushing.tick()
    pushing.desk.fails(FlightSourceError("AeroAPI is out of order"))
    pushing.later()
    assert pushing.states == [S.UNCLEAR]
    pushing.later()
    assert pushing.states == [S.ACTIVE]


def test_an_account_without_alerts_is_the_caller_s_to_know(pushing: Pushing) -> None:
    pushing.desk.fails(AboveTier("Standard and Premium only"))
    with pytest.raises(AboveTier):
        pushing.tick()
    assert pushing.states == [S.WANTED]


# --- ending -----------------------------------------------------------------------------------------------------


def test_the_alert_of_a_flight_nobody_follows_is_deleted(pushing: Pushing) -> None:
    pushing.tick()
    unfollow(pushing.world)
    pushing.later()
    pushing.later()
    assert (pushing.desk.alerts, pushing.states) == ({}, [S.ENDED])
    assert pushing.desk.calls == ["create", "delete"]


def test_an_alert_never_ordered_ends_without_a_call(pushing: Pushing) -> None:
    pushing.desk.fails(FlightSourceError("no"))
    pushing.tick()
    unfollow(pushing.world)
    pushing.later()
    assert (pushing.desk.calls, pushing.states) == (["create"], [S.ENDED])


def test_a_deletion_that_failed_is_tried_again_and_holds_up_no_other(pushing: Pushing) -> None:
    pushing.tick()
    unfollow(pushing.world)
    pushing.world.follow(planned(fa_flight_id="other", ident="UAL9", ident_icao="UAL9", ident_iata="UA9"), 1)
    pushing.desk.fails(FlightSourceError("AeroAPI is out of order"))
    pushing.later()
    pushing.later(SECOND)
    assert pushing.states == [S.ACTIVE, S.ACTIVE]
    pushing.later(minutes(5))
    assert pushing.states == [S.ENDED, S.ACTIVE]


def test_alerts_left_from_when_they_were_wanted_are_deleted(pushing: Pushing) -> None:
    pushing.tick()
    pushing.wanted = False
    pushing.later()
    assert (pushing.desk.alerts, pushing.states) == ({}, [S.ENDED])
    assert push.is_idle(pushing.world.store)


def test_once_a_day_strays_that_call_us_are_deleted_and_nobody_else_s(pushing: Pushing) -> None:
    pushing.tick()
    strays = {"90": f"{OURS}{A_TOKEN}", "91": pushing.desk.orders[0].target_url}
    others = {"92": "https://flait.example.evil/flightaware/alert/" + A_TOKEN, "93": f"{OURS}short", "94": "https://x/"}
    pushing.desk.alerts |= strays | others
    pushing.later(hours(2))
    assert len(pushing.desk.alerts) == 6
    pushing.world.store.note_read(push.SWEEP, NOON - hours(24))
    pushing.later()
    assert set(pushing.desk.alerts) == {"1", "92", "93", "94"}


def test_the_sweep_leaves_an_order_that_is_unclear_to_the_look_up(pushing: Pushing) -> None:
    pushing.desk.fails(AlertInDoubt("unclear"), made=True)
    pushing.world.store.note_read(push.SWEEP, NOON - hours(25))
    pushing.tick()
    assert len(pushing.desk.alerts) == 1
    pushing.later()
    assert pushing.states == [S.ACTIVE]


# --- calls ------------------------------------------------------------------------------------------------------


@pytest.fixture
def token(pushing: Pushing) -> str:
    """The token of UA1234's alert; the flight's next poll is an hour away."""
    pushing.tick()
    world = pushing.world
    world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(1))
    return pushing.rows[0].token


def test_a_call_with_the_token_makes_the_poll_due_and_is_booked(pushing: Pushing, token: str) -> None:
    assert push.Callbacks().take(pushing.world.store, token, NOON)
    assert pushing.world.due() == NOON
    (row,) = [row for row in pushing.world.store.usage_rows("2025-11") if row.operation == "delivery"]
    assert (row.flight, row.result_sets, row.micro_usd) == (F12.fa_flight_id, 1, PRICES["delivery"])


@pytest.mark.parametrize("wrong", ["", "x", A_TOKEN, "0" * 43 + "1", "\x00" * 43, "é" * 40, "../" * 15])
def test_a_call_with_another_token_changes_nothing(pushing: Pushing, token: str, wrong: str) -> None:
    before = pushing.world.dump()
    assert not push.Callbacks().take(pushing.world.store, wrong, NOON)
    assert pushing.world.dump() == before


def test_many_calls_hasten_a_flight_once_a_minute(pushing: Pushing, token: str) -> None:
    world, callbacks = pushing.world, push.Callbacks()
    polls = set()
    for second in range(150):
        now = NOON + second * SECOND
        assert callbacks.take(world.store, token, now)
        if world.due() <= now:  # the daemon polls, and has nothing to do for an hour
            polls.add(now)
            world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(1))
    assert polls == {NOON, NOON + minutes(1), NOON + minutes(2)}


def test_news_within_the_minute_is_polled_for_at_its_end(pushing: Pushing, token: str) -> None:
    world, callbacks = pushing.world, push.Callbacks()
    callbacks.take(world.store, token, NOON)
    world.store._change("UPDATE flights SET next_poll_at = :at", at=NOON + hours(1))
    callbacks.take(world.store, token, NOON + 20 * SECOND)
    assert world.due() == NOON + minutes(1)


def test_a_call_never_puts_a_poll_off(pushing: Pushing, token: str) -> None:
    world, callbacks = pushing.world, push.Callbacks()
    callbacks.take(world.store, token, NOON)
    callbacks.take(world.store, token, NOON + SECOND)
    assert world.due() == NOON


def test_replays_of_a_call_cost_no_more_than_any_flight_could(pushing: Pushing, token: str) -> None:
    callbacks = push.Callbacks()
    for _ in range(push.MOST_BILLED + 20):
        callbacks.take(pushing.world.store, token, NOON)
    assert pushing.world.store.spent("2025-11") < (push.MOST_BILLED + 1) * PRICES["delivery"]


def test_the_token_of_an_ended_alert_is_known_and_wakes_no_closed_flight(pushing: Pushing, token: str) -> None:
    unfollow(pushing.world)
    pushing.later()
    assert push.Callbacks().take(pushing.world.store, token, NOON)
    assert pushing.world.flight().next_poll_at is None


# --- at random --------------------------------------------------------------------------------------------------


class Orders(RuleBasedStateMachine):
    """People come and go while FlightAware answers, refuses and goes silent."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "flait.db"
        self.store = Store.open(path)
        self.store._conn.execute("PRAGMA synchronous = OFF")
        self.pushing = Pushing(World(path=path, store=self.store))

    @rule()
    def follow(self) -> None:
        world = self.pushing.world
        if push.is_idle(self.store):  # the same leg under an old id would be the old row
            world.source.board = [replace(F12, fa_flight_id=f"UAL1234-{len(self.pushing.rows)}")]
            world.subscribe()

    @rule()
    def unfollow(self) -> None:
        world = self.pushing.world
        for user in world.store.users():
            for subscription in world.store.live_for(user.id):
                subscribe.unsubscribe(world.store, subscription, now=world.clock.now())

    @rule(made=st.booleans())
    def goes_silent(self, made: bool) -> None:
        self.pushing.desk.fails(AlertInDoubt("unclear"), made=made)

    @rule()
    def refuses(self) -> None:
        self.pushing.desk.fails(FlightSourceError("no"))

    @rule(often=st.integers(1, 3))
    def time_passes(self, often: int) -> None:
        for _ in range(often):
            self.pushing.later(minutes(3))

    @invariant()
    def no_flight_has_two_alerts(self) -> None:
        urls = list(self.pushing.desk.alerts.values())
        assert len(urls) == len(set(urls))
        live = [row.flight_id for row in self.pushing.rows if row.state is not S.ENDED]
        assert len(live) == len(set(live))

    def teardown(self) -> None:
        """In the end nobody follows anything, FlightAware answers, and no alert is left to be paid for."""
        try:
            self.unfollow()
            self.pushing.desk.faults.clear()
            for _ in range(3):
                self.pushing.later(hours(2))
            assert self.pushing.desk.alerts == {}
            assert push.is_idle(self.store)
        finally:
            self.store.close()
            self.folder.cleanup()


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)
