"""What a person writes is meant as of when they wrote it, however much later it is read; what is over by then is said."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from flait.core.flights import Flight
from flait.core.texts import answers as texts
from flait.core.values import replace
from flait.errors import FlightSourceError
from flait.flows import upkeep
from tests.core.flights_for_tests import F12, IN, NOON, at_gate, hours, minutes, planned, utc
from tests.flows.talk import TOMORROW, Talk, live, moved
from tests.flows.world import PHONES, World

MONDAY = NOON - timedelta(days=1)  # 12:10 in San Francisco, a day and two hours before UA1234 leaves
NIGHT = utc("2025-11-25 06:10")  # 22:10 on Monday there
URGENT = "Only urgent msgs come: cancelled, diverted, leaving earlier, gate change near departure. Reply UNMUTE."


def read_at(talk: Talk, moment: datetime, *said: tuple[str, datetime]) -> list[str]:
    """Texts written at these moments and read at that one; what they are answered."""
    before = len(talk.world.texts)
    talk.pause = timedelta()
    talk.world.clock.moment = max(moment, talk.world.clock.now())
    for body, written in said:
        talk.send(body, at=written)
    talk.answer()
    return [text.body for text in talk.world.texts[before:]]


def followed(world: World, phone: str = PHONES[0]) -> Sequence[str]:
    user = world.store.user_by_phone(phone)
    return [f"{one.departure_date:%d}" for one in world.store.live_for(user.id) if one.departure_date] if user else []


@pytest.fixture
def ann(world: World, talk: Talk) -> Talk:
    """On Monday somebody follows the flights of Tuesday and of Wednesday."""
    world.clock.moment = MONDAY
    talk.tracks(F12, TOMORROW)
    return talk


# --- days ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "left"),
    [("UNTRACK UA1234 tomorrow", ["26"]), ("STOP UA1234 tomorrow", ["26"]), ("drop UA1234 wed", ["25"])],
)
def test_tomorrow_is_the_day_after_it_was_written(world: World, ann: Talk, said: str, left: Sequence[str]) -> None:
    (body,) = read_at(ann, NOON, (said, NIGHT))
    assert body.startswith("Stopped UA1234 Wed 26" if "wed" in said else "Stopped UA1234 Tue 25")
    assert followed(world) == left


def test_a_status_of_today_is_of_the_day_it_was_asked_for(world: World, ann: Talk) -> None:
    world.clock.moment = NOON
    (body,) = read_at(ann, NOON + hours(13), ("STATUS UA1234 today", NOON))
    assert "was to leave 14:10 PST Tue" in body


def test_tomorrow_of_a_wish_that_waits_is_the_day_that_was_meant_then(world: World, talk: Talk) -> None:
    world.clock.moment = MONDAY
    world.source.fault = FlightSourceError("no answer")
    world.subscribe(on="tomorrow")
    world.clock.moment = NOON
    assert talk.says("untrack UA1234 tomorrow") == [
        "You do not follow UA1234 of Wed 26 Nov. You follow UA1234 tomorrow (asked Mon 24 Nov)."
    ]
    (body,) = talk.says("untrack UA1234 today")
    assert body.startswith("Stopped UA1234 tomorrow (asked Mon 24 Nov).")
    assert live(world) == []


def test_the_next_departure_that_waits_is_named_by_either_day_it_can_be(world: World, talk: Talk) -> None:
    talk.tracks(planned(ident_iata="UA9", ident="UAL9", ident_icao="UAL9"), ident="UA9")
    world.source.fault = FlightSourceError("no answer")
    talk.says("track UA1234")
    (body,) = talk.says("untrack UA1234 today")
    assert body.startswith("Stopped UA1234. 1 flight left.")


def test_a_wish_is_not_called_by_a_word_that_means_another_day_now(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.fault = FlightSourceError("no answer")
    talk.pause = timedelta()
    talk.send("track UA1234 tomorrow", at=NOON)
    world.clock.moment = NOON + timedelta(days=1)
    assert [text.body for text in talk.answer()] == [
        "UA1234 tomorrow (asked Tue 25 Nov) saved. FlightAware does not answer now; we try again and tell you."
    ]
    assert talk.says("list")[0].splitlines()[1] == "2 UA1234 tomorrow (asked Tue 25 Nov) saved"


def test_a_flight_that_is_not_found_is_not_called_by_a_word_that_means_another_day(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.pause = timedelta()
    talk.send("track UA99 today", at=NOON)
    world.source.board = []
    world.clock.moment = NOON + timedelta(days=1)
    (body,) = [text.body for text in talk.answer()]
    assert body == "No UA99 found today (asked Tue 25 Nov). Check number and date with the airline."


# --- mutes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "read", "answered"),
    [
        ("MUTE 8h", NIGHT + hours(7), f"All flights muted until 06:10 PST. {URGENT}"),
        ("MUTE until 07:00", NIGHT + hours(8), f"All flights muted until 07:00 PST. {URGENT}"),
        ("MUTE until 7", NIGHT + hours(8), f"All flights muted until 07:00 PST. {URGENT}"),
        ("MUTE UA1234 25 nov until noon", NIGHT + hours(13), f"UA1234 Tue 25 Nov muted until 12:00 PST. {URGENT}"),
        ("MUTE 8h", NIGHT + hours(8), "That MUTE was over at 06:10 PST, before we could read it. Nothing changed."),
        (
            "MUTE until 07:00",
            NIGHT + hours(9),
            "That MUTE was over at 07:00 PST, before we could read it. Nothing changed.",
        ),
        ("MUTE", NIGHT + hours(20), "That MUTE was over at 00:10 PST, before we could read it. Nothing changed."),
        (
            "MUTE UA1234 8h",
            NIGHT + hours(30),
            "That MUTE was over at 06:10 PST Tue, before we could read it. Nothing changed.",
        ),
    ],
)
def test_a_mute_counts_from_when_it_was_written(
    world: World, ann: Talk, said: str, read: datetime, answered: str
) -> None:
    assert read_at(ann, read, (said, NIGHT)) == [answered]
    muted = [world.store.users()[0].muted_until, *(world.subscription(number).muted_until for number in (1, 2))]
    assert [until for until in muted if until] == ([] if "over" in answered else [max(filter(None, muted))])


def test_an_unmute_read_late_ends_what_was_muted_when_it_was_written(world: World, ann: Talk) -> None:
    ann.says("mute 24h")
    assert read_at(ann, NOON, ("UNMUTE", NIGHT)) == [texts.UNMUTED]


# --- flights that ended, and flights that came, since -----------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    ["UNTRACK UA1234 tomorrow", "MUTE UA1234", "SHARE UA1234 +15555550105", "UNTRACK it", "LEAVE"],
)
def test_a_flight_that_is_over_by_then_is_said_to_be(world: World, talk: Talk, said: str) -> None:
    world.clock.moment = MONDAY
    talk.tracks(F12)
    over(world, F12)
    assert read_at(talk, world.clock.now(), (said, NIGHT)) == [
        "UA1234 Tue 25 Nov was over before we could read that. Nothing changed."
    ]


def over(world: World, flight: Flight) -> None:
    """It is flown, and its watch has ended."""
    world.clock.moment = flight.arrival.best or NOON
    for _ in range(5):
        if world.flight().next_poll_at:
            world.next_poll(at_gate(flight))
    assert world.flight().closed_at


@pytest.mark.parametrize("said", ["UNTRACK", "UNTRACK UA1234", "LEAVE", "MUTE UA1234", "SHARE UA1234 +15555550105"])
def test_what_is_followed_only_since_is_not_meant(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12)
    talk.says("untrack UA1234")
    written = world.clock.now()
    world.clock.advance(minutes(30))
    world.source.board = [F12]
    talk.says("track UA1234 today")
    assert read_at(talk, world.clock.now() + minutes(30), (said, written)) == [texts.FOLLOWED_SINCE]
    assert live(world) == ["UA1234 active"]


def test_untrack_ends_the_one_flight_that_was_followed_when_it_was_written(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    written = world.clock.now()
    world.clock.advance(minutes(30))
    world.source.board = [TOMORROW]
    talk.says("track UA1234 tomorrow")
    (body,) = read_at(talk, world.clock.now() + minutes(30), ("UNTRACK", written))
    assert body.startswith("Stopped UA1234 Tue 25 Nov. 1 flight left.")
    assert followed(world) == ["26"]


def test_a_clock_that_was_set_back_makes_nothing_followed_only_since(world: World, talk: Talk) -> None:
    world.clock.moment = NOON + timedelta(days=1)
    talk.tracks(moved(F12, timedelta(days=2)))
    world.clock.moment = NOON
    assert talk.says("untrack")[0].startswith("Stopped UA1234 Thu 27 Nov.")


# --- what was asked when they wrote ---------------------------------------------------------------------------------


def test_a_number_is_of_the_list_that_was_out_when_it_was_written(world: World, ann: Talk) -> None:
    ann.says("list")
    ann.says("untrack 1")
    written = ann.world.clock.now() + minutes(1)
    world.clock.advance(minutes(20))
    ann.says("list")  # and Wednesday's flight is number 1
    assert read_at(ann, world.clock.now() + minutes(1), ("UNTRACK 1", written)) == [
        "You do not follow UA1234 Tue 25 Nov any more. Reply LIST for what you follow."
    ]
    assert followed(world) == ["26"]


def test_a_digit_answers_no_question_that_was_put_after_it_was_written(world: World, ann: Talk) -> None:
    assert read_at(ann, NOON, ("UNTRACK UA1234", NIGHT), ("1", NIGHT + minutes(3))) == [
        "Which one? 1) UA1234 Tue 25 Nov 2) UA1234 Wed 26 Nov. Reply 1, 2 or BOTH (10 min).",
        texts.UNKNOWN,
    ]
    assert followed(world) == ["25", "26"]
    assert ann.says("1")[0].startswith("Stopped UA1234 Tue 25 Nov.")


def test_a_digit_answers_the_question_it_was_written_for_though_another_was_put_since(world: World, ann: Talk) -> None:
    world.clock.moment = NIGHT
    ann.says("untrack UA1234")
    written = world.clock.now() + minutes(1)
    world.clock.advance(minutes(15))
    world.source.board = [F12, TOMORROW]
    ann.says("untrack")
    (body,) = read_at(ann, world.clock.now() + minutes(1), ("2", written))
    assert body.startswith("Stopped UA1234 Wed 26 Nov.")
    assert ann.says("1")[0].startswith("Stopped UA1234 Tue 25 Nov.")


def test_undo_takes_back_nothing_that_came_after_it(world: World, ann: Talk) -> None:
    written = world.clock.now()
    world.clock.advance(minutes(30))
    ann.says("untrack UA1234 tomorrow")
    assert read_at(ann, world.clock.now() + minutes(1), ("UNDO", written)) == [texts.NOTHING_TO_UNDO]
    assert followed(world) == ["26"]
    assert ann.says("undo")[0].startswith("Tracking UA1234 SFO-EWR Tue 25 Nov")


def test_undo_in_time_is_done_however_late_it_is_read(world: World, ann: Talk) -> None:
    ann.says("untrack UA1234 tomorrow")
    written = world.clock.now() + minutes(5)
    world.clock.moment = NIGHT
    world.source.board = [F12, TOMORROW]
    upkeep.prune(world.store, world.clock, keep=timedelta(days=60), keep_raw=timedelta(days=1))
    (body,) = read_at(ann, NIGHT, ("UNDO", written))
    assert body.startswith("Tracking UA1234 SFO-EWR Tue 25 Nov")
    assert sorted(followed(world)) == ["25", "26"]


@pytest.mark.parametrize("said", ["untrack UA1234 tomorrow", "mute 8h"])
@pytest.mark.parametrize("after", [1, 4, 9])
def test_undo_takes_back_what_was_written_before_it_and_read_with_it(
    world: World, ann: Talk, said: str, after: int
) -> None:
    """Nobody read for a while: both come at once, the first done as late as the second."""
    written, user = world.clock.now(), world.store.user_by_phone(PHONES[0])
    assert user
    world.source.board = [F12, TOMORROW]
    read_at(ann, written + minutes(13), (said, written), ("UNDO", written + minutes(after)))
    user = world.store.user_by_phone(PHONES[0])
    assert user
    assert (sorted(followed(world)), user.muted_until) == (["25", "26"], None)


@pytest.mark.parametrize("watched", [True, False])
def test_undo_of_a_flight_that_has_flown_meanwhile_says_so(world: World, talk: Talk, watched: bool) -> None:
    world.follow(F12, *([0, 1] if watched else [0]))
    talk.says("untrack UA1234")
    written = world.clock.now() + minutes(5)
    if watched:
        over(world, F12)
    world.clock.moment = IN + hours(2)
    world.source.board = [at_gate(F12)]
    assert read_at(talk, world.clock.now(), ("UNDO", written)) == [
        "UA1234 of Tue 25 Nov landed at 22:23 EST: not tracked. Reply TRACK UA1234 for the next."
    ]
    assert live(world) == []


def test_join_in_time_is_accepted_however_late_it_is_read(world: World, talk: Talk) -> None:
    talk.tracks(F12, moved(F12, timedelta(days=3)))
    talk.says("share 2 +15555550105")
    written = world.clock.now() + hours(23)
    world.clock.moment = written + hours(5)
    talk.pause = timedelta()
    talk.send("JOIN", PHONES[5], at=written)
    talk.answer()
    assert live(world, PHONES[5]) == ["UA1234 active"]


def test_the_words_that_were_seen_twice_within_seconds_are_answered_once_however_late(world: World, ann: Talk) -> None:
    assert len(read_at(ann, NOON, ("list", NIGHT), ("list", NIGHT + timedelta(seconds=4)))) == 1


def test_a_dialogue_of_an_earlier_release_is_understood(world: World, ann: Talk) -> None:
    ends = world.clock.now() + hours(1)
    world.store.put_dialogue(PHONES[0], "list", {"ids": [2, 1]}, ends)
    assert ann.says("untrack 2")[0].startswith("Stopped UA1234 Tue 25 Nov.")
    world.store.put_dialogue(PHONES[0], "undo", {"do": "untrack", "subscriptions": [1]}, ends)
    assert ann.says("undo")[0].startswith("Tracking UA1234 SFO-EWR Tue 25 Nov")
    option = {"subscription": 2, "explained": True}
    world.store.put_dialogue(PHONES[0], "question", {"do": "untrack", "options": [option, option]}, ends)
    assert ann.says("1")[0].startswith("Stopped UA1234 Wed 26 Nov only.")
    world.store.put_dialogue(PHONES[0], "undo", {"do": "mute", "subscription": None, "was": None}, ends)
    assert ann.says("undo")[0].startswith("All flights no longer muted.")


def test_a_person_without_flights_has_none_that_are_over(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    user = world.store.users()[0]
    world.store.save_user(replace(user, name="Ana"))
    talk.says("untrack UA1234")
    assert talk.says("untrack UA1234") == [texts.not_followed_text("UA1234")]
