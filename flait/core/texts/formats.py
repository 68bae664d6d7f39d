"""How a moment, a span and a day are written, and how pieces are fitted into one segment. The only such place.

Times are local to the airport, with their zone. GSM-7 only: one character outside it doubles the price of a text.
"""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from flait.core.flights import Airport
from flait.core.messages import is_gsm_7, units
from flait.core.structure import Headline, Phrase, Structure, one_line
from flait.core.subscriptions import ClockFace
from flait.core.values import replace

SEGMENT = 160

# A label only where it means one thing in that region: Python calls Shanghai and Chicago both "CST".
_AMERICAN = frozenset(
    {"EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "AST", "ADT", "NST", "NDT"}
)
_LABELS: tuple[tuple[str, frozenset[str]], ...] = (
    ("America/", _AMERICAN),
    ("Pacific/Honolulu", frozenset({"HST"})),
    ("Pacific/Auckland", frozenset({"NZST", "NZDT"})),
    ("Europe/London", frozenset({"GMT", "BST"})),
    ("Europe/Moscow", frozenset({"MSK"})),
    ("Europe/", frozenset(["GMT", "WET", "WEST", "CET", "CEST", "EET", "EEST"])),
    ("Atlantic/Reykjavik", frozenset({"GMT"})),
    ("Atlantic/", frozenset({"WET", "WEST", "AST", "ADT"})),
    ("Africa/", frozenset(["GMT", "CET", "CEST", "CAT", "EAT", "EET", "EEST", "SAST", "WAT"])),
    ("Asia/Kolkata", frozenset({"IST"})),
    ("Asia/Tokyo", frozenset({"JST"})),
    ("Asia/Seoul", frozenset({"KST"})),
    ("Asia/Hong_Kong", frozenset({"HKT"})),
    ("Australia/", frozenset(["AEST", "AEDT", "ACST", "ACDT", "AWST"])),
)
_CUBA = "America/Havana"  # its CST is not Chicago's


def zone_label(moment: datetime, zone: ZoneInfo) -> str:
    """`PST`, `CEST`; `UTC+8` or `UTC+5:30` where a label would be a guess."""
    local = moment.astimezone(zone)
    label = local.tzname() or ""
    known = next((labels for prefix, labels in _LABELS if zone.key.startswith(prefix)), frozenset[str]())
    if label in known and zone.key != _CUBA:
        return label
    offset = int((local.utcoffset() or timedelta()).total_seconds() // 60)
    if offset == 0:
        return "UTC"
    hours, minutes = divmod(abs(offset), 60)
    return f"UTC{'-' if offset < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")


def clock_time(moment: datetime, zone: ZoneInfo, face: ClockFace = ClockFace.H24) -> str:
    """`14:10`, or `2:10pm` for those who read it so."""
    return time_of_day(moment.astimezone(zone).time(), face)


def time_of_day(at: time, face: ClockFace) -> str:
    """The same of a time on some airport's clocks."""
    if face is ClockFace.H24:
        return f"{at:%H:%M}"
    return f"{at.hour % 12 or 12}:{at:%M}{'am' if at.hour < 12 else 'pm'}"


def span(duration: timedelta) -> str:
    """`45m`, `2h`, `1h50`: a length of time, whichever its sign."""
    minutes = round(abs(duration).total_seconds() / 60)
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h{minutes % 60:02}" if minutes % 60 else f"{minutes // 60}h"


def day(on: date) -> str:
    """`Tue 25 Nov`: English, whatever the machine's locale."""
    return f"{_DAYS[on.weekday()]} {on.day} {_MONTHS[on.month - 1]}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Reader(Struct, frozen=True, kw_only=True):
    """How one person reads: the flight number they booked, their clock face, and the moment they read it."""

    ident: str
    now: datetime
    clock: ClockFace = ClockFace.H24

    def at(self, moment: datetime, airport: Airport, *, was: datetime | None = None, on: date | None = None) -> str:
        """`14:55 PST`, `14:10->14:55 PST`, `00:21 EST Wed`: the weekday when it is not that day there now.

        `23:50 Sun->00:40 PST Mon` where the two are of two days, `01:40 PDT->01:25 PST` where the clocks change between
        them. `on` is a day the sentence names already: then the weekday stands only where it is another.
        """
        if was is None or same_minute(was, moment):
            return self._new(moment, airport, on)
        return f"{self.beside(moment, airport, was)}->{self._new(moment, airport, on, was)}"

    def at_was(self, moment: datetime, airport: Airport, *, was: datetime | None, on: date | None = None) -> str:
        """The same with the old one behind: `14:55 PST, was 14:10`, `00:40 PST Mon, was 23:50 Sun`."""
        if was is None or same_minute(was, moment):
            return self._new(moment, airport, on)
        return f"{self._new(moment, airport, on, was)}, was {self.beside(moment, airport, was)}"

    def beside(self, moment: datetime, airport: Airport, other: datetime, *, strict: bool = False) -> str:
        """`13:35`: another time in a text that names `moment`; with its weekday and its zone where those are others.

        `strict`, for what somebody has to be there by: also with its zone in an hour that comes twice.
        """
        text, label = clock_time(other, airport.zone, self.clock), zone_label(other, airport.zone)
        plain = label == zone_label(moment, airport.zone) and not (strict and _comes_twice(other, airport.zone))
        on = _day_there(other, airport)
        weekday = "" if on == _day_there(moment, airport) else f" {_DAYS[on.weekday()]}"
        return f"{text}{'' if plain else f' {label}'}{weekday}"

    def _new(self, moment: datetime, airport: Airport, on: date | None, was: datetime | None = None) -> str:
        text, label = clock_time(moment, airport.zone, self.clock), zone_label(moment, airport.zone)
        there = _day_there(moment, airport)
        is_plain = there == (on or _day_there(self.now, airport)) and there == _day_there(was or moment, airport)
        return f"{text} {label}" + ("" if is_plain else f" {_DAYS[there.weekday()]}")


def _comes_twice(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks there show the same on the other side of a change back."""
    local = moment.astimezone(zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _day_there(moment: datetime, airport: Airport) -> date:
    return moment.astimezone(airport.zone).date()


def same_minute(moment: datetime, other: datetime) -> bool:
    """Runway times carry seconds, texts do not."""
    return moment.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)


class Piece(Struct, frozen=True):
    """Part of a text. Rank 0 stays; higher ranks are dropped first. `facts` are what it tells.

    A text may begin with a lead: headline and times, of which `text` is the whole. What is `shorter` stands in its
    place before it is dropped.
    """

    text: str
    rank: int = 0
    facts: tuple[str, ...] = ()
    lead: Structure | None = None
    shorter: "Piece | None" = None


def lead(news: str, *times: Phrase, facts: tuple[str, ...] = (), route: str = "", joint: str = ":") -> Piece:
    """What a text begins with, behind the flight's number: `SFO-EWR delayed 45m: dep 14:10->14:55 PST.`"""
    headline = Headline(route=route, news=news, facts=facts)
    return led(Structure(headline=headline, joint=joint, times=tuple(time for time in times if time.text)))


def led(said: Structure) -> Piece:
    """These parts as the beginning of a text."""
    return Piece(one_line(said), 0, said.facts, said)


def about(piece: Piece, flight: str, opening: str = "") -> Piece:
    """The lead with the flight's name, and words before it; in the place of `{}` where its news has one."""
    said = piece.lead or Structure()
    if "{}" in said.headline.news:
        headline = replace(said.headline, opening=opening, news=said.headline.news.replace("{}", flight))
    else:
        headline = replace(said.headline, opening=opening, flight=flight)
    return led(replace(said, headline=headline))


def fold(text: str) -> str:
    """The nearest GSM-7 text: accents that the alphabet lacks fall off, what has no likeness there becomes `?`."""
    if is_gsm_7(text):
        return text
    return "".join(char if is_gsm_7(char) else _likeness(char) for char in text)


def _likeness(char: str) -> str:
    """An accent standing by itself falls off too."""
    parts = _PLAIN.get(char) or unicodedata.normalize("NFKD", char)
    plain = "".join(part for part in parts if is_gsm_7(part))
    return plain or ("" if unicodedata.combining(char) else "?")


# Latin letters that Unicode does not take apart
_PLAIN = dict(zip("ŁłĐđÐðĦħŦŧı", "LlDdDdHhTti", strict=True)) | {"Œ": "OE", "œ": "oe", "Þ": "Th", "þ": "th"}


def spelled(name: str) -> str:
    """A name in GSM-7, without signs that have no likeness there; empty where a letter has none: never half a name."""
    if any(char.isalnum() and _likeness(char) == "?" for char in name):
        return ""
    known = (char if is_gsm_7(char) else _likeness(char).replace("?", "") for char in name)
    return " ".join("".join(known).split())


def fitted(pieces: Sequence[Piece]) -> Structure:
    """The pieces that fit one segment, as one text."""
    kept = [piece for piece in pieces if piece.text]
    while units(one_line(_whole(kept))) > SEGMENT and any(piece.rank for piece in kept):
        worst = max(range(len(kept)), key=lambda index: (kept[index].rank, index))  # the last of its rank
        shorter = kept[worst].shorter
        kept[worst : worst + 1] = [shorter] if shorter else []
    return _cut(_whole(kept))


def _cut(said: Structure) -> Structure:
    """The same within one segment, whatever its values; its last sentence pays for that as long as it can."""
    whole = body = one_line(said)
    while units(body) > SEGMENT:
        body = body[:-1]
    gone = len(whole) - len(body)
    if not gone:
        return said
    *before, last = said.sentences or (Phrase(""),)
    if gone >= len(last.text):
        return Structure(sentences=(Phrase(body, said.facts),))
    return replace(said, sentences=(*before, Phrase(last.text[:-gone], last.facts)))


def in_one(*pieces: str) -> str:
    """One segment: the first stays, the others are dropped from the last on when there is no room."""
    return one_line(fitted([Piece(text, rank) for rank, text in enumerate(pieces)]))


def _whole(pieces: Sequence[Piece]) -> Structure:
    first = next((piece.lead for piece in pieces[:1] if piece.lead), Structure())
    behind = pieces[1:] if pieces and pieces[0].lead else pieces
    head = first.headline
    return Structure(
        headline=Headline(
            opening=_clean(head.opening),
            flight=_clean(head.flight),
            route=_clean(head.route),
            news=_clean(head.news),
            facts=head.facts,
        ),
        joint=first.joint,
        times=tuple(Phrase(_clean(time.text), time.facts) for time in first.times),
        sentences=tuple(Phrase(_clean(piece.text), piece.facts) for piece in behind),
    )


def _clean(text: str) -> str:
    return fold(text).replace(" ,", ",").replace(" .", ".")
