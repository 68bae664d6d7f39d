"""Which changes become a text, for whom, and when. What makes them wait is in holds.py.

Nothing is sent twice because nothing is compared with the last poll: a change that is held (unconfirmed, cooling
down, over the cap) is simply still a change at the next look, against what the person was last told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from flait.core import planes
from flait.core.changes import DELAY, GATES, MOVES, ORDER, STEP_NEAR, Change, ChangeKind, Ear, End, changes
from flait.core.doubts import NO_DOUBTS, Doubts, doubts_of
from flait.core.flights import Flight, Phase, is_on_ground, left_at, progress
from flait.core.history import Punctuality
from flait.core.holds import (
    BIG_MOVE,
    CONFIRM_BIG,
    PLANES,
    SOONER_THAN_TOLD,
    Hold,
    PastText,
    awaits_next,
    flaps,
    hold_of,
    out_of_reach,
)
from flait.core.milestones import GATE_WAITS, JOINS, MILESTONES, Milestone, ahead
from flait.core.planes import Plane
from flait.core.preferences import NO_WISHES, Level, Wishes
from flait.core.priorities import RULES, TAKE_BACK, Priority
from flait.core.subscriptions import Role
from flait.core.told import Told, further, presumed
from flait.core.trips import Feed, Onward, goes_on_soon, of_connection, seen_before
from flait.core.values import replace

K = ChangeKind


EARS: Mapping[Role, tuple[tuple[End, timedelta], tuple[End, timedelta]]] = {
    # role       on the ground: the end, no move below   in the air
    Role.TRAVELER: ((End.DEPARTURE, timedelta()),         (End.DEPARTURE, timedelta())),
    Role.MEETER:   ((End.ARRIVAL, timedelta()),           (End.ARRIVAL, timedelta())),
    Role.WATCHER:  ((End.DEPARTURE, timedelta(hours=1)),  (End.ARRIVAL, timedelta(minutes=30))),
}  # fmt: skip

CRITICAL_GATE = timedelta(minutes=90)  # a gate change this near to departure is P0
BELT_WAITS = timedelta(minutes=15)  # so long after touchdown a traveler's landing text waits for the belt
NEAR_IN_QUIET = timedelta(hours=6)  # what is P1 comes in quiet hours where the flight is so near
WITH_CONNECTION = MOVES | GATES | {K.LEAVE, K.BOARDING}  # of the second flight: told after how sure it is
CALLS = frozenset({K.LEAVE, K.BOARDING, K.MEET})  # milestones that tell somebody to go


class Alert(Struct, frozen=True, kw_only=True):
    """What one poll means for one person: one text, led by the first change. `since`: no word since that moment.

    `as_of`: it was seen and is said as of then. `onward`: they go on with it. `is_brought`: another flight still brings
    them to where it leaves. `plane`: it is to leave with that. `offers`: there is money to look up others; `spent`: and
    none to look at this one. `once`: what one look alone showed, and none came since.
    """

    flight: Flight
    told: Told
    changes: tuple[Change, ...]
    role: Role
    priority: Priority
    expires_at: datetime
    gate_flaps: bool = False
    since: datetime | None = None
    as_of: datetime | None = None
    onward: Onward | None = None
    is_brought: bool = False
    plane: Plane | None = None
    record: Punctuality | None = None  # of its leg under its number, where a text may say it
    offers: bool = True
    once: tuple[Change, ...] = ()
    spent: bool = False

    @property
    def is_reminder(self) -> bool:
        """Whether time alone has brought it."""
        return self.changes[0].kind in MILESTONES

    @property
    def goes_on(self) -> bool:
        """Whether its person is down, and goes on with another flight within hours."""
        return self.role is Role.TRAVELER and goes_on_soon(self.flight, self.onward)


Held = tuple[tuple[ChangeKind, str], ...]
"""Changes that are true and not told, each with why it waits."""


class Decision(Struct, frozen=True, kw_only=True):
    """The alert, if one is due now; and when at the latest to look at the flight again because of what was held.

    `moment` is when what waits for time alone is to be decided anew, without a look. `held` and `waits`, what of it
    waits until when, are for the journal. `doubts` is what is told, as that, where no second look can be had.
    """

    alert: Alert | None
    look_again: timedelta | None
    moment: datetime | None = None
    held: Held = ()
    waits: tuple[tuple[ChangeKind, str, datetime], ...] = ()
    doubts: Doubts = NO_DOUBTS


def decide(
    told: Told,
    past: Sequence[PastText],
    *,
    role: Role,
    before: Flight | None,
    after: Flight,
    now: datetime,
    seen_at: datetime | None = None,
    delay: timedelta = DELAY,
    wishes: Wishes = NO_WISHES,
    onward: Onward | None = None,
    feeds: Collection[Feed] = (),
    plane: Plane | None = None,
) -> Decision:
    """What to tell one person: `before` is the flight as of the look before, `after` as of the last one.

    Without `seen_at` that look was just now. With it this is a moment, and what differs is what differed when it was
    seen: nothing becomes surer, or fresher, while nobody looks. Without `before` nothing is sure that takes two looks.
    While something big is read a second time, a minute's wait, other news waits with it: one text, not two.
    While a mute holds only P0 is told, in quiet hours that and little else; the rest stays untold, and so is news
    afterwards, if still true. A milestone that is due leads a text, or goes with one.
    """
    case = _Case(
        told=presumed(told, before or after),
        past=[text for text in past if text.at <= now],  # others were written by a clock that was ahead
        flight=after,
        role=role,
        ear=ear_of(role, after, delay),
        wishes=wishes,
        now=now,
        seen=seen_at or now,
        onward=onward,
        feeds=feeds,
        plane=plane,
    )
    return case.decision(before, is_moment=seen_at is not None)


def _decision(
    alert: Alert | None,
    holds: Sequence[tuple[ChangeKind, Hold]],
    moments: Iterable[datetime],
    doubts: Doubts,
) -> Decision:
    return Decision(
        alert=alert,
        look_again=min((hold.look_again for _, hold in holds if hold.look_again), default=None),
        moment=min([*(hold.until for _, hold in holds if hold.until), *moments], default=None),
        held=tuple((kind, hold.why) for kind, hold in holds),
        waits=tuple((kind, hold.why, hold.until) for kind, hold in holds if hold.until),
        doubts=doubts,
    )


def _settled(
    news: Sequence[Change], held: Sequence[Hold | None], *, led: bool
) -> tuple[list[Change], list[tuple[ChangeKind, Hold]]]:
    """What is told now, and what waits and why; nothing is told whose words would say what is not sure yet.

    `led`: a text goes out anyway.
    """
    if led or None in held:
        held = [None if hold and hold.joins else hold for hold in held]
    due = [change for change, hold in zip(news, held, strict=True) if hold is None]
    holds = [(change.kind, hold) for change, hold in zip(news, held, strict=True) if hold]
    return ([] if any(hold.look_again == CONFIRM_BIG for _, hold in holds) else due), holds


class _Case(Struct, frozen=True, kw_only=True):
    """One person and one flight, as it was `seen`: what concerns them, what waits, and the text about the rest."""

    told: Told
    past: Sequence[PastText]
    flight: Flight
    role: Role
    ear: Ear
    wishes: Wishes
    now: datetime
    seen: datetime
    onward: Onward | None
    feeds: Collection[Feed]
    plane: Plane | None

    def decision(self, before: Flight | None, *, is_moment: bool) -> Decision:
        """What is told now, what waits and until when. A look alone says that there is no word."""
        news = [one for one in self.news() if not (is_moment and one.kind is K.STALE)]
        seen_twice = self.news_before(before) if news and before else ()  # most polls show none
        coming = tuple(ahead(self.told, self.flight, role=self.role, wishes=self.wishes, now=self.now))
        of_next = of_connection(self.told, before, self.onward) if before else ()
        held = [awaits_next(one, seen_twice, of_next) or self.hold_of(one, seen_twice, coming) for one in news]
        unsure = [change.kind for change, hold in zip(news, held, strict=True) if hold and hold.look_again]
        waits = {one.kind: hold for one in coming if (hold := self.hold_of_milestone(one, unsure))}
        free = [one for one in coming if one.kind not in waits]
        ripe = [one.change for one in free if one.at <= self.now]
        lead = [*(change for change, hold in zip(news, held, strict=True) if hold is None), *ripe]
        due, holds = _settled(news, held, led=bool(ripe))
        reminders = [one for one in free if one.at <= self.now + JOINS] if due or ripe else []
        return _decision(
            self.alert(due, lead, reminders) if due or reminders else None,
            [*holds, *waits.items()],
            [self.now + CONFIRM_BIG if one in reminders else one.at for one in free],  # what had no room is not told
            doubts_of(news, held, due, onward=self.onward, plane=self.plane),
        )

    def news(self) -> list[Change]:
        """What differs and concerns them."""
        found = changes(self.told, self.flight, ear=self.ear, now=self.seen)
        plane = planes.changes_of(self.told, self.flight, self.plane)
        onward = of_connection(self.told, self.flight, self.onward)
        return [one for one in (*found, *onward, *plane) if self.concerns(one)]

    def news_before(self, before: Flight) -> tuple[Change, ...]:
        """What differed at the look before."""
        found = changes(self.told, before, ear=self.ear, now=self.seen)
        plane = planes.seen_before(self.told, before, self.flight, self.plane)
        return (*found, *seen_before(self.told, before, self.flight, self.onward), *plane)

    def concerns(self, change: Change) -> bool:
        """Whether they hear of it, by their role, and by what they asked for."""
        down = change.kind in (K.LANDED, K.ARRIVED) and not further(self.told.phase, Phase.OFF)
        next_flight = down and self.role is Role.TRAVELER and goes_on_soon(self.flight, self.onward)
        if not next_flight and not _concerns(change, self.role, self.told, self.flight):
            return False
        minor = self.wishes.level is Level.IMPORTANT and self._priority(change) > Priority.P1
        unwanted = minor or change.kind in self.wishes.off
        return not unwanted or _takes_back(change, self.told, self.flight)

    def hold_of(self, change: Change, seen_twice: Sequence[Change], coming: Sequence[Milestone]) -> Hold | None:
        """Why that change waits. What is sure of the plane, and waits for time alone, goes with any text."""
        hold = self._hold_of(change, seen_twice, coming)
        is_sure = change.kind in PLANES and change.kind in {seen.kind for seen in seen_twice}
        return replace(hold, joins=True) if hold and hold.until and is_sure else hold

    def _hold_of(self, change: Change, seen_twice: Sequence[Change], coming: Sequence[Milestone]) -> Hold | None:
        urgency = self._priority(change)
        return (
            self._rests(change.kind, urgency)
            or _goes_with(change.kind, coming, self.now)
            or self._awaits_belt(change)
            or hold_of(
                change,
                self.past,
                seen_twice,
                flight=self.flight,
                now=self.now,
                urgent=urgency is Priority.P0,
            )
            or self._awaits_connection(change.kind)
        )

    def _awaits_connection(self, kind: ChangeKind) -> Hold | None:
        """How a flight moves to which another brings them is said with the connection, where that is news too.

        It waits for that text, and for no longer than a minute.
        """
        until = self.seen + CONFIRM_BIG
        waits = kind in WITH_CONNECTION and self.now < until and any(feed.tells_of_it for feed in self.feeds)
        return Hold(why="is told after the connection", until=until) if waits else None

    def _awaits_belt(self, change: Change) -> Hold | None:
        """Who sits in it knows that it is down: what they want is the belt, and it is published within minutes."""
        down = self.flight.on.actual or self.flight.in_.actual
        if change.kind not in (K.LANDED, K.ARRIVED) or self.role is not Role.TRAVELER or down is None:
            return None
        wanted = self.flight.diverted or self.told.stale or goes_on_soon(self.flight, self.onward)
        waits = not self.flight.baggage_claim and not wanted and self.now < down + BELT_WAITS
        return Hold(why="is told with the belt", until=down + BELT_WAITS, joins=True) if waits else None

    def hold_of_milestone(self, one: Milestone, unsure: Sequence[ChangeKind]) -> Hold | None:
        """Why a milestone waits that is due, or so near that it goes with other news.

        Its words say the times: while those are read a second time it waits, for as long as that look can be expected.
        """
        if one.at > self.now + JOINS:
            return None
        until = self.seen + JOINS
        if unsure and (self.now < until or not MOVES.issuperset(unsure)):
            return Hold(why="waits for what is not sure yet", until=until if self.now < until else None)
        reach = out_of_reach(self.past, self.now)
        return reach or self._rests(one.kind, Priority.P2) or self._awaits_connection(one.kind)

    def _rests(self, kind: ChangeKind, urgency: Priority) -> Hold | None:
        return rests(kind, urgency, flight=self.flight, role=self.role, wishes=self.wishes, now=self.now)

    def _priority(self, change: Change) -> Priority:
        return priority(change, self.flight, self.now)

    def alert(self, due: Sequence[Change], lead: Sequence[Change], reminders: Sequence[Milestone]) -> Alert:
        """`lead` is why it is told now; what else is due, and `reminders`, go with that, and make it no more urgent."""
        of_use = [self.now + RULES[change.kind][2] for change in due]
        of_use += [min(one.until, self.now + RULES[one.kind][2]) for one in reminders]
        every = [*due, *(one.change for one in reminders)]
        return Alert(
            flight=self.flight,
            told=self.told,
            changes=tuple(sorted(every, key=lambda change: ORDER[change.kind])),
            role=self.role,
            priority=min(self._priority(change) for change in lead if change in every),
            expires_at=max(of_use),
            gate_flaps=flaps(self.flight, self.past, self.now),
            onward=self.onward,
            is_brought=any(feed.is_under_way for feed in self.feeds),
            plane=self.plane,
        )


def rests(
    kind: ChangeKind, urgency: Priority, *, flight: Flight, role: Role, wishes: Wishes, now: datetime
) -> Hold | None:
    """A mute or quiet hours; what tells somebody to go now was asked for, and comes in the night too."""
    muted, quiet = wishes.muted_until, wishes.quiet_until(now)
    if urgency is Priority.P0:
        return None
    if muted and now < muted:
        return Hold(why="muted", until=muted)
    comes = (flight.arrival if role is Role.MEETER else flight.departure).best
    soon = urgency is Priority.P1 and comes is not None and comes - now <= NEAR_IN_QUIET
    waits = quiet and not soon and kind not in CALLS  # a text that comes anyway tells it too
    return Hold(why="quiet hours", until=quiet, joins=True) if waits else None


def _takes_back(change: Change, told: Told, flight: Flight) -> bool:
    """Whether what somebody was told is false without it, whatever they do not want to hear."""
    if change.kind is K.BELT:
        return bool(told.baggage_claim)
    if change.kind is K.DEPARTED:
        return _is_left_behind(told, flight)
    return change.kind in TAKE_BACK or bool(told.stale)


def _goes_with(kind: ChangeKind, coming: Sequence[Milestone], now: datetime) -> Hold | None:
    """A first gate is told with the milestone that comes next, where one does soon."""
    soon = [one.at for one in coming if one.kind in (K.LEAVE, K.BOARDING) and now < one.at <= now + GATE_WAITS]
    waits = kind in (K.GATE_FIRST, K.TERMINAL_FIRST) and soon
    return Hold(why="is told with what comes next", until=min(soon), joins=True) if waits else None


def ear_of(role: Role, flight: Flight, delay: timedelta = DELAY) -> Ear:
    """What of the flight's times this role follows now."""
    end, least = EARS[role][further(progress(flight), Phase.OUT)]
    return Ear(end=end, delay=max(delay, least), least=least)


