"""Which of a person's flights a command means, as of when they wrote it; what is answered when it means none; names.

Nothing here calls out.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flait.core.dates import DateWish, parse_date
from flait.core.flights import Airport, Phase, phase
from flait.core.idents import Ident
from flait.core.replies.kinds import ListNumber, Subject
from flait.core.subscriptions import LIVE, Subscription, SubscriptionState
from flait.core.texts import answers as texts
from flait.core.texts.formats import day, time_of_day
from flait.core.texts.refusals import in_words
from flait.core.texts.wording import route
from flait.core.values import replace
from flait.core.wanted import ANYWHERE
from flait.errors import InvalidDate
from flait.flows.answering.desk import LIST, Desk
from flait.flows.wishes import wanted_of
from flait.store import Store, SubscriptionView
from flait.store.rows import read


def following(desk: Desk) -> list[SubscriptionView]:
    """What the person follows, in the order of the list: by departure, what is not pinned last."""
    return sorted(desk.store.subscription_views(desk.user.id), key=_leaves)


_NEVER = datetime.max.replace(tzinfo=UTC)


def _leaves(view: SubscriptionView) -> tuple[date, datetime, str, int]:
    leaves, one = view.flight.departure.best if view.flight else None, view.subscription
    return one.departure_date or date.max, leaves or _NEVER, one.leaves_at or "", one.id


def meant(desk: Desk, subject: Subject | None, on: str | None = None) -> list[SubscriptionView]:
    """Which of them a command can mean; `on` is a date as written. Without a subject: any."""
    return _meant(desk, following(desk), subject, on)


def meant_then(desk: Desk, subject: Subject | None, on: str | None = None) -> list[SubscriptionView]:
    """The same of what they followed when they wrote: nothing is ended or muted that they asked for afterwards."""
    return [view for view in meant(desk, subject, on) if not desk.is_since(view.subscription.asked_at)]


def _meant(
    desk: Desk, views: Sequence[SubscriptionView], subject: Subject | None, on: str | None
) -> list[SubscriptionView]:
    if isinstance(subject, ListNumber):
        listed = _listed(desk, subject.number)
        views = [view for view in views if listed and stands_for(desk.store, view, listed)][:1]
    elif isinstance(subject, Ident):
        numbered = {one.id for one in desk.store.live_for(desk.user.id, str(subject))}  # or the flight has that number
        views = [view for view in views if view.subscription.ident == str(subject) or view.subscription.id in numbered]
    return [view for view in views if on is None or is_on(desk, view, on)]


# A place on the list


def _listed(desk: Desk, number: int) -> Subscription | None:
    """What that number of the list stands for: the same flight until the next list, whatever has ended since."""
    state = desk.open(LIST)
    if state is None:
        entries: Sequence[Any] = [view.subscription for view in following(desk)]
    else:
        entries = state["flights"] if "flights" in state else state["ids"]  # as an earlier Flait put it
    return recalled(desk.store, entries[number - 1]) if number <= len(entries) else None


def recalled(store: Store, entry: Any) -> Subscription | None:
    """A subscription that was put into a dialogue, as it was then; an earlier Flait put its number alone."""
    if isinstance(entry, int):
        return store.subscription(entry)
    return entry if isinstance(entry, Subscription) else read(Subscription, entry)


def stands_for(store: Store, view: SubscriptionView, then: Subscription) -> bool:
    """Whether what is followed now is what was followed then: that very subscription, or one of the same flight."""
    now = view.subscription
    if now.id == then.id:
        return True
    if now.ident != then.ident:
        return False
    if _leg(now) == _leg(then) and (now.departure_date or then.departure_date):
        return True
    if now.departure_date is None or then.departure_date is None:
        ends = ((now.origin, then.origin), (now.destination, then.destination))
        same_way = all(one == other for one, other in ends if one and other)
        return same_way and (now.asked_at, now.wish) == (then.asked_at, then.wish)
    tracked = store.tracked(then.flight_id) if then.flight_id else None
    return tracked is not None and tracked.fa_flight_id == view.fa_flight_id


def _leg(one: Subscription) -> tuple[object, ...]:
    """Its day, as found or as a date that UNDO asks for again, its way and its time."""
    return str(one.departure_date or one.wish), one.origin, one.destination, one.leaves_at


def followed_now(store: Store, then: Subscription) -> Subscription | None:
    """That subscription, or the one that its person has of the same flight now; None: they do not follow it."""
    if then.state in LIVE:
        return then
    views = store.subscription_views(then.user_id)
    return next((view.subscription for view in views if stands_for(store, view, then)), None)


# A day


def is_on(desk: Desk, view: SubscriptionView, on: str) -> bool:
    """Whether that is its day, on the calendar where it leaves; where that is not known, on any."""
    try:
        wish = parse_date(on)
    except InvalidDate:
        return False
    subscription = view.subscription
    if subscription.departure_date is not None:
        return wish.names(subscription.departure_date, _today(desk, view))
    return any(_is_wished(desk, subscription, wish, offset) for offset in ANYWHERE)


def _is_wished(desk: Desk, subscription: Subscription, on: DateWish, offset: timedelta) -> bool:
    """The same of what is not found yet, on one of the world's calendars."""
    asked, today = ((moment + offset).astimezone(UTC).date() for moment in (subscription.asked_at, desk.written))
    try:
        day_asked_for = wanted_of(subscription).day_on(asked)
    except InvalidDate:
        return False
    days = [day_asked_for] if day_asked_for else [asked, asked + timedelta(days=1)]  # the next departure
    return any(on.names(one, today) for one in days)


