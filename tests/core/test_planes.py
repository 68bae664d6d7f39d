"""The plane of a flight: what its flight before means for when it can leave, and what is told of that."""

from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flait.core.alerts import Decision, decide
from flait.core.changes import ChangeKind
from flait.core.flights import Flight, Times
from flait.core.holds import PastText
from flait.core.planes import Plane, comes_to, expected, next_look, ready_at
from flait.core.preferences import QuietHours, Wishes
from flait.core.priorities import Priority
from flait.core.subscriptions import Role
from flait.core.texts.alerts import alert_text, left_out
from flait.core.texts.formats import Reader
from flait.core.texts.planes import besides, in_short, in_status, plane_text
from flait.core.texts.status import Freshness
from flait.core.told import Tells, Told, told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    DEN,
    F12,
    LAX,
    NOON,
    OUT,
    SFO,
    Listener,
    at_gate,
    diverted,
    hours,
    inbound_flight,
    knowing,
    late,
    leaving,
    left_gate,
    minutes,
    plane,
    took_off,
    touched_down,
    with_plane,
)

K = ChangeKind
UA1234 = with_plane(F12)
SPARE = minutes(60 - 35)  # what UA555 may be late before the departure is
WORTH = minutes(20)


def decided(flight: Flight, its_plane: Plane | None, known: Told | None = None, **rest: object) -> Decision:
    settings: dict[str, object] = {"role": Role.TRAVELER, "before": flight, "after": flight, "now": NOON, **rest}
    return decide(known or knowing(flight), (), plane=its_plane, **settings)  # type: ignore[arg-type]  # as named there


def kinds(decision: Decision) -> list[ChangeKind]:
    return [change.kind for change in decision.alert.changes] if decision.alert else []


def told_late(until: datetime, known: Flight = UA1234) -> Told:
    there = inbound_flight()
    return replace(knowing(known), plane=f"{there.ident} {there.fa_flight_id} {until.isoformat()}")


@given(by=st.integers(0, 300), airline=st.integers(0, 300))
def test_it_is_told_exactly_where_plane_and_turn_round_end_20_minutes_after_the_airlines_time(
    by: int, airline: int
) -> None:
    flight = leaving(minutes(airline), UA1234) if airline else UA1234
    ready = minutes(by) - SPARE  # after the schedule, by hand

    assert (K.INBOUND_LATE in kinds(decided(flight, plane(minutes(by))))) is (ready - minutes(airline) >= WORTH)


@pytest.mark.parametrize(
    ("aircraft", "turn_round"), [("DH8D", 25), ("B738", 35), (None, 35), ("A359", 60), ("B77W", 60)]
)
def test_the_least_turn_round_goes_by_the_aircraft(aircraft: str | None, turn_round: int) -> None:
    there = inbound_flight(minutes(60), aircraft_type=aircraft)
    assert ready_at(plane(flight=there), replace(UA1234, aircraft_type=aircraft)) == OUT + minutes(turn_round)


def test_one_look_that_shows_it_late_is_not_believed_and_buys_no_look_at_the_flight() -> None:
    there = Plane(flight=inbound_flight(minutes(90)), previous=inbound_flight())
    decision = decided(UA1234, there)
    assert decision.alert is None
    assert decision.look_again is None
    assert decision.held == (("inbound_late", "waits for a second look at its plane to agree"),)
    assert decided(UA1234, replace(there, previous=None)).alert is None


@pytest.mark.parametrize(
    "flight",
    [replace(UA1234, cancelled=True), left_gate(UA1234), took_off(UA1234), replace(UA1234, returned=OUT)],
    ids=["cancelled", "left", "off", "back at the gate"],
)
def test_no_word_of_the_plane_of_a_flight_that_has_left_or_does_not_leave(flight: Flight) -> None:
    assert not set(kinds(decided(flight, plane(minutes(120))))) & {K.INBOUND_LATE, K.INBOUND_HERE, K.INBOUND_SWAP}


@pytest.mark.parametrize(
    "there",
    [
        replace(inbound_flight(minutes(120)), destination=LAX),
        replace(inbound_flight(minutes(120)), destination=None),
        replace(inbound_flight(minutes(120)), cancelled=True),
        replace(diverted(flight=inbound_flight(minutes(120)))),
        replace(inbound_flight(minutes(120)), fa_flight_id=UA1234.fa_flight_id),
        replace(inbound_flight(), in_=Times(scheduled=OUT + minutes(5)), on=Times()),
        replace(inbound_flight(), in_=Times(scheduled=OUT - hours(30), estimated=OUT + hours(1)), on=Times()),
    ],
    ids=["elsewhere", "nowhere", "cancelled", "diverted", "itself", "after it", "another day"],
)
def test_what_cannot_bring_the_plane_says_nothing(there: Flight) -> None:
    assert not comes_to(there, UA1234)
    assert kinds(decided(UA1234, plane(flight=there))) == []


