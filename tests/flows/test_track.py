"""What a poll tells, and whom: every change once, and nothing that is not one."""

from datetime import time

import pytest

from flait.core.flights import Flight, Times
from flait.core.messages import MessageStatus
from flait.core.subscriptions import Role, SubscriptionState
from flait.core.values import replace
from flait.errors import FlightSourceError
from flait.flows import track
from flait.flows.telling import AlertRules
from tests.core.flights_for_tests import (
    F12,
    IN,
    NOON,
    OFF,
    ON,
    OUT,
    PIT,
    at_gate,
    hours,
    late,
    left_gate,
    minutes,
    rescheduled,
    took_off,
    touched_down,
)
from tests.flows.world import PHONES, World, in_doubt, not_sent, refused

B4 = replace(F12, gate_origin="B4")
CANCELLED = replace(F12, cancelled=True)
BLANK = replace(
    F12, ident_iata=None, destination=None, out=Times(scheduled=OUT), off=Times(), on=Times(), in_=Times(),
    gate_origin=None, terminal_origin=None,
)  # fmt: skip


# --- what is told -----------------------------------------------------------------------------------------------


def test_an_unchanged_poll_tells_nobody(world: World) -> None:
    world.follow(F12)
    assert world.next_poll(F12) == []
    assert world.flight().polls == 1
    assert world.steps("poll")[-1].detail == "unchanged"


def test_a_change_is_told_to_each_follower_once(world: World) -> None:
    world.follow(F12, 0, 1)
    assert world.next_poll(B4) == ["gate_change", "gate_change"]
    assert world.next_poll(B4) == []
    assert [text.to for text in world.texts[2:]] == [PHONES[0], PHONES[1]]
    assert all("GATE CHANGE F12->B4" in text.body for text in world.texts[2:])


def test_a_text_and_its_reasons_are_stored_with_the_sighting(world: World) -> None:
    world.follow(F12)
    world.next_poll(B4)
    (sighting,) = world.store.sightings(1)
    (alert,) = world.dump()["alerts"]
    text = world.texts[-1]
    assert (sighting.poll, sighting.facts.gate_origin) == (1, "B4")
    assert (alert["poll"], alert["kinds"], alert["message_id"]) == (1, '["gate_change"]', text.id)
    assert text.dedup_key == f"alert:1:1:{text.kind}"
    assert "told gate_change" in world.steps("poll")[-1].detail


def test_each_role_hears_what_concerns_it(world: World) -> None:
    world.source.board = [F12]
    for number, role in enumerate(Role):
        world.subscribe(number, role=role)
    world.next_poll(B4)
    assert [text.to for text in world.texts[3:]] == [PHONES[0]]  # meeters and watchers do not walk to it


def test_everyone_reads_the_number_they_booked(world: World) -> None:
    shared = replace(F12, codeshares=("LH7654",))
    world.source.board = [shared]
    world.subscribe(0)
    world.subscribe(1, ident="LH7654")
    world.next_poll(replace(shared, gate_origin="B4"))
    assert [text.body.split(" GATE")[0] for text in world.texts[2:]] == ["UA1234", "UA1234 (LH7654)"]


def test_somebody_who_came_later_is_told_what_is_new_to_them(world: World) -> None:
    world.follow(F12, 0)
    world.source.board = [B4]
    world.subscribe(1)
    assert world.next_poll(B4) == ["gate_change"]
    assert world.texts[-1].to == PHONES[0]


def test_news_that_came_with_the_confirmation_is_not_told_again(world: World) -> None:
    world.follow(late(hours(1)))
    assert world.next_poll(late(hours(1))) == []
    assert world.next_poll(late(hours(1))) == []


def test_somebody_who_said_stop_gets_no_text_written(world: World) -> None:
    world.follow(F12, 0, 1)
    world.store.set_opt_out(PHONES[0], NOON)
    assert world.next_poll(B4) == ["gate_change"]
    assert world.texts[-1].to == PHONES[1]


