"""Whom an SMS comes from: a number, a short code, or a name, to which nobody can reply. Pure.

A number that texts come from is nobody's telephone: what is sent there comes back.

A name is Twilio's "alphanumeric sender ID" (https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id): texts
go one way. Nothing that is said under it may ask for an answer.
"""

import re
from typing import Final

from flait.core.messages import segments
from flait.core.numbers import dialled

_NAME: Final = re.compile("(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}", re.ASCII)
_SENTENCE_ENDS: Final = re.compile(r"(?<=[.?])\s+")
_ASKS_FOR_AN_ANSWER: Final = re.compile(r"Reply\b|STOP to end\.")


def is_one_way(sender: str) -> bool:
    """Whether it is a name: replies reach nobody, STOP neither."""
    return _NAME.fullmatch(sender) is not None


def own_numbers(*senders: str) -> frozenset[str]:
    """The numbers among these senders, each as a person's would be kept."""
    return frozenset(dialled(sender) for sender in senders if sender.startswith("+"))


def without_replies(body: str, contact: str) -> str:
    """The same text for a sender that takes no replies. In place of STOP it names whom to ask."""
    said = " ".join(part for part in _SENTENCE_ENDS.split(body) if not _ASKS_FOR_AN_ANSWER.match(part))
    if "STOP to end." not in body:
        return said
    instead = (f"No replies here; to end, ask {contact or 'who set it up'}.", "No replies here.")
    return next((f"{said} {ask}" for ask in instead if segments(f"{said} {ask}") <= segments(body)), said)
