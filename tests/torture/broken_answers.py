"""Ways in which answers were false once, and Flait broken so that they are again: for the judge of dialogues to see."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

import pytest

from flait.core.dates import DateWish
from flait.core.subscriptions import LIVE
from flait.core.texts import answers, status
from flait.core.texts import muting as muting_texts
from flait.core.texts.formats import clock_time
from flait.errors import InvalidDate
from flait.flows.answering import leaving, meant, muting, sharing, tracking
from flait.flows.answering.desk import Desk

Breaks = Callable[[], AbstractContextManager[None]]
_on_the_clock = muting._on_the_clock
_muted, _unmuted = muting_texts.Muting.muted, muting_texts.Muting.unmuted


def _patched(owner: Any, name: str, instead: Any) -> Breaks:
    @contextmanager
    def broken() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(owner, name, instead)
            yield

    return broken


def _names_no_past_day(wish: DateWish, on: date, today: date) -> bool:
    try:
        return wish.on(today) == on
    except InvalidDate:
        return False


def _once(*there_and_then: Any) -> Iterator[datetime]:
    return islice(_on_the_clock(*there_and_then), 1)


BROKEN: Final[Mapping[str, Breaks]] = {
    "what was written counts from when it is read": _patched(Desk, "written", property(lambda desk: desk.now)),
    "a text answers what was asked after it": _patched(Desk, "is_since", lambda *_: False),
    "no flight of that day is no flight": _patched(answers, "not_that_day_text", lambda *_: answers.NO_FLIGHTS),
    "a number stands for a row": _patched(meant, "stands_for", lambda _, view, then: view.subscription.id == then.id),
    "an option stands for a row": _patched(
        leaving, "stands_for", lambda _, view, then: view.subscription.id == then.id
    ),
    "all are unmuted where one is not": _patched(
        muting_texts.Muting, "unmuted", lambda self, name, _=(): _unmuted(self, name)
    ),
    "all are muted until then, and one for longer": _patched(
        muting_texts.Muting,
        "muted",
        lambda self, name, until, _=(), *, roles: _muted(self, name, until, roles=roles),
    ),
    "one is unmuted where all are muted": _patched(
        muting_texts.Muting, "still_muted", lambda self, name, _: _unmuted(self, name)
    ),
    "UNTRACK and UNDO lose a mute": _patched(leaving, "muted_again", lambda *_: ()),
    "UNDO mutes again what was unmuted": _patched(muting, "_forget", lambda *_: None),
    "the end of a mute is told in UTC": _patched(muting, "_place", meant.place_of),
    "a flight is not named by a day that is past": _patched(DateWish, "names", _names_no_past_day),
    "an hour that comes twice comes once": _patched(muting, "_on_the_clock", _once),
    "the list has the hour of the day after": _patched(
        status, "_clock", lambda moment, place, view: clock_time(moment, place.zone, view.reader.clock)
    ),
    "one of two departures is not followed again": _patched(tracking, "_watched_beside", lambda *_: frozenset()),
    "an invitation is to a row": _patched(
        sharing, "followed_now", lambda _, then: then if then.state in LIVE else None
    ),
}
"""What people were told or had done to them → Flait as it was."""
