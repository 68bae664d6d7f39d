from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flait.core.alerts import Alert, decide
from flait.core.changes import MOVES, Change, ChangeKind, End
from flait.core.flights import Airport, Flight, Times
from flait.core.messages import is_gsm_7, segments
from flait.core.milestones import MILESTONES
from flait.core.planes import Plane
from flait.core.preferences import NO_WISHES, Wishes
from flait.core.priorities import Priority
from flait.core.replies.kinds import Fact
from flait.core.subscriptions import ClockFace, Role
from flait.core.texts.alerts import LEADS, TAILS, alert_text
from flait.core.texts.formats import Reader, clock_time
from flait.core.texts.status import Freshness, status_text
from flait.core.texts.wording import Text, short
from flait.core.told import Told
from flait.core.trips import Leg, Onward
from flait.core.values import replace
from tests.core.flights_for_tests import (
    F12,
    IN,
    NOON,
    OFF,
    ON,
    OUT,
    PIT,
    arriving,
    at_gate,
    diverted,
    hours,
    inbound_flight,
    knowing,
    late,
    leaving,
    left_gate,
    minutes,
    onward_flight,
    plane,
    planned,
    rescheduled,
    took_off,
    touched_down,
    utc,
)

K = ChangeKind
TRAVELER, MEETER, WATCHER = Role
DAY_BEFORE = OUT - hours(30)
CANCELLED = replace(F12, cancelled=True)
C91 = replace(F12, gate_destination="C91", terminal_destination="C")
BELT_6 = replace(C91, baggage_claim="6")


def alerted(
    known: Flight | Told,
    after: Flight,
    *,
    role: Role = TRAVELER,
    now: datetime = NOON,
    wishes: Wishes = NO_WISHES,
    onward: Onward | None = None,
    plane: Plane | None = None,
) -> Alert | None:
    """What comes of two polls that agree, for somebody who knows all of `known`."""
    heard = known if isinstance(known, Told) else knowing(known)
    return decide(
        heard, (), role=role, before=after, after=after, now=now, wishes=wishes, onward=onward, plane=plane
    ).alert


def texted(
    known: Flight | Told,
    after: Flight,
    *,
    role: Role = TRAVELER,
    now: datetime = NOON,
    typed: str = "UA1234",
    clock: ClockFace = ClockFace.H24,
) -> Text:
    """The text about it."""
    alert = alerted(known, after, role=role, now=now)
    assert alert
    return alert_text(alert, Reader(ident=typed, now=now, clock=clock))


