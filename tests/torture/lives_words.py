"""What a text says, read by somebody who has nothing but its words. Every wording that the campaign knows is here.

`read` gives the facts of one text; what it cannot read stands in `unread`, so that new words are noticed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.torture.lives_world import MINUTE, PLACES, ZONES

BOARDS_BEFORE: Final = timedelta(minutes=35)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_ZONE: Final = rf"UTC(?:[+-]\d+(?::\d\d)?)?|(?!(?:{'|'.join(PLACES)})\b)[A-Z]{{3,4}}"
_DATE: Final = rf"(?:{'|'.join(_DAYS)}) \d{{1,2}} (?:{'|'.join(_MONTHS)})"
_AT: Final = rf"(?P<NAME>\d\d:\d\d)(?: (?P<NAME_zone>{_ZONE})\b)?(?: (?P<NAME_day>{'|'.join(_DAYS)})\b)?"
_OLD: Final = r"(?:(?P<old>\d\d:\d\d)(?: (?:UTC[+\d:-]*|[A-Z]{3,4}))?->)?"
_TOWN: Final = r"(?:[A-Z][A-Za-z .'-]{1,20} \()?([A-Z]{3})\)?"  # Portland ME (PWM), or PWM
_PLACE: Final = _TOWN.replace("([A-Z]{3})", "(?P<place>[A-Z]{3})")
_LABEL: Final = r"(?:GATE |BELT )?[A-Z0-9]{1,8}"
_SPAN: Final = r"(?:\d+h\d\d|\d+h|\d+m)"
_LATE: Final = rf"(?: \((?P<late>{_SPAN}) (?P<way>late|early)\))?"
_TERM: Final = r"(?:, Terminal (?P<term>[A-Z0-9]{1,8}))?"


def _time(name: str) -> str:
    return _AT.replace("NAME", name)


@dataclass(slots=True)
class Said:
    """The facts of one text: names are the oracle's. A time is a moment; '' is: told that there is none.

    `olds` are the old values of an arrow as written, `lates` what it says of lateness: where, and how many minutes.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    olds: dict[str, str] = field(default_factory=dict)
    lates: list[tuple[str, int]] = field(default_factory=list)
    was_late: int | None = None
    unread: str = ""
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads it, when, and what they hold already: where it leaves from and comes down."""

    role: str
    number: str
    now: datetime
    origin: str
    lands_at: str
    on: date | None = None  # a day that the text names: its times are of that day


def read(body: str, reader: Reader) -> Said:
    """What the words say."""
    said, rest, reader = Said(), body, replace(reader, on=_named_day(body, reader.now))
    arriving = _is_about_arrival(body, reader.role)
    for pattern, does in _WORDS:
        match = pattern.search(rest)
        while match:
            does(said, match, reader, arriving)
            rest = f"{rest[: match.start()]} ~ {rest[match.end() :]}"
            match = pattern.search(rest)
    said.unread = " ".join(re.sub(r"[~.,:;]", " ", rest.replace(reader.number, " ")).split())
    return said


def label(text: str | None) -> str:
    """A gate, terminal or belt without the word for the field itself."""
    return re.sub(r"^(?:GATE|TERMINAL|BELT|CAROUSEL|STAND) ", "", (text or "").upper())


def minutes(span: str) -> int:
    """`1h50` in minutes."""
    hours, _, rest = span.partition("h") if "h" in span else ("0", "", span.rstrip("m"))
    return int(hours) * 60 + int(rest or 0)


def clock(at: datetime, place: str) -> str:
    """`14:10`, as the clocks of that airport show it."""
    return f"{at.astimezone(ZONES[place]):%H:%M}"


def zone_label(at: datetime, zone: ZoneInfo) -> str:
    """What its zone is called there: the letters where they are known everywhere, else UTC+9."""
    local = at.astimezone(zone)
    name = local.tzname() or ""
    if name.isalpha() and zone.key.startswith(("America/", "Europe/", "Pacific/Honolulu", "Asia/Tokyo")):
        return name
    hours, rest = divmod(int((local.utcoffset() or timedelta()).total_seconds() // 60), 60)
    return f"UTC{hours:+}" + (f":{rest:02}" if rest else "")


def _named_day(body: str, now: datetime) -> date | None:
    """The day of a confirmation: `Tue 25 Nov`."""
    match = re.search(rf"^(?:Flait|Tracking|CANCELLED|DIVERTED).*? ({_DATE})", body)
    if match is None:
        return None
    weekday, day, month = match[1].split()
    days = (now.date() + timedelta(days=offset) for offset in range(-5, 20))
    found = (on for on in days if (on.day, on.month) == (int(day), _MONTHS.index(month) + 1))
    return next((on for on in found if _DAYS[on.weekday()] == weekday), None)


def moment(  # noqa: PLR0917 - a time as it is written, part by part
    text: str, zone_name: str | None, day: str | None, place: str, now: datetime, on: date | None = None
) -> datetime | None:
    """The moment that those words mean to somebody who reads them `now`; None when there is none such."""
    zone = ZONES[place]
    today = on or now.astimezone(zone).date()
    hour, minute = int(text[:2]), int(text[3:])
    found = []
    for offset in range(-5, 7):
        on = today + timedelta(days=offset)
        if (day is None) != (offset == 0) or (day and _DAYS[on.weekday()] != day):
            continue
        for fold in (0, 1):
            at = datetime(on.year, on.month, on.day, hour, minute, tzinfo=zone, fold=fold)
            if zone_name is None or zone_label(at, zone) == zone_name:
                found.append(at.astimezone(UTC))  # an hour that comes twice equals nothing elsewhere
    near = datetime(today.year, today.month, today.day, 12, tzinfo=zone) if on else now
    return min(found, key=lambda at: abs(at - near), default=None)


def _is_about_arrival(body: str, role: str) -> bool:
    """Whether a gate or terminal in it is the one of arrival: once it flies, and for those who wait there."""
    flies = re.search(
        r"landed|took off|Took off|[Aa]t the gate [A-Z]{3}|in the air|[Bb]ags at|DIVERTED|Taxiing|[Aa]t [A-Z]{3}: ",
        body,
    )
    leaves = re.search(
        r"GATE CHANGE|gate assigned|TERMINAL CHANGE|leaves from|returned to the gate|NOT taken off", body
    )
    return not leaves and (bool(flies) or role != "traveler")


# --- the wordings -----------------------------------------------------------------------------------------------------

_Does = Callable[[Said, re.Match[str], Reader, bool], None]


def _moment_of(said: Said, match: re.Match[str], name: str, place: str, reader: Reader) -> datetime | None:
    text = match[name]
    if not text:
        return None
    at = moment(text, match[f"{name}_zone"], match[f"{name}_day"], place, reader.now, reader.on)
    if at is None:
        said.problems.append(f"no such time at {place}: {match[0]!r}")
    return at


def _dep(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    _moves(said, match, "dep", said.facts.get("from", reader.origin), reader)


def _arr(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
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


def _lands(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    at = _moment_of(said, match, "at", match["place"], reader)
    if at:
        said.facts["arr"] = at
    said.facts["lands_at"] = match["place"]
    known = match.re.groupindex
    if "late" in known and match["late"]:
        said.lates.append(("arr", minutes(match["late"]) * (1 if match["way"] == "late" else -1)))
    if "term" in known and match["term"]:
        said.facts["term_d"] = match["term"]


def _happened(phase: str, place_fact: str | None) -> _Does:
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
        if match["late"]:
            said.lates.append((phase, minutes(match["late"]) * (1 if match["way"] == "late" else -1)))

    return does


def _diverted(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    place = match["place"]
    said.facts["diverted_to"] = place
    said.facts["lands_at"] = place
    at = _moment_of(said, match, "at", place, reader) if "at" in match.re.groupindex else None
    if at:
        said.facts["arr"] = at


def _landed_elsewhere(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts |= {"diverted_to": match["place"], "lands_at": match["place"], "phase": "on"}
    at = _moment_of(said, match, "at", match["place"], reader)
    if at:
        said.facts["at_on"] = at


def _lands_there(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    _moves(said, match, "arr", match["place"], reader)
    said.facts["lands_at"] = match["place"]


def _no_word(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["stale"] = "word"
    since = _moment_of(said, match, "at", reader.origin, reader)
    if since:
        said.facts["since"] = since


def _there(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """Nothing by itself: what follows is of the airport of arrival."""


def _both_gone(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
    end = "d" if arriving else "o"
    said.facts |= {f"gate_{end}": "", f"term_{end}": ""}
    said.olds |= {f"gate_{end}": match["gate"], f"term_{end}": match["term"]}


def _undiverted(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["diverted_to"] = ""
    if match["place"]:
        said.facts["lands_at"] = match["place"]
        at = _moment_of(said, match, "at", match["place"], reader) if "at" in match.re.groupindex else None
        if at:
            said.facts["arr"] = at


def _fact(**facts: Any) -> _Does:
    def does(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
        said.facts.update(facts)

    return does


def _named(*names: str) -> _Does:
    """The groups of the match are these facts."""

    def does(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
        for name, group in zip(names, match.groups(), strict=True):
            if group:
                said.facts[name] = group

    return does


def _boards(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    days = (None, *_DAYS)
    found = (moment(match["at"], None, day, reader.origin, reader.now) for day in days)
    times = [at for at in found if at and abs(at - reader.now) < 23 * 60 * MINUTE]
    if times:
        said.facts["boards"] = min(times, key=lambda at: (at < reader.now - 6 * 60 * MINUTE, abs(at - reader.now)))


def _gates(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
    """A gate, a terminal or both, of where the text is about; old ones where an arrow says so."""
    for name, group in (("gate", "gate"), ("term", "term"), ("term", "term_2")):
        known = match.re.groupindex
        if group in known and match[group]:
            said.facts[f"{name}_{'d' if arriving else 'o'}"] = match[group]
        if f"{group}_old" in known and match[f"{group}_old"]:
            said.olds[f"{name}_{'d' if arriving else 'o'}"] = match[f"{group}_old"]


def _gone(said: Said, match: re.Match[str], reader: Reader, arriving: bool) -> None:
    field_name = match["what"].lower()
    name = {"gate": "gate", "terminal": "term", "belt": "belt"}[field_name]
    said.facts[name if name == "belt" else f"{name}_{'d' if arriving else 'o'}"] = ""
    said.olds[name if name == "belt" else f"{name}_{'d' if arriving else 'o'}"] = match["label"]


def _belt(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["belt"] = match["belt"]
    if match["old"]:
        said.olds["belt"] = match["old"]
    if match["term"]:
        said.facts["term_d"] = match["term"]


def _lateness(where: str) -> _Does:
    def does(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
        said.lates.append((where, minutes(match[1])))

    return does


def _was(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.was_late = minutes(match[1])


def _no_new_time(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    """It goes by the schedule, which is past, and nobody says that it still holds."""
    _dep(said, match, reader, _)
    at = _moment_of(said, match, "there", said.facts.get("lands_at", reader.lands_at), reader)
    said.facts |= {"no_new_time": True, **({"arr": at} if at else {})}


def _in_the_air_since(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["phase"] = "off"
    at = _moment_of(said, match, "at", reader.origin, reader)
    if at:
        said.facts["at_off"] = at


def _left(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["phase"] = "out"
    place = match["place"] if "place" in match.re.groupindex else reader.origin
    at = _moment_of(said, match, "at", place, reader)
    if at:
        said.facts["at_out"] = at


def _route(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts["from"], said.facts["to"] = match[1], match[2]


def _goes_on(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts |= {"phase": "scheduled", "onward": match[1], "from": match[1], "to": match[2], "lands_at": match[2]}


def _rerouted(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    said.facts |= {"to": match[1], "lands_at": match[1]}


def _nothing(said: Said, match: re.Match[str], reader: Reader, _: bool) -> None:
    pass


_WORDS: Final[tuple[tuple[re.Pattern[str], _Does], ...]] = tuple(
    (re.compile(pattern), does)
    for pattern, does in (
        # a subscription
        (r"^Tracking (?=[A-Z0-9])", _fact(tracked=True)),
        (
            r"\bsaved\. Live tracking starts 2 days before; (?:you will hear from us then|we text you then)",
            _fact(pending=True),
        ),
        (
            r"^Flait(?: flight alerts(?: for [^:]+)?)?:|Flait(?: flight alerts)?\.$|Flait(?: flight alerts)?\. (?=Msg|Set)",
            _nothing,
        ),
        (
            r"Set up by [^.]*|We text when it (?:takes off and )?lands|We tell you if it (?:is on again|goes on)",
            _nothing,
        ),
        (rf"in the air since {_time('at')}", _in_the_air_since),
        (rf"\bwas to leave {_time('at')}(?: and arrive {_time('there')})?, no new time yet", _no_new_time),
        (rf"\bwas to leave {_time('at')}", _dep),
        (rf"\band arrive {_time('at')}", _arr),
        (rf"\bwas to arrive {_PLACE} {_time('at')}", _lands),
        (r"no report (?:yet )?that it (?:left|landed)", _nothing),
        (rf"\bleft the gate {_time('at')}(?: \({_SPAN} ago\))?, not taken off yet", _left),
        (rf"\bback at {_PLACE}(?: {_time('at')})?(?:, not [A-Z]{{3}})?", _landed_elsewhere),
        (rf", (?:leaves )?({_SPAN}) (?:late|early):", _lateness("any")),
        (r"leaves EARLIER:", _nothing),
        (rf"(?:\d{{4}}-\d\d-\d\d |{_DATE} )?is (?:NOT tracked|not tracked yet): .*", _fact(failed=True)),
        (rf"of {_DATE} .*: not tracked\. Reply TRACK [A-Z0-9]+ for the next", _fact(failed=True)),
        # what stands above all
        (r"the airline shows it CANCELLED\. We tell you if that changes", _fact(cancelled=True)),
        (rf"{_DATE}(?: {_time('at')})? is CANCELLED|is CANCELLED|^CANCELLED", _fact(cancelled=True)),
        (r"(?<=Last: )CANCELLED|still CANCELLED", _fact(cancelled=True)),
        (r"is ON AGAIN(?:, not cancelled)?", _fact(cancelled=False)),
        (r"NO LONGER DIVERTED: (?=landed)", _fact(diverted_to="")),
        (r"NO LONGER DIVERTED\. It goes to (?P<place>[A-Z]{3}) as planned", _undiverted),
        (rf"NO LONGER DIVERTED(?:: landing {_PLACE}(?: again)?(?: about {_time('at')})?)?", _undiverted),
        (rf"DIVERTED: now landing {_PLACE}(?: about {_time('at')})?, not [A-Z]{{3}}", _diverted),
        (rf"now landing {_PLACE} about {_OLD}{_time('at')}", _lands_there),
        (rf"DIVERTED: landed {_PLACE}(?: {_time('at')})?, not [A-Z]{{3}}", _landed_elsewhere),
        (rf"DIVERTED to {_PLACE}(?:, not [A-Z]{{3}})?:?", _diverted),
        (r"DIVERTED: not going to [A-Z]{3} as planned", _fact(diverted_to="?", lands_at="")),
        (r"DIVERTED, new airport not known yet", _fact(diverted_to="?", lands_at="")),
        (r"DIVERTED, (?=landed)", _fact(diverted_to="?")),
        (rf"^DIVERTED: (?=.* {_DATE}, )", _nothing),
        (rf"(?:It )?now goes to {_TOWN}, not [A-Z]{{3}}", _rerouted),
        (r"goes on ([A-Z]{3})-([A-Z]{3})", _goes_on),
        (r"(?:It )?ends at another airport", _fact(ends="?")),
        (rf"(?:It )?ends at {_TOWN}(?:; ask the airline[^.]*)?", _named("ends")),
        (rf"Ask the airline how (?:you|passengers) get to {_TOWN}", _nothing),
        (r"We look for its flight on(?: to [A-Z]{3})?", _nothing),
        (rf"\b([A-Z]{{3}})-([A-Z]{{3}})\b(?: {_DATE})?", _route),
        # silence
        (rf"No word on [A-Z0-9]+(?: since {_time('at')})?[.,]?", _no_word),
        (r"No report that [A-Z0-9]+ has (left|landed)(?: [A-Z]{3})?:?", _named("stale")),
        (r"Fresh word on [A-Z0-9]+:?", _fact(stale="")),
        # how far it is
        (r"(?:It )?has NOT left the gate after all", _fact(phase="scheduled", taken_back="out")),
        (r"(?:It )?has NOT taken off after all", _fact(phase="scheduled", taken_back="off")),
        (r"(?:It )?has NOT landed after all", _fact(phase="off", taken_back="on")),
        (
            r"(?:It )?returned to the gate(?: at [A-Z]{3})?(?:: now(?= dep| left))?",
            _fact(phase="scheduled", returned=True),
        ),
        (rf"(?:It )?left the gate {_PLACE} {_time('at')}(?:, not taken off yet)?", _left),
        (rf"[Tt]ook off(?: from)? {_PLACE}(?: {_time('at')})?{_LATE}", _happened("off", None)),
        (rf"[Ll]anded {_PLACE}(?: {_time('at')})?{_LATE}(?:, not [A-Z]{{3}})?", _happened("on", "lands_at")),
        (rf"[Ll]anded(?P<place>)(?: at)?(?: {_time('at')})?{_LATE}", _happened("on", None)),
        (rf"(?:is at|[Aa]t) the gate {_PLACE}\b(?: {_time('at')})?{_LATE}", _happened("in", "lands_at")),
        (rf"(?:is at|At) the gate(?P<place>)(?: at)?(?: {_time('at')})?{_LATE}", _happened("in", None)),
        (r"in the air", _fact(phase="off")),
        (rf"(?<=, )at the gate about {_time('at')}(?: \({_SPAN} (?:late|early)\))?", _arr),
        (rf"(?:[Ll]ands|[Aa]rrives) {_PLACE} about {_time('at')}{_LATE}(?:, on time)?{_TERM}", _lands),
        (r"It lands later than planned; the time follows", _nothing),
        # besides
        (rf"\barrives about {_time('at')}", _arr),
        (r"was the last word|Check the airline's page", _nothing),
        (r"Gate is still changing: check the board|Now(?= dep| arr)|Taxiing to(?= gate)", _nothing),
        (r"Last: |[Cc]heck the board(?:; we keep trying)?|we keep trying", _nothing),
        # times
        (r"no estimate any more: plan for(?= dep| arr)", _nothing),
        (rf"\b[Dd]ep {_OLD}{_time('at')}", _dep),
        (rf"\b[Aa]rr {_OLD}{_time('at')}{_LATE}", _arr),
        (r"(?:[Bb]oards about|[Bb]e at the gate by) (?P<at>\d\d:\d\d)", _boards),
        (r"Board now", _fact(boards="")),
        (rf"\bdelayed ({_SPAN})", _lateness("any")),
        (rf"\bnow ({_SPAN}) late", _lateness("any")),
        (rf"\bdelay cut to ({_SPAN})", _lateness("any")),
        (rf"\(({_SPAN}) late\)", _lateness("dep")),
        (rf"\b(?:Was(?: told)?|Earlier) ({_SPAN})(?: delay is cleared)?", _was),
        (r"back on time|, on time|moved again", _fact(on_time=True)),
        (rf"(?:{_DATE} )?moved by the airline, {_SPAN} (?:EARLIER|LATER)", _nothing),
        (r"(?:leaves|arrives) EARLIER", _nothing),
        # places
        (r"[Aa]t [A-Z]{3}: (?=gate|Terminal)", _there),
        (
            rf"[Gg]ate (?P<gate>{_LABEL}), Terminal (?P<term>[A-Z0-9]{{1,8}}) are no longer shown",
            _both_gone,
        ),
        (rf"(?P<what>[Gg]ate|[Tt]erminal|[Bb]elt) (?P<label>{_LABEL}) (?:is )?no longer shown", _gone),
        (r"[Bb]ags at [A-Za-z]+: +(?=~)", _nothing),
        (
            (
                rf"GATE CHANGE (?P<gate_old>{_LABEL})->(?P<gate>{_LABEL})"
                rf"(?:,? \(?(?:Terminal |T)(?:(?P<term_old>[A-Z0-9]{{1,8}})->)?(?P<term>[A-Z0-9]{{1,8}})\)?)?(?: [A-Z]{{3}}\b)?"
            ),
            _gates,
        ),
        (r"TERMINAL CHANGE (?P<term_old>[A-Z0-9]{1,8})->(?P<term>[A-Z0-9]{1,8})(?: [A-Z]{3}\b)?", _gates),
        (rf"gate assigned: (?P<gate>{_LABEL})(?:, Terminal (?P<term>[A-Z0-9]{{1,8}}))?, [A-Z]{{3}}\b", _gates),
        (r"leaves from Terminal (?P<term>[A-Z0-9]{1,8}), [A-Z]{3}\b", _gates),
        (rf"bags at [A-Za-z]+: belt (?:(?P<old>{_LABEL})->)?(?P<belt>{_LABEL}){_TERM}", _belt),
        (rf"Bags: belt (?:(?P<old>{_LABEL})->)?(?P<belt>{_LABEL}){_TERM}", _belt),
        (r"Gate later|gate later", _nothing),
        (
            (
                rf"[Gg]ate (?:(?P<gate_old>{_LABEL})->)?(?P<gate>{_LABEL})"
                rf"(?: \(T(?P<term>[A-Z0-9]{{1,8}})\)|, Terminal (?:(?P<term_old>[A-Z0-9]{{1,8}})->)?(?P<term_2>[A-Z0-9]{{1,8}}))?"
            ),
            _gates,
        ),
        (r"Terminal (?:(?P<term_old>[A-Z0-9]{1,8})->)?(?P<term>[A-Z0-9]{1,8})", _gates),
        # what it says besides
        (r"Ask the airline (?:now )?to rebook you|Check with the airline that your booking stands", _nothing),
        (r"Ask your traveler for the new flight|Ask the airline what that means for you|Ask at the airport", _nothing),
        (
            r"We keep tracking it|Next text when it lands|Check connections|Airline may recover time, stay near",
            _nothing,
        ),
        (r"The new airport is not known yet; we tell you when it is", _nothing),
        (r"Go now if not at [A-Z]{3}|Terminal change: allow extra time", _nothing),
        (r"Allow extra time|Msg rates may apply|STOP to end|departure time not known", _nothing),
    )
)
