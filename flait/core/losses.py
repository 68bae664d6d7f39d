"""Texts that Twilio took and that did not arrive: which of them are the operator's problem, why, and what mends it.

A single lost text is told afresh and is no problem. What is: an error that every next text would meet, a person
who gets nothing any more, and a day on which half of the texts were lost. Pure.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from flait.core.twilio_errors import ERRORS, ErrorKind, failure_words
from flait.core.whatsapp import NO_SMS, NO_WAY

LOOKED_AT: Final = timedelta(days=7)  # what ended before that says nothing of today
IN_A_ROW: Final = 3  # texts to one person: a phone may be off for one of them
A_DAY: Final = timedelta(days=1)
LEAST: Final = 4  # texts of a day, before a rate says anything

_LASTING: Final = frozenset({ErrorKind.ACCOUNT, ErrorKind.RECIPIENT})
"""Errors that the next text would meet too; so does one that is filtered, though that is the text's for Twilio."""
_FILTERED: Final = 30007


class Ended(Struct, frozen=True, kw_only=True):
    """How one text ended: to whom it was, when, and whether it arrived; else with which error, or in our own words."""

    phone: str
    name: str
    at: datetime
    arrived: bool
    error_code: int | None = None
    error: str | None = None

    @property
    def why(self) -> str:
        """The cause in words."""
        return failure_words(self.error_code) if self.error_code or not self.error else self.error


class Loss(Struct, frozen=True, kw_only=True):
    """Something that is wrong with texts, in a sentence, and since when."""

    cause: str
    since: datetime


def losses(ended: Sequence[Ended], now: datetime) -> list[Loss]:
    """What is wrong, by cause, by person and by rate. `ended` is of the last week, in the order the texts were written.

    A person who got a later text no longer counts.
    """
    runs = [run for person in _by_person(ended).values() if (run := _lost_since_the_last(person))]
    lasting = [run for run in runs if _is_lasting(run[-1])]
    for_one = [run for run in runs if not _is_lasting(run[-1]) and len(run) >= IN_A_ROW]
    found = [*_by_cause(lasting), *map(_of_one, for_one)]
    return found or _by_rate([text for text in ended if now - text.at <= A_DAY])


def _by_person(ended: Sequence[Ended]) -> Mapping[str, list[Ended]]:
    people: dict[str, list[Ended]] = {}
    for text in ended:
        people.setdefault(text.phone, []).append(text)
    return people


def _lost_since_the_last(texts: Sequence[Ended]) -> list[Ended]:
    """The texts to one person that were lost since one last arrived."""
    arrived = max((number for number, text in enumerate(texts, 1) if text.arrived), default=0)
    return list(texts[arrived:])


def _is_lasting(text: Ended) -> bool:
    known = ERRORS.get(text.error_code or 0)
    return text.error_code == _FILTERED or _has_no_way(text) or (known is not None and known.kind in _LASTING)


def _has_no_way(text: Ended) -> bool:
    """Whether it was given up without asking Twilio: no form of it was allowed, nor is one of the next."""
    return text.error_code is None and (text.error or "").endswith(NO_SMS)


def _by_cause(runs: Sequence[Sequence[Ended]]) -> list[Loss]:
    causes: dict[str, list[Sequence[Ended]]] = {}
    for run in runs:
        causes.setdefault(run[-1].why, []).append(run)
    return [_lasting(of_cause) for of_cause in causes.values()]


def _lasting(runs: Sequence[Sequence[Ended]]) -> Loss:
    last = runs[0][-1]
    lost = [text for run in runs for text in run if text.why == last.why]
    whom = runs[0][-1].name if len(runs) == 1 else f"{len(runs)} people"
    texts = "the last text" if len(lost) == 1 else f"the last {len(lost)} texts"
    return Loss(cause=f"{texts} to {whom} did not arrive: {last.why}; {_remedy(last)}", since=lost[0].at)


def _of_one(run: Sequence[Ended]) -> Loss:
    last = run[-1]
    words = f"the last {len(run)} texts to {last.name} did not arrive: {last.why}; {_remedy(last)}"
    return Loss(cause=words, since=run[0].at)


def _by_rate(day: Sequence[Ended]) -> list[Loss]:
    lost = [text for text in day if not text.arrived]
    if len(day) < LEAST or 2 * len(lost) < len(day):
        return []
    why, _ = Counter(text.why for text in lost).most_common(1)[0]
    worst = next(text for text in lost if text.why == why)
    words = f"{len(lost)} of the last day's {len(day)} texts did not arrive, most of them because {why}"
    return [Loss(cause=f"{words}; {_remedy(worst)}", since=lost[0].at)]


def _remedy(text: Ended) -> str:
    known = ERRORS.get(text.error_code or 0)
    if _has_no_way(text):
        return NO_WAY
    return known.remedy if known else _LOOK


_LOOK: Final = "`flait messages --status failed` and `--status undelivered` show them, Twilio's console why"
