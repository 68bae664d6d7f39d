"""Whether the clock can be believed, and what follows when it cannot: nothing is forgotten or ended by a wrong clock.

A machine without a clock chip wakes up in another year; a clock is set by hand. Every sign of life is compared with
the one before. A jump of more than a day leaves the clock in doubt until somebody outside, in the Date of any answer,
says the same time. Looks and texts go on meanwhile: they are as right as what AeroAPI says.
"""

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from flait.clock import Clock, believable, is_virtual
from flait.store import Provider, Store

CLOCK: Final = "clock"  # its name among those that are well or not
JUMP: Final = timedelta(hours=24)  # further apart than this, two signs of life say nothing of each other
BACK: Final = timedelta(minutes=1)  # set back by more than this, what was planned is planned anew
SKEW: Final = timedelta(minutes=2)  # apart from the outside by more: said in `flait status`
STEADY: Final = timedelta(hours=1)  # a virtual clock that nobody shares is believed when it has run on for so long
BY_HAND: Final = timedelta(days=400)  # nobody who looks on is away for longer without knowing

log = logging.getLogger("flait.time")


class Witness:
    """What the outside says of the time: the latest answer's Date against our clock. Any thread may use it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._heard = 0
        self._skew = timedelta()

    def hear(self, outside: datetime) -> None:
        """Somebody outside has said what time it is. About a virtual clock only the sandbox, which shares it, can."""
        skew = self._clock.now() - outside
        if is_virtual(self._clock) and abs(skew) > SKEW:  # the world's time is not the virtual one
            return
        with self._lock:
            self._heard += 1
            self._skew = timedelta() if is_virtual(self._clock) else skew

    @property
    def heard(self) -> int:
        """How often anybody has said."""
        return self._heard

    @property
    def skew(self) -> timedelta:
        """How far our clock is ahead of theirs; nothing while nobody has said."""
        return self._skew


class Timekeeper:
    """Compares every sign of life with the one before, for one run of the daemon."""

    def __init__(self, clock: Clock, witness: Witness) -> None:
        self._clock = clock
        self._witness = witness
        self._jumped_after = 0  # how often somebody had said the time when the clock jumped

    @property
    def waits_for_a_word(self) -> bool:
        """Whether nobody outside has said the time since the clock jumped, or since this run began."""
        return not is_virtual(self._clock) and self._witness.heard <= self._jumped_after

    def check(self, store: Store, now: datetime) -> None:
        """Before the sign of life of `now` is stored: what the clock did since the last one."""
        heart = store.heartbeat()
        with store.transaction():
            if heart:
                self._compare(store, now, now - heart.last_tick_at)
            self._ask_outside(store, now)

    def _compare(self, store: Store, now: datetime, passed: timedelta) -> None:
        if passed < -BACK:
            moved = store.rewind(now)
            log.warning("the clock was set back by %s; %d things that were planned are due now", _span(passed), moved)
        if abs(passed) > JUMP:
            self._jumped_after = self._witness.heard
            store.note_error(CLOCK, f"the clock moved by {_span(passed)} since the last sign of life", now)

    def _ask_outside(self, store: Store, now: datetime) -> None:
        """The outside has the last word; where nobody shares a virtual clock, that it went on steadily."""
        known = store.providers().get(CLOCK)
        if abs(self._witness.skew) > SKEW:
            self._tell_skew(store, known, now)
        elif known and known.failing and self._confirmed(known, now):
            store.note_success(CLOCK, now)
            log.info("the clock is right")

    def _tell_skew(self, store: Store, known: Provider | None, now: datetime) -> None:
        ahead = self._witness.skew > timedelta()
        words = f"the clock is {_span(self._witness.skew)} {'ahead of' if ahead else 'behind'} what the providers say"
        if not (known and known.failing and known.last_error == words):
            log.warning("%s; set it right", words)
        store.note_error(CLOCK, words, now)

    def _confirmed(self, known: Provider, now: datetime) -> bool:
        if self._witness.heard > self._jumped_after:
            return True
        return is_virtual(self._clock) and known.last_error_at is not None and abs(now - known.last_error_at) >= STEADY


def is_in_doubt(store: Store, clock: Clock) -> bool:
    """Whether nothing should be ended or forgotten by this clock."""
    return bool(why_not_to_forget(store, clock))


def why_not_to_forget(store: Store, clock: Clock, *, by_hand: bool = False) -> str:
    """Why this clock must not decide what is old, in a sentence; empty: it may.

    `by_hand`: a person asks for it, who sees the clock; then only what nobody can mean counts.
    """
    if not believable(clock):
        return "the clock stands before this Flait was written"
    known, heart = store.providers().get(CLOCK), store.heartbeat()
    passed = clock.now() - heart.last_tick_at if heart else timedelta()
    if passed < -BACK:
        return f"the clock is {_span(passed)} behind the last sign of life"
    if passed > (BY_HAND if by_hand else JUMP):
        return f"the clock moved by {_span(passed)} since the last sign of life"
    if known and known.failing and not by_hand:
        return known.last_error or "the clock is in doubt"
    return ""


def _span(span: timedelta) -> str:
    """`10 years`, `3 days`, `2 hours`, `5 minutes`: a rough size, without a sign."""
    seconds = abs(span).total_seconds()
    for name, length in (("year", 365.25 * 86_400), ("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0)):
        if seconds >= length:
            count = round(seconds / length)
            return f"{count} {name}{'s' if count != 1 else ''}"
    return "less than a minute"
