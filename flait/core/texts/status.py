"""How a followed flight stands, when its follower asks: the whole of it, one fact of it, or a line of the list.

What an answer states counts as told: it is no news afterwards. How old it is is always said.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from msgspec import Struct

from flait.core.changes import unreported
from flait.core.flights import Airport, Flight, ScheduledFlight, cancelled
from flait.core.messages import units
from flait.core.replies.kinds import Fact
from flait.core.silences import NO_WORD, is_awaited
from flait.core.standing import AT_ORIGIN, BY_THE_CLOCK, DOWN, PLANNED, State, notable
from flait.core.subscriptions import ClockFace, Role
from flait.core.texts.formats import (
    SEGMENT,
    Piece,
    Reader,
    about,
    clock_time,
    day,
    fitted,
    fold,
    lead,
    span,
    time_of_day,
)
from flait.core.texts.next_steps import LOOK_UP, next_step
from flait.core.texts.standing import (
    ARRIVAL,
    DEPARTURE,
    NOTHING_TOLD,
    NOWHERE_YET,
    ON_TIME,
    View,
    next_time,
    stand,
    told_by,
)
from flait.core.texts.standing_places import places, spot, walk
from flait.core.texts.wording import Text, arrives_verb, day_known, label, route, town
from flait.core.timetable import tells_of
from flait.core.told import NONE, NOT_LANDED, NOT_LEFT, ONCE, Tells, Told, tells
from flait.core.values import replace

M = timedelta(minutes=1)


class Freshness(Struct, frozen=True, kw_only=True):
    """How old what is known is; `stale` when newer facts were asked for in vain."""

    age: timedelta
    stale: bool = False

    @property
    def text(self) -> str:
        """`Checked 2 min ago.`"""
        minutes = round(self.age.total_seconds() / 60)
        when = "just now" if self.age < M else f"{minutes} min ago" if minutes < 60 else f"{span(self.age)} ago"
        return f"Checked {when}; no newer data now." if self.stale and self.age >= M else f"Checked {when}."


def status_text(
    flight: Flight,
    reader: Reader,
    seen: Freshness,
    *,
    role: Role = Role.TRAVELER,
    told: Told = NOTHING_TOLD,
    fact: Fact = Fact.ALL,
    others: int = 0,
    beside: Sequence[Piece] = (),
    besides: Sequence[Piece] = (),
) -> Text:
    """The flight as it stands for somebody in that role, or the one fact asked for.

    What is another than they were `told` says so. `others` is how many more the person follows. `beside` is said
    with the times, which are not so without it; `besides` is said too.
    """
    no_word = seen.stale and seen.age >= NO_WORD and is_awaited(flight, reader.now, told, role)
    view = View(flight=flight, reader=reader, role=role, told=told, unsure=no_word)
    first, *more = _ANSWERS[Fact.ALL if cancelled(flight) else fact](view)
    pieces = [
        about(first, label(flight, reader.ident)),
        *beside,
        *more,
        *besides,
        Piece(_no_word(view, seen) if no_word else seen.text),
        Piece(f"LIST shows {others} more." if others else "", 4),
    ]
    said = fitted(pieces)
    silence = _silence(view, seen, no_word=no_word, said=said.facts)
    return Text(structure=said, tells=told_by(flight, said.facts) | silence)


def _no_word(view: View, seen: Freshness) -> str:
    since = view.reader.at(view.reader.now - seen.age, _place(view))
    return f"No word since {since}: {LOOK_UP.lower()}."


def _place(view: View) -> Airport:
    """By whose clocks: where it is, or comes down."""
    return view.flight.origin if view.stands.state in AT_ORIGIN else view.flight.lands_at or view.flight.origin


def _silence(view: View, seen: Freshness, *, no_word: bool, said: Sequence[str]) -> dict[str, str]:
    """What the answer tells of there being no word, or no report of what should have happened; or word again."""
    now = view.reader.now
    if no_word:
        return {"stale": (now - seen.age).isoformat()}
    missing = unreported(view.flight, now)
    if missing and _SAYS_SO[missing] in said:
        return {"stale": missing}
    word_again = {"stale": NONE} | ({ONCE: NONE} if view.told.once else {})
    return word_again if view.told.stale and not seen.stale else {}


_SAYS_SO = {NOT_LEFT: "departure", NOT_LANDED: "arrival"}  # the fact in whose words an answer says so


def _all(view: View) -> Sequence[Piece]:
    return [*_when(view), *places(view), Piece(next_step(view), 2)]


def _when(view: View) -> Sequence[Piece]:
    flight, words = view.flight, stand(view)
    on = f"{day(day_known(flight, view.told.scheduled_out))} " if cancelled(flight) else ""
    news = "" if view.unsure and words.title == ON_TIME else f"{on}{words.title}"  # nobody knows
    return [words.behind(news, route=route(flight), facts=words.of_title)]


def _gate(view: View) -> Sequence[Piece]:
    if view.is_here:
        where, facts = walk(view, "origin", later="no gate yet")
        return [lead(f"at {view.flight.origin.short}: {where}", facts=facts), next_time(view, leaving=True)]
    there, off_its_way = _where(view)
    known = view.flight.lands_at or not view.flight.diverted
    where, facts = walk(view, "destination", later="no gate known") if known else ("no gate known", ())
    return [lead(f"{there}: {where}", facts=(*off_its_way, *facts)), next_time(view, leaving=False)]


def _bags(view: View) -> Sequence[Piece]:
    there, off_its_way = _where(view, "bags ")
    belt, terminal = spot(view, "baggage_claim"), spot(view, "terminal_destination")
    somewhere = view.flight.lands_at or not view.flight.diverted
    known = [each for each in (belt, terminal) if somewhere and belt.now and each.text]
    where = ", ".join(each.text for each in known) or "no belt known yet"
    facts = tuple(fact for each in known for fact in each.facts)
    first = lead(f"{there}: {where}", facts=(*off_its_way, *facts))
    return [first] if belt.now else [first, next_time(view, leaving=False)]


def _where(view: View, what: str = "") -> tuple[str, tuple[str, ...]]:
    """`bags at EWR`, or that it comes down elsewhere than was told; and what that tells."""
    flight, there = view.flight, view.flight.lands_at
    if flight.diverted:
        words = f"{what}at {town(there)}, DIVERTED" if there else f"is {NOWHERE_YET}"
        return words, ("diverted_to", *view.left_behind)
    if view.rerouted:
        return view.rerouted, ("destination", *view.left_behind)
    return f"{what}at {there.short if there else 'arrival'}", ()


_ANSWERS: Mapping[Fact, Callable[[View], Sequence[Piece]]] = {
    Fact.ALL: _all,
    Fact.GATE: _gate,
    Fact.BAGS: _bags,
    Fact.WHEN: _when,
    Fact.PLANE: _all,  # of one that is cancelled; core/texts/planes.py has the others
}


class ListLine(Struct, frozen=True, kw_only=True):
    """A line of the list: the flight, or, while it is not pinned, what was saved; and what it is to who reads it.

    `planned` is how it was last seen in the timetable, where it stands if `is_listed`. `at` is when it leaves, where
    another of that number and day was saved too. `expected`: its plane is late, and it cannot leave before. `since`: no
    word since that moment.
    """

    ident: str
    role: Role = Role.TRAVELER
    flight: Flight | None = None
    on: date | None = None
    wish: str = ""
    origin: str | None = None
    destination: str | None = None
    at: time | None = None
    planned: ScheduledFlight | None = None
    is_listed: bool = True
    expected: datetime | None = None
    since: datetime | None = None


def list_text(rows: Sequence[ListLine], *, now: datetime, clock: ClockFace) -> tuple[str, Sequence[Tells]]:
    """Numbered from 1; as many as fit one segment, and how many more there are. And what each line that fits tells.

    Where they do not fit, what is saved is said without its timetable first.
    """
    plain = [replace(row, planned=None, destination=None) if row.is_listed else row for row in rows]
    for said in (rows, plain):
        lines = [fold(f"{number} {_line(row, now, clock)}") for number, row in enumerate(said, 1)]
        told = [_line_tells(row, now, clock) for row in said]
        for footer in ("Reply STATUS 1, UNTRACK 1 or MUTE 1.", ""):
            if units(_list_of(lines, footer)) <= SEGMENT:
                return _list_of(lines, footer), told
    shown = max(count for count in range(len(lines)) if units(_cut(lines, count)) <= SEGMENT)
    return _cut(lines, shown), told[:shown]


def _list_of(lines: Sequence[str], footer: str) -> str:
    return "\n".join([*lines, footer] if footer else lines)


def _cut(lines: Sequence[str], count: int) -> str:
    return _list_of(lines[:count], f"and {len(lines) - count} more: STATUS {count + 1} tells the next.")


def _line(row: ListLine, now: datetime, clock: ClockFace) -> str:
    if row.flight is None:
        return _saved_line(row, clock)
    flight = row.flight
    view = View(flight=flight, reader=Reader(ident=row.ident, now=now, clock=clock), role=row.role)
    word = "" if row.since and view.stands.state in BY_THE_CLOCK else _in_a_word(view)
    stands = " ".join(part for part in (_at(view), word) if part)
    silent = f", no word since {_here(row.since, _place(view), view)}" if row.since else ""
    late = f", plane late: {_clock(row.expected, flight.origin, flight.departure_date, clock)}" if row.expected else ""
    return f"{row.ident} {_short_day(flight.departure_date)} {route(flight)} {stands}{late}{silent}"


def _saved_line(row: ListLine, clock: ClockFace) -> str:
    when = _short_day(row.on) if row.on else row.wish or "next"
    if row.planned is None:
        where = "-".join(code for code in (row.origin, row.destination) if code)
        at = time_of_day(row.at, clock) if row.at else ""
        return " ".join(part for part in (row.ident, when, where, at, "saved") if part)
    if not row.is_listed:
        return f"{row.ident} {when} {route(row.planned)} not in timetable"
    return f"{row.ident} {when} {route(row.planned)} {_planned_at(row, row.planned, clock)} saved"


def _planned_at(row: ListLine, planned: ScheduledFlight, clock: ClockFace) -> str:
    """`14:10` to who travels, `arr 22:31` to who meets or watches it."""
    on = row.on or planned.departure_date
    if _goes_by_arrival(row, planned) and planned.scheduled_in and planned.destination:
        return f"arr {_clock(planned.scheduled_in, planned.destination, on, clock)}"
    return _clock(planned.scheduled_out, planned.origin, on, clock)


def _goes_by_arrival(row: ListLine, planned: ScheduledFlight) -> bool:
    return row.role is not Role.TRAVELER and planned.scheduled_in is not None and planned.destination is not None


def _line_tells(row: ListLine, now: datetime, clock: ClockFace) -> Tells:
    """What a line states. No line states that it is not cancelled, or not diverted."""
    if row.flight is None:
        return _saved_tells(row)
    view = View(flight=row.flight, reader=Reader(ident=row.ident, now=now, clock=clock), role=row.role)
    times = (DEPARTURE if view.is_here else ARRIVAL) if _at(view) else ()
    state = view.stands.state
    silence = {"stale": row.since.isoformat()} if row.since else {}
    if state in (State.CANCELLED, *PLANNED):
        return tells(row.flight, ("cancelled",) if state is State.CANCELLED else times) | silence
    elsewhere = ("diverted_to",) if row.flight.diverted else ()
    return tells(row.flight, ("phase", *_IN_PASSING.get(state, ()), *elsewhere, *times)) | silence


def _saved_tells(row: ListLine) -> Tells:
    if row.planned is None:
        return {}
    if not row.is_listed:
        return {"unlisted": "gone"}
    unsaid = DEPARTURE if _goes_by_arrival(row, row.planned) else ARRIVAL
    return {name: value for name, value in tells_of(row.planned).items() if name not in unsaid}


_IN_PASSING = {State.RETURNED: ("returned",), State.LANDED: ("phase_at",)}


def _at(view: View) -> str:
    """`14:10` where it leaves, `arr 22:31` where it arrives: by who reads it; nothing once it is over."""
    flight, state = view.flight, view.stands.state
    if view.is_here or state is State.CANCELLED:
        leaves = flight.departure.best
        return _here(leaves, flight.origin, view) if leaves else ""
    lands, there = flight.arrival.best, flight.destination
    if state in DOWN or state is State.DIVERTED or lands is None or there is None:
        return ""
    return f"{arrives_verb(flight)} {_here(lands, there, view)}"


def _here(moment: datetime, place: Airport, view: View) -> str:
    return _clock(moment, place, view.flight.departure_date, view.reader.clock)


def _clock(moment: datetime, place: Airport, on: date, clock: ClockFace) -> str:
    """`00:40 Wed`: with the weekday where that is not the day of the line."""
    there = moment.astimezone(place.zone).date()
    weekday = "" if there == on else f" {day(there).split()[0]}"
    return f"{clock_time(moment, place.zone, clock)}{weekday}"


def _short_day(on: date) -> str:
    """`Tue25Nov`, however far ahead."""
    return "".join(day(on).split())


def _in_a_word(view: View) -> str:
    stands = view.stands
    if stands.state in PLANNED:
        late = stands.late if view.is_here else notable(view.flight.arrival)
        return f"{'+' if late > timedelta() else '-'}{span(late)}" if late else "on time"
    there = f" {stands.where.short}" if stands.where else ""
    if stands.state is State.LANDED and stands.at:
        clock = _here(stands.at, stands.where, view) if stands.where else ""
        return f"landed {clock}".strip()
    return _IN_A_WORD[stands.state].format(there=there)


_IN_A_WORD = {
    State.DUE: "due, no report yet",
    State.OVERDUE: "no report that it left",
    State.RETURNED: "back at the gate",
    State.LEFT: "left the gate",
    State.TAXIING: "left the gate, not off yet",
    State.FLYING: "in the air",
    State.OVERDUE_LANDING: "no report that it landed",
    State.LANDED: "landed",
    State.ARRIVED: "at the gate",
    State.CANCELLED: "CANCELLED",
    State.DIVERTED: "DIVERTED{there}",
    State.LANDED_ELSEWHERE: "DIVERTED, landed{there}",
    State.ARRIVED_ELSEWHERE: "DIVERTED, landed{there}",
}