def test_a_flight_only_followed_by_people_who_said_stop_is_hardly_asked_for(world: World) -> None:
    world.follow(F12, 0)
    world.store.set_opt_out(PHONES[0], NOON)
    assert world.next_poll(B4) == []
    assert world.due() == world.clock.now() + hours(3)


# --- what must be seen twice ------------------------------------------------------------------------------------


def test_a_big_delay_is_told_when_a_second_poll_a_minute_later_agrees(world: World) -> None:
    world.follow(F12)
    assert world.next_poll(late(hours(1))) == []
    assert world.due() == world.clock.now() + minutes(1)
    assert "waits for a second poll" in world.steps("poll")[-1].detail
    assert world.next_poll(late(hours(1))) == ["delay_first"]
    assert world.next_poll(late(hours(1))) == []


def test_a_small_delay_is_given_five_minutes(world: World) -> None:
    world.follow(F12)
    assert world.next_poll(late(minutes(20))) == []
    assert world.clock.now() < world.due() <= world.clock.now() + minutes(5)
    assert world.next_poll(late(minutes(20))) == ["delay_first"]


def test_a_delay_that_was_gone_at_the_second_look_was_none(world: World) -> None:
    world.follow(F12)
    assert world.next_poll(late(hours(1))) == []
    assert world.next_poll(late(minutes(0))) == []
    assert world.next_poll(late(minutes(0))) == []


def test_a_cancellation_is_read_a_second_time_by_number(world: World) -> None:
    world.follow(F12)
    assert world.next_poll(CANCELLED) == []
    assert world.next_poll(CANCELLED) == ["cancelled"]
    assert [call[:2] for call in world.source.calls[-2:]] == [
        ("flight", F12.fa_flight_id),
        ("departures", "UAL1234"),
    ]


def test_a_cancellation_that_is_withdrawn_is_told(world: World) -> None:
    world.follow(F12)
    told = [world.next_poll(CANCELLED), world.next_poll(CANCELLED), world.next_poll(F12), world.next_poll(F12)]
    assert told == [[], ["cancelled"], [], ["reinstated"]]


def test_a_cancelled_departure_is_not_the_next_one_of_that_day_which_is_watched_too(world: World) -> None:
    next_one = replace(
        F12, fa_flight_id="UAL1234-next", out=Times(scheduled=OUT + hours(5)), off=Times(), on=Times(), in_=Times()
    )
    for on, flight in (("14:10", F12), ("19:10", next_one)):
        world.source.board = [F12, next_one]
        world.subscribe(on="2025-11-25", leaves_at=time.fromisoformat(on))
        assert world.store.tracked_by_fa_flight_id(flight.fa_flight_id)
    world.clock.moment = max(world.due(), world.flight(2).next_poll_at or NOON)
    told = [world.poll(CANCELLED, next_one)]
    world.clock.advance(minutes(6))
    told.append(world.poll(CANCELLED, next_one))
    assert "cancelled" in told[0] + told[1]
    assert [world.flight(number).fa_flight_id for number in (1, 2)] == [F12.fa_flight_id, "UAL1234-next"]


def test_a_cancelled_leg_that_lives_on_under_a_new_id_is_adopted(world: World) -> None:
    again = replace(F12, fa_flight_id="UAL1234-again")
    world.follow(F12)
    assert world.next_poll(CANCELLED) == []
    assert world.next_poll(CANCELLED, again) == []
    assert world.flight().fa_flight_id == "UAL1234-again"
    assert world.next_poll(CANCELLED, again) == []


