"""Several flights in one text: they end together and come back together; all of them only when that was asked."""

import pytest

from flait.core.flights import Flight
from flait.core.texts import answers as texts
from flait.core.values import replace
from tests.core.flights_for_tests import F12
from tests.flows.talk import TOMORROW, Talk, live, moved
from tests.flows.world import World


def other(number: str, **fields: str) -> Flight:
    """Another flight of that day."""
    fields = {"fa_flight_id": f"UAL{number}-1", "ident": f"UAL{number}", "ident_icao": f"UAL{number}"} | fields
    return replace(F12, ident_iata=f"UA{number}", **fields)  # type: ignore[arg-type]  # Flight's own fields


@pytest.fixture
def three(talk: Talk) -> Talk:
    """Somebody follows UA1234, UA500 and UA286."""
    talk.tracks(F12)
    for number in ("500", "286"):
        talk.tracks(other(number), ident=f"UA{number}")
    talk.says("list")
    return talk


BOTH = "Stopped UA500 Tue 25 Nov and UA286 Tue 25 Nov. 1 flight left. Reply UNDO within 10 min to restore."


@pytest.mark.parametrize("said", ["UNTRACK UA500 and UA286", "untrack UA500, UA286", "drop both UA500 and UA286"])
def test_flights_that_are_named_end_together_and_come_back_together(world: World, three: Talk, said: str) -> None:
    assert three.says(said) == [BOTH]
    assert live(world) == ["UA1234 active"]
    assert len(three.says("undo")) == 2
    assert sorted(live(world)) == ["UA1234 active", "UA286 active", "UA500 active"]


@pytest.mark.parametrize("said", ["untrack 2,3", "untrack the second and the third one", "untrack 2 3"])
def test_so_do_their_places_on_the_list(world: World, three: Talk, said: str) -> None:
    assert three.says(said) == [BOTH]
    assert live(world) == ["UA1234 active"]


def test_stop_with_several_flights_ends_these_and_says_how_all_texts_end(world: World, three: Talk) -> None:
    assert three.says("STOP UA500 and UA286") == [
        f"Stopped UA500 Tue 25 Nov and UA286 Tue 25 Nov only. You still get other flights. {texts.ALONE}"
    ]
    assert live(world) == ["UA1234 active"]


def test_one_of_them_that_is_not_followed_is_said_so_and_the_others_end(world: World, three: Talk) -> None:
    assert three.says("untrack UA500 and UA9") == [
        "Stopped UA500 Tue 25 Nov. 2 flights left. Reply UNDO within 10 min to restore.",
        texts.not_followed_text("UA9"),
    ]
    assert "UA500 active" not in live(world)


def test_where_one_is_followed_on_two_days_all_are_asked_about_and_none_ends_before(world: World, talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    talk.tracks(other("500"), ident="UA500")
    asked = "Which one? 1) UA1234 Tue 25 Nov 2) UA1234 Wed 26 Nov 3) UA500 Tue 25 Nov. Reply 1, 2 or 3 (10 min)."
    assert talk.says("untrack UA1234 and UA500") == [asked]
    assert len(live(world)) == 3
    talk.says("1 and 3")
    assert live(world) == ["UA1234 active"]


ALL = "UNTRACK ALL stops UA1234 Tue 25 Nov, UA500 Tue 25 Nov, UA286 Tue 25 Nov. Reply OK to stop them (10 min)."


@pytest.mark.parametrize("said", ["UNTRACK ALL", "untrack all my flights", "untrack everything"])
@pytest.mark.parametrize("agreed", ["OK", "1", "ok thanks"])
def test_all_of_several_end_when_that_was_asked(world: World, three: Talk, said: str, agreed: str) -> None:
    assert three.says(said) == [ALL]
    assert len(live(world)) == 3
    assert three.says(agreed)[0].startswith("Stopped UA1234 Tue 25 Nov and UA500 ")
    assert live(world) == []
    assert len(three.says("undo")) == 3


def test_many_flights_are_counted_and_the_question_stays_one_segment(world: World, talk: Talk) -> None:
    for ahead in range(7):
        flight = moved(other(str(1000 + ahead), fa_flight_id=f"UAL{1000 + ahead}-1"))
        talk.tracks(flight, ident=f"UA{1000 + ahead}")
    assert talk.says("untrack all") == ["UNTRACK ALL stops all 7 flights. Reply OK (10 min)."]


def test_all_of_one_flight_is_that_flight_and_of_none_none(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("untrack all")[0].startswith("Stopped UA1234 Tue 25 Nov. No flights left.")
    assert talk.says("untrack all") == [texts.NO_FLIGHTS]


def test_both_of_two_end_unasked_and_of_three_it_is_asked_which(world: World, three: Talk) -> None:
    assert three.says("untrack both")[0].startswith("Which one? 1) UA1234 Tue 25 Nov 2) UA500 ")
    three.says("untrack UA1234")
    assert three.says("untrack both")[0].startswith("Stopped UA500 Tue 25 Nov and UA286 Tue 25 Nov. No flights left.")
    assert live(world) == []


@pytest.mark.parametrize("said", ["UA500 UA286 status", "status UA500 and UA286", "UA500 UA286", "status 2 and 3"])
def test_how_several_flights_stand_is_told_of_each(three: Talk, said: str) -> None:
    first, second = three.says(said)
    assert first.startswith("UA500 SFO-EWR on time: ")
    assert second.startswith("UA286 SFO-EWR on time: ")


def test_the_status_of_both_is_the_list(three: Talk) -> None:
    assert three.says("status of both") == three.says("list")


@pytest.mark.parametrize("said", ["MUTE until 7am IST", "MUTE UA500 for the night", "mute UA500 UA286"])
def test_a_mute_that_is_read_in_part_is_answered_with_how_to_write_it(three: Talk, said: str) -> None:
    assert three.says(said) == [texts.UNKNOWN_OF["mute"]]
    assert three.says("unmute") == [texts.NOTHING_MUTED]


def test_an_untrack_that_is_read_in_part_is_answered_with_how_to_write_it(world: World, three: Talk) -> None:
    assert three.says("untrack all but UA500") == [texts.UNKNOWN_OF["untrack"]]
    assert len(live(world)) == 3


@pytest.mark.parametrize("said", ["mute forever", "mute UA500 for good", "mute 500 days"])
def test_a_mute_for_ever_is_no_stop_and_says_how_long_one_lasts(world: World, three: Talk, said: str) -> None:
    assert three.says(said) == [texts.MUTE_TOO_LONG]
    assert three.says("unmute") == [texts.NOTHING_MUTED]
    assert not world.store.is_opted_out("+15555550100")
