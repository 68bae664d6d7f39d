"""Retention: what is kept no longer than promised. Never touches people, live subscriptions, or texts under way."""

import logging
from dataclasses import astuple
from datetime import timedelta

from flait.clock import Clock
from flait.store import Step, Store

KEEP_WORDS = timedelta(days=90)  # at least: a text that comes again must be known for as long as Twilio may repeat it

log = logging.getLogger("flait.upkeep")


def prune(store: Store, clock: Clock, *, keep: timedelta, keep_raw: timedelta) -> int:
    """Remove AeroAPI's raw answers older than `keep_raw` and the flight log older than `keep`; how many rows went."""
    now = clock.now()
    raw = store.prune_raw(now - keep_raw)
    pruned = store.prune(now - keep)
    rows: int = sum(astuple(pruned)) + store.prune_words(now - max(keep, KEEP_WORDS), now)
    if raw or rows:
        store.record(Step(at=now, step="prune", outcome="done", detail=f"{raw} raw answers, {rows} old rows"))
        log.info("pruned %d raw answers and %d old rows", raw, rows)
    return raw + rows
