"""What one look alone has shown, and no second look can: it is told with the silence, as that, by each one's last word."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from flait.core.flights import Flight
from flait.core.messages import Message
from flait.core.subscriptions import Role
from flait.core.values import replace
from flait.errors import BudgetExhausted, FlightSourceError
from flait.flows import planes
from tests.core.flights_for_tests import (
    F12,
    NOON,
    OFF,
    OUT,
    PIT,
    diverted,
    hours,
    inbound_flight,
    late,
    minutes,
    onward_flight,
    rescheduled,
    took_off,
    with_plane,
)
from tests.flows.life import Life, Shown, bodies, play, steps
from tests.flows.world import REMINDING, World

TRAVELER, MEETER, WATCHER = Role
DOWN = FlightSourceError("AeroAPI did not answer")
SPENT = BudgetExhausted("the AeroAPI budget is spent")
CANCELLED = replace(F12, cancelled=True)
AIRBORNE = took_off()
NINE = OUT - hours(5)
AN_HOUR = minutes(61)
LOOK_UP = "Check the airline's page. We keep trying."


def once(before: Flight, at: datetime, after: Flight, fault: Shown = DOWN) -> Life:
    """One look alone, the first from that moment on, shows `after`; then nothing does."""
    shown: list[datetime] = []

    def life(now: datetime) -> Shown:
        if now < at:
            return [before]
        shown.append(now)
        return [after] if len(shown) == 1 else fault

    return life


def follow(world: World, flight: Flight, *, role: Role = TRAVELER, since: datetime = NINE) -> None:
    world.clock.moment = since
    world.follow(flight, 0, role=role)


def seen_at(world: World) -> datetime:
    at = world.flight().last_polled_at
    assert at
    return at


def said_in_time(world: World, text: Message, within: timedelta = AN_HOUR) -> bool:
    """Three quarters of an hour after the last look, or at the failing look after that."""
    return minutes(45) <= text.created_at - seen_at(world) <= within


# --- by what each of them was told ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [DOWN, SPENT, []], ids=["down", "spent", "lost"])
@pytest.mark.parametrize(
    ("by", "words"),
    [
        (30, "dep 14:10->14:40 PST"),
        (180, "dep 14:10->17:10 PST"),
        (600, "dep 14:10 Tue->00:10 PST Wed"),
    ],
)
@pytest.mark.parametrize("before", [5, 3, 2, 1])
def test_a_delay_that_one_look_showed_is_told_with_the_silence(
    world: World, before: int, by: int, words: str, fault: Shown
) -> None:
    """By the departure that they were told: the other is three hours and more ahead, and nobody knows whether it is so."""
    follow(world, F12, since=OUT - hours(before) - hours(1))
    play(world, once(F12, OUT - hours(before), late(minutes(by)), fault), until=OUT)

    assert world.kinds == ["tracked", "stale"]
    assert f"Seen once, not confirmed: {words}. {'No more live' if fault is SPENT else LOOK_UP}" in world.texts[1].body
    assert said_in_time(world, world.texts[1])
    assert "departure" not in world.texts[1].tells


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (TRAVELER, "dep 14:10->17:10 PST"),
        (MEETER, "arr 22:31 Tue->01:31 EST Wed"),
        (WATCHER, "dep 14:10->17:10 PST"),
    ],
)
def test_each_reads_of_the_end_that_they_go_by(world: World, role: Role, words: str) -> None:
    follow(world, F12, role=role)
    texts = play(world, once(F12, OUT - hours(4), late(hours(3))), until=OUT)
    assert [text.kind for text in texts] == ["stale"]
    assert f"Seen once, not confirmed: {words}. {LOOK_UP}" in texts[0].body


def test_small_news_of_one_look_waits_for_the_hours_in_which_people_act_on_it(world: World) -> None:
    follow(world, F12, since=OUT - hours(8))
    texts = play(world, once(F12, OUT - hours(7), late(minutes(20))), until=OUT)
    assert [text.kind for text in texts] == ["stale"]
    assert OUT - hours(3) <= texts[0].created_at <= OUT - hours(2.7)
    assert "Seen once, not confirmed: dep 14:10->14:30 PST." in texts[0].body


def test_a_delay_that_was_told_moves_those_hours(world: World) -> None:
    """Told 18:10: nobody acts on each word at two."""
    follow(world, F12)
    delayed = late(hours(4))
    life = steps((OUT - hours(5), [F12]), (OUT - hours(4.5), [delayed]), (OUT - hours(3), DOWN))
    texts = play(world, life, until=OUT + hours(3))
    assert [text.kind for text in texts] == ["delay_first", "stale"]
    assert OUT + hours(1) <= texts[1].created_at <= OUT + hours(1.3)
    assert "Last: dep 18:10 PST" in texts[1].body


# --- every kind that waits for a second look ------------------------------------------------------------------------------


KINDS: list[tuple[Flight, Flight, datetime, str]] = [
    # what they were told → what one look shows, when, and the words
    (F12, CANCELLED, NOON, "CANCELLED"),
    (F12, replace(late(hours(2)), cancelled=True), NOON, "CANCELLED"),
    (F12, replace(late(hours(9)), cancelled=True), OUT - hours(4), "CANCELLED"),
    (late(hours(2)), late(minutes(0)), NOON, "dep 16:10->14:10 PST"),
    (F12, rescheduled(hours(5)), OUT - hours(4), "dep 14:10->19:10 PST"),
    (AIRBORNE, diverted(PIT, AIRBORNE), OFF + hours(1), "DIVERTED to Pittsburgh (PIT)"),
    (AIRBORNE, diverted(None, AIRBORNE), OFF + hours(1), "DIVERTED, where to is not known"),
    (F12, replace(F12, destination=PIT), NOON, "it goes to Pittsburgh (PIT), not EWR"),
]


@pytest.mark.parametrize("fault", [DOWN, SPENT], ids=["down", "spent"])
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", KINDS, ids=[words for *_, words in KINDS])
def test_what_one_look_showed_is_said_with_the_silence(
    world: World, kind: tuple[Flight, Flight, datetime, str], role: Role, fault: Shown
) -> None:
    before, after, at, words = kind
    follow(world, before, role=role)
    if before is AIRBORNE:
        world.clock.moment = OFF + minutes(5)
    life = once(before, at, after, fault)
    texts = [text for text in play(world, life, until=at + hours(1.5)) if text.created_at >= at]

    assert [text.kind for text in texts] == ["stale"]
    said = words if role is not MEETER or "dep" not in words else "arr "
    assert f"Seen once, not confirmed: {said}" in texts[0].body
    assert said_in_time(world, texts[0])
    assert not {"cancelled", "diverted_to", "destination", "departure", "arrival"} & set(texts[0].tells)


def test_on_again_by_one_look_is_said_as_that(world: World) -> None:
    follow(world, CANCELLED)
    texts = play(world, once(CANCELLED, NOON, F12), until=NOON + hours(1.5))
    assert [text.kind for text in texts] == ["stale"]
    assert "Seen once, not confirmed: ON AGAIN, not cancelled, dep 14:10 PST." in texts[0].body


def test_a_gate_that_was_seen_beside_it_is_sure_and_told(world: World) -> None:
    """A gate takes one look; it waited with the delay, to be one text."""
    follow(world, F12)
    moved = replace(late(hours(1)), gate_origin="C3", terminal_origin="1")
    texts = play(world, once(F12, NOON, moved), until=OUT)
    assert [text.kind for text in texts] == ["stale"]
    assert "Seen once, not confirmed: dep 14:10->15:10 PST. GATE CHANGE F12->C3, Terminal 1." in texts[0].body
    assert texts[0].tells["gate_origin"] == "C3"


def test_a_connection_that_hangs_on_it_is_said_behind_it(world: World) -> None:
    then = onward_flight(minutes(88))
    for flight, ident in ((F12, "UA1234"), (then, "LH403")):
        world.source.board = [flight]
        world.subscribe(0, ident)
    world.deliver()
    world.clock.advance(minutes(1))
    world.store.hasten(1, world.clock.now())
    world.poll(late(hours(2)), then)
    world.clock.advance(minutes(50))
    world.store.hasten(1, world.clock.now())
    world.source.fault = DOWN
    world.poll()
    assert "Seen once, not confirmed: dep 14:10->16:10 PST. Nor confirmed: connection to LH403 is MISSED." in (
        world.texts[-1].body
    )
    assert "connection" not in world.texts[-1].tells


def test_a_late_plane_that_one_look_showed_is_said_and_counts_as_told(world: World) -> None:
    """It is Flait's own inference: whatever was said of it is taken back like any other."""
    plane = inbound_flight(minutes(90))
    ours = with_plane(F12)
    follow(world, ours, since=OUT - hours(4))
    world.store.hasten(1, world.clock.now())
    world.poll(ours, plane)
    while planes.find_next(world.store, world.source, world.clock):
        pass
    world.source.fault = DOWN
    while world.clock.now() < OUT - hours(2.5):
        world.clock.advance(minutes(5))
        world.poll()
    assert world.kinds == ["tracked", "stale"]
    assert "Seen once, not confirmed: its plane was late 1h05 ago: expect 15:15 PST or later. Last: dep 14:10 PST" in (
        world.texts[1].body
    )
    assert world.texts[1].tells["plane"]