def test_an_arrival_that_contradicts_the_leaving_says_nothing() -> None:
    stuck = leaving(hours(3), inbound_flight())  # no later arrival is estimated yet
    assert kinds(decided(UA1234, plane(flight=stuck))) == []


def test_only_travelers_hear_of_it() -> None:
    for role in (Role.MEETER, Role.WATCHER):
        assert kinds(decided(UA1234, plane(minutes(120)), role=role)) == []


@pytest.mark.parametrize(
    ("late_by", "moved", "again"),
    [
        (50, 0, False), (50, 29, False), (50, 30, True), (84, -29, False), (84, -30, True),
        (120, 44, False), (120, 45, True), (160, -44, False), (160, -45, True), (220, 59, False), (220, 60, True),
    ],
)  # fmt: skip
def test_it_is_told_again_when_it_has_moved_by_half_an_hour_or_more(late_by: int, moved: int, again: bool) -> None:
    known = told_late(OUT + minutes(late_by) - SPARE)
    assert (kinds(decided(UA1234, plane(minutes(late_by + moved)), known)) == [K.INBOUND_LATE]) is again


def test_once_the_airline_says_as_much_nothing_is_said_of_it() -> None:
    known, delayed = told_late(OUT + minutes(75)), late(minutes(70), UA1234)
    assert kinds(decided(delayed, plane(minutes(100)), replace(known, departure=delayed.departure.best))) == []
    assert K.INBOUND_LATE not in kinds(decided(delayed, plane(minutes(100))))


def test_a_plane_that_makes_up_for_it_is_late_no_more() -> None:
    decision = decided(UA1234, plane(minutes(10)), told_late(OUT + minutes(60)))
    assert kinds(decision) == [K.INBOUND_LATE]
    assert decision.alert
    assert decision.alert.priority is Priority.P1


def test_its_landing_is_told_once_and_to_who_was_told_that_it_was_late() -> None:
    there = Plane(flight=touched_down(inbound_flight(minutes(10)), OUT - minutes(58)), previous=inbound_flight())
    assert kinds(decided(UA1234, there)) == []
    assert kinds(decided(UA1234, there, told_late(OUT + minutes(60)))) == [K.INBOUND_HERE]
    is_here = replace(knowing(UA1234), plane=f"{there.flight.ident} {there.flight.fa_flight_id} here")
    assert kinds(decided(UA1234, there, is_here)) == []


def test_another_plane_ends_what_was_told_of_the_first() -> None:
    other = inbound_flight(fa_flight_id="UAL812-1", ident="UAL812", ident_iata="UA812", origin=LAX)
    swapped = replace(UA1234, inbound_fa_flight_id="UAL812-1")
    known = told_late(OUT + minutes(60))

    assert kinds(decided(swapped, plane(flight=other))) == []
    assert kinds(decided(swapped, plane(flight=other), known)) == [K.INBOUND_SWAP]
    assert kinds(decided(swapped, None, known)) == [K.INBOUND_SWAP]
    assert kinds(decided(swapped, None, known, before=UA1234)) == []  # one look alone
    assert kinds(decided(swapped, plane(flight=late(minutes(150), other)), known)) == [K.INBOUND_LATE]


def test_a_new_id_for_the_same_number_is_no_other_plane() -> None:
    renamed = replace(inbound_flight(minutes(85)), fa_flight_id="UAL555-new")
    flight = replace(UA1234, inbound_fa_flight_id="UAL555-new")
    assert kinds(decided(flight, plane(flight=renamed), told_late(OUT + minutes(60)))) == []


