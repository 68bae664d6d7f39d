"""A judge of what people read of their connections: reads the script, when each flight was looked at, and the words.

It knows the promise alone: each state and minute that is said was so at the last looks, nothing is said twice, and
nobody goes by a last word that is not so any more. The thresholds are those of docs/alerts.md, written down anew.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flait.core.values import replace
from tests.torture.lives_oracle import Fault
from tests.torture.lives_play import Heard, Heart, Look, Played
from tests.torture.lives_reader import Reader, moment
from tests.torture.lives_truth import View, floor, sights
from tests.torture.lives_words import read
from tests.torture.lives_world import HOUR, MINUTE, Leg, Life, Other

STATES: Final = ("OK", "TIGHT", "AT RISK", "MISSED")  # from good to bad
LEAST: Final = (45 * MINUTE, 75 * MINUTE, 60 * MINUTE)  # where none, one or both of the flights cross a border
ABROAD: Final = {"LHR": "GB", "FRA": "DE", "NRT": "JP", "DXB": "AE"}  # all other places are in one country
TAKEN_BACK: Final = "NOT MISSED"  # of what was told to be missed, and had not left yet
SPARE_OF_OK, SPARE_OF_TIGHT, MISSED_BELOW = 20 * MINUTE, -15 * MINUTE, 15 * MINUTE
BETTER_BY: Final = 10 * MINUTE
SLACK: Final = 25 * MINUTE  # a second look, and the rest after a text
MANY: Final = 4  # texts: a cap may hold the next
ALL_DAY: Final = 10
REMINDERS: Final = frozenset({"checkin", "leave", "boarding"})
MOVES: Final = frozenset({"earlier", "sched_change", "delay_more", "delay_first", "delay_less", "on_time"})
AT_ONCE: Final = MINUTE  # a text that long before another came with it
DOUBTS: Final = frozenset({"phase", "dep", "arr", "cancelled"})


@dataclass(frozen=True, slots=True)
class Word:
    """What a text says: how sure it is that they catch flight `then`, and how many minutes are left."""

    at: datetime
    written_at: datetime
    then: str
    state: str
    left: int | None


@dataclass(frozen=True, slots=True)
class Trip:
    """What was to be seen of both flights, look by look, and the least time between them."""

    first: Sequence[View]
    then: Sequence[View]
    needed: timedelta
    by_ticket: str


def judged(played: Played) -> Iterator[tuple[int, Fault]]:
    """What was wrong with what each person read of a connection."""
    for number, heart in enumerate(played.hearts):
        words = list(_words(played.life, heart, heart.texts))
        wrong = list(_words(played.life, heart, heart.besides))
        if heart.who.role != "traveler":
            wrong += words
        elif not heart.refused:
            yield from ((number, fault) for fault in _wrongs(played, heart, words))
        for word in wrong:
            yield number, Fault("unexpected", "connection", word.at, f"nothing to them: {word}")


def _wrongs(played: Played, heart: Heart, words: Sequence[Word]) -> Iterator[Fault]:
    trips = {other.number: _trip(played, heart, other) for other in played.life.others}
    since: datetime | None = played.life.pages[0].at
    for then, trip in trips.items():  # the next to leave first
        theirs = [word for word in words if word.then == then]
        yield from _false(trip, theirs)
        yield from _no_news(trip, heart, theirs)
        yield from _besides(trip, heart, theirs, then)
        if since and trip.first and trip.then:
            yield from _last(played, heart, theirs, trip, since)
        since = _given_up(theirs)
        if since is None:
            break
    yield from _next_leaves(played, heart, trips)


def _given_up(words: Sequence[Word]) -> datetime | None:
    """Since when they know that they miss it: then the next one that they follow from there takes its place."""
    return words[-1].at if words and words[-1].state == "MISSED" else None


def _trip(played: Played, heart: Heart, other: Other) -> Trip:
    """What the schedules made it when they began to follow each, is what they know."""
    first, ticket = played.life.legs(heart.who.asked_at)[0], other.legs(other.asked_at)[0]
    needed = least(first, ticket)
    by_ticket = _of_time(ticket.leaves - first.arrives, needed, down=False)
    return Trip(_views(played.looks), _views(played.other_looks.get(other.number, ())), needed, by_ticket)


def _views(looks: Sequence[Look]) -> list[View]:
    return [view for sight in sights(looks) if (view := sight.kept["ours"])]


def least(first: Leg, then: Leg) -> timedelta:
    """What is needed between the two."""
    abroad = [ABROAD.get(leg.origin, "US") != ABROAD.get(leg.destination, "US") for leg in (first, then)]
    return LEAST[sum(abroad)]


def _words(life: Life, heart: Heart, texts: Sequence[Heard]) -> Iterator[Word]:
    leg = life.pages[0].legs[0]
    for text in texts:
        reader = Reader(heart.who.role, life.number, text.at, leg.origin, leg.destination)
        said = read(text.body, reader).facts.get("connection")
        if said:
            yield Word(text.at, text.written_at, *said)


# --- how sure it is ---------------------------------------------------------------------------------------------------


def _of_time(between: timedelta, needed: timedelta, *, down: bool, told: str | None = None) -> str:
    """The state by what is left; better than told only where it is clearly so."""

    def margin(state: str) -> timedelta:
        return BETTER_BY if told and STATES.index(state) < STATES.index(told) else timedelta()

    if between < MISSED_BELOW + margin("AT RISK") and not down:
        return "MISSED"
    if between < timedelta() and told == "MISSED":
        return "MISSED"
    if between - needed >= SPARE_OF_OK + margin("OK"):
        return "OK"
    return "TIGHT" if between - needed >= SPARE_OF_TIGHT + margin("TIGHT") else "AT RISK"


def _there(first: View, told: datetime) -> datetime:
    """When they are at the gate; `told` is AeroAPI's word. Down, and not reported there: after the usual taxi."""
    on, leg = first.acts.get("on"), first.leg
    if on is None or "in" in first.acts:
        return told
    return leg.est_in if leg.est_in and leg.est_in > on else on + (leg.arrives - leg.sched_on)


