"""UNTRACK, LEAVE, UNDO, and the digits that answer a question. Ending one flight is never the end of all texts.

What is open with a person holds the flights that it is about, as they were followed then: UNDO follows them anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flait.core.idents import Ident
from flait.core.replies.kinds import Choice, Fact, Leave, ListNumber, Ok, Status, Subject, Undo, Untrack, UntrackSeveral
from flait.core.subscriptions import Subscription
from flait.core.texts import answers as texts
from flait.flows import subscribe
from flait.flows.answering.alternatives import alternatives_chosen
from flait.flows.answering.desk import LIST, QUESTION, UNDO, WAITS, Act, AnswerText, Desk, say
from flait.flows.answering.meant import (
    following,
    gone_text,
    meant_then,
    names_of,
    nothing_meant,
    recalled,
    stands_for,
)
from flait.flows.answering.muting import mute_chosen, muted_again, undo_mute, unmute_chosen
from flait.flows.answering.sharing import share_chosen
from flait.flows.answering.status import status
from flait.flows.answering.tracking import Looked, keep, look_up, track_all, wanted_option, words_of
from flait.flows.subscribe import Person, Subscribed
from flait.flows.wishes import wanted_of
from flait.store import SubscriptionView


def untrack(desk: Desk, wish: Untrack) -> Act:
    """End one. Where several are meant, ask which."""
    return lambda: _ended_or_asked(desk, wish.subject, wish.date, explained=wish.explained)


def untrack_several(desk: Desk, wish: UntrackSeveral) -> Act:
    """End all that are named; where all are meant, ask first."""
    if wish.subjects:
        return lambda: _named_ended(desk, wish.subjects, explained=wish.explained)
    return lambda: _all_ended_or_asked(desk, both=wish.both)


def _named_ended(desk: Desk, subjects: Sequence[Subject], *, explained: bool) -> list[AnswerText]:
    """Where a number is several flights, which of them all are meant is asked, and none ends before."""
    meant = {subject: meant_then(desk, subject) for subject in subjects}
    views = list({view.subscription.id: view for each in meant.values() for view in each}.values())
    missing = [AnswerText(body=nothing_meant(desk, subject)) for subject, each in meant.items() if not each]
    if any(len(each) > 1 for each in meant.values()):
        return [_ask_which(desk, views, explained=explained)]
    return [*(_ended(desk, views, explained=explained) if views else []), *missing]


def _all_ended_or_asked(desk: Desk, *, both: bool) -> list[AnswerText]:
    views = meant_then(desk, None)
    if not views:
        return [AnswerText(body=nothing_meant(desk, None))]
    if both and len(views) != 2:
        return [_ask_which(desk, views, explained=False)]
    if both or len(views) == 1:
        return _ended(desk, views, explained=False)
    desk.put(QUESTION, {"do": "untrack", "options": [{"flights": [view.subscription for view in views]}]})
    return [AnswerText(body=texts.untrack_all_text(names_of(desk, views)))]


def as_answer(desk: Desk, wish: UntrackSeveral) -> Choice | UntrackSeveral:
    """`untrack both` may answer which of two is to end."""
    question = desk.open(QUESTION) if wish.both else None
    is_asked = question is not None and question["do"] == "untrack" and len(question["options"]) == 2
    return Choice(numbers=(), both=True) if is_asked else wish


def leave(desk: Desk, wish: Leave) -> Act:
    """A shared flight is left like any other."""
    return lambda: _ended_or_asked(desk, wish.subject, wish.date, explained=False)


def _ended_or_asked(desk: Desk, subject: Subject | None, on: str | None, *, explained: bool) -> list[AnswerText]:
    views = meant_then(desk, subject, on)
    if len(views) > 1:
        return [_ask_which(desk, views, explained=explained)]
    if views:
        return _ended(desk, views, explained=explained)
    nothing = nothing_meant(desk, subject, on)
    if explained and isinstance(subject, Ident) and nothing == texts.not_followed_text(str(subject)):
        nothing = texts.stop_unknown_text(str(subject))
    return [AnswerText(body=nothing)]


def _ask_which(desk: Desk, views: Sequence[SubscriptionView], *, explained: bool) -> AnswerText:
    body, named = texts.which_text(names_of(desk, views))
    options = [{"flight": view.subscription, "explained": explained} for view in views[:named]]
    desk.put(QUESTION, {"do": "untrack", "options": options})
    return AnswerText(body=body)


def _ended(desk: Desk, views: Sequence[SubscriptionView], *, explained: bool) -> list[AnswerText]:
    names = names_of(desk, views)
    for view in views:
        subscribe.unsubscribe(desk.store, view.subscription, now=desk.now)
    desk.put(UNDO, {"do": "untrack", "flights": [view.subscription for view in views]})
    left = len(following(desk))
    body = texts.explained_text(names, left) if explained else texts.untracked_text(names, left)
    return [AnswerText(body=body, subscription_id=views[0].subscription.id)]


def undo(desk: Desk, _: Undo) -> Act:
    """Take back the last UNTRACK or MUTE. A flight comes back as a new subscription, with its confirmation."""
    last = desk.open(UNDO)
    if last is None:
        return say(texts.NOTHING_TO_UNDO)
    if last["do"] == "mute":
        act: Act = lambda: [undo_mute(desk, last)]  # noqa: E731  # beside the other, which takes more
    else:
        act = _followed_again(desk, last)
    return lambda: _undone(desk, last, act)


def _undone(desk: Desk, last: Mapping[str, Any], act: Act) -> Sequence[AnswerText]:
    desk.close(UNDO, last)
    return act()


def _followed_again(desk: Desk, last: Mapping[str, Any]) -> Act:
    entries = last["flights"] if "flights" in last else last["subscriptions"]  # as an earlier Flait put it
    ended = [then for entry in entries if (then := recalled(desk.store, entry))]
    looked = [(then, _looked_up(desk, then)) for then in ended]
    return lambda: [line for then, one in looked for line in _kept_again(desk, then, one)]


def _looked_up(desk: Desk, then: Subscription) -> Looked:
    """What is watched, or was until now, is known."""
    tracked = desk.store.tracked(then.flight_id) if then.flight_id else None
    is_known = tracked is not None and (tracked.closed_at is None or desk.now - tracked.closed_at <= WAITS)
    return look_up(desk, wanted_of(then), tracked.flight if tracked and is_known else None)


def _kept_again(desk: Desk, then: Subscription, looked: Looked) -> Iterator[AnswerText]:
    """Followed as before, and as quiet as before."""
    kept = keep(desk, looked, Person(phone=desk.phone, channel=desk.channel, added_by=desk.user.added_by))
    yield from words_of(desk, kept)
    if isinstance(kept, Subscribed) and not kept.already:
        yield from muted_again(desk, kept.subscription.id, then.muted_until)


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
    options, one = _picked(question["options"], reply), bool(question.get("one"))
    if not options or (one and len(options) > 1):
        return say(texts.choose_text(len(question["options"]), one=one))
    act = _ACTS[question["do"]](desk, options)

    def answered() -> Sequence[AnswerText]:
        desk.close(QUESTION, question)
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
    return lambda: _chosen_ended(desk, options)


def _chosen_ended(desk: Desk, options: Sequence[Mapping[str, Any]]) -> list[AnswerText]:
    entries = [entry for option in options for entry in _entries_of(option)]
    chosen = [then for entry in entries if (then := recalled(desk.store, entry))]
    views = [view for view in following(desk) if any(stands_for(desk.store, view, then) for then in chosen)]
    if not views:
        return [AnswerText(body=gone_text(desk, chosen[0]) if chosen else texts.NOTHING_TO_UNDO)]
    return _ended(desk, views, explained=any(option.get("explained") for option in options))


def _entries_of(option: Mapping[str, Any]) -> Sequence[Any]:
    if "flights" in option:
        entries: Sequence[Any] = option["flights"]
        return entries
    return [option["flight"] if "flight" in option else option["subscription"]]  # as an earlier Flait put it


_ACTS = {
    "track": _track_chosen,
    "alt": alternatives_chosen,
    "untrack": _untrack_chosen,
    "mute": mute_chosen,
    "unmute": unmute_chosen,
    "share": share_chosen,
}