@pytest.mark.parametrize(
    ("role", "now", "known", "after", "body"),
    [
        (TRAVELER, NOON, F12, CANCELLED,
         "UA1234 SFO-EWR Tue 25 Nov 14:10 PST is CANCELLED. Ask the airline now to rebook you. Reply ALT for other flights."),
        (WATCHER, NOON, F12, CANCELLED,
         "UA1234 SFO-EWR Tue 25 Nov 14:10 PST is CANCELLED. Ask your traveler for the new flight."),
        (TRAVELER, NOON, CANCELLED, late(minutes(45)),
         "UA1234 SFO-EWR is ON AGAIN, not cancelled: dep 14:55 PST, arr 23:16 EST. Gate F12, Terminal 3. Check with the airline that your booking stands."),
        (MEETER, NOON, CANCELLED, F12,
         "UA1234 SFO-EWR is ON AGAIN, not cancelled: dep 14:10 PST, arr 22:31 EST. Ask your traveler if they fly on it."),
        (TRAVELER, OFF, CANCELLED, took_off(),
         "UA1234 SFO-EWR is ON AGAIN, not cancelled: in the air since 14:25 PST, arrives EWR about 22:31 EST, on time."),
        (MEETER, IN + minutes(5), diverted(PIT), at_gate(C91),
         "UA1234 NO LONGER DIVERTED: at the gate EWR 22:31 EST."),
        (MEETER, IN + hours(3), F12, took_off(F12, OFF + hours(1)),
         "UA1234 took off SFO 15:25 PST. No new landing time yet."),
        (MEETER, IN + hours(3), took_off(F12, OFF + hours(1)), took_off(F12, OFF + hours(1)),
         "No report that UA1234 has landed. Check the airline's page."),
        (MEETER, IN + hours(2), took_off(), took_off(),
         "No report that UA1234 has landed: arr 22:31 EST Tue was the last word. Check the airline's page."),
        (MEETER, NOON, F12, replace(F12, destination=PIT),
         "UA1234 now goes to Pittsburgh (PIT), not EWR. Arr 22:31 EST. Ask your traveler where to meet."),
        (TRAVELER, NOON, F12, leaving(minutes(25)),
         "UA1234 SFO-EWR delayed 25m: dep 14:10->14:35 PST, arr 22:31 EST, on time. Gate F12, Terminal 3. It may still leave earlier: stay near."),
        (TRAVELER, NOON, F12, leaving(minutes(25), arriving(minutes(12))),
         "UA1234 SFO-EWR delayed 25m: dep 14:10->14:35 PST, arr 22:31->22:43 EST. Gate F12, Terminal 3. It may still leave earlier: stay near."),
        (TRAVELER, NOON, F12, leaving(minutes(25), arriving(minutes(5))),
         "UA1234 SFO-EWR delayed 25m: dep 14:10->14:35 PST, arr 22:31->22:36 EST. Gate F12, Terminal 3. It may still leave earlier: stay near."),
        (MEETER, OFF + hours(2), F12, took_off(C91, OFF + hours(2)),
         "UA1234 took off SFO 16:25 PST. No new landing time yet. Gate C91, Terminal C."),
        (MEETER, ON - hours(1), arriving(minutes(-30), took_off()), arriving(minutes(-12), took_off()),
         "UA1234 later again, still early: arr 22:01->22:19 EST."),
        (WATCHER, ON, took_off(), diverted(None),
         "UA1234 DIVERTED: not going to EWR as planned. The new airport is not known yet; we tell you when it is."),
        (WATCHER, ON, diverted(None), diverted(PIT),
         "UA1234 DIVERTED to Pittsburgh (PIT), not EWR: arrives about 23:05 EST. We look for its flight on to EWR."),
        (MEETER, IN, took_off(), touched_down(diverted(PIT)),
         "UA1234 DIVERTED: landed Pittsburgh (PIT) 23:05 EST, not EWR. We look for its flight on to EWR."),
        (MEETER, IN, took_off(), touched_down(diverted(None)),
         "UA1234 DIVERTED: not going to EWR as planned. Landed 03:23 UTC, airport not known yet. We tell you where."),
        (MEETER, IN + hours(1), diverted(PIT), at_gate(diverted(PIT, C91)),
         "UA1234 is at the gate Pittsburgh (PIT) 23:05 EST, not EWR. Gate C91, Terminal C. We look for its flight on to EWR."),
        (MEETER, IN, diverted(None), touched_down(diverted(None, C91)),
         "UA1234 landed 03:23 UTC, airport not known yet."),
        (MEETER, IN, diverted(None), at_gate(diverted(None)),
         "UA1234 is at the gate 03:31 UTC, airport not known yet."),
        (MEETER, IN, took_off(), touched_down(replace(C91, destination=None)),
         "UA1234 landed 03:23 UTC, airport not known yet. Taxiing to gate C91, Terminal C."),
        (WATCHER, OFF, F12, took_off(C91, OFF + minutes(21)),
         "UA1234 took off SFO 14:46 PST. Arrives EWR about 22:31 EST. Gate C91, Terminal C."),
        (TRAVELER, ON + minutes(10), took_off(), touched_down(BELT_6, ON + minutes(7)),
         "UA1234 landed EWR 22:30 EST. Taxiing to gate C91, Terminal C. Bags: belt 6."),
        (TRAVELER, ON + minutes(10), took_off(), touched_down(planned(terminal_destination="C", baggage_claim="6")),
         "UA1234 landed EWR 22:23 EST. Terminal C. Bags: belt 6."),
        (MEETER, IN, touched_down(), at_gate(C91, IN - minutes(9)),
         "UA1234 is at the gate EWR 22:22 EST. Gate C91, Terminal C."),
        (MEETER, IN, touched_down(), at_gate(C91, IN - minutes(12)),
         "UA1234 is at the gate EWR 22:19 EST (12m early). Gate C91, Terminal C."),
        (MEETER, IN, took_off(), at_gate(BELT_6),
         "UA1234 is at the gate EWR 22:31 EST. Gate C91, Terminal C. Bags: belt 6."),
        (TRAVELER, NOON, F12, leaving(minutes(-20)),
         "UA1234 leaves EARLIER: dep 14:10->13:50 PST, arr 22:31 EST. Be at the gate by 13:15. Gate F12, Terminal 3. Go now if not at SFO."),
        (TRAVELER, DAY_BEFORE, F12, leaving(minutes(-20)),
         "UA1234 leaves EARLIER: dep 14:10->13:50 PST Tue, arr 22:31 EST Tue. Be at the gate by 13:15. Gate F12, Terminal 3."),
        (MEETER, OFF + hours(1), took_off(), took_off(arriving(minutes(-15))),
         "UA1234 arrives EARLIER: arr 22:31->22:16 EST."),
        (TRAVELER, OUT - hours(300), F12, rescheduled(minutes(-145)),
         "UA1234 Tue 25 Nov moved by the airline, 2h25 EARLIER: dep 14:10->11:45 PST, arr 20:06 EST. Check connections. Gate F12, Terminal 3."),
        (MEETER, NOON, F12, rescheduled(minutes(90)),
         "UA1234 Tue 25 Nov moved by the airline, 1h30 LATER: arr 22:31 Tue->00:01 EST Wed."),
        (TRAVELER, NOON, late(minutes(45)), late(minutes(110)),
         "UA1234 now 1h50 late: dep 14:55->16:00 PST, arr 00:21 EST Wed. Gate F12, Terminal 3."),
        (MEETER, NOON, late(minutes(45)), late(minutes(110)),
         "UA1234 now 1h50 late: arr 23:16 Tue->00:21 EST Wed."),
        (TRAVELER, NOON, F12, late(minutes(45)),
         "UA1234 SFO-EWR delayed 45m: dep 14:10->14:55 PST, arr 22:31->23:16 EST. Gate F12, Terminal 3. It may still leave earlier: stay near."),
        (TRAVELER, NOON, planned(), late(minutes(45), planned()),
         "UA1234 SFO-EWR delayed 45m: dep 14:10->14:55 PST, arr 22:31->23:16 EST. It may still leave earlier: stay near."),
        (TRAVELER, DAY_BEFORE, F12, late(minutes(45)),
         "UA1234 SFO-EWR delayed 45m: dep 14:10->14:55 PST Tue, arr 22:31->23:16 EST Tue. Gate F12, Terminal 3."),
        (MEETER, NOON, F12, late(minutes(45)),
         "UA1234 SFO-EWR delayed 45m: arr 22:31->23:16 EST."),
        (TRAVELER, NOON, late(minutes(110)), late(minutes(20)),
         "UA1234 delay cut to 20m: dep 16:00->14:30 PST, arr 22:51 EST. Be at the gate by 13:55. Gate F12, Terminal 3."),
        (TRAVELER, NOON, late(minutes(45)), late(minutes(0)),
         "UA1234 back on time: dep 14:55->14:10 PST, arr 22:31 EST. Be at the gate by 13:35. Gate F12, Terminal 3."),
        (TRAVELER, NOON, F12, replace(F12, gate_origin="C3", terminal_origin="1"),
         "UA1234 GATE CHANGE F12->C3 (Terminal 3->1) SFO. Dep 14:10 PST, boards about 13:35. Terminal change: allow extra time."),
        (TRAVELER, OUT - minutes(20), F12, replace(F12, gate_origin="C3"),
         "UA1234 GATE CHANGE F12->C3 SFO. Dep 14:10 PST."),
        (TRAVELER, NOON, planned(gate_origin="F12"), replace(F12, gate_origin="C3"),
         "UA1234 GATE CHANGE F12->C3 (Terminal 3) SFO. Dep 14:10 PST, boards about 13:35."),
        (TRAVELER, NOON, F12, replace(F12, terminal_origin="1"),
         "UA1234 TERMINAL CHANGE 3->1 SFO. Dep 14:10 PST, boards about 13:35. Allow extra time."),
        (TRAVELER, NOON, planned(), F12,
         "UA1234 gate assigned: F12, Terminal 3, SFO. Dep 14:10 PST, boards about 13:35."),
        (TRAVELER, NOON, planned(), planned(gate_origin="f12"),
         "UA1234 gate assigned: F12, SFO. Dep 14:10 PST, boards about 13:35."),
        (TRAVELER, NOON, planned(), planned(terminal_origin="3"),
         "UA1234 leaves from Terminal 3, SFO. Dep 14:10 PST, boards about 13:35."),
        (TRAVELER, IN, at_gate(C91), at_gate(BELT_6),
         "UA1234 bags at EWR: belt 6, Terminal C."),
        (MEETER, IN, at_gate(BELT_6), at_gate(replace(BELT_6, baggage_claim="4")),
         "UA1234 bags at EWR: belt 6->4, Terminal C."),
        # what else the same poll showed
        (TRAVELER, NOON, planned(), late(minutes(45)),
         "UA1234 SFO-EWR delayed 45m: dep 14:10->14:55 PST, arr 22:31->23:16 EST. Gate F12, Terminal 3. It may still leave earlier: stay near."),
        (TRAVELER, NOON, F12, replace(late(minutes(45)), gate_origin="C3", terminal_origin="1"),
         "UA1234 SFO-EWR delayed 45m: dep 14:10->14:55 PST, arr 22:31->23:16 EST. GATE CHANGE F12->C3, Terminal 1. It may still leave earlier: stay near."),
        (TRAVELER, DAY_BEFORE, F12, replace(late(minutes(45)), gate_origin="C3"),
         "UA1234 SFO-EWR delayed 45m: dep 14:10->14:55 PST Tue, arr 22:31->23:16 EST Tue. GATE CHANGE F12->C3."),
        (TRAVELER, NOON, F12, replace(late(minutes(45)), terminal_origin="1"),
         "UA1234 SFO-EWR delayed 45m: dep 14:10->14:55 PST, arr 22:31->23:16 EST. TERMINAL CHANGE 3->1. It may still leave earlier: stay near."),
        (MEETER, OFF, F12, took_off(arriving(minutes(30))),
         "UA1234 took off SFO 14:25 PST. Arrives EWR about 23:01 EST (30m late)."),
    ],
)  # fmt: skip
def test_what_is_said(role: Role, now: datetime, known: Flight, after: Flight, body: str) -> None:
    assert texted(known, after, role=role, now=now).body == body