# --- what is no observation -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "board",
    [
        pytest.param([], id="nothing"),
        pytest.param([replace(B4, origin=PIT)], id="another origin"),
        pytest.param([replace(B4, fa_flight_id="UAL1234-other")], id="another flight"),
    ],
)
def test_an_answer_without_the_flight_tells_and_overwrites_nothing(world: World, board: list[Flight]) -> None:
    before = world.follow(F12)
    assert world.next_poll(*board) == []
    after = world.flight()
    assert (after.flight, after.polls, after.misses, after.failures) == (before.flight, 0, 1, 0)
    assert world.store.sightings(1) == []
    assert world.steps("poll")[-1].outcome == "missing"


def test_an_outage_tells_and_overwrites_nothing(world: World) -> None:
    before = world.follow(F12)
    world.source.fault = FlightSourceError("AeroAPI did not answer")
    assert world.next_poll(B4) == []
    assert (world.flight().flight, world.flight().failures) == (before.flight, 1)
    world.source.fault = None
    assert world.next_poll(B4) == ["gate_change"]


def test_fields_that_went_blank_tell_nothing_and_are_not_forgotten(world: World) -> None:
    world.follow(late(hours(1)))
    assert world.next_poll(BLANK) == []
    assert replace(world.flight().flight, blank=()) == late(hours(1))
    assert world.next_poll(late(hours(1))) == []


# --- a flight's way ---------------------------------------------------------------------------------------------


def test_a_diversion_is_one_flight_of_two_records(world: World) -> None:
    world.follow(F12, role=Role.MEETER)
    planned_leg = replace(took_off(), diverted=True)
    other_leg = replace(took_off(), destination=PIT, on=Times(estimated=OUT + hours(6)), in_=Times())
    world.clock.moment = OUT + hours(1)
    assert world.poll(took_off()) == ["departed"]
    assert world.next_poll(planned_leg, other_leg) == []
    assert world.next_poll(planned_leg, other_leg) == ["diverted"]
    assert "PIT" in world.texts[-1].body
    assert world.next_poll(planned_leg, other_leg) == []


def test_a_flight_is_followed_to_its_gate_and_then_let_go(world: World) -> None:
    world.follow(F12, role=Role.MEETER)
    seen = []
    with_gate = at_gate(replace(F12, gate_destination="C91", terminal_destination="C"))
    for moment, flight in ((OUT, left_gate()), (OFF, took_off()), (ON, touched_down()), (IN, with_gate)):
        world.clock.moment = moment
        seen += world.poll(flight)
    while world.flight().next_poll_at:
        seen += world.next_poll(with_gate)
    assert seen == ["departed", "landed", "arrived"]
    assert world.flight().closed_at is not None
    assert world.subscription().state is SubscriptionState.ENDED
    assert world.store.subscription_views() == []


def test_nobody_left_to_tell_means_no_more_polls(world: World) -> None:
    world.follow(F12)
    world.clock.moment = world.due()
    (claimed,) = track.claim_due(world.store, world.clock, world.boot, 10)
    world.store.save_subscription(replace(world.subscription(), state=SubscriptionState.CANCELED))
    world.source.board = [B4]
    track.poll(world.store, world.source, world.clock, claimed, boot=world.boot, rules=AlertRules())
    assert world.flight().closed_at == world.clock.now()
    world.clock.advance(hours(5))
    assert track.claim_due(world.store, world.clock, world.boot, 10) == []


# --- what was never said ----------------------------------------------------------------------------------------


def test_a_text_that_was_refused_told_nothing(world: World) -> None:
    world.follow(F12)
    world.next_poll(B4)
    world.gateway.fails(refused(error_code=30003))
    world.deliver()
    assert world.texts[-1].status is MessageStatus.FAILED
    assert world.next_poll(B4) == ["gate_change"]
    assert "F12->B4" in world.texts[-1].body


def test_a_text_that_came_too_late_to_go_out_is_told_afresh_at_once(world: World) -> None:
    world.follow(F12)
    world.next_poll(B4)
    world.gateway.fails(*[not_sent()] * 30)
    while world.texts[-1].status is MessageStatus.QUEUED:
        world.clock.advance(minutes(2))
        world.deliver()
    assert world.texts[-1].status is MessageStatus.EXPIRED
    assert world.due() <= world.clock.now()
    assert world.poll(B4) == ["gate_change"]
    assert world.texts[-1].dedup_key != world.texts[-2].dedup_key


