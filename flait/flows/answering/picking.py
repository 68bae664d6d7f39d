"""A question answered in words of its own: `tomorrow`, `SFO-EWR`, `the 14:10`. Which of its numbers that is."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flait.core.dates import parse_date
from flait.core.replies.understanding import Choice, Pick, Reply, Track, Unknown
from flait.errors import InvalidDate
from flait.flows.answering.desk import QUESTION, Desk
from flait.flows.answering.meant import recalled


def picked(desk: Desk, pick: Pick) -> Reply:
    """The one leg that was offered and answers the description; a choice of none of them has the question repeated.

    Where nothing was asked, a route with its day lacks the flight number, and anything less is not understood.
    """
    question: Mapping[str, Any] | None = desk.open(QUESTION)
    if question is None:
        route = pick.origin and pick.destination
        named = pick.origin or pick.destination or pick.either
        return Track(wishes=(), typed=_typed(pick)) if route or (named and pick.date) else Unknown()
    options = [_leg(desk, option) for option in question["options"]]
    found = [number for number, option in enumerate(options, 1) if _answers(option, pick, desk.written)]
    return Choice(numbers=tuple(found) if len(found) == 1 else ())


def _typed(pick: Pick) -> str:
    """What was said, as a TRACK says it behind the number: `28 nov SFO EWR`."""
    both = pick.origin and pick.destination
    ends = (pick.origin if both or not pick.origin else f"from {pick.origin}",
            pick.destination if both or not pick.destination else f"to {pick.destination}")  # fmt: skip
    at = f"{pick.at:%H:%M}" if pick.at else None
    return " ".join(said for said in (pick.date, *ends, pick.either, at) if said)


def _leg(desk: Desk, option: Mapping[str, Any]) -> Mapping[str, Any]:
    """An option that is a flight they follow, in the words of a leg to choose."""
    if "flight" not in option and "subscription" not in option:
        return option
    then = recalled(desk.store, option["flight"] if "flight" in option else option["subscription"])
    if then is None:
        return {"origin": None, "date": ""}
    zone = desk.rules.zone_of(then.origin) if then.origin else None
    tracked = desk.store.tracked(then.flight_id) if then.flight_id else None
    return {
        "origin": then.origin,
        "destination": then.destination,
        "leaves_at": then.leaves_at,
        "date": str(then.departure_date or ""),
        "zone": tracked.flight.origin.timezone if tracked else zone.key if zone else "UTC",
    }


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
    except (InvalidDate, ValueError):
        return False