def _left_without(first: View, then: View) -> bool:
    """Surely: before it was at its gate, where that is reported; else before it was down, or was to be there."""
    left, there = _left(then), first.acts.get("in") or first.acts.get("on")
    expected = there or first.now["arr"] + MISSED_BELOW - timedelta(seconds=1)
    return left is not None and expected > left


def _left(then: View) -> datetime | None:
    return then.acts.get("out") or then.acts.get("off")


def _is_down(first: View) -> bool:
    return bool({"on", "in"} & first.acts.keys())


def _state(first: View, then: View, trip: Trip, told: str | None = None) -> str | None:
    """None: the second has left, and nobody knows whether they were there."""
    left, there = _left(then), _there(first, first.now["arr"])
    if left is None:
        return _of_time(then.now["dep"] - there, trip.needed, down=_is_down(first), told=told)
    if _left_without(first, then):
        return "MISSED"
    return "OK" if _is_down(first) and left - there >= MISSED_BELOW else None


# --- what is wrong ----------------------------------------------------------------------------------------------------


def _false(trip: Trip, words: Sequence[Word]) -> Iterator[Fault]:
    """Each state and each minute was so at the last looks at both."""
    for word in words:
        so = {one for first, then in _pairs(trip, word) for one in _may(first, then, trip)}
        if (word.state, word.left) not in so and not (word.left is None and word.state in {one for one, _ in so}):
            yield Fault(
                "false", f"connection {word.state}", word.at, f"says {word.left} min, where {sorted(map(str, so))}"
            )


def _pairs(trip: Trip, word: Word) -> Iterator[tuple[View, View]]:
    firsts, thens = (_last_seen(views, word.written_at, word.at) for views in (trip.first, trip.then))
    return itertools.product(firsts, thens)


def _last_seen(views: Sequence[View], since: datetime, until: datetime) -> list[View]:
    """What stood at that moment, and came until then."""
    before = [view for view in views if view.at <= since][-1:]
    return [*before, *(view for view in views if since < view.at <= until)]


