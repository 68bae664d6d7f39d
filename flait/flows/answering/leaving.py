"""UNTRACK, LEAVE, UNDO, and the digits that answer a question. Ending one flight is never the end of all texts."""

from collections.abc import Mapping, Sequence
from typing import Any

from flait.core import reply_texts as texts
from flait.core.idents import Ident
from flait.core.reply_kinds import Choice, Fact, Leave, ListNumber, Ok, Status, Undo, Untrack
from flait.core.subscriptions import LIVE
from flait.flows import subscribe
from flait.flows.answering.desk import (
    LIST,
    QUESTION,
    UNDO,
    Act,
    Desk,
    Line,
    following,
    meant,
    name_of,
    nothing_meant,
    say,
)
from flait.flows.answering.muting import undo_mute
from flait.flows.answering.status import status
from flait.flows.answering.tracking import keep, look_up, track_all, wanted_option, words_of
from flait.flows.subscribe import Person
from flait.flows.wishes import wanted_of
from flait.store import SubscriptionView

MOST_NAMED = 5  # flights in one question


def untrack(desk: Desk, wish: Untrack) -> Act:
    """End one. Where several are meant, ask which."""
    views = meant(desk, wish.subject, wish.date)
    if not views:
        return say(_nothing(wish))
    if len(views) > 1:
        return lambda: [_ask_which(desk, views[:MOST_NAMED], explained=wish.explained)]
    return lambda: _ended(desk, views, explained=wish.explained)


def leave(desk: Desk, wish: Leave) -> Act:
    """A shared flight is left like any other."""
    views = meant(desk, wish.subject)
    if len(views) > 1:
        return lambda: [_ask_which(desk, views[:MOST_NAMED], explained=False)]
    return (lambda: _ended(desk, views, explained=False)) if views else say(nothing_meant(wish.subject))


def _nothing(wish: Untrack) -> str:
    if wish.explained and isinstance(wish.subject, Ident):
        return texts.stop_unknown_text(str(wish.subject))
    return nothing_meant(wish.subject)


def _ask_which(desk: Desk, views: Sequence[SubscriptionView], *, explained: bool) -> Line:
    ids = [{"subscription": view.subscription.id, "explained": explained} for view in views]
    desk.put(QUESTION, {"do": "untrack", "options": ids})
    return Line(body=texts.which_text([name_of(desk, view) for view in views]))


def _ended(desk: Desk, views: Sequence[SubscriptionView], *, explained: bool) -> list[Line]:
    names = " and ".join(name_of(desk, view) for view in views)
    for view in views:
        subscribe.unsubscribe(desk.store, view.subscription, now=desk.now)
    desk.put(UNDO, {"do": "untrack", "subscriptions": [view.subscription.id for view in views]})
    left = len(following(desk))
    body = texts.explained_text(names, left) if explained else texts.untracked_text(names, left)
    return [Line(body=body, subscription_id=views[0].subscription.id)]


def undo(desk: Desk, _: Undo) -> Act:
    """Take back the last UNTRACK or MUTE. A flight comes back as a new subscription, with its confirmation."""
    last = desk.open(UNDO)
    if last is None:
        return say(texts.NOTHING_TO_UNDO)
    if last["do"] == "mute":
        return lambda: _cleared(desk, [undo_mute(desk, last)])
    return _followed_again(desk, last)


def _followed_again(desk: Desk, last: Mapping[str, Any]) -> Act:
    looked = []
    for subscription_id in last["subscriptions"]:
        subscription = desk.store.subscription(subscription_id)
        if subscription and subscription.state not in LIVE:
            tracked = desk.store.tracked(subscription.flight_id) if subscription.flight_id else None
            looked.append(look_up(desk, wanted_of(subscription), tracked.flight if tracked else None))
    if not looked:
        return say(texts.NOTHING_TO_UNDO)
    person = Person(phone=desk.phone, channel=desk.channel, added_by=desk.user.added_by)
    return lambda: _cleared(desk, [line for one in looked for line in words_of(keep(desk, one, person))])


def _cleared(desk: Desk, lines: list[Line]) -> list[Line]:
    desk.store.clear_dialogue(desk.phone, UNDO)
    return lines


# Digits


def is_answer(desk: Desk, reply: Choice | Ok) -> bool:
    """Whether anything waits for it: a question, or, for one digit, the list."""
    if desk.open(QUESTION):
        return True
    return isinstance(reply, Choice) and len(reply.numbers) == 1 and desk.open(LIST) is not None


def choose(desk: Desk, reply: Choice | Ok) -> Act:
    """What was asked for with these numbers; OK is the only one there is."""
    question: Mapping[str, Any] | None = desk.open(QUESTION)
    if question is None:
        assert isinstance(reply, Choice)
        return status(desk, Status(subject=ListNumber(number=reply.numbers[0]), fact=Fact.ALL))
    options = _picked(question["options"], reply)
    if not options:
        return say(texts.choose_text(len(question["options"])))
    act = _ACTS[question["do"]](desk, options)

    def answered() -> Sequence[Line]:
        desk.store.clear_dialogue(desk.phone, QUESTION)
        return act()

    return answered


def _picked(options: Sequence[Mapping[str, Any]], reply: Choice | Ok) -> list[Mapping[str, Any]]:
    """The options meant; none when a number is not among them."""
    if isinstance(reply, Ok):
        return list(options) if len(options) == 1 else []
    if reply.both:
        return list(options) if len(options) == 2 else []
    numbers = [number for number in reply.numbers if number <= len(options)]
    return [options[number - 1] for number in numbers] if len(numbers) == len(reply.numbers) else []


def _track_chosen(desk: Desk, options: Sequence[Mapping[str, Any]]) -> Act:
    return track_all(desk, [wanted_option(desk, option) for option in options])


def _untrack_chosen(desk: Desk, options: Sequence[Mapping[str, Any]]) -> Act:
    ids = [option["subscription"] for option in options]
    views = [view for view in following(desk) if view.subscription.id in ids]
    explained = any(option["explained"] for option in options)
    return (lambda: _ended(desk, views, explained=explained)) if views else say(texts.NO_FLIGHTS)


_ACTS = {"track": _track_chosen, "untrack": _untrack_chosen}
