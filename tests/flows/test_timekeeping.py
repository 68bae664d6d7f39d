"""A wrong clock ends, forgets and delays nothing; and whoever is outside has the last word on what time it is."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from flait.clock import RELEASED, ScaledClock, SystemClock
from flait.core.messages import MessageStatus
from flait.core.subscriptions import Role
from flait.core.values import replace
from flait.flows import deliver, upkeep
from flait.flows.timekeeping import CLOCK, Timekeeper, Witness, is_in_doubt, why_not_to_forget
from flait.store import Store
from tests.core.flights_for_tests import F12, late, minutes, touched_down
from tests.flows.world import RULES, FixedClock, World, in_doubt

S = MessageStatus
DAY = timedelta(days=1)
YEARS = timedelta(days=3653)


class Life:
    """A daemon's signs of life, one after the other, on a clock that a test moves."""

    def __init__(self, world: World) -> None:
        self.clock, self.store = world.clock, world.store
        self.witness = Witness(self.clock)
        self.keeper = Timekeeper(self.clock, self.witness)

    def beat(self, after: timedelta = timedelta()) -> None:
        self.clock.advance(after)
        self.keeper.check(self.store, self.clock.now())
        self.store.beat(boot="b", pid=1, started_at=self.clock.now(), now=self.clock.now())

    @property
    def doubted(self) -> bool:
        return is_in_doubt(self.store, self.clock)


@pytest.fixture
def life(world: World) -> Life:
    life = Life(world)
    life.beat()
    return life


@pytest.mark.parametrize("span", [timedelta(seconds=30), timedelta(hours=8), timedelta(hours=23), -minutes(0.5)])
def test_an_ordinary_pause_or_a_suspend_leaves_the_clock_believed(life: Life, span: timedelta) -> None:
    life.beat(span)
    assert not life.doubted


@pytest.mark.parametrize("jump", [YEARS, -YEARS, 2 * DAY, -2 * DAY])
def test_after_a_jump_the_clock_is_in_doubt_until_somebody_outside_says_the_same(life: Life, jump: timedelta) -> None:
    life.beat(jump)
    assert life.doubted
    for _ in range(3):
        life.beat(minutes(1))
    assert life.doubted

    life.witness.hear(life.clock.now() - minutes(1))
    life.beat(minutes(1))

    assert not life.doubted


def test_what_was_said_before_a_jump_does_not_confirm_it(life: Life) -> None:
    life.witness.hear(life.clock.now())
    life.beat(YEARS)
    life.beat(minutes(1))
    assert life.doubted


def test_a_clock_that_differs_from_the_outside_is_said_to_and_believed_again_when_it_is_set(life: Life) -> None:
    life.witness.hear(life.clock.now() - minutes(10))
    life.beat()
    assert why_not_to_forget(life.store, life.clock) == "the clock is 10 minutes ahead of what the providers say"

    life.clock.advance(-minutes(10))
    life.witness.hear(life.clock.now())
    life.beat()

    assert not life.doubted


def test_a_virtual_clock_is_believed_after_an_hour_and_hears_nobody(world: World) -> None:
    start = datetime(2013, 3, 8, tzinfo=UTC)
    clock = ScaledClock(start, start.timestamp(), 1.0)
    witness = Witness(clock)
    witness.hear(start)
    assert (witness.heard, witness.skew) == (0, timedelta())


def test_the_machines_own_clock_is_not_believed_before_flait_was_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: RELEASED - DAY)
    assert why_not_to_forget(world.store, SystemClock()) == "the clock stands before this Flait was written"


@pytest.mark.parametrize(("apart", "believed"), [(minutes(0), True), (minutes(1), True), (YEARS, False), (-DAY, False)])
def test_a_virtual_clock_is_believed_at_once_when_an_answer_shares_it(
    world: World, apart: timedelta, believed: bool
) -> None:
    clock = ScaledClock(datetime(2013, 3, 8, tzinfo=UTC), time.time(), 1e-9)
    witness = Witness(clock)
    keeper = Timekeeper(clock, witness)
    world.store.beat(boot="b", pid=1, started_at=clock.now(), now=clock.now() - 3 * DAY)
    keeper.check(world.store, clock.now())
    world.store.beat(boot="b", pid=1, started_at=clock.now(), now=clock.now())
    assert is_in_doubt(world.store, clock)

    witness.hear(clock.now() + apart)
    keeper.check(world.store, clock.now())

    assert is_in_doubt(world.store, clock) is not believed


@pytest.mark.parametrize(("jump", "refused"), [(YEARS, True), (70 * DAY, False), (-minutes(5), True)])
def test_by_hand_only_what_nobody_can_mean_is_refused(life: Life, jump: timedelta, refused: bool) -> None:
    life.clock.advance(jump)
    assert bool(why_not_to_forget(life.store, life.clock, by_hand=True)) is refused


def test_nothing_is_pruned_by_a_clock_in_doubt(world: World, life: Life) -> None:
    world.follow(F12)
    before = world.dump()["messages"]
    life.beat(YEARS)

    gone = upkeep.prune(world.store, world.clock, keep=60 * DAY, keep_raw=DAY)

    assert (gone, world.dump()["messages"]) == (0, before)


