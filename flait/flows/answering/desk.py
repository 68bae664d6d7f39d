"""What an answer is made with, and which of a person's flights a command means.

A command is answered in two halves: what has to be asked outside comes first, and gives an Act; the Act runs inside
the one transaction that stores the effect and the words. Nothing here calls out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from flait.clock import Clock
from flait.core import reply_texts as texts
from flait.core.dates import parse_date
from flait.core.flights import Airport, Phase, phase
from flait.core.formats import Reader, day, time_of_day
from flait.core.idents import Ident
from flait.core.messages import Channel
from flait.core.reply_kinds import ListNumber, Subject
from flait.core.subscriptions import User
from flait.core.whatsapp import NO_WHATSAPP, Setup
from flait.core.wording import route
from flait.errors import InvalidDate
from flait.flows import telling
from flait.flows.ports import FlightSource
from flait.store import Heard, Store, SubscriptionView

QUESTION, LIST, UNDO = "question", "list", "undo"  # kinds of dialogues
WAITS = timedelta(minutes=10)  # how long a question and an UNDO wait: the texts say so
LIST_HOLDS = timedelta(days=1)  # how long its numbers stand for the flights they were given to


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the operator set: whom people can ask, how typed numbers are read, and what polls go by.

    `allow` are the beginnings of costly numbers that may be texted all the same.
    """

    contact: str = ""
    region: str = "US"
    allow: Sequence[str] = ()
    whatsapp: Setup = NO_WHATSAPP
    polls: telling.Rules = field(default_factory=telling.Rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One text, who sent it, and what answering takes. Somebody unknown is a User with id 0."""

    store: Store
    source: FlightSource
    clock: Clock
    boot: str
    rules: Rules
    user: User
    heard: Heard

    @property
    def now(self) -> datetime:
        """The moment."""
        return self.clock.now()

    @property
    def phone(self) -> str:
        """Who is answered."""
        return self.heard.inbound.sender

    @property
    def channel(self) -> Channel:
        """The way it came is the way it is answered."""
        return Channel.WHATSAPP if self.heard.inbound.whatsapp else Channel.SMS

    def reader(self, ident: str = "") -> Reader:
        """How this person reads, now."""
        return Reader(ident=ident, now=self.now, clock=self.user.clock)

    def open(self, kind: str) -> dict[str, object] | None:
        """What was asked of this person and still waited when they wrote."""
        return self.store.dialogue(self.phone, kind, self.heard.received_at)

    def put(self, kind: str, state: Mapping[str, object], waits: timedelta = WAITS) -> None:
        """Inside a transaction: what waits for an answer, or can be undone."""
        self.store.put_dialogue(self.phone, kind, state, self.now + waits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One text of an answer, the facts it states, and the subscription it is about."""

    body: str
    tells: Mapping[str, str | bool] = field(default_factory=dict)
    subscription_id: int | None = None
    flight_id: int | None = None


Act = Callable[[], Sequence[Line]]


def say(body: str) -> Act:
    """An answer without effect."""
    return lambda: [Line(body=body)]


def following(desk: Desk) -> list[SubscriptionView]:
    """What the person follows, in the order of the list: by departure, what is not pinned last."""
    return sorted(desk.store.subscription_views(desk.user.id), key=_leaves)


_NEVER = datetime.max.replace(tzinfo=UTC)


def _leaves(view: SubscriptionView) -> tuple[date, datetime, int]:
    leaves = view.flight.departure.best if view.flight else None
    return view.subscription.departure_date or date.max, leaves or _NEVER, view.subscription.id


def meant(desk: Desk, subject: Subject | None, on: str | None = None) -> list[SubscriptionView]:
    """Which of them a command can mean; `on` is a date as written. Without a subject: any."""
    views = following(desk)
    if isinstance(subject, ListNumber):
        views = _listed(desk, views, subject.number)
    elif isinstance(subject, Ident):
        ids = {subscription.id for subscription in desk.store.live_for(desk.user.id, str(subject))}
        views = [view for view in views if view.subscription.id in ids]
    return [view for view in views if on is None or _is_on(desk, view, on)]


def _listed(desk: Desk, views: Sequence[SubscriptionView], number: int) -> list[SubscriptionView]:
    """By the list last sent: a number stands for the same flight until the next list, whatever has ended since."""
    listed = desk.open(LIST)
    ids = listed["ids"] if listed else [view.subscription.id for view in views]
    assert isinstance(ids, list)
    wanted = ids[number - 1] if number <= len(ids) else None
    return [view for view in views if view.subscription.id == wanted]


def _is_on(desk: Desk, view: SubscriptionView, on: str) -> bool:
    known = view.subscription.departure_date
    if known is None:
        return view.subscription.wish == on
    today = desk.now.astimezone(place_of(desk, view).zone).date()
    try:
        return parse_date(on).on(today, behind=timedelta(days=1)) == known
    except InvalidDate:
        return False


def current(views: Sequence[SubscriptionView], now: datetime) -> SubscriptionView:
    """The one that matters now: in the air, else the next to leave, else the last to have landed."""
    return min(views, key=lambda view: _urgency(view, now))


_TURNS = {Phase.OFF: 0, Phase.DIVERTED: 0, Phase.SCHEDULED: 1, Phase.OUT: 1, Phase.ON: 2, Phase.IN: 2}


def _urgency(view: SubscriptionView, now: datetime) -> tuple[int, timedelta, int]:
    flight = view.flight
    if flight is None:
        on = view.subscription.departure_date or date.max
        return 4, timedelta(days=on.toordinal()), view.subscription.id
    turn = _TURNS.get(phase(flight), 3)
    moment = (flight.arrival if turn in (0, 2) else flight.departure).best or _NEVER
    return turn, now - moment if turn == 2 else moment - now, view.subscription.id


def nothing_meant(subject: Subject | None) -> str:
    """The answer when a command means none of the person's flights."""
    if isinstance(subject, ListNumber):
        return texts.not_listed_text(subject.number)
    return texts.not_followed_text(str(subject)) if isinstance(subject, Ident) else texts.NO_FLIGHTS


def name_of(desk: Desk, view: SubscriptionView) -> str:
    """`UA1234 Tue 25 Nov`; `UA1234 SFO-EWR 14:10 Tue 25 Nov` where the person follows several legs of that day."""
    subscription = view.subscription
    others = [other for other in following(desk) if other.subscription.id != subscription.id]
    alike = [other for other in others if _name(other) == _name(view)]
    place = _route(view) if alike else ""
    leaves = subscription.leaves_at if any(_route(other) == place for other in alike) else None
    at = time_of_day(time.fromisoformat(leaves), desk.user.clock) if leaves else ""
    return " ".join(part for part in (subscription.ident, place, at, _day(view)) if part)


def _name(view: SubscriptionView) -> tuple[str, str]:
    return view.subscription.ident, _day(view)


def _day(view: SubscriptionView) -> str:
    subscription = view.subscription
    return day(subscription.departure_date) if subscription.departure_date else subscription.wish


def _route(view: SubscriptionView) -> str:
    """`SFO-EWR`, as far as it is known."""
    subscription = view.subscription
    if view.flight:
        return route(view.flight)
    return "-".join(code for code in (subscription.origin, subscription.destination) if code)


def short_name_of(desk: Desk, view: SubscriptionView) -> str:
    """`UA1234`, with its day where the person follows the number on more than one."""
    ident = view.subscription.ident
    alike = [other for other in following(desk) if other.subscription.ident == ident]
    return name_of(desk, view) if len(alike) > 1 else ident


def leg_of(view: SubscriptionView) -> str:
    """`SFO-EWR Tue 25 Nov`."""
    where, origin = _route(view), view.subscription.origin
    return f"{f'from {where}' if where == origin else where} {_day(view)}".strip()


def place_of(desk: Desk, view: SubscriptionView | None) -> Airport:
    """Whose clock the person is answered by: where the flight leaves, else their own zone's."""
    if view and view.flight:
        return view.flight.origin
    return Airport(code="", timezone=desk.user.timezone or "UTC")
