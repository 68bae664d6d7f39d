"""What is wrong, each with its cause in a sentence: everything that makes `flait status` leave with 1.

The daemon's own word (run/daemon.json) comes first, for the database may be what fails; then what the database knows,
and what can be seen from here.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from flait.commands import session

if TYPE_CHECKING:
    from flait.app import App
    from flait.running.pulse import Word
    from flait.settings.rules import Value
    from flait.store import MessageView, Store
    from flait.system.lock import Holder

SILENT = timedelta(seconds=95)  # three signs of life that did not come
SILENT_REAL = 6.0  # seconds: a fast clock must not make a sign late before it can be given
LEAST_ROOM = 20_000_000  # bytes on the disk: a backup, and a day of everything else

Problem = dict[str, Any]


class DaemonSigns(Struct, frozen=True, kw_only=True):
    """What is known of the daemon without the database: its lock, and its own word."""

    daemon: "Holder | None"
    said: "Word | None"
    run_dir: Path
    own: "Mapping[str, Value]"

    @classmethod
    def now(cls, app: "App") -> "DaemonSigns":
        """The signs as they are now."""
        from flait.running.pulse import word
        from flait.system.lock import daemon_of

        daemon = daemon_of(app.paths.database)
        run_dir = (daemon and daemon.run_dir) or app.paths.run_dir  # it may have been started with another one
        return cls(daemon=daemon, said=word(run_dir), run_dir=run_dir, own=app.in_force)

    def setting(self, key: str) -> "Value":
        """The value in the daemon that runs; without one, the value here."""
        in_force = self.said.in_force if self.daemon and self.said else {}
        return in_force.get(key, self.own[key])

    @property
    def waiting(self) -> "Sequence[str]":
        """Settings that the daemon has seen changed, and that want a restart."""
        return self.said.waiting if self.daemon and self.said else ()


def problems(store: "Store", seen: DaemonSigns, *, deaf: str | None) -> list[Problem]:
    """Each with `what`, `cause` and `since` (None: unknown). `deaf`: why nobody listens where Twilio calls, or None."""
    app = session.app()
    found = [*_of_the_daemon(app, store, seen), *_of_others(store), *_of_texts(store), *_of_the_unsaid(store)]
    if deaf is not None:
        found.append(_problem("webhook", deaf or "nobody listens where Twilio is to call"))
    return [*found, *_used_up(app, store, float(seen.setting("flightaware.monthly_budget_usd")))]


def _problem(what: str, cause: str, since: datetime | None = None) -> Problem:
    return {"what": what, "cause": cause, "since": since}


def _of_the_daemon(app: "App", store: "Store", seen: DaemonSigns) -> Iterator[Problem]:
    heart, said, daemon = store.heartbeat(), seen.said, seen.daemon
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
    """Parties that did not answer the last time and still have something to be asked; and the clock."""
    from flait.flows.timekeeping import CLOCK

    known = store.providers()
    asked = ("flightaware",) if store.is_anything_awaited() else ()
    for name in (*asked, "twilio", CLOCK):
        if name in known and known[name].failing:
            yield _problem(name, known[name].last_error or "", known[name].last_error_at)


def _of_texts(store: "Store") -> Iterator[Problem]:
    from flait.core.losses import LOOKED_AT, losses
    from flait.core.messages import MessageStatus

    doubted = [view.message for view in store.messages(status=MessageStatus.IN_DOUBT)]
    if doubted:
        names = ", ".join(f"msg:{message.id}" for message in reversed(doubted[-5:]))
        cause = f"may have been sent: {names}; Twilio's record is being read. `flait messages retry` or `drop` decides"
        yield _problem("in_doubt", cause, min(message.started_at or message.created_at for message in doubted))
    now = session.app().clock.now()
    for loss in losses(store.ended_texts(now - LOOKED_AT), now):
        yield _problem("texts", loss.cause, loss.since)


def _of_the_unsaid(store: "Store") -> Iterator[Problem]:
    """For each person: what they were owed, where its time went by before anything could be sent."""
    from flait.flows.unsaid import unsaid

    people: dict[str, list[MessageView]] = {}
    for view in unsaid(store, session.app().clock.now()):
        people.setdefault(view.user or "somebody", []).append(view)
    for name, views in people.items():
        many, last = len(views), views[-1].message
        texts = f"a text to {name}" if many == 1 else f"{many} texts to {name}"
        cause = f"{texts} could not be sent in time, and nothing was said instead: `flait messages show {last.id}`"
        yield _problem("texts", cause, views[0].message.created_at)


def _otherwise_counted(store: "Store", now: datetime) -> Iterator[Problem]:
    """FlightAware's bill will not be what Flait counts."""
    from flait.core.prices import dollars
    from flait.flows.reckoning import difference

    found = difference(store, now)
    if found:
        theirs, ours = f"${dollars(found.theirs):.2f}", f"${dollars(found.ours):.2f}"
        more = found.theirs > found.ours
        why = "another program uses the key, or the account" if more else "it bills less than was asked"
        yield _problem("bill", f"FlightAware counts {theirs} for this month, Flait {ours}: {why}", found.asked_at)


def _used_up(app: "App", store: "Store", limit: float) -> Iterator[Problem]:
    from flait.core.prices import PRICES
    from flait.flows.meter import affords

    month = f"{app.clock.now():%Y-%m}"
    if not affords(store, limit, PRICES["flights"], month):
        yield _problem("budget", f"the AeroAPI budget of ${limit:.2f} for {month} is spent: nothing is looked up")
    yield from _otherwise_counted(store, app.clock.now())
    disk = os.statvfs(app.paths.data_dir)
    free = disk.f_bavail * disk.f_frsize
    if free < LEAST_ROOM:
        yield _problem("disk", f"the disk of {app.paths.data_dir} has {free // 1_000_000} MB left")