def test_no_flight_is_over_by_a_clock_in_doubt_and_alerts_go_on_when_it_is_right_again(world: World) -> None:
    world.follow(F12)
    rules = replace(RULES, may_end=False)
    world.clock.advance(YEARS)
    world.poll(F12, rules=rules)
    world.poll(rules=rules)
    assert world.flight().closed_at is None

    world.clock.advance(-YEARS)
    world.store.rewind(world.clock.now())
    for _ in range(2):
        world.poll(late(minutes(50)))
        world.clock.advance(minutes(1))

    assert world.kinds[-1] == "delay_first"


def test_a_poll_that_was_planned_by_a_clock_ahead_is_due_when_it_is_set_back(world: World) -> None:
    world.follow(F12)
    world.clock.advance(timedelta(hours=1))
    world.poll(F12)
    world.clock.advance(-timedelta(hours=1))
    world.store.rewind(world.clock.now())
    assert world.due() == world.clock.now()


def test_texts_and_doubts_do_not_wait_for_the_clock_to_come_back(world: World) -> None:
    world.clock.advance(timedelta(hours=5))
    world.source.board = [F12]
    world.subscribe(0)
    world.subscribe(1)
    world.gateway.fails(in_doubt(), arrives=True)
    deliver.send_next(world.store, world.gateway, world.clock, world.boot)
    world.settle()  # not listed yet, say
    world.clock.advance(-timedelta(hours=5))
    world.store.rewind(world.clock.now())

    world.deliver()
    world.clock.advance(minutes(1))
    world.settle()

    assert [text.status for text in world.texts] == [S.ACCEPTED, S.ACCEPTED]
    assert len(world.gateway.arrivals) == 2


@pytest.mark.parametrize("ahead", [minutes(3), timedelta(hours=2), timedelta(hours=14)])
def test_a_text_in_doubt_is_found_at_twilio_by_a_machine_whose_clock_is_ahead(world: World, ahead: timedelta) -> None:
    """A machine that takes local time for UTC is hours off; Twilio's record is not."""
    world.source.board = [F12]
    world.subscribe()
    world.gateway.fails(in_doubt(), arrives=True)
    world.deliver()
    world.gateway.record = [replace(sent, created_at=sent.created_at - ahead) for sent in world.gateway.record]

    for _ in range(3):
        world.settle()
        world.clock.advance(minutes(2))
    world.deliver()

    assert len(world.gateway.arrivals) == 1


def test_a_daemon_killed_before_the_clock_was_set_back_leaves_no_text_being_sent(world: World) -> None:
    world.source.board = [F12]
    world.subscribe()
    world.store.claim_due_message(world.clock.now(), world.boot)
    world.clock.advance(-YEARS)
    world.restart()
    assert [text.status for text in world.texts] == [S.IN_DOUBT]


def test_a_rest_between_texts_does_not_last_for_as_long_as_the_clock_was_ahead(world: World) -> None:
    world.follow(F12, role=Role.TRAVELER)
    world.clock.advance(timedelta(hours=5))
    for _ in range(2):
        world.next_poll(late(timedelta(hours=5)))
    assert world.kinds[-1] == "delay_first"
    world.clock.advance(-timedelta(hours=5))
    world.store.rewind(world.clock.now())

    world.clock.advance(minutes(16))
    for _ in range(2):
        world.next_poll(late(timedelta(hours=7)))

    assert world.kinds.count("delay_more") == 1


def test_a_start_undoes_a_stop_that_a_clock_ahead_wrote(store_with_stop: Store) -> None:
    now = datetime(2013, 3, 8, tzinfo=UTC)
    assert not store_with_stop.opt_in("+15555550100", now, how="texted")
    store_with_stop.rewind(now)
    assert store_with_stop.opt_in("+15555550100", now, how="texted")


@pytest.fixture
def store_with_stop(world: World) -> Store:
    world.store.opt_out("+15555550100", datetime(2020, 1, 1, tzinfo=UTC), how="texted")
    return world.store


def test_a_success_after_an_error_that_a_clock_ahead_noted_is_the_later_one(life: Life) -> None:
    now = life.clock.now()
    life.store.note_error(CLOCK, "it jumped", now + YEARS)
    life.store.note_success(CLOCK, now)
    assert not life.doubted
    life.store.note_error(CLOCK, "it jumped", now - YEARS)
    assert life.doubted


def test_a_landed_flight_ends_as_soon_as_the_clock_is_believed(world: World) -> None:
    world.follow(F12)
    world.clock.advance(2 * DAY)
    world.poll(touched_down(), rules=replace(RULES, may_end=False))
    assert world.flight().closed_at is None
    world.next_poll(touched_down())
    assert world.flight().closed_at is not None


def test_a_fixed_clock_of_the_tests_is_nobodys_virtual_clock() -> None:
    witness = Witness(FixedClock(RELEASED))
    witness.hear(RELEASED - minutes(3))
    assert (witness.heard, witness.skew) == (1, minutes(3))
