"""The judge: reads a published life and the words of the texts in order, and says what was wrong. Knows no Flait.

Owed and not told, told too late, overtaken by an older text, told and false, counted as told and not said; and at the
end, whether the last word was true.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from tests.torture.lives_belief import Belief, tells_and_words
from tests.torture.lives_owed import Owed, Past, held, owed
from tests.torture.lives_truth import LABELS, Eye, View, contradicts, floor
from tests.torture.lives_words import BOARDS_BEFORE, Reader, Said, clock, read
from tests.torture.lives_world import HOUR, MINUTE, Follower, Leg, Life

SILENT_FOR: Final = 45 * MINUTE
SILENT_AT_MOST: Final = SILENT_FOR + 17 * MINUTE  # a look that fails is repeated every quarter of an hour
OVERDUE: Final = 2 * HOUR
AFTER_A_DIVERSION: Final = 6 * HOUR
FOUND_WITHIN: Final = 50 * MINUTE  # the next leg, once it is published: a look every 20 min, and a second look
GOES_ON: Final = r"\bgoes on [A-Z]{3}-[A-Z]{3}"
SECOND_LOOK: Final = 18 * MINUTE  # a minute, or a quarter of an hour where there were many looks
SETTLES: Final = 20 * MINUTE  # after Twilio works again


class Look(Protocol):
    """See lives_play."""

    @property
    def at(self) -> datetime: ...
    @property
    def shown(self) -> tuple[Leg, ...]: ...
    @property
    def fault(self) -> str: ...
    @property
    def asked(self) -> bool: ...


class Heard(Protocol):
    """See lives_play."""

    @property
    def at(self) -> datetime: ...
    @property
    def body(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def tells(self) -> dict[str, Any]: ...
    @property
    def written_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was wrong: `kind` as it is counted, `about` to tell it from its like."""

    kind: str
    about: str
    at: datetime
    what: str

    def __str__(self) -> str:
        return f"{self.at:%a %d %H:%M:%S}  {self.kind}: {self.about}: {self.what}"


