"""A person's share of the month's look-ups: whom the operator did not add can spend no more, and is told so."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from flait.app import App
from flait.core.flights import Airport, ScheduledFlight
from flait.core.idents import Ident
from flait.core.messages import MessageKind
from flait.core.subscriptions import AddedBy, Role, User
from flait.core.values import replace
from flait.flows import push, subscribe
from flait.flows.meter import Pace, StoreMeter, resume_shares
from flait.flows.ports import Answer
from flait.running.metronome import Watchdog
from flait.running.pollers import Pollers
from flait.store import Store, salvaged
from tests.core.flights_for_tests import F12, NOON, hours, minutes
from tests.flows.talk import TOMORROW, Talk, live
from tests.flows.world import PHONES, RULES, FakeFlightSource, World, timetabled, wanted

ANN, BEN, DAN = PHONES[0], PHONES[5], PHONES[6]  # the operator added Ann; the others were invited
MONTH = "2025-11"
LOOK, FAR = 5_000, 20_000
DECEMBER = datetime(2025, 12, 1, 0, 30, tzinfo=UTC)
ENOUGH = "Your share of this month's look-ups is used up: none for you before Mon 1 Dec. Ask ben@example.com."
OVER = (
    "Your share of this month's look-ups is used up. Flights that only you follow are not looked at before Mon 1 Dec. "
    "Reply HELP for whom to ask."
)
AT_ONCE = Pace(spacing=timedelta(), burst=1)


class Metered(FakeFlightSource):
    """AeroAPI on the meter: each answer is so many pages."""

    def __init__(self, meter: StoreMeter) -> None:
        super().__init__()
        self.meter: Any = meter
        self.pages = 1

    def billed_to(self, phones: Sequence[str], *, to_the_end: bool = False, about: str = "") -> "Metered":
        billed = copy(self)
        billed.meter = self.meter.billed_to(phones, to_the_end=to_the_end, about=about)
        return billed

    def flight(self, fa_flight_id: str) -> Answer:
        self._charge("flights")
        return super().flight(fa_flight_id)

    def departures(self, ident: Ident, start: datetime, end: datetime, *, past: bool = False) -> Answer:
        self._charge("flights")
        return super().departures(ident, start, end, past=past)

    def schedules(self, ident: Ident, start: date, end: date) -> Sequence[ScheduledFlight]:
        self._charge("schedules")
        return super().schedules(ident, start, end)

    def spent(self, since: datetime) -> int | None:
        return None

    def route(self, origin: Airport, destination: Airport, start: datetime, end: datetime) -> Sequence[ScheduledFlight]:
        self._charge("schedules")
        return super().route(origin, destination, start, end)

    def _charge(self, operation: str) -> None:
        for _ in range(self.pages):
            self.meter.charge(operation)


def on_the_meter(world: World, *, usd: float = 0.3, per_person: float = 0.0) -> Metered:
    meter = StoreMeter(
        lambda: world.store,
        world.clock,
        pace=AT_ONCE,
        monthly_budget_usd=lambda: usd,
        per_person_usd=lambda: per_person,
    )
    source = Metered(meter)
    source.board, source.timetable, source.calls = world.source.board, world.source.timetable, world.source.calls
    world.source = source
    return source


@pytest.fixture
def guests(world: World, talk: Talk) -> Talk:
    """Ben and Dan came by an invitation; thirty cents a month are sixty looks, of which Ben has a third."""
    for name, phone in (("Ben", BEN), ("Dan", DAN)):
        world.store.add_user(User(name=name, phone=phone, created_at=NOON, added_by=AddedBy.INVITATION))
    world.store.add_user(User(name="Ann", phone=ANN, created_at=NOON))
    on_the_meter(world)
    return talk


def follow(world: World, *numbers: int) -> None:
    """They follow the flight as if each had asked for it; Ben and Dan stay guests."""
    world.follow(F12, *numbers)
    world.store._change(f"UPDATE users SET added_by = 'invitation' WHERE phone IN ('{BEN}', '{DAN}')")


def had(world: World, phone: str = BEN) -> int:
    return world.store.share_spent(MONTH, phone)


def spends(world: World, micro_usd: int, phone: str = BEN) -> None:
    """As if that had been looked up for them."""
    world.store.book(MONTH, "flights", result_sets=micro_usd // LOOK, micro_usd=micro_usd, now=world.clock.now())
    world.store.bill(MONTH, phone, micro_usd)


def told(world: World, phone: str = BEN) -> list[str]:
    return [text.body for text in world.texts if text.to == phone and text.kind is MessageKind.SHARE]


# --- what is asked by text ----------------------------------------------------------------------------------------


def test_who_was_invited_can_spend_a_third_and_is_told_when_that_is_reached(world: World, guests: Talk) -> None:
    """Far ahead a number costs a look and a schedule: two and a half cents, of the ten that Ben has."""
    world.source.timetable = [timetabled(scheduled_out=NOON + timedelta(days=7 + number)) for number in range(9)]
    answers = []
    for number in range(7):
        answers += guests.says(f"track UA1234 {2 + number} dec", BEN)
        world.clock.advance(minutes(10))
    assert answers.count(ENOUGH) >= 1
    assert answers[-1] == ENOUGH
    assert had(world) <= 100_000
    assert had(world) + FAR > 100_000
    assert world.store.spent(MONTH) == had(world)


def test_seven_dollars_of_track_in_two_hours_are_a_third_of_five(world: World, guests: Talk) -> None:
    source = on_the_meter(world, usd=5.0)
    source.pages = 4
    calls = world.store.spent(MONTH)
    for hour in range(48):
        guests.says(f"track DL{100 + hour}, DL{200 + hour}, DL{300 + hour} and DL{400 + hour} 24 dec", BEN)
        guests.says("status", BEN)
        world.clock.advance(hours(2))
    assert calls == 0
    assert had(world) <= 1_666_666
    assert world.store.spent(MONTH) <= 1_666_666
    world.source.board = [replace(F12, fa_flight_id="other")]
    source.pages = 1
    world.clock.moment = NOON
    assert ENOUGH not in guests.says("track UA1234", ANN)
    assert live(world, ANN) == ["UA1234 active"]


def test_a_look_is_refused_before_it_is_made(world: World, guests: Talk) -> None:
    spends(world, 100_000)
    calls = len(world.source.calls)
    assert guests.says("track UA1234", BEN) == [ENOUGH]
    assert len(world.source.calls) == calls
    assert live(world, BEN) == []


def test_the_last_cent_can_be_had(world: World, guests: Talk) -> None:
    world.source.board = [F12]
    spends(world, 100_000 - LOOK)
    assert guests.says("track UA1234", BEN) != [ENOUGH]
    assert live(world, BEN) == ["UA1234 active"]
    assert had(world) == 100_000


def test_whom_the_operator_added_is_not_held_up_by_it(world: World, guests: Talk) -> None:
    world.source.board = [F12]
    spends(world, 290_000, ANN)
    assert guests.says("track UA1234", ANN) != [ENOUGH]
    assert live(world, ANN) == ["UA1234 active"]


def test_a_set_share_holds_for_everybodys_texts(world: World, guests: Talk) -> None:
    on_the_meter(world, per_person=0.02)
    spends(world, 20_000, ANN)
    assert guests.says("track UA1234", ANN) == [ENOUGH]


@pytest.mark.parametrize("set_back", ["stop and start", "removal", "restore"])
def test_nothing_sets_it_back(world: World, guests: Talk, set_back: str) -> None:
    spends(world, 100_000)
    if set_back == "stop and start":
        guests.says("stop", BEN)
        guests.says("start", BEN)
    elif set_back == "removal":
        ben = world.store.user_by_phone(BEN)
        assert ben
        world.store.remove_user(ben.id)
        world.store.add_user(replace(ben, id=0))
    else:
        replaced = salvaged(world.path)
        world.store._change("DELETE FROM shares")
        world.store._change("DELETE FROM usage")
        world.store.take_over(replaced, world.clock.now(), resume=False)
    assert guests.says("track UA1234", BEN) == [ENOUGH]


def test_a_new_month_is_a_new_share(world: World, guests: Talk) -> None:
    spends(world, 100_000)
    world.clock.moment = DECEMBER
    world.source.board = [replace(F12, out=replace(F12.out, scheduled=DECEMBER + hours(5)))]
    assert ENOUGH not in guests.says("track UA1234", BEN)


def test_a_stranger_pays_for_what_they_accept(world: World, guests: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(0, "UA1234", "2 dec")
    guests.says("share UA1234 +15555550107")
    spends(world, 100_000, PHONES[7])
    assert guests.says("join", PHONES[7]) == [ENOUGH]
    assert world.store.user_by_phone(PHONES[7]) is None


# --- STATUS -------------------------------------------------------------------------------------------------------


def test_status_is_answered_from_what_is_known_and_puts_nobodys_look_off(world: World, guests: Talk) -> None:
    follow(world, 0, 5)
    world.next_poll(F12)
    world.clock.advance(minutes(10))
    due, calls = world.due(), len(world.source.calls)
    spends(world, 100_000)
    (body,) = guests.says("status", BEN)
    assert body.startswith("UA1234 SFO-EWR on time")
    assert "Checked 10 min ago" in body
    assert world.due() == due
    assert len(world.source.calls) == calls
    guests.says("status", ANN)
    assert len(world.source.calls) == calls + 1
    assert had(world) == 100_000


def test_a_look_that_was_begun_for_somebody_is_finished(world: World, guests: Talk) -> None:
    """Or the others who follow the flight would wait an hour for the next."""
    follow(world, 0, 5)
    world.clock.advance(minutes(10))
    cast("Metered", world.source).pages = 4
    spends(world, 90_000)
    failures = world.flight().failures
    guests.says("status", BEN)
    assert world.flight().failures == failures
    assert had(world) == 90_000 + 4 * LOOK


# --- looks that nobody asks for -----------------------------------------------------------------------------------


@dataclass
class Wired:
    """As much of an App as polls take."""

    world: World

    def store(self) -> Store:
        return Store.open(self.world.path)

    clock = property(lambda self: self.world.clock)
    rules = RULES


def look(world: World) -> None:
    """What the daemon does when the flight's look is due."""
    world.clock.moment = max(world.clock.now(), world.due())
    source = on_the_meter(world)
    pools: list[Store] = []

    def opened() -> Store:  # a poller has a connection of its own
        pools.append(Store.open(world.path))
        return pools[-1]

    source.meter = StoreMeter(opened, world.clock, pace=AT_ONCE, monthly_budget_usd=lambda: 0.3)
    watchdog = Watchdog(longest=60.0, silent=60.0)
    pollers = Pollers(cast("App", Wired(world)), lambda: source, watchdog)
    pollers.begin(world.boot)
    pollers.finish()
    on_the_meter(world)


