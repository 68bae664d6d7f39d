"""The judge: reads a published life and the words of the texts in order, and says what was wrong. Knows no Flait.

Owed and not told, told too late, overtaken by an older text, told and false, counted as told and not said; and at the
end, whether the last word was true.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from flait.core.values import replace
from tests.torture.lives_belief import Belief
from tests.torture.lives_dark import seen_once
from tests.torture.lives_owed import BOARDS, GROUPS, LEAVES, MEETS, Owed, Past, held, owed
from tests.torture.lives_reader import BOARDS_BEFORE, Reader, Said
from tests.torture.lives_said import Heard, Moment, groups, wrongs
from tests.torture.lives_truth import Look, Sight, View
from tests.torture.lives_words import read
from tests.torture.lives_world import HOUR, MINUTE, Follower, Life, Trouble

SILENT_FOR: Final = 45 * MINUTE
SILENT_AT_MOST: Final = SILENT_FOR + 17 * MINUTE  # a look that fails is repeated every quarter of an hour
OVERDUE: Final = 2 * HOUR
AFTER_A_DIVERSION: Final = 6 * HOUR
FOUND_WITHIN: Final = 50 * MINUTE  # the next leg, once it is published: a look every 20 min, and a second look
NOT_GONE: Final = r"has NOT taken off after all"
GOES_ON: Final = r"\bgoes on [A-Z]{3}-[A-Z]{3}"
SECOND_LOOK: Final = 18 * MINUTE  # a minute, or a quarter of an hour where there were many looks
WAITED_FOR: Final = ("cancelled", "diverted_to", "to", "phase", "dep", "arr")
SETTLED: Final = 20 * MINUTE  # after Twilio works again
CALM: Final = 10 * MINUTE  # times that move by less change nothing, and a reminder is said so near its time
HOP: Final = 16 * MINUTE  # a hop that is due before it lands is met once a look shows that it has left
CALLS: Final = frozenset({"leave", "boarding", "meet"})  # they tell somebody to go
NO_HASTE: Final = CALLS | {"checkin", "departed", "gate_first", "terminal_first", "taxiing"}
SETTLES: Final = 80 * MINUTE  # news that is lost again and again is tried every hour at last


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
    sights: Sequence[Sight]
    texts: Sequence[Heard]
    closed_at: datetime | None
    lost: Sequence[datetime] = ()
    belief: Belief = field(default_factory=Belief)
    faults: list[Fault] = field(default_factory=list)
    views: list[View] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    overdue: dict[str, tuple[datetime, Owed]] = field(default_factory=dict)

    def judged(self) -> list[Fault]:
        """Everything that was wrong, in order."""
        self.of, self.all = "ours", {of: list[View]() for of in ("ours", "onward")}
        self.views = self.all["ours"]
        self.last_seen: datetime | None = None
        self.here: list[View] = []
        self.again_by: datetime | None = None
        self.waited: set[str] = set()
        self.down_elsewhere: datetime | None = None
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
        for sight in self.sights:
            yield sight.look.at, 0, sight
            if not sight.look.asked:
                yield sight.look.at, 2, sight.look
        for text in self.texts:
            yield text.at, 1, text

    def _wrong(self, kind: str, about: str, at: datetime, what: str) -> None:
        self.faults.append(Fault(kind, about, at, what))

    # --- looks -------------------------------------------------------------------------------------------------------

    def _look(self, sight: Sight) -> None:
        at = sight.look.at
        if not sight.alone:
            self.here = [one for one in self.here if one.at == at]
        for of, view in sight.views.items():
            if view and of == self.of:
                self.here.append(view)
            kept = sight.kept[of]
            if kept:
                self.all[of].append(kept)
                self.last_seen = at if of == self.of else self.last_seen

    def _owed(self, at: datetime, look: Look) -> None:
        if not self.spoken or self._twilio_ails(at):
            self.again_by = None
            return
        self._journey(at)
        if self.of == "ours" and any(leg.of == "onward" for leg in look.shown):
            return  # what is said of its next leg says all of this one
        self._silence(at, look)
        if not self.views or self.views[-1].at != at:
            return
        self._second_look(self.views[-1], at)
        self._reckon(at)

    def _last_two(self) -> tuple[View, View | None]:
        return self.views[-1], self.views[-2] if len(self.views) > 1 else None

    def _reckon(self, at: datetime) -> None:
        """What is owed after this look, what was, and whether it was told meanwhile."""
        view, before = self._last_two()
        past = [*self.past, *(Past(lost, frozenset(GROUPS.values())) for lost in self.lost if lost <= at)]
        due = {one.fact: one for one in owed(self.who.role, self.belief, view, before) if self._wants(one)}
        for fact in [fact for fact in self.overdue if fact not in due]:
            since, one = self.overdue.pop(fact)
            told = bool(self.past) and self.past[-1].at >= since
            end = f"{'told' if told else 'over'} {at:%H:%M:%S}"
            self._wrong("late" if told else "lost", fact, since, f"{one}; {end}")
        open_news = any(not view.sure(fact, before) for fact in WAITED_FOR)  # lesser news waits for it
        for fact, one in due.items():
            waits = open_news and (not one.urgent or fact not in self.waited)  # of what cannot wait, for one look
            self.waited = self.waited | {fact} if waits else self.waited - {fact}
            if not waits and fact not in self.overdue and not held(one, past, at, muted=self.who.muted(at)):
                self.overdue[fact] = (at, one)

    def _wants(self, one: Owed) -> bool:
        """Whether they want to hear of it: who wants little hears of no progress, and of no first place."""
        first = one.fact in ("gate_o", "term_o", "belt") and not one.have
        return not self.who.little or not (first or one.fact in ("off", "on", "in", "taxiing"))

    def _unasked(self, text: Heard) -> None:
        """Nothing comes in quiet hours, or to who wants little, that can wait, or that is nice to know."""
        may_wait = text.kind in NO_HASTE - CALLS - {"departed"} and not self.belief.get("stale")  # word again may not
        if self.who.sleeps(text.written_at) and may_wait:  # else it may go with others
            self._wrong("unasked", f"quiet, {text.kind}", text.at, text.body)
        taken_back = self.belief.get("stale") or (text.kind == "departed" and self._left_sooner())
        if self.who.little and text.kind in NO_HASTE and not taken_back:
            self._wrong("unasked", f"little, {text.kind}", text.at, text.body)

    def _left_sooner(self) -> bool:
        """Whether it left before the time that they were told."""
        out = self.views[-1].acts.get("out") or self.views[-1].acts.get("off")
        dep = self.belief.get("dep") or self.views[-1].leg.leaves
        return bool(out and dep - out >= CALM)

    def _second_look(self, view: View, at: datetime) -> None:
        """What cannot wait and was seen once is looked at again soon."""
        missed = any(
            one.views[self.of] is None for one in self.sights if self.again_by and at > one.look.at > at - 2 * HOUR
        )
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
        return any(one.since <= at < one.until + self._settles(one) for one in self.life.twilio)

    def _settles(self, trouble: Trouble) -> timedelta:
        """How long after it: longer where nothing arrived since the phone was out of reach."""
        unreached = [one for one in self.life.twilio if one.kind == "undelivered" and one.since <= trouble.since]
        arrived = [text.at for text in self.past]
        dark = [one for one in unreached if not any(one.until < at < trouble.since for at in arrived)]
        return SETTLES if dark else SETTLED

    def _silence(self, at: datetime, look: Look) -> None:
        """No word for long, where people wait for one."""
        if not self.views or self.who.muted(at):
            return
        view = self.views[-1]
        dep, phase = self._leaves(view), view.now["phase"]
        from_then = dep and at >= dep - 3 * HOUR + 17 * MINUTE  # by the first look within the three hours
        waits = phase == "off" or (phase in ("scheduled", "out") and from_then)
        waits = waits and not view.now["cancelled"] and not any(at - text.at < 65 * MINUTE for text in self.past)
        silent = self.last_seen is not None and at - self.last_seen >= SILENT_AT_MOST
        if waits and silent and not self.belief.get("stale"):
            self._once("lost", "no word", at, f"nothing seen since {self.last_seen:%H:%M}, and nobody is told")
        if silent:
            for fact in self._never_said(view):
                self._once("lost", f"seen once, {fact}", at, "no second look can be had, and nobody is told of the one")
        if look.shown and self.belief.get("stale") == "word" and self.views[-1].at == at and len(self.views) > 2:
            calm = any(at - text.at < 15 * MINUTE for text in self.past)
            if not calm and self.past and self.views[-3].at > self.past[-1].at:
                self._once("lost", "word again", at, "it is seen again, and nobody is told")
        self._overdue(at, view)

    def _leaves(self, view: View) -> datetime | None:
        """By what was seen, or by what they were told, whichever is sooner; who meets it is told when it comes."""
        end = "arr" if self.who.role == "meeter" else "dep"
        seen, told = view.now[end], self.belief.get(end) or (view.leg.leaves if end == "dep" else view.leg.arrives)
        sooner = min(told - seen, timedelta()) if seen and told else timedelta()
        dep: datetime | None = view.now["dep"]
        return dep + sooner if dep else None

    def _never_said(self, view: View) -> Iterator[str]:
        said = self.belief.get("once", {}) if self.belief.get("stale") else {}
        before = self.views[-2] if len(self.views) > 1 else None
        yield from (fact for fact in seen_once(self.who.role, self.belief, view, before) if fact not in said)

    def _journey(self, at: datetime) -> None:
        """It came down elsewhere: what flies on from there is told, or that nothing does."""
        view = self.views[-1] if self.views else None
        down = view and view.at == at and view.now["diverted_to"] and (view.acts.get("on") or view.acts.get("in"))
        if not view or not down or self.of == "onward" or "phase" in view.unsure or self.belief.get("ends"):
            return
        self.down_elsewhere = self.down_elsewhere or at
        then = at - FOUND_WITHIN
        if then < self.down_elsewhere:
            return
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
        """Two hours past its time nothing is reported: that is told."""
        if self.last_seen != at or {"phase", "dep", "arr"} & view.unsure or len(self.views) < 2:
            return
        phase, before = view.now["phase"], self.views[-2]
        best = {"scheduled": view.now["dep"], "off": view.now["arr"]}.get(phase)
        if best is None or view.now["cancelled"] or (phase == "off" and view.now["diverted_to"]):
            return
        since = all(not one.now["cancelled"] and one.now["phase"] == phase for one in (before, view))
        late = before.at >= best + OVERDUE and at >= best + OVERDUE + 15 * MINUTE
        known = self.belief.get("stale") or self.belief.get("no_new_time")
        if since and late and before.now["dep"] == view.now["dep"] and not known and not self._recent(at, 65 * MINUTE):
            self._once("lost", "overdue", at, f"{phase}, {best:%d/%H:%M}Z is two hours ago, and nobody is told")

    def _once(self, kind: str, about: str, at: datetime, what: str) -> None:
        if not any(one.kind == kind and one.about == about for one in self.faults):
            self._wrong(kind, about, at, what)

    # --- texts -------------------------------------------------------------------------------------------------------

    def _text(self, text: Heard) -> None:
        view = self._seen_before(text)
        if view is None:
            return
        said = read(text.body, self._reader(text, view))
        self._unasked(text)
        self._boarding_day(said)
        moment = Moment(text=text, said=said, view=view, views=self.views, belief=self.belief)
        ails = self._twilio_ails(text.at)
        for kind, about, what in wrongs(moment):
            if ails and about.startswith("old "):  # what was lost is known only a while later
                continue
            self._wrong(kind, about, text.at, f"{what}: {text.body}")
        if self.latest and (self.latest.body, self.latest.kind) == (text.body, text.kind):
            self._wrong("twice", text.kind, text.at, text.body)
        self.belief.hears(said)
        if "failed" not in said.facts:
            self.spoken = self.spoken or "pending" not in said.facts
            self.latest = text
        if text.kind not in ("tracked", "pending"):
            self.past.append(Past(text.at, frozenset(groups(said))))

    def _seen_before(self, text: Heard) -> View | None:
        """What the last look showed, and those that somebody asked for since."""
        began_anew = self.life.pages[0].legs and re.search(NOT_GONE, text.body) and self._is_back_where_it_began()
        if self.of == "ours" and (re.search(GOES_ON, text.body) or began_anew):
            self.of, self.views, self.here = "onward", self.all["onward"], []
        here = self.here or self.views[-1:]
        if text.written_at < text.at == here[-1].at if here else False:
            here = [*self.views[-2:-1], *here]  # it left, and that very moment somebody looked
        if here:
            may = {fact: frozenset().union(*(one.may[fact] for one in here)) for fact in here[-1].may}
            return replace(here[-1], may=may)
        if self.of == "onward":
            self._wrong("false", "onward", text.at, f"nothing was seen to fly on: {text.body}")
        return None

    def _is_back_where_it_began(self) -> bool:
        """It vanished in the air, and what is to be seen instead leaves from where it had left."""
        onward = self.all["onward"][-1:]
        ours = self.views[-1:]
        return bool(onward and ours and onward[0].at > ours[0].at and onward[0].leg.origin == ours[0].leg.origin)

    def _boarding_day(self, said: Said) -> None:
        """Advice names no day: it is of the departure that it goes with."""
        dep = said.facts.get("dep") or self.belief.get("dep")
        if said.facts.get("boards") and dep:
            days = [said.facts["boards"] + timedelta(days=days) for days in range(-3, 4)]
            said.facts["boards"] = boards = min(days, key=lambda at: abs(at - (dep - BOARDS_BEFORE)))
            if f"{boards:%M}" == f"{dep - BOARDS_BEFORE:%M}" and abs(boards - (dep - BOARDS_BEFORE)) == HOUR:
                said.facts["boards"] = dep - BOARDS_BEFORE  # nor which of two such hours, where the clocks change

    def _reader(self, text: Heard, view: View) -> Reader:
        here = self.belief.lands_at(view.leg.destination)
        return Reader(role=self.who.role, number=self.life.number, now=text.at, origin=view.leg.origin, lands_at=here)

    # --- the end -----------------------------------------------------------------------------------------------------

    def _the_end(self) -> None:
        if not self.spoken or not self.views:
            return
        if self._is_calm():
            self._reminded()
        for fact, (since, one) in self.overdue.items():
            self._wrong("lost", fact, since, str(one))
        if self.closed_at is None:
            if self.life.ends > self.views[-1].at:
                self._wrong("lost", "no end", self.life.ends, "the watch never ends")
            return
        self._ended(self.closed_at)

    def _is_calm(self) -> bool:
        """Whether nothing befell it: no fault, no mute, and each look showed nearly the same."""
        life, first = self.life, self.views[0]
        usual = all(
            not (view.now["cancelled"] or view.now["diverted_to"] or view.unsure)
            and all(one and abs(one - first.now[end]) < CALM for end in ("dep", "arr") for one in [view.now[end]])
            for view in self.views
        )
        usual &= not any(text.kind == "stale" for text in self.texts)
        return (
            usual
            and self.of == "ours"
            and not (life.aeroapi or life.twilio or life.glitches or self.who.mutes or self.who.little)
        )

    def _reminded(self) -> None:
        """Each reminder of their role came once, in its time; those that were near when they were confirmed did not."""
        began = next(text.at for text in self.texts if text.kind == "tracked")
        for name, at, words in self._reminders():
            said = [text.at for text in self.texts if re.search(words, text.body)]
            late = CALM + (HOP if name == "meet" and at >= self.views[-1].now["dep"] else timedelta())
            if at > began + CALM + 2 * MINUTE and not any(-2 * CALM <= one - at <= late for one in said):
                self._once("lost", name, at, f"nobody is reminded; it was said at {[f'{one:%H:%M}' for one in said]}")
            if sum(text.kind == name for text in self.texts) > 1:
                self._once("twice", name, at, f"said at {[f'{one:%H:%M}' for one in said]}")

    def _reminders(self) -> Iterator[tuple[str, datetime, str]]:
        view = self.views[-1]
        if self.who.role == "traveler":
            yield "leave", view.now["dep"] - LEAVES, "Time to go to"
            yield "boarding", view.now["dep"] - BOARDS, "[Bb]oards (about|now)"
        elif self.who.role == "meeter":
            yield "meet", view.now["arr"] - MEETS, "(arrives|lands)( [A-Z]{3})? in "

    def _ended(self, at: datetime) -> None:
        early = self._early()
        if early:
            self._wrong("lost", "ended early", at, early)
        if self.belief.get("stale") or self._twilio_ails(at):
            return
        for one in owed(self.who.role, self.belief, *self._last_two()):
            if one.fact not in self.overdue and self._wants(one):
                self._wrong("lost", f"at the end, {one.fact}", at, str(one))

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
            if not sure and self.belief.get("stale"):
                return ""  # they are told that nobody knows
            if not sure:
                return "one look alone showed it cancelled"
            return "" if now >= best else f"cancelled, and may be on again until {best:%d/%H:%M}Z"
        return (
            "" if now - best >= 24 * HOUR - MINUTE else f"it may still be heard of: {best:%d/%H:%M}Z is not a day ago"
        )