def test_texts_that_fail_one_after_another_go_ever_more_seldom(world: World) -> None:
    world.clock.moment = OUT - hours(3)
    world.follow(F12)
    told = []
    for number in range(6):
        world.clock.advance(minutes(11))
        world.store.hasten(1, world.clock.now())
        told += world.poll(replace(F12, gate_origin=f"D{number}"))
        world.gateway.fails(refused(error_code=30003))
        world.deliver()
        world.gateway.recovers()
    assert len(told) == 3
    assert "3 texts in a row were lost" in world.steps("poll")[-1].detail


def test_urgent_texts_do_not_use_up_the_day_of_others(world: World) -> None:
    world.follow(F12)
    world.clock.moment = OUT - minutes(80)
    gates = [*world.poll(F12)]
    while len(gates) < 16:
        gates += world.next_poll(replace(late(minutes(0)), gate_origin=f"D{world.flight().polls}"))
        world.clock.advance(minutes(25))
    assert "gate_change" in gates
    known = world.flight().flight
    delayed = late(world.clock.now() - OUT + hours(2), known)
    world.clock.advance(hours(1))
    assert [world.poll(delayed), world.next_poll(delayed)] == [[], ["delay_first"]]


def test_a_text_in_line_or_in_doubt_is_not_told_again(world: World) -> None:
    world.follow(F12)
    assert world.next_poll(B4) == ["gate_change"]
    assert world.next_poll(B4) == []
    world.gateway.fails(in_doubt())
    world.deliver()
    assert world.texts[-1].status is MessageStatus.IN_DOUBT
    assert world.next_poll(B4) == []


# --- settings ---------------------------------------------------------------------------------------------------


def test_the_first_delay_worth_a_text_is_a_setting(world: World) -> None:
    world.follow(F12)
    patient = AlertRules(delay=minutes(45))
    assert [world.next_poll(late(minutes(40)), rules=patient) for _ in range(3)] == [[], [], []]
    assert [world.next_poll(late(minutes(40))) for _ in range(2)] == [["delay_first"], []]


@pytest.mark.parametrize(("keep", "rows"), [(True, ['{"flights": 1}']), (False, [])])
def test_the_raw_answer_is_kept_or_not(world: World, keep: bool, rows: list[str]) -> None:
    world.follow(F12)
    world.next_poll(F12, rules=AlertRules(keep_raw=keep))
    assert [row["body"] for row in world.dump()["raw_answers"]] == rows


# Two flights of one number and one route on one day


SECOND = replace(rescheduled(hours(5)), fa_flight_id="UAL1234-second")


@pytest.mark.parametrize("first", [[], [CANCELLED]], ids=["missing", "cancelled"])
def test_what_flew_beside_it_from_the_start_is_never_taken_for_it(world: World, first: list[Flight]) -> None:
    world.source.board = [F12, SECOND]
    world.subscribe(leaves_at=time(14, 10))
    for _ in range(6):
        world.next_poll(*first, SECOND)
    assert world.kinds == ["tracked", *(["cancelled"] if first else [])]
    assert world.flight().fa_flight_id == F12.fa_flight_id


def test_what_was_seen_beside_it_later_is_not_taken_for_it_either(world: World) -> None:
    world.follow(F12)
    for flight in (CANCELLED, CANCELLED, F12, F12, CANCELLED, CANCELLED, CANCELLED):
        world.next_poll(*([flight] if world.flight().polls < 2 else [flight, SECOND]))
    assert world.kinds == ["tracked", "cancelled", "reinstated", "cancelled"]
    assert world.flight().fa_flight_id == F12.fa_flight_id
