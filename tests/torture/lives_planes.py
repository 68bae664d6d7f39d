"""The planes of published lives: the flight before each, drawn by lot; and a judge of what people read of it.

The judge reads the script and the words. It knows the promise alone: what is said of a plane was so at a look, nothing
is said twice, and whoever leaves for the airport by the last word is not told to expect what is over.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from flait.core.values import replace
from tests.torture.lives_oracle import Fault
from tests.torture.lives_play import Heart, Look, Played
from tests.torture.lives_reader import Reader
from tests.torture.lives_truth import floor
from tests.torture.lives_words import read
from tests.torture.lives_world import HOUR, MINUTE, PLACES, Leg, Life, Page, shifted

TURN_ROUND: Final = 35 * MINUTE
WORTH, STEP = 20 * MINUTE, 30 * MINUTE
ANOTHER_TIME: Final = 10 * MINUTE
CALM: Final = 30 * MINUTE  # what it may have moved by since, and is not told
SOON: Final = 35 * MINUTE  # what was seen last is told within that: after a rest, or with the next look
KNOWN_BEFORE: Final = 30 * HOUR
MANY_TEXTS: Final = 8  # from here on a cap may hold what is less urgent

Pages = tuple[Page, ...]


# --- drawn by lot -----------------------------------------------------------------------------------------------------


def with_plane(life: Life) -> Life:
    """The life, in two of three cases with a flight before it; some with another one later, or none any more."""
    rng, ours = Random(f"plane {life.seed}"), _ours(life.pages[0])
    if ours is None or rng.random() < 1 / 3:
        return life
    ids = [f"{life.ident}-plane-{number}" for number in (1, 2)]
    planes = {one: tuple(_script(rng, one, ours)) for one in ids}
    named: list[tuple[datetime, str | None]] = [(ours.leaves - rng.choice((40, 20, 8, 3)) * HOUR, ids[0])]
    if rng.random() < 0.4:
        named.append((ours.leaves - rng.uniform(0.5, 4) * HOUR, rng.choice((ids[1], ids[1], None))))
    pages = tuple(sorted(_naming(life.pages, named), key=lambda page: page.at))
    story = (*life.story, "a plane", *(f"another from {at:%d %H:%M}" for at, _ in named[1:]))
    return replace(life, pages=pages, planes=planes, story=story)


def _ours(page: Page) -> Leg | None:
    return next((leg for leg in page.legs if leg.of == "ours"), None)


def _naming(pages: Pages, named: Sequence[tuple[datetime, str | None]]) -> Iterator[Page]:
    """The pages with the id of the flight before, and one more where that alone changes."""
    moments = [(at, None) for at, _ in named if pages[0].at < at < pages[-1].at]
    shown: tuple[Leg, ...] = ()
    for at, page in sorted([*((page.at, page) for page in pages), *moments], key=lambda one: one[0]):
        shown = page.legs if page else shown
        inbound = next((one for since, one in reversed(named) if since <= at), None)
        legs = tuple(replace(leg, inbound=inbound) if leg.of == "ours" else leg for leg in shown)
        yield Page(at, legs)


def _script(rng: Random, fa_flight_id: str, ours: Leg) -> Iterator[Page]:
    """What is published of it: late or not, made up for or not; a few never come."""
    lands = ours.leaves - rng.randint(45, 100) * MINUTE
    leaves = lands - rng.randint(80, 240) * MINUTE
    leg = Leg(
        id=fa_flight_id,
        of="plane",
        origin=rng.choice([place for place in PLACES if place not in (ours.origin, ours.destination)]),
        destination=ours.origin,
        sched_out=leaves,
        sched_off=leaves + 15 * MINUTE,
        sched_on=lands - 8 * MINUTE,
        sched_in=lands,
    )
    late = rng.choice((0, 10, 60, 90, 150)) * MINUTE
    yield Page(leaves - KNOWN_BEFORE, (leg,))
    if late:
        leg = shifted(leg, late)
        yield Page(leaves - rng.uniform(0.5, 4) * HOUR, (leg,))
    if late and rng.random() < 0.35:  # made up for, or said too soon
        late = rng.choice((0, 10, 40)) * MINUTE
        leg = shifted(leg, late)
        yield Page(leaves - rng.uniform(0, 0.4) * HOUR, (leg,))
    if rng.random() < 0.08:
        yield Page(leaves - 0.4 * HOUR, (replace(leg, cancelled=True),))
        return
    yield from _flown(rng, leg, leaves + late)


def _flown(rng: Random, leg: Leg, out: datetime) -> Iterator[Page]:
    at, off, way = out + 2 * MINUTE, out + 15 * MINUTE, leg.sched_on - leg.sched_off
    leg = replace(leg, act_out=out)
    yield Page(at, (leg,))
    lands = off + way
    leg = replace(leg, act_off=off, est_on=lands, est_in=lands + 8 * MINUTE)
    yield Page(off + 2 * MINUTE, (leg,))
    for share in sorted(rng.uniform(0.1, 0.9) for _ in range(rng.choice((0, 1, 2)))):
        lands = max(lands + rng.choice((-15, -8, 8, 25)) * MINUTE, off + 0.94 * way)
        at = off + share * way
        if at < lands - 10 * MINUTE:
            leg = replace(leg, est_on=lands, est_in=lands + 8 * MINUTE)
            yield Page(at, (leg,))
    if rng.random() < 0.05:
        yield Page(lands - 10 * MINUTE, (replace(leg, diverted=True, est_on=None, est_in=None),))
        return
    leg = replace(leg, act_on=lands)
    yield Page(lands + MINUTE, (leg,))
    yield Page(lands + 9 * MINUTE, (replace(leg, act_in=lands + 8 * MINUTE),))


# --- the judge --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """What a text says of the plane: `late` with a time to expect, or that this is `over`, it is `here`, or a `swap`.

    `gone`: it says another departure and nothing of the plane. Whoever reads that goes by it.
    """

    at: datetime
    what: str
    expected: datetime | None = None


def judged(played: Played) -> Iterator[tuple[int, Fault]]:
    """What was wrong with what each traveler read of the plane."""
    if not played.life.planes:
        return
    for number, heart in enumerate(played.hearts):
        if heart.who.role == "traveler" and not heart.refused:
            words = list(_words(played.life, heart))
            faults = (*_false(played, words), *_twice(heart, words), *_last(played, heart, words))
            yield from ((number, fault) for fault in faults)


def _words(life: Life, heart: Heart) -> Iterator[Word]:
    ours = _ours(life.pages[0])
    assert ours
    dep: datetime | None = None
    beside: datetime | None = None
    for text in heart.texts:
        reader = Reader(heart.who.role, life.number, text.at, ours.origin, ours.destination)
        said: dict[str, Any] = read(text.body, reader).facts
        dep = said.get("dep") or dep
        if said.get("plane"):
            beside = dep
            yield Word(text.at, said["plane"], said.get("expected"))
        elif said.get("cancelled") or (dep and beside and abs(dep - beside) >= ANOTHER_TIME):
            beside = None
            yield Word(text.at, "gone")


def _looks(played: Played, before: datetime) -> list[Look]:
    return [look for look in played.plane_looks if look.at <= before and look.shown]


def _arrives(leg: Leg) -> datetime:
    return leg.act_in or leg.est_in or leg.arrives


def _false(played: Played, words: Sequence[Word]) -> Iterator[Fault]:
    """Whatever is said of it was so at one of the last two looks at it."""
    for word in words:
        looks = _looks(played, word.at)
        legs = [
            leg
            for key in played.life.planes
            for leg in [look.shown[0] for look in looks if look.shown[0].id == key][-2:]
        ]
        ready = {floor(_arrives(leg) + TURN_ROUND) for leg in legs}
        ready |= {floor(at) for leg in legs for before in legs for at in _held_up(leg, before)}
        if word.what == "late" and floor(word.expected) not in ready:
            yield Fault("false", "plane", word.at, f"expects {word.expected}, where {sorted(map(str, ready))} is so")
        if word.what == "here" and not any(leg.act_on for leg in legs):
            yield Fault("false", "plane", word.at, "says that it is here")


def _held_up(leg: Leg, before: Leg) -> Iterator[datetime]:
    """When it can bring the plane on, where it waits for that one itself."""
    leaves = leg.est_out or leg.sched_out
    if leg.inbound == before.id and not leg.act_out and leaves:
        yield _arrives(leg) + (_arrives(before) + TURN_ROUND - leaves) + TURN_ROUND


def _twice(heart: Heart, words: Sequence[Word]) -> Iterator[Fault]:
    for before, word in itertools.pairwise(words):
        lost = any(before.at <= at <= word.at for at in heart.lost)
        if before.what == word.what == "late" and before.expected and word.expected and not lost:
            alone = abs(word.expected - before.expected) < STEP and _is_by_itself(heart, word)
            if alone:
                yield Fault("twice", "plane", word.at, f"expects {word.expected}, and was told {before.expected}")


def _is_by_itself(heart: Heart, word: Word) -> bool:
    """Whether the text is about nothing else: a reminder may say again where the plane is."""
    return any(
        text.at == word.at and "plane is late: " in text.body and "Its plane" not in text.body for text in heart.texts
    )


def _last(played: Played, heart: Heart, words: Sequence[Word]) -> Iterator[Fault]:
    """When it leaves: what two looks had shown was told, and what was told is what the last looks showed."""
    end = _left(played.life)
    if end is None or _ails(played.life, heart, end):
        return
    last = next((word for word in reversed(words) if word.at <= end), None)
    told = last.expected if last and last.what == "late" else None
    seen = _seen(played, end - SOON)
    if seen is None or (last and last.at > end - SOON):
        return
    spares, ready, dep = seen
    if all(spare >= WORTH for spare in spares) and (told is None or abs(told - ready) >= STEP + CALM):
        yield Fault("lost", "plane", end, f"leaves {ready} at the soonest, airline {dep}, told {told}")
    if all(spare < WORTH for spare in spares) and told and told - dep >= WORTH:
        yield Fault("false", "last word of the plane", end, f"told to expect {told}; airline {dep}, plane {ready}")


def _seen(played: Played, before: datetime) -> tuple[list[timedelta], datetime, datetime] | None:
    """By how much the plane is later than the airline says, by the last looks at both; when it can leave; and so on."""
    ours = [leg for look in played.looks if look.at <= before for leg in look.shown if leg.of == "ours"][-3:]
    if len(ours) < 3 or len({leg.inbound for leg in ours}) > 1:
        return None
    looks = [look.shown[0] for look in _looks(played, before) if look.shown[0].id == ours[-1].inbound]
    planes = looks[-1:] if looks and looks[-1].act_on else looks[-2:]
    whole = len(looks) > 1 or (looks and looks[-1].act_on)
    if not whole or any(one.cancelled or one.diverted or not _comes(one, ours[-1]) for one in planes):
        return None
    deps = [leg.est_out or leg.sched_out or leg.est_off or leg.sched_off for leg in ours]
    spares = [_arrives(one) + TURN_ROUND - dep for one in planes for dep in deps]
    return spares, _arrives(planes[-1]) + TURN_ROUND, deps[-1]


def _left(life: Life) -> datetime | None:
    """When it was first published that it has left, is cancelled or is back; or when it should have left."""
    for page in life.pages:
        leg = _ours(page)
        if leg is None or leg.act_out or leg.act_off or leg.cancelled or leg.returned:
            return page.at
    return None


def _ails(life: Life, heart: Heart, end: datetime) -> bool:
    """Whether something else explains what was not told."""
    troubles = [*life.aeroapi, *life.twilio]
    who, since = heart.who, end - 6 * HOUR
    return (
        any(one.until > since - HOUR and one.since < end for one in troubles)
        or any(until > since and begins < end for begins, until in who.mutes)
        or who.asked_at > since
        or bool(heart.lost)
        or len(heart.texts) > MANY_TEXTS
        or bool(life.glitches)
    )


def _comes(plane: Leg, ours: Leg) -> bool:
    return timedelta() <= ours.leaves - plane.arrives <= 24 * HOUR and plane.destination == ours.origin
