"""Why a text was told: gathered from the journal and the texts, for WHY and `flait trace`. Changes nothing."""

from datetime import datetime

from flait.core.messages import Message
from flait.core.reasons import Decided, Reason, Seen, Waited
from flait.store import Step, Store


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
