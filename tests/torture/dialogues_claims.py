"""What each sentence of an answer says, and how it is seen to be so: by what is stored, and by what was read before."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from tests.torture.dialogues_play import Followed, Turn
from tests.torture.dialogues_read import Memory, as_told, called, in_words, is_of_day, later, names, places

Check = Callable[[Turn, Memory, re.Match[str]], Iterator[str]]
NAME: Final = r"[A-Z]{2}\d{1,4}(?: (?!until|itself|no longer|muted)[\w()-]+(?::\d\d)?)*?"
MANY: Final = {"No flights": 0, "1 flight": 1}


def _one(live: Sequence[Followed], name: str) -> Iterator[str]:
    """Whether that names one of them."""
    found = called(live, name)
    if len(found) != 1:
        yield f"{name!r} is {names(found)} of {names(live)}"


def none_at_all(turn: Turn, _: Memory, __: re.Match[str]) -> Iterator[str]:
    if turn.after.live:
        yield f"{names(turn.after.live)} is followed"


def not_followed(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    found = [one for one in turn.after.live if one.ident == match["ident"]]
    if found:
        yield f"{names(found)} is followed"


def not_that_day(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    live, ident = turn.after.live, match["ident"]
    same_day = [one for one in live if one.on and in_words(one.on) == match["day"] and one.ident in (ident, one.ident)]
    found = [one for one in same_day if ident in (None, one.ident) and is_of_day(one, turn.said.day, turn.written)]
    if found and not turn.said.place:
        yield f"{names(found)} is of that day"
    for name in match["names"].split(" and "):
        if not called(live, name):
            yield f"{name} is not followed"


def not_any_more(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    found = called(turn.after.live, match["name"])
    if found:
        yield f"{names(found)} is followed"


def was_over(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    yield from not_any_more(turn, _, match)
    if turn.read <= turn.written:
        yield "it was read at once"


def only_since(turn: Turn, _: Memory, __: re.Match[str]) -> Iterator[str]:
    if not any(one.asked_at > turn.written for one in turn.before.live):
        yield f"all of {names(turn.before.live)} was followed before"


def no_number(turn: Turn, memory: Memory, match: re.Match[str]) -> Iterator[str]:
    rows = memory.list_at(turn.written)
    if rows is not None and int(match["number"]) <= len(rows):
        yield f"it is {names([rows[int(match['number']) - 1]])} on the list that was read"


def stopped(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    before, after = turn.before.live, turn.after.live
    if "left" in match.groupdict() and match["left"]:
        left = MANY.get(match["left"], int(match["left"].split()[0]) if match["left"][0].isdigit() else 0)
        if left != len(after):
            yield f"{names(after)} is left"
    for name in match["names"].split(" and ") if not re.match(r"\d+ flights", match["names"]) else ():
        yield from _one(before, name)
        if called(after, name):
            yield f"{name!r} is followed still"


def which(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    options = [name.strip() for name in re.split(r"\d\) ", match["options"])[1:]]
    for name in options:
        yield from _one(turn.after.live, name)
    meant = [one for one in turn.after.live if not turn.said.ident or one.ident == turn.said.ident]
    if turn.said.day:
        meant = [one for one in meant if is_of_day(one, turn.said.day, turn.written)]
    said = len(options) + int(match["more"] or 0)
    if turn.said.do == "untrack" and not turn.said.place and turn.read == turn.written and said != len(meant):
        yield f"{said} are offered, and {names(meant)} can be meant"


def rows(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    lines = [line for line in match[0].splitlines() if re.match(r"\d+ ", line)]
    more = re.search(r"and (\d+) more", match[0])
    if len(lines) + int(more[1] if more else 0) != len(turn.after.live):
        yield f"{names(turn.after.live)} is followed"
    for line in lines:
        yield from _row(turn, line)


def _row(turn: Turn, line: str) -> Iterator[str]:
    """Its time is when the flight leaves or arrives: of the day of the line, or of the weekday beside it."""
    match = re.match(
        r"\d+ (?P<ident>\w+) (?P<day>\w+) [A-Z]{3}-[A-Z]{3} (?P<arr>arr )?(?P<at>\d\d:\d\d)(?: (?P<on>[A-Z][a-z]{2})\b)?",
        line,
    )
    if not match:
        return
    found = [one for one in turn.after.live if one.ident == match["ident"] and _is_day(one, match["day"])]
    if not any(_at(one, match) for one in found):
        yield f"{line!r}: it is {[str(one.flight and one.flight.departure.best) for one in found]}"


def _is_day(one: Followed, text: str) -> bool:
    weekday, number, month = in_words(one.on).split() if one.on else ("", "", "")
    return text == f"{weekday}{number}{month}"


def _at(one: Followed, match: re.Match[str]) -> bool:
    flight = one.flight
    if flight is None:  # saved, by its timetable
        return match.string.endswith(" saved") and (bool(match["arr"]) or one.leaves_at == match["at"])
    if flight.destination is None:  # another of that day
        return False
    moment, place = (
        (flight.arrival.best, flight.destination) if match["arr"] else (flight.departure.best, flight.origin)
    )
    if moment is None:
        return False
    local = moment.astimezone(place.zone)
    weekday = in_words(local.date())[:3]
    return f"{local:%H:%M}" == match["at"] and (weekday == match["on"] if match["on"] else local.date() == one.on)


def muted(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    after, name = turn.after, match["name"]
    yield from _until(turn, name, match["until"])
    longer = match["longer"] or ""
    own = {one.id: until for one in after.live if (until := later(one.muted_until, turn.read))}
    if name == "All flights":
        all_until = after.muted_until
        beside = [until for until in own.values() if all_until and until > all_until]
        if bool(beside) != bool(longer):
            yield f"{names(after.live)} is muted until {[one.muted_until for one in after.live]}"
    else:
        until = next((own.get(one.id) for one in called(after.live, name)), None)
        all_longer = later(after.muted_until, turn.read)
        if bool(all_longer and until and all_longer > until) != longer.startswith("All flights"):
            yield f"all are muted until {after.muted_until}"


def _until(turn: Turn, name: str, told: str) -> Iterator[str]:
    """Whether that is muted until then, told by its clock."""
    after = turn.after
    if name == "All flights":
        if not _is_told(turn, after.muted_until, told, None):
            yield f"all are muted until {after.muted_until}"
        return
    found = called(after.live, name)
    if len(found) != 1:
        yield f"{name!r} is {names(found)}"
    elif not _is_told(turn, found[0].muted_until, told, found[0]):
        yield f"{name} is muted until {found[0].muted_until}"


def _is_told(turn: Turn, until: datetime | None, told: str, one: Followed | None) -> bool:
    holds = later(until, turn.read)
    return holds is not None and told in [as_told(holds, zone, turn.read) for zone in places(turn.after, one)]


def unmuted(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    after, name, but = turn.after, match["name"], match["but"]
    if later(after.muted_until, turn.read):
        yield f"all are muted until {after.muted_until}"
    quiet = [one for one in after.live if later(one.muted_until, turn.read)]
    if name == "All flights":
        if bool(quiet) != bool(but):
            yield f"{names(quiet)} is muted"
        return
    yield from _one(after.live, name)
    if any(one in quiet for one in called(after.live, name)):
        yield f"{name} is muted still"


def still(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    if not _is_told(turn, turn.after.muted_until, match["until"], None) and not any(
        _is_told(turn, turn.after.muted_until, match["until"], one) for one in turn.after.live
    ):
        yield f"all are muted until {turn.after.muted_until}"
    if any(later(one.muted_until, turn.read) for one in called(turn.after.live, match["name"])):
        yield f"{match['name']} is muted itself"


def nothing_muted(turn: Turn, _: Memory, __: re.Match[str]) -> Iterator[str]:
    ends = [turn.after.muted_until, *(one.muted_until for one in turn.after.live)]
    if any(later(until, turn.read) for until in ends):
        yield f"{ends} are the ends of mutes"


def mute_over(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    if turn.read == turn.written:
        yield "it was read at once"


def follows(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    """A confirmation: of a flight of that day."""
    found = [one for one in turn.after.live if one.ident == match["ident"]]
    day = match["day"] if "day" in match.groupdict() else None
    if not any(not day or (one.on and in_words(one.on) == day) for one in found):
        yield f"{names(found)} is followed"


def stands(turn: Turn, _: Memory, match: re.Match[str]) -> Iterator[str]:
    """How a flight stands: of the one that was asked about, in the time of now."""
    text = next(text for text in turn.texts if text.body == match.string)
    one = next((one for one in (*turn.before.live, *turn.before.over) if one.id == text.subscription_id), None)
    if one is None or one.ident != match["ident"]:
        yield "no flight that is followed"
    elif turn.said.day and turn.said.do == "status" and not is_of_day(one, turn.said.day, turn.written):
        yield f"{names([one])} is of another day"


def nothing(*_: object) -> Iterator[str]:
    yield from ()


AT: Final = r"\d\d:\d\d [A-Z]{3,4}(?: [A-Z][a-z]{2})?"
DAY_OF: Final = r"[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2}"
CLAIMS: Final[Sequence[tuple[str, Check]]] = (
    (r"^You follow no flights now\.", none_at_all),
    (rf"^You do not follow (?:(?P<ident>\w+) of|a flight of) (?P<day>{DAY_OF}|[\w-]+)\. You follow (?P<names>[^.]+)\.", not_that_day),
    (r"^You do not follow (?P<name>.+) any more\.", not_any_more),
    (r"^You do not follow (?P<ident>\w+)\. (?:Reply TRACK|To end ALL)", not_followed),
    (r"^(?P<name>.+) was over before we could read that\. Nothing changed\.$", was_over),
    (r"^You follow that flight only since", only_since),
    (r"^There is no number (?P<number>\d+) on your list", no_number),
    (r"^Stopped (?P<names>.+?) only\.", stopped),
    (r"^Stopped (?P<names>.+?)\. (?P<left>No flights|1 flight|\d+ flights) left\.", stopped),
    (r"^(?:Which|(?:MUTE|UNMUTE|SHARE) which) one\? (?P<options>.+?)\. Reply [^;]+(?:; LIST shows (?P<more>\d+) more)?\.$", which),
    (r"(?s)^1 [A-Z]{2}\d.*", rows),
    (rf"^That MUTE was over at {AT}, before we could read it\. Nothing changed\.$", mute_over),
    (rf"^(?P<name>All flights|{NAME}) muted until (?P<until>{AT})\.(?: (?P<longer>(?:All flights|[A-Z]{{2}}\d+|\d+ until)[^.]*\.))? Only urgent", muted),
    (rf"^(?P<name>All flights|{NAME}) no longer muted(?P<but>, but .+ UNMUTE ends that too)?\.", unmuted),
    (rf"^(?P<name>{NAME})(?P<but>) is not muted\. Nothing changed\.", unmuted),
    (rf"^(?P<name>{NAME}) itself is not muted, but all flights are, until (?P<until>{AT})\.", still),
    (r"^Nothing is muted(?: any more\. What changed|\.$)", nothing_muted),
    (rf"^(?:Flait flight alerts(?: for \w+)?: |Tracking )(?P<ident>\w+) .*?(?P<day>{DAY_OF})", follows),
    (rf"^(?P<ident>\w+) [A-Z-]{{7}} (?P<day>{DAY_OF}) saved(?:\.|: dep [^.]*\.) Live tracking", follows),
    (r"^(?:CANCELLED|DIVERTED)", nothing),
    (r"^(?P<ident>\w+) .*saved\. FlightAware does not answer now", follows),
    (r"^You follow (?P<ident>\w+) already\.", follows),
    (r"^There is nothing to undo|^Sorry, I did not get that|^Reply 1|^There is no open invitation", nothing),
    (r"^No \w+ found|is more than one flight|flies |has \d legs|not tracked\.|has already landed|is past\.", nothing),
    (r"^(?P<ident>\w+) .*is saved[;.]", follows),
    (rf"^(?P<ident>\w+) [A-Z-]{{7}} (?P<day>{DAY_OF}) is saved(?:: dep [^.]*\. By|, and not in) the[^.]*\.", follows),
    (r"^Asked \+|^Flait cannot ask|^You have asked|^That is your own number|^Flait: STATUS|^That invitation to follow", nothing),
    (r"^(?P<ident>[A-Z]{2}\d+) .*(?:Checked|No word since)", stands),
    (r"^This number is not set up|^To get texts about", nothing),
)  # fmt: skip
