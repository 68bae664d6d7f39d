"""To who is muted only P0 is told; the rest is news afterwards, if it is still true."""

import pytest

from flait.core.alerts import Decision, decide
from flait.core.changes import ChangeKind
from flait.core.flights import Flight
from flait.core.preferences import Wishes
from flait.core.subscriptions import Role
from flait.core.values import replace
from tests.core.flights_for_tests import F12, OUT, hours, knowing, late, leaving, minutes

K = ChangeKind
B4 = replace(F12, gate_origin="B4")
MUTED_UNTIL = OUT + hours(1)


def decided(flight: Flight, *, muted: bool, ahead: float = 2) -> Decision:
    """After two polls that agree."""
    return decide(
        knowing(F12),
        [],
        role=Role.TRAVELER,
        before=flight,
        after=flight,
        now=OUT - hours(ahead),
        wishes=Wishes(muted_until=MUTED_UNTIL if muted else None),
    )


@pytest.mark.parametrize("flight", [late(hours(1)), B4])
def test_what_is_not_urgent_waits_and_hastens_nothing(flight: Flight) -> None:
    decision = decided(flight, muted=True)
    assert (decision.alert, decision.look_again, decision.moment) == (None, None, MUTED_UNTIL)
    assert {why for _, why in decision.held} == {"muted"}
    assert decided(flight, muted=False).alert


@pytest.mark.parametrize(
    ("flight", "ahead", "kind"),
    [
        (replace(F12, cancelled=True), 2, K.CANCELLED),
        (leaving(minutes(-20)), 2, K.EARLIER),
        (B4, 1, K.GATE_CHANGE),
    ],
)
def test_what_is_urgent_is_told(flight: Flight, ahead: float, kind: ChangeKind) -> None:
    alert = decided(flight, muted=True, ahead=ahead).alert
    assert alert
    assert [change.kind for change in alert.changes] == [kind]


def test_an_urgent_text_carries_nothing_else() -> None:
    both = replace(late(hours(1)), gate_origin="B4")
    alert = decided(both, muted=True, ahead=0.25).alert
    assert alert
    assert [change.kind for change in alert.changes] == [K.GATE_CHANGE]
