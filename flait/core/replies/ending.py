"""No more texts, of all flights or of one: what a wish with STOP, in any words, ends."""

import re

from flait.core.idents import Ident
from flait.core.replies import words as table
from flait.core.replies.kinds import MINE, ListNumber, Reply, Stop, Unknown, Untrack
from flait.core.replies.parts import Sentence, sentence, stripped
from flait.core.replies.several import stopped
from flait.core.replies.stops import asks_for_silence, means_the_rest_alone, means_the_rest_too, says_all, undisguised


def ending(clauses: list[tuple[str, ...]], said: Sentence, *, asked: str) -> Reply | None:
    """The end of all texts, or of one flight, if that is meant; `asked` is the text where it has a question mark."""
    if _is_numbered_stop(said):
        return _untrack_with_stop(said)
    if not asked and _is_stop_beside_number(said):
        return Stop(exact=False)
    heard = [_heard(said), *(_heard(sentence(stripped(clause))) for clause in clauses)]
    heard = [words for words in heard if not _is_asked_alone(words, asked)]
    plain = any(table.wants_no_texts(words) or table.spells_stop(words) for words in heard)
    if not plain and (asked or not any(asks_for_silence(words) for words in heard)):
        return None
    if said.every(Ident) and means_the_rest_alone(said.words):
        return Unknown()
    if said.every(Ident) and not means_the_rest_too(said.words) and not _stops_all_beside(clauses):
        return _untrack_with_stop(said)
    if said.is_mine and any(word in table.TRACKING for word in said.words):
        return Untrack(subject=MINE, explained=True)
    return Stop(exact=False)


def _stops_all_beside(clauses: list[tuple[str, ...]]) -> bool:
    """`stop UA1234. Please stop all`."""
    if clauses[-1][-2:-1] == ("and",) and clauses[-1][-1] in table.PLAIN_STOPS:  # `untrack UA1234 and stop`
        return True
    return any(says_all(clause) and not sentence(clause).every(Ident) for clause in clauses)


def _is_numbered_stop(said: Sentence) -> bool:
    """`stop 2`, `stop texts for flight 2`; not `stop sending me 2 a day`, nor `stop 2 end`, which is `stop to end`."""
    around = table.STOP_NUMBERED | table.STOPS
    numbered = bool(said.every(ListNumber)) and said.parts[0] in table.STOPS and said.parts[-1] not in table.STOPS
    return numbered and all(isinstance(part, ListNumber) or part in around for part in said.parts)


def _is_stop_beside_number(said: Sentence) -> bool:
    """`1 stop`: in doubt no stop of a journey."""
    number, *words = said.parts
    return isinstance(number, ListNumber) and len(words) == 1 and words[0] in table.PLAIN_STOPS


def _is_asked_alone(words: tuple[str, ...], asked: str) -> bool:
    """`quit?`: a word of everyday talk that is a question, in a text with one."""
    alone = bool(asked) and len(words) == 1 and words[0] in table.EVERYDAY_STOPS
    return alone and re.search(rf"\b{re.escape(words[0])}\b[^?!.;\n]*\?", asked) is not None


def _heard(said: Sentence) -> tuple[str, ...]:
    """The words, and the small numbers among them: `1 stop` is no `stop`."""
    spoken = (str(part.number) if isinstance(part, ListNumber) else part for part in said.parts)
    return tuple(undisguised(word) for word in spoken if isinstance(word, str))


def _untrack_with_stop(said: Sentence) -> Reply:
    """The flights named are untracked, if it is sure that all of them are to be."""
    idents, numbers = said.every(Ident), said.every(ListNumber)
    if len(idents or numbers) > 1:
        return stopped(said) or Unknown(command="untrack")
    return Untrack(subject=idents[0] if idents else numbers[0], explained=True, date=said.date)
