"""What one look alone has shown, and waits for a second: kept beside a decision, for the case that none can be had."""

from collections.abc import Sequence

from msgspec import Struct

from flait.core.changes import ORDER, Change, ChangeKind
from flait.core.holds import Hold
from flait.core.planes import Plane
from flait.core.trips import Onward


class Doubts(Struct, frozen=True, kw_only=True):
    """What one look alone showed, most important first; `beside`, what is sure and waits with that."""

    once: tuple[Change, ...] = ()
    beside: tuple[Change, ...] = ()
    onward: Onward | None = None
    plane: Plane | None = None


NO_DOUBTS = Doubts()


def doubts_of(
    news: Sequence[Change],
    held: Sequence[Hold | None],
    due: Sequence[Change],
    *,
    onward: Onward | None,
    plane: Plane | None,
) -> Doubts:
    """The doubts about what differs: each change with why it waits, and which of them are told now."""
    pairs = list(zip(news, held, strict=True))
    once = [change for change, hold in pairs if hold and hold.once]
    beside = [change for change, hold in pairs if hold is None and change not in due]
    return Doubts(
        once=tuple(sorted(once, key=lambda change: ORDER[change.kind])),
        beside=tuple(change for change in beside if change.kind is not ChangeKind.FRESH),
        onward=onward,
        plane=plane,
    )
