"""TRACK and its questions, UNTRACK and UNDO: the same ways as from the command line, in one text each."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flait.core import reply_texts as texts
from flait.core.flights import Flight
from flait.core.subscriptions import Role
from flait.errors import FlightSourceError
from tests.core.flights_for_tests import EWR, F12, OFF, OUT, SFO, at_gate, hours, late, minutes, planned, took_off
from tests.flows.talk import TOMORROW, Talk, live, moved
from tests.flows.world import PHONES, World, timetabled

TRACKED = "Tracking UA1234 SFO-EWR Tue 25 Nov, dep 14:10 PST, arr 22:31 EST. Gate F12, Terminal 3."
DAYS = "UA1234 flies today 14:10 PST and tomorrow 14:10 PST SFO-EWR. Reply 1 today, 2 tomorrow."
SECOND_LEG = planned(fa_flight_id="UAL1234-second", origin=EWR, destination=SFO)


@pytest.fixture
def ann(world: World, talk: Talk) -> Talk:
    """A person who follows nothing yet."""
    talk.tracks(F12)
    talk.says("untrack UA1234")
    talk.world.store.end_talk(PHONES[0])
    world.clock.advance(minutes(6))
    return talk


# --- following ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["track UA1234 today", "UA1234 today", "follow ua 1234 today please", "add UA1234"])
def test_a_new_flight_is_answered_by_its_confirmation(world: World, ann: Talk, said: str) -> None:
    world.source.board = [F12]
    ann.send(said)
    (text,) = ann.answer()
    assert (text.kind, text.body) == ("tracked", TRACKED)
    assert live(world) == ["UA1234 active"]


def test_a_flight_days_ahead_is_saved(world: World, ann: Talk) -> None:
    world.source.timetable = [timetabled()]
    (body,) = ann.says("track UA1234 2 dec")
    assert body.startswith("UA1234 SFO-EWR Tue 2 Dec saved. Live tracking starts 2 days before;")
    assert live(world) == ["UA1234 pending"]


def test_a_flight_that_is_followed_already_is_said_so(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("track UA1234 today") == ["You follow UA1234 already. Reply STATUS to see how it stands."]


def test_without_a_number_the_person_is_asked_for_one(ann: Talk) -> None:
    assert ann.says("track a flight") == [texts.WHICH_FLIGHT]


def test_several_flights_in_one_text_are_each_confirmed(world: World, ann: Talk) -> None:
    world.source.board = [F12, TOMORROW]
    bodies = ann.says("track UA1234 today and UA1234 tomorrow")
    assert [body[:33] for body in bodies] == ["Tracking UA1234 SFO-EWR Tue 25 No", "Tracking UA1234 SFO-EWR Wed 26 No"]


def test_more_flights_than_are_looked_up_at_once_are_left_out_aloud(world: World, ann: Talk) -> None:
    world.source.board = []
    calls = len(world.source.calls)
    bodies = ann.says("track " + " and ".join(f"UA{number} today" for number in range(1, 7)))
    assert len(world.source.calls) == calls + 4
    assert bodies[-1] == "Only the first 4 flights were looked up. Send the others again."


def test_an_answer_and_its_marks_are_one_transaction(world: World, ann: Talk) -> None:
    world.source.board = [F12]
    inside: list[str | None] = []
    ann.send("track UA1234 today")
    world.source.meanwhile = lambda: inside.append(ann.word)
    ann.answer()
    assert inside == [None]
    assert ann.word == "track"


# --- which day, which leg -----------------------------------------------------------------------------------------


def test_without_a_day_today_and_tomorrow_are_offered(world: World, ann: Talk) -> None:
    world.source.board = [F12, TOMORROW]
    assert ann.says("track UA1234") == [DAYS]
    assert live(world) == []
    (body,) = ann.says("2")
    assert body.startswith("Tracking UA1234 SFO-EWR Wed 26 Nov")


def test_two_legs_of_a_day_are_asked_about(world: World, ann: Talk) -> None:
    world.source.board = [F12, SECOND_LEG]
    assert ann.says("track UA1234 today") == [
        "UA1234 on Tue 25 Nov has 2 legs: 1) SFO-EWR 14:10 PST 2) EWR-SFO 17:10 EST. Reply 1, 2 or BOTH (10 min)."
    ]
    assert [body[:23] for body in ann.says("both")] == ["Tracking UA1234 SFO-EWR", "Tracking UA1234 EWR-SFO"]


def test_days_and_legs_together_are_one_question(world: World, ann: Talk) -> None:
    world.source.board = [F12, SECOND_LEG, TOMORROW]
    (body,) = ann.says("track UA1234")
    assert "1) today SFO-EWR 14:10 PST 2) today EWR-SFO 17:10 EST 3) tomorrow SFO-EWR 14:10 PST." in body
    assert body.endswith("Reply 1, 2 or 3 (10 min).")
    assert len(ann.says("1 and 3")) == 2
    assert live(world) == ["UA1234 active", "UA1234 active"]


def test_legs_of_a_timetable_are_asked_about_too(world: World, ann: Talk) -> None:
    world.source.timetable = [timetabled(), timetabled(origin=EWR, destination=SFO)]
    (body,) = ann.says("track UA1234 2 dec")
    assert body.startswith("UA1234 on Tue 2 Dec has 2 legs: 1) SFO-EWR")
    (body,) = ann.says("1")
    assert body.startswith("UA1234 SFO-EWR Tue 2 Dec saved.")


def test_a_number_that_was_not_offered_is_asked_again(world: World, ann: Talk) -> None:
    world.source.board = [F12, TOMORROW]
    ann.says("track UA1234")
    assert ann.says("5") == ["Reply 1, 2 or BOTH."]
    assert ann.says("ok") == ["Reply 1, 2 or BOTH."]
    assert ann.says("1") == [TRACKED]


def test_a_question_is_open_for_ten_minutes(world: World, ann: Talk) -> None:
    world.source.board = [F12, TOMORROW]
    ann.says("track UA1234")
    ann.pause = minutes(11)
    assert ann.says("1") == [texts.UNKNOWN]


def test_an_answer_in_time_counts_even_if_it_is_read_late(world: World, ann: Talk) -> None:
    world.source.board = [F12, TOMORROW]
    ann.says("track UA1234")
    ann.send("1")
    world.clock.advance(minutes(12))
    assert [text.body for text in ann.answer()] == [TRACKED]


def test_a_question_survives_a_restart(world: World, ann: Talk) -> None:
    world.source.board = [F12, TOMORROW]
    ann.says("track UA1234")
    world.restart()
    assert ann.says("1") == [TRACKED]
    assert ann.says("1") == [texts.UNKNOWN]


def test_a_second_riddle_in_one_text_is_not_asked_too(world: World, ann: Talk) -> None:
    lufthansa = planned(fa_flight_id="DLH90", ident="DLH90", ident_icao="DLH90", ident_iata="LH90")
    world.source.board = [F12, TOMORROW, lufthansa, moved(lufthansa)]
    assert ann.says("track UA1234 and LH90") == [
        DAYS,
        "LH90 is more than one flight. Reply with its day and airport, like TRACK LH90 tomorrow from SFO.",
    ]


def test_who_waits_for_a_flight_is_asked_whether_it_is_the_one_in_the_air(world: World, ann: Talk) -> None:
    user = world.store.user_by_phone(PHONES[0])
    assert user
    world.store.save_user(replace(user, role=Role.MEETER))
    world.clock.moment = OFF + minutes(5)
    world.source.board = [took_off(F12), TOMORROW]
    assert ann.says("track UA1234") == [
        "UA1234 flies today 14:10 PST and tomorrow 14:10 PST SFO-EWR. Reply 1 today, 2 tomorrow."
    ]
    (body,) = ann.says("1")
    assert "in the air" in body


def test_yesterdays_flight_that_has_not_left_can_be_chosen(world: World, ann: Talk) -> None:
    world.clock.moment = OUT + hours(12)
    world.source.board = [late(hours(13)), TOMORROW]
    (body,) = ann.says("track UA1234")
    assert "Tue 25 Nov" in body
    (body,) = ann.says("1")
    assert body.startswith("Tracking UA1234 SFO-EWR Tue 25 Nov")


# --- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "board", "answered"),
    [
        ("track UA1243 today", [], "No UA1243 found today. Check number and date with the airline."),
        ("track UA1243", [], "No UA1243 found. Check number and date with the airline."),
        (
            "track UA1234 tomorrow",
            [late(minutes(30))],
            "No UA1234 found tomorrow. It flies today 14:40 PST. Reply TRACK UA1234 25 nov.",
        ),
        (
            "track LH1234 today",
            [planned(ident="GEC1234", ident_icao="GEC1234", ident_iata=None)],
            "FlightAware takes LH1234 for GEC1234. Reply TRACK GEC1234 if that is your flight.",
        ),
        (
            "track UA1234 20 nov 2025",
            [F12],
            "2025-11-20 is past. Reply like TRACK UA1234 25 nov, fri or tomorrow.",
        ),
        (
            "track UA1234 today",
            [at_gate()],
            "UA1234 of Tue 25 Nov has already landed. Reply like TRACK UA1234 25 nov, fri or tomorrow.",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_said_with_a_way_on(
    world: World, ann: Talk, said: str, board: list[Flight], answered: str
) -> None:
    world.source.board = board
    before = live(world)
    assert ann.says(said) == [answered]
    assert live(world) == before


# --- ending -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["untrack UA1234", "remove 1", "drop it", "leave UA1234", "untrack UA1234 today"])
def test_one_flight_is_ended_and_the_others_stay(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12)
    assert talk.says(said) == ["Stopped UA1234 Tue 25 Nov. No flights left. Reply UNDO within 10 min to restore."]
    assert live(world) == []
    assert world.flight().closed_at


def test_stop_with_a_flight_ends_that_flight_and_is_explained(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("list")
    assert talk.says("stop 2") == [
        "Stopped UA1234 Wed 26 Nov only. You still get other flights. To end ALL messages reply STOP alone."
    ]
    assert live(world) == ["UA1234 active"]


def test_stop_with_a_flight_one_does_not_follow_is_explained(talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("stop UA999") == ["You do not follow UA999. To end ALL messages reply STOP alone."]


def test_of_two_days_of_a_number_the_person_says_which(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    assert talk.says("stop UA1234") == [
        "Which one? 1) UA1234 Tue 25 Nov 2) UA1234 Wed 26 Nov. Reply 1, 2 or BOTH (10 min)."
    ]
    assert talk.says("1") == [
        "Stopped UA1234 Tue 25 Nov only. You still get other flights. To end ALL messages reply STOP alone."
    ]
    assert live(world) == ["UA1234 active"]


def test_both_are_ended_and_come_back_together(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("untrack UA1234")
    (body,) = talk.says("both")
    assert body.startswith("Stopped UA1234 Tue 25 Nov and UA1234 Wed 26 Nov. No flights left.")
    assert len(talk.says("undo")) == 2
    assert live(world) == ["UA1234 active", "UA1234 active"]


def test_undo_follows_again_without_asking_anybody(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("untrack UA1234")
    calls = len(world.source.calls)
    assert talk.says("undo") == [TRACKED]
    assert len(world.source.calls) == calls
    assert live(world) == ["UA1234 active"]
    assert talk.says("undo") == [texts.NOTHING_TO_UNDO]


def test_undo_of_a_saved_flight_saves_it_again(world: World, talk: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")
    talk.says("untrack UA1234")
    (body,) = talk.says("undo")
    assert body.startswith("UA1234 SFO-EWR Tue 2 Dec saved.")


def test_undo_keeps_the_role(world: World, talk: Talk) -> None:
    world.follow(F12, role=Role.MEETER)
    talk.says("untrack UA1234")
    talk.says("undo")
    assert world.subscription(2).role is Role.MEETER


def test_undo_is_too_late_after_ten_minutes(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("untrack UA1234")
    talk.pause = timedelta(minutes=11)
    assert talk.says("undo") == [texts.NOTHING_TO_UNDO]
    assert live(world) == []


def test_undo_while_flightaware_is_silent_waits_like_any_wish(world: World, talk: Talk) -> None:
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")
    talk.says("untrack UA1234")
    world.source.fault = FlightSourceError("no answer")
    assert talk.says("undo") == ["UA1234 2025-12-02 saved. FlightAware does not answer now; we try again and tell you."]


def test_undo_has_nothing_to_do_when_the_flight_is_followed_again(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("untrack UA1234")
    world.source.board = [F12]
    talk.says("track UA1234 today")
    assert talk.says("undo") == ["You follow UA1234 already. Reply STATUS to see how it stands."]
    assert live(world) == ["UA1234 active"]


def test_a_flight_one_does_not_follow_cannot_be_ended(talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("untrack UA999") == talk.says("leave UA999") == [texts.not_followed_text("UA999")]
    assert talk.says("untrack UA1234 tomorrow") == [texts.not_followed_text("UA1234")]
    assert talk.says("untrack UA1234 20 nov 2025") == [texts.not_followed_text("UA1234")]


def test_of_several_shared_flights_the_person_says_which_to_leave(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    assert talk.says("leave")[0].startswith("Which one? 1) UA1234 Tue 25 Nov 2) UA1234 Wed 26 Nov.")
    assert talk.says("2")[0].startswith("Stopped UA1234 Wed 26 Nov. 1 flight left.")


def test_a_wish_that_waits_is_ended_by_its_own_words(world: World, talk: Talk) -> None:
    world.source.fault = FlightSourceError("no answer")
    world.subscribe(on="tomorrow")
    assert talk.says("untrack UA1234 tomorrow")[0].startswith("Stopped UA1234 tomorrow. No flights left.")


def test_two_flights_that_no_text_can_tell_apart_are_not_guessed_between(world: World, ann: Talk) -> None:
    world.source.board = [
        F12,
        replace(late(hours(2)), fa_flight_id="another", out=replace(F12.out, scheduled=OUT + hours(2))),
    ]
    assert ann.says("track UA1234 today") == [
        "UA1234 is more than one flight. Reply with its day and airport, like TRACK UA1234 tomorrow from SFO."
    ]
