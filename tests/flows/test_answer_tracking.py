"""TRACK and its questions, UNTRACK and UNDO: the same ways as from the command line, in one text each."""

from datetime import timedelta
from typing import Any

import pytest

from flait.core.flights import Airport, Flight, Times
from flait.core.subscriptions import ClockFace, Role
from flait.core.texts import answers as texts
from flait.core.values import replace
from flait.errors import FlightSourceError, NotUnderstood
from tests.core.flights_for_tests import (
    EWR,
    F12,
    OFF,
    OUT,
    PIT,
    SFO,
    at_gate,
    hours,
    late,
    minutes,
    planned,
    rescheduled,
    took_off,
    utc,
)
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
    talk.world.store.end_dialogues(PHONES[0])
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
    assert body.startswith("UA1234 SFO-EWR Tue 2 Dec saved: dep 14:10 PST. Live tracking starts 2 days before;")
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
    assert body.startswith("UA1234 SFO-EWR Tue 2 Dec saved: dep 14:10 PST.")


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
        "LH90 is more than one flight. Reply with its day and route, like TRACK LH90 today SFO EWR.",
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


# --- in words of their own ----------------------------------------------------------------------------------------

WEDNESDAY = "Tracking UA1234 SFO-EWR Wed 26 Nov"


@pytest.mark.parametrize(
    "said", ["tomorrow", "wed", "26 nov", "wed 26 nov", "the 26th", "sfo tomorrow", "SFO-EWR 26 nov"]
)
def test_a_question_about_days_is_answered_by_the_day(world: World, ann: Talk, said: str) -> None:
    world.source.board = [F12, TOMORROW]
    ann.says("track UA1234")
    (body,) = ann.says(said)
    assert body.startswith(WEDNESDAY)


@pytest.mark.parametrize(
    "said", ["to AUS", "AUS", "the AUS one", "DAL-AUS", "from DAL to AUS", "14:10", "the 2.10pm one"]
)
def test_a_question_about_legs_is_answered_by_route_or_time(world: World, ann: Talk, said: str) -> None:
    world.source.board = [southwest(HOU, "09:05"), southwest(AUS, "14:10")]
    ann.says("track WN123 tomorrow")
    (body,) = ann.says(said)
    assert body.startswith("Tracking WN123 DAL-AUS Wed 26 Nov, dep 14:10 CST")


@pytest.mark.parametrize("said", ["from DAL", "tomorrow", "LAX", "9:06", "fri", "tue 26 nov"])
def test_words_that_mean_none_or_several_of_them_have_the_question_repeated(world: World, ann: Talk, said: str) -> None:
    world.source.board = [southwest(HOU, "09:05"), southwest(AUS, "14:10")]
    ann.says("track WN123 tomorrow")
    assert ann.says(said) == ["Reply 1, 2 or BOTH."]
    assert live(world) == []


def test_today_and_tomorrow_count_where_the_flight_leaves_when_they_were_written(world: World, ann: Talk) -> None:
    world.clock.moment = OUT - hours(6)
    world.source.board = [F12, TOMORROW]
    ann.says("track UA1234")
    ann.send("today")
    world.clock.advance(minutes(5))
    assert [text.body for text in ann.answer()] == [TRACKED]


def test_where_nothing_was_asked_a_route_lacks_its_flight_and_a_day_says_nothing(world: World, ann: Talk) -> None:
    lacks = "The flight number is missing. Reply like TRACK UA123"
    assert ann.says("SFO-EWR 28 nov") == [f"{lacks} 28 nov SFO EWR."]
    assert ann.says("from LAS 27 nov") == [f"{lacks} 27 nov from LAS."]
    assert ann.says("TRACK SFO-EWR") == [f"{lacks} SFO EWR."]
    assert ann.says("track to EWR tomorrow") == [f"{lacks} tomorrow to EWR."]
    assert ann.says("tomorrow") == [texts.UNKNOWN]


def test_an_airport_alone_is_the_end_at_which_there_is_one(world: World, ann: Talk) -> None:
    world.source.board = [southwest(HOU, "09:05"), southwest(AUS, "14:10")]
    (body,) = ann.says("track WN123 tomorrow aus")
    assert body.startswith("Tracking WN123 DAL-AUS")
    (body,) = ann.says("track WN123 tomorrow hou 9:05")
    assert body.startswith("Tracking WN123 DAL-HOU")
    assert ann.says("track WN123 tomorrow lax") == [
        "No WN123 found tomorrow LAX. It flies tomorrow 09:05 CST DAL-HOU, tomorrow 14:10 CST DAL-AUS. Reply TRACK WN123 tomorrow."
    ]