def test_a_plane_that_waits_for_its_own_is_as_late_as_that() -> None:
    feeder = Flight(
        fa_flight_id="UAL77-1", ident="UAL77", ident_iata="UA77", origin=LAX, destination=DEN,
        out=Times(scheduled=OUT - hours(7)), off=Times(scheduled=OUT - hours(6.8)),
        on=Times(scheduled=OUT - hours(5.1), estimated=OUT - hours(3.1)),
        in_=Times(scheduled=OUT - hours(5), estimated=OUT - hours(3)),
    )  # fmt: skip
    there = plane(flight=inbound_flight())
    behind = replace(there, feeder=Plane(flight=feeder, previous=feeder))
    # at its gate at OUT - 3 h, ready 35 min later: 1 h 35 after UA555 was to leave
    assert expected(UA1234, behind) == OUT - SPARE + minutes(95)
    assert expected(UA1234, replace(behind, flight=took_off(inbound_flight()))) is None
    assert kinds(decided(UA1234, behind)) == [K.INBOUND_LATE]


def test_in_quiet_hours_it_comes_like_any_change_near_departure() -> None:
    quiet = Wishes(quiet=QuietHours(start=time(10), end=time(20)), zone=SFO.zone)
    assert kinds(decided(UA1234, plane(minutes(120)), wishes=quiet)) == [K.INBOUND_LATE]


def test_who_reads_a_whole_day_never_keeps_a_lateness_that_is_over() -> None:
    """A plane that is late, later, and makes up for it: the last word is what is so."""
    person = Listener().subscribed(UA1234, NOON - hours(2))
    at = NOON - hours(2)
    for by in (0, 60, 60, 110, 110, 5, 5):
        person.plane = plane(minutes(by))
        person.polled(UA1234, at)
        at += minutes(31)
    assert [text.kind for text in person.alerts] == ["inbound_late", "inbound_late", "inbound_late"]
    assert "will be in time" in person.alerts[-1].body
    assert person.alerts[-1].tells["plane"] == ""


PLANE_TOLD = {"departure": OUT.isoformat(), "plane": f"UAL555 {inbound_flight().fa_flight_id} {OUT + minutes(35)}"}


@pytest.mark.parametrize(
    ("then", "holds"),
    [
        ({}, True),
        ({"gate_origin": "F12", "departure": OUT.isoformat()}, True),
        ({"departure": (OUT - minutes(9)).isoformat()}, True),
        ({"departure": (OUT + minutes(10)).isoformat()}, True),
        ({"departure": (OUT - minutes(10)).isoformat()}, False),
        ({"cancelled": True}, False),
        ({"departure": (OUT + minutes(40)).isoformat(), "plane": PLANE_TOLD["plane"]}, True),
    ],
    ids=["nothing", "a gate", "hardly another time", "later", "sooner", "cancelled", "another time, and the plane"],
)
def test_a_sooner_departure_takes_the_place_of_what_was_said_of_the_plane(then: Tells, holds: bool) -> None:
    assert bool(told([PLANE_TOLD, then]).plane) is holds


def test_a_departure_that_creeps_takes_its_place_as_well() -> None:
    steps = [{"departure": (OUT - minutes(by)).isoformat()} for by in (6, 12)]
    assert told([PLANE_TOLD, steps[0]]).plane
    assert not told([PLANE_TOLD, *steps]).plane


def test_a_delay_that_is_taken_back_takes_its_place_as_well() -> None:
    later, back = ({"departure": (OUT + minutes(by)).isoformat()} for by in (40, 0))
    assert told([PLANE_TOLD, later]).plane
    assert not told([PLANE_TOLD, later, back]).plane


def test_a_plane_that_is_late_still_is_told_with_the_news_that_the_flight_is_back_on_time() -> None:
    """The airline says +40 minutes, which covers the plane, and takes it back. The plane is as late as before."""
    person, back, delayed = Listener(), late(minutes(0), UA1234), late(minutes(40), UA1234)
    person.subscribed(UA1234, NOON - hours(30))
    person.plane = plane(minutes(60))
    for number, flight in enumerate((UA1234, UA1234, delayed, delayed, back, back, back)):
        person.polled(flight, NOON + minutes(20 * number - 10))
    assert [text.kind for text in person.alerts] == ["inbound_late", "delay_first", "on_time"]
    last = person.alerts[-1]
    assert last.body == (
        "UA1234 back on time: dep 14:50->14:10 PST, arr 22:31 EST. "
        "Its plane was late 1h30 ago: expect 14:45 PST or later. Gate F12, Terminal 3."
    )
    assert str(last.tells["plane"]).endswith((OUT + minutes(35)).isoformat())


