"""MUTE by the clock of another zone, and for longer than a mute can last, which the answer can then say."""

from collections.abc import Callable
from datetime import timedelta

from flait.core.replies.kinds import Mute, Reply
from flait.core.replies.parts import Sentence
from flait.core.replies.words import AROUND_MUTE
from flait.core.values import replace
from flait.core.zones import TABLE as ZONES

LONGEST_MUTE = timedelta(days=30)
_FOR_EVER = timedelta(days=3650)
_ALWAYS = frozenset({"forever", "ever", "always", "permanently", "indefinitely", "good", "completely"})


def lasting(after: Sentence) -> Reply | None:
    """`mute forever`, `mute UA123 for good`, `mute for 500 days`; `after` is what stands behind the verb."""
    span, is_for_ever = after.only(timedelta), not _ALWAYS.isdisjoint(after.words)
    if not after.fits(AROUND_MUTE | _ALWAYS, timedelta) or is_for_ever == (span is not None):
        return None
    return Mute(subject=after.subject, span=span or _FOR_EVER) if span is None or span > LONGEST_MUTE else None


def zoned(after: Sentence, read: Callable[[Sentence], Reply | None]) -> Reply | None:
    """`mute until 7am EST`: what `read` makes of it without the zone, and the zone."""
    for size in (3, 2, 1):
        said = " ".join(part for part in after.parts[-size:] if isinstance(part, str))
        muted = read(Sentence(parts=after.parts[:-size])) if said.removesuffix(" time") in ZONES else None
        if isinstance(muted, Mute) and muted.until is not None:
            return replace(muted, zone=said)
    return None
