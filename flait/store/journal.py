"""What was decided and done: alerts with their reasons, and a time-line of steps for `flait trace`."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from flait.core.changes import ChangeKind
from flait.core.messages import Message
from flait.core.reasons import Decided
from flait.store.connection import Connection, writing
from flait.store.rows import as_json, read, read_json, read_message
from flait.store.values import Step

_ALERT: Final = """
INSERT INTO alerts (subscription_id, flight_id, poll, kinds, why, message_id, at)
VALUES (:subscription_id, :flight_id, :poll, :kinds, :why, :message_id, :at)
ON CONFLICT (message_id) DO NOTHING
"""
_RECORD: Final = """
INSERT INTO journal (at, subscription_id, flight_id, message_id, step, outcome, detail, attempt, duration_ms)
VALUES (:at, :subscription_id, :flight_id, :message_id, :step, :outcome, :detail, :attempt, :duration_ms)
"""
_ALERT_OF: Final = """
SELECT a.kinds, a.why, a.at FROM alerts a WHERE a.message_id = :message_id
"""
_WAITS: Final = """
SELECT * FROM journal WHERE subscription_id = :subscription_id AND step = 'held' AND at >= coalesce(
    (SELECT max(a.at) FROM alerts a WHERE a.subscription_id = :subscription_id AND a.at < :until), '')
    AND at <= :until
ORDER BY id
"""
_LAST_ALERT: Final = """
SELECT * FROM messages m WHERE m.user_id = :user_id AND m.kind IN (SELECT value FROM json_each(:kinds))
    AND m.status IN ('sending', 'in_doubt', 'accepted', 'sent', 'delivered', 'read', 'undelivered')
    AND (:number IS NULL OR m.flight_id IN (SELECT flight_id FROM flight_numbers WHERE number = :number)
        OR m.subscription_id IN (SELECT id FROM subscriptions WHERE ident = :number))
    AND (:subscription_id IS NULL OR m.subscription_id = :subscription_id)
ORDER BY coalesce(m.sent_at, m.created_at) DESC, m.id DESC LIMIT 1
"""
_LOOKS: Final = """
SELECT at FROM journal WHERE flight_id = :flight_id AND step = 'poll' AND at > :since AND at <= :until
    AND outcome IN (SELECT value FROM json_each(:outcomes))
ORDER BY at
"""
_FLIGHTS_OF_NUMBER: Final = "SELECT flight_id AS id FROM flight_numbers WHERE number = :number"
_SUBSCRIPTIONS_OF: Final = """
SELECT id FROM subscriptions WHERE flight_id IN (SELECT value FROM json_each(:flights)) OR ident = :number
"""
_MESSAGES_OF: Final = """
SELECT id FROM messages WHERE flight_id IN (SELECT value FROM json_each(:flights))
    OR subscription_id IN (SELECT value FROM json_each(:subscriptions))
"""
_STEPS: Final = """
SELECT * FROM journal WHERE id IN (
    SELECT id FROM journal
    WHERE subscription_id IS NOT NULL AND subscription_id IN (SELECT value FROM json_each(:subscriptions))
    UNION
    SELECT id FROM journal WHERE flight_id IS NOT NULL AND flight_id IN (SELECT value FROM json_each(:flights))
    UNION
    SELECT id FROM journal WHERE message_id IS NOT NULL AND message_id IN (SELECT value FROM json_each(:messages))
) ORDER BY at, id
"""


class Journal(Connection):
    """What was decided and done."""

    @writing
    def add_alert(
        self,
        *,
        subscription_id: int,
        flight_id: int,
        poll: int,
        kinds: Sequence[str],
        why: Mapping[str, object],
        message_id: int,
        at: datetime,
    ) -> bool:
        """One decision to tell one person, by what was seen at one poll; `why` becomes JSON. False: decided before."""
        added = self._change(
            _ALERT,
            subscription_id=subscription_id,
            flight_id=flight_id,
            poll=poll,
            kinds=as_json(list(kinds)),
            why=as_json(why),
            message_id=message_id,
            at=at,
        )
        return added > 0

    def last_alert(
        self, user_id: int, *, number: str | None = None, subscription_id: int | None = None
    ) -> Message | None:
        """The last news that went out to that person, of any flight, of a flight `number`, or of a subscription."""
        values = {"number": number, "subscription_id": subscription_id}
        row = self._row(_LAST_ALERT, user_id=user_id, kinds=as_json(list(ChangeKind)), **values)
        return None if row is None else read_message(row)

    def decision_of(self, message: Message) -> Decided | None:
        """Why that text, or the one that it says again, was told; None: that is not known, or not any more."""
        seen: set[int] = set()
        there: Message | None = message
        while there and there.id not in seen:
            seen.add(there.id)
            row = self._row(_ALERT_OF, message_id=there.id)
            if row:
                kinds, why = read_json(list[str], row["kinds"]), read_json(dict, row["why"])
                return read(Decided, {"kinds": kinds, "at": row["at"], **why})
            copied = self._row("SELECT * FROM messages WHERE id = :id", id=there.copy_of or 0)
            there = read_message(copied) if copied else None
        return None

    def waits(self, subscription_id: int, until: datetime) -> list[Step]:
        """What began to wait for that person from the alert before `until` up to then, oldest first."""
        rows = self._rows(_WAITS, subscription_id=subscription_id, until=until)
        return [read(Step, row) for row in rows]

    def record_text(self, message: Message, *, at: datetime, step: str, outcome: str, detail: str) -> None:
        """Add a line about one text, with the subscription and the flight it is about."""
        self.record(
            Step(
                at=at,
                message_id=message.id,
                subscription_id=message.subscription_id,
                flight_id=message.flight_id,
                step=step,
                outcome=outcome,
                detail=detail,
                attempt=message.attempts,
            )
        )

    @writing
    def record(self, *steps: Step) -> None:
        """Add lines to the journal."""
        for step in steps:
            self._change(_RECORD, **{name: getattr(step, name) for name in _STEP})

    def looks(self, flight_id: int, *, since: datetime, until: datetime, outcomes: Collection[str]) -> list[datetime]:
        """When that flight was asked about in (since, until] with one of these outcomes, oldest first."""
        values = {"since": since, "until": until, "outcomes": as_json(list(outcomes))}
        return [datetime.fromisoformat(row["at"]) for row in self._rows(_LOOKS, flight_id=flight_id, **values)]

    def steps(
        self,
        *,
        subscription_id: int | None = None,
        flight_id: int | None = None,
        message_id: int | None = None,
        number: str | None = None,
    ) -> list[Step]:
        """The time-line of the subjects named, in order.

        A subscription brings its texts with it, a flight its subscriptions and texts, a flight `number` every flight
        that had it, and the subscriptions that asked for it.
        """
        flights = _some(flight_id) + self._ids(_FLIGHTS_OF_NUMBER, number=number)
        related = {"flights": as_json(flights), "number": number}
        subscriptions = _some(subscription_id) + self._ids(_SUBSCRIPTIONS_OF, **related)
        related["subscriptions"] = as_json(subscriptions)
        related["messages"] = as_json(_some(message_id) + self._ids(_MESSAGES_OF, **related))
        return [read(Step, row) for row in self._rows(_STEPS, **related)]

    def _ids(self, sql: str, **values: object) -> list[int]:
        return [row["id"] for row in self._rows(sql, **values)]


def _some(subject: int | None) -> list[int]:
    return [] if subject is None else [subject]


_STEP: Final = Step.__struct_fields__
