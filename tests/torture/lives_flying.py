"""Lives drawn by lot, from the moment they leave the gate; and who follows them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from flait.core.values import replace
from tests.torture.lives_births import BELTS, GATES, TERMINALS, Birth, rng_minutes
from tests.torture.lives_world import EVENTS, HOUR, MINUTE, PLACES, Follower, Leg, Life, Trouble

LEAST = 0.93  # of the time in the air by the schedule: faster it does not fly
LONGEST_PAGE_AFTER = 4 * HOUR  # what was to happen that long after the end still does


class Flying(Birth):
    """A life that leaves, if it does."""

    def live(self) -> Life:
        """All of it."""
        while self.waits():
            if self._taxis():
                break
        else:
            self.until(self.t + LONGEST_PAGE_AFTER)
            return self.life(*self._people())
        self._flies()
        self.until(self.t + LONGEST_PAGE_AFTER)
        return self.life(*self._people())

    def _taxis(self) -> bool:
        """Out of the gate; False when it comes back to it."""
        rng = self.rng
        left = self.t.replace(microsecond=0)
        self.out = left
        self.change(act_out=left if self.gated else None, returned=False)
        if rng.random() < 0.8:
            self.mask -= {"est_out", "est_off", "est_on", "est_in"}
        self._seen(rng.choice((0, 20, 60, 200)))
        if "return" in self.themes and self.gated:
            self.themes.discard("return")
            self.until(self.t + rng_minutes(rng, 4, 45))
            self._comes_back(left)
            return False
        taxi = rng_minutes(rng, 62, 110) if "taxi" in self.themes else self.taxi + rng_minutes(rng, -4, 12)
        self.until(max(self.t, left + taxi))
        return True

    def _comes_back(self, left: datetime) -> None:
        """To the gate it had left: the time of leaving goes, or stands beside a later estimate."""
        rng = self.rng
        again = (self.t - self.leg.leaves) / MINUTE // 5 * 5 + rng.choice((45, 75, 120, 150))
        self.change(act_out=rng.choice((None, left)), returned=True)
        if rng.random() < 0.7:
            self._estimate(again)
        else:
            self.later(self.t + rng_minutes(rng, 5, 25), lambda: self._estimate(again))
            self.late = timedelta(minutes=again)
        self.show()

    def _seen(self, seconds: int) -> None:
        """It is published that much after it happened."""
        self.until(self.t + timedelta(seconds=seconds))
        self.show()

    # --- in the air --------------------------------------------------------------------------------------------------

    def _flies(self) -> None:
        rng = self.rng
        off = self.t.replace(microsecond=0)
        lands = off + self.air + timedelta(minutes=rng.choice((-12, -5, 0, 0, 4, 10, 25)))
        lands = max(lands, off + LEAST * self.air, off + 15 * MINUTE)
        self.change(act_off=off)
        if rng.random() < 0.6:
            self._lands_about(lands)
        else:
            self.later(self.t + rng_minutes(rng, 3, 22), lambda: self._lands_about(lands))
        self._seen(rng.choice((30, 60, 150, 240)))
        turns = 0 if "quiet" in self.themes else rng.choice((0, 1, 2, 3, 5))
        self.there = self.leg.destination
        while turns > 0:
            at = self._moment(max(lands - self.t, 10 * MINUTE))
            if at >= lands - MINUTE:
                break
            self.until(at)
            lands = rng.choice(self._in_the_air(lands))()
            self.show()
            turns -= 1
        self._lands(max(lands, self.t + MINUTE))

    def _lands_about(self, lands: datetime) -> None:
        if self.leg.act_on is None:
            at = (lands + self.rng.choice((0, 0, 1, -2, 3)) * MINUTE).replace(second=0)
            self.change(est_on=at, est_in=at + self.to_gate if self.gated else None)

    def _in_the_air(self, lands: datetime) -> list[Callable[[], datetime]]:
        """What may happen; each gives when it lands now."""

        def so(what: Callable[[], object]) -> Callable[[], datetime]:
            def done() -> datetime:
                what()
                return lands

            return done

        found: list[Callable[[], datetime]] = [lambda: self._moved_in_the_air(lands), so(self._there)]
        turns: dict[str, Callable[[], datetime]] = {
            "divert": lambda: self._diverts(lands),
            "delays": lambda: self._moved_in_the_air(lands),
            "gates": so(self._there),
            "glitch": so(self._glitch),
            "blank": so(self._blank),
            "vanish": so(self._vanishes),
            "outage": so(self._outage),
            "ids": so(self._reissued),
            "withdrawn": lambda: self._false_landing(lands),
            "impossible": so(self._impossible_landing),
        }
        for theme in sorted(self.themes & set(turns)):
            found += [turns[theme]] * 3
        return found

    def _moved_in_the_air(self, lands: datetime) -> datetime:
        by = self.rng.choice((-20, -11, -10, -5, 5, 9, 10, 11, 15, 29, 30, 31, 60)) * MINUTE
        lands = max(
            lands + by, self.t + 5 * MINUTE, self.leg.act_off + LEAST * self.air if self.leg.act_off else self.t
        )
        self._lands_about(lands)
        return lands

    def _there(self) -> None:
        """Gate, terminal or belt of arrival: new, changed, or gone."""
        rng = self.rng
        if self.leg.diverted and not self.leg.diverted_to:
            return
        name, values = rng.choice((("gate_d", GATES), ("term_d", TERMINALS), ("belt", BELTS)))
        self.change(**{name: rng.choice((*values, None))})

    def _diverts(self, lands: datetime) -> datetime:
        """Elsewhere, or back where it left; known at once or later, and withdrawn at times."""
        rng, leg = self.rng, self.leg
        if leg.diverted:
            return self._undiverts(lands) if rng.random() < 0.5 else lands
        others = [place for place in PLACES if place not in (leg.origin, leg.destination)]
        to = leg.origin if rng.random() < 0.25 else rng.choice(others)
        lands = max(self.t + rng_minutes(rng, 15, 90), (leg.act_off or self.t) + 0.6 * self.air)
        self.change(diverted=True, gate_d=None, term_d=None, belt=None)

        def known() -> None:
            if self.leg.diverted and self.leg.act_on is None:
                about = lands.replace(second=0)
                there: dict[str, Any] = {"diverted_to": to, "planned_there": about + 8 * MINUTE}
                self.change(**there, est_on=about, est_in=about + 8 * MINUTE)

        if rng.random() < 0.6:
            known()
        else:
            self.later(self.t + rng_minutes(rng, 1, 14), known)
        if rng.random() < 0.35:
            self.later(self.t + rng_minutes(rng, 2, 60), partial(self._undiverted_again, lands))
        return lands

    def _undiverted_again(self, lands: datetime) -> None:
        self._undiverts(lands)
        self.show()

    def _undiverts(self, lands: datetime) -> datetime:
        if not self.leg.diverted or self.leg.act_on:
            return lands
        lands = max(lands, (self.leg.act_off or self.t) + LEAST * self.air)
        self.change(diverted=False, diverted_to=None, planned_there=None, gate_d=None, term_d=None, belt=None)
        self._lands_about(lands + 10 * MINUTE)
        return lands + 10 * MINUTE

    def _false_landing(self, lands: datetime) -> datetime:
        """Said to be down, possibly, and then not."""
        off = self.leg.act_off
        if off is None or self.t < off + 0.5 * self.air or self.t < off + 14 * MINUTE or self.leg.diverted:
            return lands
        false = {"act_on": self.t.replace(microsecond=0) - MINUTE}
        self.change(**false)
        up = self.t + rng_minutes(self.rng, 8, 40)
        self.later(up, lambda: self.take_back(false))
        return max(lands, up + 40 * MINUTE)

    def _impossible_landing(self) -> None:
        """A touchdown ahead, or right after take-off, for a while."""
        rng, leg, now = self.rng, self.leg, self.t.replace(microsecond=0)
        if leg.act_off is None:
            return
        early = leg.act_off + 3 * MINUTE
        false = rng.choice(({"act_on": now + rng_minutes(rng, 20, 90)}, {"act_on": early}, {"act_in": now + HOUR}))
        self.change(**false)
        self.later(self.t + rng_minutes(rng, 3, 17), lambda: self.take_back(false))

    # --- down --------------------------------------------------------------------------------------------------------

    def _lands(self, lands: datetime) -> None:
        rng = self.rng
        self.until(lands)
        self.change(act_on=self.t.replace(microsecond=0))
        self._seen(rng.choice((10, 60, 200, 400)))
        self.until(self.leg.act_on + self.to_gate if self.leg.act_on else self.t)
        if rng.random() < 0.85 and self.gated:
            self.change(act_in=self.t.replace(second=0, microsecond=0))
            self._seen(rng.choice((10, 60, 200, 400)))
        for _ in range(rng.choice((0, 0, 1, 2))):
            self.until(self.t + rng_minutes(rng, 1, 25))
            self._there()
            self.show()
        if self.leg.diverted and self.leg.diverted_to and rng.random() < 0.55:
            self._flies_on()

    def _flies_on(self) -> None:
        """To where it was to go, under a new id."""
        rng, leg = self.rng, self.leg
        assert leg.diverted_to
        out = (self.t + rng_minutes(rng, 50, 200)).replace(second=0)
        times = {"out": out, "off": out + 15 * MINUTE, "on": out + 75 * MINUTE, "in": out + 83 * MINUTE}
        estimates: dict[str, Any] = {f"est_{event}": times[event] for event in EVENTS}
        on = Leg(
            id=f"{leg.id}-on", of="onward", origin=leg.diverted_to, destination=leg.destination,
            sched_out=out, sched_off=times["off"], sched_on=times["on"], sched_in=times["in"],
            **estimates,
        )  # fmt: skip
        self.story.append(f"flies on from {on.origin}")
        self.until(self.t + rng_minutes(rng, 1, 40))
        self.others.append(on)
        self.show()
        for event in EVENTS:
            self.until(times[event] + rng_minutes(rng, 0, 5))
            happened: dict[str, Any] = {f"act_{event}": times[event]}
            self.others[-1] = replace(self.others[-1], **happened)
            self.show()

    # --- who follows it ----------------------------------------------------------------------------------------------

    def _people(self) -> tuple[tuple[Follower, ...], tuple[Trouble, ...]]:
        rng = self.rng
        asked = self.asked_at
        if self.asked_late:
            off, on = self.leg.act_off or asked, self.leg.act_on or asked + HOUR
            asked = off + (on - off) * rng.choice((0.05, 0.3, 0.6, 0.9, 1.05))
        roles = rng.sample(("traveler", "meeter", "watcher"), rng.choice((1, 1, 1, 2, 3)))
        people = tuple(
            Follower(role, asked + number * rng_minutes(rng, 0, 40), self._mutes(asked), **self._wants(number))
            for number, role in enumerate(roles)
        )
        return people, self._twilio(asked)

    def _wants(self, number: int) -> dict[str, Any]:
        """How one of them wants to be told; drawn apart, so that a seed's flights stay what they were."""
        rng = Random(f"{self.seed} wants {number}")
        if rng.random() < 0.6:
            return {}
        zone = rng.choice(("America/New_York", "America/Los_Angeles", "Europe/London", "Asia/Tokyo"))
        quiet = rng.choice(("", "22:00-07:00", "23:30-06:15", "13:00-15:00", "00:00-23:00"))
        return {"quiet": quiet, "zone": zone, "little": rng.random() < 0.4}

    def _mutes(self, asked: datetime) -> tuple[tuple[datetime, datetime], ...]:
        if "mute" not in self.themes:
            return ()
        since = asked + rng_minutes(self.rng, 5, 120)
        return ((since, since + rng_minutes(self.rng, 20, 600)),)

    def _twilio(self, asked: datetime) -> tuple[Trouble, ...]:
        if "twilio" not in self.themes:
            return ()
        rng, found, at = self.rng, [], asked
        for _ in range(rng.choice((1, 2, 4))):
            at += rng_minutes(rng, 3, 120)
            kind = rng.choice(("unreached", "undelivered", "lost, taken", "lost, not taken", "account", "undelivered"))
            found.append(Trouble(at, at + rng_minutes(rng, 1, 50), kind))
            at = found[-1].until
        return tuple(found)


def life(seed: int) -> Life:
    """The life of that seed."""
    return Flying(seed).live()
