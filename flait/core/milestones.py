"""What is due by the clock alone: check-in, leaving for the airport, boarding, going to meet. Each is said once.

A milestone moves with its flight, and is silent when it is past, or when there is nothing to be reminded of. Which one
is due is decided here; that somebody waits for one is a moment (flows/remind.py).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from flait.core.changes import Change, ChangeKind
from flait.core.flights import Flight, Phase, cancelled, is_on_ground, progress
from flait.core.observations import is_overtaken
from flait.core.preferences import LEADS, OFF, Level, Wishes
from flait.core.subscriptions import Role
from flait.core.told import Told, boards

K = ChangeKind
M = timedelta(minutes=1)
JOINS = 10 * M  # so near to another text about the flight a milestone goes with it
GETS_READY = 10 * M  # between the boarding text and the boarding
GATE_WAITS = 75 * M  # a first gate goes with a milestone that is so near

When = Callable[[Flight, timedelta], datetime | None]


class Rule(Struct, frozen=True, kw_only=True):
    """Who is told, when it is due by the flight and their lead, and until when it is of use; never after `ends`."""

    role: Role
    due: When
    useful: timedelta
    ends: Callable[[Flight], datetime | None]
    holds: Callable[[Flight, datetime], bool]


def _leaves(flight: Flight, now: datetime) -> bool:
    """Whether it is still to leave, as far as is known."""
    best = flight.departure.best
    return progress(flight) is Phase.SCHEDULED and best is not None and best > now


def _comes(flight: Flight, now: datetime) -> bool:
    """Whether it is on its way to where it was to go, or about to be: a short hop may be met before it leaves."""
    best = flight.arrival.best
    if flight.diverted or is_overtaken(flight) or best is None or best <= now or is_on_ground(flight):
        return False
    return progress(flight) is not Phase.SCHEDULED or _leaves(flight, now)


def _before(moment: datetime | None, lead: timedelta) -> datetime | None:
    return moment - lead if moment else None


MILESTONES: Mapping[ChangeKind, Rule] = {
    K.CHECKIN: Rule(
        role=Role.TRAVELER,
        due=lambda flight, lead: _before(flight.departure.scheduled, lead),
        useful=12 * 60 * M,
        ends=lambda flight: _before(flight.departure.scheduled, 12 * 60 * M),
        holds=_leaves,
    ),
    K.LEAVE: Rule(
        role=Role.TRAVELER,
        due=lambda flight, lead: _before(flight.departure.best, lead),
        useful=45 * M,
        ends=lambda flight: flight.departure.best,
        holds=_leaves,
    ),
    K.BOARDING: Rule(
        role=Role.TRAVELER,
        due=lambda flight, _: _before(boards(flight), GETS_READY),
        useful=60 * M,
        ends=lambda flight: flight.departure.best,
        holds=_leaves,
    ),
    K.MEET: Rule(
        role=Role.MEETER,
        due=lambda flight, lead: _before(flight.arrival.best, lead),
        useful=12 * 60 * M,
        ends=lambda flight: flight.arrival.best,
        holds=_comes,
    ),
}


class Milestone(Struct, frozen=True, kw_only=True):
    """A milestone that is still to be told: from when, and until when; `lead` is how long before what it is due."""

    kind: ChangeKind
    at: datetime
    until: datetime
    lead: timedelta = timedelta()

    @property
    def change(self) -> Change:
        """The milestone as news."""
        return Change(kind=self.kind, facts=(self.kind.value,), threshold=self.lead)


class Missed(StrEnum):
    """Why a milestone that somebody wants does not come for a flight that is still ahead."""

    SAID = "said"
    PAST = "past"


def missed(kind: ChangeKind, told: Told, flight: Flight, *, role: Role, wishes: Wishes, now: datetime) -> Missed | None:
    """Why they hear no more of it; None: they do, or it is none of theirs, or they want none."""
    rule = MILESTONES[kind]
    unwanted = kind in wishes.off or wishes.leads.get(kind) == OFF or wishes.level is Level.IMPORTANT
    if wishes.since is None or rule.role is not role or unwanted or cancelled(flight) or not rule.holds(flight, now):
        return None
    if getattr(told, kind):
        return Missed.SAID
    coming = ahead(told, flight, role=role, wishes=wishes, now=now)
    return None if any(one.kind is kind for one in coming) else Missed.PAST


def ahead(told: Told, flight: Flight, *, role: Role, wishes: Wishes, now: datetime) -> Iterator[Milestone]:
    """The milestones that this person is still to hear, those included that are due now.

    Who was told that it is cancelled, and it is not, hears first that it is on again.
    """
    if cancelled(flight) or wishes.since is None or wishes.level is Level.IMPORTANT:
        return
    for kind, rule in MILESTONES.items():
        lead = wishes.leads.get(kind, LEADS.get(kind, GETS_READY))
        due, end = rule.due(flight, lead), rule.ends(flight)
        wanted = rule.role is role and kind not in wishes.off and lead > OFF and not getattr(told, kind)
        if not wanted or due is None or end is None or due <= wishes.since + JOINS:
            continue
        last = max(due, told.departure - lead) if kind is K.LEAVE and told.departure else due  # they go by that
        until = min(end, last + rule.useful)
        if until > now and rule.holds(flight, now):
            yield Milestone(kind=kind, at=due, until=until, lead=lead)
