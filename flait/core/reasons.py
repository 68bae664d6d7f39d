"""Why a text was told: what its rule asked for, and the looks that showed it. Noted when it is decided.

What a person was told before is not noted: the texts themselves say it, for as long as they are kept. Pure.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from flait.core.changes import MOVES, Change, ChangeKind
from flait.core.flights import Flight, Phase
from flait.core.messages import Message
from flait.core.told import CONNECTION, FACTS, PLANE
from flait.core.trips import between_words

if TYPE_CHECKING:
    from flait.core.alerts import Alert

K = ChangeKind
HELD: Final = "held"  # the journal's word for what began to wait
Look = tuple[datetime, Flight]
"""When a flight was seen, and how."""

_REMINDED: Final[Mapping[ChangeKind, str]] = {
    # a milestone → the fact by which it is due
    K.CHECKIN: "scheduled_out",
    K.LEAVE: "departure",
    K.BOARDING: "boards",
    K.MEET: "arrival",
}
_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    # a fact → the fields from which it is read, where they have other names
    "departure": ("out", "off"),
    "boards": ("out", "off"),
    "arrival": ("in_", "on"),
    "scheduled_out": ("out", "off"),
    "scheduled_in": ("in_", "on"),
    "phase": ("out", "off", "on", "in_"),
    "phase_at": ("out", "off", "on", "in_"),
}


class Seen(Struct, frozen=True, kw_only=True):
    """What one look showed of the fact that the text is about, in the form in which texts keep it."""

    at: datetime
    value: str | bool


class Decided(Struct, frozen=True, kw_only=True):
    """One decision as it was noted. An earlier Flait noted only what was told, how urgent it was, and what waited."""

    at: datetime
    kinds: tuple[str, ...]
    priority: str = ""
    held: tuple[str, ...] = ()
    fact: str = ""
    threshold_min: int = 0
    looks: tuple[Seen, ...] = ()
    asked: bool = False

    @property
    def threshold(self) -> timedelta:
        """What the rule asked for; nothing where it has no such number, or where none was noted."""
        return timedelta(minutes=self.threshold_min)


class Waited(Struct, frozen=True, kw_only=True):
    """News that waited for time alone: since when, why, and for what moment."""

    kind: str
    since: datetime
    why: str
    until: datetime


class Reason(Struct, frozen=True, kw_only=True):
    """Why one text was told, as far as it is still known.

    `before` is what its person had been told of that fact, and when. Without `decided` the decision is not on record.
    """

    message: Message
    decided: Decided | None = None
    before: Seen | None = None
    waited: tuple[Waited, ...] = field(default=())

    @property
    def kind(self) -> ChangeKind:
        """What led the text."""
        return ChangeKind(self.message.kind)


def noted(alert: "Alert", looks: Sequence[Look], *, asked: bool) -> dict[str, object]:
    """What is kept with the alert; of the looks those that showed it, the deciding one last."""
    change = alert.changes[0]
    fact = fact_of(change, alert)
    return {
        "fact": fact,
        "threshold_min": round(change.threshold / timedelta(minutes=1)),
        "looks": [{"at": at, "value": value} for at, value in _that_showed(fact, alert, looks)],
        "asked": asked,
    }


def fact_of(change: Change, alert: "Alert") -> str:
    """The one fact that makes it news."""
    if change.kind in MOVES:
        return change.end.value
    if change.kind is K.ARRIVAL_GATE and alert.flight.gate_destination == alert.told.gate_destination:
        return "terminal_destination"
    return _REMINDED.get(change.kind, change.facts[0])


def _that_showed(fact: str, alert: "Alert", looks: Sequence[Look]) -> list[tuple[datetime, str | bool]]:
    """Only what a look showed by itself: nothing that it left out and that was filled in from before."""
    if fact == PLANE:
        return _of_plane(alert)
    known, last = _as_told(getattr(alert.told, fact)), len(looks) - 1
    found = []
    for number, (at, flight) in enumerate(looks):
        value = None if _is_filled(fact, flight) else _shown(fact, flight, alert)
        is_news = value != known and fact != CONNECTION  # of a connection that look may have been at the other flight
        if value is not None and (number == last or is_news):
            found.append((at, value))
    return found


def _of_plane(alert: "Alert") -> list[tuple[datetime, str | bool]]:
    """The look at the plane, and its arrival by that."""
    plane = alert.plane
    arrives = plane.flight.arrival.best if plane else None
    return [(plane.seen_at, arrives.isoformat())] if plane and plane.seen_at and arrives else []


def _shown(fact: str, flight: Flight, alert: "Alert") -> str | bool | None:
    if fact != CONNECTION:
        return FACTS[fact](flight)
    return between_words(alert.flight, alert.onward) if alert.onward else None


def _is_filled(fact: str, flight: Flight) -> bool:
    fields = _EVENTS.get(fact, (fact,))
    return any(name.partition(".")[0] in fields for name, _ in flight.blank)


def _as_told(known: object) -> object:
    """A fact as texts keep it."""
    if isinstance(known, datetime):
        return known.isoformat()
    return known.value if isinstance(known, Phase) else known
