"""A text tells what its words say, to the minute, and nothing else: read by who has the words alone.

Gates, terminals and belts of both ends have labels of their own here, so that a label says which fact it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from flait.core.alerts import Alert, decide
from flait.core.flights import Flight
from flait.core.messages import units
from flait.core.silences import silence
from flait.core.subscriptions import Role
from flait.core.texts.alerts import alert_text
from flait.core.texts.formats import SEGMENT, Reader
from flait.core.told import Told, tells, told
from flait.core.values import replace
from tests.core.flights_for_tests import (
    CLE,
    IN,
    OFF,
    ON,
    OUT,
    PIT,
    at_gate,
    diverted,
    hours,
    knowing,
    late,
    left_gate,
    minutes,
    planned,
    rescheduled,
    took_off,
    touched_down,
)

# --- the reader of words --------------------------------------------------------------------------------------------

ZONES = {"PST": "America/Los_Angeles", "EST": "America/New_York"}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
AT = r"(\d\d):(\d\d) ([PE]ST)(?: (Mon|Tue|Wed|Thu|Fri|Sat|Sun))?"
DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
OLD = rf"(?:\d\d:\d\d(?: {DAY})?->)?"
TOWN = r"(?:[A-Z][a-z]+ \()?[A-Z]{3}\)?"

DEPARTURE = (rf"\b[Dd]ep {OLD}{AT}", rf"was to leave {AT}")
LEFT = (rf"left the gate (?:[A-Z]{{3}} )?{AT}",)
ARRIVAL = (
    rf"\b[Aa]rr {OLD}{AT}",
    rf"and arrive {AT}",
    rf"was to arrive (?:[A-Z]{{3}} )?{AT}",
    rf"(?:arrives|at the gate) about {AT}",
    rf"now arrives {TOWN} about {OLD}{AT}",
    rf"[Aa]rrives [A-Z]{{3}} about {AT}",
    rf"(?:is at|[Aa]t) the gate {TOWN} {AT}",
)
PLACES = {  # label → the fact that it is
    "F12": "gate_origin", "C3": "gate_origin", "1": "terminal_origin", "3": "terminal_origin",
    "C91": "gate_destination", "D7": "gate_destination", "A": "terminal_destination", "C": "terminal_destination",
    "66": "baggage_claim", "44": "baggage_claim",
}  # fmt: skip
LABEL = r"(?:[Gg]ate|[Tt]erminal|TERMINAL CHANGE|GATE CHANGE|[Bb]elt|assigned:) (?!SFO|EWR|PIT|CLE|\d\d:)(?:([A-Z0-9]{1,3})->)?([A-Z0-9]{1,3})\b"
ABOUT_ANOTHER_PLACE = re.compile(r"DIVERTED|now goes to|goes on")


def moment(match: re.Match[str], now: datetime) -> datetime:
    """The moment that is meant by `14:10 PST`, or `14:10 PST Tue`, to who reads it `now`."""
    hour, minute, zone, weekday = match.groups()[-4:]
    today = now.astimezone(ZoneInfo(ZONES[zone]))
    found = [
        day.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
        for day in (today + timedelta(days=offset) for offset in range(-3, 4))
        if (day.date() == today.date() if weekday is None else DAYS[day.weekday()] == weekday)
    ]
    assert len(found) == 1, match[0]
    return found[0].astimezone(UTC)


def times(patterns: tuple[str, ...], body: str, now: datetime) -> set[datetime]:
    named = re.search(r" (\d\d) Nov moved", body)  # then its times are of that day
    now = datetime(2025, 11, int(named[1]), 20, tzinfo=UTC) if named else now
    return {moment(match, now) for pattern in patterns for match in re.finditer(pattern, body)}


def to_the_minute(value: str | bool) -> datetime:
    return datetime.fromisoformat(str(value)).replace(second=0, microsecond=0)


def places(body: str) -> Iterator[tuple[str, str]]:
    """Every place named, as the fact and its label; '' where it is no longer shown."""
    for sentence in re.split(r"(?<=\.) ", body):
        gone = "no longer shown" in sentence
        for part in sentence.split(", "):
            for match in re.finditer(LABEL, part):
                yield PLACES[match[2]], "" if gone and "->" not in part else match[2]
            for match in re.finditer(r"\(Terminal (?:[13]->)?([13])\)", part):
                yield PLACES[match[1]], match[1]


def phases(body: str) -> set[str]:
    """How far it has come, by the words."""
    said = {
        "scheduled": r"has NOT (?:taken off|left the gate) after all|returned to the gate|goes on [A-Z-]+: (?:dep|was to)",
        "out": r"left the gate (?:[A-Z]{3} )?\d",
        "off": r"[Tt]ook off|in the air|has NOT landed after all",
        "on": r"[Ll]anded [A-Z0-9]|[Ll]anded at|DIVERTED: landed|after all: landed|back at",
        "in": rf"(?:is at|[Aa]t) the gate (?:{TOWN}|at) ",
    }
    return {phase for phase, words in said.items() if re.search(words, body)}


# --- what each fact needs -------------------------------------------------------------------------------------------

Words = Callable[[str], bool]


def has(pattern: str) -> Words:
    return lambda body: re.search(pattern, body) is not None


FLAGS: Mapping[tuple[str, str | bool | None], Words] = {
    # fact and value (None: any but '' or False) → the words, without which it is not told and with which it is
    ("cancelled", True): has(r"is CANCELLED|still CANCELLED|Last: CANCELLED"),
    ("cancelled", False): has(r"is ON AGAIN"),
    ("diverted_to", "?"): has(r"DIVERTED: not going to|DIVERTED, new airport"),
    ("diverted_to", "KPIT"): has(
        r"DIVERTED(?:[:,] landed|, at the gate| to) Pittsburgh \(PIT\)|(?:landed|at the gate) Pittsburgh \(PIT\)|ends at Pittsburgh"
    ),
    ("diverted_to", "KCLE"): has(
        r"DIVERTED(?:[:,] landed|, at the gate| to) Cleveland \(CLE\)|(?:landed|at the gate) Cleveland \(CLE\)|ends at Cleveland"
    ),
    ("returned", None): has(r"returned to the gate"),
    ("onward", None): has(r"goes on [A-Z]{3}-[A-Z]{3}"),
    ("ends", True): has(r"ends at "),
    ("ends", ""): has(r"goes on [A-Z]{3}-[A-Z]{3}"),
    ("stale", None): has(r"^No (?:word on|report that) "),
}


def check(alert: Alert, body: str, facts: Mapping[str, str | bool], now: datetime) -> None:
    for fact, patterns in (("departure", DEPARTURE), ("arrival", ARRIVAL)):
        said = {to_the_minute(facts[fact])} if facts.get(fact) else set()
        happened = times(LEFT, body, now) if fact == "departure" else set()  # which is when it left, told so or not
        assert times(patterns, body, now) <= said <= times(patterns, body, now) | happened, fact
    for (fact, value), words in FLAGS.items():
        known = facts.get(fact)
        is_told = known == value if value is not None else bool(known)
        assert is_told == words(body), (fact, value)
    check_places(body, facts)
    check_phase(body, facts)
    check_advice(alert, body, facts)
    check_olds(alert, body)


def check_places(body: str, facts: Mapping[str, str | bool]) -> None:
    named = dict(places(body))
    known = {fact: value for fact, value in facts.items() if fact in PLACES.values()}
    if ABOUT_ANOTHER_PLACE.search(body):  # what was told of the one airport says nothing of the other
        known = {fact: value for fact, value in known.items() if value or fact in named}
    assert known == named


def check_phase(body: str, facts: Mapping[str, str | bool]) -> None:
    said = phases(body)
    if "phase" not in facts:
        assert not said - {"on"}, said  # where it landed is said again by what tells another fact
        return
    assert facts["phase"] in said


def check_advice(alert: Alert, body: str, facts: Mapping[str, str | bool]) -> None:
    advice = re.search(r"(?:[Bb]oards about|Be at the gate by) (\d\d):(\d\d)", body)
    if advice is None:
        assert not facts.get("boards")
        assert ("boards" in facts) == ("Board now" in body) or ABOUT_ANOTHER_PLACE.search(body)
        return
    boards = to_the_minute(facts["boards"]).astimezone(alert.flight.origin.zone)
    assert (boards.hour, boards.minute) == (int(advice[1]), int(advice[2]))


def check_olds(alert: Alert, body: str) -> None:
    """`14:10->14:55`: the old one is what was told."""
    known = alert.told
    for word, old, zone in re.findall(rf"\b([Dd]ep|[Aa]rr|about) (\d\d:\d\d)(?: {DAY})?->\d\d:\d\d ([PE]ST)", body):
        at = known.departure if word.lower() == "dep" else known.arrival
        assert at
        assert f"{at.astimezone(ZoneInfo(ZONES[zone])):%H:%M}" == old
    for old, new in re.findall(LABEL, body):
        if old:
            assert getattr(known, PLACES[old]) == old
            assert PLACES[old] == PLACES[new]


# --- any flight, and anything told ----------------------------------------------------------------------------------

STAGES = (
    lambda flight: flight,
    lambda flight: flight,
    left_gate,
    took_off,
    touched_down,
    at_gate,
    lambda flight: diverted(None, flight),
    lambda flight: diverted(PIT, flight),
    lambda flight: diverted(CLE, flight),
    lambda flight: touched_down(diverted(PIT, flight)),
    lambda flight: at_gate(diverted(PIT, flight)),
    lambda flight: replace(flight, cancelled=True),
    lambda flight: replace(flight, destination=PIT),
    lambda flight: replace(flight, returned=OUT),
    lambda flight: replace(flight, origin=PIT, via=("PIT",)),
)
FLIGHTS = st.builds(
    lambda stage, by, shift, **fields: stage(late(minutes(by), rescheduled(minutes(shift), planned(**fields)))),
    stage=st.sampled_from(STAGES),
    by=st.sampled_from([-100, -12, 0, 0, 9, 45, 100, 600]),
    shift=st.sampled_from([0, 0, 0, 0, 75, -75]),
    gate_origin=st.sampled_from([None, "F12", "C3"]),
    terminal_origin=st.sampled_from([None, "1", "3"]),
    gate_destination=st.sampled_from([None, "C91", "D7"]),
    terminal_destination=st.sampled_from([None, "A", "C"]),
    baggage_claim=st.sampled_from([None, "66", "44"]),
)
NOW = st.sampled_from(
    [
        *(OUT + hours(count) for count in (-30, -2, -0.5, 1, 3)),
        OFF + minutes(5),
        ON,
        IN,
        *(IN + hours(count) for count in (1, 3, 8)),
    ]
)
BESIDES = st.fixed_dictionaries(
    {},
    optional={
        "boards": st.sampled_from([OUT - minutes(35), OUT + minutes(10)]),
        "stale": st.sampled_from(["not left", "not landed", OUT.isoformat()]),
        "ends": st.just(True),
    },
)


def unstated(told: Told, **besides: object) -> Told:
    return replace(told, **besides)  # type: ignore[arg-type]  # Told's own fields


@given(known=FLIGHTS, after=FLIGHTS, role=st.sampled_from(Role), now=NOW, besides=BESIDES)
@settings(max_examples=1200)
def test_what_every_text_tells_stands_in_its_words_and_nothing_else_is_told(
    known: Flight, after: Flight, role: Role, now: datetime, besides: dict[str, object]
) -> None:
    heard = unstated(knowing(known), **besides)
    alert = decide(heard, (), role=role, before=after, after=after, now=now).alert
    if alert:
        text = alert_text(alert, Reader(ident="UA1234", now=now))
        check(alert, text.body, text.tells, now)


@given(known=FLIGHTS, after=FLIGHTS, role=st.sampled_from(Role), now=NOW, ago=st.integers(45, 300))
def test_what_a_text_about_silence_tells_stands_in_its_words(
    known: Flight, after: Flight, role: Role, now: datetime, ago: int
) -> None:
    """What one look alone has shown is said, and not told: it is news when a second shows it."""
    seen_at = now - minutes(ago)
    for flight in (known, after):
        doubts = decide(knowing(known), (), role=role, before=known, after=flight, now=now, seen_at=seen_at).doubts
        alert = silence(knowing(known), role=role, flight=flight, seen_at=seen_at, now=now, doubts=doubts)
        if alert:
            text = alert_text(alert, Reader(ident="UA1234", now=now))
            check(alert, re.sub(ONCE, "", text.body), text.tells, now)
            assert len(re.findall(ONCE, text.body)) == len(str(text.tells.get("once", "")).split())
            assert units(text.body) <= SEGMENT


ONCE = r" (?:Seen once, not|Nor) confirmed: [^.]*\."


def test_a_delay_is_told_from_what_the_take_off_said() -> None:
    """`delay cut to 1h48: arr 15:56->15:27` to somebody who had read `about 15:51`: neither was ever said."""
    gone = took_off(late(minutes(100)))
    departed = decide(
        knowing(late(minutes(100))), (), role=Role.MEETER, before=gone, after=gone, now=OFF + minutes(105)
    )
    assert departed.alert
    said = alert_text(departed.alert, Reader(ident="UA1234", now=OFF + minutes(105)))
    assert "Arrives EWR about 00:11 EST Wed (1h40 late)." in said.body
    sooner = took_off(late(minutes(100)))
    sooner = replace(sooner, in_=replace(sooner.in_, estimated=IN + minutes(71)), on=late(minutes(71)).on)
    heard = told([tells(late(minutes(100))), said.tells])
    cut = decide(heard, (), role=Role.MEETER, before=sooner, after=sooner, now=OFF + hours(3)).alert
    assert cut
    assert "arr 00:11 Wed->23:42 EST Tue" in alert_text(cut, Reader(ident="UA1234", now=OFF + hours(3))).body