def _may(first: View, then: View, trip: Trip) -> Iterator[tuple[str, int | None]]:
    """What may be said; minutes only to who is not there yet. Of what has left: that they miss it, or do not."""
    for arr, dep in itertools.product(first.may["arr"], then.may["dep"]):
        if not (arr and dep):
            continue
        if _left(then):
            state = _state(first, then, trip)
            yield from {"MISSED": [("MISSED", None)], "OK": [(TAKEN_BACK, None)]}.get(state or "", [])
            if "arr" in first.unsure and not _is_down(first):  # an estimate from before the take-off says nothing
                yield "MISSED", None
        else:
            between, down = dep - _there(first, arr), _is_down(first)
            yield _of_time(between, trip.needed, down=down), None if down else round(between / MINUTE)


def _no_news(trip: Trip, heart: Heart, words: Sequence[Word]) -> Iterator[Fault]:
    """Neither the same state again, nor first of all one that is no worse than the tickets made it."""
    words = [replace(word, state="OK") if word.state == TAKEN_BACK else word for word in words]
    first = words[0] if words else None
    if first and STATES.index(first.state) <= STATES.index(trip.by_ticket) and not heart.lost:
        yield Fault("twice", "connection", first.at, f"says {first.state}; it was booked {trip.by_ticket}")
    for before, word in itertools.pairwise(words):
        lost = any(before.at <= at <= word.at for at in heart.lost)
        if before.state == word.state and not lost:
            yield Fault("twice", "connection", word.at, f"says {word.state} once more")
        known = STATES.index(before.state)
        if STATES.index(word.state) < known and not lost:
            states = {_state(*pair, trip, before.state) for pair in _pairs(trip, word)}
            if all(state is None or STATES.index(state) >= known for state in states):
                yield Fault(
                    "false", "clearly better", word.at, f"says {word.state}, told {before.state}: hardly better"
                )


def _besides(trip: Trip, heart: Heart, words: Sequence[Word], then: str) -> Iterator[Fault]:
    """Of the second flight by itself: nothing that only makes sense to who is there, or has not missed it."""
    for text in heart.besides:
        if not text.body.startswith(f"{then} "):
            continue
        known = [word for word in words if word.at <= text.at][-1:]
        if text.kind in REMINDERS and known and known[0].state == "MISSED" and not heart.lost:
            yield Fault("unexpected", "reminder", text.at, f"of what they miss: {text.body}")
        if _is_under_way(trip, text) and re.search(r"Be at the gate by|Go now|Time to go|stay near", text.body):
            yield Fault("unexpected", "advice", text.at, f"they are not there yet: {text.body}")
        soon = [word for word in words if timedelta() <= word.at - text.at < AT_ONCE]
        if text.kind in MOVES and soon:
            yield Fault("unexpected", "two texts", text.at, f"{text.body} And at once after it {soon[0]}")


def _is_under_way(trip: Trip, text: Heard) -> bool:
    firsts = _last_seen(trip.first, text.written_at, text.at)
    return bool(firsts) and not any(
        view.now["cancelled"] or view.now["diverted_to"] or _is_down(view) for view in firsts
    )


def _next_leaves(played: Played, heart: Heart, trips: dict[str, Trip]) -> Iterator[Fault]:
    """When the next flight leaves, and arrives, was so at the last look at it."""
    leg = played.life.pages[0].legs[0]
    for text in heart.texts:
        reader = Reader("traveler", played.life.number, text.at, leg.origin, leg.destination)
        facts = read(text.body, reader).facts
        then, at = facts.get("next_leaves", ("", None))
        if at and then in trips:
            views = _last_seen(trips[then].then, text.written_at, text.at)
            so = {floor(value) for view in views for value in (*view.may["dep"], _left(view)) if value}
            if floor(at) not in so:
                yield Fault("false", "next flight", text.at, f"says {at}, where {sorted(map(str, so))}: {text.body}")
        then, *there = facts.get("next_arrives", ("",))
        if then in trips and not _lands_then(trips[then], text, *there):
            yield Fault("false", "next flight", text.at, f"it arrives at another time: {text.body}")


