"""The promises that hold for any flight and any run of polls: no text twice, no null as news, no flood."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flait.core.alerts import decide
from flait.core.flights import Flight
from flait.core.holds import AFTER_TURNS, CAPS
from flait.core.observations import merged
from flait.core.polling import next_poll_at
from flait.core.priorities import Priority
from flait.core.subscriptions import Role
from flait.core.told import told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    OFF,
    ON,
    OUT,
    Heard,
    Listener,
    arriving,
    at_gate,
    hours,
    late,
    leaving,
    left_gate,
    minutes,
    planned,
    took_off,
    touched_down,
)
from tests.core.random_flights_for_tests import FLIGHTS, NULLABLE, blanked

ROLES = st.sampled_from(Role)
BY_THE_CLOCK = ("stale", "fresh")  # that nothing was reported is said of leaving, and of landing
AROUND = st.integers(-40 * 60, 20 * 60).map(lambda offset: OUT + minutes(offset))


@given(known=FLIGHTS, after=FLIGHTS, role=ROLES, now=AROUND)
@settings(max_examples=300)
def test_what_was_told_is_never_told_again(known: Flight, after: Flight, role: Role, now: datetime) -> None:
    known = merged(None, known, now - hours(1))
    ana = Listener(role=role).subscribed(known, now - hours(1)) if known.departure.best else Listener(role=role)
    for _ in range(6):
        ana.polled(after, now)

    assert ana.polled(after, now) is None
    assert len({text.body for text in ana.texts}) == len(ana.texts)
    kinds = [text.kind for text in ana.texts if text.kind not in BY_THE_CLOCK]
    assert len(set(kinds)) == len(kinds)


@given(known=FLIGHTS, after=FLIGHTS, role=ROLES, now=AROUND)
def test_not_a_day_later_either(known: Flight, after: Flight, role: Role, now: datetime) -> None:
    """Only what a hold kept back may still come: once nothing is held, silence."""
    ana = Listener(role=role, seen=known)
    for later in range(0, 26 * 60, 40):
        ana.polled(after, now + minutes(later))

    kinds = Counter((text.kind, tuple(sorted(text.tells.items()))) for text in ana.texts)
    assert all(count == 1 for count in kinds.values())


@given(flight=FLIGHTS, blanks=st.sets(st.sampled_from(NULLABLE)), role=ROLES, now=AROUND)
@settings(max_examples=200)
def test_one_blank_is_never_news(flight: Flight, blanks: set[str], role: Role, now: datetime) -> None:
    ana = Listener(role=role, seen=merged(None, flight, now))
    if ana.seen.departure.best is None:
        return
    for _ in range(6):
        ana.polled(flight, now)
    known, heard = ana.seen, len(ana.texts)

    ana.polled(blanked(flight, blanks), now)

    assert len(ana.texts) == heard
    assert replace(ana.seen, blank=()) == replace(known, blank=())


@dataclass(frozen=True)
class Poll:
    """One step of a random walk: how long after the last, and what it shows."""

    after: timedelta
    flight: Flight


POLLS = st.lists(
    st.builds(
        Poll,
        after=st.integers(1, 40).map(minutes),
        flight=st.builds(
            lambda by, gate, terminal, cancelled: replace(
                late(minutes(by), planned(gate_origin=gate, terminal_origin=terminal)), cancelled=cancelled
            ),
            by=st.integers(-40, 400),
            gate=st.sampled_from(["F12", "C3", "B7", "A1"]),
            terminal=st.sampled_from(["1", "2"]),
            cancelled=st.sampled_from([False] * 9 + [True]),
        ),
    ),
    min_size=10,
    max_size=60,
)


def most_within(texts: Sequence[Heard], span: timedelta) -> int:
    """The greatest number of texts in any stretch of that length."""
    return max((sum(1 for other in texts if text.at - span < other.at <= text.at) for text in texts), default=0)


@given(polls=POLLS, role=ROLES, twice=st.booleans())
def test_a_wild_run_of_polls_never_floods_anybody(polls: list[Poll], role: Role, twice: bool) -> None:
    now = OUT - hours(4)
    ana = Listener(role=role).subscribed(F12, now)
    for poll in polls:
        now += poll.after
        ana.polled(poll.flight, now)
        if twice:
            ana.polled(poll.flight, now + timedelta(seconds=60))

    lesser = [text for text in ana.alerts if text.priority is not Priority.P0]
    for span, most, rest in CAPS:
        assert most_within(lesser, span) < most + span / rest


@given(
    estimates=st.lists(st.integers(-9, 9), min_size=20, max_size=120),
    every=st.integers(1, 15).map(minutes),
    role=ROLES,
    move=st.sampled_from([leaving, arriving, late]),
)
def test_an_estimate_that_wavers_by_nine_minutes_says_nothing(
    estimates: list[int], every: timedelta, role: Role, move: Callable[[timedelta, Flight], Flight]
) -> None:
    now = OUT - hours(20)
    ana = Listener(role=role).subscribed(F12, now)
    for by in estimates:
        now += every
        ana.polled(move(minutes(by), F12), now)

    assert ana.alerts == []


@pytest.mark.parametrize("role", Role)
def test_a_wavering_estimate_told_at_its_latest_costs_one_text(role: Role) -> None:
    now = OUT - hours(3)
    ana = Listener(role=role).subscribed(late(minutes(9)), now)
    for index in range(60):
        ana.polled(late(minutes(-9 if index // 2 % 2 else 9)), now + minutes(3 * index))

    assert len(ana.alerts) <= 1


REPORTED_AFTER = minutes(4)  # ground stations and airlines are not instant
BELT_AT, GATE_AT = IN + minutes(6), OUT - hours(2.6)


def on_time(now: datetime, *, wavers: Sequence[int]) -> Flight:
    """What AeroAPI shows at `now` of a plain flight: a gate on the day, estimates that waver, every event reported."""
    known = now - REPORTED_AFTER
    by = minutes(wavers[int((now - OUT) / minutes(20)) % len(wavers)])
    flight = late(by, planned(terminal_origin="3"))
    flight = replace(flight, gate_origin="F12" if now >= GATE_AT else None)
    if now >= OUT - hours(1):
        flight = replace(flight, gate_destination="C91", terminal_destination="C")
    for event, happened in ((left_gate, OUT), (took_off, OFF), (touched_down, ON), (at_gate, IN)):
        if known >= happened:
            flight = event(flight, happened)
    return replace(flight, baggage_claim="6" if known >= BELT_AT else None)


def followed(role: Role, wavers: Sequence[int], *, jitter: float = 0.0) -> Listener:
    """A person's whole experience of that flight, polled as Flait would from 26 hours before."""
    now = OUT - hours(26)
    ana = Listener(role=role).subscribed(on_time(now, wavers=wavers), now)
    due = next_poll_at(ana.seen, now, jitter=jitter)
    while due:
        now = due
        ana.polled(on_time(now, wavers=wavers), now)
        due = next_poll_at(ana.seen, now, jitter=jitter)
        if due and ana.decision.look_again:
            due = min(due, now + ana.decision.look_again)
    return ana