LATE_EVENING = OUT + hours(9) + minutes(40)  # 23:50 in San Francisco


def at(out: datetime, flight: Flight = F12) -> Flight:
    """Scheduled to leave then."""
    return rescheduled(out - OUT, flight)


def test_a_flight_moved_to_another_day_is_named_by_the_day_its_people_know() -> None:
    moved = at(LATE_EVENING + minutes(50))

    assert texted(at(LATE_EVENING), moved).body == (
        "UA1234 Tue 25 Nov moved by the airline, 50m LATER: dep 23:50 Tue->00:40 PST Wed, arr 09:01 EST Wed. "
        "Check connections. Gate F12, Terminal 3."
    )
    assert texted(at(LATE_EVENING), moved, role=MEETER).body.startswith("UA1234 Tue 25 Nov moved by the airline, 50m")
    assert texted(at(LATE_EVENING), replace(moved, cancelled=True)).body.startswith(
        "UA1234 SFO-EWR Tue 25 Nov 23:50 PST is CANCELLED."
    )


def test_boarding_on_the_evening_before_names_its_day() -> None:
    flight = at(LATE_EVENING + minutes(20), planned())

    assert texted(flight, replace(flight, gate_origin="F12"), now=LATE_EVENING - hours(2)).body == (
        "UA1234 gate assigned: F12, SFO. Dep 00:10 PST Wed, boards about 23:35 Tue."
    )


