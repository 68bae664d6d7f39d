"""AeroAPI's answers about one flight, spoilt: each kind of damage, and what may follow from it.

Made by a seeded generator, so that a seed and a number say which. What a Payload may lead to is known by how it was
made, not by what Flait makes of it.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.adapters.aeroapi_bodies import ALBANY, BOSTON, CHICAGO, airport, flights, record

LEAVES: Final = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A body. `silent`: it is no news. `kinds`: what two looks at it must lead to for a watcher, from `since` on.

    With neither, a text may follow, and must be in order. `blank` are the fields that it leaves out, which is no news
    until it lasts. `by_number`: the answer to a search. `gone`: in the air.
    """

    name: str
    body: bytes
    silent: bool = False
    blank: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()
    since: datetime = ALWAYS
    by_number: bool = False
    gone: bool = False


EVENTS: Final = ("out", "off", "on", "in")
TIMES: Final = tuple(f"{kind}_{event}" for event in EVENTS for kind in ("scheduled", "estimated", "actual"))
PLACES: Final = ("gate_origin", "terminal_origin", "gate_destination", "terminal_destination", "baggage_claim")
NEWS: Final = (*TIMES, *PLACES, "cancelled", "diverted")
REST: Final = tuple(name for name in record() if name not in (*NEWS, "fa_flight_id", "origin", "destination"))
GONE: Final = {"actual_out": "2026-03-02T01:31:00Z", "actual_off": "2026-03-02T01:44:12Z"}

NASTY: Final = (
    "\x1b[2J\x1b]0;owned\x07", "A\u202e21B", "[red]C3[/red]", "[/]", "C3\nSTOP", "C3\r\nX-Evil: 1", "😀" * 40, "=1+1",
    "登机口", "\u0000", "\u200b", " \t ", "C" * 500, "'; DROP TABLE flights;--", "\ufeffB1", "{0}%s%n", "</Message>",
    "\x7f", "\x9b31m", "é" * 70, "€[]{}~^|" * 10, "-1", "ﷺ" * 20, "a\u0301" * 60, "../../etc/passwd",
)  # fmt: skip
WRONG: Final[Sequence[Any]] = (
    [], {}, True, False, -1, 0, 7, 1e308, -1e-308, 2**63, -(2**70), "", " ", [[]], {"a": None}, ["B12"], "null", 3.5,
)  # fmt: skip
NO_MOMENTS: Final = (
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59Z", "2262-04-12T00:00:00Z", "soon", "2026-02-30T00:00:00Z", "2026-03-02T25:00:00Z", "", "0",
)  # fmt: skip
WRONG_YEARS: Final = ("2099-12-31T23:59:59Z", "2000-01-02T00:00:00Z", "2027-03-02T01:30:00Z", "2026-04-02T01:30:00Z")
MOMENTS: Final = (
    *NO_MOMENTS, *WRONG_YEARS, "2026-03-02", "20260302", "2026-W10-1", "T", "2026-03-02T01:30:00+99:99", "1e9", "\uff12\uff10\uff12\uff16-03-02T01:30:00Z",
)  # fmt: skip
ZONES: Final = (
    None, "", "UTC", "Factory", "localtime", "posixrules", "Etc/GMT+12", "Pacific/Kiritimati", "Pacific/Apia", "CST6CDT",
    "Africa/Monrovia", "America/Nuuk", "../../etc/passwd", "\x00", "America", "Asia/Kathmandu", "x" * 10_000, "Zulu",
)  # fmt: skip


def json_of(*records: Any, **links: Any) -> bytes:
    """As AeroAPI would send them; lone surrogates stay what they are, escaped."""
    return json.dumps({**flights(*records), **links}).encode()


def _mixed(rng: random.Random, *records: Record) -> bytes:
    """With other flights around them, in any order."""
    others = [_other(rng) for _ in range(rng.randrange(3))]
    shuffled = [*records, *others]
    rng.shuffle(shuffled)
    return json_of(*shuffled)