def test_a_flight_that_guests_alone_follow_is_on_their_account_in_equal_parts(world: World, guests: Talk) -> None:
    follow(world, 5, 6)
    before = world.store.spent(MONTH)
    look(world)
    assert world.store.spent(MONTH) == before + LOOK
    assert (had(world), had(world, DAN)) == (2500, 2500)


def test_where_the_operators_own_follow_nobody_else_pays(world: World, guests: Talk) -> None:
    follow(world, 0, 5)
    look(world)
    assert had(world) == 0


def test_one_who_said_stop_is_nobody_who_follows_with_them(world: World, guests: Talk) -> None:
    follow(world, 0, 5)
    guests.says("stop", ANN)
    look(world)
    assert had(world) == LOOK


def test_its_looks_end_with_the_share_and_that_is_said_once_a_month(world: World, guests: Talk) -> None:
    follow(world, 5)
    spends(world, 100_000)
    calls = len(world.source.calls)
    for _ in range(3):
        look(world)
        world.clock.advance(minutes(1))
    assert told(world) == [OVER]
    assert len(world.source.calls) == calls
    assert had(world) == 100_000
    assert [step.outcome for step in world.steps("poll")][-3:] == ["share"] * 3
    assert not world.store.providers().get("flightaware") or not world.store.providers()["flightaware"].failing
    world.clock.moment = DECEMBER
    look(world)
    assert world.store.share_spent("2025-12", BEN) == LOOK
    assert told(world) == [OVER]


