"""What ALT is answered: up to four other flights in one segment, each with its number to reply."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flait.core.alternatives import Pair
from flait.core.flights import ScheduledFlight
from flait.core.messages import units
from flait.core.texts.answers import numbered, numbers_to_reply
from flait.core.texts.formats import SEGMENT, Reader, clock_time, day, in_one, zone_label

MOST = 4  # flights that are offered
SEATS = "Seats unknown: ask the airline."
NO_ANSWER = "FlightAware does not answer now, and we know no other flights. Try ALT again later, or ask the airline."


def alternatives_text(pair: Pair, found: Sequence[ScheduledFlight], reader: Reader) -> tuple[str, int]:
    """`SFO-EWR next: 1) UA2468 15:40 PST 2) AS292 17:30 …`; how many of them are named comes along."""
    named = min(len(found), MOST)
    while units(text := _text(pair, found[:named], reader)) > SEGMENT and named > 1:
        named -= 1
    return text, named


def _text(pair: Pair, found: Sequence[ScheduledFlight], reader: Reader) -> str:
    ask = f"Reply {numbers_to_reply(len(found), one=True)} (10 min)."
    return f"{pair.name} next: {numbered(_times(pair, found, reader))}. {SEATS} {ask}"


def _times(pair: Pair, found: Sequence[ScheduledFlight], reader: Reader) -> list[str]:
    """`UA2468 15:40 PST`, `AS292 06:30 Wed`: the zone where it is first said, the weekday where it is not today."""
    zone, labels = pair.origin.zone, [zone_label(row.scheduled_out, pair.origin.zone) for row in found]
    today = reader.now.astimezone(zone).date()
    texts = []
    for row, label, before in zip(found, labels, ["", *labels], strict=False):
        at = clock_time(row.scheduled_out, zone, reader.clock)
        weekday = "" if row.departure_date == today else day(row.departure_date).split()[0]
        parts = (row.number, at, "" if label == before else label, weekday)
        texts.append(" ".join(part for part in parts if part))
    return texts


def none_text(pair: Pair, reader: Reader, there_from: datetime | None = None) -> str:
    """The schedule has none that is not known already, and leaves when they can be there."""
    until, since = day(pair.over_on(reader.now)), ""
    if there_from and there_from > reader.now:
        since = f" after {reader.at(there_from, pair.origin)} and"
    return f"FlightAware's schedule shows no other flight {pair.name}{since} before {until}. Ask the airline."


def far_ahead_text(ident: str, on: date, pair: Pair) -> str:
    """It leaves, or others are wanted, later than is looked at; and from when on it is."""
    first = day(on - timedelta(days=1))
    what = f"{ident} leaves {day(on)}, and ALT shows" if ident else "ALT shows"
    return in_one(
        f"{what} {pair.name} flights of today and tomorrow only.",
        f"Reply {f'ALT {ident}' if ident else 'ALT'} from {first} on, or ask the airline.",
    )


def no_pair_text(name: str) -> str:
    """It is not known between which airports it flies."""
    return f"Where {name} flies is not known yet, so other flights are not either. Ask the airline."


def several_ways_text(ident: str) -> str:
    """One number on several routes, where no second question can be asked."""
    return f"{ident} flies several routes. Reply TRACK {ident} and its day to follow one, then ALT {ident}."
