"""WHY: why the last alert was told, from what is on record. Asks nobody, and changes nothing."""

from flait.core.idents import Ident
from flait.core.messages import Message
from flait.core.replies.kinds import ListNumber, Why
from flait.core.texts import why as texts
from flait.flows.answering.desk import Act, AnswerText, Desk
from flait.flows.answering.meant import meant, nothing_meant
from flait.flows.saved import moved_by_confirmation
from flait.flows.why import reason_of


def why(desk: Desk, reply: Why) -> Act:
    """The last alert to that person, or the last about the flight that they name, followed still or not."""
    return lambda: [_answer(desk, reply)]


def _answer(desk: Desk, reply: Why) -> AnswerText:
    if isinstance(reply.subject, ListNumber) and not meant(desk, reply.subject):
        return AnswerText(body=nothing_meant(desk, reply.subject))
    message = _last(desk, reply)
    if message is not None:
        return _explained(desk, message)
    confirmed = _by_confirmation(desk, reply)
    if confirmed is not None:
        return confirmed
    ident = str(reply.subject) if isinstance(reply.subject, Ident) else ""
    return AnswerText(body=texts.no_alert_text(ident) if ident else texts.NO_ALERT)


def _last(desk: Desk, reply: Why) -> Message | None:
    user_id, subject = desk.user.id, reply.subject
    if isinstance(subject, Ident):
        return desk.store.last_alert(user_id, number=str(subject))
    listed = meant(desk, subject) if isinstance(subject, ListNumber) else []
    return desk.store.last_alert(user_id, subscription_id=listed[0].subscription.id if listed else None)


def _by_confirmation(desk: Desk, reply: Why) -> AnswerText | None:
    """Where no alert went out, and a confirmation told another departure than the one that was saved."""
    ident = str(reply.subject) if isinstance(reply.subject, Ident) else None
    listed = meant(desk, reply.subject) if isinstance(reply.subject, ListNumber) else None
    followed = [view.subscription for view in listed] if listed else desk.store.live_for(desk.user.id, ident)
    for one in reversed(followed):
        moved, tracked = moved_by_confirmation(desk.store, one.id), desk.store.tracked(one.flight_id or 0)
        if moved and tracked:
            was, now = moved
            body = texts.moved_before_text(one.ident, tracked.flight, desk.reader(one.ident), was=was, now=now)
            return AnswerText(body=body, subscription_id=one.id, flight_id=tracked.id)
    return None


def _explained(desk: Desk, message: Message) -> AnswerText:
    subscription = desk.store.subscription(message.subscription_id or 0)
    tracked = desk.store.tracked(message.flight_id or 0)
    flight = tracked.flight if tracked else None
    ident = subscription.ident if subscription else flight.number if flight else "Last alert"
    body = texts.why_text(reason_of(desk.store, message), flight, ident, desk.reader(ident))
    return AnswerText(body=body, subscription_id=message.subscription_id, flight_id=message.flight_id)
