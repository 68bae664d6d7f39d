"""Questions that are known by a word: what else flies, where the plane is, how sure a connection is, and why."""

from flait.core.idents import Ident
from flait.core.replies import words as table
from flait.core.replies.kinds import Alternatives, Connect, Fact, ListNumber, Reply, Status, Why
from flait.core.replies.parts import Dated, Sentence


def alternatives(said: Sentence) -> Reply | None:
    """`ALT`, `ALT UA123`, `other flights tomorrow`, `rebook my flight`."""
    pairs = zip(said.words, said.words[1:], strict=False)
    asked = any(word in table.ALTERNATIVES for word in said.words) or any(pair in table.OTHER_FLIGHTS for pair in pairs)
    fits = said.fits(table.ALTERNATIVES | table.AROUND_ALTERNATIVES, Dated)
    return Alternatives(subject=said.subject, date=said.date) if asked and fits else None


def plane(after: Sentence) -> Reply | None:
    """Where the aircraft is that the flight is to leave with."""
    fits = after.fits(table.AROUND_UNTRACK, Dated)
    return Status(subject=after.subject, fact=Fact.PLANE, date=after.date) if fits else None


def connect(said: Sentence) -> Reply | None:
    """`CONNECT`, `my connection?`, `connection ok`."""
    asked = any(word in table.CONNECTING for word in said.words)
    fits = said.fits(table.CONNECTING | table.AROUND_STATUS | table.MINE_FILLERS | {"ok", "tight", "make"})
    return Connect() if asked and fits else None


def why(said: Sentence) -> Reply | None:
    """`WHY`, `why UA123`, `why did you text me`; not `why is it late`, which is its status asked for."""
    asked = said.parts[0] in table.ASKED_WHY and said.fits(table.AROUND_WHY)
    subject = said.only(Ident) or said.only(ListNumber)
    return Why(subject=subject) if asked else None
