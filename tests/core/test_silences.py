"""No word of a flight: what is told of one that nobody can ask about any more."""

from datetime import timedelta

import pytest

from flait.core.changes import Change, ChangeKind
from flait.core.doubts import Doubts
from flait.core.flights import Flight
from flait.core.holds import CONFIRMED_KINDS, PLANES
from flait.core.silences import is_awaited, is_new, silence
from flait.core.subscriptions import Role
from flait.core.texts.alerts import alert_text
from flait.core.texts.formats import Reader
from flait.core.texts.silences import ONCE_WORDS
from flait.core.told import Told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    OUT,
    arriving,
    at_gate,
    hours,
    knowing,
    late,
    minutes,
    took_off,
    touched_down,
)

CANCELLED = replace(F12, cancelled=True)
OVER = IN + timedelta(days=3)


def said(known: Flight, flight: Flight) -> str | None:
    """The words, three days later."""
    alert = silence(knowing(known), role=Role.MEETER, flight=flight, seen_at=IN, now=OVER)
    return alert_text(alert, Reader(ident="UA1234", now=OVER)).body if alert else None


@pytest.mark.parametrize(
    ("known", "flight", "awaited"),
    [(F12, F12, "left"), (F12, took_off(), "landed"), (F12, CANCELLED, "left")],  # the last by one look alone
)
def test_who_waits_for_an_end_that_was_never_reported_is_told_so(known: Flight, flight: Flight, awaited: str) -> None:
    assert said(known, flight) == f"No report that UA1234 has {awaited}, and we stop watching it now. Ask the airline."


@pytest.mark.parametrize(
    ("known", "flight"),
    [(F12, touched_down()), (CANCELLED, touched_down()), (CANCELLED, at_gate())],
)
def test_nothing_is_awaited_of_what_is_down(known: Flight, flight: Flight) -> None:
    assert said(known, flight) is None


TRAVELER, MEETER, WATCHER = Role


@pytest.mark.parametrize(
    ("role", "known", "flight", "before", "awaited"),
    [
        (TRAVELER, F12, F12, 2.9, True),
        (TRAVELER, F12, F12, 3.1, False),
        (TRAVELER, F12, late(hours(5)), 2.9, True),  # by what they were told
        (WATCHER, F12, late(hours(5)), 2.9, True),
        (MEETER, F12, late(hours(5)), 2.9, True),
        (
            MEETER,
            arriving(hours(5)),
            late(hours(5)),
            2.9,
            False,
        ),  # they know when it comes; of the other end nobody told
        (TRAVELER, late(hours(5)), late(hours(5)), 2.9, False),
        (TRAVELER, late(hours(5)), F12, 2.9, True),  # by what was seen
        (TRAVELER, F12, replace(late(hours(5)), cancelled=True), 2.9, True),
        (TRAVELER, F12, late(hours(5)), -1, True),
        (TRAVELER, F12, took_off(), -3, True),
        (TRAVELER, F12, touched_down(), -6, False),
        (TRAVELER, replace(F12, out=replace(F12.out, scheduled=None)), F12, 2.9, True),
    ],
)
def test_people_act_on_it_by_the_sooner_of_what_they_were_told_and_what_was_seen(
    role: Role, known: Flight, flight: Flight, before: float, awaited: bool
) -> None:
    assert is_awaited(flight, OUT - hours(before), knowing(known), role) is awaited


K = ChangeKind


@pytest.mark.parametrize(
    ("kind", "moved", "said", "new"),
    [
        (K.CANCELLED, 0, None, True),
        (K.CANCELLED, 0, "cancelled", False),
        (K.CANCELLED, 0, "delay_first", True),
        (K.DIVERTED, 0, None, True),
        (K.DELAY_FIRST, 30, None, True),
        (K.DELAY_FIRST, 29, None, False),
        (K.EARLIER, -10, None, True),  # whoever goes by what they were told misses it
        (K.DELAY_LESS, -10, None, True),
        (K.DELAY_LESS, -9, None, False),
        (K.CONN_MISSED, 0, None, True),
        (K.CONN_OK, 0, None, False),
        (K.CORRECTED, 0, None, False),
        (K.INBOUND_LATE, 0, None, False),
    ],
)
def test_what_one_look_showed_is_worth_a_text_far_ahead(
    kind: ChangeKind, moved: int, said: str | None, new: bool
) -> None:
    doubts = Doubts(once=(Change(kind=kind, facts=(), moved=minutes(moved)),))
    assert is_new(doubts, Told(once=said), F12, OUT - hours(20)) is new


def test_all_that_waits_for_a_second_look_has_words_for_what_one_has_shown() -> None:
    assert set(ONCE_WORDS) == CONFIRMED_KINDS | PLANES | {K.LANDED, K.ARRIVED}