def _today(desk: Desk, view: SubscriptionView | None) -> date:
    return desk.written.astimezone(place_of(desk, view).zone).date()


# Which one matters


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


# None


def nothing_meant(desk: Desk, subject: Subject | None, on: str | None = None) -> str:
    """The answer when a command means none of the person's flights: why not."""
    views = following(desk)
    if _meant(desk, views, subject, on):
        return texts.FOLLOWED_SINCE
    over = _meant(desk, _over_since(desk), subject, on)
    if over:
        return texts.over_text(name_of(desk, over[0]))
    others = _meant(desk, views, subject, None)
    if on is not None and others:
        ident = str(subject) if isinstance(subject, Ident) else ""
        return texts.not_that_day_text(ident, _day_named(desk, others[0], on), names_of(desk, others))
    if isinstance(subject, ListNumber):
        listed = _listed(desk, subject.number)
        return gone_text(desk, listed) if listed else texts.not_listed_text(subject.number)
    return texts.not_followed_text(str(subject)) if isinstance(subject, Ident) else texts.NO_FLIGHTS


def gone_text(desk: Desk, then: Subscription) -> str:
    """What was asked or listed once, and is not followed now."""
    day_of = _day(desk, then)
    alike = any(_name(desk, view) == (then.ident, day_of) for view in following(desk))
    leg = [f"{then.origin}-{then.destination}", _time(desk, then)] if alike else []
    return texts.gone_text(" ".join(part for part in (then.ident, *leg, day_of) if part))


def _over_since(desk: Desk) -> list[SubscriptionView]:
    """What the person followed when they wrote, and is over by now."""
    views = desk.store.subscription_views(desk.user.id, include_ended=True)
    return [view for view in views if view.subscription.state is SubscriptionState.ENDED and _ended_since(desk, view)]


def _ended_since(desk: Desk, view: SubscriptionView) -> bool:
    tracked = desk.store.tracked(view.subscription.flight_id) if view.subscription.flight_id else None
    return tracked is not None and tracked.closed_at is not None and tracked.closed_at > desk.written


def _day_named(desk: Desk, view: SubscriptionView, on: str) -> str:
    """`Wed 26 Nov`; as written where that is no day."""
    try:
        return day(parse_date(on).on(_today(desk, view), back=7))
    except InvalidDate:
        return on


# Names


def names_of(desk: Desk, views: Iterable[SubscriptionView]) -> list[str]:
    """Each by its name."""
    return [name_of(desk, view) for view in views]


def name_of(desk: Desk, view: SubscriptionView) -> str:
    """`UA1234 Tue 25 Nov`; `UA1234 SFO-EWR 14:10 Tue 25 Nov` where the person follows several legs of that day.

    The next departure, while it is not found, is `UA1234`, or `UA1234 next` beside others.
    """
    subscription = view.subscription
    others = [other for other in following(desk) if other.subscription.id != subscription.id]
    alike = [other for other in others if _name(desk, other) == _name(desk, view)]
    place = _route(view) if alike else ""
    at = _time(desk, subscription) if any(_route(other) == place for other in alike) else ""
    beside = any(other.subscription.ident == subscription.ident for other in others)
    on = _day(desk, subscription) or ("next" if beside else "")
    return " ".join(part for part in (subscription.ident, place, at, on) if part)


def _name(desk: Desk, view: SubscriptionView) -> tuple[str, str]:
    return view.subscription.ident, _day(desk, view.subscription)


def _time(desk: Desk, subscription: Subscription) -> str:
    at = subscription.leaves_at
    return time_of_day(time.fromisoformat(at), desk.user.clock) if at else ""


def _day(desk: Desk, subscription: Subscription) -> str:
    on = subscription.departure_date
    return day(on) if on else wish_of(desk, subscription)


def wish_of(desk: Desk, subscription: Subscription) -> str:
    """The date as it was asked for, in words that mean it now."""
    return in_words(wanted_of(replace(subscription, departure_date=None)), desk.now)


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


def leg_of(desk: Desk, view: SubscriptionView) -> str:
    """`SFO-EWR Tue 25 Nov`."""
    where, origin = _route(view), view.subscription.origin
    return f"{f'from {where}' if where == origin else where} {_day(desk, view.subscription)}".strip()


def place_of(desk: Desk, view: SubscriptionView | None) -> Airport:
    """Whose clock the person is answered by: where the flight leaves, else their own zone's."""
    if view and view.flight:
        return view.flight.origin
    zone = desk.rules.zone_of(view.subscription.origin) if view and view.subscription.origin else None
    return Airport(code="", timezone=zone.key if zone else desk.user.timezone or "UTC")
