"""What is wrong, each with its cause in a sentence: everything that makes `flait status` leave with 1.

The daemon's own word (run/daemon.json) comes first, for the database may be what fails; then what the database knows,
and what can be seen from here.
"""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flait.commands import session

if TYPE_CHECKING:
    from flait.app import App
    from flait.lock import Holder
    from flait.store import Store

SILENT = timedelta(seconds=95)  # three signs of life that did not come
SILENT_REAL = 6.0  # seconds: a fast clock must not make a sign late before it can be given
LEAST_ROOM = 20_000_000  # bytes on the disk: a backup, and a day of everything else

Problem = dict[str, Any]


def problems(store: "Store", *, daemon: "Holder | None", deaf: str | None) -> list[Problem]:
    """Each with `what`, `cause` and `since` (None: unknown). `deaf`: why nobody listens where Twilio calls, or None."""
    app = session.app()
    found = [*_of_the_daemon(app, store, daemon), *_of_others(store), *_of_texts(store)]
    if deaf is not None:
        found.append(_problem("webhook", deaf or "nobody listens where Twilio is to call"))
    return [*found, *_used_up(app, store)]


def _problem(what: str, cause: str, since: datetime | None = None) -> Problem:
    return {"what": what, "cause": cause, "since": since}


def _of_the_daemon(app: "App", store: "Store", daemon: "Holder | None") -> Iterator[Problem]:
    from flait.pulse import word

    heart, said = store.heartbeat(), word((daemon and daemon.run_dir) or app.paths.run_dir)
    if daemon is None:
        yield _problem("daemon", "the daemon does not run", heart.last_tick_at if heart else None)
    if said and (daemon or not _is_silent(app, said.at)):  # the last pass of `flait tick` has a word too
        for trouble in said.troubles:
            yield _problem(trouble.what, trouble.cause, trouble.since)
    moments = (heart and heart.last_tick_at, said and said.at, heart and heart.started_at)
    last = max((moment for moment in moments if moment), default=None)
    if daemon and last and _is_silent(app, last):
        yield _problem("daemon", "the daemon gives no sign of life: `flait daemon logs`, then restart it", last)


def _is_silent(app: "App", since: datetime) -> bool:
    return app.clock.real_seconds(app.clock.now() - since) > max(SILENT_REAL, app.clock.real_seconds(SILENT))


def _of_others(store: "Store") -> Iterator[Problem]:
    """Whoever did not answer the last time, where there still is something to ask; and the clock."""
    from flait.flows.timekeeping import CLOCK

    known = store.providers()
    asked = ("flightaware",) if store.is_anything_awaited() else ()
    for name in (*asked, "twilio", CLOCK):
        if name in known and known[name].failing:
            yield _problem(name, known[name].last_error or "", known[name].last_error_at)


def _of_texts(store: "Store") -> Iterator[Problem]:
    from flait.core.messages import MessageStatus

    doubted = [view.message for view in store.messages(status=MessageStatus.IN_DOUBT)]
    if doubted:
        names = ", ".join(f"msg:{message.id}" for message in reversed(doubted[-5:]))
        cause = f"may have been sent: {names}; Twilio's record is being read. `flait messages retry` or `drop` decides"
        yield _problem("in_doubt", cause, min(message.started_at or message.created_at for message in doubted))


def _used_up(app: "App", store: "Store") -> Iterator[Problem]:
    from flait.core.prices import MICRODOLLARS, PRICES

    limit, month = app.settings.flightaware.monthly_budget_usd, f"{app.clock.now():%Y-%m}"
    if limit and store.spent(month) + PRICES["flights"] > round(limit * MICRODOLLARS):
        yield _problem("budget", f"the AeroAPI budget of ${limit:.2f} for {month} is spent: nothing is looked up")
    disk = os.statvfs(app.paths.data_dir)
    free = disk.f_bavail * disk.f_frsize
    if free < LEAST_ROOM:
        yield _problem("disk", f"the disk of {app.paths.data_dir} has {free // 1_000_000} MB left")