@pytest.mark.parametrize(
    ("wishes", "why"),
    [
        (Wishes(muted_until=NOON + hours(3)), "muted"),
        (Wishes(), "told less than 30 min ago"),
    ],
)
def test_what_makes_a_late_plane_wait_does_not_leave_it_out_of_a_text_that_comes(wishes: Wishes, why: str) -> None:
    sooner, known = UA1234, replace(knowing(UA1234), departure=OUT + minutes(40))
    past = [PastText(at=NOON - minutes(8), kind="delay_first"), PastText(at=NOON - minutes(5), kind="inbound_late")]
    decision = decide(
        known, past, role=Role.TRAVELER, before=sooner, after=sooner, now=NOON, wishes=wishes, plane=plane(minutes(60))
    )
    assert kinds(decision) == [K.ON_TIME, K.INBOUND_LATE]
    alone = decide(
        knowing(UA1234), past, role=Role.TRAVELER, before=sooner, after=sooner, now=NOON, wishes=wishes,
        plane=plane(minutes(60)),
    )  # fmt: skip
    assert (kinds(alone), alone.held[0][1]) == ([], why)


def test_after_a_text_about_the_time_a_late_plane_rests_no_more() -> None:
    past = [PastText(at=NOON - minutes(9), kind="inbound_late"), PastText(at=NOON - minutes(5), kind="on_time")]
    decision = decide(
        knowing(UA1234), past, role=Role.TRAVELER, before=UA1234, after=UA1234, now=NOON, plane=plane(minutes(60))
    )
    assert kinds(decision) == [K.INBOUND_LATE]


def test_whatever_says_the_departure_says_that_its_plane_is_late() -> None:
    moved = replace(UA1234, gate_origin="C3")
    decision = decided(moved, plane(minutes(60)), told_late(OUT + minutes(35)), now=OUT - hours(2))
    assert kinds(decision) == [K.GATE_CHANGE]
    assert decision.alert
    text = alert_text(decision.alert, Reader(ident="UA1234", now=OUT - hours(2)))
    assert "Its plane is late: expect 14:45 PST or later." in text.body
    assert not left_out(decision.alert, text.tells)


def test_a_reminder_says_how_old_the_word_of_a_plane_is() -> None:
    reminded = Wishes(since=NOON - hours(9))
    for age, words in ((29, "Its plane is late: expect"), (31, "Its plane was late 31m ago: expect")):
        seen = replace(plane(minutes(60)), seen_at=OUT - hours(3) - minutes(age))
        decision = decided(UA1234, seen, told_late(OUT + minutes(35)), now=OUT - hours(3), wishes=reminded)
        assert decision.alert
        assert words in alert_text(decision.alert, Reader(ident="UA1234", now=OUT - hours(3))).body


def test_a_landing_is_as_sure_however_long_ago_it_was_seen() -> None:
    there = Plane(flight=touched_down(inbound_flight(minutes(60)), OUT - minutes(5)), seen_at=OUT - minutes(5))
    [piece] = in_short(UA1234, there, Reader(ident="UA1234", now=OUT + minutes(55)))
    assert piece.text.startswith("Its plane is late: expect ")


def test_no_plane_is_promised_in_time_that_should_have_landed_and_was_not_reported() -> None:
    overdue = OUT - minutes(50)  # UA555 was due at OUT - 60 min
    decision = decided(UA1234, plane(), told_late(OUT + minutes(60)), now=overdue)
    assert decision.alert
    reader = Reader(ident="UA1234", now=overdue)
    assert alert_text(decision.alert, reader).body == (
        "UA1234 plane: UA555 DEN-SFO was due 13:10 PST, no report that it landed. Dep 14:10 PST."
    )
    assert besides(decision.alert, decision.alert.changes[0], reader).text == "No report that its plane has landed."


@given(st.lists(st.integers(0, 40), min_size=2, max_size=12), st.booleans())
def test_whatever_a_plane_does_the_last_word_is_near_what_is_so(steps: list[int], lands: bool) -> None:
    person = Listener().subscribed(UA1234, NOON - hours(30))
    at = OUT - hours(20)
    for by in steps:
        for _ in range(2):  # each state stands for two looks, longer than any rest
            person.plane = plane(minutes(10 * by))
            person.polled(UA1234, at)
            at += minutes(35)
    ready = minutes(10 * steps[-1]) - SPARE
    said = person.alerts[-1].tells.get("plane", "") if person.alerts else ""
    if ready >= WORTH:
        assert str(said).rpartition(" ")[2] not in ("", "here")
        assert abs(datetime.fromisoformat(str(said).rpartition(" ")[2]) - (OUT + ready)) < minutes(45)
    elif said:
        expected_at = datetime.fromisoformat(str(said).rpartition(" ")[2])
        assert expected_at - OUT < WORTH + minutes(30)


