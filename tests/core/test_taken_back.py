"""Whatever can be told can be taken back: for each fact a text that does it, and by which words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from flait.core.alerts import decide
from flait.core.changes import ChangeKind
from flait.core.flights import Flight, Phase
from flait.core.subscriptions import Role
from flait.core.texts.alerts import alert_text
from flait.core.texts.formats import Reader
from flait.core.told import CONNECTION, FACTS, PLANE, REMINDERS, Told, tells, told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    NOON,
    OFF,
    ON,
    OUT,
    PIT,
    at_gate,
    diverted,
    hours,
    late,
    left_gate,
    minutes,
    planned,
    took_off,
    touched_down,
)

K = ChangeKind
TRAVELER, MEETER, _ = Role


@dataclass(frozen=True, kw_only=True)
class Row:
    """A fact as told, what AeroAPI then has for long enough, and the kind and the words that take it back."""

    told: Flight
    besides: Mapping[str, str | bool] = field(default_factory=dict)
    then: Flight
    kind: ChangeKind
    words: str
    becomes: object
    role: Role = TRAVELER
    now: datetime = NOON


CANCELLED = replace(F12, cancelled=True)
THERE = replace(F12, gate_destination="C91", terminal_destination="C", baggage_claim="6")
ELSEWHERE = at_gate(diverted(PIT))
ONWARD = planned(origin=PIT, via=("PIT",))
AT_ITS_TIME = OUT - minutes(35)

TABLE: Mapping[str, list[Row]] = {
    "cancelled": [
        Row(told=CANCELLED, then=F12, kind=K.REINSTATED, words="is ON AGAIN, not cancelled: dep 14:10 PST", becomes=False),
    ],
    "diverted_to": [
        Row(told=diverted(PIT), then=took_off(), kind=K.UNDIVERTED, now=ON - hours(1), becomes="",
            words="NO LONGER DIVERTED: arrives EWR about 22:31 EST."),
        Row(told=diverted(None), then=took_off(), kind=K.UNDIVERTED, now=ON - hours(1), becomes="",
            words="NO LONGER DIVERTED: arrives EWR about 22:31 EST."),
    ],
    "destination": [
        Row(told=F12, then=replace(F12, destination=PIT), kind=K.REROUTED, becomes="PIT",
            words="now goes to Pittsburgh (PIT), not EWR."),
    ],
    "phase": [
        Row(told=left_gate(), then=F12, kind=K.WITHDRAWN, now=OUT + minutes(5), becomes=Phase.SCHEDULED,
            words="has NOT left the gate after all: dep 14:10 PST"),
        Row(told=left_gate(), then=replace(late(minutes(150)), returned=OUT), kind=K.RETURNED, now=OUT + minutes(5),
            becomes=Phase.SCHEDULED, words="returned to the gate at SFO: dep 16:40 PST"),
        Row(told=took_off(), then=late(minutes(60)), kind=K.WITHDRAWN, now=OUT + minutes(20), role=MEETER,
            becomes=Phase.SCHEDULED, words="has NOT taken off after all: dep 15:10 PST"),
        Row(told=touched_down(), then=took_off(), kind=K.WITHDRAWN, now=ON, role=MEETER, becomes=Phase.OFF,
            words="has NOT landed after all: in the air since 14:25 PST, arrives EWR about"),
        Row(told=at_gate(), then=took_off(), kind=K.WITHDRAWN, now=IN, role=MEETER, becomes=Phase.OFF,
            words="has NOT landed after all: in the air since 14:25 PST, was to arrive EWR 22:31 EST, no report that it"),
    ],
    "phase_at": [
        Row(told=took_off(), then=took_off(at=OFF + minutes(25)), kind=K.CORRECTED, now=OFF + minutes(30), role=MEETER,
            becomes=OFF + minutes(25), words="took off SFO 14:50 PST, not 14:25."),
        Row(told=touched_down(), then=touched_down(at=ON - minutes(12)), kind=K.CORRECTED, now=ON + minutes(9),
            role=MEETER, becomes=ON - minutes(12), words="landed EWR 22:11 EST, not 22:23."),
        Row(told=at_gate(), then=at_gate(at=IN + minutes(12)), kind=K.CORRECTED, now=IN + minutes(20), role=MEETER,
            becomes=IN + minutes(12), words="is at the gate EWR 22:43 EST, not 22:31."),
    ],
    "returned": [
        Row(told=replace(late(minutes(150)), returned=OUT), then=took_off(late(minutes(150))), kind=K.DEPARTED,
            now=OFF + minutes(155), role=MEETER, becomes=OUT, words="took off SFO 16:55 PST."),
    ],
    "departure": [
        Row(told=late(minutes(60)), then=late(minutes(0)), kind=K.ON_TIME, becomes=OUT,
            words="back on time: dep 15:10->14:10 PST"),
        Row(told=late(minutes(60)), then=F12, kind=K.ON_TIME, becomes=OUT,
            words="no estimate any more: plan for dep 15:10->14:10 PST"),
        Row(told=late(minutes(60)), then=late(minutes(25)), kind=K.DELAY_LESS, becomes=OUT + minutes(25),
            words="delay cut to 25m: dep 15:10->14:35 PST"),
        Row(told=F12, then=late(minutes(-20)), kind=K.EARLIER, becomes=OUT - minutes(20),
            words="leaves EARLIER: dep 14:10->13:50 PST"),
    ],
    "arrival": [
        Row(told=late(minutes(60)), then=F12, kind=K.ON_TIME, role=MEETER, becomes=IN,
            words="no estimate any more: plan for arr 23:31->22:31 EST"),
        Row(told=took_off(), then=took_off(late(minutes(0), F12), OFF), kind=K.FRESH, role=MEETER, becomes=IN,
            besides={"stale": "not landed"}, now=OFF + hours(1), words="arrives EWR about 22:31 EST"),
    ],
    "gate_origin": [
        Row(told=F12, then=planned(terminal_origin="3"), kind=K.GATE_CHANGE, becomes="",
            words="gate F12 is no longer shown. Check the board."),
        Row(told=F12, then=replace(F12, gate_origin="C3"), kind=K.GATE_CHANGE, becomes="C3", words="GATE CHANGE F12->C3"),
    ],
    "terminal_origin": [
        Row(told=F12, then=planned(gate_origin="F12"), kind=K.TERMINAL_CHANGE, becomes="",
            words="Terminal 3 is no longer shown. Check the board."),
        Row(told=F12, then=planned(), kind=K.GATE_CHANGE, becomes="",
            words="gate F12, Terminal 3 are no longer shown. Check the board."),
    ],
    "gate_destination": [
        Row(told=took_off(THERE), then=took_off(replace(THERE, gate_destination=None)), kind=K.ARRIVAL_GATE,
            role=MEETER, now=ON - hours(1), becomes="", words="at EWR: gate C91 is no longer shown."),
    ],
    "terminal_destination": [
        Row(told=took_off(THERE), then=took_off(replace(THERE, terminal_destination=None)), kind=K.ARRIVAL_GATE,
            role=MEETER, now=ON - hours(1), becomes="", words="at EWR: Terminal C is no longer shown."),
        Row(told=took_off(THERE), then=took_off(), kind=K.ARRIVAL_GATE, role=MEETER, now=ON - hours(1), becomes="",
            words="at EWR: gate C91, Terminal C are no longer shown."),
    ],
    "baggage_claim": [
        Row(told=at_gate(THERE), then=at_gate(replace(THERE, baggage_claim=None)), kind=K.BELT, role=MEETER,
            now=IN + minutes(5), becomes="", words="bags at EWR: belt 6 is no longer shown."),
    ],
    "boards": [
        Row(told=F12, besides={"boards": AT_ITS_TIME.isoformat()}, then=late(minutes(45)), kind=K.DELAY_FIRST,
            becomes=AT_ITS_TIME + minutes(45), words="Boards about 14:20."),
        Row(told=late(minutes(60)), besides={"boards": (AT_ITS_TIME + minutes(60)).isoformat()}, then=late(minutes(0)),
            kind=K.ON_TIME, becomes=AT_ITS_TIME, words="Be at the gate by 13:35."),
        Row(told=F12, besides={"boards": AT_ITS_TIME.isoformat()}, then=late(minutes(-20)), kind=K.EARLIER,
            now=OUT - minutes(50), becomes=None, words="Board now."),
        Row(told=F12, besides={"boards": AT_ITS_TIME.isoformat()}, then=CANCELLED, kind=K.CANCELLED,
            becomes=AT_ITS_TIME, words="is CANCELLED."),
    ],
    "stale": [
        Row(told=F12, besides={"stale": NOON.isoformat()}, then=F12, kind=K.FRESH, becomes="",
            words="Fresh word on UA1234: dep 14:10 PST"),
        Row(told=F12, besides={"stale": NOON.isoformat()}, then=late(minutes(45)), kind=K.DELAY_FIRST, becomes="",
            words="delayed 45m"),
        Row(told=F12, besides={"stale": "not left"}, then=took_off(late(hours(2))), kind=K.DEPARTED, becomes="",
            now=OUT + hours(3), role=MEETER, words="took off SFO 16:25 PST."),
    ],
    "once": [
        Row(told=F12, besides={"stale": NOON.isoformat(), "once": "cancelled"}, then=F12, kind=K.FRESH, becomes="",
            words="Fresh word on UA1234: dep 14:10 PST, arr 22:31 EST. It is not cancelled."),
        Row(told=F12, besides={"stale": NOON.isoformat(), "once": "rerouted"}, then=F12, kind=K.FRESH, becomes="",
            words="It goes to EWR."),
        Row(told=took_off(), besides={"stale": NOON.isoformat(), "once": "diverted"}, then=took_off(), kind=K.FRESH,
            becomes="", now=OFF + hours(1), words="It is not diverted."),
        Row(told=F12, besides={"stale": NOON.isoformat(), "once": "cancelled"}, then=late(minutes(45)), becomes="",
            kind=K.DELAY_FIRST, words="It is not cancelled."),
        Row(told=F12, besides={"stale": NOON.isoformat(), "once": "cancelled"}, then=replace(F12, cancelled=True),
            kind=K.CANCELLED, becomes="", words="is CANCELLED."),
    ],
    "ends": [
        Row(told=ELSEWHERE, besides={"ends": True}, then=ONWARD, kind=K.ONWARD, becomes="", words="goes on PIT-EWR: dep"),
    ],
    "onward": [
        Row(told=ONWARD, then=replace(ONWARD, cancelled=True), kind=K.CANCELLED, becomes="1 PIT", words="is CANCELLED."),
    ],
}  # fmt: skip
BOOKKEEPING = {"scheduled_out", "scheduled_in"}  # said by no words of their own
ROWS = [(fact, row) for fact, rows in TABLE.items() for row in rows]


def test_every_fact_that_can_be_told_stands_in_the_table() -> None:
    assert set(TABLE) == set(FACTS) - BOOKKEEPING - {CONNECTION, PLANE, *REMINDERS, "origin", "unlisted"}


@pytest.mark.parametrize(("fact", "row"), ROWS, ids=[f"{fact} {row.words}" for fact, row in ROWS])
def test_what_was_told_is_taken_back_in_words(fact: str, row: Row) -> None:
    heard: list[Mapping[str, Any]] = [tells(row.told), row.besides]
    alert = decide(told(heard), (), role=row.role, before=row.then, after=row.then, now=row.now).alert

    assert alert
    assert alert.changes[0].kind is row.kind
    text = alert_text(alert, Reader(ident="UA1234", now=row.now))
    assert row.words in text.body
    assert getattr(told([*heard, text.tells]), fact) == row.becomes


@pytest.mark.parametrize(("fact", "row"), ROWS, ids=[f"{fact} {row.words}" for fact, row in ROWS])
def test_what_was_taken_back_is_not_taken_back_again(fact: str, row: Row) -> None:
    heard: list[Mapping[str, Any]] = [tells(row.told), row.besides]
    for _ in range(3):
        alert = decide(told(heard), (), role=row.role, before=row.then, after=row.then, now=row.now).alert
        heard += [alert_text(alert, Reader(ident="UA1234", now=row.now)).tells] if alert else []

    assert decide(told(heard), (), role=row.role, before=row.then, after=row.then, now=row.now).alert is None


def test_a_told_that_nothing_was_said_to_is_empty() -> None:
    assert told([dict.fromkeys(("gate_origin", "diverted_to", "stale", "boards"), "")]) == Told(
        gate_origin="", diverted_to="", stale="", boards=None
    )
