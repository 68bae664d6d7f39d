"""ALT: other flights between the same two airports, and the question which of them to follow.

The pair is asked about once in half an hour, by one look on the account of who asks; else what was told then answers.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flait.core.alternatives import Pair, foremost, leg_meant, others, pair_of
from flait.core.dates import parse_date
from flait.core.findings import Several
from flait.core.flights import Airport, Flight, ScheduledFlight, cancelled
from flait.core.idents import Ident
from flait.core.messages import MessageKind
from flait.core.replies.kinds import Alternatives, TrackWish
from flait.core.texts import alternatives as texts
from flait.core.texts.answers import UNKNOWN
from flait.core.trips import Chance, connections
from flait.core.wanted import Leg
from flait.errors import (
    BudgetExhausted,
    ConfigError,
    FlaitError,
    FlightSourceError,
    InvalidDate,
    NotUnderstood,
    Refused,
)
from flait.flows.alternatives import departures
from flait.flows.answering.desk import QUESTION, Act, AnswerText, Desk, say
from flait.flows.answering.meant import following, meant, name_of, nothing_meant
from flait.flows.answering.tracking import fault_text, look_up, option_of, refusal, wanted_of
from flait.flows.answering.which import ask_which, asked_for, chosen
from flait.flows.trips import all_legs, there_from
from flait.store import SubscriptionView

ALT = "ALT"  # as a question names it


def alternatives(desk: Desk, asked: Alternatives) -> Act:
    """Other flights for the one that is meant; one that nobody follows is looked up as TRACK does."""
    views = meant(desk, asked.subject, asked.date if asked.subject else None)
    if not views:
        if isinstance(asked.subject, Ident):
            return _of_number(desk, asked.subject, asked.date)
        return say(nothing_meant(desk, asked.subject, asked.date))
    view = _foremost(desk, views)
    return _of_view(desk, view, asked) if view else lambda: [ask_which(desk, ALT, views)]


def alternatives_chosen(desk: Desk, options: Sequence[Mapping[str, Any]]) -> Act:
    """For the flight that was asked for."""
    view, asked = chosen(desk, options[0]), asked_for(options[0])
    if isinstance(view, str) or not isinstance(asked, Alternatives):
        return say(view if isinstance(view, str) else UNKNOWN)
    return _of_view(desk, view, asked)


def _foremost(desk: Desk, views: Sequence[SubscriptionView]) -> SubscriptionView | None:
    """The one that matters; None: which one is for the person to say."""
    if len(views) == 1:
        return views[0]
    pinned = [(view, view.flight) for view in views if view.flight]
    missed = _missed(desk)
    places = {place for place, (view, _) in enumerate(pinned) if view.subscription.id in missed}
    found = foremost([flight for _, flight in pinned], places, desk.now)
    return None if found is None else pinned[found][0]


def _missed(desk: Desk) -> set[int]:
    """The subscriptions of flights that their traveler does not reach."""
    pairs = connections(all_legs(desk.store, desk.user.id), desk.rules.polls.least)
    return {pair.then.id for pair in pairs if pair.chance is Chance.MISSED}


def _of_view(desk: Desk, view: SubscriptionView, asked: Alternatives) -> Act:
    """A day that was said without a flight is that of the others."""
    pair = pair_of(view.flight) if view.flight else _pair_asked_for(desk, view)
    if pair is None:
        return say(texts.no_pair_text(name_of(desk, view)))
    return _offered(desk, pair, view.flight, view, on=None if asked.subject else asked.date)


def _pair_asked_for(desk: Desk, view: SubscriptionView) -> Pair | None:
    """Of what is not pinned yet, as far as it is known: by its timetable, else by what was typed."""
    there = desk.store.planned(view.subscription.id)
    row = there and (there.seen or there.plan)
    if row:
        return pair_of(row)
    ends = [_airport(desk, code) for code in (view.subscription.origin, view.subscription.destination) if code]
    known = [airport for airport in ends if airport]
    return Pair(origin=known[0], destination=known[1]) if len(known) == 2 else None


def _airport(desk: Desk, code: str) -> Airport | None:
    zone = desk.rules.zone_of(code)
    return Airport(code=code, code_iata=code, timezone=zone.key) if zone else None


def _of_number(desk: Desk, ident: Ident, on: str | None) -> Act:
    looked = look_up(desk, wanted_of(desk, TrackWish(ident=ident, date=on)))
    if isinstance(looked.finding, FlaitError):
        return say(_fault_text(desk, str(ident), looked.finding))
    leg = leg_meant(looked.finding)
    if leg is None:
        several = isinstance(looked.finding, Several)
        return say(texts.several_ways_text(str(ident)) if several else refusal(desk, looked))
    pair = pair_of(leg)
    return _offered(desk, pair, leg) if pair else say(texts.no_pair_text(str(ident)))


def _offered(
    desk: Desk, pair: Pair, leg: Leg | None, view: SubscriptionView | None = None, *, on: str | None = None
) -> Act:
    """The look, if one is needed; then the question. No look is spent on a day that it does not reach."""
    day = _day(desk, pair, leg, view, on)
    if day and day >= pair.over_on(desk.now):
        return say(texts.far_ahead_text(_name(leg, view, on), day, pair))
    try:
        rows = departures(desk.store, lambda: desk.source.billed_to((desk.phone,)), pair, desk.clock)
    except (BudgetExhausted, ConfigError, FlightSourceError) as fault:
        return say(_fault_text(desk, view.subscription.ident if view else pair.name, fault))
    known = [one.flight for one in following(desk) if one.flight]
    seen = [view.tracked.flight for view in desk.store.watched_from(pair.origin)]
    known += [flight for flight in seen if cancelled(flight)]
    ready = there_from(desk.store, desk.user.id, view.subscription.id, desk.rules.polls.least) if view else None
    found = others(rows, pair, desk.now, known=[*known, *([leg] if leg else [])], there_from=ready)
    return lambda: [_asked(desk, pair, _of_day(desk, pair, found, on), view, ready)]


def _name(leg: Leg | None, view: SubscriptionView | None, on: str | None) -> str:
    """The number whose day it is; none where the day was said."""
    if on:
        return ""
    return view.subscription.ident if view else leg.number if leg else ""


def _day(desk: Desk, pair: Pair, leg: Leg | None, view: SubscriptionView | None, on: str | None) -> date | None:
    """The day of which other flights are wanted: the one that was said, else that of the flight.

    In the place of a cancelled one any day will do.
    """
    if on:
        return _said(desk, pair, on)
    if isinstance(leg, Flight) and cancelled(leg):
        return None
    if leg:
        return leg.departure_date
    return view.subscription.departure_date if view else None


def _said(desk: Desk, pair: Pair, on: str) -> date | None:
    """That day as of when they wrote, on the calendar of the origin; None for none that can be."""
    try:
        return parse_date(on).on(desk.written.astimezone(pair.origin.zone).date())
    except InvalidDate:
        return None


def _of_day(desk: Desk, pair: Pair, found: Sequence[ScheduledFlight], on: str | None) -> Sequence[ScheduledFlight]:
    """Those of that day; all where there are none, or no day was said."""
    day = _said(desk, pair, on) if on else None
    return [row for row in found if row.departure_date == day] or found


def _asked(
    desk: Desk,
    pair: Pair,
    found: Sequence[ScheduledFlight],
    view: SubscriptionView | None,
    ready: datetime | None,
) -> AnswerText:
    """Inside a transaction: the flights, of which a number picks one; they can leave when `ready`."""
    if not found:
        return AnswerText(body=texts.none_text(pair, desk.reader(), ready), kind=MessageKind.ALTERNATIVES)
    role = view.subscription.role if view else desk.user.role
    body, named = texts.alternatives_text(pair, found, desk.reader())
    options = [{**option_of(row.number, row), "role": role} for row in found[:named]]
    desk.put(QUESTION, {"do": "track", "one": True, "options": options})
    about = view.subscription if view else None
    return AnswerText(
        body=body,
        kind=MessageKind.ALTERNATIVES,
        subscription_id=about.id if about else None,
        flight_id=about.flight_id if about else None,
    )


def _fault_text(desk: Desk, ident: str, fault: FlaitError) -> str:
    lasting = not isinstance(fault, FlightSourceError) or isinstance(fault, Refused | NotUnderstood)
    return fault_text(desk, ident, fault) if lasting else texts.NO_ANSWER
