"""What a saved flight's timetable says, days before it flies: its times, and what is another there than was told."""

from datetime import datetime

from flait.core.alerts import Alert
from flait.core.changes import ChangeKind
from flait.core.flights import ScheduledFlight
from flait.core.priorities import RULES, Priority
from flait.core.structure import Phrase
from flait.core.subscriptions import Role
from flait.core.texts.alerts import alert_text
from flait.core.texts.formats import Piece, Reader, about, day, fitted, lead
from flait.core.texts.wording import Text, route
from flait.core.timetable import News, as_flight, moved, tells_of
from flait.core.told import Told
from flait.core.values import replace


def planned_times(
    row: ScheduledFlight, reader: Reader, was: tuple[datetime | None, datetime | None] = (None, None)
) -> tuple[Phrase, ...]:
    """`dep 14:10 PST, arr 22:31 EST`; `was` are the times that were told. The sentence names the day of leaving."""
    on, (left, landed) = row.departure_date, was
    leaves = Phrase(f"dep {reader.at(row.scheduled_out, row.origin, was=left, on=on)}", ("scheduled_out", "departure"))
    if row.destination is None or row.scheduled_in is None:
        return (leaves,)
    lands = reader.at(row.scheduled_in, row.destination, was=landed, on=on)
    return (leaves, Phrase(f"arr {lands}", ("scheduled_in", "arrival")))


def timetable_text(what: News, known: Told, seen: ScheduledFlight, reader: Reader, *, role: Role) -> Text:
    """What is new in the timetable, old and new; in words of the number that its person typed."""
    if what is News.TIMES:
        return _moved(known, seen, reader, role)
    on = known.scheduled_out or seen.scheduled_out
    when = day(on.astimezone(seen.origin.zone).date())
    if what is News.GONE:
        news = lead(f"{when} is not in the airline's timetable any more", route=_route(known))
        said = fitted([about(news, reader.ident), Piece("Ask the airline; we keep looking.", 1)])
        return Text(structure=said, tells={"unlisted": "gone"})
    same_route = what is News.BACK and _route(known) == route(seen)
    times = planned_times(seen, reader, (known.departure, known.arrival if same_route else None))
    back = f"{when} is in the airline's timetable again"
    change = f"{when} changed by the airline, was {_route(known)}"
    news = lead(back if what is News.BACK else change, *times, route=route(seen))
    said = fitted([about(news, reader.ident), Piece("Check connections." if role is Role.TRAVELER else "", 1)])
    told = tells_of(seen, arrival="arrival" in said.facts)
    return Text(structure=said, tells=told if "departure" in said.facts else {})


def saved_text(row: ScheduledFlight, reader: Reader, *, is_listed: bool) -> Text:
    """How a saved flight stands by its timetable, as last seen; or that it is there no more."""
    on = day(row.departure_date)
    if not is_listed:
        news = lead(f"{on} is saved, and not in the airline's timetable any more", route=route(row))
        said = fitted([about(news, reader.ident), Piece("Ask the airline; we keep looking.", 1)])
        return Text(structure=said, tells={"unlisted": "gone"})
    news = lead(f"{on} is saved", *planned_times(row, reader), route=route(row))
    then = Piece("By the timetable; live data comes 2 days before departure.", 1)
    said = fitted([about(news, reader.ident), then])
    told = set(said.facts)
    return Text(structure=said, tells=tells_of(row, arrival="arrival" in told) if "departure" in told else {})


def _moved(known: Told, seen: ScheduledFlight, reader: Reader, role: Role) -> Text:
    """In the words of a flight whose schedule moves when it is near."""
    alert = Alert(
        flight=replace(as_flight(seen), ident=reader.ident),
        told=known,
        changes=(moved(known, seen),),
        role=role,
        priority=Priority.P1,
        expires_at=reader.now + RULES[ChangeKind.SCHEDULE_CHANGE][2],
    )
    return alert_text(alert, reader)


def _route(known: Told) -> str:
    return "-".join(code for code in (known.origin, known.destination) if code)