# --- what is said once, and taken back -------------------------------------------------------------------------------------


def test_what_was_seen_once_is_said_once(world: World) -> None:
    follow(world, F12)
    texts = play(world, once(F12, NOON, CANCELLED), until=OUT + hours(3))
    assert [text.kind for text in texts] == ["stale"]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (F12, "Fresh word on UA1234: dep 14:10 PST, arr 22:31 EST. It is not cancelled."),
        (replace(F12, gate_origin="C3"), "It is not cancelled."),
    ],
)
def test_what_is_not_so_is_taken_back(world: World, after: Flight, words: str) -> None:
    follow(world, F12)
    play(world, once(F12, NOON, CANCELLED), until=NOON + hours(1.2))
    texts = play(world, steps((NOON, [after])), until=OUT - minutes(10))
    assert words in texts[0].body
    assert not [text for text in texts[1:] if "not cancelled" in text.body]


def test_a_second_look_makes_it_what_it_is(world: World) -> None:
    """With what to do about it: the silence could not say that."""
    follow(world, F12)
    play(world, once(F12, NOON, CANCELLED), until=NOON + hours(1.2))
    texts = play(world, steps((NOON, [CANCELLED])), until=OUT - minutes(10))
    assert [text.kind for text in texts] == ["cancelled"]
    assert "Ask the airline now to rebook you." in texts[0].body


