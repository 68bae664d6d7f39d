"""Whether a later word of a person's leaves nothing of an earlier one, which was heard of only afterwards. Pure."""

from flait.core.idents import Ident
from flait.core.reply_kinds import Leave, Mute, Reply, Track, Undo, Unmute, Untrack


def undoes(later: Reply, earlier: Reply) -> bool:
    """Whether what was done about `later` must not be undone by what `earlier` asked for before it."""
    match earlier, later:
        case (Mute(), Undo()) | (Untrack(), Undo()) | (Leave(), Undo()):
            return True
        case (Mute(subject=before), Mute(subject=after)) | (Mute(subject=before), Unmute(subject=after)):
            return after in (None, before)
        case (Unmute(subject=before), Mute(subject=after)) | (Unmute(subject=before), Unmute(subject=after)):
            return after in (None, before)
        case Track(), (Untrack(subject=Ident() as after) | Leave(subject=Ident() as after)):
            return any(wish.ident == after for wish in earlier.wishes)
        case ((Untrack(subject=Ident() as before) | Leave(subject=Ident() as before)), Track()):
            return any(wish.ident == before for wish in later.wishes)
    return False
