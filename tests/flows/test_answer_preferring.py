"""QUIET, LESS, MORE, LEVEL, TZ, 12H, 24H and LEAVE-BY: set by text, at once, and said back as it is."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from flait.adapters.airports import zones_in
from flait.core.changes import ChangeKind
from flait.core.preferences import OFF, Level, Preferences
from flait.core.subscriptions import ClockFace, User
from flait.core.values import replace
from flait.flows.answering.desk import AnswerRules
from tests.core.flights_for_tests import F12, OUT, hours, late, minutes
from tests.flows.talk import Talk
from tests.flows.world import PHONES, REMINDING, RULES, World

K = ChangeKind


def person(world: World) -> User:
    user = world.store.user_by_phone(PHONES[0])
    assert user
    return user


@pytest.mark.parametrize(
    ("said", "answered", "preferences"),
    [
        ("LESS", "Important msgs only", Preferences(level=Level.IMPORTANT)),
        ("level important", "Important msgs only", Preferences(level=Level.IMPORTANT)),
        ("MORE", "You get all msgs", Preferences()),
        ("LEVEL", "You get all msgs", Preferences()),
        ("LEVEL loud", "Reply LESS for", Preferences()),
        ("LEAVE-BY 2h30", "We tell you 2h30 before departure", Preferences(leads={K.LEAVE: timedelta(hours=2.5)})),
        ("LEAVE-BY OFF", "We do not tell you when to leave", Preferences(leads={K.LEAVE: OFF})),
        ("LEAVE-BY 2:30", "We tell you 2h30 before departure", Preferences(leads={K.LEAVE: timedelta(hours=2.5)})),
        ("LEAVE-BY -2h", "Write it like LEAVE-BY 2h30", Preferences()),
        ("LEAVE-BY 10", "Write it like LEAVE-BY 2h30", Preferences()),
        ("LESS UA1234", "Important msgs only, for all your flights", Preferences(level=Level.IMPORTANT)),
        ("no reminders", "Reply LESS for important msgs only", Preferences()),
        ("QUIET 4-11", "Which hours? Reply QUIET 4am-11am or QUIET 4pm-11pm.", Preferences()),
        ("LEAVE-BY 30h", "Write it like LEAVE-BY 2h30", Preferences()),
        ("quiet at night", "Write quiet hours like", Preferences()),
        ("QUIET OFF", "You have no quiet hours", Preferences(quiet="off")),
        ("QUIET", "You have no quiet hours", Preferences()),
    ],
)
def test_what_is_set_is_said_back(world: World, talk: Talk, said: str, answered: str, preferences: Preferences) -> None:
    talk.tracks(F12)
    [body] = talk.says(said)
    assert body.startswith(answered)
    assert person(world).preferences == preferences


def test_quiet_hours_wait_for_a_time_zone_that_is_asked_for(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("QUIET 22-7")[0].endswith("Reply TZ and your city, like TZ London.")
    assert person(world).preferences.quiet == "22:00-07:00"
    assert talk.says("TZ") == [
        "We do not know your time zone. Reply TZ and your city, like TZ London. Your quiet hours wait for it."
    ]
    assert talk.says("tz new york")[0].startswith("Your time zone is America/New_York (EST/EDT): it is 15:")
    assert talk.says("QUIET")[0].startswith("Quiet 22:00-07:00, New York time.")


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("TZ London", "Europe/London"),
        ("TZ America/New_York", "America/New_York"),
        ("timezone buenos aires", "America/Argentina/Buenos_Aires"),
        ("TZ SFO", "America/Los_Angeles"),
        ("TZ nowhere", None),
        ("TZ PST", "America/Los_Angeles"),
        ("TZ IST", None),
        ("TZ GST", "Asia/Dubai"),
        ("TZ Boston", "America/New_York"),
        ("TZ Portland", None),
        ("TZ Saint Louis", None),
        ("TZ Zürich", "Europe/Zurich"),
        ("TZ Tel-Aviv", "Asia/Tel_Aviv"),
    ],
)
def test_a_time_zone_is_a_city_its_name_an_abbreviation_or_an_airport(
    world: World, talk: Talk, said: str, zone: str | None
) -> None:
    talk.tracks(F12)
    airports = {"SFO": "America/Los_Angeles", "IST": "Europe/Istanbul", "GST": "America/Juneau"}
    talk.rules = AnswerRules(
        polls=RULES, zone_of={code: ZoneInfo(key) for code, key in airports.items()}.get, zones_in=zones_in
    )
    body = talk.says(said)
    assert person(world).timezone == zone, body


def test_letters_of_several_zones_are_asked_about_by_towns_that_answer(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("TZ IST") == ["Which IST? Reply TZ Delhi, TZ Dublin or TZ Tel Aviv."]
    assert talk.says("TZ Delhi")[0].startswith("Your time zone is Asia/Kolkata (IST): it is 01:")


def test_quiet_hours_and_a_zone_in_one_text_are_both_set(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("QUIET 22-7 London time")[0].startswith("Quiet 22:00-07:00, London time.")
    assert (person(world).preferences.quiet, person(world).timezone) == ("22:00-07:00", "Europe/London")
    assert talk.says("QUIET 23-6 on weekdays")[0].startswith("We know no time zone on weekdays; nothing changed.")
    assert person(world).preferences.quiet == "22:00-07:00"


def test_quiet_hours_are_kept_while_their_zone_is_asked_about(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("QUIET 22-7 IST")[0].startswith("Which IST?")
    talk.says("TZ Dublin")
    assert talk.says("QUIET")[0].startswith("Quiet 22:00-07:00, Dublin time.")


@pytest.mark.parametrize("said", ["don't text me at night", "no texts before 7am", "please be quiet from 22 to 7"])
def test_a_wish_for_a_quiet_night_ends_nothing(world: World, talk: Talk, said: str) -> None:
    talk.tracks(F12)
    assert "QUIET OFF" in talk.says(said)[0] or "TZ" in talk.says(said)[0]
    assert person(world).opted_out_at is None
    assert talk.says("LIST")[0].startswith("1 UA1234")


def test_the_clock_face_is_the_next_texts(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    assert talk.says("12h") == ["Times come like 2:10pm now. Reply 24H for 14:10."]
    assert person(world).clock is ClockFace.H12
    assert "2:10pm PST" in talk.says("STATUS")[0]


def test_more_tells_at_once_what_was_left_out(world: World, talk: Talk) -> None:
    talk.tracks(replace(F12, gate_origin=None, terminal_origin=None))
    talk.says("LESS")
    world.next_poll(F12)
    world.next_poll(F12)
    assert "gate_first" not in world.kinds
    talk.says("MORE")
    assert world.remind(RULES) == ["gate_first"]


def test_a_setting_that_cannot_be_read_changes_nothing(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("LEAVE-BY 4h")
    before = person(world)
    for said in ("QUIET 25-7", "LEAVE-BY tomorrow", "LEVEL ???", "TZ atlantis"):
        talk.says(said)
    assert person(world) == before


def test_in_quiet_hours_answers_come_all_the_same(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.says("TZ London")
    talk.says("QUIET 0:00-23:59")
    world.next_poll(late(minutes(45)))
    assert talk.says("STATUS")


REMINDED = AnswerRules(polls=REMINDING)
TELLS_1H = "We tell you 1h before departure that it is time to leave."
CHANGE = "Reply like LEAVE-BY 2h30 to change that, or LEAVE-BY OFF."


@pytest.mark.parametrize(
    ("before", "said", "answered"),
    [
        (hours(5), "LEAVE-BY 1h", f"{TELLS_1H} {CHANGE}"),
        (hours(2.9), "LEAVE-BY 1h", f"{TELLS_1H} Not for UA1234: said already. {CHANGE}"),
        (hours(2.9), "LEAVE-BY", f"{TELLS_1H.replace('1h', '3h')} Not for UA1234: said already. {CHANGE}"),
        (hours(0.9), "LEAVE-BY 1h", f"{TELLS_1H} Not for UA1234: said already. {CHANGE}"),
        (hours(2.9), "LEAVE-BY OFF", "We do not tell you when to leave for the airport. Reply like LEAVE-BY 3h to change that."),
    ],
)  # fmt: skip
def test_nobody_is_promised_a_reminder_that_was_said(
    world: World, talk: Talk, before: timedelta, said: str, answered: str
) -> None:
    talk.rules = REMINDED
    world.clock.moment = OUT - hours(9)
    talk.tracks(F12)
    for at in (hours(5), hours(3), hours(0.9)):
        if at >= before:
            world.clock.moment = OUT - at
            world.next_poll(F12, rules=REMINDING)
            world.remind(REMINDING)
    world.clock.moment = OUT - before
    assert talk.says(said) == [answered]


def test_nor_one_whose_time_is_past(world: World, talk: Talk) -> None:
    talk.rules = REMINDED
    world.clock.moment = OUT - hours(2)
    talk.tracks(F12)
    assert talk.says("LEAVE-BY 4h") == [
        f"{TELLS_1H.replace('1h', '4h')} Too late for UA1234: see yourself when to leave."
    ]
    assert talk.says("LEAVE-BY 1h") == [f"{TELLS_1H} {CHANGE}"]


def test_who_gets_important_msgs_only_reads_that_no_reminder_comes(world: World, talk: Talk) -> None:
    talk.rules = REMINDED
    world.clock.moment = OUT - hours(9)
    talk.tracks(F12)
    talk.says("LESS")
    assert talk.says("LEAVE-BY 1h") == [
        "Set to 1h before departure, but you get important msgs only. Reply MORE to be told when it is time to leave."
    ]
    world.clock.moment = OUT - minutes(5)
    assert talk.says("MORE") == [
        "You get all msgs about all your flights. Reply LESS for the important ones only. Too late for UA1234: see yourself when to leave."
    ]


def test_how_long_before_turns_on_what_was_turned_off(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    world.store.save_user(replace(person(world), preferences=Preferences(off=(K.BELT, K.LEAVE))))
    talk.says("LEAVE-BY OFF")
    assert person(world).preferences.off == (K.BELT, K.LEAVE)
    talk.says("LEAVE-BY 1h")
    assert person(world).preferences.off == (K.BELT,)


def test_a_city_of_several_zones_is_asked_about_by_towns_that_answer(world: World, talk: Talk) -> None:
    talk.tracks(F12)
    talk.rules = AnswerRules(polls=RULES, zones_in=zones_in)
    assert talk.says("TZ Portland") == ["Which Portland? Reply TZ Los Angeles or TZ New York."]
    assert talk.says("TZ Los Angeles")[0].startswith("Your time zone is America/Los_Angeles (PST/PDT)")
