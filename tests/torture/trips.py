"""Random connections: two flights of one traveler that meet at an airport, and either of them moves.

`python -m tests.torture.trips [--lives N] [--first SEED]` plays some and says what was wrong; `--life SEED` prints one.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from flait.core.values import replace
from tests.torture.lives import Verdict, printed, scored, verdict
from tests.torture.lives_play import Played, staged
from tests.torture.lives_world import HOUR, MINUTE, PLACES, ZONES, Follower, Leg, Life, Other, Page, Trouble, shifted
from tests.torture.score import Score, Size
from tests.torture.seeds import by_seeds
from tests.torture.trips_judge import judged as trip_judged
from tests.torture.trips_judge import least

CUT, FULL = 16, 2_500
KNOWN_BEFORE: Final = 47 * HOUR
LATE: Final = (0, 0, 0, 10, 20, 30, 45, 60, 75, 90, 120)  # minutes, of the first flight
MOVES: Final = (0, 0, -15, 10, 20, 35, 60, 90)  # of the second
RESCHEDULED: Final = (-60, -45, -30, -20, 20, 30, 45, 60, 90)  # minutes, by the airline's own schedule
SPARE: Final = (-25, -10, 0, 5, 10, 20, 25, 30, 45, 60, 90, 150)  # more than the least time, by the schedules


def run(folder: Path, size: Size) -> Score:
    """That many pairs of flights; their traveler never keeps a word of the connection that is not so."""
    return by_seeds("trips", judged, folder, range(size.of(cut=CUT, full=FULL)), size)


def judged(folder: Path, seeds: Sequence[int]) -> Score:
    """Some of them."""
    return scored("trips", played(folder, seeds))


def played(folder: Path, seeds: Sequence[int]) -> Iterator[tuple[Played, Verdict]]:
    """Each played, and what was wrong with it."""
    with staged(folder, "trips") as stage:
        for seed in seeds:
            one = stage.play(life(seed))
            yield one, [*verdict(one), *trip_judged(one)]


# --- drawn by lot -----------------------------------------------------------------------------------------------------


def life(seed: int) -> Life:
    """Two flights that meet, seldom a third from there too; one traveler, and sometimes somebody who meets them."""
    rng = Random(f"trips {seed}")
    origin, between, destination, elsewhere = rng.sample(sorted(PLACES), 4)
    leaves = datetime(2026, 3, rng.randint(3, 27), rng.randint(0, 23), rng.randrange(0, 60, 5), tzinfo=UTC)
    first = _leg(f"UAL{seed}-ours", origin, between, leaves, rng.randint(80, 300) * MINUTE)
    then = _next(rng, f"DLH{seed}-then", first, destination)
    odd = Random(f"odd trips {seed}")
    others = [_other(rng, f"LH{seed % 4999 + 1}", f"DLH{seed % 4999 + 1}", then, leaves)]
    if rng.random() < 0.2:
        third = _leg(f"BAW{seed}-third", between, elsewhere, then.leaves + rng.randint(40, 200) * MINUTE, 2 * HOUR)
        others.append(_other(rng, f"BA{seed % 4999 + 1}", f"BAW{seed % 4999 + 1}", third, leaves))
    pages = tuple(_unreported(odd, _rescheduled(odd, list(_first(rng, first)), leaves)))
    others[0] = replace(others[0], pages=tuple(_rescheduled(odd, list(others[0].pages), leaves)))
    traveler = Follower("traveler", leaves - rng.randint(9, 34) * HOUR, mutes=tuple(_mutes(rng, leaves)))
    company = Follower(rng.choice(("meeter", "watcher")), leaves - rng.randint(9, 34) * HOUR)
    number = f"UA{seed % 4999 + 1}"
    return Life(
        seed=seed,
        number=number,
        ident=f"UAL{number[2:]}",
        pages=pages,
        followers=(traveler, company) if rng.random() < 0.25 else (traveler,),
        ends=max(pages[-1].at, *(other.pages[-1].at for other in others)) + 30 * HOUR,
        aeroapi=tuple(_troubles(rng, leaves, ("down",))),
        twilio=tuple(_troubles(rng, leaves, ("unreached", "undelivered"))),
        story=(f"then {others[0].number}",),
        day=leaves.astimezone(ZONES[origin]).date(),
        others=tuple(others),
    )


def _leg(fa_flight_id: str, origin: str, destination: str, leaves: datetime, takes: timedelta) -> Leg:
    return Leg(
        id=fa_flight_id, origin=origin, destination=destination,
        sched_out=leaves, sched_off=leaves + 15 * MINUTE,
        sched_on=leaves + takes - 8 * MINUTE, sched_in=leaves + takes,
    )  # fmt: skip


def _next(rng: Random, fa_flight_id: str, first: Leg, destination: str) -> Leg:
    there = _leg(fa_flight_id, first.destination, destination, first.arrives, rng.randint(80, 200) * MINUTE)
    wait = max(least(first, there) + rng.choice(SPARE) * MINUTE, 5 * MINUTE)
    return shifted(there, wait, kind="sched")


def _other(rng: Random, number: str, ident: str, leg: Leg, first_leaves: datetime) -> Other:
    asked_at = first_leaves - rng.randint(9 * 60, 34 * 60) * MINUTE
    return Other(number=number, ident=ident, pages=tuple(_second(rng, leg, first_leaves)), asked_at=asked_at)


def _mutes(rng: Random, leaves: datetime) -> Iterator[tuple[datetime, datetime]]:
    if rng.random() < 0.05:
        begins = leaves + rng.randint(-240, 120) * MINUTE
        yield begins, begins + rng.randint(30, 300) * MINUTE


def _troubles(rng: Random, leaves: datetime, kinds: Sequence[str]) -> Iterator[Trouble]:
    if rng.random() < 0.03:
        begins = leaves + rng.randint(-240, 240) * MINUTE
        yield Trouble(begins, begins + rng.randint(5, 90) * MINUTE, rng.choice(kinds))


def _first(rng: Random, leg: Leg) -> Iterator[Page]:
    """Late, later, made up for; cancelled and sometimes on again; diverted; or simply flown."""
    leaves, moments = leg.leaves, sorted(rng.randint(10, 300) for _ in range(rng.choice((0, 1, 1, 2, 3))))
    yield Page(leaves - KNOWN_BEFORE, (leg,))
    late = timedelta()
    for before in reversed(moments):
        late = rng.choice(LATE) * MINUTE
        leg = shifted(leg, late)
        yield Page(leaves - before * MINUTE, (leg,))
    if rng.random() < 0.08:
        at = leaves - rng.randint(1, 9) * MINUTE
        yield Page(at, (replace(leg, cancelled=True),))
        if rng.random() < 0.4:
            return
        late = max(late, 60 * MINUTE)
        leg = shifted(leg, late)
        yield Page(at + rng.randint(5, 40) * MINUTE, (leg,))
    yield from _flown(rng, leg, leaves + late, diverts=rng.random() < 0.06)


def _second(rng: Random, leg: Leg, first_leaves: datetime) -> Iterator[Page]:
    """Early, late, at another gate; cancelled; or simply flown."""
    yield Page(first_leaves - KNOWN_BEFORE, (leg,))
    late = timedelta()
    for before in sorted((rng.randint(12, 330) for _ in range(rng.choice((0, 0, 1, 2, 3)))), reverse=True):
        if rng.random() < 0.3:
            leg = replace(leg, gate_o=f"B{rng.randint(1, 70)}", term_o=rng.choice(("B", "C")))
        else:
            late = rng.choice(MOVES) * MINUTE
            leg = shifted(leg, late)
        yield Page(leg.leaves - before * MINUTE, (leg,))
    if rng.random() < 0.05:
        yield Page(leg.leaves - rng.randint(1, 11) * MINUTE, (replace(leg, cancelled=True),))
        return
    yield from _flown(rng, leg, leg.leaves + late, diverts=False)


def _flown(rng: Random, leg: Leg, out: datetime, *, diverts: bool) -> Iterator[Page]:
    off, way = out + 15 * MINUTE, leg.sched_on - leg.sched_off
    leg = replace(leg, act_out=out)
    yield Page(out + MINUTE, (leg,))
    lands = off + way
    leg = replace(leg, act_off=off, est_on=lands, est_in=lands + 8 * MINUTE)
    yield Page(off + MINUTE, (leg,))
    for share in sorted(rng.uniform(0.1, 0.9) for _ in range(rng.choice((0, 1, 2, 3)))):
        at, least_way = off + share * way, off + timedelta(minutes=round(0.94 * way / MINUTE))
        lands = max(lands + rng.choice((-15, -10, -5, 10, 20, 40)) * MINUTE, least_way)
        if at < lands - 10 * MINUTE:
            leg = replace(leg, est_on=lands, est_in=lands + 8 * MINUTE)
            yield Page(at, (leg,))
    assert leg.est_on
    lands = leg.est_on
    if diverts:
        to = next(place for place in ("PIT", "PWM", "AUS") if place not in (leg.origin, leg.destination))
        leg = replace(leg, diverted=True, diverted_to=to, planned_there=lands)
        yield Page(lands - 12 * MINUTE, (leg,))
    taxies = rng.choice((4, 8, 8, 20)) * MINUTE
    leg = replace(leg, act_on=lands, est_in=lands + taxies)
    yield Page(lands + MINUTE, (leg,))
    yield Page(lands + taxies + MINUTE, (replace(leg, act_in=lands + taxies),))


def _rescheduled(odd: Random, pages: list[Page], leaves: datetime) -> list[Page]:
    """One in six is moved by the airline after somebody follows it: the schedule, and all that goes by it."""
    if odd.random() > 1 / 6:
        return pages
    at, by = leaves - odd.randint(400, 530) * MINUTE, odd.choice(RESCHEDULED) * MINUTE
    before = [page for page in pages if page.at < at]
    moved = [Page(page.at + by if page is not pages[0] else page.at, tuple(_moved(leg, by) for leg in page.legs))
             for page in pages]  # fmt: skip
    there = Page(at, moved[len(before) - 1].legs)
    return [*before, there, *(page for page in moved[len(before) :] if page.at > at)]


def _moved(leg: Leg, by: timedelta) -> Leg:
    """The same with all its times that much later."""
    times = {name: at + by for name in _TIMES if (at := getattr(leg, name))}
    return replace(leg, **times)


_PARTS, _EVENTS = ("sched", "est", "act"), ("out", "off", "on", "in")
_TIMES: Final = ("planned_there", *(f"{part}_{event}" for part in _PARTS for event in _EVENTS))


def _unreported(odd: Random, pages: Sequence[Page]) -> Iterator[Page]:
    """At one airport in six nobody reports the gate, or only hours later.

    With half of these flights the estimates of landing and gate stand as they were at take-off.
    """
    silent, stale = odd.random() < 1 / 6, odd.random() < 1 / 2
    late = odd.choice((None, None, 60, 100)) if silent else None
    then: Leg | None = None  # as it took off
    for page in pages:
        leg, at = page.legs[0], page.at
        if silent and leg.act_off and not leg.diverted:
            then = then or leg
            leg = replace(leg, est_on=then.est_on, est_in=then.est_in) if stale else leg
            at += (late or 0) * MINUTE if leg.act_in else timedelta()
            if leg.act_in and late is None:
                continue
        yield Page(at, (leg,))


# --- for people -------------------------------------------------------------------------------------------------------


def main(argv: Sequence[str]) -> int:
    """Play what is asked for; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.trips")
    parser.add_argument("--lives", type=int, default=500, help="so many")
    parser.add_argument("--first", type=int, default=0, help="from this seed on")
    parser.add_argument("--life", type=int, help="this one alone, in words")
    asked = parser.parse_args(argv)
    bad = 0
    seeds = range(asked.first, asked.first + asked.lives) if asked.life is None else [asked.life]
    with TemporaryDirectory() as folder:
        for one, faults in played(Path(folder), seeds):
            bad += bool(faults)
            if asked.life is not None:
                print(printed(one, faults))
            for _, fault in faults:
                print(f"{one.life.seed}: {fault}")
    print(f"{bad} of {len(seeds)} were wrong")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
