"""The texts that answer a wish to follow a flight: that it is tracked, as it stands now, or that it is saved.

The first text a number ever gets says who writes, for whom, and how to end it.
"""

from collections.abc import Sequence

from msgspec import Struct

from flait.core.flights import Flight, ScheduledFlight
from flait.core.history import Punctuality
from flait.core.messages import units
from flait.core.standing import DOWN, State
from flait.core.structure import Headline
from flait.core.subscriptions import ClockFace, Role
from flait.core.texts.formats import SEGMENT, Piece, Reader, about, day, fitted, fold, lead, spelled
from flait.core.texts.next_steps import next_step
from flait.core.texts.standing import NOTHING_TOLD, ON_TIME, View, Words, stand, told_by
from flait.core.texts.standing_places import places
from flait.core.texts.timetable import planned_times
from flait.core.texts.wording import Text, flown_words, label, route
from flait.core.timetable import tells_of
from flait.core.told import Told

LAST_RANK = 9  # goes first where there is no room
FOOTER = "Msg rates may apply. STOP to end."
LONGEST_NAME = 16  # characters of a person's name


class Greeting(Struct, frozen=True, kw_only=True):
    """What the first text to a number says besides: for whom it is, and who set it up, where that is known."""

    name: str = ""
    contact: str = ""

    @property
    def openings(self) -> Sequence[str]:
        """The openings, from the fullest to the shortest."""
        name = spelled(self.name)[:LONGEST_NAME].strip()
        return (*([f"Flait flight alerts for {name}:"] if name else []), "Flait flight alerts:", "Flait:")


def trial_text(name: str) -> str:
    """What somebody reads who is to see whether texts arrive; it may be the first text to that number."""
    opening = Greeting(name=name).openings[0]
    return f"{opening} this is a test, and it has arrived. Nothing to do. {FOOTER}"


def tracked_text(
    flight: Flight,
    reader: Reader,
    *,
    role: Role = Role.TRAVELER,
    first: Greeting | None = None,
    hears_progress: bool = True,
    record: Punctuality | None = None,
    told: Told = NOTHING_TOLD,
) -> Text:
    """The confirmation: which flight of which day, as it stands now for somebody in that role.

    What they were `told` when it was saved, and is another now, stands beside it. Who does not hear of its progress is
    promised no texts about it.
    """
    view = View(flight=flight, reader=reader, role=role, told=told, on=flight.departure_date)
    words = stand(view)
    codeshare = "" if label(flight, reader.ident) == reader.ident else f" = {flight.number}"
    state = _state(words, f"{day(flight.departure_date)}{codeshare}", flight, reader.ident, tracking=first is None)
    flown = "" if view.stands.state is State.CANCELLED else flown_words(record)
    more = [*places(view), *_next_steps(view, hears_progress=hears_progress), Piece(flown, LAST_RANK)]
    said = fitted(_greeted(state, more, first))
    destination = {"destination": flight.destination.short} if flight.destination else {}
    return Text(structure=said, tells={**told_by(flight, said.facts), **destination})


def _state(words: Words, on: str, flight: Flight, ident: str, *, tracking: bool) -> Piece:
    """What changes the day leads: CANCELLED, DIVERTED."""
    way = route(flight)
    if words.title == "is CANCELLED":
        return about(lead(on, route=way, facts=words.tells), ident, "CANCELLED:")
    if flight.diverted:
        return about(words.behind(on, ",", route=way, facts=words.of_title), ident, f"{words.title}:")
    titled = words.title not in ("", ON_TIME)
    news, mark = (f"{on}, {words.title}", ":") if titled else (on, ",")
    piece = words.behind(news, mark, route=way, facts=words.of_title)
    return about(piece, ident, "Tracking" if tracking else "")


def _next_steps(view: View, *, hears_progress: bool) -> list[Piece]:
    state = view.stands.state
    if state is State.CANCELLED:
        return [Piece(next_step(view), 2), Piece("We tell you if it is on again.", 3)]
    if view.flight.diverted:
        return [Piece(next_step(view), 3)]
    if view.role is Role.TRAVELER or state in DOWN or not hears_progress:
        return []
    in_the_air = state in (State.FLYING, State.OVERDUE_LANDING)
    return [Piece(f"We text when it {'' if in_the_air else 'takes off and '}lands.", 3)]


def _greeted(state: Piece, more: Sequence[Piece], first: Greeting | None) -> list[Piece]:
    if first is None:
        return [state, *more]
    kept = " ".join(piece.text for piece in (state, *more) if not piece.rank and piece.text)
    room = SEGMENT - units(fold(f" {kept} {FOOTER}"))
    opening = next((text for text in first.openings if units(text) <= room), first.openings[-1])
    footer = Piece(FOOTER, 0 if units(opening) <= room else 5)
    contact = Piece(f"Set up by {known}." if (known := spelled(first.contact)) else "", 4)
    headline = state.lead.headline if state.lead else Headline()
    if headline.opening:  # CANCELLED, DIVERTED
        return [state, *more, Piece(f"{opening[:-1]}."), contact, footer]
    return [about(state, headline.flight, opening), *more, contact, footer]


def greeted(body: str, first: Greeting) -> str:
    """Words of another kind as the first that reach a number; over two segments if need be."""
    texts = [f"{opening} {body} {FOOTER}" for opening in first.openings]
    return next((text for text in texts if units(text) <= SEGMENT), texts[0])


def says_who_writes(body: str) -> bool:
    """Whether a text says by itself who writes, or how to end it."""
    return body.startswith("Flait") or FOOTER in body or "Flait flight alerts" in body


def pending_text(
    flight: ScheduledFlight, ident: str, *, first: Greeting | None = None, clock: ClockFace = ClockFace.H24
) -> Text:
    """Saved, days ahead of live data, with the times of its timetable."""
    times = planned_times(flight, Reader(ident=ident, now=flight.scheduled_out, clock=clock))
    saved = about(lead(f"{day(flight.departure_date)} saved", *times, route=route(flight)), ident)
    then = "We text you 2 days before." if first else "Live tracking starts 2 days before; we text you then."
    said = fitted(_greeted(saved, [Piece(then, 1)], first))
    told = set(said.facts)
    return Text(structure=said, tells=tells_of(flight, arrival="arrival" in told) if "departure" in told else {})
