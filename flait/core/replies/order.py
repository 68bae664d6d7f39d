"""How two texts of one person relate: what a later one leaves of an earlier one, and which waits for which. Pure."""

from collections.abc import Sequence

from flait.core.idents import Ident
from flait.core.replies.kinds import (
    MINE,
    Choice,
    Join,
    Leave,
    ListNumber,
    Mute,
    Ok,
    Reply,
    Share,
    Subject,
    Track,
    Undo,
    Unmute,
    Untrack,
    UntrackSeveral,
)


def undoes(later: Reply, earlier: Reply) -> bool:
    """Whether what was done about `later` must not be undone by what `earlier` asked for before it."""
    if isinstance(later, UntrackSeveral) or isinstance(earlier, UntrackSeveral):
        return any(undoes(one, other) for one in _one_by_one(later) for other in _one_by_one(earlier))
    match earlier, later:
        case (Mute(), Undo()) | (Untrack(), Undo()) | (Leave(), Undo()):
            return True
        case ((Mute() | Unmute()), (Mute() | Unmute())):
            return later.subject in (None, earlier.subject) and later.date in (None, earlier.date)
        case Track(), (Untrack(subject=Ident() as after) | Leave(subject=Ident() as after)):
            return any(wish.ident == after for wish in earlier.wishes)
        case ((Untrack(subject=Ident() as before) | Leave(subject=Ident() as before)), Track()):
            return any(wish.ident == before for wish in later.wishes)
    return False


def waits_for(later: Reply, earlier: Reply) -> bool:
    """Whether `later` cannot be answered before `earlier`, about which FlightAware is asked: it may be of that flight.

    What is about no flight, or about all of them, waits for nothing but what it takes back.
    """
    if undoes(later, earlier):
        return True
    if isinstance(later, UntrackSeveral):
        return any(waits_for(one, earlier) for one in _one_by_one(later))
    match earlier, later:
        case Track(), (Untrack() | Leave() | Mute() | Unmute() | Share()):
            return _may_be_tracked(earlier, later)
        case ((Undo() | Join() | Choice() | Ok()), (Untrack() | Leave() | Share() | Undo())):
            return True
        case ((Undo() | Join() | Choice() | Ok()), Mute(subject=subject)):
            return subject is not None
        case Undo(), Unmute():
            return True
    return False


def _one_by_one(reply: Reply) -> Sequence[Reply]:
    """Several flights' end as that of each; of all that are followed, as that of whichever it is."""
    if not isinstance(reply, UntrackSeveral):
        return [reply]
    return [Untrack(subject=subject) for subject in reply.subjects or (MINE,)]


def _may_be_tracked(track: Track, later: Untrack | Leave | Mute | Unmute | Share) -> bool:
    subject: Subject | None = later.subject
    if isinstance(subject, Ident):
        return any(wish.ident == subject for wish in track.wishes)
    if isinstance(subject, ListNumber):  # of a list that was sent before
        return False
    return subject is not None or isinstance(later, Leave | Share)
