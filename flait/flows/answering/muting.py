"""MUTE and UNMUTE: of one flight, or of everything.

Polls go on; what is not urgent waits, and is told afterwards if it is still true. What is answered is how it is then:
a flight is quiet while it is muted itself, or all are.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flait.core.dates import parse_date
from flait.core.flights import Airport
from flait.core.replies.kinds import MINE, BareHour, Mute, Unmute
from flait.core.replies.lasting import LONGEST_MUTE
from flait.core.subscriptions import Subscription
from flait.core.texts import answers as texts
from flait.core.texts.muting import Muting
from flait.errors import InvalidDate
from flait.flows.answering.desk import UNDO, Act, AnswerText, Desk, say
from flait.flows.answering.meant import (
    current,
    following,
    gone_text,
    meant_then,
    nothing_meant,
    place_of,
    recalled,
    short_name_of,
    stands_for,
)
from flait.flows.answering.which import as_then, ask_which, asked_for, chosen
from flait.flows.zones import zones_meant
from flait.store import SubscriptionView

MUTE, UNMUTE = "MUTE", "UNMUTE"  # as a question names them
DEFAULT = timedelta(hours=2)
BARELY = timedelta(minutes=15)  # nobody mutes for less


def mute(desk: Desk, wish: Mute) -> Act:
    """Until a time of day where the flight leaves, or for a span; two hours when neither is said.

    It counts from when they wrote. An hour that could be of the morning or of the evening is the next of the two; the
    answer says which.
    """
    if wish.zone and len(_zones(desk, wish)) != 1:
        return say(texts.UNKNOWN_OF["mute"])
    return lambda: [_muted_or_asked(desk, wish)]


def _muted_or_asked(desk: Desk, wish: Mute) -> AnswerText:
    if wish.subject is None:
        return _muted(desk, wish, None)
    views = meant_then(desk, wish.subject, wish.date)
    if not views:
        return AnswerText(body=nothing_meant(desk, wish.subject, wish.date))
    view = current(views, desk.written)
    until = _until(wish, _zone(desk, wish, view), desk.written)
    is_one = len(views) == 1 or wish.subject is MINE or until is None or until <= desk.now
    return _muted(desk, wish, view) if is_one else ask_which(desk, MUTE, views)


def mute_chosen(desk: Desk, options: Sequence[Mapping[str, Any]]) -> Act:
    """The flight that was asked for."""
    view, wish = chosen(desk, options[0]), asked_for(options[0])
    if isinstance(view, str) or not isinstance(wish, Mute):
        return say(view if isinstance(view, str) else texts.UNKNOWN)
    then = as_then(desk, options[0])
    return lambda: [_muted(then, wish, view)]


def _muted(desk: Desk, wish: Mute, view: SubscriptionView | None) -> AnswerText:
    place = _place(desk, view)
    until = _until(wish, _zone(desk, wish, view), desk.written)
    if until is None:
        return AnswerText(body=texts.MUTE_IS_PAST)
    if until - desk.written > LONGEST_MUTE:
        return AnswerText(body=texts.MUTE_TOO_LONG)
    if until <= desk.now:
        return AnswerText(body=Muting(place=place, reader=desk.reader()).over(until))
    was = view.subscription.muted_until if view else _all_muted_until(desk)
    desk.put(UNDO, {"do": "mute", "flight": view.subscription if view else None, "was": was})
    _set(desk, view, until)
    return AnswerText(body=_how_it_is(desk, view))


def _place(desk: Desk, view: SubscriptionView | None) -> Airport:
    """Whose clock a mute is told by: of one flight, or of all: their own, else where the next flight leaves."""
    views = following(desk)
    return place_of(desk, view or (current(views, desk.written) if views and not desk.user.timezone else None))


def _zone(desk: Desk, wish: Mute, view: SubscriptionView | None) -> ZoneInfo:
    """By which clock the time was meant: the one that was said, else the one that it is told by."""
    return ZoneInfo(_zones(desk, wish)[0]) if wish.zone else _place(desk, view).zone


def _zones(desk: Desk, wish: Mute) -> Sequence[str]:
    return zones_meant(wish.zone, desk.user, desk.now, desk.rules.zone_of, desk.rules.zones_in)


def _until(wish: Mute, zone: ZoneInfo, written: datetime) -> datetime | None:
    """The end of that mute; None: the time was past when they wrote, or there is no such day."""
    if wish.until is None:
        return written + (wish.span or DEFAULT)
    hour = wish.until.hour % 12 if isinstance(wish.until, BareHour) else 0
    times = [time(hour), time(hour + 12)] if isinstance(wish.until, BareHour) else [wish.until]
    today = written.astimezone(zone).date()
    try:
        days = [parse_date(wish.until_on).on(today)] if wish.until_on else [today, today + timedelta(days=1)]
    except InvalidDate:
        return None
    moments = [moment for day in days for at in times for moment in _on_the_clock(day, at, zone, written)]
    least = BARELY if len(times) > 1 else timedelta()  # `until 6` at ten to six is not for ten minutes
    return min((moment for moment in moments if moment - written > least), default=None)


def _on_the_clock(day: date, at: time, zone: ZoneInfo, written: datetime) -> Iterator[datetime]:
    """The moments at which it is that time on that day; there are two in the hour that comes twice.

    A time in an hour that clocks skip is as long after the skip as it would have
    been.
    """
    is_ahead = written.astimezone(zone).replace(tzinfo=None) < datetime.combine(day, at)
    for fold in (0, 1):
        moment = datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)
        if moment.astimezone(zone).time() == at or (fold == 0 and is_ahead):
            yield moment


def _all_muted_until(desk: Desk) -> datetime | None:
    user = desk.store.user(desk.user.id)
    return user.muted_until if user else None


def _set(desk: Desk, view: SubscriptionView | None, until: datetime | None) -> None:
    """The mute itself, and the moment at which it ends: what waited for it is decided anew."""
    if view is None:
        desk.store.mute_user(desk.user.id, until)
    else:
        desk.store.mute_subscription(view.subscription.id, until)
    subscription_id = view.subscription.id if view else None
    desk.store.hasten_moments(desk.user.id, until or desk.now, subscription_id=subscription_id)


def unmute(desk: Desk, wish: Unmute) -> Act:
    """Everything again, or one flight."""
    return lambda: [_unmuted(desk, wish)]


def _unmuted(desk: Desk, wish: Unmute) -> AnswerText:
    if wish.subject in (None, MINE):
        return _unmuted_all(desk)
    views = meant_then(desk, wish.subject, wish.date)
    if not views:
        return AnswerText(body=nothing_meant(desk, wish.subject, wish.date))
    muted = [view for view in views if _ahead(desk, view.subscription.muted_until)]
    if len(muted) > 1:
        return ask_which(desk, UNMUTE, muted)
    view = current(muted or views, desk.written)
    if not muted and not _ahead(desk, _all_muted_until(desk)):
        return AnswerText(body=f"{short_name_of(desk, view)} is not muted. Nothing changed.")
    return _unmuted_one(desk, view)


def unmute_chosen(desk: Desk, options: Sequence[Mapping[str, Any]]) -> Act:
    """The flight that was asked for."""
    view = chosen(desk, options[0])
    return say(view) if isinstance(view, str) else lambda: [_unmuted_one(desk, view)]


def _unmuted_one(desk: Desk, view: SubscriptionView) -> AnswerText:
    _forget(desk, view)
    _set(desk, view, None)
    return AnswerText(body=_how_it_is(desk, view))


def _unmuted_all(desk: Desk) -> AnswerText:
    views = following(desk)
    ends = [_all_muted_until(desk), *(view.subscription.muted_until for view in views)]
    if not any(_ahead(desk, until) for until in ends):
        return AnswerText(body=texts.NOTHING_MUTED)
    for view in (None, *views):
        _set(desk, view, None)
    _forget(desk, None)
    return AnswerText(body=texts.UNMUTED)


def _forget(desk: Desk, view: SubscriptionView | None) -> None:
    """A MUTE that was taken back cannot be undone as well, or UNDO would mute again."""
    last = desk.open(UNDO)
    if last and last["do"] == "mute" and (view is None or _flight_of(desk, last) == view):
        desk.close(UNDO, last)


def undo_mute(desk: Desk, last: Mapping[str, Any]) -> AnswerText:
    """Inside the transaction: as it was before the last MUTE."""
    then, view = _then(desk, last), _flight_of(desk, last)
    if then and view is None:
        return AnswerText(body=gone_text(desk, then))
    _set(desk, view, datetime.fromisoformat(last["was"]) if last["was"] else None)
    return AnswerText(body=_how_it_is(desk, view))


def _then(desk: Desk, last: Mapping[str, Any]) -> Subscription | None:
    entry = last["flight"] if "flight" in last else last["subscription"]  # as an earlier Flait put it
    return recalled(desk.store, entry) if entry else None


def _flight_of(desk: Desk, last: Mapping[str, Any]) -> SubscriptionView | None:
    then = _then(desk, last)
    return next((view for view in following(desk) if then and stands_for(desk.store, view, then)), None)


def muted_again(desk: Desk, subscription_id: int, until: datetime | None) -> Iterator[AnswerText]:
    """Inside the transaction: what was followed anew is as quiet as before."""
    view = next((view for view in following(desk) if view.subscription.id == subscription_id), None)
    if view and _ahead(desk, until):
        _set(desk, view, until)
        yield AnswerText(body=_how_it_is(desk, view))


# How it is


def _how_it_is(desk: Desk, view: SubscriptionView | None) -> str:
    """What is muted now, in words, for one flight or for all."""
    place, of_all = _place(desk, view), _ahead(desk, _all_muted_until(desk))
    muted = {one.subscription.id: (short_name_of(desk, one), until) for one, until in _muted_themselves(desk)}
    say = Muting(place=place, reader=desk.reader())
    if view is None:
        beside = list(muted.values())
        roles = {one.subscription.role for one in following(desk)} or {desk.user.role}
        if of_all:
            return say.muted(texts.ALL_FLIGHTS, of_all, beside, roles=roles)
        return say.unmuted(texts.ALL_FLIGHTS, beside)
    name, own = muted.get(view.subscription.id, (short_name_of(desk, view), None))
    if own is None:
        return say.still_muted(name, of_all) if of_all else say.unmuted(name)
    return say.muted(name, own, [(texts.ALL_FLIGHTS, of_all)] if of_all else [], roles={view.subscription.role})


def _muted_themselves(desk: Desk) -> Iterator[tuple[SubscriptionView, datetime]]:
    for view in following(desk):
        until = _ahead(desk, view.subscription.muted_until)
        if until:
            yield view, until


def _ahead(desk: Desk, until: datetime | None) -> datetime | None:
    """The end of a mute that holds."""
    return until if until and until > desk.now else None
