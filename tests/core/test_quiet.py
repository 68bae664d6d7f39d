"""Quiet hours as they are texted: whatever Flait offers to write, it reads as that."""

from itertools import product

import pytest

from flait.core.replies.kinds import Prefer, Preference
from flait.core.replies.understanding import understand
from flait.core.texts.preferring import which_hours

HOURS = range(24)
BARE = range(1, 13)


def read(said: str) -> Prefer:
    reply = understand(f"QUIET {said}")
    assert isinstance(reply, Prefer)
    assert reply.what is Preference.QUIET
    return reply


@pytest.mark.parametrize("start", HOURS)
def test_an_hour_above_twelve_shows_that_both_are_as_written(start: int) -> None:
    for end in HOURS:
        if start != end and not (start in BARE and end in BARE):
            assert read(f"{start}-{end}").value == f"{start:02}:00-{end:02}:00"


@pytest.mark.parametrize("start", BARE)
def test_hours_that_can_be_of_either_half_are_one_or_are_asked_about(start: int) -> None:
    for end in BARE:
        reply = read(f"{start}-{end}")
        assert (reply.value is None) == (len(reply.readings) > 1)


@pytest.mark.parametrize(("start", "end"), [(start, end) for start, end in product(BARE, BARE) if 7 <= start <= 11])
def test_the_evening_is_meant_where_that_gives_five_to_twelve_hours(start: int, end: int) -> None:
    if 5 <= (end % 12 - start - 12) % 24 <= 12:
        assert read(f"{start}-{end}").value == f"{start + 12}:00-{end % 12:02}:00"


@pytest.mark.parametrize("start", BARE)
def test_what_is_offered_is_read_as_itself(start: int) -> None:
    for end in BARE:
        readings = read(f"{start}-{end}").readings
        if readings:
            offered = [each.strip(".?") for each in which_hours(readings).split() if each[0].isdigit()]
            assert tuple(read(each).value for each in offered) == readings
