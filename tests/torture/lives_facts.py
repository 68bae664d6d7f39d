"""What each wording of lives_words makes its reader believe: functions of the match, the reader, and what was said."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.torture.lives_reader import DAYS, OLD, PLACE, Reader, Said, minutes, moment, time_
from tests.torture.lives_world import MINUTE

Does = Callable[[Said, re.Match[str], Reader, bool], None]


def _moment_of(said: Said, match: re.Match[str], name: str, place: str, reader: Reader) -> datetime | None:
    text = match[name]
    if not text:
        return None
    at = moment(text, match[f"{name}_zone"], match[f"{name}_day"], place, now=reader.now, on=reader.on)
    if at is None:
        said.problems.append(f"no such time at {place}: {match[0]!r}")
    return at


def dep(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    _moves(said, match, "dep", said.facts.get("from", reader.origin), reader)


def expected(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """A time of leaving that is Flait's own inference, of a plane that is late."""
    at = _moment_of(said, match, "at", reader.origin, reader)
    said.facts |= {"plane": "late", "expected": at}


def connection(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """How sure it is that they catch that flight, and how many minutes are left; None: it says none."""
    left = match["left"] if "left" in match.re.groupindex else None
    state = match["state"].removesuffix(" after all")
    said.facts["connection"] = (match["then"], state, minutes(left) if left else None)


def next_leaves(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """When the flight that they go on with leaves, from where this one arrives."""
    said.facts["next_leaves"] = (match["then"], _moment_of(said, match, "at", reader.lands_at, reader))


def next_arrives(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """When that flight arrives, as it is written: only the judge of connections knows where that is."""
    said.facts["next_arrives"] = (match["then"], match["at"], match["at_zone"], match["at_day"])


def is_down(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["phase"] = "on"
    at = _moment_of(said, match, "at", reader.lands_at, reader)
    if at:
        said.facts["at_on"] = at


def arr(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    _moves(said, match, "arr", said.facts.get("lands_at", reader.lands_at), reader)


def _moves(said: Said, match: re.Match[str], fact: str, place: str, reader: Reader) -> None:
    at = _moment_of(said, match, "at", place, reader)
    if at:
        said.facts[fact] = at
    known = match.re.groupindex
    if "old" in known and match["old"]:
        said.olds[fact] = match["old"]
    if "late" in known and match["late"]:
        said.lates.append((fact, minutes(match["late"]) * (1 if match["way"] == "late" else -1)))


def lands(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    at = _moment_of(said, match, "at", match["place"], reader)
    if at:
        said.facts["arr"] = at
    said.facts["lands_at"] = match["place"]
    known = match.re.groupindex
    if "late" in known and match["late"]:
        said.lates.append(("arr", minutes(match["late"]) * (1 if match["way"] == "late" else -1)))
    if "term" in known and match["term"]:
        said.facts["term_d"] = match["term"]


def happened(phase: str, place_fact: str | None) -> Does:
    def does(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
        place = match["place"] or reader.lands_at
        at = _moment_of(said, match, "at", place, reader)
        said.facts["phase"] = phase
        if at:
            said.facts[f"at_{phase}"] = at
        if at and phase == "in":
            said.facts["arr"] = at
        if place_fact and match["place"]:
            said.facts[place_fact] = match["place"]
        if ", not " in match[0]:
            said.facts["diverted_to"] = match["place"]
        if match["late"]:
            said.lates.append((phase, minutes(match["late"]) * (1 if match["way"] == "late" else -1)))

    return does


_HAPPENED = {"left the gate": "out", "took off": "off", "landed": "on", "is at the gate": "in"}


def corrected(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """Another moment of what has happened."""
    phase = _HAPPENED[match["what"]]
    at = _moment_of(said, match, "at", match["place"], reader)
    said.facts |= {"phase": phase, **({f"at_{phase}": at} if at else {}), **({"arr": at} if phase == "in" else {})}


def happened_somewhere(phase: str) -> Does:
    """Where nobody knows the airport, the clock is UTC's."""

    def does(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
        day = reader.now.replace(hour=int(match["at"][:2]), minute=int(match["at"][3:]), second=0, microsecond=0)
        at = day if day <= reader.now else day - 24 * 60 * MINUTE
        said.facts |= {"phase": phase, f"at_{phase}": at, **({"arr": at} if phase == "in" else {})}

    return does


def diverted(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    place = match["place"]
    said.facts["diverted_to"] = place
    said.facts["lands_at"] = place
    at = _moment_of(said, match, "at", place, reader) if "at" in match.re.groupindex else None
    if at:
        said.facts["arr"] = at


def landed_elsewhere(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts |= {"diverted_to": match["place"], "lands_at": match["place"], "phase": "on"}
    at = _moment_of(said, match, "at", match["place"], reader)
    if at:
        said.facts["at_on"] = at


def lands_there(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    _moves(said, match, "arr", match["place"], reader)
    said.facts["lands_at"] = match["place"]


def no_word(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["stale"] = "word"
    since = _moment_of(said, match, "at", reader.origin, reader)
    if since:
        said.facts["since"] = since


def seen_once(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """What one look alone has shown: no fact, and yet it must have been seen."""
    words, once = match["words"] or "", said.facts.setdefault("once", {})
    once |= {"plane": True} if match["plane"] else {}
    if "not cancelled" in words or "CANCELLED" in words:
        once["cancelled"] = "not cancelled" not in words
    if "DIVERTED" in words:
        there = re.search(PLACE, words.partition("DIVERTED to ")[2])
        once["diverted_to"] = "" if "NO LONGER" in words else there["place"] if there else "?"
    if there := re.search(rf"it goes to {PLACE}, not", words):
        once["to"] = there["place"]
    once |= _times_once(said, words, reader)
    if not once:
        once[words] = True


def _times_once(said: Said, words: str, reader: Reader) -> dict[str, Any]:
    once: dict[str, Any] = {}
    for fact, names, place in (("dep", "dep|takes off", reader.origin), ("arr", "arr|lands", reader.lands_at)):
        if "it goes on" not in words and (when := re.search(rf"\b(?:{names}) {OLD}{time_('at')}", words)):
            once[fact] = _moment_of(said, when, "at", place, reader)
            said.olds |= {fact: when["old"]} if when["old"] else {}
    if when := re.search(rf"\b(?:arrives|lands) {PLACE} about {time_('at')}", words):
        once["arr"] = _moment_of(said, when, "at", when["place"], reader)
    return once


def both_gone(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
    end = "d" if arriving else "o"
    said.facts |= {f"gate_{end}": "", f"term_{end}": ""}
    said.olds |= {f"gate_{end}": match["gate"], f"term_{end}": match["term"]}


def undiverted(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["diverted_to"] = ""
    if match["place"]:
        said.facts["lands_at"] = match["place"]
        at = _moment_of(said, match, "at", match["place"], reader) if "at" in match.re.groupindex else None
        if at:
            said.facts["arr"] = at


def fact(**facts: Any) -> Does:
    def does(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
        said.facts.update(facts)

    return does


def named(*names: str) -> Does:
    """The groups of the match are these facts."""

    def does(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
        for name, group in zip(names, match.groups(), strict=True):
            if group:
                said.facts[name] = group

    return does


def boards(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    days = (None, *DAYS)
    found = (moment(match["at"], None, day, reader.origin, now=reader.now) for day in days)
    times = [at for at in found if at and abs(at - reader.now) < 23 * 60 * MINUTE]
    if times:
        said.facts["boards"] = min(times, key=lambda at: (at < reader.now - 6 * 60 * MINUTE, abs(at - reader.now)))


def gates(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
    """A gate, a terminal or both, of where the text is about; old ones where an arrow says so."""
    for name, group in (("gate", "gate"), ("term", "term"), ("term", "term_2")):
        known = match.re.groupindex
        if group in known and match[group]:
            said.facts[f"{name}_{'d' if arriving else 'o'}"] = match[group]
        if f"{group}_old" in known and match[f"{group}_old"]:
            said.olds[f"{name}_{'d' if arriving else 'o'}"] = match[f"{group}_old"]


def gone(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
    field_name = match["what"].lower()
    name = {"gate": "gate", "terminal": "term", "belt": "belt"}[field_name]
    said.facts[name if name == "belt" else f"{name}_{'d' if arriving else 'o'}"] = ""
    said.olds[name if name == "belt" else f"{name}_{'d' if arriving else 'o'}"] = match["label"]


def belt(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["belt"] = match["belt"]
    if match["old"]:
        said.olds["belt"] = match["old"]
    if match["term"]:
        said.facts["term_d"] = match["term"]


def lateness(where: str) -> Does:
    def does(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
        said.lates.append((where, minutes(match[1])))

    return does


def left_until(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """How long until it leaves or comes; what time that is stands elsewhere."""
    fact = "dep" if match["what"] == "leaves" else "arr"
    said.left.append((fact, reader.now + minutes(match["left"]) * MINUTE))
    said.facts["leave" if fact == "dep" else "meet"] = True


def stands_late(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.lates.append(("any", minutes(match["late"]) * (1 if match["way"] == "late" else -1)))


def was(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.was_late = minutes(match[1])


def no_new_time(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """It goes by the schedule, which is past, and nobody says that it still holds."""
    dep(said, match, reader, _)
    at = _moment_of(said, match, "there", said.facts.get("lands_at", reader.lands_at), reader)
    said.facts |= {"no_new_time": True, **({"arr": at} if at else {})}


def in_the_air_since(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["phase"] = "off"
    at = _moment_of(said, match, "at", reader.origin, reader)
    if at:
        said.facts["at_off"] = at


def left(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["phase"] = "out"
    place = match["place"] if "place" in match.re.groupindex else reader.origin
    at = _moment_of(said, match, "at", place, reader)
    if at:
        said.facts["at_out"] = at


def route(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["from"], said.facts["to"] = match[1], match[2]


def goes_on(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts.setdefault("phase", "scheduled")
    said.facts |= {"onward": match[1], "from": match[1], "to": match[2], "lands_at": match[2]}


def rerouted(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts |= {"to": match[1], "lands_at": match[1]}


def nothing(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    pass
