"""The judge of random dialogues: whether each answer did what was meant when it was written, and says what is so.

It reads what was stored before and after, the words, and the words that were read before; it asks nothing of Flait.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tests.torture.dialogues_claims import CLAIMS
from tests.torture.dialogues_play import Dialogue, Followed, State, Turn
from tests.torture.dialogues_read import (
    APART,
    Asked,
    Memory,
    called,
    days_called,
    in_words,
    is_of_day,
    later,
    names,
    next_time,
    places,
    same,
)
from tests.torture.dialogues_sky import Plan

SILENT: Final = ("overtaken", "too fast", "limited", "repeated", "unknown", "opted out")
A_DAY: Final = timedelta(days=1)
TO_THE_SECOND: Final = timedelta(seconds=61)  # `until 07:00` is a moment; a span has seconds


@dataclass(frozen=True, slots=True)
class Wrong:
    """A kind, as it is counted; and how it was wrong, with the text."""

    kind: str
    what: str


def judged(dialogue: Dialogue) -> Iterator[Wrong]:
    """All that is wrong with it, in order."""
    if dialogue.trouble:
        yield Wrong("unexpected", dialogue.trouble)
    memories: dict[str, Memory] = {}
    for turn in dialogue.turns:
        memory = memories.setdefault(turn.who, Memory())
        judge = _Judge(dialogue, turn, memory, [m for who, m in memories.items() if who != turn.who])
        for wrong in judge.wrongs():
            yield Wrong(
                wrong.kind,
                f"{turn.written:%a %d %H:%M}, read {turn.read:%a %d %H:%M}: {turn.said.body!r} -> "
                f"{turn.bodies}: {wrong.what}",
            )
        judge.remember()


@dataclass
class _Judge:
    dialogue: Dialogue
    turn: Turn
    memory: Memory
    others: Sequence[Memory]

    def wrongs(self) -> Iterator[Wrong]:
        turn = self.turn
        if not turn.bodies:
            if turn.word not in SILENT:
                yield Wrong("silent", f"no answer: {turn.word}")
            if self._changed():
                yield Wrong("changed in silence", f"{_shown(turn.before)} became {_shown(turn.after)}")
            return
        for body in turn.bodies:
            yield from self._claims(body)
        yield from _EFFECTS.get(turn.said.do, _Judge._nothing)(self)

    def _changed(self) -> bool:
        return bool(self._ended() or self._begun() or self._muted())

    # --- what changed -------------------------------------------------------------------------------------------------

    def _ended(self) -> list[Followed]:
        """What they followed before and do not now, but for what was flown."""
        now = {one.id for one in self.turn.after.live}
        return [one for one in self.turn.before.live if one.id not in now and one.id not in self.dialogue.ended]

    def _begun(self) -> list[Followed]:
        before = {one.id for one in self.turn.before.live}
        return [one for one in self.turn.after.live if one.id not in before]

    def _muted(self) -> dict[int, datetime | None]:
        """Whose mute is another now: 0 is that of all."""
        before, after = self.turn.before, self.turn.after
        was = {one.id: one.muted_until for one in before.live}
        changed = {one.id: one.muted_until for one in after.live if one.muted_until != was.get(one.id)}
        return changed | ({0: after.muted_until} if before.muted_until != after.muted_until else {})

    # --- what is meant ------------------------------------------------------------------------------------------------

    def _meant(self) -> list[Followed] | None:
        """Which flights; None: nobody can know."""
        turn, said = self.turn, self.turn.said
        live = [one for one in turn.before.live if not turn.written + APART < one.asked_at <= turn.read]
        if said.place:
            rows = self.memory.list_at(turn.written)
            if rows is None or (self.memory.cut and said.place > len(rows)):
                return None
            live = [one for one in live if said.place <= len(rows) and same(one, rows[said.place - 1])]
        if said.ident:
            live = [one for one in live if one.ident == said.ident]
        return [one for one in live if not said.day or is_of_day(one, said.day, turn.written)]

    def _over(self) -> list[Followed]:
        """What is flown, where STATUS can mean it: by its number, or where nothing else is followed."""
        turn, said = self.turn, self.turn.said
        if said.place or (turn.before.live and not said.ident):
            return []
        over = [one for one in turn.before.over if said.ident in ("", one.ident)]
        return [one for one in over if not said.day or is_of_day(one, said.day, turn.written)]

    # --- effects ------------------------------------------------------------------------------------------------------

    def _nothing(self) -> Iterator[Wrong]:
        if self._changed():
            yield Wrong("effect", f"nothing was to change: {_shown(self.turn.before)} became {_shown(self.turn.after)}")

    def _untrack(self) -> Iterator[Wrong]:
        meant, ended = self._meant(), self._ended()
        if meant is None:
            return
        if self._begun() or self._muted():
            yield Wrong("effect", "something else changed")
        wanted = meant if len(meant) == 1 else []
        if [one.id for one in ended] != [one.id for one in wanted]:
            yield Wrong("effect", f"{names(wanted)} was to end, and {names(ended)} did")
        if len(meant) > 1 and "Which one?" not in self.turn.bodies[0]:
            yield Wrong("effect", f"{names(meant)} could be meant, and nobody was asked")

    def _mute(self) -> Iterator[Wrong]:
        meant, turn = self._meant(), self.turn
        subject = turn.said.ident or turn.said.place or turn.said.it
        if meant is None:
            return
        if len(meant) > 1 and turn.said.ident and "MUTE which one?" in turn.bodies[0]:
            yield from self._nothing()
            return
        whose = {one.id: places(turn.before, one) for one in meant} if subject else {0: places(turn.before)}
        right = {whom: [until for zone in zones for until in self._untils(zone)] for whom, zones in whose.items()}
        over = [until <= turn.read for untils in right.values() for until in untils]
        if all(over) or (any(over) and not self._muted()):  # by the clock of one place, though not of another
            yield from self._nothing()
        else:
            yield from self._muted_rightly(right)

    def _muted_rightly(self, right: Mapping[int, Sequence[datetime]]) -> Iterator[Wrong]:
        changed, after = self._muted(), self.turn.after
        ends = {0: after.muted_until} | {one.id: one.muted_until for one in after.live}
        if not changed and not any(self._is_one(ends[whom], untils) for whom, untils in right.items()):
            yield Wrong("effect", f"{list(right)} was to be muted")
        if self._begun() or self._ended():
            yield Wrong("effect", "a flight came or went")
        if len(changed) > 1 or not changed.keys() <= right.keys():
            yield Wrong("effect", f"{changed} was muted, and {list(right)} was meant")
        for whom, until in changed.items():
            if not self._is_one(until, right.get(whom, ())):
                yield Wrong("effect", f"muted until {until}, and {right.get(whom)} was meant")
            elif until and until <= self.turn.read:
                yield Wrong("effect", f"muted until {until}, which is past")

    def _is_one(self, until: datetime | None, right: Sequence[datetime]) -> bool:
        return until is not None and any(abs(until - one) < TO_THE_SECOND for one in right)

    def _untils(self, zone: ZoneInfo) -> Iterator[datetime]:
        said, written = self.turn.said, self.turn.written
        yield written + said.span if said.span else next_time(said.until, zone, written)

    def _unmute(self) -> Iterator[Wrong]:
        meant, after = self._meant(), self.turn.after
        if self._begun() or self._ended():
            yield Wrong("effect", "a flight came or went")
        if not self.turn.said.ident:
            ends = [after.muted_until, *(one.muted_until for one in after.live)]
            if any(until and until > self.turn.read for until in ends):
                yield Wrong("effect", f"something is muted still: {_shown(after)}")
        elif meant and len(meant) == 1 and self._ahead(next(one for one in after.live if same(one, meant[0]))):
            yield Wrong("effect", f"it is muted still: {_shown(after)}")

    def _undo(self) -> Iterator[Wrong]:
        last, turn = self.memory.undo_at(self.turn.written), self.turn
        if last is None:
            yield from self._nothing()
            if not turn.bodies[0].startswith("There is nothing to undo"):
                yield Wrong("effect", "there is nothing to undo")
            return
        done = last.turn
        if turn.bodies[0].startswith("There is nothing to undo"):
            yield Wrong("effect", f"{done.said.body!r} was to be undone")
        gone = _Judge(self.dialogue, done, self.memory, ())._ended()
        if gone:
            yield from self._restored(gone)
        else:
            yield from self._unmuted_again(done)

    def _restored(self, gone: Sequence[Followed]) -> Iterator[Wrong]:
        for one in gone:
            back = [now for now in self.turn.after.live if same(now, one)]
            if not back and not self._is_flown(one):
                yield Wrong("effect", f"{names([one])} was to come back")
            if not back or any(same(before, one) for before in self.turn.before.live):
                continue
            was = one.muted_until if self._ahead(one) else None
            if (back[0].muted_until if self._ahead(back[0]) else None) != was:
                yield Wrong("effect", f"it was muted until {was}, and is until {back[0].muted_until}")

    def _unmuted_again(self, done: Turn) -> Iterator[Wrong]:
        whose = _Judge(self.dialogue, done, self.memory, ())._muted()
        before = {0: done.before.muted_until} | {one.id: one.muted_until for one in done.before.live}
        for whom in whose:
            then = next((one for one in done.after.live if one.id == whom), None)
            now = next((one for one in self.turn.after.live if then and same(one, then)), None)
            until = self.turn.after.muted_until if whom == 0 else now.muted_until if now else before[whom]
            if later(until, self.turn.read) != later(before[whom], self.turn.read):
                yield Wrong("effect", f"it was muted until {before[whom]}, and is until {until}")

    def _choose(self) -> Iterator[Wrong]:
        question, turn = self.memory.question_at(self.turn.written), self.turn
        if question is None:
            yield from self._nothing()
            return
        if "MUTE which one?" in question.body:
            if self._ended():
                yield Wrong("effect", "a flight went, and a mute was chosen")
            return
        if "Which one?" not in question.body:
            if self._ended() or self._muted():
                yield Wrong("effect", "a flight went, or a mute")
            return
        picked = [question.options[number - 1] for number in turn.said.numbers if number <= len(question.options)]
        wanted = [one for one in turn.before.live if any(same(one, then) for then in picked)]
        if len(picked) != len(turn.said.numbers):
            wanted = []
        if {one.id for one in self._ended()} != {one.id for one in wanted}:
            yield Wrong("effect", f"{names(wanted)} was chosen, and {names(self._ended())} ended")

    def _track(self) -> Iterator[Wrong]:
        said, begun = self.turn.said, self._begun()
        if self._ended() or self._muted():
            yield Wrong("effect", "a flight went, or a mute")
        if said.day and not any(one.ident == said.ident for one in self.turn.after.live) and self._can_be_tracked():
            yield Wrong("effect", "it was to be followed")
        if len(begun) > 1:
            yield Wrong("effect", f"{names(begun)} are followed, and one was asked for")
        for one in begun:
            if one.ident != said.ident or (said.day and not is_of_day(one, said.day, self.turn.written)):
                yield Wrong("effect", f"{names([one])} is followed")

    def _can_be_tracked(self) -> bool:
        """Whether there is one such flight, which has not left, and AeroAPI says so."""
        turn, sky = self.turn, self.dialogue.sky
        plans = [plan for plan in sky.plans if plan.line.number == turn.said.ident and plan.on == self._day_asked(plan)]
        works = not any(since <= turn.read < until for since, until in sky.down)
        return works and len(plans) == 1 and not plans[0].cancelled and turn.read < plans[0].leaves + plans[0].late

    def _day_asked(self, plan: Plan) -> date:
        """The next day from the one it was written on that is called so, where it leaves."""
        today = self.turn.written.astimezone(plan.line.origin.zone).date()
        return min((on for on in days_called(self.turn.said.day, today) if on >= today), default=date.min)

    def _status(self) -> Iterator[Wrong]:
        meant, turn = self._meant(), self.turn
        about = {text.subscription_id for text in turn.texts if text.subscription_id}
        may_be = {one.id for one in meant or self._over()}
        if meant is not None and turn.read == turn.written and not about <= may_be:
            yield Wrong("effect", f"{names(meant)} was asked about")
        if meant and not about and not any("is saved" in body for body in turn.bodies):
            yield Wrong("effect", f"{names(meant)} was asked about, and nothing was said of it")
        yield from self._nothing()

    def _join(self) -> Iterator[Wrong]:
        written = self.turn.written
        open_now = [then for memory in self.others for at, then in memory.shared if at <= written < at + A_DAY]
        wanted = [one for one in self.turn.others if any(same(one, then) for then in open_now)]
        over = any("That invitation to follow" in body for body in self.turn.bodies)
        if over and wanted and len(open_now) == len(wanted):
            yield Wrong("false", f"{names(wanted)} is followed")

    # --- claims -------------------------------------------------------------------------------------------------------

    def _claims(self, body: str) -> Iterator[Wrong]:
        found = [(check, match) for pattern, check in CLAIMS if (match := re.search(pattern, body))]
        if not found:
            yield Wrong("unread", f"nobody knows these words: {body}")
        for check, match in found[:1]:
            yield from (Wrong("false", what) for what in check(self.turn, self.memory, match))

    def _ahead(self, one: Followed) -> bool:
        return later(one.muted_until, self.turn.read) is not None

    def _is_flown(self, one: Followed) -> bool:
        """Down by now: it cannot be followed again. Twice of a number on a day: nobody knows which."""
        plans = [plan for plan in self.dialogue.sky.plans if plan.line.number == one.ident and plan.on == one.on]
        return not plans or any(plan.shown(self.turn.read).on.actual for plan in plans)

    # --- what they have read now -------------------------------------------------------------------------------------

    def remember(self) -> None:
        """It is what later texts refer to."""
        turn, memory = self.turn, self.memory
        answered = memory.question_at(turn.written) if turn.said.do == "choose" else None
        for body in turn.bodies:
            self._reads(body)
        if answered and "Reply 1" not in "".join(turn.bodies):
            answered.answered = True
        if turn.bodies:
            self._can_be_undone()

    def _reads(self, body: str) -> None:
        turn, memory = self.turn, self.memory
        if re.match(r"1 [A-Z]{2}\d", body):
            rows = [_row(line, turn.after) for line in body.splitlines() if re.match(r"\d+ [A-Z]{2}\d", line)]
            memory.listed.append((turn.read, [row for row in rows if row]))
            memory.cut = "more: STATUS" in body
        if "(10 min)" in body or ". Reply 1 " in body:
            options = [one for name in _options(body) for one in called(turn.after.live, name)[:1]]
            memory.asked.append(Asked(turn.read, turn, body, options))
        if body.startswith("Asked +"):
            memory.shared += [(turn.read, one) for one in turn.after.live if one.ident == turn.said.ident]

    def _can_be_undone(self) -> None:
        turn, last = self.turn, self.memory.undo_at(self.turn.written)
        do = turn.said.do
        if last and (do == "undo" or (do == "unmute" and self._takes_back(last.turn))):
            last.answered = True
        ends = do in ("untrack", "choose") and self._ended()
        if ends or (do in ("mute", "choose") and any("muted until" in body for body in turn.bodies)):
            self.memory.undoable.append(Asked(turn.read, turn))

    def _takes_back(self, done: Turn) -> bool:
        """Whether this UNMUTE leaves nothing of that MUTE to be undone."""
        if done.said.do != "mute" or self.turn.bodies[0].startswith("Nothing is muted."):
            return False
        whose = _Judge(self.dialogue, done, self.memory, ())._muted().keys()
        unmuted = [one.id for one in self._meant() or ()]
        return not self.turn.said.ident or bool(whose & set(unmuted))


def _row(line: str, state: State) -> Followed | None:
    rest = line.split(" ", 1)[1]
    found = [one for one in state.live if _is_row(one, rest)]
    return found[0] if found else None


def _is_row(one: Followed, rest: str) -> bool:
    ident, day, *_ = f"{rest} ".split(" ")
    if ident != one.ident:
        return False
    if one.on is None:
        return True
    weekday, number, month = in_words(one.on).split()
    saved = re.search(r"\d\d:\d\d", rest) if one.flight is None else None
    if saved and "arr " not in rest and saved[0] != one.leaves_at:
        return False
    return day == f"{weekday}{number}{month}" and (not one.flight or _leaves(one) in rest or "arr " in rest)


def _leaves(one: Followed) -> str:
    assert one.flight
    best = one.flight.departure.best
    return f"{best.astimezone(one.flight.origin.zone):%H:%M}" if best and not one.flight.out.actual else ""


def _options(body: str) -> list[str]:
    return [name.strip() for name in re.split(r"\d\) ", body.split(". Reply", maxsplit=1)[0])[1:]]


def _shown(state: State) -> str:
    return f"{names(state.live)} (muted {state.muted_until}, {[one.muted_until for one in state.live]})"


_EFFECTS: Final[dict[str, Callable[[_Judge], Iterator[Wrong]]]] = {
    "untrack": _Judge._untrack,
    "mute": _Judge._mute,
    "unmute": _Judge._unmute,
    "undo": _Judge._undo,
    "choose": _Judge._choose,
    "track": _Judge._track,
    "status": _Judge._status,
    "join": _Judge._join,
}
