"""Looks at the flights of every push alert as virtual time passes, and posts what there is to push: once, unsigned.

It looks when something is said next by the record, when something is changed by hand, and now and then besides.
"""

import json
import threading
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from flait.clock import Clock
from flait.sandbox.alert_events import State, events, push, state
from flait.sandbox.alerts import Alert, Alerts
from flait.sandbox.courier import Courier, Letter, Retries
from flait.sandbox.errands import Errands
from flait.sandbox.exchange import Answer, Request
from flait.sandbox.records import Record
from flait.sandbox.world import World

PARTY = "aeroapi-callback"
DAY = timedelta(days=1)
BEHIND, AHEAD = 2 * DAY, 3 * DAY  # departures around now that can have news
NOW_AND_THEN = timedelta(hours=1)
ONCE = Retries(connect=5.0, read=5.0, total=5.0)
HEADERS = {"Content-Type": "application/json; charset=UTF-8", "User-Agent": "AeroAPI/4.0"}


class Watch:
    """Has seen each alert's flights at some moment, and pushes what has come since."""

    def __init__(self, world: World, errands: Errands, courier: Courier, clock: Clock) -> None:
        self._world = world
        self._errands = errands
        self._courier = courier
        self._clock = clock
        self._lock = threading.RLock()
        self._alerts = Alerts()
        self.clear()

    def clear(self) -> None:
        """No alert is watched."""
        with self._lock:
            self._alerts.clear()
            self.minimal = False
            self.pushes = 0
            self._watched: dict[int, Alert] = {}
            self._seen: dict[int, State] = {}
            self._looked_at = self._clock.now()
            self._look_due: datetime | None = None

    def answer(self, request: Request, path: list[str]) -> Answer | None:
        """AeroAPI's answer to a question about alerts; None when there is no such question. Raises BadAlert."""
        with self._lock:
            self.look()
            answer = self._alerts.answer(request, path)
            self._begin_watching()
        return answer

    def look(self) -> None:
        """Push what has happened since the last look, each thing as it stood when it happened."""
        with self._lock:
            start, self._looked_at = self._looked_at, self._clock.now()
            if not self._watched:
                return
            for moment in [*self._moments(start, self._looked_at), self._looked_at]:
                for alert in self._watched.values():
                    self._compare(alert, moment)

    def _begin_watching(self) -> None:
        """What is already so when an alert is made or changed is no news."""
        before, self._watched = self._watched, {alert.id: alert for alert in self._alerts.all()}
        for alert in self._watched.values():
            if before.get(alert.id) is not alert:
                self._seen[alert.id] = self._state(alert, self._looked_at)
        self._plan()

    def _plan(self) -> None:
        """Look again when the record has news, or when an hour is over."""
        later = self._looked_at + NOW_AND_THEN
        due = min(self._moments(self._looked_at, later), default=later)
        if self._watched and (self._look_due is None or due < self._look_due):
            self._look_due = due
            self._errands.add(partial(self._look_again, due), at=due, lane="watch")

    def _look_again(self, due: datetime) -> None:
        with self._lock:
            if due == self._look_due:  # else an earlier look was planned since
                self._look_due = None
                self.look()
                self._plan()

    def _moments(self, start: datetime, end: datetime) -> list[datetime]:
        idents = {alert.ident for alert in self._watched.values()}
        return sorted({moment for ident in idents for moment in self._world.moments(ident, start, end)})

    def _compare(self, alert: Alert, moment: datetime) -> None:
        before, after = self._seen.get(alert.id, {}), self._state(alert, moment)
        self._seen[alert.id] = after
        if alert.is_enabled(moment):
            for code, record in events(before, after, alert.events):
                self._push(alert, code, record)

    def _state(self, alert: Alert, moment: datetime) -> State:
        records = self._world.flights(alert.ident, "designator", now=moment, start=moment - BEHIND, end=moment + AHEAD)
        return state(record for record in records if alert.is_about(record))

    def _push(self, alert: Alert, code: str, record: Record) -> None:
        url = alert.target_url or self._alerts.endpoint or ""
        content = push(alert.id, code, record, minimal=self.minimal)
        told = {"event_code": code, "alert_id": str(alert.id), "fa_flight_id": record["fa_flight_id"]}
        letter = Letter(
            party=PARTY,
            url=url,
            headers=HEADERS,
            body=json.dumps(content).encode(),
            path=_without_token(url),
            form=told,
            retries=ONCE,
        )
        self.pushes += 1  # billed, whatever becomes of it
        self._errands.add(partial(self._courier.take, letter), at=self._clock.now(), lane=f"alert {alert.id}")


def _without_token(url: str) -> str:
    """The path without its last part: that is where who takes pushes keeps a secret."""
    return f"{urlsplit(url).path.rpartition('/')[0]}/…"
