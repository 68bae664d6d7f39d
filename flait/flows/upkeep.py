"""Retention: what is kept no longer than promised. Never touches people, live subscriptions, or texts under way."""

import logging
from contextlib import nullcontext, suppress
from datetime import timedelta

from msgspec import Struct, field, structs

from flait.clock import Clock
from flait.flows.timekeeping import why_not_to_forget
from flait.store import Pruned, Step, Store

KEEP_WORDS = timedelta(days=90)  # at least: a text that comes again must be known for as long as Twilio may repeat it

log = logging.getLogger("flait.upkeep")


class Forgotten(Struct, frozen=True, kw_only=True):
    """How many rows went, or would go."""

    raw_answers: int = 0
    log: Pruned = field(default_factory=Pruned)
    texts_from_people: int = 0

    @property
    def rows(self) -> int:
        """All of them but the raw answers."""
        of_the_log: int = sum(structs.astuple(self.log))
        return of_the_log + self.texts_from_people


class _DryRun(Exception):
    """Rolls it all back."""


def prune(store: Store, clock: Clock, *, keep: timedelta, keep_raw: timedelta) -> int:
    """Remove AeroAPI's raw answers older than `keep_raw` and the flight log older than `keep`; how many rows went.

    Nothing while the clock is in doubt: one that is a year ahead would make everything old.
    """
    doubt = why_not_to_forget(store, clock)
    if doubt:
        log.warning("nothing is pruned: %s", doubt)
        return 0
    gone = forget(store, clock, keep=keep, keep_raw=keep_raw)
    return gone.raw_answers + gone.rows


def forget(store: Store, clock: Clock, *, keep: timedelta, keep_raw: timedelta, dry_run: bool = False) -> Forgotten:
    """The same, counted by kind. A dry run counts the same, and changes nothing."""
    now, gone = clock.now(), Forgotten()
    with suppress(_DryRun), store.transaction() if dry_run else nullcontext():
        gone = Forgotten(
            raw_answers=store.prune_raw(now - keep_raw),
            log=store.prune(now - keep),
            texts_from_people=store.prune_words(now - max(keep, KEEP_WORDS), now),
        )
        if dry_run:
            raise _DryRun
        store.sum_up(now - keep, now)
    if not dry_run and (gone.raw_answers or gone.rows):
        detail = f"{gone.raw_answers} raw answers, {gone.rows} old rows"
        store.record(Step(at=now, step="prune", outcome="done", detail=detail))
        log.info("pruned %d raw answers and %d old rows", gone.raw_answers, gone.rows)
    return gone