def _other(rng: random.Random) -> Record:
    """Somebody else's flight, or the same number's on another day or from another airport, with news of its own."""
    days = rng.choice([-1, 1, 2])
    kinds: tuple[Callable[[], Record], ...] = (
        lambda: record(fa_flight_id="YYY9-1-schedule-1", ident="YYY9", ident_icao="YYY9", ident_iata="YY9"),
        lambda: {**record(fa_flight_id=f"ZZZ123-{days}-schedule-1"), **_moved(timedelta(days=days))},
        lambda: record(fa_flight_id="ZZZ123-2-schedule-1", origin=BOSTON, destination=CHICAGO),
        lambda: record(fa_flight_id="N123ZZ-1-adhoc-0", ident="N123ZZ", ident_icao=None, ident_iata=None),
        lambda: record(origin=ALBANY),  # the same id and number, and not the leg
        lambda: record(position_only=True),
        lambda: record(type="General_Aviation"),
    )
    return {**rng.choice(kinds)(), "gate_origin": "Z9", "cancelled": rng.random() < 0.5, "terminal_origin": "9"}


def _moved(by: timedelta) -> Record:
    return {name: _at(record()[name], by) for name in TIMES}


def _at(text: str | None, by: timedelta) -> str | None:
    return f"{datetime.fromisoformat(text) + by:%Y-%m-%dT%H:%M:%SZ}" if text else None


def _base(rng: random.Random) -> tuple[Record, bool]:
    gone = rng.random() < 0.4
    return record(**GONE) if gone else record(), gone


# Kinds of damage


def _not_there(rng: random.Random) -> Payload:
    return Payload(name="not there", body=json_of(*(_other(rng) for _ in range(rng.randrange(5)))), silent=True)


def _among_others(rng: random.Random) -> Payload:
    pinned, gone = _base(rng)
    return Payload(name="among others", body=_mixed(rng, pinned), silent=True, gone=gone)


def _searched(rng: random.Random) -> Payload:
    """By number, under any id: the same leg it is, and nothing new."""
    again = record(fa_flight_id=f"ZZZ123-{rng.randrange(10**9)}-airline-{rng.randrange(100)}")
    return Payload(name="re-issued id", body=_mixed(rng, again), silent=True, by_number=True)


def _blank(rng: random.Random) -> Payload:
    pinned, gone = _base(rng)
    blanks = rng.sample((*NEWS, *REST, "destination"), rng.randrange(1, 20))
    keep = ("ident", "scheduled_out", "scheduled_off")
    blanked = {**pinned, **{name: None for name in blanks if name not in keep}}
    if rng.random() < 0.3:
        blanked = {name: value for name, value in blanked.items() if value is not None}
    return Payload(name="blank", body=_mixed(rng, blanked), silent=True, blank=_left_out(blanked), gone=gone)


def _left_out(shown: Record) -> frozenset[str]:
    """The fields of which nothing can be read."""
    unreadable = (None, *NO_MOMENTS, *WRONG_YEARS)
    return frozenset(name for name in NEWS if shown.get(name) in unreadable)


def _no_news(rng: random.Random) -> Payload:
    """Whatever stands in the fields that no text is about."""
    pinned, gone = _base(rng)
    for name in rng.sample(REST, rng.randrange(1, 6)):
        pinned[name] = rng.choice([rng.choice(NASTY), rng.choice(WRONG), None])
    return Payload(name="no news", body=_mixed(rng, pinned), silent=True, gone=gone)


def _no_moment(rng: random.Random) -> Payload:
    """Times that are none, or of another age."""
    pinned, gone = _base(rng)
    for name in rng.sample(TIMES, rng.randrange(1, 12)):
        pinned[name] = rng.choice(NO_MOMENTS)
    if rng.random() < 0.5:  # of a wrong year, while most others are right
        pinned |= {name: record()[name] for name in TIMES if not name.startswith("actual")}
        pinned |= {name: rng.choice(WRONG_YEARS) for name in rng.sample(TIMES, 2)}
    return Payload(name="no moment", body=_mixed(rng, pinned), silent=True, blank=_left_out(pinned), gone=gone)


