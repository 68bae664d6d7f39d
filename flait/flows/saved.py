"""What somebody knows of a flight that was saved days ahead, before its confirmation: by texts, else by its ticket."""

from datetime import datetime

from flait.core.changes import STEP_NEAR
from flait.core.flights import Flight
from flait.core.messages import MessageKind
from flait.core.timetable import believed
from flait.core.told import Told, told
from flait.store import Store

NOTHING = Told()


def moved_by_confirmation(store: Store, subscription_id: int) -> tuple[datetime, datetime] | None:
    """The departure that they knew when their confirmation told another, and that one; None: it told no other."""
    there, rows = store.planned(subscription_id), store.told_rows([subscription_id])[subscription_id]
    said = [row for row in rows if row.is_said]
    place = next((number for number, row in enumerate(said) if row.kind is MessageKind.TRACKED), None)
    if there is None or there.plan is None or place is None:
        return None
    known = told(row.tells for row in said[:place])
    was, now = believed(known, there.plan).departure, told([said[place].tells]).departure
    return (was, now) if was and now and abs(now - was) >= STEP_NEAR else None


def told_when_saved(store: Store, subscription_id: int, flight: Flight) -> Told:
    """What they were told of route and times, where that is another now; else nothing that a text must mention."""
    there = store.planned(subscription_id)
    if there is None or there.plan is None:
        return NOTHING
    rows = store.told_rows([subscription_id])[subscription_id]
    known = believed(told(row.tells for row in rows if row.is_said), there.plan)
    ends = ((flight.departure.best, known.departure), (flight.arrival.best, known.arrival))
    moved = any(now and then and abs(now - then) >= STEP_NEAR for now, then in ends)
    elsewhere = flight.destination is not None and flight.destination.short != known.destination
    return known if moved or elsewhere else NOTHING