def test_who_has_something_left_pays_for_who_has_not(world: World, guests: Talk) -> None:
    follow(world, 5, 6)
    spends(world, 100_000)
    look(world)
    assert (had(world), had(world, DAN)) == (100_000, LOOK)
    assert told(world) == []


def test_when_the_operator_follows_it_too_it_is_looked_at_at_once(world: World, guests: Talk) -> None:
    follow(world, 5)
    spends(world, 100_000)
    look(world)
    put_off = world.due()
    world.source.board = [F12]
    world.subscribe(0)
    assert world.due() < put_off
    assert world.due() <= world.clock.now() + minutes(1)


def test_whoever_the_operator_subscribes_is_his_own(world: World, guests: Talk) -> None:
    spends(world, 100_000)
    world.source.board = [F12]
    person = subscribe.Person(phone=BEN, consent="asked for it")
    wish = wanted(role=Role.MEETER, asked_at=world.clock.now())
    subscribe.subscribe(world.store, world.source, world.clock, person=person, wanted=wish)
    ben = world.store.user_by_phone(BEN)
    assert ben
    assert ben.added_by is AddedBy.OPERATOR
    look(world)
    assert had(world) == 100_000
    assert told(world) == []


def test_who_tracks_undoes_or_chooses_by_text_stays_a_guest(world: World, guests: Talk) -> None:
    world.source.board = [F12, TOMORROW]
    guests.says("track UA1234", BEN)
    guests.says("1", BEN)
    guests.says("untrack UA1234", BEN)
    guests.says("undo", BEN)
    ben = world.store.user_by_phone(BEN)
    assert ben
    assert ben.added_by is AddedBy.INVITATION