def _same_moment(rng: random.Random) -> Payload:
    """The same moments written otherwise."""
    pinned, gone = _base(rng)
    offset = timedelta(hours=rng.choice([-11, -5, 0, 1, 5.5, 14]))
    for name in TIMES:
        if pinned[name]:
            moment = datetime.fromisoformat(pinned[name])
            local = (moment + offset).replace(tzinfo=None).isoformat()
            hours, minutes = divmod(abs(int(offset.total_seconds())) // 60, 60)
            sign = "-" if offset < timedelta() else "+"
            ways = [f"{local}{sign}{hours:02}:{minutes:02}", f"{moment:%Y-%m-%dT%H:%M:%S}", f" {pinned[name]}\n"]
            pinned[name] = rng.choice(ways)
    return Payload(name="same moment", body=_mixed(rng, pinned), silent=True, gone=gone)


def _places(rng: random.Random) -> Payload:
    """Airports of any name, city and zone: it is still the flight."""
    pinned, gone = _base(rng)
    pinned["origin"] = airport("KORD", rng.choice(["ORD", None]), rng.choice(ZONES), rng.choice(NASTY))
    pinned["destination"] = airport("KBOS", rng.choice(["BOS", None]), rng.choice(ZONES), rng.choice(NASTY))
    return Payload(name="places", body=_mixed(rng, pinned), silent=True, gone=gone)


def _false_landing(rng: random.Random) -> Payload:
    """Down with the take-off, or long before it can be."""
    off = GONE["actual_off"]
    on = rng.choice([off, _at(off, timedelta(minutes=rng.randrange(1, 45)))])
    landed = record(**GONE, actual_on=on, progress_percent=100, status="result unknown")
    return Payload(name="false landing", body=_mixed(rng, landed), silent=True, gone=True)


def _ahead(rng: random.Random) -> Payload:
    """It has happened tomorrow: what has not happened yet is not reported."""
    hours = rng.randrange(20, 100)
    happens = {f"actual_{event}": _at(record()[f"scheduled_{event}"], timedelta(hours=hours)) for event in EVENTS}
    ahead = {name: happens[name] for name in rng.sample(sorted(happens), rng.randrange(1, 5))}
    return Payload(name="ahead", body=_mixed(rng, record(**ahead)), silent=True)


def _broken(rng: random.Random) -> Payload:
    """What is no JSON, or not what was asked for; nothing can be read from it."""
    whole = json_of(record(gate_origin="Z9", cancelled=True))
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: whole[: rng.randrange(len(whole) - 1)],
        lambda: b"[" * rng.choice([1, 500, 200_000]),
        lambda: b'{"flights":' + b"[" * 200_000,
        lambda: b'{"flights": [{"gate_origin": ' + b"9" * 5000 + b"}]}",
        lambda: b'{"flights": [NaN, Infinity, -Infinity]}',
        lambda: whole.replace(b"true", b"NaN"),
        lambda: whole.decode().encode("utf-16"),
        lambda: whole.decode().encode("utf-32"),
        lambda: whole.replace(b'"Z9"', b'"\xff\xfe"'),
        lambda: whole.replace(b'"Z9"', b'"\\ud800"'),
        lambda: whole.replace(b'"flights"', rng.choice([b'"Flights"', b'"errors"', b'""'])),
        lambda: json.dumps({"flights": rng.choice([None, {}, "x", 1, True])}).encode(),
        lambda: json.dumps(rng.choice(WRONG)).encode(),
        lambda: b"<html><body>502 Bad Gateway</body></html>",
        lambda: rng.randbytes(rng.randrange(300)),
        lambda: whole.replace(b'"Z9"', b'"' + b"\\u0000" * rng.choice([1, 100_000]) + b"\\x"),
    )
    return Payload(name="broken", body=rng.choice(ways)(), silent=True)


def _deep(rng: random.Random) -> Payload:
    """Bombs inside a record that is otherwise in order, or beside it."""
    pinned, gone = _base(rng)
    pinned["bomb"] = "BOMB"
    bomb = rng.choice(
        [
            b"[" * 900 + b"]" * 900,
            b'{"a":' * 900 + b"1" + b"}" * 900,
            b'"' + b"x" * 1_000_000 + b'"',
            b"1" * 4000,
            b"1e9",
        ]
    )
    return Payload(name="deep", body=_mixed(rng, pinned).replace(b'"BOMB"', bomb), silent=True, gone=gone)


def _wrong_types(rng: random.Random) -> Payload:
    pinned, gone = _base(rng)
    for name in rng.sample(list(pinned), rng.randrange(1, 8)):
        pinned[name] = rng.choice(WRONG)
    return Payload(name="wrong types", body=_mixed(rng, pinned), gone=gone)


