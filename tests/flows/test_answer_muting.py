"""MUTE: while it holds only what is urgent is told, and afterwards the truth of then."""

import pytest

from flait.core.subscriptions import Role
from flait.core.texts import answers as texts
from flait.core.values import replace
from tests.core.flights_for_tests import F12, OUT, hours, late, minutes, utc
from tests.flows.talk import TOMORROW, Talk
from tests.flows.world import PHONES, World

URGENT = "Only urgent msgs come: cancelled, diverted, leaving earlier, gate change near departure. Reply UNMUTE."
B4 = replace(F12, gate_origin="B4")


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("mute UA1234 4h", f"UA1234 muted until 16:10 PST. {URGENT}"),
        ("mute UA1234", f"UA1234 muted until 14:10 PST. {URGENT}"),
        ("mute it until 18:00", f"UA1234 muted until 18:00 PST. {URGENT}"),
        ("mute 30 min", f"All flights muted until 12:40 PST. {URGENT}"),
        ("snooze until 9am", f"All flights muted until 09:00 PST Wed. {URGENT}"),
        ("mute until 6", f"All flights muted until 18:00 PST. {URGENT}"),
        ("mute until 11", f"All flights muted until 23:00 PST. {URGENT}"),
        ("mute until 12", f"All flights muted until 00:00 PST Wed. {URGENT}"),
        ("mute it until 1", f"UA1234 muted until 13:00 PST. {URGENT}"),
        ("mute UA999", "You do not follow UA999. Reply TRACK UA999 to start, LIST for what you follow."),
        ("mute 3", "There is no number 3 on your list. Reply LIST."),
    ],
)
def test_a_mute_says_until_when_in_the_time_of_the_airport(talk: Talk, said: str, answered: str) -> None:
    talk.tracks(F12)
    assert talk.says(said) == [answered]


@pytest.mark.parametrize(
    ("roles", "urgent"),
    [
        ([Role.TRAVELER], "leaving earlier, gate change near departure"),
        ([Role.MEETER], "arriving early"),
        ([Role.WATCHER], "much earlier"),
        ([Role.TRAVELER, Role.MEETER], "moved earlier, gate change near departure"),
        ([Role.MEETER, Role.WATCHER], "much earlier"),
    ],
)
def test_a_mute_promises_what_these_roles_hear(world: World, talk: Talk, roles: list[Role], urgent: str) -> None:
    for role, flight in zip(roles, (F12, TOMORROW), strict=False):
        world.source.board = [flight]
        world.subscribe(0, "UA1234", flight.departure_date.isoformat(), role=role)

    assert talk.says("MUTE") == [
        f"All flights muted until 14:10 PST. Only urgent msgs come: cancelled, diverted, {urgent}. Reply UNMUTE."
    ]


@pytest.mark.parametrize(
    ("at", "until"),
    [("2025-11-26 01:40", "18:00 PST"), ("2025-11-26 01:50", "06:00 PST Wed"), ("2025-11-26 10:00", "06:00 PST")],
)
def test_a_bare_hour_is_the_next_of_morning_and_evening(world: World, talk: Talk, at: str, until: str) -> None:
    talk.tracks(F12)
    world.clock.moment = utc(at)
    assert talk.says("MUTE until 6") == [f"All flights muted until {until}. {URGENT}"]


def test_the_time_is_the_persons_own_where_it_is_known(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    user = world.store.user_by_phone(PHONES[0])
    assert user
    world.store.save_user(replace(user, timezone="Europe/London"))
    assert talk.says("mute until 23:00") == [f"All flights muted until 23:00 GMT. {URGENT}"]


def test_a_number_followed_on_two_days_is_muted_by_its_day(talk: Talk) -> None:
    talk.tracks(F12, TOMORROW)
    (body,) = talk.says("mute UA1234 today")
    assert body.startswith("UA1234 Tue 25 Nov muted until")
    (body,) = talk.says("mute UA1234 26 nov 3h")
    assert body.startswith("UA1234 Wed 26 Nov muted until 15:1")
    (body,) = talk.says("unmute UA1234 tomorrow")
    assert body.startswith("UA1234 Wed 26 Nov no longer muted.")


@pytest.mark.parametrize("answered", ["2", "tomorrow"])
def test_of_several_days_the_person_is_asked_which_to_mute_and_to_unmute(talk: Talk, answered: str) -> None:
    talk.tracks(F12, TOMORROW)
    options = "1) UA1234 Tue 25 Nov 2) UA1234 Wed 26 Nov. Reply 1 or 2 (10 min)."
    assert talk.says("mute UA1234 3h") == [f"MUTE which one? {options}"]
    (body,) = talk.says(answered)
    assert body.startswith("UA1234 Wed 26 Nov muted until 15:10 PST.")
    (body,) = talk.says("unmute UA1234")
    assert body.startswith("UA1234 Wed 26 Nov no longer muted.")
    talk.says("mute UA1234 today")
    talk.says("mute UA1234 tomorrow")
    assert talk.says("unmute UA1234") == [f"UNMUTE which one? {options}"]
    (body,) = talk.says(answered)
    assert body.startswith("UA1234 Wed 26 Nov no longer muted.")


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("MUTE until tomorrow 7am", f"All flights muted until 07:00 PST Wed. {URGENT}"),
        ("mute until 7am tomorrow", f"All flights muted until 07:00 PST Wed. {URGENT}"),
        ("MUTE until 7am EST", f"All flights muted until 04:00 PST Wed. {URGENT}"),
        ("mute UA1234 until 11pm eastern time", f"UA1234 muted until 20:00 PST. {URGENT}"),
        ("mute until tomorrow 7am GMT", f"All flights muted until 23:00 PST. {URGENT}"),
        ("mute UA1234 until thu 18:00", f"UA1234 muted until 18:00 PST Thu. {URGENT}"),
        ("mute until today 7am", texts.MUTE_IS_PAST),
        ("mute until 24 nov 7am", texts.MUTE_IS_PAST),
        ("mute until 24 feb 7am", texts.MUTE_TOO_LONG),
    ],
)
def test_a_mute_ends_on_the_day_that_is_named(talk: Talk, said: str, answered: str) -> None:
    talk.tracks(F12)
    assert talk.says(said) == [answered]


