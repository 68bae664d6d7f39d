"""Letters for a time zone: whose they are, by the tz database, the person's own zone and their telephone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest

from flait.core.texts.formats import _LABELS
from flait.core.zones import TABLE, abbreviated, labels, town
from tests.core.flights_for_tests import NOON

NUMBERED = {  # clocks that the tz database calls by a number, and letters that one of its places has alone
    "brt", "brst", "art", "clt", "clst", "cot", "pet", "ect", "vet", "bot", "pyt", "pyst", "uyt", "trt", "gst", "irst",
    "azt", "amt", "aft", "uzt", "npt", "mmt", "ict", "sgt", "myt", "pht", "fjt", "nzt", "aet", "akt", "z", "et", "ct",
    "mt", "pt", "uk", "zulu",
}  # fmt: skip
LETTERS = sorted(name for name in TABLE if name.isalpha() and len(name) <= 4 and name not in NUMBERED)


def meant(typed: str, phone: str = "+447700900123", own: str | None = None) -> tuple[str, ...]:
    return abbreviated(typed, phone=phone, own=own, now=NOON)


@pytest.mark.parametrize("name", TABLE)
def test_every_zone_of_the_table_exists(name: str) -> None:
    assert {*TABLE[name].zones, *TABLE[name].by_phone.values()} <= available_timezones()
    assert all(code[0] == "+" and code[1:].isdigit() for code in TABLE[name].by_phone)


NAMES = {"fiji", "gulf", "iran", "peru", "cuba"}


@pytest.mark.parametrize("name", [name for name in LETTERS if name not in NAMES])
def test_the_letters_are_those_of_the_tz_database(name: str) -> None:
    assert name.upper() in [label.upper() for label in labels(TABLE[name].zones[0], NOON)]


@pytest.mark.parametrize("label", sorted({label for _, known in _LABELS for label in known}))
def test_whatever_flait_writes_behind_a_time_it_understands(label: str) -> None:
    zones = meant(label)
    assert zones
    assert any(label in labels(zone, NOON) for zone in zones)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("EST", "America/New_York"), ("edt", "America/New_York"), ("ET", "America/New_York"),
        ("Eastern", "America/New_York"), ("eastern standard time", "America/New_York"), ("us eastern", "America/New_York"),
        ("CDT", "America/Chicago"), ("central time", "America/Chicago"), ("MST", "America/Denver"),
        ("PST", "America/Los_Angeles"), ("pacific", "America/Los_Angeles"), ("HST", "Pacific/Honolulu"),
        ("AKST", "America/Anchorage"), ("NST", "America/St_Johns"), ("GMT", "Europe/London"), ("BST", "Europe/London"),
        ("UTC", "UTC"), ("Z", "UTC"), ("WET", "Europe/Lisbon"), ("CET", "Europe/Paris"), ("CEST", "Europe/Paris"),
        ("central european summer time", "Europe/Paris"), ("EET", "Europe/Athens"), ("MSK", "Europe/Moscow"),
        ("JST", "Asia/Tokyo"), ("KST", "Asia/Seoul"), ("SGT", "Asia/Singapore"), ("HKT", "Asia/Hong_Kong"),
        ("AEST", "Australia/Sydney"), ("AEDT", "Australia/Sydney"), ("NZST", "Pacific/Auckland"),
        ("SAST", "Africa/Johannesburg"), ("PKT", "Asia/Karachi"), ("CAT", "Africa/Maputo"), ("Delhi", "Asia/Kolkata"),
    ],
)  # fmt: skip
def test_letters_that_one_place_uses_are_its_zone(typed: str, zone: str) -> None:
    assert meant(typed) == (zone,)


@pytest.mark.parametrize(
    ("typed", "phone", "own", "zones"),
    [
        ("IST", "+447700900123", None, ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem")),
        ("IST", "+15555550100", None, ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem")),
        ("IST", "+919999900000", None, ("Asia/Kolkata",)),
        ("IST", "+353850000000", None, ("Europe/Dublin",)),
        ("IST", "+972500000000", None, ("Asia/Jerusalem",)),
        ("IST", "+919999900000", "Europe/Dublin", ("Europe/Dublin",)),
        ("IST", "+447700900123", "Europe/London", ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem")),
        ("CST", "+15555550100", None, ("America/Chicago",)),
        ("CST", "+8613800000000", None, ("Asia/Shanghai",)),
        ("CST", "+886900000000", None, ("Asia/Taipei",)),
        ("CST", "+447700900123", None, ("America/Chicago", "Asia/Shanghai", "America/Havana")),
        ("CST", "+447700900123", "America/Winnipeg", ("America/Winnipeg",)),
        ("AST", "+15555550100", None, ("America/Halifax", "America/Puerto_Rico", "Asia/Riyadh")),
        ("AST", "+19025550100", None, ("America/Halifax",)),
        ("AST", "+17875550100", None, ("America/Puerto_Rico",)),
        ("AST", "+966500000000", None, ("Asia/Riyadh",)),
        ("EST", "+18765550100", None, ("America/Jamaica",)),
        ("EST", "+15555550100", "America/Toronto", ("America/Toronto",)),
        ("MST", "+15555550100", "America/Phoenix", ("America/Phoenix",)),
        ("BST", "+8801700000000", None, ("Asia/Dhaka",)),
        ("PST", "+639170000000", None, ("Asia/Manila",)),
        ("GMT", "+233200000000", None, ("Africa/Accra",)),
    ],
)  # fmt: skip
def test_the_own_zone_decides_then_the_telephone_and_else_it_is_asked(
    typed: str, phone: str, own: str | None, zones: tuple[str, ...]
) -> None:
    assert meant(typed, phone, own) == zones


@pytest.mark.parametrize("typed", ["London", "SFO", "", "time", "standard time", "europe london", "utc +2", "gmt 5"])
def test_what_is_no_abbreviation_is_left_to_others(typed: str) -> None:
    assert meant(typed) == ()


def test_a_town_that_people_know_stands_for_its_zone() -> None:
    assert [town(zone) for zone in ("Asia/Kolkata", "Asia/Jerusalem", "America/New_York")] == [
        "Delhi", "Tel Aviv", "New York",
    ]  # fmt: skip


def test_a_zone_is_called_by_what_its_clocks_show_over_the_year() -> None:
    assert labels("America/New_York", datetime(2025, 11, 25, tzinfo=UTC)) == ("EST", "EDT")
    assert labels("America/Phoenix", NOON) == ("MST",)
    assert ZoneInfo("UTC").key == "UTC"