def kinds(listener: Listener) -> list[str]:
    """What the texts were about; a poll may come after the landing and find it at the gate already."""
    return ["landed" if text.kind == "arrived" else text.kind for text in listener.alerts]


WAVERS = st.lists(st.integers(-4, 5), min_size=1, max_size=40)


@given(wavers=WAVERS, jitter=st.floats(0, 0.99))
def test_a_traveller_on_a_plain_flight_gets_four_texts_at_most(wavers: list[int], jitter: float) -> None:
    ana = followed(Role.TRAVELER, wavers, jitter=jitter)

    assert kinds(ana) in (["gate_first", "landed", "belt"], ["gate_first", "landed"])
    assert ana.alerts[-1].body.count("belt 6") == 1


@given(wavers=WAVERS, jitter=st.floats(0, 0.99))
def test_whoever_meets_it_gets_three_and_the_arrival(wavers: list[int], jitter: float) -> None:
    ben = followed(Role.MEETER, wavers, jitter=jitter)

    assert len(ben.alerts) <= 4
    assert kinds(ben)[:2] == ["departed", "landed"]
    assert sum("belt 6" in text.body for text in ben.alerts) <= 1


@given(wavers=WAVERS, jitter=st.floats(0, 0.99))
def test_a_watcher_hears_take_off_and_landing(wavers: list[int], jitter: float) -> None:
    eva = followed(Role.WATCHER, wavers, jitter=jitter)

    assert kinds(eva) == ["departed", "landed"]


@given(role=ROLES, wavers=st.lists(st.integers(-60, 180), min_size=1, max_size=20))
def test_even_on_a_bad_day_no_text_comes_twice(role: Role, wavers: list[int]) -> None:
    ana = followed(role, wavers)

    bodies = Counter((text.at, text.body) for text in ana.texts)
    assert all(count == 1 for count in bodies.values())
    assert all(first.body != second.body for first, second in zip(ana.texts, ana.texts[1:], strict=False))


RESTLESS = st.lists(
    st.builds(
        Poll,
        after=st.integers(1, 30).map(minutes),
        flight=st.builds(
            lambda by, gate, cancelled, elsewhere: replace(
                late(minutes(by), planned(gate_origin=gate, terminal_origin="1")),
                cancelled=cancelled,
                diverted=elsewhere,
            ),
            by=st.sampled_from([-90, -40, 0, 45, 120]),
            gate=st.sampled_from(["F12", "C3", "B7", "A1", "D5"]),
            cancelled=st.booleans(),
            elsewhere=st.booleans(),
        ),
    ),
    min_size=2,
    max_size=8,
)
QUARTER = minutes(15)


def untold(ana: Listener, now: datetime) -> Priority | None:
    """How urgent what she does not know is; None when she knows all that concerns her."""
    known = told([text.tells for text in ana.texts])
    alert = decide(known, [], role=ana.role, before=ana.seen, after=ana.seen, now=now).alert
    return alert.priority if alert else None


@given(polls=RESTLESS, rounds=st.integers(1, 12), role=ROLES)
@settings(max_examples=60, deadline=None)
def test_what_never_stands_still_is_told_within_caps_and_told_at_last(
    polls: list[Poll], rounds: int, role: Role
) -> None:
    now = OUT - hours(2)
    ana = Listener(role=role).subscribed(F12, now)
    for poll in polls * rounds:
        now += poll.after
        ana.polled(poll.flight, now)
        ana.polled(poll.flight, now + timedelta(seconds=60))
    calm = now + timedelta(seconds=60)

    now = calm
    while now < calm + AFTER_TURNS[-1] + QUARTER:
        now += QUARTER
        ana.polled(ana.seen, now)
    assert untold(ana, now) is not Priority.P0
    while now < calm + timedelta(days=2):
        now += timedelta(hours=1)
        ana.polled(ana.seen, now)
    assert untold(ana, now) is None

    urgent = [text for text in ana.alerts if text.priority is Priority.P0]
    assert most_within(urgent, timedelta(days=1)) <= 31
    assert most_within(ana.alerts, timedelta(days=1)) <= 43
    assert most_within(ana.alerts, timedelta(hours=1)) <= 14
