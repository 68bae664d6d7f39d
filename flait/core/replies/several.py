"""Several flights, or numbers, in one text: to choose, to end, or to ask how each stands."""

from collections.abc import Sequence

from flait.core.idents import Ident
from flait.core.replies import words as table
from flait.core.replies.kinds import (
    Choice,
    Fact,
    ListFlights,
    ListNumber,
    Reply,
    StatusOfSeveral,
    Untrack,
    UntrackSeveral,
)
from flait.core.replies.parts import Dated, Part, Sentence

MOST_FLIGHTS = 9  # in one reply, tracked or chosen: more is no reply to anything Flait asks
MOST_ASKED = 4  # whose status is told for one text
_Flights = tuple[Ident | ListNumber, ...]

_AND = frozenset({"and", "also", "plus", "flights", "of", "them"})
_ALL = frozenset({"all", "everything"})
_NOT_THOSE = frozenset({"no", "but", "not", "dont", "only", "nope", "nah", "or"})


def choice(said: Sentence) -> Reply | None:
    """`1`, `the second one`, `BOTH`: what answers a numbered question."""
    spoken = Sentence(parts=tuple(part.text if isinstance(part, Dated) else part for part in said.parts))  # `the 2nd`
    words = [word for word in spoken.words if word not in table.AROUND_CHOICE]
    known = len(spoken.words) + len(spoken.every(ListNumber)) == len(spoken.parts)
    if not known or not all(word in table.COUNTED for word in words):
        return None
    numbers = tuple(dict.fromkeys(filter(None, map(_counted, spoken.parts))))
    if "both" in said.words and not numbers:
        return Choice(numbers=(), both=True)
    return Choice(numbers=numbers) if 1 <= len(numbers) <= MOST_FLIGHTS else None


def _counted(part: Part) -> int | None:
    if isinstance(part, ListNumber):
        return part.number
    return table.COUNTED.get(part) if isinstance(part, str) else None


def are_of_a_list(words: Sequence[str]) -> bool:
    """`1 2`, `1 and 2`: several numbers of a list, and nothing that makes hours of them."""
    numbers = [word for word in words if word not in _AND]
    return len(numbers) > 1 and all(word.isascii() and word.isdigit() and len(word) == 1 for word in numbers)


def untracked(after: Sentence) -> Reply | None:
    """`UNTRACK UA1 and BA2`, `untrack 1,2`, `untrack the second one`, `untrack both`."""
    named, rest = _named(after)
    both = "both" in rest
    if not all(part in table.AROUND_UNTRACK | _AND | {"both"} for part in rest):
        return None
    if len(named) == 1 and not both:
        return Untrack(subject=named[0])
    fits = len(named) in (0, 2) if both else 1 < len(named) <= MOST_FLIGHTS
    return UntrackSeveral(subjects=named, both=both and not named) if fits else None


def _named(said: Sentence) -> tuple[_Flights, list[Part]]:
    """The flights, by number or by their place on the list, and what stands between them."""
    named: list[Ident | ListNumber] = []
    rest: list[Part] = []
    before: Part = ""
    for each in said.parts:
        part = each.text if isinstance(each, Dated) else each  # `the 2nd`
        counted = _counted(part)
        if isinstance(part, Ident):
            named.append(part)
        elif counted and not (part == "one" and before in _ORDINALS):
            named.append(ListNumber(number=counted))
        elif part != "one":
            rest.append(each)
        before = part
    return tuple(dict.fromkeys(named)), rest


_ORDINALS = table.COUNTED.keys() - table.NUMBERS.keys()


def untracked_all(after: Sentence) -> Reply | None:
    """`UNTRACK ALL`, `untrack all my flights`, `unfollow everything`."""
    asked = not _ALL.isdisjoint(after.words)
    known = all(part in table.AROUND_UNTRACK | _AND | _ALL for part in after.parts)
    return UntrackSeveral() if asked and known else None


def stopped(said: Sentence) -> Reply | None:
    """`STOP UA1 and BA2`: these alone. None where some are perhaps to stay."""
    idents = said.every(Ident)
    subjects: _Flights = tuple(dict.fromkeys(idents)) or tuple(dict.fromkeys(said.every(ListNumber)))
    fits = len(subjects) <= MOST_FLIGHTS and said.date is None and _NOT_THOSE.isdisjoint(said.words)
    return UntrackSeveral(subjects=subjects, explained=True) if fits else None


def statuses(said: Sentence, around: frozenset[str], fact: Fact) -> Reply | None:
    """`UA1 BA2 status`, `status 1 and 2`; `status of both` is what LIST answers."""
    subjects = tuple(dict.fromkeys(part for part in said.parts if isinstance(part, Ident | ListNumber)))
    others = [part for part in said.parts if not isinstance(part, Ident | ListNumber)]
    asked = said.parts[0] in table.STATUS_COMMANDS
    if not all(isinstance(part, str) and part in around | _AND | {"both", "all"} for part in others):
        return None
    if not subjects:
        return ListFlights() if asked and not {"both", "all"}.isdisjoint(said.words) else None
    fits = 1 < len(subjects) <= MOST_ASKED and (asked or not said.every(ListNumber))
    return StatusOfSeveral(subjects=subjects, fact=fact) if fits else None
