"""No word of a flight: what is told of one that nobody can ask about any more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flait.core.flights import Flight
from flait.core.silences import silence
from flait.core.subscriptions import Role
from flait.core.texts.alerts import alert_text
from flait.core.texts.formats import Reader
from tests.core.flights_for_tests import F12, IN, at_gate, knowing, took_off, touched_down

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