def test_a_look_between_two_silences_is_told_too(world: World) -> None:
    """They read `No word since 11:10`; one look at 13:00 shows it cancelled, and no other comes."""
    follow(world, F12)
    shown: list[datetime] = []

    def life(now: datetime) -> Shown:
        if now < OUT - hours(3):
            return [F12]
        if now < OUT - hours(1) or shown:
            return DOWN
        shown.append(now)
        return [CANCELLED]

    texts = play(world, life, until=OUT + hours(2))
    assert [text.kind for text in texts] == ["stale", "stale"]
    assert "Last: dep 14:10 PST" in texts[0].body
    assert "Seen once, not confirmed: CANCELLED." in texts[1].body


def test_a_cancellation_is_told_through_a_mute_and_a_delay_waits_for_its_end(world: World) -> None:
    def muted(after: Flight) -> Sequence[str]:
        world.clock.moment = OUT - hours(3)
        world.store.mute_user(1, OUT - hours(1))
        texts = play(world, once(F12, NOON, after), until=OUT - hours(0.5))
        return [f"{text.kind} {text.created_at >= OUT - hours(1)}" for text in texts]

    follow(world, F12)
    assert muted(CANCELLED) == ["stale False"]


# --- when the money is spent --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [F12, CANCELLED, late(hours(3))])
def test_nobody_is_told_that_we_keep_trying_when_there_is_no_money_to_try(world: World, after: Flight) -> None:
    follow(world, F12)
    texts = play(world, once(F12, NOON, after, SPENT), until=OUT)
    assert [text.kind for text in texts] == ["stale"]
    assert "No more live data this month. Check the airline's page." in texts[0].body
    assert "keep trying" not in texts[0].body


def test_reminders_do_not_come_in_its_place(world: World) -> None:
    """`Leaves in 3h: dep 17:10` would be said of what one look alone has shown."""
    follow(world, F12, since=OUT - hours(6))
    life, end = once(F12, OUT - hours(3.2), late(hours(3))), OUT + hours(1)
    while world.clock.now() < end:
        world.clock.advance(minutes(1))
        shown = life(world.clock.now()) if world.due() <= world.clock.now() else None
        if shown is not None:
            world.source.fault = None if isinstance(shown, Sequence) else shown
            world.poll(*(shown if isinstance(shown, Sequence) else ()), rules=REMINDING)
        world.remind(REMINDING)
        world.deliver()
    assert [text.kind for text in world.texts] == ["tracked", "stale"]
    assert "Seen once, not confirmed: dep 14:10->17:10 PST." in bodies(world.texts)[1]