def test_an_airport_at_which_one_leg_ends_and_the_next_begins_is_asked_about(world: World, ann: Talk) -> None:
    times = {"out": Times(scheduled=OUT - hours(1)), "in_": Times(scheduled=OUT - minutes(20))}
    world.source.board = [planned(fa_flight_id="UAL1234-first", origin=PIT, destination=SFO, **times), F12]
    (body,) = ann.says("UA1234 sfo today")
    assert body.startswith("UA1234 on Tue 25 Nov has 2 legs: 1) PIT-SFO 16:10 EST 2) SFO-EWR 14:10 PST.")
    assert live(world) == []


def test_while_nobody_answers_an_airport_alone_is_left_open(world: World, ann: Talk) -> None:
    world.source.fault = FlightSourceError("no answer")
    ann.says("track UA1234 tomorrow sfo")
    (waiting,) = world.store.subscription_views()
    assert (waiting.subscription.wish, waiting.subscription.origin, waiting.subscription.destination) == (
        "tomorrow",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("track N40726", "N40726 is an aircraft's registration, not a flight number."),
        ("wzz33sw", "WZZ33SW is a callsign, as pilots use by radio, not a flight number."),
    ],
)
def test_what_is_no_flight_number_is_called_what_it_is(world: World, ann: Talk, said: str, answered: str) -> None:
    before = list(world.source.calls)
    assert ann.says(said) == [f"{answered} Send the number on the booking, like TRACK UA123 tomorrow."]
    assert world.source.calls == before


@pytest.mark.parametrize("said", ["status UA1234 yesterday", "status UA1234 tue 25 nov", "status UA1234 25 nov"])
def test_a_flight_in_the_air_after_midnight_is_named_by_its_day(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12)
    world.clock.moment = OUT + hours(11)
    (body,) = talk.says(said)
    assert body.startswith("UA1234 SFO-EWR")