# --- when it is looked at ---------------------------------------------------------------------------------------


def looks_of(there: Flight, start: datetime) -> list[datetime]:
    """Every look at a plane that flies as it is scheduled or estimated, without surprise."""
    taken: list[datetime] = []
    before: Flight | None = None
    at: datetime | None = start
    while at and len(taken) < 20:
        taken.append(at)
        seen = there
        for event, build in (("out", left_gate), ("off", took_off), ("on", touched_down), ("in_", at_gate)):
            if getattr(there, event).best <= at:
                seen = build(there)
        at, before = next_look(before, Plane(flight=seen, previous=before), UA1234, at), seen
    return taken


def test_a_plane_that_is_on_time_takes_four_looks_at_most() -> None:
    assert len(looks_of(inbound_flight(), OUT - hours(5))) <= 4


def test_it_is_first_looked_at_five_hours_before() -> None:
    assert next_look(None, plane(), UA1234, OUT - hours(20)) == OUT - hours(5)


def test_lateness_is_looked_at_a_second_time_after_five_minutes() -> None:
    late_one = plane(minutes(120))
    assert next_look(inbound_flight(), late_one, UA1234, NOON) == NOON + minutes(5)
    assert next_look(late_one.flight, late_one, UA1234, NOON) != NOON + minutes(5)


def test_that_it_is_late_no_more_is_looked_at_a_second_time_as_soon() -> None:
    assert next_look(inbound_flight(minutes(120)), plane(), UA1234, NOON) == NOON + minutes(5)
    assert next_look(inbound_flight(), plane(), UA1234, NOON) != NOON + minutes(5)


@pytest.mark.parametrize(
    ("flight", "there"),
    [
        (UA1234, touched_down(inbound_flight())),
        (left_gate(UA1234), inbound_flight()),
        (replace(UA1234, cancelled=True, out=Times(scheduled=NOON)), inbound_flight()),
        (UA1234, replace(inbound_flight(), cancelled=True)),
        (UA1234, diverted(flight=inbound_flight())),
    ],
    ids=["landed", "the flight left", "the flight is cancelled", "cancelled", "diverted"],
)
def test_it_is_looked_at_no_more(flight: Flight, there: Flight) -> None:
    assert next_look(there, Plane(flight=there), flight, NOON) is None


def test_the_plane_of_a_cancelled_flight_is_kept_and_not_looked_at_while_it_may_be_on_again() -> None:
    assert next_look(None, plane(), replace(UA1234, cancelled=True), NOON) == OUT + minutes(30)


@pytest.mark.parametrize("became", [{"cancelled": True}, {"diverted": True}])
def test_a_late_plane_that_does_not_come_at_all_is_told_by_two_looks(became: dict[str, bool]) -> None:
    gone = replace(inbound_flight(minutes(90)), **became)  # type: ignore[arg-type]  # as named there
    known = told_late(OUT + minutes(65))
    once = Plane(flight=gone, previous=inbound_flight(minutes(90)))
    assert kinds(decided(UA1234, once, known)) == []
    assert next_look(once.previous, once, UA1234, NOON) == NOON + minutes(5)
    decision = decided(UA1234, plane(flight=gone), known)
    assert kinds(decision) == [K.INBOUND_SWAP]
    assert next_look(gone, plane(flight=gone), UA1234, NOON) is None
    assert decision.alert
    text = alert_text(decision.alert, Reader(ident="UA1234", now=NOON))
    assert "UA555 DEN-SFO, which is " in text.body
    assert text.tells["plane"] == ""
    assert kinds(decided(UA1234, plane(flight=gone))) == []  # nobody was told that it is late


def test_an_arrival_that_is_past_is_said_to_be_and_not_promised() -> None:
    text = plane_text(UA1234, plane(), Reader(ident="UA1234", now=OUT - minutes(30)), Freshness(age=minutes(0)))
    assert "UA555 DEN-SFO was due 13:10 PST, no report that it landed" in text.body


def test_status_says_how_old_the_word_of_the_plane_is() -> None:
    [piece] = in_status(UA1234, plane(minutes(90)), Reader(ident="UA1234", now=NOON + minutes(20)))
    assert piece.text == "Plane UA555, arrives 14:40 PST: expect dep 15:15 PST or later (seen 20m ago)."
