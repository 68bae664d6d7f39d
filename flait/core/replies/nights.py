"""No texts at night, or at other hours: a wish that has an end is no STOP.

`don't text me at night`, `be quiet from 22 to 7`, `no texts before 7am`. In doubt it is a STOP all the same: every word
of the text has to be known here, and each clause that asks for silence has to say when. With `stop` among them, or
`ever`, or `day`, it is none of these.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from flait.core.replies.kinds import Prefer, Preference
from flait.core.replies.parts import stripped
from flait.core.replies.quiet import hours_in
from flait.core.replies.words import GERUNDS, NOUNS, VERBS, phrases_of, words_of
from flait.core.zones import TABLE as ZONES

_PLEAS: Final = phrases_of(
    f"dont/never/not {VERBS} me", f"no/without/dont/never {GERUNDS}", f"no {NOUNS}", f"no more/further {NOUNS}",
    f"dont send {NOUNS}", f"dont send me {NOUNS}/anything", f"dont send any/more {NOUNS}",
    f"dont send me any/more {NOUNS}", f"dont want {NOUNS}", f"dont want any/your/the/these {NOUNS}",
    f"dont want to get/receive {NOUNS}", f"dont want to get/receive any {NOUNS}",
    "dont/not want to be texted/messaged/called/disturbed/woken", "be/stay/keep/remain quiet/silent", "leave me alone",
    "dont/not disturb/wake/ring/buzz/beep", "dont/not wake/ring/buzz me", "dont/not wake me up",
)  # fmt: skip
_LONGEST_PLEA: Final = max(map(len, _PLEAS))

_NIGHT: Final = words_of(
    "night nights nighttime overnight midnight tonight sleep sleeping asleep bedtime late morning mornings evening "
    "evenings early"
)
_WHEN: Final = words_of("before after past at from between around by until")
_AROUND: Final = words_of(
    "i we you im am are my me at in the during while when so this too very please and or nor of middle hours hour time "
    "it is its every each on again anymore pm oclock"
)
_AN_HOUR = re.compile(r"[0-9]{1,2}(?:[:.h]?[0-5][0-9])?(?:am|pm|a|p|h)?|noon|midnight")
_ALWAYS: Final = frozenset({"24-7", "24 7"})


def with_an_end(clauses: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    """What is said besides the plea for silence, where each clause with one says more; None: there is no plea."""
    cut = [_without_plea(stripped(clause)) for clause in clauses]
    if not any(cut) or () in cut:
        return None
    rest = stripped(tuple(word for clause, left in zip(clauses, cut, strict=True) for word in left or clause))
    return rest if " ".join(rest) not in _ALWAYS else None


def _without_plea(words: tuple[str, ...]) -> tuple[str, ...] | None:
    """The clause without its plea; None where it has none."""
    for at in range(len(words)):
        for size in range(_LONGEST_PLEA, 0, -1):
            if words[at : at + size] in _PLEAS:
                return words[:at] + words[at + size :]
    return None


def nightly(words: tuple[str, ...]) -> Prefer | None:
    """Quiet hours that words besides the plea ask for: set where both hours are named, else asked for."""
    hours = hours_in(" ".join(words))
    if hours and _is_zone(hours.zone):
        return hours if hours.value or hours.readings else None  # before 7 and after 7: that is always
    known = all(word in _NIGHT or word in _WHEN or word in _AROUND or _AN_HOUR.fullmatch(word) for word in words)
    return Prefer(what=Preference.QUIET, value=None) if known and _says_when(words) else None


def _is_zone(said: str) -> bool:
    return not said or said in ZONES or said.endswith(" time")


def _says_when(words: tuple[str, ...]) -> bool:
    pairs = pairwise(words)
    return any(word in _NIGHT for word in words) or any(one in _WHEN and _AN_HOUR.fullmatch(two) for one, two in pairs)