CLOCKS_BACK = utc("2026-11-01 09:50")  # 01:50 PST, for the second time that night


def test_on_the_night_the_clocks_go_back_advice_has_its_zone() -> None:
    known, sooner = (at(CLOCKS_BACK + minutes(by)) for by in (0, -20))
    body = texted(known, replace(sooner, out=replace(known.out, estimated=sooner.out.scheduled)), now=CLOCKS_BACK - hours(2), clock=ClockFace.H12).body  # fmt: skip

    assert "leaves EARLIER: dep 1:50am->1:30am PST" in body
    assert "Be at the gate by 1:55am PDT." in body


def without_gate_times(flight: Flight) -> Flight:
    return replace(flight, out=Times(), in_=Times())


@pytest.mark.parametrize(
    ("role", "now", "known", "after", "body"),
    [
        (TRAVELER, NOON, F12, late(minutes(45)),
         "UA1234 SFO-EWR delayed 45m: takes off 14:25->15:10 PST, lands 22:23->23:08 EST. Gate F12, Terminal 3. It may still leave earlier: stay near."),
        (MEETER, NOON, F12, late(minutes(45)), "UA1234 SFO-EWR delayed 45m: lands 22:23->23:08 EST."),
        (WATCHER, OFF, F12, took_off(C91), "UA1234 took off SFO 14:25 PST. Lands EWR about 22:23 EST. Gate C91, Terminal C."),
        (WATCHER, ON, took_off(), diverted(PIT),
         "UA1234 DIVERTED to Pittsburgh (PIT), not EWR: lands about 23:05 EST. We look for its flight on to EWR."),
        (WATCHER, ON - hours(1), diverted(PIT), took_off(), "UA1234 NO LONGER DIVERTED: lands EWR about 22:23 EST."),
    ],
)  # fmt: skip
def test_the_times_of_the_runway_are_said_to_be_those(
    role: Role, now: datetime, known: Flight, after: Flight, body: str
) -> None:
    assert texted(without_gate_times(known), without_gate_times(after), role=role, now=now).body == body