def _concerns(change: Change, role: Role, told: Told, flight: Flight) -> bool:
    """Whether this role hears of it."""
    if change.kind is K.ARRIVAL_GATE and role is Role.TRAVELER:
        return is_on_ground(flight)
    if change.kind in (K.LANDED, K.ARRIVED):
        return _is_more_than_they_see(change, role, told, flight)
    if change.kind is K.DEPARTED and _is_left_behind(told, flight):
        return True
    if change.kind is K.BELT and role is Role.MEETER:
        return bool(told.baggage_claim)  # a first one goes with the landing, or is not worth a text
    return role in RULES[change.kind][1]


def _is_left_behind(told: Told, flight: Flight) -> bool:
    """Whether who goes by our last word is not on board: it left sooner than they were told."""
    left = left_at(flight)
    return left is not None and told.departure is not None and told.departure - left >= STEP_NEAR


def _is_more_than_they_see(change: Change, role: Role, told: Told, flight: Flight) -> bool:
    """Who is on board knows that it is down, and who was told needs no second "it is there": a place must be new."""
    where = (flight.gate_destination, flight.terminal_destination, flight.baggage_claim)
    said = (told.gate_destination, told.terminal_destination, told.baggage_claim)
    new_place = any(place and place != known for place, known in zip(where, said, strict=True))
    if change.kind is K.ARRIVED and told.phase is Phase.ON:
        terminal = flight.terminal_destination
        return role is Role.MEETER and bool(terminal) and terminal != told.terminal_destination
    return role is not Role.TRAVELER or new_place or flight.diverted or bool(told.stale)


def priority(change: Change, flight: Flight, now: datetime) -> Priority:
    """The table's priority; P0 is also a gate change near departure, and whatever happens sooner than was told: who
    acts on our last text misses the flight, or lets somebody wait.
    """
    leaves = flight.departure.best
    if change.kind in SOONER_THAN_TOLD and change.moved <= -(STEP_NEAR if change.end is End.DEPARTURE else BIG_MOVE):
        return Priority.P0
    if change.kind in (K.GATE_CHANGE, K.TERMINAL_CHANGE) and leaves and leaves - now <= CRITICAL_GATE:
        return Priority.P0
    return RULES[change.kind][0]
