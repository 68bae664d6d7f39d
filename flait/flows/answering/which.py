"""Which of several flights a command for one of them means: the question, and the flight that was chosen.

The command waits as it was texted, and counts from when it was written.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flait.core.replies.understanding import Reply, understand
from flait.core.texts import answers as texts
from flait.core.values import replace
from flait.flows.answering.desk import QUESTION, AnswerText, Desk
from flait.flows.answering.meant import following, gone_text, names_of, recalled, stands_for
from flait.store import SubscriptionView


def ask_which(desk: Desk, verb: str, views: Sequence[SubscriptionView]) -> AnswerText:
    """Inside a transaction: put the question; its answer is one number."""
    body, named = texts.which_text(names_of(desk, views), verb)
    said = desk.heard.inbound.body
    then = {"said": said, "written": desk.written.isoformat()}
    options = [{"flight": view.subscription, **then} for view in views[:named]]
    desk.put(QUESTION, {"do": verb.lower(), "one": True, "options": options})
    return AnswerText(body=body)


def chosen(desk: Desk, option: Mapping[str, Any]) -> SubscriptionView | str:
    """The flight chosen, if it is followed now; else the words that say it is not."""
    then = recalled(desk.store, option["flight"])
    if then is None:
        return texts.UNKNOWN
    view = next((view for view in following(desk) if stands_for(desk.store, view, then)), None)
    return view or gone_text(desk, then)


def as_then(desk: Desk, option: Mapping[str, Any]) -> Desk:
    """The desk with the command that waited on it."""
    return replace(desk, heard=replace(desk.heard, received_at=datetime.fromisoformat(option["written"])))


def asked_for(option: Mapping[str, Any]) -> Reply:
    """The command that waited."""
    return understand(option["said"])
