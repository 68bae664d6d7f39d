"""Why a text was told: noted inside the transaction that decides it; gathered for WHY and `flait trace`."""

from collections.abc import Sequence
from datetime import datetime

from flait.core.alerts import Alert, Decision, Held
from flait.core.messages import Message
from flait.core.reasons import HELD, Decided, Look, Reason, Seen, Waited, noted
from flait.store import Step, Store, Subscriber, TrackedFlight


def last_look(tracked: TrackedFlight) -> list[Look]:
    """What was last seen, and when."""
    return [(tracked.seen_at, tracked.flight)] if tracked.seen_at else []


def note_why(
    store: Store,
    message: Message,
    alert: Alert,
    subscriber: Subscriber,
    *,
    poll: int,
    held: Held,
    looks: Sequence[Look],
    now: datetime,
) -> None:
    """Why it was told, for WHY and `flait trace`."""
    asked = alert.changes[0].kind in subscriber.user.preferences.leads
    store.add_alert(
        subscription_id=subscriber.subscription.id,
        flight_id=message.flight_id or 0,
        poll=poll,
        kinds=[change.kind for change in alert.changes],
        why={
            "priority": alert.priority.name,
            "held": [f"{kind}: {why}" for kind, why in held],
            **noted(alert, looks, asked=asked),
        },
        message_id=message.id,
        at=now,
    )


def note_waits(store: Store, subscription_id: int, decision: Decision, now: datetime) -> None:
    """Inside a transaction: what waits for time alone, and until when, once for each time that it begins to."""
    waits = [(kind, f"{why} until {until.isoformat(timespec='seconds')}") for kind, why, until in decision.waits]
    known = {(step.outcome, step.detail) for step in store.waits(subscription_id, now)} if waits else ()
    store.record(
        *(
            Step(at=now, subscription_id=subscription_id, step=HELD, outcome=kind, detail=detail)
            for kind, detail in waits
            if (kind, detail) not in known
        )
    )


def reason_of(store: Store, message: Message) -> Reason:
    """What is still known of why that text was told."""
    decided = store.decision_of(message)
    if decided is None:
        return Reason(message=message)
    return Reason(
        message=message,
        decided=decided,
        before=_before(store, message, decided),
        waited=_waited(store, message, decided),
    )


def _before(store: Store, message: Message, decided: Decided) -> Seen | None:
    """What they had been told of that fact last, by a text that counts as said."""
    subscription_id = message.subscription_id or 0
    for row in reversed(store.told_rows([subscription_id])[subscription_id]):
        if row.is_said and row.at < decided.at and row.message_id != message.id and decided.fact in row.tells:
            earlier = store.message(row.message_id)
            at = earlier.sent_at or row.at if earlier else row.at
            return Seen(at=min(at, decided.at), value=row.tells[decided.fact])
    return None


def _waited(store: Store, message: Message, decided: Decided) -> tuple[Waited, ...]:
    steps = store.waits(message.subscription_id or 0, decided.at)
    found = (_wait_of(step) for step in steps if step.outcome in decided.kinds and step.at < decided.at)
    return tuple(wait for wait in found if wait)


def _wait_of(step: Step) -> Waited | None:
    """`quiet hours until 2025-11-26T06:00:00+00:00`, as it was noted."""
    why, _, until = step.detail.rpartition(" until ")
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        return None
    return Waited(kind=step.outcome, since=step.at, why=why, until=moment)