def test_a_diverted_flight_that_is_at_the_gate_is_not_said_to_have_landed_then() -> None:
    there = at_gate(diverted(PIT))

    assert texted(took_off(), replace(there, on=Times()), role=MEETER, now=IN + hours(1)).body == (
        "UA1234 DIVERTED: landed Pittsburgh (PIT), not EWR. At the gate PIT 23:05 EST. We look for its flight on to EWR."
    )


def test_a_codeshare_is_said_behind_the_number_on_the_board() -> None:
    body = texted(F12, late(minutes(45)), typed="LH9051").body

    assert body.startswith("UA1234 (LH9051) SFO-EWR delayed 45m: dep 14:10->14:55 PST")


def test_twelve_hour_readers_are_texted_so() -> None:
    body = texted(F12, leaving(minutes(-20)), clock=ClockFace.H12).body

    assert "dep 2:10pm->1:50pm PST" in body
    assert "Be at the gate by 1:15pm." in body


def test_every_kind_can_lead_and_every_follower_can_follow() -> None:
    assert set(LEADS) == set(ChangeKind)
    assert set(TAILS) == set(ChangeKind) - {K.CANCELLED, K.REINSTATED, K.ONWARD, K.DIVERTED, K.UNDIVERTED}


def test_a_text_tells_what_it_says() -> None:
    assert set(texted(F12, CANCELLED).tells) == {"cancelled"}
    assert set(texted(planned(), F12).tells) == {
        "gate_origin", "terminal_origin", "departure", "scheduled_out", "boards",
    }  # fmt: skip
    assert set(texted(F12, late(minutes(45)), role=MEETER).tells) == {"scheduled_in", "arrival"}


def test_a_diversion_without_an_airport_tells_no_arrival() -> None:
    said = texted(took_off(), diverted(None), now=ON).tells

    assert said == {
        "diverted_to": "?", "arrival": "", "gate_destination": "", "terminal_destination": "", "baggage_claim": "",
    }  # fmt: skip


STANDS = (
    F12, leaving(minutes(25)), late(minutes(45)), left_gate(), took_off(C91), touched_down(C91), at_gate(C91),
    diverted(None), diverted(PIT), touched_down(diverted(PIT)), at_gate(diverted(PIT)),
)  # fmt: skip


@pytest.mark.parametrize("now", [NOON, OUT + minutes(5), OUT + hours(1), IN + hours(1), IN + hours(4)])
@pytest.mark.parametrize("flight", STANDS)
def test_an_alert_words_how_a_flight_stands_as_an_answer_does(flight: Flight, now: datetime) -> None:
    """To somebody who was told that there was no word, and then that there is."""
    reader = Reader(ident="UA1234", now=now)
    change = Change(kind=K.FRESH, facts=("stale",))
    alert = Alert(flight=flight, told=Told(stale="1"), changes=(change,), role=TRAVELER, priority=Priority.P1, expires_at=now)  # fmt: skip

    fresh = alert_text(alert, reader).body.removeprefix("Fresh word on UA1234: ")
    answer = status_text(flight, reader, Freshness(age=minutes(0)), fact=Fact.WHEN).body.removeprefix("UA1234 SFO-EWR")

    title, _, stands = answer.removesuffix(". Checked just now.").partition(": ")
    assert fresh.partition(". ")[0].rstrip(".") == (f"{title.strip()}, {stands}" if flight.diverted else stands)