def test_a_pending_wish_waits_for_the_share_and_costs_nothing(world: World, guests: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.source.board = []
    guests.says("track UA1234 2 dec", BEN)
    assert live(world, BEN) == ["UA1234 pending"]
    spends(world, 100_000 - had(world))
    at = world.subscription().next_attempt_at
    assert at
    world.clock.moment = at
    calls = len(world.source.calls)
    assert world.activate()
    assert len(world.source.calls) == calls
    assert world.subscription().next_attempt_at == world.clock.now() + hours(1)
    assert told(world) == [OVER]
    world.clock.moment = DECEMBER
    assert world.activate()
    assert len(world.source.calls) > calls


# --- what FlightAware pushes --------------------------------------------------------------------------------------


def test_a_push_is_on_the_account_of_who_follows(world: World, guests: Talk) -> None:
    follow(world, 5)
    alert = world.store.want_push(1, "t" * 32, world.clock.now())
    assert alert
    assert push.Callbacks().take(world.store, "t" * 32, world.clock.now())
    assert had(world) == FAR


# --- given back ---------------------------------------------------------------------------------------------------


def test_what_is_not_billed_is_given_back_to_who_paid(world: World, guests: Talk) -> None:
    spends(world, 100_000)
    meter = cast("Metered", world.source).meter
    billed = meter.billed_to([BEN, DAN])
    billed.charge("flights")
    assert (had(world), had(world, DAN)) == (100_000, LOOK)
    billed.refund("flights")
    assert (had(world), had(world, DAN)) == (100_000, 0)


def test_it_is_forgotten_when_nobody_asks_any_more(world: World, guests: Talk) -> None:
    spends(world, LOOK)
    world.store.prune_words(datetime(2025, 11, 30, tzinfo=UTC), world.clock.now())
    assert had(world) == LOOK
    world.store.prune_words(datetime(2025, 12, 1, tzinfo=UTC), world.clock.now())
    assert had(world) == 0


def test_a_share_that_is_raised_is_had_at_once(world: World, guests: Talk) -> None:
    follow(world, 5)
    spends(world, 100_000)
    look(world)
    assert world.due() > world.clock.now()
    assert resume_shares(world.store, world.clock) == 1
    assert world.due() == world.clock.now()
