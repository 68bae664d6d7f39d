"""What somebody believes who has read their texts in order, and whether a text's `tells` are its words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tests.torture.lives_reader import Said, label
from tests.torture.lives_truth import floor

KEPT: Final = frozenset(
    {"dep", "arr", "gate_o", "term_o", "gate_d", "term_d", "belt", "cancelled", "diverted_to", "phase", "boards", "to"}
    | {"stale", "once", "ends", "onward", "no_new_time"}
)

TELLS: Final[Mapping[str, str]] = {
    # what the database calls it → what the reader does
    "departure": "dep",
    "arrival": "arr",
    "gate_origin": "gate_o",
    "terminal_origin": "term_o",
    "gate_destination": "gate_d",
    "terminal_destination": "term_d",
    "baggage_claim": "belt",
    "cancelled": "cancelled",
    "diverted_to": "diverted_to",
    "phase": "phase",
    "boards": "boards",
    "onward": "onward",
    "ends": "ends",
    "stale": "stale",
    "once": "once",
}
ACTUAL: Final = {"dep": "out"}  # who reads when it left the gate knows when it departed
_MOMENTS: Final = frozenset({"dep", "arr", "boards"})
_LABELS: Final = frozenset({"gate_o", "term_o", "gate_d", "term_d", "belt"})
_PRESENCE: Final = frozenset({"onward", "ends", "stale", "once"})  # what is stored of these is no word of the text


@dataclass(slots=True)
class Belief:
    """By the words alone. A fact that was never said is not there."""

    facts: dict[str, Any] = field(default_factory=dict)

    def hears(self, said: Said) -> None:
        """One more text."""
        news = {name: value for name, value in said.facts.items() if name in KEPT}
        if news.get("phase") in ("off", "on", "in"):
            news.setdefault("cancelled", False)
        if "onward" in news:
            self.facts = {"stale": self.facts.get("stale", "")}
            news["diverted_to"] = ""
        places = {name for name in ("diverted_to", "to", "onward") if name in said.facts}
        if any(
            said.facts[name] != self.facts.get(name, said.facts[name]) for name in places
        ):  # what is known of one airport says nothing of another
            for name in ("gate_d", "term_d", "belt", "arr"):
                self.facts.pop(name, None)
        if "dep" in news or "phase" in news:
            news.setdefault("no_new_time", False)
        if news and not news.get("stale"):
            news |= {"stale": "", "once": {}}  # whoever hears how it stands has fresh word
        elif "once" in news:
            news["once"] = {**self.facts.get("once", {}), **news["once"]}
        self.facts |= news

    def lands_at(self, otherwise: str) -> str:
        """Where they think that it comes down."""
        there = self.facts.get("diverted_to")
        return str(there if there and there != "?" else self.facts.get("to") or otherwise)

    def get(self, fact: str, default: Any = None) -> Any:
        """What is believed."""
        return self.facts.get(fact, default)


def tells_and_words(tells: Mapping[str, Any], said: Said, held: Belief) -> Iterator[tuple[str, str]]:
    """Which stored facts of a text differ from its words, and how. `held`: what was believed before."""
    for name, fact in TELLS.items():
        stored, words = tells.get(name), said.facts.get(fact, said.facts.get(f"at_{ACTUAL.get(fact)}"))
        if stored is None:
            words = said.facts.get(fact)
            if words is not None and not _known_already(fact, words, held):
                yield fact, f"the words say {fact} {_shown(words)}, which is not counted as told"
            continue
        gone = stored == "" and words is None and _goes_without_saying(fact, said, held)
        if not gone and not _same(fact, stored, words) and not _nothing_new(fact, stored, held):
            said_so = "which stands in no word" if words is None else f"the words say {_shown(words)}"
            yield fact, f"counted as told: {name} {stored}, {said_so}"


def _known_already(fact: str, words: Any, held: Belief) -> bool:
    """What repeats an older word, or only takes up the place it had."""
    return fact in _PRESENCE or words in ("", False) or bool(held.get(fact) == words)


def _goes_without_saying(fact: str, said: Said, held: Belief) -> bool:
    """The gate of an airport where it does not go any more; the silence, once there is word."""
    if fact in ("stale", "once"):
        return bool(said.facts)
    elsewhere = {"diverted_to", "to", "onward"} & set(said.facts)
    return not held.get(fact) or (bool(elsewhere) and fact in (*_LABELS, "diverted_to", "boards", "arr", "ends"))


def _nothing_new(fact: str, stored: Any, held: Belief) -> bool:
    """That it is not cancelled, not diverted and has not left needs no words where nobody said so."""
    if fact in ("cancelled", "diverted_to", "stale", "once", "onward", "ends"):
        return not stored and not held.get(fact)
    return fact == "phase" and stored == "scheduled" and held.get("phase", "scheduled") == "scheduled"


def _same(fact: str, stored: Any, words: Any) -> bool:
    if words is None:
        return False
    if fact in _PRESENCE:
        return bool(stored) == bool(words)
    if fact in _MOMENTS:
        return stored == words or (
            (bool(stored) and bool(words)) and floor(datetime.fromisoformat(stored)) == floor(words)
        )
    if fact in _LABELS:
        return label(stored) == label(words)
    if fact == "diverted_to":
        return stored == words or (len(stored) == 4 and stored[1:] == words) or stored in _CODES.get(words, ())
    return bool(stored == words)


_CODES: Final = {"LHR": ("EGLL",), "FRA": ("EDDF",), "NRT": ("RJAA",), "DXB": ("OMDB",), "HNL": ("PHNL",)}


def _shown(value: Any) -> str:
    return f"{value:%d/%H:%M}Z" if isinstance(value, datetime) else str(value)