# --- refusals -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "board", "answered"),
    [
        ("track UA1243 today", [], "No UA1243 found today. Check number and date with the airline."),
        ("track UA1243", [], "No UA1243 found. Check number and date with the airline."),
        (
            "track UA1234 tomorrow",
            [late(minutes(30))],
            "No UA1234 found tomorrow. It flies today 14:40 PST. Reply TRACK UA1234 today.",
        ),
        (
            "track LH1234 today",
            [planned(ident="GEC1234", ident_icao="GEC1234", ident_iata=None)],
            "FlightAware takes LH1234 for GEC1234. Reply TRACK GEC1234 if that is your flight.",
        ),
        (
            "track UA1234 20 nov 2025",
            [F12],
            "20 Nov 2025 is past. Reply like TRACK UA1234 27 nov, thu or tomorrow.",
        ),
        (
            "track UA1234 today",
            [at_gate(rescheduled(hours(-8)))],
            "UA1234 of Tue 25 Nov has already landed. Reply like TRACK UA1234 27 nov, thu or tomorrow.",
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


@pytest.mark.parametrize(
    ("board", "said", "answered"),
    [
        (
            [F12, TOMORROW],
            "track UA1234",
            "UA1234 flies today 2:10pm PST and tomorrow 2:10pm PST SFO-EWR. Reply 1 today, 2 tomorrow.",
        ),
        (
            [late(minutes(30))],
            "track UA1234 tomorrow",
            "No UA1234 found tomorrow. It flies today 2:40pm PST. Reply TRACK UA1234 today.",
        ),
    ],
)
def test_whoever_reads_twelve_hours_reads_them_in_every_answer(
    world: World, ann: Talk, board: list[Flight], said: str, answered: str
) -> None:
    _reads_twelve_hours(world)
    world.source.board = board
    assert ann.says(said) == [answered]


def test_two_flights_of_one_day_are_told_apart_on_the_readers_clock(world: World, ann: Talk) -> None:
    _reads_twelve_hours(world)
    world.source.board = [southwest(HOU, "09:05"), southwest(HOU, "14:10")]
    ann.says("track WN123 tomorrow")
    ann.says("both")
    (body,) = ann.says("untrack WN123")
    assert body.startswith("Which one? 1) WN123 DAL-HOU 9:05am Wed 26 Nov 2) WN123 DAL-HOU 2:10pm Wed 26 Nov.")


def _reads_twelve_hours(world: World) -> None:
    user = world.store.user_by_phone(PHONES[0])
    assert user
    world.store.save_user(replace(user, clock=ClockFace.H12))


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


@pytest.mark.parametrize("said", ["UNTRACK both", "both", "remove both of them"])
def test_both_ends_both_also_with_the_command(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("UNTRACK UA1234")
    talk.says(said)
    assert live(world) == []


@pytest.mark.parametrize("said", ["tomorrow", "wed", "the 26th"])
def test_which_flight_ends_is_answered_by_its_day_too(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("UNTRACK UA1234")
    assert talk.says(said)[0].startswith("Stopped UA1234 Wed 26 Nov.")


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
    assert body.startswith("UA1234 SFO-EWR Tue 2 Dec saved: dep 14:10 PST.")


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
    assert talk.says("untrack UA1234 tomorrow") == [
        "You do not follow UA1234 of Wed 26 Nov. You follow UA1234 Tue 25 Nov."
    ]
    assert talk.says("untrack UA1234 20 nov 2025") == [
        "You do not follow UA1234 of Thu 20 Nov. You follow UA1234 Tue 25 Nov."
    ]


def test_of_several_shared_flights_the_person_says_which_to_leave(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    assert talk.says("leave")[0].startswith("Which one? 1) UA1234 Tue 25 Nov 2) UA1234 Wed 26 Nov.")
    assert talk.says("2")[0].startswith("Stopped UA1234 Wed 26 Nov. 1 flight left.")


def test_a_wish_that_waits_is_ended_by_its_own_words(world: World, talk: Talk) -> None:
    world.source.fault = FlightSourceError("no answer")
    world.subscribe(on="tomorrow")
    assert talk.says("untrack UA1234 tomorrow")[0].startswith("Stopped UA1234 tomorrow. No flights left.")


# --- one number, one day, one airport ------------------------------------------------------------------------------

CST = "America/Chicago"
DAL = Airport(code="KDAL", code_iata="DAL", city="Dallas", timezone=CST)
HOU = Airport(code="KHOU", code_iata="HOU", city="Houston", timezone=CST)
AUS = Airport(code="KAUS", code_iata="AUS", city="Austin", timezone=CST)


def southwest(to: Airport, out: str, **fields: Any) -> Flight:
    """WN123 from Dallas on Wednesday 26 November, and it takes an hour."""
    leaves = utc(f"2025-11-26 {out}") + hours(6)
    named = {"ident": "SWA123", "ident_icao": "SWA123", "ident_iata": "WN123"}
    times = {"out": Times(scheduled=leaves), "off": Times(), "on": Times(), "in_": Times(scheduled=leaves + hours(1))}
    return planned(fa_flight_id=f"SWA123-{to.short}-{out}", origin=DAL, destination=to, **named, **times, **fields)


TO_HOUSTON, TO_AUSTIN = southwest(HOU, "09:05"), southwest(AUS, "14:10")
ROUTES = "WN123 on Wed 26 Nov has 2 legs: 1) DAL-HOU 09:05 CST 2) DAL-AUS 14:10 CST. Reply 1, 2 or BOTH (10 min)."


@pytest.mark.parametrize("said", ["track WN123 tomorrow", "track wn123 tomorrow from dal", "wn123 26 nov"])
def test_two_routes_of_one_day_and_airport_are_chosen_between_by_number(world: World, ann: Talk, said: str) -> None:
    world.source.board = [TO_HOUSTON, TO_AUSTIN]
    assert ann.says(said) == [ROUTES]
    (body,) = ann.says("2")
    assert body.startswith("Tracking WN123 DAL-AUS Wed 26 Nov, dep 14:10 CST")
    assert live(world) == ["WN123 active"]
    assert world.flight(2).flight == TO_AUSTIN


def test_both_routes_of_a_day_are_two_flights(world: World, ann: Talk) -> None:
    world.source.board = [TO_HOUSTON, TO_AUSTIN]
    ann.says("track WN123 tomorrow")
    assert [body[:22] for body in ann.says("both")] == ["Tracking WN123 DAL-HOU", "Tracking WN123 DAL-AUS"]
    followed = [world.flight(number).flight.fa_flight_id for number in (2, 3)]
    assert followed == [TO_HOUSTON.fa_flight_id, TO_AUSTIN.fa_flight_id]


@pytest.mark.parametrize(
    "said",
    ["TRACK WN123 tomorrow DAL AUS", "track wn123 dal to aus tomorrow", "track WN123 to AUS tomorrow", "WN123 to AUS"],
)
def test_a_route_in_the_text_needs_no_question(world: World, ann: Talk, said: str) -> None:
    world.source.board = [TO_HOUSTON, TO_AUSTIN]
    (body,) = ann.says(said)
    assert body.startswith("Tracking WN123 DAL-AUS Wed 26 Nov")


def test_a_route_it_does_not_fly_is_not_taken_for_another(world: World, ann: Talk) -> None:
    world.source.board = [TO_HOUSTON, TO_AUSTIN]
    (body,) = ann.says("track WN123 tomorrow dal ewr")
    assert body.startswith(
        "No WN123 found tomorrow DAL-EWR. It flies tomorrow 09:05 CST DAL-HOU, tomorrow 14:10 CST DAL-AUS."
    )


def test_the_other_one_is_never_followed_when_the_chosen_one_is_cancelled(world: World, ann: Talk) -> None:
    world.source.board = [replace(TO_HOUSTON, cancelled=True), TO_AUSTIN]
    assert ann.says("track WN123 tomorrow") == [ROUTES]
    (body,) = ann.says("1")
    assert "DAL-HOU" in body
    assert world.flight(2).flight.destination == HOU


def test_a_chosen_route_that_vanishes_before_the_look_up_is_not_found(world: World, ann: Talk) -> None:
    world.source.board = [TO_HOUSTON, TO_AUSTIN]
    ann.says("track WN123 tomorrow")
    world.source.board = [TO_AUSTIN]
    (body,) = ann.says("1")
    assert body.startswith("No WN123 found 2025-11-26 DAL-HOU.")
    assert live(world) == []


def test_a_chosen_flight_that_is_re_timed_before_the_answer_is_still_it(world: World, ann: Talk) -> None:
    world.source.board = [TO_HOUSTON, southwest(HOU, "17:00")]
    ann.says("track WN123 tomorrow")
    world.source.board = [southwest(HOU, "09:25"), southwest(HOU, "17:00")]
    (body,) = ann.says("1")
    assert "dep 09:25 CST" in body


def test_two_routes_of_a_timetable_are_chosen_between_and_kept_apart(world: World, ann: Talk) -> None:
    rows = [
        timetabled(ident="SWA123", origin=DAL, destination=to, scheduled_out=utc("2025-12-02 15:05") + by)
        for to, by in ((HOU, hours(0)), (AUS, hours(5)))
    ]
    world.source.timetable = rows
    (body,) = ann.says("track WN123 2 dec")
    assert "1) DAL-HOU 09:05 CST 2) DAL-AUS 14:05 CST" in body
    assert [body[:29] for body in ann.says("both")] == [
        "WN123 DAL-HOU Tue 2 Dec saved",
        "WN123 DAL-AUS Tue 2 Dec saved",
    ]
    kept = [world.subscription(number) for number in (2, 3)]
    assert [(one.destination, one.leaves_at) for one in kept] == [("HOU", "09:05"), ("AUS", "14:05")]


def test_a_choice_put_by_an_earlier_release_is_still_answered(world: World, ann: Talk) -> None:
    world.source.board = [F12, TOMORROW]
    option = {"ident": "UA1234", "date": "2025-11-25", "origin": "SFO"}
    ends = world.clock.now() + minutes(10)
    world.store.put_dialogue(PHONES[0], "question", {"do": "track", "options": [option, option]}, ends)
    assert ann.says("1") == [TRACKED]


def test_two_departures_of_one_route_and_day_are_chosen_between_by_time(world: World, ann: Talk) -> None:
    world.source.board = [TO_HOUSTON, southwest(HOU, "14:10")]
    assert ann.says("track WN123 tomorrow") == [
        "WN123 on Wed 26 Nov has 2 legs: 1) DAL-HOU 09:05 CST 2) DAL-HOU 14:10 CST. Reply 1, 2 or BOTH (10 min)."
    ]
    (body,) = ann.says("2")
    assert "dep 14:10 CST" in body


def test_more_legs_than_fit_a_text_are_not_offered_in_part(world: World, ann: Talk) -> None:
    world.source.board = [southwest(HOU, f"{hour:02}:00") for hour in range(8, 13)]
    assert ann.says("track WN123 tomorrow") == [
        "WN123 is more than one flight. Reply with its day and route, like TRACK WN123 tomorrow DAL HOU."
    ]
    assert live(world) == []


def test_every_option_of_four_is_in_the_text_with_its_time(world: World, ann: Talk) -> None:
    legs = [southwest(to, out) for to, out in ((HOU, "08:00"), (AUS, "10:00"), (SFO, "12:00"), (EWR, "14:00"))]
    world.source.board = legs
    (body,) = ann.says("track WN123 tomorrow")
    assert "1) DAL-HOU 08:00 CST 2) DAL-AUS 10:00 CST 3) DAL-SFO 12:00 CST 4) DAL-EWR 14:00 CST." in body
    assert body.endswith("Reply 1, 2, 3 or 4 (10 min).")


def test_two_routes_of_one_day_are_told_apart_when_one_is_ended(world: World, ann: Talk) -> None:
    world.source.board = [TO_HOUSTON, TO_AUSTIN]
    ann.says("track WN123 tomorrow")
    ann.says("both")
    assert ann.says("untrack WN123") == [
        "Which one? 1) WN123 DAL-HOU Wed 26 Nov 2) WN123 DAL-AUS Wed 26 Nov. Reply 1, 2 or BOTH (10 min)."
    ]
    (body,) = ann.says("1")
    assert body.startswith("Stopped WN123 DAL-HOU Wed 26 Nov. 1 flight left.")
    (body,) = ann.says("undo")
    assert body.startswith("Tracking WN123 DAL-HOU Wed 26 Nov")


def test_undo_brings_a_flight_back_that_was_moved_by_more_than_a_leg_may_be(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.moment = world.due()
    world.poll(rescheduled(hours(8)))
    talk.says("untrack UA1234")
    (body,) = talk.says("undo")
    assert "dep 22:10 PST" in body


# --- too late -----------------------------------------------------------------------------------------------------


def test_a_flight_that_left_before_the_text_was_read_is_said_to_have_left(world: World, ann: Talk) -> None:
    ann.send("track UA1234")
    world.clock.moment = OFF + minutes(5)
    world.source.board = [took_off(), TOMORROW]
    (text,) = ann.answer()
    assert text.body == "UA1234 of Tue 25 Nov left at 14:25 PST: not tracked. Reply TRACK UA1234 for the next."
    assert live(world) == []


def test_a_question_that_flightaware_does_not_understand_is_not_kept(world: World, ann: Talk) -> None:
    world.source.fault = NotUnderstood("AeroAPI does not understand the question (HTTP 400)")
    assert ann.says("track UA1234") == ["FlightAware does not understand UA1234: not tracked. Check number and date."]
    assert live(world) == []


def test_what_the_month_may_not_last_for_is_not_followed_by_text(world: World, ann: Talk) -> None:
    """The operator is asked at the command line, and nobody can be asked by text."""
    ann.rules = replace(ann.rules, budget_usd=0.2, contact="Sam")
    other = planned(fa_flight_id="UAL77-x", ident="UAL77", ident_icao="UAL77", ident_iata="UA77")
    world.source.board = [F12]
    assert ann.says("TRACK UA1234") == [TRACKED]
    world.source.board = [other]
    said = "UA77 is not followed: this month's look-ups may not last for one more flight. Ask Sam."
    assert ann.says("TRACK UA77") == [said]
    assert live(world) == ["UA1234 active"]

    ann.rules = replace(ann.rules, budget_usd=3.0)
    assert ann.says("TRACK UA77") != [said]
    assert len(live(world)) == 2


def test_a_flight_that_is_looked_at_already_is_followed_though_the_month_may_not_last(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("UNTRACK UA1234")
    world.follow(F12, 1)
    talk.rules = replace(talk.rules, budget_usd=0.01)
    (said,) = talk.says("TRACK UA1234")
    assert said.startswith("Tracking UA1234")