@dataclass(kw_only=True)
class Judge:
    """One person's texts, beside what was to be seen."""

    life: Life
    who: Follower
    looks: Sequence[Look]
    texts: Sequence[Heard]
    closed_at: datetime | None
    belief: Belief = field(default_factory=Belief)
    faults: list[Fault] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    overdue: dict[str, tuple[datetime, Owed]] = field(default_factory=dict)

    def judged(self) -> list[Fault]:
        """Everything that was wrong, in order."""
        self.eyes = {of: Eye(of=of) for of in ("ours", "onward")}
        self.of, self.all = "ours", {of: list[View]() for of in self.eyes}
        self.views = self.all["ours"]
        self.last_seen: datetime | None = None
        self.here: list[View] = []
        self.again_by: datetime | None = None
        self.spoken = False
        self.latest: Heard | None = None
        for at, order, what in sorted(self._events(), key=lambda event: event[:2]):
            if order == 0:
                self._look(what)
            elif order == 1:
                self._text(what)
            else:
                self._owed(at, what)
        self._the_end()
        return self.faults

    def _events(self) -> Iterator[tuple[datetime, int, Any]]:
        for look in self.looks:
            yield look.at, 0, look
            if not look.asked:
                yield look.at, 2, look
        for text in self.texts:
            yield text.at, 1, text

    def _wrong(self, kind: str, about: str, at: datetime, what: str) -> None:
        self.faults.append(Fault(kind, about, at, what))

    # --- looks -------------------------------------------------------------------------------------------------------

    def _look(self, look: Look) -> None:
        alone = look.asked and self.views
        if not alone:
            self.here = [one for one in self.here if one.at == look.at]
        for of, eye in self.eyes.items():
            view = (Eye(of=of) if alone else eye).sees(look.at, look.shown)
            if view and of == self.of:
                self.here.append(view)
            if view and not alone:
                self.all[of].append(view)
                self.last_seen = look.at if of == self.of else self.last_seen

    def _owed(self, at: datetime, look: Look) -> None:  # noqa: C901 - the rules, one after the other
        if not self.spoken or self._twilio_ails(at):
            return
        self._journey(at)
        if self.of == "ours" and any(leg.of == "onward" for leg in look.shown):
            return  # what is said of its next leg says all of this one
        self._silence(at, look)
        if not self.views or self.views[-1].at != at:
            return
        view, before = self.views[-1], self.views[-2] if len(self.views) > 1 else None
        self._second_look(view, at)
        due = {one.fact: one for one in owed(self.who.role, self.belief, view, before, self.who.asked_at)}
        open_news = any(
            not view.sure(fact, before) for fact in ("cancelled", "diverted_to", "to", "phase", "dep", "arr")
        )
        for fact, (since, one) in list(self.overdue.items()):
            if fact not in due:
                told = self.past and self.past[-1].at >= since
                self._wrong(
                    "late" if told else "lost", fact, since, f"{one}; {'told' if told else 'over'} {at:%H:%M:%S}"
                )
                del self.overdue[fact]
        for fact, one in due.items():
            if not one.urgent and open_news:
                continue
            if fact not in self.overdue and not held(one, self.past, at, muted=self.who.muted(at)):
                self.overdue[fact] = (at, one)

    def _second_look(self, view: View, at: datetime) -> None:
        """What cannot wait and was seen once is looked at again soon."""
        missed = any(not look.shown for look in self.looks if self.again_by and at > look.at > at - 2 * HOUR)
        if self.again_by and at > self.again_by and not missed:
            self._wrong("late", "second look", at, f"it was due by {self.again_by:%H:%M:%S}")
        held_by_rest = held(Owed("cancelled", 1, 0), self.past, at, muted=False)
        differs = view.now["cancelled"] != self.belief.get("cancelled", False)
        if not view.now["cancelled"]:
            differs |= view.now["diverted_to"] != self.belief.get("diverted_to", "") and not self.belief.get(
                "cancelled"
            )
        self.again_by = at + SECOND_LOOK if differs and not held_by_rest else None

    def _twilio_ails(self, at: datetime) -> bool:
        return any(one.since <= at < one.until + SETTLES for one in self.life.twilio)

    def _silence(self, at: datetime, look: Look) -> None:
        """No word for long, where people wait for one."""
        if not self.views or self.who.muted(at):
            return
        view = self.views[-1]
        dep, phase = view.now["dep"], view.now["phase"]
        waits = phase == "off" or (phase in ("scheduled", "out") and dep and at >= dep - 3 * HOUR)
        waits = waits and not view.now["cancelled"] and not any(at - text.at < 65 * MINUTE for text in self.past)
        silent = self.last_seen is not None and at - self.last_seen >= SILENT_AT_MOST
        if waits and silent and not self.belief.get("stale"):
            self._once("lost", "no word", at, f"nothing seen since {self.last_seen:%H:%M}, and nobody is told")
        if look.shown and self.belief.get("stale") == "word" and self.views[-1].at == at and len(self.views) > 1:
            calm = any(at - text.at < 15 * MINUTE for text in self.past)
            if not calm and self.views[-2].at > self.past[-1].at:
                self._once("lost", "word again", at, "it is seen again, and nobody is told")
        self._overdue(at, view)

    def _journey(self, at: datetime) -> None:
        """It came down elsewhere: what flies on from there is told, or that nothing does."""
        view = self.views[-1] if self.views else None
        down = view and view.at == at and view.now["diverted_to"] and (view.acts.get("on") or view.acts.get("in"))
        if not view or not down or self.of == "onward" or "phase" in view.unsure or self.belief.get("ends"):
            return
        then = at - FOUND_WITHIN
        seen = any(leg.of == "onward" for leg in self.life.legs(then)) and then >= down
        works = not any(one.until > then and one.since <= at for one in self.life.aeroapi)
        if seen and works and not self.who.muted(at) and not self._recent(at, 65 * MINUTE):
            self._once("lost", "onward", at, "another leg flies on, and nobody is told")
        nothing = not any(leg.of == "onward" for leg in self.life.legs(at))
        if nothing and at - down >= AFTER_A_DIVERSION + FOUND_WITHIN and not self.who.muted(at):
            self._once("lost", "ends", at, "it ends there, and nobody is told")

    def _recent(self, at: datetime, span: timedelta) -> bool:
        return any(at - text.at < span for text in self.past)

    def _overdue(self, at: datetime, view: View) -> None:
        if self.last_seen != at or {"phase", "dep", "arr"} & view.unsure or view.now["cancelled"]:
            return
        phase, best = view.now["phase"], {"scheduled": view.now["dep"], "off": view.now["arr"]}.get(view.now["phase"])
        if phase == "off" and view.now["diverted_to"]:
            return
        late = best is not None and at >= best + OVERDUE + 15 * MINUTE and len(self.views) > 1
        known = self.belief.get("stale") or self.belief.get("no_new_time")
        if late and not known and not any(at - text.at < 65 * MINUTE for text in self.past):
            before = self.views[-2]
            if (
                not before.now["cancelled"]
                and before.now["phase"] == phase
                and before.now["dep"] == view.now["dep"]
                and best
                and before.at >= best + OVERDUE
            ):
                self._once("lost", "overdue", at, f"{phase}, {best:%d/%H:%M}Z is two hours ago, and nobody is told")

    def _once(self, kind: str, about: str, at: datetime, what: str) -> None:
        if not any(one.kind == kind and one.about == about for one in self.faults):
            self._wrong(kind, about, at, what)

    # --- texts -------------------------------------------------------------------------------------------------------

    def _text(self, text: Heard) -> None:  # noqa: C901 - the rules, one after the other
        if self.of == "ours" and re.search(GOES_ON, text.body):
            self.of, self.views, self.here = "onward", self.all["onward"], []
        here = self.here or self.views[-1:]  # the last look, and those that somebody asked for since
        if not here:
            if self.of == "onward":
                self._wrong("false", "onward", text.at, f"nothing was seen to fly on: {text.body}")
            return
        view = here[-1]
        view = replace(view, may={fact: frozenset().union(*(one.may[fact] for one in here)) for fact in view.may})
        said = read(text.body, self._reader(text, view))
        if said.unread:
            self._wrong("unread", " ".join(said.unread.split()[:3]), text.at, text.body)
        self._boarding_day(said)
        for problem in said.problems:
            self._wrong("false", "a time", text.at, problem)
        if self.latest and self.latest.body == text.body and text.kind == self.latest.kind:
            self._wrong("twice", text.kind, text.at, text.body)
        for fact, difference in tells_and_words(text.tells, said, self.belief):
            self._wrong("uncounted", fact, text.at, f"{difference}: {text.body}")
        self._is_true(said, view, text)
        self._advice(said, text)
        self._lateness(said, view, text)
        self.belief.hears(said)
        if "failed" in said.facts:
            return
        self.spoken, self.latest = True, text
        if text.kind not in ("tracked", "pending"):
            self.past.append(Past(text.at, frozenset(_groups(said))))

    def _boarding_day(self, said: Said) -> None:
        """Advice names no day: it is of the departure that it goes with."""
        dep = said.facts.get("dep") or self.belief.get("dep")
        if said.facts.get("boards") and dep:
            days = [said.facts["boards"] + timedelta(days=days) for days in range(-3, 4)]
            said.facts["boards"] = min(days, key=lambda at: abs(at - (dep - BOARDS_BEFORE)))

    def _reader(self, text: Heard, view: View) -> Reader:
        here = self.belief.lands_at(view.leg.destination)
        return Reader(role=self.who.role, number=self.life.number, now=text.at, origin=view.leg.origin, lands_at=here)

    def _is_true(self, said: Said, view: View, text: Heard) -> None:  # noqa: C901 - the rules, one after the other
        """What it says was so at the last look before it."""
        for fact in ("cancelled", "diverted_to", "to", "dep", "arr", *LABELS):
            told = said.facts.get(fact)
            if fact in said.facts and not (told == "" and fact in ("dep", "arr")) and not _stands(told, view.may[fact]):
                self._false(fact, said.facts[fact], view, text)
        phase = said.facts.get("phase")
        if phase and phase not in view.may["phase"] and not (phase == "on" and "in" in view.may["phase"]):
            self._false("phase", phase, view, text)
        for phase in ("out", "off", "on", "in"):
            at = said.facts.get(f"at_{phase}")
            act = view.acts.get(phase) or (view.acts.get("in") if phase == "on" else None)
            if phase == "out" and view.leg.returned:  # nobody can know that yet
                act = view.leg.act_out
            if at and floor(at) != floor(act):
                self._false(f"time of {phase}", at, view, text)
        if "arr" in said.facts and "in" not in said.facts and contradicts(view.leg, view.acts, said.facts["arr"]):
            self._wrong("false", "arr too soon", text.at, f"nobody flies that fast: {text.body}")
        dep, blank = said.facts.get("dep"), view.leg.est_out is None and view.leg.est_off is None
        if (
            dep
            and blank
            and dep < text.at - HOUR
            and dep != self.belief.get("dep")
            and not {"stale", "no_new_time"} & set(said.facts)
        ):
            self._wrong("false", "dep is past", text.at, f"plans for what is long past: {text.body}")
        self._olds(said, view, text)

    def _false(self, fact: str, value: Any, view: View, text: Heard) -> None:
        earlier = any(fact in one.may and _stands(value, one.may[fact]) for one in self.views[-8:])
        kind = "overtaken" if earlier and fact != "phase" else "false"
        shown = ", ".join(sorted(_shown(one) for one in view.may.get(fact, ())))
        self._wrong(kind, fact, text.at, f"says {_shown(value)}, where {shown or 'nothing'} is so: {text.body}")

    def _olds(self, said: Said, view: View, text: Heard) -> None:
        """What an arrow comes from is what they were told, or what stands on their ticket."""
        for fact, old in said.olds.items():
            known = self.belief.get(fact)
            if fact in ("dep", "arr"):
                leg, place = view.leg, view.leg.origin if fact == "dep" else self.belief.lands_at(view.leg.destination)
                known = known or (leg.leaves if fact == "dep" else leg.arrives)
                known = clock(known, place)
            if known != old and fact in (*LABELS, "dep", "arr"):
                self._wrong("false", f"old {fact}", text.at, f"says it was {old}, told was {known}: {text.body}")
        planned = {"dep": view.leg.leaves, "arr": view.leg.arrives}
        if said.was_late is not None:
            lates = {abs(round((at - planned[fact]) / MINUTE)) for fact in planned if (at := self.belief.get(fact))}
            if not any(abs(said.was_late - one) <= 1 for one in lates):
                self._wrong("false", "was late", text.at, f"says {said.was_late} min, told were {lates}: {text.body}")

    def _advice(self, said: Said, text: Heard) -> None:
        """When to be at the gate belongs to the departure that was told, and is ahead."""
        boards = said.facts.get("boards")
        dep = said.facts.get("dep") or self.belief.get("dep")
        if boards:
            if floor(boards) != floor(dep - BOARDS_BEFORE if dep else None):
                self._wrong("false", "boards", text.at, f"not 35 min before the departure it goes by: {text.body}")
            if boards <= text.at - MINUTE:
                self._wrong("false", "boards", text.at, f"advises what is past: {text.body}")
            return
        told = self.belief.get("boards")
        new = said.facts.get("dep")
        if told and new and new - BOARDS_BEFORE > text.at + MINUTE and floor(new - BOARDS_BEFORE) != floor(told):
            self._wrong("overtaken", "boards", text.at, f"leaves {_shown(told)} standing: {text.body}")
            self.belief.facts.pop("boards")

    def _lateness(self, said: Said, view: View, text: Heard) -> None:
        leg = view.leg
        for where, late in said.lates:
            if where == "arr" and (leg.diverted or abs(late) < 10):
                self._wrong("false", "late arr", text.at, f"means nothing here: {text.body}")
            if where in ("off", "on"):
                if leg.sched_out or leg.sched_in or leg.diverted:
                    self._wrong("false", f"late {where}", text.at, f"no schedule was told for that: {text.body}")
                continue
            if where == "in":
                act = view.acts.get("in")
                true = {round((act - leg.arrives) / MINUTE)} if act else set()
                if leg.diverted or abs(late) < 10:
                    self._wrong("false", "late in", text.at, f"means nothing here: {text.body}")
            else:
                ends = {"dep": leg.leaves, "arr": leg.arrives}
                true = {
                    round(((floor(one) or ends[fact]) - ends[fact]) / MINUTE) * (1 if where == "arr" else sign)
                    for fact in (("arr",) if where == "arr" else ends)
                    for one in view.may[fact]
                    for sign in (1, -1)
                    if one
                }
            if not any(abs(late - one) <= 1 for one in true):  # runway times carry seconds
                self._wrong("false", f"late {where}", text.at, f"{late} min; so is {sorted(true)}: {text.body}")

    # --- the end -----------------------------------------------------------------------------------------------------

    def _the_end(self) -> None:  # noqa: C901 - the rules, one after the other
        if not self.spoken or not self.views:
            return
        for fact, (since, one) in self.overdue.items():
            self._wrong("lost", fact, since, str(one))
        if self.closed_at is None:
            if self.life.ends > self.views[-1].at:
                self._wrong("lost", "no end", self.life.ends, "the watch never ends")
            return
        early = self._early()
        if early:
            self._wrong("lost", "ended early", self.closed_at, early)
        if self.belief.get("stale") or self._twilio_ails(self.closed_at):
            return
        view, before = self.views[-1], self.views[-2] if len(self.views) > 1 else None
        for one in owed(self.who.role, self.belief, view, before, self.who.asked_at):
            if one.fact not in self.overdue:
                self._wrong("lost", f"at the end, {one.fact}", self.closed_at, str(one))

    def _early(self) -> str:
        """Why the watch should not have ended then."""
        assert self.closed_at
        view, now = self.views[-1], self.closed_at
        down = view.acts.get("in"), view.acts.get("on")
        best = max(at for at in (view.now["arr"], view.now["dep"]) if at)
        if down[0] and not view.now["diverted_to"]:
            return "" if now - down[0] >= 45 * MINUTE else "less than 45 min at the gate"
        if down[1] and not view.now["diverted_to"]:
            return "" if now - down[1] >= 105 * MINUTE else "less than 105 min down"
        if down[1]:
            over = self.belief.get("ends") or now - down[1] >= AFTER_A_DIVERSION
            return "" if over else "landed elsewhere, and it may fly on"
        if view.now["cancelled"]:
            sure = len(self.views) > 1 and self.views[-2].now["cancelled"]
            if not sure:
                return "one look alone showed it cancelled"
            return "" if now >= best else f"cancelled, and may be on again until {best:%d/%H:%M}Z"
        return (
            "" if now - best >= 24 * HOUR - MINUTE else f"it may still be heard of: {best:%d/%H:%M}Z is not a day ago"
        )


def _stands(value: Any, may: frozenset[Any]) -> bool:
    if isinstance(value, datetime):
        return any(floor(value) == floor(one) for one in may if one)
    return value in may


def _shown(value: Any) -> str:
    return f"{value:%d/%H:%M}Z" if isinstance(value, datetime) else repr(value)


def _groups(said: Said) -> Iterator[str]:
    if "cancelled" in said.facts:
        yield "cancelled"
    if "diverted_to" in said.facts or "to" in said.facts:
        yield "diverted"
    if "gate_o" in said.facts or "term_o" in said.facts:
        yield "gates"
    if "dep" in said.facts:
        yield "sooner"