def _lands_then(trip: Trip, text: Heard, at: str, zone: str | None, day: str | None) -> bool:
    views = _last_seen(trip.then, text.written_at, text.at)
    place = views[0].leg.destination
    said = moment(at, zone, day, place, now=text.at)
    return floor(said) in {floor(value) for view in views for value in view.may["arr"] if value}


def _last(played: Played, heart: Heart, words: Sequence[Word], trip: Trip, since: datetime) -> Iterator[Fault]:
    """When nothing can be done about it any more, what was told is what the last looks showed.

    Before `since` they went on with another.
    """
    end = _end(trip)
    if end is None or since > end - SLACK or _ails(played.life, heart, end):
        return
    told = next((word for word in reversed(words) if word.at < end), None)
    if not (told and told.at > end - SLACK):
        yield from _stands(trip, told, end)
    yield from _left_behind(trip, words, end)


def _end(trip: Trip) -> datetime | None:
    """The first look that shows the first flight at its gate, or that the second has left."""
    at_gate = [view.at for view in trip.first if "in" in view.acts]
    left = [view.at for view in trip.then if _left(view)]
    return min((*at_gate[:1], *left[:1]), default=None)


def _stands(trip: Trip, told: Word | None, end: datetime) -> Iterator[Fault]:
    """What every look since the last two showed: they were told."""
    seen = [_since(views, end) for views in (trip.first, trip.then)]
    if any(len(views) < 2 or not all(map(_is_sure, views)) for views in seen):
        return
    known = told.state if told else None
    states = {state for first, then in itertools.product(*seen) if (state := _state(first, then, trip, known))}
    if not states:
        return
    worse = {STATES.index(state) - STATES.index(known or trip.by_ticket) for state in states}
    if min(worse) > 0 and (len(states) == 1 or states == {"AT RISK", "MISSED"}):
        yield Fault("lost", "connection", end, f"is {sorted(states)}, told {known}, booked {trip.by_ticket}")
    if known and max(worse) < 0:
        yield Fault("false", "last word of the connection", end, f"is {sorted(states)}, told {known}")


def _since(views: Sequence[View], end: datetime) -> list[View]:
    """The last two looks that were long enough ago, and those after them."""
    old = [view for view in views if view.at <= end - SLACK]
    return [*old[-2:], *(view for view in views if end - SLACK < view.at < end)] if len(old) > 1 else []


def _is_sure(view: View) -> bool:
    now = view.now
    return not (now["cancelled"] or now["diverted_to"] or view.unsure & DOUBTS) and bool(now["dep"] and now["arr"])


def _left_behind(trip: Trip, words: Sequence[Word], end: datetime) -> Iterator[Fault]:
    """It left without them: that was told, whatever rests."""
    firsts = _last_seen(trip.first, end, end + SLACK)
    thens = _last_seen(trip.then, end, end + SLACK)
    if not (firsts and thens and all(map(_is_sure, (*firsts, *thens)))):
        return
    told = [word for word in words if word.at <= end + SLACK]
    is_told = bool(told) and told[-1].state == "MISSED"
    gone = all(_left_without(first, then) for first, then in itertools.product(firsts, thens))
    if gone and not is_told and trip.by_ticket != "MISSED":
        yield Fault("lost", "missed", end, f"it left without them, told {told[-1:]}")


def _ails(life: Life, heart: Heart, end: datetime) -> bool:
    """Whether something else explains what was not told."""
    since = end - 6 * HOUR
    recent = [text for text in heart.texts if end - 2 * HOUR - SLACK < text.at < end]
    return (
        any(one.until > since and one.since < end + HOUR for one in (*life.aeroapi, *life.twilio))
        or any(until > end - 2 * HOUR and begins < end + HOUR for begins, until in heart.who.mutes)
        or bool(heart.lost)
        or len(recent) >= MANY
        or len(heart.texts) >= ALL_DAY
    )