@pytest.mark.parametrize("said", ["mute 3h", "mute UA1234 3h"])
def test_while_muted_a_delay_is_not_told_and_afterwards_it_is(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12)
    talk.says(said)
    assert world.next_poll(late(hours(2))) == world.next_poll(late(hours(2))) == []
    assert "held delay_first: muted" in world.steps("poll")[-1].detail
    world.clock.moment = max(world.clock.now(), OUT + hours(1.1))
    assert world.next_poll(late(hours(2))) == ["delay_first"]


def test_a_delay_that_came_and_went_while_muted_is_never_told(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute 1h")
    assert world.next_poll(late(hours(2))) == world.next_poll(late(hours(2))) == []
    world.clock.advance(hours(1))
    assert world.next_poll(late(minutes(0))) == world.next_poll(late(minutes(0))) == []


def test_what_is_urgent_is_told_to_who_is_muted(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute")
    world.clock.moment = OUT - minutes(60)
    assert world.poll(B4) == ["gate_change"]
    cancelled = replace(B4, cancelled=True)
    assert world.next_poll(cancelled) == []
    assert world.next_poll(cancelled) == ["cancelled"]


def test_a_mute_is_nobody_elses(world: World, talk: Talk) -> None:
    world.follow(F12, 0, 1)
    talk.says("mute")
    world.next_poll(late(hours(1)))
    assert world.next_poll(late(hours(1))) == ["delay_first"]
    assert world.texts[-1].to == PHONES[1]


def test_unmute_ends_every_mute(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute 5h")
    talk.says("mute UA1234 5h")
    assert talk.says("unmute") == [texts.UNMUTED]
    assert talk.says("unmute") == [texts.NOTHING_MUTED]
    world.next_poll(late(hours(1)))
    assert world.next_poll(late(hours(1))) == ["delay_first"]


def test_unmute_of_one_flight_says_when_all_are_still_muted(talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute 5h")
    assert talk.says("unmute UA1234") == [
        "UA1234 itself is not muted, but all flights are, until 17:10 PST. UNMUTE alone ends that."
    ]


def test_undo_takes_back_the_last_mute(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute UA1234 2h")
    talk.says("mute UA1234 5h")
    (body,) = talk.says("undo")
    assert body.startswith("UA1234 muted until 14:10 PST.")
    assert talk.says("undo") == [texts.NOTHING_TO_UNDO]


def test_undo_of_the_only_mute_is_an_unmute(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute")
    assert talk.says("undo") == ["All flights no longer muted. What changed meanwhile follows."]


def test_one_flight_is_unmuted_by_its_number(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("mute UA1234 5h")
    assert talk.says("unmute UA1234") == ["UA1234 no longer muted. What changed meanwhile follows."]
    assert world.subscription().muted_until is None
    assert talk.says("unmute UA999") == [texts.not_followed_text("UA999")]


def test_unmute_of_a_flight_that_is_not_muted_says_so(talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("unmute UA1234") == ["UA1234 is not muted. Nothing changed."]
    talk.says("mute UA1234")
    assert talk.says("unmute UA1234") == ["UA1234 no longer muted. What changed meanwhile follows."]


@pytest.mark.parametrize("said", ["mute 1,2", "MUTE 1 and 2", "mute 1 2 3"])
def test_numbers_of_a_list_are_no_hours(talk: Talk, said: str) -> None:
    talk.tracks(F12)
    talk.says("LIST")
    (body,) = talk.says(said)
    assert "QUIET" not in body
    assert "MUTE" in body
