"""What is said of times that moved, old and new: both ends to who goes by the departure, else the arrival alone."""

from collections.abc import Sequence
from datetime import date, timedelta

from flait.core import planes
from flait.core.alerts import Alert
from flait.core.changes import NEAR, Change, End
from flait.core.flights import Flight, Phase, progress
from flait.core.standing import NO_REPORT, notable
from flait.core.structure import Phrase
from flait.core.subscriptions import Role
from flait.core.texts.formats import Piece, Reader, day, lead, span
from flait.core.texts.places import at_gate
from flait.core.texts.wording import (
    arrives,
    arrives_verb,
    day_known,
    departs,
    place_and_time,
    route,
    town,
    was_to_leave,
)

_TEN = timedelta(minutes=10)


def moved_time(alert: Alert, change: Change, reader: Reader, on: date | None = None) -> Piece:
    """`dep 14:10->14:55 PST`, and what it tells; `on` is a day that the sentence names already."""
    flight, told = alert.flight, alert.told
    if change.end is End.DEPARTURE:
        return Piece(departs(flight, reader, was=told.departure, on=on), 0, ("departure", "scheduled_out"))
    if flight.diverted_to and flight.arrival.best:
        was = told.arrival if told.arrival != flight.arrival.scheduled else None  # that is of where it was to go
        at = reader.at(flight.arrival.best, flight.diverted_to, was=was)
        return Piece(f"now {arrives_verb(flight, 'arrives')} {town(flight.diverted_to)} about {at}", 0, ("arrival",))
    return Piece(arrives(flight, reader, was=told.arrival, on=on), 0, ("arrival", "scheduled_in"))


def _moved(
    news: str,
    alert: Alert,
    change: Change,
    reader: Reader,
    *,
    old_arrival: bool,
    on: date | None = None,
    by: str = "",
    first: str = "",
) -> list[Piece]:
    """`<by> <news>: dep 14:10->14:55 PST, arr 22:31->23:16 EST.` and what it tells; what has happened is no plan.

    `first` are words before the first time.
    """
    if change.end is End.DEPARTURE and progress(alert.flight) is Phase.OUT:
        left = place_and_time(alert.flight.origin, alert.flight.out.actual, reader)
        return [lead(f"left the gate {left}", facts=("phase", "departure", "scheduled_out"))]
    leaves = alert.flight.departure.best
    if change.end is End.DEPARTURE and leaves and reader.now - leaves >= NO_REPORT:  # by the schedule, which is past
        there = ("arrival", "scheduled_in") if arrives(alert.flight, reader) else ()
        words = f"{was_to_leave(alert.flight, reader)}, no new time yet"
        return [lead(words, facts=("departure", "scheduled_out", *there))]
    time = moved_time(alert, change, reader, on)
    if change.end is End.ARRIVAL and alert.flight.diverted:
        return [lead(time.text, facts=time.facts)]
    arrival = arrives(alert.flight, reader, was=alert.told.arrival if old_arrival else None, on=on)
    moved = Phrase(f"{first}{time.text}", time.facts)
    if change.end is End.ARRIVAL or not arrival:
        return [lead(news, moved, route=by)]
    mark = _recovered(alert.flight) if "->" not in arrival else ""
    lands = Phrase(f"{arrival}{mark}", ("arrival", "scheduled_in"))
    return [lead(news, moved, lands, route=by)]


def _recovered(flight: Flight) -> str:
    """`, on time`, of the arrival of a flight that leaves late."""
    times = flight.arrival
    late = notable(flight.departure) > timedelta() and times.best and times.scheduled
    return ", on time" if late and not notable(times) else ""


def _late(alert: Alert, change: Change) -> str:
    times = alert.flight.arrival if change.end is End.ARRIVAL else alert.flight.departure
    return span(times.late)


def delay_first(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`SFO-EWR delayed 45m: dep 14:10->14:55 PST, arr 22:31->23:16 EST.`: at the end its person goes by."""
    news = f"delayed {_late(alert, change)}"
    here = alert.role is Role.TRAVELER and change.end is End.DEPARTURE and not alert.is_brought
    waits = planes.expected(alert.flight, alert.plane) is not None  # for its plane: it cannot leave earlier
    stay = "It may still leave earlier: stay near." if here and _soon(alert, reader) and not waits else ""
    return [
        *_moved(news, alert, change, reader, old_arrival=True, by=route(alert.flight)),
        at_gate(alert, change),
        Piece(stay, 3),
    ]


def delay_more(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`now 1h50 late: dep 14:55->16:00 PST, arr 00:21 EST Wed.`"""
    news = f"now {_late(alert, change)} late"
    return [*_moved(news, alert, change, reader, old_arrival=False), at_gate(alert, change)]


def delay_less(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`delay cut to 20m: dep 16:00->14:30 PST, arr 22:51 EST.`: still ten minutes late or more."""
    news = f"delay cut to {_late(alert, change)}"
    return [*_moved(news, alert, change, reader, old_arrival=False), at_gate(alert, change, rank=2)]


def earlier(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`leaves EARLIER: dep 14:10->13:50 PST, arr 22:31 EST.`, or `arrives EARLIER: arr ...` to who waits there."""
    if change.end is End.ARRIVAL:
        return [*_moved("arrives EARLIER", alert, change, reader, old_arrival=True)]
    go = f"Go now if not at {alert.flight.origin.short}." if _soon(alert, reader) else ""
    return [
        *_moved("leaves EARLIER", alert, change, reader, old_arrival=False),
        at_gate(alert, change),
        Piece(go if alert.role is Role.TRAVELER and not alert.is_brought else "", 3),
    ]


def _soon(alert: Alert, reader: Reader) -> bool:
    """Whether advice for this moment makes sense: it leaves within hours, and who goes now can still catch it."""
    best = alert.flight.departure.best
    return best is not None and _TEN <= best - reader.now <= NEAR


def on_time(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`back on time: dep 14:55->14:10 PST`; `later again, still early:`; `no estimate any more:`."""
    times = alert.flight.arrival if change.end is End.ARRIVAL else alert.flight.departure
    if times.estimated is None and times.actual is None:
        return [*_moved("no estimate any more", alert, change, reader, old_arrival=False, first="plan for ")]
    if times.late <= -_TEN:  # it was to leave sooner still
        return [*_moved("later again, still early", alert, change, reader, old_arrival=False), at_gate(alert, change)]
    return [*_moved("back on time", alert, change, reader, old_arrival=False), at_gate(alert, change)]


def schedule_change(alert: Alert, change: Change, reader: Reader) -> Sequence[Piece]:
    """`Tue 25 Nov moved by the airline, 2h EARLIER: dep 14:10->12:10 PST Tue`: by the day its person knows."""
    way = "LATER" if change.moved > timedelta() else "EARLIER"
    on = day_known(alert.flight, alert.told.scheduled_out)
    ahead = change.end is End.DEPARTURE and progress(alert.flight) is Phase.SCHEDULED
    check = "Check connections." if ahead and alert.role is Role.TRAVELER else ""
    return [
        *_moved(
            f"{day(on)} moved by the airline, {span(change.moved)} {way}",
            alert,
            change,
            reader,
            old_arrival=False,
            on=on,
        ),
        Piece(check, 1),
        at_gate(alert, change, rank=2),
    ]