CHATHAM = "Pacific/Chatham"  # the longest zone there is: UTC+12:45
WORST = planned(
    ident="ABC1234D", ident_icao="ABC1234D", ident_iata=None,
    origin=Airport(code="NZCI", timezone=CHATHAM), destination=Airport(code="NZWW", city="W" * 40, timezone=CHATHAM),
    gate_origin="AAAAAA", terminal_origin="BBBBBB",
    gate_destination="CCCCCC", terminal_destination="DDDDDD", baggage_claim="EEEEEE",
)  # fmt: skip
ELSEWHERE = replace(WORST, gate_origin="GGGGGG", terminal_origin="HHHHHH", baggage_claim="IIIIII")
THERE = replace(ELSEWHERE, gate_destination="JJJJJJ", terminal_destination="KKKKKK")
NOWHERE = replace(WORST, gate_origin=None, terminal_origin=None, baggage_claim=None)
NZXX = Airport(code="NZXX", city="W" * 40, timezone=CHATHAM)

STAGES = (
    lambda flight: flight,
    left_gate,
    took_off,
    touched_down,
    at_gate,
    lambda flight: diverted(None, flight),
    lambda flight: diverted(NZXX, flight),
    lambda flight: touched_down(diverted(NZXX, flight)),
    lambda flight: at_gate(diverted(NZXX, flight)),
    lambda flight: replace(flight, cancelled=True),
)
LATENESS = (-100, 0, 9, 45, 600, 1000, 2000)


def some_flight(places: Collection[Flight]) -> st.SearchStrategy[Flight]:
    """Any of those places, stages and latenesses, rescheduled or not."""
    return st.builds(
        lambda stage, by, shift, place: stage(late(minutes(by), rescheduled(minutes(shift), place))),
        stage=st.sampled_from(STAGES),
        by=st.sampled_from(LATENESS),
        shift=st.sampled_from([0, 0, 0, 645, -645]),
        place=st.sampled_from(tuple(places)),
    )


def assert_says_what_it_tells(alert: Alert, text: Text, clock: ClockFace) -> None:
    """One cheap segment, and the new time, gate, terminal, belt or airport in it."""
    assert is_gsm_7(text.body)
    assert segments(text.body) == 1
    flight, known = alert.flight, alert.told
    for fact in ("gate_origin", "terminal_origin", "baggage_claim"):
        if text.tells.get(fact) and text.tells[fact] != getattr(known, fact):
            assert short(getattr(flight, fact)) in text.body
    if "diverted_to" in text.tells and flight.diverted_to:
        assert flight.diverted_to.short in text.body
    for fact, times, airport in (
        ("departure", flight.departure, flight.origin),
        ("arrival", flight.arrival, flight.lands_at),
    ):
        if text.tells.get(fact) and times.best and airport:
            assert clock_time(times.best, airport.zone, clock) in text.body
    lead = alert.changes[0]
    if lead.kind in MOVES:
        assert ("arrival" if lead.end is End.ARRIVAL else "departure") in text.tells


CONNECTIONS = (K.CONN_MISSED, K.CONN_TIGHT, K.CONN_OK)
_THEN = onward_flight(minutes(95), gate_origin="HHHHHH", terminal_origin="WWWWWW", ident_iata="XYZ9876Q")
NEXT = Onward(leg=Leg(id=2, ident="XYZ9876Q", flight=_THEN, previous=_THEN), needed=hours(1))
HOW_IT_STANDS = (K.REINSTATED, K.ONWARD, K.RETURNED, K.WITHDRAWN, K.FRESH)  # these say what is so at that phase
MOMENTS_TO_READ = st.sampled_from([DAY_BEFORE, NOON, OUT - minutes(30), IN, IN + hours(1)])


