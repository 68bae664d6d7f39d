from collections.abc import Sequence
from datetime import datetime

import pytest

from flait.core.alerts import Decision, decide
from flait.core.changes import ChangeKind
from flait.core.flights import Flight
from flait.core.holds import PastText, Reach
from flait.core.priorities import Priority
from flait.core.subscriptions import Role
from flait.core.values import replace
from tests.core.flights_for_tests import F12, NOON, OUT, Listener, hours, knowing, late, minutes, planned

C3 = replace(F12, gate_origin="C3")
B7 = replace(F12, gate_origin="B7")


def decided(known: Flight, after: Flight, *, now: datetime = NOON, past: Sequence[PastText] = ()) -> Decision:
    """What a traveller who knows all of `known` is to be told."""
    return decide(knowing(known), past, role=Role.TRAVELER, before=after, after=after, now=now)


@pytest.mark.parametrize(
    ("hours_before", "known", "after", "told"),
    [
        (3.1, planned(), F12, False),
        (3, planned(), F12, True),
        (3.1, F12, C3, False),
        (3, F12, C3, True),
        (0.1, F12, C3, True),
        (-0.5, F12, C3, True),  # late and still at the gate
        (3.1, F12, replace(F12, terminal_origin="1"), False),
        (2, planned(), planned(terminal_origin="3"), True),
    ],
)
def test_gates_are_told_from_three_hours_before(hours_before: float, known: Flight, after: Flight, told: bool) -> None:
    decision = decided(known, after, now=OUT - hours(hours_before))

    assert bool(decision.alert) is told
    assert bool(decision.held) is not told


def test_a_gate_told_too_early_for_itself_joins_the_next_text_and_is_then_known() -> None:
    ana = Listener().subscribed(planned(), OUT - hours(9))
    assert ana.polled(F12, OUT - hours(8)) is None
    ana.polled(late(minutes(45)), OUT - hours(7))

    heard = ana.polled(late(minutes(45)), OUT - hours(7) + minutes(1))

    assert heard
    assert "Gate F12, Terminal 3." in heard.body
    assert ana.polled(late(minutes(45)), OUT - hours(1)) is None


@pytest.mark.parametrize(
    ("minutes_before", "expected"), [(91, Priority.P1), (90, Priority.P0), (1, Priority.P0), (-20, Priority.P0)]
)
def test_a_gate_change_near_departure_is_critical(minutes_before: float, expected: Priority) -> None:
    decision = decided(F12, C3, now=OUT - minutes(minutes_before))

    assert decision.alert
    assert decision.alert.priority is expected


def test_a_gate_change_near_departure_does_not_cool_down() -> None:
    decision = decided(
        F12, C3, past=[PastText(at=OUT - minutes(31), kind=ChangeKind.GATE_CHANGE)], now=OUT - minutes(30)
    )

    assert decision.alert
    assert decision.alert.priority is Priority.P0


def test_a_gate_back_where_it_was_is_held_for_ten_minutes_and_then_still_changing() -> None:
    ana = Listener().subscribed(F12, OUT - minutes(60))
    assert ana.polled(C3, OUT - minutes(50))

    assert ana.polled(F12, OUT - minutes(45)) is None
    assert (ana.decision.look_again, ana.decision.moment) == (None, OUT - minutes(40))
    heard = ana.polled(F12, OUT - minutes(40))

    assert heard
    assert "GATE CHANGE C3->F12" in heard.body
    assert "Gate is still changing: check the board." in heard.body


def test_a_gate_back_where_it_was_and_gone_again_was_never_said() -> None:
    ana = Listener().subscribed(F12, OUT - minutes(60))
    ana.polled(C3, OUT - minutes(50))
    ana.polled(F12, OUT - minutes(45))

    assert ana.polled(C3, OUT - minutes(40)) is None
    assert len(ana.alerts) == 1


def test_a_third_gate_is_no_flapping() -> None:
    ana = Listener().subscribed(F12, OUT - minutes(60))
    ana.polled(C3, OUT - minutes(50))

    heard = ana.polled(B7, OUT - minutes(45))

    assert heard
    assert "still changing" not in heard.body


def test_a_gate_back_after_half_an_hour_is_a_change_like_any_other() -> None:
    ana = Listener().subscribed(F12, OUT - minutes(80))
    ana.polled(C3, OUT - minutes(70))

    heard = ana.polled(F12, OUT - minutes(40))

    assert heard
    assert "still changing" not in heard.body


def told_gates(*gates: str, told: bool = True) -> list[PastText]:
    """Texts about these gates, four minutes apart, the last four minutes ago."""
    ago = [4 * minutes(number) for number in range(len(gates), 0, -1)]
    return [
        PastText(
            at=OUT - hours(1) - span,
            kind=ChangeKind.GATE_CHANGE,
            gate_origin=gate,
            reach=Reach.UNDER_WAY if told else Reach.LOST,
        )
        for gate, span in zip(gates, ago, strict=True)
    ]


@pytest.mark.parametrize(
    ("past", "flaps"),
    [
        (told_gates("A1", "C3", "B7"), True),  # back at the one before the last, which was not the first
        (told_gates("C3", "A1", "B7"), True),
        (told_gates("A1", "B7"), False),
        (told_gates("C3", "B7", "C3"), False),  # where it was told to be
        ([*told_gates("C3", told=False), *told_gates("B7")], False),  # of which nobody heard
    ],
)
def test_a_gate_is_still_changing_when_it_is_back_at_any_that_was_told_and_given_up(
    past: list[PastText], flaps: bool
) -> None:
    known = replace(F12, gate_origin=past[-1].gate_origin if past[-1].gate_origin != "C3" else "F12")
    decision = decided(known, C3, past=past, now=OUT - hours(1) + minutes(7))

    assert decision.alert
    assert decision.alert.gate_flaps is flaps
