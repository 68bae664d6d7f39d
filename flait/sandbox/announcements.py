"""What becomes known about one flight, and when: the day's record turned into a sequence of announcements.

The record says what happened; how it became known is modelled, always the same way for the same flight: delays grow in
steps, gates are given out late and sometimes changed, and nothing is said before it could be known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from flait.sandbox.chance import Chance
from flait.sandbox.records import airport_object, stamp
from flait.sandbox.timetable import Recorded, airports

KNOWN_AHEAD = timedelta(hours=48)  # a flight gets its fa_flight_id this long before scheduled_out
MINUTE = timedelta(minutes=1)

# From how late on a delay is told in how many steps.
STEPS = ((timedelta(minutes=150), 4), (timedelta(minutes=60), 3), (timedelta(minutes=25), 2), (timedelta(minutes=6), 1))

# Who leaves from where; other terminals are not published.
TERMINALS = {
    ("EWR", "AA"): "A", ("EWR", "B6"): "A", ("EWR", "DL"): "B", ("EWR", "EV"): "C", ("EWR", "UA"): "C",
    ("EWR", "US"): "A", ("JFK", "9E"): "4", ("JFK", "AA"): "8", ("JFK", "B6"): "5", ("JFK", "DL"): "4",
    ("JFK", "MQ"): "8", ("JFK", "UA"): "7", ("JFK", "VX"): "4", ("LGA", "AA"): "B", ("LGA", "DL"): "D",
    ("LGA", "EV"): "D", ("LGA", "MQ"): "B", ("LGA", "UA"): "B", ("LGA", "US"): "C", ("LGA", "WN"): "B",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Announcement:
    """From `at` on, these fields of the AeroAPI record have these values."""

    at: datetime
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The published schedule, at the gates and on the runways."""

    out: datetime
    off: datetime
    on: datetime
    in_: datetime

    @property
    def in_the_air(self) -> timedelta:
        """From wheels up to touchdown."""
        return self.on - self.off


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What happened: only for flights that left. `on` and `in_` are those of the place where it landed."""

    out: datetime
    off: datetime
    on: datetime
    in_: datetime
    turned_away: datetime | None  # when a diversion was decided


def plan(flight: Recorded, scheduled_out: datetime, chance: Chance) -> Plan:
    """Gate times of the record, runway times a few minutes inside them."""
    due = scheduled_out + flight.block
    return Plan(
        out=scheduled_out,
        off=scheduled_out + chance.minutes("planned taxi out", 10, 18),
        on=due - chance.minutes("planned taxi in", 4, 8),
        in_=due,
    )


def course(flight: Recorded, planned: Plan, chance: Chance) -> Course | None:
    """What happened to a flight that left; None when it was cancelled."""
    if flight.out_late is None:
        return None
    out = planned.out + flight.out_late
    if flight.in_late is None or flight.air is None:
        return _diversion(out, planned, chance)
    arrived = planned.in_ + flight.in_late
    taxi = max(arrived - out - flight.air, 4 * MINUTE)
    off = out + timedelta(seconds=round(taxi.total_seconds() * (0.6 + 0.25 * chance.fraction("taxi share"))))
    return Course(out=out, off=off, on=off + flight.air, in_=arrived, turned_away=None)


def _diversion(out: datetime, planned: Plan, chance: Chance) -> Course:
    off = out + (planned.off - planned.out) + chance.seconds("taxi out", 0, 600)
    turned_away = off + planned.in_the_air * (0.7 + 0.2 * chance.fraction("turned away"))
    turned_away = turned_away.replace(microsecond=0)
    on = turned_away + chance.seconds("to the alternate", 1200, 2700)
    parked = (on + chance.minutes("taxi in", 5, 12)).replace(second=0)
    return Course(out=out, off=off, on=on, in_=parked, turned_away=turned_away)


def announcements(
    flight: Recorded, planned: Plan, chance: Chance, inbound: str | None = None
) -> tuple[Announcement, ...]:
    """Everything said about the flight as it was planned, in order of time; `inbound` is the id of the one before."""
    happened = course(flight, planned, chance)
    told = [*_filing(flight, planned, chance, inbound), *_origin_gates(flight, planned, happened, chance)]
    if happened is None:
        told += _cancellation(planned, chance)
    else:
        told += _delays(planned, happened.out - planned.out, chance)
        told += _departure(planned, happened, chance)
        told += _end_elsewhere(happened) if happened.turned_away else _arrival(planned, happened, chance)
    return tuple(sorted(told, key=lambda announcement: announcement.at))


def diversion_leg(flight: Recorded, planned: Plan, chance: Chance) -> tuple[Announcement, ...]:
    """Everything said about where a diverted flight went instead; empty when it was not diverted."""
    happened = course(flight, planned, chance)
    if happened is None or happened.turned_away is None:
        return ()
    alternate = airports()[flight.destination.alternate]
    expected = happened.on + chance.minutes("leg estimate", -4, 6)
    first = {
        "destination": airport_object(alternate), "terminal_destination": None, "registration": flight.tail,
        "scheduled_out": None, "estimated_out": stamp(planned.out), "actual_out": stamp(happened.out),
        "estimated_off": stamp(happened.off), "actual_off": stamp(happened.off),
        "scheduled_on": stamp(expected), "estimated_on": stamp(expected),
        "scheduled_in": None, "estimated_in": None,
    }  # fmt: skip
    return (
        Announcement(happened.turned_away + MINUTE, first),
        Announcement(_soon_after(happened.on, "leg on", chance), {"actual_on": stamp(happened.on)}),
        Announcement(_soon_after(happened.in_, "leg in", chance), {"actual_in": stamp(happened.in_)}),
    )


def _filing(flight: Recorded, planned: Plan, chance: Chance, inbound: str | None) -> Iterator[Announcement]:
    known = planned.out - KNOWN_AHEAD
    yield Announcement(known, _estimates(planned, timedelta()))
    terminals: dict[str, Any] = {"terminal_origin": TERMINALS.get((flight.origin.iata, flight.carrier.iata))}
    if chance.happens("destination has terminals", 0.4):
        terminals["terminal_destination"] = ("1", "2", "A", "N")[chance.number("terminal", 0, 3)]
    yield Announcement(known, terminals)
    tail_known = known if chance.happens("tail known early", 0.5) else planned.out - chance.minutes("tail", 360, 1200)
    yield Announcement(tail_known, {"registration": flight.tail, "inbound_fa_flight_id": inbound})


def _estimates(planned: Plan, late: timedelta) -> dict[str, Any]:
    times = {"out": planned.out, "off": planned.off, "on": planned.on, "in": planned.in_}
    return {f"estimated_{event}": stamp(time + late) for event, time in times.items()}


def _origin_gates(flight: Recorded, planned: Plan, happened: Course | None, chance: Chance) -> Iterator[Announcement]:
    if chance.happens("gate is never published", 0.08):
        return
    given = planned.out - chance.minutes("gate given", 120, 240)
    terminal = TERMINALS.get((flight.origin.iata, flight.carrier.iata), "")
    letter = terminal if terminal.isalpha() else ""
    gate = chance.number("gate", 1, 40)
    yield Announcement(given, {"gate_origin": f"{letter}{gate}"})
    if happened and chance.happens("gate changes", 0.15):
        changed = max(given + 20 * MINUTE, happened.out - chance.minutes("gate changed", 20, 75))
        other = (gate + chance.number("how many gates on", 1, 39) - 1) % 40 + 1
        yield Announcement(changed, {"gate_origin": f"{letter}{other}"})


def delay_steps(late: timedelta, chance: Chance) -> list[tuple[timedelta, timedelta]]:
    """How a delay becomes known: (when, relative to scheduled_out; how late it is then said to be).

    Each step comes before the estimate it corrects has passed.
    """
    count = next((count for threshold, count in STEPS if late >= threshold), 0)
    if not count:
        return _jitter(chance)
    told_at = -chance.minutes("first word", 45, 170)
    steps: list[tuple[timedelta, timedelta]] = []
    for step, said in enumerate(_growing(late, count, chance)):
        if steps:
            last_said = steps[-1][1]
            told_at += max(last_said - 5 * MINUTE - told_at, 5 * MINUTE) * (0.4 + 0.5 * chance.fraction(f"word {step}"))
        steps.append((timedelta(seconds=int(told_at.total_seconds())), said))
    return steps


def _jitter(chance: Chance) -> list[tuple[timedelta, timedelta]]:
    if not chance.happens("estimate jitters", 0.4):
        return []
    return [(-chance.minutes("jitter", 20, 100), chance.minutes("jitter size", 1, 3))]


def _growing(late: timedelta, count: int, chance: Chance) -> list[timedelta]:
    """Amounts in whole five minutes, each larger than the one before, the last about right."""
    shares = [(step + chance.fraction(f"share {step}") * 0.6) / count for step in range(1, count)]
    amounts = [max(5, 5 * round(late / MINUTE * share / 5)) for share in (*shares, 1.0)]
    rising = amounts[:1] + [after for before, after in pairwise(amounts) if after > before]
    return [amount * MINUTE for amount in rising]


def _delays(planned: Plan, late: timedelta, chance: Chance) -> Iterator[Announcement]:
    for told_at, said in delay_steps(late, chance):
        yield Announcement(planned.out + told_at, _estimates(planned, said))


def _cancellation(planned: Plan, chance: Chance) -> Iterator[Announcement]:
    """One to eight hours ahead; some of them are first announced as a delay."""
    told = planned.out - chance.minutes("cancelled", 60, 480)
    if chance.happens("delayed before it is cancelled", 0.3):
        late = chance.number("delay before it is cancelled", 6, 24) * 5 * MINUTE
        yield Announcement(told - chance.minutes("delay told", 30, 90), _estimates(planned, late))
    yield Announcement(told, {"cancelled": True})


def _departure(planned: Plan, happened: Course, chance: Chance) -> Iterator[Announcement]:
    taxi = planned.off - planned.out
    wheels_up = happened.out + taxi
    yield Announcement(
        _soon_after(happened.out, "out", chance),
        {
            "actual_out": stamp(happened.out),
            "estimated_off": stamp(wheels_up),
            "estimated_on": stamp(wheels_up + planned.in_the_air),
            "estimated_in": stamp(wheels_up + planned.in_the_air + (planned.in_ - planned.on)),
        },
    )
    yield Announcement(_soon_after(happened.off, "off", chance), {"actual_off": stamp(happened.off)})


def _end_elsewhere(happened: Course) -> Iterator[Announcement]:
    if happened.turned_away:
        yield Announcement(happened.turned_away, {"diverted": True})


def _arrival(planned: Plan, happened: Course, chance: Chance) -> Iterator[Announcement]:
    taxi_in = planned.in_ - planned.on
    air = happened.on - happened.off
    for question, flown, error in (("climb", 0.05, 8), ("half way", 0.5, 4), ("descent", 0.85, 1)):
        touchdown = happened.on + chance.minutes(question, -error, error)
        told = max(happened.off + air * flown, _soon_after(happened.off, "off", chance))
        yield Announcement(
            told.replace(microsecond=0),
            {"estimated_on": stamp(touchdown), "estimated_in": stamp((touchdown + taxi_in).replace(second=0))},
        )
    yield Announcement(_soon_after(happened.on, "on", chance), {"actual_on": stamp(happened.on)})
    yield Announcement(_soon_after(happened.in_, "in", chance), {"actual_in": stamp(happened.in_)})
    yield from _destination_gates(happened, chance)
    yield from _baggage(happened, chance)


def _destination_gates(happened: Course, chance: Chance) -> Iterator[Announcement]:
    if chance.happens("arrival gate is never published", 0.25):
        return
    given = max(happened.on - chance.minutes("arrival gate given", 25, 90), happened.off)
    gate = f"{'ABCD'[chance.number('arrival concourse', 0, 3)]}{chance.number('arrival gate', 1, 30)}"
    yield Announcement(given, {"gate_destination": gate})
    if chance.happens("arrival gate changes", 0.08):
        other = f"E{chance.number('other arrival gate', 1, 15)}"
        yield Announcement(max(happened.on - 10 * MINUTE, given + 5 * MINUTE), {"gate_destination": other})


def _baggage(happened: Course, chance: Chance) -> Iterator[Announcement]:
    if chance.happens("carousel is never published", 0.3):
        return
    given = happened.on + chance.minutes("carousel given", 3, 12)
    carousel = chance.number("carousel", 1, 12)
    yield Announcement(given, {"baggage_claim": str(carousel)})
    if chance.happens("carousel changes", 0.1):
        yield Announcement(given + chance.minutes("carousel changed", 4, 12), {"baggage_claim": str(carousel % 12 + 1)})


def _soon_after(moment: datetime, event: str, chance: Chance) -> datetime:
    """A minute or two after it happened."""
    return moment + chance.seconds(f"told {event}", 60, 120)
