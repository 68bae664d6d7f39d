"""Lives drawn by lot: a flight's day is walked through, and at every turn something may befall it.

The moments lean towards the borders of what Flait goes by: a minute before or after three hours to departure, the
scheduled arrival, the end of a watch. A seed gives the same life for ever.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from flait.core.values import replace
from tests.torture.lives_world import EVENTS, HOUR, MINUTE, PLACES, ZONES, Follower, Glitch, Leg, Life, Page, Trouble

THEMES: Final = {
    # what befalls a life → how often
    "delays": 30, "schedule": 8, "cancel": 22, "gates": 14, "divert": 16, "return": 8, "ids": 8, "legs": 8,
    "destination": 4, "impossible": 10, "glitch": 12, "blank": 12, "vanish": 6, "outage": 8, "taxi": 4,
    "withdrawn": 6, "twilio": 6, "mute": 6, "quiet": 3,
}  # fmt: skip
SHIFTS: Final = (0, 5, 9, 10, 11, 14, 15, 16, 20, 29, 30, 31, 45, 59, 60, 61, 75, 90, 120, 130, 180, 181, 240, 330)
SOONER: Final = (-5, -9, -10, -11, -15, -20, -30, -45)
NEAR: Final = (-16, -11, -6, -3, -2, -1, 0, 0, 1, 2, 3, 6, 11, 16)  # minutes around a border
GATES: Final = ("C12", "C3", "F12", "D4", "B22", "7", "GATE 12", "GATE 14")
TERMINALS: Final = ("1", "3", "B", "I")
BELTS: Final = ("4", "6", "11", "BELT 12", "BELT 14")
AIRLINES: Final = (("UA", "UAL"), ("WN", "SWA"), ("LH", "DLH"), ("US", "AWE"))
DAYS: Final = ((2026, 3, 7), (2026, 6, 13), (2026, 10, 31), (2026, 11, 24), (2026, 1, 15), (2026, 8, 3))
BLANKS: Final = (
    ("est_out", "est_off", "est_on", "est_in"),
    ("est_out", "est_off"),
    ("est_on", "est_in"),
    ("gate_o", "term_o"),
    ("gate_d", "term_d", "belt"),
    ("est_out", "est_off", "est_on", "est_in", "gate_o", "term_o", "gate_d", "term_d", "belt"),
)
KNOWN_BEFORE: Final = 47 * HOUR + 45 * MINUTE


class Birth:
    """One life as it is drawn: `t` is how far it has come, `leg` how the flight is, `mask` what is not published."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = rng = Random(seed)
        names, weights = zip(*THEMES.items(), strict=True)
        self.themes = set(rng.choices(names, weights, k=rng.choice((1, 1, 2, 2, 3))))
        airline, digits = rng.choice(AIRLINES), rng.randint(1, 4999)
        self.number, self.ident = f"{airline[0]}{digits}", f"{airline[1]}{digits}"
        self.leg = self._planned()
        self.mask: set[str] = set()
        self.hidden = False
        self.others: list[Leg] = []
        self.pages: list[Page] = []
        self.glitches: list[Glitch] = []
        self.aeroapi: list[Trouble] = []
        self.story = sorted(self.themes)
        self.late = timedelta()
        self.pending: list[tuple[datetime, Callable[[], object]]] = []
        self.asked_at = self._asked()
        self.t = self.leg.leaves - KNOWN_BEFORE
        self._begins()

    # --- how it is meant to be ---------------------------------------------------------------------------------------

    def _planned(self) -> Leg:
        rng = self.rng
        origin, destination = rng.sample(list(PLACES), 2)
        block = timedelta(minutes=rng.choice((50, 60, 60, 75, 90, 120, 150, 180, 240, 330, 480, 640)))
        day = datetime(*rng.choice(DAYS), tzinfo=ZONES[origin])
        out = (day + timedelta(minutes=5 * rng.randrange(12 * 24))).astimezone(UTC)
        self.taxi, self.to_gate = rng.choice((10, 15, 20)) * MINUTE, rng.choice((5, 8, 10)) * MINUTE
        self.air = block - self.taxi - self.to_gate
        self.gated = rng.random() < 0.92  # else only the runway's times are published
        off, on = out + self.taxi, out + block - self.to_gate
        times: dict[str, Any] = {"sched_out": out, "sched_off": off, "sched_on": on, "sched_in": out + block}
        if not self.gated:
            times |= {"sched_out": None, "sched_in": None}
        if rng.random() < 0.85:
            times |= {f"est_{event}": times[f"sched_{event}"] for event in EVENTS}
        return Leg(id=f"{self.ident}-{int(out.timestamp())}-sch-0", origin=origin, destination=destination, **times)

    def _asked(self) -> datetime:
        rng, leaves = self.rng, self.leg.leaves
        kind = rng.random()
        spans = ((0.45, 0.3, 3.1), (0.72, 3, 8), (0.86, 8, 30), (0.9, 49, 90))
        least, most = next(((least, most) for limit, least, most in spans if kind < limit), (0.5, 2))
        self.asked_late = kind >= 0.9
        return leaves - timedelta(seconds=rng.randint(int(least * 3600), int(most * 3600)))

    def _begins(self) -> None:
        """The first page, and what it is when somebody first asks."""
        self.show()
        self.t = max(self.t, self.asked_at - rng_minutes(self.rng, 5, 120))
        if self.rng.random() < 0.3:
            self._estimate(self.rng.choice((*SHIFTS[:16], *SOONER[:5])))
        if self.rng.random() < 0.4:
            self.change(**self._gate())
        else:
            at = self.leg.leaves - timedelta(minutes=self.rng.choice((300, 185, 180, 175, 120, 95, 90, 60, 30)))
            self.later(at, lambda: self.change(**self._gate()))
        self.show()
        if "legs" in self.themes:
            self._another_leg()
        self.t = max(self.t, self.asked_at)

    def _gate(self) -> dict[str, Any]:
        rng = self.rng
        return {"gate_o": rng.choice(GATES), "term_o": rng.choice((*TERMINALS, None)) or self.leg.term_o}

    def _another_leg(self) -> None:
        """The same number flies on, or came from elsewhere, or leaves from here for somewhere else."""
        rng, leg = self.rng, self.leg
        other = rng.choice([place for place in PLACES if place not in (leg.origin, leg.destination)])
        self.other_place = other
        routes = ((leg.destination, other), (other, leg.origin), (leg.origin, other))
        which = rng.randrange(3)
        apart = rng.choice((-6, 3, 5, 9)) if which == 2 else (4, -5)[which]
        times: dict[str, Any] = {
            f"sched_{event}": (getattr(leg, f"sched_{event}") or leg.leaves) + apart * HOUR for event in EVENTS
        }
        extra = Leg(id=f"{leg.id}-o", of="other", origin=routes[which][0], destination=routes[which][1], **times)
        estimates: dict[str, Any] = {f"est_{event}": times[f"sched_{event}"] for event in EVENTS}
        extra = replace(extra, **estimates, gate_o="X9")
        at = self.asked_at + rng_minutes(rng, 1, 50) if which == 2 else self.t
        self.later(at, lambda: self.others.append(extra))
        self.story.append(f"another leg {extra.origin}-{extra.destination} at {apart:+} h")

    other_place = ""  # where another leg of the number flies to, or from

    # --- time --------------------------------------------------------------------------------------------------------

    def later(self, at: datetime, what: Callable[[], object]) -> None:
        """That happens then."""
        self.pending.append((at, what))

    def until(self, at: datetime) -> None:
        """Time passes; what was to happen meanwhile does."""
        while due := [one for one in self.pending if one[0] <= at]:
            first = min(due, key=lambda one: one[0])
            self.pending.remove(first)
            self.t = max(self.t, first[0])
            first[1]()
            self.show()
        self.t = max(self.t, at)

    def change(self, **changes: Any) -> None:
        """So it is from now on."""
        self.leg = replace(self.leg, **changes)

    def show(self) -> None:
        """Publish it."""
        blanks: dict[str, Any] = dict.fromkeys(self.mask, None)
        shown = replace(self.leg, **blanks)
        legs = (*(() if self.hidden else (shown,)), *self.others)
        if not self.pages or self.pages[-1].legs != legs:
            if self.pages and self.pages[-1].at == self.t:
                self.pages.pop()
            self.pages.append(Page(self.t, legs))

    def _moment(self, most: timedelta) -> datetime:
        """The next turn: soon, or by a border."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.4:
            borders = [at for at in self._borders() if self.t < at <= self.t + most]
            if borders:
                at = rng.choice(borders) + rng.choice(NEAR) * MINUTE
                return max(at, self.t + MINUTE)
        if kind < 0.7:
            return self.t + timedelta(seconds=rng.randint(60, 1500))
        return self.t + timedelta(seconds=rng.randint(300, int(max(most.total_seconds(), 600))))

    def _borders(self) -> list[datetime]:
        leg = self.leg
        leaves, arrives = leg.leaves + self.late, leg.arrives + self.late
        before = [leaves - timedelta(minutes=minutes) for minutes in (1440, 360, 180, 120, 90, 45, 0)]
        after = [leaves + timedelta(minutes=minutes) for minutes in (60, 120, 180)]
        return [*before, *after, leg.leaves, leg.arrives, arrives, arrives + 45 * MINUTE, leg.arrives + 15 * MINUTE]

    # --- before it leaves --------------------------------------------------------------------------------------------

    def waits(self) -> bool:
        """Until it leaves; False when it never does."""
        rng = self.rng
        turns = 0 if "quiet" in self.themes else rng.choice((1, 2, 3, 4, 5, 7, 10))
        while True:
            leaving = self._leaving()
            at = self._moment(max(leaving - self.t, HOUR))
            cancelled = self.leg.cancelled
            if not cancelled and (turns <= 0 or at >= leaving):
                self.until(max(leaving, self.t + MINUTE))
                return not (self.leg.cancelled or self.gone)
            if turns <= 0 or at > self.leg.arrives + self.late + 5 * HOUR:
                return False
            self.until(at)
            rng.choice(self._turns())()
            self.show()
            turns -= 1

    gone = False  # for ever

    def _leaving(self) -> datetime:
        return self.leg.leaves + max(self.late, -50 * MINUTE) + self.rng.randint(0, 6) * MINUTE

    def _turns(self) -> list[Callable[[], object]]:
        """What may happen before it leaves, the more often the more it is this life's theme."""
        found: list[Callable[[], object]] = [self._moves]
        turns = {
            "delays": (self._moves,), "schedule": (self._rescheduled,), "cancel": (self._cancelled,) * 2,
            "gates": (self._new_gate, self._flap), "ids": (self._reissued,), "destination": (self._elsewhere,),
            "impossible": (self._impossible,), "glitch": (self._glitch,), "blank": (self._blank,),
            "vanish": (self._vanishes,), "outage": (self._outage,), "withdrawn": (self._false_start,),
            "legs": (self._cancelled, self._vanishes),
        }  # fmt: skip
        for theme in sorted(self.themes & set(turns)):
            found += turns[theme] * 3
        if self.leg.cancelled:
            found = [one for one in found if one != self._elsewhere] + [self._cancelled] * 4
        return found

    def _moves(self) -> None:
        self._estimate(self.rng.choice((*SHIFTS, *SHIFTS[8:], *SOONER)))

    def _estimate(self, late: float) -> None:
        """It is to be that late, by the estimates; it never leaves in the past."""
        rng = self.rng
        least = (self.t - self.leg.leaves) / MINUTE + rng.choice((3, 10, 25, 60))
        self.late = timedelta(minutes=max(late, round(least) if self.t > self.leg.leaves - HOUR else late))
        makes_up = rng.choice((0, 0, 0, 5, 12)) * MINUTE
        gone = self.leg.act_out is not None and not self.leg.returned
        for event in EVENTS[2:] if gone else EVENTS:
            planned = getattr(self.leg, f"sched_{event}")
            by = self.late - (makes_up if event in ("on", "in") else timedelta())
            self.change(**{f"est_{event}": planned and planned + by})

    def _rescheduled(self) -> None:
        """The airline moves it, schedule and all."""
        by = self.rng.choice((-90, -45, -15, -10, 10, 15, 25, 45, 60, 120, 180)) * MINUTE
        if self.leg.leaves + by < self.t + 40 * MINUTE:
            by = 45 * MINUTE
        for event in EVENTS:
            planned = getattr(self.leg, f"sched_{event}")
            self.change(**{f"sched_{event}": planned and planned + by})
        self._estimate(self.rng.choice((0, 0, 0, self.late / MINUTE)))

    def _cancelled(self) -> None:
        """Cancelled, or on again: by then it is late, and the estimates may be blank."""
        rng = self.rng
        if not self.leg.cancelled:
            self.change(cancelled=True)
            if rng.random() < 0.4:
                self.mask |= set(BLANKS[0])
            return
        self.change(cancelled=False)
        if self.t > self.leg.leaves + self.late - 20 * MINUTE:
            self._estimate((self.t - self.leg.leaves) / MINUTE // 5 * 5 + rng.choice((30, 60, 120, 200)))
        if rng.random() < 0.6:
            self.mask -= set(BLANKS[0])
        elif self.mask & set(BLANKS[0]):
            self.later(self.t + rng_minutes(rng, 4, 60), lambda: self.mask.difference_update(BLANKS[0]))

    def _new_gate(self) -> None:
        self.change(**self._gate())

    def _flap(self) -> None:
        """To and fro, or away."""
        rng, old = self.rng, {"gate_o": self.leg.gate_o, "term_o": self.leg.term_o}
        self.change(**rng.choice(({"gate_o": None}, {"gate_o": None, "term_o": None}, self._gate())))
        if rng.random() < 0.6:
            self.later(self.t + rng_minutes(rng, 1, 45), lambda: self.change(**old))

    def _reissued(self) -> None:
        """Another id; the old one may stand for a while, cancelled."""
        rng, old = self.rng, self.leg
        self.change(id=f"{old.id.rpartition('-')[0]}-{int(old.id.rpartition('-')[2]) + 1}")
        if rng.random() < 0.5 and not self.hidden:
            ghost = replace(old, of="ghost", cancelled=True)
            self.others.append(ghost)
            self.later(self.t + rng_minutes(rng, 30, 400), lambda: self.others.remove(ghost))

    def _elsewhere(self) -> None:
        near = [place for place in PLACES if place not in (self.leg.origin, self.leg.destination, self.other_place)]
        self.change(destination=self.rng.choice(near), gate_d=None, term_d=None, belt=None)

    def _impossible(self) -> None:
        """An actual time that cannot be, for a while."""
        rng, now = self.rng, self.t.replace(microsecond=0)
        ahead = now + rng_minutes(rng, 20, 200)
        false = rng.choice(
            (
                {"act_off": ahead},
                {"act_on": ahead},
                {"act_in": ahead},
                {"act_out": ahead, "act_off": ahead + 10 * MINUTE} if self.gated else {"act_off": ahead},
                {"act_off": now - 4 * MINUTE, "act_on": now - 3 * MINUTE},
                {"act_on": now - 3 * MINUTE},
                {"act_in": now - 3 * MINUTE},
            )
        )
        if self.leg.act_out or self.leg.act_off:
            return
        if "act_off" in false and false["act_off"] < now:
            false = {"act_on": now - 3 * MINUTE}
        self.change(**false)
        self.later(self.t + rng_minutes(rng, 3, 18), lambda: self.take_back(false))

    def take_back(self, false: Mapping[str, Any]) -> None:
        """These values are gone again, where they still stand."""
        self.change(**{name: None for name, value in false.items() if getattr(self.leg, name) == value})

    def _false_start(self) -> None:
        """Said to have left, possibly, and then not."""
        if (
            self.leg.cancelled
            or self.leg.returned
            or self.leg.leaves + self.late > self.t + 30 * MINUTE
            or self.leg.act_off
        ):
            return
        false = {"act_out": self.t - 12 * MINUTE, "act_off": self.t - 2 * MINUTE}
        if not self.gated:
            del false["act_out"]
        self.change(**false)
        again = (self.t - self.leg.leaves) // MINUTE + self.rng.choice((90, 120))
        self.late = max(self.late, again * MINUTE)
        self.later(self.t + rng_minutes(self.rng, 12, 60), lambda: self.take_back(false))
        self.later(self.t + rng_minutes(self.rng, 61, 75), self._estimate_anew)

    def _estimate_anew(self) -> None:
        if not self.leg.act_out and not self.leg.act_off:
            self._estimate(self.late / MINUTE)

    def _glitch(self) -> None:
        """Shown by one look."""
        rng, now, leg = self.rng, self.t.replace(microsecond=0), self.leg
        ahead = now + rng_minutes(rng, 15, 150)
        odd = {event: (getattr(leg, f"est_{event}") or leg.leaves) + 3 * HOUR for event in EVENTS}
        choices: tuple[dict[str, Any], ...] = (
            {"cancelled": not leg.cancelled},
            {"act_off": ahead}, {"act_on": ahead}, {"act_in": ahead},
            {"act_out": ahead} if self.gated else {"act_off": ahead},
            {f"est_{event}": at for event, at in odd.items() if getattr(leg, f"est_{event}")},
            {"diverted": True} if leg.act_off else {"cancelled": True},
            {"gate_o": "Z1"},
            dict.fromkeys(BLANKS[5]),
        )  # fmt: skip
        self.glitches.append(Glitch(self.t, rng.choice(choices)))

    def _blank(self) -> None:
        """Some of it is not published for a while, or for ever."""
        names = frozenset(self.rng.choice(BLANKS)) - self.mask
        self.mask |= names
        if self.rng.random() < 0.8:
            ends = self.t + rng_minutes(self.rng, 1, self.rng.choice((10, 30, 120)))
            self.later(ends, lambda: self.mask.difference_update(names))

    def _vanishes(self) -> None:
        self.hidden = True
        if self.rng.random() < 0.8:
            self.later(self.t + rng_minutes(self.rng, 2, self.rng.choice((10, 60, 300))), self._is_back)
        else:
            self.gone = True
            self.story.append("gone for ever")

    def _is_back(self) -> None:
        self.hidden = self.gone

    def _outage(self) -> None:
        rng = self.rng
        kind = rng.choice(("down", "down", "down", "refused", "budget"))
        span = rng_minutes(rng, 2, rng.choice((10, 60, 240, 600)))
        self.aeroapi.append(Trouble(self.t, self.t + span, kind))

    # --- what follows stands in lives_flying -------------------------------------------------------------------------

    def life(self, followers: tuple[Follower, ...], twilio: tuple[Trouble, ...]) -> Life:
        """What came of it."""
        day = (self.pages[0].legs or (self.leg,))[0]
        return Life(
            seed=self.seed, number=self.number, ident=self.ident, pages=tuple(self.pages), followers=followers,
            ends=max(self.t, self.leg.arrives + self.late) + 56 * HOUR, glitches=tuple(sorted(self.glitches, key=lambda glitch: glitch.at)),
            aeroapi=tuple(self.aeroapi), twilio=twilio, story=tuple(self.story),
            day=day.leaves.astimezone(ZONES[day.origin]).date(),
        )  # fmt: skip


def rng_minutes(rng: Random, least: int, most: int) -> timedelta:
    """A span between them, to the second."""
    return timedelta(seconds=rng.randint(least * 60, max(most, least) * 60))
