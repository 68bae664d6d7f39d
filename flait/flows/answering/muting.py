"""MUTE and UNMUTE: of one flight, or of everything.

Polls go on; what is not urgent waits, and is told afterwards if it is still true.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flait.core import reply_texts as texts
from flait.core.flights import Airport
from flait.core.reply_kinds import MINE, BareHour, Mute, Subject, Unmute
from flait.flows.answering.desk import (
    UNDO,
    Act,
    Desk,
    Line,
    current,
    following,
    meant,
    nothing_meant,
    place_of,
    say,
    short_name_of,
)
from flait.store import SubscriptionView

DEFAULT = timedelta(hours=2)
BARELY = timedelta(minutes=15)  # nobody mutes for less


def mute(desk: Desk, wish: Mute) -> Act:
    """Until a time of day where the flight leaves, or for a span; two hours when neither is said.

    An hour that could be of the morning or of the evening is the next of the two; the answer says which.
    """
    view = _one(desk, wish.subject)
    if view is None and wish.subject is not None:
        return say(nothing_meant(wish.subject))
    return lambda: [_muted(desk, wish, view)]


def _one(desk: Desk, subject: Subject | None) -> SubscriptionView | None:
    views = meant(desk, subject) if subject is not None else []
    return current(views, desk.now) if views else None


def _muted(desk: Desk, wish: Mute, view: SubscriptionView | None) -> Line:
    views = following(desk)
    place = place_of(desk, view or (current(views, desk.now) if views and not desk.user.timezone else None))
    until = _until(wish, place.zone, desk.now)
    was = view.subscription.muted_until if view else desk.user.muted_until
    _set(desk, view.subscription.id if view else None, until)
    desk.put(
        UNDO,
        {
            "do": "mute",
            "subscription": view.subscription.id if view else None,
            "was": was.isoformat() if was else None,
        },
    )
    return Line(body=_said(desk, view, until, place))


def _said(desk: Desk, view: SubscriptionView | None, until: datetime, place: Airport) -> str:
    """Of that flight or of all, with what is told all the same."""
    roles = {one.subscription.role for one in ([view] if view else following(desk))} or {desk.user.role}
    name = short_name_of(desk, view) if view else texts.ALL_FLIGHTS
    return texts.muted_text(name, until, place, desk.reader(), roles=roles)


def _until(wish: Mute, zone: ZoneInfo, now: datetime) -> datetime:
    if wish.until is None:
        return now + (wish.span or DEFAULT)
    hour = wish.until.hour % 12 if isinstance(wish.until, BareHour) else 0
    times = [time(hour), time(hour + 12)] if isinstance(wish.until, BareHour) else [wish.until]
    today = now.astimezone(zone).date()
    moments = [datetime.combine(today + timedelta(days=ahead), at, zone) for ahead in (0, 1) for at in times]
    least = BARELY if len(times) > 1 else timedelta()  # `until 6` at ten to six is not for ten minutes
    return next(moment for moment in moments if moment - now > least)


def _set(desk: Desk, subscription_id: int | None, until: datetime | None) -> None:
    if subscription_id is None:
        desk.store.mute_user(desk.user.id, until)
    else:
        desk.store.mute_subscription(subscription_id, until)


def unmute(desk: Desk, wish: Unmute) -> Act:
    """Everything again, or one flight."""
    view = _one(desk, wish.subject if wish.subject is not MINE else None)
    if view is None and wish.subject not in (None, MINE):
        return say(nothing_meant(wish.subject))
    return lambda: [_unmuted_one(desk, view) if view else _unmuted_all(desk)]


def _unmuted_one(desk: Desk, view: SubscriptionView) -> Line:
    _set(desk, view.subscription.id, None)
    until = desk.user.muted_until
    if until and until > desk.now:
        text = texts.still_muted_text(view.subscription.ident, until, place_of(desk, view), desk.reader())
        return Line(body=text)
    return Line(body=texts.unmuted_text(short_name_of(desk, view)))


def _unmuted_all(desk: Desk) -> Line:
    ends = [desk.user.muted_until, *(view.subscription.muted_until for view in following(desk))]
    if not any(until and until > desk.now for until in ends):
        return Line(body=texts.NOTHING_MUTED)
    _set(desk, None, None)
    for view in following(desk):
        _set(desk, view.subscription.id, None)
    return Line(body=texts.UNMUTED)


def undo_mute(desk: Desk, state: dict[str, object]) -> Line:
    """Inside the transaction: as it was before the last MUTE."""
    subscription_id = state["subscription"]
    assert subscription_id is None or isinstance(subscription_id, int)
    was = datetime.fromisoformat(str(state["was"])) if state["was"] else None
    _set(desk, subscription_id, was)
    view = next((view for view in following(desk) if view.subscription.id == subscription_id), None)
    if was and was > desk.now:
        return Line(body=_said(desk, view, was, place_of(desk, view)))
    return Line(body=texts.unmuted_text(short_name_of(desk, view) if view else texts.ALL_FLIGHTS))
