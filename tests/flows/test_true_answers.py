"""What an answer says is so: how many flights there are, which are muted and until when, what a number stands for."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flait.core.texts import answers as texts
from flait.errors import FlightSourceError
from flait.flows import upkeep
from tests.core.flights_for_tests import F12, NOON, OFF, OUT, hours, late, minutes, rescheduled, took_off, utc
from tests.flows.talk import DAY, TOMORROW, Talk, live, moved
from tests.flows.world import PHONES, World, timetabled

NIGHT = moved(F12, hours(9.75))  # 23:55 in San Francisco
URGENT = "Only urgent msgs come: cancelled, diverted, leaving earlier, gate change near departure."
STOPPED = "Stopped UA1234 Tue 25 Nov. 1 flight left. Reply UNDO within 10 min to restore."


def followed(world: World) -> list[str]:
    return sorted(f"{one.departure_date:%d}" for one in world.store.live_for(1) if one.departure_date)


# --- which flight, and whether there is one -------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["untrack it tomorrow", "drop my flight wed", "status tomorrow", "gate tomorrow?"])
def test_no_flight_of_that_day_is_not_no_flight(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12)
    assert talk.says(said) == ["You do not follow a flight of Wed 26 Nov. You follow UA1234 Tue 25 Nov."]
    assert live(world) == ["UA1234 active"]


def test_another_day_of_a_number_is_said_with_the_days_that_are_followed(talk: Talk) -> None:
    talk.tracks(F12, TOMORROW, moved(F12, 2 * DAY))
    assert talk.says("status UA1234 sat") == [
        "You do not follow UA1234 of Sat 29 Nov. You follow UA1234 Tue 25 Nov and UA1234 Wed 26 Nov. Reply LIST for all."
    ]
    assert talk.says("untrack 1 tomorrow") == [
        "You do not follow a flight of Wed 26 Nov. You follow UA1234 Tue 25 Nov."
    ]


def test_an_option_that_ended_meanwhile_is_not_the_end_of_all(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW, moved(F12, 2 * DAY))
    talk.says("untrack UA1234")
    world.store.close_flight(1, world.clock.now())
    assert talk.says("1") == ["You do not follow UA1234 Tue 25 Nov any more. Reply LIST for what you follow."]
    assert followed(world) == ["26", "27"]


def test_of_more_flights_than_a_question_has_room_for_it_says_how_many_it_leaves_out(world: World, talk: Talk) -> None:
    world.source.timetable = [timetabled(scheduled_out=OUT + ahead * DAY) for ahead in range(3, 8)]
    talk.tracks(*(moved(F12, ahead * DAY) for ahead in range(3)))
    for ahead in range(3, 8):
        world.subscribe(on=f"{OUT + ahead * DAY:%Y-%m-%d}")
    (body,) = talk.says("untrack UA1234")
    assert body == (
        "Which one? 1) UA1234 Tue 25 Nov 2) UA1234 Wed 26 Nov 3) UA1234 Thu 27 Nov 4) UA1234 Fri 28 Nov. "
        "Reply 1, 2, 3 or 4 (10 min); LIST shows 4 more."
    )
    assert talk.says("4")[0].startswith("Stopped UA1234 Fri 28 Nov. 7 flights left.")
    assert talk.says("list")
    assert talk.says("untrack 7")[0].startswith("Stopped UA1234 Tue 2 Dec. 6 flights left.")


IN_THE_AIR = took_off(NIGHT)
AFTER_MIDNIGHT = [  # 00:30 on Wednesday there; the flight that left on Tuesday is in the air
    "UA1234 25 nov", "UA1234 tue", "UA1234 tuesday", "UA1234 yesterday", "UA1234 2025-11-25", "it yesterday",
]  # fmt: skip


@pytest.mark.parametrize("named", AFTER_MIDNIGHT)
def test_a_flight_in_the_air_after_midnight_is_named_by_its_day(world: World, talk: Talk, named: str) -> None:
    talk.tracks(NIGHT, moved(NIGHT))
    left = NIGHT.off.scheduled
    assert left
    world.clock.moment = left + minutes(25)
    world.poll(IN_THE_AIR)
    assert talk.says(f"status {named}")[0].startswith("UA1234 SFO-EWR: in the air")
    assert talk.says(f"untrack {named}") == [STOPPED]
    assert followed(world) == ["26"]


# --- what numbers stand for -----------------------------------------------------------------------------------------


def test_a_number_of_the_list_stands_for_its_flight_after_untrack_and_undo(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("list")
    assert talk.says("untrack 2")[0].startswith("Stopped UA1234 Wed 26 Nov.")
    talk.says("undo")
    assert "dep 14:10 PST Wed" in talk.says("status 2")[0]
    assert talk.says("mute 2 1h")[0].startswith("UA1234 Wed 26 Nov muted until")
    assert talk.says("untrack 2")[0].startswith("Stopped UA1234 Wed 26 Nov.")
    assert followed(world) == ["25"]


def test_a_number_stands_for_its_flight_however_it_is_followed_again(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("list")
    talk.says("untrack 1")
    world.source.board = [F12, TOMORROW]
    talk.says("track UA1234 today")
    assert talk.says("untrack 1") == [STOPPED]


def test_a_number_stands_for_its_flight_though_it_was_moved_and_followed_again(world: World, talk: Talk) -> None:
    talk.tracks(F12, moved(F12, 2 * DAY))
    talk.says("list")
    world.clock.moment = world.due()
    world.poll(rescheduled(hours(8)))
    talk.says("untrack 1")
    talk.says("undo")
    assert "dep 22:10 PST" in talk.says("status 1")[0]


@pytest.mark.parametrize("number", [1, 2])
def test_two_departures_of_a_day_keep_their_numbers_apart(world: World, talk: Talk, number: int) -> None:
    talk.tracks(F12)
    world.source.board = [F12, moved(F12, hours(5))]
    talk.says("track UA1234 today")
    talk.says("both")
    talk.says("list")
    talk.says(f"untrack {number}")
    at = ["14:10", "19:10"][number - 1]
    assert talk.says(f"status {number}")[0].startswith(f"You do not follow UA1234 SFO-EWR {at} Tue 25 Nov any more.")
    assert f"dep {at} PST" in talk.says("undo")[0]
    assert f"dep {at} PST" in talk.says(f"status {number}")[0]


def test_both_departures_of_a_day_come_back_by_undo(world: World, talk: Talk) -> None:
    talk.tracks(TOMORROW)
    world.source.board = [F12, moved(F12, hours(5))]
    talk.says("track UA1234 today")
    talk.says("both")
    talk.says("untrack UA1234 today")
    assert "Stopped UA1234 SFO-EWR 14:10 Tue 25 Nov and UA1234 SFO-EWR 19:10 Tue 25 Nov." in talk.says("both")[0]
    assert [body[:44] for body in talk.says("undo")] == [
        "Tracking UA1234 SFO-EWR Tue 25 Nov, dep 14:1",
        "Tracking UA1234 SFO-EWR Tue 25 Nov, dep 19:1",
    ]
    assert followed(world) == ["25", "25", "26"]


def test_a_saved_flight_that_undo_saves_again_unasked_keeps_its_number(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")
    talk.says("list")
    talk.says("untrack 2")
    world.source.fault = FlightSourceError("no answer")
    talk.says("undo")
    assert talk.says("untrack 2")[0].startswith("Stopped UA1234 2025-12-02.")


def test_two_saved_departures_of_a_day_are_told_apart_on_the_list(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.timetable = [timetabled(), timetabled(scheduled_out=timetabled().scheduled_out - hours(3))]
    talk.says("track UA1234 2 dec")
    talk.says("both")
    assert talk.says("list")[0].splitlines()[1:3] == [
        "2 UA1234 Tue2Dec SFO-EWR 11:10 saved",
        "3 UA1234 Tue2Dec SFO-EWR 14:10 saved",
    ]


def test_an_option_stands_for_its_flight_after_undo(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("untrack UA1234 today")
    talk.says("undo")
    talk.says("untrack")
    talk.says("untrack UA1234 today")
    talk.says("undo")
    assert talk.says("1") == [STOPPED]


def test_undo_brings_back_what_was_asked_for_long_ago_though_it_was_tidied_up(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.timetable = [timetabled()]
    world.subscribe(on="2025-12-02")
    world.store._change("UPDATE subscriptions SET asked_at = '2025-01-01T00:00:00.000Z' WHERE state = 'pending'")
    talk.says("untrack 2")
    world.store.beat(boot=world.boot, pid=1, started_at=NOON, now=world.clock.now())
    upkeep.prune(world.store, world.clock, keep=60 * DAY, keep_raw=DAY)
    assert world.store.subscription(2) is None
    assert talk.says("undo")[0].startswith("UA1234 SFO-EWR Tue 2 Dec saved: dep 14:10 PST.")


def test_an_invitation_stands_after_untrack_and_undo(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("share UA1234 +15555550105")
    talk.says("untrack UA1234")
    talk.says("undo")
    assert talk.says("join", PHONES[5])[0].startswith("Flait flight alerts: UA1234 SFO-EWR Tue 25 Nov")
    assert live(world, PHONES[5]) == ["UA1234 active"]


# --- what is muted, and until when ----------------------------------------------------------------------------------


def test_undo_of_a_mute_of_all_says_what_is_muted_still(talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("mute 1 4h")
    talk.says("mute")
    assert talk.says("undo") == [
        "All flights no longer muted, but UA1234 Tue 25 Nov until 16:10 PST. UNMUTE ends that too."
    ]


def test_undo_of_a_mute_of_one_says_that_all_are_muted_still(talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute 5h")
    talk.says("mute UA1234 1h")
    assert talk.says("undo") == [
        "UA1234 itself is not muted, but all flights are, until 17:10 PST. UNMUTE alone ends that."
    ]


def test_undo_of_a_mute_of_what_is_not_followed_any_more_says_so(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.says("mute 1 4h")
    world.store.close_flight(1, world.clock.now())
    assert talk.says("undo") == ["You do not follow UA1234 Tue 25 Nov any more. Reply LIST for what you follow."]


def test_a_mute_names_what_is_muted_for_longer(talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.pause = timedelta(0)
    short = "Only urgent msgs come. Reply UNMUTE."
    talk.says("mute 1 4h")
    assert talk.says("mute 1h") == [f"All flights muted until 13:10 PST. UA1234 Tue 25 Nov until 16:10 PST. {short}"]
    talk.says("mute 2 5h")
    assert talk.says("mute 2h") == [f"All flights muted until 14:10 PST. 2 until 17:10 PST at most. {short}"]
    talk.says("mute 6h")
    assert talk.says("mute 1 1h") == [f"UA1234 Tue 25 Nov muted until 13:10 PST. All flights until 18:10 PST. {short}"]


def test_undo_of_a_mute_is_told_in_the_time_of_the_mute(talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute 1h")
    talk.says("mute 3h")
    assert talk.says("undo") == [f"All flights muted until 13:10 PST. {URGENT} Reply UNMUTE."]


def test_untrack_and_undo_keep_a_mute(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute UA1234 5h")
    talk.says("untrack UA1234")
    confirmed, muted = talk.says("undo")
    assert confirmed.startswith("Tracking UA1234 SFO-EWR Tue 25 Nov")
    assert muted == f"UA1234 muted until 17:10 PST. {URGENT} Reply UNMUTE."
    world.next_poll(late(hours(1)))
    assert world.next_poll(late(hours(1))) == []


def test_undo_after_unmute_mutes_nothing_again(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute UA1234 1h")
    talk.says("mute UA1234 5h")
    talk.says("unmute UA1234")
    assert talk.says("undo") == [texts.NOTHING_TO_UNDO]
    talk.says("mute 1h")
    talk.says("mute 5h")
    talk.says("unmute")
    assert talk.says("undo") == [texts.NOTHING_TO_UNDO]
    assert talk.says("unmute") == [texts.NOTHING_MUTED]


# --- the hour that comes twice, and the one that is left out --------------------------------------------------------

PACIFIC = ZoneInfo("America/Los_Angeles")
FALL, SPRING = utc("2025-11-02 07:00"), utc("2026-03-08 08:00")  # midnight in San Francisco


def every(step: timedelta, start: datetime, span: timedelta) -> Iterator[datetime]:
    return (start + number * step for number in range(span // step))


def says_until(talk: Talk, world: World, said: str) -> datetime:
    talk.says(said)
    until = world.store.users()[0].muted_until
    assert until
    world.store.mute_user(1, None)
    world.clock.advance(minutes(6))
    return until


def night_before(world: World, talk: Talk, midnight: datetime) -> None:
    world.clock.moment = midnight - hours(2)
    talk.tracks(moved(F12, midnight + hours(20) - OUT))


@pytest.mark.parametrize("at", ["01:30", "01:00", "02:15", "00:59"])
def test_in_the_hour_that_comes_twice_a_mute_ends_the_next_time_the_clock_says_so(
    world: World, talk: Talk, at: str
) -> None:
    night_before(world, talk, FALL)
    for now in list(every(minutes(47), FALL, hours(4))):
        world.clock.moment = now
        until = says_until(talk, world, f"mute until {at}")
        next_time = next(
            moment
            for moment in every(minutes(1), now + minutes(1), hours(26))
            if f"{moment.astimezone(PACIFIC):%H:%M}" == at
        )
        assert until.replace(second=0) == next_time.replace(second=0)


def test_an_hour_that_is_left_out_is_the_one_after_it(world: World, talk: Talk) -> None:
    night_before(world, talk, SPRING)
    world.clock.moment = SPRING
    assert says_until(talk, world, "mute until 02:30") == utc("2026-03-08 10:30")  # 03:30 PDT
    world.clock.moment = utc("2026-03-08 10:01")  # 03:01 PDT: 02:30 is over, though it never was
    assert says_until(talk, world, "mute until 02:30") == utc("2026-03-09 09:30")


# --- past midnight --------------------------------------------------------------------------------------------------


def test_a_line_of_the_list_says_that_a_flight_leaves_after_its_day(world: World, talk: Talk) -> None:
    delayed = late(minutes(45), NIGHT)
    talk.tracks(NIGHT)
    world.poll(delayed)
    world.source.board = [delayed]
    world.clock.moment = world.due()
    world.poll(delayed)
    assert talk.says("list")[0].splitlines()[0] == "1 UA1234 Tue25Nov SFO-EWR 00:40 Wed +45m"


def test_a_flight_is_offered_with_the_day_on_which_it_leaves(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.source.board = [late(minutes(45), NIGHT), moved(NIGHT)]
    assert talk.says("track UA1234") == [
        "UA1234 flies today 00:40 PST Wed and tomorrow 23:55 PST SFO-EWR. Reply 1 today, 2 tomorrow."
    ]


# --- every state a person can be in ---------------------------------------------------------------------------------


def test_a_traveller_in_the_air_gets_the_flight_back(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.clock.moment = OFF + minutes(5)
    world.poll(took_off())
    talk.says("untrack UA1234")
    assert "in the air" in talk.says("undo")[0]
    assert live(world) == ["UA1234 active"]