@given(
    known=some_flight([WORST, NOWHERE]),
    after=some_flight([WORST, ELSEWHERE]),
    role=st.sampled_from(Role),
    now=MOMENTS_TO_READ,
    clock=st.sampled_from(ClockFace),
    wishes=st.sampled_from([NO_WISHES, Wishes(since=OUT - hours(72))]),
    then=st.sampled_from([None, NEXT]),
)
@settings(max_examples=600)
def test_the_longest_fields_fit_one_segment_and_lose_no_new_time_gate_or_airport(
    *, known: Flight, after: Flight, role: Role, now: datetime, clock: ClockFace, wishes: Wishes, then: Onward | None
) -> None:
    alert = alerted(known, after, role=role, now=now, wishes=wishes, onward=then)
    if alert:
        text = alert_text(alert, Reader(ident="XYZ9876Q", now=now, clock=clock))
        assert_says_what_it_tells(alert, text, clock)
        lead = alert.changes[0]
        has_left = "left the gate" in text.body  # that is no plan, and says nothing of the arrival
        assert has_left or lead.kind in HOW_IT_STANDS or set(lead.facts) <= {*text.tells, "arrival", "diverted_to"}


CAME_DOWN = at_gate(diverted(NZXX, WORST))
_LONG: dict[str, Any] = {"ident_iata": "XYZ9876Q", "origin": NZXX, "destination": WORST.origin}
PLANES = {
    K.INBOUND_LATE: plane(flight=inbound_flight(minutes(1200), **_LONG)),
    K.INBOUND_SWAP: plane(flight=inbound_flight(fa_flight_id="XYZ-other", **_LONG)),
    K.INBOUND_HERE: plane(flight=touched_down(inbound_flight(**_LONG), OUT - minutes(68))),
}
TOLD_LATE = f"{inbound_flight().ident} {inbound_flight().fa_flight_id} {(OUT + hours(1)).isoformat()}"
LEADING: Mapping[ChangeKind, tuple[Flight | Told, Flight]] = {
    K.CANCELLED: (WORST, replace(WORST, cancelled=True)),
    K.REINSTATED: (replace(WORST, cancelled=True), late(minutes(1000), WORST)),
    K.CONN_MISSED: (WORST, late(minutes(1000), WORST)),
    K.ONWARD: (CAME_DOWN, replace(late(minutes(1000), ELSEWHERE), origin=NZXX, via=("NZXX",))),
    K.DIVERTED: (took_off(WORST), diverted(NZXX, WORST)),
    K.UNDIVERTED: (diverted(NZXX, WORST), took_off(late(minutes(1000), ELSEWHERE))),
    K.REROUTED: (WORST, replace(late(minutes(1000), ELSEWHERE), destination=NZXX)),
    K.ENDS: (CAME_DOWN, CAME_DOWN),
    K.WITHDRAWN: (took_off(WORST), late(minutes(1000), ELSEWHERE)),
    K.ARRIVED: (took_off(WORST), at_gate(late(minutes(100), ELSEWHERE))),
    K.LANDED: (took_off(WORST), touched_down(late(minutes(100), ELSEWHERE))),
    K.DEPARTED: (WORST, took_off(late(minutes(1000), ELSEWHERE))),
    K.RETURNED: (left_gate(WORST), replace(late(minutes(1000), ELSEWHERE), returned=OUT)),
    K.CONN_TIGHT: (WORST, late(minutes(45), WORST)),
    K.EARLIER: (WORST, late(minutes(-100), ELSEWHERE)),
    K.SCHEDULE_CHANGE: (WORST, rescheduled(minutes(645), ELSEWHERE)),
    K.DELAY_MORE: (late(minutes(1000), WORST), late(minutes(2000), ELSEWHERE)),
    K.DELAY_FIRST: (WORST, late(minutes(1000), ELSEWHERE)),
    K.DELAY_LESS: (late(minutes(1000), WORST), late(minutes(600), ELSEWHERE)),
    K.ON_TIME: (late(minutes(1000), WORST), late(minutes(0), ELSEWHERE)),
    K.CONN_OK: (replace(knowing(WORST), connection="2 missed"), WORST),
    K.INBOUND_LATE: (WORST, WORST),
    K.INBOUND_SWAP: (replace(knowing(WORST), plane=f"UAL1 UAL1-old {(OUT + hours(1)).isoformat()}"), WORST),
    K.INBOUND_HERE: (replace(knowing(WORST), plane=TOLD_LATE), WORST),
    K.GATE_CHANGE: (WORST, ELSEWHERE),
    K.TERMINAL_CHANGE: (WORST, replace(WORST, terminal_origin="HHHHHH")),
    K.LEAVE: (NOWHERE, late(minutes(9), WORST)),
    K.BOARDING: (replace(knowing(NOWHERE), leave=True), late(minutes(9), WORST)),
    K.MEET: (took_off(late(minutes(95), NOWHERE)), took_off(late(minutes(100), WORST))),
    K.CHECKIN: (NOWHERE, late(minutes(9), WORST)),
    K.GATE_FIRST: (NOWHERE, WORST),
    K.TERMINAL_FIRST: (NOWHERE, replace(WORST, gate_origin=None)),
    K.ARRIVAL_GATE: (at_gate(WORST), at_gate(THERE)),
    K.BELT: (at_gate(WORST), at_gate(ELSEWHERE)),
    K.CORRECTED: (left_gate(WORST), left_gate(WORST, OUT + minutes(12))),
    K.TAXIING: (WORST, left_gate(ELSEWHERE)),
    K.STALE: (WORST, WORST),
    K.FRESH: (replace(knowing(WORST), stale="not left"), WORST),
}
WHEN = {
    K.ENDS: IN + hours(7),
    K.CORRECTED: OUT + minutes(15),
    K.TAXIING: OUT + hours(1),
    K.STALE: OUT + hours(3),
    K.LEAVE: OUT + minutes(9) - hours(3),
    K.BOARDING: OUT - minutes(31),
    K.MEET: IN + minutes(60),
    K.CHECKIN: OUT - hours(24),
}


