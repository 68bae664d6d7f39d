"""Every answer is one GSM-7 segment, whatever people, airlines and AeroAPI write; and says what it should."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core import reply_texts as texts
from flait.core.flights import Airport, Flight, Phase, Times
from flait.core.formats import Reader
from flait.core.messages import is_gsm_7, segments
from flait.core.reply_kinds import Fact, Later
from flait.core.status_texts import Listed, Seen, list_text, status_text
from flait.core.subscriptions import ClockFace, Role
from flait.core.told import told
from tests.core.flights_for_tests import (
    CLE,
    EWR,
    F12,
    NOON,
    OUT,
    PIT,
    SFO,
    at_gate,
    diverted,
    hours,
    late,
    left_gate,
    minutes,
    took_off,
    touched_down,
)

KIEV = Airport(code="UKBB", code_iata="KBP", city="Kyiv", timezone="Asia/Kathmandu")  # the longest zone: UTC+5:45
LONG = "BAW1234A"
READER = Reader(ident=LONG, now=NOON - timedelta(days=3), clock=ClockFace.H12)
CONTACT = "Łukasz Żółć <lukasz.zolc@example.com> 42"
NAME = "Ärchibald Œuvre 🙂 O'Really the Third of Somewhere"
WIDE = replace(
    late(hours(23.75)), origin=KIEV, destination=KIEV, ident="DAL9999Z", ident_iata="DL9999Z",
    gate_origin="CONCOURSE-99", terminal_origin="INTERNATIONAL", gate_destination="CONCOURSE-99",
    terminal_destination="INTERNATIONAL", baggage_claim="CAROUSEL-99",
)  # fmt: skip

WORST: dict[str, Callable[[], str]] = {
    "unknown": lambda: texts.UNKNOWN,
    "stranger": lambda: texts.STRANGER,
    "invited": lambda: texts.INVITED,
    "stopped": lambda: texts.STOPPED,
    "no flights": lambda: texts.NO_FLIGHTS,
    "which flight": lambda: texts.WHICH_FLIGHT,
    "nothing to undo": lambda: texts.NOTHING_TO_UNDO,
    "unmuted": lambda: texts.UNMUTED,
    "no invitation": lambda: texts.NO_INVITATION,
    "own number": lambda: texts.OWN_NUMBER,
    "not a phone": lambda: texts.NOT_A_PHONE,
    "fault": lambda: texts.FAULT,
    "help": lambda: texts.help_text(CONTACT),
    "limit": lambda: texts.limit_text("20 msgs per hour", OUT, KIEV, READER),
    "not followed": lambda: texts.not_followed_text(LONG),
    "not listed": lambda: texts.not_listed_text(99),
    "stop unknown": lambda: texts.stop_unknown_text(LONG),
    "which": lambda: texts.which_text([f"{LONG} Wed 26 Nov"] * 5),
    "choose": lambda: texts.choose_text(5),
    "already": lambda: texts.already_text(LONG),
    "saved": lambda: texts.saved_text(LONG, "day after tomorrow"),
    "unknown flight": lambda: texts.unknown_flight_text(LONG, "day after tomorrow", [WIDE] * 3, NOON),
    "other airline": lambda: texts.other_airline_text(LONG, LONG),
    "bad date": lambda: texts.bad_date_text(LONG, "2026-11-25 is more than a year ahead"),
    "name a day": lambda: texts.name_a_day_text(LONG),
    "too many wishes": lambda: texts.too_many_wishes_text(4),
    "no budget": lambda: texts.no_budget_text(CONTACT),
    "no account": lambda: texts.no_account_text(CONTACT),
    "two days": lambda: texts.options_text(LONG, [WIDE, replace(WIDE, out=Times(scheduled=OUT + hours(96)))], NOON),
    "legs": lambda: texts.options_text(LONG, [WIDE, replace(WIDE, destination=SFO), replace(WIDE, destination=EWR)], NOON),
    "four": lambda: texts.options_text(
        LONG, [replace(WIDE, destination=EWR, out=Times(scheduled=OUT + hours(24 * day))) for day in range(4)], NOON
    ),
    "routes": lambda: texts.options_text(
        LONG,
        [replace(WIDE, destination=to, out=Times(scheduled=OUT + hours(n))) for n, to in enumerate((EWR, SFO, PIT, CLE))],
        NOON,
    ),
    "pending": lambda: texts.pending_status_text(LONG, OUT.date(), "", "KBP"),
    "waiting": lambda: texts.pending_status_text(LONG, None, "day after tomorrow", None),
    "untracked": lambda: texts.untracked_text(" and ".join([f"{LONG} Wed 26 Nov"] * 5), 12),
    "explained": lambda: texts.explained_text(f"{LONG} Wed 26 Nov", 12),
    "muted": lambda: texts.muted_text(f"{LONG} Wed 26 Nov", OUT, KIEV, READER),
    "unmuted one": lambda: texts.unmuted_text(f"{LONG} Wed 26 Nov"),
    "still muted": lambda: texts.still_muted_text(LONG, OUT, KIEV, READER),
    "invitation": lambda: texts.invitation_text(NAME, LONG, "KBP-KBP Wed 26 Nov"),
    "asked": lambda: texts.invited_text("+491711234567890", LONG, Role.TRAVELER),
    "cannot invite": lambda: texts.cannot_invite_text("+491711234567890"),
    "too many invitations": lambda: texts.too_many_invitations_text(3),
    "invitation over": lambda: texts.invitation_over_text(LONG),
    **{f"not yet {word}": partial(texts.not_yet_text, word, CONTACT) for word in Later},
}  # fmt: skip


@pytest.mark.parametrize("name", WORST)
def test_an_answer_is_one_segment_at_its_longest(name: str) -> None:
    body = WORST[name]()
    assert is_gsm_7(body), body
    assert segments(body) == 1, (len(body), body)


@pytest.mark.parametrize(
    "name", ["two days", "legs", "routes", "four", "muted", "still muted", "limit", "invitation", "help", "untracked"]
)
def test_what_matters_is_never_cut_off(name: str) -> None:
    assert WORST[name]().endswith((".", "?"))


# --- how a flight stands ------------------------------------------------------------------------------------------

STAGES: tuple[Callable[[Flight], Flight], ...] = (
    lambda flight: flight, left_gate, took_off, touched_down, at_gate, lambda flight: diverted(KIEV, flight),
    lambda flight: diverted(None, flight), lambda flight: replace(flight, cancelled=True),
)  # fmt: skip


@pytest.mark.parametrize("fact", Fact)
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("flight", [WIDE, F12])
def test_a_status_is_one_segment_and_says_its_age(
    flight: Flight, stage: Callable[[Flight], Flight], fact: Fact
) -> None:
    seen = Seen(age=hours(23.9), stale=True)
    body = status_text(stage(flight), READER, seen, fact=fact, others=12).body
    assert segments(body) == 1
    assert is_gsm_7(body)
    assert "Seen 23h54 ago; no newer data now." in body


def reader(ident: str = "UA1234", **fields: Any) -> Reader:
    return Reader(**{"ident": ident, "now": NOON, **fields})


def status(flight: Flight, fact: Fact = Fact.ALL, **rest: Any) -> str:
    return status_text(flight, reader(), Seen(age=minutes(2)), fact=fact, **rest).body


INBOUND = replace(F12, gate_destination="C91", terminal_destination="C", baggage_claim="6")


@pytest.mark.parametrize(
    ("flight", "fact", "said"),
    [
        (late(minutes(45)), Fact.ALL, "UA1234 SFO-EWR: dep 14:55 PST (45m late), arr 23:16 EST. Gate F12 (T3). Seen 2m ago."),
        (replace(F12, gate_origin=None), Fact.ALL, "UA1234 SFO-EWR: dep 14:10 PST, arr 22:31 EST. Terminal 3. Seen 2m ago."),
        (left_gate(), Fact.ALL, "UA1234 SFO-EWR: left the gate 14:10 PST, arr 22:31 EST. Gate F12 (T3). Seen 2m ago."),
        (replace(F12, gate_origin=None), Fact.GATE, "UA1234 has no gate yet (T3), SFO, dep 14:10 PST. Seen 2m ago."),
        (took_off(INBOUND), Fact.GATE, "UA1234 at EWR: gate C91, Terminal C. Arr 22:31 EST. Seen 2m ago."),
        (took_off(), Fact.GATE, "UA1234 at EWR: no gate known. Arr 22:31 EST. Seen 2m ago."),
        (diverted(None), Fact.GATE, "UA1234 at arrival: no gate known. Seen 2m ago."),
        (at_gate(INBOUND), Fact.BAGS, "UA1234 bags at EWR: belt 6, Terminal C. Seen 2m ago."),
        (replace(F12, cancelled=True), Fact.BAGS, "UA1234 SFO-EWR Tue 25 Nov is CANCELLED. Seen 2m ago."),
    ],
)  # fmt: skip
def test_a_status_says(flight: Flight, fact: Fact, said: str) -> None:
    assert status(flight, fact) == said


def test_a_codeshare_is_called_by_both_numbers() -> None:
    text = status_text(F12, reader("LH9051"), Seen(age=minutes(0)))
    assert text.body.startswith("UA1234 (LH9051) SFO-EWR")


def test_a_status_tells_what_it_states_and_no_more() -> None:
    whole = told([status_text(late(hours(1)), reader(), Seen(age=minutes(0))).tells])
    gate = told([status_text(late(hours(1)), reader(), Seen(age=minutes(0)), fact=Fact.GATE).tells])
    assert (whole.departure, whole.gate_origin, whole.phase) == (OUT + hours(1), "F12", Phase.SCHEDULED)
    assert (gate.departure, gate.arrival, gate.gate_origin) == (OUT + hours(1), None, "F12")


def test_a_status_mentions_what_else_is_followed() -> None:
    assert status(F12, others=2).endswith("Seen 2m ago. LIST shows 2 more.")


# --- the list -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (Listed(ident="UA1234", flight=late(minutes(-20))), "1 UA1234 Tue25 SFO-EWR 13:50 -20m"),
        (Listed(ident="UA1234", flight=took_off()), "1 UA1234 Tue25 SFO-EWR 14:10 in the air"),
        (Listed(ident="UA1234", flight=at_gate()), "1 UA1234 Tue25 SFO-EWR 14:10 landed"),
        (Listed(ident="UA1234", flight=diverted()), "1 UA1234 Tue25 SFO-EWR 14:10 DIVERTED"),
        (Listed(ident="UA1234", flight=replace(F12, cancelled=True)), "1 UA1234 Tue25 SFO-EWR 14:10 CANCELLED"),
        (Listed(ident="BA286", on=(OUT + timedelta(days=30)).date(), origin="SFO"), "1 BA286 25Dec SFO saved"),
        (Listed(ident="BA286", wish="tomorrow"), "1 BA286 tomorrow saved"),
        (Listed(ident="BA286"), "1 BA286 next saved"),
    ],
)
def test_a_line_of_the_list_says_how_it_stands(row: Listed, line: str) -> None:
    assert list_text([row], now=NOON, clock=ClockFace.H24).splitlines()[0] == line


@given(st.integers(min_value=1, max_value=40))
def test_a_list_is_one_segment_however_long(count: int) -> None:
    body = list_text([Listed(ident=LONG, flight=WIDE)] * count, now=NOON, clock=ClockFace.H12)
    assert segments(body) == 1
    assert body.startswith(f"1 {LONG}")


# --- other people's words -----------------------------------------------------------------------------------------


@given(st.text(max_size=200))
def test_nobodys_name_or_address_breaks_a_text(written: str) -> None:
    for body in (texts.invitation_text(written, LONG, "SFO-EWR"), texts.help_text(written[:40])):
        assert segments(body) == 1
        assert is_gsm_7(body)


@pytest.mark.parametrize(
    ("phone", "shown"), [("+15555550134", "+1555...0134"), ("+4915123456", "+49...56"), ("+3721234", "+37...34")]
)
def test_a_number_is_shown_as_no_more_than_who_knows_it_needs(phone: str, shown: str) -> None:
    assert texts.masked(phone) == shown
