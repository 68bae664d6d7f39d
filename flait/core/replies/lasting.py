"""MUTE for longer than a mute can last: it is understood, so that the answer can say how long one can."""

from datetime import timedelta

from flait.core.replies.kinds import Mute, Reply
from flait.core.replies.parts import Sentence
from flait.core.replies.words import AROUND_MUTE

LONGEST_MUTE = timedelta(days=30)
_FOR_EVER = timedelta(days=3650)
_ALWAYS = frozenset({"forever", "ever", "always", "permanently", "indefinitely", "good", "completely"})


def lasting(after: Sentence) -> Reply | None:
    """`mute forever`, `mute UA123 for good`, `mute for 500 days`; `after` is what stands behind the verb."""
    span, is_for_ever = after.only(timedelta), not _ALWAYS.isdisjoint(after.words)
    if not after.fits(AROUND_MUTE | _ALWAYS, timedelta) or is_for_ever == (span is not None):
        return None
    return Mute(subject=after.subject, span=span or _FOR_EVER) if span is None or span > LONGEST_MUTE else None
