"""STATUS and LIST. An answer is as fresh as three minutes where AeroAPI and the budget allow it, and says its age.

A look for one person's question is a poll like any other: everybody who follows the flight hears what it shows.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from flait.core import planes
from flait.core.flights import Flight
from flait.core.idents import Ident
from flait.core.polling import since_last_event
from flait.core.replies.kinds import Fact, ListFlights, ListNumber, Start, Status, StatusOfSeveral, Subject
from flait.core.silences import without_word
from flait.core.subscriptions import Role, Subscription, SubscriptionState
from flait.core.texts import answers as texts
from flait.core.texts.status import Freshness, ListLine, list_text
from flait.core.texts.timetable import saved_text
from flait.core.timetable import MISSES
from flait.core.told import listed_tells
from flait.core.values import replace
from flait.errors import ShareSpent
from flait.flows import track
from flait.flows.answering.desk import LIST, LIST_HOLDS, Act, AnswerText, Desk, say
from flait.flows.answering.meant import current, following, is_on, meant, nothing_meant, wish_of
from flait.flows.looks import may_be_asked
from flait.flows.standing import age_of, answer, heard
from flait.store import SubscriptionView, TrackedFlight

FRESH = timedelta(minutes=3)
LATELY = timedelta(hours=24)


def status(desk: Desk, asked: Status) -> Act:
    """How one flight stands; of several, the one that matters now."""
    views = meant(desk, asked.subject, asked.date) or _over_lately(desk, asked.subject, asked.date)
    if not views:
        return say(nothing_meant(desk, asked.subject, asked.date))
    view = current(views, desk.now)
    others = len(views) - 1 if asked.subject is None else 0
    flight_id = view.subscription.flight_id
    if view.flight is None or flight_id is None:
        return lambda: [_saved(desk, view)]
    stale = not _freshened(desk, flight_id)
    return lambda: [_line(desk, view, flight_id, asked.fact, stale=stale, others=others)]


def status_of_several(desk: Desk, asked: StatusOfSeveral) -> Act:
    """How each of them stands, in a text of its own."""
    acts = [status(desk, Status(subject=subject, fact=asked.fact)) for subject in asked.subjects]
    return lambda: [line for act in acts for line in act()]


def _saved(desk: Desk, view: SubscriptionView) -> AnswerText:
    """What is not live yet: as its timetable has it, where that is known."""
    subscription = view.subscription
    there = desk.store.planned(subscription.id)
    row = there and (there.seen or there.plan)
    if there and row:
        text = saved_text(row, desk.reader(subscription.ident), is_listed=there.misses < MISSES)
        return AnswerText(body=text.body, structure=text.structure, tells=text.tells, subscription_id=subscription.id)
    on, wish = subscription.departure_date, wish_of(desk, subscription)
    return AnswerText(body=texts.pending_status_text(subscription.ident, on, wish, subscription.origin))


def _over_lately(desk: Desk, subject: Subject | None, on: str | None) -> list[SubscriptionView]:
    """What was followed to its end within a day: people ask for the belt when the watch is over."""
    ended = [view for view in desk.store.subscription_views(desk.user.id, include_ended=True) if _is_over(view)]
    lately = [view for view in ended if view.flight and since_last_event(view.flight, desk.now) <= LATELY]
    lately = [view for view in lately if on is None or is_on(desk, view, on)]
    if isinstance(subject, Ident):
        return [view for view in lately if view.flight and _is_called(view, str(subject))]
    return [] if isinstance(subject, ListNumber) or following(desk) else lately


def _is_over(view: SubscriptionView) -> bool:
    return view.subscription.state is SubscriptionState.ENDED


def _is_called(view: SubscriptionView, ident: str) -> bool:
    flight = view.flight
    return ident == view.subscription.ident or (flight is not None and ident in (flight.ident, flight.number))


def start(desk: Desk, _: Start) -> Act:
    """Texts again: how things stand that were missed meanwhile."""
    return status(desk, Status(subject=None, fact=Fact.ALL))


def _freshened(desk: Desk, flight_id: int) -> bool:
    """Whether what is known is fresh, after a look if need be. A poll that is under way is not waited for."""
    tracked = desk.store.tracked(flight_id)
    if tracked is None or tracked.closed_at or age_of(desk.store, tracked, desk.now) <= FRESH:
        return True
    try:
        source = desk.source.billed_to((desk.phone,), to_the_end=True)
    except ShareSpent:  # before the look is claimed: nobody else's may come later for that
        return False
    rules = replace(desk.rules.polls, asker=desk.user.id)  # the answer tells them; no alert beside it
    for due in _claimed(desk, flight_id):
        track.poll(desk.store, source, desk.clock, due, boot=desk.boot, rules=rules)
    seen = desk.store.tracked(flight_id)
    return seen is None or seen.closed_at is not None or age_of(desk.store, seen, desk.now) <= FRESH


def _claimed(desk: Desk, flight_id: int) -> list[TrackedFlight]:
    """That flight, put first in line and claimed like any due poll; none when somebody is polling it, or many did."""
    with desk.store.transaction():
        tracked = desk.store.tracked(flight_id)
        if (
            tracked is None
            or tracked.closed_at
            or tracked.claimed_by
            or not may_be_asked(desk.store, flight_id, desk.now)
        ):
            return []
        return desk.store.claim_flight(flight_id, desk.now, desk.boot)


def _line(desk: Desk, view: SubscriptionView, flight_id: int, fact: Fact, *, stale: bool, others: int) -> AnswerText:
    tracked = desk.store.tracked(flight_id)
    assert tracked is not None  # flights outlive their subscriptions
    age = age_of(desk.store, tracked, desk.now)
    text = answer(
        desk.store,
        view.subscription,
        tracked,
        desk.reader(view.subscription.ident),
        Freshness(age=age, stale=stale),
        fact=fact,
        others=others,
        least=desk.rules.polls.least,
    )
    return AnswerText(
        body=text.body,
        structure=text.structure,
        tells=text.tells,
        subscription_id=view.subscription.id,
        flight_id=flight_id,
    )


def list_flights(desk: Desk, _: ListFlights) -> Act:
    """Everything followed, numbered; the numbers stand until the next list."""
    return lambda: [_list(desk)]


def _list(desk: Desk) -> AnswerText:
    views = following(desk)
    if not views:
        return AnswerText(body=texts.NO_FLIGHTS)
    desk.put(LIST, {"flights": [view.subscription for view in views]}, LIST_HOLDS)
    rows = [_row(desk, view, views) for view in views]
    body, told = list_text(rows, now=desk.now, clock=desk.user.clock)
    return AnswerText(body=body, tells=listed_tells(zip((view.subscription.id for view in views), told, strict=False)))


def _row(desk: Desk, view: SubscriptionView, views: Sequence[SubscriptionView]) -> ListLine:
    subscription = view.subscription
    day = (subscription.ident, subscription.departure_date)
    alike = [one for one in views if (one.subscription.ident, one.subscription.departure_date) == day]
    there = desk.store.planned(subscription.id) if view.flight is None else None
    return ListLine(
        ident=subscription.ident,
        role=subscription.role,
        flight=view.flight,
        on=subscription.departure_date,
        wish=wish_of(desk, subscription),
        origin=subscription.origin,
        destination=subscription.destination,
        at=time.fromisoformat(subscription.leaves_at) if subscription.leaves_at and len(alike) > 1 else None,
        planned=(there.seen or there.plan) if there else None,
        is_listed=there is None or there.misses < MISSES,
        expected=_expected(desk, subscription, view.flight) if view.flight else None,
        since=_silent_since(desk, subscription),
    )


def _expected(desk: Desk, subscription: Subscription, flight: Flight) -> datetime | None:
    """When it can leave at the soonest, to who travels on it, where its plane is late."""
    if subscription.role is not Role.TRAVELER or subscription.flight_id is None:
        return None
    return planes.expected(flight, desk.store.plane_of(subscription.flight_id, flight.inbound_fa_flight_id))


def _silent_since(desk: Desk, subscription: Subscription) -> datetime | None:
    """Since when there has been no word that the person acts on, where a look came to nothing; else None."""
    tracked = desk.store.tracked(subscription.flight_id) if subscription.flight_id else None
    seen_at = tracked.seen_at if tracked else None
    if tracked is None or seen_at is None:
        return None
    told = heard(desk.store, subscription.id)
    unanswered = tracked.is_unanswered(desk.now)
    silent = without_word(
        tracked.flight, desk.now, seen_at=seen_at, unanswered=unanswered, told=told, role=subscription.role
    )
    return seen_at if silent else None
