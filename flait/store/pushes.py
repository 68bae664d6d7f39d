"""Alerts at FlightAware that hasten a poll: which flight wants one, which there are, which are to be deleted.

A token is what FlightAware must show when it calls; an alert costs money until it is ended.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from flait.store.connection import Connection, writing
from flait.store.rows import as_json, read
from flait.store.values import PushAlert, PushState

_WANT: Final = """
INSERT INTO push_alerts (flight_id, token, state, created_at, changed_at)
VALUES (:flight_id, :token, 'wanted', :now, :now)
ON CONFLICT DO NOTHING
RETURNING *
"""
_IN_STATES: Final = """
SELECT * FROM push_alerts WHERE state IN (SELECT value FROM json_each(:states)) ORDER BY changed_at, id
"""
_SAVE: Final = """
UPDATE push_alerts SET alert_id = :alert_id, state = :state, attempts = :attempts, changed_at = :now WHERE id = :id
"""


class PushAlerts(Connection):
    """Who calls us."""

    @writing
    def want_push(self, flight_id: int, token: str, now: datetime) -> PushAlert | None:
        """Note that the flight is to have an alert; None: it has one, or the token is taken."""
        row = self._row(_WANT, flight_id=flight_id, token=token, now=now)
        return None if row is None else read(PushAlert, row)

    def push_alert(self, token: str) -> PushAlert | None:
        """The alert with that token, ended ones included."""
        row = self._row("SELECT * FROM push_alerts WHERE token = :token", token=token)
        return None if row is None else read(PushAlert, row)

    def push_alerts(self, states: Collection[PushState]) -> list[PushAlert]:
        """Alerts in these states, the longest unchanged first; `flight_id` is None once the flight is pruned."""
        return [read(PushAlert, row) for row in self._rows(_IN_STATES, states=as_json(list(states)))]

    @writing
    def save_push_alert(self, alert: PushAlert, now: datetime) -> None:
        """Change its state, FlightAware's id for it and the count of attempts."""
        values = {name: getattr(alert, name) for name in ("id", "alert_id", "state", "attempts")}
        self._change(_SAVE, now=now, **values)
