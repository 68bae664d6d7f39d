"""A question answered in words of its own: `tomorrow`, `SFO-EWR`, `the 14:10`. Which of its numbers that is."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flait.core.dates import parse_date
from flait.core.replies import Choice, Pick, Reply, Track, Unknown
from flait.errors import InvalidDate
from flait.flows.answering.desk import QUESTION, Desk


def picked(desk: Desk, pick: Pick) -> Reply:
    """The one leg that was offered and answers the description; a choice of none of them has the question repeated.

    Where nothing was asked, a route with its day lacks the flight number, and anything less is not understood.
    """
    question: Mapping[str, Any] | None = desk.open(QUESTION)
    if question is None:
        route = pick.origin and pick.destination
        named = pick.origin or pick.destination or pick.either
        return Track(wishes=()) if route or (named and pick.date) else Unknown()
    options = question["options"] if question["do"] == "track" else ()
    found = [number for number, option in enumerate(options, 1) if _answers(option, pick, desk.written)]
    return Choice(numbers=tuple(found) if len(found) == 1 else ())


def _answers(option: Mapping[str, Any], pick: Pick, asked_at: datetime) -> bool:
    ends = (option["origin"], option.get("destination"))
    said = (
        (pick.origin, ends[:1]),
        (pick.destination, ends[1:]),
        (pick.either, ends),
        (f"{pick.at:%H:%M}" if pick.at else None, (option.get("leaves_at"),)),
    )
    return all(word is None or word in known for word, known in said) and _is_on(option, pick, asked_at)


def _is_on(option: Mapping[str, Any], pick: Pick, asked_at: datetime) -> bool:
    """Words like `tomorrow` count from when they were written, on the departure airport's calendar."""
    if pick.date is None:
        return True
    today = asked_at.astimezone(ZoneInfo(option.get("zone", "UTC"))).date()
    try:
        return parse_date(pick.date).on(today, back=1) == date.fromisoformat(option["date"])
    except InvalidDate:
        return False