@pytest.mark.parametrize("kind", ChangeKind)
def test_every_kind_at_its_longest_is_one_segment_that_begins_with_the_flight(kind: ChangeKind) -> None:
    known, after = LEADING[kind]
    role = MEETER if kind in (K.DEPARTED, K.TAXIING, K.MEET) else TRAVELER
    wishes = Wishes(since=OUT - hours(72)) if kind in MILESTONES else NO_WISHES
    now = WHEN.get(kind, max(NOON, after.off.actual or NOON, after.in_.actual or NOON))
    alert = alerted(
        known,
        after,
        role=role,
        now=now,
        wishes=wishes,
        onward=NEXT if kind in CONNECTIONS else None,
        plane=PLANES.get(kind),
    )

    assert alert
    assert alert.changes[0].kind is kind
    text = alert_text(alert, Reader(ident="XYZ9876Q", now=now, clock=ClockFace.H12))
    lead = {K.STALE: "No report that ", K.FRESH: "Fresh word on "}.get(kind, "")
    assert text.body.startswith(f"{lead}ABC1234D (XYZ9876Q)")
    assert text.body.endswith(".")
    assert_says_what_it_tells(alert, text, ClockFace.H12)
    assert kind in HOW_IT_STANDS or set(alert.changes[0].facts) <= {*text.tells, "arrival", "diverted_to"}


@given(
    gate=st.text(min_size=1, max_size=40),
    terminal=st.none() | st.text(min_size=1, max_size=40),
    belt=st.none() | st.text(min_size=1, max_size=40),
    role=st.sampled_from(Role),
    typed=st.text(min_size=1, max_size=40),
)
@settings(max_examples=150)
def test_no_gate_however_odd_breaks_the_segment(
    gate: str, terminal: str | None, belt: str | None, role: Role, typed: str
) -> None:
    odd = planned(gate_origin=gate, terminal_origin=terminal, gate_destination=gate, terminal_destination=terminal, baggage_claim=belt)  # fmt: skip
    for known, after, now in ((F12, late(minutes(45), odd), NOON), (F12, odd, NOON), (took_off(), at_gate(odd), IN)):
        alert = alerted(known, after, role=role, now=now)
        if alert:
            body = alert_text(alert, Reader(ident=typed, now=now)).body
            assert is_gsm_7(body)
            assert segments(body) == 1


def test_a_piece_that_finds_no_room_is_not_told_and_comes_with_the_next_text() -> None:
    many = replace(late(minutes(1300), ELSEWHERE), gate_origin="WWWWWW")
    alert = alerted(WORST, many)

    assert alert
    text = alert_text(alert, Reader(ident="XYZ9876Q", now=NOON, clock=ClockFace.H12))

    said = "WWWWWW" in text.body
    assert said is ("gate_origin" in text.tells)