def _anything(rng: random.Random) -> Payload:
    """Several fields at once, hostile or plausible."""
    pinned, gone = _base(rng)
    for name in rng.sample(list(pinned), rng.randrange(1, 12)):
        values = (rng.choice(NASTY), rng.choice(MOMENTS), rng.choice(WRONG), None, _near(rng), rng.choice(["A1", "7"]))
        pinned[name] = rng.choice(values)
    return Payload(name="anything", body=_mixed(rng, pinned), gone=gone)


def _near(rng: random.Random) -> str:
    return f"{LEAVES + timedelta(minutes=rng.randrange(-3000, 6000)):%Y-%m-%dT%H:%M:%SZ}"


def _nasty_news(rng: random.Random) -> Payload:
    """News all right, in words that harm a phone, a terminal or a log."""
    pinned, gone = _base(rng)
    for name in rng.sample((*PLACES, "ident_iata", "ident_icao", "registration"), rng.randrange(1, 5)):
        pinned[name] = rng.choice(NASTY)
    pinned["destination"] = airport("KBOS", rng.choice(["BOS", *NASTY]), "America/New_York", rng.choice(NASTY))
    pinned |= {name: _near(rng) for name in rng.sample(TIMES[:6], rng.randrange(3))}
    pinned["cancelled"] = rng.random() < 0.2
    return Payload(name="nasty news", body=_mixed(rng, pinned), gone=gone)


def _flipped(rng: random.Random) -> Payload:
    """A few bytes of a sound answer changed."""
    body = bytearray(json_of(record()))
    for _ in range(rng.randrange(1, 6)):
        body[rng.randrange(len(body))] = rng.randrange(256)
    return Payload(name="flipped", body=bytes(body))


def _twice(rng: random.Random) -> Payload:
    """One key twice in one object: the later stands, and nothing breaks."""
    return Payload(
        name="twice", body=json_of(record()).replace(b'"gate_origin"', b'"cancelled": false, "gate_origin"', 1)
    )


def _marked(rng: random.Random) -> Payload:
    """A mark of the byte order in front."""
    return Payload(name="marked", body=b"\xef\xbb\xbf" + json_of(record()), silent=True)


def _diverted(rng: random.Random) -> Payload:
    legs = [record(diverted=True, **GONE), record(destination=ALBANY, **GONE)]
    rng.shuffle(legs)
    return Payload(name="diverted", body=_mixed(rng, *legs), kinds=("diverted",), gone=True)


def _cancelled(rng: random.Random) -> Payload:
    body = _mixed(rng, record(cancelled=True, progress_percent=100, status="取消"))
    return Payload(name="cancelled", body=body, kinds=("cancelled",))


def _landed(rng: random.Random) -> Payload:
    """At the gate by its status, landed by its times."""
    on = datetime(2026, 3, 2, 3, 40, tzinfo=UTC)
    times = {**GONE, "actual_on": f"{on:%Y-%m-%dT%H:%M:%SZ}"}
    landed = record(**times, status="Arrived / Gate Arrival", progress_percent=100)
    return Payload(name="landed", body=_mixed(rng, landed), kinds=("landed",), since=on, gone=True)


KINDS: Final[Mapping[str, tuple[int, Callable[[random.Random], Payload]]]] = {
    # name → how often, and how it is made
    "not there": (6, _not_there),
    "among others": (6, _among_others),
    "re-issued id": (6, _searched),
    "blank": (8, _blank),
    "no news": (8, _no_news),
    "no moment": (8, _no_moment),
    "same moment": (5, _same_moment),
    "places": (6, _places),
    "false landing": (3, _false_landing),
    "ahead": (4, _ahead),
    "broken": (10, _broken),
    "deep": (3, _deep),
    "wrong types": (8, _wrong_types),
    "anything": (15, _anything),
    "nasty news": (12, _nasty_news),
    "flipped": (8, _flipped),
    "twice": (1, _twice),
    "marked": (1, _marked),
    "diverted": (2, _diverted),
    "cancelled": (2, _cancelled),
    "landed": (2, _landed),
}


def payload(seed: int) -> Payload:
    """The one with that number."""
    rng = random.Random(seed)
    makers = [make for _, make in KINDS.values()]
    [make] = rng.choices(makers, weights=[often for often, _ in KINDS.values()])
    return make(rng)
