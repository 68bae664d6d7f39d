"""What WHY says: every kind of alert has its rule in words, and every answer is one segment."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.alerts import Alert
from flait.core.changes import Change, ChangeKind
from flait.core.messages import Message, MessageKind, MessageStatus, is_gsm_7, units
from flait.core.milestones import MILESTONES
from flait.core.priorities import Priority
from flait.core.reasons import Decided, Reason, Seen, Waited, fact_of, noted
from flait.core.subscriptions import Role
from flait.core.texts.formats import Reader
from flait.core.texts.why import RULES, rule_of, why_text
from flait.core.told import FACTS, Told
from tests.core.flights_for_tests import F12, NOON, hours, late, minutes

READER = Reader(ident="UA1234", now=NOON + hours(1))


def message(kind: ChangeKind, status: MessageStatus = MessageStatus.DELIVERED) -> Message:
    at = NOON + minutes(30)
    return Message(
        user_id=1, to="+15555550100", kind=MessageKind(kind), body="x", dedup_key="x", status=status, created_at=at,
        not_before=at, expires_at=at, sent_at=at, delivered_at=at, read_at=at,
    )  # fmt: skip


def alert(*changes: Change) -> Alert:
    return Alert(
        flight=late(minutes(45)), told=Told(), changes=changes, role=Role.TRAVELER, priority=Priority.P1, expires_at=NOON
    )  # fmt: skip


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_kind_has_its_rule_in_words(kind: ChangeKind) -> None:
    assert rule_of(kind, minutes(15))
    assert is_gsm_7(RULES[kind])


def test_a_rule_whose_threshold_was_not_noted_is_left_out() -> None:
    assert rule_of(ChangeKind.DELAY_FIRST, timedelta()) == ""
    assert rule_of(ChangeKind.STALE, timedelta()) == "its end was not reported"


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_kind_is_about_one_fact_that_looks_can_show(kind: ChangeKind) -> None:
    facts = {ChangeKind.GATE_CHANGE: ("gate_origin",)}.get(kind, ("phase",))
    assert fact_of(Change(kind=kind, facts=facts), alert()) in FACTS


def test_a_look_that_left_the_time_out_has_not_shown_it() -> None:
    seen = late(minutes(45))
    blank = F12.__class__(**{**{n: getattr(seen, n) for n in seen.__slots__}, "blank": (("out.estimated", NOON),)})
    change = Change(kind=ChangeKind.DELAY_FIRST, facts=("departure",), threshold=minutes(15))
    said = noted(alert(change), [(NOON, blank), (NOON + minutes(1), seen)], asked=False)
    assert said["threshold_min"] == 15
    assert [look["at"] for look in said["looks"]] == [NOON + minutes(1)]  # type: ignore[attr-defined]  # a list of looks


def test_a_look_at_what_was_told_already_has_shown_no_change() -> None:
    change = Change(kind=ChangeKind.GATE_CHANGE, facts=("gate_origin",))
    before = F12.__class__(**{**{n: getattr(F12, n) for n in F12.__slots__}, "gate_origin": None})
    said = noted(alert(change), [(NOON, before), (NOON + minutes(1), F12)], asked=False)
    assert said["looks"] == [{"at": NOON + minutes(1), "value": "F12"}]


MOMENT = NOON.isoformat()
VALUES: dict[str, str | bool] = {
    "departure": MOMENT, "arrival": MOMENT, "gate_origin": "ABC12", "terminal_destination": "", "phase": "off",
    "cancelled": True, "diverted_to": "KPIT", "destination": "PIT", "onward": "1 KPIT", "stale": MOMENT,
    "connection": "99 at_risk", "returned": MOMENT, "boards": MOMENT,
}  # fmt: skip


@given(
    kind=st.sampled_from(ChangeKind),
    status=st.sampled_from(MessageStatus),
    fact=st.sampled_from(sorted(VALUES)),
    looks=st.integers(0, 2),
    asked=st.booleans(),
    days=st.integers(0, 3),
    known=st.booleans(),
)
def test_every_answer_is_one_segment(
    kind: ChangeKind, status: MessageStatus, fact: str, *, looks: int, asked: bool, days: int, known: bool
) -> None:
    value, at = VALUES[fact], NOON - timedelta(days=days)
    decided = Decided(
        at=NOON,
        kinds=(kind,),
        priority="P1",
        fact=fact,
        threshold_min=150,
        looks=tuple(Seen(at=at + minutes(one), value=value) for one in range(looks)),
        asked=asked,
    )
    waited = (
        Waited(kind=kind, since=at, why="changed 12 times within a day: told once it has rested 30 min", until=at),
    )
    reason = Reason(
        message=message(kind, status),
        decided=decided if known else None,
        before=Seen(at=at, value=value) if known else None,
        waited=waited,
    )
    said = why_text(reason, F12, "UA1234B", READER)
    assert units(said) <= 160
    assert is_gsm_7(said)
    assert said.startswith("UA1234B")


@pytest.mark.parametrize("kind", MILESTONES)
def test_a_reminder_says_who_asked_for_it(kind: ChangeKind) -> None:
    decided = Decided(at=NOON, kinds=(kind,), fact="departure", threshold_min=180, asked=True)
    said = why_text(Reason(message=message(kind), decided=decided), F12, "UA1234", READER)
    assert "You asked to be told 3h before" in said
