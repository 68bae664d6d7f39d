"""The sandbox's stormy day, every flight of it, followed by a traveler, a meeter and a watcher from two days before.

`python -m tests.torture.replay [--flights N]` (or `make replay`) publishes the day as its record has it, plays it
through the real store and flows without real time, and judges the words that came by the judge of the lives, who
knows nothing of Flait. It prints what was owed and missed, told late or twice, how many texts a flight brought, how
many looks it took and how soon people knew.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest

from flait.core import polling
from flait.core.flights import Flight
from flait.core.values import replace
from flait.sandbox.inbound import NUMBERS_FROM
from flait.sandbox.scenario import Departure, Scenario
from flait.sandbox.timetable import RECORDED_STORM_DAY
from tests.torture.lives import verdict
from tests.torture.lives_play import Heard, Played, staged
from tests.torture.lives_world import EVENTS, HOUR, MINUTE, ZONES, Follower, Leg, Life, Page

ROLES: Final = ("traveler", "meeter", "watcher")
AHEAD: Final = 47 * HOUR
ON_TIME: Final = 15 * MINUTE
LOOK: Final = 0.005  # dollars
CONFIRMS: Final = frozenset({"tracked", "pending", "missing", "failed"})  # what answers a wish is no alert
BOUNDS: Final[Mapping[str, int]] = {"traveler": 4, "meeter": 3, "watcher": 2}  # texts, in the median, on time
FIXED: Final = 15 * MINUTE
BESIDE: Final = 60  # flights that are played by other plans too
WORST: Final = 12  # texts, whatever the day
DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "benchmarks.md"
HEADING: Final = "## The replay"


# --- the day as a script ----------------------------------------------------------------------------------------------


def lives(most: int | None = None) -> Iterator[Life]:
    """Every departure of the storm day as a published life, in the order of its day; `most` of them, evenly drawn."""
    scenario = Scenario(RECORDED_STORM_DAY)
    start = datetime(*RECORDED_STORM_DAY.timetuple()[:3], 5, tzinfo=UTC)
    found = [_departure(scenario, out, flight.ident) for out, flight in scenario.timetable(start, start + 24 * HOUR)]
    departures = [one for one in found if one]
    step = max(1, len(departures) // most) if most else 1
    for number, departure in enumerate(departures[::step][:most]):
        yield _life(number, departure, scenario)


def _departure(scenario: Scenario, out: datetime, ident: str) -> Departure | None:
    return next(iter(scenario.flying_as(ident, out, out + MINUTE)), None)


def _pages(departure: Departure, of: str = "ours") -> Iterator[Page]:
    moments = sorted({announced.at for telling in departure.tellings for announced in telling.told})
    for at in moments:
        records = list(departure.records(at))
        if records:
            yield Page(at, (replace(_leg(records), of=of),))


def _planes(scenario: Scenario, departure: Departure) -> Iterator[tuple[str, tuple[Page, ...]]]:
    """The flights that bring its plane: the one before, and the one before that."""
    inbound = scenario.inbound(departure)
    while inbound:
        yield inbound.fa_flight_id, tuple(_pages(inbound, "plane"))
        named = next((record["inbound_fa_flight_id"] for record in inbound.records(inbound.scheduled_out)), None)
        inbound = scenario.with_id(named) if named and inbound.flight.number > NUMBERS_FROM else None


def _life(number: int, departure: Departure, scenario: Scenario) -> Life:
    pages = list(_pages(departure))
    asked = max(pages[0].at + MINUTE, departure.scheduled_out - AHEAD)
    return Life(
        seed=number,
        number=departure.flight.ident_iata,
        ident=departure.flight.ident,
        pages=tuple(pages),
        followers=tuple(Follower(role, asked + place * MINUTE) for place, role in enumerate(ROLES)),
        ends=pages[-1].at + 30 * HOUR,
        day=departure.scheduled_out.astimezone(ZONES[departure.flight.origin.iata]).date(),
        planes=dict(_planes(scenario, departure)),
    )


def _leg(records: Sequence[Mapping[str, Any]]) -> Leg:
    """One record, or the two of a diversion: then the arrival is the second's."""
    first, last = records[0], records[-1]
    there = last if first["diverted"] and len(records) > 1 else first
    at = {f"sched_{event}": _moment(first[f"scheduled_{event}"]) for event in EVENTS}
    for event in EVENTS:
        record = there if event in ("on", "in") else first
        at |= {
            f"est_{event}": _moment(record[f"estimated_{event}"]),
            f"act_{event}": _moment(record[f"actual_{event}"]),
        }
    planned = _moment(there["scheduled_on"]) if there is not first else None
    return Leg(
        id=first["fa_flight_id"],
        origin=first["origin"]["code_iata"],
        destination=first["destination"]["code_iata"],
        cancelled=first["cancelled"],
        diverted=first["diverted"],
        diverted_to=there["destination"]["code_iata"] if there is not first else None,
        planned_there=planned + 8 * MINUTE if planned else None,
        gate_o=first["gate_origin"],
        term_o=first["terminal_origin"],
        gate_d=there["gate_destination"],
        term_d=there["terminal_destination"],
        belt=there["baggage_claim"],
        inbound=first["inbound_fa_flight_id"],
        **at,  # type: ignore[arg-type]  # sched_off and sched_on are always there
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# --- what came of it --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Figures:
    """Counts over the day: by role, and how soon people knew."""

    flights: int = 0
    looks: list[int] = field(default_factory=list)
    plane_looks: list[int] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    on_time: dict[str, list[int]] = field(default_factory=lambda: {role: [] for role in ROLES})
    texts: dict[str, list[int]] = field(default_factory=lambda: {role: [] for role in ROLES})
    cancelled: list[timedelta] = field(default_factory=list)
    delayed: list[timedelta] = field(default_factory=list)

    def add(self, played: Played) -> None:
        """One flight."""
        self.flights += 1
        self.looks.append(sum(not look.asked for look in played.looks))
        self.plane_looks.append(len(played.plane_looks))
        for _, fault in verdict(played):
            kind = f"{fault.kind}: {fault.about}"
            self.faults[kind] += 1
            self.examples.setdefault(kind, f"{played.life.number} {fault}")
        for heart in played.hearts:
            alerts = [text for text in heart.texts if text.kind not in CONFIRMS]
            self.texts[heart.who.role].append(len(alerts))
            if _is_on_time(played.life):
                self.on_time[heart.who.role].append(len(alerts))
        self._how_soon(played)

    def _how_soon(self, played: Played) -> None:
        texts = played.hearts[0].texts
        begins = texts[0].at if texts else None
        for waited, published, words in (
            (self.cancelled, _first(played.life, lambda leg: leg.cancelled), "CANCELLED"),
            (self.delayed, _first(played.life, _is_late), "dep "),
        ):
            after = [text.at for text in texts if published and text.at >= published and _says(text, words)]
            if published and begins and published > begins and after:
                waited.append(min(after) - published)


def _says(text: Heard, words: str) -> bool:
    return text.kind not in CONFIRMS and words in text.body and ("->" in text.body or words != "dep ")


def _first(life: Life, holds: Any) -> datetime | None:
    return next((page.at for page in life.pages if holds(page.legs[0])), None)


def _is_late(leg: Leg) -> bool:
    return bool(leg.est_out and leg.sched_out and leg.est_out - leg.sched_out >= ON_TIME and not leg.act_out)


def _is_on_time(life: Life) -> bool:
    """Whether nothing that was published of it was ever a quarter of an hour off, cancelled or diverted."""
    for page in life.pages:
        leg = page.legs[0]
        ends = ((leg.act_out or leg.est_out, leg.sched_out), (leg.act_in or leg.est_in, leg.sched_in))
        off = any(at and planned and abs(at - planned) >= ON_TIME for at, planned in ends)
        if off or leg.cancelled or leg.diverted:
            return False
    return True


Plan = Callable[[Flight, datetime], datetime | None]
ORIGINAL: Final = (
    # by the plan of the tool that Flait replaces: more than this until it leaves → so often
    (24 * HOUR, 12 * HOUR),
    (12 * HOUR, 2 * HOUR),
    (4 * HOUR, HOUR),
    (timedelta(), 15 * MINUTE),
)
LEFT, ARRIVING, ARRIVED = 30 * MINUTE, 15 * MINUTE, 30 * MINUTE  # once it left; from an hour before; and so long after


def every_fifteen(flight: Flight, now: datetime) -> datetime | None:
    """So often, whatever is known, as long as there is anything to learn."""
    return None if polling.finished(flight, now) else now + FIXED


def the_originals(flight: Flight, now: datetime) -> datetime | None:
    """By the best times alone, whatever was reported."""
    leaves, arrives = flight.departure.best or now, flight.arrival.best or now
    if now < leaves:
        return now + next(often for limit, often in ORIGINAL if leaves - now > limit)
    if now >= arrives + ARRIVED:
        return None
    return now + (ARRIVING if now >= arrives - HOUR else max(min(LEFT, arrives - HOUR - now), MINUTE))


@contextmanager
def looking(plan: Plan) -> Iterator[None]:
    """Another plan, to compare with; it says by itself when there is nothing more to look for."""

    def next_poll_at(flight: Flight, now: datetime, *, jitter: float = 0.0) -> datetime | None:
        return plan(flight, now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(polling, "next_poll_at", next_poll_at)
        if plan is the_originals:
            patch.setattr(polling, "finished", lambda flight, now: plan(flight, now) is None)
        yield


BESIDE_IT: Final[Mapping[str, Plan]] = {
    "a look every 15 minutes from the first question to the end": every_fifteen,
    "the plan of the tool that Flait replaces": the_originals,
}


def replayed(folder: Path, most: int | None = None) -> Figures:
    """Play the day."""
    figures = Figures()
    with staged(folder, "replay") as stage:
        for life in lives(most):
            figures.add(stage.play(life))
    return figures


def broken(figures: Figures) -> list[str]:
    """The bounds that were not kept."""
    found = [f"{count} x {kind}: {figures.examples[kind]}" for kind, count in figures.faults.items()]
    for role, most in BOUNDS.items():
        texts = figures.on_time[role]
        if texts and median(texts) > most:
            found.append(f"an on-time flight brings a {role} {median(texts)} texts in the median, more than {most}")
    worst = max(max(texts, default=0) for texts in figures.texts.values())
    return [*found, *([f"the worst flight brought {worst} texts, more than {WORST}"] if worst > WORST else [])]


# --- for people -------------------------------------------------------------------------------------------------------


def shown(figures: Figures) -> list[str]:
    """The figures as a table."""
    looks, planes = figures.looks, figures.plane_looks
    mean, of_planes = sum(looks) / len(looks), sum(planes) / len(planes)
    lines = [
        f"{figures.flights} flights of {RECORDED_STORM_DAY}, three people each",
        f"looks per flight: {mean:.1f} (median {median(looks):.0f}, worst {max(looks)}), ${mean * LOOK:.3f}",
        f"at its planes: {of_planes:.1f} (median {median(planes):.0f}, worst {max(planes)}), ${of_planes * LOOK:.3f}",
        "",
        f"{'texts':<10}{'on time: flights':>17}{'median':>8}{'90 %':>6}{'worst':>7}{'any day: median':>17}{'worst':>7}",
    ]
    for role in ROLES:
        calm, every = figures.on_time[role], figures.texts[role]
        lines.append(
            f"{role:<10}{len(calm):>17}{median(calm):>8.0f}{_percent(calm, 90):>6.0f}{max(calm):>7}"
            f"{median(every):>17.0f}{max(every):>7}"
        )
    lines.append("")
    for name, waited in (("cancelled", figures.cancelled), ("first 15 min late", figures.delayed)):
        if len(waited) > 1:
            spans = [span / MINUTE for span in waited]
            middle, most = median(spans), _percent(spans, 95)
            lines.append(f"{name}: known after {middle:.1f} min (median), {most:.1f} min (95 %), of {len(spans)}")
    wrong = sum(figures.faults.values())
    lines.append(f"owed and missed, late, false or twice: {wrong}")
    return lines


def _percent(numbers: Sequence[float], percent: int) -> float:
    return quantiles(numbers, n=100, method="inclusive")[percent - 1] if len(numbers) > 1 else numbers[0]


def main(argv: Sequence[str]) -> int:
    """Print the figures of the day; 0 when every bound was kept."""
    asked = _parser().parse_args(argv)
    with TemporaryDirectory() as folder:
        figures = replayed(Path(folder), asked.flights)
        lines = [*shown(figures), *_beside(Path(folder), asked.beside)]
    wrong = broken(figures)
    for line in [*lines, *wrong]:
        print(line)
    if asked.write:
        write(lines, wrong)
    return bool(wrong)


def _beside(folder: Path, most: int) -> Iterator[str]:
    """The same of some of the flights, by other plans."""
    for name, plan in BESIDE_IT.items() if most else ():
        with looking(plan):
            other = replayed(folder, most)
        yield from ["", f"beside it, {name}:", *shown(other)]


def write(lines: Sequence[str], wrong: Sequence[str]) -> None:
    """Rewrite the end of the document, from its heading on; the rest is make bench's."""
    kept = DOCUMENT.read_text().partition(f"\n{HEADING}\n")[0].rstrip("\n")
    verdict = [f"- **broken**: {line}" for line in wrong] or ["Every promise was kept."]
    text = "\n".join(["```text", *lines, "```", "", *verdict])
    DOCUMENT.write_text(f"{kept}\n\n{HEADING}\n\nWritten whole by `make replay`.\n\n{text}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture.replay")
    parser.add_argument("--flights", type=int, help="so many of the day's, evenly drawn; all without it")
    parser.add_argument("--beside", type=int, default=BESIDE, help="so many by other plans; 0: none")
    parser.add_argument("--write", action="store_true", help=f"the figures into {DOCUMENT.name} too")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
